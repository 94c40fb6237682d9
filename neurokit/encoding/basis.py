"""A basis in which a ridge fit is diagonal for every penalty at once.

With V' G V = diag(g) and V' M V = diag(m) the minimiser of
w' G w - 2 w' c + alpha w' M w is  w = V diag(1 / (g + alpha m)) V' c.  Array layer, float64.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy import linalg

from neurokit.encoding.backends import UNSAFE_FLOAT32, Backend

Array = NDArray[np.float64]


@dataclass
class Basis:
    """Directions, and what data and penalty weigh along each.

    Parameters
    ----------
    vectors : (p, q) ndarray
        V.
    data : (q,) ndarray
        g >= 0.
    penalty : (q,) ndarray
        m >= 0.
    """

    vectors: Array
    data: Array
    penalty: Array

    def filters(self, alphas: Array) -> Array:
        """Return 1 / (g + alpha m), (n_alphas, q); directions without any weight get 0.

        Parameters
        ----------
        alphas : (n_alphas,) ndarray
            Penalties.

        Returns
        -------
        ndarray
            One row per penalty.
        """
        weight = self.data + np.asarray(alphas, dtype=np.float64)[:, None] * self.penalty
        # Where alpha is 0, a direction without data has no weight: the minimum-norm answer.
        seen = weight > np.finfo(np.float64).eps * len(self.data) * self.data.max(initial=0.0)
        return np.where(seen, 1.0 / np.where(seen, weight, 1.0), 0.0)

    def single(self, alphas: Array, precision: str) -> NDArray[np.bool_]:
        """Return for which penalties products may be of float32.

        Parameters
        ----------
        alphas : (n_alphas,) ndarray
            Penalties.
        precision : {"double", "mixed"}
            What the user allows.

        Returns
        -------
        (n_alphas,) ndarray of bool
            Never true for ``"double"``.
        """
        safe = np.asarray(alphas) >= UNSAFE_FLOAT32 * self.data.max(initial=0.0)
        return np.asarray(safe & (precision == "mixed"))

    def solve(self, cross: Array, alpha: Array) -> Array:
        """Return the weights of each target at its own penalty.

        Parameters
        ----------
        cross : (p, n_targets) ndarray
            c.
        alpha : (n_targets,) ndarray
            Penalties.

        Returns
        -------
        (p, n_targets) ndarray
            w.
        """
        values, which = np.unique(alpha, return_inverse=True)
        z = self.vectors.T @ cross
        z *= self.filters(values)[which].T
        return np.asarray(self.vectors @ z)

    def scaled(self, scale: Array) -> Basis:
        """Return the basis for features that were divided by `scale` before the fit.

        Parameters
        ----------
        scale : (p,) ndarray
            A feature with infinite scale takes no part.

        Returns
        -------
        Basis
            Acts on the features as they are.
        """
        return replace(self, vectors=self.vectors / scale[:, None])


def ridge_basis(gram: Array, backend: Backend) -> Basis:
    """Return the basis of ||y - Xw||^2 + alpha ||w||^2.

    Parameters
    ----------
    gram : (p, p) ndarray
        Centred X'X.
    backend : Backend
        Where the eigendecomposition runs.

    Returns
    -------
    Basis
        q = p.
    """
    data, vectors = backend.eigh(gram)
    # Features that do not vary are exact zeros of the Gram and stay exact zeros of the weights.
    vectors[gram.diagonal() == 0] = 0.0
    return Basis(vectors, np.maximum(data, 0.0), np.ones_like(data))


def scaled_basis(gram: Array, scale: Array, backend: Backend) -> Basis:
    """Return the basis of ||y - Xw||^2 + alpha sum_j (scale_j w_j)^2.

    Parameters
    ----------
    gram : (p, p) ndarray
        Centred X'X.
    scale : (p,) ndarray
        Positive; infinite keeps a weight at 0.
    backend : Backend
        Where the eigendecomposition runs.

    Returns
    -------
    Basis
        q = p.
    """
    inverse = 1.0 / scale
    return ridge_basis(gram * np.outer(inverse, inverse), backend).scaled(scale)


def general_basis(gram: Array, penalty: Array) -> Basis:
    """Return the basis of ||y - Xw||^2 + alpha w' M w for any positive semi-definite M.

    G and M may both be singular; what neither sees gets no weight.

    Parameters
    ----------
    gram : (p, p) ndarray
        G.
    penalty : (p, p) ndarray
        M.

    Returns
    -------
    Basis
        q <= p.
    """
    level = np.trace(gram) / max(np.trace(penalty), np.finfo(float).tiny)
    level = level if level > 0 else 1.0
    both = gram + level * penalty
    values, vectors = linalg.eigh(both)
    keep = values > len(values) * np.finfo(np.float64).eps * values.max(initial=0.0)
    whiten = vectors[:, keep] / np.sqrt(values[keep])
    data, rotation = linalg.eigh(whiten.T @ gram @ whiten)
    data = np.clip(data, 0.0, 1.0)
    return Basis(whiten @ rotation, data, (1.0 - data) / level)
