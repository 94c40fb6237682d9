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
