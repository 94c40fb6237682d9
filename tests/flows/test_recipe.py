"""The recipe: spikes, counts, traces and records without trials, and what it refuses."""

from __future__ import annotations

import tomllib
from pathlib import Path

import numpy as np
import pytest
import xarray as xr

import neurokit as nk
from neurokit.errors import OptionError, SchemaError
from neurokit.flows.flowing import _in_trials, run
from neurokit.flows.recipe import FLOWS, FlowsParameters
from neurokit.recipe import Parameters, load_function
from neurokit.signal.responses import liveliest, responses

QUICK = {"n_restarts": 1, "max_iter": 5}
LIVELY = {"fewest": 2, "most_missing": 0.5}


def recording(**options):
    return nk.simulate.oscillators([5.0], [0.1], 8, 8, 40, random_state=0, **options).recordings


def test_it_is_registered_and_light():
    text = (Path(__file__).resolve().parents[2] / "pyproject.toml").read_text(encoding="utf-8")
    points = tomllib.loads(text)["project"]["entry-points"]["neurokit.recipes"]
    assert load_function(points["flows"]) is FLOWS
    assert load_function(FLOWS.run) is run


def test_counts_are_chosen_fitted_compared_and_drawn():
    found = run(recording(), FlowsParameters(most_latents=2, **QUICK), {})
    assert found.facts["likelihood"] == "poisson"
    assert {"modes", "spectrum", "phase", "fit", "comparison"} == set(found.pictures)
    assert set(found.result["selection"].coords["n_latents"].values) == {1, 2}
    assert list(found.tables["comparison"].model) == [
        "smoothing", "factor analysis", "first-order LDS", "Langevin LDS"
    ]  # fmt: skip
    assert "fit_seconds" not in found.tables["comparison"]
    for picture in found.pictures.values():
        assert picture.caption.endswith(".")
        picture.figure.canvas.draw()


def test_the_planted_frequency_is_among_the_facts():
    rec = nk.simulate.oscillators([5.0], [0.1], 12, 24, 50, random_state=0).recordings
    found = run(rec, FlowsParameters(n_latents=1, n_restarts=1), {})
    assert float(found.facts["oscillating modes (Hz)"]) == pytest.approx(5.0, rel=0.06)
    assert found.tables["modes"].frequency_low[0] < 5.0 < found.tables["modes"].frequency_high[0]


def test_traces_are_scaled_and_gaussian():
    found = run(recording(observation="gaussian"), FlowsParameters(n_latents=1, **QUICK), {})
    assert found.facts["likelihood"] == "gaussian"
    assert "comparison" not in found.pictures


def test_a_record_without_trials_is_cut():
    rng = np.random.default_rng(0)
    group = nk.schema.activity(
        rng.normal(size=(505, 3)).cumsum(axis=0), names=["a", "b", "c"], rate=10.0
    )
    rec = nk.schema.recording({"activity": group}, modality="calcium", subject="s")
    found = run({"s": rec}, FlowsParameters(bin_s=0.1, chunk_s=10.0, n_latents=1, **QUICK), {})
    assert found.facts["trials"] == 5
    assert found.result["paths"].sizes["time"] == 100


def test_spikes_are_binned():
    rng = np.random.default_rng(0)
    times = {f"n{k}": np.sort(rng.uniform(0, 20, 200)) for k in range(3)}
    rec = nk.schema.recording({"spikes": nk.schema.spikes(times)}, modality="spikes", subject="s")
    found = run({"s": rec}, FlowsParameters(bin_s=0.1, chunk_s=5.0, n_latents=1, **QUICK), {})
    assert found.facts["likelihood"] == "poisson"
    assert found.facts["trials"] == 4


def test_stretches_are_those_of_the_record():
    x = xr.DataArray(
        np.arange(24.0).reshape(12, 2), dims=("time", "neuron"),
        coords={"time": ("time", np.arange(12.0), {"sampling_rate": 1.0}), "neuron": ["a", "b"]},
    )  # fmt: skip
    cut = _in_trials(x, 5.0)
    assert cut.shape == (2, 5, 2)
    np.testing.assert_array_equal(cut[1], x[5:10])
    assert nk.schema.sampling_rate(cut) == 1.0


def test_the_liveliest_are_kept_in_their_order():
    rng = np.random.default_rng(0)
    values = rng.normal(size=(50, 5)) * [1.0, 0.0, 3.0, 2.0, 9.0]
    values[:30, 4] = np.nan
    x = xr.DataArray(values, dims=("time", "neuron"), coords={"neuron": list("abcde")})
    assert list(liveliest(x, 2, **LIVELY).neuron.values) == ["c", "d"]
    assert list(liveliest(x, 9, **LIVELY).neuron.values) == ["a", "c", "d"]
    with pytest.raises(SchemaError, match="change"):
        liveliest(x[:, 1:3], 9, **LIVELY)


def test_channels_that_are_not_neural_are_left_out():
    rec = nk.simulate.recording("eeg", random_state=0)
    group = rec["activity"].to_dataset()
    kinds = group.channel_type.values.astype("U8")
    kinds[2] = "EOG"
    rec["activity"] = xr.DataTree(group.assign_coords(channel_type=("channel", kinds)))
    found, _ = responses(rec, 0.01, regular=True)
    assert found.channel.values.tolist() == np.delete(group.channel.values, 2).tolist()


def test_wrong_parameters_and_empty_recordings_are_named():
    with pytest.raises(OptionError, match="FLOWS"):
        run(recording(), Parameters(), {})
    group = nk.schema.events([0.0], trial_type=["none"])
    bare = nk.schema.recording({"events": group}, modality="calcium", subject="s")
    with pytest.raises(SchemaError, match="neither"):
        run({"s": bare}, FlowsParameters(), {})
