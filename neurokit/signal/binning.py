"""Spike trains as counts in bins, with what was not observed marked as such."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import xarray as xr

from neurokit.errors import SchemaError, TimeError
from neurokit.schema.findings import Finding, findings_from_json, findings_to_json
from neurokit.schema.history import add_history
from neurokit.schema.time import regular_time, time_coordinate
from neurokit.signal.along_time import seconds_above_zero
from neurokit.signal.counting import (
    bin_index,
    bins_to_cover,
    count_times,
    observed_bins,
    whole_bins,
)

NOT_COUNTED = "NK888"
"""Code of the finding that says how many spikes lie in no observed bin."""

MOST_VALUES = 2**31
"""More counts than this are a misread unit of time, not a recording."""


@dataclass(frozen=True)
class _Trains:
    """Spike times of every neuron, end to end, with where each neuron's end and their trials."""

    times: npt.NDArray[np.float64]
    ends: npt.NDArray[np.int64]
    trial: npt.NDArray[np.int64]
    trials: npt.NDArray[np.int64] | None
    intervals: tuple[npt.NDArray[np.float64], npt.NDArray[np.float64], npt.NDArray[np.int64]] | None


def bin_spikes(
    rec: xr.DataTree | xr.Dataset,
    width: float,
    *,
    start: float | None = None,
    stop: float | None = None,
) -> xr.DataTree | xr.DataArray:
    """Counts n[k, i] of the spikes of neuron i in [start + k width, start + (k + 1) width).

    A spike on an edge belongs to the bin that begins there (within a millionth of a bin, since
    0.3 is not exact in binary). Time is the centre of each bin. Every spike is counted once, or
    is in ``attrs["n_not_counted"]`` and, of a recording, in a finding.

    Where observation intervals are known (``obs_start``, ``obs_stop``), a bin that does not lie
    wholly within them is NaN: nobody knows whether the neuron was silent. A neuron without an
    interval was never observed. With ``spike_trial``, times count from each trial's start and
    the counts get a leading trial dim; trials without a spike are there, with zeros. Which trials
    there were, the coordinate ``trial`` of ``/spikes`` says, else the labels of ``/events``, else
    they run from 0 (from 1 where no spike is in trial 0) to the last with a spike. To cut one
    long record into trials instead, bin it and use `neurokit.signal.epoch`.

    Parameters
    ----------
    rec : recording or Dataset
        With ``/spikes``; or that group.
    width : float
        Of a bin, s.
    start : float, optional
        Left edge of the first bin, s. Default: the first observation interval's start, else 0,
        or the multiple of `width` below the first spike where one is earlier than 0.
    stop : float, optional
        No bin reaches beyond it, s; a last bin that would is left out. Default: as many bins as
        it takes to hold the last spike and the last interval.

    Returns
    -------
    recording or DataArray
        float32 counts (time, neuron) or (trial, time, neuron), with the neurons' coordinates,
        ``held_out`` among them. Of a recording, they are the signal of ``/activity``; what stood
        there moves to ``/auxiliary/activity``.

    Raises
    ------
    SchemaError
        If there are no spikes to bin.
    TimeError
        If `width` is not positive, no whole bin lies between `start` and `stop`, or there would
        be more than two thousand million counts.

    Examples
    --------
    >>> from neurokit import schema
    >>> group = schema.spikes({"a": [0.05, 0.1, 0.35], "b": [0.2]})
    >>> counts = bin_spikes(group, 0.1)
    >>> counts.values.T.tolist()
    [[1.0, 1.0, 0.0, 1.0], [0.0, 0.0, 1.0, 0.0]]
    >>> counts.time.values
    array([0.05, 0.15, 0.25, 0.35])
    """
    width = seconds_above_zero("width", width)
    group = _spikes_of(rec)
    trains = _trains(rec, group)
    first, n_bins = _bins(trains, width, start, stop)
    counts, n_lost = _counts(trains, first, width, n_bins)
    signal = _labelled(counts, group, trains, first, width)
    signal.attrs["n_not_counted"] = n_lost
    parameters = {"width": width, "start": start, "stop": stop}
    if isinstance(rec, xr.Dataset):
        return add_history(signal, "signal.bin_spikes", parameters)
    out = _put_back(rec, signal, group, trains.times.size)
    return add_history(out, "signal.bin_spikes", parameters)


