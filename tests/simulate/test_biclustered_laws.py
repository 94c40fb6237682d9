"""Laws of what `simulate.biclustered` plants."""

from __future__ import annotations

import numpy as np
import pytest

from neurokit.errors import OptionError
from neurokit.schema.validate import validate
from neurokit.simulate import biclustered


def planted(**options):
    simulation = biclustered(random_state=0, **options)
    return simulation.recordings["session1"].activity.signal.values, simulation.truth


def test_log_rates_are_loadings_on_the_cluster_trajectory():
    _, truth = planted(n_neurons=9, n_bins=200, n_clusters=3)
    for i, k in enumerate(truth.neuron_cluster.values):
        eta = truth.log_rate.values[:, i] - truth.trajectory.values[k][:, 0]
        design = np.column_stack([np.ones(200), truth.trajectory.values[k][:, 1:]])
        left = eta - design @ np.linalg.lstsq(design, eta, rcond=None)[0]
        assert np.abs(left).max() < 1e-9


def test_trajectories_are_centred_and_their_axes_principal():
    _, truth = planted(n_bins=300)
    for one in truth.trajectory.values:
        assert np.abs(one.mean(axis=0)).max() < 1e-9
        assert one[:, 1] @ one[:, 2] == pytest.approx(0.0, abs=1e-6)
        assert one[:, 1].var() >= one[:, 2].var()


def test_clusters_share_neurons_evenly_and_states_stay():
    _, truth = planted(n_neurons=10, n_bins=2000, n_clusters=3)
    assert sorted(np.bincount(truth.neuron_cluster.values)) == [3, 3, 4]
    changes = np.count_nonzero(np.diff(truth.state.values))
    # Dwell times of about 50 bins: 40 changes in 2000, standard deviation below 3.
    assert 28 <= changes <= 54


@pytest.mark.parametrize(("observation", "extra"), [("poisson", 0.0), ("negative_binomial", 0.25)])
def test_counts_have_the_mean_and_variance_of_their_law(observation, extra):
    values, truth = planted(n_neurons=40, n_bins=1500, observation=observation, size=4.0)
    rate = np.exp(truth.log_rate.values)
    usual = rate < 5.0
    left = (values - rate)[usual]
    variance = (rate + extra * rate**2)[usual]
    n = usual.sum()
    assert n > 30_000
    # Standardised: mean 0 +- 1 / sqrt(n); mean square 1 with a standard error of about 2 / sqrt(n).
    assert abs((left / np.sqrt(variance)).mean()) < 5 / np.sqrt(n)
    assert (left**2 / variance).mean() == pytest.approx(1.0, abs=0.1)
    assert (values >= 0).all()
    assert (values == np.round(values)).all()


def test_gaussian_values_have_the_noise_asked_for():
    values, truth = planted(n_neurons=20, n_bins=500, observation="gaussian", noise=2.0)
    left = values - truth.log_rate.values
    assert left.std() == pytest.approx(2.0, rel=0.03)


def test_the_recording_is_valid_and_the_seed_decides():
    one, again = (biclustered(6, 50, 2, random_state=s) for s in (3, 3))
    assert not list(validate(one.recordings["session1"], deep=True))
    assert one.recordings["session1"].identical(again.recordings["session1"])
    assert one.truth.identical(again.truth)
    other = biclustered(6, 50, 2, random_state=4)
    assert not np.array_equal(other.truth.log_rate, one.truth.log_rate)


@pytest.mark.parametrize("n_latents", [1, 3])
def test_any_number_of_latents_and_one_state(n_latents):
    _, truth = planted(n_neurons=4, n_bins=30, n_clusters=1, n_states=1, n_latents=n_latents)
    assert truth.trajectory.shape == (1, 30, n_latents + 1)
    assert not truth.state.values.any()


@pytest.mark.parametrize(
    ("name", "wrong"),
    [
        ("n_neurons", 0), ("n_bins", 1.5), ("n_clusters", True), ("n_clusters", 31),
        ("n_states", 5), ("n_latents", 0), ("observation", "binomial"), ("size", 0.0),
        ("noise", -1.0), ("noise", np.nan), ("bin_s", np.inf),
    ],
)  # fmt: skip
def test_wrong_numbers_are_refused_by_name(name, wrong):
    with pytest.raises(OptionError, match=name):
        biclustered(**{name: wrong})
