"""Rows as plain text for a terminal: what was done, what failed and why, what is not at hand."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from neurokit.batch.jobs import ALL

STATUS = {"not_downloaded": "not downloaded"}


def entry_name(row: Mapping[str, Any]) -> str:
    """Return what a row is about: the dataset, with the recording where there is one.

    Parameters
    ----------
    row : mapping
        A row of a summary.

    Returns
    -------
    str
        For example ``atanas2023/2022-08-02-01``.
    """
    if row["recording"] == ALL:
        return str(row["dataset"])
    return f"{row['dataset']}/{row['recording']}"


def as_table(head: Sequence[str], rows: Iterable[Sequence[str]], right: Sequence[str] = ()) -> str:
    """Return aligned columns under a ruled head.

    Parameters
    ----------
    head : sequence of str
        Names of the columns.
    rows : iterable of sequence of str
        The cells.
    right : sequence of str
        Columns whose cells end at the right, for numbers.

    Returns
    -------
    str
        Lines without a final line break.

    Examples
    --------
    >>> print(as_table(["entry", "seconds"], [["worms", "1.5"]], right=["seconds"]))
    entry  seconds
    -----  -------
    worms      1.5
    """
    cells = [list(head), *(list(row) for row in rows)]
    widths = [max(len(row[i]) for row in cells) for i in range(len(head))]
    ruled = [cells[0], ["-" * width for width in widths], *cells[1:]]
    lines = []
    for row in ruled:
        padded = [
            cell.rjust(width) if name in right else cell.ljust(width)
            for name, cell, width in zip(head, row, widths, strict=True)
        ]
        lines.append("  ".join(padded).rstrip())
    return "\n".join(lines)


def result_table(rows: Iterable[Mapping[str, Any]]) -> str:
    """Return entry, recipe, status and seconds of every row.

    Parameters
    ----------
    rows : iterable of mapping
        Rows of a summary.

    Returns
    -------
    str
        A table.
    """
    cells = [
        [
            entry_name(row),
            str(row["recipe"]),
            STATUS.get(str(row["status"]), str(row["status"])),
            f"{row['seconds']:.1f}" if row["seconds"] else "",
        ]
        for row in rows
    ]
    return as_table(["entry", "recipe", "status", "seconds"], cells, right=["seconds"])


def plan_table(rows: Iterable[Mapping[str, Any]]) -> str:
    """Return entry, recipe, what would happen and why.

    Parameters
    ----------
    rows : iterable of mapping
        Rows of a dry run.

    Returns
    -------
    str
        A table.
    """
    cells = [
        [
            entry_name(row),
            str(row["recipe"]),
            STATUS.get(str(row["status"]), str(row["status"])),
            str(row["reason"]),
        ]
        for row in rows
    ]
    return as_table(["entry", "recipe", "status", "why"], cells)


def failures(rows: Iterable[Mapping[str, Any]]) -> list[str]:
    """Return one line per fault: entry and recipe, what was found, how to mend it.

    Parameters
    ----------
    rows : iterable of mapping
        Rows of a summary.

    Returns
    -------
    list of str
        Failed jobs only, since what they block follows from them; a fault that several recipes
        meet is said once.
    """
    recipes: dict[str, list[str]] = {}
    for row in rows:
        if row["status"] == "failed" and row["error"]:
            recipes.setdefault(in_one_line(row["error"]), []).append(str(row["recipe"]))
    return [f"error: {', '.join(dict.fromkeys(names))}: {line}" for line, names in recipes.items()]


def absences(rows: Iterable[Mapping[str, Any]]) -> list[dict[str, str]]:
    """Return what is not at hand and how to get it, each recording once.

    Parameters
    ----------
    rows : iterable of mapping
        Rows of a summary.

    Returns
    -------
    list of dict of str to str
        With the names ``what`` and ``how``.
    """
    found = {
        row["error"]["message"]: row["error"]["mend"]
        for row in rows
        if row["status"] == "not_downloaded"
    }
    return [{"what": what, "how": how} for what, how in found.items()]


def in_one_line(error: Mapping[str, str]) -> str:
    """Return message and mend of a row's error without line breaks.

    Parameters
    ----------
    error : mapping
        The error of a row.

    Returns
    -------
    str
        One line.
    """
    return " ".join(f"{error['message'].rstrip('. ')}. {error['mend']}".split())


def as_size(count: int) -> str:
    """Return a number of bytes for people.

    Parameters
    ----------
    count : int
        Bytes.

    Returns
    -------
    str
        In B, kB, MB or GB (powers of ten).

    Examples
    --------
    >>> as_size(3283508)
    '3.3 MB'
    """
    size = float(count)
    for unit in ("B", "kB", "MB"):
        if size < 1000:
            return f"{size:.0f} {unit}" if unit == "B" else f"{size:.1f} {unit}"
        size /= 1000
    return f"{size:.1f} GB"
