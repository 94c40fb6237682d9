"""Where a record has gaps and cuts: which samples were recorded, and in which run.

Pure functions of sample numbers. A gap holds no data although MNE fills it with zeros: its
samples are left out and `run` changes. At a cut the clock of the file goes on although the
recording did not: only `run` changes.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

GAP = "BAD_ACQ_SKIP"
CUTS = frozenset({"bad boundary", "edge boundary", "boundary", "new segment"})

Segment = tuple[int, int]


@dataclass(frozen=True)
class Timeline:
    """The samples of a file that were recorded.

    Parameters
    ----------
    segments : tuple of (int, int)
        First sample and one past the last of each stretch, in order.
    pauses : tuple of float
        Seconds that each stretch is later than its samples, counted at the rate, say.
    """

    segments: tuple[Segment, ...]
    pauses: tuple[float, ...]

    @property
    def origin(self) -> int:
        """Number in the file of the first recorded sample, which is t = 0."""
        return self.segments[0][0] if self.segments else 0

    @property
    def size(self) -> int:
        """Number of recorded samples."""
        return sum(stop - start for start, stop in self.segments)

    @property
    def sample(self) -> NDArray[np.int64]:
        """Number in the file of each recorded sample."""
        parts = [np.arange(start, stop, dtype=np.int64) for start, stop in self.segments]
        return np.concatenate([np.empty(0, dtype=np.int64), *parts])

    @property
    def run(self) -> NDArray[np.int64] | None:
        """Run of each recorded sample, None where there is one run only."""
        if len(self.segments) < 2:
            return None
        return np.repeat(np.arange(len(self.segments)), [b - a for a, b in self.segments])

    def time(self, rate: float) -> NDArray[np.float64]:
        """Return when each recorded sample was taken.

        Parameters
        ----------
        rate : float
            Hz.

        Returns
        -------
        (size,) ndarray
            Seconds from the first one: whole samples over the rate, which never drifts.
        """
        seconds = np.empty(self.size, dtype=np.float64)
        at = 0
        # Stretch by stretch and in place: the axis of hours of record is large enough once.
        for (start, stop), pause in zip(self.segments, self.pauses, strict=True):
            part = seconds[at : at + stop - start]
            part[:] = np.arange(start - self.origin, stop - self.origin, dtype=np.float64)
            part /= rate
            part += pause
            at += stop - start
        return seconds

    def end(self, rate: float) -> float:
        """Return when the last recorded sample is over, s.

        Parameters
        ----------
        rate : float
            Hz.

        Returns
        -------
        float
            0 where nothing was recorded.
        """
        if not self.segments:
            return 0.0
        return (self.segments[-1][1] - self.origin) / rate + self.pauses[-1]

    def true(self, seconds: ArrayLike, rate: float) -> NDArray[np.float64]:
        """Return when something happened that the file says happened at `seconds`.

        Parameters
        ----------
        seconds : (n,) array_like
            Samples over the rate.
        rate : float
            Hz.

        Returns
        -------
        (n,) ndarray
            With the pauses before it added.
        """
        given = np.asarray(seconds, dtype=np.float64)
        starts = np.array([a for a, _ in self.segments[1:]], dtype=np.int64)
        behind = np.searchsorted(starts, np.round(given * rate), side="right")
        later: NDArray[np.float64] = np.asarray(self.pauses or (0.0,), dtype=np.float64)[behind]
        return given + (later - self.origin / rate)


def timeline(
    n: int,
    gaps: Iterable[Segment] = (),
    cuts: Iterable[int] = (),
    pauses: Mapping[int, float] | None = None,
) -> Timeline:
    """Return what was recorded of `n` samples.

    Parameters
    ----------
    n : int
        Samples of the file, those in gaps included.
    gaps : iterable of (int, int)
        First sample and one past the last of each gap; they may overlap.
    cuts : iterable of int
        Samples at which a new run begins without a gap.
    pauses : mapping of int to float, optional
        Samples before which the recording paused without the file's counting it, and the
        seconds of all pauses up to there.

    Returns
    -------
    Timeline
        Stretches between gaps and cuts.

    Examples
    --------
    >>> timeline(10, gaps=[(4, 6)], cuts=[8]).segments
    ((0, 4), (6, 8), (8, 10))
    """
    kept = _between(n, gaps)
    if not kept:
        return Timeline((), ())
    late = dict(pauses or {})
    breaks = sorted({int(c) for c in (*cuts, *late)})
    segments: list[Segment] = []
    for start, stop in kept:
        inner = [c for c in breaks if start < c < stop]
        segments += itertools.pairwise((start, *inner, stop))
    before = [max((s for s in late if s <= start), default=None) for start, _ in segments]
    delays = tuple(0.0 if s is None else float(late[s]) for s in before)
    return Timeline(tuple(segments), delays)


def _between(n: int, gaps: Iterable[Segment]) -> list[Segment]:
    """Return what is left of `n` samples between gaps that may overlap."""
    kept, at = [], 0
    for start, stop in sorted(gap for gap in gaps if gap[0] < gap[1]):
        if min(start, n) > at:
            kept.append((at, min(start, n)))
        at = max(at, stop)
    return [*kept, (at, n)] if at < n else kept


def window(segments: Sequence[Segment], start: int, stop: int) -> list[Segment]:
    """Return the sample ranges of the file that hold recorded samples `start` to `stop`.

    Parameters
    ----------
    segments : sequence of (int, int)
        As in `Timeline`.
    start, stop : int
        Counted over recorded samples only.

    Returns
    -------
    list of (int, int)
        In order, none empty.

    Examples
    --------
    >>> window(((0, 4), (6, 10)), 3, 6)
    [(3, 4), (6, 8)]
    """
    found, passed = [], 0
    for first, last in segments:
        a, b = max(start - passed, 0), min(stop - passed, last - first)
        if a < b:
            found.append((first + a, first + b))
        passed += last - first
    return found


def gaps_and_cuts(
    onset: ArrayLike, duration: ArrayLike, description: Iterable[str], rate: float
) -> tuple[list[Segment], list[int]]:
    """Read gaps and cuts from annotations.

    Parameters
    ----------
    onset, duration : (n,) array_like
        Seconds from the first sample.
    description : iterable of str
        ``BAD_ACQ_SKIP`` is a gap; ``BAD boundary``, ``EDGE boundary``, ``boundary`` and
        BrainVision's ``New Segment/`` are cuts.
    rate : float
        Hz.

    Returns
    -------
    gaps : list of (int, int)
        First sample and one past the last.
    cuts : list of int
        First sample of each new run.
    """
    gaps: list[Segment] = []
    cuts: set[int] = set()
    rows = zip(np.asarray(onset), np.asarray(duration), description, strict=True)
    for start, length, text in rows:
        first = round(float(start) * rate)
        if text.upper() == GAP:
            gaps.append((first, round((float(start) + float(length)) * rate)))
        elif text.rstrip("/").strip().lower() in CUTS and first > 0:
            cuts.add(first)
    return gaps, sorted(cuts)
