"""What a fit of `BiCluster` gives: forms, hostile data, errors, determinism, storing."""

from __future__ import annotations

import signal

import numpy as np
import pytest
import xarray as xr

import neurokit as nk
from neurokit.bicluster import BiCluster
from neurokit.bicluster import chains as chains_module
from neurokit.bicluster.partition_estimates import best_partition
from neurokit.errors import NeurokitWarning, NotFittedError, OptionError, SchemaError, StoreError
from neurokit.stats import adjusted_rand

QUICK = {"n_latents": 1, "n_clusters": 2, "max_states": 3, "n_sweeps": 8, "random_state": 0}


@pytest.fixture(scope="module")
def spikes():
    return nk.simulate.biclustered(8, 60, 2, random_state=0).recordings["session1"]


@pytest.fixture(scope="module")
def fitted(spikes):
    return BiCluster(**QUICK, held_out=0.1).fit(spikes)


def same(one, other):
    """Whether all that two fits found is the same to the bit."""
    names = set(one._fitted()) - {"history_"}
    assert names == set(other._fitted()) - {"history_"}
    for name in names:
        a, b = getattr(one, name), getattr(other, name)
        if isinstance(a, xr.DataArray | xr.Dataset):
            if not a.identical(b):
                return False
        elif not np.array_equal(a, b, equal_nan=True):
            return False
    return True


def counts(n_bins, n_neurons, seed=0):
    return np.random.default_rng(seed).poisson(2.0, (n_bins, n_neurons)).astype(float)


def all_finite(fit):
    return bool(np.isfinite(fit.rates_.to_dataarray()).all())


def test_results_carry_names_and_clock_of_the_recording(fitted, spikes):
    signal_ = spikes.activity.signal
    assert list(fitted.neuron_labels_.neuron.values) == list(signal_.neuron.values)
    assert fitted.state_labels_.time.identical(signal_.time)
    assert fitted.rates_["mean"].dims == ("neuron", "bin")
    assert set(fitted.co_neuron_.dims) == {"neuron", "partner"}
    assert "BiCluster.fit" in fitted.history_


def test_co_clustering_is_a_share_of_draws(fitted):
    for matrix in (fitted.co_neuron_.values, fitted.co_state_.values):
        assert np.array_equal(matrix, matrix.T)
        assert np.array_equal(np.diag(matrix), np.ones(len(matrix)))
        assert matrix.min() >= 0.0
        assert matrix.max() <= 1.0
    draws = fitted.draws_.neuron_cluster.values.reshape(-1, 8)
    assert fitted.co_neuron_.values[0, 5] == pytest.approx((draws[:, 0] == draws[:, 5]).mean())


def test_the_partition_of_neurons_is_one_of_the_draws(fitted):
    draws = fitted.draws_.neuron_cluster.values.reshape(-1, 8)
    assert any(adjusted_rand(fitted.neuron_labels_.values, draw) == 1.0 for draw in draws)
    assert fitted.neuron_labels_.values[0] == 0


def test_the_loss_of_the_partition_is_chosen(fitted, spikes):
    other = BiCluster(**QUICK, held_out=0.1, partition_loss="vi").fit(spikes)
    assert other.draws_.identical(fitted.draws_)
    for name, draws in (("neuron_labels_", "neuron_cluster"), ("state_labels_", "state")):
        flat = fitted.draws_[draws].values.reshape(4, -1)
        expected = best_partition(flat, "vi")
        assert adjusted_rand(getattr(other, name).values, expected) == 1.0


def test_half_of_the_sweeps_is_thrown_away_but_traced(fitted):
    assert fitted.trace_.sizes["draw"] == 8
    assert fitted.draws_.sizes["draw"] == 4


def test_data_are_not_changed(spikes):
    given = spikes.activity.signal.values.copy()
    plain = given.copy()
    BiCluster(**QUICK).fit(plain)
    assert np.array_equal(plain, given)


