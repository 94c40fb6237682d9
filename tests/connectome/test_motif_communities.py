"""Who makes up a motif, which communities there are, and how they are numbered."""

from __future__ import annotations

import numpy as np
import pytest
import xarray as xr
from sklearn.metrics import adjusted_mutual_info_score

from neurokit.connectome.motif_communities import (
    by_tightness,
    consensus,
    labels_of_motifs,
    taking_part,
)


def blocks(labels, within, between, outside=0.05, noise=0.15, seed=0):
    """Symmetric weights by group; label -1 is the background."""
    labels = np.asarray(labels)
    same = labels[:, None] == labels
    member = labels >= 0
    mean = np.where(same, within, between)
    mean = np.where(member[:, None] & member, mean, outside)
    rng = np.random.default_rng(seed)
    values = mean * np.exp(noise * rng.standard_normal(mean.shape))
    values = np.sqrt(values * values.T)
    np.fill_diagonal(values, 0)
    return values


def as_motifs(*matrices):
    names = [f"N{k:02d}" for k in range(len(matrices[0]))]
    coords = {"component": range(len(matrices)), "neuron": names, "partner": names}
    return xr.DataArray(np.stack(matrices), coords, ["component", "neuron", "partner"])


LABELS = np.repeat([-1, 0, 1], [20, 8, 8])


@pytest.mark.parametrize("missing", [0.0, 0.1])
def test_members_stand_out_from_the_background(missing):
    weights = blocks(LABELS, 1.0, 0.5)
    rng = np.random.default_rng(1)
    gone = np.triu(rng.random(weights.shape) < missing, 1)
    weights[gone | gone.T] = np.nan
    np.testing.assert_array_equal(taking_part(weights), LABELS >= 0)


def test_everybody_takes_part_in_a_flat_motif_and_nobody_in_an_empty_one():
    assert taking_part(np.ones((6, 6))).all()
    assert not taking_part(np.zeros((6, 6))).any()


def test_two_groups_without_pairs_between_them_both_take_part():
    weights = blocks(LABELS, 1.0, 0.0, outside=0.01)
    np.testing.assert_array_equal(taking_part(weights), LABELS >= 0)


pytest.importorskip("leidenalg")


@pytest.mark.parametrize("method", ["sbm", "leiden"])
def test_planted_communities_are_found_in_every_motif(method):
    other = np.roll(LABELS, -10)
    motifs = as_motifs(blocks(LABELS, 1.0, 0.5), blocks(other, 1.0, 0.4, seed=1))
    found = labels_of_motifs(motifs, method, np.random.default_rng(0))
    assert found.dims == ("component", "neuron")
    for row, truth in zip(found.values, (LABELS, other), strict=True):
        assert adjusted_mutual_info_score(truth, row) == pytest.approx(1.0)


def test_the_consensus_joins_motifs_that_do_not_overlap():
    first, second = np.full(36, -1), np.full(36, -1)
    first[:8], first[8:16] = 0, 1
    second[16:24], second[24:32] = 0, 1
    motifs = as_motifs(blocks(first, 1.0, 0.4), blocks(second, 1.0, 0.4, seed=1))
    labels = labels_of_motifs(motifs, "leiden", np.random.default_rng(0))
    weight = xr.DataArray([1.0, 1.0], dims="component")
    found = consensus(motifs, weight, labels, "leiden", np.random.default_rng(0))
    truth = np.repeat([0, 1, 2, 3, -1], [8, 8, 8, 8, 4])
    assert found.dims == ("neuron",)
    assert adjusted_mutual_info_score(truth, found.values) == pytest.approx(1.0)
    assert (found.values[32:] == -1).all()


def test_the_tightest_community_is_the_first_and_a_single_neuron_the_last():
    weights = blocks([0, 0, 0, 1, 1, 1, 2], 1.0, 0.1, noise=0.0)
    weights[3:6, 3:6] *= 2
    found = by_tightness(weights, np.array([4, 4, 4, 9, 9, 9, 2]))
    assert found.tolist() == [1, 1, 1, 0, 0, 0, 2]


def test_those_without_a_community_stay_without():
    found = by_tightness(np.ones((4, 4)), np.array([-1, 5, 5, -1]))
    assert found.tolist() == [-1, 0, 0, -1]


def test_an_empty_motif_has_no_communities():
    motifs = as_motifs(np.zeros((5, 5)))
    assert (labels_of_motifs(motifs, "sbm", np.random.default_rng(0)) == -1).all()


def test_the_order_of_neurons_does_not_matter():
    weights = blocks(LABELS, 1.0, 0.4)
    turn = np.random.default_rng(3).permutation(len(weights))
    one = labels_of_motifs(as_motifs(weights), "leiden", np.random.default_rng(0)).values[0]
    other = labels_of_motifs(
        as_motifs(weights[np.ix_(turn, turn)]), "leiden", np.random.default_rng(0)
    ).values[0]
    assert adjusted_mutual_info_score(one[turn], other) == pytest.approx(1.0)
