"""Which state of one fit is which of another: labels of hidden states are arbitrary."""

from __future__ import annotations

from typing import Any

import numpy as np
import xarray as xr
from numpy.typing import ArrayLike, NDArray
from scipy.optimize import linear_sum_assignment

from neurokit.errors import OptionError

Array = NDArray[np.float64]
Index = NDArray[np.int64]

# What can be matched, in words for errors; and the types of numbers that are whole.
_PARAMETERS, _PATH, _PROBABILITIES = "parameters", "a path", "probabilities"
_WHOLE = "iub"


def match_by_overlap(reference: Array, other: Array) -> Index:
    """Argmax over permutations m of sum_t sum_k reference[t, k] other[t, m(k)].

    Parameters
    ----------
    reference, other : (n_bins, n_states) ndarray
        State probabilities of the same bins.

    Returns
    -------
    (n_states,) ndarray of int64
        State of `other` that is state k of `reference`; use it as an index or with ``reorder``.
    """
    rows, columns = linear_sum_assignment(-(reference.T @ other))
    order = np.empty(len(rows), dtype=np.int64)
    order[rows] = columns
    return order


def match_by_parameters(reference: Array, other: Array) -> Index:
    """Argmin over permutations m of sum_k |reference[k] - other[m(k)]|^2.

    Parameters
    ----------
    reference, other : (n_states, ...) ndarray
        Weights, rates or anything else that tells states apart.

    Returns
    -------
    (n_states,) ndarray of int64
        State of `other` that is state k of `reference`.
    """
    first, second = reference.reshape(len(reference), -1), other.reshape(len(other), -1)
    cost = np.square(first[:, None] - second[None]).sum(axis=-1)
    rows, columns = linear_sum_assignment(cost)
    order = np.empty(len(rows), dtype=np.int64)
    order[rows] = columns
    return order


def match_states(reference: Any, other: Any) -> Index:
    """The permutation of the states of `other` that makes them those of `reference`.

    Parameters
    ----------
    reference : DataArray, array_like, or list of them
        Paths of states (whole numbers), state probabilities (numbers with states along the last
        axis, or a DataArray with a dim ``state``), or, with a leading dim ``state`` of a
        DataArray, parameters. A list of arrays is one of trials of any lengths.
    other : DataArray, array_like, or list of them
        The same kind of thing, of the same bins or neurons.

    Returns
    -------
    (n_states,) ndarray of int64
        State of `other` that is state k of `reference`, for ``GLMHMM.reorder``.

    Raises
    ------
    OptionError
        If the two differ in kind or shape.

    References
    ----------
    Kuhn (1955), doi:10.1002/nav.3800020109.

    Examples
    --------
    >>> match_states([0, 0, 1, 2, 2], [2, 2, 0, 1, 1])
    array([2, 0, 1])
    """
    first, second = _values(reference, "reference"), _values(other, "other")
    _same_shape(first, second)
    kinds = _kind(reference, first), _kind(other, second)
    if kinds[0] != kinds[1]:
        raise OptionError(
            f"holds {kinds[1]}, reference {kinds[0]}",
            where="other",
            mend="Give two paths of whole numbers, or two of state probabilities or parameters.",
        )
    if kinds[0] == _PARAMETERS:
        return match_by_parameters(first, second)
    if kinds[0] == _PATH:
        n_states = int(max(first.max(initial=0), second.max(initial=0))) + 1
        return match_by_overlap(_indicators(first, n_states), _indicators(second, n_states))
    flat = [np.nan_to_num(x.reshape(-1, x.shape[-1]).astype(np.float64)) for x in (first, second)]
    return match_by_overlap(*flat)


def _values(given: Any, where: str) -> NDArray[Any]:
    """Numbers of one array, or of all trials of a list one after the other; states last."""
    if isinstance(given, list | tuple) and any(_is_array(each) for each in given):
        trials = [_values(each, where) for each in given]
        if all(trial.dtype.kind in _WHOLE for trial in trials):
            return np.concatenate([trial.ravel() for trial in trials])
        if len({trial.shape[-1] for trial in trials}) > 1:
            raise OptionError(
                "trials have other numbers of states", where=where, mend="Give those of one model."
            )
        return np.concatenate([trial.reshape(-1, trial.shape[-1]) for trial in trials])
    if isinstance(given, xr.DataArray) and "state" in given.dims[1:]:
        given = given.transpose(..., "state")
    try:
        values = np.asarray(given)
    except ValueError as error:
        raise OptionError(
            "is ragged", where=where, mend="Give trials of different lengths as a list of arrays."
        ) from error
    if values.dtype.kind not in _WHOLE + "f":
        raise OptionError(f"is of type {values.dtype}", where=where, mend="Give numbers.")
    if values.dtype.kind == "f" and values.ndim < 2 and not _leads_with_state(given):
        raise OptionError(
            f"has {values.ndim} axes and holds floats",
            where=where,
            mend="Give a path as whole numbers (.astype(int)), or probabilities (bins, states).",
        )
    return values


def _is_array(value: Any) -> bool:
    return isinstance(value, xr.DataArray | np.ndarray)


def _leads_with_state(given: Any) -> bool:
    return isinstance(given, xr.DataArray) and given.dims[:1] == ("state",)


def _kind(given: Any, values: NDArray[Any]) -> str:
    if _leads_with_state(given):
        return _PARAMETERS
    return _PATH if values.dtype.kind in _WHOLE else _PROBABILITIES


def _same_shape(first: NDArray[Any], second: NDArray[Any]) -> None:
    if first.shape != second.shape:
        raise OptionError(
            f"has shape {second.shape}, reference {first.shape}",
            where="other",
            mend="Give states of the same bins, or parameters of as many states and neurons.",
        )


def _indicators(states: ArrayLike, n_states: int) -> Array:
    out: Array = (np.ravel(states)[:, None] == np.arange(n_states)).astype(np.float64)
    return out
