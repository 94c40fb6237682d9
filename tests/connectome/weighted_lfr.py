"""Weighted graphs in the manner of Lancichinetti & Fortunato, doi:10.1103/PhysRevE.80.016118.

Power-law degrees and community sizes, a share of edges and of strength that leaves the community,
weights spread so that both strengths of every node come close to what they should be. Written for
the tests of this room: parameters of methods are chosen on these graphs, never on the benchmark's.
"""

from __future__ import annotations

import numpy as np

# The settings of the benchmark: what differs from mu_t = mu_w = .5, beta = 2, k = 25.
SETTINGS = {
    "beta.5": {"beta": 0.5},
    "beta1": {"beta": 1.0},
    "beta2": {},
    "k10": {"mean_degree": 10},
    "mut.25": {"mu_t": 0.25},
    "mut.5_seed23": {},
    "mut.75": {"mu_t": 0.75},
    "muw.25": {"mu_w": 0.25},
    "muw.75": {"mu_w": 0.75},
}


def weighted_lfr(rng, n=125, mean_degree=25, most=100, mu_t=0.5, mu_w=0.5, beta=2.0):
    """Return a symmetric matrix of weights and the communities, of which there are at least two."""
    degree = _degrees(rng, n, mean_degree, most)
    truth = _communities(rng, degree, mu_t)
    inside = np.minimum(np.rint((1 - mu_t) * degree), np.bincount(truth)[truth] - 1).astype(int)
    edge = np.zeros((n, n), dtype=bool)
    same = truth[:, None] == truth
    _wire(rng, edge, inside, same)
    _wire(rng, edge, degree - inside, ~same)
    return _weights(edge, same, mu_w, beta), truth


def _degrees(rng, n, mean, most, exponent=2.0):
    """Power law between a lowest degree that gives the mean and the most."""
    lows = np.linspace(1, mean, 400)
    means = [np.log(most / low) / (1 / low - 1 / most) for low in lows]
    low = lows[np.argmin(np.abs(np.array(means) - mean))]
    u = rng.random(n)
    return np.rint(1 / (1 / low - u * (1 / low - 1 / most))).astype(int)


def _communities(rng, degree, mu_t):
    """Sizes ~ 1/size from the lowest degree up; nodes go where their inner degree fits."""
    n = degree.size
    least, largest = max(6, int(degree.min())), int(min(n * 0.65, max(degree.max(), 20)))
    while True:
        sizes = []
        while sum(sizes) < n:
            sizes.append(int(least * (largest / least) ** rng.random()))
        sizes[-1] -= sum(sizes) - n
        if len(sizes) > 1 and sizes[-1] >= least and max(sizes) > (1 - mu_t) * degree.max():
            break
    free = np.array(sizes)
    truth = np.empty(n, dtype=int)
    for i in np.argsort(-degree):
        fits = free * (np.array(sizes) > (1 - mu_t) * degree[i])
        weight = fits if fits.any() else free
        truth[i] = rng.choice(len(sizes), p=weight / weight.sum())
        free[truth[i]] -= 1
    return truth


def _wire(rng, edge, degree, allowed):
    """Join stubs of allowed pairs at random until none can be joined."""
    left = degree.copy()
    for _ in range(60):
        stubs = rng.permutation(np.repeat(np.arange(left.size), left))
        for i, j in zip(stubs[::2], stubs[1::2], strict=False):
            if i != j and allowed[i, j] and not edge[i, j]:
                edge[i, j] = edge[j, i] = True
                left[i] -= 1
                left[j] -= 1


def _weights(edge, same, mu_w, beta):
    """Node by node, spread what is missing of both strengths evenly over its edges."""
    parts = [edge & same, edge & ~same]
    strength = edge.sum(axis=1) ** beta
    targets = [(1 - mu_w) * strength, mu_w * strength]
    level = strength.sum() / edge.sum()
    weight = np.where(edge, level, 0.0)
    for _ in range(60):
        for i in range(len(edge)):
            for part, target in zip(parts, targets, strict=True):
                row = part[i]
                if row.any():
                    step = (target[i] - weight[i, row].sum()) / row.sum()
                    weight[i, row] = np.maximum(weight[i, row] + 0.5 * step, 0.9 * weight[i, row])
                    weight[row, i] = weight[i, row]
    return weight
