"""Which bins an event takes up, against a fine grid of moments; what the test of an atlas says."""

from __future__ import annotations

import numpy as np
import pytest
import xarray as xr
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import false_discovery_control

from neurokit.connectome.atlas import atlas_over_epochs, coverage
from neurokit.schema import events
from neurokit.schema.time import time_coordinate


def course(values, width=1.0, run=None):
    """(component, recording, time) strengths on bins that begin at 0."""
    values = np.asarray(values, dtype=float)
    centre = width * (np.arange(values.shape[-1]) + 0.5)
    coords = {
        "component": range(values.shape[0]),
        "recording": [f"w{k}" for k in range(values.shape[1])],
        "time": time_coordinate(centre, 1.0 / width),
    }
    if run is not None:
        coords["run"] = ("time", run)
    return xr.DataArray(values, coords, ["component", "recording", "time"])


def table(*rows):
    onset, duration, kind = zip(*rows, strict=True)
    return events(onset, duration=duration, trial_type=kind)


def covered(*rows, n=10, width=1.0):
    return coverage({"w0": table(*rows)}, course(np.zeros((1, 1, n)), width)).values[0, 0]


@pytest.mark.parametrize("width", [1.0, 2.0, 0.1, 0.3])
def test_a_moment_on_the_edge_of_two_bins_is_in_the_later_one_alone(width):
    for edge in range(1, 10):
        found = covered((edge * width, 0.0, "tick"), width=width)
        assert np.flatnonzero(found).tolist() == [edge]


@pytest.mark.parametrize("onset", [0.0, 0.999, 1.0, 1.5, 9.0, 9.99])
def test_every_moment_within_the_record_is_in_one_bin(onset):
    found = covered((onset, 0.0, "tick"))
    assert found.sum() == 1
    assert found[int(onset)] == 1


@pytest.mark.parametrize("onset", [-0.5, 10.0, 11.0, -np.inf, np.inf])
def test_moments_outside_the_record_are_in_no_bin(onset):
    assert not covered((onset, 0.0, "tick")).any()


@given(
    onset=st.floats(-3, 12),
    length=st.floats(0.05, 15),
    width=st.sampled_from([0.5, 1.0, 2.0]),
)
def test_shares_are_those_of_a_fine_grid_of_moments(onset, length, width):
    found = covered((onset, length, "a"), n=8, width=width)
    moment = (np.arange(8000) + 0.5) * width / 1000
    inside = (moment >= onset) & (moment < onset + length)
    np.testing.assert_allclose(found, inside.reshape(8, 1000).mean(axis=1), atol=2e-3)


def test_an_event_at_an_unknown_time_takes_up_nothing_and_spoils_nothing():
    known = covered((2.0, 3.0, "a"))
    for unknown in ((np.nan, 2.0, "a"), (np.nan, 0.0, "a")):
        np.testing.assert_array_equal(covered((2.0, 3.0, "a"), unknown), known)


def test_an_event_of_unknown_or_endless_length():
    np.testing.assert_array_equal(covered((2.5, np.nan, "a")), np.eye(10)[2])
    np.testing.assert_allclose(covered((2.5, np.inf, "a")), [0, 0, 0.5, *[1] * 7])


def test_a_lost_onset_does_not_take_the_recording_out_of_the_atlas():
    y = course(np.random.default_rng(0).random((1, 1, 40)))
    happened = {"w0": table((4.0, 4.0, "a"), (20.0, 4.0, "a"))}
    spoiled = {"w0": table((4.0, 4.0, "a"), (20.0, 4.0, "a"), (np.nan, 4.0, "a"))}
    one, other = (
        atlas_over_epochs(y, coverage(h, y), h, shared=False, random_state=np.random.default_rng(0))
        for h in (happened, spoiled)
    )
    xr.testing.assert_identical(one, other)


def atlas(y, happened, shared=False, seed=0):
    cover = coverage(happened, y)
    return atlas_over_epochs(
        y, cover, happened, shared=shared, random_state=np.random.default_rng(seed)
    )


def simulated(n=60, n_recordings=2, n_components=3, seed=0):
    rng = np.random.default_rng(seed)
    y = course(rng.random((n_components, n_recordings, n)))
    happened = {}
    for k in range(n_recordings):
        onset = np.sort(rng.choice(np.arange(0, n - 5), 6, replace=False)).astype(float)
        kind = rng.choice(["a", "b"], 6)
        happened[f"w{k}"] = table(
            *[(t, d, c) for t, d, c in zip(onset, rng.random(6) * 4 + 0.2, kind, strict=True)]
        )
    return y, happened


def test_correlations_are_those_of_numpy_over_all_bins():
    y, happened = simulated()
    found = atlas(y, happened)
    cover = coverage(happened, y)
    for k, kind in enumerate(found.trial_type.values):
        c = cover.sel(trial_type=kind).values.ravel()
        for m in range(3):
            r = np.corrcoef(y.values[m].ravel(), c)[0, 1]
            assert float(found.correlation[m, k]) == pytest.approx(r)


