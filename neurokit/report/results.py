"""Read what a run left behind: its rows and the manifest of each job, whole, half or missing."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from neurokit.io.listing import listed

MANIFEST = "manifest.json"

# What went wrong comes first on the page.
STATUSES = ("failed", "blocked", "not_downloaded", "done", "cached")


@dataclass(frozen=True)
class Result:
    """One job: its row in the summary, and what its folder holds.

    Parameters
    ----------
    row : dict
        As in the summary of the run.
    folder : Path or None
        Where its files are.
    manifest : dict
        Empty where there is none.
    complaint : str
        Why the manifest could not be read; empty if it could, or none was to be expected.
    """

    row: Mapping[str, Any]
    folder: Path | None = None
    manifest: Mapping[str, Any] = field(default_factory=dict)
    complaint: str = ""

    @property
    def status(self) -> str:
        """What became of the job."""
        return str(self.row.get("status") or "unknown")

    @property
    def recipe(self) -> str:
        """The recipe's name as the catalog gives it."""
        return str(self.row.get("recipe") or self.manifest.get("recipe") or "")

    @property
    def dataset(self) -> str:
        """The dataset's name."""
        return str(self.row.get("dataset") or self.manifest.get("dataset") or "")

    @property
    def recording(self) -> str:
        """The recording's name, or "all"."""
        return str(self.row.get("recording") or self.manifest.get("recording") or "all")

    def file(self, name: object) -> Path | None:
        """Return a file of the job's folder; None if it is missing or lies elsewhere."""
        if self.folder is None:
            return None
        inside = self.folder.resolve()
        path = (inside / str(name)).resolve()
        return path if path.is_relative_to(inside) and path.is_file() else None

    def listed(self, key: str) -> list[Mapping[str, Any]]:
        """Return a list of the manifest, without entries that are not mappings."""
        entries = self.manifest.get(key)
        return [e for e in entries if isinstance(e, Mapping)] if isinstance(entries, list) else []

    def table(self, key: str) -> dict[str, Any]:
        """Return a mapping of the manifest, empty if it is something else."""
        entries = self.manifest.get(key)
        return dict(entries) if isinstance(entries, Mapping) else {}


def read_results(out: Path, summary: Mapping[str, Any]) -> list[Result]:
    """Return the jobs of a run, in an order that depends on their names only.

    Parameters
    ----------
    out : Path
        The folder of the store.
    summary : mapping
        The summary of the run.

    Returns
    -------
    list of Result
        By dataset, recording (all of them last) and recipe (``summary`` first).
    """
    rows = summary.get("rows")
    found = [_read(out, row) for row in rows or [] if isinstance(row, Mapping)]
    return sorted(found, key=_order)


def _order(result: Result) -> tuple[Any, ...]:
    return (
        natural(result.dataset),
        result.recording == "all",
        natural(result.recording),
        result.recipe != "summary",
        natural(result.recipe),
        str(result.row.get("key", "")),
    )


def natural(text: str) -> list[tuple[int, int, str]]:
    """Return a sorting key under which worm-2 comes before worm-10."""
    parts = re.split(r"(\d+)", text)
    return [(0, int(p), p) if p.isdecimal() else (1, 0, p.casefold()) for p in parts if p]


def _read(out: Path, row: Mapping[str, Any]) -> Result:
    if not row.get("path"):
        return Result(row)
    folder = out / str(row["path"])
    manifest, complaint = read_mapping(folder / MANIFEST)
    if row.get("status") not in ("done", "cached"):
        # A job that failed has no manifest, and none is missed.
        complaint = ""
    return Result(row, folder, manifest, complaint)


def read_mapping(path: Path) -> tuple[dict[str, Any], str]:
    """Return the mapping that a JSON file holds, or why it cannot be read.

    Parameters
    ----------
    path : Path
        The file.

    Returns
    -------
    content : dict
        Empty where the file cannot be read.
    complaint : str
        Empty where it can.
    """
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        return {}, f"{path.name} cannot be read ({error.strerror or error})"
    except ValueError as error:
        return {}, f"{path.name} is damaged ({error})"
    if not isinstance(content, dict):
        return {}, f"{path.name} holds a {type(content).__name__}"
    return content, ""


def rows_of_store(out: Path) -> list[dict[str, Any]]:
    """Return a row for every whole result below `out`, for stores without a run's summary."""
    rows = []
    for file in listed(out, f"[!.]*/[!.]*/[!.]*/[!.]*/{MANIFEST}"):
        manifest, complaint = read_mapping(file)
        if complaint:
            continue
        row = {k: manifest.get(k) for k in ("dataset", "recording", "recipe", "key", "seconds")}
        row |= {"peak_mb": manifest.get("peak_mb"), "status": "done", "error": None}
        rows.append({**row, "path": file.parent.relative_to(out).as_posix()})
    return rows
