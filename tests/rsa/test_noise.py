"""Noise covariance: positive definite, right on average, labels and degrees of freedom."""

import numpy as np
import pytest
import xarray as xr

import neurokit as nk
from neurokit.errors import LabelError, OptionError, SchemaError
from neurokit.rsa.noise import aligned_noise


@pytest.mark.parametrize("method", ["shrinkage_eye", "shrinkage_diag", "diag"])
def test_positive_definite_with_more_channels_than_observations(method):
    x = np.random.default_rng(0).standard_normal((15, 60))
    x[:, 1] = x[:, 0]  # a copied channel makes the sample covariance singular at any length
    found = nk.rsa.noise_covariance(x, method, conditions=np.zeros(15)).values
    assert np.linalg.eigvalsh(found)[0] > 0
    np.testing.assert_array_equal(found, found.T)


@pytest.mark.parametrize("method", ["shrinkage_eye", "shrinkage_diag", "full", "diag"])
def test_many_observations_give_the_true_covariance(method):
    rng = np.random.default_rng(1)
    truth = np.diag([1.0, 4.0, 2.0])
    if method != "diag":
        truth[0, 1] = truth[1, 0] = 1.2
    x = rng.multivariate_normal(np.zeros(3), truth, 40000)
    found = nk.rsa.noise_covariance(x, method, conditions=np.zeros(40000)).values
    # The standard error of a variance of 4 is 4 sqrt(2 / 40000) = .028.
    np.testing.assert_allclose(found, truth, atol=0.12)


def test_tiny_units_do_not_underflow():
    x = np.random.default_rng(0).standard_normal((30, 5))
    plain = nk.rsa.noise_covariance(x, conditions=np.zeros(30)).values
    tiny = nk.rsa.noise_covariance(x * 1e-90, conditions=np.zeros(30)).values
    np.testing.assert_allclose(tiny * 1e180, plain, rtol=1e-10)


def test_folds_give_one_covariance_each(make_patterns):
    x = make_patterns(n=5, p=4, n_repeats=4)
    found = nk.rsa.noise_covariance(x, conditions="condition", folds="run")
    assert found.dims == ("fold", "channel", "channel_2")
    one = x.isel(trial=x.run.values == 1)
    alone = nk.rsa.noise_covariance(one, conditions="condition")
    np.testing.assert_allclose(found.sel(fold=1).values, alone.values, rtol=1e-12)
    assert nk.rsa.rdm(x, noise=found, folds="run", conditions="condition").sizes["pair"] == 10


def test_residuals_lose_one_degree_of_freedom(make_patterns):
    x = xr.DataArray(np.random.default_rng(0).standard_normal((20, 3)), dims=["time", "channel"])
    found = nk.rsa.noise_covariance(x, "full")
    np.testing.assert_allclose(found.values, np.cov(x.values.T), rtol=1e-12)
    fewer = nk.rsa.noise_covariance(x, "full", dof=10)
    np.testing.assert_allclose(fewer.values * 10, found.values * 19, rtol=1e-12)


def test_mistakes_are_named(make_patterns):
    x = make_patterns(n=3, p=4, n_folds=1, n_repeats=1)
    with pytest.raises(OptionError, match="degrees of freedom"):
        nk.rsa.noise_covariance(x, conditions="condition")
    with pytest.raises(OptionError, match="shrinkage_diag"):
        nk.rsa.noise_covariance(x, "shrinkage")
    holed = x.copy()
    holed.values[0, 0] = np.nan
    with pytest.raises(SchemaError, match="not finite"):
        nk.rsa.noise_covariance(holed, conditions=np.zeros(3))
    noise = nk.rsa.noise_covariance(x, conditions=np.zeros(3))
    with pytest.raises(LabelError, match="c9"):
        aligned_noise(noise, np.array(["c0", "c9"]), "channel")
    with pytest.raises(SchemaError, match="dims"):
        aligned_noise(noise, np.array(["c0"]), "neuron")


