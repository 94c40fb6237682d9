"""The search finds the optimum by enumeration; Gibbs sweeps sample the posterior."""

from __future__ import annotations

import numpy as np
import pytest
from sbm_cases import a_model, partitions

from neurokit.connectome.sbm_draws import choose, uniform
from neurokit.connectome.sbm_search import (
    description_length,
    find_partition,
    first_appearance,
    ordered_partition,
    random_partition,
    sample_partitions,
)

KINDS = ["exponential", "log-normal", "normal", "none", "corrected"]


def best_by_enumeration(model, n):
    return min(description_length(model, labels) for labels in partitions(n))


def best_by_search(model, n, rng, n_starts=8):
    starts = [random_partition(n, min(n, 2 + k), rng) for k in range(n_starts)]
    found = [find_partition(model, start, rng) for start in starts]
    return min(found, key=lambda one: one[1])


@pytest.mark.parametrize("seed", range(10))
def test_the_search_finds_the_optimum_of_all_partitions_of_6_nodes(seed):
    rng = np.random.default_rng(seed)
    model = a_model(KINDS[seed % len(KINDS)], rng, n=6)
    labels, length = best_by_search(model, 6, rng)
    assert length == pytest.approx(best_by_enumeration(model, 6), abs=1e-9)
    assert description_length(model, labels) == pytest.approx(length, abs=1e-9)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(50))
def test_the_search_finds_the_optimum_of_all_partitions_of_up_to_8_nodes(seed):
    rng = np.random.default_rng([seed, 8])
    n = 8 if seed % 5 == 0 else 7
    model = a_model(KINDS[seed % len(KINDS)], rng, n=n)
    _, length = best_by_search(model, n, rng)
    assert length == pytest.approx(best_by_enumeration(model, n), abs=1e-9)


def test_gibbs_sweeps_visit_partitions_as_often_as_the_posterior_says():
    n = 5
    rng = np.random.default_rng(0)
    model = a_model("normal", rng, n=n, missing=0.0)
    every = [tuple(labels) for labels in partitions(n)]
    lengths = np.array([description_length(model, np.array(labels)) for labels in every])
    posterior = np.exp(lengths.min() - lengths)
    posterior /= posterior.sum()
    drawn = sample_partitions(
        model, np.zeros(n, dtype=np.int64), rng, n_samples=20_000, n_between=1
    )
    seen = [tuple(first_appearance(labels)) for labels in drawn]
    share = np.array([seen.count(labels) for labels in every]) / len(seen)
    # 20 000 draws, somewhat autocorrelated: standard error at most about .006.
    np.testing.assert_allclose(share, posterior, atol=0.03)


def test_numbers_of_blocks_follow_first_appearance():
    np.testing.assert_array_equal(first_appearance(np.array([7, 7, 2, 9, 2])), [0, 0, 1, 2, 1])


@pytest.mark.parametrize(
    "labels",
    [
        np.array([3, 0, 3, 1]),
        np.array([40, 2, 40, 10**12]),
        np.array([-1, 5, -1, 0]),
        np.array([2, 2, 0], dtype=np.int32),
        np.array([1.5, 0.5, 1.5]),
        np.array(["b", "a", "b"]),
        np.array([5]),
        np.array([], dtype=np.int64),
    ],
    ids=["small", "large", "negative", "int32", "float", "names", "one", "none"],
)
def test_blocks_of_any_names_are_numbered_as_they_come(labels):
    kept = labels.copy()
    seen = list(dict.fromkeys(labels.tolist()))
    found = first_appearance(labels)
    assert found.dtype == np.int64
    assert found.tolist() == [seen.index(label) for label in labels.tolist()]
    np.testing.assert_array_equal(labels, kept)


def test_classes_of_a_score_are_even_and_in_order():
    labels = ordered_partition(np.array([5.0, 1.0, 4.0, 2.0, 6.0, 3.0]), 3)
    np.testing.assert_array_equal(labels, [0, 1, 2, 1, 0, 2])


def test_draws_are_uniform_and_choices_proportional():
    source = np.array([1], dtype=np.uint64)
    draws = np.array([uniform(source) for _ in range(20_000)])
    assert 0 <= draws.min() < draws.max() < 1
    # Standard error of the mean .002, of a share .0035.
    assert draws.mean() == pytest.approx(0.5, abs=0.01)
    gains = np.log(np.array([1.0, 2.0, 5.0]))
    chosen = [choose(gains, 3, 1.0, source) for _ in range(20_000)]
    np.testing.assert_allclose(np.bincount(chosen) / 20_000, [0.125, 0.25, 0.625], atol=0.015)
    assert choose(gains, 3, 0.0, source) == 2


def test_a_search_is_repeatable_and_leaves_its_start_alone():
    model = a_model("log-normal", np.random.default_rng(1), n=20)
    start = random_partition(20, 5, np.random.default_rng(2))
    before = start.copy()
    one, other = (find_partition(model, start, np.random.default_rng(3)) for _ in range(2))
    np.testing.assert_array_equal(one[0], other[0])
    assert one[1] == other[1]
    np.testing.assert_array_equal(start, before)


def test_a_single_node_is_one_block():
    model = a_model("none", np.random.default_rng(0), n=1)
    labels, length = find_partition(model, np.zeros(1, dtype=np.int64), np.random.default_rng(0))
    assert labels.tolist() == [0]
    assert length == pytest.approx(0.0)
