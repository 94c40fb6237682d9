"""Factors as other libraries write them: (weights, [(size, rank), ...]), and back."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from neurokit.connectome.dimension_tree import Array
from neurokit.connectome.factors import labelled_factors, modes_of
from neurokit.errors import OptionError


def weights_and_factors(factors: xr.Dataset) -> tuple[Array, list[Array]]:
    """Return arrays in the convention of tensorly's CP tensors.

    Parameters
    ----------
    factors : Dataset
        As in ``NonNegativeCP.factors_``.

    Returns
    -------
    weights : (rank,) ndarray
        Of components with factors of unit norm.
    factors : list of (size, rank) ndarray
        In the tensor's order; rows never observed are 0, because others have no NaN there.
    """
    arrays = [np.nan_to_num(values.values.T) for values in modes_of(factors).values()]
    return np.array(factors["weight"].values, dtype=np.float64), [
        np.ascontiguousarray(array, dtype=np.float64) for array in arrays
    ]


def labelled_cp(cp: Any, tensor: xr.DataArray | None = None) -> xr.Dataset:
    """Give labels to a CP tensor of another library.

    Parameters
    ----------
    cp : CPTensor or (weights, factors)
        Weights may be None.
    tensor : DataArray, optional
        What was factorized; without it modes are called axis_0, axis_1...

    Returns
    -------
    Dataset
        As ``NonNegativeCP.factors_``.

    Raises
    ------
    OptionError
        If shapes do not fit, or an entry is negative or not finite.
    """
    weights, arrays = _arrays_of(cp)
    # A number alone is told below, with the other wrong shapes.
    shape = tuple(sum(array.shape[:1]) for array in arrays)
    if tensor is None:
        nothing: NDArray[Any] = np.broadcast_to(0.0, shape)
        tensor = xr.DataArray(nothing, dims=[f"axis_{k}" for k in range(len(shape))])
    ranks = {array.shape[1:] for array in arrays}
    fitting = weights is None or {weights.shape} == ranks
    if tensor.shape != shape or len(ranks) != 1 or not fitting or not _has_columns(arrays[0]):
        raise OptionError(
            f"has factors of shape {[array.shape for array in arrays]}, "
            f"weights {None if weights is None else weights.shape}, tensor {tensor.shape}",
            where="cp",
            mend="Give one (size, rank) array per mode, and as many weights as columns.",
        )
    # An infinite weight times zero is NaN, which the check names.
    with np.errstate(invalid="ignore", over="ignore"):
        arrays[0] = arrays[0] * (1.0 if weights is None else weights)
    _check_values(arrays)
    return labelled_factors(tensor, arrays)


def _arrays_of(cp: Any) -> tuple[Array | None, list[Array]]:
    try:
        weights, given = cp
        held = [np.asarray(array) for array in ([] if weights is None else [weights], *given)]
        real = all(array.dtype.kind in "fiub" for array in held)
    except (TypeError, ValueError):
        real = False
    if not real:
        raise OptionError(
            f"got a {type(cp).__name__} that is no pair of weights and factors of real numbers",
            where="cp",
            mend="Give (weights, [(size, rank), ...]), as tensorly does.",
        )
    arrays = [np.array(factor, dtype=np.float64) for factor in given]
    return None if weights is None else np.array(weights, dtype=np.float64), arrays


def _has_columns(array: Array) -> bool:
    return array.ndim == 2 and array.shape[1] > 0


def _check_values(arrays: Sequence[Array]) -> None:
    for mode, array in enumerate(arrays):
        if not np.isfinite(array).all() or (array < 0).any():
            raise OptionError(
                f"factor {mode} holds negative entries or NaN",
                where="cp",
                mend="This is for non-negative factorizations; take signs into other modes.",
            )
