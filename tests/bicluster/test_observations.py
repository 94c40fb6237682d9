"""Likelihoods of entries against scipy, and the Gaussian messages against both."""

import numpy as np
import pytest
from scipy import stats

from neurokit.bicluster.chain_state import draw_data, draw_prior
from neurokit.bicluster.geweke import small_problem
from neurokit.bicluster.likelihoods import (
    entry_likelihoods,
    log_likelihoods,
    total_log_likelihood,
)
from neurokit.bicluster.observations import (
    entry_log_likelihood,
    gather,
    messages,
    poisson_gains,
    predictor,
    row_log_likelihood,
)


def peer(y, eta, family, extra):
    if family == 0:
        return stats.poisson.logpmf(y, np.exp(eta))
    if family == 1:
        return stats.nbinom.logpmf(y, extra, extra / (extra + np.exp(eta)))
    return stats.norm.logpdf(y, eta, np.sqrt(extra))


CASES = [(0, 1.0), (1, 0.05), (1, 2.5), (1, 300.0), (2, 0.3), (2, 40.0)]


def grid(family):
    values = [-3.0, 0.0, 1.5, 12.0] if family == 2 else [0.0, 1.0, 7.0, 500.0]
    y, eta = np.meshgrid(values, [-8.0, -1.0, 0.0, 2.0, 5.5])
    return y, eta


@pytest.mark.parametrize(("family", "extra"), CASES)
def test_log_likelihoods_are_scipys(family, extra):
    y, eta = grid(family)
    found = log_likelihoods(y, eta, family, np.array(extra))
    np.testing.assert_allclose(found, peer(y, eta, family, extra), rtol=1e-8, atol=1e-8)


@pytest.mark.parametrize(("family", "extra"), CASES)
def test_compiled_entries_differ_from_scipy_by_a_function_of_the_value_alone(family, extra):
    y, eta = grid(family)
    found = np.vectorize(entry_log_likelihood, otypes=[float])(y, eta, family, extra)
    gap = found - peer(y, eta, family, extra)
    # Rows are predictors, columns values.
    np.testing.assert_allclose(gap - gap[:1], 0.0, atol=1e-6)


@pytest.mark.parametrize("family", [1, 2])
def test_compiled_entries_keep_all_terms_in_the_extra_parameter(family):
    sizes = np.array([0.2, 1.0, 8.0])
    found = np.array([entry_log_likelihood(3.0, 0.7, family, r) for r in sizes])
    gap = found - peer(3.0, 0.7, family, sizes)
    np.testing.assert_allclose(gap, gap[0], atol=1e-9)


@pytest.mark.parametrize("family", [0, 1])
def test_counts_sum_to_one(family):
    y = np.arange(4000.0)
    found = np.exp(log_likelihoods(y, np.full(4000, 2.0), family, np.array(0.8)))
    assert found.sum() == pytest.approx(1.0, abs=1e-9)


@pytest.mark.parametrize("family", [0, 1])
@pytest.mark.parametrize("eta", [-800.0, 800.0, 1e5])
def test_extreme_predictors_stay_finite(family, eta):
    assert np.isfinite(entry_log_likelihood(3.0, eta, family, 2.0))
    assert np.isfinite(log_likelihoods(np.array(3.0), np.array(eta), family, np.array(2.0)))


def test_a_row_sums_what_was_observed():
    y, eta = np.array([1.0, 0.0, 4.0]), np.array([0.2, 5.0, -1.0])
    seen = np.array([True, False, True])
    expected = entry_log_likelihood(1.0, 0.2, 1, 2.0) + entry_log_likelihood(4.0, -1.0, 1, 2.0)
    assert row_log_likelihood(y, seen, eta, 1, 2.0) == pytest.approx(expected, rel=1e-12)


def test_gains_of_poisson_over_negative_binomial_are_those_of_the_likelihoods():
    rng = np.random.default_rng(3)
    y, sizes = rng.poisson(3.0, (4, 30)).astype(float), np.array([0.5, 3.0, 40.0, 900.0])
    seen = rng.random((4, 30)) < 0.8
    new, old = rng.normal(1.0, 2.0, (2, 4, 30))
    expected = [
        sum(
            sign * share * row_log_likelihood(y[i], seen[i], eta[i], family, sizes[i])
            for sign, eta in ((1, new), (-1, old))
            for share, family in ((1, 0), (-1, 1))
        )
        for i in range(4)
    ]
    found = poisson_gains(y, seen, new, old, sizes)
    np.testing.assert_allclose(found, expected, rtol=1e-9)
    np.testing.assert_allclose(poisson_gains(y, seen, old, new, sizes), -found, rtol=1e-12)


@pytest.mark.parametrize("eta", [-800.0, 690.0, 1e5])
def test_gains_at_extreme_predictors_are_finite(eta):
    new, old = np.full((1, 2), eta), np.zeros((1, 2))
    assert np.isfinite(poisson_gains(new * 0.0, new < np.inf, new, old, np.full(1, 7.0))).all()


