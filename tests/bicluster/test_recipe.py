"""The recipe: counts, spikes and traces, its tables, and what it refuses."""

from __future__ import annotations

import tomllib
from pathlib import Path

import numpy as np
import pytest

import neurokit as nk
from neurokit.bicluster import BiCluster
from neurokit.bicluster.clustering import _n_visits, run
from neurokit.bicluster.recipe import BICLUSTER, BiClusterParameters
from neurokit.errors import OptionError, SchemaError
from neurokit.recipe import Parameters, load_function

QUICK = {"n_latents": 1, "n_clusters": 2, "max_states": 2, "n_sweeps": 6, "n_chains": 1}


def planted(**options):
    return nk.simulate.biclustered(8, 60, 2, random_state=0, **options).recordings


def test_it_is_registered_and_light():
    text = (Path(__file__).resolve().parents[2] / "pyproject.toml").read_text(encoding="utf-8")
    points = tomllib.loads(text)["project"]["entry-points"]["neurokit.recipes"]
    assert load_function(points["bicluster"]) is BICLUSTER
    assert load_function(BICLUSTER.run) is run


def test_counts_are_clustered_drawn_and_put_in_tables(tmp_path):
    found = run(planted(), BiClusterParameters(**QUICK), {})
    assert found.facts["observation"] == "poisson"
    assert np.isfinite(found.facts["held-out log-likelihood (nat/entry)"])
    drawn = {"neurons", "bins", "raster", "traces"}
    latents = {name for name in found.pictures if name.startswith("latents_")}
    assert set(found.pictures) == drawn | latents
    assert latents
    for picture in found.pictures.values():
        assert picture.caption.endswith(".")
        picture.figure.canvas.draw()
    table = found.tables["states"]
    assert table.bins.sum() == 60
    assert table["share"].sum() == pytest.approx(1.0)
    assert len(found.tables["neurons"]) == 8
    nk.save(found.result, tmp_path / "result.nc")
    back = BiCluster.load(tmp_path / "result.nc")
    assert back.neuron_labels_.values.tolist() == found.tables["neurons"].cluster.tolist()


def test_regions_are_compared_where_they_are_known():
    rec = planted()["session1"]
    regions = np.repeat(["a", "b"], 4)
    group = rec["activity"].to_dataset()
    rec["activity"] = nk.schema.activity(
        group.signal.values, names=list(group.neuron.values), rate=2.0, coords={"region": regions}
    )
    found = run({"s": rec}, BiClusterParameters(**QUICK), {})
    assert "contingency" in found.pictures
    counts = found.tables["contingency"]
    assert counts.region.tolist() == ["a", "b"]
    assert counts.drop(columns="region").to_numpy().sum() == 8
    assert "adjusted Rand index of clusters and region" in found.facts
    other = run({"s": rec}, BiClusterParameters(by="probe", **QUICK), {})
    assert "contingency" not in other.pictures


def test_the_same_seed_gives_the_same_result():
    one, two = (run(planted(), BiClusterParameters(**QUICK), {}) for _ in range(2))
    assert one.result.identical(two.result)


def test_traces_are_scaled_and_gaussian():
    found = run(planted(observation="gaussian"), BiClusterParameters(**QUICK), {})
    assert found.facts["observation"] == "gaussian"


def test_spikes_are_binned():
    rng = np.random.default_rng(0)
    times = {f"n{k}": np.sort(rng.uniform(0, 20, 200)) for k in range(3)}
    rec = nk.schema.recording({"spikes": nk.schema.spikes(times)}, modality="spikes", subject="s")
    found = run({"s": rec}, BiClusterParameters(bin_s=0.5, **QUICK), {})
    assert found.facts["observation"] == "poisson"
    assert found.result["rates"].sizes["bin"] == 40


def test_only_the_liveliest_neurons_are_clustered():
    found = run(planted(), BiClusterParameters(most_neurons=5, **QUICK), {})
    assert found.facts["responses"] == "5 of 8"


def test_visits_are_stretches_within_trials():
    states = np.array([0, 0, 1, 0, 0, 0, -1, 1])
    trial = np.array([0, 0, 0, 0, 1, 1, 2, 3])
    assert [_n_visits(states, trial, s) for s in (0, 1)] == [3, 2]


def test_wrong_parameters_and_empty_recordings_are_named():
    with pytest.raises(OptionError, match="BICLUSTER"):
        run(planted(), Parameters(), {})
    group = nk.schema.events([0.0], trial_type=["none"])
    bare = nk.schema.recording({"events": group}, modality="calcium", subject="s")
    with pytest.raises(SchemaError, match="neither"):
        run({"s": bare}, BiClusterParameters(), {})
