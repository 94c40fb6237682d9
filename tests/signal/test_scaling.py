"""scale on labelled signals: unit "1", per neuron, constant is NaN, the past only where asked."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import xarray as xr

from neurokit import schema
from neurokit.errors import OptionError, TimeError
from neurokit.signal import derivative, scale

Maker = Callable[..., Any]


def test_every_neuron_gets_mean_zero_and_spread_one(
    traces: Maker, rng: np.random.Generator
) -> None:
    values = rng.standard_normal((200, 3)) * [1.0, 50.0, 1e-6] + [0.0, 1e3, 5.0]
    out = scale(traces(values)).values
    np.testing.assert_allclose(out.mean(axis=0), 0.0, atol=1e-7)
    np.testing.assert_allclose(out.std(axis=0), 1.0, atol=1e-7)


def test_a_figure_of_scaled_traces_cannot_be_read_as_one_of_the_recording(traces: Maker) -> None:
    signal = traces(np.arange(12.0).reshape(6, 2))
    signal.attrs["long_name"] = "dF/F"
    names = [scale(signal, how, burn_in=0.0).attrs["long_name"] for how in ("robust", "causal")]
    assert names == ["dF/F, robust z-score", "dF/F, causal z-score"]
    assert scale(scale(signal)).attrs["long_name"] == "z-score"
    del signal.attrs["long_name"]
    assert scale(signal).attrs["long_name"] == "z-score"
    assert "long_name" not in signal.attrs


def test_mean_and_spread_are_over_all_trials_and_runs(
    traces: Maker, rng: np.random.Generator
) -> None:
    values = rng.standard_normal((4, 30, 2)) + np.arange(4)[:, None, None]
    out = scale(traces(values)).values
    flat = values.reshape(-1, 2)
    np.testing.assert_allclose(out.reshape(-1, 2), (flat - flat.mean(0)) / flat.std(0), atol=1e-9)
    cut = scale(traces(values[0], run=[0] * 10 + [1] * 20)).values
    np.testing.assert_allclose(cut, scale(traces(values[0])).values, atol=0)


@pytest.mark.parametrize("how", ["zscore", "robust", "causal"])
def test_the_unit_is_one_for_the_signal_and_for_every_channel(how: str, traces: Maker) -> None:
    kinds = {"channel_type": ["EEG", "MEGMAG"]}
    values = 1e-13 * np.random.default_rng(0).standard_normal((100, 2))
    x = traces(values, space="channel", coords=kinds, dtype=np.float32)
    out = scale(x, how, burn_in=0)
    assert out.attrs["units"] == "1"
    assert out["unit"].values.tolist() == ["1", "1"]
    assert schema.require_one_unit(out) == "1"


def test_tesla_in_float32_do_not_underflow(traces: Maker) -> None:
    values = np.random.default_rng(0).standard_normal((300, 1))
    small = scale(traces(1e-30 * values, dtype=np.float32)).values
    np.testing.assert_allclose(small, scale(traces(values)).values, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("how", ["zscore", "robust", "causal"])
def test_a_constant_neuron_is_nan_and_harms_no_other(how: str, traces: Maker) -> None:
    values = np.random.default_rng(0).standard_normal((100, 2))
    values[:, 1] = 0.1
    out = scale(traces(values, dtype=np.float32), how, burn_in=0).values
    assert np.isnan(out[:, 1]).all()
    assert not np.isnan(out[1:, 0]).any()


@pytest.mark.parametrize("how", ["zscore", "robust", "causal"])
def test_nan_stays_nan_and_the_rest_is_scaled_without_it(how: str, traces: Maker) -> None:
    values = np.random.default_rng(0).standard_normal(101)
    holes = np.concatenate([values[:50], [np.nan] * 7, values[50:]])
    out = scale(traces(holes), how, burn_in=0).values[:, 0]
    alone = scale(traces(values), how, burn_in=0).values[:, 0]
    assert np.isnan(out[50:57]).all()
    np.testing.assert_allclose(np.delete(out, slice(50, 57)), alone, atol=1e-12)


def test_the_burn_in_of_thirty_seconds_is_nan(traces: Maker) -> None:
    values = np.random.default_rng(0).standard_normal(1000)
    out = scale(traces(values), "causal")
    known = ~np.isnan(out.values[:, 0])
    assert out["time"].values[known].min() == 30.0
    assert known.sum() == 700


def test_the_burn_in_starts_anew_with_each_run_and_trial(traces: Maker) -> None:
    values = np.random.default_rng(0).standard_normal(200)
    out = scale(traces(values, run=[0] * 120 + [1] * 80), "causal", burn_in=5.0).values[:, 0]
    assert np.flatnonzero(np.isnan(out)).tolist() == [*range(50), *range(120, 170)]
    trials = traces(values.reshape(2, 100, 1))
    both = np.isnan(scale(trials, "causal", burn_in=5.0).values)
    assert both[:, :50].all()
    assert not both[:, 50:].any()


def test_the_burn_in_is_by_the_clock_where_time_is_irregular(traces: Maker) -> None:
    time = np.cumsum(np.random.default_rng(1).uniform(0.1, 2.0, 100))
    values = np.random.default_rng(0).standard_normal(100)
    out = scale(traces(values, rate=None, time=time), "causal", burn_in=20.0).values[:, 0]
    assert np.array_equal(np.isnan(out), time - time[0] < 20.0)


def test_without_burn_in_only_the_first_sample_has_no_spread(traces: Maker) -> None:
    values = np.random.default_rng(0).standard_normal(50)
    out = scale(traces(values), "causal", burn_in=0).values[:, 0]
    assert np.flatnonzero(np.isnan(out)).tolist() == [0]


def test_the_causal_scale_ends_where_the_zscore_ends(traces: Maker) -> None:
    x = traces(np.random.default_rng(0).standard_normal((500, 3)))
    last = scale(x, "causal").values[-1]
    np.testing.assert_allclose(last, scale(x).values[-1], atol=1e-12)


def test_a_burn_in_longer_than_every_run_is_refused(traces: Maker) -> None:
    with pytest.raises(TimeError, match=r"the longest run lasts 9\.9 s, the burn-in 30 s"):
        scale(traces(np.arange(100.0)), "causal")


@pytest.mark.parametrize("burn_in", [-1.0, float("nan")])
def test_a_negative_burn_in_is_refused(burn_in: float, traces: Maker) -> None:
    with pytest.raises(OptionError, match="burn_in: found"):
        scale(traces(np.arange(100.0)), "causal", burn_in=burn_in)


def test_a_misspelt_way_is_answered_with_a_suggestion(traces: Maker) -> None:
    with pytest.raises(OptionError, match="did you mean 'zscore'"):
        scale(traces(np.arange(100.0)), "z-score")


def test_causal_needs_a_clock_and_zscore_does_not(traces: Maker) -> None:
    x = traces(np.random.default_rng(0).standard_normal(50)).drop_vars("time")
    assert isinstance(scale(x), xr.DataArray)
    with pytest.raises(TimeError, match="no time coordinate"):
        scale(x, "causal")


def test_the_history_names_the_burn_in_only_where_it_counts(traces: Maker) -> None:
    x = traces(np.random.default_rng(0).standard_normal(50))
    causal = schema.as_history(scale(x, "causal", burn_in=1))[0]
    assert schema.as_history(scale(x))[0]["parameters"] == {"how": "zscore"}
    assert causal["parameters"] == {"how": "causal", "burn_in": 1.0}


@pytest.mark.parametrize("step", [scale, lambda rec: derivative(rec, 0.5)])
def test_positions_stay_with_the_renamed_units(step: Callable[[Any], Any]) -> None:
    kinds = {"channel_type": ["EEG", "EEG"]}
    values = np.random.default_rng(0).standard_normal((50, 2)).astype(np.float32)
    group = schema.activity(
        1e-6 * values,
        names=["Fp1", "Fp2"],
        space="channel",
        rate=10.0,
        coords=kinds,
        position=np.zeros((2, 3)),
    )
    rec = schema.recording({"activity": group}, modality="eeg")
    out = step(rec)["activity"].to_dataset()
    assert rec["activity/signal"].attrs["units"] == "V"
    assert rec["activity"]["unit"].values.tolist() == ["V", "V"]
    assert "position" in out
    unit = out["signal"].attrs["units"]
    assert unit in ("1", "V s-1")
    assert out["unit"].values.tolist() == [unit, unit]
    assert out["position"]["unit"].values.tolist() == [unit, unit]
