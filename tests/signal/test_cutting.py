"""epoch and windows: which samples, on which clock, with which labels, and what is refused."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import mne
import numpy as np
import pytest
import xarray as xr
from hypothesis import given, settings
from hypothesis import strategies as st

from neurokit import schema
from neurokit.errors import LabelError, SchemaError, TimeError
from neurokit.signal import epoch, windows

Maker = Callable[..., Any]


def counting(n_times: int = 60) -> np.ndarray:
    return np.stack([np.arange(n_times), -np.arange(n_times)], axis=1).astype(np.float32)


# epoch


def test_trials_hold_the_samples_around_each_event(worm: Maker) -> None:
    out = epoch(worm(counting()), "light", -0.2, 0.3)["activity"].to_dataset()
    assert out["signal"].dims == ("trial", "time", "neuron")
    np.testing.assert_array_equal(
        out["signal"].values[..., 0], [[3, 4, 5, 6, 7, 8], [18, 19, 20, 21, 22, 23]]
    )
    np.testing.assert_allclose(out["time"].values, [-0.2, -0.1, 0, 0.1, 0.2, 0.3])
    assert schema.sampling_rate(out["signal"]) == 10.0
    assert out.attrs["time_origin"] == "event onset"


def test_event_columns_are_coordinates_of_the_trials(worm: Maker) -> None:
    out = epoch(worm(counting()), "light", -0.2, 0.3)["activity"].to_dataset()
    assert out["onset"].values.tolist() == [0.5, 2.0]
    assert out["duration"].values.tolist() == [0.1, 0.2]
    assert out["trial_type"].values.tolist() == ["light", "light"]
    assert out["power"].values.tolist() == [1.0, 3.0]
    assert out["event"].values.tolist() == [0, 2]
    assert all(out[c].dims == ("trial",) for c in ("onset", "trial_type", "event", "power"))
    assert out["onset"].attrs == {"units": "s"}


def test_a_column_named_like_something_of_the_signal_gets_a_prefix(worm: Maker) -> None:
    out = epoch(worm(counting()), "light", -0.2, 0.3)["activity"].to_dataset()
    assert "run" not in out.coords  # on trials it would read as the runs of the time axis
    assert out["event_run"].values.tolist() == [1, 2]
    table = schema.events([2.0], columns={"neuron": ["AVAL"], "time": [2.0]})
    named = epoch(worm(counting()), table, 0.0, 0.1)["activity"].to_dataset()
    assert named["event_neuron"].values.tolist() == ["AVAL"]
    assert named["event_time"].values.tolist() == [2.0]


def test_several_types_come_in_the_order_of_the_table(worm: Maker) -> None:
    out = epoch(worm(counting()), ["heat", "light"], -0.2, 0.3)["activity"].to_dataset()
    assert out["trial_type"].values.tolist() == ["light", "heat", "light", "heat"]


def test_a_table_of_events_is_taken_as_it_is(worm: Maker) -> None:
    rec = worm(counting())
    table = rec["events"].to_dataset().isel(event=[3, 1])
    out = epoch(rec, table, 0.0, 0.0)["activity"].to_dataset()
    assert out["signal"].values[:, 0, 0].tolist() == [25, 10]
    assert out["event"].values.tolist() == [3, 1]
    whole = epoch(rec, rec["events"], 0.0, 0.0)["activity"].to_dataset()
    assert whole.sizes["trial"] == 4


def test_an_array_needs_a_table_and_gives_an_array(traces: Maker) -> None:
    x = traces(counting())
    out = epoch(x, schema.events([1.0, 2.0], trial_type=["a", "b"]), -0.1, 0.1)
    assert isinstance(out, xr.DataArray)
    assert out.name == "signal"
    assert out["trial_type"].values.tolist() == ["a", "b"]
    with pytest.raises(SchemaError, match="there is no /events"):
        epoch(x, "a", -0.1, 0.1)


@settings(deadline=None, max_examples=25)
@given(st.integers(0, 10_000), st.floats(-1.0, 1.0), st.floats(0.0, 1.0))
def test_label_zero_is_the_sample_nearest_to_the_onset(
    seed: int, tmin: float, length: float
) -> None:
    rng = np.random.default_rng(seed)
    time = np.arange(100) / 10
    group = schema.activity(xr.Variable(("time", "neuron"), time[:, None]), names=["a"], rate=10.0)
    onset = rng.uniform(2.5, 7.5, 6)
    out = epoch(group["signal"], schema.events(onset), tmin, tmin + length)
    shift = out.values[..., 0] - out["time"].values - onset[:, None]
    assert np.abs(shift).max() <= 0.05 + 1e-9
    np.testing.assert_allclose(out["sample_time"].values - onset, shift[:, 0], atol=1e-9)


def test_the_true_time_of_label_zero_is_kept_with_the_offset_of_its_clock(worm: Maker) -> None:
    rec = worm(counting(), time_offset=12.5)
    out = epoch(rec, schema.events([1.04, 2.26]), 0.1, 0.2)["activity"].to_dataset()
    np.testing.assert_allclose(out["sample_time"].values, [1.0, 2.3])
    assert out["sample_time"].attrs == {"units": "s", "time_offset": 12.5}
    assert "time_offset" not in out.attrs


def test_equals_mne_epochs(traces: Maker, rng: np.random.Generator) -> None:
    values = rng.standard_normal((1000, 3))
    samples = np.array([100, 250, 700])
    info = mne.create_info(3, 100.0, "eeg")
    raw = mne.io.RawArray(values.T, info, verbose="error")
    marks = np.stack([samples, [0, 0, 0], [1, 1, 1]], axis=1)
    oracle = mne.Epochs(
        raw, marks, tmin=-0.2, tmax=0.5, baseline=None, preload=True, verbose="error"
    )
    out = epoch(traces(values, rate=100.0), schema.events(samples / 100), -0.2, 0.5)
    np.testing.assert_allclose(out.transpose("trial", "neuron", "time"), oracle.get_data())
    np.testing.assert_allclose(out["time"], oracle.times, atol=1e-12)


def test_epochs_that_leave_the_record_are_dropped_and_counted(worm: Maker) -> None:
    rec = worm(counting())
    table = schema.events([0.1, 3.0, 5.8, float("nan"), 99.0])
    out = epoch(rec, table, -0.2, 0.2)
    assert out["activity/signal"].sizes["trial"] == 1
    assert out["activity/signal"].attrs["n_dropped"] == 4
    found = [f for f in schema.validate(out) if f.code == "NK510"]
    assert [f.severity for f in found] == ["SUGGESTION"]
    assert "4 of 5 epochs left the record" in found[0].found


def test_nothing_dropped_is_no_finding(worm: Maker) -> None:
    out = epoch(worm(counting()), "light", -0.2, 0.2)
    assert out["activity/signal"].attrs["n_dropped"] == 0
    assert "findings" not in out.attrs
    assert "NK510" not in schema.validate(out).codes


def test_findings_of_the_loader_are_kept(worm: Maker) -> None:
    rec = worm(counting())
    known = schema.Finding("NK900", "SUGGESTION", "/", "something", "Nothing.")
    rec.attrs["findings"] = schema.findings_to_json([known])
    codes = schema.validate(epoch(rec, schema.events([0.0, 3.0]), -0.2, 0.2)).codes
    assert {"NK900", "NK510"} <= set(codes)


def test_an_epoch_never_crosses_a_change_of_run(traces: Maker) -> None:
    time = np.concatenate([np.arange(30) / 10, 5 + np.arange(30) / 10])
    x = traces(time, time=time, run=[0] * 30 + [1] * 30)
    out = epoch(x, schema.events([2.5, 2.9, 4.0, 5.05, 5.5]), -0.2, 0.2)
    assert out["onset"].values.tolist() == [2.5, 5.5]
    np.testing.assert_allclose(
        out.values[..., 0] - out["time"].values, [[2.5] * 5, [5.5] * 5], atol=1e-9
    )
    assert "run" not in out.coords


def test_an_event_before_the_record_may_have_its_epoch_inside(traces: Maker) -> None:
    x = traces(np.arange(50) / 10)
    out = epoch(x, schema.events([-0.5]), 1.0, 1.2)
    np.testing.assert_allclose(out.values[0, :, 0], [0.5, 0.6, 0.7])
    assert out["sample_time"].values.tolist() == [-0.5]


def test_coordinates_on_the_old_clock_go_and_positions_stay(worm: Maker) -> None:
    rec = worm(counting(), position=np.arange(6.0).reshape(2, 3), run=np.zeros(60, dtype=int))
    group = rec["activity"].to_dataset().assign_coords(frame=("time", np.arange(60)))
    rec["activity"] = xr.DataTree(group)
    out = epoch(rec, "light", -0.2, 0.2)["activity"].to_dataset()
    assert {"frame", "run"}.isdisjoint(out.coords)
    assert out["position"].dims == ("neuron", "space")


def test_a_lazy_recording_stays_lazy(worm: Maker) -> None:
    rec = worm(counting())
    chunked = rec.chunk({"time": 7})
    out = epoch(chunked, "light", -0.2, 0.3)["activity/signal"]
    assert out.chunks is not None
    eager = epoch(rec, "light", -0.2, 0.3)["activity/signal"]
    np.testing.assert_array_equal(out.values, eager.values)


def test_an_epoched_recording_is_saved_and_validates(worm: Maker) -> None:
    out = epoch(worm(counting()), ["light", "heat"], -0.2, 0.3)
    assert schema.validate(out).ok, schema.validate(out)
    step = schema.as_history(out)[-1]
    assert step["function"] == "signal.epoch"
    assert step["parameters"] == {"events": ["light", "heat"], "tmin": -0.2, "tmax": 0.3}


def test_an_unknown_type_is_answered_with_what_there_is(worm: Maker) -> None:
    with pytest.raises(LabelError, match="did you mean 'light'.*There are: 'heat', 'light'"):
        epoch(worm(counting()), "lihgt", 0.0, 0.1)


def test_many_types_are_not_all_listed(traces: Maker) -> None:
    table = schema.events(np.arange(20.0), trial_type=[f"t{i:02}" for i in range(20)])
    group = traces(counting()).to_dataset(name="signal").assign_attrs(time_origin="first sample")
    rec = schema.recording({"activity": group, "events": table}, modality="calcium")
    with pytest.raises(LabelError, match=r"'t11', \.\.\.\n"):
        epoch(rec, "zzz", 0.0, 0.1)


@pytest.mark.parametrize(
    ("table", "said"),
    [
        (xr.Dataset({"choice": ("event", [1, 2])}), "there is no onset along event"),
        (xr.Dataset({"onset": ("trial", [1.0, 2.0])}), "there is no onset along event"),
        (schema.events([]), "the table has no event"),
    ],
)
def test_a_table_without_onsets_is_refused(table: xr.Dataset, said: str, traces: Maker) -> None:
    with pytest.raises(SchemaError, match=said):
        epoch(traces(counting()), table, 0.0, 0.1)


def test_a_table_without_types_cannot_be_asked_for_one(worm: Maker) -> None:
    rec = worm(counting())
    rec["events"] = xr.DataTree(rec["events"].to_dataset().drop_vars("trial_type"))
    with pytest.raises(SchemaError, match="there is no trial_type"):
        epoch(rec, "light", 0.0, 0.1)


@pytest.mark.parametrize(("tmin", "tmax"), [(0.5, -0.5), (float("nan"), 1.0), (0.0, float("inf"))])
def test_an_epoch_that_ends_before_it_begins_is_refused(
    tmin: float, tmax: float, worm: Maker
) -> None:
    with pytest.raises(TimeError, match="tmin, tmax: found"):
        epoch(worm(counting()), "light", tmin, tmax)


def test_no_epoch_at_all_is_an_error_that_says_why(worm: Maker) -> None:
    with pytest.raises(TimeError, match=r"none of 2 epochs of 201 samples .*\(0 to 5\.9 s\)"):
        epoch(worm(counting()), "light", -10.0, 10.0)


def test_trials_are_not_cut_again(worm: Maker) -> None:
    once = epoch(worm(counting()), "light", -0.2, 0.2)
    with pytest.raises(SchemaError, match="Cut the continuous recording"):
        epoch(once, "light", 0.0, 0.1)


# windows


def test_windows_hold_consecutive_samples_and_their_start(traces: Maker) -> None:
    out = windows(traces(np.arange(20.0)), 0.5, 0.3)
    assert out.dims == ("window", "time", "neuron")
    np.testing.assert_array_equal(
        out.values[..., 0], [np.arange(k, k + 5) for k in (0, 3, 6, 9, 12, 15)]
    )
    np.testing.assert_allclose(out["window_start"].values, [0, 0.3, 0.6, 0.9, 1.2, 1.5])
    np.testing.assert_allclose(out["time"].values, np.arange(5) / 10)
    assert out["window_start"].attrs == {"units": "s"}


@settings(deadline=None, max_examples=25)
@given(st.integers(1, 60), st.integers(1, 20), st.integers(1, 20))
def test_windows_side_by_side_cover_the_record_but_for_its_rest(
    n_times: int, length: int, step: int
) -> None:
    group = schema.activity(np.arange(float(n_times))[:, None], names=["a"], rate=10.0)
    if length > n_times:
        with pytest.raises(TimeError, match="the longest run"):
            windows(group["signal"], length / 10, step / 10)
        return
    out = windows(group["signal"], length / 10, step / 10)
    assert out.sizes["window"] == (n_times - length) // step + 1
    view = np.lib.stride_tricks.sliding_window_view(np.arange(float(n_times)), length)[::step]
    np.testing.assert_array_equal(out.values[..., 0], view)


def test_windows_start_anew_with_each_run(traces: Maker) -> None:
    x = traces(np.arange(23.0), run=[0] * 11 + [1] * 12)
    out = windows(x, 0.4, 0.4)
    assert out.values[:, 0, 0].tolist() == [0, 4, 11, 15, 19]
    assert "run" not in out.coords


def test_windows_of_a_recording_are_of_its_neural_channels(traces: Maker) -> None:
    kinds = {"channel_type": ["EEG", "TRIG", "EEG"]}
    x = traces(np.zeros((20, 3)), space="channel", coords=kinds)
    group = x.to_dataset(name="signal").assign_attrs(time_origin="first sample")
    rec = schema.recording({"activity": group}, modality="eeg", subject="one")
    out = windows(rec, 0.5, 0.5)
    assert out["channel"].values.tolist() == ["channel0", "channel2"]
    assert schema.as_history(out)[-1]["parameters"] == {"length": 0.5, "step": 0.5}


def test_windows_of_trials_stay_within_their_trial(traces: Maker) -> None:
    values = np.arange(40.0).reshape(2, 20, 1)
    out = windows(traces(values), 0.5, 1.0)
    assert out.dims == ("trial", "window", "time", "neuron")
    np.testing.assert_array_equal(out.values[1, 1, :, 0], [30, 31, 32, 33, 34])


def test_lazy_windows_stay_lazy(traces: Maker) -> None:
    x = traces(np.arange(50.0))
    out = windows(x.chunk({"time": 8}), 1.0, 0.5)
    assert out.chunks is not None
    np.testing.assert_array_equal(out.values, windows(x, 1.0, 0.5).values)


@pytest.mark.parametrize(("length", "step"), [(0.0, 1.0), (1.0, 0.0), (1.0, -1.0)])
def test_windows_without_extent_are_refused(length: float, step: float, traces: Maker) -> None:
    with pytest.raises(TimeError, match="Give a positive number of seconds"):
        windows(traces(np.zeros(50)), length, step)


def test_less_than_half_a_sample_is_refused(traces: Maker) -> None:
    with pytest.raises(TimeError, match=r"step: 0\.01 s is less than half a sample at 10 Hz"):
        windows(traces(np.zeros(50)), 1.0, 0.01)


def test_a_window_longer_than_every_run_is_refused(traces: Maker) -> None:
    x = traces(np.zeros(50), run=[0] * 20 + [1] * 30)
    with pytest.raises(TimeError, match=r"the longest run 30\. Give a length of at most 3 s"):
        windows(x, 4.0, 1.0)
