"""Penalties and priors of a fit, entry by entry, and against numerical derivatives."""

import numpy as np
import pytest

from neurokit.states import GLMHMM
from neurokit.states.parameters import Parameters
from neurokit.states.priors import RidgePrior
from neurokit.states.problem import FixedPrior

SHAPE = (2, 3, 3, 2)


def _problem(n_inputs=1, **options):
    rng = np.random.default_rng(0)
    options = {"history": {"kind": "lags", "n_lags": 2}, "input_ridge": 0.3, **options}
    model = GLMHMM(2, **options)
    counts = rng.poisson(1.0, (25, 3)).astype(float)
    inputs = rng.normal(size=(25, n_inputs)) if n_inputs else None
    _, data, _ = model.prepare(counts, inputs)
    return model.make_problem(data)


def _parameters(problem, seed=0):
    rng = np.random.default_rng(seed)
    n = problem.n_states
    return Parameters(
        rng.normal(size=(n, problem.n_neurons, problem.emission.n_parts, problem.n_columns)),
        np.ones((n, problem.n_neurons)),
        rng.dirichlet(np.ones(n), n),
        np.full(n, 1 / n),
        np.zeros((n, n, 0)),
    )


def test_the_ridge_is_one_precision_around_zero():
    mean, precision = RidgePrior(SHAPE, 2).quadratic()
    np.testing.assert_array_equal(mean, np.zeros(SHAPE))
    np.testing.assert_array_equal(precision, np.full(SHAPE, 2.0))
    assert precision.dtype == np.float64


@pytest.mark.parametrize("ridge", [0.0, 0.5, 4.0])
def test_the_density_of_a_ridge_is_that_of_a_normal_up_to_a_constant(ridge):
    from scipy.stats import norm

    rng = np.random.default_rng(1)
    first, second = rng.normal(size=(2, *SHAPE))
    prior = RidgePrior(SHAPE, ridge)
    found = prior.log_density(first) - prior.log_density(second)
    if ridge:
        law = norm(0.0, ridge**-0.5)
        expected = law.logpdf(first).sum() - law.logpdf(second).sum()
        assert found == pytest.approx(expected)
    else:
        assert found == 0.0


def _fixed(seed=0):
    rng = np.random.default_rng(seed)
    return FixedPrior(rng.normal(size=SHAPE), rng.random(SHAPE) + 0.1)


def test_a_fixed_prior_is_what_was_given():
    prior = _fixed()
    mean, precision = prior.quadratic()
    assert mean is prior.mean
    assert precision is prior.precision


def test_the_density_of_a_fixed_prior_sums_over_weights():
    prior, weights = _fixed(), np.random.default_rng(3).normal(size=SHAPE)
    expected = 0.0
    for index in np.ndindex(SHAPE):
        expected -= 0.5 * prior.precision[index] * (weights[index] - prior.mean[index]) ** 2
    assert prior.log_density(weights) == pytest.approx(expected)
    assert prior.log_density(prior.mean) == 0.0


def test_a_weight_that_is_pinned_adds_nothing_to_the_density():
    prior = _fixed()
    pinned = prior.precision.copy()
    pinned[0, 1, 2, 0] = np.inf
    weights = np.random.default_rng(3).normal(size=SHAPE)
    free = prior.precision.copy()
    free[0, 1, 2, 0] = 0.0
    found = FixedPrior(prior.mean, pinned).log_density(weights)
    assert found == pytest.approx(FixedPrior(prior.mean, free).log_density(weights))
    assert np.isfinite(found)


@pytest.mark.parametrize("prior", [RidgePrior(SHAPE, 1.5), _fixed()], ids=["ridge", "fixed"])
def test_priors_of_one_stage_learn_nothing(prior):
    weights = np.random.default_rng(0).normal(size=SHAPE)
    before = [part.copy() for part in prior.quadratic()]
    prior.update(weights)
    assert prior.advance(weights, np.zeros((2, 3, 6, 6))) is None
    assert prior.results() == {}
    for one, other in zip(before, prior.quadratic(), strict=True):
        np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize("prior", [RidgePrior(SHAPE, 1.5), _fixed()], ids=["ridge", "fixed"])
def test_the_penalty_has_the_slope_of_the_density(prior):
    weights = np.random.default_rng(2).normal(size=SHAPE)
    mean, precision = prior.quadratic()
    step = 1e-6
    for index in [(0, 0, 0, 0), (1, 2, 0, 1), (0, 1, 2, 1)]:
        ends = []
        for sign in (1, -1):
            moved = weights.copy()
            moved[index] += sign * step
            ends.append(prior.log_density(moved))
        slope = (ends[0] - ends[1]) / (2 * step)
        assert slope == pytest.approx(-precision[index] * (weights[index] - mean[index]), abs=1e-7)


