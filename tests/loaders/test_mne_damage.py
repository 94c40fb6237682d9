"""Damage that once ended a process, passed as another library's error, or blamed another file."""

import shutil
import struct
from pathlib import Path

import mne
import numpy as np
import pytest
import scipy.io
from neurokit_loaders import mne_mat
from neurokit_loaders.mne_lazy import MADE_BY_DAMAGE, BlockArray, MneArray
from neurokit_loaders.mne_mat import MatValue, check_elements, eeglab_trials, fieldtrip_times
from neurokit_loaders.mne_raw import open_recording

import neurokit as nk
from neurokit.errors import FileContentError, NeurokitError
from neurokit.schema import findings_from_json


def said(rec):
    return [
        f"{f.code} {f.where} {f.found}" for f in findings_from_json(rec.attrs.get("findings", "[]"))
    ]


def refuses(opener, file, match):
    """Return the error, after a check that it names the file and says what to do."""
    with pytest.raises(FileContentError, match=match) as caught:
        opener(file)
    assert caught.value.where == str(file)
    assert caught.value.mend
    return caught.value


# FIF


def _tags(content):
    """Yield kind, first byte and size of every tag of a FIF file."""
    at, following = 0, 0
    while following != -1:
        kind, _, size, following = struct.unpack_from(">iIii", content, at)
        yield kind, at + 16, size
        at = at + 16 + size if following <= 0 else following


def _with_first(file, kind, offset, value):
    """Write a number into the first tag of a kind."""
    content = bytearray(file.read_bytes())
    start = next(at for found, at, _ in _tags(content) if found == kind)
    struct.pack_into(">i", content, start + offset, value)
    file.write_bytes(content)


@pytest.fixture
def info():
    return mne.create_info(["Cz", "Pz"], 100.0, "eeg", verbose=False)


@pytest.mark.parametrize("number", [34, -2147483646])
@pytest.mark.parametrize("opener", [nk.open, nk.info])
def test_an_unknown_type_of_channel_names_the_file(tmp_path, info, number, opener):
    file = tmp_path / "a_raw.fif"
    mne.io.RawArray(np.ones((2, 50)), info, verbose=False).save(file, verbose=False)
    # In the description of a channel (tag 203) its kind is the third number.
    _with_first(file, 203, 8, number)
    refuses(opener, file, r"Unknown channel type|cannot be")


@pytest.mark.parametrize("opener", [nk.open, nk.info])
def test_an_unknown_kind_of_average_names_the_file(tmp_path, info, opener):
    file = tmp_path / "a-ave.fif"
    evoked = mne.EvokedArray(np.ones((2, 50)), info, verbose=False)
    mne.write_evokeds(file, [evoked], verbose=False)
    # Mean or standard error, says tag 210.
    _with_first(file, 210, 0, 16484)
    refuses(opener, file, "16484|cannot be")


# MATLAB files: compiled code reads only what fits together


def _write_set(folder, *, compressed=False):
    file = folder / "a.set"
    place = {"labels": "Cz", "X": 1.0, "Y": 2.0, "Z": 3.0, "theta": 0.0, "radius": 0.5}
    head = {"srate": 100.0, "nbchan": 1.0, "pnts": 40.0, "trials": 1.0, "chanlocs": place}
    more = {"event": [], "epoch": [], "xmin": 0.0, "xmax": 0.39, "icawinv": []}
    data = np.random.default_rng(0).normal(size=(1, 40)).astype(np.float32)
    more |= {"icaweights": [], "icasphere": [], "ref": "common", "data": data}
    scipy.io.savemat(file, {"EEG": {**head, **more}}, do_compression=compressed)
    return file


def test_no_damaged_element_of_eeglab_reaches_scipy(tmp_path, monkeypatch):
    file = _write_set(tmp_path)
    rec = nk.open(file)
    assert rec["activity"].sizes["time"] == 40
    content = file.read_bytes()
    reached = []
    monkeypatch.setattr(mne.io, "read_raw_eeglab", lambda path, **_: reached.append(path))
    # The type of the samples, in the tag before them, becomes one that there is not.
    at = content.index(struct.pack("<II", 7, 160))
    file.write_bytes(content[:at] + struct.pack("<I", 99) + content[at + 4 :])
    refuses(nk.open, file, "type 99 where numbers belong")
    assert not reached


def _flipped(content, seed):
    changed = np.frombuffer(content, np.uint8).copy()
    rng = np.random.default_rng(seed)
    changed[rng.integers(128, changed.size, 8)] ^= (1 << rng.integers(0, 8, 8)).astype(np.uint8)
    return changed.tobytes()


