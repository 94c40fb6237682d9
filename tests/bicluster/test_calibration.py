"""Simulation-based calibration of the sampler, and of the machinery that judges it."""

from __future__ import annotations

import numpy as np
import pytest
from calibration import FUNCTIONS, calibrate, rank_of, uniform_p

from neurokit.bicluster.geweke import functions, small_problem
from neurokit.bicluster.gibbs import sweep

N_DRAWS = 19


def pairs_of(labels):
    first, second = np.triu_indices(len(labels), 1)
    return labels[first] == labels[second]


def replicate_of(observation, n_burn, thin, kernel=sweep):
    """Truth and N_DRAWS thinned draws of a chain that starts at another draw from the prior."""
    problem = small_problem(observation)

    def replicate(rng):
        truth, data = problem.draw(rng)
        state, _ = problem.draw(rng)
        known = functions(truth, data)
        draws, pairs = [], []
        for number in range(n_burn + thin * N_DRAWS):
            state, _ = kernel(state, data, problem.settings, number, rng)
            if number >= n_burn and (number - n_burn) % thin == thin - 1:
                found = functions(state, data)
                draws.append([found[name] for name in FUNCTIONS])
                pairs.append(pairs_of(state.neurons))
        truths = [known[name] for name in FUNCTIONS]
        return truths, np.array(draws), pairs_of(truth.neurons), np.array(pairs)

    return replicate


def normal_replicate(width):
    """y ~ N(theta, 1), theta ~ N(0, 1); the posterior is N(y / 2, 1/2), drawn `width` as wide."""

    def replicate(rng):
        theta = rng.standard_normal()
        y = theta + rng.standard_normal()
        draws = y / 2 + width * np.sqrt(0.5) * rng.standard_normal((N_DRAWS, 1))
        p = rng.uniform()
        return [theta], draws, rng.random(1) < p, rng.random((N_DRAWS, 1)) < p

    return replicate


def test_an_exact_sampler_is_calibrated():
    found = calibrate(normal_replicate(1.0), 2000, np.random.default_rng(0))
    assert found.p_values()[0] > 0.001
    assert found.ranks.min() == 0
    assert found.ranks.max() == N_DRAWS
    share, n = found.share_together(0.4, 0.6)
    # 400 pairs or so: a share of a half has a standard error of .025.
    assert n > 200
    assert abs(share - 0.5) < 0.1


@pytest.mark.parametrize("width", [0.7, 1.4])
def test_posteriors_that_are_too_narrow_or_too_wide_are_not(width):
    found = calibrate(normal_replicate(width), 1000, np.random.default_rng(1))
    assert found.p_values()[0] < 0.001
    outer = np.isin(found.ranks, [0, N_DRAWS]).mean()
    assert (outer > 2 / (N_DRAWS + 1)) == (width < 1)


def test_uniform_ranks_have_uniform_p_values():
    rng = np.random.default_rng(2)
    p = [uniform_p(rng.integers(0, 20, 200), 19, 10) for _ in range(400)]
    # Share below .1: standard error .015.
    assert abs(np.mean(np.array(p) < 0.1) - 0.1) < 0.06
    assert uniform_p(np.zeros(50, int), 19, 10) < 1e-12


def test_a_truth_among_equals_has_any_of_their_ranks():
    rng = np.random.default_rng(3)
    draws = np.array([1.0, 2.0, 2.0, 2.0, 5.0])
    ranks = {rank_of(2.0, draws, rng) for _ in range(200)}
    assert ranks == {1, 2, 3, 4}
    assert rank_of(0.0, draws, rng) == 0
    assert rank_of(9.0, draws, rng) == 5


def test_pairs_are_those_of_different_neurons():
    assert pairs_of(np.array([0, 1, 0])).tolist() == [False, True, False]


def test_a_replicate_has_all_it_should_and_a_chain_of_its_own():
    rng = np.random.default_rng(4)
    truths, draws, known, pairs = replicate_of("gaussian", 2, 1)(rng)
    assert len(truths) == len(FUNCTIONS) == draws.shape[1]
    assert draws.shape[0] == pairs.shape[0] == N_DRAWS
    assert known.shape == pairs.shape[1:] == (6,)
    assert np.isfinite(draws).all()
    assert draws.std(axis=0).max() > 0


@pytest.mark.slow
def test_the_sampler_is_calibrated_in_short():
    found = calibrate(replicate_of("gaussian", 60, 6), 36, np.random.default_rng(5))
    assert (found.p_values(5) > 0.001).all()


@pytest.mark.nightly
@pytest.mark.parametrize("observation", ["poisson", "negative_binomial", "gaussian"])
def test_the_sampler_is_calibrated(observation):
    found = calibrate(replicate_of(observation, 150, 10), 200, np.random.default_rng(6))
    assert (found.p_values() > 0.001).all()
    share, n = found.share_together(0.4, 0.6)
    assert n >= 40
    assert 0.35 <= share <= 0.65
