"""The compiled smoother equals conditioning of one joint normal; its score equals differences."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from dense import dense_gaussian

from neurokit.flows.posterior import Chain, Sites, moments, posterior, score


def chain_of(rng, D, n_inputs=0, singular=False):
    A = rng.normal(size=(D, D))
    A *= 0.95 / np.abs(np.linalg.eigvals(A)).max()
    half = rng.normal(size=(D, 1 if singular else D)) * 0.5
    first = rng.normal(size=(D, D))
    return Chain(A, half @ half.T, rng.normal(size=D), first @ first.T + 0.1 * np.eye(D),
                 rng.normal(size=(D, n_inputs)))  # fmt: skip


def case(seed, lengths, D=4, p=2, N=5, n_inputs=0, missing=0.0, singular=False):
    """A chain, its observations in both forms, and the rows of all trials."""
    rng = np.random.default_rng(seed)
    chain = chain_of(rng, D, n_inputs, singular)
    C, d, R = rng.normal(size=(N, p)), rng.normal(size=N), rng.uniform(0.3, 2.0, N)
    offsets = np.concatenate([[0], np.cumsum(lengths)])
    y = rng.normal(size=(offsets[-1], N)) * 2
    y[rng.random(y.shape) < missing] = np.nan
    inputs = rng.normal(size=(len(y), n_inputs))
    return chain, C, d, R, y, inputs, offsets


def sites_of(C, d, R, y, offsets, groups):
    weight = np.where(np.isnan(y), 0.0, 1.0 / R)
    J = np.einsum("bn,ni,nj->bij", weight, C, C)
    h = (weight * np.where(np.isnan(y), 0.0, y - d)) @ C
    return Sites(J, h, offsets, groups)


def constant(d, R, y):
    seen = ~np.isnan(y)
    e = np.where(seen, y - d, 0.0)
    return -0.5 * ((e**2 / R).sum() + (seen * np.log(2 * np.pi * R)).sum())


def dense(chain, C, d, R, y, inputs, offsets):
    C_all = np.concatenate([C, np.zeros((len(C), len(chain.transition) - C.shape[1]))], axis=1)
    for start, stop in pairwise(offsets):
        drive = inputs[start:stop] @ chain.input.T
        yield dense_gaussian(chain.transition, chain.noise, chain.initial_mean,
                             chain.initial_covariance, drive, C_all, d, R,
                             y[start:stop])  # fmt: skip


CASES = {
    "one bin": {"lengths": [1]},
    "one trial": {"lengths": [9]},
    "ragged": {"lengths": [3, 7, 1, 5]},
    "equal": {"lengths": [6] * 5},
    "inputs": {"lengths": [6] * 4, "n_inputs": 2},
    "missing": {"lengths": [6] * 4, "missing": 0.4},
    "all missing": {"lengths": [4, 4], "missing": 1.0},
    "singular noise": {"lengths": [8, 8, 8, 8], "singular": True},
    "all observed": {"lengths": [5] * 3, "p": 4},
    "many neurons": {"lengths": [7, 7], "N": 40},
}


@pytest.mark.parametrize("alone", [True, False], ids=["alone", "together"])
@pytest.mark.parametrize("name", CASES)
def test_smoother_equals_dense_algebra(name, alone):
    chain, C, d, R, y, inputs, offsets = case(3, **CASES[name])
    n_trials = len(offsets) - 1
    same = len(set(np.diff(offsets))) == 1 and not np.isnan(y).any()
    groups = (
        [np.array([k]) for k in range(n_trials)] if alone or not same else [np.arange(n_trials)]
    )
    found = posterior(chain, sites_of(C, d, R, y, offsets, groups), inputs)
    log_p, cross = 0.0, 0.0
    for k, (one, mean, cov) in enumerate(dense(chain, C, d, R, y, inputs, offsets)):
        rows = slice(offsets[k], offsets[k + 1])
        log_p += one
        np.testing.assert_allclose(found.mean[rows], mean, rtol=1e-8, atol=1e-9)
        for t in range(len(mean)):
            np.testing.assert_allclose(
                found.covariance[rows][t], cov[t, :, t], rtol=1e-8, atol=1e-9
            )
        cross = cross + sum((cov[t + 1, :, t] for t in range(len(mean) - 1)), 0.0)
    assert found.log_normaliser + constant(d, R, y) == pytest.approx(log_p, rel=1e-10)
    np.testing.assert_allclose(found.cross, cross, rtol=1e-8, atol=1e-9)


def test_moments_equal_sums_over_the_dense_path():
    chain, C, d, R, y, inputs, offsets = case(5, [4, 6, 4], n_inputs=2, missing=0.2)
    groups = [np.array([k]) for k in range(3)]
    found = moments(
        posterior(chain, sites_of(C, d, R, y, offsets, groups), inputs), offsets, inputs
    )
    before, across, after, first = 0.0, 0.0, 0.0, []
    for k, (_, mean, cov) in enumerate(dense(chain, C, d, R, y, inputs, offsets)):
        u = inputs[offsets[k] : offsets[k + 1]]
        for t in range(len(mean) - 1):
            x = np.concatenate([mean[t], u[t]])
            second = np.outer(x, x)
            second[:4, :4] += cov[t, :, t]
            lag = np.outer(mean[t + 1], x)
            lag[:, :4] += cov[t + 1, :, t]
            before, across = before + second, across + lag
            after = after + np.outer(mean[t + 1], mean[t + 1]) + cov[t + 1, :, t + 1]
        first.append(np.outer(mean[0], mean[0]) + cov[0, :, 0])
    assert found.n_transitions == 3 + 5 + 3
    np.testing.assert_allclose(found.before, before, rtol=1e-8)
    np.testing.assert_allclose(found.across, across, rtol=1e-8)
    np.testing.assert_allclose(found.after, after, rtol=1e-8)
    np.testing.assert_allclose(found.first_second, np.mean(first, axis=0), rtol=1e-8)


@pytest.mark.parametrize("together", [True, False])
def test_score_equals_differences_of_the_log_likelihood(together):
    chain, C, d, R, y, inputs, offsets = case(11, [5] * 4, n_inputs=1)
    groups = [np.arange(4)] if together else [np.array([k]) for k in range(4)]
    sites = sites_of(C, d, R, y, offsets, groups)
    found = score(posterior(chain, sites, inputs), offsets, inputs)

    def value(A=0.0, Q=0.0, B=0.0):
        moved = Chain(chain.transition + A, chain.noise + Q, chain.initial_mean,
                      chain.initial_covariance, chain.input + B)  # fmt: skip
        return posterior(moved, sites, inputs).log_normaliser

    eps = 1e-6
    for i in range(4):
        for j in range(4):
            unit = np.zeros((4, 4))
            unit[i, j] = eps
            slope = (value(A=unit) - value(A=-unit)) / (2 * eps)
            assert found.transition[i, j] == pytest.approx(slope, rel=1e-5, abs=1e-5)
            both = 0.5 * (unit + unit.T)
            slope = (value(Q=both) - value(Q=-both)) / (2 * eps)
            assert found.noise[i, j] == pytest.approx(slope, rel=1e-5, abs=1e-5)
        column = np.zeros((4, 1))
        column[i] = eps
        slope = (value(B=column) - value(B=-column)) / (2 * eps)
        assert found.transition[i, 4] == pytest.approx(slope, rel=1e-5, abs=1e-5)


def test_missing_bins_equal_dropped_rows():
    """A neuron never observed might as well not be there; so might a bin at a trial's end."""
    chain, C, d, R, y, inputs, offsets = case(7, [8])
    y[:, 2] = np.nan
    y[6:] = np.nan
    one = [np.array([0])]
    whole = posterior(chain, sites_of(C, d, R, y, offsets, one), inputs)
    kept = [0, 1, 3, 4]
    short = np.array([0, 6])
    less = posterior(
        chain, sites_of(C[kept], d[kept], R[kept], y[:6, kept], short, one), inputs[:6]
    )
    np.testing.assert_allclose(whole.mean[:6], less.mean, rtol=1e-9, atol=1e-12)
    np.testing.assert_allclose(whole.covariance[:6], less.covariance, rtol=1e-9, atol=1e-12)
    assert whole.log_normaliser == pytest.approx(less.log_normaliser, rel=1e-12)


