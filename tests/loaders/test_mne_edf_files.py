"""Whole EDF and BDF files: real ones, broken ones, any that can be written."""

from __future__ import annotations

import contextlib
from pathlib import Path

import mne
import numpy as np
import pytest
from edf_writer import File, Signal, _codes, _digital, _mne, _open, _plain, _plus, _stamp
from hypothesis import given, settings
from hypothesis import strategies as st
from neurokit_loaders.mne_edf_annotations import parse_tals
from neurokit_loaders.mne_edf_open import read_header

import neurokit as nk
from neurokit.errors import FileContentError
from neurokit.testing import assert_same

# Whole files


@pytest.mark.parametrize(
    "name",
    [
        "eeg/eeglab_test.edf",
        "eeg/chtypes_edf.edf",
        "eeg/test_utf8_annotations.edf",
        "eeg/multiple_annotation_chans.bdf",
        "ieeg/NihonKohden/MB0400FU.EDF",
        "ieeg/ieegio_edfPlusD.edf",
    ],
)
def test_real_files_are_what_mne_reads(shared_data, name):
    path = Path(shared_data) / name
    raw, rec = _mne(path), _open(path)
    back = nk.to_mne(rec)
    for ch, made in zip(raw.info["chs"], back.info["chs"], strict=True):
        if ch["kind"] == 3:  # mne gives trigger lines of EDF another unit than those it makes
            made.update(unit=ch["unit"], coord_frame=ch["coord_frame"])
    assert mne.utils.object_diff(raw.info, back.info) == ""
    groups = [rec[name] for name in ("activity", "auxiliary/trigger") if f"/{name}" in rec.groups]
    n = 0
    for group in groups:
        for i, channel in enumerate(group["channel"].values):
            expected = raw.get_data(picks=str(channel))[0]
            np.testing.assert_allclose(
                group["signal"].values[:, i], expected, rtol=2e-7, atol=1e-30, err_msg=channel
            )
            n += 1
    assert n == len(raw.ch_names)


def test_channels_of_the_highest_rate_of_a_real_mixed_file_are_what_mne_reads(shared_data):
    path = Path(shared_data) / "eeg/test_reduced.edf"
    raw, rec = _mne(path), _open(path)
    group = rec["activity"]
    assert group.attrs["sampling_rate"] == raw.info["sfreq"] == 512.0
    expected = raw.get_data(picks=[str(name) for name in group["channel"].values]).T
    np.testing.assert_allclose(group["signal"], expected, rtol=2e-7, atol=1e-30)
    total = sum(rec[f"auxiliary/{n}"].sizes["channel"] for n in rec["auxiliary"].children)
    assert total + group.sizes["channel"] == len(raw.ch_names)
    assert rec["events"].sizes["event"] == len(raw.annotations) + 13


def test_slow_channels_of_a_real_mixed_file_are_the_bytes_of_the_file(shared_data):
    path = Path(shared_data) / "eeg/test_reduced.edf"
    rec, header = _open(path), read_header(path)
    content = path.read_bytes()[header.n_bytes :]
    for child in rec["auxiliary"].children:
        if child == "trigger":
            continue
        group = rec[f"auxiliary/{child}"]
        labels = [s.label for s in header.signals]
        for i, name in enumerate(group["channel"].values):
            index = labels.index(str(name))
            signal = header.signals[index]
            digital = np.concatenate(
                [
                    np.frombuffer(
                        content[r * header.record_bytes + header.first_byte(index) :],
                        "<i2",
                        signal.n_samples,
                    )
                    for r in range(header.n_records)
                ]
            )
            low, high = signal.physical
            scale = (high - low) / (signal.digital[1] - signal.digital[0])
            expected = ((digital - signal.digital[0]) * scale + low) * 1e-6
            np.testing.assert_allclose(group["signal"][:, i], expected, rtol=1e-5, atol=1e-12)


@pytest.mark.parametrize("suffix", [".nc", pytest.param(".zarr", marks=pytest.mark.slow)])
def test_a_file_with_gaps_and_rates_survives_saving(tmp_path, suffix):
    file = _plus([0, 1, 5], [(2, _stamp(5.5, "x"))], reserved="EDF+D")
    file.signals.append(Signal("slow", _digital(30), 10))
    rec = _open(file.write(tmp_path / "a.edf"))
    assert_same(rec, nk.open(nk.save(rec, tmp_path / f"b{suffix}")))


def test_info_says_what_the_header_says(tmp_path):
    path = _plus([0, 1, 2]).write(tmp_path / "a.edf")
    found = nk.info(path)
    assert found["format"] == "EDF+C"
    assert (found["n_channels"], found["sampling_rate"], found["duration_s"]) == (3, 100.0, 3.0)
    assert found["channel_types"] == {"EEG": 3}
    assert found["start_time"] == "2012-03-02T14:30:05+00:00"


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("04_zero_length.bdf", "is empty"),
        ("05_edf_header_lies_channels.edf", r"99 signals.*room for 16 signals"),
        ("06_edf_header_lies_records.edf", r"promises 9999 records.*holds 23 \(23 s\)"),
    ],
)
def test_the_broken_inputs_say_what_is_broken(shared_corrupt, name, said):
    path = Path(shared_corrupt) / name
    with pytest.raises(FileContentError, match=said) as caught:
        _open(path)
    assert caught.value.where == str(path)
    assert caught.value.mend
    with pytest.raises(FileContentError, match=said):
        nk.info(path)


