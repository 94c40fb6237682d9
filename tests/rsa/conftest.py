"""Fixtures of the tests of representational similarity."""

import importlib
import sys
import warnings
from pathlib import Path

import numpy as np
import pytest
import xarray as xr

# Test modules share what lies beside them.
sys.path.insert(0, str(Path(__file__).parent))


@pytest.fixture(scope="session")
def toolbox():
    """rsatoolbox, imported without its warnings."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        rsatoolbox = pytest.importorskip("rsatoolbox")
        for part in ("data", "inference", "model", "rdm"):
            importlib.import_module(f"rsatoolbox.{part}")
    return rsatoolbox


@pytest.fixture
def quiet():
    """What a peer warns about is not what is tested."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


@pytest.fixture
def make_patterns():
    """Patterns (observation, channel) with repeats in shuffled order and unsorted labels."""

    def make(n=12, p=20, n_folds=3, n_repeats=2, seed=0, positive=False):
        rng = np.random.default_rng(seed)
        names = rng.permutation([f"item{k:03d}" for k in range(n)])
        condition = np.tile(names, n_folds * n_repeats)
        fold = np.repeat(np.arange(n_folds), n * n_repeats)
        mixed = rng.permutation(condition.size)
        signal = rng.standard_normal((n, p))
        place = {name: k for k, name in enumerate(names)}
        rows = signal[[place[c] for c in condition]] + rng.standard_normal((condition.size, p))
        if positive:
            rows = np.abs(rows) * 3.0
        coords = {
            "condition": ("trial", condition[mixed]),
            "run": ("trial", fold[mixed]),
            "channel": [f"c{k}" for k in range(p)],
        }
        return xr.DataArray(rows[mixed], coords, ["trial", "channel"])

    return make


@pytest.fixture
def make_rdms():
    """Condensed RDMs of random patterns, with ties if asked."""

    def make(k=4, n=10, seed=0, ties=False, p=15):
        rng = np.random.default_rng(seed)
        first, second = np.triu_indices(n, 1)
        rows = []
        for _ in range(k):
            x = rng.standard_normal((n, p))
            rows.append(((x[first] - x[second]) ** 2).mean(axis=1))
        rows = np.array(rows)
        return np.round(rows, 1) if ties else rows

    return make
