"""Stacking joins exactly and never matches labels that name nothing outside their animal."""

import numpy as np
import pytest
import xarray as xr

from neurokit.errors import LabelError, SchemaError, TimeError
from neurokit.schema import activity, recording, sampling_rate, stack


def _worm(names, values=1.0, n=4, rate=2.0, subject="w", identified=None):
    coords = {"neuron_class": [name[:3] for name in names]}
    if identified is not None:
        coords["identified"] = identified
    group = activity(np.full((n, len(names)), values), names=names, rate=rate, coords=coords)
    return recording({"activity": group}, modality="calcium", subject=subject)


def test_a_neuron_that_was_not_recorded_is_nan_and_marked():
    worms = {
        "a": _worm(["AVAL", "RIML"], 1.0, subject="1"),
        "b": _worm(["RIML", "SMDV"], 2.0, subject="2"),
    }
    x = stack(worms)
    assert x.dims == ("recording", "time", "neuron")
    assert x.neuron.values.tolist() == ["AVAL", "RIML", "SMDV"]
    assert np.isnan(x.sel(recording="b", neuron="AVAL")).all()
    np.testing.assert_array_equal(x.sel(recording="b", neuron="RIML"), 2.0)
    np.testing.assert_array_equal(x["observed"], [[True, True, False], [False, True, True]])
    assert x.subject.values.tolist() == ["1", "2"]
    assert x.dtype == np.float32
    assert sampling_rate(x) == 2.0
    assert x.neuron_class.values.tolist() == ["AVA", "RIM", "SMD"]


def test_unequal_time_axes_are_an_error_that_names_the_mend():
    with pytest.raises(TimeError, match=r"'b' \(5 samples, 2 Hz.*nk\.signal\.resample"):
        stack({"a": _worm(["AVAL"]), "b": _worm(["AVAL"], n=5)})


def test_unidentified_labels_are_never_matched_across_animals():
    worms = {
        "a": _worm(["AVAL", "7"], identified=[True, False]),
        "b": _worm(["AVAL", "7"], identified=[True, False]),
    }
    assert stack(worms).neuron.values.tolist() == ["AVAL"]
    kept = stack(worms, keep_unidentified=True)
    assert kept.neuron.values.tolist() == ["AVAL", "a/7", "b/7"]
    assert np.isnan(kept.sel(recording="a", neuron="b/7")).all()


def test_one_animal_keeps_all_its_labels():
    x = stack({"a": _worm(["1", "2"], identified=[False, False])})
    assert x.neuron.values.tolist() == ["1", "2"]


def test_nothing_identified_is_an_error():
    worms = {k: _worm(["1", "2"], identified=[False, False]) for k in "ab"}
    with pytest.raises(LabelError, match="keep_unidentified=True"):
        stack(worms)


def test_nothing_to_stack_is_an_error():
    with pytest.raises(SchemaError, match="Give at least one"):
        stack({})
    with pytest.raises(SchemaError, match=r"must be \(time, channel\)"):
        stack({"a": _worm(["AVAL"])}, on="channel")


def test_a_cut_in_one_recording_cuts_the_stack():
    cut, whole = _worm(["AVAL"]), _worm(["AVAL"])
    group = cut["activity"].to_dataset().assign_coords(run=("time", [0, 0, 1, 1]))
    cut["activity"] = xr.DataTree(group)
    x = stack({"a": cut, "b": whole})
    assert x["run"].dims == ("time",)
    assert x["run"].values.tolist() == [0, 0, 1, 1]


def test_masked_values_are_not_observed():
    worm = _worm(["AVAL", "RIML"])
    mask = np.ones((4, 2), dtype=bool)
    mask[1, 0] = False
    group = worm["activity"].to_dataset().assign(observed=(("time", "neuron"), mask))
    worm["activity"] = xr.DataTree(group)
    x = stack({"a": worm})
    np.testing.assert_array_equal(np.isnan(x.sel(recording="a")), ~mask)


def test_places_of_neurons_that_were_not_recorded_make_no_rows():
    placed = {}
    for key in ("one", "two"):
        coords = {"identified": [True, False, False], "recorded": [True, True, False]}
        group = activity(
            np.array([[1.0, 2.0, np.nan]] * 4), names=["AVAL", "?", "RIAL"], rate=2.0, coords=coords
        )
        placed[key] = recording({"activity": group}, modality="calcium", subject=key)
    names = stack(placed, keep_unidentified=True)["neuron"].values.tolist()
    assert names == ["AVAL", "one/?", "two/?"]
