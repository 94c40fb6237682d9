"""Tables for notebooks: plain HTML in the notebook's own colours, nothing fetched, no scripts."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape
from typing import Any

_CELL = 'style="text-align:left;vertical-align:top;padding:1px 10px 1px 0"'
_COLUMNS = ("code", "severity", "where", "found", "mend")


def html_table(rows: Iterable[Sequence[str]], head: Sequence[str] | None = None) -> str:
    """Return rows as a table.

    Parameters
    ----------
    rows : iterable of sequence of str
        Cells that are HTML already.
    head : sequence of str, optional
        Names of the columns.

    Returns
    -------
    str
        One ``table``.
    """
    lines = ["<table>"]
    if head is not None:
        lines.append(f"<tr>{''.join(f'<th {_CELL}>{name}</th>' for name in head)}</tr>")
    lines.extend(f"<tr>{''.join(f'<td {_CELL}>{c}</td>' for c in row)}</tr>" for row in rows)
    return "".join([*lines, "</table>"])


def html_block(parts: Iterable[str]) -> str:
    """Return parts as one ``div`` of the class neurokit.

    Parameters
    ----------
    parts : iterable of str
        HTML.

    Returns
    -------
    str
        HTML.
    """
    return f'<div class="neurokit">{"".join(parts)}</div>'


def findings_html(findings: Iterable[Any]) -> str:
    """Return findings as a table, in their order.

    Parameters
    ----------
    findings : iterable of Finding
        Gravest first.

    Returns
    -------
    str
        HTML; what is graver than a suggestion is bold.
    """
    rows = []
    for finding in findings:
        cells = [escape(str(getattr(finding, name))) for name in _COLUMNS]
        if finding.severity != "SUGGESTION":
            cells[1] = f"<b>{cells[1]}</b>"
        rows.append(cells)
    if not rows:
        return html_block(["<b>Findings</b>: none, the recording keeps the contract"])
    head = [*_COLUMNS[:-1], "how to mend it"]
    return html_block([f"<b>Findings</b>: {len(rows)}", html_table(rows, head)])
