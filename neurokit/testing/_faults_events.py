"""Faults of events (NK50x)."""

from __future__ import annotations

from typing import Any

import numpy as np
import xarray as xr

from neurokit.schema import events
from neurokit.testing._faults import SIZE, fault, some_index, tree, worm
from neurokit.testing._groups import Draw, draw_events, draw_neurons
from neurokit.testing._hypothesis import st


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


@fault("NK505")
def _event_twice(draw: Draw) -> xr.DataTree:
    table = events([0.0, 0.1, 0.1], trial_type=["a", "b", "b"])
    return tree({"activity": worm(draw), "events": table})


@fault("NK506")
def _events_unsorted(draw: Draw) -> xr.DataTree:
    onsets = draw(st.permutations([0.0, 0.001, 0.002]).filter(lambda x: x != sorted(x)))
    return tree({"activity": worm(draw), "events": events(onsets)})


@fault("NK507")
def _event_too_long(draw: Draw) -> xr.DataTree:
    return _with_events(draw, duration=draw(st.sampled_from([1e3, 1e6])))


@fault("NK508")
def _event_dtype(draw: Draw) -> xr.DataTree:
    column = draw(st.sampled_from(["onset", "duration"]))
    dtype = draw(st.sampled_from([np.float32, np.int64, np.str_]))
    table = draw_events(draw, None, SIZE, fewest=1)
    table[column] = table[column].astype(dtype)
    return tree({"activity": worm(draw), "events": table})
