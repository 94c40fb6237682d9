"""Simulated cells over many seeds: rates, refractoriness, responses, wiring by layer."""

from __future__ import annotations

import numpy as np
import pytest

import neurokit as nk
from neurokit.celegans.neurons import rows


@pytest.fixture(scope="module")
def trains():
    return [
        nk.simulate.recording("spikes", n_channels=60, duration=40.0, random_state=seed)
        for seed in range(3)
    ]


def each(rec):
    return np.split(rec.spikes.spike_time.values, rec.spikes.spike_end.values[:-1])


def test_no_two_spikes_of_a_neuron_are_nearer_than_two_milliseconds(trains):
    gaps = [np.diff(train) for rec in trains for train in each(rec)]
    assert min(gap.min() for gap in gaps if gap.size) >= 0.002 - 1e-9


def test_base_rates_are_lognormal_around_five_per_second(trains):
    silent_to_stimulus = [
        train.size / 40.0
        for rec in trains
        for train, region in zip(each(rec), rec.spikes.region.values, strict=True)
        if region == "hippocampus"
    ]
    logs = np.log(silent_to_stimulus)
    # Some 90 neurons: standard error of the mean .07, of the spread .05.
    assert logs.mean() == pytest.approx(np.log(5), abs=0.25)
    assert logs.std() == pytest.approx(0.7, abs=0.2)


def test_about_half_of_the_neurons_respond(trains):
    share = np.mean([(rec.spikes.region == "visual cortex").mean() for rec in trains])
    assert share == pytest.approx(0.5, abs=0.15)  # 180 neurons: standard error .037


def test_spike_times_are_multiples_of_the_clock():
    rec = nk.simulate.recording("spikes", n_channels=5, duration=5.0, rate=1000.0, random_state=0)
    ticks = rec.spikes.spike_time.values * 1000.0
    np.testing.assert_allclose(ticks, np.round(ticks), atol=1e-6)
    assert rec.spikes.spike_time.values.max() <= 5.0 - 1e-3 + 1e-9


@pytest.fixture(scope="module")
def wiring():
    return [
        nk.simulate.recording("connectome", n_channels=120, random_state=seed).connectome.weight
        for seed in range(4)
    ]


def layers(weight):
    kind = {row.name: row.neuron_type for row in rows()}
    order = {"sensory": 0, "interneuron": 1, "motor": 2}
    return np.array([order.get(kind[name], 1) for name in weight.pre.values])


@pytest.mark.parametrize(
    ("step", "likely"), [(1, 0.22), (0, 0.10), (2, 0.05), (-1, 0.03), (-2, 0.03)]
)
def test_chemical_synapses_have_the_frequency_of_their_step(wiring, step, likely):
    present, n = 0, 0
    for weight in wiring:
        layer = layers(weight)
        at = (layer[None] - layer[:, None] == step) & ~np.eye(len(layer), dtype=bool)
        there = weight.sel(synapse_type="chemical").values[at] > 0
        present, n = present + there.sum(), n + there.size
    error = np.sqrt(likely * (1 - likely) / n)
    assert abs(present / n - likely) < 4 * error


def test_weights_are_counts_of_synapses_and_nobody_is_its_own_partner(wiring):
    for weight in wiring:
        values = weight.values
        assert (values == np.floor(values)).all()
        assert (values >= 0).all()
        assert (values[:, np.arange(120), np.arange(120)] == 0).all()


def test_counts_of_synapses_are_lognormal_rounded_up(wiring):
    counts = np.concatenate(
        [w.sel(synapse_type="chemical").values[w.sel(synapse_type="chemical") > 0] for w in wiring]
    )
    # P(count = 1) = P(lognormal(1, .9) <= 1) = Phi(-1 / .9) = .1333
    assert (counts == 1).mean() == pytest.approx(0.1333, abs=0.02)
    # P(count <= 7) = Phi((log 7 - 1) / .9) = .8534
    assert (counts <= 7).mean() == pytest.approx(0.8534, abs=0.02)


def test_neurons_come_in_the_order_of_the_table_and_once(wiring):
    names = wiring[0].pre.values.tolist()
    table = [row.name for row in rows()]
    places = [table.index(name) for name in names]
    assert places == sorted(places)
    assert len(set(names)) == 120
    np.testing.assert_array_equal(wiring[0].pre, wiring[0].post)


def test_small_worms_hold_neurons_of_both_directions():
    rec = nk.simulate.recording("calcium", n_channels=8, duration=2.0, random_state=0)
    names = rec.activity.neuron.values.tolist()
    assert names[:8:2] == ["AVAL", "AVAR", "AVEL", "AVER"]
    assert names[1:8:2] == ["AVBL", "AVBR", "RIBL", "RIBR"]


def test_reversals_take_about_a_quarter_of_the_time():
    share = []
    for seed in range(6):
        rec = nk.simulate.recording("calcium", n_channels=2, duration=2000.0, random_state=seed)
        share.append(float(rec.events.duration.sum()) / 2000.0)
    # Dwells of 18.1 and 6.1 s; 80 cycles per recording.
    assert np.mean(share) == pytest.approx(6.1 / 24.2, abs=0.04)
