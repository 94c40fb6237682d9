"""What is in a MATLAB file of EEGLAB or FieldTrip, from its first bytes; nothing is unpacked whole.

MATLAB v5 files (https://www.mathworks.com/help/pdf_doc/matlab/matfile_format.pdf) are chains of
elements, mostly compressed; of each, the beginning is looked at. v7.3 files are HDF5.
"""

from __future__ import annotations

import math
import struct
import zlib
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from neurokit.errors import FileContentError
from neurokit.io import detect_format
from neurokit_loaders._hdf5 import opened
from neurokit_loaders.matlab_elements import content_of, variables

_COMPRESSED, _MATRIX, _STRUCT, _CELL, _CHAR = 15, 14, 2, 1, 4
_PEEK = 2**18

# What numbers that were never meant as such make of parsing.
_DAMAGED = (struct.error, ValueError, IndexError, OverflowError, RecursionError, MemoryError)
_TYPES = {
    1: "i1",
    2: "u1",
    3: "i2",
    4: "u2",
    5: "i4",
    6: "u4",
    7: "f4",
    9: "f8",
    12: "i8",
    13: "u8",
}


@dataclass(frozen=True)
class MatValue:
    """The beginning of a variable or field.

    Parameters
    ----------
    shape : tuple of int
        As MATLAB has it.
    kind : str
        struct, cell or array.
    fields : dict of str to MatValue
        Of a struct; those that could be seen, all names in any case.
    number : float or None
        The value of a single number.
    text : str
        The value of a line of text.
    """

    shape: tuple[int, ...] = ()
    kind: str = "array"
    fields: dict[str, MatValue] = field(default_factory=dict)
    number: float | None = None
    text: str = ""


def peek(path: Path) -> dict[str, MatValue]:
    """Return variables and fields of a MATLAB file, v5 or v7.3.

    Parameters
    ----------
    path : Path
        The file.

    Returns
    -------
    dict of str to MatValue
        By name of the variable.

    Raises
    ------
    FileContentError
        If the file is cut or damaged.
    """
    if detect_format(path) == "hdf5":
        return _peek_hdf5(path)
    return dict(_peek_mat5(path))


def check_elements(path: Path, variable: str | None = None) -> None:
    """Check the elements of a MATLAB file one by one, before compiled code reads them.

    One flipped bit in a type or length ends the process inside scipy's reader. HDF5 has
    checks of its own.

    Parameters
    ----------
    path : Path
        The file.
    variable : str, optional
        The one that is read; default all.

    Raises
    ------
    FileContentError
        If an element does not fit into what holds it.
    """
    if detect_format(path) == "mat5":
        state = path.stat()
        _check_elements(path, variable, state.st_mtime_ns, state.st_size)


@lru_cache(maxsize=64)
def _check_elements(path: Path, variable: str | None, changed: int, size: int) -> None:
    """Walk through a file, once until it changes: errors are not kept."""
    for one in variables(path):
        if variable not in (None, one.name):
            continue
        try:
            content_of(path, one)
        except FileContentError as error:
            # Objects and function handles, which EEGLAB and FieldTrip save now and then, have
            # no published layout: scipy reads past them.
            if "which is no array" not in str(error.__cause__):
                raise


def _peek_mat5(path: Path) -> Iterator[tuple[str, MatValue]]:
    size = path.stat().st_size
    with path.open("rb") as handle:
        order = ">" if handle.read(128)[126:128] == b"MI" else "<"
        at = 128
        while at + 8 <= size:
            handle.seek(at)
            kind, length = struct.unpack(f"{order}II", handle.read(8))
            if at + 8 + length > size:
                raise FileContentError(
                    f"is truncated: a variable ends at byte {at + 8 + length}, the file has {size}",
                    where=str(path),
                    mend="Download or copy the file again.",
                )
            raw = handle.read(min(length, _PEEK))
            if kind == _COMPRESSED:
                with suppress(zlib.error):
                    yield from _variable(zlib.decompressobj().decompress(raw, _PEEK)[8:], order)
            elif kind == _MATRIX:
                yield from _variable(raw, order)
            at += 8 + length


def _element(raw: bytes, at: int, order: str) -> tuple[int, bytes, int]:
    """Return type, content and end of an element; short ones stand inside their own tag."""
    kind, length = struct.unpack_from(f"{order}II", raw, at)
    if kind >> 16:
        return kind & 0xFFFF, raw[at + 4 : at + 4 + (kind >> 16)], at + 8
    end = at + 8 + length
    return kind, raw[at + 8 : end], end + -length % 8


def _variable(raw: bytes, order: str) -> Iterator[tuple[str, MatValue]]:
    with suppress(*_DAMAGED):
        name, value = _matrix(raw, order)
        yield name, value


def _matrix(raw: bytes, order: str) -> tuple[str, MatValue]:
    _, flags, at = _element(raw, 0, order)
    class_ = struct.unpack_from(f"{order}I", flags)[0] & 0xFF
    _, dims, at = _element(raw, at, order)
    shape = tuple(int(n) for n in np.frombuffer(dims, f"{order}i4"))
    _, name, at = _element(raw, at, order)
    text = name.decode("latin-1")
    if class_ == _STRUCT:
        return text, MatValue(shape, "struct", _fields(raw, at, order, shape))
    if class_ == _CELL:
        return text, MatValue(shape, "cell")
    if class_ == _CHAR:
        return text, MatValue(shape, "array", text=_line(raw, at, order))
    return text, MatValue(shape, "array", number=_number(raw, at, order, shape))


