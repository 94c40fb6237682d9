"""Edge lists: every row counts once, faults are named by line, junctions have no direction."""

from __future__ import annotations

import csv
import json
from collections import defaultdict
from pathlib import Path

import numpy as np
import pytest
import xarray as xr
from neurokit_loaders.edge_list import LOADER

import neurokit as nk
from neurokit.celegans import cell_name
from neurokit.errors import FileContentError, OptionError
from neurokit.schema import findings_from_json
from neurokit.testing import assert_same

REAL = "celegans_connectome/cook2019_herm_full_edgelist.csv"
HEADER = "Source,Target,Weight,Type\n"


def _codes(rec: xr.DataTree) -> list[str]:
    return [f.code for f in findings_from_json(str(rec.attrs.get("findings", "[]")))]


def _write(folder: Path, text: str, name: str = "edges.csv") -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def _at(rec: xr.DataTree, kind: str, pre: str, post: str) -> float:
    return float(rec["connectome"]["weight"].sel(synapse_type=kind, pre=pre, post=post))


def test_every_row_of_the_real_list_is_in_the_matrix(shared_data: Path) -> None:
    rec = nk.open(shared_data / REAL)
    assert rec.attrs["loader"] == "connectome.edge_list"
    stored: dict[tuple[str, str, str], float] = defaultdict(float)
    with (shared_data / REAL).open(encoding="utf-8") as file:
        for row in csv.DictReader(file):
            pre, post = cell_name(row["Source"]), cell_name(row["Target"])
            stored[row["Type"], pre, post] += float(row["Weight"])
    assert len(stored) == 7379
    kinds, pres, posts = (xr.DataArray(list(labels)) for labels in zip(*stored, strict=True))
    found = rec["connectome"]["weight"].sel(synapse_type=kinds, pre=pres, post=posts).values
    expected = [
        value if kind == "chemical" else (value + stored.get((kind, post, pre), value)) / 2
        for (kind, pre, post), value in stored.items()
    ]
    assert found.tolist() == expected
    chemical = rec["connectome"]["weight"].sel(synapse_type="chemical")
    assert int((chemical != 0).sum()) == 4681


def test_the_real_list_keeps_the_contract(shared_data: Path, tmp_path: Path) -> None:
    rec = nk.open(shared_data / REAL)
    assert nk.validate(rec).ok
    group = rec["connectome"]
    assert group["synapse_type"].values.tolist() == ["chemical", "electrical"]
    assert dict(group.sizes) == {"synapse_type": 2, "pre": 448, "post": 448}
    assert group["pre"].values[:3].tolist() == ["ADAL", "ADAR", "ADEL"]
    electrical = group["weight"].sel(synapse_type="electrical").values
    np.testing.assert_array_equal(electrical, electrical.T)
    # Measured: 13 junctions have two weights, 6 are listed in one direction.
    assert "13 gap junctions have two weights" in rec.attrs["findings"]
    assert "6 gap junctions are listed in one direction" in rec.attrs["findings"]
    for suffix in ("nc", "zarr"):
        nk.save(rec, tmp_path / f"rec.{suffix}")
        assert_same(rec, nk.open(tmp_path / f"rec.{suffix}"))


@pytest.mark.parametrize(
    "name", ["white_1986_whole", "white_1986_L4", "witvliet_2020_7", "witvliet_2020_8"]
)
def test_other_published_lists_open_as_they_are(shared_data: Path, name: str) -> None:
    path = shared_data / "celegans_connectome" / f"wormneuroatlas_aconnectome_{name}.csv"
    rec = nk.open(path)
    assert rec.attrs["loader"] == "connectome.edge_list"
    assert nk.validate(rec).ok
    with path.open(encoding="utf-8") as file:
        rows = [row for row in csv.DictReader(file, delimiter="\t") if row["type"] == "chemical"]
    chemical = rec["connectome"]["weight"].sel(synapse_type="chemical")
    assert chemical.sum().item() == sum(float(row["synapses"]) for row in rows)


def test_the_shared_ragged_file_names_its_lines(shared_corrupt: Path) -> None:
    path = shared_corrupt / "12_ragged_rows.csv"
    assert LOADER.sniff(path) > 0.5
    with pytest.raises(FileContentError, match=r"line 41 has 6 fields, line 42 has 1 field"):
        LOADER.open(path)


