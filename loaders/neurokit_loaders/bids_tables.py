"""Tables and sidecars of BIDS: tab-separated text, read verbatim, and JSON that inherits.

``n/a`` is what BIDS writes where a value is missing; it becomes ``""`` in text and NaN in numbers
when a column is typed. Until then every cell is the text that stands in the file.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from neurokit.errors import FileContentError
from neurokit.io import require_file
from neurokit.schema import Finding
from neurokit_loaders.bids_findings import ABSENT, CELL

MISSING = "n/a"
# 007 is a label and 1_000 no number, whatever Python's own conversion takes them for.
_INTEGER = re.compile(r"-?(0|[1-9]\d{0,17})")
_NUMBER = re.compile(r"[-+]?(0|[1-9]\d*|(?=\.\d))(\.\d*)?([eE][-+]?\d+)?|nan|NaN|[-+]?inf")
MOST_BYTES = 2**28


@dataclass
class Table:
    """Columns of a table by name, every cell as it stands.

    Parameters
    ----------
    path : Path
        The file.
    columns : dict of str to list of str
        In the order of the header.
    findings : list of Finding
        What was noticed while reading.
    """

    path: Path
    columns: dict[str, list[str]]
    findings: list[Finding] = field(default_factory=list)

    def __len__(self) -> int:
        return len(next(iter(self.columns.values()), []))

    def row(self, column: str, value: str) -> dict[str, str] | None:
        """Return the first row with `value` in `column`, None where there is none."""
        cells = self.columns.get(column, [])
        if value not in cells:
            return None
        i = cells.index(value)
        return {name: cells_of[i] for name, cells_of in self.columns.items()}

    def to_json(self) -> str:
        """Return the table verbatim: a JSON object of lists of text, one per column."""
        return json.dumps(self.columns, ensure_ascii=False)


def read_tsv(path: Path) -> Table:
    """Read a table of BIDS: tabs between cells, no quotes, one header line.

    Parameters
    ----------
    path : Path
        The file. A byte order mark is dropped; text that is not UTF-8 is read as Latin-1, which
        is a finding.

    Returns
    -------
    Table
        Perhaps without a row.

    Raises
    ------
    FileContentError
        If the file is missing, empty, too large or holds NUL bytes, a line has another number
        of cells than the header, or a name stands twice in it.
    """
    content = require_file(path).read_bytes() if path.stat().st_size <= MOST_BYTES else None
    if content is None:
        raise FileContentError(
            f"has {path.stat().st_size} bytes, more than any table of BIDS",
            where=str(path),
            mend="Check that it is a table.",
        )
    if b"\x00" in content:
        raise FileContentError(
            f"holds NUL bytes, the first at byte {content.index(0)}: it is damaged or no table",
            where=str(path),
            mend="Download it again.",
        )
    text, findings = _decoded(path, content)
    if not content.endswith((b"\n", b"\r")):
        found = "its last line has no line break, as in a file that was cut"
        findings.append(ABSENT.at(path.name, found, "Compare it with its source."))
    lines = [(n, line) for n, line in enumerate(re.split("\r\n|\n|\r", text), 1) if line.strip()]
    if not lines:
        raise FileContentError("has no header", where=str(path), mend="Download it again.")
    header = [name.strip() for name in lines[0][1].split("\t")]
    doubled = sorted({name for name in header if header.count(name) > 1})
    if doubled:
        raise FileContentError(
            f"column {doubled[0]!r} stands twice in its header",
            where=str(path),
            mend="Rename one of the two.",
        )
    rows = [(n, [cell.strip() for cell in line.split("\t")]) for n, line in lines[1:]]
    _check_widths(path, header, rows)
    columns = {name: [row[i] for _, row in rows] for i, name in enumerate(header)}
    return Table(path, columns, findings)


def _decoded(path: Path, content: bytes) -> tuple[str, list[Finding]]:
    try:
        return content.decode("utf-8-sig"), []
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        found = f"is not UTF-8 (byte 0x{content[error.start]:02X} in line {line}), read as Latin-1"
        return content.decode("latin-1"), [CELL.at(path.name, found, "Save it as UTF-8.")]


def _check_widths(path: Path, header: list[str], rows: list[tuple[int, list[str]]]) -> None:
    ragged = [(n, len(row)) for n, row in rows if len(row) != len(header)]
    if ragged:
        shown = ", ".join(f"line {n} has {width} cells" for n, width in ragged[:5])
        more = f" and {len(ragged) - 5} more lines" if len(ragged) > 5 else ""
        raise FileContentError(
            f"{shown}{more}, the header has {len(header)}",
            where=str(path),
            mend="Put one tab between cells and n/a where a value is missing.",
        )


def missing(cell: str) -> bool:
    """Return whether a cell says that its value is missing."""
    return cell in (MISSING, "")


def typed(cells: Sequence[str]) -> npt.NDArray[Any]:
    """Return a column as whole numbers, numbers or text, whichever all its cells are.

    Parameters
    ----------
    cells : sequence of str
        As they stand.

    Returns
    -------
    ndarray
        int64, float64 (missing is NaN) or str (missing is ``""``). Numbers with zeros in front
        are labels, so text. A column in which everything is missing is text.

    Examples
    --------
    >>> typed(["1", "2"]), typed(["1", "n/a"]), typed(["left/n/a", "n/a"])
    (array([1, 2]), array([ 1., nan]), array(['left/n/a', ''], dtype='<U8'))
    """
    known = [cell for cell in cells if not missing(cell)]
    if known and all(_INTEGER.fullmatch(cell) for cell in known) and len(known) == len(cells):
        return np.asarray([int(cell) for cell in cells], dtype=np.int64)
    if known and all(_NUMBER.fullmatch(cell) for cell in known):
        return np.asarray([np.nan if missing(c) else float(c) for c in cells], dtype=np.float64)
    return np.asarray(["" if missing(cell) else cell for cell in cells], dtype=np.str_)


def numbers(cells: Sequence[str], where: str) -> tuple[npt.NDArray[np.float64], list[Finding]]:
    """Return a column that must hold numbers; what is none becomes NaN and a finding.

    Parameters
    ----------
    cells : sequence of str
        As they stand.
    where : str
        Table and column, for the finding.

    Returns
    -------
    values : (n,) ndarray of float64
        Missing is NaN.
    findings : list of Finding
        None or one.
    """
    values = np.full(len(cells), np.nan)
    odd = []
    for i, cell in enumerate(cells):
        if _NUMBER.fullmatch(cell):
            values[i] = float(cell)
        elif not missing(cell):
            odd.append(f"{cell!r} in row {i + 1}")
    if not odd:
        return values, []
    found = f"{len(odd)} cells are no numbers: {', '.join(odd[:5])}"
    return values, [CELL.at(where, found, "They are NaN; correct the table.")]


def read_json(path: Path) -> dict[str, Any]:
    """Return the object in a JSON sidecar.

    Parameters
    ----------
    path : Path
        The file.

    Returns
    -------
    dict
        As it stands.

    Raises
    ------
    FileContentError
        If it is missing, empty, no JSON, or holds no object.
    """
    try:
        found = json.loads(require_file(path).read_text(encoding="utf-8-sig"))
    except (ValueError, RecursionError) as error:
        raise FileContentError(
            f"is no JSON ({str(error).rstrip('.')})", where=str(path), mend="Correct it."
        ) from error
    if not isinstance(found, dict):
        raise FileContentError(
            f"holds a {type(found).__name__}, not an object", where=str(path), mend="Correct it."
        )
    return found


def inherited(paths: Iterable[Path]) -> dict[str, Any]:
    """Return what some sidecars say together: what comes later wins, key by key.

    Parameters
    ----------
    paths : iterable of Path
        As `neurokit_loaders.bids_layout.BidsFile.sidecars` orders them.

    Returns
    -------
    dict
        Merged.
    """
    merged: dict[str, Any] = {}
    for path in paths:
        merged |= read_json(path)
    return merged
