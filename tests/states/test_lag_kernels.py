"""Learned kernels: their derivatives, and that a step of them never lowers anything."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.special import softmax

from neurokit.states import GLMHMM
from neurokit.states.bases import exponential, history_basis, learned_start, learns_lags
from neurokit.states.em import posterior_of
from neurokit.states.lag_learning import (
    LagKernels,
    kernel_curvature,
    lag_step,
    softmax_step,
    with_kernels,
)
from neurokit.states.storing import stored_parameters

LEARNED = {"kind": "learned", "n_lags": 6}
MODELS = {
    "poisson-exp": {"observation": "poisson", "link": "exp"},
    "poisson-softplus": {"observation": "poisson", "link": "softplus"},
    "poisson-sigmoid": {"observation": "poisson", "link": "sigmoid"},
    "bernoulli": {"observation": "bernoulli"},
    "gaussian": {"observation": "gaussian"},
    "negative_binomial": {"observation": "negative_binomial"},
}


def _pieces(known_model, name, n_basis=2, n_lags=4, n_bins=40, seed=0, missing=True):
    """Data with two trials and gaps, a model of two states, its posterior, and kernels."""
    rng = np.random.default_rng(seed)
    options = dict(MODELS[name])
    observation = options.pop("observation")
    basis = softmax(rng.normal(size=(n_basis, n_lags)), axis=1)
    known = known_model(observation, n_neurons=2, history=1, seed=seed, **options)
    values = known.sample(n_bins, 2, random_state=rng).response.values
    if missing:
        values[rng.random(values.shape) < 0.15] = np.nan
    weights = 0.2 * rng.normal(size=(2, 2, 2, n_basis))
    made = GLMHMM.from_parameters(
        transition=known.transition_, bias=known.bias_, weights=weights, history=basis,
        scale=getattr(known, "scale_", None), observation=observation, **options,
    )  # fmt: skip
    _, data, fill = made.prepare(values)
    parameters, emission, _ = stored_parameters(made)
    problem = made.make_problem(data)
    probability = posterior_of(data, problem, parameters).probability
    return data, emission, parameters, probability, LagKernels(basis, fill)


def _expected(data, emission, parameters, probability, basis, fill):
    """Expected log-likelihood without the constant, histories written out lag by lag."""
    n_basis, n_lags = basis.shape
    seen = np.ones_like(data.response) if data.observed is None else data.observed
    past = np.where(seen > 0, data.response, fill)
    total, n_neurons = 0.0, past.shape[1]
    for start, stop in zip(data.offsets[:-1], data.offsets[1:], strict=True):
        for t in range(start, stop):
            history = np.zeros((n_neurons, n_basis))
            for k in range(1, n_lags + 1):
                if t - k >= start:
                    history += past[t - k][:, None] * basis[:, k - 1]
            x = np.concatenate([history.ravel(), data.columns[t, n_neurons * n_basis :]])
            for s in range(parameters.n_states):
                eta = parameters.coefficients[s, :, 0] @ x
                value = emission.log_likelihood(
                    data.response[t], eta[:, None], data.exposure[t], parameters.scale[s]
                )
                total += probability[t, s] * float((value * seen[t]).sum())
    return total


@pytest.mark.parametrize("name", MODELS)
def test_the_gradient_is_the_difference_quotient_of_histories_written_out(name, known_model):
    data, emission, parameters, probability, kernels = _pieces(known_model, name)
    gradient, _ = kernel_curvature(data, emission, parameters, probability, kernels)
    for place in np.ndindex(kernels.basis.shape):
        step = np.zeros_like(kernels.basis)
        step[place] = 1e-5
        up, down = (
            _expected(
                data, emission, parameters, probability, kernels.basis + sign * step, kernels.fill
            )
            for sign in (1.0, -1.0)
        )
        np.testing.assert_allclose(gradient[place], (up - down) / 2e-5, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("name", ["gaussian", "bernoulli", "poisson-exp"])
def test_with_a_canonical_link_the_information_is_the_hessian(name, known_model):
    data, emission, parameters, probability, kernels = _pieces(known_model, name)
    _, information = kernel_curvature(data, emission, parameters, probability, kernels)
    np.testing.assert_array_equal(information, information.T)
    hessian = np.zeros_like(information)
    for i, place in enumerate(np.ndindex(kernels.basis.shape)):
        gradients = []
        for sign in (1.0, -1.0):
            basis = kernels.basis.copy()
            basis[place] += sign * 1e-5
            moved = LagKernels(basis, kernels.fill)
            there = with_kernels(data, moved)
            gradients.append(
                kernel_curvature(there, emission, parameters, probability, moved)[0].ravel()
            )
        hessian[i] = (gradients[0] - gradients[1]) / 2e-5
    np.testing.assert_allclose(information, -hessian, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("name", MODELS)
def test_the_information_is_not_negative(name, known_model):
    pieces = _pieces(known_model, name, seed=1)
    values = np.linalg.eigvalsh(kernel_curvature(*pieces)[1])
    assert values.min() > -1e-9 * values.max()


def test_torch_differentiates_the_same_objective(known_model):
    torch = pytest.importorskip("torch")
    data, emission, parameters, probability, kernels = _pieces(
        known_model, "poisson-softplus", missing=False
    )
    gradient, information = kernel_curvature(data, emission, parameters, probability, kernels)
    logits = torch.tensor(np.log(kernels.basis), requires_grad=True)
    lagged = np.zeros((len(data.response), kernels.basis.shape[1], 2))
    for start, stop in zip(data.offsets[:-1], data.offsets[1:], strict=True):
        for k in range(1, lagged.shape[1] + 1):
            lagged[start + k : stop, k - 1] = data.response[start : stop - k]
    basis = torch.softmax(logits, dim=1)
    history = torch.einsum("tkj,bk->tjb", torch.tensor(lagged), basis).reshape(len(lagged), -1)
    x = torch.cat([history, torch.tensor(data.columns[:, history.shape[1] :])], dim=1)
    eta = torch.einsum("tc,snc->tsn", x, torch.tensor(parameters.coefficients[:, :, 0]))
    rate = torch.nn.functional.softplus(eta)
    value = torch.tensor(data.response)[:, None] * torch.log(rate) - rate
    (torch.tensor(probability)[..., None] * value).sum().backward()
    # By the chain rule of a softmax.
    inner = (gradient * kernels.basis).sum(axis=1, keepdims=True)
    np.testing.assert_allclose(kernels.basis * (gradient - inner), logits.grad.numpy(), rtol=1e-9)
    assert information.shape == (8, 8)


def test_a_step_solves_the_quadratic_of_the_logits():
    rng = np.random.default_rng(0)
    basis = softmax(rng.normal(size=(2, 3)), axis=1)
    root = rng.normal(size=(6, 9))
    information, gradient = 100.0 * root @ root.T, rng.normal(size=(2, 3))
    step = softmax_step(basis, gradient, information)
    slope = np.zeros((6, 6))
    for b in range(2):
        block = slice(3 * b, 3 * b + 3)
        slope[block, block] = np.diag(basis[b]) - np.outer(basis[b], basis[b])
    left = slope @ information @ slope @ step.ravel()
    np.testing.assert_allclose(left, slope @ gradient.ravel(), rtol=1e-3, atol=1e-5)
    # All logits of a kernel may move together, which changes nothing; they do not.
    np.testing.assert_allclose(step.sum(axis=1), 0.0, atol=1e-6)
    far = softmax_step(basis, 1e9 * gradient, information)
    assert np.abs(far).max() == pytest.approx(2.0)


def test_without_couplings_kernels_stay():
    kernels = softmax_step(np.full((1, 4), 0.25), np.zeros((1, 4)), np.zeros((4, 4)))
    np.testing.assert_array_equal(kernels, 0.0)


@pytest.mark.parametrize("name", MODELS)
def test_a_step_never_lowers_the_expected_likelihood(name, known_model):
    for seed in range(4):
        data, emission, parameters, probability, kernels = _pieces(known_model, name, seed=seed)
        before = _expected(data, emission, parameters, probability, kernels.basis, kernels.fill)
        moved, found = lag_step(data, emission, parameters, probability, kernels)
        after = _expected(data, emission, parameters, probability, found.basis, kernels.fill)
        assert after >= before - 1e-9 * abs(before)
        assert not np.array_equal(found.basis, kernels.basis)
        assert (found.basis >= 0).all()
        np.testing.assert_allclose(found.basis.sum(axis=1), 1.0)
        again = with_kernels(data, found)
        np.testing.assert_array_equal(moved.columns, again.columns)
        np.testing.assert_array_equal(moved.columns[:, 4:], data.columns[:, 4:])


def test_missing_responses_enter_as_means(known_model):
    data, *_, kernels = _pieces(known_model, "poisson-exp")
    other = LagKernels(kernels.basis, kernels.fill + 1.0)
    assert data.observed is not None
    changed = with_kernels(data, other).columns - with_kernels(data, kernels).columns
    follows = np.zeros(len(changed), dtype=bool)
    for t in range(len(changed)):
        begin = max(data.offsets[data.offsets <= t].max(), t - 4)
        follows[t] = (data.observed[begin:t] == 0).any()
    np.testing.assert_array_equal((changed != 0).any(axis=1), follows)
    assert follows.any()
    assert not follows.all()


def test_data_and_kernels_given_are_left_alone(known_model):
    data, emission, parameters, probability, kernels = _pieces(known_model, "gaussian")
    before = data.columns.copy(), kernels.basis.copy(), parameters.coefficients.copy()
    lag_step(data, emission, parameters, probability, kernels)
    after = data.columns, kernels.basis, parameters.coefficients
    for one, other in zip(before, after, strict=True):
        np.testing.assert_array_equal(one, other)


def test_learning_begins_without_a_preference_and_without_zeros():
    np.testing.assert_allclose(learned_start(5), 0.2)
    several = learned_start(8, 3)
    assert (several > 0).all()
    np.testing.assert_allclose(several.sum(axis=1), 1.0)
    assert (np.diff(several @ np.arange(1, 9)) > 0).all()
    np.testing.assert_array_equal(history_basis(LEARNED), learned_start(6))
    assert learns_lags(LEARNED)
    for other in (None, 5, {"kind": "lags", "n_lags": 2}, {"n_lags": 2}, exponential(3), "learned"):
        assert not learns_lags(other)
