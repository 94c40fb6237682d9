"""Object arrays of plain values are read as numpy reads them, and nothing else is read at all."""

from __future__ import annotations

import collections
import datetime
import pathlib
import pickle
import struct
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from neurokit_loaders._plain_objects import Machine, NotPlainError, read_objects

from neurokit.errors import FileContentError


def same(a: Any, b: Any) -> bool:
    if isinstance(a, np.ndarray):
        return (
            isinstance(b, np.ndarray)
            and a.dtype == b.dtype
            and a.shape == b.shape
            and bool(np.array_equal(a, b, equal_nan=a.dtype.kind in "fc"))
        )
    if isinstance(a, dict):
        return isinstance(b, dict) and a.keys() == b.keys() and all(same(a[k], b[k]) for k in a)
    if isinstance(a, list | tuple):
        alike = type(a) is type(b) and len(a) == len(b)
        return alike and all(same(x, y) for x, y in zip(a, b, strict=True))
    return type(a) is type(b) and (a == b or a != a)


def _saved(path: Path, value: Any) -> Path:
    np.save(path, value)
    return path


def _npy(path: Path, program: bytes, shape: str = "()") -> Path:
    """Write an .npy of objects whose pickle is this program."""
    header = f"{{'descr': '|O', 'fortran_order': False, 'shape': {shape}, }}"
    header += " " * (117 - len(header)) + "\n"
    path.write_bytes(b"\x93NUMPY\x01\x00" + struct.pack("<H", 118) + header.encode() + program)
    return path


OPS = {
    "fs": 29.97,
    "Ly": np.int64(512),
    "tau": np.float32(0.5),
    "ok": True,
    "yes": np.bool_(True),
    "none": None,
    "data_path": ["D:\\a", "b"],
    "pair": (1, 2.5),
    "many": tuple(range(10)),
    "meanImg": np.arange(12, dtype=np.float32).reshape(3, 4),
    "fortran": np.asfortranarray(np.arange(6).reshape(2, 3)),
    "big endian": np.arange(5, dtype=">i4"),
    "mask": np.array([True, False]),
    "complex": np.array([1 + 2j]),
    "words": np.array(["left", "r"]),
    "empty": np.zeros((0, 3)),
    "none yet": np.array([]),
    "huge": 2**100,
    "below": -(2**40),
    "long": "é" * 300,
    "bytes": b"\x00\xff" * 200,
    "nested": {"a": {"b": [{"c": 1}]}},
    "numbered": {0: "a", 1: "b"},
    "nan": float("nan"),
    "when": datetime.datetime(2024, 5, 6, 7, 8, 9, 123456),
}


@pytest.mark.parametrize("protocol", [2, 3, 4, 5])
def test_settings_are_read_as_numpy_reads_them(tmp_path: Path, protocol: int) -> None:
    holder = np.empty((), dtype=object)
    holder[()] = OPS
    read = read_objects(_npy(tmp_path / "ops.npy", pickle.dumps(holder, protocol)))
    assert set(read) == set(OPS)
    for key, value in OPS.items():
        plain = value.item() if isinstance(value, np.generic) else value
        assert same(read[key], plain), key


def test_what_numpy_saves_today_is_read(tmp_path: Path) -> None:
    path = _saved(tmp_path / "ops.npy", OPS)
    expected = np.load(path, allow_pickle=True).item()
    read = read_objects(path)
    assert same(read["meanImg"], expected["meanImg"])
    assert read["when"] == expected["when"]


