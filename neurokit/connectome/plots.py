"""Figures of a factorization: which pairs (matrix), when (time course), in whom (loadings)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from neurokit.connectome.factors import modes_of, motif_matrices, neuron_strength
from neurokit.errors import OptionError, SchemaError
from neurokit.plot.style import COLOURS, GREY, axes_or_new, name_ticks, plain, tidy
from neurokit.schema.time import runs

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_BACKDROP = "#e6e6e6"
# More bars than this are drawn as a line.
_MOST_BARS = 40
# More letters than this do not fit side by side under a small panel.
_MOST_LETTERS = 18
# More kinds of events than this would leave no colours to tell apart.
_MOST_KINDS = 6


def plot_motif(
    factors: xr.Dataset, component: int = 0, *, n_shown: int | None = 40, ax: Axes | None = None
) -> Axes:
    """Draw one component's matrix of pairs, neurons sorted by their mean loading.

    Parameters
    ----------
    factors : Dataset
        As in ``NonNegativeCP.factors_``, of a tensor of pairs.
    component : int, default 0
        Which one.
    n_shown : int, optional
        Most neurons drawn, the strongest first; None draws all.
    ax : matplotlib Axes, optional
        Where to draw; default new axes.

    Returns
    -------
    matplotlib.axes.Axes
        Loadings relative to the largest; grey is never recorded together.

    Raises
    ------
    OptionError
        If there is no such component.
    SchemaError
        If the tensor had no pairs with names.

    Examples
    --------
    >>> import neurokit as nk
    >>> worms = nk.simulate.worms(2, 6, 1, duration=120.0, random_state=0)
    >>> pairs = nk.connectome.affinity(nk.stack(worms.recordings), bin_s=8.0)
    >>> fit = nk.connectome.NonNegativeCP(1, n_restarts=1, random_state=0).fit(pairs)
    >>> len(plot_motif(fit.factors_).images)
    1
    """
    one = _component(factors, component)
    matrix = motif_matrices(one).isel(component=0)
    strength = neuron_strength(one).isel(component=0).values
    order = np.argsort(-np.nan_to_num(strength, nan=-1.0), kind="stable")[:n_shown]
    values, _ = _relative(matrix.values)
    space = str(matrix.dims[0])
    names = matrix[space].values[order]
    ax = axes_or_new(ax, (6.0, 5.2))
    colours = _white_to_black()
    image = ax.imshow(values[np.ix_(order, order)], cmap=colours, vmin=0, vmax=1)
    image.set_interpolation("nearest")
    for axis in (ax.xaxis, ax.yaxis):
        name_ticks(axis, list(names), at_most=40)
    ax.tick_params(axis="both", labelsize=7, length=2)
    ax.tick_params(axis="x", rotation=90)
    shown = f"{space}, strongest {len(order)} of {len(strength)}"
    ax.set(xlabel="partner", ylabel=shown if len(order) < len(strength) else space)
    ax.figure.colorbar(image, ax=ax, label="pair loading (share of largest)", pad=0.02)
    return ax


def plot_time_course(
    factors: xr.Dataset,
    component: int | None = None,
    *,
    events: xr.Dataset | None = None,
    ax: Axes | None = None,
) -> Axes:
    """Draw when a component is active, or all of them above each other.

    Parameters
    ----------
    factors : Dataset
        As in ``NonNegativeCP.factors_``, of a tensor with a time mode.
    component : int, optional
        Which one; None draws all, the first on top.
    events : Dataset, optional
        A recording's ``/events``: kinds with a duration are shaded, six at most.
    ax : matplotlib Axes, optional
        Where to draw; default new axes.

    Returns
    -------
    matplotlib.axes.Axes
        Each relative to its largest value; lines break where the record does.

    Raises
    ------
    OptionError
        If there is no such component.
    SchemaError
        If the tensor had no time.

    Examples
    --------
    >>> import neurokit as nk
    >>> worms = nk.simulate.worms(2, 6, 1, duration=120.0, random_state=0)
    >>> pairs = nk.connectome.affinity(nk.stack(worms.recordings), bin_s=8.0)
    >>> fit = nk.connectome.NonNegativeCP(1, n_restarts=1, random_state=0).fit(pairs)
    >>> plot_time_course(fit.factors_).get_xlabel()
    'time (s)'
    """
    chosen = factors if component is None else _component(factors, component)
    if "time_course" not in chosen:
        raise SchemaError("there is no time course", where="factors", mend="Fit one with time.")
    course = chosen["time_course"].transpose("component", "time")
    n = course.sizes["component"]
    ax = axes_or_new(ax, (9.0, 1.5 + 0.7 * n))
    if events is not None:
        _shade(ax, events)
    seconds = _seconds(course)
    for row, number in enumerate(course["component"].values):
        values, _ = _relative(course.values[row])
        for stretch in runs(course):
            ax.plot(
                seconds[stretch],
                values[stretch] + 1.15 * (n - 1 - row),
                lw=1,
                color=COLOURS[int(number) % len(COLOURS)],
            )
    ax.set(xlabel="time (s)", xlim=(seconds[0], seconds[-1]), ylim=(-0.05, 1.15 * n))
    if component is None:
        middles = [0.5 + 1.15 * (n - 1 - row) for row in range(n)]
        ax.set_yticks(middles, [f"motif {number}" for number in course["component"].values])
        ax.set_ylabel("time course (share of largest)")
    else:
        ax.set_ylabel("time course\n(share of largest)")
    return tidy(ax)


def plot_recording_loading(
    factors: xr.Dataset, component: int | None = None, *, ax: Axes | None = None
) -> Axes:
    """Draw how strongly each recording takes part in a component, or in all of them.

    Parameters
    ----------
    factors : Dataset
        As in ``NonNegativeCP.factors_``, of a tensor with a recording mode.
    component : int, optional
        Which one; None draws all side by side.
    ax : matplotlib Axes, optional
        Where to draw; default new axes.

    Returns
    -------
    matplotlib.axes.Axes
        Relative to each component's mean over recordings.

    Raises
    ------
    OptionError
        If there is no such component.
    SchemaError
        If the tensor had no recordings.

    Examples
    --------
    >>> import neurokit as nk
    >>> worms = nk.simulate.worms(2, 6, 1, duration=120.0, random_state=0)
    >>> pairs = nk.connectome.affinity(nk.stack(worms.recordings), bin_s=8.0)
    >>> fit = nk.connectome.NonNegativeCP(1, n_restarts=1, random_state=0).fit(pairs)
    >>> len(plot_recording_loading(fit.factors_, 0).patches)
    2
    """
    chosen = factors if component is None else _component(factors, component)
    if "recording_loading" not in chosen:
        raise SchemaError(
            "there are no recordings", where="factors", mend="Fit a stack of recordings."
        )
    loading = chosen["recording_loading"].transpose("component", "recording")
    n = loading.sizes["component"]
    ax = axes_or_new(ax, (max(3.0, 0.35 * loading.size), 3.0))
    place = np.arange(loading.sizes["recording"])
    for row, number in enumerate(loading["component"].values):
        level = np.nanmean(loading.values[row]) or 1.0
        offset = 0.8 * ((row + 0.5) / n - 0.5)
        colour = COLOURS[int(number) % len(COLOURS)]
        bars = loading.values[row] / level
        ax.bar(place + offset, bars, 0.7 / n, color=colour, label=f"motif {number}")
    ax.axhline(1.0, color=GREY, lw=0.8, ls=":")
    name_ticks(ax.xaxis, list(loading["recording"].values), at_most=30)
    long = sum(len(str(name)) for name in loading["recording"].values) > _MOST_LETTERS
    ax.tick_params(axis="x", rotation=90 if long else 0)
    ax.set(xlabel="recording", ylabel="loading (share of mean)")
    if n > 1:
        _legend_above(ax)
    return tidy(ax)


def plot_components(factors: xr.Dataset, *, figure: Figure | None = None) -> NDArray[Any]:
    """Draw every component, one row each, one column per mode.

    Parameters
    ----------
    factors : Dataset
        As in ``NonNegativeCP.factors_``.
    figure : matplotlib Figure, optional
        Where to draw; default a new one.

    Returns
    -------
    (component, mode) ndarray of matplotlib.axes.Axes
        Pairs as matrices, time as lines, everything else as bars.

    Examples
    --------
    >>> import neurokit as nk
    >>> worms = nk.simulate.worms(2, 6, 1, duration=120.0, random_state=0)
    >>> pairs = nk.connectome.affinity(nk.stack(worms.recordings), bin_s=8.0)
    >>> fit = nk.connectome.NonNegativeCP(1, n_restarts=1, random_state=0).fit(pairs)
    >>> plot_components(fit.factors_).shape  # (component, mode)
    (1, 3)
    """
    modes = list(modes_of(factors))
    n = factors.sizes["component"]
    widths = [2.2 if mode == "time" else 1.4 if mode == "pair" else 1.0 for mode in modes]
    if figure is None:
        import matplotlib.pyplot as plt

        figure = plt.figure(figsize=(2.6 * sum(widths), 3.6 * n), layout="constrained")
    axes = figure.subplots(n, len(modes), squeeze=False, width_ratios=widths)
    for row, number in enumerate(factors["component"].values):
        for column, mode in enumerate(modes):
            _plot_mode(factors, int(number), mode, axes[row, column])
        weight = float(factors["weight"].values[row])
        axes[row, 0].set_title(f"motif {number}, weight {weight:.3g}", fontsize=9, loc="left")
    return np.asarray(axes)


def _plot_mode(factors: xr.Dataset, component: int, mode: str, ax: Axes) -> None:
    if mode == "pair" and "partner" in factors.coords:
        plot_motif(factors, component, n_shown=30, ax=ax)
    elif mode == "time":
        plot_time_course(factors, component, ax=ax)
    elif mode == "recording":
        plot_recording_loading(factors, component, ax=ax)
    else:
        values = modes_of(_component(factors, component))[mode].values[0]
        place = np.arange(values.size)
        if values.size > _MOST_BARS:
            ax.plot(place, values, color=COLOURS[component % len(COLOURS)], lw=1)
        else:
            ax.bar(place, values, color=COLOURS[component % len(COLOURS)])
        if mode in factors.coords:
            name_ticks(ax.xaxis, list(factors[mode].values), at_most=20)
        ax.set(xlabel=mode.replace("_", " "), ylabel="loading (no unit)")
        tidy(ax)


def _component(factors: xr.Dataset, component: int) -> xr.Dataset:
    held = factors["component"].values.tolist()
    if component not in held:
        raise OptionError(
            f"there is no component {component!r}", where="component", mend=f"Use one of {held}."
        )
    return factors.sel(component=[component])


def _relative(values: NDArray[Any]) -> tuple[NDArray[Any], float]:
    """Return values divided by their largest, and that; zeros stay zeros."""
    largest = float(np.nanmax(values)) if np.isfinite(values).any() else 0.0
    return values / (largest or 1.0), largest


def _white_to_black() -> Any:
    import matplotlib as mpl

    return mpl.colormaps["magma_r"].with_extremes(bad=_BACKDROP)


def _seconds(course: xr.DataArray) -> NDArray[Any]:
    if "time" in course.coords:
        return np.asarray(course["time"].values, dtype=np.float64)
    return np.arange(course.sizes["time"], dtype=np.float64)


def _shade(ax: Axes, events: xr.Dataset) -> None:
    lasting = events.isel(event=np.nan_to_num(events["duration"].values) > 0)
    kinds = sorted(set(lasting["trial_type"].values.tolist()))
    if not kinds or len(kinds) > _MOST_KINDS:
        return
    from matplotlib import colormaps

    # Not the colours of the motifs, which have nothing to do with kinds of events.
    colours = [colormaps["Pastel1"](k) for k in range(len(kinds))]
    for k, kind in enumerate(kinds):
        of_kind = lasting.isel(event=lasting["trial_type"].values == kind)
        bars = np.stack([of_kind["onset"].values, of_kind["duration"].values], axis=1)
        ax.broken_barh(
            bars.tolist(),
            (0.0, 1.0),
            transform=ax.get_xaxis_transform(),
            color=colours[k],
            alpha=0.6,
            lw=0,
            label=plain(kind),
        )
    _legend_above(ax)


def _legend_above(ax: Axes) -> None:
    # Above the axes it covers no data.
    ax.legend(loc="lower left", bbox_to_anchor=(0, 1), ncols=6, frameon=False, fontsize=7)
