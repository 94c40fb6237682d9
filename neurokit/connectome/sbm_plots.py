"""Figures of block models: the matrix of nodes ordered by block."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from neurokit.errors import NotFittedError
from neurokit.plot.style import BLUE, axes_or_new, name_ticks

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from neurokit.connectome.sbm_model import WeightedSBM


def plot_blocks(model: WeightedSBM, *, ax: Axes | None = None) -> Axes:
    """Draw how often two nodes share a block, nodes ordered by block.

    Parameters
    ----------
    model : WeightedSBM
        Fitted with samples.
    ax : matplotlib Axes, optional
        Where to draw; default new axes.

    Returns
    -------
    matplotlib.axes.Axes
        Share of posterior samples; the blocks of the best partition are outlined.

    Raises
    ------
    NotFittedError
        If no samples were drawn.
    """
    if not hasattr(model, "co_assignment_"):
        raise NotFittedError(
            "has no samples", where="WeightedSBM", mend="Fit with n_samples above 0."
        )
    matrix, labels = model.co_assignment_, model.labels_.values
    order = np.argsort(labels, kind="stable")
    order = order[labels[order] >= 0]
    ax = axes_or_new(ax, (6.2, 5.4))
    shown = matrix.values[np.ix_(order, order)]
    image = ax.imshow(shown, cmap="magma_r", vmin=0, vmax=1, interpolation="nearest")
    begin = 0
    for size in np.bincount(labels[order]):
        corner = begin - 0.5
        x = np.array([0, size, size, 0, 0]) + corner
        y = np.array([0, 0, size, size, 0]) + corner
        ax.plot(x, y, color=BLUE, lw=1.2, clip_on=False)
        begin += int(size)
    dim = str(matrix.dims[0])
    names = matrix[dim].values[order] if dim in matrix.coords else order
    for axis in (ax.xaxis, ax.yaxis):
        name_ticks(axis, list(names), at_most=40)
    ax.tick_params(axis="both", labelsize=7, length=2)
    ax.tick_params(axis="x", rotation=90)
    ax.set(xlabel="partner", ylabel=f"{dim}, by block")
    n = model.n_blocks_
    ax.set_title(f"{n} block{'s' if n > 1 else ''}, {model.family_}, {model.weights_}", fontsize=10)
    ax.figure.colorbar(image, ax=ax, label="share of samples in one block", pad=0.02)
    return ax
