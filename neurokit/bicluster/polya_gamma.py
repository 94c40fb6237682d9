"""Draws of Polya-Gamma variables, which make counts conditionally Gaussian.

PG(h, z) = (1 / 2 pi^2) sum_k g_k / ((k - 1/2)^2 + z^2 / 4 pi^2), with g_k ~ Gamma(h, 1). The first
terms are drawn, and the rest is one shifted gamma variable with the mean, the variance and
the third cumulant of what is left out, so that the first three cumulants are exact for every real
h > 0 and the cost does not grow with h.

Polson, Scott & Windle (2013). doi:10.1080/01621459.2013.829001
"""

from __future__ import annotations

import math

import numba
import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

# Terms drawn one by one: at least this many, and as many as reach twice the bend of the spectrum.
_TERMS = 8
# Gauss-Legendre on [0, 1]: integrals of the tail are smooth there.
_NODES = 0.5 * (np.polynomial.legendre.leggauss(6)[0] + 1.0)
_WEIGHTS = 0.5 * np.polynomial.legendre.leggauss(6)[1]


@numba.njit(cache=True, nogil=True)
def _tail(n_terms: int, a2: float, power: int) -> float:
    """Sum over k > n_terms of ((k - 1/2)^2 + a2)^-power, by the midpoint rule's expansion."""
    edge = float(n_terms)
    ratio = a2 / (edge * edge)
    integral = 0.0
    for i in range(_NODES.shape[0]):
        u2 = _NODES[i] * _NODES[i]
        integral += _WEIGHTS[i] * u2 ** (power - 1) / (1.0 + ratio * u2) ** power
    integral *= edge ** (1 - 2 * power)
    slope = -2.0 * power * edge / (edge * edge + a2) ** (power + 1)
    return integral + slope / 24.0


@numba.njit(cache=True, nogil=True)
def draw_one(h: float, z: float, rng: np.random.Generator) -> float:
    """Draw one PG(h, z).

    Parameters
    ----------
    h : float
        Shape, above 0.
    z : float
        Tilt.
    rng : numpy.random.Generator
        Source of what is drawn.

    Returns
    -------
    float
        Above 0.
    """
    a2 = (z / (2.0 * math.pi)) ** 2
    n_terms = _TERMS + int(abs(z) / math.pi)
    total, mean = 0.0, 0.0
    for k in range(n_terms):
        weight = 1.0 / ((k + 0.5) ** 2 + a2)
        mean += weight
        total += weight * rng.standard_gamma(h)
    half = abs(z)
    whole = math.pi**2 * math.tanh(0.5 * half) / half if half > 1e-4 else 0.5 * math.pi**2
    first, second, third = whole - mean, _tail(n_terms, a2, 2), _tail(n_terms, a2, 3)
    scale = third / second
    shape = second / (scale * scale)
    rest = max(first - shape * scale, 0.0) * h + scale * rng.standard_gamma(shape * h)
    return (total + rest) / (2.0 * math.pi**2)


@numba.njit(cache=True, nogil=True)
def draw_polya_gamma(h: Array, z: Array, rng: np.random.Generator) -> Array:
    """Draw PG(h, z) for every entry; 0 where h is 0.

    Parameters
    ----------
    h : (n, m) ndarray of float64
        Shapes; 0 marks a missing entry.
    z : (n, m) ndarray of float64
        Tilts.
    rng : numpy.random.Generator
        Source of what is drawn.

    Returns
    -------
    (n, m) ndarray of float64
        Draws.
    """
    out = np.zeros_like(h)
    for i in range(h.shape[0]):
        for j in range(h.shape[1]):
            if h[i, j] > 0.0:
                out[i, j] = draw_one(h[i, j], z[i, j], rng)
    return out
