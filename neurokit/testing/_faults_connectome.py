"""Faults of connectomes (NK70x, NK71x)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import xarray as xr

from neurokit.schema import connectome
from neurokit.testing._faults import SIZE, fault, some_index, tree
from neurokit.testing._groups import Draw, draw_connectome
from neurokit.testing._hypothesis import st


def _wires(kinds: Sequence[str], weight: Any = None) -> xr.Dataset:
    cells = ["AVAL", "AVAR", "RIML"]
    values = np.ones((len(kinds), 3, 3)) if weight is None else weight
    return connectome(values, pre=cells, post=cells, synapse_type=kinds)


@fault("NK701")
def _weight_dims(draw: Draw) -> xr.DataTree:
    group = draw_connectome(draw, SIZE)
    if draw(st.booleans()):
        return tree({"connectome": group.transpose("pre", "post", "synapse_type")})
    return tree({"connectome": group.rename(weight="count")})


@fault("NK702")
def _negative(draw: Draw) -> xr.DataTree:
    weight = np.ones((1, 3, 3))
    weight[0, some_index(draw, 3), some_index(draw, 3)] = -1.0
    return tree({"connectome": _wires([draw(st.sampled_from(["chemical", "contact"]))], weight)})


@fault("NK703")
def _asymmetric(draw: Draw) -> xr.DataTree:
    weight = np.ones((1, 3, 3))
    weight[0, 0, draw(st.integers(1, 2))] = draw(st.sampled_from([0.0, 5.0, np.nan]))
    return tree({"connectome": _wires(["electrical"], weight)})


@fault("NK704")
def _synapse_type(draw: Draw) -> xr.DataTree:
    kind = draw(st.sampled_from(["gap", "Chemical", "synapse"]))
    return tree({"connectome": _wires(["chemical"]).assign_coords(synapse_type=[kind])})


@fault("NK705")
def _cell_type(draw: Draw) -> xr.DataTree:
    side = draw(st.sampled_from(["pre", "post"]))
    kinds = ["neuron", "muscle", draw(st.sampled_from(["glia", "", "Neuron"]))]
    group = _wires(["chemical"]).assign_coords({f"{side}_type": (side, kinds)})
    return tree({"connectome": group})


@fault("NK706")
def _one_sided(draw: Draw) -> xr.DataTree:
    side = draw(st.sampled_from(["pre", "post"]))
    group = _wires(["electrical"]).assign_coords({side: ["AVAL", "AVAR", "mc1"]})
    return tree({"connectome": group})


@fault("NK707")
def _infinite(draw: Draw) -> xr.DataTree:
    weight = np.ones((1, 3, 3))
    weight[0, some_index(draw, 3), some_index(draw, 3)] = np.inf
    kind = draw(st.sampled_from(["chemical", "functional", "electrical"]))
    return tree({"connectome": _wires([kind], weight)})


@fault("NK708")
def _weight_dtype(draw: Draw) -> xr.DataTree:
    group = _wires(["chemical"])
    dtype = draw(st.sampled_from([np.float64, np.int64]))
    return tree({"connectome": group.assign(weight=group["weight"].astype(dtype))})


@fault("NK709")
def _sources(draw: Draw) -> xr.DataTree:
    group = _wires(["chemical"])
    name = draw(st.sampled_from(["n_sources", "weight_sd"]))
    if draw(st.booleans()):
        return tree({"connectome": group.assign({name: ("pre", np.ones(3))})})
    return tree({"connectome": group.assign({name: -group["weight"]})})


@fault("NK710")
def _two_cell_types(draw: Draw) -> xr.DataTree:
    kinds = ["neuron", "neuron", draw(st.sampled_from(["muscle", "other"]))]
    group = _wires(["chemical"]).assign_coords(post_type=("post", kinds))
    return tree({"connectome": group})


@fault("NK711")
def _no_connection(draw: Draw) -> xr.DataTree:
    weight = np.full((2, 3, 3), draw(st.sampled_from([0.0, np.nan])))
    weight[draw(st.integers(0, 1))] = 1.0
    return tree({"connectome": _wires(["chemical", "electrical"], weight)})
