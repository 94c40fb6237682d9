"""Descent of the held-out error along the weights of bands. Array layer, float64.

With lam_j = exp(-d_band(j)), A = G + diag(lam), W = A^-1 C of training rows and G_v, C_v of held
out rows about the training means,
    E(d) = sum_folds tr(-2 W' C_v + W' G_v W),   dE/dd_i = 2 lam_i <(A^-1 (G_v W - C_v))_i, W_i>.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import linalg, optimize

from neurokit.encoding.fitted_fold import centred_cross, variation
from neurokit.encoding.gram_folds import GramTargets

Array = NDArray[np.float64]
IntArray = NDArray[np.int64]

# exp(+-30) of the largest eigenvalue: a band that is out, or free.
WIDEST = 30.0


@dataclass
class HeldOutError:
    """Held-out squared error of some targets, as a share of their variation.

    Parameters
    ----------
    gram, gram_held : list of (p, p) ndarray
        G and G_v of each fold.
    cross, cross_held : list of (p, t) ndarray
        C and C_v.
    weight : list of (t,) ndarray
        One over the variation of the targets in the test rows.
    band : (p,) ndarray of int
        Band of each feature.
    """

    gram: list[Array]
    gram_held: list[Array]
    cross: list[Array]
    cross_held: list[Array]
    weight: list[Array]
    band: IntArray

    @classmethod
    def of(cls, loaded: GramTargets, band: IntArray) -> HeldOutError:
        """Take what is needed from the sums of targets over folds.

        Parameters
        ----------
        loaded : GramTargets
            Sums of the targets that share their weights.
        band : (p,) ndarray of int
            Band of each feature.

        Returns
        -------
        HeldOutError
            A function of d and its gradient.
        """
        self = cls([], [], [], [], [], band)
        folds = loaded.folds
        for k, index in enumerate(folds.plan.test):
            x, x_held = folds.train(k), folds.sums[index]
            y, y_held = loaded.train(k), loaded.sums[index]
            step = x_held.mean - x.mean
            step_y = y_held.total / x_held.n - y.total / x.n
            held = centred_cross(x_held, y_held, loaded.floor)
            self.gram.append(x.centred())
            self.cross.append(centred_cross(x, y, loaded.floor))
            self.gram_held.append(x_held.centred() + x_held.n * np.outer(step, step))
            self.cross_held.append(held + x_held.n * np.outer(step, step_y))
            vary = variation(y_held, x_held.n, loaded.floor)
            self.weight.append(np.where(vary > 0, 1.0 / np.where(vary > 0, vary, 1.0), 0.0))
        return self

    def __call__(self, d: Array) -> tuple[float, Array]:
        """Return the error and its gradient.

        Parameters
        ----------
        d : (n_bands,) ndarray
            log(g_i / alpha).

        Returns
        -------
        error : float
            Mean over folds and targets, less the share that W = 0 leaves.
        gradient : (n_bands,) ndarray
            Along d.
        """
        lam = np.exp(-np.asarray(d, dtype=np.float64))
        error, gradient = 0.0, np.zeros(d.size)
        for gram, cross, gram_held, cross_held, weight in zip(
            self.gram, self.cross, self.gram_held, self.cross_held, self.weight, strict=True
        ):
            factor = linalg.cho_factor(
                gram + np.diag(lam[self.band]), lower=True, check_finite=False
            )
            w = linalg.cho_solve(factor, cross, check_finite=False)
            predicted = gram_held @ w
            error += float(np.sum(weight * np.einsum("ij,ij->j", w, predicted - 2 * cross_held)))
            residual = linalg.cho_solve(
                factor, weight * (predicted - cross_held), check_finite=False
            )
            along = np.einsum("ij,ij->i", residual, w)
            gradient += 2 * lam * np.bincount(self.band, weights=along, minlength=d.size)
        scale = len(self.gram) * max(self.weight[0].size, 1)
        return error / scale, gradient / scale


def descend(error: HeldOutError, start: Array, max_iter: int) -> Array:
    """Follow the gradient from a start.

    Parameters
    ----------
    error : HeldOutError
        Of the targets that share their weights.
    start : (n_bands,) ndarray
        log(g_i / alpha); minus infinity is brought to the edge.
    max_iter : int
        Most steps of L-BFGS-B.

    Returns
    -------
    (n_bands,) ndarray
        Where the error is lowest.
    """
    level = np.log(max(float(np.trace(error.gram[0])), np.finfo(float).tiny))
    bounds = (-level - WIDEST, -level + WIDEST)
    begin = np.clip(start, *bounds)
    found = optimize.minimize(
        error,
        begin,
        jac=True,
        method="L-BFGS-B",
        bounds=[bounds] * start.size,
        options={"maxiter": max_iter},
    )
    return np.asarray(found.x if found.fun <= error(begin)[0] else begin)
