"""What the tests read of an axis: runs, seconds or samples, families of dims."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import xarray as xr

from neurokit.errors import LabelError, OptionError, TimeError
from neurokit.schema import activity, regular_time, time_coordinate
from neurokit.stats._axes import SampleAxis, family_axes, labelled, sample_axis


def timed(n: int = 12, rate: float = 4.0, **coords: Any) -> xr.DataArray:
    clock = time_coordinate(regular_time(n, rate), rate)
    further = {name: ("time", values) for name, values in coords.items()}
    return xr.DataArray(
        np.zeros((n, 2)), dims=("time", "neuron"), coords={"time": clock, **further}
    )


def test_an_axis_of_time_counts_in_seconds_and_knows_its_runs() -> None:
    axis = sample_axis(timed(run=np.repeat([3, 4], [5, 7])))
    assert (axis.n, axis.rate, axis.unit) == (12, 4.0, "s")
    assert axis.runs == [slice(0, 5), slice(5, 12)]


@pytest.mark.parametrize("dims", [("event", "neuron"), ("time", "neuron")])
def test_an_axis_without_a_clock_counts_in_samples(dims: tuple[str, str]) -> None:
    axis = sample_axis(xr.DataArray(np.zeros((6, 2)), dims=dims))
    assert axis == SampleAxis(6, [slice(0, 6)], None)
    assert axis.unit == "samples"


def test_the_signal_of_a_recording_brings_its_clock_along() -> None:
    group = activity(np.zeros((6, 2)), names=["AVAL", "AVAR"], rate=3.0, run=[0, 0, 0, 1, 1, 1])
    axis = sample_axis(group["signal"])
    assert axis == SampleAxis(6, [slice(0, 3), slice(3, 6)], 3.0)


def test_a_clock_that_contradicts_its_rate_is_an_error() -> None:
    with pytest.raises(TimeError, match="samples are 0.5 s apart"):
        sample_axis(timed()[::2])


@pytest.mark.parametrize(
    ("rate", "length", "samples"),
    [
        (10.0, 0.3, 3),  # 0.3 * 10 is 3.0000000000000004 in floating point
        (10.0, 0.31, 4),
        (1000 / 3, 0.03, 10),
        (None, 2.5, 3),
        (None, 0, 0),
        (250.0, np.float32(0.02), 5),
    ],
)
def test_lengths_are_rounded_up_to_whole_samples(
    rate: float | None, length: float, samples: int
) -> None:
    axis = SampleAxis(100, [slice(0, 100)], rate)
    assert axis.to_samples(length, "gap") == samples
    assert axis.to_units(samples) == pytest.approx(samples / (rate or 1.0))


@pytest.mark.parametrize("length", [-1.0, np.nan, np.inf])
def test_lengths_that_are_none_are_errors_that_name_the_argument(length: float) -> None:
    with pytest.raises(OptionError, match="gap: got"):
        SampleAxis(10, [slice(0, 10)], None).to_samples(length, "gap")


def test_plain_arrays_get_dims_in_their_order() -> None:
    array = labelled(np.zeros((5, 2, 3)), "event", "x")
    assert array.dims == ("event", "output_0", "output_1")
    assert labelled([1.0, 2.0], "time", "x").dims == ("time",)


def test_labelled_arrays_get_their_samples_first_and_keep_the_rest_in_order() -> None:
    x = xr.DataArray(np.zeros((2, 3, 4)), dims=("neuron", "lag", "time"))
    assert labelled(x, "time", "x").dims == ("time", "neuron", "lag")


@pytest.mark.parametrize(
    ("family", "axes"),
    [
        (None, ()),
        (False, ()),
        (True, (0, 1)),
        ("lag", (1,)),
        (["lag", "neuron"], (1, 0)),
        ((), ()),
    ],
)
def test_families_are_named_by_their_dims(family: Any, axes: tuple[int, ...]) -> None:
    assert family_axes(family, ("neuron", "lag")) == axes


def test_a_family_of_a_single_number_is_the_number_itself() -> None:
    assert family_axes(True, ()) == ()


def test_a_family_that_names_no_dim_is_an_error_that_lists_them() -> None:
    with pytest.raises(LabelError, match=r"'time' is no dim .* \('neuron', 'lag'\)"):
        family_axes(["lag", "time"], ("neuron", "lag"))
