"""Text tables by window: one pass checks every line and notes where rows begin.

After that pass a window of rows is read from its place in the file; nothing else is kept. Text
that is packed or in UTF-16 has no such places and is unpacked in memory.
"""

from __future__ import annotations

import codecs
import csv
import io
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from neurokit.errors import FileContentError
from neurokit.io.archives import read_gzip
from neurokit.io.integrity import read_head, require_file
from neurokit.io.lazy import FileArray, Key
from neurokit_loaders._text_tables import DELIMITERS

# Rows between two noted places; a window reads at most this many rows too many.
BLOCK_ROWS = 1024
_PART_ROWS = 16 * BLOCK_ROWS
LARGEST_UNPACKED = 2**30
MISSING = ("", "na", "n/a", "nan", "null", "none", "-nan", "#n/a")
BLANKS = "blanks"
_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eEdD][+-]?\d+)?|[+-]?inf(inity)?", re.IGNORECASE)


@dataclass(frozen=True)
class Grammar:
    """How a text is a table.

    Parameters
    ----------
    encoding : str
        Of the bytes that are read, which for UTF-16 and gzip are not those of the file.
    separator : str
        One character, or ``"blanks"`` for any run of them.
    decimal : str
        Decimal mark.
    header_lines : int
        Lines before the first row.
    short_rows : bool
        Whether rows may lack fields at their end.
    """

    encoding: str
    separator: str
    decimal: str
    header_lines: int
    short_rows: bool

    def split(self, line: str) -> list[str]:
        """Return the fields of a line, without blanks around them."""
        if self.separator == BLANKS:
            return line.split()
        if '"' in line:
            fields = next(csv.reader([line], delimiter=self.separator, strict=True), [])
        else:
            fields = line.split(self.separator)
        return [field.strip() for field in fields]

    def number(self, field: str) -> float:
        """Return a field as a number, NaN where it is missing.

        Raises
        ------
        ValueError
            If it is no number.
        """
        if field.lower() in MISSING:
            return float("nan")
        if not is_number(field, self.decimal):
            raise ValueError(field)
        text = field if self.decimal == "." else field.replace(self.decimal, ".")
        return float(text if "i" in text.lower() else text.upper().replace("D", "E"))


def is_number(field: str, decimal: str = ".") -> bool:
    """Whether a field is a number or missing."""
    text = field if decimal == "." else field.replace(decimal, ".")
    return field.lower() in MISSING or _NUMBER.fullmatch(text) is not None


class Content:
    """The bytes of a table: of the file itself, or of what it unpacks to.

    Parameters
    ----------
    path : Path
        The file.
    encoding : str, optional
        What the user says; default UTF-8, or what a byte order mark says.

    Raises
    ------
    FileContentError
        If the file is missing, empty, or a gzip that is cut or a bomb.
    """

    def __init__(self, path: Path, encoding: str | None = None) -> None:
        self.path = Path(path).absolute()
        head = read_head(require_file(path), 4)
        self.is_packed = head[:2] == b"\x1f\x8b"
        if self.is_packed:
            head = _unpacked(str(self.path), *self._state())[:4]
        wide = head[:2] in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
        self.given = encoding or ("utf-16" if wide else None)
        self.is_wide = (self.given or "").lower().replace("_", "-").startswith("utf-16")
        self.encoding = "utf-8" if self.is_wide or self.given is None else self.given
        self.begin = 3 if head.startswith(codecs.BOM_UTF8) and not self.is_wide else 0
        self.size = len(self._whole()) if self._in_memory else self.path.stat().st_size

    @property
    def _in_memory(self) -> bool:
        return self.is_packed or self.is_wide

    def _state(self) -> tuple[int, int]:
        state = self.path.stat()
        return state.st_mtime_ns, state.st_size

    def _whole(self) -> bytes:
        if self.is_wide:
            return _narrowed(str(self.path), self.given or "utf-16", self.is_packed, *self._state())
        return _unpacked(str(self.path), *self._state())

    def lines(self) -> Iterator[bytes]:
        """Give every line with its end."""
        if self._in_memory:
            stream: Any = io.BytesIO(self._whole())
        else:
            stream = self.path.open("rb")
        with stream:
            stream.seek(self.begin)
            yield from stream

    def part(self, start: int, stop: int) -> bytes:
        """Return bytes from `start` to `stop`.

        Raises
        ------
        FileContentError
            If the file is gone or has changed in size.
        """
        try:
            if self._in_memory:
                content = self._whole()
                if len(content) == self.size:
                    return content[start:stop]
            elif self.path.stat().st_size == self.size:
                with self.path.open("rb") as stream:
                    stream.seek(start)
                    return stream.read(stop - start)
        except OSError as error:
            raise _changed(self.path) from error
        raise _changed(self.path)


