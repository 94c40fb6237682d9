"""What must hold for any data: invariances of the fit, and of its bookkeeping."""

from __future__ import annotations

import numpy as np
import pytest
import xarray as xr
from hypothesis import given, settings
from hypothesis import strategies as st

from neurokit.encoding import SpikeGLM
from neurokit.encoding.spike_design import past
from neurokit.signal.bases import raised_cosines

pytestmark = pytest.mark.filterwarnings("ignore::neurokit.errors.NeurokitWarning")
FEW = settings(max_examples=6, derandomize=True)
SEEDS = st.integers(0, 10_000)
OBSERVATIONS = st.sampled_from(["poisson", "bernoulli"])


def _data(seed, observation="poisson", n=400, p=3, k=2):
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(n, p))
    eta = x @ (0.5 * rng.normal(size=(p, k))) - 1.0
    if observation == "poisson":
        return x, rng.poisson(np.exp(eta)).astype(float)
    return x, (rng.random((n, k)) < 1 / (1 + np.exp(-eta))).astype(float)


@FEW
@given(SEEDS, OBSERVATIONS)
def test_the_order_of_bins_does_not_matter_without_history(seed, observation):
    x, y = _data(seed, observation)
    order = np.random.default_rng(seed).permutation(len(x))
    first = SpikeGLM(observation).fit(x, y)
    second = SpikeGLM(observation).fit(x[order], y[order])
    np.testing.assert_allclose(first.coef_, second.coef_, atol=1e-9)


@FEW
@given(SEEDS, OBSERVATIONS)
def test_every_bin_twice_is_the_same_fit_because_the_loss_is_a_mean(seed, observation):
    x, y = _data(seed, observation)
    first = SpikeGLM(observation, alpha=0.01).fit(x, y)
    second = SpikeGLM(observation, alpha=0.01).fit(np.tile(x, (2, 1)), np.tile(y, (2, 1)))
    np.testing.assert_allclose(first.coef_, second.coef_, atol=1e-9)


@FEW
@given(SEEDS, st.floats(-1e4, 1e4))
def test_an_offset_of_features_changes_only_the_intercept(seed, offset):
    x, y = _data(seed)
    first, second = (SpikeGLM(alpha=0.1).fit(v, y) for v in (x, x + offset))
    np.testing.assert_allclose(first.coef_, second.coef_, atol=1e-7)
    np.testing.assert_allclose(first.predict(x), second.predict(x + offset), rtol=1e-5)


@FEW
@given(SEEDS, OBSERVATIONS)
def test_expected_counts_sum_to_the_counts(seed, observation):
    # The derivative by the free intercept is zero at the optimum.
    x, y = _data(seed, observation)
    expected = SpikeGLM(observation, alpha=0.3).fit(x, y).predict(x)
    np.testing.assert_allclose(expected.sum(axis=0), y.sum(axis=0), rtol=1e-7)


@FEW
@given(SEEDS)
def test_a_larger_penalty_gives_smaller_weights_and_a_poorer_fit(seed):
    x, y = _data(seed)
    fits = [SpikeGLM(alpha=alpha).fit(x, y) for alpha in (0.0, 0.01, 0.1, 1.0, 10.0)]
    size = np.array([(f.coef_.values**2).sum(axis=0) for f in fits])
    assert (np.diff(size, axis=0) <= 1e-10).all()
    quality = np.array([f.scores_["d2"].values for f in fits])
    assert (np.diff(quality, axis=0) <= 1e-10).all()


@FEW
@given(SEEDS, OBSERVATIONS)
def test_the_gradient_is_zero_where_the_fit_ends(seed, observation):
    x, y = _data(seed, observation)
    model = SpikeGLM(observation, alpha=0.05).fit(x, y)
    residual = model.predict(x) - y
    gradient = x.T @ residual / len(x) + 0.05 * model.coef_.values
    assert np.abs(gradient).max() < 1e-8


