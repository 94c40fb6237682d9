"""BrainVision recordings: three files that must be there and fit each other."""

from pathlib import Path

import numpy as np
import pytest
from neurokit_loaders.mne_brainvision import check_parts, fields, pauses_in, read_text

import neurokit as nk
from neurokit.errors import FileContentError

HEADER = """{bom}Brain Vision Data Exchange Header File Version 1.0

[Common Infos]
Codepage=UTF-8
DataFile={data}
MarkerFile={marker}
DataFormat=BINARY
; a comment = not a setting
DataOrientation=MULTIPLEXED
NumberOfChannels={channels}
SamplingInterval=10000
{more}
[Binary Infos]
BinaryFormat={kind}

[Channel Infos]
{rows}

[Comment]
DataFile=elsewhere.eeg
"""

MARKERS = """Brain Vision Data Exchange Marker File, Version 1.0

[Common Infos]
Codepage=UTF-8
DataFile={data}

[Marker Infos]
Mk1=New Segment,,1,1,0,20200101120000000000
{rows}
"""


def _write(folder, name="rec", n=100, channels=2, kind="INT_16", markers=(), **changes):
    values = np.arange(n * channels, dtype={"INT_16": "<i2", "IEEE_FLOAT_32": "<f4"}[kind])
    (folder / f"{name}.eeg").write_bytes(values.tobytes()[: changes.pop("cut", None)])
    settings = {
        "bom": "",
        "data": f"{name}.eeg",
        "marker": f"{name}.vmrk",
        "channels": channels,
        "kind": kind,
        "more": "",
        "rows": "\n".join(f"Ch{i + 1}=C{i},,0.5,µV" for i in range(channels)),
        **changes,
    }
    header = folder / f"{name}.vhdr"
    header.write_text(HEADER.format(**settings), encoding="utf-8")
    rows = "\n".join(f"Mk{i + 2}={row}" for i, row in enumerate(markers))
    text = MARKERS.format(data=f"{name}.eeg", rows=rows)
    (folder / f"{name}.vmrk").write_text(text, encoding="utf-8")
    return header


def test_settings_are_read_up_to_the_comment_section():
    text = HEADER.format(
        bom="", data="a.eeg", marker="a.vmrk", channels=1, kind="INT_16", more="", rows="Ch1=x,,1"
    )
    found = fields(text)
    assert found["datafile"] == "a.eeg"
    assert found["numberofchannels"] == "1"
    assert "ch1" not in found


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "latin-1"])
def test_headers_of_any_age_are_read(tmp_path, encoding):
    file = tmp_path / "a.vhdr"
    file.write_bytes("Brain Vision µV".encode(encoding))
    assert read_text(file) == "Brain Vision µV"


def test_a_whole_recording_is_whole(tmp_path):
    parts = check_parts(_write(tmp_path))
    assert parts.data == tmp_path / "rec.eeg"
    assert parts.marker == tmp_path / "rec.vmrk"
    assert parts.n_times == 100


@pytest.mark.parametrize(("suffix", "what"), [(".eeg", "samples"), (".vmrk", "markers")])
def test_a_missing_companion_is_named(tmp_path, suffix, what):
    header = _write(tmp_path)
    (tmp_path / f"rec{suffix}").unlink()
    with pytest.raises(FileContentError, match=f"rec{suffix} with the {what} is missing") as caught:
        check_parts(header)
    assert caught.value.where == str(header)
    assert "same folder" in caught.value.mend


def test_the_placeholder_for_the_base_name_is_understood(tmp_path):
    assert check_parts(_write(tmp_path, data="$b.eeg")).n_times == 100


def test_a_header_that_names_no_data_is_an_error(tmp_path):
    with pytest.raises(FileContentError, match="does not name the file"):
        check_parts(_write(tmp_path, data=""))


def test_empty_data_are_an_error(tmp_path):
    with pytest.raises(FileContentError, match="is empty"):
        check_parts(_write(tmp_path, cut=0))


@pytest.mark.parametrize("cut", [-1, -2, -3, -199])
def test_data_that_are_no_whole_samples_are_an_error(tmp_path, cut):
    with pytest.raises(FileContentError, match="truncated"):
        check_parts(_write(tmp_path, cut=cut))


def test_data_of_another_length_than_promised_are_an_error(tmp_path):
    assert check_parts(_write(tmp_path, more="DataPoints=100")).n_times == 100
    with pytest.raises(FileContentError, match="promises 120"):
        check_parts(_write(tmp_path, more="DataPoints=120"))


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("NumberOfChannels=2", "NumberOfChannels=0", "'0' channels"),
        ("NumberOfChannels=2", "NumberOfChannels=many", "'many' channels"),
        ("INT_16", "INT_99", "INT_99"),
    ],
)
def test_a_header_that_cannot_be_is_an_error(tmp_path, old, new, said):
    header = _write(tmp_path)
    header.write_text(header.read_text(encoding="utf-8").replace(old, new), encoding="utf-8")
    with pytest.raises(FileContentError, match=said):
        check_parts(header)