def _changed(path: Path) -> FileContentError:
    return FileContentError(
        "is not what it was when it was opened",
        where=str(path),
        mend="It moved or changed: open the recording again.",
    )


@lru_cache(maxsize=2)
def _unpacked(path: str, changed: int, size: int) -> bytes:
    return read_gzip(path, LARGEST_UNPACKED)


@lru_cache(maxsize=2)
def _narrowed(path: str, encoding: str, packed: bool, changed: int, size: int) -> bytes:
    content = _unpacked(path, changed, size) if packed else Path(path).read_bytes()
    try:
        return content.decode(encoding).removeprefix("\ufeff").encode("utf-8")
    except (UnicodeDecodeError, LookupError) as error:
        raise FileContentError(
            f"is not {encoding.upper()} ({error})", where=path, mend="Name its encoding=."
        ) from error


@dataclass(frozen=True)
class Index:
    """Where rows begin: the byte of every `BLOCK_ROWS`-th row and the end, and how many rows."""

    places: NDArray[np.int64]
    n_rows: int
    n_short: int
    ends_with_line: bool


def index_rows(content: Content, grammar: Grammar, width: int) -> Index:
    """Return where rows begin, after a check that each has `width` fields.

    Raises
    ------
    FileContentError
        If lines have too many or too few fields; the message names the first ones.
    """
    places, place, row, n_short = [], content.begin, 0, 0
    ragged: list[tuple[int, int]] = []
    separator = grammar.separator.encode("ascii") if grammar.separator != BLANKS else None
    line = b"\n"
    for number, line in enumerate(content.lines(), start=1):
        start, place = place, place + len(line)
        if number <= grammar.header_lines or not line.strip():
            continue
        if row % BLOCK_ROWS == 0:
            places.append(start)
        row += 1
        if b'"' in line:
            fields = _quoted_fields(content, grammar, line, number)
        elif separator is None:
            fields = len(line.split())
        else:
            fields = line.count(separator) + 1
        if fields != width:
            if grammar.short_rows and fields < width:
                n_short += 1
            else:
                ragged.append((number, fields))
    if ragged:
        raise _ragged(content.path, ragged, width)
    ended = line.endswith((b"\n", b"\r"))
    return Index(np.array([*places, place], dtype=np.int64), row, n_short, ended)


def _quoted_fields(content: Content, grammar: Grammar, line: bytes, number: int) -> int:
    try:
        return len(grammar.split(line.decode(grammar.encoding, "replace").rstrip("\r\n")))
    except csv.Error as error:
        raise FileContentError(
            f"line {number} cannot be split into fields ({error})",
            where=str(content.path),
            mend="Check its quotes; a field must not go on over lines.",
        ) from error


def _ragged(path: Path, ragged: Sequence[tuple[int, int]], width: int) -> FileContentError:
    shown = ", ".join(f"line {n} has {k} field{'s' * (k != 1)}" for n, k in ragged[:5])
    more = f" and {len(ragged) - 5} more lines" if len(ragged) > 5 else ""
    mend = "Correct these lines; none is dropped silently."
    if all(k < width for _, k in ragged):
        mend += " If fields at the end of rows are merely missing, open it with short_rows=True."
    return FileContentError(f"{shown}{more}; the table has {width}", where=str(path), mend=mend)


