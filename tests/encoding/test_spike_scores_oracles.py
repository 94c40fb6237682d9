"""Spike scores against sums over bins, rescaled intervals against integrals done by hand."""

from __future__ import annotations

import math

import numpy as np
import pytest
import scipy.stats
from hypothesis import given, settings
from hypothesis import strategies as st

from neurokit.encoding.spike_scores import (
    log_likelihood,
    rescaled_intervals,
    rescaling_test,
    spike_scores,
)

SEEDS = st.integers(0, 10_000)
KINDS = ("poisson", "bernoulli")


def _pair(seed, observation, n=40, k=3, holes=0.0):
    rng = np.random.default_rng(seed)
    if observation == "poisson":
        expected = np.exp(rng.normal(size=(n, k)))
        counts = rng.poisson(expected).astype(float)
    else:
        expected = rng.uniform(0.05, 0.95, size=(n, k))
        counts = (rng.random((n, k)) < expected).astype(float)
    counts[0] = 1.0  # each neuron has a spike
    counts[rng.random(counts.shape) < holes] = np.nan
    expected[rng.random(counts.shape) < holes] = np.nan
    return counts, expected


def _log_p(y, mu, observation):
    """The log-probability of one bin."""
    if observation == "poisson":
        if mu == 0:
            return 0.0 if y == 0 else -math.inf
        return y * math.log(mu) - mu - math.lgamma(y + 1)
    p = mu if y else 1 - mu
    return math.log(p) if p > 0 else -math.inf


def _loop(counts, expected, observation):
    total = []
    for k in range(counts.shape[1]):
        pairs = zip(counts[:, k], expected[:, k], strict=True)
        seen = [(y, mu) for y, mu in pairs if not (np.isnan(y) or np.isnan(mu))]
        total.append(sum(_log_p(y, mu, observation) for y, mu in seen))
    return np.array(total)


@settings(max_examples=20, derandomize=True)
@given(SEEDS, st.sampled_from(KINDS), st.sampled_from([0.0, 0.2]))
def test_the_log_likelihood_is_a_sum_over_known_bins(seed, observation, holes):
    counts, expected = _pair(seed, observation, holes=holes)
    found = log_likelihood(counts, expected, observation)
    np.testing.assert_allclose(found, _loop(counts, expected, observation), rtol=1e-10)


@settings(max_examples=20, derandomize=True)
@given(SEEDS, st.sampled_from(KINDS))
def test_all_three_scores_are_their_formulas(seed, observation):
    counts, expected = _pair(seed, observation)
    base = counts.mean(axis=0).clip(0.01, 0.99 if observation == "bernoulli" else None)
    full = _loop(counts, expected, observation)
    null = _loop(counts, np.broadcast_to(base, counts.shape), observation)
    best = _loop(counts, counts, observation)
    scores = spike_scores(counts, expected, observation, base)
    bits = (full - null) / counts.sum(axis=0) / math.log(2)
    np.testing.assert_allclose(scores["bits_per_spike"], bits, rtol=1e-9, atol=1e-12)
    np.testing.assert_allclose(scores["mcfadden_r2"], 1 - full / null, rtol=1e-9, atol=1e-12)
    np.testing.assert_allclose(scores["d2"], (full - null) / (best - null), rtol=1e-8, atol=1e-12)


@pytest.mark.parametrize("observation", KINDS)
def test_a_model_that_knows_every_bin_has_a_d2_of_one(observation):
    counts, _ = _pair(0, observation)
    scores = spike_scores(counts, counts, observation, counts.mean(axis=0))
    np.testing.assert_allclose(scores["d2"], 1.0)


@settings(max_examples=20, derandomize=True)
@given(SEEDS, st.sampled_from(KINDS))
def test_bins_in_any_order_and_neurons_each_by_itself_score_alike(seed, observation):
    counts, expected = _pair(seed, observation, holes=0.1)
    base = np.nanmean(counts, axis=0)
    order = np.random.default_rng(seed).permutation(len(counts))
    plain = spike_scores(counts, expected, observation, base)
    turned = spike_scores(counts[order], expected[order], observation, base)
    for name, values in plain.items():
        np.testing.assert_allclose(turned[name], values, rtol=1e-9, atol=1e-12)
        alone = [
            spike_scores(counts[:, [k]], expected[:, [k]], observation, base[[k]])[name][0]
            for k in range(3)
        ]
        np.testing.assert_allclose(alone, values, rtol=1e-9, atol=1e-12)


