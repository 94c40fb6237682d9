"""What a stranger's library reads of a recording, and whether neurokit reads the same.

Oracles know nothing of neurokit: they take a path and give an `Expected`. Whatever they leave out
(None) is not compared; what they name must be there, with these values, and nothing beside it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr


@dataclass
class Signal:
    """One group with a signal: values in the order of its dims, time and names."""

    values: Any
    names: Sequence[str]
    time: Any
    rate: float | None = None
    types: Sequence[str] | None = None
    units: Sequence[str] | str | None = None
    bads: Sequence[str] | None = None
    # Places of the channels that have one, in the unit of `position_units`.
    positions: Mapping[str, Any] | None = None
    position_units: str = "m"
    frame: str | None = None
    offset: float | None = None


@dataclass
class Expected:
    """A recording as another library has it."""

    # None where only `arrays` are compared
    signals: Mapping[str, Signal] | None = field(default_factory=dict)
    # onset, duration, trial_type in the order of time
    events: Sequence[tuple[float, float, str]] | None = None
    # "group/variable or coordinate": values
    arrays: Mapping[str, Any] = field(default_factory=dict)
    # neuron: sorted spike times
    spikes: Mapping[str, Any] | None = None
    # synapse type: {(pre, post): weight}; between `cells`, all that is not named is 0
    weights: Mapping[str, Mapping[tuple[str, str], float]] | None = None
    cells: Sequence[str] | None = None
    # sum of all weights per synapse type, muscles and all
    totals: Mapping[str, float] | None = None
    # column of /activity: name of the neuron
    labels: Mapping[int, str] = field(default_factory=dict)
    # "group/attribute" or an attribute of the root
    attrs: Mapping[str, Any] = field(default_factory=dict)


def check(rec: xr.DataTree, expected: Expected) -> None:
    """Assert that a recording is what another library read."""
    here = [g.path.strip("/") for g in rec.subtree if "signal" in g.data_vars]
    if expected.signals is not None:
        assert sorted(here) == sorted(expected.signals)
    for path, signal in (expected.signals or {}).items():
        _check_signal(rec[path].to_dataset(inherit=False), signal)
    if expected.events is not None:
        _check_events(rec, expected.events)
    for place, values in expected.arrays.items():
        path, _, name = place.rpartition("/")
        group = rec[path].to_dataset(inherit=False)
        _equal(group[name].values, np.asarray(values), place)
    for column, name in expected.labels.items():
        # A label may be doubted (a question mark, and a number if there are two), never changed.
        assert str(rec["activity"]["neuron"].values[column]).partition("?")[0] == name
    if expected.spikes is not None:
        _check_spikes(rec["spikes"].to_dataset(inherit=False), expected.spikes)
    if expected.weights is not None:
        _check_weights(rec["connectome"]["weight"], expected)
    for place, value in expected.attrs.items():
        path, _, name = place.rpartition("/")
        assert (rec[path] if path else rec).attrs[name] == value, place


def _equal(found: Any, expected: Any, where: str) -> None:
    """Words exactly, numbers to float32 rounding (2**-24, relative)."""
    if found.dtype.kind in "US":
        assert found.tolist() == expected.astype(str).tolist(), where
        return
    expected = expected.astype(float)
    if where.endswith(("onset", "time")):
        np.testing.assert_allclose(found, expected, rtol=0, atol=1e-9, err_msg=where)
        return
    np.testing.assert_allclose(found, expected, rtol=1.2e-7, atol=1e-30, err_msg=where)


def _check_signal(group: xr.Dataset, expected: Signal) -> None:
    signal = group["signal"]
    space = signal.dims[-1]
    assert signal.dtype == np.float32
    assert signal[space].values.tolist() == [str(name) for name in expected.names]
    assert signal.shape == np.shape(expected.values)
    _equal(signal.values, np.asarray(expected.values), "signal")
    np.testing.assert_allclose(signal["time"], expected.time, rtol=0, atol=1e-9)
    if expected.rate is not None:
        assert group.attrs["sampling_rate"] == expected.rate
    if expected.offset is not None:
        assert abs(group.attrs["time_offset"] - expected.offset) < 1e-9
    if expected.types is not None:
        assert signal["channel_type"].values.tolist() == list(expected.types)
    _check_units(signal, expected.units)
    if expected.bads is not None:
        assert set(signal[space].values[signal["bad"].values]) == set(expected.bads)
    if expected.positions is not None:
        _check_positions(group, expected)


def _check_units(signal: xr.DataArray, units: Sequence[str] | str | None) -> None:
    if isinstance(units, str):
        assert signal.attrs["units"] == units
    elif units is not None:
        # "" where the file states a unit that its library does not know either
        for found, unit in zip(signal["unit"].values, units, strict=True):
            assert found == unit or not unit


def _check_positions(group: xr.Dataset, expected: Signal) -> None:
    assert expected.positions is not None
    if not expected.positions:
        assert "position" not in group
        return
    nowhere = (np.nan,) * 3
    places = [expected.positions.get(str(name), nowhere) for name in expected.names]
    found = group["position"]
    np.testing.assert_allclose(found, places, rtol=1e-9, atol=1e-12)
    assert found.attrs["units"] == expected.position_units
    if expected.frame is not None:
        assert found.attrs["coordinate_frame"] == expected.frame


def _check_events(rec: xr.DataTree, expected: Sequence[tuple[float, float, str]]) -> None:
    if "events" not in rec.children:
        assert not expected
        return
    events = rec["events"]
    columns = ("onset", "duration", "trial_type")
    found = pd.DataFrame({name: events[name].values for name in columns})
    wanted = pd.DataFrame(expected, columns=list(columns))
    wanted["trial_type"] = wanted["trial_type"].astype(str)
    assert len(found) == len(wanted)
    # Rounding may order two events of one time either way.
    found, wanted = (
        table.assign(about=table["onset"].round(6)).sort_values(["about", "trial_type", "duration"])
        for table in (found, wanted)
    )
    assert found["trial_type"].tolist() == wanted["trial_type"].tolist()
    np.testing.assert_allclose(found["onset"], wanted["onset"], rtol=0, atol=1e-9)
    said = wanted["duration"].notna().to_numpy()
    np.testing.assert_allclose(
        found["duration"].to_numpy()[said], wanted["duration"].to_numpy()[said], rtol=0, atol=1e-9
    )


def _check_spikes(group: xr.Dataset, expected: Mapping[str, Any]) -> None:
    assert group["neuron"].values.tolist() == list(expected)
    ends = group["spike_end"].values
    starts = [0, *ends[:-1]]
    for start, stop, (name, times) in zip(starts, ends, expected.items(), strict=True):
        found = group["spike_time"].values[start:stop]
        np.testing.assert_allclose(found, times, rtol=0, atol=1e-9, err_msg=name)


def _check_weights(weight: xr.DataArray, expected: Expected) -> None:
    assert expected.weights is not None
    assert set(weight["synapse_type"].values) == set(expected.weights)
    for kind, pairs in expected.weights.items():
        values = weight.sel(synapse_type=kind).values
        row = {str(name): i for i, name in enumerate(weight["pre"].values)}
        column = {str(name): i for i, name in enumerate(weight["post"].values)}
        known = set(expected.cells or ())
        pre = [i for name, i in row.items() if name in known]
        post = [i for name, i in column.items() if name in known]
        wanted = np.zeros(values.shape)
        for (one, other), value in pairs.items():
            wanted[row[one], column[other]] = value
        # Neurons that a table leaves out are NaN, which is not observed.
        found = np.nan_to_num(values)
        where = np.ix_(pre, post)
        np.testing.assert_allclose(found[where], wanted[where], rtol=1.2e-7, err_msg=kind)
        if expected.totals is not None and kind in expected.totals:
            total = np.nansum(values, dtype=np.float64)
            np.testing.assert_allclose(total, expected.totals[kind], rtol=1e-6)
