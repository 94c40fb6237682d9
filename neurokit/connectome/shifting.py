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
    n_recordings, n_neurons, n = movement.values.shape
    start = rng.integers(0, n, size=(n_recordings, 1 if together else n_neurons, 1))
    source = np.broadcast_to((np.arange(n) - start) % n, movement.values.shape)
    return replace(movement, values=np.take_along_axis(movement.values, source, axis=-1))


def dense(movement: Movement) -> NDArray[np.float32]:
    """Affinity of all pairs in all bins, as ``nk.connectome.affinity`` computes it.

    Parameters
    ----------
    movement : Movement
        Slopes or traces.

    Returns
    -------
    (pair, bin, recording) ndarray of float32
        NaN where a neuron is missing.
    """
    n_recordings, n_neurons, n_frames = movement.values.shape
    first, second = pair_index(n_neurons)
    shape = (len(first), n_frames // movement.width, n_recordings)
    out = np.full(shape, np.nan, dtype=np.float32)
    bins = kernels.Bins(np.arange(n_frames), movement.width)
    for w, rows in enumerate(movement.values):
        seen = np.isfinite(rows).any(axis=1)
        if movement.half is not None and np.isfinite(rows[seen]).all():
            pairs = seen[first] & seen[second]
            out[pairs, :, w] = _by_matrix(movement.half(rows[seen]), movement.width)
        else:
            out[:, :, w] = kernels.pair_affinity(rows, first, second, movement.kernel, bins)
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
