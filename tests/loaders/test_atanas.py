"""Time-trace JSON: values as json reads them, names from the file beside it, faults by frame."""

from __future__ import annotations

import json
import pickle
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import xarray as xr
from neurokit_loaders.atanas import LOADER

import neurokit as nk
from neurokit.errors import FileContentError, LabelError, NeurokitError, TimeError
from neurokit.schema import findings_from_json
from neurokit.testing import assert_same

REAL = "celegans_calcium/atanas2023_2022-08-02-01_time_trace.json"
ORDER = "celegans_calcium/atanas2023_neuron_order.json"


def _codes(rec: xr.DataTree) -> list[str]:
    return [f.code for f in findings_from_json(str(rec.attrs.get("findings", "[]")))]


@pytest.fixture
def frames() -> list[list[Any]]:
    """Three neurons over four regular frames that begin at 10 s."""
    values = np.random.default_rng(0).normal(size=(4, 3)).tolist()
    return [[10.0 + 0.5 * i, row] for i, row in enumerate(values)]


def _write(folder: Path, content: object, name: str = "lab_2021-01-02-03_time_trace.json") -> Path:
    path = folder / name
    path.write_text(content if isinstance(content, str) else json.dumps(content), "utf-8")
    return path


def test_values_and_times_equal_what_json_holds(shared_data: Path) -> None:
    rec = LOADER.open(shared_data / REAL)
    rows = json.loads((shared_data / REAL).read_text("utf-8"))
    signal = rec["activity"]["signal"]
    assert signal.shape == (1600, 98)
    assert signal.dtype == np.float32
    np.testing.assert_array_equal(signal, np.array([row[1] for row in rows], dtype=np.float32))
    seconds = np.array([row[0] for row in rows])
    np.testing.assert_array_equal(signal["time"], seconds - seconds[0])


def test_names_are_the_first_ones_of_the_order_file_unpadded(shared_data: Path) -> None:
    rec = LOADER.open(shared_data / REAL)
    names = json.loads((shared_data / ORDER).read_text("utf-8"))[:98]
    expected = [name.replace("VB02", "VB2") for name in names]
    activity = rec["activity"]
    assert activity["neuron"].values.tolist() == expected
    assert activity["identified"].values.all()
    assert set(activity["identity_confidence"].values.tolist()) == {"exact", "zero-stripped"}
    assert activity["neuron_class"].sel(neuron="VB2").item() == "VB"
    assert activity["neuron_type"].sel(neuron="AVAL").item() == "interneuron"


def test_the_jittered_clock_of_the_real_file_is_irregular(shared_data: Path) -> None:
    # Measured: median 0.600 s, 0.539 to 0.673 s, so no rate within the contract's 1e-3.
    rec = LOADER.open(shared_data / REAL)
    assert "sampling_rate" not in rec["activity"].attrs
    assert "NK820" in _codes(rec)
    assert "0.600 s apart" in rec.attrs["findings"]


def test_the_real_recording_keeps_the_contract(shared_data: Path) -> None:
    rec = LOADER.open(shared_data / REAL)
    assert nk.validate(rec).ok
    assert rec.attrs["subject"] == "2022-08-02-01"
    assert rec.attrs["session"] == "2022-08-02"
    assert rec.attrs["species"] == "Caenorhabditis elegans"
    assert rec.attrs["doi"] == "10.1016/j.cell.2023.07.035"
    assert rec["activity"]["signal"].attrs["units"] == "1"


def test_it_is_found_by_content_and_survives_the_stores(shared_data: Path, tmp_path: Path) -> None:
    rec = nk.open(shared_data / REAL)
    assert rec.attrs["loader"] == "celegans.atanas"
    for suffix in ("nc", "zarr"):
        nk.save(rec, tmp_path / f"rec.{suffix}")
        assert_same(rec, nk.open(tmp_path / f"rec.{suffix}"))


