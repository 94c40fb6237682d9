"""Samples of FIF files are read where they stand, and are those that mne reads."""

import pickle
from pathlib import Path

import mne
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from neurokit_loaders.mne_epochs import open_epochs
from neurokit_loaders.mne_fif_data import FifArray, FifEpochs, find_buffers, find_epochs, scaled
from neurokit_loaders.mne_lazy import MneArray
from neurokit_loaders.mne_open import FifReader, arrays_of
from neurokit_loaders.mne_raw import open_recording

N, CHANNELS = 700, 5
FORMATS = ["short", "int", "single", "double"]


def _raw(seed=0, n=N):
    info = mne.create_info(CHANNELS, 100.0, "eeg", verbose=False)
    for i, ch in enumerate(info["chs"]):
        ch["cal"], ch["range"] = 1e-6 * (i + 1), 1.0
    values = np.random.default_rng(seed).normal(size=(CHANNELS, n)) * 1e-4
    return mne.io.RawArray(values, info, first_samp=33, verbose=False)


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    folder, found = tmp_path_factory.mktemp("fif"), {}
    for fmt in FORMATS:
        found[fmt] = folder / f"{fmt}_raw.fif"
        _raw().save(found[fmt], fmt=fmt, buffer_size_sec=0.3, verbose=False)
    return found


def _array(file, segments=None, factor=None):
    raw = mne.io.read_raw_fif(file, verbose=False)
    arrays = arrays_of(raw, file, FifReader(), factor or [1.0] * len(raw.ch_names))
    return arrays(range(len(raw.ch_names)), segments or [(0, raw.n_times)]), raw


@pytest.mark.parametrize("fmt", FORMATS)
def test_values_are_those_of_mne_to_the_last_bit(files, fmt):
    array, raw = _array(files[fmt])
    assert isinstance(array, FifArray)
    np.testing.assert_array_equal(
        array.read((slice(None), slice(None))), raw.get_data().T.astype(np.float32)
    )


@settings(max_examples=60, deadline=None, derandomize=True)
@given(
    start=st.integers(0, N),
    length=st.integers(0, N),
    step=st.integers(1, 40),
    which=st.slices(CHANNELS),
)
def test_any_window_is_a_part_of_the_whole(files, start, length, step, which):
    array, raw = _array(files["single"])
    if which.step is not None and which.step < 0:
        which = slice(None)
    key = (slice(start, start + length, step), which)
    np.testing.assert_array_equal(array.read(key), raw.get_data().T.astype(np.float32)[key])


def test_gaps_are_passed_over(files):
    array, raw = _array(files["double"], segments=[(0, 40), (95, 400), (401, 402)])
    expected = raw.get_data().T.astype(np.float32)
    expected = np.concatenate([expected[:40], expected[95:400], expected[401:402]])
    np.testing.assert_array_equal(array.read((slice(None), slice(None))), expected)
    np.testing.assert_array_equal(array.read((slice(38, 44), 2)), expected[38:44, 2])


def test_only_the_window_is_read(files, monkeypatch):
    asked, real = [], np.fromfile

    def remember(*args, **kwargs):
        asked.append(kwargs["count"])
        return real(*args, **kwargs)

    array, _ = _array(files["single"])
    monkeypatch.setattr(np, "fromfile", remember)
    array.read((slice(100, 110), 3))
    assert sum(asked) == 10 * CHANNELS


def test_an_array_holds_names_and_numbers_only(files):
    array, _ = _array(files["single"])
    again = pickle.loads(pickle.dumps(array))
    key = (slice(5, 9), slice(1, 3))
    np.testing.assert_array_equal(again.read(key), array.read(key))
    assert len(pickle.dumps(array)) < 10_000


def test_a_factor_multiplies_what_the_file_says(files):
    plain, _ = _array(files["single"])
    said, _ = _array(files["single"], factor=[1e-6, 1.0, 2.0, 1.0, 1.0])
    key = (slice(0, 50), slice(None))
    np.testing.assert_allclose(
        said.read(key), plain.read(key) * [1e-6, 1, 2, 1, 1], rtol=2e-7, atol=0
    )


def test_skipped_buffers_are_counted(tmp_path):
    file, raw = tmp_path / "skip_raw.fif", _raw(n=600)
    raw.set_annotations(
        mne.Annotations([1.0], [2.0], ["BAD_ACQ_SKIP"], orig_time=raw.info["meas_date"])
    )
    raw.save(file, buffer_size_sec=1.0, verbose=False)
    buffers = find_buffers([file], CHANNELS)
    assert buffers.n_times == 600
    assert buffers.n.sum() == 400, "the skipped seconds are not in the file"
    rec = open_recording(file)
    opened = mne.io.read_raw_fif(file, verbose=False)
    kept = np.r_[0:100, 300:600]
    np.testing.assert_array_equal(
        rec["activity"]["signal"], opened.get_data().T.astype(np.float32)[kept]
    )


def test_a_skip_before_the_first_buffer_is_no_gap(files, tmp_path):
    content = files["single"].read_bytes()
    # FIF writes the skip as a tag of its own in front of the first buffer.
    at = content.index(np.array([300, 4], dtype=">i4").tobytes())
    tag = np.array([301, 3, 4, 0, 2], dtype=">i4").tobytes()
    file = tmp_path / "later_raw.fif"
    file.write_bytes(content[:at] + tag + content[at:])
    raw = mne.io.read_raw_fif(file, verbose=False)
    assert raw.first_samp == 33 + 2 * 30
    rec = open_recording(file)
    assert rec["activity"].sizes["time"] == N
    assert rec["activity"].attrs["time_offset"] == pytest.approx((33 + 60) / 100)


