"""Formulas of pairwise affinity against loops over single frames."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from neurokit.connectome import kernels
from neurokit.connectome.kernels import bin_mean, pair_affinity, whole_bins, windowed_correlation
from neurokit.connectome.pairs import pair_index


def naive(kind, a, b):
    """One frame, by the definition."""
    same_sign = a * b > 0
    if kind == "differential":
        return math.copysign(math.sqrt(abs(a * b)), a * b) if a * b != 0 else 0.0
    if kind == "minimum":
        return (1 if same_sign else -1) * min(abs(a), abs(b)) if a * b != 0 else 0.0
    if kind == "product":
        return a * b
    return math.sqrt(a * b) if a > 0 and b > 0 else 0.0


@pytest.mark.parametrize("kind", ["differential", "minimum", "product", "rising"])
@pytest.mark.parametrize("width", [1, 3])
def test_affinity_equals_a_loop_over_pairs_and_frames(kind, width):
    rng = np.random.default_rng(0)
    slopes = rng.standard_normal((5, 13))
    slopes[0, 2] = 0.0
    runs = [slice(0, 7), slice(7, 13)]
    first, second = pair_index(5)
    bins = whole_bins(runs, width)
    found = pair_affinity(slopes, first, second, getattr(kernels, kind), bins)
    starts = [t for run in runs for t in range(run.start, run.stop - width + 1, width)]
    assert found.shape == (10, len(starts))
    assert found.dtype == np.float32
    for p, (i, j) in enumerate(zip(first, second, strict=True)):
        for b, start in enumerate(starts):
            frames = [naive(kind, slopes[i, t], slopes[j, t]) for t in range(start, start + width)]
            expected = max(0.0, sum(frames) / width)
            np.testing.assert_allclose(found[p, b], expected, rtol=1e-6, atol=1e-7)


@pytest.mark.parametrize("kind", ["differential", "minimum", "product", "rising"])
@given(a=st.floats(-5, 5, width=32), b=st.floats(-5, 5, width=32), c=st.floats(0.1, 10))
@settings(deadline=None)
def test_kernels_are_symmetric_and_scale_with_their_degree(kind, a, b, c):
    kernel = getattr(kernels, kind)
    x, y = np.array([[a]]), np.array([[b]])
    np.testing.assert_array_equal(kernel(x, y), kernel(y, x))
    degree = 2 if kind == "product" else 1
    np.testing.assert_allclose(kernel(c * x, c * y), c**degree * kernel(x, y), rtol=1e-6)


def test_a_missing_neuron_stays_missing():
    slopes = np.random.default_rng(0).standard_normal((3, 8))
    slopes[1] = np.nan
    first, second = pair_index(3)
    for width in (1, 4):
        bins = whole_bins([slice(0, 8)], width)
        found = pair_affinity(slopes, first, second, kernels.differential, bins)
        np.testing.assert_array_equal(np.isnan(found).all(axis=1), [True, False, True])
        np.testing.assert_array_equal(np.isnan(found).any(axis=1), [True, False, True])


def test_a_bin_is_the_mean_over_its_observed_frames():
    values = np.array([[1.0, np.nan, 3.0, np.nan, np.nan, np.nan]])
    found = bin_mean(values, whole_bins([slice(0, 6)], 3))
    np.testing.assert_array_equal(found, [[2.0, np.nan]])


def test_bins_do_not_cross_runs_and_drop_the_rest():
    bins = whole_bins([slice(0, 7), slice(7, 9), slice(9, 12)], 3)
    assert bins.frames.reshape(-1, 3).tolist() == [[0, 1, 2], [3, 4, 5], [9, 10, 11]]


def test_chance_agreement_cancels_within_a_bin():
    # E max(sign sqrt|ab|, 0) of independent normals is (E sqrt|a|)^2 / 2 = 0.338 at one frame.
    slopes = np.random.default_rng(0).standard_normal((2, 40_000))
    pair = (np.array([0]), np.array([1]))
    levels = [
        pair_affinity(slopes, *pair, kernels.differential, whole_bins([slice(0, 40_000)], w)).mean()
        for w in (1, 16, 64)
    ]
    analytic = (2**0.25 * math.gamma(0.75) / math.sqrt(math.pi)) ** 2 / 2
    # Standard error over 40 000 frames is 0.003.
    assert abs(levels[0] - analytic) < 0.012
    # The mean of n signed values is normal with sd sqrt(2/pi/n); cut at zero: sd / sqrt(2 pi).
    for level, n in zip(levels[1:], (16, 64), strict=True):
        expected = math.sqrt(2 / math.pi / n / (2 * math.pi))
        assert abs(level - expected) < 0.15 * expected


def test_agreement_that_is_real_survives_a_bin():
    slopes = np.repeat(np.random.default_rng(0).standard_normal((1, 64)), 2, axis=0)
    pair = (np.array([0]), np.array([1]))
    plain = pair_affinity(slopes, *pair, kernels.differential, whole_bins([slice(0, 64)], 1))
    binned = pair_affinity(slopes, *pair, kernels.differential, whole_bins([slice(0, 64)], 16))
    np.testing.assert_allclose(plain, np.abs(slopes[:1]), rtol=1e-6)
    np.testing.assert_allclose(binned, plain.reshape(1, 4, 16).mean(axis=2), rtol=1e-6)


@pytest.mark.parametrize("with_gaps", [False, True])
def test_windowed_correlation_equals_a_loop(with_gaps):
    rng = np.random.default_rng(0)
    x, y = rng.standard_normal((2, 2, 23))
    y += 0.5 * x
    if with_gaps:
        x[0, 3:6] = y[1, 10] = np.nan
    runs = [slice(0, 12), slice(12, 23)]
    found = windowed_correlation(3, runs)(x, y)
    for row in range(2):
        for t in range(23):
            run = runs[0] if t < 12 else runs[1]
            window = slice(max(t - 3, run.start), min(t + 4, run.stop))
            both = np.isfinite(x[row, window]) & np.isfinite(y[row, window])
            if both.sum() < 3 or not np.isfinite(x[row, t] * y[row, t]):
                assert np.isnan(found[row, t])
            else:
                r = np.corrcoef(x[row, window][both], y[row, window][both])[0, 1]
                np.testing.assert_allclose(found[row, t], r, atol=1e-12)


def test_correlation_with_a_constant_is_zero():
    rows = np.vstack([np.ones(20), np.random.default_rng(0).standard_normal(20)])
    found = windowed_correlation(4, [slice(0, 20)])(rows[:1], rows[1:])
    np.testing.assert_array_equal(found, np.zeros((1, 20)))


def test_blocks_of_pairs_do_not_show(monkeypatch):
    slopes = np.random.default_rng(0).standard_normal((9, 11)).astype(np.float32)
    first, second = pair_index(9)
    bins = whole_bins([slice(0, 11)], 2)
    whole = pair_affinity(slopes, first, second, kernels.minimum, bins)
    monkeypatch.setattr(kernels, "_BLOCK", 25)
    np.testing.assert_array_equal(
        pair_affinity(slopes, first, second, kernels.minimum, bins), whole
    )
