"""Objects of pynapple agree with plain numpy on rates, spans and what is lost; odd recordings."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import xarray as xr
from hypothesis import given, settings
from hypothesis import strategies as st

import neurokit as nk
from neurokit.errors import SchemaError
from neurokit.interchange import to_pynapple
from neurokit.testing import recordings

nap = pytest.importorskip("pynapple")


def _rec(modality: str = "calcium", **groups: Any) -> xr.DataTree:
    return nk.schema.recording(groups, modality=modality)


def _events(onset: Any, duration: Any = None, kind: Any = None) -> Any:
    n = len(onset)
    table = nk.schema.events(
        onset,
        duration=np.zeros(n) if duration is None else duration,
        trial_type=["a"] * n if kind is None else kind,
    )
    return to_pynapple(_rec("behavior", events=table)).get("events")


@settings(max_examples=10, deadline=None)
@given(rec=recordings())
def test_any_recording_without_trials_goes_over_and_stays_as_it_was(rec: xr.DataTree) -> None:
    before = rec.copy(deep=True)
    signal = rec["activity/signal"] if "activity" in rec.children else None
    if signal is not None and signal.dims[0] != "time":
        with pytest.raises(SchemaError, match="no trials of samples"):
            to_pynapple(rec)
        return
    found = to_pynapple(rec)
    if signal is not None:
        assert found["activity"].shape == signal.shape
        np.testing.assert_array_equal(found["activity"].values, signal.values)
    assert rec.identical(before)


def test_events_at_unknown_times_are_left_out() -> None:
    found = _events([1.0, np.nan, 3.0], kind=["a", "b", "a"])
    assert list(found["label"]) == ["a", "b"]
    assert found[0].t.tolist() == [1.0, 3.0]
    assert len(found[1]) == 0


@pytest.mark.parametrize("onset", [[np.nan], [np.nan, np.nan], []])
def test_a_table_without_a_single_known_time_is_no_object(onset: list[float]) -> None:
    assert _events(onset) is None


def test_events_in_no_order_are_sorted_per_type() -> None:
    found = _events([5.0, 1.0, 3.0], kind=["a", "a", "b"])
    assert found[0].t.tolist() == [1.0, 5.0]
    assert found[1].t.tolist() == [3.0]


def test_one_event_is_an_interval_or_a_moment() -> None:
    lasting = _events([2.0], [3.0])
    assert lasting.values.tolist() == [[2.0, 5.0]]
    moment = _events([2.0])
    assert moment[0].t.tolist() == [2.0]


def test_rates_of_units_are_those_of_pynapple() -> None:
    rec = nk.simulate.recording("spikes", n_channels=12, duration=20.0, random_state=0)
    group = to_pynapple(rec)["spikes"]
    counts = np.diff(rec.spikes.spike_end.values, prepend=0)
    np.testing.assert_allclose(np.asarray(group.rates), counts / 20.0, rtol=1e-6)


def test_counts_in_bins_agree_with_ours() -> None:
    rec = nk.simulate.recording("spikes", n_channels=5, duration=10.0, random_state=1)
    theirs = to_pynapple(rec)["spikes"].count(0.5)
    ends = rec.spikes.spike_end.values
    trains = np.split(rec.spikes.spike_time.values, ends[:-1])
    edges = np.arange(21) * 0.5
    ours = np.stack([np.histogram(train, edges)[0] for train in trains], axis=1)
    # A spike on an edge is in one bin here and in the next there.
    assert np.abs(np.asarray(theirs.values) - ours).sum() <= 2


def test_silent_spikes_have_a_span_of_a_second() -> None:
    spikes = nk.schema.spikes({"a": [], "b": []})
    group = to_pynapple(_rec("spikes", spikes=spikes))["spikes"]
    assert [len(group[i]) for i in (0, 1)] == [0, 0]
    assert group.time_support.values.tolist() == [[0.0, 1.0]]


def test_restricting_to_a_run_gives_the_samples_of_that_run() -> None:
    time = np.r_[np.arange(5), 20 + np.arange(4)].astype(float)
    group = nk.schema.activity(
        np.arange(18.0).reshape(9, 2), names=["a", "b"], rate=1.0, time=time, run=[0] * 5 + [1] * 4
    )
    frame = to_pynapple(_rec(activity=group))["activity"]
    assert frame.time_support.values.tolist() == [[0.0, 4.0], [20.0, 23.0]]
    second = frame.restrict(frame.time_support[[1]])
    np.testing.assert_array_equal(second.values, group.signal.values[5:])


@pytest.mark.parametrize("n", [1, 2])
def test_signals_of_one_or_two_samples_go_over(n: int) -> None:
    group = nk.schema.activity(np.ones((n, 3)), names=list("abc"), rate=2.0)
    frame = to_pynapple(_rec(activity=group))["activity"]
    assert frame.shape == (n, 3)


def test_a_run_of_a_single_sample_loses_no_sample() -> None:
    time = np.array([0.0, 1.0, 5.0, 9.0, 10.0])
    group = nk.schema.activity(
        np.ones((5, 2)), names=["a", "b"], rate=1.0, time=time, run=[0, 0, 1, 2, 2]
    )
    frame = to_pynapple(_rec(activity=group))["activity"]
    np.testing.assert_allclose(frame.t, time)


def test_whatever_has_no_place_stays_behind() -> None:
    rec = nk.simulate.recording("connectome", n_channels=5, random_state=0)
    assert to_pynapple(rec) == {}


def test_gaps_in_numbers_stay_nan() -> None:
    values = np.ones((4, 2))
    values[1, 0] = np.nan
    group = nk.schema.activity(values, names=["a", "b"], rate=1.0)
    frame = to_pynapple(_rec(activity=group))["activity"]
    assert np.isnan(frame.values[1, 0])
    assert np.isfinite(frame.values).sum() == 7


@given(
    onset=st.lists(st.floats(0, 100), min_size=1, max_size=8, unique=True),
    length=st.floats(0.001, 5),
)
def test_events_become_intervals_only_if_none_overlaps(onset: list[float], length: float) -> None:
    start = np.sort(np.round(onset, 3))
    apart = bool((np.diff(start) >= length).all())
    found = _events(start, np.full(start.size, length))
    assert isinstance(found, nap.IntervalSet) is apart
    if apart:
        # pynapple may take a microsecond off where one interval touches the next.
        np.testing.assert_allclose(found.start, start, atol=2e-6)
