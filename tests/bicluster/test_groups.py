"""Clusters beside regions: tables by hand, pairs by brute force, and what is refused."""

from __future__ import annotations

from itertools import permutations

import numpy as np
import pandas as pd
import pytest
import xarray as xr
from hypothesis import given
from hypothesis import strategies as st

from neurokit.bicluster.groups import contingency, groups_of, p_same
from neurokit.errors import OptionError
from neurokit.stats import adjusted_rand


def labels_of(clusters, regions):
    names = [f"n{k}" for k in range(len(clusters))]
    return xr.DataArray(
        np.asarray(clusters),
        dims="neuron",
        coords={"neuron": names, "region": ("neuron", regions)},
    )


def together_of(matrix, regions):
    names = [f"n{k}" for k in range(len(matrix))]
    return xr.DataArray(
        matrix,
        dims=("neuron", "partner"),
        coords={"neuron": names, "partner": names, "region": ("neuron", regions)},
    )


@given(st.lists(st.tuples(st.integers(0, 3), st.sampled_from("xyz")), min_size=1, max_size=30))
def test_the_table_is_that_of_pandas(pairs):
    clusters = np.unique([k for k, _ in pairs], return_inverse=True)[1]
    regions = [region for _, region in pairs]
    table = contingency(labels_of(clusters, regions), "region")
    expected = pd.crosstab(np.array(regions), clusters)
    assert table.sum() == len(pairs)
    for region in expected.index:
        assert table.sel(region=region).values.tolist() == expected.loc[region].tolist()
    assert table.attrs["adjusted_rand"] == adjusted_rand(regions, clusters)


def test_groups_stand_in_the_order_in_which_they_come():
    table = contingency(labels_of([1, 0, 0], ["z", "a", "z"]), "region")
    assert table.region.values.tolist() == ["z", "a"]
    assert table.values.tolist() == [[1, 1], [1, 0]]


def test_pairs_of_two_groups_are_averaged_without_a_neuron_and_itself():
    rng = np.random.default_rng(0)
    root = rng.random((7, 7))
    matrix = 0.5 * (root + root.T)
    np.fill_diagonal(matrix, 1.0)
    regions = ["a", "b", "a", "c", "b", "a", "b"]
    found = p_same(together_of(matrix, regions), "region")
    for one in "abc":
        for other in "abc":
            pairs = [
                matrix[i, j]
                for i, j in permutations(range(7), 2)
                if regions[i] == one and regions[j] == other
            ]
            value = found.sel(region=one, other_region=other).item()
            if pairs:
                assert value == pytest.approx(np.mean(pairs), abs=1e-12)
            else:
                assert np.isnan(value)


def test_numbers_may_name_groups():
    labels = labels_of([0, 1], ["a", "b"]).assign_coords(probe=("neuron", [2, 10]))
    assert groups_of(labels, "probe").tolist() == ["2", "10"]


@pytest.mark.parametrize("by", ["area", "neuron", ""])
def test_a_coordinate_that_is_not_there_is_refused_with_those_that_are(by):
    with pytest.raises(OptionError, match=r"only \['region'\]"):
        contingency(labels_of([0, 1], ["a", "b"]), by)
