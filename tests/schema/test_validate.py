"""What `validate` promises as a whole: grave first, sampled or deep, several faults at once."""

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
    recording,
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


def _swap(group, a, b):
    seconds = group.time.values.copy()
    seconds[[a, b]] = seconds[[b, a]]
    return group.assign_coords(time=("time", seconds, group.time.attrs))


def _value(group, samples, value):
    out = group.copy(deep=True)
    out.signal[samples, 1] = value
    return out


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
    rec = changed(rec_of(), "activity", lambda g: _swap(g, 60, 61))
    assert "index 61 (0.61 to 0.6 s)" in str(validate(rec)[0])


def test_nan_is_reported_per_channel_with_its_share():
    (finding,) = validate(changed(rec_of(), "activity", lambda g: _value(g, slice(10, 20), np.nan)))
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
