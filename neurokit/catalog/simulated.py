"""Datasets that are simulated instead of read."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from neurokit.catalog.entries import DatasetEntry
from neurokit.errors import OptionError, suggest

if TYPE_CHECKING:
    from xarray import DataTree


def simulated(entry: DatasetEntry) -> dict[str, DataTree]:
    """Run the simulator of a dataset.

    Parameters
    ----------
    entry : DatasetEntry
        A dataset with `simulate`.

    Returns
    -------
    dict of str to DataTree
        The simulator's recordings; where it gives a single one, under the dataset's name.

    Raises
    ------
    OptionError
        If the dataset is no simulation, or its simulator does not take these parameters.

    Examples
    --------
    >>> entry = DatasetEntry("demo", "Simulated EEG", "eeg", "", "CC0-1.0", "", "", (), None, {},
    ...     {}, {"name": "recording", "modality": "eeg", "random_state": 0}, (), 1)
    >>> list(simulated(entry))
    ['demo']
    """
    from xarray import DataTree

    wrong = simulator_fault(entry)
    if wrong is not None:
        raise OptionError(wrong[0], where=entry.name, mend=wrong[1])
    function, parameters = _simulator(entry)
    result = function(**parameters)
    if isinstance(result, DataTree):
        return {entry.name: result}
    return dict(result.recordings)


def simulator_fault(entry: DatasetEntry) -> tuple[str, str] | None:
    """Say what is wrong with the parameters of a simulation.

    Parameters
    ----------
    entry : DatasetEntry
        Any dataset.

    Returns
    -------
    tuple of str or None
        What was found and how to mend it; None where nothing is wrong or nothing is simulated.
    """
    if entry.simulate is None:
        return None
    function, parameters = _simulator(entry)
    known = list(inspect.signature(function).parameters)
    mend = f"It takes {', '.join(known)}."
    for name in parameters:
        if name not in known:
            near = suggest(name, known)
            return f"simulator {entry.simulate['name']!r} has no parameter {name!r}{near}", mend
    try:
        inspect.signature(function).bind(**parameters)
    except TypeError as error:
        return f"simulator {entry.simulate['name']!r}: {error}", mend
    return None


def _simulator(entry: DatasetEntry) -> tuple[Callable[..., Any], dict[str, Any]]:
    import neurokit.simulate

    if entry.simulate is None:
        raise OptionError("is no simulation", where=entry.name, mend="Open its recordings.")
    parameters = dict(entry.simulate)
    return getattr(neurokit.simulate, parameters.pop("name")), parameters
