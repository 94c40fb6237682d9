"""NWB files that are cut, lie, lead outside or are of another version: each says so by name."""

from __future__ import annotations

import json
import shutil
import warnings
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import nwb_writer as writer
import pytest
import xarray as xr
from pynwb import NWBFile, TimeSeries

import neurokit as nk
from neurokit.errors import FileContentError, LabelError, NeurokitError, OptionError, TimeError

F = np.random.default_rng(0).normal(size=(200, 5)).astype(np.float32)
RAW = np.random.default_rng(1).integers(-3000, 3000, (400, 6)).astype(np.int16)
DFF = "processing/ophys/DfOverF/dff"


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return writer.build(
        tmp_path_factory.mktemp("nwb") / "whole.nwb",
        lambda f: writer.add_imaging(f, F),
        lambda f: writer.add_lfp(f, RAW),
        writer.add_units,
        writer.add_trials,
        writer.add_behavior,
    )


@pytest.fixture
def broken(whole: Path, tmp_path: Path) -> Path:
    return Path(shutil.copy(whole, tmp_path / "broken.nwb"))


def _open(path: Path, **options: Any) -> xr.DataTree:
    return nk.open(path, "nwb", **options)


def _text(rec: xr.DataTree, code: str) -> str:
    found = json.loads(rec.attrs.get("findings", "[]"))
    return " ".join(f["where"] + f["found"] + f["mend"] for f in found if f["code"] == code)


# -- damage


def test_a_file_without_a_rate_is_refused_until_one_is_said(shared_corrupt: Path) -> None:
    path = shared_corrupt / "09_nwb_without_rate.nwb"
    with pytest.raises(TimeError, match=r"neither a rate nor timestamps.*series=.*rate=\.\.\."):
        nk.open(path)
    with pytest.raises(OptionError, match="no series is of a neural type"):
        nk.open(path, rate=30.0)
    rec = nk.open(path, series="RoiResponse", rate=30.0)
    assert rec.activity.attrs["sampling_rate"] == 30.0
    with h5py.File(path) as handle:
        np.testing.assert_array_equal(rec.activity.signal, handle["acquisition/RoiResponse/data"])


@pytest.mark.parametrize("share", [0.001, 0.1, 0.37, 0.6, 0.9, 0.999])
def test_a_cut_file_never_opens(broken: Path, share: float) -> None:
    content = broken.read_bytes()
    broken.write_bytes(content[: int(len(content) * share)])
    with pytest.raises(FileContentError, match=r"broken\.nwb"):
        nk.open(broken)


def test_damage_anywhere_is_an_error_with_name_and_mend_or_opens(whole: Path, broken: Path) -> None:
    content, rng = whole.read_bytes(), np.random.default_rng(3)
    outcomes = set()
    for _ in range(6):
        changed = bytearray(content)
        start = int(rng.integers(len(changed) - 512))
        changed[start : start + 512] = bytes(512)
        for place in rng.integers(len(changed), size=8):
            changed[place] ^= 1 << int(rng.integers(8))
        broken.write_bytes(changed)
        outcomes.add(_outcome(broken))
    assert outcomes == {"opened", "refused"}


def _outcome(path: Path) -> str:
    try:
        _open(path).load()
    except NeurokitError as error:
        return "refused" if path.name in str(error) and error.mend else f"unclear: {error}"
    return "opened"


def test_a_name_that_stands_twice_names_the_file(broken: Path) -> None:
    with h5py.File(broken, "r+") as handle:
        ids = handle["processing/ophys/ImageSegmentation/rois/id"]
        ids[...] = 0
    with pytest.raises(LabelError, match=r"broken\.nwb: neuron: labels stand more than once"):
        _open(broken)


# -- what is no NWB 2


def test_nwb_1_is_named_and_the_way_out_given(tmp_path: Path) -> None:
    """pynwb's issue 1077: a cryptic error."""
    path = tmp_path / "old.nwb"
    with h5py.File(path, "w") as handle:
        handle["nwb_version"] = b"NWB-1.0.6"
        handle["acquisition/timeseries/x/data"] = F
    with pytest.raises(FileContentError, match=r"NWB 1\.0\.6.*loader='hdf5'"):
        nk.open(path)


def test_hdf5_that_only_claims_the_suffix_is_named(tmp_path: Path) -> None:
    path = tmp_path / "other.nwb"
    with h5py.File(path, "w") as handle:
        handle["x"] = F
    with pytest.raises(FileContentError, match="without an nwb_version"):
        _open(path)
    path.write_text("time,signal\n0,1\n")
    with pytest.raises(FileContentError, match="is text data, not HDF5"):
        _open(path)
    (tmp_path / "z.nwb.zarr").mkdir()
    with pytest.raises(FileContentError, match="NWB in Zarr is not read"):
        _open(tmp_path / "z.nwb.zarr")


