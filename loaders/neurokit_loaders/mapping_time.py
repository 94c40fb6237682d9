"""The clock of a mapped file: from time stamps, from a rate, or, said aloud, from nothing.

Stamps are kept as they are. Where a rate is given beside them, the samples are taken as regular
and the stamps say where the record has gaps; where they contradict each other, that is an error.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import numpy as np
from numpy.typing import NDArray

from neurokit.errors import FileContentError, OptionError, TimeError
from neurokit.schema import Finding
from neurokit.schema.time import nominal_rate, regular_time
from neurokit_loaders._neurons import time_findings
from neurokit_loaders.mapping import INDEX, ClockMap
from neurokit_loaders.mapping_source import Found, Names, holds, proposal

FloatArray = NDArray[np.float64]

# Share by which a stated rate may differ from that of the stamps: clocks drift.
_DRIFT = 1e-3
# A record that skips more often than at every tenth sample has another rate.
_MOST_GAPS = 0.1


@dataclass
class Clock:
    """Seconds from the first sample, and what else is known of time."""

    time: FloatArray
    rate: float | None
    origin: str = "first sample"
    offset: float = 0.0
    run: NDArray[np.int64] | None = None
    start_time: str = ""
    findings: list[Finding] = field(default_factory=list)

    def words(self) -> dict[str, Any]:
        """Return what the builders of groups take."""
        return {
            "time": self.time,
            "rate": self.rate,
            "time_origin": self.origin,
            "time_offset": self.offset,
        }


def read_clock(names: Names, clock: ClockMap, n: int, group: str, trials: bool = False) -> Clock:
    """Return the clock of `n` samples.

    Parameters
    ----------
    names : Names
        The file.
    clock : ClockMap
        What the user said.
    n : int
        Samples of the signal.
    group : str
        Which group it is for, for messages.
    trials : bool, default False
        Stamps count from each trial's event and are not shifted to begin at 0.

    Raises
    ------
    TimeError
        If neither stamps nor a rate are known, or they contradict the signal or each other.
    """
    rate = read_rate(names, clock)
    if clock.time is None:
        if rate is None:
            raise TimeError(
                f"neither time nor rate is given for {group}. {holds(names.source)}",
                where=str(names.source.path),
                mend=f"Give rate= in Hz, time=, or time='index' if no rate is known. "
                f"{proposal(names.source, names.loader)}",
            )
        return Clock(regular_time(n, rate), rate, "event" if trials else "first sample")
    if clock.time == INDEX and INDEX not in names.source.entries:
        if rate is not None:
            raise OptionError(
                "time='index' says that no rate is known, and rate= gives one",
                where=group,
                mend="Leave one of them out.",
            )
        return _counted(n, group)
    found = names.one(clock.time, "time")
    values = found.vector()
    if values.size != n:
        raise TimeError(
            f"{found.entry} has {values.size} time stamps for {n} samples of {group}",
            where=str(names.source.path),
            mend="Check dims= (which dim is time), or find out which of the two is cut.",
        )
    where = f"{group} time"
    if values.dtype.kind in "US":
        return _from_dates(values, rate, found, where)
    stamps = np.asarray(values, dtype=np.float64) * clock.unit
    return _from_stamps(stamps, rate, found, where, trials)


def read_rate(names: Names, clock: ClockMap) -> float | None:
    """Return the rate in Hz, from the variable that holds it if one is named.

    Raises
    ------
    TimeError
        If that variable is not one positive number.
    """
    if not isinstance(clock.rate, str):
        return clock.rate
    found = names.one(clock.rate, "rate")
    found.require("number")
    values = found.read().reshape(-1)
    if values.size != 1 or not (np.isfinite(values[0]) and values[0] > 0):
        raise TimeError(
            f"{found.entry} is no rate",
            where=str(names.source.path),
            mend="Name a variable that holds one positive number, or give rate= in Hz.",
        )
    return float(values[0])


def _counted(n: int, group: str) -> Clock:
    found = "time counts samples: the file says no rate, and none was given"
    mend = "Find the rate and open the file with rate= in Hz."
    noticed = Finding("NK822", "VIOLATION", f"{group} time", found, mend)
    origin = "first sample; samples are counted, no rate is known"
    return Clock(np.arange(n, dtype=np.float64), None, origin, findings=[noticed])


def _from_dates(values: NDArray[Any], rate: float | None, found: Found, where: str) -> Clock:
    import pandas as pd

    try:
        dates = pd.to_datetime(pd.Series(values.tolist()), format="ISO8601")
        since = (dates - dates.iloc[0]).dt.total_seconds()
    except (ValueError, TypeError, AttributeError) as error:
        raise FileContentError(
            f"{found.entry} holds no times: {str(error).splitlines()[0]}",
            where=str(found.source.path),
            mend="Times are numbers, or dates such as 2017-11-02 12:33:05.090.",
        ) from error
    clock = _from_stamps(np.asarray(since, dtype=np.float64), rate, found, where, False)
    first = dates.iloc[0]
    clock.origin = f"first sample, {first.isoformat()} by the file's clock"
    clock.start_time = first.isoformat() if first.tzinfo is not None else ""
    return clock


def _from_stamps(
    stamps: FloatArray, rate: float | None, found: Found, where: str, trials: bool
) -> Clock:
    if not np.isfinite(stamps).all():
        raise TimeError(
            f"{int((~np.isfinite(stamps)).sum())} values of {found.entry} are no times, the "
            f"first at index {int(np.flatnonzero(~np.isfinite(stamps))[0])}",
            where=str(found.source.path),
            mend="Repair the time stamps, or give rate= instead of time=.",
        )
    back = np.flatnonzero(np.diff(stamps) < 0)
    if back.size:
        raise TimeError(
            f"time goes back {back.size} times, first at index {int(back[0]) + 1}",
            where=str(found.source.path),
            mend="Sort the samples, or give rate= instead of time= if the stamps are wrong.",
        )
    offset = 0.0 if trials or not stamps.size else float(stamps[0])
    clock = Clock(stamps - offset, rate, "event" if trials else "first sample", offset)
    if rate is None:
        _judge(clock, where)
    else:
        _make_regular(clock, rate, found, where)
    return clock


def _judge(clock: Clock, where: str) -> None:
    """Give the clock its rate if the stamps have one; say so if they have none or repeat."""
    clock.findings += _stuck(clock.time, where)
    rate = nominal_rate(clock.time)
    if rate is None:
        if not clock.findings:
            clock.findings += time_findings(clock.time, None)
        return
    # What is printed with nine digits cannot tell 1000.0000000001 Hz from 1000 Hz.
    clock.rate = float(f"{rate:.9g}")
    exact = regular_time(clock.time.size, clock.rate, float(clock.time[0]))
    if np.abs(exact - clock.time).max() <= 1e-9:
        clock.time = exact
    else:
        clock.rate = rate


def _stuck(time: FloatArray, where: str) -> list[Finding]:
    repeated = np.flatnonzero(np.diff(time) == 0) + 1
    if not repeated.size:
        return []
    found = (
        f"{repeated.size} time stamps repeat the one before, the first at index {repeated[0]}: "
        "time is irregular"
    )
    mend = "If sampling was regular, open the file with rate= in Hz as well."
    return [Finding("NK823", "VIOLATION", where, found, mend)]


def _make_regular(clock: Clock, rate: float, found: Found, where: str) -> None:
    """Replace stamps by a regular axis at `rate`, in runs between gaps."""
    stamps, n = clock.time, clock.time.size
    starts = np.array([0]) if _stuck(stamps, where) else _run_starts(stamps, rate)
    lengths = np.diff([*starts, n])
    begin = np.repeat(stamps[starts], lengths)
    within = np.arange(n) - np.repeat(starts, lengths)
    regular = begin + within / rate
    apart = np.abs(regular - stamps)
    allowed = 1.5 / rate + _DRIFT * within / rate
    if starts.size == 1:
        # Stamps that stood still and then went on right are the clock's fault, not the samples'.
        allowed = np.where(np.arange(n) == n - 1, allowed, np.inf)
    denied = (apart > allowed).any() or (np.diff(regular) <= 0).any()
    if n > 1 and (denied or starts.size > _MOST_GAPS * n):
        span = float(stamps[-1] - stamps[0])
        raise TimeError(
            f"rate is {rate:g} Hz, but {found.entry} has {n} stamps in {span:g} s "
            f"({(n - 1) / span if span else np.inf:g} per s)",
            where=str(found.source.path),
            mend="Correct rate=, or leave it out to keep the stamps as they are.",
        )
    clock.time = regular
    if starts.size > 1:
        clock.run = np.repeat(np.arange(starts.size), lengths)
        gaps = f"{starts.size - 1} gaps, the first after {stamps[starts[1] - 1]:g} s"
        mend = "Nothing crosses a gap: the coordinate run changes there."
        clock.findings.append(Finding("NK825", "SUGGESTION", where, f"the record has {gaps}", mend))
    if n and apart.max() > 1e-6:
        text = f"time is regular at {rate:g} Hz; stamps differ by up to {apart.max():.3g} s"
        mend = "Leave rate= out to keep the stamps as they are."
        clock.findings.append(Finding("NK824", "SUGGESTION", where, text, mend))


def _run_starts(stamps: FloatArray, rate: float) -> NDArray[np.int64]:
    """Return where runs begin: at 0 and behind every step that skips samples."""
    steps = np.diff(stamps)
    # Stamps printed with few digits jitter by one of them to either side.
    levels = np.diff(np.unique(np.round(steps, 7)))
    jitter = float(levels.min()) if levels.size and levels.min() < 1.0 / rate else 0.0
    gaps = np.flatnonzero(steps > 1.5 / rate + 2 * jitter) + 1
    return np.concatenate([[0], gaps]).astype(np.int64)


def unix_start(clock: Clock) -> str:
    """Return the start of a clock that counts seconds since 1970, in ISO 8601."""
    return datetime.fromtimestamp(clock.offset, UTC).isoformat()
