"""Lagged features against convolutions and Toeplitz matrices of scipy, and their invariances."""

from __future__ import annotations

import numpy as np
import pytest
import scipy.linalg
from hypothesis import given, settings
from hypothesis import strategies as st

from neurokit.encoding.lagged import LaggedRecord, Lags, difference_penalty
from neurokit.errors import OptionError, SchemaError


def toeplitz(x, lags):
    """Columns are x delayed by each lag, of one feature."""
    n = len(x)
    padded = np.concatenate([np.zeros(n), x, np.zeros(n)])
    return np.column_stack([padded[n - lag : 2 * n - lag] for lag in lags.samples])


@pytest.mark.parametrize("bounds", [(0, 6), (-6, 0), (-3, 4), (2, 5), (-5, -2), (0, 0)])
def test_a_prediction_is_a_convolution(bounds):
    rng = np.random.default_rng(0)
    lags = Lags(*bounds)
    x, kernel = rng.standard_normal(40), rng.standard_normal(len(lags))
    full = np.convolve(x, kernel)  # sample k of it is at time k + first lag
    expected = np.zeros(40)
    for k, value in enumerate(full):
        if 0 <= k + lags.first < 40:
            expected[k + lags.first] = value
    found = LaggedRecord(x[:, None], lags).predict(kernel[:, None])
    np.testing.assert_allclose(found[:, 0], expected, atol=1e-12)


def test_causal_lags_are_the_toeplitz_matrix_of_scipy():
    x = np.random.default_rng(0).standard_normal(30)
    lags = Lags(0, 7)
    matrix = scipy.linalg.toeplitz(x, np.r_[x[0], np.zeros(7)])
    np.testing.assert_array_equal(toeplitz(x, lags), matrix)
    features, _ = LaggedRecord(x[:, None], lags).sums(0, 30)
    np.testing.assert_allclose(features.gram, matrix.T @ matrix, atol=1e-12)


def test_all_rows_of_a_record_far_from_its_edges_have_a_toeplitz_gram():
    x = np.zeros(60)
    x[20:40] = np.random.default_rng(0).standard_normal(20)
    gram = LaggedRecord(x[:, None], Lags(-5, 5)).sums(0, 60)[0].gram
    auto = np.correlate(x, x, "full")[59:70]
    np.testing.assert_allclose(gram, scipy.linalg.toeplitz(auto), atol=1e-12)


@settings(max_examples=30)
@given(
    seed=st.integers(0, 10_000),
    first=st.integers(-6, 6),
    length=st.integers(1, 6),
    f=st.integers(1, 3),
)
def test_lags_are_slow_and_features_fast(seed, first, length, f):
    rng = np.random.default_rng(seed)
    lags = Lags(first, first + length - 1)
    x, y = rng.standard_normal((25, f)), rng.standard_normal((25, 2))
    matrix = np.stack([toeplitz(column, lags) for column in x.T], axis=2).reshape(25, -1)
    features, targets = LaggedRecord(x, lags).sums(0, 25, y)
    np.testing.assert_allclose(features.gram, matrix.T @ matrix, atol=1e-10)
    np.testing.assert_allclose(features.total, matrix.sum(axis=0), atol=1e-10)
    np.testing.assert_allclose(targets.cross, matrix.T @ y, atol=1e-10)
    np.testing.assert_allclose(targets.total, y.sum(axis=0))


@settings(max_examples=20)
@given(seed=st.integers(0, 10_000), bounds=st.tuples(st.integers(-5, 0), st.integers(0, 5)))
def test_time_turned_round_is_lags_turned_round(seed, bounds):
    x = np.random.default_rng(seed).standard_normal((30, 2))
    lags = Lags(*bounds)
    gram = LaggedRecord(x, lags).sums(0, 30)[0].gram.reshape(len(lags), 2, len(lags), 2)
    turned = LaggedRecord(x[::-1], lags.reversed).sums(0, 30)[0].gram
    np.testing.assert_allclose(
        turned.reshape(len(lags), 2, len(lags), 2)[::-1, :, ::-1], gram, atol=1e-10
    )


def test_predictions_add_over_features_and_weights():
    rng = np.random.default_rng(0)
    x, lags = rng.standard_normal((30, 2)), Lags(-2, 3)
    coef = rng.standard_normal((6, 2, 4))
    whole = LaggedRecord(x, lags).predict(coef.reshape(12, 4))
    parts = [LaggedRecord(x[:, [f]], lags).predict(coef[:, f]) for f in range(2)]
    np.testing.assert_allclose(parts[0] + parts[1], whole, atol=1e-12)


def test_samples_outside_the_record_are_zero():
    record = LaggedRecord(np.arange(1.0, 11.0)[:, None], Lags(-2, 3))
    times = np.array([-5, -1, 0, 9, 10, 14])
    np.testing.assert_array_equal(record.at(times)[:, 0], [0, 0, 1, 10, 0, 0])


@pytest.mark.parametrize("dtype", [int, bool, np.float32])
def test_features_of_any_type_are_summed_in_float64_and_not_changed(dtype):
    x = (np.random.default_rng(0).standard_normal((20, 2)) > 0).astype(dtype)
    copy = x.copy()
    gram = LaggedRecord(x, Lags(0, 3)).sums(0, 20)[0].gram
    np.testing.assert_array_equal(x, copy)
    assert gram.dtype == np.float64
    np.testing.assert_array_equal(
        gram, LaggedRecord(x.astype(float), Lags(0, 3)).sums(0, 20)[0].gram
    )


def test_no_row_has_no_sums():
    features, _ = LaggedRecord(np.ones((10, 1)), Lags(0, 2)).sums(4, 4)
    assert features.n == 0
    np.testing.assert_array_equal(features.gram, 0.0)


@pytest.mark.parametrize("n", [0, 1, 3])
def test_records_not_longer_than_their_lags_are_refused_by_name(n):
    with pytest.raises(SchemaError, match="Y of trial 2"):
        LaggedRecord(np.zeros((n, 1)), Lags(0, 3), "Y of trial 2")


@pytest.mark.parametrize("rate", [0.1, 1.0, 30.0, 1e5])
def test_whole_samples_survive_rounding_at_any_rate(rate):
    for first, last in [(0, 3), (-7, 11), (13, 29)]:
        lags = Lags.of(first / rate, last / rate, rate)
        assert (lags.first, lags.last) == (first, last)
        assert len(lags) == last - first + 1


@pytest.mark.parametrize("bounds", [(0.2, 0.1), (np.nan, 0.1), (-np.inf, 0.0)])
def test_lags_need_two_finite_times_in_order(bounds):
    with pytest.raises(OptionError, match="tmin, tmax") as caught:
        Lags.of(*bounds, 100.0)
    assert caught.value.mend


@settings(max_examples=20)
@given(n_lags=st.integers(2, 8), f=st.integers(1, 3))
def test_constant_responses_cost_nothing_and_no_other_does(n_lags, f):
    penalty = difference_penalty(n_lags, f)
    values, vectors = np.linalg.eigh(penalty)
    assert np.sum(values < 1e-10) == f  # one constant per feature
    flat = vectors[:, :f].T.reshape(f, n_lags, f)
    assert np.abs(np.diff(flat, axis=1)).max() < 1e-7
    # The eigenvalues of a path: 4 sin(pi k / 2 n)^2.
    path = 4 * np.sin(np.pi * np.arange(n_lags) / (2 * n_lags)) ** 2
    np.testing.assert_allclose(values, np.sort(np.repeat(path, f)), atol=1e-10)
