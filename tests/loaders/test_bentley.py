"""Extrasynaptic networks: pairs of transmitter and receptor counted once, in their direction."""

from __future__ import annotations

import csv
import json
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
import xarray as xr
from neurokit_loaders.bentley import LOADER

import neurokit as nk
from neurokit.celegans import cell_name
from neurokit.errors import FileContentError, OptionError
from neurokit.testing import assert_same

FOLDER = "celegans_connectome"
MONOAMINES = f"{FOLDER}/wormneuroatlas_esconnectome_monoamines_Bentley_2016.csv"
PEPTIDES = f"{FOLDER}/wormneuroatlas_esconnectome_neuropeptides_Bentley_2016.csv"
HEADER = "#source neuron, target neuron, transmitter, receptor\n"


def _weight(rec: xr.DataTree) -> xr.DataArray:
    return rec["connectome"]["weight"].isel(synapse_type=0)


def _rows(path: Path) -> list[list[str]]:
    with path.open(encoding="utf-8") as file:
        return [[field.strip() for field in row] for row in list(csv.reader(file))[1:]]


@pytest.mark.parametrize(
    ("file", "kind", "rows", "pairs"),
    [(MONOAMINES, "monoaminergic", 2626, 1952), (PEPTIDES, "peptidergic", 8931, 7078)],
)
def test_a_weight_is_the_number_of_rows_of_a_pair(
    shared_data: Path, file: str, kind: str, rows: int, pairs: int
) -> None:
    counts = Counter((row[0], row[1]) for row in _rows(shared_data / file))
    rec = nk.open(shared_data / file)
    assert rec.attrs["loader"] == "celegans.bentley"
    assert rec["connectome"]["synapse_type"].values.tolist() == [kind]
    ours = _weight(rec).sel(
        pre=xr.DataArray([cell_name(pre) for pre, _ in counts]),
        post=xr.DataArray([cell_name(post) for _, post in counts]),
    )
    np.testing.assert_array_equal(ours.values, list(counts.values()))
    assert (_weight(rec).sum().item(), int((_weight(rec) > 0).sum())) == (rows, pairs)
    assert "findings" not in rec.attrs
    assert nk.validate(rec).ok


@pytest.mark.parametrize(("transmitter", "table"), [(None, "monoamine"), ("dopamine", "dopamine")])
def test_pairs_agree_with_the_published_matrices_in_their_direction(
    shared_data: Path, transmitter: str | None, table: str
) -> None:
    rec = LOADER.open(shared_data / MONOAMINES, transmitter=transmitter)
    path = shared_data / FOLDER / f"pubutils_{table}_Bentley2016.csv"
    other = nk.open(path)["connectome"]["weight"].sel(synapse_type="monoaminergic")
    cells = [name for name in _weight(rec)["pre"].values if name in other["pre"].values]
    ours = _weight(rec).sel(pre=cells, post=cells).values > 0
    theirs = other.sel(pre=cells, post=cells).values
    known = np.isfinite(theirs)
    np.testing.assert_array_equal(ours[known], theirs[known] > 0)
    assert (ours[known] != theirs.T[known]).any()


def test_only_what_is_asked_for_counts_and_all_cells_stay(shared_data: Path) -> None:
    path = shared_data / MONOAMINES
    everything = LOADER.open(path)
    dopamine = LOADER.open(path, transmitter="dopamine")
    assert json.loads(everything.attrs["transmitters"]) == {
        "dopamine": 1752,
        "octopamine": 72,
        "serotonin": 540,
        "tyramine": 262,
    }
    assert json.loads(dopamine.attrs["transmitters"]) == {"dopamine": 1752}
    assert dopamine["connectome"]["pre"].equals(everything["connectome"]["pre"])
    released = _weight(dopamine).sum("post")
    assert {name[:3] for name in released["pre"].values[released.values > 0]} == {
        "ADE",
        "CEP",
        "PDE",
    }
    names = json.loads(everything.attrs["transmitters"])
    parts = [LOADER.open(path, transmitter=name) for name in names]
    total = sum(_weight(part).values for part in parts)
    np.testing.assert_array_equal(total, _weight(everything).values)
    receptors = LOADER.open(path, transmitter=["dopamine"], receptor=["dop-1", "dop-2"])
    assert _weight(receptors).sum().item() == 576 + 160


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"transmitter": "dopamin"}, "no transmitter dopamin.*dopamine, octopamine"),
        ({"receptor": "dop-9"}, "no receptor dop-9.*dop-1"),
        ({"transmitter": "serotonin", "receptor": "dop-1"}, "no row has both"),
    ],
)
def test_what_is_not_there_cannot_be_chosen(
    shared_data: Path, options: dict[str, str], words: str
) -> None:
    with pytest.raises(OptionError, match=words):
        LOADER.open(shared_data / MONOAMINES, **options)


