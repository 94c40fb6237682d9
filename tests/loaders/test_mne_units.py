"""What the user says about units, types and lengths."""

import pytest
from neurokit_loaders.mne_units import in_si, metres_per, stated_types, stated_units

from neurokit.errors import LabelError, OptionError


@pytest.mark.parametrize(
    ("unit", "si", "factor"),
    [
        ("V", "V", 1.0),
        ("mV", "V", 1e-3),
        ("uV", "V", 1e-6),
        ("\u00b5V", "V", 1e-6),
        ("\u03bcV", "V", 1e-6),
        ("nV", "V", 1e-9),
        ("T", "T", 1.0),
        ("pT", "T", 1e-12),
        ("fT", "T", 1e-15),
        ("T/m", "T/m", 1.0),
        ("fT/cm", "T/m", 1e-13),
        ("pT/mm", "T/m", 1e-9),
    ],
)
def test_units_become_si(unit, si, factor):
    assert in_si(unit) == (si, factor)


@pytest.mark.parametrize("unit", ["", "kg", "kV2", "uv", "V/m", "T/s", "xT", "microvolt"])
def test_other_units_are_an_error_that_says_which_there_are(unit):
    with pytest.raises(OptionError, match="Use V, T or T/m"):
        in_si(unit)


def test_nothing_said_is_nothing():
    assert stated_units(None, ["a"], ["V"]) == {}


def test_one_unit_is_for_the_channels_of_that_kind():
    found = stated_units("uV", ["a", "b", "c"], ["V", "T", "V"])
    assert found == {"a": ("V", 1e-6), "c": ("V", 1e-6)}


def test_a_unit_for_which_there_is_no_channel_is_an_error():
    with pytest.raises(OptionError, match=r"no channel is in T.*Channels are in V"):
        stated_units("fT", ["a"], ["V"])


def test_units_may_be_said_per_channel_whatever_the_file_says():
    assert stated_units({"a": "mV"}, ["a", "b"], ["1", "V"]) == {"a": ("V", 1e-3)}


def test_a_unit_for_an_unknown_channel_is_an_error_with_a_suggestion():
    with pytest.raises(LabelError, match="did you mean 'Fp1'"):
        stated_units({"Fp11": "mV"}, ["Fp1", "Fp2"], ["V", "V"])


def test_types_may_be_written_in_any_case():
    assert stated_types({"a": "eog", "b": "Seeg"}, ["a", "b"]) == {"a": "EOG", "b": "SEEG"}


def test_no_types_are_none():
    assert stated_types(None, ["a"]) == {}


def test_an_unknown_type_is_an_error_with_a_suggestion():
    with pytest.raises(OptionError, match="did you mean 'EEG'"):
        stated_types({"a": "EEEG"}, ["a"])


def test_a_type_for_an_unknown_channel_is_an_error():
    with pytest.raises(LabelError, match="There are: a"):
        stated_types({"x": "EEG"}, ["a"])


@pytest.mark.parametrize(("unit", "metres"), [("m", 1.0), ("cm", 0.01), ("mm", 0.001)])
def test_lengths(unit, metres):
    assert metres_per(unit) == metres


def test_other_lengths_are_an_error():
    with pytest.raises(OptionError, match="'mm'"):
        metres_per("inch")
