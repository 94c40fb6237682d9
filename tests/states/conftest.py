"""Oracles and small problems that several tests of hidden Markov models need."""

import itertools

import numpy as np
import pytest

from neurokit.states import GLMHMM


def _enumerate(log_emission, transitions, initial):
    """Posterior, expected transitions, log-likelihood and best path by summing over all paths.

    `transitions` is one matrix, or one for each step.
    """
    n_bins, n_states = log_emission.shape
    steps = np.broadcast_to(transitions, (n_bins, n_states, n_states))
    with np.errstate(divide="ignore"):
        moves, start = np.log(steps), np.log(initial)
    paths = np.array(list(itertools.product(range(n_states), repeat=n_bins)))
    total = start[paths[:, 0]] + log_emission[0, paths[:, 0]]
    for t in range(1, n_bins):
        total = total + moves[t, paths[:, t - 1], paths[:, t]] + log_emission[t, paths[:, t]]
    top = total.max()
    log_likelihood = top + np.log(np.exp(total - top).sum())
    share = np.exp(total - log_likelihood)
    probability = np.zeros((n_bins, n_states))
    count = np.zeros((n_states, n_states))
    for t in range(n_bins):
        np.add.at(probability[t], paths[:, t], share)
        if t:
            np.add.at(count, (paths[:, t - 1], paths[:, t]), share)
    return probability, count, log_likelihood, paths[np.argmax(total)], top


@pytest.fixture(scope="session")
def enumerate_paths():
    """The brute-force oracle."""
    return _enumerate


def _known_model(observation="poisson", n_states=2, n_neurons=3, history=3, seed=0, **options):
    """A model of known parameters that every observation model can express."""
    rng = np.random.default_rng(seed)
    level = {"poisson": 0.0, "negative_binomial": 0.3, "gaussian": 0.0}.get(observation, 0.0)
    n_parts = 2 if observation == "categorical" else 1
    shape = (n_states, n_neurons) + ((n_parts,) if n_parts > 1 else ())
    bias = level + 1.5 * rng.standard_normal(shape)
    if observation in ("poisson", "negative_binomial") and options.get("link") != "sigmoid":
        bias = np.clip(bias, -1.5, 1.5)
    known = {"bias": bias, "n_categories": n_parts + 1}
    if observation == "categorical":
        history = None
    if history is not None:
        known["weights"] = 0.3 * rng.standard_normal((n_states, n_neurons, n_neurons))
        if options.get("link", "exp") == "exp":
            known["weights"] = -np.abs(known["weights"])
    if observation in ("gaussian", "negative_binomial"):
        known["scale"] = 0.5 + rng.random((n_states, n_neurons))
    stay = 0.95
    transition = np.full((n_states, n_states), (1 - stay) / max(n_states - 1, 1))
    np.fill_diagonal(transition, stay if n_states > 1 else 1.0)
    return GLMHMM.from_parameters(
        transition=transition, observation=observation, history=history, **known, **options
    )


@pytest.fixture(scope="session")
def known_model():
    """A factory of models of known parameters."""
    return _known_model


@pytest.fixture(scope="session")
def two_states():
    """Two neurons that take turns: counts (trial, time, neuron) and the states."""
    rng = np.random.default_rng(5)
    states = np.array([np.repeat(rng.permutation([0, 1, 0, 1, 0]), 30) for _ in range(6)])
    rates = np.array([[0.3, 2.5], [2.5, 0.3]])
    return rng.poisson(rates[states]).astype(float), states
