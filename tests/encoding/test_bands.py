"""Bands: labels, weights to try, parts of R2, gradient, for tall and for wide features."""

from __future__ import annotations

import numpy as np
import pytest
import ridge_oracle
import xarray as xr

from neurokit.encoding.backends import Backend
from neurokit.encoding.band_gradient import HeldOutError, descend
from neurokit.encoding.band_labels import bands_of, join_bands
from neurokit.encoding.band_problem import KernelBands, PrimalBands, product_shares
from neurokit.encoding.band_search import BandSearch, dirichlet_weights, select
from neurokit.encoding.folds import block_folds
from neurokit.encoding.labels import Labels
from neurokit.encoding.targets import Targets
from neurokit.errors import LabelError, SchemaError

BACKEND = Backend()


def problem(n=60, sizes=(5, 8, 4), t=4, seed=0):
    rng = np.random.default_rng(seed)
    band = np.repeat(np.arange(len(sizes)), sizes)
    x = rng.standard_normal((n, band.size))
    weight = np.array([1.0, 0.4, 0.0])[band][:, None]
    y = x @ (weight * rng.standard_normal((band.size, t))) + 2 * rng.standard_normal((n, t))
    return x, y, band


def bands_for(x, band, folds):
    if x.shape[1] > x.shape[0]:
        return KernelBands(x, band, folds, precision="double", backend=BACKEND)
    return PrimalBands(x, band, folds, standardize=False, precision="double", backend=BACKEND)


SHAPES = [(60, (5, 8, 4)), (40, (30, 20, 15))]


@pytest.mark.parametrize(("n", "sizes"), SHAPES)
@pytest.mark.parametrize("gamma", [(0.5, 0.3, 0.2), (0.9, 0.1, 0.0), (0.0, 0.0, 1.0)])
def test_scores_are_those_of_ridge_on_scaled_features(n, sizes, gamma):
    x, y, band = problem(n, sizes)
    folds, gamma, alphas = block_folds(np.arange(n), 4, 1), np.array(gamma), np.array([0.3, 30.0])
    bands = bands_for(x, band, folds)
    loaded = bands.load(bands.at(gamma), Targets(y, 1e8), slice(0, 4))
    found = [one.scores() for one in loaded.held_out_sums(alphas)]
    scaled = x * np.sqrt(gamma[band])
    expected = ridge_oracle.fold_scores(scaled, y, alphas, folds)
    for name in ("r", "r2", "mse"):
        mean = np.mean([getattr(one, name) for one in found], axis=0)
        np.testing.assert_allclose(mean, expected[name], atol=1e-8)


@pytest.mark.parametrize(("n", "sizes"), SHAPES)
def test_weights_are_those_of_ridge_on_scaled_features_scaled_back(n, sizes):
    x, y, band = problem(n, sizes)
    folds, gamma = block_folds(np.arange(n), 4), np.array([0.6, 0.1, 0.3])
    bands = bands_for(x, band, folds)
    loaded = bands.load(bands.at(gamma), Targets(y, 1e8), slice(0, 4))
    alpha = np.array([0.3, 3.0, 30.0, 3.0])
    coef, _ = bands.coefficients(loaded, gamma, alpha)
    root = np.sqrt(gamma[band])
    for j, a in enumerate(alpha):
        expected, _ = ridge_oracle.coefficients(x * root, y[:, j : j + 1], a)
        np.testing.assert_allclose(coef[:, j], root * expected[:, 0], atol=1e-9)


def shares_written_out(x, y, band, gamma, alpha, folds):
    """The product measure on explicit predictions of each band."""
    root, n_bands = np.sqrt(gamma[band]), gamma.size
    found = np.zeros((n_bands, y.shape[1]))
    for train, test in folds:
        mean_x, mean_y = x[train].mean(axis=0), y[train].mean(axis=0)
        coef, _ = ridge_oracle.ridge(x[train] * root, y[train], alpha)
        truth = y[test] - y[test].mean(axis=0)
        offset = mean_y - y[test].mean(axis=0)
        parts = np.stack(
            [
                (x[test] - mean_x)[:, band == i] @ (root[:, None] * coef)[band == i]
                + offset / n_bands
                for i in range(n_bands)
            ]
        )
        whole = parts.sum(axis=0)
        found += np.einsum("bnt,nt->bt", parts, 2 * truth - whole) / np.sum(truth**2, axis=0)
    return found / len(folds)


