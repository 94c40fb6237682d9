"""Figures of a fitted `DynamicConnectome`: motifs by community, community graphs, the overview."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from neurokit.connectome.factors import neuron_strength
from neurokit.connectome.plots import plot_recording_loading
from neurokit.errors import OptionError
from neurokit.plot.style import COLOURS, GREY, VERMILLION, axes_or_new, name_ticks, plain, tidy

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from neurokit.connectome.dynamic import DynamicConnectome

_BACKDROP = "#e6e6e6"
# Share of the strongest edges that a graph shows; all of them would be a grey disc.
_EDGES_SHOWN = 0.15


def check_component(model: DynamicConnectome, component: int) -> int:
    """Return a component's position.

    Parameters
    ----------
    model : DynamicConnectome
        Fitted.
    component : int
        Its number.

    Returns
    -------
    int
        Position along ``component``.

    Raises
    ------
    OptionError
        If there is none of that number.
    """
    model._check_fitted()
    held = model.weight_["component"].values.tolist()
    if component not in held:
        raise OptionError(
            f"there is no component {component!r}", where="component", mend=f"Use one of {held}."
        )
    return int(held.index(component))


def neuron_order(
    model: DynamicConnectome, component: int, n_shown: int | None = 40
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Order the neurons of a motif by community and, within it, by strength.

    Parameters
    ----------
    model : DynamicConnectome
        Fitted.
    component : int
        Which motif.
    n_shown : int, optional
        Most neurons, the strongest; None for all.

    Returns
    -------
    order : (n,) ndarray of int
        Positions along the neurons.
    labels : (n,) ndarray of int
        Their communities; -1 for neurons that take no part, which come last.

    Raises
    ------
    OptionError
        If there is no such component.
    """
    row = check_component(model, component)
    matrix = model.motifs_.values[row]
    strength = np.nan_to_num(neuron_strength(model.factors_).values[row], nan=-1.0)
    labels = np.zeros(len(matrix), dtype=np.int64)
    if hasattr(model, "communities_"):
        labels = np.asarray(model.communities_.values[row])
    chosen = np.argsort(-strength, kind="stable")[:n_shown]
    last = np.where(labels[chosen] < 0, np.iinfo(np.int64).max, labels[chosen])
    order = chosen[np.lexsort((-strength[chosen], last))]
    return order, labels[order]


def plot_motif_matrix(
    model: DynamicConnectome,
    component: int = 0,
    *,
    n_shown: int | None = 40,
    ax: Axes | None = None,
) -> Axes:
    """Draw a motif's pairs, neurons ordered by community.

    Parameters
    ----------
    model : DynamicConnectome
        Fitted.
    component : int, default 0
        Which motif.
    n_shown : int, optional
        Most neurons drawn, the strongest; None draws all.
    ax : matplotlib Axes, optional
        Where to draw; default new axes.

    Returns
    -------
    matplotlib.axes.Axes
        Loadings relative to the largest; communities are outlined, grey was never recorded.

    Raises
    ------
    OptionError
        If there is no such component.

    Examples
    --------
    >>> import neurokit as nk
    >>> worms = nk.simulate.worms(2, 10, 1, duration=160.0, random_state=0)
    >>> options = {"bin_s": 8.0, "n_restarts": 1, "communities": None, "n_permutations": 0}
    >>> fit = nk.connectome.DynamicConnectome(1, **options, random_state=0).fit(worms.recordings)
    >>> len(plot_motif_matrix(fit).images)
    1
    """
    order, labels = neuron_order(model, component, n_shown)
    matrix = model.motifs_.values[check_component(model, component)]
    shown = matrix[np.ix_(order, order)]
    largest = float(np.nanmax(matrix)) if np.isfinite(matrix).any() else 0.0
    ax = axes_or_new(ax, (6.0, 5.2))
    names = model.motifs_[model.motifs_.dims[1]].values[order]
    image = draw_matrix(ax, shown / (largest or 1.0), names, labels)
    ax.figure.colorbar(image, ax=ax, label="pair loading (share of largest)", pad=0.02)
    return ax


def draw_matrix(
    ax: Axes,
    values: NDArray[Any],
    names: NDArray[Any],
    labels: NDArray[np.int64],
    *,
    colours: str = "magma_r",
    largest: float = 1.0,
) -> Any:
    """Draw a square matrix with names on both sides and its communities outlined.

    Parameters
    ----------
    ax : matplotlib Axes
        Where to draw.
    values : (n, n) ndarray
        NaN is drawn grey.
    names : (n,) ndarray of str
        Labels.
    labels : (n,) ndarray of int
        Communities, sorted; -1 for none.
    colours : str
        Name of a colour map.
    largest : float
        Value of its end.

    Returns
    -------
    matplotlib.image.AxesImage
        For a colour bar.
    """
    import matplotlib as mpl
    from matplotlib.patches import Rectangle

    scale = mpl.colormaps[colours].with_extremes(bad=_BACKDROP)
    image = ax.imshow(values, cmap=scale, vmin=0, vmax=largest, interpolation="nearest")
    for axis in (ax.xaxis, ax.yaxis):
        name_ticks(axis, list(names), at_most=60)
    size = 7 if len(names) <= 45 else 5
    ax.tick_params(axis="both", labelsize=size, length=2)
    ax.tick_params(axis="x", rotation=90)
    for k in np.unique(labels[labels >= 0]):
        place = np.flatnonzero(labels == k)
        corner, width = place[0] - 0.5, len(place)
        colour = COLOURS[int(k) % len(COLOURS)]
        box = Rectangle(
            (corner, corner), width, width, fill=False, ec=colour, lw=1.8, clip_on=False
        )
        ax.add_patch(box)
    ax.set(xlabel="partner", ylabel="neuron")
    return image


