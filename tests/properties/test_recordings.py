"""What must hold of every recording: it validates, and both stores give it back identical."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import xarray as xr
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import neurokit as nk
from neurokit.schema import CHANNEL_TYPES, MODALITIES
from neurokit.schema.names import ROOT_ATTRS
from neurokit.testing import assert_same, broken_recordings, recordings

# Examples make files and groups, which takes longer than hypothesis finds healthy.
calm = settings(
    derandomize=True,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
quick = settings(calm, max_examples=6)
thorough = settings(calm, max_examples=500)


@contextmanager
def folder() -> Iterator[Path]:
    """A folder per example: pytest's tmp_path is shared by all examples of a test."""
    path = Path(tempfile.mkdtemp())
    try:
        yield path
    finally:
        shutil.rmtree(path)


def must_keep_the_contract(rec: xr.DataTree) -> None:
    findings = nk.validate(rec, deep=True)
    assert findings.ok, findings


def must_round_trip(rec: xr.DataTree, suffix: str) -> None:
    with folder() as place:
        path = nk.save(rec, place / f"recording{suffix}")
        opened = nk.open(path)
        assert_same(rec, opened)
        opened.close()


def must_be_flagged(broken: tuple[xr.DataTree, str]) -> None:
    rec, code = broken
    assert code in nk.validate(rec, deep=True).codes


@settings(calm, max_examples=30)
@given(recordings())
def test_a_random_recording_has_no_critical_finding_and_no_violation(rec: xr.DataTree) -> None:
    must_keep_the_contract(rec)


@pytest.mark.parametrize("suffix", [".nc", ".zarr"])
@quick
@given(rec=recordings())
def test_save_and_open_give_back_the_same(suffix: str, rec: xr.DataTree) -> None:
    must_round_trip(rec, suffix)


@settings(calm, max_examples=40)
@given(broken_recordings())
def test_a_broken_recording_is_flagged_with_its_code(broken: tuple[xr.DataTree, str]) -> None:
    must_be_flagged(broken)


@quick
@given(rec=recordings(["calcium", "eeg"]))
def test_a_copy_is_the_same_and_validation_changes_nothing(rec: xr.DataTree) -> None:
    before = rec.copy(deep=True)
    nk.validate(rec, deep=True)
    assert_same(before, rec)


@settings(calm, max_examples=3)
@given(rec=recordings(max_size=3))
def test_a_store_of_a_store_is_the_same(rec: xr.DataTree) -> None:
    with folder() as place:
        first = nk.open(nk.save(rec, place / "first.nc"))
        second = nk.open(nk.save(first, place / "second.nc"))
        assert_same(first, second)
        assert first.attrs["history"] == rec.attrs["history"]
        first.close()
        second.close()


@pytest.mark.nightly
@thorough
@given(recordings())
def test_500_random_recordings_keep_the_contract(rec: xr.DataTree) -> None:
    must_keep_the_contract(rec)


@pytest.mark.slow
@settings(thorough, max_examples=40)
@given(recordings())
def test_random_recordings_keep_the_contract_at_length(rec: xr.DataTree) -> None:
    must_keep_the_contract(rec)


@pytest.mark.nightly
@pytest.mark.parametrize("suffix", [".nc", ".zarr"])
@thorough
@given(rec=recordings())
def test_500_random_recordings_round_trip(suffix: str, rec: xr.DataTree) -> None:
    must_round_trip(rec, suffix)


@pytest.mark.slow
@pytest.mark.parametrize("suffix", [".nc", ".zarr"])
@settings(thorough, max_examples=40)
@given(rec=recordings())
def test_random_recordings_round_trip_at_length(suffix: str, rec: xr.DataTree) -> None:
    must_round_trip(rec, suffix)


@pytest.mark.nightly
@settings(calm, max_examples=3000)
@given(broken_recordings())
def test_3000_broken_recordings_are_flagged(broken: tuple[xr.DataTree, str]) -> None:
    must_be_flagged(broken)


@pytest.mark.slow
@settings(calm, max_examples=200)
@given(broken_recordings())
def test_broken_recordings_are_flagged_at_length(broken: tuple[xr.DataTree, str]) -> None:
    must_be_flagged(broken)


@settings(calm, max_examples=15)
@given(st.data())
def test_the_modalities_asked_for_are_the_ones_drawn(data: st.DataObject) -> None:
    asked = data.draw(st.lists(st.sampled_from(MODALITIES), min_size=1, unique=True))
    rec = data.draw(recordings(asked, max_size=2))
    assert rec.attrs["modality"] in asked
    assert set(ROOT_ATTRS) <= set(rec.attrs)
    if "activity" in rec.children and "channel" in rec["activity"].dims:
        assert set(rec["activity"]["channel_type"].values.tolist()) <= set(CHANNEL_TYPES)
