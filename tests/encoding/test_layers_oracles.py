"""Scores of layers against loops of scikit-learn, ceilings and orders by their labels."""

from __future__ import annotations

import numpy as np
import pytest
import scipy.stats
import xarray as xr
from sklearn.linear_model import Ridge
from sklearn.model_selection import KFold
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from neurokit.encoding import encoding_score, hierarchy_score, layer_map
from neurokit.errors import LabelError, NeurokitError, OptionError, SchemaError
from neurokit.stats import BlockedCV

N = 80
RNG = np.random.default_rng(0)
X = RNG.standard_normal((N, 5)) * np.array([1.0, 10.0, 0.1, 1.0, 1.0])
SITES = ["s3", "s1", "s2"]
Y = xr.DataArray(
    X[:, :3] / X[:, :3].std(axis=0) + RNG.standard_normal((N, 3)),
    dims=("stimulus", "site"),
    coords={"site": SITES},
)


def mean_correlation(x, y, alpha, folds):
    """Pearson's r of each fold's test rows, averaged."""
    total = 0.0
    for train, test in folds:
        model = make_pipeline(StandardScaler(), Ridge(alpha)).fit(x[train], y[train])
        total += np.corrcoef(model.predict(x[test]), y[test])[0, 1]
    return total / len(folds)


@pytest.mark.parametrize("alpha", [0.1, 10.0, 1000.0])
def test_the_score_is_the_loop_of_scikit_learn(alpha):
    folds = list(KFold(5).split(X))
    found = encoding_score(X, Y, alphas=(alpha,), cv=KFold(5))
    expected = [mean_correlation(X, Y.values[:, k], alpha, folds) for k in range(3)]
    np.testing.assert_allclose(found, expected, atol=1e-9)
    assert found.site.values.tolist() == SITES


def test_the_default_are_five_blocks():
    np.testing.assert_allclose(
        encoding_score(X, Y, alphas=(1.0,)), encoding_score(X, Y, alphas=(1.0,), cv=KFold(5))
    )


def test_one_score_per_layer_and_the_best_by_hand():
    layers = {"early": X[:, :1], "middle": X[:, 1:2], "late": X[:, 2:3]}
    found = layer_map(layers, Y, alphas=(1.0,))
    for name, x in layers.items():
        np.testing.assert_allclose(found.score.sel(layer=name), encoding_score(x, Y, alphas=(1.0,)))
    assert found.best.values.tolist() == ["early", "middle", "late"]
    np.testing.assert_allclose(found.depth, [0.0, 0.5, 1.0])
    positive = np.maximum(found.score.values, 0.0)
    expected = (positive * np.array([0.0, 0.5, 1.0])[:, None]).sum(axis=0) / positive.sum(axis=0)
    np.testing.assert_allclose(found.centre, expected)


def test_where_no_layer_scores_enough_there_is_none():
    found = layer_map({"a": X[:, :1], "b": X[:, 1:2]}, Y, alphas=(1.0,), smallest=0.999)
    assert found.best.values.tolist() == ["", "", ""]
    assert np.isnan(found.depth).all()
    assert np.isnan(found.centre).all()


def test_further_dims_of_targets_stay():
    # Responses over time to stimuli: stimuli are the samples, times further targets.
    y = xr.concat([Y, Y[::-1].assign_coords(site=SITES)], "time").transpose("stimulus", ...)
    found = layer_map({"a": X[:, :2], "b": X[:, 2:]}, y, alphas=(1.0,))
    assert set(found.score.dims) == {"layer", "time", "site"}
    one = encoding_score(X[:, :2], y.isel(time=0), alphas=(1.0,))
    np.testing.assert_allclose(found.score.sel(layer="a").isel(time=0), one)


def test_a_ceiling_is_matched_by_label_not_by_place():
    ceiling = xr.DataArray([0.5, 0.8, 0.9], dims="site", coords={"site": ["s1", "s2", "s3"]})
    plain = encoding_score(X, Y, alphas=(1.0,))
    found = encoding_score(X, Y, alphas=(1.0,), ceiling=ceiling)
    np.testing.assert_allclose(found, plain.values / [0.9, 0.5, 0.8])
    assert found.site.values.tolist() == SITES


def test_a_ceiling_of_further_sites_is_fine_and_of_fewer_is_not():
    plain = encoding_score(X, Y, alphas=(1.0,))
    more = xr.DataArray(np.full(5, 0.5), dims="site", coords={"site": ["s9", *SITES, "s8"]})
    np.testing.assert_allclose(encoding_score(X, Y, alphas=(1.0,), ceiling=more), plain / 0.5)
    with pytest.raises(LabelError, match=r"ceiling: has no site \['s2'\]"):
        encoding_score(X, Y, alphas=(1.0,), ceiling=more.sel(site=["s1", "s3"]))


@pytest.mark.parametrize(
    "ceiling",
    [
        np.ones(3),
        0.5,
        xr.DataArray(np.ones(3), dims="channel"),
        xr.DataArray(np.ones(2), dims="site"),
        xr.Dataset({"ceiling": ("site", np.ones(3))}),
    ],
)
def test_what_is_no_ceiling_of_each_target_is_refused(ceiling):
    with pytest.raises(LabelError, match="ceiling") as caught:
        encoding_score(X, Y, alphas=(1.0,), ceiling=ceiling)
    assert caught.value.mend


