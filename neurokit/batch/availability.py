"""Which recordings of a dataset are at hand, found without the network."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from neurokit.batch.jobs import Problem, problem, problem_of
from neurokit.batch.keys import code_version, digest
from neurokit.batch.store import Store, read_json
from neurokit.catalog.catalog import Catalog
from neurokit.catalog.entries import DatasetEntry, Located
from neurokit.errors import NeurokitError

_SHOWN = 3  # files that a line names


def simulation_key(entry: DatasetEntry) -> str:
    """Return the key under which the names of a simulation's recordings are kept.

    Parameters
    ----------
    entry : DatasetEntry
        A simulated dataset.

    Returns
    -------
    str
        64 hexadecimal digits.
    """
    return digest({"simulate": entry.simulate, "code_version": code_version()})


def simulated_names(store: Store, entry: DatasetEntry) -> tuple[str, ...] | None:
    """Return the names of a simulation's recordings if they were written down before.

    Parameters
    ----------
    store : Store
        Where they would lie.
    entry : DatasetEntry
        A simulated dataset.

    Returns
    -------
    tuple of str or None
        None where the simulation has not run yet with this code.
    """
    names = read_json(store.names_file(entry.name, simulation_key(entry)))
    return tuple(map(str, names)) if isinstance(names, list) else None


@dataclass(frozen=True)
class Availability:
    """Which recordings of a dataset are at hand.

    Parameters
    ----------
    here : tuple of str
        All files found, hashes right.
    absent : dict of str to dict
        Not downloaded: why, and what to do.
    wrong : dict of str to dict
        A file is there and is not what the catalog promises.
    """

    here: tuple[str, ...] = ()
    absent: Mapping[str, Problem] = field(default_factory=dict)
    wrong: Mapping[str, Problem] = field(default_factory=dict)


def availability(
    catalog: Catalog, entry: DatasetEntry, fetch_problem: Problem | None = None
) -> Availability:
    """Look for the files of a dataset, without the network.

    Parameters
    ----------
    catalog : Catalog
        The catalog.
    entry : DatasetEntry
        A dataset with recordings.
    fetch_problem : dict of str to str, optional
        Why a download just failed; what is missing then counts as wrong.

    Returns
    -------
    Availability
        What is here, absent and wrong.
    """
    here: list[str] = []
    absent: dict[str, Problem] = {}
    wrong: dict[str, Problem] = {}
    for name in entry.recordings:
        try:
            located = catalog.locate(entry.name, name)
        except NeurokitError as error:
            wrong[name] = problem_of(error)
            continue
        if located.status == "here":
            here.append(name)
        elif fetch_problem is not None:
            wrong[name] = fetch_problem
        else:
            absent[name] = _not_downloaded(f"{entry.name}/{name}", located)
    return Availability(tuple(here), absent, wrong)


def _not_downloaded(where: str, located: Located) -> Problem:
    files = ", ".join(file.path for file in located.missing[:_SHOWN])
    if len(located.missing) > _SHOWN:  # a BIDS recording has a dozen tables
        files += f" and {len(located.missing) - _SHOWN} more files"
    size = sum(file.bytes for file in located.missing) / 1e6
    fetchable = all(file.uri for file in located.missing)
    mend = (
        f"Run with --fetch to download {size:.1f} MB."
        if fetchable
        else "Put the files below a folder named in NEUROKIT_MIRROR; they have no address."
    )
    return problem("NotDownloadedError", f"{where}: not at hand: {files}", mend)
