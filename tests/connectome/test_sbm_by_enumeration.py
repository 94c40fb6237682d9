"""The estimator of blocks on graphs so small that every partition can be tried."""

from __future__ import annotations

from itertools import pairwise

import networkx as nx
import numpy as np
import pytest
import xarray as xr
from sbm_cases import partitions
from scipy.special import betaln, gammaln

from neurokit.connectome.sbm_assortative import AssortativeModel
from neurokit.connectome.sbm_candidates import FAMILIES, candidate
from neurokit.connectome.sbm_graph import as_graph
from neurokit.connectome.sbm_model import WeightedSBM
from neurokit.connectome.sbm_search import first_appearance
from neurokit.connectome.sbm_starts import communities_of, start
from neurokit.errors import NeurokitError, OptionError

QUICK = {"n_starts": 4, "n_samples": 0, "random_state": 0}


def symmetric(values):
    upper = np.triu(values, 1)
    return upper + upper.T


def a_graph(seed, n=6, density=0.6, missing=0.1):
    rng = np.random.default_rng(seed)
    x = symmetric(rng.lognormal(0, 1, (n, n)) * (rng.random((n, n)) < density))
    x[symmetric(rng.random((n, n)) < missing) > 0] = np.nan
    np.fill_diagonal(x, 0.0)
    return x


def cliques(sizes, weight=2.0):
    group = np.repeat(np.arange(len(sizes)), sizes)
    x = np.where(group[:, None] == group, weight, 0.0)
    np.fill_diagonal(x, 0.0)
    return x, group


def bernoulli_length(x, labels):
    """-log p of edges and partition: one beta integral per pair of blocks, counted by loops."""
    n, n_blocks = len(labels), labels.max() + 1
    edges, pairs = np.zeros((2, n_blocks, n_blocks))
    for i in range(n):
        for j in range(i):
            if not np.isnan(x[i, j]):
                r, s = sorted((labels[i], labels[j]))
                pairs[r, s] += 1
                edges[r, s] += x[i, j] > 0
    upper = np.triu_indices(n_blocks)
    value = betaln(1 + edges[upper], 1 + (pairs - edges)[upper]).sum()
    sizes = np.bincount(labels)
    chosen = gammaln(n) - gammaln(n_blocks) - gammaln(n - n_blocks + 1)
    prior = -np.log(n) - chosen - gammaln(n + 1) + gammaln(sizes + 1).sum()
    return -(value + prior)


@pytest.mark.parametrize("seed", range(4))
def test_edges_alone_are_described_as_shortly_as_any_partition_can(seed):
    x = a_graph(seed)
    fit = WeightedSBM("plain", weights="none", **QUICK).fit(x)
    lengths = {tuple(p): bernoulli_length(x, p) for p in partitions(6)}
    assert fit.description_length_ == pytest.approx(min(lengths.values()), abs=1e-9)
    # Another partition may be as short; the one returned must be such a one.
    assert lengths[tuple(fit.labels_.values)] == pytest.approx(min(lengths.values()), abs=1e-9)
    assert fit.n_blocks_ == len(set(fit.labels_.values))
    assert (fit.family_, fit.weights_) == ("plain", "none")


@pytest.mark.parametrize("weights", ["exponential", "normal", "log-normal", "zero-inflated"])
def test_block_models_find_the_best_of_all_partitions(weights):
    x = a_graph(7, n=6)
    graph = as_graph(x)
    fit = WeightedSBM(("plain", "degree-corrected"), weights, **QUICK).fit(x)
    for k, family in enumerate(fit.candidates_.family.values):
        model = candidate(graph, str(family), weights)
        best = min(model.description_length(p) for p in partitions(6))
        assert float(fit.candidates_.description_length[k]) == pytest.approx(best, abs=1e-9)


def test_the_candidates_are_sorted_and_the_first_is_the_answer():
    x = a_graph(3, n=8)
    fit = WeightedSBM(**QUICK | {"n_starts": 1}).fit(x)
    lengths = fit.candidates_.description_length.values
    assert (np.diff(lengths) >= 0).all()
    assert fit.description_length_ == lengths[0]
    assert fit.labels_.values.tolist() == fit.candidates_.labels.values[0].tolist()
    pairs = set(zip(fit.candidates_.family.values, fit.candidates_.weights.values, strict=True))
    assert len(pairs) == fit.candidates_.sizes["candidate"] == 15
    assert {family for family, _ in pairs} == set(FAMILIES)
    for k in range(15):
        labels = fit.candidates_.labels.values[k]
        np.testing.assert_array_equal(first_appearance(labels), labels)
        assert int(fit.candidates_.n_blocks[k]) == labels.max() + 1