@settings(max_examples=20, derandomize=True)
@given(SEEDS)
def test_the_same_bins_twice_give_the_same_scores(seed):
    counts, expected = _pair(seed, "poisson")
    base = counts.mean(axis=0)
    once = spike_scores(counts, expected, "poisson", base)
    twice = spike_scores(np.tile(counts, (2, 1)), np.tile(expected, (2, 1)), "poisson", base)
    for name, values in once.items():
        np.testing.assert_allclose(twice[name], values, rtol=1e-10, atol=1e-12)


def test_a_bin_wider_by_two_with_no_change_of_rate_keeps_the_bits_of_a_constant():
    # Merging pairs of bins of a piecewise constant rate leaves out nothing of the gain.
    rate = np.repeat([0.5, 2.0], 50)[:, None]
    counts = np.random.default_rng(1).poisson(rate).astype(float)
    merged, wide = counts.reshape(-1, 2, 1).sum(axis=1), rate.reshape(-1, 2, 1).sum(axis=1)
    fine = spike_scores(counts, rate, "poisson", counts.mean(axis=0))["bits_per_spike"]
    coarse = spike_scores(merged, wide, "poisson", merged.mean(axis=0))["bits_per_spike"]
    np.testing.assert_allclose(fine, coarse, rtol=1e-10)


@pytest.mark.parametrize(
    ("y", "mu", "observation", "expected"),
    [
        (1.0, 0.0, "poisson", -math.inf),
        (0.0, 0.0, "poisson", 0.0),
        (0.0, 1.0, "bernoulli", -math.inf),
        (1.0, 1.0, "bernoulli", 0.0),
        (0.0, 0.0, "bernoulli", 0.0),
        (1.0, 0.0, "bernoulli", -math.inf),
        (2.0, 3.0, "poisson", math.log(9 * math.exp(-3) / 2)),
        (np.nan, 3.0, "poisson", 0.0),
        (2.0, np.nan, "poisson", 0.0),
    ],
)
def test_what_was_called_impossible_or_certain(y, mu, observation, expected):
    found = log_likelihood(np.array([[y]]), np.array([[mu]]), observation)
    assert found[0] == pytest.approx(expected)


def test_no_bin_at_all_has_no_likelihood_and_no_score():
    empty = np.zeros((0, 2))
    np.testing.assert_array_equal(log_likelihood(empty, empty, "poisson"), [0.0, 0.0])
    scores = spike_scores(empty, empty, "poisson", np.ones(2))
    assert all(np.isnan(values).all() for values in scores.values())


@pytest.mark.parametrize("observation", KINDS)
def test_scoring_changes_nothing_that_is_given(observation):
    counts, expected = _pair(2, observation, holes=0.1)
    base = np.nanmean(counts, axis=0)
    before = [values.copy() for values in (counts, expected, base)]
    spike_scores(counts, expected, observation, base)
    log_likelihood(counts, expected, observation)
    rescaling_test(counts, expected, observation, np.random.default_rng(0))
    for values, kept in zip((counts, expected, base), before, strict=True):
        np.testing.assert_array_equal(values, kept)


def test_poisson_intervals_are_integrals_of_the_rate_between_spikes():
    # Spikes in bins 1 and 4; between their places lie the rest of bin 1, bins 2 and 3, and a
    # part of bin 4: with places u1, u2 the mass is (1 - u1) .4 + .1 + .2 + u2 .8.
    rate = np.array([0.3, 0.4, 0.1, 0.2, 0.8, 0.5])
    counts = np.array([0.0, 1.0, 0.0, 0.0, 1.0, 0.0])
    u1, u2 = np.random.default_rng(3).random(2)
    found = rescaled_intervals(counts, rate, "poisson", np.random.default_rng(3))
    mass = (1 - u1) * 0.4 + 0.1 + 0.2 + u2 * 0.8
    np.testing.assert_allclose(found, [1 - math.exp(-mass)])


