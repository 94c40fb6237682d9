"""Weights of models with parameters against grids, conditions of optimality and labels."""

import itertools

import numpy as np
import pytest
import xarray as xr
from hypothesis import given, settings
from hypothesis import strategies as st

import neurokit as nk
from neurokit.errors import LabelError
from neurokit.rsa.rdm_labels import read_rdms

seeds = st.integers(0, 10**6)


def _products(seed, k=3, pairs=15, *, signed=False):
    rng = np.random.default_rng(seed)
    parts, target = rng.random((k, pairs)), rng.random(pairs)
    if signed:
        parts, target = parts - 0.5, target - 0.5
    return parts, target, parts @ parts.T, parts @ target


@settings(max_examples=25)
@given(seeds)
def test_nonnegative_weights_meet_the_conditions_of_an_optimum(seed):
    parts, _, gram, cross = _products(seed, signed=True)
    theta = nk.rsa.WeightedModel(parts).weights(gram, cross)
    slope = gram @ theta - cross
    assert (theta >= 0).all()
    assert (slope > -1e-7).all()
    np.testing.assert_allclose(theta * slope, 0.0, atol=1e-7)


@settings(max_examples=20)
@given(seeds)
def test_nonnegative_weights_are_the_best_of_all_subsets(seed):
    parts, target, gram, cross = _products(seed, signed=True)
    theta = nk.rsa.WeightedModel(parts).weights(gram, cross)
    losses = [target @ target]
    for size in (1, 2, 3):
        for subset in itertools.combinations(range(3), size):
            fit = np.linalg.lstsq(parts[list(subset)].T, target, rcond=None)[0]
            if (fit >= 0).all():
                losses.append(((fit @ parts[list(subset)] - target) ** 2).sum())
    found = ((theta @ parts - target) ** 2).sum()
    assert found == pytest.approx(min(losses), rel=1e-6, abs=1e-9)


@settings(max_examples=20)
@given(seeds, st.floats(0.01, 10.0))
def test_ridge_is_in_units_of_the_mean_diagonal(seed, ridge):
    parts, _, gram, cross = _products(seed)
    model = nk.rsa.WeightedModel(parts, nonnegative=False, ridge=ridge)
    expected = np.linalg.solve(gram + ridge * np.trace(gram) / 3 * np.eye(3), cross)
    np.testing.assert_allclose(model.weights(gram, cross), expected, rtol=1e-6)
    # Units of the RDMs cancel: weights of the prediction stay.
    scaled = model.weights(gram * 1e6, cross * 1e3)
    np.testing.assert_allclose(scaled * 1e3, expected, rtol=1e-6)


@settings(max_examples=15)
@given(seeds)
def test_interpolation_is_the_best_place_of_a_fine_grid(seed):
    parts, target, gram, cross = _products(seed, k=4)
    theta = nk.rsa.InterpolatedModel(parts).weights(gram, cross)
    assert theta.sum() == pytest.approx(1.0)
    assert (theta >= 0).all()
    used = np.flatnonzero(theta)
    assert used.max() - used.min() <= 1
    best = -1.0
    for k, t in itertools.product(range(3), np.linspace(0, 1, 101)):
        place = (1 - t) * parts[k] + t * parts[k + 1]
        best = max(best, place @ target / np.linalg.norm(place))
    found = theta @ parts @ target / np.linalg.norm(theta @ parts)
    assert found >= best - 1e-9
    assert found <= best + 1e-3


def test_interpolation_away_from_the_target_takes_the_least_bad_end():
    gram = np.eye(3)
    theta = nk.rsa.InterpolatedModel(gram).weights(gram, np.array([-0.9, -0.2, -0.5]))
    np.testing.assert_array_equal(theta, [0.0, 1.0, 0.0])


@pytest.mark.parametrize(
    ("gram", "cross", "best"),
    [
        (np.diag([1.0, 4.0]), [0.9, 1.6], 0),
        (np.diag([1.0, 4.0]), [0.7, 1.6], 1),
        (np.diag([1.0, 0.0]), [0.1, 0.0], 0),
        (np.diag([1.0, 1.0]), [0.5, 0.5], 0),
    ],
)
def test_selection_goes_by_angle_and_the_first_wins_a_draw(gram, cross, best):
    theta = nk.rsa.SelectedModel(np.ones((2, 3))).weights(gram, np.array(cross))
    np.testing.assert_array_equal(theta, np.eye(2)[best])


@pytest.mark.parametrize("kind", ["WeightedModel", "SelectedModel", "InterpolatedModel"])
def test_the_unit_of_the_target_changes_no_prediction(kind):
    parts, _, gram, cross = _products(4)
    model = getattr(nk.rsa, kind)(parts)
    one, two = model.weights(gram, cross), model.weights(gram, cross * 7.0)
    np.testing.assert_allclose(one / one.sum(), two / two.sum(), rtol=1e-9)


@pytest.mark.parametrize("kind", ["WeightedModel", "SelectedModel", "FeatureModel"])
def test_the_order_of_components_is_that_of_the_weights(kind):
    parts, _, gram, cross = _products(5)
    mixed = [2, 0, 1]
    model = getattr(nk.rsa, kind)(parts)
    one = model.weights(gram, cross)
    two = model.weights(gram[np.ix_(mixed, mixed)], cross[mixed])
    np.testing.assert_allclose(two, one[mixed], rtol=1e-8, atol=1e-12)


def _labelled(rows, names):
    names = np.array(list(names))
    i, j = np.triu_indices(len(names), 1)
    coords = {"condition_1": ("pair", names[i]), "condition_2": ("pair", names[j])}
    return xr.DataArray(rows, coords, ["component", "pair"])


def test_components_follow_the_conditions_of_the_data():
    rows = np.arange(12.0).reshape(2, 6)
    data = read_rdms(nk.rsa.select_conditions(_labelled(rows, "abcd"), list("dbca")))
    found = nk.rsa.WeightedModel(_labelled(rows, "abcd"), ridge=0.5).aligned(data)
    np.testing.assert_array_equal(found.rdms, data.values)
    assert found.ridge == 0.5
    assert isinstance(found, nk.rsa.WeightedModel)


def test_components_of_other_conditions_are_named():
    rows = np.arange(12.0).reshape(2, 6)
    with pytest.raises(LabelError, match=r"WeightedModel.*only here: d; only there: x"):
        nk.rsa.WeightedModel(_labelled(rows, "abcd")).aligned(read_rdms(_labelled(rows, "abcx")))


def test_feature_rdms_are_squared_differences_with_labels():
    x = xr.DataArray(
        np.array([[1, 5], [4, 5], [2, 9]]),
        {"condition": list("cab"), "feature": ["size", "hue"]},
        ["condition", "feature"],
    )
    model = nk.rsa.feature_model(x)
    np.testing.assert_array_equal(model.rdms.values, [[9, 1, 4], [0, 16, 16]])
    assert model.rdms.component.values.tolist() == ["size", "hue"]
    assert model.rdms.condition_1.values.tolist() == ["c", "c", "a"]
    assert model.ridge == 0.1
    turned = nk.rsa.feature_model(x.transpose())
    np.testing.assert_array_equal(turned.rdms.values, model.rdms.values)


def test_a_boolean_feature_tells_groups_apart():
    model = nk.rsa.feature_model(np.array([[True], [False], [True]]))
    np.testing.assert_array_equal(model.rdms.values, [[1.0, 0.0, 1.0]])