def test_co_assignment_is_the_posterior_summed_over_all_partitions():
    x = a_graph(1, n=5, missing=0.0)
    fit = WeightedSBM("plain", "none", n_starts=2, n_samples=4000, random_state=0).fit(x)
    every = list(partitions(5))
    lengths = np.array([bernoulli_length(x, p) for p in every])
    share = np.exp(lengths.min() - lengths)
    share /= share.sum()
    expected = sum(w * (p[:, None] == p) for w, p in zip(share, every, strict=True))
    # 4000 draws, somewhat autocorrelated: standard error at most about .012.
    np.testing.assert_allclose(fit.co_assignment_, expected, atol=0.05)
    np.testing.assert_array_equal(np.diag(fit.co_assignment_), 1.0)


def test_statistics_of_blocks_are_the_quotient_of_networkx():
    x = np.nan_to_num(a_graph(5, n=9, density=0.5))
    fit = WeightedSBM("plain", "log-normal", **QUICK).fit(x)
    graph = nx.from_numpy_array(x)
    groups = [np.flatnonzero(fit.labels_.values == b) for b in range(fit.n_blocks_)]
    np.testing.assert_array_equal(fit.blocks_["size"], [len(g) for g in groups])
    for r, one in enumerate(groups):
        for s, two in enumerate(groups):
            if r == s:
                held = list(graph.subgraph(one).edges(data="weight"))
                pairs = len(one) * (len(one) - 1) // 2
            else:
                held = list(nx.edge_boundary(graph, one, two, data="weight"))
                pairs = len(one) * len(two)
            block = fit.blocks_.isel(block=r, partner_block=s)
            assert int(block.n_edges) == len(held)
            assert int(block.n_pairs) == pairs
            if held:
                mean = np.mean([w for _, _, w in held])
                assert float(block.mean_weight) == pytest.approx(mean)
            else:
                assert np.isnan(block.mean_weight)


def test_names_travel_and_their_order_does_not_matter():
    x, group = cliques([6, 6, 6])
    x *= np.random.default_rng(0).lognormal(0, 0.1, x.shape)
    names = [f"cell{k:02d}" for k in range(18)]
    graph = xr.DataArray(symmetric(x), {"neuron": names, "partner": names}, ["neuron", "partner"])
    kept = graph.copy(deep=True)
    fit = WeightedSBM("communities", "log-normal", **QUICK).fit(graph)
    xr.testing.assert_identical(graph, kept)
    turn = np.random.default_rng(1).permutation(18)
    turned = WeightedSBM("communities", "log-normal", **QUICK).fit(graph[turn][:, turn])
    assert fit.labels_.neuron.values.tolist() == names
    assert turned.labels_.neuron.values.tolist() == [names[k] for k in turn]
    np.testing.assert_array_equal(fit.labels_, group)
    np.testing.assert_array_equal(turned.labels_, first_appearance(group[turn]))


def test_a_node_never_observed_is_in_no_block_and_costs_nothing():
    x = a_graph(2, n=7, missing=0.0)
    wider = np.full((8, 8), np.nan)
    keep = np.delete(np.arange(8), 3)
    wider[np.ix_(keep, keep)] = x
    fit, with_lost = (WeightedSBM("plain", "none", **QUICK).fit(g) for g in (x, wider))
    assert with_lost.labels_.values[3] == -1
    np.testing.assert_array_equal(with_lost.labels_.values[keep], fit.labels_.values)
    assert with_lost.description_length_ == pytest.approx(fit.description_length_, abs=1e-9)


def test_the_diagonal_is_not_read():
    x = a_graph(4)
    other = x.copy()
    np.fill_diagonal(other, np.arange(1.0, 7.0))
    one, two = (WeightedSBM("plain", "normal", **QUICK).fit(g) for g in (x, other))
    assert one.description_length_ == two.description_length_
    np.testing.assert_array_equal(one.labels_, two.labels_)


