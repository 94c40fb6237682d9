"""One self-contained HTML page of a run: overview with failures on top, then every entry."""

from __future__ import annotations

import csv
import re
import tempfile
from collections import Counter
from collections.abc import Mapping, Sequence
from itertools import groupby
from pathlib import Path
from typing import Any

from neurokit.errors import StoreError
from neurokit.io.atomic import as_store_error, write_text
from neurokit.report import markup
from neurokit.report.results import STATUSES, Result, read_mapping, read_results, rows_of_store

_MADE = ("recipe", "key", "seconds", "cpu_seconds", "peak_mb")

# More rows than this are read in the CSV file, not on a page.
MOST_ROWS = 500


def build(out: Path, summary: Mapping[str, Any], path: Path) -> Path:
    """Write the report of a run as one HTML file that loads nothing from elsewhere.

    Parameters
    ----------
    out : Path
        The folder of the store; the rows' paths are relative to it.
    summary : mapping
        Of the run: ``catalog``, ``started``, ``seconds``, ``rows`` and ``not_downloaded``.
    path : Path
        The file to write; written whole or not at all.

    Returns
    -------
    Path
        `path`.

    Raises
    ------
    StoreError
        If the file cannot be written.

    Examples
    --------
    >>> import tempfile
    >>> row = {"dataset": "d", "recording": "r", "recipe": "summary", "status": "failed"}
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     page = build(Path(folder), {"rows": [row]}, Path(folder) / "report.html")
    ...     "failed" in page.read_text(encoding="utf-8")
    True
    """
    import mne

    results = read_results(Path(out), summary)
    # mne says what it embeds; only what goes wrong is of interest here.
    report = mne.Report(title="neurokit report", image_format="png", verbose="ERROR")
    report.add_custom_css(markup.STYLE)
    _add_overview(report, summary, results)
    for (dataset, recording), jobs in groupby(results, key=lambda r: (r.dataset, r.recording)):
        section = f"{dataset} / {'all recordings' if recording == 'all' else recording}"
        for result in jobs:
            _add_result(report, section, result)
    # What draws the page writes a file of its own first, which a full disk refuses too.
    with as_store_error(Path(path)):
        return write_text(Path(path), _rendered(report))


def _rendered(report: Any) -> str:
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "report.html"
        report.save(file, open_browser=False, overwrite=True, verbose="ERROR")
        return file.read_text(encoding="utf-8")


def rebuild(directory: str | Path) -> Path:
    """Write the report again from what a run or a store holds.

    Parameters
    ----------
    directory : str or Path
        The folder of a store (its newest run is taken), or of one run.

    Returns
    -------
    Path
        The report: ``report.html`` beside the run's summary, or in the store where no run has
        left one.

    Raises
    ------
    StoreError
        If there is nothing to report.

    Examples
    --------
    >>> import neurokit as nk
    >>> nk.report.rebuild("out").name  # doctest: +SKIP
    'report.html'
    """
    folder = Path(directory).expanduser()
    if (folder / "summary.json").is_file():
        runs, out = [folder], folder.parent.parent
    else:
        runs, out = sorted((folder / "runs").glob("*"), reverse=True), folder
    for run in runs:
        summary, complaint = read_mapping(run / "summary.json")
        if not complaint:
            return build(out, summary, run / "report.html")
    rows = rows_of_store(out)
    if not rows:
        raise StoreError(
            "holds no results of a run",
            where=str(folder),
            mend="Name the folder given to --out, or one below its runs.",
        )
    return build(out, {"catalog": "", "rows": rows}, out / "report.html")


def _add_overview(report: Any, summary: Mapping[str, Any], results: Sequence[Result]) -> None:
    counts = Counter(result.status for result in results)
    said = [f"{counts[s]} {s.replace('_', ' ')}" for s in STATUSES if counts[s]]
    about = {
        "catalog": summary.get("catalog") or "not known",
        "started": summary.get("started") or "not known",
        "seconds": summary.get("seconds"),
        "jobs": ", ".join(said) or "none",
    }
    ranked = sorted(results, key=lambda r: _rank(r.status))
    columns = ["dataset", "recording", "recipe", "status", "seconds", "peak MB", "what went wrong"]
    rows = [_overview_row(result) for result in ranked]
    classes = [_mark(result.status) for result in ranked]
    html = markup.pairs(about)
    html += markup.table(columns, rows, classes=classes, empty="no jobs", scroll=False)
    report.add_html(html, "Overview", tags=("overview",))
    missing = summary.get("not_downloaded")
    if isinstance(missing, list) and missing:
        _add_missing(report, missing)


def _rank(status: str) -> int:
    return STATUSES.index(status) if status in STATUSES else -1


def _mark(status: str) -> str:
    return {"failed": "nk-failed", "blocked": "nk-failed", "not_downloaded": "nk-muted"}.get(
        status, ""
    )


def _overview_row(result: Result) -> list[object]:
    row, error = result.row, result.row.get("error")
    wrong = _error_text(error) if error else result.complaint
    status = result.status.replace("_", " ")
    figures = [_rounded(row.get("seconds")), _rounded(row.get("peak_mb"))]
    return [result.dataset, result.recording, result.recipe, status, *figures, wrong]


def _rounded(value: object) -> object:
    return round(value, 1) if isinstance(value, float) else value


def _error_text(error: object) -> str:
    if not isinstance(error, Mapping):
        return str(error)
    message, mend = _message(error), str(error.get("mend") or "")
    ended = message if not mend or message.endswith((".", "!", "?")) else f"{message}."
    return " ".join(filter(None, [ended, mend]))


def _message(error: Mapping[str, Any]) -> str:
    """Return what was found; a message that already ends in the mend loses it there."""
    message, mend = str(error.get("message") or ""), str(error.get("mend") or "")
    return message.removesuffix(mend).rstrip() if mend else message


