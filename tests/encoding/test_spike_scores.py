"""Scores of spikes by their definition, and time rescaling of true and false models."""

from __future__ import annotations

import numpy as np
import pytest
import scipy.stats
from sklearn.metrics import d2_log_loss_score, mean_poisson_deviance

from neurokit.encoding.spike_scores import (
    log_likelihood,
    rescaled_intervals,
    rescaling_test,
    spike_scores,
)


def _draws(rng, observation, n=4000, k=3):
    shape = np.exp(rng.normal(size=(n, k)) * 0.5 - 2.0)
    if observation == "poisson":
        return rng.poisson(shape).astype(float), shape
    return (rng.random((n, k)) < shape.clip(0, 0.9)).astype(float), shape.clip(0, 0.9)


@pytest.mark.parametrize("observation", ["poisson", "bernoulli"])
def test_the_log_likelihood_is_that_of_scipy(observation):
    y, mu = _draws(np.random.default_rng(0), observation)
    peer = scipy.stats.poisson if observation == "poisson" else scipy.stats.bernoulli
    expected = peer.logpmf(y, mu).sum(axis=0)
    np.testing.assert_allclose(log_likelihood(y, mu, observation), expected)


def test_d2_is_that_of_scikit_learn():
    y, mu = _draws(np.random.default_rng(1), "poisson")
    base = y.mean(axis=0)
    d2 = spike_scores(y, mu, "poisson", base)["d2"]
    for k in range(3):
        deviance = mean_poisson_deviance(y[:, k], mu[:, k])
        null = mean_poisson_deviance(y[:, k], np.full(len(y), base[k]))
        assert d2[k] == pytest.approx(1 - deviance / null)
    y, mu = _draws(np.random.default_rng(1), "bernoulli")
    d2 = spike_scores(y, mu, "bernoulli", y.mean(axis=0))["d2"]
    assert d2[0] == pytest.approx(d2_log_loss_score(y[:, 0], mu[:, 0]))


def test_a_constant_rate_scores_zero_and_the_truth_more():
    y, mu = _draws(np.random.default_rng(2), "poisson")
    base = y.mean(axis=0)
    for score in spike_scores(y, np.broadcast_to(base, y.shape), "poisson", base).values():
        np.testing.assert_allclose(score, 0.0, atol=1e-12)
    for score in spike_scores(y, mu, "poisson", base).values():
        assert (score > 0).all()


def test_bits_per_spike_of_a_doubled_rate():
    # All spikes in half of the bins, at twice the mean rate: one bit per spike.
    y = np.tile([2.0, 0.0], 50)[:, None]
    scores = spike_scores(y, np.maximum(y, 1e-300), "poisson", y.mean(axis=0))
    assert scores["bits_per_spike"][0] == pytest.approx(1.0)


def test_missing_bins_and_silent_neurons():
    y, mu = _draws(np.random.default_rng(3), "poisson")
    holes = y.copy()
    holes[::3] = np.nan
    kept = np.ones(len(y), dtype=bool)
    kept[::3] = False
    base = y.mean(axis=0)
    part = spike_scores(y[kept], mu[kept], "poisson", base)
    for name, score in spike_scores(holes, mu, "poisson", base).items():
        np.testing.assert_allclose(score, part[name])
    silent = spike_scores(np.zeros((9, 1)), np.ones((9, 1)), "poisson", np.zeros(1))
    assert np.isnan(silent["bits_per_spike"]).all()


@pytest.mark.parametrize("observation", ["poisson", "bernoulli"])
def test_rescaled_intervals_of_the_true_model_are_uniform(observation):
    y, mu = _draws(np.random.default_rng(4), observation, n=40_000, k=1)
    z = rescaled_intervals(y[:, 0], mu[:, 0], observation, np.random.default_rng(0))
    assert z.size > 3000
    # The p-value is uniform under the truth; the seed is fixed.
    assert scipy.stats.kstest(z, "uniform").pvalue > 0.01


def test_a_false_model_is_found_out():
    y, mu = _draws(np.random.default_rng(5), "poisson", n=20_000, k=2)
    y[1:, 1] *= y[:-1, 1] == 0  # refractory after each spike
    _, p = rescaling_test(y, mu, "poisson", np.random.default_rng(0))
    assert p[0] > 0.01
    assert p[1] < 1e-3


def test_a_neuron_with_hardly_a_spike_is_not_judged():
    y = np.zeros((100, 1))
    y[3] = 1.0
    distance, p = rescaling_test(y, np.full((100, 1), 0.01), "poisson", np.random.default_rng(0))
    assert np.isnan([distance[0], p[0]]).all()
