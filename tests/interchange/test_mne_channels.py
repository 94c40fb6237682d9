"""Types, units and frames of MNE in the words of the contract: every one that mne knows."""

import mne
import numpy as np
import pytest

from neurokit.errors import OptionError
from neurokit.interchange.mne_channels import (
    bids_type,
    fif_unit,
    frame_name,
    frame_number,
    mne_type,
    modality_of,
    udunits,
)
from neurokit.schema import CHANNEL_TYPES, CHANNEL_UNITS, MODALITIES, NEURAL_TYPES

# What mne-bids writes into channels.tsv, or what BIDS says where mne-bids has no word.
EXPECTED = {
    "mag": "MEGMAG",
    "grad": "MEGGRADPLANAR",
    "ref_meg": "MEGREFMAG",
    "eeg": "EEG",
    "csd": "EEG",
    "seeg": "SEEG",
    "ecog": "ECOG",
    "dbs": "DBS",
    "eog": "EOG",
    "ecg": "ECG",
    "emg": "EMG",
    "stim": "TRIG",
    "resp": "RESP",
    "temperature": "TEMP",
    "gsr": "GSR",
    "eyegaze": "EYEGAZE",
    "pupil": "PUPIL",
    "misc": "MISC",
    "bio": "MISC",
    "hbo": "NIRSCWHBO",
    "hbr": "NIRSCWHBR",
    "fnirs_cw_amplitude": "NIRSCWAMPLITUDE",
    "fnirs_od": "NIRSCWOPTICALDENSITY",
    "fnirs_fd_ac_amplitude": "OTHER",
    "fnirs_fd_phase": "OTHER",
    "fnirs_td_gated_amplitude": "OTHER",
    "fnirs_td_moments_intensity": "OTHER",
    "fnirs_td_moments_mean": "OTHER",
    "fnirs_td_moments_variance": "OTHER",
    "chpi": "HLU",
    "dipole": "OTHER",
    "gof": "OTHER",
    "exci": "OTHER",
    "ias": "OTHER",
    "syst": "OTHER",
}


def _mne_types():
    """Every type that mne's own documentation of channel types lists."""
    from mne._fiff.pick import get_channel_type_constants

    return sorted(get_channel_type_constants(include_defaults=True))


@pytest.mark.parametrize("kind", _mne_types())
def test_every_channel_type_of_mne_has_a_bids_type(kind):
    assert bids_type(kind) == EXPECTED[kind]
    assert bids_type(kind) in CHANNEL_TYPES


def test_the_table_expects_nothing_that_mne_has_dropped():
    assert set(EXPECTED) == set(_mne_types())


@pytest.mark.parametrize(
    ("kind", "coil", "unit", "expected"),
    [
        ("mag", 3024, 112, "MEGMAG"),  # Vectorview magnetometer
        ("mag", 8002, 112, "MEGMAG"),  # QuSpin OPM
        ("grad", 3012, 201, "MEGGRADPLANAR"),  # Vectorview planar gradiometer
        ("grad", 2, 201, "MEGGRADPLANAR"),  # Neuromag 122
        ("mag", 5001, 112, "MEGGRADAXIAL"),  # CTF, read out in tesla: "mag" for mne
        ("mag", 5001 | 3 << 16, 112, "MEGGRADAXIAL"),  # CTF, third-order compensated
        ("mag", 4002, 112, "MEGGRADAXIAL"),  # Magnes
        ("mag", 6001, 112, "MEGGRADAXIAL"),  # KIT
        ("mag", 7001, 112, "MEGGRADAXIAL"),  # BabySQUID
        ("grad", 9001, 201, "MEGGRADAXIAL"),  # KRISS
        ("ref_meg", 5002, 112, "MEGREFMAG"),  # CTF
        ("ref_meg", 4003, 112, "MEGREFMAG"),  # Magnes
        ("ref_meg", 5003, 112, "MEGREFGRADAXIAL"),  # CTF, in tesla
        ("ref_meg", 5004, 112, "MEGREFGRADPLANAR"),  # CTF off-diagonal
        ("ref_meg", 4004, 201, "MEGREFGRADAXIAL"),  # Magnes
    ],
)
def test_the_coil_tells_axial_from_planar_gradiometers(kind, coil, unit, expected):
    assert bids_type(kind, coil=coil, unit=unit) == expected


@pytest.mark.parametrize(
    ("kind", "expected"), [(700, "HLU"), (706, "HLU"), (707, "FITERR"), (709, "FITERR")]
)
def test_head_position_is_told_from_how_well_it_was_fitted(kind, expected):
    assert bids_type("chpi", kind=kind) == expected


