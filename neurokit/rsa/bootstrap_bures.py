"""Bootstrap of the Bures similarity: the overlap of the shapes of two arrangements of conditions.

With c_i copies of condition i, K = C^1/2 H G H' C^1/2, G = -d/2, H = I - 1 c' / n, has the
eigenvalues of the Gram matrix in which every copy has a row. Similarity is the nuclear norm of
F_a' F_b over |F_a| |F_b|, F F' = K. Pools of subjects are means of RDMs of unit size tr(K).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from neurokit.rsa.compare_core import gram_roots
from neurokit.rsa.pair_index import square

Array = NDArray[np.float64]


def bures_draw(
    rows: Array, n_models: int, counts: Array, subjects: list[Array]
) -> tuple[Array, list[Array]]:
    """Similarity of models and subjects of one draw of conditions, and ceilings.

    Parameters
    ----------
    rows : (n_rdms, n_pairs) ndarray of float64
        Models first; pairs of conditions that are not drawn may be anything.
    n_models : int
        Number of models.
    counts : (n,) ndarray of float64
        How often each condition was drawn.
    subjects : list of (n_subjects,) ndarray of float64
        How often each subject was drawn, any number of times.

    Returns
    -------
    similarity : (n_models, n_subjects) ndarray of float64
        0 to 1; NaN for an RDM whose Gram matrix has no positive part.
    ceilings : list of (2,) ndarray of float64
        lower and upper for each draw of subjects.
    """
    held = np.flatnonzero(counts > 0)
    kernels = _kernels(square(rows)[:, held][:, :, held], counts[held])
    roots = gram_roots(kernels)
    similarity = _similarities(roots[:n_models], roots[n_models:])
    own = kernels[n_models:]
    size = np.einsum("kii->k", own)
    unit = own / np.where(size > 0, size, np.inf)[:, None, None]
    return similarity, [_ceiling(unit, roots[n_models:], m) for m in subjects]


def _kernels(matrices: Array, counts: Array) -> Array:
    gram = -0.5 * matrices
    mean = gram @ counts / counts.sum()
    centred = gram - mean[:, :, None] - mean[:, None, :]
    centred += (mean @ counts / counts.sum())[:, None, None]
    root = np.sqrt(counts)
    return np.asarray(centred * root * root[:, None], dtype=np.float64)


def _similarities(a: Array, b: Array) -> Array:
    norm = [np.sqrt(np.einsum("kij,kij->k", x, x)) for x in (a, b)]
    out = np.empty((len(a), len(b)))
    for i, x in enumerate(a):
        out[i] = np.linalg.svd(x.T @ b, compute_uv=False).sum(axis=1)
    product = np.outer(*norm)
    return np.asarray(out / np.where(product > 0, product, np.nan), dtype=np.float64)


def _ceiling(unit: Array, roots: Array, multiplicity: Array) -> Array:
    drawn = np.flatnonzero(multiplicity > 0)
    total = np.einsum("k,kij->ij", multiplicity, unit)
    upper = _similarities(gram_roots(total[None]), roots[drawn])[0]
    if len(drawn) == 1:
        return np.array([upper.mean(), upper.mean()])
    rest = gram_roots(total - multiplicity[drawn][:, None, None] * unit[drawn])
    lower = [_similarities(rest[k : k + 1], roots[s : s + 1])[0, 0] for k, s in enumerate(drawn)]
    return np.array([np.mean(lower), upper.mean()])
