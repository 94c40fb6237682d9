"""Leave-one-subject-out identification from Gram matrices of RDM vectors, on plain arrays.

Nearest centroid needs inner products only: |x - c|^2 = x'x - 2 x'c + c'c with c a mean of training
items, so that all folds, inner and outer, of one transform come from one Gram matrix.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from neurokit.errors import SchemaError
from neurokit.rsa.geotopology import cells, clipped, quantiles, scaled_ranks

Array = NDArray[np.float64]
Index = NDArray[np.int64]

# A pair of NaN stands for distances as they are.
RAW = (np.nan, np.nan)


def candidates(step: float) -> list[tuple[float, float]]:
    """Transforms to choose from: raw, then RGTM cells from the whole range inwards.

    The first of equally good ones is chosen, so order is preference.
    """
    grid = sorted(cells(step), key=lambda c: (c[0] ** 2 + (1 - c[1]) ** 2, c))
    return [RAW, *grid]


def gram_of(rows: Array, cell: tuple[float, float], ranks: Array | None = None) -> Array:
    """(n, n) inner products of RDMs (n, n_pairs) after the transform of a cell."""
    if np.isnan(cell[0]):
        values = rows
    else:
        scaled = scaled_ranks(rows) if ranks is None else ranks
        low, high = quantiles(scaled, list(cell))
        values = clipped(scaled, low, high)
    centred = values - values.mean(axis=0)
    return np.asarray(centred @ centred.T, dtype=np.float64)


def nearest_centroid(gram: Array, training: Array, n_labels: int) -> Index:
    """Label of the nearest centroid of every item, for several choices of training subjects.

    Parameters
    ----------
    gram : (n_subjects * n_labels, same) ndarray of float64
        Inner products of items, subject by subject.
    training : (n_folds, n_subjects) ndarray of float64
        How often each subject is used; 0 leaves out.
    n_labels : int
        Items per subject.

    Returns
    -------
    (n_folds, n_subjects, n_labels) ndarray of int
        Also for training items, whose labels are of no use.
    """
    n_subjects = len(gram) // n_labels
    share = training / training.sum(axis=1, keepdims=True)
    by_subject = gram.reshape(n_subjects * n_labels, n_subjects, n_labels)
    cross = np.einsum("isl,fs->fil", by_subject, share)
    blocks = cross.reshape(len(share), n_subjects, n_labels, n_labels)
    own = np.einsum("fsll,fs->fl", blocks, share)
    distance = own[:, None, :] - 2.0 * cross
    found = distance.argmin(axis=2).reshape(len(share), n_subjects, n_labels)
    return np.asarray(found, dtype=np.int64)


def inner_scores(gram: Array, group: Index, n_labels: int) -> Array:
    """Accuracy of inner leave-one-out for every held-out group of subjects.

    Neither the outer nor the inner held-out group is in the centroids.

    Parameters
    ----------
    gram : (n_items, n_items) ndarray of float64
        As in `nearest_centroid`.
    group : (n_subjects,) ndarray of int
        Copies of one subject share a group and are held out together.
    n_labels : int
        Items per subject.

    Returns
    -------
    (n_groups,) ndarray of float64
        For each outer group the mean over inner groups.
    """
    n_groups = int(group.max()) + 1
    pairs = [(a, b) for a in range(n_groups) for b in range(a + 1, n_groups)]
    training = np.array([(group != a) & (group != b) for a, b in pairs], dtype=np.float64)
    correct = nearest_centroid(gram, training, n_labels) == np.arange(n_labels)
    by_subject = correct.mean(axis=2)
    total = np.zeros(n_groups)
    for (a, b), score in zip(pairs, by_subject, strict=True):
        # With a and b both left out, b is the inner test of the outer a, and the reverse.
        total[a] += score[group == b].mean()
        total[b] += score[group == a].mean()
    return total / (n_groups - 1)


def choose(scores: Array, n_tests: int) -> Index:
    """Candidate of every group: the best, unless the first is within two standard errors of it.

    The best of hundreds is best by luck as a rule; what is simpler is kept unless it is clearly
    worse. `scores` is (n_candidates, n_groups), each the mean of
    `n_tests` right or wrong answers.
    """
    best = np.argmax(scores - 1e-12 * np.arange(len(scores))[:, None], axis=0)
    gain = scores.max(axis=0) - scores[0]
    error = np.sqrt(scores.max(axis=0) * (1.0 - scores.max(axis=0)) / n_tests)
    return np.asarray(np.where(gain > 2.0 * error, best, 0), dtype=np.int64)


def outer_predictions(gram: Array, group: Index, n_labels: int, counts: Array) -> Index:
    """(n_subjects, n_labels) labels from the centroids of all other groups, weighted by counts."""
    n_groups = int(group.max()) + 1
    training = np.array([(group != g) * counts for g in range(n_groups)])
    usable = training.sum(axis=1) > 0
    found = nearest_centroid(gram, np.where(usable[:, None], training, 1.0), n_labels)
    out = found[group, np.arange(len(group))]
    return np.where(usable[group][:, None], out, -1)


def shrinkage_lda(rows: Array, group: Index, n_labels: int, n_components: int = 60) -> Index:
    """(n_subjects, n_labels) labels by shrinkage LDA on principal components of training RDMs."""
    from sklearn.discriminant_analysis import LinearDiscriminantAnalysis

    items = rows.reshape(len(group), n_labels, -1)
    out = np.empty((len(group), n_labels), dtype=np.int64)
    for g in range(int(group.max()) + 1):
        train = items[group != g].reshape(-1, items.shape[2])
        mean = train.mean(axis=0)
        _, size, axes = np.linalg.svd(train - mean, full_matrices=False)
        if size[0] == 0:
            raise SchemaError(
                "all RDMs of training are one", where="rdms", mend="Give RDMs that differ."
            )
        axes = axes[: min(n_components, int((size > 1e-10 * size[0]).sum()))]
        label = np.tile(np.arange(n_labels), int((group != g).sum()))
        model = LinearDiscriminantAnalysis(solver="lsqr", shrinkage="auto")
        model.fit((train - mean) @ axes.T, label)
        for s in np.flatnonzero(group == g):
            out[s] = model.predict((items[s] - mean) @ axes.T)
    return out
