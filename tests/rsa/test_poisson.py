"""Poisson divergences: Kullback and Leibler by hand, priors, folds, silent channels."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import poisson as law

import neurokit as nk
from neurokit.errors import OptionError, SchemaError
from neurokit.rsa.poisson import poisson, poisson_cross_validated, shrink_rates

seeds = st.integers(0, 10**6)


@given(st.floats(0.1, 20.0), st.floats(0.1, 20.0))
def test_it_is_kullback_leibler_both_ways(a, b):
    k = np.arange(200)

    def divergence(one, other):
        p = law.pmf(k, one)
        return float((p * (law.logpmf(k, one) - law.logpmf(k, other))).sum())

    found = poisson(np.array([[a], [b]])).item()
    assert found == pytest.approx(divergence(a, b) + divergence(b, a), rel=1e-6, abs=1e-9)


@given(seeds)
def test_it_is_symmetric_from_zero_and_zero_for_equals_only(seed):
    rates = np.random.default_rng(seed).random((5, 4)) + 0.01
    found = poisson(rates)
    assert (found > 0).all()
    for i, j, pair in ((0, 1, 0), (1, 3, 5), (3, 4, 9)):
        assert poisson(rates[[j, i]]).item() == pytest.approx(found[pair], rel=1e-9)
    assert poisson(np.repeat(rates[:1], 3, axis=0)).tolist() == [0.0, 0.0, 0.0]


@given(seeds, st.floats(0.1, 10.0))
def test_longer_windows_scale_the_divergence(seed, factor):
    rates = np.random.default_rng(seed).random((4, 3)) + 0.1
    np.testing.assert_allclose(poisson(factor * rates), factor * poisson(rates), rtol=1e-8)


@given(st.floats(0.0, 5.0), st.floats(0.01, 5.0), st.floats(0.0, 10.0))
def test_the_prior_is_counts_seen_before(rate, weight, prior):
    """w pseudo-observations at the prior rate beside one of the rate."""
    found = shrink_rates(np.array([rate]), prior, weight).item()
    assert found == pytest.approx(np.average([rate, prior], weights=[1.0, weight]))
    assert min(rate, prior) - 1e-12 <= found <= max(rate, prior) + 1e-12


def test_two_folds_by_hand():
    sums = np.array([[[2.0], [9.0]], [[6.0], [4.0]]])
    counts = np.array([[1.0, 3.0], [2.0, 1.0]])
    # Means: fold 0 is 2, 3; fold 1 is 3, 4. Prior 1 with weight 1: 1.5, 2 and 2, 2.5.
    expected = ((2 - 2.5) * np.log(1.5 / 2) + (1.5 - 2) * np.log(2 / 2.5)) / 2
    found = poisson_cross_validated(sums, counts, 1.0, 1.0)
    assert found.item() == pytest.approx(expected)


@given(seeds, st.integers(2, 5))
def test_equal_folds_are_the_plain_divergence(seed, m):
    rates = np.random.default_rng(seed).random((4, 3))
    found = poisson_cross_validated(np.stack([rates] * m), np.ones((m, 4)), 1.0, 0.1)
    np.testing.assert_allclose(found, poisson(shrink_rates(rates, 1.0, 0.1)), rtol=1e-9)


@given(seeds)
def test_the_order_of_folds_does_not_count(seed):
    rng = np.random.default_rng(seed)
    counts = rng.integers(1, 4, (3, 4)).astype(float)
    sums = rng.poisson(3.0, (3, 4, 5)) * counts[:, :, None]
    order = rng.permutation(3)
    one = poisson_cross_validated(sums, counts, 1.0, 0.1)
    two = poisson_cross_validated(sums[order], counts[order], 1.0, 0.1)
    np.testing.assert_allclose(one, two, rtol=1e-9, atol=1e-12)


def test_a_repeated_channel_changes_no_divergence_per_channel():
    rates = np.random.default_rng(0).random((4, 3)) + 0.1
    np.testing.assert_allclose(poisson(np.tile(rates, 4)), poisson(rates), rtol=1e-10)


def test_silent_channels_and_silent_conditions_are_finite():
    counts = np.zeros((6, 3))
    counts[:2] = [4, 0, 7]
    for kind, folds in (("poisson", None), ("poisson", [0, 1, 0, 1, 0, 1])):
        found = nk.rsa.rdm(counts, kind, conditions=[0, 0, 1, 1, 2, 2], folds=folds)
        assert np.isfinite(found.values).all()
        # Two silent conditions are alike.
        assert found.values[2] == pytest.approx(0.0, abs=1e-12)


def test_rates_that_are_none_are_named():
    with pytest.raises((OptionError, SchemaError), match="least rate is -1"):
        nk.rsa.rdm(np.array([[1.0, -1.0], [2.0, 3.0]]), "poisson")
