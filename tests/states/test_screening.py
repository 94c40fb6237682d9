"""Which bins starts are compared on: some trials of many, pieces of one long recording."""

from __future__ import annotations

import numpy as np

from neurokit.states import GLMHMM, match_states
from neurokit.states.restarts import _screening_bins, _screening_trials


def counts_of(n_trials, n_bins):
    return np.random.default_rng(0).poisson(1.0, (n_trials, n_bins, 2)).astype(float)


def prepared(counts, history=None):
    _, data, _ = GLMHMM(2, history=history).prepare(counts)
    return data


def test_trials_that_are_not_long_are_screened_as_they_are():
    data = prepared(counts_of(40, 1000))
    screen = _screening_bins(data, np.random.default_rng(0))
    chosen = _screening_trials(data.offsets, np.random.default_rng(0))
    np.testing.assert_array_equal(screen.response, data.take(chosen).response)
    np.testing.assert_array_equal(screen.offsets, data.take(chosen).offsets)


def test_one_long_recording_is_screened_on_pieces_from_all_over_it():
    counts = np.arange(60_000.0)[:, None]
    data = prepared(counts, history=1)
    screen = _screening_bins(data, np.random.default_rng(0))
    lengths = np.diff(screen.offsets)
    assert 15_000 <= len(screen.response) < 15_600
    assert lengths.max() == 600
    first = screen.response[screen.offsets[:-1], 0]
    assert (np.diff(first) > 0).all()
    assert first.min() < 12_000
    assert first.max() > 48_000
    # Bins of a piece follow each other, and keep the history that they had.
    for start, stop in zip(screen.offsets[:-1], screen.offsets[1:], strict=True):
        assert (np.diff(screen.response[start:stop, 0]) == 1).all()
    np.testing.assert_allclose(screen.columns[1:, 0], screen.response[1:, 0] - 1)


def test_long_and_short_and_empty_trials_are_screened_together():
    data = prepared([np.ones((n, 2)) for n in (3001, 40, 3000)])
    screen = _screening_bins(data, np.random.default_rng(0))
    # All bins are needed; only the first is long.
    np.testing.assert_array_equal(np.diff(screen.offsets)[6:], [40, 3000])
    assert np.diff(screen.offsets)[:6].sum() == 3001
    assert np.ptp(np.diff(screen.offsets)[:6]) <= 1
    np.testing.assert_array_equal(data.offsets, [0, 3001, 3041, 6041])


def test_states_of_one_long_recording_are_found():
    rng = np.random.default_rng(4)
    states = np.repeat(rng.permutation(np.tile(np.arange(4), 15)), 400)
    rates = np.array([[0.2, 0.2, 2.0], [0.2, 2.0, 0.2], [2.0, 0.2, 0.2], [1.5, 1.5, 1.5]])
    counts = rng.poisson(rates[states]).astype(float)
    model = GLMHMM(4, history=None, n_restarts=2, tol=1e-4, random_state=0).fit(counts)
    found = model.decode(counts).values
    assert (match_states(states, found)[states] == found).mean() > 0.97
