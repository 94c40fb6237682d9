"""Lazy arrays on NWB data against numpy: any window, any index, from memory and from a file."""

from __future__ import annotations

import pickle
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import basic_indices

from neurokit.errors import FileContentError, TimeError
from neurokit.interchange.nwb_arrays import Dataset, held, take, whole
from neurokit.interchange.nwb_computed import (
    Centroids,
    Columns,
    Gathered,
    Measure,
    Signal,
    SpikeTimes,
    Stacked,
    in_memory,
)
from neurokit.io import FileArray, lazy_variable

VALUES = np.arange(35, dtype=np.int16).reshape(7, 5)
GAIN = np.array([1.0, 2.0, 0.5, -1.0, 3.0])
EXPECTED = (VALUES * 0.25 * GAIN + 1.5).astype(np.float32)
quick = settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=25
)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "a.h5"
    with h5py.File(path, "w") as handle:
        handle["plain"] = VALUES
        handle["turned"] = VALUES.T
        handle["words"] = ["a", "b"]
        for i in range(5):
            handle[f"column_{i}"] = VALUES[:, i]
    return path


def _stored(path: Path, name: str) -> Dataset:
    with h5py.File(path, "r") as handle:
        return Dataset(path, name, handle[name].shape, handle[name].dtype)


def _all_of(array: FileArray) -> Any:
    return array.read((slice(None),) * len(array.shape))


def _same_as_numpy(array: FileArray, expected: np.ndarray[Any, Any], key: Any) -> None:
    dims = tuple("abc"[: expected.ndim])
    assume(expected[key].size)
    found = lazy_variable(dims, array)[key].values
    assert found.dtype == expected.dtype
    np.testing.assert_array_equal(found, expected[key])


def _keys(shape: tuple[int, ...]) -> st.SearchStrategy[Any]:
    return basic_indices(shape, allow_ellipsis=False, allow_newaxis=False)


@quick
@given(key=_keys((7, 5)), name=st.sampled_from(["plain", "turned"]), stored=st.booleans())
def test_a_signal_is_data_times_conversion_times_channel_factor_plus_offset(
    file: Path, key: Any, name: str, stored: bool
) -> None:
    raw: Any = _stored(file, name) if stored else (VALUES if name == "plain" else VALUES.T)
    array = Signal(raw, 0.25, 1.5, GAIN, transposed=name == "turned")
    _same_as_numpy(array, EXPECTED, key)
    assert in_memory(array) is not stored


@quick
@given(key=_keys((7, 5)))
def test_series_of_one_column_stack_along_neurons(file: Path, key: Any) -> None:
    parts = [Signal(_stored(file, f"column_{i}")) for i in range(5)]
    _same_as_numpy(Stacked(parts, trials=False), VALUES.astype(np.float32), key)


@quick
@given(key=_keys((2, 7, 5)))
def test_sweeps_stack_along_trials(file: Path, key: Any) -> None:
    parts = [Signal(_stored(file, "plain")), Signal(_stored(file, "plain"), factor=2.0)]
    expected = np.stack([VALUES, VALUES * 2]).astype(np.float32)
    _same_as_numpy(Stacked(parts, trials=True), expected, key)


@quick
@given(key=_keys((7, 6)))
def test_columns_of_several_series_stand_side_by_side(file: Path, key: Any) -> None:
    parts = [Signal(_stored(file, "plain"), 0.25, 1.5, GAIN), Signal(_stored(file, "column_0"))]
    expected = np.concatenate([EXPECTED, VALUES[:, :1].astype(np.float32)], axis=1)
    _same_as_numpy(Columns(parts), expected, key)


@quick
@given(key=_keys((7, 5)))
def test_gathered_columns_stand_at_their_places(file: Path, key: Any) -> None:
    parts = [_stored(file, "column_1"), VALUES[:, [0, 2, 3, 4]]]
    array = Gathered(parts, [[3], [0, 1, 2, 4]], np.int16)
    expected = VALUES[:, [0, 2, 3, 1, 4]]
    _same_as_numpy(array, expected, key)


def test_an_empty_choice_of_stacked_series_is_empty(file: Path) -> None:
    parts = [Signal(_stored(file, f"column_{i}")) for i in range(5)]
    neurons = Stacked(parts, trials=False).read((slice(0, 4), slice(2, 2)))
    assert neurons.shape == (4, 0)
    assert Stacked(parts, trials=True).read((slice(3, 3), slice(None), 0)).shape == (0, 7)


def test_an_array_crosses_processes_as_path_and_name(file: Path) -> None:
    array = Signal(_stored(file, "plain"), 0.25, 1.5, GAIN)
    assert b"HDF" not in pickle.dumps(array)
    copy = pickle.loads(pickle.dumps(array))
    np.testing.assert_array_equal(_all_of(copy), EXPECTED)


def test_measures_keep_whole_numbers_and_precise_positions(file: Path) -> None:
    plain = Measure(_stored(file, "plain"), 1.0, 0.0, precise=False)
    assert plain.dtype == np.int16
    np.testing.assert_array_equal(_all_of(plain), VALUES)
    scaled = Measure(_stored(file, "plain"), 0.5, 1.0, precise=True)
    assert scaled.dtype == np.float64
    np.testing.assert_array_equal(_all_of(scaled), VALUES * 0.5 + 1)
    assert Measure(VALUES.astype(np.float64), 1.0, 0.0, precise=False).dtype == np.float32