def test_arrays_recordings_and_labelled_arrays_give_the_same(spikes, fitted):
    array = spikes.activity.signal
    other = BiCluster(**QUICK, held_out=0.1).fit(array.values)
    assert np.array_equal(other.rates_["mean"].values, fitted.rates_["mean"].values)
    turned = BiCluster(**QUICK, held_out=0.1).fit(array.transpose("neuron", "time"))
    assert turned.rates_.identical(fitted.rates_)


def test_the_same_seed_gives_the_same_and_another_seed_does_not(spikes, fitted):
    again = BiCluster(**QUICK, held_out=0.1).fit(spikes)
    assert same(fitted, again)
    other = BiCluster(**{**QUICK, "random_state": 1}, held_out=0.1).fit(spikes)
    assert not np.array_equal(other.rates_["mean"], fitted.rates_["mean"])


def test_a_generator_is_a_seed_too(spikes, fitted):
    again = BiCluster(**{**QUICK, "random_state": np.random.default_rng(0)}, held_out=0.1)
    assert np.array_equal(again.fit(spikes).rates_["mean"], fitted.rates_["mean"])


@pytest.mark.slow
def test_chains_side_by_side_give_the_same_as_one_after_the_other(spikes):
    with pytest.warns(NeurokitWarning, match="chains disagree"):
        one = BiCluster(**QUICK, n_chains=4).fit(spikes)
    with pytest.warns(NeurokitWarning, match="chains disagree"):
        two = BiCluster(**QUICK, n_chains=4, n_jobs=4).fit(spikes)
    assert same(one, two)
    assert one.converged_ is False
    assert one.trace_.sizes["chain"] == 4


def test_ragged_trials_keep_their_lengths():
    y = counts(30, 4)
    fit = BiCluster(**QUICK).fit([y[:10], y[10:13], y[13:]])
    assert np.bincount(fit.state_labels_.trial.values).tolist() == [10, 3, 17]


def test_equal_trials_give_labels_per_trial():
    fit = BiCluster(**QUICK).fit(counts(40, 4).reshape(2, 20, 4))
    assert fit.state_labels_.sizes == {"trial": 2, "time": 20}


def test_a_run_that_ends_is_a_cut():
    y = counts(30, 4)
    run = np.repeat([0, 1], 15)
    array = xr.DataArray(
        y, dims=("time", "neuron"), coords={"neuron": list("abcd"), "run": ("time", run)}
    )
    cut = BiCluster(**QUICK).fit(array)
    as_list = BiCluster(**QUICK).fit([y[:15], y[15:]])
    assert np.array_equal(cut.rates_["mean"].values, as_list.rates_["mean"].values)
    whole = BiCluster(**QUICK).fit(y)
    assert not np.array_equal(cut.rates_["mean"].values, whole.rates_["mean"].values)


@pytest.mark.parametrize("observation", ["poisson", "negative_binomial", "gaussian"])
def test_missing_entries_and_a_stretch_without_any_are_filled(observation):
    y = counts(60, 5)
    y[20:35] = np.nan
    y[np.random.default_rng(1).random(y.shape) < 0.3] = np.nan
    fit = BiCluster(**{**QUICK, "observation": observation}).fit(y)
    assert all_finite(fit)
    assert fit.state_labels_.values[20:35].min() >= 0


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
    ],
    ids=["zero", "constant", "one spike each", "one neuron", "three bins", "one bin", "large"],
)
def test_hostile_data_give_finite_rates(observation, values):
    fit = BiCluster(2, observation, n_sweeps=8, max_states=3, random_state=0).fit(values)
    assert all_finite(fit)
    assert fit.neuron_labels_.sizes["neuron"] == values.shape[1]


@pytest.mark.parametrize("observation", ["poisson", "negative_binomial", "gaussian"])
def test_three_hundred_neurons_give_finite_rates(observation):
    # Weights of partitions of more than 171 items overflow unless they stay logarithms.
    options = {**QUICK, "n_clusters": 3, "max_states": 2, "n_sweeps": 4}
    fit = BiCluster(**{**options, "observation": observation}).fit(counts(20, 300))
    assert all_finite(fit)
    assert np.isfinite(fit.trace_.to_dataarray()).all()


