"""Scores of rates as the Neural Latents Benchmark defines them: bits per spike, decoding, PSTHs.

Pei et al. (2021) arXiv:2109.04463. Rates are expected counts per bin, never Hz.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import xarray as xr
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter1d
from scipy.special import gammaln, xlogy

from neurokit.errors import LabelError, OptionError, SchemaError, UnitsError

Array = NDArray[np.float64]

# A rate of 0 would make one spike infinitely unlikely; the benchmark's floor.
_LOWEST = 1e-9
_PER_TIME = {"hz", "1/s", "s-1", "s^-1", "s**-1", "hertz", "spikes/s", "khz", "1/ms"}
_RIDGES = np.logspace(-4, 0, 9)


def co_bps(rates: Any, counts: Any) -> float:
    """(NLL(mean counts) - NLL(rates)) / (ln 2 sum counts): bits per spike over a flat rate.

    NLL = sum (r - n log r + log n!), over bins in which a neuron was observed; the null is each
    neuron's mean of `counts` itself. For co-smoothing give the rates and counts of neurons that
    the model did not see. Rates are expected counts per bin: plain arrays carry no unit, so rates
    in Hz are not noticed there and give a very low score. Rates of 0 count as 1e-9.

    Parameters
    ----------
    rates : (..., neuron) array or DataArray
        Expected counts per bin; 0 or above.
    counts : (..., neuron) array or DataArray
        Spikes per bin; NaN where not observed.

    Returns
    -------
    float
        Bits per spike; 0 for flat rates, NaN where there was no spike.

    Raises
    ------
    UnitsError
        If labelled rates are per second.
    SchemaError
        If shapes differ, or rates are negative or missing where counts are not.
    LabelError
        If labelled rates and counts are of other neurons or trials.

    References
    ----------
    .. [1] Pei et al. (2021) arXiv:2109.04463

    Examples
    --------
    >>> counts = np.array([[0.0], [2.0]])
    >>> co_bps(np.full((2, 1), 1.0), counts)
    0.0
    >>> round(co_bps(np.array([[0.5], [1.5]]), counts), 4)
    0.585
    """
    model, spikes, seen = _pair(rates, counts)
    total = float(spikes[seen].sum())
    if total == 0:
        return float("nan")
    n = np.maximum(seen.sum(axis=0), 1)
    null = np.broadcast_to(np.where(seen, spikes, 0.0).sum(axis=0) / n, spikes.shape)
    lost = _nll(null[seen], spikes[seen]) - _nll(model[seen], spikes[seen])
    return lost / (total * math.log(2.0))


def forward_bps(rates: Any, counts: Any) -> float:
    """Bits per spike of bins after the last that the model saw; the formula is that of `co_bps`.

    Parameters
    ----------
    rates : (..., neuron) array or DataArray
        Expected counts per bin of the forward bins.
    counts : (..., neuron) array or DataArray
        Spikes in them; NaN where not observed.

    Returns
    -------
    float
        Bits per spike.

    Raises
    ------
    UnitsError
        If labelled rates are per second.
    SchemaError
        If shapes differ, or rates are negative or missing where counts are not.

    References
    ----------
    .. [1] Pei et al. (2021) arXiv:2109.04463

    Examples
    --------
    >>> forward_bps(np.full((3, 2), 1.0), np.ones((3, 2)))
    0.0
    """
    return co_bps(rates, counts)


def _pair(rates: Any, counts: Any) -> tuple[Array, Array, NDArray[np.bool_]]:
    """Rates and counts as (bins, neuron), and where they count."""
    if isinstance(rates, xr.DataArray):
        check_counts_per_bin(rates)
        if isinstance(counts, xr.DataArray):
            rates = _aligned(rates, counts)
    model = np.asarray(rates, dtype=np.float64)
    spikes = np.asarray(counts, dtype=np.float64)
    if model.shape != spikes.shape or model.ndim < 1:
        raise SchemaError(
            f"have shape {model.shape}, counts {spikes.shape}",
            where="rates",
            mend="Give a rate for every count.",
        )
    model, spikes = (x.reshape(-1, x.shape[-1]) for x in (model, spikes))
    seen = ~np.isnan(spikes)
    bad = seen & ~(np.isfinite(model) & (model >= 0))
    if bad.any():
        worst = float(model[bad][0])
        raise SchemaError(
            f"hold {worst:g} at {int(bad.sum())} observed bins",
            where="rates",
            mend="Rates are finite and at least 0; exponentiate log rates first.",
        )
    if (spikes[seen] < 0).any() or not np.isfinite(spikes[seen]).all():
        raise SchemaError(
            "hold negative or infinite values", where="counts", mend="Give spikes per bin."
        )
    return model, spikes, seen


def check_counts_per_bin(rates: xr.DataArray) -> None:
    """Raise where labelled rates say that they are per second.

    Parameters
    ----------
    rates : DataArray
        With or without ``units``.

    Raises
    ------
    UnitsError
        If ``units`` is a rate per time.
    """
    units = str(rates.attrs.get("units", "1")).strip().lower().replace(" ", "")
    if units in _PER_TIME:
        raise UnitsError(
            f"are in {rates.attrs['units']}",
            where="rates",
            mend='Multiply by the width of a bin (s) and set attrs["units"] = "1".',
        )


def _aligned(rates: xr.DataArray, counts: xr.DataArray) -> xr.DataArray:
    if set(rates.dims) != set(counts.dims):
        raise SchemaError(
            f"have dims {rates.dims}, counts {counts.dims}", where="rates", mend="Give the same."
        )
    rates = rates.transpose(*counts.dims)
    for dim in counts.dims:
        if dim in rates.coords and dim in counts.coords and dim != "time":
            mine, theirs = rates[dim].values, counts[dim].values
            if mine.shape == theirs.shape and not (mine == theirs).all():
                raise LabelError(
                    f"have other labels along {dim} than counts",
                    where="rates",
                    mend="Select the same, in the same order.",
                )
    return rates


def _nll(rates: Array, counts: Array) -> float:
    safe = np.maximum(rates, _LOWEST)
    return float((safe - xlogy(counts, safe) + gammaln(counts + 1.0)).sum())


def velocity_r2(
    rates_train: Any, vel_train: Any, rates_test: Any, vel_test: Any, *, lag: int = 0
) -> float:
    """R2 of velocity on test trials, by ridge regression on the rates of training trials.

    The penalty is one of nine from 1e-4 to 1 by five-fold cross-validation on the training rows;
    rows with a missing velocity are left out; R2 is the mean over axes.

    Parameters
    ----------
    rates_train, vel_train : (trial, time, neuron) and (trial, time, axis) array or DataArray
        Expected counts per bin of all neurons, and velocity, NaN where not known.
    rates_test, vel_test : as rates_train, vel_train
        Of the trials to be predicted.
    lag : int, default 0
        Bins by which velocity follows the rates; not negative bins are cut at trials' ends.

    Returns
    -------
    float
        1 is perfect.

    Raises
    ------
    UnitsError
        If labelled rates are per second.
    SchemaError
        If trials or bins do not match, or fewer than ten rows are left.

    References
    ----------
    .. [1] Pei et al. (2021) arXiv:2109.04463

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> rates = rng.random((6, 20, 3))
    >>> velocity = rates @ rng.normal(size=(3, 2))
    >>> round(velocity_r2(rates[:4], velocity[:4], rates[4:], velocity[4:]), 3)
    1.0
    """
    from sklearn.linear_model import Ridge
    from sklearn.model_selection import GridSearchCV

    x, y = _rows(rates_train, vel_train, lag, "train")
    x_test, y_test = _rows(rates_test, vel_test, lag, "test")
    search = GridSearchCV(Ridge(), {"alpha": _RIDGES}).fit(x, y)
    return float(search.score(x_test, y_test))


def _rows(rates: Any, velocity: Any, lag: int, which: str) -> tuple[Array, Array]:
    if isinstance(rates, xr.DataArray):
        check_counts_per_bin(rates)
    x, y = (np.asarray(a, dtype=np.float64) for a in (rates, velocity))
    if x.ndim != 3 or y.ndim != 3 or x.shape[:2] != y.shape[:2]:
        raise SchemaError(
            f"have shape {x.shape}, velocity {y.shape}",
            where=f"rates_{which}",
            mend="Give (trial, time, neuron) and (trial, time, axis) of the same bins.",
        )
    n_bins = x.shape[1]
    if isinstance(lag, bool) or not isinstance(lag, int | np.integer) or abs(lag) >= n_bins:
        raise OptionError(f"is {lag!r}", where="lag", mend="Give whole bins, fewer than a trial.")
    x, y = x[:, max(-lag, 0) : n_bins - max(lag, 0)], y[:, max(lag, 0) : n_bins - max(-lag, 0)]
    x, y = x.reshape(-1, x.shape[2]), y.reshape(-1, y.shape[2])
    for name, values in (("rates", x), ("vel", y)):
        if np.isinf(values).any():
            raise SchemaError(
                "hold infinities", where=f"{name}_{which}", mend="Mark what is missing by NaN."
            )
    kept = ~np.isnan(y).any(axis=1) & ~np.isnan(x).any(axis=1)
    if kept.sum() < 10:
        raise SchemaError(
            f"{int(kept.sum())} bins have a velocity",
            where=f"vel_{which}",
            mend="Ten are the least.",
        )
    return x[kept], y[kept]


def psth_r2(
    rates: Any, counts: Any, condition: Sequence[Any], *, bin_s: float, sd_s: float = 0.07
) -> float:
    """R2 of trial-averaged rates against smoothed trial averages of counts, mean over neurons.

    Conditions stand one after the other along time. Neurons whose average never changes are left
    out. At the ends of the window the kernel is renormalised; the benchmark, which has the whole
    session, smooths before it cuts.

    Parameters
    ----------
    rates : (trial, time, neuron) array or DataArray
        Expected counts per bin.
    counts : (trial, time, neuron) array or DataArray
        Spikes per bin of the same trials; NaN where not observed.
    condition : (trial,) sequence
        Which trials are averaged.
    bin_s : float
        Width of a bin, s.
    sd_s : float, default .07
        Standard deviation of the Gaussian kernel, s.

    Returns
    -------
    float
        1 is perfect.

    Raises
    ------
    UnitsError
        If labelled rates are per second.
    SchemaError
        If shapes do not fit.
    OptionError
        If a width is not above 0.

    References
    ----------
    .. [1] Pei et al. (2021) arXiv:2109.04463

    Examples
    --------
    >>> rates = 1 + np.sin(np.arange(40) / 4)[None, :, None] * np.ones((4, 1, 2))
    >>> psth_r2(rates, rates, [0, 0, 1, 1], bin_s=0.02, sd_s=1e-6)
    1.0
    """
    _, true, found = trial_averages(rates, counts, condition, bin_s=bin_s, sd_s=sd_s)
    y, x = np.concatenate(true), np.concatenate(found)
    kept = ~np.isnan(y).any(axis=1) & ~np.isnan(x).any(axis=1)
    y, x = y[kept], x[kept]
    spread = ((y - y.mean(axis=0)) ** 2).sum(axis=0)
    changing = spread > 0
    if not changing.any():
        return float("nan")
    rest = ((y - x) ** 2).sum(axis=0)[changing]
    return float((1.0 - rest / spread[changing]).mean())


def trial_averages(
    rates: Any, counts: Any, condition: Sequence[Any], *, bin_s: float, sd_s: float
) -> tuple[NDArray[Any], Array, Array]:
    """Average trials of each condition, those of counts smoothed by a Gaussian kernel.

    Parameters
    ----------
    rates, counts : (trial, time, neuron) array or DataArray
        Expected counts per bin, and spikes; NaN where not observed.
    condition : (trial,) sequence
        Which trials are averaged.
    bin_s, sd_s : float
        Width of a bin, and standard deviation of the kernel, s.

    Returns
    -------
    conditions : (n_conditions,) ndarray
        Sorted.
    empirical, predicted : (n_conditions, time, neuron) ndarray
        Per bin; NaN where no trial was observed.

    Raises
    ------
    UnitsError
        If labelled rates are per second.
    SchemaError
        If shapes do not fit.
    OptionError
        If a width is not above 0.
    """
    if isinstance(rates, xr.DataArray):
        check_counts_per_bin(rates)
    model, spikes = (np.asarray(a, dtype=np.float64) for a in (rates, counts))
    labels = np.asarray(condition)
    if model.shape != spikes.shape or model.ndim != 3 or labels.shape != model.shape[:1]:
        raise SchemaError(
            f"have shape {model.shape}, counts {spikes.shape}, conditions {labels.shape}",
            where="rates",
            mend="Give (trial, time, neuron) twice and a condition per trial.",
        )
    for name, value in (("bin_s", bin_s), ("sd_s", sd_s)):
        if not (np.isfinite(value) and value > 0):
            raise OptionError(f"is {value!r}", where=name, mend="Give seconds above 0.")
    conditions = np.unique(labels)
    empirical, predicted = [], []
    for label in conditions:
        chosen = labels == label
        average = _mean_of_seen(spikes[chosen])
        empirical.append(_smoothed(average, sd_s / bin_s))
        predicted.append(_mean_of_seen(model[chosen]))
    return conditions, np.stack(empirical), np.stack(predicted)


def _smoothed(average: Array, sd: float) -> Array:
    """Gaussian mean of the bins that were seen: nothing is taken for 0 beyond the window."""
    seen = ~np.isnan(average)
    total, weight = (
        gaussian_filter1d(a, sd, axis=0, mode="constant")
        for a in (np.where(seen, average, 0.0), seen.astype(np.float64))
    )
    return np.where(seen, total / np.where(seen, weight, 1.0), np.nan)


def _mean_of_seen(values: Array) -> Array:
    n = (~np.isnan(values)).sum(axis=0)
    total = np.nansum(values, axis=0)
    return np.where(n > 0, total / np.maximum(n, 1), np.nan)


def tp_correlation(
    rates: Any,
    interval: Sequence[float],
    condition: Sequence[Any] | None = None,
    *,
    window: Any = None,
) -> float:
    """Mean over conditions of the correlation of neural speed with the produced interval.

    Speed is the mean over a trial's window of ||rate(t + 1) - rate(t)||. Faster trajectories end
    earlier, so that good rates give values near -1.

    Parameters
    ----------
    rates : (trial, time, neuron) array or DataArray, or list of (time, neuron)
        Expected counts per bin.
    interval : (trial,) sequence of float
        Produced times, s.
    condition : (trial,) sequence, optional
        Correlations are taken within; default one for all.
    window : (trial, 2) array of int, optional
        First bin, and one after the last, of each trial; default all.

    Returns
    -------
    float
        Between -1 and 1; NaN if no condition has three trials that differ.

    Raises
    ------
    SchemaError
        If lengths do not fit, or a window has fewer than two bins.

    References
    ----------
    .. [1] Pei et al. (2021) arXiv:2109.04463

    Examples
    --------
    >>> rates = [np.linspace(0, 1, n)[:, None] for n in (5, 10, 20)]
    >>> round(tp_correlation(rates, [0.1, 0.2, 0.4]), 2)
    -0.91
    """
    if isinstance(rates, xr.DataArray):
        check_counts_per_bin(rates)
    trials = [np.asarray(one, dtype=np.float64) for one in rates]
    times = np.asarray(interval, dtype=np.float64)
    labels = np.zeros(len(trials)) if condition is None else np.asarray(condition)
    if times.shape != (len(trials),) or labels.shape != (len(trials),):
        raise SchemaError(
            f"has {times.size} values for {len(trials)} trials and {labels.size} conditions",
            where="interval",
            mend="Give one per trial.",
        )
    edges = [(0, len(one)) for one in trials] if window is None else _edges(window, len(trials))
    speed = np.array([_speed(one, *edge) for one, edge in zip(trials, edges, strict=True)])
    found = []
    for label in np.unique(labels):
        x, y = speed[labels == label], times[labels == label]
        if len(x) > 2 and np.ptp(x) > 0 and np.ptp(y) > 0:
            found.append(float(np.corrcoef(x, y)[0, 1]))
    return float(np.mean(found)) if found else float("nan")


def _edges(window: Any, n_trials: int) -> list[Any]:
    edges = np.asarray(window)
    if edges.shape != (n_trials, 2) or edges.dtype.kind not in "iu":
        raise SchemaError(
            f"has shape {edges.shape} of {edges.dtype}",
            where="window",
            mend=f"Give ({n_trials}, 2) whole numbers: first bin, and one after the last.",
        )
    found: list[Any] = edges.tolist()
    return found


def _speed(trial: Array, start: int, stop: int) -> float:
    part = trial[int(start) : int(stop)]
    if len(part) < 2:
        raise SchemaError(
            f"has {len(part)} bins from {start} to {stop}",
            where="window",
            mend="Two are the least.",
        )
    return float(np.linalg.norm(np.diff(part, axis=0), axis=1).mean())
