"""What an atlas says of epochs: coverage of bins, means, errors, and a test that holds."""

from __future__ import annotations

import numpy as np
import pytest
import xarray as xr

from neurokit.connectome.atlas import atlas_over_epochs, coverage
from neurokit.schema import events
from neurokit.schema.time import time_coordinate


def course(values, width=2.0, names=None):
    values = np.asarray(values, dtype=float)
    centre = width * (np.arange(values.shape[-1]) + 0.5)
    coords = {
        "component": range(values.shape[0]),
        "recording": names or [f"w{k}" for k in range(values.shape[1])],
        "time": time_coordinate(centre, 1.0 / width),
    }
    return xr.DataArray(values, coords, ["component", "recording", "time"])


def table(*rows):
    onset, duration, kind = zip(*rows, strict=True)
    return events(onset, duration=duration, trial_type=kind)


def test_bins_are_covered_by_the_share_of_their_time():
    y = course(np.zeros((1, 1, 5)))
    found = coverage({"w0": table((1.0, 4.0, "a"), (9.0, 0.0, "tick"))}, y)
    assert found.trial_type.values.tolist() == ["a", "tick"]
    np.testing.assert_allclose(found.sel(trial_type="a").values[0], [0.5, 1, 0.5, 0, 0])
    np.testing.assert_allclose(found.sel(trial_type="tick").values[0], [0, 0, 0, 0, 1])


def test_overlapping_events_cover_no_more_than_everything():
    y = course(np.zeros((1, 1, 3)))
    found = coverage({"w0": table((0.0, 4.0, "a"), (0.0, 6.0, "a"))}, y)
    assert float(found.max()) == 1.0


def test_a_recording_without_events_is_unknown_not_outside():
    y = course(np.zeros((1, 2, 3)))
    found = coverage({"w1": table((0.0, 2.0, "a"))}, y)
    assert found.sel(recording="w0").isnull().all()
    assert found.sel(recording="w1").notnull().all()


def atlas(y, happened, shared=False, seed=0):
    covered = coverage(happened, y)
    rng = np.random.default_rng(seed)
    return atlas_over_epochs(y, covered, happened, shared=shared, random_state=rng)


def test_means_inside_and_outside_are_weighted_by_coverage():
    y = course([[[1.0, 2.0, 6.0, 1.0]]])
    found = atlas(y, {"w0": table((2.0, 3.0, "a"))})
    # Bins 1 and half of 2 are inside: (2 + 3) / 1.5; outside (1 + 3 + 1) / 2.5.
    assert float(found["mean"].squeeze()) == pytest.approx(5 / 1.5)
    assert float(found.outside.squeeze()) == pytest.approx(2.0)
    assert found.n_epochs.values.tolist() == [1]
    assert found.standard_error.isnull().all()


def test_the_error_is_that_of_single_epochs():
    y = course([[[1.0, 0, 2.0, 0, 6.0, 0]]])
    found = atlas(y, {"w0": table((0.0, 2.0, "a"), (4.0, 2.0, "a"), (8.0, 2.0, "a"))})
    assert float(found["mean"].squeeze()) == pytest.approx(3.0)
    assert float(found.standard_error.squeeze()) == pytest.approx(
        np.std([1, 2, 6], ddof=1) / 3**0.5
    )


def busy(rng, n=200, n_epochs=12):
    onset = np.sort(rng.choice(np.arange(0, 2 * n - 8, 8.0), n_epochs, replace=False))
    return table(*[(t, 6.0, "a") for t in onset])


@pytest.mark.parametrize("shared", [True, False])
def test_a_motif_of_epochs_is_found_and_another_is_not(shared):
    rng = np.random.default_rng(1)
    happened = {name: busy(np.random.default_rng(5)) for name in ("w0", "w1")}
    y = course(rng.random((2, 2, 200)))
    covered = coverage(happened, y)
    y.values[0] += covered.values[:, 0]
    found = atlas(y, happened, shared)
    assert float(found.q[0, 0]) < 0.02
    assert float(found.correlation[0, 0]) > 0.5
    assert float(found.p[1, 0]) > 0.05


@pytest.mark.slow
def test_unrelated_motifs_pass_no_more_often_than_they_should():
    rng = np.random.default_rng(0)
    smooth = np.ones(5) / 5
    p = []
    for seed in range(60):
        noise = np.stack([np.convolve(rng.random(204), smooth, "valid") for _ in range(2)])
        y = course(noise[None])
        happened = {name: busy(rng) for name in ("w0", "w1")}
        p.append(float(atlas(y, happened, seed=seed).p.squeeze()))
    # 60 draws of 5 %: more than 7 in one of 100 samples.
    assert np.sum(np.array(p) <= 0.05) <= 7


def test_without_events_there_is_an_empty_atlas():
    found = atlas(course(np.ones((2, 1, 10))), {})
    assert found.sizes == {"component": 2, "trial_type": 0}
    assert {"mean", "standard_error", "outside", "correlation", "p", "q"} <= set(found.data_vars)


def test_an_epoch_over_everything_has_no_outside_and_no_p():
    found = atlas(
        course(np.random.default_rng(0).random((1, 1, 10))), {"w0": table((0.0, 20.0, "a"))}
    )
    assert found.outside.isnull().all()
    assert found.p.isnull().all()
    assert found["mean"].notnull().all()


def test_bins_behind_the_end_of_a_recording_are_neither_inside_nor_outside():
    rng = np.random.default_rng(0)
    values = rng.random((1, 2, 60))
    happened = {name: table((4.0, 8.0, "a"), (30.0, 8.0, "a")) for name in ("w0", "w1")}
    long = course(values)
    long.values[0, 1, 40:] = np.nan
    cut = course(values[:, 1:, :40], names=["w1"])
    found = atlas(long.isel(recording=[1]), happened)
    expected = atlas(cut, {"w1": happened["w1"]})
    for name in ("mean", "outside", "standard_error", "correlation"):
        np.testing.assert_allclose(found[name], expected[name], rtol=1e-10)
    both = atlas(long, happened)
    assert np.isfinite(both["p"]).all()
    shared = atlas(long, happened, shared=True)
    assert np.isfinite(shared["p"]).all()


def test_epochs_behind_the_end_are_not_counted():
    y = course(np.ones((1, 1, 10)))
    y.values[0, 0, 5:] = np.nan
    found = atlas(y, {"w0": table((0.0, 4.0, "a"), (14.0, 4.0, "a"))})
    assert found.n_epochs.values.tolist() == [1]
    assert float(found["mean"].squeeze()) == 1.0
