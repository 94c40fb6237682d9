"""Files that were cut are noticed from their headers, where mne reads zeros or nothing."""

import shutil
import struct
from pathlib import Path

import mne
import numpy as np
import pytest
from neurokit_loaders.mne_raw import open_recording
from neurokit_loaders.mne_whole import (
    CHECKS,
    check_ant,
    check_ctf,
    check_egi,
    check_kit,
    check_neuroscan,
    check_persyst,
    ctf_file,
    lay_sections,
    neuroscan_width,
    persyst_pauses,
)

import neurokit as nk
from neurokit.errors import FileContentError, NeurokitError

CTF = "meg/somMDYO-18av.ds"
LAY = "ieeg/Persyst/sub-pt1_ses-02_task-monitor_acq-ecog_run-01_clip2.lay"
NSX, NCS = "ieeg/test_NEURALCD_raw.ns3", "ieeg/neuralynx_seeg/LAHC1.ncs"
REAL = {
    "meg/MQKIT_125_2sec.con": "kit",
    "meg/kit_motor_task_tiny_1s.con": "kit",
    "ieeg/NihonKohden/MB0400FU.EEG": "nihon",
    "eeg/ant_CA_208.cnt": "ant",
    "eeg/test_raw_2021.set": "eeglab",
    "eeg/scan41_short.cnt": "neuroscan",
    CTF: "ctf",
    LAY: "persyst",
}


def copied(shared_data, name, folder):
    """Copy a file, or the folder it needs, to where it may be changed."""
    source = Path(shared_data) / name
    if source.is_dir() or "Persyst" in name:
        tree = source if source.is_dir() else source.parent
        shutil.copytree(tree, folder / tree.name, copy_function=shutil.copyfile)
        (folder / tree.name).chmod(0o755)
        return folder / tree.name / ("" if source.is_dir() else source.name)
    return Path(shutil.copyfile(source, folder / source.name))


def cut(file, size):
    file.write_bytes(file.read_bytes()[:size])
    return file


@pytest.mark.parametrize(("name", "kind"), REAL.items())
def test_real_files_are_whole(shared_data, name, kind):
    CHECKS[kind](Path(shared_data) / name)


@pytest.mark.parametrize("share", [0.001, 0.3, 0.9, 0.9999])
@pytest.mark.parametrize("name", [n for n in REAL if n not in (CTF, LAY, "eeg/scan41_short.cnt")])
def test_any_cut_is_noticed_before_mne_sees_the_file(shared_data, tmp_path, name, share):
    file = copied(shared_data, name, tmp_path)
    cut(file, int(file.stat().st_size * share))
    with pytest.raises(NeurokitError) as caught:
        open_recording(file)
    assert str(file) in str(caught.value)
    assert caught.value.mend


