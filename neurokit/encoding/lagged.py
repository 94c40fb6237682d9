"""Sums of lagged features without the lagged matrix: its Gram is block-Toeplitz up to edges.

With G(l, m) = sum_t x[t-l] x[t-m]' over the rows a <= t < b of a record (x is 0 outside it),
    G(l+1, m+1) = G(l, m) + x[a-1-l] x[a-1-m]' - x[b-1-l] x[b-1-m]',
so that one block row is summed over time and the others follow. Array layer, float64.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from neurokit.encoding.sums import FeatureSums, TargetSums
from neurokit.errors import OptionError, SchemaError

Array = NDArray[np.float64]

# Rows of the lagged matrix that exist at a time, as values.
AT_A_TIME = 1 << 20


@dataclass(frozen=True)
class Lags:
    """Consecutive lags in samples, ``first`` to ``last``; positive lags are causes in the past."""

    first: int
    last: int

    @classmethod
    def of(cls, tmin: float, tmax: float, rate: float) -> Lags:
        """Return floor(tmin rate) to ceil(tmax rate).

        Parameters
        ----------
        tmin, tmax : float
            Seconds.
        rate : float
            Samples per second.

        Returns
        -------
        Lags
            Whole samples within a rounding error of 1e-6 samples.

        Raises
        ------
        OptionError
            If tmax is before tmin.
        """
        if not (np.isfinite(tmin) and np.isfinite(tmax) and tmin <= tmax):
            raise OptionError(
                f"found tmin = {tmin!r} and tmax = {tmax!r}",
                where="tmin, tmax",
                mend="Give seconds, the smaller first.",
            )
        return cls(int(np.floor(tmin * rate + 1e-6)), int(np.ceil(tmax * rate - 1e-6)))

    def __len__(self) -> int:
        return self.last - self.first + 1

    @property
    def samples(self) -> NDArray[np.int64]:
        """All lags, increasing."""
        return np.arange(self.first, self.last + 1)

    @property
    def reversed(self) -> Lags:
        """The lags of the model in the other direction."""
        return Lags(-self.last, -self.first)

    @property
    def reach(self) -> int:
        """Largest distance of a lag from 0."""
        return max(abs(self.first), abs(self.last))

    def complete_rows(self, n: int) -> tuple[int, int]:
        """Return the rows of a record for which every lagged sample exists.

        Parameters
        ----------
        n : int
            Samples of the record.

        Returns
        -------
        tuple of int
            First, and one past the last.
        """
        return max(0, self.last), n + min(0, self.first)


class LaggedRecord:
    """The features of one record, padded so that every lag can be read.

    Parameters
    ----------
    x : (n, f) ndarray
        Features over time.
    lags : Lags
        Which.
    name : str
        Of the record, for errors.

    Raises
    ------
    SchemaError
        If the record is not longer than the lags reach.
    """

    def __init__(self, x: Array, lags: Lags, name: str = "X") -> None:
        self.n, self.f, self.lags = len(x), x.shape[1], lags
        if self.n <= max(lags.reach, len(lags) - 1):
            raise SchemaError(
                f"has {self.n} samples, but lags reach over {max(lags.reach, len(lags) - 1)}",
                where=name,
                mend="Leave out trials shorter than the lags, or shorten tmin and tmax.",
            )
        self.before, after = max(0, lags.last) + 1, max(0, -lags.first)
        self.x = np.pad(np.asarray(x, dtype=np.float64), ((self.before, after), (0, 0)))

    def rows(self, first: int, last: int) -> Iterator[tuple[slice, Array]]:
        """Yield blocks of rows of the lagged matrix.

        Parameters
        ----------
        first, last : int
            Rows wanted.

        Yields
        ------
        rows : slice
            Of the record.
        block : (m, n_lags * f) ndarray
            Lags slow and decreasing, features fast.
        """
        width = len(self.lags) * self.f
        step = max(1, AT_A_TIME // width)
        windows = sliding_window_view(self.x, (len(self.lags), self.f))[:, 0]
        for start in range(first, last, step):
            stop = min(start + step, last)
            low = start - self.lags.last + self.before
            block = windows[low : low + stop - start]
            yield slice(start, stop), block.reshape(stop - start, width)

    def at(self, times: NDArray[np.int64]) -> Array:
        """Return x at these samples, 0 outside the record.

        Parameters
        ----------
        times : (m,) ndarray of int
            Samples.

        Returns
        -------
        (m, f) ndarray
            Values.
        """
        inside = (times >= 0) & (times < self.n)
        found = np.zeros((times.size, self.f))
        found[inside] = self.x[times[inside] + self.before]
        return found

    def sums(
        self, first: int, last: int, y: Array | None = None
    ) -> tuple[FeatureSums, TargetSums | None]:
        """Sum rows of the lagged matrix.

        Parameters
        ----------
        first, last : int
            Rows.
        y : (last - first, t) ndarray, optional
            Targets of these rows.

        Returns
        -------
        features : FeatureSums
            (n_lags * f,), lags slow and increasing, features fast; the share of the record is
            its number of records.
        targets : TargetSums or None
            If y is given.
        """
        n_lags, f, rows = len(self.lags), self.f, last - first
        times = np.arange(first, last)
        beside = [np.ones((rows, 1)), self.at(times - self.lags.first)]
        right = np.hstack(beside if y is None else [*beside, y])
        found = np.zeros((n_lags * f, right.shape[1]))
        for part, block in self.rows(first, last):
            found += block.T @ right[part.start - first : part.stop - first]
        found = found.reshape(n_lags, f, -1)[::-1]
        gram = self._gram(first, last, found[:, :, 1 : 1 + f])
        features = FeatureSums(rows, found[:, :, 0].ravel(), gram, rows / self.n)
        if y is None:
            return features, None
        cross = found[:, :, 1 + f :].reshape(n_lags * f, -1)
        return features, TargetSums(y.sum(axis=0), np.einsum("ij,ij->j", y, y), cross)

    def _gram(self, first: int, last: int, column: Array) -> Array:
        """All blocks from sum_t x[t-m] x[t-l0]', (n_lags, f, f), and the edges."""
        n_lags, f = len(self.lags), self.f
        enters = self.at(first - 1 - self.lags.samples)
        leaves = self.at(last - 1 - self.lags.samples)
        gram = np.empty((n_lags, f, n_lags, f))
        gram[0] = column.transpose(2, 0, 1)
        for k in range(1, n_lags):
            rest = n_lags - k
            step = np.einsum("i,mj->imj", enters[k - 1], enters[k - 1 : k - 1 + rest])
            step -= np.einsum("i,mj->imj", leaves[k - 1], leaves[k - 1 : k - 1 + rest])
            gram[k, :, k:] = gram[k - 1, :, k - 1 : -1] + step
            gram[k, :, :k] = gram[:k, :, k].transpose(2, 0, 1)
        return gram.reshape(n_lags * f, n_lags * f)

    def predict(self, coef: Array) -> Array:
        """Return the lagged features times weights.

        Parameters
        ----------
        coef : (n_lags * f, t) ndarray
            Lags slow and increasing.

        Returns
        -------
        (n, t) ndarray
            One row per sample.
        """
        backwards = coef.reshape(len(self.lags), self.f, -1)[::-1]
        weights = backwards.reshape(len(self.lags) * self.f, -1)
        out = np.empty((self.n, weights.shape[1]))
        for part, block in self.rows(0, self.n):
            out[part] = block @ weights
        return out


def difference_penalty(n_lags: int, n_features: int) -> Array:
    """Return M with w' M w = sum_f sum_l (w[l+1, f] - w[l, f])^2.

    Parameters
    ----------
    n_lags, n_features : int
        Lags are slow.

    Returns
    -------
    (n_lags * n_features, n_lags * n_features) ndarray
        Positive semi-definite; with one lag it is the identity.
    """
    if n_lags == 1:
        return np.eye(n_features)
    step = np.diff(np.eye(n_lags), axis=0)
    return np.asarray(np.kron(step.T @ step, np.eye(n_features)), dtype=np.float64)
