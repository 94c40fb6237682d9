"""The published one-hot fit: its density, its schedule, and that it runs away as reported."""

from __future__ import annotations

import sys

import numpy as np
import pytest

import neurokit as nk
from neurokit.errors import DependencyError, OptionError
from neurokit.states import GLMHMM

COUNTS = np.random.default_rng(0).poisson(0.5, (2, 40, 3)).astype(float)


def test_without_torch_the_extra_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "torch", None)
    with pytest.raises(DependencyError, match=r"neurokit-xarray\[torch\]"):
        GLMHMM(2, prior="gumbel", random_state=0).fit(COUNTS)


@pytest.mark.parametrize(
    ("options", "inputs"),
    [
        ({"observation": "gaussian"}, None),
        ({"bias": "none"}, None),
        ({"transitions": "input"}, np.zeros((2, 40, 1))),
        ({}, np.ones((2, 40, 1))),
    ],
)
def test_models_that_the_paper_has_not_are_refused(options, inputs):
    with pytest.raises(OptionError, match="gumbel"):
        GLMHMM(2, prior="gumbel", random_state=0, **options).fit(COUNTS, inputs)


def test_the_density_is_that_of_gumbel_softmax_draws():
    torch = pytest.importorskip("torch")
    from neurokit.states.gumbel import log_relaxed_density

    # Integrates to one over the simplex (a fine grid of its two free coordinates).
    edges = np.linspace(0, 1, 201)
    x = (edges[1:] + edges[:-1]) / 2
    a, b = np.meshgrid(x, x, indexing="ij")
    inside = a + b < 1
    kinds = np.stack([a, b, 1 - a - b], axis=-1)[inside]
    pi = torch.log(torch.tensor([0.2, 0.5, 0.3], dtype=torch.float64))
    # At a temperature of 1 the density is smooth enough for a grid.
    density = np.exp(log_relaxed_density(torch.log(torch.tensor(kinds)), pi, 1.0).numpy())
    assert density.sum() * (1 / 200) ** 2 == pytest.approx(1.0, abs=0.03)


def test_the_density_has_no_upper_bound():
    torch = pytest.importorskip("torch")
    from neurokit.states.gumbel import log_relaxed_density

    pi = torch.log(torch.tensor([0.1, 0.8, 0.1], dtype=torch.float64))
    corner = [[1e-3, 1.0, 1e-3], [1e-6, 1.0, 1e-6], [1e-12, 1.0, 1e-12]]
    heights = log_relaxed_density(torch.log(torch.tensor(corner, dtype=torch.float64)), pi, 0.2)
    # Each further digit of certainty adds (tau + 1) log 10 per edge kind: nothing stops it.
    assert (np.diff(heights.numpy()) > 5).all()


@pytest.fixture(scope="module")
def published():
    pytest.importorskip("torch")
    sim = nk.simulate.spiking_hmm(4, 2, 3, 150, random_state=0)
    counts = sim.recordings["session1"].activity.signal
    model = GLMHMM(2, link="sigmoid", prior="gumbel", bias="shared", max_iter=3, random_state=0)
    return model.fit(counts), counts


@pytest.mark.slow
def test_the_loss_runs_away_while_the_likelihood_does_not(published):
    model, counts = published
    trace = model.objective_trace_.values
    assert len(trace) == 3
    assert trace[-1] > trace[0]
    exact = GLMHMM(2, link="sigmoid", prior="onehot", random_state=0).fit(counts)
    assert exact.log_likelihood_ > model.log_likelihood_


@pytest.mark.slow
def test_weights_are_signs_times_strengths_and_probabilities_sum_to_one(published):
    model, _ = published
    np.testing.assert_array_equal(np.sign(model.weights_), model.adjacency_)
    np.testing.assert_allclose(model.edge_probability_.sum("sign"), 1.0)
    np.testing.assert_allclose(model.prior_connectivity_.sum("sign"), 1.0)
    np.testing.assert_allclose(model.transition_.sum("state_next"), 1.0)
    assert model.bias_.dims == ("neuron",)
    assert model.converged_


@pytest.mark.slow
def test_the_same_seed_gives_the_same_fit(published):
    model, counts = published
    again = GLMHMM(2, link="sigmoid", prior="gumbel", bias="shared", max_iter=3, random_state=0)
    np.testing.assert_array_equal(again.fit(counts).weights_, model.weights_)


@pytest.mark.slow
def test_torch_keeps_its_threads(published):
    import torch

    before = torch.get_num_threads()
    GLMHMM(1, prior="gumbel", max_iter=1, random_state=0).fit(COUNTS[:1])
    assert torch.get_num_threads() == before
