"""BandedRidgeEncoder: normal equations, a peer on kernels, and what must change nothing."""

from __future__ import annotations

import numpy as np
import pytest
from himalaya.kernel_ridge import MultipleKernelRidgeCV
from himalaya.scoring import r2_score

from neurokit.encoding import BandedRidgeEncoder
from neurokit.stats import BlockedCV

# Grids below are short on purpose.
pytestmark = pytest.mark.filterwarnings("ignore:BandedRidgeEncoder.*at_edge_")

ALPHAS = (0.1, 1.0, 10.0, 100.0, 1000.0)
GAMMAS = np.random.default_rng(9).dirichlet(np.ones(3), 6)


def data(n=90, sizes=(5, 8, 4), t=5, seed=0):
    rng = np.random.default_rng(seed)
    x = [rng.normal(size=(n, size)) for size in sizes]
    y = sum(
        level * one @ rng.normal(size=(one.shape[1], t))
        for one, level in zip(x, (1.0, 0.3, 0.0), strict=True)
    )
    return dict(zip("abc", x, strict=True)), y + 3 * rng.normal(size=(n, t)) + 2


def fit(bands, y, **options):
    settings = {"alphas": ALPHAS, "gammas": GAMMAS, "extend_alphas": False, **options}
    return BandedRidgeEncoder(**settings).fit(bands, y)


@pytest.mark.parametrize(
    ("solver", "n", "sizes"),
    [("random", 90, (5, 8, 4)), ("gradient", 90, (5, 8, 4)), ("random", 40, (20, 25, 10))],
)
def test_weights_solve_the_normal_equations_of_their_bands(solver, n, sizes):
    bands, y = data(n, sizes)
    model = fit(bands, y, solver=solver)
    x = np.hstack(list(bands.values()))
    coef = model.coef_.values
    residual = y - x @ coef - model.intercept_.values
    np.testing.assert_allclose(residual.sum(axis=0), 0.0, atol=1e-8)
    penalty = np.repeat(model.band_alphas_.values, sizes, axis=0)
    np.testing.assert_allclose(x.T @ residual, penalty * coef, atol=1e-7)


@pytest.mark.filterwarnings("ignore:.*(refit|random search|intercept)")
def test_on_kernels_it_is_himalaya():
    # Every fold holds rows and their negatives, so that all means are 0: the peer has no
    # intercept.
    rng = np.random.default_rng(1)
    half = {name: rng.normal(size=(30, 25)) for name in "abc"}
    target = half["a"] @ rng.normal(size=(25, 4)) + 3 * rng.normal(size=(30, 4))
    order = np.argsort(np.r_[np.arange(30), np.arange(30)], kind="stable")
    bands = {name: np.vstack([x, -x])[order] for name, x in half.items()}
    y = np.vstack([target, -target])[order]
    folds = list(BlockedCV(3).split(np.zeros(60)))
    model = fit(bands, y, cv=folds)
    kernels = np.stack([x @ x.T for x in bands.values()])
    peer = MultipleKernelRidgeCV(
        kernels="precomputed", solver="random_search", cv=folds,
        solver_params={
            "n_iter": GAMMAS, "alphas": np.array(ALPHAS), "score_func": r2_score,
            "progress_bar": False,
        },
    ).fit(kernels, y)  # fmt: skip
    np.testing.assert_allclose(model.scores_.r2, np.max(peer.cv_scores_, axis=0), atol=1e-6)
    np.testing.assert_allclose(-np.log(model.band_alphas_), peer.deltas_, atol=1e-6)
    np.testing.assert_allclose(model.predict(bands), peer.predict(kernels), atol=1e-5)


def test_targets_in_any_order_are_the_same_targets():
    bands, y = data()
    order = [3, 0, 4, 1, 2]
    model, other = fit(bands, y), fit(bands, y[:, order])
    for name in ("coef_", "band_alphas_", "band_r2_", "search_trace_"):
        found, expected = getattr(other, name).values, getattr(model, name).values
        np.testing.assert_allclose(found, expected[..., order], atol=1e-11)


def test_bands_in_any_order_are_the_same_bands():
    bands, y = data()
    model = fit(bands, y)
    turned = fit({name: bands[name] for name in "cab"}, y, gammas=GAMMAS[:, [2, 0, 1]])
    for name in ("band_alphas_", "band_r2_", "band_weights_"):
        expected = getattr(model, name).sel(band=list("cab"))
        np.testing.assert_allclose(getattr(turned, name), expected, rtol=1e-8, atol=1e-11)
    np.testing.assert_allclose(turned.search_trace_, model.search_trace_, atol=1e-10)


@pytest.mark.parametrize(("n", "sizes"), [(90, (5, 8, 4)), (40, (20, 25, 10))])
def test_a_band_in_other_units_needs_its_weight_in_those_units(n, sizes):
    bands, y = data(n, sizes)
    scale = np.array([10.0, 0.1, 1.0])
    scaled = {name: s * x for s, (name, x) in zip(scale, bands.items(), strict=True)}
    model, other = fit(bands, y), fit(scaled, y, gammas=GAMMAS / scale**2)
    np.testing.assert_allclose(other.search_trace_, model.search_trace_, atol=1e-9)
    np.testing.assert_allclose(
        other.band_alphas_, model.band_alphas_ * scale[:, None] ** 2, rtol=1e-9
    )
    np.testing.assert_allclose(other.predict(scaled), model.predict(bands), atol=1e-8)


