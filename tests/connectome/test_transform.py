"""New animals, times and pairs on known factors: exact least squares, labels, missing entries."""

from __future__ import annotations

import numpy as np
import pytest
import xarray as xr
from hypothesis import given
from hypothesis import strategies as st
from scipy.optimize import nnls

import neurokit as nk
from neurokit.connectome import NonNegativeCP
from neurokit.connectome.transform import non_negative_least_squares
from neurokit.errors import LabelError, NotFittedError, OptionError


@pytest.fixture(scope="module")
def tensor():
    worms = nk.simulate.worms(n_animals=4, n_neurons=16, random_state=0)
    return nk.connectome.affinity(worms.recordings, bin_s=8.0)


@pytest.fixture(scope="module")
def fitted(tensor):
    return NonNegativeCP(3, n_restarts=2, tol=1e-10, max_iter=5000, random_state=0).fit(tensor)


@given(seed=st.integers(0, 10_000), rank=st.integers(1, 5))
def test_rows_are_the_non_negative_least_squares_solutions(seed, rank):
    rng = np.random.default_rng(seed)
    basis = rng.random((14, rank))
    target = rng.standard_normal((4, 14)) + 0.3
    found = non_negative_least_squares(target @ basis, (basis.T @ basis)[None])
    for row, goal in zip(found, target, strict=True):
        np.testing.assert_allclose(row, nnls(basis, goal)[0], atol=1e-6)


@pytest.mark.parametrize("dim", ["recording", "time", "pair"])
def test_what_was_fitted_gets_its_own_loadings(tensor, fitted, dim):
    found = fitted.transform(tensor, dim=dim)
    name = "time_course" if dim == "time" else f"{dim}_loading"
    assert found.name == name
    assert found.dims == ("component", dim)
    # At convergence each mode is the least-squares solution given the others.
    np.testing.assert_allclose(found, fitted.factors_[name], atol=1e-5)
    for coordinate in ("neuron", "partner") if dim == "pair" else (dim,):
        np.testing.assert_array_equal(found[coordinate], tensor[coordinate])


def test_loadings_equal_those_of_a_dense_solver(tensor, fitted):
    new = tensor.isel(recording=[1]).assign_coords(recording=["new"])
    found = fitted.transform(new)
    factors = fitted.factors_
    pattern = np.einsum(
        "r,rp,rt->ptr", factors.weight, factors.pair_loading.fillna(0), factors.time_course
    )
    seen = np.isfinite(new.values[..., 0])
    expected, _ = nnls(pattern[seen], new.values[..., 0][seen].astype(float))
    np.testing.assert_allclose(found.values[:, 0], expected, atol=1e-7)
    assert found.recording.values.tolist() == ["new"]


def test_one_new_animal_may_come_without_its_dim(tensor, fitted):
    one = fitted.transform(tensor.isel(recording=2, drop=True))
    many = fitted.transform(tensor.isel(recording=[2]), dim="recording")
    assert one.dims == ("component", "recording")
    np.testing.assert_allclose(one.values, many.values)


def test_new_times_are_recognised_by_their_labels(tensor, fitted):
    later = tensor.isel(time=slice(5, 9)).assign_coords(time=tensor.time[5:9] + 1000.0)
    found = fitted.transform(later)
    assert found.name == "time_course"
    np.testing.assert_allclose(found, fitted.factors_.time_course[:, 5:9], atol=1e-5)
    np.testing.assert_array_equal(found.time, later.time)


def test_missing_entries_take_no_part_and_what_is_never_seen_is_nan(tensor, fitted):
    new = tensor.isel(recording=[0, 1]).assign_coords(recording=["a", "b"])
    hidden = new.copy()
    hidden[:, ::3, 0] = np.nan
    hidden[..., 1] = np.nan
    by_nan = fitted.transform(hidden, dim="recording")
    assert np.isnan(by_nan.sel(recording="b")).all()
    assert np.isfinite(by_nan.sel(recording="a")).all()
    mask = xr.DataArray(np.isfinite(hidden.values), new.coords, new.dims)
    np.testing.assert_allclose(fitted.transform(new, "recording", mask), by_nan)


def test_any_order_of_dims_and_lazy_blocks_give_the_same(tensor, fitted):
    plain = fitted.transform(tensor, dim="recording")
    turned = fitted.transform(tensor.transpose("recording", "time", "pair"), dim="recording")
    np.testing.assert_allclose(turned, plain, atol=1e-9)
    lazy = fitted.transform(tensor.chunk(time=7), dim="recording")
    np.testing.assert_allclose(lazy, plain, atol=1e-9)


def test_scaling_the_data_scales_the_loadings(tensor, fitted):
    plain = fitted.transform(tensor, dim="recording")
    scaled = fitted.transform(tensor * 2.0**-40, dim="recording")
    np.testing.assert_allclose(scaled * 2.0**40, plain, rtol=1e-9)


def test_two_new_modes_or_none_are_refused(tensor, fitted):
    with pytest.raises(OptionError, match="dim"):
        fitted.transform(tensor)
    with pytest.raises(OptionError, match="dim"):
        fitted.transform(tensor, dim="trial")
    new = tensor.isel(recording=[0], time=slice(3)).assign_coords(recording=["new"])
    with pytest.raises(OptionError, match="dim"):
        fitted.transform(new)
    with pytest.raises(LabelError, match="time"):
        fitted.transform(new, dim="recording")
    with pytest.raises(NotFittedError):
        NonNegativeCP(2).transform(tensor)
