"""What MNE opens as a recording: lazily; warnings become findings, errors say which file."""

import pickle
import warnings
from pathlib import Path

import mne
import numpy as np
import pytest
from neurokit_loaders.mne_fif_data import FifArray
from neurokit_loaders.mne_lazy import WindowArray
from neurokit_loaders.mne_open import (
    FifReader,
    Statements,
    _opened,
    any_reader,
    info_raw,
    naming,
    open_raw,
    read_with_findings,
)

import neurokit as nk
from neurokit.errors import (
    DependencyError,
    FileContentError,
    LabelError,
    OptionError,
    TimeError,
)
from neurokit.interchange import from_mne
from neurokit.interchange.mne_build import Decoding
from neurokit.testing import assert_same

KINDS = ["mag", "grad", "eeg", "eeg", "stim"]


def _raw(n=300, rate=100.0):
    info = mne.create_info([f"{k}{i}" for i, k in enumerate(KINDS)], rate, KINDS, verbose=False)
    for ch in info["chs"][2:4]:
        ch["loc"][:3] = [50.0, 60.0, 70.0 + ch["scanno"]]  # written in millimetres
    with info._unlock():
        info["lowpass"] = 40.0
    values = np.random.default_rng(0).normal(size=(5, n)) * 1e-6
    values[4] = 0
    values[4, 50:60], values[4, 100:110] = 3, 8
    return mne.io.RawArray(values, info, first_samp=77, verbose=False)


@pytest.fixture(scope="module")
def path(tmp_path_factory):
    file = tmp_path_factory.mktemp("open") / "a_raw.fif"
    raw = _raw()
    raw.set_annotations(mne.Annotations([1.5], [0.2], ["BAD blink"]))
    raw.save(file, fmt="double", verbose=False)
    return file


def _open(path, **statements):
    return open_raw(path, FifReader(), decoding=Decoding(), statements=Statements(**statements))


def test_a_file_is_what_from_mne_makes_of_it(path):
    rec = _open(path)
    expected = from_mne(mne.io.read_raw_fif(path, verbose=False))
    for name in ("activity", "auxiliary/trigger", "events"):
        assert_same(rec[name].to_dataset(inherit=False), expected[name].to_dataset(inherit=False))


def test_the_way_back_to_mne_is_whole(path):
    raw, back = mne.io.read_raw_fif(path, verbose=False), nk.to_mne(_open(path))
    assert mne.utils.object_diff(raw.info, back.info) == ""
    assert back.first_samp == raw.first_samp == 77
    np.testing.assert_array_equal(
        back.get_data().astype(np.float32), raw.get_data().astype(np.float32)
    )


def test_signals_stay_in_the_file_and_only_triggers_are_read(path, monkeypatch):
    asked = []
    window = FifArray.window

    def remember(self, start, stop, channels):
        asked.append([self.picks[i] for i in channels])
        return window(self, start, stop, channels)

    monkeypatch.setattr(FifArray, "window", remember)
    _open(path)
    assert asked == [[4]]
    asked.clear()
    open_raw(path, FifReader(), decoding=Decoding(lines=()), statements=Statements())
    assert asked == []


def test_a_recording_crosses_processes(path):
    rec = _open(path)
    assert_same(pickle.loads(pickle.dumps(rec)), rec)


@pytest.mark.parametrize("suffix", [pytest.param(".nc", marks=pytest.mark.slow), ".zarr"])
def test_a_recording_survives_saving(path, tmp_path, suffix):
    rec = _open(path)
    assert_same(rec, nk.open(nk.save(rec, tmp_path / f"a{suffix}")))


def test_a_unit_scales_the_channels_of_that_kind(path):
    plain, said = _open(path)["activity"], _open(path, unit="uV")["activity"]
    np.testing.assert_allclose(
        said["signal"], plain["signal"] * np.float32([1, 1, 1e-6, 1e-6]), rtol=1e-6
    )
    assert said["unit"].values.tolist() == plain["unit"].values.tolist()


