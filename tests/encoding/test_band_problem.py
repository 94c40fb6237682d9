"""Features in bands, primal against kernel and against rows that are scaled by hand."""

from __future__ import annotations

import numpy as np
import pytest
import ridge_oracle

from neurokit.encoding.backends import Backend
from neurokit.encoding.band_problem import KernelBands, PrimalBands, product_shares
from neurokit.encoding.band_search import BandFit, BandSearch, dirichlet_weights, select
from neurokit.encoding.folds import block_folds
from neurokit.encoding.targets import Targets

N = 40
FOLDS = block_folds(np.arange(N), 4)
ALPHAS = np.array([0.5, 5.0, 50.0])
GAMMAS = [(0.2, 0.5, 0.3), (0.0, 0.6, 0.4), (1.0, 0.0, 0.0)]


def data(sizes=(6, 9, 5), t=4, seed=0):
    rng = np.random.default_rng(seed)
    band = np.repeat(np.arange(len(sizes)), sizes)
    x = rng.normal(size=(N, band.size))
    x -= x.mean(axis=0)
    y = x @ rng.normal(size=(band.size, t)) + 3 * rng.normal(size=(N, t)) + 1
    return x, y, band


def primal(x, band, folds=FOLDS, *, standardize=False, n_jobs=1):
    return PrimalBands(
        x, band, folds, standardize=standardize, precision="double", backend=Backend(),
        n_jobs=n_jobs,
    )  # fmt: skip


def kernel(x, band, folds=FOLDS, *, n_jobs=1):
    return KernelBands(x, band, folds, precision="double", backend=Backend(), n_jobs=n_jobs)


def load(bands, y, gamma):
    gamma = np.asarray(gamma)
    return bands.load(bands.at(gamma), Targets(y, 1e8), slice(0, y.shape[1]))


def r2_of(loaded, alphas=ALPHAS):
    return np.mean([one.scores().r2 for one in loaded.held_out_sums(alphas)], axis=0)


@pytest.mark.parametrize("gamma", GAMMAS)
def test_kernel_and_primal_bands_are_one_problem(gamma):
    # Tall features: both ways are open.
    x, y, band = data()
    gamma, alpha = np.array(gamma), np.array([0.5, 50.0, 5.0, 5.0])
    one, other = primal(x, band), kernel(x, band)
    first, second = load(one, y, gamma), load(other, y, gamma)
    np.testing.assert_allclose(r2_of(second), r2_of(first), atol=1e-9)
    for a, b in zip(
        one.coefficients(first, gamma, alpha), other.coefficients(second, gamma, alpha), strict=True
    ):
        np.testing.assert_allclose(b, a, atol=1e-9)
    np.testing.assert_allclose(
        product_shares(other, second, gamma, alpha),
        product_shares(one, first, gamma, alpha),
        atol=1e-9,
    )


@pytest.mark.parametrize("make", [primal, kernel])
@pytest.mark.parametrize("gamma", GAMMAS)
def test_weights_and_penalty_in_proportion_change_nothing(make, gamma):
    x, y, band = data()
    gamma, alpha = np.array(gamma), np.array([0.5, 50.0, 5.0, 5.0])
    bands = make(x, band)
    plain, scaled = load(bands, y, gamma), load(bands, y, 8.0 * gamma)
    np.testing.assert_allclose(r2_of(scaled, 8.0 * ALPHAS), r2_of(plain), atol=1e-10)
    np.testing.assert_allclose(
        bands.coefficients(scaled, 8.0 * gamma, 8.0 * alpha)[0],
        bands.coefficients(plain, gamma, alpha)[0],
        atol=1e-10,
    )


@pytest.mark.parametrize("make", [primal, kernel])
def test_weights_solve_the_normal_equations(make):
    x, y, band = data()
    gamma, alpha = np.array([0.2, 0.5, 0.3]), np.array([0.5, 50.0, 5.0, 5.0])
    bands = make(x, band)
    coef, at_reference = bands.coefficients(load(bands, y, gamma), gamma, alpha)
    residual = y - x @ coef - at_reference
    np.testing.assert_allclose(residual.sum(axis=0), 0.0, atol=1e-9)
    np.testing.assert_allclose(x.T @ residual, coef * alpha / gamma[band][:, None], atol=1e-9)


@pytest.mark.parametrize("make", [primal, kernel])
def test_a_band_left_out_has_no_weights_and_no_part(make):
    x, y, band = data()
    gamma = np.array([0.0, 0.6, 0.4])
    bands = make(x, band)
    loaded = load(bands, y, gamma)
    coef, _ = bands.coefficients(loaded, gamma, np.full(4, 5.0))
    np.testing.assert_allclose(coef[band == 0], 0.0, atol=1e-12)
    rest, expected = x[:, band > 0], band[band > 0] - 1
    alone = make(rest, expected)
    np.testing.assert_allclose(
        coef[band > 0],
        alone.coefficients(load(alone, y, gamma[1:]), gamma[1:], np.full(4, 5.0))[0],
        atol=1e-9,
    )


