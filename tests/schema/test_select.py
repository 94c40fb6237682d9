"""Picking, units, histories: what a step takes out of a recording and puts back."""

import numpy as np
import pytest
import xarray as xr

from neurokit.errors import LabelError, SchemaError, UnitsError
from neurokit.schema import (
    activity,
    add_history,
    as_history,
    events,
    map_activity,
    pick,
    recording,
    require_one_unit,
    signal_of,
    space_dim,
    with_signal,
)


@pytest.fixture
def meg():
    kinds = ["MEGMAG", "MEGGRADPLANAR", "EEG", "EOG"]
    group = activity(
        np.arange(40.0).reshape(10, 4),
        names=["M1", "G1", "E1", "V1"],
        space="channel",
        rate=10.0,
        coords={"channel_type": kinds, "region": ["left", "left", "right", ""]},
        observed=np.ones((10, 4), dtype=bool),
        position=np.zeros((4, 3)),
    )
    return recording({"activity": group, "events": events([0.2])}, modality="meg", name="demo")


def test_analyses_see_neural_channels_only(meg):
    assert signal_of(meg).channel.values.tolist() == ["M1", "G1", "E1"]
    assert signal_of(meg, neural=False).sizes["channel"] == 4


def test_a_recording_without_activity_says_what_it_has(meg):
    with pytest.raises(SchemaError, match=r"there is no /activity, only events"):
        signal_of(recording({"events": events([0.2])}, modality="meg"))
    with pytest.raises(SchemaError, match="got a list"):
        signal_of([1, 2])


def test_picking_keeps_every_variable_of_the_group_in_step(meg):
    out = pick(meg, types=["eeg", "MEGMAG"])
    assert out.activity.channel.values.tolist() == ["M1", "E1"]
    assert out.activity.observed.sizes["channel"] == out.activity.position.sizes["channel"] == 2
    assert out.events.identical(meg.events)
    assert meg.activity.sizes["channel"] == 4


def test_picking_one_type_gives_the_signal_its_unit(meg):
    assert pick(meg, types="MEGMAG").activity.signal.attrs["units"] == "T"
    assert "units" not in pick(meg, types=["MEGMAG", "EEG"]).activity.signal.attrs


def test_neural_stands_for_all_neural_types(meg):
    assert pick(meg, types="neural").activity.channel.values.tolist() == ["M1", "G1", "E1"]


def test_conditions_are_met_together(meg):
    assert pick(meg, types="neural", regions="left", names="*1").activity.sizes["channel"] == 2
    with pytest.raises(LabelError, match="Loosen a condition"):
        pick(meg, types="EEG", regions="left")


def test_a_name_that_is_not_there_is_suggested_its_neighbour(meg):
    with pytest.raises(
        LabelError, match=r"nothing is called 'E11', did you mean 'E1'\? There are:.*M1"
    ):
        pick(meg, names="E11")


def test_the_choice_is_recorded(meg):
    (step,) = as_history(pick(meg, names="E1"))
    assert step["function"] == "pick"
    assert step["parameters"] == {"names": ["E1"]}


def test_two_units_name_their_channels(meg):
    message = r"3 units: T \(1 MEGMAG\), T/m \(1 MEGGRADPLANAR\), V \(1 EEG\)"
    with pytest.raises(UnitsError, match=message):
        require_one_unit(signal_of(meg))
    assert require_one_unit(signal_of(pick(meg, types="EEG"))) == "V"


def test_a_new_time_axis_drops_what_no_longer_fits(meg):
    shorter = meg["activity/signal"].isel(time=slice(0, 5))
    out = with_signal(meg, shorter)
    assert "observed" not in out.activity
    assert "position" in out.activity
    assert out.activity.attrs["sampling_rate"] == 10.0
    same = with_signal(meg, meg["activity/signal"] * 2)
    assert "observed" in same.activity


def test_map_activity_leaves_its_input_alone(meg):
    before = meg.copy(deep=True)
    out = map_activity(meg, lambda x: x * 2, name="double", parameters={"by": 2})
    xr.testing.assert_identical(meg, before)
    np.testing.assert_array_equal(out.activity.signal, 2 * meg.activity.signal)
    assert [s["function"] for s in as_history(out)] == ["double"]


def test_an_array_carries_its_history_along(meg):
    once = map_activity(signal_of(meg), lambda x: x + 1, name="one")
    twice = map_activity(once, lambda x: x.drop_attrs(), name="two")
    assert [s["function"] for s in as_history(twice)] == ["one", "two"]


def test_the_hash_of_a_step_depends_on_source_and_earlier_steps_not_on_values(meg):
    other = meg.copy(deep=True)
    other["activity/signal"] += 1
    assert as_history(add_history(meg, "f")) == as_history(add_history(other, "f"))
    other.attrs["source"] = "another.fif"
    assert as_history(add_history(meg, "f")) != as_history(add_history(other, "f"))
    a = add_history(add_history(meg, "f", {"k": 1}), "g")
    b = add_history(add_history(meg, "f", {"k": 2}), "g")
    assert as_history(a)[1]["hash"] != as_history(b)[1]["hash"]


def test_parameters_of_any_type_stay_readable(meg):
    steps = as_history(
        add_history(
            meg,
            "f",
            {"array": np.zeros((2, 3)), "number": np.float32(2), "nan": np.nan, "set": ("a", None)},
            seed=np.random.default_rng(0),
        )
    )
    assert steps[0]["parameters"] == {
        "array": "<array (2, 3) float64>",
        "number": 2.0,
        "nan": "nan",
        "set": ["a", None],
    }
    assert steps[0]["seed"] == "<Generator>"


def test_space_dim_refuses_what_has_none():
    with pytest.raises(SchemaError, match="neuron or a channel dim"):
        space_dim(xr.DataArray(np.zeros(3), dims="time"))


def test_a_step_that_changes_the_unit_keeps_the_rest_of_the_group(meg):
    scaled = signal_of(meg, neural=False)
    scaled = scaled.assign_coords(unit=("channel", ["1"] * 4))
    out = with_signal(meg, scaled)
    assert "position" in out.activity
    assert out.activity.unit.values.tolist() == ["1"] * 4


def test_putting_an_unchanged_signal_back_changes_nothing(meg):
    same = with_signal(meg, meg["activity/signal"])
    xr.testing.assert_identical(same, meg)
    assert same.activity.position.sel(space="y").dims == ("channel",)


def test_truth_values_stay_in_the_history(meg):
    yes = as_history(add_history(meg, "f", {"flag": np.bool_(True)}))
    no = as_history(add_history(meg, "f", {"flag": np.bool_(False)}))
    assert yes[0]["parameters"] == {"flag": True}
    assert yes[0]["hash"] != no[0]["hash"]
