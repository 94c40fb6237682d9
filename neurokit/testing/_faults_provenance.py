"""Faults of the root's attributes (NK010 to NK016)."""

from __future__ import annotations

import xarray as xr

from neurokit.testing._faults import fault, tree, worm
from neurokit.testing._groups import Draw
from neurokit.testing._hypothesis import st


def _with(draw: Draw, name: str, *values: object) -> xr.DataTree:
    rec = tree({"activity": worm(draw)})
    rec.attrs[name] = draw(st.sampled_from(values))
    return rec


@fault("NK010")
def _start_time(draw: Draw) -> xr.DataTree:
    return _with(draw, "start_time", "2024-02-30T12:00:00+00:00", "29.02.2024", "2024-02-29T12:00")


@fault("NK011")
def _licence(draw: Draw) -> xr.DataTree:
    return _with(draw, "licence", "", "CC BY 4.0", "see paper", "CC-BY-4.0 or later")


@fault("NK012")
def _digest(draw: Draw) -> xr.DataTree:
    return _with(draw, "source_sha256", "F" * 64, "0" * 32, "0x" + "0" * 62)


@fault("NK013")
def _no_digest(draw: Draw) -> xr.DataTree:
    rec = _with(draw, "source", "worm.json", "F.npy")
    rec.attrs["loader"] = "celegans.atanas"
    return rec


@fault("NK014")
def _doi(draw: Draw) -> xr.DataTree:
    return _with(draw, "doi", "https://doi.org/10.1016/j.cell.2023.07.035", "doi:10.1/x", "PMID 1")


@fault("NK015")
def _modality(draw: Draw) -> xr.DataTree:
    return _with(draw, "modality", "EEG", "calcum", "")


@fault("NK016")
def _not_json(draw: Draw) -> xr.DataTree:
    name = draw(st.sampled_from(["history", "loader_options", "findings"]))
    other = "{}" if name != "loader_options" else "[]"
    return _with(draw, name, "resample, filter", "[", "7", other)