@pytest.mark.parametrize("n", [1, 2, 3])
@pytest.mark.parametrize("density", [0.0, 1.0])
def test_the_smallest_graphs_have_one_block(n, density):
    x = np.full((n, n), density)
    fit = WeightedSBM(nested=True, n_starts=2, n_samples=2, random_state=0).fit(x)
    np.testing.assert_array_equal(fit.labels_, np.zeros(n))
    np.testing.assert_array_equal(fit.co_assignment_, np.ones((n, n)))
    assert np.isfinite(fit.description_length_)


# ----------------------------------------------------------------------------------- communities


@pytest.mark.parametrize("kind", ["none", "exponential"])
def test_communities_are_found_among_all_partitions_of_six_nodes(kind):
    x = np.nan_to_num(a_graph(6, n=6))
    fit = WeightedSBM("communities", kind, **QUICK | {"n_starts": 8}).fit(x)
    model = candidate(as_graph(x), "assortative", kind)
    best = min(model.description_length(p) for p in partitions(6))
    assert fit.description_length_ == pytest.approx(best, abs=1e-9)


@pytest.mark.parametrize("kind", ["none", "exponential", "normal", "zero-inflated"])
def test_numbers_of_blocks_are_only_names_to_communities(kind):
    x = np.nan_to_num(a_graph(8, n=8))
    model = AssortativeModel(x, ~np.eye(8, dtype=bool), kind)
    labels = np.array([0, 1, 2, 0, 1, 2, 0, 1])
    other = np.array([2, 0, 1])[labels]
    assert model.fit(labels).log_joint == pytest.approx(model.fit(other).log_joint, abs=1e-9)
    gains = [model.evidence(model.fit(b), b)[0] for b in (labels, other)]
    np.testing.assert_allclose(*gains, atol=1e-9)
    np.testing.assert_allclose(gains[0], gains[0].T, atol=1e-12)


@pytest.mark.parametrize("kind", ["none", "exponential", "normal", "zero-inflated"])
def test_a_permuted_graph_has_the_same_joint_probability(kind):
    x = np.nan_to_num(a_graph(9, n=8))
    observed, turn = ~np.eye(8, dtype=bool), np.random.default_rng(0).permutation(8)
    labels = np.array([0, 1, 0, 0, 1, 1, 0, 1])
    one = AssortativeModel(x, observed, kind)
    two = AssortativeModel(x[np.ix_(turn, turn)], observed, kind)
    first, second = one.fit(labels), two.fit(labels[turn])
    assert first.log_joint == pytest.approx(second.log_joint, abs=1e-6)
    assert first.shared == second.shared
    assert one.constant == pytest.approx(two.constant)


def test_gains_of_exponential_weights_are_ratios_of_their_densities():
    x = np.nan_to_num(a_graph(10, n=8))
    model = AssortativeModel(x, ~np.eye(8, dtype=bool), "exponential")
    labels = np.array([0, 0, 0, 0, 1, 1, 1, 1])
    same, edge = labels[:, None] == labels, x > 0
    y = np.where(edge, x / x[edge].mean(), 0.0)
    rates = [(1 + (edge & part).sum()) / (1 + y[part].sum()) for part in (same, ~same)]
    density = [rate * np.exp(-rate * y) for rate in rates]
    expected = np.where(edge, np.log(density[0] / density[1]), 0.0)
    np.testing.assert_allclose(model._exponential_gain(labels), expected, atol=1e-12)


@pytest.mark.parametrize("kind", ["none", "normal"])
def test_a_search_is_repeatable_and_leaves_graph_and_start_alone(kind):
    x = np.nan_to_num(a_graph(11, n=10))
    observed, begin = ~np.eye(10, dtype=bool), np.arange(10) % 3
    kept = x.copy(), observed.copy(), begin.copy()
    model = AssortativeModel(x, observed, kind)
    one, two = (model.search(begin, np.random.default_rng(3)) for _ in range(2))
    np.testing.assert_array_equal(one[0], two[0])
    assert one[1] == two[1]
    for now, before in zip((x, observed, begin), kept, strict=True):
        np.testing.assert_array_equal(now, before)
    alone = -(model.fit(np.zeros(10, dtype=np.int64)).log_joint + model.constant)
    assert one[1] <= alone + 1e-9


# ---------------------------------------------------------------------------------------- starts


