"""Where fits begin: principal components of smoothed data, and dynamics guessed from their lags."""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter1d

from neurokit.flows.coloured import WHITE, Colour
from neurokit.flows.dynamics import STEP, FirstOrder, Langevin, floored
from neurokit.flows.em import Fit
from neurokit.flows.gaussian import Gaussian, noise_floor
from neurokit.flows.observed import Observed

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Components:
    """Latent paths guessed without a model.

    Parameters
    ----------
    path : (n_bins, n_latents) ndarray
        Of mean 0 and variance 1, smoothed within trials.
    emission : Gaussian
        From paths to data.
    """

    path: Array
    emission: Gaussian


def smoothed_rows(values: Array, offsets: NDArray[np.int64], sigma: float) -> Array:
    """Smooth every trial along time by a Gaussian kernel, edges repeated.

    Parameters
    ----------
    values : (n_bins, n) ndarray
        Rows of all trials.
    offsets : (n_trials + 1,) ndarray of int
        Where trials begin.
    sigma : float
        Standard deviation, bins; 0 changes nothing.

    Returns
    -------
    (n_bins, n) ndarray
        Smoothed.
    """
    if sigma <= 0:
        return values.copy()
    out = np.empty_like(values)
    for start, stop in pairwise(offsets):
        out[start:stop] = gaussian_filter1d(values[start:stop], sigma, axis=0, mode="nearest")
    return out


def components(
    data: Observed, n_latents: int, rng: np.random.Generator, *, smoothing: float = 2.0
) -> Components:
    """Principal components of standardised, smoothed data, missing values at the mean.

    Parameters
    ----------
    data : Observed
        What is fitted.
    n_latents : int
        How many; those that data have no room for are small noise.
    rng : numpy.random.Generator
        Of that noise.
    smoothing : float
        Standard deviation of the kernel, bins.

    Returns
    -------
    Components
        Paths and their loadings.
    """
    mean, variance = data.mean, data.variance
    scale = np.sqrt(np.maximum(variance, noise_floor(data)))
    centred = np.where(data.seen, data.values - mean, 0.0) / scale
    smooth = smoothed_rows(centred, data.offsets, smoothing)
    _, _, axes = np.linalg.svd(smooth.T @ smooth / len(smooth))
    path = rng.normal(size=(len(smooth), n_latents))
    n_found = min(n_latents, axes.shape[0])
    path[:, :n_found] = smooth @ axes[:n_found].T
    spread = path.std(axis=0)
    path = path / np.where(spread > 1e-9, spread, 1.0)
    path = np.where(spread > 1e-9, path, 1e-2 * rng.normal(size=path.shape))
    gram = path.T @ path + 1e-3 * len(path) * np.eye(n_latents)
    loading = np.linalg.solve(gram, path.T @ centred).T * scale[:, None]
    residual = np.where(data.seen, data.values - mean - path @ loading.T, 0.0)
    noise = (residual**2).sum(axis=0) / np.maximum(data.seen.sum(axis=0), 1)
    noise = np.maximum(noise, noise_floor(data))
    return Components(path, Gaussian(np.asarray(loading, dtype=np.float64), mean, noise))


def turned(found: Components, rng: np.random.Generator) -> Components:
    """Mix the components by a random rotation."""
    n = found.path.shape[1]
    turn, _ = np.linalg.qr(rng.normal(size=(n, n)))
    emission = replace(found.emission, loading=found.emission.loading @ turn)
    return Components(found.path @ turn, emission)


def first_order_start(found: Components, data: Observed) -> Fit:
    """Regress each bin of the paths on the one before.

    Parameters
    ----------
    found : Components
        Latent paths.
    data : Observed
        What is fitted.

    Returns
    -------
    Fit
        To begin with.
    """
    path, n = found.path, found.path.shape[1]
    here, ahead = _pairs(data.offsets, 1)
    x = np.concatenate([path[here], data.inputs[here]], axis=1)
    whole = _ridge(x, path[ahead])
    if len(here) > 1:
        A = _contracted(whole[:, :n], 0.999)
        noise = _spread(path[ahead] - path[here] @ A.T)
    else:
        A, noise = 0.9 * np.eye(n), 0.2 * np.eye(n)
    dynamics = FirstOrder(A, whole[:, n:], noise)
    return Fit(dynamics, found.emission, path.mean(axis=0), _spread(path))


