"""Masked HALS: exact coordinate steps, a monotone objective, optimality, recovery, a peer."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import nnls
from threadpoolctl import threadpool_limits

from neurokit.connectome.hals import (
    balance,
    clear,
    descend,
    fit_hals,
    random_factors,
    revive,
    row_grams,
    sweep,
)
from neurokit.connectome.tensor import observe, relative_error

MASKS = ["none", "random", "pairs", "slices", "row"]


def dense(factors):
    letters = "abcd"[: len(factors)]
    return np.einsum(",".join(f"{x}r" for x in letters) + "->" + letters, *factors)


def objective(values, mask, factors):
    """Sum of squared residuals by the definition; where mask is False nothing counts."""
    return float((np.where(mask, values - dense(factors), 0.0) ** 2).sum())


def gradient(values, mask, factors, step=1e-6):
    """Central differences of the objective: shares no formula with the code."""
    out = []
    for k, factor in enumerate(factors):
        slope = np.zeros_like(factor)
        for place in np.ndindex(*factor.shape):
            sides = []
            for sign in (1, -1):
                moved = [f.copy() for f in factors]
                moved[k][place] += sign * step
                sides.append(objective(values, mask, moved))
            slope[place] = (sides[0] - sides[1]) / (2 * step)
        out.append(slope)
    return out


def a_mask(kind, shape, rng):
    if kind == "none":
        return np.ones(shape, dtype=bool)
    if kind == "random":
        return rng.random(shape) < 0.6
    if kind == "pairs":  # the same at all times, as neurons that an animal lacks
        pattern = rng.random([n if k != 1 else 1 for k, n in enumerate(shape)]) < 0.7
        return np.broadcast_to(pattern, shape).copy()
    mask = np.ones(shape, dtype=bool)
    if kind == "slices":
        mask[:, 0] = False
    else:
        mask[0] = False
    return mask


def a_problem(shape, rank, kind, seed, noise=0.3):
    rng = np.random.default_rng(seed)
    truth = [rng.gamma(1.0, 1.0, (n, rank)) * (rng.random((n, rank)) < 0.8) for n in shape]
    values = dense(truth)
    values += noise * (values.std() or 1.0) * rng.standard_normal(shape)
    mask = a_mask(kind, shape, rng)
    return np.where(mask, values, np.nan), mask


def fitted(values, rank, seed=0, max_iter=300, tol=0.0, dtype=np.float64):
    data = observe(values.astype(dtype))
    rng = np.random.default_rng(seed)
    start = random_factors(data, rank, rng)
    return data, fit_hals(data, start, max_iter=max_iter, tol=tol, rng=rng)


def in_order(data, fit):
    """Factors in the caller's order and units."""
    level = data.scale ** (1 / len(fit.factors))
    return [level * factor for factor in data.unsort(fit.factors)]


@pytest.mark.parametrize("kind", MASKS)
@pytest.mark.parametrize("shape", [(5, 4), (5, 4, 3), (3, 4, 2, 5)])
def test_row_grams_equal_sums_over_observed_entries(kind, shape):
    rng = np.random.default_rng(0)
    mask = a_mask(kind, shape, rng)
    data = observe(np.where(mask, 1.0, np.nan))
    factors = [rng.random((n, 3)) for n in data.shape]
    whole = np.broadcast_to(data.mask, data.shape)
    for mode in range(len(shape)):
        expected = np.zeros((data.shape[mode], 3, 3))
        for place in np.argwhere(whole):
            column = np.ones(3)
            for k, index in enumerate(place):
                if k != mode:
                    column *= factors[k][index]
            expected[place[mode]] += np.outer(column, column)
        found = np.broadcast_to(row_grams(data.mask, factors, mode), expected.shape)
        np.testing.assert_allclose(found, expected, atol=1e-12)


def test_without_a_mask_all_rows_share_one_gram_matrix():
    data = observe(np.ones((4, 5, 6)))
    factors = [np.random.default_rng(0).random((n, 2)) for n in data.shape]
    grams = row_grams(data.mask, factors, 0)
    expected = (factors[1].T @ factors[1]) * (factors[2].T @ factors[2])
    np.testing.assert_allclose(grams, expected[None])