def test_the_whole_records_of_the_short_file_are_those_of_the_whole_one(
    shared_corrupt, shared_data
):
    short = _open(Path(shared_corrupt) / "06_edf_header_lies_records.edf", allow_truncated=True)
    whole = _open(Path(shared_data) / "eeg/eeglab_test.edf")
    n = short["activity"].sizes["time"]
    assert n == 23 * 256
    np.testing.assert_array_equal(
        short["activity"]["signal"], whole["activity"]["signal"].isel(time=slice(0, n))
    )


# Whatever may stand in a file


@st.composite
def files(draw):
    """Small files with any rates, ranges, units and gaps."""
    bdf = draw(st.booleans())
    n_records = draw(st.integers(1, 5))
    record_s = draw(st.sampled_from([0.25, 1.0, 2.0]))
    bits = 2**23 if bdf else 2**15
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    signals = []
    for i in range(draw(st.integers(1, 4))):
        per_record = draw(st.sampled_from([1, 3, 10, 10, 10]))
        low, high = np.sort(rng.choice(9999, 2, replace=False) - 5000).tolist()
        unit = draw(st.sampled_from(["uV", "mV", "V"]))
        digital = rng.integers(-bits, bits, n_records * per_record)
        limits = (-bits, bits - 1)
        signals.append(Signal(f"C{i}", digital, per_record, unit, (low, high), limits))
    gaps = rng.integers(0, 3, n_records) * draw(st.sampled_from([0, 1]))
    onsets = np.cumsum(np.full(n_records, record_s)) - record_s + np.cumsum(gaps) - gaps[0]
    tals = [[_stamp(onset)] for onset in onsets]
    kind = ("BDF" if bdf else "EDF") + ("+D" if gaps[1:].any() else "+C")
    return File(signals, n_records, record_s, tals, kind, bdf), onsets


@settings(max_examples=60, deadline=None, derandomize=True)
@given(files())
def test_any_file_is_read_as_it_was_written(tmp_path_factory, made):
    file, onsets = made
    path = file.write(tmp_path_factory.mktemp("any") / ("a.bdf" if file.bdf else "a.edf"))
    rec = _open(path)
    seen = 0
    for node in rec.subtree:
        if "signal" not in node.data_vars:
            continue
        n = round(node.attrs["sampling_rate"] * file.record_s)
        expected_time = (onsets[:, None] + np.arange(n) * file.record_s / n).ravel()
        np.testing.assert_allclose(node["time"], expected_time, rtol=1e-12, atol=1e-9)
        for i, name in enumerate(node["channel"].values):
            signal = file.signals[int(str(name)[1:])]
            low, high = signal.physical
            first, last = signal.digital_range
            physical = (signal.digital - first) / (last - first) * (high - low) + low
            factor = {"uV": 1e-6, "mV": 1e-3, "V": 1.0}[signal.unit]
            span = max(abs(low), abs(high)) * factor
            np.testing.assert_allclose(node["signal"][:, i], physical * factor, atol=1e-6 * span)
            assert node["signal"].sizes["time"] == signal.digital.size
            seen += 1
    assert seen == len(file.signals)
    assert not [c for c in _codes(rec) if c.startswith(("NK1", "NK5", "NK0"))]


@settings(max_examples=40, deadline=None, derandomize=True)
@given(files(), st.floats(0.0, 0.999))
def test_any_file_that_was_cut_is_noticed(tmp_path_factory, made, share):
    file, _ = made
    path = file.write(tmp_path_factory.mktemp("cut") / "a.bdf")
    content = path.read_bytes()
    path.write_bytes(content[: int(len(content) * share)])
    with pytest.raises(FileContentError):
        _open(path)


@settings(max_examples=200, deadline=None, derandomize=True)
@given(st.binary(max_size=60))
def test_any_bytes_may_stand_where_annotations_should(raw):
    with contextlib.suppress(FileContentError):  # a text that is not UTF-8
        for tal in parse_tals(raw, "a.edf"):
            assert np.isfinite(tal.onset)
            assert tal.duration >= 0


def test_a_file_that_shrinks_after_it_was_opened_is_an_error(tmp_path):
    path = _plain().write(tmp_path / "a.edf")
    rec = _open(path)
    path.write_bytes(path.read_bytes()[:1500])
    with pytest.raises(FileContentError, match="open it again"):
        rec["activity"]["signal"].load()


@pytest.mark.parametrize("chunks", [{"time": 64}, {"time": 100, "channel": 1}])
def test_blocks_in_threads_are_the_whole(tmp_path, chunks):
    rec = _open(_plain().write(tmp_path / "a.edf"))
    np.testing.assert_array_equal(
        rec.chunk(chunks)["activity"]["signal"], rec["activity"]["signal"]
    )
