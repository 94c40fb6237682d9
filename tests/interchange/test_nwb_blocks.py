"""Which series make one group and in which order, on contents made by hand: no files."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from neurokit.errors import FileContentError, TimeError
from neurokit.interchange.nwb_blocks import blocks_of, choose
from neurokit.interchange.nwb_build import Statements, build_recording
from neurokit.interchange.nwb_clock import clock_of
from neurokit.interchange.nwb_content import Column, Content, Series, Table, ancestry

ELECTRODES = "general/extracellular_ephys/electrodes"


def _series(path: str, kind: str = "TimeSeries", n: int = 20, columns: int = 0, **more: Any) -> Any:
    shape = (n, columns) if columns else (n,)
    values = np.arange(np.prod(shape), dtype=np.float32).reshape(shape)
    options: dict[str, Any] = {"rate": 10.0, "start": 0.0, "data": values, "unit": "n/a"}
    return Series(path, ancestry(kind, {}), **(options | more))


def _content(*series: Series, tables: tuple[Table, ...] = (), **subject: Any) -> Content:
    content = Content("a.nwb", subject=subject)
    content.series = {s.path: s for s in series}
    content.tables = {t.path: t for t in tables}
    return content


def _names(content: Content) -> list[str]:
    return [block.name for block in blocks_of(content)]


def test_df_over_f_comes_before_fluorescence_before_neuropil_whatever_their_names() -> None:
    roi = "RoiResponseSeries"
    content = _content(
        _series("processing/ophys/A_neuropil/x", roi, columns=3),
        _series("processing/ophys/B_Deconvolved/y", roi, columns=3),
        _series("processing/ophys/C_Fluorescence/z", roi, columns=3),
        _series("processing/ophys/DeltaFOverF/w", roi, columns=3),
    )
    assert _names(content) == ["w", "z", "x", "y"]


def test_imaging_comes_before_electrodes_before_patched_cells_before_the_rest() -> None:
    content = _content(
        _series("acquisition/a"),
        _series("acquisition/b", "VoltageClampSeries"),
        _series("acquisition/c", "ElectricalSeries", columns=2),
        _series("processing/ophys/F/d", "RoiResponseSeries", columns=2),
    )
    assert _names(content) == ["d", "c", "b", "a"]


def test_numbered_series_are_in_the_order_of_their_numbers() -> None:
    content = _content(*(_series(f"acquisition/cell_{i}") for i in (10, 9, 2)))
    (block,) = blocks_of(content)
    assert [s.name for s in block.series] == ["cell_2", "cell_9", "cell_10"]


def test_numbered_series_are_no_neurons_beside_what_is() -> None:
    numbered = [_series(f"acquisition/analog_{i}") for i in range(3)]
    content = _content(*numbered, _series("acquisition/raw", "ElectricalSeries", columns=2))
    assert _names(content) == ["raw", "analog_0", "analog_1", "analog_2"]
    units = Table("units", ("Units", "DynamicTable"), np.arange(2), {})
    assert len(blocks_of(_content(*numbered, tables=(units,)))) == 3


def test_names_that_two_series_share_become_paths() -> None:
    kind = "ElectricalSeries"
    content = _content(
        _series("acquisition/es", kind, columns=2),
        _series("processing/ecephys/LFP/es", kind, columns=2),
    )
    assert _names(content) == ["acquisition_es", "processing_ecephys_LFP_es"]


def test_a_pattern_means_paths_and_names() -> None:
    content = _content(_series("acquisition/a"), _series("processing/x/b"))
    assert [s.name for s in choose(content, "/acquisition/a")] == ["a"]
    assert [s.name for s in choose(content, "*")] == ["a", "b"]
    assert choose(content, None) == []


def _place(*places: tuple[float, float, float]) -> Table:
    columns = {
        axis: Column(np.array(v)) for axis, v in zip("xyz", zip(*places, strict=True), strict=True)
    }
    return Table(ELECTRODES, ("DynamicTable",), np.arange(len(places)), columns)


@pytest.mark.parametrize(("species", "doubted"), [("Homo sapiens", True), ("Mus musculus", False)])
def test_positions_of_a_patient_in_millimetres_are_doubted(species: str, doubted: bool) -> None:
    """Forty micrometres between the electrodes of a patient are forty millimetres."""
    table = _place((0.0, 0.0, 0.0), (40.0, 0.0, 0.0))
    more: dict[str, Any] = {"table": ELECTRODES, "rows": np.arange(2)}
    series = _series("acquisition/raw", "ElectricalSeries", columns=2, **more)
    content = _content(series, tables=(table,), species=species)
    rec = build_recording(content, Statements())
    assert ("position_units='mm'" in rec.attrs.get("findings", "")) is doubted
    said = build_recording(content, Statements(position_units="mm"))
    assert said.activity.position.attrs["units"] == "mm"


def test_positions_that_are_all_zero_are_no_positions() -> None:
    table = _place((0.0, 0.0, 0.0), (0.0, 0.0, 0.0))
    more: dict[str, Any] = {"table": ELECTRODES, "rows": np.arange(2)}
    series = _series("acquisition/raw", "ElectricalSeries", columns=2, **more)
    assert (
        "position" not in build_recording(_content(series, tables=(table,)), Statements()).activity
    )


def test_sweeps_with_other_time_stamps_are_no_array() -> None:
    stamps = np.cumsum(np.random.default_rng(0).uniform(0.1, 0.2, 20))
    kind, more = "CurrentClampSeries", {"rate": None, "start": None}
    sweeps = [
        _series("acquisition/s_1", kind, timestamps=stamps, **more),
        _series("acquisition/s_2", kind, timestamps=stamps + 100.0, **more),
    ]
    rec = build_recording(_content(*sweeps), Statements())
    assert rec.activity.signal.shape == (2, 20, 1)
    sweeps[1] = _series("acquisition/s_2", kind, timestamps=stamps * 1.5, **more)
    with pytest.raises(FileContentError, match="s_2 does not have the clock of"):
        build_recording(_content(*sweeps), Statements())


@pytest.mark.parametrize("start", [np.nan, np.inf])
def test_a_start_that_is_no_time_is_refused(start: float) -> None:
    with pytest.raises(TimeError, match="starting_time is"):
        clock_of(_series("acquisition/a", start=start), 20, "a.nwb")


def test_a_few_long_steps_are_gaps_and_slow_drift_is_none() -> None:
    steady = np.arange(100) / 10.0
    cut = steady + np.where(np.arange(100) >= 40, 3.0, 0.0)
    more: dict[str, Any] = {"rate": None, "start": None}
    with_gap = clock_of(_series("a/b", n=100, timestamps=cut, **more), 100, "a.nwb")
    assert with_gap.rate == pytest.approx(10.0)
    np.testing.assert_array_equal(with_gap.run, np.arange(100) >= 40)
    drifting = steady**1.2
    without = clock_of(_series("a/b", n=100, timestamps=drifting, **more), 100, "a.nwb")
    assert without.run is None
    assert without.rate is None


def test_types_extend_each_other_once() -> None:
    assert ancestry("SpikeEventSeries", {})[1:] == ("ElectricalSeries", "TimeSeries")
    assert ancestry("A", {"A": "B", "B": "A"}) == ("A", "B")
    assert ancestry("Mine", {"Mine": "TwoPhotonSeries"})[-1] == "TimeSeries"
