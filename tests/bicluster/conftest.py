"""Dense Gaussian algebra of a linear dynamical system: what recursions are compared with."""

import sys
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

# Test modules share what lies beside them.
sys.path.insert(0, str(Path(__file__).parent))


def random_dynamics(rng, n_states, n_clusters, q, noise=0.5):
    a = 0.6 * rng.normal(size=(n_states, n_clusters, q, q))
    b = 0.5 * rng.normal(size=(n_states, n_clusters, q))
    root = rng.normal(size=(n_states, n_clusters, q, q + 1))
    return a, b, noise * (root @ np.swapaxes(root, -1, -2) + 0.3 * np.eye(q))


def random_messages(rng, n_clusters, n_bins, q, missing=()):
    """J of rank one or two per bin, and h in no relation to it."""
    c = rng.normal(size=(n_clusters, n_bins, q, 2))
    info = c @ np.swapaxes(c, -1, -2)
    linear = rng.normal(size=(n_clusters, n_bins, q))
    for t in missing:
        info[:, t], linear[:, t] = 0.0, 0.0
    return info, linear


def joint_gaussian(a, b, noise, path, k):
    """Mean and covariance of (w_1, .., w_T) of cluster k, w_1 ~ N(0, I), by propagation."""
    q = b.shape[-1]
    n_bins = len(path) + 1
    mean, cov = np.zeros(n_bins * q), np.zeros((n_bins * q, n_bins * q))
    cov[:q, :q] = np.eye(q)
    for t, s in enumerate(path):
        now, after = slice(t * q, (t + 1) * q), slice((t + 1) * q, (t + 2) * q)
        mean[after] = a[s, k] @ mean[now] + b[s, k]
        cov[after, : after.start] = a[s, k] @ cov[now, : after.start]
        cov[: after.start, after] = cov[after, : after.start].T
        cov[after, after] = a[s, k] @ cov[now, now] @ a[s, k].T + noise[s, k]
    return mean, cov


def absorbed(mean, cov, info, linear):
    """Posterior and log integral of N(w; m, P) exp(-w'Jw/2 + h'w)."""
    precision = np.linalg.inv(cov) + info
    after = np.linalg.inv(precision)
    pull = np.linalg.solve(cov, mean) + linear
    post = after @ pull
    log_z = 0.5 * pull @ post - 0.5 * mean @ np.linalg.solve(cov, mean)
    log_z -= 0.5 * (np.linalg.slogdet(cov)[1] + np.linalg.slogdet(precision)[1])
    return post, after, log_z


def stacked(info, linear):
    """Messages of all bins of a cluster as one matrix and one vector."""
    n_bins, q = linear.shape
    whole = np.zeros((n_bins * q, n_bins * q))
    for t in range(n_bins):
        whole[t * q : (t + 1) * q, t * q : (t + 1) * q] = info[t]
    return whole, linear.ravel()


def path_log_evidence(info, linear, a, b, noise, path):
    """Log p(messages | path), latents of all clusters integrated out."""
    total = 0.0
    for k in range(len(linear)):
        mean, cov = joint_gaussian(a, b, noise, path, k)
        total += absorbed(mean, cov, *stacked(info[k], linear[k]))[2]
    return total


@pytest.fixture(scope="session")
def dense():
    """The oracle."""
    return SimpleNamespace(
        random_dynamics=random_dynamics,
        random_messages=random_messages,
        joint_gaussian=joint_gaussian,
        absorbed=absorbed,
        stacked=stacked,
        path_log_evidence=path_log_evidence,
    )
