"""Facts equal what was built, for every modality and for recordings that lack most of it."""

import numpy as np
import pytest

from neurokit import schema
from neurokit.io import FileArray, lazy_variable
from neurokit.report import facts
from neurokit.report.facts import observed_span
from neurokit.simulate import recording


def built(**groups):
    return schema.recording(groups, modality="eeg", subject="s1", licence="CC0-1.0", doi="10.1/x")


def channels(n_time=50, kinds=("EEG", "EEG", "EOG"), **more):
    options = {"rate": 100.0} | more
    return schema.activity(
        np.zeros((n_time, len(kinds)), dtype=np.float32),
        names=[f"c{i}" for i in range(len(kinds))],
        space="channel",
        coords={"channel_type": list(kinds)} | options.pop("coords", {}),
        **options,
    )


def test_channels_are_counted_by_type():
    found = facts(built(activity=channels(coords={"bad": [False, True, False]})))
    assert found["n_channels"] == 3
    assert found["channel_types"] == "2 EEG, 1 EOG"
    assert found["n_bad"] == 1
    assert found["units"] == "V"


def test_duration_is_samples_over_rate():
    found = facts(built(activity=channels(50)))
    assert (found["n_samples"], found["duration_s"], found["rate_hz"]) == (50, 0.5, 100.0)
    assert found["n_runs"] == 1


def test_a_gap_is_no_duration():
    time = np.concatenate([np.arange(25), 1000 + np.arange(25)]) / 100
    group = channels(time=time, run=[0] * 25 + [1] * 25)
    found = facts(built(activity=group))
    assert found["n_runs"] == 2
    assert found["duration_s"] == 0.5


def test_irregular_time_says_so_and_spans_first_to_last():
    found = facts(built(activity=channels(3, rate=None, time=[0.0, 0.3, 1.0])))
    assert found["rate_hz"] == "irregular"
    assert found["duration_s"] == 1.0


def test_mixed_units_are_counted():
    found = facts(built(activity=channels(kinds=("MEGMAG", "MEGGRADPLANAR", "MEGGRADPLANAR"))))
    assert found["units"] == "2 T/m, 1 T"


def test_neurons_and_their_identities_are_counted():
    group = schema.activity(
        np.zeros((10, 3), dtype=np.float32),
        names=["AVAL", "AVAR", "unl-1"],
        rate=4.0,
        coords={
            "identified": [True, True, False],
            "neuron_type": ["interneuron", "interneuron", ""],
        },
    )
    found = facts(built(activity=group))
    assert (found["n_neurons"], found["n_identified"]) == (3, 2)
    assert found["neuron_types"] == "2 interneuron, 1 unknown"
    assert found["units"] == "1"


def test_events_are_counted_by_type():
    table = schema.events([0.1, 0.2, 0.3], trial_type=["b", "a", "b"])
    found = facts(built(activity=channels(), events=table))
    assert found["n_events"] == 3
    assert found["events_by_type"] == "2 b, 1 a"


def test_no_events_are_no_types():
    found = facts(built(activity=channels(), events=schema.events([])))
    assert found["n_events"] == 0
    assert "events_by_type" not in found


def test_very_many_types_are_cut():
    kinds = [f"k{i}" for i in range(50)]
    found = facts(built(events=schema.events(np.arange(50.0), trial_type=kinds)))
    assert found["events_by_type"].endswith("and 30 further types")


def test_trials_are_counted():
    values = np.zeros((4, 20, 2), dtype=np.float32)
    group = schema.activity(
        values, names=["a", "b"], space="channel", rate=10.0, coords={"channel_type": ["EEG"] * 2}
    )
    found = facts(built(activity=group))
    assert found["n_trials"] == 4
    assert found["duration_s"] == 2.0


def test_positions_are_counted_by_frame():
    place = np.array([[0, 0, 0.1], [np.nan] * 3, [0, 0.1, 0]])
    group = channels(position=place, position_attrs={"units": "m", "coordinate_frame": "head"})
    assert facts(built(activity=group))["positions"] == "2 head (frame)"
    nowhere = channels(position=np.full((3, 3), np.nan))
    assert facts(built(activity=nowhere))["positions"] == "none (frame)"


