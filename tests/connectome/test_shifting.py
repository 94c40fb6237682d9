"""Shifted neurons keep what they do by themselves; affinity from matrices equals that of pairs."""

from __future__ import annotations

import numpy as np
import pytest

import neurokit as nk
from neurokit.connectome import affinity
from neurokit.connectome.motif_null import movement_of
from neurokit.connectome.recordings import gather
from neurokit.connectome.shifting import dense, shifted

OPTIONS = {
    "kind": "differential",
    "smooth_s": 1.0,
    "bin_s": 8.0,
    "scale": "pooled",
    "balance": False,
    "window_s": 10.0,
}


@pytest.fixture(scope="module")
def traces():
    recs = nk.simulate.worms(2, 12, 2, duration=120.0, n_epochs=2, random_state=0).recordings
    return gather(recs).traces


def movement(traces, **options):
    return movement_of(traces, {**OPTIONS, **options})


@pytest.mark.parametrize("kind", ["differential", "product", "rising", "min", "correlation"])
@pytest.mark.parametrize("balance", [False, True])
def test_it_is_the_affinity_of_the_room(traces, kind, balance):
    expected = affinity(traces, **{**OPTIONS, "kind": kind, "balance": balance})
    expected = expected.transpose("pair", "time", "recording").values
    found = dense(movement(traces, kind=kind, balance=balance))
    # A window at the end of the record sees the rest beyond the last whole bin in one of them.
    stop = -1 if kind == "correlation" else None
    np.testing.assert_allclose(found[:, :stop], expected[:, :stop], rtol=2e-4, atol=2e-5)


def test_a_function_of_the_users_own_will_do(traces):
    def weaker(a, b):
        return np.sign(a * b) * np.minimum(np.abs(a), np.abs(b))

    own = dense(movement(traces, kind=weaker))
    np.testing.assert_array_equal(own, dense(movement(traces, kind="min")))


def test_a_recording_that_ends_earlier_is_missing_there_and_nowhere_else(traces):
    short = traces.copy()
    short.values[1, 300:] = np.nan
    found = dense(movement(short))
    gone = np.isnan(found[:, :, 1]).all(axis=0)
    # 300 frames are 9 bins of 32 and a part of the tenth.
    assert np.flatnonzero(gone).tolist() == [10, 11, 12, 13, 14]
    assert np.isfinite(found[:, :10, 1]).any(axis=0).all()


def test_gaps_take_the_way_over_pairs(traces):
    gappy = traces.copy()
    gappy.values[0, 40:60] = np.nan
    expected = affinity(gappy, **OPTIONS).transpose("pair", "time", "recording").values
    np.testing.assert_allclose(dense(movement(gappy)), expected, rtol=1e-4, atol=1e-5)


def test_every_row_keeps_its_values(traces):
    before = movement(traces)
    after = shifted(before, np.random.default_rng(0))
    for a, b in zip(before.values[0], after.values[0], strict=True):
        np.testing.assert_array_equal(np.sort(a), np.sort(b))
        if np.isfinite(a).all():
            # Circular: neighbours stay neighbours.
            start = int(np.flatnonzero(b == a[0])[0])
            np.testing.assert_array_equal(np.roll(a, start), b)


def test_neurons_move_apart_and_recordings_together(traces):
    base = movement(traces)
    base.values[:] = np.arange(base.values.shape[2])
    apart = shifted(base, np.random.default_rng(0)).values[:, :, 0]
    assert len(np.unique(apart)) > 10
    together = shifted(base, np.random.default_rng(0), together=True).values[:, :, 0]
    assert (together == together[:, :1]).all()
    assert together[0, 0] != together[1, 0]


def test_shifts_stay_within_what_was_recorded(traces):
    short = traces.copy()
    short.values[1, 300:] = np.nan
    before = movement(short).values[1]
    after = shifted(movement(short), np.random.default_rng(0)).values[1]
    np.testing.assert_array_equal(np.isnan(after), np.isnan(before))


def test_the_given_values_are_not_touched(traces):
    base = movement(traces)
    before = base.values.copy()
    shifted(base, np.random.default_rng(0))
    np.testing.assert_array_equal(base.values, before)
