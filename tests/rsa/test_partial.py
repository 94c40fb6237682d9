"""Partial and semi-partial correlation, regression: textbook formulas, optimality, extremes."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import rankdata

from neurokit.rsa.partial import METHODS, contributions

seeds = st.integers(0, 10**6)


def _rows(seed, k=3, n=40):
    rng = np.random.default_rng(seed)
    return rng.standard_normal((k, n)) + rng.standard_normal(n)


@given(seeds)
def test_two_predictors_follow_the_textbook(seed):
    y, x, z = _rows(seed)
    r = np.corrcoef([y, x, z])
    part = (r[0, 1] - r[0, 2] * r[1, 2]) / np.sqrt(1 - r[1, 2] ** 2)
    found = contributions(y[None], np.array([x, z]), "semipartial")[0, 0]
    assert found == pytest.approx(part, rel=1e-9)
    found = contributions(y[None], np.array([x, z]), "partial")[0, 0]
    assert found == pytest.approx(part / np.sqrt(1 - r[0, 2] ** 2), rel=1e-9)


@given(seeds, st.integers(2, 5))
def test_partial_correlation_is_the_scaled_inverse(seed, k):
    y, *x = _rows(seed, k + 1)
    precision = np.linalg.inv(np.corrcoef([y, *x]))
    expected = -precision[0, 1:] / np.sqrt(precision[0, 0] * np.diag(precision)[1:])
    found = contributions(y[None], np.array(x), "partial")[0]
    np.testing.assert_allclose(found, expected, rtol=1e-8)


@given(seeds)
def test_squared_semipartial_is_what_r2_loses(seed):
    y, *x = _rows(seed, 4)
    x = np.array(x)

    def r2(rows):
        design = np.c_[np.ones(len(y)), rows.T]
        left = y - design @ np.linalg.lstsq(design, y, rcond=None)[0]
        return 1 - left @ left / ((y - y.mean()) @ (y - y.mean()))

    found = contributions(y[None], x, "semipartial")[0]
    for k in range(3):
        lost = r2(x) - r2(np.delete(x, k, axis=0))
        assert found[k] ** 2 == pytest.approx(lost, abs=1e-10)


@pytest.mark.parametrize("kind", ["partial", "semipartial"])
def test_spearman_forms_are_those_of_ranks(kind):
    rows = np.round(_rows(0, 4), 1)
    ranks = rankdata(rows, axis=1)
    found = contributions(rows[:1], rows[1:], f"{kind}_spearman")
    np.testing.assert_allclose(found, contributions(ranks[:1], ranks[1:], kind), rtol=1e-10)


@pytest.mark.parametrize("method", [m for m in METHODS if "partial" in m])
def test_one_predictor_alone_is_plain_correlation(method):
    y, x = _rows(1, 2)
    if method.endswith("spearman"):
        y, x = rankdata(y), rankdata(x)
    found = contributions(y[None], x[None], method)[0, 0]
    assert found == pytest.approx(np.corrcoef(y, x)[0, 1])


@pytest.mark.parametrize("method", ["partial", "semipartial"])
@pytest.mark.parametrize("scale", [1e-200, 1e200])
def test_scales_and_offsets_do_not_count(method, scale):
    y, *x = _rows(2, 4)
    plain = contributions(y[None], np.array(x), method)
    moved = contributions(scale * y[None] - 3 * scale, scale * np.array(x) + scale, method)
    np.testing.assert_allclose(moved, plain, rtol=1e-9)


@given(seeds)
def test_regression_leaves_residuals_without_any_predictor(seed):
    y, *x = _rows(seed, 4)
    x = np.array(x)
    weights = contributions(y[None], x, "regression")[0]
    left = y - y.mean() - weights @ (x - x.mean(axis=1, keepdims=True))
    np.testing.assert_allclose(x @ left, 0, atol=1e-9)


@given(seeds)
def test_nnls_meets_its_optimality_conditions(seed):
    y, *x = _rows(seed, 5)
    x = np.array(x)
    weights = contributions(y[None], x, "nnls")[0]
    slope = x @ (y - weights @ x)
    assert (weights >= 0).all()
    np.testing.assert_allclose(slope[weights > 0], 0, atol=1e-8)
    assert (slope[weights == 0] <= 1e-8).all()


@pytest.mark.parametrize("method", ["partial", "semipartial", "partial_spearman"])
def test_sums_of_others_and_constants_tell_nothing(method):
    y, x, z = _rows(3)
    redundant = np.array([x, z, 2 * x - z]) if method != "partial_spearman" else np.array([x, x, z])
    found = contributions(y[None], redundant, method)[0]
    assert np.isnan(found[:2]).all()
    found = contributions(y[None], np.array([x, np.full(40, 0.1)]), method)[0]
    assert np.isnan(found[1])
    assert np.isfinite(found[0])


def test_targets_do_not_see_one_another():
    rows = _rows(4, 5)
    for method in METHODS:
        both = contributions(rows[:2], rows[2:], method)
        for k in range(2):
            alone = contributions(rows[k : k + 1], rows[2:], method)
            np.testing.assert_allclose(both[k], alone[0], rtol=1e-12)


def test_a_constant_target_has_no_correlation():
    rows = _rows(5, 2)
    for method in ("partial", "semipartial"):
        assert np.isnan(contributions(np.full((1, 40), 0.1), rows, method)).all()
