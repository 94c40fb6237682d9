"""The twenty broken files of the shared folder: each gives what the README beside them asks for."""

from __future__ import annotations

import warnings
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import neurokit as nk
from neurokit.errors import FileContentError, NeurokitError, OptionError, TimeError


@dataclass(frozen=True)
class Broken:
    """A broken file, and what a user must get.

    Parameters
    ----------
    path : str
        Below the folder of broken files.
    says : tuple of str
        Words of the error, or of the findings where the file opens.
    raises : type, optional
        The error's class; None where the file opens and findings say what is wrong.
    options : dict
        What it is opened with.
    """

    path: str
    says: tuple[str, ...]
    raises: type[NeurokitError] | None = FileContentError
    options: dict[str, Any] = field(default_factory=dict)


BIDS = "sub-01_ses-eeg_task-rest_eeg"
MUSE = {"loader": "table", "time": "timestamps", "signal": ["TP9", "AF7", "AF8", "TP10"]}
MUSE |= {"space": "channel", "channel_type": "EEG", "units": "uV"}
FILES = (
    Broken("01_truncated_raw.fif", ("truncated", "end tag is missing")),
    Broken("02_wrong_extension.edf", ("is a FIF file with evoked responses",)),
    Broken("03_nan_channels_raw.fif", ("NK401", "NaN throughout: Fz", "NK403", "FC1"), None),
    Broken("04_zero_length.bdf", ("empty (0 bytes)",)),
    Broken("05_edf_header_lies_channels.edf", ("99 signals", "16 signals")),
    Broken("06_edf_header_lies_records.edf", ("9999 records", "the file holds 23")),
    Broken("07_bids_missing_sidecar", ("*_channels.tsv", "*_eeg.json"), None),
    Broken(f"08_brainvision_missing_eeg/{BIDS}.vhdr", (f"companion {BIDS}.eeg", "missing")),
    Broken("09_nwb_without_rate.nwb", ("neither a rate nor timestamps", "rate=..."), TimeError),
    Broken(
        "10_h5_wrong_groups.h5",
        ("expected timing/timestamp_confocal", "found GCAMP/trace", "behaviour/vel"),
        options={"loader": "celegans.dag"},
    ),
    Broken(
        "11_h5_length_mismatch.h5", ("800", "763"), TimeError, options={"loader": "celegans.dag"}
    ),
    Broken("12_ragged_rows.csv", ("line 41 has 6 fields", "line 42 has 1")),
    Broken("13_non_utf8_header.csv", ("not UTF-8", "0xE9", "latin-1")),
    Broken("14_nonsquare_matrix.csv", ("not square", "250 rows, 302 columns")),
    Broken(
        "15_connectome_bad_entries.json",
        ("no known cell is named XYZ99", "ADAL-AVBL (-3", "ADAL-ADAR (entries 0 and 939)"),
        None,
    ),
    Broken("16_truncated.mat", ("cut",)),
    Broken("17_truncated.h5", ("not a whole HDF5 file",)),
    Broken(
        "18_ragged_and_unsorted_time_trace.json", ("frame 50 has 90", "not increase at frame 61")
    ),
    Broken("19_duplicate_timestamps_no_marker.csv", ("NK823", "256 time stamps"), None, MUSE),
    Broken("20_object_array.npy", ("pickled Python objects", "would run code")),
)


def _number(broken: Broken) -> str:
    return broken.path[:2]


def _read(path: Path, options: dict[str, Any]) -> str:
    """Open, load everything and return the findings as text."""
    rec = nk.open(path, **options)
    for node in rec.subtree:
        node.to_dataset(inherit=False).load()
    return "\n".join(map(str, nk.validate(rec)))


@pytest.mark.parametrize("broken", FILES, ids=_number)
def test_a_broken_file_gives_what_its_readme_says(broken, shared_corrupt, capfd):
    path = shared_corrupt / broken.path
    with warnings.catch_warnings():
        warnings.simplefilter("error")  # what is to be said stands in an error or a finding
        if broken.raises is None:
            said = _read(path, broken.options)
        else:
            with pytest.raises(broken.raises) as caught:
                _read(path, broken.options)
            said = str(caught.value)
            assert path.name in said
            assert caught.value.mend.endswith((".", ")"))
    for words in broken.says:
        assert words in said, said
    assert "pickle executed" not in "".join(capfd.readouterr())


def test_every_broken_file_is_among_them(shared_corrupt):
    there = {path.name[:2] for path in shared_corrupt.iterdir() if path.name != "README.md"}
    assert there == {_number(broken) for broken in FILES}
    assert len(there) == 20


def test_a_bids_folder_without_sidecars_uses_what_the_header_says(shared_corrupt):
    rec = nk.open(shared_corrupt / "07_bids_missing_sidecar")
    assert rec.activity.attrs["sampling_rate"] > 0
    assert set(rec.activity.channel_type.values.tolist()) >= {"EEG"}


def test_nan_stays_nan_and_the_other_channels_are_whole(shared_corrupt):
    signal = nk.open(shared_corrupt / "03_nan_channels_raw.fif").activity.signal.load()
    missing = np.isnan(signal.values).sum(axis=0)
    assert missing[3] == signal.sizes["time"]
    assert missing[7] == 200  # samples 500 to 699
    assert missing.sum() == missing[3] + missing[7]


def test_events_of_a_column_that_is_not_there_are_an_error(shared_corrupt):
    path = shared_corrupt / "19_duplicate_timestamps_no_marker.csv"
    with pytest.raises(OptionError, match="marker='Marker': no such column") as caught:
        nk.open(path, **MUSE, marker="Marker")
    assert "'TP10', 'Right AUX'" in str(caught.value)


def test_a_doubled_edge_counts_once_and_a_negative_one_stays(shared_corrupt):
    rec = nk.open(shared_corrupt / "15_connectome_bad_entries.json")
    chemical = rec.connectome.weight.sel(synapse_type="chemical")
    assert float(chemical.sel(pre="ADAL", post="AVBL")) == -3
    doubled = rec.connectome.weight.sel(pre="ADAL", post="ADAR")
    assert float(doubled.sum()) == 1  # one synapse, listed in entries 0 and 939
