"""`BiCluster(method="vi")` and chains that start from it: what they give, refuse and store."""

from __future__ import annotations

import signal

import matplotlib.pyplot as plt
import numpy as np
import pytest
from scipy.integrate import quad
from scipy.stats import nbinom, norm, poisson

import neurokit as nk
from neurokit.bicluster import BiCluster
from neurokit.bicluster import variational_fit as fit_module
from neurokit.bicluster.likelihoods import log_likelihoods
from neurokit.bicluster.variational import Variational
from neurokit.bicluster.variational_results import expected_likelihood
from neurokit.errors import OptionError
from neurokit.stats import adjusted_rand

QUICK = {
    "n_latents": 1, "n_clusters": 2, "max_states": 2, "n_sweeps": 22, "random_state": 0,
    "method": "vi",
}  # fmt: skip


@pytest.fixture(scope="module")
def simulation():
    return nk.simulate.biclustered(10, 100, 2, n_latents=1, random_state=0)


@pytest.fixture(scope="module")
def spikes(simulation):
    return simulation.recordings["session1"]


@pytest.fixture(scope="module")
def fitted(spikes):
    return BiCluster(**QUICK, held_out=0.1).fit(spikes)


def counts(n_bins, n_neurons, seed=0):
    return np.random.default_rng(seed).poisson(2.0, (n_bins, n_neurons)).astype(float)


def all_finite(fit):
    return bool(np.isfinite(fit.rates_.to_dataarray()).all())


def test_it_finds_what_was_planted():
    found, error = [], []
    for seed in range(5):
        simulation = nk.simulate.biclustered(10, 300, 2, n_latents=1, random_state=seed)
        truth = simulation.truth
        fit = BiCluster(**QUICK, held_out=0.1).fit(simulation.recordings["session1"])
        found.append(adjusted_rand(truth.neuron_cluster.values, fit.neuron_labels_.values))
        rate, mean = np.exp(truth.log_rate.values), fit.rates_["mean"].values.T
        error.append(((mean - rate) ** 2).mean() / ((rate.mean(axis=0) - rate) ** 2).mean())
    # k-means gives the start, which is sometimes one that no sweep leads away from.
    assert sum(one == 1.0 for one in found) >= 4
    assert max(error) < 0.5


def test_probabilities_are_probabilities(fitted):
    for matrix in (fitted.co_neuron_.values, fitted.co_state_.values):
        assert np.array_equal(matrix, matrix.T)
        assert np.array_equal(np.diag(matrix), np.ones(len(matrix)))
        assert matrix.min() >= 0.0
        assert matrix.max() <= 1.0 + 1e-6
    assert fitted.trace_.bound.sizes == {"chain": 1, "draw": 22}
    assert fitted.converged_ is False
    assert np.isfinite(fitted.held_out_log_likelihood_)


def test_the_score_of_hidden_entries_is_near_that_of_chains(spikes, fitted):
    chain = BiCluster(**{**QUICK, "method": "gibbs", "n_sweeps": 60}, held_out=0.1).fit(spikes)
    # The same 100 entries are hidden; both are about 1.8 nats, flat rates lose .1 or more.
    assert abs(fitted.held_out_log_likelihood_ - chain.held_out_log_likelihood_) < 0.05


@pytest.mark.parametrize(("family", "extra"), [(0, 1.0), (1, 4.0), (2, 0.7)])
def test_likelihoods_are_integrated_over_the_predictor(family, extra):
    y, mean, variance = 3.0, 0.8, 0.25

    def likelihood(eta):
        if family == 0:
            return poisson.pmf(y, np.exp(eta))
        if family == 1:
            return nbinom.pmf(y, extra, extra / (extra + np.exp(eta)))
        return norm.pdf(y, eta, np.sqrt(extra))

    exact = quad(lambda eta: likelihood(eta) * norm.pdf(eta, mean, 0.5), -4, 6)[0]
    found = expected_likelihood(
        np.array([y]), np.array([[mean]]), np.array([[variance]]), family, extra
    )
    assert found.shape == (1, 1)
    assert found[0, 0] == pytest.approx(exact, rel=1e-6)
    sure = expected_likelihood(np.array([y]), np.array([mean]), np.zeros(1), family, extra)
    known = log_likelihoods(np.array([y]), np.array([mean]), family, np.array([extra]))
    assert sure == pytest.approx(np.exp(known))


def test_a_bin_that_no_step_leads_to_has_no_state():
    y = counts(30, 4)
    fit = BiCluster(**QUICK).fit([y[:1], y[1:20], y[20:]])
    labels = fit.state_labels_.values
    assert labels[0] == -1
    assert labels[1:].min() == 0
    assert np.isnan(fit.co_state_.values[0]).all()
    assert np.isfinite(fit.co_state_.values[1:, 1:]).all()


def test_states_change_where_the_trials_do_and_not_across_their_edges(spikes):
    y = spikes.activity.signal.values
    fit = BiCluster(**QUICK).fit([y[:50], y[50:]])
    labels = fit.state_labels_.values
    # The first bin of a trial has the state of the second.
    assert labels[0] == labels[1]
    assert labels[50] == labels[51]


