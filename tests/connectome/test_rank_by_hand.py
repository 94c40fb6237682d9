"""The choice of a rank worked out by hand: folds, errors, one standard error, stability."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest
import tensorly as tl
import xarray as xr
from hypothesis import given, settings
from hypothesis import strategies as st

from neurokit.connectome import NonNegativeCP, rank_sweep, select_rank
from neurokit.connectome.rank import _error, _folds, _judged
from neurokit.errors import NeurokitError, OptionError, SchemaError

QUICK = {"n_restarts": 1, "max_iter": 20, "tol": 1e-3, "random_state": 0}


def small(shape=(7, 6, 5), rank=2, seed=0):
    rng = np.random.default_rng(seed)
    x = tl.cp_to_tensor((None, [rng.gamma(1.0, 1.0, (n, rank)) for n in shape]))
    return x + 0.1 * rng.random(shape)


def judged(error, stability, least=0.8):
    ranks = list(range(1, len(error) + 1))
    fits = {
        rank: SimpleNamespace(stability_=s, error_=0.1 * rank)
        for rank, s in zip(ranks, stability, strict=True)
    }
    return _judged(ranks, np.array(error, dtype=float), fits, least)


@pytest.mark.parametrize(
    ("error", "stability", "best"),
    [
        # The least error and nothing near it.
        ([[0.9, 0.9], [0.2, 0.21], [0.5, 0.5]], [1, 1, 1], 2),
        # Rank 1 is behind in one fold and ahead in the other: as good.
        ([[0.2, 0.4], [0.3, 0.29], [0.5, 0.5]], [1, 1, 1], 1),
        # Always behind by the same: no standard error excuses that.
        ([[0.31, 0.41], [0.3, 0.4]], [1, 1], 2),
        # The least error belongs to a rank that no two starts agree on.
        ([[0.5, 0.6], [0.4, 0.45], [0.1, 0.1]], [1, 1, 0.5], 2),
        # None is stable: error alone decides.
        ([[0.5, 0.6], [0.4, 0.45], [0.1, 0.1]], [0.1, 0.2, 0.3], 3),
        # A tie goes to the smaller rank.
        ([[0.3, 0.3], [0.3, 0.3]], [1, 1], 1),
        # At the least stability itself a rank still counts.
        ([[0.5, 0.5], [0.1, 0.1]], [1, 0.8], 2),
    ],
)
def test_the_rank_chosen_is_the_one_that_the_rule_gives_on_paper(error, stability, best):
    assert judged(error, stability).attrs["best_rank"] == best


@given(seed=st.integers(0, 10_000), n_ranks=st.integers(1, 5), n_folds=st.integers(2, 6))
@settings(max_examples=40)
def test_the_rule_equals_plain_loops(seed, n_ranks, n_folds):
    rng = np.random.default_rng(seed)
    error, stability = rng.random((n_ranks, n_folds)), rng.random(n_ranks)
    found = judged(error, stability, least=0.5)
    allowed = [k for k in range(n_ranks) if stability[k] >= 0.5] or list(range(n_ranks))
    reference = min(allowed, key=lambda k: sum(error[k]) / n_folds)
    good = []
    for k in range(n_ranks):
        differences = [error[k, f] - error[reference, f] for f in range(n_folds)]
        mean = sum(differences) / n_folds
        variance = sum((d - mean) ** 2 for d in differences) / (n_folds - 1)
        assert float(found.excess[k]) == pytest.approx(mean, abs=1e-12)
        assert float(found.excess_se[k]) == pytest.approx((variance / n_folds) ** 0.5, abs=1e-12)
        if k in allowed and mean <= (variance / n_folds) ** 0.5 + 1e-15:
            good.append(k)
    assert found.attrs["best_rank"] == good[0] + 1
    np.testing.assert_allclose(found.fit_error, 0.1 * np.arange(1, n_ranks + 1))


@pytest.mark.parametrize("holdout", ["entry", "fibre"])
def test_every_observed_entry_is_hidden_in_one_fold(holdout):
    seen = np.random.default_rng(0).random((6, 9, 5)) < 0.8
    folds = np.broadcast_to(_folds(seen, holdout, 3, np.random.default_rng(1)), seen.shape)
    hidden = np.stack([(folds == f) & seen for f in range(3)])
    np.testing.assert_array_equal(hidden.sum(axis=0), seen)
    if holdout == "fibre":
        # Time is the longest mode: a pair is hidden at all times or at none.
        assert (folds == folds[:, :1]).all()


def test_errors_of_a_fold_are_those_of_a_fit_without_it():
    x = small()
    found = select_rank(x, [1, 2], n_folds=3, **QUICK)
    rng = np.random.default_rng(0)
    folds = _folds(np.ones(x.shape, bool), "entry", 3, rng)
    streams = rng.spawn(2)[0].spawn(3)
    for fold, stream in enumerate(streams):
        hidden = folds == fold
        options = QUICK | {"random_state": stream}
        fits = rank_sweep(np.where(hidden, np.nan, x), [1, 2], **options)
        for rank, fit in fits.items():
            model = tl.cp_to_tensor(fit.to_tensorly())
            expected = np.linalg.norm((x - model)[hidden]) / np.linalg.norm(x[hidden])
            value = float(found.error.sel(rank=rank, fold=fold))
            assert value == pytest.approx(expected, rel=1e-9)


def test_rows_that_are_hidden_whole_are_not_counted():
    model = np.ones((3, 2))
    model[1] = np.nan
    fit = SimpleNamespace(reconstruct=lambda: xr.DataArray(model))
    x = xr.DataArray(np.array([[2.0, 1.0], [5.0, 5.0], [3.0, 1.0]]))
    hidden = np.array([[True, False], [True, True], [True, False]])
    assert _error(x, hidden, fit) == pytest.approx(np.sqrt(1 + 4) / np.sqrt(4 + 9))
    assert _error(x * 0, hidden, fit) == 0.0
    assert _error(x, np.zeros_like(hidden), fit) == 0.0


def test_errors_of_a_sweep_are_those_that_tensorly_builds():
    x = small()
    for rank, fit in rank_sweep(x, [3, 1, 2], **QUICK).items():
        model = tl.cp_to_tensor(fit.to_tensorly())
        assert fit.rank == rank
        assert fit.error_ == pytest.approx(np.linalg.norm(x - model) / np.linalg.norm(x))


def test_ranks_keep_their_order_in_a_sweep_and_rise_in_a_selection():
    x = small()
    assert list(rank_sweep(x, iter([3, 1]), **QUICK)) == [3, 1]
    found = select_rank(x, np.array([3, 1, 2]), n_folds=2, **QUICK)
    np.testing.assert_array_equal(found["rank"], [1, 2, 3])
    ordered = select_rank(x, (r for r in (1, 2, 3)), n_folds=2, **QUICK)
    np.testing.assert_array_equal(found.error, ordered.error)


def test_rank_one_of_a_matrix_is_its_leading_singular_pair():
    x = np.random.default_rng(3).random((9, 7)) + 0.1
    fit = rank_sweep(x, [1], n_restarts=2, tol=1e-13, random_state=0)[1]
    u, s, vt = np.linalg.svd(x)
    np.testing.assert_allclose(fit.reconstruct(), s[0] * np.outer(u[:, 0], vt[0]), rtol=1e-4)
    assert fit.error_ == pytest.approx(np.sqrt(1 - s[0] ** 2 / (s**2).sum()), rel=1e-8)


def test_the_order_of_dims_and_the_unit_do_not_change_the_choice():
    x = xr.DataArray(small(), dims=["pair", "time", "recording"])
    one = rank_sweep(x, [2], **QUICK)[2]
    turned = rank_sweep(x.transpose("time", "recording", "pair"), [2], **QUICK)[2]
    larger = rank_sweep(x * 1024.0, [2], **QUICK)[2]
    assert one.error_ == pytest.approx(larger.error_, rel=1e-12)
    assert turned.error_ == pytest.approx(one.error_, rel=1e-2)
    np.testing.assert_allclose(larger.reconstruct(), 1024.0 * one.reconstruct(), rtol=1e-9)


@pytest.mark.parametrize("dtype", [np.int16, np.uint8, np.float32])
def test_other_types_of_numbers_are_fitted_as_they_are(dtype):
    x = np.round(small() * 10).astype(dtype)
    given = x.copy()
    found = rank_sweep(x, [1], **QUICK)[1]
    exact = rank_sweep(x.astype(np.float64), [1], **QUICK)[1]
    assert found.error_ == pytest.approx(exact.error_, rel=1e-4)
    np.testing.assert_array_equal(x, given)


def test_inputs_stay_as_they_are():
    x = xr.DataArray(small(), dims=["pair", "time", "recording"], attrs={"note": "mine"})
    x[0, 0, 0] = np.nan
    mask = np.ones(x.shape, bool)
    mask[1, 1, 1] = False
    kept, kept_mask = x.copy(deep=True), mask.copy()
    select_rank(x, [1, 2], mask=mask, n_folds=2, **QUICK)
    xr.testing.assert_identical(x, kept)
    np.testing.assert_array_equal(mask, kept_mask)


def test_nan_and_a_mask_hide_the_same():
    x, mask = small(), np.random.default_rng(2).random((7, 6, 5)) < 0.8
    masked = select_rank(x, [1, 2], mask=mask, n_folds=2, **QUICK)
    missing = select_rank(np.where(mask, x, np.nan), [1, 2], n_folds=2, **QUICK)
    np.testing.assert_array_equal(masked.error, missing.error)


@pytest.mark.parametrize("value", ["3", None, 2.5, -1, True, np.nan, [2]])
def test_numbers_of_starts_that_are_none_are_named(value):
    with pytest.raises(OptionError, match="n_restarts: is .*whole number from 1"):
        select_rank(small(), [1], n_restarts=value)


@pytest.mark.parametrize("value", ["0.8", None, True, np.nan, np.inf, -0.1, [0.8]])
def test_stabilities_that_are_none_are_named(value):
    with pytest.raises(OptionError, match="min_stability: is .*similarity from 0"):
        select_rank(small(), [1], min_stability=value)


@pytest.mark.parametrize("value", [0, 1, np.float32(0.5), np.int8(1)])
def test_any_real_number_is_a_stability(value):
    found = select_rank(small(), [1, 2], min_stability=value, n_folds=2, **QUICK)
    assert found.attrs["best_rank"] in (1, 2)


@pytest.mark.parametrize("value", [1, 2.0, True, None, "5", -3])
def test_numbers_of_folds_that_are_none_are_named(value):
    with pytest.raises(OptionError, match="n_folds"):
        select_rank(small(), [1], n_folds=value)


@pytest.mark.parametrize("value", [3, None, "12", [1.0], [True], [1, 1], [-1], [[1]], [None]])
@pytest.mark.parametrize("call", [rank_sweep, select_rank])
def test_ranks_that_are_none_are_named(call, value):
    with pytest.raises(OptionError, match="ranks: is .*different whole numbers from 1"):
        call(small(), value)


@pytest.mark.parametrize(
    "x",
    [
        np.full((4, 3, 2), np.nan),
        np.full((4, 3, 2), np.inf),
        np.ones((4, 3, 2), complex),
        np.array([["a", "b"], ["c", "d"]]),
        np.ones(5),
        np.empty((0, 3, 2)),
        "tensor",
        None,
    ],
)
def test_what_is_no_tensor_is_named(x):
    with pytest.raises(NeurokitError, match="tensor"):
        select_rank(x, [1], n_folds=2, **QUICK)


def test_a_fold_that_would_be_empty_is_named():
    x = np.full((4, 3, 2), np.nan)
    x[0, 0, 0] = 1.0
    with pytest.raises(SchemaError, match="1 observed entries for 2 folds"):
        select_rank(x, [1], n_folds=2)


def test_one_seed_is_the_same_bytes_and_a_generator_moves_on():
    x = small()
    options = {k: v for k, v in QUICK.items() if k != "random_state"}
    one, two = (select_rank(x, [1, 2], n_folds=2, **QUICK) for _ in range(2))
    assert one.error.values.tobytes() == two.error.values.tobytes()
    rng = np.random.default_rng(0)
    first = select_rank(x, [1, 2], n_folds=2, random_state=rng, **options)
    second = select_rank(x, [1, 2], n_folds=2, random_state=rng, **options)
    np.testing.assert_array_equal(first.error, one.error)
    assert (second.error != first.error).any()


def test_a_single_fit_has_no_other_error_than_in_a_sweep_of_itself():
    x = small()
    fits = rank_sweep(x, [2], n_restarts=3, tol=1e-9, max_iter=2000, random_state=0)
    alone = NonNegativeCP(2, n_restarts=3, tol=1e-9, max_iter=2000, random_state=5).fit(x)
    assert fits[2].error_ == pytest.approx(alone.error_, rel=1e-3)
