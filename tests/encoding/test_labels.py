"""From recordings, DataArrays, lists and arrays to rows, and back to labels."""

from __future__ import annotations

import dask.array as da
import numpy as np
import pytest
import xarray as xr

import neurokit as nk
from neurokit.encoding.labels import Labels, as_matrix, as_rows, named, several, swapped, wrap
from neurokit.errors import LabelError, SchemaError
from neurokit.schema import regular_time, time_coordinate


def clock(n, rate=10.0, start=0.0):
    return time_coordinate(regular_time(n, rate, start), rate)


def features(n=20, names="abc", rate=10.0):
    values = np.random.default_rng(0).standard_normal((n, len(names)))
    return xr.DataArray(
        values,
        dims=("time", "feature"),
        coords={"time": clock(n, rate), "feature": list(names)},
    )


def signal(n=20, names=("c1", "c2"), rate=10.0):
    values = np.random.default_rng(1).standard_normal((n, len(names)))
    return xr.DataArray(
        values,
        dims=("time", "channel"),
        coords={
            "time": clock(n, rate),
            "channel": list(names),
            "region": ("channel", ["V1"] * len(names)),
        },
    )


def values_of(y, n, t):
    return np.asarray(y[slice(0, n), slice(0, t)])


def test_arrays_get_plain_names():
    x, y = np.ones((5, 3)), np.arange(10.0).reshape(5, 2)
    rows = as_rows(x, y)
    assert rows.features == Labels(("feature",), (3,), {})
    assert rows.targets == Labels(("target",), (2,), {})
    np.testing.assert_array_equal(values_of(rows.y, 5, 2), y)


def test_one_column_of_targets_has_no_target_dim():
    rows = as_rows(np.ones((5, 3)), np.arange(5))
    assert rows.targets.dims == ()
    assert rows.targets.size == 1
    np.testing.assert_array_equal(values_of(rows.y, 5, 1)[:, 0], np.arange(5))


def test_labels_and_their_further_coordinates_are_kept():
    rows = as_rows(features(), signal())
    assert rows.features.dims == ("feature",)
    assert rows.targets.coords["channel"].values.tolist() == ["c1", "c2"]
    assert rows.targets.coords["region"].values.tolist() == ["V1", "V1"]
    assert "time" not in rows.targets.coords
    np.testing.assert_allclose(rows.samples["time"], regular_time(20, 10.0))
    assert rows.samples["time"].attrs["sampling_rate"] == 10.0


def test_dims_in_any_order_will_do():
    plain = as_rows(features(), signal())
    turned = as_rows(features().T, signal().T)
    np.testing.assert_array_equal(plain.x, turned.x)
    np.testing.assert_array_equal(values_of(plain.y, 20, 2), values_of(turned.y, 20, 2))


def test_several_target_dims_become_columns_and_come_back():
    rng = np.random.default_rng(0)
    y = xr.DataArray(
        rng.standard_normal((8, 3, 4)),
        dims=("event", "electrode", "lag"),
        coords={"lag": [-0.1, 0.0, 0.1, 0.2]},
    )
    x = xr.DataArray(rng.standard_normal((8, 2)), dims=("event", "feature"))
    rows = as_rows(x, y)
    back = wrap(values_of(rows.y, 8, 12), Labels(("event",), (8,), {}), rows.targets)
    xr.testing.assert_identical(back, y.drop_vars([]))


def test_a_single_feature_needs_no_feature_dim():
    rows = as_rows(features()[:, 0].drop_vars("feature"), signal())
    assert rows.features == Labels(("feature",), (1,), {})
    assert rows.x.shape == (20, 1)