def plot_community_graph(
    model: DynamicConnectome, component: int = 0, *, ax: Axes | None = None
) -> Axes:
    """Draw the neurons that make up a motif on a circle, by community, with its strongest pairs.

    Parameters
    ----------
    model : DynamicConnectome
        Fitted.
    component : int, default 0
        Which motif.
    ax : matplotlib Axes, optional
        Where to draw; default new axes.

    Returns
    -------
    matplotlib.axes.Axes
        Dots grow with a neuron's strength, lines darken with the pair's loading; the weakest
        pairs are left out.

    Raises
    ------
    OptionError
        If there is no such component.

    Examples
    --------
    >>> import neurokit as nk
    >>> worms = nk.simulate.worms(2, 10, 1, duration=160.0, random_state=0)
    >>> options = {"bin_s": 8.0, "n_restarts": 1, "communities": None, "n_permutations": 0}
    >>> fit = nk.connectome.DynamicConnectome(1, **options, random_state=0).fit(worms.recordings)
    >>> len(plot_community_graph(fit).texts) > 0
    True
    """
    order, labels = neuron_order(model, component, None)
    if (labels >= 0).any():
        order, labels = order[labels >= 0], labels[labels >= 0]
    matrix = np.nan_to_num(model.motifs_.values[check_component(model, component)])
    matrix = matrix[np.ix_(order, order)]
    names = model.motifs_[model.motifs_.dims[1]].values[order]
    angle = _angles(labels)
    place = np.stack([np.cos(angle), np.sin(angle)], axis=1)
    ax = axes_or_new(ax, (5.6, 5.6))
    first, second = np.triu_indices(len(order), 1)
    weight = matrix[first, second] / (matrix.max() or 1.0)
    n_shown = min(max(int(np.ceil(_EDGES_SHOWN * len(weight))), 3 * len(order)), len(weight))
    for k in np.argsort(weight, kind="stable")[len(weight) - n_shown :]:
        ends = place[[first[k], second[k]]]
        inside = labels[first[k]] == labels[second[k]]
        colour = COLOURS[int(labels[first[k]]) % len(COLOURS)] if inside else GREY
        ax.plot(*ends.T, color=colour, alpha=float(0.1 + 0.8 * weight[k]), lw=1.2, zorder=1)
    strength = matrix.sum(axis=1) / (matrix.sum(axis=1).max() or 1.0)
    colours = [COLOURS[int(k) % len(COLOURS)] for k in labels]
    ax.scatter(
        place[:, 0], place[:, 1], s=20 + 140 * strength, c=colours, zorder=2, ec="white", lw=0.6
    )
    for name, (x, y), a in zip(names, place, angle, strict=True):
        turned = np.degrees(a)
        left = np.cos(a) < 0
        ax.text(
            1.12 * x,
            1.12 * y,
            plain(name),
            rotation=turned + 180 if left else turned,
            rotation_mode="anchor",
            ha="right" if left else "left",
            va="center",
            fontsize=7,
        )
    ax.set(xlim=(-1.45, 1.45), ylim=(-1.45, 1.45), aspect="equal")
    ax.set_axis_off()
    return ax


def _angles(labels: NDArray[np.int64]) -> NDArray[np.float64]:
    """Places on a circle, with a gap of one and a half places between communities."""
    step = 1.0 + 1.5 * (np.diff(labels, prepend=labels[:1]) != 0)
    place = np.cumsum(step) - step[0]
    return np.asarray(np.pi / 2 - 2 * np.pi * place / (place[-1] + 2.5))


