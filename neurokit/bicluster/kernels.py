"""The sampler's building blocks, public: each is an exact draw or an exact number by itself."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from neurokit.bicluster.block_tridiagonal import draw_gaussian
from neurokit.bicluster.geweke import geweke
from neurokit.bicluster.laplace import log_evidence
from neurokit.bicluster.partition_prior import partition_log_weights
from neurokit.bicluster.state_paths import sample_path
from neurokit.errors import SchemaError
from neurokit.randomness import as_generator

__all__ = [
    "geweke",
    "log_evidence",
    "partition_log_weights",
    "sample_block_tridiagonal",
    "sample_path",
]

Array = NDArray[np.float64]


def sample_block_tridiagonal(
    diagonal: ArrayLike,
    lower: ArrayLike,
    rhs: ArrayLike,
    *,
    random_state: int | np.random.Generator | None = None,
    mean: bool = False,
) -> Array:
    """Draw x with density proportional to exp(-x'Px/2 + r'x), P block tridiagonal.

    Parameters
    ----------
    diagonal : (T, q, q) array_like
        Blocks P_tt.
    lower : (T - 1, q, q) array_like
        Blocks P_(t+1)t.
    rhs : (T, q) array_like
        r.
    random_state : None, int or numpy.random.Generator
        Source of the draw.
    mean : bool, default False
        Return P^-1 r instead of a draw.

    Returns
    -------
    (T, q) ndarray of float64
        A draw, at a cost that grows with T.

    Raises
    ------
    SchemaError
        If shapes do not fit or P is not positive definite.

    Examples
    --------
    >>> sample_block_tridiagonal([[[2.0]]], np.zeros((0, 1, 1)), [[3.0]], mean=True).tolist()
    [[1.5]]
    """
    blocks = np.ascontiguousarray(diagonal, dtype=np.float64)
    below = np.ascontiguousarray(lower, dtype=np.float64)
    linear = np.ascontiguousarray(rhs, dtype=np.float64)
    if linear.ndim != 2 or blocks.shape != (*linear.shape, linear.shape[-1]):
        raise SchemaError(
            f"has shape {blocks.shape} for rhs {linear.shape}",
            where="diagonal",
            mend="Give (T, q, q) and (T, q).",
        )
    if below.shape != (len(linear) - 1, *blocks.shape[1:]):
        raise SchemaError(f"has shape {below.shape}", where="lower", mend="Give (T - 1, q, q).")
    rng = as_generator(random_state)
    normals = np.zeros_like(linear) if mean else rng.standard_normal(linear.shape)
    drawn, log_determinant, _ = draw_gaussian(blocks, below, linear, normals)
    if not np.isfinite(log_determinant):
        raise SchemaError(
            "is not positive definite with its lower blocks",
            where="diagonal",
            mend="Give a precision.",
        )
    return np.asarray(drawn)