@given(seed=st.integers(0, 10_000), rank=st.integers(1, 4))
@settings(max_examples=30, deadline=None)
def test_many_coordinate_sweeps_solve_non_negative_least_squares(seed, rank):
    rng = np.random.default_rng(seed)
    basis = rng.random((12, rank))
    target = rng.standard_normal((5, 12)) + 0.3
    rows = rng.random((5, rank))
    descend(rows, target @ basis, (basis.T @ basis)[None], 20_000)
    for row, goal in zip(rows, target, strict=True):
        np.testing.assert_allclose(row, nnls(basis, goal)[0], atol=1e-6)


def test_a_coordinate_that_nothing_depends_on_becomes_zero():
    rows = np.array([[0.7, 0.3]])
    grams = np.array([[[2.0, 0.0], [0.0, 0.0]]])
    descend(rows, np.array([[4.0, 0.0]]), grams, 3)
    np.testing.assert_array_equal(rows, [[2.0, 0.0]])


@given(
    shape=st.sampled_from([(6, 5), (6, 5, 4), (4, 6, 5), (3, 4, 3, 5)]),
    rank=st.integers(1, 4),
    kind=st.sampled_from(MASKS),
    seed=st.integers(0, 10_000),
)
@settings(max_examples=60, deadline=None)
def test_the_objective_on_observed_entries_never_rises(shape, rank, kind, seed):
    values, _ = a_problem(shape, rank, kind, seed)
    if not np.isfinite(values).any():
        return
    _, fit = fitted(values, rank, seed, max_iter=25)
    squares = np.square(fit.errors)
    # Rounding of the expanded square is a few units in the last place of ||x||^2, here 1.
    assert (np.diff(squares) <= 1e-13).all()


@pytest.mark.parametrize("kind", MASKS)
@pytest.mark.parametrize("shape", [(6, 5), (6, 5, 4), (3, 4, 2, 5)])
def test_the_objective_of_a_sweep_is_that_of_the_definition(kind, shape):
    values, mask = a_problem(shape, 2, kind, seed=1)
    data = observe(values)
    factors = random_factors(data, 2, np.random.default_rng(0))
    for _ in range(3):
        found = sweep(data, factors) * data.scale**2
        level = data.scale ** (1 / len(shape))
        moved = [level * factor for factor in data.unsort(factors)]
        np.testing.assert_allclose(found, objective(values, mask, moved), rtol=1e-10)


def test_float32_data_keep_the_objective_monotone_to_their_rounding():
    values, _ = a_problem((30, 20, 10), 3, "random", seed=0)
    _, fit = fitted(values, 3, max_iter=100, dtype=np.float32)
    assert (np.diff(np.square(fit.errors)) <= 1e-6).all()


@pytest.mark.parametrize("kind", MASKS)
@pytest.mark.parametrize("shape", [(5, 4), (5, 4, 3), (3, 4, 2, 3)])
def test_where_it_converges_the_gradient_vanishes_or_points_inward(kind, shape):
    values, mask = a_problem(shape, 2, kind, seed=3)
    data, fit = fitted(values, 2, max_iter=3000)
    factors = in_order(data, fit)
    size = np.sqrt(np.nansum(values**2))
    for factor, slope in zip(factors, gradient(values, mask, factors), strict=True):
        # Measured over these 15 cases: at most 5e-8 of the norm, and no slope points outward.
        assert np.abs(slope[factor > 1e-9]).max(initial=0) < 1e-5 * size
        assert slope[factor <= 1e-9].min(initial=0) > -1e-5 * size


