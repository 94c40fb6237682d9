"""The layout of a partly observed tensor, and products with it, against dense algebra."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from neurokit.connectome import tensor as module
from neurokit.connectome.tensor import contract, gather, observe, reduce_mask, relative_error

SHAPES = [(4, 3), (5, 4, 3), (3, 5, 4), (2, 4, 3, 5), (6, 1, 3)]


def dense(factors):
    """Model tensor by the definition."""
    letters = "abcd"[: len(factors)]
    return np.einsum(",".join(f"{x}r" for x in letters) + "->" + letters, *factors)


def random_factors(shape, rank, seed=0):
    rng = np.random.default_rng(seed)
    return [rng.random((size, rank)) for size in shape]


@pytest.mark.parametrize("shape", SHAPES)
def test_modes_are_sorted_by_size_and_come_back(shape):
    factors = random_factors(shape, 2)
    data = observe(np.random.default_rng(0).random(shape))
    assert list(data.shape) == sorted(shape)
    for before, after in zip(factors, data.unsort(data.sort(factors)), strict=True):
        np.testing.assert_array_equal(before, after)
    assert tuple(f.shape[0] for f in data.sort(factors)) == data.shape


def test_scaling_by_a_power_of_two_loses_no_digit():
    values = np.random.default_rng(0).random((5, 6, 7)) * 3e-13
    data = observe(values)
    assert np.log2(data.scale) == round(np.log2(data.scale))
    back = (data.values * data.scale).transpose(np.argsort(data.order))
    np.testing.assert_array_equal(back, values)
    # Values as small as magnetic fields end near one, where squares keep their digits.
    assert 0.3 < np.sqrt(data.squared_norm / values.size) < 3


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
@pytest.mark.parametrize("back", [1, 2])
def test_contraction_and_gathering_equal_the_definition(shape, back):
    rng = np.random.default_rng(0)
    values = rng.random(shape)
    factors = random_factors(shape, 3, seed=1)
    summed = len(shape) - back
    partial = contract(values, factors[summed], summed)
    modes = [k for k in range(len(shape)) if k != summed]
    letters = "abcd"[: len(shape)]
    for target in modes:
        others = [k for k in range(len(shape)) if k != target]
        formula = (
            ",".join([letters, *(f"{letters[k]}r" for k in others)]) + "->" + letters[target] + "r"
        )
        expected = np.einsum(formula, values, *(factors[k] for k in others))
        np.testing.assert_allclose(gather(partial, modes, factors, target), expected)


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
