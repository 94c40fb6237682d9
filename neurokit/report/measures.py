"""Quality of columns of numbers, fed block by block, so that no recording is too long.

Blocks are merged as in Chan, Golub & LeVeque 1983, https://doi.org/10.1080/00031305.1983.10483115
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]


class ColumnStatistics:
    """Mean, spread, range, missing values, trend and noise of each column.

    Parameters
    ----------
    n_columns : int
        Number of neurons or channels.
    """

    def __init__(self, n_columns: int) -> None:
        self.n_rows = 0
        self.count = np.zeros(n_columns)
        self.mean = np.zeros(n_columns)
        self.minimum = np.full(n_columns, np.inf)
        self.maximum = np.full(n_columns, -np.inf)
        self._squares = np.zeros(n_columns)
        self._mean_time = np.zeros(n_columns)
        self._time_squares = np.zeros(n_columns)
        self._products = np.zeros(n_columns)
        self._steps = np.zeros(n_columns)
        self._n_steps = np.zeros(n_columns)
        self._previous: Array | None = None

    def add(self, time: Array, block: Array, *, continues: bool) -> None:
        """Take in consecutive samples.

        Parameters
        ----------
        time : (n,) array
            Seconds.
        block : (n, n_columns) array
            NaN and infinities count as missing.
        continues : bool
            Whether the block follows the one before without a cut.
        """
        values = np.asarray(block, dtype=np.float64)
        finite = np.isfinite(values)
        self.n_rows += len(values)
        if finite.all():
            low, high = values.min(axis=0), values.max(axis=0)
        else:
            values = np.where(finite, values, np.nan)
            low, high = np.fmin.reduce(values, axis=0), np.fmax.reduce(values, axis=0)
        self.minimum, self.maximum = np.fmin(self.minimum, low), np.fmax(self.maximum, high)
        self._add_steps(values, continues)
        self._merge(np.asarray(time, dtype=np.float64), values, finite)

    def _add_steps(self, values: Array, continues: bool) -> None:
        if continues and self._previous is not None:
            self._count_steps(values[:1] - self._previous)
        self._count_steps(np.diff(values, axis=0))
        self._previous = values[-1:].copy()

    def _count_steps(self, steps: Array) -> None:
        squares = np.einsum("ij,ij->j", steps, steps)
        known = np.full(squares.size, float(len(steps)))
        if not np.isfinite(squares).all():
            finite = np.isfinite(steps)
            squares, known = np.where(finite, steps**2, 0.0).sum(axis=0), finite.sum(axis=0)
        self._steps += squares
        self._n_steps += known

    def _merge(self, time: Array, values: Array, finite: Array) -> None:
        """Add a block's sums about its own means, then what lies between the means."""
        middle = time.mean()
        ahead = time - middle
        if finite.all():
            count = np.full(finite.shape[1], float(len(time)))
            mean, behind = values.mean(axis=0), np.zeros(finite.shape[1])
            time_squares = np.full(finite.shape[1], ahead @ ahead)
            offset = values - mean
        else:
            known = finite.astype(np.float64)
            count = known.sum(axis=0)
            some = np.maximum(count, 1)
            mean, behind = np.where(finite, values, 0.0).sum(axis=0) / some, ahead @ known / some
            time_squares = ahead**2 @ known - count * behind**2
            offset = np.where(finite, values - mean, 0.0)
        # Of (t - mean t)(x - mean x) only one has to be centred for the sum to be right.
        products = ahead @ offset
        mean_time = middle + behind
        total = np.maximum(self.count + count, 1)
        between = self.count * count / total
        apart, later = mean - self.mean, mean_time - self._mean_time
        self._squares += np.einsum("ij,ij->j", offset, offset) + between * apart**2
        self._time_squares += time_squares + between * later**2
        self._products += products + between * apart * later
        self.mean = self.mean + apart * count / total
        self._mean_time = self._mean_time + later * count / total
        self.count = self.count + count

    @property
    def sd(self) -> Array:
        """Standard deviation, divided by n; NaN where nothing was observed."""
        return self._observed(np.sqrt(self._squares / np.maximum(self.count, 1)))

    @property
    def missing_share(self) -> Array:
        """Share of samples that are NaN or infinite."""
        return np.asarray(1.0 - self.count / max(self.n_rows, 1))

    @property
    def noise(self) -> Array:
        """Standard deviation of white noise with the same mean squared step."""
        mean_step = self._steps / np.maximum(self._n_steps, 1)
        return np.where(self._n_steps > 0, np.sqrt(mean_step / 2.0), np.nan)

    @property
    def slope(self) -> Array:
        """Slope of the least-squares line through all samples, per second."""
        known = self._time_squares > 0
        return np.where(known, self._products / np.where(known, self._time_squares, 1.0), np.nan)

    @property
    def flat(self) -> Array:
        """Whether a column was observed and never changed."""
        return np.asarray((self.count > 0) & (self.minimum == self.maximum))

    def range(self) -> tuple[Array, Array]:
        """Return the least and the largest value; NaN where nothing was observed."""
        return self._observed(self.minimum), self._observed(self.maximum)

    def means(self) -> Array:
        """Return the means; NaN where nothing was observed."""
        return self._observed(self.mean)

    def _observed(self, values: Array) -> Array:
        return np.where(self.count > 0, values, np.nan)


def line_noise_share(frequency: Array, density: Array) -> tuple[Array, float] | None:
    """Return the share of power that mains hum adds, and whether it hums at 50 or 60 Hz.

    The power within 1 Hz of the mains frequency, less what its neighbours at 2 to 5 Hz distance
    let expect, divided by all power above 1 Hz. The frequency with the larger median wins.

    Parameters
    ----------
    frequency : (n_frequencies,) array
        Hz, evenly spaced.
    density : (n_frequencies, n_columns) array
        Power spectral density.

    Returns
    -------
    (n_columns,) ndarray, float or None
        None where the rate is too low to see 50 Hz and its neighbours, or the resolution is
        coarser than 1 Hz.
    """
    found = [
        (_excess(frequency, density, mains), mains)
        for mains in (50.0, 60.0)
        if frequency[-1] >= mains + 5.0 and frequency[1] <= 1.0
    ]
    if not found:
        return None
    return max(found, key=lambda pair: float(np.median(np.nan_to_num(pair[0]))))


def _excess(frequency: Array, density: Array, mains: float) -> Array:
    distance = np.abs(frequency - mains)
    at = distance <= 1.0
    beside = (distance >= 2.0) & (distance <= 5.0)
    expected = np.median(density[beside], axis=0) * at.sum()
    total = density[frequency >= 1.0].sum(axis=0)
    excess = np.maximum(density[at].sum(axis=0) - expected, 0.0)
    return np.where(total > 0, excess / np.where(total > 0, total, 1.0), np.nan)
