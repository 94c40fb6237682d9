"""Motifs against synapses: correlations, an honest null, labels, and what is lost."""

from __future__ import annotations

import json

import numpy as np
import pytest
import xarray as xr
from scipy.stats import pearsonr, spearmanr

import neurokit as nk
from neurokit.connectome import compare_structure
from neurokit.errors import LabelError, NotFittedError, OptionError, SchemaError


def wiring(n=40, density=0.15, seed=0, hubs=False):
    """Directed weights (chemical, electrical); with hubs, some neurons have most synapses."""
    rng = np.random.default_rng(seed)
    love = rng.gamma(0.7, 1.0, n) + 0.05 if hubs else np.ones(n)
    chance = np.clip(density * np.outer(love, love) / love.mean() ** 2, 0, 0.9)
    weight = (rng.random((2, n, n)) < chance) * rng.integers(1, 10, (2, n, n)).astype(float)
    weight[:, np.arange(n), np.arange(n)] = 0
    weight[1] = np.triu(weight[1], 1)
    names = [f"N{k:02d}" for k in range(n)]
    coords = {"synapse_type": ["chemical", "electrical"], "pre": names, "post": names}
    return xr.DataArray(weight, coords, ["synapse_type", "pre", "post"], name="weight")


def motifs_of(matrices, names):
    matrices = np.asarray(matrices)
    coords = {"component": range(len(matrices)), "neuron": names, "partner": names}
    return xr.DataArray(matrices, coords, ["component", "neuron", "partner"])


def symmetric(values):
    upper = np.triu(values, 1)
    return upper + upper.T


def noise(n=40, seed=0):
    return symmetric(np.random.default_rng(seed).random((n, n)))


def test_the_correlations_are_those_of_scipy():
    weight = wiring()
    names = weight.pre.values
    motif = noise()
    motif[3, 5] = motif[5, 3] = np.nan
    found = compare_structure(motifs_of([motif], names), weight, n_permutations=9, random_state=0)
    first, second = np.triu_indices(40, 1)
    seen = np.isfinite(motif[first, second])
    x = motif[first, second][seen]
    for kind, both in (("chemical", weight[0] + weight[0].values.T), ("electrical", weight[1])):
        y = both.values[first, second][seen]
        r = found.r.sel(component=0, synapse_type=kind)
        assert float(r.sel(correlation="pearson")) == pytest.approx(pearsonr(x, y)[0])
        assert float(r.sel(correlation="spearman")) == pytest.approx(spearmanr(x, y)[0])
        assert int(found.n_pairs.sel(synapse_type=kind)) == seen.sum()
        assert int(found.n_edges.sel(synapse_type=kind)) == (y > 0).sum()


def test_a_gap_junction_in_both_triangles_counts_once():
    weight = wiring()
    both = weight.copy()
    both.values[1] = symmetric(both.values[1])
    motif = motifs_of([noise()], weight.pre.values)
    one, other = (
        compare_structure(motif, w, n_permutations=9, random_state=0) for w in (weight, both)
    )
    xr.testing.assert_allclose(one.r, other.r)


def test_a_motif_that_follows_synapses_is_found_and_noise_is_not():
    weight = wiring()
    both = (weight[0] + weight[0].values.T).values
    related = both * 0.02 + 0.2 * noise(seed=1)
    np.fill_diagonal(related, 0)
    found = compare_structure(
        motifs_of([related, noise(seed=2)], weight.pre.values),
        weight,
        n_permutations=199,
        random_state=0,
    )
    chemical = found.sel(synapse_type="chemical", correlation="spearman")
    assert float(chemical.q[0]) <= 0.02
    assert float(chemical.p[1]) > 0.05
    assert float(found.p.sel(synapse_type="electrical", correlation="spearman")[0]) > 0.05
    assert float(found.rewired.min()) > 0.5


@pytest.mark.slow
def test_hubs_alone_are_no_relation():
    # Neurons with many synapses are in the motif: a correlation, but who is connected with whom
    # has nothing to do with it.
    p = []
    for seed in range(20):
        weight = wiring(seed=seed, hubs=True)
        both = (weight[0] + weight[0].values.T).values
        degree = (both > 0).sum(axis=0)
        rng = np.random.default_rng(100 + seed)
        motif = symmetric(np.outer(degree, degree) * (1 + 0.5 * rng.random(both.shape)))
        found = compare_structure(
            motifs_of([motif], weight.pre.values),
            weight.sel(synapse_type=["chemical"]),
            n_permutations=99,
            random_state=seed,
        ).sel(correlation="spearman")
        assert float(found.r.squeeze()) > 0.2
        p.append(float(found.p.squeeze()))
    # 20 draws of 5 %: more than 4 in one of 400 samples.
    assert np.sum(np.array(p) <= 0.05) <= 4


