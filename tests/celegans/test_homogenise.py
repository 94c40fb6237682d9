"""Worms on one list of neurons, one clock and one scale, by the repaired recipe."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import xarray as xr
from hypothesis import given, settings
from hypothesis import strategies as st

import neurokit as nk
from neurokit.celegans import homogenise, neurons
from neurokit.errors import LabelError, NeurokitWarning, OptionError, SchemaError, TimeError
from neurokit.schema import activity, as_history, recording
from neurokit.testing import assert_same

NAMES = neurons()["name"].tolist()


def _worm(
    labels: Sequence[str], traces: Any = None, *, rate: float | None = 2.0, **how: Any
) -> xr.DataTree:
    """A recording of these traces; default is noise over 60 s."""
    if traces is None:
        traces = np.random.default_rng(0).normal(size=(120, len(labels)))
    group = activity(np.asarray(traces), names=labels, rate=rate, **how)
    return recording({"activity": group}, modality="calcium", species="Caenorhabditis elegans")


def _codes(rec: xr.DataTree) -> list[str]:
    return nk.validate(rec).codes


def test_neurons_come_in_canonical_order_and_what_was_not_recorded_is_nan() -> None:
    out = homogenise({"a": _worm(["VB2", "AVAL", "VB10"])})["a"].activity
    assert out.neuron.values.tolist() == NAMES
    assert out.neuron.values[out.recorded.values].tolist() == ["AVAL", "VB2", "VB10"]
    there = out.signal.notnull()
    np.testing.assert_array_equal(there.any("time"), out.recorded)
    np.testing.assert_array_equal(there, out.observed)
    assert there.all("time").sum() == 3


def test_only_what_is_recorded_counts_as_identified() -> None:
    out = homogenise({"a": _worm(["AVAL", "AVA?"])})["a"].activity
    assert out.identified.values.sum() == 1
    assert out.neuron_class.sel(neuron="AVAR").item() == "AVA"
    assert out.neuron_type.sel(neuron="AVAR").item() == "interneuron"


def test_labels_of_files_are_kept_beside_the_names() -> None:
    out = homogenise({"a": _worm(["VB01", "AVAL"])})["a"].activity
    assert out.label.sel(neuron="VB1").item() == "VB01"
    assert out.identity_confidence.sel(neuron="VB1").item() == "zero-stripped"
    assert out.label.sel(neuron="VB2").item() == ""


def test_traces_stay_with_their_neurons() -> None:
    ramp = np.arange(120)[:, None] * np.array([1.0, -2.0, 3.0])
    out = homogenise({"a": _worm(["VB2", "AVAL", "ADAL"], ramp)}, rate=2.0, scale=None)["a"]
    signal = out.activity.signal
    for column, name in enumerate(["VB2", "AVAL", "ADAL"]):
        np.testing.assert_allclose(signal.sel(neuron=name), ramp[:, column], atol=1e-4)


def test_time_is_the_common_clock_from_zero() -> None:
    irregular = np.sort(np.random.default_rng(1).uniform(0, 60, 150))
    irregular -= irregular[0]
    worms = {
        "slow": _worm(["AVAL"], np.ones((90, 1)), rate=1.5),
        "fast": _worm(["AVAL"], np.ones((600, 1)), rate=10.0),
        "jittered": _worm(["AVAL"], np.ones((150, 1)), rate=None, time=irregular),
    }
    for rec in homogenise(worms, scale=None).values():
        time = rec.activity.time.values
        np.testing.assert_array_equal(time, np.arange(time.size) / 3.0)
        assert rec.activity.attrs["sampling_rate"] == 3.0
        np.testing.assert_allclose(rec.activity.signal.sel(neuron="AVAL"), 1.0, rtol=1e-6)


def test_recordings_keep_the_contract_and_survive_the_stores(tmp_path: Path) -> None:
    rec = homogenise(
        {"a": _worm(["AVAL", "AVA?", "VB01"])},
        derivative=1.0,
        keep_unidentified=True,
        keep_original=True,
    )["a"]
    assert nk.validate(rec).ok
    for suffix in ("nc", "zarr"):
        nk.save(rec, tmp_path / f"worm.{suffix}")
        assert_same(rec, nk.open(tmp_path / f"worm.{suffix}"))


def test_a_label_that_is_not_certain_takes_no_place_and_is_said() -> None:
    rec = homogenise({"a": _worm(["AVA?", "AVAL", "glia"])})["a"]
    assert rec.activity.sizes["neuron"] == 302
    assert "NK816" in _codes(rec)
    assert "AVA?, glia" in rec.attrs["findings"]


def test_unidentified_traces_can_be_kept_behind_the_302() -> None:
    rec = homogenise({"a": _worm(["AVA?", "AVAL", "glia"])}, keep_unidentified=True)["a"]
    out = rec.activity
    assert out.neuron.values[302:].tolist() == ["AVA?", "glia"]
    assert out.candidates.values[302:].tolist() == ["AVAL,AVAR", ""]
    assert not out.identified.values[302:].any()
    assert out.recorded.values[302:].all()
    assert out.neuron_class.values[302:].tolist() == ["", ""]
    assert "NK816" not in _codes(rec)


def test_two_traces_of_one_name_identify_neither() -> None:
    rec = homogenise({"a": _worm(["VB1", "VB01", "AVAL"])}, keep_unidentified=True)["a"]
    assert not rec.activity.recorded.sel(neuron="VB1").item()
    assert rec.activity.neuron.values[302:].tolist() == ["VB1-1", "VB1-2"]


def test_a_recording_that_doubts_a_label_is_heeded() -> None:
    worm = _worm(["AVAL", "AVAR", "AVAR?"], coords={"identified": [True, False, False]})
    out = homogenise({"a": worm}, keep_unidentified=True)["a"].activity
    assert not out.recorded.sel(neuron="AVAR").item()
    assert out.neuron.values[302:].tolist() == ["AVAR??", "AVAR?"]
    assert out.candidates.values[302] == "AVAR"


def test_an_animal_without_a_certain_trace_is_kept_and_said() -> None:
    rec = homogenise({"a": _worm(["unl-0001", "AVA?"])}, keep_unidentified=True)["a"]
    assert not rec.activity.identified.values.any()
    assert rec.activity.label.values[302:].tolist() == ["", "AVA?"]
    assert "NK817" in _codes(rec)


@pytest.mark.parametrize("how", ["zscore", "robust", "causal"])
def test_scaling_is_that_of_the_signal_room(how: str) -> None:
    worm = _worm(["AVAL", "AVAR"])
    out = homogenise({"a": worm}, rate=2.0, scale=how, burn_in=10.0)["a"].activity.signal
    expected = nk.signal.scale(
        nk.signal.resample(worm.activity.signal, 2.0, method="area"), how, burn_in=10.0
    )
    np.testing.assert_array_equal(out.sel(neuron=["AVAL", "AVAR"]), expected)
    assert out.attrs["units"] == "1"


def test_without_scaling_the_unit_stays() -> None:
    out = homogenise({"a": _worm(["AVAL"], units="V")}, scale=None)["a"].activity.signal
    assert out.attrs["units"] == "V"


def test_a_constant_trace_cannot_be_scaled_and_is_said() -> None:
    traces = np.random.default_rng(0).normal(size=(120, 2))
    traces[:, 1] = 4.0
    rec = homogenise({"a": _worm(["AVAL", "AVAR"], traces)})["a"]
    assert rec.activity.signal.sel(neuron="AVAR").isnull().all()
    assert rec.activity.recorded.sel(neuron="AVAR").item()
    assert "NK819" in _codes(rec)
    assert "AVAR" in rec.attrs["findings"]
    kept = homogenise({"a": _worm(["AVAL", "AVAR"], traces)}, scale=None)["a"]
    np.testing.assert_allclose(kept.activity.signal.sel(neuron="AVAR"), 4.0)


def test_what_was_masked_is_not_observed() -> None:
    observed = np.ones((120, 2), dtype=bool)
    observed[40:60, 0] = False
    traces = np.ones((120, 2))
    traces[40:60, 0] = 1e6
    worm = _worm(["AVAL", "AVAR"], traces, observed=observed)
    out = homogenise({"a": worm}, rate=2.0, scale=None)["a"].activity
    gap = slice(41, 59)
    assert out.signal.sel(neuron="AVAL").isel(time=gap).isnull().all()
    assert not out.observed.sel(neuron="AVAL").isel(time=gap).any()
    assert float(out.signal.max()) == 1.0


def test_the_derivative_is_a_group_of_its_own_in_units_per_second() -> None:
    ramp = 3.0 * np.arange(120)[:, None] / 2.0
    rec = homogenise({"a": _worm(["AVAL"], ramp)}, rate=2.0, scale=None, derivative=2.0)["a"]
    slope = rec["auxiliary/derivative"]
    np.testing.assert_allclose(slope.signal.sel(neuron="AVAL"), 3.0, rtol=1e-4)
    assert slope.signal.attrs["units"] == "s-1"
    assert slope.neuron.values.tolist() == NAMES
    assert slope.attrs["sampling_rate"] == 2.0
    np.testing.assert_array_equal(slope.time, rec.activity.time)


def test_the_original_can_stay_on_its_own_clock() -> None:
    worm = _worm(["VB2", "AVAL"], units="V")
    rec = homogenise({"a": worm}, rate=1.0, keep_original=True)["a"]
    original = rec["auxiliary/original"]
    np.testing.assert_array_equal(original.time, worm.activity.time)
    np.testing.assert_array_equal(original.signal.sel(neuron="VB2"), worm.activity.signal[:, 0])
    assert original.signal.attrs["units"] == "V"
    assert original.neuron.values.tolist() == NAMES


def test_other_groups_and_the_input_are_left_as_they_are() -> None:
    worm = _worm(["AVAL", "AVA?"])
    worm["behavior"] = xr.DataTree(nk.schema.series({"velocity": np.arange(120.0)}, rate=2.0))
    before = worm.copy(deep=True)
    rec = homogenise({"a": worm}, derivative=1.0)["a"]
    xr.testing.assert_identical(worm, before)
    xr.testing.assert_identical(rec["behavior"].to_dataset(), worm["behavior"].to_dataset())


def test_positions_and_columns_follow_their_neurons() -> None:
    worm = _worm(
        ["VB2", "AVAL"],
        position=[[2.0, 0, 0], [1.0, 0, 0]],
        coords={"label_confidence": [2.0, 1.0], "quality": [7, 8], "note": ["b", "a"]},
    )
    out = homogenise({"a": worm})["a"].activity
    np.testing.assert_array_equal(out.position.sel(neuron="VB2"), [2.0, 0, 0])
    assert out.position.sel(neuron="AVAR").isnull().all()
    picked = out.sel(neuron=["AVAL", "AVAR"])
    np.testing.assert_array_equal(picked.label_confidence, [1.0, np.nan])
    assert picked.quality.values.tolist() == [8, -1]
    assert picked.note.values.tolist() == ["a", ""]


def test_the_history_says_what_was_done() -> None:
    (step,) = as_history(homogenise({"a": _worm(["AVAL"])}, smooth=1.5)["a"])
    assert step["function"] == "celegans.homogenise"
    assert step["parameters"]["recipe"] == "neurokit"
    assert step["parameters"]["smooth"] == 1.5


def test_an_irregular_clock_is_no_longer_reported() -> None:
    finding = nk.schema.Finding("NK820", "SUGGESTION", "/activity time", "irregular", "Resample.")
    worm = _worm(["AVAL"])
    worm.attrs["findings"] = nk.schema.findings_to_json([finding])
    assert "NK820" in _codes(worm)
    assert "NK820" not in _codes(homogenise({"a": worm})["a"])


def test_lengths_can_be_made_equal() -> None:
    worms = {
        "long": _worm(["AVAL"], np.random.default_rng(0).normal(size=(200, 1))),
        "short": _worm(["AVAR"], np.random.default_rng(1).normal(size=(120, 1))),
    }
    out = homogenise(worms, duration="shortest", derivative=1.0)
    assert {rec.activity.sizes["time"] for rec in out.values()} == {179}
    assert out["long"]["auxiliary/derivative"].sizes["time"] == 179
    timed = homogenise(worms, duration=20.0)
    assert {rec.activity.sizes["time"] for rec in timed.values()} == {60}


def test_the_scale_is_that_of_the_whole_record_also_where_it_is_cut() -> None:
    worm = _worm(["AVAL"], np.random.default_rng(0).normal(size=(200, 1)).cumsum(axis=0))
    whole = homogenise({"a": worm})["a"].activity.signal
    cut = homogenise({"a": worm}, duration=20.0)["a"].activity.signal
    np.testing.assert_array_equal(cut, whole.isel(time=slice(60)))


def test_stacked_worms_align_by_neuron() -> None:
    worms = {"a": _worm(["AVAL", "VB01"]), "b": _worm(["VB1", "AVAR", "AVA?"])}
    out = homogenise(worms)
    stack = nk.stack(out)
    recorded = stack.notnull().all("time").transpose("recording", "neuron")
    for key, names in (("a", ["AVAL", "VB1"]), ("b", ["AVAR", "VB1"])):
        seen = recorded.sel(recording=key)
        assert sorted(seen.neuron.values[seen.values]) == sorted(names)
        np.testing.assert_array_equal(stack.observed.sel(recording=key), seen)
        for name in names:
            single = out[key].activity.signal.sel(neuron=name)
            np.testing.assert_array_equal(stack.sel(recording=key, neuron=name), single)


def test_dask_arrays_stay_lazy_and_give_the_same() -> None:
    worm = _worm(["AVAL", "VB01", "AVA?"])
    lazy = worm.copy()
    lazy["activity"] = xr.DataTree(worm["activity"].to_dataset().chunk({"neuron": 1}))
    out = homogenise({"a": lazy}, smooth=1.0, derivative=1.0)["a"]
    assert out.activity.signal.chunks is not None
    expected = homogenise({"a": worm}, smooth=1.0, derivative=1.0)["a"]
    np.testing.assert_array_equal(out.activity.signal, expected.activity.signal)


def test_nothing_crosses_a_cut() -> None:
    run = np.repeat([0, 1], 60)
    traces = np.where(run == 0, 0.0, 10.0)[:, None]
    out = homogenise({"a": _worm(["AVAL"], traces, run=run)}, scale=None, smooth=2.0)["a"]
    values = out.activity.signal.sel(neuron="AVAL").values
    assert set(np.round(values, 5)) == {0.0, 10.0}
    assert set(out.activity.run.values) == {0, 1}


@pytest.mark.parametrize(
    ("options", "error", "words"),
    [
        ({"recipe": "neurokit2"}, OptionError, "did you mean 'neurokit'"),
        ({"rate": 0.0}, TimeError, "found 0.0 Hz"),
        ({"rate": True}, TimeError, "found True Hz"),
        ({"smooth": "moving"}, OptionError, "simeon2024"),
        ({"smooth": -1.0}, TimeError, "positive number of seconds"),
        ({"scale": "z-score"}, OptionError, "did you mean 'zscore'"),
        ({"duration": "longest"}, OptionError, "shortest"),
        ({"duration": 1e4}, TimeError, "worm: has 179 samples, 30000 are asked for"),
        ({"scale": "causal", "burn_in": 1e4}, TimeError, "worm: burn_in"),
        ({"recipe": "simeon2024", "smooth": 2.0}, OptionError, "smooth: unknown option 2.0"),
        ({"recipe": "simeon2024", "scale": "robust"}, OptionError, "unknown option 'robust'"),
        ({"recipe": "simeon2024", "derivative": 1.0}, OptionError, "no such choice"),
        ({"recipe": "simeon2024", "keep_unidentified": True}, OptionError, "no such choice"),
    ],
)
def test_options_that_cannot_be_are_refused(
    options: dict[str, Any], error: type[Exception], words: str
) -> None:
    with pytest.raises(error, match=words):
        homogenise({"worm": _worm(["AVAL"])}, **options)


def test_a_single_recording_or_a_list_is_refused_with_the_form_to_give() -> None:
    worm = _worm(["AVAL"])
    for given_ in (worm, [worm]):
        with pytest.raises(OptionError, match=r"\{'worm1': rec\}"):
            homogenise(given_)  # type: ignore[arg-type]


def test_what_is_no_trace_of_neurons_names_the_animal() -> None:
    spikes = nk.schema.spikes({"AVAL": [0.1, 0.2]})
    with pytest.raises(SchemaError, match="b: there is no /activity"):
        homogenise({"b": recording({"spikes": spikes}, modality="spikes")})
    group = activity(
        np.ones((9, 1)), names=["Cz"], space="channel", rate=1.0, coords={"channel_type": ["EEG"]}
    )
    with pytest.raises(SchemaError, match="b: signal has dims"):
        homogenise({"b": recording({"activity": group}, modality="eeg")})


def test_no_recordings_give_none() -> None:
    assert homogenise({}) == {}
    assert homogenise({}, duration="shortest") == {}


def test_real_worms_of_two_files_land_on_one_axis(shared_data: Path) -> None:
    folder = shared_data / "celegans_calcium"
    worms = {
        "dag": nk.open(folder / "dag2023_2022-07-27-31-data.h5"),
        "atanas": nk.open(folder / "atanas2023_2022-08-02-01_time_trace.json"),
    }
    out = homogenise(worms, smooth=0.5, duration="shortest")
    for key, rec in out.items():
        assert nk.validate(rec).ok
        known = worms[key].activity
        certain = set(known.neuron.values[known.identified.values])
        assert set(rec.activity.neuron.values[rec.activity.recorded.values]) == certain
        scaled = rec.activity.signal.sel(neuron=sorted(certain))
        assert scaled.notnull().all()
    shared = nk.stack(out).dropna("neuron").neuron.size
    assert shared == len(
        set.intersection(
            *(set(r.activity.neuron.values[r.activity.recorded.values]) for r in out.values())
        )
    )
    assert shared > 50


def test_worms_of_the_published_recipe_are_marked() -> None:
    worm = _worm(["AVAL"], np.random.default_rng(0).normal(size=(700, 1)))
    out = homogenise({"a": worm}, "simeon2024", random_state=0)["a"]
    assert nk.validate(out).ok
    assert "NK818" in _codes(out)
    assert "nearest_label" in out.attrs["quirks"]
    assert out.activity.neuron.values.tolist() == neurons("simeon2024")["name"].tolist()
    assert out["auxiliary/derivative"].signal.attrs["units"] == "s-1"
    seed = as_history(out)[-1]["seed"]
    assert seed == 0


def test_worms_of_the_published_recipe_survive_the_stores(tmp_path: Path) -> None:
    worm = _worm(["AVAL", "7"], np.random.default_rng(0).normal(size=(700, 2)))
    rec = homogenise({"a": worm}, "simeon2024", random_state=0, keep_original=True)["a"]
    nk.save(rec, tmp_path / "worm.nc")
    assert_same(rec, nk.open(tmp_path / "worm.nc"))
    np.testing.assert_array_equal(
        rec["auxiliary/original"].signal.sel(neuron="AVAL"), worm.activity.signal[:, 0]
    )


@given(
    st.lists(
        st.sampled_from([*NAMES, "VB01", "AVA?", "glia", "unl-0003", "RMF?-1"]),
        min_size=1,
        max_size=12,
        unique=True,
    ),
    st.integers(0, 2**32 - 1),
)
@settings(max_examples=20)
def test_any_worm_keeps_all_traces_once_and_none_under_a_wrong_name(
    labels: list[str], seed: int
) -> None:
    traces = np.random.default_rng(seed).normal(size=(30, len(labels)))
    rec = homogenise({"a": _worm(labels, traces)}, rate=2.0, scale=None, keep_unidentified=True)
    out = rec["a"].activity
    assert out.recorded.values.sum() == len(labels)
    kept = {tuple(column) for column in out.signal.values[:, out.recorded.values].T}
    assert kept == {tuple(column) for column in traces.astype(np.float32).T}
    for name, label in zip(out.neuron.values[:302], out.label.values[:302], strict=True):
        assert label in ("", name, name[:2] + "0" + name[2:])


def test_a_worm_left_out_as_published_is_said() -> None:
    with pytest.warns(NeurokitWarning, match=r"left out: short \(120 frames, fewer than 600\)"):
        assert homogenise({"short": _worm(["AVAL"])}, "simeon2024") == {}


def test_stacking_worms_without_a_certain_neuron_says_so() -> None:
    out = homogenise({"a": _worm(["AVA?"]), "b": _worm(["glia"])})
    with pytest.raises(LabelError, match="no label is identified"):
        nk.stack(out)
