"""A chain stored at some sweep, so that it goes on as if it had not stopped, bit for bit."""

from __future__ import annotations

import hashlib
import json
import zipfile
import zlib
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from neurokit.bicluster.chain_state import ChainState
from neurokit.bicluster.records import Plan, Record
from neurokit.bicluster.settings import Data, Settings
from neurokit.errors import StoreError
from neurokit.io.atomic import atomic_file


def mark_of(data: Data, settings: Settings, plan: Plan) -> str:
    """Hash of all that a stored chain must share with the one that goes on.

    Parameters
    ----------
    data : Data
        What was observed.
    settings : Settings
        Priors and moves.
    plan : Plan
        How the chain runs.

    Returns
    -------
    str
        Of 64 digits.
    """
    digest = hashlib.sha256()
    for array in (data.y, data.seen, data.edges, plan.hidden):
        digest.update(np.ascontiguousarray(array).tobytes())
    rest = {k: v for k, v in vars(settings).items() if k != "partition"}
    numbers = [data.family, plan.n_sweeps, plan.n_clusters, settings.partition.found, plan.start]
    digest.update(json.dumps([rest, numbers, settings.partition.success]).encode())
    return digest.hexdigest()


def store(
    path: Path, record: Record, state: ChainState, rng: np.random.Generator, mark: str
) -> None:
    """Store a chain so that it goes on as if it had not stopped.

    Parameters
    ----------
    path : Path
        Ends in ``.npz``; what was there is replaced whole.
    record : Record
        What is kept so far.
    state : ChainState
        The present one.
    rng : numpy.random.Generator
        Its state is stored.
    mark : str
        What the chain belongs to.
    """
    values: dict[str, Any] = {f"state_{k}": v for k, v in state.arrays().items()}
    values |= {f"record_{k}": v for k, v in vars(record).items() if isinstance(v, np.ndarray)}
    facts = {
        "done": record.done,
        "kept": record.kept,
        "taken": record.taken,
        "mark": mark,
        "rng": rng.bit_generator.state,
    }
    values["facts"] = np.array(json.dumps(facts))
    with atomic_file(path) as temporary, temporary.open("wb") as file:
        np.savez(file, **values)


def stored(
    plan: Plan, data: Data, settings: Settings, rng: np.random.Generator
) -> tuple[Record, ChainState] | None:
    """A stored chain, where there is one.

    Parameters
    ----------
    plan : Plan
        Names the file.
    data : Data
        What was observed.
    settings : Settings
        Priors and moves.
    rng : numpy.random.Generator
        Set to where it stood.

    Returns
    -------
    record : Record
        What was kept.
    state : ChainState
        Where the chain stood.

    Raises
    ------
    StoreError
        If the file is damaged, or belongs to other data or parameters.
    """
    path = plan.checkpoint
    if path is None or not path.exists():
        return None
    values, facts = _read(path)
    if facts["mark"] != mark_of(data, settings, plan):
        raise StoreError(
            "belongs to other data or parameters",
            where=str(path),
            mend="Remove it to start anew, or give another name.",
        )
    state = ChainState(**{k[6:]: v for k, v in values.items() if k.startswith("state_")})
    kept: dict[str, Any] = {k[7:]: v for k, v in values.items() if k.startswith("record_")}
    rng.bit_generator.state = facts["rng"]
    record = Record(**kept, done=int(facts["done"]), kept=int(facts["kept"]), taken=facts["taken"])
    return record, state


def _read(path: Path) -> tuple[dict[str, NDArray[Any]], dict[str, Any]]:
    try:
        # zipfile first: numpy takes any file that is no archive for an array or a pickle.
        with zipfile.ZipFile(path) as archive:
            damaged = archive.testzip()
        with np.load(path, allow_pickle=False) as file:
            values = {name: file[name] for name in file.files}
        facts: dict[str, Any] = json.loads(str(values.pop("facts")))
        if damaged is not None or "mark" not in facts:
            raise ValueError(damaged)
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile, zlib.error) as error:
        raise StoreError(
            f"is no checkpoint of a chain ({type(error).__name__})",
            where=str(path),
            mend="Remove it, or give another name.",
        ) from error
    return values, facts
