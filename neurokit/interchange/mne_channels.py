"""Words of MNE for channels, and those of the contract: types, units, coordinate frames.

Pure tables and functions of integers and strings; mne is not imported. Integers are those of
the FIF format (https://github.com/mne-tools/fiff-constants), strings those of BIDS and UDUNITS.
"""

from __future__ import annotations

from collections.abc import Iterable

from neurokit.errors import OptionError, suggest

# mne's channel types; MEG and head position channels are told apart further below.
_BIDS: dict[str, str] = {
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
    "dipole": "OTHER",
    "gof": "OTHER",
    "exci": "OTHER",
    "ias": "OTHER",
    "syst": "OTHER",
}

# MNE calls a gradiometer that is read out in tesla "mag"; only the coil tells. Axial: two loops
# one above the other; planar: side by side.
_AXIAL_COILS = frozenset({4, 2001, 4002, 5001, 6001, 7001, 7501, 9001, 9101, 9102})
_PLANAR_COILS = frozenset({2, 3, 3011, 3012, 3013, 3014, 3015})
_REFERENCE_GRADIOMETERS = {
    4004: "AXIAL",
    4005: "PLANAR",
    5003: "AXIAL",
    5004: "PLANAR",
    7503: "AXIAL",
}

# Head position indicators: 700-706 are positions, 707-709 how well they were fitted.
_FIT_KINDS = frozenset({707, 708, 709})

_MNE: dict[str, str] = {
    "EEG": "eeg",
    "SEEG": "seeg",
    "ECOG": "ecog",
    "DBS": "dbs",
    "MEGMAG": "mag",
    "MEGGRADAXIAL": "mag",
    "MEGGRADPLANAR": "grad",
    "MEGREFMAG": "ref_meg",
    "MEGREFGRADAXIAL": "ref_meg",
    "MEGREFGRADPLANAR": "ref_meg",
    "EOG": "eog",
    "VEOG": "eog",
    "HEOG": "eog",
    "ECG": "ecg",
    "EMG": "emg",
    "EYEGAZE": "eyegaze",
    "PUPIL": "pupil",
    "GSR": "gsr",
    "RESP": "resp",
    "TEMP": "temperature",
    "TRIG": "stim",
    "NIRSCWAMPLITUDE": "fnirs_cw_amplitude",
    "NIRSCWOPTICALDENSITY": "fnirs_od",
    "NIRSCWHBO": "hbo",
    "NIRSCWHBR": "hbr",
}

_UNITS: dict[int, str] = {
    -1: "1",
    0: "1",
    1: "m",
    2: "kg",
    3: "s",
    4: "A",
    5: "K",
    6: "mol",
    7: "rad",
    8: "sr",
    9: "cd",
    10: "mol/m^3",
    101: "Hz",
    102: "N",
    103: "Pa",
    104: "J",
    105: "W",
    106: "C",
    107: "V",
    108: "F",
    109: "ohm",
    110: "S",
    111: "Wb",
    112: "T",
    113: "H",
    114: "degC",
    115: "lm",
    116: "lx",
    117: "V/m^2",
    118: "s^2",
    201: "T/m",
    202: "A m",
    203: "A m/m^2",
    204: "A m/m^3",
    210: "pixel",
}

_FRAMES: dict[int, str] = {
    0: "unknown",
    1: "meg",
    2: "isotrak",
    3: "hpi",
    4: "head",
    5: "mri",
    1001: "ctf_meg",
    1004: "ctf_head",
    2001: "mri_voxel",
    2002: "ras",
    2003: "mni_tal",
    2006: "fs_tal",
}

# Which words of the contract decide what a recording is, most telling first.
_MEG_TYPES = ("MEGMAG", "MEGGRADPLANAR", "MEGGRADAXIAL")


