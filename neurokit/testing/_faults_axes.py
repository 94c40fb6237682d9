"""Faults of time axes, events and spikes (NK10x, NK5xx, NK6xx)."""

from __future__ import annotations

from typing import Any

import numpy as np
import xarray as xr

from neurokit.schema import spikes
from neurokit.testing._faults import SIZE, fault, some_index, tree, with_time, worm
from neurokit.testing._groups import (
    Draw,
    draw_events,
    draw_neurons,
    draw_series,
    draw_spikes,
)
from neurokit.testing._hypothesis import st


@fault("NK101")
def _no_time(draw: Draw) -> xr.DataTree:
    return tree({"activity": worm(draw).drop_vars("time")})


@fault("NK102")
def _not_increasing(draw: Draw) -> xr.DataTree:
    group = worm(draw)
    time = group["time"].values.copy()
    index = some_index(draw, time.size, first=1)
    time[index] = time[index - 1] - draw(st.sampled_from([0.0, 0.1, 100.0]))
    return tree({"activity": with_time(group, time)})


@fault("NK103")
def _time_not_finite(draw: Draw) -> xr.DataTree:
    group = worm(draw)
    time = group["time"].values.copy()
    time[some_index(draw, time.size)] = draw(st.sampled_from([np.nan, np.inf, -np.inf]))
    return tree({"activity": with_time(group, time)})


@fault("NK104")
def _wrong_rate(draw: Draw) -> xr.DataTree:
    group = worm(draw)
    time = group["time"].values * draw(st.sampled_from([0.5, 0.99, 1.01, 1000.0]))
    return tree({"activity": with_time(group, time)})


@fault("NK105")
def _rate_value(draw: Draw) -> xr.DataTree:
    group = worm(draw)
    rate = draw(st.sampled_from([0, 0.0, -3.0, "3 Hz"]))
    group.attrs["sampling_rate"] = group["time"].attrs["sampling_rate"] = rate
    return tree({"activity": group})


@fault("NK106")
def _rates_disagree(draw: Draw) -> xr.DataTree:
    group = worm(draw)
    if draw(st.booleans()):
        del group.attrs["sampling_rate"]
    else:
        group.attrs["sampling_rate"] *= 2
    return tree({"activity": group})


@fault("NK107")
def _no_origin(draw: Draw) -> xr.DataTree:
    group = draw_series(draw, SIZE)
    del group.attrs["time_origin"]
    return tree({"behavior": group})


@fault("NK108")
def _time_dtype(draw: Draw) -> xr.DataTree:
    group = worm(draw)
    dtype = draw(st.sampled_from([np.float32, np.int64]))
    return tree({"activity": with_time(group, group["time"].values.astype(dtype))})


@fault("NK109")
def _run_dtype(draw: Draw) -> xr.DataTree:
    group = worm(draw)
    n = group.sizes["time"]
    run = np.repeat([0.0, 1.0], [n // 2, n - n // 2])
    dtype = draw(st.sampled_from([np.float64, np.str_]))
    return tree({"activity": group.assign_coords(run=("time", run.astype(dtype)))})


def _with_events(draw: Draw, **columns: Any) -> xr.DataTree:
    group = worm(draw)
    table = draw_events(draw, group, SIZE, fewest=1)
    index = some_index(draw, table.sizes["event"])
    for name, value in columns.items():
        values = table[name].values.copy()
        values[index] = value
        table[name] = ("event", values, table[name].attrs)
    return tree({"activity": group, "events": table})


@fault("NK501")
def _event_outside(draw: Draw) -> xr.DataTree:
    return _with_events(draw, onset=draw(st.sampled_from([-1.0, 1e6])))


@fault("NK502")
def _event_not_finite(draw: Draw) -> xr.DataTree:
    return _with_events(draw, onset=draw(st.sampled_from([np.nan, np.inf])))


@fault("NK503")
def _event_duration(draw: Draw) -> xr.DataTree:
    return _with_events(draw, duration=-0.5)


@fault("NK504")
def _no_onset(draw: Draw) -> xr.DataTree:
    group = draw_neurons(draw, SIZE)
    table = draw_events(draw, group, SIZE).drop_vars("onset")
    return tree({"activity": group, "events": table})


def _trains() -> xr.Dataset:
    return spikes({"a": [0.5, 1.0, 2.0], "b": [0.1, 3.0], "c": []})


@fault("NK601")
def _unsorted(draw: Draw) -> xr.DataTree:
    group = _trains()
    times = group["spike_time"].values.copy()
    first = draw(st.sampled_from([0, 1, 3]))
    times[[first, first + 1]] = times[[first + 1, first]]
    return tree({"spikes": group.assign(spike_time=("spike", times))})


@fault("NK602")
def _offsets(draw: Draw) -> xr.DataTree:
    group = draw_spikes(draw, SIZE)
    ends = group["spike_end"].values.copy()
    if draw(st.booleans()):
        return tree({"spikes": group.drop_vars("spike_end")})
    ends[-1] += draw(st.sampled_from([1, 7]))
    return tree({"spikes": group.assign(spike_end=("neuron", ends))})
