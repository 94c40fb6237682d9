"""Acceptance on the paper's simulation: plain, Gaussian and one-hot fits against their truth.

Full forms are nightly; their table is in docs/validation/states_priors.md.
"""

from __future__ import annotations

import time
import warnings

import numpy as np
import pytest

import neurokit as nk
from neurokit.errors import ConvergenceWarning
from neurokit.states import GLMHMM


class Problem:
    """One seed of the simulation, cut into trials to train and to test on."""

    def __init__(self, seed, n_train, *, n_neurons=20, n_states=5, n_test=20, n_bins=2000):
        sim = nk.simulate.spiking_hmm(
            n_neurons, n_states, n_train + n_test, n_bins, random_state=seed
        )
        signal = sim.recordings["session1"].activity.signal
        self.truth, self.n_states = sim.truth, n_states
        self.train = signal.isel(trial=slice(0, n_train))
        self.test = signal.isel(trial=slice(n_train, None))
        self.path = sim.truth.state_sequence.values[n_train:]
        oracle = GLMHMM.from_parameters(
            transition=sim.truth.transition.values,
            bias=np.tile(sim.truth.bias.values, (n_states, 1)),
            weights=sim.truth.weights.values,
            neurons=signal.neuron.values,
            link="sigmoid",
            history=5,
        )
        self.best = oracle.score(self.test)
        self.best_accuracy = (self._decoded(oracle) == self.path).mean()

    def _decoded(self, model):
        return model.predict_proba(self.test).values.argmax(-1)

    def fit(self, prior, **options):
        began = time.process_time()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ConvergenceWarning)
            model = GLMHMM(
                self.n_states, link="sigmoid", prior=prior, random_state=0, **options
            ).fit(self.train)
        self.seconds = time.process_time() - began
        return model

    def measure(self, model):
        """Loss of test likelihood and accuracy against the truth, errors of weights and edges."""
        decoded = self._decoded(model)
        seen = np.zeros((self.n_states, self.n_states))
        np.add.at(seen, (self.path.ravel(), decoded.ravel()), 1)
        order = _assignment(seen)
        weights, kinds = model.weights_.values[order], model.adjacency_.values[order]
        truth, edges = self.truth.weights.values, self.truth.adjacency.values
        found = {
            "likelihood": model.score(self.test) - self.best,
            "accuracy": (order[self.path] == decoded).mean() - self.best_accuracy,
            "r": np.corrcoef(weights.ravel(), truth.ravel())[0, 1],
            "mse": ((weights - truth) ** 2).mean(),
            "edges": (kinds == edges).mean(),
            "balanced": np.mean([(kinds[edges == k] == k).mean() for k in (-1, 0, 1)]),
            "seconds": self.seconds,
        }
        if hasattr(model, "edge_probability_"):
            prior = self.truth.prior_connectivity.values
            learned = model.prior_connectivity_.values
            found["prior r"] = np.corrcoef(learned.ravel(), prior.ravel())[0, 1]
            self.likely = 1 - model.edge_probability_.values[order][..., 1].ravel()
            self.exists = (edges != 0).ravel()
        return found


def _assignment(seen):
    from scipy.optimize import linear_sum_assignment

    return linear_sum_assignment(-seen)[1]


def mean_of(rows):
    return {key: float(np.mean([row[key] for row in rows])) for key in rows[0]}


def shown(name, row):
    print(name, " ".join(f"{key} {value:.4f}" for key, value in row.items()))


@pytest.fixture(scope="module")
def small():
    """Ten neurons, three states, 12 trials of 1000 bins."""
    return Problem(0, 12, n_neurons=10, n_states=3, n_test=8, n_bins=1000)


@pytest.mark.slow
def test_the_plain_fit_comes_near_the_truth(small):
    found = small.measure(small.fit("none"))
    # Seeds 0 to 2: -.015, -.016, -.012 nats/bin; accuracy -.012, +.002, -.002; r .956 to .967.
    assert found["likelihood"] > -0.03
    assert found["accuracy"] > -0.02
    assert found["r"] > 0.93


