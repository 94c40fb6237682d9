"""How alike two factorizations are: components matched, then cosines of their factors."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from neurokit.connectome.factors import modes_of
from neurokit.connectome.matching import cosines, match
from neurokit.errors import LabelError

Array = NDArray[np.float64]


def mode_cosines(a: xr.Dataset, b: xr.Dataset) -> Array:
    """|cos| between all components of a and of b, for every mode that both have.

    Parameters
    ----------
    a, b : Dataset
        Factors; labels of shared modes must be equal.

    Returns
    -------
    (n_modes, components of a, components of b) ndarray
        Over entries that both observed.

    Raises
    ------
    LabelError
        If labels differ, or no mode is shared.
    """
    left, right = modes_of(a), modes_of(b)
    shared = [dim for dim in left if dim in right]
    if not shared:
        raise LabelError(
            f"modes {list(left)} and {list(right)} have none in common",
            where="factors",
            mend="Compare factors of tensors with the same dims.",
        )
    for dim in shared:
        check_same_labels(dim, left[dim], right[dim])
    return np.stack([cosines(left[dim].values, right[dim].values) for dim in shared])


def similarity(a: xr.Dataset, b: xr.Dataset) -> float:
    """Mean over matched components of the mean |cos| over modes.

    Parameters
    ----------
    a, b : Dataset
        Factors of two fits; a component without a counterpart counts as 0.

    Returns
    -------
    float
        0 to 1; 1 where the components are the same up to order.

    References
    ----------
    .. [1] Williams et al. (2018). doi:10.1016/j.neuron.2018.05.015, as computed by
       ``kruskal_align`` of its software tensortools.
    """
    mean = mode_cosines(a, b).mean(axis=0)
    rows, columns = match(mean)
    return float(mean[rows, columns].sum() / max(mean.shape))


def stability(solutions: Sequence[xr.Dataset]) -> float:
    """Mean similarity over all pairs of solutions.

    Parameters
    ----------
    solutions : sequence of Dataset
        Factors found from different starts.

    Returns
    -------
    float
        0 to 1; 1 where there is only one.
    """
    pairs = [similarity(a, b) for k, a in enumerate(solutions) for b in solutions[:k]]
    return float(np.mean(pairs)) if pairs else 1.0


def factor_match_score(found: xr.Dataset, truth: xr.Dataset) -> xr.DataArray:
    """Product over modes of |cos|, for each true component and the one matched to it.

    Stricter than `similarity`: a component counts only if all of its modes are right. Weights
    do not enter, because the truth of a simulation is known up to scale.

    Parameters
    ----------
    found : Dataset
        Factors of a fit; components beyond the true ones are ignored.
    truth : Dataset
        True factors.

    Returns
    -------
    DataArray
        (component) of the truth, 0 where nothing is left to match; coordinate ``found``
        (component) is the component matched, -1 where none.

    References
    ----------
    .. [1] Acar et al. (2011). doi:10.1016/j.chemolab.2010.08.004

    Examples
    --------
    >>> from neurokit.connectome import NonNegativeCP
    >>> tensor = np.random.default_rng(0).random((4, 5, 6))
    >>> fit = NonNegativeCP(2, n_restarts=1, random_state=0).fit(tensor)
    >>> factor_match_score(fit.factors_, fit.factors_.isel(component=[1, 0])).values.round(6)
    array([1., 1.])
    """
    products = mode_cosines(found, truth).prod(axis=0)
    rows, columns = match(products)
    score = np.zeros(products.shape[1])
    matched = np.full(products.shape[1], -1)
    score[columns], matched[columns] = products[rows, columns], rows
    coords = {"component": truth["component"].values, "found": ("component", matched)}
    return xr.DataArray(score, coords, ["component"], name="factor_match_score")


def check_same_labels(dim: str, a: xr.DataArray, b: xr.DataArray) -> None:
    """Refuse two arrays whose labels along a dim differ.

    Parameters
    ----------
    dim : str
        The dim; for pairs, both members' names are compared too.
    a, b : DataArray
        With this dim.

    Raises
    ------
    LabelError
        If sizes or labels differ.
    """
    if a.sizes[dim] != b.sizes[dim]:
        raise LabelError(
            f"{a.sizes[dim]} against {b.sizes[dim]} along {dim!r}",
            where="factors",
            mend="Compare factors of tensors with the same labels.",
        )
    for name in (dim, "neuron", "channel", "partner"):
        if name in a.coords and name in b.coords and a[name].dims == b[name].dims == (dim,):
            differ = np.flatnonzero(a[name].values != b[name].values)
            if differ.size:
                k = int(differ[0])
                raise LabelError(
                    f"{name} differs at {differ.size} places, first {a[name].values[k]} "
                    f"against {b[name].values[k]}",
                    where="factors",
                    mend="Compare factors of tensors with the same labels.",
                )
