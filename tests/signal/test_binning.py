"""signal.bin_spikes: every spike once, nothing invented where nobody looked."""

import json

import numpy as np
import pytest
import xarray as xr
from hypothesis import given, settings
from hypothesis import strategies as st

import neurokit as nk
from neurokit import schema
from neurokit.errors import SchemaError, TimeError
from neurokit.signal import bin_spikes


def _group(trains=None, **variables):
    group = schema.spikes(trains or {"a": [0.05, 0.1, 0.35], "b": [0.2], "c": []})
    return group.assign(variables)


def _recording(group=None, **groups):
    return schema.recording(
        {"spikes": _group() if group is None else group, **groups}, modality="spikes"
    )


def _with_intervals(group, intervals):
    """`intervals`: per neuron a list of (start, stop)."""
    flat = [pair for own in intervals for pair in own]
    return group.assign(
        obs_start=("interval", np.array([a for a, _ in flat], dtype=np.float64)),
        obs_stop=("interval", np.array([b for _, b in flat], dtype=np.float64)),
        obs_end=("neuron", np.cumsum([len(own) for own in intervals])),
    )


def _findings(rec):
    return [f for f in json.loads(rec.attrs.get("findings", "[]")) if f["code"] == "NK888"]


def test_counts_are_spikes_per_bin_and_neuron():
    counts = bin_spikes(_group(), 0.1)
    assert counts.dims == ("time", "neuron")
    assert counts.values.T.tolist() == [[1, 1, 0, 1], [0, 0, 1, 0], [0, 0, 0, 0]]
    assert counts.dtype == np.float32
    assert counts.attrs["units"] == "1"


def test_time_is_the_centre_of_each_bin_on_the_clock_of_the_spikes():
    counts = bin_spikes(_group(), 0.1)
    np.testing.assert_allclose(counts.time.values, [0.05, 0.15, 0.25, 0.35], atol=1e-12)
    assert counts.time.attrs["sampling_rate"] == pytest.approx(10.0)
    assert schema.sampling_rate(counts) == pytest.approx(10.0)


def test_a_spike_on_an_edge_belongs_to_the_bin_that_begins_there():
    # 0.3 and 0.6 are edges that binary floating point misses from below.
    counts = bin_spikes(_group({"a": [0.0, 0.1, 0.2, 0.3, 0.6]}), 0.1)
    assert counts.values[:, 0].tolist() == [1, 1, 1, 1, 0, 0, 1]


def test_the_last_spike_is_counted_even_on_an_edge():
    counts = bin_spikes(_group({"a": [0.0, 1.0]}), 0.5)
    assert counts.values[:, 0].tolist() == [1, 0, 1]
    assert counts.attrs["n_not_counted"] == 0


def test_bins_begin_at_zero_not_at_the_first_spike():
    counts = bin_spikes(_group({"a": [0.95]}), 0.1)
    assert counts.sizes["time"] == 10
    assert counts.time.values[0] == pytest.approx(0.05)


def test_spikes_before_zero_extend_the_bins_backwards_in_whole_steps():
    counts = bin_spikes(_group({"a": [-0.25, 0.05]}), 0.1)
    np.testing.assert_allclose(counts.time.values, [-0.25, -0.15, -0.05, 0.05])
    assert counts.values[:, 0].tolist() == [1, 0, 0, 1]


def test_start_and_stop_choose_whole_bins_and_the_rest_is_counted_as_left_out():
    counts = bin_spikes(_group({"a": [0.05, 0.15, 0.25, 0.31, 0.36]}), 0.1, start=0.1, stop=0.35)
    np.testing.assert_allclose(counts.time.values, [0.15, 0.25])
    assert counts.values[:, 0].tolist() == [1, 1]
    assert counts.attrs["n_not_counted"] == 3


@st.composite
def _trains(draw):
    n = draw(st.integers(1, 5))
    times = st.floats(-50, 50, allow_nan=False, width=32)
    return {f"n{i}": draw(st.lists(times, max_size=30)) for i in range(n)}


