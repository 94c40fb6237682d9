"""BIDS datasets end to end: real ones against mne-bids, absent data, damage, laziness."""

import json
import pickle
import shutil

import numpy as np
import pandas as pd
import pytest
from bids_maker import Dataset, brainvision, tsv

import neurokit as nk
from neurokit import schema
from neurokit.errors import FileContentError, LabelError, NeurokitError, OptionError


def _found(rec, code):
    return [f.found for f in schema.validate(rec) if f.code == code]


def _cells(path):
    return pd.read_csv(path, sep="\t", dtype=str, keep_default_na=False, encoding="utf-8-sig")


# -- the real dataset of mne-bids


@pytest.fixture(scope="module")
def tiny(shared_data):
    return shared_data / "eeg/tiny_bids"


@pytest.fixture(scope="module")
def tiny_rec(tiny):
    return nk.open(tiny)


def test_values_and_times_are_those_of_the_formats_own_library(tiny, tiny_rec):
    mne = pytest.importorskip("mne")
    folder = tiny / "sub-01/ses-eeg/eeg"
    raw = mne.io.read_raw_brainvision(
        folder / "sub-01_ses-eeg_task-rest_eeg.vhdr", preload=True, verbose="ERROR"
    )
    signal = tiny_rec["activity/signal"]
    np.testing.assert_array_equal(signal.values, raw.get_data().T.astype(np.float32))
    np.testing.assert_allclose(signal.time.values, raw.times, atol=1e-9)
    assert signal.channel.values.tolist() == raw.ch_names


def test_labels_types_bads_and_dates_are_those_of_mne_bids(tiny, tiny_rec):
    mne_bids = pytest.importorskip("mne_bids")
    path = mne_bids.BIDSPath(root=tiny, subject="01", session="eeg", task="rest", datatype="eeg")
    raw = mne_bids.read_raw_bids(path, verbose="ERROR")
    group = tiny_rec.activity
    words = {"eeg": "EEG", "ecg": "ECG", "eog": "EOG", "gsr": "GSR", "temperature": "TEMP"}
    assert group.channel_type.values.tolist() == [words[t] for t in raw.get_channel_types()]
    assert group.channel.values[group.bad.values].tolist() == raw.info["bads"]
    assert tiny_rec.attrs["start_time"] == raw.info["meas_date"].isoformat()
    assert group.attrs["line_frequency"] == raw.info["line_freq"]
    onset = tiny_rec["events/onset"].values
    np.testing.assert_allclose(onset, np.sort(raw.annotations.onset), atol=1e-9)
    kinds = tiny_rec["events/trial_type"].values.tolist()
    assert kinds == [str(d) for d in raw.annotations.description[np.argsort(raw.annotations.onset)]]


def test_units_say_what_the_numbers_are(tiny_rec):
    units = dict(zip(tiny_rec.activity.channel.values, tiny_rec.activity.unit.values, strict=True))
    assert (units["Cz"], units["GSR"], units["Temperature"]) == ("V", "S", "degC")


def test_positions_and_frame_are_those_of_the_tables(tiny, tiny_rec):
    stated = _cells(tiny / "sub-01/ses-eeg/eeg/sub-01_ses-eeg_electrodes.tsv").set_index("name")
    position = tiny_rec.activity.position
    assert position.attrs["coordinate_frame"] == "CapTrak"
    for name, row in stated.iterrows():
        expected = row[["x", "y", "z"]].astype(float).to_numpy()
        np.testing.assert_array_equal(position.sel(channel=name).values, expected)
    assert not np.isfinite(position.sel(channel="ECG").values).any()


@pytest.mark.parametrize(
    ("attr", "file"),
    [
        ("bids_channels", "eeg/sub-01_ses-eeg_task-rest_channels.tsv"),
        ("bids_electrodes", "eeg/sub-01_ses-eeg_electrodes.tsv"),
    ],
)
def test_tables_are_there_word_for_word(tiny, tiny_rec, attr, file):
    expected = _cells(tiny / "sub-01/ses-eeg" / file)
    stated = pd.DataFrame(json.loads(tiny_rec.attrs[attr]))
    pd.testing.assert_frame_equal(stated.astype(object), expected.astype(object))


