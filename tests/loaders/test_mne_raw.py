"""The loader mne.raw: which files it takes, what it says of broken ones, and all real ones."""

import contextlib
import gzip
import inspect
import pickle
import shutil
import struct
import subprocess
import sys
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import mne
import numpy as np
import pytest
from neurokit_loaders.mne_raw import LOADER, checked_format, format_of, open_recording, sniff

import neurokit as nk
from neurokit.errors import FileContentError, LabelError, NeurokitError, OptionError
from neurokit.interchange.mne_info import channel_types
from neurokit.schema import findings_from_json
from neurokit.testing import assert_same

# Every continuous FIF, EDF, BDF and BrainVision file among the real ones that has data.
REAL = [
    "eeg/chtypes_edf.edf",
    "eeg/eeglab_test.edf",
    "eeg/multiple_annotation_chans.bdf",
    "eeg/ssvep_exo_subject01_record-2012.07.06-19.02.16_raw.fif",
    "eeg/ssvep_exo_subject12_record-2014.03.10-19.47.49_raw.fif",
    "eeg/test_NO.vhdr",
    "eeg/test_reduced.edf",
    "eeg/test_utf8_annotations.edf",
    "eeg/tiny_bids/sub-01/ses-eeg/eeg/sub-01_ses-eeg_task-rest_eeg.vhdr",
    "ieeg/NihonKohden/MB0400FU.EDF",
    "ieeg/ieegio_edfPlusD.edf",
    "ieeg/sample_ecog_ieeg.fif",
    "meg/141027_cropped_90Hz_raw.fif",
    "meg/neuromag122-raw.fif",
    "meg/sample_audvis_trunc_raw_sss.fif",
]
# One per format and maker; what only looks at an opened recording meets the others in slow form.
FEW = {
    *("eeg/chtypes_edf.edf", "eeg/multiple_annotation_chans.bdf", "eeg/test_NO.vhdr"),
    *("ieeg/ieegio_edfPlusD.edf", "ieeg/sample_ecog_ieeg.fif", "meg/neuromag122-raw.fif"),
}
SWEEP = [n if n in FEW else pytest.param(n, marks=pytest.mark.slow) for n in REAL]
MODALITY = {"eeg": "eeg", "meg": "meg"}
OTHERS = ["eeg/eeglab_data.set", "eeg/test_raw_2021.set", "meg/MQKIT_125_2sec.con"]


def _there(shared_data, name):
    file = Path(shared_data) / name
    if not file.exists():
        pytest.skip(f"{name} is not at hand")
    return file


@pytest.fixture(scope="module")
def fif(tmp_path_factory):
    file = tmp_path_factory.mktemp("raw") / "a_raw.fif"
    info = mne.create_info(["Cz", "Pz"], 100.0, "eeg", verbose=False)
    raw = mne.io.RawArray(np.random.default_rng(0).normal(size=(2, 50)) * 1e-5, info, verbose=False)
    raw.save(file, verbose=False)
    return file


# Which files


def test_all_real_files_are_known(shared_data):
    folders = [Path(shared_data) / kind for kind in ("eeg", "meg", "ieeg")]
    suffixes = (".fif", ".edf", ".bdf", ".vhdr")
    other = ("ave.fif", "epo.fif", "eve.fif", "cov.fif", "task-visual_run-01_ieeg.vhdr")
    found = {
        file.relative_to(shared_data).as_posix()
        for folder in folders
        for file in folder.rglob("*")
        if file.suffix.lower() in suffixes and not file.name.endswith(other)
    }
    assert found == set(REAL)


@pytest.mark.parametrize("name", REAL)
def test_real_files_are_recognised_by_their_first_bytes(shared_data, name):
    assert sniff(_there(shared_data, name)) == 0.95


@pytest.mark.parametrize("name", [REAL[0], REAL[2], REAL[5], REAL[-1]])
def test_the_suffix_does_not_matter_for_recognition(shared_data, tmp_path, name):
    file = tmp_path / "unnamed.dat"
    shutil.copy(_there(shared_data, name), file)
    assert sniff(file) == 0.95


