"""Swaps reach every graph they may reach, equally often: against all graphs of given degrees."""

from __future__ import annotations

from collections import Counter
from itertools import combinations

import networkx as nx
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import chisquare

from neurokit.connectome.rewiring import distance_classes, rewired


def as_set(ends):
    return frozenset(tuple(sorted(pair)) for pair in np.asarray(ends).tolist())


def all_graphs(n, degrees, allowed=None):
    """Every simple graph of `n` nodes with these degrees, by trying all sets of edges."""
    pairs = [p for p in combinations(range(n), 2) if allowed is None or allowed[p]]
    found = []
    for chosen in combinations(pairs, sum(degrees) // 2):
        count = np.zeros(n, dtype=int)
        for a, b in chosen:
            count[a] += 1
            count[b] += 1
        if count.tolist() == list(degrees):
            found.append(frozenset(chosen))
    return found


def sampled(ends, n, n_draws, allowed=None, classes=None, seed=0):
    allowed = np.ones((n, n), dtype=bool) if allowed is None else allowed
    classes = np.zeros((n, n), dtype=np.int64) if classes is None else classes
    return [
        rewired(np.asarray(ends), allowed, classes, rng)
        for rng in np.random.default_rng(seed).spawn(n_draws)
    ]


@pytest.mark.parametrize(
    "ends",
    [
        [[0, 1], [1, 2], [2, 3], [3, 4], [4, 0]],
        [[0, 1], [0, 2], [0, 3], [1, 2], [4, 5]],
        [[0, 1], [1, 2], [2, 3], [3, 4], [1, 4], [4, 5]],
        [[0, 1], [2, 3], [4, 5]],
    ],
)
def test_all_graphs_of_the_degrees_come_equally_often(ends):
    n = int(np.max(ends)) + 1
    truth = all_graphs(n, np.bincount(np.ravel(ends), minlength=n).tolist())
    counts = Counter(as_set(moved) for moved in sampled(ends, n, 60 * len(truth)))
    assert set(counts) == set(truth)
    assert chisquare([counts[graph] for graph in truth]).pvalue > 1e-3


def test_forbidden_pairs_leave_the_other_graphs_equally_often():
    ends = [[0, 1], [1, 2], [2, 3], [3, 4], [4, 0]]
    allowed = np.ones((5, 5), dtype=bool)
    allowed[0, 2] = allowed[2, 0] = False
    truth = all_graphs(5, [2] * 5, allowed)
    counts = Counter(as_set(moved) for moved in sampled(ends, 5, 60 * len(truth), allowed))
    # Twelve cycles of five nodes; half of the nodes' pairs stand in each.
    assert len(truth) == 6
    assert set(counts) == set(truth)
    assert chisquare([counts[graph] for graph in truth]).pvalue > 1e-3


def test_classes_leave_the_graphs_with_as_many_edges_of_each_class():
    rng = np.random.default_rng(2)
    classes = rng.integers(0, 2, (6, 6))
    classes = np.triu(classes, 1) + np.triu(classes, 1).T
    ends = [[0, 1], [1, 2], [2, 3], [3, 4], [4, 5], [5, 0]]

    def census(graph):
        return sorted(int(classes[pair]) for pair in graph)

    for moved in sampled(ends, 6, 200, classes=classes):
        assert census(as_set(moved)) == census(as_set(ends))
        before = classes[np.array(ends)[:, 0], np.array(ends)[:, 1]]
        np.testing.assert_array_equal(classes[moved[:, 0], moved[:, 1]], before)


def test_an_edge_is_anywhere_it_may_be_equally_often():
    # Three separate edges among six nodes: each of the 15 pairs alike for each edge.
    moved = np.array(sampled([[0, 1], [2, 3], [4, 5]], 6, 1500))
    for edge in range(3):
        pairs = np.sort(moved[:, edge], axis=1)
        counts = Counter(map(tuple, pairs.tolist()))
        assert len(counts) == 15
        assert chisquare(list(counts.values())).pvalue > 1e-3


@given(n=st.integers(4, 25), density=st.floats(0.05, 0.95), seed=st.integers(0, 500))
def test_rewired_graphs_are_simple_and_keep_degrees_whatever_the_graph(n, density, seed):
    graph = nx.gnp_random_graph(n, density, seed=seed)
    ends = np.array(list(graph.edges), dtype=np.int64).reshape(-1, 2)
    (moved,) = sampled(ends, n, 1, seed=seed)
    after = nx.Graph(moved.tolist())
    assert after.number_of_edges() == graph.number_of_edges()
    assert nx.number_of_selfloops(after) == 0
    assert dict(after.degree) == {v: d for v, d in graph.degree if d}


def test_rewiring_destroys_triangles_as_the_configuration_model_expects():
    graph = nx.connected_watts_strogatz_graph(60, 6, 0.05, seed=0)
    ends = np.array(graph.edges)
    clustering = [
        nx.transitivity(nx.Graph(moved.tolist())) for moved in sampled(ends, 60, 20, seed=1)
    ]
    assert nx.transitivity(graph) > 0.4
    # Regular graphs of degree 6: (<k^2> - <k>)^2 / (n <k>^3) = 25 / 360.
    assert np.mean(clustering) == pytest.approx(0.07, abs=0.03)


def test_a_star_has_no_other_graph():
    star = [[0, k] for k in range(1, 7)]
    for moved in sampled(star, 7, 20):
        assert as_set(moved) == as_set(star)


def test_one_class_per_pair_pins_every_edge():
    classes = np.arange(36).reshape(6, 6)
    classes = np.minimum(classes, classes.T)
    ends = [[0, 1], [2, 3], [4, 5]]
    for moved in sampled(ends, 6, 20, classes=classes):
        np.testing.assert_array_equal(np.sort(moved, axis=1), ends)


@given(n=st.integers(2, 12), n_classes=st.integers(1, 6), seed=st.integers(0, 99))
def test_classes_of_distance_grow_with_distance(n, n_classes, seed):
    position = np.random.default_rng(seed).normal(size=(n, 3))
    classes = distance_classes(position, n_classes)
    np.testing.assert_array_equal(classes, classes.T)
    gap = np.linalg.norm(position[:, None] - position[None], axis=2)
    first, second = np.triu_indices(n, 1)
    order = np.argsort(gap[first, second])
    assert (np.diff(classes[first, second][order]) >= 0).all()
    assert classes.min() >= 0
    assert classes.max() <= n_classes - 1


def test_classes_of_distinct_distances_are_equally_filled():
    position = np.array([0.0, 1.0, 3.1, 7.3, 15.7, 32.9])[:, None]
    classes = distance_classes(position, 5)
    counts = np.bincount(classes[np.triu_indices(6, 1)])
    assert counts.tolist() == [3] * 5


def test_distances_do_not_depend_on_origin_unit_or_rotation():
    rng = np.random.default_rng(0)
    position = rng.normal(size=(15, 2))
    turn = np.array([[0.6, -0.8], [0.8, 0.6]])
    expected = distance_classes(position, 4)
    np.testing.assert_array_equal(distance_classes(1000 * position @ turn + 7.0, 4), expected)


def test_a_node_at_infinity_has_no_known_distance():
    position = np.zeros((4, 2))
    position[:3, 0] = [0.0, 1.0, 3.0]
    position[3] = np.inf
    with np.errstate(invalid="ignore"):
        classes = distance_classes(position, 2)
    assert (classes[3] == 2).all()
