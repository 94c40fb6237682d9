"""Cross-validated scores are those of loops over folds, copies and subjects written out."""

import numpy as np
import pytest
from scipy.optimize import nnls

import neurokit as nk
from neurokit.rsa import cross_validation as cv
from neurokit.rsa.pair_index import square
from neurokit.rsa.resampling import draw_resamples


def _case(seed=0, n=9, n_subjects=4, k=3):
    rng = np.random.default_rng(seed)
    pairs = n * (n - 1) // 2
    parts = rng.random((k, pairs))
    subjects = np.array([0.2, 0.0, 0.8])[:k] @ parts + 0.4 * rng.random((n_subjects, pairs))
    return parts, subjects


def _entries(rows, counts):
    drawn = np.repeat(np.arange(len(counts)), counts.astype(int))
    i, j = np.triu_indices(len(drawn), 1)
    apart = drawn[i] != drawn[j]
    return square(rows)[:, drawn[i][apart], drawn[j][apart]]


def _unit(x, centre):
    x = x - x.mean(axis=-1, keepdims=True) if centre else x
    return x / np.linalg.norm(x, axis=-1, keepdims=True)


def _theta(kind, parts, target):
    if kind == "weighted":
        return nnls(parts.T, target)[0]
    if kind == "free":
        return np.linalg.lstsq(parts.T, target, rcond=None)[0]
    cosine = parts @ target / np.linalg.norm(parts, axis=1)
    return np.eye(len(parts))[cosine.argmax()]


def _model(kind, parts):
    if kind == "selected":
        return nk.rsa.SelectedModel(parts)
    return nk.rsa.WeightedModel(parts, nonnegative=kind == "weighted")


def _by_hand(kind, parts, subjects, counts, people, folds, groups, centre):
    scores = np.full((folds.max() + 1, len(subjects)), np.nan)
    for k in range(folds.max() + 1):
        train, test = (np.where(m, counts, 0.0) for m in (folds != k, folds == k))
        for s in np.flatnonzero(people):
            others = np.where(groups != groups[s], people, 0.0)
            target = others @ _unit(_entries(subjects, train), centre)
            fit = _entries(parts, train)
            fit = fit - fit.mean(axis=1, keepdims=True) if centre else fit
            predicted = _theta(kind, fit, target) @ _entries(parts, test)
            held_out = _entries(subjects, test)[s]
            scores[k, s] = _unit(predicted, centre) @ _unit(held_out, centre)
    return np.nanmean(scores[:, people > 0], axis=0)


@pytest.mark.parametrize("kind", ["weighted", "free", "selected"])
@pytest.mark.parametrize("method", ["cosine", "pearson"])
@pytest.mark.parametrize("drawn", [False, True])
def test_a_pass_is_the_loop_over_folds_and_subjects(kind, method, drawn):
    parts, subjects = _case()
    counts, people = np.ones(9), np.ones(4)
    if drawn:
        counts, people = np.array([2.0, 1, 1, 0, 1, 1, 2, 1, 1]), np.array([2.0, 0, 1, 1])
    table = cv._table([_model(kind, parts)], subjects, method, None)
    found, _ = cv._pass(table, counts, people, np.random.default_rng(5))
    rng = np.random.default_rng(5)
    folds, _ = cv._deal(counts, cv.n_folds_of_conditions, rng)
    groups, _ = cv._deal(people, cv.n_folds_of_subjects, rng)
    expected = _by_hand(kind, parts, subjects, counts, people, folds, groups, method == "pearson")
    np.testing.assert_allclose(found[0, people > 0], expected, rtol=1e-6)
    assert np.isnan(found[0, people == 0]).all()


@pytest.mark.parametrize("method", ["cosine", "pearson", "rho-a", "tau-a"])
def test_a_fixed_model_is_judged_on_test_pairs_only(method):
    parts, subjects = _case(1)
    models = [parts[0], nk.rsa.SelectedModel(parts)]
    table = cv._table(models, subjects, method, None)
    found, _ = cv._pass(table, np.ones(9), np.ones(4), np.random.default_rng(2))
    folds, n_folds = cv._deal(np.ones(9), cv.n_folds_of_conditions, np.random.default_rng(2))
    each = []
    for k in range(n_folds):
        test = np.asarray(folds == k, dtype=float)
        pair = _entries(parts[:1], test), _entries(subjects, test)
        each.append(nk.rsa.compare(*pair, method).values[0])
    np.testing.assert_allclose(found[0], np.mean(each, axis=0), rtol=1e-9)


