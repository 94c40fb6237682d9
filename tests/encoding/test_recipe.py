"""The recipe is registered, light, and finds what was planted."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest
from pydantic import ValidationError

import neurokit as nk
from neurokit.encoding.encode_recording import _lagged, run
from neurokit.encoding.recipe import ENCODING, EncodingParameters
from neurokit.errors import OptionError, SchemaError
from neurokit.recipe import load_function, registered_recipes
from neurokit.schema import activity, recording, series


def test_it_is_registered_under_its_name():
    assert registered_recipes()["encoding"] == ENCODING
    assert load_function(ENCODING.run) is run


def test_reading_it_imports_nothing_heavy():
    code = (
        "import sys, neurokit.encoding.recipe\n"
        "heavy = {'numpy', 'xarray', 'pandas', 'numba', 'scipy', 'matplotlib', 'sklearn'}\n"
        "print(sorted(heavy & set(sys.modules)))"
    )
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "[]"


@pytest.mark.parametrize(
    "wrong",
    [{"n_splits": 1}, {"metric": "rho"}, {"gap_s": -1}, {"lags_s": ()}, {"q": 1.0}, {"a": 1}],
)
def test_wrong_parameters_are_refused(wrong):
    with pytest.raises(ValidationError):
        EncodingParameters(**wrong)


@pytest.fixture(scope="module")
def outcome():
    sites = {"none": 6, "vision": 3, "additive": 3, "multimodal": 3}
    rec = nk.simulate.encoded(1000, 2, sites=sites, random_state=0).recordings["encoded"]
    return run({"a": rec}, EncodingParameters(n_shifts=49, gap_s=0.5), {})


def test_planted_channels_are_encoded_and_sites_found(outcome):
    q = outcome.result["significance/q"].values
    assert (q[6:] <= 0.05).all()
    assert (q[:6] <= 0.05).sum() <= 1
    site = outcome.result["sites/site"].values
    np.testing.assert_array_equal(np.flatnonzero(site), [12, 13, 14])
    assert outcome.facts["sites of integration"] == 3
    assert outcome.facts["channels"] == 15


def test_pictures_tables_and_result_are_complete(outcome, tmp_path):
    assert list(outcome.pictures) == ["scores", "partition", "sites"]
    assert all(p.caption.endswith(".") for p in outcome.pictures.values())
    table = outcome.tables["scores"]
    assert list(table.columns) == ["channel", "score", "p", "q"]
    assert table["score"].is_monotonic_decreasing
    nk.save(outcome.result, tmp_path / "r.nc")
    assert {"coef", "scores", "significance", "partition", "sites"} <= set(
        nk.open(tmp_path / "r.nc", "neurokit").children
    )


def _behaving(n=400, hole=False):
    rng = np.random.default_rng(1)
    speed = rng.normal(size=n)
    y = rng.normal(size=(n, 4))
    y[2:, 0] += 2 * speed[:-2]
    y[:, 3] = np.nan
    if hole:
        y[100:110, 1] = np.nan
    groups = {
        "activity": activity(y, names=list("abcd"), rate=10.0),
        "behavior": series({"speed": speed, "mood": rng.normal(size=n)}, rate=10.0),
    }
    return recording(groups, modality="calcium", subject="m", name="m")


@pytest.mark.parametrize("hole", [False, True])
def test_lagged_behaviour_predicts_a_delayed_neuron(hole):
    chosen = EncodingParameters(features=("speed",), lags_s=(0.0, 0.2), n_shifts=99)
    found = run({"m": _behaving(hole=hole)}, chosen, {})
    assert found.facts["neurons"] == 3  # the fourth has no value at all
    assert found.facts["feature sets"] == "speed (2)"
    assert found.tables["scores"]["neuron"][0] == "a"
    assert found.tables["scores"]["score"][0] > 0.8
    assert found.facts["samples"] == (400 - 2 - 10 if hole else 400 - 2)
    assert "partition" not in found.pictures


def test_lags_never_cross_a_run():
    rec = _behaving(20)
    x = rec["behavior/speed"].expand_dims(feature=["speed"]).transpose("time", "feature")
    x = x.assign_coords(run=("time", np.repeat([0, 1], 10)))
    moved = _lagged(x, (0.2, -0.1)).values
    assert np.isnan(moved[[0, 1, 10, 11], 0]).all()
    assert np.isnan(moved[[9, 19], 1]).all()
    np.testing.assert_array_equal(moved[2:10, 0], x.values[:8, 0])
    np.testing.assert_array_equal(moved[10:19, 1], x.values[11:, 0])


def test_what_cannot_be_encoded_is_refused():
    rec = _behaving()
    with pytest.raises(OptionError, match="no set 'pace'"):
        run({"m": rec}, EncodingParameters(features=("pace",)), {})
    with pytest.raises(SchemaError, match="left without NaN"):
        run({"m": _behaving(40)}, EncodingParameters(), {})
