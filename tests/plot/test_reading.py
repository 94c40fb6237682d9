"""A figure reads what it shows and no more, in blocks, and loses no peak."""

import numpy as np
import pytest
import xarray as xr

from neurokit.errors import OptionError, SchemaError
from neurokit.plot import reading


def test_a_cut_keeps_start_and_leaves_stop_out(build):
    signal = build(np.zeros((10, 2)), rate=10.0).activity.signal
    assert reading.cut(signal, 0.2, 0.5).time.values.tolist() == pytest.approx([0.2, 0.3, 0.4])


def test_a_cut_without_limits_is_everything(build):
    signal = build(np.zeros((10, 2)), rate=10.0).activity.signal
    assert reading.cut(signal, None, None).sizes["time"] == 10


@pytest.mark.parametrize(("start", "stop"), [(5.0, 6.0), (0.5, 0.2), (None, -1.0)])
def test_a_window_without_samples_says_what_there_is(build, start, stop):
    signal = build(np.zeros((10, 2)), rate=10.0).activity.signal
    with pytest.raises(OptionError, match=r"It has 0 to 0.9 s"):
        reading.cut(signal, start, stop)


def test_a_cut_reads_nothing(counted):
    rec, array = counted(1000, 4)
    reading.cut(rec.activity.signal, 2.0, 3.0)
    assert array.reads == []


def test_evenly_chosen_columns_are_a_slice_and_read_as_one(counted):
    rec, array = counted(50, 100)
    part = reading.evenly(rec.activity.signal, 20)
    assert part.channel.values.tolist() == [f"E{i}" for i in range(0, 100, 5)]
    np.asarray(part)
    assert array.n_read == 50 * 20


@pytest.mark.parametrize(
    ("n", "n_max", "kept"), [(20, 20, 20), (21, 20, 11), (5, 20, 5), (100, 1, 1)]
)
def test_never_more_columns_than_asked_for(build, n, n_max, kept):
    signal = build(np.zeros((3, n))).activity.signal
    assert reading.evenly(signal, n_max).sizes["channel"] == kept


def test_the_step_meets_every_type_of_a_helmet_that_repeats_them(build):
    # A step of 6 over magnetometer, gradiometer, gradiometer would find magnetometers only.
    kinds = ["MEGMAG", "MEGGRADPLANAR", "MEGGRADPLANAR"] * 34
    signal = build(np.zeros((3, 102)), kinds=kinds).activity.signal
    assert set(reading.evenly(signal, 17).channel_type.values) == set(kinds)


def test_a_type_that_no_step_meets_is_no_reason_to_fail(build):
    kinds = ["EEG"] * 99 + ["EOG"]
    signal = build(np.zeros((3, 100)), kinds=kinds).activity.signal
    assert reading.evenly(signal, 10).sizes["channel"] == 10


def test_few_samples_are_drawn_as_they_are(build):
    values = np.random.default_rng(0).standard_normal((200, 3)).astype(np.float32)
    time, drawn = reading.outline(build(values).activity.signal, n_bins=100)
    np.testing.assert_array_equal(drawn, values)
    assert time.size == 200


def test_minimum_and_maximum_of_every_bin_are_drawn(build):
    values = np.random.default_rng(0).standard_normal((10_000, 2)).astype(np.float32)
    time, drawn = reading.outline(build(values).activity.signal, n_bins=100)
    assert drawn.shape == (200, 2)
    folded = values.reshape(100, 100, 2)
    np.testing.assert_array_equal(drawn[0::2], folded.min(axis=1))
    np.testing.assert_array_equal(drawn[1::2], folded.max(axis=1))
    assert (np.diff(time) > 0).all()


def test_one_spike_in_a_million_samples_is_seen(build):
    values = np.zeros((1_000_000, 1), dtype=np.float32)
    values[654_321] = 7.0
    time, drawn = reading.outline(build(values, rate=1000.0).activity.signal, n_bins=1000)
    assert drawn.max() == 7.0
    assert abs(time[drawn[:, 0].argmax()] - 654.321) <= 1.0  # within its bin of a second


