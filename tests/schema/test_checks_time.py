"""Checks of time: silent at the tolerance, one finding beyond it, in the group that has it."""

from itertools import pairwise

import numpy as np
import pytest
import xarray as xr
from hypothesis import given, settings
from hypothesis import strategies as st

from neurokit.errors import TimeError
from neurokit.schema import (
    activity,
    events,
    nominal_rate,
    recording,
    regular_time,
    runs,
    sampling_rate,
    series,
    spikes,
    time_coordinate,
    validate,
)


def _values(*shape):
    return np.random.default_rng(0).standard_normal(shape)


def _group(time=None, n=10, rate=1.0, **options):
    n = n if time is None else len(time)
    return activity(_values(n, 2), names=["a", "b"], rate=rate, time=time, **options)


def _rec(group=None, **groups):
    return recording({"activity": _group() if group is None else group, **groups}, modality="eeg")


def _found(rec):
    return [(f.code, f.where) for f in validate(rec)]


def _steps(*steps):
    return np.concatenate([[0.0], np.cumsum(steps)])


@pytest.mark.parametrize(
    ("step", "bad"),
    # The tolerance is 1e-3 of a step at 1 Hz, on either side.
    [(1.0009, False), (0.9991, False), (1.0011, True), (0.9989, True)],
)
def test_a_rate_may_be_off_by_a_thousandth(step, bad):
    found = validate(_rec(_group(np.arange(10) * step)))
    assert found.codes == (["NK104"] if bad else [])
    if bad:
        assert f"samples are {step:.6g} s apart" in found[0].found
        assert "mark cuts in run" in found[0].mend


@pytest.mark.parametrize(
    ("step", "bad"),
    # Half a sample is exact in binary; one 1024th more is beyond it.
    [(1.5, False), (1.5 + 2**-10, True)],
)
def test_a_single_step_may_be_off_by_half_a_sample(step, bad):
    # The next step makes up for it: the record as a whole is on its rate.
    found = validate(_rec(_group(_steps(1, 1, 1, step, 2 - step, 1))))
    assert found.codes == (["NK104"] if bad else [])


def test_a_gap_is_no_fault_where_run_marks_it():
    time = _steps(1, 1, 7, 1, 1)
    assert _found(_rec(_group(time))) == [("NK104", "/activity/time")]
    assert _found(_rec(_group(time, run=[0, 0, 0, 1, 1, 1]))) == []


def test_a_cut_marked_one_sample_late_is_still_a_fault():
    group = _group(_steps(1, 1, 7, 1, 1), run=[0, 0, 0, 0, 1, 1])
    assert _found(_rec(group)) == [("NK104", "/activity/time")]


def test_runs_of_one_sample_have_no_step_to_judge():
    assert _found(_rec(_group([0.0, 5.0, 6.0], run=[0, 1, 2]))) == []


def test_time_may_not_fall_back_even_across_a_cut():
    group = _group([0.0, 1.0, 0.5, 1.5], run=[0, 0, 1, 1])
    assert _found(_rec(group)) == [("NK102", "/activity/time")]


def test_irregular_time_is_no_fault():
    assert _found(_rec(_group([0.0, 0.1, 7.0, 7.5], rate=None))) == []


def test_two_equal_time_stamps_are_a_fault_that_says_where():
    found = validate(_rec(_group([0.0, 1.0, 1.0, 2.0], rate=None)))
    assert found.codes == ["NK102"]
    assert "index 2 (1 to 1 s)" in found[0].found
    assert "sortby" in found[0].mend


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_a_time_stamp_that_is_no_number_hides_no_second_fault_of_the_axis(value):
    found = validate(_rec(_group([0.0, 1.0, value, value, 0.5], rate=None)))
    assert found.codes == ["NK103"]
    assert found[0].found.startswith("2 time stamps")
    assert found[0].found.endswith("index 2")


@pytest.mark.parametrize("n", [0, 1])
def test_an_axis_without_steps_is_no_fault(n):
    table = series({"speed": np.zeros(n)}, rate=5.0)
    assert _found(_rec(behavior=table)) == []


@pytest.mark.parametrize(
    ("rate", "bad"), [(1.0, False), (1, False), (0.0, True), (-1.0, True), ("1", True)]
)
def test_a_rate_is_a_positive_number(rate, bad):
    group = _group()
    group.attrs["sampling_rate"] = group["time"].attrs["sampling_rate"] = rate
    assert _found(_rec(group)) == ([("NK105", "/activity/time")] if bad else [])


