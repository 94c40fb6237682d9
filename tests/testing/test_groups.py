"""Each group that is drawn keeps the contract by itself, and shrinks to what is easy to read."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import xarray as xr
from hypothesis import HealthCheck, Phase, find, given, settings
from hypothesis import strategies as st

import neurokit as nk
from neurokit.schema import CHANNEL_UNITS, nominal_rate, recording
from neurokit.testing import _groups, recordings
from neurokit.testing._faults import SIZE, head, some_index, tree, with_time, worm

calm = settings(
    deadline=None, derandomize=True, max_examples=8, suppress_health_check=list(HealthCheck)
)

DRAWN: dict[str, Callable[[Any], xr.Dataset]] = {
    "activity": lambda draw: _groups.draw_neurons(draw, 4),
    "auxiliary/trigger": lambda draw: _groups.draw_channels(draw, ("TRIG",), 4, plain=True),
    "behavior": lambda draw: _groups.draw_series(draw, 4),
    "stimulus": lambda draw: _groups.draw_features(draw, 4),
    "spikes": lambda draw: _groups.draw_spikes(draw, 4),
    "connectome": lambda draw: _groups.draw_connectome(draw, 4),
    "events": lambda draw: _groups.draw_events(draw, None, 4),
}


@pytest.mark.parametrize("key", DRAWN)
@calm
@given(data=st.data())
def test_a_group_alone_makes_a_recording_that_keeps_the_contract(
    key: str, data: st.DataObject
) -> None:
    group = DRAWN[key](data.draw)
    findings = nk.validate(recording({key: group}, modality="calcium"), deep=True)
    assert findings.ok, findings


@calm
@given(data=st.data(), regular=st.booleans())
def test_a_clock_is_increasing_and_as_regular_as_it_says(
    data: st.DataObject, regular: bool
) -> None:
    clock = _groups.draw_clock(data.draw, 8, regular=regular)
    assert (clock["rate"] is not None) == regular
    assert clock["time"][0] == 0.0
    assert (np.diff(clock["time"]) > 0).all()
    if regular and clock["time"].size > 2:
        found = nominal_rate(clock["time"], clock.get("run"))
        assert found is None or found == pytest.approx(clock["rate"])


@calm
@given(data=st.data(), n=st.integers(0, 6))
def test_labels_are_unique_text_that_a_store_can_hold(data: st.DataObject, n: int) -> None:
    names = _groups.draw_names(data.draw, n)
    assert len(set(names)) == len(names) == n
    for name in names:
        assert name
        assert "\0" not in name
        name.encode("utf-8")


@pytest.mark.parametrize("kinds", _groups.CHANNELS_OF.values(), ids=_groups.CHANNELS_OF)
@calm
@given(data=st.data())
def test_channels_have_the_size_that_their_unit_allows(
    kinds: tuple[str, ...], data: st.DataObject
) -> None:
    group = _groups.draw_channels(data.draw, kinds, 4)
    assert set(group["channel_type"].values.tolist()) <= set(kinds)
    units = [CHANNEL_UNITS[kind] for kind in group["channel_type"].values.tolist()]
    assert group["unit"].values.tolist() == units
    most = np.array([_groups.SIZE_OF[unit] for unit in units])
    values = np.abs(group["signal"].values)
    assert np.nanmax(values / (10 * most), initial=0.0) < 1.0  # 10 standard deviations


@calm
@given(data=st.data())
def test_events_lie_inside_the_group_that_they_belong_to(data: st.DataObject) -> None:
    main = _groups.draw_neurons(data.draw, 4)
    table = _groups.draw_events(data.draw, main, 4, fewest=1)
    assert table.sizes["event"] >= 1
    assert table["onset"].values.min() >= 0.0
    assert table["onset"].values.max() <= main["time"].values[-1]


@calm
@given(data=st.data())
def test_the_recordings_that_faults_are_made_in_have_none(data: st.DataObject) -> None:
    for group in (worm(data.draw), head(data.draw), head(data.draw, "MEGMAG", 1e-13)):
        # Three dozen values can by chance be more channels than samples, never a violation.
        assert nk.validate(tree({"activity": group}), deep=True).ok
    group = worm(data.draw)
    moved = with_time(group, group["time"].values + 1.0)
    assert moved["time"].attrs == group["time"].attrs
    assert 1 <= some_index(data.draw, SIZE, first=1) < SIZE


def test_a_failing_recording_shrinks_to_a_small_one() -> None:
    small = find(
        recordings(["calcium"]),
        lambda rec: rec["activity"].sizes["time"] > 1,
        settings=settings(
            calm, max_examples=100, phases=[Phase.generate, Phase.shrink], deadline=None
        ),
    )
    assert list(small.children) == ["activity"]
    assert dict(small["activity"].sizes) == {"time": 2, "neuron": 1}
    assert small["activity"]["neuron"].values.tolist() == ["0"]


@calm
@given(data=st.data())
def test_nan_is_drawn_into_values_and_never_into_labels_or_times(data: st.DataObject) -> None:
    rec = data.draw(recordings(["calcium", "meg", "nirs"], max_size=3))
    for node in rec.subtree:
        for name, variable in node.to_dataset(inherit=False).variables.items():
            if variable.dtype.kind == "f" and name in ("time", "onset", "duration"):
                assert np.isfinite(variable.values).all()
            assert variable.dtype.kind in "fiubU"
            assert variable.dtype != np.float16
