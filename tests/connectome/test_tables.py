"""Facts and tables of a fit say in figures what the pictures show."""

from __future__ import annotations

import numpy as np
import pytest
import xarray as xr

import neurokit as nk
from neurokit.connectome import DynamicConnectome, NonNegativeCP, affinity
from neurokit.connectome.factors import labelled_factors
from neurokit.connectome.pairs import pair_index
from neurokit.connectome.recordings import gather
from neurokit.connectome.tables import (
    atlas_table,
    fit_facts,
    judged_table,
    motif_table,
    neuron_table,
    strongest,
    tensor_facts,
)


def two_motifs(n_neurons=6, n_recordings=2):
    """Neurons 0-2 make the first motif, 3-5 the second; the second is active late."""
    names = np.array([f"N{k}" for k in range(n_neurons)])
    first, second = pair_index(n_neurons)
    group = np.arange(n_neurons) >= 3
    pairs = np.zeros((first.size, 2))
    pairs[~group[first] & ~group[second], 0] = 1.0
    pairs[group[first] & group[second], 1] = 1.0
    # Within its motif N4 is the strongest.
    pairs[(first == 4) | (second == 4), 1] *= 2.0
    course = np.zeros((10, 2))
    course[2, 0] = 3.0
    course[7, 1] = 1.0
    loading = np.array([[1.0, 3.0], [1.0, 1.0]])[:n_recordings]
    coords = {
        "neuron": ("pair", names[first]),
        "partner": ("pair", names[second]),
        "time": 2.0 * np.arange(10),
        "recording": ["w1", "w2"][:n_recordings],
    }
    shape = (first.size, 10, n_recordings)
    tensor = xr.DataArray(np.zeros(shape), coords, ["pair", "time", "recording"])
    return labelled_factors(tensor, [pairs, course, loading])


def by_group(factors):
    """Component number of either planted group."""
    course = factors.time_course.values
    return int(course[:, 2].argmax()), int(course[:, 7].argmax())


def test_the_strongest_neurons_come_first():
    factors = two_motifs()
    early, late = by_group(factors)
    tops = strongest(factors)
    assert set(tops[early].index[:3]) == {"N0", "N1", "N2"}
    assert tops[late].index[0] == "N4"
    assert set(tops[late].index[:3]) == {"N3", "N4", "N5"}
    assert (np.diff(tops[late].values) <= 0).all()


def test_neurons_never_recorded_with_others_are_left_out():
    factors = two_motifs()
    of_last = (factors.neuron == "N5") | (factors.partner == "N5")
    factors["pair_loading"] = factors.pair_loading.where(~of_last)
    assert all("N5" not in top.index for top in strongest(factors))
    assert "N5" not in set(neuron_table(factors).neuron)


def test_a_motif_peaks_where_its_time_course_does():
    factors = two_motifs()
    table = motif_table(factors)
    early, late = by_group(factors)
    assert table["peak (s)"][early] == 4.0
    assert table["peak (s)"][late] == 14.0


def test_bins_without_observations_are_no_peak():
    factors = two_motifs()
    factors["time_course"].values[:, 0] = np.nan
    early, late = by_group(factors.fillna(0))
    table = motif_table(factors)
    assert table["peak (s)"][[early, late]].tolist() == [4.0, 14.0]


def test_each_recording_has_its_share_of_the_mean():
    factors = two_motifs()
    _, late = by_group(factors)
    table = motif_table(factors)
    # Loadings 3 and 1: their mean is 2.
    assert table["w1 (share of mean)"][late] == 1.5
    assert table["w2 (share of mean)"][late] == 0.5


def test_weights_and_leaders_are_named():
    table = motif_table(two_motifs())
    assert (np.diff(table.weight) <= 0).all()
    assert all(len(text.split()) == 6 for text in table["strongest neurons"])


def test_an_empty_component_gives_a_row_of_zeros_and_no_warning():
    factors = two_motifs()
    for name in ("pair_loading", "time_course", "recording_loading"):
        factors[name].values[1] = 0.0
    shares = motif_table(factors)[["w1 (share of mean)", "w2 (share of mean)"]]
    assert shares.loc[1].tolist() == [0.0, 0.0]
    table = neuron_table(factors)
    assert (table[table.motif == 1]["strength (share of largest)"] == 0).all()


def test_at_most_fifteen_neurons_are_listed_per_motif():
    recs = nk.simulate.worms(n_animals=1, n_neurons=30, missing=0.0, random_state=0).recordings
    model = NonNegativeCP(2, n_restarts=1, random_state=0).fit(affinity(recs["worm1"], bin_s=8.0))
    table = neuron_table(model.factors_)
    assert table.groupby("motif").size().tolist() == [15, 15]
    assert table[table.motif == 0]["rank"].tolist() == list(range(1, 16))


@pytest.fixture(scope="module")
def fit():
    recs = nk.simulate.worms(n_animals=2, n_neurons=20, random_state=0).recordings
    options = {"bin_s": 8.0, "communities": "leiden", "n_permutations": 3, "random_state": 0}
    return gather(recs).traces, DynamicConnectome(3, n_restarts=3, **options).fit(recs)


def test_facts_of_the_tensor_count_what_is_there(fit):
    traces, model = fit
    facts = tensor_facts(traces, model.recording_course_, "as recorded")
    n = traces.sizes["neuron"]
    assert facts["neurons"] == n
    assert facts["pairs"] == n * (n - 1) // 2
    observed = traces.notnull().any("time").values
    together = sum(
        (observed[:, i] & observed[:, j]).any() for i in range(n) for j in range(i + 1, n)
    )
    assert facts["pairs never recorded together"] == facts["pairs"] - together
    tensor = affinity(traces, bin_s=8.0)
    assert facts["observed (%)"] == round(100 * float(tensor.notnull().mean()), 1)
    assert facts["duration (s)"] == 400.0


def test_facts_of_the_fit_are_plain_values(fit):
    _, model = fit
    facts = fit_facts(model)
    assert facts["motifs"] == 3
    assert facts["sweeps"] == model.n_iter_
    assert facts["relative error (share of norm)"] == round(model.error_, 4)
    assert facts["starts that found the same motifs"] == "3 of 3"
    assert facts["motifs beyond chance (q < 0.05)"] == 0
    assert all(type(value) in (str, int, float, bool) for value in facts.values())


def test_one_start_agrees_with_itself(fit):
    traces, _ = fit
    options = {"bin_s": 8.0, "communities": None, "n_permutations": 0, "random_state": 0}
    model = DynamicConnectome(3, n_restarts=1, **options).fit(traces)
    facts = fit_facts(model)
    assert facts["starts that found the same motifs"] == "1 of 1"
    assert "motifs beyond chance (q < 0.05)" not in facts
    assert "communities" not in judged_table(model)


def test_p_values_and_communities_stand_beside_the_motifs(fit):
    _, model = fit
    table = judged_table(model)
    assert table.columns[:4].tolist() == ["motif", "weight", "p", "q"]
    listed = set(table.communities[0].replace("|", " ").split())
    names = model.communities_.neuron.values
    assert listed == set(names[model.communities_.values[0] >= 0].tolist())


def test_the_atlas_has_a_row_per_motif_and_epoch(fit):
    _, model = fit
    table = atlas_table(model.atlas_)
    assert len(table) == 9
    assert {"motif", "epoch", "mean", "standard_error", "q"} <= set(table.columns)
