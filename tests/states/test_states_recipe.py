"""The recipe is registered and light; it runs on counts, spikes and traces."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest
import xarray as xr
from pydantic import ValidationError

import neurokit as nk
from neurokit.errors import OptionError, SchemaError
from neurokit.recipe import Parameters, load_function, registered_recipes
from neurokit.states.recipe import STATES, StatesParameters
from neurokit.states.switching import run


def test_it_is_registered_under_its_name():
    assert registered_recipes()["states"] == STATES
    assert STATES.over == "recording"
    assert load_function(STATES.run) is run


def test_reading_it_imports_nothing_heavy():
    code = (
        "import sys, neurokit.states.recipe\n"
        "heavy = {'numpy', 'xarray', 'pandas', 'numba', 'scipy', 'matplotlib', 'sklearn'}\n"
        "print(sorted(heavy & set(sys.modules)))"
    )
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "[]"


@pytest.mark.parametrize(
    "wrong",
    [{"states": 2}, {"n_states": 0}, {"n_folds": 1}, {"bin_s": 0.0}, {"prior": "one-hot"},
     {"observation": "counts"}, {"ridge": -1.0}, {"most_neurons": 0}],
)  # fmt: skip
def test_wrong_parameters_are_refused(wrong):
    with pytest.raises(ValidationError):
        StatesParameters(**wrong)


@pytest.fixture(scope="module")
def simulation():
    return nk.simulate.spiking_hmm(5, 2, 6, 150, random_state=0)


def test_counts_of_trials_are_poisson_and_the_number_of_states_is_chosen(simulation):
    chosen = StatesParameters(most_states=2, n_restarts=1, max_iter=25, history=3)
    out = run({"a": simulation.recordings["session1"]}, chosen, {})
    assert out.facts["observation"] == "poisson"
    assert out.facts["states"] in (1, 2)
    assert set(out.pictures) >= {"posterior", "transitions", "dwell", "selection"}
    assert out.result["posterior"]["probability"].dims == ("trial", "time", "state")
    assert out.result["selection"]["log_likelihood"].sizes["fold"] == 3
    assert "first trial" in out.pictures["posterior"].caption


def test_spikes_are_binned():
    rec = nk.simulate.recording("spikes", n_channels=4, duration=20.0, random_state=0)
    out = run({"a": rec}, StatesParameters(n_states=2, n_restarts=1, max_iter=20, prior="none"), {})
    assert out.facts["observation"] == "poisson"
    assert out.result["posterior"].sizes["time"] == 400
    assert "selection" not in out.pictures
    assert "mean stay (s)" in out.tables["states"]


@pytest.fixture(scope="module")
def worm():
    return nk.simulate.recording("calcium", n_channels=16, duration=120.0, random_state=0)


def test_states_of_a_worm_follow_its_reversals(worm):
    chosen = StatesParameters(
        n_states=2, coupling=False, prior="none", bin_s=0.5, most_neurons=12, n_restarts=2
    )
    out = run({"a": worm}, chosen, {})
    assert out.facts["observation"] == "gaussian"
    assert out.facts["responses"] == "12 of 16"
    assert "velocity" in out.pictures["posterior"].caption
    posterior = out.result["posterior"]["probability"]
    velocity = worm.behavior.velocity.interp(time=posterior.time)
    r = np.corrcoef(posterior.isel(state=1), velocity)[0, 1]
    # The hidden switch of the simulation moves both; seeds 0 to 4: -.91, -.69, -.85, -.89, -.50.
    assert abs(r) > 0.6


def test_the_result_can_be_saved(worm, tmp_path):
    chosen = StatesParameters(
        n_states=2, coupling=False, prior="none", bin_s=1.0, most_neurons=4, n_restarts=1
    )
    out = run({"a": worm}, chosen, {})
    back = nk.open(nk.save(out.result, tmp_path / "result.nc"))
    np.testing.assert_array_equal(
        back["posterior"]["probability"], out.result["posterior"]["probability"]
    )


def test_what_never_varies_is_left_out(worm):
    signal = worm.activity.signal.copy()
    signal[:, 1] = 1.0
    still = worm.copy()
    still["activity"] = xr.DataTree(worm["activity"].to_dataset().assign(signal=signal))
    chosen = StatesParameters(
        n_states=1, coupling=False, prior="none", bin_s=1.0, most_neurons=16, n_restarts=1
    )
    assert run({"a": still}, chosen, {}).facts["responses"] == "15 of 16"


def test_what_cannot_be_analysed_is_said(worm):
    rec = nk.simulate.recording("connectome", random_state=0)
    with pytest.raises(SchemaError, match="neither /spikes nor /activity"):
        run({"a": rec}, StatesParameters(), {})
    with pytest.raises(OptionError, match="got Parameters"):
        run({"a": worm}, Parameters(), {})
    silent = worm.copy()
    flat = worm["activity"].to_dataset()
    silent["activity"] = xr.DataTree(flat.assign(signal=xr.zeros_like(flat.signal)))
    with pytest.raises(SchemaError, match="nothing varies"):
        run({"a": silent}, StatesParameters(observation="poisson", n_states=1), {})
