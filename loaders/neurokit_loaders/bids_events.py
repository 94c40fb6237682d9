"""events.tsv of BIDS as ``/events``: every row and every column, word for word.

Onsets count from the first sample of the data file, which is where time begins here too; no
measurement date is needed to place them.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import xarray as xr

from neurokit.errors import check_option
from neurokit.schema import Finding, events
from neurokit_loaders.bids_channels import few
from neurokit_loaders.bids_findings import EVENT_TIME, OVERRULED
from neurokit_loaders.bids_tables import Table, missing, numbers, typed

_CONSUMED = ("onset", "duration", "trial_type")
_TAKEN = frozenset((*_CONSUMED, "event"))


def event_table(table: Table) -> tuple[xr.Dataset, list[Finding]]:
    """Return the rows of an events.tsv.

    Parameters
    ----------
    table : Table
        events.tsv.

    Returns
    -------
    group : Dataset
        ``/events``: rows without an onset stay, with NaN; ``n/a`` is ``""`` in text.
    findings : list of Finding
        Rows without an onset, cells that are no numbers.
    """
    columns, n = table.columns, len(table)
    nothing = ["n/a"] * n
    where = table.path.name
    onset, findings = numbers(columns.get("onset", nothing), f"{where} onset")
    duration, noticed = numbers(columns.get("duration", nothing), f"{where} duration")
    lost = np.flatnonzero(~np.isfinite(onset))
    if lost.size:
        found = f"{lost.size} of {n} events have no onset: row {few((lost + 1).tolist())}"
        mend = "They are kept with onset NaN; leave them out before cutting epochs."
        noticed.append(EVENT_TIME.at(f"{where} onset", found, mend))
    kinds = ["" if missing(cell) else cell for cell in columns.get("trial_type", nothing)]
    further: dict[str, Any] = {
        (f"events_{name}" if name in _TAKEN else name): typed(cells)
        for name, cells in columns.items()
        if name not in _CONSUMED
    }
    group = events(onset, duration=duration, trial_type=kinds, columns=further)
    return group, [*table.findings, *findings, *noticed]


def samples_disagree(group: xr.Dataset, time: npt.NDArray[np.float64], where: str) -> list[Finding]:
    """Compare the column ``sample``, an index into the data file, with the onsets.

    Parameters
    ----------
    group : Dataset
        ``/events``.
    time : (n_times,) ndarray of float64
        Times of the samples of the data file, s.
    where : str
        The table, for the finding.

    Returns
    -------
    list of Finding
        None or one.
    """
    if "sample" not in group or group["sample"].dtype.kind not in "if" or time.size < 2:
        return []
    sample, onset = group["sample"].values.astype(np.float64), group["onset"].values
    step = float(time[-1] - time[0]) / (time.size - 1)
    inside = np.isfinite(sample) & np.isfinite(onset) & (sample >= 0) & (sample < time.size)
    at = time[sample[inside].astype(np.int64)]
    off = np.abs(at - onset[inside]) > 1.5 * step
    outside = np.isfinite(sample) & ((sample < 0) | (sample >= time.size))
    n_off = int(off.sum()) + int(outside.sum())
    if not n_off:
        return []
    said = [
        f"row {i + 1}: onset {onset[i]:g} s, sample {sample[i]:g}"
        for i in [*np.flatnonzero(inside)[off], *np.flatnonzero(outside)][:3]
    ]
    found = f"{n_off} of {onset.size} samples are not at their onsets ({'; '.join(said)})"
    mend = "Onsets are used, as BIDS says; check what the samples count from."
    return [EVENT_TIME.at(f"{where} sample", found, mend)]


def join_events(
    own: xr.Dataset | None, table: Table, how: str
) -> tuple[xr.Dataset | None, list[Finding]]:
    """Choose between the events of the table and those that stand in the data file itself.

    Parameters
    ----------
    own : Dataset or None
        Annotations and decoded triggers of the data file.
    table : Table
        events.tsv.
    how : {"table", "file", "both"}
        Which become ``/events``.

    Returns
    -------
    group : Dataset or None
        With ``both``, the table's rows first; a column ``source`` tells them apart.
    findings : list of Finding
        What was left out, and what the table lacks.

    Raises
    ------
    OptionError
        If `how` is none of these.
    """
    check_option("events", how, ("table", "file", "both"))
    listed, findings = event_table(table)
    n_own = 0 if own is None else own.sizes["event"]
    if how == "file":
        found = f"{len(table)} events are not taken, as asked for"
        return own, [OVERRULED.at(table.path.name, found, "Open with events='table' for them.")]
    if own is None or not n_own:
        return listed, findings
    if how == "both":
        return _together(listed, own), findings
    found = f"{n_own} events that stand in the data file itself are not taken"
    mend = "The table counts; open with events='both' or 'file' for them."
    return listed, [*findings, OVERRULED.at(table.path.name, found, mend)]


def _together(listed: xr.Dataset, own: xr.Dataset) -> xr.Dataset:
    columns: dict[str, Any] = {}
    if "source" in listed:
        listed = listed.rename_vars(source="events_source")
    listed = listed.assign(source=("event", np.full(listed.sizes["event"], "events.tsv")))
    if "source" not in own:
        own = own.assign(source=("event", np.full(own.sizes["event"], "data file")))
    for name in dict.fromkeys([*map(str, listed.data_vars), *map(str, own.data_vars)]):
        columns[name] = _stacked(
            [part[name].values if name in part else None for part in (listed, own)],
            [part.sizes["event"] for part in (listed, own)],
        )
    onset, duration = columns.pop("onset"), columns.pop("duration")
    return events(onset, duration=duration, trial_type=columns.pop("trial_type"), columns=columns)


def _stacked(parts: list[Any], sizes: list[int]) -> npt.NDArray[Any]:
    """Join two columns, one of which may be absent: numbers stay numbers where both are."""
    present = [part for part in parts if part is not None]
    if any(part.dtype.kind == "U" for part in present):
        filled = [
            np.full(n, "") if part is None else _text(part)
            for part, n in zip(parts, sizes, strict=True)
        ]
        return np.concatenate(filled)
    filled = [
        np.full(n, np.nan) if part is None else part for part, n in zip(parts, sizes, strict=True)
    ]
    return np.concatenate(filled)


def _text(values: npt.NDArray[Any]) -> npt.NDArray[np.str_]:
    if values.dtype.kind == "f":
        said = ["" if np.isnan(v) else f"{v:.17g}" for v in values]
        return np.asarray(said, dtype=np.str_)
    return values.astype(np.str_)