def test_what_does_not_agree_in_the_real_dataset_is_said(tiny_rec):
    # The sidecar promises 0.9998 s; the file holds 10 000 samples at 5000 Hz.
    assert _found(tiny_rec, "NK885") == ["RecordingDuration is 0.9998 s, the data file lasts 2 s"]
    assert "there are also spaces 'CapTrak'" in _found(tiny_rec, "NK887")[0]
    assert schema.validate(tiny_rec).ok


@pytest.mark.parametrize("part", ["", "sub-01", "sub-01/ses-eeg", "sub-01/ses-eeg/eeg"])
def test_every_level_opens_the_same_recording(tiny, tiny_rec, part):
    nk.testing.assert_same(nk.open(tiny / part), tiny_rec)


def test_the_data_file_itself_opens_with_its_tables_if_asked_for(tiny, tiny_rec):
    file = tiny / "sub-01/ses-eeg/eeg/sub-01_ses-eeg_task-rest_eeg.vhdr"
    rec = nk.open(file, "bids")
    nk.testing.assert_same(rec, tiny_rec)
    assert nk.open(file).attrs["loader"] == "mne.raw"


def test_it_survives_both_stores(tmp_path):
    dataset = Dataset(tmp_path / "ds", marks=[("S  1", 100)])
    rec = nk.open(dataset.root, events="both")
    for name in ("a.nc", "a.zarr"):
        nk.testing.assert_same(nk.open(nk.save(rec, tmp_path / name)), rec)


def test_it_goes_to_mne_with_types_bads_and_places(tiny_rec):
    raw = nk.to_mne(tiny_rec)
    assert raw.get_channel_types(["Cz", "HEOG", "GSR"]) == ["eeg", "eog", "gsr"]
    assert raw.info["line_freq"] == 60.0
    place = raw.info["chs"][raw.ch_names.index("Fp1")]["loc"][:3]
    np.testing.assert_allclose(place, [-0.0374127, 0.11102138, 0.04987089], atol=1e-7)


def test_info_reads_no_data(tiny, monkeypatch):
    monkeypatch.setattr("neurokit_loaders.mne_lazy.WindowArray.read", None)
    found = nk.info(tiny)
    assert found["format"] == "BIDS (BrainVision)"
    assert (found["subject"], found["task"], found["n_channels"]) == ("01", "rest", 69)


# -- the real dataset whose data file is empty


def test_an_empty_data_file_is_an_error_that_says_what_opens(shared_data):
    with pytest.raises(FileContentError, match=r"ieeg\.eeg: is empty.*signals=False"):
        nk.open(shared_data / "ieeg/bids_ieeg_visual_sub-01_ses-01")


def test_the_tables_of_a_dataset_open_without_its_signals(shared_data):
    root = shared_data / "ieeg/bids_ieeg_visual_sub-01_ses-01"
    rec = nk.open(root, signals=False)
    assert dict(rec.activity.sizes) == {"time": 0, "channel": 118, "space": 3}
    assert rec.attrs["modality"] == "ecog"
    assert rec.activity.attrs["sampling_rate"] == 3051.76
    stem = root / "ieeg/sub-01_ses-01"
    electrodes = _cells(f"{stem}_electrodes.tsv")
    known = electrodes["x"] != "n/a"
    expected = electrodes.loc[known, ["x", "y", "z"]].astype(float).to_numpy() / 1000
    np.testing.assert_allclose(rec.activity.position.values[known], expected, atol=1e-15)
    assert np.isnan(rec.activity.position.values[~known]).all()
    assert rec.activity.position.attrs["coordinate_frame"] == "ACPC"
    channels = _cells(f"{stem}_task-visual_run-01_channels.tsv")
    bads = channels.loc[channels["status"] == "bad", "name"].tolist()
    assert rec.activity.channel.values[rec.activity.bad.values].tolist() == bads
    events = _cells(f"{stem}_task-visual_run-01_events.tsv")
    np.testing.assert_array_equal(rec["events/onset"].values, events["onset"].astype(float))
    assert rec["events/trial_type"].values.tolist() == events["trial_type"].tolist()
    assert rec["events/stim_file"].values.tolist() == events["stim_file"].tolist()
    assert "opened without its signals" in _found(rec, "NK880")[0]
    assert schema.validate(rec).ok