@pytest.mark.parametrize("make", [primal, kernel])
def test_what_bands_add_is_what_their_rows_predict(make):
    x, y, band = data()
    gamma, alpha = np.array([0.2, 0.5, 0.3]), np.full(4, 5.0)
    bands = make(x, band)
    loaded = load(bands, y, gamma)
    weights, _ = loaded.full_weights(alpha)
    parts = bands.split(loaded.folds, gamma, weights)
    np.testing.assert_allclose(sum(parts), weights, atol=1e-10)
    coef, _ = bands.coefficients(loaded, gamma, alpha)
    rows = x if make is primal else loaded.folds.rows
    for i, part in enumerate(parts):
        own = band == i
        np.testing.assert_allclose(rows @ part, x[:, own] @ coef[own], atol=1e-9)


def test_scaling_is_by_the_deviation_of_each_training_set():
    x, y, band = data()
    x = x * np.logspace(-3, 3, x.shape[1])
    gamma = np.array([0.2, 0.5, 0.3])
    found = r2_of(load(primal(x, band, standardize=True), y, gamma))
    expected = []
    for train, test in FOLDS:
        scaled = x / x[train].std(axis=0) * np.sqrt(gamma[band])
        expected.append(ridge_oracle.fold_scores(scaled, y, ALPHAS, [(train, test)])["r2"])
    np.testing.assert_allclose(found, np.mean(expected, axis=0), atol=1e-8)


@pytest.mark.parametrize("make", [primal, kernel])
def test_folds_that_run_at_once_give_the_same_bytes(make):
    x, y, band = data()
    one, three = (make(x, band, n_jobs=n) for n in (1, 3))
    gamma = np.array([0.2, 0.5, 0.3])
    assert r2_of(load(one, y, gamma)).tobytes() == r2_of(load(three, y, gamma)).tobytes()


def test_other_columns_and_other_targets_are_read_anew():
    # Sums of targets are kept from one set of weights to the next.
    x, y, band = data()
    bands, gamma = primal(x, band), np.array([0.2, 0.5, 0.3])
    whole = r2_of(load(bands, y, gamma))
    targets = Targets(y, 1e8)
    for columns in (slice(0, 2), slice(2, 4), slice(1, 3)):
        part = bands.load(bands.at(gamma), targets, columns)
        np.testing.assert_allclose(r2_of(part), whole[:, columns], atol=1e-12)
    other = Targets(y[:, ::-1].copy(), 1e8)
    turned = bands.load(bands.at(gamma), other, slice(0, 4))
    np.testing.assert_allclose(r2_of(turned), whole[:, ::-1], atol=1e-12)


@pytest.mark.parametrize("make", [primal, kernel])
def test_features_and_targets_stay_as_they_are(make):
    x, y, band = data()
    copies = x.copy(), y.copy(), band.copy()
    bands = make(x, band)
    gamma = np.array([0.2, 0.5, 0.3])
    loaded = load(bands, y, gamma)
    product_shares(bands, loaded, gamma, np.full(4, 5.0))
    for values, copy in zip((x, y, band), copies, strict=True):
        np.testing.assert_array_equal(values, copy)
    np.testing.assert_array_equal(gamma, [0.2, 0.5, 0.3])


@pytest.mark.parametrize("make", [primal, kernel])
def test_bands_that_are_copies_have_equal_parts(make):
    x, y, _ = data(sizes=(6,))
    twice, band = np.hstack([x, x]), np.repeat([0, 1], 6)
    bands, gamma = make(twice, band), np.array([0.5, 0.5])
    loaded = load(bands, y, gamma)
    shares = product_shares(bands, loaded, gamma, np.full(4, 5.0))
    np.testing.assert_allclose(shares[0], shares[1], atol=1e-9)
    single = make(x, np.zeros(6, dtype=np.int64))
    np.testing.assert_allclose(
        shares.sum(axis=0), r2_of(load(single, y, [1.0]), np.array([5.0]))[0], atol=1e-9
    )


def search_of(x, y, band, *, metric="r2", alphas=ALPHAS):
    return BandSearch(
        primal(x, band), Targets(y, 1e8), slice(0, y.shape[1]), alphas,
        metric=metric, n_bands=3, penalties=(float(np.sum(x**2)) / N, float(np.sum(x**2))),
    )  # fmt: skip


