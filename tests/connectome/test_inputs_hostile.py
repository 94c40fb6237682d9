"""What is no recording, rank, fold, resolution or factorization is refused by name."""

from __future__ import annotations

from itertools import pairwise

import networkx as nx
import numpy as np
import pytest
import tensorly as tl
import xarray as xr
from sbm_cases import partitions

import neurokit as nk
from neurokit.connectome import (
    DynamicConnectome,
    NonNegativeCP,
    affinity,
    communities,
    factor_match_score,
    plot_atlas,
    plot_rank_selection,
    plot_structure_comparison,
    rank_sweep,
    select_rank,
)
from neurokit.connectome.conversion import labelled_cp, weights_and_factors
from neurokit.connectome.holdout import entry_folds, fibre_folds
from neurokit.connectome.recordings import gather
from neurokit.errors import NotFittedError, OptionError, SchemaError, TimeError


@pytest.mark.parametrize("given", [None, 3, "worm", 2.5, [1], {"a": None}, ("x",), [None]])
def test_what_is_no_recording_is_refused(given):
    with pytest.raises(SchemaError, match="got a"):
        gather(given)
    with pytest.raises(SchemaError, match="got a"):
        DynamicConnectome(2, progress=False).fit(given)
    with pytest.raises(SchemaError, match="got a"):
        affinity(given)


def test_the_one_that_is_no_recording_is_named():
    rec = nk.simulate.recording("calcium", n_channels=3, duration=5.0, random_state=0)
    with pytest.raises(SchemaError, match=r"recordings\['bad'\]: got a int"):
        gather({"good": rec, "bad": 7})
    with pytest.raises(SchemaError, match=r"recordings\[1\]: got a str"):
        gather([rec, "rec"])


def test_recordings_may_come_one_after_the_other():
    recs = nk.simulate.worms(2, 12, 2, duration=60.0, n_epochs=2, random_state=0).recordings
    one = gather(iter(recs.values()))
    xr.testing.assert_identical(one.traces, gather(list(recs.values())).traces)
    assert one.traces.recording.values.tolist() == ["0", "1"]


@pytest.mark.parametrize("rate", ["fast", True, [4.0], -1.0, 0.0, np.nan, np.inf])
def test_a_rate_that_is_none_is_refused(rate):
    recs = nk.simulate.worms(2, 12, 2, duration=60.0, n_epochs=2, random_state=0).recordings
    with pytest.raises(TimeError, match="^rate"):
        gather(recs, rate)


X = np.random.default_rng(0).random((8, 7, 6))
QUICK = {"n_restarts": 2, "max_iter": 20, "random_state": 0}


@pytest.mark.parametrize(
    "ranks", [[1.5, 2.7], [2.0], "ab", 3, [True], [None], [np.nan], ["2"], [], [0], [2, 2], None]
)
def test_ranks_are_different_whole_numbers(ranks):
    with pytest.raises(OptionError, match="^ranks: is "):
        rank_sweep(X, ranks, **QUICK)
    with pytest.raises(OptionError, match="^ranks: is "):
        select_rank(X, ranks, **QUICK)


@pytest.mark.parametrize("ranks", [(2, 1), np.array([2, 1]), iter([2, 1]), range(2, 0, -1)])
def test_ranks_may_come_in_any_container_and_order(ranks):
    found = rank_sweep(X, ranks, **QUICK)
    assert list(found) == [2, 1]
    assert {type(rank) for rank in found} == {int}


@pytest.mark.parametrize("n_folds", [2.5, 1, True, "five", None, 0, -3])
def test_folds_are_a_whole_number_from_two(n_folds):
    with pytest.raises(OptionError, match="^n_folds: is "):
        select_rank(X, [1], n_folds=n_folds, **QUICK)


@pytest.mark.parametrize("limit", [np.nan, -0.1, np.inf, "high", None])
def test_a_stability_is_a_number_from_zero(limit):
    with pytest.raises(OptionError, match="^min_stability: is "):
        select_rank(X, [1], min_stability=limit, **QUICK)


