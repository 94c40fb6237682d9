"""Nested levels: valid lengths, planted groups of blocks, no groups where there are none."""

from __future__ import annotations

import math
from itertools import pairwise

import numpy as np
import pytest
from sbm_cases import partitions
from scipy.special import comb

from neurokit.connectome.sbm_moves import log_partition
from neurokit.connectome.sbm_nested import counts_model, nested_levels
from neurokit.connectome.sbm_search import description_length


def symmetric(values):
    upper = np.triu(values)
    return upper + np.triu(values, 1).T


def grouped(rng, b=12, groups=3):
    group = np.repeat(np.arange(groups), b // groups)
    share = np.where(group[:, None] == group, 0.5, 0.05)
    n_pairs = symmetric(np.full((b, b), 100.0))
    return symmetric(rng.binomial(100, share).astype(float)), n_pairs, group


def by_definition(n_edges, n_pairs, labels):
    total = -log_partition(np.bincount(labels), labels.max() + 1)
    for r in range(labels.max() + 1):
        for s in range(r + 1):
            cells = [
                (i, j)
                for i in range(len(labels))
                for j in range(i + 1)
                if {labels[i], labels[j]} == {r, s} and (labels[i] != labels[j] or r == s)
            ]
            e = int(sum(n_edges[cell] for cell in cells))
            m = sum(n_pairs[cell] for cell in cells)
            total += math.log(comb(len(cells) + e - 1, e, exact=True)) + math.log(m + 1)
    return total


@pytest.mark.parametrize("seed", range(3))
def test_the_length_of_a_level_is_that_of_its_definition(seed):
    rng = np.random.default_rng(seed)
    n_edges, n_pairs, _ = grouped(rng, b=6, groups=2)
    model = counts_model(n_edges, n_pairs)
    for labels in list(partitions(6))[::29]:
        found = description_length(model, labels)
        assert found == pytest.approx(by_definition(n_edges, n_pairs, labels), abs=1e-8)


def test_planted_groups_of_blocks_are_found_and_shorten_the_description():
    n_edges, n_pairs, group = grouped(np.random.default_rng(0))
    levels, saved = nested_levels(n_edges, n_pairs, np.random.default_rng(1))
    assert saved > 0
    same = levels[0][:, None] == levels[0]
    np.testing.assert_array_equal(same, group[:, None] == group)


def test_levels_are_nested():
    n_edges, n_pairs, _ = grouped(np.random.default_rng(2), b=24, groups=6)
    levels, _ = nested_levels(n_edges, n_pairs, np.random.default_rng(3))
    for fine, coarse in pairwise(levels):
        assert all(len(set(coarse[fine == k])) == 1 for k in set(fine))
        assert coarse.max() < fine.max()


def test_one_block_has_no_level_above():
    levels, saved = nested_levels(np.ones((1, 1)), np.full((1, 1), 5.0), np.random.default_rng(0))
    assert levels == []
    assert saved == 0.0