def test_all_groups_are_named_and_only_those():
    rec = built(
        activity=channels(),
        events=schema.events([]),
        behavior=schema.series({"speed": np.zeros(5), "angle": np.zeros(5)}, rate=5.0),
        **{"auxiliary/trigger": channels(kinds=("TRIG",))},
    )
    found = facts(rec)
    assert found["groups"].split(", ") == ["activity", "events", "behavior", "auxiliary/trigger"]
    assert found["behavior"] == "speed, angle"


def test_where_it_comes_from_is_said_and_what_is_unknown_too():
    found = facts(built(activity=channels()))
    assert (found["licence"], found["doi"], found["source"]) == ("CC0-1.0", "10.1/x", "unknown")
    assert found["subject"] == "s1"
    assert "session" not in found


def test_spikes_are_counted_over_what_was_observed():
    group = schema.spikes({"a": [0.0, 1.0, 4.0], "b": [2.0]})
    found = facts(built(spikes=group))
    assert (found["n_neurons"], found["n_spikes"], found["duration_s"]) == (2, 4, 4.0)
    assert found["mean_rate_hz"] == 0.5


def test_observed_intervals_are_longer_than_first_to_last_spike():
    rec = recording("spikes", n_channels=3, duration=20.0, random_state=0)
    assert observed_span(rec.spikes.to_dataset()) == (0.0, 20.0)
    assert facts(rec)["duration_s"] == 20.0


def test_no_spike_is_no_error():
    found = facts(built(spikes=schema.spikes({"a": []})))
    assert found["n_spikes"] == 0
    assert "mean_rate_hz" not in found


def test_edges_of_a_connectome_are_counted_and_gap_junctions_once():
    weight = np.zeros((2, 3, 3))
    weight[0, 0, 1] = 5
    weight[0, 1, 0] = 2
    weight[0, 2, 2] = np.nan
    weight[1, 0, 1] = weight[1, 1, 0] = 3
    group = schema.connectome(
        weight,
        pre=["a", "b", "c"],
        post=["a", "b", "c"],
        synapse_type=["chemical", "electrical"],
        post_type=["neuron", "neuron", "muscle"],
    )
    found = facts(built(connectome=group))
    assert (found["chemical_edges"], found["chemical_weight_sum"]) == (2, 7.0)
    assert (found["electrical_edges"], found["electrical_weight_sum"]) == (1, 3.0)
    assert (found["n_pre"], found["post_types"]) == (3, "2 neuron, 1 muscle")


def test_electrical_edges_between_different_sets_are_counted_as_they_stand():
    weight = np.ones((1, 2, 3))
    group = schema.connectome(
        weight, pre=["a", "b"], post=["x", "y", "z"], synapse_type=["electrical"]
    )
    assert facts(built(connectome=group))["electrical_edges"] == 6


def test_facts_read_no_signal():
    class Forbidden(FileArray):
        def read(self, key):
            raise AssertionError("a signal was read")

    group = schema.activity(
        lazy_variable(("time", "channel"), Forbidden((10_000_000, 300), "f4")),
        names=[f"c{i}" for i in range(300)],
        space="channel",
        rate=1000.0,
        coords={"channel_type": ["EEG"] * 300},
    )
    assert facts(built(activity=group))["duration_s"] == 10_000.0


@pytest.mark.parametrize(
    "modality", ["calcium", "eeg", "meg", "seeg", "ecog", "spikes", "connectome"]
)
def test_every_fact_is_a_plain_value_that_json_takes(modality):
    import json

    found = facts(recording(modality, n_channels=5, duration=5.0, random_state=0))
    assert all(type(value) in (str, int, float, bool) for value in found.values())
    assert json.loads(json.dumps(found, allow_nan=False)) == found


def test_a_recording_with_nothing_but_a_root_is_described():
    import xarray as xr

    found = facts(xr.DataTree())
    assert found["groups"] == ""
    assert found["licence"] == "unknown"
