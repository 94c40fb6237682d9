"""The estimator as users meet it: trials, missing data, saving, scikit-learn, hostile data."""

import json
import os
import signal
import threading
import warnings

import numpy as np
import pytest
import xarray as xr
from scipy.special import expit
from sklearn.base import clone
from sklearn.model_selection import GridSearchCV

import neurokit.states.model as model_module
from neurokit.errors import (
    ConvergenceWarning,
    LabelError,
    NeurokitWarning,
    NotFittedError,
    OptionError,
    SchemaError,
)
from neurokit.states import GLMHMM, match_states
from neurokit.states.restarts import Search, search


@pytest.fixture(scope="module")
def fitted(two_states):
    counts, _ = two_states
    return GLMHMM(2, history=2, random_state=0).fit(counts)


def test_the_states_that_took_turns_are_found(fitted, two_states):
    counts, states = two_states
    found = fitted.decode(counts)
    order = match_states(states, found.values)
    assert (order[states] == found.values).mean() > 0.97
    probability = fitted.predict_proba(counts)
    assert probability.dims == ("trial", "time", "state")
    np.testing.assert_allclose(probability.sum("state"), 1.0)


def test_every_fitted_attribute_has_its_labels(fitted):
    assert fitted.weights_.dims == ("state", "post", "pre")
    assert fitted.basis_weights_.dims == ("state", "post", "pre", "basis")
    assert fitted.bias_.dims == ("state", "neuron")
    assert fitted.transition_.dims == ("state", "state_next")
    assert fitted.adjacency_.dims == ("state", "post", "pre")
    assert set(np.unique(fitted.adjacency_)) <= {-1, 0, 1}
    assert fitted.objective_trace_.coords["stage"].dims == ("iteration",)
    assert fitted.n_iter_ == fitted.objective_trace_.size
    assert (np.diff(fitted.occupancy_) <= 0).all()
    assert fitted.converged_
    assert "fitted" in repr(fitted)
    assert json.loads(fitted.history_)[-1]["function"] == "neurokit.states.GLMHMM.fit"


def test_a_list_of_trials_is_the_array_of_trials(fitted, two_states):
    counts, _ = two_states
    listed = GLMHMM(2, history=2, random_state=0).fit(list(counts))
    np.testing.assert_allclose(listed.weights_, fitted.weights_, atol=1e-10)
    assert listed.score(list(counts)) == pytest.approx(fitted.score(counts), abs=1e-10)
    runs = xr.DataArray(
        counts.reshape(-1, 2),
        dims=("time", "neuron"),
        coords={"run": ("time", np.repeat(np.arange(6), 150))},
    )
    assert fitted.log_likelihood(runs) == pytest.approx(fitted.log_likelihood(counts), abs=1e-10)
    # A fit of the concatenation is that of the list, too.
    joined = GLMHMM(2, history=2, random_state=0).fit(runs)
    for name in ("weights_", "bias_", "transition_", "initial_"):
        np.testing.assert_allclose(getattr(joined, name), getattr(listed, name), atol=1e-10)


def test_the_order_of_trials_does_not_matter(two_states):
    counts, _ = two_states
    given = {"bias": [[-1.0, 1.0], [1.0, -1.0]], "transition": [[0.9, 0.1], [0.1, 0.9]]}
    first = GLMHMM(2, history=2, init=given).fit(counts)
    again = GLMHMM(2, history=2, init=given).fit(counts[[3, 0, 5, 1, 4, 2]])
    np.testing.assert_allclose(again.weights_, first.weights_, atol=1e-10)
    np.testing.assert_allclose(again.transition_, first.transition_, atol=1e-10)


def test_likelihood_of_trials_is_that_of_each(fitted, two_states):
    counts, _ = two_states
    each = fitted.log_likelihood(counts, per_trial=True)
    apart = [fitted.log_likelihood(trial) for trial in counts]
    np.testing.assert_allclose(each, apart, atol=1e-10)
    assert fitted.log_likelihood(counts) == pytest.approx(sum(apart))
    assert fitted.score(counts) == pytest.approx(sum(apart) / 900)


