from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from neurokit.batch import store
from neurokit.batch.store import Store, read_manifest
from neurokit.errors import StoreError

KEY = "0123456789abcdef" * 4


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return Store(tmp_path).folder("worms", "summary", "w1", KEY)


def fill(place: Path, **more: object) -> None:
    (place / "result.nc").write_bytes(b"12345")
    manifest = {"key": KEY, "files": {"result.nc": {"bytes": 5}}, **more}
    (place / store.MANIFEST).write_text(json.dumps(manifest))


def put(folder: Path, out: Path) -> None:
    held = store.claim_result(folder)
    assert held is not None
    place = store.workspace(folder)
    fill(place)
    store.commit(place, folder, out)
    held.release()


def test_a_result_lies_under_dataset_recipe_recording_and_key(tmp_path: Path) -> None:
    folder = Store(tmp_path).folder("worms", "summary", "w1", KEY)
    assert folder == tmp_path / "worms" / "summary" / "w1" / "0123456789ab"
    assert Store(tmp_path).relative(folder) == "worms/summary/w1/0123456789ab"


@pytest.mark.parametrize("name", ["..", ".", "", "a/b", "../../etc", "runs", ".hidden", "a\0b"])
def test_no_name_leaves_its_folder_hides_or_meets_the_runs(name: str) -> None:
    safe = store.folder_name(name)
    assert safe
    assert not safe.startswith(".")
    assert "/" not in safe
    assert "\0" not in safe
    assert safe != "runs"


def test_different_names_have_different_folders() -> None:
    names = ["a b", "a%20b", "a/b", "a%2Fb", "runs", "%72uns", ".a", "%2Ea", "ä"]
    assert len({store.folder_name(name) for name in names}) == len(names)


def test_a_committed_result_is_whole_and_nothing_else_is_left(tmp_path: Path, folder: Path) -> None:
    put(folder, tmp_path)
    assert read_manifest(folder, KEY) is not None
    assert [path.name for path in folder.parent.iterdir()] == [folder.name]


def test_what_is_being_written_is_hidden(tmp_path: Path, folder: Path) -> None:
    held = store.claim_result(folder)
    assert held is not None
    fill(store.workspace(folder))
    assert all(path.name.startswith(".") for path in folder.parent.iterdir())
    assert read_manifest(folder) is None
    held.release()


def test_a_folder_without_manifest_is_no_result(folder: Path) -> None:
    folder.mkdir(parents=True)
    (folder / "result.nc").write_bytes(b"12345")
    assert read_manifest(folder) is None


@pytest.mark.parametrize("text", ["", "{", "[]", '{"files": {}}', '{"key": "other", "files": {}}'])
def test_a_damaged_or_foreign_manifest_is_none(folder: Path, text: str) -> None:
    folder.mkdir(parents=True)
    (folder / store.MANIFEST).write_text(text)
    assert read_manifest(folder, KEY) is None


def test_a_result_whose_file_was_cut_or_deleted_is_none(tmp_path: Path, folder: Path) -> None:
    put(folder, tmp_path)
    (folder / "result.nc").write_bytes(b"123")
    assert read_manifest(folder, KEY) is None
    (folder / "result.nc").unlink()
    assert read_manifest(folder, KEY) is None


def test_a_damaged_result_gives_way_to_a_whole_one(tmp_path: Path, folder: Path) -> None:
    put(folder, tmp_path)
    (folder / "result.nc").unlink()
    put(folder, tmp_path)
    assert read_manifest(folder, KEY) is not None
    assert [path.name for path in folder.parent.iterdir()] == [folder.name]


@pytest.mark.skipif(os.name == "nt", reason="a file as folder is another error there")
def test_a_place_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "worms").write_text("a file where a folder should be")
    with pytest.raises(StoreError, match="cannot be written"):
        store.claim_result(Store(tmp_path).folder("worms", "summary", "w1", KEY))
