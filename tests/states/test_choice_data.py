"""Choices of animals: a fixed simulated problem, and two real sets."""

import time
import warnings

import numpy as np
import pytest

from neurokit.errors import NeurokitWarning
from neurokit.states import GLMHMM, match_states


@pytest.fixture(scope="module")
def choices(shared_data):
    """50 sessions x 100 choices of three states, with the common start."""
    return dict(np.load(shared_data / "benchmarks" / "choice_glmhmm.npz"))


def test_the_stored_start_leads_to_the_likelihood_of_all_packages(choices):
    # -1955.592276 in dynamax and in a prototype of our own; -1955.5948 in ssm.
    start = {
        "input_weights": choices["start_weights"][:, None],
        "transition": choices["start_transition"],
    }
    model = GLMHMM(
        3, observation="bernoulli", history=None, bias="none", input_ridge=0.0, init=start
    ).fit(choices["choices"][..., None].astype(float), choices["inputs"])
    assert model.log_likelihood_ >= -1955.60
    assert np.diff(model.objective_trace_).min() >= -1e-6


def test_default_restarts_find_it_without_a_start(choices):
    responses = choices["choices"][..., None].astype(float)
    options = {"observation": "bernoulli", "history": None, "bias": "none", "random_state": 0}
    GLMHMM(3, n_restarts=1, max_iter=6, tol=1.0, **options).fit(responses, choices["inputs"])
    begin = time.process_time()
    model = GLMHMM(3, **options).fit(responses, choices["inputs"])
    print(f"best of 5 starts: {model.log_likelihood_:.4f}, {time.process_time() - begin:.2f} s")
    assert model.log_likelihood_ >= -1955.602
    order = match_states(choices["states"], model.decode(responses, choices["inputs"]).values)
    weights = model.input_weights_.values[order, 0]
    errors = model.standard_errors(responses, choices["inputs"]).input_weights.values[order, 0]
    z = (weights - choices["weights"]) / errors
    assert np.abs(z).max() < 4.0  # of 12
    assert model.transition_.values.diagonal().min() > 0.9


def _held_out(responses, inputs, n_states, **options):
    """Nats per choice of every fifth session, with those states whose fit never saw it."""
    train = [i for i in range(len(responses)) if i % 5]
    test = [i for i in range(len(responses)) if i % 5 == 0]
    model = GLMHMM(
        n_states, observation="bernoulli", history=None, n_restarts=2, max_iter=80, tol=1e-5,
        random_state=0, **options,
    )  # fmt: skip
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", NeurokitWarning)
        model.fit([responses[i] for i in train], [inputs[i] for i in train])
    return model.score([responses[i] for i in test], [inputs[i] for i in test])


@pytest.mark.slow
def test_three_states_predict_mice_better_than_one(shared_data):
    folder = shared_data / "spikes_behaviour"
    names = ("y", "x", "dates")
    y, x, dates = (np.load(folder / f"bolkan2022_direct_{name}.npy") for name in names)
    edges = np.flatnonzero(np.diff(dates) != 0) + 1
    responses = [part[:, None].astype(float) for part in np.split(y, edges)]
    inputs = np.split(x, edges)
    # A column of the design is constant already.
    scores = [_held_out(responses, inputs, n, bias="none") for n in (1, 3)]
    print(f"mice, 1 and 3 states: {scores}")
    # Gains of .010 and .015 on two ways to hold out sessions.
    assert scores[1] > scores[0] + 0.005


@pytest.mark.slow
def test_three_states_predict_rats_better_than_one(shared_data):
    data = np.load(shared_data / "spikes_behaviour" / "psytrack_sampleRatData_derived.npz")
    columns = [("s1", 0), ("s2", 0), ("s_avg", 1), ("h", 1), ("c", 1)]
    inputs = np.column_stack([data[f"inputs__{name}"][:, lag] for name, lag in columns])
    edges = np.cumsum(data["dayLength"].astype(int))[:-1]
    responses = np.split((data["y"] == 2.0).astype(float)[:, None], edges)
    scores = [_held_out(responses, np.split(inputs, edges), n) for n in (1, 3)]
    print(f"rat, 1 and 3 states: {scores}")
    assert scores[1] > scores[0] + 0.005
