"""The tests of motifs on arrays: halves, chance floor, statistics, p-values, predicted error."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.optimize import nnls

from neurokit.connectome.kernels import differential, minimum
from neurokit.connectome.motif_test import (
    alternating_halves,
    chance_floor,
    exceeded,
    predicted_error,
    refitted_null,
    share_alone,
    strengths_of,
    synchrony,
)
from neurokit.connectome.pairs import pair_index
from neurokit.connectome.shifting import HALVES, Movement, dense


def streams(n, seed=0):
    return np.random.default_rng(seed).spawn(n)


def slopes(n_recordings=2, n_neurons=8, n_frames=400, together=0, seed=0):
    """Independent smooth noise; the first `together` neurons share half of theirs."""
    rng = np.random.default_rng(seed)
    kernel = np.exp(-0.5 * (np.arange(-9, 10) / 3.0) ** 2)
    raw = rng.standard_normal((n_recordings, n_neurons, n_frames + 18))
    values = np.apply_along_axis(np.convolve, 2, raw, kernel, "valid")
    if together:
        shared = np.apply_along_axis(
            np.convolve, 2, rng.standard_normal((n_recordings, 1, n_frames + 18)), kernel, "valid"
        )
        values[:, :together] += 2 * shared
    return (values / values.std(axis=2, keepdims=True)).astype(np.float32)


def movement(values, width=20):
    return Movement(values, width, differential, HALVES["differential"])


def planted(n_pairs=60, rank=3, n_bins=30, n_recordings=2, noise=0.05, seed=0):
    """Tensor of disjoint patterns that take turns, and the patterns of unit norm."""
    rng = np.random.default_rng(seed)
    loading = np.zeros((n_pairs, rank))
    for r in range(rank):
        loading[r * n_pairs // rank : (r + 1) * n_pairs // rank, r] = rng.uniform(0.5, 1.5)
    loading /= np.linalg.norm(loading, axis=0)
    strength = rng.random((rank, n_bins, n_recordings)) * (rng.random((rank, n_bins, 1)) < 0.4)
    tensor = np.einsum("pr,rtw->ptw", loading, strength)
    return tensor + noise * rng.random(tensor.shape) / np.sqrt(n_pairs), loading, strength


# -- halves of a record


@pytest.mark.parametrize("n_bins", [10, 23, 50, 97, 400])
def test_halves_share_no_bin_and_are_a_bin_apart(n_bins):
    one, other = alternating_halves(n_bins)
    assert not set(one) & set(other)
    assert min(abs(a - b) for a in one for b in other) >= 2
    assert abs(len(one) - len(other)) <= 5
    # At most one bin in five is given up between the blocks.
    assert len(one) + len(other) >= 0.75 * n_bins
    assert max(one.max(), other.max()) < n_bins


@pytest.mark.parametrize("n_bins", [0, 1, 9])
def test_records_too_short_to_divide_give_none(n_bins):
    assert alternating_halves(n_bins) is None


def test_blocks_alternate_so_that_both_halves_span_the_record():
    one, other = alternating_halves(200)
    for half in (one, other):
        assert np.ptp(half) > 150


# -- chance floor


def test_the_floor_is_what_independent_neurons_have():
    base = movement(slopes(n_frames=4000, seed=1))
    floor = chance_floor(base, streams(10))
    observed = dense(base).mean(axis=(1, 2))
    # Nobody is related: the floor is the mean affinity, up to sampling of 200 bins per recording.
    assert floor.mean() == pytest.approx(observed.mean(), rel=0.05)


def test_the_floor_does_not_know_who_moves_together():
    related = movement(slopes(together=4, seed=2, n_frames=2000))
    floor = chance_floor(related, streams(20))
    observed = dense(related).mean(axis=(1, 2))
    first, second = pair_index(8)
    group = (first < 4) & (second < 4)
    assert observed[group].min() > 1.5 * floor[group].max()
    assert floor[group].mean() == pytest.approx(floor[~group].mean(), rel=0.15)


def test_pairs_never_recorded_have_no_floor():
    values = slopes()
    values[:, 3] = np.nan
    floor = chance_floor(movement(values), streams(3))
    first, second = pair_index(8)
    np.testing.assert_array_equal(np.isnan(floor), (first == 3) | (second == 3))


# -- statistics


def test_strengths_are_least_squares_in_every_bin():
    tensor, loading, strength = planted(noise=0.0)
    found = strengths_of(tensor, loading)
    np.testing.assert_allclose(found, strength.transpose(0, 2, 1), atol=1e-7)


def test_strengths_are_those_of_nnls_where_pairs_are_missing():
    tensor, loading, _ = planted()
    tensor[:7, :, 1] = np.nan
    tensor[5, 4, 0] = np.nan
    loading[11] = np.nan
    found = strengths_of(tensor, loading)
    for w, t in ((0, 4), (0, 9), (1, 3)):
        seen = np.isfinite(tensor[:, t, w]) & np.isfinite(loading[:, 0])
        oracle = nnls(loading[seen], tensor[seen, t, w])[0]
        np.testing.assert_allclose(found[:, w, t], oracle, atol=1e-7)


def test_a_bin_nobody_saw_has_strength_zero():
    tensor, loading, _ = planted()
    tensor[:, 2, 0] = np.nan
    assert (strengths_of(tensor, loading)[:, 0, 2] == 0).all()


def test_disjoint_patterns_explain_their_own_part_alone():
    tensor, loading, strength = planted(noise=0.0)
    floor = np.zeros(len(loading))
    share = share_alone(tensor, loading, floor)
    own = (strength**2).sum(axis=(1, 2))
    np.testing.assert_allclose(share, own / own.sum(), atol=1e-6)
    assert share.sum() == pytest.approx(1.0, abs=1e-6)


def test_a_pattern_that_is_the_floor_explains_nothing_alone():
    tensor, loading, _ = planted()
    floor = np.ones(len(loading))
    patterns = np.column_stack([loading, floor / np.linalg.norm(floor)])
    share = share_alone(tensor, patterns, floor)
    assert share[3] == pytest.approx(0.0, abs=1e-6)
    assert share[:3].min() > 0.1


def test_the_scale_of_patterns_and_of_the_floor_does_not_matter():
    tensor, loading, _ = planted()
    floor = np.random.default_rng(1).random(len(loading))
    one = share_alone(tensor, loading, floor)
    other = share_alone(tensor, loading * [1.0, 5.0, 0.1], 7 * floor)
    np.testing.assert_allclose(one, other, rtol=1e-5)


def test_an_empty_pattern_has_no_share():
    tensor, loading, _ = planted()
    loading[:, 1] = 0
    share = share_alone(tensor, loading, np.ones(len(loading)))
    assert share[1] == 0
    assert share_alone(0 * tensor, loading, np.ones(len(loading))).max() == 0


def test_synchrony_is_the_mean_correlation_over_pairs_of_recordings():
    tensor, loading, _ = planted(n_recordings=4, noise=0.0)
    found = synchrony(tensor, loading)
    strength = strengths_of(tensor, loading)
    for r in range(3):
        table = np.corrcoef(strength[r])
        assert found[r] == pytest.approx(table[np.triu_indices(4, 1)].mean())


def test_a_recording_without_the_pattern_counts_as_no_synchrony():
    tensor, loading, _ = planted(noise=0.0)
    tensor[:, :, 1] = 0
    np.testing.assert_allclose(synchrony(tensor, loading), 0.0, atol=1e-12)


# -- null


def constant_patterns(tensor, rng):
    return np.ones((len(tensor), 1))


def mean_affinity(tensor, loading):
    return np.array([np.nanmean(tensor)])


def test_draws_follow_their_streams_for_any_number_of_workers():
    base = movement(slopes())
    one, other = (
        refitted_null(base, constant_patterns, mean_affinity, streams(6, seed=3), n_workers=n)
        for n in (1, 3)
    )
    np.testing.assert_array_equal(one, other)
    assert one.shape == (6, 1)
    assert len(np.unique(one)) == 6


def test_related_neurons_are_apart_in_the_null():
    base = movement(slopes(together=4, n_frames=2000))
    null = refitted_null(base, constant_patterns, mean_affinity, streams(20))
    assert mean_affinity(dense(base), None) > null.max()


def test_whole_recordings_keep_who_moves_together():
    base = movement(slopes(together=4, n_frames=2000))
    null = refitted_null(base, constant_patterns, mean_affinity, streams(10), together=True)
    # What is shifted as a whole changes only where bins begin.
    whole = float(mean_affinity(dense(base), None)[0])
    np.testing.assert_allclose(null, whole, rtol=0.05)


def test_kinds_without_a_matrix_form_are_shifted_too():
    base = Movement(slopes(), 20, minimum)
    null = refitted_null(base, constant_patterns, mean_affinity, streams(3))
    assert np.isfinite(null).all()


def test_the_best_of_a_draw_is_the_reference_for_all():
    null = np.array([[0.1, 0.9], [0.2, 0.3], [0.4, 0.0]])
    p = exceeded(np.array([1.0, 0.5, 0.35, 0.0]), np.tile(null, (1, 1)))
    np.testing.assert_allclose(p, [1 / 4, 2 / 4, 3 / 4, 1.0])


def test_ties_count_against_the_data():
    value = np.array([0.3])
    assert exceeded(value, np.array([[0.1 + 0.2]])) == 1.0


# -- predicted error


def test_true_patterns_predict_pairs_that_were_hidden():
    tensor, loading, _ = planted(noise=0.0)
    residual, total = predicted_error(tensor, loading, np.random.default_rng(0))
    # Each pair's strengths come from the other half of its own pattern.
    assert residual < 1e-10 * total
    assert total == pytest.approx((tensor**2).sum())


def test_wrong_patterns_predict_nothing():
    tensor, loading, _ = planted(noise=0.0)
    wrong = np.random.default_rng(5).permutation(loading)
    residual, total = predicted_error(tensor, wrong, np.random.default_rng(0))
    assert residual > 0.4 * total


def test_missing_entries_do_not_count():
    tensor, loading, _ = planted()
    tensor[3, :, 0] = np.nan
    loading[9] = np.nan
    residual, total = predicted_error(tensor, loading, np.random.default_rng(0))
    known = tensor.copy()
    known[9] = np.nan
    assert total == pytest.approx(np.nansum(known**2))
    assert 0 < residual < total
