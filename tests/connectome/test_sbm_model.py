"""The estimator: labels in and out, families that compare, invariance, interruption."""

from __future__ import annotations

import numpy as np
import pytest
import xarray as xr
from sklearn.metrics import adjusted_mutual_info_score

import neurokit as nk
from neurokit.connectome import sbm_model
from neurokit.connectome.sbm_candidates import BlockCandidate, chosen_families, worth_searching
from neurokit.connectome.sbm_model import WeightedSBM
from neurokit.errors import NotFittedError, OptionError, SchemaError

# Enough for these small graphs, and quick.
QUICK = {"n_starts": 3, "n_samples": 0, "random_state": 0}


def symmetric(values):
    upper = np.triu(values, 1)
    return upper + upper.T


def roles(rng, n=40):
    """Two kinds of nodes that connect across kinds, not within: no communities."""
    truth = np.repeat([0, 1], n // 2)
    same = truth[:, None] == truth
    x = rng.lognormal(np.where(same, 0.0, 1.5), 0.5, (n, n))
    return symmetric(x * (rng.random((n, n)) < np.where(same, 0.15, 0.7))), truth


def labelled(values):
    names = [f"N{k}" for k in range(len(values))]
    return xr.DataArray(values, {"neuron": names, "partner": names}, ["neuron", "partner"])


@pytest.fixture(scope="module")
def fitted():
    values, truth = roles(np.random.default_rng(0))
    graph = labelled(values)
    model = WeightedSBM(n_starts=3, n_samples=20, nested=True, random_state=0)
    return model.fit(graph), graph, truth


def test_a_fit_says_which_node_is_in_which_block(fitted):
    model, graph, truth = fitted
    assert adjusted_mutual_info_score(truth, model.labels_.values) == 1.0
    assert model.labels_.dims == ("neuron",)
    assert model.labels_.dtype == np.int64
    assert model.labels_["neuron"].values.tolist() == graph["neuron"].values.tolist()
    assert model.n_blocks_ == 2
    assert model.converged_


def test_all_families_are_compared_in_the_same_nats(fitted):
    model, _, _ = fitted
    table = model.candidates_
    lengths = table["description_length"].values
    assert (np.diff(lengths) >= 0).all()
    assert set(table["family"].values) == {"plain", "degree-corrected", "assortative"}
    assert table.sizes["candidate"] == 15
    assert table["family"].values[0] == model.family_
    assert model.description_length_ <= lengths[0]  # nested levels may shorten it


def test_every_family_can_be_read(fitted):
    model, _, truth = fitted
    plain = model.partition("plain")
    assert adjusted_mutual_info_score(truth, plain.values) == 1.0
    communities = model.partition("communities")
    xr.testing.assert_identical(communities, model.partition())
    # What joins across groups is no community.
    assert adjusted_mutual_info_score(truth, communities.values) < 0.5
    with pytest.raises(OptionError, match="family"):
        model.partition("roles")


def test_co_assignment_is_a_share_of_samples(fitted):
    model, _, truth = fitted
    share = model.co_assignment_
    assert share.dims == ("neuron", "partner")
    np.testing.assert_array_equal(share.values, share.values.T)
    np.testing.assert_array_equal(np.diag(share.values), 1.0)
    same = truth[:, None] == truth
    assert share.values[same].mean() > 0.95
    assert share.values[~same].mean() < 0.05


def test_statistics_of_blocks_are_those_of_their_pairs(fitted):
    model, graph, _ = fitted
    labels, blocks = model.labels_.values, model.blocks_
    for r in range(2):
        for s in range(2):
            cell = graph.values[np.ix_(labels == r, labels == s)]
            weights = np.triu(cell, 1) if r == s else cell
            n_pairs = cell.shape[0] * (cell.shape[0] - 1) // 2 if r == s else cell.size
            found = blocks.sel(block=r, partner_block=s)
            assert int(found["n_pairs"]) == n_pairs
            assert int(found["n_edges"]) == np.count_nonzero(weights)
            assert float(found["density"]) == pytest.approx(np.count_nonzero(weights) / n_pairs)
            assert float(found["mean_weight"]) == pytest.approx(weights[weights > 0].mean())


def test_levels_start_with_the_blocks(fitted):
    model, _, _ = fitted
    np.testing.assert_array_equal(model.levels_.isel(level=0).values, model.labels_.values)


def test_a_fit_survives_saving(fitted, tmp_path):
    model, _, _ = fitted
    back = WeightedSBM.load(model.save(tmp_path / "fit.nc"))
    np.testing.assert_array_equal(back.labels_.values, model.labels_.values)
    assert back.description_length_ == model.description_length_
    xr.testing.assert_equal(
        back.candidates_["description_length"], model.candidates_["description_length"]
    )
    xr.testing.assert_identical(back.partition("plain"), model.partition("plain"))


def test_the_figure_shows_the_blocks_in_order(fitted):
    import matplotlib.pyplot as plt

    model, _, _ = fitted
    ax = model.plot()
    shown = ax.images[0].get_array()
    order = np.argsort(model.labels_.values, kind="stable")
    np.testing.assert_array_equal(shown, model.co_assignment_.values[np.ix_(order, order)])
    assert len(ax.lines) == model.n_blocks_
    assert "2 blocks" in ax.get_title()
    plt.close(ax.figure)


def test_the_repr_is_one_screen(fitted):
    text = repr(fitted[0])
    assert "description_length_" in text
    assert len(text.splitlines()) < 25


@pytest.mark.parametrize(
    ("kind", "draw"),
    [
        ("exponential", lambda rng, mean: rng.exponential(mean)),
        ("log-normal", lambda rng, mean: rng.lognormal(np.log(mean), 0.8)),
        ("normal", lambda rng, mean: np.abs(rng.normal(10 + mean, 1.0))),
        ("power", lambda rng, mean: np.abs(rng.normal(4 + mean / 2, 0.8)) ** 2),
    ],
)
@pytest.mark.parametrize("seed", range(2))
def test_the_model_that_made_the_weights_has_the_least_length(kind, draw, seed):
    rng = np.random.default_rng(seed)
    truth = np.repeat([0, 1, 2], 15)
    mean = np.where(truth[:, None] == truth, 3.0, 1.0)
    values = symmetric(draw(rng, mean) * (rng.random(mean.shape) < 0.8))
    # Zero inflation would win in all of them: where edges are as frequent everywhere, it is right.
    kinds = ["exponential", "log-normal", "normal", "power"]
    model = WeightedSBM("plain", kinds, **QUICK).fit(values)
    assert model.weights_ == kind


def test_zeros_without_structure_are_best_described_once():
    rng = np.random.default_rng(1)
    truth = np.repeat([0, 1, 2, 3], 10)
    mean = np.where(truth[:, None] == truth, 1.5, 0.0)
    values = symmetric(rng.lognormal(mean, 0.5) * (rng.random(mean.shape) < 0.7))
    model = WeightedSBM("plain", ["log-normal", "zero-inflated"], **QUICK).fit(values)
    assert model.weights_ == "zero-inflated"


@pytest.mark.parametrize(
    ("family", "spread", "across"),
    [("plain", 0.0, True), ("degree-corrected", 1.2, True), ("assortative", 1.2, False)],
)
def test_the_family_that_made_the_graph_has_the_least_length(family, spread, across):
    rng = np.random.default_rng(3)
    n = 90
    truth = np.repeat(np.arange(3), 30)
    same = truth[:, None] == truth
    shift = np.where(same, 2.5, 0.0)
    if across:
        # Blocks that differ in whom they join, so that no two of them can be one.
        shift = np.array([[3.0, -1.0, 0.5], [-1.0, -1.0, 3.0], [0.5, 3.0, -1.0]])[truth][:, truth]
    theta = rng.normal(0, max(spread, 1e-12), n)
    p = 1 / (1 + np.exp(1.0 - theta[:, None] - theta - shift))
    values = symmetric((rng.random((n, n)) < p).astype(float))
    model = WeightedSBM(n_starts=6, n_samples=0, random_state=0).fit(values)
    assert model.family_ == family
    assert adjusted_mutual_info_score(truth, model.labels_.values) > 0.8


def test_blocks_don_t_depend_on_names_order_or_unit():
    values, _ = roles(np.random.default_rng(4))
    graph = labelled(values)
    order = np.random.default_rng(5).permutation(len(values))
    other = graph.isel(neuron=order, partner=order) * 1e-9
    one, two = (WeightedSBM("plain", "log-normal", **QUICK).fit(g) for g in (graph, other))
    aligned = two.labels_.sel(neuron=graph["neuron"]).values
    assert adjusted_mutual_info_score(one.labels_.values, aligned) == pytest.approx(1.0)
    n_edges = np.count_nonzero(values) / 2
    assert two.description_length_ - one.description_length_ == pytest.approx(
        n_edges * np.log(1e-9), rel=1e-9
    )


def test_pairs_and_nodes_not_observed_take_no_part():
    values, truth = roles(np.random.default_rng(6), n=60)
    lost = symmetric(np.random.default_rng(7).random((60, 60)) < 0.15) > 0
    values[lost] = np.nan
    values[10] = values[:, 10] = np.nan
    model = WeightedSBM("plain", "log-normal", n_starts=3, n_samples=5, random_state=0)
    model.fit(labelled(values))
    assert model.labels_.values[10] == -1
    assert np.isnan(model.co_assignment_.values[10]).all()
    rest = np.arange(60) != 10
    assert adjusted_mutual_info_score(truth[rest], model.labels_.values[rest]) == 1.0
    without = WeightedSBM("plain", "log-normal", **QUICK).fit(values[np.ix_(rest, rest)])
    assert without.description_length_ == pytest.approx(model.description_length_)


def test_the_same_seed_gives_the_same_bytes_for_any_number_of_jobs():
    values, _ = roles(np.random.default_rng(8), n=24)
    fits = [
        WeightedSBM(
            weights=["normal", "power"], n_starts=3, n_samples=10, random_state=3, n_jobs=n_jobs
        ).fit(values)
        for n_jobs in (1, 2)
    ]
    for name in ("labels_", "co_assignment_"):
        np.testing.assert_array_equal(*(getattr(fit, name).values for fit in fits))
    lengths = [fit.candidates_["description_length"].values for fit in fits]
    assert lengths[0].tobytes() == lengths[1].tobytes()


@pytest.mark.parametrize(
    "graph",
    [np.zeros((6, 6)), np.ones((6, 6)), np.ones((1, 1)), np.zeros((2, 2)), np.full((1, 1), np.nan)],
    ids=["no edge", "all edges alike", "one node", "two nodes", "one node unknown"],
)
def test_graphs_without_structure_are_one_block(graph):
    model = WeightedSBM(n_starts=2, n_samples=3, nested=True, random_state=0).fit(graph)
    assert model.n_blocks_ == 1
    assert (model.labels_.values == 0).all()
    assert np.isfinite(model.description_length_)


def test_weights_of_extreme_size_stay_finite():
    values, _ = roles(np.random.default_rng(9), n=16)
    for factor in (1e-150, 1e150):
        model = WeightedSBM(n_starts=1, n_samples=0, random_state=0).fit(values * factor)
        assert np.isfinite(model.candidates_["description_length"].values).all()


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"family": "role"}, "did you mean 'roles'"),
        ({"family": []}, "family"),
        ({"weights": "gaussian"}, "weights"),
        ({"weights": ["none", "normal"]}, "weights"),
        ({"weights": []}, "weights"),
        ({"n_starts": 0}, "n_starts"),
        ({"n_samples": -1}, "n_samples"),
        ({"n_jobs": 0}, "n_jobs"),
    ],
)
def test_parameters_that_cannot_be_meant_are_refused(options, says):
    with pytest.raises(OptionError, match=says):
        WeightedSBM(**options).fit(roles(np.random.default_rng(0))[0])


