"""Extrapolation: exact on linear maps, taken back where it is bad, faster where EM crawls."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from neurokit.flows import em, variational
from neurokit.flows.accelerated import Anderson, settled
from neurokit.flows.coloured import fractional
from neurokit.flows.dynamics import factor_vector, from_factor
from neurokit.flows.em import free_numbers, run_em, with_numbers
from neurokit.flows.gaussian import noise_floor
from neurokit.flows.observed import observed
from neurokit.flows.poisson import penalty, readout
from neurokit.flows.starts import components, first_order_start, langevin_start
from neurokit.flows.variational import CountFit, infer, run_variational_em
from neurokit.simulate import oscillators


def contraction(n, slowest, seed=0):
    """x -> A x + b, symmetric, with its fixed point."""
    rng = np.random.default_rng(seed)
    turn, _ = np.linalg.qr(rng.normal(size=(n, n)))
    A = (turn * np.linspace(0.1, slowest, n)) @ turn.T
    b = 0.005 * rng.normal(size=n)
    return A, b, np.linalg.solve(np.eye(n) - A, b)


def iterated(A, b, n_iter, course):
    x = np.zeros(len(b))
    for _ in range(n_iter):
        mapped = A @ x + b
        leap = course.proposal(x, mapped) if course else None
        x = mapped if leap is None else leap
    return x


def test_linear_maps_are_solved_in_as_many_steps_as_they_have_dimensions():
    A, b, fixed = contraction(5, 0.999)
    found = iterated(A, b, 7, Anderson(window=5))
    assert np.abs(found - fixed).max() < 1e-4 * np.abs(fixed).max()
    plain = iterated(A, b, 7, None)
    assert np.abs(plain - fixed).max() > 0.5 * np.abs(fixed).max()


def test_a_short_window_still_helps():
    A, b, fixed = contraction(40, 0.99)
    error = {
        window: np.linalg.norm(iterated(A, b, 60, Anderson(window)) - fixed) for window in (1, 3, 6)
    }
    assert error[6] < error[3] < error[1] < np.linalg.norm(iterated(A, b, 60, None) - fixed)


def test_nothing_is_proposed_where_nothing_is_known():
    course, x = Anderson(), np.ones(3)
    assert course.proposal(x, x + 1) is None
    # Twice the same step: there is no turn to extrapolate from.
    assert course.proposal(x + 1, x + 2) is None
    course = Anderson()
    assert course.proposal(x, x * np.nan) is None
    assert course.proposal(x, x + 1) is None


def test_no_number_goes_far_beyond_the_plain_step():
    course, x = Anderson(), np.zeros(3)
    course.proposal(x, x + np.array([1.0, -1.0, 0.5]))
    # Nearly the same step again: its zero is ten thousand steps away.
    mapped = 1.9999 * np.array([1.0, -1.0, 0.5])
    beyond = course.proposal(x + np.array([1.0, -1.0, 0.5]), mapped) - mapped
    np.testing.assert_allclose(beyond, [3.0, -3.0, 1.5], rtol=1e-6)


def test_it_is_over_when_five_iterations_gain_too_little():
    rising = [-1000.0 + 2.0 * k for k in range(9)]
    assert not settled(rising, 1e-3)
    assert settled(rising, 2.1e-3)
    # One that gains nothing among others is no end; nor are four.
    assert not settled([-1000, -990, -980, -970, -960, -950, -950], 1e-3)
    assert not settled([-1000.0] * 5, 1e-3)
    assert settled([-1000.0] * 6, 0.0)
    assert settled([5.0, 5.0, 5.0, 5.0, 5.0, 5.004], 2e-4)


def test_forgetting_keeps_the_last_point_only():
    A, b, _ = contraction(4, 0.9)
    long, fresh = Anderson(), Anderson()
    x = [np.full(4, float(k)) for k in range(4)]
    for point in x[:3]:
        long.proposal(point, A @ point + b)
    long.forget()
    fresh.proposal(x[2], A @ x[2] + b)
    mapped = A @ x[3] ** 2 + b
    np.testing.assert_array_equal(long.proposal(x[3], mapped), fresh.proposal(x[3], mapped))


def test_what_is_given_stays_as_it_is():
    A, b, _ = contraction(4, 0.9)
    course, points = Anderson(), [np.full(4, float(k)) for k in range(3)]
    images = [A @ p + b for p in points]
    before = [a.copy() for a in points + images]
    for point, image in zip(points, images, strict=True):
        course.proposal(point, image)
    for a, b in zip(points + images, before, strict=True):
        np.testing.assert_array_equal(a, b)


@pytest.fixture(scope="module")
def data():
    found = oscillators((3.0, 7.0), (0.1, 0.1), 8, 12, 40, observation="gaussian", random_state=0)
    return rows(found)


@pytest.fixture(scope="module")
def counts():
    return rows(oscillators((3.0, 7.0), (0.1, 0.1), 8, 12, 40, random_state=0))


def rows(found):
    values = found.recordings["session1"].activity.signal.values.astype(float)
    offsets = np.arange(len(values) + 1) * values.shape[1]
    flat = values.reshape(-1, values.shape[2])
    return observed(flat, np.random.default_rng(1).normal(size=(len(flat), 2)), offsets)


def start(data, kind="langevin"):
    if kind == "one":
        return langevin_start(components(data, 1, np.random.default_rng(0)), data, damping=0.5)
    found = components(data, 2, np.random.default_rng(0))
    if kind == "first order":
        return first_order_start(found, data)
    if kind == "coloured":
        return langevin_start(found, data, damping=0.5, colour=fractional(0.7, 2, 0.2, 50.0))
    return langevin_start(found, data, damping=0.5)


def count_start(counts):
    first = start(counts)
    p = components(counts, 2, np.random.default_rng(0)).path
    return CountFit(
        first.dynamics, readout(counts, p), first.initial_mean, first.initial_covariance
    )


def pieces(fit):
    emission = [fit.emission.loading, fit.emission.offset, getattr(fit.emission, "noise", 0.0)]
    return [*fit.dynamics.step(), *emission, fit.initial_mean, fit.initial_covariance]


@pytest.mark.parametrize("kind", ["langevin", "first order", "coloured"])
def test_free_numbers_are_the_fit(data, kind):
    fit = start(data, kind)
    numbers = free_numbers(fit)
    for a, b in zip(pieces(with_numbers(fit, numbers, data)), pieces(fit), strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-9, atol=1e-12)
    moved = with_numbers(fit, numbers + 0.01, data)
    np.testing.assert_allclose(free_numbers(moved), numbers + 0.01, rtol=1e-9, atol=1e-12)


def test_free_numbers_of_counts_are_the_fit(counts):
    fit = count_start(counts)
    for a, b in zip(pieces(with_numbers(fit, free_numbers(fit), counts)), pieces(fit), strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-9, atol=1e-12)


def test_factors_are_covariances_whatever_the_numbers():
    rng = np.random.default_rng(0)
    for n in (1, 2, 5):
        covariance = from_factor(rng.normal(size=n * (n + 1) // 2), n)
        assert np.linalg.eigvalsh(covariance).min() > 0
        again = from_factor(factor_vector(covariance), n)
        np.testing.assert_allclose(again, covariance, rtol=1e-12)


def test_floors_hold_for_any_numbers(data):
    fit = start(data)
    emission = fit.emission.moved(fit.emission.vector() - 100.0, data)
    np.testing.assert_allclose(emission.noise, noise_floor(data))
    first = fit.dynamics.vector().size + fit.emission.vector().size + fit.dynamics.n_states
    numbers = free_numbers(fit)
    numbers[first] = -50.0
    values = np.linalg.eigvalsh(with_numbers(fit, numbers, data).initial_covariance)
    assert values[0] >= 0.99e-4 * values.mean()


def plain(fit, data, n_iter):
    """Expectation-maximisation step by step."""
    values = []
    for _ in range(n_iter):
        found, value = fit.explained(data)
        values.append(value)
        fit = em._maximised(fit, found, data)
    return [*values, fit.explained(data)[1]]


def test_it_gains_in_few_iterations_what_plain_steps_gain_in_many(data):
    slow = plain(start(data, "one"), data, 60)
    fast = run_em(start(data, "one"), data, max_iter=20, tol=0.0).trace
    assert fast[20] > slow[60]


@pytest.mark.parametrize("size", [1e-3, 30.0, 1e4])
def test_bad_leaps_are_taken_back(data, monkeypatch, size):
    rng = np.random.default_rng(0)

    def wild(self, point, mapped):
        return mapped + size * rng.normal(size=mapped.size)

    monkeypatch.setattr(em.Anderson, "proposal", wild)
    trace = np.array(run_em(start(data, "one"), data, max_iter=6, tol=0.0).trace)
    assert np.isfinite(trace).all()
    assert (np.diff(trace) >= -1e-8 * np.abs(trace[1:])).all()
    if size >= 30.0:
        np.testing.assert_array_equal(trace, plain(start(data, "one"), data, 6))


@pytest.mark.parametrize("size", [1e-3, 1.0])
def test_bad_leaps_of_counts_are_taken_back(counts, monkeypatch, size):
    rng = np.random.default_rng(0)

    def wild(self, point, mapped):
        return mapped + size * rng.normal(size=mapped.size)

    monkeypatch.setattr(variational.Anderson, "proposal", wild)
    fit = run_variational_em(count_start(counts), counts, max_iter=4, tol=0.0)
    trace = np.array(fit.trace)
    assert (np.diff(trace) >= -1e-8 * np.abs(trace[1:])).all()
    # What is kept is the fit of the last bound.
    bound = infer(fit, counts).bound + penalty(fit.emission.loading)
    assert bound >= trace[-1] - 1e-6 * abs(trace[-1])


def test_a_leap_that_gains_nothing_is_no_end(data, monkeypatch):
    monkeypatch.setattr(em.Anderson, "proposal", lambda self, point, mapped: point)
    fit = run_em(start(data, "one"), data, max_iter=5, tol=1e-7)
    assert not fit.converged
    assert list(fit.trace) == plain(start(data, "one"), data, 5)


def test_a_fit_that_is_handed_on_begins_anew(data):
    whole = run_em(start(data, "one"), data, max_iter=4, tol=0.0)
    again = run_em(replace(whole, trace=()), data, max_iter=1, tol=0.0)
    assert again.trace[0] == pytest.approx(whole.trace[-1], rel=1e-12)
    assert again.trace[1] >= again.trace[0]
