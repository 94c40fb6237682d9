"""What a user may give to an analysis of several animals, brought to one labelled array."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import cast

import numpy as np
import xarray as xr

from neurokit.connectome.affinity import Recordings, traces_of
from neurokit.connectome.alignment import on_one_axis
from neurokit.errors import LabelError, SchemaError
from neurokit.schema.select import signal_of, space_dim
from neurokit.schema.stacking import stack
from neurokit.signal.in_memory import into_memory


@dataclass(frozen=True)
class Animals:
    """Traces of one or several recordings on one clock, and what happened in each.

    Parameters
    ----------
    traces : DataArray
        (recording, time, neuron|channel); NaN where not recorded.
    events : dict of str to Dataset
        ``/events`` of those recordings that have it.
    time_axes : str
        What was done to the time axes.
    left_out : tuple of str
        Recordings without activity or without names to match.
    """

    traces: xr.DataArray
    events: dict[str, xr.Dataset]
    time_axes: str
    left_out: tuple[str, ...] = ()

    def in_memory(self) -> Animals:
        """Return the same with traces computed; they are used several times.

        Raises
        ------
        OptionError
            If they are lazy and too large.
        """
        return replace(self, traces=into_memory(self.traces))


def gather(x: Recordings, rate: float | None = None, *, shared_time: bool = True) -> Animals:
    """Match recordings by the names of their neurons, resample them to one clock, stack them.

    Parameters
    ----------
    x : recording, DataArray, or mapping or sequence of recordings
        A DataArray is (time, neuron), or (recording, time, neuron) as ``nk.stack`` gives. Of
        several recordings those without activity or without an identified neuron are left out;
        a single one keeps neurons without names.
    rate : float, optional
        Hz; default the lowest among the recordings.
    shared_time : bool, default True
        Cut recordings to the time they have in common; otherwise pad them with NaN.

    Returns
    -------
    Animals
        Labelled by recording.

    Raises
    ------
    SchemaError
        If no recording has activity, or dims are others than these.
    LabelError
        If names don't allow to match recordings.
    TimeError
        If recordings have no time in common, or an array's time is irregular.
    """
    if isinstance(x, xr.DataArray):
        return Animals(_as_stack(traces_of(x), "recording"), {}, "as given")
    named = _by_name(x)
    active = {key: rec for key, rec in named.items() if "activity" in rec.children}
    if not active:
        raise SchemaError(
            "no recording has /activity", where="recordings", mend="Give recordings that have it."
        )
    matched = _with_names(active)
    aligned, what = on_one_axis(matched, rate, pad=not shared_time)
    first = next(iter(aligned.values()))
    if len(aligned) == 1:
        traces = _as_stack(traces_of(first), next(iter(aligned)))
    else:
        traces = traces_of(stack(aligned, on=space_dim(signal_of(first))))
    happened = {
        key: rec["events"].to_dataset() for key, rec in aligned.items() if "events" in rec.children
    }
    rest = tuple(key for key in named if key not in matched)
    return Animals(traces, happened, what, rest)


def _by_name(x: object) -> dict[str, xr.DataTree]:
    if isinstance(x, xr.DataTree):
        return {str(x.name or "recording"): x}
    if isinstance(x, str) or not isinstance(x, Mapping | Iterable):
        raise _no_recording(x, "recordings")
    named = list(x.items() if isinstance(x, Mapping) else enumerate(x))
    for key, rec in named:
        if not isinstance(rec, xr.DataTree):
            raise _no_recording(rec, f"recordings[{key!r}]")
    return {str(key): cast("xr.DataTree", rec) for key, rec in named}


def _no_recording(x: object, where: str) -> SchemaError:
    return SchemaError(
        f"got a {type(x).__name__}",
        where=where,
        mend="Give a recording (DataTree), or a mapping or list of them.",
    )


def _as_stack(traces: xr.DataArray, name: str) -> xr.DataArray:
    """Return (recording, time, space), a recording alone as a stack of one."""
    space = space_dim(traces)
    further = set(traces.dims) - {"time", space, "recording"}
    if further or "time" not in traces.dims:
        raise SchemaError(
            f"dims are {tuple(traces.dims)}",
            where="recordings",
            mend=f"Give (recording, time, {space}), as nk.stack does; average trials first.",
        )
    if "recording" in traces.dims:
        return traces.transpose("recording", "time", space)
    alone = traces.drop_vars("recording", errors="ignore").expand_dims("recording")
    # Named at once, the name would become an object, which no file holds.
    alone = alone.assign_coords(recording=np.asarray([name], dtype=np.str_))
    return alone.transpose("recording", "time", space)


def _with_names(recordings: Mapping[str, xr.DataTree]) -> dict[str, xr.DataTree]:
    """Return the recordings that can be matched with others: all if there is just one."""
    if len(recordings) == 1:
        return dict(recordings)
    known = {}
    for key, rec in recordings.items():
        signal = signal_of(rec)
        if space_dim(signal) == "neuron" and "identified" not in signal.coords:
            raise LabelError(
                "neurons have no coordinate 'identified'",
                where=key,
                mend="Identify them with nk.celegans.homogenise before matching animals.",
            )
        if "identified" not in signal.coords or bool(np.any(signal["identified"].values)):
            known[key] = rec
    if not known:
        raise LabelError(
            "no neuron of any recording is identified",
            where="recordings",
            mend='Analyse recordings one by one; in a recipe, over: "recording".',
        )
    return known
