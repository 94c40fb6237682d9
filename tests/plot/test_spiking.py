"""Rasters: every spike of the window at its place, only the trains drawn are read."""

import numpy as np
import pytest

from neurokit import plot, schema
from neurokit.errors import OptionError, SchemaError
from neurokit.io import lazy_variable
from neurokit.simulate import recording


def trains(ax):
    return [sorted(c.get_positions()) for c in ax.collections]


@pytest.fixture
def group():
    return schema.spikes({"a": [0.5, 1.5, 2.5], "b": [], "c": [1.0]})


def test_every_spike_is_a_tick_in_its_neurons_row(group):
    ax = plot.raster(group)
    assert trains(ax) == [[0.5, 1.5, 2.5], [], [1.0]]
    assert [c.get_lineoffset() for c in ax.collections] == [0, 1, 2]


def test_axes_are_labelled_and_rows_named(group):
    ax = plot.raster(group)
    assert ax.get_xlabel() == "time (s)"
    assert ax.get_ylabel() == "neuron (3 of 3)"
    assert [tick.get_text() for tick in ax.get_yticklabels()] == ["a", "b", "c"]


def test_a_window_leaves_out_its_end(group):
    ax = plot.raster(group, start=0.5, stop=1.5)
    assert trains(ax) == [[0.5], [], [1.0]]
    assert ax.get_xlim() == (0.5, 1.5)


def test_the_first_neuron_stands_on_top(group):
    low, high = plot.raster(group).get_ylim()
    assert low > high


def test_a_window_without_spikes_is_said(group):
    assert plot.raster(group, start=50.0).texts[0].get_text() == "no spike in this window"


def test_no_neuron_at_all_is_said():
    assert plot.raster(schema.spikes({})).texts[0].get_text() == "no spike in this window"


def test_many_neurons_are_thinned_evenly():
    rec = recording("spikes", n_channels=100, duration=2.0, random_state=0)
    ax = plot.raster(rec, n_max=20)
    assert len(ax.collections) == 20
    assert ax.get_ylabel() == "neuron (20 of 100)"
    first = rec.spikes.spike_time.values[: int(rec.spikes.spike_end[0])]
    np.testing.assert_allclose(trains(ax)[0], first)


def test_only_the_trains_drawn_are_read(counted):
    from neurokit.io import FileArray

    class Times(FileArray):
        read_so_far = 0

        def read(self, key):
            rows = np.arange(self.shape[0])[key[0]]
            self.read_so_far += rows.size
            return rows / 100.0

    array = Times((1000,), "f8")
    group = schema.spikes({f"n{i}": [] for i in range(100)}).drop_dims("spike")
    group["spike_time"] = lazy_variable(("spike",), array, {"units": "s"})
    group["spike_end"] = ("neuron", np.arange(1, 101) * 10)
    plot.raster(group, n_max=10)
    assert array.read_so_far == 100


@pytest.fixture
def in_trials():
    """Times of both trials start anew: 0.5 of the first, 0.25 and 0.5 of the second."""
    group = schema.spikes({"a": [0.25, 0.5, 0.5], "b": [0.75]})
    return group.assign(spike_trial=("spike", [1, 0, 1, 0]))


def test_of_spikes_in_trials_one_trial_is_drawn_and_named(in_trials):
    ax = plot.raster(in_trials)
    assert trains(ax) == [[0.5], [0.75]]
    assert ax.get_title(loc="left") == "trial 0"
    assert trains(plot.raster(in_trials, trial=1)) == [[0.25, 0.5], []]
    assert plot.raster(schema.spikes({"a": [0.5]})).get_title(loc="left") == ""


def test_a_trial_without_spikes_is_said(in_trials):
    assert plot.raster(in_trials, trial=2).texts[0].get_text() == "no spike in this window"


@pytest.mark.parametrize("trial", [-1, 1.0, True, "first", None])
def test_what_is_no_trial_is_refused(in_trials, trial):
    with pytest.raises(OptionError, match="trial: is"):
        plot.raster(in_trials, trial=trial)


def test_one_spike_is_enough():
    ax = plot.raster(schema.spikes({"a": [1.0]}))
    low, high = ax.get_xlim()
    assert low < 1.0 < high


def test_without_spikes_there_is_an_error():
    with pytest.raises(SchemaError, match="no /spikes"):
        plot.raster(recording("eeg", n_channels=2, duration=2.0, random_state=0))
