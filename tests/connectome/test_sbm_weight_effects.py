"""Strengths as node effects: block by block as all at once, against dense algebra and integrals."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import linalg, stats

from neurokit.connectome.sbm_node_systems import Blocks, Dense, diagonal_of_inverse
from neurokit.connectome.sbm_search import first_appearance
from neurokit.connectome.sbm_weight_effects import (
    RATIOS,
    ClassSums,
    CommunityEffects,
    fitted_effects,
    weight_effects,
)
from neurokit.connectome.sbm_weights import ALPHA, BETA, KAPPA


def symmetric(values):
    upper = np.triu(values, 1)
    return upper + upper.T


def a_graph(rng, n, density=0.6, n_blocks=3):
    """Scaled weights, edges, blocks of unequal size."""
    edge = symmetric((rng.random((n, n)) < density).astype(float))
    y = symmetric(rng.normal(0, 1, (n, n))) * edge
    labels = first_appearance(rng.integers(n_blocks, size=n) * rng.integers(2, size=n))
    return y, edge, labels


def matrix_of(edge, ratio):
    return edge + np.diag(edge.sum(axis=1) + ratio)


def systems(rng, n):
    """Each kind of system with the matrix of edges that it stands for."""
    _, edge, labels = a_graph(rng, n)
    within = edge * (labels[:, None] == labels)
    return [
        (Dense(edge), edge),
        (Dense(edge - within, (edge - within).sum(axis=1)), edge - within),
        (Blocks(edge, labels, within.sum(axis=1)), within),
    ]


@given(seed=st.integers(0, 10**6), n=st.integers(1, 17), place=st.integers(0, 22))
@settings(max_examples=40, derandomize=True)
def test_systems_solve_what_numpy_solves(seed, n, place):
    rng = np.random.default_rng(seed)
    ratio = float(RATIOS[place])
    sides = rng.normal(size=(3, n))
    for system, edge in systems(rng, n):
        dense = matrix_of(edge, ratio)
        half, log_root = system.halfway(ratio, sides)
        assert 2 * log_root == pytest.approx(np.linalg.slogdet(dense)[1], abs=1e-9)
        solved = np.linalg.solve(dense, sides.T).T
        np.testing.assert_allclose(system.back(ratio, half), solved, atol=1e-9, rtol=1e-8)
        # Halfway is a square root: products of the halves are quadratic forms of the inverse.
        np.testing.assert_allclose(half @ half.T, sides @ solved.T, atol=1e-9, rtol=1e-8)
        expected = np.diag(np.linalg.inv(dense))
        np.testing.assert_allclose(system.inverse_diagonal(ratio), expected, rtol=1e-8)


def test_a_factor_is_made_once_per_ratio_and_owes_nothing_to_others():
    rng = np.random.default_rng(0)
    sides = rng.normal(size=(1, 9))
    for system, edge in systems(rng, 9):
        first = system.halfway(4.0, sides)[0].copy()
        system.halfway(0.5, sides)
        np.testing.assert_array_equal(system.halfway(4.0, sides)[0], first)
        back = system.back(0.5, system.halfway(0.5, sides)[0])
        np.testing.assert_allclose(back[0], np.linalg.solve(matrix_of(edge, 0.5), sides[0]))


def test_few_factors_are_held_at_once_and_forgotten_ones_are_made_again():
    rng = np.random.default_rng(10)
    sides = rng.normal(size=(2, 9))
    for system, _ in systems(rng, 9)[:2]:
        first = [system.halfway(float(ratio), sides)[0].copy() for ratio in RATIOS]
        assert len(system._factors) <= 8
        again = [system.halfway(float(ratio), sides)[0] for ratio in RATIOS]
        np.testing.assert_array_equal(first, again)


def test_systems_leave_edges_and_sides_alone():
    rng = np.random.default_rng(1)
    _, edge, labels = a_graph(rng, 8)
    sides, kept = rng.normal(size=(2, 8)), edge.copy()
    before = sides.copy()
    for system in (Dense(edge), Blocks(edge, labels, edge.sum(axis=1))):
        half, _ = system.halfway(2.0, sides)
        again = half.copy()
        system.back(2.0, half)
        system.inverse_diagonal(2.0)
        np.testing.assert_array_equal(half, again)
    np.testing.assert_array_equal(sides, before)
    np.testing.assert_array_equal(edge, kept)


def test_edges_between_communities_are_not_read():
    rng = np.random.default_rng(2)
    _, edge, labels = a_graph(rng, 10)
    same = labels[:, None] == labels
    degree = (edge * same).sum(axis=1)
    full, cut = (Blocks(e, labels, degree) for e in (edge, edge * same))
    np.testing.assert_array_equal(full.inverse_diagonal(3.0), cut.inverse_diagonal(3.0))


@pytest.mark.parametrize("labels", [np.zeros(7, int), np.arange(7), np.arange(7)[::-1].copy()])
def test_one_community_and_communities_of_one_node_are_systems_too(labels):
    rng = np.random.default_rng(3)
    _, edge, _ = a_graph(rng, 7)
    within = edge * (labels[:, None] == labels)
    system = Blocks(edge, labels.astype(np.int64), within.sum(axis=1))
    expected = np.diag(np.linalg.inv(matrix_of(within, 0.25)))
    np.testing.assert_allclose(system.inverse_diagonal(0.25), expected)


def test_the_diagonal_of_an_inverse_is_that_of_the_matrix_of_its_factor():
    rng = np.random.default_rng(4)
    x = rng.normal(size=(6, 9))
    matrix = x @ x.T + np.eye(6)
    factor = linalg.cholesky(matrix, lower=True)
    np.testing.assert_allclose(diagonal_of_inverse(factor), np.diag(np.linalg.inv(matrix)))


# ------------------------------------------------------------------------------------ effects


def assert_same(found, expected):
    assert found.ratio == expected.ratio
    assert found.log_evidence == pytest.approx(expected.log_evidence, abs=1e-9)
    assert found.variance == pytest.approx(expected.variance, rel=1e-9)
    np.testing.assert_allclose(found.means, expected.means, atol=1e-10)
    np.testing.assert_allclose(found.effect, expected.effect, atol=1e-10)
    np.testing.assert_allclose(found.uncertainty, expected.uncertainty, rtol=1e-9)


@given(seed=st.integers(0, 10**6), n=st.integers(4, 16), search=st.booleans())
@settings(max_examples=30, derandomize=True)
def test_effects_of_a_partition_are_those_of_its_classes_of_edges(seed, n, search):
    rng = np.random.default_rng(seed)
    y, edge, labels = a_graph(rng, n)
    labels[-1] = labels.max() + 1
    labels = first_appearance(labels)
    same = (labels[:, None] == labels).astype(float)
    inside, outside = edge * same, edge * (1 - same)
    ratios = tuple(rng.choice(RATIOS, 2).tolist())
    found = CommunityEffects(y, edge).of_partition(labels, ratios, search=search)
    classes = ([inside], [outside], [inside, outside])
    for one, members, ratio in zip(found, classes, (*ratios, ratios[1]), strict=True):
        assert_same(one, weight_effects(y, members, ratio, search=search))


def test_one_block_is_one_class_of_edges_however_often_it_is_asked_for():
    rng = np.random.default_rng(5)
    y, edge, labels = a_graph(rng, 12)
    effects = CommunityEffects(y, edge)
    before = effects.one_block
    effects.of_partition(first_appearance(labels), (0.5, 8.0), search=True)
    assert effects.one_block is before
    assert_same(before, weight_effects(y, [edge]))


def test_effects_do_not_depend_on_the_partitions_seen_before():
    rng = np.random.default_rng(6)
    y, edge, _ = a_graph(rng, 14)
    partitions = [np.arange(14) % k for k in (2, 3, 5)]
    used = CommunityEffects(y, edge)
    for labels in partitions:
        used.of_partition(labels, (None, None), search=True)
    for labels in partitions:
        again = used.of_partition(labels, (None, None), search=True)
        fresh = CommunityEffects(y, edge).of_partition(labels, (None, None), search=True)
        for one, other in zip(again, fresh, strict=True):
            assert one.log_evidence == other.log_evidence
            np.testing.assert_array_equal(one.effect, other.effect)
            np.testing.assert_array_equal(one.uncertainty, other.uncertainty)


def sums_of(y, classes):
    return ClassSums(
        np.array([c.sum(axis=1) for c in classes]),
        (y * sum(classes)).sum(axis=1),
        np.array([c.sum() / 2 for c in classes]),
        np.array([(y * c).sum() / 2 for c in classes]),
        float((y**2 * sum(classes)).sum() / 2),
    )


@pytest.mark.parametrize("ratio", [0.25, 8.0])
def test_the_evidence_of_two_classes_is_a_multivariate_t(ratio):
    rng = np.random.default_rng(7)
    y, edge, labels = a_graph(rng, 8)
    same = (labels[:, None] == labels).astype(float)
    classes = [edge * same, edge * (1 - same)]
    found = fitted_effects(Dense(edge), sums_of(y, classes), ratio, search=False)
    first, second = np.nonzero(np.triu(edge))
    design = np.zeros((first.size, 10))
    rows = np.arange(first.size)
    design[rows, first] = design[rows, second] = 1.0
    design[rows, np.where(same[first, second] > 0, 8, 9)] = 1.0
    prior = np.diag(np.r_[np.full(8, 1 / ratio), 1 / KAPPA, 1 / KAPPA])
    shape = BETA / ALPHA * (np.eye(first.size) + design @ prior @ design.T)
    density = stats.multivariate_t(np.zeros(first.size), shape, df=2 * ALPHA)
    assert found.log_evidence == pytest.approx(density.logpdf(y[first, second]), abs=1e-8)
    precision = design.T @ design + np.linalg.inv(prior)
    expected = np.diag(np.linalg.inv(precision))[:8]
    np.testing.assert_allclose(found.uncertainty, expected)


def test_a_class_without_edges_has_the_mean_of_its_prior_and_adds_nothing():
    rng = np.random.default_rng(8)
    y, edge, _ = a_graph(rng, 9)
    nothing = np.zeros_like(edge)
    one = weight_effects(y, [edge], 2.0, search=False)
    two = weight_effects(y, [edge, nothing], 2.0, search=False)
    assert two.means[1] == 0.0
    assert two.log_evidence == pytest.approx(one.log_evidence, abs=1e-10)
    np.testing.assert_allclose(two.effect, one.effect, atol=1e-12)
    np.testing.assert_allclose(two.uncertainty, one.uncertainty)


def test_no_edges_at_all_leave_the_prior():
    found = weight_effects(np.zeros((5, 5)), [np.zeros((5, 5))], 4.0, search=False)
    np.testing.assert_array_equal(found.effect, np.zeros(5))
    # Var a = variance / ratio.
    np.testing.assert_allclose(found.uncertainty, np.full(5, 0.25))
    assert found.log_evidence == pytest.approx(0.0, abs=1e-12)
    assert found.variance == pytest.approx(BETA / ALPHA)


@pytest.mark.parametrize("shared", [True, False])
def test_shared_effects_are_told_from_separate_ones(shared):
    rng = np.random.default_rng(9)
    n = 60
    labels = np.arange(n) % 3
    same = labels[:, None] == labels
    one, other = rng.normal(0, 1, (2, n))
    other = one if shared else other
    y = np.where(same, one[:, None] + one, other[:, None] + other + 0.5)
    y = symmetric(y + rng.normal(0, 0.5, (n, n)))
    edge = 1.0 - np.eye(n)
    within, between, both = CommunityEffects(y, edge).of_partition(
        labels, (None, None), search=True
    )
    gap = both.log_evidence - within.log_evidence - between.log_evidence
    assert gap > 20 if shared else gap < -20
    assert np.corrcoef(within.effect, one)[0, 1] > 0.95
    assert np.corrcoef(between.effect, other)[0, 1] > 0.98
