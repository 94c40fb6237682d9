"""Whatever is asked of the simulated worms, they keep the contract and their truth."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

import neurokit as nk
from neurokit.simulate import worms

ASKED = st.fixed_dictionaries(
    {
        "n_animals": st.integers(1, 3),
        "n_neurons": st.integers(9, 25),
        "n_motifs": st.integers(1, 3),
        "missing": st.sampled_from([0.0, 0.1, 0.5]),
        "rate": st.sampled_from([2.0, 3.0, 10 / 3]),
        "n_epochs": st.integers(1, 2),
        "duration": st.sampled_from([80.0, 101.5]),
        "random_state": st.integers(0, 2**31),
    }
)


@given(asked=ASKED)
@settings(max_examples=15, deadline=None)
def test_recordings_and_truth_belong_together(asked):
    found = worms(**asked)
    truth = found.truth
    n_times = round(asked["duration"] * asked["rate"])
    n_seen = asked["n_neurons"] - round(asked["missing"] * asked["n_neurons"])
    assert list(found.recordings) == truth.recording.values.tolist()
    for key, rec in found.recordings.items():
        signal = rec.activity.signal
        assert signal.sizes == {"time": n_times, "neuron": n_seen}
        np.testing.assert_array_equal(signal.time, truth.time)
        seen = truth.neuron.values[truth.recorded.sel(recording=key).values]
        np.testing.assert_array_equal(signal.neuron, seen)
        assert not [f for f in nk.validate(rec) if f.severity != "SUGGESTION"]


@given(asked=ASKED)
@settings(max_examples=15, deadline=None)
def test_the_truth_is_within_its_bounds(asked):
    truth = worms(**asked).truth
    member = truth.neuron_loading.values[truth.neuron_loading.values > 0]
    assert member.size == truth.sizes["component"] * int(
        0.75 * asked["n_neurons"] / asked["n_motifs"]
    )
    assert ((member >= 0.7) & (member <= 1.3)).all()
    assert ((truth.recording_loading >= 0.5) & (truth.recording_loading <= 1.5)).all()
    assert ((truth.time_course >= 0) & (truth.time_course <= 1 + 1e-12)).all()
    # Every motif is fully active at some time, and epochs never overlap.
    assert (truth.time_course.max("time") > 0.99).all()
    assert float((truth.time_course > 0).sum("component").max()) <= 1


@given(seed=st.integers(0, 2**31), n_animals=st.integers(1, 3))
@settings(max_examples=8, deadline=None)
def test_names_sort_as_they_stand(seed, n_animals):
    truth = worms(n_animals=n_animals, n_neurons=12, duration=150.0, random_state=seed).truth
    names = truth.neuron.values.tolist()
    assert names == sorted(names)
    assert len(set(names)) == 12
