"""The shell between cores and labelled signals: blocks, dask, runs, masks, units."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import dask
import dask.array as da
import numpy as np
import pytest
import xarray as xr

from neurokit import schema
from neurokit import signal as nks
from neurokit.errors import SchemaError, TimeError
from neurokit.signal import along_time
from neurokit.signal.along_time import (
    apply_step,
    bridging,
    check_time,
    float_type,
    labelled,
    map_rows,
    masked,
    piecewise,
    seconds_above_zero,
    with_unit,
)

Maker = Callable[..., Any]

EVERY_STEP: dict[str, Callable[[Any], Any]] = {
    "resample down": lambda x: nks.resample(x, 3.3),
    "resample up": lambda x: nks.resample(x, 25.0),
    "resample by area": lambda x: nks.resample(x, 3.0, method="area"),
    "smooth": lambda x: nks.smooth(x, 0.4),
    "smooth, long kernel": lambda x: nks.smooth(x, 3.0),
    "smooth, causal": lambda x: nks.smooth(x, 0.4, causal=True),
    "derivative": lambda x: nks.derivative(x, 0.4),
    "derivative, long kernel": lambda x: nks.derivative(x, 3.0),
    "zscore": lambda x: nks.scale(x),
    "robust": lambda x: nks.scale(x, "robust"),
    "causal": lambda x: nks.scale(x, "causal", burn_in=1.0),
    "bandpass": lambda x: nks.bandpass(x, 0.5, 3.0),
    "envelope": lambda x: nks.envelope(x, 0.5, 3.0),
    "windows": lambda x: nks.windows(x, 2.0, 1.0),
    "epoch": lambda x: nks.epoch(x, schema.events([3.0, 5.0, 7.0]), -1.0, 1.0),
}
every_step = pytest.mark.parametrize("name", EVERY_STEP)
# Mean and spread of the whole record are of all runs and trials by definition.
local_step = pytest.mark.parametrize(
    "name", [n for n in EVERY_STEP if n not in ("zscore", "robust")]
)


def noise(n_times: int = 100, n_series: int = 7, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).standard_normal((n_times, n_series)).astype(np.float32)


def twice(rows: np.ndarray) -> np.ndarray:
    return 2 * rows


@every_step
@pytest.mark.parametrize("chunks", [{"time": 13, "neuron": 3}, {"time": -1, "neuron": 1}])
def test_dask_gives_the_bytes_that_numpy_gives_and_stays_lazy(
    name: str, chunks: dict[str, int], traces: Maker
) -> None:
    values = noise()
    values[20:24, 1] = np.nan
    x = traces(values, dtype=np.float32, run=[0] * 60 + [1] * 40)
    step = EVERY_STEP[name]
    lazy = step(x.chunk(chunks))
    assert lazy.chunks is not None
    xr.testing.assert_identical(lazy.compute(), step(x))


@every_step
def test_blocks_of_rows_do_not_show(
    name: str, traces: Maker, monkeypatch: pytest.MonkeyPatch
) -> None:
    x = traces(noise(), dtype=np.float32)
    whole = EVERY_STEP[name](x)
    monkeypatch.setattr(along_time, "VALUES_PER_BLOCK", 150)
    xr.testing.assert_identical(EVERY_STEP[name](x), whole)


@every_step
def test_storage_stays_float32_and_labels_stay(name: str, traces: Maker) -> None:
    x = traces(noise(), dtype=np.float32).assign_coords(neuron_class=("neuron", list("abcdefg")))
    out = EVERY_STEP[name](x)
    assert out.dtype == np.float32
    assert out.name == "signal"
    xr.testing.assert_identical(out["neuron"], x["neuron"])
    assert out["neuron_class"].values.tolist() == list("abcdefg")


@every_step
def test_the_input_is_left_alone(name: str, traces: Maker) -> None:
    values = noise()
    values[3, 2] = np.nan
    x = traces(values, dtype=np.float32, units="mV")
    before = x.copy(deep=True)
    EVERY_STEP[name](x)
    xr.testing.assert_identical(x, before)


@every_step
def test_every_step_is_recorded_once(name: str, traces: Maker) -> None:
    out = EVERY_STEP[name](nks.smooth(traces(noise()), 0.2))
    steps = schema.as_history(out)
    assert [s["function"] for s in steps] == ["signal.smooth", f"signal.{_public(name)}"]


def _public(name: str) -> str:
    word = name.replace(",", "").split()[0]
    return "scale" if word in ("zscore", "robust", "causal") else word


@local_step
def test_nothing_crosses_a_change_of_run(name: str, traces: Maker) -> None:
    values, runs = noise(), [0] * 60 + [1] * 40
    changed = values.copy()
    changed[60:] += 50
    one = EVERY_STEP[name](traces(values, run=runs))
    two = EVERY_STEP[name](traces(changed, run=runs))
    if name == "windows":
        first = one["window_start"].values < 6.0 - 1e-9
        np.testing.assert_array_equal(one.values[first], two.values[first])
        assert (one["window_start"].values[first] + 2.0 <= 6.0 + 1e-9).all()
    elif name == "epoch":
        assert one["onset"].values.tolist() == [3.0, 7.0]
    else:
        first = one["time"].values < 6.0 - 1e-9
        np.testing.assert_array_equal(one.values[first], two.values[first])
        assert not np.array_equal(one.values[~first], two.values[~first], equal_nan=True)


@local_step
def test_nothing_crosses_a_trials_edge(name: str, traces: Maker) -> None:
    if name == "epoch":
        return  # trials are not cut again, see test_cutting
    values = np.stack([noise(seed=0), noise(seed=1)])
    changed = values.copy()
    changed[1] += 50
    one, two = EVERY_STEP[name](traces(values)), EVERY_STEP[name](traces(changed))
    np.testing.assert_array_equal(one.isel(trial=0).values, two.isel(trial=0).values)
    alone = EVERY_STEP[name](traces(values[0]))
    np.testing.assert_array_equal(one.isel(trial=0).values, alone.values)


@every_step
def test_a_recording_keeps_its_other_groups_and_still_validates(name: str, worm: Maker) -> None:
    rec = worm(noise(100, 2))
    out = EVERY_STEP[name](rec)
    if name == "windows":
        assert isinstance(out, xr.DataArray)
        return
    assert schema.validate(out).ok, schema.validate(out)
    xr.testing.assert_identical(out["behavior"].to_dataset(), rec["behavior"].to_dataset())
    assert schema.as_history(out)[-1]["function"] == f"signal.{_public(name)}"
    assert "history" not in out["activity/signal"].attrs


@every_step
@pytest.mark.parametrize("wrong", [np.zeros((4, 2)), [1.0, 2.0], None])
def test_something_without_labels_is_refused(name: str, wrong: Any) -> None:
    with pytest.raises(SchemaError, match=r"Give a recording \(DataTree\)"):
        EVERY_STEP[name](wrong)


@every_step
def test_a_signal_without_time_is_refused(name: str, traces: Maker) -> None:
    with pytest.raises(TimeError, match="none is time"):
        EVERY_STEP[name](traces(noise()).isel(time=0))


@every_step
def test_a_signal_without_samples_is_refused(name: str, traces: Maker) -> None:
    with pytest.raises(TimeError, match="there is no sample"):
        EVERY_STEP[name](traces(noise()).isel(time=slice(0, 0)))


@pytest.mark.parametrize(
    "name", [n for n in EVERY_STEP if n not in ("zscore", "robust", "causal", "resample by area")]
)
def test_irregular_time_is_refused_with_the_way_out(name: str, traces: Maker) -> None:
    time = np.cumsum(np.random.default_rng(0).uniform(0.05, 0.15, 100))
    x = traces(noise(), rate=None, time=time)
    if name.startswith("resample"):
        assert EVERY_STEP[name](x).sizes["time"] > 0
        return
    with pytest.raises(TimeError, match=r"nk\.signal\.resample"):
        EVERY_STEP[name](x)


def test_the_packing_of_a_file_is_not_carried_over_to_other_values(traces: Maker) -> None:
    x = traces(noise())
    x.encoding = {"scale_factor": 1e-3, "dtype": "int16", "chunksizes": (50, 7)}
    for step in EVERY_STEP.values():
        assert not step(x).encoding


# map_rows


def test_rows_are_the_series_whatever_the_order_of_dims() -> None:
    x = xr.DataArray(np.arange(24.0).reshape(2, 3, 4), dims=("trial", "time", "neuron"))
    seen = []

    def core(rows: np.ndarray) -> np.ndarray:
        seen.append(rows.copy())
        return rows

    np.testing.assert_array_equal(map_rows(x, core), x.values)
    assert [rows.shape for rows in seen] == [(4, 3), (4, 3)]
    assert seen[0][1].tolist() == x.values[0, :, 1].tolist()
    assert all(rows.flags.c_contiguous and rows.dtype == np.float64 for rows in seen)


def test_dims_laid_end_to_end_come_back_in_their_place() -> None:
    x = xr.DataArray(np.arange(24.0).reshape(2, 3, 4), dims=("trial", "time", "neuron"))

    def running_sum(rows: np.ndarray) -> np.ndarray:
        assert rows.shape == (4, 6)
        return np.cumsum(rows, axis=-1)

    got = map_rows(x, running_sum, over=("trial", "time"))
    expected = np.cumsum(x.values.reshape(6, 4), axis=0).reshape(2, 3, 4)
    np.testing.assert_array_equal(got, expected)


def test_blocks_of_a_lazy_array_hold_whole_rows_however_small_they_are(traces: Maker) -> None:
    x = traces(noise(2000, 6), dtype=np.float32)
    with dask.config.set({"array.chunk-size": "2KiB"}):
        lazy = nks.smooth(x.chunk({"time": 100}), 0.4)
    assert lazy.chunks == ((2000,), (1,) * 6)
    xr.testing.assert_identical(lazy.compute(), nks.smooth(x, 0.4))


def test_a_single_series_needs_no_space_dim() -> None:
    x = xr.DataArray(np.arange(5.0), dims="time")
    assert map_rows(x, twice).tolist() == [0, 2, 4, 6, 8]


def test_more_dims_than_trial_time_space_are_refused() -> None:
    x = xr.DataArray(np.zeros((2, 2, 2, 2)), dims=("a", "b", "time", "neuron"))
    with pytest.raises(SchemaError, match="4 dims"):
        map_rows(x, twice)


def test_a_lazy_result_knows_its_shape_without_reading() -> None:
    def never(_: Any) -> Any:
        raise AssertionError("read")

    blocks = da.map_blocks(never, dtype=np.float32, chunks=((50, 50), (4,)), meta=np.empty((0, 0)))
    lazy = xr.DataArray(blocks, dims=("time", "neuron"))
    out = map_rows(lazy, twice, n_out=7)
    assert out.shape == (7, 4)
    assert out.dtype == np.float32


@pytest.mark.parametrize(
    ("given_type", "kept"),
    [
        (np.float32, np.float32),
        (np.float64, np.float64),
        (np.int16, np.float32),
        (np.int32, np.float64),
        (np.bool_, np.float32),
    ],
)
def test_whole_numbers_become_floats_that_hold_them(given_type: type, kept: type) -> None:
    assert float_type(np.dtype(given_type)) == kept


@pytest.mark.parametrize("kind", [np.complex128, "datetime64[s]", "U3"])
def test_values_that_are_not_real_numbers_are_refused(kind: Any) -> None:
    with pytest.raises(SchemaError, match="Give real numbers"):
        float_type(np.dtype(kind))


def test_pieces_are_joined_in_order() -> None:
    core = piecewise([(slice(0, 2), twice), (slice(2, 5), lambda rows: rows[:, :1])])
    assert core(np.array([[1.0, 2.0, 3.0, 4.0, 5.0]])).tolist() == [[2.0, 4.0, 3.0]]


def test_a_bridged_core_sees_no_nan_and_gives_it_back() -> None:
    def core(rows: np.ndarray) -> np.ndarray:
        assert not np.isnan(rows).any()
        return 2 * rows

    got = bridging(core, np.arange(3.0))(np.array([[1.0, np.nan, 3.0], [4.0, 5.0, 6.0]]))
    np.testing.assert_array_equal(got, [[2.0, np.nan, 6.0], [8.0, 10.0, 12.0]])


# masks, units, seconds


@pytest.mark.parametrize("name", [n for n in EVERY_STEP if n not in ("windows", "epoch")])
def test_what_observed_masks_is_not_observed(name: str, worm: Maker) -> None:
    values = noise(100, 2)
    seen = np.ones((100, 2), dtype=bool)
    seen[40:60, 0] = False
    garbage = values.copy()
    garbage[~seen] = 1e6
    out = EVERY_STEP[name](worm(garbage, observed=seen))["activity/signal"]
    expected = EVERY_STEP[name](worm(np.where(seen, values, np.nan)))["activity/signal"]
    np.testing.assert_array_equal(out.values, expected.values)


def test_a_mask_follows_the_channels_that_are_taken(worm: Maker) -> None:
    seen = np.ones((20, 2), dtype=bool)
    seen[3, 1] = False
    rec = worm(noise(20, 2), observed=seen)
    part = masked(rec, rec["activity/signal"].isel(neuron=[1]))
    assert np.isnan(part.values[3, 0])
    assert np.isnan(part.values).sum() == 1


def test_windows_see_the_mask_and_epochs_keep_it(worm: Maker) -> None:
    seen = np.ones((100, 2), dtype=bool)
    seen[30, 0] = False
    rec = worm(noise(100, 2), observed=seen)
    assert np.isnan(nks.windows(rec, 1.0, 1.0).values).sum() == 1
    cut = nks.epoch(rec, schema.events([3.0]), -0.5, 0.5)["activity"].to_dataset()
    assert cut["observed"].dims == ("trial", "time", "neuron")
    assert cut["observed"].values[0, 5].tolist() == [False, True]


def test_units_are_renamed_for_the_signal_and_for_every_channel(traces: Maker) -> None:
    types = {"channel_type": ["EEG", "MEGMAG"]}
    x = traces(noise(10, 2), space="channel", coords=types)
    out = with_unit(x, lambda unit: f"{unit} s-1")
    assert out["unit"].values.tolist() == ["V s-1", "T s-1"]
    assert "units" not in out.attrs
    assert x["unit"].values.tolist() == ["V", "T"]


def test_data_get_the_labels_of_the_signal_they_came_from(traces: Maker) -> None:
    x = traces(noise(10, 2), units="mV")
    out = labelled(2 * x.values, x)
    xr.testing.assert_identical(out, x.copy(data=2 * x.values))


@pytest.mark.parametrize("wrong", [0, -1.0, float("nan"), float("inf"), True, "2", None])
def test_widths_that_are_no_positive_seconds_are_named(wrong: Any) -> None:
    with pytest.raises(TimeError, match="width: found .* Give a positive number of seconds"):
        seconds_above_zero("width", wrong)


def test_apply_step_checks_before_it_works(traces: Maker) -> None:
    x = traces(noise(10, 2))
    check_time(x, "here")
    out = apply_step(x, lambda s: s * 2, "signal.twice", {"by": 2})
    assert schema.as_history(out)[0]["parameters"] == {"by": 2}
