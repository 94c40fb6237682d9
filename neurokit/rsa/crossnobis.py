"""Cross-validated squared Mahalanobis distance (crossnobis), closed form and by the loop.

d_ij = mean over folds f of (a_i - a_j)' W (b_i - b_j) / p, a the means of the other folds, b those
of fold f. With whitened fold means Y_f, equal counts and T = sum_f Y_f, the loop collapses to
K = (T T' - sum_f Y_f Y_f') / (m (m - 1) p). Noise that is independent between folds cancels,
so that d is 0 on average where conditions do not differ, and may be negative.

Walther et al. (2016). doi:10.1016/j.neuroimage.2015.12.012
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from neurokit.rsa.rdm_core import distances_of_gram, whiten

Array = NDArray[np.float64]


def crossnobis(sums: Array, counts: Array, covariance: Array | None = None) -> Array:
    """Crossnobis distances with one noise covariance for all folds.

    Parameters
    ----------
    sums : (m, n, p) ndarray of float64
        Sum of the observations of each condition in each fold.
    counts : (m, n) ndarray of float64
        How many they are, all above 0.
    covariance : (p, p) or (p,) ndarray of float64, optional
        Of the noise; default the identity.

    Returns
    -------
    (n_pairs,) ndarray of float64
        Signed.
    """
    whitened = sums if covariance is None else whiten(sums, covariance)
    if (counts == counts[0]).all():
        return crossnobis_balanced(whitened / counts[:, :, None])
    return crossnobis_loop(whitened, counts)


def crossnobis_balanced(means: Array) -> Array:
    """Closed form for folds that hold equally many observations of a condition.

    Parameters
    ----------
    means : (m, n, p) ndarray of float64
        Whitened mean of each condition in each fold.

    Returns
    -------
    (n_pairs,) ndarray of float64
        Signed.
    """
    n_folds, _, n_channels = means.shape
    # One offset per fold: differences between conditions do not notice it, digits do.
    centred = means - means.mean(axis=1, keepdims=True)
    total = centred.sum(axis=0)
    gram = total @ total.T
    for fold in centred:
        gram -= fold @ fold.T
    scale = 1.0 / (n_folds * (n_folds - 1) * n_channels)
    return distances_of_gram(gram, scale=scale, signed=True)


def crossnobis_loop(sums: Array, counts: Array) -> Array:
    """Fold by fold; training means weigh every observation alike.

    Parameters
    ----------
    sums : (m, n, p) ndarray of float64
        Whitened sums.
    counts : (m, n) ndarray of float64
        Observations, all above 0.

    Returns
    -------
    (n_pairs,) ndarray of float64
        Signed.
    """
    total, number = sums.sum(axis=0), counts.sum(axis=0)
    n_folds, n, n_channels = sums.shape
    kernel = np.zeros((n, n))
    for fold, count in zip(sums, counts, strict=True):
        train = (total - fold) / (number - count)[:, None]
        test = fold / count[:, None]
        kernel += (train - train.mean(axis=0)) @ (test - test.mean(axis=0)).T
    symmetric = (kernel + kernel.T) / 2.0
    return distances_of_gram(symmetric, scale=1.0 / (n_folds * n_channels), signed=True)


def crossnobis_fold_noise(means: Array, covariances: Sequence[Array]) -> Array:
    """Mean over pairs of folds, whitened by the average of their two covariances.

    Parameters
    ----------
    means : (m, n, p) ndarray of float64
        Mean of each condition in each fold.
    covariances : sequence of m (p, p) or (p,) ndarray of float64
        Noise of each fold's means.

    Returns
    -------
    (n_pairs,) ndarray of float64
        Signed.
    """
    n_folds, n, n_channels = means.shape
    centred = means - means.mean(axis=1, keepdims=True)
    kernel = np.zeros((n, n))
    for f in range(n_folds):
        for g in range(f + 1, n_folds):
            both = whiten(centred[[f, g]], (covariances[f] + covariances[g]) / 2.0)
            kernel += both[0] @ both[1].T
    n_pairs_of_folds = n_folds * (n_folds - 1) / 2
    symmetric = (kernel + kernel.T) / 2.0
    return distances_of_gram(symmetric, scale=1.0 / (n_pairs_of_folds * n_channels), signed=True)
