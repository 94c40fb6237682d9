"""fdr against scipy's false_discovery_control and against its definition."""

from __future__ import annotations

import numpy as np
import pytest
import scipy.stats
import xarray as xr
from hypothesis import given, settings
from hypothesis import strategies as st

from neurokit.errors import LabelError, OptionError
from neurokit.stats import fdr

# A busy machine is no fault of a test, and a default run does not depend on luck.
calm = settings(deadline=None, derandomize=True, max_examples=30)

p_values = st.lists(st.floats(0, 1), min_size=1, max_size=30).map(np.array)


@pytest.mark.parametrize("method", ["bh", "by"])
@given(p=p_values)
def test_q_values_equal_scipys(method: str, p: np.ndarray) -> None:
    expected = scipy.stats.false_discovery_control(p, method=method)
    # Below the smallest normal number the order of multiplications shows.
    np.testing.assert_allclose(fdr(p, method), expected, rtol=1e-12, atol=1e-300)


@calm
@given(p=p_values)
def test_rejections_at_q_are_those_of_the_step_up_rule(p: np.ndarray) -> None:
    # Benjamini & Hochberg: reject the k smallest, k the largest with p_(k) <= k alpha / m.
    alpha, m = 0.1, p.size
    ordered = np.sort(p)
    passing = np.flatnonzero(ordered <= alpha * np.arange(1, m + 1) / m)
    q = fdr(p)
    rejected = int((q <= alpha).sum())
    k = passing[-1] + 1 if passing.size else 0
    # A p-value within rounding of its bound may fall on either side.
    near = np.isclose(q, alpha, rtol=1e-12).sum()
    assert abs(rejected - int(k)) <= near


@calm
@given(p=p_values)
def test_q_is_monotone_in_p_never_below_p_and_never_above_one(p: np.ndarray) -> None:
    q = fdr(p)
    order = np.argsort(p)
    assert (np.diff(q[order]) >= 0).all()
    assert (q >= p * (1 - 1e-12)).all()
    assert q.max() <= 1.0


@calm
@given(p=p_values, holes=st.lists(st.integers(0, 29), max_size=5))
def test_nan_is_not_counted_and_stays(p: np.ndarray, holes: list[int]) -> None:
    gappy = p.copy()
    gappy[[h % p.size for h in holes]] = np.nan
    seen = ~np.isnan(gappy)
    q = fdr(gappy)
    assert np.isnan(q[~seen]).all()
    np.testing.assert_array_equal(q[seen], fdr(gappy[seen]) if seen.any() else [])


def test_all_nan_and_no_values_are_no_error() -> None:
    assert np.isnan(fdr([np.nan, np.nan])).all()
    assert fdr(np.empty((0, 3))).shape == (0, 3)
    assert fdr(xr.DataArray(np.empty((0, 3)), dims=("a", "b")), dim="b").shape == (0, 3)


def test_any_shape_is_one_family() -> None:
    p = np.random.default_rng(0).uniform(size=(3, 4, 5))
    np.testing.assert_array_equal(fdr(p), fdr(p.ravel()).reshape(3, 4, 5))
    assert fdr(0.2).shape == ()


def test_a_dataarray_keeps_its_labels_and_attributes() -> None:
    p = xr.DataArray(
        np.array([[0.01, 0.5], [0.02, 0.04]]),
        dims=("test", "electrode"),
        coords={"electrode": ["A1", "A2"], "region": ("electrode", ["V1", "V2"])},
        attrs={"history": "[]"},
        name="p",
    )
    q = fdr(p)
    assert q.dims == p.dims
    assert q.name == "q"
    assert q.attrs == {"history": "[]", "method": "bh"}
    assert q["region"].identical(p["region"])
    np.testing.assert_array_equal(q.values, fdr(p.values))
    assert p.name == "p"  # the input is left alone


def test_dim_makes_a_family_of_each_slice() -> None:
    values = np.random.default_rng(1).uniform(size=(3, 4, 5))
    p = xr.DataArray(values, dims=("test", "electrode", "lag"))
    by_test = fdr(p, dim=["electrode", "lag"])
    assert by_test.dims == p.dims
    for i in range(3):
        np.testing.assert_array_equal(by_test.values[i], fdr(values[i]))
    by_lag = fdr(p, dim="electrode")
    np.testing.assert_array_equal(by_lag.values[1, :, 2], fdr(values[1, :, 2]))


def test_false_discoveries_stay_below_q_on_planted_effects() -> None:
    # 200 families of 100 tests, 20 with an effect of 3 sd; expected share is 0.05 * 80 / 100 =
    # 0.04, its standard error over families below 0.005.
    rng = np.random.default_rng(2)
    z = rng.normal(size=(200, 100)) + 3.0 * (np.arange(100) < 20)
    q = np.array([fdr(p) for p in scipy.stats.norm.sf(z)])
    found = q <= 0.05
    share = found[:, 20:].sum(axis=1) / np.maximum(found.sum(axis=1), 1)
    assert share.mean() < 0.055
    assert found[:, :20].mean() > 0.6


@pytest.mark.parametrize("p", [[-0.01, 0.5], [0.5, 1.01], [np.inf]])
def test_what_is_no_p_value_is_an_error(p: list[float]) -> None:
    with pytest.raises(OptionError, match=r"outside \[0, 1\]"):
        fdr(p)


def test_unknown_methods_and_dims_are_errors_with_a_mend() -> None:
    with pytest.raises(OptionError, match="did you mean 'bh'"):
        fdr([0.1], "BHH")
    with pytest.raises(LabelError, match="no dims"):
        fdr([0.1], dim="electrode")
    with pytest.raises(LabelError, match="'site' is no dim of p"):
        fdr(xr.DataArray([0.1], dims="electrode"), dim="site")