def test_a_unit_per_channel_also_changes_what_the_file_calls_dimensionless(tmp_path):
    file = tmp_path / "m_raw.fif"
    info = mne.create_info(["m"], 100.0, "misc", verbose=False)
    mne.io.RawArray(np.ones((1, 10)), info, verbose=False).save(file, verbose=False)
    group = _open(file, unit={"m": "mV"})["activity"]
    assert group["unit"].values.tolist() == ["V"]
    assert group["signal"].attrs["units"] == "V"
    np.testing.assert_allclose(group["signal"], 1e-3, rtol=1e-6)


def test_types_are_as_said_and_decide_the_modality(path):
    rec = _open(path, types={"mag0": "MISC", "grad1": "MISC", "eeg2": "seeg", "eeg3": "seeg"})
    assert rec["activity"]["channel_type"].values.tolist() == ["MISC", "MISC", "SEEG", "SEEG"]
    assert rec.attrs["modality"] == "seeg"


def test_contacts_follow_the_types_that_are_said(tmp_path):
    info = mne.create_info(["LA1", "LA2", "EKG"], 100.0, ["seeg", "seeg", "ecg"], verbose=False)
    file = tmp_path / "a_raw.fif"
    raw = mne.io.RawArray(np.ones((3, 50)), info, verbose=False)
    raw.save(file, verbose=False)
    plain = _open(file)["activity"]
    assert plain["shaft"].values.tolist() == ["LA", "LA", ""]
    assert plain["contact"].values.tolist() == [1, 2, -1]
    assert nk.from_mne(raw)["activity"]["contact"].values.tolist() == [1, 2, -1]
    told = _open(file, types={"LA1": "EEG"})["activity"]
    assert told["shaft"].values.tolist() == ["", "LA", ""]
    assert told["contact"].values.tolist() == [-1, 2, -1]
    none = _open(file, types={"LA1": "EEG", "LA2": "EEG"})["activity"]
    assert "shaft" not in none.coords
    assert "contact" not in none.coords


def test_epochs_of_contacts_say_shaft_and_contact_too():
    info = mne.create_info(["LA1", "B'02"], 100.0, "seeg", verbose=False)
    epochs = mne.EpochsArray(np.ones((3, 2, 20)), info, verbose=False)
    group = nk.from_mne(epochs)["activity"]
    assert group["shaft"].values.tolist() == ["LA", "B'"]
    assert group["contact"].values.tolist() == [1, 2]


@pytest.mark.parametrize(
    ("name", "types", "shaft", "contact"),
    [
        ("eeg/test_reduced.edf", {"A12": "SEEG", "B1": "ECOG"}, ["A", "B"], [12, 1]),
        ("eeg/test_NO.vhdr", {"1": "SEEG", "2": "SEEG"}, ["", ""], [1, 2]),
        ("ieeg/test_NEURALCD_raw.ns3", {"elec0": "SEEG", "elec7": "DBS"}, ["elec"] * 2, [0, 7]),
        ("ieeg/neuralynx_seeg", {"LAHC1": "SEEG", "LAHCu1": "ECOG"}, ["LAHC", "LAHCu"], [1, 1]),
    ],
)
def test_contacts_of_files_without_tables_are_read_off_their_names(
    shared_data, name, types, shaft, contact
):
    rec = nk.open(Path(shared_data) / name, types=types)
    groups = [node.to_dataset() for node in rec.leaves if "channel_type" in node.coords]
    found = {
        str(n): (str(s), int(c))
        for group in groups
        if "contact" in group.coords
        for n, s, c in zip(
            group["channel"].values, group["shaft"].values, group["contact"].values, strict=True
        )
    }
    for label, one, number in zip(types, shaft, contact, strict=True):
        assert found[label] == (one, number)
    if "eeg/" in name[:4]:
        assert sum(number >= 0 for _, number in found.values()) == len(types)


def test_lengths_are_as_said_and_reach_mne(path):
    plain, said = _open(path), _open(path, position_unit="mm")
    np.testing.assert_allclose(said["activity"]["position"], plain["activity"]["position"] * 1e-3)
    assert said["activity"]["position"].attrs["units"] == "m"
    assert "NK305" in nk.validate(plain).codes
    assert "NK305" not in nk.validate(said).codes
    np.testing.assert_allclose(nk.to_mne(said).info["chs"][2]["loc"][0], 0.05)


