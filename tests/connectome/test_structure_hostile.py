"""Motifs against synapses: the p-value step by step, labels in any state, inputs of any kind."""

from __future__ import annotations

import json

import numpy as np
import pytest
import xarray as xr
from scipy.stats import pearsonr, spearmanr

import neurokit as nk
from neurokit.connectome import compare_structure
from neurokit.connectome.rewiring import rewired
from neurokit.connectome.structure import synapse_weight, undirected
from neurokit.errors import LabelError, SchemaError

N = 14
NAMES = [f"N{k:02d}" for k in range(N)]


def weights(seed=0, density=0.25, kinds=("chemical", "electrical")):
    rng = np.random.default_rng(seed)
    values = (rng.random((len(kinds), N, N)) < density) * rng.integers(1, 9, (len(kinds), N, N))
    values = values.astype(float)
    values[:, np.arange(N), np.arange(N)] = 0
    coords = {"synapse_type": list(kinds), "pre": NAMES, "post": NAMES}
    return xr.DataArray(values, coords, ["synapse_type", "pre", "post"], name="weight")


def motifs(seed=1, n=2):
    values = np.random.default_rng(seed).random((n, N, N))
    values = values + values.swapaxes(1, 2)
    coords = {"component": range(n), "neuron": NAMES, "partner": NAMES}
    return xr.DataArray(values, coords, ["component", "neuron", "partner"])


def compare(motif=None, weight=None, **options):
    options = {"n_permutations": 19, "random_state": 0, **options}
    return compare_structure(
        motifs() if motif is None else motif, weights() if weight is None else weight, **options
    )


def test_p_values_follow_from_the_rewired_graphs():
    motif, weight = motifs(n=1), weights(kinds=("chemical",))
    found = compare(motif, weight, n_permutations=40)
    both, _ = undirected(weight, "chemical")
    first, second = np.triu_indices(N, 1)
    x, y = motif.values[0][first, second], both[first, second]
    edge = y != 0
    ends = np.stack([first[edge], second[edge]], axis=1)
    (stream,) = np.random.default_rng(0).spawn(1)
    allowed = ~np.eye(N, dtype=bool)
    null = {"pearson": [], "spearman": []}
    for rng in stream.spawn(40):
        moved = rewired(ends, allowed, np.zeros((N, N), dtype=np.int64), rng)
        graph = np.zeros((N, N))
        graph[moved[:, 0], moved[:, 1]] = graph[moved[:, 1], moved[:, 0]] = y[edge]
        null["pearson"].append(pearsonr(x, graph[first, second])[0])
        null["spearman"].append(spearmanr(x, graph[first, second])[0])
    observed = {"pearson": pearsonr(x, y)[0], "spearman": spearmanr(x, y)[0]}
    for kind, values in null.items():
        one = found.sel(correlation=kind, component=0, synapse_type="chemical")
        centre = np.mean(values)
        beyond = np.abs(np.array(values) - centre) >= abs(observed[kind] - centre) - 1e-12
        assert float(one.null_mean) == pytest.approx(centre)
        assert float(one.null_sd) == pytest.approx(np.std(values, ddof=1))
        assert float(one.p) == pytest.approx((1 + beyond.sum()) / 41)


def test_the_order_of_the_connectome_does_not_matter_at_all():
    turn = np.random.default_rng(3).permutation(N)
    one, other = compare(), compare(weight=weights().isel(pre=turn, post=turn[::-1]))
    xr.testing.assert_identical(one.drop_attrs(), other.drop_attrs())


def test_the_order_of_the_motifs_does_not_matter_to_correlations():
    turn = np.random.default_rng(3).permutation(N)
    one, other = compare(), compare(motifs().isel(neuron=turn, partner=turn))
    xr.testing.assert_allclose(one.r, other.r)
    np.testing.assert_array_equal(one.n_edges, other.n_edges)


def test_the_unit_of_motifs_and_of_weights_does_not_matter():
    one, other = compare(), compare(1e-6 * motifs() + 3e-6, 1e3 * weights())
    for name in ("r", "p", "null_mean", "null_sd"):
        np.testing.assert_allclose(other[name], one[name], atol=1e-9)


def test_turning_a_motif_round_turns_its_correlation_round():
    one, other = compare(), compare(-motifs())
    np.testing.assert_allclose(other.r, -one.r, atol=1e-12)
    np.testing.assert_allclose(other.p, one.p)


def test_a_motif_that_is_the_connectome_correlates_with_it_perfectly():
    both, _ = undirected(weights(), "chemical")
    same = motifs(n=1).copy(data=both[None])
    found = compare(same).sel(synapse_type="chemical")
    np.testing.assert_allclose(found.r, 1.0)
    np.testing.assert_allclose(found.p, 1 / 20)


@pytest.mark.parametrize("kind", ["chemical", "peptidergic", "all"])
def test_both_directions_of_a_synapse_are_added(kind):
    weight = weights(kinds=(kind,))
    both, known = undirected(weight, kind)
    np.testing.assert_array_equal(both, weight.values[0] + weight.values[0].T)
    assert known.all()


def test_a_direction_nobody_looked_at_is_left_to_the_other():
    weight = weights(kinds=("chemical",))
    weight.values[0, 2, 5] = np.nan
    weight.values[0, 5, 2] = 4.0
    weight.values[0, 3, 7] = weight.values[0, 7, 3] = np.nan
    both, known = undirected(weight, "chemical")
    assert both[2, 5] == both[5, 2] == 4.0
    assert known[2, 5]
    assert not known[3, 7]
    assert both[3, 7] == 0.0


