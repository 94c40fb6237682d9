"""A place for every neuron: what fills it, what stays empty, and what is kept behind."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import xarray as xr

from neurokit.celegans.neurons import rows
from neurokit.celegans.slots import identified_traces, in_canonical_order, left_out, noticed, placed
from neurokit.schema import Finding, activity, findings_from_json, findings_to_json, recording

NAMES = [neuron.name for neuron in rows()]


def _group(labels: list[str], **columns: Any) -> xr.Dataset:
    traces = np.arange(len(labels), dtype=float) * np.ones((4, 1))
    return activity(traces, names=labels, rate=2.0, coords=columns)


def test_traces_are_named_as_in_the_literature_and_keep_their_label() -> None:
    group = identified_traces(_group(["VB01", "AVA?", "unl-0003"]))
    assert group["neuron"].values.tolist() == ["VB1", "AVA?", "unl-0003"]
    assert group["identified"].values.tolist() == [True, False, False]
    assert group["label"].values.tolist() == ["VB01", "AVA?", ""]
    assert group["candidates"].values.tolist() == ["", "AVAL,AVAR", ""]


def test_what_a_loader_said_of_labels_stands() -> None:
    columns = {"label": ["AVAL"], "candidates": ["AVAL"], "identity_confidence": ["unknown"]}
    group = identified_traces(_group(["AVAL?"], identified=[False], **columns))
    for name, (value,) in columns.items():
        assert group[name].values.tolist() == [value]


def test_a_doubted_trace_gets_a_mark_that_is_free() -> None:
    group = identified_traces(_group(["AVAL", "AVAL?"], identified=[False, False]))
    assert group["neuron"].values.tolist() == ["AVAL??", "AVAL?"]
    assert group["identity_confidence"].values.tolist() == ["unknown", "unknown"]
    assert group["candidates"].values.tolist() == ["AVAL", "AVAL"]


@pytest.mark.parametrize("keep", [False, True])
def test_the_order_is_that_of_the_table(keep: bool) -> None:
    group = in_canonical_order(identified_traces(_group(["glia", "VB2", "AVAL"])), keep)
    assert group["neuron"].values.tolist() == NAMES + (["glia"] if keep else [])
    assert group["signal"].sel(neuron="VB2").values.tolist() == [1.0] * 4
    assert group["signal"].dims == ("time", "neuron")
    assert group["signal"].dtype == np.float32
    assert group["recorded"].values.sum() == 2 + keep
    types = dict(zip(NAMES, (neuron.neuron_type for neuron in rows()), strict=True))
    assert dict(zip(NAMES, group["neuron_type"].values.tolist(), strict=False)) == types


def test_classes_of_what_is_not_identified_are_kept() -> None:
    table = _group(["AVA?"], identified=[False], neuron_class=["AVA"], neuron_type=["interneuron"])
    group = in_canonical_order(identified_traces(table), keep_unidentified=True)
    assert group["neuron_class"].sel(neuron="AVA?").item() == "AVA"


def test_what_is_not_there_has_the_empty_value_of_its_kind() -> None:
    group = _group(["b"], text=["x"], flag=[True], count=[3], score=[0.5])
    out = placed(group, ["a", "b"])
    for name, values in {"text": ["", "x"], "flag": [False, True], "count": [-1, 3]}.items():
        assert out[name].values.tolist() == values
        assert out[name].dtype.kind == group[name].dtype.kind
    np.testing.assert_array_equal(out["score"], [np.nan, 0.5])
    assert np.isnan(out["signal"].values[:, 0]).all()


def test_findings_are_added_and_those_on_the_old_clock_go() -> None:
    old = [
        Finding("NK820", "SUGGESTION", "/activity time", "irregular", "Resample."),
        Finding("NK820", "SUGGESTION", "/behavior time", "irregular", "Resample."),
        Finding("NK810", "SUGGESTION", "/activity neuron", "doubt", "Look."),
    ]
    rec = recording({"activity": _group(["AVAL"])}, modality="calcium", findings=old)
    new = Finding("NK816", "SUGGESTION", "/activity neuron", "left out", "Keep.")
    after = findings_from_json(noticed(rec, [new]).attrs["findings"])
    assert after == [old[1], old[2], new]
    assert rec.attrs["findings"] == findings_to_json(old)
    plain = recording({"activity": _group(["AVAL"])}, modality="calcium")
    assert "findings" not in noticed(plain, []).attrs


@pytest.mark.parametrize(
    ("labels", "keep", "codes"),
    [
        (["AVAL"], False, []),
        (["AVAL", "glia"], False, ["NK816"]),
        (["AVAL", "glia"], True, []),
        (["glia"], False, ["NK817"]),
        (["glia"], True, ["NK817"]),
    ],
)
def test_what_takes_no_place_is_said_once(labels: list[str], keep: bool, codes: list[str]) -> None:
    found = left_out(identified_traces(_group(labels)), keep)
    assert [finding.code for finding in found] == codes


def test_long_lists_of_traces_are_cut_with_a_count() -> None:
    labels = ["AVAL", *(f"unl-{k:04d}" for k in range(2, 22))]
    (finding,) = left_out(identified_traces(_group(labels)), False)
    assert finding.found.startswith("20 traces")
    assert finding.found.endswith("and 8 more")
