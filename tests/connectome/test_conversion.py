"""Factors in tensorly's convention, out and in."""

from __future__ import annotations

import numpy as np
import pytest
import tensorly as tl
import xarray as xr

import neurokit as nk
from neurokit.connectome import NonNegativeCP
from neurokit.connectome.conversion import labelled_cp, weights_and_factors
from neurokit.errors import OptionError


@pytest.fixture(scope="module")
def tensor():
    worms = nk.simulate.worms(n_animals=3, n_neurons=12, missing=0.0, random_state=0)
    return nk.connectome.affinity(worms.recordings, bin_s=8.0)


@pytest.fixture(scope="module")
def fitted(tensor):
    return NonNegativeCP(3, n_restarts=2, random_state=0).fit(tensor)


def test_tensorly_rebuilds_the_same_tensor(fitted):
    cp = fitted.to_tensorly()
    assert isinstance(cp, tl.cp_tensor.CPTensor)
    assert [factor.shape for factor in cp.factors] == [(66, 3), (50, 3), (3, 3)]
    np.testing.assert_allclose(tl.cp_to_tensor(cp), fitted.reconstruct())


def test_there_and_back_is_the_same_fit(tensor, fitted):
    back = NonNegativeCP.from_tensorly(fitted.to_tensorly(), tensor)
    assert back.rank == 3
    assert back.error_ == pytest.approx(fitted.error_, rel=1e-9)
    assert back.similarity(fitted) == pytest.approx(1.0)
    np.testing.assert_allclose(back.factors_.weight, fitted.factors_.weight)
    for name in ("neuron", "partner", "time", "recording"):
        np.testing.assert_array_equal(back.factors_[name], fitted.factors_[name])
    found = back.transform(tensor, dim="recording")
    np.testing.assert_allclose(found, fitted.factors_.recording_loading, atol=1e-2)


def test_a_fit_of_tensorly_gets_its_error(tensor):
    from tensorly.decomposition import non_negative_parafac_hals

    values = tensor.values.astype(float)
    cp = non_negative_parafac_hals(values, 2, n_iter_max=20, init="random", random_state=0)
    fit = NonNegativeCP.from_tensorly(cp, tensor)
    residual = np.linalg.norm(values - tl.cp_to_tensor(cp)) / np.linalg.norm(values)
    assert fit.error_ == pytest.approx(residual, rel=1e-6)


def test_without_a_tensor_modes_have_plain_names_and_the_error_is_unknown():
    factors = [np.random.default_rng(n).random((n, 2)) for n in (4, 5, 6)]
    fit = NonNegativeCP.from_tensorly((None, factors))
    assert np.isnan(fit.error_)
    assert list(fit.factors_.data_vars)[:3] == [f"axis_{k}_loading" for k in range(3)]
    expected = np.einsum("ar,br,cr->abc", *factors)
    np.testing.assert_allclose(fit.reconstruct(), expected)


def test_rows_never_observed_are_zero_outside():
    x = np.random.default_rng(0).random((5, 4, 3))
    x[2] = np.nan
    fit = NonNegativeCP(2, n_restarts=1, tol=1e-3, random_state=0).fit(x)
    weights, factors = weights_and_factors(fit.factors_)
    assert (factors[0][2] == 0).all()
    assert all(np.isfinite(array).all() for array in (weights, *factors))


def test_the_input_is_copied():
    factors = [np.ones((4, 2)), np.ones((3, 2))]
    labelled_cp((np.array([2.0, 3.0]), factors))
    assert all((factor == 1).all() for factor in factors)


@pytest.mark.parametrize(
    "cp",
    [
        (None, [np.ones((4, 2)), np.ones((3, 3))]),
        (None, [np.ones(4), np.ones(3)]),
        (None, [-np.ones((4, 2)), np.ones((3, 2))]),
        (np.array([1.0, np.nan]), [np.ones((4, 2)), np.ones((3, 2))]),
    ],
)
def test_what_is_no_non_negative_cp_tensor_is_refused(cp):
    with pytest.raises(OptionError, match="cp"):
        NonNegativeCP.from_tensorly(cp)


def test_a_tensor_of_another_shape_is_refused():
    with pytest.raises(OptionError, match="shape"):
        labelled_cp((None, [np.ones((4, 2)), np.ones((3, 2))]), xr.DataArray(np.ones((4, 5))))