def test_what_is_no_graph_is_refused_before_anything_runs():
    with pytest.raises(SchemaError, match="not symmetric"):
        WeightedSBM().fit(np.triu(np.ones((4, 4))))


def test_results_before_fit_are_an_error():
    for ask in (WeightedSBM().plot, WeightedSBM().partition, WeightedSBM().to_tree):
        with pytest.raises(NotFittedError):
            ask()


def test_a_figure_needs_samples():
    model = WeightedSBM("plain", **QUICK).fit(roles(np.random.default_rng(0), n=12)[0])
    with pytest.raises(NotFittedError, match="n_samples"):
        model.plot()


def test_an_interrupted_fit_keeps_its_best_and_says_so(monkeypatch):
    values, _ = roles(np.random.default_rng(0), n=16)
    seen = []

    def stopping(futures, **options):
        for future in futures:
            seen.append(future.result())
            yield future
            if len(seen) == 3:
                raise KeyboardInterrupt

    monkeypatch.setattr(sbm_model, "progress", stopping)
    model = WeightedSBM("plain", random_state=0)
    with pytest.raises(KeyboardInterrupt):
        model.fit(values)
    assert model.converged_ is False
    assert model.labels_.sizes == {"neuron": 16}
    assert model.description_length_ <= min(length for _, length in seen)


