"""Learned lags in whole fits: the objective never falls, and delays are found."""

from __future__ import annotations

import warnings

import numpy as np
import pytest
from scipy.optimize import nnls

from neurokit.errors import NeurokitWarning, OptionError
from neurokit.states import GLMHMM, select_states
from neurokit.states.bases import history_basis, learned_start

LEARNED = {"kind": "learned", "n_lags": 6}
MODELS = {
    "poisson-exp": {"observation": "poisson", "link": "exp"},
    "poisson-softplus": {"observation": "poisson", "link": "softplus"},
    "poisson-sigmoid": {"observation": "poisson", "link": "sigmoid"},
    "bernoulli": {"observation": "bernoulli"},
    "gaussian": {"observation": "gaussian"},
    "negative_binomial": {"observation": "negative_binomial"},
}


@pytest.mark.parametrize("name", MODELS)
def test_the_objective_never_falls_while_lags_are_learned(name, known_model):
    options = dict(MODELS[name])
    seed = list(MODELS).index(name)
    known = known_model(options["observation"], history=3, seed=seed, **{
        key: value for key, value in options.items() if key != "observation"
    })  # fmt: skip
    drawn = known.sample(150, 2, random_state=seed).response
    history = {"kind": "learned", "n_lags": 5, "n_basis": 2}
    model = GLMHMM(
        2, history=history, init="random", n_restarts=1, max_iter=30, tol=0.0,
        random_state=seed, **options,
    )  # fmt: skip
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", NeurokitWarning)
        model.fit(drawn)
    assert np.diff(model.objective_trace_).min() >= -1e-6
    # More than the run with kernels held, which is its beginning.
    assert model.objective_trace_[-1] > model.objective_trace_[29]


def _positive_series(n_bins=3000, seed=0):
    """An autoregression with late, positive lags: y_t = 0.15 y_{t-3} + 0.55 y_{t-5} + noise."""
    rng = np.random.default_rng(seed)
    y = np.zeros(n_bins)
    for t in range(5, n_bins):
        y[t] = 0.15 * y[t - 3] + 0.55 * y[t - 5] + rng.standard_normal()
    return y


def test_one_state_is_the_least_squares_with_coefficients_not_negative():
    y = _positive_series()
    model = GLMHMM(
        1, observation="gaussian", history=LEARNED, ridge=0.0, tol=1e-12, max_iter=3000
    ).fit(y[:, None])
    lags = np.stack([np.concatenate([np.zeros(k), y[:-k]]) for k in range(1, 7)], axis=1)
    centred = lags - lags.mean(axis=0)
    expected, _ = nnls(centred, y - y.mean())
    found = model.weights_.values[0, 0, 0] * model.filter_basis_.values[0]
    np.testing.assert_allclose(found, expected, atol=2e-3)
    assert model.filter_basis_.dims == ("basis", "lag")
    np.testing.assert_array_equal(model.filter_basis_.lag, np.arange(1, 7))


def _delayed(seed=0, n_bins=400, n_trials=6):
    """Two neurons, two states, couplings that act four and five bins later; and the truth."""
    kernel = np.array([[0.0, 0.02, 0.08, 0.45, 0.4, 0.05]])
    truth = GLMHMM.from_parameters(
        transition=[[0.97, 0.03], [0.03, 0.97]], bias=[[-0.5, -0.5], [0.3, 0.3]],
        weights=[[[0.0, 1.8], [-1.5, 0.0]], [[-1.0, 0.0], [0.9, 0.5]]],
        history=kernel, link="softplus",
    )  # fmt: skip
    return truth, kernel, truth.sample(n_bins, n_trials, random_state=seed).response


def test_delays_are_found_and_predict_better_than_the_papers_filter():
    truth, kernel, train = _delayed()
    _, _, test = _delayed(seed=1)
    options = {"n_restarts": 2, "tol": 1e-6, "random_state": 0}
    learned = GLMHMM(2, history=LEARNED, **options).fit(train)
    fixed = GLMHMM(2, history=6, **options).fit(train)
    # Found: r .998, .002 below the truth, .18 above the paper's filter.
    assert np.corrcoef(learned.filter_basis_.values[0], kernel[0])[0, 1] > 0.98
    assert truth.score(test) - learned.score(test) < 0.01
    assert learned.score(test) > fixed.score(test) + 0.1


@pytest.mark.parametrize("prior", ["gaussian", "onehot"])
def test_priors_of_couplings_go_with_learned_lags(prior):
    _, kernel, train = _delayed()
    model = GLMHMM(2, history=LEARNED, prior=prior, n_restarts=2, random_state=0).fit(train)
    trace = model.objective_trace_
    assert set(trace.stage.values.tolist()) == {0, 1, 2}
    for stage in (0, 1, 2):
        assert np.diff(trace.values[trace.stage.values == stage]).min(initial=0.0) > -1e-6
    assert np.corrcoef(model.filter_basis_.values[0], kernel[0])[0, 1] > 0.98
    np.testing.assert_allclose(model.filter_basis_.sum("lag"), 1.0)


