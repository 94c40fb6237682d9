"""What must hold of any partly observed tensor, and an oracle with other algebra."""

from __future__ import annotations

import numpy as np
import pytest
import xarray as xr
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from neurokit.connectome import NonNegativeCP, affinity, factor_match_score
from neurokit.connectome.factors import modes_of
from neurokit.schema import activity

QUIET = pytest.mark.filterwarnings("ignore::neurokit.errors.NeurokitWarning")


@st.composite
def tensors(draw):
    """Small tensors of 2 to 4 modes with gaps, of any size of unit, never wholly zero."""
    shape = tuple(draw(st.lists(st.integers(1, 5), min_size=2, max_size=4)))
    values = draw(arrays(np.float64, shape, elements=st.floats(0, 1, width=32)))
    hidden = draw(arrays(np.bool_, shape))
    unit = 10.0 ** draw(st.integers(-12, 12))
    return np.where(hidden, np.nan, values * unit)


@QUIET
@given(tensor=tensors(), rank=st.integers(1, 3))
@settings(max_examples=40, deadline=None)
def test_any_tensor_gives_valid_factors_and_an_error_of_at_most_one(tensor, rank):
    assume(np.nansum(tensor**2) > 0)
    model = NonNegativeCP(rank, n_restarts=1, max_iter=20, random_state=0).fit(tensor)
    assert 0 <= model.error_ <= 1 + 1e-9
    for axis, values in enumerate(modes_of(model.factors_).values()):
        rows_seen = np.isfinite(tensor).any(axis=tuple(k for k in range(tensor.ndim) if k != axis))
        np.testing.assert_array_equal(np.isfinite(values.values).all(axis=0), rows_seen)
        assert (values.fillna(0) >= 0).all()
        norms = np.sqrt((values.fillna(0) ** 2).sum(values.dims[1])).values
        assert (np.isclose(norms, 1) | (norms == 0)).all()
    assert (np.diff(model.objective_trace_) <= 1e-12).all()
    # The model of what was observed is finite and has the error reported.
    residual = np.nansum((tensor - model.reconstruct().values) ** 2)
    expected = np.sqrt(residual / np.nansum(tensor**2))
    np.testing.assert_allclose(model.error_, expected, atol=1e-9)


@QUIET
@given(tensor=tensors(), exponent=st.integers(-60, 60))
@settings(max_examples=20, deadline=None)
def test_a_power_of_two_changes_the_weights_alone(tensor, exponent):
    assume(np.nansum(tensor**2) > 0)
    options = {"n_restarts": 1, "max_iter": 10, "random_state": 0}
    one = NonNegativeCP(2, **options).fit(tensor)
    other = NonNegativeCP(2, **options).fit(tensor * 2.0**exponent)
    xr.testing.assert_equal(one.factors_.drop_vars("weight"), other.factors_.drop_vars("weight"))
    np.testing.assert_array_equal(one.factors_.weight * 2.0**exponent, other.factors_.weight)


@QUIET
@given(seed=st.integers(0, 1000))
@settings(max_examples=10, deadline=None)
def test_hiding_an_entry_and_saying_so_in_a_mask_are_the_same(seed):
    rng = np.random.default_rng(seed)
    tensor, mask = rng.random((5, 4, 3)), rng.random((5, 4, 3)) < 0.7
    assume(mask.any())
    options = {"n_restarts": 1, "max_iter": 10, "random_state": 0}
    one = NonNegativeCP(2, **options).fit(np.where(mask, tensor, np.nan))
    other = NonNegativeCP(2, **options).fit(tensor, mask)
    xr.testing.assert_identical(one.factors_, other.factors_)


def test_a_matrix_is_factorized_as_well_as_by_scikit_learn():
    from sklearn.decomposition import NMF

    rng = np.random.default_rng(0)
    matrix = rng.gamma(1, 1, (30, 3)) @ rng.gamma(1, 1, (3, 40)) + 0.5 * rng.random((30, 40))
    peer = min(
        NMF(3, init="random", tol=1e-8, max_iter=5000, random_state=k)
        .fit(matrix)
        .reconstruction_err_
        for k in range(3)
    )
    ours = NonNegativeCP(3, n_restarts=3, max_iter=5000, tol=1e-9, random_state=0).fit(matrix)
    assert abs(ours.error_ - peer / np.linalg.norm(matrix)) < 1e-4 * ours.error_


def test_weighted_least_squares_of_one_component_has_a_closed_form_per_mode():
    # With all other modes known, a row's loading is sum(x m) / sum(m^2) over what was observed.
    rng = np.random.default_rng(0)
    truth = [rng.random(n) + 0.1 for n in (6, 5, 4)]
    tensor = np.einsum("a,b,c->abc", *truth) + 0.1 * rng.random((6, 5, 4))
    tensor[rng.random((6, 5, 4)) < 0.4] = np.nan
    model = NonNegativeCP(1, n_restarts=1, max_iter=3000, tol=1e-14, random_state=0).fit(tensor)
    modes = [values.values[0] for values in modes_of(model.factors_).values()]
    weight = float(model.factors_.weight[0])
    for axis in range(3):
        others = [mode if k != axis else np.ones_like(mode) for k, mode in enumerate(modes)]
        pattern = np.where(np.isfinite(tensor), np.einsum("a,b,c->abc", *others), 0.0)
        sums = tuple(k for k in range(3) if k != axis)
        expected = np.nansum(tensor * pattern, axis=sums) / (pattern**2).sum(axis=sums)
        np.testing.assert_allclose(weight * modes[axis], expected, rtol=1e-5)


@QUIET
def test_planted_components_are_found_among_gaps_in_four_modes():
    rng = np.random.default_rng(0)
    shape = (15, 12, 6, 5)
    truth = [rng.gamma(0.5, 1.0, (n, 2)) for n in shape]
    tensor = np.einsum("ar,br,cr,dr->abcd", *truth)
    tensor[rng.random(shape) < 0.5] = np.nan
    model = NonNegativeCP(2, n_restarts=4, tol=1e-9, max_iter=2000, random_state=0).fit(tensor)
    expected = xr.Dataset(
        {
            f"axis_{k}_loading": (("component", f"axis_{k}"), factor.T)
            for k, factor in enumerate(truth)
        },
        {"component": [0, 1]},
    )
    assert float(factor_match_score(model.factors_, expected).min()) > 0.999


@given(
    values=arrays(np.float32, (24, 3), elements=st.floats(-10, 10, width=16)),
    hidden=arrays(np.bool_, (24, 3)),
    kind=st.sampled_from(["differential", "min", "product", "rising", "correlation"]),
    bin_s=st.sampled_from([None, 1.0, 2.5]),
)
@settings(max_examples=60, deadline=None)
def test_affinity_is_non_negative_and_nan_only_for_want_of_data(values, hidden, kind, bin_s):
    signal = np.where(hidden, np.nan, values)
    group = activity(signal, names=["a", "b", "c"], rate=2.0)
    found = affinity(group.signal, kind, smooth_s=0.5, bin_s=bin_s).values
    assert not (found < 0).any()
    assert not np.isinf(found).any()
    if not hidden.any():
        assert np.isfinite(found).all()
    if bin_s is None:
        for p, (i, j) in enumerate(((0, 1), (0, 2), (1, 2))):
            assert np.isnan(found[p, hidden[:, i] | hidden[:, j]]).all()