@pytest.mark.parametrize("spoil", ["subject", "pairs"])
def test_what_is_tested_has_no_part_in_the_fit(spoil):
    parts, subjects = _case(2)
    folds, _ = cv._deal(np.ones(9), cv.n_folds_of_conditions, np.random.default_rng(3))
    other = subjects.copy()
    first, second = np.triu_indices(9, 1)
    rng = np.random.default_rng(4)
    if spoil == "subject":
        other[0] = rng.random(36)
    else:
        across = (folds[first] == 0) | (folds[second] == 0)
        other[:, across] = rng.random((4, int(across.sum())))
    thetas = []
    for rows in (subjects, other):
        table = cv._table([nk.rsa.WeightedModel(parts)], rows, "cosine", None)
        train = np.where(folds != 0, 1.0, 0.0)
        gram, norm = cv.bootstrap_gram.grams(table.products, train[None])
        people = np.array([0.0, 1, 1, 1]) if spoil == "subject" else np.ones(4)
        thetas.append(cv._fitted(table, gram[0], norm[0], people)[0])
    np.testing.assert_allclose(thetas[0], thetas[1], rtol=1e-10)


def test_one_subject_is_trained_and_tested_on_alone():
    parts, subjects = _case(3, n_subjects=1)
    table = cv._table([nk.rsa.WeightedModel(parts)], subjects, "cosine", None)
    scores, ceiling = cv._pass(table, np.ones(9), np.ones(1), np.random.default_rng(0))
    assert scores.shape == (1, 1)
    assert 0.8 < scores[0, 0] <= 1.0
    np.testing.assert_allclose(ceiling, 1.0)


def test_folds_of_two_conditions_tell_nothing():
    parts, subjects = _case(4)
    table = cv._table([nk.rsa.WeightedModel(parts)], subjects, "cosine", None)
    counts = np.array([1.0, 1, 1, 1, 1, 0, 0, 0, 0])
    # Of folds of three and two conditions neither can be tested on and trained for.
    scores, ceiling = cv._pass(table, counts, np.ones(4), np.random.default_rng(0))
    assert np.isnan(scores).all()
    assert np.isnan(ceiling).all()


@pytest.mark.parametrize("factor", ["both", "subjects", "conditions"])
def test_draws_do_not_depend_on_threads(factor, monkeypatch):
    monkeypatch.setattr(cv, "_DRAWS_PER_BLOCK", 3)
    parts, subjects = _case(5)
    drawn = draw_resamples(10, 4, 9, 0)
    one, four = (
        cv.cross_validated_draws(
            [nk.rsa.WeightedModel(parts)], subjects, "cosine", drawn, factor, 2, n_jobs
        )
        for n_jobs in (1, 4)
    )
    for a, b in zip(one, four, strict=True):
        assert a.evaluation.tobytes() == b.evaluation.tobytes()
        assert a.ceiling.tobytes() == b.ceiling.tobytes()
        assert a.evaluation.shape == (10, 1)


def test_assignments_of_folds_differ_and_are_seeded():
    parts, subjects = _case(6)
    drawn = draw_resamples(10, 4, 9, 1)
    one, two = (
        cv.cross_validated_draws(
            [nk.rsa.WeightedModel(parts)], subjects, "cosine", drawn, "subjects", 2, 1
        )
        for _ in range(2)
    )
    np.testing.assert_array_equal(one[0].evaluation, two[0].evaluation)
    assert np.abs(one[0].evaluation - one[1].evaluation).max() > 1e-4


@pytest.mark.parametrize("method", ["cosine", "spearman", "whitened_pearson"])
def test_a_true_mixture_without_noise_scores_one(method):
    parts, _ = _case(7)
    subjects = np.tile(np.array([0.3, 0.1, 0.6]) @ parts, (4, 1))
    models = [nk.rsa.WeightedModel(parts), parts[1]]
    scores, ceiling = cv.cross_validated(models, subjects, method, draw_resamples(10, 4, 9, 0))
    # A mean that is fitted along shifts Pearson only; the weights are those of the truth.
    np.testing.assert_allclose(scores[0], 1.0, atol=1e-6)
    np.testing.assert_allclose(ceiling, 1.0, atol=1e-9)
    assert (scores[1] < 0.999).all()


def test_cross_validation_leaves_its_inputs():
    parts, subjects = _case(8)
    before = parts.copy(), subjects.copy()
    models = [nk.rsa.WeightedModel(parts)]
    cv.cross_validated(models, subjects, "rho-a", draw_resamples(10, 4, 9, 0))
    np.testing.assert_array_equal(parts, before[0])
    np.testing.assert_array_equal(subjects, before[1])


def test_means_of_what_is_there():
    values = np.array([[1.0, np.nan, np.nan], [3.0, 4.0, np.nan]])
    np.testing.assert_array_equal(cv._seen_mean(values), [2.0, 4.0, np.nan])