def test_contacts_and_regions_of_a_real_implantation_are_kept(shared_data):
    stem = "ieeg/ieeglab_dataset_seeg_sub-02_ses-ieeg01"
    rec = nk.open(
        shared_data / f"{stem}_task-ccep_run-01_events.tsv",
        "bids",
        signals=False,
        channel_type="SEEG",
        position_unit="mm",
    )
    stated = _cells(shared_data / f"{stem}_electrodes.tsv")
    group = rec.activity
    assert group.channel.values.tolist() == stated["name"].tolist()
    assert group.region.values.tolist() == stated["Destrieux_label_text"].tolist()
    assert group.hemisphere.values.tolist() == stated["hemisphere"].tolist()
    assert group.attrs.get("sampling_rate") is None
    np.testing.assert_allclose(group.position.values[:, 0], stated["x"].astype(float) / 1000)
    rebuilt = [f"{s}{c}" for s, c in zip(group.shaft.values, group.contact.values, strict=True)]
    assert rebuilt == stated["name"].tolist()
    assert rec["events"].sizes["event"] == 169
    sites = rec["events/electrical_stimulation_site"].values
    assert sites[0] == "ROP1-ROP2"


def test_a_table_alone_is_not_taken_for_a_recording(shared_data):
    path = shared_data / "ieeg/ieeglab_dataset_ecog_sub-02_ses-01_electrodes.tsv"
    with pytest.raises(FileContentError, match="is a table beside a recording"):
        nk.open(path, "bids")
    rec = nk.open(path, "bids", signals=False, channel_type="ECOG", position_unit="mm")
    assert rec.activity.sizes["channel"] == 96
    assert "events" not in rec.children


# -- missing sidecars


def test_missing_sidecars_are_listed_and_the_header_is_used(shared_corrupt):
    rec = nk.open(shared_corrupt / "07_bids_missing_sidecar")
    said = [f for f in _found(rec, "NK880") if f.startswith("not there")]
    assert said == ["not there: *_channels.tsv, *_eeg.json"]
    assert rec.activity.sizes["channel"] == 69
    assert rec.activity.attrs["sampling_rate"] == 5000.0
    assert rec["events"].sizes["event"] == 2


def test_with_all_tables_absent_the_data_file_still_opens(tmp_path):
    brainvision(tmp_path / "eeg/sub-01_task-talk_eeg.vhdr", ["Cz"])
    rec = nk.open(tmp_path)
    missed = _found(rec, "NK880")[0]
    for name in ("*_channels.tsv", "*_eeg.json", "*_events.tsv", "dataset_description.json"):
        assert name in missed
    assert rec["activity/signal"].shape == (1000, 1)


@pytest.mark.parametrize("table", ["channels", "electrodes", "events"])
def test_a_damaged_table_is_an_error_and_can_be_left_out(tmp_path, table):
    dataset = Dataset(tmp_path)
    task = "" if table == "electrodes" else "_task-talk"
    path = dataset.path(table, ".tsv", task)
    path.write_text("name\tonset\nA\n", encoding="utf-8")
    with pytest.raises(FileContentError, match=f"{table}.tsv: line 2 has 1 cells"):
        nk.open(tmp_path)
    rec = nk.open(tmp_path, without=table)
    assert f"bids_{table}" not in rec.attrs
    assert rec["activity/signal"].shape == (1000, 3)


def test_an_unknown_table_cannot_be_left_out(tmp_path):
    with pytest.raises(OptionError, match="Tables are channels, electrodes, events"):
        nk.open(Dataset(tmp_path).root, without="evnts")


# -- absent or damaged data


def test_a_link_of_git_annex_without_its_content_is_named(tmp_path):
    dataset = Dataset(tmp_path)
    dataset.header.unlink()
    dataset.header.symlink_to("../../.git/annex/objects/xy/MD5E-s1.vhdr")
    with pytest.raises(FileContentError, match=r"pointer of git-annex.*datalad get.*signals=False"):
        nk.open(tmp_path)
    assert nk.open(tmp_path, signals=False).activity.sizes["channel"] == 3


def test_a_pointer_file_of_git_annex_is_named(tmp_path):
    dataset = Dataset(tmp_path)
    dataset.header.write_text("/annex/objects/MD5E-s1--0.vhdr\n", encoding="utf-8")
    with pytest.raises(FileContentError, match="pointer of git-annex"):
        nk.open(tmp_path)


