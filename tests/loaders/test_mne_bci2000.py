"""BCI2000, Nicolet and Curry: volts, names and rates as headers state them; cuts are refused."""

from __future__ import annotations

import pickle
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import mne
import numpy as np
import pytest
from neurokit_loaders.mne_bci2000 import Bci2000Header, Bci2000Reader, read_bci2000_header
from neurokit_loaders.mne_formats import format_of

import neurokit as nk
from neurokit.errors import DependencyError, FileContentError
from neurokit.schema import findings_from_json

GAIN, OFFSET = [0.1, 0.2, 0.003, 1.0], [10, 0, -5, 0]
NAMES = ["Fp1", "F%203", "LA12", "Cz"]
LISTS = {
    "SourceChGain": " ".join(map(str, GAIN)),
    "SourceChOffset": " ".join(map(str, OFFSET)),
    "ChannelNames": " ".join(NAMES),
}


def _header(form: str, **lists: str) -> bytes:
    """A header whose first line counts its own bytes."""
    rows = [
        f"Source:Signal list {name}= {value.count(' ') + 1} {value} // a comment 7 8 9\r\n"
        for name, value in lists.items()
    ]
    body = (
        "[ State Vector Definition ]\r\nStimulusCode 8 0 0 0\r\n[ Parameter Definition ]\r\n"
        "Source:Signal%20Properties int SamplingRate= 256Hz 256Hz 1 % // rate\r\n" + "".join(rows)
    )
    start = "BCI2000V= 1.1 HeaderLen= {:6d} SourceCh= 4 StatevectorLen= 1 DataFormat= {}\r\n"
    return (start.format(len(start.format(0, form)) + len(body), form) + body).encode()


def _write(path: Path, form: str = "int16", **lists: str) -> tuple[Path, np.ndarray[Any, Any]]:
    """Write 600 samples of 4 channels; code 3 is on from sample 100 to 109."""
    counts = np.random.default_rng(0).integers(-500, 500, (600, 4))
    kind = {"int16": "<i2", "int32": "<i4", "float32": "<f4"}[form]
    states = [bytes([3 if 100 <= i < 110 else 0]) for i in range(600)]
    frames = [row.astype(kind).tobytes() + state for row, state in zip(counts, states, strict=True)]
    path.write_bytes(_header(form, **lists) + b"".join(frames))
    return path, counts


@pytest.mark.parametrize("form", ["int16", "int32", "float32"])
def test_numbers_become_volts_under_the_names_of_the_header(tmp_path: Path, form: str) -> None:
    path, counts = _write(tmp_path / "a.dat", form, **LISTS)
    rec = nk.open(path)
    assert rec.attrs["loader"] == "mne.raw"
    signal = rec.activity.signal
    assert signal.channel.values.tolist() == ["Fp1", "F 3", "LA12", "Cz"]
    truth = (counts - np.array(OFFSET)) * np.array(GAIN) * 1e-6
    np.testing.assert_allclose(signal.values, truth, rtol=1.2e-7, atol=1e-30)
    assert signal.attrs["units"] == "V"
    assert rec.activity.attrs["sampling_rate"] == 256.0
    np.testing.assert_array_equal(signal.time, np.arange(600) / 256.0)
    assert rec.events.onset.values.tolist() == [100 / 256.0]
    assert rec.events.trial_type.values.tolist() == ["3"]
    assert nk.validate(rec).ok


def test_what_the_header_does_not_state_is_said_and_stays_as_mne_reads_it(tmp_path: Path) -> None:
    path, counts = _write(tmp_path / "a.dat")
    rec = nk.open(path)
    np.testing.assert_array_equal(rec.activity.signal, counts)
    assert rec.activity.channel.values.tolist() == ["EEG1", "EEG2", "EEG3", "EEG4"]
    said = [f.found for f in findings_from_json(rec.attrs["findings"]) if f.code == "NK875"]
    assert "SourceChGain" in said[0]
    in_microvolts = nk.open(path, unit="uV").activity.signal
    np.testing.assert_allclose(in_microvolts, counts * 1e-6, rtol=1.2e-7)


@pytest.mark.parametrize(
    ("lists", "expected"),
    [
        ({"SourceChGain": "1muV 2mV 3V .5"}, {"gain": (1.0, 2e3, 3e6, 0.5)}),
        ({"SourceChGain": "1 2 3"}, {}),
        ({"SourceChGain": "auto auto auto auto"}, {}),
        ({"ChannelNames": "a b a c"}, {}),
        ({"ChannelNames": "a b c d"}, {"names": ("a", "b", "c", "d")}),
    ],
)
def test_lists_that_do_not_fit_the_channels_are_not_used(
    tmp_path: Path, lists: dict[str, str], expected: dict[str, Any]
) -> None:
    path, _ = _write(tmp_path / "a.dat", **lists)
    assert read_bci2000_header(path) == Bci2000Header(4, **expected)


