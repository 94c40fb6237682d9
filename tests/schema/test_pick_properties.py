"""Picking is a set operation on labels: order stays, nothing doubles, values stay theirs."""

import re

import numpy as np
import pytest
import xarray as xr
from hypothesis import given, settings
from hypothesis import strategies as st

from neurokit.errors import LabelError, SchemaError
from neurokit.schema import (
    activity,
    as_history,
    map_activity,
    neural_channels,
    pick,
    recording,
    require_one_unit,
    signal_of,
    space_dim,
    with_signal,
)

KINDS = ["EEG", "EEG", "MEGMAG", "EOG", "SEEG", "TRIG"]
NAMES = ["Fp1", "Fp2", "M1", "V1", "S1", "STI"]
subsets = st.lists(st.sampled_from(NAMES), min_size=1, unique=True)


def _group():
    return activity(
        np.arange(24.0).reshape(4, 6),
        names=NAMES,
        space="channel",
        rate=2.0,
        coords={"channel_type": KINDS, "region": ["l", "r", "l", "", "r", ""]},
        position=np.arange(18.0).reshape(6, 3) / 100,
    )


REC = recording({"activity": _group()}, modality="meg")
X = REC["activity/signal"]


def _names(x):
    return (x if isinstance(x, xr.DataArray) else x.activity).channel.values.tolist()


@settings(max_examples=40)
@given(subsets)
def test_names_are_kept_in_the_order_of_the_recording(chosen):
    assert _names(pick(X, names=chosen)) == [n for n in NAMES if n in chosen]


@settings(max_examples=40)
@given(subsets, subsets)
def test_picking_twice_is_picking_the_intersection(one, two):
    both = [n for n in one if n in two]
    first = pick(X, names=one)
    present = [n for n in two if n in _names(first)]
    if not both:
        with pytest.raises(LabelError):
            pick(first, names=two)
        return
    again = pick(first, names=present)
    xr.testing.assert_equal(again, pick(X, names=both))
    assert len(as_history(again)) == 2


@settings(max_examples=40)
@given(subsets)
def test_picking_the_same_again_changes_no_value(chosen):
    once = pick(X, names=chosen)
    xr.testing.assert_equal(pick(once, names=chosen), once)


@settings(max_examples=40)
@given(st.lists(st.sampled_from(NAMES), min_size=1, max_size=8))
def test_a_name_given_twice_is_picked_once(chosen):
    assert len(_names(pick(X, names=chosen))) == len(set(chosen))


@settings(max_examples=25)
@given(subsets)
def test_a_recording_and_its_signal_are_picked_alike(chosen):
    out = pick(REC, names=chosen)
    np.testing.assert_array_equal(out["activity/signal"], pick(X, names=chosen))
    np.testing.assert_array_equal(
        out.activity.position, REC.activity.position.sel(channel=_names(out))
    )


@settings(max_examples=40)
@given(st.sets(st.sampled_from(["EEG", "MEGMAG", "EOG", "SEEG", "TRIG"]), min_size=1))
def test_types_pick_exactly_the_channels_that_have_them(kinds):
    expected = [n for n, k in zip(NAMES, KINDS, strict=True) if k in kinds]
    assert _names(pick(X, types=sorted(kinds))) == expected
    assert _names(pick(X, types=[k.lower() for k in kinds])) == expected


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        ("*", NAMES),
        ("Fp*", ["Fp1", "Fp2"]),
        ("fp1", ["Fp1"]),
        ("*1", ["Fp1", "M1", "V1", "S1"]),
        ("S*", ["S1", "STI"]),
        ("*T*", ["STI"]),
    ],
)
def test_a_star_stands_for_any_text_and_case_does_not_matter(pattern, expected):
    assert _names(pick(X, names=pattern)) == expected


@pytest.mark.parametrize("pattern", ["Fp.", "F", "[FM]p1", "p1", "Fp1|M1", ""])
def test_nothing_but_the_star_is_special(pattern):
    with pytest.raises(LabelError, match=re.escape(f"nothing is called {pattern!r}")):
        pick(X, names=pattern)


def test_a_label_in_its_own_case_wins_over_one_in_another():
    group = activity(np.zeros((3, 2)), names=["ava", "AVA"], rate=1.0)
    assert pick(group.signal, names="AVA").neuron.values.tolist() == ["AVA"]
    assert pick(group.signal, names="Ava").neuron.values.tolist() == ["ava", "AVA"]


def test_a_label_with_a_star_in_it_is_meant_literally_first():
    group = activity(np.zeros((3, 2)), names=["a*", "ab"], rate=1.0)
    assert pick(group.signal, names="a*").neuron.values.tolist() == ["a*"]


