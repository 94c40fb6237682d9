"""Figures of topology: Betti curves."""

from __future__ import annotations

from typing import TYPE_CHECKING

import xarray as xr

from neurokit.errors import SchemaError
from neurokit.plot.style import COLOURS, axes_or_new, tidy

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_NAMES = ("components", "loops", "cavities")


def plot_betti(curves: xr.DataArray, *, ax: Axes | None = None) -> Axes:
    """Draw how many components, loops and cavities live at each distance.

    Parameters
    ----------
    curves : DataArray
        (..., degree, threshold), of `betti_curves`. Further dims (subjects) are averaged; the
        band is from the smallest to the largest.
    ax : matplotlib Axes, optional
        Where to draw; default new axes.

    Returns
    -------
    matplotlib.axes.Axes
        The count is linear up to 4 and logarithmic above, because there are as many components
        as conditions at first and a few loops later.

    Raises
    ------
    SchemaError
        If the dims are others.

    Examples
    --------
    >>> from neurokit.rsa import betti_curves, persistence
    >>> plot_betti(betti_curves(persistence([1.0, 5.0, 5.0], max_degree=0))).get_ylabel()
    'alive'
    """
    dims = getattr(curves, "dims", ())
    if not {"degree", "threshold"} <= set(dims):
        raise SchemaError(
            f"dims are {dims}", where="curves", mend="Give what nk.rsa.betti_curves gives."
        )
    from matplotlib.ticker import FixedLocator, NullLocator, ScalarFormatter

    rows = curves.transpose(..., "degree", "threshold")
    at, degrees = rows["threshold"].values, rows["degree"].values
    values = rows.values.reshape(-1, len(degrees), len(at))
    ax = axes_or_new(ax, (6.0, 3.6))
    for k, degree in enumerate(degrees.tolist()):
        colour = COLOURS[degree % len(COLOURS)]
        name = _NAMES[degree] if degree < len(_NAMES) else f"degree {degree}"
        ax.step(at, values[:, k].mean(axis=0), where="post", color=colour, label=name)
        if len(values) > 1:
            low, high = values[:, k].min(axis=0), values[:, k].max(axis=0)
            ax.fill_between(at, low, high, step="post", color=colour, alpha=0.2, lw=0)
    ax.set_yscale("symlog", linthresh=4)
    most = int(values.max(initial=1))
    powers = [n for n in (0, 1, 2, 3, 4, 10, 30, 100, 300, 1000, 3000) if n <= max(most, 1)]
    ax.yaxis.set_major_locator(FixedLocator(powers))
    ax.yaxis.set_minor_locator(NullLocator())
    ax.yaxis.set_major_formatter(ScalarFormatter())
    ax.set_ylim(-0.1, 1.15 * max(most, 1))
    units = str(rows["threshold"].attrs.get("units", "1"))
    ax.set(xlabel="distance" if units == "1" else f"distance ({units})", ylabel="alive")
    ax.legend(frameon=False, fontsize=8)
    return tidy(ax)
