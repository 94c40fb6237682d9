"""The recipe ``rsa``: from a recording with events to an RDM, two figures and facts."""

import numpy as np
import pytest
import xarray as xr
from matplotlib import pyplot as plt

import neurokit as nk
from neurokit.errors import OptionError, SchemaError
from neurokit.io.large import in_chunks
from neurokit.recipe import Parameters, load_function, registered_recipes
from neurokit.rsa.recipe import RSA, RsaParameters
from neurokit.schema import activity, events, recording


@pytest.fixture(autouse=True)
def _close():
    yield
    plt.close("all")


def _recording(n_trials=8, n_channels=20, effect=2.0, kinds=("face", "house", "tool"), seed=0):
    """Kinds of events evoke patterns of their own for half a second; the last two are alike."""
    rng = np.random.default_rng(seed)
    rate = 50.0
    order = rng.permutation(np.repeat(kinds, n_trials))
    onset = 1.0 + np.arange(order.size)
    signal = rng.standard_normal((int((order.size + 2) * rate), n_channels))
    pattern = {k: rng.standard_normal(n_channels) for k in kinds}
    pattern[kinds[-1]] = pattern[kinds[-2]] + 0.2 * rng.standard_normal(n_channels)
    for start, kind in zip(onset, order, strict=True):
        at = int(start * rate)
        signal[at : at + 25] += effect * pattern[kind]
    names = [f"c{k}" for k in range(n_channels)]
    group = activity(signal, names=names, rate=rate, units="1")
    groups = {"activity": group, "events": events(onset, trial_type=order)}
    return recording(groups, modality="calcium")


def _run(rec, **parameters):
    run = load_function(RSA.run)
    return run({"one": rec}, RsaParameters(**parameters), {})


def test_it_is_registered():
    assert registered_recipes()["rsa"] is RSA


@pytest.mark.parametrize("method", ["crossnobis", "correlation"])
def test_kinds_with_like_patterns_are_near(method):
    outcome = _run(_recording(), method=method)
    square = nk.rsa.rdm_to_square(outcome.result["rdm/rdm"])
    near = float(square.sel(condition="house", condition_2="tool"))
    far = float(square.sel(condition="house", condition_2="face"))
    assert near < 0.3 * far
    assert outcome.facts["kinds of events"] == 3
    assert outcome.facts["trials"] == 24


def test_without_an_effect_crossnobis_is_near_zero():
    found = [
        _run(_recording(effect=0.0, seed=s), method="crossnobis").facts["mean dissimilarity"]
        for s in range(6)
    ]
    assert abs(np.mean(found)) < 3 * np.std(found, ddof=1) / np.sqrt(6)


def test_the_result_can_be_saved(tmp_path):
    outcome = _run(_recording())
    path = nk.save(outcome.result, tmp_path / "result.nc")
    assert nk.open(path)["rdm/rdm"].sizes["pair"] == 3
    assert list(outcome.pictures) == ["rdm", "search"]
    assert "crossnobis" in outcome.pictures["rdm"].caption


def test_rare_kinds_are_left_out():
    rec = _recording(kinds=("face", "house", "tool", "dog"))
    table = rec["events"].to_dataset()
    kind = table["trial_type"].values.copy()
    rare = np.flatnonzero(kind == "face")[2:]
    kind[rare] = "dog"
    rec["events"] = xr.DataTree(table.assign(trial_type=("event", kind)))
    assert _run(rec, min_trials=4).facts["kinds of events"] == 3


def test_channels_of_other_units_weigh_the_same():
    rec = _recording()
    scaled = rec.copy()
    values = rec.activity.signal.copy()
    values[:, :5] *= 1e-12
    scaled["activity"] = xr.DataTree(rec["activity"].to_dataset().assign(signal=values))
    one, two = (_run(r, method="euclidean").result["rdm/rdm"] for r in (rec, scaled))
    np.testing.assert_allclose(one.values, two.values, rtol=1e-3)


def test_what_cannot_be_done_is_said():
    rec = _recording(kinds=("face", "house"))
    with pytest.raises(SchemaError, match="2 kinds"):
        _run(rec)
    without = nk.simulate.recording("calcium", random_state=0)
    if "events" in without.children:
        del without["events"]
    with pytest.raises(SchemaError, match="no events"):
        _run(without)
    with pytest.raises(OptionError, match="RSA"):
        load_function(RSA.run)({"one": rec}, Parameters(), {})


def test_a_recording_on_disk_gives_the_result_of_one_in_memory(tmp_path):
    rec = _recording()
    expected = _run(rec, n_nearest=None)
    lazy = in_chunks(nk.open(nk.save(rec, tmp_path / "r.zarr")), 0)
    assert lazy.activity.signal.chunks is not None
    found = _run(lazy, n_nearest=None)
    for group in ("rdm", "search_time"):
        xr.testing.assert_identical(found.result[group].dataset, expected.result[group].dataset)


def test_trials_on_disk_that_are_larger_than_memory_are_refused(tmp_path, monkeypatch):
    monkeypatch.setattr("neurokit.signal.in_memory.MOST_BYTES", 4000)
    lazy = in_chunks(nk.open(nk.save(_recording(), tmp_path / "r.zarr")), 0)
    with pytest.raises(OptionError, match="tmin and tmax: leave trials of"):
        _run(lazy, n_nearest=None)
