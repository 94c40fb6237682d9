"""Arrays of numpy's own formats: .npy mapped, .npz by member; pickles are never loaded.

References: numpy.lib.format; NEP 1, A simple file format for NumPy arrays.
"""

from __future__ import annotations

import tokenize
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from neurokit.errors import FileContentError, NeurokitError
from neurokit.io.archives import check_zip
from neurokit.io.integrity import detect_format, require_file
from neurokit.io.lazy import FileArray, Key
from neurokit.schema import Finding
from neurokit_loaders.mapping_source import Entry, Source

# Members up to this size are read whole, so that their CRC is checked; larger ones by window.
_WHOLE = 2**26
_BLOCK = 2**20
# A header is a Python literal; damaged ones fail in each part of its parser.
_NO_HEADER = (
    ValueError, EOFError, SyntaxError, TypeError, OverflowError, RecursionError, MemoryError,
    tokenize.TokenError,
)  # fmt: skip


class Header:
    """Shape, dtype and order of an array, and where its bytes begin."""

    def __init__(self, stream: BinaryIO, where: str) -> None:
        try:
            version = np.lib.format.read_magic(stream)
            read = {
                (1, 0): np.lib.format.read_array_header_1_0,
                (2, 0): np.lib.format.read_array_header_2_0,
            }.get(version)
            if read is None:
                raise ValueError(f"version {version} is unknown")
            self.shape, self.fortran, self.dtype = read(stream)
        except _NO_HEADER as error:
            said = str(error).split("\n")[0]
            raise FileContentError(
                f"has a damaged header ({said})",
                where=where,
                mend="Download it again.",
            ) from error
        self.start = stream.tell()
        self.n_bytes = int(np.prod(self.shape, dtype=object)) * self.dtype.itemsize
        if min(self.shape, default=0) < 0:
            raise FileContentError(
                f"claims the shape {self.shape}", where=where, mend="Download it again."
            )

    def entry(self, name: str) -> Entry:
        """Return what the array is, under a name."""
        kind = "number" if self.dtype.kind in "fiub" else "text" if self.dtype.kind in "US" else ""
        if self.dtype.hasobject:
            return Entry(name, self.shape, "pickle", "Python objects")
        return Entry(name, self.shape, kind or "other", str(self.dtype))


def open_numpy(path: Path) -> Source:
    """Return the arrays of a .npy or .npz file.

    Raises
    ------
    FileContentError
        If the file is neither, cut, damaged, or holds nothing but pickled objects.
    """
    kind = detect_format(require_file(path))
    if kind == "npy":
        return NpySource(path)
    if kind == "zip":
        return NpzSource(path)
    raise FileContentError(
        f"is no .npy or .npz but {kind}", where=str(path), mend="Name the loader of its format."
    )


def _pickled(where: str, names: str) -> FileContentError:
    return FileContentError(
        f"{names} holds pickled Python objects, whose loading would run code of the file",
        where=where,
        mend="Where you trust it: load it with numpy yourself and save plain arrays with np.savez.",
    )


class NpySource(Source):
    """A .npy file: one array, named after the file.

    Raises
    ------
    FileContentError
        If the file is cut, longer than its header says, or pickled.
    """

    def __init__(self, path: Path) -> None:
        with path.open("rb") as stream:
            self.header = Header(stream, str(path))
        entry = self.header.entry(path.stem)
        if entry.kind == "pickle":
            raise _pickled(str(path), "it")
        expected, found = self.header.start + self.header.n_bytes, path.stat().st_size
        if found != expected:
            raise FileContentError(
                f"its header says {self.header.shape} {self.header.dtype}, {expected} bytes in "
                f"all; it has {found}",
                where=str(path),
                mend="It is cut or damaged: download it again.",
            )
        super().__init__(path, [entry])

    def lazy(self, name: str) -> FileArray:
        """Return the array, unread."""
        return NpyArray(self.path, self.header.shape, self.header.dtype)

    def read(self, name: str) -> NDArray[Any]:
        """Return all values."""
        return np.asarray(np.load(self.path, allow_pickle=False))


class NpyArray(FileArray):
    """An array of a .npy file, mapped per read.

    Parameters
    ----------
    path : Path
        The file.
    shape : tuple of int
        Its shape.
    dtype : dtype
        As stored.
    """

    def __init__(self, path: Path, shape: tuple[int, ...], dtype: Any) -> None:
        super().__init__(shape, np.dtype(dtype).newbyteorder("="))
        self.path = Path(path).absolute()

    def read(self, key: Key) -> NDArray[Any]:
        """Return ``array[key]``."""
        try:
            mapped = np.load(self.path, mmap_mode="r", allow_pickle=False)
        except (OSError, *_NO_HEADER) as error:
            raise _changed(self.path, str(error)) from error
        if mapped.shape != self.shape:
            raise _changed(self.path, f"its shape is {mapped.shape}")
        # A copy: a view would keep the file mapped for as long as the values live.
        return np.array(mapped[key], dtype=self.dtype)


