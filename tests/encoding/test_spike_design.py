"""The past of spike trains by brute force, and what standardising gives back."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from neurokit.encoding.spike_design import coupled, past, spread_filters, standardise


def _brute(counts, basis, runs):
    n_lags, n_basis = basis.shape
    out = np.full((n_basis, *counts.shape), np.nan)
    for run in runs:
        for t in range(run.start + n_lags, run.stop):
            before = counts[t - n_lags : t][::-1]
            out[:, t] = basis.T @ before
    return out


@settings(max_examples=30, derandomize=True)
@given(st.integers(0, 10_000), st.integers(1, 6), st.integers(1, 3))
def test_the_past_is_what_a_loop_gives(seed, n_lags, n_basis):
    rng = np.random.default_rng(seed)
    counts = rng.poisson(0.5, size=(30, 2)).astype(float)
    counts[rng.random(counts.shape) < 0.05] = np.nan
    basis = rng.normal(size=(n_lags, n_basis))
    runs = [slice(0, 12), slice(12, 14), slice(14, 30)]
    np.testing.assert_allclose(past(counts, basis, runs), _brute(counts, basis, runs), atol=1e-10)


def test_the_present_bin_is_no_part_of_the_past():
    counts = np.zeros((10, 1))
    counts[5] = 1.0
    history = past(counts, np.ones((3, 1)), [slice(0, 10)])[0, :, 0]
    np.testing.assert_allclose(history[3:], [0, 0, 0, 1, 1, 1, 0], atol=1e-12)


def test_nothing_crosses_a_run():
    counts = np.ones((8, 1))
    history = past(counts, np.eye(2), [slice(0, 4), slice(4, 8)])
    assert np.isnan(history[:, [0, 1, 4, 5]]).all()
    assert np.isfinite(history[:, [2, 3, 6, 7]]).all()


def test_a_run_no_longer_than_the_window_has_no_known_past():
    assert np.isnan(past(np.ones((4, 1)), np.ones((4, 1)), [slice(0, 4)])).all()


def test_coupled_lays_neurons_side_by_side():
    history = np.arange(24.0).reshape(2, 3, 4)  # basis, bins, neurons
    features = coupled(history)
    assert features.shape == (3, 8)
    np.testing.assert_array_equal(features[:, 2 * 1 + 1], history[1, :, 1])


def test_standardising_can_be_undone():
    rng = np.random.default_rng(0)
    x = rng.normal(size=(50, 3)) * [1.0, 10.0, 0.1] + 5.0
    own = rng.normal(size=(2, 50, 4)) * 3.0 - 1.0
    standard, _ = standardise(x, own, np.ones((50, 4)))
    parameters = rng.normal(size=(6, 4))
    eta = standard.design.shared @ parameters[:4]
    eta += np.einsum("btk,bk->tk", standard.design.own, parameters[4:])
    intercept, shared, filters = standard.to_units(parameters)
    np.testing.assert_allclose(
        intercept + x @ shared + np.einsum("btk,bk->tk", own, filters), eta, atol=1e-10
    )


def test_bins_that_count_for_nobody_are_left_out():
    x = np.ones((6, 1))
    x[2] = np.nan
    counts = np.ones((6, 2))
    counts[0] = np.nan
    counts[1, 0] = np.nan
    standard, kept = standardise(x, np.zeros((0, 6, 2)), counts)
    assert kept.shape == (4, 2)
    assert standard.design.observed is not None
    np.testing.assert_array_equal(standard.design.observed[0], [False, True])
    assert kept[0, 0] == 0.0


@pytest.mark.parametrize("offset", [0.0, 1e9])
def test_a_constant_feature_becomes_zeros(offset):
    standard, _ = standardise(
        np.full((20, 1), offset + 0.1), np.zeros((0, 20, 1)), np.ones((20, 1))
    )
    np.testing.assert_array_equal(standard.design.shared[:, 1], 0.0)


def test_filters_are_sums_of_the_basis():
    basis = np.arange(6.0).reshape(3, 2)
    weights = np.ones((2, 4, 5))
    assert spread_filters(weights, basis).shape == (3, 4, 5)
    np.testing.assert_allclose(spread_filters(weights, basis)[:, 0, 0], [1, 5, 9])
