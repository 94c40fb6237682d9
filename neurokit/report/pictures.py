"""The pictures of the recipe ``summary``, each with its caption."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from neurokit import plot
from neurokit.plot.places import frames_of
from neurokit.plot.reading import outline
from neurokit.plot.style import BLUE, labelled, no_data, plain, tidy
from neurokit.recipe import Picture
from neurokit.schema import NEURAL_TYPES, signal_of, space_dim

if TYPE_CHECKING:
    import xarray as xr
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

Pictures = dict[str, Picture]


def _figure(size: tuple[float, float], n: int = 1) -> tuple[Figure, list[Axes]]:
    """Return a figure that pyplot knows nothing of: nothing to close, nothing to leak."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=size, dpi=100, layout="constrained")
    return figure, list(np.atleast_1d(figure.subplots(n, 1)))


def of_activity(
    rec: xr.DataTree,
    table: xr.Dataset,
    spectrum: xr.Dataset | None,
    *,
    trace_seconds: float,
    n_traces: int,
) -> Pictures:
    """Draw ``/activity``: traces, heatmap or spectra, positions and quality.

    Parameters
    ----------
    rec : DataTree
        The recording.
    table, spectrum : Dataset
        What `neurokit.report.quality` gave.
    trace_seconds : float
        Length of the stretch of channels that is drawn, s.
    n_traces : int
        Most traces.

    Returns
    -------
    dict of str to Picture
        In the order of the report.
    """
    signal = signal_of(rec, neural=_has_neural(rec))
    dim = space_dim(signal)
    said = ""
    for extra in [d for d in signal.dims if d not in ("time", dim)]:
        said = f" First of {signal.sizes[extra]} along {extra}."
        signal = signal.isel({extra: 0})
    pictures = {"traces": _traces(signal, trace_seconds, n_traces, said)}
    if dim == "neuron":
        pictures["heatmap"] = _heatmap(signal, said)
    elif spectrum is not None:
        pictures |= _spectra(spectrum)
    pictures |= _positions(rec)
    pictures["quality"] = _quality(table, signal)
    return pictures


def _has_neural(rec: xr.DataTree) -> bool:
    group = rec["activity"].to_dataset()
    if "channel_type" not in group.coords:
        return True
    return bool(np.isin(group["channel_type"].values, list(NEURAL_TYPES)).any())


def _traces(signal: xr.DataArray, seconds: float, n_traces: int, said: str) -> Picture:
    time = signal["time"].values
    dim = space_dim(signal)
    stop = None
    if dim == "channel" and time.size and time[-1] - time[0] > seconds:
        stop = float(time[0]) + seconds
    shown = min(n_traces, signal.sizes[dim])
    figure, (ax,) = _figure((9.5, 1.2 + 0.28 * shown))
    plot.traces(signal, stop=stop, n_max=n_traces, ax=ax)
    which = "the whole recording" if stop is None else f"the first {seconds:g} s"
    caption = (
        f"{len(ax.get_yticks())} of {signal.sizes[dim]} {dim}s, {which}; the bars give the scale. "
        f"Vermillion: marked bad.{said}"
    )
    return Picture(figure, caption)


def _heatmap(signal: xr.DataArray, said: str) -> Picture:
    figure, (ax,) = _figure((9.5, 5.0))
    plot.heatmap(signal, scale="robust", ax=ax)
    caption = (
        "Activity of every neuron, as the distance from its median in 1.4826 median absolute "
        f"deviations; white: not observed.{said}"
    )
    return Picture(figure, caption)


def _spectra(spectrum: xr.Dataset) -> Pictures:
    """Draw one picture per channel type and unit."""
    pictures = {}
    groups = list(zip(spectrum["channel_type"].values, spectrum["unit"].values, strict=True))
    wanted = [pair for pair in dict.fromkeys(groups) if pair[0] in NEURAL_TYPES]
    kinds = [kind for kind, _ in wanted]
    for kind, unit in wanted:
        figure, (ax,) = _figure((8.0, 4.2))
        chosen = [i for i, pair in enumerate(groups) if pair == (kind, unit)]
        plot.spectrum(spectrum["density"].isel(channel=chosen), ax=ax)
        name = f"spectrum_{kind}" if kinds.count(kind) == 1 else f"spectrum_{kind}_{unit}"
        caption = f"Power spectral density of {len(chosen)} {kind} channels (Welch)."
        pictures[name.replace("/", "_per_")] = Picture(figure, caption)
    return pictures


def _positions(rec: xr.DataTree) -> Pictures:
    """Draw one picture per coordinate frame: places in different frames do not compare."""
    group = rec["activity"].to_dataset()
    if "position" not in group:
        return {}
    pictures = {}
    frames = [str(frame) for frame in dict.fromkeys(frames_of(group).tolist()) if frame]
    for frame in frames:
        figure, (ax,) = _figure((8.0, 5.5))
        plot.positions(group, frame=frame, ax=ax)
        # Equal axes leave a wide worm or a flat grid alone in a high figure.
        wide, high = np.ptp(ax.get_xlim()), np.ptp(ax.get_ylim())
        figure.set_size_inches(8.0, float(np.clip(5.5 * high / wide + 1.0, 2.2, 6.0)))
        name = "positions" if len(frames) == 1 else f"positions_{frame}"
        caption = f"Positions in the frame {frame}, projected on the plane that the title names."
        pictures[name] = Picture(figure, caption)
    return pictures


