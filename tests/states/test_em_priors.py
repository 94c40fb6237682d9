"""Expectation-maximisation under every prior of couplings never goes down within a stage."""

from __future__ import annotations

import warnings

import numpy as np
import pytest

from neurokit.errors import NeurokitWarning
from neurokit.states import GLMHMM

# Priors of couplings, and kernels that are learned along; categories have no couplings.
PRIORS = {
    "gaussian": {"prior": "gaussian"},
    "onehot": {"prior": "onehot"},
    "gaussian, shared bias": {"prior": "gaussian", "bias": "shared"},
    "onehot, driven": {"prior": "onehot", "transitions": "input"},
    "learned lags": {"history": {"kind": "learned", "n_lags": 4, "n_basis": 2}},
}
COUPLED = {
    "poisson-exp": ("poisson", {"link": "exp"}),
    "poisson-softplus": ("poisson", {"link": "softplus"}),
    "poisson-sigmoid": ("poisson", {"link": "sigmoid"}),
    "bernoulli": ("bernoulli", {}),
    "gaussian": ("gaussian", {}),
    "negative_binomial": ("negative_binomial", {}),
}


def _fit(known_model, name, seed, n_bins=300, max_iter=100, **options):
    observation, given = COUPLED[name]
    known = known_model(observation, seed=seed, **given)
    rng = np.random.default_rng(seed)
    drawn = known.sample(n_bins, 2, random_state=rng).response
    inputs = rng.normal(size=(2, n_bins, 1))
    # A random start far from anything, so that the way up is long.
    model = GLMHMM(3, observation=observation, **{
        "history": known.history, "init": "random", "n_restarts": 1, "max_iter": max_iter,
        "tol": 0.0, "random_state": seed, **given, **options,
    })  # fmt: skip
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", NeurokitWarning)
        return model.fit(drawn, inputs)


def _lowest_gain(model):
    """Over all iterations of each stage: objectives of two stages are of two priors."""
    trace = model.objective_trace_
    parts = [trace.values[trace.stage.values == stage] for stage in np.unique(trace.stage)]
    return min(float(np.diff(part).min(initial=0.0)) for part in parts)


@pytest.mark.parametrize("name", COUPLED)
def test_the_objective_never_falls_under_a_onehot_prior(name, known_model):
    model = _fit(known_model, name, 1, n_bins=100, max_iter=20, prior="onehot")
    assert set(model.objective_trace_.stage.values) == {0, 1, 2}
    assert _lowest_gain(model) >= -1e-6


@pytest.mark.nightly
@pytest.mark.parametrize("prior", PRIORS)
@pytest.mark.parametrize("name", COUPLED)
def test_the_objective_never_falls_on_ten_problems_of_every_prior(name, prior, known_model):
    for seed in range(10):
        model = _fit(known_model, name, seed, **PRIORS[prior])
        n_stages = len(np.unique(model.objective_trace_.stage))
        assert n_stages == (1 if prior == "learned lags" else 3)
        assert len(model.objective_trace_) >= 100 or model.converged_
        assert _lowest_gain(model) >= -1e-6
