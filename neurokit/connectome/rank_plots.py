"""The figure that shows why a rank was chosen: error of hidden entries, stability over starts."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from neurokit.errors import SchemaError
from neurokit.plot.style import BLUE, GREY, ORANGE, VERMILLION, axes_or_new

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.container import ErrorbarContainer


def plot_rank_selection(selection: xr.Dataset, ax: Axes | None = None) -> Axes:
    """Draw what `select_rank` found: excess error over the best rank, and stability.

    A rank whose point lies within its bar of zero predicts hidden entries as well as the best;
    the smallest of these that is stable is chosen.

    Parameters
    ----------
    selection : Dataset
        From `select_rank`.
    ax : matplotlib.axes.Axes, optional
        Where to draw; stability gets a second y axis.

    Returns
    -------
    matplotlib.axes.Axes
        The axes of errors.

    Raises
    ------
    SchemaError
        If this is no selection of a rank.

    Examples
    --------
    >>> import numpy as np
    >>> from neurokit.connectome import select_rank
    >>> rng = np.random.default_rng(0)
    >>> tensor = rng.random((12, 1)) * rng.random(10) + 0.05 * rng.random((12, 10))
    >>> curve = select_rank(tensor, [1, 2], n_folds=2, n_restarts=2, random_state=0)
    >>> plot_rank_selection(curve).get_ylabel()
    'excess error of hidden entries'
    """
    held = list(getattr(selection, "data_vars", ()))
    if not {"excess", "excess_se", "stability"} <= set(held):
        raise SchemaError(
            f"is a {type(selection).__name__} that holds {held}",
            where="selection",
            mend="Give what select_rank returned.",
        )
    ax = axes_or_new(ax, (6.4, 4.2))
    ranks, best = selection["rank"].values, int(selection.attrs["best_rank"])
    bars = _draw_excess(ax, selection, ranks)
    chosen = ax.axvline(best, color=VERMILLION, lw=1, ls="--", zorder=0)
    second = ax.twinx()
    (line,) = second.plot(ranks, selection["stability"].values, "s-", color=ORANGE, ms=4, lw=1)
    second.axhline(float(selection.attrs["min_stability"]), color=ORANGE, lw=0.7, ls=":")
    second.set_ylim(0, 1.05)
    second.set_ylabel("stability: similarity of starts (0 to 1)")
    ax.set_xticks(ranks)
    ax.set_xlabel("rank (components)")
    ax.set_ylabel("excess error of hidden entries")
    bars.set_label("error above the least, ± standard error (thin: folds)")
    line.set_label("stability (dotted: least that counts)")
    chosen.set_label(f"chosen: {best}")
    # Above the axes: the curves fill them from the upper left to the lower right.
    handles, place = [bars, line, chosen], (0.0, 1.0)
    ax.legend(
        handles=handles, loc="lower left", bbox_to_anchor=place, fontsize="small", frameon=False
    )
    return ax


def _draw_excess(ax: Axes, selection: xr.Dataset, ranks: NDArray[np.int64]) -> ErrorbarContainer:
    excess, spread = selection["excess"].values, selection["excess_se"].values
    least = int(np.flatnonzero((excess == 0) & (spread == 0))[0])
    folds = selection["error"].transpose("fold", "rank").values
    for values in folds - folds[:, least, None]:
        ax.plot(ranks, values, color=BLUE, lw=0.5, alpha=0.4)
    ax.axhline(0, color=GREY, lw=0.7)
    return ax.errorbar(ranks, excess, yerr=spread, fmt="o-", color=BLUE, ms=5, capsize=3)