def test_without_conditions_all_stay():
    xr.testing.assert_equal(pick(X), X)


def test_conditions_given_together_are_the_picks_one_after_the_other():
    together = pick(X, types="neural", regions="l")
    xr.testing.assert_equal(together, pick(pick(X, types="neural"), regions="l"))
    assert _names(together) == ["Fp1", "M1"]


def test_a_type_that_no_channel_has_is_fine_beside_one_that_matches():
    assert _names(pick(X, types=["EEG", "ECOG"])) == ["Fp1", "Fp2"]
    with pytest.raises(LabelError, match="types: nothing is called 'ECOG'"):
        pick(X, types="ECOG")


def test_what_is_no_type_at_all_is_refused_beside_one_that_matches():
    with pytest.raises(LabelError, match="nothing is called 'EEGG', did you mean 'EEG'"):
        pick(X, types=["EEG", "EEGG"])


def test_a_coordinate_that_is_not_there_says_how_to_pick_instead():
    x = activity(np.zeros((3, 1)), names=["a"], rate=1.0).signal
    for option, name in (("types", "neuron_type"), ("regions", "region")):
        with pytest.raises(LabelError, match=f"no coordinate '{name}'. Pick by names="):
            pick(x, **{option: "x"})


def test_long_lists_of_what_there_is_are_cut_behind_the_twelfth():
    x = activity(np.zeros((3, 13)), names=[f"n{i:02}" for i in range(13)], rate=1.0).signal
    with pytest.raises(LabelError, match=r"n10, n11, \.\.\.\.\n"):
        pick(x, names="zzz")
    with pytest.raises(LabelError, match=r"n10, n11\.\n"):
        pick(x.isel(neuron=slice(12)), names="zzz")


def test_picking_leaves_the_recording_alone():
    before = REC.copy(deep=True)
    pick(REC, types="MEGMAG")
    xr.testing.assert_identical(REC, before)


def test_trials_are_picked_whole():
    group = activity(np.zeros((2, 5, 3)), names=list("abc"), rate=1.0, trial={"value": [1, 2]})
    out = pick(recording({"activity": group}, modality="calcium"), names=["c", "a"])
    assert dict(out.activity.signal.sizes) == {"trial": 2, "time": 5, "neuron": 2}
    assert out.activity["value"].values.tolist() == [1, 2]


def test_neural_channels_are_those_that_signal_of_takes():
    assert neural_channels(X).tolist() == [True, True, True, False, True, False]
    assert _names(signal_of(REC)) == ["Fp1", "Fp2", "M1", "S1"]
    assert signal_of(X) is X


def test_neurons_are_all_neural():
    x = activity(np.zeros((3, 2)), names=["a", "b"], rate=1.0).signal
    assert neural_channels(x).tolist() == [True, True]


def test_a_recording_with_nothing_neural_names_its_types():
    with pytest.raises(SchemaError, match=r"no channel is of a neural type \(EOG, TRIG\)"):
        signal_of(pick(REC, types=["EOG", "TRIG"]))


@pytest.mark.parametrize(("attrs", "unit"), [({}, "1"), ({"units": "mV"}, "mV")])
def test_without_units_per_channel_the_signal_says_its_own(attrs, unit):
    assert require_one_unit(xr.DataArray(np.zeros(2), dims="neuron", attrs=attrs)) == unit


def test_both_space_dims_are_as_bad_as_none():
    with pytest.raises(SchemaError, match="neuron or a channel dim"):
        space_dim(xr.DataArray(np.zeros((1, 1)), dims=("neuron", "channel")))


def test_a_signal_put_back_unchanged_is_the_same_beside_the_same_position():
    out = with_signal(REC, X)
    xr.testing.assert_identical(out["activity/signal"], X)
    assert out.activity.position.variable.identical(REC.activity.position.variable)
    assert out.activity.attrs == REC.activity.attrs


def test_a_signal_without_a_rate_takes_the_rate_from_its_group():
    bare = X.copy()
    del bare["time"].attrs["sampling_rate"]
    assert "sampling_rate" not in with_signal(REC, bare).activity.attrs
    assert REC.activity.attrs["sampling_rate"] == 2.0


def test_two_maps_are_their_composition():
    one = map_activity(map_activity(REC, lambda x: x + 1, name="f"), lambda x: x * 2, name="g")
    both = map_activity(REC, lambda x: (x + 1) * 2, name="fg")
    np.testing.assert_array_equal(one["activity/signal"], both["activity/signal"])
    assert [s["function"] for s in as_history(one)] == ["f", "g"]
