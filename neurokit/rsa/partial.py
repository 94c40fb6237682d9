"""What each of several RDMs says about another one beyond the rest: partial correlation, weights.

On plain arrays; rows are one target RDM and k predictors, NaN pairs already left out.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from neurokit.rsa.compare_core import centred, centred_ranks, near_one

Array = NDArray[np.float64]

METHODS = (
    "partial",
    "partial_spearman",
    "semipartial",
    "semipartial_spearman",
    "regression",
    "nnls",
)


def contributions(target: Array, predictors: Array, method: str) -> Array:
    """One number for each predictor, given the others.

    partial: correlation of what the others leave of the target with what they leave of the
    predictor. semipartial: of the whole target with that. regression: least-squares weights
    with an intercept; nnls: the same, none negative, without intercept.

    Parameters
    ----------
    target : (n_targets, n_pairs) ndarray of float64
        RDMs to be explained.
    predictors : (k, n_pairs) ndarray of float64
        RDMs that explain.
    method : str
        One of `METHODS`.

    Returns
    -------
    (n_targets, k) ndarray of float64
        NaN where a predictor is a combination of the others or constant.
    """
    if method == "nnls":
        from scipy.optimize import nnls

        return np.array([nnls(predictors.T, row)[0] for row in target])
    prepare = centred_ranks if method.endswith("spearman") else centred
    y, x = prepare(target), prepare(predictors)
    if method == "regression":
        return np.asarray(np.linalg.lstsq(x.T, y.T, rcond=None)[0].T, dtype=np.float64)
    y, x = near_one(y), near_one(x)
    out = np.full((len(y), len(x)), np.nan)
    for k in range(len(x)):
        others = np.delete(x, k, axis=0)
        own = _residual(x[k : k + 1], others)[0]
        # What is left of an RDM that the others explain is rounding.
        if np.sqrt(own @ own) <= 1e-10 * np.sqrt(x[k] @ x[k]):
            continue
        rest = _residual(y, others) if method.startswith("partial") else y
        norm = np.sqrt((rest * rest).sum(axis=1) * (own @ own))
        out[:, k] = (rest @ own) / np.where(norm > 0, norm, np.nan)
    return out


def _residual(rows: Array, others: Array) -> Array:
    if not len(others):
        return rows
    weights = np.linalg.lstsq(others.T, rows.T, rcond=None)[0]
    left: Array = rows - weights.T @ others
    return left
