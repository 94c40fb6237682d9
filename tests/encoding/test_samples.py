"""Features and targets find each other, and folds keep gap and groups inside training sets."""

from __future__ import annotations

import numpy as np
import pytest
import xarray as xr

import neurokit as nk
from neurokit.encoding.samples import as_samples, as_targets, inner_folds, outer_folds
from neurokit.errors import LabelError, OptionError, SchemaError
from neurokit.schema import time_coordinate
from neurokit.stats import BlockedCV


def _y(n=60, rate=10.0, dims=("time", "channel", "lag")):
    array = xr.DataArray(np.arange(n * 6.0).reshape(n, 3, 2), dims=dims)
    return array.assign_coords(
        {dims[0]: time_coordinate(np.arange(n) / rate, rate) if dims[0] == "time" else np.arange(n)}
    )


def test_targets_are_flattened_and_come_back():
    y = _y().assign_coords(channel=["a", "b", "c"])
    samples = as_samples(np.zeros((60, 4)), y.transpose("lag", "time", "channel"))
    assert samples.y.shape == (60, 6)
    back = samples.per_target(samples.y[5], "v")
    xr.testing.assert_equal(back.transpose("channel", "lag"), y.isel(time=5, drop=True))
    stacked = samples.per_target(samples.y[:2], "v", lead="model")
    assert stacked.dims[0] == "model"
    assert samples.per_sample(samples.y, "v").sizes["time"] == 60


def test_events_come_before_time():
    y = xr.DataArray(np.zeros((5, 4, 30)), dims=("channel", "time", "event"))
    samples = as_samples(np.zeros((30, 2)), y)
    assert samples.dim == "event"
    assert samples.y.shape == (30, 20)


def test_a_recording_gives_its_signal():
    rec = nk.simulate.encoded(100, 2, random_state=0).recordings["encoded"]
    assert as_targets(rec).y.shape == (100, 240)


@pytest.mark.parametrize(
    ("x", "y", "error", "said"),
    [
        (np.zeros((5, 1)), np.zeros((6, 1)), LabelError, "shape"),
        ({}, np.zeros((6, 1)), OptionError, "no set"),
        (np.full((6, 1), np.nan), np.zeros((6, 1)), SchemaError, "NaN"),
        (np.zeros((6, 1)), np.full((6, 1), np.inf), SchemaError, "NaN"),
        (np.array([["a"]] * 6), np.zeros((6, 1)), SchemaError, "type"),
        (np.zeros(6), np.float64(3), SchemaError, "single number"),
        (xr.DataArray(np.zeros((60, 1)), dims=("t", "f")), _y(), LabelError, "no 'time'"),
        (
            xr.DataArray(np.zeros((60, 1)), dims=("time", "f"), coords={"time": np.arange(60.0)}),
            _y(),
            LabelError,
            "differ in their time",
        ),
    ],
)
def test_what_does_not_fit_is_refused(x, y, error, said):
    with pytest.raises(error, match=said):
        as_samples(x, y)


def test_inner_folds_stay_inside_and_keep_the_gap():
    samples = as_samples(np.zeros((60, 1)), _y())
    cv = BlockedCV(4, gap=0.3)
    outer = outer_folds(cv, samples)
    inner = inner_folds(cv, samples, outer, n_splits=3)
    for (train, test), folds in zip(outer, inner, strict=True):
        assert np.abs(train[:, None] - test).min() > 3
        tested = np.concatenate([b for _, b in folds])
        np.testing.assert_array_equal(np.sort(tested), train)
        for a, b in folds:
            assert np.isin(a, train).all()
            # Rows on either side of the outer test block are far apart on the clock.
            assert np.abs(a[:, None] - b).min() > 3


def test_groups_stay_together_in_both():
    groups = np.repeat(np.arange(12), 5)
    samples = as_samples(np.zeros((60, 1)), _y(dims=("event", "channel", "lag")))
    cv = BlockedCV(4, groups=groups)
    outer = outer_folds(cv, samples)
    for folds in inner_folds(cv, samples, outer, n_splits=3):
        for a, b in folds:
            assert not set(groups[a]) & set(groups[b])


def test_any_splitter_or_list_will_do():
    samples = as_samples(np.zeros((60, 1)), _y())
    assert len(outer_folds(3, samples)) == 3
    assert len(outer_folds(None, samples)) == 5
    given = [(np.arange(30), np.arange(30, 60))]
    assert len(outer_folds(given, samples)) == 1
    assert len(inner_folds(given, samples, outer_folds(given, samples))[0]) == 4