def _write(folder: Path, text: str) -> Path:
    path = folder / "table.csv"
    path.write_text(text, encoding="utf-8")
    return path


def test_a_row_that_stands_twice_counts_once_and_is_said(tmp_path: Path) -> None:
    path = _write(tmp_path, HEADER + "AVAL,VB01,pdf-1,pdfr-1\n" * 2 + "AVAL,VB1,flp-1,npr-1\n")
    rec = LOADER.open(path)
    assert _weight(rec).sel(pre="AVAL", post="VB1").item() == 2
    assert "AVAL-VB01 pdf-1 pdfr-1" in rec.attrs["findings"]


def test_monoamines_and_peptides_of_one_table_stay_apart(tmp_path: Path) -> None:
    path = _write(tmp_path, HEADER + "AVAL,AVAR,dopamine,dop-1\nAVAL,AVAR,flp-1,npr-1\n")
    kinds = LOADER.open(path)["connectome"]
    assert kinds["synapse_type"].values.tolist() == ["peptidergic", "monoaminergic"]
    assert kinds["weight"].sum(("pre", "post")).values.tolist() == [1, 1]


def test_a_table_that_ends_within_a_line_may_be_cut(tmp_path: Path) -> None:
    # "lgc-55" cut to "lg" is a receptor like any other.
    path = _write(tmp_path, HEADER + "AVAL,AVAR,tyramine,lgc-55\nRIML,AVAL,tyramine,lg")
    assert (
        "line 3, the last, has no end: the file may be cut there"
        in LOADER.open(path).attrs["findings"]
    )


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (HEADER + "AVAL,AVAR,dop\0mine,dop-1\n", "zero bytes in line 2"),
        (HEADER + "AVAL,AVAR,dopamine\n", "line 2 has 3 fields, the header has 4"),
        (HEADER + "AVAL,AVAR,dopamine,\n", "line 2 lacks a name, transmitter or receptor"),
        (HEADER, "no row below its header"),
        ("a,b,c,d\n1,2,3,4\n", "has the columns a, b, c, d"),
        ("", "empty"),
    ],
)
def test_broken_tables_are_errors(tmp_path: Path, text: str, words: str) -> None:
    with pytest.raises(FileContentError, match=rf"table\.csv: .*{words}"):
        LOADER.open(_write(tmp_path, text))


def test_round_trip_and_info(shared_data: Path, tmp_path: Path) -> None:
    rec = LOADER.open(shared_data / MONOAMINES)
    assert rec.attrs["animals"] == "[]"  # expression of genes, of no single animal
    assert rec["connectome"]["quantity"].item() == "transmitter-receptor pairs"
    nk.save(rec, tmp_path / "rec.zarr")
    assert_same(rec, nk.open(tmp_path / "rec.zarr"))
    info = LOADER.info(shared_data / MONOAMINES)
    assert info == {"rows": 2626, "transmitters": "dopamine, octopamine, serotonin, tyramine"}


def test_expression_tables_are_left_alone(shared_data: Path, tmp_path: Path) -> None:
    assert LOADER.sniff(shared_data / FOLDER / "Bentley_et_al_2016_expression.csv") == 0
    assert LOADER.sniff(tmp_path) == 0
    assert LOADER.sniff(shared_data / PEPTIDES) > 0.9
