"""The exact likelihood and expectations of jump processes against brute force."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest
from scipy.integrate import quad_vec
from scipy.linalg import expm

from neurokit.states.markov_jump_core import (
    JumpParameters,
    emission_of,
    expect,
    maximise,
    read,
)
from neurokit.states.markov_jump_em import _packed, _score, _unpacked, fit_rates, standard_errors
from neurokit.states.markov_jump_path import read_path, sample_path
from neurokit.states.markov_jump_propagator import integrals, transition_matrices


def random_rates(n, seed):
    q = np.random.default_rng(seed).gamma(1.0, 2.0, (n, n))
    np.fill_diagonal(q, 0.0)
    np.fill_diagonal(q, -q.sum(axis=1))
    return q


# An Erlang chain: one eigenvector for three equal eigenvalues.
DEFECTIVE = np.array([[-1.0, 1, 0, 0], [0, -1, 1, 0], [0, 0, -1, 1], [0, 0, 0, 0]])
ROTATING = np.array([[-1.0, 1, 0], [0, -1, 1], [1, 0, -1]])


@pytest.mark.parametrize("rates", [random_rates(4, 0), DEFECTIVE, ROTATING, np.zeros((2, 2))])
def test_transition_probabilities_are_the_matrix_exponential(rates):
    gaps = np.array([1e-9, 1e-6, 1e-4, 5e-4, 0.01, 0.7, 3.0, 200.0])
    found = transition_matrices(rates, gaps)
    for gap, p in zip(gaps, found, strict=True):
        np.testing.assert_allclose(p, expm(rates * gap), atol=1e-11)
    np.testing.assert_allclose(found.sum(axis=2), 1.0, atol=1e-13)


def test_rare_jumps_in_short_gaps_keep_relative_precision():
    rates = random_rates(5, 1)
    found = transition_matrices(rates, np.array([1e-10]))[0]
    off = ~np.eye(5, dtype=bool)
    np.testing.assert_allclose(found[off], 1e-10 * rates[off], rtol=1e-8)


@pytest.mark.parametrize("rates", [random_rates(3, 2), DEFECTIVE, ROTATING, np.zeros((2, 2))])
def test_integrals_agree_with_quadrature(rates):
    rng = np.random.default_rng(0)
    k = len(rates)
    gaps, weights = np.array([0.05, 1.5]), rng.random((2, k, k))

    def at(s):
        parts = [
            expm(rates * s * g).T @ m @ expm(rates * (1 - s) * g).T * g
            for g, m in zip(gaps, weights, strict=True)
        ]
        return np.sum(parts, axis=0)

    np.testing.assert_allclose(
        integrals(rates, gaps, weights), quad_vec(at, 0, 1, epsabs=1e-6, epsrel=1e-6)[0], atol=1e-5
    )


def test_nearly_equal_eigenvalues_lose_nothing():
    # Between the two ways of the solver: eigenvectors of condition 1e4 and 1e6.
    for apart in (1e-4, 1e-6):
        rates = np.array([[-1.0, 1, 0], [0, -1 - apart, 1 + apart], [0, 0, 0]])
        weights = np.ones((1, 3, 3))

        def at(s, rates=rates):
            return expm(rates * s).T @ np.ones((3, 3)) @ expm(rates * (1 - s)).T

        found = integrals(rates, np.array([1.0]), weights)
        np.testing.assert_allclose(found, quad_vec(at, 0, 1)[0], atol=1e-9)


def small_problem(seed=0, k=3, n=6):
    rng = np.random.default_rng(seed)
    times = [np.cumsum(rng.exponential(0.5, m)) for m in (n, n - 2)]
    states = [rng.integers(-1, k, m) for m in (n, n - 2)]
    initial = rng.dirichlet(np.ones(k))
    return times, states, JumpParameters(random_rates(k, seed), initial, 0.1)


def by_enumeration(times, states, parameters):
    """Log-likelihood and posterior by summing over every hidden path of every sequence."""
    k, total, posterior = len(parameters.rates), 0.0, []
    for t, o in zip(times, states, strict=True):
        emission = emission_of(o, k, parameters.misread)
        p = [expm(parameters.rates * g) for g in np.diff(t)]
        mass = np.zeros((t.size, k))
        for path in product(range(k), repeat=t.size):
            weight = parameters.initial[path[0]] * np.prod(emission[np.arange(t.size), path])
            weight *= np.prod([p[i][path[i], path[i + 1]] for i in range(t.size - 1)])
            mass[np.arange(t.size), path] += weight
        total += np.log(mass[0].sum())
        posterior.append(mass / mass.sum(axis=1, keepdims=True))
    return total, np.concatenate(posterior)


@pytest.mark.parametrize("seed", range(4))
def test_likelihood_and_posterior_equal_the_sum_over_all_paths(seed):
    times, states, parameters = small_problem(seed)
    found = expect(read(times, states), parameters)
    total, posterior = by_enumeration(times, states, parameters)
    assert found.log_likelihood == pytest.approx(total, abs=1e-11)
    np.testing.assert_allclose(found.posterior, posterior, atol=1e-12)


def test_misread_readings_are_any_other_state_alike():
    table = emission_of(np.array([0, 2, -1]), 3, 0.1)
    np.testing.assert_allclose(table, [[0.9, 0.05, 0.05], [0.05, 0.05, 0.9], [1, 1, 1]])


def test_impossible_readings_have_no_likelihood():
    one_way = np.array([[-1.0, 1.0], [0.0, 0.0]])
    readings = read([np.array([0.0, 1.0])], [np.array([1, 0])])
    found = expect(readings, JumpParameters(one_way, np.array([0.5, 0.5]), 0.0))
    assert found.log_likelihood == -np.inf


@pytest.mark.parametrize("seed", range(3))
def test_expected_jumps_and_times_are_the_gradient_of_the_likelihood(seed):
    # Fisher's identity: d log p / d log q_ij = jumps - q_ij time, and likewise for misreading.
    times, states, parameters = small_problem(seed)
    readings = read(times, states)
    free = ~np.eye(3, dtype=bool)
    at = _packed(parameters, free, learn=True)

    def height(packed):
        return expect(readings, _unpacked(packed, parameters, free, learn=True)).log_likelihood

    steps = 1e-5 * np.eye(at.size)
    numeric = [(height(at + s) - height(at - s)) / 2e-5 for s in steps]
    np.testing.assert_allclose(_score(readings, parameters, free, True), numeric, atol=1e-7)


def test_expected_times_add_up_to_the_time_observed():
    times, states, parameters = small_problem(1)
    found = expect(read(times, states), parameters)
    span = sum(t[-1] - t[0] for t in times)
    assert np.trace(found.jumps) == pytest.approx(span, rel=1e-12)
    assert found.first.sum() == pytest.approx(2.0)


def test_regular_times_share_one_matrix():
    readings = read([np.arange(1000) * 0.1, np.arange(500) * 0.1], [np.zeros(1000), np.zeros(500)])
    assert readings.gaps.size == 1
    assert (readings.gap_of == -1).sum() == 2


@pytest.mark.parametrize("learn", [False, True])
@pytest.mark.parametrize("seed", range(5))
def test_the_objective_never_falls(seed, learn):
    rng = np.random.default_rng(seed)
    k = int(rng.integers(2, 5))
    times = [np.cumsum(rng.exponential(0.3, 150)) for _ in range(3)]
    states = [rng.integers(-1, k, 150) for _ in range(3)]
    start = JumpParameters(random_rates(k, seed), np.full(k, 1 / k), 0.1)
    fit = fit_rates(read(times, states), start, learn_misread=learn, max_iter=60, tol=0.0)
    assert np.diff(fit.trace).min() >= 0.0
    assert fit.trace[-1] > fit.trace[0]
    assert np.isfinite(fit.parameters.rates).all()


@pytest.mark.parametrize("seed", [4, 5])
def test_leaps_climb_faster_than_plain_steps(seed):
    rates = random_rates(3, seed)
    rng = np.random.default_rng(seed)
    onset, state = sample_path(rates, np.full(3, 1 / 3), 200.0, rng)
    times = np.sort(rng.uniform(0, 200, 750))
    readings = read([times], [read_path(onset, state, times, 0.05, 3, rng)])
    start = JumpParameters(random_rates(3, 0), np.full(3, 1 / 3), 0.05)
    fit = fit_rates(readings, start, learn_misread=False, max_iter=60, tol=0.0)
    plain = start
    for _ in range(120):
        plain = maximise(expect(readings, plain), readings, plain, learn=False)
    # Seeds 4 to 8: after 100 steps within 0.003 nats of 400 plain ones, or above.
    assert fit.expectation.log_likelihood > expect(readings, plain).log_likelihood - 1e-6


def test_a_path_read_all_the_time_gives_counts_over_times():
    rates = random_rates(3, 6)
    rng = np.random.default_rng(6)
    onset, state = sample_path(rates, np.full(3, 1 / 3), 60.0, rng)
    times = np.arange(0.0, 60.0, 1e-3)
    seen = read_path(onset, state, times, 0.0, 3, rng)
    start = JumpParameters(random_rates(3, 1), np.full(3, 1 / 3), 0.0)
    fit = fit_rates(read([times], [seen]), start, learn_misread=False, max_iter=50, tol=1e-12)
    jumps = np.zeros((3, 3))
    np.add.at(jumps, (seen[:-1], seen[1:]), 1)
    off = ~np.eye(3, dtype=bool)
    counted = (jumps / np.bincount(seen, minlength=3)[:, None] / 1e-3)[off]
    # In a gap of 1e-3 s, some 1e-3 of the jumps of a rate of a few per second are hidden.
    np.testing.assert_allclose(fit.parameters.rates[off], counted, rtol=0.02)


def test_a_forbidden_jump_stays_forbidden():
    times, states, _ = small_problem(2)
    start = JumpParameters(ROTATING, np.full(3, 1 / 3), 0.1)
    fit = fit_rates(read(times, states), start, learn_misread=False, max_iter=30, tol=0.0)
    assert (fit.parameters.rates[ROTATING == 0] == 0).all()


def test_standard_errors_invert_the_second_difference_of_the_likelihood():
    rates = np.array([[-1.0, 1.0], [2.0, -2.0]])
    rng = np.random.default_rng(0)
    onset, state = sample_path(rates, np.array([0.5, 0.5]), 200.0, rng)
    times = np.sort(rng.uniform(0, 200, 800))
    readings = read([times], [read_path(onset, state, times, 0.03, 2, rng)])
    start = JumpParameters(rates, np.array([0.5, 0.5]), 0.03)
    fit = fit_rates(readings, start, learn_misread=True, max_iter=500, tol=1e-14)
    errors, misread = standard_errors(readings, fit, learn_misread=True)
    found = fit.parameters

    def height(move):
        q = found.rates.copy()
        q[0, 1], q[1, 0] = q[0, 1] + move[0], q[1, 0] + move[1]
        q[0, 0], q[1, 1] = -q[0, 1], -q[1, 0]
        return expect(
            readings, JumpParameters(q, found.initial, found.misread + move[2])
        ).log_likelihood

    h = np.array([1e-3, 1e-3, 1e-4])
    hessian = np.empty((3, 3))
    for i, j in product(range(3), repeat=2):
        a, b = h * np.eye(3)[i], h * np.eye(3)[j]
        hessian[i, j] = (height(a + b) - height(a - b) - height(b - a) + height(-a - b)) / (
            4 * h[i] * h[j]
        )
    expected = np.sqrt(np.diag(np.linalg.inv(-hessian)))
    np.testing.assert_allclose([errors[0, 1], errors[1, 0], misread], expected, rtol=2e-3)


def test_a_path_has_the_holding_times_and_ways_of_its_rates():
    rates = random_rates(3, 8)
    rng = np.random.default_rng(8)
    onset, state = sample_path(rates, np.array([0.0, 1.0, 0.0]), 4000.0, rng)
    assert state[0] == 1
    assert (np.diff(state) != 0).all()
    stays = np.diff(onset)
    for k in range(3):
        own = stays[state[:-1] == k]
        assert own.mean() == pytest.approx(-1 / rates[k, k], rel=4 / np.sqrt(own.size))
        ways = np.bincount(state[1:][state[:-1] == k], minlength=3) / own.size
        expected = np.where(np.arange(3) == k, 0, rates[k] / -rates[k, k])
        np.testing.assert_allclose(ways, expected, atol=3 / np.sqrt(own.size))


def test_a_state_without_a_way_out_is_the_last():
    onset, state = sample_path(
        np.array([[-5.0, 5.0], [0, 0]]), np.array([1.0, 0]), 1e6, np.random.default_rng(0)
    )
    assert state.tolist() == [0, 1]
    assert onset.size == 2


def test_readings_are_wrong_as_often_as_said():
    rng = np.random.default_rng(0)
    times = np.arange(20_000.0)
    seen = read_path(np.array([0.0]), np.array([2]), times, 0.3, 4, rng)
    assert (seen != 2).mean() == pytest.approx(0.3, abs=0.012)
    shares = np.bincount(seen, minlength=4) / times.size
    np.testing.assert_allclose(shares[[0, 1, 3]], 0.1, atol=0.008)