@pytest.mark.parametrize(
    ("statement", "error"),
    [
        ({"unit": "furlong"}, OptionError),
        ({"unit": {"nobody": "uV"}}, LabelError),
        ({"types": {"eeg2": "BRAIN"}}, OptionError),
        ({"position_unit": "inch"}, OptionError),
    ],
)
def test_statements_that_cannot_be_are_errors(path, statement, error):
    with pytest.raises(error):
        _open(path, **statement)


def test_values_of_a_gap_are_left_out_of_what_is_read(tmp_path):
    file = tmp_path / "gap_raw.fif"
    raw = _raw()
    raw.set_annotations(mne.Annotations([0.5], [1.0], ["BAD_ACQ_SKIP"]))
    raw.save(file, fmt="double", buffer_size_sec=0.5, verbose=False)
    rec, expected = _open(file), raw.get_data().T.astype(np.float32)
    assert rec["activity"].sizes["time"] == 200
    np.testing.assert_array_equal(rec["activity"]["signal"][:50], expected[:50, :4])
    np.testing.assert_array_equal(rec["activity"]["signal"][50:], expected[150:, :4])
    assert rec["activity"]["time"].values[50] == 1.5
    # mne writes the gap twice, as an annotation and as a skip of buffers, and reads both.
    found = set(nk.validate(rec).codes) - {"NK505"}
    assert not [code for code in found if code.startswith(("NK1", "NK5"))]


# Warnings and errors


def test_warnings_become_findings_once_each(path):
    def reader(name):
        for _ in range(3):
            warnings.warn("something is odd.", RuntimeWarning, stacklevel=1)
        return FifReader()(name)

    _, findings = read_with_findings(reader, path)
    assert [(f.code, f.severity, f.found) for f in findings] == [
        ("NK850", "SUGGESTION", "something is odd")
    ]
    assert findings[0].where == "a_raw.fif"


def test_warnings_about_the_name_of_the_file_say_nothing_about_it(path, tmp_path):
    oddly = tmp_path / "oddly-named.fif"
    oddly.write_bytes(path.read_bytes())
    _, findings = read_with_findings(FifReader(), oddly)
    assert findings == []


def test_warnings_are_noticed_even_if_the_user_silenced_mne(tmp_path):
    mne.set_log_level("CRITICAL", return_old_level=True)
    try:
        header = _brainvision_without_markers(tmp_path)
        _, findings = read_with_findings(any_reader, header)
    finally:
        mne.set_log_level("INFO")
    assert findings
    assert "not found" in findings[0].found


def _brainvision_without_markers(folder):
    (folder / "a.eeg").write_bytes(np.zeros(20, dtype="<i2").tobytes())
    header = folder / "a.vhdr"
    header.write_text(
        "Brain Vision Data Exchange Header File Version 1.0\n[Common Infos]\nCodepage=UTF-8\n"
        "DataFile=a.eeg\nMarkerFile=gone.vmrk\nDataFormat=BINARY\nDataOrientation=MULTIPLEXED\n"
        "NumberOfChannels=1\nSamplingInterval=1000\n[Binary Infos]\nBinaryFormat=INT_16\n"
        "[Channel Infos]\nCh1=Cz,,1,uV\n",
        encoding="utf-8",
    )
    return header


def test_no_warning_reaches_the_user(path, recwarn):
    _open(path)["activity"]["signal"].load()
    assert len(recwarn) == 0


@pytest.mark.parametrize("error", [ValueError("bad\nlong story"), RuntimeError(""), KeyError("x")])
def test_errors_of_mne_say_which_file_and_keep_the_cause(path, error):
    def reader(name):
        raise error

    with pytest.raises(FileContentError, match="mne cannot open it") as caught:
        read_with_findings(reader, path)
    assert caught.value.where == str(path)
    assert caught.value.__cause__ is error
    assert "long story" not in str(caught.value)


