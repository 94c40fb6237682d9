"""The simulated population follows its own formula, and its truth is what was planted."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.special import expit
from scipy.stats import chisquare

import neurokit as nk
from neurokit.errors import OptionError
from neurokit.simulate import spiking_hmm


@pytest.fixture(scope="module")
def simulation():
    return spiking_hmm(12, 3, 20, 500, random_state=0)


def drive(simulation):
    """The linear predictor of every trial, bin and neuron, written as plain loops over lags."""
    truth = simulation.truth
    counts = simulation.recordings["session1"].activity.signal.values.astype(float)
    past = np.zeros_like(counts)
    for lag, share in zip(truth.lag.values, truth.history.values, strict=True):
        past[:, lag:] += share * counts[:, :-lag]
    weights = truth.weights.values[truth.state_sequence.values]
    return counts, truth.bias.values + np.einsum("mtnj,mtj->mtn", weights, past)


def test_sizes_are_as_asked():
    found = spiking_hmm(4, 2, 3, 50, n_lags=2, bin_s=0.05, random_state=0)
    signal = found.recordings["session1"].activity.signal
    assert dict(signal.sizes) == {"trial": 3, "time": 50, "neuron": 4}
    assert found.truth.sizes["lag"] == 2
    assert nk.schema.sampling_rate(signal) == pytest.approx(20.0)
    np.testing.assert_array_equal(found.truth.post, signal.neuron)


def test_the_recording_keeps_the_contract(simulation):
    assert not list(nk.validate(simulation.recordings["session1"], deep=True))


def test_counts_have_the_mean_that_weights_and_history_say(simulation):
    counts, eta = drive(simulation)
    rate = expit(eta)
    # Residuals of a Poisson count, in units of their standard deviation: 120 000 of them.
    z = ((counts - rate) / np.sqrt(rate)).ravel()
    assert abs(z.mean()) < 4 / np.sqrt(z.size)
    assert z.var() == pytest.approx(1.0, abs=0.03)
    # And none of the predictor is left in them.
    assert abs(np.corrcoef(z, eta.ravel())[0, 1]) < 4 / np.sqrt(z.size)


def test_couplings_of_another_state_do_not_fit(simulation):
    counts, eta = drive(simulation)
    truth = simulation.truth.assign(state_sequence=(simulation.truth.state_sequence + 1) % 3)
    _, wrong = drive(type(simulation)(simulation.recordings, truth))

    def log_likelihood(predictor):
        return float((counts * np.log(expit(predictor)) - expit(predictor)).mean())

    assert log_likelihood(eta) > log_likelihood(wrong) + 0.01


def test_the_first_bin_of_a_trial_has_no_history():
    found = spiking_hmm(3, 2, 4000, 1, random_state=1)
    mean = found.recordings["session1"].activity.signal.mean(("trial", "time")).values
    np.testing.assert_allclose(mean, expit(found.truth.bias.values), atol=4 * np.sqrt(0.5 / 4000))


def test_states_stay_and_leave_as_the_transition_says(simulation):
    path = simulation.truth.state_sequence.values
    transition = simulation.truth.transition.values
    for k in range(3):
        following = path[:, 1:][path[:, :-1] == k]
        seen = np.bincount(following, minlength=3)
        assert chisquare(seen, transition[k] * following.size).pvalue > 1e-3


def test_the_first_state_is_uniform():
    path = spiking_hmm(1, 4, 2000, 1, random_state=2).truth.state_sequence.values[:, 0]
    assert chisquare(np.bincount(path, minlength=4)).pvalue > 1e-3


def test_edges_have_the_frequencies_of_the_paper():
    truth = spiking_hmm(100, 2, 1, 1, random_state=0).truth
    kinds = truth.adjacency.values
    # Mean of Dirichlet(.2, 1.6, .2); 20 000 edges.
    assert (kinds == 0).mean() == pytest.approx(0.8, abs=0.01)
    assert (kinds == 1).mean() == pytest.approx(0.1, abs=0.01)
    # Two states agree with probability E[sum_c p_c^2] = (2 .2 1.2 + 1.6 2.6) / (2 3).
    assert (kinds[0] == kinds[1]).mean() == pytest.approx(0.7733, abs=0.015)


def test_kinds_of_edges_follow_their_probabilities():
    truth = spiking_hmm(40, 6, 1, 1, random_state=3).truth
    drawn = np.stack([(truth.adjacency == c).mean("state") for c in (-1, 0, 1)], -1)
    expected = truth.prior_connectivity.values
    # Slope 1 of frequency on probability, over 1600 edges times 3.
    slope = np.sum(drawn * expected) / np.sum(expected**2)
    assert slope == pytest.approx(1.0, abs=0.02)
    np.testing.assert_allclose(expected.sum(-1), 1.0)


def test_weights_have_the_sign_of_their_edge_and_at_most_log_four(simulation):
    truth = simulation.truth
    np.testing.assert_array_equal(np.sign(truth.weights), truth.adjacency)
    assert float(abs(truth.weights).max()) <= np.log(4)


def test_history_sums_to_one_and_falls_by_e_per_lag(simulation):
    history = simulation.truth.history.values
    assert history.sum() == pytest.approx(1.0)
    np.testing.assert_allclose(history[1:] / history[:-1], np.exp(-1))


def test_the_same_seed_gives_the_same_bytes():
    a, b, c = (spiking_hmm(5, 2, 2, 30, random_state=seed) for seed in (7, 7, 8))
    nk.testing.assert_same(a.recordings["session1"], b.recordings["session1"])
    assert not np.array_equal(
        a.recordings["session1"].activity.signal, c.recordings["session1"].activity.signal
    )


def test_one_state_stays_where_it_is():
    truth = spiking_hmm(2, 1, 2, 10, random_state=0).truth
    assert truth.transition.values.tolist() == [[1.0]]
    assert not truth.state_sequence.values.any()


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("n_neurons", 0),
        ("n_states", 2.5),
        ("n_trials", True),
        ("n_bins", -1),
        ("n_lags", 0),
        ("stay", 1.2),
        ("stay", float("nan")),
        ("bin_s", 0.0),
        ("bin_s", float("inf")),
    ],
)
def test_a_number_out_of_range_is_named(name, value):
    with pytest.raises(OptionError, match=name):
        spiking_hmm(**{name: value})
