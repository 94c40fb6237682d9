"""What may be given to an analysis of several animals, and what becomes of it."""

from __future__ import annotations

import numpy as np
import pytest
import xarray as xr

import neurokit as nk
from neurokit.connectome.recordings import gather
from neurokit.errors import LabelError, SchemaError, TimeError
from neurokit.schema import activity, recording


def worm(names="abc", n=40, rate=4.0, identified=True, seed=0, **more):
    rng = np.random.default_rng(seed)
    coords = None if identified is None else {"identified": [identified] * len(names)}
    group = activity(
        rng.standard_normal((n, len(names))), names=list(names), rate=rate, coords=coords
    )
    return recording({"activity": group, **more}, modality="calcium")


def test_one_recording_becomes_a_stack_of_one_and_keeps_nameless_neurons():
    found = gather(worm(identified=False))
    assert found.traces.dims == ("recording", "time", "neuron")
    assert found.traces.sizes == {"recording": 1, "time": 40, "neuron": 3}
    assert found.time_axes == "as recorded"


def test_mappings_keep_their_names_and_lists_are_numbered():
    pair = {"x": worm(), "y": worm("bcd", seed=1)}
    found = gather(pair)
    assert found.traces.recording.values.tolist() == ["x", "y"]
    assert found.traces.neuron.values.tolist() == list("abcd")
    assert found.traces.sel(recording="x", neuron="d").isnull().all()
    assert gather(list(pair.values())).traces.recording.values.tolist() == ["0", "1"]


def test_a_stack_is_taken_as_it_is():
    stacked = nk.stack({"x": worm(), "y": worm(seed=1)})
    found = gather(stacked.transpose("neuron", "time", "recording"))
    xr.testing.assert_equal(found.traces, stacked.transpose("recording", "time", "neuron"))
    assert found.events == {}
    alone = gather(stacked.isel(recording=0))
    assert alone.traces.sizes["recording"] == 1


def test_events_come_along_for_those_that_have_them():
    table = nk.schema.events([1.0], duration=[2.0], trial_type=["a"])
    found = gather({"x": worm(events=table), "y": worm(seed=1)})
    assert list(found.events) == ["x"]


def test_shared_time_is_cut_and_own_time_is_padded():
    pair = {"x": worm(n=40), "y": worm(n=60, seed=1)}
    cut = gather(pair)
    assert cut.traces.sizes["time"] == 40
    own = gather(pair, shared_time=False)
    assert own.traces.sizes["time"] == 60
    short = own.traces.sel(recording="x")
    assert short.isel(time=slice(40, None)).isnull().all()
    np.testing.assert_array_equal(short[:40], pair["x"].activity.signal)
    np.testing.assert_array_equal(own.traces.sel(recording="y"), pair["y"].activity.signal)
    assert "own time" in own.time_axes


def test_padding_goes_behind_and_keeps_the_rate():
    pair = {"x": worm(n=40), "y": worm(n=60, rate=3.0, seed=1)}
    own = gather(pair, shared_time=False).traces
    assert own.time.attrs["sampling_rate"] == 3.0
    assert own.time.values[0] == 0.0
    np.testing.assert_allclose(np.diff(own.time), 1 / 3)


def test_a_recording_without_activity_or_names_is_left_out_and_said():
    wiring = nk.simulate.recording("connectome", random_state=0)
    found = gather({"wiring": wiring, "x": worm(), "y": worm(identified=False), "z": worm(seed=2)})
    assert found.left_out == ("wiring", "y")
    assert found.traces.recording.values.tolist() == ["x", "z"]


def test_what_cannot_be_matched_is_said():
    with pytest.raises(LabelError, match="identified"):
        gather({"x": worm(identified=None), "y": worm(identified=None)})
    with pytest.raises(LabelError, match="no neuron"):
        gather({"x": worm(identified=False), "y": worm(identified=False)})
    with pytest.raises(SchemaError, match="activity"):
        gather(nk.simulate.recording("connectome", random_state=0))


def test_trials_are_refused():
    trials = xr.DataArray(np.zeros((2, 10, 3)), dims=["trial", "time", "neuron"])
    with pytest.raises(SchemaError, match="trial"):
        gather(trials)


def test_recordings_that_never_overlap_need_their_own_time():
    late = worm(seed=1)
    group = late.activity.to_dataset()
    moved = group.assign_coords(time=group.time + 100.0)
    moved["time"].attrs = group.time.attrs
    late = recording({"activity": moved}, modality="calcium")
    with pytest.raises(TimeError, match="in common"):
        gather({"x": worm(), "y": late})
