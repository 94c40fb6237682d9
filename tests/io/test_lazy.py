"""Lazy arrays give what numpy gives, and read from the file no more than that."""

import pickle  # only to show that lazy arrays cross processes

import numpy as np
import pytest
import xarray as xr
from hypothesis import given
from hypothesis import strategies as st

from neurokit.io import FileArray, lazy_variable

DIMS = ("time", "channel", "trial")
SHAPE = (7, 4, 3)  # distinct lengths, so that a mixed-up axis shows


class Recorded(FileArray):
    """An array that remembers the keys that were read, and what they gave."""

    def __init__(self, values, dtype=None):
        super().__init__(values.shape, values.dtype if dtype is None else dtype)
        self.values, self.keys, self.read_values = values, [], 0

    def read(self, key):
        self.keys.append(key)
        found = self.values[key]
        self.read_values += found.size
        return found


class OnDisk(FileArray):
    """An array of a .npy file: a path, nothing open."""

    def __init__(self, path, shape, dtype):
        super().__init__(shape, dtype)
        self.path = path

    def read(self, key):
        return np.load(self.path)[key]


def _values(shape=SHAPE):
    return np.arange(np.prod(shape), dtype="f8").reshape(shape)


def _lazy(source, dims=DIMS):
    return xr.DataArray(lazy_variable(dims, source))


def _orthogonal(values, index):
    """Index each axis by itself, as xarray does, from the last to the first."""
    for axis in reversed(range(len(index))):
        values = values[(slice(None),) * axis + (index[axis],)]
    return values


def _part(n):
    """Return one index of an axis of length n, of any kind that xarray takes."""
    return st.one_of(
        st.integers(-n, n - 1),
        st.slices(n),
        st.lists(st.integers(-n, n - 1), max_size=9).map(lambda x: np.array(x, dtype=int)),
        st.lists(st.booleans(), min_size=n, max_size=n).map(np.array),
    )


@given(index=st.tuples(*map(_part, SHAPE)))
def test_any_index_gives_what_numpy_gives(index):
    source = Recorded(_values())
    found = _lazy(source)[index]
    expected = _orthogonal(_values(), index)
    assert found.shape == expected.shape
    np.testing.assert_array_equal(found.values, expected)


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (slice(1, 6), slice(1, 3)),
        (slice(None, None, -1), slice(2, 5)),
        (slice(0, 7, 2), slice(1, 2)),
    ],
)
def test_an_index_of_an_index_gives_what_numpy_gives(first, second):
    found = _lazy(Recorded(_values()))[first][second]
    np.testing.assert_array_equal(found.values, _values()[first][second])


@given(index=st.tuples(*map(_part, SHAPE)))
def test_files_are_asked_only_for_what_they_can_give(index):
    source = Recorded(_values())
    _lazy(source)[index].load()
    for key in source.keys:
        assert len(key) == len(SHAPE)
        for part, n in zip(key, SHAPE, strict=True):
            if isinstance(part, slice):
                assert part.step is None or part.step > 0
                assert 0 <= (part.start or 0) <= part.stop <= n
            else:
                assert -n <= part < n


@given(index=st.tuples(*map(st.slices, SHAPE)))
def test_a_slice_reads_each_value_once_and_no_other(index):
    source = Recorded(_values())
    _lazy(source)[index].load()
    # Backwards too: every value between two wanted ones would be read for nothing.
    assert source.read_values == _values()[index].size


@given(index=st.tuples(*map(st.slices, SHAPE)))
def test_steps_backwards_are_read_forwards(index):
    source = Recorded(_values())
    np.testing.assert_array_equal(source._read_positive(index), _values()[index])
    assert all(part.step is None or part.step > 0 for part in source.keys[0])


def test_integers_drop_their_dim_beside_steps_backwards():
    source = Recorded(_values())
    found = source._read_positive((slice(None, None, -2), 1, slice(None, None, -1)))
    np.testing.assert_array_equal(found, _values()[::-2, 1, ::-1])
    # 7 samples from the last in steps of 2: 6, 4, 2, 0; read as 0, 2, 4, 6.
    assert source.keys == [(slice(0, 7, 2), 1, slice(0, 3, 1))]


def test_making_a_lazy_array_and_asking_for_its_kind_reads_nothing():
    source = Recorded(_values())
    array = _lazy(source).isel(time=slice(1, 3)).transpose("channel", "time", "trial")
    assert (array.shape, array.dtype, array.nbytes) == ((4, 2, 3), np.dtype("f8"), 4 * 2 * 3 * 8)
    repr(array)
    assert source.read_values <= array.size
    fresh = Recorded(_values())
    assert _lazy(fresh).isel(time=slice(1, 3)).sizes["time"] == 2
    assert fresh.keys == []


def test_pointwise_indices_give_what_numpy_gives():
    source = Recorded(_values())
    time, channel = [6, 0, -1, 2], [3, 3, 0, 1]
    found = _lazy(source).isel(
        time=xr.DataArray(time, dims="point"), channel=xr.DataArray(channel, dims="point")
    )
    expected = _values()[time, channel]
    np.testing.assert_array_equal(found.transpose("point", "trial").values, expected)


