"""Signals and trials larger than memory, at the point where an analysis takes them into memory."""

from __future__ import annotations

import xarray as xr

from neurokit.errors import OptionError
from neurokit.schema.time import sampling_rate

MOST_BYTES = 2**29
"""Bytes of a lazy signal that an analysis takes into memory; it needs several copies."""


def into_memory(signal: xr.DataArray, most_bytes: int | None = None) -> xr.DataArray:
    """Return `signal` computed, unless it is lazy and larger than an analysis can hold.

    Parameters
    ----------
    signal : DataArray
        With a time coordinate; one that is in memory is returned as it is.
    most_bytes : int, optional
        Default `MOST_BYTES`.

    Returns
    -------
    DataArray
        In memory.

    Raises
    ------
    OptionError
        If it is too large; it says which rate would fit.
    """
    most = MOST_BYTES if most_bytes is None else most_bytes
    if signal.chunks is None:
        return signal
    if signal.nbytes > most:
        fits = sampling_rate(signal) * most / signal.nbytes
        raise OptionError(
            f"leaves signals of {signal.nbytes / 1e6:.0f} MB, of which {most / 1e6:.0f} MB fit",
            where="rate",
            mend=f"Set it to {fits:.3g} Hz or less, or pick fewer channels.",
        )
    return signal.compute()


def trials_into_memory(trials: xr.DataArray, most_bytes: int | None = None) -> xr.DataArray:
    """Return `trials` computed, unless they are lazy and larger than an analysis can hold.

    Parameters
    ----------
    trials : DataArray
        Cut around events; what is in memory is returned as it is.
    most_bytes : int, optional
        Default `MOST_BYTES`.

    Returns
    -------
    DataArray
        In memory. Only the samples of the trials are read.

    Raises
    ------
    OptionError
        If they are too large; it says which share of the window would fit.
    """
    most = MOST_BYTES if most_bytes is None else most_bytes
    if trials.chunks is None:
        return trials
    if trials.nbytes > most:
        raise OptionError(
            f"leave trials of {trials.nbytes / 1e6:.0f} MB, of which {most / 1e6:.0f} MB fit",
            where="tmin and tmax",
            mend=f"Take a window of at most {most / trials.nbytes:.2g} times its length, "
            "or fewer events.",
        )
    return trials.compute()
