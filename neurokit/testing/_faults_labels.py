"""Faults of labels, units and positions (NK2xx, NK3xx) and of connectomes (NK7xx)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import xarray as xr

from neurokit.schema import connectome
from neurokit.testing._faults import SIZE, fault, head, some_index, tree, worm
from neurokit.testing._groups import (
    Draw,
    draw_connectome,
)
from neurokit.testing._hypothesis import st


@fault("NK201")
def _duplicate(draw: Draw) -> xr.DataTree:
    group = worm(draw)
    names = group["neuron"].values.copy()
    names[some_index(draw, names.size, first=1)] = names[0]
    return tree({"activity": group.assign_coords(neuron=names)})


@fault("NK202")
def _no_labels(draw: Draw) -> xr.DataTree:
    return tree({"activity": worm(draw).drop_vars("neuron")})


@fault("NK203")
def _empty_label(draw: Draw) -> xr.DataTree:
    group = worm(draw)
    names = group["neuron"].values.copy()
    names[some_index(draw, names.size)] = ""
    return tree({"activity": group.assign_coords(neuron=names)})


@fault("NK204")
def _channel_type(draw: Draw) -> xr.DataTree:
    group = head(draw)
    if draw(st.booleans()):
        return tree({"activity": group.drop_vars("channel_type")})
    kinds = group["channel_type"].values.copy()
    kinds[some_index(draw, kinds.size)] = draw(st.sampled_from(["eeg", "mag", ""]))
    return tree({"activity": group.assign_coords(channel_type=("channel", kinds))})


@fault("NK301")
def _no_unit(draw: Draw) -> xr.DataTree:
    group = head(draw)
    if draw(st.booleans()):
        return tree({"activity": group.drop_vars("unit")})
    units = group["unit"].values.copy()
    units[some_index(draw, units.size)] = ""
    return tree({"activity": group.assign_coords(unit=("channel", units))})


@fault("NK303")
def _units_disagree(draw: Draw) -> xr.DataTree:
    group = head(draw)
    if draw(st.booleans()):
        group["signal"].attrs["units"] = "uV"
        return tree({"activity": group})
    units = group["unit"].values.astype("<U4")
    units[0] = "T"
    return tree({"activity": group.assign_coords(unit=("channel", units))})


@fault("NK304")
def _position_attrs(draw: Draw) -> xr.DataTree:
    group = head(draw)
    position = np.zeros((group.sizes["channel"], 3))
    attrs = draw(st.sampled_from([{}, {"units": "m"}, {"coordinate_frame": "head"}]))
    group["position"] = (("channel", "space"), position, attrs)
    return tree({"activity": group})


@fault("NK305")
def _position_extent(draw: Draw) -> xr.DataTree:
    group = head(draw)
    position = np.linspace(-90.0, 90.0, 3 * group.sizes["channel"]).reshape(-1, 3)
    attrs = {"units": "m", "coordinate_frame": "head"}
    group["position"] = (("channel", "space"), position, attrs)
    return tree({"activity": group})


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