def test_history_never_crosses_a_trial_boundary(fitted, two_states):
    counts, _ = two_states
    other = counts.copy()
    other[0, -3:] = 9.0
    before = fitted.log_likelihood(counts, per_trial=True)
    after = fitted.log_likelihood(other, per_trial=True)
    np.testing.assert_array_equal(before[1:], after[1:])
    assert before[0] != after[0]


def test_an_all_missing_trial_gives_the_propagated_prior(fitted):
    missing = np.full((1, 4, 2), np.nan)
    found = fitted.predict_proba(missing).values[0]
    expected = [
        fitted.initial_.values @ np.linalg.matrix_power(fitted.transition_.values, t)
        for t in range(4)
    ]
    np.testing.assert_allclose(found, expected, atol=1e-12)
    assert fitted.log_likelihood(missing) == pytest.approx(0.0, abs=1e-12)
    assert np.isnan(fitted.score(missing))


def test_missing_bins_without_history_are_summed_out(enumerate_paths):
    rng = np.random.default_rng(0)
    model = GLMHMM.from_parameters(
        transition=[[0.8, 0.2], [0.3, 0.7]], bias=[[0.0, 1.0], [1.0, -1.0]],
        initial=[0.6, 0.4], observation="bernoulli", history=None,
    )  # fmt: skip
    responses = rng.integers(2, size=(9, 2)).astype(float)
    responses[rng.random(responses.shape) < 0.3] = np.nan
    responses[4] = np.nan
    chance = expit(model.bias_.values)
    emission = np.zeros((9, 2))
    for k in range(2):
        value = np.where(responses == 1, np.log(chance[k]), np.log(1 - chance[k]))
        emission[:, k] = np.where(np.isnan(responses), 0.0, value).sum(axis=1)
    _, _, expected, *_ = enumerate_paths(emission, model.transition_.values, [0.6, 0.4])
    assert model.log_likelihood(responses) == pytest.approx(expected, abs=1e-12)
    # And over both values of one missing response, which is what summing out means.
    filled = [responses.copy(), responses.copy()]
    place = tuple(np.argwhere(np.isnan(responses))[0])
    for value, array in enumerate(filled):
        array[place] = value
    both = np.logaddexp(*[model.log_likelihood(array) for array in filled])
    assert both == pytest.approx(expected, abs=1e-12)


def test_a_fifth_of_the_bins_may_be_missing(two_states):
    counts, states = two_states
    gappy = counts.copy()
    gappy[np.random.default_rng(0).random(counts.shape[:2]) < 0.2] = np.nan
    model = GLMHMM(2, history=2, random_state=0).fit(gappy)
    assert np.isfinite(model.log_likelihood_)
    assert np.diff(model.objective_trace_).min() > -1e-6
    found = model.decode(gappy).values
    assert (match_states(states, found)[states] == found).mean() > 0.95
    # The convention: a missing response counts in later histories as the neuron's mean.
    np.testing.assert_allclose(model.fill_, np.nanmean(gappy, axis=(0, 1)))
    mended = np.where(np.isnan(gappy[:1]), model.fill_.values, gappy[:1])
    history = model.prepare(gappy[:1])[1].columns
    np.testing.assert_allclose(
        model.fill_.values, GLMHMM(2, history=2, random_state=0).fit(gappy).fill_
    )
    assert mended.shape == (1, 150, 2)
    assert np.isfinite(history).all()


@pytest.mark.parametrize("observation", ["poisson", "gaussian", "bernoulli", "categorical"])
def test_one_seed_gives_the_same_bytes_for_any_number_of_workers(observation, known_model):
    known = known_model(observation, seed=7)
    drawn = known.sample(120, 3, random_state=0).response
    options = {"observation": observation, "history": known.history, "n_restarts": 3}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", NeurokitWarning)
        models = [
            GLMHMM(2, max_iter=12, random_state=3, n_jobs=n, **options).fit(drawn) for n in (1, 2)
        ]
    trees = [model.to_tree() for model in models]
    for name in trees[0].children:
        first, second = (tree[name].to_dataset() for tree in trees)
        for variable in first.data_vars:
            assert first[variable].values.tobytes() == second[variable].values.tobytes(), name