def test_lengths_that_bins_do_not_divide_lose_no_sample(build):
    values = np.arange(1003, dtype=np.float32)[:, None]
    _, drawn = reading.outline(build(values).activity.signal, n_bins=10)
    assert drawn[0, 0] == 0
    assert drawn[-1, 0] == 1002
    # The highest of a bin and the lowest of the next are neighbours: nothing lies between.
    np.testing.assert_array_equal(drawn[2::2, 0] - drawn[1:-1:2, 0], 1.0)


def test_what_was_not_observed_hides_no_neighbour(build):
    values = np.full((1000, 1), np.nan, dtype=np.float32)
    values[505] = 3.0
    _, drawn = reading.outline(build(values).activity.signal, n_bins=10)
    assert np.nanmin(drawn) == np.nanmax(drawn) == 3.0
    assert np.isnan(drawn).sum() == 18


def test_lines_break_where_a_run_ends(build):
    signal = build(np.ones((10, 1)), run=[0] * 4 + [1] * 6).activity.signal
    _, drawn = reading.outline(signal)
    assert np.flatnonzero(np.isnan(drawn[:, 0])).tolist() == [4]


def test_long_runs_break_too(build):
    run = np.repeat([0, 1, 2], 1000)
    _, drawn = reading.outline(build(np.ones((3000, 1)), run=run).activity.signal, n_bins=30)
    assert np.isnan(drawn[:, 0]).sum() == 2


def test_a_long_signal_is_read_once_and_in_small_blocks(counted, monkeypatch):
    monkeypatch.setattr(reading.block_length, "__defaults__", (8 * 4 * 1000,))
    rec, array = counted(100_000, 4)
    reading.outline(rec.activity.signal, n_bins=500)
    assert array.n_read == 400_000
    assert array.largest <= 4 * 1000


def test_a_window_reads_its_samples_only(counted):
    rec, array = counted(100_000, 40)
    part = reading.evenly(reading.cut(rec.activity.signal, 100.0, 110.0), 10)
    reading.outline(part)
    assert array.n_read == 1000 * 10
    assert array.rows_read[0] == 10_000
    assert array.rows_read[-1] == 10_999


def test_averages_are_means_of_what_was_observed(worm):
    values = np.arange(20, dtype=np.float32).reshape(10, 2)
    values[0, 0] = np.nan
    edges, means = reading.averaged(worm(values, rate=1.0).activity.signal, n_bins=5)
    assert edges.tolist() == [0, 2, 4, 6, 8, 10]
    np.testing.assert_allclose(means[:, 1], values[:, 1].reshape(5, 2).mean(axis=1))
    assert means[0, 0] == 2.0  # of NaN and 2
    assert not np.isnan(means).any()


def test_averages_of_nothing_stay_nan(worm):
    values = np.full((100, 1), np.nan, dtype=np.float32)
    _, means = reading.averaged(worm(values).activity.signal, n_bins=10)
    assert np.isnan(means).all()


def test_few_samples_are_not_averaged(worm):
    values = np.random.default_rng(1).standard_normal((7, 2)).astype(np.float32)
    edges, means = reading.averaged(worm(values, rate=2.0).activity.signal)
    np.testing.assert_allclose(means, values, rtol=1e-6)
    assert edges[-1] == pytest.approx(3.5)


def test_averages_keep_digits_of_large_baselines(worm):
    # float32 sums of 1e5 values near 1e4 would be off in the fourth digit.
    values = np.full((100_000, 1), 12_345.0, dtype=np.float32)
    _, means = reading.averaged(worm(values).activity.signal, n_bins=2)
    np.testing.assert_array_equal(means, 12_345.0)


def test_a_trial_has_to_be_chosen_first():
    x = xr.DataArray(np.zeros((2, 3, 4)), dims=("trial", "time", "channel"))
    with pytest.raises(SchemaError, match=r"isel\(trial=0\)"):
        reading.two_dims(x)


def test_time_comes_first_whatever_the_order():
    x = xr.DataArray(np.zeros((3, 4)), dims=("channel", "time"))
    assert reading.two_dims(x).dims == ("time", "channel")


def test_a_signal_without_time_is_refused():
    with pytest.raises(SchemaError, match="time dim"):
        reading.two_dims(xr.DataArray(np.zeros(3), dims="neuron"))


@pytest.mark.parametrize(("columns", "length"), [(1, 2**21), (0, 2**21), (2**22, 1)])
def test_a_block_has_at_least_one_sample(columns, length):
    assert reading.block_length(columns) == length
