"""From regions labelled in a NeuroPAL volume to columns of the same animal's traces.

A workbook names regions (ROI ID) of a still volume; ``roi_match[roi - 1]`` is the column, counted
from 1, of the trace of that region in the moving animal, 0 where none was found.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from neurokit.errors import FileContentError
from neurokit_loaders._workbook import open_workbook, sheet_rows

if TYPE_CHECKING:
    from numpy.typing import NDArray


_NOTES = ("notes", "region")


@dataclass(frozen=True)
class Label:
    """One row of the workbook."""

    text: str
    regions: tuple[int, ...]
    confidence: float
    note: str = ""


@dataclass
class Columns:
    """What is known of each column of the traces.

    `text` is a label, with ``?`` behind it where it is not certain, or ``""``, and `label` the
    same as it stands in the workbook; the confidences are NaN where there is no label. `lost` are
    labels whose region has no trace.
    """

    text: list[str]
    label: list[str]
    label_confidence: NDArray[np.float64]
    match_confidence: NDArray[np.float64]
    note: list[str]
    lost: list[str] = field(default_factory=list)
    doubted: list[str] = field(default_factory=list)


def unlabelled(n_columns: int) -> Columns:
    """Return columns of which nothing is known."""
    nothing = np.full(n_columns, np.nan)
    none = [""] * n_columns
    return Columns(none, none.copy(), nothing, nothing.copy(), none.copy())


def read_labels(path: Path) -> tuple[list[Label], str]:
    """Return the labels of a ``Neuron ID`` workbook and the sheet they stand in.

    The last sheet, by name, whose name begins with "labels" is taken: "labels v2 (1st audit)"
    supersedes "labels v1". Cell colours are not read.

    Raises
    ------
    FileContentError
        If there is no such sheet, or it lacks a column.
    """
    workbook = open_workbook(path)
    sheets = sorted(
        name
        for name in workbook.sheet_names
        if name.lower().startswith("labels") and "progress" not in name.lower()
    )
    if not sheets:
        raise FileContentError(
            f"has no sheet 'labels ...', only {', '.join(workbook.sheet_names)}",
            where=str(path),
            mend="Give the Neuron ID workbook of this recording.",
        )
    rows = sheet_rows(workbook, sheets[-1], str(path))
    return _parse(rows, f"{path.name}[{sheets[-1]}]"), sheets[-1]


def _parse(rows: list[list[object]], where: str) -> list[Label]:
    header = [str(cell).strip().lower() for cell in rows[0]] if rows else []
    needed = ("neuron class", "roi id", "confidence")
    missing = [name for name in needed if name not in header]
    if missing:
        raise FileContentError(
            f"has no column {', '.join(missing)}; its columns are {', '.join(header) or 'none'}",
            where=where,
            mend="Give the Neuron ID workbook of this recording.",
        )
    columns = {name: header.index(name) for name in header if name}
    labels = []
    for number, row in enumerate(rows[1:], start=2):
        text = str(row[columns["neuron class"]]).strip()
        regions = _regions(row[columns["roi id"]], f"{where} row {number}")
        if text and regions:
            confidence = row[columns["confidence"]]
            sure = float(confidence) if isinstance(confidence, int | float) else np.nan
            notes = (
                str(row[columns[key]]).strip() for key in ("notes", "region") if key in columns
            )
            labels.append(Label(text, regions, sure, "; ".join(note for note in notes if note)))
    return labels


def _regions(cell: object, where: str) -> tuple[int, ...]:
    """Return region numbers: a cell holds one, several as ``12/13`` (a split region), or none."""
    parts = [part for part in re.split(r"[/,]", str(cell)) if part.strip()]
    try:
        numbers = [float(part) for part in parts]
        if any(number != int(number) for number in numbers):
            raise ValueError(cell)
    except (ValueError, OverflowError) as error:
        raise FileContentError(
            f"ROI ID is {cell!r}, not a whole number", where=where, mend="Correct the workbook."
        ) from error
    return tuple(int(number) for number in numbers)


def match_in_file(
    roi_match: NDArray[Any], kept: NDArray[Any] | None, n_columns: int, where: str
) -> NDArray[Any]:
    """Return `roi_match` in columns of the file, of which some may have been dropped at export.

    Parameters
    ----------
    roi_match : (n_regions,) array of int
        Column of each region's trace before traces with NaN were dropped, from 1; 0 is none.
    kept : (2, n_columns) array of int, optional
        ``gcamp/match_org_to_skip``: columns before, and the columns in the file that they became,
        in any order. Without it nothing was dropped.
    n_columns : int
        Number of traces in the file.
    where : str
        The file, for the message.

    Returns
    -------
    (n_regions,) array of int
        0 also where the trace was dropped.

    Raises
    ------
    FileContentError
        If `kept` does not name every column of the file once.
    """
    if kept is None:
        return roi_match
    complete = kept.ndim == 2 and kept.shape[0] == 2 and (kept > 0).all()
    if not complete or not np.array_equal(np.sort(kept[1]), np.arange(1, n_columns + 1)):
        raise FileContentError(
            f"gcamp/match_org_to_skip {kept.shape} does not name each of {n_columns} columns once",
            where=where,
            mend="Export the file again.",
        )
    became = dict(zip(kept[0].tolist(), kept[1].tolist(), strict=True))
    return np.array([became.get(column, 0) for column in roi_match.tolist()], dtype=np.int64)


def assign_columns(
    labels: list[Label],
    roi_match: NDArray[Any],
    roi_confidence: NDArray[Any],
    n_columns: int,
    least_label: float,
    least_match: float,
) -> Columns:
    """Give each label to the column of its region, and mark what is not certain with ``?``.

    Parameters
    ----------
    labels : list of Label
        Rows of the workbook.
    roi_match : (n_regions,) array of int
        Column of each region's trace, counted from 1; 0 is none.
    roi_confidence : (n_regions,) array
        How sure each match is.
    n_columns : int
        Number of traces.
    least_label, least_match : float
        A label or match below is not certain.

    Returns
    -------
    Columns
        Of two labels on one column neither is certain (``A/B``); of one label on two columns
        only the one with the highest confidence is.
    """
    claims: dict[int, list[tuple[Label, float]]] = {}
    lost = []
    for label in labels:
        column, sure = _best_match(label.regions, roi_match, roi_confidence)
        if 0 < column <= n_columns:
            claims.setdefault(column - 1, []).append((label, sure))
        else:
            lost.append(label.text)
    out = unlabelled(n_columns)
    out.lost = lost
    best = _best_claim(claims)
    for column, found in claims.items():
        label, sure = max(found, key=lambda claim: claim[0].confidence)
        certain = (
            len(found) == 1
            and label.confidence >= least_label
            and sure >= least_match
            and best.get(label.text) == column
        )
        text = "/".join(claim[0].text for claim in found)
        out.label[column] = text
        if not certain and len(found) == 1 and not text.endswith("?") and "?" not in text:
            text += "?"
            out.doubted.append(label.text)
        out.text[column] = text
        out.label_confidence[column] = label.confidence
        out.match_confidence[column] = sure
        out.note[column] = " | ".join(claim[0].note for claim in found if claim[0].note)
    return out


def _best_match(
    regions: tuple[int, ...], roi_match: NDArray[Any], roi_confidence: NDArray[Any]
) -> tuple[int, float]:
    known = [region for region in regions if 0 < region <= roi_match.size]
    if not known:
        return 0, 0.0
    best = max(known, key=lambda region: float(roi_confidence[region - 1]))
    return int(roi_match[best - 1]), float(roi_confidence[best - 1])


def _best_claim(claims: dict[int, list[tuple[Label, float]]]) -> dict[str, int]:
    """Return the column where each label is surest; -1 where two are equally sure."""
    best: dict[str, tuple[float, int]] = {}
    for column, found in claims.items():
        for label, _ in found:
            surest, where = best.get(label.text, (-np.inf, -1))
            if label.confidence > surest:
                best[label.text] = (label.confidence, column)
            elif label.confidence == surest and where != column:
                best[label.text] = (surest, -1)
    return {text: column for text, (_, column) in best.items()}