def test_links_that_leave_the_file_are_refused(broken: Path, tmp_path: Path) -> None:
    secret = tmp_path / "secret.h5"
    with h5py.File(secret, "w") as handle:
        handle["data"] = F
    with h5py.File(broken, "r+") as handle:
        del handle[DFF]["data"]
        handle[DFF]["data"] = h5py.ExternalLink(str(secret), "/data")
    with pytest.raises(FileContentError, match="leads outside the file"):
        nk.open(broken)


def test_storage_outside_the_file_is_refused(broken: Path, tmp_path: Path) -> None:
    outside = tmp_path / "raw.bin"
    outside.write_bytes(F.tobytes())
    with h5py.File(broken, "r+") as handle:
        node = handle[DFF]
        del node["data"]
        node.create_dataset("data", F.shape, "f4", external=[(str(outside), 0, F.nbytes)])
    with pytest.raises(FileContentError, match="leads outside the file"):
        _open(broken)


# -- clocks that lie


def _clock(path: Path, name: str, stamps: Any) -> None:
    with h5py.File(path, "r+") as handle:
        node = handle[name]
        if "starting_time" in node:
            del node["starting_time"]
        node["timestamps"] = np.asarray(stamps, dtype=np.float64)


@pytest.mark.parametrize(
    ("stamps", "said"),
    [
        (np.arange(190) / 10, "190 timestamps for 200 samples"),
        (np.where(np.arange(200) == 60, np.nan, np.arange(200)), "1 timestamps are NaN"),
        (np.where(np.arange(200) == 60, 3.0, np.arange(200)), "do not increase at index 60"),
        (np.zeros(200), "do not increase at index 1"),
    ],
)
def test_time_stamps_that_are_no_clock_are_refused(broken: Path, stamps: Any, said: str) -> None:
    _clock(broken, DFF, stamps)
    with pytest.raises(TimeError, match=said):
        _open(broken)


@pytest.mark.parametrize("rate", [0.0, -3.0, np.nan, np.inf])
def test_a_rate_that_is_none_is_refused_until_one_is_said(broken: Path, rate: float) -> None:
    with h5py.File(broken, "r+") as handle:
        handle[DFF]["starting_time"].attrs["rate"] = rate
    with pytest.raises(TimeError, match=r"the rate is .* Hz.*rate=\.\.\."):
        _open(broken)
    assert _open(broken, rate=9.0).activity.attrs["sampling_rate"] == 9.0


def test_what_fails_beside_the_main_series_is_left_out_and_said(broken: Path) -> None:
    _clock(broken, "processing/ophys/Fluorescence/F", np.arange(7.0))
    _clock(broken, "processing/behavior/Position/place", np.zeros(50))
    rec = _open(broken)
    assert "F" not in rec["auxiliary"].children
    assert "place" not in rec.behavior
    said = _text(rec, "NK891")
    assert "Fluorescence/F" in said
    assert "7 timestamps for 200 samples" in said
    assert "Position/place" in said
    assert not nk.validate(rec).ok


def test_time_stamps_and_a_rate_that_disagree_are_a_finding(broken: Path) -> None:
    with h5py.File(broken, "r+") as handle:
        handle[DFF]["timestamps"] = 2.0 + np.arange(200) / 12.5
    rec = _open(broken)
    assert rec.activity.attrs["sampling_rate"] == pytest.approx(12.5)
    assert "the file says 10 Hz, its timestamps say otherwise" in _text(rec, "NK896")


# -- tables and conversions that lie


def test_a_table_with_too_few_rows_for_the_data_is_refused(broken: Path) -> None:
    with h5py.File(broken, "r+") as handle:
        node = handle[DFF]
        attrs = dict(node["rois"].attrs)
        del node["rois"]
        node["rois"] = np.arange(4)
        node["rois"].attrs.update(attrs)
    with pytest.raises(FileContentError, match="5 columns of data for 4 rows"):
        _open(broken)


def test_a_row_that_is_not_there_is_refused(broken: Path) -> None:
    with h5py.File(broken, "r+") as handle:
        handle[DFF]["rois"][2] = 77
    with pytest.raises(FileContentError, match="refers to row 77 of .*rois, which has 5"):
        _open(broken)


def test_a_column_of_another_length_than_its_table_is_refused(broken: Path) -> None:
    with h5py.File(broken, "r+") as handle:
        node = handle["processing/ophys/ImageSegmentation/rois"]
        del node["iscell"]
        node["iscell"] = np.arange(3.0)
    with pytest.raises(FileContentError, match="iscell has 3 rows, its table has 5"):
        _open(broken)


@pytest.mark.parametrize("ends", [[40, 30, 47], [40, 40, 99]])
def test_an_index_of_spikes_that_does_not_increase_is_refused(broken: Path, ends: Any) -> None:
    with h5py.File(broken, "r+") as handle:
        handle["units/spike_times_index"][...] = ends
    with pytest.raises(FileContentError, match="does not increase up to the 47 values"):
        _open(broken)


