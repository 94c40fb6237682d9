"""Shifts counted one by one, and affinities of shifted neurons from the formula itself."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import chisquare

import neurokit as nk
from neurokit.connectome import DynamicConnectome, affinity, kernels
from neurokit.connectome.motif_null import movement_of
from neurokit.connectome.motif_test import chance_floor
from neurokit.connectome.recordings import gather
from neurokit.connectome.shifting import HALVES, Movement, dense, shifted

KINDS = {
    "differential": kernels.differential,
    "product": kernels.product,
    "rising": kernels.rising,
}


def movement(values, width=2, kind="differential", balance=False):
    return Movement(np.asarray(values, dtype=float), width, KINDS[kind], HALVES[kind], balance)


def clock(n_recordings=1, n_neurons=1, n_frames=7):
    """Every frame holds its own number, so that a shift can be read off."""
    return movement(np.broadcast_to(np.arange(n_frames), (n_recordings, n_neurons, n_frames)))


def amounts(shifts):
    """How far each neuron was moved to the right."""
    return np.argmin(shifts.values, axis=2)


def test_every_amount_is_equally_likely():
    moved = [amounts(shifted(clock(), rng)).item() for rng in np.random.default_rng(0).spawn(1400)]
    assert chisquare(np.bincount(moved, minlength=7)).pvalue > 1e-3


def test_two_neurons_are_shifted_independently():
    both = [
        amounts(shifted(clock(n_neurons=2, n_frames=4), rng))[0]
        for rng in np.random.default_rng(1).spawn(1600)
    ]
    table = np.zeros((4, 4))
    for a, b in both:
        table[a, b] += 1
    assert chisquare(table.ravel()).pvalue > 1e-3


def test_recordings_are_shifted_independently_of_each_other():
    both = [
        amounts(shifted(clock(2, 3, 4), rng, together=True))
        for rng in np.random.default_rng(2).spawn(800)
    ]
    table = np.zeros((4, 4))
    for pair in both:
        assert (pair == pair[:, :1]).all()
        table[pair[0, 0], pair[1, 0]] += 1
    assert chisquare(table.ravel()).pvalue > 1e-3


@given(
    n_frames=st.integers(1, 30),
    n_neurons=st.integers(1, 5),
    seen=st.integers(0, 30),
    seed=st.integers(0, 999),
    together=st.booleans(),
)
def test_each_row_is_rolled_within_what_was_recorded(n_frames, n_neurons, seen, seed, together):
    rng = np.random.default_rng(seed)
    values = rng.normal(size=(1, n_neurons, n_frames))
    seen = min(seen, n_frames)
    values[:, :, seen:] = np.nan
    before = values.copy()
    after = shifted(movement(values), rng, together=together).values
    np.testing.assert_array_equal(values, before)
    for a, b in zip(before[0], after[0], strict=True):
        rolls = [np.append(np.roll(a[:seen], k), a[seen:]) for k in range(max(seen, 1))]
        assert any(np.array_equal(b, roll, equal_nan=True) for roll in rolls)


def formula(kind, x, y):
    if kind == "differential":
        return np.sign(x * y) * np.sqrt(np.abs(x * y))
    if kind == "product":
        return x * y
    return np.sqrt(max(x, 0) * max(y, 0))


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("n_frames", [6, 7])
def test_affinities_are_the_formula_at_every_frame_averaged_over_bins(kind, n_frames):
    values = np.random.default_rng(3).normal(size=(2, 4, n_frames))
    found = dense(movement(values, 3, kind))
    assert found.shape == (6, 2, 2)
    for w in range(2):
        p = 0
        for i in range(4):
            for j in range(i + 1, 4):
                for b in range(2):
                    frames = range(3 * b, 3 * b + 3)
                    mean = np.mean([formula(kind, *values[w, [i, j], t]) for t in frames])
                    assert found[p, b, w] == pytest.approx(max(mean, 0), rel=1e-6, abs=1e-7)
                p += 1


def test_a_balanced_recording_has_mean_one():
    values = (
        np.random.default_rng(0).normal(size=(3, 5, 40)) * np.array([1, 10, 0.1])[:, None, None]
    )
    found = dense(movement(values, 4, "product", balance=True))
    np.testing.assert_allclose(found.mean(axis=(0, 1)), 1.0, rtol=1e-5)
    plain = dense(movement(values, 4, "product"))
    for w in range(3):
        np.testing.assert_allclose(
            found[:, :, w], plain[:, :, w] / plain[:, :, w].mean(), rtol=1e-4
        )


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("balance", [False, True])
@pytest.mark.parametrize("n_seen", [0, 1])
def test_a_recording_with_fewer_than_two_neurons_is_missing_alone(kind, balance, n_seen):
    values = np.random.default_rng(0).normal(size=(2, 4, 12))
    values[1, n_seen:] = np.nan
    found = dense(movement(values, 3, kind, balance))
    assert np.isnan(found[:, :, 1]).all()
    alone = dense(movement(values[:1], 3, kind, balance))
    np.testing.assert_array_equal(found[:, :, :1], alone)
    again = dense(shifted(movement(values, 3, kind, balance), np.random.default_rng(1)))
    assert np.isnan(again[:, :, 1]).all()
    assert np.isfinite(again[:, :, 0]).all()


def test_a_stack_with_an_animal_of_one_neuron_can_be_fitted_and_tested():
    recs = nk.simulate.worms(2, 12, 2, duration=120.0, n_epochs=2, random_state=0).recordings
    traces = gather(recs).traces.copy()
    traces.values[1, :, 1:] = np.nan
    options = {"bin_s": 8.0, "n_restarts": 2, "n_permutations": 3, "communities": None}
    model = DynamicConnectome(2, balance=True, progress=False, random_state=0, **options)
    model.fit(traces)
    assert np.isfinite(model.p_value_).all()
    assert float(model.weight_.max()) > 0


def test_silent_neurons_have_affinity_zero_not_nan():
    values = np.zeros((1, 3, 8))
    values[0, 0] = np.random.default_rng(0).normal(size=8)
    for balance in (False, True):
        found = dense(movement(values, 2, balance=balance))
        np.testing.assert_array_equal(found, 0.0)


def test_the_floor_is_the_mean_of_the_shifts_it_was_drawn_from():
    values = np.random.default_rng(5).normal(size=(2, 4, 24))
    base = movement(values, 4)
    floor = chance_floor(base, np.random.default_rng(0).spawn(6))
    draws = [dense(shifted(base, rng)) for rng in np.random.default_rng(0).spawn(6)]
    np.testing.assert_allclose(floor, np.mean([d.mean(axis=(1, 2)) for d in draws], axis=0))


def test_all_shifts_of_two_neurons_average_to_the_product_of_their_means():
    # Over all circular shifts the mean product is mean(x) mean(y): all 25 by hand.
    x, y = np.random.default_rng(1).random((2, 5)) + 0.1
    every = []
    for i in range(5):
        for j in range(5):
            rows = np.stack([np.roll(x, i), np.roll(y, j)])[None]
            every.append(dense(movement(rows, 1, "product")).mean())
    assert np.mean(every) == pytest.approx(x.mean() * y.mean(), rel=1e-6)


@pytest.mark.parametrize("kind", ["differential", "min", "correlation"])
def test_movement_holds_whole_bins_of_the_traces(kind):
    recs = nk.simulate.worms(2, 10, 2, duration=121.0, n_epochs=2, random_state=0).recordings
    traces = gather(recs).traces
    options = {
        "kind": kind,
        "smooth_s": 1.0,
        "bin_s": 8.0,
        "scale": "pooled",
        "balance": False,
        "window_s": 10.0,
    }
    found = movement_of(traces, options)
    assert found.values.shape == (2, 10, 480)
    assert found.width == 32
    assert found.half is HALVES.get(kind)
    assert affinity(traces, **options).sizes["time"] == 15
