"""Lists of synapses in JSON: totals of the files, each synapse once, faults named by entry."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import xarray as xr
from neurokit_loaders.witvliet import LOADER

import neurokit as nk
from neurokit.celegans import cell_name
from neurokit.errors import FileContentError, OptionError
from neurokit.schema import Finding, findings_from_json
from neurokit.testing import assert_same

FOLDER = "celegans_connectome"
# Pairs and synapses: chemical, then gap junctions of both sides, counted with json.
TOTALS = {
    1: (775, 1296, 164, 206),
    2: (986, 1895, 245, 263),
    4: (1136, 2777, 415, 483),
    5: (1515, 4116, 577, 831),
    6: (1525, 4456, 427, 533),
    7: (2202, 7467, 579, 797),
    8: (2186, 7970, 616, 855),
}


def _weight(rec: xr.DataTree, kind: str) -> xr.DataArray:
    return rec["connectome"]["weight"].sel(synapse_type=kind)


def _findings(rec: xr.DataTree) -> dict[str, Finding]:
    return {f.code: f for f in findings_from_json(str(rec.attrs.get("findings", "[]")))}


@pytest.mark.parametrize(
    "animal", [1, *(pytest.param(number, marks=pytest.mark.slow) for number in list(TOTALS)[1:])]
)
def test_every_synapse_of_an_animal_is_there(shared_data: Path, animal: int) -> None:
    path = shared_data / FOLDER / f"witvliet_2020_{animal}.json"
    entries = json.loads(path.read_text(encoding="utf-8"))
    rec = LOADER.open(path)
    listed = {
        kind: {
            (cell_name(e["pre"]), cell_name(e["post"])): len(e["syn"])
            for e in entries
            if e["typ"] == typ
        }
        for kind, typ in (("chemical", 0), ("electrical", 2))
    }
    counts = [(len(pairs), sum(pairs.values())) for pairs in listed.values()]
    assert (*counts[0], *counts[1]) == TOTALS[animal]
    for kind, pairs in listed.items():
        ours = _weight(rec, kind).sel(
            pre=xr.DataArray([pair[0] for pair in pairs]),
            post=xr.DataArray([pair[1] for pair in pairs]),
        )
        np.testing.assert_array_equal(ours.values, list(pairs.values()))
    assert _weight(rec, "chemical").sum().item() == TOTALS[animal][1]
    gaps = _weight(rec, "electrical").values
    np.testing.assert_array_equal(gaps, gaps.T)
    once = {frozenset(pair): number for pair, number in listed["electrical"].items()}
    assert np.triu(gaps).sum() == sum(once.values())


def test_an_animal_keeps_the_contract_and_says_who_it_is(shared_data: Path, tmp_path: Path) -> None:
    rec = nk.open(shared_data / FOLDER / "witvliet_2020_8.json")
    assert rec.attrs["loader"] == "celegans.witvliet"
    assert nk.validate(rec).ok
    assert (rec.attrs["animals"], rec.attrs["stage"]) == ('["witvliet_8"]', "adult")
    assert rec["connectome"]["quantity"].values.tolist() == ["synapses", "synapses"]
    # Processes that were cut off by the edge of the volume are cells of no known kind.
    assert "Fragment, VAn" in _findings(rec)["NK841"].found
    kinds = rec["connectome"]["pre_type"].sel(pre=["AVAL", "dBWML1", "CEPshVL", "Fragment"])
    assert kinds.values.tolist() == ["neuron", "muscle", "other", "other"]
    nk.save(rec, tmp_path / "rec.nc")
    assert_same(rec, nk.open(tmp_path / "rec.nc"))


def test_the_list_agrees_with_the_table_of_the_same_animal(shared_data: Path) -> None:
    animal = nk.open(shared_data / FOLDER / "witvliet_2020_7.json")
    table = nk.open(shared_data / FOLDER / "wormneuroatlas_aconnectome_witvliet_2020_7.csv")
    assert animal.attrs["animals"] == table.attrs["animals"]
    there = set(table["connectome"]["pre"].values)
    cells = [name for name in animal["connectome"]["pre"].values if name in there]
    a, b = (_weight(rec, "chemical").sel(pre=cells, post=cells).values for rec in (animal, table))
    # The releases differ in three weights onto muscles.
    places = [(str(cells[i]), str(cells[j])) for i, j in np.argwhere(a != b)]
    assert places == [("RIVL", "vBWMR7"), ("RMER", "dBWML4"), ("RMGR", "dBWMR6")]


def test_the_pharynx_is_read_entries_of_a_pair_summed_and_repeats_once(shared_data: Path) -> None:
    path = shared_data / FOLDER / "cook_2020.json"
    rec = nk.open(path)
    sent = _weight(rec, "chemical")
    assert sent.sel(pre="M4", post="I4").item() == 4 + 1
    # Stands twice word for word; in Cook et al. 2019 it has the same 15 sections.
    assert sent.sel(pre="M4", post="M4").item() == 15
    other = nk.open(shared_data / FOLDER / "pubutils_chemical_Cook2019.csv", "connectome.matrix")
    theirs = _weight(other, "chemical")
    assert theirs.sel(pre="M4", post="M4").item() == 15
    assert theirs.sel(pre="M4", post="I4").item() == 5
    codes = [f.code for f in findings_from_json(rec.attrs["findings"])]
    assert codes.count("NK842") == 2
    assert rec["connectome"]["quantity"].values.tolist() == ["EM sections"] * 2
    assert rec.attrs["doi"] == "10.1002/cne.24932"


def test_the_shared_broken_list_is_read_and_each_fault_said(
    shared_corrupt: Path, shared_data: Path
) -> None:
    rec = nk.open(shared_corrupt / "15_connectome_bad_entries.json")
    found = _findings(rec)
    assert found["NK841"].found == "no known cell is named XYZ99"
    weights = [f.found for f in findings_from_json(rec.attrs["findings"]) if f.code == "NK845"]
    assert "ADAL-AVBL (entry 6: 3, 1)" in weights[0]
    assert "ADAL-AVBL (-3, entry 6)" in weights[1]
    assert found["NK842"].found.startswith("1 edges stand more than once: ADAL-ADAR (entries")
    assert found["NK842"].mend == "An entry that stands twice counts once."
    whole = nk.open(shared_data / FOLDER / "witvliet_2020_1.json")
    assert _weight(rec, "electrical").sel(pre="ADAL", post="ADAR") == _weight(
        whole, "electrical"
    ).sel(pre="ADAL", post="ADAR")
    assert not nk.validate(rec).ok  # a count below zero breaks the contract


# --- small lists made here


def _entry(**changes: object) -> dict[str, object]:
    return {"pre": "AVAL", "post": "VB01", "typ": 0, "syn": [1, 1], "ids": [7, 8], **changes}


def _write(folder: Path, entries: object) -> Path:
    path = folder / "animal.json"
    text = entries if isinstance(entries, str) else json.dumps(entries)
    path.write_text(text, encoding="utf-8")
    return path


def test_two_entries_of_a_pair_are_summed_unless_they_are_the_same(tmp_path: Path) -> None:
    same = LOADER.open(_write(tmp_path, [_entry(), _entry()]))
    other = LOADER.open(_write(tmp_path, [_entry(), _entry(ids=[9, 10])]))
    assert _weight(same, "chemical").sum().item() == 2
    assert _weight(other, "chemical").sum().item() == 4
    assert "Their weights are summed" in _findings(other)["NK842"].mend
    assert LOADER.info(_write(tmp_path, [_entry(), _entry(typ=2)])) == {
        "entries": "chemical 1, electrical 1",
        "repeated": 0,
    }


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"typ": 1}, "type 1; 0 is chemical, 2 electrical"),
        ({"typ": True}, "type True"),
        ({"syn": "11"}, "a syn that is no list of whole numbers"),
        ({"syn": [1.5, 1]}, "a syn that is no list of whole numbers"),
        ({"pre": None}, "a name that is no text"),
        ({"post": " "}, "lacks a name"),
    ],
)
def test_a_fault_names_the_entry(tmp_path: Path, changes: dict[str, object], words: str) -> None:
    path = _write(tmp_path, [_entry(), _entry(**changes)])
    with pytest.raises(FileContentError, match=rf"animal\.json: entry 1.*{words}"):
        LOADER.open(path)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ([], "is no list of synapses"),
        ({"pre": 1}, "is no list of synapses"),
        ([{"pre": "AVAL"}], "entry 0 lacks post, typ, syn"),
        (["AVAL"], "entry 0 lacks pre, post, typ, syn"),
        ("[" * 100_000, "nested too deeply|no whole JSON"),
        ('[{"pre": "AVAL"', "no whole JSON: .* line 1, column"),
    ],
)
def test_other_json_is_an_error(tmp_path: Path, content: object, words: str) -> None:
    with pytest.raises(FileContentError, match=rf"animal\.json: .*({words})"):
        LOADER.open(_write(tmp_path, content))


def test_a_file_cut_anywhere_is_an_error(shared_data: Path, tmp_path: Path) -> None:
    whole = (shared_data / FOLDER / "witvliet_2020_1.json").read_bytes()
    path = tmp_path / "animal.json"
    for size in [0, 1, 50, *range(1000, len(whole), 9001), len(whole.rstrip()) - 1]:
        path.write_bytes(whole[:size])
        with pytest.raises(FileContentError, match=r"animal\.json"):
            LOADER.open(path)


def test_text_in_another_encoding_is_an_error(tmp_path: Path) -> None:
    path = tmp_path / "animal.json"
    path.write_bytes(b'[{"pre": "AVAL\xe9"}]')
    with pytest.raises(FileContentError, match="is not UTF-8 at byte 14"):
        LOADER.open(path)


def test_the_dataset_can_be_said(tmp_path: Path) -> None:
    path = _write(tmp_path, [_entry()])
    assert "animals" not in LOADER.open(path).attrs
    assert LOADER.open(path, dataset="witvliet_2020_3").attrs["stage"] == "L1"
    with pytest.raises(OptionError, match="did you mean 'witvliet_2020_3'"):
        LOADER.open(path, dataset="witvliet_2020_33")


@pytest.mark.parametrize(
    ("text", "fits"),
    [
        (json.dumps([_entry()]), True),
        (json.dumps([_entry()], indent=2), True),
        ('[{"ids":[1],"post":"A","pre":"B"}]', True),
        ('{"nodes": [], "links": []}', False),
        ("[[0.1, [1, 2]]]", False),
        ("pre,post,typ\n", False),
        ("", False),
    ],
)
def test_sniffing_wants_a_list_of_pairs(tmp_path: Path, text: str, fits: bool) -> None:
    assert (LOADER.sniff(_write(tmp_path, text)) > 0.9) == fits
