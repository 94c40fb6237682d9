"""Newton steps: exact where the problem is quadratic, safe where it is not."""

from dataclasses import replace

import numpy as np
import pytest

from neurokit.states.assembly import make_emission
from neurokit.states.likelihoods import weighted_curvature, weighted_value
from neurokit.states.m_step import (
    Penalty,
    active_rows,
    newton_direction,
    newton_step,
    penalised_system,
)
from neurokit.states.observations import observations
from neurokit.states.parameters import Parameters


def _problem(name="poisson", link=None, n_bins=200, n_states=2, missing=False, seed=0):
    rng = np.random.default_rng(seed)
    emission = make_emission(name, link, 3)
    columns = np.concatenate([rng.normal(size=(n_bins, 3)), np.ones((n_bins, 1))], axis=1)
    values = rng.poisson(1.0, (n_bins, 2)).astype(float)
    if name == "bernoulli":
        values = np.minimum(values, 1.0)
    if name == "categorical":
        values = np.minimum(values, 2.0)
    if missing:
        values[rng.random(values.shape) < 0.2] = np.nan
    offsets, still = np.array([0, n_bins]), np.zeros((n_bins, 0))
    data = observations(values, emission, columns, np.ones((n_bins, 1)), offsets, still)
    shape = (n_states, 2, emission.n_parts, 4)
    parameters = Parameters(
        0.3 * rng.normal(size=shape),
        np.ones((n_states, 2)),
        np.eye(n_states),
        np.ones(n_states) / n_states,
        np.zeros((n_states, n_states, 0)),
    )
    probability = rng.dirichlet(np.ones(n_states), n_bins)
    penalty = Penalty(np.zeros(shape), np.full(shape, 0.5), np.zeros(4, dtype=bool))
    return data, emission, parameters, probability, penalty


def _objective(data, emission, parameters, probability, penalty):
    """By one big sum, without blocks, rows or fast paths."""
    total = -penalty.value(parameters.coefficients).sum()
    for k, coefficients in enumerate(parameters.coefficients):
        predictor = np.einsum("tc,nmc->tnm", data.columns, coefficients)
        value = emission.log_likelihood(
            data.response, predictor, data.exposure, parameters.scale[k]
        )
        total += (probability[:, k, None] * data.mask * value).sum()
    return total


CASES = [
    ("poisson", "exp"),
    ("poisson", "softplus"),
    ("poisson", "sigmoid"),
    ("bernoulli", None),
    ("categorical", None),
    ("gaussian", None),
    ("negative_binomial", None),
]


@pytest.mark.parametrize("missing", [False, True])
@pytest.mark.parametrize(("name", "link"), CASES)
def test_gradients_are_difference_quotients(name, link, missing):
    data, emission, parameters, probability, _ = _problem(name, link, missing=missing)
    found = weighted_curvature(
        data, emission, parameters.coefficients[0], parameters.scale[0], probability[:, 0], None
    )
    every, flat = np.arange(2), parameters.coefficients[0].reshape(2, -1)

    def value(coefficients):
        return weighted_value(
            data,
            emission,
            coefficients.reshape(parameters.coefficients[0].shape),
            parameters.scale[0],
            probability[:, 0],
            None,
            every,
        )

    np.testing.assert_allclose(found.value, value(flat))
    for i in range(flat.shape[1]):
        step = np.zeros_like(flat)
        step[:, i] = 1e-6
        quotient = (value(flat + step) - value(flat - step)) / 2e-6
        np.testing.assert_allclose(found.gradient[:, i], quotient, rtol=1e-5, atol=1e-4)


@pytest.mark.parametrize(("name", "link"), [case for case in CASES if case[1] in (None, "exp")])
def test_the_information_is_the_hessian_of_canonical_links(name, link):
    if name == "negative_binomial":
        pytest.skip("its log link is not canonical")
    data, emission, parameters, probability, _ = _problem(name, link)

    def gradient(coefficients):
        shaped = coefficients.reshape(parameters.coefficients[0].shape)
        return weighted_curvature(
            data, emission, shaped, parameters.scale[0], probability[:, 0], None
        )

    flat = parameters.coefficients[0].reshape(2, -1)
    found = gradient(flat).information
    for i in range(flat.shape[1]):
        step = np.zeros_like(flat)
        step[:, i] = 1e-5
        quotient = (gradient(flat - step).gradient - gradient(flat + step).gradient) / 2e-5
        np.testing.assert_allclose(found[:, :, i], quotient, rtol=1e-5, atol=1e-3)


def test_blocks_and_rows_left_out_change_nothing(monkeypatch):
    import neurokit.states.likelihoods as likelihoods

    data, emission, parameters, probability, _ = _problem(missing=True)
    weight = np.where(probability[:, 0] < 0.5, 0.0, probability[:, 0])
    whole = weighted_curvature(
        data, emission, parameters.coefficients[0], parameters.scale[0], weight, None
    )
    monkeypatch.setattr(likelihoods, "_BLOCK", 40)
    rows = active_rows(weight[:, None])[0]
    assert rows is not None
    assert len(rows) < 150
    part = weighted_curvature(
        data, emission, parameters.coefficients[0], parameters.scale[0], weight, rows
    )
    for name in ("value", "gradient", "information"):
        np.testing.assert_allclose(getattr(part, name), getattr(whole, name), rtol=1e-12)


