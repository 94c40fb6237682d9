"""Dicts and lists of plain values that numpy saved as object arrays, read without unpickling.

``np.save`` writes an array of objects as a pickle, a program for a small stack machine that can
call any function. This is such a machine which knows only how to put numbers, strings, lists,
dicts and arrays together, and refuses the rest by name; nothing of the file is ever called.
Opcodes: CPython, Lib/pickletools.py; arrays: numpy, ``ndarray.__reduce__``.
"""

from __future__ import annotations

import datetime
import math
import re
import struct
from collections.abc import Callable
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import Any

import numpy as np

from neurokit.errors import FileContentError
from neurokit.io.integrity import require_file
from neurokit_loaders.npy_source import Header

LARGEST_FILE = 2**31
_DTYPE = re.compile(r"[biufcSUO]\d{0,9}|\?")
_ORDERS = ("<", ">", "=", "|")
# What may be copied beyond the size of the file: a few bytes can ask for a copy many times.
_SPARE = 2**26


class NotPlainError(ValueError):
    """A pickle wants something that is no plain value."""


class _Name(str):
    """A function or class that the file names: a word here, never looked up."""

    __slots__ = ()


class _Dtype:
    """A numpy dtype under construction."""

    def __init__(self, code: str) -> None:
        self.code, self.order = code, "="

    def made(self) -> np.dtype[Any]:
        return np.dtype(self.code).newbyteorder(self.order)  # type: ignore[arg-type]


class _Array:
    """A numpy array under construction."""

    def __init__(self) -> None:
        self.made = False
        self.value: Any = None


def read_objects(path: Path) -> Any:
    """Return what an .npy file of objects holds, if that is plain values only.

    Parameters
    ----------
    path : Path
        For example ``ops.npy`` or ``stat.npy`` of suite2p.

    Returns
    -------
    object
        The item of an array without dims, else a list: of dict, list, tuple, str, bytes, int,
        float, complex, bool, None, datetime and arrays of numbers. A path is a str.

    Raises
    ------
    FileContentError
        If the file is damaged, or anything in it is no plain value; the message names it.
    """
    size = require_file(path).stat().st_size
    with path.open("rb") as stream:
        header = Header(stream, str(path))
    if not header.dtype.hasobject or header.dtype != object or len(header.shape) > 1:
        raise FileContentError(
            f"holds {header.dtype} of shape {header.shape}, not a list of objects",
            where=str(path),
            mend="Check that it is the file meant.",
        )
    if size > LARGEST_FILE:
        raise FileContentError(
            f"has {size / 1e9:.1f} GB", where=str(path), mend="Check where it is from."
        )
    try:
        made = Machine(path.read_bytes(), header.start).run()
        n = len(made) if header.shape and isinstance(made, list) else 1
        if n != math.prod(header.shape):
            raise NotPlainError(f"{n} objects where its header says {header.shape}")
    except NotPlainError as error:
        raise FileContentError(
            f"holds {error}; a program in a file is never run",
            where=str(path),
            mend="If you trust it, open it with numpy where it was made and save what is needed "
            "as .json or .npy of numbers.",
        ) from error
    except (IndexError, KeyError, ValueError, TypeError, struct.error, OverflowError) as error:
        raise FileContentError(
            f"is a damaged or cut file of objects ({type(error).__name__})",
            where=str(path),
            mend="Download or save it again.",
        ) from error
    return made


class Machine:
    """The stack machine: `run` gives what the program leaves.

    Parameters
    ----------
    program : bytes
        The file.
    start : int
        Where in it the program begins.
    """

    def __init__(self, program: bytes, start: int = 0) -> None:
        self.program, self.at = program, start
        self.stack: list[Any] = []
        self.marks: list[int] = []
        self.memo: dict[int, Any] = {}
        self.spare = len(program) + _SPARE

    def run(self) -> Any:
        """Run the program to its end and return the one value that is left.

        Raises
        ------
        NotPlainError
            If it wants anything but plain values.
        """
        program, instructions = self.program, _INSTRUCTIONS
        while True:
            code = program[self.at]
            self.at += 1
            if code == _STOP:
                break
            instruction = instructions.get(code)
            if instruction is None:
                raise NotPlainError(
                    f"an instruction ({bytes([code])!r}) that plain values do not need"
                )
            instruction(self)
        (value,) = self.stack
        if self.at != len(program) or isinstance(value, _Name | _Dtype | _Array):
            raise ValueError("ends elsewhere")
        return value

    # -- what instructions use

    def take(self, n: int) -> bytes:
        part = self.program[self.at : self.at + n]
        if len(part) != n:
            raise IndexError("cut")
        self.at += n
        return part

    def number(self, form: str) -> Any:
        return struct.unpack(form, self.take(struct.calcsize(form)))[0]

    def line(self) -> str:
        end = self.program.index(b"\n", self.at, self.at + 300)
        part = self.program[self.at : end]
        self.at = end + 1
        return part.decode("ascii")

    def push(self, value: Any) -> None:
        self.stack.append(value)

    def pop(self) -> Any:
        # What lies below a mark is not within reach.
        if self.marks and len(self.stack) <= self.marks[-1]:
            raise IndexError("nothing above the mark")
        return self.stack.pop()

    def pop_marked(self) -> list[Any]:
        start = self.marks.pop()
        items = self.stack[start:]
        del self.stack[start:]
        return items

    def charge(self, n: int) -> None:
        self.spare -= n
        if self.spare < 0:
            raise NotPlainError("a program that makes more of itself than it is")


