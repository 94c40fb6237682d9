"""Faults of time axes (NK10x, NK112 to NK115)."""

from __future__ import annotations

import numpy as np
import xarray as xr

from neurokit.testing._faults import SIZE, fault, head, some_index, tree, with_time, worm
from neurokit.testing._groups import Draw, draw_series
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


@fault("NK112")
def _late_start(draw: Draw) -> xr.DataTree:
    group = worm(draw)
    late = draw(st.sampled_from([-0.5, 12.0, 1.7e9]))
    return tree({"activity": with_time(group, group["time"].values + late)})


@fault("NK113")
def _run_returns(draw: Draw) -> xr.DataTree:
    group = worm(draw)
    run = np.ones(group.sizes["time"], dtype=np.int64)
    run[some_index(draw, run.size - 1, first=1)] = 2
    return tree({"activity": group.assign_coords(run=("time", run))})


@fault("NK114")
def _observed(draw: Draw) -> xr.DataTree:
    group = worm(draw)
    mask = np.ones(group["signal"].shape)
    if draw(st.booleans()):
        return tree({"activity": group.assign(observed=(("time", "neuron"), mask))})
    return tree({"activity": group.assign(observed=("neuron", mask[0] > 0))})


@fault("NK115")
def _no_averages(draw: Draw) -> xr.DataTree:
    group = head(draw)
    names = [f"condition {i}" for i in range(draw(st.integers(1, 3)))]
    averages = group["signal"].expand_dims(condition=names)
    return tree({"activity": group.assign(signal=averages)})
