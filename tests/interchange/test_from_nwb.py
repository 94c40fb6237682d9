"""pynwb objects against the same content read by path: two ways in, one recording out."""

from __future__ import annotations

import sys
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import xarray as xr
from pynwb import NWBHDF5IO, H5DataIO, NWBFile, TimeSeries

import neurokit as nk
from neurokit.errors import OptionError, TimeError
from neurokit.interchange import from_nwb
from neurokit.interchange.nwb_arrays import Dataset
from neurokit.interchange.nwb_objects import object_content, raw_of
from neurokit.testing import differences

# The files are written where the loader's own tests write theirs.
sys.path.insert(0, str(Path(__file__).parents[1] / "loaders"))
import nwb_writer as writer

F = np.random.default_rng(0).normal(size=(200, 5)).astype(np.float32)
RAW = np.random.default_rng(1).integers(-3000, 3000, (400, 6)).astype(np.int16)
# What a path says of itself, and an object cannot.
OF_THE_PATH = ("'nwb_version'", "'loader'", "'loader_version'", "'source'")

KINDS: dict[str, tuple[Callable[[NWBFile], Any], ...]] = {
    "imaging": (lambda f: writer.add_imaging(f, F), writer.add_trials, writer.add_behavior),
    "pixels": (lambda f: writer.add_imaging(f, F, masks="pixel"),),
    "probe": (lambda f: writer.add_lfp(f, RAW, channel_conversion=np.arange(1.0, 7.0)),),
    "units": (writer.add_units, writer.add_trials),
}


def _but_for_the_path(found: list[str]) -> list[str]:
    return [line for line in found if not any(word in line for word in OF_THE_PATH)]


def _plainly(rec: xr.DataTree, name: str) -> xr.DataTree:
    """Let findings name the file alike."""
    rec = rec.copy()
    rec.attrs["findings"] = str(rec.attrs.get("findings", "")).replace(name, "made-up")
    return rec


@pytest.mark.parametrize("kind", ["imaging", "probe", "units"])
def test_an_object_in_memory_is_what_its_file_is(kind: str, tmp_path: Path) -> None:
    path = writer.build(tmp_path / f"{kind}.nwb", *KINDS[kind])
    by_path = _plainly(nk.open(path, "nwb"), path.name)
    file = writer.empty()
    for part in KINDS[kind]:
        part(file)
    assert _but_for_the_path(differences(_plainly(from_nwb(file), "made-up"), by_path)) == []


@pytest.mark.parametrize("kind", ["pixels", "units"])
def test_an_object_from_a_file_outlives_the_file(kind: str, tmp_path: Path) -> None:
    """pynwb's issue 1711, pynapple's 94: arrays that die with the handle."""
    path = writer.build(tmp_path / f"{kind}.nwb", *KINDS[kind])
    with NWBHDF5IO(str(path), "r") as io:
        rec = from_nwb(io.read())
    assert _but_for_the_path(differences(rec, nk.open(path, "nwb"))) == []


@pytest.mark.parametrize(
    "name",
    [
        pytest.param(
            "celegans_calcium/ScholzEtAl2018.AML175_moving.BrainScanner20180223_141721.nwb",
            marks=pytest.mark.slow,
        ),
        "spikes_behaviour/A8604-211122.nwb",
        "spikes_behaviour/LantyerEtAl2018_171220_NC_156_ST100_C.nwb",
    ],
)
def test_real_files_are_the_same_by_object_and_by_path(shared_data: Path, name: str) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        with NWBHDF5IO(str(shared_data / name), "r") as io:
            rec = from_nwb(io.read())
    assert _but_for_the_path(differences(rec, nk.open(shared_data / name))) == []


def test_options_mean_what_they_mean_by_path(tmp_path: Path) -> None:
    file = writer.empty()
    writer.add_imaging(file, F)
    rec = from_nwb(file, series="F", rate=20.0)
    np.testing.assert_array_equal(rec.activity.signal, F)
    assert rec.activity.attrs["sampling_rate"] == 20.0


def test_what_is_no_nwbfile_is_refused() -> None:
    with pytest.raises(OptionError, match=r"got a str.*nk\.open"):
        from_nwb("a.nwb")


def test_a_series_without_a_clock_is_refused() -> None:
    file = writer.empty()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        file.add_acquisition(TimeSeries(name="x", data=F, unit="n/a", rate=0.0))
    with pytest.raises(TimeError, match="the rate is 0 Hz"):
        from_nwb(file, series="x")


def test_streams_are_refused_and_wrapped_arrays_are_not() -> None:
    from hdmf.data_utils import DataChunkIterator

    file = writer.empty()
    wrapped = H5DataIO(data=F, compression="gzip")
    file.add_acquisition(TimeSeries(name="x", data=wrapped, unit="n/a", rate=5.0))
    np.testing.assert_array_equal(from_nwb(file, series="x").activity.signal, F)
    stream = DataChunkIterator(data=iter(F), buffer_size=10)
    file.add_acquisition(TimeSeries(name="y", data=stream, unit="n/a", rate=5.0))
    with pytest.raises(OptionError, match="acquisition/y: is a stream"):
        from_nwb(file)


def test_arrays_of_a_file_are_taken_down_by_path_and_name(tmp_path: Path) -> None:
    path = writer.build(tmp_path / "u.nwb", *KINDS["units"])
    with NWBHDF5IO(str(path), "r") as io:
        content = object_content(io.read())
    times = content.tables["units"].columns["spike_times"].values
    assert isinstance(times, Dataset)
    assert (times.path, times.name) == (path, "units/spike_times")


def test_lists_and_arrays_of_memory_are_arrays() -> None:
    np.testing.assert_array_equal(raw_of([1, 2], "x"), [1, 2])
    assert raw_of(F, "x") is F