@pytest.mark.parametrize("owner", ["group", "time"])
def test_a_rate_said_once_only_is_a_disagreement(owner):
    group = _group()
    del (group if owner == "group" else group["time"]).attrs["sampling_rate"]
    (found,) = validate(_rec(group))
    assert (found.code, found.where) == ("NK106", "/activity")
    assert "None Hz" in found.found


@pytest.mark.parametrize("dtype", ["float32", "int64", "int32"])
def test_seconds_of_another_type_are_one_finding(dtype):
    group = _group()
    group = group.assign_coords(time=("time", group.time.values.astype(dtype), group.time.attrs))
    (found,) = validate(_rec(group))
    assert (found.code, found.where) == ("NK108", "/activity/time")
    assert dtype in found.found


@pytest.mark.parametrize(
    ("run", "codes"),
    [
        (np.repeat([0, 1], 5), []),
        (np.repeat([0, 1], 5).astype(np.uint8), []),
        (np.repeat([0.0, 1.0], 5), ["NK109"]),
        (np.repeat(["x", "y"], 5), ["NK109"]),
    ],
)
def test_runs_are_numbered_by_integers(run, codes):
    found = validate(_rec(_group().assign_coords(run=("time", run))))
    assert found.codes == codes
    assert all(f.where == "/activity/run" and f.mend == "Use integers." for f in found)


def test_an_empty_origin_is_as_good_as_none():
    assert _found(_rec(_group(time_origin=""))) == [("NK107", "/activity")]


def test_each_group_is_judged_by_its_own_clock():
    rec = _rec(
        behavior=series({"speed": np.zeros(3)}, time=[0.0, 2.0, 1.0]),
        stimulus=series({"light": np.zeros(3)}, time=[0.0, 1.0, 2.0], time_origin=""),
        **{"auxiliary/slow": _group(np.arange(4) * 1.1), "auxiliary/good": _group(n=3)},
    )
    assert set(_found(rec)) == {
        ("NK102", "/behavior/time"),
        ("NK107", "/stimulus"),
        ("NK104", "/auxiliary/slow/time"),
    }
    assert len(_found(rec)) == 3


# Ten samples at 1 Hz last from 0 to 10 s; an onset may miss them by a microsecond of rounding.
@pytest.mark.parametrize(
    ("onset", "bad"),
    [(0.0, 0), (10.0, 0), (-9e-7, 0), (10 + 9e-7, 0), (-2e-6, 1), (10 + 2e-6, 1), (np.inf, 1)],
)
def test_onsets_lie_within_the_record_and_its_last_sample(onset, bad):
    codes = [c for c, _ in _found(_rec(events=events([5.0, onset]))) if c == "NK501"]
    assert codes == ["NK501"] * bad


def test_the_message_counts_the_onsets_outside_and_names_the_first():
    found, order = validate(_rec(events=events([1.0, 12.0, -3.0])))
    assert order.code == "NK506"
    assert "2 of 3 onsets" in found.found
    assert "(0 to 10 s), the first at 12 s" in found.found


def test_a_longer_auxiliary_group_makes_the_record_longer():
    table = events([15.0])
    assert _found(_rec(events=table)) == [("NK501", "/events/onset")]
    assert _found(_rec(events=table, **{"auxiliary/long": _group(n=20)})) == []


def test_onsets_of_trials_are_not_held_against_the_time_within_a_trial():
    group = activity(_values(3, 5, 2), names=["a", "b"], rate=1.0)
    assert _found(_rec(group, events=events([100.0]))) == []


def test_the_last_sample_of_irregular_time_has_no_length():
    group = _group([0.0, 1.0, 4.0], rate=None)
    assert _found(_rec(group, events=events([4.0]))) == []
    assert _found(_rec(group, events=events([4.5]))) == [("NK501", "/events/onset")]


def test_events_without_any_clock_are_not_judged_by_one():
    assert validate(recording({"events": events([-5.0])}, modality="eeg")).codes == []


def test_a_table_of_trials_without_any_time_is_no_fault():
    table = events([np.nan, np.nan], columns={"choice": [1, 0]})
    assert "NK502" not in validate(recording({"events": table}, modality="eeg")).codes
    assert "NK502" in validate(_rec(events=table)).codes


def test_onsets_that_are_no_numbers_are_listed_by_index():
    (found,) = validate(_rec(events=events([np.nan, 1.0, np.nan])))
    assert (found.code, found.where) == ("NK502", "/events/onset")
    assert "event 0, 2 is NaN" in found.found


@pytest.mark.parametrize(("duration", "codes"), [(0.0, []), (np.nan, []), (-1e-12, ["NK503"])])
def test_durations_are_unknown_or_not_negative(duration, codes):
    assert validate(_rec(events=events([1.0], duration=[duration]))).codes == codes