def _spikes_of(rec: xr.DataTree | xr.Dataset) -> xr.Dataset:
    if isinstance(rec, xr.DataTree):
        if "spikes" not in rec.children:
            groups = ", ".join(rec.children) or "nothing"
            raise SchemaError(
                f"there is no /spikes, only {groups}",
                where=rec.name or "recording",
                mend="Give a recording of spike times.",
            )
        group = rec["spikes"].to_dataset()
    else:
        group = rec
    lacking = [n for n in ("spike_time", "spike_end") if n not in group]
    if lacking or "neuron" not in group.coords:
        raise SchemaError(
            f"lacks {', '.join(lacking) or 'the labels of neurons'}",
            where="/spikes",
            mend="Give spike_time(spike) and spike_end(neuron): neurokit.schema.spikes.",
        )
    return group


def _trains(rec: xr.DataTree | xr.Dataset, group: xr.Dataset) -> _Trains:
    times = np.asarray(group["spike_time"].values, dtype=np.float64)
    if not np.isfinite(times).all():
        raise TimeError(
            f"{int((~np.isfinite(times)).sum())} spike times are NaN or infinite",
            where="/spikes/spike_time",
            mend="Drop these spikes.",
        )
    trial, trials = _trials(rec, group, times.size)
    intervals = None
    if {"obs_start", "obs_stop", "obs_end"} <= set(group.variables):
        intervals = (
            np.asarray(group["obs_start"].values, dtype=np.float64),
            np.asarray(group["obs_stop"].values, dtype=np.float64),
            np.asarray(group["obs_end"].values, dtype=np.int64),
        )
    ends = np.asarray(group["spike_end"].values, dtype=np.int64)
    return _Trains(times, ends, trial, trials, intervals)


def _trials(
    rec: xr.DataTree | xr.Dataset, group: xr.Dataset, n_spikes: int
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64] | None]:
    """Place of each spike's trial among all trials, and their labels."""
    if "spike_trial" not in group.variables:
        return np.zeros(n_spikes, dtype=np.int64), None
    label = np.asarray(group["spike_trial"].values, dtype=np.int64)
    if "trial" in group.coords:
        every = np.asarray(group["trial"].values, dtype=np.int64)
    else:
        every = _known_trials(rec, label)
    lost = np.setdiff1d(label, every)
    if lost.size:
        raise SchemaError(
            f"spikes are in trial {lost[0]}, which is none of the {every.size} trials",
            where="/spikes/spike_trial",
            mend="Number spike_trial as the coordinate trial, or as event, is numbered.",
        )
    order = np.argsort(every)
    return order[np.searchsorted(every, label, sorter=order)].astype(np.int64), every


def _known_trials(
    rec: xr.DataTree | xr.Dataset, label: npt.NDArray[np.int64]
) -> npt.NDArray[np.int64]:
    """Labels of all trials: those of the table of events if it has the spikes' trials."""
    if isinstance(rec, xr.DataTree) and "events" in rec.children:
        table = rec["events"].to_dataset()
        if "event" in table.coords and np.isin(label, table["event"].values).all():
            return np.asarray(table["event"].values, dtype=np.int64)
    if not label.size:
        return np.zeros(1, dtype=np.int64)
    # Trials without a spike count too: numbers run from 0 or, as in MATLAB, from 1.
    return np.arange(min(int(label.min()), 1), int(label.max()) + 1, dtype=np.int64)


def _bins(
    trains: _Trains, width: float, start: float | None, stop: float | None
) -> tuple[float, int]:
    times = trains.times
    opens = trains.intervals[0] if trains.intervals is not None else times[:0]
    closes = trains.intervals[1] if trains.intervals is not None else times[:0]
    if start is None:
        earliest = float(opens.min()) if opens.size else 0.0
        early = bin_index(times, earliest, width)
        start = earliest + width * min(0, int(early.min()) if early.size else 0)
    if stop is not None:
        n_bins = whole_bins(start, stop, width)
    else:
        late = bin_index(times, start, width)
        n_bins = 1 + int(late.max()) if late.size else 0
        if closes.size:
            n_bins = max(n_bins, bins_to_cover(start, float(closes.max()), width))
    _check_bins(n_bins, trains, start, stop, width)
    return float(start), n_bins


