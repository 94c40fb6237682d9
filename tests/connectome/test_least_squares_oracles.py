"""Pieces of the factorization against scipy, tensorly and sums written out entry by entry."""

from __future__ import annotations

import numpy as np
import pytest
import tensorly as tl
import xarray as xr
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import minimize_scalar, nnls

from neurokit.connectome.compression import can_compress, compress, worth_compressing
from neurokit.connectome.conversion import labelled_cp, weights_and_factors
from neurokit.connectome.extrapolated import fit_batch, update_order
from neurokit.connectome.hals import even_scales
from neurokit.connectome.solve import Settings, groups, solve
from neurokit.connectome.starts import by_norm, random_factors
from neurokit.connectome.symmetric import best_entry, descend_tied
from neurokit.connectome.tensor import observe, relative_error
from neurokit.connectome.transform import non_negative_least_squares, project
from neurokit.errors import OptionError


def planted(shape, rank, seed=0, noise=0.0):
    rng = np.random.default_rng(seed)
    factors = [rng.gamma(1.0, 1.0, (n, rank)) for n in shape]
    x = tl.cp_to_tensor((None, factors))
    return x + noise * x.std() * rng.random(shape), factors


def khatri_rao(factors, mode):
    others = [f for m, f in enumerate(factors) if m != mode]
    return tl.tenalg.khatri_rao(others)


# ------------------------------------------------------------------------------ rows of one mode


@pytest.mark.parametrize("mode", [0, 1, 2])
@pytest.mark.parametrize("missing", [0.0, 0.4])
def test_projected_rows_are_those_of_scipy_on_the_observed_entries(mode, missing):
    x, factors = planted((6, 5, 4), 3, seed=mode, noise=0.5)
    hidden = np.random.default_rng(9).random(x.shape) < missing
    data = observe(np.where(hidden, np.nan, x))
    found = project(data, data.sort(factors), data.order.index(mode)) * data.scale
    design = khatri_rao(factors, mode)
    for i, (row, lost) in enumerate(zip(tl.unfold(x, mode), tl.unfold(hidden, mode), strict=True)):
        expected, _ = nnls(design[~lost], row[~lost])
        np.testing.assert_allclose(found[i], expected, atol=1e-7)


def test_a_row_never_observed_projects_to_zero_and_leaves_the_others():
    x, factors = planted((6, 5, 4), 2)
    whole = project(observe(x), factors, 0) * observe(x).scale
    x[3] = np.nan
    data = observe(x)
    found = project(data, factors, 0) * data.scale
    assert (found[3] == 0).all()
    np.testing.assert_allclose(np.delete(found, 3, 0), np.delete(whole, 3, 0), rtol=1e-8)


def test_the_factor_of_the_mode_sought_is_not_read():
    x, factors = planted((6, 5, 4), 2, noise=0.3)
    first = project(observe(x), factors, 1)
    factors[1] = np.full_like(factors[1], np.nan)
    np.testing.assert_array_equal(project(observe(x), factors, 1), first)


def test_one_gram_for_all_rows_is_the_same_as_one_each():
    rng = np.random.default_rng(1)
    design, targets = rng.random((20, 4)), rng.standard_normal((7, 20))
    gram, numerator = design.T @ design, targets @ design
    once = non_negative_least_squares(numerator, gram[None])
    each = non_negative_least_squares(numerator, np.repeat(gram[None], 7, axis=0))
    np.testing.assert_array_equal(once, each)
    # Conditions of Karush, Kuhn and Tucker: slopes vanish inside and point outward at zero.
    slope = once @ gram - numerator
    assert np.abs(slope[once > 0]).max() < 1e-8
    assert slope[once == 0].min() > -1e-8


