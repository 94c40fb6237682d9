"""numpy's files: windows of any array, whole files only, no pickle ever."""

from __future__ import annotations

import io
import pickle
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import basic_indices
from neurokit_loaders import npy_source
from neurokit_loaders.npy import LOADER
from neurokit_loaders.npy_source import NpzArray, NpzSource, open_numpy

import neurokit as nk
from neurokit.errors import FileContentError
from neurokit.io import lazy_variable

VALUES = np.arange(6 * 5 * 4, dtype=np.float64).reshape(6, 5, 4) / 7
DTYPES = [">f8", "<f4", ">i2", "u1", "<i8", "?", "<f2"]
INDICES = basic_indices(VALUES.shape, allow_ellipsis=False, allow_newaxis=False)


def _array(dtype: str, fortran: bool) -> np.ndarray[Any, Any]:
    values = (VALUES * 7 % 2 if dtype == "?" else VALUES * 7 % 200).astype(dtype)
    return np.asfortranarray(values) if fortran else values


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Arrays of several dtypes in both orders: .npy, packed and plain .npz."""
    folder = tmp_path_factory.mktemp("npy")
    arrays = {}
    for i, dtype in enumerate(DTYPES):
        for order in "CF":
            arrays[f"{order}{i}"] = _array(dtype, order == "F")
            np.save(folder / f"{order}{i}.npy", arrays[f"{order}{i}"])
    np.savez(folder / "plain.npz", **arrays)
    np.savez_compressed(folder / "packed.npz", **arrays)
    return folder


@settings(max_examples=6)
@pytest.mark.parametrize("kind", ["npy", "plain", "packed", "window of plain", "window of packed"])
@given(key=INDICES, number=st.integers(0, len(DTYPES) - 1), order=st.sampled_from("CF"))
def test_any_window_equals_numpy(
    folder: Path, kind: str, key: Any, number: int, order: str
) -> None:
    name = f"{order}{number}"
    expected = _array(DTYPES[number], order == "F")[key]
    assume(expected.size)
    *window, archive = kind.split(" of ")
    path = folder / (f"{name}.npy" if kind == "npy" else f"{archive}.npz")
    array = open_numpy(path).lazy(name)
    limit = npy_source._WHOLE
    try:
        npy_source._WHOLE = 0 if window else limit
        found = lazy_variable(("a", "b", "c"), array)[key].values
    finally:
        npy_source._WHOLE = limit
    assert found.dtype.isnative
    np.testing.assert_array_equal(found, expected)


def test_a_window_of_a_large_member_keeps_only_its_rows(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(npy_source, "_WHOLE", 1000)
    values = np.arange(40_000.0).reshape(10_000, 4)
    np.savez_compressed(tmp_path / "a.npz", x=values)
    array = open_numpy(tmp_path / "a.npz").lazy("x")
    assert isinstance(array, NpzArray)
    called = []
    monkeypatch.setattr(npy_source, "_member", lambda *a: called.append(a))
    found = array.read((slice(5000, 5010, 3), slice(1, 3, 1)))
    np.testing.assert_array_equal(found, values[5000:5010:3, 1:3])
    assert not called


def test_values_given_out_can_be_written_to(folder: Path) -> None:
    for path in (folder / "C1.npy", folder / "plain.npz"):
        values = open_numpy(path).lazy("C1").read((slice(0, 2), 0, 0))
        values[:] = -1
        again = open_numpy(path).lazy("C1").read((slice(0, 2), 0, 0))
        assert (again != -1).all()


# -- damage


@pytest.mark.parametrize("cut", [1, 8, 100, 500, 900])
def test_a_cut_npy_is_refused(folder: Path, tmp_path: Path, cut: int) -> None:
    content = (folder / "C0.npy").read_bytes()
    path = tmp_path / "a.npy"
    path.write_bytes(content[:-cut])
    with pytest.raises(FileContentError, match=r"a\.npy: .*(cut|damaged)"):
        open_numpy(path)


def test_bytes_behind_an_npy_are_refused(folder: Path, tmp_path: Path) -> None:
    path = tmp_path / "a.npy"
    path.write_bytes((folder / "C0.npy").read_bytes() + b"more")
    with pytest.raises(FileContentError, match="960 bytes|bytes in all; it has"):
        open_numpy(path)


def _with_header(shape: Any, descr: str = "<f8", n: int = 16) -> bytes:
    text = f"{{'descr': {descr!r}, 'fortran_order': False, 'shape': {shape}, }}"
    header = text.ljust(117) + "\n"
    return b"\x93NUMPY\x01\x00" + len(header).to_bytes(2, "little") + header.encode() + b"\0" * n


@pytest.mark.parametrize(
    ("content", "found"),
    [
        (_with_header((2,))[:30], "damaged header"),
        (_with_header((3,)), "24 bytes|it has"),
        (_with_header((-2,)), r"claims the shape \(-2,\)"),
        (_with_header("(2, 'x')"), "damaged header"),
        (_with_header("__import__('os')"), "damaged header"),
        (_with_header("(2,").replace(b"}", b" "), "damaged header"),
        (_with_header("\0"), "damaged header"),
        (_with_header("(" * 60), "damaged header"),
        (_with_header((2**62, 2**62)), "its header says"),
        (_with_header((2,), "O"), "pickled"),
        (_with_header((2,), "nonsense"), "damaged header"),
        (b"\x93NUMPY\x09\x09" + b" " * 100, "version"),
    ],
)
def test_headers_that_lie_are_refused(content: bytes, found: str, tmp_path: Path) -> None:
    path = tmp_path / "a.npy"
    path.write_bytes(content)
    with pytest.raises(FileContentError, match=found) as caught:
        open_numpy(path)
    assert caught.value.where == str(path)


def test_a_flipped_bit_in_an_archive_is_noticed_when_it_is_read(tmp_path: Path) -> None:
    path = tmp_path / "a.npz"
    np.savez(path, x=np.arange(1000.0))
    content = bytearray(path.read_bytes())
    content[4000] ^= 1
    path.write_bytes(content)
    array = open_numpy(path).lazy("x")
    with pytest.raises(FileContentError, match=r"a\.npz: is damaged \(Bad CRC-32"):
        array.read((slice(0, 3),))


def test_a_member_that_is_shorter_than_its_header_says_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.npz"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("x.npy", _with_header((100,)))
    with pytest.raises(FileContentError, match=r"a\.npz\[x\]: its header says 800 bytes"):
        open_numpy(path)


def test_an_archive_without_arrays_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.npz"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("readme.txt", "nothing")
    with pytest.raises(FileContentError, match="zip archive without arrays"):
        open_numpy(path)


@pytest.mark.parametrize("name", ["../x.npy", "/x.npy", "a/../../x.npy"])
def test_an_archive_that_leads_outside_is_refused(name: str, tmp_path: Path) -> None:
    path = tmp_path / "a.npz"
    stream = io.BytesIO()
    np.save(stream, np.ones(3))
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(name, stream.getvalue())
    with pytest.raises(FileContentError, match="leads outside"):
        open_numpy(path)


def test_another_format_is_named(tmp_path: Path) -> None:
    path = tmp_path / "a.npy"
    path.write_bytes(b"\x89HDF\r\n\x1a\n" + b"\0" * 100)
    with pytest.raises(FileContentError, match="is no .npy or .npz but hdf5"):
        nk.open(path, "npy", rate=1)


# -- pickles


class Trap:
    """Unpickling this writes a file."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[Any, ...]:
        return (Path.touch, (self.path,))


