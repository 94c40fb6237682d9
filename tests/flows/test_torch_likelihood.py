"""Likelihoods against scipy's, posteriors' divergence against sums of draws."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

torch = pytest.importorskip("torch")

from neurokit.flows.torch_likelihood import Likelihood  # noqa: E402
from neurokit.flows.torch_posterior import Normal, normal_kl  # noqa: E402

MEAN = np.array([0.2, 1.5, 4.0])
SPREAD = np.array([0.5, 1.0, 3.0])


def made(kind):
    found = Likelihood(kind, torch.tensor(MEAN), torch.tensor(SPREAD))
    found.reset(torch.Generator())
    return found


def decoded(seed=0):
    return torch.tensor(np.random.default_rng(seed).normal(0.0, 0.7, (6, 5, 3)))


def values(kind):
    rng = np.random.default_rng(1)
    if kind == "gaussian":
        return rng.normal(MEAN, SPREAD, (6, 5, 3))
    return rng.poisson(MEAN, (6, 5, 3)).astype(float)


@torch.no_grad()
def test_poisson_is_scipys():
    likelihood, y = made("poisson"), values("poisson")
    rate = MEAN * np.exp(decoded().numpy())
    np.testing.assert_allclose(likelihood.expected(decoded()), rate, rtol=1e-12)
    found = likelihood.loss(decoded(), torch.tensor(y))
    np.testing.assert_allclose(found, -stats.poisson.logpmf(y, rate), rtol=1e-10)


@torch.no_grad()
def test_negative_binomial_is_scipys():
    likelihood, y = made("negative_binomial"), values("counts")
    r = np.array([0.5, 3.0, 40.0])
    likelihood.log_scale.copy_(torch.tensor(np.log(r)))
    rate = MEAN * np.exp(decoded().numpy())
    found = likelihood.loss(decoded(), torch.tensor(y))
    np.testing.assert_allclose(found, -stats.nbinom.logpmf(y, r, r / (r + rate)), rtol=1e-9)


@torch.no_grad()
def test_gaussian_is_scipys():
    likelihood, y = made("gaussian"), values("gaussian")
    likelihood.log_scale.copy_(torch.tensor(np.log([0.1, 1.0, 2.0])))
    mean = MEAN + SPREAD * decoded().numpy()
    np.testing.assert_allclose(likelihood.expected(decoded()), mean, rtol=1e-12)
    sd = SPREAD * np.sqrt([0.1, 1.0, 2.0])
    found = likelihood.loss(decoded(), torch.tensor(y))
    np.testing.assert_allclose(found, -stats.norm.logpdf(y, mean, sd), rtol=1e-10)


@torch.no_grad()
def test_a_large_dispersion_is_poisson():
    likelihood, y = made("negative_binomial"), values("counts")
    likelihood.log_scale.fill_(12.0)
    poisson = made("poisson").loss(decoded(), torch.tensor(y))
    np.testing.assert_allclose(likelihood.loss(decoded(), torch.tensor(y)), poisson, atol=1e-3)


@pytest.mark.parametrize("kind", ["poisson", "negative_binomial", "gaussian"])
@pytest.mark.parametrize("far", [-1e4, 1e4])
def test_far_off_values_leave_losses_and_gradients_finite(kind, far):
    likelihood = made(kind)
    x = torch.full((2, 3), far, dtype=torch.float64, requires_grad=True)
    loss = likelihood.loss(x, torch.tensor(np.zeros((2, 3)))).sum()
    loss.backward()
    assert torch.isfinite(loss)
    assert torch.isfinite(x.grad).all()


@torch.no_grad()
def test_a_silent_neuron_has_a_small_rate():
    likelihood = Likelihood("poisson", torch.zeros(1), torch.ones(1))
    rate = float(likelihood.expected(torch.zeros(1)))
    assert 0 < rate <= 1e-4


@given(st.floats(-20, 20), st.floats(-12, 6))
def test_the_divergence_is_never_negative(mean, log_variance):
    for dtype in (torch.float32, torch.float64):
        pair = (torch.tensor(mean, dtype=dtype), torch.tensor(log_variance, dtype=dtype))
        assert float(normal_kl(*pair)) >= 0.0


@pytest.mark.parametrize(
    ("mean", "log_variance"), [(0.0, -2.0), (1.0, 0.0), (-0.7, 0.8), (2.0, -4.0)]
)
def test_the_divergence_is_the_mean_log_ratio_of_draws(mean, log_variance):
    rng = np.random.default_rng(0)
    sd = np.exp(log_variance / 2)
    z = rng.normal(mean, sd, 400_000)
    by_draws = (stats.norm.logpdf(z, mean, sd) - stats.norm.logpdf(z)).mean()
    found = float(normal_kl(torch.tensor(mean), torch.tensor(log_variance)))
    assert found == pytest.approx(by_draws, rel=0.02)


def test_the_prior_diverges_from_itself_by_nothing():
    q = Normal.of(torch.zeros(5, 8))
    np.testing.assert_array_equal(q.kl(), np.zeros(5))


def test_small_divergences_keep_their_digits():
    # exp(x) - 1 - x = x^2 / 2 + x^3 / 6 is below single precision if 1 is subtracted at the end.
    found = float(normal_kl(torch.tensor(0.0), torch.tensor(1e-3)))
    assert found == pytest.approx(0.5 * (np.expm1(1e-3) - 1e-3), rel=1e-3)


def test_draws_have_the_posteriors_law_and_the_generators_order():
    q = Normal(torch.full((20_000, 2), 1.5), torch.full((20_000, 2), np.log(0.25)))
    a = q.draw(torch.Generator().manual_seed(0))
    b = q.draw(torch.Generator().manual_seed(0))
    assert torch.equal(a, b)
    assert float(a.mean()) == pytest.approx(1.5, abs=0.02)
    assert float(a.std()) == pytest.approx(0.5, rel=0.02)
    assert torch.equal(q.draw(None), q.mean)
