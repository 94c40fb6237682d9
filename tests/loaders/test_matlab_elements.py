"""Elements of MATLAB files: what does not fit together never reaches scipy's compiled reader."""

from __future__ import annotations

import struct
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import scipy.io
import scipy.sparse
from mapping_files import cells, write_mat5
from neurokit_loaders.matlab_elements import (
    HEADER,
    DamageError,
    check_matrix,
    content_of,
    variables,
)
from neurokit_loaders.matlab_files import open_matlab

from neurokit.errors import FileContentError, NeurokitError

CONTENT: dict[str, Any] = {
    "F": np.arange(12.0).reshape(4, 3),
    "small": np.array([[1, 2, 3]], dtype=np.uint8),
    "logic": np.array([[True, False]]),
    "z": np.array([[1 + 2j, 3.0]]),
    "word": "hello µ",
    "words": cells("a", "bcd", ""),
    "trains": cells(np.array([1.0, 2.0]), np.empty((0, 0)), np.array([3])),
    "rec": {"fs": 30.0, "deep": {"x": np.ones((2, 2)), "none": np.empty((0, 0))}},
    "S": scipy.sparse.eye(5).tocsc(),
    "cube": np.zeros((2, 3, 4), dtype=np.int16),
}


@pytest.fixture(params=[True, False], ids=["packed", "plain"])
def path(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """Every class of variable."""
    return write_mat5(tmp_path / "a.mat", CONTENT, packed=request.param)


def _rest(path: Path, name: str) -> tuple[bytes, str]:
    """The elements of one variable, unpacked."""
    variable = next(v for v in variables(path) if v.name == name)
    return content_of(path, variable)[HEADER + 8 :], variable.order


def test_the_list_is_that_of_scipy(path: Path) -> None:
    found = {v.name: v for v in variables(path)}
    for name, shape, word in scipy.io.whosmat(path):
        here = found.pop(name)
        assert here.word == word
        assert (here.shape[:-1] if word == "char" else here.shape) == shape
    assert not found


@pytest.mark.parametrize("name", CONTENT)
def test_whole_variables_pass_and_read_as_scipy_reads_the_file(path: Path, name: str) -> None:
    data, order = _rest(path, name)
    check_matrix(data, 0, len(data), order, 0)
    if name not in ("S", "rec"):
        expected = scipy.io.loadmat(path)[name]
        found = open_matlab(path).read(name)
        assert found.dtype == expected.dtype
        assert str(found.tolist()) == str(expected.tolist())


@pytest.mark.parametrize("name", CONTENT)
def test_any_variable_cut_anywhere_is_refused(path: Path, name: str) -> None:
    data, order = _rest(path, name)
    # Behind the last element of a variable there is nothing but what fills up eight bytes.
    needed = len(data.rstrip(b"\0"))
    assert needed > 24
    for stop in range(0, needed - 8, 8):
        with pytest.raises((DamageError, UnicodeDecodeError)):
            check_matrix(data[:stop], 0, stop, order, 0)


def _element(kind: int, content: bytes) -> bytes:
    return struct.pack("<II", kind, len(content)) + content + b"\0" * (-len(content) % 8)


def _matrix(
    word: int = 6,
    shape: tuple[int, ...] = (1, 2),
    *rest: bytes,
    flags: int = 0,
    name: bytes = b"x",
) -> bytes:
    head = _element(6, struct.pack("<II", word | flags, 0))
    dims = _element(5, struct.pack(f"<{len(shape)}i", *shape))
    return head + dims + _element(1, name) + b"".join(rest)


TWO = _element(9, struct.pack("<2d", 1.0, 2.0))
WIDTH = _element(5, struct.pack("<i", 4))


@pytest.mark.parametrize(
    ("data", "found"),
    [
        (_matrix(6, (1, 3), TWO), "16 bytes of values for 3 numbers"),
        (_matrix(6, (1, 2)), "an element is missing"),
        (_matrix(6, (1, 2), TWO, flags=0x0800), "an element is missing"),
        (_matrix(6, (1, 2), _element(99, b"\0" * 16)), "type 99 where numbers belong"),
        (_matrix(6, (1, 2), _element(10, b"\0" * 16)), "type 10 where numbers belong"),
        (_matrix(6, (1, 2), _element(16, b"\0" * 2)), "type 16 where numbers belong"),
        (_matrix(6, (1, 2), _element(9, b"\0" * 15)), "15 bytes of values"),
        (_matrix(6, (-1, 2), TWO), r"has the shape \(-1, 2\)"),
        (_matrix(6, (2,), TWO), "1 dims"),
        (_matrix(6, (1,) * 33, TWO), "33 dims"),
        (_matrix(6, (2**31 - 1, 2**31 - 1), TWO), "16 bytes of values for"),
        (_matrix(77, (1, 2), TWO), "of class 77"),
        (_matrix(16, (1, 1), TWO), "holds a MATLAB function"),
        (_element(6, struct.pack("<II", 17, 0)) + _element(1, b"x"), "holds a MATLAB opaque"),
        (_matrix(1, (1, 1), TWO), "type 9 where a variable belongs"),
        (_matrix(1, (1, 9), _element(14, b"")), "an element is missing"),
        (_matrix(1, (1, 1), _element(14, _matrix(6, (1, 3), TWO))), "for 3 numbers"),
        (_matrix(2, (1, 1), TWO), "how long its field names are"),
        (_matrix(2, (1, 1), WIDTH, _element(1, b"abcde")), "do not fit their length"),
        (_matrix(2, (1, 1), WIDTH, _element(1, b"abc\0")), "an element is missing"),
        (_matrix(2, (1, 1), WIDTH, _element(9, b"abc\0")), "do not fit their length"),
        (_matrix(4, (1, 3), _element(4, b"a\0b\0")), "2 characters of text instead of 3"),
        (_matrix(4, (1, 2), _element(9, b"\0" * 16)), "type 9 where text belongs"),
        (_matrix(5, (2, 2), _element(5, b"\0" * 8), _element(5, b"\0" * 8)), "for 3 numbers"),
        (_element(6, b"\0" * 4), "does not say its class"),
        (_element(5, b"\0" * 8), "does not say its class"),
        (struct.pack("<II", 6, 2**31), "behind what holds it"),
        (struct.pack("<HHI", 6, 9, 0), "a short element is 9 bytes long"),
        (b"\0" * 7, "an element is missing"),
    ],
)
def test_elements_that_do_not_fit_are_named(data: bytes, found: str) -> None:
    with pytest.raises(DamageError, match=found):
        check_matrix(data, 0, len(data), "<", 0)


def test_what_is_nested_without_end_is_refused() -> None:
    data = _matrix(6, (1, 2), TWO)
    for _ in range(60):
        data = _matrix(1, (1, 1), _element(14, data))
    with pytest.raises(DamageError, match="nested more than 40 deep"):
        check_matrix(data, 0, len(data), "<", 0)


@pytest.mark.parametrize("seed", range(24))
def test_flipped_bits_never_reach_the_compiled_reader(path: Path, seed: int) -> None:
    rng = np.random.default_rng(seed)
    content = bytearray(path.read_bytes())
    for place in rng.integers(HEADER, len(content), size=8):
        content[place] ^= 1 << int(rng.integers(8))
    path.write_bytes(content)
    said = []
    try:
        source = open_matlab(path)
        for name, entry in source.entries.items():
            if entry.kind in ("number", "text", "cell", "struct"):
                source.read(name)
    except NeurokitError as error:
        said.append(error)
    # A crash of the process would end the tests; an error names the file and a mend.
    assert all("a.mat" in str(error) and error.mend for error in said)


@pytest.mark.parametrize("start", range(128, 1600, 128))
def test_blocks_of_zeros_are_errors_or_numbers(path: Path, start: int) -> None:
    content = bytearray(path.read_bytes())
    content[start : start + 512] = b"\0" * len(content[start : start + 512])
    path.write_bytes(content)
    said = []
    try:
        source = open_matlab(path)
        for name, entry in source.entries.items():
            if entry.kind in ("number", "text", "cell", "struct"):
                source.read(name)
    except NeurokitError as error:
        said.append(error)
    assert all("a.mat" in str(error) and error.mend for error in said)


def test_a_function_handle_is_listed_and_refused_alone(tmp_path: Path) -> None:
    path = write_mat5(tmp_path / "a.mat", {"F": np.ones((3, 2))})
    handle = _matrix(16, (1, 1), TWO, name=b"f")
    path.write_bytes(path.read_bytes() + struct.pack("<II", 14, len(handle)) + handle)
    source = open_matlab(path)
    assert source.entries["f"].dtype == "function"
    assert source.read("F").shape == (3, 2)
    with pytest.raises(FileContentError, match="holds a MATLAB function"):
        source.read("f")


def test_a_variable_that_stands_twice_is_said(tmp_path: Path) -> None:
    path = write_mat5(tmp_path / "a.mat", {"F": np.ones((3, 2))})
    other = write_mat5(tmp_path / "b.mat", {"F": np.zeros((2, 2))})
    path.write_bytes(path.read_bytes() + other.read_bytes()[HEADER:])
    source = open_matlab(path)
    assert [f.code for f in source.findings] == ["NK829"]
    np.testing.assert_array_equal(source.read("F"), np.zeros((2, 2)))
