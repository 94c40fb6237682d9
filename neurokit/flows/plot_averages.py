"""Trial averages: what was counted in each condition, and what a model makes of it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import xarray as xr

from neurokit.errors import OptionError
from neurokit.flows.metrics import trial_averages
from neurokit.plot.style import BLACK, COLOURS, axes_or_new, tidy

if TYPE_CHECKING:
    from matplotlib.axes import Axes


def plot_psth(
    rates: Any,
    counts: Any,
    condition: Sequence[Any],
    *,
    bin_s: float,
    neuron: int = 0,
    sd_s: float = 0.07,
    ax: Axes | None = None,
) -> Axes:
    """Draw one neuron's trial averages per condition: counted (smoothed) and predicted.

    Parameters
    ----------
    rates, counts : (trial, time, neuron) array or DataArray
        Expected counts per bin, and spikes per bin of the same trials.
    condition : (trial,) sequence
        Which trials are averaged.
    bin_s : float
        Width of a bin, s.
    neuron : int, default 0
        Place of the neuron.
    sd_s : float, default .07
        Standard deviation of the kernel that smooths what was counted, s.
    ax : matplotlib Axes, optional
        Where to draw; default new axes.

    Returns
    -------
    matplotlib.axes.Axes
        One colour per condition, dashed where counted; in spikes per second.

    Raises
    ------
    OptionError
        If there is no such neuron.
    SchemaError
        If shapes do not fit.

    Examples
    --------
    >>> rates = 1 + np.sin(np.arange(40) / 4)[None, :, None] * np.ones((4, 1, 2))
    >>> ax = plot_psth(rates, rates, ["left", "left", "right", "right"], bin_s=0.02)
    >>> ax.get_ylabel()
    'rate (1/s)'
    """
    conditions, empirical, predicted = trial_averages(
        rates, counts, condition, bin_s=bin_s, sd_s=sd_s
    )
    if not 0 <= neuron < empirical.shape[2]:
        raise OptionError(
            f"is {neuron}", where="neuron", mend=f"There are {empirical.shape[2]}, from 0."
        )
    ax = axes_or_new(ax, (5.4, 3.6))
    clock = np.arange(empirical.shape[1]) * bin_s
    if isinstance(counts, xr.DataArray) and "time" in counts.coords:
        clock = counts["time"].values
    for k, label in enumerate(conditions):
        colour = COLOURS[k % len(COLOURS)]
        ax.plot(clock, empirical[k, :, neuron] / bin_s, color=colour, lw=1.0, ls="--")
        ax.plot(clock, predicted[k, :, neuron] / bin_s, color=colour, lw=1.5, label=str(label))
    ax.plot([], [], color=BLACK, lw=1.0, ls="--", label="counted, smoothed")
    ax.set(xlabel="time (s)", ylabel="rate (1/s)", ylim=(0, None))
    ax.legend(frameon=False, fontsize=8, title="condition", title_fontsize=8)
    return tidy(ax)
