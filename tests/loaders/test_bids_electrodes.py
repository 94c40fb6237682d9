"""electrodes.tsv and coordsystem.json: units, frames and labels as stated, nothing lost."""

import json

import numpy as np
import pytest
from bids_maker import Dataset

import neurokit as nk
from neurokit import schema
from neurokit.errors import LabelError, OptionError

SEEG = ["LA1", "LA2", "LA3"]


def _open(dataset, **options):
    return nk.open(dataset.root, **options)


def _found(rec, code="NK882"):
    return [f.found for f in schema.validate(rec) if f.code == code]


def _seeg(tmp_path, names=SEEG):
    return Dataset(tmp_path, names, datatype="ieeg", kind="SEEG")


@pytest.mark.parametrize(("unit", "metres"), [("m", 1.0), ("cm", 0.01), ("mm", 0.001)])
def test_positions_are_in_metres_whatever_the_unit_of_the_table(tmp_path, unit, metres):
    # mne-bids 389: millimetres were read as metres.
    dataset = _seeg(tmp_path)
    values = np.array([[30.0, -20.0, 10.0], [33.5, -20.0, 10.0], [37.0, -20.0, 10.0]])
    stated = values * 0.001 / metres
    rows = [[n, *row] for n, row in zip(SEEG, stated, strict=True)]
    dataset.electrodes(rows)
    dataset.coordsystem("ACPC", unit)
    position = _open(dataset).activity.position
    np.testing.assert_allclose(position.values, values / 1000, atol=1e-12)
    assert position.attrs["units"] == "m"


@pytest.mark.parametrize(
    "frame",
    ["CapTrak", "CTF", "EEGLAB", "EEGLAB-HJ", "ACPC", "MNI152NLin2009bAsym", "fsaverage", "Other"],
)
def test_the_frame_is_the_one_stated_and_nothing_is_rotated(tmp_path, frame):
    # mne-bids 961, 723, 1506: frames got lost, became "head", or were rotated.
    dataset = Dataset(tmp_path)
    dataset.coordsystem(frame, "m")
    position = _open(dataset).activity.position
    assert position.attrs["coordinate_frame"] == frame
    np.testing.assert_array_equal(position.values[2], [0.02, 0.02, 0.03])


@pytest.mark.parametrize(
    ("frame", "axes"), [("CTF", "ALS"), ("EEGLAB", "ALS"), ("CapTrak", "RAS"), ("MNI305", "RAS")]
)
def test_the_directions_of_the_axes_are_said_where_the_standard_fixes_them(tmp_path, frame, axes):
    dataset = Dataset(tmp_path)
    dataset.coordsystem(frame, "m")
    assert _open(dataset).activity.position.attrs["orientation"] == axes


def test_pixels_stay_pixels(tmp_path):
    dataset = _seeg(tmp_path)
    dataset.electrodes([[n, 100 + i, 200, 0] for i, n in enumerate(SEEG)])
    dataset.coordsystem("Pixels", "pixels")
    position = _open(dataset).activity.position
    assert position.attrs["units"] == "pixel"
    assert position.values[1].tolist() == [101.0, 200.0, 0.0]


@pytest.mark.parametrize(("scale", "unit"), [(0.001, "m"), (0.1, "cm"), (1.0, "mm")])
def test_without_a_stated_unit_the_size_of_a_head_tells_and_a_finding_says_so(
    tmp_path, scale, unit
):
    dataset = _seeg(tmp_path)
    dataset.electrodes([[n, 60 * scale, (5 * i) * scale, 0.0] for i, n in enumerate(SEEG)])
    dataset.path("coordsystem", ".json", "").unlink()
    rec = _open(dataset)
    np.testing.assert_allclose(rec.activity.position.values[0], [0.06, 0, 0], atol=1e-12)
    assert any(f"are taken for {unit}" in found for found in _found(rec, "NK887"))
    assert rec.activity.position.attrs["coordinate_frame"] == "unknown"
    assert any("no coordsystem.json names the frame" in found for found in _found(rec, "NK887"))


