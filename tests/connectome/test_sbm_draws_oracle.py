"""Random draws in compiled loops against Python integers; orders and choices against their odds."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
from scipy.stats import chisquare

from neurokit.connectome.sbm_draws import choose, shuffle, uniform

MASK = 2**64 - 1


def split_mix(state):
    """One step of SplitMix64 (Steele, Lea & Flood 2014) in whole numbers without overflow."""
    state = (state + 0x9E3779B97F4A7C15) & MASK
    z = state
    z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & MASK
    z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & MASK
    return state, z ^ (z >> 31)


def source_of(seed):
    return np.array([seed], dtype=np.uint64)


@pytest.mark.parametrize("seed", [0, 1, 12345, 2**63, 2**64 - 1])
def test_draws_are_the_top_53_bits_of_split_mix(seed):
    source, state = source_of(seed), seed
    for _ in range(50):
        state, word = split_mix(state)
        assert uniform(source) == (word >> 11) / 2**53
    assert int(source[0]) == state


def test_the_first_words_are_those_published():
    # Reference output of SplitMix64 for seed 1234567 (Rosetta Code, "Pseudo-random numbers").
    published = [6457827717110365317, 3203168211198807973, 9817491932198370423]
    state, words = 1234567, []
    for _ in published:
        state, word = split_mix(state)
        words.append(word)
    assert words == published
    source = source_of(1234567)
    assert [uniform(source) for _ in published] == [(word >> 11) / 2**53 for word in published]


def test_two_sources_don_t_share_a_stream():
    one, other = source_of(7), source_of(7)
    alone = [uniform(one) for _ in range(5)]
    mixed = []
    third = source_of(8)
    for _ in range(5):
        mixed.append(uniform(other))
        uniform(third)
    assert alone == mixed


@pytest.mark.parametrize("n", [0, 1, 2, 7, 50])
def test_a_shuffle_loses_and_doubles_nothing(n):
    order = np.arange(n)
    shuffle(order, source_of(3))
    np.testing.assert_array_equal(np.sort(order), np.arange(n))


def test_a_shuffle_is_that_of_fisher_and_yates():
    order, expected = np.arange(9), list(range(9))
    shuffle(order, source_of(99))
    draws = source_of(99)
    for i in range(8, 0, -1):
        j = int(uniform(draws) * (i + 1))
        expected[i], expected[j] = expected[j], expected[i]
    assert order.tolist() == expected


def test_all_orders_are_equally_likely():
    source = source_of(2)
    counts = dict.fromkeys(itertools.permutations(range(4)), 0)
    for _ in range(4800):
        order = np.arange(4)
        shuffle(order, source)
        counts[tuple(order.tolist())] += 1
    # One fixed seed; 24 orders, 200 expected of each.
    assert chisquare(list(counts.values())).pvalue > 1e-4


def test_a_shuffle_is_repeatable_from_its_state():
    source = source_of(5)
    first, second = np.arange(20), np.arange(20)
    shuffle(first, source)
    shuffle(second, source)
    assert not np.array_equal(first, second)
    again = np.arange(20)
    shuffle(again, source_of(5))
    np.testing.assert_array_equal(first, again)


@pytest.mark.parametrize("temperature", [0.0, -1.0])
def test_without_heat_the_largest_wins_and_nothing_is_drawn(temperature):
    source = source_of(4)
    gains = np.array([0.0, 3.0, 2.9999, -1.0])
    assert choose(gains, 4, temperature, source) == 1
    assert int(source[0]) == 4


def test_of_equal_gains_the_first_wins_without_heat():
    assert choose(np.array([1.0, 2.0, 2.0]), 3, 0.0, source_of(0)) == 1


def test_only_the_first_entries_count():
    gains = np.array([0.0, 1.0, 50.0])
    source = source_of(6)
    assert choose(gains, 2, 0.0, source) == 1
    assert max(choose(gains, 2, 1.0, source) for _ in range(200)) == 1


@pytest.mark.parametrize("temperature", [0.5, 1.0, 3.0])
def test_choices_are_as_frequent_as_the_softmax_says(temperature):
    gains = np.array([0.0, 0.7, -0.4, 1.2])
    odds = [math.exp(gain / temperature) for gain in gains]
    expected = np.array(odds) / sum(odds)
    source = source_of(11)
    n = 8000
    seen = np.bincount([choose(gains, 4, temperature, source) for _ in range(n)], minlength=4)
    assert chisquare(seen, expected * n).pvalue > 1e-4


@pytest.mark.parametrize("shift", [-1e4, 0.0, 1e4])
def test_a_constant_added_to_all_gains_changes_no_choice(shift):
    gains = np.array([0.0, 1.0, 2.0, 0.5])
    base = [choose(gains, 4, 1.0, source_of(seed)) for seed in range(60)]
    moved = [choose(gains + shift, 4, 1.0, source_of(seed)) for seed in range(60)]
    assert moved == base


def test_gains_and_temperature_in_another_unit_choose_the_same():
    gains = np.array([0.0, 1.0, 2.0, 0.5])
    base = [choose(gains, 4, 1.0, source_of(seed)) for seed in range(60)]
    assert [choose(4 * gains, 4, 4.0, source_of(seed)) for seed in range(60)] == base


def test_the_impossible_is_never_chosen():
    gains = np.array([-np.inf, 0.0, -np.inf, 0.0])
    source = source_of(8)
    assert {choose(gains, 4, 1.0, source) for _ in range(200)} == {1, 3}


def test_one_candidate_is_always_chosen():
    source = source_of(9)
    assert {choose(np.array([-700.0]), 1, t, source) for t in (0.0, 1e-3, 1.0, 1e6)} == {0}


def test_gains_are_left_as_they_were():
    gains = np.array([0.1, 0.2, 0.3])
    before = gains.copy()
    choose(gains, 3, 1.0, source_of(0))
    np.testing.assert_array_equal(gains, before)
