"""Two oscillators behind spikes, ten draws: frequencies, damping, and intervals that hold them.

4 Hz (damping .08) and 9 Hz (.05) behind 40 Poisson neurons, 64 trials of 1.5 s, everything by
default; the figures are in docs/validation/flows.md.
"""

from __future__ import annotations

import numpy as np
import pytest

import neurokit as nk
from neurokit.flows import LangevinLDS

pytestmark = pytest.mark.nightly

SEEDS = 10


@pytest.fixture(scope="module")
def found():
    """(seed, mode) of estimates, both ends of their intervals, and the truth."""
    table: dict[str, list] = {}
    for seed in range(SEEDS):
        simulation = nk.simulate.oscillators(random_state=seed)
        counts = simulation.recordings["session1"].activity.signal
        model = LangevinLDS(2, likelihood="poisson", random_state=0).fit(counts)
        assert model.converged_
        for name, values in model.modes(counts, level=0.9).data_vars.items():
            table.setdefault(name, []).append(values.values)
        for name in ("frequency", "damping_ratio"):
            table.setdefault(f"true_{name}", []).append(simulation.truth[name].values)
    return {name: np.array(rows) for name, rows in table.items()}


def test_frequencies_are_within_five_percent(found):
    np.testing.assert_allclose(found["frequency"], found["true_frequency"], rtol=0.05)


def test_damping_is_within_a_quarter_for_most_modes(found):
    error = np.abs(found["damping_ratio"] / found["true_damping_ratio"] - 1.0)
    assert (error < 0.25).mean() >= 0.8


@pytest.mark.parametrize("name", ["frequency", "damping_ratio"])
def test_intervals_of_nine_in_ten_hold_the_truth(found, name):
    low, high, true = found[f"{name}_low"], found[f"{name}_high"], found[f"true_{name}"]
    assert ((low <= true) & (true <= high)).mean() >= 0.8
    # An interval as wide as the question would hold anything.
    assert np.median(high / low) < 2.0
