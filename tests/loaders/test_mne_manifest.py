"""Recordings of many makers as a stranger's library reads them, by their bare path.

Oracles: mne with the maker's own reader. FIF, EDF, BDF and BrainVision are compared in
test_mne_raw.py, Neuralynx and Blackrock with neo in their own files.
"""

import pickle
from pathlib import Path

import mne
import numpy as np
import pytest

import neurokit as nk
from neurokit.interchange.mne_channels import udunits
from neurokit.interchange.mne_info import channel_types
from neurokit.testing import assert_same

LAY = "ieeg/Persyst/sub-pt1_ses-02_task-monitor_acq-ecog_run-01_clip2.lay"
READERS = {
    "eeg/ant_CA_208.cnt": mne.io.read_raw_ant,
    "eeg/scan41_short.cnt": lambda path, **more: mne.io.read_raw_cnt(
        path, data_format="int16", **more
    ),
    "eeg/eeglab_data.set": mne.io.read_raw_eeglab,
    "eeg/test_raw_2021.set": mne.io.read_raw_eeglab,
    "ieeg/NihonKohden/MB0400FU.EEG": mne.io.read_raw_nihon,
    LAY: mne.io.read_raw_persyst,
    "meg/MQKIT_125_2sec.con": mne.io.read_raw_kit,
    "meg/kit_motor_task_tiny_1s.con": mne.io.read_raw_kit,
    "meg/somMDYO-18av.ds": mne.io.read_raw_ctf,
}
FRAMES = {4: "head", 1: "meg", 1001: "ctf_meg", 0: "unknown"}


@pytest.fixture(scope="module")
def opened(shared_data):
    kept = {}

    def both(name):
        if name not in kept:
            path = Path(shared_data) / name
            if not path.exists():
                pytest.skip(f"{name} is not at hand")
            raw = READERS[name](path, verbose="ERROR")
            kept[name] = (nk.open(path), raw)
        return kept[name]

    return both


def _signals(rec):
    for node in rec.subtree:
        if "signal" in node.data_vars:
            yield node.to_dataset(inherit=False)


@pytest.mark.parametrize("name", READERS)
def test_every_channel_has_the_values_of_its_library(opened, name):
    rec, raw = opened(name)
    seen = []
    for group in _signals(rec):
        names = group["channel"].values.tolist()
        seen += names
        np.testing.assert_allclose(
            group["signal"].values, raw.get_data(picks=names).T, rtol=2e-7, atol=1e-30
        )
        assert group["signal"].dtype == np.float32
    assert sorted(seen) == sorted(raw.ch_names)


@pytest.mark.parametrize("name", READERS)
def test_times_follow_the_header(opened, name):
    rec, raw = opened(name)
    group = rec["activity"]
    assert group.attrs["sampling_rate"] == raw.info["sfreq"]
    np.testing.assert_allclose(group["time"], raw.times, rtol=0, atol=1e-9)
    assert group.attrs["time_offset"] == pytest.approx(raw.first_time, abs=1e-9)
    date = raw.info["meas_date"]
    assert rec.attrs["start_time"] == ("" if date is None else date.isoformat())


@pytest.mark.parametrize("name", READERS)
def test_types_units_and_bads_are_kept(opened, name):
    rec, raw = opened(name)
    kinds = dict(zip(raw.ch_names, channel_types(raw.info), strict=True))
    units = {ch["ch_name"]: int(ch["unit"]) for ch in raw.info["chs"]}
    for group in _signals(rec):
        names = group["channel"].values.tolist()
        assert group["channel_type"].values.tolist() == [kinds[n] for n in names]
        assert group["unit"].values.tolist() == [udunits(units[n], kinds[n]) for n in names]
        bads = [n for n, bad in zip(names, group["bad"].values, strict=True) if bad]
        assert sorted(bads) == sorted(set(names) & set(raw.info["bads"]))


@pytest.mark.parametrize("name", READERS)
def test_positions_and_frames_are_kept(opened, name):
    rec, raw = opened(name)
    group = rec["activity"].to_dataset()
    places = {ch["ch_name"]: ch["loc"][:3] for ch in raw.info["chs"]}
    known = {n for n, xyz in places.items() if np.isfinite(xyz).all() and np.any(xyz)}
    names = group["channel"].values.tolist()
    if not known & set(names):
        assert "position" not in group
        return
    expected = [places[n] if n in known else [np.nan] * 3 for n in names]
    np.testing.assert_allclose(group["position"], expected, rtol=0, atol=1e-12)
    frames = {FRAMES[int(ch["coord_frame"])] for ch in raw.info["chs"] if ch["ch_name"] in known}
    said = group["position"].attrs["coordinate_frame"]
    if group["position"].attrs["units"] == "m":
        assert said == (frames.pop() if len(frames) == 1 else "per channel")


@pytest.mark.parametrize("name", READERS)
def test_annotations_and_codes_are_events(opened, name):
    rec, raw = opened(name)
    marks = raw.annotations
    found = rec["events"].to_dataset() if "events" in rec.children else None
    if found is None:
        assert len(marks) == 0
        return
    rows = found.isel(event=np.flatnonzero(found["source"].values == "annotation"))
    order = np.argsort(marks.onset, kind="stable")
    assert rows["trial_type"].values.tolist() == marks.description[order].tolist()
    np.testing.assert_allclose(
        rows["onset"], marks.onset[order] - raw.first_time, rtol=0, atol=1e-9
    )
    np.testing.assert_allclose(rows["duration"], marks.duration[order], rtol=0, atol=1e-9)
    n_codes = found.sizes["event"] - rows.sizes["event"]
    if "stim" in raw.get_channel_types():
        assert n_codes == len(mne.find_events(raw, shortest_event=0, verbose="ERROR"))
    else:
        assert n_codes == 0


@pytest.mark.parametrize("name", READERS)
def test_filters_and_the_contract_are_kept(opened, name):
    rec, raw = opened(name)
    assert rec["activity"].attrs["highpass"] == raw.info["highpass"]
    assert rec["activity"].attrs["lowpass"] == raw.info["lowpass"]
    assert nk.validate(rec).ok
    assert rec.attrs["loader"] == "mne.raw"


@pytest.mark.parametrize("name", READERS)
def test_a_window_is_read_alone_in_any_process(opened, name):
    rec, raw = opened(name)
    picks = rec["activity"]["channel"].values.tolist()
    again = pickle.loads(pickle.dumps(rec))["activity"]["signal"][100:140]
    np.testing.assert_allclose(
        again.values, raw.get_data(picks=picks, start=100, stop=140).T, rtol=2e-7, atol=1e-30
    )


@pytest.mark.slow
@pytest.mark.parametrize("suffix", [".nc", ".zarr"])
@pytest.mark.parametrize("name", [n for n in READERS if n != "eeg/eeglab_data.set"])
def test_every_recording_survives_both_stores(opened, tmp_path, name, suffix):
    rec, _ = opened(name)
    assert_same(nk.open(nk.save(rec, tmp_path / f"a{suffix}")), rec)


def test_info_agrees_with_what_is_opened(opened, shared_data):
    for name in READERS:
        rec, _ = opened(name)
        found = nk.info(Path(shared_data) / name)
        assert found["n_times"] == rec["activity"].sizes["time"]
        assert found["sampling_rate"] == rec["activity"].attrs["sampling_rate"]
        assert found["modality"] == rec.attrs["modality"]
        assert found["n_channels"] == sum(g.sizes["channel"] for g in _signals(rec))
