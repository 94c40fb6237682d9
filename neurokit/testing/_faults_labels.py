"""Faults of labels, identities and units (NK2xx, NK301, NK303)."""

from __future__ import annotations

from typing import Any

import numpy as np
import xarray as xr

from neurokit.schema import activity
from neurokit.testing._faults import fault, head, some_index, tree, worm
from neurokit.testing._groups import Draw
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


def _worm_of(names: list[str], **coords: Any) -> xr.DataTree:
    signal = np.random.default_rng(0).normal(size=(20, len(names)))
    group = activity(signal, names=names, rate=3.0, coords=coords)
    return tree({"activity": group}, species="Caenorhabditis elegans")


@fault("NK205")
def _unknown_identity(draw: Draw) -> xr.DataTree:
    name = draw(st.sampled_from(["AVAl", "VB01", "glia", "AVA?", "ROI 7"]))
    return _worm_of(["AVAR", name, "RIML"], identified=[True] * 3)


@fault("NK206")
def _claimed_twice(draw: Draw) -> xr.DataTree:
    twin = draw(st.sampled_from(["AVAL-2", "AVAL_1", "AVAL 12"]))
    names = draw(st.permutations(["AVAL", twin, "RIML"]))
    return _worm_of(list(names), identified=[True] * 3)


@fault("NK207")
def _doubted(draw: Draw) -> xr.DataTree:
    coords = {
        "candidates": ["", "AVAL,AVAR", ""],
        "identity_confidence": ["exact", "lateral-ambiguous", "unknown"],
    }
    name = draw(st.sampled_from(list(coords)))
    return _worm_of(["RIML", "AVAL", "AVBL"], identified=[True] * 3, **{name: coords[name]})


@fault("NK208")
def _flag_dtype(draw: Draw) -> xr.DataTree:
    group = head(draw)
    flags = draw(st.sampled_from(["False", "0", 1, 0.0]))
    bad = [flags] * group.sizes["channel"]
    return tree({"activity": group.assign_coords(bad=("channel", bad))})


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
