"""Bootstrap of measures that are angles: every draw is one weighted Gram matrix.

A draw takes condition i c_i times, so that pair (i, j) enters c_i c_j times and pairs of copies
of one condition never. Similarities of models and subjects, pools of subjects and both noise
ceilings are functions of the Gram matrix of all RDMs under these weights; all draws together are
one matrix product (draws x pairs)(pairs x products of RDMs).

Whitened: with n = sum c, G = -d/2, r_i = sum_{j != i} c_j G_ij, h_i = n/2 + 1 - c_i,
B = (sum c_i r_i / h_i) / (1 + sum c_i / (2 h_i)), b_i = (r_i - B/2) / h_i, the inner product is
2 sum_{i<j} c_i c_j G^a G^b - sum_i c_i r^a_i b^b_i: the Woodbury form of V^-1 of the resampled
RDM with the pairs of copies left out.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from neurokit.errors import SchemaError
from neurokit.rsa.bootstrap_sigma import whitened_grams
from neurokit.rsa.pair_index import pair_indices, square

Array = NDArray[np.float64]
Mask = NDArray[np.bool_]

# Entries of a block of products of RDMs that exist at once (128 MB).
_BLOCK = 2**24


@dataclass(frozen=True)
class Products:
    """Products of all pairs of RDMs, and what whitening needs besides.

    Parameters
    ----------
    rows : (n_rdms, n_pairs) ndarray of float64
        Models first, then subjects.
    valid : (n_pairs,) ndarray of float64
        1 for pairs that every RDM has, else 0.
    centre : bool
        Whether means are taken out (Pearson).
    whiten : bool
        Whether the whitened product is meant.
    table : (n_products, n_pairs) ndarray of float64, optional
        Products of all pairs of RDMs, if they fit into memory.
    sigma_k : (n, n) or (n,) ndarray of float64, optional
        Covariance of the estimates of conditions; default the identity.
    """

    rows: Array
    valid: Array
    centre: bool
    whiten: bool
    table: Array | None
    sigma_k: Array | None = None


def prepare(
    rows: Array,
    *,
    centre: bool,
    whiten: bool,
    unit: bool = False,
    sigma_k: Array | None = None,
) -> Products:
    """Fill what is missing with zeros of weight zero.

    Parameters
    ----------
    rows : (n_rdms, n_pairs) ndarray of float64
        RDMs; NaN where a pair is missing, which then counts for none.
    centre, whiten : bool
        As in `Products`.
    unit : bool, default False
        Give all RDMs one length, which changes no cosine and no pool.
    sigma_k : (n, n) or (n,) ndarray of float64, optional
        As in `Products`.

    Returns
    -------
    Products
        Ready for `grams`.

    Raises
    ------
    SchemaError
        If single pairs are missing, which the Woodbury form of whitening cannot leave out.
    """
    valid: Mask = np.asarray(np.isfinite(rows).all(axis=0))
    if whiten:
        require_whole_conditions(valid, "whitening")
    filled = np.where(valid, rows, 0.0)
    if centre and valid.any():
        # The shift changes no correlation and keeps digits.
        filled = np.where(valid, filled - filled[:, valid].mean(axis=1, keepdims=True), 0.0)
    if unit:
        length = np.sqrt(np.einsum("ij,ij->i", filled, filled))
        filled = filled / np.where(length > 0, length, 1.0)[:, None]
    upper = np.triu_indices(len(rows))
    fits = len(upper[0]) * rows.shape[1] <= _BLOCK
    table = filled[upper[0]] * filled[upper[1]] if fits else None
    mask = valid.astype(np.float64)
    return Products(np.asarray(filled), mask, centre, whiten, table, sigma_k)


def require_whole_conditions(valid: Mask, what: str) -> None:
    """Refuse RDMs that lack single pairs of conditions that are there.

    Parameters
    ----------
    valid : (n_pairs,) ndarray of bool
        Pairs that every RDM has.
    what : str
        What needs them.

    Raises
    ------
    SchemaError
        If a pair of two conditions that have other pairs is missing.
    """
    held = present_conditions(valid)
    first, second = pair_indices(len(held))
    if not valid[held[first] & held[second]].all():
        raise SchemaError(
            f"single pairs are missing, and {what} needs all pairs of a condition",
            where="rdms",
            mend='Leave those conditions out (nk.rsa.select_conditions), or use "cosine".',
        )


def present_conditions(valid: Mask) -> Mask:
    """Conditions of which any pair is there.

    Parameters
    ----------
    valid : (n_pairs,) ndarray of bool
        Pairs that every RDM has.

    Returns
    -------
    (n_conditions,) ndarray of bool
        False for a condition that some RDM lacks altogether.
    """
    return np.asarray(square(valid.astype(np.float64)).any(axis=1))


def grams(products: Products, counts: Array) -> tuple[Array, Array]:
    """Gram matrix of all RDMs and their plain norms, for every draw.

    Parameters
    ----------
    products : Products
        RDMs.
    counts : (n_draws, n_conditions) ndarray of float64
        How often each condition was drawn.

    Returns
    -------
    gram : (n_draws, n_rdms, n_rdms) ndarray of float64
        Inner products of the measure.
    norm : (n_draws, n_rdms) ndarray of float64
        Lengths of RDMs before whitening: what pools divide by.
    """
    if products.whiten:  # a condition that is lacking was not drawn
        counts = counts * present_conditions(products.valid > 0)
    first, second = pair_indices(counts.shape[1])
    n_rdms = len(products.rows)
    upper = np.triu_indices(n_rdms)
    packed = np.zeros((len(counts), len(upper[0])))
    sums = np.zeros((len(counts), n_rdms))
    mass = np.zeros(len(counts))
    step = max(1, min(first.size, _BLOCK // (len(upper[0]) + len(counts))))
    for start in range(0, first.size, step):
        part = slice(start, start + step)
        weight = counts[:, first[part]] * counts[:, second[part]] * products.valid[part]
        block = products.rows[:, part]
        if products.table is None:
            packed += weight @ (block[upper[0]] * block[upper[1]]).T
        else:
            packed += weight @ products.table[:, part].T
        if products.centre:
            sums += weight @ block.T
        mass += weight.sum(axis=1)
    gram = np.empty((len(counts), n_rdms, n_rdms))
    gram[:, upper[0], upper[1]] = packed
    gram[:, upper[1], upper[0]] = packed
    means = sums / np.where(mass > 0, mass, 1.0)[:, None]
    if products.centre:
        gram -= mass[:, None, None] * means[:, :, None] * means[:, None, :]
    own = np.einsum("nii->ni", gram)
    norm = np.sqrt(np.maximum(own, 0.0))
    if products.whiten and products.sigma_k is not None:
        gram = whitened_grams(products.rows, products.sigma_k, counts, means)
    elif products.whiten:
        gram = _whitened(products, counts, gram, means)
    return gram, norm


def _whitened(products: Products, counts: Array, gram: Array, means: Array) -> Array:
    """The whitened Gram matrix; `gram` is the plain one."""
    size = counts.sum(axis=1)
    # r of G = -d/2 for every draw and RDM.
    reach = np.stack([counts @ m for m in square(products.rows)], axis=1) * -0.5
    if products.centre:
        reach += 0.5 * means[:, :, None] * (size[:, None] - counts)[:, None, :]
    h = size[:, None] / 2.0 + 1.0 - counts
    singular = (np.abs(h) < 1e-9) & (counts > 0)
    safe = np.where(np.abs(h) < 1e-9, 1.0, h)
    share = counts / safe
    top = (reach * share[:, None, :]).sum(axis=2) / (1.0 + 0.5 * share.sum(axis=1))[:, None]
    effect = (reach - top[:, :, None] / 2.0) / safe[:, None, :]
    for draw in np.flatnonzero(singular.any(axis=1)):
        effect[draw] = _solved(counts[draw], h[draw], reach[draw])
    weighted = reach * counts[:, None, :]
    out = 0.5 * gram - weighted @ effect.transpose(0, 2, 1)
    return np.asarray((out + out.transpose(0, 2, 1)) / 2.0, dtype=np.float64)


def _solved(counts: Array, h: Array, reach: Array) -> Array:
    """B of (diag(h) + 1 c'/2) b = r, for the rare draw of which half is one condition."""
    held = counts > 0
    matrix = np.diag(h[held]) + 0.5 * counts[held]
    out = np.zeros_like(reach)
    out[:, held] = np.linalg.solve(matrix, reach[:, held].T).T
    return out


def mean_scores(gram: Array, n_models: int, subjects: Array) -> Array:
    """Mean over resampled subjects of the cosine of each model with each subject.

    Parameters
    ----------
    gram : (n_draws or 1, n_rdms, n_rdms) ndarray of float64
        Models first.
    n_models : int
        Number of models.
    subjects : (n_draws, n_subjects) ndarray of float64
        How often each subject was drawn.

    Returns
    -------
    (n_draws, n_models) ndarray of float64
        An RDM without length has cosine 0.
    """
    inverse = _inverse_norms(gram)
    cosine = gram * inverse[:, :, None] * inverse[:, None, :]
    between = cosine[:, :n_models, n_models:]
    return np.asarray(
        (between * subjects[:, None, :]).sum(axis=2) / subjects.sum(axis=1)[:, None],
        dtype=np.float64,
    )


def _inverse_norms(gram: Array) -> Array:
    own = np.einsum("nii->ni", gram)
    # Rounding leaves a trace of what is 0: a constant RDM after its mean is taken out.
    floor = 1e-14 * own.max(axis=1, keepdims=True)
    return np.asarray(1.0 / np.sqrt(np.where(own > floor, own, np.inf)), dtype=np.float64)


def ceilings(gram: Array, norm: Array, n_models: int, subjects: Array) -> Array:
    """Lower and upper noise ceiling of every draw.

    upper: mean over subjects of the cosine with the mean of all normalised subjects; lower: with
    that of the other subjects. Each subject drawn counts once, pools keep multiplicities.

    Parameters
    ----------
    gram, norm : (n_draws or 1, n_rdms, n_rdms), (n_draws or 1, n_rdms) ndarray of float64
        As `grams` gives them.
    n_models : int
        Number of models, which come first.
    subjects : (n_draws, n_subjects) ndarray of float64
        How often each subject was drawn.

    Returns
    -------
    (n_draws, 2) ndarray of float64
        lower, upper.
    """
    between, length = gram[:, n_models:, n_models:], norm[:, n_models:]
    share = subjects / np.where(length > 0, length, np.inf)
    reach = (between @ share[:, :, None])[:, :, 0]
    total = (share * reach).sum(axis=1)
    own = np.einsum("nii->ni", between)
    drawn = subjects > 0
    alone = drawn.sum(axis=1) == 1
    upper = _cosine(reach, total[:, None] * own)
    rest = reach - share * own
    rest_total = total[:, None] - 2.0 * share * reach + share**2 * own
    lower = np.where(alone[:, None], upper, _cosine(rest, rest_total * own))
    both = [np.where(drawn, x, 0.0).sum(axis=1) / drawn.sum(axis=1) for x in (lower, upper)]
    return np.stack(both, axis=1)


def _cosine(product: Array, squared: Array) -> Array:
    return product / np.sqrt(np.where(squared > 0, squared, np.inf))
