"""What block models say beside labels: statistics of blocks, starts, candidates, levels, figure."""

from __future__ import annotations

import math

import matplotlib.pyplot as plt
import numpy as np
import pytest
import xarray as xr
from hypothesis import given, settings
from hypothesis import strategies as st
from matplotlib.figure import Figure

from neurokit.connectome import WeightedSBM, communities, sbm_starts
from neurokit.connectome.sbm_assortative import AssortativeModel
from neurokit.connectome.sbm_blocks import block_statistics, co_assignment
from neurokit.connectome.sbm_candidates import (
    FAMILIES,
    WEIGHTS,
    BlockCandidate,
    candidate,
    chosen_families,
    chosen_weights,
    worth_searching,
)
from neurokit.connectome.sbm_graph import as_graph, check_positive
from neurokit.connectome.sbm_nested import counts_model, nested_levels
from neurokit.connectome.sbm_search import description_length, first_appearance
from neurokit.errors import LabelError, NotFittedError, OptionError, SchemaError
from neurokit.testing import assert_same


@pytest.fixture(autouse=True)
def _no_figure_stays_open():
    yield
    plt.close("all")


def symmetric(values):
    upper = np.triu(values, 1)
    return upper + upper.T


def weights_of(n=12, seed=0, density=0.6):
    rng = np.random.default_rng(seed)
    return symmetric(rng.lognormal(0, 1, (n, n)) * (rng.random((n, n)) < density))


def labelled(values, dim="neuron"):
    names = [f"N{k}" for k in range(len(values))]
    return xr.DataArray(values, {dim: names, "partner": names}, [dim, "partner"])


