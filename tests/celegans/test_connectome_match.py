"""A connectome on the neurons of a recording: same order, nothing guessed, nothing lost unsaid."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import xarray as xr

import neurokit as nk
from neurokit.celegans import combine, identify_all, match_connectome
from neurokit.errors import LabelError, SchemaError
from neurokit.schema import activity, findings_from_json, recording

FOLDER = "celegans_connectome"
COOK = f"{FOLDER}/cook2019_SI5_adjacency_matrices.xlsx"
WORM = "celegans_calcium/atanas2023_2022-08-02-01_time_trace.json"


def _worm(labels: list[str]) -> xr.DataTree:
    table = identify_all(labels)
    group = activity(
        np.zeros((3, len(labels))),
        names=table["name"].tolist(),
        rate=1.0,
        coords={"identified": table["identified"].to_numpy(dtype=bool)},
    )
    return recording({"activity": group}, modality="calcium")


@pytest.fixture(scope="module")
def cook(shared_data: Path) -> xr.DataTree:
    """The connectome of the hermaphrodite."""
    return nk.open(shared_data / COOK, "celegans.cook")


def test_activity_and_connectome_of_worms_align_without_loss(
    shared_data: Path, cook: xr.DataTree
) -> None:
    worm = nk.open(shared_data / WORM)
    matched = match_connectome(cook, worm)
    names = worm["activity"]["neuron"].values
    group = matched["connectome"]
    assert group["pre"].values.tolist() == group["post"].values.tolist() == names.tolist()
    sure = [
        str(n)
        for n, known in zip(names, worm["activity"]["identified"].values, strict=True)
        if known
    ]
    # Every identified neuron of this worm is in the connectome, with all its weights.
    expected = cook["connectome"]["weight"].sel(pre=sure, post=sure)
    np.testing.assert_array_equal(group["weight"].sel(pre=sure, post=sure), expected)
    lost = json.loads(matched.attrs["not_matched"])
    assert sorted(lost) == sorted(set(names.tolist()) - set(sure))
    others = json.loads(matched.attrs["not_recorded"])
    assert sorted([*others, *sure]) == sorted(cook["connectome"]["pre"].values.tolist())
    assert nk.validate(matched).ok
    assert "were not recorded" in matched.attrs["findings"]


def test_labels_that_are_not_certain_have_no_synapses_that_are_known(cook: xr.DataTree) -> None:
    worm = _worm(["VB01", "AVA?", "AVAR", "glia"])
    matched = match_connectome(cook, worm)
    weight = matched["connectome"]["weight"]
    assert weight["pre"].values.tolist() == ["VB1", "AVA?", "AVAR", "glia"]
    known = cook["connectome"]["weight"].sel(pre="AVAR", post="VB1").values
    np.testing.assert_array_equal(weight.sel(pre="AVAR", post="VB1").values, known)
    for lost in ("AVA?", "glia"):
        assert weight.sel(pre=lost).isnull().all()
        assert weight.sel(post=lost).isnull().all()
    assert json.loads(matched.attrs["not_matched"]) == ["AVA?", "glia"]
    found = [f.found for f in findings_from_json(matched.attrs["findings"]) if f.code == "NK849"]
    assert found[0] == "2 neurons have no counterpart: AVA?, glia"
    assert nk.validate(matched).ok


def test_an_unidentified_trace_with_the_name_of_a_neuron_is_not_matched(cook: xr.DataTree) -> None:
    worm = _worm(["AVAL", "AVAR"])
    worm["activity"] = (
        worm["activity"].to_dataset().assign_coords(identified=("neuron", np.array([False, True])))
    )
    matched = match_connectome(cook, worm)
    assert json.loads(matched.attrs["not_matched"]) == ["AVAL"]


def test_counts_and_labels_of_what_is_lost_are_blank(shared_data: Path) -> None:
    worms = nk.open(shared_data / FOLDER / "openworm_CElegansNeuronTables.xls", "celegans.openworm")
    alone = match_connectome(worms, _worm(["AVAL", "unknown"]))["connectome"]
    (released,) = worms["connectome"]["transmitter"].sel(pre=["AVAL"]).values
    assert released
    assert alone["transmitter"].values.tolist() == [released, ""]
    assert alone["pre_type"].values.tolist() == ["neuron", "neuron"]
    both = match_connectome(combine({"a": worms}), _worm(["AVAL", "AVAR", "unknown"]))["connectome"]
    assert both["n_sources"].sel(pre="unknown").sum() == 0
    assert both["n_observed"].dtype == np.int64
    assert both["n_observed"].sel(pre="AVAL", post="AVAR").values.tolist() == [1, 1]
    assert both["weight_sd"].sel(pre="unknown").isnull().all()


def test_the_connectome_itself_is_left_as_it_is(cook: xr.DataTree) -> None:
    before = cook["connectome"]["weight"].values.copy()
    match_connectome(cook, _worm(["AVAL", "x"]))
    np.testing.assert_array_equal(cook["connectome"]["weight"].values, before)
    assert "not_matched" not in cook.attrs


def test_nothing_to_match_is_an_error(cook: xr.DataTree) -> None:
    with pytest.raises(
        LabelError, match=r"no neuron of the recording is in the connectome: a, b\."
    ):
        match_connectome(cook, _worm(["a", "b"]))
    with pytest.raises(SchemaError, match="rec: has no /activity over neurons"):
        match_connectome(cook, cook)
    with pytest.raises(SchemaError, match="has no /connectome"):
        match_connectome(_worm(["AVAL"]), _worm(["AVAL"]))
