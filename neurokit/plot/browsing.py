"""Traces to wander through in a notebook: what is in view is read and drawn anew."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from numbers import Real
from typing import TYPE_CHECKING, Any

import numpy as np

from neurokit.errors import DependencyError, OptionError, SchemaError
from neurokit.plot.reading import evenly, outline, two_dims
from neurokit.plot.stacked import MOST_ROWS, middle, spacings, units_of
from neurokit.plot.style import BLUE, COLOURS, VERMILLION, plain, prefixed
from neurokit.plot.timeline import times_by_kind
from neurokit.schema import pick, signal_of, space_dim

if TYPE_CHECKING:
    import xarray as xr
    from numpy.typing import NDArray

WIDTH, ROW_HEIGHT, BAR_HEIGHT = 950, 26, 90
# A recording of one sample has a window too.
TINY_S = 1e-9
SECONDS = {"channel": 10.0, "neuron": 60.0}
# Of the bar beneath: more columns than that are not seen, more values take long to read.
BAR_COLUMNS, MOST_VALUES = 900, 100_000_000


@dataclass(frozen=True)
class _View:
    """What is drawn of any window: the traces with one scale per unit, and the events."""

    signal: xr.DataArray
    spacing: dict[str, float]
    events: dict[str, NDArray[np.float64]]

    def columns(self, x_range: tuple[float, float] | None) -> tuple[NDArray[Any], NDArray[Any]]:
        """Return times and values in view and one sample beyond each edge, where lines end."""
        seconds = self.signal["time"].values
        low, high = x_range or (seconds[0], seconds[-1])
        first = max(0, int(np.searchsorted(seconds, low)) - 1)
        last = int(np.searchsorted(seconds, high, side="right")) + 1
        return outline(self.signal.isel(time=slice(first, last)))

    def rows(self, values: NDArray[Any]) -> NDArray[np.float64]:
        """Return values in rows: the first at 0, each further one row lower."""
        units = units_of(self.signal)
        out = np.empty(values.shape)
        for row, unit in enumerate(units):
            trace = (values[:, row] - middle(values[:, row])) / self.spacing[str(unit)]
            out[:, row] = np.clip(trace, -MOST_ROWS, MOST_ROWS) - row
        return out


def browser(
    x: xr.DataTree | xr.DataArray,
    *,
    names: Iterable[str] | None = None,
    start: float | None = None,
    seconds: float | None = None,
    n_max: int = 20,
) -> Any:
    """Return traces above each other that can be dragged and zoomed in a notebook.

    The wheel zooms into time, dragging moves along it; the bar beneath shows the whole recording
    and the window in it. Each window is read when it is looked at and drawn by the minimum and
    maximum of each pixel or so, so that long recordings stay on disk. Traces of one unit share one
    scale, that of the whole recording. A saved page keeps the first window: others need Python.

    Parameters
    ----------
    x : recording or DataArray
        Dims (time, neuron or channel), any unit; events of a recording are drawn as lines.
    names : iterable of str, optional
        Which ones; default evenly chosen ones, `n_max` at most.
    start : float, optional
        Seconds: where the first window begins; default the first sample.
    seconds : float, optional
        Length of the first window; default 10 s of channels, 60 s of neurons.
    n_max : int, default 20
        Most traces.

    Returns
    -------
    holoviews.Layout
        The traces, and beneath them the bar with the whole recording.

    Raises
    ------
    DependencyError
        If HoloViews is not installed.
    OptionError
        If `start` lies outside the recording, or a number is none or not positive.
    SchemaError
        If there is no activity or no sample, or a trial has to be chosen first.
    LabelError
        If a name is not there.

    Examples
    --------
    >>> import neurokit as nk
    >>> traces, bar = browser(nk.simulate.recording("calcium", random_state=0), seconds=20.0)
    >>> traces.streams[0].x_range  # what is in view, s; it follows the mouse
    (0.0, 20.0)
    """
    hv = _holoviews()
    signal = two_dims(signal_of(x, neural=names is None))
    window = first_window(signal, start, seconds, n_max)
    signal = evenly(signal, int(n_max)) if names is None else pick(signal, names=names)
    time, values = outline(_quickly_read(signal, window), BAR_COLUMNS)
    view = _View(signal, spacings(values, units_of(signal)), times_by_kind(x))
    traces = _traces(hv, view, window)
    bar = _bar(hv, view, time, values)
    hv.plotting.links.RangeToolLink(bar, traces, axes=["x"], boundsx=window)
    return (traces + bar).cols(1).opts(shared_axes=False)


def _holoviews() -> Any:
    try:
        import holoviews as hv
        import holoviews.plotting.links
        import holoviews.streams
    except ImportError as error:
        raise DependencyError(
            "HoloViews is not installed",
            where="browser",
            mend="pip install 'neurokit-xarray[browser]'",
        ) from error
    if "bokeh" not in hv.Store.renderers:
        hv.extension("bokeh", logo=False)
    return hv


def first_window(
    signal: xr.DataArray, start: float | None, seconds: float | None, n_max: int
) -> tuple[float, float]:
    """Return where the first window begins and ends (s), after a look at what was asked for."""
    time = signal["time"].values
    if not signal.size:
        raise SchemaError("there is no sample", where="signal", mend="Open one that holds some.")
    begin, end = float(time[0]), float(time[-1])
    low = begin if start is None else start
    span = SECONDS[space_dim(signal)] if seconds is None else seconds
    given: dict[str, object] = {"start": low, "seconds": span, "n_max": n_max}
    for name, value in given.items():
        if not isinstance(value, Real) or not math.isfinite(value):
            raise OptionError(f"is {value!r}", where=name, mend="Give a number.")
    if not span > 0:
        raise OptionError(f"is {span}", where="seconds", mend="Give more than 0 s.")
    if n_max < 1 or n_max != int(n_max):
        raise OptionError(f"is {n_max}", where="n_max", mend="Give a whole number from 1.")
    if not begin <= low < max(end, begin + TINY_S):
        raise OptionError(f"is {low:g} s", where="start", mend=f"It has {begin:g} to {end:g} s.")
    return float(low), float(min(low + span, end) if end > low else low + span)


def _quickly_read(signal: xr.DataArray, window: tuple[float, float]) -> xr.DataArray:
    """Return the whole, or the first window where the whole would take long to read."""
    if signal.size <= MOST_VALUES:
        return signal
    return signal.sel(time=slice(*window))


def _traces(hv: Any, view: _View, window: tuple[float, float]) -> Any:
    signal = view.signal
    dim = space_dim(signal)
    names = [plain(name) for name in signal[dim].values]
    bad = signal["bad"].values if "bad" in signal.coords else np.zeros(len(names), dtype=bool)
    colours = [VERMILLION if is_bad else BLUE for is_bad in bad]

    def drawn(x_range: tuple[float, float] | None) -> Any:
        time, values = view.columns(x_range)
        rows = view.rows(values)
        curves = [
            hv.Curve((time, rows[:, k], values[:, k]), "time", ["row", "value"], label=name).opts(
                color=colour, line_width=0.8
            )
            for k, (name, colour) in enumerate(zip(names, colours, strict=True))
        ]
        return hv.Overlay(curves + _event_lines(hv, view.events))

    stream = hv.streams.RangeX(x_range=window)
    return hv.DynamicMap(drawn, streams=[stream]).opts(
        hv.opts.Overlay(
            width=WIDTH,
            height=80 + ROW_HEIGHT * len(names),
            xlabel="time (s)",
            ylabel=f"{dim} (a row is {_row_text(view)})",
            xlim=window,
            ylim=(-len(names) - 0.2, 1.2),
            yticks=[(-row, name) for row, name in enumerate(names)],
            legend_position="top",
            show_legend=bool(view.events),
        ),
        hv.opts.Curve(
            show_legend=False,
            default_tools=["xpan", "xwheel_zoom", "reset", "save"],
            active_tools=["xpan", "xwheel_zoom"],
        ),
    )


def _row_text(view: _View) -> str:
    texts = []
    for unit, size in view.spacing.items():
        factor, text = prefixed(size, unit)
        name = plain(view.signal.attrs.get("long_name") or "")
        texts.append(f"{size * factor:.2g} {text if unit != '1' else name}".strip())
    return ", ".join(texts)


def _event_lines(hv: Any, events: dict[str, NDArray[np.float64]]) -> list[Any]:
    return [
        hv.VLines(onset, label=plain(kind)).opts(
            color=COLOURS[(k + 2) % len(COLOURS)], line_width=1, alpha=0.6, default_tools=[]
        )
        for k, (kind, onset) in enumerate(events.items())
    ]


def _bar(hv: Any, view: _View, time: NDArray[Any], values: NDArray[Any]) -> Any:
    """Return the whole recording as a picture, one row a trace."""
    seconds = view.signal["time"].values
    begin, end = float(seconds[0]), float(seconds[-1])
    end = end if end > begin else begin + 1.0
    half = (end - begin) / (2 * BAR_COLUMNS)
    grid = np.linspace(begin + half, end - half, BAR_COLUMNS)
    rows = view.rows(values) + np.arange(values.shape[1])
    # The row before each column: between runs that is the one of NaN.
    picture = rows[np.searchsorted(time, grid, side="right") - 1]
    picture[grid > time[-1]] = np.nan
    return hv.Image(
        picture.T, bounds=(begin, 0, end, values.shape[1]), kdims=["time", "row"]
    ).opts(
        width=WIDTH, height=BAR_HEIGHT, cmap="RdBu_r", clim=(-1.0, 1.0), xlabel="time (s)",
        yaxis=None, toolbar=None, default_tools=[],
    )  # fmt: skip