def test_predictor_takes_the_latents_of_the_neurons_cluster():
    rng = np.random.default_rng(0)
    latents, loadings = rng.normal(size=(3, 5, 3)), rng.normal(size=(4, 3))
    labels = np.array([2, 0, 2, 1])
    expected = (
        loadings[:, :1]
        + latents[labels, :, 0]
        + np.einsum("nj,ntj->nt", loadings[:, 1:], latents[labels, :, 1:])
    )
    np.testing.assert_allclose(predictor(latents, loadings, labels), expected, rtol=1e-12)


def test_gaussian_messages_are_the_likelihood_itself():
    rng = np.random.default_rng(1)
    y, extra = rng.normal(size=(2, 4)), np.array([0.5, 2.0])
    seen = np.ones((2, 4), bool)
    seen[0, 1] = False
    omega, kappa = messages(y, seen, np.zeros((2, 4)), True, extra, rng)
    for eta in (-1.0, 0.4):
        found = kappa * eta - 0.5 * omega * eta**2
        expected = peer(y, eta, 2, extra[:, None]) - peer(y, 0.0, 2, extra[:, None])
        np.testing.assert_allclose(found, np.where(seen, expected, 0.0), atol=1e-12)


@pytest.mark.parametrize(("y", "r", "eta0"), [(0.0, 0.7, 0.5), (4.0, 2.0, -1.0), (9.0, 10.0, 2.0)])
def test_mean_message_is_the_ratio_of_negative_binomials(y, r, eta0):
    """E over omega given eta0 of exp(message(eta) - message(eta0)) = p(y | eta) / p(y | eta0)."""
    n = 40_000
    rng = np.random.default_rng(2)
    shape = (1, n)
    seen = np.ones(shape, bool)
    omega, kappa = messages(
        np.full(shape, y), seen, np.full(shape, eta0), False, np.array([r]), rng
    )
    for eta in (eta0 - 1.0, eta0 + 0.7):
        ratio = np.exp(kappa * (eta - eta0) - 0.5 * omega * (eta**2 - eta0**2))
        expected = np.exp(peer(y, eta, 1, r) - peer(y, eta0, 1, r))
        assert abs(ratio.mean() - expected) < 4 * ratio.std() / np.sqrt(n)


def test_messages_of_neurons_add_to_those_of_their_latents():
    rng = np.random.default_rng(3)
    omega, kappa = rng.uniform(0, 2, (4, 3)), rng.normal(size=(4, 3))
    loadings, labels = rng.normal(size=(4, 2)), np.array([1, 0, 1, 1])
    info, linear = gather(omega, kappa, loadings, labels, 2)
    for w in rng.normal(size=(3, 2, 3, 2)):
        eta = predictor(w, loadings, labels)
        direct = (kappa * eta - 0.5 * omega * eta**2).sum()
        at_zero = (kappa - 0.5 * omega * loadings[:, :1]) * loadings[:, :1]
        quadratic = np.einsum("kti,ktij,ktj->", w, info, w)
        found = (linear * w).sum() - 0.5 * quadratic + at_zero.sum()
        assert found == pytest.approx(direct, rel=1e-10)


@pytest.mark.parametrize("observation", ["poisson", "negative_binomial", "gaussian"])
def test_states_give_the_likelihood_of_single_entries(observation):
    problem = small_problem(observation)
    state, data = problem.draw(np.random.default_rng(4))
    entries = np.array([[0, 0], [3, 11], [1, 5]])
    values = data.y[entries[:, 0], entries[:, 1]]
    eta = state.eta()[entries[:, 0], entries[:, 1]]
    expected = np.exp(peer(values, eta, data.family, state.extra[entries[:, 0]]))
    np.testing.assert_allclose(
        entry_likelihoods(state, data.family, entries, values), expected, rtol=1e-7
    )
    every = peer(data.y, state.eta(), data.family, state.extra[:, None])
    found = total_log_likelihood(data, state.eta(), state.extra)
    assert found == pytest.approx(every[data.seen].mean(), rel=1e-7)


@pytest.mark.parametrize("observation", ["poisson", "negative_binomial", "gaussian"])
def test_drawn_data_have_the_mean_and_variance_of_their_family(observation):
    problem = small_problem(observation)
    rng = np.random.default_rng(5)
    state = draw_prior(4, problem.data.edges, problem.data.family, problem.settings, rng)
    state = state.changed(extra=np.array([0.5, 1.0, 2.0, 4.0]), latents=0 * state.latents)
    n = 4000
    draws = np.array([draw_data(state, problem.data, rng).y for _ in range(n)])
    assert not draws[:, 1, 3].any(), "what is not observed is 0"
    eta, extra = state.loadings[:, 0], state.extra
    mean = eta if observation == "gaussian" else np.exp(eta)
    variance = {
        "poisson": mean,
        "negative_binomial": mean + mean**2 / extra,
        "gaussian": extra,
    }[observation]
    pooled = np.swapaxes(np.delete(draws, 3, axis=2), 0, 1).reshape(4, -1)
    assert (np.abs(pooled.mean(axis=1) - mean) < 4 * np.sqrt(variance / pooled.shape[1])).all()
    np.testing.assert_allclose(pooled.var(axis=1), variance, rtol=0.1)