@pytest.mark.parametrize("n_folds", [127, 128, 200, 300])
def test_there_may_be_more_folds_than_a_byte_can_count(n_folds):
    folds = entry_folds((25, 20), n_folds, np.random.default_rng(0))
    counts = np.bincount(folds.ravel(), minlength=n_folds)
    assert counts.size == n_folds
    assert counts.max() - counts.min() <= 1
    fibres = fibre_folds((3, 40, 30), 0, n_folds, np.random.default_rng(0))
    assert fibres.min() >= 0
    assert fibres.max() < n_folds


@pytest.mark.slow
def test_every_entry_can_be_hidden_by_itself():
    x = np.outer(np.arange(1.0, 15), np.arange(1.0, 11))
    found = select_rank(x, [1], n_folds=140, n_restarts=1, max_iter=5, random_state=0)
    # One entry is hidden at a time, and the rest say what it is.
    assert found.sizes["fold"] == 140
    assert float(found.error.max()) < 1e-3


def judged(found):
    """The choice by its definition, in plain loops over ranks."""
    error, stability = found.error.values, found.stability.values
    fine = [k for k, s in enumerate(stability) if s >= found.attrs["min_stability"]]
    fine = fine or list(range(len(stability)))
    best = min(fine, key=lambda k: error[k].mean())
    for k in fine:
        excess = error[k] - error[best]
        if excess.mean() <= excess.std(ddof=1) / np.sqrt(excess.size):
            return int(found["rank"].values[k])
    raise AssertionError("the best rank is as good as itself")


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("holdout", ["entry", "fibre"])
def test_the_choice_is_the_smallest_rank_within_one_standard_error(seed, holdout):
    rng = np.random.default_rng(seed)
    factors = [rng.gamma(0.5, 1, (n, 2)) for n in (9, 8, 7)]
    x = np.einsum("ar,br,cr->abc", *factors) + 0.2 * rng.random((9, 8, 7))
    found = select_rank(x, [3, 1, 2], holdout=holdout, n_folds=4, **QUICK)
    assert found["rank"].values.tolist() == [1, 2, 3]
    assert found.attrs["best_rank"] == judged(found)
    least = np.argmin(np.abs(found.excess.values) + found.excess_se.values)
    assert float(found.excess[least]) == 0.0


def test_the_number_of_jobs_changes_no_byte():
    one, other = (select_rank(X, [1, 2], n_jobs=n, n_folds=3, **QUICK) for n in (1, 3))
    xr.testing.assert_identical(one.drop_attrs(), other.drop_attrs())


def two_groups(seed=0, n=12):
    rng = np.random.default_rng(seed)
    label = np.arange(n) % 2
    weight = np.where(label[:, None] == label, 3.0, 0.5) * rng.random((n, n))
    weight = weight + weight.T
    np.fill_diagonal(weight, 0)
    return weight


leiden = pytest.importorskip("leidenalg")


@pytest.mark.parametrize("resolution", [1, 1.0, np.int64(1), np.float32(1), np.float64(1)])
def test_a_resolution_of_any_numeric_type_is_the_same(resolution):
    found = communities(two_groups(), "leiden", resolution=resolution, random_state=0)
    expected = communities(two_groups(), "leiden", random_state=0)
    xr.testing.assert_identical(found, expected)


@pytest.mark.parametrize("resolution", [0, -1, np.nan, np.inf, True, "1", None, [1]])
def test_a_resolution_is_a_finite_number_above_zero(resolution):
    with pytest.raises(OptionError, match="^resolution: is "):
        communities(two_groups(), "leiden", resolution=resolution)


def modularity(weight, labels, resolution=1.0):
    graph = nx.from_numpy_array(weight)
    groups = [set(np.flatnonzero(labels == g).tolist()) for g in np.unique(labels)]
    return nx.community.modularity(graph, groups, resolution=resolution)


def neighbours(labels):
    """All partitions that one moved node or two joined groups away."""
    for node in range(labels.size):
        for group in range(labels.max() + 2):
            moved = labels.copy()
            moved[node] = group
            yield moved
    for one in np.unique(labels):
        for other in np.unique(labels):
            yield np.where(labels == one, other, labels)


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("resolution", [0.5, 1.0, 2.0])
def test_no_moved_node_and_no_joined_groups_have_a_greater_modularity(seed, resolution):
    rng = np.random.default_rng(seed)
    weight = np.triu(rng.random((7, 7)) * (rng.random((7, 7)) < 0.6), 1)
    weight = weight + weight.T
    found = communities(weight, "leiden", resolution=resolution, random_state=0).values
    reached = modularity(weight, found, resolution)
    assert max(modularity(weight, n, resolution) for n in neighbours(found)) <= reached + 1e-9
    # Leiden climbs; the greatest of all 877 partitions may lie a little higher.
    best = max(modularity(weight, labels, resolution) for labels in partitions(7))
    assert best - reached < 0.06