def test_recordings_on_one_clock_are_tested_as_their_mean():
    y, happened = simulated()
    found = atlas(y, happened, shared=True)
    cover = coverage(happened, y)
    for k, kind in enumerate(found.trial_type.values):
        c = cover.sel(trial_type=kind).values.mean(axis=0)
        for m in range(3):
            r = np.corrcoef(y.values[m].mean(axis=0), c)[0, 1]
            assert float(found.correlation[m, k]) == pytest.approx(r)


def test_means_inside_and_outside_average_to_the_mean_of_all():
    y, happened = simulated()
    found = atlas(y, happened)
    cover = coverage(happened, y)
    for k, kind in enumerate(found.trial_type.values):
        share = float(cover.sel(trial_type=kind).mean())
        whole = share * found["mean"][:, k] + (1 - share) * found.outside[:, k]
        np.testing.assert_allclose(whole, y.values.mean(axis=(1, 2)))


def test_p_values_are_shares_of_shifts_and_q_values_those_of_benjamini_and_hochberg():
    y, happened = simulated(n_components=4)
    found = atlas(y, happened)
    counts = found.p.values * 1000
    np.testing.assert_allclose(counts, np.round(counts), atol=1e-9)
    assert counts.min() >= 1
    np.testing.assert_allclose(
        found.q.values.ravel(), false_discovery_control(found.p.values.ravel())
    )


def test_a_scaled_or_moved_strength_has_the_same_correlation_and_p():
    y, happened = simulated()
    found = atlas(y, happened)
    other = atlas(5.0 * y + 2.0, happened)
    for name in ("correlation", "p", "q"):
        np.testing.assert_allclose(other[name], found[name], atol=1e-12)
    np.testing.assert_allclose(other["mean"], 5 * found["mean"] + 2)
    np.testing.assert_allclose(other.standard_error, 5 * found.standard_error)


def test_a_motif_that_avoids_epochs_counts_as_much_as_one_that_seeks_them():
    rng = np.random.default_rng(0)
    onset = np.sort(rng.choice(np.arange(0, 380, 20.0), 12, replace=False))
    onset += rng.integers(0, 10, 12)
    happened = {"w0": table(*[(t, 6.0, "a") for t in onset])}
    y = course(0.2 * rng.random((1, 1, 400)))
    inside = coverage(happened, y).values[0, 0]
    both = xr.concat([y + inside, y + 1 - inside], "component")
    found = atlas(both, happened)
    assert float(found.correlation[0, 0]) > 0.9
    assert float(found.correlation[1, 0]) < -0.9
    assert (found.p.values <= 0.02).all()


def test_a_motif_that_never_varies_has_no_correlation_and_no_p():
    y, happened = simulated(n_components=1)
    found = atlas(xr.ones_like(y), happened)
    assert found.correlation.isnull().all()
    assert found.p.isnull().all()
    np.testing.assert_array_equal(found["mean"], 1.0)
    np.testing.assert_array_equal(found.outside, 1.0)


def test_kinds_that_one_recording_lacks_cover_nothing_there():
    y = course(np.ones((1, 2, 5)))
    found = coverage({"w0": table((0.0, 1.0, "a")), "w1": table((1.0, 1.0, "b"))}, y)
    assert found.trial_type.values.tolist() == ["a", "b"]
    np.testing.assert_array_equal(found.sel(recording="w0", trial_type="b"), 0.0)
    np.testing.assert_array_equal(found.sel(recording="w1", trial_type="b"), [0, 1, 0, 0, 0])


def test_events_of_recordings_without_strengths_are_not_asked():
    y = course(np.ones((1, 1, 5)))
    found = coverage({"w0": table((0.0, 1.0, "a")), "elsewhere": table((0.0, 1.0, "z"))}, y)
    assert found.recording.values.tolist() == ["w0"]
    assert not found.sel(trial_type="z").any()


def test_the_seed_fixes_the_p_values_and_nothing_given_is_changed():
    y, happened = simulated()
    before = y.copy(deep=True)
    onsets = {k: v.onset.values.copy() for k, v in happened.items()}
    one, same, other = (atlas(y, happened, seed=seed) for seed in (1, 1, 2))
    xr.testing.assert_identical(one, same)
    assert not np.array_equal(one.p, other.p)
    xr.testing.assert_identical(y, before)
    for key, onset in onsets.items():
        np.testing.assert_array_equal(happened[key].onset, onset)


def test_the_order_of_recordings_does_not_matter_to_what_is_not_drawn():
    y, happened = simulated()
    turned = y.isel(recording=[1, 0])
    one, other = atlas(y, happened), atlas(turned, happened)
    for name in ("mean", "outside", "standard_error", "correlation"):
        np.testing.assert_allclose(one[name], other[name])
    assert one.n_epochs.values.tolist() == other.n_epochs.values.tolist()


def test_runs_are_shifted_each_by_itself():
    y, happened = simulated(n=60, n_recordings=1)
    cut = y.assign_coords(run=("time", np.repeat([0, 1], 30)))
    one, other = atlas(y, happened), atlas(cut, happened)
    np.testing.assert_allclose(one.correlation, other.correlation)
    assert np.isfinite(other.p).all()
    assert not np.array_equal(one.p, other.p)
