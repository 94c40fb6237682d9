"""Events on trigger lines: where a code begins, as `mne.find_events` sees it.

Pure functions on numpy arrays, so that loaders which do not go through MNE decode alike.
"""

from __future__ import annotations

from collections.abc import Iterable
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


@dataclass(frozen=True)
class TriggerLine:
    """A trigger line as its steps: a line of hours is as long as what happens on it.

    Parameters
    ----------
    size, first, last : int
        Samples, and ``|code|`` at the first and the last of them.
    at, before, after : (n_steps,) ndarray of int
        First sample of each new value, the value before it, the value itself.
    """

    size: int
    first: int
    last: int
    at: NDArray[np.int64]
    before: NDArray[np.int64]
    after: NDArray[np.int64]


def trigger_lines(blocks: Iterable[ArrayLike], n_lines: int) -> list[TriggerLine]:
    """Find the steps of trigger lines that are read block by block, in one pass.

    Parameters
    ----------
    blocks : iterable of (n, n_lines) array_like
        Codes in order; fractions and signs are cut off.
    n_lines : int
        Lines.

    Returns
    -------
    list of TriggerLine
        The same for any way to cut the lines into blocks.

    Examples
    --------
    >>> trigger_lines([[[0], [0], [5]], [[5], [0]]], 1)[0].at
    array([2, 4])
    """
    size = 0
    first = last = np.zeros(n_lines, dtype=np.int64)
    steps: list[list[tuple[NDArray[np.int64], ...]]] = [[] for _ in range(n_lines)]
    for block in blocks:
        codes = np.abs(np.asarray(block).astype(np.int64))
        if not codes.shape[0]:
            continue
        first = first if size else codes[0]
        known = np.concatenate([(last if size else codes[0])[np.newaxis], codes])
        for line in range(n_lines):
            at = np.flatnonzero(np.diff(known[:, line]))
            steps[line].append((at + size, known[at, line], codes[at, line]))
        size, last = size + codes.shape[0], codes[-1]
    nothing = (np.empty(0, dtype=np.int64),) * 3
    return [
        TriggerLine(size, int(a), int(b), *map(np.concatenate, zip(nothing, *found, strict=True)))
        for a, b, found in zip(first, last, steps, strict=True)
    ]


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
    codes: ArrayLike | TriggerLine,
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
    codes : (n_times,) array_like or TriggerLine
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
    line = codes if isinstance(codes, TriggerLine) else _line(codes)
    if line.size == 0:
        return TriggerEvents(*(np.empty(0, dtype=np.int64) for _ in range(3)))
    at, before, after = _steps(line, initial_event)
    before, after = (v if mask is None else v & mask for v in (before, after))
    changed = before != after
    at, before, after = at[changed], before[changed], after[changed]
    onset, offset = _edges(before, after, consecutive)
    return _paired(at, after, np.flatnonzero(onset), np.flatnonzero(offset))


def _line(codes: ArrayLike) -> TriggerLine:
    return trigger_lines([np.asarray(codes)[:, np.newaxis]], 1)[0]


def _steps(
    line: TriggerLine, initial_event: bool
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    at, before, after = line.at, line.before, line.after
    if at.size and line.last != 0:
        # MNE ends a code that is on at the last sample with the line.
        at, before, after = (
            np.append(at, line.size),
            np.append(before, line.last),
            np.append(after, 0),
        )
    if initial_event and line.first != 0:
        at, before, after = (
            np.concatenate([[first], rest])
            for first, rest in ((0, at), (0, before), (line.first, after))
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
