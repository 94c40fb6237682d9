"""A partly observed tensor: memory, masks, norms and exact errors, against dense algebra."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from neurokit.connectome import tensor as module
from neurokit.connectome.tensor import (
    memory_order,
    observe,
    outer_modes,
    reduce_mask,
    relative_error,
)

SHAPES = [(4, 3), (5, 4, 3), (3, 5, 4), (2, 4, 3, 5), (6, 1, 3)]


def dense(factors):
    """Model tensor by the definition."""
    letters = "abcd"[: len(factors)]
    return np.einsum(",".join(f"{x}r" for x in letters) + "->" + letters, *factors)


def random_factors(shape, rank, seed=0):
    rng = np.random.default_rng(seed)
    return [rng.random((size, rank)) for size in shape]


@pytest.mark.parametrize("shape", SHAPES)
def test_modes_stay_as_they_lie_in_memory_and_come_back(shape):
    factors = random_factors(shape, 2)
    values = np.random.default_rng(0).random(shape)
    for order in (range(len(shape)), reversed(range(len(shape)))):
        turned = values.transpose(tuple(order))
        data = observe(turned)
        assert np.shares_memory(data.values, values)
        assert data.values.flags.c_contiguous
        own = [factors[shape.index(size)] for size in turned.shape]
        for before, after in zip(own, data.unsort(data.sort(own)), strict=True):
            np.testing.assert_array_equal(before, after)
        assert tuple(f.shape[0] for f in data.sort(own)) == data.shape


def test_a_tensor_with_gaps_in_memory_is_copied():
    values = np.random.default_rng(0).random((6, 5, 4))
    data = observe(values[::2])
    assert not np.shares_memory(data.values, values)
    np.testing.assert_array_equal(data.values, values[::2])


def test_tied_modes_come_first():
    values = np.zeros((7, 4, 4))
    assert memory_order(values, (1, 2)) == (1, 2, 0)
    assert observe(np.ones((7, 4, 4)), tied=(1, 2)).outer == (2, 0)


@pytest.mark.parametrize(
    ("shape", "expected"),
    [
        ((1225, 20, 480), (0, 2)),
        ((5, 5, 9), (2, 0)),
        ((1225, 480, 20), (0, 1)),
        ((4, 3), (0, 1)),
        ((3, 8, 9, 2), (2, 1)),
    ],
)
def test_the_two_largest_modes_are_summed_over_the_data(shape, expected):
    assert outer_modes(shape) == expected


def test_the_scale_is_a_power_of_two_near_the_root_mean_square():
    values = np.random.default_rng(0).random((5, 6, 7)) * 3e-13
    data = observe(values)
    assert np.log2(data.scale) == round(np.log2(data.scale))
    # Values as small as magnetic fields end near one, where squares keep their digits.
    assert 0.3 < np.sqrt(data.squared_norm / values.size) < 3
    np.testing.assert_allclose(data.total * data.scale, values.sum())


@pytest.mark.parametrize("shape", SHAPES)
def test_norms_of_rows_are_those_of_the_observed_entries(shape, monkeypatch):
    monkeypatch.setattr(module, "_BLOCK", 7)
    rng = np.random.default_rng(0)
    values = 1e-6 * rng.random(shape)
    values[rng.random(shape) < 0.3] = np.nan
    data = observe(values)
    for axis in range(len(shape)):
        others = tuple(k for k in range(len(shape)) if k != axis)
        found = data.row_norms[data.order.index(axis)] * data.scale**2
        np.testing.assert_allclose(found, np.nansum(values**2, axis=others))


def test_missing_entries_are_zero_and_counted_out():
    values = np.random.default_rng(0).random((5, 6, 7))
    values[2, 3, 4] = values[0] = np.nan
    data = observe(values)
    assert data.n_observed == np.isfinite(values).sum()
    np.testing.assert_allclose(data.squared_norm * data.scale**2, np.nansum(values**2))
    assert np.isfinite(data.values).all()


def test_the_input_is_left_alone():
    values = np.array([[1.0, np.nan], [2.0, 3.0]])
    copy = values.copy()
    observe(values)
    np.testing.assert_array_equal(values, copy)


def test_a_mask_and_nan_add_up():
    values = np.random.default_rng(0).random((4, 5))
    values[0, 0] = np.nan
    mask = np.ones((4, 5), dtype=bool)
    mask[1, 1] = False
    assert observe(values, mask).n_observed == 18
    assert observe(values, np.array([True, True, True, True, False])).n_observed == 15


@pytest.mark.parametrize("axis", [0, 1, 2])
def test_a_mask_is_reduced_along_modes_where_it_does_not_change(axis):
    rng = np.random.default_rng(0)
    small = rng.random([1 if k == axis else n for k, n in enumerate((3, 4, 5))]) < 0.6
    reduced = reduce_mask(np.broadcast_to(small, (3, 4, 5)))
    assert reduced.shape == small.shape
    np.testing.assert_array_equal(reduced, small)


def test_a_full_mask_is_a_single_one_and_a_random_one_stays_whole():
    assert reduce_mask(np.ones((3, 4, 5), dtype=bool)).shape == (1, 1, 1)
    assert reduce_mask(np.random.default_rng(0).random((3, 4, 5)) < 0.5).shape == (3, 4, 5)


@pytest.mark.parametrize("shape", SHAPES)
def test_the_relative_error_equals_the_dense_one(shape, monkeypatch):
    # A block of a few rows, so that several are needed.
    monkeypatch.setattr(module, "_BLOCK", 7)
    rng = np.random.default_rng(0)
    values = rng.random(shape)
    values[rng.random(shape) < 0.3] = np.nan
    factors = random_factors(shape, 2, seed=1)
    data = observe(values)
    scaled = [factor * data.scale ** (-1 / len(shape)) for factor in data.sort(factors)]
    residual = values - dense(factors)
    expected = np.sqrt(np.nansum(residual**2) / np.nansum(values**2))
    np.testing.assert_allclose(relative_error(data, scaled), expected)


@given(exponent=st.integers(-120, 120))
def test_the_error_of_a_perfect_fit_is_zero_at_any_scale(exponent):
    factors = random_factors((4, 3, 5), 2)
    values = dense(factors) * 2.0**exponent
    data = observe(values)
    start = data.sort([factors[0] * 2.0**exponent / data.scale, *factors[1:]])
    assert relative_error(data, start) < 1e-15


def test_float32_stays_float32():
    data = observe(np.random.default_rng(0).random((3, 4)).astype(np.float32))
    assert data.values.dtype == data.mask.dtype == np.float32
