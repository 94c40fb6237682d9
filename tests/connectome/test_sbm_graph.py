"""What may be given as a graph: shapes, labels, missing pairs, and what is refused."""

from __future__ import annotations

import numpy as np
import pytest
import xarray as xr

from neurokit.connectome import sbm_graph as module
from neurokit.connectome.sbm_assortative import AssortativeModel
from neurokit.connectome.sbm_candidates import BlockCandidate, candidate
from neurokit.connectome.sbm_corrected import corrected_model
from neurokit.connectome.sbm_graph import as_graph, check_positive
from neurokit.errors import LabelError, OptionError, SchemaError


def a_matrix(n=5):
    values = np.arange(n * n, dtype=float).reshape(n, n)
    return np.triu(values, 1) + np.triu(values, 1).T


def labelled(values, names=None):
    names = list("abcdefgh")[: len(values)] if names is None else names
    coords = {"neuron": names, "partner": names}
    return xr.DataArray(values, coords, ["neuron", "partner"])


def test_an_array_and_a_labelled_matrix_give_the_same_graph():
    one, other = as_graph(a_matrix()), as_graph(labelled(a_matrix()))
    np.testing.assert_array_equal(one.values, other.values)
    assert one.template.dims == ("neuron",)
    assert other.template["neuron"].values.tolist() == list("abcde")


def test_the_diagonal_is_not_read_and_the_input_not_changed():
    values = a_matrix()
    np.fill_diagonal(values, -7.0)
    given = values.copy()
    graph = as_graph(values)
    np.testing.assert_array_equal(values, given)
    assert not graph.values.diagonal().any()
    assert not graph.observed.diagonal().any()


def test_a_node_never_observed_is_left_out_and_comes_back_as_unknown():
    values = a_matrix()
    values[2] = values[:, 2] = np.nan
    values[0, 1] = values[1, 0] = np.nan
    graph = as_graph(labelled(values))
    assert graph.n_nodes == 4
    assert not graph.observed[0, 1]
    labels = graph.labelled(np.array([0, 1, 1, 0]), "block")
    assert labels.values.tolist() == [0, 1, -1, 1, 0]
    square = graph.square(np.ones((4, 4)), "x")
    assert np.isnan(square.sel(neuron="c")).all()
    assert square.sel(neuron="a", partner="d") == 1
    assert square.dims == ("neuron", "partner")


def test_a_motif_matrix_of_one_component_is_a_graph():
    motif = labelled(a_matrix()).expand_dims(component=[3])
    assert as_graph(motif).n_nodes == 5
    assert as_graph(motif.isel(component=0)).n_nodes == 5


def test_rounding_of_float32_is_no_asymmetry():
    values = a_matrix().astype(np.float32)
    values[0, 1] *= 1 + 1e-7
    graph = as_graph(values)
    np.testing.assert_array_equal(graph.values, graph.values.T)


def test_an_unweighted_graph_is_seen_as_such():
    assert not as_graph((a_matrix() > 2).astype(int)).is_weighted
    assert as_graph(a_matrix()).is_weighted
    assert not as_graph(np.zeros((3, 3))).is_weighted


@pytest.mark.parametrize(
    ("graph", "error", "says"),
    [
        (np.ones((3, 4)), SchemaError, "square"),
        (np.ones(3), SchemaError, "square"),
        (np.zeros((0, 0)), SchemaError, "square"),
        (np.full((3, 3), np.nan), SchemaError, "no pair was observed"),
        (np.array([["a", "b"], ["c", "d"]]), SchemaError, "real numbers"),
        (np.ones((2, 2), dtype=complex), SchemaError, "real numbers"),
        (-a_matrix(), SchemaError, r"negative: \(0, 1\) is -1"),
        (np.where(a_matrix() > 9, np.inf, a_matrix()), SchemaError, "infinite"),
        (np.triu(a_matrix()), SchemaError, r"not symmetric: \(0, 1\) is 1"),
        (xr.Dataset(), SchemaError, "Dataset"),
        ({"a": 1}, SchemaError, "dict"),
        (xr.DataTree(), SchemaError, "DataTree"),
    ],
)
def test_what_is_no_graph_is_refused(graph, error, says):
    with pytest.raises(error, match=says) as caught:
        as_graph(graph)
    assert "graph" in str(caught.value)


def test_a_pair_seen_from_one_side_only_is_refused():
    values = a_matrix()
    values[1, 3] = np.nan
    with pytest.raises(SchemaError, match="not symmetric"):
        as_graph(values)


def test_several_motifs_are_refused_with_how_to_pick_one():
    motifs = xr.concat([labelled(a_matrix())] * 2, "component")
    with pytest.raises(SchemaError, match=r"isel\(component=0\)"):
        as_graph(motifs)


def test_rows_and_columns_in_different_order_are_refused():
    graph = labelled(a_matrix()).assign_coords(partner=list("abced"))
    with pytest.raises(LabelError, match="row 3 is d, column 3 e"):
        as_graph(graph)


def test_faults_are_named_by_the_neurons():
    values = a_matrix()
    values[1, 2] = values[2, 1] = -1.0
    with pytest.raises(SchemaError, match=r"\(b, c\) is -1"):
        as_graph(labelled(values))


@pytest.mark.parametrize("value", [0, -1, 1.5, "3", None, True])
def test_numbers_that_count_must_be_whole_and_positive(value):
    with pytest.raises(OptionError, match="n_starts"):
        check_positive("n_starts", value)


def test_what_degrees_explain_is_fitted_once_and_the_same_for_every_family(monkeypatch):
    rng = np.random.default_rng(0)
    values = np.triu(rng.lognormal(size=(12, 12)) * (rng.random((12, 12)) < 0.5), 1)
    graph = as_graph(values + values.T)
    calls = []
    fit = module.edge_effects
    monkeypatch.setattr(module, "edge_effects", lambda *x: calls.append(1) or fit(*x))
    labels = np.arange(12) % 3
    alone = {
        "degree-corrected": BlockCandidate(
            corrected_model(graph.values, graph.observed, "log-normal")
        ),
        "assortative": AssortativeModel(graph.values, graph.observed, "log-normal"),
    }
    for family, model in alone.items():
        found = candidate(graph, family, "log-normal").description_length(labels)
        assert found == model.description_length(labels)
    assert len(calls) == 1
