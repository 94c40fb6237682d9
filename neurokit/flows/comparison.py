"""Several flows on the same data, one call, one table."""

from __future__ import annotations

import inspect
import time
from collections.abc import Mapping
from typing import Any

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from neurokit.errors import OptionError, SchemaError
from neurokit.flows.given import gather
from neurokit.flows.metrics import check_counts_per_bin, forward_bps


def compare(
    models: Mapping[str, Any],
    train: Any,
    test: Any,
    *,
    held_out: Any,
    true_rates: Any = None,
    n_forward: int = 0,
) -> xr.Dataset:
    """Fit each model to training trials, score each on test trials: one row per model.

    co_bps are bits per spike of neurons hidden from the inference on test trials; forward_bps of
    the last bins of the test trials, which a model that can forecast does not see; r2 is
    1 - sum (true - rate)^2 / sum (true - mean)^2 per neuron, averaged, of rates inferred from all
    neurons.

    Parameters
    ----------
    models : mapping of str to estimator
        Unfitted, with ``fit`` and ``predict_rates``; changed by being fitted.
    train, test : recording, DataArray, ndarray, or list of them
        Counts (trial, time, neuron) of other trials of the same neurons.
    held_out : sequence of str, int or bool
        Neurons that are predicted from the others.
    true_rates : (trial, time, neuron) array or DataArray, optional
        Expected counts per bin of the test trials, where they are known.
    n_forward : int, default 0
        Bins at the ends of test trials to forecast.

    Returns
    -------
    Dataset
        ``co_bps``, ``r2``, ``forward_bps``, ``fit_seconds`` (processor seconds) over ``model``;
        NaN where a model cannot.

    Raises
    ------
    OptionError
        If there are no models.
    SchemaError
        If true rates are of another shape.

    References
    ----------
    .. [1] Pei et al. (2021) arXiv:2109.04463

    Examples
    --------
    >>> simulation = nk.simulate.oscillators(n_neurons=8, n_trials=12, random_state=0)
    >>> counts = simulation.recordings["session1"].activity.signal
    >>> models = {"smoothing": nk.flows.Smoothing(), "factors": nk.flows.FactorGLM(2)}
    >>> table = compare(models, counts[:8], counts[8:], held_out=["N1", "N2"])
    >>> table.model.values.tolist()
    ['smoothing', 'factors']
    """
    if not isinstance(models, Mapping) or not models:
        raise OptionError("is no mapping or empty", where="models", mend="Name at least one.")
    whole = isinstance(n_forward, int | np.integer) and not isinstance(n_forward, bool)
    if not whole or n_forward < 0:
        raise OptionError(
            f"is {n_forward!r}", where="n_forward", mend="Give a whole number from 0."
        )
    rows: dict[str, list[float]] = {
        name: [] for name in ("co_bps", "r2", "forward_bps", "fit_seconds")
    }
    for model in models.values():
        started = time.process_time()
        _fitted(model, train, held_out)
        rows["fit_seconds"].append(time.process_time() - started)
        rows["co_bps"].append(model.score(test, held_out=held_out))
        rows["r2"].append(_true_r2(model, test, true_rates))
        rows["forward_bps"].append(_forward(model, test, n_forward))
    units = {"co_bps": "bit/spike", "forward_bps": "bit/spike", "r2": "1", "fit_seconds": "s"}
    return xr.Dataset(
        {name: ("model", values, {"units": units[name]}) for name, values in rows.items()},
        coords={"model": list(models)},
    )


def _fitted(model: Any, train: Any, held_out: Any) -> None:
    if "held_out" in inspect.signature(model.fit).parameters:
        model.fit(train, held_out=held_out)
    else:
        model.fit(train)


def _true_r2(model: Any, test: Any, true_rates: Any) -> float:
    if true_rates is None:
        return float("nan")
    return true_r2(np.asarray(model.predict_rates(test), dtype=np.float64), true_rates)


def true_r2(rates: NDArray[np.float64], true_rates: Any) -> float:
    """1 - sum (true - rate)^2 / sum (true - mean)^2 per neuron, averaged over neurons.

    Parameters
    ----------
    rates : (trial, time, neuron) ndarray
        Predicted counts per bin.
    true_rates : (trial, time, neuron) array or DataArray
        Expected counts per bin.

    Returns
    -------
    float
        Neurons whose true rate never changes are left out.

    Raises
    ------
    SchemaError
        If shapes differ.
    """
    if isinstance(true_rates, xr.DataArray):
        check_counts_per_bin(true_rates)
    true = np.asarray(true_rates, dtype=np.float64)
    if true.shape != rates.shape:
        raise SchemaError(
            f"have shape {true.shape}, predictions {rates.shape}",
            where="true_rates",
            mend="Give the rates of the test trials.",
        )
    true, rates = (a.reshape(-1, a.shape[-1]) for a in (true, rates))
    total = ((true - true.mean(axis=0)) ** 2).sum(axis=0)
    kept = total > 0
    return float((1.0 - ((true - rates) ** 2).sum(axis=0)[kept] / total[kept]).mean())


def _forward(model: Any, test: Any, n_forward: int) -> float:
    if not n_forward or not hasattr(model, "forecast"):
        return float("nan")
    trials = gather(test).trials
    lengths = np.diff(trials.offsets)
    if lengths.min() <= n_forward:
        raise OptionError(
            f"is {n_forward}, a trial has {int(lengths.min())} bins",
            where="n_forward",
            mend="Leave some bins to see.",
        )
    parts = [
        trials.values[a:b] for a, b in zip(trials.offsets[:-1], trials.offsets[1:], strict=True)
    ]
    space = {trials.space: trials.labels}
    seen = [
        xr.DataArray(part[:-n_forward], dims=("time", trials.space), coords=space) for part in parts
    ]
    found = model.forecast(seen, n_forward)
    return forward_bps(found["rate"].values, np.stack([part[-n_forward:] for part in parts]))