@pytest.mark.parametrize("observation", ["poisson", "negative_binomial", "gaussian"])
@pytest.mark.parametrize(
    "values",
    [
        np.zeros((40, 3)),
        np.full((40, 3), 4.0),
        np.eye(40)[:, :3],
        counts(40, 1),
        counts(3, 5),
        counts(1, 5),
        500.0 + counts(60, 4) * 100,
        np.where(np.random.default_rng(1).random((60, 5)) < 0.3, np.nan, counts(60, 5)),
    ],
    ids=["zero", "constant", "one spike", "one neuron", "three bins", "one bin", "large", "holes"],
)
def test_hostile_data_give_finite_rates_and_rising_bounds(observation, values):
    options = {**QUICK, "n_latents": 2, "observation": observation, "n_sweeps": 8}
    fit = BiCluster(**options).fit(values)
    assert all_finite(fit)
    bounds = fit.trace_.bound.values[0]
    assert np.diff(bounds).min() > -1e-7 * max(np.abs(bounds).max(), 1.0)


def test_gaussian_rates_and_scores_are_in_units_of_the_data():
    y = np.random.default_rng(0).standard_normal((60, 4))
    options = {**QUICK, "observation": "gaussian", "held_out": 0.2}
    one, two = BiCluster(**options).fit(y), BiCluster(**options).fit(1000.0 + 50.0 * y)
    assert np.allclose(two.rates_["mean"], 1000.0 + 50.0 * one.rates_["mean"], rtol=0, atol=1e-6)
    shift = one.held_out_log_likelihood_ - two.held_out_log_likelihood_
    assert shift == pytest.approx(np.log(50.0), abs=1e-6)


def test_clusters_that_lost_all_neurons_are_not_in_the_results(spikes):
    fit = BiCluster(**{**QUICK, "n_clusters": 6, "n_sweeps": 60}).fit(spikes)
    n_found = int(fit.neuron_labels_.max()) + 1
    assert sorted(set(fit.neuron_labels_.values)) == list(range(n_found))
    assert fit.latents_.sizes["cluster"] == n_found


def test_a_fit_that_is_saved_is_loaded_whole(spikes, tmp_path, monkeypatch):
    # Within a nat a sweep of 1000 entries.
    monkeypatch.setattr(fit_module, "TOLERANCE", 1e-3)
    fit = BiCluster(**{**QUICK, "n_sweeps": 100}).fit(spikes)
    assert fit.converged_ is True
    back = BiCluster.load(fit.save(tmp_path / "fit.nc"))
    assert back.rates_.identical(fit.rates_)
    assert back.state_labels_.identical(fit.state_labels_)
    assert back.get_params() == fit.get_params()


def test_what_only_chains_give_is_gone_and_comes_back(spikes):
    model = BiCluster(**QUICK).fit(spikes)
    for name in ("draws_", "convergence_", "acceptance_"):
        assert not hasattr(model, name)
    with pytest.raises(OptionError, match="draws nothing"):
        model.to_arviz()
    model.set_params(method="gibbs", n_sweeps=6).fit(spikes)
    assert model.draws_.sizes["draw"] == 3
    model.set_params(method="vi").fit(spikes)
    assert not hasattr(model, "draws_")


def test_it_is_drawn_too(fitted):
    assert len(fitted.plot()) == 4 + fitted.latents_.sizes["cluster"]
    plt.close("all")


def test_a_chain_starts_from_it_with_all_its_states(spikes):
    options = {**QUICK, "method": "gibbs", "start": "vi", "n_sweeps": 6}
    one = BiCluster(**options).fit(spikes)
    two = BiCluster(**options).fit(spikes)
    assert one.rates_.identical(two.rates_)
    guessed = BiCluster(**{**options, "start": "guess"}).fit(spikes)
    assert not np.array_equal(one.rates_["mean"], guessed.rates_["mean"])
    # A start that is not raw begins near what a long chain ends at.
    first = one.trace_.log_likelihood.values[0, 0]
    assert first > guessed.trace_.log_likelihood.values[0, 0] - 0.05


def test_checkpoints_know_the_start(spikes, tmp_path):
    options = {**QUICK, "method": "gibbs", "n_sweeps": 4, "checkpoint_every": 2}
    options["checkpoint"] = tmp_path / "c.npz"
    BiCluster(**options, start="vi").fit(spikes)
    with pytest.raises(nk.errors.StoreError, match="other data or parameters"):
        BiCluster(**options, start="guess").fit(spikes)
    with pytest.raises(OptionError, match="checkpoint"):
        BiCluster(**{**options, "method": "vi"}).fit(spikes)


@pytest.mark.parametrize("name", ["method", "start"])
def test_other_methods_and_starts_are_refused(name):
    with pytest.raises(OptionError, match=name):
        BiCluster(**{**QUICK, name: "mcmc"}).fit(counts(20, 3))


@pytest.mark.parametrize("at", [3, 21])
def test_ctrl_c_keeps_the_bound_so_far(spikes, monkeypatch, at):
    made = []
    whole = Variational.sweep

    def sweep(self):
        made.append(1)
        if len(made) == at:
            signal.raise_signal(signal.SIGINT)
        whole(self)

    monkeypatch.setattr(Variational, "sweep", sweep)
    monkeypatch.setattr(fit_module, "_MOST_STARTS", 1)
    model = BiCluster(**QUICK)
    with pytest.raises(KeyboardInterrupt):
        model.fit(spikes)
    assert model.trace_.bound.sizes["draw"] == at
    assert model.converged_ is False
    assert all_finite(model)