def test_trials_become_runs_that_nothing_crosses():
    rng = np.random.default_rng(0)
    coords = {"time": clock(6), "trial_type": ("trial", list("abab"))}
    x = xr.DataArray(
        rng.standard_normal((4, 6, 2)), dims=("trial", "time", "feature"), coords=coords
    )
    y = xr.DataArray(
        rng.standard_normal((4, 6, 3)), dims=("trial", "time", "channel"), coords=coords
    )
    rows = as_rows(x, y)
    np.testing.assert_array_equal(rows.x, x.values.reshape(24, 2))
    np.testing.assert_array_equal(values_of(rows.y, 24, 3), y.values.reshape(24, 3))
    np.testing.assert_array_equal(rows.samples["run"], np.repeat(np.arange(4), 6))
    np.testing.assert_allclose(rows.samples["time"][6:12], regular_time(6, 10.0))
    assert rows.samples["trial_type"].values[6] == "b"


def test_trials_of_another_order_of_dims_are_the_same():
    rng = np.random.default_rng(0)
    x = xr.DataArray(rng.standard_normal((4, 6, 2)), dims=("trial", "time", "feature"))
    y = xr.DataArray(rng.standard_normal((6, 3, 4)), dims=("time", "channel", "trial"))
    rows = as_rows(x, y)
    expected = y.transpose("trial", "time", "channel").values.reshape(24, 3)
    np.testing.assert_array_equal(values_of(rows.y, 24, 3), expected)


def test_several_recordings_lie_one_below_the_other_with_runs_of_their_own():
    x, y = [features(10), features(15)], [signal(10), signal(15)]
    y[1] = y[1].assign_coords(run=("time", np.repeat([3, 4], [5, 10])))
    rows = as_rows(x, y)
    assert rows.x.shape == (25, 3)
    np.testing.assert_array_equal(rows.samples["run"], np.repeat([0, 1, 2], [10, 5, 10]))
    np.testing.assert_array_equal(values_of(rows.y, 25, 2)[10:], y[1].values)
    mapped = as_rows(dict(zip("ab", x, strict=True)), dict(zip("ab", y, strict=True)))
    np.testing.assert_array_equal(mapped.x, rows.x)


def test_lists_of_matrices_are_several_recordings():
    assert several([np.ones((3, 2)), np.ones((4, 2))])
    assert not several([[1.0, 2.0], [3.0, 4.0]])
    assert not several(np.ones((3, 2)))
    assert not several(features())
    rows = as_rows([np.ones((3, 2)), np.ones((4, 2))], [np.ones((3, 1)), np.ones((4, 1))])
    np.testing.assert_array_equal(rows.samples["run"], [0, 0, 0, 1, 1, 1, 1])


def test_a_recording_gives_its_stimulus_and_its_signal():
    rec = nk.simulate.recording("seeg", random_state=0)
    y = nk.schema.signal_of(rec)
    x = xr.DataArray(
        np.random.default_rng(0).standard_normal((y.sizes["time"], 2)),
        dims=("time", "feature"),
        coords={"time": y["time"]},
    )
    rows = as_rows(x, rec)
    assert rows.targets.coords["channel"].values.tolist() == y["channel"].values.tolist()
    whole = rec.copy()
    whole["stimulus"] = xr.DataTree(xr.Dataset({"feature_values": x}))
    both = as_rows(whole, None)
    np.testing.assert_array_equal(both.x, rows.x)
    with pytest.raises(SchemaError, match="feature_values"):
        as_rows(nk.simulate.recording("calcium", random_state=0), None)


def test_plain_targets_take_the_clock_of_labelled_features():
    rows = as_rows(features(), np.ones((20, 4)))
    np.testing.assert_allclose(rows.samples["time"], regular_time(20, 10.0))
    assert rows.targets.dims == ("target",)
    rows = as_rows(np.ones((20, 4)), signal())
    assert rows.features.dims == ("feature",)
    assert rows.samples["time"].attrs["sampling_rate"] == 10.0


def test_onsets_of_events_are_their_clock():
    x = xr.DataArray(np.ones((3, 2)), dims=("event", "feature"))
    y = xr.DataArray(
        np.ones((3, 1)), dims=("event", "channel"), coords={"onset": ("event", [1.0, 5, 9])}
    )
    np.testing.assert_array_equal(as_rows(x, y).samples["time"], [1.0, 5.0, 9.0])