@pytest.mark.parametrize("kind", ["none", "pairs", "random"])
@pytest.mark.parametrize("shape", [(12, 10, 8), (9, 6, 5, 7)])
def test_a_noise_free_tensor_of_low_rank_is_found_exactly(kind, shape):
    values, mask = a_problem(shape, 3, kind, seed=0, noise=0.0)
    starts = [fitted(values, 3, seed, max_iter=2000, tol=1e-9) for seed in range(3)]
    data, fit = min(starts, key=lambda start: start[1].errors[-1])
    assert relative_error(data, fit.factors) < 1e-5
    rng = np.random.default_rng(0)
    truth = [rng.gamma(1.0, 1.0, (n, 3)) * (rng.random((n, 3)) < 0.8) for n in shape]
    whole = dense(truth)
    if kind != "random":
        return
    # Entries that were hidden are predicted, because the factors are unique.
    model = dense(in_order(data, fit))
    assert np.linalg.norm((model - whole)[~mask]) < 1e-3 * np.linalg.norm(whole[~mask])


def test_an_entry_without_influence_does_not_hold_others_back():
    # Left standing, undetermined entries stopped this problem at 0.234 with slopes pointing
    # outward; set to zero, it goes on to 0.184.
    values, _ = a_problem((4, 3, 3), 2, "random", seed=3)
    _, fit = fitted(values, 2, max_iter=2000)
    assert fit.errors[-1] < 0.19


def test_hidden_entries_have_no_influence():
    values, mask = a_problem((8, 7, 6), 2, "random", seed=0)
    poisoned = np.where(mask, values, 1e9)
    a, b = observe(values), observe(poisoned, mask)
    assert a.scale == b.scale
    np.testing.assert_array_equal(a.values, b.values)
    np.testing.assert_array_equal(a.mask, b.mask)


def test_a_row_without_observations_changes_nothing_for_the_others():
    values, _ = a_problem((8, 7, 6), 2, "none", seed=0)
    longer = np.concatenate([np.full((1, 7, 6), np.nan), values])
    _, alone = fitted(values, 2, max_iter=2000)
    data, fit = fitted(longer, 2, max_iter=2000)
    np.testing.assert_allclose(fit.errors[-1], alone.errors[-1], rtol=1e-6)
    np.testing.assert_array_equal(data.unsort(fit.factors)[0][0], 0.0)


def test_the_order_of_modes_does_not_matter():
    values, _ = a_problem((9, 7, 5), 2, "random", seed=4)
    errors = []
    for order in ((0, 1, 2), (2, 0, 1), (1, 2, 0)):
        data = observe(values.transpose(order))
        start = [np.random.default_rng(n).random((n, 2)) for n in data.shape]
        rng = np.random.default_rng(0)
        errors.append(fit_hals(data, start, max_iter=40, tol=0.0, rng=rng).errors)
    np.testing.assert_allclose(errors[1], errors[0])
    np.testing.assert_allclose(errors[2], errors[0])


def test_the_order_of_rows_does_not_matter():
    values, _ = a_problem((9, 7, 5), 2, "pairs", seed=4)
    rows = np.random.default_rng(0).permutation(9)
    traces = []
    for x, order in ((values, np.arange(9)), (values[rows], rows)):
        data = observe(x)
        start = [np.random.default_rng(n).random((n, 2)) for n in data.shape]
        start[data.order.index(0)] = start[data.order.index(0)][order]
        rng = np.random.default_rng(0)
        traces.append(fit_hals(data, start, max_iter=40, tol=0.0, rng=rng).errors)
    np.testing.assert_allclose(traces[1], traces[0])


@pytest.mark.parametrize("factor", [2.0**-60, 2.0**13])
def test_the_unit_of_the_data_does_not_matter(factor):
    values, _ = a_problem((9, 7, 5), 2, "random", seed=4)
    _, a = fitted(values, 2, max_iter=30)
    _, b = fitted(factor * values, 2, max_iter=30)
    for one, other in zip(a.factors, b.factors, strict=True):
        np.testing.assert_array_equal(one, other)


def test_balancing_changes_neither_model_nor_zeros():
    rng = np.random.default_rng(0)
    factors = [rng.random((n, 3)) * 10.0**k for n, k in ((4, 3), (5, -2), (6, 0))]
    factors[1][:, 2] = 0.0
    before = dense(factors)
    balance(factors)
    np.testing.assert_allclose(dense(factors), before)
    norms = np.array([np.linalg.norm(factor, axis=0) for factor in factors])
    np.testing.assert_allclose(norms, norms[:1].repeat(3, axis=0))
    assert (norms[:, 2] == 0).all()