def _binary(form: str) -> Callable[[Machine], None]:
    return lambda machine: machine.push(machine.number(form))


def _text(form: str) -> Callable[[Machine], None]:
    return lambda machine: machine.push(
        machine.take(machine.number(form)).decode("utf-8", "surrogatepass")
    )


def _bytes(form: str) -> Callable[[Machine], None]:
    return lambda machine: machine.push(machine.take(machine.number(form)))


def _constant(value: Any) -> Callable[[Machine], None]:
    return lambda machine: machine.push(value)


def _integer(form: str) -> Callable[[Machine], None]:
    return lambda machine: machine.push(
        int.from_bytes(machine.take(machine.number(form)), "little", signed=True)
    )


def _tuple(n: int) -> Callable[[Machine], None]:
    def instruction(machine: Machine) -> None:
        items = [machine.pop() for _ in range(n)]
        machine.push(tuple(reversed(items)))

    return instruction


def _put(form: str) -> Callable[[Machine], None]:
    def instruction(machine: Machine) -> None:
        machine.memo[machine.number(form)] = machine.stack[-1]

    return instruction


def _get(form: str) -> Callable[[Machine], None]:
    def instruction(machine: Machine) -> None:
        value = machine.memo[machine.number(form)]
        machine.push(value.value if isinstance(value, _Array) and value.made else value)

    return instruction


def _memoize(machine: Machine) -> None:
    machine.memo[len(machine.memo)] = machine.stack[-1]


def _mark(machine: Machine) -> None:
    machine.marks.append(len(machine.stack))


def _skip(n: int) -> Callable[[Machine], None]:
    def instruction(machine: Machine) -> None:
        machine.take(n)

    return instruction


def _append(machine: Machine, items: list[Any]) -> None:
    target = machine.stack[-1]
    if type(target) is not list:
        raise TypeError("appends to no list")
    target.extend(items)


def _set(machine: Machine, items: list[Any]) -> None:
    target = machine.stack[-1]
    if type(target) is not dict or len(items) % 2:
        raise TypeError("sets items of no dict")
    # Nested tuples and chosen numbers can be keys that take for ever to hash or to tell apart.
    plain = (type(key) is str or (type(key) is int and abs(key) < 2**60) for key in items[::2])
    if not all(plain):
        raise NotPlainError("a dict with keys that are neither words nor numbers")
    target.update(zip(items[::2], items[1::2], strict=True))


def _set_one(machine: Machine) -> None:
    value, key = machine.pop(), machine.pop()
    _set(machine, [key, value])


def _global(machine: Machine) -> None:
    module, name = machine.line(), machine.line()
    machine.push(_known_name(module, name))


def _stack_global(machine: Machine) -> None:
    name, module = machine.pop(), machine.pop()
    machine.push(_known_name(module, name))


def _known_name(module: object, name: object) -> _Name:
    # numpy moved its modules in version 2, Python its paths in 3.13; they are the same things.
    plain = re.sub(r"^numpy\._core\b", "numpy.core", str(module)).replace(
        "pathlib._local", "pathlib"
    )
    known = f"{plain}.{name}"
    if known not in _MAKERS and known not in _ARRAY_CLASSES:
        raise NotPlainError(f"a call of {str(module)[:60]}.{str(name)[:60]}")
    return _Name(known)


def _reduce(machine: Machine) -> None:
    arguments, maker = machine.pop(), machine.pop()
    if not isinstance(maker, _Name) or maker not in _MAKERS or type(arguments) is not tuple:
        raise NotPlainError("a call of what is no function of plain values")
    machine.push(_MAKERS[maker](machine, *arguments))


def _build(machine: Machine) -> None:
    state, target = machine.pop(), machine.pop()
    if type(state) is not tuple:
        raise NotPlainError("a class with a state of its own")
    if isinstance(target, _Dtype):
        order, *described = state[1:5]
        if order not in _ORDERS or any(part is not None for part in described):
            raise NotPlainError("a dtype with fields")
        target.order = order
        machine.push(target)
    elif isinstance(target, _Array):
        _, shape, dtype, fortran, content = state
        target.value, target.made = _filled(shape, dtype, fortran, content), True
        machine.push(target.value)
    else:
        raise NotPlainError("a class with a state of its own")


def _filled(shape: Any, dtype: Any, fortran: Any, content: Any) -> Any:
    """Return an array of numbers, or the list (of no dims: the one item) of an array of objects."""
    counts = type(shape) is tuple and all(type(n) is int and n >= 0 for n in shape)
    if not counts or not isinstance(dtype, _Dtype):
        raise TypeError("an array of no shape")
    n = math.prod(shape)
    if dtype.code.startswith("O"):
        if type(content) is not list or len(content) != n or len(shape) > 1:
            raise NotPlainError(f"an array of objects of shape {shape}")
        return content if shape else content[0]
    made = dtype.made()
    if not isinstance(content, bytes) or len(content) != n * made.itemsize:
        raise ValueError("an array of other values than it says")
    return np.frombuffer(content, made, n).reshape(shape, order="F" if fortran else "C")