# -- spikes

TIMES = np.array([0.5, 1.5, 2.5, 0.1, 0.2, 7.0])
ENDS = np.array([3, 3, 5, 6])


@quick
@given(key=_keys((6,)), sort=st.booleans())
def test_a_window_of_spikes_equals_numpy(key: Any, sort: bool) -> None:
    _same_as_numpy(SpikeTimes(TIMES, ENDS, 0.25, sort), TIMES - 0.25, key)


def test_unsorted_spikes_are_an_error_that_names_the_unit_and_the_way_out() -> None:
    broken = TIMES[[1, 0, 2, 3, 4, 5]]
    array = SpikeTimes(broken, ENDS, 0.0, sort=False, where="a.nwb: units")
    with pytest.raises(TimeError, match="row 0 are not sorted.*sort_spikes=True"):
        _all_of(array)
    np.testing.assert_array_equal(array.read((slice(2, 6),)), TIMES[2:])


@quick
@given(data=st.data(), n=st.integers(1, 6))
def test_sorting_within_units_equals_sorting_each(data: st.DataObject, n: int) -> None:
    counts = data.draw(st.lists(st.integers(0, 5), min_size=n, max_size=n))
    rng = np.random.default_rng(data.draw(st.integers(0, 99)))
    trains = [rng.normal(size=count) for count in counts]
    flat = np.concatenate([*trains, np.empty(0)])
    expected = np.concatenate([*(np.sort(train) for train in trains), np.empty(0)])
    array = SpikeTimes(flat, np.cumsum(counts), 0.0, sort=True)
    start = data.draw(st.integers(0, flat.size))
    stop = data.draw(st.integers(start, flat.size))
    np.testing.assert_array_equal(array.read((slice(start, stop),)), expected[start:stop])


def test_a_window_of_spikes_reads_a_window(monkeypatch: pytest.MonkeyPatch) -> None:
    """pynwb's issue 1485: a window of spikes read all of them."""
    asked: list[Any] = []

    class Watched(FileArray):
        def read(self, key: Any) -> Any:
            asked.append(key)
            return TIMES[key]

    SpikeTimes(Watched((6,), float), ENDS, 0.0, sort=False).read((slice(4, 6),))
    assert asked == [(slice(4, 6),)]


# -- centres of masks


@pytest.mark.parametrize("stored", [False, True])
@pytest.mark.parametrize("kind", ["image", "pixels"])
def test_centres_are_weighted_means_of_pixels(tmp_path: Path, stored: bool, kind: str) -> None:
    image = np.zeros((3, 4, 6))
    image[0, 1, 2], image[0, 3, 2] = 1.0, 3.0
    image[2, 0, 5] = 2.0
    dtype = [("x", np.uint32), ("y", np.uint32), ("weight", np.float32)]
    pixels = np.array([(1, 2, 1.0), (3, 2, 3.0), (0, 5, 2.0)], dtype=dtype)
    raw: Any = image if kind == "image" else pixels
    ends = None if kind == "image" else np.array([2, 2, 3])
    if stored:
        with h5py.File(tmp_path / "m.h5", "w") as handle:
            handle["mask"] = raw
        raw = _stored(tmp_path / "m.h5", "mask")
    array = Centroids(raw, ends, np.array([2, 0, 1]), scale=(2.0, 3.0, 1.0), origin=(1.0, 0.0, 0.0))
    expected = np.array([[1.0, 15.0, 0.0], [6.0, 6.0, 0.0], [np.nan] * 3])
    np.testing.assert_allclose(_all_of(array), expected)
    np.testing.assert_allclose(array.read((1, slice(0, 2))), [6.0, 6.0])
    np.testing.assert_allclose(array.read((slice(0, 2), 1)), [15.0, 6.0])


# -- files that change or lie


def test_a_dataset_that_changed_since_is_an_error(file: Path) -> None:
    array = _stored(file, "plain")
    with h5py.File(file, "r+") as handle:
        del handle["plain"]
        handle["plain"] = VALUES[:3]
    with pytest.raises(FileContentError, match="plain is not what it was"):
        array.read((slice(None), slice(None)))


def test_a_cut_file_is_an_error_that_names_it(file: Path) -> None:
    array = _stored(file, "plain")
    file.write_bytes(file.read_bytes()[:900])
    with pytest.raises(FileContentError, match=r"a\.h5: is not a whole HDF5 file"):
        array.read((slice(None), slice(None)))


def test_what_h5py_raises_inside_a_block_names_the_file(file: Path) -> None:
    with pytest.raises(FileContentError, match=r"a\.h5: is damaged \(bad heap\)"), held(file):
        raise RuntimeError("bad heap")


def test_blocks_within_a_block_share_the_handle(file: Path) -> None:
    with held(file) as outer, held(file) as inner:
        assert outer is inner
    with held(file) as again:
        assert again is not outer
        assert again


def test_a_column_that_claims_terabytes_is_refused_unread(tmp_path: Path) -> None:
    with h5py.File(tmp_path / "h.h5", "w") as handle:
        handle.create_dataset("clock", (10**12,), "f8", chunks=(1000,))
    with pytest.raises(FileContentError, match="clock claims 1000000000000 values"):
        whole(_stored(tmp_path / "h.h5", "clock"))


def test_text_is_read_as_text(file: Path) -> None:
    words = _stored(file, "words")
    assert whole(words).tolist() == ["a", "b"]
    assert take(words, (1,)).item() == "b"
