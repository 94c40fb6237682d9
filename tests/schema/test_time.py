"""Time axes are regular by construction, and a rate is believed only if the axis keeps it."""

import numpy as np
import pytest
import xarray as xr
from hypothesis import given
from hypothesis import strategies as st

from neurokit.errors import TimeError
from neurokit.schema import activity, nominal_rate, regular_time, runs, sampling_rate


def _signal(n=10, rate=10.0, **options):
    return activity(np.zeros((n, 2)), names=["a", "b"], rate=rate, **options).signal


def test_regular_time_does_not_drift_over_a_million_samples():
    # 0.1 has no exact binary form; a running sum of it is off by 1.3e-6 s here.
    times = regular_time(10**6, 10.0)
    assert times[-1] == (10**6 - 1) / 10.0
    assert times.dtype == np.float64


@pytest.mark.parametrize("rate", [0.0, -1.0, np.nan, np.inf])
def test_a_rate_that_is_no_rate_is_refused(rate):
    with pytest.raises(TimeError, match="positive number in Hz"):
        regular_time(3, rate)


@given(st.floats(0.01, 1e5), st.integers(3, 200))
def test_nominal_rate_finds_the_rate_of_a_regular_axis(rate, n):
    assert nominal_rate(regular_time(n, rate, start=3.0)) == pytest.approx(rate, rel=1e-6)


def test_jitter_of_a_hundredth_of_a_step_is_irregular():
    rng = np.random.default_rng(0)
    times = np.arange(100) * 0.5 + rng.uniform(-0.005, 0.005, 100)
    assert nominal_rate(times) is None


def test_nominal_rate_does_not_judge_the_step_across_a_cut():
    times = np.concatenate([np.arange(5), 100 + np.arange(5)]) / 2.0
    assert nominal_rate(times) is None
    assert nominal_rate(times, run=[0] * 5 + [1] * 5) == pytest.approx(2.0)


def test_rate_travels_with_an_array_taken_out_of_its_recording():
    assert sampling_rate(_signal().mean("neuron")) == 10.0
    assert sampling_rate(_signal().sel(neuron="a").isel(time=slice(3, 8))) == 10.0


def test_selecting_every_second_sample_is_noticed():
    with pytest.raises(TimeError, match=r"sampling_rate says 10 Hz, but samples are 0\.2 s apart"):
        sampling_rate(_signal().isel(time=slice(None, None, 2)))


def test_irregular_time_names_the_way_out():
    x = activity(np.zeros((3, 1)), names=["a"], time=[0.0, 1.0, 5.0]).signal
    with pytest.raises(TimeError, match=r"nk\.signal\.resample"):
        sampling_rate(x)


def test_an_array_without_time_is_refused():
    with pytest.raises(TimeError, match="without a time coordinate"):
        sampling_rate(xr.DataArray(np.zeros(3), dims="neuron"))


def test_runs_split_at_every_change():
    x = _signal(6, run=[0, 0, 1, 1, 1, 0])
    assert runs(x) == [slice(0, 2), slice(2, 5), slice(5, 6)]
    assert runs(_signal(6)) == [slice(0, 6)]


def test_a_gap_between_runs_does_not_spoil_the_rate():
    times = np.concatenate([np.arange(5), 100 + np.arange(5)]) / 2.0
    group = activity(np.zeros((10, 1)), names=["a"], time=times, rate=2.0, run=[0] * 5 + [1] * 5)
    assert sampling_rate(group.signal) == 2.0
