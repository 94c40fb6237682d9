"""Combined connectomes: an animal counts once, kinds stay apart, what is not observed is NaN."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import xarray as xr

import neurokit as nk
from neurokit.celegans import combine
from neurokit.errors import OptionError, SchemaError, UnitsError
from neurokit.schema import activity, as_history, connectome, findings_from_json, recording
from neurokit.testing import assert_same

FOLDER = "celegans_connectome"


def _connectome(
    weights: dict[str, dict[tuple[str, str], float]],
    cells: list[str],
    *,
    animals: list[str] | None = None,
    quantity: str = "synapses",
    **attrs: str,
) -> xr.DataTree:
    """Return a connectome of a few cells; a pair that is not given is 0."""
    values = np.zeros((len(weights), len(cells), len(cells)))
    for layer, pairs in zip(values, weights.values(), strict=True):
        for (pre, post), weight in pairs.items():
            layer[cells.index(pre), cells.index(post)] = weight
    group = connectome(values, pre=cells, post=cells, synapse_type=list(weights))
    group = group.assign_coords(quantity=("synapse_type", np.array([quantity] * len(weights))))
    if animals is not None:
        attrs["animals"] = json.dumps(animals)
    return recording({"connectome": group}, modality="connectome", attrs=attrs)


def _one(weight: float, animal: str, **options: Any) -> xr.DataTree:
    pairs = {"chemical": {("AVAL", "AVAR"): weight}}
    return _connectome(pairs, ["AVAL", "AVAR"], animals=[animal], **options)


def _at(
    rec: xr.DataTree, pre: str, post: str, name: str = "weight", kind: str = "chemical"
) -> float:
    return float(rec["connectome"][name].sel(synapse_type=kind, pre=pre, post=post))


# --- defects of the published consensus, each right here


def test_equal_weights_of_several_animals_all_count() -> None:
    # Published: the mean over set(values), which is 6.5.
    values = (3.0, 3.0, 3.0, 3.0, 10.0)
    rec = combine({f"a{i}": _one(value, f"a{i}") for i, value in enumerate(values)})
    assert _at(rec, "AVAL", "AVAR") == pytest.approx(4.4)
    assert _at(rec, "AVAL", "AVAR", "weight_sd") == pytest.approx(np.std(values, ddof=1))
    assert _at(rec, "AVAL", "AVAR", "n_sources") == 5


def test_a_spread_exists_without_the_other_kind_of_synapse() -> None:
    # Published: 0.9 sd_chemical + 0.1 sd_gap, NaN unless a pair has both.
    rec = combine({"a": _one(1.0, "a"), "b": _one(3.0, "b")})
    assert _at(rec, "AVAL", "AVAR", "weight_sd") == pytest.approx(np.sqrt(2))


def test_one_animal_in_two_files_counts_once() -> None:
    # Published: Cook et al. enters twice, because two files match one pattern.
    sources = [_one(10.0, "x"), _one(10.0, "x"), _one(1.0, "y")]
    rec = combine(sources)
    assert _at(rec, "AVAL", "AVAR") == 5.5
    assert _at(rec, "AVAL", "AVAR", "n_sources") == 2
    assert json.loads(rec.attrs["groups"]) == {"chemical": [["source-1", "source-2"], ["source-3"]]}
    assert _at(combine(sources, group_by="source"), "AVAL", "AVAR") == 7.0


def test_sources_that_share_animals_through_a_third_are_one() -> None:
    sources = {"a": _one(1.0, "x"), "b": _one(2.0, "y"), "c": _one(9.0, "z")}
    said = {"b": ["x", "y"]}
    rec = combine(sources, animals=said)
    assert json.loads(rec.attrs["groups"])["chemical"] == [["a", "b"], ["c"]]
    assert _at(rec, "AVAL", "AVAR") == (1.5 + 9.0) / 2
    linked = combine(sources, animals={"b": ["x", "z"]})
    assert _at(linked, "AVAL", "AVAR") == 4.0
    assert np.isnan(_at(linked, "AVAL", "AVAR", "weight_sd"))


def test_sections_and_synapses_are_not_averaged() -> None:
    sources = {"a": _one(3.0, "a"), "b": _one(30.0, "b", quantity="EM sections")}
    with pytest.raises(
        UnitsError, match=r"chemical weights count 2 things: EM sections \(b\); syn"
    ):
        combine(sources)
    rec = combine(sources, normalise="per_source_total")
    assert _at(rec, "AVAL", "AVAR") == 1.0
    assert rec["connectome"]["quantity"].item() == "share of the total"


def test_every_row_of_a_pair_counts(shared_data: Path) -> None:
    # Published: of chemical rows of one pair the first is kept, and of Varshney only type Sp.
    rec = nk.open(shared_data / FOLDER / "NeuronConnectFormatted.xlsx", "celegans.varshney")
    both = combine({"list": rec})
    assert _at(both, "AVAL", "VA8") == 9
    assert _at(both, "AVAL", "AVAR", kind="electrical") == _at(
        both, "AVAR", "AVAL", kind="electrical"
    )


# --- observed, absent, not observed


def test_a_cell_that_a_source_does_not_name_is_not_observed_there() -> None:
    small = _connectome({"chemical": {("AVAL", "AVAR"): 4.0}}, ["AVAL", "AVAR"], animals=["a"])
    large = _connectome(
        {"chemical": {("AVAL", "VB1"): 6.0}}, ["AVAL", "AVAR", "VB1"], animals=["b"]
    )
    rec = combine({"small": small, "large": large})
    assert _at(rec, "AVAL", "AVAR") == 2.0  # the large one looked, and there is none
    assert _at(rec, "AVAL", "VB1") == 6.0  # the small one could not look
    assert _at(rec, "AVAL", "VB1", "n_observed") == 1
    assert _at(rec, "AVAL", "AVAR", "n_observed") == 2
    assert _at(rec, "AVAL", "AVAR", "n_sources") == 1
    skipped = combine({"small": small, "large": large}, absent="skip")
    assert _at(skipped, "AVAL", "AVAR") == 4.0
    assert _at(skipped, "VB1", "AVAR") == 0.0


def test_what_nobody_observed_is_nan() -> None:
    a = _connectome({"chemical": {("AVAL", "AVAR"): 1.0}}, ["AVAL", "AVAR"], animals=["a"])
    b = _connectome({"chemical": {("RIML", "RIMR"): 1.0}}, ["RIML", "RIMR"], animals=["b"])
    rec = combine({"a": a, "b": b})
    assert np.isnan(_at(rec, "AVAL", "RIML"))
    assert _at(rec, "AVAL", "RIML", "n_observed") == 0
    assert rec["connectome"]["pre"].values.tolist() == ["AVAL", "AVAR", "RIML", "RIMR"]


def test_nan_of_a_source_stays_out_of_the_mean() -> None:
    known, unknown = _one(2.0, "a"), _one(float("nan"), "b")
    rec = combine({"a": known, "b": unknown})
    assert _at(rec, "AVAL", "AVAR") == 2.0
    assert _at(rec, "AVAR", "AVAL", "n_observed") == 2


@pytest.mark.parametrize(
    ("how", "expected"), [("mean", 4.0), ("sum", 12.0), ("max", 9.0), ("median", 2.0)]
)
def test_how_animals_are_reduced(how: str, expected: float) -> None:
    sources = {name: _one(value, name) for name, value in (("a", 1.0), ("b", 2.0), ("c", 9.0))}
    assert _at(combine(sources, how=how), "AVAL", "AVAR") == expected


# --- kinds and symmetry


def test_kinds_of_synapses_stay_apart() -> None:
    a = _connectome(
        {"chemical": {("AVAL", "AVAR"): 1.0}, "electrical": {("AVAL", "AVAR"): 5.0}},
        ["AVAL", "AVAR"],
        animals=["a"],
    )
    b = _one(3.0, "b")
    c = _connectome(
        {"functional": {("AVAL", "AVAR"): -0.5}}, ["AVAL", "AVAR"], animals=["c"], quantity="dF/F"
    )
    rec = combine({"a": a, "b": b, "c": c})
    kinds = rec["connectome"]["synapse_type"].values.tolist()
    assert kinds == ["chemical", "electrical", "functional"]
    assert [_at(rec, "AVAL", "AVAR", kind=kind) for kind in kinds] == [2.0, 5.0, -0.5]
    # A source without a kind of synapse says nothing about it.
    assert _at(rec, "AVAL", "AVAR", "n_observed", "electrical") == 1
    quantities = rec["connectome"]["quantity"].values.tolist()
    assert quantities == ["synapses", "synapses", "dF/F"]


def test_gap_junctions_are_symmetric_even_if_a_source_is_not() -> None:
    one_way = _connectome(
        {"electrical": {("AVAL", "AVAR"): 4.0}}, ["AVAL", "AVAR", "VB1"], animals=["a"]
    )
    two_ways = _connectome(
        {"electrical": {("AVAL", "AVAR"): 2.0, ("AVAR", "AVAL"): 2.0}},
        ["AVAR", "AVAL"],
        animals=["b"],
    )
    rec = combine({"a": one_way, "b": two_ways})
    values = rec["connectome"]["weight"].sel(synapse_type="electrical").values
    np.testing.assert_array_equal(values, values.T)
    assert _at(rec, "AVAR", "AVAL", kind="electrical") == 3.0
    assert nk.validate(rec).ok


def test_chemical_synapses_keep_their_direction() -> None:
    rec = combine({"a": _one(4.0, "a"), "b": _one(2.0, "b")})
    assert (_at(rec, "AVAL", "AVAR"), _at(rec, "AVAR", "AVAL")) == (3.0, 0.0)


# --- real sources


@pytest.fixture(scope="module")
def sources(shared_data: Path) -> dict[str, xr.DataTree]:
    """Nine tables of five animals."""
    folder = shared_data / FOLDER
    tables = {
        name: nk.open(folder / f"wormneuroatlas_aconnectome_{name}.csv", "connectome.edge_list")
        for name in ("white_1986_whole", "white_1986_A", "white_1986_L4", "witvliet_2020_8")
    }
    files = {
        "varshney": ("varshney2011_ConnOrdered_040903.mat", "celegans.varshney"),
        "openworm": ("openworm_CElegansNeuronTables.xls", "celegans.openworm"),
        "animal_7": ("witvliet_2020_7.json", "celegans.witvliet"),
        "animal_8": ("witvliet_2020_8.json", "celegans.witvliet"),
        "cook": ("cook2019_herm_full_edgelist.csv", "connectome.edge_list"),
    }
    opened = {name: nk.open(folder / file, loader) for name, (file, loader) in files.items()}
    return {**tables, **opened}


def test_real_sources_are_five_animals(sources: dict[str, xr.DataTree]) -> None:
    rec = combine(sources, normalise="per_source_total")
    groups = json.loads(rec.attrs["groups"])
    assert groups["chemical"] == [
        ["white_1986_whole", "white_1986_A", "varshney", "openworm", "cook"],
        ["white_1986_L4"],
        ["witvliet_2020_8", "animal_8"],
        ["animal_7"],
    ]
    assert groups["electrical"] == groups["chemical"]
    assert int(rec["connectome"]["n_observed"].max()) == 4
    assert nk.validate(rec).ok
    with pytest.raises(UnitsError, match=r"EM sections \(cook\)"):
        combine(sources)


def test_a_mean_of_two_animals_is_that_of_their_synapses(sources: dict[str, xr.DataTree]) -> None:
    rec = combine({name: sources[name] for name in ("animal_7", "animal_8")})
    a, b = (
        sources[name]["connectome"]["weight"].sel(synapse_type="chemical")
        for name in ("animal_7", "animal_8")
    )
    cells = [name for name in a["pre"].values if name in set(b["pre"].values)]
    expected = (a.sel(pre=cells, post=cells) + b.sel(pre=cells, post=cells)) / 2
    ours = rec["connectome"]["weight"].sel(synapse_type="chemical", pre=cells, post=cells)
    np.testing.assert_allclose(ours.values, expected.values, rtol=1e-6)
    total = combine({name: sources[name] for name in ("animal_7", "animal_8")}, how="sum")
    assert np.nansum(total["connectome"]["weight"].sel(synapse_type="chemical")) == 7467 + 7970


def test_a_combined_connectome_is_saved_and_says_how_it_came_to_be(
    sources: dict[str, xr.DataTree], tmp_path: Path
) -> None:
    rec = combine({name: sources[name] for name in ("animal_7", "white_1986_L4")}, how="max")
    nk.save(rec, tmp_path / "rec.zarr")
    assert_same(rec, nk.open(tmp_path / "rec.zarr"))
    step = as_history(rec)[-1]
    assert step["function"] == "celegans.combine"
    assert step["parameters"]["how"] == "max"
    assert rec.attrs["source"] == "animal_7, white_1986_L4"
    assert json.loads(rec.attrs["animals"]) == ["JSH", "witvliet_7"]
    # It knows its animals, so that it can take part again.
    again = combine([rec, sources["animal_7"]])
    assert len(json.loads(again.attrs["groups"])["chemical"]) == 1
    kinds = rec["connectome"]["pre_type"].sel(pre=["AVAL", "dBWML1"]).values.tolist()
    assert kinds == ["neuron", "muscle"]


# --- what cannot be combined, and what is said


def test_sources_without_animals_are_taken_as_independent_and_said() -> None:
    pairs = {"chemical": {("AVAL", "AVAR"): 2.0}}
    rec = combine({"a": _connectome(pairs, ["AVAL", "AVAR"]), "b": _one(4.0, "x")})
    (finding,) = findings_from_json(rec.attrs["findings"])
    assert (finding.code, finding.found) == ("NK849", "nothing says which animals they show: a")
    assert _at(rec, "AVAL", "AVAR", "n_sources") == 2
    said = combine(
        {"a": _connectome(pairs, ["AVAL", "AVAR"]), "b": _one(4.0, "x")}, animals={"a": ["x"]}
    )
    assert "findings" not in said.attrs
    assert _at(said, "AVAL", "AVAR", "n_sources") == 1


def test_atlases_of_one_dataset_are_one() -> None:
    a, b = (
        _connectome(
            {"peptidergic": {("AVAL", "AVAR"): w}},
            ["AVAL", "AVAR"],
            animals=[],
            dataset="bentley_2016",
        )
        for w in (1.0, 3.0)
    )
    rec = combine([a, b])
    assert json.loads(rec.attrs["groups"]) == {
        "peptidergic": [["bentley_2016", "bentley_2016 (2)"]]
    }


def test_weights_of_unknown_quantity_are_said() -> None:
    rec = combine({"a": _one(1.0, "a", quantity=""), "b": _one(3.0, "b")})
    (finding,) = findings_from_json(rec.attrs["findings"])
    assert "nothing says what the chemical weights count of a" in finding.found
    assert rec["connectome"]["quantity"].item() == "synapses"


def test_nothing_in_common_cannot_be_normalised() -> None:
    a = _connectome({"chemical": {("AVAL", "AVAR"): 1.0}}, ["AVAL", "AVAR"], animals=["a"])
    b = _connectome({"chemical": {("RIML", "RIMR"): 1.0}}, ["RIML", "RIMR"], animals=["b"])
    with pytest.raises(SchemaError, match=r"among the 0 pairs that all sources observed: a, b"):
        combine({"a": a, "b": b}, normalise="per_source_total")


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"how": "average"}, "'mean', 'sum', 'max', 'median'"),
        ({"group_by": "animals"}, "did you mean 'animal'"),
        ({"absent": "nan"}, "'zero', 'skip'"),
        ({"normalise": "total"}, "'per_source_total'"),
        ({"animals": {"c": ["x"]}}, "'a', 'b'"),
    ],
)
def test_unknown_options_are_refused(options: dict[str, Any], words: str) -> None:
    with pytest.raises(OptionError, match=words):
        combine({"a": _one(1.0, "a"), "b": _one(1.0, "b")}, **options)


def test_what_is_no_connectome_is_refused() -> None:
    with pytest.raises(SchemaError, match="no connectome is given"):
        combine([])
    traces = activity(np.zeros((3, 1)), names=["AVAL"], rate=1.0)
    with pytest.raises(SchemaError, match="worm: has no /connectome"):
        combine({"worm": recording({"activity": traces}, modality="calcium")})
