"""Spike trains as rows of ticks."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import xarray as xr

from neurokit.errors import OptionError, SchemaError
from neurokit.plot.style import BLACK, axes_or_new, name_ticks, no_data, tidy

if TYPE_CHECKING:
    from matplotlib.axes import Axes


def raster(
    x: xr.DataTree | xr.Dataset,
    *,
    start: float | None = None,
    stop: float | None = None,
    n_max: int = 60,
    trial: int = 0,
    ax: Axes | None = None,
) -> Axes:
    """Draw each spike as a tick, one row per neuron; of spikes in trials, those of one trial.

    Parameters
    ----------
    x : recording or Dataset
        A recording with ``/spikes``, or that group. Only the trains drawn are read.
    start, stop : float, optional
        Seconds; default from the first spike to the last.
    n_max : int, default 60
        Most neurons, evenly chosen.
    trial : int, default 0
        Which trial, where times start anew in each; else not used.
    ax : matplotlib Axes, optional
        Where to draw; default new axes.

    Returns
    -------
    matplotlib.axes.Axes
        One collection of ticks per neuron.

    Raises
    ------
    SchemaError
        If there are no spikes.
    OptionError
        If `trial` is no whole number of at least 0.

    Examples
    --------
    >>> from neurokit.simulate import recording
    >>> raster(recording("spikes", random_state=0), stop=5).get_xlabel()
    'time (s)'
    """
    group = _group(x)
    ends = np.asarray(group["spike_end"].values, dtype=np.int64)
    begins = np.append(0, ends[:-1])
    chosen = np.arange(0, ends.size, -(-ends.size // n_max) if ends.size else 1)
    low, high = -np.inf if start is None else start, np.inf if stop is None else stop
    in_trials = "spike_trial" in group
    if isinstance(trial, bool) or not isinstance(trial, int | np.integer) or trial < 0:
        raise OptionError(f"is {trial!r}", where="trial", mend="Give 0 or the number of a trial.")
    trains = []
    for i in chosen:
        own = slice(int(begins[i]), int(ends[i]))
        train = group["spike_time"].isel(spike=own).values
        kept = (train >= low) & (train < high)
        if in_trials:
            kept &= group["spike_trial"].isel(spike=own).values == trial
        trains.append(train[kept])
    ax = axes_or_new(ax, (9.0, 1.2 + 0.13 * max(len(trains), 6)))
    if in_trials:
        ax.set_title(f"trial {trial}", fontsize=9, loc="left")
    ax.set(xlabel="time (s)", ylabel=f"neuron ({len(trains)} of {ends.size})")
    if not any(train.size for train in trains):
        return no_data(tidy(ax), "no spike in this window")
    ax.eventplot(trains, colors=BLACK, linewidths=0.6, linelengths=0.8)
    every = np.concatenate(trains)
    margin = 0.01 * (float(np.ptp(every)) or 1.0)
    ax.set_xlim(
        every.min() - margin if start is None else start,
        every.max() + margin if stop is None else stop,
    )
    name_ticks(ax.yaxis, list(group["neuron"].values[chosen]), at_most=30)
    ax.set_ylim(len(trains) - 0.4, -0.6)
    ax.tick_params(axis="y", labelsize=7)
    return tidy(ax)


def _group(x: xr.DataTree | xr.Dataset) -> xr.Dataset:
    if isinstance(x, xr.DataTree):
        x = x["spikes"].to_dataset() if "spikes" in x.children else xr.Dataset()
    if "spike_time" not in x or "spike_end" not in x:
        raise SchemaError("there are no /spikes", where="recording", mend="Add spikes first.")
    return x