def test_columns_that_are_alike_still_give_the_least_residual():
    rng = np.random.default_rng(2)
    column = rng.random(15)
    design = np.stack([column, column, rng.random(15)], axis=1)
    targets = rng.random((4, 15))
    found = non_negative_least_squares(targets @ design, (design.T @ design)[None])
    for row, target in zip(found, targets, strict=True):
        residual = np.linalg.norm(design @ row - target)
        assert residual == pytest.approx(nnls(design, target)[1], abs=1e-7)


def test_no_rows_and_inputs_are_left_as_they_are():
    gram = np.eye(2)[None]
    assert non_negative_least_squares(np.empty((0, 2)), gram).shape == (0, 2)
    numerator = np.array([[1.0, -1.0]])
    found = non_negative_least_squares(numerator, gram)
    np.testing.assert_array_equal(found, [[1.0, 0.0]])
    np.testing.assert_array_equal(numerator, [[1.0, -1.0]])


# --------------------------------------------------------------------------------- tied entries


@given(cubic=st.floats(0.01, 10.0), linear=st.floats(-10.0, 10.0), constant=st.floats(-10.0, 10.0))
@settings(max_examples=60)
def test_the_best_entry_is_at_least_as_low_as_scipy_finds(cubic, linear, constant):
    def quartic(x):
        return cubic / 4 * x**4 + linear / 2 * x**2 - constant * x

    x = best_entry(cubic, linear, constant)
    # Every root of the cubic lies within Cauchy's bound.
    bound = 1.0 + max(abs(linear), abs(constant)) / cubic
    found = minimize_scalar(quartic, bounds=(0.0, bound), method="bounded")
    assert x >= 0
    assert quartic(x) <= min(found.fun, 0.0) + 1e-8 * (1.0 + abs(found.fun))


@given(cubic=st.floats(0.01, 10.0), linear=st.floats(-10.0, 10.0), constant=st.floats(-5.0, 5.0))
@settings(max_examples=60)
def test_a_positive_best_entry_is_a_root_of_the_cubic_that_numpy_finds(cubic, linear, constant):
    x = best_entry(cubic, linear, constant)
    if x > 1e-3:
        roots = np.roots([cubic, 0.0, linear, -constant])
        assert np.abs(roots - x).min() < 1e-5 * (1.0 + x)


@pytest.mark.parametrize(
    ("coefficients", "expected"),
    [
        ((0.0, 0.0, 0.0), 0.0),
        ((0.0, 2.0, 6.0), 3.0),
        ((0.0, 2.0, -6.0), 0.0),
        ((1.0, 0.0, 8.0), 2.0),
        ((1.0, -4.0, 0.0), 2.0),
        ((1.0, 4.0, 0.0), 0.0),
        ((1.0, -3.0, 2.0), 2.0),
        ((1e-200, 1.0, 5.0), 5.0),
    ],
)
def test_entries_that_can_be_solved_on_paper(coefficients, expected):
    assert best_entry(*coefficients) == pytest.approx(expected, abs=1e-12)


def tied_objective(x, rows, third, seen):
    model = np.einsum("ir,jr,kr->ijk", rows, rows, third)
    return float((((x - model) ** 2) * seen).sum())


@pytest.mark.parametrize("diagonal", [True, False])
def test_tied_descent_lowers_the_objective_summed_entry_by_entry(diagonal):
    rng = np.random.default_rng(3)
    size, third = 6, rng.random((4, 2))
    x = rng.random((size, size, 4))
    x = x + x.transpose(1, 0, 2)
    seen = np.ones((size, size), bool) if diagonal else ~np.eye(size, dtype=bool)
    data = observe(x, seen[..., None], tied=(0, 1))
    rows = rng.random((size, 2))
    values = [tied_objective(x / data.scale, rows, third, seen[..., None])]
    partial = data.contract(third, 2)
    for _ in range(4):
        descend_tied(data, rows, partial, third, slice(0, 2))
        values.append(tied_objective(x / data.scale, rows, third, seen[..., None]))
    assert (np.diff(values) <= 1e-10 * values[0]).all()
    assert values[-1] < 0.9 * values[0]
    assert (rows >= 0).all()


