"""Which pair loadings of a masked factorization are determined at all.

Array layer. A pair that was recorded only in animals in which a motif is absent says nothing
about its loading on that motif: any value, however large, fits as well.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

# Least information of a pair, as a share of what one average recording gives.
_LEAST = 0.1


def recorded_pairs(tensor: NDArray[Any]) -> NDArray[np.bool_]:
    """Which pairs were recorded in which recording, at any time.

    Parameters
    ----------
    tensor : (n_pairs, n_bins, n_recordings) ndarray
        NaN where not observed.

    Returns
    -------
    (n_pairs, n_recordings) ndarray of bool
        True where there is a number.
    """
    return np.asarray(np.isfinite(tensor).any(axis=1))


def determined(recorded: NDArray[np.bool_], recording_loading: Array) -> NDArray[np.bool_]:
    """I_pr = sum over recordings w that hold pair p of c_wr^2 / sum_w c_wr^2: enough of it?

    Parameters
    ----------
    recorded : (n_pairs, n_recordings) ndarray of bool
        Which pairs were recorded where.
    recording_loading : (rank, n_recordings) ndarray
        c, how strong each motif is in each recording.

    Returns
    -------
    (n_pairs, rank) ndarray of bool
        True where I_pr is at least a tenth of 1 / n_recordings.

    Examples
    --------
    >>> determined(np.array([[True, True], [True, False]]), np.array([[0.0, 1.0]]))
    array([[ True],
           [False]])
    """
    squares = np.nan_to_num(recording_loading) ** 2
    total = squares.sum(axis=1, keepdims=True)
    share = np.divide(squares, total, out=np.ones_like(squares), where=total > 0)
    return np.asarray(recorded @ share.T >= _LEAST / recorded.shape[1])


def limited(loading: Array, known: NDArray[np.bool_], unknown: float) -> tuple[Array, Array]:
    """Put `unknown` where a loading is not determined, and scale the others to unit norm.

    Parameters
    ----------
    loading : (n_pairs, rank) ndarray
        NaN for pairs never recorded.
    known : (n_pairs, rank) ndarray of bool
        As of `determined`.
    unknown : float
        NaN to say so, 0 to leave the pair out of a sum.

    Returns
    -------
    loading : (n_pairs, rank) ndarray
        Copies.
    norm : (rank,) ndarray
        Of what was kept.
    """
    kept = np.where(known | np.isnan(loading), loading, unknown)
    norm = np.sqrt(np.nansum(kept**2, axis=0))
    return kept / np.where(norm > 0, norm, 1.0), norm
