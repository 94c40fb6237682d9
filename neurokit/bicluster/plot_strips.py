"""Strips of colours beside a matrix: clusters and regions of its rows, states of its bins."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from neurokit.bicluster.groups import groups_of
from neurokit.plot.style import COLOURS, plain

if TYPE_CHECKING:
    from matplotlib.axes import Axes

# Width of a strip and of the gap before it, in widths of the axes.
_WIDTH, _GAP = 0.03, 0.012
# Height of the ribbon of states, and its distance from the axes, inches.
_RIBBON, _BENEATH = 0.16, 0.06
# Pale, so that no colour of a region is taken for one of a cluster.
_MOST_NAMED = 12


def colour_of(k: int) -> str:
    """Colour of a cluster; the same for the same number in all figures."""
    return COLOURS[k % len(COLOURS)]


def state_colour(k: int) -> str:
    """Colour of a state: it begins elsewhere, so that state 0 is not taken for cluster 0."""
    return COLOURS[(k + 4) % len(COLOURS)]


def neuron_order(labels: xr.DataArray, by: str | None) -> NDArray[np.int64]:
    """Places of neurons by cluster, within it by group, within that as given.

    Parameters
    ----------
    labels : DataArray (neuron)
        Clusters.
    by : str, optional
        Coordinate of the groups.

    Returns
    -------
    (N,) ndarray of int64
        A permutation.
    """
    second = np.zeros(labels.size, dtype=np.int64)
    if by is not None:
        second = np.unique(groups_of(labels, by), return_inverse=True)[1]
    return np.lexsort((np.arange(labels.size), second, labels.values))


def trial_starts(values: xr.Dataset) -> NDArray[np.int64]:
    """First bin of every trial.

    Parameters
    ----------
    values : Dataset
        With the coordinate ``trial`` of its bins.

    Returns
    -------
    (n_trials,) ndarray of int64
        From 0.
    """
    trial = values["trial"].values
    return np.flatnonzero(np.concatenate([[True], trial[1:] != trial[:-1]]))


def draw_strip(ax: Axes, groups: NDArray[Any], place: int, title: str) -> None:
    """Draw a strip left of the axes that colours its rows by group.

    Parameters
    ----------
    ax : matplotlib Axes
        With rows from top to bottom.
    groups : (N,) ndarray
        Group of each row; numbers are clusters, text is named in a legend.
    place : int
        0 next to the axes, 1 left of that.
    title : str
        Written above.
    """
    from matplotlib.colors import to_rgb

    left = -(place + 1) * (_WIDTH + _GAP)
    strip = ax.inset_axes((left, 0.0, _WIDTH, 1.0))
    if groups.dtype.kind in "iu":
        colours = [to_rgb(colour_of(int(k))) for k in groups]
    else:
        names = list(dict.fromkeys(sorted(groups.tolist())))
        pale = _shades(len(names))
        colours = [pale[names.index(group)] for group in groups.tolist()]
        _legend(ax, names, pale, title)
    n = len(groups)
    image = np.array(colours)[:, None]
    strip.imshow(image, aspect="auto", interpolation="nearest", extent=(0, 1, n - 0.5, -0.5))
    strip.xaxis.tick_top()
    strip.set_xticks([0.5], [title.replace("_", " ")], rotation=90, fontsize=7)
    strip.tick_params(axis="x", length=0)
    strip.set_yticks([])
    if groups.dtype.kind in "iu":
        _number_clusters(strip, groups)
    strip.spines[:].set_visible(False)


def _shades(n: int) -> list[tuple[float, float, float]]:
    """Colours of regions: as far apart as they can be, and none that clusters have."""
    import matplotlib as mpl

    wheel = mpl.colormaps["Set2"] if n <= 8 else mpl.colormaps["turbo"]
    places = range(n) if n <= 8 else np.linspace(0.05, 0.95, n)
    return [wheel(place)[:3] for place in places]


def _number_clusters(strip: Axes, clusters: NDArray[Any]) -> None:
    edges = np.concatenate([[0], np.flatnonzero(np.diff(clusters)) + 1, [len(clusters)]])
    for low, high in pairwise(edges):
        middle = 0.5 * (low + high - 1)
        strip.text(0.5, middle, str(clusters[low]), ha="center", va="center", color="white",
                   fontsize=7, fontweight="bold")  # fmt: skip


def _legend(
    ax: Axes, names: list[str], colours: list[tuple[float, float, float]], title: str
) -> None:
    from matplotlib.patches import Patch

    named = zip(names[:_MOST_NAMED], colours, strict=False)
    patches = [Patch(color=colour, label=plain(name)) for name, colour in named]
    if len(names) > _MOST_NAMED:
        patches.append(Patch(color="white", label=f"and {len(names) - _MOST_NAMED} more"))
    ax.legend(
        handles=patches, loc="lower left", bbox_to_anchor=(0.0, 1.0), ncols=6, frameon=False,
        fontsize=7, title=title.replace("_", " "), title_fontsize=7, alignment="left",
        handlelength=1.0,
    )  # fmt: skip


def ribbon_beneath(ax: Axes, values: xr.Dataset) -> Axes:
    """Draw the states of all bins as a ribbon beneath axes whose x are bins.

    Parameters
    ----------
    ax : matplotlib Axes
        Bin t from x = t to t + 1.
    values : Dataset
        With the coordinates ``state``, ``trial`` and perhaps ``time`` of its bins.

    Returns
    -------
    matplotlib.axes.Axes
        Of the ribbon, which carries the clock; bins without a state are white.
    """
    from matplotlib.colors import to_rgb
    from matplotlib.patches import Patch

    states = values["state"].values
    n_bins = len(states)
    height = ax.bbox.height / ax.figure.dpi
    ribbon = ax.inset_axes((0.0, -(_RIBBON + _BENEATH) / height, 1.0, _RIBBON / height))
    colours = [to_rgb(state_colour(int(s)) if s >= 0 else "white") for s in states]
    ribbon.imshow(
        np.array(colours)[None],
        aspect="auto",
        interpolation="nearest",
        extent=(0, n_bins, 0, 1),
    )
    ribbon.set_yticks([0.5], ["state"], fontsize=7)
    ribbon.tick_params(axis="y", length=0)
    ribbon.spines[:].set_visible(False)
    ax.set_xlim(0, n_bins)
    ax.tick_params(axis="x", bottom=False, labelbottom=False)
    _clock(ribbon, values)
    held = [int(s) for s in np.unique(states[states >= 0])]
    patches = [Patch(color=state_colour(s), label=str(s)) for s in held]
    ribbon.legend(
        handles=patches, loc="upper right", bbox_to_anchor=(1.0, -1.9), ncols=8, frameon=False,
        fontsize=7, title="state", title_fontsize=7, handlelength=1.0,
    )  # fmt: skip
    return ribbon


def _clock(ribbon: Axes, values: xr.Dataset) -> None:
    """Seconds where there is one clock for all bins, else bins."""
    starts = trial_starts(values)
    if len(starts) > 1 or "time" not in values.coords:
        ribbon.set_xlabel("bin" if len(starts) == 1 else "bin, trial after trial")
        return
    from matplotlib.ticker import MaxNLocator

    time = values["time"].values
    width = float(np.median(np.diff(time))) if time.size > 1 else 1.0
    ticks = MaxNLocator(7).tick_values(time[0], time[-1] + width)
    ticks = ticks[(ticks >= time[0]) & (ticks <= time[-1] + width)]
    ribbon.set_xticks((ticks - time[0]) / width, [f"{tick:g}" for tick in ticks])
    ribbon.set_xlabel("time (s)")
