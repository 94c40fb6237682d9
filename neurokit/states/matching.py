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
    reference : DataArray or array_like
        Paths of states (whole numbers), state probabilities (last dim ``state`` or of floats), or,
        with a leading dim ``state`` of a DataArray, parameters.
    other : DataArray or array_like
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
    arrays = [x for x in (reference, other) if isinstance(x, xr.DataArray)]
    if len(arrays) == 2 and all(x.dims[:1] == ("state",) for x in arrays):
        _same_shape(reference.values, other.values)
        return match_by_parameters(reference.values, other.values)
    first, second = np.asarray(reference), np.asarray(other)
    _same_shape(first, second)
    if first.dtype.kind in "iu" and second.dtype.kind in "iu":
        n_states = int(max(first.max(initial=0), second.max(initial=0))) + 1
        return match_by_overlap(_indicators(first, n_states), _indicators(second, n_states))
    flat = [np.nan_to_num(x.reshape(-1, x.shape[-1]).astype(np.float64)) for x in (first, second)]
    return match_by_overlap(*flat)


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
