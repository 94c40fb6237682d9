"""Parts of variance against scikit-learn's pipelines with one penalty, by hand and by label."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
import xarray as xr
from sklearn.linear_model import Ridge
from sklearn.model_selection import KFold
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from neurokit.encoding import variance_partition
from neurokit.encoding.partition import MOST_BANDS, commonality, product_measure
from neurokit.errors import LabelError, NeurokitError, OptionError, SchemaError

N, ALPHA = 60, 5.0
RNG = np.random.default_rng(0)
BANDS = {"a": RNG.standard_normal((N, 2)), "b": 100 * RNG.standard_normal((N, 3)),
         "c": RNG.standard_normal((N, 1)) + 9}  # fmt: skip
Y = xr.DataArray(
    np.column_stack([BANDS["a"][:, 0] + 0.01 * BANDS["b"][:, 0], BANDS["c"][:, 0] ** 2])
    + RNG.standard_normal((N, 2)),
    dims=("trial", "channel"),
    coords={"channel": ["P3", "O1"]},
)
FOLDS = list(KFold(5).split(BANDS["a"]))


def held_out(names):
    """Predictions of every row by a pipeline that has not seen it."""
    x = np.concatenate([BANDS[name] for name in names], axis=1)
    found = np.empty(Y.shape)
    for train, test in FOLDS:
        model = make_pipeline(StandardScaler(), Ridge(ALPHA, solver="svd"))
        found[test] = model.fit(x[train], Y.values[train]).predict(x[test])
    return found


def r2(prediction):
    """Over all folds, about the mean of each test fold."""
    error = ((Y.values - prediction) ** 2).sum(axis=0)
    total = sum(((Y.values[t] - Y.values[t].mean(axis=0)) ** 2).sum(axis=0) for _, t in FOLDS)
    return 1 - error / total


@pytest.fixture(scope="module")
def found():
    return variance_partition(BANDS, Y, alphas=(ALPHA,), cv=5)


SUBSETS = [c for k in range(3) for c in itertools.combinations("abc", k + 1)]


@pytest.mark.parametrize("names", SUBSETS)
def test_the_r2_of_every_model_is_that_of_its_pipeline(found, names):
    np.testing.assert_allclose(found.r2.sel(model="+".join(names)), r2(held_out(names)), atol=1e-9)


def test_what_is_unique_is_lost_without_the_band(found):
    whole = r2(held_out("abc"))
    for name, others in {"a": "bc", "b": "ac", "c": "ab"}.items():
        expected = whole - r2(held_out(others))
        np.testing.assert_allclose(found.unique.sel(band=name), expected, atol=1e-9)
        np.testing.assert_allclose(found.common.sel(part=name), expected, atol=1e-9)


def test_what_two_of_three_have_in_common_is_inclusion_and_exclusion(found):
    r = {"+".join(s): r2(held_out(s)) for s in SUBSETS}
    expected = r["a+c"] + r["b+c"] - r["c"] - r["a+b+c"]
    np.testing.assert_allclose(found.common.sel(part="a+b"), expected, atol=1e-9)
    all_three = r["a"] + r["b"] + r["c"] - r["a+b"] - r["a+c"] - r["b+c"] + r["a+b+c"]
    np.testing.assert_allclose(found.common.sel(part="a+b+c"), all_three, atol=1e-9)


def test_products_are_shares_of_the_pipelines_own_prediction(found):
    shares, total = np.zeros((3, 2)), np.zeros(2)
    x = np.concatenate(list(BANDS.values()), axis=1)
    edges = [slice(0, 2), slice(2, 5), slice(5, 6)]
    for train, test in FOLDS:
        scaler = StandardScaler().fit(x[train])
        model = Ridge(ALPHA, solver="svd").fit(scaler.transform(x[train]), Y.values[train])
        z, truth = scaler.transform(x[test]), Y.values[test] - Y.values[train].mean(axis=0)
        whole = z @ model.coef_.T
        for k, columns in enumerate(edges):
            part = z[:, columns] @ model.coef_[:, columns].T
            shares[k] += (part * (2 * truth - whole)).sum(axis=0)
        total += (truth**2).sum(axis=0)
    np.testing.assert_allclose(found["product"], shares / total, atol=1e-9)
    np.testing.assert_allclose(found.r2_pooled, (shares / total).sum(axis=0), atol=1e-9)


def test_labels_of_targets_and_names_of_bands_are_kept(found):
    assert found.channel.values.tolist() == ["P3", "O1"]
    assert found.model.values.tolist() == ["+".join(s) for s in SUBSETS]
    assert found.band.values.tolist() == ["a", "b", "c"]
    assert found.unique.dims == ("band", "channel")


def test_bands_in_another_order_have_the_same_parts(found):
    turned = variance_partition({k: BANDS[k] for k in "cab"}, Y, alphas=(ALPHA,), cv=5)
    for band in "abc":
        for name in ("unique", "product"):
            np.testing.assert_allclose(
                turned[name].sel(band=band), found[name].sel(band=band), atol=1e-9
            )
    np.testing.assert_allclose(turned.r2.sel(model="c+a"), found.r2.sel(model="a+c"), atol=1e-9)


def test_units_and_levels_of_bands_change_no_part(found):
    moved = {name: 1e4 * x - 3e4 for name, x in BANDS.items()}
    other = variance_partition(moved, 1e-6 * Y + 1.0, alphas=(ALPHA,), cv=5)
    for name in ("unique", "common", "product"):
        np.testing.assert_allclose(other[name], found[name], atol=1e-6)


def test_labelled_bands_and_single_targets_are_taken():
    bands = {k: xr.DataArray(v, dims=("trial", f"f_{k}")) for k, v in BANDS.items()}
    one = variance_partition(bands, Y[:, 0], alphas=(ALPHA,), cv=5)
    whole = variance_partition(BANDS, Y, alphas=(ALPHA,), cv=5)
    assert one.unique.dims == ("band",)
    assert one.r2_pooled.ndim == 0
    np.testing.assert_allclose(one.unique, whole.unique[:, 0], atol=1e-12)


@pytest.mark.parametrize("level", [0.0, 0.1, 1e6 / 3])
def test_a_constant_target_has_no_part(level):
    # The mean of equal numbers is not always that number: what is left is rounding.
    y = np.column_stack([np.full(N, level), Y.values[:, 0]])
    found = variance_partition({"a": BANDS["a"], "b": BANDS["b"]}, y, alphas=(ALPHA,))
    for name in ("r2", "unique", "common", "product"):
        np.testing.assert_allclose(found[name].isel(target=0), 0.0, atol=1e-12)


def test_a_band_that_does_not_vary_explains_nothing():
    flat = {"a": BANDS["a"], "flat": np.full((N, 2), 3.0)}
    found = variance_partition(flat, Y, alphas=(ALPHA,))
    np.testing.assert_allclose(found.unique.sel(band="flat"), 0.0, atol=1e-12)
    np.testing.assert_allclose(found["product"].sel(band="flat"), 0.0, atol=1e-12)


def test_more_features_than_samples_are_no_trouble():
    rng = np.random.default_rng(1)
    wide = {"a": rng.standard_normal((N, 90)), "b": rng.standard_normal((N, 3))}
    found = variance_partition(wide, Y, alphas=(ALPHA,))
    np.testing.assert_allclose(found["product"].sum("band"), found.r2_pooled, atol=1e-10)
    np.testing.assert_allclose(found.common.sum("part"), found.r2.sel(model="a+b"), atol=1e-10)


@pytest.mark.parametrize(
    ("bands", "y", "error"),
    [
        ({str(k): BANDS["a"] for k in range(MOST_BANDS + 1)}, Y, OptionError),
        ([BANDS["a"], BANDS["b"]], Y, OptionError),
        ({}, Y, OptionError),
        ({"a": BANDS["a"], "b": BANDS["b"][:-1]}, Y, LabelError),
        ({"a": BANDS["a"], "b": np.full((N, 2), np.nan)}, Y, SchemaError),
        ({"a": BANDS["a"], "b": np.zeros((N, 0))}, Y, SchemaError),
        ({"a": BANDS["a"], "b": BANDS["b"]}, Y.where(Y < 1), SchemaError),
    ],
)
def test_what_has_no_parts_is_refused_with_a_mend(bands, y, error):
    with pytest.raises(error) as caught:
        variance_partition(bands, y)
    assert isinstance(caught.value, NeurokitError)
    assert caught.value.mend


def test_one_band_alone_has_itself_in_common():
    parts = commonality(["a"], {("a",): np.array([0.4, -0.1])})
    assert list(parts) == [("a",)]
    np.testing.assert_allclose(parts["a",], [0.4, -0.1])


def test_product_shares_of_a_perfect_prediction_are_its_covariances():
    truth = np.array([[1.0], [-1.0], [2.0], [-2.0]])
    halves = np.stack([0.25 * truth, 0.75 * truth])
    np.testing.assert_allclose(product_measure(halves, truth)[:, 0], [0.25, 0.75])
    orthogonal = np.array([[1.0], [1.0], [0.0], [0.0]])
    shares = product_measure(np.stack([truth, orthogonal]), truth)[:, 0]
    np.testing.assert_allclose(shares, [1.0, -0.2])  # (0 - 2) / 10: what is added is lost
