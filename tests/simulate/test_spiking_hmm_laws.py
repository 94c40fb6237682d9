"""Laws that the hidden chain and the counts obey, at the edges of what can be asked for."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.special import expit
from scipy.stats import chisquare, geom, kstest, poisson

import neurokit as nk
from neurokit.simulate import spiking_hmm


def path_of(**options):
    return spiking_hmm(1, random_state=0, **options).truth.state_sequence.values


def test_a_state_that_always_stays_never_changes():
    path = path_of(n_states=4, n_trials=50, n_bins=40, stay=1.0)
    assert (path == path[:, :1]).all()
    assert set(np.unique(path)) == {0, 1, 2, 3}


def test_a_state_that_never_stays_changes_in_every_bin():
    path = path_of(n_states=3, n_trials=20, n_bins=60, stay=0.0)
    assert (path[:, 1:] != path[:, :-1]).all()
    left = np.array([(path[:, 1:] - path[:, :-1]) % 3]).ravel()
    assert chisquare(np.bincount(left, minlength=3)[1:]).pvalue > 1e-3


def test_dwell_times_are_geometric():
    # Visits cut by a trial's edges are left out: one of a hundred that last ten bins.
    paths = path_of(n_states=2, n_trials=40, n_bins=1000, stay=0.9)
    dwell = np.concatenate([np.diff(np.flatnonzero(np.diff(path))) for path in paths])
    observed = np.bincount(np.minimum(dwell, 30), minlength=31)[1:]
    expected = geom.pmf(np.arange(1, 30), 0.1)
    expected = np.append(expected, 1 - expected.sum()) * dwell.size
    assert chisquare(observed, expected).pvalue > 1e-3


def test_rows_of_the_transition_sum_to_one_and_leave_alike():
    truth = spiking_hmm(1, 5, 1, 1, stay=0.7, random_state=0).truth
    np.testing.assert_allclose(truth.transition.sum("state_next"), 1.0)
    np.testing.assert_allclose(np.diag(truth.transition), 0.7)
    off = truth.transition.values[~np.eye(5, dtype=bool)]
    np.testing.assert_allclose(off, 0.3 / 4)


def test_counts_without_history_are_poisson():
    found = spiking_hmm(6, 1, 5000, 1, random_state=4)
    counts = found.recordings["session1"].activity.signal.values[:, 0].astype(int)
    for column, bias in zip(counts.T, found.truth.bias.values, strict=True):
        expected = poisson.pmf(np.arange(4), expit(bias))
        expected = np.append(expected, 1 - expected.sum()) * column.size
        observed = np.bincount(np.minimum(column, 4), minlength=5)
        assert chisquare(observed, expected).pvalue > 1e-3


def test_strengths_are_the_logarithm_of_a_uniform_number():
    truth = spiking_hmm(60, 3, 1, 1, random_state=0).truth
    strength = np.abs(truth.weights.values[truth.adjacency.values != 0])
    assert kstest((np.expm1(strength)) / 3, "uniform").pvalue > 1e-3


def test_biases_are_uniform_around_zero():
    bias = spiking_hmm(400, 1, 1, 1, random_state=0).truth.bias.values
    assert kstest(bias / 0.1 + 0.5, "uniform").pvalue > 1e-3


def test_one_lag_is_the_bin_before():
    found = spiking_hmm(3, 1, 2, 30, n_lags=1, random_state=0)
    assert found.truth.history.values.tolist() == [1.0]
    assert found.truth.lag.values.tolist() == [1]


def test_more_lags_than_bins_are_no_error():
    found = spiking_hmm(2, 1, 2, 3, n_lags=10, random_state=0)
    assert found.recordings["session1"].activity.signal.shape == (2, 3, 2)
    assert found.truth.history.values.sum() == pytest.approx(1.0)


def test_trials_are_independent_copies_of_one_law():
    found = spiking_hmm(4, 2, 300, 20, random_state=1)
    sums = found.recordings["session1"].activity.signal.sum(("time", "neuron")).values
    r = np.corrcoef(sums[1:], sums[:-1])[0, 1]
    assert abs(r) < 4 / np.sqrt(300)


def test_counts_are_whole_numbers_from_zero():
    counts = spiking_hmm(5, 2, 3, 200, random_state=0).recordings["session1"].activity.signal
    assert (counts.values == np.floor(counts.values)).all()
    assert float(counts.min()) >= 0
    assert counts.attrs["units"] == "1"


def test_an_excitatory_edge_raises_and_an_inhibitory_lowers_what_follows():
    # Of all neurons those driven by one other alone: compare bins behind its spikes with others.
    found = spiking_hmm(40, 1, 400, 40, n_lags=1, random_state=0)
    weight = found.truth.weights.values[0]
    counts = found.recordings["session1"].activity.signal.values
    effects = {1.0: [], -1.0: []}
    for post, pre in zip(*np.nonzero(np.abs(weight) > 1.0), strict=True):
        before, after = counts[:, :-1, pre], counts[:, 1:, post]
        effect = after[before > 0].mean() - after[before == 0].mean()
        effects[np.sign(weight[post, pre])].append(effect)
    # 15 600 bins, a third of them behind a spike: standard error .012 for each of some 50 edges.
    assert np.mean(effects[1.0]) > 0.1
    assert np.mean(effects[-1.0]) < -0.1


def test_names_of_neurons_have_one_width():
    names = spiking_hmm(10, 1, 1, 1, random_state=0).truth.post.values
    assert names[0] == "N01"
    assert names[-1] == "N10"


def test_events_mark_the_trials():
    rec = spiking_hmm(2, 1, 3, 20, bin_s=0.1, random_state=0).recordings["session1"]
    np.testing.assert_allclose(rec.events.duration, 2.0)
    assert rec.events.trial.values.tolist() == [0, 1, 2]
    assert nk.schema.sampling_rate(rec.activity.signal) == pytest.approx(10.0)
