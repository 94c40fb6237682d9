"""Moves change the log joint by exactly what recomputation says; the prior is a distribution."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sbm_cases import a_model, partitions

from neurokit.connectome.sbm_corrected import corrected_model
from neurokit.connectome.sbm_moves import (
    as_model,
    copy_state,
    gain_of_insert,
    gain_of_merge,
    gains_of_insert,
    insert,
    log_joint,
    log_partition,
    merge,
    new_state,
    refill,
    remove,
)
from neurokit.connectome.sbm_search import description_length, first_appearance
from neurokit.connectome.sbm_weights import pair_model

KINDS = ["exponential", "log-normal", "normal", "zero-inflated", "none", "corrected"]


def a_partition(rng, n, most=4):
    return first_appearance(rng.integers(most, size=n))


@given(kind=st.sampled_from(KINDS), seed=st.integers(0, 10**6))
@settings(max_examples=40, derandomize=True)
def test_the_gain_of_a_move_is_the_difference_of_two_description_lengths(kind, seed):
    rng = np.random.default_rng(seed)
    model = a_model(kind, rng)
    labels = a_partition(rng, 11)
    state = new_state(labels, 11, as_model(model))
    node = int(rng.integers(11))
    own = np.empty((12, state[2].shape[2]))
    remove(state, as_model(model), node, own)
    n_blocks = int(state[4][0])
    without = state[0].copy()
    lengths, gains = [], []
    for block in range(n_blocks + 1):
        gains.append(gain_of_insert(state, as_model(model), node, block, own))
        moved = without.copy()
        moved[node] = block
        lengths.append(description_length(model, moved))
    np.testing.assert_allclose(np.diff(gains), -np.diff(lengths), atol=1e-9)


@given(kind=st.sampled_from(KINDS), seed=st.integers(0, 10**6))
@settings(max_examples=30, derandomize=True)
def test_the_gain_of_a_merge_is_the_difference_of_two_description_lengths(kind, seed):
    rng = np.random.default_rng(seed)
    model = a_model(kind, rng)
    labels = a_partition(rng, 11)
    if labels.max() == 0:
        labels[-1] = 1
    state = new_state(labels, 11, as_model(model))
    r, s = sorted(rng.choice(labels.max() + 1, 2, replace=False).tolist())
    gain = gain_of_merge(state, as_model(model), r, s)
    before = description_length(model, labels)
    merge(state, as_model(model), r, s)
    assert gain == pytest.approx(before - description_length(model, state[0]), abs=1e-9)
    assert log_joint(state) == pytest.approx(-before - model.constant + gain, abs=1e-9)


@pytest.mark.parametrize("kind", KINDS)
def test_a_state_after_many_moves_is_that_of_its_partition(kind):
    rng = np.random.default_rng(3)
    model = as_model(a_model(kind, rng))
    state = new_state(a_partition(rng, 11), 11, model)
    own = np.empty((12, state[2].shape[2]))
    for _ in range(200):
        node = int(rng.integers(11))
        remove(state, model, node, own)
        insert(state, model, node, int(rng.integers(min(state[4][0] + 1, 11))), own)
    reached = [part.copy() for part in state]
    refill(state, model)
    b = int(state[4][0])
    np.testing.assert_array_equal(reached[1], state[1])
    np.testing.assert_allclose(reached[2][:b, :b], state[2][:b, :b], atol=1e-9)
    np.testing.assert_allclose(reached[3][:b, :b], state[3][:b, :b], atol=1e-9)
    assert sorted(set(state[0].tolist())) == list(range(b))


def test_a_copied_state_owes_nothing_to_what_stood_there():
    rng = np.random.default_rng(4)
    model = as_model(a_model("normal", rng))
    few, many = (new_state(a_partition(rng, 11, most), 11, model) for most in (2, 9))
    copy_state(few, many)
    assert log_joint(many) == pytest.approx(log_joint(few), abs=1e-12)
    for one, other in zip(few, many, strict=True):
        np.testing.assert_allclose(one, other, atol=1e-12)


@pytest.mark.parametrize("n", [1, 2, 4, 6])
def test_the_prior_of_labelled_partitions_sums_to_one(n):
    total = 0.0
    for labels in partitions(n):
        sizes = np.bincount(labels)
        # Every partition has B! labellings, all as probable.
        total += math.factorial(sizes.size) * math.exp(log_partition(sizes, sizes.size))
    assert total == pytest.approx(1.0, abs=1e-12)


@pytest.mark.parametrize("kind", KINDS)
def test_names_of_blocks_and_order_of_nodes_do_not_matter(kind):
    rng = np.random.default_rng(5)
    n = 11
    values = np.triu(rng.lognormal(0, 1, (n, n)) * (rng.random((n, n)) < 0.6), 1)
    values, observed = values + values.T, ~np.eye(n, dtype=bool)
    make = corrected_model if kind == "corrected" else pair_model
    weights = "normal" if kind == "corrected" else kind
    labels = a_partition(rng, n)
    order = rng.permutation(n)
    length = description_length(make(values, observed, weights), labels)
    renamed = rng.permutation(10)[labels]
    assert description_length(make(values, observed, weights), renamed) == pytest.approx(length)
    shuffled = make(values[np.ix_(order, order)], observed, weights)
    assert description_length(shuffled, labels[order]) == pytest.approx(length, rel=1e-9)


@pytest.mark.parametrize("kind", KINDS)
def test_gains_into_all_blocks_are_those_into_each(kind):
    rng = np.random.default_rng(6)
    model = as_model(a_model(kind, rng))
    state = new_state(a_partition(rng, 11, 6), 11, model)
    own, gains = np.empty((12, state[2].shape[2])), np.full(12, np.nan)
    for node in rng.permutation(11):
        before = [part.copy() for part in state]
        came_from = int(state[0][node])
        remove(state, model, int(node), own)
        b = int(state[4][0])
        gains_of_insert(state, model, int(node), own, gains)
        one_by_one = [gain_of_insert(state, model, int(node), block, own) for block in range(b + 1)]
        np.testing.assert_array_equal(gains[: b + 1], one_by_one)
        assert np.isnan(gains[b + 1 :]).all()
        insert(state, model, int(node), min(came_from, b), own)
        assert state[0].size == before[0].size
        gains[:] = np.nan


def test_the_only_node_of_a_graph_gains_the_same_by_every_name():
    model = as_model(a_model("none", np.random.default_rng(0), n=1))
    state = new_state(np.zeros(1, dtype=np.int64), 1, model)
    own, gains = np.empty((2, state[2].shape[2])), np.empty(2)
    remove(state, model, 0, own)
    assert state[4][0] == 0
    gains_of_insert(state, model, 0, own, gains)
    assert gains[0] == gain_of_insert(state, model, 0, 0, own) == 0.0
