"""A small, plausible recording of every modality, for demonstrations and for tests."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from neurokit import schema
from neurokit._version import __version__
from neurokit.errors import OptionError, check_option
from neurokit.randomness import as_generator
from neurokit.simulate import cells, fields
from neurokit.simulate.numbers import real_number, whole_number

if TYPE_CHECKING:
    import xarray as xr


@dataclass(frozen=True)
class _Kind:
    """How a modality is simulated, and what a small recording of it looks like."""

    build: Callable[[int, float, float, np.random.Generator], fields.Groups]
    n_channels: int
    duration: float
    rate: float
    species: str = "Homo sapiens"


_WORM = "Caenorhabditis elegans"
_KINDS = {
    "calcium": _Kind(cells.calcium, 60, 300.0, 4.0, _WORM),
    "eeg": _Kind(fields.eeg, 32, 60.0, 250.0),
    "meg": _Kind(fields.meg, 102, 30.0, 250.0),
    "seeg": _Kind(fields.seeg, 40, 30.0, 512.0),
    "ecog": _Kind(fields.ecog, 48, 30.0, 512.0),
    "spikes": _Kind(cells.spikes, 40, 60.0, 30000.0, "Mus musculus"),
    "connectome": _Kind(cells.connectome, 80, 0.0, 0.0, _WORM),
}


def recording(
    modality: str,
    *,
    n_channels: int | None = None,
    duration: float | None = None,
    rate: float | None = None,
    random_state: int | np.random.Generator | None = None,
) -> xr.DataTree:
    """Return a simulated recording that looks like a real one and keeps the contract.

    Parameters
    ----------
    modality : {"calcium", "eeg", "meg", "seeg", "ecog", "spikes", "connectome"}
        What is recorded.
    n_channels : int, optional
        Channels, neurons or cells; default a small number that suits the modality.
    duration : float, optional
        Seconds; default 30 to 300. A connectome has none.
    rate : float, optional
        Sampling rate, Hz. Spike times are multiples of 1 / rate; a connectome has none.
    random_state : int or numpy.random.Generator, optional
        Seed; the same seed gives the same values.

    Returns
    -------
    xarray.DataTree
        Signals in V, T, T/m or dF/F of plausible size, with positions, and with events that
        change them: reversals, tones, pictures, movements, stimuli.

    Raises
    ------
    OptionError
        If the modality is unknown, a number is not positive, or the electrodes of the 10-10
        system or the neurons of the worm do not suffice.

    Examples
    --------
    >>> rec = recording("eeg", n_channels=8, duration=2.0, random_state=0)
    >>> rec.activity.signal.sizes["channel"], rec.activity.signal.attrs["units"]
    (8, 'V')
    """
    kind = _KINDS[check_option("modality", modality, list(_KINDS))]
    n = kind.n_channels if n_channels is None else whole_number("n_channels", n_channels)
    seconds = kind.duration if duration is None else real_number("duration", duration, above=True)
    hertz = kind.rate if rate is None else real_number("rate", rate, above=True)
    if kind.duration and seconds * hertz < 2:
        raise OptionError(
            f"{seconds:g} s at {hertz:g} Hz is less than two samples",
            where="duration",
            mend="Give a longer duration or a higher rate.",
        )
    groups = kind.build(n, seconds, hertz, as_generator(random_state))
    rec = schema.recording(
        groups,
        modality=modality,
        subject="simulated",
        species=kind.species,
        licence="CC0-1.0",
        source="neurokit.simulate.recording",
        loader="simulate.recording",
        loader_version=__version__,
        name=f"simulated {modality}",
    )
    asked = {"modality": modality, "n_channels": n, "duration": seconds, "rate": hertz}
    return schema.add_history(rec, "simulate.recording", asked, random_state)