class NpzSource(Source):
    """A .npz archive: one array per member.

    Raises
    ------
    FileContentError
        If the archive is damaged, hostile, or holds nothing but pickled objects.
    """

    def __init__(self, path: Path) -> None:
        self.headers: dict[str, Header] = {}
        members = check_zip(path)
        with _archive(path) as archive:
            for member in members:
                if not member.filename.endswith(".npy"):
                    continue
                name = member.filename.removesuffix(".npy")
                where = f"{path}[{name}]"
                with archive.open(member) as stream:
                    header = Header(stream, where)  # type: ignore[arg-type]
                if header.start + header.n_bytes != member.file_size and not header.dtype.hasobject:
                    raise FileContentError(
                        f"its header says {header.n_bytes} bytes of values; it has "
                        f"{member.file_size - header.start}",
                        where=where,
                        mend="It is damaged: download it again.",
                    )
                self.headers[name] = header
        entries = [header.entry(name) for name, header in self.headers.items()]
        if not entries:
            raise FileContentError(
                "is a zip archive without arrays", where=str(path), mend="Give an .npz file."
            )
        pickled = [entry.name for entry in entries if entry.kind == "pickle"]
        if len(pickled) == len(entries):
            raise _pickled(str(path), ", ".join(pickled))
        findings = []
        if pickled:
            found = f"{', '.join(pickled)}: pickled Python objects, not read"
            mend = "Loading them would run code of the file."
            findings = [Finding("NK829", "SUGGESTION", "/", found, mend)]
        super().__init__(path, entries, findings)

    def lazy(self, name: str) -> FileArray:
        """Return an array, unread."""
        header = self.headers[name]
        return NpzArray(self.path, name, header)

    def read(self, name: str) -> NDArray[Any]:
        """Return all values of an array."""
        if self.entries[name].kind == "pickle":
            raise _pickled(str(self.path), name)
        state = self.path.stat()
        return _member(str(self.path), name, state.st_mtime_ns, state.st_size)


class NpzArray(FileArray):
    """An array of a .npz archive.

    Small ones are read whole, which checks their CRC; of large ones only the rows asked for are
    kept, though what lies before them has to be unpacked where the archive is compressed.

    Parameters
    ----------
    path : Path
        The archive.
    name : str
        Of the array.
    header : Header
        Its header.
    """

    def __init__(self, path: Path, name: str, header: Header) -> None:
        super().__init__(header.shape, header.dtype.newbyteorder("="))
        self.path, self.name = Path(path).absolute(), name
        self.start, self.fortran, self.stored = header.start, header.fortran, header.dtype

    def read(self, key: Key) -> NDArray[Any]:
        """Return ``array[key]``."""
        try:
            state = self.path.stat()
        except OSError as error:
            raise _changed(self.path, str(error)) from error
        if self.dtype.itemsize * np.prod(self.shape, dtype=np.float64) <= _WHOLE:
            values = _member(str(self.path), self.name, state.st_mtime_ns, state.st_size)
            if values.shape != self.shape:
                raise _changed(self.path, f"{self.name} has the shape {values.shape}")
            return np.array(values[key], dtype=self.dtype)
        return self._window(key)

    def _window(self, key: Key) -> NDArray[Any]:
        """Read only the span of the slowest dim that `key` asks for."""
        shape, where = self.shape, key
        if self.fortran:
            shape, where = shape[::-1], key[::-1]
        first, rest = where[0], where[1:]
        low, high = (first, first + 1) if isinstance(first, int) else (first.start, first.stop)
        row = int(np.prod(shape[1:], dtype=np.int64)) * self.stored.itemsize
        with _archive(self.path) as archive, archive.open(f"{self.name}.npy") as stream:
            stream.seek(self.start + low * row)
            content = stream.read((high - low) * row)
        if len(content) != (high - low) * row:
            raise _changed(self.path, f"{self.name} ends early")
        values = np.frombuffer(content, dtype=self.stored).reshape((high - low, *shape[1:]))
        step = 0 if isinstance(first, int) else slice(None, None, first.step)
        part = values[(step, *rest)]
        return np.array(part.T if self.fortran else part, dtype=self.dtype)


@lru_cache(maxsize=4)
def _member(path: str, name: str, changed: int, size: int) -> NDArray[Any]:
    """Return a member's array; each process keeps the last few, none of them large."""
    with _archive(Path(path)) as archive, archive.open(f"{name}.npy") as stream:
        values: NDArray[Any] = np.lib.format.read_array(stream, allow_pickle=False)
        # The CRC is compared when the end is reached.
        while stream.read(_BLOCK):
            pass
    values.flags.writeable = False
    return values


@contextmanager
def _archive(path: Path) -> Iterator[zipfile.ZipFile]:
    """Open an archive; what zip and zlib raise inside the block names the file."""
    try:
        with zipfile.ZipFile(path) as archive:
            yield archive
    except NeurokitError:
        raise
    except (zipfile.BadZipFile, zlib.error, OSError, EOFError, ValueError, KeyError) as error:
        raise FileContentError(
            f"is damaged ({error})", where=str(path), mend="Download it again."
        ) from error


def _changed(path: Path, found: str) -> FileContentError:
    return FileContentError(
        f"cannot be read as it was when it was opened ({found})",
        where=str(path),
        mend="It moved or changed: open the recording again.",
    )
