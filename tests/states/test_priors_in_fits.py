"""Priors inside whole fits: stages, determinism, saving, wiring that is known."""

from __future__ import annotations

import numpy as np
import pytest
import xarray as xr

import neurokit as nk
from neurokit.errors import LabelError, OptionError
from neurokit.states import GLMHMM
from neurokit.states.priors import RidgePrior


@pytest.fixture(scope="module")
def simulation():
    return nk.simulate.spiking_hmm(6, 2, 6, 300, random_state=3)


@pytest.fixture(scope="module")
def counts(simulation):
    return simulation.recordings["session1"].activity.signal


def fit(counts, prior, **options):
    chosen = {"link": "sigmoid", "n_restarts": 2, "random_state": 0, **options}
    return GLMHMM(2, prior=prior, **chosen).fit(counts)


@pytest.fixture(scope="module")
def onehot(counts):
    return fit(counts, "onehot")


@pytest.mark.parametrize("prior", ["gaussian", "onehot"])
def test_the_objective_never_falls_within_a_stage(counts, prior, onehot):
    model = onehot if prior == "onehot" else fit(counts, prior)
    trace = model.objective_trace_
    assert set(trace.stage.values.tolist()) == {0, 1, 2}
    for stage in (0, 1, 2):
        own = trace.values[trace.stage.values == stage]
        assert np.diff(own).min(initial=0.0) > -1e-6


def test_the_first_stage_is_the_plain_fit(counts, onehot):
    plain = fit(counts, "none")
    trace = onehot.objective_trace_
    last = trace.values[trace.stage.values == 0][-1]
    assert last == pytest.approx(float(plain.objective_trace_[-1]), abs=1e-6)


def test_absent_edges_have_no_weight_and_present_ones_have(onehot):
    weights, kinds = onehot.weights_.values, onehot.adjacency_.values
    assert np.abs(weights[kinds == 0]).max() < 1e-4
    assert (np.abs(weights[kinds != 0]) > 1e-3).all()
    np.testing.assert_array_equal(onehot.edge_probability_.argmax("sign") - 1, kinds)


def test_probabilities_have_labels_and_sum_to_one(onehot, counts):
    p = onehot.edge_probability_
    assert p.dims == ("state", "post", "pre", "sign")
    assert p.sign.values.tolist() == [-1, 0, 1]
    np.testing.assert_array_equal(p.post, counts.neuron)
    np.testing.assert_allclose(p.sum("sign"), 1.0)
    np.testing.assert_allclose(onehot.prior_connectivity_.sum("sign"), 1.0)


def test_states_of_all_results_are_in_one_order(simulation, onehot):
    # States are sorted by occupancy after the fit; edges and weights must have moved together.
    agree = np.sign(onehot.weights_.where(onehot.adjacency_ != 0))
    np.testing.assert_array_equal(agree.fillna(0), onehot.adjacency_)


def test_the_same_seed_gives_the_same_bytes_for_any_n_jobs(counts, onehot):
    again = fit(counts, "onehot", n_jobs=2)
    for name in ("weights_", "edge_probability_", "prior_connectivity_", "transition_"):
        np.testing.assert_array_equal(getattr(again, name), getattr(onehot, name))


def test_a_saved_fit_keeps_its_edges(onehot, counts, tmp_path):
    onehot.save(tmp_path / "fit.zarr")
    back = GLMHMM.load(tmp_path / "fit.zarr")
    xr.testing.assert_equal(back.edge_probability_, onehot.edge_probability_)
    assert back.score(counts) == pytest.approx(onehot.score(counts), abs=1e-9)


def test_the_order_of_neurons_does_not_matter(counts, onehot):
    turned = fit(counts.isel(neuron=slice(None, None, -1)), "onehot")
    order = counts.neuron.values
    there = turned.edge_probability_.sel(post=order, pre=order)
    straight = np.abs(there.values - onehot.edge_probability_.values).max()
    swapped = np.abs(there.values[::-1] - onehot.edge_probability_.values).max()
    assert min(straight, swapped) < 0.02


def test_a_shared_bias_goes_with_every_prior(counts):
    for prior in ("gaussian", "onehot"):
        model = fit(counts, prior, bias="shared", n_restarts=1)
        assert model.bias_.dims == ("neuron",)
        assert np.isfinite(model.score(counts))


def test_own_history_only_leaves_no_other_edge(counts):
    model = fit(counts, "onehot", coupling=False, n_restarts=1)
    off = ~np.eye(6, dtype=bool)
    assert (model.adjacency_.values[:, off] == 0).all()
    np.testing.assert_array_equal(model.edge_probability_.values[:, off, 1], 1.0)


def test_an_object_may_be_the_prior(counts):
    own = RidgePrior((2, 6, 6, 1), 1.0, np.ones((6, 6), dtype=bool))
    model = fit(counts, own)
    plain = fit(counts, "none")
    np.testing.assert_allclose(model.weights_, plain.weights_, atol=1e-9)


def test_probabilities_that_are_given_are_believed(counts, simulation):
    names = counts.neuron.values
    values = np.tile([0.0, 1.0, 0.0], (6, 6, 1))
    values[0] = [0.1, 0.5, 0.4]
    given = xr.DataArray(
        values, {"post": names, "pre": names, "sign": [-1, 0, 1]}, ("post", "pre", "sign")
    )
    model = fit(counts, "onehot", prior_connectivity=given.isel(pre=slice(None, None, -1)))
    np.testing.assert_allclose(model.prior_connectivity_, values)
    assert (model.adjacency_.values[:, 1:] == 0).all()


def wiring(names, present):
    weight = present.T[None].astype(np.float32)
    coords = {"synapse_type": ["chemical"], "pre": names, "post": names}
    return xr.Dataset({"weight": xr.DataArray(weight, coords, ("synapse_type", "pre", "post"))})


def test_a_connectome_raises_edges_with_a_synapse(counts, simulation):
    names = counts.neuron.values
    present = (simulation.truth.adjacency.values != 0).any(axis=0)
    model = fit(counts, "onehot", prior_connectome=wiring(names, present))
    prior = 1 - model.prior_connectivity_.values[..., 1]
    assert prior[present].mean() > 2 * prior[~present].mean()
    with pytest.raises(LabelError, match="prior_connectome"):
        fit(counts, "onehot", prior_connectome=wiring(["a", "b"], np.ones((2, 2))))


def test_options_of_other_priors_are_refused(counts):
    for prior, options in (
        ("onehot", {"prior_scale": 0.3}),
        ("gaussian", {"prior_connectome": xr.Dataset()}),
    ):
        with pytest.raises(OptionError, match="makes no use of it"):
            fit(counts, prior, **options)


def test_a_fixed_scale_is_kept(counts):
    model = fit(counts, "gaussian", prior_scale=1 / 3, n_restarts=1)
    assert model.prior_scale_.item() == pytest.approx(1 / 3)
    assert model.prior_connectivity_.dims == ("post", "pre")


def test_the_shared_matrix_lies_between_the_states(counts):
    model = fit(counts, "gaussian", n_restarts=1)
    low, high = model.weights_.min("state"), model.weights_.max("state")
    shared = model.prior_connectivity_
    # The mode of the constant matrix is a mean of the states' weights, shrunk towards zero.
    assert float((np.minimum(low, 0) - 0.02 <= shared).mean()) == 1.0
    assert float((np.maximum(high, 0) + 0.02 >= shared).mean()) == 1.0