def test_the_true_unit_can_be_stated(tmp_path):
    dataset = _seeg(tmp_path)
    dataset.electrodes([[n, 60, 5 * i, 0] for i, n in enumerate(SEEG)])
    dataset.coordsystem("ACPC", "m")
    wrong = _open(dataset)
    assert wrong.activity.position.values[0, 0] == 60.0
    right = _open(dataset, position_unit="mm")
    assert right.activity.position.values[0, 0] == pytest.approx(0.06)
    with pytest.raises(OptionError, match="position_unit"):
        _open(dataset, position_unit="inch")


def test_electrodes_without_a_channel_and_channels_without_an_electrode_are_listed(tmp_path):
    # mne-bids 380, 382: the recording could not be read at all.
    dataset = _seeg(tmp_path)
    dataset.electrodes([["LA1", 0.01, 0, 0], ["LA02", 0.02, 0, 0], ["LA9", 0.03, 0, 0]])
    rec = _open(dataset)
    [found] = _found(rec)
    assert "2 electrodes have no channel (LA02, LA9" in found
    assert "2 channels have no electrode (LA2, LA3)" in found
    position = rec.activity.position.values
    assert position[0].tolist() == [0.01, 0.0, 0.0]
    assert np.isnan(position[1:]).all()
    assert json.loads(rec.attrs["bids_electrodes"])["name"] == ["LA1", "LA02", "LA9"]


def test_channels_that_are_no_electrodes_are_not_missed(tmp_path):
    dataset = Dataset(tmp_path, ["Cz", "EKG"])
    dataset.channels([["Cz", "EEG", "uV", "good"], ["EKG", "ECG", "uV", "good"]])
    dataset.electrodes([["Cz", 0.0, 0.0, 0.1]])
    assert _found(_open(dataset)) == []


def test_the_order_of_the_table_does_not_matter(tmp_path):
    dataset = _seeg(tmp_path)
    dataset.electrodes([[n, 0.01 * i, 0, 0] for i, n in reversed(list(enumerate(SEEG)))])
    x = _open(dataset).activity.position.values[:, 0]
    np.testing.assert_allclose(x, [0.0, 0.01, 0.02])


def test_an_electrode_that_stands_twice_is_said_and_the_first_counts(tmp_path):
    dataset = _seeg(tmp_path)
    dataset.electrodes([[n, 0.01, 0, 0] for n in SEEG] + [["LA1", 0.09, 0, 0]])
    rec = _open(dataset)
    assert rec.activity.position.values[0, 0] == 0.01
    assert "stand twice, the first counts (LA1)" in _found(rec)[0]


def test_a_place_known_in_part_is_no_place(tmp_path):
    dataset = _seeg(tmp_path)
    dataset.electrodes([["LA1", 0.01, "n/a", 0], ["LA2", "n/a", "n/a", "n/a"], ["LA3", 0.03, 0, 0]])
    known = np.isfinite(_open(dataset).activity.position.values)
    assert known.tolist() == [[False] * 3, [False] * 3, [True] * 3]


def test_a_coordinate_that_is_no_number_is_said(tmp_path):
    dataset = _seeg(tmp_path)
    dataset.electrodes([["LA1", "1,5", 0, 0], ["LA2", 0.02, 0, 0], ["LA3", 0.03, 0, 0]])
    rec = _open(dataset)
    assert np.isnan(rec.activity.position.values[0]).all()
    assert any("'1,5' in row 1" in found for found in _found(rec, "NK883"))


def test_a_table_without_coordinates_joins_nothing_and_says_so(tmp_path):
    dataset = _seeg(tmp_path)
    dataset.electrodes([["LA1", 0.1]], "name size")
    rec = _open(dataset)
    assert "position" not in rec.activity
    assert "has no column x, y, z" in _found(rec)[0]


# -- several spaces


