"""Labels and samples: what users may give, what is refused, and how results get labels back."""

from __future__ import annotations

import numpy as np
import pytest
import xarray as xr
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.model_selection import KFold

from neurokit.encoding.band_labels import bands_of, join_bands
from neurokit.encoding.labels import (
    Labels,
    as_matrix,
    as_rows,
    check_same,
    named,
    several,
    swapped,
    wrap,
)
from neurokit.encoding.linear import labels_of, record_ends
from neurokit.encoding.samples import as_samples, as_targets, inner_folds, outer_folds
from neurokit.errors import LabelError, OptionError, SchemaError
from neurokit.schema import regular_time, time_coordinate
from neurokit.stats import BlockedCV


def clock(n, rate=10.0):
    return time_coordinate(regular_time(n, rate), rate)


def array(n=12, p=3, dims=("time", "feature"), seed=0, names=None):
    values = np.random.default_rng(seed).standard_normal((n, p))
    coords = {dims[1]: list(names)} if names else {}
    if dims[0] == "time":
        coords["time"] = clock(n)
    return xr.DataArray(values, dims=dims, coords=coords)


def read(rows):
    return np.asarray(rows.y[slice(0, len(rows.x)), slice(0, rows.targets.size)])


@pytest.mark.parametrize("dtype", [bool, np.int16, np.uint8, np.float16, ">f4"])
def test_numbers_of_any_type_become_float64(dtype):
    found = as_matrix(np.array([[1, 0], [0, 1]], dtype=dtype), "X")
    assert found.dtype == np.float64
    np.testing.assert_array_equal(found, [[1.0, 0.0], [0.0, 1.0]])


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_floats_are_not_altered(dtype):
    x = np.random.default_rng(0).standard_normal((3, 2)).astype(dtype)
    found = as_matrix(x, "X")
    assert found.dtype == dtype
    np.testing.assert_array_equal(found, x)


@pytest.mark.parametrize("shape", [(0, 3), (3, 0), (0, 0)])
def test_a_matrix_without_a_value_is_refused_by_the_name_of_the_argument(shape):
    with pytest.raises(SchemaError, match="features: Found array with"):
        as_matrix(np.zeros(shape), "features")


@pytest.mark.parametrize(
    ("x", "expected"),
    [
        ([np.zeros((3, 2)), np.zeros((4, 2))], True),
        ([array()], True),
        ({"a": array()}, True),
        ({}, True),
        ([], False),
        ([[1.0, 2.0], [3.0, 4.0]], False),
        ([np.zeros(3), np.zeros(3)], False),
        (np.zeros((3, 2)), False),
        (array(), False),
        (xr.Dataset({"a": array()}), False),
        (None, False),
    ],
)
def test_lists_of_matrices_are_several_and_lists_of_rows_are_one(x, expected):
    assert several(x) is expected


@pytest.mark.parametrize("labelled", [False, True])
def test_complex_targets_are_refused_and_not_cut_to_their_real_part(labelled):
    x, y = array(), array(dims=("time", "channel")) * (1 + 1j)
    with pytest.raises(SchemaError, match="Y: Complex"):
        as_rows(x if labelled else x.values, y if labelled else y.values)


@given(order=st.permutations(["time", "channel", "lag"]))
@settings(max_examples=6, deadline=None)
def test_dims_of_targets_in_any_order_are_the_same_columns(order):
    y = xr.DataArray(
        np.arange(12 * 2 * 3.0).reshape(12, 2, 3),
        dims=("time", "channel", "lag"),
        coords={"time": clock(12), "channel": ["a", "b"]},
    )
    rows = as_rows(array(), y.transpose(*order))
    back = wrap(read(rows)[4], rows.targets)
    xr.testing.assert_equal(back.transpose("channel", "lag"), y[4].drop_vars("time"))


