"""Patterns and neighbourhoods that the tests of searchlights share."""

import numpy as np
import xarray as xr

import neurokit as nk

N_FOLDS = 3


def mask_of(shape=(4, 5, 3), share=0.8, seed=0):
    return np.random.default_rng(seed).random(shape) < share


def patterns_of(n_places, n=6, n_repeats=2, seed=0, lead=(), dim="voxel", offset=0.0):
    """(lead..., trial, place) of `n` conditions in three runs, positive."""
    rng = np.random.default_rng(seed)
    condition = np.tile(np.repeat([f"c{k}" for k in rng.permutation(n)], n_repeats), N_FOLDS)
    run = np.repeat(np.arange(N_FOLDS), n * n_repeats)
    sizes = [k for _, k in lead]
    shape = (*sizes, condition.size, n_places)
    signal = rng.standard_normal((*sizes, n, n_places))
    code = np.unique(condition, return_inverse=True)[1]
    values = offset + np.abs(signal[..., code, :] + 0.5 * rng.standard_normal(shape)) + 0.1
    coords = {"condition": ("trial", condition), "run": ("trial", run)}
    return xr.DataArray(values, coords, [*(d for d, _ in lead), "trial", dim])


def by_hand(x, near, method, **options):
    """rdm of the places of every centre, one by one."""
    found = []
    for a, b in zip(near.starts[:-1], near.starts[1:], strict=True):
        part = x.isel({near.dim: near.members[a:b]})
        found.append(nk.rsa.rdm(part, method, **options))
    return xr.concat(found, near.dim, coords="minimal", compat="override")


def options_of(method):
    return {"folds": "run"} if method in ("crossnobis", "poisson_cv") else {}
