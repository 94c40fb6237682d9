"""Affinity of neurons that were shifted in time against each other.

Array layer. Every neuron is shifted circularly by an amount of its own: what it does by itself
stays as it is, moving together is left to chance.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from neurokit.connectome import kernels
from neurokit.connectome.pairs import pair_index

Traces = NDArray[np.floating[Any]]
Half = Callable[[Traces], Traces]

# Entries of the bin x neuron x neuron table that exist at once (32 MB in float32).
_BLOCK = 2**23


def _root(d: Traces) -> Traces:
    half: Traces = np.sign(d) * np.sqrt(np.abs(d))
    return half


def _itself(d: Traces) -> Traces:
    return d


def _rising_root(d: Traces) -> Traces:
    half: Traces = np.sqrt(np.maximum(d, 0))
    return half


# Kinds whose value at a frame is h(d_i) h(d_j): all pairs of a bin are one matrix product.
HALVES: dict[str, Half] = {"differential": _root, "product": _itself, "rising": _rising_root}


@dataclass(frozen=True)
class Movement:
    """What affinity is computed from, on the frames of whole bins.

    Parameters
    ----------
    values : (recording, neuron, frame) ndarray
        Slopes or traces; NaN where not observed.
    width : int
        Frames per bin.
    kernel : callable
        From two blocks (pairs, frame) to signed values.
    half : callable, optional
        h of a kind whose value at a frame is h(d_i) h(d_j).
    balance : bool
        Divide every recording by its mean affinity.
    """

    values: Traces
    width: int
    kernel: kernels.Kernel
    half: Half | None = None
    balance: bool = False


def shifted(movement: Movement, rng: np.random.Generator, *, together: bool = False) -> Movement:
    """Shift every neuron circularly by an amount of its own, all amounts equally likely.

    Parameters
    ----------
    movement : Movement
        Of one or several recordings.
    rng : numpy.random.Generator
        Source of the amounts.
    together : bool, default False
        Shift whole recordings instead: all neurons of one by the same amount.

    Returns
    -------
    Movement
        The same values at other times.
    """
    values = movement.values.copy()
    for rows in values:
        # Shifts stay within what was recorded; recordings may be padded to one length.
        n = _length(rows)
        amount = rng.integers(0, max(n, 1), size=(1 if together else len(rows), 1))
        source = np.broadcast_to((np.arange(n) - amount) % max(n, 1), (len(rows), n))
        rows[:, :n] = np.take_along_axis(rows[:, :n], source, axis=1)
    return replace(movement, values=values)


def _length(rows: Traces) -> int:
    """Frames up to the last that any neuron was observed in."""
    seen = np.flatnonzero(np.isfinite(rows).any(axis=0))
    return int(seen[-1]) + 1 if seen.size else 0


def dense(movement: Movement) -> NDArray[np.float32]:
    """Affinity of all pairs in all bins, as ``nk.connectome.affinity`` computes it.

    Parameters
    ----------
    movement : Movement
        Slopes or traces.

    Returns
    -------
    (pair, bin, recording) ndarray of float32
        NaN where a neuron is missing; a recording of fewer than two neurons has no pair.
    """
    n_recordings, n_neurons, n_frames = movement.values.shape
    first, second = pair_index(n_neurons)
    # Recordings lie behind each other in memory: what comes next takes one after the other.
    shape = (n_recordings, len(first), n_frames // movement.width)
    out = np.full(shape, np.nan, dtype=np.float32).transpose(1, 2, 0)
    for w, rows in enumerate(movement.values):
        seen = np.isfinite(rows).any(axis=1)
        whole = _length(rows) // movement.width
        frames = whole * movement.width
        if seen.sum() < 2:
            continue
        if movement.half is not None and np.isfinite(rows[seen, :frames]).all():
            pairs = seen[first] & seen[second]
            out[pairs, :whole, w] = _by_matrix(movement.half(rows[seen, :frames]), movement.width)
        else:
            whole, frames = 0, 0
        if frames < _length(rows):
            # What is left is a bin at the end of the record, or a recording with gaps. Other
            # kinds have windows that know the length of the whole.
            end = -(-_length(rows) // movement.width) * movement.width
            end = end if movement.half is not None else n_frames
            bins = kernels.Bins(np.arange(end - frames), movement.width)
            rest = kernels.pair_affinity(rows[:, frames:end], first, second, movement.kernel, bins)
            out[:, whole : end // movement.width, w] = rest
        if movement.balance:
            out[:, :, w] /= np.nanmean(out[:, :, w], dtype=np.float64) or 1.0
    return out


def _by_matrix(half: Traces, width: int) -> Traces:
    n = len(half)
    moved = half.reshape(n, -1, width).swapaxes(0, 1)
    first, second = pair_index(n)
    place = first * n + second
    out = np.empty((len(place), len(moved)), dtype=half.dtype)
    step = max(1, _BLOCK // (n * n))
    for start in range(0, len(moved), step):
        part = moved[start : start + step]
        table = (part @ part.swapaxes(1, 2)).reshape(len(part), -1)
        out[:, start : start + step] = table[:, place].T
    out /= width
    return np.maximum(out, 0, out=out)
