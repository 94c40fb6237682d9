"""Series beside the signals: which go where, on which clock, under which names."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest
import xarray as xr

import neurokit as nk
from neurokit.interchange.nwb_beside import series_groups
from neurokit.interchange.nwb_content import Content, Series, ancestry
from neurokit.schema import Finding


def _series(path: str, kind: str = "TimeSeries", n: int = 6, **more: Any) -> Series:
    options: dict[str, Any] = {"unit": "m", "rate": 10.0, "start": 1.0}
    data = more.pop("data", np.arange(float(n)))
    return Series(path, ancestry(kind, {}), data, **(options | more))


def _groups(
    *parts: Series, key: str = "behavior", main: xr.Dataset | None = None
) -> tuple[dict[str, xr.Dataset], list[Finding]]:
    content, findings = Content("a.nwb"), []
    for part in parts:
        content.series[part.path] = part
    return series_groups(content, key, 1.0, "start", main, findings), findings


SPEED = "processing/behavior/speed"


def test_measures_on_one_clock_are_one_group() -> None:
    groups, findings = _groups(
        _series(SPEED, unit="meters"), _series("processing/behavior/angle", unit="degrees")
    )
    assert list(groups) == ["behavior"]
    group = groups["behavior"]
    assert set(group.data_vars) == {"speed", "angle"}
    assert group["speed"].attrs["units"] == "m"
    assert group["angle"].attrs["units"] == "degree"
    np.testing.assert_allclose(group["time"], np.arange(6) / 10.0)
    assert group.attrs["time_offset"] == 1.0
    assert not findings


def test_measures_on_clocks_of_their_own_are_groups_of_their_own() -> None:
    groups, _ = _groups(_series(SPEED), _series("processing/behavior/angle", rate=5.0))
    assert set(groups) == {"behavior/speed", "behavior/angle"}
    assert nk.schema.sampling_rate(groups["behavior/angle"]["angle"]) == 5.0


def test_equal_names_of_different_places_are_told_apart() -> None:
    groups, _ = _groups(
        _series("processing/behavior/left/speed"), _series("processing/behavior/right/speed")
    )
    assert set(groups["behavior"].data_vars) == {
        "processing_behavior_left_speed",
        "processing_behavior_right_speed",
    }


@pytest.mark.parametrize("name", ["time", "run"])
def test_a_measure_called_as_a_coordinate_gives_way(name: str) -> None:
    groups, _ = _groups(_series(f"processing/behavior/{name}"))
    assert set(groups["behavior"].data_vars) == {f"{name}_"}


def test_a_measure_is_scaled_and_a_count_is_not_touched() -> None:
    counts = np.arange(6, dtype=np.int16)
    groups, _ = _groups(
        _series(SPEED, data=counts, conversion=0.5, offset=1.0),
        _series("processing/behavior/licks", data=counts),
    )
    group = groups["behavior"]
    np.testing.assert_allclose(group["speed"], 0.5 * counts + 1.0)
    np.testing.assert_array_equal(group["licks"], counts)
    assert group["licks"].dtype.kind == "i"


def test_a_place_has_an_axis() -> None:
    groups, _ = _groups(
        _series(SPEED, "SpatialSeries", data=np.arange(12.0).reshape(6, 2)),
    )
    assert groups["behavior"]["speed"].dims == ("time", "speed_axis")


def test_what_is_said_of_a_series_goes_with_it() -> None:
    facts = {"description": "how fast", "comments": "", "resolution": 3.0}
    groups, _ = _groups(_series(SPEED, facts=facts))
    attrs = groups["behavior"]["speed"].attrs
    assert attrs["description"] == "how fast"
    assert attrs["nwb_path"] == SPEED
    assert "comments" not in attrs
    assert "resolution" not in attrs


def test_a_series_without_a_clock_is_left_and_said() -> None:
    groups, findings = _groups(_series(SPEED), _series("processing/behavior/b", rate=None))
    assert set(groups["behavior"].data_vars) == {"speed"}
    assert len(findings) == 1
    assert "processing/behavior/b" in findings[0].where + findings[0].found


def test_a_shared_clock_shares_the_runs_of_the_signal() -> None:
    main = nk.schema.activity(
        np.zeros((6, 2)),
        names=["a", "b"],
        rate=10.0,
        time=np.arange(6) / 10.0,
        run=[0] * 3 + [1] * 3,
    )
    groups, _ = _groups(_series(SPEED), main=main)
    assert groups["behavior"]["run"].values.tolist() == [0, 0, 0, 1, 1, 1]
    later, _ = _groups(_series(SPEED, start=1.05), main=main)
    assert "run" not in later["behavior"].coords


def test_what_is_shown_as_the_signal_is_not_shown_again() -> None:
    main = nk.schema.activity(np.zeros((6, 1)), names=["a"], rate=10.0)
    main.attrs["nwb_path"] = SPEED
    groups, _ = _groups(_series(SPEED), main=main)
    assert groups == {}


STIMULI = "stimulus/presentation"


def test_stimuli_are_features_side_by_side() -> None:
    wide = np.arange(12.0).reshape(6, 2)
    groups, _ = _groups(
        _series(f"{STIMULI}/tone", unit="Hz"),
        _series(f"{STIMULI}/grating", unit="degrees", data=wide),
        key="stimulus",
    )
    group = groups["stimulus"]
    assert group["feature"].values.tolist() == ["tone", "grating_0", "grating_1"]
    assert group["unit"].values.tolist() == ["Hz", "degree", "degree"]
    np.testing.assert_allclose(group["feature_values"], np.column_stack([np.arange(6.0), wide]))
    assert "units" not in group["feature_values"].attrs
    assert json.loads(group.attrs["nwb_path"]) == [f"{STIMULI}/tone", f"{STIMULI}/grating"]


def test_features_of_one_unit_say_it_once() -> None:
    groups, _ = _groups(_series(f"{STIMULI}/tone", unit="Hz"), key="stimulus")
    assert groups["stimulus"]["feature_values"].attrs["units"] == "Hz"


def test_neither_is_no_group() -> None:
    assert _groups(_series("acquisition/x", "ElectricalSeries")) == ({}, [])
    assert _groups(_series(SPEED), key="stimulus") == ({}, [])