def test_names_of_groups_of_families():
    assert chosen_families("roles") == ("plain", "degree-corrected", "assortative")
    assert chosen_families("communities") == ("assortative",)
    assert chosen_families(["assortative", "plain"]) == ("plain", "assortative")


def test_candidates_far_behind_are_left_but_communities_never():
    families = ["plain", "plain", "degree-corrected", "assortative", "assortative"]
    assert worth_searching([100.0, 130.0, 105.0, 900.0, 990.0], families, 20, 20) == [0, 2, 3]


def test_a_candidate_says_the_length_that_its_search_says():
    from neurokit.connectome.sbm_candidates import candidate
    from neurokit.connectome.sbm_graph import as_graph

    graph = as_graph(roles(np.random.default_rng(1), n=20)[0])
    for family in chosen_families("roles"):
        model = candidate(graph, family, "power")
        assert isinstance(model, BlockCandidate) == (family != "assortative")
        labels, length = model.search(np.arange(20) % 3, np.random.default_rng(0))
        # Ratios of variances are searched from where the search stood: a nearby grid point.
        assert model.description_length(labels) == pytest.approx(length, abs=0.5)


def test_motifs_of_a_factorization_can_be_given():
    worms = nk.simulate.worms(n_animals=2, n_neurons=16, n_motifs=2, duration=120, random_state=0)
    pairs = nk.connectome.affinity(nk.stack(worms.recordings), bin_s=8.0)
    factors = nk.connectome.NonNegativeCP(rank=2, n_restarts=2, random_state=0).fit(pairs).factors_
    motif = nk.connectome.motif_matrices(factors)[0]
    model = nk.connectome.WeightedSBM("plain", **QUICK).fit(motif)
    assert model.labels_.sizes["neuron"] == motif.sizes["neuron"]


