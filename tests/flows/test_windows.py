"""Windows of long trials: every bin is in one, neighbours share enough, joins are smooth."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from neurokit.flows.observed import observed
from neurokit.flows.padded import padded
from neurokit.flows.windows import cut, joined

LENGTHS = st.lists(st.integers(1, 60), min_size=1, max_size=5)
WINDOW = st.integers(1, 25)


def offsets_of(lengths):
    return np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64)


def bins_of(firsts, lengths):
    return [np.arange(a, a + n) for a, n in zip(firsts, lengths, strict=True)]


@given(LENGTHS, WINDOW)
def test_side_by_side_every_bin_is_in_one_window(lengths, window):
    firsts, sizes = cut(offsets_of(lengths), window, overlapping=False)
    np.testing.assert_array_equal(np.concatenate(bins_of(firsts, sizes)), np.arange(sum(lengths)))
    assert sizes.max() <= window
    trial = np.searchsorted(offsets_of(lengths), firsts, side="right") - 1
    for k, n in enumerate(lengths):
        mine = sizes[trial == k]
        # As few as can be, and as equal.
        assert len(mine) == -(-n // window)
        assert mine.max() - mine.min() <= 1


@given(LENGTHS, WINDOW)
def test_overlapping_windows_hold_all_bins_and_stay_in_their_trial(lengths, window):
    offsets = offsets_of(lengths)
    firsts, sizes = cut(offsets, window, overlapping=True)
    assert set(np.concatenate(bins_of(firsts, sizes))) == set(range(sum(lengths)))
    trial = np.searchsorted(offsets, firsts, side="right") - 1
    assert (firsts + sizes <= offsets[trial + 1]).all()
    for k, n in enumerate(lengths):
        mine = trial == k
        np.testing.assert_array_equal(sizes[mine], np.full(mine.sum(), min(n, window)))
        assert firsts[mine][0] == offsets[k]
        assert (firsts + sizes)[mine][-1] == offsets[k + 1]
        shared = window - np.diff(firsts[mine])
        assert (shared >= window // 5).all()
        # One window fewer would leave less than that.
        count = int(mine.sum())
        if count > 1:
            assert (count - 1) * (window - window // 5) + window // 5 < n


@given(LENGTHS, WINDOW, st.integers(0, 100))
def test_joined_windows_of_a_signal_are_the_signal(lengths, window, seed):
    signal = np.random.default_rng(seed).normal(size=(sum(lengths), 2, 3))
    for overlapping in (False, True):
        firsts, sizes = cut(offsets_of(lengths), window, overlapping=overlapping)
        parts = signal[np.concatenate(bins_of(firsts, sizes))]
        np.testing.assert_allclose(joined(parts, firsts, sizes), signal, rtol=1e-12, atol=1e-14)


def test_one_window_fades_into_the_other():
    firsts, sizes = cut(np.array([0, 18]), 10, overlapping=True)
    np.testing.assert_array_equal(firsts, [0, 8])
    parts = np.concatenate([np.zeros(10), np.ones(10)])
    found = joined(parts, firsts, sizes)
    np.testing.assert_array_equal(found[:8], 0.0)
    np.testing.assert_array_equal(found[10:], 1.0)
    # Two bins are shared: two and one from the end of the one, one and two into the other.
    np.testing.assert_allclose(found[8:10], [1 / 3, 2 / 3])


def test_three_windows_over_one_bin_are_weighted_by_depth():
    firsts, sizes = np.array([0, 1, 2]), np.array([3, 3, 3])
    parts = np.array([10.0, 20.0, 30.0, 1.0, 2.0, 3.0, 0.1, 0.2, 0.3])
    # Depths are 1, 2, 1 in each window.
    expected = [10.0, (2 * 20 + 1) / 3, (30 + 2 * 2 + 0.1) / 4, (3 + 2 * 0.2) / 3, 0.3]
    np.testing.assert_allclose(joined(parts, firsts, sizes), expected)


@given(LENGTHS, WINDOW, st.booleans())
def test_padded_windows_give_rows_back(lengths, window, overlapping):
    rng = np.random.default_rng(0)
    values = rng.poisson(2.0, (sum(lengths), 3)).astype(float)
    values[rng.random(values.shape) < 0.2] = np.nan
    inputs = rng.normal(size=(len(values), 2))
    data = padded(observed(values, inputs, offsets_of(lengths)), window, overlapping=overlapping)
    assert data.values.shape[1] <= window
    np.testing.assert_allclose(data.rows(data.values), np.nan_to_num(values), rtol=1e-12)
    np.testing.assert_allclose(data.rows(data.seen.astype(float)), ~np.isnan(values), rtol=1e-12)
    np.testing.assert_allclose(data.rows(data.inputs), inputs, rtol=1e-6)
    assert (data.inputs[~data.inside] == 0).all()
    ends = data.firsts + data.lengths
    np.testing.assert_array_equal(ends[data.last], np.cumsum(lengths))


@pytest.mark.parametrize("window", [None, 4])
def test_inputs_ahead_follow_each_trials_own_end(window):
    inputs = np.arange(1.0, 10.0)[:, None]
    data = padded(observed(np.zeros((9, 1)), inputs, np.array([0, 6, 9])), window, overlapping=True)
    ahead = data.further(np.array([[[50.0], [51.0]], [[60.0], [61.0]]]))
    assert ahead.inputs.shape[1] == data.inputs.shape[1] + 2
    lines = [[x for x in row if x] for row in ahead.inputs[..., 0].tolist()]
    whole = [[1, 2, 3, 4, 5, 6, 50, 51], [7, 8, 9, 60, 61]]
    assert lines == (whole if window is None else [[1, 2, 3, 4], [3, 4, 5, 6, 50, 51], whole[1]])
    assert data.inputs.shape[1] == (6 if window is None else 4)


def test_hidden_neurons_and_other_inputs_change_what_is_known():
    values = np.random.default_rng(0).poisson(2.0, (12, 3)).astype(float)
    data = padded(observed(values, np.ones((12, 1)), np.array([0, 12])), 5)
    hidden = data.without(np.array([False, True, False]))
    assert not hidden.seen[..., 1].any()
    assert (hidden.values[..., 1] == 0).all()
    np.testing.assert_array_equal(hidden.values[..., [0, 2]], data.values[..., [0, 2]])
    other = padded(observed(values, np.full((12, 1), 2.0), np.array([0, 12])), 5)
    assert other.fingerprint() != data.fingerprint()
    assert padded(observed(values, np.ones((12, 1)), np.array([0, 12])), 6).fingerprint() != (
        data.fingerprint()
    )
