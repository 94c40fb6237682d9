"""EDF and BDF samples: channels, groups of one rate, values, windows."""

from __future__ import annotations

import pickle

import mne
import numpy as np
import pytest
from edf_writer import File, Signal, _codes, _digital, _mne, _open, _plain
from neurokit_loaders.mne_edf import parse_header
from neurokit_loaders.mne_edf_channels import by_group, channels_of
from neurokit_loaders.mne_edf_data import EdfArray

import neurokit as nk
from neurokit.errors import LabelError
from neurokit.testing import assert_same

# Channels and groups


def test_all_channels_are_eeg_but_trigger_lines_as_for_mne(tmp_path):
    file = _plain()
    file.signals += [
        Signal("Status", _digital(500, 9, 0, 5), 100),
        Signal("EOG left", _digital(500), 100),
    ]
    rec = _open(file.write(tmp_path / "a.edf"))
    assert set(rec["activity"]["channel_type"].values) == {"EEG"}
    assert rec["auxiliary/trigger"]["channel"].values.tolist() == ["Status"]


def test_types_are_read_off_labels_if_asked_for(tmp_path):
    file = _plain(n_signals=1)
    labels = ["EEG Fp1", "EOG left", "SaO2 X9", "ECG", "POL E"]
    file.signals = [Signal(label, _digital(500), 100) for label in labels]
    path = file.write(tmp_path / "a.edf")
    group = _open(path, infer_types=True)["activity"]
    raw = mne.io.read_raw_edf(path, infer_types=True, verbose="ERROR")
    assert group["channel"].values.tolist() == raw.ch_names
    assert group["channel_type"].values.tolist() == ["EEG", "EOG", "MISC", "EEG", "EEG"]


def test_types_may_be_said(tmp_path):
    rec = _open(_plain().write(tmp_path / "a.edf"), types={"C0": "SEEG", "C1": "SEEG", "C2": "EOG"})
    assert rec["activity"]["channel_type"].values.tolist() == ["SEEG", "SEEG", "EOG"]
    assert rec.attrs["modality"] == "seeg"


def test_units_are_those_declared_per_channel(tmp_path):
    file = _plain(n_signals=4)
    for signal, unit in zip(file.signals, ["uV", "mV", "degC", "V"], strict=True):
        signal.unit = unit
    group = _open(file.write(tmp_path / "a.edf"))["activity"]
    assert group["unit"].values.tolist() == ["V", "V", "degC", "V"]
    physical = np.array([s.digital for s in file.signals]).T * 0.1
    expected = physical * [1e-6, 1e-3, 1.0, 1.0]
    np.testing.assert_allclose(group["signal"], expected, rtol=1e-5, atol=1e-12)


def test_a_missing_dimension_is_volts_with_a_finding(tmp_path):
    file = _plain()
    file.signals[1].unit = ""
    path = file.write(tmp_path / "a.edf")
    rec = _open(path)
    assert rec["activity"]["unit"].values.tolist() == ["V", "V", "V"]
    (finding,) = [f for f in nk.validate(rec) if f.code == "NK852"]
    assert "C1" in finding.found
    assert 'unit="uV"' in finding.mend
    assert "NK852" not in _codes(_open(path, unit={"C1": "uV"}))


def test_a_unit_that_the_user_says_replaces_the_declared_one(tmp_path):
    file = _plain()
    for signal in file.signals:
        signal.unit = "V"
    path = file.write(tmp_path / "a.edf")
    declared = _open(path)["activity"]["signal"].values
    said = _open(path, unit="uV")["activity"]["signal"].values
    np.testing.assert_allclose(said, declared * 1e-6, rtol=1e-6)
    one = _open(path, unit={"C2": "mV"})["activity"]["signal"].values
    np.testing.assert_allclose(one, declared * np.float32([1, 1, 1e-3]), rtol=1e-6)


def test_a_unit_for_a_channel_that_is_not_there_is_an_error(tmp_path):
    with pytest.raises(LabelError, match="'C9'"):
        _open(_plain().write(tmp_path / "a.edf"), unit={"C9": "uV"})


def test_labels_that_stand_twice_are_numbered_with_a_finding(tmp_path):
    file = _plain()
    file.signals[2].label = "C0"
    path = file.write(tmp_path / "a.edf")
    rec = _open(path)
    assert rec["activity"]["channel"].values.tolist() == _mne(path).ch_names
    assert "NK854" in _codes(rec)


def test_an_empty_range_is_a_finding_and_values_are_those_of_mne(tmp_path):
    file = _plain()
    file.signals[0].physical = (0.0, 0.0)
    file.signals[1].digital_range = (5, 5)
    path = file.write(tmp_path / "a.edf")
    rec = _open(path)
    assert "NK853" in _codes(rec)
    np.testing.assert_allclose(rec["activity"]["signal"].T, _mne(path).get_data(), rtol=1e-6)


def test_different_filters_are_a_finding(tmp_path):
    file = _plain()
    file.signals[0].prefilter = "HP:1Hz"
    assert "NK855" in _codes(_open(file.write(tmp_path / "a.edf")))