def test_what_is_given_is_not_changed():
    x, y = array(names="abc"), array(dims=("time", "channel"), seed=1)
    before = x.copy(deep=True), y.copy(deep=True)
    rows = as_rows(x, y)
    swapped(rows)
    xr.testing.assert_identical(x, before[0])
    xr.testing.assert_identical(y, before[1])


def test_coordinates_of_two_dims_and_scalars_find_their_side():
    y = array(dims=("time", "channel")).assign_coords(
        depth=("channel", [1.0, 2.0, 3.0]), subject="s1", quality=("time", np.arange(12))
    )
    rows = as_rows(array(), y)
    assert set(rows.targets.coords) == {"depth"}
    assert {"time", "quality"} <= set(rows.samples.coords)
    assert "subject" not in rows.targets.coords


def test_swapping_twice_is_where_it_began():
    rows = as_rows(array(names="abc"), array(dims=("time", "channel"), seed=1, names="xyz"))
    back = swapped(swapped(rows))
    np.testing.assert_array_equal(back.x, rows.x)
    np.testing.assert_array_equal(read(back), read(rows))
    assert back.features.dims == ("feature",)
    assert back.targets.dims == ("channel",)


def test_swapping_one_target_names_the_dim_of_features():
    rows = swapped(as_rows(np.ones((5, 2)), np.arange(5.0)))
    assert rows.features == Labels(("target",), (1,), {})
    np.testing.assert_array_equal(rows.x[:, 0], np.arange(5.0))


def test_swapping_reads_targets_and_refuses_those_that_are_missing():
    y = array(dims=("time", "channel"))
    y[3, 1] = np.nan
    with pytest.raises(SchemaError, match="Y: holds NaN"):
        swapped(as_rows(array(), y))


def test_sizes_are_products_and_no_dim_is_one_column():
    assert Labels(("a", "b"), (3, 4), {}).size == 12
    assert Labels((), (), {}).size == 1
    assert Labels(("a",), (0,), {}).size == 0


def test_other_names_keep_values_and_lose_further_coordinates():
    labels = Labels(
        ("a",), (2,), {"a": xr.Variable("a", [7, 8]), "kind": xr.Variable("a", ["u", "v"])}
    )
    other = labels.other("_2")
    assert other.dims == ("a_2",)
    assert set(other.coords) == {"a_2"}
    square = wrap(np.eye(2), labels, other)
    assert square.dims == ("a", "a_2")
    np.testing.assert_array_equal(square["a_2"], [7, 8])


def test_labels_of_one_further_dim_have_their_attributes():
    labels = named("lag", [0.0, 0.1], units="s")
    out = wrap(np.zeros(2), labels, name="w", attrs={"k": 1})
    assert out["lag"].attrs == {"units": "s"}
    assert out.name == "w"
    assert out.attrs == {"k": 1}


@pytest.mark.parametrize(
    "other",
    [
        Labels(("b",), (2,), {}),
        Labels(("a",), (3,), {}),
        Labels(("a",), (2,), {}),
        Labels(("a",), (2,), {"a": xr.Variable("a", [1, 3])}),
    ],
    ids=["dim", "size", "no labels", "labels"],
)
def test_sides_that_differ_are_refused_by_name(other):
    first = Labels(("a",), (2,), {"a": xr.Variable("a", [1, 2])})
    check_same(first, first, "X[1]")
    with pytest.raises(LabelError, match=r"X\[1\]: has .* unlike the first"):
        check_same(first, other, "X[1]")


def test_labels_come_apart_into_both_sides_again():
    coef = xr.DataArray(
        np.zeros((2, 3, 4)),
        dims=("lag", "feature", "channel"),
        coords={"feature": list("abc"), "region": ("channel", list("wxyz")), "n": 3},
    )
    first, second = labels_of(coef, ["feature"])
    assert (first.dims, first.sizes, set(first.coords)) == (("feature",), (3,), {"feature"})
    assert (second.dims, second.sizes) == (("lag", "channel"), (2, 4))
    assert set(second.coords) == {"region"}