def test_padded_names_are_one_cell_and_blanks_are_dropped(tmp_path: Path) -> None:
    rec = LOADER.open(_write(tmp_path, HEADER + "AVAL ,VB01,2,chemical\n VB1, AVAL ,3,chemical\n"))
    assert rec["connectome"]["pre"].values.tolist() == ["AVAL", "VB1"]
    assert _at(rec, "chemical", "AVAL", "VB1") == 2
    assert _at(rec, "chemical", "VB1", "AVAL") == 3


def test_repeated_rows_are_summed_and_said(tmp_path: Path) -> None:
    rows = "AVAL,VB1,2,chemical\nAVAL,AVBL,1,chemical\nAVAL,VB01,5,chemical\n"
    rec = LOADER.open(_write(tmp_path, HEADER + rows))
    assert _at(rec, "chemical", "AVAL", "VB1") == 7
    assert _codes(rec) == ["NK842"]
    assert "AVAL-VB1 chemical (line 2, line 4)" in rec.attrs["findings"]


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        ("AVAL,AVAR,4,electrical\nAVAR,AVAL,4,electrical\n", 4),
        ("AVAL,AVAR,4,electrical\n", 4),
        ("AVAL,AVAR,4,electrical\nAVAR,AVAL,6,electrical\n", 5),
        ("AVAL,AVAR,nan,electrical\nAVAR,AVAL,6,electrical\n", np.nan),
    ],
)
def test_a_gap_junction_is_one_edge_however_it_is_listed(
    tmp_path: Path, rows: str, expected: float
) -> None:
    rec = LOADER.open(_write(tmp_path, HEADER + rows))
    both = [_at(rec, "electrical", *pair) for pair in (("AVAL", "AVAR"), ("AVAR", "AVAL"))]
    np.testing.assert_array_equal(both, [expected, expected])


def test_nan_is_not_observed_and_unlisted_is_zero(tmp_path: Path) -> None:
    rec = LOADER.open(_write(tmp_path, HEADER + "AVAL,AVAR,NaN,chemical\nAVBL,AVAR,NA,chemical\n"))
    assert np.isnan(_at(rec, "chemical", "AVAL", "AVAR"))
    assert np.isnan(_at(rec, "chemical", "AVBL", "AVAR"))
    assert _at(rec, "chemical", "AVAR", "AVAL") == 0


def test_negative_weights_and_unknown_names_are_kept_and_said(tmp_path: Path) -> None:
    rec = LOADER.open(_write(tmp_path, HEADER + "AVAL,XYZ99,-3,chemical\n"))
    assert _at(rec, "chemical", "AVAL", "XYZ99") == -3
    assert {"NK841", "NK845"} <= set(_codes(rec))
    assert rec["connectome"]["post_type"].sel(post="XYZ99").item() == "other"


@pytest.mark.parametrize("delimiter", [",", "\t", ";"])
@pytest.mark.parametrize("header", ["pre,post,synapses,type", "From,To,Number,Kind"])
def test_usual_headers_and_delimiters_are_understood(
    tmp_path: Path, delimiter: str, header: str
) -> None:
    text = f"{header}\nAVAL,AVAR,2,gap junction\nAVAL,AVBL,1,chem\n".replace(",", delimiter)
    path = _write(tmp_path, text)
    assert LOADER.sniff(path) == 0.9
    rec = LOADER.open(path)
    assert _at(rec, "electrical", "AVAR", "AVAL") == 2
    assert _at(rec, "chemical", "AVAL", "AVBL") == 1


def test_columns_can_be_named(tmp_path: Path) -> None:
    path = _write(tmp_path, "a,b,sections\nAVAL,AVAR,2\n")
    assert LOADER.sniff(path) == 0.0
    with pytest.raises(FileContentError, match=r"has no column of source.*a, b, sections"):
        LOADER.open(path)
    named = {"source": "a", "target": "b", "weight": "sections"}
    rec = LOADER.open(path, **named, default_type="contact")
    assert _at(rec, "contact", "AVAL", "AVAR") == 2
    with pytest.raises(OptionError, match="has no column 'c'"):
        LOADER.open(path, **(named | {"target": "c"}))