def test_an_unknown_type_is_an_error_that_suggests_a_known_one():
    with pytest.raises(OptionError, match="did you mean 'eeg'"):
        bids_type("eegg")


@pytest.mark.parametrize("kind", CHANNEL_TYPES)
def test_mne_can_make_a_channel_of_every_bids_type(kind):
    info = mne.create_info(1, 100.0, mne_type(kind, CHANNEL_UNITS[kind]), verbose=False)
    assert len(info["chs"]) == 1


@pytest.mark.parametrize("kind", sorted(NEURAL_TYPES - {"MEGGRADAXIAL"}))
def test_neural_types_survive_the_way_through_mne(kind):
    ch = mne.create_info(1, 100.0, mne_type(kind), verbose=False)["chs"][0]
    back = bids_type(mne_type(kind), kind=ch["kind"], coil=ch["coil_type"], unit=ch["unit"])
    assert back == kind


def test_current_source_density_is_eeg_in_another_unit():
    assert mne_type("EEG", "V/m^2") == "csd"
    assert udunits(117, bids_type("csd")) == "V/m^2"


@pytest.mark.parametrize(
    ("number", "kind", "expected"),
    [
        (107, "EEG", "V"),
        (112, "MEGMAG", "T"),
        (201, "MEGGRADPLANAR", "T/m"),
        (-1, "MISC", "1"),
        (0, "OTHER", "1"),
        (107, "TRIG", "1"),
        (114, "TEMP", "degC"),
        (110, "GSR", "S"),
        (6, "NIRSCWHBO", "mol/L"),
        (6, "MISC", "mol"),
        (99999, "MISC", "1"),
    ],
)
def test_units_are_udunits_strings(number, kind, expected):
    assert udunits(number, kind) == expected


def _fif_units():
    from mne._fiff.constants import FIFF

    return sorted({int(v) for k, v in FIFF.items() if k.startswith("FIFF_UNIT_")})


@pytest.mark.parametrize("number", _fif_units())
def test_every_unit_of_the_fif_format_is_known_and_comes_back(number):
    unit = udunits(number, "MISC")
    assert unit
    assert fif_unit(unit) == (number if number not in (-1, 0) else -1)


def test_concentrations_come_back_as_the_mole_that_fif_has():
    assert fif_unit("mol/L") == 6


@pytest.mark.parametrize(
    "name", ["head", "meg", "mri", "mni_tal", "ctf_head", "ctf_meg", "unknown"]
)
def test_frames_are_called_as_mne_calls_them(name):
    from mne.transforms import _str_to_frame

    assert frame_number(name) == _str_to_frame[name]
    assert frame_name(_str_to_frame[name]) == name


def test_a_frame_that_nobody_knows_is_unknown():
    assert frame_name(4711) == "unknown"
    assert frame_number("elsewhere") == 0


@pytest.mark.parametrize(
    ("types", "expected"),
    [
        (["MEGMAG", "MEGGRADPLANAR", "EEG", "TRIG"], "meg"),
        (["MEGGRADAXIAL", "MEGREFMAG"], "meg"),
        (["EEG", "EOG", "TRIG"], "eeg"),
        (["SEEG", "EEG"], "seeg"),
        (["ECOG"], "ecog"),
        (["SEEG", "ECOG"], "ieeg"),
        (["DBS"], "ieeg"),
        (["DBS", "ECOG"], "ieeg"),
        (["NIRSCWHBO", "NIRSCWHBR"], "nirs"),
        (["MISC", "TRIG"], "behavior"),
        ([], "behavior"),
    ],
)
def test_modality_follows_the_most_telling_channels(types, expected):
    assert modality_of(types) == expected
    assert expected in MODALITIES


def test_reference_sensors_alone_are_no_meg():
    assert modality_of(["MEGREFMAG"]) == "behavior"


def test_units_that_mne_gives_new_channels_are_those_of_the_contract():
    kinds = ["eeg", "mag", "grad", "seeg", "ecog", "eog", "ecg", "emg", "misc", "stim"]
    info = mne.create_info(len(kinds), 100.0, kinds, verbose=False)
    for kind, ch in zip(kinds, info["chs"], strict=True):
        bids = bids_type(kind, kind=ch["kind"], coil=ch["coil_type"], unit=ch["unit"])
        assert udunits(ch["unit"], bids) == CHANNEL_UNITS[bids], kind


def test_numbers_may_be_numpy_integers():
    assert udunits(np.int32(107), "EEG") == "V"
    assert frame_name(np.int64(4)) == "head"