def test_a_weight_without_kinds_is_of_one_kind():
    found = compare(weight=weights().sel(synapse_type="chemical", drop=True))
    assert found.synapse_type.values.tolist() == ["all"]
    np.testing.assert_allclose(
        found.r.values[..., 0], compare().r.sel(synapse_type="chemical").values
    )
    assert synapse_weight(weights().transpose("post", "pre", "synapse_type")).dims[0] == (
        "synapse_type"
    )


def test_one_matrix_is_one_component():
    one = motifs().isel(component=0, drop=True)
    found = compare(one)
    assert found.component.values.tolist() == [0]
    np.testing.assert_allclose(found.r[:, 0], compare().r[:, 0])


def test_neurons_of_one_side_alone_are_listed():
    motif = motifs().isel(neuron=slice(0, 12), partner=slice(0, 12))
    weight = weights().isel(pre=slice(2, None), post=slice(2, None))
    found = compare(motif, weight)
    assert json.loads(found.attrs["not_in_connectome"]) == NAMES[:2]
    assert json.loads(found.attrs["not_in_motifs"]) == NAMES[12:]
    assert found.attrs["n_neurons"] == 10


def test_fewer_than_ten_pairs_give_no_number():
    motif = motifs().isel(neuron=slice(0, 4), partner=slice(0, 4))
    found = compare(motif)
    assert found.n_pairs.values.tolist() == [6, 6]
    for name in ("r", "p", "q", "null_mean"):
        assert found[name].isnull().all()


def test_a_constant_motif_has_no_correlation():
    flat = motifs(n=2).copy()
    flat.values[0] = 1.0
    found = compare(flat)
    assert found.r[:, 0].isnull().all()
    assert found.p[:, 0].isnull().all()
    assert found.p[:, 1].notnull().all()


@pytest.mark.parametrize("dtype", [bool, int, np.float32])
def test_motifs_and_weights_of_other_numeric_types_will_do(dtype):
    motif = (4 * motifs()).astype(dtype)
    weight = weights().astype(dtype)
    found = compare(motif, weight)
    expected = compare(motif.astype(float), weight.astype(float))
    np.testing.assert_allclose(found.r, expected.r, rtol=1e-6)


def test_infinite_weights_were_not_observed():
    weight = weights(kinds=("chemical",))
    weight.values[0, 1, 2] = weight.values[0, 2, 1] = np.inf
    assert compare(weight=weight).n_pairs.values.tolist() == [N * (N - 1) // 2 - 1]


def places(names=NAMES):
    values = np.random.default_rng(5).random((len(names), 3))
    return xr.DataArray(values, {"neuron": list(names)}, ["neuron", "space"])


def test_places_are_matched_by_name_in_any_order():
    turn = np.random.default_rng(0).permutation(N)
    one, other = compare(positions=places()), compare(positions=places().isel(neuron=turn).T)
    assert one.attrs["null"] == "degree and distance"
    xr.testing.assert_identical(one.drop_attrs(), other.drop_attrs())


def test_with_distances_fewer_edges_move():
    free, bound = compare(), compare(positions=places(), n_distance_classes=8)
    assert (bound.rewired < free.rewired).all()


@pytest.mark.parametrize(
    "positions",
    [
        np.zeros((N, 3)),
        "here",
        3,
        {"a": 1},
        xr.DataArray(np.zeros((N, 3)), dims=["neuron", "space"]),
        xr.DataArray(np.zeros(N), {"neuron": NAMES}, ["neuron"]),
    ],
)
def test_places_without_names_are_refused(positions):
    with pytest.raises(SchemaError, match="positions"):
        compare(positions=positions)


def test_labels_that_stand_twice_are_refused_by_name():
    twice = [*NAMES[:-1], NAMES[0]]
    with pytest.raises(LabelError, match="positions: neuron has N00 more than once"):
        compare(positions=places(twice))
    with pytest.raises(LabelError, match="connectome: pre has N00"):
        compare(weight=weights().assign_coords(pre=twice))
    with pytest.raises(LabelError, match="connectome: post has N00"):
        compare(weight=weights().assign_coords(post=twice))
    with pytest.raises(LabelError, match="motifs: neuron has N00"):
        compare(motifs().assign_coords(neuron=twice))


def test_words_are_no_weights():
    with pytest.raises(SchemaError, match="motifs: is of type"):
        compare(motifs().astype(str))
    with pytest.raises(SchemaError, match="connectome: is of type"):
        compare(weight=weights().astype(str))
    with pytest.raises(SchemaError, match="connectome: is of type complex"):
        compare(weight=weights().astype(complex))


def test_a_recording_of_something_else_is_no_connectome():
    with pytest.raises(SchemaError, match="connectome: got a DataTree"):
        compare(weight=nk.simulate.recording("calcium", n_channels=2, duration=2.0))
    with pytest.raises(SchemaError, match="connectome: got a ndarray"):
        compare(weight=weights().values)


def test_nothing_given_is_changed():
    motif, weight, place = motifs(), weights(), places()
    kept = [x.copy(deep=True) for x in (motif, weight, place)]
    compare(motif, weight, positions=place)
    for x, before in zip((motif, weight, place), kept, strict=True):
        xr.testing.assert_identical(x, before)
