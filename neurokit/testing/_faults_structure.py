"""Faults of groups, dims, dtypes and attributes (NK00x, NK017, NK110, NK111)."""

from __future__ import annotations

import numpy as np
import pandas as pd
import xarray as xr

from neurokit.schema import activity
from neurokit.testing._faults import SIZE, fault, tree, worm
from neurokit.testing._groups import Draw, draw_neurons, draw_series
from neurokit.testing._hypothesis import st


@fault("NK001")
def _schema(draw: Draw) -> xr.DataTree:
    rec = tree({"activity": draw_neurons(draw, SIZE)})
    rec.attrs["schema"] = draw(st.sampled_from(["", "neurokit/0", "neurokit/2"]))
    return rec


@fault("NK002")
def _unknown_group(draw: Draw) -> xr.DataTree:
    rec = tree({"activity": draw_neurons(draw, SIZE)})
    rec[draw(st.sampled_from(["traces", "Activity", "notes"]))] = xr.DataTree()
    return rec


@fault("NK003")
def _root_data(draw: Draw) -> xr.DataTree:
    rec = tree({"activity": draw_neurons(draw, SIZE)})
    rec["loose"] = xr.DataArray(draw(st.integers(0, 9)))
    return rec


@fault("NK004")
def _attribute(draw: Draw) -> xr.DataTree:
    group = draw_neurons(draw, SIZE)
    values = [None, True, [1, 2], {"a": 1}, np.float64(1.0), float("nan"), np.arange(3)]
    value = draw(st.sampled_from(range(len(values))))
    rec = tree({"activity": group})
    owner = draw(st.sampled_from(["root", "group", "variable"]))
    target = {"root": rec, "group": rec["activity"], "variable": rec["activity/signal"]}[owner]
    target.attrs["extra"] = values[value]
    return rec


@fault("NK005")
def _missing_attribute(draw: Draw) -> xr.DataTree:
    rec = tree({"activity": draw_neurons(draw, SIZE)})
    del rec.attrs[draw(st.sampled_from(["modality", "subject", "licence", "history"]))]
    return rec


@fault("NK006")
def _dtype(draw: Draw) -> xr.DataTree:
    group = worm(draw)
    if draw(st.booleans()):
        return tree({"activity": group.assign(signal=group["signal"].astype(np.float16))})
    return tree({"activity": group.assign(signal=group["signal"].astype(object))})


@fault("NK007")
def _index(draw: Draw) -> xr.DataTree:
    group = worm(draw)
    n = group.sizes["neuron"]
    if draw(st.booleans()):
        index = pd.MultiIndex.from_arrays([range(n), range(n)], names=["a", "b"])
        coords = xr.Coordinates.from_pandas_multiindex(index, "neuron")
        return tree({"activity": group.drop_vars("neuron").assign_coords(coords)})
    categories = pd.CategoricalIndex(group["neuron"].values.tolist(), name="neuron")
    return tree({"activity": group.assign_coords(neuron=categories)})


@fault("NK008")
def _no_signal(draw: Draw) -> xr.DataTree:
    return tree({"activity": worm(draw).rename(signal="traces")})


@fault("NK009")
def _no_group(draw: Draw) -> xr.DataTree:
    rec = tree({"activity": draw_neurons(draw, SIZE)})
    return xr.DataTree(xr.Dataset(attrs=rec.attrs))


@fault("NK110")
def _dims(draw: Draw) -> xr.DataTree:
    group = worm(draw)
    if draw(st.booleans()):
        return tree({"activity": group.transpose("neuron", "time")})
    return tree({"activity": group.rename(neuron="roi")})


@fault("NK111")
def _orientation(draw: Draw) -> xr.DataTree:
    n_times = draw(st.integers(2, 5))
    n_neurons = draw(st.integers(n_times + 1, 12))
    names = [f"neuron {i}" for i in range(n_neurons)]
    return tree({"activity": activity(np.eye(n_times, n_neurons), names=names, rate=1.0)})


@fault("NK017")
def _mixed(draw: Draw) -> xr.DataTree:
    measures = draw_series(draw, SIZE)
    return tree({"activity": worm(draw), "behavior": measures, "behavior/eye": measures[["speed"]]})
