"""Scores between factorizations: what leaves them alone, what lowers them, what they refuse."""

from __future__ import annotations

import numpy as np
import pytest
import xarray as xr
from hypothesis import given, settings
from hypothesis import strategies as st

from neurokit.connectome import factor_match_score
from neurokit.connectome.comparison import mode_cosines, similarity
from neurokit.connectome.factors import labelled_factors
from neurokit.errors import LabelError


def factors(rank=3, seed=0, shape=(6, 5, 4), order=None, scale=None):
    rng = np.random.default_rng(seed)
    arrays = [rng.random((n, rank)) * (rng.random((n, rank)) < 0.6) for n in shape]
    arrays = [array + 1e-3 for array in arrays]
    if order is not None:
        arrays = [array[:, order] for array in arrays]
    if scale is not None:
        arrays[0] = arrays[0] * scale
    tensor = xr.DataArray(
        np.zeros(shape), {"time": np.arange(shape[1])}, ["pair", "time", "recording"][: len(shape)]
    )
    return labelled_factors(tensor, arrays)


@given(order=st.permutations(range(3)), seed=st.integers(0, 999))
@settings(deadline=None, max_examples=25)
def test_scores_are_one_for_the_same_components_in_any_order_and_scale(order, seed):
    scale = np.random.default_rng(seed).uniform(0.1, 10, 3)
    one, other = factors(seed=seed), factors(seed=seed, order=order, scale=scale)
    np.testing.assert_allclose(similarity(one, other), 1.0)
    np.testing.assert_allclose(factor_match_score(one, other), 1.0)


def test_similarity_is_symmetric_and_below_one_for_different_components():
    one, other = factors(seed=0), factors(seed=1)
    assert similarity(one, other) == pytest.approx(similarity(other, one))
    assert similarity(one, other) < 0.9


def test_similarity_is_the_best_mean_over_permutations():
    from itertools import permutations

    one, other = factors(seed=0), factors(seed=1)
    mean = mode_cosines(one, other).mean(axis=0)
    best = max(np.mean([mean[k, p[k]] for k in range(3)]) for p in permutations(range(3)))
    assert similarity(one, other) == pytest.approx(best)


def test_the_match_score_multiplies_modes_and_so_never_exceeds_similarity():
    one, other = factors(seed=0), factors(seed=1)
    score = factor_match_score(one, other)
    cosines = mode_cosines(one, other)
    for component in range(3):
        found = int(score.found[component])
        assert float(score[component]) == pytest.approx(cosines[:, found, component].prod())
    assert float(score.mean()) <= similarity(one, other)


def test_components_beyond_the_true_ones_are_ignored_and_missing_ones_count_zero():
    truth = factors(rank=3)
    more = xr.concat([truth, factors(rank=2, seed=9)], dim="component")
    more = more.assign_coords(component=np.arange(5))
    np.testing.assert_allclose(factor_match_score(more, truth), 1.0)
    fewer = truth.isel(component=[0, 2])
    score = factor_match_score(fewer, truth)
    np.testing.assert_allclose(score, [1.0, 0.0, 1.0])
    assert score.found.values.tolist() == [0, -1, 1]
    assert similarity(fewer, truth) == pytest.approx(2 / 3)


def test_one_wrong_mode_spoils_the_match_score_but_not_similarity():
    truth = factors(rank=1)
    wrong = truth.copy(deep=True)
    wrong["time_course"].values[0] = 0.0
    wrong["time_course"].values[0, 0] = 1.0
    assert float(factor_match_score(wrong, truth)[0]) < 0.75
    assert similarity(wrong, truth) > 0.8


def test_only_shared_modes_are_compared():
    truth = factors().drop_vars(["weight", "recording_loading"])
    np.testing.assert_allclose(factor_match_score(factors(), truth), 1.0)


def test_other_labels_are_an_error_that_names_the_first():
    one, other = factors(), factors()
    other = other.assign_coords(time=np.arange(5) + 1)
    with pytest.raises(LabelError, match="time differs at 5 places, first 0 against 1"):
        similarity(one, other)


def test_other_pairs_are_an_error():
    one = factors().assign_coords(neuron=("pair", list("abcdef")))
    other = factors().assign_coords(neuron=("pair", list("abcdeg")))
    with pytest.raises(LabelError, match="f against g"):
        factor_match_score(one, other)


def test_another_size_is_an_error():
    with pytest.raises(LabelError, match="6 against 7"):
        similarity(factors(), factors(shape=(7, 5, 4)))


def test_no_shared_mode_is_an_error():
    tensor = xr.DataArray(np.zeros((3, 4)), dims=["x", "y"])
    other = labelled_factors(tensor, [np.ones((3, 1)), np.ones((4, 1))])
    with pytest.raises(LabelError, match="none in common"):
        similarity(factors(), other)
