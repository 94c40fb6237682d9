"""Rates behind spikes that the Lorenz attractor drives: the flow against its linear twin and peers.

20 conditions of 24 trials, the size of the measurements in docs/validation/flows.md.
"""

from __future__ import annotations

import numpy as np
import pytest

pytest.importorskip("torch")

import neurokit as nk
from neurokit.flows import LangevinFlow, LangevinLDS

pytestmark = pytest.mark.nightly

HIDDEN = list(range(0, 29, 4))


@pytest.fixture(scope="module")
def data():
    found = nk.simulate.lorenz(20, 24, random_state=3)
    x = found.recordings["session1"].activity.signal
    fitted = (x.split == "train").values
    return x[fitted], x[~fitted], found.truth.rate.values[~fitted]


def r2(true, rates):
    true, rates = (np.asarray(a).reshape(-1, a.shape[-1]) for a in (true, rates))
    rest = ((true - rates) ** 2).sum(0)
    return float((1 - rest / ((true - true.mean(0)) ** 2).sum(0)).mean())


@pytest.fixture(scope="module")
def flow(data):
    return LangevinFlow(random_state=0).fit(data[0])


@pytest.mark.filterwarnings("ignore::neurokit.errors.ConvergenceWarning")
def test_the_flow_is_nearer_the_truth_than_its_linear_twin(data, flow):
    train, test, rate = data
    found = r2(rate, flow.predict_rates(test))
    assert found >= 0.88
    options = {"n_restarts": 1, "max_iter": 30, "random_state": 0}
    gaussian = LangevinLDS(4, **options).fit(train)
    assert found >= r2(rate, gaussian.predict_rates(test)) + 0.08
    poisson = LangevinLDS(4, likelihood="poisson", **options).fit(train)
    assert found > r2(rate, poisson.predict_rates(test))


def test_latents_of_other_trials_are_worth_little(data, flow):
    _, test, rate = data
    paths = flow.transform(test)
    other = np.random.default_rng(0).permutation(len(rate))
    own = r2(rate, flow.decode(paths.position, paths.velocity))
    swapped = r2(rate, flow.decode(paths.position[other], paths.velocity[other]))
    assert own - swapped >= 0.3


def test_hidden_neurons_are_predicted_nearly_as_by_the_truth(data):
    train, test, rate = data
    model = LangevinFlow(random_state=0).fit(train, held_out=HIDDEN)
    oracle = nk.flows.co_bps(rate[:, :, HIDDEN], test.values[:, :, HIDDEN])
    assert model.score(test, held_out=HIDDEN) >= 0.85 * oracle