def _add_missing(report: Any, missing: list[Any]) -> None:
    columns = list(dict.fromkeys(k for m in missing if isinstance(m, Mapping) for k in m))
    if columns:
        rows = [[m.get(c) for c in columns] for m in missing if isinstance(m, Mapping)]
        html = markup.table([markup.readable(c) for c in columns], rows)
    else:
        html = markup.table(["entry"], [[m] for m in missing])
    report.add_html(html, "Not downloaded", tags=("overview",))


def _add_result(report: Any, section: str, result: Result) -> None:
    tags = tuple(_tag(word) for word in (result.recipe, result.status) if _tag(word))

    def add(title: str, html: str) -> None:
        report.add_html(html, f"{result.recipe}: {title}", tags=tags, section=section)

    error = result.row.get("error")
    if error or result.complaint:
        add("what went wrong", _complaints(result))
    elif not result.manifest:
        add(result.status.replace("_", " "), markup.paragraph("There is no result.", muted=True))
    if not result.manifest:
        return
    add(str(result.manifest.get("title") or "facts"), markup.pairs(result.table("facts")))
    _add_tables(add, result, first=True)
    for figure in result.listed("figures"):
        _add_figure(report, section, result, figure, tags)
    _add_tables(add, result, first=False)
    add("parameters and provenance", _provenance(result))


def _tag(word: str) -> str:
    """Return a word that can be a tag: tags are separated by spaces in the page."""
    return re.sub(r"[^A-Za-z0-9_-]+", "-", word).strip("-")


def _complaints(result: Result) -> str:
    error = result.row.get("error")
    html = ""
    if isinstance(error, Mapping):
        kind = str(error.get("class") or "error")
        details = str(error.get("traceback") or error.get("log") or "")
        html += markup.complaint(kind, _message(error), str(error.get("mend") or ""), details)
        html += _kept_logs(str(error.get("logs") or ""))
    elif error:
        html += markup.complaint("error", str(error))
    if result.complaint:
        mend = "Delete the folder and run the catalog again."
        html += markup.complaint("the result is not whole", result.complaint, mend)
    return html


def _kept_logs(place: str) -> str:
    """Return where the logs of a failed job lie, beside the page."""
    if not place:
        return ""
    return markup.paragraph(f"Logs of this job: {place}, beside this page.", muted=True)


def _add_figure(
    report: Any, section: str, result: Result, figure: Mapping[str, Any], tags: tuple[str, ...]
) -> None:
    name = figure.get("title") or figure.get("name") or Path(str(figure.get("file"))).stem
    title = f"{result.recipe}: {str(name).replace('_', ' ')}"
    file = result.file(figure.get("file"))
    if file is None or not _is_png(file):
        what = "is missing" if file is None else "is no PNG picture"
        html = markup.complaint("the result is not whole", f"{figure.get('file')} {what}")
        report.add_html(html, title, tags=tags, section=section)
        return
    caption = str(figure.get("caption") or "") or None
    report.add_image(file, title, caption=caption, tags=tags, section=section)


def _is_png(file: Path) -> bool:
    with file.open("rb") as handle:
        head = handle.read(8)
        handle.seek(max(0, file.stat().st_size - 12))
        return head == b"\x89PNG\r\n\x1a\n" and b"IEND" in handle.read()


def _add_tables(add: Any, result: Result, *, first: bool) -> None:
    """Add findings before the figures, all other tables behind them."""
    for listed in result.listed("tables"):
        name = Path(str(listed.get("file"))).stem
        if (name == "findings") == first:
            file = result.file(listed.get("file"))
            html = (
                markup.complaint("the result is not whole", f"{listed.get('file')} is missing")
                if file is None
                else _csv(file, "no findings" if first else "no rows")
            )
            add(name.replace("_", " "), html)


def _csv(file: Path, empty: str) -> str:
    with file.open(newline="", encoding="utf-8", errors="replace") as handle:
        rows = list(csv.reader(handle))
    head, body = (rows[0], rows[1:]) if rows else ([], [])
    html = markup.table(head, [[_number(c) for c in r] for r in body[:MOST_ROWS]], empty=empty)
    if len(body) > MOST_ROWS:
        said = f"{MOST_ROWS} of {len(body)} rows; the rest stands in {file.name}."
        html += markup.paragraph(said, muted=True)
    return html


def _number(text: str) -> object:
    """Return floats as such, so that they are rounded; whole numbers and words as they are."""
    if not re.fullmatch(r"[-+]?\d*\.\d+(e[-+]?\d+)?|[-+]?\d+e[-+]?\d+", text, re.IGNORECASE):
        return int(text) if re.fullmatch(r"[-+]?\d{1,15}", text) else text
    # Four digits are enough to compare rows; the file holds all of them.
    return float(f"{float(text):.4g}")


def _provenance(result: Result) -> str:
    manifest = result.manifest
    about: dict[str, Any] = {k: manifest.get(k) for k in _MADE}
    about["seeds"] = manifest.get("seeds")
    about["versions"] = manifest.get("versions")
    kept = {key: value for key, value in about.items() if value not in (None, {}, [])}
    html = "<h6>parameters</h6>" + markup.pairs(result.table("parameters"), empty="none")
    source = {k: v for k, v in result.table("source").items() if v not in (None, "", {})}
    if source:
        html += "<h6>source</h6>" + markup.pairs(source)
    columns = ["path", "sha256", "uri"]
    inputs = [[entry.get(name) for name in columns] for entry in result.listed("inputs")]
    html += "<h6>inputs</h6>" + markup.table(columns, inputs, empty="no files")
    return html + "<h6>how it was made</h6>" + markup.pairs(kept)