def test_reviving_an_empty_component_leaves_the_model_as_it_is():
    rng = np.random.default_rng(0)
    factors = [rng.random((n, 2)) for n in (4, 5, 6)]
    factors[0][:, 1] = 0.0
    balance(factors)
    before = dense(factors)
    assert revive(factors, rng)
    np.testing.assert_allclose(dense(factors), before)
    assert sum(factor[:, 1].any() for factor in factors) == 2
    assert not revive([factor[:, :1] for factor in factors], rng)


def test_a_component_that_starts_empty_comes_back_if_the_data_need_it():
    values, _ = a_problem((9, 7, 5), 2, "none", seed=0, noise=0.0)
    data = observe(values)
    rng = np.random.default_rng(0)
    start = random_factors(data, 2, rng)
    for factor in start:
        factor[:, 1] = 0.0
    fit = fit_hals(data, start, max_iter=2000, tol=1e-12, rng=rng)
    assert fit.errors[-1] < 1e-4
    assert (np.diff(np.square(fit.errors)) <= 1e-13).all()


def test_components_beyond_the_rank_of_the_data_do_no_harm():
    values = dense([np.random.default_rng(k).random((n, 1)) for k, n in enumerate((6, 5, 4))])
    data, fit = fitted(values, 4, max_iter=500, tol=1e-12)
    assert relative_error(data, fit.factors) < 1e-6
    assert all(np.isfinite(factor).all() and (factor >= 0).all() for factor in fit.factors)


def test_purely_negative_data_end_in_empty_components_and_not_in_nan():
    data, fit = fitted(-1.0 - np.random.default_rng(0).random((5, 4, 3)), 2, tol=1e-6)
    assert all((factor == 0).all() for factor in fit.factors)
    assert relative_error(data, fit.factors) == 1.0
    assert fit.converged


def test_clearing_keeps_the_model_of_observed_entries():
    values, mask = a_problem((6, 5, 4), 2, "random", seed=0)
    mask[2] = False
    values[2] = np.nan
    data = observe(values)
    factors = [np.random.default_rng(n).random((n, 2)) for n in data.shape]
    before = data.unsort([factor.copy() for factor in factors])
    clear(data, factors)
    after = data.unsort(factors)
    np.testing.assert_allclose(dense(after)[mask], dense(before)[mask])
    assert (after[0][2] == 0).all()
    assert (after[0][[0, 1, 3, 4, 5]] > 0).all()


def test_stopping_is_asked_after_every_sweep():
    values, _ = a_problem((6, 5, 4), 2, "none", seed=0)
    data = observe(values)
    rng = np.random.default_rng(0)
    asked = iter([False, False, True])
    start = random_factors(data, 2, rng)
    fit = fit_hals(data, start, max_iter=50, tol=0.0, rng=rng, stop=lambda: next(asked))
    assert len(fit.errors) == 3
    assert not fit.converged


def test_the_error_without_a_mask_is_that_of_tensorly():
    import tensorly as tl
    from tensorly.decomposition import non_negative_parafac_hals

    values, _ = a_problem((20, 16, 12), 3, "none", seed=7)
    values = np.abs(values)
    rng = np.random.default_rng(0)
    start = [rng.random((n, 3)) * values.mean() ** (1 / 3) for n in values.shape]
    with threadpool_limits(1):
        peer = non_negative_parafac_hals(
            values, 3, n_iter_max=500, init=(None, [f.copy() for f in start]), tol=1e-12
        )
        data = observe(values)
        level = data.scale ** (-1 / 3)
        ours = fit_hals(
            data,
            data.sort([level * f for f in start]),
            max_iter=500,
            tol=1e-12,
            rng=rng,
        )
    theirs = np.linalg.norm(tl.cp_to_tensor(peer) - values) / np.linalg.norm(values)
    found = relative_error(data, ours.factors)
    assert abs(found - theirs) < 1e-4 * theirs