@pytest.mark.parametrize("suffix", [".nc", ".zarr"])
def test_saving_and_loading_keeps_everything(fitted, two_states, tmp_path, suffix):
    counts, _ = two_states
    fitted.save(tmp_path / f"fit{suffix}")
    loaded = GLMHMM.load(tmp_path / f"fit{suffix}")
    assert loaded.get_params() == fitted.get_params()
    assert loaded.score(counts) == fitted.score(counts)
    np.testing.assert_array_equal(loaded.decode(counts), fitted.decode(counts))
    xr.testing.assert_identical(loaded.weights_, fitted.weights_.rename(loaded.weights_.name))
    drawn = [model.sample(20, random_state=1).response for model in (loaded, fitted)]
    np.testing.assert_array_equal(*drawn)


def test_a_start_given_as_arrays_survives_saving(two_states, tmp_path):
    counts, _ = two_states
    start = {"bias": np.array([[-1.0, 1.0], [1.0, -1.0]]), "initial": xr.DataArray([0.5, 0.5])}
    model = GLMHMM(2, history=None, init=start).fit(counts)
    model.save(tmp_path / "fit.nc")
    loaded = GLMHMM.load(tmp_path / "fit.nc")
    assert loaded.init == {"bias": [[-1.0, 1.0], [1.0, -1.0]], "initial": [0.5, 0.5]}
    again = clone(loaded).fit(counts)
    assert again.log_likelihood_ == pytest.approx(model.log_likelihood_)


def test_scikit_learn_clones_and_searches(two_states):
    counts, _ = two_states
    model = GLMHMM(2, history=None, n_restarts=2, random_state=0)
    copy = clone(model)
    assert copy.get_params() == model.get_params()
    found = GridSearchCV(model, {"n_states": [1, 2]}, cv=3).fit(counts)
    assert found.best_params_ == {"n_states": 2}
    # scikit-learn's second argument is the inputs.
    inputs = np.random.default_rng(0).normal(size=(6, 150, 1))
    search = GridSearchCV(model, {"input_ridge": [0.1, 1.0]}, cv=2).fit(counts, inputs)
    assert search.best_estimator_.input_weights_.shape == (2, 2, 1)


def test_a_model_of_known_parameters_answers_like_a_fit(fitted, two_states):
    counts, _ = two_states
    made = GLMHMM.from_parameters(
        transition=fitted.transition_, bias=fitted.bias_, weights=fitted.weights_,
        initial=fitted.initial_, history=2,
    )  # fmt: skip
    assert made.score(counts) == pytest.approx(fitted.score(counts))
    assert made.reorder([1, 0]).score(counts) == pytest.approx(fitted.score(counts))
    np.testing.assert_allclose(made.bias_, fitted.bias_[::-1])


def test_zero_inputs_to_transitions_are_the_static_model(two_states):
    counts, _ = two_states
    options = {"history": None, "tol": 1e-13, "max_iter": 2000, "random_state": 0}
    static = GLMHMM(2, **options).fit(counts)
    driven = GLMHMM(2, transitions="input", **options)
    driven.fit(counts, transition_inputs=np.zeros((6, 150, 1)))
    np.testing.assert_allclose(driven.transition_, static.transition_, atol=1e-6)
    assert driven.log_likelihood_ == pytest.approx(static.log_likelihood_, abs=1e-6)
    np.testing.assert_allclose(driven.bias_, static.bias_, atol=1e-6)


def test_predictions_are_one_step_ahead(fitted, two_states):
    counts, _ = two_states
    ahead = fitted.predict(counts)
    assert ahead.dims == ("trial", "time", "neuron")
    changed = counts.copy()
    changed[:, 100:] = 0.0
    np.testing.assert_allclose(fitted.predict(changed)[:, :101], ahead[:, :101])
    error = np.square(counts - ahead.values).mean()
    assert error < np.square(counts - counts.mean(axis=(0, 1))).mean()
    filtered = fitted.filter(counts)
    np.testing.assert_allclose(filtered[:, -1], fitted.predict_proba(counts)[:, -1], atol=1e-12)


