"""Recordings of the published recipe: who is where, on which clock, and who is left out."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest
import xarray as xr

from neurokit.celegans.published import published_recording
from neurokit.celegans.simeon import QUIRKS, published_animal
from neurokit.schema import activity, recording

OPTIONS = {"rate": 3.0, "smooth": None, "scale": "zscore", "keep_original": True}
FRAMES = 610


def _made(
    labels: list[str], rec_attrs: dict[str, Any] | None = None, **options: Any
) -> xr.DataTree | str:
    traces = np.random.default_rng(0).normal(size=(FRAMES, len(labels))).cumsum(axis=0)
    group = activity(
        traces,
        names=[f"trace{k}" for k in range(len(labels))],
        rate=2.0,
        time_origin="first frame",
        time_offset=100.0,
        units="V",
        coords={"label": labels},
    )
    rec = recording({"activity": group}, modality="calcium", **(rec_attrs or {}))
    rng = np.random.default_rng(1)
    return published_recording(rec, group, {**OPTIONS, **options}, rng)


def _tree(*args: Any, **options: Any) -> xr.DataTree:
    made = _made(*args, **options)
    assert isinstance(made, xr.DataTree)
    return made


def test_labels_of_the_file_stand_beside_the_names_they_were_given() -> None:
    out = _tree(["AVA?", "AVAL", ""]).activity
    label = dict(zip(out.neuron.values.tolist(), out.label.values.tolist(), strict=True))
    assert (label["AVAL"], label["ADAL"]) == ("AVA?", "AVAL")
    assert out.identified.values.sum() == 2
    assert out.recorded.values.sum() == 3


def test_values_are_those_of_the_arrays_in_their_slots() -> None:
    rec = _tree(["AVAL", "VB01"])
    original = rec["auxiliary/original"].signal.sel(neuron=["AVAL", "VA12"]).values
    made = published_animal(100.0 + 0.5 * np.arange(FRAMES), original, 0.333, "none", "zscore")
    signal = rec.activity.signal
    np.testing.assert_allclose(signal.sel(neuron=["AVAL", "VA12"]), made.traces, atol=1e-6)
    slopes = rec["auxiliary/derivative"].signal
    np.testing.assert_allclose(slopes.sel(neuron=["AVAL", "VA12"]), made.residual, atol=1e-6)
    np.testing.assert_array_equal(rec.activity.stored_time, made.stored_time)
    np.testing.assert_allclose(rec.activity.time, made.time, atol=1e-9)
    rest = signal.sel(neuron=~signal.recorded)
    assert (rest == 0).all()
    assert not rec.activity.observed.sel(neuron=rest.neuron).any()


def test_units_clock_and_provenance_are_kept() -> None:
    rec = _tree(["AVAL"])
    assert rec.activity.signal.attrs["units"] == "1"
    assert rec["auxiliary/derivative"].signal.attrs["units"] == "V s-1"
    assert rec["auxiliary/original"].signal.attrs["units"] == "V"
    for group in (rec.activity, rec["auxiliary/derivative"], rec["auxiliary/original"]):
        assert group.attrs["time_origin"] == "first frame"
        assert group.attrs["time_offset"] == 100.0
    assert rec.activity.attrs["sampling_rate"] == pytest.approx(1 / 0.333)
    assert json.loads(rec.attrs["quirks"]) == sorted(QUIRKS)


def test_the_interval_is_rounded_to_milliseconds() -> None:
    assert np.diff(_tree(["AVAL"], rate=7.0).activity.time)[0] == pytest.approx(0.143)


@pytest.mark.parametrize(
    ("labels", "attrs", "reason"),
    [
        (["", "12"], {}, "no trace has a name"),
        (["AVAL"], {"loader": "celegans.dag", "subject": "2022-01-01-15"}, "no trace has a name"),
    ],
)
def test_animals_without_a_named_trace_are_left_out(
    labels: list[str], attrs: dict[str, Any], reason: str
) -> None:
    assert _made(labels, attrs) == reason


@pytest.mark.parametrize(
    "attrs",
    [
        {"loader": "celegans.dag", "subject": "2022-01-01-16"},
        {"loader": "celegans.atanas", "subject": "2022-01-01-15"},
    ],
)
def test_other_numbers_and_other_files_keep_their_labels(attrs: dict[str, Any]) -> None:
    assert _tree(["AVAL"], attrs).activity.identified.sel(neuron="AVAL").item()


@pytest.mark.parametrize(("n", "kept"), [(599, False), (600, True)])
def test_six_hundred_frames_are_enough(n: int, kept: bool) -> None:
    group = activity(np.random.default_rng(0).normal(size=(n, 1)), names=["AVAL"], rate=2.0)
    rec = recording({"activity": group}, modality="calcium")
    made = published_recording(rec, group, OPTIONS, np.random.default_rng(0))
    assert isinstance(made, xr.DataTree) == kept


def test_scaling_by_the_past_is_an_option() -> None:
    causal = _tree(["AVAL"], scale="causal").activity.signal.sel(neuron="AVAL")
    whole = _tree(["AVAL"]).activity.signal.sel(neuron="AVAL")
    assert float(causal[0]) == 0.0
    assert float(whole[0]) != 0.0
