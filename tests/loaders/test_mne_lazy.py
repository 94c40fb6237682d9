"""Lazy windows of files: equal to the whole, picklable, and only what is asked for is read."""

import os
import pickle

import mne
import numpy as np
import pytest
import xarray as xr
from neurokit_loaders.mne_lazy import BlockArray, MneArray, WindowArray, opened
from neurokit_loaders.mne_open import FifReader

from neurokit.errors import FileContentError
from neurokit.io import lazy_variable


class Whole(WindowArray):
    """Windows of an array in memory, which remembers what was asked of it."""

    def __init__(self, values):
        super().__init__("memory", *values.shape)
        self.values = values
        self.asked = []

    def window(self, start, stop, channels):
        self.asked.append((start, stop, list(channels)))
        return self.values[start:stop][:, channels]


@pytest.fixture
def whole():
    return Whole(np.arange(60.0).reshape(20, 3))


@pytest.fixture(scope="module")
def raw_file(tmp_path_factory):
    file = tmp_path_factory.mktemp("lazy") / "a_raw.fif"
    info = mne.create_info(["a", "b", "c"], 100.0, "eeg", verbose=False)
    values = np.random.default_rng(0).normal(size=(3, 500)) * 1e-5
    mne.io.RawArray(values, info, verbose=False).save(file, verbose=False)
    return file


KEYS = [
    (slice(None), slice(None)),
    (slice(3, 9), slice(None)),
    (slice(3, 9, 2), slice(0, 3, 2)),
    (5, slice(None)),
    (slice(None), 1),
    (-1, -1),
    (7, 2),
    (slice(4, 4), slice(None)),
    (slice(12, 99), slice(1, 2)),
    (slice(None, None, -3), slice(None, None, -1)),
    (slice(None), slice(3, 3)),
]


@pytest.mark.parametrize("key", KEYS)
def test_any_index_equals_that_of_an_array(whole, key):
    lazy = lazy_variable(("time", "channel"), whole)
    found, expected = lazy[key].values, whole.values[key]
    np.testing.assert_array_equal(found, expected.astype(np.float32))
    assert found.shape == expected.shape
    assert found.dtype == np.float32


def test_only_the_window_is_read(whole):
    xr.DataArray(lazy_variable(("time", "channel"), whole)).isel(time=slice(5, 8), channel=1).load()
    assert whole.asked == [(5, 8, [1])]


@pytest.mark.parametrize("error", [OSError("gone"), ValueError("too short")])
def test_a_file_that_is_gone_or_shorter_is_an_error_that_says_so(whole, monkeypatch, error):
    def fail(*args):
        raise error

    monkeypatch.setattr(whole, "window", fail)
    with pytest.raises(FileContentError, match="open it again"):
        whole.read((slice(None), slice(None)))


def _array(file, **more):
    options = {"picks": [0, 2], "segments": [(0, 500)], **more}
    return MneArray(str(file), FifReader(), **options)


def test_values_equal_those_of_mne(raw_file):
    raw = mne.io.read_raw_fif(raw_file, verbose=False)
    found = _array(raw_file).read((slice(10, 20), slice(None)))
    np.testing.assert_array_equal(found, raw.get_data([0, 2], 10, 20).T.astype(np.float32))


def test_samples_outside_the_segments_are_left_out(raw_file):
    raw = mne.io.read_raw_fif(raw_file, verbose=False).get_data([0, 2]).T.astype(np.float32)
    array = _array(raw_file, segments=[(0, 100), (150, 300), (450, 500)])
    assert array.shape == (300, 2)
    expected = np.concatenate([raw[:100], raw[150:300], raw[450:]])
    np.testing.assert_array_equal(array.read((slice(None), slice(None))), expected)
    np.testing.assert_array_equal(array.read((slice(90, 260), slice(None))), expected[90:260])