def test_mne_reads_zeros_where_a_kit_file_was_cut(shared_data, tmp_path):
    """The reason for all this: if mne ever notices, this check may go."""
    file = copied(shared_data, "meg/MQKIT_125_2sec.con", tmp_path)
    cut(file, file.stat().st_size // 2)
    raw = mne.io.read_raw_kit(file, verbose="ERROR")
    assert not raw.get_data(picks="mag", start=raw.n_times - 1).any()


@pytest.mark.parametrize("part", ["meg4", "res4"])
@pytest.mark.parametrize("share", [0.0, 0.001, 0.6, 0.9999])
def test_any_cut_of_a_ctf_folder_is_noticed(shared_data, tmp_path, part, share):
    folder = copied(shared_data, CTF, tmp_path)
    file = ctf_file(folder, part)
    cut(file, int(file.stat().st_size * share))
    with pytest.raises(FileContentError):
        open_recording(folder)


@pytest.mark.parametrize("part", ["meg4", "res4"])
def test_a_ctf_folder_without_samples_or_header_is_an_error(shared_data, tmp_path, part):
    folder = copied(shared_data, CTF, tmp_path)
    ctf_file(folder, part).unlink()
    with pytest.raises(FileContentError, match=f"no .{part} file") as caught:
        open_recording(folder)
    assert "whole .ds folder" in caught.value.mend


def test_trials_that_were_averaged_stand_apart_and_those_of_one_stretch_do_not(
    shared_data, tmp_path
):
    folder = copied(shared_data, CTF, tmp_path)
    assert check_ctf(folder) == (313, 2, True)
    header = ctf_file(folder, "res4")
    raw = bytearray(header.read_bytes())
    raw[776:778], raw[1316:1320] = struct.pack(">h", 1), struct.pack(">i", 0)
    header.write_bytes(raw)
    assert check_ctf(folder) == (313, 2, False)
    assert "run" not in open_recording(folder)["activity"].coords


def test_a_ctf_header_that_says_nothing_is_damaged(shared_data, tmp_path):
    folder = copied(shared_data, CTF, tmp_path)
    header = ctf_file(folder, "res4")
    raw = bytearray(header.read_bytes())
    raw[1288:1294] = bytes(6)
    header.write_bytes(raw)
    with pytest.raises(FileContentError, match="0 samples of 0 channels"):
        check_ctf(folder)


# Persyst


def test_a_persyst_recording_whose_samples_were_cut_is_an_error(shared_data, tmp_path):
    file = copied(shared_data, LAY, tmp_path)
    data = file.with_suffix(".dat")
    cut(data, data.stat().st_size - 2)
    with pytest.raises(FileContentError, match=r"847? samples|846 samples"):
        open_recording(file)


def test_a_persyst_recording_without_samples_is_an_error(shared_data, tmp_path):
    file = copied(shared_data, LAY, tmp_path)
    file.with_suffix(".dat").unlink()
    with pytest.raises(FileContentError, match="companion .* is missing") as caught:
        open_recording(file)
    assert "same folder" in caught.value.mend


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("WaveformCount=83", "WaveformCount=84", "truncated"),
        ("WaveformCount=83", "WaveformCount=many", "garbles"),
        ("DataType=7", "DataType=9", "garbles"),
        ("SamplingRate=200", "", "samplingrate"),
        ("0=9468.360", "0=9468.360\n9000=9999.0", "names sample 9000"),
    ],
)
def test_a_persyst_header_that_contradicts_itself_is_an_error(
    shared_data, tmp_path, old, new, said
):
    file = copied(shared_data, LAY, tmp_path)
    text = file.read_text()
    assert old in text
    file.write_text(text.replace(old, new))
    with pytest.raises(FileContentError, match=said):
        check_persyst(file)


def test_the_folder_of_the_machine_that_recorded_is_left_out(shared_data, tmp_path):
    file = copied(shared_data, LAY, tmp_path)
    name = file.with_suffix(".dat").name
    for folder in ("C:\\Data\\", "/etc/../", "../../"):
        file.write_text(Path(shared_data / LAY).read_text().replace(f"={name}", f"={folder}{name}"))
        check_persyst(file)


def test_clock_times_of_samples_show_pauses(tmp_path):
    file = tmp_path / "a.lay"
    file.write_text("[SampleTimes]\n0=100.0\n200=101.0\n400=107.0\n600=108.0\n800=109.001\n")
    assert persyst_pauses(file, 200.0) == {400: 5.0}
    file.write_text("[SampleTimes]\n0=100.0\n")
    assert persyst_pauses(file, 200.0) == {}
    file.write_text("[FileInfo]\n")
    assert persyst_pauses(file, 200.0) == {}


def test_a_pause_of_a_persyst_recording_reaches_its_time_axis(shared_data, tmp_path):
    file = copied(shared_data, LAY, tmp_path)
    file.write_text(file.read_text().replace("0=9468.360", "0=9468.360\n400=9480.360"))
    group = open_recording(file)["activity"]
    np.testing.assert_allclose(group["time"].values[[399, 400]], [1.995, 12.0], rtol=0, atol=1e-9)
    assert group["run"].values[[399, 400]].tolist() == [0, 1]


def test_lay_files_are_read_as_sections():
    text = "[FileInfo]\r\nFile=a=b.dat\r\n\r\n[Comments]\r\n1.0,0.5,0,1,text\r\n"
    assert lay_sections(text) == {
        "fileinfo": [("File", "a=b.dat")],
        "comments": [("1.0,0.5,0,1,text", "")],
    }


# Neuroscan


