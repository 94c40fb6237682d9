"""Zero-phase Butterworth filters in second-order sections, and the envelope of what they pass."""

from __future__ import annotations

from typing import Literal

import numpy as np
import numpy.typing as npt
from scipy import fft
from scipy import signal as scipy_signal

from neurokit.errors import OptionError
from neurokit.signal.gaps import extend

Array = npt.NDArray[np.float64]

SETTLED = 1e-3
"""Padding lasts until the slowest pole has decayed to this share."""


def design(low: float | None, high: float | None, rate: float, order: int) -> Array:
    """Second-order sections that pass `low` to `high` Hz; None leaves that side open."""
    check_band(low, high, rate)
    if order < 1:
        raise OptionError(f"found {order}", where="order", mend="Use a whole number from 1 up.")
    edges = [edge for edge in (low, high) if edge is not None]
    kind: Literal["bandpass", "lowpass", "highpass"]
    kind = "lowpass" if low is None else "highpass" if high is None else "bandpass"
    sections = scipy_signal.butter(
        order, edges if len(edges) == 2 else edges[0], btype=kind, fs=rate, output="sos"
    )
    return np.asarray(sections, dtype=np.float64)


def check_band(low: float | None, high: float | None, rate: float) -> None:
    """Raise an OptionError unless 0 < low < high < rate / 2."""
    nyquist = rate / 2
    if low is None and high is None:
        raise OptionError("both are None", where="low, high", mend="Give at least one, in Hz.")
    for name, value in (("low", low), ("high", high)):
        if value is not None and not 0 < value < nyquist:
            raise OptionError(
                f"found {value:g} Hz, which is not between 0 and the Nyquist frequency "
                f"{nyquist:g} Hz (sampling rate {rate:g} Hz)",
                where=name,
                mend=f"Use a frequency below {nyquist:g} Hz, or None to leave this side open.",
            )
    if low is not None and high is not None and low >= high:
        raise OptionError(
            f"found low = {low:g} Hz and high = {high:g} Hz",
            where="low, high",
            mend="Give the lower frequency first; for a low-pass use low=None.",
        )


def settling_samples(sections: Array) -> int:
    """Samples until the slowest pole has decayed to `SETTLED`."""
    _, poles, _ = scipy_signal.sos2zpk(sections)
    radius = float(np.abs(poles).max())
    return int(np.ceil(np.log(SETTLED) / np.log(radius))) if radius > 0 else 1


def filter_rows(rows: Array, sections: Array) -> Array:
    """Rows (series, time) filtered forwards and backwards, their ends mirrored oddly."""
    n_pad = min(settling_samples(sections), rows.shape[-1] - 1)
    return np.asarray(
        scipy_signal.sosfiltfilt(sections, rows, axis=-1, padtype="odd", padlen=n_pad)
    )


def envelope_rows(rows: Array, sections: Array) -> Array:
    """|x + i H x| of the filtered rows; filter and Hilbert transform share one padding."""
    n_times = rows.shape[-1]
    n_pad = settling_samples(sections)
    padded = extend(rows, n_pad, n_pad)
    filtered = scipy_signal.sosfiltfilt(sections, padded, axis=-1, padtype=None)
    n_fft = fft.next_fast_len(padded.shape[-1])
    result = np.empty_like(rows)
    # One row at a time: a batched FFT may round by batch size, and blocks must not show.
    for row, target in zip(filtered, result, strict=True):
        target[:] = np.abs(scipy_signal.hilbert(row, N=n_fft))[n_pad : n_pad + n_times]
    return result