@pytest.mark.parametrize(("n", "sizes"), SHAPES)
@pytest.mark.parametrize("gamma", [(0.5, 0.3, 0.2), (0.9, 0.1, 0.0)])
def test_parts_of_r2_are_the_product_measure_and_add_up(n, sizes, gamma):
    x, y, band = problem(n, sizes)
    x, y = x + 3.0, y - 2.0
    folds, gamma = block_folds(np.arange(n), 3), np.array(gamma)
    bands = bands_for(x - x.mean(axis=0), band, folds)
    loaded = bands.load(bands.at(gamma), Targets(y, 1e8), slice(0, 4))
    found = product_shares(bands, loaded, gamma, np.full(4, 5.0))
    expected = shares_written_out(x, y, band, gamma, 5.0, folds)
    np.testing.assert_allclose(found, expected, atol=1e-10)
    r2 = ridge_oracle.fold_scores(x * np.sqrt(gamma[band]), y, [5.0], folds)["r2"][0]
    np.testing.assert_allclose(found.sum(axis=0), r2, atol=1e-10)
    if gamma[2] == 0:
        np.testing.assert_allclose(found[2], found[2].mean(), atol=0.1)


def test_parts_of_a_constant_target_are_zero():
    x, y, band = problem()
    y[:, 1] = 4.0
    folds, gamma = block_folds(np.arange(60), 3), np.array([0.5, 0.3, 0.2])
    bands = bands_for(x, band, folds)
    loaded = bands.load(bands.at(gamma), Targets(y, 1e8), slice(0, 4))
    assert np.all(product_shares(bands, loaded, gamma, np.full(4, 5.0))[:, 1] == 0)


@pytest.mark.parametrize("seed", range(3))
def test_the_gradient_equals_finite_differences(seed):
    x, y, band = problem(seed=seed)
    x, y = x + 1.0, y + 2.0
    bands = bands_for(x, band, block_folds(np.arange(60), 4, 1))
    gamma = np.array([0.5, 0.3, 0.2])
    error = HeldOutError.of(bands.load(bands.at(gamma), Targets(y, 1e8), slice(0, 4)), band)
    rng = np.random.default_rng(seed)
    for _ in range(3):
        d = rng.uniform(-5, 1, 3)
        _, gradient = error(d)
        step = 1e-5
        numeric = [
            (error(d + step * e)[0] - error(d - step * e)[0]) / (2 * step) for e in np.eye(3)
        ]
        np.testing.assert_allclose(gradient, numeric, rtol=1e-4, atol=1e-9)


def test_the_error_is_one_less_the_mean_r2_of_pooled_means():
    x, y, band = problem()
    folds, gamma, alpha = block_folds(np.arange(60), 4), np.array([0.5, 0.3, 0.2]), 5.0
    bands = bands_for(x, band, folds)
    loaded = bands.load(bands.at(gamma), Targets(y, 1e8), slice(0, 4))
    error, _ = HeldOutError.of(loaded, band)(np.log(gamma / alpha))
    total = []
    for train, test in folds:
        p = ridge_oracle.fit_predict(
            x[train] * np.sqrt(gamma[band]), y[train], x[test] * np.sqrt(gamma[band]), alpha
        )
        about = y[test] - y[train].mean(axis=0)
        residual = np.sum((y[test] - p) ** 2, axis=0) - np.sum(about**2, axis=0)
        total.append(residual / np.sum((y[test] - y[test].mean(axis=0)) ** 2, axis=0))
    assert error == pytest.approx(np.mean(total), rel=1e-9)


def test_descent_never_ends_higher_than_it_starts():
    x, y, band = problem()
    bands = bands_for(x, band, block_folds(np.arange(60), 4))
    loaded = bands.load(bands.at(np.full(3, 1 / 3)), Targets(y, 1e8), slice(0, 4))
    error = HeldOutError.of(loaded, band)
    for start in (np.zeros(3), np.array([-3.0, 0.0, -np.inf]), np.full(3, -8.0)):
        found = descend(error, start, 20)
        assert np.isfinite(found).all()
        assert error(found)[0] <= error(np.clip(start, -60, 60))[0] + 1e-12
    best = descend(error, np.zeros(3), 60)
    assert best[0] > best[2]  # the band of noise is penalised more than that of signal


def test_weights_to_try_start_equal_and_lie_on_the_simplex():
    found = dirichlet_weights(50, 4, np.random.default_rng(0))
    np.testing.assert_allclose(found[0], 0.25)
    np.testing.assert_allclose(found.sum(axis=1), 1.0)
    assert np.all(found >= 0)
    near_corners = found[2::2].max(axis=1).mean(), found[1::2].max(axis=1).mean()
    assert near_corners[0] > near_corners[1]  # concentrations .1 and 1 take turns