def rows_between(
    content: Content, grammar: Grammar, index: Index, start: int, stop: int
) -> Iterator[list[str]]:
    """Give the fields of rows `start` to `stop`."""
    for begin in range(start // BLOCK_ROWS * BLOCK_ROWS, stop, _PART_ROWS):
        end = min(stop, begin + _PART_ROWS)
        first, last = begin // BLOCK_ROWS, (end - 1) // BLOCK_ROWS + 1
        text = _decoded(content, grammar, int(index.places[first]), int(index.places[last]))
        lines = (line for line in text.split("\n") if line.strip())
        for row, line in enumerate(lines, start=begin):
            if start <= row < end:
                yield grammar.split(line.rstrip("\r"))


def _decoded(content: Content, grammar: Grammar, start: int, stop: int) -> str:
    part = content.part(start, stop)
    try:
        return part.decode(grammar.encoding)
    except UnicodeDecodeError as error:
        raise not_encoded(content, start + error.start, part[error.start]) from error


def not_encoded(content: Content, place: int, byte: int) -> FileContentError:
    """Return the error for a byte that is no character of the encoding."""
    line = content.part(0, place).count(b"\n") + 1
    return FileContentError(
        f"is not {content.encoding.upper()}: byte 0x{byte:02X} in line {line}",
        where=str(content.path),
        mend="Save it as UTF-8, or name its encoding, for example encoding='latin-1'.",
    )


class TextArray(FileArray):
    """Columns of a text table as numbers (row, column), read by window.

    Parameters
    ----------
    content : Content
        The file.
    grammar : Grammar
        How it is a table.
    index : Index
        Where rows begin.
    columns : sequence of int
        Which fields of a row.
    """

    def __init__(
        self, content: Content, grammar: Grammar, index: Index, columns: Sequence[int]
    ) -> None:
        super().__init__((index.n_rows, len(columns)), np.float64)
        self.content, self.grammar, self.index = content, grammar, index
        self.fields = tuple(columns)

    def read(self, key: Key) -> NDArray[Any]:
        """Return ``array[key]``.

        Raises
        ------
        FileContentError
            If a field of these rows is no number; the message names line and field.
        """
        rows, columns = key
        start, stop, step = (
            (rows, rows + 1, 1) if isinstance(rows, int) else (rows.start, rows.stop, rows.step)
        )
        picked = self.fields[columns]
        fields = (picked,) if isinstance(picked, int) else picked
        values = self._numbers(start, stop, fields)[::step]
        if isinstance(columns, int):
            values = values[:, 0]
        return values[0] if isinstance(rows, int) else values

    def _numbers(self, start: int, stop: int, fields: Sequence[int]) -> NDArray[np.float64]:
        if start >= stop or not fields:
            return np.empty((max(0, stop - start), len(fields)))
        # Text takes several times the space of its numbers, so it is taken in parts.
        edges = [start, *range((start // _PART_ROWS + 1) * _PART_ROWS, stop, _PART_ROWS), stop]
        return np.concatenate([self._part(a, b, fields) for a, b in pairwise(edges)])

    def _part(self, start: int, stop: int, fields: Sequence[int]) -> NDArray[np.float64]:
        first, last = start // BLOCK_ROWS, (stop - 1) // BLOCK_ROWS + 1
        begin, end = int(self.index.places[first]), int(self.index.places[last])
        text = _decoded(self.content, self.grammar, begin, end)
        skip = start - first * BLOCK_ROWS
        try:
            values = _parsed(text, self.grammar, fields)
        except ValueError as error:
            raise self._not_a_number(start, stop, fields) from error
        return values[skip : skip + stop - start]

    def _not_a_number(self, start: int, stop: int, fields: Sequence[int]) -> FileContentError:
        block = start // BLOCK_ROWS * BLOCK_ROWS
        end = min(self.index.n_rows, ((stop - 1) // BLOCK_ROWS + 1) * BLOCK_ROWS)
        rows = rows_between(self.content, self.grammar, self.index, block, end)
        for number, row in enumerate(rows, start=block):
            for field in fields:
                text = row[field] if field < len(row) else ""
                try:
                    self.grammar.number(text)
                except ValueError:
                    return FileContentError(
                        f"row {number} (from 0) holds {text!r} in field {field + 1} where a "
                        "number belongs",
                        where=str(self.content.path),
                        mend="Correct the field; a missing number is empty or NaN. A comma as "
                        "decimal mark is read with decimal=','.",
                    )
        return FileContentError(
            f"rows {start} to {stop} hold no plain numbers",
            where=str(self.content.path),
            mend="Check these rows.",
        )


def _parsed(text: str, grammar: Grammar, fields: Sequence[int]) -> NDArray[np.float64]:
    """Return fields of all rows of a text; the slow way only where numbers are missing."""
    try:
        # numpy rounds as Python does; pandas 2 does not.
        return np.loadtxt(
            io.StringIO(text),
            delimiter=None if grammar.separator == BLANKS else grammar.separator,
            usecols=fields,
            quotechar='"',
            comments=None,
            ndmin=2,
        )
    except ValueError:
        rows = [grammar.split(line.rstrip("\r")) for line in text.split("\n") if line.strip()]
        return np.array(
            [[grammar.number(row[f]) if f < len(row) else np.nan for f in fields] for row in rows]
        )


def separator_of(lines: Sequence[str]) -> str:
    """Return what separates the fields of the first lines: what stands equally often in each."""
    for candidate in sorted(DELIMITERS, key=lambda sign: -min(line.count(sign) for line in lines)):
        if min(line.count(candidate) for line in lines) > 0:
            return candidate
    if any(len(line.split()) > 1 for line in lines[-1:]):
        return BLANKS
    return ","
