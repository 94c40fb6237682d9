"""Sensors sit where real ones do: symmetric caps, helmets in triplets, shafts and grids."""

import numpy as np
import pytest

from neurokit.errors import OptionError
from neurokit.simulate.sensors import CAP, HEAD_RADIUS, cap, grid, helmet, shafts


@pytest.fixture(scope="module")
def electrodes():
    names, places = cap(len(CAP))
    return dict(zip(names, places, strict=True))


def test_names_are_unique_and_places_lie_on_the_head(electrodes):
    assert len(electrodes) == 61
    radii = np.linalg.norm(np.array(list(electrodes.values())), axis=1)
    np.testing.assert_allclose(radii, HEAD_RADIUS)


def test_the_cap_is_symmetric(electrodes):
    for name, place in electrodes.items():
        number = name.lstrip("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxy")
        if number == "z":
            assert place[0] == 0
        elif int(number) % 2:
            other = electrodes[name[: -len(number)] + str(int(number) + 1)]
            np.testing.assert_allclose(place, other * [-1, 1, 1], atol=1e-12)
            assert place[0] < 0


def test_cz_is_the_vertex_and_landmarks_lie_where_they_should(electrodes):
    np.testing.assert_allclose(electrodes["Cz"], [0, 0, HEAD_RADIUS], atol=1e-12)
    assert electrodes["Fpz"][1] > 0.08
    assert electrodes["Oz"][1] < -0.08
    assert electrodes["T7"][0] < -0.08
    np.testing.assert_allclose(electrodes["T8"][1], 0, atol=1e-12)


def test_rows_run_from_front_to_back(electrodes):
    middle = [
        electrodes[f"{row}z"][1] for row in ("Fp", "AF", "F", "FC", "C", "CP", "P", "PO", "O")
    ]
    assert (np.diff(middle) < 0).all()


def test_places_agree_with_the_ideal_montage_of_mne(electrodes):
    from mne.channels import make_standard_montage

    standard = make_standard_montage("easycap-M1").get_positions()["ch_pos"]
    shared = [name for name in CAP if name in standard]
    assert len(shared) > 50
    ours = np.array([electrodes[name] for name in shared]) / HEAD_RADIUS
    theirs = np.array([standard[name] for name in shared])
    theirs /= np.linalg.norm(theirs, axis=1, keepdims=True)
    angle = np.degrees(np.arccos(np.clip((ours * theirs).sum(axis=1), -1, 1)))
    # Electrodes are 18 degrees apart; that montage puts its outer circle at 92, not 72 degrees.
    assert np.median(angle) < 15
    assert angle.max() < 25


def test_small_caps_are_those_of_the_ten_twenty_system():
    names = "Fp1 Fp2 F7 F3 Fz F4 F8 T7 C3 Cz C4 T8 P7 P3 Pz P4 P8 O1 O2"
    assert " ".join(cap(19)[0]) == names


def test_more_electrodes_than_the_system_has_are_refused():
    with pytest.raises(OptionError, match="at most 61"):
        cap(62)


def test_a_helmet_has_triplets_of_a_magnetometer_and_two_gradiometers():
    sensors = helmet(306)
    assert len(set(sensors.names)) == 306
    assert sensors.names[:4] == ["MEG0111", "MEG0112", "MEG0113", "MEG0121"]
    assert sensors.kinds[:3] == ["MEGMAG", "MEGGRADPLANAR", "MEGGRADPLANAR"]
    np.testing.assert_array_equal(sensors.places[0], sensors.places[2])


def test_gradiometers_of_a_place_measure_across_each_other_along_the_helmet():
    sensors = helmet(30)
    for i in range(0, 30, 3):
        outward = sensors.places[i] / np.linalg.norm(sensors.places[i])
        first, second = sensors.directions[i + 1], sensors.directions[i + 2]
        np.testing.assert_allclose(
            [first @ second, first @ outward, second @ outward], 0, atol=1e-12
        )
        np.testing.assert_allclose([np.linalg.norm(first), np.linalg.norm(second)], 1)
        assert not sensors.directions[i].any()


@pytest.mark.parametrize("n", [1, 2, 4, 100])
def test_a_helmet_may_be_incomplete(n):
    assert len(helmet(n).names) == len(helmet(n).places) == n


def test_shafts_are_named_as_surgeons_do():
    names = shafts(20).names
    assert names[:9] == ["A1", "A2", "A3", "A4", "A5", "A6", "A7", "A8", "B1"]
    assert shafts(27 * 8).names[-1] == "AA8"


def test_contacts_of_a_shaft_are_evenly_spaced_on_a_line():
    places = shafts(8).places
    np.testing.assert_allclose(np.diff(places, axis=0), np.tile([-0.005, 0, 0], (7, 1)), atol=1e-12)


def test_the_first_contact_is_the_deepest_and_the_middle_is_white_matter():
    contacts = shafts(16)
    assert contacts.regions[0] == "amygdala"
    assert contacts.regions[3] == "white matter"
    assert contacts.regions[7] == "middle temporal gyrus"
    assert abs(contacts.places[0, 0]) < abs(contacts.places[7, 0])


def test_shafts_alternate_between_hemispheres():
    places = shafts(16).places
    assert (places[:8, 0] < 0).all()
    assert (places[8:, 0] > 0).all()


@pytest.mark.parametrize("n", [64, 128, 200])
def test_no_two_contacts_share_a_place(n):
    for contacts in (shafts(n), grid(n)):
        distance = np.linalg.norm(contacts.places[:, None] - contacts.places[None], axis=-1)
        assert distance[~np.eye(n, dtype=bool)].min() > 0.003


def test_neighbours_on_the_grid_are_a_centimetre_apart():
    places = grid(64).places
    across = np.linalg.norm(np.diff(places[:8], axis=0), axis=1)
    np.testing.assert_allclose(across, 0.01, rtol=0.15)  # along the surface, and rows bend inwards


def test_a_grid_is_named_row_by_row_and_lies_on_the_left():
    contacts = grid(16)
    assert contacts.names == [f"G{i}" for i in range(1, 17)]
    assert (contacts.places[:, 0] < 0).all()
    assert contacts.places[0, 2] > contacts.places[-1, 2]


@pytest.mark.parametrize("n", [1, 2, 3, 7, 17])
def test_grids_need_not_be_full(n):
    contacts = grid(n)
    assert len(contacts.names) == len(contacts.regions) == n
    assert np.isfinite(contacts.places).all()
