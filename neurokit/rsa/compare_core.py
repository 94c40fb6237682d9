"""How similar RDMs are, on plain arrays: every row of one table with every row of another."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from scipy.stats import rankdata

from neurokit.errors import SchemaError
from neurokit.rsa.kendall import tau
from neurokit.rsa.pair_index import n_conditions_of, square
from neurokit.rsa.whitening import whitening_factor

Array = NDArray[np.float64]
Mask = NDArray[np.bool_]
Measure = Callable[[Array, Array, Mask, Array | None], Array]


def compare_rows(a: Array, b: Array, method: str, sigma_k: Array | None = None) -> Array:
    """Similarity of every row of `a` with every row of `b` over the pairs that both have.

    Parameters
    ----------
    a, b : (n_a, n_pairs), (n_b, n_pairs) ndarray of float64
        RDMs; NaN where a pair is missing.
    method : str
        Key of `MEASURES`.
    sigma_k : (n,) or (n, n) ndarray of float64, optional
        Of the whitened measures.

    Returns
    -------
    (n_a, n_b) ndarray of float64
        NaN where fewer than two pairs are shared. A value never depends on other rows.
    """
    measure = MEASURES[method]
    if a.shape[1] < 2:
        return np.full((len(a), len(b)), np.nan)
    whole = np.ones(a.shape[1], dtype=bool)
    if np.isfinite(a).all() and np.isfinite(b).all():
        return measure(a, b, whole, sigma_k)
    out = np.full((len(a), len(b)), np.nan)
    for rows_a, seen_a in _by_mask(a):
        for rows_b, seen_b in _by_mask(b):
            valid = seen_a & seen_b
            if valid.sum() >= 2:
                found = measure(a[rows_a][:, valid], b[rows_b][:, valid], valid, sigma_k)
                out[np.ix_(rows_a, rows_b)] = found
    return out


def _by_mask(rows: Array) -> list[tuple[NDArray[np.int64], Mask]]:
    masks, group = np.unique(np.isfinite(rows), axis=0, return_inverse=True)
    group = group.reshape(-1)
    return [(np.flatnonzero(group == k), mask) for k, mask in enumerate(masks)]


def cosines(a: Array, b: Array) -> Array:
    """Cosine of the angle between rows; 0 where one has no length.

    Parameters
    ----------
    a, b : (n_a, n), (n_b, n) ndarray of float64
        Any vectors.

    Returns
    -------
    (n_a, n_b) ndarray of float64
        -1 to 1.
    """
    return _unit(a) @ _unit(b).T


def near_one(rows: Array) -> Array:
    """Rows divided by powers of two, so that squares neither overflow nor vanish.

    Parameters
    ----------
    rows : (n, p) ndarray of float64
        Any finite vectors.

    Returns
    -------
    (n, p) ndarray of float64
        No digit is changed; the largest value of a row is from 1/2 to 1.
    """
    _, exponent = np.frexp(np.abs(rows).max(axis=1, initial=0.0))
    return np.asarray(np.ldexp(rows, -exponent[:, None]), dtype=np.float64)


def _unit(rows: Array) -> Array:
    rows = near_one(rows)
    norm = np.sqrt(np.einsum("ij,ij->i", rows, rows))
    return rows / np.where(norm > 0, norm, np.inf)[:, None]


def centred(rows: Array) -> Array:
    """Rows less their means; a constant row becomes exactly 0.

    Parameters
    ----------
    rows : (n, p) ndarray of float64
        Any vectors.

    Returns
    -------
    (n, p) ndarray of float64
        New rows.
    """
    out: Array = rows - rows.mean(axis=1, keepdims=True)
    out[(rows == rows[:, :1]).all(axis=1)] = 0.0
    return out


def centred_ranks(rows: Array) -> Array:
    """Mid-ranks less their mean, exact multiples of 1/2.

    Parameters
    ----------
    rows : (n, p) ndarray of float64
        Without NaN.

    Returns
    -------
    (n, p) ndarray of float64
        Ties share the mean of their ranks.
    """
    ranks: Array = rankdata(rows, axis=1) - (rows.shape[1] + 1) / 2.0
    return ranks


def _cosine(a: Array, b: Array, valid: Mask, sigma_k: Array | None) -> Array:
    return cosines(a, b)


def _pearson(a: Array, b: Array, valid: Mask, sigma_k: Array | None) -> Array:
    return cosines(centred(near_one(a)), centred(near_one(b)))


def _spearman(a: Array, b: Array, valid: Mask, sigma_k: Array | None) -> Array:
    return cosines(centred_ranks(a), centred_ranks(b))


def _rho_a(a: Array, b: Array, valid: Mask, sigma_k: Array | None) -> Array:
    p = float(a.shape[1])
    return 12.0 * (centred_ranks(a) @ centred_ranks(b).T) / (p**3 - p)


def _tau_a(a: Array, b: Array, valid: Mask, sigma_k: Array | None) -> Array:
    return tau(a, b, "tau-a")


def _tau_b(a: Array, b: Array, valid: Mask, sigma_k: Array | None) -> Array:
    return tau(a, b, "tau-b")


def _whitened_cosine(a: Array, b: Array, valid: Mask, sigma_k: Array | None) -> Array:
    return cosines(whitening_factor(a, valid, sigma_k), whitening_factor(b, valid, sigma_k))


def _whitened_pearson(a: Array, b: Array, valid: Mask, sigma_k: Array | None) -> Array:
    return _whitened_cosine(centred(near_one(a)), centred(near_one(b)), valid, sigma_k)


def _bures(a: Array, b: Array, valid: Mask, sigma_k: Array | None) -> Array:
    left, right = _gram_roots(a, valid), _gram_roots(b, valid)
    size = [np.array([np.sqrt((x * x).sum()) for x in side]) for side in (left, right)]
    out = np.empty((len(a), len(b)))
    for i, x in enumerate(left):
        for j, y in enumerate(right):
            out[i, j] = np.linalg.svd(x.T @ y, compute_uv=False).sum()
    product = np.outer(*size)
    return out / np.where(product > 0, product, np.nan)


def _bures_metric(a: Array, b: Array, valid: Mask, sigma_k: Array | None) -> Array:
    left, right = _gram_roots(a, valid), _gram_roots(b, valid)
    out = np.empty((len(a), len(b)))
    for i, x in enumerate(left):
        for j, y in enumerate(right):
            nuclear = np.linalg.svd(x.T @ y, compute_uv=False).sum()
            out[i, j] = (x * x).sum() + (y * y).sum() - 2.0 * nuclear
    return out


def _gram_roots(rows: Array, valid: Mask) -> Array:
    """Roots of H G H, G = -d/2."""
    matrices = square(_without_missing(rows, valid)) * -0.5
    mean = matrices.mean(axis=1, keepdims=True)
    gram = matrices - mean - mean.transpose(0, 2, 1) + mean.mean(axis=2, keepdims=True)
    return gram_roots(gram)


def gram_roots(gram: Array) -> Array:
    """F with F F' = the positive part of each Gram matrix.

    An eigenvalue of 0 comes out as some 1e-17, whose root of 3e-9 would be felt in sums of roots
    (nuclear norms): eigenvalues that rounding alone can make are 0.

    Parameters
    ----------
    gram : (k, n, n) ndarray of float64
        Symmetric.

    Returns
    -------
    (k, n, n) ndarray of float64
        Columns of 0 where there is no positive part.
    """
    value, vector = np.linalg.eigh(gram)
    rounding = 4.0 * value.shape[1] * np.finfo(np.float64).eps
    least = rounding * np.abs(value).max(axis=1, keepdims=True, initial=0.0)
    positive = np.where(value > least, value, 0.0)
    return np.asarray(vector * np.sqrt(positive)[:, None, :], dtype=np.float64)


def _without_missing(rows: Array, valid: Mask) -> Array:
    if valid.all():
        return rows
    seen = square(valid.astype(np.float64), diagonal=1.0) > 0
    held = seen.sum(axis=1) > 1
    n_held = int(held.sum())
    if rows.shape[1] != n_held * (n_held - 1) // 2:
        raise SchemaError(
            "single pairs are missing, and a Gram matrix needs all pairs of a condition",
            where="compare",
            mend='Leave those conditions out, or use method="whitened_cosine".',
        )
    n_conditions_of(rows.shape[1])
    return rows


MEASURES: dict[str, Measure] = {
    "cosine": _cosine,
    "pearson": _pearson,
    "spearman": _spearman,
    "rho-a": _rho_a,
    "tau-a": _tau_a,
    "tau-b": _tau_b,
    "whitened_cosine": _whitened_cosine,
    "whitened_pearson": _whitened_pearson,
    "bures": _bures,
    "bures_metric": _bures_metric,
}
