"""A save that is interrupted anywhere leaves the old store, and nothing half written."""

import io
from pathlib import Path

import numpy as np
import pytest
import xarray as xr

import neurokit as nk
from neurokit.errors import FileContentError, StoreError
from neurokit.io import saving
from neurokit.io.saving import OLD, mend_overwrite, swap_in
from neurokit.schema import activity, recording
from neurokit.testing import assert_same

STORES = [".nc", ".zarr"]


def _rec(value):
    group = activity(np.full((4, 1), float(value)), names=["a"], rate=1.0)
    return recording({"activity": group}, modality="calcium", name="demo")


def _value(path):
    return float(nk.open(path).activity.signal[0, 0])


def _visible(folder):
    return sorted(p.name for p in folder.iterdir() if not p.name.startswith("."))


def _folder(path, content):
    path.mkdir()
    (path / "x").write_text(content)
    return path


def _fail_at_rename(monkeypatch, *numbers):
    """Make the given calls of Path.rename, counted from 1, fail as a full disk does."""
    real, calls = Path.rename, []

    def rename(self, target):
        calls.append(self)
        if len(calls) in numbers:
            raise OSError(28, "No space left on device")
        return real(self, target)

    monkeypatch.setattr(Path, "rename", rename)
    return calls


def test_a_new_folder_takes_the_place_of_the_old(tmp_path):
    old, new = _folder(tmp_path / "a.zarr", "old"), _folder(tmp_path / ".new", "new")
    swap_in(new, old)
    assert (old / "x").read_text() == "new"
    assert [p.name for p in tmp_path.iterdir()] == ["a.zarr"]


def test_a_new_folder_takes_an_empty_place(tmp_path):
    swap_in(_folder(tmp_path / ".new", "new"), tmp_path / "a.zarr")
    assert (tmp_path / "a.zarr/x").read_text() == "new"
    assert [p.name for p in tmp_path.iterdir()] == ["a.zarr"]


def test_the_old_folder_goes_back_if_the_new_one_cannot_be_put_in(tmp_path, monkeypatch):
    old, new = _folder(tmp_path / "a.zarr", "old"), _folder(tmp_path / ".new", "new")
    # The second rename is the one that puts the new folder in.
    _fail_at_rename(monkeypatch, 2)
    with pytest.raises(OSError, match="No space left"):
        swap_in(new, old)
    assert (old / "x").read_text() == "old"
    assert {p.name for p in tmp_path.iterdir()} == {"a.zarr", ".new"}


def test_after_a_crash_the_old_folder_is_where_the_next_open_finds_it(tmp_path, monkeypatch):
    old, new = _folder(tmp_path / "a.zarr", "old"), _folder(tmp_path / ".new", "new")
    # A crash is a failure after which nothing can be put back either.
    _fail_at_rename(monkeypatch, 2, 3)
    with pytest.raises(OSError, match="No space left"):
        swap_in(new, old)
    assert not old.exists()
    assert (new / "x").read_text() == "new"
    assert mend_overwrite(old)
    assert (old / "x").read_text() == "old"
    assert not mend_overwrite(old)


def test_nothing_moves_if_the_old_folder_cannot_be_set_aside(tmp_path, monkeypatch):
    old, new = _folder(tmp_path / "a.zarr", "old"), _folder(tmp_path / ".new", "new")
    _fail_at_rename(monkeypatch, 1)
    with pytest.raises(OSError, match="No space left"):
        swap_in(new, old)
    assert (old / "x").read_text() == "old"
    assert (new / "x").read_text() == "new"


def test_mending_puts_back_one_of_several_and_keeps_the_others(tmp_path):
    names = [f".a.zarr{OLD}by-{i}" for i in range(3)]
    for name in names:
        _folder(tmp_path / name, name)
    final = tmp_path / "a.zarr"
    mend_overwrite(final)
    back = (final / "x").read_text()
    assert back in names
    left = {p.name for p in tmp_path.iterdir()}
    assert left == {"a.zarr", *names} - {back}
    # The second time there is nothing to mend.
    mend_overwrite(final)
    assert {p.name for p in tmp_path.iterdir()} == left


def test_mending_touches_nothing_that_is_whole_or_of_another_name(tmp_path):
    _folder(tmp_path / "a.zarr", "whole")
    _folder(tmp_path / f".a.zarr{OLD}x", "a")
    _folder(tmp_path / f".b.zarr{OLD}x", "b")
    _folder(tmp_path / f".c.nc{OLD}x", "c")
    before = sorted(tmp_path.rglob("*"))
    for name in ("a.zarr", "c.nc", "d.zarr", "zarr", "no/such/a.zarr"):
        mend_overwrite(tmp_path / name)
    assert sorted(tmp_path.rglob("*")) == before
    assert (tmp_path / "a.zarr/x").read_text() == "whole"