@pytest.mark.parametrize(
    ("name", "content", "score"),
    [
        ("a.edf", b"", 0.5),
        ("a.edf", b"hello", 0.3),
        ("a.fif", b"\x00" * 100, 0.3),
        ("a.txt", b"hello", 0.0),
        ("a.json", b"{}", 0.0),
        ("a.csv", b"0       1       2\n" * 30, 0.0),
        ("a.set", b"whatever", 0.3),
        ("a.vmrk", b"Brain Vision Data Exchange Marker File, Version 1.0", 0.5),
        ("a.h5", b"\x89HDF\r\n\x1a\n" + b"\x00" * 50, 0.0),
    ],
)
def test_scores_of_other_files(tmp_path, name, content, score):
    file = tmp_path / name
    file.write_bytes(content)
    assert sniff(file) == score


def test_folders_are_taken_only_by_their_suffix(tmp_path):
    folder = tmp_path / "a.ds"
    folder.mkdir()
    assert sniff(folder) == 0.95
    assert sniff(tmp_path) == 0.0


def test_a_missing_file_is_no_reason_to_raise_while_sniffing(tmp_path):
    assert sniff(tmp_path / "gone.edf") == 0.5
    assert sniff(tmp_path / "gone.xyz") == 0.0


def test_a_table_of_numbers_is_no_edf(tmp_path):
    file = tmp_path / "a.edf"
    file.write_bytes(b"0       1.5     2.5\n" * 40)
    assert format_of(file) == "text"
    with pytest.raises(FileContentError, match="is text data, not EDF"):
        checked_format(file)


@pytest.mark.parametrize("wrong", [".edf", ".bdf", ".vhdr"])
def test_a_suffix_that_lies_is_an_error_that_names_the_format(fif, tmp_path, wrong):
    file = tmp_path / f"a{wrong}"
    shutil.copy(fif, file)
    with pytest.raises(FileContentError, match="is a FIF file with raw data, not") as caught:
        open_recording(file)
    assert caught.value.where == str(file)
    assert "Rename" in caught.value.mend


def test_an_edf_named_fif_is_an_error_that_names_the_format(shared_data, tmp_path):
    file = tmp_path / "a_raw.fif"
    shutil.copy(_there(shared_data, "eeg/eeglab_test.edf"), file)
    with pytest.raises(FileContentError, match="is an EDF file, not FIF"):
        open_recording(file)


def test_a_fif_file_without_any_suffix_says_that_it_needs_one(fif, tmp_path):
    file = tmp_path / "unnamed"
    shutil.copy(fif, file)
    with pytest.raises(FileContentError, match="no suffix"):
        open_recording(file)


def test_a_file_without_a_telling_suffix_is_opened_by_its_content(fif, tmp_path):
    file = tmp_path / "unnamed.dat"
    shutil.copy(fif, file)
    assert_same(
        open_recording(file)["activity"].to_dataset(inherit=False),
        open_recording(fif)["activity"].to_dataset(inherit=False),
    )


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("eeg/sub-015_ses-P3_task-P3_ave.fif", "mne.evoked"),
        ("eeg/wmvanvliet_subject04-epo.fif", "mne.epochs"),
        ("meg/sample_audvis_trunc_raw-eve.fif", "events="),
        ("meg/sample_audvis_trunc-cov.fif", "mne"),
    ],
)
def test_fif_files_of_other_things_say_how_to_read_them(shared_data, name, said):
    with pytest.raises(FileContentError, match="not with a continuous recording") as caught:
        open_recording(_there(shared_data, name))
    assert said in caught.value.mend


# The loader itself


def test_every_option_is_listed_and_every_listed_option_exists():
    taken = set(inspect.signature(LOADER.open).parameters) - {"path"}
    assert taken == set(LOADER.options)


def test_the_loader_is_found_by_its_name():
    from neurokit.io.registry import get_loader

    assert get_loader("mne.raw") is LOADER


