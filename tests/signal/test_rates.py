"""resample on labelled signals: centred labels, one grid for all runs, gaps, irregular clocks."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import xarray as xr
from hypothesis import given, settings
from hypothesis import strategies as st

from neurokit import schema
from neurokit.errors import OptionError, TimeError
from neurokit.signal import resample

Maker = Callable[..., Any]


@settings(deadline=None, max_examples=25)
@given(
    st.floats(0.3, 40.0),
    st.floats(0.3, 40.0),
    st.integers(2, 200),
    st.sampled_from(["sinc", "area"]),
)
def test_a_ramp_stays_on_the_same_line(
    rate: float, new_rate: float, n_times: int, method: str
) -> None:
    time = schema.regular_time(n_times, rate)
    group = schema.activity(xr.Variable(("time", "neuron"), time[:, None]), names=["a"], rate=rate)
    out = resample(group["signal"], new_rate, method=method)
    np.testing.assert_allclose(out.values[:, 0], out["time"].values, atol=1e-6 * n_times / rate)


@pytest.mark.parametrize("seed", range(5))
def test_a_ramp_on_an_irregular_clock_stays_on_the_same_line(seed: int, traces: Maker) -> None:
    time = np.cumsum(np.random.default_rng(seed).uniform(0.1, 0.9, 300))
    x = traces(5 - 2 * time, rate=None, time=time)
    for rate in (0.2, 1.0, 3.0, 10.0):
        out = resample(x, rate)
        np.testing.assert_allclose(out.values[:, 0], 5 - 2 * out["time"].values, atol=1e-9)


@pytest.mark.parametrize("method", ["sinc", "area"])
@pytest.mark.parametrize("rate", [1.0, 3.0, 10.0, 30.0])
def test_time_is_regular_from_the_first_sample_and_says_its_rate(
    rate: float, method: str, traces: Maker
) -> None:
    out = resample(traces(np.zeros(101)), rate, method=method)
    n_out = int(10 * rate) + 1
    np.testing.assert_allclose(out["time"].values, np.arange(n_out) / rate, atol=0)
    assert out["time"].dtype == np.float64
    assert schema.sampling_rate(out) == rate
    assert out["time"].attrs == {"units": "s", "sampling_rate": rate}


def test_a_recording_says_its_new_rate_in_both_places(worm: Maker) -> None:
    out = resample(worm(np.random.default_rng(0).standard_normal((100, 2))), 4.0)
    assert out["activity"].attrs["sampling_rate"] == 4.0
    assert out["activity"].attrs["time_origin"] == "first sample"
    assert schema.validate(out).ok


def test_its_own_rate_changes_nothing(traces: Maker, rng: np.random.Generator) -> None:
    x = traces(rng.standard_normal((80, 3)), dtype=np.float32)
    xr.testing.assert_equal(resample(x, 10.0), x)


def test_its_own_rate_changes_nothing_after_a_cut_of_whole_samples(
    traces: Maker, rng: np.random.Generator
) -> None:
    time = np.concatenate([np.arange(40) / 10, 7.3 + np.arange(40) / 10])
    x = traces(rng.standard_normal(80), time=time, run=[0] * 40 + [1] * 40)
    out = resample(x, 10.0)
    np.testing.assert_array_equal(out.values, x.values)
    np.testing.assert_allclose(out["time"].values, time, atol=1e-12)


def test_all_runs_share_one_grid_and_keep_their_true_times(traces: Maker) -> None:
    time = np.concatenate([np.arange(50) / 10, 20.13 + np.arange(50) / 10])
    x = traces(time, time=time, run=[4] * 50 + [9] * 50)
    out = resample(x, 2.0)
    np.testing.assert_allclose(out["time"].values * 2 % 1, 0, atol=1e-9)
    assert out["time"].values[10] == 20.5
    assert out["run"].values.tolist() == [4] * 10 + [9] * 10
    assert out["run"].dtype == x["run"].dtype
    np.testing.assert_allclose(out.values[:, 0], out["time"].values, atol=1e-6)
    assert schema.runs(out) == [slice(0, 10), slice(10, 20)]


def test_a_run_between_two_new_times_vanishes(traces: Maker) -> None:
    time = np.concatenate([np.arange(30) / 10, 5.3 + np.arange(3) / 10, 8 + np.arange(30) / 10])
    x = traces(time, time=time, run=[0] * 30 + [1] * 3 + [2] * 30)
    out = resample(x, 1.0)
    assert out["run"].values.tolist() == [0, 0, 0, 2, 2, 2]


def test_the_grid_of_an_epoch_holds_the_event(traces: Maker) -> None:
    time = -0.5 + np.arange(16) / 10
    x = traces(time, time=time)
    np.testing.assert_allclose(resample(x, 3.0)["time"].values, [-1 / 3, 0, 1 / 3, 2 / 3, 1.0])


def test_the_grid_of_a_later_part_starts_with_its_first_sample(traces: Maker) -> None:
    x = traces(np.arange(100.0)).isel(time=slice(33, None))
    out = resample(x, 2.0)
    assert out["time"].values[0] == pytest.approx(3.3)


def test_the_start_of_the_grid_is_the_callers_choice(traces: Maker) -> None:
    x = traces(np.arange(100.0))
    out = resample(x, 1.0, start=0.25)
    np.testing.assert_allclose(out["time"].values, 0.25 + np.arange(10))
    np.testing.assert_allclose(out.values[:, 0], 10 * out["time"].values, atol=1e-6)


def test_two_worms_of_different_rates_get_the_same_axis(traces: Maker) -> None:
    one = resample(traces(np.zeros(600), rate=1.7), 3.0)["time"].values
    two = resample(traces(np.zeros(600), rate=2.345), 3.0)["time"].values
    n = min(one.size, two.size)
    np.testing.assert_array_equal(one[:n], two[:n])


def test_regular_time_goes_by_sinc_and_irregular_by_area(traces: Maker) -> None:
    rng = np.random.default_rng(0)
    values = rng.standard_normal(200)
    time = np.cumsum(rng.uniform(0.05, 0.15, 200))
    regular, irregular = traces(values), traces(values, rate=None, time=time)
    xr.testing.assert_equal(resample(regular, 3.0), resample(regular, 3.0, method="sinc"))
    xr.testing.assert_equal(resample(irregular, 3.0), resample(irregular, 3.0, method="area"))
    assert not np.allclose(resample(regular, 3.0), resample(regular, 3.0, method="area"))
    with pytest.raises(TimeError, match="time is irregular"):
        resample(irregular, 3.0, method="sinc")


@pytest.mark.parametrize("method", ["sinc", "area"])
def test_what_the_new_rate_cannot_hold_does_not_fold_back(method: str, traces: Maker) -> None:
    time = np.arange(2000) / 100
    # 9.9 Hz sampled at 5 Hz would look like 0.1 Hz.
    x = traces(np.sin(2 * np.pi * 9.9 * time), rate=100.0)
    aliased = np.abs(x.values[::20]).max()
    kept = np.abs(resample(x, 5.0, method=method).values[12:-12]).max()
    assert aliased > 0.9
    assert kept < (0.001 if method == "sinc" else 0.02)


@pytest.mark.parametrize("rate", [300.3074951171875, 256.0, 1000 / 3])
def test_a_sine_keeps_amplitude_and_phase_at_awkward_ratios(rate: float, traces: Maker) -> None:
    # Integer ratios of lengths, as MNE uses, label 300.307 Hz brought to 100 Hz 0.2 % too early.
    time = np.arange(int(20 * rate)) / rate
    out = resample(traces(np.sin(2 * np.pi * 20 * time + 0.4), rate=rate), 100.0)
    truth = np.sin(2 * np.pi * 20 * out["time"].values + 0.4)
    # Kaiser window of beta 5: the pass band ripples by 0.2 %.
    np.testing.assert_allclose(out.values[20:-20, 0], truth[20:-20], atol=0.004)


@pytest.mark.parametrize("method", ["sinc", "area"])
def test_up_and_down_again_is_where_it_began(method: str, traces: Maker) -> None:
    time = np.arange(300) / 10
    x = traces(np.sin(2 * np.pi * 0.3 * time))
    back = resample(resample(x, 40.0, method=method), 10.0, method=method)
    np.testing.assert_allclose(back.values[20:-20], x.values[20:-20], atol=0.02)


@pytest.mark.parametrize("method", ["sinc", "area"])
def test_a_gap_is_about_as_long_afterwards(method: str, traces: Maker) -> None:
    values = np.ones((400, 2))
    values[100:200, 0] = np.nan
    out = resample(traces(values), 2.5, method=method)
    lost = np.flatnonzero(np.isnan(out.values[:, 0]))
    assert lost.min() in (25, 26)
    assert lost.max() in (48, 49)
    assert not np.isnan(out.values[:, 1]).any()
    np.testing.assert_allclose(out.values[~np.isnan(out.values)], 1.0, atol=1e-12)


def test_every_sample_can_be_demanded(traces: Maker) -> None:
    values = np.ones(100)
    values[45] = np.nan
    x = traces(values)
    assert not np.isnan(resample(x, 1.0, method="area").values).any()
    strict = resample(x, 1.0, method="area", min_observed=1.0)
    assert np.isnan(strict.values[:, 0]).sum() == 2


def test_the_clock_is_asked_and_not_the_nominal_rate(traces: Maker) -> None:
    # Nominally 10 Hz, truly 9.995 Hz at first and ever slower: within the contract's tolerance.
    sample = np.arange(20_000)
    time = sample / 9.995 + 2e-10 * sample**2
    x = traces(time, rate=10.0, time=time)
    out = resample(x, 1.0)
    np.testing.assert_allclose(out.values[:, 0], out["time"].values, atol=1e-6)
    assert out["time"].values[-1] == 2000.0


def test_coordinates_on_the_old_clock_go_and_all_others_stay(traces: Maker) -> None:
    x = traces(np.zeros((50, 2))).assign_coords(
        frame=("time", np.arange(50)), neuron_class=("neuron", ["a", "b"]), session=3
    )
    out = resample(x, 2.0)
    assert set(out.coords) == {"time", "neuron", "neuron_class", "session"}


def test_a_single_sample_is_itself(traces: Maker) -> None:
    for method in ("sinc", "area"):
        out = resample(traces(np.array([4.0])), 3.0, method=method)
        assert out.shape == (1, 1)
        assert out.item() == pytest.approx(4.0, abs=1e-12)


def test_trials_are_resampled_one_by_one(traces: Maker, rng: np.random.Generator) -> None:
    values = rng.standard_normal((3, 60, 2))
    out = resample(traces(values), 4.0)
    assert out.dims == ("trial", "time", "neuron")
    for i in range(3):
        np.testing.assert_array_equal(out.values[i], resample(traces(values[i]), 4.0).values)


@pytest.mark.parametrize("rate", [0.0, -3.0, float("nan"), float("inf"), True])
def test_a_rate_that_is_no_frequency_is_refused(rate: Any, traces: Maker) -> None:
    with pytest.raises(TimeError, match=r"rate: found .* Give a positive number in Hz"):
        resample(traces(np.zeros(10)), rate)


@pytest.mark.parametrize("share", [0.0, -0.1, 1.1, float("nan")])
def test_a_share_outside_its_range_is_refused(share: float, traces: Maker) -> None:
    with pytest.raises(OptionError, match="min_observed: found"):
        resample(traces(np.zeros(10)), 1.0, min_observed=share)


def test_an_unknown_method_is_refused(traces: Maker) -> None:
    with pytest.raises(OptionError, match="did you mean 'sinc'"):
        resample(traces(np.zeros(10)), 1.0, method="sinq")


@pytest.mark.parametrize(
    ("time", "said"),
    [
        ([0.0, 0.1, 0.1, 0.3], "not increasing at index 2"),
        ([0.0, 0.3, 0.2, 0.4], r"not increasing at index 2 \(0\.3, then 0\.2 s\)"),
        ([0.0, float("nan"), 0.2, 0.3], "not increasing at index 1"),
        ([float("nan"), 0.1, 0.2, 0.3], "not increasing"),
        ([float("-inf"), 0.1, 0.2, 0.3], "not increasing at index 0"),
    ],
)
def test_time_that_does_not_increase_is_refused(
    time: list[float], said: str, traces: Maker
) -> None:
    with pytest.raises(TimeError, match=said):
        resample(traces(np.zeros(4), rate=None, time=np.asarray(time)), 2.0)


def test_a_signal_without_a_clock_is_refused(traces: Maker) -> None:
    with pytest.raises(TimeError, match="no time coordinate"):
        resample(traces(np.zeros(10)).drop_vars("time"), 2.0)


def test_a_grid_that_misses_the_record_is_refused(traces: Maker) -> None:
    with pytest.raises(TimeError, match=r"no time 0\.5 s \+ k / 0\.01 Hz lies within the record"):
        resample(traces(np.zeros(4)), 0.01, start=0.5)


def test_the_history_says_what_was_asked(traces: Maker) -> None:
    step = schema.as_history(resample(traces(np.zeros(30)), 2))[0]
    assert step["function"] == "signal.resample"
    assert step["parameters"] == {
        "rate": 2.0,
        "method": None,
        "start": None,
        "min_observed": 0.5,
    }
