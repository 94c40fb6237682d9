"""Each check fires on its fault, says where and how to mend it, and is silent on good data."""

import numpy as np
import pandas as pd
import pytest
import xarray as xr

from neurokit.errors import OptionError, SchemaError
from neurokit.schema import (
    Finding,
    Findings,
    activity,
    connectome,
    events,
    recording,
    series,
    spikes,
    validate,
)


def eeg(n=200, scale=1e-5, **options):
    rng = np.random.default_rng(0)
    return activity(
        rng.standard_normal((n, 3)) * scale,
        names=["Fp1", "Fp2", "Cz"],
        space="channel",
        rate=100.0,
        coords={"channel_type": ["EEG"] * 3},
        **options,
    )


def rec_of(group=None, **groups):
    return recording({"activity": eeg() if group is None else group, **groups}, modality="eeg")


def codes(rec, deep=False):
    return validate(rec, deep).codes


def changed(rec, path, change):
    """Return a copy of `rec` with one group changed, past the builders that would refuse it."""
    out = rec.copy()
    out[path] = xr.DataTree(change(rec[path].to_dataset(inherit=False)))
    return out


def test_good_recordings_have_no_findings():
    groups = {
        "activity": eeg(position=np.random.default_rng(0).uniform(0, 0.1, (3, 3))),
        "events": events([0.5, 1.99], trial_type=["a", "b"]),
        "behavior": series({"speed": np.zeros(7)}, rate=3.0),
        "spikes": spikes({"u1": [0.1, 0.2], "u2": []}),
        "connectome": connectome(
            np.ones((2, 2, 2)),
            pre=["A", "B"],
            post=["A", "B"],
            synapse_type=["chemical", "electrical"],
        ),
    }
    found = validate(recording(groups, modality="eeg"))
    assert list(found) == []
    assert found.ok
    assert "none" in repr(found)


FAULTS = {
    "NK001": lambda r: _root(r, schema="neurokit/0"),
    "NK004": lambda r: changed(r, "activity", lambda g: g.assign_attrs(weights=[1, 2])),
    "NK005": lambda r: _without(r, "licence"),
    "NK006": lambda r: changed(r, "activity", lambda g: g.assign(signal=g.signal.astype("f2"))),
    "NK008": lambda r: changed(r, "activity", lambda g: g.rename(signal="traces")),
    "NK101": lambda r: changed(r, "activity", lambda g: g.drop_vars("time")),
    "NK102": lambda r: changed(r, "activity", lambda g: _swap(g, 60, 61)),
    "NK103": lambda r: changed(r, "activity", lambda g: _retime(g, 5, np.nan)),
    "NK104": lambda r: changed(r, "activity", lambda g: _stretch(g, 1.01)),
    "NK105": lambda r: changed(r, "activity", lambda g: _rate(g, -100.0)),
    "NK106": lambda r: changed(r, "activity", lambda g: g.assign_attrs(sampling_rate=50.0)),
    "NK107": lambda r: changed(r, "activity", lambda g: _no_attr(g, "time_origin")),
    "NK108": lambda r: changed(r, "activity", lambda g: g.assign_coords(time=g.time.astype("f4"))),
    "NK110": lambda r: changed(r, "activity", lambda g: g.transpose("channel", "time")),
    "NK201": lambda r: changed(r, "activity", lambda g: g.assign_coords(channel=["a", "a", "b"])),
    "NK202": lambda r: changed(r, "activity", lambda g: g.drop_vars("channel")),
    "NK203": lambda r: changed(r, "activity", lambda g: g.assign_coords(channel=["a", "", "b"])),
    "NK204": lambda r: changed(r, "activity", lambda g: _column(g, "channel_type", "eeg")),
    "NK301": lambda r: changed(r, "activity", lambda g: g.drop_vars("unit")),
    "NK302": lambda r: rec_of(eeg(scale=30.0)),
    "NK303": lambda r: changed(r, "activity", lambda g: _column(g, "unit", "uV")),
    "NK304": lambda r: rec_of(eeg(position=np.zeros((3, 3)), position_attrs={"units": ""})),
    "NK305": lambda r: rec_of(eeg(position=np.arange(9.0).reshape(3, 3) * 40)),
    "NK401": lambda r: changed(r, "activity", lambda g: _value(g, slice(None), np.nan)),
    "NK402": lambda r: changed(r, "activity", lambda g: _value(g, slice(None), 3e-6)),
    "NK403": lambda r: changed(r, "activity", lambda g: _value(g, slice(10, 20), np.nan)),
    "NK404": lambda r: changed(r, "activity", lambda g: _value(g, slice(10, 11), np.inf)),
    "NK501": lambda r: rec_of(events=events([0.5, 2.5])),
    "NK502": lambda r: rec_of(events=events([np.nan])),
    "NK503": lambda r: rec_of(events=events([0.5], duration=[-1.0])),
    "NK504": lambda r: rec_of(events=events([0.5]).drop_vars("onset")),
    "NK601": lambda r: rec_of(spikes=_backwards(spikes({"a": [0.1, 0.2], "b": [0.05, 0.3]}))),
    "NK602": lambda r: rec_of(spikes=spikes({"a": [0.1]}).assign(spike_end=("neuron", [7]))),
    "NK702": lambda r: _wired(-1.0, "chemical"),
    "NK704": lambda r: changed(
        _wired(1.0, "chemical"), "connectome", lambda g: g.assign_coords(synapse_type=["chem"])
    ),
    "NK705": lambda r: changed(
        _wired(1.0, "chemical"), "connectome", lambda g: _column(g, "pre_type", "muscles")
    ),
}