def test_the_table_without_a_space_is_taken_and_the_others_are_named(tmp_path):
    dataset = Dataset(tmp_path)
    dataset.electrodes([["Cz", 0.5, 0.5, 0.5]], space="MNI305")
    rec = _open(dataset)
    assert rec.activity.position.sel(channel="Cz").values[0] == 0.02
    assert "there are also spaces 'MNI305'" in _found(rec, "NK887")[0]


def test_a_space_is_chosen_by_its_name_with_its_own_coordsystem(tmp_path):
    dataset = Dataset(tmp_path)
    dataset.electrodes([[n, 50, 50, 50] for n in dataset.names], space="MNI305")
    dataset.coordsystem("MNI305", "mm", space="MNI305")
    position = _open(dataset, space="MNI305").activity.position
    np.testing.assert_allclose(position.values, 0.05)
    assert position.attrs["coordinate_frame"] == "MNI305"
    assert position.attrs["coordinate_space"] == "MNI305"


def test_an_unknown_space_names_those_there_are(tmp_path):
    dataset = Dataset(tmp_path)
    dataset.electrodes([["Cz", 0.5, 0.5, 0.5]], space="MNI305")
    with pytest.raises(LabelError, match="no electrodes.tsv is in space 'MNI30', did you mean"):
        _open(dataset, space="MNI30")


def test_landmarks_stay_word_for_word(tmp_path):
    dataset = Dataset(tmp_path)
    landmarks = {"NAS": [0.0, 0.1, 0.0], "LPA": [-0.08, 0.0, 0.0]}
    dataset.coordsystem("CTF", "m", AnatomicalLandmarkCoordinates=landmarks)
    stated = json.loads(_open(dataset).attrs["bids_coordsystem"])
    assert stated["AnatomicalLandmarkCoordinates"] == landmarks


# -- what the table says besides


def test_region_and_atlas_are_kept(tmp_path):
    dataset = _seeg(tmp_path)
    rows = [[n, 0.01, 0, 0, "L", 17, "Left-Hippocampus"] for n in SEEG]
    dataset.electrodes(rows, "name x y z hemisphere Destrieux_label Destrieux_label_text")
    group = _open(dataset).activity
    assert group["region"].values.tolist() == ["Left-Hippocampus"] * 3
    assert group["region"].attrs["atlas"] == "Destrieux_label_text"
    assert group["hemisphere"].values.tolist() == ["L"] * 3
    assert group["Destrieux_label"].values.tolist() == [17] * 3
    assert group["Destrieux_label_text"].values.tolist() == ["Left-Hippocampus"] * 3


def test_a_column_called_region_is_the_region(tmp_path):
    dataset = _seeg(tmp_path)
    dataset.electrodes([["LA1", 0.01, 0, 0, "amygdala"]], "name x y z region")
    group = _open(dataset).activity
    assert group["region"].values.tolist() == ["amygdala", "", ""]
    assert "electrodes_region" not in group.coords


def test_two_atlases_are_not_chosen_between_in_silence(tmp_path):
    dataset = _seeg(tmp_path)
    rows = [["LA1", 0.01, 0, 0, "a", "b"]]
    dataset.electrodes(rows, "name x y z DKT_label_text Destrieux_label_text")
    rec = _open(dataset)
    assert "region" not in rec.activity.coords
    assert "DKT_label_text, Destrieux_label_text" in _found(rec, "NK887")[0]
    chosen = _open(dataset, region="Destrieux_label_text")
    assert chosen.activity.region.values.tolist() == ["b", "", ""]


def test_an_unknown_column_for_regions_names_those_there_are(tmp_path):
    with pytest.raises(LabelError, match="no column 'atlas'"):
        _open(_seeg(tmp_path), region="atlas")


