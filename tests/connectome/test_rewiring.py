"""Rewired graphs keep degrees and distances, move nearly all edges, and obey their seed."""

from __future__ import annotations

import numpy as np
import pytest

from neurokit.connectome.rewiring import distance_classes, rewired


def graph(n=30, density=0.15, seed=0):
    rng = np.random.default_rng(seed)
    first, second = np.triu_indices(n, 1)
    chosen = rng.random(first.size) < density
    return np.stack([first[chosen], second[chosen]], axis=1)


ALL = np.ones((30, 30), dtype=bool)
ANYWHERE = np.zeros((30, 30), dtype=np.int64)


def as_set(ends):
    return {tuple(sorted(pair)) for pair in ends.tolist()}


@pytest.mark.parametrize("seed", range(5))
def test_degrees_stay_and_no_edge_stands_twice(seed):
    ends = graph(seed=seed)
    moved = rewired(ends, ALL, ANYWHERE, np.random.default_rng(seed))
    np.testing.assert_array_equal(np.bincount(moved.ravel()), np.bincount(ends.ravel()))
    assert len(as_set(moved)) == len(ends)
    assert (moved[:, 0] != moved[:, 1]).all()


def test_most_edges_move():
    ends = graph()
    moved = rewired(ends, ALL, ANYWHERE, np.random.default_rng(0))
    # By chance alone an edge lands on one of the old ones in 15 %.
    assert len(as_set(moved) & as_set(ends)) / len(ends) < 0.35


def test_pairs_that_are_not_allowed_stay_empty():
    rng = np.random.default_rng(1)
    closed = np.triu(rng.random((30, 30)) < 0.3, 1)
    allowed = ~(closed | closed.T)
    ends = np.array([pair for pair in graph().tolist() if allowed[tuple(pair)]])
    moved = rewired(ends, allowed, ANYWHERE, rng)
    assert allowed[moved[:, 0], moved[:, 1]].all()


def test_every_edge_keeps_its_class_of_distance():
    place = np.random.default_rng(2).random((30, 3))
    classes = distance_classes(place, 4)
    ends = graph(density=0.3)
    moved = rewired(ends, ALL, classes, np.random.default_rng(0))
    before, after = (classes[pair[:, 0], pair[:, 1]] for pair in (ends, moved))
    np.testing.assert_array_equal(before, after)
    assert (np.sort(moved, axis=1) != ends).any(axis=1).mean() > 0.3


def test_all_small_graphs_of_these_degrees_are_reached_equally_often():
    # Degrees 1, 2, 2, 1 of four nodes allow two graphs: the paths 0-1-2-3 and 0-2-1-3.
    ends = np.array([[0, 1], [1, 2], [2, 3]])
    everywhere = np.zeros((4, 4), dtype=np.int64)
    found = [
        frozenset(as_set(rewired(ends, np.ones((4, 4), bool), everywhere, rng)))
        for rng in np.random.default_rng(0).spawn(400)
    ]
    counts = [found.count(one) for one in set(found)]
    assert len(counts) == 2
    # 400 draws: 200 with a standard deviation of 10.
    assert min(counts) > 150


def test_a_full_graph_stays():
    first, second = np.triu_indices(6, 1)
    ends = np.stack([first, second], axis=1)
    moved = rewired(ends, ALL[:6, :6], ANYWHERE[:6, :6], np.random.default_rng(0))
    np.testing.assert_array_equal(moved, ends)


def test_no_edges_are_no_error():
    none = np.empty((0, 2), dtype=np.int64)
    assert rewired(none, ALL, ANYWHERE, np.random.default_rng(0)).shape == (0, 2)


def test_the_same_seed_gives_the_same_graph_and_the_input_stays():
    ends = graph()
    before = ends.copy()
    one, other = (rewired(ends, ALL, ANYWHERE, np.random.default_rng(7)) for _ in range(2))
    np.testing.assert_array_equal(one, other)
    np.testing.assert_array_equal(ends, before)


def test_classes_are_quantiles_and_the_unknown_has_its_own():
    place = np.arange(11.0)[:, None]
    place[10] = np.nan
    classes = distance_classes(place, 3)
    assert (classes[10] == 3).all()
    counts = np.bincount(classes[:10, :10][np.triu_indices(10, 1)], minlength=3)
    # Distances 1 to 9 are 45 pairs with ties; thirds of them as near as those allow.
    assert counts.tolist() == [9, 21, 15]
    assert classes[0, 9] == 2
    assert classes[0, 1] == 0
    assert (distance_classes(np.full((4, 2), np.nan), 3) == 0).all()