def test_an_unknown_option_is_an_error_that_lists_the_options(fif):
    with pytest.raises(OptionError, match="did you mean 'unit'"):
        nk.open(fif, unnit="uV")


def test_options_are_recorded(fif):
    rec = nk.open(fif, unit="uV")
    assert '"unit": "uV"' in rec.attrs["loader_options"]
    assert rec.attrs["loader"] == "mne.raw"
    assert rec.attrs["loader_version"]
    assert rec.attrs["source"] == "a_raw.fif"


def test_a_trigger_line_may_be_named_alone(shared_data):
    file = _there(shared_data, "eeg/multiple_annotation_chans.bdf")
    one = open_recording(file, stim_channel="Trigger")
    assert_same(one, open_recording(file, stim_channel=["Trigger"]))
    assert open_recording(file, stim_channel=[])["events"].sizes["event"] == 10


@pytest.mark.parametrize("name", ["eeg/eeglab_test.edf", "eeg/test_NO.vhdr"])
def test_a_trigger_line_that_is_not_there_is_an_error(shared_data, name):
    with pytest.raises(LabelError, match="'STI 014' is no trigger channel"):
        open_recording(_there(shared_data, name), stim_channel="STI 014")


# Real files


@pytest.mark.parametrize("name", REAL)
def test_real_files_equal_what_mne_reads(shared_data, name):
    file = _there(shared_data, name)
    rec, raw = open_recording(file), mne.io.read_raw(file, preload=False, verbose="ERROR")
    kinds = dict(zip(raw.ch_names, channel_types(raw.info), strict=True))
    groups = [group for path, group in _signals(rec)]
    seen = [str(channel) for group in groups for channel in group["channel"].values]
    assert sorted(seen) == sorted(raw.ch_names)
    for group in groups:
        names = [str(channel) for channel in group["channel"].values]
        assert group["channel_type"].values.tolist() == [kinds[n] for n in names]
        assert [n for n, bad in zip(names, group["bad"].values, strict=True) if bad] == [
            n for n in names if n in raw.info["bads"]
        ]
        if group.attrs["sampling_rate"] != raw.info["sfreq"]:
            continue  # mne resamples these; tests of EDF compare them with the bytes of the file
        np.testing.assert_allclose(
            group["signal"].values, raw.get_data(picks=names).T, rtol=2e-7, atol=1e-30
        )
    assert _n_events(rec) == len(raw.annotations) + _n_found(raw)


def _signals(rec):
    for node in rec.subtree:
        if "signal" in node.data_vars:
            yield node.path, node.to_dataset(inherit=False)


def _n_events(rec):
    return rec["events"].sizes["event"] if "events" in rec.children else 0


def _n_found(raw):
    if "stim" not in raw.get_channel_types():
        return 0
    # Whether short events are an error is up to the caller; how many there are is not.
    return len(mne.find_events(raw, shortest_event=0, verbose="ERROR"))


@pytest.mark.parametrize("name", SWEEP)
def test_units_of_real_files_are_si_and_values_plausible_or_found_out(shared_data, name):
    rec = open_recording(_there(shared_data, name))
    for _, group in _signals(rec):
        assert set(group["unit"].values) <= {"V", "T", "T/m", "1", "G", "degC"}
    allowed = {"NK302", "NK305"}  # files whose own units are wrong; the options mend them
    broken = {f.code for f in nk.validate(rec) if f.severity != "SUGGESTION"}
    assert broken <= allowed


@pytest.mark.parametrize("name", [n for n in REAL if "ssvep" in n])
def test_a_real_file_with_wrong_units_is_mended_by_options(shared_data, name):
    file = _there(shared_data, name)
    assert set(nk.validate(open_recording(file)).codes) >= {"NK302", "NK305"}
    rec = open_recording(file, unit="uV", position_unit="mm")
    assert nk.validate(rec).ok


