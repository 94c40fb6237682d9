"""Number of latents, comparison of models and starts of the search: by hand and by plain loops."""

from __future__ import annotations

from typing import ClassVar

import numpy as np
import pytest
import xarray as xr
from sklearn.base import BaseEstimator
from sklearn.decomposition import FactorAnalysis
from sklearn.linear_model import PoissonRegressor

from neurokit.errors import LabelError, OptionError, SchemaError, UnitsError
from neurokit.flows import FactorGLM, FirstOrderLDS, LangevinLDS, Smoothing, co_bps, compare
from neurokit.flows import select_latents as select
from neurokit.flows.observed import observed
from neurokit.flows.scoring import Scored
from neurokit.flows.search import STARTS, SearchOptions, gaussian_search, poisson_search
from neurokit.flows.selection import _chosen
from neurokit.flows.variational import CountFit

pytestmark = pytest.mark.filterwarnings("ignore::neurokit.errors.ConvergenceWarning")


def waves(seed=0, n_trials=6, n_bins=20, n_neurons=5):
    rng = np.random.default_rng(seed)
    t = np.arange(n_bins) * 0.02
    phase = rng.uniform(0, 2 * np.pi, (n_trials, 1, 1))
    wave = np.sin(2 * np.pi * 4 * t[None, :, None] + phase)
    return wave * np.linspace(0.5, 1.2, n_neurons)


@pytest.fixture(scope="module")
def counts():
    return np.random.default_rng(1).poisson(2 * np.exp(waves())).astype(float)


class Knows(Scored, BaseEstimator):
    """Predicts well with two latents, worse with others; keeps what it was given."""

    log: ClassVar[list] = []

    def __init__(self, n_latents=1, bin_s=0.02, flaw=0.0):
        self.n_latents, self.bin_s, self.flaw = n_latents, bin_s, flaw

    def fit(self, X):
        self.log.append((self.n_latents, [x.values.copy() for x in X]))
        return self

    def predict_rates(self, X, inputs=None, *, held_out=None):
        self.log.append((np.flatnonzero(held_out).tolist(), [x.values.copy() for x in X]))
        share = {1: 0.2, 2: 1.0, 3: 1.0}[self.n_latents]
        return [share * x + (1 - share) * x.mean() + 0.1 for x in X]


def test_every_trial_and_neuron_is_hidden_once(counts):
    Knows.log = []
    select(counts, [2], model=Knows(), n_folds=3, random_state=0)
    fits, asked = Knows.log[0::2], Knows.log[1::2]
    hidden = [neuron for one in asked for neuron in one[0]]
    assert sorted(hidden) == list(range(5))
    for (_, train), (_, test) in zip(fits, asked, strict=True):
        together = np.stack([*train, *test])
        assert len(train) == 4
        order = np.lexsort(together.reshape(6, -1).T)
        expected = np.lexsort(counts.reshape(6, -1).T)
        np.testing.assert_array_equal(together[order], counts[expected])


def test_scores_equal_a_plain_loop(counts):
    Knows.log = []
    table = select(counts, [1, 2], model=Knows(), n_folds=2, random_state=5)
    asked = [one for one in Knows.log if isinstance(one[0], list)]
    for k, (hidden, trials) in enumerate(asked):
        fold, row = divmod(k, 2)
        share = (0.2, 1.0)[row]
        rates = np.concatenate([share * x + (1 - share) * x.mean() + 0.1 for x in trials])
        expected = co_bps(rates[:, hidden], np.concatenate(trials)[:, hidden])
        assert table.score.values[row, fold] == pytest.approx(expected, rel=1e-10)
    assert table.attrs["best_n_latents"] == 2


def test_two_that_are_as_good_give_the_smaller(counts):
    table = select(counts, [3, 2], model=Knows(), n_folds=2, random_state=0)
    np.testing.assert_array_equal(table.score[0], table.score[1])
    assert table.attrs["best_n_latents"] == 2
    assert table.n_latents.values.tolist() == [3, 2]


