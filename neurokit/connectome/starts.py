"""Random starts that follow the data: a permuted tensor gets the permuted start.

Draws are handed out in the order of the rows' norms, one stream per mode, so that neither the
order of rows nor that of modes matters, and a row without observations takes nothing from others.
"""

from __future__ import annotations

import numpy as np

from neurokit.connectome.dimension_tree import Array
from neurokit.connectome.tensor import ObservedTensor


def random_factors(tensor: ObservedTensor, rank: int, rng: np.random.Generator) -> list[Array]:
    """Uniform factors whose product has the mean of the observed entries.

    Parameters
    ----------
    tensor : ObservedTensor
        The data.
    rank : int
        Number of components.
    rng : numpy.random.Generator
        Source of the draws.

    Returns
    -------
    list of (size, rank) ndarray
        In internal mode order, non-negative.
    """
    n_modes = len(tensor.shape)
    mean = abs(tensor.total) / max(tensor.n_observed, 1)
    level = (mean * 2.0**n_modes / rank) ** (1 / n_modes) or 1.0
    factors = [level * draw for draw in by_norm(tensor, rank, rng)]
    return [factors[0], factors[0].copy(), *factors[2:]] if tensor.tied else factors


def by_norm(tensor: ObservedTensor, n_columns: int, rng: np.random.Generator) -> list[Array]:
    """Uniform numbers for every row of every mode, handed out from the largest row down.

    Parameters
    ----------
    tensor : ObservedTensor
        The data.
    n_columns : int
        Numbers per row.
    rng : numpy.random.Generator
        Source of the draws.

    Returns
    -------
    list of (size, n_columns) ndarray
        In internal mode order.
    """
    streams = rng.spawn(len(tensor.shape))
    draws = []
    for mode, norms in zip(tensor.order, tensor.row_norms, strict=True):
        draw = np.empty((len(norms), n_columns))
        draw[np.argsort(-norms, kind="stable")] = streams[mode].random(draw.shape)
        draws.append(draw)
    return draws
