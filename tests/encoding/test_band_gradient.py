"""The held-out error of bands and its descent: dense solves, numerical gradients, grids."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.optimize import check_grad, minimize_scalar

from neurokit.encoding.backends import Backend
from neurokit.encoding.band_gradient import WIDEST, HeldOutError, descend
from neurokit.encoding.band_problem import PrimalBands
from neurokit.encoding.band_search import select
from neurokit.encoding.folds import block_folds
from neurokit.encoding.targets import Targets


def data(n=48, sizes=(4, 5, 3), t=3, seed=0):
    rng = np.random.default_rng(seed)
    band = np.repeat(np.arange(len(sizes)), sizes)
    x = rng.normal(size=(n, band.size)) @ (np.eye(band.size) + 0.3)
    level = np.linspace(1.0, 0.0, len(sizes))[band][:, None]
    y = x @ (level * rng.normal(size=(band.size, t))) + 3 * rng.normal(size=(n, t)) + 4
    return x, y, band


def loaded_of(x, y, band, folds):
    bands = PrimalBands(x, band, folds, standardize=False, precision="double", backend=Backend())
    gamma = np.full(bands.n_bands, 1.0 / bands.n_bands)
    return bands.load(bands.at(gamma), Targets(y, 1e8), slice(0, y.shape[1]))


def error_of(x, y, band, folds):
    return HeldOutError.of(loaded_of(x, y, band, folds), band)


def dense(x, y, band, folds, d):
    """The module's formula on explicit rows: one dense solve per fold."""
    total = 0.0
    for train, test in folds:
        mean_x, mean_y = x[train].mean(axis=0), y[train].mean(axis=0)
        a, b = x[train] - mean_x, y[train] - mean_y
        w = np.linalg.solve(a.T @ a + np.diag(np.exp(-d)[band]), a.T @ b)
        held_x, held_y = x[test] - mean_x, y[test] - mean_y
        gained = ((held_y - held_x @ w) ** 2 - held_y**2).sum(axis=0)
        vary = ((y[test] - y[test].mean(axis=0)) ** 2).sum(axis=0)
        total += np.mean(gained / vary)
    return total / len(folds)


FOLDS = block_folds(np.arange(48), 4, 1)


@pytest.mark.parametrize("seed", range(4))
def test_the_error_is_that_of_dense_solves(seed):
    x, y, band = data(seed=seed)
    error = error_of(x, y, band, FOLDS)
    for d in np.random.default_rng(seed).uniform(-9, 2, (4, 3)):
        assert error(d)[0] == pytest.approx(dense(x, y, band, FOLDS, d), rel=1e-9, abs=1e-12)


@pytest.mark.parametrize(
    ("sizes", "n"),
    [((4, 5, 3), 48), ((1,), 48), ((1, 1, 1, 1, 1), 30), ((30, 14), 48), ((2, 40), 48)],
)
def test_the_gradient_is_the_numerical_one(sizes, n):
    # 44 features and 36 training rows: the Gram alone has no inverse.
    x, y, band = data(n, sizes)
    error = error_of(x, y, band, block_folds(np.arange(n), 4))
    for d in np.random.default_rng(1).uniform(-6, 1, (3, len(sizes))):
        off = check_grad(lambda at: error(at)[0], lambda at: error(at)[1], d)
        assert off <= 1e-5 * (1 + np.linalg.norm(error(d)[1]))


def test_a_band_scaled_by_c_is_the_same_at_a_penalty_c_squared_higher():
    x, y, band = data()
    scale = np.array([10.0, 1e-3, 1.0])
    error, scaled = error_of(x, y, band, FOLDS), error_of(x * scale[band], y, band, FOLDS)
    for d in np.random.default_rng(2).uniform(-6, 1, (3, 3)):
        value, gradient = error(d)
        value_scaled, gradient_scaled = scaled(d - 2 * np.log(scale))
        assert value_scaled == pytest.approx(value, rel=1e-8)
        np.testing.assert_allclose(gradient_scaled, gradient, rtol=1e-6, atol=1e-9)


def test_bands_of_one_penalty_are_one_band():
    x, y, band = data()
    merged = np.minimum(band, 1)
    error, fewer = error_of(x, y, band, FOLDS), error_of(x, y, merged, FOLDS)
    value, gradient = error(np.array([-2.0, -3.0, -3.0]))
    value_merged, gradient_merged = fewer(np.array([-2.0, -3.0]))
    assert value_merged == pytest.approx(value, rel=1e-10)
    np.testing.assert_allclose(gradient_merged, [gradient[0], gradient[1:].sum()], rtol=1e-8)


def test_features_in_any_order_are_the_same_bands():
    x, y, band = data()
    order = np.random.default_rng(3).permutation(band.size)
    d = np.array([-1.0, -4.0, -2.0])
    value, gradient = error_of(x, y, band, FOLDS)(d)
    shuffled = error_of(x[:, order], y, band[order], FOLDS)(d)
    assert shuffled[0] == pytest.approx(value, rel=1e-10)
    np.testing.assert_allclose(shuffled[1], gradient, rtol=1e-7, atol=1e-11)


