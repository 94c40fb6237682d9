"""The coordinates that latents are reported in: many describe the same model, one is chosen.

Positions z and M z with loadings C M^-1 predict the same. Chosen: noise of one size in all
directions, axes along which the symmetric part of the stiffness is diagonal, the slowest first, and
a scale on which the smoothed positions have mean square 1.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from neurokit.flows.dynamics import FirstOrder, Langevin
from neurokit.flows.em import Fit
from neurokit.flows.variational import CountFit

Array = NDArray[np.float64]
Either = TypeVar("Either", Fit, CountFit)

# Directions that hardly any noise enters are stretched as if this share of the most entered them.
_THINNEST = 1e-4


def in_standard_coordinates(fit: Either, position: Array) -> Either:
    """Return the same model in standard coordinates.

    Parameters
    ----------
    fit : Fit or CountFit
        Any.
    position : (n_bins, n_latents) ndarray
        Smoothed positions.

    Returns
    -------
    Fit or CountFit
        With the same likelihood.
    """
    if isinstance(fit.dynamics, FirstOrder):
        return _first_order(fit, position)
    dynamics, d = fit.dynamics, fit.dynamics.n_latents
    left, sizes, _ = np.linalg.svd(dynamics.root)
    sizes = np.maximum(sizes, _THINNEST * max(float(sizes[0]), 1e-12))
    white = (left / sizes).T
    K = white @ dynamics.stiffness @ np.linalg.inv(white)
    _, axes = np.linalg.eigh(0.5 * (K + K.T))
    M = axes.T @ white
    centred = (position - position.mean(axis=0)) @ M.T
    size = float(np.sqrt((centred**2).mean()))
    M = M / (size if size > 0 else 1.0)
    M = _signs(fit.emission.loading @ np.linalg.inv(M))[:, None] * M
    back = np.linalg.inv(M)
    # Noise states turn with the noise, so that it enters every axis by itself.
    root, turn = _lower_and_turn(M @ dynamics.root)
    n_noise = len(dynamics.colour.rates)
    S = np.zeros((dynamics.n_states,) * 2)
    for k in range(2 + n_noise):
        S[k * d : (k + 1) * d, k * d : (k + 1) * d] = M if k < 2 else turn
    moved = Langevin(
        M @ dynamics.stiffness @ back,
        M @ dynamics.friction @ back,
        root,
        M @ dynamics.input,
        dynamics.colour,
    )
    return _moved(fit, moved, S, back)


def _lower_and_turn(root: Array) -> tuple[Array, Array]:
    """Split a root of a covariance into a lower triangular one and an orthogonal matrix."""
    q, r = np.linalg.qr(root.T)
    signs = np.where(np.diag(r) < 0, -1.0, 1.0)
    return (signs[:, None] * r).T, (q * signs).T


def _first_order(fit: Either, position: Array) -> Either:
    """Uncorrelated latents of mean square 1, by how much of the data they carry."""
    assert isinstance(fit.dynamics, FirstOrder)
    d = fit.dynamics.n_states
    second = np.cov(position, rowvar=False).reshape(d, d) if len(position) > 1 else np.eye(d)
    values, vectors = np.linalg.eigh(second)
    values = np.maximum(values, 1e-9 * max(float(values[-1]), 1e-12))
    white = (vectors / np.sqrt(values)).T
    _, _, axes = np.linalg.svd(fit.emission.loading @ np.linalg.inv(white))
    M = axes @ white
    M = _signs(fit.emission.loading @ np.linalg.inv(M))[:, None] * M
    back = np.linalg.inv(M)
    old = fit.dynamics
    moved = FirstOrder(M @ old.transition @ back, M @ old.input, M @ old.noise @ M.T)
    return _moved(fit, moved, M, back)


def _signs(loading: Array) -> Array:
    """Make the larger part of each latent's loadings positive."""
    total = (loading * np.abs(loading)).sum(axis=0)
    return np.where(total < 0, -1.0, 1.0)


def _moved(fit: Either, dynamics: Langevin | FirstOrder, S: Array, back: Array) -> Either:
    covariance = S @ fit.initial_covariance @ S.T
    return replace(
        fit,
        dynamics=dynamics,
        emission=replace(fit.emission, loading=fit.emission.loading @ back),
        initial_mean=S @ fit.initial_mean,
        initial_covariance=0.5 * (covariance + covariance.T),
    )