def _quality(table: xr.Dataset, signal: xr.DataArray) -> Picture:
    """Draw spread, noise, gaps and hum; measures in the signal's unit only where there is one."""
    # Other channel types have other units, and would dwarf what analyses take.
    dim = space_dim(signal)
    table = table.sel({dim: signal[dim].values})
    measures = ["signal_to_noise", "missing_share"]
    one_unit = "unit" not in table.coords or np.unique(table["unit"].values).size == 1
    if one_unit:
        measures.insert(0, "sd")
        for name in ("mean", "sd", "minimum", "maximum", "drift", "noise"):
            units = str(table["unit"].values[0]) if "unit" in table.coords else None
            if units is not None:
                table[name] = table[name].assign_attrs(units=units)
    if "line_noise_share" in table:
        measures.append("line_noise_share")
    figure, axes = _figure((9.5, 1.9 * len(measures)), len(measures))
    for ax, measure in zip(axes, measures, strict=True):
        plot.quality(table, measure, ax=ax)
        if ax is not axes[-1]:
            ax.set(xlabel="", xticklabels=[])
    caption = (
        "Quality per neuron or channel. Signal to noise: standard deviation over the noise that "
        "steps between samples suggest; 1 is white noise. Vermillion: marked bad, or flat."
    )
    return Picture(figure, caption)


def of_events(rec: xr.DataTree) -> Pictures:
    """Draw ``/events`` over time; nothing where there are none, or none with a time.

    Parameters
    ----------
    rec : DataTree
        The recording.

    Returns
    -------
    dict of str to Picture
        One picture, or none.
    """
    if "events" not in rec.children:
        return {}
    table = rec["events"].to_dataset()
    if not table.sizes.get("event", 0) or not {"onset", "trial_type"} <= set(table.data_vars):
        return {}
    n_rows = min(12, np.unique(table["trial_type"].values).size)
    figure, (ax,) = _figure((9.5, 1.2 + 0.35 * n_rows))
    plot.events(rec, ax=ax)
    return {"events": Picture(figure, f"{table.sizes['event']} events over time, by trial type.")}


def of_behavior(rec: xr.DataTree, n_max: int = 10) -> Pictures:
    """Draw the first measures of ``/behavior`` over time.

    Parameters
    ----------
    rec : DataTree
        The recording.
    n_max : int, default 10
        Most measures.

    Returns
    -------
    dict of str to Picture
        One picture, or none.
    """
    if "behavior" not in rec.children:
        return {}
    group = rec["behavior"].to_dataset()
    names = [str(n) for n, v in group.data_vars.items() if v.dims == ("time",) and _numeric(v)]
    if not names:
        return {}
    figure, axes = _figure((9.5, 0.6 + 1.05 * len(names[:n_max])), len(names[:n_max]))
    for ax, name in zip(axes, names[:n_max], strict=True):
        _line(ax, group[name])
        if ax is not axes[-1]:
            ax.set(xlabel="", xticklabels=[])
    said = f"{len(names[:n_max])} of {len(names)} measures of behaviour over time."
    return {"behavior": Picture(figure, said)}


def _numeric(x: xr.DataArray) -> bool:
    return x.dtype.kind in "fiub" and x.size > 0


def _line(ax: Axes, x: xr.DataArray) -> None:
    ax.set(xlabel="time (s)")
    name = plain(labelled(str(x.name).replace("_", " "), str(x.attrs.get("units", "1"))))
    ax.set_ylabel(name.replace(" (", "\n("), fontsize=7)
    time, values = outline(x.astype(np.float32).expand_dims("neuron", axis=1))
    if not np.isfinite(values).any():
        no_data(ax, "nothing was observed")
    ax.plot(time, values[:, 0], lw=0.8, color=BLUE)
    tidy(ax)


def of_spikes(rec: xr.DataTree, table: xr.Dataset, seconds: float) -> Pictures:
    """Draw ``/spikes``: a raster and the firing rates.

    Parameters
    ----------
    rec : DataTree
        The recording.
    table : Dataset
        Measures per neuron.
    seconds : float
        Length of the raster, s.

    Returns
    -------
    dict of str to Picture
        In the order of the report.
    """
    group = rec["spikes"].to_dataset()
    start = float(group["spike_time"].min()) if group["spike_time"].size else 0.0
    figure, (ax,) = _figure((9.5, 5.0))
    plot.raster(group, start=start, stop=start + seconds, ax=ax)
    shown, axes = _figure((9.5, 4.0), 2)
    for each, measure in zip(axes, ("rate", "refractory_share"), strict=True):
        plot.quality(table, measure, ax=each)
    axes[0].set(xlabel="", xticklabels=[])
    return {
        "raster": Picture(figure, f"Spikes of the first {seconds:g} s; each tick is one spike."),
        "quality": Picture(
            shown, "Firing rate, and the share of intervals below 2 ms, per neuron."
        ),
    }


def of_connectome(rec: xr.DataTree) -> Pictures:
    """Draw ``/connectome``: a matrix per synapse type, and the numbers of partners.

    Parameters
    ----------
    rec : DataTree
        The recording.

    Returns
    -------
    dict of str to Picture
        In the order of the report.
    """
    group: Any = rec["connectome"].to_dataset()
    pictures = {}
    for kind in group["synapse_type"].values.tolist():
        weight = group["weight"].sel(synapse_type=kind)
        values = weight.values
        log = bool((np.nan_to_num(values) >= 0).all() and (np.nan_to_num(values) > 0).any())
        figure, (ax,) = _figure((8.5, 7.0))
        name = f"{kind} {weight.attrs.get('long_name', 'weight')}"
        plot.matrix(weight, scale="log" if log else "linear", name=name, ax=ax)
        caption = f"{kind} weights from pre (rows) to post (columns); white: none or not observed."
        pictures[f"matrix_{kind}"] = Picture(figure, caption)
    figure, (ax,) = _figure((7.5, 4.2))
    plot.degrees(group, ax=ax)
    pictures["degrees"] = Picture(figure, "How many partners cells have: share with at least k.")
    return pictures