def _root(rec, **attrs):
    out = rec.copy()
    out.attrs.update(attrs)
    return out


def _without(rec, name):
    out = rec.copy()
    del out.attrs[name]
    return out


def _no_attr(group, name):
    out = group.copy()
    del out.attrs[name]
    return out


def _retime(group, index, value):
    seconds = group.time.values.copy()
    seconds[index] = value
    return group.assign_coords(time=("time", seconds, group.time.attrs))


def _swap(group, a, b):
    seconds = group.time.values.copy()
    seconds[[a, b]] = seconds[[b, a]]
    return group.assign_coords(time=("time", seconds, group.time.attrs))


def _stretch(group, by):
    return group.assign_coords(time=("time", group.time.values * by, group.time.attrs))


def _rate(group, rate):
    time = ("time", group.time.values, {**group.time.attrs, "sampling_rate": rate})
    return group.assign_coords(time=time).assign_attrs(sampling_rate=rate)


def _column(group, name, value):
    dims = group[name].dims
    return group.assign_coords({name: (dims, [value] * group.sizes[dims[0]])})


def _value(group, samples, value):
    out = group.copy(deep=True)
    out.signal[samples, 1] = value
    return out


def _backwards(group):
    return group.assign(spike_time=("spike", [0.2, 0.1, 0.05, 0.3]))


def _wired(weight, kind):
    group = connectome(
        np.full((1, 2, 2), weight), pre=["A", "B"], post=["A", "B"], synapse_type=[kind]
    )
    return rec_of(connectome=group)


@pytest.mark.parametrize("code", FAULTS)
def test_a_fault_is_found_under_its_code(code):
    rec = FAULTS[code](rec_of())
    (finding, *_) = [f for f in validate(rec) if f.code == code]
    assert finding.where.startswith("/")
    assert finding.mend.endswith(".")
    assert code not in codes(rec_of())


def test_unknown_groups_and_data_on_the_root_are_found():
    rec = rec_of()
    rec["extras"] = xr.DataTree(xr.Dataset({"x": 1.0}))
    assert codes(rec) == ["NK002"]
    rooted = rec_of().copy()
    rooted["number"] = xr.DataArray(1.0)
    assert "NK003" in codes(rooted)
    assert codes(xr.DataTree.from_dict({"/": rec.to_dataset()})) == ["NK009"]


def test_an_index_that_no_store_keeps_is_found():
    index = pd.MultiIndex.from_product([["a"], ["x", "y", "z"]], names=["shaft", "contact"])
    coords = xr.Coordinates.from_pandas_multiindex(index, "channel")
    rec = changed(rec_of(), "activity", lambda g: g.drop_vars("channel").assign_coords(coords))
    assert "NK007" in codes(rec)


def test_a_transposed_recording_is_suggested():
    rec = rec_of(
        activity(np.random.default_rng(0).random((3, 40)), names=map(str, range(40)), rate=1.0)
    )
    assert codes(rec) == ["NK111"]


def test_an_asymmetric_electrical_matrix_is_suggested():
    weight = np.array([[[0.0, 1.0], [0.0, 0.0]]])
    group = connectome(weight, pre=["A", "B"], post=["A", "B"], synapse_type=["electrical"])
    assert codes(rec_of(connectome=group)) == ["NK703"]


def test_the_message_says_where_time_falls_back():
    rec = FAULTS["NK102"](rec_of())
    assert "index 61 (0.61 to 0.6 s)" in str(validate(rec)[0])


def test_nan_is_reported_per_channel_with_its_share():
    (finding,) = validate(FAULTS["NK403"](rec_of()))
    assert finding.severity == "SUGGESTION"
    assert "Fp2 (5.0%)" in finding.found


def test_deep_reads_what_the_sample_skips():
    group = activity(
        np.random.default_rng(0).standard_normal((300_000, 20)),
        names=map(str, range(20)),
        rate=100.0,
    )
    hidden = np.array(group.signal)
    hidden[120_000, 3] = np.inf
    rec = rec_of(group.assign(signal=(group.signal.dims, hidden, group.signal.attrs)))
    assert "NK404" not in codes(rec)
    assert "NK404" in codes(rec, deep=True)


def test_findings_are_gravest_first_and_can_be_raised():
    low = Finding("NK900", "SUGGESTION", "/a", "x", "Do y.")
    high = Finding("NK901", "CRITICAL", "/b", "z", "Do w.")
    found = Findings([low, high])
    assert found.codes == ["NK901", "NK900"]
    assert not found.ok
    assert found.to_frame().shape == (2, 5)
    with pytest.raises(SchemaError, match=r"rec: NK901 in /b: z\. Do w\."):
        found.raise_if_broken("rec")
    Findings([low]).raise_if_broken("rec")
    with pytest.raises(OptionError, match="severity"):
        Finding("NK1", "BAD", "/", "x", "y")


def test_what_is_no_tree_is_refused():
    with pytest.raises(SchemaError, match="got a Dataset"):
        validate(xr.Dataset())
