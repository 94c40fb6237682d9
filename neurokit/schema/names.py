"""The words of the data contract: groups, channel types, units, what analyses take."""

from __future__ import annotations

SCHEMA = "neurokit/1"

GROUPS = ("activity", "events", "stimulus", "behavior", "spikes", "connectome", "auxiliary")

ROOT_ATTRS = (
    "schema",
    "modality",
    "subject",
    "session",
    "species",
    "start_time",
    "licence",
    "doi",
    "source",
    "source_sha256",
    "loader",
    "loader_version",
    "loader_options",
    "history",
)

SPACE_DIMS = ("neuron", "channel")

# BIDS channel types (BIDS 1.10: MEG, EEG and iEEG), each with the unit its values usually have.
CHANNEL_UNITS: dict[str, str] = {
    "EEG": "V",
    "ECOG": "V",
    "SEEG": "V",
    "DBS": "V",
    "MEGMAG": "T",
    "MEGGRADAXIAL": "T",
    "MEGGRADPLANAR": "T/m",
    "MEGREFMAG": "T",
    "MEGREFGRADAXIAL": "T",
    "MEGREFGRADPLANAR": "T/m",
    "MEGOTHER": "1",
    "EOG": "V",
    "VEOG": "V",
    "HEOG": "V",
    "ECG": "V",
    "EMG": "V",
    "EYEGAZE": "1",
    "PUPIL": "1",
    "GSR": "S",
    "PPG": "1",
    "RESP": "1",
    "TEMP": "degC",
    "AUDIO": "1",
    "ADC": "V",
    "DAC": "V",
    "HLU": "1",
    "FITERR": "1",
    "REF": "V",
    "SYSCLOCK": "s",
    "TRIG": "1",
    "MISC": "1",
    "OTHER": "1",
    "NIRSCWAMPLITUDE": "V",
    "NIRSCWOPTICALDENSITY": "1",
    "NIRSCWHBO": "mol/L",
    "NIRSCWHBR": "mol/L",
}
CHANNEL_TYPES = tuple(CHANNEL_UNITS)

NEURAL_TYPES = frozenset(
    {"EEG", "ECOG", "SEEG", "DBS", "MEGMAG", "MEGGRADAXIAL", "MEGGRADPLANAR"}
    | {"NIRSCWHBO", "NIRSCWHBR"}
)

# Largest median distance from the median that such a channel can have, in SI units: beyond,
# units were misread.
PLAUSIBLE_SPREAD: dict[str, float] = {
    "EEG": 5e-3,
    "ECOG": 5e-2,
    "SEEG": 5e-2,
    "DBS": 5e-2,
    "EOG": 5e-2,
    "MEGMAG": 1e-8,
    "MEGGRADAXIAL": 1e-8,
    "MEGGRADPLANAR": 1e-7,
}

SYNAPSE_TYPES = ("chemical", "electrical", "functional", "peptidergic", "monoaminergic", "contact")
CELL_TYPES = ("neuron", "muscle", "other")
MODALITIES = (
    "calcium",
    "eeg",
    "meg",
    "seeg",
    "ecog",
    "ieeg",
    "nirs",
    "spikes",
    "behavior",
    "connectome",
)
