"""Paths, lengths and numbers that cannot be: each is named, none is cut to something else."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from neurokit.errors import OptionError
from neurokit.states import dwell_table, forward_backward
from neurokit.states.chains import offsets_of
from neurokit.states.dwell import visits
from neurokit.states.links import LINKS, logistic


@pytest.mark.parametrize("lengths", [[2.5, 2.5], [2.7, 2.7], [4.999, 0.001], [np.nan, 5.0]])
def test_fractional_lengths_are_not_cut(lengths):
    with pytest.raises(OptionError, match=r"lengths.*whole number"):
        offsets_of(lengths, int(np.nansum(np.trunc(lengths))))


@pytest.mark.parametrize("lengths", [[np.inf], [[2, 3]], 5, [-1, 6]])
def test_lengths_are_one_number_from_zero_for_each_trial(lengths):
    with pytest.raises(OptionError, match="lengths"):
        offsets_of(lengths, 5)


def test_whole_floats_are_lengths():
    found = offsets_of(np.array([2.0, 0.0, 3.0]), 5)
    np.testing.assert_array_equal(found, [0, 2, 2, 5])
    assert found.dtype == np.int64


def test_fractional_lengths_do_not_reach_the_recursions():
    with pytest.raises(OptionError, match="lengths"):
        forward_backward(np.zeros((4, 2)), np.full((2, 2), 0.5), [0.5, 0.5], lengths=[1.5, 2.5])


@given(st.lists(st.integers(0, 50), min_size=1, max_size=10))
def test_offsets_end_where_lengths_sum_to(lengths):
    offsets = offsets_of(lengths, sum(lengths))
    np.testing.assert_array_equal(np.diff(offsets), lengths)
    assert offsets[0] == 0


@pytest.mark.parametrize(("path", "strange"), [([0, 1, 2], r"\[2\]"), ([0, -1, 1], r"\[-1\]")])
def test_states_that_there_are_not_are_named(path, strange):
    with pytest.raises(OptionError, match=rf"states.*holds {strange}, there are 2"):
        dwell_table(path, 2)


@pytest.mark.parametrize("path", [[0.5, 1.0], [[0, 1], [1, 0]], ["a", "b"], [np.nan, 1.0]])
def test_a_path_is_one_row_of_whole_numbers(path):
    with pytest.raises(OptionError, match="states"):
        visits(path)


@pytest.mark.parametrize("bin_s", [0.0, -0.1, np.nan, np.inf])
def test_a_bin_has_a_positive_width(bin_s):
    with pytest.raises(OptionError, match="bin_s"):
        dwell_table([0, 1], 2, bin_s=bin_s)


def test_transitions_are_of_all_states():
    with pytest.raises(OptionError, match="transition"):
        dwell_table([0, 1, 0], 2, transition=np.eye(3))


def test_whole_floats_and_bools_are_paths():
    expected = dwell_table([0, 1, 1, 0], 2)
    for path in (np.array([0.0, 1.0, 1.0, 0.0]), np.array([False, True, True, False])):
        assert dwell_table(path, 2).identical(expected)


def test_no_bin_is_no_visit():
    found = dwell_table([], 2)
    assert found.sizes == {"state": 2, "visit": 0}
    assert (found.occupancy == 0).all()
    assert np.isnan(found["mean"]).all()


@given(
    st.lists(st.integers(0, 3), min_size=1, max_size=40), st.integers(1, 5), st.floats(0.01, 10.0)
)
def test_visits_add_up_to_the_bins(path, n_trials, bin_s):
    lengths = np.diff(np.linspace(0, len(path), n_trials + 1).astype(int))
    found = dwell_table(path, 4, lengths=lengths, bin_s=bin_s)
    assert float(found.duration.sum()) == pytest.approx(len(path) * bin_s)
    np.testing.assert_allclose(found.occupancy, np.bincount(path, minlength=4) / len(path))
    # Every trial has an unfinished visit at each of its ends, which may be the same one.
    edges = int((~found.complete).sum())
    n_filled = int((lengths > 0).sum())
    assert n_filled <= edges <= 2 * n_filled


@pytest.mark.parametrize("value", [0.0, -800.0, 800.0, 3])
def test_the_logistic_function_of_a_single_number(value):
    found = logistic(np.asarray(value, dtype=np.float64))
    assert found.shape == ()
    with np.errstate(over="ignore"):
        assert float(found) == 1.0 / (1.0 + np.exp(-np.float64(value)))
    assert float(logistic(np.float64(value))) == float(found)


@pytest.mark.parametrize("name", LINKS)
def test_every_link_takes_a_single_number(name):
    link = LINKS[name]
    value = np.asarray(0.3)
    rate = link.rate(value)
    row = link.rate(np.array([0.3]))
    assert float(rate) == row[0]
    assert float(link.slope(value, np.asarray(rate))) == link.slope(np.array([0.3]), row)[0]
    assert float(link.log_rate(value, np.asarray(rate))) == pytest.approx(np.log(row[0]))


def test_the_logistic_function_leaves_its_argument_alone():
    values = np.array([-1.0, 2.0])
    logistic(values)
    np.testing.assert_array_equal(values, [-1.0, 2.0])
