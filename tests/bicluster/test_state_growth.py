"""Splits and merges of states at held latents: what they maximise, and what they find."""

from __future__ import annotations

from itertools import pairwise, product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import multivariate_normal

from neurokit.bicluster.dynamics import log_marginal, moments, posterior
from neurokit.bicluster.partition_prior import finite_mixtures
from neurokit.bicluster.settings import Settings
from neurokit.bicluster.state_growth import (
    best_halves,
    grow_states,
    label_evidence,
    step_scores,
)
from neurokit.stats import adjusted_rand

SETTINGS = Settings(1, 6, finite_mixtures(4))


def rotation(angle, decay):
    return decay * np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])


# Slow and fast rotations and one that forgets at once.
DYNAMICS = [rotation(0.15, 0.98), rotation(1.3, 0.95), rotation(0.0, 0.1)]


def simulated(n_states, n_bins=600, n_clusters=2, seed=0, dwell=50):
    """(K, T, 2) latents and (T,) states of about `dwell` bins each; -1 in the last bin."""
    rng = np.random.default_rng(seed)
    labels = np.repeat(rng.permutation(np.arange(n_bins // dwell + 1) % n_states), dwell)[:n_bins]
    latents = np.zeros((n_clusters, n_bins, 2))
    latents[:, 0] = rng.normal(size=(n_clusters, 2))
    for t in range(n_bins - 1):
        noise = 0.3 * rng.normal(size=(n_clusters, 2))
        latents[:, t + 1] = latents[:, t] @ DYNAMICS[labels[t]].T + noise
    labels[-1] = -1
    return latents, labels


def grown(latents, labels, settings=SETTINGS, seed=0):
    return grow_states(latents, labels, settings, np.random.default_rng(seed))


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("n_states", [2, 3])
def test_states_are_found_from_one(n_states, seed):
    latents, labels = simulated(n_states, seed=seed)
    found = grown(latents, np.minimum(labels, 0))
    assert len(np.unique(found[:-1])) == n_states
    assert adjusted_rand(labels[:-1], found[:-1]) > 0.85
    assert found[-1] == -1


@pytest.mark.parametrize("seed", range(4))
def test_a_state_that_two_share_is_split_and_the_other_kept(seed):
    latents, labels = simulated(3, seed=seed)
    found = grown(latents, np.minimum(labels, 1))
    assert adjusted_rand(labels[:-1], found[:-1]) > 0.85
    # State 0 is as it was up to the bins of a change.
    assert (found[labels == 0] == 0).mean() > 0.9


@pytest.mark.parametrize("seed", range(6))
def test_one_state_stays_one(seed):
    latents, labels = simulated(1, seed=seed)
    assert np.array_equal(grown(latents, labels), labels)


@pytest.mark.parametrize("seed", range(4))
def test_states_that_are_one_are_merged(seed):
    latents, labels = simulated(2, seed=seed)
    cut = np.where((labels == 1) & (np.arange(len(labels)) > 300), 4, labels)
    found = grown(latents, cut)
    assert adjusted_rand(labels[:-1], found[:-1]) > 0.95


def test_no_more_states_are_made_than_there_may_be():
    latents, labels = simulated(3)
    two = Settings(1, 2, finite_mixtures(4))
    found = grown(latents, np.minimum(labels, 0), two)
    assert set(found) == {-1, 0, 1}
    one = Settings(1, 1, finite_mixtures(4))
    assert np.array_equal(grown(latents, np.minimum(labels, 0), one), np.minimum(labels, 0))


def test_ends_of_trials_stay_and_short_ones_are_left_alone():
    latents, labels = simulated(2, seed=5)
    labels[[100, 300]] = -1
    found = grown(latents, np.minimum(labels, 0))
    assert np.array_equal(found == -1, labels == -1)
    inside = labels >= 0
    assert adjusted_rand(labels[inside], found[inside]) > 0.85
    short = np.array([0, 0, 0, -1])
    assert np.array_equal(grown(latents[:, :4], short), short)


@given(st.integers(0, 30))
def test_evidence_never_falls_and_the_seed_decides(seed):
    rng = np.random.default_rng(seed)
    latents = rng.normal(size=(2, 90, 2)).cumsum(axis=1)
    labels = np.append(np.repeat(rng.integers(0, 3, 6), 15)[:-1], -1)
    kept = latents.copy(), labels.copy()
    found = grown(latents, labels, seed=seed)
    before, after = (label_evidence(latents, one, SETTINGS) for one in (labels, found))
    assert after >= before
    assert np.array_equal(found, grown(latents, labels, seed=seed))
    assert np.array_equal(kept[0], latents)
    assert np.array_equal(kept[1], labels)


def test_evidence_of_labels_is_that_of_draws_one_after_the_other():
    latents, _ = simulated(2, n_bins=9, dwell=3)
    labels = np.array([3, 3, 1, 1, 1, 3, 3, 1, -1])
    prior = np.array([[100.5, 0.5], [0.5, 100.5]])
    log_chain = 0.0
    for before, after in pairwise(labels[:-1]):
        row, column = int(before == 3), int(after == 3)
        log_chain += np.log(prior[row, column] / prior[row].sum())
        prior[row, column] += 1
    expected = log_chain + log_marginal(moments(latents, labels, 4)).sum()
    assert label_evidence(latents, labels, SETTINGS) == pytest.approx(expected, rel=1e-10)


def test_evidence_does_not_depend_on_numbers():
    latents, labels = simulated(3)
    other = np.array([4, 0, 2, -1])[labels]
    expected = label_evidence(latents, labels, SETTINGS)
    assert label_evidence(latents, other, SETTINGS) == pytest.approx(expected, rel=1e-12)


def test_scores_are_gaussian_densities_of_expected_dynamics():
    latents, labels = simulated(2, n_bins=60, dwell=20)
    found = step_scores(latents, labels, 1, 0, 6)
    mean, _, scale, degrees = posterior(moments(latents, labels, 6))
    expected = np.zeros((59, 2))
    for side, s in enumerate((1, 0)):
        for k in range(2):
            noise = scale[s, k] / (degrees[s] - 3)
            before = np.column_stack([latents[k, :-1], np.ones(59)])
            gap = latents[k, 1:] - before @ mean[s, k].T
            expected[:, side] += multivariate_normal(np.zeros(2), noise).logpdf(gap)
    constant = 2 * np.log(2 * np.pi)
    np.testing.assert_allclose(found[:-1] - constant, expected, rtol=1e-10)
    assert not found[-1].any()


@given(st.integers(0, 400))
def test_best_halves_are_those_of_all_labellings(seed):
    rng = np.random.default_rng(seed)
    scores, free = rng.normal(size=(8, 2)) * 2.0, rng.random(8) < 0.8
    stay = rng.uniform(0.5, 0.99)

    def value(labels):
        total = sum(scores[t, labels[t]] for t in range(8) if free[t])
        for t in range(1, 8):
            if free[t] and free[t - 1]:
                total += np.log(stay if labels[t] == labels[t - 1] else 1 - stay)
        return total

    found = best_halves(scores, free, stay)
    assert not found[~free].any()
    best = max(value(labels) for labels in product((0, 1), repeat=8))
    assert value(found.astype(int)) == pytest.approx(best, rel=1e-12, abs=1e-12)