def test_loading_one_part_does_not_load_the_whole():
    source = Recorded(_values((1000, 4)))
    array = _lazy(source, ("time", "channel"))
    assert float(array[500, 2]) == 500 * 4 + 2
    assert source.read_values == 1
    # Asked again, the file is read again: nothing is kept behind the user's back.
    assert float(array[500, 2]) == 2002.0
    assert source.read_values == 2


@pytest.mark.parametrize(
    ("on_file", "promised"),
    [("i2", "f4"), ("i2", "f8"), (">f8", "<f8"), (">i2", "i4"), ("f8", "f4"), ("u1", "?")],
)
def test_what_is_read_has_the_dtype_that_was_promised(on_file, promised):
    raw = np.arange(12).reshape(4, 3).astype(on_file)
    array = _lazy(Recorded(raw, promised), ("time", "channel"))
    assert array.dtype == np.dtype(promised)
    for found in (array.values, array[::-1].values, array[2:2].values):
        assert found.dtype == np.dtype(promised)
    np.testing.assert_array_equal(array.values, raw.astype(promised))
    # A single value as well, which numpy hands out as a scalar.
    assert array[1, 1].values.dtype == np.dtype(promised)
    assert array[1, 1].values == raw[1, 1].astype(promised)


def test_shapes_are_python_integers_whatever_they_come_from():
    array = FileArray(tuple(np.array([3, 4], dtype="u4")), "float32")
    assert array.shape == (3, 4)
    assert all(type(n) is int for n in array.shape)
    assert array.dtype == np.float32


def test_an_array_that_cannot_read_says_so():
    with pytest.raises(NotImplementedError):
        _lazy(FileArray((2,), "f8"), ("time",)).load()


def test_an_error_of_the_file_reaches_the_user():
    class Broken(FileArray):
        def read(self, key):
            raise OSError("gone")

    array = _lazy(Broken((2,), "f8"), ("time",))
    with pytest.raises(OSError, match="gone"):
        array.load()


@pytest.mark.parametrize("shape", [(0, 4), (5, 0)])
def test_empty_arrays_are_arrays_too(shape):
    array = _lazy(Recorded(np.zeros(shape)), ("time", "channel"))
    assert array.values.shape == shape
    assert array[:0].values.shape == (0, shape[1])


def test_an_array_without_dims_is_one_value():
    array = xr.DataArray(lazy_variable((), Recorded(np.array(2.5))))
    assert array.shape == ()
    assert float(array) == 2.5


def test_attributes_are_those_given_and_not_shared():
    attrs = {"units": "V"}
    variable = lazy_variable(("time",), Recorded(np.zeros(3)), attrs)
    variable.attrs["units"] = "mV"
    assert attrs == {"units": "V"}
    assert lazy_variable(("time",), Recorded(np.zeros(3))).attrs == {}


def test_dask_reads_each_block_when_it_is_computed():
    source = Recorded(_values((10, 4)))
    chunked = _lazy(source, ("time", "channel")).chunk({"time": 4})
    assert chunked.chunks == ((4, 4, 2), (4,))
    assert source.keys == []
    np.testing.assert_array_equal(chunked.compute(scheduler="synchronous"), source.values)
    assert sorted(key[0].start for key in source.keys) == [0, 4, 8]
    assert source.read_values == 40


def test_dask_reads_no_block_that_is_not_asked_for():
    source = Recorded(_values((10, 4)))
    chunked = _lazy(source, ("time", "channel")).chunk({"time": 4})
    last = chunked.isel(time=slice(8, None)).compute(scheduler="synchronous")
    np.testing.assert_array_equal(last, source.values[8:])
    # Two samples of four channels are in the last block.
    assert source.read_values == 8


@pytest.fixture
def on_disk(tmp_path):
    np.save(tmp_path / "x.npy", _values())
    return OnDisk(tmp_path / "x.npy", SHAPE, "f8")


def test_a_pickled_array_is_a_path_and_still_lazy(on_disk):
    data = pickle.dumps(_lazy(on_disk))
    # The file may change between the two processes: values were not taken along.
    np.save(on_disk.path, -_values())
    np.testing.assert_array_equal(pickle.loads(data).values, -_values())


def test_a_pickled_selection_is_the_same_selection(on_disk):
    array = _lazy(on_disk)[::-2, [3, 0], 1]
    np.testing.assert_array_equal(
        pickle.loads(pickle.dumps(array)).values, _values()[::-2, :, 1][:, [3, 0]]
    )


def test_dask_blocks_can_be_pickled(on_disk):
    chunked = _lazy(on_disk).chunk({"time": 3})
    again = pickle.loads(pickle.dumps(chunked))
    np.testing.assert_array_equal(again.compute(scheduler="synchronous"), _values())


def test_a_copy_reads_the_same_file(on_disk):
    for deep in (False, True):
        np.testing.assert_array_equal(_lazy(on_disk).copy(deep=deep).values, _values())