def test_errors_behind_the_reader_name_the_file_too(tmp_path):
    file = tmp_path / "a.edf"
    for error in (ZeroDivisionError("x"), KeyError("x"), OverflowError("x"), MemoryError()):
        with pytest.raises(FileContentError, match=type(error).__name__) as caught:
            _raise(error, file)
        assert caught.value.where == str(file)
        assert caught.value.__cause__ is error
    with pytest.raises(FileContentError, match="time: goes back") as caught:
        _raise(TimeError("goes back", where="time", mend="Sort it."), file)
    assert caught.value.where == str(file)
    assert caught.value.mend == "Sort it."


@pytest.mark.parametrize(
    "error",
    [
        OptionError("unknown", where="unit", mend="x"),
        LabelError("no channel", where="types", mend="x"),
        FileContentError("cut", where="{folder}/b.edf", mend="x"),
        DependencyError("no antio", where="antio", mend="x"),
    ],
)
def test_errors_about_options_or_files_are_left_as_they_are(tmp_path, error):
    error.where = error.where.format(folder=tmp_path)
    with pytest.raises(type(error)) as caught:
        _raise(error, tmp_path / "a.edf")
    assert caught.value is error


def _raise(error, file):
    with naming(file, {"types", "unit"}):
        raise error


# Split files


@pytest.fixture
def split(tmp_path):
    info = mne.create_info(200, 1000.0, "eeg", verbose=False)
    values = np.random.default_rng(0).normal(size=(200, 6000)) * 1e-6
    file = tmp_path / "long_raw.fif"
    mne.io.RawArray(values, info, verbose=False).save(
        file, split_size="2.1MB", buffer_size_sec=1, verbose=False
    )
    parts = [file, *sorted(tmp_path.glob("long_raw-*.fif"))]
    assert len(parts) > 1
    return parts, values


def test_parts_of_a_split_file_are_one_recording(split):
    parts, values = split
    rec = _open(parts[0])
    assert rec["activity"].sizes["time"] == 6000
    np.testing.assert_allclose(
        rec["activity"]["signal"].isel(time=slice(2000, 6000, 500)), values.T[2000::500], rtol=1e-6
    )


def test_a_missing_part_is_an_error(split):
    parts, _ = split
    parts[1].unlink()
    with pytest.raises(FileContentError, match=r"long_raw\.fif"):
        _open(parts[0])


def test_a_part_that_was_cut_is_an_error_that_names_it(split):
    parts, _ = split
    content = parts[-1].read_bytes()
    parts[-1].write_bytes(content[: len(content) // 2])
    with pytest.raises(FileContentError, match="truncated") as caught:
        _open(parts[0])
    assert parts[-1].name in caught.value.where


# Info


def test_info_says_what_is_there_without_reading_samples(path, monkeypatch):
    monkeypatch.setattr(WindowArray, "read", lambda *args: pytest.fail("samples were read"))
    found = info_raw(path, FifReader())
    assert found["modality"] == "meg"
    assert found["channel_types"] == {"MEGMAG": 1, "MEGGRADPLANAR": 1, "EEG": 2, "TRIG": 1}
    assert found["units"] == ["1", "T", "T/m", "V"]
    assert (found["sampling_rate"], found["n_times"], found["duration_s"]) == (100.0, 300, 3.0)
    assert found["bads"] == []


def test_readers_are_equal_if_they_read_alike():
    assert FifReader() == FifReader(allow_maxshield=False)
    assert FifReader() != FifReader(allow_maxshield=True)
    assert hash(FifReader()) == hash(pickle.loads(pickle.dumps(FifReader())))


@pytest.mark.parametrize(
    "error",
    [
        ImportError("no antio"),
        RuntimeError("For ANT the module antio is needed, but it could not be imported. Use pip"),
    ],
)
def test_a_library_that_is_missing_is_named_with_the_extra_that_brings_it(tmp_path, error):
    def reader(path):
        raise error

    with pytest.raises(DependencyError, match=r"antio.*neurokit-xarray\[formats\]"):
        _opened(reader, tmp_path / "a.cnt")