def test_factors_are_per_channel(raw_file):
    plain = _array(raw_file).read((slice(None), slice(None)))
    scaled = _array(raw_file, factor=[2.0, 1e6])
    np.testing.assert_allclose(
        scaled.read((slice(None), slice(None))), plain * np.float32([2.0, 1e6]), rtol=1e-6
    )
    np.testing.assert_allclose(scaled.read((slice(None), 1)), plain[:, 1] * 1e6, rtol=1e-6)


def test_an_array_crosses_processes(raw_file):
    array = _array(raw_file)
    array.read((slice(0, 1), slice(None)))
    text = pickle.dumps(array)
    assert len(text) < 2000, "it must hold a path, not an open file or data"
    np.testing.assert_array_equal(
        pickle.loads(text).read((slice(None), slice(None))),
        array.read((slice(None), slice(None))),
    )


def test_a_file_is_opened_once_per_process_until_it_changes(raw_file, tmp_path):
    file = tmp_path / "b_raw.fif"
    file.write_bytes(raw_file.read_bytes())
    first = opened(FifReader(), str(file))
    assert opened(FifReader(), str(file)) is first
    os.utime(file, ns=(1, 1))
    assert opened(FifReader(), str(file)) is not first


def test_a_file_that_was_removed_is_an_error(raw_file, tmp_path):
    file = tmp_path / "c_raw.fif"
    file.write_bytes(raw_file.read_bytes())
    array = _array(file)
    file.unlink()
    with pytest.raises(FileContentError, match=r"c_raw\.fif"):
        array.read((slice(None), slice(None)))


def test_dask_reads_blocks_in_threads(raw_file):
    values = lazy_variable(("time", "channel"), _array(raw_file))
    chunked = values.chunk({"time": 50})
    np.testing.assert_array_equal(chunked.values, values.values)


# Files that can be read as a whole only


def _blocks(path):
    """Read a file of 24 numbers as 2 blocks of 4 samples of 3 channels."""
    _blocks.times += 1
    print("chatter of a reader")
    return np.fromfile(path).reshape(2, 4, 3)


@pytest.fixture
def block_file(tmp_path):
    _blocks.times = 0
    file = tmp_path / "blocks.bin"
    np.arange(24.0).tofile(file)
    return file


@pytest.mark.parametrize(
    "key",
    [
        (slice(None), slice(None), slice(None)),
        (1, slice(0, 4, 2), slice(0, 1)),
        (slice(0, 0), 2, slice(None)),
        (0, 3, 1),
    ],
)
def test_any_part_of_blocks_is_a_part_of_the_whole(block_file, key):
    array = BlockArray(str(block_file), _blocks, (2, 4), [2, 0], [10.0, 1.0])
    whole = (np.arange(24.0).reshape(2, 4, 3)[..., [2, 0]] * [10.0, 1.0]).astype(np.float32)
    np.testing.assert_array_equal(array.read(key), whole[key])
    assert array.read(key).dtype == np.float32


def test_a_file_is_read_once_for_many_parts_and_anew_if_it_changes(block_file, capsys):
    array = BlockArray(str(block_file), _blocks, (2, 4), [0], [1.0])
    for i in range(4):
        assert array.read((1, i, 0)) == 12 + 3 * i
    assert _blocks.times == 1
    np.arange(24.0)[::-1].tofile(block_file)
    os.utime(block_file, ns=(1, 1))
    assert array.read((0, 0, 0)) == 23
    assert _blocks.times == 2
    assert capsys.readouterr().out == "", "what a reader prints reaches nobody"


@pytest.mark.parametrize("size", [0, 23])
def test_blocks_of_a_file_that_was_cut_or_is_gone_are_an_error(block_file, size):
    array = BlockArray(str(block_file), _blocks, (2, 4), [0], [1.0])
    np.arange(float(size)).tofile(block_file)
    with pytest.raises(FileContentError, match="cannot be read any more") as caught:
        array.read((0, 0, 0))
    assert caught.value.where == str(block_file)
    block_file.unlink()
    with pytest.raises(FileContentError, match="cannot be read any more"):
        array.read((0, 0, 0))
