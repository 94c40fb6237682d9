"""Random draws inside compiled loops, from a stream of their own for every search."""

from __future__ import annotations

import math
from typing import Any

import numba
import numpy as np


def _compiled(function: Any) -> Any:
    return numba.njit(cache=True, nogil=True, error_model="numpy")(function)


@_compiled
def uniform(source):  # type: ignore[no-untyped-def]
    """A number in [0, 1) of the SplitMix64 generator.

    Parameters
    ----------
    source : (1,) ndarray of uint64
        Its state; changed. One per start, so that starts don't share a stream.

    Returns
    -------
    float
        53 random bits.
    """
    source[0] += np.uint64(0x9E3779B97F4A7C15)
    z = source[0]
    z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    z = z ^ (z >> np.uint64(31))
    return (z >> np.uint64(11)) * (1.0 / 9007199254740992.0)


@_compiled
def shuffle(order, source):  # type: ignore[no-untyped-def]
    """Put an array in random order.

    Parameters
    ----------
    order : (n,) ndarray
        Changed.
    source : (1,) ndarray of uint64
        State of the generator.
    """
    for i in range(order.size - 1, 0, -1):
        j = int(uniform(source) * (i + 1))
        order[i], order[j] = order[j], order[i]


@_compiled
def choose(gains, n, temperature, source):  # type: ignore[no-untyped-def]
    """Index drawn with probability proportional to exp(gain / temperature).

    Parameters
    ----------
    gains : (at least n,) ndarray
        Nats.
    n : int
        Only the first n count.
    temperature : float
        0 takes the largest.
    source : (1,) ndarray of uint64
        State of the generator.

    Returns
    -------
    int
        The index.
    """
    best = 0
    for t in range(1, n):
        if gains[t] > gains[best]:
            best = t
    if temperature <= 0.0:
        return best
    total = 0.0
    for t in range(n):
        total += math.exp((gains[t] - gains[best]) / temperature)
    left = uniform(source) * total
    for t in range(n):
        left -= math.exp((gains[t] - gains[best]) / temperature)
        if left <= 0.0:
            return t
    return best