@pytest.mark.parametrize("compressed", [True, False])
def test_bits_flipped_anywhere_never_end_the_process(tmp_path, compressed):
    file = _write_set(tmp_path, compressed=compressed)
    content, refused = file.read_bytes(), 0
    for seed in range(40):
        file.write_bytes(_flipped(content, seed))
        try:
            nk.open(file, loader="mne.raw")["activity"]["signal"].load()
        except NeurokitError as error:
            refused += str(file) in str(error)
            assert str(file) in str(error)  # noqa: PT017
    # Flips in samples go unseen without compression; with it, zlib's checksum sees all.
    assert refused == 40 if compressed else refused > 5


def test_damaged_trials_of_fieldtrip_are_an_error_before_scipy_reads_them(shared_data, tmp_path):
    source = Path(shared_data) / "meg/fieldtrip_neuromag306_epoched_v7.mat"
    file = tmp_path / source.name
    content = bytearray(source.read_bytes())
    content[len(content) // 2] ^= 4
    file.write_bytes(content)
    refuses(lambda path: fieldtrip_times(path, "data"), file, "is a damaged MATLAB file")
    refuses(nk.open, file, "is a damaged MATLAB file")


def test_a_file_is_walked_through_once_until_it_changes(tmp_path, monkeypatch):
    file, calls = _write_set(tmp_path), []
    real = mne_mat.content_of
    monkeypatch.setattr(mne_mat, "content_of", lambda *a: calls.append(a) or real(*a))
    check_elements(file)
    check_elements(file)
    assert len(calls) == 1
    check_elements(file, "nobody")
    assert len(calls) == 1
    file.write_bytes(file.read_bytes()[:-8])
    for _ in range(2):
        refuses(check_elements, file, "it is cut")


def test_hdf5_is_left_to_its_own_checks(shared_data):
    check_elements(Path(shared_data) / "meg/fieldtrip_neuromag306_averaged_v73.mat")


def _element(kind, content):
    return struct.pack("<II", kind, len(content)) + content + b"\0" * (-len(content) % 8)


def test_a_function_handle_in_a_struct_is_no_damage(tmp_path):
    inner = _element(6, struct.pack("<II", 6, 0)) + _element(5, struct.pack("<2i", 1, 1))
    inner += _element(1, b"") + _element(9, struct.pack("<d", 2.5))
    # A handle (class 16) holds a variable that describes the function.
    handle = _element(6, struct.pack("<II", 16, 0)) + _element(5, struct.pack("<2i", 1, 1))
    handle += _element(1, b"") + _element(14, inner)
    outer = _element(6, struct.pack("<II", 2, 0)) + _element(5, struct.pack("<2i", 1, 1))
    outer += _element(1, b"S") + _element(5, struct.pack("<i", 8)) + _element(1, b"f\0\0\0\0\0\0\0")
    file = tmp_path / "a.mat"
    head = b"MATLAB 5.0 MAT-file".ljust(124) + b"\x00\x01IM"
    file.write_bytes(head + _element(14, outer + _element(14, handle)))
    assert isinstance(scipy.io.loadmat(file)["S"][0, 0]["f"], scipy.io.matlab.MatlabFunction)
    check_elements(file)


@pytest.mark.parametrize("number", [float("nan"), float("inf"), 0.0, None])
def test_a_number_of_trials_that_is_none_is_one(number):
    fields = {"srate": MatValue(), "chanlocs": MatValue(), "trials": MatValue(number=number)}
    assert eeglab_trials({"EEG": MatValue((1, 1), "struct", fields)}) == 1


# BrainVision: the file that is damaged is the one that is named


@pytest.fixture
def brainvision(shared_data, tmp_path):
    for suffix in (".vhdr", ".vmrk", ".eeg"):
        shutil.copyfile(Path(shared_data) / f"eeg/test_NO{suffix}", tmp_path / f"test_NO{suffix}")
    return tmp_path / "test_NO.vhdr"


def _replace(file, old, new):
    content = file.read_bytes()
    assert old in content
    file.write_bytes(content.replace(old, new, 1))


@pytest.mark.parametrize(
    ("old", "new", "match"),
    [
        (b"Codepage=UTF-8", b"Codepage=UTF-99", "no encoding"),
        (b"Codepage=UTF-8", b"Codepage=\x00", "no encoding"),
        (b"Mk1=", b"Mk1=broken\r\nMk2=", "without a position: 'broken'"),
        (b"Mk1=", b"Mk1=Stimulus,S1,4x,1,0\r\nMk2=", "without a position"),
    ],
)
@pytest.mark.parametrize("opener", [nk.open, nk.info])
def test_a_damaged_marker_file_is_named_and_not_the_header(brainvision, old, new, match, opener):
    marker = brainvision.with_suffix(".vmrk")
    _replace(marker, old, new)
    with pytest.raises(FileContentError, match=match) as caught:
        opener(brainvision)
    assert caught.value.where == str(marker)
    assert ".vhdr" not in str(caught.value)


def test_an_empty_marker_file_is_named(brainvision):
    marker = brainvision.with_suffix(".vmrk")
    marker.write_bytes(b"")
    with pytest.raises(FileContentError, match="is empty") as caught:
        nk.open(brainvision)
    assert caught.value.where == str(marker)


def test_windows_own_encoding_is_one(brainvision):
    _replace(brainvision.with_suffix(".vmrk"), b"Codepage=UTF-8", b"Codepage=ANSI")
    assert nk.open(brainvision)["activity"].sizes["time"] > 0


@pytest.mark.parametrize("digits", [b"20131399120000000000", b"99999999999999999999"])
def test_a_segment_dated_by_what_is_no_date_is_told(brainvision, digits):
    marker = brainvision.with_suffix(".vmrk")
    before = nk.open(brainvision)
    marker.write_bytes(marker.read_bytes() + b"\r\nMk99=New Segment,,5,1,0," + digits + b"\r\n")
    rec = nk.open(brainvision)
    told = f"NK877 test_NO.vmrk 1 segment(s) began on what is no date ({digits.decode()})"
    assert told in said(rec)
    assert rec["activity"].sizes == before["activity"].sizes


# ANT


@pytest.fixture
def ant(shared_data, tmp_path):
    file = tmp_path / "ant_CA_208.cnt"
    shutil.copyfile(Path(shared_data) / "eeg" / file.name, file)
    return file


def _units(content, new, n):
    """Replace the unit of the first n channels of an ANT header."""
    start = content.index(b"[Basic Channel Data]")
    head = content[start:]
    assert head.count(b" uV REF") >= n
    return content[:start] + head.replace(b" uV REF", b" " + new + b" REF", n)


def test_an_unknown_unit_of_ant_is_told_once_and_warns_nobody(ant, recwarn):
    plain = open_recording(ant)["activity"]["signal"].values
    ant.write_bytes(_units(ant.read_bytes(), b"qV", 1))
    rec = open_recording(ant)
    values = rec["activity"]["signal"].values
    told = [one for one in said(rec) if "no unit of voltage" in one]
    assert len(told) == 1
    assert "in 'qv'" in told[0]
    np.testing.assert_allclose(values[:, 0], plain[:, 0] * 1e6, rtol=1e-6)
    np.testing.assert_array_equal(values[:, 1:], plain[:, 1:])
    assert not recwarn.list


def test_millivolts_of_ant_are_millivolts(ant):
    plain = open_recording(ant)["activity"]["signal"].values
    ant.write_bytes(_units(ant.read_bytes(), b"mV", 2))
    rec = open_recording(ant)
    np.testing.assert_allclose(
        rec["activity"]["signal"].values[:, :2], plain[:, :2] * 1e3, rtol=1e-6
    )
    assert not [one for one in said(rec) if "voltage" in one]


# Blackrock


def test_an_unknown_unit_of_blackrock_names_channel_and_file(shared_data, tmp_path):
    file = tmp_path / "a.ns3"
    content = bytearray((Path(shared_data) / "ieeg/test_NEURALCD_raw.ns3").read_bytes())
    # 314 bytes of header; the unit is the 16 bytes at 30 of the first channel.
    content[314 + 30 : 314 + 46] = b"}V".ljust(16, b"\0")
    file.write_bytes(content)
    for opener in (nk.open, nk.info):
        refuses(opener, file, r"channel '.+' is in '}V', which is no voltage")


# Values


@pytest.mark.parametrize("error", [KeyError("x"), AttributeError("x"), OverflowError()])
def test_what_reading_values_raises_is_ours_too(tmp_path, error):
    def reader(path):
        raise error

    file = tmp_path / "a.fif"
    file.write_bytes(b"x")
    for array in (
        MneArray(str(file), reader, [0], [(0, 5)]),
        BlockArray(str(file), reader, (1, 5), [0], [1.0]),
    ):
        key = (slice(None),) * len(array.shape)
        with pytest.raises(FileContentError, match="cannot be read any more") as caught:
            array.read(key)
        assert caught.value.where == str(file)
        assert isinstance(caught.value.__cause__, MADE_BY_DAMAGE)


def test_an_error_that_names_its_file_already_stays(tmp_path):
    first = FileContentError("cut", where="b.fdt", mend="Copy it.")

    def reader(path):
        raise first

    file = tmp_path / "a.fif"
    file.write_bytes(b"x")
    for array in (
        MneArray(str(file), reader, [0], [(0, 5)]),
        BlockArray(str(file), reader, (1, 5), [0], [1.0]),
    ):
        with pytest.raises(FileContentError) as caught:
            array.read((slice(None),) * len(array.shape))
        assert caught.value is first
