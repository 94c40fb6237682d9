"""Tables of pandas: any recording there and back, and one table of traces."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import xarray as xr
from hypothesis import given, settings

import neurokit as nk
from neurokit.errors import SchemaError
from neurokit.interchange import from_pandas, to_pandas
from neurokit.testing import assert_same, recordings


@settings(max_examples=15, deadline=None)
@given(rec=recordings())
def test_any_recording_comes_back_as_it_was(rec: xr.DataTree) -> None:
    assert_same(from_pandas(to_pandas(rec)), rec)


def test_signals_are_times_by_labels() -> None:
    rec = nk.simulate.recording("calcium", random_state=0)
    frame = to_pandas(rec)["activity/signal"]
    assert frame.index.name == "time"
    assert frame.columns.tolist() == rec.activity.neuron.values.tolist()
    np.testing.assert_array_equal(frame["AVAL"], rec.activity.signal.sel(neuron="AVAL"))
    np.testing.assert_array_equal(frame.index, rec.activity.time)


def test_labels_events_and_measures_are_rows_of_tables() -> None:
    rec = nk.simulate.recording("calcium", random_state=0)
    frames = to_pandas(rec)
    neurons, events = frames["activity/neuron"], frames["events/event"]
    assert neurons["neuron_class"].tolist() == rec.activity.neuron_class.values.tolist()
    np.testing.assert_array_equal(events["onset"], rec.events.onset)
    np.testing.assert_array_equal(frames["behavior/time"]["velocity"], rec.behavior.velocity)
    assert frames["/"].loc["modality", "value"] == "calcium"


def test_trials_are_pairs_of_trial_and_time() -> None:
    signal = np.arange(24, dtype=np.float32).reshape(2, 4, 3)
    group = nk.schema.activity(signal, names=list("abc"), rate=2.0, trial={"side": ["l", "r"]})
    rec = nk.schema.recording({"activity": group}, modality="calcium")
    frames = to_pandas(rec)
    assert frames["activity/signal"].index.names == ["trial", "time"]
    assert frames["activity/signal"].loc[(1, 0.5), "b"] == signal[1, 1, 1]
    assert frames["activity/trial"]["side"].tolist() == ["l", "r"]
    assert_same(from_pandas(frames), rec)


def test_values_that_were_changed_come_back_changed() -> None:
    rec = nk.simulate.recording("calcium", random_state=0)
    frames = to_pandas(rec)
    frames["activity/signal"].iloc[3, 2] = 77.0
    assert from_pandas(frames).activity.signal[3, 2] == 77.0


def test_one_table_of_traces_is_a_recording() -> None:
    frame = pd.DataFrame({"AVAL": [0.0, 1.0, 2.0], "AVAR": [3.0, 4.0, 5.0]}, index=[5.0, 5.5, 6.0])
    rec = from_pandas(frame, modality="calcium", units="1")
    assert rec.activity.attrs["sampling_rate"] == 2.0
    assert rec.activity.attrs["time_offset"] == 5.0
    np.testing.assert_array_equal(rec.activity.time, [0.0, 0.5, 1.0])
    np.testing.assert_array_equal(rec.activity.signal, frame.to_numpy())
    assert nk.validate(rec).ok
    channels = from_pandas(frame * 1e-6, modality="eeg", channel_type="EEG", units="V")
    assert channels.activity.channel_type.values.tolist() == ["EEG", "EEG"]
    irregular = from_pandas(frame.set_axis([0.0, 0.5, 2.0]), modality="calcium")
    assert "sampling_rate" not in irregular.activity.attrs


def test_what_lacks_something_is_refused() -> None:
    with pytest.raises(SchemaError, match="modality="):
        from_pandas(pd.DataFrame({"a": [1.0]}))
    with pytest.raises(SchemaError, match="without what to_pandas writes"):
        from_pandas({"activity": pd.DataFrame({"a": [1.0]})})
    with pytest.raises(SchemaError, match="got a Dataset"):
        to_pandas(xr.Dataset())
