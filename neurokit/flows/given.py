"""From a user's recordings to what a fit works on: bins, counts or signals, inputs, bin width."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from neurokit.errors import LabelError, OptionError, SchemaError, suggest
from neurokit.flows.observed import Observed, observed
from neurokit.schema import sampling_rate, signal_of
from neurokit.signal.trials import Trials, as_trials, rows_like

Array = NDArray[np.float64]
Mask = NDArray[np.bool_]


@dataclass(frozen=True)
class Given:
    """Data as plain rows with their labels.

    Parameters
    ----------
    trials : Trials
        Labels, and the way back to the user's form.
    data : Observed
        Values as they are.
    input_labels : (n_inputs,) ndarray of str
        Of the inputs.
    """

    trials: Trials
    data: Observed
    input_labels: NDArray[np.str_]

    @property
    def are_counts(self) -> bool:
        """Whether all that was seen is whole and not negative, and not all the same."""
        values = self.data.values[self.data.seen]
        whole = bool((values >= 0).all() and (values == np.rint(values)).all())
        return whole and values.size > 0

    def roots(self) -> Observed:
        """Return square roots, whose Poisson noise is nearly of one size."""
        values = np.where(self.data.seen, np.sqrt(self.data.values), np.nan)
        return observed(values, self.data.inputs, self.data.offsets)


def gather(X: Any, inputs: Any = None) -> Given:
    """Bring data and inputs to rows.

    Parameters
    ----------
    X : recording, DataArray, ndarray, or list or mapping of them
        (time, neuron) or (trial, time, neuron); NaN where not observed.
    inputs : as X, optional
        (..., input), finite.

    Returns
    -------
    Given
        Rows with labels.

    Raises
    ------
    SchemaError
        If values are infinite, or shapes do not fit.
    """
    trials = as_trials(X)
    if np.isinf(trials.values).any():
        raise SchemaError("holds infinities", where="X", mend="Mark what was not observed by NaN.")
    rows, labels = np.empty((len(trials.values), 0)), np.empty(0, dtype=np.str_)
    if inputs is not None:
        rows, labels = rows_like(inputs, trials, "inputs")
    return Given(trials, observed(trials.values, rows, trials.offsets), labels)


def check_same_neurons(given: Given, fitted: xr.DataArray) -> None:
    """Raise unless the data are of the neurons, or channels, that were fitted.

    Parameters
    ----------
    given : Given
        The data.
    fitted : DataArray
        Whose first dim is that of the fit's neurons, with their labels.

    Raises
    ------
    LabelError
        If there are others, or they are in another order.
    """
    space = fitted.dims[0]
    if not np.array_equal(given.trials.labels, fitted[space].values.astype(np.str_)):
        raise LabelError(
            f"has other {space}s than the fit ({given.trials.labels.size} and "
            f"{fitted[space].size}, or other labels)",
            where="X",
            mend="Select those of the fit, in its order.",
        )


def bin_width(X: Any, bin_s: float | None) -> float:
    """Return the width of a bin, from the argument or from the data's sampling rate.

    Parameters
    ----------
    X : recording, DataArray, ndarray, or list or mapping of them
        The data.
    bin_s : float, optional
        What the user said, s.

    Returns
    -------
    float
        Seconds.

    Raises
    ------
    OptionError
        If nothing tells, or the two differ.
    """
    known = [rate for item in _items(X) if (rate := _rate(item, bin_s)) is not None]
    if bin_s is None:
        if not known:
            raise OptionError(
                "is not given and the data do not say",
                where="bin_s",
                mend="Give the width of a bin, s.",
            )
        bin_s = 1.0 / known[0]
    if isinstance(bin_s, bool) or not isinstance(bin_s, int | float | np.number):
        raise OptionError(f"is {bin_s!r}", where="bin_s", mend="Give seconds above 0.")
    if not (np.isfinite(bin_s) and bin_s > 0):
        raise OptionError(f"is {bin_s!r}", where="bin_s", mend="Give seconds above 0.")
    for rate in known:
        if abs(rate * bin_s - 1.0) > 1e-3:
            raise OptionError(
                f"is {bin_s:g} s, the data have {rate:g} bins per second",
                where="bin_s",
                mend="Leave it out, or bin the data to that width.",
            )
    return float(bin_s)


def _items(X: Any) -> Iterable[Any]:
    if isinstance(X, xr.DataTree | xr.DataArray | np.ndarray):
        return [X]
    return X.values() if isinstance(X, dict) else (X if isinstance(X, list | tuple) else [X])


def _rate(item: Any, bin_s: float | None) -> float | None:
    array = signal_of(item) if isinstance(item, xr.DataTree) else item
    if not isinstance(array, xr.DataArray) or "time" not in array.coords:
        return None
    if "sampling_rate" not in {**array.attrs, **array["time"].attrs}:
        if array.sizes["time"] < 2:
            return None
        if bin_s is not None:
            return _mean_rate(array)
    return float(sampling_rate(array))


def _mean_rate(array: xr.DataArray) -> float:
    """Of a clock that states none, where the user said how wide a bin is."""
    clock = np.asarray(array["time"].values, dtype=np.float64)
    return float((clock.size - 1) / (clock[-1] - clock[0]))


def neuron_mask(chosen: Any, labels: NDArray[np.str_], where: str = "held_out") -> Mask:
    """Return which neurons are meant.

    Parameters
    ----------
    chosen : sequence of str, int or bool
        Labels, places, or one truth value per neuron.
    labels : (n_neurons,) ndarray of str
        Of the neurons.
    where : str
        The argument's name.

    Returns
    -------
    (n_neurons,) ndarray of bool
        At least one is True and one is False.

    Raises
    ------
    LabelError
        If there is no such neuron.
    OptionError
        If all or none are chosen.
    """
    items = np.asarray(chosen.values if isinstance(chosen, xr.DataArray) else chosen)
    mask = np.zeros(labels.size, dtype=bool)
    if items.dtype.kind == "b":
        if items.shape != mask.shape:
            raise LabelError(
                f"has {items.size} values for {labels.size} neurons",
                where=where,
                mend="Give one truth value per neuron.",
            )
        mask = items.copy()
    elif items.dtype.kind in "iu":
        if items.size and (items.min() < -labels.size or items.max() >= labels.size):
            raise LabelError(
                f"place {int(np.abs(items).max())} of {labels.size} neurons",
                where=where,
                mend="Count from 0.",
            )
        mask[items] = True
    else:
        for name in np.atleast_1d(items).astype(np.str_).tolist():
            if name not in labels:
                near = suggest(name, labels.tolist())
                raise LabelError(f"there is no neuron {name!r}{near}", where=where, mend="Mend it.")
            mask[labels == name] = True
    if mask.all() or not mask.any():
        raise OptionError(
            f"chooses {int(mask.sum())} of {mask.size} neurons",
            where=where,
            mend="Some have to be seen, and some have to be predicted.",
        )
    return mask