# -- what a file may name


def _make_array(machine: Machine, kind: object, shape: object, code: object) -> _Array:
    if kind not in _ARRAY_CLASSES:
        raise NotPlainError("an array of a class of its own")
    return _Array()


def _make_dtype(machine: Machine, code: object, *rest: object) -> _Dtype:
    if not isinstance(code, str) or not _DTYPE.fullmatch(code):
        raise NotPlainError(f"a dtype {str(code)[:40]!r}")
    return _Dtype(code)


def _make_scalar(machine: Machine, dtype: object, content: object) -> Any:
    if not isinstance(dtype, _Dtype) or not isinstance(content, bytes):
        raise NotPlainError("a numpy scalar of objects")
    machine.charge(len(content))
    return _filled((1,), dtype, False, content)[0].item()


def _make_bytes(machine: Machine, text: str, encoding: str) -> bytes:
    if encoding != "latin1":
        raise NotPlainError(f"bytes by way of {str(encoding)[:40]!r}")
    machine.charge(len(text))
    return text.encode("latin-1")


def _make_no_bytes(machine: Machine) -> bytes:
    """Protocol 2 writes empty bytes as a call without arguments."""
    return b""


def _make_viewed(machine: Machine, content: Any, dtype: Any, shape: Any, order: Any) -> Any:
    return _filled(shape, dtype, order == "F", content)


def _make_posix(machine: Machine, *parts: str) -> str:
    machine.charge(sum(len(part) for part in parts))
    return str(PurePosixPath(*parts))


def _make_windows(machine: Machine, *parts: str) -> str:
    machine.charge(sum(len(part) for part in parts))
    return str(PureWindowsPath(*parts))


def _make_datetime(machine: Machine, content: bytes, zone: Any = None) -> datetime.datetime:
    year, month, day, hour, minute, second, *rest = struct.unpack(">H5B3B", content)
    microsecond = int.from_bytes(bytes(rest), "big")
    return datetime.datetime(year, month, day, hour, minute, second, microsecond, zone)


_MAKERS: dict[str, Callable[..., Any]] = {
    "numpy.core.multiarray._reconstruct": _make_array,
    "numpy.core.multiarray.scalar": _make_scalar,
    "numpy.dtype": _make_dtype,
    "numpy.core.numeric._frombuffer": _make_viewed,
    "_codecs.encode": _make_bytes,
    "__builtin__.bytes": _make_no_bytes,
    "collections.OrderedDict": lambda machine: {},
    "pathlib.PosixPath": _make_posix,
    "pathlib.PurePosixPath": _make_posix,
    "pathlib.WindowsPath": _make_windows,
    "pathlib.PureWindowsPath": _make_windows,
    "datetime.datetime": _make_datetime,
    "datetime.timedelta": lambda machine, *parts: datetime.timedelta(*parts),
    "datetime.timezone": lambda machine, *parts: datetime.timezone(*parts),
}
_ARRAY_CLASSES = ("numpy.ndarray", "numpy.memmap", "numpy.core.memmap.memmap")
_STOP = ord(".")

_INSTRUCTIONS: dict[int, Callable[[Machine], None]] = {
    ord(code): instruction
    for code, instruction in {
        "\x80": _skip(1),  # protocol
        "\x95": _skip(8),  # frame
        "(": _mark,
        "N": _constant(None),
        "\x88": _constant(True),
        "\x89": _constant(False),
        "J": _binary("<i"),
        "K": _binary("<B"),
        "M": _binary("<H"),
        "G": _binary(">d"),
        "\x8a": _integer("<B"),
        "\x8b": _integer("<I"),
        "\x8c": _text("<B"),
        "X": _text("<I"),
        "\x8d": _text("<Q"),
        "C": _bytes("<B"),
        "B": _bytes("<I"),
        "\x8e": _bytes("<Q"),
        "\x96": _bytes("<Q"),  # a bytearray, which nothing here changes
        ")": lambda machine: machine.push(()),
        "\x85": _tuple(1),
        "\x86": _tuple(2),
        "\x87": _tuple(3),
        "t": lambda machine: machine.push(tuple(machine.pop_marked())),
        "]": lambda machine: machine.push([]),
        "a": lambda machine: _append(machine, [machine.pop()]),
        "e": lambda machine: _append(machine, machine.pop_marked()),
        "}": lambda machine: machine.push({}),
        "s": _set_one,
        "u": lambda machine: _set(machine, machine.pop_marked()),
        "q": _put("<B"),
        "r": _put("<I"),
        "\x94": _memoize,
        "h": _get("<B"),
        "j": _get("<I"),
        "c": _global,
        "\x93": _stack_global,
        "R": _reduce,
        "b": _build,
    }.items()
}
