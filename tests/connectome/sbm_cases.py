"""Small graphs and all their partitions, for the tests of block models."""

from __future__ import annotations

import numpy as np

from neurokit.connectome.sbm_corrected import corrected_model
from neurokit.connectome.sbm_weights import pair_model


def partitions(n):
    """Every partition of n things, as labels in order of first appearance."""

    def grow(labels, used):
        if len(labels) == n:
            yield np.array(labels)
            return
        for t in range(used + 1):
            yield from grow([*labels, t], max(used, t + 1))

    return grow([], 0)


def a_model(kind, rng, n=11, missing=0.1):
    values = np.triu(rng.lognormal(0, 1, (n, n)) * (rng.random((n, n)) < 0.6), 1)
    lost = np.triu(rng.random((n, n)) < missing, 1)
    observed = ~(lost | lost.T | np.eye(n, dtype=bool))
    values = np.where(observed, values + values.T, 0.0)
    if kind == "corrected":
        return corrected_model(values, observed, "log-normal")
    return pair_model(values, observed, kind)
