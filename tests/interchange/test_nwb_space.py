"""Columns of series as neurons and channels, on contents made by hand: no files."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest

from neurokit.errors import FileContentError
from neurokit.interchange.nwb_build import Statements, build_recording
from neurokit.interchange.nwb_content import Column, Content, Series, Table, ancestry
from neurokit.interchange.nwb_space import unit_of

ROIS = "processing/ophys/ImageSegmentation/rois"
ELECTRODES = "general/extracellular_ephys/electrodes"
F = np.arange(60, dtype=np.float32).reshape(20, 3)


def _content(kind: str, table: Table | None = None, **more: Any) -> Content:
    content = Content("a.nwb")
    options: dict[str, Any] = {"unit": "n.a.", "rate": 10.0, "start": 0.0}
    if table is not None:
        content.tables[table.path] = table
        options |= {"table": table.path, "rows": np.arange(3)}
    series = Series("acquisition/x", ancestry(kind, {}), F, **(options | more))
    content.series[series.path] = series
    return content


def _table(path: str, kind: str, facts: Any = None, **columns: Any) -> Table:
    made = {name: Column(np.asarray(values)) for name, values in columns.items()}
    return Table(path, ancestry(kind, {}), np.arange(3), made, facts or {})


def _built(kind: str, table: Table | None = None, said: Any = None, **more: Any) -> Any:
    return build_recording(_content(kind, table, **more), said or Statements())


def _codes(rec: Any) -> set[str]:
    return {f["code"] for f in json.loads(rec.attrs.get("findings", "[]"))}


@pytest.mark.parametrize(
    ("stored", "unit"),
    [
        ("volts", "V"), ("Volts", "V"), ("amperes", "A"), ("meters", "m"), ("microns", "um"),
        ("a.u.", "1"), ("n.a.", "1"), ("", "1"), ("none", "1"), ("seconds", "s"), ("cm/s", "cm/s"),
    ],
)  # fmt: skip
def test_units_are_written_as_udunits_knows_them(stored: str, unit: str) -> None:
    assert unit_of(stored) == unit


def _mask(n: int = 3) -> np.ndarray[Any, Any]:
    image = np.zeros((n, 4, 4))
    for i in range(n):
        image[i, i, 2] = 1.0
    return image


def test_without_a_spacing_positions_are_in_pixels() -> None:
    rec = _built("RoiResponseSeries", _table(ROIS, "PlaneSegmentation", image_mask=_mask()))
    assert rec.activity.position.attrs["units"] == "pixel"
    np.testing.assert_array_equal(rec.activity.position, [[0, 2, 0], [1, 2, 0], [2, 2, 0]])


@pytest.mark.parametrize(
    "spacing", ['"wrong"', "[1.0]", "[1.0, NaN]", "[1, 2, 3, 4]", "not json at all"]
)
def test_a_spacing_that_is_none_leaves_pixels(spacing: str) -> None:
    facts = {"grid_spacing": spacing, "grid_spacing_unit": "meters"}
    table = _table(ROIS, "PlaneSegmentation", facts, image_mask=_mask())
    assert _built("RoiResponseSeries", table).activity.position.attrs["units"] == "pixel"


def test_a_mask_of_one_pixel_stands_for_unknown() -> None:
    table = _table(ROIS, "PlaneSegmentation", image_mask=np.zeros((3, 1, 1)))
    assert "position" not in _built("RoiResponseSeries", table).activity


def test_neurons_are_named_by_a_column_of_labels() -> None:
    table = _table(ROIS, "PlaneSegmentation", label=["AVAL", "AVAR", "RIML"])
    rec = _built("RoiResponseSeries", table)
    assert rec.activity.neuron.values.tolist() == ["AVAL", "AVAR", "RIML"]
    np.testing.assert_array_equal(rec.activity.roi_id, [0, 1, 2])


def test_regions_without_a_table_are_numbered() -> None:
    assert _built("RoiResponseSeries").activity.neuron.values.tolist() == ["0", "1", "2"]


def test_rows_in_another_order_name_other_columns() -> None:
    table = _table(ROIS, "PlaneSegmentation", label=["a", "b", "c"], depth=[1.0, 2.0, 3.0])
    rec = _built("RoiResponseSeries", table, rows=np.array([2, 0, 1]))
    assert rec.activity.neuron.values.tolist() == ["c", "a", "b"]
    np.testing.assert_array_equal(rec.activity["depth"], [3.0, 1.0, 2.0])
    np.testing.assert_array_equal(rec.activity.signal.sel(neuron="c"), F[:, 0])


def test_a_negative_row_is_refused() -> None:
    table = _table(ROIS, "PlaneSegmentation", label=["a", "b", "c"])
    with pytest.raises(FileContentError, match="Write the file again"):
        _built("RoiResponseSeries", table, rows=np.array([0, 1, -1]))


def _electrodes(**more: Any) -> Table:
    return _table(ELECTRODES, "DynamicTable", **more)


def test_types_of_channels_stand_where_neurokit_writes_them() -> None:
    rec = _built("ElectricalSeries", _electrodes(channel_type=["EEG", "EOG", "EEG"]), unit="volts")
    assert rec.activity.channel_type.values.tolist() == ["EEG", "EOG", "EEG"]
    assert rec.attrs["modality"] == "eeg"
    assert "NK893" not in _codes(rec)


def test_a_column_of_other_types_is_no_column_of_types() -> None:
    rec = _built("ElectricalSeries", _electrodes(channel_type=["lfp", "lfp", "ap"]), unit="volts")
    assert set(rec.activity.channel_type.values) == {"SEEG"}
    assert "NK893" in _codes(rec)


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("ECoG grid", "ECOG"), ("sEEG lead", "SEEG"), ("scalp EEG cap", "EEG"),
        ("subdural strip", "ECOG"), ("deep brain stimulator", "DBS"), ("Neuropixels 2.0", "SEEG"),
    ],
)  # fmt: skip
def test_types_are_read_off_what_is_said_of_the_probe(text: str, kind: str) -> None:
    content = _content("ElectricalSeries", _electrodes(group_name=["g"] * 3), unit="volts")
    content.probes["g"] = text
    rec = build_recording(content, Statements())
    assert set(rec.activity.channel_type.values) == {kind}
    assert "NK893" in _codes(rec)


def test_without_a_table_channels_are_numbered_and_in_volts() -> None:
    rec = _built("ElectricalSeries", unit="volts")
    assert rec.activity.channel.values.tolist() == ["0", "1", "2"]
    assert rec.activity.unit.values.tolist() == ["V"] * 3


def test_electrodes_can_be_said_to_be_neurons() -> None:
    rec = _built("ElectricalSeries", _electrodes(label=["a", "b", "c"]), Statements(space="neuron"))
    assert rec.activity.signal.dims == ("time", "neuron")
    assert rec.activity.neuron.values.tolist() == ["a", "b", "c"]


def test_a_place_with_a_hole_keeps_it() -> None:
    table = _electrodes(x=[0.0, 100.0, np.nan], y=[0.0, 0.0, np.nan], z=[5.0, 5.0, np.nan])
    place = _built("ElectricalSeries", table, unit="volts").activity.position
    np.testing.assert_array_equal(place, [[0, 0, 5], [100, 0, 5], [np.nan] * 3])
    assert place.attrs["units"] == "um"


def test_bad_channels_are_read_off_flags_and_not_off_words() -> None:
    flags = _built("ElectricalSeries", _electrodes(bad_electrode=[0, 1, 0]), unit="volts")
    np.testing.assert_array_equal(flags.activity.bad, [False, True, False])
    words = _built("ElectricalSeries", _electrodes(bad=["no", "yes", "no"]), unit="volts")
    assert not words.activity.bad.any()