def test_info_counts_frames_and_neurons(shared_data: Path) -> None:
    info = LOADER.info(shared_data / REAL)
    assert (info["n_times"], info["n_neurons"]) == (1600, 98)
    assert info["neuron_order"] == "atanas2023_neuron_order.json"


def test_the_shared_broken_file_names_both_faults_and_their_frames(shared_corrupt: Path) -> None:
    path = shared_corrupt / "18_ragged_and_unsorted_time_trace.json"
    with pytest.raises(FileContentError, match=r"frame 50 has 90 values.*frame 61") as caught:
        LOADER.open(path)
    assert path.name in str(caught.value)


def test_time_begins_at_zero_and_the_offset_keeps_the_clock(
    tmp_path: Path, frames: list[list[Any]]
) -> None:
    rec = LOADER.open(_write(tmp_path, frames))
    activity = rec["activity"]
    np.testing.assert_allclose(activity["time"], [0, 0.5, 1.0, 1.5])
    assert activity.attrs["time_offset"] == 10.0
    assert activity.attrs["sampling_rate"] == pytest.approx(2.0)


def test_without_a_file_of_names_neurons_are_unidentified_with_a_finding(
    tmp_path: Path, frames: list[list[Any]]
) -> None:
    rec = LOADER.open(_write(tmp_path, frames))
    assert rec["activity"]["neuron"].values.tolist() == ["unl-0001", "unl-0002", "unl-0003"]
    assert not rec["activity"]["identified"].values.any()
    assert _codes(rec) == ["NK811"]
    assert rec.attrs["subject"] == "2021-01-02-03"


@pytest.mark.parametrize("name", ["lab_neuron_order.json", "neurons.json"])
def test_the_file_of_names_is_found_beside(
    tmp_path: Path, frames: list[list[Any]], name: str
) -> None:
    _write(tmp_path, ["AVAL", "VB01", "RMF?"], name)
    rec = LOADER.open(_write(tmp_path, frames))
    assert rec["activity"]["neuron"].values.tolist() == ["AVAL", "VB1", "RMF?"]
    assert rec["activity"]["identified"].values.tolist() == [True, True, False]
    assert rec["activity"]["candidates"].values.tolist() == ["", "", "RMFL,RMFR"]


def test_of_several_files_of_names_the_one_of_the_same_prefix_is_taken(
    tmp_path: Path, frames: list[list[Any]]
) -> None:
    _write(tmp_path, ["AVAL", "AVAR", "AVBL"], "lab_neuron_order.json")
    _write(tmp_path, ["ASEL", "ASER", "AWAL"], "other_neuron_order.json")
    rec = LOADER.open(_write(tmp_path, frames))
    assert rec["activity"]["neuron"].values.tolist() == ["AVAL", "AVAR", "AVBL"]


def test_several_files_of_names_that_fit_equally_are_not_guessed_between(
    tmp_path: Path, frames: list[list[Any]]
) -> None:
    for name in ("a_neuron_order.json", "b_neuron_order.json"):
        _write(tmp_path, ["AVAL", "AVAR", "AVBL"], name)
    rec = LOADER.open(_write(tmp_path, frames))
    assert not rec["activity"]["identified"].values.any()
    assert "neurons=PATH" in rec.attrs["findings"]


def test_an_option_names_the_file_of_names(tmp_path: Path, frames: list[list[Any]]) -> None:
    order = _write(tmp_path, ["AVAL", "AVAR", "AVBL", "PVT"], "mine.json")
    rec = LOADER.open(_write(tmp_path, frames), neurons=str(order))
    assert rec["activity"]["neuron"].values.tolist() == ["AVAL", "AVAR", "AVBL"]
    assert _codes(rec) == ["NK812"]


def test_one_name_for_two_columns_identifies_neither(
    tmp_path: Path, frames: list[list[Any]]
) -> None:
    _write(tmp_path, ["AVAL", "AVAL", "AVBL"], "neurons.json")
    rec = LOADER.open(_write(tmp_path, frames))
    assert rec["activity"]["neuron"].values.tolist() == ["AVAL-1", "AVAL-2", "AVBL"]
    assert "NK810" in _codes(rec)


