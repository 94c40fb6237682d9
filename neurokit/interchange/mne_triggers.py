"""Events on trigger lines: where a code begins, as `mne.find_events` sees it.

Pure functions on numpy arrays, so that loaders which do not go through MNE decode alike.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from neurokit.errors import OptionError

Consecutive = bool | Literal["increasing"]


@dataclass(frozen=True)
class TriggerEvents:
    """Events of one trigger line.

    Parameters
    ----------
    sample : (n_events,) ndarray of int
        First sample of each code, counted from the start of the line.
    value : (n_events,) ndarray of int
        The code.
    last : (n_events,) ndarray of int
        Last sample of each code.
    """

    sample: NDArray[np.int64]
    value: NDArray[np.int64]
    last: NDArray[np.int64]


def default_lines(names: list[str]) -> list[str]:
    """Return the trigger lines that are decoded unless told otherwise, as MNE chooses them.

    Parameters
    ----------
    names : list of str
        All trigger channels.

    Returns
    -------
    list of str
        ``STI101`` or ``STI 014`` if there is one, because these join the bits of the others;
        else all.

    Examples
    --------
    >>> default_lines(["STI 001", "STI 014"]), default_lines(["A", "B"])
    (['STI 014'], ['A', 'B'])
    """
    for joined in ("STI101", "STI 014"):
        if joined in names:
            return [joined]
    return list(names)


def trigger_events(
    codes: ArrayLike,
    *,
    consecutive: Consecutive = "increasing",
    initial_event: bool = False,
    mask: int | None = None,
) -> TriggerEvents:
    """Find where codes begin on a trigger line.

    An event is a step of ``|codes|``: from zero (`consecutive` False), to a larger value
    (``"increasing"``), or to any value but zero (True). A code that is on when the line ends
    ends with it.

    Parameters
    ----------
    codes : (n_times,) array_like
        Values of the line; fractions are cut off.
    consecutive : {"increasing", True, False}
        Which steps between codes that are not zero begin an event.
    initial_event : bool, default False
        Take a code that is on at the first sample as an event.
    mask : int, optional
        Only these bits count.

    Returns
    -------
    TriggerEvents
        In order of time.

    Raises
    ------
    OptionError
        If `consecutive` is none of the three.

    Examples
    --------
    >>> trigger_events([0, 0, 5, 5, 0, 3, 0]).value
    array([5, 3])
    """
    if consecutive not in ("increasing", True, False):
        raise OptionError(
            f"unknown option {consecutive!r}",
            where="consecutive",
            mend="Use 'increasing', True or False.",
        )
    line = np.abs(np.asarray(codes).astype(np.int64))
    if line.size == 0:
        return TriggerEvents(*(np.empty(0, dtype=np.int64) for _ in range(3)))
    at, before, after = _steps(line, initial_event)
    before, after = (v if mask is None else v & mask for v in (before, after))
    changed = before != after
    at, before, after = at[changed], before[changed], after[changed]
    onset, offset = _edges(before, after, consecutive)
    return _paired(at, after, np.flatnonzero(onset), np.flatnonzero(offset))


def _steps(
    line: NDArray[np.int64], initial_event: bool
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    at = np.flatnonzero(np.diff(line)) + 1
    before, after = line[at - 1], line[at]
    if at.size and line[-1] != 0:
        # MNE ends a code that is on at the last sample with the line.
        at, before, after = (
            np.append(at, line.size),
            np.append(before, line[-1]),
            np.append(after, 0),
        )
    if initial_event and line[0] != 0:
        at, before, after = (
            np.concatenate([[first], rest])
            for first, rest in ((0, at), (0, before), (line[0], after))
        )
    return at, before, after


def _edges(
    before: NDArray[np.int64], after: NDArray[np.int64], consecutive: Consecutive
) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    if consecutive == "increasing":
        onset = after > before
        offset: Any = (onset | (after == 0)) & (before > 0)
        return onset, offset
    if consecutive:
        return after > 0, before > 0
    return before == 0, after == 0


def _paired(
    at: NDArray[np.int64],
    after: NDArray[np.int64],
    onset: NDArray[np.int64],
    offset: NDArray[np.int64],
) -> TriggerEvents:
    """Give each beginning the first end behind it; the step that begins it ended another."""
    end = np.searchsorted(offset, onset, side="right")
    onset, end = onset[end < offset.size], end[end < offset.size]
    return TriggerEvents(at[onset], after[onset], at[offset[end]] - 1)
