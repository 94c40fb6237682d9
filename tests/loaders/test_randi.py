"""Signal propagation: stimulated to responding, unmeasured stays NaN, q values where they are."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import python_calamine
import xarray as xr
from neurokit_loaders.randi import LOADER

import neurokit as nk
from neurokit.errors import FileContentError, OptionError
from neurokit.schema import findings_from_json
from neurokit.testing import assert_same

BOOK = "celegans_connectome/CElegansFunctionalConnectivity.xlsx"
TEXT = "celegans_connectome/randi2023_signal_propagation_fig2.csv"
SHEETS = ("Figure2a, df_over_f", "Figure2a, alpha=(1 - q_val)")


@pytest.fixture(scope="module")
def opened(shared_data: Path) -> xr.DataTree:
    """The published workbook."""
    return nk.open(shared_data / BOOK)


@pytest.fixture(scope="module")
def tables(shared_data: Path) -> list[pd.DataFrame]:
    """Responses and 1 - q as calamine reads them: rows and columns as in the sheets."""
    book = python_calamine.CalamineWorkbook.from_path(str(shared_data / BOOK))
    found = []
    for name in SHEETS:
        head, *rows = book.get_sheet_by_name(name).to_python()
        values = [[np.nan if cell == "" else float(str(cell)) for cell in row[1:]] for row in rows]
        names = [str(row[0]).replace("IL2V4", "IL2VR") for row in rows]
        columns = [str(name).replace("IL2V4", "IL2VR") for name in head[1:]]
        found.append(pd.DataFrame(values, index=names, columns=columns))
    return found


def test_columns_are_stimulated_and_rows_respond(
    opened: xr.DataTree, tables: list[pd.DataFrame]
) -> None:
    response, confidence = tables
    group = opened["connectome"]
    weight = group["weight"].sel(synapse_type="functional")
    ours = weight.sel(pre=list(response.columns), post=list(response.index))
    np.testing.assert_array_equal(ours.values, response.to_numpy().T.astype(np.float32))
    q_value = group["q_value"].sel(synapse_type="functional")
    q_value = q_value.sel(pre=list(response.columns), post=list(response.index)).values
    measured = response.notna().to_numpy().T
    expected = (1 - confidence.to_numpy().T)[measured].astype(np.float32)
    np.testing.assert_array_equal(q_value[measured], expected)
    assert np.isnan(q_value[~measured]).all()


def test_pairs_that_were_not_measured_are_nan_and_counts_are_those_of_the_paper(
    opened: xr.DataTree,
) -> None:
    weight = opened["connectome"]["weight"].sel(synapse_type="functional")
    assert weight.shape == (168, 168)
    assert int(weight.notnull().sum()) == 22521
    q_value = opened["connectome"]["q_value"].sel(synapse_type="functional")
    # 978 of the pairs that the sheet names, self-responses included, are below 0.05.
    assert int((q_value < 0.05).sum()) == 978


def test_the_text_is_the_first_sheet_to_float32(opened: xr.DataTree, shared_data: Path) -> None:
    rec = nk.open(shared_data / TEXT)
    assert rec.attrs["loader"] == "celegans.randi"
    a, b = (one["connectome"]["weight"].values for one in (opened, rec))
    np.testing.assert_array_equal(np.isnan(a), np.isnan(b))
    np.testing.assert_allclose(a, b, atol=1e-7)  # its numbers are rounded to 9 digits
    assert "q_value" not in rec["connectome"]


def test_the_misprinted_name_is_corrected_and_said(opened: xr.DataTree) -> None:
    names = opened["connectome"]["pre"].values.tolist()
    assert "IL2VR" in names
    assert "IL2V4" not in names
    (finding,) = findings_from_json(opened.attrs["findings"])
    assert (finding.code, finding.found) == ("NK848", "IL2V4 is read as IL2VR")


def test_responses_above_max_q_become_zero_and_unmeasured_stay_nan(
    opened: xr.DataTree, shared_data: Path
) -> None:
    rec = LOADER.open(shared_data / BOOK, max_q=0.05)
    kept, weight = rec["connectome"]["weight"], opened["connectome"]["weight"]
    q_value = opened["connectome"]["q_value"]
    np.testing.assert_array_equal(kept.isnull(), weight.isnull())
    np.testing.assert_array_equal(kept.values[q_value <= 0.05], weight.values[q_value <= 0.05])
    assert not kept.values[q_value > 0.05].any()
    assert rec.attrs["loader_options"] == '{"max_q": 0.05}'
    with pytest.raises(OptionError, match="the file has no q values"):
        LOADER.open(shared_data / TEXT, max_q=0.05)
    with pytest.raises(OptionError, match="between 0 and 1"):
        LOADER.open(shared_data / BOOK, max_q=5)


def test_it_keeps_the_contract(opened: xr.DataTree, tmp_path: Path) -> None:
    assert nk.validate(opened).ok
    assert opened["connectome"]["quantity"].item() == "dF/F"
    nk.save(opened, tmp_path / "rec.nc")
    assert_same(opened, nk.open(tmp_path / "rec.nc"))


def test_info_says_whether_there_are_q_values(shared_data: Path) -> None:
    assert LOADER.info(shared_data / BOOK)["q_values"] is True
    assert LOADER.info(shared_data / TEXT) == {"n_neurons": 168, "q_values": False}


# --- small files made here

NAMES = ["", "AVAL", "IL2V4", "AVAR"]


def _rows(value: object = 0.5, last: str = "AVAR") -> list[list[object]]:
    return [[*NAMES], ["AVAL", "", value, 0.1], ["IL2V4", 0.2, "", 0.3], [last, 0.4, "", ""]]


@pytest.fixture
def book(tmp_path: Path, write_workbook: Callable[..., Path]) -> Callable[..., Path]:
    """``book(response, alpha)`` writes the two sheets."""

    def write(response: list[list[object]], alpha: list[list[object]]) -> Path:
        content = dict(zip(SHEETS, (response, alpha), strict=True))
        return write_workbook(tmp_path / "fig2.xlsx", content)

    return write


def test_a_pair_stands_where_it_belongs(book: Callable[..., Path]) -> None:
    weight = LOADER.open(book(_rows(), _rows()))["connectome"]["weight"].isel(synapse_type=0)
    # Row AVAL, column IL2VR: AVAL responds when IL2VR is stimulated.
    assert weight.sel(pre="IL2VR", post="AVAL").item() == 0.5
    assert np.isnan(weight.sel(pre="IL2VR", post="AVAR").item())


def test_rows_and_columns_must_name_the_same_neurons(book: Callable[..., Path]) -> None:
    with pytest.raises(FileContentError, match=r"name different neurons \(AVAR, AVBL\)"):
        LOADER.open(book(_rows(last="AVBL"), _rows()))
    other = [["AVBL" if cell == "AVAR" else cell for cell in row] for row in _rows()]
    with pytest.raises(FileContentError, match="two sheets of Figure 2a name different neurons"):
        LOADER.open(book(_rows(), other))


def test_a_cell_that_is_no_number_is_named(book: Callable[..., Path]) -> None:
    with pytest.raises(FileContentError, match=r"df_over_f\]: cell C2 holds 'high'"):
        LOADER.open(book(_rows("high"), _rows()))


def test_a_workbook_without_the_sheets_is_an_error(
    tmp_path: Path, write_workbook: Callable[..., Path]
) -> None:
    path = write_workbook(tmp_path / "a.xlsx", {SHEETS[0]: _rows()})
    assert LOADER.sniff(path) == 0
    with pytest.raises(FileContentError, match=r"has no sheet 'Figure2a, alpha"):
        LOADER.open(path)


def test_a_cut_text_is_an_error(shared_data: Path, tmp_path: Path) -> None:
    whole = (shared_data / TEXT).read_bytes()
    path = tmp_path / "cut.csv"
    for size in (0, 10, 5000, len(whole) // 2, len(whole) - 900):
        path.write_bytes(whole[:size])
        with pytest.raises(FileContentError, match=r"cut\.csv"):
            LOADER.open(path)
