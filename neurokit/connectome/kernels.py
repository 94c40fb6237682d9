"""How strongly two neurons co-fluctuate at one moment: formulas on arrays, binned in time.

Rows are neurons or pairs, columns time. A kernel gives signed values; they are averaged over
a bin first and cut at zero after, so that the chance agreement of independent neurons, which
is half of all frames, cancels within a bin instead of adding a floor.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numba
import numpy as np
from numpy.typing import NDArray

from neurokit.connectome.pairs import Index
from neurokit.errors import OptionError

Array = NDArray[np.float64]
Traces = NDArray[np.floating[Any]]
Kernel = Callable[[Traces, Traces], Traces]

# Entries of the pair x frame table that exist at once (16 MB in float32).
_BLOCK = 2**22


@dataclass(frozen=True)
class Bins:
    """Which frames go into which bin.

    Parameters
    ----------
    frames : (n_bins * width,) ndarray of int
        The frames of all bins, one bin after the other; no bin crosses a change of run.
    width : int
        Frames per bin.
    """

    frames: Index
    width: int


def whole_bins(runs: Sequence[slice], width: int) -> Bins:
    """Cut every run into bins of `width` frames; a rest shorter than a bin is left out.

    Parameters
    ----------
    runs : sequence of slice
        Stretches that nothing may cross.
    width : int
        Frames per bin.

    Returns
    -------
    Bins
        In time order.

    Examples
    --------
    >>> whole_bins([slice(0, 5), slice(5, 9)], 2).frames
    array([0, 1, 2, 3, 5, 6, 7, 8])
    """
    parts = [np.arange(r.start, r.stop - (r.stop - r.start) % width) for r in runs]
    return Bins(np.concatenate(parts).astype(np.int64), width)


def differential(first: Traces, second: Traces) -> Traces:
    """sign(d_i d_j) sqrt(|d_i d_j|): the geometric mean of two derivatives."""
    both: Traces = first * second
    signed: Traces = np.sign(both) * np.sqrt(np.abs(both))
    return signed


def minimum(first: Traces, second: Traces) -> Traces:
    """sign(d_i d_j) min(|d_i|, |d_j|): as strong as the weaker of the two."""
    return np.sign(first * second) * np.minimum(np.abs(first), np.abs(second))


def product(first: Traces, second: Traces) -> Traces:
    """d_i d_j: averaged over a bin, the covariance of the derivatives."""
    return first * second


def rising(first: Traces, second: Traces) -> Traces:
    """sqrt(max(d_i, 0) max(d_j, 0)): only where both rise."""
    mean: Traces = np.sqrt(np.maximum(first, 0) * np.maximum(second, 0))
    return mean


def window_sum(values: Array, reach: int, runs: Sequence[slice]) -> Array:
    """Sum over frames t - reach ... t + reach of the same run.

    Parameters
    ----------
    values : (rows, time) ndarray of float64
        What is summed.
    reach : int
        Frames to either side.
    runs : sequence of slice
        Stretches that the window does not leave.

    Returns
    -------
    (rows, time) ndarray
        Sums.
    """
    out = np.empty_like(values)
    for run in runs:
        total = np.pad(np.cumsum(values[:, run], axis=1), ((0, 0), (1, 0)))
        frame = np.arange(run.stop - run.start)
        upper = np.minimum(frame + reach + 1, frame.size)
        out[:, run] = total[:, upper] - total[:, np.maximum(frame - reach, 0)]
    return out


def part_of(runs: Sequence[slice], start: int, stop: int) -> list[slice]:
    """Return what a stretch of frames holds of every run, counted from its first frame.

    Parameters
    ----------
    runs : sequence of slice
        Stretches that nothing may cross.
    start, stop : int
        The frames kept.

    Returns
    -------
    list of slice
        Runs without a frame in it are left out.

    Examples
    --------
    >>> part_of([slice(0, 5), slice(5, 9)], 3, 8)
    [slice(0, 2, None), slice(2, 5, None)]
    """
    cut = [(max(r.start, start) - start, min(r.stop, stop) - start) for r in runs]
    return [slice(a, b) for a, b in cut if a < b]


def windowed_correlation(reach: int, runs: Sequence[slice]) -> Kernel:
    """Pearson correlation over frames t - reach ... t + reach observed in both neurons.

    Parameters
    ----------
    reach : int
        Frames to either side.
    runs : sequence of slice
        Stretches that the window does not leave.

    Returns
    -------
    callable
        A kernel; 0 where a neuron does not vary, NaN with fewer than 3 frames in the window.
    """

    def kernel(first: Traces, second: Traces) -> Traces:
        both = ~np.isnan(first * second)
        x, y = (np.where(both, z, 0).astype(np.float64) for z in (first, second))
        count, sx, sy, sxx, syy, sxy = (
            window_sum(v, reach, runs) for v in (both.astype(float), x, y, x * x, y * y, x * y)
        )
        n = np.maximum(count, 1)
        spread = np.sqrt(np.maximum(sxx - sx**2 / n, 0) * np.maximum(syy - sy**2 / n, 0))
        # Below this, what is left of the difference of sums is rounding.
        flat = spread <= 1e-10 * np.sqrt(sxx * syy)
        r = np.where(flat, 0.0, (sxy - sx * sy / n) / np.where(flat, 1.0, spread))
        return np.where(both & (count >= 3), np.clip(r, -1, 1), np.nan)

    return kernel


def check_kernel(kernel: Kernel) -> None:
    """Refuse a callable that does not take two blocks.

    Parameters
    ----------
    kernel : callable
        What the user gave.

    Raises
    ------
    OptionError
        If it takes another number of arguments.
    """
    try:
        inspect.signature(kernel).bind(None, None)
    except TypeError as error:
        raise OptionError(
            f"the callable does not take two arguments ({error})",
            where="kind",
            mend="Give one that takes the slopes of both members, (pairs, frames) each.",
        ) from error
    except ValueError:
        # Some compiled functions do not say what they take.
        return


def bin_mean(values: Traces, bins: Bins) -> Traces:
    """Mean over the observed frames of each bin; NaN where none was observed.

    Parameters
    ----------
    values : (rows, time) ndarray
        Frames.
    bins : Bins
        Which frames belong together.

    Returns
    -------
    (rows, n_bins) ndarray of float64, or `values` itself where every frame is a bin
        Means.
    """
    if bins.width == 1:
        return values if bins.frames.size == values.shape[1] else values[:, bins.frames]
    boxes = values[:, bins.frames].reshape(len(values), -1, bins.width)
    seen = ~np.isnan(boxes)
    count = seen.sum(axis=2)
    total = np.where(seen, boxes, 0).sum(axis=2, dtype=np.float64)
    return np.where(count > 0, total / np.maximum(count, 1), np.nan)


@numba.njit(cache=True, nogil=True)
def _fused(
    traces: Any, first: Index, second: Index, frames: Index, width: int, code: int, out: Any
) -> None:
    for p in range(first.size):
        x, y = traces[first[p]], traces[second[p]]
        if width == 1 and code == 0:
            # Single frames lie side by side: a loop without branches, several at once. Zero times
            # NaN hands NaN on.
            for b in range(out.shape[1]):
                both = x[frames[0] + b] * y[frames[0] + b]
                out[p, b] = np.sqrt(both if both > 0 else 0.0 * both) + 0.0
            continue
        for b in range(out.shape[1]):
            total, count = 0.0, 0
            for k in range(b * width, (b + 1) * width):
                one, other = x[frames[k]], y[frames[k]]
                both = one * other
                if both == both:
                    if code == 0:
                        size = np.sqrt(np.abs(both))
                        total += size if both > 0 else -size
                    elif code == 1:
                        size = min(np.abs(one), np.abs(other))
                        total += size if both > 0 else -size
                    elif code == 2:
                        total += both
                    elif one > 0 and other > 0:
                        total += np.sqrt(one * other)
                    count += 1
            out[p, b] = max(total / count, 0.0) if count else np.nan


# Kernels with a compiled form: no table of pairs x frames is made.
_CODES: dict[Kernel, int] = {differential: 0, minimum: 1, product: 2, rising: 3}


def pair_affinity(
    traces: Traces,
    first: Index,
    second: Index,
    kernel: Kernel,
    bins: Bins,
    out: NDArray[np.float32] | None = None,
) -> NDArray[np.float32]:
    """a[p, b] = max(0, mean over frames of bin b of kernel(x_first, x_second)).

    Parameters
    ----------
    traces : (neuron, time) ndarray
        Derivatives, or traces where the kernel takes those; NaN where not observed.
    first, second : (n_pairs,) ndarray of int
        Members of each pair.
    kernel : callable
        From two blocks (pairs, time) to signed values.
    bins : Bins
        Which frames belong together.
    out : (n_pairs, n_bins) ndarray of float32, optional
        Written to; None makes one.

    Returns
    -------
    (n_pairs, n_bins) ndarray of float32
        Non-negative, NaN where a neuron is missing.
    """
    if out is None:
        out = np.empty((len(first), len(bins.frames) // bins.width), dtype=np.float32)
    if kernel in _CODES:
        rows = np.ascontiguousarray(traces)
        _fused(rows, first, second, bins.frames, bins.width, _CODES[kernel], out)
        return out
    step = max(1, _BLOCK // traces.shape[1])
    for start in range(0, len(first), step):
        block = slice(start, start + step)
        values = kernel(traces[first[block]], traces[second[block]])
        if np.shape(values) != (len(first[block]), traces.shape[1]):
            raise OptionError(
                f"the callable made shape {np.shape(values)} of blocks of "
                f"{(len(first[block]), traces.shape[1])}",
                where="kind",
                mend="Return one value for every pair and frame.",
            )
        # maximum() hands NaN on, so a missing neuron stays missing.
        out[block] = np.maximum(bin_mean(values, bins), 0)
    return out
