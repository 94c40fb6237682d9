"""From labelled regions to columns: the mapping read from the files, and what is not certain."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import h5py
import numpy as np
import pytest
import python_calamine
from neurokit_loaders._neuropal_labels import Label, assign_columns, read_labels
from neurokit_loaders.dag import LOADER

import neurokit as nk
from neurokit.errors import FileContentError

if TYPE_CHECKING:
    from collections.abc import Callable

HEADER = ["Neuron Class", "Coordinates ", "ROI ID", "Confidence", "Notes", "Region"]
PAIRS = ["2022-07-27-31", "2022-08-02-38"]


def _assign(labels: list[Label], match: list[int], sure: list[float] | None = None) -> Any:
    confidence = np.full(len(match), 30.0) if sure is None else np.array(sure)
    return assign_columns(labels, np.array(match), confidence, max(match), 2.0, 2.0)


@pytest.mark.parametrize("number", PAIRS)
def test_real_labels_stand_on_the_columns_of_their_regions(shared_data: Path, number: str) -> None:
    folder = shared_data / "celegans_calcium"
    rec = LOADER.open(folder / f"dag2023_{number}-data.h5")
    workbook = python_calamine.CalamineWorkbook.from_path(
        str(folder / f"dag2023_{number}_Neuron_ID.xlsx")
    )
    rows = workbook.get_sheet_by_name("labels v2 (1st audit)").to_python()[1:]
    with h5py.File(folder / f"dag2023_{number}-data.h5") as file:
        match = file["neuropal_registration/roi_match"][()]
    names = rec["activity"]["neuron"].values
    regions = {str(row[0]): int(float(str(row[2]))) for row in rows}
    identified = 0
    for column in np.flatnonzero(rec["activity"]["identified"].values):
        label = str(names[column])
        region = regions.get(label, regions.get(label.replace("VB2", "VB02"), 0))
        assert match[region - 1] == column + 1
        identified += 1
    # Counted by hand from the sheets: labels with a trace, certain, of both confidences >= 2.
    assert identified == {"2022-07-27-31": 99, "2022-08-02-38": 104}[number]


def test_left_and_right_command_neurons_correlate_as_they_do_in_the_worm(
    shared_data: Path,
) -> None:
    # A mapping that is off by one loses this: of all pairs of neurons in both animals, few
    # correlate above 0.5, whereas the two AVA command neurons fire together.
    signal = LOADER.open(
        shared_data / "celegans_calcium" / "dag2023_2022-08-02-38-data.h5", signal="trace_array"
    )["activity"]["signal"]
    correlation = np.corrcoef(signal.values.T)
    names = signal["neuron"].values.tolist()
    pair = correlation[names.index("AVAL"), names.index("AVAR")]
    others = np.abs(correlation[np.triu_indices_from(correlation, 1)])
    assert pair > np.quantile(others, 0.99)


@pytest.mark.parametrize("number", PAIRS)
def test_ranges_and_counts_say_which_way_the_match_goes(shared_data: Path, number: str) -> None:
    folder = shared_data / "celegans_calcium"
    labels, _ = read_labels(folder / f"dag2023_{number}_Neuron_ID.xlsx")
    regions = [region for label in labels for region in label.regions]
    with h5py.File(folder / f"dag2023_{number}-data.h5") as file:
        match = file["neuropal_registration/roi_match"][()]
        n_columns = file["gcamp/trace_array"].shape[1]
    # One entry per region: it is as long as there are regions, not as there are traces ...
    assert match.size > n_columns
    assert 1 <= min(regions) <= max(regions) <= match.size
    assert max(regions) > n_columns  # so a region cannot be a column itself
    # ... and holds columns from 1, with 0 for none: column n is there, n + 1 is not.
    assert (match.min(), match.max()) == (0, n_columns)
    # Counted from 1 on the side of the regions, too: at 0 the last region would fall out, and
    # some labels would sit on regions that nothing was matched to.
    assert max(regions) == match.size or number == "2022-07-27-31"
    # Read the other way round, columns -> regions, most columns would have no entry at all.
    used = match[match > 0]
    assert np.unique(used).size > 0.9 * used.size


@pytest.mark.parametrize("number", PAIRS)
def test_labels_stand_as_in_the_workbook_beside_the_names(shared_data: Path, number: str) -> None:
    folder = shared_data / "celegans_calcium"
    activity = LOADER.open(folder / f"dag2023_{number}-data.h5")["activity"]
    labels, _ = read_labels(folder / f"dag2023_{number}_Neuron_ID.xlsx")
    known = {label.text for label in labels}
    kept = activity["label"].values.tolist()
    assert {part for text in kept if text for part in text.split("/")} <= known
    unlabelled = np.array([text == "" for text in kept])
    made_up = np.char.startswith(activity["neuron"].values, "unl-")
    np.testing.assert_array_equal(unlabelled, made_up)
    if number == "2022-07-27-31":
        assert activity["label"].sel(neuron="URYDR?").item() == "URYDR"
        assert activity["label"].sel(neuron="VB2").item() == "VB02"


def test_confidences_and_notes_stand_beside_each_neuron(shared_data: Path) -> None:
    activity = LOADER.open(shared_data / "celegans_calcium" / "dag2023_2022-07-27-31-data.h5")[
        "activity"
    ]
    assert activity["label_confidence"].sel(neuron="AVAL").item() == 5.0
    assert activity["match_confidence"].sel(neuron="AVAL").item() > 2
    assert activity["identity_note"].sel(neuron="VB2").item().startswith("non-zero chance")
    # Labelled with confidence 1: there, but not identified.
    assert "URYDR?" in activity["neuron"].values
    assert not activity["identified"].sel(neuron="URYDR?").item()


def test_thresholds_are_options(shared_data: Path) -> None:
    path = shared_data / "celegans_calcium" / "dag2023_2022-07-27-31-data.h5"
    trusting = LOADER.open(path, label_confidence=0.0, match_confidence=0.0)
    strict = LOADER.open(path, label_confidence=5.0, match_confidence=20.0)
    counts = [
        int(rec["activity"]["identified"].sum()) for rec in (strict, LOADER.open(path), trusting)
    ]
    assert counts == sorted(counts)
    assert counts[0] < counts[1] < counts[2]
    assert "URYDR" in trusting["activity"]["neuron"].values


def test_a_label_goes_to_the_column_of_its_region_counted_from_one() -> None:
    columns = _assign([Label("AVAL", (3,), 5.0), Label("AVAR", (1,), 4.0)], [2, 0, 1])
    assert columns.text == ["AVAL", "AVAR"]
    assert columns.label_confidence.tolist() == [5.0, 4.0]
    assert columns.lost == []


def test_a_region_without_a_trace_is_lost_and_said() -> None:
    columns = _assign([Label("AVAL", (2,), 5.0), Label("AVAR", (9,), 5.0)], [1, 0])
    assert columns.text == [""]
    assert columns.lost == ["AVAL", "AVAR"]


def test_of_a_split_region_the_part_with_the_surest_match_counts() -> None:
    columns = _assign([Label("RMDL", (1, 2), 5.0)], [1, 2], [10.0, 40.0])
    assert columns.text == ["", "RMDL"]
    assert columns.match_confidence[1] == 40.0


@pytest.mark.parametrize(
    ("label", "match"), [(Label("AVAL", (1,), 1.0), 30.0), (Label("AVAL", (1,), 5.0), 1.0)]
)
def test_below_a_threshold_a_label_is_doubted(label: Label, match: float) -> None:
    columns = _assign([label], [1], [match])
    assert columns.text == ["AVAL?"]
    assert columns.doubted == ["AVAL"]


def test_a_label_without_a_confidence_is_doubted() -> None:
    assert _assign([Label("AVAL", (1,), np.nan)], [1]).text == ["AVAL?"]


def test_of_two_labels_on_one_column_neither_is_certain() -> None:
    columns = _assign([Label("AVAL", (1,), 5.0), Label("AVAR", (2,), 3.0)], [1, 1])
    assert columns.text == ["AVAL/AVAR"]


def test_of_one_label_on_two_columns_the_surer_keeps_it() -> None:
    columns = _assign([Label("IL1VL", (1,), 2.0), Label("IL1VL", (2,), 5.0)], [1, 2])
    assert columns.text == ["IL1VL?", "IL1VL"]
    equal = _assign([Label("IL1VL", (1,), 5.0), Label("IL1VL", (2,), 5.0)], [1, 2])
    assert equal.text == ["IL1VL?", "IL1VL?"]


def test_ambiguous_labels_get_no_second_question_mark() -> None:
    columns = _assign([Label("RMF?", (1,), 3.0), Label("SIA?L", (2,), 1.0)], [1, 2])
    assert columns.text == ["RMF?", "SIA?L"]
    assert columns.doubted == []


def test_the_last_audit_of_the_labels_is_read(
    tmp_path: Path, write_workbook: Callable[..., Path]
) -> None:
    path = write_workbook(
        tmp_path / "a.xlsx",
        {
            "labels v2 (1st audit)": [HEADER, ["AVAL", "1, 2, 3", 7, 5, "bright", "head"]],
            "labels v1": [HEADER, ["AVAR", "", 7, 1, "", ""]],
            "alt labels": [HEADER, ["AVBL", "", 7, 1, "", ""]],
            "labels v3 progress": [HEADER, ["AVBR", "", 7, 1, "", ""]],
        },
    )
    labels, sheet = read_labels(path)
    assert sheet == "labels v2 (1st audit)"
    assert labels == [Label("AVAL", (7,), 5.0, "bright; head")]


@pytest.mark.parametrize(
    ("cell", "regions"), [(7, (7,)), ("7", (7,)), ("12/13", (12, 13)), ("12, 13", (12, 13))]
)
def test_region_numbers_are_read_in_every_form(
    tmp_path: Path, write_workbook: Callable[..., Path], cell: object, regions: tuple[int, ...]
) -> None:
    rows = [HEADER, ["AVAL", "", cell, 5, "", ""], ["AVAR", "", "", 5, "", ""]]
    labels, _ = read_labels(write_workbook(tmp_path / "a.xlsx", {"labels": rows}))
    assert [label.regions for label in labels] == [regions]


@pytest.mark.parametrize(
    ("sheets", "words"),
    [
        ({"other": [HEADER]}, "has no sheet 'labels"),
        ({"labels": [["a", "b"], [1, 2]]}, "has no column neuron class, roi id, confidence"),
        ({"labels": [HEADER, ["AVAL", "", "seven", 5, "", ""]]}, "row 2: ROI ID is 'seven'"),
        ({"labels": [HEADER, ["AVAL", "", 1.5, 5, "", ""]]}, "not a whole number"),
    ],
)
def test_a_workbook_of_another_kind_says_what_is_missing(
    tmp_path: Path, write_workbook: Callable[..., Path], sheets: Any, words: str
) -> None:
    with pytest.raises(FileContentError, match=words):
        read_labels(write_workbook(tmp_path / "a.xlsx", sheets))


def test_a_damaged_workbook_is_an_error_that_names_it(tmp_path: Path) -> None:
    path = tmp_path / "cut.xlsx"
    path.write_bytes(b"PK\x03\x04[Content_Types].xml and nothing more")
    with pytest.raises(FileContentError, match=r"cut\.xlsx: is a damaged or cut"):
        read_labels(path)


@pytest.fixture
def recording_file(tmp_path: Path) -> Path:
    """Two traces, three regions of which two were matched."""
    path = tmp_path / "2021-01-02-03-data.h5"
    with h5py.File(path, "w") as file:
        file["gcamp/traces_array_F_F20"] = np.ones((4, 2))
        file["timing/timestamp_confocal"] = np.arange(4.0)
        file["neuropal_registration/roi_match"] = np.array([2, 0, 1])
        file["neuropal_registration/roi_match_confidence"] = np.array([9.0, 0.0, 9.0])
    return path


def test_the_workbook_of_the_same_number_is_found_beside(
    recording_file: Path, write_workbook: Callable[..., Path]
) -> None:
    last = ["VB01", "", 3, 5, "", ""]
    for name, label in (("2021-01-02-03 Neuron ID.xlsx", "AVAL"), ("2021-01-02-04 ID.xlsx", "X")):
        rows = [HEADER, [label, "", 1, 5, "", ""], last]
        write_workbook(recording_file.parent / name, {"labels": rows})
    rec = LOADER.open(recording_file)
    assert rec["activity"]["neuron"].values.tolist() == ["VB1", "AVAL"]
    assert nk.validate(rec).ok


def test_without_a_workbook_neurons_are_unidentified_with_a_finding(recording_file: Path) -> None:
    rec = LOADER.open(recording_file)
    assert rec["activity"]["neuron"].values.tolist() == ["unl-0001", "unl-0002"]
    assert "identities=PATH" in rec.attrs["findings"]


def test_an_option_names_the_workbook(
    recording_file: Path, write_workbook: Callable[..., Path]
) -> None:
    rows = [HEADER, ["AVAL", "", 3, 5, "", ""]]
    path = write_workbook(recording_file.parent / "mine.xlsx", {"labels": rows})
    rec = LOADER.open(recording_file, identities=path)
    assert rec["activity"]["neuron"].values.tolist() == ["AVAL", "unl-0002"]


def test_matches_and_confidences_of_different_numbers_are_an_error(
    recording_file: Path, write_workbook: Callable[..., Path]
) -> None:
    write_workbook(recording_file.parent / "mine.xlsx", {"labels": [HEADER, ["AVAL", "", 3, 5]]})
    with h5py.File(recording_file, "a") as file:
        del file["neuropal_registration/roi_match_confidence"]
        file["neuropal_registration/roi_match_confidence"] = np.ones(2)
    with pytest.raises(FileContentError, match="3 regions and 2 confidences"):
        LOADER.open(recording_file, identities=recording_file.parent / "mine.xlsx")