def test_a_byte_order_mark_and_empty_lines_do_no_harm(tmp_path: Path) -> None:
    path = tmp_path / "edges.csv"
    path.write_bytes(("\ufeff" + HEADER + "\nAVAL,AVAR,2,chemical\n\n").encode())
    assert LOADER.sniff(path) == 0.9
    assert _at(LOADER.open(path), "chemical", "AVAL", "AVAR") == 2


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        ("AVAL,AVAR,2\n", "line 2 has 3 fields, the header has 4"),
        ("AVAL,AVAR,two,chemical\n", "line 2 holds 'two' where a number belongs"),
        ("AVAL,AVAR,,chemical\n", "line 2 holds ''"),
        ("AVAL,AVAR,1,chemical\n,AVAR,1,chemical\n", "line 3 lacks a name"),
        ("AVAL,AVAR,1,telepathic\n", "line 2 has the type 'telepathic'"),
        ('AVAL,"AVAR,1,chemical\n', "line 2 cannot be split"),
        ("", "has no row below its header"),
    ],
)
def test_faults_are_named_by_line(tmp_path: Path, rows: str, words: str) -> None:
    with pytest.raises(FileContentError, match=words) as caught:
        LOADER.open(_write(tmp_path, HEADER + rows))
    assert "edges.csv" in str(caught.value)


def test_lines_are_counted_as_an_editor_does_across_quoted_breaks(tmp_path: Path) -> None:
    rows = '"AV\nAL",AVAR,1,chemical\nAVAL,AVAR,x,chemical\n'
    with pytest.raises(FileContentError, match="line 4 holds 'x'"):
        LOADER.open(_write(tmp_path, HEADER + rows))


def test_another_encoding_is_named_and_can_be_given(tmp_path: Path) -> None:
    path = tmp_path / "edges.csv"
    path.write_bytes((HEADER + "AVAL,caf\xe9,2,chemical\n").encode("latin-1"))
    with pytest.raises(FileContentError, match=r"is not UTF-8: byte 0xE9 in line 2"):
        LOADER.open(path)
    assert _at(LOADER.open(path, encoding="latin-1"), "chemical", "AVAL", "café") == 2
    with pytest.raises(FileContentError, match="encoding 'klingon' is unknown"):
        LOADER.open(path, encoding="klingon")


@pytest.mark.parametrize(
    "content", [b"", b"\x00\x01\x02", b"onset\tduration\ttrial_type\n0\t1\ta\n"]
)
def test_other_files_are_not_sniffed(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "other.tsv"
    path.write_bytes(content)
    assert LOADER.sniff(path) == 0.0
    assert LOADER.sniff(tmp_path) == 0.0


def test_info_says_which_columns_are_understood(tmp_path: Path) -> None:
    info = LOADER.info(_write(tmp_path, "pre,post,synapses,remark\nAVAL,AVAR,1,x\n"))
    assert info == {"columns": "pre, post, synapses, remark", "understood": "pre, post, synapses"}


# --- the published tables of White 1986 and Witvliet 2021, and graphs

# Rows, sum of weights, gap junctions, sum of weights: counted with csv, as the tables stand.
TABLES = {
    "white_1986_whole": (2386, 7943, 575, 971),
    "white_1986_A": (1629, 4538, 270, 337),
    "white_1986_L4": (1480, 4340, 289, 763),
    "witvliet_2020_7": (2204, 7465, 296, 406),
    "witvliet_2020_8": (2194, 7981, 310, 430),
}


@pytest.mark.parametrize("name", TABLES)
def test_totals_of_the_published_tables_are_kept(shared_data: Path, name: str) -> None:
    path = shared_data / "celegans_connectome" / f"wormneuroatlas_aconnectome_{name}.csv"
    with path.open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file, delimiter="\t"))
    rec = nk.open(path)
    group = rec["connectome"]
    n_chemical, chemical, n_gap, gap = TABLES[name]
    sent = group["weight"].sel(synapse_type="chemical")
    joined = group["weight"].sel(synapse_type="electrical").values
    assert (int((sent != 0).sum()), sent.sum().item()) == (n_chemical, chemical)
    # These tables list every junction once; on both sides of the diagonal it stands twice.
    once = np.triu(joined)
    assert (int((once != 0).sum()), once.sum()) == (n_gap, gap)
    np.testing.assert_array_equal(joined, joined.T)
    places = {dim: xr.DataArray([cell_name(row[dim]) for row in rows]) for dim in ("pre", "post")}
    kinds = xr.DataArray([row["type"] for row in rows])
    ours = group["weight"].sel(synapse_type=kinds, **places)
    np.testing.assert_array_equal(ours.values, [float(row["synapses"]) for row in rows])
    assert "NK840" not in _codes(rec)
    assert rec.attrs["dataset"] == name
    assert nk.validate(rec).ok


