"""What a user gives becomes bins, or an error that says what is wrong."""

from __future__ import annotations

import numpy as np
import pytest
import xarray as xr

from neurokit.encoding.spike_inputs import as_bins
from neurokit.errors import LabelError, OptionError, SchemaError
from neurokit.schema import time_coordinate


def _counts(n=20, k=3, rate=50.0, **coords):
    return xr.DataArray(
        np.ones((n, k)),
        dims=("time", "neuron"),
        coords={
            "time": time_coordinate(np.arange(n) / rate, rate),
            "neuron": [f"n{i}" for i in range(k)],
            **coords,
        },
    )


def test_plain_arrays_count_in_bins():
    bins = as_bins(np.zeros((10, 2)), np.ones((10, 3)))
    assert (bins.rate, bins.timed) == (1.0, False)
    assert bins.features.shape == (10, 2)
    assert bins.runs == [slice(0, 10)]
    assert bins.template is None


def test_a_single_train_may_be_a_row():
    bins = as_bins(None, np.ones(10))
    assert bins.counts is not None
    assert bins.counts.shape == (10, 1)


def test_labels_and_rate_come_from_the_array():
    bins = as_bins(None, _counts())
    assert (bins.rate, bins.timed) == (50.0, True)
    assert list(bins.target_labels) == ["n0", "n1", "n2"]


def test_any_order_of_dims_is_understood():
    values = _counts().copy(data=np.arange(60.0).reshape(20, 3))
    bins = as_bins(None, values.transpose("neuron", "time"))
    assert bins.counts is not None
    np.testing.assert_array_equal(bins.counts, values.values)


def test_trials_and_runs_are_cut():
    trials = np.ones((4, 5, 2))
    assert as_bins(None, trials).runs == [slice(5 * i, 5 * i + 5) for i in range(4)]
    cut = _counts(run=("time", np.repeat([0, 1], 10)))
    assert as_bins(None, cut).runs == [slice(0, 10), slice(10, 20)]


@pytest.mark.parametrize(
    ("x", "y", "error", "said"),
    [
        (None, None, OptionError, "neither"),
        (np.zeros((5, 1)), np.ones((6, 1)), LabelError, "5.*6"),
        (None, np.array([[-1.0]]), SchemaError, "negative"),
        (None, np.array([[np.inf]]), SchemaError, "infinit"),
        (None, np.array([["a"]]), SchemaError, "type"),
        (None, np.zeros((2, 2, 2, 2)), SchemaError, "shape"),
        (None, xr.DataArray(np.zeros((2, 2)), dims=("a", "b")), SchemaError, "dims"),
        (None, xr.DataArray(np.zeros((2, 2, 2)), dims=("time", "a", "b")), SchemaError, "dims"),
        (
            xr.DataArray(
                np.zeros((20, 1)), dims=("time", "feature"), coords={"time": np.arange(20.0)}
            ),
            _counts(),
            LabelError,
            "differ in their time",
        ),
    ],
)
def test_what_does_not_fit_is_refused(x, y, error, said):
    with pytest.raises(error, match=said):
        as_bins(x, y)


def test_a_recording_gives_its_activity():
    import neurokit as nk

    rec = nk.simulate.recording("calcium", random_state=0)
    rec["activity/signal"] = abs(rec["activity/signal"].fillna(0))
    assert as_bins(None, rec).target == "neuron"
