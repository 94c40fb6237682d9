"""Square tables of weights: names in rows and columns agree, empty is not observed."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pytest
import xarray as xr
from neurokit_loaders.connectome_matrix import LOADER

import neurokit as nk
from neurokit.celegans import cell_name
from neurokit.errors import FileContentError, OptionError
from neurokit.schema import findings_from_json

CHEMICAL = ",AVAL,VB01,AVAR\nAVAL,0,2,\nVB01,3,0,1\nAVAR,nan,0,0\n"


def _codes(rec: xr.DataTree) -> list[str]:
    return [f.code for f in findings_from_json(str(rec.attrs.get("findings", "[]")))]


def _write(folder: Path, text: str, name: str = "chemical.csv") -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def _at(rec: xr.DataTree, pre: str, post: str) -> float:
    return float(rec["connectome"]["weight"].isel(synapse_type=0).sel(pre=pre, post=post))


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("pubutils_chemical_Cook2019", "chemical"),
        ("pubutils_electrical_Cook2019", "electrical"),
        ("pubutils_dopamine_Bentley2016", "monoaminergic"),
        ("pubutils_NPP_RipollSanchez2023_longRange", "peptidergic"),
        ("randi2023_signal_propagation_fig2", "functional"),
    ],
)
def test_published_tables_equal_what_csv_reads(shared_data: Path, name: str, kind: str) -> None:
    path = shared_data / "celegans_connectome" / f"{name}.csv"
    assert LOADER.sniff(path) > 0.8
    rec = LOADER.open(path)
    weight = rec["connectome"]["weight"].sel(synapse_type=kind)
    with path.open(encoding="utf-8-sig") as file:
        header, *rows = list(csv.reader(file))
    columns = [cell_name(label) for label in header[1:]]
    stored = np.array([[float(v or "nan") for v in row[1:]] for row in rows], dtype=np.float32)
    if kind == "functional":
        # Its rows respond; a finding says that they were taken so.
        weight = weight.rename(pre="post", post="pre").transpose("pre", "post")
        assert "columns as those that are stimulated" in rec.attrs["findings"]
    ours = weight.sel(pre=[cell_name(row[0]) for row in rows], post=columns).values
    if kind == "electrical":
        agree = (stored == stored.T) | np.isnan(stored)
        assert int((~agree).sum()) == 4  # DD6-PDB and PVCR-VA9, each twice
        np.testing.assert_array_equal(ours[agree], stored[agree])
        np.testing.assert_array_equal(ours, ours.T)
    else:
        np.testing.assert_array_equal(ours, stored)
    assert nk.validate(rec).codes.count("NK703") == 0


def test_shared_broken_tables_say_what_is_wrong(shared_corrupt: Path) -> None:
    with pytest.raises(FileContentError, match=r"is not UTF-8: byte 0xE9 in line 1"):
        LOADER.open(shared_corrupt / "13_non_utf8_header.csv")
    with pytest.raises(FileContentError, match=r"not square: 250 rows, 302 columns; 52 lack a row"):
        LOADER.open(shared_corrupt / "14_nonsquare_matrix.csv")


def test_values_stand_at_their_names_and_empty_is_nan(tmp_path: Path) -> None:
    rec = LOADER.open(_write(tmp_path, CHEMICAL))
    assert rec["connectome"]["pre"].values.tolist() == ["AVAL", "AVAR", "VB1"]
    assert (_at(rec, "AVAL", "VB1"), _at(rec, "VB1", "AVAL"), _at(rec, "VB1", "AVAR")) == (2, 3, 1)
    assert np.isnan(_at(rec, "AVAL", "AVAR"))
    assert np.isnan(_at(rec, "AVAR", "AVAL"))
    assert nk.validate(rec).ok


def test_rows_can_be_the_receiving_side(tmp_path: Path) -> None:
    path = _write(tmp_path, CHEMICAL)
    assert _at(LOADER.open(path, rows="post"), "VB1", "AVAL") == 2
    with pytest.raises(OptionError):
        LOADER.open(path, rows="both")


def test_columns_in_another_order_than_rows_are_put_in_order(tmp_path: Path) -> None:
    rec = LOADER.open(_write(tmp_path, ",AVAR,AVAL,VB1\nAVAL,1,2,3\nVB1,4,5,6\nAVAR,7,8,9\n"))
    assert (_at(rec, "AVAL", "AVAR"), _at(rec, "VB1", "VB1"), _at(rec, "AVAR", "AVAL")) == (1, 6, 8)


def test_the_type_is_said_or_read_from_the_name_with_a_finding(tmp_path: Path) -> None:
    path = _write(tmp_path, CHEMICAL, "gap_junctions.csv")
    assert LOADER.open(path)["connectome"]["synapse_type"].values.tolist() == ["electrical"]
    said = LOADER.open(path, synapse_type="contact")
    assert said["connectome"]["synapse_type"].values.tolist() == ["contact"]
    assert "NK846" in _codes(LOADER.open(path))
    assert "NK846" not in _codes(said)
    with pytest.raises(OptionError, match="did you mean 'chemical'"):
        LOADER.open(path, synapse_type="chemicl")


def test_gap_junctions_are_symmetric(tmp_path: Path) -> None:
    text = ",AVAL,AVAR,AVBL\nAVAL,0,2,0\nAVAR,4,0,1\nAVBL,0,0,0\n"
    rec = LOADER.open(_write(tmp_path, text, "electrical.csv"))
    assert _at(rec, "AVAL", "AVAR") == _at(rec, "AVAR", "AVAL") == 3
    assert _at(rec, "AVBL", "AVAR") == 1
    assert _codes(rec).count("NK840") == 2


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (
            ",AVAL,AVAL,VB1\nAVAL,0,0,0\nVB1,0,0,0\nAVAR,0,0,0\n",
            "one column is named AVAL",
        ),
        (",AVAL,VB1,AVAR\nAVAL,0,0,0\nVB01,0,0,0\nVB1,0,0,0\n", "more than one row is named VB1"),
        (
            ",AVAL,VB1,AVAR\nAVAL,0,0,0\nVB1,0,0,0\nAVBL,0,0,0\n",
            "1 lack a row: AVAR; 1 lack",
        ),
        (",AVAL,VB1,AVAR\nAVAL,0,0\n", "line 2 has 3 fields, the header has 4"),
        (",AVAL,VB1,AVAR\nAVAL,0,0,x\nVB1,0,0,0\nAVAR,0,0,0\n", "line 2 holds 'x'"),
    ],
)
def test_tables_that_are_not_square_or_no_numbers_are_errors(
    tmp_path: Path, text: str, words: str
) -> None:
    with pytest.raises(FileContentError, match=words):
        LOADER.open(_write(tmp_path, text))


@pytest.mark.parametrize(
    ("header", "fits"),
    [
        (",AVAL,AVAR,VB01", True),
        (",AVAL,XYZ99,VB01", True),
        ("name,AVAL,AVAR,VB01", False),
        (",time,speed,size", False),
        (",AVAL", False),
        ("Source,Target,Weight,Type", False),
    ],
)
def test_sniffing_wants_names_of_cells(tmp_path: Path, header: str, fits: bool) -> None:
    assert (LOADER.sniff(_write(tmp_path, header + "\n")) > 0.5) == fits


def test_info_counts_cells(tmp_path: Path) -> None:
    assert LOADER.info(_write(tmp_path, CHEMICAL)) == {"n_cells": 3, "synapse_type": "chemical"}


def test_rows_of_functional_tables_respond_unless_said_otherwise(tmp_path: Path) -> None:
    text = ",AVAL,AVAR,AVBL\nAVAL,0,2,0\nAVAR,0,0,0\nAVBL,0,0,0\n"
    path = _write(tmp_path, text, "functional.csv")
    assert _at(LOADER.open(path), "AVAR", "AVAL") == 2
    said = LOADER.open(path, rows="pre")
    assert _at(said, "AVAL", "AVAR") == 2
    assert _codes(said).count("NK846") == 1  # the type alone is taken from the name
    assert _at(LOADER.open(_write(tmp_path, text)), "AVAL", "AVAR") == 2


def test_a_table_with_headings_around_it_is_the_published_sheet(shared_data: Path) -> None:
    folder = shared_data / "celegans_connectome"
    path = folder / "creamer2024_cook_synapse_size_connectome.csv"
    rec = nk.open(path, "connectome.matrix", square=False, empty="zero")
    ours = rec["connectome"]["weight"].sel(synapse_type="chemical")
    book = nk.open(folder / "cook2019_SI5_adjacency_matrices.xlsx", "celegans.cook")
    sheet = book["connectome"]["weight"]
    cells = ours["pre"].values.tolist()
    theirs = sheet.sel(synapse_type="chemical", pre=cells, post=cells)
    np.testing.assert_array_equal(ours.values, theirs.values)
    assert ours.sum().item() == 28113
    assert rec.attrs["animals"] == '["N2U", "JSE", "N2W"]'
    with pytest.raises(FileContentError, match=r"300 rows, 453 columns.*say square=False"):
        nk.open(path, "connectome.matrix")


HEADED = "x,,,\n,,AVAL,VB01\n,AVAL,,2\n,AVAR,3,{}\n"


@pytest.mark.parametrize(("empty", "value"), [("nan", np.nan), ("zero", 0.0)])
def test_what_an_empty_field_means_can_be_said(tmp_path: Path, empty: str, value: float) -> None:
    path = _write(tmp_path, HEADED.format(1))
    rec = LOADER.open(path, square=False, empty=empty)
    np.testing.assert_array_equal(_at(rec, "AVAL", "AVAL"), value)
    assert (_at(rec, "AVAL", "VB1"), _at(rec, "AVAR", "AVAL")) == (2, 3)
    # Nothing is known of cells that have no row.
    assert _at(rec, "VB1", "AVAL") == 0
    with pytest.raises(OptionError, match="'nan', 'zero'"):
        LOADER.open(path, square=False, empty="none")


def test_a_field_that_is_no_number_is_named_by_column_and_line(tmp_path: Path) -> None:
    with pytest.raises(FileContentError, match="cell 4 of line 4 holds 'many'"):
        LOADER.open(_write(tmp_path, HEADED.format("many")), square=False)
