"""What a factorization found, labelled: one DataArray per mode, and what can be asked of them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from neurokit.connectome.pairs import fold, members, pair_index
from neurokit.connectome.tensor import ObservedTensor
from neurokit.errors import SchemaError

Array = NDArray[np.float64]


def loading_name(dim: str) -> str:
    """Name of the variable that holds a mode: ``time_course``, else ``<dim>_loading``.

    Parameters
    ----------
    dim : str
        The mode's dim.

    Returns
    -------
    str
        A name that no dim has.
    """
    return "time_course" if dim == "time" else f"{dim}_loading"


def modes_of(factors: xr.Dataset) -> dict[str, xr.DataArray]:
    """Return the factor of every mode by its dim, in the tensor's order.

    Parameters
    ----------
    factors : Dataset
        As in ``NonNegativeCP.factors_``.

    Returns
    -------
    dict of str to DataArray
        (component, dim) each.

    Raises
    ------
    SchemaError
        If it is no Dataset.
    """
    if not isinstance(factors, xr.Dataset):
        raise SchemaError(
            f"got a {type(factors).__name__}", where="factors", mend="Give a fit's factors_."
        )
    modes = {}
    for name, values in factors.data_vars.items():
        dims = [str(dim) for dim in values.dims if dim != "component"]
        if len(dims) == 1 and name == loading_name(dims[0]):
            modes[dims[0]] = values.transpose("component", dims[0])
    return modes


def labelled_factors(
    tensor: xr.DataArray, factors: Sequence[Array], scale: float = 1.0
) -> xr.Dataset:
    """Give factors the dims and coordinates of their tensor, unit norms and sorted weights.

    Parameters
    ----------
    tensor : DataArray
        What was factorized.
    factors : sequence of (size, rank) ndarray
        In the order of the tensor's dims; NaN rows were never observed.
    scale : float, default 1.0
        The model is the sum of the components times this.

    Returns
    -------
    Dataset
        One (component, dim) variable per mode and ``weight``(component), descending; an empty
        component has weight 0.
    """
    norms = np.array([np.sqrt(np.nansum(factor**2, axis=0)) for factor in factors])
    weight = scale * norms.prod(axis=0)
    order = np.argsort(-weight, kind="stable")
    out = xr.Dataset(coords={"component": np.arange(len(weight))})
    for dim, factor, norm in zip(tensor.dims, factors, norms, strict=True):
        unit = (factor / np.where(norm > 0, norm, 1.0))[:, order].T
        kept = {k: v.variable for k, v in tensor.coords.items() if v.dims == (dim,)}
        out[loading_name(str(dim))] = xr.DataArray(unit, kept, ("component", str(dim)))
    out["weight"] = ("component", weight[order])
    return out


def factors_of_fit(
    data: ObservedTensor, tensor: xr.DataArray, factors: Sequence[Array]
) -> xr.Dataset:
    """Label what was found for a tensor; rows never observed become NaN.

    Parameters
    ----------
    data : ObservedTensor
        What was factorized.
    tensor : DataArray
        The same, labelled.
    factors : sequence of (size, rank) ndarray
        In the internal order of `data`, of its scaled entries.

    Returns
    -------
    Dataset
        As `labelled_factors`.
    """
    shown = [
        np.where(data.seen_rows(mode)[:, None], factor, np.nan)
        for mode, factor in enumerate(factors)
    ]
    return labelled_factors(tensor, data.unsort(shown), data.scale)


def reconstruct(factors: xr.Dataset) -> xr.DataArray:
    """sum_r weight_r f1_r o f2_r o ...: the tensor that the factors stand for.

    Parameters
    ----------
    factors : Dataset
        As in ``NonNegativeCP.factors_``.

    Returns
    -------
    DataArray
        Dense, float64; NaN where a row was never observed.
    """
    modes = modes_of(factors)
    operands: list[Any] = [factors["weight"].values, [len(modes)]]
    for axis, values in enumerate(modes.values()):
        operands += [values.values, [len(modes), axis]]
    dense = np.einsum(*operands, list(range(len(modes))), optimize=True)
    coords = {
        name: coordinate.variable
        for name, coordinate in factors.coords.items()
        if "component" not in coordinate.dims
    }
    return xr.DataArray(dense, coords=coords, dims=list(modes), name="reconstruction")


def motif_matrices(factors: xr.Dataset) -> xr.DataArray:
    """Fold each component's pair loadings into a symmetric matrix.

    Parameters
    ----------
    factors : Dataset
        With ``pair_loading`` and coordinates neuron(pair), partner(pair).

    Returns
    -------
    DataArray
        (component, neuron, partner), diagonal 0, NaN for pairs never recorded together.

    Raises
    ------
    SchemaError
        If there is no pair mode with both coordinates.

    Examples
    --------
    >>> import neurokit as nk
    >>> worms = nk.simulate.worms(2, 6, 1, duration=120.0, random_state=0)
    >>> pairs = nk.connectome.affinity(nk.stack(worms.recordings), bin_s=8.0)
    >>> fit = nk.connectome.NonNegativeCP(1, n_restarts=1, random_state=0).fit(pairs)
    >>> motif_matrices(fit.factors_).sizes
    Frozen({'component': 1, 'neuron': 6, 'partner': 6})
    """
    space = _space_of_pairs(factors)
    names, first, second = members(factors[space].values, factors["partner"].values)
    loadings = factors["pair_loading"].transpose("component", "pair").values
    matrices = fold(loadings, first, second, len(names))
    coords = {"component": factors["component"].values, space: names, "partner": names}
    return xr.DataArray(matrices, coords, ["component", space, "partner"], name="motif")


def neuron_strength(factors: xr.Dataset) -> xr.DataArray:
    """Mean loading of each neuron's pairs, over the partners it was recorded with.

    Parameters
    ----------
    factors : Dataset
        With ``pair_loading`` and coordinates neuron(pair), partner(pair).

    Returns
    -------
    DataArray
        (component, neuron); NaN for a neuron never recorded with another.

    Raises
    ------
    SchemaError
        If there is no pair mode with both coordinates.

    Examples
    --------
    >>> import neurokit as nk
    >>> worms = nk.simulate.worms(2, 6, 1, duration=120.0, random_state=0)
    >>> pairs = nk.connectome.affinity(nk.stack(worms.recordings), bin_s=8.0)
    >>> fit = nk.connectome.NonNegativeCP(1, n_restarts=1, random_state=0).fit(pairs)
    >>> neuron_strength(fit.factors_).sizes
    Frozen({'component': 1, 'neuron': 6})
    """
    matrices = motif_matrices(factors)
    # The diagonal is no pair.
    count = matrices.notnull().sum("partner") - 1
    strength: xr.DataArray = matrices.sum("partner", skipna=True) / count.where(count > 0)
    return strength.rename("strength")


def pair_loading(neuron_loading: xr.DataArray) -> xr.DataArray:
    """sqrt(l_i l_j) for every pair: what a group of neurons looks like to the affinity.

    Parameters
    ----------
    neuron_loading : (component, neuron) DataArray
        Non-negative amplitude with which each neuron takes part.

    Returns
    -------
    DataArray
        (component, pair) with coordinates neuron(pair), partner(pair).

    Examples
    --------
    >>> names = {"neuron": ["AVAL", "AVAR", "RIML"]}
    >>> pair_loading(xr.DataArray([[4.0, 1.0, 0.0]], names, ["component", "neuron"])).values
    array([[2., 0., 0.]])
    """
    values = neuron_loading.transpose("component", "neuron").values
    names = neuron_loading["neuron"].values
    first, second = pair_index(len(names))
    coords = {"neuron": ("pair", names[first]), "partner": ("pair", names[second])}
    return xr.DataArray(
        np.sqrt(values[:, first] * values[:, second]),
        {"component": neuron_loading["component"].values, **coords},
        ["component", "pair"],
        name="pair_loading",
    )


def _space_of_pairs(factors: xr.Dataset) -> str:
    for space in ("neuron", "channel"):
        if "pair_loading" in factors and {space, "partner"} <= set(factors.coords):
            return space
    raise SchemaError(
        f"factors of {list(modes_of(factors))} without names of pairs",
        where="factors",
        mend="Fit what nk.connectome.affinity gives: its pairs have names.",
    )