@pytest.mark.parametrize("seed", range(3))
def test_communities_to_start_from_have_the_greatest_modularity(seed):
    x = np.nan_to_num(a_graph(seed, n=7, density=0.5))
    graph = nx.from_numpy_array(x)

    def modularity(labels):
        blocks = [set(np.flatnonzero(labels == b).tolist()) for b in range(labels.max() + 1)]
        return nx.community.modularity(graph, blocks)

    best = max(modularity(p) for p in partitions(7))
    found = max(modularity(communities_of(x, np.random.default_rng(k))) for k in range(5))
    assert found == pytest.approx(best, abs=1e-9)


@pytest.mark.parametrize("number", range(10))
def test_starts_are_partitions_without_gaps_fixed_by_the_seed(number):
    graph = as_graph(np.nan_to_num(a_graph(12, n=9)))
    one, two = (start(graph, number, np.random.default_rng(1)) for _ in range(2))
    np.testing.assert_array_equal(one, two)
    np.testing.assert_array_equal(np.unique(one), np.arange(one.max() + 1))
    assert one.shape == (9,)


def test_classes_to_start_from_rise_with_strength_and_with_degree():
    x, _ = cliques([2, 3, 4, 5])
    x[:2, :2] *= 100.0
    graph = as_graph(x)
    rng = np.random.default_rng(0)
    by_strength, by_degree = start(graph, 3, rng), start(graph, 5, rng)
    for labels, score in ((by_strength, x.sum(axis=1)), (by_degree, (x > 0).sum(axis=1))):
        # Blocks are runs along the sorted score: none lies inside another.
        spans = sorted((score[labels == b].min(), score[labels == b].max()) for b in set(labels))
        assert all(a[1] <= b[0] for a, b in pairwise(spans))
        assert np.bincount(labels).max() <= 2
    assert not np.array_equal(by_strength, by_degree)


def test_separate_cliques_start_apart():
    x, group = cliques([4, 5, 3])
    np.testing.assert_array_equal(start(as_graph(x), 0, np.random.default_rng(0)), group)
    np.testing.assert_array_equal(start(as_graph(x), 1, np.random.default_rng(0)), group)


# --------------------------------------------------------------------------------------- hostile


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"family": 3}, "family: is 3. Give a name or a list of names"),
        ({"family": None}, "family: is None. Give a name or a list of names"),
        ({"family": ()}, "family: is empty"),
        ({"family": [["plain"]]}, "did you mean 'plain'"),
        ({"weights": None}, "weights: is None. Give a name or a list of names"),
        ({"weights": 0.5}, "weights: is 0.5. Give a name or a list of names"),
        ({"weights": []}, "weights: is"),
        ({"weights": ["none", "normal"]}, "Models can't be compared with none"),
        ({"n_jobs": -1.0}, "n_jobs: is -1.0. Give a whole number from 1"),
        ({"n_jobs": np.array([1, 2])}, "n_jobs: is .*Give a whole number from 1"),
        ({"n_jobs": -2}, "n_jobs: is -2"),
        ({"n_jobs": True}, "n_jobs: is True"),
        ({"n_starts": 2.0}, "n_starts: is 2.0"),
        ({"n_samples": -1}, "n_samples: is -1. Give a whole number from 0"),
    ],
)
def test_options_that_cannot_be_meant_are_named(options, says):
    with pytest.raises(OptionError, match=says):
        WeightedSBM(**options).fit(np.ones((4, 4)))


@pytest.mark.parametrize(
    "graph",
    [
        np.empty((0, 0)),
        np.ones((3, 4)),
        np.ones(3),
        np.full((3, 3), np.nan),
        np.full((3, 3), np.inf),
        np.ones((3, 3), complex),
        np.full((3, 3), "a"),
        -np.ones((3, 3)),
        np.triu(np.ones((3, 3))),
        None,
        "graph",
    ],
)
def test_graphs_that_are_none_are_named(graph):
    with pytest.raises(NeurokitError, match="graph"):
        WeightedSBM("plain", **QUICK).fit(graph)


@pytest.mark.parametrize("dtype", [bool, np.int8, np.uint16, np.float32])
def test_graphs_of_any_real_type_are_the_same_graph(dtype):
    x, _ = cliques([3, 3], weight=1)
    one = WeightedSBM("plain", "none", **QUICK).fit(x)
    two = WeightedSBM("plain", "none", **QUICK).fit(x.astype(dtype))
    assert one.description_length_ == two.description_length_
    np.testing.assert_array_equal(one.labels_, two.labels_)