def test_leiden_finds_the_clubs_of_zachary_as_networkx_scores_them():
    graph = nx.karate_club_graph()
    weight = nx.to_numpy_array(graph, weight=None)
    found = communities(weight, "leiden", random_state=0).values
    # The greatest modularity of this graph is known: 0.4198 (doi:10.1109/TKDE.2007.190689).
    assert modularity(weight, found) == pytest.approx(0.4198, abs=1e-4)


def test_a_higher_resolution_never_gives_fewer_groups():
    counts = [
        int(communities(two_groups(n=20), "leiden", resolution=r, random_state=0).max()) + 1
        for r in (0.1, 1.0, 2.0, 5.0, 100.0)
    ]
    assert all(b >= a for a, b in pairwise(counts))
    assert counts[0] == 1
    assert counts[-1] == 20


GOOD = [np.ones((4, 2)), np.ones((3, 2))]


@pytest.mark.parametrize(
    "cp",
    [
        3,
        None,
        "ab",
        (1, 2, 3),
        (None, ["ab", "c"]),
        (None, [np.ones((4, 2)) * 1j, np.ones((3, 2))]),
        (None, [[[1.0], [2.0, 3.0]], [[1.0]]]),
        (np.ones(3), GOOD),
        (np.ones(1), GOOD),
        (np.ones((2, 1)), GOOD),
        (1.0, GOOD),
        ("ab", GOOD),
        (np.array([1.0, -1.0]), GOOD),
        (np.array([1.0, np.inf]), GOOD),
        (None, []),
    ],
)
def test_what_is_no_pair_of_weights_and_factors_is_refused(cp):
    with pytest.raises(OptionError, match="^cp: "):
        labelled_cp(cp)


def test_lists_and_integers_are_factors_too():
    found = labelled_cp(([2, 3], [[[1, 0], [0, 2]], [[3, 1], [4, 1], [0, 1]]]))
    weights, factors = weights_and_factors(found)
    # Norms: 2 * 1 * 5 and 3 * 2 * sqrt 3, the larger first.
    np.testing.assert_allclose(weights, [6 * np.sqrt(3), 10.0])
    np.testing.assert_allclose(factors[0], [[0, 1], [1, 0]])
    np.testing.assert_allclose(factors[1][:, 1], [0.6, 0.8, 0])


@pytest.mark.parametrize("n_modes", [2, 3, 4])
def test_any_tensor_of_tensorly_is_rebuilt(n_modes):
    rng = np.random.default_rng(n_modes)
    sizes = (4, 5, 3, 2)[:n_modes]
    cp = (rng.random(3), [rng.random((n, 3)) for n in sizes])
    found = labelled_cp(cp)
    weights, factors = weights_and_factors(found)
    np.testing.assert_allclose(tl.cp_to_tensor((weights, factors)), tl.cp_to_tensor(cp))
    assert (np.diff(weights) <= 0).all()
    for factor in factors:
        np.testing.assert_allclose(np.linalg.norm(factor, axis=0), 1.0)


def test_weights_that_are_nothing_make_an_empty_component():
    found = labelled_cp((np.array([0.0, 2.0]), GOOD))
    assert found.weight.values.tolist() == pytest.approx([2 * np.sqrt(12), 0.0])
    fit = NonNegativeCP.from_tensorly((np.array([0.0, 2.0]), GOOD))
    np.testing.assert_allclose(fit.reconstruct(), np.full((4, 3), 2.0))


# ------------------------------------------------------------------------- options and callables


def two_worms():
    return nk.simulate.worms(2, 8, 2, duration=60.0, n_epochs=2, random_state=0).recordings