def test_tied_descent_changes_its_own_columns_alone():
    rng = np.random.default_rng(4)
    x = rng.random((5, 5, 3))
    data = observe(x + x.transpose(1, 0, 2), tied=(0, 1))
    third, rows = rng.random((3, 4)), rng.random((5, 4))
    before, partial = rows.copy(), data.contract(third, 2)
    descend_tied(data, rows, partial, third, slice(1, 3))
    np.testing.assert_array_equal(rows[:, [0, 3]], before[:, [0, 3]])
    alone = np.ascontiguousarray(before[:, 1:3])
    descend_tied(data, alone, data.contract(third[:, 1:3], 2), third[:, 1:3], slice(0, 2))
    np.testing.assert_allclose(rows[:, 1:3], alone, rtol=1e-12)


# -------------------------------------------------------------------------- products of tensors


@pytest.mark.parametrize("shape", [(5, 4), (5, 4, 3), (4, 3, 2, 3)])
def test_products_of_a_full_sized_core_are_the_unfoldings_of_tensorly(shape):
    x, factors = planted(shape, 2, noise=1.0)
    data = observe(x)
    # Three columns per component and two components: more than any mode has rows.
    core = compress(data, 2, np.random.default_rng(0))
    assert core.captured == pytest.approx(1.0, abs=1e-12)
    for target in range(len(shape)):
        summed = next(m for m in range(len(shape)) if m != target)
        found = core.gather(core.contract(factors[summed], summed), summed, factors, target)
        expected = tl.unfold(x, target) @ khatri_rao(factors, target) / data.scale
        np.testing.assert_allclose(found, expected, rtol=1e-10)


def test_the_core_is_the_tensor_seen_through_its_bases():
    x, _ = planted((30, 12, 20), 2, noise=1.0)
    data = observe(x)
    before = x.copy()
    core = compress(data, 1, np.random.default_rng(0))
    expected = tl.tenalg.multi_mode_dot(x / data.scale, [basis.T for basis in core.bases])
    np.testing.assert_allclose(core.values, expected, rtol=1e-9, atol=1e-9)
    assert core.values.shape == (3, 3, 3)
    assert 0.5 < core.captured < 1.0
    np.testing.assert_array_equal(x, before)


def test_a_core_is_about_as_good_as_that_of_tensorly():
    x, _ = planted((30, 12, 20), 2, noise=1.0)
    core = compress(observe(x), 1, np.random.default_rng(0))
    best = tl.decomposition.tucker(x, rank=[3, 3, 3], n_iter_max=50)
    lost = 1.0 - core.captured
    least = (np.linalg.norm(x - tl.tucker_to_tensor(best)) / np.linalg.norm(x)) ** 2
    assert least * (1 - 1e-6) <= lost < 1.1 * least


def test_a_seed_fixes_the_core_to_the_byte():
    data = observe(planted((30, 12, 20), 2, noise=1.0)[0])
    one, two = (compress(data, 2, np.random.default_rng(5)) for _ in range(2))
    assert one.values.tobytes() == two.values.tobytes()
    assert all(a.tobytes() == b.tobytes() for a, b in zip(one.bases, two.bases, strict=True))


def test_compression_is_worth_it_from_the_size_and_ratio_that_the_module_says():
    large = observe(np.ones((100, 50, 40)))
    assert worth_compressing(large, 5)
    # 90 x 50 x 40 entries in the core are no less than an eighth of the data.
    assert not worth_compressing(large, 30)
    assert not worth_compressing(observe(np.ones((100, 50, 39))), 5)
    assert not can_compress(observe(np.zeros((4, 3, 2))))


# -------------------------------------------------------------------------------------- starts