def _fields(raw: bytes, at: int, order: str, shape: tuple[int, ...]) -> dict[str, MatValue]:
    _, width, at = _element(raw, at, order)
    (length,) = struct.unpack_from(f"{order}i", width)
    _, names, at = _element(raw, at, order)
    found = {
        names[i : i + length].split(b"\x00")[0].decode("latin-1"): MatValue()
        for i in range(0, len(names), max(length, 1))
    }
    if np.prod(shape) == 1:
        # As far as the beginning reaches: what comes later keeps its name only.
        with suppress(*_DAMAGED):
            for one in list(found):
                _, content, at = _element(raw, at, order)
                found[one] = _matrix(content, order)[1] if content else MatValue((0, 0))
    return found


def _line(raw: bytes, at: int, order: str) -> str:
    kind, content, _ = _element(raw, at, order)
    wide = f"utf-16-{'be' if order == '>' else 'le'}"
    return content.decode(wide if kind in (4, 17) else "utf-8", errors="replace")


def _number(raw: bytes, at: int, order: str, shape: tuple[int, ...]) -> float | None:
    if np.prod(shape) != 1:
        return None
    kind, content, _ = _element(raw, at, order)
    dtype = _TYPES.get(kind)
    if dtype is None or not content:
        return None
    return float(np.frombuffer(content, f"{order}{dtype}", count=1)[0])


def _peek_hdf5(path: Path) -> dict[str, MatValue]:
    with opened(path) as file:
        return {name: _hdf5_value(node, 1) for name, node in file.items() if name[0] != "#"}


def _hdf5_value(node: Any, depth: int) -> MatValue:
    if hasattr(node, "items"):
        inner = {n: _hdf5_value(x, depth - 1) if depth else MatValue() for n, x in node.items()}
        return MatValue((1, 1), "struct", inner)
    # MATLAB's first dim is the last one here.
    shape = tuple(int(n) for n in node.shape or ())[::-1]
    if node.dtype.kind == "O":
        return MatValue(shape, "cell")
    if node.attrs.get("MATLAB_class") == b"char" and 0 < (node.size or 0) < 4096:
        return MatValue(shape, "array", text="".join(map(chr, node[()].ravel())))
    number = float(node[()].ravel()[0]) if node.size == 1 and node.dtype.kind in "iuf" else None
    return MatValue(shape, "array", number=number)


def eeglab_trials(content: dict[str, MatValue]) -> int | None:
    """Return how many trials an EEGLAB dataset has, 1 for a continuous one.

    Parameters
    ----------
    content : dict of str to MatValue
        As `peek` gives it.

    Returns
    -------
    int or None
        None if it is no EEGLAB dataset.
    """
    fields = content["EEG"].fields if "EEG" in content else content
    if not {"srate", "chanlocs"} <= set(fields):
        return None
    stated = fields["trials"].number if "trials" in fields else None
    return int(stated) if stated and math.isfinite(stated) else 1


def fieldtrip_times(path: Path, variable: str) -> tuple[NDArray[np.float64], int | None]:
    """Return the time axis of FieldTrip's data, which mne rounds or forgets, and their averages.

    Parameters
    ----------
    path : Path
        The file.
    variable : str
        Name of the variable.

    Returns
    -------
    time : (n_times,) ndarray
        Seconds; of trials, the first one's.
    n_averages : int or None
        Trials that were averaged, where the file says so.
    """
    if detect_format(path) == "hdf5":
        with opened(path) as file:
            data = file[variable]
            time = data["time"]
            if time.dtype.kind == "O":
                time = file[time[()].ravel()[0]]
            return _flat(time[()]), _averages(data["dof"][()] if "dof" in data else None)
    from scipy.io import loadmat

    check_elements(path, variable)
    with suppress(KeyError, AttributeError):
        found = loadmat(path, squeeze_me=True, struct_as_record=False, variable_names=[variable])
        data = found[variable]
        time = data.time
        # Of one trial, squeezing leaves the axis itself; of several, a row of axes.
        time = time if time.dtype != object else time.ravel()[0]
        return _flat(time), _averages(getattr(data, "dof", None))
    raise FileContentError(
        f"its variable {variable} has no time", where=str(path), mend="Check the option variable."
    )


def _flat(time: Any) -> NDArray[np.float64]:
    flat: NDArray[np.float64] = np.asarray(time, dtype=np.float64).ravel()
    return flat


def _averages(dof: Any) -> int | None:
    counts = np.unique(np.asarray(dof, dtype=np.float64)) if dof is not None else np.empty(0)
    return int(counts[0]) if counts.size == 1 and counts[0] >= 1 else None


def fieldtrip_kind(content: dict[str, MatValue]) -> tuple[str, str] | None:
    """Return which variable of a file is data of FieldTrip, and of what kind.

    Parameters
    ----------
    content : dict of str to MatValue
        As `peek` gives it.

    Returns
    -------
    variable, kind : str
        `kind` is raw, epochs or evoked; None if nothing is of FieldTrip.
    """
    for name, value in content.items():
        names = set(value.fields)
        if value.kind != "struct" or not {"label", "time"} <= names:
            continue
        if "avg" in names:
            return name, "evoked"
        if "trial" in names:
            # Not seen, it stands behind much else; most files have many trials.
            shape = value.fields["trial"].shape
            return name, "raw" if shape and np.prod(shape) == 1 else "epochs"
    return None