def test_several_spikes_of_a_bin_lie_in_order_within_it():
    counts, rate = np.array([4.0, 0.0]), np.array([2.0, 1.0])
    places = np.sort(np.random.default_rng(4).random(4)) * 2.0
    found = rescaled_intervals(counts, rate, "poisson", np.random.default_rng(4))
    np.testing.assert_allclose(found, 1 - np.exp(-np.diff(places)))


def test_bernoulli_intervals_begin_with_the_bin_after_a_spike():
    # -log(1 - p) is a bin's mass; the second spike falls where 1 - u p of its bin is left.
    p = np.array([0.2, 0.5, 0.3, 0.4])
    counts = np.array([1.0, 0.0, 0.0, 1.0])
    _, u = np.random.default_rng(5).random(2)
    found = rescaled_intervals(counts, p, "bernoulli", np.random.default_rng(5))
    silent = (1 - 0.5) * (1 - 0.3)
    np.testing.assert_allclose(found, [1 - silent * (1 - u * 0.4)])


@settings(max_examples=20, derandomize=True)
@given(SEEDS, st.sampled_from(KINDS))
def test_there_is_one_interval_less_than_spikes_and_all_are_probabilities(seed, observation):
    counts, expected = _pair(seed, observation, k=1)
    found = rescaled_intervals(
        counts[:, 0], expected[:, 0], observation, np.random.default_rng(seed)
    )
    assert found.shape == (int(counts.sum()) - 1,)
    assert ((found >= 0) & (found <= 1)).all()


def test_a_certain_spike_is_no_trouble():
    found = rescaled_intervals(
        np.ones(4), np.array([0.5, 1.0, 1.0, 0.5]), "bernoulli", np.random.default_rng(6)
    )
    assert np.isfinite(found).all()


@pytest.mark.parametrize("observation", KINDS)
def test_the_distance_is_that_of_scipy_on_the_same_intervals(observation):
    counts, expected = _pair(7, observation, n=80)
    distance, p = rescaling_test(counts, expected, observation, np.random.default_rng(8))
    for k, stream in enumerate(np.random.default_rng(8).spawn(3)):
        z = np.sort(rescaled_intervals(counts[:, k], expected[:, k], observation, stream))
        steps = np.arange(z.size + 1) / z.size
        by_hand = max((steps[1:] - z).max(), (z - steps[:-1]).max())
        assert distance[k] == pytest.approx(by_hand)
        assert p[k] == pytest.approx(scipy.stats.kstwo.sf(by_hand, z.size), rel=1e-6)


def test_missing_bins_are_closed_up():
    counts, expected = _pair(9, "poisson", n=60, k=2)
    holes = np.insert(counts, [10, 30], np.nan, axis=0)
    wide = np.insert(expected, [10, 30], 5.0, axis=0)
    plain = rescaling_test(counts, expected, "poisson", np.random.default_rng(0))
    closed = rescaling_test(holes, wide, "poisson", np.random.default_rng(0))
    np.testing.assert_array_equal(closed, plain)


def test_a_neuron_is_judged_alike_whatever_company_comes_after_it():
    counts, expected = _pair(10, "poisson", n=60)
    whole = rescaling_test(counts, expected, "poisson", np.random.default_rng(0))
    part = rescaling_test(counts[:, :1], expected[:, :1], "poisson", np.random.default_rng(0))
    assert (whole[0][0], whole[1][0]) == (part[0][0], part[1][0])


def test_a_rate_that_is_half_of_the_truth_is_further_off():
    rng = np.random.default_rng(11)
    expected = np.full((3000, 1), 0.3)
    counts = rng.poisson(expected).astype(float)
    true, _ = rescaling_test(counts, expected, "poisson", np.random.default_rng(0))
    half, p = rescaling_test(counts, expected / 2, "poisson", np.random.default_rng(0))
    # With half of the rate intervals are 1 - sqrt(1 - z): the distance is 1/4.
    assert half[0] == pytest.approx(0.25, abs=0.05)
    assert true[0] < 0.06
    assert p[0] < 1e-6


@pytest.mark.parametrize(("spikes", "judged"), [(0, False), (2, False), (3, True)])
def test_three_spikes_are_the_least(spikes, judged):
    counts = np.zeros((20, 1))
    counts[:spikes] = 1.0
    found = rescaling_test(counts, np.full((20, 1), 0.2), "poisson", np.random.default_rng(0))
    assert np.isfinite(found).all() == judged