@pytest.mark.parametrize("dim", ["channel", "neuron", "voxel", "vertex", "unit", "feature"])
@pytest.mark.parametrize("timed", [False, True])
def test_residuals_over_time_need_no_conditions(dim, timed):
    values = np.random.default_rng(0).standard_normal((20, 3))
    coords = {"time": 0.1 * np.arange(20)} if timed else {}
    found = nk.rsa.noise_covariance(xr.DataArray(values, coords, ["time", dim]), "full")
    assert found.dims == (dim, f"{dim}_2")
    np.testing.assert_allclose(found.values, np.cov(values.T), rtol=1e-12)


def test_degrees_of_freedom_that_are_no_number_are_named():
    x = np.random.default_rng(0).standard_normal((20, 3))
    for wrong in (True, "9", [9]):
        with pytest.raises(OptionError, match="dof: is"):
            nk.rsa.noise_covariance(x, dof=wrong)
    for wrong in (np.nan, np.inf, 0.5, -1):
        with pytest.raises(OptionError, match="degrees of freedom"):
            nk.rsa.noise_covariance(x, dof=wrong)


def test_text_and_complex_numbers_are_no_responses():
    x = np.random.default_rng(0).standard_normal((20, 3))
    for wrong in (x.astype(str), x + 0j, x.astype(object), x.astype("datetime64[s]")):
        with pytest.raises(SchemaError, match="holds"):
            nk.rsa.noise_covariance(wrong)
        with pytest.raises(SchemaError, match="holds"):
            nk.rsa.rdm(xr.DataArray(wrong, dims=["condition", "channel"]), "euclidean")
    for wrong in (["a", "b", "c"], [1j, 2, 3], [None, 1.0, 2.0]):
        with pytest.raises(SchemaError, match="rdm: holds"):
            nk.rsa.geotopological(wrong)


@pytest.mark.parametrize("method", ["shrinkage_eye", "shrinkage_diag", "full", "diag"])
def test_a_covariance_follows_the_order_and_the_units_of_channels(method):
    rng = np.random.default_rng(0)
    x = rng.standard_normal((15, 4)) @ rng.standard_normal((4, 4))
    found = nk.rsa.noise_covariance(x, method).values
    order = [2, 0, 3, 1]
    mixed = nk.rsa.noise_covariance(x[:, order], method).values
    np.testing.assert_allclose(mixed, found[np.ix_(order, order)], rtol=1e-9, atol=1e-12)
    scaled = nk.rsa.noise_covariance(1e6 * x - 5.0, method).values
    np.testing.assert_allclose(scaled, 1e12 * found, rtol=1e-7, atol=1e-3)


@pytest.mark.parametrize("method", ["shrinkage_eye", "shrinkage_diag"])
def test_shrinkage_beats_the_sample_covariance_where_data_are_few(method):
    """Mean squared error over 20 draws of 12 observations of 10 channels."""
    truth = np.diag(np.linspace(0.5, 2.0, 10))
    error = {method: 0.0, "full": 0.0}
    for seed in range(20):
        x = np.random.default_rng(seed).standard_normal((12, 10)) @ np.sqrt(truth)
        for name in error:
            found = nk.rsa.noise_covariance(x, name).values
            error[name] += ((found - truth) ** 2).sum()
    assert error[method] < 0.6 * error["full"]


def test_means_of_conditions_do_not_count_and_those_of_folds_need_not():
    rng = np.random.default_rng(0)
    residual = rng.standard_normal((40, 3))
    condition = np.tile([0, 1, 2, 3], 10)
    pattern = 50.0 * rng.standard_normal((4, 3))
    one = nk.rsa.noise_covariance(residual, "full", conditions=condition)
    two = nk.rsa.noise_covariance(residual + pattern[condition], "full", conditions=condition)
    np.testing.assert_allclose(one.values, two.values, rtol=1e-8, atol=1e-12)
    means = np.array([residual[condition == k].mean(axis=0) for k in range(4)])
    left = residual - means[condition]
    np.testing.assert_allclose(one.values, left.T @ left / 36, rtol=1e-10)
