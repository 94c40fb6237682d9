"""The integrated autocorrelation time against its closed form and direct sums."""

from __future__ import annotations

import numpy as np
import pytest
import xarray as xr
from scipy.signal import lfilter

from neurokit.errors import LabelError, OptionError, TimeError
from neurokit.schema import regular_time, time_coordinate
from neurokit.stats import autocorrelation_time
from neurokit.stats.autocorrelation import autocorrelation, integrated_time, typical_memory


def ar1(phi: float, n: int, k: int, seed: int) -> np.ndarray:
    noise = np.random.default_rng(seed).normal(size=(n + 500, k))
    return np.asarray(lfilter([1], [1, -phi], noise, axis=0)[500:])


@pytest.mark.parametrize("phi", [-0.5, 0.0, 0.5, 0.9, 0.97])
def test_an_ar1_process_has_the_time_of_its_closed_form(phi: float) -> None:
    # tau = (1 + phi) / (1 - phi). One estimate scatters by tau sqrt(2 (2 M + 1) / n), M = 5 tau:
    # at phi = 0.97 by 16 % for n = 50 000; the mean of 20 by 4 %, and the window cuts off < 1 %.
    tau = autocorrelation_time(ar1(phi, 50_000, 20, seed=0))
    assert tau.shape == (20,)
    assert tau.mean() == pytest.approx((1 + phi) / (1 - phi), rel=0.08)


def test_what_is_slow_beneath_a_rhythm_is_seen() -> None:
    # A rhythm of period 24 with variance 1 and an AR(1), phi = .98, with variance .3. The rhythm
    # alone, damped by phi = .9, has tau = 0.06, so tau = (.06 + .3 * 99) / 1.3 = 22.9.
    rng = np.random.default_rng(7)
    a1, a2 = 2 * 0.9 * np.cos(2 * np.pi / 24), -0.81
    noise = rng.normal(size=(60_500, 20))
    rhythm = lfilter([1], [1, -a1, -a2], noise, axis=0)[500:]
    own = (1 / (1 - a1 - a2)) ** 2 / (rhythm.var())
    slow = ar1(0.98, 60_000, 20, seed=8)
    x = rhythm / rhythm.std() + np.sqrt(0.3) * slow / slow.std()
    assert autocorrelation_time(x).mean() == pytest.approx((own + 0.3 * 99) / 1.3, rel=0.12)


def test_the_autocorrelation_is_the_direct_sum_within_runs() -> None:
    rng = np.random.default_rng(1)
    x = rng.normal(size=(30, 2)) + 100.0
    x[[3, 17], [0, 1]] = np.nan
    runs = [slice(0, 12), slice(12, 30)]
    z = x - np.nanmean(x, axis=0)
    expected = np.zeros((18, 2))
    for run in runs:
        part = z[run]
        for lag in range(part.shape[0]):
            products = part[: part.shape[0] - lag] * part[lag:]
            expected[lag] += np.nansum(products, axis=0)
    expected /= np.nansum(z**2, axis=0)
    np.testing.assert_allclose(autocorrelation(x, runs), expected, atol=1e-12)


def test_a_long_memory_across_a_cut_is_not_seen() -> None:
    # Each run is white; a value repeated across the cut would add to lag 10 if it were crossed.
    x = np.tile(np.random.default_rng(2).normal(size=(10, 1)), (2, 1))
    whole = autocorrelation(x, [slice(0, 20)])
    cut = autocorrelation(x, [slice(0, 10), slice(10, 20)])
    assert whole[10, 0] == pytest.approx(0.5)
    assert cut.shape == (10, 1)
    assert abs(cut[9, 0]) < 0.3


def test_a_constant_has_no_time_and_does_not_count() -> None:
    x = ar1(0.5, 1000, 3, seed=3)
    x[:, 1] = 1e6 / 3  # rounding of its mean must not pass for variance
    tau = autocorrelation_time(x)
    assert np.isnan(tau).tolist() == [False, True, False]
    assert typical_memory(x, [slice(0, 1000)]) == pytest.approx(np.quantile(tau[[0, 2]], 0.9))
    assert typical_memory(np.ones((10, 1)), [slice(0, 10)]) == 1.0


def test_a_memory_below_one_sample_counts_as_one() -> None:
    x = ar1(-0.8, 5000, 1, seed=4)
    assert integrated_time(x, [slice(0, 5000)])[0] < 0.2
    assert typical_memory(x, [slice(0, 5000)]) == 1.0


def test_a_series_too_short_for_its_memory_uses_all_its_lags() -> None:
    ramp = np.linspace(0, 1, 6)[:, None]
    rho = autocorrelation(ramp, [slice(0, 6)])
    # All lags of a centred series sum to -1/2, so the sum over all of them is 0 and never closes
    # before the window does.
    assert rho[1:].sum() == pytest.approx(-0.5)
    assert np.isfinite(integrated_time(ramp, [slice(0, 6)])).all()


def test_labels_stay_and_seconds_come_back_where_there_is_a_clock() -> None:
    values = ar1(0.8, 4000, 3, seed=5).reshape(4000, 3)
    x = xr.DataArray(
        values,
        dims=("time", "neuron"),
        coords={
            "time": time_coordinate(regular_time(4000, 10.0), 10.0),
            "neuron": ["AVAL", "AVAR", "RIML"],
        },
    )
    tau = autocorrelation_time(x)
    assert tau.dims == ("neuron",)
    assert tau.attrs["units"] == "s"
    np.testing.assert_allclose(tau.values, autocorrelation_time(values) / 10.0)
    samples = autocorrelation_time(x.drop_vars("time").transpose())
    assert samples.attrs["units"] == "1"
    np.testing.assert_allclose(samples.values, autocorrelation_time(values))


def test_runs_of_a_dataarray_are_kept_apart() -> None:
    values = np.tile(np.random.default_rng(6).normal(size=50), 2)
    x = xr.DataArray(
        values,
        dims="time",
        coords={
            "time": time_coordinate(regular_time(100, 1.0), 1.0),
            "run": ("time", np.repeat([0, 1], 50)),
        },
    )
    both = [slice(0, 50), slice(50, 100)]
    assert float(autocorrelation_time(x)) == integrated_time(values[:, None], both)[0]


def test_wrong_use_is_an_error() -> None:
    irregular = xr.DataArray(np.zeros(4), dims="time", coords={"time": [0.0, 1.0, 5.0, 6.0]})
    with pytest.raises(TimeError, match="irregular"):
        autocorrelation_time(irregular)
    with pytest.raises(LabelError, match="no 'time'"):
        autocorrelation_time(xr.DataArray(np.zeros(4), dims="event"))
    with pytest.raises(OptionError, match="single number"):
        autocorrelation_time(3.0)
    with pytest.raises(OptionError, match="1 samples"):
        autocorrelation_time([3.0])