def test_rates_of_large_constant_counts_are_these_counts():
    # 60 counts of 500 fix the rate to about 500 / sqrt(30000) = 3 even without sharing.
    fit = BiCluster(1, n_clusters=1, n_sweeps=60, random_state=0).fit(np.full((60, 3), 500.0))
    assert np.abs(fit.rates_["mean"].values.mean(axis=1) - 500.0).max() < 15.0


def test_whole_numbers_and_booleans_are_counts():
    y = counts(30, 3)
    plain = BiCluster(**QUICK).fit(y).rates_["mean"].values
    assert np.array_equal(BiCluster(**QUICK).fit(y.astype(np.int16)).rates_["mean"].values, plain)
    fit = BiCluster(**QUICK).fit(y > 2)
    assert all_finite(fit)


def test_gaussian_rates_and_scores_are_in_units_of_the_data():
    y = np.random.default_rng(0).standard_normal((60, 4))
    options = {**QUICK, "observation": "gaussian", "held_out": 0.2}
    one = BiCluster(**options).fit(y)
    two = BiCluster(**options).fit(1000.0 + 50.0 * y)
    mean = one.rates_["mean"].values
    assert np.allclose(two.rates_["mean"].values, 1000.0 + 50.0 * mean, rtol=0, atol=1e-6)
    assert np.allclose(two.rates_["sd"].values, 50.0 * one.rates_["sd"].values, rtol=1e-6)
    # A density in other units differs by the log of the unit.
    shift = one.held_out_log_likelihood_ - two.held_out_log_likelihood_
    assert shift == pytest.approx(np.log(50.0), abs=1e-6)


@pytest.mark.parametrize(
    ("values", "error", "match"),
    [
        (-counts(20, 2), SchemaError, "negative.*spike counts"),
        (counts(20, 2) + 0.5, SchemaError, "fractional.*bin_spikes"),
        (np.full((20, 2), np.nan), SchemaError, "no observed value"),
        (np.full((20, 2), np.inf), SchemaError, "infinities.*NaN"),
        (np.empty((0, 2)), SchemaError, "no bin"),
        (np.zeros((2, 2, 2, 2)), SchemaError, "axes"),
        (counts(5, 2).astype(str), SchemaError, "real numbers"),
        (counts(5, 2).astype(complex), SchemaError, "real numbers"),
    ],
)
def test_data_that_cannot_be_counts_are_refused(values, error, match):
    with pytest.raises(error, match=match):
        BiCluster(**QUICK).fit(values)


@pytest.mark.parametrize("values", [-counts(20, 2), counts(20, 2) + 0.5])
def test_gaussian_values_may_be_negative_and_fractional(values):
    assert all_finite(BiCluster(**{**QUICK, "observation": "gaussian"}).fit(values))


@pytest.mark.parametrize(
    ("name", "wrong"),
    [
        ("n_latents", 0), ("n_latents", 1.5), ("n_latents", True), ("observation", "binomial"),
        ("n_clusters", 0), ("n_clusters", "3"), ("max_clusters", 0), ("max_states", 0),
        ("neuron_prior", "crp"), ("stickiness", -1.0), ("stickiness", np.inf),
        ("stickiness", "big"), ("n_sweeps", 3), ("n_chains", 0), ("held_out", -0.1),
        ("held_out", 1.0), ("held_out", np.nan), ("held_out", True), ("checkpoint", "chain.nc"),
        ("partition_loss", "vi_"), ("checkpoint_every", 0), ("n_jobs", 0), ("n_jobs", None),
    ],
)  # fmt: skip
def test_wrong_options_are_refused_by_name(name, wrong):
    with pytest.raises(OptionError, match=name):
        BiCluster(**{**QUICK, name: wrong}).fit(counts(20, 3))