def test_a_store_is_not_mended_with_that_of_a_longer_name(tmp_path):
    # ".b.a.zarr.replaced-" is the leftover of b.a.zarr.
    _folder(tmp_path / f".b.a.zarr{OLD}x", "other")
    mend_overwrite(tmp_path / "a.zarr")
    assert not (tmp_path / "a.zarr").exists()


@pytest.mark.parametrize("number", [1, 2, 3])
def test_an_overwrite_that_stops_at_any_rename_loses_nothing(tmp_path, monkeypatch, number):
    path = nk.save(_rec(1), tmp_path / "a.zarr")
    # Three renames: the finished folder beside it, the old one aside, the new one in.
    with monkeypatch.context() as patch:
        calls = _fail_at_rename(patch, number)
        with pytest.raises(OSError, match="No space left"):
            nk.save(_rec(2), path, overwrite=True)
    # If the third fails, a fourth puts the old one back.
    assert len(calls) == number + (number == 3)
    # Nothing hidden is left either.
    assert [p.name for p in tmp_path.iterdir()] == ["a.zarr"]
    assert _value(path) == 1.0


def test_an_overwrite_that_crashes_between_two_renames_is_mended_by_the_next_open(
    tmp_path, monkeypatch
):
    path = nk.save(_rec(1), tmp_path / "a.zarr")
    with monkeypatch.context() as patch:
        _fail_at_rename(patch, 3, 4)
        with pytest.raises(OSError, match="No space left"):
            nk.save(_rec(2), path, overwrite=True)
    assert _visible(tmp_path) == []
    assert nk.info(path)["groups"]["/activity"] == {"time": 4, "neuron": 1}
    assert _value(path) == 1.0
    assert [p.name for p in tmp_path.iterdir()] == ["a.zarr"]


def test_of_several_set_aside_the_last_whole_one_comes_back(tmp_path):
    final, names = tmp_path / "a.zarr", []
    for value, name in ((1, "z"), (2, "m"), (3, "a"), (4, "k")):
        nk.save(_rec(value), final)
        names.append(tmp_path / f".a.zarr{OLD}by-{name}")
        final.rename(names[-1])
    # The last one was being deleted when the process died; names say nothing about age.
    (names[-1] / "activity/signal/c/0/0").unlink()
    assert mend_overwrite(final)
    assert _value(final) == 3.0
    assert sorted(p for p in tmp_path.iterdir() if p != final) == sorted(
        name for name in names if name != names[2]
    )


def test_two_processes_that_mend_at_once_both_find_the_store(tmp_path, monkeypatch):
    final = tmp_path / "a.zarr"
    nk.save(_rec(1), final).rename(tmp_path / f".a.zarr{OLD}x")
    real = Path.rename

    def rename(self, target):
        real(self, target)  # the other process was quicker
        raise FileNotFoundError(2, "No such file or directory")

    with monkeypatch.context() as patch:
        patch.setattr(Path, "rename", rename)
        assert mend_overwrite(final)
    assert _value(final) == 1.0


def test_a_store_that_cannot_be_put_back_is_said(tmp_path, monkeypatch):
    final = tmp_path / "a.zarr"
    nk.save(_rec(1), final).rename(tmp_path / f".a.zarr{OLD}x")
    _fail_at_rename(monkeypatch, 1)
    with pytest.raises(StoreError, match=r"a\.zarr: cannot be written"):
        nk.open(final)


def test_a_name_with_brackets_is_mended_too(tmp_path):
    final = tmp_path / "a[1]*.zarr"
    nk.save(_rec(1), final).rename(tmp_path / f".a[1]*.zarr{OLD}x")
    assert _value(final) == 1.0


def test_an_overwrite_after_an_interrupted_one_succeeds(tmp_path, monkeypatch):
    path = nk.save(_rec(1), tmp_path / "a.zarr")
    with monkeypatch.context() as patch:
        _fail_at_rename(patch, 3)
        with pytest.raises(OSError, match="No space left"):
            nk.save(_rec(2), path, overwrite=True)
    nk.save(_rec(3), path, overwrite=True)
    assert _value(path) == 3.0
    assert _visible(tmp_path) == ["a.zarr"]