@FEW
@given(SEEDS)
def test_a_feature_of_zeros_gets_no_weight_and_disturbs_none(seed):
    x, y = _data(seed)
    first = SpikeGLM().fit(x, y)
    second = SpikeGLM().fit(np.column_stack([x, np.zeros(len(x))]), y)
    np.testing.assert_allclose(second.coef_[:-1], first.coef_, atol=1e-9)
    np.testing.assert_array_equal(second.coef_[-1], 0.0)


@FEW
@given(SEEDS, st.integers(2, 6), st.booleans())
def test_history_is_a_feature_like_any_other(seed, n_lags, coupling):
    x, y = _data(seed)
    basis = raised_cosines(2, n_lags)
    model = SpikeGLM(alpha=0.01, history=n_lags, n_basis=2, coupling=coupling).fit(x, y)
    history = past(y, basis, [slice(0, len(y))])
    for k in range(2):
        own = [history[:, :, j].T for j in (range(2) if coupling else [k])]
        features = np.column_stack([x, *own])[n_lags:]
        by_hand = SpikeGLM(alpha=0.01).fit(features, y[n_lags:, [k]])
        np.testing.assert_allclose(model.coef_[:, k], by_hand.coef_[:3, 0], atol=1e-8)
        if not coupling:
            filters = basis @ by_hand.coef_.values[3:, 0]
            np.testing.assert_allclose(model.history_filter_[:, k], filters, atol=1e-8)


@FEW
@given(SEEDS)
def test_trials_in_any_order_are_one_fit(seed):
    x, y = _data(seed, n=600)
    x3, y3 = x.reshape(12, 50, 3), y.reshape(12, 50, 2)
    order = np.random.default_rng(seed).permutation(12)
    first = SpikeGLM(history=4).fit(x3, y3)
    second = SpikeGLM(history=4).fit(x3[order], y3[order])
    np.testing.assert_allclose(first.history_filter_, second.history_filter_, atol=1e-8)


@FEW
@given(SEEDS)
def test_runs_and_trials_are_the_same_cuts(seed):
    x, y = _data(seed, n=200)
    run = np.repeat([0, 1, 2, 3], 50)
    array = xr.DataArray(y, dims=("time", "neuron"), coords={"run": ("time", run)})
    by_run = SpikeGLM(history=3).fit(xr.DataArray(x, dims=("time", "feature")), array)
    by_trial = SpikeGLM(history=3).fit(x.reshape(4, 50, 3), y.reshape(4, 50, 2))
    np.testing.assert_allclose(by_run.history_filter_, by_trial.history_filter_, atol=1e-10)


@FEW
@given(SEEDS, st.floats(0.05, 0.4))
def test_missing_bins_are_missing_and_not_zero(seed, share):
    x, y = _data(seed, n=600)
    holes = np.random.default_rng(seed + 1).random(len(y)) < share
    with_holes = y.copy()
    with_holes[holes] = np.nan
    first = SpikeGLM().fit(x, with_holes)
    second = SpikeGLM().fit(x[~holes], y[~holes])
    np.testing.assert_allclose(first.coef_, second.coef_, atol=1e-9)
    np.testing.assert_allclose(first.base_rate_, second.base_rate_)
    for name in ("bits_per_spike", "d2", "mcfadden_r2"):
        np.testing.assert_allclose(first.scores_[name], second.scores_[name], atol=1e-9)


@FEW
@given(SEEDS)
def test_missing_features_are_bins_left_out(seed):
    x, y = _data(seed)
    x = x.copy()
    x[::7, 1] = np.nan
    known = np.isfinite(x).all(axis=1)
    first, second = SpikeGLM().fit(x, y), SpikeGLM().fit(x[known], y[known])
    np.testing.assert_allclose(first.coef_, second.coef_, atol=1e-9)
    assert np.isnan(first.predict(x)[~known]).all()