def test_neither_the_sign_of_data_nor_a_power_of_two_changes_a_start():
    x, _ = planted((6, 5, 4), 2)
    one = random_factors(observe(x), 3, np.random.default_rng(0))
    negative = random_factors(observe(-x), 3, np.random.default_rng(0))
    for a, b in zip(one, negative, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-12)
    double = random_factors(observe(2 * x), 3, np.random.default_rng(0))
    # Factors are of data divided by a power of two near their mean.
    for a, b in zip(one, double, strict=True):
        np.testing.assert_array_equal(a, b)


def test_a_tensor_of_zeros_has_a_start_that_is_not_zero():
    factors = random_factors(observe(np.zeros((4, 3, 2))), 2, np.random.default_rng(0))
    assert all((f > 0).all() and (f < 1).all() for f in factors)


def test_draws_are_uniform_numbers_of_one_stream_per_mode():
    x, _ = planted((6, 5, 4), 2)
    draws = by_norm(observe(x), 3, np.random.default_rng(7))
    for mode, stream in enumerate(np.random.default_rng(7).spawn(3)):
        norms = (x**2).sum(axis=tuple(m for m in range(3) if m != mode))
        expected = stream.random((len(norms), 3))
        np.testing.assert_array_equal(draws[mode][np.argsort(-norms)], expected)


# ------------------------------------------------------------------------------------- solving


def some_starts(data, ranks):
    rngs = np.random.default_rng(0).spawn(len(ranks))
    return [random_factors(data, r, g) for r, g in zip(ranks, rngs, strict=True)], rngs


def test_without_a_core_solving_is_the_batch_and_errors_are_those_of_tensorly():
    x, _ = planted((7, 6, 5), 2, noise=0.3)
    data = observe(x)
    starts, rngs = some_starts(data, [1, 2, 3])
    kept = [[f.copy() for f in start] for start in starts]
    fits = solve(data, starts, rngs, Settings(30, 1e-6))
    batch = fit_batch(data, kept, some_starts(data, [1, 2, 3])[1], max_iter=30, tol=1e-6)
    for fit, other, start, before in zip(fits, batch, starts, kept, strict=True):
        for a, b in zip(fit.factors, other.factors, strict=True):
            np.testing.assert_array_equal(a, b)
        for a, b in zip(start, before, strict=True):
            np.testing.assert_array_equal(a, b)
        model = tl.cp_to_tensor((None, fit.factors)) * data.scale
        dense = np.linalg.norm(x - model) / np.linalg.norm(x)
        assert relative_error(data, fit.factors) == pytest.approx(dense, rel=1e-10)
        assert fit.errors[-1] == pytest.approx(dense, rel=1e-6)


def test_a_rank_one_fit_is_the_leading_singular_pair_of_a_positive_matrix():
    x = np.random.default_rng(1).random((8, 6)) + 0.1
    data = observe(x)
    starts, rngs = some_starts(data, [1])
    (fit,) = solve(data, starts, rngs, Settings(500, 1e-14))
    u, s, vt = np.linalg.svd(x)
    model = fit.factors[0] @ fit.factors[1].T * data.scale
    np.testing.assert_allclose(model, s[0] * np.outer(u[:, 0], vt[0]), rtol=1e-5)
    assert fit.errors[-1] == pytest.approx(np.sqrt((s[1:] ** 2).sum() / (s**2).sum()), rel=1e-9)


def test_a_fit_is_balanced_over_its_modes():
    data = observe(planted((7, 6, 5), 2, noise=0.3)[0])
    starts, rngs = some_starts(data, [2])
    (fit,) = solve(data, starts, rngs, Settings(20, 1e-6))
    np.testing.assert_allclose(even_scales(fit.factors), 1.0, rtol=1e-10)


def test_one_sweep_at_most_is_one_error():
    data = observe(planted((7, 6, 5), 2, noise=0.3)[0])
    starts, rngs = some_starts(data, [2, 3])
    fits = solve(data, starts, rngs, Settings(1, 1e-6))
    assert [len(fit.errors) for fit in fits] == [1, 1]
    assert not any(fit.converged for fit in fits)