def planted(n=20, seed=0):
    rng = np.random.default_rng(seed)
    truth = np.repeat([0, 1], n // 2)
    same = truth[:, None] == truth
    return symmetric(rng.lognormal(np.where(same, 2.0, 0.0), 0.3, (n, n))), truth


# ---------------------------------------------------------------- statistics


@given(seed=st.integers(0, 10**6), b=st.integers(1, 5))
@settings(max_examples=15, derandomize=True)
def test_statistics_are_counts_over_pairs_one_by_one(seed, b):
    rng = np.random.default_rng(seed)
    values = weights_of(10, seed)
    values[rng.random((10, 10)) < 0.1] = np.nan
    values = np.where(np.isnan(values) | np.isnan(values.T), np.nan, values)
    graph = as_graph(values)
    labels = first_appearance(rng.integers(b, size=graph.n_nodes))
    found = block_statistics(graph, labels)
    kept = values[np.ix_(graph.kept, graph.kept)]
    n_blocks = labels.max() + 1
    for r in range(n_blocks):
        assert int(found["size"][r]) == (labels == r).sum()
        for s in range(n_blocks):
            seen = [
                kept[i, j]
                for i in range(len(kept))
                for j in range(i)
                if {labels[i], labels[j]} == {r, s} and not np.isnan(kept[i, j])
            ]
            edges = [x for x in seen if x > 0]
            one = found.isel(block=r, partner_block=s)
            assert int(one.n_pairs) == len(seen)
            assert int(one.n_edges) == len(edges)
            density = len(edges) / len(seen) if seen else np.nan
            np.testing.assert_allclose(float(one.density), density)
            mean = np.mean(edges) if edges else np.nan
            np.testing.assert_allclose(float(one.mean_weight), mean)


def test_statistics_of_all_pairs_add_up():
    graph = as_graph(weights_of(15))
    found = block_statistics(graph, np.arange(15) % 4)
    upper = np.triu(np.ones((4, 4), dtype=bool))
    assert int(found.n_pairs.values[upper].sum()) == 15 * 14 // 2
    assert int(found.n_edges.values[upper].sum()) == int(graph.edge.sum()) // 2
    total = (found.n_edges * found.mean_weight).values[upper].sum()
    assert total == pytest.approx(graph.values.sum() / 2)
    assert int(found["size"].sum()) == 15


def test_a_block_of_one_has_no_pairs_within():
    found = block_statistics(as_graph(weights_of(4, density=2.0)), np.array([0, 1, 1, 1]))
    assert int(found.n_pairs[0, 0]) == 0
    assert np.isnan(found.density[0, 0])
    assert np.isnan(found.mean_weight[0, 0])
    assert found.n_pairs.dtype == found["size"].dtype == np.int64


def test_co_assignment_counts_samples_by_hand():
    samples = np.array([[0, 0, 1], [0, 1, 1], [0, 1, 2], [5, 5, 5]])
    found = co_assignment(samples)
    np.testing.assert_allclose(found, [[1, 0.5, 0.25], [0.5, 1, 0.5], [0.25, 0.5, 1]])


def test_co_assignment_does_not_know_names_or_order_of_samples():
    rng = np.random.default_rng(0)
    samples = rng.integers(4, size=(9, 7))
    renamed = np.array([rng.permutation(4)[row] for row in samples])
    np.testing.assert_array_equal(co_assignment(samples), co_assignment(renamed[::-1]))


# ---------------------------------------------------------------- graphs


def test_nodes_keep_their_further_coordinates():
    graph = labelled(weights_of(5)).assign_coords(side=("neuron", list("LRLRL")), animal="w1")
    found = as_graph(graph).labelled(np.arange(5), "block")
    assert found.side.values.tolist() == list("LRLRL")
    assert found.animal.item() == "w1"
    assert found.name == "block"


def test_a_square_over_unseen_nodes_is_nan_there_and_labelled():
    values = weights_of(4, density=2.0)
    values[2] = values[:, 2] = np.nan
    graph = as_graph(labelled(values, "channel"))
    found = graph.square(np.arange(9.0).reshape(3, 3), "share")
    assert found.dims == ("channel", "partner")
    assert found.partner.values.tolist() == found.channel.values.tolist()
    assert found.isel(channel=2).isnull().all()
    assert found.isel(partner=2).isnull().all()
    np.testing.assert_array_equal(found.values[np.ix_([0, 1, 3], [0, 1, 3])].ravel(), np.arange(9))


@pytest.mark.parametrize("dtype", [np.float32, np.int64, np.uint8, bool])
def test_numbers_of_any_real_type_become_float64(dtype):
    values = (weights_of(6) > 0.5).astype(dtype)
    graph = as_graph(values)
    assert graph.values.dtype == np.float64
    np.testing.assert_array_equal(graph.values, values.astype(float))


def test_a_transposed_graph_is_the_same_graph():
    graph = labelled(weights_of(6))
    one, other = as_graph(graph), as_graph(graph.transpose("partner", "neuron"))
    np.testing.assert_array_equal(one.values, other.values)
    assert one.template.dims == other.template.dims == ("neuron",)


@pytest.mark.parametrize("bad", [xr.Dataset(), {"a": 1}, xr.DataTree()], ids=["ds", "map", "tree"])
def test_containers_are_refused_with_what_to_give(bad):
    with pytest.raises(SchemaError, match="motif_matrices"):
        as_graph(bad)


@pytest.mark.parametrize("bad", [np.array([["a"]]), np.ones((2, 2), complex)])
def test_other_than_real_numbers_are_refused(bad):
    with pytest.raises(SchemaError, match="real numbers"):
        as_graph(bad)


def test_names_that_differ_are_shown():
    graph = labelled(weights_of(3)).assign_coords(partner=["N0", "X", "N2"])
    with pytest.raises(LabelError, match="row 1 is N1, column 1 X"):
        as_graph(graph)


@pytest.mark.parametrize(("value", "least"), [(0, 1), (-1, 0), (2, 3), (True, 0), (1.0, 0)])
def test_counts_below_their_least_are_refused_by_name(value, least):
    with pytest.raises(OptionError, match=f"n_things.*from {least}"):
        check_positive("n_things", value, least)


@pytest.mark.parametrize("value", [0, np.int64(3), np.uint8(2)])
def test_counts_of_numpy_are_whole_numbers_too(value):
    found = check_positive("n_things", value, least=0)
    assert type(found) is int
    assert found == value


# ---------------------------------------------------------------- starts


@pytest.mark.parametrize("number", range(10))
def test_every_start_is_a_partition_and_repeatable(number, monkeypatch):
    monkeypatch.setattr(sbm_starts, "find_spec", lambda name: None)
    graph = as_graph(weights_of(20))
    one, other = (sbm_starts.start(graph, number, np.random.default_rng(1)) for _ in range(2))
    np.testing.assert_array_equal(one, other)
    np.testing.assert_array_equal(one, first_appearance(one))


@pytest.mark.parametrize("number", range(8))
@pytest.mark.parametrize("n", [1, 2, 3])
def test_starts_of_tiny_graphs_exist(number, n, monkeypatch):
    monkeypatch.setattr(sbm_starts, "find_spec", lambda name: None)
    graph = as_graph(np.ones((n, n)))
    labels = sbm_starts.start(graph, number, np.random.default_rng(0))
    assert labels.size == n
    assert sorted(set(labels.tolist())) == list(range(labels.max() + 1))


@pytest.mark.parametrize(("number", "of"), [(3, "strength"), (5, "degree")])
def test_classes_follow_strength_or_degree(number, of):
    graph = as_graph(weights_of(24, density=0.4))
    labels = sbm_starts.start(graph, number, np.random.default_rng(0))
    score = graph.values.sum(axis=1) if of == "strength" else graph.edge.sum(axis=1)
    assert np.bincount(labels).tolist() == [3] * 8
    along = labels[np.argsort(score, kind="stable")]
    assert np.count_nonzero(np.diff(along)) == 7


@pytest.mark.parametrize(("number", "most"), [(2, 24), (4, 12), (6, 32), (7, 32), (8, 16)])
def test_random_starts_have_about_as_many_blocks_as_planned(number, most):
    graph = as_graph(weights_of(120, density=0.1))
    labels = sbm_starts.start(graph, number, np.random.default_rng(0))
    # 120 nodes leave a block of `most` empty with probability (1 - 1 / most)^120, at most 2.2 %.
    assert most - 5 <= labels.max() + 1 <= most


@pytest.mark.parametrize("number", [0, 1])
def test_communities_start_at_planted_ones(number, monkeypatch):
    monkeypatch.setattr(sbm_starts, "find_spec", lambda name: None)
    values, truth = planted()
    if number == 1:
        same = truth[:, None] == truth
        values = symmetric((np.random.default_rng(1).random((20, 20)) < 0.1 + 0.8 * same) * 1.0)
    labels = sbm_starts.start(as_graph(values), number, np.random.default_rng(0))
    np.testing.assert_array_equal(labels, truth)


def test_a_graph_without_edges_has_starts_without_leiden():
    labels = sbm_starts.communities_of(np.zeros((4, 4)), np.random.default_rng(0))
    assert labels.size == 4


# ---------------------------------------------------------------- candidates


@pytest.mark.parametrize(
    ("given_", "expected"),
    [
        ("plain", ("plain",)),
        (["assortative", "plain"], ("plain", "assortative")),
        (["communities", "assortative"], ("assortative",)),
        (("roles", "plain"), FAMILIES),
        (iter(["degree-corrected"]), ("degree-corrected",)),
    ],
)
def test_families_come_in_one_order_and_once(given_, expected):
    assert chosen_families(given_) == expected


@pytest.mark.parametrize("bad", [[], "plane", ["plain", "x"]])
def test_unknown_or_no_families_are_refused(bad):
    with pytest.raises(OptionError, match="family"):
        chosen_families(bad)


@pytest.mark.parametrize(
    ("given_", "expected"),
    [
        ("all", WEIGHTS),
        ("none", ("none",)),
        (["power", "exponential"], ("exponential", "power")),
        (["all", "normal"], WEIGHTS),
        (["none", "none"], ("none",)),
    ],
)
def test_weights_come_in_one_order_and_once(given_, expected):
    assert chosen_weights(given_, as_graph(weights_of())) == expected


@pytest.mark.parametrize("given_", ["all", "normal", ["power", "normal"]])
def test_a_graph_of_equal_weights_has_no_model_of_weights(given_):
    graph = as_graph(0.1 * (weights_of() > 0))
    assert chosen_weights(given_, graph) == ("none",)


@pytest.mark.parametrize("bad", [[], ["none", "normal"], "gauss"])
def test_models_of_weights_that_cannot_compete_are_refused(bad):
    with pytest.raises(OptionError, match="weights"):
        chosen_weights(bad, as_graph(weights_of()))


def test_the_power_is_the_one_that_describes_one_block_best():
    graph = as_graph(weights_of(20))
    one = np.zeros(20, dtype=np.int64)
    for family in FAMILIES:
        chosen = candidate(graph, family, "power").description_length(one)
        each = [
            candidate(graph, family, p).description_length(one) for p in ("0.25", "0.5", "0.75")
        ]
        assert chosen == min(each)


def test_candidates_are_of_their_family():
    graph = as_graph(weights_of())
    kinds = [type(candidate(graph, family, "normal")) for family in FAMILIES]
    assert kinds == [BlockCandidate, BlockCandidate, AssortativeModel]


@pytest.mark.parametrize("family", FAMILIES)
def test_samples_of_candidates_are_partitions_of_all_nodes(family):
    graph = as_graph(weights_of())
    made = candidate(graph, family, "log-normal")
    drawn = made.sample(np.zeros(12, dtype=np.int64), np.random.default_rng(0), 4)
    assert drawn.shape == (4, 12)
    assert drawn.min() == 0


def test_candidates_within_the_margin_are_kept():
    families = ["plain", "plain", "degree-corrected", "assortative", "assortative"]
    assert worth_searching([100, 109, 111, 150, 161], families, 10, 10) == [0, 1, 3]
    assert worth_searching([100, 110, 110.5, 150, 160], families, 10, 10) == [0, 1, 3, 4]
    assert worth_searching([5.0], ["plain"], 1, 1) == [0]
    # Communities have a margin of their own, even an endless one.
    assert worth_searching([100, 109, 111, 150, 161], families, 8, 12) == [0, 3, 4]
    assert worth_searching([100, 109, 111, 150, 9e9], families, 0, np.inf) == [0, 3, 4]
    # Where communities are the best of all, block models are measured against them.
    assert worth_searching([100, 109, 111, 90, 161], families, 10, 0) == [0, 3]


# ---------------------------------------------------------------- levels


def test_levels_of_one_or_two_blocks_save_nothing_by_themselves():
    for b in (1, 2):
        counts = np.full((b, b), 3.0)
        levels, saved = nested_levels(counts, counts + 5, np.random.default_rng(0))
        assert saved >= 0.0
        assert all(level.size == b for level in levels)


def test_counts_of_separate_blocks_cost_one_group_each():
    n_edges = np.array([[4.0, 1.0], [1.0, 3.0]])
    n_pairs = np.array([[10.0, 25.0], [25.0, 10.0]])
    found = description_length(counts_model(n_edges, n_pairs), np.arange(2))
    # Two groups of two blocks: 1 / (2 * C(1, 1) * 2!); counts uniform from 0 to their pairs.
    assert found == pytest.approx(math.log(4) + math.log(11 * 26 * 11))


def test_saved_nats_are_the_difference_to_flat_counts():
    rng = np.random.default_rng(1)
    group = np.repeat([0, 1], 6)
    n_pairs = np.full((12, 12), 100.0)
    n_edges = np.where(group[:, None] == group, 80.0, 0.0)
    levels, saved = nested_levels(n_edges, n_pairs, rng)
    np.testing.assert_array_equal(levels[0], group)
    flat = np.log(101.0) * 78
    first = flat - description_length(counts_model(n_edges, n_pairs), group)
    assert saved >= first - 1e-9
    assert first > 0


# ---------------------------------------------------------------- estimator and figure


@pytest.fixture(scope="module")
def fit():
    values, truth = planted()
    values[3] = values[:, 3] = np.nan
    options = {"family": "plain", "weights": "log-normal", "n_starts": 1, "n_samples": 8}
    return WeightedSBM(**options, random_state=0).fit(labelled(values)), truth


def test_the_figure_holds_the_share_of_samples_in_the_order_of_blocks(fit):
    model, _ = fit
    ax = Figure().subplots()
    assert model.plot(ax=ax) is ax
    labels = model.labels_.values
    order = [k for b in range(model.n_blocks_) for k in np.flatnonzero(labels == b)]
    shown = ax.images[0].get_array()
    np.testing.assert_array_equal(shown, model.co_assignment_.values[np.ix_(order, order)])
    assert ax.images[0].get_clim() == (0, 1)
    assert 3 not in order


def test_every_block_is_outlined_where_it_stands(fit):
    model, _ = fit
    ax = model.plot()
    sizes = np.bincount(model.labels_.values[model.labels_.values >= 0])
    assert len(ax.lines) == sizes.size
    begin = -0.5
    for line, size in zip(ax.lines, sizes, strict=True):
        for data in (line.get_xdata(), line.get_ydata()):
            assert min(data) == begin
            assert max(data) == begin + size
        begin += size


def test_the_title_says_blocks_family_and_weights(fit):
    model, _ = fit
    ax = model.plot()
    assert ax.get_title() == f"{model.n_blocks_} blocks, plain, log-normal"
    assert ax.get_xlabel() == "partner"
    assert ax.get_ylabel() == "neuron, by block"


def test_drawing_changes_nothing(fit):
    model, _ = fit
    before = model.co_assignment_.copy(deep=True), model.labels_.copy(deep=True)
    model.plot()
    xr.testing.assert_identical(model.co_assignment_, before[0])
    xr.testing.assert_identical(model.labels_, before[1])


def test_unseen_nodes_are_unknown_everywhere(fit):
    model, truth = fit
    assert int(model.labels_[3]) == -1
    assert model.co_assignment_.isel(neuron=3).isnull().all()
    known = model.labels_.values >= 0
    np.testing.assert_array_equal(model.labels_.values[known], truth[known])
    assert int(model.blocks_["size"].sum()) == 19


@pytest.mark.parametrize("suffix", [".nc", ".zarr"])
def test_a_fit_comes_back_from_either_store(fit, suffix, tmp_path):
    model, _ = fit
    back = WeightedSBM.load(model.save(tmp_path / f"fit{suffix}"))
    assert_same(back.to_tree(), model.to_tree())
    assert back.get_params() == model.get_params()


def test_an_array_gives_the_labels_of_a_labelled_matrix():
    values, _ = planted()
    options = {"family": "plain", "weights": "normal", "n_starts": 1, "n_samples": 0}
    one, other = (
        WeightedSBM(**options, random_state=0).fit(x).labels_ for x in (values, labelled(values))
    )
    np.testing.assert_array_equal(one.values, other.values)


@pytest.mark.parametrize("name", ["plain", "degree-corrected", "assortative"])
def test_a_partition_of_a_family_that_was_not_fitted_is_refused(fit, name):
    model, _ = fit
    if name == "plain":
        xr.testing.assert_equal(model.partition("plain"), model.labels_)
    else:
        with pytest.raises(OptionError, match="family"):
            model.partition(name)


def test_a_figure_before_a_fit_is_refused():
    with pytest.raises(NotFittedError):
        WeightedSBM().plot()


def test_communities_keep_names_and_input():
    values, truth = planted()
    graph = labelled(values, "channel")
    before = graph.copy(deep=True)
    found = communities(graph, n_starts=1, weights="log-normal", random_state=0)
    xr.testing.assert_identical(graph, before)
    assert found.dims == ("channel",)
    assert found.dtype == np.int64
    np.testing.assert_array_equal(found.values, truth)