@pytest.mark.parametrize("name", SWEEP)
def test_modality_follows_the_channels(shared_data, name):
    rec = open_recording(_there(shared_data, name), stim_channel=[])
    expected = "ieeg" if "ecog" in name else "meg" if name.startswith("meg") else "eeg"
    assert rec.attrs["modality"] == expected


@pytest.mark.parametrize("name", SWEEP)
def test_info_agrees_with_what_is_opened(shared_data, name):
    file = _there(shared_data, name)
    found, rec = LOADER.info(file), open_recording(file, stim_channel=[])
    assert found["n_channels"] == sum(g.sizes["channel"] for _, g in _signals(rec))
    assert found["sampling_rate"] == rec["activity"].attrs["sampling_rate"]
    assert found["n_times"] == rec["activity"].sizes["time"]
    assert found["start_time"] == rec.attrs["start_time"]
    assert found["modality"] == rec.attrs["modality"]


@pytest.mark.parametrize("name", OTHERS)
def test_other_formats_are_read_through_mne(shared_data, name):
    file = _there(shared_data, name)
    rec = open_recording(file)
    raw = mne.io.read_raw(file, preload=False, verbose="ERROR")
    names = [str(channel) for channel in rec["activity"]["channel"].values]
    np.testing.assert_allclose(
        rec["activity"]["signal"].isel(time=slice(0, 200)),
        raw.get_data(picks=names, stop=200).T,
        rtol=2e-7,
        atol=1e-30,
    )


# Broken files


@pytest.mark.parametrize(
    ("name", "said", "mend"),
    [
        ("01_truncated_raw.fif", "truncated", "again"),
        ("02_wrong_extension.edf", "is a FIF file with evoked responses, not EDF", "Rename"),
        ("04_zero_length.bdf", "is empty", "again"),
        ("05_edf_header_lies_channels.edf", "99 signals", "export"),
        ("06_edf_header_lies_records.edf", "holds 23", "allow_truncated"),
        (
            "08_brainvision_missing_eeg/sub-01_ses-eeg_task-rest_eeg.vhdr",
            "sub-01_ses-eeg_task-rest_eeg.eeg with the samples is missing",
            "same folder",
        ),
    ],
)
def test_broken_files_say_what_is_broken_and_how_to_mend_it(shared_corrupt, name, said, mend):
    file = Path(shared_corrupt) / name
    for attempt in (nk.open, nk.info):
        with pytest.raises(NeurokitError, match=said) as caught:
            attempt(file)
        assert caught.value.where == str(file)
        assert mend in caught.value.mend


def test_nan_is_loaded_and_reported_per_channel(shared_corrupt):
    rec = open_recording(Path(shared_corrupt) / "03_nan_channels_raw.fif")
    nan = np.isnan(rec["activity"]["signal"].values)
    assert nan.all(axis=0).nonzero()[0].tolist() == [3]
    assert nan[:, 7].nonzero()[0].tolist() == list(range(500, 700))
    said = {f.code: f.found for f in nk.validate(rec)}
    names = rec["activity"]["channel"].values
    assert names[3] in said["NK401"]
    assert names[7] in said["NK403"]


def test_a_missing_sidecar_of_bids_does_not_matter_to_the_file_itself(shared_corrupt):
    folder = Path(shared_corrupt) / "07_bids_missing_sidecar/sub-01/ses-eeg/eeg"
    rec = open_recording(folder / "sub-01_ses-eeg_task-rest_eeg.vhdr")
    assert rec["activity"].sizes["channel"] == 69


@pytest.mark.parametrize("share", [0.01, 0.2, 0.5, 0.8, 0.999])
@pytest.mark.parametrize(
    "name",
    [
        "meg/neuromag122-raw.fif",
        "eeg/test_utf8_annotations.edf",
        "eeg/multiple_annotation_chans.bdf",
    ],
)
def test_any_cut_of_a_real_file_is_noticed(shared_data, tmp_path, name, share):
    file = _there(shared_data, name)
    part = tmp_path / file.name
    content = file.read_bytes()
    part.write_bytes(content[: int(len(content) * share)])
    with pytest.raises(FileContentError):
        open_recording(part)


