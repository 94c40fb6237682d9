"""Kalman steps, precision blocks and draws of latents against dense Gaussian algebra."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from neurokit.bicluster.block_tridiagonal import draw_gaussian
from neurokit.bicluster.kalman_steps import absorb, predict, pull_back
from neurokit.bicluster.latent_moves import (
    draw_latents,
    invert_all,
    precision_blocks,
    scale_ratio,
)
from neurokit.bicluster.state_paths import future_messages


def covariance(rng, q):
    root = rng.normal(size=(q, q + 1))
    return root @ root.T + 0.1 * np.eye(q)


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10**6), st.integers(1, 4), st.integers(0, 3))
def test_absorbing_multiplies_gaussians(dense, seed, q, rank):
    rng = np.random.default_rng(seed)
    mean, cov = rng.normal(size=q), covariance(rng, q)
    c = rng.normal(size=(q, rank))
    info, linear = c @ c.T, rng.normal(size=q)
    mean_out, cov_out = np.empty(q), np.empty((q, q))
    value = absorb(mean, cov, info, linear, mean_out, cov_out, np.empty((4, q, q)))
    post, after, log_z = dense.absorbed(mean, cov, info, linear)
    np.testing.assert_allclose(mean_out, post, rtol=1e-7, atol=1e-8)
    np.testing.assert_allclose(cov_out, after, rtol=1e-7, atol=1e-8)
    assert value == pytest.approx(log_z, rel=1e-7, abs=1e-7)
    # In place, as the filter calls it.
    absorb(mean, cov, info, linear, mean, cov, np.empty((4, q, q)))
    assert np.array_equal(mean, mean_out)
    assert np.array_equal(cov, cov_out)


def test_an_empty_bin_changes_nothing(dense):
    rng = np.random.default_rng(0)
    mean, cov = rng.normal(size=2), covariance(rng, 2)
    out = np.empty(2), np.empty((2, 2))
    value = absorb(mean, cov, np.zeros((2, 2)), np.zeros(2), *out, np.empty((4, 2, 2)))
    assert value == 0.0
    np.testing.assert_allclose(out[0], mean, rtol=1e-12)
    np.testing.assert_allclose(out[1], cov, rtol=1e-12)


def test_a_covariance_that_is_none_has_no_evidence():
    out = np.empty(2), np.empty((2, 2))
    bad = np.array([[1.0, 2.0], [2.0, 1.0]])
    assert absorb(np.zeros(2), bad, np.eye(2), np.zeros(2), *out, np.empty((4, 2, 2))) == -np.inf


def test_prediction_is_affine_propagation():
    rng = np.random.default_rng(1)
    a, b, noise = rng.normal(size=(3, 3)), rng.normal(size=3), covariance(rng, 3)
    mean, cov = rng.normal(size=3), covariance(rng, 3)
    mean_out, cov_out = np.empty(3), np.empty((3, 3))
    predict(a, b, noise, mean, cov, mean_out, cov_out)
    np.testing.assert_allclose(mean_out, a @ mean + b, rtol=1e-12)
    np.testing.assert_allclose(cov_out, a @ cov @ a.T + noise, rtol=1e-12)


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10**6), st.integers(1, 3), st.integers(0, 3))
def test_pulling_back_integrates_the_next_latent_out(seed, q, rank):
    rng = np.random.default_rng(seed)
    a, b, noise = rng.normal(size=(q, q)), rng.normal(size=q), covariance(rng, q)
    c = rng.normal(size=(q, rank))
    info, linear = c @ c.T, rng.normal(size=q)
    info_out, linear_out = np.empty((q, q)), np.empty(q)
    pull_back(a, b, noise, info, linear, info_out, linear_out, np.empty((4, q, q)))
    # Schur complement of the joint precision of (w_t, w_t+1).
    inverse = np.linalg.inv(noise)
    middle = np.linalg.inv(inverse + info)
    expected = a.T @ inverse @ a - a.T @ inverse @ middle @ inverse @ a
    push = -a.T @ inverse @ b + a.T @ inverse @ middle @ (linear + inverse @ b)
    np.testing.assert_allclose(info_out, expected, rtol=1e-7, atol=1e-7)
    np.testing.assert_allclose(linear_out, push, rtol=1e-7, atol=1e-7)


def test_messages_of_the_future_are_conditionals_of_the_whole_path(dense):
    """p(future | w_t) as a function of w_t, by Gaussian conditioning of the joint over all bins."""
    rng = np.random.default_rng(2)
    n_bins, q = 5, 2
    a, b, noise = dense.random_dynamics(rng, 2, 1, q)
    info, linear = dense.random_messages(rng, 1, n_bins, q, missing=(3,))
    path = np.array([1, 0, 0, 1])
    future_info, future_linear = future_messages(info, linear, a, b, noise, path)
    mean, cov = dense.joint_gaussian(a, b, noise, path, 0)
    for t in range(n_bins - 1):
        now, later = slice(t * q, (t + 1) * q), slice((t + 1) * q, n_bins * q)
        gain = cov[later, now] @ np.linalg.inv(cov[now, now])
        rest = cov[later, later] - gain @ cov[now, later]
        whole, push = dense.stacked(info[0, t + 1 :], linear[0, t + 1 :])

        def tells(w, gain=gain, rest=rest, whole=whole, push=push, later=later, now=now):
            return dense.absorbed(mean[later] + gain @ (w - mean[now]), rest, whole, push)[2]

        def message(w, t=t):
            return -0.5 * w @ future_info[0, t] @ w + future_linear[0, t] @ w

        for w in rng.normal(size=(4, q)):
            assert message(w) == pytest.approx(tells(w) - tells(np.zeros(q)), rel=1e-6, abs=1e-7)
    assert not future_info[0, -1].any()
    assert not future_linear[0, -1].any()


def test_blocks_are_the_inverse_of_the_propagated_covariance(dense):
    rng = np.random.default_rng(3)
    n_bins, q, k = 6, 2, 1
    a, b, noise = dense.random_dynamics(rng, 3, 2, q)
    info, linear = dense.random_messages(rng, 2, n_bins, q, missing=(0, 2))
    path = np.array([0, 2, 2, 1, 0])
    inverse = invert_all(noise)
    blocks = precision_blocks(info[k], linear[k], a, b, inverse, path, k)
    mean, cov = dense.joint_gaussian(a, b, noise, path, k)
    whole, push = dense.stacked(info[k], linear[k])
    post, after, log_z = dense.absorbed(mean, cov, whole, push)
    expected = np.linalg.inv(after)
    for t in range(n_bins):
        here = slice(t * q, (t + 1) * q)
        np.testing.assert_allclose(blocks[0][t], expected[here, here], rtol=1e-8, atol=1e-8)
        if t:
            before = slice((t - 1) * q, t * q)
            np.testing.assert_allclose(blocks[1][t - 1], expected[here, before], atol=1e-7)
    np.testing.assert_allclose(blocks[2].ravel(), expected @ post, rtol=1e-8, atol=1e-8)
    # Evidence: that of the block form less that of the prior's own form.
    prior = precision_blocks(
        np.zeros_like(info[k]), np.zeros_like(linear[k]), a, b, inverse, path, k
    )
    none = np.zeros((n_bins, q))
    found = draw_gaussian(*blocks, none)[2] - draw_gaussian(*prior, none)[2]
    assert found == pytest.approx(log_z, rel=1e-9)


def test_mean_of_latents_is_dense_and_trials_do_not_touch(dense):
    rng = np.random.default_rng(4)
    n_clusters, q = 2, 2
    edges = np.array([0, 4, 5, 9])
    a, b, noise = dense.random_dynamics(rng, 2, n_clusters, q)
    info, linear = dense.random_messages(rng, n_clusters, 9, q)
    labels = np.array([0, 1, 1, -1, -1, 1, 0, 1, -1])
    found = draw_latents(info, linear, a, b, noise, labels, edges, np.zeros((n_clusters, 9, q)))
    for k in range(n_clusters):
        for low, high in pairwise(edges):
            mean, cov = dense.joint_gaussian(a, b, noise, labels[low : high - 1], k)
            whole = dense.stacked(info[k, low:high], linear[k, low:high])
            post = dense.absorbed(mean, cov, *whole)[0]
            part = found[k, low:high].ravel()
            assert np.linalg.norm(part - post) < 1e-10 * np.linalg.norm(post)


def test_covariance_of_drawn_latents_is_dense(dense):
    rng = np.random.default_rng(5)
    q, n_bins, n_draws = 2, 4, 40_000
    a, b, noise = dense.random_dynamics(rng, 2, 1, q)
    info, linear = dense.random_messages(rng, 1, n_bins, q, missing=(1,))
    labels, edges = np.array([1, 0, 1, -1]), np.array([0, n_bins])
    draws = np.array(
        [
            draw_latents(info, linear, a, b, noise, labels, edges, normals).ravel()
            for normals in rng.standard_normal((n_draws, 1, n_bins, q))
        ]
    )
    mean, cov = dense.joint_gaussian(a, b, noise, labels[:-1], 0)
    post, after, _ = dense.absorbed(mean, cov, *dense.stacked(info[0], linear[0]))
    variance = np.diag(after)
    assert (np.abs(draws.mean(axis=0) - post) < 4 * np.sqrt(variance / n_draws)).all()
    gap = draws - post
    error = np.sqrt((np.outer(variance, variance) + after**2) / n_draws)
    assert (np.abs(gap.T @ gap / n_draws - after) < 4 * error).all()


def test_scale_ratio_is_the_ratio_of_densities_times_the_jacobian():
    """For a map T of a density f, it is f(T x) |dT/dx| / f(x), by coordinates."""
    rng = np.random.default_rng(6)
    latents, loadings = rng.normal(size=(7, 3)), rng.normal(size=(2, 3))
    first, factor = np.array([0, 4]), 1.3
    marginals = rng.normal(size=3), rng.normal(size=3)
    found = scale_ratio(factor, latents, first, loadings, marginals)

    def log_density(x, c, marginal):
        normals = np.concatenate([x[first, 1:].ravel(), c[:, 1:].ravel()])
        return marginal.sum() - 0.5 * normals @ normals

    moved, shrunk = latents * [1, factor, factor], loadings / [1, factor, factor]
    coordinates = np.concatenate([np.full(14, factor), np.full(4, 1 / factor)])
    expected = log_density(moved, shrunk, marginals[1]) - log_density(
        latents, loadings, marginals[0]
    )
    assert found == pytest.approx(expected + np.log(coordinates).sum(), rel=1e-12)
    back = scale_ratio(1 / factor, moved, first, shrunk, marginals[::-1])
    assert back == pytest.approx(-found, rel=1e-12)
