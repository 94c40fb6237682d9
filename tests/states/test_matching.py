"""Labels of states: the permutation that agrees best."""

import itertools

import numpy as np
import pytest
import xarray as xr

from neurokit.errors import OptionError
from neurokit.states import match_states
from neurokit.states.matching import match_by_overlap, match_by_parameters


@pytest.mark.parametrize("seed", range(5))
def test_no_permutation_overlaps_more(seed):
    rng = np.random.default_rng(seed)
    first, second = rng.dirichlet(np.ones(4), 50), rng.dirichlet(np.ones(4), 50)
    found = match_by_overlap(first, second)
    best = max((first * second[:, p]).sum() for p in itertools.permutations(range(4)))
    assert (first * second[:, found]).sum() == pytest.approx(best)


def test_a_permutation_is_undone():
    rng = np.random.default_rng(0)
    order = np.array([2, 0, 3, 1])
    weights = rng.normal(size=(4, 3, 3))
    np.testing.assert_allclose(
        weights[order][match_by_parameters(weights, weights[order])], weights
    )
    states = rng.integers(4, size=100)
    renamed = np.argsort(order)[states]
    found = match_states(states, renamed)
    np.testing.assert_array_equal(found[states], renamed)
    labelled = [xr.DataArray(x, dims=("state", "post", "pre")) for x in (weights, weights[order])]
    np.testing.assert_array_equal(match_states(*labelled), np.argsort(order))


def test_probabilities_may_have_gaps():
    probability = np.full((6, 2), 0.5)
    probability[:3] = [0.9, 0.1]
    probability[4] = np.nan
    np.testing.assert_array_equal(match_states(probability, probability[:, ::-1]), [1, 0])


def test_other_bins_are_refused():
    with pytest.raises(OptionError, match="other"):
        match_states([0, 1], [0, 1, 1])
