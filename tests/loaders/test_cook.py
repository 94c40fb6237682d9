"""Cook 2019 matrices: values as calamine reads them, names by content, one edge per junction."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import python_calamine
import xarray as xr
from neurokit_loaders._workbook import cell_address
from neurokit_loaders.cook import LOADER

import neurokit as nk
from neurokit.celegans import cell_name
from neurokit.celegans.neurons import by_name
from neurokit.errors import FileContentError, OptionError
from neurokit.schema import findings_from_json
from neurokit.testing import assert_same

REAL = "celegans_connectome/cook2019_SI5_adjacency_matrices.xlsx"
Cells = dict[tuple[str, str], float]


def _codes(rec: xr.DataTree) -> list[str]:
    return [f.code for f in findings_from_json(str(rec.attrs.get("findings", "[]")))]


def _at(weight: xr.DataArray, pairs: Iterable[tuple[str, str]]) -> list[float]:
    """Return the weights of many pairs, in order."""
    pre, post = zip(*pairs, strict=True)
    return weight.sel(pre=xr.DataArray(list(pre)), post=xr.DataArray(list(post))).values.tolist()


def _weight(rec: xr.DataTree, kind: str) -> xr.DataArray:
    return rec["connectome"]["weight"].sel(synapse_type=kind)


@pytest.fixture(scope="module")
def hermaphrodite(shared_data: Path) -> xr.DataTree:
    """The published workbook, default options."""
    return LOADER.open(shared_data / REAL)


@pytest.fixture(scope="module")
def sheets(shared_data: Path) -> Callable[[str], Cells]:
    """Non-empty cells of a sheet by names as calamine gives them, from fixed ranges."""
    workbook = python_calamine.CalamineWorkbook.from_path(str(shared_data / REAL))

    def read(sheet: str) -> Cells:
        rows = workbook.get_sheet_by_name(sheet).to_python(skip_empty_area=False)
        columns = rows[2][3:-1]
        return {
            (cell_name(str(row[2])), cell_name(str(column))): float(str(value))
            for row in rows[3:-1]
            for column, value in zip(columns, row[3:-1], strict=True)
            if value != ""
        }

    return read


def test_chemical_weights_equal_what_calamine_reads(
    hermaphrodite: xr.DataTree, sheets: Callable[[str], Cells]
) -> None:
    weight = _weight(hermaphrodite, "chemical")
    stored = sheets("hermaphrodite chemical")
    assert _at(weight, stored) == list(stored.values())
    # Nothing but these: an empty cell is 0.
    assert int((weight != 0).sum()) == len(stored) == 4879
    assert weight.sum().item() == sum(stored.values())


def test_gap_junctions_equal_what_calamine_reads_where_both_directions_agree(
    hermaphrodite: xr.DataTree, sheets: Callable[[str], Cells]
) -> None:
    weight = _weight(hermaphrodite, "electrical")
    stored = sheets("herm gap jn symmetric")
    differ = {pair for pair, value in stored.items() if stored.get(pair[::-1]) != value}
    # The "symmetric" sheet of the publication has four such cells.
    assert differ == {("PVCR", "VA9"), ("VA9", "PVCR"), ("PDB", "DD6"), ("exc_gl", "ALA")}
    agree = {pair: value for pair, value in stored.items() if pair not in differ}
    assert _at(weight, agree) == list(agree.values())
    assert weight.sel(pre="DD6", post="PDB").item() == stored["PDB", "DD6"] == 2
    assert weight.sel(pre="PVCR", post="VA9").item() == (3 + 2) / 2
    assert int((weight != 0).sum()) == len(stored) + 2


def test_gap_junctions_are_symmetric_and_never_doubled(hermaphrodite: xr.DataTree) -> None:
    values = _weight(hermaphrodite, "electrical").values
    np.testing.assert_array_equal(values, values.T)
    assert "NK840" in _codes(hermaphrodite)
    assert "PVCR-VA9 (3/2)" in hermaphrodite.attrs["findings"]


def test_the_asymmetric_sheet_gives_the_same_junctions(
    hermaphrodite: xr.DataTree, shared_data: Path
) -> None:
    other = LOADER.open(shared_data / REAL, gap="asymmetric")
    a, b = (_weight(rec, "electrical") for rec in (hermaphrodite, other))
    places = np.argwhere(np.triu((a != b).values))
    pairs = {(str(a["pre"].values[i]), str(a["post"].values[j])) for i, j in places}
    # Where the two sheets of the publication differ: PVD joins hyp in one, hmc in the other.
    assert pairs == {
        ("DD6", "PDB"),
        ("M2R", "M3R"),
        ("M4", "M4"),
        ("M4", "M5"),
        ("M5", "M5"),
        ("PVCR", "VA9"),
        ("PVDL", "hmc"),
        ("PVDL", "hyp"),
        ("PVDR", "hmc"),
        ("PVDR", "hyp"),
        ("e3D", "e2VR"),
    }
    assert "NK840" not in _codes(other)


def test_cells_are_named_typed_and_in_order(hermaphrodite: xr.DataTree) -> None:
    group = hermaphrodite["connectome"]
    names = group["pre"].values.tolist()
    assert names == group["post"].values.tolist()
    assert names[:302] == list(by_name())
    assert "VB1" in names
    assert "VB01" not in names
    kinds = dict(zip(names, group["pre_type"].values.tolist(), strict=True))
    assert (kinds["AVAL"], kinds["dBWML1"], kinds["hyp"]) == ("neuron", "muscle", "other")
    assert list(kinds.values()).count("neuron") == 302


def test_can_makes_gap_junctions_but_has_no_row_of_synapses(hermaphrodite: xr.DataTree) -> None:
    assert not _weight(hermaphrodite, "chemical").sel(pre=["CANL", "CANR"]).any()
    assert _weight(hermaphrodite, "electrical").sel(pre="CANL").any()
    assert "CANL, CANR" in hermaphrodite.attrs["findings"]


def test_agrees_with_the_published_neuron_matrix(
    hermaphrodite: xr.DataTree, shared_data: Path
) -> None:
    import pandas as pd

    path = shared_data / "celegans_connectome" / "pubutils_chemical_Cook2019.csv"
    table = pd.read_csv(path, index_col=0).rename(index=cell_name, columns=cell_name)
    weight = _weight(hermaphrodite, "chemical").sel(pre=list(table.index), post=list(table.columns))
    np.testing.assert_array_equal(weight.values, table.to_numpy(dtype=np.float32))


def test_the_real_connectome_keeps_the_contract(hermaphrodite: xr.DataTree, tmp_path: Path) -> None:
    assert nk.validate(hermaphrodite).ok
    assert hermaphrodite.attrs["doi"] == "10.1038/s41586-019-1352-7"
    assert hermaphrodite.attrs["sex"] == "hermaphrodite"
    assert hermaphrodite.attrs["dataset"] == "cook_2019_hermaphrodite"
    assert hermaphrodite["connectome"]["quantity"].values.tolist() == ["EM sections"] * 2
    assert hermaphrodite["connectome"]["weight"].dtype == np.float32
    for suffix in ("nc", "zarr"):
        nk.save(hermaphrodite, tmp_path / f"rec.{suffix}")
        assert_same(hermaphrodite, nk.open(tmp_path / f"rec.{suffix}"))


def test_the_male_has_a_row_named_twice_which_is_said(
    shared_data: Path, sheets: Callable[[str], Cells]
) -> None:
    rec = nk.open(shared_data / REAL, sex="male")
    assert rec.attrs["loader"] == "celegans.cook"
    found = {f.code: f for f in findings_from_json(rec.attrs["findings"])}
    assert "RMFR" in found["NK843"].found
    stored = sheets("male chemical")
    assert _weight(rec, "chemical").sum().item() == sum(stored.values())
    types = rec["connectome"]["pre_type"].sel(pre=["CP5", "R8AL", "dglL1", "gonad"])
    assert types.values.tolist() == ["neuron", "neuron", "muscle", "other"]


# Counted in the sheets as published: weights and their sum, chemical then gap junctions.
TOTALS = {
    ("hermaphrodite", "symmetric"): (4879, 28113, 2881, 21801),
    ("hermaphrodite", "asymmetric"): (4879, 28113, 1447, 10923),
    ("male", "symmetric"): (5306, 45959, 3476, 31684),
    ("male", "asymmetric"): (5306, 45959, 1755, 15899),
}


@pytest.mark.parametrize(
    ("sex", "gap"),
    [
        ("hermaphrodite", "symmetric"),
        *(pytest.param(*case, marks=pytest.mark.slow) for case in list(TOTALS)[1:]),
    ],
)
def test_totals_equal_those_of_the_sheets(
    shared_data: Path, sheets: Callable[[str], Cells], sex: str, gap: str
) -> None:
    rec = LOADER.open(shared_data / REAL, sex=sex, gap=gap)
    short = "herm" if sex == "hermaphrodite" else "male"
    sent, joined = sheets(f"{sex} chemical"), sheets(f"{short} gap jn {gap}")
    counts = (len(sent), sum(sent.values()), len(joined), sum(joined.values()))
    n, total, n_gap, gap_total = TOTALS[sex, gap]
    chemical = _weight(rec, "chemical")
    assert chemical.sum().item() == total
    if sex == "hermaphrodite":
        # In the sheets of the male, rows of one name are summed and empty cells hold zeros.
        assert counts == (n, total, n_gap, gap_total)
        assert int((chemical != 0).sum()) == n
    electrical = _weight(rec, "electrical")
    ours = electrical.values.astype(float)
    np.testing.assert_array_equal(ours, ours.T)
    # Whichever sheet is read, a junction is one edge; the two sheets differ by 1 % of their sum.
    once = np.triu(ours).sum()
    half = gap_total if gap == "asymmetric" else (gap_total + np.trace(ours)) / 2
    assert once == pytest.approx(half, rel=0.01)


def test_info_lists_sheets_and_sexes(shared_data: Path) -> None:
    info = LOADER.info(shared_data / REAL)
    assert info["sexes"] == "hermaphrodite, male"
    assert "herm gap jn symmetric" in info["sheets"]


# --- small workbooks made here: other releases, other places, other faults


def _table(top: int = 2, left: int = 2, **changes: Any) -> list[list[object]]:
    """Three cells with headings around them, as the publication lays out its sheets."""
    names = changes.get("names", ["AVAL", "VB01", "pm4VL"])
    values = changes.get("values", [["", 2, ""], [3, "", 1], ["", "", ""]])
    width = left + 1 + len(names) + 1
    blank: list[list[object]] = [[""] * width for _ in range(top)]
    if top:
        blank[0][left + 1] = "INTERNEURONS"
    header = [*[""] * (left + 1), *names, ""]
    rows = [[*[""] * left, name, *row, name] for name, row in zip(names, values, strict=True)]
    return [*blank, header, *rows, [*[""] * (left + 1), *names[:-1], "", ""]]


@pytest.fixture
def book(tmp_path: Path, write_workbook: Callable[..., Path]) -> Callable[..., Path]:
    """``book(chemical=rows, gap=rows, names=(...))`` writes a workbook of two sheets."""

    def write(
        chemical: list[list[object]] | None = None,
        gap: list[list[object]] | None = None,
        names: tuple[str, str] = ("hermaphrodite chemical", "herm gap jn symmetric"),
    ) -> Path:
        symmetric = _table(values=[["", 4, ""], [4, "", ""], ["", "", 2]])
        content = {names[0]: chemical or _table(), names[1]: gap or symmetric}
        return write_workbook(tmp_path / "book.xlsx", content)

    return write


@pytest.mark.parametrize(
    "names",
    [
        ("hermaphrodite chemical", "herm gap jn symmetric"),
        ("hermaphrodite chemical", "hermaphrodite gap jn symmetric"),
        ("Herm Chemical", "HERM GAP JN SYMMETRIC"),
    ],
)
def test_sheet_names_of_every_release_are_understood(
    book: Callable[..., Path], names: tuple[str, str]
) -> None:
    path = book(names=names)
    assert LOADER.sniff(path) > 0.9
    assert LOADER.open(path)["connectome"].sizes["pre"] == 3


@pytest.mark.parametrize(("top", "left"), [(0, 0), (2, 2), (5, 1)])
def test_the_matrix_is_found_wherever_it_stands(
    book: Callable[..., Path], top: int, left: int
) -> None:
    rec = LOADER.open(book(chemical=_table(top, left)))
    weight = _weight(rec, "chemical")
    assert weight.sel(pre="AVAL", post="VB1").item() == 2
    assert weight.sel(pre="VB1", post="AVAL").item() == 3
    assert weight.sel(pre="VB1", post="pm4VL").item() == 1
    assert weight.sum().item() == 6


def test_an_empty_cell_is_zero_and_nan_stays_nan(book: Callable[..., Path]) -> None:
    values = [["", "NaN", ""], [0, "", 1], ["", "", ""]]
    weight = _weight(LOADER.open(book(chemical=_table(values=values))), "chemical")
    assert np.isnan(weight.sel(pre="AVAL", post="VB1").item())
    assert weight.sel(pre="AVAL", post="AVAL").item() == 0
    assert int(np.isnan(weight).sum()) == 1


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([["", 4, ""], [4, "", ""], ["", "", ""]], 4.0),  # listed both ways: one edge of 4
        ([["", 4, ""], ["", "", ""], ["", "", ""]], 4.0),  # listed once: holds both ways
        ([["", 4, ""], [6, "", ""], ["", "", ""]], 5.0),  # two weights: their mean
        ([["", 4, ""], ["nan", "", ""], ["", "", ""]], np.nan),
    ],
)
def test_a_gap_junction_is_one_edge(
    book: Callable[..., Path], values: list[list[object]], expected: float
) -> None:
    weight = _weight(LOADER.open(book(gap=_table(values=values))), "electrical")
    both = [weight.sel(pre=a, post=b).item() for a, b in (("AVAL", "VB1"), ("VB1", "AVAL"))]
    np.testing.assert_array_equal(both, [expected, expected])


def test_a_junction_of_a_cell_with_itself_keeps_its_weight(book: Callable[..., Path]) -> None:
    weight = _weight(LOADER.open(book()), "electrical")
    assert weight.sel(pre="pm4VL", post="pm4VL").item() == 2


def test_cells_of_either_sheet_are_on_both_axes(book: Callable[..., Path]) -> None:
    other = _table(names=["CANL", "VB1", "vm2pL"])
    rec = LOADER.open(book(gap=other))
    expected = ["AVAL", "CANL", "VB1", "pm4VL", "vm2PL"]
    assert rec["connectome"]["pre"].values.tolist() == expected
    assert nk.validate(rec).ok


def test_a_label_that_stands_twice_is_summed_and_said(book: Callable[..., Path]) -> None:
    doubled = _table(names=["AVAL", "VB1", "VB01"], values=[["", 2, 5], ["", "", ""], [1, "", ""]])
    rec = LOADER.open(book(chemical=doubled))
    assert _weight(rec, "chemical").sel(pre="AVAL", post="VB1").item() == 7
    assert _codes(rec).count("NK843") == 2


def test_an_unknown_name_is_kept_and_said(book: Callable[..., Path]) -> None:
    rec = LOADER.open(book(chemical=_table(names=["AVAL", "XYZ99", "VB1"])))
    assert "XYZ99" in rec["connectome"]["pre"].values
    assert "NK841" in _codes(rec)


def test_a_cell_without_a_number_is_named_by_its_address(book: Callable[..., Path]) -> None:
    values = [["", "many", ""], ["", "", ""], ["", "", ""]]
    with pytest.raises(FileContentError, match=r"chemical\]: cell E4 holds 'many'"):
        LOADER.open(book(chemical=_table(values=values)))


def test_a_sheet_without_names_of_cells_is_an_error(book: Callable[..., Path]) -> None:
    with pytest.raises(FileContentError, match="names of cells are found in no row"):
        LOADER.open(book(chemical=[["a", "b"], ["c", 1]]))


def test_a_missing_sheet_lists_those_that_are_there(book: Callable[..., Path]) -> None:
    with pytest.raises(FileContentError, match=r"no sheet for male, chemical.*herm gap jn"):
        LOADER.open(book(), sex="male")


@pytest.mark.parametrize("option", [{"sex": "female"}, {"gap": "both"}])
def test_unknown_options_are_refused(book: Callable[..., Path], option: dict[str, str]) -> None:
    with pytest.raises(OptionError, match="Use '"):
        LOADER.open(book(), **option)


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04[Content_Types].xml", b"Source,Target\n"])
def test_what_is_no_workbook_is_an_error_and_not_sniffed(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "cut.xlsx"
    path.write_bytes(content)
    assert LOADER.sniff(path) == 0.0
    with pytest.raises(FileContentError, match=r"cut\.xlsx"):
        LOADER.open(path)


def test_a_cut_workbook_is_an_error(shared_data: Path, tmp_path: Path) -> None:
    path = tmp_path / "cut.xlsx"
    path.write_bytes((shared_data / REAL).read_bytes()[:1_000_000])
    assert LOADER.sniff(path) == 0.0
    with pytest.raises(FileContentError, match="damaged or cut"):
        LOADER.open(path)


def test_another_workbook_is_not_sniffed(shared_data: Path) -> None:
    folder = shared_data / "celegans_connectome"
    for name in ("NeuronConnectFormatted.xlsx", "openworm_CElegansNeuronTables.xls"):
        assert LOADER.sniff(folder / name) == 0.0


@pytest.mark.parametrize(
    ("row", "column", "address"), [(0, 0, "A1"), (2, 27, "AB3"), (9, 701, "ZZ10"), (0, 702, "AAA1")]
)
def test_cells_are_addressed_as_excel_shows_them(row: int, column: int, address: str) -> None:
    assert cell_address(row, column) == address
