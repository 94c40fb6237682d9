"""One figure of a whole recording: the panels that suit what it holds."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from neurokit.errors import SchemaError
from neurokit.plot.matrices import degrees, matrix
from neurokit.plot.overview import heatmap
from neurokit.plot.places import positions
from neurokit.plot.spectra import spectrum
from neurokit.plot.spiking import raster
from neurokit.plot.stacked import traces
from neurokit.plot.timeline import events
from neurokit.schema import NEURAL_TYPES, signal_of, space_dim

if TYPE_CHECKING:
    import xarray as xr
    from matplotlib.axes import Axes
    from matplotlib.axis import Axis
    from matplotlib.figure import Figure

# What is read for a first look: as much as is drawn in a second or so from a slow disk.
MOST_VALUES = 20_000_000
CHANNEL_SECONDS, SPIKE_SECONDS = 10.0, 30.0
MOST_TRACES, MOST_NEURONS, MOST_NAMES = 12, 40, 18
WIDTH = 10.0


@dataclass(frozen=True)
class _Panel:
    """How one panel is drawn, how high it is (inches), and whether it is as wide as the figure."""

    name: str
    draw: Callable[[Axes], Any]
    height: float
    wide: bool = True


def recording(
    rec: xr.DataTree,
    *,
    start: float | None = None,
    stop: float | None = None,
    figure: Figure | None = None,
) -> dict[str, Axes]:
    """Draw what a recording holds: traces, events, heat map, spikes, spectrum, places, synapses.

    Channels give traces with the events under them, a spectrum of the commonest type and a map of
    the sensors; neurons give traces, events and a heat map; trains of spikes a raster; a connectome
    its matrices and degrees. Of trials the first is drawn, and that is said.

    Parameters
    ----------
    rec : recording
        Anything that `neurokit.open` gives.
    start, stop : float, optional
        Seconds; default the first 10 s of channels, 30 s of spikes, and of neurons the whole
        recording, or as much of it as can be read quickly.
    figure : matplotlib Figure, optional
        Where to draw; default a new one of pyplot.

    Returns
    -------
    dict of str to matplotlib.axes.Axes
        The panels by name, from above: ``traces``, ``events``, ``heatmap``, ``raster``, then side
        by side ``spectrum``, ``positions``, one per kind of synapse, ``degrees``.

    Raises
    ------
    SchemaError
        If the recording holds nothing that can be drawn.
    OptionError
        If no sample lies between `start` and `stop`.

    Examples
    --------
    >>> from neurokit.simulate import recording as simulated
    >>> list(recording(simulated("eeg", random_state=0)))
    ['traces', 'events', 'spectrum', 'positions']
    """
    panels = _of_activity(rec, start, stop) + _of_spikes(rec, start, stop) + _of_synapses(rec)
    if not panels:
        raise SchemaError(
            f"groups are {sorted(rec.children) or 'none'}",
            where="recording",
            mend="It needs /activity, /spikes or /connectome to be drawn.",
        )
    axes = _laid_out(panels, figure)
    for panel in panels:
        panel.draw(axes[panel.name])
    if "events" in axes:
        # One clock for both: its label stands once, under the lower panel.
        axes["events"].set_xlim(axes["traces"].get_xlim())
        axes["traces"].set_xlabel("")
        axes["traces"].tick_params(labelbottom=False)
    return axes


def _laid_out(panels: list[_Panel], figure: Figure | None) -> dict[str, Axes]:
    """Wide panels below each other, then rows of at most three others."""
    wide = [[panel] for panel in panels if panel.wide]
    other = [panel for panel in panels if not panel.wide]
    rows = wide + [other[i : i + 3] for i in range(0, len(other), 3)]
    heights = [max(panel.height for panel in row) for row in rows]
    if figure is None:
        import matplotlib.pyplot as plt

        figure = plt.figure(figsize=(WIDTH, sum(heights)), layout="constrained")
    grid = figure.add_gridspec(len(rows), 6, height_ratios=heights)
    axes = {}
    for i, row in enumerate(rows):
        share = 6 // len(row)
        for k, panel in enumerate(row):
            axes[panel.name] = figure.add_subplot(grid[i, k * share : (k + 1) * share])
    return axes


def _of_activity(rec: xr.DataTree, start: float | None, stop: float | None) -> list[_Panel]:
    if "activity" not in rec.children:
        return []
    group = rec["activity"].to_dataset()
    signal, said = _two_dims(signal_of(rec, neural=_has_neural(group)))
    if "time" not in signal.dims or not signal.size:
        return []
    dim = space_dim(signal)
    start, stop = _window(signal, start, stop, CHANNEL_SECONDS if dim == "channel" else None)
    shown = min(MOST_TRACES, signal.sizes[dim])
    panels = [
        _Panel(
            "traces",
            lambda ax: _titled(traces(signal, start=start, stop=stop, n_max=shown, ax=ax), said),
            1.0 + 0.25 * shown,
        )
    ]
    # Events have their own clock of the whole record; a single trial has none of them.
    if not said and (kinds := _kinds_within(rec, start, stop)):
        panels.append(
            _Panel(
                "events",
                lambda ax: events(rec, start=start, stop=stop, ax=ax),
                0.8 + 0.2 * min(kinds, 12),
            )
        )
    if dim == "neuron":
        panels.append(
            _Panel(
                "heatmap",
                lambda ax: _fewer_names(
                    heatmap(signal, start=start, stop=stop, scale="robust", ax=ax).yaxis
                ),
                3.2,
            )
        )
    elif signal.attrs.get("sampling_rate") or signal["time"].attrs.get("sampling_rate"):
        panels.append(_spectrum(signal, start, stop))
    return panels + _places(group)


def _spectrum(signal: xr.DataArray, start: float | None, stop: float | None) -> _Panel:
    """Of the commonest channel type and unit, since densities of two units do not compare."""
    names = ("channel_type", "unit")
    pairs = np.array([signal[n].values for n in names if n in signal.coords]).astype(str).T
    kind = ""
    if pairs.size:
        unique, counts = np.unique(pairs, axis=0, return_counts=True)
        most = unique[int(np.argmax(counts))]
        kept = (pairs == most).all(axis=1)
        signal = signal.isel(channel=np.flatnonzero(kept))
        kind = f"{most[0]}, {int(kept.sum())} channels"

    def draw(ax: Axes) -> Axes:
        return _titled(spectrum(signal, start=start, stop=stop, ax=ax), kind)

    return _Panel("spectrum", draw, 3.2, wide=False)


def _places(group: xr.Dataset) -> list[_Panel]:
    if "position" not in group or not len(_known(group["position"].values)):
        return []
    spread = np.sort(np.ptp(_known(group["position"].values), axis=0))
    # A worm is long and thin: a high panel would be empty.
    flat = float(spread[-2] / spread[-1]) if spread.size > 1 and spread[-1] > 0 else 1.0
    height = min(3.2, 0.9 + 6.0 * flat)
    return [_Panel("positions", lambda ax: positions(group, ax=ax), height, wide=False)]


def _known(places: Any) -> Any:
    return np.asarray(places)[np.isfinite(places).all(axis=1)]


def _of_spikes(rec: xr.DataTree, start: float | None, stop: float | None) -> list[_Panel]:
    if "spikes" not in rec.children or "spike_end" not in rec["spikes"].to_dataset():
        return []
    group = rec["spikes"].to_dataset()
    n = min(MOST_NEURONS, group.sizes.get("neuron", 0))
    if not n or not group["spike_time"].size:
        return []
    if start is None and stop is None and "activity" not in rec.children:
        start = _first_spike(group)
        stop = start + SPIKE_SECONDS
    return [
        _Panel(
            "raster",
            lambda ax: raster(group, start=start, stop=stop, n_max=MOST_NEURONS, ax=ax),
            1.0 + 0.08 * n,
        )
    ]


def _first_spike(group: xr.Dataset) -> float:
    """Of the first neuron that has any: times are sorted within each."""
    begins = np.append(0, group["spike_end"].values[:-1])
    active = np.flatnonzero(group["spike_end"].values > begins)
    return float(group["spike_time"][int(begins[active[0]])].item())


def _of_synapses(rec: xr.DataTree) -> list[_Panel]:
    if "connectome" not in rec.children or "weight" not in rec["connectome"].to_dataset():
        return []
    weight = rec["connectome"].to_dataset()["weight"]

    def panel(kind: str) -> _Panel:
        return _Panel(
            kind,
            lambda ax: _square(matrix(weight.sel(synapse_type=kind), scale="log", ax=ax), kind),
            3.4,
            wide=False,
        )

    kinds = [str(kind) for kind in weight["synapse_type"].values]
    return [panel(kind) for kind in kinds] + [
        _Panel("degrees", lambda ax: degrees(rec, ax=ax), 3.4, wide=False)
    ]


def _has_neural(group: xr.Dataset) -> bool:
    if "channel_type" not in group.coords:
        return True
    return bool(np.isin(group["channel_type"].values, list(NEURAL_TYPES)).any())


def _two_dims(signal: xr.DataArray) -> tuple[xr.DataArray, str]:
    """The first of each further dim, and a sentence about it."""
    said = []
    for dim in [str(d) for d in signal.dims if d not in ("time", space_dim(signal))]:
        said.append(f"first of {signal.sizes[dim]} {dim}s")
        signal = signal.isel({dim: 0}, drop=True)
    return signal, ", ".join(said)


def _window(
    signal: xr.DataArray, start: float | None, stop: float | None, seconds: float | None
) -> tuple[float | None, float | None]:
    """What is drawn: as asked for, else a first stretch that is quick to read."""
    if start is not None or stop is not None:
        return start, stop
    time = signal["time"].values
    per_sample = max(1, signal.size // time.size)
    last = min(time.size, max(2, MOST_VALUES // per_sample))
    end = float(time[0]) + seconds if seconds is not None else np.inf
    if last < time.size:
        end = min(end, float(time[last]))
    return None, end if end <= float(time[-1]) else None


def _kinds_within(rec: xr.DataTree, start: float | None, stop: float | None) -> int:
    """How many kinds of events begin in the window."""
    if "events" not in rec.children or "onset" not in rec["events"].to_dataset():
        return 0
    table = rec["events"].to_dataset()
    onset = np.asarray(table["onset"].values, dtype=np.float64)
    low, high = (-np.inf if start is None else start), (np.inf if stop is None else stop)
    within = np.isfinite(onset) & (onset >= low) & (onset < high)
    return int(np.unique(table["trial_type"].values[within]).size)


def _titled(ax: Axes, text: str) -> Axes:
    if text:
        ax.set_title(text, fontsize=9, loc="left")
    return ax


def _square(ax: Axes, text: str) -> Axes:
    _fewer_names(ax.xaxis)
    _fewer_names(ax.yaxis)
    return _titled(ax, text)


def _fewer_names(axis: Axis) -> None:
    """Leave about as many names as can be read in a panel."""
    names = [tick.get_text() for tick in axis.get_ticklabels()]
    step = -(-len(names) // MOST_NAMES)
    axis.set_ticks(list(axis.get_ticklocs())[::step], names[::step])