def plot_null(model: DynamicConnectome, *, ax: Axes | None = None) -> Axes:
    """Draw the statistic of every motif against the best motifs of the shifted recordings.

    Parameters
    ----------
    model : DynamicConnectome
        Fitted with permutations.
    ax : matplotlib Axes, optional
        Where to draw; default new axes.

    Returns
    -------
    matplotlib.axes.Axes
        A dot per motif, filled where q < 0.05; grey: middle 90 % of the null, and its median.

    Raises
    ------
    OptionError
        If there were no permutations.

    Examples
    --------
    >>> import neurokit as nk
    >>> worms = nk.simulate.worms(2, 8, 1, duration=120.0, random_state=0)
    >>> options = {"bin_s": 8.0, "n_restarts": 1, "communities": None, "n_permutations": 4}
    >>> fit = nk.connectome.DynamicConnectome(1, **options, random_state=0).fit(worms.recordings)
    >>> len(plot_null(fit).get_xticks())  # one per motif
    1
    """
    if not hasattr(model, "null_"):
        raise OptionError(
            "there is no null", where="model", mend="Fit with n_permutations above 0."
        )
    best = model.null_["null"].max("component").values
    low, middle, high = np.quantile(best, [0.05, 0.5, 0.95])
    statistic, q = model.null_["statistic"].values, model.q_value_.values
    ax = axes_or_new(ax, (1.5 + 0.5 * len(statistic), 3.0))
    ax.axhspan(low, high, color=_BACKDROP, label="shifted, middle 90 %")
    ax.axhline(middle, color=GREY, lw=1)
    for k, (value, level) in enumerate(zip(statistic, q, strict=True)):
        filled = COLOURS[k % len(COLOURS)] if level < 0.05 else "white"
        ax.plot(k, value, "o", mfc=filled, mec=COLOURS[k % len(COLOURS)], ms=8)
        ax.annotate(
            f"{model.p_value_.values[k]:.2g}",
            (k, value),
            (0, 7),
            textcoords="offset points",
            ha="center",
            fontsize=7,
        )
    ax.set_xticks(range(len(statistic)), [str(k) for k in model.weight_["component"].values])
    synchronous = model.null_.attrs["shifted"] == "recording"
    ax.set(
        xlabel="motif",
        ylabel="synchrony (r)" if synchronous else "explained alone (share)",
        xlim=(-0.6, len(statistic) - 0.4),
        ylim=(min(0.0, float(min(low, statistic.min()))), 1.15 * float(max(high, statistic.max()))),
    )
    ax.legend(loc="lower left", bbox_to_anchor=(0, 1), frameon=False, fontsize=7)
    return tidy(ax)


def plot_overview(model: DynamicConnectome, *, figure: Figure | None = None) -> NDArray[Any]:
    """Draw every motif, one row each: pairs by community, time course, recordings if several.

    Parameters
    ----------
    model : DynamicConnectome
        Fitted.
    figure : matplotlib Figure, optional
        Where to draw; default a new one.

    Returns
    -------
    (component, 3) ndarray of matplotlib.axes.Axes
        (component, 2) where there is one recording. The title says the p-value where there is one,
        in vermillion where q is .05 or more.

    Examples
    --------
    >>> import neurokit as nk
    >>> worms = nk.simulate.worms(2, 10, 1, duration=160.0, random_state=0)
    >>> options = {"bin_s": 8.0, "n_restarts": 1, "communities": None, "n_permutations": 0}
    >>> fit = nk.connectome.DynamicConnectome(1, **options, random_state=0).fit(worms.recordings)
    >>> plot_overview(fit).shape  # a row per motif
    (1, 3)
    """
    from neurokit.connectome.atlas_plots import plot_course

    n = model.weight_.sizes["component"]
    several = model.recording_loading_.sizes["recording"] > 1
    widths = [1.4, 2.0, 0.9] if several else [1.4, 2.9]
    if figure is None:
        import matplotlib.pyplot as plt

        figure = plt.figure(figsize=(13.0, 3.9 * n), layout="constrained")
    axes = figure.subplots(n, len(widths), squeeze=False, width_ratios=widths)
    for row, number in enumerate(model.weight_["component"].values):
        matrix = plot_motif_matrix(model, int(number), n_shown=30, ax=axes[row, 0])
        # Columns are in the order of rows: their names once more take room and seconds.
        matrix.set_xticks([])
        matrix.set_xlabel("partner, in the same order")
        plot_course(model, int(number), ax=axes[row, 1])
        if several:
            factors = xr.Dataset({"recording_loading": model.recording_loading_})
            plot_recording_loading(factors, int(number), ax=axes[row, 2])
        axes[row, 0].set_title(
            title_of(model, row), fontsize=9, loc="left", color=_colour(model, row)
        )
    return np.asarray(axes)


def title_of(model: DynamicConnectome, row: int) -> str:
    """Say a motif's number, weight and p-value.

    Parameters
    ----------
    model : DynamicConnectome
        Fitted.
    row : int
        Position along ``component``.

    Returns
    -------
    str
        One line.
    """
    number = int(model.weight_["component"].values[row])
    text = f"motif {number}, weight {float(model.weight_.values[row]):.3g}"
    p = float(model.p_value_.values[row])
    return text if np.isnan(p) else f"{text}, p = {p:.2g}"


def _colour(model: DynamicConnectome, row: int) -> str:
    chance = float(np.nan_to_num(model.q_value_.values[row])) >= 0.05
    return VERMILLION if chance else "black"
