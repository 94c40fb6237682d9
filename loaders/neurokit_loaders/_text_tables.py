"""Tables in text files, with errors that name line, field and encoding."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from neurokit.errors import FileContentError
from neurokit.io.integrity import read_head, require_file

if TYPE_CHECKING:
    from neurokit.schema import Finding

DELIMITERS = (",", "\t", ";")


@dataclass(frozen=True)
class TextTable:
    """A header and rows of the same number of fields, each row with its line in the file."""

    header: list[str]
    rows: list[list[str]]
    lines: list[int]
    complete: bool = True

    @property
    def all_rows(self) -> list[list[str]]:
        """The header and the rows."""
        return [self.header, *self.rows]


def first_fields(path: Path) -> list[str]:
    """Return the fields of the first line, for sniffing; none if the file is no text."""
    if not path.is_file() or not path.stat().st_size:
        return []
    head = read_head(path, 16384)
    if b"\x00" in head:
        return []
    # Every byte is a character of latin-1, so that a file in it is still recognised.
    line = head.removeprefix(b"\xef\xbb\xbf").decode("latin-1").splitlines()[:1]
    return [field.strip() for field in line[0].split(delimiter_of(line[0]))] if line else []


def delimiter_of(line: str) -> str:
    """Return the delimiter that stands most often in a line; comma if none does."""
    return max(DELIMITERS, key=line.count)


def read_table(path: Path, encoding: str = "utf-8-sig") -> TextTable:
    """Read a whole table; empty lines are skipped, blanks around fields are dropped.

    Parameters
    ----------
    path : Path
        The file.
    encoding : str
        How its characters are written; a byte order mark of UTF-8 is dropped.

    Returns
    -------
    TextTable
        The table.

    Raises
    ------
    FileContentError
        If the file is missing, empty, of another encoding, or a line has too many or too few
        fields; the message names the line, counted from 1.
    """
    text = _decode(path, encoding)
    first = text.split("\n", 1)[0]
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter_of(first), strict=True)
    rows, lines = [], []
    try:
        for row in reader:
            if any(field.strip() for field in row):
                rows.append([field.strip() for field in row])
                lines.append(reader.line_num)
    except csv.Error as error:
        raise FileContentError(
            f"line {reader.line_num} cannot be split into fields ({error})",
            where=str(path),
            mend="Check its quotes.",
        ) from error
    if len(rows) < 2:
        raise FileContentError("has no row below its header", where=str(path), mend="Check it.")
    _check_widths(path, rows, lines)
    return TextTable(rows[0], rows[1:], lines[1:], text.endswith(("\n", "\r")))


def end_findings(table: TextTable, where: str) -> list[Finding]:
    """Return a finding on a table whose last line has no end, as a cut file has."""
    from neurokit.schema import Finding

    if table.complete:
        return []
    found = f"line {table.lines[-1]}, the last, has no end: the file may be cut there"
    mend = "Compare its size with that of the source."
    return [Finding("NK826", "SUGGESTION", where, found, mend)]


def _decode(path: Path, encoding: str) -> str:
    content = require_file(path).read_bytes()
    try:
        text = content.decode(encoding)
    except UnicodeDecodeError as error:
        byte, line = content[error.start], content.count(b"\n", 0, error.start) + 1
        raise FileContentError(
            f"is not {encoding.removesuffix('-sig').upper()}: byte 0x{byte:02X} in line {line}",
            where=str(path),
            mend="Save it as UTF-8, or name its encoding, for example encoding='latin-1'.",
        ) from error
    except LookupError as error:
        raise FileContentError(
            f"encoding {encoding!r} is unknown", where=str(path), mend="Use utf-8 or latin-1."
        ) from error
    if "\x00" in text:
        line = text.count("\n", 0, text.index("\x00")) + 1
        raise FileContentError(
            f"holds zero bytes in line {line}, which no text has",
            where=str(path),
            mend="It is damaged, or no text; download it again.",
        )
    return text


def _check_widths(path: Path, rows: list[list[str]], lines: list[int]) -> None:
    width = len(rows[0])
    ragged = [(line, len(row)) for row, line in zip(rows, lines, strict=True) if len(row) != width]
    if ragged:
        shown = ", ".join(f"line {line} has {n} fields" for line, n in ragged[:5])
        more = f" and {len(ragged) - 5} more lines" if len(ragged) > 5 else ""
        raise FileContentError(
            f"{shown}{more}, the header has {width}",
            where=str(path),
            mend="Correct these lines; none is dropped silently.",
        )


def number(text: str, where: str, line: int) -> float:
    """Return a field as a number; ``nan`` and ``NA`` are NaN.

    Raises
    ------
    FileContentError
        If it is no number; the message names the line.
    """
    if text.lower() in ("na", "n/a"):
        return float("nan")
    try:
        return float(text)
    except ValueError as error:
        raise FileContentError(
            f"line {line} holds {text!r} where a number belongs",
            where=where,
            mend="Correct the field.",
        ) from error
