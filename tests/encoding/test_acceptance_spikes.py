"""SpikeGLM at the size of the acceptance line: agreement, independence of neurons.

Its speed against the loop is in benchmarks/bench_spike_glm.py.
"""

from __future__ import annotations

import numpy as np
import pytest
from scipy.ndimage import gaussian_filter1d
from sklearn.linear_model import PoissonRegressor

from neurokit.encoding import SpikeGLM


@pytest.fixture(scope="module", params=["white", "correlated"])
def population(request):
    """100 neurons x 20 000 bins x 60 features at 0.1 spikes per bin, fitted."""
    rng = np.random.default_rng(0)
    x = rng.normal(size=(20_000, 60))
    if request.param == "correlated":
        x = gaussian_filter1d(x, 10, axis=0) @ rng.normal(size=(60, 60))
    x /= x.std(axis=0)
    weights = rng.normal(size=(60, 100)) * (0.03 if request.param == "correlated" else 0.08)
    y = rng.poisson(np.exp(x @ weights + np.log(0.1))).astype(float)
    return x, y, SpikeGLM(alpha=1e-3).fit(x, y)


@pytest.mark.slow
def test_coefficients_are_those_of_the_loop(population):
    x, y, model = population
    assert model.converged_
    for k in (0, 37, 99):
        peer = PoissonRegressor(alpha=1e-3, solver="newton-cholesky", tol=1e-10, max_iter=100)
        peer.fit(x, y[:, k])
        np.testing.assert_allclose(model.coef_.values[:, k], peer.coef_, atol=1e-5)
        assert float(model.intercept_[k]) == pytest.approx(peer.intercept_, abs=1e-5)


@pytest.mark.slow
def test_a_neuron_is_the_same_alone_and_among_a_hundred(population):
    x, y, model = population
    for k in (0, 61):
        alone = SpikeGLM(alpha=1e-3).fit(x, y[:, [k]])
        np.testing.assert_allclose(model.coef_.values[:, k], alone.coef_.values[:, 0], atol=1e-8)
    few = SpikeGLM(alpha=1e-3).fit(x, y[:, 90:])
    np.testing.assert_allclose(model.coef_.values[:, 90:], few.coef_.values, atol=1e-8)


@pytest.mark.slow
def test_more_features_than_bins_have_a_fit_too():
    rng = np.random.default_rng(1)
    x = rng.normal(size=(150, 400))
    y = rng.poisson(np.exp(x[:, :3].sum(axis=1, keepdims=True) * 0.4 - 1.0)).astype(float)
    model = SpikeGLM(alpha=0.05).fit(x, y)
    peer = PoissonRegressor(alpha=0.05, tol=1e-9, max_iter=5000).fit(x, y[:, 0])
    np.testing.assert_allclose(model.coef_.values[:, 0], peer.coef_, atol=1e-6)