@pytest.mark.parametrize("name", ["smooth_s", "bin_s", "window_s"])
@pytest.mark.parametrize("seconds", [0.0, -1, "5", np.nan, np.inf, True, [1.0]])
def test_seconds_of_an_affinity_are_numbers_above_zero(name, seconds):
    with pytest.raises(TimeError, match=f"^{name}: found "):
        affinity(two_worms(), **{name: seconds})
    with pytest.raises(TimeError, match=f"^{name}: found "):
        DynamicConnectome(2, progress=False, **{name: seconds}).fit(two_worms())


@pytest.mark.parametrize(
    ("kernel", "says"),
    [
        (lambda one: one, "does not take two arguments"),
        (lambda a, b, c: a, "does not take two arguments"),
        (lambda a, b: a.sum(axis=1), r"made shape \(21,\) of blocks of \(21, "),
        (lambda a, b: 1.0, r"made shape \(\) of blocks"),
        (lambda a, b: (a * b)[:, 1:], r"made shape \(21, 239\) of blocks of \(21, 240\)"),
    ],
    ids=["one argument", "three", "sums", "a number", "fewer frames"],
)
def test_a_callable_makes_a_value_for_every_pair_and_frame(kernel, says):
    with pytest.raises(OptionError, match=f"^kind: the callable {says}"):
        affinity(two_worms(), kernel)


@pytest.mark.parametrize("kernel", [np.multiply, lambda *both: both[0] * both[1]])
def test_callables_of_any_sort_that_take_two_blocks_are_taken(kernel):
    recs = two_worms()
    found = affinity(recs, kernel, bin_s=2.0)
    np.testing.assert_allclose(found, affinity(recs, "product", bin_s=2.0), rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("tol", ["fine", None, np.nan, -1e-3, [1e-6]])
def test_a_tolerance_is_a_number_from_zero(tol):
    with pytest.raises(OptionError, match="^tol: is "):
        NonNegativeCP(2, tol=tol).fit(X)


@pytest.mark.parametrize("init", ["random", 3, [["a", "b"]], [object()], [[[1.0], [2.0, 3.0]]]])
def test_a_start_is_factors_or_arrays(init):
    with pytest.raises(OptionError, match="^init: "):
        NonNegativeCP(2, max_iter=5).fit(X, init=init)


def test_a_mode_that_has_the_name_of_the_factors_own_dim_is_refused():
    x = xr.DataArray(X, dims=["neuron", "component", "time"])
    for run in (NonNegativeCP(2).fit, lambda t: select_rank(t, [1]), lambda t: rank_sweep(t, [1])):
        with pytest.raises(SchemaError, match="^tensor: has a dim 'component'.*rename"):
            run(x)
    fit = NonNegativeCP(2, tol=1e-2, **QUICK).fit(x.rename(component="motif"))
    assert fit.factors_.motif_loading.shape == (2, 7)


@pytest.mark.parametrize("other", [3, None, "fit", np.ones(3)])
def test_what_is_compared_with_a_fit_is_factors(other):
    fit = NonNegativeCP(1, tol=1e-2, **QUICK).fit(X)
    with pytest.raises(SchemaError, match=r"^factors: got a .*factors_"):
        fit.similarity(other)
    with pytest.raises(SchemaError, match="^factors: got a "):
        factor_match_score(fit.factors_, other)
    with pytest.raises(NotFittedError):
        fit.similarity(NonNegativeCP(1))


@pytest.mark.parametrize("draw", [plot_rank_selection, plot_atlas, plot_structure_comparison])
@pytest.mark.parametrize("given", [None, 3, xr.DataArray([1.0], dims="rank"), xr.Dataset()])
def test_figures_name_what_they_were_not_given(draw, given):
    with pytest.raises(SchemaError, match=f"is a {type(given).__name__} that holds"):
        draw(given)


@pytest.mark.parametrize("weighted", ["no", 0, None, 1.0])
def test_weighted_is_yes_or_no(weighted):
    with pytest.raises(OptionError, match="^weighted: is "):
        communities(np.ones((4, 4)), weighted=weighted)


@pytest.mark.parametrize("device", ["tpu", "cuda:99", "cpu:x"])
def test_a_device_that_is_not_there_is_named(device):
    pytest.importorskip("torch")
    with pytest.raises(OptionError, match=f"^device: is '{device}'.*leave it out"):
        NonNegativeCP(2, backend="torch", device=device).fit(X)
