"""Recordings of unequal clocks get one time axis, and only what all of them recorded stays."""

from __future__ import annotations

import numpy as np
import pytest

import neurokit as nk
from neurokit.connectome.alignment import mean_rate, on_one_axis
from neurokit.errors import TimeError
from neurokit.schema import activity, as_history, recording, runs, sampling_rate


def a_ramp(rate=4.0, duration=60.0, time=None, run=None):
    """A signal whose value is its time, so that shifts would show."""
    seconds = np.arange(round(duration * rate)) / rate if time is None else time
    group = activity(
        np.stack([seconds, -seconds], axis=1),
        names=["AVAL", "AVAR"],
        rate=rate if time is None else None,
        time=time,
        run=run,
        coords={"identified": [True, True]},
    )
    return recording({"activity": group}, modality="calcium")


def test_equal_axes_are_left_as_they_are():
    recs = {"a": a_ramp(), "b": a_ramp()}
    aligned, said = on_one_axis(recs)
    assert said == "as recorded"
    for key, rec in recs.items():
        assert aligned[key].activity.signal.identical(rec.activity.signal)


def test_unequal_rates_become_the_lowest_and_lengths_the_shortest():
    aligned, said = on_one_axis({"a": a_ramp(4.0, 60.0), "b": a_ramp(2.5, 50.0)})
    stacked = nk.stack(aligned)
    assert sampling_rate(stacked) == 2.5
    assert float(stacked.time[-1]) <= 50.0
    assert said == "resampled to 2.5 Hz, cut to the 50 s in common"


def test_resampling_shifts_nothing():
    aligned, _ = on_one_axis({"a": a_ramp(4.0, 60.0), "b": a_ramp(3.0, 60.0)})
    for rec in aligned.values():
        signal = rec.activity.signal
        np.testing.assert_allclose(signal.sel(neuron="AVAL"), signal.time, atol=1e-3)


def test_a_rate_can_be_asked_for():
    aligned, said = on_one_axis({"a": a_ramp()}, rate=2.0)
    assert sampling_rate(aligned["a"].activity.signal) == 2.0
    assert said == "resampled to 2 Hz"
    assert on_one_axis({"a": a_ramp()}, rate=4.0)[1] == "as recorded"


def test_irregular_time_becomes_regular_at_its_median_rate():
    rng = np.random.default_rng(0)
    time = np.arange(120) * 0.5 + rng.uniform(-0.05, 0.05, 120)
    time[0] = 0.0
    aligned, said = on_one_axis({"a": a_ramp(time=time)})
    signal = aligned["a"].activity.signal
    assert sampling_rate(signal) == pytest.approx(2.0, rel=0.05)
    assert "resampled" in said
    np.testing.assert_allclose(signal.sel(neuron="AVAL"), signal.time, atol=0.05)


def test_a_cut_in_one_recording_is_a_cut_in_all():
    run = [0] * 100 + [1] * 140
    aligned, said = on_one_axis({"a": a_ramp(run=run), "b": a_ramp()})
    for rec in aligned.values():
        assert runs(rec.activity.signal) == [slice(0, 100), slice(100, 240)]
    assert said == "as recorded"


def test_a_gap_in_one_recording_is_a_cut_in_all():
    keep = np.r_[0:100, 140:240]
    time = np.arange(240)[keep] / 4.0
    group = activity(
        np.stack([time, -time], axis=1),
        names=["AVAL", "AVAR"],
        rate=4.0,
        time=time,
        run=[0] * 100 + [1] * 100,
        coords={"identified": [True, True]},
    )
    gappy = recording({"activity": group}, modality="calcium")
    aligned, _ = on_one_axis({"whole": a_ramp(), "gappy": gappy})
    stacked = nk.stack(aligned)
    assert runs(stacked) == [slice(0, 100), slice(100, 200)]
    assert sampling_rate(stacked) == 4.0


def test_a_drifting_clock_that_all_share_loses_no_frame():
    # 0.09 % off its nominal rate, which the contract still calls regular.
    time = np.arange(2400) / 4.0 * 1.0009
    group = activity(np.stack([time, time], axis=1), names=["A", "B"], rate=4.0, time=time)
    rec = recording({"activity": group}, modality="calcium")
    aligned, _ = on_one_axis({"a": rec, "b": rec})
    assert aligned["a"].activity.signal.sizes["time"] == 2400
    assert runs(aligned["b"].activity.signal) == [slice(0, 2400)]


def test_every_step_is_in_the_history():
    aligned, _ = on_one_axis({"a": a_ramp(4.0), "b": a_ramp(2.0)})
    assert [s["function"] for s in as_history(aligned["a"])] == ["signal.resample"]


def test_recordings_without_common_time_are_an_error():
    later = a_ramp(time=1000.0 + np.arange(240) / 4.0)
    with pytest.raises(TimeError, match="in common"):
        on_one_axis({"a": a_ramp(), "b": later})


def test_one_sample_has_no_rate():
    group = activity(np.zeros((1, 2)), names=["A", "B"], time=[0.0])
    with pytest.raises(TimeError, match="1 samples"):
        mean_rate(group.signal)


def test_padded_recordings_share_the_longest_axis():
    recs = {"a": a_ramp(4.0, 50.0), "b": a_ramp(2.5, 80.0)}
    padded, said = on_one_axis(recs, pad=True)
    stacked = nk.stack(padded)
    assert sampling_rate(stacked) == 2.5
    assert stacked.sizes["time"] == 200
    assert said == "resampled to 2.5 Hz, each in its own time"
    late = stacked.time > 50.0
    assert stacked.sel(recording="a").isel(time=late).isnull().all()
    assert stacked.sel(recording="b").notnull().all()


def test_padding_shifts_nothing_and_keeps_what_else_there_is():
    recs = {"a": a_ramp(4.0, 50.0), "b": a_ramp(2.5, 80.0)}
    padded, _ = on_one_axis(recs, pad=True)
    for key, rec in padded.items():
        signal = rec.activity.signal.isel(neuron=0)
        seen = signal.notnull() & (signal.time > 1.0) & (signal.time < 49.0)
        np.testing.assert_allclose(signal[seen], signal.time[seen], atol=1e-3)
        assert set(rec.children) == set(recs[key].children)
    assert recs["a"].activity.signal.sizes["time"] == 200


def test_equal_axes_need_no_padding():
    recs = {"a": a_ramp(), "b": a_ramp()}
    padded, said = on_one_axis(recs, pad=True)
    assert said == "as recorded"
    for key, rec in recs.items():
        assert padded[key].activity.signal.identical(rec.activity.signal)