def test_several_targets_have_the_mean_of_their_errors():
    x, y, band = data(t=4)
    loaded, d = loaded_of(x, y, band, FOLDS), np.array([-1.0, -4.0, -2.0])
    whole = HeldOutError.of(loaded, band)(d)
    alone = [HeldOutError.of(select(loaded, np.array([j])), band)(d) for j in range(4)]
    assert whole[0] == pytest.approx(np.mean([value for value, _ in alone]), rel=1e-10)
    np.testing.assert_allclose(
        whole[1], np.mean([g for _, g in alone], axis=0), rtol=1e-8, atol=1e-12
    )


def test_units_and_offsets_of_targets_and_offsets_of_features_have_no_part():
    x, y, band = data()
    d = np.array([-1.0, -4.0, -2.0])
    value, gradient = error_of(x, y, band, FOLDS)(d)
    moved = error_of(x + 7.0, 1e-5 * y - 3.0, band, FOLDS)(d)
    assert moved[0] == pytest.approx(value, rel=1e-6)
    np.testing.assert_allclose(moved[1], gradient, rtol=1e-5, atol=1e-9)


def test_a_constant_target_weighs_nothing():
    x, y, band = data()
    constant = np.column_stack([y, np.full(len(y), 5.0)])
    d = np.array([-1.0, -4.0, -2.0])
    value, gradient = error_of(x, y, band, FOLDS)(d)
    found = error_of(x, constant, band, FOLDS)(d)
    assert found[0] == pytest.approx(value * 3 / 4, rel=1e-9)
    np.testing.assert_allclose(found[1], gradient * 3 / 4, rtol=1e-8, atol=1e-12)


def test_without_weights_there_is_no_error_left_to_speak_of():
    x, y, band = data()
    value, gradient = error_of(x, y, band, FOLDS)(np.full(3, -60.0))
    assert abs(value) < 1e-12
    assert np.abs(gradient).max() < 1e-12


def bounds_of(error):
    level = np.log(np.trace(error.gram[0]))
    return -level - WIDEST, -level + WIDEST


@pytest.mark.parametrize("seed", range(4))
def test_one_band_descends_to_the_minimum_of_a_line(seed):
    x, y, _ = data(seed=seed)
    error = error_of(x, y, np.zeros(x.shape[1], dtype=np.int64), FOLDS)
    line = minimize_scalar(
        lambda d: error(np.array([d]))[0], bounds=(-12.0, 2.0), method="bounded",
        options={"xatol": 1e-10},
    )  # fmt: skip
    found = error(descend(error, np.array([-3.0]), 200))[0]
    assert found == pytest.approx(line.fun, abs=1e-7)


@pytest.mark.parametrize("seed", range(3))
def test_two_bands_descend_below_every_point_of_a_grid(seed):
    x, y, band = data(sizes=(5, 6), seed=seed)
    error = error_of(x, y, band, FOLDS)
    grid = np.linspace(-12, 3, 31)
    table = np.array([[error(np.array([a, b]))[0] for b in grid] for a in grid])
    start = np.unravel_index(np.argmin(table), table.shape)
    found = descend(error, grid[list(start)], 100)
    assert error(found)[0] <= table.min() + 1e-12


@pytest.mark.parametrize("seed", range(4))
def test_a_descent_ends_where_no_allowed_step_leads_down(seed):
    x, y, band = data(seed=seed)
    error = error_of(x, y, band, FOLDS)
    found = descend(error, np.full(3, -4.0), 500)
    low, high = bounds_of(error)
    slope = error(found)[1]
    inside = (found > low + 1e-6) & (found < high - 1e-6)
    assert np.abs(slope[inside]).max(initial=0.0) < 1e-4
    assert np.all(slope[found <= low + 1e-6] >= -1e-4)
    assert np.all(slope[found >= high - 1e-6] <= 1e-4)


def test_a_band_that_was_left_out_starts_at_the_edge():
    x, y, band = data()
    error = error_of(x, y, band, FOLDS)
    low, high = bounds_of(error)
    start = np.array([-np.inf, -3.0, np.inf])
    found = descend(error, start, 1)
    assert np.isfinite(found).all()
    assert np.all((found >= low) & (found <= high))
    assert error(found)[0] <= error(np.array([low, -3.0, high]))[0]


def test_a_longer_descent_is_never_worse_and_the_same_each_time():
    x, y, band = data(seed=5)
    error = error_of(x, y, band, FOLDS)
    values = [error(descend(error, np.full(3, -8.0), steps))[0] for steps in (1, 2, 4, 8, 64)]
    assert np.all(np.diff(values) <= 1e-12)
    first, again = (descend(error, np.full(3, -8.0), 20) for _ in range(2))
    assert first.tobytes() == again.tobytes()


def test_features_of_zeros_cannot_be_descended_but_do_no_harm():
    x, y, band = data()
    error = error_of(np.zeros_like(x), y, band, FOLDS)
    value, gradient = error(np.zeros(3))
    assert value == 0.0
    np.testing.assert_array_equal(gradient, 0.0)
    assert np.isfinite(descend(error, np.zeros(3), 10)).all()


def test_the_start_and_the_sums_stay_as_they_are():
    x, y, band = data()
    loaded = loaded_of(x, y, band, FOLDS)
    before = [s.cross.copy() for s in loaded.sums]
    error, start = HeldOutError.of(loaded, band), np.full(3, -4.0)
    descend(error, start, 20)
    np.testing.assert_array_equal(start, -4.0)
    for sums, cross in zip(loaded.sums, before, strict=True):
        np.testing.assert_array_equal(sums.cross, cross)
