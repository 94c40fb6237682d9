"""Feature sets of a recording, on the clock of its activity."""

from __future__ import annotations

import numpy as np
import pytest
import xarray as xr

import neurokit as nk
from neurokit.encoding import stimulus_features
from neurokit.errors import SchemaError
from neurokit.schema import activity, recording, series


def _rec(rate=10.0, n=100, **groups):
    group = activity(np.zeros((n, 2)), names=["a", "b"], rate=rate)
    return recording({"activity": group, **groups}, modality="calcium", subject="m", name="m")


def test_children_of_the_stimulus_are_sets():
    rec = nk.simulate.encoded(50, 3, random_state=0).recordings["encoded"]
    found = stimulus_features(rec)
    assert list(found) == ["vision", "language", "multimodal"]
    assert found["vision"].dims == ("time", "feature")
    assert list(found["vision"]["feature"].values) == ["vision0", "vision1", "vision2"]


def test_a_stimulus_without_children_is_one_set():
    stimulus = series({"feature_values": (("time", "feature"), np.ones((100, 3)))}, rate=10.0)
    assert list(stimulus_features(_rec(stimulus=stimulus))) == ["stimulus"]


def test_measures_of_behaviour_are_sets_of_their_own():
    behavior = series({"speed": np.arange(100.0), "angles": np.ones((100, 4))}, rate=10.0)
    found = stimulus_features(_rec(behavior=behavior))
    assert {name: x.shape for name, x in found.items()} == {"speed": (100, 1), "angles": (100, 4)}
    assert list(found["speed"]["feature"].values) == ["speed"]


def test_slower_features_are_interpolated_and_outside_is_unknown():
    behavior = series({"speed": np.arange(31.0)}, rate=4.0)  # 7.5 s of 9.9 s
    speed = stimulus_features(_rec(behavior=behavior))["speed"]
    time = speed["time"].values
    known = time <= 7.5
    np.testing.assert_allclose(speed.values[known, 0], 4.0 * time[known])
    assert np.isnan(speed.values[~known]).all()


def test_faster_features_are_averaged_before_they_are_thinned():
    fast = np.tile([1.0, -1.0], 500)  # 50 Hz at 100 Hz: nothing at 10 Hz
    behavior = series({"flicker": fast}, rate=100.0)
    found = stimulus_features(_rec(behavior=behavior))["flicker"].values
    assert np.abs(found[1:-1]).max() < 1e-12


def test_runs_of_the_activity_are_taken_along():
    rec = _rec(behavior=series({"speed": np.arange(100.0)}, rate=10.0))
    onto = rec["activity/signal"].assign_coords(run=("time", np.repeat([0, 1], 50)))
    assert stimulus_features(rec, onto=onto)["speed"]["run"].values[60] == 1


def test_a_recording_without_features_is_refused():
    with pytest.raises(SchemaError, match="no feature_values"):
        stimulus_features(_rec())
    texts = xr.Dataset({"word": ("time", ["x"] * 100)}, coords={"time": np.arange(100) / 10})
    with pytest.raises(SchemaError, match="no feature_values"):
        stimulus_features(_rec(behavior=texts))
