"""Targets read in blocks: bounds, chunks, stacked recordings, and the level they are about."""

from __future__ import annotations

import dask.array as da
import numpy as np
import pytest
import xarray as xr
from hypothesis import given, settings
from hypothesis import strategies as st

from neurokit.encoding.targets import (
    ENOUGH_ROWS,
    LabelledRows,
    StackedRows,
    Targets,
    reference_of,
)
from neurokit.errors import SchemaError


class Chunked:
    """An array with chunks as Zarr has them: whole numbers, one per axis."""

    def __init__(self, values, chunks):
        self.values, self.shape, self.chunks = values, values.shape, chunks
        self.read = []

    def __getitem__(self, key):
        self.read.append((key[0].start, key[0].stop))
        return self.values[key]


@given(n=st.integers(0, 40), t=st.integers(1, 5), max_bytes=st.integers(1, 900))
@settings(max_examples=20, deadline=None)
def test_blocks_tile_all_rows_in_order_and_fit(n, t, max_bytes):
    blocks = list(Targets(np.zeros((n, t)), max_bytes).row_blocks(t))
    assert [row for first, last in blocks for row in range(first, last)] == list(range(n))
    for first, last in blocks:
        assert last - first == 1 or (last - first) * 8 * t <= max_bytes


@pytest.mark.parametrize(
    ("chunk", "fitting", "expected"),
    [
        (4, 10, [(0, 8), (8, 16), (16, 24), (24, 30)]),  # two chunks of 4 fit into 10 rows
        (10, 10, [(0, 10), (10, 20), (20, 30)]),
        (16, 10, [(0, 10), (10, 20), (20, 30)]),  # no chunk fits: as many rows as do
        (7, 100, [(0, 30)]),
    ],
)
def test_blocks_end_with_chunks_where_a_chunk_fits(chunk, fitting, expected):
    y = Chunked(np.zeros((30, 2)), (chunk, 2))
    assert list(Targets(y, fitting * 8 * 2).row_blocks(2)) == expected


def test_chunks_of_dask_and_of_zarr_are_the_same_chunks():
    values = np.zeros((30, 2))
    lazy = da.from_array(values, chunks=(4, 2))
    found = list(Targets(lazy, 10 * 16).row_blocks(2))
    assert found == list(Targets(Chunked(values, (4, 2)), 10 * 16).row_blocks(2))


def test_no_columns_are_one_block():
    assert list(Targets(np.zeros((5, 0)), 80.0).row_blocks(0)) == [(0, 5)]


@pytest.mark.parametrize("dtype", [np.int8, np.uint16, bool, np.float32, ">f8"])
def test_any_type_is_read_as_float64(dtype):
    y = np.array([[0, 1], [1, 0]], dtype=dtype)
    block = Targets(y, 1e6).read(slice(0, 2), slice(0, 2))
    assert block.dtype == np.float64
    assert block.dtype.isnative
    np.testing.assert_array_equal(block, [[0.0, 1.0], [1.0, 0.0]])


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_only_what_is_read_must_be_finite(bad):
    y = np.zeros((6, 3))
    y[4, 2] = bad
    targets = Targets(y, 1e6)
    targets.read(slice(0, 4), slice(0, 3))
    targets.read(slice(0, 6), slice(0, 2))
    with pytest.raises(SchemaError, match="Y: holds NaN or infinity"):
        targets.read(slice(4, 5), slice(0, 3))


def test_reading_leaves_the_store_alone():
    y = np.random.default_rng(0).standard_normal((6, 3))
    before = y.copy()
    block = Targets(y, 1e6).read(slice(0, 6), slice(0, 3)) - 1.0
    block[:] = 7.0
    np.testing.assert_array_equal(y, before)


@given(
    sizes=st.lists(st.integers(1, 6), min_size=1, max_size=4),
    first=st.integers(0, 20),
    length=st.integers(1, 20),
)
@settings(max_examples=20, deadline=None)
def test_stacked_recordings_slice_as_their_concatenation(sizes, first, length):
    rng = np.random.default_rng(0)
    parts = [rng.standard_normal((size, 3)) for size in sizes]
    whole = np.concatenate(parts)
    first = first % len(whole)
    last = min(first + length, len(whole))
    stacked = StackedRows(parts)
    assert stacked.shape == whole.shape
    np.testing.assert_array_equal(stacked[slice(first, last), slice(1, 3)], whole[first:last, 1:3])


def test_stacked_recordings_read_only_the_recordings_asked_for():
    parts = [Chunked(np.full((4, 1), float(i)), (4, 1)) for i in range(3)]
    stacked = StackedRows(parts)
    np.testing.assert_array_equal(stacked[slice(4, 8), slice(0, 1)], np.ones((4, 1)))
    assert [len(part.read) for part in parts] == [0, 1, 0]
    assert parts[1].read == [(0, 4)]


def test_rows_of_a_lazy_array_are_read_when_sliced():
    computed = []

    def block(values):
        computed.append(len(values))
        return values

    lazy = da.from_array(np.arange(12.0).reshape(6, 2), chunks=(2, 2)).map_blocks(
        block, dtype=float, meta=np.empty((0, 0))
    )
    rows = LabelledRows(xr.DataArray(lazy, dims=("time", "channel")))
    assert rows.shape == (6, 2)
    assert rows.chunks == ((2, 2, 2), (2,))
    assert computed == []
    np.testing.assert_array_equal(rows[slice(2, 4), slice(0, 2)], [[4.0, 5.0], [6.0, 7.0]])
    assert computed == [2]


def test_chunks_of_an_array_that_was_opened_are_known():
    array = xr.DataArray(np.zeros((6, 2)), dims=("time", "channel"))
    assert LabelledRows(array).chunks is None
    array.encoding["chunks"] = (3, 2)
    assert list(Targets(LabelledRows(array), 4 * 16).row_blocks(2)) == [(0, 3), (3, 6)]


@pytest.mark.parametrize("n", [1, 2, 7, ENOUGH_ROWS, ENOUGH_ROWS + 1])
def test_the_reference_of_few_rows_is_their_median(n):
    values = np.random.default_rng(n).standard_normal((n, 3))
    expected = [sorted(values[:, j])[n // 2] for j in range(3)]
    if n % 2 == 0:
        below = [sorted(values[:, j])[n // 2 - 1] for j in range(3)]
        expected = [(a + b) / 2 for a, b in zip(expected, below, strict=True)]
    np.testing.assert_allclose(reference_of(values), expected)


def test_the_reference_of_many_rows_is_of_evenly_spaced_ones():
    values = np.random.default_rng(0).standard_normal((5 * ENOUGH_ROWS, 2))
    np.testing.assert_array_equal(reference_of(values), np.median(values[::5], axis=0))


def test_artefacts_do_not_move_the_reference():
    values = 100.0 + np.random.default_rng(0).standard_normal((200, 2))
    values[::10] = 1e12  # a tenth of all rows
    assert np.all(np.abs(reference_of(values) - 100.0) < 1.0)


def test_the_reference_moves_with_the_data_and_is_float64():
    values = np.random.default_rng(1).standard_normal((50, 2)).astype(np.float32)
    found = reference_of(values)
    assert found.dtype == np.float64
    np.testing.assert_allclose(reference_of(values + np.float32(8.0)), found + 8.0, atol=1e-5)
