"""Tables of any shape and type there and back, and tables that are none."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
import xarray as xr

import neurokit as nk
from neurokit.errors import LabelError, OptionError, SchemaError, TimeError
from neurokit.interchange import from_pandas, to_pandas
from neurokit.testing import assert_same


def _tree(**variables: Any) -> xr.DataTree:
    return xr.DataTree.from_dict({"/group": xr.Dataset(variables)})


@pytest.mark.parametrize("shape", [(0, 3), (3, 0), (0, 0), (2, 0, 3), (2, 4, 0), (0, 4, 3)])
def test_tables_without_rows_or_columns_come_back(shape: tuple[int, ...]) -> None:
    tree = _tree(signal=(("trial", "time", "neuron")[-len(shape) :], np.zeros(shape, np.float32)))
    back = from_pandas(to_pandas(tree))
    assert back.identical(tree)
    assert back["group/signal"].dtype == np.float32


def test_a_recording_without_neurons_comes_back() -> None:
    group = nk.schema.activity(np.zeros((3, 0)), names=[], rate=1.0)
    rec = nk.schema.recording({"activity": group}, modality="calcium")
    assert_same(from_pandas(to_pandas(rec)), rec)


@pytest.mark.parametrize(
    "values",
    [
        np.array([True, False]),
        np.array([2**63 - 1, -(2**63)], dtype=np.int64),
        np.array([2**64 - 1, 0], dtype=np.uint64),
        np.array([1.5, np.nan], dtype=np.float16),
        np.array([1.0, 2.0], dtype=">f8"),
        np.array([1j, -2.0]),
        np.array(["é", ""]),
        np.array([b"a", b"bc"]),
        np.array(["2020-01-01", "NaT"], dtype="datetime64[ns]"),
        np.array([np.inf, -0.0]),
    ],
    ids=lambda v: str(v.dtype),
)
def test_values_of_every_type_come_back_to_the_last_bit(values: np.ndarray[Any, Any]) -> None:
    tree = _tree(x=("row", values), y=("row", values[::-1]))
    back = from_pandas(to_pandas(tree))["group/x"].values
    assert back.dtype == values.dtype
    assert back.tobytes() == values.tobytes()


def test_numbers_beside_words_and_single_values_come_back() -> None:
    tree = xr.DataTree.from_dict(
        {
            "/": xr.Dataset(attrs={"a": 1, "b": "text", "c": [1, 2], "d": None}),
            "/group": xr.Dataset({"one": 3.5, "word": "x"}, {"where": 7}, {"said": "so"}),
            "/group/deeper": xr.Dataset({"z": ("row", [1, 2])}),
        },
        name="all",
    )
    back = from_pandas(to_pandas(tree))
    assert back.identical(tree)
    assert back.name == "all"


def test_a_group_called_as_a_dim_beside_it_is_refused() -> None:
    tree = xr.DataTree.from_dict(
        {
            "/stimulus": xr.Dataset({"v": ("vision", [1.0, 2.0])}),
            "/stimulus/vision": xr.Dataset(attrs={"kept": 1}),
        }
    )
    with pytest.raises(SchemaError, match="'stimulus/vision' is both"):
        to_pandas(tree)


def test_a_variable_called_as_a_dim_of_others_is_refused() -> None:
    tree = _tree(x=(("a", "b"), np.ones((2, 3))), y=("x", [1, 2]))
    with pytest.raises(SchemaError, match="'x' is both"):
        to_pandas(tree)


def test_variables_at_the_root_are_refused_rather_than_lost() -> None:
    with pytest.raises(SchemaError, match="at the root"):
        to_pandas(xr.DataTree(xr.Dataset({"s": ("t", [1.0])})))


@pytest.fixture
def frames() -> dict[str, pd.DataFrame]:
    rec = nk.simulate.recording("calcium", n_channels=4, duration=5.0, random_state=0)
    return to_pandas(rec)


def test_lost_rows_and_columns_are_said(frames: dict[str, pd.DataFrame]) -> None:
    for change in (
        {"activity/signal": frames["activity/signal"].iloc[:3]},
        {"activity/signal": frames["activity/signal"].iloc[:, :2]},
        {"activity/time": frames["activity/time"].drop(columns="time")},
    ):
        ((name, _),) = change.items()
        with pytest.raises(SchemaError, match=f"^{name}: "):
            from_pandas({**frames, **change})


def test_words_where_numbers_stood_are_said(frames: dict[str, pd.DataFrame]) -> None:
    changed = frames["activity/signal"].astype(object)
    changed.iloc[0, 0] = "loud"
    changed.attrs = frames["activity/signal"].attrs
    with pytest.raises(SchemaError, match="activity/signal: 'signal' of shape"):
        from_pandas({**frames, "activity/signal": changed})


@pytest.mark.parametrize("more", [pd.DataFrame({"a": [1]}), np.zeros(3), None])
def test_a_table_of_ones_own_does_not_belong(frames: dict[str, pd.DataFrame], more: Any) -> None:
    with pytest.raises(SchemaError, match="without what to_pandas writes"):
        from_pandas({**frames, "mine": more})


def test_frames_given_are_not_changed(frames: dict[str, pd.DataFrame]) -> None:
    kept = {name: frame.copy(deep=True) for name, frame in frames.items()}
    back = from_pandas(frames)
    back["activity/signal"].values[:] = 0
    back.activity.attrs["new"] = 1
    for name, frame in frames.items():
        pd.testing.assert_frame_equal(frame, kept[name])
        assert frame.attrs == kept[name].attrs


@pytest.mark.parametrize("given", [None, 3, "a.csv", [pd.DataFrame()], np.zeros((2, 2))])
def test_what_is_no_table_is_refused(given: Any) -> None:
    with pytest.raises(SchemaError, match="got a"):
        from_pandas(given, modality="calcium")


TRACES = pd.DataFrame({"a": [0.0, 1.0, 2.0], "b": [1.0, 2.0, 3.0]}, index=[0.0, 0.5, 1.0])


@pytest.mark.parametrize(
    "index",
    [
        pd.date_range("2020", periods=3),
        list("xyz"),
        [True, False, True],
        [1j, 2j, 3j],
        pd.MultiIndex.from_tuples([(0, 1), (0, 2), (0, 3)]),
        [0.0, np.nan, 1.0],
        [0.0, np.inf, np.inf],
        [2.0, 1.0, 0.0],
        [0.0, 0.0, 1.0],
        pd.to_timedelta([2, 1, 0], "s"),
    ],
    ids=str,
)
def test_an_index_that_is_no_time_is_refused(index: Any) -> None:
    with pytest.raises(TimeError, match="^from_pandas: the index"):
        from_pandas(TRACES.set_axis(index), modality="calcium")


@pytest.mark.parametrize(
    "index",
    [
        pd.to_timedelta([0.0, 0.5, 1.0], "s"),
        np.array([0.0, 0.5, 1.0], dtype=np.float32),
        pd.Index([0.0, 0.5, 1.0], dtype="Float64"),
    ],
    ids=["timedelta", "float32", "nullable"],
)
def test_times_of_other_types_are_the_same_seconds(index: Any) -> None:
    rec = from_pandas(TRACES.set_axis(index), modality="calcium")
    assert_same(rec, from_pandas(TRACES, modality="calcium"))
    assert rec.activity.attrs["sampling_rate"] == 2.0


@pytest.mark.parametrize("dtype", [int, bool, np.float32, "Float64", "Int64"])
def test_numbers_of_other_types_are_traces_too(dtype: Any) -> None:
    rec = from_pandas(TRACES.astype(dtype), modality="calcium")
    expected = TRACES.astype(bool) if dtype is bool else TRACES
    np.testing.assert_array_equal(rec.activity.signal, expected.to_numpy(dtype=np.float32))


def test_missing_numbers_become_nan() -> None:
    for frame in (TRACES.where(TRACES > 0), TRACES.astype("Float64").where(TRACES > 0)):
        signal = from_pandas(frame, modality="calcium").activity.signal
        assert signal.isnull().values.tolist() == [[True, False], [False, False], [False, False]]


@pytest.mark.parametrize("column", [list("xyz"), [1j, 2.0, 3.0], [None, "a", 1]])
def test_columns_that_are_no_real_numbers_are_refused(column: Any) -> None:
    with pytest.raises(SchemaError, match="columns are of type"):
        from_pandas(TRACES.assign(b=column), modality="calcium")


@pytest.mark.parametrize("rate", [0, -1.0, np.nan, np.inf, "2"])
def test_a_rate_that_is_none_is_refused(rate: Any) -> None:
    with pytest.raises(TimeError, match="^rate"):
        from_pandas(TRACES, modality="calcium", rate=rate)


def test_labels_that_stand_twice_and_unknown_kinds_are_refused() -> None:
    with pytest.raises(LabelError, match="more than once: a"):
        from_pandas(TRACES.set_axis(["a", "a"], axis=1), modality="calcium")
    with pytest.raises(OptionError, match="modality"):
        from_pandas(TRACES, modality="smoke")
    with pytest.raises(OptionError, match="channel_type"):
        from_pandas(TRACES, modality="eeg", channel_type="SMOKE")


def test_tables_of_one_or_no_row_are_recordings() -> None:
    one = from_pandas(TRACES.iloc[[1]], modality="calcium")
    assert one.activity.attrs["time_offset"] == 0.5
    assert one.activity.time.values.tolist() == [0.0]
    none = from_pandas(TRACES.iloc[:0], modality="calcium")
    assert none.activity.signal.shape == (0, 2)


def test_numbers_as_column_names_become_labels() -> None:
    rec = from_pandas(TRACES.set_axis([10, 2.5], axis=1), modality="calcium")
    assert rec.activity.neuron.values.tolist() == ["10.0", "2.5"]