@pytest.mark.parametrize("name", ["a.edf", "a.bdf", "a_raw.fif", "a.vhdr", "a.set", "a.con"])
@pytest.mark.parametrize("seed", range(3))
def test_noise_is_an_error_of_ours_whatever_it_is_called(tmp_path, name, seed):
    file = tmp_path / name
    file.write_bytes(np.random.default_rng(seed).bytes(5000))
    with pytest.raises(NeurokitError):
        open_recording(file)


@pytest.mark.parametrize("seed", range(10))
def test_damaged_headers_give_our_errors_or_a_recording(shared_data, tmp_path, seed):
    rng = np.random.default_rng(seed)
    for name in ("eeg/test_utf8_annotations.edf", "meg/neuromag122-raw.fif"):
        file = _there(shared_data, name)
        content = bytearray(file.read_bytes())
        for at in rng.integers(0, 3000, 20):
            content[at] = rng.integers(0, 256)
        damaged = tmp_path / file.name
        damaged.write_bytes(content)
        with contextlib.suppress(NeurokitError):
            assert open_recording(damaged).attrs["schema"] == "neurokit/1"


# Corners


def test_a_zipped_fif_file_is_read_like_the_plain_one(fif, tmp_path):
    zipped = tmp_path / "a_raw.fif.gz"
    zipped.write_bytes(gzip.compress(fif.read_bytes()))
    assert sniff(zipped) == 0.95
    assert_same(
        open_recording(zipped)["activity"].to_dataset(inherit=False),
        open_recording(fif)["activity"].to_dataset(inherit=False),
    )