def test_arguments_are_left_alone():
    chain, C, d, R, y, inputs, offsets = case(2, [5] * 4)
    sites = sites_of(C, d, R, y, offsets, [np.arange(4)])
    before = [a.copy() for a in (chain.transition, chain.noise, sites.J, sites.h)]
    posterior(chain, sites, inputs)
    for old, new in zip(before, (chain.transition, chain.noise, sites.J, sites.h), strict=True):
        np.testing.assert_array_equal(old, new)


@pytest.mark.parametrize("D", [4, 12])
def test_long_trials_keep_their_digits(D):
    """Three thousand bins against the textbook backward pass of Rauch, Tung and Striebel."""
    chain, C, d, R, y, inputs, offsets = case(13, [3000], D=D, p=2)
    found = posterior(chain, sites_of(C, d, R, y, offsets, [np.array([0])]), inputs)
    C_all = np.concatenate([C, np.zeros((5, D - 2))], axis=1)
    m, P = chain.initial_mean, chain.initial_covariance
    filtered, predicted = [], []
    for row in y:
        predicted.append((m, P))
        gain = np.linalg.solve(C_all @ P @ C_all.T + np.diag(R), C_all @ P).T
        m, P = m + gain @ (row - C_all @ m - d), P - gain @ C_all @ P
        filtered.append((m, P))
        m, P = chain.transition @ m, chain.transition @ P @ chain.transition.T + chain.noise
    mean, V = filtered[-1]
    for t in range(2998, -1, -1):
        m, P = filtered[t]
        ahead, spread = predicted[t + 1]
        back = np.linalg.solve(spread, chain.transition @ P).T
        mean, V = m + back @ (mean - ahead), P + back @ (V - spread) @ back.T
        if t % 500 == 0:
            np.testing.assert_allclose(found.mean[t], mean, rtol=1e-6, atol=1e-7)
            np.testing.assert_allclose(found.covariance[t], V, rtol=1e-6, atol=1e-7)
