"""Expectation-maximisation: it never goes down, and ends where the gradient is zero."""

import warnings

import numpy as np
import pytest

from neurokit.errors import NeurokitWarning
from neurokit.states import GLMHMM
from neurokit.states.em import coupling_information, posterior_of, run_em
from neurokit.states.free_parameters import FreeParameters, score_vector
from neurokit.states.likelihoods import weighted_curvature
from neurokit.states.options import prior_maker
from neurokit.states.storing import stored_parameters

# Observation, link, history, further options: every observation and link, with inputs and without.
CASES = {
    "poisson-exp": ("poisson", {"link": "exp"}),
    "poisson-softplus": ("poisson", {"link": "softplus"}),
    "poisson-sigmoid": ("poisson", {"link": "sigmoid"}),
    "bernoulli": ("bernoulli", {}),
    "categorical": ("categorical", {}),
    "gaussian": ("gaussian", {}),
    "negative_binomial": ("negative_binomial", {}),
}
VARIANTS = {
    "plain": {},
    "shared bias": {"bias": "shared"},
    "no coupling": {"coupling": False},
    "sticky": {"stickiness": 5.0, "transition_prior": 1.0},
    "driven": {"transitions": "input"},
}


def _fit(known_model, name, seed, n_bins=300, max_iter=100, **options):
    observation, given = CASES[name]
    known = known_model(observation, seed=seed, **given)
    rng = np.random.default_rng(seed)
    drawn = known.sample(n_bins, 2, random_state=rng).response
    inputs = rng.normal(size=(2, n_bins, 1))
    # A random start far from anything, so that the way up is long.
    model = GLMHMM(
        3, observation=observation, history=known.history, init="random", n_restarts=1,
        max_iter=max_iter, tol=0.0, random_state=seed, **given, **options,
    )  # fmt: skip
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", NeurokitWarning)
        model.fit(drawn, inputs)
    return model, drawn, inputs


@pytest.mark.parametrize("variant", VARIANTS)
@pytest.mark.parametrize("name", CASES)
def test_the_objective_never_falls(name, variant, known_model):
    seed = list(CASES).index(name)
    model, *_ = _fit(known_model, name, seed, n_bins=120, max_iter=30, **VARIANTS[variant])
    assert np.diff(model.objective_trace_).min() >= -1e-6
    assert model.objective_trace_[-1] > model.objective_trace_[0]


@pytest.mark.slow
@pytest.mark.parametrize("variant", VARIANTS)
@pytest.mark.parametrize("name", CASES)
def test_the_objective_never_falls_in_100_iterations(name, variant, known_model):
    # One of the ten problems of the full form, which is the nightly one below.
    model, *_ = _fit(known_model, name, 100, n_bins=150, **VARIANTS[variant])
    # Where two gains in a row are lost in rounding, it ends earlier.
    assert len(model.objective_trace_) == 100 or model.converged_
    assert np.diff(model.objective_trace_).min() >= -1e-6


@pytest.mark.nightly
@pytest.mark.parametrize("variant", VARIANTS)
@pytest.mark.parametrize("name", CASES)
def test_the_objective_never_falls_on_ten_problems(name, variant, known_model):
    for seed in range(10):
        model, *_ = _fit(known_model, name, seed, **VARIANTS[variant])
        assert len(model.objective_trace_) == 100 or model.converged_
        assert np.diff(model.objective_trace_).min() >= -1e-6