def test_a_column_that_both_tables_have_is_kept_from_both(tmp_path):
    dataset = _seeg(tmp_path)
    dataset.channels([["LA1", "SEEG", "depth"]], "name type group")
    dataset.electrodes([["LA1", 0.01, 0, 0, "A"]], "name x y z group")
    group = _open(dataset).activity
    assert group["group"].values.tolist() == ["depth", "", ""]
    assert group["electrodes_group"].values.tolist() == ["A", "", ""]


# -- shafts


def test_contacts_know_their_shaft(tmp_path):
    dataset = _seeg(tmp_path, ["LA'1", "LA'2", "RB10"])
    group = _open(dataset).activity
    assert group["shaft"].values.tolist() == ["LA'", "LA'", "RB"]
    assert group["contact"].values.tolist() == [1, 2, 10]


def test_bare_numbers_get_the_shaft_that_the_table_states(tmp_path):
    dataset = Dataset(tmp_path, ["1", "2", "3"], datatype="ieeg", kind="ECOG")
    dataset.channels([["1", "ECOG", 1], ["2", "ECOG", 1], ["3", "ECOG", 2]], "name type group")
    assert _open(dataset).activity["shaft"].values.tolist() == ["1", "1", "2"]


def test_untyped_intracranial_channels_are_said_and_can_be_typed(tmp_path):
    dataset = _seeg(tmp_path)
    dataset.path("channels", ".tsv").unlink()
    rec = _open(dataset)
    assert rec.attrs["modality"] == "ieeg"
    assert any("no channel is typed SEEG, ECOG or DBS" in found for found in _found(rec, "NK880"))
    typed = _open(dataset, channel_type="SEEG")
    assert typed.attrs["modality"] == "seeg"
    assert typed.activity["contact"].values.tolist() == [1, 2, 3]


def test_a_bipolar_reference_follows_from_the_dataset(tmp_path):
    rec = nk.signal.reference(_open(_seeg(tmp_path)), "bipolar")
    assert rec.activity.channel.values.tolist() == ["LA1-LA2", "LA2-LA3"]
    np.testing.assert_allclose(rec.activity.position.values[:, 0], [0.005, 0.015])
    assert rec.activity.position.attrs["coordinate_frame"] == "CapTrak"


# -- positions that the data file has of its own


def _fif(dataset, position):
    mne = pytest.importorskip("mne")
    info = mne.create_info(["Cz", "Pz"], 500.0, "eeg")
    raw = mne.io.RawArray(np.random.default_rng(0).normal(0, 1e-5, (2, 500)), info, verbose=False)
    places = dict(zip(["Cz", "Pz"], position, strict=True))
    raw.set_montage(mne.channels.make_dig_montage(places, coord_frame="head"), verbose="ERROR")
    for extension in (".vhdr", ".vmrk", ".eeg"):
        dataset.path("eeg", extension).unlink()
    raw.save(dataset.path("eeg", ".fif"), verbose="ERROR")


def test_places_of_two_frames_are_told_apart_per_channel(tmp_path):
    dataset = Dataset(tmp_path, ["Cz", "Pz"])
    _fif(dataset, [[0.0, 0.0, 0.09], [0.0, -0.05, 0.08]])
    dataset.electrodes([["Cz", 0.01, 0.02, 0.03]])
    group = _open(dataset).activity
    assert group["coordinate_frame"].values.tolist() == ["CapTrak", "head"]
    assert group["position"].attrs["coordinate_frame"] == "per channel"
    np.testing.assert_allclose(group["position"].values[0], [0.01, 0.02, 0.03])
    np.testing.assert_allclose(group["position"].values[1], [0.0, -0.05, 0.08], atol=1e-7)


def test_where_the_table_has_all_places_there_is_one_frame(tmp_path):
    dataset = Dataset(tmp_path, ["Cz", "Pz"])
    _fif(dataset, [[0.0, 0.0, 0.09], [0.0, -0.05, 0.08]])
    group = _open(dataset).activity
    assert group["position"].attrs["coordinate_frame"] == "CapTrak"
    assert "coordinate_frame" not in group.coords
