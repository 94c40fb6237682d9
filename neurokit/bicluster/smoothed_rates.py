"""Smoothed rates of neurons, and how alike they are: what starts and proposals compare them by."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter1d

from neurokit.bicluster.observations import GAUSSIAN

if TYPE_CHECKING:
    from neurokit.bicluster.settings import Data

Array = NDArray[np.float64]

# Standard deviation of the smoothing, bins.
_SMOOTHING = 3.0


def smoothed(data: Data) -> Array:
    """Smoothed log rates, or values, of every neuron: observed bins only, within trials.

    Parameters
    ----------
    data : Data
        Counts or values.

    Returns
    -------
    (N, T) ndarray of float64
        Finite.
    """
    out = np.empty(data.y.shape)
    mean = data.y.sum(axis=1) / np.maximum(data.seen.sum(axis=1), 1)
    for low, high in pairwise(data.edges):
        weight = gaussian_filter1d(
            data.seen[:, low:high].astype(float), _SMOOTHING, mode="constant"
        )
        total = gaussian_filter1d(data.y[:, low:high], _SMOOTHING, mode="constant")
        # A little of the mean, so that stretches without spikes or data have a finite log.
        out[:, low:high] = (total + 0.1 * mean[:, None]) / (weight + 0.1)
    return out if data.family == GAUSSIAN else np.log(out + 0.05)


def likeness(rates: Array) -> Array:
    """Absolute correlation of smoothed rates of every pair of neurons.

    Parameters
    ----------
    rates : (N, T) ndarray of float64
        Smoothed.

    Returns
    -------
    (N, N) ndarray of float64
        0 for a neuron that does not vary.
    """
    centred = rates - rates.mean(axis=1, keepdims=True)
    norm = np.linalg.norm(centred, axis=1)
    scaled = centred / np.where(norm > 0, norm, 1.0)[:, None]
    return np.asarray(np.abs(scaled @ scaled.T))
