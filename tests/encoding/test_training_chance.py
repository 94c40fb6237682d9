"""The chance of what was trained on: planted exactly, and by refits written out."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.linear_model import Ridge

from neurokit.encoding import compare
from neurokit.encoding.training_chance import inflation
from neurokit.errors import NeurokitWarning

pytestmark = pytest.mark.filterwarnings("ignore:.*p is unreliable")


def leave_one_out(n):
    return [(np.delete(np.arange(n), i), np.array([i])) for i in range(n)]


def planted(values, luck):
    """Differences z_i + luck z_i sum of the training z: what was trained on has a part."""

    def refitted(folds):
        out = np.full_like(values, np.nan)
        for train, test in folds:
            out[test] = values[test] + luck * values[test] * values[train].sum(axis=0)
        return out

    return refitted


@pytest.mark.parametrize("luck", [0.0, 0.1, 0.3, 1.0])
def test_the_variance_of_the_mean_is_told_where_it_is_known(luck):
    # 12 independent blocks, 20 000 records: the mean's variance is seen across records.
    n, records = 12, 20_000
    values = np.random.default_rng(0).normal(size=(n, records))
    folds = leave_one_out(n)
    refitted = planted(values, luck)
    difference = refitted(folds)
    wider = inflation(difference, np.arange(n), folds, refitted)
    true = difference.mean(axis=0).var()
    naive = difference.var(axis=0, ddof=1).mean() / n
    # By hand: a block has variance 1 + luck^2 (n - 1), two of them have covariance luck^2.
    second = luck**2 * (n - 1)
    assert true / naive == pytest.approx((1 + 2 * second) / (1 + second - luck**2), rel=0.05)
    assert wider**2 == pytest.approx(true / naive, rel=0.15)
    if luck == 0:
        assert wider == pytest.approx(1.0, abs=1e-12)


def by_hand(x, z, y, folds, label):
    """The definition, one refit after the other."""

    def gain(out):
        found = np.full_like(y, np.nan)
        for train, test in folds:
            rows = train[~np.isin(train, out)]
            errors = [
                (y[test] - Ridge().fit(v[rows], y[rows]).predict(v[test])) ** 2 for v in (x, z)
            ]
            found[test] = errors[1] - errors[0]
        return found

    n = label.max() + 1
    all_rows = gain(np.array([], dtype=int))
    t = np.stack([all_rows[label == b].mean(axis=0) for b in range(n)])
    pseudo = []
    for b in range(n):
        without = gain(np.flatnonzero(label == b))
        rest = [without[label == other].mean(axis=0) for other in range(n) if other != b]
        pseudo.append(t.sum(axis=0) - np.sum(rest, axis=0))
    ratio = [
        np.cov(t[:, k], np.stack(pseudo)[:, k])[0, 1] / t[:, k].var(ddof=1)
        for k in range(y.shape[1])
    ]
    return np.sqrt(max(1.0, np.mean(ratio)))


def equal_models(n=240, p=8, t=3, seed=0):
    rng = np.random.default_rng(seed)
    # Slow features and few samples: much of the difference is chance.
    smooth = np.ones(12) / np.sqrt(12)
    x, z = (
        np.apply_along_axis(np.convolve, 0, rng.normal(size=(n, p)), smooth, "same")
        for _ in range(2)
    )
    noise = np.apply_along_axis(np.convolve, 0, rng.normal(size=(n, t)), smooth, "same")
    return x, z, x @ rng.normal(size=(p, t)) + z @ rng.normal(size=(p, t)) + noise


def test_refits_are_those_written_out():
    x, z, y = equal_models()
    found = compare(Ridge(), Ridge(), (x, z), y, cv=4, blocks=20, random_state=0, n_flips=19)
    folds = [
        (np.setdiff1d(np.arange(240), test), test) for test in np.array_split(np.arange(240), 4)
    ]
    expected = by_hand(x, z, y, folds, np.arange(240) // 20)
    assert expected > 1.05
    assert found.attrs["inflation"] == pytest.approx(expected, rel=1e-12)


def test_refits_widen_what_the_difference_is_compared_with_and_nothing_else():
    x, z, y = equal_models()
    options = {"cv": 4, "blocks": 20, "n_flips": 4095, "alternative": "two-sided"}
    plain, wide = (
        compare(Ridge(), Ridge(), (x, z), y, random_state=0, refit=refit, **options)
        for refit in (False, True)
    )
    np.testing.assert_allclose(wide.difference, plain.difference, rtol=1e-12)
    np.testing.assert_array_equal(wide.r2, plain.r2)
    assert (wide.p > plain.p).all()
    assert plain.attrs["inflation"] == 1.0
    again = compare(Ridge(), Ridge(), (x, z), y, random_state=0, **options)
    assert again.identical(wide.assign_attrs(history=again.attrs["history"]))


def test_many_blocks_are_not_refitted_unless_asked():
    x, z, y = equal_models()

    class Counted(Ridge):
        fits = 0

        def fit(self, X, y):
            Counted.fits += 1
            return super().fit(X, y)

    compare(Counted(), Ridge(), (x, z), y, cv=4, blocks=8, n_flips=19)
    assert Counted.fits == 4
    compare(Counted(), Ridge(), (x, z), y, cv=4, blocks=8, n_flips=19, refit=True)
    assert Counted.fits == 4 + 4 + 30 * 4


def test_a_block_that_is_most_of_a_training_set_is_not_left_out():
    values = np.random.default_rng(0).normal(size=(6, 50))
    folds = [(np.arange(3), np.arange(3, 6)), (np.arange(3, 6), np.arange(3))]
    refitted = planted(values, 1.0)
    halves = np.repeat([0, 1], 3)
    assert inflation(refitted(folds), halves, folds, refitted) == 1.0


def test_rows_that_no_fold_tests_play_no_part():
    values = np.random.default_rng(0).normal(size=(12, 400))
    folds = [fold for fold in leave_one_out(12) if fold[1][0] < 8]
    refitted = planted(values, 0.5)
    wider = inflation(refitted(folds), np.arange(12), folds, refitted)
    assert np.isfinite(wider)
    assert wider > 1.1


def test_equal_predictions_have_no_chance():
    x, _, y = equal_models()
    found = compare(Ridge(), Ridge(), x, y, blocks=20, n_flips=19, random_state=0)
    assert found.attrs["inflation"] == 1.0
    np.testing.assert_array_equal(found.p, 1.0)


def test_the_warning_of_few_blocks_stays():
    x, z, y = equal_models()
    with pytest.warns(NeurokitWarning, match="fewer than 30"):
        compare(Ridge(), Ridge(), (x, z), y, blocks=20, n_flips=19, refit=True)
