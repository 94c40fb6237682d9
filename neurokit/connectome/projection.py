"""Labelled loadings of new data on a fit: which mode is new, and what it gets."""

from __future__ import annotations

import numpy as np
import xarray as xr

from neurokit.connectome.comparison import check_same_labels
from neurokit.connectome.factors import loading_name, modes_of
from neurokit.connectome.tensor import ObservedTensor
from neurokit.connectome.transform import project
from neurokit.errors import LabelError, OptionError


def new_slab(
    x: xr.DataArray, factors: xr.Dataset, dim: str | None = None
) -> tuple[xr.DataArray, str]:
    """Return a tensor with all modes of a fit, and which of them is new.

    Parameters
    ----------
    x : DataArray
        With the fit's dims; it may lack the one that is new.
    factors : Dataset
        As in ``NonNegativeCP.factors_``.
    dim : str, optional
        The mode that is new; None takes the one whose labels or size differ.

    Returns
    -------
    tensor : DataArray
        With all dims.
    dim : str
        The mode that is new.

    Raises
    ------
    OptionError
        If it does not show which mode is new.
    LabelError
        If labels of another mode differ.
    """
    modes = modes_of(factors)
    lacking = [name for name in modes if name not in x.dims]
    if len(lacking) == 1 and dim in (None, lacking[0]):
        x, dim = x.expand_dims(lacking[0]), lacking[0]
    if dim is None:
        new = [name for name in modes if name in x.dims and _differs(modes[name], x, name)]
        dim = new[0] if len(new) == 1 else None
    if dim not in modes or set(map(str, x.dims)) != set(modes):
        raise OptionError(
            f"the tensor has dims {tuple(x.dims)}, the fit {tuple(modes)}; new: {dim!r}",
            where="dim",
            mend="Name the mode that is new.",
        )
    for name in modes:
        if name != dim:
            check_same_labels(name, modes[name], x)
    return x, dim


def _differs(factor: xr.DataArray, x: xr.DataArray, dim: str) -> bool:
    try:
        check_same_labels(dim, factor, x)
    except LabelError:
        return True
    return False


def new_loadings(
    x: xr.DataArray, data: ObservedTensor, factors: xr.Dataset, dim: str
) -> xr.DataArray:
    """Loadings of the rows of one mode, the others as in a fit.

    Parameters
    ----------
    x : DataArray
        New data, with all dims of the fit.
    data : ObservedTensor
        The same for the array layer.
    factors : Dataset
        As in ``NonNegativeCP.factors_``.
    dim : str
        The mode that is new.

    Returns
    -------
    DataArray
        (component, dim), NaN where nothing was observed.
    """
    modes = modes_of(factors)
    arrays = [np.nan_to_num(modes[str(name)].values.T) for name in x.dims]
    new = [str(name) for name in x.dims].index(dim)
    arrays[new] = np.ones((x.sizes[dim], factors.sizes["component"]))
    other = 0 if new else 1
    # Weights go to a mode that is fixed, so that loadings are in units of the fit's factors.
    arrays[other] = arrays[other] * factors["weight"].values
    mode = data.order.index(new)
    rows = data.scale * project(data, data.sort(arrays), mode)
    rows[~data.seen_rows(mode)] = np.nan
    kept = {k: v.variable for k, v in x.coords.items() if v.dims == (dim,)}
    kept["component"] = factors["component"].variable
    return xr.DataArray(rows.T, kept, ("component", dim), name=loading_name(dim))