@pytest.fixture(scope="module")
def fitted():
    _, _, train = _delayed(n_bins=120, n_trials=4)
    history = {"kind": "learned", "n_lags": 6, "n_basis": 2}
    model = GLMHMM(2, history=history, n_restarts=2, tol=1e-5, random_state=0).fit(train)
    return model, train


def test_answers_are_those_of_a_model_with_the_kernels_found(fitted):
    model, train = fitted
    made = GLMHMM.from_parameters(
        transition=model.transition_, bias=model.bias_, weights=model.basis_weights_,
        initial=model.initial_, history=model.filter_basis_.values,
    )  # fmt: skip
    assert made.log_likelihood(train) == pytest.approx(model.log_likelihood_, rel=1e-12)
    assert model.log_likelihood(train) == pytest.approx(model.log_likelihood_, rel=1e-12)
    np.testing.assert_allclose(made.predict(train), model.predict(train), rtol=1e-10)
    start = history_basis(model.history)
    assert np.abs(model.filter_basis_.values - start).max() > 0.01


def test_kernels_are_saved_and_loaded(fitted, tmp_path):
    model, train = fitted
    model.save(tmp_path / "fit.nc")
    back = GLMHMM.load(tmp_path / "fit.nc")
    assert back.history == {"kind": "learned", "n_lags": 6, "n_basis": 2}
    np.testing.assert_array_equal(back.filter_basis_, model.filter_basis_)
    assert back.score(train) == model.score(train)


def test_one_seed_gives_one_fit_for_any_number_of_workers(fitted):
    model, train = fitted
    again = GLMHMM(**{**model.get_params(), "n_jobs": 2}).fit(train)
    for name in ("filter_basis_", "basis_weights_", "transition_"):
        assert getattr(again, name).values.tobytes() == getattr(model, name).values.tobytes()


def test_errors_and_bootstrap_hold_the_kernels(fitted):
    model, train = fitted
    errors = model.standard_errors(train, method="complete")
    made = GLMHMM.from_parameters(
        transition=model.transition_, bias=model.bias_, weights=model.basis_weights_,
        initial=model.initial_, history=model.filter_basis_.values,
    )  # fmt: skip
    np.testing.assert_allclose(
        errors.weights, made.standard_errors(train, method="complete").weights, rtol=1e-8
    )
    draws = model.bootstrap(train, n_resamples=3, random_state=0)
    assert draws.weights.sizes["resample"] == 3
    assert "filter_basis" not in draws


def test_a_start_of_ones_own_learns_lags_too():
    _, kernel, train = _delayed()
    start = {"bias": [[-0.5, -0.5], [0.3, 0.3]], "transition": [[0.97, 0.03], [0.03, 0.97]]}
    model = GLMHMM(2, history=LEARNED, init=start, max_iter=400).fit(train)
    assert np.diff(model.objective_trace_).min() >= -1e-6
    assert np.corrcoef(model.filter_basis_.values[0], kernel[0])[0, 1] > 0.98


def test_held_out_trials_are_judged_by_the_kernels_learned_without_them():
    y = _positive_series(800).reshape(8, 100, 1)
    options = {"observation": "gaussian", "n_states": [1], "n_folds": 4, "random_state": 0}
    learned = select_states(y, history=LEARNED, **options)
    held = select_states(y, history=learned_start(6), **options)
    late = select_states(y, history=np.array([[0, 0, 0.2, 0, 0.8, 0.0]]), **options)
    assert learned.log_likelihood.mean() > held.log_likelihood.mean() + 0.1
    assert abs(float(learned.log_likelihood.mean() - late.log_likelihood.mean())) < 0.01
    # Five of six entries of a kernel are free.
    assert int(learned.n_parameters[0]) == int(held.n_parameters[0]) + 5


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"history": {"kind": "learned"}}, "n_lags is None"),
        ({"history": {"kind": "learned", "n_lags": 5, "decay": 1.0}}, "decay"),
        ({"history": {"kind": "learned", "n_lags": 5, "n_basis": 1.5}}, "n_basis"),
        ({"history": {"kind": "learned", "n_lags": 2, "n_basis": 9}}, "smaller n_basis"),
        ({"history": {"kind": "learnt", "n_lags": 5}}, "learned"),
        ({"history": LEARNED, "prior": "gumbel"}, "history: is learned"),
        ({"history": LEARNED, "observation": "categorical"}, "history"),
    ],
)
def test_what_cannot_be_learned_is_named(options, said):
    with pytest.raises(OptionError, match=said):
        GLMHMM(2, **options).fit(np.ones((30, 1)))


def test_known_models_have_known_lags():
    with pytest.raises(OptionError, match="history: is to be learned"):
        GLMHMM.from_parameters(
            transition=np.eye(2), bias=[[0.0], [1.0]], weights=np.zeros((2, 1, 1)), history=LEARNED
        )