def test_records_end_where_runs_change_and_where_trials_end():
    x = xr.DataArray(np.zeros((6, 2)), dims=("time", "feature"))
    np.testing.assert_array_equal(record_ends(x, ["time"]), [6])
    runs = x.assign_coords(run=("time", [1, 1, 0, 0, 0, 1]))
    np.testing.assert_array_equal(record_ends(runs, ["time"]), [2, 5, 6])
    trials = xr.DataArray(np.zeros((2, 3, 4, 1)), dims=("session", "trial", "time", "feature"))
    ends = record_ends(trials, ["session", "trial", "time"])
    np.testing.assert_array_equal(ends, np.arange(1, 7) * 4)


def test_a_run_that_labels_features_ends_no_record():
    x = xr.DataArray(np.zeros((4, 2)), dims=("time", "feature"))
    x = x.assign_coords(run=("feature", [0, 1]))
    np.testing.assert_array_equal(record_ends(x, ["time"]), [4])


# Samples of the comparisons


def test_the_first_dim_is_that_of_samples_where_none_is_known():
    y = xr.DataArray(np.zeros((7, 2)), dims=("word", "channel"))
    assert as_targets(y).dim == "word"
    assert as_targets(np.zeros((7, 2, 3))).targets.dims == ("sample", "target_0", "target_1")
    assert as_targets(np.zeros(7)).y.shape == (7, 1)


@pytest.mark.parametrize("y", [3.0, np.array(3.0), xr.DataArray(3.0)])
def test_a_single_number_is_no_target(y):
    with pytest.raises(SchemaError, match="Y: is a single number"):
        as_targets(y)


@pytest.mark.parametrize("shape", [(0, 2), (5, 0)])
def test_targets_of_nothing_are_refused(shape):
    with pytest.raises(SchemaError, match="no target or no sample"):
        as_targets(np.zeros(shape))


@pytest.mark.parametrize("bad", [np.nan, -np.inf])
def test_missing_values_are_refused_by_the_name_of_their_set(bad):
    x = np.zeros((5, 2))
    x[1, 1] = bad
    with pytest.raises(SchemaError, match="sound: holds NaN or infinities"):
        as_samples({"sight": np.zeros((5, 1)), "sound": x}, np.zeros((5, 1)))


@pytest.mark.parametrize("x", [np.array([["a"], ["b"]]), np.ones((2, 1)) * 1j])
def test_what_is_no_real_number_is_refused(x):
    with pytest.raises(SchemaError, match="X: is of type"):
        as_samples(x, np.zeros((2, 1)))


def test_features_of_several_dims_are_laid_side_by_side():
    x = xr.DataArray(np.arange(24.0).reshape(2, 3, 4), dims=("a", "time", "b"))
    found = as_samples(x, xr.DataArray(np.zeros((3, 1)), dims=("time", "channel")))
    np.testing.assert_array_equal(found.x["X"], x.values.transpose(1, 0, 2).reshape(3, 8))


def test_clocks_that_differ_are_refused():
    with pytest.raises(LabelError, match="differ in their time"):
        as_samples(array().assign_coords(time=clock(12, 11.0)), array(dims=("time", "channel")))


def test_features_of_another_dim_are_refused():
    with pytest.raises(LabelError, match="no 'time'"):
        as_samples(array(dims=("event", "feature")), array(dims=("time", "channel")))


def test_values_per_sample_and_per_target_go_back_to_the_labels():
    y = array(dims=("time", "channel"), names="xyz").assign_attrs(units="V", history="[]")
    found = as_samples(np.zeros((12, 1)), y)
    same = found.per_sample(found.y, "v")
    xr.testing.assert_equal(same, y)
    assert same.attrs == {"history": "[]"}
    assert same.name == "v"
    per = found.per_target(np.arange(6.0).reshape(2, 3), "r", lead="model")
    assert per.dims == ("model", "channel")
    np.testing.assert_array_equal(per["channel"], list("xyz"))
    assert "time" not in per.coords


