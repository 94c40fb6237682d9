"""Unbalanced RDMs: every pair of observations by hand, weights, folds, what cannot be told."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from neurokit.rsa.observation_pairs import similarities, unbalanced

seeds = st.integers(0, 10**6)


def _by_hand(x, condition, fold, n, weighting, similar):
    kernel = np.full((n, n), np.nan)
    for i in range(n):
        for j in range(n):
            values, weights = [], []
            for a in np.flatnonzero(condition == i):
                for b in np.flatnonzero(condition == j):
                    shared = np.isfinite(x[a]) & np.isfinite(x[b])
                    if not shared.any() or (fold is not None and fold[a] == fold[b]):
                        continue
                    values.append(similar(x[a][shared], x[b][shared]))
                    weights.append(shared.sum() if weighting == "number" else 1.0)
            if values:
                kernel[i, j] = np.average(values, weights=weights)
    i, j = np.triu_indices(n, 1)
    return kernel[i, i] + kernel[j, j] - 2 * kernel[i, j]


@given(seeds, st.sampled_from(["number", "equal"]), st.booleans(), st.booleans())
def test_distances_are_means_over_pairs_of_observations(seed, weighting, folded, holes):
    rng = np.random.default_rng(seed)
    x = rng.standard_normal((11, 4))
    if holes:
        x[rng.random(x.shape) < 0.3] = np.nan
    condition = rng.integers(0, 3, 11)
    fold = rng.integers(0, 3, 11) if folded else None
    found = unbalanced(*similarities(x, "product"), condition, fold, 3, weighting)
    expected = _by_hand(x, condition, fold, 3, weighting, lambda u, v: u @ v / u.size)
    np.testing.assert_allclose(found, expected, atol=1e-12)


@pytest.mark.parametrize("kind", ["correlation", "cosine"])
@pytest.mark.parametrize("weighting", ["number", "equal"])
def test_directions_are_halved_so_that_distances_are_one_minus_them(kind, weighting):
    rng = np.random.default_rng(0)
    x = rng.standard_normal((2, 9))
    found = unbalanced(*similarities(x, kind), np.arange(2), None, 2, weighting)
    centre = x - x.mean(axis=1, keepdims=True) if kind == "correlation" else x
    u, v = centre / np.linalg.norm(centre, axis=1, keepdims=True)
    assert found.item() == pytest.approx(1 - u @ v)


@given(seeds)
def test_folds_take_the_bias_of_noise_away(seed):
    """Without folds an observation meets itself, and noise alone makes a distance."""
    rng = np.random.default_rng(seed)
    x = rng.standard_normal((40, 200))
    condition, fold = np.tile([0, 1], 20), np.repeat([0, 1], 20)
    pairs = similarities(x, "product")
    within = unbalanced(*pairs, condition, None, 2, "number").item()
    between = unbalanced(*pairs, condition, fold, 2, "number").item()
    # Each mean of 20 has variance 1/20, so that their squared distance is .1; its standard
    # deviation over 200 channels is .1 sqrt(2 / 200) = .01, and as much between folds.
    assert within == pytest.approx(0.1, abs=0.05)
    assert abs(between) < 0.07


def test_whitened_products_are_those_of_the_inverse_covariance():
    rng = np.random.default_rng(0)
    x, a = rng.standard_normal((5, 4)), rng.standard_normal((9, 4))
    c = a.T @ a / 9
    total, count = similarities(x, "product", c)
    np.testing.assert_allclose(total, x @ np.linalg.inv(c) @ x.T, rtol=1e-8)
    assert (count == 4).all()
    variances, _ = similarities(x, "product", np.diag(c).copy())
    np.testing.assert_allclose(variances, (x / np.diag(c)) @ x.T, rtol=1e-10)


def test_a_flat_pattern_has_no_correlation_and_takes_no_part():
    rng = np.random.default_rng(0)
    x = rng.standard_normal((5, 6))
    condition = np.array([0, 0, 1, 1, 1])
    x[4] = 2.0
    found = unbalanced(*similarities(x, "correlation"), condition, None, 2, "number")
    without = unbalanced(*similarities(x[:4], "correlation"), condition[:4], None, 2, "number")
    np.testing.assert_allclose(found, without, rtol=1e-9)


@pytest.mark.parametrize("weighting", ["number", "equal"])
def test_conditions_that_share_no_fold_or_channel_are_unknown(weighting):
    x = np.array([[1.0, np.nan], [2.0, np.nan], [np.nan, 3.0], [np.nan, 4.0]])
    condition = np.array([0, 0, 1, 1])
    found = unbalanced(*similarities(x, "product"), condition, None, 2, weighting)
    assert np.isnan(found).all()
    whole = np.ones((4, 2))
    one_fold = unbalanced(*similarities(whole, "product"), condition, np.zeros(4), 2, weighting)
    assert np.isnan(one_fold).all()


@given(seeds)
def test_observations_may_come_in_any_order(seed):
    rng = np.random.default_rng(seed)
    x, condition, fold = rng.random((8, 3)) + 0.1, rng.integers(0, 2, 8), rng.integers(0, 2, 8)
    order = rng.permutation(8)
    for kind in ("product", "cosine", "poisson"):
        one = unbalanced(*similarities(x, kind), condition, fold, 2, "number")
        two = unbalanced(*similarities(x[order], kind), condition[order], fold[order], 2, "number")
        np.testing.assert_allclose(one, two, rtol=1e-9, atol=1e-12)


def test_inputs_are_left_as_they_are():
    x = np.array([[1.0, np.nan, 2.0], [0.5, 1.0, 3.0], [1.0, 2.0, 2.0]])
    before = x.tobytes()
    total, count = similarities(x, "product")
    kept = total.tobytes(), count.tobytes()
    unbalanced(total, count, np.array([0, 0, 1]), None, 2, "number")
    assert x.tobytes() == before
    assert (total.tobytes(), count.tobytes()) == kept
