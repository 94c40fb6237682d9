"""What must hold of every step on any recording: labels stay, nothing crosses a cut, no surprise.

A step may refuse a recording with an error that says how to mend it; it may not crash.
"""

from __future__ import annotations

import pickle
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest
import xarray as xr
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

import neurokit as nk
from neurokit.errors import NeurokitError, OptionError, TimeError
from neurokit.schema import add_history, as_history, runs, signal_of, space_dim
from neurokit.stats import BlockedCV, autocorrelation_time, circular_shift_test
from neurokit.testing import assert_same, broken_recordings, recordings

calm = settings(
    derandomize=True,
    deadline=None,
    max_examples=10,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)
files = settings(calm, max_examples=4)
with_signal = recordings(["calcium", "eeg", "meg", "seeg"], max_size=5)


@contextmanager
def folder() -> Iterator[Path]:
    path = Path(tempfile.mkdtemp())
    try:
        yield path
    finally:
        shutil.rmtree(path)


def continuous(rec: xr.DataTree) -> xr.DataArray:
    """The signal with all its channels; recordings of trials and conditions are passed over."""
    signal = signal_of(rec, neural=False)
    assume(signal.dims[0] == "time")
    return signal


# --- storing -----------------------------------------------------------------------------------


@pytest.mark.parametrize("suffix", [".nc", ".zarr"])
@files
@given(rec=recordings(max_size=4))
def test_dask_arrays_are_stored_like_any_other_and_opened_trees_travel(
    suffix: str, rec: xr.DataTree
) -> None:
    with folder() as place:
        opened = nk.open(nk.save(rec.chunk(), place / f"a{suffix}"), chunks={})
        assert_same(rec, opened)
        assert_same(rec, pickle.loads(pickle.dumps(opened)))
        assert nk.validate(opened).codes == nk.validate(rec).codes
        opened.close()


@settings(calm, max_examples=2)
@given(rec=recordings(max_size=3), other=recordings(max_size=3))
def test_overwriting_leaves_nothing_of_what_was_there(rec: xr.DataTree, other: xr.DataTree) -> None:
    with folder() as place:
        for suffix in (".nc", ".zarr"):
            path = nk.save(rec, place / f"a{suffix}")
            opened = nk.open(nk.save(other, path, overwrite=True))
            assert_same(other, opened)
            opened.close()
        assert sorted(file.name for file in place.iterdir()) == ["a.nc", "a.zarr"]


@settings(calm, max_examples=15)
@given(broken=broken_recordings(), suffix=st.sampled_from([".nc", ".zarr"]))
def test_a_broken_recording_is_stored_whole_or_refused_without_a_trace(
    broken: tuple[xr.DataTree, str], suffix: str
) -> None:
    rec, _ = broken
    with folder() as place:
        path = place / f"a{suffix}"
        try:
            nk.save(rec, path)
        except NeurokitError as error:
            assert error.mend  # noqa: PT017  either outcome is right
            assert list(place.iterdir()) == []
            return
        opened = nk.open(path)
        assert_same(rec, opened)
        opened.close()


# --- selecting and recording what was done -----------------------------------------------------


@calm
@given(rec=with_signal, data=st.data())
def test_a_choice_of_names_keeps_the_contract_and_the_values(
    rec: xr.DataTree, data: st.DataObject
) -> None:
    signal = signal_of(rec, neural=False)
    space = space_dim(signal)
    names = [str(name) for name in signal[space].values if "*" not in str(name)]
    assume(names)
    chosen = data.draw(st.lists(st.sampled_from(names), min_size=1, unique=True))
    picked = nk.pick(rec, names=chosen)
    assert nk.validate(picked).ok
    kept = signal_of(picked, neural=False)
    assert set(kept[space].values.tolist()) == set(chosen)
    np.testing.assert_array_equal(kept.values, signal.sel({space: kept[space].values}).values)
    assert len(as_history(picked)) == len(as_history(rec)) + 1


@calm
@given(rec=recordings(max_size=3), seed=st.integers(0, 2**31))
def test_history_grows_by_one_and_changes_nothing_else(rec: xr.DataTree, seed: int) -> None:
    once = add_history(rec, "step", {"a": 1}, seed)
    assert as_history(once)[:-1] == as_history(rec)
    assert as_history(once)[-1]["seed"] == seed
    once.attrs["history"] = rec.attrs["history"]
    assert_same(rec, once)


# --- splitting and testing ---------------------------------------------------------------------


@calm
@given(rec=with_signal, k=st.integers(2, 4), samples=st.integers(0, 3))
def test_blocks_of_any_recording_cover_it_once_and_keep_their_distance(
    rec: xr.DataTree, k: int, samples: int
) -> None:
    signal = continuous(rec)
    rate = signal["time"].attrs.get("sampling_rate")
    gap = samples / (rate or 1.0)
    try:
        found = list(BlockedCV(k, gap=gap).split(signal))
    except OptionError as error:  # too short for so many blocks, or for such gaps
        assert error.where in ("n_splits", "gap")  # noqa: PT017  either outcome is right
        return
    tests = np.concatenate([test for _, test in found])
    assert sorted(tests.tolist()) == list(range(signal.sizes["time"]))
    time = signal["time"].values
    for train, test in found:
        distance = np.abs(time[train][:, None] - time[test][None, :]).min()
        assert distance > gap * (1 - 1e-9)
        pieces = [r for r in runs(signal) if set(range(r.start, r.stop)) & set(test.tolist())]
        inside = set().union(*(range(r.start, r.stop) for r in pieces))
        assert len(pieces) == 1 or inside == set(test.tolist())


@calm
@given(rec=with_signal)
def test_memory_and_shift_test_take_any_recording_or_say_what_is_wrong(rec: xr.DataTree) -> None:
    signal = continuous(rec)
    space = space_dim(signal)
    try:
        tau = autocorrelation_time(signal)
        result = circular_shift_test(signal, signal, n_shifts=9, family=True, random_state=0)
    except TimeError as error:
        assert "sampling_rate" not in signal["time"].attrs
        assert "nk.signal.resample" in error.mend  # noqa: PT017  either outcome is right
        return
    except OptionError as error:  # a single sample, or a run of one
        assert min([r.stop - r.start for r in runs(signal)]) < 2
        assert error.mend  # noqa: PT017  either outcome is right
        return
    assert tau[space].equals(signal[space])
    assert result["p"][space].equals(signal[space])
    seen = np.isfinite(result["statistic"].values)
    # A series is itself: wherever it varies, r = 1 and p is as small as the draws allow it.
    np.testing.assert_allclose(result["statistic"].values[seen], 1.0)
    for name in ("p", "p_fwe"):
        values = result[name].values
        assert np.isnan(values[~seen]).all()
        assert ((values[seen] > 0) & (values[seen] <= 1)).all()
