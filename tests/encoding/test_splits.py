"""What users give as cv becomes folds; blocks in time are the default."""

from __future__ import annotations

import numpy as np
import pytest
import xarray as xr
from sklearn.model_selection import KFold, LeaveOneOut

from neurokit.encoding.splits import folds_of
from neurokit.errors import OptionError
from neurokit.schema import regular_time, time_coordinate
from neurokit.stats import BlockedCV


def samples(n=50, **coords):
    return xr.DataArray(
        np.zeros(n), dims="sample", coords={k: ("sample", v) for k, v in coords.items()}
    )


def test_the_default_is_five_contiguous_blocks():
    folds = folds_of(None, samples())
    assert len(folds) == 5
    for k, (train, test) in enumerate(folds):
        np.testing.assert_array_equal(test, np.arange(10 * k, 10 * k + 10))
        np.testing.assert_array_equal(np.sort(np.concatenate([train, test])), np.arange(50))


def test_few_samples_get_fewer_blocks():
    assert len(folds_of(None, samples(3))) == 3
    with pytest.raises(OptionError, match="n_samples = 1"):
        folds_of(None, samples(1))


def test_a_number_is_a_number_of_blocks():
    assert len(folds_of(4, samples())) == 4
    assert len(folds_of(np.int64(4), samples())) == 4


def test_a_gap_is_in_seconds_where_there_is_time():
    timed = xr.DataArray(
        np.zeros(50), dims="time", coords={"time": time_coordinate(regular_time(50, 10.0), 10.0)}
    )
    train, test = folds_of(BlockedCV(5, gap=0.3), timed)[0]
    assert test.max() == 9
    assert train.min() == 13
    train, _ = folds_of(BlockedCV(5, gap=3), samples())[0]
    assert train.min() == 13


def test_blocks_do_not_cross_runs():
    run = np.repeat([0, 1, 2], [10, 30, 10])
    for _, test in folds_of(BlockedCV(5), samples(run=run)):
        assert np.unique(run[test]).size == 1


def test_settings_of_a_splitter_will_do():
    given = folds_of({"n_splits": 3, "gap": 2.0}, samples())
    for (a, b), (c, d) in zip(given, folds_of(BlockedCV(3, gap=2), samples()), strict=True):
        np.testing.assert_array_equal(a, c)
        np.testing.assert_array_equal(b, d)


def test_any_splitter_and_any_pairs_will_do():
    assert len(folds_of(LeaveOneOut(), samples(7))) == 7
    shuffled = folds_of(KFold(5, shuffle=True, random_state=0), samples())
    assert any(np.any(np.diff(test) > 1) for _, test in shuffled)  # asked for by name
    assert len(folds_of(iter([(np.arange(5), np.arange(5, 9))]), samples())) == 1


def test_groups_are_named_by_a_coordinate():
    session = np.repeat(list("abcde"), 10)
    folds = folds_of(BlockedCV(5, groups="session"), samples(session=session))
    for _, test in folds:
        assert np.unique(session[test]).size == 1


@pytest.mark.parametrize("cv", ["kfold", 2.5, True, object()])
def test_anything_else_is_refused(cv):
    with pytest.raises(OptionError, match="cv"):
        folds_of(cv, samples())
