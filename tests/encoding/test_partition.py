"""Parts of variance: planted ones, identities that hold whatever the data."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from neurokit.encoding import variance_partition
from neurokit.encoding.partition import commonality, product_measure
from neurokit.errors import LabelError, OptionError


@settings(max_examples=25, derandomize=True)
@given(st.integers(0, 10_000), st.integers(2, 4))
def test_common_parts_add_up_to_the_whole_and_to_every_model(seed, n_bands):
    rng = np.random.default_rng(seed)
    names = list("abcd")[:n_bands]
    subsets = [c for k in range(n_bands) for c in itertools.combinations(names, k + 1)]
    r2 = {s: rng.normal(size=3) for s in subsets}
    parts = commonality(names, r2)
    for chosen in subsets:
        # A model explains every part that one of its bands takes part in.
        total = sum(parts[s] for s in subsets if set(s) & set(chosen))
        np.testing.assert_allclose(total, r2[chosen], atol=1e-10)


def test_two_bands_share_what_the_formula_says():
    r2 = {("a",): np.array([0.5]), ("b",): np.array([0.4]), ("a", "b"): np.array([0.7])}
    parts = commonality(["a", "b"], r2)
    np.testing.assert_allclose(parts["a",], 0.3)
    np.testing.assert_allclose(parts["b",], 0.2)
    np.testing.assert_allclose(parts["a", "b"], 0.2)


def test_the_product_measure_sums_to_r2_exactly():
    rng = np.random.default_rng(0)
    truth = rng.normal(size=(100, 4))
    truth -= truth.mean(axis=0)
    parts = rng.normal(size=(3, 100, 4))
    shares = product_measure(parts, truth)
    r2 = 1 - ((truth - parts.sum(axis=0)) ** 2).sum(axis=0) / (truth**2).sum(axis=0)
    np.testing.assert_allclose(shares.sum(axis=0), r2, atol=1e-12)
    np.testing.assert_array_equal(product_measure(parts, np.zeros((100, 4))), 0.0)


@pytest.fixture(scope="module")
def planted():
    """One target per case: a alone, b alone, both, what both hold, neither."""
    rng = np.random.default_rng(1)
    n = 3000
    common = rng.normal(size=(n, 2))
    own_a, own_b = rng.normal(size=(2, n, 2))
    a, b = np.column_stack([own_a, common]), np.column_stack([own_b, common])
    one, other, both = own_a[:, 0], own_b[:, 0], common[:, 0]
    signal = np.column_stack([one, other, (one + other) / np.sqrt(2), both, np.zeros(n)])
    y = signal + rng.normal(size=signal.shape)
    return variance_partition({"a": a, "b": b}, y)


def test_planted_parts_are_found(planted):
    # R2 of the truth is .5; with 3000 samples a part's standard error is about .015.
    np.testing.assert_allclose(planted.unique.sel(band="a"), [0.5, 0, 0.25, 0, 0], atol=0.05)
    np.testing.assert_allclose(planted.unique.sel(band="b"), [0, 0.5, 0.25, 0, 0], atol=0.05)
    np.testing.assert_allclose(planted.common.sel(part="a+b"), [0, 0, 0, 0.5, 0], atol=0.05)


def test_parts_and_products_sum_to_their_r2(planted):
    np.testing.assert_allclose(planted.common.sum("part"), planted.r2.sel(model="a+b"), atol=1e-12)
    np.testing.assert_allclose(planted["product"].sum("band"), planted.r2_pooled, atol=1e-12)
    # About the training mean or the test fold's, R2 differs by little.
    np.testing.assert_allclose(planted.r2_pooled, planted.r2.sel(model="a+b"), atol=0.01)


def test_product_shares_are_those_of_the_same_held_out_predictions():
    from neurokit.encoding.heldout_errors import DEFAULT_ALPHAS, nested_fit
    from neurokit.encoding.partition import product_measure_of
    from neurokit.encoding.samples import as_samples, inner_folds, outer_folds

    rng = np.random.default_rng(2)
    x = {"a": rng.normal(size=(200, 3)), "b": 100 * rng.normal(size=(200, 2))}
    y = x["a"][:, :2] + 0.01 * x["b"] + rng.normal(size=(200, 2))
    samples = as_samples(x, y)
    outer = outer_folds(None, samples)
    inner = inner_folds(None, samples, outer)
    _, r2 = product_measure_of(samples, outer, inner, DEFAULT_ALPHAS)
    fit = nested_fit(np.column_stack([x["a"], x["b"]]), y, outer, inner, DEFAULT_ALPHAS)
    total = sum(((y[b] - y[a].mean(axis=0)) ** 2).sum(axis=0) for a, b in outer)
    np.testing.assert_allclose(r2, 1 - ((y - fit.prediction) ** 2).sum(axis=0) / total, rtol=1e-8)


def test_bands_that_cannot_be_are_refused():
    x, y = np.zeros((50, 2)), np.zeros((50, 1))
    with pytest.raises(OptionError, match="2 to 8"):
        variance_partition({"a": x}, y)
    with pytest.raises(OptionError, match="plus"):
        variance_partition({"a+b": x, "c": x}, y)
    with pytest.raises(LabelError, match="40"):
        variance_partition({"a": x, "b": x[:40]}, y)
