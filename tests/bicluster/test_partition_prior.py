"""Priors of partitions against mpmath, enumeration and their own draws."""

from collections import Counter

import mpmath
import numpy as np
import pytest
from scipy.special import gammaln
from scipy.stats import chisquare

from neurokit.bicluster.kernels import partition_log_weights
from neurokit.bicluster.partition_prior import (
    by_first_appearance,
    dirichlet_process,
    draw_partition,
    finite_mixtures,
)


def partitions(n):
    """All partitions of n items, clusters numbered by first appearance."""
    found = [[0]]
    for _ in range(n - 1):
        found = [[*row, new] for row in found for new in range(max(row) + 2)]
    return np.array(found)


def exact_log_volume(n, t, gamma, p):
    """log V_n(t) summed in 40 digits until terms no longer matter."""
    with mpmath.workdps(40):
        total, k = mpmath.mpf(0), t
        g, q = mpmath.mpf(gamma), mpmath.mpf(p)
        term = mpmath.rf(k - t + 1, t) / mpmath.rf(g * k, n) * q * (1 - q) ** (k - 1)
        while True:
            total += term
            k += 1
            term = mpmath.rf(k - t + 1, t) / mpmath.rf(g * k, n) * q * (1 - q) ** (k - 1)
            if term < total * mpmath.mpf(10) ** -25:
                return float(mpmath.log(total))


@pytest.mark.parametrize(
    ("n", "gamma", "p"),
    [(1, 1.0, 0.2), (4, 1.0, 0.2), (63, 0.5, 0.05), (172, 1.0, 0.415), (2000, 1.0, 0.2)],
)
def test_weights_agree_with_forty_digits(n, gamma, p):
    found = partition_log_weights(n, gamma, p)
    assert found.shape == (n + 1,)
    for t in sorted({1, min(7, n + 1), n // 2 + 1, n + 1}):
        expected = exact_log_volume(n, t, gamma, p)
        assert found[t - 1] == pytest.approx(expected, rel=1e-8, abs=1e-8)


@pytest.mark.parametrize("gamma", [0.4, 1.0, 3.0])
@pytest.mark.parametrize("p", [0.2, 0.9])
def test_probabilities_of_all_52_partitions_sum_to_one(gamma, p):
    prior = finite_mixtures(5, gamma, p)
    every = partitions(5)
    assert len(every) == 52
    total = sum(np.exp(prior.log_partition(row)) for row in every)
    assert total == pytest.approx(1.0, rel=1e-10)


@pytest.mark.parametrize("alpha", [0.3, 2.0])
def test_a_dirichlet_process_has_ewens_probabilities(alpha):
    prior = dirichlet_process(5, alpha)
    norm = gammaln(alpha + 5) - gammaln(alpha)
    total = 0.0
    for row in partitions(5):
        sizes = np.bincount(row)
        expected = len(sizes) * np.log(alpha) + gammaln(sizes).sum() - norm
        assert prior.log_partition(row) - norm == pytest.approx(expected, rel=1e-10)
        total += np.exp(expected)
    assert total == pytest.approx(1.0)


PRIORS = [
    finite_mixtures(6, 1.0, 0.2),
    finite_mixtures(6, 0.5, 0.6),
    dirichlet_process(6, 0.7),
    dirichlet_process(6, 3.0),
]


@pytest.mark.parametrize("prior", PRIORS)
def test_joining_and_founding_weigh_as_partitions_do(prior):
    """The conditional of the last neuron from the whole partition's probability."""
    for row in partitions(5):
        clusters = int(row.max()) + 1
        joint = np.array([prior.log_partition(np.append(row, k)) for k in range(clusters + 1)])
        weights = np.append(np.log(np.bincount(row) + prior.join), prior.log_found(clusters))
        np.testing.assert_allclose(joint - joint[0], weights - weights[0], atol=1e-9)


@pytest.mark.parametrize("prior", PRIORS)
def test_draws_are_distributed_as_the_probabilities(prior):
    n = 6000
    rng = np.random.default_rng(0)
    found = Counter(tuple(draw_partition(prior, 6, rng)) for _ in range(n))
    every = partitions(6)
    share = np.exp([prior.log_partition(row) for row in every])
    share /= share.sum()
    seen = np.array([found[tuple(row)] for row in every])
    assert seen.sum() == n, "a draw was not numbered by first appearance"
    common = n * share >= 5
    observed = np.append(seen[common], seen[~common].sum())
    expected = np.append(n * share[common], n * share[~common].sum())
    kept = expected > 0
    assert chisquare(observed[kept], expected[kept]).pvalue > 1e-4


def test_one_component_for_certain_forbids_a_second_cluster():
    prior = finite_mixtures(4, 1.0, 1.0)
    assert prior.log_found(1) == -np.inf
    assert np.exp(prior.log_partition(np.zeros(4, dtype=int))) == pytest.approx(1.0)
    assert not draw_partition(prior, 4, np.random.default_rng(0)).any()


def test_the_first_neuron_founds_for_certain():
    assert finite_mixtures(3).log_found(0) == 0.0


def test_numbers_follow_first_appearance():
    assert by_first_appearance(np.array([7, 2, 7, 9, 2, 0])).tolist() == [0, 1, 0, 2, 1, 3]
    assert by_first_appearance(np.array([], dtype=int)).tolist() == []