def _check_bins(
    n_bins: int, trains: _Trains, start: float, stop: float | None, width: float
) -> None:
    if n_bins < 1:
        end = "the last spike" if stop is None else f"{stop:g} s"
        raise TimeError(
            f"no bin of {width:g} s lies between {start:g} s and {end}",
            where="start, stop",
            mend="Give a narrower width, or other start= and stop=.",
        )
    n_trials = 1 if trains.trials is None else trains.trials.size
    n_values = n_bins * n_trials * trains.ends.size
    if n_values > MOST_VALUES:
        raise TimeError(
            f"{n_bins} bins of {width:g} s for {trains.ends.size} neurons are {n_values} counts",
            where="width",
            mend="Give a wider bin or start= and stop=; are the spike times in seconds?",
        )


def _counts(
    trains: _Trains, start: float, width: float, n_bins: int
) -> tuple[npt.NDArray[np.float32], int]:
    """Counts (trial, time, neuron), and how many spikes are in none of them."""
    n_trials = 1 if trains.trials is None else trains.trials.size
    counts = np.empty((n_trials, n_bins, trains.ends.size), np.float32)
    counted, begin, opened = 0, 0, 0
    for i, end in enumerate(trains.ends.tolist()):
        own = slice(begin, end)
        found = count_times(trains.times[own], start, width, n_bins, trains.trial[own], n_trials)
        counts[:, :, i] = found
        if trains.intervals is not None:
            opens, closes, ends = trains.intervals
            each = slice(opened, int(ends[i]))
            seen = observed_bins(opens[each], closes[each], start, width, n_bins)
            counts[:, ~seen, i] = np.nan
            found, opened = found[:, seen], int(ends[i])
        counted, begin = counted + int(found.sum()), end
    return counts, trains.times.size - counted


def _labelled(
    counts: npt.NDArray[np.float32],
    group: xr.Dataset,
    trains: _Trains,
    start: float,
    width: float,
) -> xr.DataArray:
    rate = 1.0 / width
    time = time_coordinate(regular_time(counts.shape[1], rate, start + width / 2), rate)
    coords: dict[str, object] = {"time": time}
    for name, variable in group.variables.items():
        if variable.dims == ("neuron",) and name not in ("spike_end", "obs_end"):
            coords[str(name)] = variable
    dims: tuple[str, ...] = ("time", "neuron")
    if trains.trials is None:
        counts = counts[0]
    else:
        dims = ("trial", *dims)
        coords["trial"] = trains.trials
        coords |= {
            str(n): c.variable
            for n, c in group.coords.items()
            if c.dims == ("trial",) and n != "trial"
        }
    attrs = {"units": "1", "bin_width": width}
    return xr.DataArray(counts, coords=coords, dims=dims, name="signal", attrs=attrs)


def _put_back(
    rec: xr.DataTree, signal: xr.DataArray, spikes: xr.Dataset, n_spikes: int
) -> xr.DataTree:
    out = rec.copy(deep=False)
    if "activity" in out.children:
        if "auxiliary" in out.children and "activity" in out["auxiliary"].children:
            raise SchemaError(
                "/activity would move to /auxiliary/activity, which is taken",
                where=rec.name or "recording",
                mend="Bin the group itself: bin_spikes(rec['spikes'].to_dataset(), width).",
            )
        out["auxiliary/activity"] = xr.DataTree(out["activity"].to_dataset())
    attrs: dict[str, str | float] = {
        "time_origin": str(spikes.attrs.get("time_origin", "")) or "first sample"
    }
    attrs |= {
        "time_offset": float(spikes.attrs.get("time_offset", 0.0)),
        "sampling_rate": float(signal["time"].attrs["sampling_rate"]),
    }
    out["activity"] = xr.DataTree(signal.to_dataset(name="signal").assign_attrs(attrs))
    n_lost = int(signal.attrs["n_not_counted"])
    if n_lost:
        finding = Finding(
            NOT_COUNTED,
            "SUGGESTION",
            "/activity/signal",
            f"{n_lost} of {n_spikes} spikes lie in no observed bin",
            "They are before start, behind the last whole bin, or outside observation intervals.",
        )
        known = findings_from_json(str(out.attrs.get("findings", "[]")))
        out.attrs = {**out.attrs, "findings": findings_to_json([*known, finding])}
    return out
