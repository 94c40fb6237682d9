"""Lists of edges become connectomes: nothing counts twice, nothing is dropped unsaid."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from neurokit_loaders._edges import Edge, edge_recording, repeated, synapse_type

import neurokit as nk
from neurokit.celegans import cell_name
from neurokit.celegans.connectome_sources import source_named
from neurokit.errors import FileContentError
from neurokit.schema import findings_from_json

PATH = Path("edges.csv")
NAMES = st.sampled_from(["AVAL", "AVAR", "VB01", "VB1", "MDL05", "hyp", "XYZ99"])
KINDS = st.sampled_from(["chemical", "electrical", "functional", "peptidergic"])
EDGES = st.lists(
    st.builds(Edge, NAMES, NAMES, KINDS, st.integers(0, 9).map(float), st.just("line 2")),
    min_size=1,
    max_size=12,
)


@given(EDGES)
@settings(max_examples=20)
def test_weights_of_a_pair_and_kind_are_summed(edges: list[Edge]) -> None:
    rec = edge_recording(edges, PATH, loader="x")
    weight = rec["connectome"]["weight"]
    for kind in weight["synapse_type"].values:
        sums: dict[tuple[str, str], float] = {}
        for edge in edges:
            if edge.kind == kind:
                pair = cell_name(edge.pre), cell_name(edge.post)
                sums[pair] = sums.get(pair, 0.0) + edge.weight
        values = weight.sel(synapse_type=kind)
        for (pre, post), total in sums.items():
            other = sums.get((post, pre), 0.0) if kind == "electrical" and pre != post else 0.0
            listed = [number for number in (total, other) if number]
            if kind != "electrical":
                listed = [total]
            expected = np.mean(listed) if listed else 0.0
            assert values.sel(pre=pre, post=post).item() == pytest.approx(expected)
        if kind == "electrical":
            np.testing.assert_array_equal(values.values, values.values.T)
        else:
            assert values.sum().item() == pytest.approx(sum(sums.values()))
    assert nk.validate(rec).ok


@given(EDGES)
@settings(max_examples=20)
def test_repeats_are_those_that_stand_more_than_once(edges: list[Edge]) -> None:
    keys = [(cell_name(e.pre), cell_name(e.post), e.kind) for e in edges]
    assert len(repeated(edges)) == len({key for key in keys if keys.count(key) > 1})
    rec = edge_recording(edges, PATH, loader="x")
    codes = [f.code for f in findings_from_json(str(rec.attrs.get("findings", "[]")))]
    assert ("NK842" in codes) == (len(set(keys)) < len(keys))
    silent = edge_recording(edges, PATH, loader="x", repeats="")
    assert "NK842" not in str(silent.attrs.get("findings", ""))


def _edge(weight: float = 1.0, kind: str = "chemical", pre: str = "AVAL") -> Edge:
    return Edge(pre, "AVAR", kind, weight, "row 7")


def test_cells_without_edges_stay_where_they_are_known() -> None:
    rec = edge_recording([_edge()], PATH, loader="x", cells=["VB01", "AVAL"], kinds=["electrical"])
    assert rec["connectome"]["pre"].values.tolist() == ["AVAL", "AVAR", "VB1"]
    assert rec["connectome"]["synapse_type"].values.tolist() == ["chemical", "electrical"]
    assert not rec["connectome"]["weight"].sel(synapse_type="electrical").any()


def test_a_negative_count_is_said_and_a_negative_response_is_none() -> None:
    rec = edge_recording([_edge(-3.0)], PATH, loader="x")
    assert "AVAL-AVAR (-3, row 7)" in rec.attrs["findings"]
    assert rec["connectome"]["weight"].min().item() == -3
    response = edge_recording([_edge(-0.3, "functional")], PATH, loader="x")
    assert "findings" not in response.attrs


def test_what_a_source_says_is_written_down() -> None:
    source = source_named("witvliet_2020_3")
    rec = edge_recording([_edge()], PATH, loader="x", source=source, options={"a": 1})
    assert rec.attrs["subject"] == "witvliet_2020_3"
    assert rec.attrs["doi"] == source.doi
    assert rec.attrs["loader_options"] == '{"a": 1}'
    assert rec["connectome"]["quantity"].item() == "synapses"
    other = edge_recording([_edge()], PATH, loader="x", source=source, quantity="contacts")
    assert other["connectome"]["quantity"].item() == "contacts"


@pytest.mark.parametrize(
    ("edges", "words"),
    [
        ([], "edges.csv: holds no edge"),
        ([_edge(pre=" ")], "row 7 lacks a name"),
        (
            [Edge(f"cell {i}", "AVAR", "chemical", 1.0, "") for i in range(5001)],
            "names 5002 cells, the first of them AVAR, cell 0",
        ),
    ],
)
def test_what_is_no_connectome_is_an_error(edges: list[Edge], words: str) -> None:
    with pytest.raises(FileContentError, match=words):
        edge_recording(edges, PATH, loader="x")


@pytest.mark.parametrize(
    ("said", "kind"),
    [
        ("GapJunction", "electrical"),
        ("Send", "chemical"),
        (" gj ", "electrical"),
        ("EJ", "electrical"),
    ],
)
def test_words_for_kinds_of_synapses_are_understood(said: str, kind: str) -> None:
    assert synapse_type(said, "row 2", "file") == kind
    with pytest.raises(FileContentError, match="file: row 2 has the type 'telepathy'"):
        synapse_type("telepathy", "row 2", "file")