@pytest.mark.parametrize("value", [0.0, np.nan])
def test_a_conversion_that_loses_the_unit_is_refused(broken: Path, value: float) -> None:
    with h5py.File(broken, "r+") as handle:
        handle[DFF]["data"].attrs["conversion"] = value
    with pytest.raises(FileContentError, match="without them the values have no unit"):
        _open(broken)


def test_factors_for_other_channels_than_there_are_are_refused(broken: Path) -> None:
    with h5py.File(broken, "r+") as handle:
        handle["acquisition/raw"]["channel_conversion"] = np.ones(4)
    with pytest.raises(FileContentError, match="4 channel_conversion factors for 6 columns"):
        _open(broken, series="raw")


def test_unsorted_spikes_fail_when_read_and_sort_on_request(broken: Path) -> None:
    with h5py.File(broken, "r+") as handle:
        times = handle["units/spike_times"]
        expected = times[:].copy()
        times[3:5] = times[3:5][::-1]
    rec = _open(broken)
    with pytest.raises(TimeError, match=r"broken\.nwb: units: spike times of row 0"):
        rec.spikes.spike_time.load()
    rec = _open(broken, sort_spikes=True)
    np.testing.assert_allclose(rec.spikes.spike_time + rec.spikes.time_offset, expected)


def test_a_table_of_intervals_without_ends_is_left_out_and_said(broken: Path) -> None:
    with h5py.File(broken, "r+") as handle:
        del handle["intervals/trials/stop_time"]
    rec = _open(broken)
    assert "the table has no stop_time" in _text(rec, "NK891")
    assert "intervals/trials" not in rec.events.table.values


def test_numbered_series_on_different_clocks_are_no_array(tmp_path: Path) -> None:
    def part(file: NWBFile) -> None:
        for i in range(3):
            options: dict[str, Any] = {"unit": "n/a", "rate": 5.0 + (i == 2)}
            file.add_acquisition(TimeSeries(name=f"cell_{i}", data=F[:, i], **options))

    path = writer.build(tmp_path / "c.nwb", part)
    with pytest.raises(FileContentError, match=r"cell_2 does not have the clock of .*cell_0"):
        nk.open(path)
    assert nk.open(path, series="cell_[01]").activity.sizes["neuron"] == 2


# -- extensions


def test_types_of_unknown_extensions_are_read_by_what_they_extend(broken: Path) -> None:
    """pynwb's issues 1415 and 2163: files that no installed schema fits."""
    with h5py.File(broken, "r+") as handle:
        node = handle[DFF]
        node.attrs["neurodata_type"] = "DenoisedSeries"
        node.attrs["namespace"] = "ndx-unheard-of"
        types = {
            "groups": [
                {"neurodata_type_def": "DenoisedSeries", "neurodata_type_inc": "MiddleSeries"},
                {"neurodata_type_def": "MiddleSeries", "neurodata_type_inc": "RoiResponseSeries"},
            ]
        }
        handle["specifications/ndx-unheard-of/0.1.0/ndx"] = json.dumps(types)
    rec = _open(broken)
    assert rec.activity.attrs["nwb_path"] == DFF
    assert rec.activity.attrs["nwb_type"] == "DenoisedSeries"
    np.testing.assert_array_equal(rec.activity.signal, (F * 0.1).astype(np.float32))


def test_types_that_nothing_explains_are_read_by_their_structure(broken: Path) -> None:
    with h5py.File(broken, "r+") as handle:
        node = handle["acquisition/raw"]
        node.attrs["neurodata_type"] = "Mystery"
    rec = _open(broken)
    assert "raw" in rec["auxiliary"].children
    assert rec["auxiliary/raw"].attrs["nwb_type"] == "Mystery"


def test_a_schema_that_extends_itself_ends(broken: Path) -> None:
    with h5py.File(broken, "r+") as handle:
        handle[DFF].attrs["neurodata_type"] = "Loop"
        types = {
            "groups": [
                {"neurodata_type_def": "Loop", "neurodata_type_inc": "Loop2"},
                {"neurodata_type_def": "Loop2", "neurodata_type_inc": "Loop"},
            ]
        }
        handle["specifications/ndx-loop/0.1.0/ndx"] = json.dumps(types)
    assert _open(broken).activity.attrs["nwb_path"].endswith("Fluorescence/F")


def test_images_and_waveforms_are_said_to_be_left(tmp_path: Path) -> None:
    from pynwb.image import ImageSeries

    def part(file: NWBFile) -> None:
        writer.add_units(file)
        options: dict[str, Any] = {"unit": "n/a", "rate": 5.0, "description": "film"}
        file.add_acquisition(ImageSeries(name="film", data=np.zeros((4, 3, 3)), **options))

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        rec = nk.open(writer.build(tmp_path / "i.nwb", part))
    assert "acquisition/film (ImageSeries (4, 3, 3))" in _text(rec, "NK830")


def test_a_file_with_nothing_to_read_says_so(tmp_path: Path) -> None:
    with pytest.raises(OptionError, match=r"e\.nwb.*nothing that can be read"):
        nk.open(writer.build(tmp_path / "e.nwb"))
