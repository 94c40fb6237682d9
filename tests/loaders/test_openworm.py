"""OpenWorm's tables: neurons and muscles, junctions without direction, transmitters kept."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import python_calamine
import xarray as xr
from neurokit_loaders.openworm import LOADER

import neurokit as nk
from neurokit.celegans import cell_name
from neurokit.errors import FileContentError
from neurokit.schema import findings_from_json
from neurokit.testing import assert_same

REAL = "celegans_connectome/openworm_CElegansNeuronTables.xls"


def _weight(rec: xr.DataTree, kind: str) -> xr.DataArray:
    return rec["connectome"]["weight"].sel(synapse_type=kind)


@pytest.fixture(scope="module")
def opened(shared_data: Path) -> xr.DataTree:
    """The published workbook."""
    return nk.open(shared_data / REAL)


@pytest.fixture(scope="module")
def sheets(shared_data: Path) -> python_calamine.CalamineWorkbook:
    """The same, as calamine reads it."""
    return python_calamine.CalamineWorkbook.from_path(str(shared_data / REAL))


def test_every_synapse_of_the_sheets_is_there(
    opened: xr.DataTree, sheets: python_calamine.CalamineWorkbook
) -> None:
    neurons = sheets.get_sheet_by_name("Connectome").to_python()[1:]
    muscles = sheets.get_sheet_by_name("NeuronsToMuscle").to_python()[1:]
    sends = [(row[0], row[1], row[3]) for row in neurons if row[2] == "Send"]
    rows = [*sends, *((row[0], row[1], row[2]) for row in muscles)]
    ours = _weight(opened, "chemical").sel(
        pre=xr.DataArray([cell_name(str(row[0])) for row in rows]),
        post=xr.DataArray([cell_name(str(row[1])) for row in rows]),
    )
    np.testing.assert_array_equal(ours.values, [float(str(row[2])) for row in rows])
    # No pair stands twice, so that nothing else can be there.
    assert int((_weight(opened, "chemical") != 0).sum()) == len(rows) == 2279 + 564
    assert _weight(opened, "chemical").sum().item() == 6465 + 1881


def test_gap_junctions_are_edges_without_direction(
    opened: xr.DataTree, sheets: python_calamine.CalamineWorkbook
) -> None:
    values = _weight(opened, "electrical").values
    np.testing.assert_array_equal(values, values.T)
    rows = sheets.get_sheet_by_name("Connectome").to_python()[1:]
    listed = {(str(row[0]), str(row[1])): row[3] for row in rows if row[2] == "GapJunction"}
    same = [pair for pair, number in listed.items() if listed.get(pair[::-1]) == number]
    assert len(same) == 1049
    found = [f.found for f in findings_from_json(opened.attrs["findings"]) if f.code == "NK840"]
    assert [text[:2].strip() for text in found] == ["25", "5"]
    assert _weight(opened, "electrical").sel(pre="I2L", post="M1").item() == 1.5


def test_muscles_have_the_names_of_the_literature(opened: xr.DataTree) -> None:
    kinds = dict(
        zip(
            opened["connectome"]["post"].values.tolist(),
            opened["connectome"]["post_type"].values.tolist(),
            strict=True,
        )
    )
    assert kinds["dBWML5"] == kinds["MVULVA"] == kinds["MANAL"] == "muscle"
    assert "MDL05" not in kinds
    assert "NK841" not in opened.attrs["findings"]


def test_transmitters_of_a_cell_are_kept(opened: xr.DataTree) -> None:
    transmitter = opened["connectome"]["transmitter"]
    assert transmitter.sel(pre="ADEL").item() == "Dopamine"
    assert transmitter.sel(pre="RIML").item() == "Acetylcholine,Tyramine"
    assert transmitter.sel(pre="dBWML5").item() == ""
    assert "Generic" not in ",".join(transmitter.values)


def test_what_is_opened_keeps_the_contract(opened: xr.DataTree, tmp_path: Path) -> None:
    assert nk.validate(opened).ok
    assert opened.attrs["loader"] == "celegans.openworm"
    assert opened.attrs["animals"] == '["N2U", "JSE"]'
    assert "sheets are not read: Sensory" in opened.attrs["findings"]
    nk.save(opened, tmp_path / "rec.zarr")
    assert_same(opened, nk.open(tmp_path / "rec.zarr"))


def test_info_lists_the_sheets(shared_data: Path) -> None:
    assert LOADER.info(shared_data / REAL) == {"sheets": "Connectome, NeuronsToMuscle, Sensory"}


@pytest.fixture
def book(tmp_path: Path, write_workbook: Callable[..., Path]) -> Callable[..., Path]:
    """``book(rows, muscles)`` writes a workbook of two sheets."""

    def write(rows: list[list[object]], muscles: list[list[object]] | None = None) -> Path:
        head = ["Origin", "Target", "Type", "Number of Connections", "Neurotransmitter"]
        content = {
            "Connectome": [head, *rows],
            "NeuronsToMuscle": [["Neuron", "Muscle", "Number", "x"], *(muscles or [])],
        }
        return write_workbook(tmp_path / "tables.xlsx", content)

    return write


@pytest.mark.parametrize(
    ("row", "words"),
    [
        (["AVAL", "AVAR", "Send", "x", "GABA"], "Connectome row 2 holds 'x'"),
        (["AVAL", "AVAR", "Shout", 1, "GABA"], "Connectome row 2 has the type 'Shout'"),
        (["", "AVAR", "Send", 1, "GABA"], "Connectome row 2 lacks a name"),
        (["AVAL", "AVAR", "Send", "", ""], "Connectome row 2 holds '' where a number"),
    ],
)
def test_rows_that_say_nothing_are_errors(
    book: Callable[..., Path], row: list[object], words: str
) -> None:
    with pytest.raises(FileContentError, match=words):
        LOADER.open(book([row]))


def test_repeated_rows_are_summed_and_said(book: Callable[..., Path]) -> None:
    path = book([["AVAL", "VB01", "Send", 1, "GABA"], ["AVAL", "VB1", "Send", 2, "Serotonin_GABA"]])
    rec = LOADER.open(path)
    assert _weight(rec, "chemical").sel(pre="AVAL", post="VB1").item() == 3
    assert "Connectome row 2, Connectome row 3" in rec.attrs["findings"]
    assert rec["connectome"]["transmitter"].sel(pre="AVAL").item() == "GABA,Serotonin"


def test_a_workbook_without_a_sheet_is_not_sniffed_and_an_error(
    tmp_path: Path, write_workbook: Callable[..., Path]
) -> None:
    path = write_workbook(tmp_path / "one.xlsx", {"Connectome": [["Origin"]]})
    assert LOADER.sniff(path) == 0
    with pytest.raises(FileContentError, match="has no sheet 'NeuronsToMuscle'"):
        LOADER.open(path)


@pytest.mark.parametrize("size", [0, 8, 511, 512, 100_000, 300_000, 368_000, 369_151])
def test_a_workbook_cut_anywhere_is_an_error(shared_data: Path, tmp_path: Path, size: int) -> None:
    path = tmp_path / "cut.xls"
    path.write_bytes((shared_data / REAL).read_bytes()[:size])
    assert LOADER.sniff(path) == 0
    with pytest.raises(FileContentError, match=r"cut\.xls"):
        LOADER.open(path)