def test_a_gaussian_step_is_weighted_ridge_regression():
    data, emission, parameters, probability, penalty = _problem("gaussian")
    found = newton_step(data, emission, parameters, probability, penalty)
    for k in range(2):
        weight = probability[:, k, None]
        gram = data.columns.T @ (weight * data.columns) + 0.5 * np.eye(4)
        expected = np.linalg.solve(gram, data.columns.T @ (weight * data.response)).T
        np.testing.assert_allclose(found.coefficients[k, :, 0], expected, rtol=1e-6)
        residual = data.response - data.columns @ expected.T
        variance = (weight * residual**2).sum(axis=0) / weight.sum()
        np.testing.assert_allclose(found.scale[k], variance, rtol=1e-6)


@pytest.mark.parametrize("shared", [False, True])
@pytest.mark.parametrize(("name", "link"), CASES)
@pytest.mark.parametrize("seed", range(3))
def test_the_objective_never_falls_even_from_absurd_starts(name, link, shared, seed):
    data, emission, parameters, probability, penalty = _problem(name, link, seed=seed)
    rng = np.random.default_rng(seed)
    wild = 4.0 * rng.normal(size=parameters.coefficients.shape)
    if shared:
        wild[1:, ..., -1] = wild[:1, ..., -1]
        penalty = replace(penalty, shared=np.array([False, False, False, True]))
        # A precision of what is shared would count once per state.
        penalty.precision[..., -1] = 0.0
    parameters = replace(parameters, coefficients=wild)
    value = _objective(data, emission, parameters, probability, penalty)
    # Far up an exponential a Newton step lowers the predictor by one only.
    for _ in range(40 if link == "exp" else 15):
        parameters = newton_step(data, emission, parameters, probability, penalty)
        new = _objective(data, emission, parameters, probability, penalty)
        assert new >= value - 1e-8 * max(1.0, abs(value))
        value = new
        if shared:
            np.testing.assert_array_equal(
                parameters.coefficients[0, ..., -1], parameters.coefficients[1, ..., -1]
            )
    found = [
        weighted_curvature(
            data, emission, parameters.coefficients[k], parameters.scale[k], probability[:, k], None
        ).gradient
        for k in range(2)
    ]
    gradient = np.stack(found).reshape(parameters.coefficients.shape)
    gradient -= penalty.precision * parameters.coefficients
    if shared:
        gradient[..., -1] = gradient[..., -1].sum(axis=0)
    if link in (None, "exp"):  # concave in the coefficients: the steps reach the top
        assert np.abs(gradient).max() < 0.1


def test_the_arrow_solution_is_the_dense_one():
    data, emission, parameters, probability, penalty = _problem(n_states=3)
    penalty = replace(penalty, shared=np.array([False, True, False, True]))
    parameters.coefficients[1:, ..., penalty.shared] = parameters.coefficients[
        :1, ..., penalty.shared
    ]
    found = [
        weighted_curvature(
            data, emission, parameters.coefficients[k], parameters.scale[k], probability[:, k], None
        )
        for k in range(3)
    ]
    step = newton_direction(found, parameters.coefficients, penalty)
    matrix, right = penalised_system(found, parameters.coefficients, penalty)
    # Every state's own columns side by side, the shared ones last.
    spread = np.zeros((12, 8))
    for k in range(3):
        spread[4 * k, 2 * k] = spread[4 * k + 2, 2 * k + 1] = 1
        spread[4 * k + 1, 6] = spread[4 * k + 3, 7] = 1
    for n in range(2):
        dense = np.zeros((12, 12))
        for k in range(3):
            dense[4 * k : 4 * k + 4, 4 * k : 4 * k + 4] = matrix[k, n]
        solved = spread @ np.linalg.solve(
            spread.T @ dense @ spread, spread.T @ right[:, n].reshape(-1)
        )
        np.testing.assert_allclose(step[:, n, 0].reshape(-1), solved, rtol=1e-8, atol=1e-10)


def test_a_pinned_coefficient_stays_and_the_rest_moves_as_without_it():
    data, emission, parameters, probability, penalty = _problem("gaussian")
    precision = penalty.precision.copy()
    precision[..., 1] = np.inf
    parameters.coefficients[..., 1] = 0.0
    found = newton_step(
        data, emission, parameters, probability, replace(penalty, precision=precision)
    )
    np.testing.assert_array_equal(found.coefficients[..., 1], 0.0)
    rest = data.columns[:, [0, 2, 3]]
    weight = probability[:, 0, None]
    gram = rest.T @ (weight * rest) + 0.5 * np.eye(3)
    expected = np.linalg.solve(gram, rest.T @ (weight * data.response)).T
    np.testing.assert_allclose(found.coefficients[0, :, 0][:, [0, 2, 3]], expected, rtol=1e-6)


def test_duplicate_and_empty_columns_do_not_stop_the_solver():
    data, emission, parameters, probability, penalty = _problem()
    columns = data.columns.copy()
    columns[:, 1], columns[:, 2] = columns[:, 0], 0.0
    data = replace(data, columns=columns)
    free = replace(penalty, precision=np.zeros_like(penalty.precision))
    for _ in range(5):
        parameters = newton_step(data, emission, parameters, probability, free)
    assert np.isfinite(parameters.coefficients).all()


def test_a_state_without_bins_stays_where_it_is_but_for_the_penalty():
    data, emission, parameters, _, penalty = _problem()
    probability = np.zeros((200, 2))
    probability[:, 0] = 1.0
    free = replace(penalty, precision=np.zeros_like(penalty.precision))
    found = newton_step(data, emission, parameters, probability, free)
    np.testing.assert_allclose(found.coefficients[1], parameters.coefficients[1], atol=1e-12)
