"""Broken forms of real tables and arrays: each says what is wrong, or is mended by what is told."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from mapping_cases import MUSE

import neurokit as nk
from neurokit.errors import FileContentError, OptionError
from neurokit.schema import findings_from_json


def test_the_shared_clock_that_stands_still_is_said(shared_corrupt: Path) -> None:
    path = shared_corrupt / "19_duplicate_timestamps_no_marker.csv"
    options = {key: value for key, value in MUSE.items() if key != "marker"}
    rec = nk.open(path, **options)
    finding = next(f for f in findings_from_json(str(rec.attrs["findings"])) if f.code == "NK823")
    assert finding.severity == "VIOLATION"
    assert "256 time stamps repeat the one before" in finding.found
    assert not nk.validate(rec).ok


def test_the_shared_clock_that_stands_still_is_mended_by_its_rate(shared_corrupt: Path) -> None:
    options = {key: value for key, value in MUSE.items() if key != "marker"}
    rec = nk.open(shared_corrupt / "19_duplicate_timestamps_no_marker.csv", **options, rate=256)
    np.testing.assert_array_equal(rec.activity.time, np.arange(6000) / 256)
    assert nk.validate(rec).ok
    # The clock stood for one second.
    assert "stamps differ by up to 1 s" in str(rec.attrs["findings"])


def test_a_marker_that_is_not_there_is_an_error(shared_corrupt: Path) -> None:
    with pytest.raises(OptionError, match=r"marker='Marker': no such column.*'Right AUX'"):
        nk.open(shared_corrupt / "19_duplicate_timestamps_no_marker.csv", **MUSE)


def test_the_shared_cut_mat_names_where_it_ends(shared_corrupt: Path) -> None:
    with pytest.raises(FileContentError, match=r"16_truncated.mat: variable 1 ends at byte"):
        nk.open(shared_corrupt / "16_truncated.mat")


def test_the_shared_object_array_is_refused(
    shared_corrupt: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(FileContentError, match="pickled Python objects"):
        nk.open(shared_corrupt / "20_object_array.npy", rate=1.0)
    assert "executed" not in capsys.readouterr().out


@pytest.mark.parametrize(
    ("name", "loader", "message"),
    [
        ("12_ragged_rows.csv", "table", "line 41 has 6 fields, line 42 has 1 field; the table"),
        ("13_non_utf8_header.csv", "table", "is not UTF-8: byte 0xE9 in line 1"),
        ("17_truncated.h5", "hdf5", "is not a whole HDF5 file"),
        ("17_truncated.h5", None, "is not a whole HDF5 file"),
        ("10_h5_wrong_groups.h5", "hdf5", r"It holds 2 variables: GCAMP/trace \(800 x 20"),
    ],
)
def test_shared_broken_files_name_what_is_wrong(
    name: str, loader: str | None, message: str, shared_corrupt: Path
) -> None:
    with pytest.raises(nk.errors.NeurokitError, match=message) as caught:
        nk.open(shared_corrupt / name, loader)
    assert name in str(caught.value)
    assert caught.value.mend