def test_every_target_keeps_its_best_weights():
    x, y, band = problem(t=6)
    folds = block_folds(np.arange(60), 4)
    alphas, gammas = np.array([0.3, 3.0, 30.0]), dirichlet_weights(5, 3, np.random.default_rng(1))
    search = BandSearch(
        bands_for(x, band, folds),
        Targets(y, 1e8),
        slice(0, 6),
        alphas,
        metric="r2",
        n_bands=3,
        penalties=(1.0, 1e6),
    )
    search.run(gammas, extend_alphas=False)
    every = np.stack(
        [ridge_oracle.fold_scores(x * np.sqrt(g[band]), y, alphas, folds)["r2"] for g in gammas]
    )
    flat = every.reshape(-1, 6)
    np.testing.assert_allclose(search.fit.score, flat.max(axis=0), atol=1e-9)
    best = np.argmax(flat, axis=0)
    np.testing.assert_array_equal(search.fit.alpha, np.tile(alphas, 5)[best])
    np.testing.assert_allclose(search.fit.gamma, np.repeat(gammas, 3, axis=0)[best].T)
    np.testing.assert_allclose(np.array(search.fit.trace), every.max(axis=1), atol=1e-9)


def test_some_targets_are_copies_of_their_sums():
    x, y, band = problem()
    bands = bands_for(x, band, block_folds(np.arange(60), 4))
    loaded = bands.load(bands.at(np.full(3, 1 / 3)), Targets(y, 1e8), slice(0, 4))
    some = select(loaded, np.array([2, 0]))
    alphas = np.array([1.0])
    whole = next(loaded.held_out_sums(alphas)).scores().r2[:, [2, 0]]
    np.testing.assert_allclose(next(some.held_out_sums(alphas)).scores().r2, whole, atol=1e-12)


def test_bands_are_joined_with_their_names():
    x = {"sound": np.ones((4, 2)), "sight": np.zeros((4, 3))}
    joined = join_bands(x)
    assert joined.dims == ("sample", "feature")
    assert joined.band.values.tolist() == ["sound"] * 2 + ["sight"] * 3
    assert joined.feature.values.tolist() == ["sound/0", "sound/1", "sight/0", "sight/1", "sight/2"]
    np.testing.assert_array_equal(joined[:, :2], 1)


def test_labels_of_bands_are_kept():
    time = xr.Variable("time", np.arange(4.0), {"sampling_rate": 1.0})
    sound = xr.DataArray(
        np.ones((2, 4)), dims=("mel", "time"), coords={"mel": [100, 200], "time": time}
    )
    sight = xr.DataArray(np.zeros((4, 1)), dims=("time", "pixel"), coords={"time": time})
    level = xr.DataArray(np.ones(4), dims="time", coords={"time": time})
    joined = join_bands({"sound": sound, "sight": sight, "level": level})
    assert joined.feature.values.tolist() == ["sound/100", "sound/200", "sight/0", "level/0"]
    assert joined.time.attrs["sampling_rate"] == 1.0


def test_plain_bands_take_the_clock_of_labelled_targets():
    y = xr.DataArray(np.ones((4, 2)), dims=("time", "channel"))
    assert join_bands({"a": np.ones((4, 2))}, y).dims == ("time", "feature")


def test_what_is_no_mapping_is_left_alone():
    x = np.ones((4, 2))
    assert join_bands(x) is x


def test_bands_that_do_not_fit_are_refused():
    with pytest.raises(SchemaError, match="no band"):
        join_bands({})
    with pytest.raises(SchemaError, match=r"X\['a'\]"):
        join_bands({"a": xr.DataArray(np.ones((2, 2, 2)), dims=("time", "x", "y"))})
    a = xr.DataArray(np.ones((3, 1)), dims=("time", "f"), coords={"time": [0.0, 1, 2]})
    with pytest.raises(LabelError, match="differ in their samples"):
        join_bands({"a": a, "b": a.assign_coords(time=[0.0, 1, 3])})


def test_bands_of_features_are_numbered_as_they_appear():
    side = Labels(("feature",), (4,), {"kind": xr.Variable("feature", list("bbab"))})
    codes, names = bands_of("kind", side)
    assert codes.tolist() == [0, 0, 1, 0]
    assert names == ["b", "a"]
    codes, names = bands_of([1, 2, 1, 2], side)
    assert codes.tolist() == [0, 1, 0, 1]
    assert bands_of(None, side)[1] == ["all"]
    with pytest.raises(LabelError, match="no coordinate 'band'"):
        bands_of("band", side)
    with pytest.raises(LabelError, match="4 features"):
        bands_of([1, 2], side)