def test_the_rule_of_one_standard_error_by_hand():
    score = np.array([[1.0, 1.2, 1.1, 1.3], [1.1, 1.1, 1.3, 1.2], [0.2, 0.1, 0.2, 0.1]])
    # Gaps of the first: .1, -.1, .2, -.1: mean .025, standard error .075.
    assert _chosen(score, [1, 2, 3], "1").attrs["best_n_latents"] == 1
    score[0] -= 0.2
    assert _chosen(score, [1, 2, 3], "1").attrs["best_n_latents"] == 2


def test_deals_are_those_of_the_seed(counts):
    a, b, c = (
        select(counts, [1], model=Knows(), n_folds=2, random_state=seed) for seed in (0, 0, 1)
    )
    assert a.identical(b)
    assert (a.score != c.score).any()
    generated = select(counts, [1], model=Knows(), n_folds=2, random_state=np.random.default_rng(0))
    assert a.identical(generated)


def test_the_model_given_is_not_changed(counts):
    base = LangevinLDS(1, n_restarts=1, max_iter=1, bin_s=0.02)
    before, kept = base.get_params(), counts.copy()
    select(counts, [2], model=base, n_folds=2, random_state=0)
    assert base.get_params() == before
    assert base._fitted() == {}
    np.testing.assert_array_equal(counts, kept)


@pytest.mark.parametrize("tried", [[], [0], [-1, 2], [1.5], [2.0], ["2"], [True], [None]])
def test_numbers_of_latents_are_whole(counts, tried):
    with pytest.raises(OptionError, match="n_latents"):
        select(counts, tried, model=Knows(), n_folds=2)


@pytest.mark.parametrize("n_folds", [0, 1, 6, 2.0, 2.5, True, "2", None])
def test_folds_are_whole_and_no_more_than_neurons(counts, n_folds):
    with pytest.raises(OptionError, match="n_folds"):
        select(counts, [1], model=Knows(), n_folds=n_folds)


def test_without_a_clock_the_width_of_a_bin_is_asked_for(counts):
    with pytest.raises(OptionError, match="bin_s"):
        select(counts, [1], model=LangevinLDS(1, n_restarts=1, max_iter=1), n_folds=2)


class Fixed(Scored):
    """Says the same rate at every bin; forecasts it too if it can."""

    def __init__(self, rate, ahead=None):
        self.rate, self.ahead, self.seen = rate, ahead, None
        if ahead is not None:
            self.forecast = self._forecast

    def fit(self, X):
        self.fitted_on = np.array(X)
        return self

    def predict_rates(self, X, inputs=None, *, held_out=None):
        dims = ("trial", "time", "neuron")
        return xr.DataArray(np.full(np.shape(X), self.rate), dims=dims)

    def _forecast(self, X, n_bins):
        self.seen = [x.values for x in X]
        shape = (len(X), n_bins, X[0].shape[1])
        return xr.Dataset({"rate": (("trial", "step", "neuron"), np.full(shape, self.ahead))})


def test_a_row_of_the_table_by_hand(counts):
    train, test = counts[:3], counts[3:]
    model = Fixed(1.7, ahead=2.5)
    true = 2 * np.exp(waves())[3:]
    table = compare({"fixed": model}, train, test, held_out=[0, 1], true_rates=true, n_forward=4)
    np.testing.assert_array_equal(model.fitted_on, train)
    np.testing.assert_array_equal(np.stack(model.seen), test[:, :-4])
    hidden, last = test[..., :2], test[:, -4:]
    assert table.co_bps.item() == pytest.approx(co_bps(np.full(hidden.shape, 1.7), hidden))
    assert table.forward_bps.item() == pytest.approx(co_bps(np.full(last.shape, 2.5), last))
    flat = true.reshape(-1, 5)
    r2 = 1 - ((flat - 1.7) ** 2).sum(axis=0) / ((flat - flat.mean(axis=0)) ** 2).sum(axis=0)
    assert table.r2.item() == pytest.approx(r2.mean(), rel=1e-12)
    assert {name: table[name].attrs["units"] for name in table} == {
        "co_bps": "bit/spike", "r2": "1", "forward_bps": "bit/spike", "fit_seconds": "s",
    }  # fmt: skip
    assert table.fit_seconds.item() >= 0


