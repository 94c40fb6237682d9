"""What a recording offers to models of population responses: counts, or z-scored traces."""

from __future__ import annotations

import numpy as np
import xarray as xr

from neurokit.errors import SchemaError
from neurokit.schema.select import neural_channels, signal_of, space_dim
from neurokit.schema.time import nominal_rate
from neurokit.signal.binning import bin_spikes
from neurokit.signal.rates import resample
from neurokit.signal.scaling import scale


def responses(
    rec: xr.DataTree, bin_s: float, observation: str = "auto", *, regular: bool = False
) -> tuple[xr.DataArray, str]:
    """Counts of spikes, counts as they are, or z-scored traces of at most one value per bin.

    Parameters
    ----------
    rec : DataTree
        With spikes or activity; of activity, neural channels only.
    bin_s : float
        Width of the bins that spikes are counted in, s; faster traces are resampled to it.
    observation : str, default "auto"
        ``auto`` takes counts as ``poisson``, everything else as ``gaussian``. Traces are only
        scaled for ``gaussian``.
    regular : bool, default False
        Bring traces without a sampling rate to their nominal one.

    Returns
    -------
    signal : DataArray
        (time, neuron) or (trial, time, neuron).
    observation : str
        The model of it, never ``auto``.

    Raises
    ------
    SchemaError
        If the recording has neither spikes nor activity.
    """
    if "spikes" in rec.children:
        counts = signal_of(bin_spikes(rec, bin_s))
        return counts, "poisson" if observation == "auto" else observation
    if "activity" not in rec.children:
        raise SchemaError(
            "has neither /spikes nor /activity", where="recording", mend="Leave this recipe out."
        )
    signal = signal_of(rec)
    if space_dim(signal) == "channel":
        signal = signal.isel(channel=neural_channels(signal))
    if observation == "auto":
        observation = "poisson" if is_counts(signal) else "gaussian"
    if observation != "gaussian":
        return signal, observation
    rate = rate_of(signal)
    if regular and "sampling_rate" not in signal["time"].attrs:
        rate = rate or float(f"{1.0 / np.median(np.diff(signal['time'].values)):.3g}")
        signal = signal_of(resample(signal, rate))
    if rate is not None and rate * bin_s > 1.0 + 1e-6:
        signal = signal_of(resample(signal, 1.0 / bin_s))
    return signal_of(scale(signal)), observation


def rate_of(signal: xr.DataArray) -> float | None:
    """Nominal sampling rate, Hz; None without a clock or a rate.

    Parameters
    ----------
    signal : DataArray
        With or without ``time``.

    Returns
    -------
    float or None
        Hz.
    """
    if "time" not in signal.coords:
        return None
    run = signal["run"].values if "run" in signal.coords else None
    return nominal_rate(signal["time"].values, run)


def is_counts(signal: xr.DataArray) -> bool:
    """Whether all that was observed is a whole number from 0.

    Parameters
    ----------
    signal : DataArray
        NaN where not observed.

    Returns
    -------
    bool
        False where nothing was observed.
    """
    values = np.asarray(signal.values)
    seen = values[np.isfinite(values)]
    return bool(seen.size and (seen >= 0).all() and (seen == np.round(seen)).all())


def liveliest(
    signal: xr.DataArray, most: int, *, fewest: int = 1, most_missing: float = 1.0
) -> xr.DataArray:
    """Keep the responses that vary most, in their order; those that never vary are left out.

    Parameters
    ----------
    signal : DataArray
        (..., neuron) or (..., channel).
    most : int
        How many are kept.
    fewest : int, default 1
        How many there must be.
    most_missing : float, default 1
        Responses with this share of missing bins or more are left out.

    Returns
    -------
    DataArray
        A selection.

    Raises
    ------
    SchemaError
        If too few vary.
    """
    dim = space_dim(signal)
    others = [d for d in signal.dims if d != dim]
    variance = np.nan_to_num(signal.var(others).values)
    good = (variance > 0) & (signal.isnull().mean(others).values < most_missing)
    order = np.argsort(-variance, kind="stable")
    kept = np.sort(order[good[order]][:most])
    if kept.size < fewest:
        few = f"{kept.size} of {variance.size} {dim}s change"
        found = few if kept.size else "nothing varies"
        least = "" if fewest == 1 else f" {fewest} are the least."
        raise SchemaError(found, where="recording", mend=f"Leave this recipe out.{least}")
    return signal.isel({dim: kept})