@pytest.mark.parametrize("cut", [1, 5, 9 * 599 + 3])
def test_a_file_that_ends_within_a_sample_is_truncated(tmp_path: Path, cut: int) -> None:
    path, _ = _write(tmp_path / "a.dat", **LISTS)
    path.write_bytes(path.read_bytes()[:-cut])
    for read in (nk.open, nk.info):
        with pytest.raises(FileContentError, match=r"a\.dat: is truncated: its samples of 9 bytes"):
            read(path)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b"SourceCh= 4", b"SourceCh= x"),
        (b"SourceCh= 4", b"SourceCh= 0"),
        (b"DataFormat= int16", b"DataFormat= int17"),
        (b"StatevectorLen= 1", b"StatevectorLon= 1"),
    ],
)
def test_a_garbled_first_line_is_an_error_with_a_mend(
    tmp_path: Path, old: bytes, new: bytes
) -> None:
    path, _ = _write(tmp_path / "a.dat", **LISTS)
    path.write_bytes(path.read_bytes().replace(old, new))
    with pytest.raises(FileContentError, match=r"a\.dat: ") as caught:
        nk.open(path)
    assert "download it again" in caught.value.mend


def test_a_reader_crosses_processes() -> None:
    assert pickle.loads(pickle.dumps(Bci2000Reader())) == Bci2000Reader()


# Nicolet


def _nicolet(folder: Path, **changed: str) -> tuple[Path, np.ndarray[Any, Any]]:
    counts = np.random.default_rng(1).integers(-1000, 1000, (500, 3)).astype("<i2")
    (folder / "a.data").write_bytes(counts.tobytes())
    head = {
        "start_ts": "2010-02-03 12:00:01.500000", "num_samples": "500", "sample_freq": "256",
        "conversion_factor": "0.1", "num_channels": "3", "elec_names": "[FP1,EOG1,ECG]",
        "pat_id": "1",
    } | changed  # fmt: skip
    lines = [f"{name}={value}\n" for name, value in head.items() if value]
    (folder / "a.head").write_text("".join(lines), encoding="utf-8")
    return folder / "a.data", counts


def test_nicolet_is_what_mne_reads_without_being_told_the_type(tmp_path: Path) -> None:
    path, counts = _nicolet(tmp_path)
    rec = nk.open(path)
    np.testing.assert_allclose(rec.activity.signal, counts * 1e-7, rtol=1.2e-7)
    assert rec.activity.channel_type.values.tolist() == ["EEG", "EOG", "ECG"]
    assert rec.attrs["start_time"].startswith("2010-02-03T12:00:01")
    raw = mne.io.read_raw_nicolet(path, ch_type="eeg", verbose="ERROR")
    np.testing.assert_allclose(rec.activity.signal, raw.get_data().T, rtol=1.2e-7)
    shafts = nk.open(path, types={"FP1": "SEEG"})
    assert shafts.activity.channel_type.values.tolist() == ["SEEG", "EOG", "ECG"]


def test_the_header_of_nicolet_names_the_file_to_open(tmp_path: Path) -> None:
    _nicolet(tmp_path)
    with pytest.raises(FileContentError, match="of a Nicolet recording") as caught:
        nk.open(tmp_path / "a.head")
    assert caught.value.mend == "Open a.data."


@pytest.mark.parametrize(
    "changed", [{"num_samples": "501"}, {"num_samples": "499"}, {"elec_names": "[A,B]"}]
)
def test_nicolet_that_is_not_what_its_header_says_is_refused(
    tmp_path: Path, changed: dict[str, str]
) -> None:
    path, _ = _nicolet(tmp_path, **changed)
    with pytest.raises(FileContentError, match=r"a\.head promises"):
        nk.open(path)


@pytest.mark.parametrize("name", ["start_ts", "num_channels", "conversion_factor"])
def test_a_header_of_nicolet_without_a_field_is_an_error(tmp_path: Path, name: str) -> None:
    path, _ = _nicolet(tmp_path, **{name: ""})
    with pytest.raises(FileContentError, match=rf"a\.head: lacks fields: .*{name}"):
        nk.open(path)


# Curry


@pytest.mark.parametrize("name", ["a.dat", "a.dap", "a.rs3", "b.cdt", "b.cdt.dpa"])
def test_curry_is_known_by_its_files_and_says_which_library_it_needs(
    tmp_path: Path, name: str
) -> None:
    if find_spec("curryreader"):
        pytest.skip("the library is installed")
    header = "DATA_FORMAT\nSampleFreqHz = 100\nSampleTimeUsec = 10000\n"
    for one in ("a.dat", "a.dap", "a.rs3", "b.cdt", "b.cdt.dpa"):
        (tmp_path / one).write_text(header, encoding="utf-8")
    with pytest.raises(DependencyError, match="curryreader") as caught:
        nk.open(tmp_path / name)
    assert caught.value.mend == "Install it with pip install curryreader."


def test_a_dat_file_that_is_alone_is_no_curry_file(tmp_path: Path) -> None:
    (tmp_path / "a.dat").write_text("1 2\n3 4\n", encoding="utf-8")
    assert format_of(tmp_path / "a.dat") == "text"
