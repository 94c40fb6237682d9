"""The design of a spike GLM against dense matrices, and bins as a user may give them."""

from __future__ import annotations

import numpy as np
import pytest
import scipy.linalg
import xarray as xr
from hypothesis import given, settings
from hypothesis import strategies as st

from neurokit.encoding.spike_design import coupled, past, spread_filters, standardise
from neurokit.encoding.spike_glm_core import Design, conjugate_gradients, mean_rate, predictor
from neurokit.encoding.spike_inputs import as_bins
from neurokit.errors import LabelError, OptionError, SchemaError
from neurokit.schema import time_coordinate

SEEDS = st.integers(0, 10_000)


def _toeplitz(kernel, n):
    """The matrix whose row t holds the kernel over the bins before t."""
    column = np.r_[0.0, kernel, np.zeros(max(n - 1 - kernel.size, 0))][:n]
    return scipy.linalg.toeplitz(column, np.zeros(n))


@settings(max_examples=20, derandomize=True)
@given(SEEDS, st.integers(1, 5))
def test_the_past_is_a_product_with_a_toeplitz_matrix(seed, n_lags):
    rng = np.random.default_rng(seed)
    counts, basis = rng.poisson(1.0, (25, 3)).astype(float), rng.normal(size=(n_lags, 2))
    found = past(counts, basis, [slice(0, 25)])
    for b in range(2):
        expected = _toeplitz(basis[:, b], 25) @ counts
        np.testing.assert_allclose(found[b, n_lags:], expected[n_lags:], atol=1e-10)
        assert np.isnan(found[b, :n_lags]).all()


@settings(max_examples=20, derandomize=True)
@given(SEEDS)
def test_the_past_is_linear_in_counts_and_in_the_basis(seed):
    rng = np.random.default_rng(seed)
    a, b = rng.poisson(1.0, (2, 20, 2)).astype(float)
    basis, mix = rng.normal(size=(3, 2)), rng.normal(size=(2, 2))
    runs = [slice(0, 9), slice(9, 20)]
    np.testing.assert_allclose(
        past(2 * a + 3 * b, basis, runs),
        2 * past(a, basis, runs) + 3 * past(b, basis, runs),
        atol=1e-10,
    )
    np.testing.assert_allclose(
        past(a, basis @ mix, runs), np.einsum("btk,bc->ctk", past(a, basis, runs), mix), atol=1e-10
    )


def test_a_later_spike_changes_no_earlier_bin():
    counts = np.random.default_rng(0).poisson(1.0, (20, 1)).astype(float)
    later = counts.copy()
    later[12] += 5
    basis = np.ones((4, 1))
    before, after = (past(c, basis, [slice(0, 20)])[0, :, 0] for c in (counts, later))
    np.testing.assert_allclose(after[4:13], before[4:13], atol=1e-10)
    np.testing.assert_allclose(after[13:17] - before[13:17], 5.0)
    np.testing.assert_allclose(after[17:], before[17:], atol=1e-10)


def test_a_hole_hides_the_bins_that_would_have_to_look_at_it_and_no_other():
    counts = np.ones((12, 2))
    counts[5, 0] = np.nan
    found = past(counts, np.ones((3, 1)), [slice(0, 12)])[0]
    assert np.isnan(found[6:9, 0]).all()
    np.testing.assert_allclose(found[3:6, 0], 3.0)
    np.testing.assert_allclose(found[9:, 0], 3.0)
    np.testing.assert_allclose(found[3:, 1], 3.0)


def test_the_past_of_no_neuron_and_of_no_bin_is_empty():
    assert past(np.zeros((5, 0)), np.ones((2, 3)), [slice(0, 5)]).shape == (3, 5, 0)
    assert past(np.zeros((0, 2)), np.ones((2, 3)), []).shape == (3, 0, 2)


def test_the_past_leaves_counts_as_they_are():
    counts = np.random.default_rng(1).poisson(1.0, (9, 2)).astype(float)
    counts[2, 1] = np.nan
    before = counts.copy()
    past(counts, np.ones((2, 1)), [slice(0, 9)])
    np.testing.assert_array_equal(counts, before)


@settings(max_examples=20, derandomize=True)
@given(SEEDS, st.integers(1, 3), st.integers(1, 4))
def test_coupled_features_times_weights_are_filters_over_all_neurons(seed, n_basis, k):
    rng = np.random.default_rng(seed)
    counts = rng.poisson(1.0, (15, k)).astype(float)
    basis, weights = rng.normal(size=(3, n_basis)), rng.normal(size=(k, n_basis))
    features = coupled(past(counts, basis, [slice(0, 15)]))
    filters = spread_filters(weights.T, basis)  # (lag, pre)
    drive = features @ weights.ravel()
    for t in range(3, 15):
        expected = sum(counts[t - 1 - lag] @ filters[lag] for lag in range(3))
        assert drive[t] == pytest.approx(expected)


