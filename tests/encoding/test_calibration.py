"""False positives and power of the tests, on simulations with known truth.

The slow forms are small; the nightly ones are the acceptance lines, with their table in
docs/validation/encoding_inference.md. Run one with ``-s`` to see its figures.
"""

from __future__ import annotations

import warnings

import numpy as np
import pytest
from scipy.signal import lfilter

import neurokit as nk
from neurokit.encoding import (
    RidgeEncoder,
    compare,
    integration_sites,
    significance,
    stimulus_features,
)
from neurokit.errors import NeurokitWarning

pytestmark = pytest.mark.filterwarnings("ignore::neurokit.errors.NeurokitWarning")


def _ar(rng, n, k, phi):
    steps = np.sqrt(1 - phi**2) * rng.normal(size=(n, k))
    steps[0] /= np.sqrt(1 - phi**2)
    return lfilter([1.0], [1.0, -phi], steps, axis=0)


def null_rate(phi, seed, *, n_draws, method="circular_shift", n=1000, n_targets=200):
    """Share of unrelated targets called encoded at .05."""
    rng = np.random.default_rng(seed)
    x, y = _ar(rng, n, 40, phi), _ar(rng, n, n_targets, phi)
    found = significance(x, y, method=method, n_draws=n_draws, random_state=seed)
    return float((found.p <= 0.05).mean())


def equal_rate(phi, seed, *, n=1000, n_targets=200):
    """Share of targets for which one of two equally good, non-nested models is called better."""
    rng = np.random.default_rng(seed)
    a, b = _ar(rng, n, 20, phi), _ar(rng, n, 20, phi)
    weights = rng.normal(size=(2, 20, n_targets))
    weights /= np.sqrt((weights**2).sum(axis=1, keepdims=True))
    y = a @ weights[0] + b @ weights[1] + _ar(rng, n, n_targets, phi)
    model = RidgeEncoder(standardize=True, extend_alphas=False)
    found = compare(model, model, (a, b), y, n_flips=999, random_state=seed)
    return float((found.p <= 0.05).mean()), found.attrs["n_blocks"]


def site_rates(phi, n, seed, *, n_features=12, n_shifts=99, sites=None):
    """Power, false discovery rate and share of additive sites called integrating."""
    sim = nk.simulate.encoded(n, n_features, sites=sites, phi=phi, random_state=seed)
    rec, kind = sim.recordings["encoded"], sim.truth.kind.values
    features = stimulus_features(rec)
    found = integration_sites(features, rec, n_shifts=n_shifts, n_flips=1999, random_state=seed)
    site, true = found.site.values, np.isin(kind, ["multimodal", "mixed"])
    return {
        "power": site[true].mean(),
        "fdr": site[~true].sum() / max(site.sum(), 1),
        "additive": site[kind == "additive"].mean(),
        "blocks": found.attrs["n_blocks"],
    }


@pytest.mark.slow
@pytest.mark.parametrize("phi", [0.0, 0.8, 0.95])
def test_unrelated_targets_are_called_encoded_at_the_nominal_rate(phi):
    # One seed of the nightly line with 99 shifts; over 10 seeds rates scatter by .015.
    assert 0.01 <= null_rate(phi, 0, n_draws=99) <= 0.09


@pytest.mark.slow
@pytest.mark.parametrize(("phi", "n"), [(0.0, 2500), (0.9, 2500), (0.9, 1000)])
def test_equal_models_are_seldom_called_different(phi, n):
    # With phi .9 and n = 1000 there are 15 blocks, and models are refitted without each.
    assert equal_rate(phi, 0, n=n)[0] <= 0.10


@pytest.mark.slow
def test_planted_sites_are_found_and_additive_ones_are_not():
    rates = [site_rates(0.5, 2500, seed, n_shifts=49) for seed in range(2)]
    assert np.mean([r["power"] for r in rates]) >= 0.9
    assert np.mean([r["fdr"] for r in rates]) <= 0.05
    assert np.mean([r["additive"] for r in rates]) <= 0.05


@pytest.mark.nightly
@pytest.mark.parametrize("phi", [0.0, 0.8, 0.95])
def test_acceptance_null_rate(phi):
    rates = [null_rate(phi, seed, n_draws=999) for seed in range(3)]
    print(f"\nnull phi {phi}: {rates}, mean {np.mean(rates):.4f}")
    assert 0.02 <= np.mean(rates) <= 0.08


@pytest.mark.nightly
@pytest.mark.parametrize(
    ("phi", "n"),
    [(0.0, 1000), (0.8, 1000), (0.9, 1000), (0.0, 2500), (0.8, 2500), (0.9, 2500)],
)
def test_acceptance_equal_models(phi, n):
    rates, blocks = zip(*[equal_rate(phi, seed, n=n) for seed in range(3)], strict=True)
    print(f"\nequal phi {phi} n {n}: {rates}, mean {np.mean(rates):.4f}, blocks {blocks}")
    assert np.mean(rates) <= 0.10


@pytest.mark.nightly
@pytest.mark.parametrize(
    ("phi", "n", "power"), [(0.5, 2500, 0.9), (0.9, 10_000, 0.9), (0.9, 2500, 0.5)]
)
def test_acceptance_sites(phi, n, power):
    rates = [site_rates(phi, n, seed) for seed in range(20)]
    mean = {key: float(np.mean([r[key] for r in rates])) for key in rates[0]}
    print(f"\nsites phi {phi} n {n}: {mean}")
    assert mean["power"] >= power
    assert mean["fdr"] <= 0.05
    assert mean["additive"] <= 0.05


@pytest.mark.nightly
@pytest.mark.parametrize(("phi", "n"), [(0.5, 2500), (0.9, 2500)])
def test_sites_of_which_a_third_is_integration(phi, n):
    # No acceptance line: how power falls where vision and language drive a site as well.
    sites = {"none": 80, "additive": 120, "mixed": 40}
    rates = [site_rates(phi, n, seed, sites=sites) for seed in range(10)]
    mean = {key: float(np.mean([r[key] for r in rates])) for key in rates[0]}
    print(f"\nmixed sites phi {phi} n {n}: {mean}")
    assert mean["fdr"] <= 0.05


def test_too_few_blocks_are_said(recwarn):
    rng = np.random.default_rng(0)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with pytest.raises(NeurokitWarning, match="fewer than 30"):
            significance(_ar(rng, 300, 2, 0.95), _ar(rng, 300, 2, 0.95), n_draws=9)
