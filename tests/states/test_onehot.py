"""The one-hot prior on known posteriors of weights: edges, calibration, stages of the fit."""

from __future__ import annotations

import numpy as np
import pytest

from neurokit.states.onehot import OneHotPrior
from neurokit.states.onehot_fit import find_edges
from neurokit.states.priors import make_prior

ALPHA = (0.2, 1.6, 0.2)


def planted(seed, *, n=14, n_states=4, error=0.1, alpha=ALPHA):
    """Ternary probabilities, kinds, weights as in the paper's simulation, and estimates of them."""
    rng = np.random.default_rng(seed)
    prior = rng.dirichlet(alpha, n * n)
    drawn = rng.random((n_states, n * n, 1)) > np.cumsum(prior, axis=1)[:, :2]
    kind = drawn.sum(axis=2) - 1
    weight = kind * np.log1p(3 * rng.random(kind.shape))
    errors = error * np.exp(0.3 * rng.standard_normal(kind.shape))
    return prior, kind, weight, weight + errors * rng.standard_normal(kind.shape), errors


def one_group(n_edges):
    return np.zeros(n_edges, dtype=np.int64)


def test_planted_edges_their_prior_and_strengths_are_found():
    prior, kind, weight, estimate, errors = planted(0, n=20, n_states=5, error=0.055)
    found = find_edges(estimate, errors, one_group(400))
    called = found.probability.argmax(axis=2) - 1
    # 12 seeds: accuracy .986, balanced .962, r .96, error of weights .0009 against .0036.
    assert (called == kind).mean() > 0.975
    assert np.mean([(called[kind == k] == k).mean() for k in (-1, 0, 1)]) > 0.94
    assert np.corrcoef(found.prior.ravel(), prior.ravel())[0, 1] > 0.93
    mean = found.probability[..., 2] * found.strength[..., 1]
    mean -= found.probability[..., 0] * found.strength[..., 0]
    assert ((mean - weight) ** 2).mean() < 0.5 * ((estimate - weight) ** 2).mean()
    assert np.diff(found.trace).min() > -1e-7
    np.testing.assert_allclose(found.alpha, [ALPHA], rtol=0.35)


def pooled(error, seeds):
    likely, exists = [], []
    for seed in seeds:
        _, kind, _, estimate, errors = planted(seed, error=error)
        found = find_edges(estimate, errors, one_group(196))
        likely.append(1 - found.probability[..., 1].ravel())
        exists.append((kind != 0).ravel())
    return np.concatenate(likely), np.concatenate(exists)


def share_within(likely, exists, low, high):
    chosen = (likely >= low) & (likely < high)
    return exists[chosen].mean(), likely[chosen].mean(), int(chosen.sum())


@pytest.mark.slow
@pytest.mark.parametrize("error", [0.06, 0.15, 0.3])
def test_edge_probabilities_are_frequencies(error):
    likely, exists = pooled(error, range(25))
    for low, high in ((0.03, 0.2), (0.2, 0.5), (0.5, 0.8), (0.8, 0.97), (0.97, 1.01)):
        share, mean, n = share_within(likely, exists, low, high)
        # Four binomial standard errors, and 0.03 for parameters learned from one small net.
        assert share == pytest.approx(mean, abs=4 * np.sqrt(mean * (1 - mean) / n) + 0.03)


def test_probabilities_between_zero_and_one_are_not_over_confident():
    likely, exists = pooled(0.15, range(4))
    share, _, n = share_within(likely, exists, 0.8, 0.97)
    assert n > 40
    # 25 seeds give .85; a prior in which an edge votes itself gave .42 in .8 to .9.
    assert share > 0.65


def test_given_probabilities_are_used_as_they_are():
    _, _, _, estimate, errors = planted(1, error=0.6)
    given = np.tile([0.0, 1.0, 0.0], (196, 1))
    given[:98] = [0.1, 0.8, 0.1]
    found = find_edges(estimate, errors, one_group(196), given)
    assert (found.probability[:, 98:, 1] == 1).all()
    assert found.alpha.size == 0
    np.testing.assert_array_equal(found.prior, given)
    assert np.diff(found.trace).min() > -1e-7


def test_a_group_with_more_edges_learns_that_it_has_more():
    sparse = planted(2, alpha=(0.05, 3.0, 0.05), error=0.25)
    dense = planted(3, alpha=(1.0, 0.3, 1.0), error=0.25)
    estimate = np.concatenate([sparse[3], dense[3]], axis=1)
    errors = np.concatenate([sparse[4], dense[4]], axis=1)
    kind = np.concatenate([sparse[1], dense[1]], axis=1)
    group = np.repeat([0, 1], 196)
    told = find_edges(estimate, errors, group)
    untold = find_edges(estimate, errors, one_group(392))
    share = told.alpha[:, 1] / told.alpha.sum(axis=1)
    assert share[0] > 0.9
    assert share[1] < 0.3
    score = [
        np.log(np.take_along_axis(f.probability, kind[..., None] + 1, axis=2)).mean()
        for f in (told, untold)
    ]
    assert score[0] > score[1]


def as_posterior(weight, errors, n, n_basis=1):
    """Weights (state, post, pre, basis) with independent errors, and their information."""
    n_states = len(weight)
    shape = (n_states, n, n, 1)
    information = np.zeros((n_states, n, n, n))
    index = np.arange(n)
    information[..., index, index] = errors.reshape(n_states, n, n) ** -2.0
    return weight.reshape(shape), information