@settings(max_examples=40)
@given(_trains(), st.sampled_from([0.05, 0.1, 1 / 3, 1.0, 7.0]))
def test_every_spike_is_counted_exactly_once(trains, width):
    n_spikes = sum(map(len, trains.values()))
    if not n_spikes:
        return
    counts = bin_spikes(schema.spikes(trains), width)
    assert counts.attrs["n_not_counted"] == 0
    assert counts.values.sum() == n_spikes
    per_neuron = counts.values.sum(axis=0).tolist()
    assert per_neuron == [len(train) for train in trains.values()]


@settings(max_examples=40)
@given(_trains(), st.floats(-60, 60), st.floats(0.5, 80), st.sampled_from([0.1, 0.3, 2.0]))
def test_what_is_not_counted_makes_up_the_rest(trains, start, length, width):
    n_spikes = sum(map(len, trains.values()))
    if length < width:
        return
    counts = bin_spikes(schema.spikes(trains), width, start=start, stop=start + length)
    assert counts.values.sum() + counts.attrs["n_not_counted"] == n_spikes
    edges = start + np.arange(counts.sizes["time"] + 1) * width
    assert edges[-1] <= start + length + 1e-6 * width


@settings(max_examples=40)
@given(_trains(), st.data())
def test_with_intervals_too_no_spike_is_lost_from_the_sum(trains, data):
    pairs = st.tuples(st.floats(-50, 50), st.floats(0.1, 30)).map(lambda p: (p[0], p[0] + p[1]))
    intervals = [data.draw(st.lists(pairs, min_size=1, max_size=3)) for _ in trains]
    group = _with_intervals(schema.spikes(trains), intervals)
    counts = bin_spikes(group, 0.5)
    total = np.nansum(counts.values) + counts.attrs["n_not_counted"]
    assert total == sum(map(len, trains.values()))


# -- what was observed


def test_outside_the_observation_intervals_nobody_knows():
    group = _with_intervals(_group(), [[(0.0, 0.4)], [(0.2, 0.4)], [(0.0, 0.1), (0.3, 0.4)]])
    counts = bin_spikes(group, 0.1).values.T
    np.testing.assert_array_equal(counts[0], [1, 1, 0, 1])
    np.testing.assert_array_equal(counts[1], [np.nan, np.nan, 1, 0])
    np.testing.assert_array_equal(counts[2], [0, np.nan, np.nan, 0])


def test_a_bin_that_is_observed_in_part_is_not_observed():
    group = _with_intervals(_group({"a": [0.05, 0.25]}), [[(0.05, 0.4)]])
    counts = bin_spikes(group, 0.1, start=0.0)
    np.testing.assert_array_equal(counts.values[:, 0], [np.nan, 0, 1, 0])
    assert counts.attrs["n_not_counted"] == 1


def test_bins_begin_with_the_first_interval_and_reach_the_end_of_the_last():
    group = _with_intervals(_group({"a": [2.55]}), [[(2.0, 3.0)]])
    counts = bin_spikes(group, 0.5)
    np.testing.assert_allclose(counts.time.values, [2.25, 2.75])
    np.testing.assert_array_equal(counts.values[:, 0], [0, 1])


def test_silence_at_the_end_is_observed_if_someone_looked():
    group = _with_intervals(_group({"a": [0.05]}), [[(0.0, 1.0)]])
    assert bin_spikes(group, 0.1).values[:, 0].tolist() == [1] + [0] * 9


def test_a_neuron_without_an_interval_was_never_observed():
    group = _with_intervals(_group({"a": [0.05], "b": []}), [[(0.0, 0.2)], []])
    counts = bin_spikes(group, 0.1)
    assert np.isnan(counts.sel(neuron="b")).all()
    assert not np.isnan(counts.sel(neuron="a")).any()


def test_spikes_outside_the_intervals_are_a_finding():
    group = _with_intervals(_group({"a": [0.05, 0.95]}), [[(0.0, 0.5)]])
    found = _findings(bin_spikes(_recording(group), 0.1))
    assert "1 of 2 spikes lie in no observed bin" in found[0]["found"]


def test_where_all_are_counted_there_is_no_finding():
    assert _findings(bin_spikes(_recording(), 0.1)) == []


# -- trials


def _trial_group(trial, times=(0.05, 0.25, 0.15), neuron_counts=(2, 1)):
    names = [f"n{i}" for i in range(len(neuron_counts))]
    ends = np.cumsum(neuron_counts)
    trains = {name: times[a:b] for name, a, b in zip(names, [0, *ends[:-1]], ends, strict=True)}
    return _group(trains).assign(spike_trial=("spike", np.asarray(trial)))


