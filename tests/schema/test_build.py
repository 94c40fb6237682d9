"""What the builders give keeps the contract; what cannot keep it is refused with a mend."""

import json

import numpy as np
import pytest
import xarray as xr

from neurokit.errors import LabelError, OptionError, SchemaError, TimeError
from neurokit.schema import activity, connectome, events, recording, series, spikes, validate
from neurokit.schema.findings import Finding


def _eeg(**options):
    return activity(
        np.zeros((8, 3)),
        names=["Fp1", "Fp2", "STI"],
        space="channel",
        rate=4.0,
        coords={"channel_type": ["EEG", "EEG", "TRIG"], **options.pop("coords", {})},
        **options,
    )


def test_numpy_traces_become_float32_and_time_float64():
    group = activity(np.zeros((3, 1), dtype=np.float64), names=["a"], rate=1.0)
    assert group.signal.dtype == np.float32
    assert group.time.dtype == np.float64


def test_group_and_time_say_the_same_rate():
    group = _eeg()
    assert group.attrs["sampling_rate"] == group.time.attrs["sampling_rate"] == 4.0


def test_units_are_on_the_signal_only_where_all_channels_agree():
    assert "units" not in _eeg().signal.attrs
    assert _eeg(coords={"unit": ["V", "V", "V"]}).signal.attrs["units"] == "V"


def test_channels_get_the_unit_of_their_type():
    assert _eeg().unit.values.tolist() == ["V", "V", "1"]


def test_trials_come_before_time():
    group = activity(np.zeros((2, 5, 3)), names=list("abc"), rate=1.0, trial={"value": [1, 2]})
    assert group.signal.dims == ("trial", "time", "neuron")
    assert group["value"].dims == ("trial",)


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"names": ["a", "a"], "rate": 1.0}, LabelError, "stand more than once: a"),
        ({"names": ["a", ""], "rate": 1.0}, LabelError, "label 1 is empty"),
        ({"names": ["a"], "rate": 1.0}, LabelError, "1 labels for 2 columns"),
        ({"names": ["a", "b"]}, TimeError, "Give rate= in Hz or time= in s"),
        ({"names": ["a", "b"], "time": [0.0, 1.0]}, TimeError, "2 time stamps for 4 samples"),
        ({"names": ["a", "b"], "rate": 1.0, "space": "neurons"}, OptionError, "did you mean"),
        ({"names": ["a", "b"], "rate": 1.0, "space": "channel"}, SchemaError, "channel_type"),
        (
            {"names": ["a", "b"], "rate": 1.0, "coords": {"region": ["x"]}},
            LabelError,
            r"coords\['region'\]: 1 values for 2 labels",
        ),
        (
            {"names": ["a", "b"], "rate": 1.0, "observed": np.ones((2, 4), bool)},
            SchemaError,
            r"observed: has shape \(2, 4\) for a signal of \(4, 2\). Give \(time, neuron\)",
        ),
        ({"names": ["a", "b"], "rate": 1.0, "run": [0, 1]}, SchemaError, r"run: has shape \(2,\)"),
        (
            {"names": ["a", "b"], "rate": 1.0, "position": np.zeros((2, 2))},
            SchemaError,
            r"position: has shape \(2, 2\) for 2 labels. Give \(neuron, 3\)",
        ),
        (
            {"names": ["a", "b"], "rate": 1.0, "trial": {"side": ["left"]}},
            SchemaError,
            "trial: is given for a signal without trials",
        ),
    ],
)
def test_what_breaks_the_contract_is_refused(options, error, message):
    with pytest.raises(error, match=message):
        activity(np.zeros((4, 2)), **options)


@pytest.mark.parametrize("shape", [(), (4,), (1, 2, 3, 4)])
def test_a_signal_of_other_dims_is_refused(shape):
    with pytest.raises(SchemaError, match=rf"signal: has {len(shape)} dims?, .*Give \(time, neur"):
        activity(np.zeros(shape), names=["a"], rate=1.0)


def test_columns_of_trials_have_one_value_each():
    with pytest.raises(SchemaError, match=r"trial\['side'\]: has shape \(1,\) for a .*\(2,\)"):
        activity(np.zeros((2, 3, 1)), names=["a"], rate=1.0, trial={"side": ["left"]})


def test_an_unknown_channel_type_is_suggested_its_neighbour():
    with pytest.raises(OptionError, match="did you mean 'EEG'"):
        _eeg(coords={"channel_type": ["EEG", "EEGG", "TRIG"]})


