"""Lagged sums against the lagged matrix written out."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from neurokit.encoding.lagged import LaggedRecord, Lags, difference_penalty
from neurokit.errors import OptionError, SchemaError

RANGES = [(0, 39), (-10, 10), (5, 20), (-20, -5), (0, 0), (3, 3), (-4, 0)]


def dense(x, lags):
    """The lagged matrix, lags slow: row t holds x[t - l], 0 outside the record."""
    n, f = x.shape
    found = np.zeros((n, len(lags), f))
    for place, lag in enumerate(lags.samples):
        for t in range(n):
            if 0 <= t - lag < n:
                found[t, place] = x[t - lag]
    return found.reshape(n, -1)


def record(n=60, f=3, seed=0):
    return np.random.default_rng(seed).standard_normal((n, f)) + 0.5


@pytest.mark.parametrize("bounds", RANGES)
@pytest.mark.parametrize("rows", [(0, 60), (0, 25), (13, 41), (40, 60), (30, 31)])
def test_gram_sums_and_cross_products_equal_those_of_the_matrix(bounds, rows):
    x, lags = record(), Lags(*bounds)
    y = np.random.default_rng(1).standard_normal((60, 4))
    part = slice(*rows)
    features, targets = LaggedRecord(x, lags).sums(*rows, y[part])
    matrix = dense(x, lags)[part]
    np.testing.assert_allclose(features.gram, matrix.T @ matrix, atol=1e-10)
    np.testing.assert_allclose(features.total, matrix.sum(axis=0), atol=1e-10)
    np.testing.assert_allclose(targets.cross, matrix.T @ y[part], atol=1e-10)
    np.testing.assert_allclose(targets.square, (y[part] ** 2).sum(axis=0))
    assert features.n == rows[1] - rows[0]
    assert features.records == pytest.approx(features.n / 60)


@settings(max_examples=40, derandomize=True)
@given(
    n=st.integers(12, 50),
    f=st.integers(1, 4),
    first=st.integers(-10, 10),
    length=st.integers(1, 11),
    seed=st.integers(0, 1000),
)
def test_any_lags_any_size(n, f, first, length, seed):
    lags = Lags(first, first + length - 1)
    x = record(n, f, seed)
    if n <= max(lags.reach, len(lags) - 1):
        return
    a, b = sorted(np.random.default_rng(seed).choice(n + 1, 2, replace=False).tolist())
    features, nothing = LaggedRecord(x, lags).sums(a, b)
    matrix = dense(x, lags)[a:b]
    assert nothing is None
    np.testing.assert_allclose(features.gram, matrix.T @ matrix, atol=1e-10)


def test_sums_of_parts_add_up_to_the_sums_of_the_record():
    x, lags = record(), Lags(-3, 7)
    whole, _ = LaggedRecord(x, lags).sums(0, 60)
    parts = [LaggedRecord(x, lags).sums(a, b)[0] for a, b in ((0, 20), (20, 45), (45, 60))]
    total = parts[0] + parts[1] + parts[2]
    np.testing.assert_allclose(total.gram, whole.gram, atol=1e-10)
    assert total.records == pytest.approx(1.0)


@pytest.mark.parametrize("bounds", RANGES)
def test_predictions_are_those_of_the_matrix(bounds):
    x, lags = record(), Lags(*bounds)
    coef = np.random.default_rng(2).standard_normal((len(lags) * 3, 5))
    found = LaggedRecord(x, lags).predict(coef)
    np.testing.assert_allclose(found, dense(x, lags) @ coef, atol=1e-11)


def test_blocks_of_rows_change_nothing(monkeypatch):
    from neurokit.encoding import lagged

    x, lags = record(), Lags(-3, 7)
    whole, _ = LaggedRecord(x, lags).sums(0, 60)
    monkeypatch.setattr(lagged, "AT_A_TIME", 100)
    parts, _ = LaggedRecord(x, lags).sums(0, 60)
    np.testing.assert_allclose(parts.gram, whole.gram, atol=1e-11)


def test_the_gram_is_symmetric():
    gram = LaggedRecord(record(), Lags(-5, 9)).sums(0, 60)[0].gram
    np.testing.assert_allclose(gram, gram.T, atol=1e-10)


@pytest.mark.parametrize(
    ("tmin", "tmax", "rate", "expected"),
    [
        (0.0, 0.3, 64.0, (0, 20)),  # 19.2 is rounded up, as in the mTRF toolbox
        (-0.05, 0.3, 64.0, (-4, 20)),
        (0.1, 0.3, 10.0, (1, 3)),  # 0.1 * 3 is 0.30000000000000004
        (0.0, 0.07, 100.0, (0, 7)),  # 0.07 * 100 is 7.000000000000001
        (0.0, 0.0, 100.0, (0, 0)),
    ],
)
def test_lags_run_from_floor_to_ceil(tmin, tmax, rate, expected):
    lags = Lags.of(tmin, tmax, rate)
    assert (lags.first, lags.last) == expected
    assert lags.samples.tolist() == list(range(expected[0], expected[1] + 1))


def test_lags_in_the_wrong_order_are_refused():
    for bounds in ((0.3, 0.0), (np.nan, 1.0), (0.0, np.inf)):
        with pytest.raises(OptionError, match="smaller first"):
            Lags.of(*bounds, 100.0)


def test_the_other_direction_has_negative_lags():
    assert Lags(-2, 7).reversed == Lags(-7, 2)


@pytest.mark.parametrize("bounds", [(0, 10), (-10, 0), (-6, 6), (5, 12)])
def test_a_record_shorter_than_the_lags_is_an_error(bounds):
    lags = Lags(*bounds)
    shortest = max(lags.reach, len(lags) - 1)
    LaggedRecord(record(shortest + 1), lags)
    with pytest.raises(SchemaError, match=f"trial 3: has {shortest} samples, but lags reach over"):
        LaggedRecord(record(shortest), lags, "trial 3")


@pytest.mark.parametrize(
    ("bounds", "rows"),
    [((0, 3), (3, 20)), ((-3, 0), (0, 17)), ((-2, 4), (4, 18)), ((2, 4), (4, 20))],
)
def test_complete_rows_have_every_lag(bounds, rows):
    assert Lags(*bounds).complete_rows(20) == rows


def test_differences_between_lags_are_penalised_within_features():
    penalty = difference_penalty(5, 3)
    w = np.random.default_rng(0).standard_normal((5, 3))
    assert w.ravel() @ penalty @ w.ravel() == pytest.approx(np.sum(np.diff(w, axis=0) ** 2))
    np.testing.assert_array_equal(difference_penalty(1, 3), np.eye(3))
