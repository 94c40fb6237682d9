"""Variables of MATLAB files of version 5 to 7, read by scipy after a check of every element."""

from __future__ import annotations

import io
import warnings
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from neurokit.errors import OptionError
from neurokit.io.lazy import FileArray, Key
from neurokit.schema import Finding
from neurokit_loaders.mapping_source import Entry, Source
from neurokit_loaders.matlab_elements import Variable, content_of, damaged, variables

# Structs are looked into for an error's list only where reading them is cheap.
_CHEAP = 2**24
_KINDS = {"cell": "cell", "struct": "struct", "char": "text"}
_OTHER = ("object", "sparse", "function", "opaque")


class Matlab5Source(Source):
    """A MATLAB file of version 5 to 7.

    Raises
    ------
    FileContentError
        If the file is cut or damaged.
    """

    def __init__(self, path: Path) -> None:
        # An element without a name holds what function handles need.
        self.variables = [v for v in variables(path) if v.name]
        names = [variable.name for variable in self.variables]
        doubled = sorted({name for name in names if names.count(name) > 1})
        findings = []
        if doubled:
            found = f"variables stand twice: {', '.join(doubled)}; the last of each is read"
            mend = "Save the file again."
            findings = [Finding("NK829", "SUGGESTION", path.name, found, mend)]
        super().__init__(path, (_entry(variable) for variable in self.variables), findings)

    def lazy(self, name: str) -> FileArray:
        """Return a variable, unread.

        Only whole variables can be unpacked, so the first window reads one variable, which is
        kept.
        """
        return Matlab5Array(self.path, name, self.entries[name].shape)

    def read(self, name: str) -> NDArray[Any]:
        """Return all values."""
        return value_of(self.path, name)

    def cells(self, name: str) -> NDArray[Any]:
        """Return a cell array; a word in it is a str."""
        values = value_of(self.path, name)
        if values.dtype.kind != "O":
            return super().cells(name)
        flat = np.empty(values.size, dtype=object)
        # scipy gives a word as an array of one string.
        flat[:] = [str(c.reshape(-1)[0]) if _is_word(c) else c for c in values.reshape(-1)]
        return flat.reshape(values.shape)

    def unfold(self) -> Source:
        """List the fields of single structs too, by path."""
        structs = [e for e in self.entries.values() if e.kind == "struct" and set(e.shape) <= {1}]
        if self.path.stat().st_size <= _CHEAP:
            for entry in structs:
                if not any(name.startswith(f"{entry.name}.") for name in self.entries):
                    self.entries |= _fields(entry.name, value_of(self.path, entry.name))
        return self


class Matlab5Array(FileArray):
    """A variable of numbers of a MATLAB file.

    Parameters
    ----------
    path : Path
        The file.
    name : str
        Of the variable; fields of structs as ``struct.field``.
    shape : tuple of int
        Its shape.
    """

    def __init__(self, path: Path, name: str, shape: tuple[int, ...]) -> None:
        super().__init__(shape, np.float64)
        self.path, self.name = Path(path).absolute(), name

    def read(self, key: Key) -> NDArray[Any]:
        """Return ``array[key]``."""
        values = value_of(self.path, self.name)
        if values.dtype.kind == "c":
            raise OptionError(
                f"{self.name} holds complex numbers",
                where=str(self.path),
                mend="Save real and imaginary part as variables of their own.",
            )
        if values.shape != self.shape or values.dtype.kind not in "fiub":
            raise damaged(self.path, f"{self.name} is {values.dtype} {values.shape}")
        return np.array(values[key], dtype=self.dtype)


def value_of(path: Path, name: str) -> NDArray[Any]:
    """Return one variable, or a field of a struct as ``struct.field``.

    Raises
    ------
    FileContentError
        If the file is gone or damaged.
    OptionError
        If there is no such field.
    """
    try:
        state = Path(path).stat()
    except OSError as error:
        raise damaged(path, str(error)) from error
    top, *fields = name.split(".")
    values = _loaded(str(path), top, state.st_mtime_ns, state.st_size)
    for each in fields:
        if values.dtype.names is None or each not in values.dtype.names or values.size != 1:
            raise OptionError(
                f"{name!r} is no field of a struct",
                where=str(path),
                mend="Name fields as struct.field.",
            )
        values = np.asarray(values.reshape(-1)[0][each])
    return values


@lru_cache(maxsize=4)
def _loaded(path: str, name: str, changed: int, size: int) -> NDArray[Any]:
    """Return a variable; each process keeps the last few."""
    import scipy.io

    listed = [variable for variable in variables(Path(path)) if variable.name == name]
    if not listed:
        raise damaged(Path(path), f"there is no variable {name}")
    # scipy takes open files too, which its types do not say.
    content: Any = io.BytesIO(content_of(Path(path), listed[-1]))
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return np.asarray(scipy.io.loadmat(content)[name])
    except (ValueError, TypeError, KeyError, IndexError, NotImplementedError) as error:
        raise damaged(Path(path), f"{name}: {error}") from error


def _is_word(cell: NDArray[Any]) -> bool:
    return cell.dtype.kind == "U" and cell.size == 1


def _entry(variable: Variable) -> Entry:
    word = variable.word
    kind = "other" if word in _OTHER else _KINDS.get(word, "number")
    # scipy joins the characters of a row to one word.
    shape = variable.shape[:-1] if kind == "text" else variable.shape
    return Entry(variable.name, shape, kind, word)


def _fields(path: str, values: NDArray[Any]) -> dict[str, Entry]:
    inside: dict[str, Entry] = {}
    if values.dtype.names is None or values.size != 1:
        return inside
    for field in values.dtype.names:
        value, name = np.asarray(values.reshape(-1)[0][field]), f"{path}.{field}"
        if value.dtype.names is not None:
            inside[name] = Entry(name, value.shape, "struct", "struct")
            inside |= _fields(name, value)
        else:
            kinds = {"O": "cell", "U": "text"} | dict.fromkeys("fiub", "number")
            kind = kinds.get(value.dtype.kind, "other")
            inside[name] = Entry(name, value.shape, kind, str(value.dtype))
    return inside
