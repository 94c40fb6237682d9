"""mne.Info as strict JSON and back, and what of it the tree holds itself."""

import json
from datetime import UTC, datetime

import mne
import numpy as np
import pytest
from scipy.sparse import csc_array, issparse

from neurokit.interchange.mne_info import (
    assemble,
    channel_coords,
    channel_positions,
    channel_types,
    group_attrs,
    info_from_json,
    info_to_json,
    unit_number,
    who_and_when,
)


def _back(info):
    carried = info_from_json(info_to_json(info))
    base = mne.create_info(info.ch_names, info["sfreq"], info.get_channel_types(), verbose=False)
    return assemble(base, carried)


def test_json_is_strict_and_has_no_nan(raw):
    raw.info["chs"][4]["loc"] = np.full(12, np.nan)
    text = info_to_json(raw.info)
    assert "NaN" not in text
    json.loads(text, parse_constant=lambda word: pytest.fail(f"{word} is no JSON"))


def test_positions_that_are_nan_come_back_as_nan(raw):
    raw.info["chs"][4]["loc"] = np.full(12, np.nan)
    raw.info["chs"][3]["loc"][3:] = np.nan
    back = _back(raw.info)
    for a, b in zip(raw.info["chs"], back["chs"], strict=True):
        np.testing.assert_array_equal(a["loc"], b["loc"])


def test_what_the_tree_holds_is_not_said_twice(raw):
    keys = set(json.loads(info_to_json(raw.info)))
    assert not keys & {"bads", "sfreq", "highpass", "lowpass", "line_freq", "meas_date", "ch_names"}


@pytest.mark.parametrize(
    "key",
    ["dev_head_t", "projs", "experimenter", "description", "subject_info", "device_info", "chs"],
)
def test_fields_come_back_equal(raw, key):
    assert mne.utils.object_diff(raw.info[key], _back(raw.info)[key]) == ""


def test_projections_come_back_as_projections_that_are_not_applied(raw):
    (proj,) = _back(raw.info)["projs"]
    assert isinstance(proj, mne.Projection)
    assert not proj["active"]


def test_digitised_points_come_back(raw):
    montage = mne.channels.make_dig_montage(
        {"EEG 001": [0.0, 0.05, 0.06], "EEG 002": [0.05, 0.0, 0.06]},
        nasion=[0, 0.1, 0],
        lpa=[-0.08, 0, 0],
        rpa=[0.08, 0, 0],
        coord_frame="head",
    )
    raw.set_montage(montage, verbose=False)
    assert mne.utils.object_diff(raw.info["dig"], _back(raw.info)["dig"]) == ""


def test_sparse_matrices_of_the_processing_history_come_back(raw):
    matrix = csc_array(np.array([[1.0, 0.0, 0.5], [0.0, 0.0, 0.0]]))
    with raw.info._unlock():
        raw.info["proc_history"] = [
            {"max_info": {"sss_ctc": {"decoupler": matrix}}, "date": (1, 2)}
        ]
    found = _back(raw.info)["proc_history"][0]["max_info"]["sss_ctc"]["decoupler"]
    assert issparse(found)
    np.testing.assert_array_equal(found.toarray(), matrix.toarray())


def test_raw_coil_signals_of_head_localisation_are_left_out(raw):
    with raw.info._unlock():
        raw.info["hpi_meas"] = [{"hpi_coils": [{"epoch": np.zeros((3, 100))}]}]
    assert "hpi_meas" not in json.loads(info_to_json(raw.info))
    assert raw.info["hpi_meas"], "the info that was given must stay as it is"


def test_an_info_without_anything_is_no_obstacle():
    info = mne.create_info(2, 10.0, "misc", verbose=False)
    assert mne.utils.object_diff(info, _back(info)) == ""


def test_no_json_is_no_info():
    assert info_from_json("") == {}


def test_types_of_all_channels_are_bids_types(raw):
    expected = ["MEGMAG", "MEGGRADPLANAR", "EEG", "EEG", "EOG", "TRIG"]
    assert channel_types(raw.info) == expected


def test_coords_have_type_unit_and_bad(raw):
    coords = channel_coords(raw.info, [0, 1, 3, 5])
    assert coords["channel_type"] == ["MEGMAG", "MEGGRADPLANAR", "EEG", "TRIG"]
    assert coords["unit"] == ["T", "T/m", "V", "1"]
    assert coords["bad"] == [False, False, True, False]


def test_frames_are_said_per_channel_only_where_they_differ(raw):
    mixed = channel_coords(raw.info, [0, 2, 4])
    assert mixed["coordinate_frame"] == ["meg", "head", ""]
    assert "coordinate_frame" not in channel_coords(raw.info, [2, 3, 4])


def test_positions_are_metres_in_the_frame_of_the_sensors(raw):
    position, attrs = channel_positions(raw.info, [2, 3])
    np.testing.assert_array_equal(position, [ch["loc"][:3] for ch in raw.info["chs"][2:4]])
    assert position.dtype == np.float64
    assert attrs == {"units": "m", "coordinate_frame": "head"}


def test_positions_in_several_frames_say_so(raw):
    assert channel_positions(raw.info, [0, 2])[1]["coordinate_frame"] == "per channel"


@pytest.mark.parametrize("unknown", [np.zeros(12), np.full(12, np.nan)])
def test_zeros_and_nan_are_no_position(raw, unknown):
    raw.info["chs"][3]["loc"] = unknown
    position, _ = channel_positions(raw.info, [2, 3])
    assert np.isnan(position[1]).all()
    assert channel_positions(raw.info, [3]) is None


def test_filters_and_line_frequency_become_attributes(raw):
    attrs = group_attrs(raw.info)
    assert (attrs["highpass"], attrs["lowpass"], attrs["line_frequency"]) == (0.1, 40.0, 50.0)
    assert all(type(value) in (float, str) for value in attrs.values())


def test_an_unknown_line_frequency_is_not_invented(raw):
    raw.info["line_freq"] = None
    assert "line_frequency" not in group_attrs(raw.info)


def test_start_time_is_iso_8601_with_a_zone(raw):
    subject, start = who_and_when(raw.info)
    assert subject == "sub-07"
    assert datetime.fromisoformat(start) == datetime(2020, 2, 29, 12, 30, 15, 250000, tzinfo=UTC)
    assert datetime.fromisoformat(start).tzinfo is not None


def test_nobody_and_never_are_empty():
    assert who_and_when(mne.create_info(1, 1.0, verbose=False)) == ("", "")


def test_a_number_is_a_subject_too(raw):
    raw.info["subject_info"] = {"id": 0}
    assert who_and_when(raw.info)[0] == "0"


def test_triggers_are_volts_for_mne():
    assert unit_number("1", "TRIG") == 107
    assert unit_number("T/m", "MEGGRADPLANAR") == 201