def test_exposure_scales_the_rate():
    rng = np.random.default_rng(0)
    counts = rng.poisson(0.5, (400, 1)).astype(float)
    model = GLMHMM(1, history=None, link="exp").fit(counts, exposure=0.02)
    assert np.exp(model.bias_.values[0, 0]) == pytest.approx(counts.mean() / 0.02, rel=1e-4)
    widths = np.where(np.arange(400) < 200, 0.01, 0.03)
    doubled = GLMHMM(1, history=None, link="exp").fit(counts, exposure=widths)
    assert np.exp(doubled.bias_.values[0, 0]) == pytest.approx(counts.mean() / 0.02, rel=1e-4)
    plain = GLMHMM(1, history=None, link="exp").fit(counts)
    assert plain.log_likelihood_ == pytest.approx(model.log_likelihood_, abs=1e-4)


def test_calcium_traces_with_autoregression_find_the_switch():
    rng = np.random.default_rng(2)
    states, trace = np.repeat([0, 1, 0, 1], 200), np.zeros((800, 2))
    matrix = np.array([[[0.9, 0.0], [0.0, 0.9]], [[0.2, -0.7], [0.7, 0.2]]])
    for t in range(1, 800):
        trace[t] = matrix[states[t]] @ trace[t - 1] + 0.3 * rng.standard_normal(2)
    model = GLMHMM(
        2, observation="gaussian", history={"kind": "lags", "n_lags": 1}, ridge=0.1, random_state=0
    ).fit(trace)
    found = model.decode(trace).values
    order = match_states(states, found)
    assert (order[states] == found).mean() > 0.95
    # Standard errors are about .04 with 400 bins a state; three of them.
    np.testing.assert_allclose(model.weights_.values[order], matrix, atol=0.13)
    np.testing.assert_allclose(model.scale_, 0.09, rtol=0.25)


def test_silent_constant_and_duplicate_neurons_stay_finite(two_states):
    counts, _ = two_states
    silent = np.zeros((6, 150, 1))
    joined = np.concatenate([counts, counts[..., :1], silent, silent + 2.0], axis=2)
    for observation in ("poisson", "negative_binomial"):
        model = GLMHMM(
            2,
            observation=observation,
            history=2,
            ridge=0.0,
            random_state=0,
            n_restarts=2,
            max_iter=40,
        )
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", NeurokitWarning)
            model.fit(joined)
        for name in ("weights_", "bias_", "transition_"):
            assert np.isfinite(getattr(model, name)).all(), (observation, name)
        assert np.isfinite(model.score(joined))
    steady = GLMHMM(2, observation="gaussian", history=1, random_state=0, n_restarts=2, max_iter=40)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", NeurokitWarning)
        steady.fit(joined)
    assert np.isfinite(steady.scale_).all()
    assert (steady.scale_ > 0).all()


def test_fewer_bins_than_states_are_no_error():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", NeurokitWarning)
        model = GLMHMM(4, history=1, random_state=0).fit(np.array([[1.0], [0.0], [3.0]]))
    assert np.isfinite(model.transition_).all()
    assert np.isfinite(model.weights_).all()


def test_empty_states_warn_and_say_what_to_do():
    counts = np.random.default_rng(0).poisson(1.0, (60, 1)).astype(float)
    start = {"bias": [[0.0], [0.0], [-300.0]], "transition": np.eye(3), "initial": [0.5, 0.5, 0.0]}
    with pytest.warns(NeurokitWarning, match="select_states"):
        GLMHMM(3, history=None, init=start, link="exp").fit(counts)


def test_too_few_iterations_warn():
    counts = np.random.default_rng(0).poisson(1.0, (60, 1)).astype(float)
    with pytest.warns(ConvergenceWarning, match="max_iter"):
        GLMHMM(2, history=1, max_iter=3, random_state=0).fit(counts)