def test_masks_and_row_numbers_are_the_same_outer_and_inner_folds():
    found = as_samples(np.zeros((24, 1)), np.zeros((24, 1)))
    pairs = [(np.arange(24) >= 8, np.arange(24) < 8), (np.arange(24) < 16, np.arange(24) >= 16)]
    numbers = [(np.flatnonzero(a), np.flatnonzero(b)) for a, b in pairs]
    by_mask, by_number = outer_folds(pairs, found), outer_folds(numbers, found)
    np.testing.assert_equal(by_mask, by_number)
    np.testing.assert_equal(
        inner_folds(pairs, found, by_mask), inner_folds(numbers, found, by_number)
    )
    for (train, _), folds in zip(by_mask, inner_folds(pairs, found, by_mask), strict=True):
        for a, b in folds:
            assert set(a) | set(b) <= set(train)


@pytest.mark.parametrize("cv", [2.5, "kfold", [1, 2], [], True])
def test_what_is_no_splitter_is_refused(cv):
    found = as_samples(np.zeros((24, 1)), np.zeros((24, 1)))
    with pytest.raises(OptionError, match=r"cv|n_splits"):
        outer_folds(cv, found)


@pytest.mark.parametrize("cv", [None, 4, KFold(3), BlockedCV(6)])
def test_every_sample_is_tested_once_by_any_splitter(cv):
    found = as_samples(np.zeros((24, 1)), np.zeros((24, 1)))
    tests = np.concatenate([test for _, test in outer_folds(cv, found)])
    np.testing.assert_array_equal(np.sort(tests), np.arange(24))


# Bands


@given(labels=st.lists(st.sampled_from(["a", "b", 3, 3.5]), min_size=1, max_size=8))
@settings(max_examples=20, deadline=None)
def test_features_of_one_label_share_a_number_in_order_of_appearance(labels):
    codes, names = bands_of(np.array(labels, dtype=object), Labels(("f",), (len(labels),), {}))
    assert [names[code] for code in codes] == [str(label) for label in labels]
    assert list(dict.fromkeys(codes)) == list(range(len(names)))


@pytest.mark.parametrize("bands", [["a"], np.zeros((3, 1)), 5, ["a"] * 4])
def test_bands_of_another_shape_are_refused(bands):
    with pytest.raises(LabelError, match="bands: shape"):
        bands_of(bands, Labels(("f",), (3,), {}))


def test_bands_are_laid_side_by_side_in_their_order():
    a, b = array(p=2, seed=1, names="uv"), array(p=3, dims=("time", "word"), seed=2)
    found = join_bands({"b": b, "a": a.transpose(), "c": a[:, 0].drop_vars("feature")})
    np.testing.assert_array_equal(found.values, np.hstack([b.values, a.values, a.values[:, :1]]))
    assert list(found["band"].values) == ["b"] * 3 + ["a"] * 2 + ["c"]
    assert list(found["feature"].values) == ["b/0", "b/1", "b/2", "a/u", "a/v", "c/0"]
    xr.testing.assert_equal(found["time"].drop_vars("time"), a["time"].drop_vars("time"))


def test_joining_changes_no_band():
    bands = {"a": array(names="xyz").assign_coords(kind=("feature", list("uuv"))), "b": array()}
    before = {name: band.copy(deep=True) for name, band in bands.items()}
    join_bands(bands)
    for name, band in bands.items():
        xr.testing.assert_identical(band, before[name])


@pytest.mark.parametrize("band", [np.zeros((12, 2, 2)), np.float64(3.0)])
def test_a_band_that_is_no_matrix_is_refused_by_its_name(band):
    with pytest.raises(SchemaError, match=r"X\['b'\]"):
        join_bands({"a": np.zeros((12, 2)), "b": band})