@pytest.mark.parametrize("metric", ["r2", "r", "mse"])
def test_the_best_of_each_target_is_the_best_of_a_table(metric):
    x, y, band = data(t=6)
    gammas = dirichlet_weights(8, 3, np.random.default_rng(2))
    search = search_of(x, y, band, metric=metric)
    search.run(gammas, extend_alphas=False)
    tables = [
        ridge_oracle.fold_scores(x * np.sqrt(g[band]), y, ALPHAS, FOLDS)[metric] for g in gammas
    ]
    flat = np.stack(tables).reshape(-1, 6)
    best = flat.argmin(axis=0) if metric == "mse" else flat.argmax(axis=0)
    np.testing.assert_array_equal(search.fit.alpha, np.tile(ALPHAS, 8)[best])
    np.testing.assert_allclose(search.fit.gamma, np.repeat(gammas, 3, axis=0)[best].T)
    chosen = getattr(search.fit.scores, metric)
    np.testing.assert_allclose(chosen, flat[best, np.arange(6)], atol=1e-8)


def test_the_same_weights_again_replace_nothing():
    x, y, band = data()
    search = search_of(x, y, band)
    search.attempt(np.full(3, 1 / 3), extend_alphas=False)
    before = search.fit.gamma.copy(), search.fit.shares.copy(), search.fit.score.copy()
    search.attempt(np.full(3, 1 / 3), extend_alphas=False)
    for old, new in zip(
        before, (search.fit.gamma, search.fit.shares, search.fit.score), strict=True
    ):
        np.testing.assert_array_equal(new, old)
    np.testing.assert_array_equal(search.fit.trace[1], search.fit.trace[0])


def test_edges_are_told_apart():
    x, _, band = data()
    noise = np.random.default_rng(4).normal(size=(N, 1))
    both = np.column_stack([x[:, :1] * 1e3, noise])
    search = search_of(x, both, band, alphas=np.array([1e-6, 1e-5, 1e-4, 1e8]))
    search.attempt(np.full(3, 1 / 3), extend_alphas=False)
    assert search.fit.at_edge.tolist() == [-1, 1]
    single = search_of(x, both, band, alphas=np.array([1.0]))
    single.attempt(np.full(3, 1 / 3), extend_alphas=False)
    assert single.fit.at_edge.tolist() == [0, 0]


def test_more_penalties_are_tried_only_for_those_at_an_edge():
    x, y, band = data()
    search = search_of(x, y, band, alphas=np.array([1e-4, 1e-3]))
    search.attempt(np.full(3, 1 / 3), extend_alphas=True)
    inside = search_of(x, y, band, alphas=np.logspace(-4, 6, 41))
    inside.attempt(np.full(3, 1 / 3), extend_alphas=True)
    assert search.fit.extended.any()
    assert not inside.fit.extended.any()
    assert np.all(search.fit.alpha[search.fit.extended] > 1e-3)
    # A grid of tens comes near what one four times as fine finds.
    np.testing.assert_allclose(search.fit.score, inside.fit.score, atol=0.03)


def test_an_empty_fit_is_bettered_by_anything():
    fit = BandFit.empty(3, 2)
    np.testing.assert_allclose(fit.gamma.sum(axis=0), 1.0)
    assert np.all(fit.score == -np.inf)
    assert fit.trace == []
    assert np.isnan(fit.scores.r2).all()


@pytest.mark.parametrize(("n", "k"), [(0, 3), (1, 1), (1, 4), (7, 2)])
def test_as_many_weights_as_asked_for_on_the_simplex(n, k):
    found = dirichlet_weights(n, k, np.random.default_rng(0))
    assert found.shape == (n, k)
    np.testing.assert_allclose(found.sum(axis=1), 1.0)
    longer = dirichlet_weights(n + 5, k, np.random.default_rng(0))
    np.testing.assert_array_equal(longer[:n], found)


def test_concentrations_take_turns():
    # The mean of sum g^2 is (c + 1) / (k c + 1) for a Dirichlet of concentration c.
    found = dirichlet_weights(4001, 3, np.random.default_rng(0), concentration=(0.2, 5.0))[1:]
    square = (found**2).sum(axis=1)
    assert square[0::2].mean() == pytest.approx(6.0 / 16.0, abs=0.01)
    assert square[1::2].mean() == pytest.approx(1.2 / 1.6, abs=0.02)


def test_targets_selected_share_nothing_with_the_whole():
    x, y, band = data()
    loaded = load(primal(x, band), y, np.full(3, 1 / 3))
    some = select(loaded, np.array([1]))
    some.sums[0].cross[:] = 0.0
    np.testing.assert_allclose(
        r2_of(loaded), r2_of(load(primal(x, band), y, np.full(3, 1 / 3))), atol=1e-12
    )