def write_neuroscan(path, values, dtype="<i2", *, n_samples=None, footer=0, events=0):
    """Write a .cnt file of some channels with `events` events."""
    n, n_channels = values.shape
    head = bytearray(900)
    head[:12] = b"Version 3.0\x00"
    head[12:16] = struct.pack("<i", footer)
    head[370:372], head[376:378] = struct.pack("<H", n_channels), struct.pack("<H", 250)
    head[864:868] = struct.pack("<i", n if n_samples is None else n_samples)
    data = np.ascontiguousarray(values, dtype=dtype).tobytes()
    head[886:890] = struct.pack("<i", 900 + 75 * n_channels + len(data))
    channels = bytearray()
    for i in range(n_channels):
        one = bytearray(75)
        one[:10] = f"E{i}".encode().ljust(10, b"\x00")
        one[19:27] = struct.pack("<ff", 10.0 + i, 5.0 * i)
        one[59:63], one[71:75] = struct.pack("<f", 1.0), struct.pack("<f", 204.8)
        channels += one
    table = struct.pack("<Bii", 1, 8 * events, 0)
    table += b"".join(struct.pack("<HBcl", 1, 0, b"\x00", 975) for _ in range(events))
    path.write_bytes(bytes(head) + bytes(channels) + data + table)
    return path


def test_a_neuroscan_file_is_read_whole_or_not_at_all(tmp_path):
    values = np.random.default_rng(0).integers(-500, 500, (300, 4))
    file = write_neuroscan(tmp_path / "a.cnt", values, events=2)
    np.testing.assert_allclose(
        open_recording(file)["activity"]["signal"], values * 1e-6, rtol=2e-7, atol=1e-30
    )
    content = file.read_bytes()
    for size in (*range(0, len(content) - 20, 97), *range(len(content) - 20, len(content))):
        file.write_bytes(content[:size])
        with pytest.raises(NeurokitError):
            open_recording(file)


def test_the_footer_of_a_neuroscan_file_must_be_there(tmp_path):
    file = write_neuroscan(tmp_path / "a.cnt", np.ones((300, 4)), footer=99_999)
    with pytest.raises(FileContentError, match="end at byte 99999"):
        check_neuroscan(file)


def test_a_footer_whose_length_nobody_knows_is_told(shared_data, tmp_path):
    file = copied(shared_data, "eeg/scan41_short.cnt", tmp_path)
    assert "476720 bytes behind the events" in open_recording(file).attrs["findings"]
    cut(file, file.stat().st_size - 1000)
    assert "475720 bytes behind the events" in open_recording(file).attrs["findings"]
    plain = write_neuroscan(tmp_path / "a.cnt", np.ones((300, 4)))
    assert "NK877" not in open_recording(plain).attrs["findings"]


@pytest.mark.parametrize(("dtype", "width"), [("<i2", "int16"), ("<i4", "int32")])
@pytest.mark.parametrize("n_samples", [None, 0])
def test_the_width_of_samples_is_read_or_else_seen(tmp_path, dtype, width, n_samples):
    values = np.random.default_rng(0).integers(-900, 900, (300, 4))
    file = write_neuroscan(tmp_path / "a.cnt", values, dtype, n_samples=n_samples)
    assert neuroscan_width(file) == (width, n_samples is None)
    found = open_recording(file)
    np.testing.assert_allclose(found["activity"]["signal"], values * 1e-6, rtol=2e-7, atol=1e-30)
    assert ("NK872" in found.attrs["findings"]) == (n_samples == 0)


def test_the_width_may_be_stated(tmp_path):
    file = write_neuroscan(tmp_path / "a.cnt", np.ones((300, 4)), n_samples=0)
    rec = open_recording(file, data_format="int32")
    assert rec["activity"].sizes["time"] == 150
    assert "NK872" not in rec.attrs["findings"]
    with pytest.raises(NeurokitError, match="data_format"):
        open_recording(file, data_format="int64")


def test_places_of_neuroscan_are_directions_and_no_lengths(shared_data):
    rec = open_recording(Path(shared_data) / "eeg/scan41_short.cnt")
    place = rec["activity"]["position"]
    assert place.attrs == {"units": "1", "coordinate_frame": "unknown"}
    np.testing.assert_allclose(np.linalg.norm(place.values, axis=1), 1.0, rtol=1e-6)
    assert "NK879" in rec.attrs["findings"]


# ANT, KIT, EGI


def chunk(name, content):
    return name + struct.pack("<I", len(content)) + content + b"\x00" * (len(content) % 2)


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (chunk(b"eeph", b"header"), "raw3"),
        (chunk(b"LIST", b"raw3data"), "eeph"),
        (chunk(b"LIST", b"raw3data")[:-2] + chunk(b"eeph", b"h"), "eeph|truncated"),
        (chunk(b"LIST", b"raw3") + b"eeph" + struct.pack("<I", 999), "truncated"),
    ],
)
def test_chunks_of_ant_must_be_whole_before_antio_sees_them(tmp_path, body, said):
    file = tmp_path / "a.cnt"
    file.write_bytes(b"RIFF" + struct.pack("<I", len(body) + 4) + b"CNT " + body)
    with pytest.raises(FileContentError, match=said):
        check_ant(file)


