"""Varshney 2011: S and Sp are both sends, receptions count nothing twice, list equals matrices."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import python_calamine
import scipy.io
import scipy.sparse
import xarray as xr
from neurokit_loaders.varshney import LOADER

import neurokit as nk
from neurokit.celegans import cell_name
from neurokit.errors import FileContentError
from neurokit.schema import findings_from_json
from neurokit.testing import assert_same

LIST = "celegans_connectome/NeuronConnectFormatted.xlsx"
MATRICES = "celegans_connectome/varshney2011_ConnOrdered_040903.mat"
JOINT = "celegans_connectome/varshney2011_A_sendjoint.mat"


def _weight(rec: xr.DataTree, kind: str) -> xr.DataArray:
    return rec["connectome"]["weight"].sel(synapse_type=kind)


def _codes(rec: xr.DataTree) -> list[str]:
    return [f.code for f in findings_from_json(str(rec.attrs.get("findings", "[]")))]


@pytest.fixture(scope="module")
def contacts(shared_data: Path) -> dict[str, dict[tuple[str, str], float]]:
    """The rows of the published list by type, summed per pair, as calamine reads them."""
    workbook = python_calamine.CalamineWorkbook.from_path(str(shared_data / LIST))
    found: dict[str, dict[tuple[str, str], float]] = defaultdict(lambda: defaultdict(float))
    for pre, post, kind, number in workbook.get_sheet_by_index(0).to_python()[1:]:
        found[str(kind)][cell_name(str(pre)), cell_name(str(post))] += float(str(number))
    return found


@pytest.fixture(scope="module")
def opened(shared_data: Path) -> xr.DataTree:
    """The published list."""
    return nk.open(shared_data / LIST)


def test_counts_of_the_list_are_those_of_the_paper(
    opened: xr.DataTree, contacts: dict[str, dict[tuple[str, str], float]]
) -> None:
    totals = {kind: sum(pairs.values()) for kind, pairs in contacts.items()}
    assert totals == {"S": 2430, "Sp": 3964, "R": 1427, "Rp": 4967, "EJ": 1777, "NMJ": 1410}
    sent = _weight(opened, "chemical")
    # The paper counts 6393 chemical synapses, 890 gap junctions, 1410 neuromuscular junctions;
    # the list has one synapse more.
    assert sent.drop_sel(post="NMJ").sum().item() == totals["S"] + totals["Sp"] == 6394
    assert sent.sel(post="NMJ").sum().item() == totals["NMJ"] == 1410
    assert np.triu(_weight(opened, "electrical").values).sum() == 890


def test_monadic_and_polyadic_sends_of_a_pair_are_summed(
    opened: xr.DataTree, contacts: dict[str, dict[tuple[str, str], float]]
) -> None:
    monadic, polyadic = contacts["S"], contacts["Sp"]
    both = set(monadic) & set(polyadic)
    assert len(both) == 381
    sent = _weight(opened, "chemical")
    for pair in set(monadic) | set(polyadic):
        expected = monadic.get(pair, 0) + polyadic.get(pair, 0)
        assert sent.sel(pre=pair[0], post=pair[1]).item() == expected
    assert int((sent.drop_sel(post="NMJ") != 0).sum()) == 2194


def test_receptions_are_left_out_and_said(opened: xr.DataTree) -> None:
    found = {f.code: f.found for f in findings_from_json(opened.attrs["findings"])}
    assert found["NK847"].startswith("773 rows of type R and 1885 rows of type Rp")
    # Two lines of one neuron onto muscles are summed; S and Sp of a pair are no repeat.
    assert found["NK842"].startswith("38 edges stand more than once: AVKR-NMJ NMJ (row 2114")


def test_padded_names_are_those_of_the_literature(shared_data: Path) -> None:
    rec = LOADER.open(shared_data / MATRICES)
    names = rec["connectome"]["pre"].values.tolist()
    assert "VB1" in names
    assert "VB01" not in names
    assert _weight(rec, "chemical").sel(pre="VB1", post="AVBR").notnull()


def test_list_and_matrices_are_the_same_connectome(opened: xr.DataTree, shared_data: Path) -> None:
    rec = nk.open(shared_data / MATRICES)
    assert rec.attrs["loader"] == "celegans.varshney"
    cells = rec["connectome"]["pre"].values
    assert len(cells) == 279
    for kind in ("chemical", "electrical"):
        listed = _weight(opened, kind).sel(pre=cells, post=cells)
        np.testing.assert_array_equal(_weight(rec, kind).values, listed.values)


def test_matrices_equal_what_scipy_reads_rows_sending(shared_data: Path) -> None:
    content = scipy.io.loadmat(shared_data / MATRICES)
    names = [cell_name(str(cell[0][0])) for cell in content["Neuron_ordered"]]
    rec = LOADER.open(shared_data / MATRICES)
    for kind, name in (("chemical", "A_init_t_ordered"), ("electrical", "Ag_t_ordered")):
        ours = _weight(rec, kind).sel(pre=names, post=names).values
        np.testing.assert_array_equal(ours, content[name].toarray())
    assert "Q_sorted" in rec.attrs["findings"]
    # AVA drives motor neurons, not they AVA.
    sent = _weight(rec, "chemical")
    assert (sent.sel(pre="AVAL", post="VA8").item(), sent.sel(pre="VA8", post="AVAL").item()) == (
        9,
        0,
    )


def test_polyadic_synapses_counted_once_take_their_names_from_beside(
    shared_data: Path, tmp_path: Path
) -> None:
    rec = nk.open(shared_data / JOINT)
    stored = scipy.io.loadmat(shared_data / JOINT)["Ac"].toarray()
    names = scipy.io.loadmat(shared_data / MATRICES)["Neuron_ordered"]
    cells = [cell_name(str(cell[0][0])) for cell in names]
    np.testing.assert_array_equal(
        _weight(rec, "chemical").sel(pre=cells, post=cells).values, stored
    )
    assert stored.sum() == 3911
    # The pairs are those of the other matrix.
    other = _weight(LOADER.open(shared_data / MATRICES), "chemical")
    np.testing.assert_array_equal(_weight(rec, "chemical").values > 0, other.values > 0)
    alone = tmp_path / "A_sendjoint.mat"
    alone.write_bytes((shared_data / JOINT).read_bytes())
    with pytest.raises(FileContentError, match=r"a matrix and no names.*ConnOrdered_040903\.mat"):
        LOADER.open(alone)


@pytest.mark.parametrize("file", [LIST, MATRICES])
def test_what_is_opened_keeps_the_contract(shared_data: Path, tmp_path: Path, file: str) -> None:
    rec = LOADER.open(shared_data / file)
    assert nk.validate(rec).ok
    assert rec.attrs["animals"] == '["N2U", "JSE"]'
    assert rec["connectome"]["quantity"].values.tolist() == ["synapses", "synapses"]
    nk.save(rec, tmp_path / "rec.nc")
    assert_same(rec, nk.open(tmp_path / "rec.nc"))


def test_muscles_that_the_list_does_not_name_are_one_muscle(opened: xr.DataTree) -> None:
    group = opened["connectome"]
    assert group["post_type"].sel(post="NMJ").item() == "muscle"
    assert "NK841" not in _codes(opened)
    assert not (group["weight"].sel(pre="NMJ") != 0).any()


def test_info_counts_contacts_or_lists_matrices(shared_data: Path) -> None:
    assert "S 950, Sp 1625" in LOADER.info(shared_data / LIST)["contacts"]
    assert LOADER.info(shared_data / MATRICES)["matrices"] == "A_init_t_ordered, Ag_t_ordered"


# --- broken forms

HEADER = ["Neuron 1", "Neuron 2", "Type", "Nbr"]


@pytest.fixture
def sheet(tmp_path: Path, write_workbook: Callable[..., Path]) -> Callable[..., Path]:
    """``sheet([row, ...])`` writes a list with the header of WormAtlas."""

    def write(rows: list[list[object]], header: list[str] = HEADER) -> Path:
        return write_workbook(tmp_path / "list.xlsx", {"Sheet1": [header, *rows]})

    return write


def test_rows_of_one_type_and_pair_are_summed_and_said(sheet: Callable[..., Path]) -> None:
    path = sheet([["AVAL", "VB01", "S", 2], ["AVAL", "VB1", "S", 3], ["AVAL", "VB1", "Sp", 1]])
    rec = LOADER.open(path)
    assert _weight(rec, "chemical").sel(pre="AVAL", post="VB1").item() == 6
    assert "NK842" in _codes(rec)
    plain = LOADER.open(sheet([["AVAL", "VB1", "S", 2], ["AVAL", "VB1", "Sp", 1]]))
    assert "NK842" not in _codes(plain)


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        ([["AVAL", "AVAR", "S", "two"]], "row 2 holds 'two'"),
        ([["AVAL", "AVAR", "S", 1], ["AVAL", "AVAR", "Q", 1]], "row 3 has the type 'Q'"),
        ([["AVAL", "", "S", 1]], "row 2 lacks a name"),
        ([["AVAL", "AVAR", "R", 1]], "holds no edge"),
    ],
)
def test_rows_that_say_nothing_are_errors(
    sheet: Callable[..., Path], rows: list[list[object]], words: str
) -> None:
    with pytest.raises(FileContentError, match=rf"list\.xlsx: .*{words}"):
        LOADER.open(sheet(rows))


def test_another_header_is_not_sniffed_and_an_error(sheet: Callable[..., Path]) -> None:
    path = sheet([["AVAL", "AVAR", "S", 1]], ["from", "to", "Type", "Nbr"])
    assert LOADER.sniff(path) == 0
    with pytest.raises(FileContentError, match="does not begin with the columns neuron 1"):
        LOADER.open(path)


def test_a_file_cut_anywhere_is_an_error_or_the_same_matrices(
    shared_data: Path, tmp_path: Path
) -> None:
    content = (shared_data / MATRICES).read_bytes()
    whole = LOADER.open(shared_data / MATRICES)
    path, messages = tmp_path / "ConnOrdered.mat", []
    for size in [1, 100, 128, 130, *range(200, len(content), 4001), len(content) - 1]:
        path.write_bytes(content[:size])
        assert LOADER.sniff(path) in (0.0, 0.95)
        try:
            rec = LOADER.open(path)
        except FileContentError as error:
            messages.append(str(error))
        else:
            assert_same(rec["connectome"].to_dataset(), whole["connectome"].to_dataset())
    assert len(messages) > 15
    assert all("ConnOrdered.mat" in message for message in messages)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ({"x": np.ones(3)}, "holds none of A_init_t_ordered"),
        ({"A_init_t_ordered": np.ones((2, 2))}, "a matrix and no names"),
        (
            {"A_init_t_ordered": np.ones((2, 2)), "Neuron_ordered": np.array([["AVAL"]], object)},
            "the chemical matrix is 2 x 2, there are 1 names",
        ),
        ({"Ag_t_ordered": np.array([["a"]]), "Neuron_ordered": np.array(["AVAL"], object)}, "<U1"),
    ],
)
def test_matrices_that_fit_no_names_are_errors(
    tmp_path: Path, content: dict[str, Any], words: str
) -> None:
    path = tmp_path / "m.mat"
    scipy.io.savemat(path, content)
    with pytest.raises(FileContentError, match=rf"m\.mat: .*{words}"):
        LOADER.open(path)


def test_sparse_matrices_and_cells_of_names_are_read(tmp_path: Path) -> None:
    path = tmp_path / "m.mat"
    names = np.array([["AVAL"], ["VB01"]], dtype=object)
    scipy.io.savemat(
        path,
        {"A_init_t_ordered": scipy.sparse.csc_array([[0, 2.0], [0, 0]]), "Neuron_ordered": names},
    )
    assert LOADER.sniff(path) == 0.95
    assert _weight(LOADER.open(path), "chemical").sel(pre="AVAL", post="VB1").item() == 2


def test_a_damaged_index_of_a_sparse_matrix_is_an_error_and_no_crash(tmp_path: Path) -> None:
    path = tmp_path / "m.mat"
    sends = scipy.sparse.csc_array([[0, 2.0], [0, 0]])
    sends.indices[0] = 1_000_000_007
    names = np.array([["AVAL"], ["AVAR"]], dtype=object)
    scipy.io.savemat(path, {"A_init_t_ordered": sends, "Neuron_ordered": names})
    with pytest.raises(FileContentError, match=r"m\.mat: is a damaged or cut MATLAB file"):
        LOADER.open(path)


def test_zeros_in_a_sparse_matrix_are_damage(tmp_path: Path) -> None:
    # MATLAB stores only what is not 0, so that a block of zeros shows.
    sends = scipy.sparse.csc_array([[0, 2.0], [3.0, 0]])
    sends.data[1] = 0
    names = np.array([["AVAL"], ["AVAR"]], dtype=object)
    path = tmp_path / "m.mat"
    scipy.io.savemat(path, {"A_init_t_ordered": sends, "Neuron_ordered": names})
    with pytest.raises(FileContentError, match="stores zeros, which MATLAB never does"):
        LOADER.open(path)


def test_other_files_are_left_alone(shared_data: Path, tmp_path: Path) -> None:
    folder = shared_data / "celegans_connectome"
    for name in ("varshney2011_NeuronTypeOrdered_040903.mat", "openworm_CElegansNeuronTables.xls"):
        assert LOADER.sniff(folder / name) == 0
    assert LOADER.sniff(tmp_path) == 0
    (tmp_path / "empty.mat").touch()
    assert LOADER.sniff(tmp_path / "empty.mat") == 0