def test_trials_come_first_and_their_times_count_from_their_starts():
    counts = bin_spikes(_trial_group([0, 1, 1]), 0.1)
    assert counts.dims == ("trial", "time", "neuron")
    assert counts.sel(neuron="n0").values.tolist() == [[1, 0, 0], [0, 0, 1]]
    assert counts.sel(neuron="n1").values.tolist() == [[0, 0, 0], [0, 1, 0]]


def test_a_trial_without_a_spike_is_there():
    counts = bin_spikes(_trial_group([0, 3, 3]), 0.1)
    assert counts.trial.values.tolist() == [0, 1, 2, 3]
    assert counts.values[1:3].sum() == 0


def test_trials_numbered_from_one_keep_their_numbers():
    counts = bin_spikes(_trial_group([1, 2, 4]), 0.1)
    assert counts.trial.values.tolist() == [1, 2, 3, 4]


def test_the_first_trials_are_there_though_nothing_fired_in_them():
    counts = bin_spikes(_trial_group([3, 4, 4]), 0.1)
    assert counts.trial.values.tolist() == [1, 2, 3, 4]


def test_stated_trials_count_more_than_those_with_spikes():
    group = _trial_group([5, 9, 9]).assign_coords(
        trial=[9, 7, 5], choice=("trial", ["l", "r", "l"])
    )
    counts = bin_spikes(group, 0.1)
    assert counts.trial.values.tolist() == [9, 7, 5]
    assert counts.choice.values.tolist() == ["l", "r", "l"]
    assert counts.values.sum(axis=(1, 2)).tolist() == [2, 0, 1]


def test_the_table_of_events_tells_how_many_trials_there_were():
    table = schema.events(np.full(5, np.nan), trial_type=list("abcde"))
    rec = bin_spikes(_recording(_trial_group([0, 1, 1]), events=table), 0.1)
    assert rec.activity.trial.values.tolist() == [0, 1, 2, 3, 4]


def test_a_spike_of_an_unknown_trial_is_an_error():
    group = _trial_group([0, 1, 8]).assign_coords(trial=[0, 1])
    with pytest.raises(SchemaError, match="in trial 8, which is none of the 2 trials"):
        bin_spikes(group, 0.1)


def test_trials_cut_from_a_long_record_agree_with_trials_given_as_such():
    rng = np.random.default_rng(3)
    onset = np.array([10.0, 20.0, 30.0])
    inside = [np.sort(rng.uniform(0, 1, 20)) for _ in range(3)]
    long = schema.spikes({"a": np.concatenate([o + t for o, t in zip(onset, inside, strict=True)])})
    table = schema.events(onset + 0.05, trial_type=["go"] * 3)
    rec = bin_spikes(_recording(long, events=table), 0.1, stop=35.0)
    cut = nk.signal.epoch(rec, "go", 0.0, 0.9)
    own = schema.spikes({"a": np.concatenate(inside)})
    order = np.argsort(np.concatenate(inside), kind="stable")
    own = own.assign(spike_trial=("spike", np.repeat([0, 1, 2], 20)[order]))
    apart = bin_spikes(own, 0.1, start=0.0, stop=1.0)
    np.testing.assert_array_equal(cut["activity/signal"].values, apart.values)


# -- what stays


def test_held_out_neurons_and_all_their_coordinates_stay():
    group = _group().assign(held_out=("neuron", [False, True, False]))
    group = group.assign_coords(region=("neuron", ["M1", "PMd", "M1"]))
    counts = bin_spikes(group, 0.1)
    assert counts.held_out.values.tolist() == [False, True, False]
    assert counts.region.values.tolist() == ["M1", "PMd", "M1"]
    assert "spike_end" not in counts.coords


def test_a_recording_gets_an_activity_and_keeps_everything_else():
    behavior = schema.series({"speed": np.arange(5.0)}, rate=2.0)
    rec = _recording(behavior=behavior)
    out = bin_spikes(rec, 0.1)
    assert set(out.children) == {"spikes", "behavior", "activity"}
    np.testing.assert_array_equal(out["activity/signal"].values, bin_spikes(_group(), 0.1).values)
    assert "activity" not in rec.children


