"""Folds hide every entry once, evenly, and leave rows something to be fitted to."""

from __future__ import annotations

import numpy as np
import pytest

from neurokit.connectome.holdout import entry_folds, fibre_folds


@pytest.mark.parametrize("n_folds", [2, 3, 5])
def test_entries_are_dealt_evenly(n_folds):
    folds = entry_folds((7, 6, 5), n_folds, np.random.default_rng(0))
    assert folds.shape == (7, 6, 5)
    counts = np.bincount(folds.ravel(), minlength=n_folds)
    assert counts.max() - counts.min() <= 1


@pytest.mark.parametrize("along", [0, 1, 2])
@pytest.mark.parametrize("n_folds", [2, 5])
def test_fibres_stay_whole_and_are_spread_within_rows(along, n_folds):
    shape = (20, 11, 7)
    folds = fibre_folds(shape, along, n_folds, np.random.default_rng(0))
    assert folds.shape == tuple(1 if k == along else n for k, n in enumerate(shape))
    flat = folds.squeeze(along)
    # Rows are those of the larger of the two modes left.
    rows = flat if flat.shape[0] >= flat.shape[1] else flat.T
    for row in rows:
        counts = np.bincount(row, minlength=n_folds)
        assert counts.max() <= -(-len(row) // n_folds)
    assert set(np.unique(folds)) == set(range(n_folds))


def test_four_modes_have_fibres_too():
    folds = fibre_folds((4, 9, 3, 5), 1, 3, np.random.default_rng(0))
    assert folds.shape == (4, 1, 3, 5)


def test_a_seed_fixes_the_folds():
    for deal in (
        lambda rng: entry_folds((5, 4), 2, rng),
        lambda rng: fibre_folds((5, 4, 3), 0, 2, rng),
    ):
        one, other = deal(np.random.default_rng(1)), deal(np.random.default_rng(1))
        np.testing.assert_array_equal(one, other)
        assert not np.array_equal(one, deal(np.random.default_rng(2)))