def test_nothing_is_given_before_a_fit():
    with pytest.raises(NotFittedError):
        BiCluster().to_arviz()


def test_a_fit_that_is_saved_is_loaded_whole(fitted, tmp_path):
    back = BiCluster.load(fitted.save(tmp_path / "fit.nc"))
    assert same(fitted, back)
    assert back.get_params() == fitted.get_params()


def test_a_second_fit_leaves_nothing_of_the_first(spikes):
    model = BiCluster(1, max_clusters=2, n_sweeps=4, random_state=0).fit(spikes)
    assert list(model.candidates_.n_clusters.values) == [1, 2]
    model.set_params(n_clusters=2).fit(spikes)
    assert not hasattr(model, "candidates_")


def test_arviz_reads_draws_of_numbers_without_labels(fitted):
    tree = fitted.to_arviz()
    assert tree["posterior"].sizes["draw"] == 4
    assert np.array_equal(
        tree["posterior"]["n_clusters"].values, fitted.trace_.n_clusters.values[:, 4:]
    )
    assert np.array_equal(
        tree["sample_stats"]["lp"].values, fitted.trace_.log_likelihood.values[:, 4:]
    )
    assert "log_likelihood" not in tree["posterior"]


def test_without_hidden_entries_there_is_no_score(spikes):
    assert np.isnan(BiCluster(**QUICK).fit(spikes).held_out_log_likelihood_)


class KilledError(Exception):
    """Stands for the end of a process."""


def breaks_at(monkeypatch, number, act):
    whole = chains_module.sweep

    def sweep(state, data, settings, now, rng):
        if now == number:
            act()
        return whole(state, data, settings, now, rng)

    monkeypatch.setattr(chains_module, "sweep", sweep)


def kill():
    raise KilledError


@pytest.mark.parametrize("at", [4, 7])
def test_a_chain_that_was_killed_goes_on_as_if_it_had_not_been(spikes, tmp_path, monkeypatch, at):
    options = {**QUICK, "held_out": 0.1, "checkpoint": tmp_path / "c.npz", "checkpoint_every": 2}
    unbroken = BiCluster(**{**options, "checkpoint": None}).fit(spikes)
    with monkeypatch.context() as patch:
        breaks_at(patch, at, kill)
        with pytest.raises(KilledError):
            BiCluster(**options).fit(spikes)
    made = []
    with monkeypatch.context() as patch:
        breaks_at(patch, at, lambda: made.append(at))
        resumed = BiCluster(**options).fit(spikes)
    assert same(unbroken, resumed)
    assert made == [at]
    assert [path.name for path in tmp_path.iterdir()] == ["c.chain0.npz"]


def test_a_chain_that_is_whole_is_not_run_again(spikes, tmp_path, monkeypatch):
    options = {**QUICK, "checkpoint": tmp_path / "c.npz", "checkpoint_every": 4}
    first = BiCluster(**options).fit(spikes)
    breaks_at(monkeypatch, 5, kill)
    assert same(first, BiCluster(**options).fit(spikes))


def test_a_checkpoint_of_something_else_is_refused(spikes, tmp_path):
    options = {**QUICK, "checkpoint": tmp_path / "c.npz", "checkpoint_every": 4}
    BiCluster(**options).fit(spikes)
    other = spikes.activity.signal.values.copy()
    other[3, 2] += 1
    for model, data in (
        (BiCluster(**options), other),
        (BiCluster(**{**options, "stickiness": 10.0}), spikes),
        (BiCluster(**{**options, "n_sweeps": 12}), spikes),
        (BiCluster(**{**options, "neuron_prior": "dp"}), spikes),
        (BiCluster(**{**options, "observation": "negative_binomial"}), spikes),
    ):
        with pytest.raises(StoreError, match="other data or parameters"):
            model.fit(data)


