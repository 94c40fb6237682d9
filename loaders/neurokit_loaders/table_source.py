"""A table, in text or in a workbook, as a source of columns."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from neurokit.errors import FileContentError, LabelError, OptionError
from neurokit.io.lazy import FileArray, Key
from neurokit.schema import Finding
from neurokit_loaders._workbook import is_workbook, open_workbook, sheet_rows
from neurokit_loaders.mapping_source import Entry, Source
from neurokit_loaders.table_text import (
    MISSING,
    Content,
    Grammar,
    TextArray,
    index_rows,
    is_number,
    not_encoded,
    rows_between,
    separator_of,
)

# Rows from which the kind of a column is judged at opening; its values are checked when read.
_SAMPLE = 500


def open_table(
    path: Path,
    *,
    header: bool | int | None = None,
    separator: str | None = None,
    decimal: str = ".",
    encoding: str | None = None,
    short_rows: bool = False,
    sheet: str | None = None,
) -> Source:
    """Return the columns of a table in a text file, a gzipped one, or a workbook.

    Parameters
    ----------
    path : Path
        The file.
    header : bool or int, optional
        Whether the first line has names, or which line has; default: it does unless all its
        fields are numbers. Without names, columns are called 0, 1, ...
    separator : str, optional
        ``","``, ``";"``, ``"tab"``, ``"blanks"`` or any one character.
    decimal : {".", ","}
        Decimal mark.
    encoding : str, optional
        Of the text.
    short_rows : bool, default False
        Allow rows that lack fields at their end.
    sheet : str, optional
        Of a workbook.

    Raises
    ------
    FileContentError
        If the file is no table: ragged, of another encoding, empty.
    OptionError
        If an option is not allowed.
    """
    if header is not None and header < 1 and header is not False:
        raise OptionError(f"got {header!r}", where="header", mend="Lines are counted from 1.")
    if is_workbook(path):
        return SheetSource(path, sheet, header)
    if decimal not in (".", ","):
        raise OptionError(f"got {decimal!r}", where="decimal", mend="Use '.' or ','.")
    if sheet is not None:
        raise OptionError(f"{path.name} is no workbook", where="sheet", mend="Leave it out.")
    content = Content(path, encoding)
    return TextSource(content, *_grammar(content, header, separator, decimal, short_rows))


def _grammar(
    content: Content, header: bool | int | None, separator: str | None, decimal: str, short: bool
) -> tuple[Grammar, list[str]]:
    """Return how the text is a table, and the names of its columns."""
    skipped = header - 1 if isinstance(header, int) and not isinstance(header, bool) else 0
    lines = []
    for line in islice(content.lines(), skipped, skipped + 20):
        if b"\0" in line:
            raise FileContentError(
                "is no text", where=str(content.path), mend="Name the loader of its format."
            )
        try:
            lines.append(line.decode(content.encoding).rstrip("\r\n"))
        except UnicodeDecodeError as error:
            place = line[error.start]
            at = sum(len(each.encode(content.encoding)) + 1 for each in lines)
            raise not_encoded(content, content.begin + at, place) from error
        except LookupError as error:
            raise FileContentError(
                f"encoding {content.encoding!r} is unknown",
                where=str(content.path),
                mend="Use utf-8 or latin-1.",
            ) from error
    full = [line for line in lines if line.strip()]
    if not full:
        raise FileContentError("has no rows", where=str(content.path), mend="Check the file.")
    sign = {"tab": "\t", None: separator_of(full[:20])}.get(separator, separator)
    if sign is None or (sign != "blanks" and (len(sign) != 1 or not sign.isascii())):
        raise OptionError(
            f"got {separator!r}", where="separator", mend="Give one character, 'tab' or 'blanks'."
        )
    plain = Grammar(content.encoding, sign, decimal, 0, short)
    first = plain.split(full[0])
    named = header is not False and (
        header is not None or not all(is_number(field, decimal) for field in first)
    )
    blank = lines.index(full[0])
    grammar = Grammar(content.encoding, sign, decimal, (skipped + blank + 1) * named, short)
    return grammar, _names(first, named, str(content.path))


def _names(first: Sequence[str], named: bool, where: str) -> list[str]:
    if not named:
        return [str(i) for i in range(len(first))]
    names = [field or f"column {i}" for i, field in enumerate(first)]
    doubled = sorted({name for name in names if names.count(name) > 1})
    if doubled:
        raise LabelError(
            f"columns share a name: {', '.join(doubled[:5])}",
            where=where,
            mend="Rename them, or open with header=False and name columns by number.",
        )
    return names


class TextSource(Source):
    """A text table.

    Parameters
    ----------
    content : Content
        The file.
    grammar : Grammar
        How it is a table.
    names : list of str
        Of its columns.
    """

    word = "column"

    def __init__(self, content: Content, grammar: Grammar, names: list[str]) -> None:
        self.content, self.grammar, self.names = content, grammar, names
        self.index = index_rows(content, grammar, len(names))
        if not self.index.n_rows:
            raise FileContentError(
                "has no row below its header", where=str(content.path), mend="Check the file."
            )
        sample = list(
            rows_between(content, grammar, self.index, 0, min(_SAMPLE, self.index.n_rows))
        )
        shape = (self.index.n_rows,)
        entries = [
            Entry(name, shape, *self._kind([row[i] for row in sample if i < len(row)]))
            for i, name in enumerate(names)
        ]
        super().__init__(content.path, entries, self._noticed())

    def _kind(self, fields: list[str]) -> tuple[str, str]:
        if all(is_number(field, self.grammar.decimal) for field in fields):
            return "number", "numbers"
        return "text", "text"

    def _noticed(self) -> list[Finding]:
        findings, where = [], self.content.path.name
        if self.index.n_short:
            found = f"{self.index.n_short} rows lack fields at their end; those are missing (NaN)"
            mend = "Check that the rows are whole."
            findings.append(Finding("NK826", "SUGGESTION", where, found, mend))
        if not self.index.ends_with_line:
            found = "the last line has no end: a file that was cut looks the same"
            mend = "Compare its size or sha256 with the source's."
            findings.append(Finding("NK826", "SUGGESTION", where, found, mend))
        return findings

    def columns(self, names: Sequence[str]) -> FileArray:
        """Return columns side by side, unread."""
        places = [self.names.index(name) for name in names]
        return TextArray(self.content, self.grammar, self.index, places)

    def lazy(self, name: str) -> FileArray:
        """Return one column, unread."""
        return _OneColumn(self.columns([name]))

    def read(self, name: str) -> NDArray[Any]:
        """Return all values of a column; missing text is empty."""
        if self.entries[name].kind == "number":
            return self.lazy(name).read((slice(0, self.index.n_rows, 1),))
        place = self.names.index(name)
        rows = rows_between(self.content, self.grammar, self.index, 0, self.index.n_rows)
        fields = [row[place] if place < len(row) else "" for row in rows]
        return np.array(["" if f.lower() in MISSING else f for f in fields], dtype=np.str_)


class _OneColumn(FileArray):
    """The only column of an array of rows and columns.

    Parameters
    ----------
    base : FileArray
        (row, 1).
    """

    def __init__(self, base: FileArray) -> None:
        super().__init__(base.shape[:1], base.dtype)
        self.base = base

    def read(self, key: Key) -> NDArray[Any]:
        """Return ``array[key]``."""
        return np.asarray(self.base.read((key[0], 0)))


class SheetSource(Source):
    """A sheet of a workbook.

    Parameters
    ----------
    path : Path
        The workbook.
    sheet : str, optional
        Default its first.
    header : bool or int, optional
        As in `open_table`.
    """

    word = "column"

    def __init__(self, path: Path, sheet: str | None, header: bool | int | None) -> None:
        sheets = open_workbook(path).sheet_names
        if not sheets:
            raise FileContentError("has no sheet", where=str(path), mend="Check the workbook.")
        if sheet is not None and sheet not in sheets:
            raise OptionError(
                f"there is no sheet {sheet!r}", where=str(path), mend=f"It has {', '.join(sheets)}."
            )
        self.sheet = sheet or sheets[0]
        rows = _cells(path, self.sheet)
        skipped = header - 1 if isinstance(header, int) and not isinstance(header, bool) else 0
        if len(rows) <= skipped:
            raise FileContentError(
                f"sheet {self.sheet!r} has {len(rows)} rows", where=str(path), mend="Check header=."
            )
        first = [_text(cell) for cell in rows[skipped]]
        named = header is not False and (
            header is not None or not all(is_number(field) for field in first)
        )
        self.skip = skipped + named
        self.names = _names(first, named, f"{path}[{self.sheet}]")
        body = rows[self.skip :]
        if not body:
            raise FileContentError(
                f"sheet {self.sheet!r} has no row below its header",
                where=str(path),
                mend="Check the workbook.",
            )
        kinds = [
            "number" if all(is_number(_text(row[i])) for row in body) else "text"
            for i in range(len(first))
        ]
        entries = [
            Entry(name, (len(body),), kind, f"{kind}s" if kind == "number" else kind)
            for name, kind in zip(self.names, kinds, strict=True)
        ]
        super().__init__(path, entries)

    def lazy(self, name: str) -> FileArray:
        """Return a column, unread."""
        place = self.names.index(name)
        return SheetArray(self.path, self.sheet, self.skip, place, self.entries[name].shape[0])

    def read(self, name: str) -> NDArray[Any]:
        """Return all values of a column."""
        if self.entries[name].kind == "number":
            return self.lazy(name).read((slice(None),))
        place = self.names.index(name)
        body = _cells(self.path, self.sheet)[self.skip :]
        fields = [_text(row[place]) for row in body]
        return np.array(["" if f.lower() in MISSING else f for f in fields], dtype=np.str_)


class SheetArray(FileArray):
    """A column of numbers of a sheet; a workbook is read whole and kept.

    Parameters
    ----------
    path : Path
        The workbook.
    sheet : str
        Its sheet.
    skip : int
        Rows before the first.
    column : int
        Which column.
    n_rows : int
        How many rows.
    """

    def __init__(self, path: Path, sheet: str, skip: int, column: int, n_rows: int) -> None:
        super().__init__((n_rows,), np.float64)
        self.path, self.sheet, self.skip, self.column = path.absolute(), sheet, skip, column

    def read(self, key: Key) -> NDArray[Any]:
        """Return ``array[key]``."""
        body = _cells(self.path, self.sheet)[self.skip :]
        if len(body) != self.shape[0]:
            raise FileContentError(
                "is not what it was when it was opened",
                where=str(self.path),
                mend="It moved or changed: open the recording again.",
            )
        plain = Grammar("utf-8", ",", ".", 0, False)
        cells = [row[self.column] for row in body]
        return np.array([plain.number(_text(cell)) for cell in cells])[key[0]]


def _cells(path: Path, sheet: str) -> list[list[object]]:
    try:
        state = path.stat()
    except OSError as error:
        raise FileContentError(
            f"cannot be read any more ({error})", where=str(path), mend="Open it again."
        ) from error
    return _sheet(str(path), sheet, state.st_mtime_ns, state.st_size)


@lru_cache(maxsize=2)
def _sheet(path: str, sheet: str, changed: int, size: int) -> list[list[object]]:
    rows = sheet_rows(open_workbook(Path(path)), sheet, path)
    while rows and not any(_text(cell) for cell in rows[-1]):
        rows.pop()
    return rows


def _text(cell: object) -> str:
    """Return a cell as text that gives its number back exactly."""
    if isinstance(cell, bool):
        return str(int(cell))
    if isinstance(cell, float):
        return repr(int(cell)) if cell.is_integer() else repr(cell)
    return cell.isoformat(sep=" ") if hasattr(cell, "isoformat") else str(cell).strip()