def test_a_zipped_fif_file_that_was_cut_is_noticed(fif, tmp_path):
    zipped = tmp_path / "a_raw.fif.gz"
    content = gzip.compress(fif.read_bytes())
    zipped.write_bytes(content[: len(content) // 2])
    with pytest.raises(FileContentError, match=r"a_raw\.fif\.gz"):
        open_recording(zipped)


def test_a_folder_of_another_format_is_read_through_mne(shared_data):
    folder = _there(shared_data, "meg/somMDYO-18av.ds")
    assert checked_format(folder) == "ctf"
    found = LOADER.info(folder)
    # CTF's sensors are axial gradiometers, although MNE calls them magnetometers.
    assert found["channel_types"]["MEGGRADAXIAL"] == 151
    assert found["channel_types"]["TRIG"] == 1
    assert found["format"] == "CTF"


def test_a_folder_is_no_file(tmp_path):
    with pytest.raises(FileContentError, match="is a folder"):
        open_recording(tmp_path)


def test_a_recording_with_maxshield_is_opened_only_if_asked_for(fif, tmp_path):
    shielded = tmp_path / "shielded_raw.fif"
    # The only difference on disk is the kind of the block that holds the data: 102 or 119.
    start, kind = (104, 3, 4, 0), struct.Struct(">i")
    head = struct.pack(">iIii", *start)
    content = fif.read_bytes()
    assert content.count(head + kind.pack(102)) == 1
    end = struct.pack(">iIii", 105, 3, 4, 0)
    content = content.replace(head + kind.pack(102), head + kind.pack(119))
    shielded.write_bytes(content.replace(end + kind.pack(102), end + kind.pack(119)))
    with pytest.raises(FileContentError, match="mne cannot open it"):
        open_recording(shielded)
    rec = open_recording(shielded, allow_maxshield=True)
    assert rec["activity"].sizes["time"] == 50


@pytest.mark.parametrize("chunks", [{"time": 20}, {"time": -1, "channel": 1}])
def test_blocks_are_the_whole(fif, chunks):
    lazy = open_recording(fif)
    blocks = lazy.chunk(chunks)
    np.testing.assert_array_equal(blocks["activity"]["signal"], lazy["activity"]["signal"])


def test_a_file_that_is_replaced_is_read_anew(fif, tmp_path):
    file = tmp_path / "b_raw.fif"
    shutil.copy(fif, file)
    before = open_recording(file)["activity"]["signal"].values
    raw = mne.io.read_raw_fif(file, preload=True, verbose=False)
    raw.apply_function(lambda x: 2 * x, verbose=False)
    raw.save(file, overwrite=True, verbose=False)
    np.testing.assert_allclose(open_recording(file)["activity"]["signal"], 2 * before, rtol=1e-6)


def test_neither_sniffing_nor_reading_edf_imports_mne(shared_data, fif):
    file = _there(shared_data, "eeg/eeglab_test.edf")
    code = (
        "import sys; from pathlib import Path; from neurokit_loaders.mne_raw import LOADER;"
        f"assert LOADER.sniff(Path({str(fif)!r})) > 0.9;"
        "assert 'mne' not in sys.modules, 'sniffing';"
        f"LOADER.open(Path({str(file)!r}))['activity']['signal'].load();"
        "assert 'mne' not in sys.modules, 'reading'"
    )
    done = subprocess.run([sys.executable, "-c", code], check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


# From the file to a store, and back to mne


@pytest.mark.parametrize(
    "name",
    [
        n if n in FEW else pytest.param(n, marks=pytest.mark.slow)
        for n in REAL
        if not n.lower().endswith((".edf", ".bdf"))
    ],
)
def test_what_was_opened_goes_back_to_mne_whole(shared_data, name):
    file = _there(shared_data, name)
    raw = mne.io.read_raw(file, preload=False, verbose="ERROR")
    back = nk.to_mne(open_recording(file))
    expected = raw.info.copy()
    with expected._unlock():
        expected["hpi_meas"] = []  # the one field that is not carried
    assert mne.utils.object_diff(expected, back.info) == ""
    assert back.first_samp == raw.first_samp
    np.testing.assert_allclose(back.times, raw.times, rtol=0, atol=1e-9)
    assert back.annotations.description.tolist() == raw.annotations.description.tolist()
    np.testing.assert_allclose(back.annotations.onset, raw.annotations.onset, rtol=0, atol=1e-6)


@pytest.mark.parametrize("name", SWEEP)
def test_only_numbers_and_strings_stand_in_the_attributes(shared_data, name):
    rec = open_recording(_there(shared_data, name), stim_channel=[])
    for node in rec.subtree:
        owners = [node.attrs, *(v.attrs for v in node.variables.values())]
        assert {type(value) for attrs in owners for value in attrs.values()} <= {str, int, float}


@pytest.mark.slow
@pytest.mark.parametrize("suffix", [".nc", ".zarr"])
@pytest.mark.parametrize("name", REAL)
def test_every_real_file_survives_saving(shared_data, tmp_path, name, suffix):
    rec = nk.open(_there(shared_data, name))
    back = nk.open(nk.save(rec, tmp_path / f"a{suffix}"))
    assert_same(rec, back)
    assert not isinstance(back["activity"]["signal"].variable._data, np.ndarray), "it must be lazy"


@pytest.mark.slow
@pytest.mark.parametrize("name", REAL)
def test_every_real_file_crosses_processes(shared_data, name):
    rec = nk.open(_there(shared_data, name))
    assert_same(pickle.loads(pickle.dumps(rec)), rec)


@pytest.mark.slow  # a new process imports everything anew
@pytest.mark.parametrize("name", ["eeg/eeglab_test.edf", "ieeg/sample_ecog_ieeg.fif"])
def test_a_recording_crosses_processes_for_real(shared_data, name):
    rec = open_recording(_there(shared_data, name))
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        total = pool.submit(_total, rec).result(timeout=120)
    assert total == _total(rec)


def _total(rec):
    return float(np.abs(rec["activity"]["signal"].values).sum(dtype=np.float64))


@pytest.mark.parametrize("name", [n for n in REAL if "raw" in n])
def test_finding_codes_are_of_this_loader(shared_data, name):
    rec = open_recording(_there(shared_data, name))
    if "findings" in rec.attrs:
        assert all(f.code.startswith("NK8") for f in findings_from_json(rec.attrs["findings"]))