def test_fewer_names_than_columns_is_an_error(tmp_path: Path, frames: list[list[Any]]) -> None:
    _write(tmp_path, ["AVAL"], "neurons.json")
    with pytest.raises(LabelError, match=r"1 names for the 3 neurons"):
        LOADER.open(_write(tmp_path, frames))


def test_a_file_of_names_that_is_none_is_an_error(tmp_path: Path, frames: list[list[Any]]) -> None:
    _write(tmp_path, {"AVAL": 1}, "neurons.json")
    with pytest.raises(FileContentError, match=r"neurons\.json: is not a list of names"):
        LOADER.open(_write(tmp_path, frames))


def test_null_and_nan_are_not_observed(tmp_path: Path, frames: list[list[Any]]) -> None:
    frames[1][1][0], frames[2][1][2] = None, float("nan")
    signal = LOADER.open(_write(tmp_path, frames))["activity"]["signal"].values
    assert np.argwhere(np.isnan(signal)).tolist() == [[1, 0], [2, 2]]


@pytest.mark.parametrize("step", [0.0, -0.2])
def test_time_that_does_not_increase_names_the_frame(
    tmp_path: Path, frames: list[list[Any]], step: float
) -> None:
    frames[2][0] = frames[1][0] + step
    with pytest.raises(TimeError, match="frame 2"):
        LOADER.open(_write(tmp_path, frames))


def test_a_frame_without_a_finite_time_is_named(tmp_path: Path, frames: list[list[Any]]) -> None:
    frames[3][0] = float("nan")
    with pytest.raises(TimeError, match="frame 3"):
        LOADER.open(_write(tmp_path, frames))


@pytest.mark.parametrize(
    "content",
    [
        "",
        "[[0.0, [1.0, 2.0]], [0.5, [1.0",
        "[]",
        "{}",
        "[[0.0, 1.0], [0.5, 2.0]]",
        '[[0.0, ["a", "b"]]]',
        "[[0.0, [[1.0], [2.0]]]]",
        '[[0.0, ["1.5", "2.5"]]]',
        '[[0.0, [null, "2.5"]]]',
        "[[0.0, []]]",
        "[" * 5000,
    ],
)
def test_what_is_no_list_of_frames_is_an_error_that_names_the_file(
    tmp_path: Path, content: str
) -> None:
    path = _write(tmp_path, content)
    with pytest.raises(NeurokitError, match=path.name):
        LOADER.open(path)


def test_bytes_that_are_no_text_are_an_error_that_names_the_encoding(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    path.write_bytes(b"[[0.0, [1.0]]\xff]")
    with pytest.raises(FileContentError, match="not UTF-8"):
        LOADER.open(path)


@pytest.mark.parametrize(
    ("head", "fits"),
    [
        ("[[0.0, [2.88, -0.38]]]", True),
        ("\n [ [ 1e-3 ,\n [ -1, 2]]]", True),
        ("\ufeff[[0, [null]]]", True),
        ("[[0.0, 1.0]]", False),
        ('["AVAL", "AVAR"]', False),
        ("{}", False),
        ("", False),
    ],
)
def test_sniffing_looks_at_the_first_frame(tmp_path: Path, head: str, fits: bool) -> None:
    assert (LOADER.sniff(_write(tmp_path, head)) > 0.5) == fits


def test_sniffing_a_folder_or_nothing_is_zero(tmp_path: Path) -> None:
    assert LOADER.sniff(tmp_path) == 0.0
    assert LOADER.sniff(tmp_path / "absent.json") == 0.0


def test_a_recording_crosses_processes(tmp_path: Path, frames: list[list[Any]]) -> None:
    rec = LOADER.open(_write(tmp_path, frames))
    assert_same(rec, pickle.loads(pickle.dumps(rec)))
