"""Faults of spikes and of the intervals they were observed in (NK60x)."""

from __future__ import annotations

import numpy as np
import xarray as xr

from neurokit.schema import spikes
from neurokit.testing._faults import SIZE, fault, tree
from neurokit.testing._groups import Draw, draw_spikes
from neurokit.testing._hypothesis import st


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


def _observed(start: object, stop: object, end: object) -> xr.Dataset:
    return _trains().assign(
        obs_start=("interval", np.asarray(start, dtype=np.float64)),
        obs_stop=("interval", np.asarray(stop, dtype=np.float64)),
        obs_end=("neuron", np.asarray(end, dtype=np.int64)),
    )


def _with_time(index: int, value: float) -> xr.DataTree:
    group = _trains()
    times = group["spike_time"].values.copy()
    times[index] = value
    return tree({"spikes": group.assign(spike_time=("spike", times))})


@fault("NK603")
def _negative(draw: Draw) -> xr.DataTree:
    return _with_time(draw(st.sampled_from([0, 3])), draw(st.sampled_from([-1e-3, -50.0])))


@fault("NK604")
def _not_finite(draw: Draw) -> xr.DataTree:
    return _with_time(draw(st.integers(0, 4)), draw(st.sampled_from([np.nan, np.inf])))


@fault("NK605")
def _unobserved(draw: Draw) -> xr.DataTree:
    # Neuron a fires at 0.5, 1 and 2 s; b is watched throughout, c never, and never fires.
    start, stop = draw(st.sampled_from([(0.0, 1.9), (0.6, 3.0), (5.0, 6.0), (1.1, 1.2)]))
    return tree({"spikes": _observed([start, 0.0], [stop, 4.0], [1, 2, 2])})


@fault("NK606")
def _intervals(draw: Draw) -> xr.DataTree:
    good = _observed([0.0, 0.0], [4.0, 4.0], [1, 2, 2])
    lacking = draw(st.sampled_from(["obs_start", "obs_stop", "obs_end", ""]))
    if lacking:
        return tree({"spikes": good.drop_vars(lacking)})
    wrong = [([0.0, 5.0], [4.0, 4.0], [1, 2, 2]), ([0.0, 0.0], [4.0, 4.0], [1, 2, 3])]
    return tree({"spikes": _observed(*draw(st.sampled_from(wrong)))})


@fault("NK607")
def _spike_dtype(draw: Draw) -> xr.DataTree:
    dtype = draw(st.sampled_from([np.float32, np.int64, np.str_]))
    group = _trains()
    return tree({"spikes": group.assign(spike_time=group["spike_time"].astype(dtype))})


@fault("NK608")
def _spike_twice(draw: Draw) -> xr.DataTree:
    return _with_time(1, draw(st.sampled_from([0.5, 2.0])))


@fault("NK609")
def _spike_trial(draw: Draw) -> xr.DataTree:
    trials = draw(st.sampled_from([[0.0, 0.0, 1.0, 1.0, 1.0], [0, 0, -1, 1, 1], list("aabbb")]))
    return tree({"spikes": _trains().assign(spike_trial=("spike", trials))})
