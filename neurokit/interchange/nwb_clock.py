"""When the samples of an NWB series were taken: rate or time stamps, checked, with its gaps."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from neurokit.errors import TimeError
from neurokit.interchange.nwb_arrays import Raw, whole
from neurokit.interchange.nwb_content import Series
from neurokit.schema import Finding, nominal_rate, regular_time

if TYPE_CHECKING:
    from numpy.typing import NDArray

# A step this many times the usual one is a stretch that was not recorded.
_GAP = 5.0
_RATE_TOLERANCE = 1e-3


@dataclass(frozen=True)
class Clock:
    """Times of the samples of a series, on the file's clock.

    Parameters
    ----------
    start : float
        Seconds of the first sample.
    n : int
        How many samples.
    rate : float, optional
        Nominal rate, Hz; None for irregular times.
    seconds : ndarray, optional
        Time stamps, where the file has them.
    run : ndarray of int, optional
        Changes at gaps.
    findings : tuple of Finding
        What was noticed.
    """

    start: float
    n: int
    rate: float | None = None
    seconds: NDArray[Any] | None = None
    run: NDArray[Any] | None = None
    findings: tuple[Finding, ...] = field(default=())

    def arguments(self, zero: float) -> dict[str, Any]:
        """Return the keyword arguments of a builder, for a recording whose t = 0 is `zero`."""
        if self.seconds is not None:
            time = self.seconds - zero
        else:
            assert self.rate is not None
            time = regular_time(self.n, self.rate, self.start - zero)
        return {"time": time, "rate": self.rate, "run": self.run}

    def same_as(self, other: Clock) -> bool:
        """Whether both tick together."""
        if self.n != other.n or self.start != other.start or self.rate != other.rate:
            return False
        if self.seconds is None or other.seconds is None:
            return self.seconds is other.seconds
        return bool(np.array_equal(self.seconds, other.seconds))


def clock_of(
    series: Series, n: int, source: str, rate: float | None = None, gaps: bool = True
) -> Clock:
    """Return when the samples of a series were taken.

    Parameters
    ----------
    series : Series
        The series.
    n : int
        How many samples it has.
    source : str
        The file, for messages.
    rate : float, optional
        Hz; instead of what the file says.
    gaps : bool, default True
        Let `run` change where steps are more than five times the usual one.

    Returns
    -------
    Clock
        The times.

    Raises
    ------
    TimeError
        If there is neither rate nor time stamps, or they are not what a clock is.
    """
    where = f"{source}: {series.path}"
    if rate is not None:
        first = _first(series)
        _check_rate(rate, "rate", "Give a positive number in Hz.")
        return Clock(first, n, float(rate), findings=_contradiction(series, rate, where))
    if series.timestamps is not None:
        return _stamped(series, series.timestamps, n, where, gaps)
    if series.rate is None:
        raise TimeError(
            "the series has neither a rate nor timestamps",
            where=where,
            mend="Say its rate when opening the file, rate=... in Hz.",
        )
    _check_rate(series.rate, where, "Say the true one when opening the file, rate=... in Hz.")
    start = 0.0 if series.start is None else series.start
    if not np.isfinite(start):
        raise TimeError(
            f"starting_time is {start}", where=where, mend="Correct it in the file, in seconds."
        )
    return Clock(float(start), n, float(series.rate))


def _first(series: Series) -> float:
    if series.start is not None and np.isfinite(series.start):
        return float(series.start)
    stamps = series.timestamps
    if stamps is not None and len(stamps.shape) == 1 and stamps.shape[0] and _is_numeric(stamps):
        first = float(whole_part(stamps))
        return first if np.isfinite(first) else 0.0
    return 0.0


def whole_part(raw: Raw) -> Any:
    """Return the first value of a clock."""
    from neurokit.interchange.nwb_arrays import take

    return take(raw, (slice(0, 1),))[0]


def _is_numeric(raw: Raw) -> bool:
    return np.dtype(raw.dtype).kind in "fiu"


def _check_rate(rate: float, where: str, mend: str) -> None:
    if not (np.isfinite(rate) and rate > 0):
        raise TimeError(f"the rate is {rate:g} Hz", where=where, mend=mend)


def _contradiction(series: Series, rate: float, where: str) -> tuple[Finding, ...]:
    said = series.rate
    if said is None or abs(said / rate - 1) < _RATE_TOLERANCE:
        return ()
    found = f"the file says {said:g} Hz, the rate asked for is {rate:g} Hz"
    return (Finding("NK896", "SUGGESTION", where, found, "The one asked for is used."),)


def _stamped(series: Series, stamps: Raw, n: int, where: str, gaps: bool) -> Clock:
    if tuple(stamps.shape) != (n,):
        raise TimeError(
            f"{stamps.shape[0] if stamps.shape else 0} timestamps for {n} samples",
            where=where,
            mend="Find out which of the two is cut; neither is dropped silently.",
        )
    if not _is_numeric(stamps):
        raise TimeError(
            f"timestamps are of type {np.dtype(stamps.dtype)}",
            where=where,
            mend="Say the rate when opening the file, rate=... in Hz, if it is known.",
        )
    seconds = whole(stamps).astype(np.float64)
    lost = np.flatnonzero(~np.isfinite(seconds))
    if lost.size:
        raise TimeError(
            f"{lost.size} timestamps are NaN or infinite, the first at index {lost[0]}",
            where=where,
            mend="Say the rate when opening the file, rate=... in Hz, if it is known.",
        )
    steps = np.diff(seconds)
    back = np.flatnonzero(steps <= 0)
    if back.size:
        i = int(back[0]) + 1
        raise TimeError(
            f"timestamps do not increase at index {i} ({seconds[i - 1]:.9g} to {seconds[i]:.9g} s)",
            where=where,
            mend="Say the rate when opening the file, rate=... in Hz, if it is known.",
        )
    findings: list[Finding] = []
    run = _runs(steps, where, findings) if gaps else None
    rate = nominal_rate(seconds, run)
    if series.rate is not None and (rate is None or abs(series.rate / rate - 1) > _RATE_TOLERANCE):
        found = f"the file says {series.rate:g} Hz, its timestamps say otherwise"
        findings.append(Finding("NK896", "SUGGESTION", where, found, "The timestamps are used."))
    if rate is None and n > 2 and gaps:
        findings.append(_irregular(steps, where))
    start = float(seconds[0]) if n else 0.0
    return Clock(start, n, rate, seconds, run, tuple(findings))


def _runs(steps: NDArray[Any], where: str, findings: list[Finding]) -> NDArray[Any] | None:
    if steps.size < 2:
        return None
    usual = float(np.median(steps))
    cuts = np.flatnonzero(steps > _GAP * usual)
    if not cuts.size:
        return None
    run = np.zeros(steps.size + 1, dtype=np.int64)
    run[cuts + 1] = 1
    found = (
        f"{cuts.size} steps are more than {_GAP:g} times the usual {usual:.4g} s, the longest "
        f"{steps.max():.4g} s: they are gaps, and `run` changes there"
    )
    mend = "Times stay true; nothing that needs regular time crosses a gap."
    findings.append(Finding("NK895", "SUGGESTION", where, found, mend))
    return np.asarray(np.cumsum(run))


def _irregular(steps: NDArray[Any], where: str) -> Finding:
    found = (
        f"samples are {np.median(steps):.4g} s apart in the median, {steps.min():.4g} to "
        f"{steps.max():.4g} s: time is irregular"
    )
    mend = "Make it regular with nk.signal.resample(x, rate) where a step needs that."
    return Finding("NK820", "SUGGESTION", where, found, mend)
