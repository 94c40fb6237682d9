"""Names of intracranial contacts, as clinics and amplifiers write them."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from neurokit import schema
from neurokit.schema import Contact, contact_coordinates, parse_contact, with_contacts


@pytest.mark.parametrize(
    ("name", "shaft", "contact"),
    [
        # The plain form, and the prime of the left side, however it is typed.
        ("LA12", "LA", 12),
        ("LA'12", "LA'", 12),
        ("A'1", "A'", 1),
        ("A\u20191", "A'", 1),
        ("A\u20321", "A'", 1),
        ("A`1", "A'", 1),
        ("LA' 3", "LA'", 3),
        # Zeros and separators say nothing.
        ("LA01", "LA", 1),
        ("LA_1", "LA", 1),
        ("LA 1", "LA", 1),
        ("LA-1", "LA", 1),
        ("LA.1", "LA", 1),
        # What amplifiers add.
        ("POL A1", "A", 1),
        ("EEG A1-Ref", "A", 1),
        ("EEG LA 03-REF", "LA", 3),
        ("B'12-G2", "B'", 12),
        ("A1 - AVG", "A", 1),
        ("pol a1-ref", "a", 1),
        # Names that hold words, numbers or other prefixes of their own.
        ("iEEG1", "iEEG", 1),
        ("LAHCu1", "LAHCu", 1),
        ("Grid64", "Grid", 64),
        ("LA1_3", "LA1", 3),
        ("STN-L1", "STN-L", 1),
        ("T1'3", "T1'", 3),
        ("A0", "A", 0),
        # A bare number has no shaft.
        ("12", "", 12),
        ("007", "", 7),
    ],
)
def test_a_contact_is_a_shaft_and_a_number(name, shaft, contact):
    assert parse_contact(name) == Contact(shaft, contact)


@pytest.mark.parametrize(
    "name",
    ["", " ", "EKG", "Cz", "A1x", "X1A", "A'", "-", "EEG A-Ref", "\u00b5", "A1.5x"],
)
def test_what_does_not_end_in_a_number_is_no_contact(name):
    assert parse_contact(name) is None


@pytest.mark.parametrize(
    "name",
    [
        "A1-A2",
        "A1-2",
        "A'1-A'2",
        "ROP1-ROP2",
        "1-2",
        "A1/A2",
        "A1A2",
        "A1_A2",
        "A-1-A-2",
        "LA1\u20132",
    ],
)
def test_a_name_of_two_contacts_is_not_taken_for_one(name):
    assert parse_contact(name) is None


def test_the_two_sides_of_a_prime_are_two_electrodes():
    assert parse_contact("A1").shaft != parse_contact("A'1").shaft


@pytest.mark.parametrize("name", ["A11", "11", "22", "AA1", "LL10", "A1010"])
def test_a_number_that_repeats_itself_is_still_one_contact(name):
    assert parse_contact(name) is not None


_SHAFTS = st.from_regex(r"[A-Z]{1,4}[a-z]?'?", fullmatch=True)


@given(shaft=_SHAFTS, number=st.integers(0, 999), zeros=st.integers(0, 2))
def test_every_shaft_and_number_is_read_back(shaft, number, zeros):
    assert parse_contact(f"{shaft}{'0' * zeros}{number}") == Contact(shaft, number)


@given(shaft=_SHAFTS, number=st.integers(0, 99), before=st.sampled_from(["POL ", "EEG ", "SEEG "]))
def test_what_an_amplifier_adds_changes_nothing(shaft, number, before):
    assert parse_contact(f"{before}{shaft}{number}-Ref") == Contact(shaft, number)


@given(st.text(max_size=30))
def test_any_text_is_a_contact_or_none_and_never_an_error(name):
    found = parse_contact(name)
    assert found is None or (found.contact >= 0 and isinstance(found.shaft, str))


def test_only_channels_inside_the_skull_have_contacts():
    names = ["LA1", "C3", "LA2", "EKG1", "G3", "STN1"]
    types = ["SEEG", "EEG", "SEEG", "ECG", "ECOG", "DBS"]
    found = contact_coordinates(names, types)
    assert found["shaft"].tolist() == ["LA", "", "LA", "", "G", "STN"]
    assert found["contact"].tolist() == [1, -1, 2, -1, 3, 1]
    assert found["contact"].dtype == np.int64


def test_scalp_channels_alone_give_no_coordinate_at_all():
    assert contact_coordinates(["C3", "C4"], ["EEG", "EEG"]) == {}


def test_a_stated_group_names_the_electrode_of_a_bare_number_only():
    found = contact_coordinates(["1", "2", "LA3"], ["ECOG", "ECOG", "SEEG"], ["g1", "g2", "g3"])
    assert found["shaft"].tolist() == ["g1", "g2", "LA"]
    assert found["contact"].tolist() == [1, 2, 3]


def _group(**coords):
    return schema.activity(
        np.zeros((3, 3), dtype=np.float32),
        names=["LA1", "LA2", "EKG"],
        space="channel",
        rate=100.0,
        coords={"channel_type": ["SEEG", "SEEG", "ECG"], **coords},
    )


def test_a_group_gets_both_coordinates_and_still_keeps_the_contract():
    group = with_contacts(_group())
    assert group["shaft"].values.tolist() == ["LA", "LA", ""]
    assert group["contact"].values.tolist() == [1, 2, -1]
    rec = schema.recording({"activity": group}, modality="seeg")
    assert not [code for code in schema.validate(rec).codes if code != "NK402"]


def test_what_a_group_says_already_is_not_overwritten():
    stated = _group(shaft=["X", "X", ""], contact=[7, 8, -1])
    assert with_contacts(stated)["contact"].values.tolist() == [7, 8, -1]


def test_the_column_group_of_a_table_serves_bare_numbers_even_if_it_holds_numbers():
    group = _group(group=[3, 3, 0]).assign_coords(channel=["1", "2", "EKG"])
    assert with_contacts(group)["shaft"].values.tolist() == ["3", "3", ""]


def test_neurons_have_no_contacts():
    group = schema.activity(np.zeros((2, 1)), names=["AVAL"], rate=1.0)
    assert with_contacts(group) is group
