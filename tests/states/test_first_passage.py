"""Long-run quantities of a rate matrix against closed forms and linear algebra."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.linalg import expm, null_space

from neurokit.errors import OptionError
from neurokit.states.first_passage import (
    as_rates,
    entropy_production,
    mean_first_passage,
    stationary_distribution,
)


def random_rates(n, seed):
    q = np.random.default_rng(seed).gamma(1.0, 2.0, (n, n))
    np.fill_diagonal(q, 0.0)
    np.fill_diagonal(q, -q.sum(axis=1))
    return q


def birth_death(up, down):
    q = np.diag(np.asarray(up, float), 1) + np.diag(np.asarray(down, float), -1)
    return q - np.diag(q.sum(axis=1))


@pytest.mark.parametrize("seed", range(5))
def test_the_stationary_distribution_spans_the_left_null_space(seed):
    q = random_rates(5, seed)
    null = null_space(q.T)[:, 0]
    np.testing.assert_allclose(stationary_distribution(q), null / null.sum(), atol=1e-12)


def test_tiny_shares_keep_their_relative_precision():
    # Detailed balance gives the truth: each state has a millionth of the one before it.
    q = birth_death([1e-6] * 4, [1.0] * 4)
    truth = 1e-6 ** np.arange(5)
    np.testing.assert_allclose(stationary_distribution(q), truth / truth.sum(), rtol=1e-13)


def test_states_that_are_left_for_good_have_no_share():
    q = as_rates([[-1, 0.5, 0.5], [0, -1, 1], [0, 2, -2]])
    np.testing.assert_allclose(stationary_distribution(q), [0, 2 / 3, 1 / 3], atol=1e-15)


def test_two_sets_that_are_never_left_have_no_one_distribution():
    assert np.isnan(stationary_distribution([[-2, 1, 1], [0, 0, 0], [0, 0, 0]])).all()
    assert np.isnan(entropy_production(np.zeros((2, 2))))


def test_a_single_state_is_always_there():
    assert stationary_distribution([[0.0]]).tolist() == [1.0]
    assert mean_first_passage([[0.0]]).tolist() == [[0.0]]
    assert entropy_production([[0.0]]) == 0.0


@settings(max_examples=30, deadline=None)
@given(st.integers(1, 6), st.integers(0, 1000), st.floats(1e-3, 1e3))
def test_shares_do_not_depend_on_the_unit_of_time_and_passages_scale(n, seed, factor):
    q = random_rates(n, seed)
    np.testing.assert_allclose(
        stationary_distribution(q * factor), stationary_distribution(q), rtol=1e-10
    )
    np.testing.assert_allclose(
        mean_first_passage(q * factor) * factor, mean_first_passage(q), rtol=1e-8
    )


def test_first_passage_of_two_states_is_one_over_the_rate():
    np.testing.assert_allclose(
        mean_first_passage([[-0.2, 0.2], [5.0, -5.0]]), [[0, 5.0], [0.2, 0]], rtol=1e-14
    )


def test_first_passage_of_a_birth_death_chain_has_its_closed_form():
    # Time from i to i + 1 is sum_{k <= i} (1 / u_k) prod_{l = k + 1..i} d_l / u_l.
    up, down = np.array([1.5, 0.7, 2.2, 0.4]), np.array([0.3, 1.9, 0.8, 2.5])
    step = np.zeros(4)
    for i in range(4):
        step[i] = sum(np.prod(down[k:i] / up[k + 1 : i + 1]) / up[k] for k in range(i + 1))
    found = mean_first_passage(birth_death(up, down))
    for i in range(4):
        for j in range(i + 1, 5):
            assert found[i, j] == pytest.approx(step[i:j].sum(), rel=1e-8)


def test_first_passage_of_a_one_way_ring_adds_up_holding_times():
    rates = np.array([0.5, 2.0, 4.0])
    q = np.zeros((3, 3))
    q[[0, 1, 2], [1, 2, 0]] = rates
    np.fill_diagonal(q, -rates)
    expected = [[0, 2, 2.5], [0.75, 0, 0.5], [0.25, 2.25, 0]]
    np.testing.assert_allclose(mean_first_passage(q), expected, rtol=1e-12)


@pytest.mark.parametrize("seed", range(3))
def test_first_passage_integrates_the_survival_of_the_stopped_chain(seed):
    q = random_rates(4, seed)
    stopped = np.delete(np.delete(q, 2, 0), 2, 1)
    time = np.linspace(0, 60 / np.abs(np.linalg.eigvals(stopped)).min(), 20_001)
    step = expm(stopped * time[1])
    survival, at = [np.ones(3)], np.ones(3)
    for _ in time[1:]:
        at = step @ at
        survival.append(at)
    integral = np.trapezoid(np.array(survival), time, axis=0)
    np.testing.assert_allclose(np.delete(mean_first_passage(q)[:, 2], 2), integral, rtol=2e-4)


def test_what_may_never_be_reached_takes_for_ever():
    q = as_rates([[-2, 1, 1], [0, 0, 0], [1, 0, -1]])
    found = mean_first_passage(q)
    # State 1 keeps; from 0 and 2 it may catch the chain before it reaches 2 or 0.
    assert np.isinf(found[1, [0, 2]]).all()
    assert np.isinf(found[0, 2])
    assert np.isinf(found[2, 0]) is np.False_
    assert np.isfinite(found[[0, 2], 1]).all()


def test_entropy_production_of_a_ring_has_its_closed_form():
    # Clockwise a, counterclockwise b: uniform shares, (a - b) log(a / b) per second.
    a, b = 3.0, 0.5
    q = np.array([[0, a, b], [b, 0, a], [a, b, 0]])
    q -= np.diag(q.sum(axis=1))
    assert entropy_production(q) == pytest.approx((a - b) * np.log(a / b))


def test_detailed_balance_produces_none():
    assert entropy_production(birth_death([1, 2, 3], [3, 1, 5])) == pytest.approx(0.0, abs=1e-12)


def test_a_jump_without_a_way_back_produces_infinitely_much():
    q = as_rates([[-1, 1, 0], [0, -1, 1], [1, 0, -1]])
    assert entropy_production(q) == np.inf


@pytest.mark.parametrize(
    ("rates", "said"),
    [
        ([[-1.0, 1.0]], "square"),
        (np.zeros((0, 0)), "square"),
        ([[-1.0, np.nan], [1.0, -1.0]], "NaN"),
        ([[1.0, -1.0], [1.0, -1.0]], "negative"),
        ([[-1.0, 2.0], [1.0, -1.0]], "row 0 sums to 1"),
    ],
)
def test_what_is_no_rate_matrix_is_said_to_be_none(rates, said):
    with pytest.raises(OptionError, match=said):
        as_rates(rates)
