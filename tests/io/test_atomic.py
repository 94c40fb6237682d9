"""A file or folder is there whole or not at all."""

import json

import pytest

from neurokit.errors import StoreError
from neurokit.io import atomic_file, atomic_folder, write_json, write_text


def test_a_file_appears_only_at_the_end(tmp_path):
    final = tmp_path / "a.txt"
    with atomic_file(final) as temporary:
        temporary.write_text("new")
        assert temporary.name.startswith(".")
        assert not final.exists()
    assert final.read_text() == "new"
    assert list(tmp_path.iterdir()) == [final]


def test_an_error_inside_leaves_the_old_file(tmp_path):
    final = write_text(tmp_path / "a.txt", "old")

    def fail():
        with atomic_file(final) as temporary:
            temporary.write_text("half")
            raise RuntimeError("stop")

    with pytest.raises(RuntimeError, match="stop"):
        fail()
    assert final.read_text() == "old"
    assert list(tmp_path.iterdir()) == [final]


def test_a_folder_appears_only_at_the_end(tmp_path):
    with atomic_folder(tmp_path / "store") as temporary:
        (temporary / "sub").mkdir()
        (temporary / "sub" / "x").write_text("1")
        assert not (tmp_path / "store").exists()
    assert (tmp_path / "store" / "sub" / "x").read_text() == "1"


def test_a_folder_that_exists_is_not_touched(tmp_path):
    (tmp_path / "store").mkdir()
    (tmp_path / "store" / "x").write_text("old")

    def write():
        with atomic_folder(tmp_path / "store") as temporary:
            (temporary / "y").write_text("new")

    with pytest.raises(StoreError, match="store: cannot be written"):
        write()
    assert [p.name for p in tmp_path.rglob("*")] == ["store", "x"]


def test_json_refuses_what_json_does_not_have(tmp_path):
    with pytest.raises(ValueError, match="JSON compliant"):
        write_json(tmp_path / "a.json", {"x": float("nan")})
    assert list(tmp_path.iterdir()) == []
    assert json.loads(write_json(tmp_path / "a.json", {"x": 1}).read_text()) == {"x": 1}