def test_sizes_follow_from_the_data():
    problem = _problem(n_inputs=2)
    assert problem.n_neurons == 3
    assert problem.n_basis == 2
    assert problem.n_coupling == 6
    assert problem.n_columns == 6 + 2 + 1
    assert problem.weight_shape == SHAPE


def test_weights_are_the_first_columns_neuron_by_neuron():
    problem = _problem()
    parameters = _parameters(problem)
    found = problem.weights(parameters)
    for state, post, pre, basis in np.ndindex(SHAPE):
        expected = parameters.coefficients[state, post, 0, 2 * pre + basis]
        assert found[state, post, pre, basis] == expected
    found[:] = 0.0
    assert (parameters.coefficients != 0).all()


@pytest.mark.parametrize("bias", ["state", "shared", "none"])
@pytest.mark.parametrize("coupling", [True, False])
@pytest.mark.parametrize("n_inputs", [0, 2])
def test_every_column_has_its_penalty(bias, coupling, n_inputs):
    problem = _problem(n_inputs, bias=bias, coupling=coupling)
    prior = _fixed()
    penalty = problem.penalty(prior)
    for state, post, column in np.ndindex(2, 3, problem.n_columns):
        mean = penalty.mean[state, post, 0, column]
        precision = penalty.precision[state, post, 0, column]
        if column < 6:
            pre, basis = divmod(column, 2)
            if not coupling and pre != post:
                assert (mean, precision) == (0.0, np.inf)
            else:
                assert mean == prior.mean[state, post, pre, basis]
                assert precision == prior.precision[state, post, pre, basis]
        elif column < problem.n_columns - 1:
            assert (mean, precision) == (0.0, 0.3)
        else:
            assert (mean, precision) == (0.0, np.inf if bias == "none" else 0.0)
    assert penalty.shared[:-1].sum() == 0
    assert penalty.shared[-1] == (bias == "shared")


def test_without_history_the_prior_is_not_asked():
    problem = _problem(history=None)
    penalty = problem.penalty(None)
    assert problem.weight_shape == (2, 3, 3, 0)
    np.testing.assert_array_equal(penalty.precision[..., 0], 0.3)
    assert problem.log_prior(_parameters(problem), None) < 0.0


def test_the_prior_of_all_parameters_is_the_sum_of_its_parts():
    problem = _problem(n_inputs=2, stickiness=3.0, transition_prior=0.5)
    parameters, prior = _parameters(problem), RidgePrior(SHAPE, 0.7)
    expected = -0.5 * 0.7 * (problem.weights(parameters) ** 2).sum()
    expected -= 0.5 * 0.3 * (parameters.coefficients[..., 6:8] ** 2).sum()
    pseudo = 0.5 + 3.0 * np.eye(2)
    expected += (pseudo * np.log(parameters.transition)).sum()
    assert problem.log_prior(parameters, prior) == pytest.approx(expected)


def test_the_bias_is_free_of_any_prior():
    problem = _problem()
    parameters, prior = _parameters(problem), RidgePrior(SHAPE, 0.7)
    before = problem.log_prior(parameters, prior)
    parameters.coefficients[..., -1] += 100.0
    assert problem.log_prior(parameters, prior) == before


def test_the_prior_does_not_depend_on_the_order_of_states():
    problem, prior = _problem(stickiness=2.0), RidgePrior(SHAPE, 0.7)
    parameters = _parameters(problem)
    swapped = parameters.reorder(np.array([1, 0]))
    assert problem.log_prior(swapped, prior) == pytest.approx(problem.log_prior(parameters, prior))


def test_categories_have_a_bias_for_each_part():
    model = GLMHMM(2, observation="categorical", history=None, input_ridge=0.2)
    codes = np.array([[0.0], [1.0], [2.0], [3.0]])
    _, data, _ = model.prepare(codes, np.ones((4, 1)))
    problem = model.make_problem(data)
    penalty = problem.penalty(RidgePrior(problem.weight_shape, 1.0))
    assert penalty.precision.shape == (2, 1, 3, 2)
    np.testing.assert_array_equal(penalty.precision[..., 0], 0.2)
    np.testing.assert_array_equal(penalty.precision[..., 1], 0.0)