@pytest.mark.parametrize("number", [1, 2])
def test_a_first_save_that_stops_at_any_rename_shows_nothing(tmp_path, monkeypatch, number):
    with monkeypatch.context() as patch:
        _fail_at_rename(patch, number)
        with pytest.raises(OSError, match="No space left"):
            nk.save(_rec(1), tmp_path / "a.zarr")
    assert _visible(tmp_path) == []
    with pytest.raises(FileContentError, match="does not exist"):
        nk.open(tmp_path / "a.zarr")


def _half_written(error):
    """Return a writer that leaves half a file or folder and stops."""

    def write(self, target, **options):
        target = Path(target.name) if isinstance(target, io.IOBase) else Path(target)
        (target / "zarr.json" if target.is_dir() else target).write_text("half")
        raise error

    return write


WRITERS = {".nc": "to_netcdf", ".zarr": "to_zarr"}


@pytest.mark.parametrize("error", [RuntimeError("stop"), KeyboardInterrupt("stop")])
@pytest.mark.parametrize("suffix", STORES)
def test_an_interrupted_writer_leaves_the_old_store_alone(tmp_path, monkeypatch, suffix, error):
    path = nk.save(_rec(1), tmp_path / f"a{suffix}")
    with monkeypatch.context() as patch:
        patch.setattr(xr.DataTree, WRITERS[suffix], _half_written(error))
        with pytest.raises(type(error), match="stop"):
            nk.save(_rec(2), path, overwrite=True)
    assert [p.name for p in tmp_path.iterdir()] == [path.name]
    assert_same(nk.open(path), _rec(1))


@pytest.mark.parametrize("suffix", STORES)
def test_a_full_disk_is_said_with_the_name_of_the_store(tmp_path, monkeypatch, suffix):
    full = OSError(28, "No space left on device")
    monkeypatch.setattr(xr.DataTree, WRITERS[suffix], _half_written(full))
    with pytest.raises(
        StoreError, match=r"cannot be written \(No space left on device\)"
    ) as caught:
        nk.save(_rec(1), tmp_path / f"a{suffix}")
    # The name of the temporary file would help nobody: zarr's is that of the set-aside folder.
    assert f"a{suffix}" in caught.value.where
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("exists", [False, True])
def test_a_store_whose_list_cannot_be_written_never_appears(tmp_path, monkeypatch, exists):
    path = tmp_path / "a.zarr"
    if exists:
        nk.save(_rec(1), path)

    def fail(store):
        # All chunks are there by now; only the list that makes the store whole is not.
        assert (store / "activity/signal/c/0/0").is_file()
        raise RuntimeError("stop")

    with monkeypatch.context() as patch:
        patch.setattr(saving, "write_chunk_list", fail)
        with pytest.raises(RuntimeError, match="stop"):
            nk.save(_rec(2), path, overwrite=True)
    assert [p.name for p in tmp_path.iterdir()] == (["a.zarr"] if exists else [])
    if exists:
        assert _value(path) == 1.0


def test_while_a_zarr_is_written_readers_see_the_old_one(tmp_path, monkeypatch):
    path = nk.save(_rec(1), tmp_path / "a.zarr")
    real, seen = saving.write_chunk_list, []

    def look(store):
        seen.append(_value(path))
        real(store)

    monkeypatch.setattr(saving, "write_chunk_list", look)
    nk.save(_rec(2), path, overwrite=True)
    assert seen == [1.0]
    assert _value(path) == 2.0


@pytest.mark.parametrize("suffix", STORES)
def test_overwrite_of_what_is_not_there_is_a_plain_save(tmp_path, suffix):
    path = nk.save(_rec(1), tmp_path / f"a{suffix}", overwrite=True)
    assert _value(path) == 1.0
    assert [p.name for p in tmp_path.iterdir()] == [path.name]


def test_a_smaller_zarr_keeps_no_file_of_the_larger_one(tmp_path):
    large = recording(
        {"activity": _rec(1).activity.to_dataset(), "auxiliary/x": _rec(1).activity.to_dataset()},
        modality="calcium",
    )
    path = nk.save(large, tmp_path / "a.zarr")
    assert (path / "auxiliary").is_dir()
    nk.save(_rec(2), path, overwrite=True)
    assert not (path / "auxiliary").exists()


@pytest.mark.parametrize("suffix", STORES)
def test_the_recording_that_was_saved_is_not_changed(tmp_path, suffix):
    rec = _rec(1)
    nk.save(rec, tmp_path / f"a{suffix}")
    assert_same(rec, _rec(1))
    assert "neurokit_store" not in rec.attrs


def test_home_is_found_and_the_path_given_back(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    assert nk.save(_rec(1), "~/a.nc") == tmp_path / "a.nc"
    assert _value("~/a.nc") == 1.0