@pytest.mark.parametrize("shape", [(9, 4, 6), (4, 9, 6), (3, 5, 4, 6)])
def test_every_mode_is_updated_once_and_the_cut_one_last(shape):
    data = observe(planted(shape, 1)[0])
    order = update_order(data)
    assert sorted(order) == list(range(len(shape)))
    assert order[-1] == data.cut == int(np.argmax(shape))


@given(ranks=st.lists(st.integers(1, 300), min_size=1, max_size=30))
def test_groups_hold_every_start_once_and_as_many_columns_as_fit(ranks):
    cut = groups(ranks)
    assert [k for part in cut for k in range(len(ranks))[part]] == list(range(len(ranks)))
    widths = [sum(ranks[part]) for part in cut]
    for part, width in zip(cut, widths, strict=True):
        assert width <= 128 or part.stop - part.start == 1
    # No group could have taken the first start of the next.
    assert all(w + ranks[after.start] > 128 for w, after in zip(widths, cut[1:], strict=False))


# ---------------------------------------------------------------------------------- conversion


@given(seed=st.integers(0, 1000), rank=st.integers(1, 4))
@settings(max_examples=15)
def test_labels_and_back_keep_the_tensor_that_tensorly_builds(seed, rank):
    rng = np.random.default_rng(seed)
    weights, factors = rng.random(rank) + 0.1, [rng.random((n, rank)) for n in (4, 3, 2)]
    back = weights_and_factors(labelled_cp((weights, factors)))
    np.testing.assert_allclose(tl.cp_to_tensor(back), tl.cp_to_tensor((weights, factors)))
    for factor in back[1]:
        np.testing.assert_allclose(np.linalg.norm(factor, axis=0), 1.0)
    assert (np.diff(back[0]) <= 0).all()


def test_order_of_components_and_where_scale_lies_do_not_matter():
    rng = np.random.default_rng(0)
    weights, factors = np.array([1.0, 5.0, 3.0]), [rng.random((n, 3)) for n in (4, 3)]
    first = labelled_cp((weights, factors))
    turn = [2, 0, 1]
    moved = [factors[0][:, turn] * 4.0, factors[1][:, turn] / 4.0]
    xr.testing.assert_allclose(labelled_cp((weights[turn], moved)), first)


@pytest.mark.parametrize(
    "cp",
    [
        (None, [1.0, 2.0]),
        (1.0, [1.0, 2.0]),
        (None, [np.ones((3, 0)), np.ones((2, 0))]),
        (np.empty(0), [np.ones((3, 0)), np.ones((2, 0))]),
        (None, [np.ones(3), np.ones(2)]),
        (None, [np.ones((3, 2, 2)), np.ones((2, 2, 2))]),
        (np.ones(3), [np.ones((3, 2)), np.ones((2, 2))]),
        (np.ones((2, 1)), [np.ones((3, 2)), np.ones((2, 2))]),
    ],
)
def test_wrong_shapes_are_named(cp):
    with pytest.raises(OptionError, match="cp: has factors of shape"):
        labelled_cp(cp)


@pytest.mark.parametrize(
    ("weight", "entry"), [(np.inf, 0.0), (np.inf, 1.0), (np.nan, 0.0), (np.nan, 1.0), (-1.0, 1.0)]
)
def test_weights_that_are_no_sizes_are_named(weight, entry):
    cp = (np.array([weight]), [np.full((3, 1), entry), np.ones((2, 1))])
    with pytest.raises(OptionError, match="factor 0 holds negative entries or NaN"):
        labelled_cp(cp)


@pytest.mark.parametrize("dtype", [bool, np.int8, np.uint16, np.float32])
def test_factors_of_any_real_type_become_float64(dtype):
    weights, arrays = weights_and_factors(
        labelled_cp((None, [np.ones((n, 1), dtype) for n in (4, 9)]))
    )
    assert all(a.dtype == np.float64 for a in (weights, *arrays))
    assert weights[0] == pytest.approx(6.0)