def test_no_pickle_is_ever_loaded(tmp_path: Path) -> None:
    mark = tmp_path / "ran"
    trap = np.array([Trap(mark)], dtype=object)
    np.save(tmp_path / "a.npy", trap)
    np.savez(tmp_path / "b.npz", x=trap)
    np.savez(tmp_path / "c.npz", x=trap, F=np.ones((4, 2)))
    for name in ("a.npy", "b.npz"):
        with pytest.raises(FileContentError, match="pickled Python objects"):
            nk.open(tmp_path / name, rate=1)
    rec = nk.open(tmp_path / "c.npz", rate=1, signal="F")
    assert "x: pickled Python objects, not read" in rec.attrs["findings"]
    with pytest.raises(nk.errors.NeurokitError, match=r"x \(1 Python objects\) holds no"):
        nk.open(tmp_path / "c.npz", rate=1, signal="x")
    with pytest.raises(FileContentError, match="pickled"):
        NpzSource(tmp_path / "c.npz").read("x")
    assert not mark.exists()
    # The trap works: loaded by numpy with pickles allowed, it runs.
    pickle.loads(pickle.dumps(Trap(mark)))
    assert mark.exists()


def test_structured_arrays_are_listed_and_refused_as_signal(tmp_path: Path) -> None:
    table = np.zeros(3, dtype=[("t", "<f8"), ("x", "<f4")])
    np.savez(tmp_path / "a.npz", table=table)
    with pytest.raises(nk.errors.OptionError, match=r"table \(3 \[\('t'.* holds no numbers"):
        nk.open(tmp_path / "a.npz", signal="table", rate=1)


@pytest.mark.parametrize(
    ("name", "content", "score"),
    [
        ("a.npy", _with_header((2,)), 0.3),
        ("a.bin", _with_header((2,)), 0.3),
        ("a.npz", b"PK\x03\x04", 0.3),
        ("a.zip", b"PK\x03\x04", 0.0),
        ("a.npy", b"", 0.1),
        ("a.npy", b"text", 0.1),
        ("a.txt", b"text", 0.0),
    ],
)
def test_arrays_are_recognised_by_their_first_bytes(
    name: str, content: bytes, score: float, tmp_path: Path
) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    assert LOADER.sniff(path) == score
    assert LOADER.sniff(tmp_path) == 0.0


def test_info_reads_no_values(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    np.savez(tmp_path / "a.npz", F=np.ones((4, 2)), names=["a", "b"])

    def refuse(*args: Any, **kwargs: Any) -> None:
        raise AssertionError("values were read")

    monkeypatch.setattr(np.lib.format, "read_array", refuse)
    info = nk.info(tmp_path / "a.npz")
    assert info["variables"] == "F (4 x 2 float64), names (2 <U1)"