@pytest.mark.parametrize("variant", ["plain", "shared bias", "driven"])
@pytest.mark.parametrize("name", CASES)
def test_the_gradient_by_fishers_identity_is_that_of_the_likelihood(name, variant, known_model):
    model, drawn, inputs = _fit(known_model, name, 1, n_bins=60, max_iter=3, **VARIANTS[variant])
    given, data, _ = model.prepare(drawn, inputs)
    problem = model.make_problem(data)
    prior = prior_maker(model, problem, given)()
    parameters, emission, _ = stored_parameters(model)
    penalty = problem.penalty(prior)
    free = FreeParameters(parameters, penalty, emission.has_scale)
    centre = free.vector()

    def objective(vector):
        at = free.at(vector)
        likelihood = posterior_of(data, problem, at).log_likelihood.sum()
        return likelihood + problem.log_prior(at, prior)

    np.testing.assert_allclose(free.at(centre).coefficients, parameters.coefficients)
    np.testing.assert_allclose(free.at(centre).transition, parameters.transition, atol=1e-7)
    found = score_vector(data, problem, free, parameters, penalty)
    rng = np.random.default_rng(0)
    for i in rng.choice(len(centre), 12, replace=False):
        step = np.zeros_like(centre)
        step[i] = 1e-5
        quotient = (objective(centre + step) - objective(centre - step)) / 2e-5
        np.testing.assert_allclose(found[i], quotient, rtol=1e-4, atol=2e-3)


@pytest.mark.parametrize("name", ["poisson-softplus", "gaussian"])
def test_a_converged_fit_has_no_gradient(name, known_model):
    observation, given_options = CASES[name]
    known = known_model(observation, seed=3, **given_options)
    drawn = known.sample(400, 3, random_state=3).response
    model = GLMHMM(
        2, observation=observation, history=3, tol=1e-12, max_iter=2000, random_state=0,
        **given_options,
    ).fit(drawn)  # fmt: skip
    given, data, _ = model.prepare(drawn)
    problem = model.make_problem(data)
    prior = prior_maker(model, problem, given)()
    parameters, emission, _ = stored_parameters(model)
    penalty = problem.penalty(prior)
    free = FreeParameters(parameters, penalty, emission.has_scale)
    score = score_vector(data, problem, free, parameters, penalty)
    # In units of standard errors, about 1 / sqrt(bins of a state): far below one.
    assert np.abs(score).max() < 0.2


def test_coupling_information_profiles_the_bias_out(known_model):
    known = known_model(seed=2)
    drawn = known.sample(300, 1, random_state=0).response
    given, data, _ = known.prepare(drawn)
    problem = known.make_problem(data)
    parameters, emission, _ = stored_parameters(known)
    probability = posterior_of(data, problem, parameters).probability
    found = coupling_information(data, problem, parameters, probability)
    whole = weighted_curvature(
        data, emission, parameters.coefficients[1], parameters.scale[1], probability[:, 1], None
    ).information
    # The inverse of what is left is the block of the whole inverse.
    np.testing.assert_allclose(np.linalg.inv(found[1]), np.linalg.inv(whole)[:, :3, :3], rtol=1e-5)
    del given


def test_a_prior_of_stages_goes_through_all_of_them(known_model):
    class Staged:
        """Ridge first, then ridge around the weights found."""

        def __init__(self, shape):
            self.mean, self.stage, self.asked = np.zeros(shape), 0, []

        def quadratic(self):
            return self.mean, np.full(self.mean.shape, 10.0)

        def log_density(self, weights):
            return float(-5.0 * np.square(weights - self.mean).sum())

        def update(self, weights):
            self.asked.append(self.stage)

        def advance(self, weights, information):
            assert information.shape == (2, 3, 3, 3)
            self.stage += 1
            if self.stage > 2:
                return None
            self.mean = 0.5 * weights
            return weights

        def results(self):
            return {"adjacency": np.zeros((2, 3, 3))}

    known = known_model(seed=4)
    drawn = known.sample(200, 2, random_state=0).response
    given, data, _ = known.prepare(drawn)
    problem = known.make_problem(data)
    prior = Staged(problem.weight_shape)
    run = run_em(data, problem, stored_parameters(known)[0], prior, max_iter=50, tol=1e-6)
    assert sorted(set(run.stage)) == [0, 1, 2]
    for stage in range(3):
        part = np.array(run.objective)[np.array(run.stage) == stage]
        assert np.diff(part).min() >= -1e-8
    assert set(prior.asked) == {0, 1, 2}
    model = GLMHMM(2, link="softplus", history=3, prior=Staged((2, 3, 3, 1)), random_state=0)
    model.fit(drawn)
    assert set(model.objective_trace_.stage.values) == {0, 1, 2}
    assert (model.adjacency_ == 0).all()
    del given
