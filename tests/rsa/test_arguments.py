"""Numbers and choices of users: bounds, and everything that is neither."""

import numpy as np
import pytest

from neurokit.errors import OptionError
from neurokit.rsa.arguments import real_number, whole_number, yes_or_no


@pytest.mark.parametrize("value", [0, 1, 0.5, np.float32(0.25), np.int8(1)])
def test_numbers_within_bounds_come_back_as_floats(value):
    found = real_number("alpha", value, 0.0, 1.0)
    assert type(found) is float
    assert found == value


@pytest.mark.parametrize("value", [-1e-9, 1.1, np.nan, np.inf, True, "0.5", None, [0.5], 1j])
def test_what_is_no_number_within_bounds_is_named(value):
    with pytest.raises(OptionError, match=r"alpha: is .*0 or at most 1"):
        real_number("alpha", value, 0.0, 1.0)


def test_without_bounds_there_is_nothing_to_say_of_them():
    with pytest.raises(OptionError, match=r"midpoint: is 'a'\. Give a number\.$"):
        real_number("midpoint", "a")


def test_without_an_upper_bound_infinity_is_a_number():
    assert real_number("threshold", np.inf, 0.0) == np.inf
    with pytest.raises(OptionError, match="any larger one"):
        real_number("threshold", -1, 0.0)


@pytest.mark.parametrize("value", [2, np.int64(7)])
def test_whole_numbers_come_back_as_ints(value):
    assert type(whole_number("n", value, 2)) is int


@pytest.mark.parametrize("value", [1, 2.0, True, np.bool_(True), "3", None, np.nan])
def test_what_is_no_whole_number_from_the_bound_is_named(value):
    with pytest.raises(OptionError, match="n: is .*from 2"):
        whole_number("n", value, 2)


@pytest.mark.parametrize("value", [True, False, np.bool_(True), np.bool_(False)])
def test_yes_and_no_come_back_as_bool(value):
    found = yes_or_no("rank", value)
    assert type(found) is bool
    assert found == value


@pytest.mark.parametrize("value", ["no", "False", "", 0, 1, 0.0, None, [True], np.array([False])])
def test_what_merely_counts_as_yes_or_no_is_named(value):
    with pytest.raises(OptionError, match=r"rank: is .*Give True or False"):
        yes_or_no("rank", value)
