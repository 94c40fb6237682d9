"""Damage that shows only when values are read names the store, the variable and what to do."""

import pickle

import numpy as np
import pytest
import xarray as xr
from xarray.backends import BackendArray
from xarray.core import indexing

import neurokit as nk
from neurokit.errors import FileContentError
from neurokit.io.damage import NamedArray, name_damage
from neurokit.testing import assert_same


class Broken(BackendArray):
    """Reads nothing but raises what a library would."""

    def __init__(self, error):
        self.shape, self.dtype, self.error = (4,), np.dtype(np.float32), error

    def __getitem__(self, key):
        raise self.error


@pytest.fixture
def rec():
    return nk.simulate.recording("eeg", n_channels=3, duration=2.0, random_state=0)


def _spoil(path, store):
    """Change bytes of the signal where they lie on disk."""
    if path.suffix == ".zarr":
        (chunk, *_) = (path / "activity/signal/c").rglob("0")
        chunk = chunk if chunk.is_file() else next(p for p in chunk.rglob("*") if p.is_file())
        content = bytearray(chunk.read_bytes())
        content[len(content) // 2] ^= 255
        chunk.write_bytes(content)
        return
    with store.File(path) as file:
        place = file["activity/signal"].id.get_chunk_info(0).byte_offset
    content = bytearray(path.read_bytes())
    content[place + 20] ^= 255
    path.write_bytes(content)


@pytest.mark.parametrize("suffix", [".nc", ".zarr"])
def test_a_damaged_chunk_is_an_error_that_names_store_and_variable(rec, suffix, tmp_path):
    import h5py

    path = nk.save(rec, tmp_path / f"saved{suffix}")
    _spoil(path, h5py)
    opened = nk.open(path)
    with pytest.raises(FileContentError, match="values of /activity/signal are damaged") as caught:
        opened["activity/signal"].load()
    assert caught.value.where == str(path)
    assert caught.value.mend.startswith("Restore it")
    assert opened["events/onset"].load().notnull().all()


@pytest.mark.parametrize("suffix", [".nc", ".zarr"])
def test_whole_values_stay_lazy_and_cross_processes(rec, suffix, tmp_path):
    path = nk.save(rec, tmp_path / f"saved{suffix}")
    opened = nk.open(path)
    assert not isinstance(opened["activity/signal"].variable._data, np.ndarray)
    window = pickle.loads(pickle.dumps(opened["activity"].signal[10:20]))
    np.testing.assert_array_equal(window, rec["activity"].signal[10:20])
    assert_same(opened, rec)


@pytest.mark.parametrize(
    "error", [OSError("x"), ValueError(""), RuntimeError("y\nz"), KeyError("k")]
)
def test_errors_of_libraries_become_ours_in_one_line(error):
    array = NamedArray(Broken(error), "a.nc", "/activity/signal")
    with pytest.raises(FileContentError) as caught:
        array[indexing.BasicIndexer((slice(0, 1),))]
    assert "\n" not in str(caught.value)
    assert caught.value.__cause__ is error


@pytest.mark.parametrize(
    "error", [MemoryError(), IndexError("i"), FileContentError("f", where="b", mend="M.")]
)
def test_what_is_no_damage_passes_as_it_is(error):
    array = NamedArray(Broken(error), "a.nc", "/activity/signal")
    with pytest.raises(type(error)) as caught:
        array[indexing.BasicIndexer((slice(0, 1),))]
    assert caught.value is error


def test_what_lies_in_memory_is_left_alone(tmp_path):
    group = xr.Dataset({"x": ("time", np.arange(3.0))})
    assert name_damage(group, tmp_path, "/activity") is group
    assert isinstance(group["x"].variable._data, np.ndarray)
