"""Power spectral density of long signals, block by block.

Reference: P. D. Welch, IEEE Trans. Audio Electroacoust. 15, 70 (1967),
https://doi.org/10.1109/TAU.1967.1161901
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]


def segment_length(rate: float, n_samples: int, seconds: float = 2.0) -> int:
    """Return the samples of a Welch segment: about `seconds`, never more than there are."""
    return max(2, min(round(rate * seconds), n_samples))


class PowerSpectrum:
    """Mean periodogram of half-overlapping Hann-windowed segments, fed block by block.

    S(f) = 2 |FFT(w (x - mean x))|^2 / (rate sum w^2), averaged over segments. A segment in
    which a channel has a NaN does not count for that channel.

    Parameters
    ----------
    rate : float
        Samples per second, Hz.
    n_segment : int
        Samples per segment; the resolution is ``rate / n_segment`` Hz.
    n_columns : int
        Number of neurons or channels.
    """

    def __init__(self, rate: float, n_segment: int, n_columns: int) -> None:
        self.rate, self.n_segment = rate, n_segment
        self.frequency = np.fft.rfftfreq(n_segment, 1.0 / rate)
        self._total = np.zeros((self.frequency.size, n_columns))
        self._count = np.zeros(n_columns, dtype=np.int64)

    def add(self, block: Array) -> None:
        """Take in a block; no segment reaches over its edges.

        Parameters
        ----------
        block : (n, n_columns) array
            Consecutive samples. Blocks shorter than a segment are passed over.
        """
        hop = max(1, self.n_segment // 2)
        window = _hann(self.n_segment)
        scale = 2.0 / (self.rate * np.sum(window**2))
        for start in range(0, len(block) - self.n_segment + 1, hop):
            part = np.asarray(block[start : start + self.n_segment], dtype=np.float64)
            whole = np.isfinite(part).all(axis=0)
            part = np.where(whole, part, 0.0)
            spectrum = np.fft.rfft(window[:, None] * (part - part.mean(axis=0)), axis=0)
            self._total += scale * np.abs(spectrum) ** 2
            self._count += whole

    def density(self) -> Array:
        """Return the density so far.

        Returns
        -------
        (n_frequencies, n_columns) ndarray of float64
            Squared units per Hz; NaN for a column without a whole segment.
        """
        density: Array = np.where(self._count > 0, self._total / np.maximum(self._count, 1), np.nan)
        # Zero frequency and, for even lengths, the last one have no mirror image to double for.
        density[0] /= 2
        if self.n_segment % 2 == 0:
            density[-1] /= 2
        return density


def _hann(n: int) -> Array:
    """Return the periodic Hann window."""
    window: Array = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(n) / n)
    return window