def test_regions_are_a_list_of_dicts(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    regions = [{"ypix": rng.integers(0, 9, 5), "med": [1.0, np.float64(i)]} for i in range(70)]
    path = _saved(tmp_path / "stat.npy", np.array(regions, dtype=object))
    read = read_objects(path)
    assert len(read) == 70
    assert all(same(a["ypix"], b["ypix"]) for a, b in zip(read, regions, strict=True))
    assert read[3]["med"] == [1.0, 3.0]


def test_paths_of_any_system_are_words(tmp_path: Path) -> None:
    """A WindowsPath cannot be unpickled on Linux at all (Kilosort issue 992)."""
    windows = pathlib.PureWindowsPath("C:/data/x.tif")
    program = pickle.dumps({"a": windows, "b": pathlib.PurePosixPath("/x/y")}, 4)
    for old, new in ((b"PureWindowsPath", b"WindowsPath"), (b"PurePosixPath", b"PosixPath")):
        program = program.replace(bytes([len(old)]) + old, bytes([len(new)]) + new)
    # The frame's length is a hint that this machine does not need.
    read = Machine(program).run()
    assert read == {"a": "C:\\data\\x.tif", "b": "/x/y"}


def test_names_of_old_and_new_numpy_mean_the_same(tmp_path: Path) -> None:
    """suite2p issue 1174: files of numpy 2 name numpy._core, which numpy 1 lacks."""
    holder = np.empty((), dtype=object)
    holder[()] = {"x": np.arange(3.0)}
    program = pickle.dumps(holder, 3)
    modern, old = b"numpy._core.multiarray", b"numpy.core.multiarray"
    assert modern in program or old in program
    for name in (modern, old):
        other = program.replace(modern, old).replace(old, name)
        read = read_objects(_npy(tmp_path / "ops.npy", other))
        assert read["x"].tolist() == [0.0, 1.0, 2.0]


def test_a_time_with_its_zone_and_an_ordered_dict_are_plain(tmp_path: Path) -> None:
    zone = datetime.timezone(datetime.timedelta(hours=2))
    when = datetime.datetime(2024, 1, 2, tzinfo=zone)
    ops = {"date_proc": when, "ordered": collections.OrderedDict(a=1)}
    read = read_objects(_saved(tmp_path / "ops.npy", ops))
    assert read["date_proc"] == when
    assert read["date_proc"].utcoffset() == datetime.timedelta(hours=2)
    assert read["ordered"] == {"a": 1}


PLAIN = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**70), 2**70)
    | st.floats()
    | st.text(max_size=300)
    | st.binary(max_size=300)
    | st.sampled_from(["f4", "i8", "?", "<U3"]).map(lambda code: np.zeros((2, 3), code)),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.lists(inner, max_size=4).map(tuple)
        | st.dictionaries(st.text(max_size=5), inner, max_size=4)
    ),
    max_leaves=12,
)


@given(value=PLAIN, protocol=st.integers(2, 5))
def test_any_plain_value_comes_back_as_it_was(value: Any, protocol: int) -> None:
    assert same(Machine(pickle.dumps(value, protocol)).run(), value)


def test_a_class_that_is_named_but_not_called_is_a_word() -> None:
    read = Machine(pickle.dumps([pathlib.PurePosixPath], 4)).run()
    assert read == ["pathlib.PurePosixPath"]


def test_shared_values_are_shared(tmp_path: Path) -> None:
    row = [1, 2]
    read = Machine(pickle.dumps({"a": row, "b": row}, 4)).run()
    assert read["a"] is read["b"]


class Call:
    """Pickles as a call."""

    def __init__(self, function: Any, *arguments: Any) -> None:
        self.said = (function, arguments)

    def __reduce__(self) -> Any:
        return self.said


class Plain:
    """An object with a state of its own."""

    def __init__(self) -> None:
        self.x = 1


