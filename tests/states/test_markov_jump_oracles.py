"""Jump processes seen at times: EM, paths and propagators against sums, expm and quadrature."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from scipy import stats
from scipy.linalg import expm

from neurokit.states.markov_jump_core import (
    JumpParameters,
    emission_of,
    expect,
    maximise,
    read,
)
from neurokit.states.markov_jump_em import fit_rates, standard_errors
from neurokit.states.markov_jump_path import read_path, sample_path
from neurokit.states.markov_jump_propagator import _van_loan, integrals, transition_matrices

# Gauss-Legendre of 24 points is exact to rounding for exponentials of the gaps used here.
NODES, SHARES = np.polynomial.legendre.leggauss(24)


def integral(function, end):
    """int_0^end function(s) ds."""
    return sum(
        0.5 * end * share * function(0.5 * end * (node + 1.0))
        for node, share in zip(NODES, SHARES, strict=True)
    )


def random_rates(n, seed, size=1.0):
    q = np.random.default_rng(seed).gamma(1.0, size, (n, n))
    np.fill_diagonal(q, 0.0)
    np.fill_diagonal(q, -q.sum(axis=1))
    return q


def some_readings(n_states=3, seed=0, missing=True):
    """Two short sequences at irregular times, one reading missing."""
    rng = np.random.default_rng(seed)
    times = [np.sort(rng.uniform(0, 4, n)) for n in (5, 4)]
    states = [rng.integers(n_states, size=t.size) for t in times]
    if missing:
        states[0][2] = -1
    return read(times, states), times, states


def by_paths(times, states, parameters):
    """Log-likelihood, posterior and misreadings by summing over hidden states at all readings."""
    rates, n = parameters.rates, len(parameters.rates)
    log_total, posteriors, misread, pairs = 0.0, [], 0.0, []
    for t, o in zip(times, states, strict=True):
        moves = [expm(rates * gap) for gap in np.diff(t)]
        emission = emission_of(o, n, parameters.misread)
        total, mass = 0.0, np.zeros((t.size, n))
        joint, wrong = np.zeros((t.size - 1, n, n)), 0.0
        for path in itertools.product(range(n), repeat=t.size):
            p = parameters.initial[path[0]] * emission[0, path[0]]
            for k, move in enumerate(moves):
                p *= move[path[k], path[k + 1]] * emission[k + 1, path[k + 1]]
            total += p
            mass[np.arange(t.size), path] += p
            joint[np.arange(t.size - 1), path[:-1], path[1:]] += p
            wrong += p * sum(1 for z, seen in zip(path, o, strict=True) if seen >= 0 and z != seen)
        log_total += np.log(total)
        posteriors.append(mass / total)
        pairs += list(zip(np.diff(t), joint / total, strict=True))
        misread += wrong / total
    return log_total, np.concatenate(posteriors), misread, pairs


PARAMETERS = JumpParameters(random_rates(3, 1), np.array([0.5, 0.3, 0.2]), 0.1)


@pytest.mark.parametrize("seed", range(3))
def test_the_e_step_is_the_sum_over_all_paths(seed):
    readings, times, states = some_readings(seed=seed)
    found = expect(readings, PARAMETERS)
    total, posterior, misread, _ = by_paths(times, states, PARAMETERS)
    assert found.log_likelihood == pytest.approx(total, abs=1e-10)
    np.testing.assert_allclose(found.posterior, posterior, atol=1e-10)
    assert found.misread == pytest.approx(misread, abs=1e-10)
    np.testing.assert_allclose(found.first, posterior[[0, 5]].sum(axis=0), atol=1e-10)


def test_expected_times_and_jumps_are_integrals_over_bridges():
    # Given both ends, time in i is int P_ai(s) P_ib(g - s) ds / P_ab(g), and jumps i to j have
    # q_ij P_ai(s) P_jb(g - s) in its place.
    readings, times, states = some_readings(seed=4)
    found = expect(readings, PARAMETERS)
    *_, pairs = by_paths(times, states, PARAMETERS)
    q, expected = PARAMETERS.rates, np.zeros((3, 3))
    for gap, joint in pairs:
        weight = joint / expm(q * gap)

        def bridge(s, gap=gap, weight=weight):
            return expm(q * s).T @ weight @ expm(q * (gap - s)).T

        expected += integral(bridge, gap)
    expected *= np.where(np.eye(3, dtype=bool), 1.0, q)
    np.testing.assert_allclose(found.jumps, expected, atol=1e-8)


def test_times_in_states_add_up_to_the_time_watched():
    readings, times, _ = some_readings(seed=5)
    found = expect(readings, PARAMETERS)
    assert np.trace(found.jumps) == pytest.approx(sum(np.ptp(t) for t in times), rel=1e-9)


def test_the_m_step_is_jumps_over_time():
    readings, *_ = some_readings(seed=6)
    found = expect(readings, PARAMETERS)
    following = maximise(found, readings, PARAMETERS, learn=True)
    off = ~np.eye(3, dtype=bool)
    expected = found.jumps / np.diag(found.jumps)[:, None]
    np.testing.assert_allclose(following.rates[off], expected[off], rtol=1e-9)
    np.testing.assert_allclose(following.rates.sum(axis=1), 0.0, atol=1e-12)
    # One reading of nine is missing.
    assert following.misread == pytest.approx(found.misread / 8)
    np.testing.assert_allclose(following.initial, (found.first + 1) / 5)
    assert maximise(found, readings, PARAMETERS, learn=False).misread == PARAMETERS.misread


def test_a_forbidden_jump_stays_forbidden():
    rates = np.array([[-1.0, 1.0, 0.0], [0.5, -1.5, 1.0], [0.0, 2.0, -2.0]])
    start = JumpParameters(rates, np.full(3, 1 / 3), 0.1)
    readings, *_ = some_readings(seed=7)
    found = fit_rates(readings, start, learn_misread=True, max_iter=60, tol=1e-9)
    assert found.parameters.rates[0, 2] == found.parameters.rates[2, 0] == 0.0
    assert np.diff(found.trace).min() >= 0.0


@pytest.mark.parametrize("learn", [True, False])
def test_the_climb_never_falls_and_ends_where_it_is_flat(learn):
    rng = np.random.default_rng(8)
    truth = random_rates(2, 3)
    times, states = [], []
    for _ in range(4):
        onset, path = sample_path(truth, np.array([0.5, 0.5]), 30.0, rng)
        t = np.sort(rng.uniform(0, 30.0, 60))
        times.append(t)
        states.append(read_path(onset, path, t, 0.05, 2, rng))
    readings = read(times, states)
    start = JumpParameters(random_rates(2, 9), np.full(2, 0.5), 0.05)
    found = fit_rates(readings, start, learn_misread=learn, max_iter=500, tol=1e-12)
    assert np.diff(found.trace).min() >= 0.0
    assert found.converged

    def height(logs):
        rates = np.array([[0.0, np.exp(logs[0])], [np.exp(logs[1]), 0.0]])
        np.fill_diagonal(rates, -rates.sum(axis=1))
        misread = 1 / (1 + np.exp(-logs[2])) if learn else 0.05
        at = JumpParameters(rates, found.parameters.initial, misread)
        return expect(readings, at).log_likelihood

    e = found.parameters.misread
    at = np.log([found.parameters.rates[0, 1], found.parameters.rates[1, 0], e / (1 - e)])
    at = at if learn else at[:2]
    slope = [(height(at + s) - height(at - s)) / 2e-4 for s in 1e-4 * np.eye(at.size)]
    assert np.abs(slope).max() < 0.02
    # The errors are those of the curvature, in logarithms of rates.
    steps, curve = 1e-3 * np.eye(at.size), np.empty((at.size, at.size))
    for i, j in itertools.product(range(at.size), repeat=2):
        curve[i, j] = sum(
            a * b * height(at + a * steps[i] + b * steps[j]) for a in (1, -1) for b in (1, -1)
        ) / (4e-6)
    deviation = np.sqrt(np.diag(np.linalg.inv(-curve)))
    rates, misread = standard_errors(readings, found, learn_misread=learn)
    expected = np.exp(at[:2]) * deviation[:2]
    np.testing.assert_allclose([rates[0, 1], rates[1, 0]], expected, rtol=1e-2)
    if learn:
        assert misread == pytest.approx(deviation[2] * e * (1 - e), rel=1e-2)
    else:
        assert np.isnan(misread)


def test_readings_that_cannot_be_have_no_likelihood_and_end_the_fit():
    rates = np.array([[-1.0, 1.0], [0.0, 0.0]])
    readings = read([np.array([0.0, 1.0])], [np.array([1, 0])])
    start = JumpParameters(rates, np.array([0.5, 0.5]), 0.0)
    assert expect(readings, start).log_likelihood == -np.inf
    found = fit_rates(readings, start, learn_misread=False, max_iter=50, tol=1e-6)
    assert not found.converged
    assert len(found.trace) == 1


def test_an_interruption_keeps_the_best_so_far():
    readings, *_ = some_readings(seed=9)

    def press(number):
        if number >= 3:
            raise KeyboardInterrupt

    found = fit_rates(
        readings, PARAMETERS, learn_misread=True, max_iter=100, tol=0.0, on_iteration=press
    )
    assert found.interrupted
    assert not found.converged
    at_best = expect(readings, found.parameters).log_likelihood
    assert at_best == pytest.approx(found.expectation.log_likelihood, abs=1e-12)


@pytest.mark.parametrize("n", [1, 2, 4])
@pytest.mark.parametrize("size", [1e-6, 1.0, 300.0])
def test_propagators_are_matrix_exponentials(n, size):
    rates = random_rates(n, n, size)
    gaps = np.array([1e-9, 1e-4, 0.01, 0.5, 20.0])
    found = transition_matrices(rates, gaps)
    for gap, p in zip(gaps, found, strict=True):
        np.testing.assert_allclose(p, expm(rates * gap), atol=1e-10)
    np.testing.assert_allclose(found.sum(axis=2), 1.0, atol=1e-14)
    assert (found >= 0).all()


def test_rare_jumps_keep_their_relative_precision():
    # Three steps at 1e-9 per second each, over a millisecond: (1e-12)^3 / 6.
    rates = np.diag([1e-9] * 3, 1) - np.diag([1e-9] * 3 + [0.0])
    found = transition_matrices(rates, np.array([1e-3]))[0]
    assert found[0, 3] == pytest.approx(1e-36 / 6, rel=1e-9)


@pytest.mark.parametrize("defective", [False, True])
def test_integrals_are_those_of_quadrature(defective):
    # Equal rates in a row make eigenvectors coincide, so that the block exponential is used.
    rates = random_rates(3, 11)
    if defective:
        rates = np.array([[-1.0, 1.0, 0.0], [0.0, -1.0, 1.0], [0.0, 0.0, 0.0]])
    gaps = np.array([0.01, 0.7, 3.0])
    weights = np.random.default_rng(0).normal(size=(3, 3, 3))
    expected = np.zeros((3, 3))
    for gap, weight in zip(gaps, weights, strict=True):

        def inner(s, gap=gap, weight=weight):
            return expm(rates * s).T @ weight @ expm(rates * (gap - s)).T

        expected += integral(inner, gap)
    np.testing.assert_allclose(integrals(rates, gaps, weights), expected, atol=1e-9)
    np.testing.assert_allclose(_van_loan(rates, gaps, weights), expected, atol=1e-9)


def test_paths_stay_exponential_times_and_jump_by_their_rates():
    rates = random_rates(3, 12)
    rng = np.random.default_rng(0)
    onset, state = sample_path(rates, np.array([1.0, 0.0, 0.0]), 4000.0, rng)
    assert onset[0] == 0.0
    assert state[0] == 0
    assert (np.diff(onset) > 0).all()
    assert (np.diff(state) != 0).all()
    stay = np.diff(onset)
    for k in range(3):
        own = stay[state[:-1] == k]
        # A seeded draw: far from any usual level of significance.
        assert stats.kstest(own, "expon", (0, -1 / rates[k, k])).pvalue > 1e-4
        to = state[1:][state[:-1] == k]
        others = [j for j in range(3) if j != k]
        share = rates[k, others[0]] / -rates[k, k]
        assert stats.binomtest(int((to == others[0]).sum()), own.size, share).pvalue > 1e-4


def test_a_state_without_a_way_out_is_the_last():
    rates = np.array([[-5.0, 5.0], [0.0, 0.0]])
    onset, state = sample_path(rates, np.array([1.0, 0.0]), 1e6, np.random.default_rng(0))
    assert state.tolist() == [0, 1]
    assert onset.size == 2


def test_readings_are_the_state_at_their_time():
    onset, state = np.array([0.0, 1.0, 2.5]), np.array([2, 0, 1])
    times = np.array([0.0, 0.999, 1.0, 2.4999, 2.5, 100.0])
    found = read_path(onset, state, times, 0.0, 3, np.random.default_rng(0))
    np.testing.assert_array_equal(found, [2, 2, 0, 0, 1, 1])


def test_misreadings_are_any_other_state_alike():
    times = np.linspace(0, 1, 20_000)
    found = read_path(
        np.zeros(1), np.array([1]), times, 0.3, 4, np.random.default_rng(1)
    )  # fmt: skip
    share = np.bincount(found, minlength=4) / times.size
    np.testing.assert_allclose(share, [0.1, 0.7, 0.1, 0.1], atol=0.012)
    certain = read_path(np.zeros(1), np.array([1]), times, 1.0, 4, np.random.default_rng(1))
    assert (certain != 1).all()


def test_one_state_cannot_be_misread():
    found = read_path(np.zeros(1), np.array([0]), np.arange(5.0), 0.9, 1, np.random.default_rng(0))
    assert (found == 0).all()


def test_gaps_that_differ_in_their_last_digits_are_one():
    readings = read([0.1 * np.arange(2000)], [np.zeros(2000, dtype=np.int64)])
    assert readings.gaps.size == 1
    assert (readings.gap_of[:-1] == 0).all()
    assert readings.gap_of[-1] == -1


@pytest.mark.parametrize("misread", [0.0, 0.2, 1.0])
def test_emissions_of_readings_sum_to_one_over_what_is_read(misread):
    table = emission_of(np.arange(4), 4, misread)
    np.testing.assert_allclose(table.sum(axis=0), 1.0)
    np.testing.assert_allclose(np.diag(table), 1.0 - misread)
    np.testing.assert_array_equal(emission_of(np.array([-1]), 4, misread), np.ones((1, 4)))