def test_no_events_are_no_fault():
    assert _found(_rec(events=events([]))) == []


@pytest.mark.parametrize(
    ("ends", "codes"),
    [([2, 3], []), ([0, 3], []), ([3, 3], []), ([2, 4], ["NK602"]), ([4, 3], ["NK602"])],
)
def test_offsets_of_spikes_rise_up_to_their_number(ends, codes):
    group = spikes({"a": [0.1, 0.2], "b": [0.3]})
    group = group.assign(spike_end=("neuron", np.asarray(ends)))
    assert validate(_rec(spikes=group)).codes == codes


def test_a_train_may_start_before_the_end_of_the_one_before():
    assert _found(_rec(spikes=spikes({"a": [5.0, 6.0], "silent": [], "b": [0.1]}))) == []


def test_unsorted_spikes_name_their_neuron():
    group = spikes({"a": [1.0, 2.0], "silent": [], "b": [3.0, 4.0]})
    group = group.assign(spike_time=("spike", [1.0, 2.0, 4.0, 3.0]))
    (found,) = validate(_rec(spikes=group))
    assert (found.code, found.where) == ("NK601", "/spikes/spike_time")
    assert "times of b" in found.found


def test_spikes_without_offsets_say_what_they_hold():
    group = spikes({"a": [1.0]}).drop_vars("spike_end")
    (found,) = validate(_rec(spikes=group))
    assert (found.code, found.found) == ("NK602", "it holds spike_time")


@settings(max_examples=40)
@given(st.integers(2, 500), st.floats(1e-2, 1e5), st.floats(-1e4, 1e4))
def test_regular_time_rises_and_starts_where_it_should(n, rate, start):
    time = regular_time(n, rate, start)
    assert time.shape == (n,)
    assert time[0] == start
    assert (np.diff(time) > 0).all()


@settings(max_examples=40)
@given(st.integers(1, 200), st.floats(0.01, 1e5))
def test_a_regular_axis_of_any_rate_keeps_the_contract(n, rate):
    table = series({"speed": np.zeros(n)}, rate=rate)
    rec = recording({"behavior": table}, modality="behavior")
    assert validate(rec).codes == []
    assert sampling_rate(table) == rate


@settings(max_examples=40)
@given(st.lists(st.integers(0, 2), min_size=1, max_size=30))
def test_runs_partition_the_axis(labels):
    group = _group(n=len(labels), run=labels)
    stretches = runs(group.signal)
    assert [i for s in stretches for i in range(s.start, s.stop)] == list(range(len(labels)))
    assert all(len(set(labels[s])) == 1 for s in stretches)
    assert all(labels[a.stop - 1] != labels[b.start] for a, b in pairwise(stretches))


@pytest.mark.parametrize(
    ("step", "regular"),
    # Next to 98 steps of 1 s, the odd one may differ by less than 1e-3 s.
    [(1.0009, True), (0.9991, True), (1.0011, False), (0.9989, False)],
)
def test_a_step_off_by_a_thousandth_ends_regularity(step, regular):
    time = _steps(*[1.0] * 49, step, *[1.0] * 49)
    assert (nominal_rate(time) is not None) is regular


@pytest.mark.parametrize("time", [[], [0.0], [1.0, 1.0, 1.0], [2.0, 1.0, 0.0]])
def test_an_axis_that_does_not_rise_has_no_rate(time):
    assert nominal_rate(time) is None


def test_an_axis_cut_behind_every_sample_has_no_rate():
    assert nominal_rate([0.0, 1.0, 2.0], run=[0, 1, 2]) is None


@pytest.mark.parametrize(("step", "fine"), [(1.0009, True), (1.0011, False), (0.9989, False)])
def test_sampling_rate_has_the_tolerance_of_the_check(step, fine):
    x = _group(np.arange(10) * step).signal
    if fine:
        assert sampling_rate(x) == 1.0
    else:
        with pytest.raises(TimeError, match="sampling_rate says 1 Hz"):
            sampling_rate(x)


def test_a_time_coordinate_says_its_unit_and_only_a_rate_it_has():
    assert time_coordinate([0, 1]).attrs == {"units": "s"}
    assert time_coordinate([0, 1], 1).attrs == {"units": "s", "sampling_rate": 1.0}
    assert time_coordinate([0, 1]).dtype == np.float64


def test_the_rate_of_a_bare_group_is_read_from_its_attributes():
    x = xr.Dataset(coords={"time": [0.0, 0.5]}, attrs={"sampling_rate": 2})
    assert sampling_rate(x) == 2.0