def test_candidates_far_behind_get_fewer_searches_and_communities_at_least_two(monkeypatch):
    from neurokit.connectome import sbm_model

    lengths = {"plain": 100.0, "degree-corrected": 135.0, "assortative": 999.0}
    spent = dict.fromkeys(lengths, 0)

    class Known:
        def __init__(self, family):
            self.family = family

        def search(self, start, rng):
            spent[self.family] += 1
            return np.zeros_like(start), lengths[self.family]

    monkeypatch.setattr(sbm_model, "candidate", lambda graph, family, weights: Known(family))
    graph = roles(np.random.default_rng(2))[0]
    fit = WeightedSBM("roles", "log-normal", n_starts=6, n_samples=0, random_state=0).fit(graph)
    # 35 nats behind are within a nat per node of 40, not within half of one.
    assert spent == {"plain": 6, "degree-corrected": 2, "assortative": 6}
    assert fit.candidates_.description_length.values.tolist() == [100.0, 135.0, 999.0]
    lengths["degree-corrected"] = 141.0
    spent.update(dict.fromkeys(lengths, 0))
    WeightedSBM("roles", "log-normal", n_starts=6, n_samples=0, random_state=0).fit(graph)
    assert spent == {"plain": 6, "degree-corrected": 1, "assortative": 6}