def test_chunks_of_odd_length_are_padded(tmp_path):
    file = tmp_path / "a.cnt"
    body = chunk(b"LIST", b"raw3x") + chunk(b"eeph", b"abc")
    file.write_bytes(b"RIFF" + struct.pack("<I", len(body) + 4) + b"CNT " + body)
    check_ant(file)


@pytest.mark.parametrize(("count", "said"), [(5, "lists 5 parts"), (100_000, "lists 100000 parts")])
def test_a_kit_list_of_parts_that_cannot_be_is_damaged(tmp_path, count, said):
    file = tmp_path / "a.con"
    file.write_bytes(struct.pack("<4i", 0, 16, count, count) + bytes(200))
    with pytest.raises(FileContentError, match=said):
        check_kit(file)


def test_a_kit_part_before_the_file_is_damaged(tmp_path):
    file = tmp_path / "a.con"
    file.write_bytes(
        struct.pack("<4i", 0, 16, 10, 10) + struct.pack("<4i", -5, 1, 1, 1) + bytes(200)
    )
    with pytest.raises(FileContentError, match="part 1"):
        check_kit(file)


def write_egi(path, values, version=2):
    n, n_channels = values.shape
    head = struct.pack(">i6hi", version, 2020, 2, 29, 12, 30, 15, 0)
    head += struct.pack(">5hih", 250, n_channels, 1, 16, 400, n, 1) + b"DIN1"
    rows = np.concatenate([values, np.zeros((n, 1))], axis=1)
    path.write_bytes(head + rows.astype({2: ">i2", 4: ">f4", 6: ">f8"}[version]).tobytes())
    return path


@pytest.mark.parametrize("version", [2, 4])
def test_simple_binary_files_of_egi_are_read_whole_or_not_at_all(tmp_path, version):
    values = np.random.default_rng(0).integers(-900, 900, (50, 3))
    file = write_egi(tmp_path / "a.raw", values, version)
    rec, raw = open_recording(file), mne.io.read_raw_egi(file, verbose="ERROR")
    names = rec["activity"]["channel"].values.tolist()
    np.testing.assert_allclose(
        rec["activity"]["signal"], raw.get_data(picks=names).T, rtol=2e-7, atol=1e-30
    )
    content = file.read_bytes()
    for size in range(0, len(content), 7):
        file.write_bytes(content[:size])
        with pytest.raises(NeurokitError):
            open_recording(file)


def test_an_egi_header_that_cannot_be_is_damaged(tmp_path):
    file = write_egi(tmp_path / "a.raw", np.ones((5, 3)))
    file.write_bytes(struct.pack(">i", 3) + file.read_bytes()[4:])
    with pytest.raises(FileContentError, match="says version 3"):
        check_egi(file)


# Whatever is damaged, an error of ours names the file


def _damaged(content, rng, kind):
    raw = bytearray(content)
    if kind == "flips":
        for at in rng.integers(0, min(len(raw), 20_000), 8):
            raw[at] ^= 1 << int(rng.integers(8))
    else:
        at = int(rng.integers(0, min(len(raw), 60_000))) // 512 * 512
        raw[at : at + 512] = bytes(512)
    return bytes(raw)


# antio, which reads ANT files, is native code that may end the process: its files are checked
# for whole chunks only, and left out here.
@pytest.mark.parametrize("kind", ["flips", "zeros"])
@pytest.mark.parametrize("seed", [0, *(pytest.param(i, marks=pytest.mark.slow) for i in (1, 2))])
@pytest.mark.parametrize("name", [*(n for n in REAL if "ant_" not in n), NSX, NCS])
def test_damage_gives_our_errors_or_a_recording(shared_data, tmp_path, name, seed, kind):
    rng = np.random.default_rng(seed)
    file = copied(shared_data, name, tmp_path)
    target = ctf_file(file, "res4") if file.is_dir() else file
    target.write_bytes(_damaged(target.read_bytes(), rng, kind))
    try:
        rec = nk.open(file)
        rec["activity"]["signal"][:50].load()
    except NeurokitError as error:
        assert str(file) in str(error) or str(file.parent) in str(error)  # noqa: PT017
        assert error.mend  # noqa: PT017
