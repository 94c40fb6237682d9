"""Figures of spike GLMs: filters over lags, weights, coupling."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from neurokit.errors import OptionError
from neurokit.plot.style import BLUE, COLOURS, GREY, axes_or_new, name_ticks, plain, tidy

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from neurokit.encoding.spike_glm import SpikeGLM

_MOST_PARTNERS = 6


def plot_spike_glm(model: SpikeGLM, neuron: Any = None, *, ax: Axes | None = None) -> Axes:
    """Draw a neuron's filters as gains over lags; without filters its weights.

    Parameters
    ----------
    model : SpikeGLM
        Fitted.
    neuron : label, optional
        Which one; default the first.
    ax : matplotlib Axes, optional
        Where to draw; default new axes.

    Returns
    -------
    matplotlib.axes.Axes
        Gain exp(filter): by what factor a spike changes the rate after each lag.

    Raises
    ------
    OptionError
        If there is no such neuron.

    Examples
    --------
    >>> from neurokit.encoding import SpikeGLM
    >>> counts = np.random.default_rng(0).poisson(0.2, size=(500, 2))
    >>> plot_spike_glm(SpikeGLM(history=5).fit(None, counts), neuron=0).get_ylabel()
    'gain exp(filter) (no unit)'
    """
    index = _index(model, neuron)
    ax = axes_or_new(ax, (6.0, 3.4))
    name = plain(_name(model, index))
    if hasattr(model, "coupling_filter_"):
        _draw_coupling(model, index, ax)
    elif hasattr(model, "history_filter_"):
        filters = model.history_filter_
        ax.plot(filters["lag"], np.exp(filters.values[:, index]), color=BLUE)
        _gain_axes(ax, filters["lag"].attrs.get("units", "s"))
    else:
        weights = model.coef_.values[:, index]
        ax.bar(np.arange(weights.size), weights, color=BLUE)
        if "feature" in model.coef_.coords:
            name_ticks(ax.xaxis, list(model.coef_["feature"].values), at_most=20)
        ax.axhline(0.0, color=GREY, lw=0.8)
        ax.set(xlabel="feature", ylabel="weight (log rate per unit)")
    ax.set_title(f"neuron {name}", fontsize=10, loc="left")
    return tidy(ax)


def _index(model: SpikeGLM, neuron: Any) -> int:
    if neuron is None:
        return 0
    dim = model.intercept_.dims[0]
    held = (
        model.intercept_[dim].values.tolist()
        if dim in model.intercept_.coords
        else list(range(model.intercept_.size))
    )
    if neuron not in held:
        raise OptionError(
            f"there is no neuron {neuron!r}", where="neuron", mend=f"Use one of {held[:10]}."
        )
    return held.index(neuron)


def _name(model: SpikeGLM, index: int) -> object:
    dim = model.intercept_.dims[0]
    return model.intercept_[dim].values[index] if dim in model.intercept_.coords else index


def _draw_coupling(model: SpikeGLM, index: int, ax: Axes) -> None:
    filters = model.coupling_filter_.isel(post=index)
    size = np.sqrt((filters.values**2).sum(axis=0))
    size[index] = np.inf
    for rank, pre in enumerate(np.argsort(-size)[:_MOST_PARTNERS]):
        own = pre == index
        label = "own history" if own else f"from {plain(_name(model, int(pre)))}"
        colour = COLOURS[-1] if own else COLOURS[(rank - 1) % (len(COLOURS) - 1)]
        ax.plot(filters["lag"], np.exp(filters.values[:, pre]), color=colour, label=label)
    _gain_axes(ax, filters["lag"].attrs.get("units", "s"))
    ax.legend(frameon=False, fontsize=7)


def _gain_axes(ax: Axes, units: str) -> None:
    ax.axhline(1.0, color=GREY, lw=0.8, ls=":")
    ax.set(
        xlabel="lag (s)" if units == "s" else "lag (bins)",
        ylabel="gain exp(filter) (no unit)",
        ylim=(0, None),
    )
