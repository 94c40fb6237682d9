"""Objects of pynapple hold the numbers, labels and gaps of a recording."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import xarray as xr

import neurokit as nk
from neurokit.errors import DependencyError, SchemaError
from neurokit.interchange import to_pynapple

nap = pytest.importorskip("pynapple")


def test_signals_are_frames_with_labels_and_metadata() -> None:
    rec = nk.simulate.recording("calcium", random_state=0)
    frame = to_pynapple(rec)["activity"]
    np.testing.assert_array_equal(frame.values, rec.activity.signal)
    np.testing.assert_allclose(frame.t, rec.activity.time, atol=1e-9)
    assert list(frame.columns) == rec.activity.neuron.values.tolist()
    assert list(frame["neuron_class"]) == rec.activity.neuron_class.values.tolist()


def test_gaps_are_left_out_of_the_time_support(shared_data: Path) -> None:
    folder = shared_data / "celegans_calcium"
    rec = nk.open(next(folder.glob("ScholzEtAl2018*.nwb")))
    found = to_pynapple(rec)
    assert len(found["activity"].time_support) == 8
    assert found["activity"].shape == (2244, 62)
    assert found["behavior/ss_2D"].shape == (2244, 2)


def test_spikes_are_a_group_with_labels() -> None:
    rec = nk.simulate.recording("spikes", random_state=0)
    group = to_pynapple(rec)["spikes"]
    ends = rec.spikes.spike_end.values
    assert list(group["label"]) == rec.spikes.neuron.values.tolist()
    np.testing.assert_allclose(group[1].t, rec.spikes.spike_time[ends[0] : ends[1]], atol=1e-9)
    assert [len(group[i]) for i in range(len(group))] == np.diff(ends, prepend=0).tolist()


def test_silent_neurons_and_observed_spans_are_kept() -> None:
    spikes = nk.schema.spikes({"a": [1.0, 2.0], "b": []})
    spikes["obs_start"] = ("interval", [0.0, 0.0])
    spikes["obs_stop"] = ("interval", [9.0, 5.0])
    spikes["obs_end"] = ("neuron", [1, 2])
    spikes["held_out"] = ("neuron", [False, True])
    group = to_pynapple(nk.schema.recording({"spikes": spikes}, modality="spikes"))["spikes"]
    assert [len(group[i]) for i in (0, 1)] == [2, 0]
    assert group.time_support.values.tolist() == [[0.0, 9.0]]
    assert list(group["held_out"]) == [False, True]


def _with_events(onset: Any, duration: Any) -> Any:
    table = nk.schema.events(onset, duration=duration, trial_type=["a", "b", "a"])
    return to_pynapple(nk.schema.recording({"events": table}, modality="behavior"))["events"]


def test_events_that_last_are_intervals_with_their_columns() -> None:
    found = _with_events([1.0, 2.0, 3.0], [0.5, 1.0, 2.0])
    assert isinstance(found, nap.IntervalSet)
    # pynapple takes a microsecond off an interval that touches the next.
    np.testing.assert_allclose(found.values, [[1.0, 1.5], [2.0, 3.0], [3.0, 5.0]], atol=2e-6)
    assert list(found["trial_type"]) == ["a", "b", "a"]


@pytest.mark.parametrize("duration", [[0.0, 0.0, 0.0], [5.0, 1.0, 1.0]])
def test_events_that_intervals_cannot_hold_are_onsets_per_type(duration: list[float]) -> None:
    """An IntervalSet drops what has no length and joins what overlaps."""
    found = _with_events([1.0, 2.0, 3.0], duration)
    assert isinstance(found, nap.TsGroup)
    assert list(found["label"]) == ["a", "b"]
    assert found[0].t.tolist() == [1.0, 3.0]
    assert found[1].t.tolist() == [2.0]


def test_trials_of_samples_are_refused() -> None:
    group = nk.schema.activity(np.zeros((2, 5, 3)), names=list("abc"), rate=1.0)
    rec = nk.schema.recording({"activity": group}, modality="calcium")
    with pytest.raises(SchemaError, match="pynapple has no trials"):
        to_pynapple(rec)
    with pytest.raises(SchemaError, match="got a Dataset"):
        to_pynapple(xr.Dataset())


def test_without_pynapple_the_error_says_how_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pynapple", None)
    with pytest.raises(DependencyError, match="pip install pynapple"):
        to_pynapple(nk.simulate.recording("calcium", random_state=0))
