"""The camera's clock and the columns that were dropped when a Flavell-lab file was written."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest
import xarray as xr
from neurokit_loaders._neuropal_labels import match_in_file
from neurokit_loaders.dag import LOADER

import neurokit as nk
from neurokit.errors import FileContentError, TimeError
from neurokit.schema import findings_from_json

FILES = [
    "dag2023_2022-01-16-01-data.h5",
    "dag2023_2022-07-27-31-data.h5",
    "dag2023_2022-08-02-38-data.h5",
]
HEADER = ["Neuron Class", "Coordinates ", "ROI ID", "Confidence", "Notes", "Region"]


def _write(folder: Path, extra: dict[str, Any], n_neurons: int = 3) -> Path:
    path = folder / "2021-01-02-03-data.h5"
    content = {
        "gcamp/traces_array_F_F20": np.random.default_rng(0).normal(size=(6, n_neurons)),
        "timing/timestamp_confocal": 100.0 + 0.5 * np.arange(6),
        **extra,
    }
    with h5py.File(path, "w") as file:
        for key, value in content.items():
            file[key] = value
    return path


def _codes(rec: xr.DataTree) -> list[str]:
    return [f.code for f in findings_from_json(str(rec.attrs.get("findings", "[]")))]


@pytest.mark.parametrize("name", FILES)
def test_the_camera_clock_is_kept_and_joins_with_the_confocal_one(
    shared_data: Path, name: str
) -> None:
    path = shared_data / "celegans_calcium" / name
    rec = LOADER.open(path)
    camera = rec["auxiliary/nir"]
    with h5py.File(path) as file:
        stamps = file["timing/timestamp_nir"][()]
        n_frames = file["timing/timestamp_confocal"].size
    assert camera["time"].values[0] == 0.0
    # Both clocks are one: seconds of the lab's clock are time + time_offset in either group.
    np.testing.assert_allclose(
        camera["time"].values + camera.attrs["time_offset"], stamps, rtol=0, atol=1e-9
    )
    lead = rec["activity"].attrs["time_offset"] - camera.attrs["time_offset"]
    assert 10 < lead < 80  # the camera runs before the first volume
    np.testing.assert_array_equal(camera["image"], np.arange(1, stamps.size + 1))
    # Images were lost here and there, so 20 Hz is no rate to count on.
    assert "sampling_rate" not in camera.attrs
    # Behaviour is per confocal frame, whatever the camera's rate.
    assert rec["behavior"].sizes["time"] == n_frames
    assert nk.validate(rec).ok


@pytest.mark.parametrize("name", FILES)
def test_nothing_of_the_published_files_is_left_unread(shared_data: Path, name: str) -> None:
    rec = LOADER.open(shared_data / "celegans_calcium" / name)
    assert "NK830" not in _codes(rec)
    assert "NK815" not in _codes(rec)


def test_a_steady_camera_has_a_rate(tmp_path: Path) -> None:
    rec = LOADER.open(_write(tmp_path, {"timing/timestamp_nir": 98.0 + 0.05 * np.arange(80)}))
    camera = rec["auxiliary/nir"]
    assert camera.attrs["sampling_rate"] == pytest.approx(20.0)
    assert camera.attrs["time_offset"] == 98.0
    np.testing.assert_allclose(camera["time"], 0.05 * np.arange(80), atol=1e-12)


def test_a_file_without_a_camera_has_no_such_group(tmp_path: Path) -> None:
    rec = LOADER.open(_write(tmp_path, {}))
    assert "auxiliary" not in rec.children
    empty = LOADER.open(_write(tmp_path, {"timing/timestamp_nir": np.empty(0)}))
    assert "auxiliary" not in empty.children


@pytest.mark.parametrize(
    ("stamps", "image"), [([1.0, 2.0, 2.0, 3.0], 3), ([1.0, np.nan, 2.0], 2), ([np.nan], 1)]
)
def test_a_camera_clock_that_does_not_increase_names_the_image(
    tmp_path: Path, stamps: list[float], image: int
) -> None:
    path = _write(tmp_path, {"timing/timestamp_nir": np.array(stamps)})
    with pytest.raises(TimeError, match=f"does not increase at image {image} of {len(stamps)}"):
        LOADER.open(path)


def test_without_a_table_nothing_was_dropped() -> None:
    match = np.array([2, 0, 1])
    np.testing.assert_array_equal(match_in_file(match, None, 2, "a.h5"), match)


def test_matches_follow_columns_that_were_dropped() -> None:
    # Column 2 had NaN and was left out, so 1, 3, 4 became 1, 2, 3; rows come in any order.
    kept = np.array([[3, 1, 4], [2, 1, 3]])
    match = np.array([1, 2, 3, 4, 0])
    assert match_in_file(match, kept, 3, "a.h5").tolist() == [1, 0, 2, 3, 0]


@pytest.mark.parametrize(
    "kept", [[[1, 2], [1, 1]], [[1, 2], [1, 3]], [[1, 2, 3], [1, 2, 3]], [[0, 1], [1, 2]], [1, 2]]
)
def test_a_table_that_does_not_name_every_column_once_is_refused(kept: list[Any]) -> None:
    with pytest.raises(FileContentError, match=r"a\.h5: gcamp/match_org_to_skip"):
        match_in_file(np.array([1, 2]), np.array(kept), 2, "a.h5")


@pytest.mark.parametrize(
    ("kept", "names", "noted"),
    [
        ([[1, 2, 3], [1, 2, 3]], ["AVAL", "AVAR", "unl-0003"], False),
        ([[2, 3, 4], [1, 2, 3]], ["AVAR", "ADAL", "unl-0003"], True),
    ],
)
def test_labels_land_on_the_columns_that_are_left(
    tmp_path: Path,
    write_workbook: Callable[..., Path],
    kept: list[list[int]],
    names: list[str],
    noted: bool,
) -> None:
    columns = max(kept[0])
    path = _write(
        tmp_path,
        {
            "neuropal_registration/roi_match": np.array([1, 2, 3 if columns == 4 else 0]),
            "neuropal_registration/roi_match_confidence": np.array([9.0, 9.0, 9.0]),
            "gcamp/match_org_to_skip": np.array(kept),
        },
    )
    rows = [["AVAL", "", 1, 5], ["AVAR", "", 2, 5], ["ADAL", "", 3, 5]]
    sheet = [HEADER[:4], *rows]
    write_workbook(tmp_path / "2021-01-02-03 Neuron ID.xlsx", {"labels": sheet})
    rec = LOADER.open(path)
    assert rec["activity"]["neuron"].values.tolist() == names
    assert ("NK815" in _codes(rec)) == noted
