"""HTML of tables and messages. Everything that comes from outside is escaped here, once."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from html import escape
from typing import Any

STYLE = """
.nk-scroll { max-height: 26rem; overflow: auto; }
.nk-table { width: auto; font-size: .875rem; margin-bottom: 1rem; }
.nk-table th { white-space: nowrap; position: sticky; top: 0; background: #fff; }
.nk-table td { max-width: 46rem; overflow-wrap: anywhere; }
.nk-table td.nk-short { white-space: nowrap; }
.nk-table td.nk-number { text-align: right; font-variant-numeric: tabular-nums; }
.nk-failed { color: #9c2f00; font-weight: 600; }
.nk-done { color: #00583f; }
.nk-muted { color: #666; }
.nk-error { border-left: .3rem solid #D55E00; background: #fdf1ea; padding: .6rem 1rem; }
.nk-error p { margin: .2rem 0; overflow-wrap: anywhere; }
#content figure.figure img { max-width: min(100%, 62rem); }
#content .accordion-body { padding: .6rem .8rem; }
#toc a { overflow-wrap: anywhere; font-size: .875rem; }
#toc a.active { color: #fff !important; }
.nk-error pre { max-height: 20rem; overflow: auto; font-size: .75rem; }
"""

_SUFFIXES = {"s": "s", "hz": "Hz", "mb": "MB", "share": "share", "um": "µm", "mm": "mm"}


def readable(key: str) -> str:
    """Return the key of a fact as words, with its unit in brackets.

    Examples
    --------
    >>> readable("duration_s"), readable("n_channels"), readable("channel_types")
    ('duration (s)', 'channels (count)', 'channel types')
    """
    stem, _, last = key.rpartition("_")
    if stem and last in _SUFFIXES:
        return f"{stem.replace('_', ' ')} ({_SUFFIXES[last]})"
    if key.startswith("n_"):
        return f"{key[2:].replace('_', ' ')} (count)"
    return key.replace("_", " ")


def shown(value: object) -> str:
    """Return a value as text: six digits for floats, nothing for None.

    Examples
    --------
    >>> shown(0.1 + 0.2), shown(None), shown(True), shown(12345678)
    ('0.3', '', 'yes', '12345678')
    """
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return f"{value:.6g}" if math.isfinite(value) else "not known"
    if isinstance(value, Mapping):
        return ", ".join(f"{key}: {shown(item)}" for key, item in value.items())
    if isinstance(value, list | tuple):
        return ", ".join(shown(item) for item in value)
    return str(value)


def _cell(value: object, classes: str = "") -> str:
    text = shown(value)
    number = isinstance(value, int | float) and not isinstance(value, bool)
    look = [classes, "nk-number" if number else "", "nk-short" if len(text) <= 24 else ""]
    marked = " ".join(filter(None, look))
    attribute = f' class="{marked}"' if marked else ""
    return f"<td{attribute}>{escape(text)}</td>"


def table(
    columns: Sequence[str],
    rows: Iterable[Sequence[object]],
    *,
    classes: Sequence[str] = (),
    empty: str = "nothing",
    scroll: bool = True,
) -> str:
    """Return a table with a head that stays in sight.

    Parameters
    ----------
    columns : sequence of str
        The head.
    rows : iterable of sequences
        Cells; numbers are aligned to the right.
    classes : sequence of str
        CSS class of each row's cells, or nothing.
    empty : str
        What to say where there is no row.
    scroll : bool, default True
        Give a long table a height of its own.

    Returns
    -------
    str
        HTML.
    """
    head = "".join(f"<th>{escape(column)}</th>" for column in columns)
    marks = list(classes)
    body = ""
    for i, row in enumerate(rows):
        mark = marks[i] if i < len(marks) else ""
        body += "<tr>" + "".join(_cell(value, mark) for value in row) + "</tr>\n"
    if not body:
        return f'<p class="nk-muted">{escape(empty)}</p>'
    return (
        f"<div{' class=nk-scroll' if scroll else ''}>"
        '<table class="table table-sm table-striped nk-table">'
        f"<thead><tr>{head}</tr></thead>\n<tbody>\n{body}</tbody></table></div>"
    )


def pairs(values: Mapping[str, Any], empty: str = "nothing") -> str:
    """Return keys and values as a table of two columns; keys become words."""
    rows = [(readable(str(key)), shown(value)) for key, value in values.items()]
    return table(["what", "value"], rows, empty=empty, scroll=False)


def paragraph(text: str, muted: bool = False) -> str:
    """Return a paragraph."""
    mark = ' class="nk-muted"' if muted else ""
    return f"<p{mark}>{escape(text)}</p>"


def complaint(what: str, message: str, mend: str = "", details: str = "") -> str:
    """Return a box that says what went wrong, how to mend it and, folded away, how it came."""
    parts = [f"<p><strong>{escape(what)}</strong></p>", f"<p>{escape(message)}</p>"]
    if mend:
        parts.append(f"<p><em>{escape(mend)}</em></p>")
    if details:
        parts.append(f"<details><summary>details</summary><pre>{escape(details)}</pre></details>")
    return f'<div class="nk-error">{"".join(parts)}</div>'