REFUSED: dict[str, tuple[Any, str]] = {
    "print": (Call(print, "pickle executed"), r"a call of builtins\.print"),
    "system": (Call(__import__("os").system, "true"), r"a call of posix\.system"),
    "eval": (Call(eval, "1"), r"a call of builtins\.eval"),
    "getattr": (Call(getattr, "x", "upper"), r"a call of builtins\.getattr"),
    "load": (Call(np.load, "x.npy"), r"a call of numpy\.load"),
    "fromfile": (Call(np.fromfile, "/etc/passwd"), r"a call of numpy.*fromfile"),
    "own class": (Plain(), r"a call of .*Plain|an instruction"),
    "a set": ({1, 2}, "an instruction"),
    "structured": (np.zeros(2, [("a", "f4")]), "a dtype"),
    "masked": (np.ma.zeros(2), "a call of numpy.ma"),
    "dates": (np.array(["2020-01-01"], "M8[D]"), "a dtype 'M8'"),
    "keys of tuples": ({(1, 2): 3}, "neither words nor numbers"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_no_plain_value_is_refused_by_name(
    name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "ops.npy"
    holder = np.empty((), dtype=object)
    holder[()] = {"fs": 30.0, "x": REFUSED[name][0]}
    np.save(path, holder)
    with pytest.raises(FileContentError, match=REFUSED[name][1]) as caught:
        read_objects(path)
    assert caught.value.where == str(path)
    assert capsys.readouterr().out == ""


def test_a_call_by_another_road_is_refused_too() -> None:
    for program in (
        b"cos\nsystem\n(S'true'\ntR.",
        b"(S'true'\nios\nsystem\n.",
        b"\x80\x02cnumpy\ndtype\n(cos\nsystem\ntR.",
        b"\x80\x04\x8c\x02os\x8c\x06system\x93.",
        b"\x80\x04\x8c\x08builtins\x8c\x04exec\x93\x8c\x011\x85R.",
        b"\x80\x02cnumpy\nndarray\n)\x81.",
        b"\x82\x01.",
        b"Pobject\n.",
    ):
        with pytest.raises((NotPlainError, ValueError, TypeError)):
            Machine(program).run()


BOMBS = {
    # A list of itself, doubled sixty times: 2**60 words if anybody wrote it out.
    "doubled lists": b"\x80\x04(]\x94"
    + b"".join(b"]\x94(h" + bytes([i]) + b"h" + bytes([i]) + b"e" for i in range(60))
    + b"t.",
    # Tuples of tuples as a key: hashing walks every path.
    "deep key": b"\x80\x04}K\x01\x85\x94"
    + b"".join(b"h" + bytes([i]) + b"h" + bytes([i]) + b"\x86\x94" for i in range(60))
    + b"K\x00s.",
    # One megabyte of text copied again and again.
    "copies": b"\x80\x04c_codecs\nencode\n\x94X\x00\x00\x10\x00"
    + b"x" * 2**20
    + b"\x94\x8c\x06latin1\x94"
    + b"h\x00h\x01h\x02\x86R" * 3000
    + b".",
    "claims a gigabyte": b"\x80\x04B\x00\x00\x00\x40x.",
    "claims an exabyte": b"\x80\x04\x8e" + b"\x00" * 7 + b"\x10x.",
    "long number": b"\x80\x04\x8b\xff\xff\xff\x7f1.",
    "never ends": b"\x80\x04" + b"N" * 100_000,
    "nothing": b"",
    "only an end": b".",
    "pops too much": b"\x80\x04a.",
    "reaches below a mark": b"\x80\x04](N(a.",
    "memory that is not there": b"\x80\x04h\x07.",
}


@pytest.mark.parametrize("name", BOMBS)
def test_a_program_that_asks_for_much_ends_soon(name: str, tmp_path: Path) -> None:
    path = _npy(tmp_path / "ops.npy", BOMBS[name])
    begin = time.process_time()
    if name == "doubled lists":
        assert len(read_objects(path)) == 61
    else:
        with pytest.raises(FileContentError, match=r"ops\.npy: "):
            read_objects(path)
    assert time.process_time() - begin < 2.0  # measured: up to 0.1 s


def test_a_cut_or_damaged_file_is_one_error_with_its_name(tmp_path: Path) -> None:
    whole = _saved(tmp_path / "ops.npy", OPS).read_bytes()
    path, rng = tmp_path / "b.npy", np.random.default_rng(0)
    for end in np.linspace(1, len(whole) - 1, 80).astype(int):
        path.write_bytes(whole[:end])
        with pytest.raises(FileContentError, match=r"b\.npy: "):
            read_objects(path)
    for _ in range(300):
        data = bytearray(whole)
        for place in rng.integers(128, len(data), 3):
            data[place] ^= 1 << rng.integers(8)
        path.write_bytes(bytes(data))
        try:
            read_objects(path)
        except FileContentError:
            continue


def test_what_is_no_file_of_objects_is_said(tmp_path: Path) -> None:
    np.save(tmp_path / "a.npy", np.zeros((2, 2)))
    with pytest.raises(FileContentError, match=r"holds float64 of shape \(2, 2\), not a list"):
        read_objects(tmp_path / "a.npy")
    with pytest.raises(FileContentError, match="does not exist"):
        read_objects(tmp_path / "b.npy")
    with pytest.raises(FileContentError, match=r"1 objects where its header says \(3,\)"):
        read_objects(_npy(tmp_path / "c.npy", pickle.dumps([1], 4), "(3,)"))


def test_the_harmless_probe_is_refused(
    shared_corrupt: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(FileContentError, match="a program in a file is never run"):
        read_objects(shared_corrupt / "20_object_array.npy")
    assert "executed" not in capsys.readouterr().out
