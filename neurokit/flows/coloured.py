"""Noise with long memory, as a few Ornstein-Uhlenbeck processes that share one white noise.

Fractional Brownian motion is an integral over such processes (Carmona and Coutin 1998,
doi:10.1214/ECP.v3-998); geometric time scales and the weights of least error over [0, T] follow
Daems et al. (2024), arXiv:2310.12975.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import gamma as gamma_function
from scipy.special import gammainc

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Colour:
    """Force = L dB, B = sum_k w_k Y_k, dY_k = -g_k Y_k dt + dW; white with no processes.

    Parameters
    ----------
    rates : (n_processes,) ndarray
        g_k, per unit of time.
    weights : (n_processes,) ndarray
        w_k.
    """

    rates: Array
    weights: Array

    def fill(self, F: Array, Qc: Array, root: Array) -> None:
        """Write the noise into drift and diffusion of (z, v, Y_1, ..., Y_n).

        Parameters
        ----------
        F, Qc : ndarray
            Changed in place.
        root : (d, d) ndarray
            L.
        """
        d = len(root)
        v = slice(d, 2 * d)
        if not self.rates.size:
            Qc[v, v] = root @ root.T
            return
        gain = float(self.weights.sum())
        Qc[v, v] = gain**2 * root @ root.T
        for k, (rate, weight) in enumerate(zip(self.rates, self.weights, strict=True)):
            y = slice((2 + k) * d, (3 + k) * d)
            F[y, y] = -rate * np.eye(d)
            F[v, y] = -weight * rate * root
            Qc[v, y], Qc[y, v] = gain * root, gain * root.T
            for other in range(self.rates.size):
                Qc[y, (2 + other) * d : (3 + other) * d] = np.eye(d)

    def by_root(self, by_F: Array, by_Qc: Array, root: Array) -> Array:
        """Carry derivatives by drift and diffusion back to L.

        Parameters
        ----------
        by_F, by_Qc : ndarray
            Derivatives, the second symmetric.
        root : (d, d) ndarray
            L.

        Returns
        -------
        (d, d) ndarray
            By L.
        """
        d = len(root)
        v = slice(d, 2 * d)
        gain = float(self.weights.sum()) if self.rates.size else 1.0
        found: Array = 2.0 * gain**2 * by_Qc[v, v] @ root
        for k, (rate, weight) in enumerate(zip(self.rates, self.weights, strict=True)):
            y = slice((2 + k) * d, (3 + k) * d)
            found = found - weight * rate * by_F[v, y] + 2.0 * gain * by_Qc[v, y]
        return found


WHITE = Colour(np.empty(0), np.empty(0))


def fractional(hurst: float, n_processes: int, shortest: float, longest: float) -> Colour:
    """Processes whose weighted sum is nearest to fractional Brownian motion.

    The type II motion is B_H(t) = int_0^t (t - s)^(H - 1/2) dW(s) / Gamma(H + 1/2). Its kernel is
    fitted by sum_k w_k exp(-g_k t) so that the squared error, integrated over time up to
    `longest` as in E int (B - B_H)^2 dt, is least.

    Parameters
    ----------
    hurst : float
        H, between 0 and 1; .5 is white noise, above it the noise is persistent.
    n_processes : int
        How many; their time scales are geometric.
    shortest, longest : float
        Range of time scales 1 / g_k.

    Returns
    -------
    Colour
        Rates and weights.
    """
    rates = 1.0 / np.geomspace(longest, shortest, n_processes)
    T, power = longest, hurst - 0.5
    # E (B - B_H)^2 at t is int_0^t (kernel difference)^2: integrated over t, kernels at lag s
    # count T - s times.
    pair = rates[:, None] + rates[None, :]
    gram = T / pair - (1.0 - np.exp(-pair * T)) / pair**2

    def partial(a: float) -> Array:
        return gamma_function(a) * gammainc(a, rates * T) * rates ** (-a)

    right = (T * partial(power + 1.0) - partial(power + 2.0)) / math.gamma(hurst + 0.5)
    ridge = 1e-12 * float(np.trace(gram)) / n_processes * np.eye(n_processes)
    weights = np.linalg.solve(gram + ridge, right)
    return Colour(rates, np.asarray(weights, dtype=np.float64))
