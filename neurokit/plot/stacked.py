"""Traces of neurons or channels above each other, with a scale bar per unit."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import numpy as np

from neurokit.plot.reading import cut, evenly, outline, two_dims
from neurokit.plot.style import (
    BLACK,
    BLUE,
    VERMILLION,
    axes_or_new,
    nice_number,
    plain,
    prefixed,
    tidy,
)
from neurokit.schema import pick, signal_of, space_dim

if TYPE_CHECKING:
    import xarray as xr
    from matplotlib.axes import Axes
    from numpy.typing import NDArray


# A loose channel is cut off here, so that it hides its neighbours and not all the others.
MOST_ROWS = 2.0


def traces(
    x: xr.DataTree | xr.DataArray,
    *,
    names: Iterable[str] | None = None,
    start: float | None = None,
    stop: float | None = None,
    n_max: int = 20,
    ax: Axes | None = None,
) -> Axes:
    """Draw traces above each other, first one on top, with one scale bar per unit.

    Traces of one unit share one scale, so that their sizes compare; what leaves its row by more
    than two rows is cut off. Only the samples drawn are read; a long stretch is drawn by the
    minimum and maximum of each pixel or so.

    Parameters
    ----------
    x : recording or DataArray
        Dims (time, neuron or channel); a recording gives its neural channel types.
    names : iterable of str, optional
        Which ones; default evenly chosen ones, `n_max` at most.
    start, stop : float, optional
        Seconds; default the whole recording.
    n_max : int, default 20
        Most traces.
    ax : matplotlib Axes, optional
        Where to draw; default new axes.

    Returns
    -------
    matplotlib.axes.Axes
        One line per trace; channels marked bad are vermillion.

    Raises
    ------
    SchemaError
        If there is no activity, or a trial has to be chosen first.
    OptionError
        If no sample lies between `start` and `stop`.
    LabelError
        If a name is not there.

    Examples
    --------
    >>> from neurokit.simulate import recording
    >>> ax = traces(recording("eeg", random_state=0), start=0, stop=5)
    >>> ax.get_xlabel()
    'time (s)'
    """
    signal = two_dims(signal_of(x, neural=names is None))
    signal = evenly(signal, n_max) if names is None else pick(signal, names=names)
    time, values = outline(cut(signal, start, stop))
    dim = space_dim(signal)
    n = signal.sizes[dim]
    ax = axes_or_new(ax, (9.0, 1.2 + 0.28 * n))
    units = units_of(signal)
    spacing = spacings(values, units)
    bad = signal["bad"].values if "bad" in signal.coords else np.zeros(n, dtype=bool)
    for row in range(n):
        trace = (values[:, row] - middle(values[:, row])) / spacing[units[row]]
        colour = VERMILLION if bad[row] else BLUE
        ax.plot(time, np.clip(trace, -MOST_ROWS, MOST_ROWS) - row, lw=0.7, color=colour)
    _, top = ax.get_ylim()
    ax.set(xlabel="time (s)", ylabel=dim, ylim=(-n - 0.2, max(top, 0.9)))
    ax.set_xlim(time[0], time[-1] if time[-1] > time[0] else time[0] + 1)
    ax.set_yticks(-np.arange(n), [plain(name) for name in signal[dim].values])
    _scale_bars(ax, spacing, str(signal.attrs.get("long_name", "")))
    return tidy(ax)


def units_of(signal: xr.DataArray) -> NDArray[Any]:
    """Return the unit of every neuron or channel."""
    if "unit" in signal.coords:
        return np.asarray(signal["unit"].values)
    return np.full(signal.sizes[space_dim(signal)], signal.attrs.get("units", "1"))


def middle(trace: NDArray[Any]) -> float:
    """Return the median of what was observed, 0 of nothing."""
    finite = trace[np.isfinite(trace)]
    return float(np.median(finite)) if finite.size else 0.0


def spacings(values: NDArray[Any], units: NDArray[Any]) -> dict[str, float]:
    """Return for each unit the distance between its traces, in that unit."""
    return {unit: _spacing(values[:, units == unit]) for unit in dict.fromkeys(units)}


def _spacing(values: NDArray[Any]) -> float:
    """Return the distance between traces: most of the span of most of them."""
    spans = []
    for trace in values.T:
        finite = trace[np.isfinite(trace)]
        if finite.size:
            low, high = np.percentile(finite.astype(np.float64), [0.5, 99.5])
            spans.append(high - low)
    positive = [span for span in spans if span > 0]
    return float(np.percentile(positive, 75)) if positive else 1.0


def _scale_bars(ax: Axes, spacing: dict[str, float], name: str) -> None:
    """Draw bars right of the traces, each as long as a round number of its unit."""
    for i, (unit, one_row) in enumerate(spacing.items()):
        length = nice_number(one_row)
        factor, text = prefixed(length, unit)
        if unit == "1":
            text = f"({plain(name or text)})"
        place = 1.015 + 0.075 * i
        bottom = -0.5
        top = bottom + length / one_row
        across = ax.get_yaxis_transform()
        ax.plot(
            [place, place], [bottom, top], transform=across, color=BLACK, lw=2, clip_on=False,
            label="_scale",
        )  # fmt: skip
        ax.text(
            place + 0.008, (bottom + top) / 2, f"{length * factor:g} {text}", transform=across,
            va="center", fontsize=8, rotation=90,
        )  # fmt: skip