def test_ctrl_c_keeps_the_best_so_far(two_states, tmp_path, monkeypatch):
    counts, _ = two_states
    # Gains of nothing are enough to go on, so that only the interruption ends it.
    model = GLMHMM(3, history=3, tol=0.0, max_iter=1_000_000, random_state=0)
    press = threading.Timer(1.0, os.kill, (os.getpid(), signal.SIGINT))

    def begun(*args, **options):
        # The clock runs from here: on a busy machine data may take longer than it to prepare.
        press.start()
        return search(*args, **options)

    monkeypatch.setattr(model_module, "search", begun)
    with pytest.raises(KeyboardInterrupt):
        model.fit(counts)
    press.join()
    assert model.converged_ is False
    assert np.isfinite(model.score(counts))
    with pytest.warns(NeurokitWarning, match="did not converge"):
        model.save(tmp_path / "fit.nc")


@pytest.mark.parametrize(
    ("options", "argument"),
    [
        ({"n_states": 0}, "n_states"),
        ({"n_states": 2.0}, "n_states"),
        ({"observation": "poison"}, "poisson"),
        ({"link": "softmax"}, "link"),
        ({"observation": "gaussian", "link": "exp"}, "link"),
        ({"prior": "one-hot"}, "onehot"),
        ({"prior": "gaussian", "history": None}, "prior"),
        ({"ridge": -1.0}, "ridge"),
        ({"ridge": np.nan}, "ridge"),
        ({"bias": "shard"}, "shared"),
        ({"transitions": "inputs"}, "transitions"),
        ({"init": "segment"}, "segments"),
        ({"init": {"wieghts": 0}}, "weights"),
        ({"init": {"transition": np.ones((2, 2))}}, "transition"),
        ({"init": {"bias": np.zeros(7)}}, "bias"),
        ({"history": -1}, "history"),
        ({"observation": "categorical"}, "history"),
        ({"n_restarts": 0}, "n_restarts"),
        ({"n_jobs": 0}, "n_jobs"),
        ({"transitions": "input"}, "transition_inputs"),
    ],
)
def test_wrong_parameters_are_named(options, argument):
    counts = np.ones((20, 1))
    with pytest.raises(OptionError, match=argument):
        GLMHMM(**{"n_states": 2, **options}).fit(counts)


def test_wrong_data_are_named(fitted, two_states):
    counts, _ = two_states
    with pytest.raises(SchemaError, match="X: holds 1.5"):
        GLMHMM(2).fit(np.ones((9, 1)) + 0.5)
    with pytest.raises(LabelError, match="other neurons than the fit"):
        fitted.score(counts[..., :1])
    with pytest.raises(SchemaError, match="inputs"):
        fitted.score(counts, np.zeros((6, 150, 1)))
    with pytest.raises(OptionError, match="transition_inputs"):
        fitted.score(counts, transition_inputs=np.zeros((6, 150, 1)))
    with pytest.raises(OptionError, match="exposure"):
        fitted.score(counts, exposure=0.0)
    with pytest.raises(OptionError, match="order"):
        fitted.reorder([0, 0])
    with pytest.raises(NotFittedError):
        GLMHMM(2).predict_proba(counts)


def test_search_results_tell_all_starts(fitted):
    assert fitted.restart_objectives_.sizes == {"restart": 5}
    best = float(fitted.restart_objectives_.max()) * fitted.n_observed_bins_
    assert best == pytest.approx(float(fitted.objective_trace_[-1]))
    assert Search.__doc__


def test_many_bins_are_screened_on_some_trials(two_states, monkeypatch):
    import neurokit.states.restarts as restarts

    counts, states = two_states
    monkeypatch.setattr(restarts, "_SMALL", 10)
    monkeypatch.setattr(restarts, "_SCREEN_BINS", 300)
    model = GLMHMM(2, history=2, random_state=0).fit(counts)
    found = model.decode(counts).values
    assert (match_states(states, found)[states] == found).mean() > 0.97
