"""Recordings of ten makers and systems go to a recording and back, and nothing of them is lost.

What is not carried is said in `from_mne`: hpi_meas, and digits beyond single precision.
"""

from pathlib import Path

import mne
import numpy as np
import pytest

from neurokit.interchange import from_mne, to_mne


def _cnt(path, **more):
    return mne.io.read_raw_cnt(path, data_format="int16", **more)


LAY = "ieeg/Persyst/sub-pt1_ses-02_task-monitor_acq-ecog_run-01_clip2.lay"
FILES = {
    "meg/sample_audvis_trunc_raw_sss.fif": mne.io.read_raw_fif,
    "meg/141027_cropped_90Hz_raw.fif": mne.io.read_raw_fif,
    "meg/neuromag122-raw.fif": mne.io.read_raw_fif,
    "ieeg/sample_ecog_ieeg.fif": mne.io.read_raw_fif,
    "meg/MQKIT_125_2sec.con": mne.io.read_raw_kit,
    "meg/kit_motor_task_tiny_1s.con": mne.io.read_raw_kit,
    "meg/somMDYO-18av.ds": mne.io.read_raw_ctf,
    "eeg/test_reduced.edf": mne.io.read_raw_edf,
    "eeg/test_utf8_annotations.edf": mne.io.read_raw_edf,
    "eeg/multiple_annotation_chans.bdf": mne.io.read_raw_bdf,
    "eeg/tiny_bids/sub-01/ses-eeg/eeg/sub-01_ses-eeg_task-rest_eeg.vhdr": (
        mne.io.read_raw_brainvision
    ),
    "eeg/eeglab_data.set": mne.io.read_raw_eeglab,
    "eeg/ant_CA_208.cnt": mne.io.read_raw_ant,
    "eeg/scan41_short.cnt": _cnt,
    "ieeg/NihonKohden/MB0400FU.EEG": mne.io.read_raw_nihon,
    LAY: mne.io.read_raw_persyst,
}


@pytest.fixture(scope="module", params=FILES)
def pair(request, shared_data):
    file = Path(shared_data) / request.param
    if not file.exists():
        pytest.skip(f"{request.param} is not at hand")
    raw = FILES[request.param](file, verbose="ERROR")
    if raw.info["line_freq"] is None:
        raw.info["line_freq"] = 50.0
    raw.info["bads"] = raw.ch_names[1:3]
    return raw, to_mne(from_mne(raw))


def test_there_are_at_least_ten_different_files():
    assert len(FILES) >= 10
    assert len({Path(name).suffix for name in FILES}) >= 10


def test_data_are_the_same_in_single_precision(pair):
    raw, back = pair
    assert back.ch_names == raw.ch_names
    np.testing.assert_array_equal(
        back.get_data().astype(np.float32), raw.get_data().astype(np.float32)
    )


def test_types_positions_filters_and_bads_are_the_same(pair):
    raw, back = pair
    assert back.get_channel_types() == raw.get_channel_types()
    for a, b in zip(raw.info["chs"], back.info["chs"], strict=True):
        np.testing.assert_array_equal(a["loc"], b["loc"])
        assert a["coord_frame"] == b["coord_frame"]
    for key in ("bads", "highpass", "lowpass", "line_freq", "sfreq"):
        assert back.info[key] == raw.info[key]


def test_the_whole_info_is_the_same(pair):
    raw, back = pair
    expected = raw.info.copy()
    with expected._unlock():
        expected["hpi_meas"] = []
        if expected["kit_system_id"] is not None:
            expected["kit_system_id"] = int(expected["kit_system_id"])  # mne has a numpy.int32
    assert mne.utils.object_diff(expected, back.info) == ""


def test_projectors_are_the_same_and_not_applied(pair):
    raw, back = pair
    assert len(back.info["projs"]) == len(raw.info["projs"])
    for a, b in zip(raw.info["projs"], back.info["projs"], strict=True):
        assert (a["desc"], a["active"], a["kind"]) == (b["desc"], b["active"], b["kind"])
        np.testing.assert_array_equal(a["data"]["data"], b["data"]["data"])


def test_dates_and_clocks_are_the_same(pair):
    raw, back = pair
    assert back.info["meas_date"] == raw.info["meas_date"]
    assert back.first_samp == raw.first_samp
    np.testing.assert_allclose(back.times, raw.times, rtol=0, atol=1e-9)


def test_annotations_are_the_same(pair):
    raw, back = pair
    order = np.argsort(raw.annotations.onset, kind="stable")
    assert back.annotations.description.tolist() == raw.annotations.description[order].tolist()
    for field in ("onset", "duration"):
        np.testing.assert_allclose(
            getattr(back.annotations, field),
            getattr(raw.annotations, field)[order],
            rtol=0,
            atol=1e-6,  # mne stores dates in microseconds
        )
    names = [tuple(names or ()) for names in raw.annotations.ch_names]
    assert [tuple(n or ()) for n in back.annotations.ch_names] == [names[i] for i in order]


def test_projectors_are_among_what_is_tested(shared_data):
    file = Path(shared_data) / "meg/141027_cropped_90Hz_raw.fif"
    other = Path(shared_data) / "meg/sample_audvis_trunc_raw_sss.fif"
    found = [mne.io.read_raw_fif(f, verbose="ERROR").info["projs"] for f in (file, other)]
    assert any(found)