@settings(max_examples=20, derandomize=True)
@given(SEEDS)
def test_standardised_columns_have_mean_zero_and_deviation_one(seed):
    rng = np.random.default_rng(seed)
    x, own = rng.normal(3.0, 5.0, (40, 3)), rng.normal(-2.0, 0.1, (2, 40, 4))
    standard, counts = standardise(x, own, rng.poisson(1.0, (40, 4)).astype(float))
    for values, axis in ((standard.design.shared[:, 1:], 0), (standard.design.own, 1)):
        np.testing.assert_allclose(values.mean(axis=axis), 0.0, atol=1e-10)
        np.testing.assert_allclose(values.std(axis=axis), 1.0)
    assert (standard.design.shared[:, 0] == 1).all()
    assert standard.design.observed is None
    assert counts.shape == (40, 4)
    np.testing.assert_allclose(standard.shared_mean, x.mean(axis=0))
    np.testing.assert_allclose(standard.own_scale, own.std(axis=1))


def test_penalties_are_those_of_the_users_units():
    # A weight w of x is w sd(x) of the z-scores, so w^2 is (w sd)^2 / sd^2.
    x = np.random.default_rng(2).normal(size=(50, 2)) * [2.0, 0.1]
    standard, _ = standardise(x, np.zeros((0, 50, 1)), np.ones((50, 1)))
    np.testing.assert_allclose(standard.design.shared_weight[1:], x.std(axis=0) ** -2)
    assert standard.design.shared_weight[0] == 0.0


def test_standardising_changes_nothing_that_is_given():
    rng = np.random.default_rng(3)
    x, own, counts = rng.normal(size=(9, 2)), rng.normal(size=(1, 9, 2)), np.ones((9, 2))
    x[1, 0], own[0, 2, 1], counts[3, 0] = np.nan, np.nan, np.nan
    before = [values.copy() for values in (x, own, counts)]
    standardise(x, own, counts)
    for values, kept in zip((x, own, counts), before, strict=True):
        np.testing.assert_array_equal(values, kept)


def test_a_bin_counts_only_where_all_of_it_is_known():
    x, own, counts = np.zeros((4, 1)), np.zeros((1, 4, 2)), np.ones((4, 2))
    x[0] = np.nan  # counts for nobody and goes
    own[0, 1, 0] = np.nan
    counts[2, 1] = np.nan
    standard, kept = standardise(x, own, counts)
    assert kept.shape == (3, 2)
    np.testing.assert_array_equal(
        standard.design.observed, [[False, True], [True, False], [True, True]]
    )
    np.testing.assert_array_equal(kept, [[0.0, 1.0], [1.0, 0.0], [1.0, 1.0]])


def _design(seed, n=30, p=2, b=2, k=3):
    rng = np.random.default_rng(seed)
    return Design(
        np.concatenate([np.ones((n, 1)), rng.normal(size=(n, p))], axis=1),
        np.r_[0.0, np.ones(p)],
        rng.normal(size=(b, n, k)),
        np.full((b, k), 2.0),
    )


@settings(max_examples=20, derandomize=True)
@given(SEEDS)
def test_the_predictor_is_a_dense_product_per_neuron(seed):
    design = _design(seed)
    theta = np.random.default_rng(seed + 1).normal(size=(5, 3))
    found = predictor(design, theta)
    for k in range(3):
        dense = np.column_stack([design.shared, design.own[:, :, k].T])
        np.testing.assert_allclose(found[:, k], dense @ theta[:, k], atol=1e-12)
    np.testing.assert_allclose(predictor(design, theta, slice(4, 9)), found[4:9])


def test_some_neurons_of_a_design_are_those_of_the_whole():
    design = _design(0)
    part = design.neurons(np.array([2, 0]))
    np.testing.assert_array_equal(part.own, design.own[:, :, [2, 0]])
    np.testing.assert_array_equal(design.weight[:3, 0], [0.0, 1.0, 1.0])
    np.testing.assert_array_equal(design.weight[3:], 2.0)
    assert part.weight.shape == (5, 2)
    assert part.observed is None


@settings(max_examples=20, derandomize=True)
@given(SEEDS, st.integers(1, 6))
def test_conjugate_gradients_reach_the_dense_solution(seed, p):
    rng = np.random.default_rng(seed)
    matrices = rng.normal(size=(3, p, p))
    matrices = matrices @ matrices.transpose(0, 2, 1) + np.eye(p)
    b = rng.normal(size=(p, 3))
    found = conjugate_gradients(
        lambda v: np.einsum("kij,jk->ik", matrices, v), lambda r: r, b, np.full(3, 1e-12)
    )
    expected = np.stack([np.linalg.solve(matrices[k], b[:, k]) for k in range(3)], axis=1)
    np.testing.assert_allclose(found, expected, rtol=1e-6, atol=1e-8)