def test_what_was_recorded_beside_the_spikes_is_not_lost():
    lfp = schema.activity(
        np.zeros((4, 1)),
        names=["L1"],
        space="channel",
        rate=2.0,
        coords={"channel_type": ["OTHER"]},
    )
    out = bin_spikes(_recording(activity=lfp), 0.1)
    assert out["auxiliary/activity"].channel.values.tolist() == ["L1"]
    with pytest.raises(SchemaError, match="taken"):
        bin_spikes(out, 0.1)


def test_the_clock_of_the_spikes_goes_with_the_counts():
    group = schema.spikes({"a": [0.1]}, time_origin="first trial", time_offset=12.5)
    attrs = bin_spikes(_recording(group), 0.1).activity.attrs
    assert (attrs["time_origin"], attrs["time_offset"]) == ("first trial", 12.5)


def test_the_result_keeps_the_contract_and_survives_a_store(tmp_path):
    group = _with_intervals(_group(), [[(0.0, 0.4)], [(0.2, 0.4)], [(0.0, 0.4)]])
    out = bin_spikes(_recording(group), 0.1)
    assert schema.validate(out).ok
    nk.testing.assert_same(nk.open(nk.save(out, tmp_path / "a.nc")), out)


def test_the_history_says_how_wide_a_bin_is():
    step = bin_spikes(_recording(), 0.1).nk.history[-1]
    assert step["function"] == "signal.bin_spikes"
    assert step["parameters"] == {"width": 0.1, "start": None, "stop": None}


def test_simulated_spikes_are_all_counted():
    rec = nk.simulate.recording("spikes", random_state=0)
    out = bin_spikes(rec, 0.02)
    n_counted = np.nansum(out["activity/signal"].values)
    assert n_counted + out.activity.signal.attrs["n_not_counted"] == rec.spikes.sizes["spike"]
    assert out.activity.signal.attrs["n_not_counted"] == 0


@pytest.mark.slow
def test_counts_equal_those_of_pynapple():
    nap = pytest.importorskip("pynapple")
    rng = np.random.default_rng(5)
    trains = {f"n{i}": np.sort(rng.uniform(0, 20, 200)) for i in range(4)}
    expected = nap.TsGroup(
        {i: nap.Ts(t) for i, t in enumerate(trains.values())}, nap.IntervalSet(0, 20)
    ).count(0.25)
    counts = bin_spikes(schema.spikes(trains), 0.25, start=0.0, stop=20.0)
    np.testing.assert_array_equal(counts.values, expected.values)
    np.testing.assert_allclose(counts.time.values, expected.t)


# -- what is refused


@pytest.mark.parametrize("width", [0.0, -1.0, np.nan, np.inf, True, "1"])
def test_a_width_is_a_positive_number_of_seconds(width):
    with pytest.raises(TimeError, match="width"):
        bin_spikes(_group(), width)


def test_a_window_narrower_than_a_bin_is_refused():
    with pytest.raises(TimeError, match="no bin of 1 s lies between 0 s and 0.5 s"):
        bin_spikes(_group(), 1.0, stop=0.5)


def test_no_spike_at_all_needs_a_stop():
    silent = _group({"a": []})
    with pytest.raises(TimeError, match="no bin"):
        bin_spikes(silent, 0.1)
    assert bin_spikes(silent, 0.1, stop=1.0).values.tolist() == [[0]] * 10


def test_times_in_samples_are_noticed_before_the_memory_is_gone():
    with pytest.raises(TimeError, match="are the spike times in seconds"):
        bin_spikes(_group({"a": [3.0e9], "b": []}), 0.001)


def test_a_time_that_is_no_number_is_refused():
    group = _group().copy(deep=True)
    group["spike_time"].values[1] = np.nan
    with pytest.raises(TimeError, match="1 spike times are NaN"):
        bin_spikes(group, 0.1)


def test_a_recording_without_spikes_says_what_it_has():
    rec = nk.simulate.recording("calcium", random_state=0, duration=5.0)
    with pytest.raises(SchemaError, match="there is no /spikes, only activity"):
        bin_spikes(rec, 0.1)


def test_a_group_without_offsets_is_refused():
    with pytest.raises(SchemaError, match="spike_end"):
        bin_spikes(xr.Dataset({"spike_time": ("spike", [0.1])}), 0.1)