def test_models_stand_in_the_order_given(counts):
    models = {"z": Fixed(1.0), "a": Fixed(2.0), "m": Fixed(3.0)}
    table = compare(models, counts[:3], counts[3:], held_out=[0])
    assert table.model.values.tolist() == ["z", "a", "m"]
    assert np.isnan(table.forward_bps).all()
    assert np.isnan(table.r2).all()


@pytest.mark.parametrize("n_forward", [-1, 1.5, True, "2", None])
def test_bins_to_forecast_are_whole(counts, n_forward):
    with pytest.raises(OptionError, match="n_forward"):
        compare({"a": Fixed(1.0, 1.0)}, counts, counts, held_out=[0], n_forward=n_forward)


def test_something_of_every_trial_is_left_to_see(counts):
    with pytest.raises(OptionError, match=r"n_forward.*20 bins"):
        compare({"a": Fixed(1.0, 1.0)}, counts, counts, held_out=[0], n_forward=20)


@pytest.mark.parametrize("models", [{}, None, [Smoothing()], Smoothing()])
def test_models_are_named(counts, models):
    with pytest.raises(OptionError, match="models"):
        compare(models, counts, counts, held_out=[0])


def test_true_rates_are_checked(counts):
    model = {"a": Fixed(1.0)}
    with pytest.raises(SchemaError, match="true_rates"):
        compare(model, counts, counts, held_out=[0], true_rates=counts[:2])
    hertz = xr.DataArray(counts, dims=("trial", "time", "neuron"), attrs={"units": "Hz"})
    with pytest.raises(UnitsError, match="Hz"):
        compare(model, counts, counts, held_out=[0], true_rates=hertz)


def rows(values):
    n_trials, n_bins, n = values.shape
    offsets = np.arange(n_trials + 1) * n_bins
    return observed(values.reshape(-1, n), np.empty((n_trials * n_bins, 0)), offsets)


@pytest.fixture(scope="module")
def noisy():
    return waves(3) + 0.3 * np.random.default_rng(2).normal(size=(6, 20, 5))


def test_the_start_of_highest_evidence_is_run_to_its_end(noisy):
    data = rows(noisy)
    options = SearchOptions(1, n_restarts=3, max_iter=3, tol=0.0)
    fit, tried = gaussian_search(data, options, np.random.default_rng(0))
    assert tried.shape == (3,)
    assert np.isfinite(tried).all()
    # Twenty iterations from the best start are behind the first of its last run.
    assert fit.trace[0] == pytest.approx(tried.max(), rel=1e-6)
    assert fit.explained(data)[1] == pytest.approx(fit.trace[-1], rel=1e-9)


def test_one_start_is_not_tried(noisy):
    fit, tried = gaussian_search(
        rows(noisy), SearchOptions(1, n_restarts=1, max_iter=2), np.random.default_rng(0)
    )
    assert np.isnan(tried).all()
    assert tried.shape == (1,)
    first, tried = gaussian_search(
        rows(noisy), SearchOptions(2, order=1, n_restarts=5, max_iter=2), np.random.default_rng(0)
    )
    assert tried.shape == (1,)
    assert first.dynamics.n_states == first.dynamics.n_observed == 2
    assert fit.dynamics.n_states == 2


def test_more_starts_than_recipes_are_drawn_from_the_seed(noisy):
    options = SearchOptions(1, n_restarts=len(STARTS) + 2, max_iter=1, tol=0.0)
    data = rows(noisy[:2, :10])
    runs = [gaussian_search(data, options, np.random.default_rng(seed))[1] for seed in (0, 0, 1)]
    np.testing.assert_array_equal(runs[0], runs[1])
    n = len(STARTS)
    np.testing.assert_array_equal(runs[0][:n], runs[2][:n])
    assert (runs[0][n:] != runs[2][n:]).any()


