"""Data brought to neurons by bins, and priors and moves that parameters ask for."""

from __future__ import annotations

import numpy as np
import pytest
import xarray as xr
from hypothesis import given
from hypothesis import strategies as st

from neurokit.bicluster import BiCluster
from neurokit.bicluster.inputs import as_given, settings_of
from neurokit.bicluster.partition_prior import dirichlet_process, finite_mixtures
from neurokit.bicluster.settings import Settings
from neurokit.errors import SchemaError

COUNTS = np.random.default_rng(0).poisson(2.0, (12, 3))


def test_bins_by_neurons_become_neurons_by_bins():
    found = as_given(COUNTS, "poisson")
    np.testing.assert_array_equal(found.data.y, COUNTS.T)
    assert found.data.y.flags.c_contiguous
    assert found.data.seen.all()
    np.testing.assert_array_equal(found.data.edges, [0, 12])
    np.testing.assert_array_equal(found.centre, np.zeros(3))
    np.testing.assert_array_equal(found.scale, np.ones(3))


@pytest.mark.parametrize("family", ["poisson", "negative_binomial", "gaussian"])
def test_what_is_missing_is_marked_and_zero(family):
    values = COUNTS.astype(float)
    values[3, 1] = values[5] = np.nan
    found = as_given(values, family).data
    np.testing.assert_array_equal(found.seen, ~np.isnan(values.T))
    assert (found.y[~found.seen] == 0).all()
    assert np.isfinite(found.y).all()


def test_trials_of_all_forms_have_the_same_edges():
    parts = [COUNTS[:4], COUNTS[4:8], COUNTS[8:]]
    stacked = np.stack(parts)
    for x in (parts, stacked, xr.DataArray(stacked, dims=("trial", "time", "neuron"))):
        found = as_given(x, "poisson").data
        np.testing.assert_array_equal(found.edges, [0, 4, 8, 12])
        np.testing.assert_array_equal(found.y, COUNTS.T)
        np.testing.assert_array_equal(found.first, [0, 4, 8])
        np.testing.assert_array_equal(found.last, [3, 7, 11])


def test_gaussian_values_have_mean_zero_and_variance_one_over_what_was_seen():
    rng = np.random.default_rng(1)
    values = rng.normal([5.0, -3.0, 100.0], [0.1, 4.0, 1e3], (200, 3))
    values[rng.random(values.shape) < 0.3] = np.nan
    found = as_given(values, "gaussian")
    np.testing.assert_allclose(found.centre, np.nanmean(values, axis=0), rtol=1e-12)
    np.testing.assert_allclose(found.scale, np.nanstd(values, axis=0), rtol=1e-12)
    scaled = np.where(found.data.seen, found.data.y, np.nan)
    np.testing.assert_allclose(np.nanmean(scaled, axis=1), 0.0, atol=1e-12)
    np.testing.assert_allclose(np.nanvar(scaled, axis=1), 1.0, rtol=1e-12)
    back = scaled * found.scale[:, None] + found.centre[:, None]
    np.testing.assert_allclose(back, values.T, rtol=1e-9)


@given(st.floats(-1e6, 1e6), st.integers(1, 6), st.sampled_from([np.float32, np.float64, np.int64]))
def test_a_constant_or_unseen_neuron_is_not_divided_by_its_spread(level, n_bins, dtype):
    values = np.full((n_bins + 1, 2), dtype(level)).astype(float)
    values[:, 1] = np.nan
    found = as_given(values, "gaussian")
    np.testing.assert_allclose(found.data.y, 0.0, atol=1e-6)
    assert found.scale[1] == 1.0
    assert found.centre[1] == 0.0
    assert np.isfinite(found.scale).all()


def test_data_are_left_as_they_were():
    values = COUNTS.astype(float)
    values[2, 2] = np.nan
    before = values.copy()
    for family in ("poisson", "gaussian"):
        found = as_given(values, family)
        found.data.y[:] = -1.0
    np.testing.assert_array_equal(values, before)


@pytest.mark.parametrize(
    ("values", "match"),
    [
        (np.full((4, 2), np.nan), "no observed value"),
        (np.where(np.eye(4, 2) > 0, np.inf, 1.0), "infinities"),
        (np.where(np.eye(4, 2) > 0, -2.0, 1.0), r"negative values \(least -2\)"),
        (np.where(np.eye(4, 2) > 0, 0.5, 1.0), "fractional values"),
    ],
)
def test_data_without_meaning_are_refused_by_what_is_wrong(values, match):
    with pytest.raises(SchemaError, match=match) as caught:
        as_given(values, "poisson")
    assert caught.value.where == "X"


@pytest.mark.parametrize(("option", "prior"), [("mfm", finite_mixtures), ("dp", dirichlet_process)])
def test_priors_are_those_of_the_parameters(option, prior):
    model = BiCluster(3, max_states=4, stickiness=7.0, neuron_prior=option)
    found = settings_of(model, as_given(COUNTS, "poisson").data)
    assert (found.n_latents, found.n_states, found.kappa) == (3, 4, 7.0)
    expected = prior(3)
    assert (found.partition.found, found.partition.success) == (expected.found, expected.success)
    assert (found.births_every, found.splits) == (Settings.births_every, Settings.splits)


def test_coupled_clusters_are_neither_founded_nor_dropped():
    found = settings_of(BiCluster(coupling="full"), as_given(COUNTS, "poisson").data)
    assert found.coupled
    assert (found.births_every, found.splits) == (0, 0)