@pytest.mark.slow
def test_neighbourhood_alone_is_no_relation_where_places_are_given():
    n, p_near, p_any = 40, [], []
    for seed in range(10):
        rng = np.random.default_rng(seed)
        place = rng.random((n, 2))
        gap = np.linalg.norm(place[:, None] - place[None], axis=2)
        synapses = symmetric((rng.random((n, n)) < np.exp(-4 * gap)) * 1.0)
        motif = symmetric(np.exp(-3 * gap) * (1 + 0.3 * rng.random((n, n))))
        names = [f"N{k:02d}" for k in range(n)]
        weight = xr.DataArray(synapses, {"pre": names, "post": names}, ["pre", "post"])
        positions = xr.DataArray(place, {"neuron": names}, ["neuron", "space"])
        options = {"n_permutations": 99, "random_state": seed}
        near = compare_structure(
            motifs_of([motif], names), weight, positions=positions, n_distance_classes=20, **options
        )
        far = compare_structure(motifs_of([motif], names), weight, **options)
        assert near.attrs["null"] == "degree and distance"
        assert far.attrs["null"] == "degree"
        p_near.append(float(near.p.sel(correlation="spearman").squeeze()))
        p_any.append(float(far.p.sel(correlation="spearman").squeeze()))
    assert np.sum(np.array(p_any) <= 0.05) == 10
    assert np.sum(np.array(p_near) <= 0.05) <= 3


def test_labels_are_matched_whatever_their_order_and_losses_are_listed():
    weight = wiring()
    names = weight.pre.values.tolist()
    motif = motifs_of([noise()], names)
    base = compare_structure(motif, weight, n_permutations=9, random_state=0)
    turned = weight.isel(pre=slice(None, None, -1), post=np.random.default_rng(0).permutation(40))
    xr.testing.assert_allclose(
        compare_structure(motif, turned, n_permutations=9, random_state=0).r, base.r
    )
    part = weight.isel(pre=slice(5, None), post=slice(5, None))
    found = compare_structure(
        motif.isel(neuron=slice(30), partner=slice(30)), part, n_permutations=9
    )
    assert json.loads(found.attrs["not_in_connectome"]) == names[:5]
    assert json.loads(found.attrs["not_in_motifs"]) == names[30:]
    assert found.attrs["n_neurons"] == 25


def test_the_same_seed_gives_the_same_result_and_inputs_stay():
    weight = wiring()
    motif = motifs_of([noise()], weight.pre.values)
    before = weight.copy(deep=True), motif.copy(deep=True)
    one, other = (compare_structure(motif, weight, n_permutations=9, random_state=3) for _ in "ab")
    xr.testing.assert_identical(one, other)
    xr.testing.assert_identical(weight, before[0])
    xr.testing.assert_identical(motif, before[1])


def test_a_connectome_without_synapses_has_no_correlation():
    weight = wiring() * 0.0
    found = compare_structure(motifs_of([noise()], weight.pre.values), weight, n_permutations=9)
    assert found.r.isnull().all()
    assert found.p.isnull().all()


def test_pairs_nobody_looked_at_are_left_out():
    weight = wiring()
    weight.values[0, :10, :] = np.nan
    found = compare_structure(motifs_of([noise()], weight.pre.values), weight, n_permutations=9)
    # Nothing is known from the first ten to each other; to the rest there is one direction.
    assert int(found.n_pairs.sel(synapse_type="chemical")) == 40 * 39 // 2 - 45


def test_wrong_input_is_said():
    weight = wiring()
    motif = motifs_of([noise()], weight.pre.values)
    with pytest.raises(SchemaError, match="motifs"):
        compare_structure(weight, weight)
    with pytest.raises(SchemaError, match="connectome"):
        compare_structure(motif, motif)
    with pytest.raises(NotFittedError):
        compare_structure(nk.connectome.DynamicConnectome(2), weight)
    with pytest.raises(LabelError, match="neurons of the motifs"):
        compare_structure(motif.assign_coords(neuron=[f"x{k}" for k in range(40)]), weight)
    with pytest.raises(OptionError, match="n_permutations"):
        compare_structure(motif, weight, n_permutations=0)
    with pytest.raises(SchemaError, match="positions"):
        compare_structure(motif, weight, positions=xr.DataArray(np.zeros(3), dims="x"))
    wired = nk.simulate.recording("connectome", random_state=0)
    with pytest.raises(SchemaError, match="positions"):
        compare_structure(motif, weight, positions=wired)


@pytest.mark.slow
def test_real_motifs_follow_gap_junctions_of_the_worm(shared_data):
    cook = nk.open(shared_data / "celegans_connectome/cook2019_SI5_adjacency_matrices.xlsx")
    rec = nk.open(shared_data / "celegans_calcium/atanas2023_2022-08-02-01_time_trace.json")
    model = nk.connectome.DynamicConnectome(
        3, n_restarts=2, n_permutations=0, communities=None, random_state=0
    ).fit(rec)
    found = compare_structure(model, cook, n_permutations=199, random_state=0)
    spearman = found.sel(correlation="spearman", synapse_type="electrical")
    assert float(spearman.r.max()) > 0.05
    assert float(spearman.p.min()) <= 0.05
