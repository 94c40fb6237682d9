"""Names find variables: exact, by number, by glob, inside structs, in companions; or say why."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from mapping_files import write_hdf5, write_mat5, write_npz, write_text
from neurokit_loaders.mapping_files import open_source
from neurokit_loaders.mapping_source import Names, holds, needs_mapping, per_name, proposal

import neurokit as nk
from neurokit.errors import FileContentError, LabelError, OptionError

COLUMNS = {
    "t": [0.0, 0.5, 1.0],
    "F1": [1.0, 2.0, 3.0],
    "F10": [4.0, 5.0, 6.0],
    "state": ["a", "b", "b"],
}


@pytest.fixture
def names(tmp_path: Path) -> Names:
    """A table of four columns, one of them text."""
    return Names(open_source(write_text(tmp_path / "a.csv", COLUMNS)), "table", open_source)


def _names(found: list[Any]) -> list[str]:
    return [item.name for item in found]


def test_an_exact_name_wins_over_a_glob(tmp_path: Path) -> None:
    path = write_npz(tmp_path / "a.npz", {"F[1]": np.ones(2), "F1": np.zeros(2)})
    names = Names(open_source(path), "npy", open_source)
    assert _names(names.all(("F[1]",), "signal")) == ["F[1]"]


@pytest.mark.parametrize(
    ("reference", "expected"),
    [("F1", ["F1"]), ("F*", ["F1", "F10"]), ("F?", ["F1"]), (0, ["t"]), (-1, ["state"])],
)
def test_names_numbers_and_globs(names: Names, reference: Any, expected: list[str]) -> None:
    assert _names(names.all((reference,), "signal")) == expected


def test_a_glob_takes_numbers_only_and_leaves_what_is_taken(names: Names) -> None:
    assert _names(names.all(("*",), "signal", without={"t"})) == ["F1", "F10"]


def test_a_variable_named_twice_is_found_once(names: Names) -> None:
    assert _names(names.all(("F10", "F*", 2), "signal")) == ["F10", "F1"]


@pytest.mark.parametrize("reference", ["F2", "G*", 4, -5, "b.npy", "b.npy::x", ""])
def test_what_is_not_there_is_said_with_what_is(names: Names, reference: Any) -> None:
    with pytest.raises(OptionError) as caught:
        names.all((reference,), "signal")
    said = str(caught.value)
    assert f"signal={reference!r}: no such column" in said
    assert "It holds 4 columns of 3 rows: 't', 'F1', 'F10', state (3 text)." in said
    assert "time='t', signal=['F1', 'F10'])" in said


@pytest.mark.parametrize(
    ("cell", "options", "said", "mend"),
    [
        ("x", {}, r"F1 \(3 text\) holds no numbers \(row 2 is 'x'\)", "Correct it, or leave"),
        ("1,5", {}, r"F1 \(3 text\) holds no numbers \(row 2 is '1,5'\)", 'decimal=","'),
    ],
)
@pytest.mark.parametrize("signal", ["F*", "F1", ["F*"]])
def test_a_column_with_a_word_says_where_it_stands(
    tmp_path: Path, signal: Any, cell: str, options: dict[str, Any], said: str, mend: str
) -> None:
    path = tmp_path / "a.csv"
    path.write_text(f"t;F1\n0;1\n1;{cell}\n2;3\n", encoding="utf-8")
    with pytest.raises(OptionError, match=said) as caught:
        nk.open(path, "table", time="t", signal=signal, **options)
    assert mend in caught.value.mend
    if "decimal" in mend:
        rec = nk.open(path, "table", time="t", signal=signal, decimal=",")
        np.testing.assert_array_equal(rec.activity.signal[:, 0], [1.0, 1.5, 3.0])


@pytest.mark.parametrize(
    "values", [np.zeros((3, 2), complex), np.array(["2020-01-01"], "M8[s]"), np.float32(1)]
)
def test_an_array_that_is_no_signal_says_so_though_its_clock_is_known(
    tmp_path: Path, values: Any
) -> None:
    np.save(tmp_path / "a.npy", values)
    with pytest.raises(OptionError, match=r"a\.npy: holds no array of real numbers"):
        nk.open(tmp_path / "a.npy", "npy", rate=1.0)


def test_one_variable_is_not_several(names: Names) -> None:
    with pytest.raises(OptionError, match=r"'F\*' matches 2 columns. Name one of F1, F10"):
        names.one("F*", "time")


def test_what_is_unused_is_kept_in_mind(names: Names) -> None:
    names.all(("F1",), "signal")
    assert names.unused == ["t (3 numbers)", "F10 (3 numbers)", "state (3 text)"]


@pytest.mark.parametrize(
    "reference", ["../a.csv", "../a.csv::F1", "sub/../../a.csv", "{folder}/a.csv"]
)
def test_companions_lie_beside_the_file(reference: str, tmp_path: Path) -> None:
    write_text(tmp_path / "a.csv", COLUMNS)
    inner = tmp_path / "inner"
    inner.mkdir()
    names = Names(open_source(write_text(inner / "b.csv", COLUMNS)), "table", open_source)
    with pytest.raises(OptionError, match="no such column"):
        names.all((reference.format(folder=tmp_path),), "names")


def test_a_companion_of_another_format(names: Names, tmp_path: Path) -> None:
    write_npz(tmp_path / "b.npz", {"x": np.arange(3), "y": np.arange(2)})
    assert names.one("b.npz::x", "coords").read().tolist() == [0, 1, 2]
    assert _names(names.all(("b.npz",), "coords")) == ["x", "y"]
    with pytest.raises(OptionError, match=r"b.npz: no variable 'z'.*x \(3 int64\), y \(2 int64\)"):
        names.one("b.npz::z", "coords")


def test_a_companion_is_opened_once(names: Names, tmp_path: Path) -> None:
    write_npz(tmp_path / "b.npz", {"x": np.arange(3), "y": np.arange(2)})
    first, second = names.one("b.npz::x", "coords"), names.one("b.npz::y", "coords")
    assert first.source is second.source


def test_a_damaged_companion_is_named(names: Names, tmp_path: Path) -> None:
    (tmp_path / "b.npz").write_bytes(b"PK\x03\x04 and nothing else")
    with pytest.raises(FileContentError, match=r"b\.npz"):
        names.one("b.npz::x", "coords")


def test_attributes_of_hdf5_are_found_by_an_at_sign(tmp_path: Path) -> None:
    import h5py

    path = write_hdf5(tmp_path / "a.h5", {"F": np.ones((4, 2))})
    with h5py.File(path, "a") as file:
        file["data"].attrs["fs"] = 12.5
        file.attrs["labels"] = ["a", "b"]
    rec = nk.open(path, "hdf5", signal="data/F", rate="data@fs", names="@labels")
    assert rec.activity.attrs["sampling_rate"] == 12.5
    assert rec.activity.neuron.values.tolist() == ["a", "b"]


def test_fields_of_nested_structs_are_found_by_path(tmp_path: Path) -> None:
    data = {"rec": {"ca": {"dff": np.ones((4, 2)), "names": "x"}, "fs": 2.0}}
    path = write_mat5(tmp_path / "a.mat", data)
    rec = nk.open(path, "matlab", signal="rec.ca.dff", rate="rec.fs")
    assert rec.activity.signal.shape == (4, 2)
    with pytest.raises(OptionError, match=r"did you mean 'rec.ca.dff'.*rec.ca.names"):
        nk.open(path, "matlab", signal="rec.ca.df", rate=1)


def test_a_long_list_is_cut_and_counted(tmp_path: Path) -> None:
    path = write_npz(tmp_path / "a.npz", {f"x{i:02d}": np.ones(3) for i in range(40)})
    source = open_source(path)
    said = holds(source)
    assert said.startswith("It holds 40 variables: x00 (3 float64)")
    assert said.endswith("and 24 more.")
    assert "x15" in said
    assert "x16" not in said


def test_many_columns_are_proposed_as_a_glob(tmp_path: Path) -> None:
    path = write_text(
        tmp_path / "a.csv", {"time": [0.0, 1.0], **{f"c{i}": [1, 2] for i in range(9)}}
    )
    assert proposal(open_source(path), "table").endswith("time='time', signal='*')")


def test_without_a_clock_a_rate_is_asked_for(tmp_path: Path) -> None:
    source = open_source(write_npz(tmp_path / "a.npz", {"F": np.ones((9, 2)), "n": np.ones(2)}))
    assert proposal(source, "npy").endswith("loader='npy', signal='F', rate=...)")
    error = needs_mapping(source, "npy")
    assert error.where == str(tmp_path / "a.npz")
    assert "F (9 x 2 float64), n (2 float64)" in str(error)


def test_the_only_array_is_the_signal_once_its_clock_is_known(tmp_path: Path) -> None:
    np.save(tmp_path / "a.npy", np.ones((9, 2)))
    assert nk.open(tmp_path / "a.npy", rate=3).activity.signal.shape == (9, 2)
    with pytest.raises(OptionError, match="nothing says"):
        nk.open(tmp_path / "a.npy")
    write_npz(tmp_path / "b.npz", {"F": np.ones((9, 2)), "G": np.ones((9, 2))})
    with pytest.raises(OptionError, match="nothing says"):
        nk.open(tmp_path / "b.npz", rate=3)


def test_what_is_too_large_for_a_table_is_refused_unread(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write_npz(tmp_path / "a.npz", {"F": np.ones((9, 2)), "t": np.arange(9.0)})
    monkeypatch.setattr("neurokit_loaders.mapping_source.LARGEST_TABLE", 8)
    with pytest.raises(FileContentError, match=r"t \(9 float64\) is too large for labels"):
        nk.open(path, signal="F", time="t")


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (None, [0, 0, 0]),
        (5, [5, 5, 5]),
        ({"a1": 1}, [1, 0, 0]),
        ({"a*": 2, "b": 3}, [2, 2, 3]),
        ({"*": 1, "a2": 9}, [1, 9, 1]),
    ],
)
def test_options_hold_for_all_or_per_name(given: Any, expected: list[int]) -> None:
    assert per_name(given, ["a1", "a2", "b"], 0, "scale") == expected


def test_an_option_for_a_name_that_is_not_there_is_an_error() -> None:
    with pytest.raises(OptionError, match=r"'Fp' fits no label, did you mean 'Fp1'\? Labels"):
        per_name({"Fp": 1}, ["Fp1", "Cz"], 0, "scale")


def test_columns_that_share_a_name_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("t,F,F\n0,1,2\n1,2,3\n", encoding="utf-8")
    with pytest.raises(LabelError, match="columns share a name: F"):
        nk.open(path, "table", time="t", signal="F")


def test_binary_of_another_format_is_no_table(tmp_path: Path) -> None:
    path = tmp_path / "a.bin"
    path.write_bytes(b"\xffBIOSEMI" + b" " * 300)
    with pytest.raises(FileContentError, match="is bdf, no table or array"):
        open_source(path)