def test_conjugate_gradients_of_nothing_to_solve_stay_at_zero():
    found = conjugate_gradients(lambda v: v, lambda r: r, np.zeros((3, 2)), np.full(2, 0.1))
    np.testing.assert_array_equal(found, 0.0)


@pytest.mark.parametrize(
    ("eta", "observation", "expected"),
    [
        (0.0, "poisson", 1.0),
        (np.log(3.0), "poisson", 3.0),
        (0.0, "bernoulli", 0.5),
        (np.log(3.0), "bernoulli", 0.75),
        (-np.inf, "poisson", 0.0),
        (800.0, "bernoulli", 1.0),
        (-800.0, "bernoulli", 0.0),
    ],
)
def test_rates_of_predictors(eta, observation, expected):
    assert mean_rate(np.array([eta]), observation)[0] == pytest.approx(expected)


def _counts(n=12, k=2, rate=10.0, first=0.0, **coords):
    return xr.DataArray(
        np.arange(float(n * k)).reshape(n, k) % 4,
        dims=("time", "unit"),
        coords={
            "time": time_coordinate(first + np.arange(n) / rate, rate),
            "unit": [f"u{i}" for i in range(k)],
            **coords,
        },
    )


def test_bins_keep_their_labels_whatever_the_dim_is_called():
    x = xr.DataArray(
        np.zeros((12, 3)), dims=("time", "regressor"), coords={"regressor": list("abc")}
    )
    bins = as_bins(x, _counts())
    assert bins.target == "unit"
    assert list(bins.target_labels) == ["u0", "u1"]
    assert list(bins.feature_labels) == list("abc")
    assert (bins.rate, bins.timed, bins.shape) == (10.0, True, (12,))


def test_trials_lie_end_to_end_in_their_order():
    trials = np.arange(24).reshape(3, 4, 2)
    bins = as_bins(None, trials)
    np.testing.assert_array_equal(bins.counts, trials.reshape(12, 2))
    turned = xr.DataArray(trials, dims=("trial", "time", "neuron")).transpose(
        "neuron", "time", "trial"
    )
    again = as_bins(None, turned)
    np.testing.assert_array_equal(again.counts, bins.counts)
    assert again.runs == bins.runs == [slice(0, 4), slice(4, 8), slice(8, 12)]
    assert again.shape == (3, 4)


def test_features_alone_are_bins_without_counts():
    bins = as_bins(np.ones((7, 2)), None)
    assert bins.counts is None
    assert bins.target_labels is None
    assert bins.target == "neuron"
    assert bins.features.shape == (7, 2)


def test_a_named_series_is_one_neuron_of_that_name():
    one = _counts().isel(unit=0, drop=True).rename("AVAL")
    bins = as_bins(None, one)
    assert list(bins.target_labels) == ["AVAL"]
    assert bins.counts.shape == (12, 1)


@pytest.mark.parametrize("dtype", [bool, np.uint8, np.int64, np.float32])
def test_any_real_type_becomes_float64(dtype):
    bins = as_bins(np.ones((5, 1), dtype), np.ones((5, 2), dtype))
    assert bins.counts.dtype == bins.features.dtype == np.float64


def test_missing_counts_stay_missing():
    counts = _counts()
    counts[3, 1] = np.nan
    bins = as_bins(None, counts)
    assert np.argwhere(np.isnan(bins.counts)).tolist() == [[3, 1]]


@pytest.mark.parametrize(
    ("x", "y", "error", "said"),
    [
        (np.zeros((3, 4, 1)), np.zeros((4, 3, 1)), LabelError, r"X.*\(3, 4\) bins and Y \(4, 3\)"),
        (np.full((5, 1), np.inf), np.ones((5, 1)), SchemaError, "X.*infinit"),
        (np.zeros((5, 1), dtype=complex), None, SchemaError, "X.*[Cc]omplex"),
        (None, np.float64(3.0), SchemaError, r"Y.*shape \(\)"),
        (_counts(first=1.0), _counts(), LabelError, "X.*differ in their time"),
        (None, _counts().rename(time="t"), SchemaError, "Y.*dims"),
        (None, _counts() - 1.0, SchemaError, "Y.*negative"),
        (None, None, OptionError, "X.*neither"),
    ],
)
def test_what_are_no_bins_is_refused_by_name(x, y, error, said):
    with pytest.raises(error, match=said):
        as_bins(x, y)