def test_parts_of_a_split_file_are_read_across_their_border(tmp_path):
    info = mne.create_info(200, 1000.0, "eeg", verbose=False)
    values = np.random.default_rng(0).normal(size=(200, 6000)) * 1e-6
    file = tmp_path / "long_raw.fif"
    mne.io.RawArray(values, info, verbose=False).save(
        file, split_size="2.1MB", buffer_size_sec=1, verbose=False
    )
    array, raw = _array(file)
    assert len(array.buffers.paths) > 1
    border = int(array.buffers.first[np.flatnonzero(np.diff(array.buffers.part))[0] + 1])
    key = (slice(border - 5, border + 5), slice(None))
    expected = raw.get_data(start=border - 5, stop=border + 5).T.astype(np.float32)
    np.testing.assert_array_equal(array.read(key), expected)


def test_zipped_and_complex_files_are_left_to_mne(files, tmp_path):
    zipped = tmp_path / "a_raw.fif.gz"
    raw = _raw()
    raw.save(zipped, verbose=False)
    array, _ = _array(zipped)
    assert isinstance(array, MneArray)
    assert find_buffers([zipped], CHANNELS) is None
    damaged = bytearray(files["single"].read_bytes())
    at = damaged.index(np.array([300, 4], dtype=">i4").tobytes())
    damaged[at + 4 : at + 8] = np.array([20], dtype=">i4").tobytes()  # complex
    file = tmp_path / "complex_raw.fif"
    file.write_bytes(damaged)
    assert find_buffers([file], CHANNELS) is None


def test_a_buffer_count_that_differs_from_mne_is_left_to_mne(files, monkeypatch):
    raw = mne.io.read_raw_fif(files["single"], verbose=False)
    raw.crop(tmax=1.0)
    arrays = arrays_of(raw, files["single"], FifReader(), [1.0] * CHANNELS)
    assert isinstance(arrays([0], [(0, 10)]), MneArray)


def test_scaling_is_done_in_double_precision():
    values = np.full((3, 2), 16_777_217, dtype=np.int32)  # not a float32
    out = np.empty((3, 2), dtype=np.float32)
    scaled(values, np.array([1e-7, 1e-8]), out)
    np.testing.assert_array_equal(out, np.float32(16_777_217 * np.array([1e-7, 1e-8])) + 0 * out)


@pytest.mark.parametrize(
    "name",
    [
        "meg/sample_audvis_trunc_raw_sss.fif",
        "meg/141027_cropped_90Hz_raw.fif",
        "meg/neuromag122-raw.fif",
        "ieeg/sample_ecog_ieeg.fif",
        "eeg/ssvep_exo_subject12_record-2014.03.10-19.47.49_raw.fif",
    ],
)
def test_real_files_are_read_without_mne(shared_data, name):
    array, raw = _array(Path(shared_data) / name)
    assert isinstance(array, FifArray)
    stop = min(raw.n_times, 300)
    np.testing.assert_array_equal(
        array.read((slice(0, stop), slice(None))), raw.get_data(stop=stop).T.astype(np.float32)
    )


# Epochs


@pytest.fixture(scope="module")
def epochs(tmp_path_factory):
    file = tmp_path_factory.mktemp("epo") / "a-epo.fif"
    info = mne.create_info(4, 100.0, "eeg", verbose=False)
    values = np.random.default_rng(1).normal(size=(9, 4, 30)) * 1e-6
    made = mne.EpochsArray(values, info, tmin=-0.1, verbose=False)
    made.save(file, fmt="double", verbose=False)
    return file, values


@pytest.mark.parametrize(
    "key",
    [
        (slice(None), slice(None), slice(None)),
        (3, slice(2, 20, 3), slice(1, 3)),
        (slice(1, 8, 2), 5, slice(None)),
        (slice(0, 0), slice(None), 2),
        (8, 29, 3),
    ],
)
def test_any_part_of_epochs_is_a_part_of_the_whole(epochs, key):
    file, values = epochs
    parts = find_epochs([file], 4, 30)
    array = FifEpochs(parts, [1.0] * 4, 30, range(4))
    expected = values.transpose(0, 2, 1).astype(np.float32)[key]
    found = array.read(key)
    assert found.shape == expected.shape
    np.testing.assert_array_equal(found, expected)


def test_split_epochs_are_one_array(tmp_path):
    info = mne.create_info(100, 100.0, "eeg", verbose=False)
    values = np.random.default_rng(1).normal(size=(12, 100, 600)) * 1e-6
    made = mne.EpochsArray(values, info, verbose=False)
    file = tmp_path / "a-epo.fif"
    made.save(file, split_size="2MB", verbose=False)
    assert len(list(tmp_path.glob("*.fif"))) > 1
    rec = open_epochs(file)
    np.testing.assert_allclose(
        rec["activity"]["signal"], values.transpose(0, 2, 1).astype(np.float32), rtol=2e-7
    )
    assert type(rec["activity"]["signal"].variable._data.array).__name__ == "FifEpochs"


def test_epochs_of_a_size_that_does_not_fit_are_left_to_mne(epochs):
    file, _ = epochs
    assert find_epochs([file], 40, 3000) is None
    assert find_epochs([file], 0, 30) is None