def test_text_data_are_not_measured(tmp_path):
    header = _write(tmp_path)
    text = header.read_text(encoding="utf-8").replace("DataFormat=BINARY", "DataFormat=ASCII")
    header.write_text(text, encoding="utf-8")
    assert check_parts(header).n_times is None


# Pauses


def _segments(*rows):
    return "\n".join(f"Mk{i + 1}=New Segment,,{p},1,0,{d}" for i, (p, d) in enumerate(rows))


def test_a_pause_is_what_the_clock_went_on_and_the_samples_did_not():
    text = _segments((1, "20200101120000000000"), (101, "20200101120005500000"))
    assert pauses_in(text, 100.0) == {100: pytest.approx(4.5)}


def test_pauses_add_up():
    text = _segments(
        (1, "20200101120000000000"), (101, "20200101120003000000"), (201, "20200101120010000000")
    )
    assert pauses_in(text, 100.0) == {100: pytest.approx(2.0), 200: pytest.approx(8.0)}


def test_a_clock_that_is_a_little_slow_is_no_pause_and_never_turns_back():
    text = _segments(
        (1, "20200101120000000000"), (101, "20200101120003000000"), (201, "20200101120003990000")
    )
    assert pauses_in(text, 100.0) == {100: pytest.approx(2.0), 200: pytest.approx(2.0)}


@pytest.mark.parametrize(
    "text", ["", "Mk1=New Segment,,1,1,0,00000000000000000000", "Mk1=Stimulus,S1,5,1,0"]
)
def test_without_dates_there_are_no_pauses(text):
    assert pauses_in(text, 100.0) == {}


# Opened


def test_values_units_and_names_are_those_of_the_files(tmp_path):
    rec = nk.open(_write(tmp_path))
    group = rec["activity"]
    assert group["channel"].values.tolist() == ["C0", "C1"]
    assert group["unit"].values.tolist() == ["V", "V"]
    expected = np.arange(200).reshape(100, 2) * 0.5e-6
    np.testing.assert_allclose(group["signal"], expected, rtol=1e-6)
    assert rec.attrs["start_time"] == "2020-01-01T12:00:00+00:00"


def test_a_pause_keeps_true_times_and_changes_run(tmp_path):
    markers = [
        "Stimulus,S  1,30,1,0",
        "New Segment,,51,1,0,20200101120010500000",
        "Stimulus,S  2,61,1,0",
    ]
    rec = nk.open(_write(tmp_path, markers=markers))
    time, run = rec["activity"]["time"].values, rec["activity"]["run"].values
    assert rec["activity"].sizes["time"] == 100
    assert (time[49], time[50]) == (0.49, 10.5)
    assert (run[49], run[50]) == (0, 1)
    onsets = dict(
        zip(rec["events"]["trial_type"].values, rec["events"]["onset"].values, strict=True)
    )
    assert onsets["Stimulus/S  1"] == pytest.approx(0.29)
    assert onsets["Stimulus/S  2"] == pytest.approx(10.6)
    assert nk.validate(rec).ok


def test_a_new_segment_without_a_date_still_changes_run(tmp_path):
    rec = nk.open(_write(tmp_path, markers=["New Segment,,51,1,0"]))
    assert rec["activity"]["run"].values[[49, 50]].tolist() == [0, 1]
    assert rec["activity"]["time"].values[50] == 0.5


@pytest.mark.parametrize("suffix", [".eeg", ".vmrk"])
def test_opening_a_companion_names_the_header(tmp_path, suffix):
    _write(tmp_path)
    with pytest.raises(FileContentError, match=r"Open rec\.vhdr"):
        nk.open(tmp_path / f"rec{suffix}", loader="mne.raw")


def test_a_header_with_a_byte_order_mark_is_recognised(tmp_path):
    assert nk.open(_write(tmp_path, bom="\ufeff"))["activity"].sizes["channel"] == 2


def test_a_header_under_another_name_is_named(tmp_path):
    header = _write(tmp_path)
    other = header.rename(tmp_path / "rec.edf")
    with pytest.raises(FileContentError, match="is a BrainVision file, not EDF"):
        nk.open(other)


def test_info_reads_headers_only(tmp_path):
    found = nk.info(_write(tmp_path, kind="IEEE_FLOAT_32"))
    assert (found["n_channels"], found["sampling_rate"], found["n_times"]) == (2, 100.0, 100)
    assert found["format"] == "BrainVision"


def test_the_broken_inputs_are_noticed(shared_corrupt):
    file = Path(shared_corrupt) / "08_brainvision_missing_eeg/sub-01_ses-eeg_task-rest_eeg.vhdr"
    with pytest.raises(FileContentError, match=r"task-rest_eeg\.eeg with the samples is missing"):
        nk.open(file)


def test_an_empty_real_file_is_noticed(shared_data):
    folder = Path(shared_data) / "ieeg/bids_ieeg_visual_sub-01_ses-01/ieeg"
    with pytest.raises(FileContentError, match="is empty"):
        nk.open(folder / "sub-01_ses-01_task-visual_run-01_ieeg.vhdr")
