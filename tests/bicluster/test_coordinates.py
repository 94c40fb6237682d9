"""Bins and neurons of a fit keep their coordinates; a bin that no step leads to has no state."""

from __future__ import annotations

import numpy as np
import pytest
import xarray as xr

import neurokit as nk
from neurokit.bicluster import BiCluster

QUICK = {"n_latents": 1, "n_clusters": 2, "max_states": 2, "n_sweeps": 4, "random_state": 0}


@pytest.fixture(scope="module")
def spikes():
    return nk.simulate.biclustered(8, 60, 2, random_state=0).recordings["session1"]


@pytest.fixture(scope="module")
def fitted(spikes):
    return BiCluster(**QUICK).fit(spikes)


def counts(n_bins, n_neurons, seed=0):
    return np.random.default_rng(seed).poisson(2.0, (n_bins, n_neurons)).astype(float)


def test_a_bin_that_no_step_leads_to_has_no_state():
    y = counts(30, 4)
    fit = BiCluster(**QUICK).fit([y[:1], y[1:20], y[20:]])
    labels = fit.state_labels_.values
    assert labels[0] == -1
    assert labels[1:].min() == 0
    assert (fit.draws_.state.values[..., 0] == -1).all()
    together = fit.co_state_.values
    assert np.isnan(together[0]).all()
    assert np.isnan(together[:, 0]).all()
    assert np.isfinite(together[1:, 1:]).all()
    only = BiCluster(**QUICK).fit(y[:1])
    assert only.state_labels_.values.tolist() == [-1]
    assert np.isnan(only.co_state_.values).all()


def test_bins_carry_their_trial_state_and_time(spikes, fitted):
    signal_ = spikes.activity.signal
    for found in (fitted.rates_, fitted.latents_):
        assert np.array_equal(found.time, signal_.time)
        assert np.array_equal(found.state, fitted.state_labels_)
        assert not found.trial.any()
    y = counts(40, 4).reshape(2, 20, 4)
    y[0, 15:] = np.nan
    array = xr.DataArray(y, dims=("trial", "time", "neuron"), coords={"time": 0.5 * np.arange(20)})
    fit = BiCluster(**QUICK).fit(array)
    assert fit.rates_.trial.values.tolist() == [0] * 15 + [1] * 20
    assert fit.rates_.time.values.tolist() == [*(0.5 * np.arange(15)), *(0.5 * np.arange(20))]
    # Padding at a trial's end is no bin.
    assert fit.state_labels_.values[0, 15:].tolist() == [-1] * 5
    assert fit.state_labels_.values[0, :15].tolist() == fit.rates_.state.values[:15].tolist()
    assert "time" not in BiCluster(**QUICK).fit(y).rates_.coords


def test_what_is_known_of_neurons_stays_with_them(spikes):
    regions = list("aabbccdd")
    array = spikes.activity.signal.assign_coords(
        region=("neuron", regions), state=("neuron", np.arange(8)), cell=3
    )
    fit = BiCluster(**QUICK).fit(array)
    for found in (fit.neuron_labels_, fit.co_neuron_, fit.rates_, fit.draws_):
        assert found.region.values.tolist() == regions
    # A coordinate under a name of the results' own would stand in their place.
    assert fit.rates_.state.dims == ("bin",)
    assert fit.contingency().sum() == 8
    assert fit.p_same().sizes == {"region": 4, "other_region": 4}
