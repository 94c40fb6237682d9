"""Models with parameters: weights by least squares, folds that keep training and test apart."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.optimize import nnls

import neurokit as nk
from neurokit.rsa.cross_validation import (
    _deal,
    n_folds_of_conditions,
    n_folds_of_subjects,
)
from neurokit.rsa.fitted_models import FittedModel

seeds = st.integers(0, 10**6)


def _parts(seed=0, k=4, pairs=66):
    rng = np.random.default_rng(seed)
    return rng.random((k, pairs)), rng.random(pairs)


@given(seeds)
def test_nonnegative_weights_are_scipys(seed):
    parts, target = _parts(seed)
    model = nk.rsa.WeightedModel(parts)
    found = model.weights(parts @ parts.T, parts @ target)
    np.testing.assert_allclose(found, nnls(parts.T, target)[0], atol=1e-5)
    assert (found >= 0).all()


@given(seeds)
def test_free_weights_are_least_squares(seed):
    parts, target = _parts(seed)
    model = nk.rsa.WeightedModel(parts, nonnegative=False)
    found = model.weights(parts @ parts.T, parts @ target)
    expected = np.linalg.lstsq(parts.T, target, rcond=None)[0]
    np.testing.assert_allclose(found, expected, atol=1e-6)


def test_ridge_shrinks_weights():
    parts, target = _parts()
    sizes = [
        np.linalg.norm(
            nk.rsa.WeightedModel(parts, ridge=r).weights(parts @ parts.T, parts @ target)
        )
        for r in (0.0, 1.0, 100.0)
    ]
    assert sizes[0] > sizes[1] > sizes[2] > 0


@given(seeds)
def test_selection_is_by_the_largest_cosine(seed):
    parts, target = _parts(seed)
    parts = parts * np.array([[1], [100], [0.01], [5]])
    found = nk.rsa.SelectedModel(parts).weights(parts @ parts.T, parts @ target)
    cosine = parts @ target / np.linalg.norm(parts, axis=1)
    assert found.argmax() == cosine.argmax()
    assert found.sum() == 1


@given(seeds, st.floats(0, 1), st.integers(0, 2))
def test_interpolation_recovers_any_place(seed, t, k):
    parts, _ = _parts(seed)
    target = (1 - t) * parts[k] + t * parts[k + 1]
    found = nk.rsa.InterpolatedModel(parts).weights(parts @ parts.T, parts @ target)
    np.testing.assert_allclose(found @ parts, target, atol=1e-4)
    assert found.sum() == pytest.approx(1.0)


def test_a_mixture_never_does_worse_than_its_best_part_in_training():
    parts, target = _parts()
    theta = nk.rsa.WeightedModel(parts).weights(parts @ parts.T, parts @ target)
    best = max(float(nk.rsa.compare(p, target)) for p in parts)
    assert float(nk.rsa.compare(theta @ parts, target)) >= best - 1e-9


def test_equal_components_are_no_trouble():
    part, target = _parts()[0][:1], _parts()[1]
    parts = np.repeat(part, 3, axis=0)
    theta = nk.rsa.WeightedModel(parts).weights(parts @ parts.T, parts @ target)
    assert np.isfinite(theta).all()
    np.testing.assert_allclose(theta.sum(), part[0] @ target / (part[0] @ part[0]), rtol=1e-6)


def test_components_of_zeros_have_weights_of_zero():
    found = nk.rsa.WeightedModel(np.zeros((2, 6))).weights(np.zeros((2, 2)), np.zeros(2))
    np.testing.assert_array_equal(found, 0.0)


def test_feature_rdms_add_up_to_the_distance():
    x = np.random.default_rng(0).standard_normal((7, 5))
    model = nk.rsa.feature_model(x)
    np.testing.assert_allclose(
        model.rdms.values.sum(axis=0) / 5, nk.rsa.rdm(x, "euclidean").values, rtol=1e-12
    )


def test_the_base_cannot_be_fitted():
    with pytest.raises(NotImplementedError):
        FittedModel(np.ones((2, 3))).weights(np.eye(2), np.ones(2))


@given(seeds, st.integers(5, 60))
def test_folds_are_even_and_hold_what_was_drawn(seed, n):
    rng = np.random.default_rng(seed)
    counts = rng.integers(0, 3, n).astype(float)
    counts[:5] = 1
    fold, n_folds = _deal(counts, n_folds_of_conditions, rng)
    assert (fold[counts == 0] == -1).all()
    sizes = np.bincount(fold[counts > 0], minlength=n_folds)
    assert sizes.max() - sizes.min() <= 1
    assert sizes.sum() == (counts > 0).sum()


@pytest.mark.parametrize(("n", "folds"), [(8, 2), (12, 3), (24, 4), (40, 5), (200, 5)])
def test_more_conditions_make_more_folds(n, folds):
    assert n_folds_of_conditions(n) == folds


@pytest.mark.parametrize(("n", "folds"), [(1, 1), (2, 2), (6, 3), (12, 4), (20, 5)])
def test_more_subjects_make_more_folds(n, folds):
    assert n_folds_of_subjects(n) == folds
