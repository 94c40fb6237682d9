"""Searchlights over windows of time equal rdm of what the window holds."""

import numpy as np
import pytest
import xarray as xr
from searched import options_of, patterns_of

import neurokit as nk
from neurokit.errors import OptionError, SchemaError, TimeError


def _movie(n_channels=5, n_times=12, rate=100.0, seed=0, lead=()):
    x = patterns_of(n_channels, lead=[*lead, ("time", n_times)], dim="channel", seed=seed)
    time = xr.Variable("time", np.arange(n_times) / rate, {"sampling_rate": rate, "units": "s"})
    return x.assign_coords(time=time, channel=[f"E{k}" for k in range(n_channels)])


def _chain(n=5):
    return nk.rsa.sensor_neighbourhoods(
        [f"E{k}" for k in range(n)], adjacency=np.eye(n, k=1) + np.eye(n, k=-1)
    )


@pytest.mark.parametrize("method", ["correlation", "crossnobis", "poisson"])
def test_sensors_and_time_are_searched_together(method):
    x, near = _movie(), _chain()
    found = nk.rsa.searchlight(x, near, method, window=0.04, step=0.03, **options_of(method))
    assert found.dims == ("channel", "time", "pair")
    np.testing.assert_allclose(found.time.values, [0.015, 0.045, 0.075])
    for c in range(5):
        for w, first in enumerate((0, 3, 6)):
            at = near.members[near.starts[c] : near.starts[c + 1]]
            part = x.isel(time=slice(first, first + 4), channel=at)
            flat = part.stack(feature=["time", "channel"], create_index=False)
            flat = flat.drop_vars(["time", "channel"])
            expected = nk.rsa.rdm(flat, method, conditions="condition", **options_of(method))
            np.testing.assert_allclose(found.values[c, w], expected.values, rtol=0, atol=1e-10)


def test_time_alone_is_searched_over_all_channels():
    x = _movie()
    found = nk.rsa.searchlight(x, method="correlation", window=0.03)
    assert found.dims == ("time", "pair")
    assert found.sizes["time"] == 10
    flat = x.isel(time=slice(2, 5)).stack(feature=["time", "channel"], create_index=False)
    expected = nk.rsa.rdm(flat.drop_vars(["time", "channel"]), "correlation")
    np.testing.assert_allclose(found.values[2], expected.values, rtol=0, atol=1e-10)


def test_without_a_window_every_sample_is_a_movie_of_its_own():
    x, near = _movie(), _chain()
    found = nk.rsa.searchlight(x, near, "correlation")
    assert found.dims == ("time", "channel", "pair")
    one = nk.rsa.searchlight(x, near, "correlation", window=0.01)
    np.testing.assert_array_equal(found.transpose(*one.dims).values, one.values)
    movie = nk.rsa.rdm(x.isel(channel=[0, 1]), "correlation")
    np.testing.assert_allclose(found.isel(channel=0).values, movie.values, atol=1e-12)


@pytest.mark.parametrize("axis", [0, 1])
def test_windows_are_of_each_subject_wherever_the_dim_stands(axis):
    x = _movie(lead=[("subject", 2)])
    x = x if axis == 0 else x.transpose("time", "subject", ...)
    found = nk.rsa.searchlight(x, _chain(), "correlation", window=0.05)
    assert found.dims == ("subject", "channel", "time", "pair")
    alone = nk.rsa.searchlight(x.isel(subject=1), _chain(), "correlation", window=0.05)
    np.testing.assert_array_equal(found.values[1], alone.values)


@pytest.mark.parametrize("method", ["crossnobis", "mahalanobis"])
def test_a_covariance_of_channels_serves_every_sample_of_a_window(method):
    x, near = _movie(), _chain()
    root = np.random.default_rng(1).standard_normal((5, 9))
    noise = root @ root.T
    found = nk.rsa.searchlight(x, near, method, noise, window=0.03, **options_of(method))
    at = near.members[near.starts[2] : near.starts[3]]
    part = x.isel(time=slice(4, 7), channel=at)
    # p in the formula counts all samples, so that the window is the mean over its samples.
    by_sample = nk.rsa.rdm(part, method, noise[np.ix_(at, at)], **options_of(method))
    np.testing.assert_allclose(found.values[2, 4], by_sample.mean("time").values, rtol=1e-9)


def test_variances_of_channels_serve_every_sample_too():
    x, near = _movie(), _chain()
    variance = np.array([1.0, 4.0, 0.5, 2.0, 3.0])
    found = nk.rsa.searchlight(x, near, "mahalanobis", variance, window=0.03)
    full = nk.rsa.searchlight(x, near, "mahalanobis", np.diag(variance), window=0.03)
    np.testing.assert_allclose(found.values, full.values, rtol=1e-10)


def test_estimated_noise_of_a_window_is_that_of_all_its_samples():
    x, near = _movie(), _chain()
    found = nk.rsa.searchlight(x, near, "crossnobis", "shrinkage_diag", folds="run", window=0.03)
    at = near.members[near.starts[2] : near.starts[3]]
    part = x.isel(time=slice(4, 7), channel=at)
    flat = part.stack(feature=["time", "channel"], create_index=False).drop_vars(
        ["time", "channel"]
    )
    expected = nk.rsa.rdm(flat, "crossnobis", "shrinkage_diag", folds="run")
    np.testing.assert_allclose(found.values[2, 4], expected.values, rtol=1e-9)


def test_windows_do_not_cross_a_cut():
    x = _movie().rename(run="session")
    cut = x.assign_coords(run=("time", [0] * 5 + [1] * 7))
    found = nk.rsa.searchlight(cut, method="correlation", window=0.05, conditions="condition")
    np.testing.assert_allclose(found.time.values, [0.02, 0.07, 0.08, 0.09])


@pytest.mark.parametrize(("window", "step"), [(0.5, None), (0.001, None), (0.03, 0.001)])
def test_windows_that_hold_nothing_or_do_not_fit_are_refused(window, step):
    with pytest.raises(OptionError, match="window"):
        nk.rsa.searchlight(_movie(), method="correlation", window=window, step=step)


def test_windows_need_time_with_a_rate():
    x = _movie()
    with pytest.raises(SchemaError, match="over time"):
        nk.rsa.searchlight(x.isel(time=0, drop=True), method="correlation", window=0.1)
    with pytest.raises(TimeError, match="irregular"):
        nk.rsa.searchlight(
            x.assign_coords(time=np.arange(12) ** 2.0), method="correlation", window=0.1
        )


def test_a_channel_that_lacks_samples_of_a_window_has_no_noise_there():
    x = _movie()
    x.values[3, :, 1] = np.nan
    with pytest.raises(SchemaError, match="lacks some samples of a window"):
        nk.rsa.searchlight(x, _chain(), "mahalanobis", np.eye(5) + 0.1, window=0.03)
    x.values[:, :, 1] = np.nan
    found = nk.rsa.searchlight(x, _chain(), "mahalanobis", np.eye(5) + 0.1, window=0.03)
    assert np.isfinite(found).all()


def test_epochs_of_a_recording_are_searched_as_they_are():
    x = _movie()
    group = x.transpose("trial", "time", "channel").to_dataset(name="signal")
    tree = xr.DataTree.from_dict({"/activity": group})
    found = nk.rsa.searchlight(tree, _chain(), "correlation", window=0.04)
    expected = nk.rsa.searchlight(x, _chain(), "correlation", window=0.04)
    np.testing.assert_array_equal(found.values, expected.values)
