"""When what happened: events on a time axis, one row per trial type."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

import numpy as np
import xarray as xr

from neurokit.errors import SchemaError
from neurokit.plot.style import COLOURS, axes_or_new, no_data, plain, tidy

if TYPE_CHECKING:
    from matplotlib.axes import Axes


def events(
    x: xr.DataTree | xr.Dataset,
    *,
    start: float | None = None,
    stop: float | None = None,
    n_max: int = 12,
    ax: Axes | None = None,
) -> Axes:
    """Draw events over time: a bar for a duration, a tick without one.

    Parameters
    ----------
    x : recording or Dataset
        A recording with ``/events``, or that group.
    start, stop : float, optional
        Seconds; default from the first event to the last, or the whole of the activity.
    n_max : int, default 12
        Most rows; the rarest trial types beyond share the last row.
    ax : matplotlib Axes, optional
        Where to draw; default new axes.

    Returns
    -------
    matplotlib.axes.Axes
        One row per trial type, with its count.

    Raises
    ------
    SchemaError
        If there are no events.

    Examples
    --------
    >>> from neurokit.simulate import recording
    >>> events(recording("eeg", random_state=0)).get_xlabel()
    'time (s)'
    """
    table = _table(x)
    kinds = np.asarray(table["trial_type"].values).astype(str)
    onset = np.asarray(table["onset"].values, dtype=np.float64)
    duration = np.nan_to_num(np.asarray(table["duration"].values, dtype=np.float64))
    rows, counts = _rows(kinds, n_max)
    ax = axes_or_new(ax, (9.0, 1.1 + 0.3 * max(len(counts), 1)))
    for row in range(len(counts)):
        colour = COLOURS[row % len(COLOURS)]
        of_row = (rows == row) & np.isfinite(onset)
        lasting = of_row & (duration > 0)
        if lasting.any():
            bars = np.stack([onset[lasting], duration[lasting]], axis=1).tolist()
            ax.broken_barh(bars, (row - 0.35, 0.7), color=colour, alpha=0.6, lw=0)
        ax.vlines(onset[of_row], row - 0.35, row + 0.35, color=colour, lw=0.9)
    ax.set_yticks(range(len(counts)), [f"{plain(name)} ({n})" for name, n in counts])
    ax.set(xlabel="time (s)", ylabel="trial type", xlim=_span(x, start, stop))
    ax.set_ylim(max(len(counts), 1) - 0.4, -0.6)
    return tidy(ax) if len(counts) else no_data(tidy(ax), "no events")


def times_by_kind(x: xr.DataTree | xr.DataArray) -> dict[str, np.ndarray[Any, Any]]:
    """Return the onsets (s) of every trial type of a recording, none where there are no events."""
    group = x["events"].to_dataset() if isinstance(x, xr.DataTree) and "events" in x else None
    if group is None or "onset" not in group or "trial_type" not in group:
        return {}
    kinds = np.asarray(group["trial_type"].values).astype(str)
    onset = np.asarray(group["onset"].values, dtype=np.float64)
    known = np.isfinite(onset)
    return {
        kind or "(no trial type)": onset[known & (kinds == kind)]
        for kind in dict.fromkeys(kinds[known].tolist())
    }


def _table(x: xr.DataTree | xr.Dataset) -> xr.Dataset:
    if isinstance(x, xr.DataTree):
        if "events" not in x.children:
            raise SchemaError(
                "there is no /events", where=x.name or "recording", mend="Add events first."
            )
        x = x["events"].to_dataset()
    if "onset" not in x or "trial_type" not in x:
        raise SchemaError(
            "events have no onset or trial_type",
            where="events",
            mend="Tables of trials without a time axis cannot be drawn over time.",
        )
    return x if "duration" in x else x.assign(duration=xr.zeros_like(x["onset"]))


def _rows(
    kinds: np.ndarray[tuple[int, ...], np.dtype[np.str_]], n_max: int
) -> tuple[np.ndarray[tuple[int, ...], np.dtype[np.int64]], list[tuple[str, int]]]:
    """Return each event's row and the rows' names and counts, in order of first appearance."""
    order = Counter(kinds.tolist())
    names = list(order)
    if len(names) > n_max:
        frequent = {name for name, _ in order.most_common(n_max - 1)}
        names = [name for name in names if name in frequent]
    place = {name: row for row, name in enumerate(names)}
    counts = [(name or "(no trial type)", order[name]) for name in names]
    rest = [name for name in order if name not in place]
    if rest:
        counts.append((f"{len(rest)} further types", sum(order[name] for name in rest)))
    rows = np.array([place.get(kind, len(names)) for kind in kinds.tolist()], dtype=np.int64)
    return rows, counts


def _span(
    x: xr.DataTree | xr.Dataset, start: float | None, stop: float | None
) -> tuple[float, float]:
    low, high = 0.0, 1.0
    if isinstance(x, xr.DataTree) and "activity" in x.children:
        seconds = x["activity"].to_dataset()["time"].values
        low, high = float(seconds[0]), float(seconds[-1])
    else:
        table = _table(x)
        ends = (table["onset"] + table["duration"]).values
        if np.isfinite(ends).any():
            low, high = float(np.nanmin(table["onset"].values)), float(np.nanmax(ends))
    margin = 0.01 * (high - low) or 0.5
    return low - margin if start is None else start, high + margin if stop is None else stop
