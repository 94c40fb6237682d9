"""R-hat and effective sizes where theory gives them."""

import numpy as np
import pytest
from scipy.signal import lfilter

from neurokit.bicluster.convergence import effective_size, r_hat


def autoregressive(rho, n_chains=4, n=5000, seed=0):
    rng = np.random.default_rng(seed)
    noise = rng.normal(size=(n_chains, n + 500)) * np.sqrt(1 - rho**2)
    return lfilter([1.0], [1.0, -rho], noise, axis=1)[:, 500:]


@pytest.mark.parametrize("rho", [-0.5, 0.0, 0.5, 0.9])
def test_effective_size_of_an_autoregression_is_that_of_theory(rho):
    # Rank-normalising leaves a Gaussian process as it is; n (1 - rho) / (1 + rho). Geyer's sum
    # scatters by about a tenth at 20 000 draws.
    found = effective_size(autoregressive(rho))
    assert found == pytest.approx(20_000 * (1 - rho) / (1 + rho), rel=0.25)


def test_mean_over_replicates_is_closer_to_theory():
    found = np.mean([effective_size(autoregressive(0.7, seed=s)) for s in range(12)])
    assert found == pytest.approx(20_000 * 0.3 / 1.7, rel=0.06)


def test_independent_draws_have_r_hat_one():
    values = [r_hat(np.random.default_rng(s).normal(size=(4, 500))) for s in range(10)]
    assert max(values) < 1.02
    assert min(values) > 0.99


def test_shifted_chains_have_the_r_hat_of_their_shift():
    """Two groups at +-d: the pooled variance is 1 + d^2 within 1, before ranks are taken."""
    rng = np.random.default_rng(1)
    chains = rng.normal(size=(4, 4000)) + np.array([[-1.0], [1.0], [-1.0], [1.0]])
    # 8 half chains: their means have variance 8/7, so the ratio is about sqrt(1 + 8/7).
    assert r_hat(chains) == pytest.approx(np.sqrt(1 + 8 / 7), rel=0.05)
    assert effective_size(chains) < 30


def test_a_chain_of_another_spread_is_found_by_folding():
    rng = np.random.default_rng(2)
    chains = rng.normal(size=(4, 2000)) * np.array([[1.0], [1.0], [1.0], [4.0]])
    assert r_hat(chains) > 1.1


def test_a_trend_within_a_single_chain_is_found_by_splitting():
    chain = np.random.default_rng(3).normal(size=(1, 1000)) + np.linspace(-2, 2, 1000)
    assert r_hat(chain) > 1.3


def test_monotone_maps_change_nothing():
    chains = autoregressive(0.5, n=400)
    assert effective_size(np.exp(3 * chains)) == pytest.approx(effective_size(chains), rel=1e-9)


def test_heavy_tails_do_not_hide_a_shift():
    rng = np.random.default_rng(4)
    chains = rng.standard_cauchy((4, 1000)) + np.array([[0.0], [0.0], [0.0], [5.0]])
    # Measured 1.16 to 1.20 over 3 seeds; without the shift at most 1.002.
    assert r_hat(chains) > 1.1
    assert r_hat(rng.standard_cauchy((4, 1000))) < 1.01


def test_constants_agree_or_never_will():
    assert r_hat(np.ones((3, 10))) == 1.0
    assert effective_size(np.ones((3, 10))) == 30.0
    apart = np.repeat([[0.0], [1.0]], 10, axis=1)
    assert r_hat(apart) == np.inf
    assert effective_size(apart) < 4


def test_too_few_draws_say_nothing():
    assert np.isnan(r_hat(np.ones((2, 3))))
    assert np.isnan(effective_size(np.ones((2, 3))))