@FEW
@given(SEEDS, st.permutations(range(4)))
def test_neurons_in_any_order_keep_their_couplings(seed, order):
    rng = np.random.default_rng(seed)
    y = rng.poisson(0.3, size=(500, 4)).astype(float)
    order = list(order)
    first = SpikeGLM(history=3, coupling=True, n_basis=2, alpha=0.01).fit(None, y)
    second = SpikeGLM(history=3, coupling=True, n_basis=2, alpha=0.01).fit(None, y[:, order])
    expected = first.coupling_filter_.values[:, order][:, :, order]
    np.testing.assert_allclose(second.coupling_filter_, expected, atol=1e-8)


@pytest.mark.parametrize("dtype", [np.int8, np.int64, np.float32, bool])
def test_any_type_of_number_is_counted(dtype):
    x, y = _data(0, "bernoulli")
    first = SpikeGLM("bernoulli").fit(x, y)
    second = SpikeGLM("bernoulli").fit(x, y.astype(dtype))
    np.testing.assert_array_equal(first.coef_, second.coef_)


def test_a_step_that_overshoots_is_halved():
    # A start at the mean rate, one huge outlier: the full Newton step raises the objective.
    x = np.r_[np.zeros(500), 12.0][:, None]
    y = np.r_[np.full(500, 1.0), 400.0][:, None]
    model = SpikeGLM(alpha=0.0).fit(x, y)
    assert model.converged_
    # Two groups, a free intercept and a slope: both means are met exactly.
    np.testing.assert_allclose(model.predict(x)[[0, -1], 0], [1.0, 400.0], rtol=1e-6)


def test_scores_of_held_out_bins_can_be_below_zero():
    rng = np.random.default_rng(1)
    x, y = rng.normal(size=(60, 20)), rng.poisson(0.5, size=(60, 1)).astype(float)
    model = SpikeGLM(alpha=0.0).fit(x, y)
    fresh = rng.normal(size=(2000, 20)), rng.poisson(0.5, size=(2000, 1)).astype(float)
    assert model.score(*fresh) < 0 < float(model.scores_["bits_per_spike"][0])


def test_grid_search_of_scikit_learn_chooses_a_penalty():
    from sklearn.model_selection import GridSearchCV

    from neurokit.stats import BlockedCV

    rng = np.random.default_rng(2)
    x = rng.normal(size=(1500, 60))
    y = rng.poisson(np.exp(0.8 * x[:, :1] - 1)).astype(float)
    search = GridSearchCV(SpikeGLM(), {"alpha": [1e-5, 1e-2, 100.0]}, cv=BlockedCV(4)).fit(x, y)
    assert search.best_params_ == {"alpha": 1e-2}


@pytest.mark.parametrize("unit", [1e300, 1e160, 1e-160, 1e-300])
def test_without_penalty_the_unit_of_a_feature_changes_nothing(unit):
    x, y = _data(5)
    units = np.array([unit, 1.0, 1.0])
    plain, other = SpikeGLM(alpha=0.0).fit(x, y), SpikeGLM(alpha=0.0).fit(x * units, y)
    np.testing.assert_allclose(other.coef_ * units[:, None], plain.coef_, rtol=1e-6)
    np.testing.assert_allclose(other.predict(x * units), plain.predict(x), rtol=1e-6)


def test_a_penalty_on_weights_is_nothing_for_huge_units_and_all_for_tiny_ones():
    x, y = _data(6)
    free, large = SpikeGLM(alpha=0.0), np.array([1e160, 1e160, 1e160])
    expected = free.fit(x, y).predict(x)
    np.testing.assert_allclose(SpikeGLM(alpha=0.1).fit(x * large, y).predict(x * large), expected)
    without = SpikeGLM(alpha=0.1).fit(x[:, 1:], y)
    # On both sides of where the penalty is called overwhelming.
    for unit in (1e-13, 1e-17, 1e-160):
        tiny = x * np.array([unit, 1.0, 1.0])
        model = SpikeGLM(alpha=0.1).fit(tiny, y)
        assert model.converged_
        np.testing.assert_allclose(model.predict(tiny), without.predict(x[:, 1:]), rtol=1e-6)
        assert (np.abs(model.coef_[0]) <= unit / 0.1 * np.abs(y).max()).all()
