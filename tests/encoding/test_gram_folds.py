"""Sums of folds: training sums by subtraction, targets read once, memory, folds of sums alone."""

from __future__ import annotations

import tracemalloc

import numpy as np
import pytest
import ridge_oracle
from hypothesis import given, settings
from hypothesis import strategies as st

from neurokit.encoding.backends import Backend
from neurokit.encoding.fitted_fold import plain_ridge
from neurokit.encoding.folds import as_folds, block_folds
from neurokit.encoding.gram_folds import GramFolds, n_workers
from neurokit.encoding.heldout import reduce_folds
from neurokit.encoding.sums import FeatureSums, TargetSums
from neurokit.encoding.targets import Targets
from neurokit.errors import OptionError, SchemaError

BACKEND = Backend()
ALPHAS = np.array([0.5, 20.0])


def gram_folds(x, folds, standardize=False):
    return GramFolds(
        x, as_folds(folds, len(x)), plain_ridge(BACKEND, standardize), "double", BACKEND
    )


def load(folds, y, max_bytes=1e8):
    return folds.load(Targets(y, max_bytes), slice(0, y.shape[1]))


def strange_folds(n, seed):
    """Shuffled, gapped, repeated and tiny training sets."""
    rng = np.random.default_rng(seed)
    found = []
    for _ in range(int(rng.integers(1, 4))):
        order = rng.permutation(n)
        n_test = int(rng.integers(3, n // 2))
        train = order[n_test : int(rng.integers(n_test + 3, n + 1))]
        if rng.random() < 0.3:
            train = rng.choice(train, train.size)
        found.append((train, order[:n_test]))
    return found


@settings(max_examples=30)
@given(seed=st.integers(0, 10_000))
def test_training_sums_are_those_of_the_training_rows(seed):
    rng = np.random.default_rng(seed)
    n = int(rng.integers(10, 30))
    x, y = rng.standard_normal((n, 3)), rng.standard_normal((n, 2)) + 4.0
    folds = gram_folds(x, strange_folds(n, seed))
    targets = load(folds, y)
    for k, (train, test) in enumerate(folds.plan.folds):
        found, held = folds.train(k), targets.train(k)
        about = y - targets.reference
        assert found.n == train.size
        np.testing.assert_allclose(found.gram, x[train].T @ x[train], atol=1e-10)
        np.testing.assert_allclose(found.total, x[train].sum(axis=0), atol=1e-10)
        np.testing.assert_allclose(held.cross, x[train].T @ about[train], atol=1e-10)
        np.testing.assert_allclose(held.square, (about[train] ** 2).sum(axis=0), atol=1e-10)
        np.testing.assert_allclose(
            targets.sums[folds.plan.test[k]].cross, x[test].T @ about[test], atol=1e-10
        )
    np.testing.assert_allclose(folds.total().gram, x.T @ x, atol=1e-10)
    np.testing.assert_allclose(targets.total.total, (y - targets.reference).sum(axis=0), atol=1e-10)


@settings(max_examples=20)
@given(seed=st.integers(0, 10_000), max_bytes=st.integers(1, 2000))
def test_blocks_of_rows_of_any_size_give_the_same_sums(seed, max_bytes):
    rng = np.random.default_rng(seed)
    x, y = rng.standard_normal((24, 3)), rng.standard_normal((24, 4))
    folds = gram_folds(x, strange_folds(24, seed))
    whole, parts = load(folds, y), load(folds, y, max_bytes)
    # The reference is of the first block, so sums are compared about one level.
    for one, other, index in zip(whole.sums, parts.sums, folds.plan.sets, strict=True):
        moved = one.about(FeatureSums.of(x[index]), np.zeros(3), parts.reference - whole.reference)
        np.testing.assert_allclose(moved.cross, other.cross, atol=1e-9)
        np.testing.assert_allclose(moved.square, other.square, atol=1e-9)


class Stored:
    """Targets made when they are read, in float32, with chunks as Zarr has them."""

    def __init__(self, n, t, rows):
        self.shape, self.chunks, self.ndim, self.dtype = (n, t), (rows, t), 2, np.dtype(np.float32)
        self.read = 0

    def __getitem__(self, key):
        rows, columns = (
            range(*one.indices(size)) for one, size in zip(key, self.shape, strict=True)
        )
        self.read += len(rows) * len(columns)
        block = np.full((len(rows), len(columns)), 0.5, dtype=np.float32)
        block[:, 0] = np.arange(rows.start, rows.stop) % 7
        return block


def test_no_more_than_one_block_is_held_while_targets_are_read():
    # 16 blocks of 1 MB; the last one must be gone before the next is read.
    n, t, cap = 2048, 1024, 1.05e6
    x = np.random.default_rng(0).standard_normal((n, 2))
    folds = gram_folds(x, block_folds(np.arange(n), 4))
    y = Stored(n, t, 128)
    tracemalloc.start()
    try:
        targets = load(folds, y, cap)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert y.read == n * t
    # The block in float64 and as stored (half of it), what one product needs, and the sums.
    sums = sum(one.cross.nbytes + one.total.nbytes + one.square.nbytes for one in targets.sums)
    assert peak < 1.9 * cap + 2 * sums


def test_a_median_of_many_columns_copies_little():
    from neurokit.encoding import targets as module

    values = np.random.default_rng(0).standard_normal((1000, 8000)).astype(np.float32)
    tracemalloc.start()
    try:
        found = module.reference_of(values)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    np.testing.assert_array_equal(found, np.median(values.astype(np.float64), axis=0))
    assert peak < values.nbytes  # in float64 it would be twice that


@pytest.mark.parametrize("dtype", [np.float32, np.int16, bool, np.longdouble, object])
def test_targets_of_any_type_are_those_in_float64(dtype):
    rng = np.random.default_rng(0)
    x, y = rng.standard_normal((30, 3)), rng.integers(0, 2, (30, 4)).astype(dtype)
    folds = gram_folds(x, block_folds(np.arange(30), 3))
    found, expected = load(folds, y), load(folds, y.astype(np.float64))
    for one, other in zip(found.sums, expected.sums, strict=True):
        np.testing.assert_array_equal(one.cross, other.cross)
    np.testing.assert_array_equal(found.reference, expected.reference)


def test_reading_changes_no_target_in_memory():
    rng = np.random.default_rng(0)
    x, y = rng.standard_normal((30, 3)), rng.standard_normal((30, 4)) + 7
    copy = y.copy()
    load(gram_folds(x, block_folds(np.arange(30), 3)), y, 300)
    np.testing.assert_array_equal(y, copy)


@pytest.mark.parametrize("row", [0, 17, 29])
def test_a_missing_value_is_found_in_any_block(row):
    x, y = np.ones((30, 1)) * np.arange(30)[:, None], np.zeros((30, 2))
    y[row, 1] = np.nan
    with pytest.raises(SchemaError, match="Y: holds NaN"):
        load(gram_folds(x, block_folds(np.arange(30), 3)), y, 100)


def test_sums_alone_give_the_scores_and_weights_of_rows():
    x, y = ridge_oracle.problem(40, 6)
    folds = block_folds(np.arange(40), 4)
    rows = gram_folds(x, folds)
    alone = GramFolds.of_sums([FeatureSums.of(x[b]) for _, b in folds], plain_ridge(BACKEND, False),
                              BACKEND)  # fmt: skip
    targets = load(rows, y)
    about = y - targets.reference
    held = [TargetSums.of(x[b], about[b]) for _, b in folds]
    other = type(targets)(alone, held, targets.reference, targets.floor)
    a = reduce_folds(targets.held_out_sums(ALPHAS), pooled=False)
    b = reduce_folds(other.held_out_sums(ALPHAS), pooled=False)
    np.testing.assert_allclose(a.r2, b.r2, atol=1e-10)
    expected = ridge_oracle.fold_scores(x, y, ALPHAS, folds)
    np.testing.assert_allclose(b.r2, expected["r2"], atol=1e-9)
    for one, both in zip(targets.full_weights(np.full(6, 2.0)), other.full_weights(np.full(6, 2.0)),
                         strict=True):  # fmt: skip
        np.testing.assert_allclose(one, both, atol=1e-10)


def test_another_basis_shares_sums_and_decomposes_anew():
    x, y = ridge_oracle.problem(40, 6)
    folds = block_folds(np.arange(40), 4)
    plain = gram_folds(x, folds)
    before = plain.fold(0)
    scaled = plain.with_basis(plain_ridge(BACKEND, standardize=True))
    assert scaled.sums is plain.sums
    assert plain.fold(0) is before  # kept, for the next targets
    assert scaled.fold(0) is not before
    found = reduce_folds(load(scaled, y).held_out_sums(ALPHAS), pooled=False)
    expected = ridge_oracle.fold_scores(x, y, ALPHAS, folds, standardize=True)
    np.testing.assert_allclose(found.r2, expected["r2"], atol=1e-9)
    again = reduce_folds(load(plain, y).held_out_sums(ALPHAS), pooled=False)
    np.testing.assert_allclose(
        again.r2, ridge_oracle.fold_scores(x, y, ALPHAS, folds)["r2"], atol=1e-9
    )


def test_rows_that_outweigh_the_rest_are_summed_directly():
    rng = np.random.default_rng(0)
    x = rng.standard_normal((40, 2))
    x[:10, 1] *= 1e8
    folds = gram_folds(x, block_folds(np.arange(40), 4))
    assert [left_out is None for left_out in folds.plan.left_out] == [True, False, False, False]
    expected = x[10:] - x[10:].mean(axis=0)
    np.testing.assert_allclose(folds.train(0).centred(), expected.T @ expected, rtol=1e-10)


def test_the_level_of_a_target_costs_no_digits():
    x, y = ridge_oracle.problem(40, 6)
    y = y[:, :-1]
    folds = gram_folds(x, block_folds(np.arange(40), 4))
    plain, moved = load(folds, y), load(folds, y + 1e9)
    a = reduce_folds(plain.held_out_sums(ALPHAS), pooled=False)
    b = reduce_folds(moved.held_out_sums(ALPHAS), pooled=False)
    np.testing.assert_allclose(b.r2, a.r2, atol=1e-5)  # y itself holds 7 digits after the point


@pytest.mark.parametrize("level", [0.0, 0.1, 1e6, -3e12])
def test_a_constant_target_has_no_weight_and_its_level_as_prediction(level):
    x, y = ridge_oracle.problem(40, 6)
    y = np.full((40, 2), level)
    targets = load(gram_folds(x, block_folds(np.arange(40), 4)), y)
    weights, at_zero = targets.full_weights(np.full(2, 1.0))
    np.testing.assert_array_equal(weights, 0.0)
    np.testing.assert_allclose(at_zero, level, rtol=1e-12)
    for (_, test), predicted in targets.predictions(np.full(2, 1.0)):
        np.testing.assert_allclose(predicted, np.full((test.size, 2), level), rtol=1e-12)


@pytest.mark.parametrize("n_jobs", [1, 3, np.int64(2)])
def test_numbers_of_workers(n_jobs):
    assert n_workers(n_jobs) == int(n_jobs)
    assert n_workers(-1) >= 1


@pytest.mark.parametrize("n_jobs", [0, -2, 1.0, "2", None])
def test_what_is_no_number_of_workers(n_jobs):
    with pytest.raises(OptionError, match="n_jobs"):
        n_workers(n_jobs)