def penalised(estimate, errors, ridge):
    """Where a ridge pulls an estimate with a quadratic likelihood to."""
    precision = errors**-2.0
    return estimate * precision / (precision + ridge)


def test_the_first_stage_is_a_ridge_and_its_pull_is_taken_out():
    _, kind, _, estimate, errors = planted(4, n=10, n_states=3)
    prior = make_prior("onehot", (3, 10, 10, 1), ridge=40.0)
    mean, precision = prior.quadratic()
    assert (mean == 0).all()
    assert (precision == 40.0).all()
    weights, information = as_posterior(penalised(estimate, errors, 40.0), errors, 10)
    start = prior.advance(weights, information)
    called = prior.results()["adjacency"].reshape(3, 100)
    np.testing.assert_allclose(start.reshape(3, 100), np.where(called, estimate, 0), atol=1e-4)
    assert (called == kind).mean() > 0.95


def test_the_second_stage_fits_likely_edges_only():
    _, _, _, estimate, errors = planted(5, n=10, n_states=3)
    prior = make_prior("onehot", (3, 10, 10, 1))
    weights, information = as_posterior(estimate, errors, 10)
    prior.advance(weights, information)
    called = prior.results()["adjacency"]
    mean, precision = (x[..., 0] for x in prior.quadratic())
    assert (precision[called == 0] > 1e6).all()
    assert (mean[called == 0] == 0).all()
    np.testing.assert_array_equal(np.sign(mean), called)
    # Strengths are uniform-like in (0, log 4): a penalty of a few, not of a hundred.
    assert (precision[called != 0] < 20).all()


def test_a_hidden_edge_is_found_again_from_the_slope_at_zero():
    # After the first stage all weights stand at the optimum of the second; those of absent edges
    # are tiny, and times their precision they are the slope there.
    _, _, _, estimate, errors = planted(6, n=10, n_states=3)
    prior = make_prior("onehot", (3, 10, 10, 1), ridge=1.0)
    weights, information = as_posterior(penalised(estimate, errors, 1.0), errors, 10)
    prior.advance(weights, information)
    before = prior.results()["edge_probability"]
    mean, precision = prior.quadratic()
    h = as_posterior(errors, errors, 10)[0] ** -2.0
    at = (h * estimate.reshape(h.shape) + precision * mean) / (h + precision)
    prior.advance(at, information)
    after = prior.results()["edge_probability"]
    np.testing.assert_allclose(after, before, atol=0.02)
    assert prior.advance(at, information) is None


def test_forbidden_couplings_are_absent_for_sure():
    allowed = ~np.eye(10, dtype=bool)
    _, _, _, estimate, errors = planted(7, n=10, n_states=3)
    prior = make_prior("onehot", (3, 10, 10, 1), allowed=allowed)
    weights, information = as_posterior(estimate, errors, 10)
    start = prior.advance(weights, information)
    found = prior.results()
    assert (np.einsum("sii->si", start[..., 0]) == 0).all()
    np.testing.assert_array_equal(found["edge_probability"][:, ~allowed], [[[0, 1, 0]] * 10] * 3)
    assert np.isinf(prior.quadratic()[1][:, ~allowed]).all()


def test_several_basis_functions_share_one_edge():
    rng = np.random.default_rng(8)
    n, n_states = 8, 3
    kind = rng.choice([-1, 0, 1], (n_states, n, n), p=[0.15, 0.7, 0.15])
    shape = np.array([1.0, 0.6])
    truth = kind[..., None] * shape * 0.6
    errors = np.full(truth.shape, 0.08)
    weights = truth + errors * rng.standard_normal(truth.shape)
    information = np.zeros((n_states, n, 2 * n, 2 * n))
    index = np.arange(2 * n)
    information[..., index, index] = 1 / 0.08**2
    prior = OneHotPrior(
        (n_states, n, n, 2), 1.0, area=np.ones(2), allowed=np.ones((n, n), dtype=bool)
    )
    start = prior.advance(weights, information)
    called = prior.results()["adjacency"]
    assert (called == kind).mean() > 0.98
    np.testing.assert_array_equal((start != 0).all(axis=3), called != 0)
    np.testing.assert_array_equal((start != 0).any(axis=3), called != 0)


def test_a_silent_neuron_has_no_say():
    _, _, _, estimate, errors = planted(9, n=10, n_states=3)
    prior = make_prior("onehot", (3, 10, 10, 1))
    weights, information = as_posterior(estimate, errors, 10)
    information[:, :, 3, :] = information[:, :, :, 3] = 0.0
    weights[:, :, 3] = 0.0
    start = prior.advance(weights, information)
    probability = prior.results()["edge_probability"]
    assert np.isfinite(start).all()
    assert np.isfinite(probability).all()
    # What is left is the prior of all edges: some 80 % are absent.
    assert probability[:, :, 3, 1].mean() == pytest.approx(0.8, abs=0.1)


def test_nothing_was_learned_before_the_first_stage_ended():
    found = make_prior("onehot", (2, 3, 3, 1)).results()
    assert (found["adjacency"] == 0).all()
    assert found["edge_probability"].shape == (2, 3, 3, 3)
