"""Where epochs and windows lie in a record: whole-number arithmetic, no data.

Runs are slices of the time axis that nothing may cross.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]
Index = npt.NDArray[np.int64]


def whole_samples(seconds: float, rate: float) -> int:
    """Samples in `seconds`, rounded half up."""
    return int(np.floor(seconds * rate + 0.5 + 1e-9))


def nearest_sample(seconds: Array, time: Array) -> Index:
    """Index of the time nearest to each of `seconds`; of two equally near, the later.

    The axis itself is asked, not its nominal rate, which may drift by many samples over an hour.
    """
    if time.size == 1:
        return np.zeros(seconds.shape, dtype=np.int64)
    halfway = (time[1:] + time[:-1]) / 2
    slack = 1e-6 * float(time[-1] - time[0]) / (time.size - 1)
    return np.searchsorted(halfway - slack, seconds, side="right").astype(np.int64)


def epoch_starts(onset: Array, time: Array, runs: Sequence[slice], length: int) -> Index:
    """Index of the sample nearest to each `onset` (s) where a stretch of `length` samples begins.

    -1 where the onset is NaN or lies outside every run by more than half a sample, and where the
    stretch would leave its run.
    """
    starts = np.full(onset.shape, -1, dtype=np.int64)
    for run in runs:
        within = np.flatnonzero(_belongs(onset, time[run]))
        first = run.start + nearest_sample(onset[within], time[run])
        kept = first + length <= run.stop
        starts[within[kept]] = first[kept]
    return starts


def _belongs(onset: Array, time: Array) -> npt.NDArray[np.bool_]:
    half = (time[-1] - time[0]) / max(2 * (time.size - 1), 1)
    with np.errstate(invalid="ignore"):
        return np.asarray((onset >= time[0] - half) & (onset <= time[-1] + half))


def window_starts(runs: Sequence[slice], length: int, step: int) -> Index:
    """First index of windows of `length` samples, every `step` samples from each run's start."""
    starts = [np.arange(run.start, run.stop - length + 1, step, dtype=np.int64) for run in runs]
    return np.concatenate(starts) if starts else np.empty(0, dtype=np.int64)
