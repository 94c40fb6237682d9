"""A history is a chain: each step's hash covers the source and all steps before it."""

import json

import numpy as np
import pytest
import xarray as xr
from hypothesis import given, settings
from hypothesis import strategies as st

from neurokit.schema import activity, add_history, as_history, recording, validate

IDENTITY = ["source", "source_sha256", "loader", "loader_options", "subject", "session"]


def _rec(**attrs):
    group = activity(np.random.default_rng(0).random((6, 2)), names=["a", "b"], rate=2.0)
    return recording({"activity": group}, modality="calcium", attrs=attrs)


def _chain(x, names):
    for name in names:
        x = add_history(x, name)
    return as_history(x)


def test_what_was_never_touched_has_no_history():
    assert as_history(xr.DataArray(0.0)) == []
    assert as_history(xr.Dataset()) == []
    assert as_history(_rec()) == []


def test_a_step_has_five_fields():
    (step,) = as_history(add_history(_rec(), "signal.smooth", {"width": 3}, seed=7))
    assert list(step) == ["function", "parameters", "version", "seed", "hash"]
    assert (step["function"], step["parameters"], step["seed"]) == (
        "signal.smooth",
        {"width": 3},
        7,
    )


def test_a_hash_is_sixteen_hexadecimal_digits():
    (step,) = as_history(add_history(_rec(), "f"))
    assert len(step["hash"]) == 16
    assert set(step["hash"]) <= set("0123456789abcdef")


@settings(max_examples=40)
@given(st.lists(st.sampled_from(["a", "b", "c"]), max_size=5))
def test_the_history_lists_steps_oldest_first(names):
    assert [step["function"] for step in _chain(xr.DataArray(0.0), names)] == names


@settings(max_examples=40)
@given(st.lists(st.text(max_size=4), max_size=5), st.integers(0, 5))
def test_earlier_steps_are_never_rewritten(names, k):
    x = xr.DataArray(0.0)
    assert _chain(x, names)[:k] == _chain(x, names[:k])


@settings(max_examples=40)
@given(st.lists(st.sampled_from(["a", "b"]), min_size=1, max_size=6))
def test_no_two_steps_of_a_chain_share_a_hash(names):
    hashes = [step["hash"] for step in _chain(xr.DataArray(0.0), names)]
    assert len(set(hashes)) == len(hashes)


@settings(max_examples=40)
@given(
    st.lists(st.sampled_from(["a", "b"]), min_size=1, max_size=4),
    st.lists(st.sampled_from(["a", "b"]), min_size=1, max_size=4),
)
def test_last_hashes_agree_exactly_if_the_chains_do(one, two):
    x = xr.DataArray(0.0)
    assert (_chain(x, one)[-1]["hash"] == _chain(x, two)[-1]["hash"]) == (one == two)


def test_the_order_of_steps_changes_the_last_hash():
    assert _chain(_rec(), ["f", "g"])[-1]["hash"] != _chain(_rec(), ["g", "f"])[-1]["hash"]


@pytest.mark.parametrize("key", IDENTITY)
def test_whatever_identifies_the_source_changes_the_hash(key):
    plain, other = _chain(_rec(), ["f"]), _chain(_rec(**{key: "other"}), ["f"])
    assert plain[0]["hash"] != other[0]["hash"]
    assert {**plain[0], "hash": ""} == {**other[0], "hash": ""}


@pytest.mark.parametrize("key", ["species", "licence", "doi", "start_time", "note"])
def test_what_does_not_identify_the_source_leaves_the_hash(key):
    assert _chain(_rec(), ["f"]) == _chain(_rec(**{key: "other"}), ["f"])


@pytest.mark.parametrize(
    ("one", "two"),
    [
        ({"function": "f"}, {"function": "g"}),
        ({"parameters": {"k": 1}}, {"parameters": {"k": 2}}),
        ({"parameters": {"k": 1}}, {"parameters": {"j": 1}}),
        ({"seed": 0}, {"seed": 1}),
        ({"seed": None}, {"seed": 0}),
    ],
)
def test_each_part_of_a_step_counts_in_its_hash(one, two):
    hashes = [
        as_history(add_history(_rec(), **{"function": "f", **step}))[0]["hash"]
        for step in (one, two)
    ]
    assert hashes[0] != hashes[1]


def test_the_input_keeps_its_own_history():
    rec = add_history(_rec(), "f")
    before = dict(rec.attrs)
    add_history(rec, "g")
    assert dict(rec.attrs) == before


def test_other_attributes_stay():
    x = xr.DataArray(0.0, attrs={"units": "V"})
    assert add_history(x, "f").attrs["units"] == "V"


@pytest.mark.parametrize("kind", [xr.DataArray, xr.Dataset, xr.DataTree])
def test_the_type_is_kept(kind):
    assert type(add_history(kind(), "f")) is kind


def test_the_values_are_shared_not_copied():
    x = xr.DataArray(np.zeros(3))
    assert np.shares_memory(add_history(x, "f").values, x.values)


def test_a_recording_with_a_history_keeps_the_contract():
    rec = add_history(_rec(), "f", {"a": np.zeros(3), "b": [1, None]}, seed=3)
    assert list(validate(rec)) == []
    assert type(rec.attrs["history"]) is str


@pytest.mark.parametrize(
    ("value", "kept"),
    [
        (True, True),
        (None, None),
        ("text", "text"),
        (np.int64(3), 3),
        (np.float64(0.5), 0.5),
        (float("inf"), "inf"),
        (float("-inf"), "-inf"),
        (range(3), [0, 1, 2]),
        ({"a": (1, np.nan)}, {"a": [1, "nan"]}),
        ({1: "one"}, {"1": "one"}),
        (np.zeros((0,), dtype=np.int8), "<array (0,) int8>"),
        (1 + 2j, "(1+2j)"),
        (frozenset({4}), [4]),
    ],
)
def test_a_parameter_is_kept_as_json_holds_it(value, kept):
    (step,) = as_history(add_history(_rec(), "f", {"p": value}))
    assert step["parameters"]["p"] == kept
    assert type(step["parameters"]["p"]) is type(kept)


def test_arrays_of_one_shape_and_type_give_one_hash():
    # Values are never read, so that lazy data stay lazy.
    zero, one = (as_history(add_history(_rec(), "f", {"x": f(3)})) for f in (np.zeros, np.ones))
    assert zero == one
    longer = as_history(add_history(_rec(), "f", {"x": np.zeros(4)}))
    assert zero[0]["hash"] != longer[0]["hash"]


parameters = st.dictionaries(
    st.text(max_size=3),
    st.recursive(
        st.none() | st.booleans() | st.integers(-9, 9) | st.text(max_size=3) | st.floats(),
        lambda inner: st.lists(inner, max_size=3),
        max_leaves=5,
    ),
    max_size=3,
)


@settings(max_examples=40)
@given(parameters)
def test_any_history_is_strict_json(given_parameters):
    text = add_history(xr.DataArray(0.0), "f", given_parameters).attrs["history"]

    def refuse(word):
        raise AssertionError(f"{word} is no JSON")

    # Python writes NaN and Infinity, which no other reader takes.
    steps = json.loads(text, parse_constant=refuse)
    assert list(steps[0]["parameters"]) == list(given_parameters)