def test_a_damaged_checkpoint_is_refused(spikes, tmp_path):
    options = {**QUICK, "checkpoint": tmp_path / "c.npz", "checkpoint_every": 4}
    BiCluster(**options).fit(spikes)
    path = tmp_path / "c.chain0.npz"
    whole = path.read_bytes()
    middle = len(whole) // 2
    flipped = bytes([whole[middle] ^ 255])
    array = tmp_path / "array.npy"
    np.save(array, np.zeros(3))
    archive = tmp_path / "other.npz"
    np.savez(archive, a=np.zeros(3))
    for content in (
        b"",
        b"not an archive",
        whole[:middle],
        whole[:middle] + flipped + whole[middle + 1 :],
        array.read_bytes(),
        archive.read_bytes(),
    ):
        path.write_bytes(content)
        with pytest.raises(StoreError, match="no checkpoint of a chain"):
            BiCluster(**options).fit(spikes)


def test_a_checkpoint_in_a_folder_that_is_not_there_is_said(spikes, tmp_path):
    options = {**QUICK, "checkpoint": tmp_path / "no" / "c.npz", "checkpoint_every": 1}
    with pytest.raises(StoreError, match="cannot be written"):
        BiCluster(**options).fit(spikes)


def press_ctrl_c():
    signal.raise_signal(signal.SIGINT)


def test_ctrl_c_keeps_the_sweeps_after_those_thrown_away(spikes, monkeypatch):
    breaks_at(monkeypatch, 6, press_ctrl_c)
    model = BiCluster(**QUICK, held_out=0.1)
    with pytest.raises(KeyboardInterrupt):
        model.fit(spikes)
    assert model.converged_ is False
    # The sweep in which it came is the last; 4 of 6 are thrown away.
    assert model.trace_.sizes["draw"] == 6
    assert model.draws_.sizes["draw"] == 2
    assert all_finite(model)
    assert np.isfinite(model.held_out_log_likelihood_)
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


@pytest.mark.parametrize("at", [1, 3])
def test_ctrl_c_early_keeps_all_sweeps_so_far(spikes, monkeypatch, at):
    breaks_at(monkeypatch, at, press_ctrl_c)
    model = BiCluster(**QUICK, n_chains=2)
    with pytest.raises(KeyboardInterrupt):
        model.fit(spikes)
    assert model.draws_.sizes["draw"] == at
    assert model.draws_.sizes["chain"] == 1
    assert all_finite(model)
    assert float(model.rates_["mean"].mean()) > 0.0


def test_ctrl_c_in_the_second_chain_cuts_the_first_to_its_length(spikes, monkeypatch):
    seen = []

    def press():
        seen.append(1)
        if len(seen) == 2:
            press_ctrl_c()

    breaks_at(monkeypatch, 7, press)
    model = BiCluster(**QUICK, n_chains=2)
    with pytest.raises(KeyboardInterrupt):
        model.fit(spikes)
    assert model.draws_.sizes["chain"] == 2
    assert model.trace_.sizes["draw"] == 7


def test_a_chain_stopped_by_ctrl_c_goes_on_from_there(spikes, tmp_path, monkeypatch):
    options = {**QUICK, "checkpoint": tmp_path / "c.npz", "checkpoint_every": 100}
    unbroken = BiCluster(**{**options, "checkpoint": None}).fit(spikes)
    with monkeypatch.context() as patch:
        breaks_at(patch, 3, press_ctrl_c)
        with pytest.raises(KeyboardInterrupt):
            BiCluster(**options).fit(spikes)
    breaks_at(monkeypatch, 2, kill)
    assert same(unbroken, BiCluster(**options).fit(spikes))


def test_a_second_ctrl_c_ends_it_at_once(spikes, monkeypatch):
    def twice():
        press_ctrl_c()
        press_ctrl_c()

    breaks_at(monkeypatch, 3, twice)
    model = BiCluster(**QUICK)
    with pytest.raises(KeyboardInterrupt):
        model.fit(spikes)
    assert not hasattr(model, "neuron_labels_")
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
