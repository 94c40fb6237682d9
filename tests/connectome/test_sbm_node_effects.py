"""Node effects: evidence against dense formulas and integrals, recovery, what blocks are left."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats
from scipy.special import expit

from neurokit.connectome.sbm_corrected import corrected_model
from neurokit.connectome.sbm_node_effects import edge_effects, mean_effects
from neurokit.connectome.sbm_search import description_length
from neurokit.connectome.sbm_weight_effects import weight_effects
from neurokit.connectome.sbm_weights import ALPHA, BETA, KAPPA


def symmetric(values):
    upper = np.triu(values, 1)
    return upper + upper.T


def design(edge, classes):
    """One row per edge: 1 for both of its nodes and for its class."""
    n = len(edge)
    rows = []
    for i, j in np.argwhere(np.triu(edge, 1)):
        row = np.zeros(n + len(classes))
        row[[i, j]] = 1.0
        row[n:] = [c[i, j] for c in classes]
        rows.append(row)
    return np.array(rows)


@pytest.mark.parametrize("n_classes", [1, 2])
def test_evidence_of_weights_is_that_of_the_dense_gaussian_model(n_classes):
    rng = np.random.default_rng(n_classes)
    n = 9
    edge = symmetric(rng.random((n, n)) < 0.7).astype(float)
    y = symmetric(rng.normal(0, 1, (n, n))) * edge
    inside = symmetric(rng.random((n, n)) < 0.4).astype(float)
    classes = [edge] if n_classes == 1 else [edge * inside, edge * (1 - inside)]
    found = weight_effects(y, classes)
    x = design(edge, classes)
    values = y[np.triu(edge, 1) > 0]
    prior = np.diag(np.r_[np.full(n, 1 / found.ratio), np.full(n_classes, 1 / KAPPA)])
    shape = BETA / ALPHA * (np.eye(len(values)) + x @ prior @ x.T)
    oracle = stats.multivariate_t(np.zeros(len(values)), shape, df=2 * ALPHA).logpdf(values)
    assert found.log_evidence == pytest.approx(oracle, abs=1e-8)
    posterior = np.linalg.solve(x.T @ x + np.linalg.inv(prior), x.T @ values)
    np.testing.assert_allclose(np.r_[found.effect, found.means], posterior, atol=1e-9)


def test_the_ratio_of_variances_has_the_greatest_evidence_near_the_truth():
    rng = np.random.default_rng(0)
    n = 60
    effect = rng.normal(0, 0.8, n)
    edge = symmetric(np.ones((n, n)))
    y = symmetric(effect[:, None] + effect + rng.normal(0, 0.4, (n, n)))
    found = weight_effects(y, [edge])
    # (.4 / .8)^2 = .25 on a grid of factor 2; 60 effects give its logarithm a spread of .2.
    assert 0.12 <= found.ratio <= 0.5
    assert np.corrcoef(found.effect, effect)[0, 1] > 0.99
    assert found.variance == pytest.approx(0.16, rel=0.1)


def test_logits_of_edges_are_recovered_and_residual_degrees_vanish():
    rng = np.random.default_rng(1)
    n = 80
    theta = rng.normal(0, 0.7, n)
    p = expit(theta[:, None] + theta - 1.0)
    edge = symmetric(rng.random((n, n)) < p).astype(float)
    observed = 1.0 - np.eye(n)
    found = edge_effects(edge, observed)
    # 79 pairs per node leave a standard error of about .25 per effect: r of .94, .9 at worst.
    assert np.corrcoef(found.theta, theta)[0, 1] > 0.88
    assert found.sd == pytest.approx(0.7, rel=0.25)
    # The prior pulls expected degrees towards their mean by 1 / (1 + sd^2 x information of a
    # node), which is about a sixth here.
    excess = edge.sum(axis=1) - edge.sum(axis=1).mean()
    expected = (observed * expit(found.predictor)).sum(axis=1) - edge.sum(axis=1).mean()
    assert np.polyfit(excess, expected, 1)[0] == pytest.approx(5 / 6, abs=0.1)


def test_laplace_evidence_of_edges_agrees_with_importance_sampling():
    rng = np.random.default_rng(2)
    n = 5
    edge = symmetric(rng.random((n, n)) < 0.5).astype(float)
    observed = 1.0 - np.eye(n)
    found = edge_effects(edge, observed)
    draws = 200_000
    theta = rng.normal(0, found.sd, (draws, n))
    intercept = rng.normal(0, 3.0, draws)
    log_p = np.zeros(draws)
    for i, j in zip(*np.triu_indices(n, 1), strict=True):
        eta = theta[:, i] + theta[:, j] + intercept
        log_p += edge[i, j] * eta - np.logaddexp(0, eta)
    oracle = np.log(np.mean(np.exp(log_p)))
    # Laplace's error with 10 pairs; sampling error .01.
    assert found.log_evidence == pytest.approx(oracle, abs=0.3)


def test_log_means_of_exponential_weights_are_recovered():
    rng = np.random.default_rng(3)
    n = 60
    theta = rng.normal(0, 0.6, n)
    edge = symmetric(rng.random((n, n)) < 0.8).astype(float)
    x = symmetric(rng.exponential(np.exp(theta[:, None] + theta))) * edge
    found = mean_effects(x, edge)
    assert np.corrcoef(found.theta, theta)[0, 1] > 0.96
    assert found.sd == pytest.approx(0.6, rel=0.25)


@pytest.mark.parametrize("kind", ["log-normal", "normal", "exponential"])
def test_one_block_of_the_corrected_model_costs_what_node_effects_say(kind):
    rng = np.random.default_rng(4)
    n = 30
    values = symmetric(rng.lognormal(0, 0.5, (n, n)) * (rng.random((n, n)) < 0.5))
    observed = ~np.eye(n, dtype=bool)
    edge = (values > 0).astype(float)
    length = description_length(corrected_model(values, observed, kind), np.zeros(n, dtype=int))
    edges = edge_effects(edge, observed.astype(float)).log_evidence
    x = values[values > 0]
    n_edges = x.size / 2
    if kind == "exponential":
        weights = mean_effects(values / x.mean(), edge).log_evidence - n_edges * np.log(x.mean())
    else:
        z = np.log(x) if kind == "log-normal" else x
        y = np.zeros_like(values)
        y[values > 0] = (z - z.mean()) / z.std()
        weights = weight_effects(y, [edge]).log_evidence - n_edges * np.log(z.std())
        weights -= 0.5 * np.log(x).sum() if kind == "log-normal" else 0.0
    prior = -np.log(n)  # that there is one block
    assert length == pytest.approx(-(edges + weights + prior), rel=1e-9)


def test_a_graph_without_effects_gives_small_ones():
    rng = np.random.default_rng(5)
    n = 60
    edge = symmetric(rng.random((n, n)) < 0.3).astype(float)
    assert edge_effects(edge, 1.0 - np.eye(n)).sd < 0.25
    assert weight_effects(symmetric(rng.normal(size=(n, n))) * edge, [edge]).ratio > 8


def test_a_complete_and_an_empty_graph_stay_finite():
    observed = 1.0 - np.eye(12)
    for edge in (observed, np.zeros((12, 12))):
        found = edge_effects(edge, observed)
        assert np.isfinite(found.log_evidence)
        assert np.isfinite(found.predictor).all()