def test_lazy_targets_stay_lazy():
    y = xr.DataArray(da.ones((20, 2), chunks=(5, 2)), dims=("time", "channel"))
    rows = as_rows(features().drop_vars("time"), y)
    assert isinstance(rows.y.array.data, da.Array)
    assert rows.y.chunks[0] == (5, 5, 5, 5)


def test_float32_is_noticed_and_other_numbers_become_float64():
    x, y = np.ones((4, 2), np.float32), np.ones((4, 1), np.float32)
    assert as_rows(x, y).single
    assert not as_rows(x, y.astype(float)).single
    assert as_rows(x.astype(int), y).x.dtype == np.float64


@pytest.mark.parametrize(
    ("x", "message"),
    [
        (np.ones(5), "2D"),
        (np.ones((5, 2, 2)), "2D"),
        (np.ones((5, 0)), "minimum of 1"),
        (np.array([[np.nan, 1.0]]), "NaN"),
        (np.array([[np.inf, 1.0]]), "NaN or infinity"),
        (np.ones((2, 2), dtype=complex), "Complex"),
    ],
)
def test_what_is_no_matrix_of_numbers_is_refused(x, message):
    with pytest.raises(SchemaError, match=message):
        as_matrix(x, "X")


@pytest.mark.parametrize(
    ("x", "y", "error", "message"),
    [
        (np.ones((5, 2)), None, SchemaError, "target y is None"),
        (np.ones((5, 2)), np.ones(4), SchemaError, "4 samples, X has 5"),
        (np.ones((5, 2)), np.ones((5, 1, 1)), SchemaError, "shape"),
        (features(), signal().rename(time="event"), LabelError, "none in common"),
        (features(20), signal(20, rate=20.0), LabelError, "other labels along time"),
        (features(20), signal(19), LabelError, "other labels along time"),
        (features(20), np.ones((19, 2)), SchemaError, "20 samples"),
        ([features()], [signal(), signal()], LabelError, "lists of equal length"),
        ({"a": features()}, {"b": signal()}, LabelError, "other keys"),
        ({"a": features()}, signal(), LabelError, "other keys"),
        ([features(), features(names="abd")], [signal()] * 2, LabelError, r"X\[1\]"),
        ([features()] * 2, [signal(), signal(names=("c1", "c3"))], LabelError, r"Y\[1\]"),
        ({}, {}, SchemaError, "empty"),
    ],
)
def test_what_does_not_fit_together_is_refused(x, y, error, message):
    with pytest.raises(error, match=message):
        as_rows(x, y)


def test_sparse_matrices_are_refused_by_name():
    from scipy import sparse

    for kind in (sparse.csr_array, sparse.dok_array):
        with pytest.raises(SchemaError, match="sparse"):
            as_rows(kind(np.eye(3)), np.ones(3))


def test_swapping_exchanges_both_sides():
    rows = as_rows(features(), signal())
    back = swapped(rows)
    assert back.features.dims == ("channel",)
    assert back.targets.dims == ("feature",)
    np.testing.assert_array_equal(back.x, values_of(rows.y, 20, 2))
    np.testing.assert_array_equal(back.y, rows.x)


def test_wrapping_joins_sides():
    alpha, target = named("alpha", [1.0, 10.0], units="V2"), Labels(("channel",), (3,), {})
    array = wrap(np.arange(6.0), alpha, target, name="score")
    assert array.dims == ("alpha", "channel")
    assert array.alpha.attrs == {"units": "V2"}
    assert array.name == "score"


def test_a_matrix_with_two_equal_sides_has_two_names():
    side = as_rows(features(), signal()).features
    gram = wrap(np.eye(3), side, side.other("_other"))
    assert gram.dims == ("feature", "feature_other")
    assert gram.feature_other.values.tolist() == ["a", "b", "c"]