@pytest.mark.parametrize("share", [0.0, 0.1, 0.5, 0.999])
def test_a_cut_data_file_never_opens_as_whole(tmp_path, share):
    dataset = Dataset(tmp_path)
    data = dataset.header.with_suffix(".eeg")
    content = data.read_bytes()
    data.write_bytes(content[: int(len(content) * share) // 6 * 6 + (1 if share else 0)])
    with pytest.raises(FileContentError, match=r"\.eeg"):
        nk.open(tmp_path)


def test_a_missing_companion_is_named(tmp_path):
    dataset = Dataset(tmp_path)
    dataset.header.with_suffix(".eeg").unlink()
    with pytest.raises(FileContentError, match="companion .*eeg with the samples is missing"):
        nk.open(tmp_path)


def test_a_format_that_no_loader_reads_is_said(tmp_path):
    dataset = Dataset(tmp_path)
    for extension in (".vhdr", ".vmrk", ".eeg"):
        dataset.path("eeg", extension).unlink()
    dataset.path("eeg", ".mefd").mkdir()
    (dataset.path("eeg", ".mefd") / "x").write_bytes(b"x")
    with pytest.raises(NeurokitError, match=r"sub-01_task-talk_eeg\.mefd"):
        nk.open(tmp_path)


def test_without_signals_and_without_tables_there_is_nothing(tmp_path):
    brainvision(tmp_path / "eeg/sub-01_task-talk_eeg.vhdr", ["Cz"])
    with pytest.raises(FileContentError, match="names a channel"):
        nk.open(tmp_path, signals=False)


def test_without_signals_the_data_file_has_no_options(tmp_path):
    with pytest.raises(OptionError, match="file_options"):
        nk.open(Dataset(tmp_path).root, signals=False, file_options={"unit": "uV"})


def test_options_of_the_data_file_are_checked_by_its_loader(tmp_path):
    with pytest.raises(OptionError, match=r"loader mne\.raw has no option 'units'"):
        nk.open(Dataset(tmp_path).root, file_options={"units": "uV"})


def test_an_unknown_channel_type_is_refused(tmp_path):
    with pytest.raises(OptionError, match="channel_type"):
        nk.open(Dataset(tmp_path).root, channel_type="SEGG")


# -- several recordings


@pytest.fixture
def several(tmp_path):
    dataset = Dataset(tmp_path)
    for subject in ("02", "03"):
        shutil.copytree(tmp_path / "sub-01", tmp_path / f"sub-{subject}")
        for path in list((tmp_path / f"sub-{subject}").rglob("*.*")):
            text = path.read_bytes().replace(b"sub-01", f"sub-{subject}".encode())
            path.unlink()
            path.with_name(path.name.replace("sub-01", f"sub-{subject}")).write_bytes(text)
    rows = [[f"sub-{i:02d}", 20 + i] for i in (1, 2, 3)]
    tsv(tmp_path / "participants.tsv", "participant_id age", rows)
    return dataset


def test_which_of_several_is_said_with_an_entity(several):
    rec = nk.open(several.root, subject="02")
    assert rec.attrs["subject"] == "02"
    assert json.loads(rec.attrs["bids_participant"])["age"] == "22"
    assert nk.open(several.root / "sub-03").attrs["subject"] == "03"


def test_several_without_a_choice_are_an_error(several):
    with pytest.raises(LabelError, match="3 recordings fit.*subject='01'; subject='02'"):
        nk.open(several.root)


def test_info_lists_what_a_dataset_holds(several):
    found = nk.info(several.root)
    assert found["n_recordings"] == 3
    assert found["subjects"] == ["01", "02", "03"]
    assert found["tasks"] == ["talk"]
    assert found["title"] == "made"
    assert found["files"][1] == "sub-02/eeg/sub-02_task-talk_eeg.vhdr"


# -- form


def test_opening_reads_no_sample_and_a_window_reads_a_window(tmp_path, monkeypatch):
    from neurokit_loaders.mne_lazy import MneArray

    asked = []
    window = MneArray.window

    def watched(self, start, stop, channels):
        asked.append((start, stop, list(channels)))
        return window(self, start, stop, channels)

    monkeypatch.setattr(MneArray, "window", watched)
    rec = nk.open(Dataset(tmp_path).root)
    assert asked == []
    rec["activity/signal"].isel(time=slice(100, 120), channel=1).load()
    assert asked == [(100, 120, [1])]


def test_a_recording_crosses_processes(tmp_path):
    rec = nk.open(Dataset(tmp_path).root)
    copy = pickle.loads(pickle.dumps(rec))
    nk.testing.assert_same(copy, rec)


def test_the_loaders_options_and_those_of_the_file_are_told_apart(tmp_path):
    rec = nk.open(Dataset(tmp_path).root, events="both", file_options={"stim_channel": []})
    assert (rec.attrs["loader"], rec.attrs["file_loader"]) == ("bids", "mne.raw")
    options = json.loads(rec.attrs["loader_options"])
    assert options == {"events": "both", "file_options": {"stim_channel": []}}
    assert json.loads(rec.attrs["file_loader_options"]) == {"stim_channel": []}


def test_findings_of_the_data_files_loader_are_kept(tmp_path):
    dataset = Dataset(tmp_path)
    rec = nk.open(dataset.root, file_options={"unit": "uV"})
    own = nk.open(dataset.header, unit="uV")
    kept = {f.found for f in schema.validate(rec)}
    assert {f.found for f in schema.validate(own) if f.code == "NK850"} <= kept
    assert schema.validate(rec).ok


def test_groups_at_other_rates_get_their_tables_too(tmp_path):
    from edf_writer import File, Signal

    dataset = Dataset(tmp_path, ["EEG1", "EMG1"])
    for extension in (".vhdr", ".vmrk", ".eeg"):
        dataset.path("eeg", extension).unlink()
    signals = [Signal("EEG1", np.arange(200), 100), Signal("EMG1", np.arange(400), 200)]
    File(signals, n_records=2).write(dataset.path("eeg", ".edf"))
    dataset.channels([["EEG1", "EEG", "uV", "bad"], ["EMG1", "EMG", "uV", "bad"]])
    rec = nk.open(dataset.root)
    groups = [g for g in rec.subtree if "channel" in g.coords]
    assert len(groups) == 2
    bads = {
        str(n): bool(b) for g in groups for n, b in zip(g.channel.values, g.bad.values, strict=True)
    }
    kinds = {str(g.channel_type.values[0]) for g in groups}
    assert (bads, kinds) == ({"EEG1": True, "EMG1": True}, {"EEG", "EMG"})


# -- damage of any kind


def _damage(content, generator):
    """Return a file cut, with flipped bits, a zeroed block, a lost line or a doubled tab."""
    kind = generator.integers(5)
    at = int(generator.integers(len(content)))
    if kind == 0:
        return content[:at]
    damaged = bytearray(content)
    if kind == 1:
        for place in generator.integers(len(content), size=8):
            damaged[place] ^= 1 << int(generator.integers(8))
    elif kind == 2:
        damaged[at : at + 64] = bytes(len(damaged[at : at + 64]))
    elif kind == 3:
        lines = content.split(b"\n")
        del lines[at % len(lines)]
        damaged = bytearray(b"\n".join(lines))
    else:
        damaged[at:at] = b"\t"
    return bytes(damaged)


def _open_damaged(root, n_cases, seed):
    """Open a dataset with one table or sidecar damaged at a time; return files and errors."""
    generator = np.random.default_rng(seed)
    files = sorted([*root.rglob("*.tsv"), *root.rglob("*.json")])
    errors = []
    for _ in range(n_cases):
        file = files[generator.integers(len(files))]
        content = file.read_bytes()
        file.write_bytes(_damage(content, generator))
        try:
            rec = nk.open(root)
            assert rec["activity/signal"].shape == (1000, 3)
        except NeurokitError as error:
            errors.append((file.name, error))
        file.write_bytes(content)
    return errors


def _check_damaged(root, n_cases, seed):
    errors = _open_damaged(root, n_cases, seed)
    assert 0 < len(errors) < n_cases
    for name, error in errors:
        assert name in str(error)
        assert error.mend


def test_damage_of_a_table_is_an_error_with_its_name_or_a_finding(tmp_path):
    _check_damaged(Dataset(tmp_path).root, 25, seed=1)


@pytest.mark.slow
def test_damage_of_a_table_is_never_another_error(tmp_path):
    _check_damaged(Dataset(tmp_path).root, 150, seed=2)