def test_time_is_not_rebuilt_when_it_is_given():
    times = np.array([0.0, 0.1, 0.35])
    group = activity(np.zeros((3, 1)), names=["a"], time=times, time_offset=12.5)
    np.testing.assert_array_equal(group.time, times)
    assert "sampling_rate" not in group.attrs
    assert group.attrs["time_offset"] == 12.5


def test_series_keeps_two_dimensional_measures():
    group = series(
        {"speed": np.zeros(4), "angle": np.zeros((4, 3))}, rate=2.0, units={"speed": "m/s"}
    )
    assert group.angle.dims == ("time", "angle_axis")
    assert group.speed.attrs["units"] == "m/s"


def test_series_of_unequal_length_name_the_measure():
    with pytest.raises(TimeError, match="angle: 3 samples for 4"):
        series({"speed": np.zeros(4), "angle": np.zeros(3)}, rate=2.0)


def test_events_keep_further_columns_verbatim():
    table = events([0.5, 1.0], trial_type=["left/n/a", "right"], columns={"value": [3, 4]})
    assert table.trial_type.values.tolist() == ["left/n/a", "right"]
    assert table["value"].values.tolist() == [3, 4]
    assert table.duration.values.tolist() == [0.0, 0.0]


def test_events_of_unequal_length_are_refused():
    with pytest.raises(SchemaError, match="trial_type: 1 values for 2 events"):
        events([0.0, 1.0], trial_type=["a"])


def test_spikes_are_sorted_and_counted_per_neuron():
    group = spikes({"a": [0.3, 0.1], "silent": [], "b": [0.2]})
    assert group.spike_time.values.tolist() == [0.1, 0.3, 0.2]
    assert group.spike_end.values.tolist() == [2, 2, 3]


def test_connectome_knows_its_dims_and_types():
    group = connectome(
        np.ones((1, 2, 3)),
        pre=["A", "B"],
        post=["A", "B", "M"],
        synapse_type=["chemical"],
        post_type=["neuron", "neuron", "muscle"],
    )
    assert group.weight.dims == ("synapse_type", "pre", "post")
    assert group.weight.dtype == np.float32
    assert group.pre_type.values.tolist() == ["neuron", "neuron"]
    with pytest.raises(SchemaError, match=r"labels say \(1, 2, 2\)"):
        connectome(np.ones((1, 2, 3)), pre=["A", "B"], post=["A", "B"], synapse_type=["chemical"])
    with pytest.raises(OptionError, match="did you mean 'electrical'"):
        connectome(np.ones((1, 1, 1)), pre=["A"], post=["A"], synapse_type=["electric"])


def test_a_recording_has_attrs_on_its_root_only():
    rec = recording({"activity": _eeg(), "events": events([0.5])}, modality="eeg", subject="01")
    assert isinstance(rec, xr.DataTree)
    assert rec.attrs["schema"] == "neurokit/1"
    assert json.loads(rec.attrs["history"]) == []
    assert not rec.to_dataset().variables
    assert validate(rec).ok


def test_siblings_may_have_axes_of_their_own():
    groups = {
        "activity": _eeg(),
        "auxiliary/slow": activity(np.zeros((2, 1)), names=["t"], rate=1.0),
    }
    rec = recording(groups, modality="eeg")
    assert rec["auxiliary/slow"].sizes["time"] == 2
    assert rec["activity"].sizes["time"] == 8


@pytest.mark.parametrize(
    ("groups", "modality", "message"),
    [
        ({"activty": None}, "eeg", "did you mean 'activity'"),
        ({}, "eeg", "no group is given"),
        ({"activity": None}, "calcum", "did you mean 'calcium'"),
    ],
)
def test_unknown_words_are_refused(groups, modality, message):
    with pytest.raises(OptionError, match=message):
        recording(groups, modality=modality)


def test_what_a_loader_noticed_is_reported_again_by_validate():
    noticed = Finding("NK999", "SUGGESTION", "file", "odd header", "Nothing to do.")
    rec = recording({"activity": _eeg()}, modality="eeg", findings=[noticed])
    assert noticed in list(validate(rec))


@pytest.mark.parametrize("missing", [None, float("nan"), np.float32("nan"), np.datetime64("NaT")])
def test_what_is_missing_between_strings_is_empty(missing):
    group = _eeg(coords={"region": ["left", missing, "right"]})
    assert group.region.values.tolist() == ["left", "", "right"]
    table = events([0.1, 0.2], columns={"word": ["go", missing]})
    assert table.word.values.tolist() == ["go", ""]