def test_a_search_of_counts_climbs_from_the_readout(counts):
    data = rows(counts)
    roots = rows(np.sqrt(counts))
    seen = []
    fit, _ = poisson_search(
        data, roots, SearchOptions(1, n_restarts=1, max_iter=3, tol=0.0),
        np.random.default_rng(0), seen.append,
    )  # fmt: skip
    assert isinstance(fit, CountFit)
    assert len(seen) == 3
    trace = np.array(fit.trace)
    assert (np.diff(trace) >= -1e-6 * np.abs(trace[:-1])).all()


def test_factor_readout_equals_scikit_learns_poisson_regression(counts):
    """The ridge of the readout is on the sum over bins, scikit-learn's on the mean."""
    model = FactorGLM(1, seconds=0.0, bin_s=0.02).fit(counts)
    x = model.transform(counts).values.reshape(-1, 1)
    flat = counts.reshape(-1, 5)
    for k in range(5):
        peer = PoissonRegressor(alpha=0.0, tol=1e-10, max_iter=2000).fit(x, flat[:, k])
        found = model.predict_rates(counts).values.reshape(-1, 5)[:, k]
        np.testing.assert_allclose(found, peer.predict(x), rtol=0.02)


def test_factors_without_smoothing_are_scikit_learns(counts):
    model = FactorGLM(2, seconds=0.0, bin_s=0.02).fit(counts)
    roots = np.sqrt(counts).reshape(-1, 5)
    peer = FactorAnalysis(2, svd_method="lapack", max_iter=200).fit(roots)
    np.testing.assert_allclose(
        model.transform(counts).values.reshape(-1, 2), peer.transform(roots), rtol=1e-6, atol=1e-8
    )


@pytest.mark.parametrize("n_latents", [0, 6, 1.5, 2.0, "2", True, None])
def test_factors_are_whole_and_no_more_than_neurons(counts, n_latents):
    with pytest.raises(OptionError, match="n_latents"):
        FactorGLM(n_latents, bin_s=0.02).fit(counts)


def labelled(counts, rate=50.0, names="abcde"):
    clock = ("time", np.arange(counts.shape[1]) / rate, {"sampling_rate": rate})
    return xr.DataArray(counts, {"time": clock, "neuron": list(names)}, ("trial", "time", "neuron"))


@pytest.mark.parametrize("make", [Smoothing, lambda: FactorGLM(1)])
def test_baselines_take_the_neurons_and_bins_of_their_fit(counts, make):
    data = labelled(counts)
    model = make().fit(data)
    with pytest.raises(LabelError, match="neuron"):
        model.predict_rates(data[..., ::-1])
    with pytest.raises(SchemaError, match="4 neurons"):
        model.predict_rates(data[..., :4])
    with pytest.raises(OptionError, match="100 bins per second"):
        model.predict_rates(labelled(counts, 100.0))
    assert model.predict_rates(data).neuron.values.tolist() == list("abcde")


@pytest.mark.parametrize("seconds", [-0.1, np.nan, np.inf, "0.1", None])
def test_kernels_have_a_width(counts, seconds):
    for model in (Smoothing(seconds, bin_s=0.02), FactorGLM(1, seconds=seconds, bin_s=0.02)):
        with pytest.raises(OptionError, match="seconds"):
            model.fit(counts)


def test_first_order_models_are_checked_too(counts):
    for options in ({"n_latents": 1.0}, {"tol": 2.0}, {"max_iter": 0}, {"counts": "log"}):
        (match,) = options
        with pytest.raises(OptionError, match=match):
            FirstOrderLDS(**{"n_latents": 1, "bin_s": 0.02, **options}).fit(counts)