def test_the_dataset_of_a_table_can_be_said(tmp_path: Path) -> None:
    path = _write(tmp_path, "pre,post,type,synapses\nAVAL,AVAR,electrical,2\n")
    plain, said = LOADER.open(path), LOADER.open(path, dataset="white_1986_A")
    assert "animals" not in plain.attrs
    assert said.attrs["animals"] == '["N2U"]'
    assert said["connectome"]["quantity"].values.tolist() == ["synapses"]
    with pytest.raises(OptionError, match="white_1986_whole"):
        LOADER.open(path, dataset="white")


def test_what_type_edges_without_a_column_have_is_said(tmp_path: Path) -> None:
    path = _write(tmp_path, "pre,post,synapses\nAVAL,AVAR,2\n")
    assert "NK846" in _codes(LOADER.open(path))
    rec = LOADER.open(path, default_type="contact")
    assert rec["connectome"]["synapse_type"].values.tolist() == ["contact"]


def test_the_graph_of_the_neural_interactome_is_read_in_its_direction(shared_data: Path) -> None:
    path = shared_data / "celegans_connectome" / "interactome_chem.json"
    graph = json.loads(path.read_text(encoding="utf-8"))
    names = [cell_name(node["name"]) for node in graph["nodes"]]
    rec = nk.open(path)
    weight = rec["connectome"]["weight"].sel(synapse_type="chemical")
    for link in graph["links"]:
        pre, post = names[link["source"]], names[link["target"]]
        assert weight.sel(pre=pre, post=post).item() == link["value"]
    assert int((weight != 0).sum()) == len(graph["links"]) == 2305
    assert weight.sum().item() == 6932
    # It grew out of Varshney et al.: 2183 of their 2194 weights, all in this direction.
    other = nk.open(path.parent / "varshney2011_ConnOrdered_040903.mat")
    theirs = other["connectome"]["weight"].sel(synapse_type="chemical").values
    assert int(((weight.values == theirs) & (theirs > 0)).sum()) == 2183


def _graph(**changes: object) -> str:
    graph: dict[str, object] = {
        "nodes": [{"name": "AVAL"}, {"name": "VB01"}, {"name": "AVAR"}],
        "links": [{"source": 0, "target": 1, "value": 2}],
    }
    return json.dumps({**graph, **changes})


def test_nodes_without_links_stay(tmp_path: Path) -> None:
    rec = LOADER.open(_write(tmp_path, _graph(), "graph.json"), default_type="electrical")
    assert rec["connectome"]["pre"].values.tolist() == ["AVAL", "AVAR", "VB1"]
    assert _at(rec, "electrical", "VB1", "AVAL") == 2
    info = LOADER.info(_write(tmp_path, _graph(), "graph.json"))
    assert info == {"n_cells": 3, "n_edges": 1}


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (_graph()[:60], r"no whole JSON.*line 1, column"),
        (_graph(nodes=[{"name": ""}]), "node 0 has no name"),
        (_graph(links=[{"source": 0, "target": 3, "value": 1}]), "link 0 joins 0 and 3.*3 nodes"),
        (_graph(links=[{"source": 0, "target": -1, "value": 1}]), "link 0 joins 0 and -1"),
        (_graph(links=[{"source": True, "target": 1, "value": 1}]), "link 0 joins True"),
        (_graph(links=[{"source": 0, "target": 1, "value": "2"}]), "link 0 has the value '2'"),
        (_graph(links=[[0, 1, 2]]), r"link 0 is \[0, 1, 2\]"),
        ('{"nodes": [], "edges": []}', "no graph with nodes and links"),
        (_graph(nodes=[], links=[]), "holds no edge"),
    ],
)
def test_broken_graphs_are_errors_that_name_the_place(
    tmp_path: Path, text: str, words: str
) -> None:
    with pytest.raises(FileContentError, match=rf"graph\.json: .*{words}"):
        LOADER.open(_write(tmp_path, text, "graph.json"))