def langevin_start(
    found: Components, data: Observed, *, damping: float | None, colour: Colour = WHITE
) -> Fit:
    """Regress the acceleration of the paths on position and velocity.

    Parameters
    ----------
    found : Components
        Latent paths.
    data : Observed
        What is fitted.
    damping : float, optional
        Damping ratio of all modes; None takes the regression's, which smoothing makes too high.
    colour : Colour
        Of the noise.

    Returns
    -------
    Fit
        To begin with.
    """
    path, n = found.path, found.path.shape[1]
    before, here, ahead = _triples(data.offsets)
    if len(here) > 3 * n:
        velocity = (path[ahead] - path[before]) / (2.0 * STEP)
        force = (path[ahead] - 2.0 * path[here] + path[before]) / STEP**2
        x = np.concatenate([path[here], velocity, data.inputs[here]], axis=1)
        whole = _ridge(x, force)
        K, G = -whole[:, :n], -whole[:, n : 2 * n]
        speed = float(velocity.var(axis=0).mean())
    else:
        K, G, speed = np.eye(n), np.eye(n), 1.0
        whole = np.zeros((n, 2 * n + data.inputs.shape[1]))
    K, omega = _stiff(K)
    if damping is not None or np.linalg.eigvals(G).real.min() < 1e-2:
        ratio = 0.5 if damping is None else damping
        # G = 2 zeta sqrt(K) damps every mode of K alike.
        G = 2.0 * ratio * omega
    variance = 2.0 * max(speed, 1e-6) * max(float(np.trace(G)) / n, 1e-2)
    root = np.sqrt(variance) * np.eye(n)
    dynamics = Langevin(K, G, root, whole[:, 2 * n :], colour)
    n_states = dynamics.n_states
    mean, covariance = np.zeros(n_states), np.eye(n_states)
    mean[:n], covariance[:n, :n] = path.mean(axis=0), _spread(path)
    covariance[n : 2 * n, n : 2 * n] = max(speed, 1e-6) * np.eye(n)
    return Fit(dynamics, found.emission, mean, covariance)


def _stiff(K: Array) -> tuple[Array, Array]:
    """Keep the symmetric part with eigenvalues from slow to what bins resolve, and its root."""
    values, vectors = np.linalg.eigh(0.5 * (K + K.T))
    # From a tenth of a radian to a quarter turn per bin.
    values = np.clip(values, 0.1**2, (0.25 * 2.0 * np.pi / STEP) ** 2)
    return (vectors * values) @ vectors.T, (vectors * np.sqrt(values)) @ vectors.T


def _ridge(x: Array, y: Array) -> Array:
    gram = x.T @ x
    shrink = 1e-4 * np.trace(gram) / max(len(gram), 1) + 1e-9
    solved: Array = np.linalg.solve(gram + shrink * np.eye(len(gram)), x.T @ y).T
    return solved


def _contracted(A: Array, most: float) -> Array:
    radius = float(np.abs(np.linalg.eigvals(A)).max())
    return A * min(1.0, most / max(radius, 1e-12))


def _spread(path: Array) -> Array:
    n = path.shape[1]
    return floored(np.cov(path, rowvar=False).reshape(n, n), 1e-2) if len(path) > 1 else np.eye(n)


def _pairs(offsets: NDArray[np.int64], lag: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    rows = [np.arange(start, stop - lag) for start, stop in pairwise(offsets)]
    here = np.concatenate(rows).astype(np.int64)
    return here, here + lag


def _triples(
    offsets: NDArray[np.int64],
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    before, ahead = _pairs(offsets, 2)
    return before, before + 1, ahead
