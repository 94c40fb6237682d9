"""Lazy arrays of lazy arrays equal numpy's under any basic index."""

from __future__ import annotations

import pickle
from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import basic_indices
from neurokit_loaders.mapping_arrays import Multiplied, Rearranged, Stacked

from neurokit.io import lazy_variable
from neurokit.io.lazy import FileArray, Key


class Held(FileArray):
    """An array in memory that counts what is read of it."""

    def __init__(self, values: Any) -> None:
        super().__init__(values.shape, values.dtype)
        self.values = values
        self.n_read = 0

    def read(self, key: Key) -> np.ndarray[Any, Any]:
        part = np.asarray(self.values[key])
        self.n_read += part.size
        return part


VALUES = np.arange(2 * 5 * 3, dtype=np.float64).reshape(2, 5, 3) - 7


def _indices(shape: tuple[int, ...]) -> st.SearchStrategy[Any]:
    return basic_indices(shape, allow_ellipsis=False, allow_newaxis=False)


ORDERS = [(0, 1, 2), (2, 1, 0), (1, 0, 2), (1, 2, 0), (2, 0, 1), (0, 2, 1)]


@pytest.mark.parametrize("order", ORDERS)
@settings(max_examples=12)
@given(data=st.data())
def test_dims_in_any_order(order: tuple[int, ...], data: st.DataObject) -> None:
    turned = VALUES.transpose(order)
    key = data.draw(_indices(turned.shape))
    expected = turned[key]
    # xarray itself fails on an empty slice with a negative step, before an array is asked.
    assume(expected.size)
    variable = lazy_variable(("a", "b", "c"), Rearranged(Held(VALUES), order))
    found = variable[key].values
    np.testing.assert_array_equal(found, expected)


@settings(max_examples=12)
@given(key=_indices((5, 3)))
def test_a_dim_of_one_is_left_out(key: Any) -> None:
    values = VALUES[:1].transpose(1, 0, 2)
    expected = VALUES[0][key]
    assume(expected.size)
    variable = lazy_variable(("a", "b"), Rearranged(Held(values), (0, 2)))
    np.testing.assert_array_equal(variable[key].values, expected)


@settings(max_examples=12)
@given(key=_indices((5, 3, 2)))
def test_stacked_parts_are_the_last_dim(key: Any) -> None:
    stacked = np.stack([VALUES[0], VALUES[1] * 2], axis=-1)
    expected = stacked[key]
    assume(expected.size)
    parts = [Held(VALUES[0]), Held(VALUES[1] * 2)]
    variable = lazy_variable(("a", "b", "c"), Stacked(parts))
    np.testing.assert_array_equal(variable[key].values, expected)


@settings(max_examples=12)
@given(key=_indices((5, 3)))
def test_each_column_has_its_factor(key: Any) -> None:
    factor = [1e-6, 1.0, -2.0]
    expected = (VALUES[0] * factor).astype(np.float32)[key]
    assume(expected.size)
    variable = lazy_variable(("a", "b"), Multiplied(Held(VALUES[0]), factor))
    found = variable[key].values
    assert found.dtype == np.float32
    np.testing.assert_array_equal(found, expected)


def test_only_the_parts_asked_for_are_read() -> None:
    parts = [Held(np.arange(1000.0)) for _ in range(4)]
    Stacked(parts).read((slice(10, 20), slice(1, 3)))
    assert [part.n_read for part in parts] == [0, 10, 10, 0]
    Stacked(parts).read((slice(0, 5), 3))
    assert parts[3].n_read == 5


def test_no_part_at_all_is_an_empty_array() -> None:
    found = Stacked([Held(VALUES[0])]).read((slice(1, 4, 2), 0, slice(0, 0)))
    assert found.shape == (2, 0)


def test_parts_of_different_dtypes_share_one() -> None:
    ints, floats = Held(np.arange(3)), Held(np.ones(3, dtype=np.float32))
    assert Stacked([ints, floats]).dtype == np.float64


def test_what_float32_cannot_hold_becomes_infinite() -> None:
    found = Multiplied(Held(np.array([[1e300, 1.0]])), [1.0, 1.0])
    assert found.read((slice(0, 1), slice(0, 2))).tolist() == [[np.inf, 1.0]]


def test_integers_beyond_float32_are_multiplied_before_they_are_rounded() -> None:
    count = np.array([[2**24 + 1]])
    exact = float(2**24 + 1) * 0.1
    found = Multiplied(Held(count), [0.1]).read((0, 0))
    assert found == np.float32(exact)


def test_all_of_them_can_be_pickled() -> None:
    array = Multiplied(Stacked([Rearranged(Held(VALUES), (2, 1, 0))]), [2.0])
    copy = pickle.loads(pickle.dumps(array))
    key = (slice(0, 3), 1, slice(0, 2), slice(0, 1))
    np.testing.assert_array_equal(copy.read(key), array.read(key))