def test_the_rate_of_most_channels_is_activity_and_the_higher_one_of_two():
    file = _plain(n_signals=4)
    for signal, n in zip(file.signals, [10, 10, 200, 50], strict=True):
        signal.per_record = n
    channels = channels_of(parse_header(file.header(), "a.edf"))
    groups = by_group(channels, 1.0)
    assert [c.name for c in groups["activity"]] == ["C0", "C1"]
    assert set(groups) == {"activity", "auxiliary/rate_200", "auxiliary/rate_50"}
    for signal, n in zip(file.signals, [10, 200, 10, 200], strict=True):
        signal.per_record = n
    tied = by_group(channels_of(parse_header(file.header(), "a.edf")), 0.5)
    assert [c.name for c in tied["activity"]] == ["C1", "C3"]
    assert set(tied) == {"activity", "auxiliary/rate_20"}


# Samples


@pytest.mark.parametrize("bdf", [False, True])
def test_values_equal_those_of_mne(tmp_path, bdf):
    file = _plain(n_records=7, rate=64, bdf=bdf)
    if bdf:
        for i, signal in enumerate(file.signals):
            signal.digital = _digital(7 * 64, i, -(2**23), 2**23)
            signal.digital_range = (-(2**23), 2**23 - 1)
    path = file.write(tmp_path / ("a.bdf" if bdf else "a.edf"))
    found = _open(path)["activity"]["signal"]
    assert found.dtype == np.float32
    np.testing.assert_allclose(found.T, _mne(path).get_data(), rtol=2e-7, atol=1e-20)


@pytest.mark.parametrize("extreme", [-(2**23), -1, 0, 1, 2**23 - 1])
def test_24_bits_have_a_sign(tmp_path, extreme):
    file = _plain(n_records=1, rate=4, n_signals=1, bdf=True)
    file.signals[0].digital = np.full(4, extreme)
    file.signals[0].digital_range = (-(2**23), 2**23 - 1)
    file.signals[0].physical = (-(2**23), 2**23 - 1)
    rec = _open(file.write(tmp_path / "a.bdf"))
    np.testing.assert_allclose(rec["activity"]["signal"], extreme * 1e-6, rtol=1e-6)


@pytest.mark.parametrize("record_s", [0.1, 0.5, 1.0, 2.0, 10.0])
def test_the_rate_is_samples_per_record_over_its_length(tmp_path, record_s):
    rec = _open(_plain(record_s=record_s).write(tmp_path / "a.edf"))
    rate = 100 / record_s
    assert rec["activity"].attrs["sampling_rate"] == pytest.approx(rate)
    np.testing.assert_allclose(rec["activity"]["time"], np.arange(500) / rate, rtol=1e-15)


@pytest.mark.parametrize("seed", range(3))
def test_any_window_equals_the_same_part_of_the_whole(tmp_path, seed):
    path = _plain(n_records=6, rate=25).write(tmp_path / "a.edf")
    whole, lazy = (_open(path)["activity"]["signal"] for _ in range(2))
    whole = whole.values
    rng = np.random.default_rng(seed)
    for _ in range(20):
        a, b = np.sort(rng.integers(0, 151, 2))
        step, channels = int(rng.integers(1, 4)), rng.permutation(3)[: rng.integers(1, 4)]
        part = lazy.isel(time=slice(a, b, step), channel=channels)
        np.testing.assert_array_equal(part.values, whole[a:b:step][:, channels])


def test_each_rate_is_a_group_with_the_values_that_were_written(tmp_path):
    n = 8
    signals = [
        Signal("fast0", _digital(n * 200, 0), 200),
        Signal("fast1", _digital(n * 200, 1), 200),
        Signal("slow", _digital(n * 10, 2), 10),
        Signal("slowest", _digital(n, 3), 1),
    ]
    rec = _open(File(signals, n).write(tmp_path / "a.edf"))
    assert rec["activity"].attrs["sampling_rate"] == 200.0
    for name, rate, signal in (("rate_10", 10, signals[2]), ("rate_1", 1, signals[3])):
        group = rec[f"auxiliary/{name}"]
        assert group.attrs["sampling_rate"] == rate
        np.testing.assert_array_equal(group["time"], np.arange(n * rate) / rate)
        np.testing.assert_allclose(group["signal"][:, 0], signal.digital * 1e-7, rtol=1e-5)


def test_block_edges_of_a_slow_channel_are_not_smeared(tmp_path):
    # mne resamples each block to the highest rate, which rings at jumps (mne-python #10635).
    step = np.repeat([-1000, 1000, -1000, 1000], 10)
    signals = [Signal("fast", _digital(800), 200), Signal("slow", step, 10)]
    path = File(signals, 4).write(tmp_path / "a.edf")
    slow = _open(path)["auxiliary/rate_10"]["signal"]
    np.testing.assert_allclose(np.abs(slow), 1e-4, rtol=1e-5)


def test_samples_stay_in_the_file_until_they_are_asked_for(tmp_path, monkeypatch):
    path = _plain().write(tmp_path / "a.edf")

    def refuse(*args):
        pytest.fail("samples were read")

    monkeypatch.setattr(EdfArray, "window", refuse)
    rec = _open(path)
    nk.info(path)
    repr(rec)


def test_a_recording_crosses_processes(tmp_path):
    rec = _open(_plain().write(tmp_path / "a.edf"))
    assert_same(pickle.loads(pickle.dumps(rec)), rec)