def bids_type(mne_type: str, *, kind: int = 0, coil: int = 0, unit: int = 0) -> str:
    """Return the BIDS channel type of a channel of MNE.

    Parameters
    ----------
    mne_type : str
        As `mne.channel_type` gives it: ``"mag"``, ``"eeg"``, ``"stim"``...
    kind, coil, unit : int
        ``kind``, ``coil_type`` and ``unit`` of the channel in `mne.Info`; they tell planar from
        axial gradiometers and head positions from their fit.

    Returns
    -------
    str
        One of `neurokit.schema.CHANNEL_TYPES`.

    Raises
    ------
    OptionError
        If MNE has a type that this table does not know.

    Examples
    --------
    >>> bids_type("grad", coil=3012, unit=201)
    'MEGGRADPLANAR'
    >>> bids_type("mag", coil=5001, unit=112)
    'MEGGRADAXIAL'
    """
    # The upper half of a CTF coil says which compensation is in its values.
    coil &= 0xFFFF
    if mne_type in ("mag", "grad"):
        if coil in _AXIAL_COILS:
            return "MEGGRADAXIAL"
        return "MEGGRADPLANAR" if mne_type == "grad" or coil in _PLANAR_COILS else "MEGMAG"
    if mne_type == "ref_meg":
        if coil in _REFERENCE_GRADIOMETERS:
            return "MEGREFGRAD" + _REFERENCE_GRADIOMETERS[coil]
        return "MEGREFGRADPLANAR" if unit == 201 else "MEGREFMAG"
    if mne_type == "chpi":
        return "FITERR" if kind in _FIT_KINDS else "HLU"
    if mne_type not in _BIDS:
        raise OptionError(
            f"mne has a channel type {mne_type!r}{suggest(mne_type, _BIDS)}",
            where="channel_type",
            mend="Leave such channels out (raw.pick), or report the type.",
        )
    return _BIDS[mne_type]


def mne_type(channel_type: str, unit: str = "") -> str:
    """Return the type under which MNE holds a channel of a BIDS type.

    Parameters
    ----------
    channel_type : str
        BIDS channel type.
    unit : str
        UDUNITS string; an EEG channel in ``V/m^2`` is a current source density.

    Returns
    -------
    str
        A type that `mne.create_info` takes; ``"misc"`` for what MNE has no word for.

    Examples
    --------
    >>> mne_type("SEEG"), mne_type("ADC"), mne_type("EEG", "V/m^2")
    ('seeg', 'misc', 'csd')
    """
    if channel_type == "EEG" and unit == "V/m^2":
        return "csd"
    return _MNE.get(channel_type, "misc")


def udunits(fif_unit: int, channel_type: str) -> str:
    """Return the unit of a channel as a UDUNITS string.

    Parameters
    ----------
    fif_unit : int
        ``unit`` of the channel in `mne.Info`.
    channel_type : str
        BIDS channel type: codes on a trigger line count (``"1"``), whatever the file says, and
        haemoglobin is a concentration although FIF can only say mole.

    Returns
    -------
    str
        ``"V"``, ``"T"``, ``"T/m"``, ``"1"``...

    Examples
    --------
    >>> udunits(107, "EEG"), udunits(107, "TRIG"), udunits(201, "MEGGRADPLANAR")
    ('V', '1', 'T/m')
    """
    if channel_type == "TRIG":
        return "1"
    if channel_type in ("NIRSCWHBO", "NIRSCWHBR") and fif_unit == 6:
        return "mol/L"
    return _UNITS.get(int(fif_unit), "1")


def fif_unit(unit: str) -> int:
    """Return the FIF number of a UDUNITS string, -1 (none) where FIF has no such unit.

    Parameters
    ----------
    unit : str
        As `udunits` gives it.

    Returns
    -------
    int
        ``unit`` of the channel in `mne.Info`.

    Examples
    --------
    >>> fif_unit("V"), fif_unit("1"), fif_unit("furlong")
    (107, -1, -1)
    """
    if unit == "mol/L":
        return 6
    return next((number for number, name in _UNITS.items() if name == unit), -1)


def frame_name(number: int) -> str:
    """Return MNE's name of a coordinate frame: ``"head"``, ``"meg"``, ``"mri"``..."""
    return _FRAMES.get(int(number), "unknown")


def frame_number(name: str) -> int:
    """Return the FIF number of a coordinate frame, 0 (unknown) for other names."""
    return next((number for number, known in _FRAMES.items() if known == name), 0)


def modality_of(channel_types: Iterable[str]) -> str:
    """Return what a recording is, from its channel types.

    Parameters
    ----------
    channel_types : iterable of str
        BIDS channel types, triggers included or not.

    Returns
    -------
    str
        meg, seeg, ecog, ieeg (several kinds of electrodes inside the skull), nirs, eeg or, with
        nothing neural, behavior.

    Examples
    --------
    >>> modality_of(["MEGMAG", "EEG"]), modality_of(["SEEG", "ECOG"]), modality_of(["EEG", "EOG"])
    ('meg', 'ieeg', 'eeg')
    """
    present = set(channel_types)
    if present & set(_MEG_TYPES):
        return "meg"
    inside = present & {"SEEG", "ECOG", "DBS"}
    if inside:
        return inside.pop().lower() if inside in ({"SEEG"}, {"ECOG"}) else "ieeg"
    if any(kind.startswith("NIRS") for kind in present):
        return "nirs"
    return "eeg" if "EEG" in present else "behavior"
