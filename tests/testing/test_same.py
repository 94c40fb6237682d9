"""assert_same sees every difference that matters, says where it is, and sees no other."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import xarray as xr
from hypothesis import given, settings
from hypothesis import strategies as st

from neurokit.errors import OptionError
from neurokit.schema import activity, events, recording
from neurokit.testing import assert_same, differences, recordings, same


def worm() -> xr.DataTree:
    values = np.arange(6.0).reshape(3, 2)
    values[1, 1] = np.nan
    group = activity(
        values,
        names=["AVAL", "AVAR"],
        rate=2.0,
        coords={"identified": [True, False]},
        position=np.zeros((2, 3)),
    )
    table = events([0.5], trial_type=["odour"])
    return recording({"activity": group, "events": table}, modality="calcium", subject="w1")


def edited(path: str, change: Callable[[xr.Dataset], xr.Dataset]) -> xr.DataTree:
    groups = {node.path: node.to_dataset(inherit=False) for node in worm().subtree}
    return xr.DataTree.from_dict({**groups, path: change(groups[path])})


def with_attribute(name: str, key: str, value: Any) -> Callable[[xr.Dataset], xr.Dataset]:
    def change(group: xr.Dataset) -> xr.Dataset:
        group[name].attrs[key] = value
        return group

    return change


def with_value(name: str, place: Any, value: Any) -> Callable[[xr.Dataset], xr.Dataset]:
    def change(group: xr.Dataset) -> xr.Dataset:
        values = group[name].values.copy()
        values[place] = value
        return group.assign({name: group[name].copy(data=values)})

    return change


CHANGES: dict[str, tuple[str, Callable[[xr.Dataset], xr.Dataset], list[str]]] = {
    "dtype": (
        "/activity",
        lambda g: g.assign(signal=g["signal"].astype(np.float64)),
        ["/activity/signal: dtype float32 against float64"],
    ),
    "dtype of a coordinate": (
        "/activity",
        lambda g: g.assign_coords(time=g["time"].astype(np.float32)),
        ["/activity/time: dtype float64 against float32"],
    ),
    "width of strings": (
        "/activity",
        lambda g: g.assign_coords(neuron=g["neuron"].values.astype("<U9")),
        ["/activity/neuron: dtype <U4 against <U9"],
    ),
    "one value": (
        "/activity",
        with_value("signal", (2, 0), 7.0),
        ["/activity/signal: 1 of 6 values differ, the first at (2, 0): 4.0 against 7.0"],
    ),
    "NaN against a number": (
        "/activity",
        with_value("signal", (1, 1), 0.0),
        ["/activity/signal: 1 of 6 values differ, the first at (1, 1): nan against 0.0"],
    ),
    "a label": (
        "/activity",
        lambda g: g.assign_coords(neuron=["AVAL", "RIML"]),
        ["/activity/neuron: 1 of 2 values differ, the first at (1,): AVAR against RIML"],
    ),
    "order of dims": (
        "/activity",
        lambda g: g.assign(signal=g["signal"].transpose()),
        ["/activity/signal: dims ('time', 'neuron') against ('neuron', 'time')"],
    ),
    "type of an attribute": (
        "/activity",
        lambda g: g.assign_attrs(time_offset=0),
        ["/activity: attribute 'time_offset' is 0.0 (float) against 0 (int)"],
    ),
    "numpy scalar as attribute": (
        "/activity",
        with_attribute("time", "sampling_rate", np.float64(2.0)),
        [
            "/activity/time: attribute 'sampling_rate' is 2.0 (float) against "
            "np.float64(2.0) (float64)"
        ],
    ),
    "attribute of a variable": (
        "/activity",
        with_attribute("signal", "units", "Hz"),
        ["/activity/signal: attribute 'units' is '1' (str) against 'Hz' (str)"],
    ),
    "attribute of the root": (
        "/",
        lambda g: g.assign_attrs(extra="x"),
        ["/: attribute 'extra' is only in the second"],
    ),
    "a variable": (
        "/events",
        lambda g: g.drop_vars("duration"),
        ["/events: variable 'duration' is only in the first"],
    ),
    "a coordinate made a variable": (
        "/activity",
        lambda g: g.reset_coords("identified"),
        [
            "/activity: variable 'identified' is only in the second",
            "/activity: coordinate 'identified' is only in the first",
        ],
    ),
    "an index": (
        "/activity",
        lambda g: g.drop_indexes("time"),
        ["/activity: index 'time' is only in the first"],
    ),
    "a size": (
        "/events",
        lambda g: xr.concat([g, g], "event"),
        [
            "/events: size of event is 1 against 2",
            "/events/event: shape (1,) against (2,)",
            "/events/onset: shape (1,) against (2,)",
            "/events/duration: shape (1,) against (2,)",
            "/events/trial_type: shape (1,) against (2,)",
        ],
    ),
}


@pytest.mark.parametrize("what", CHANGES)
def test_a_difference_is_found_and_said_where_it_is(what: str) -> None:
    path, change, said = CHANGES[what]
    changed = edited(path, change)
    found = differences(worm(), changed)
    assert sorted(found) == sorted(said)
    with pytest.raises(AssertionError) as raised:
        assert_same(worm(), changed)
    for line in said:
        assert line in str(raised.value)
    assert differences(changed, worm())  # and from the other side


def test_a_group_more_or_less_is_found() -> None:
    one = worm()
    less = xr.DataTree.from_dict(
        {n.path: n.to_dataset(inherit=False) for n in one.subtree if n.name != "events"}
    )
    assert differences(one, less) == ["tree: group 'events' is only in the first"]
    assert differences(less, one) == ["tree: group 'events' is only in the second"]


def test_order_encoding_laziness_and_the_name_of_the_root_do_not_count() -> None:
    one = worm()
    group = one["activity"].to_dataset(inherit=False)
    other = xr.Dataset(
        {name: group[name].variable for name in reversed(list(group.data_vars))},
        coords={name: group[name].variable for name in reversed(list(group.coords))},
        attrs=dict(reversed(list(group.attrs.items()))),
    )
    other["signal"].encoding["dtype"] = "float16"
    tree = xr.DataTree.from_dict(
        {
            "/": one.to_dataset(inherit=False),
            "/events": one["events"].to_dataset(inherit=False),
            "/activity": other.chunk(),
        },
        name="another name",
    )
    assert_same(one, tree)


def test_nan_equals_nan_and_minus_zero_equals_zero() -> None:
    a = xr.DataArray([np.nan, 0.0, np.inf], attrs={"x": float("nan")})
    assert_same(a, xr.DataArray([np.nan, -0.0, np.inf], attrs={"x": float("nan")}))


def test_arrays_compare_names_coordinates_and_what_they_are() -> None:
    a = xr.DataArray([1, 2], dims="event", coords={"kind": ("event", ["x", "y"])}, name="a")
    assert_same(a, a.copy())
    assert differences(a, a.rename("b")) == ["name: 'a' against 'b'"]
    assert differences(a, a.drop_vars("kind")) == ["array: coordinate 'kind' is only in the first"]
    other = a.assign_coords(kind=("event", ["x", "z"]))
    assert differences(a, other) == ["kind: 1 of 2 values differ, the first at (1,): y against z"]
    assert differences(a, a.to_dataset()) == ["kind: DataArray against Dataset"]
    assert_same(a.variable, a.variable.copy())
    assert differences(xr.DataArray(1), xr.DataArray(2)) == [
        "array: 1 of 1 values differ, the first at (): 1 against 2"
    ]


def test_attributes_that_are_arrays_are_compared_whole() -> None:
    a = xr.Dataset(attrs={"x": np.array([1.0, np.nan])})
    assert_same(a, a.copy(deep=True))
    assert differences(a, xr.Dataset(attrs={"x": np.array([1.0, 2.0])}))
    assert differences(a, xr.Dataset(attrs={"x": np.array([1.0, np.nan], np.float32)}))
    assert_same(xr.Dataset(attrs={"x": ["a"]}), xr.Dataset(attrs={"x": ["a"]}))


@pytest.mark.parametrize(
    "values",
    [
        np.array(["a", None, 1.5], dtype=object),
        np.array(["a", "bc"], dtype=np.dtypes.StringDType()),
        np.array(["2024-01-01", "NaT"], dtype="datetime64[ns]"),
        np.array([1 + 2j, np.nan]),
        np.array([True, False]),
        np.zeros((0, 3)),
    ],
)
def test_every_dtype_equals_itself(values: np.ndarray) -> None:
    dims = ("a", "b")[: values.ndim]
    assert_same(xr.Variable(dims, values), xr.Variable(dims, values.copy()))


def test_values_of_another_kind_differ_without_a_crash() -> None:
    numbers, words = xr.DataArray([1, 2]), xr.DataArray(["1", "2"])
    found = differences(numbers, words)
    assert found[0].startswith("array: dtype int64 against <U1")
    assert "2 of 2 values differ" in found[1]
    mixed = xr.DataArray(np.array(["1", 2], dtype=object))
    assert any("values differ" in line for line in differences(words, mixed))


def test_large_arrays_are_read_in_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(same, "BLOCK_VALUES", 10)
    values = np.arange(50.0).reshape(10, 5)
    changed = values.copy()
    changed[7, 3] = changed[9, 0] = -1.0
    assert differences(xr.DataArray(values), xr.DataArray(changed)) == [
        "array: 2 of 50 values differ, the first at (7, 3): 38.0 against -1.0"
    ]
    assert_same(xr.DataArray(values), xr.DataArray(values.copy()))


def test_a_long_list_of_differences_is_cut() -> None:
    a = xr.Dataset(attrs={f"a{i}": i for i in range(30)})
    with pytest.raises(AssertionError, match=r"30 differences:") as raised:
        assert_same(a, xr.Dataset())
    assert str(raised.value).count("\n") == 21
    assert "and 10 more" in str(raised.value)


def test_what_is_no_xarray_object_is_an_error() -> None:
    with pytest.raises(OptionError, match="ndarray"):
        assert_same(np.zeros(3), np.zeros(3))  # type: ignore[arg-type]
    with pytest.raises(OptionError, match="dict"):
        assert_same(xr.Dataset(), {})  # type: ignore[arg-type]


def test_parts_of_trees_compare_by_their_own_paths() -> None:
    one, other = worm(), recording({"behavior/eye": worm()["events"].to_dataset()}, modality="eeg")
    assert differences(one["events"], other["behavior/eye"]) == []


@settings(max_examples=10, deadline=None, derandomize=True)
@given(rec=recordings(max_size=3), data=st.data())
def test_any_changed_value_of_any_variable_is_found(rec: xr.DataTree, data: Any) -> None:
    owned = [
        (node.path, str(name))
        for node in rec.subtree
        for name, variable in node.to_dataset(inherit=False).data_vars.items()
        if variable.size
    ]
    assert_same(rec, rec.copy(deep=True))
    if not owned:
        return
    path, name = data.draw(st.sampled_from(owned))
    changed = rec.copy(deep=True)
    values = changed[path].to_dataset(inherit=False)[name].values.copy()
    place = tuple(data.draw(st.integers(0, n - 1)) for n in values.shape)
    old = values[place]
    values[place] = {"f": 1e6, "i": 10**6, "b": not old, "U": "?"}[values.dtype.kind]
    if values[place] == old:
        return
    changed[path][name] = rec[path][name].copy(data=values)
    found = differences(rec, changed)
    assert len(found) == 1
    assert found[0].startswith(f"{path}/{name}: 1 of {values.size} values differ")
