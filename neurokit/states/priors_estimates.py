"""What the data alone say about weights: a penalised optimum with its penalty taken out."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

# Share of the mean curvature that is added where the data say nothing about a weight.
_JITTER = 1e-6


def unpenalised(
    weights: Array, information: Array, mean: Array, precision: Array
) -> tuple[Array, Array]:
    """Return w + H^-1 g and H^-1: at an optimum the likelihood's slope g is precision (w - mean).

    Parameters
    ----------
    weights : (state, post, pre, basis) ndarray
        At the optimum of log-likelihood minus penalty.
    information : (state, post, n, n) ndarray
        H, n = pre x basis.
    mean, precision : (state, post, pre, basis) ndarray
        Of the penalty; weights of infinite precision are pinned, and stay where they are.

    Returns
    -------
    estimate : (state, post, pre, basis) ndarray
        One Newton step from `weights` without the penalty.
    covariance : (state, post, n, n) ndarray
        Of the estimates.
    """
    pinned = np.isinf(precision)
    slope = np.where(pinned, 0.0, precision)
    slope = slope * (weights - mean)
    n = information.shape[-1]
    level = np.einsum("snii->sn", information) / n
    jitter = _JITTER * np.maximum(level, 1e-6)[:, :, None, None] * np.eye(n)
    covariance = np.linalg.inv(information + jitter)
    moved = np.einsum("snij,snj->sni", covariance, slope.reshape(*slope.shape[:2], n))
    estimate = weights + np.where(pinned, 0.0, moved.reshape(weights.shape))
    return estimate, covariance