def test_units_of_targets_scale_weights_and_nothing_else():
    bands, y = data()
    model, other = fit(bands, y), fit(bands, 1e-6 * y + 40.0)
    np.testing.assert_allclose(other.coef_, 1e-6 * model.coef_, rtol=1e-6, atol=1e-13)
    np.testing.assert_allclose(other.intercept_ - 40.0, 1e-6 * model.intercept_, rtol=1e-5)
    np.testing.assert_allclose(other.scores_.r2, model.scores_.r2, atol=1e-8)
    np.testing.assert_array_equal(other.best_alpha_, model.best_alpha_)


def test_offsets_of_features_are_in_the_intercept():
    bands, y = data()
    model, other = fit(bands, y), fit({name: x + 100.0 for name, x in bands.items()}, y)
    np.testing.assert_allclose(other.coef_, model.coef_, atol=1e-9)
    moved = model.intercept_ - 100.0 * model.coef_.sum("feature")
    np.testing.assert_allclose(other.intercept_, moved, atol=1e-7)


def test_a_record_turned_round_has_the_same_folds_and_fit():
    bands, y = data()
    model = fit(bands, y, cv=3)
    other = fit({name: x[::-1] for name, x in bands.items()}, y[::-1], cv=3)
    np.testing.assert_allclose(other.coef_, model.coef_, atol=1e-10)
    np.testing.assert_allclose(other.band_r2_, model.band_r2_, atol=1e-10)


def test_a_copy_of_a_target_is_treated_as_the_target():
    bands, y = data()
    model = fit(bands, np.column_stack([y, y[:, 2]]), solver="gradient")
    np.testing.assert_allclose(model.coef_[:, 5], model.coef_[:, 2], atol=1e-12)
    np.testing.assert_array_equal(model.band_weights_[:, 5], model.band_weights_[:, 2])


def test_more_weights_tried_never_score_less():
    bands, y = data()
    few, many = (fit(bands, y, gammas=None, n_iter=n, random_state=3) for n in (4, 12))
    np.testing.assert_array_equal(many.search_trace_[:4], few.search_trace_)
    assert np.all(many.scores_.r2 >= few.scores_.r2)
    assert np.any(many.scores_.r2 > few.scores_.r2)


@pytest.mark.parametrize("metric", ["r2", "r", "mse"])
def test_the_score_that_chooses_is_the_best_of_the_trace(metric):
    bands, y = data()
    model = fit(bands, y, metric=metric)
    trace = model.search_trace_
    # More is better in a trace: the error is there with its sign turned.
    sign = -1.0 if metric == "mse" else 1.0
    np.testing.assert_allclose(sign * model.scores_[metric], trace.max("iteration"), atol=1e-12)


def test_a_generator_goes_on_where_a_number_starts_anew():
    bands, y = data()
    options = {"gammas": None, "n_iter": 4}
    rng = np.random.default_rng(5)
    first, second = (fit(bands, y, random_state=rng, **options) for _ in range(2))
    again = fit(bands, y, random_state=5, **options)
    np.testing.assert_array_equal(first.search_trace_, again.search_trace_)
    assert not np.array_equal(first.search_trace_[1:], second.search_trace_[1:])


def test_descents_that_run_at_once_give_the_same_bytes():
    bands, y = data()
    one, two = (fit(bands, y, solver="gradient", n_jobs=n) for n in (1, 2))
    for name in ("coef_", "band_alphas_", "band_r2_"):
        assert getattr(one, name).values.tobytes() == getattr(two, name).values.tobytes()


def test_nothing_that_is_given_is_changed():
    bands, y = data()
    copies, gammas = {name: x.copy() for name, x in bands.items()}, GAMMAS.copy()
    fit(bands, y, gammas=gammas, solver="gradient", standardize=True)
    np.testing.assert_array_equal(gammas, GAMMAS)
    for name, x in bands.items():
        np.testing.assert_array_equal(x, copies[name])


def test_scores_of_new_samples_are_those_of_predictions():
    bands, y = data(n=140)
    train, test = (
        ({name: x[part] for name, x in bands.items()}, y[part])
        for part in (slice(0, 90), slice(90, 140))
    )
    model = fit(*train)
    p, truth = model.predict(test[0]), test[1]
    scores = model.score_targets(*test)
    mse = np.mean((truth - p) ** 2, axis=0)
    np.testing.assert_allclose(scores.mse, mse)
    np.testing.assert_allclose(scores.r2, 1 - mse / truth.var(axis=0))
    np.testing.assert_allclose(
        scores.r, [np.corrcoef(p[:, j], truth[:, j])[0, 1] for j in range(5)]
    )
    assert model.score(*test) == pytest.approx(float(scores.r2.mean()))


def test_a_constant_target_is_predicted_by_itself():
    bands, y = data()
    y[:, 1] = 7.0
    model = fit(bands, y, solver="gradient")
    np.testing.assert_allclose(model.coef_[:, 1], 0.0, atol=1e-10)
    assert float(model.intercept_[1]) == pytest.approx(7.0)
    np.testing.assert_array_equal(model.band_r2_[:, 1], 0.0)
