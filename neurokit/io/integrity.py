"""Is this file there, whole, and what its name says? Asked before any parser sees it.

Imports nothing heavy: a run in which all results are cached goes through here.
"""

from __future__ import annotations

import hashlib
import os
import re
import stat
from pathlib import Path

from neurokit.errors import FileContentError, OptionError

_MAGIC: tuple[tuple[int, bytes, str], ...] = (
    (0, b"\x89HDF\r\n\x1a\n", "hdf5"),
    (0, b"\x93NUMPY", "npy"),
    (0, b"MATLAB 5.0 MAT-file", "mat5"),
    (0, b"MATLAB 7.3 MAT-file", "hdf5"),
    (0, b"\x00\x00\x00\x64\x00\x00\x00\x1f\x00\x00\x00\x14", "fif"),
    (0, b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "xls"),
    (0, b"\xffBIOSEMI", "bdf"),
    (0, b"0       ", "edf"),
    (0, b"GDF ", "gdf"),
    (0, b"\x1f\x8b", "gzip"),
    (0, b"Brain Vision Data Exchange Header", "brainvision"),
    (0, b"BrainVision Data Exchange Header", "brainvision"),
)


# NUL and line ends in a name forge what is printed and logged about the file.
_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029]")
_ADDRESS = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+:/{1,2}\w")  # pathlib leaves one of two slashes
_NO_ADDRESS = "Files are opened where they lie: download it, or list it in a catalog and fetch it."
_KINDS = (
    (stat.S_ISFIFO, "a pipe"),
    (stat.S_ISCHR, "a device"),
    (stat.S_ISBLK, "a device"),
    (stat.S_ISSOCK, "a socket"),
)


def locate(path: Path | str) -> Path:
    """Return `path` as a `Path`, with ``~`` expanded, if a file or folder is there.

    Parameters
    ----------
    path : Path or str
        A file or folder.

    Returns
    -------
    Path
        The same path.

    Raises
    ------
    FileContentError
        If nothing is there, it cannot be reached, its name has control characters, or it is a
        pipe, socket or device, which may be read for ever.
    OptionError
        If it is no name of a file at all.
    """
    if not isinstance(path, str | os.PathLike) or path == "":
        found = "is empty" if path == "" else f"is a {type(path).__name__}"
        mend = "Give the name of one file or folder, as text or pathlib.Path."
        raise OptionError(found, where="path", mend=mend)
    shown = repr(str(path)) if len(str(path)) < 200 else f"{str(path)[:120]!r}..."
    if _CONTROL.search(str(path)):
        raise FileContentError(
            "has control characters in its name", where=shown, mend="Rename it, or check the path."
        )
    try:
        file = Path(path).expanduser()
        mode = file.stat().st_mode
    except (FileNotFoundError, NotADirectoryError) as error:
        where = str(path) if len(str(path)) < 200 else shown
        mend = _NO_ADDRESS if _ADDRESS.match(str(path)) else "Check the path."
        raise FileContentError("does not exist", where=where, mend=mend) from error
    except (OSError, ValueError, RuntimeError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise FileContentError(
            f"cannot be reached ({reason})", where=shown, mend="Check the path."
        ) from error
    for is_kind, kind in _KINDS:
        if is_kind(mode):
            mend = "Copy what it gives into a file."
            raise FileContentError(f"is {kind}, not a file", where=str(file), mend=mend)
    return file


def require_file(path: Path | str, minimum: int = 1) -> Path:
    """Return `path` as a `Path` if it is a readable file of at least `minimum` bytes.

    Parameters
    ----------
    path : Path or str
        The file.
    minimum : int, default 1
        Fewest bytes that such a file can have; 0 allows an empty one.

    Returns
    -------
    Path
        The same path.

    Raises
    ------
    FileContentError
        If the file is missing, a folder, pipe or device, unreadable, empty or shorter than
        `minimum`.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     _ = Path(folder, "a.txt").write_text("LAB1")
    ...     require_file(f"{folder}/a.txt", minimum=4).name
    'a.txt'
    """
    file = locate(path)
    if file.is_dir():
        raise FileContentError("is a folder", where=str(file), mend="Name a file in it.")
    try:
        with file.open("rb") as handle:
            handle.read(1)
            size = os.fstat(handle.fileno()).st_size
    except OSError as error:
        raise FileContentError(
            f"cannot be read ({error.strerror})", where=str(file), mend="Check its permissions."
        ) from error
    if size == 0 < minimum:
        raise FileContentError("is empty (0 bytes)", where=str(file), mend="Download it again.")
    if size < minimum:
        raise FileContentError(
            f"has {size} bytes, at least {minimum} are needed: it is truncated",
            where=str(file),
            mend="Download it again.",
        )
    return file


def read_head(path: Path | str, n: int = 512) -> bytes:
    """Return the first `n` bytes of a file, fewer if it is shorter.

    Parameters
    ----------
    path : Path or str
        The file.
    n : int, default 512
        Number of bytes.

    Returns
    -------
    bytes
        The bytes.

    Raises
    ------
    FileContentError
        If the file is missing, empty or unreadable.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     _ = Path(folder, "a.txt").write_text("LAB1 and more")
    ...     read_head(f"{folder}/a.txt", 4)
    b'LAB1'
    """
    with require_file(path).open("rb") as handle:
        return handle.read(n)


def sha256_of(path: Path | str) -> str:
    """Return the sha256 of a file's content, in hexadecimal.

    Parameters
    ----------
    path : Path or str
        The file.

    Returns
    -------
    str
        64 hexadecimal digits.

    Raises
    ------
    FileContentError
        If the file is missing or unreadable.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     _ = Path(folder, "a.txt").write_text("")
    ...     sha256_of(f"{folder}/a.txt")[:8]
    'e3b0c442'
    """
    with require_file(path, minimum=0).open("rb") as handle:
        return hashlib.file_digest(handle, "sha256").hexdigest()


def detect_format(path: Path | str) -> str:
    """Name the format of a file by its first bytes, whatever its suffix.

    Parameters
    ----------
    path : Path or str
        The file.

    Returns
    -------
    str
        One of fif, edf, bdf, gdf, brainvision, hdf5, mat5, npy, xlsx, zip, xls, gzip, json,
        text, unknown.

    Raises
    ------
    FileContentError
        If the file is missing, empty or unreadable.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = Path(folder, "named.txt")
    ...     _ = path.write_text('{"rank": 3}')
    ...     detect_format(path)
    'json'
    """
    head = read_head(path, 4096).removeprefix(b"\xef\xbb\xbf")
    for offset, magic, name in _MAGIC:
        if head[offset : offset + len(magic)] == magic:
            return name
    if head[:4] == b"PK\x03\x04":
        return "xlsx" if b"xl/" in head or b"[Content_Types].xml" in head else "zip"
    return _text_format(head)


def _text_format(head: bytes) -> str:
    stripped = head.lstrip()
    if b"\x00" in head:
        return "unknown"
    if stripped[:1] in (b"{", b"["):
        return "json"
    try:
        head.decode("utf-8")
    except UnicodeDecodeError as error:
        # A multi-byte character cut by the end of the head is still text.
        return "text" if error.start >= len(head) - 3 else "unknown"
    return "text"