@pytest.mark.slow
def test_the_onehot_prior_finds_edges_and_beats_the_plain_fit(small):
    plain, found = small.measure(small.fit("none")), small.measure(small.fit("onehot"))
    # Seeds 0 to 2: edges .967, .970, .943; balanced .967, .912, .848; prior r .93 to .95.
    assert found["likelihood"] > plain["likelihood"]
    assert found["mse"] < plain["mse"]
    assert found["edges"] > 0.93
    assert found["balanced"] > 0.85
    assert found["prior r"] > 0.85


@pytest.mark.slow
def test_the_gaussian_prior_beats_the_ridge_on_few_trials():
    problem = Problem(0, 2, n_neurons=12, n_states=3, n_test=8, n_bins=1000)
    ridge, model = problem.measure(problem.fit("none")), problem.fit("gaussian")
    found = problem.measure(model)
    # Seeds 0 to 2 gain .034, .042, .038 nats/bin.
    assert found["likelihood"] > ridge["likelihood"] + 0.01
    assert 0.1 < model.prior_scale_.item() < 0.7


@pytest.mark.nightly
def test_the_papers_simulation_at_its_full_size():
    rows = {"none": [], "onehot": []}
    for seed in range(5):
        problem = Problem(seed, 30)
        for prior, measured in rows.items():
            measured.append(problem.measure(problem.fit(prior)))
            shown(f"{prior} seed {seed}:", measured[-1])
    plain, onehot = (mean_of(measured) for measured in rows.values())
    shown("none mean:", plain)
    shown("onehot mean:", onehot)
    for found in (plain, onehot):
        assert found["likelihood"] > -0.03
        assert found["accuracy"] > -0.005
    assert plain["r"] >= 0.965
    assert onehot["likelihood"] >= plain["likelihood"]
    assert onehot["balanced"] >= 0.93
    assert onehot["edges"] >= 0.96
    assert onehot["mse"] <= 0.006
    assert onehot["prior r"] >= 0.90


@pytest.mark.nightly
def test_three_training_trials_with_a_gaussian_prior():
    gains = []
    for seed in range(5):
        problem = Problem(seed, 3)
        ridge = problem.measure(problem.fit("none"))
        model = problem.fit("gaussian")
        found = problem.measure(model)
        gains.append(found["likelihood"] - ridge["likelihood"])
        print(f"seed {seed}: gain {gains[-1]:.4f} nats/bin, scale {model.prior_scale_.item():.3f}")
        assert model.prior_scale_.item() > 0.05
    print(f"mean gain {np.mean(gains):.4f}")
    assert np.mean(gains) >= 0.01


@pytest.mark.nightly
def test_edge_probabilities_of_fits_are_calibrated():
    likely, exists = [], []
    for seed in range(20):
        problem = Problem(100 + seed, 4, n_neurons=12, n_states=4, n_test=4, n_bins=1500)
        problem.measure(problem.fit("onehot"))
        likely.append(problem.likely)
        exists.append(problem.exists)
    likely, exists = np.concatenate(likely), np.concatenate(exists)
    for low, high in ((0.03, 0.2), (0.2, 0.5), (0.5, 0.8), (0.8, 0.9), (0.9, 0.97), (0.97, 1.01)):
        chosen = (likely >= low) & (likely < high)
        mean, share = likely[chosen].mean(), exists[chosen].mean()
        print(f"{low} to {high}: {chosen.sum()} edges, said {mean:.3f}, exist {share:.3f}")
    chosen = (likely >= 0.8) & (likely < 0.97)
    print(f"0.8 to 0.97: {chosen.sum()} edges, exist {exists[chosen].mean():.3f}")
    assert chosen.sum() >= 200
    assert exists[chosen].mean() >= 0.65