def maps(depth):
    sites = [f"s{k}" for k in range(len(depth))]
    return xr.Dataset({"depth": ("site", depth)}, coords={"site": sites})


@pytest.mark.parametrize("seed", range(3))
def test_the_spatial_score_is_scipys(seed):
    rng = np.random.default_rng(seed)
    depth, distance = rng.random(12), rng.random(12)
    found = hierarchy_score(maps(depth), distance)
    assert float(found.r) == pytest.approx(scipy.stats.pearsonr(depth, distance)[0])
    rho, p = scipy.stats.spearmanr(depth, distance)
    assert (float(found.rho), float(found.p)) == pytest.approx((rho, p))
    assert int(found.n) == 12


def test_an_order_with_labels_is_matched_by_them():
    depth = np.array([0.0, 0.25, 0.5, 1.0])
    order = xr.DataArray(
        [10.0, 40.0, 20.0, 30.0], dims="site", coords={"site": ["s0", "s3", "s1", "s2"]}
    )
    assert float(hierarchy_score(maps(depth), order).rho) == pytest.approx(1.0)
    # The same numbers without labels are taken in their order.
    assert float(hierarchy_score(maps(depth), order.values).rho) < 0.9


def test_an_order_of_other_sites_is_refused():
    order = xr.DataArray(np.arange(4.0), dims="site", coords={"site": ["s0", "s1", "s2", "x"]})
    with pytest.raises(LabelError, match=r"order: has no site \['s3'\]"):
        hierarchy_score(maps(np.arange(4.0)), order)
    with pytest.raises(LabelError, match="order"):
        hierarchy_score(maps(np.arange(4.0)), order.rename(site="region"))


def test_an_order_over_two_dims_may_be_transposed():
    rng = np.random.default_rng(0)
    depth = xr.DataArray(rng.random((3, 4)), dims=("subject", "site"))
    layers = xr.Dataset({"depth": depth})
    found = hierarchy_score(layers, (2 * depth + 1).transpose("site", "subject"))
    assert float(found.r) == pytest.approx(1.0)


def test_sites_without_a_layer_are_left_out():
    depth = np.array([0.0, np.nan, 0.5, 1.0, 0.25])
    distance = np.array([1.0, 50.0, np.nan, 4.0, 2.0])
    found = hierarchy_score(maps(depth), distance)
    assert int(found.n) == 3
    assert float(found.r) == pytest.approx(np.corrcoef([0.0, 1.0, 0.25], [1.0, 4.0, 2.0])[0, 1])


@pytest.mark.parametrize("reverse", [False, True])
def test_the_temporal_score_does_not_depend_on_sites_that_are_averaged(reverse):
    score = np.zeros((3, 2, 6))
    for layer, when in enumerate([1, 2, 4]):
        score[layer, :, when] = [1.0, 3.0]
    layers = xr.Dataset(
        {"score": (("layer", "site", "time"), score)}, coords={"layer": list("abc")}
    )
    if reverse:
        layers = layers.isel(site=[1, 0])
    found = hierarchy_score(layers, np.arange(6.0), of="layer")
    assert found.peak.values.tolist() == [1.0, 2.0, 4.0]
    assert float(found.r) == pytest.approx(np.corrcoef([0, 1, 2], [1, 2, 4])[0, 1])


@pytest.mark.parametrize(
    ("call", "error"),
    [
        (lambda: layer_map({"a": X}, Y), OptionError),
        (lambda: layer_map([X, X], Y), OptionError),
        (lambda: layer_map({"a": X, "b": X[:-1]}, Y), LabelError),
        (lambda: layer_map({"a": X, "b": np.where(X > 1, np.nan, X)}, Y), SchemaError),
        (lambda: encoding_score({}, Y), OptionError),
        (lambda: encoding_score(X, Y, alphas=()), OptionError),
        (lambda: encoding_score(X, Y, cv=BlockedCV(200)), NeurokitError),
        (lambda: hierarchy_score(maps(np.arange(4.0)), np.arange(4.0), of="brain"), OptionError),
        (lambda: hierarchy_score(maps(np.arange(4.0)), np.arange(4.0), use="best"), OptionError),
        (lambda: hierarchy_score(maps(np.arange(4.0)), np.arange(4.0), use="centre"), SchemaError),
        (lambda: hierarchy_score(maps(np.full(4, np.nan)), np.arange(4.0)), SchemaError),
    ],
)
def test_what_has_no_score_is_refused_with_a_mend(call, error):
    with pytest.raises(error) as caught:
        call()
    assert caught.value.mend


def test_what_is_given_is_not_changed_and_the_same_comes_again():
    x, y = X.copy(), Y.copy(deep=True)
    one, two = (layer_map({"a": x[:, :2], "b": x[:, 2:]}, y) for _ in range(2))
    xr.testing.assert_identical(one, two)
    np.testing.assert_array_equal(x, X)
    xr.testing.assert_identical(y, Y)


def test_a_constant_target_scores_zero_and_integers_and_bools_are_fine():
    y = np.column_stack([np.full(N, 3), (X[:, 0] > 0)])
    found = encoding_score((10 * X).astype(int), y, alphas=(1.0,))
    assert float(found[0]) == 0.0
    assert float(found[1]) > 0.5
    np.testing.assert_allclose(
        found[1], encoding_score((10 * X).astype(int).astype(float), y[:, 1:] > 0, alphas=(1.0,))[0]
    )
