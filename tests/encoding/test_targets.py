"""Targets are read block by block, and only once, whatever holds them."""

from __future__ import annotations

import dask.array as da
import numpy as np
import pytest
import xarray as xr
import zarr

from neurokit.encoding.folds import block_folds
from neurokit.encoding.ridge_core import FoldedRidge
from neurokit.encoding.targets import LabelledRows, StackedRows, Targets
from neurokit.errors import SchemaError


class Counted:
    """An array that counts how often each value is read."""

    def __init__(self, values):
        self.values, self.shape = values, values.shape
        self.count = np.zeros(values.shape, dtype=int)

    def __getitem__(self, key):
        self.count[key] += 1
        return self.values[key]


@pytest.fixture
def y():
    return np.random.default_rng(0).standard_normal((60, 7))


def test_blocks_of_rows_cover_all_rows_once(y):
    blocks = list(Targets(y, 8 * 7 * 11).row_blocks(7))
    assert blocks[0] == (0, 11)
    assert [a for a, _ in blocks[1:]] == [b for _, b in blocks[:-1]]
    assert blocks[-1][1] == 60


def test_blocks_end_where_the_chunks_of_the_store_end(y):
    lazy = da.from_array(y, chunks=(8, 7))
    assert [a for a, _ in Targets(lazy, 8 * 7 * 20).row_blocks(7)] == [0, 16, 32, 48]
    assert [a for a, _ in Targets(lazy, 8 * 7 * 5).row_blocks(7)] == list(range(0, 60, 5))


def test_a_block_may_be_smaller_than_one_row(y):
    assert next(iter(Targets(y, 1).row_blocks(7))) == (0, 1)


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_values_that_are_not_finite_are_refused(y, bad):
    y[3, 2] = bad
    with pytest.raises(SchemaError, match="NaN or infinity"):
        Targets(y, 1e6).read(slice(0, 10), slice(0, 7))


def test_opposite_infinities_are_seen_too(y):
    y[3, 2], y[4, 2] = np.inf, -np.inf
    with pytest.raises(SchemaError, match="NaN or infinity"):
        Targets(y, 1e6).read(slice(0, 10), slice(0, 7))


def test_integers_become_floats():
    block = Targets(np.arange(6).reshape(3, 2), 1e6).read(slice(0, 2), slice(0, 2))
    assert block.dtype == np.float64


def test_every_value_is_read_exactly_once(y):
    rng = np.random.default_rng(1)
    counted = Counted(y)
    folded = FoldedRidge(rng.standard_normal((60, 5)), block_folds(np.arange(60), 3, gap=2))
    for _ in folded.load(counted, max_bytes=2000):
        pass
    np.testing.assert_array_equal(counted.count, 1)


@pytest.mark.parametrize("max_bytes", [1e8, 3000, 500, 60])
@pytest.mark.parametrize("kind", ["numpy", "dask", "zarr", "xarray"])
def test_numbers_do_not_depend_on_store_or_block_size(y, kind, max_bytes):
    rng = np.random.default_rng(2)
    x = rng.standard_normal((60, 5))
    folded = FoldedRidge(x, block_folds(np.arange(60), 4, gap=1))
    alphas = np.array([0.1, 10.0])
    held = {
        "numpy": lambda: y,
        "dask": lambda: da.from_array(y, chunks=(13, 2)),
        "zarr": lambda: zarr.array(y, chunks=(7, 3)),
        "xarray": lambda: LabelledRows(xr.DataArray(y, dims=("time", "channel")).chunk(time=9)),
    }[kind]()
    parts = [folded.reduce(part, alphas) for _, part in folded.load(held, max_bytes)]
    found = np.hstack([part.r2 for part in parts])
    np.testing.assert_allclose(found, folded.scores(y, alphas).r2, atol=1e-13)


def test_recordings_lie_one_below_the_other(y):
    stacked = StackedRows([y[:20], y[20:25], y[25:]])
    assert stacked.shape == (60, 7)
    np.testing.assert_array_equal(stacked[slice(0, 60), slice(0, 7)], y)
    np.testing.assert_array_equal(stacked[slice(18, 30), slice(2, 4)], y[18:30, 2:4])
    np.testing.assert_array_equal(stacked[slice(21, 23), slice(0, 1)], y[21:23, :1])
