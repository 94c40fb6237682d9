from __future__ import annotations

import hashlib
import json
import sys
from pathlib import Path
from typing import Any

import pytest

from neurokit import __version__
from neurokit.batch import keys
from neurokit.batch.keys import code_version, digest, job_key, recipe_source, source_digest

BASE: dict[str, Any] = {
    "inputs": {"loader": None, "recordings": {"a": {"files": [["a.nc", "00"]], "options": {}}}},
    "recipe": "summary",
    "run": "neurokit.report.recipe:summary",
    "parameters": {"rank": 6},
    "needs": {"motifs": "ab"},
}


def test_digest_is_the_sha256_of_sorted_json_without_spaces() -> None:
    expected = hashlib.sha256(b'{"a":[1,2.5,null,true],"b":"\\u00b5"}').hexdigest()
    assert digest({"b": "µ", "a": [1, 2.5, None, True]}) == expected


def test_the_same_job_has_the_same_key() -> None:
    assert job_key(**BASE) == job_key(**json.loads(json.dumps(BASE)))


@pytest.mark.parametrize(
    ("part", "value"),
    [
        ("inputs", {"loader": None, "recordings": {"a": {"files": [["a.nc", "01"]]}}}),
        ("inputs", {**BASE["inputs"], "loader": "mne.raw"}),
        ("recipe", "other"),
        ("run", "json:dumps"),
        ("parameters", {"rank": 7}),
        ("parameters", {"rank": "6"}),
        ("needs", {"motifs": "ac"}),
        ("needs", {}),
    ],
)
def test_each_part_changes_the_key(part: str, value: object) -> None:
    assert job_key(**{**BASE, part: value})[0] != job_key(**BASE)[0]


def test_the_version_of_the_code_changes_the_key(monkeypatch: pytest.MonkeyPatch) -> None:
    before, _ = job_key(**BASE)
    monkeypatch.setattr(keys, "code_version", lambda: "9.9.9+0")
    assert job_key(**BASE)[0] != before


def test_parts_are_what_a_manifest_gives_back() -> None:
    _, parts = job_key(**{**BASE, "inputs": {"recordings": ("a", "b")}})
    assert json.loads(json.dumps(parts)) == parts


def test_code_version_begins_with_the_number_and_covers_both_packages() -> None:
    assert code_version().startswith(f"{__version__}+")
    assert source_digest("neurokit") != source_digest("neurokit_loaders") != ""


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "made_for_a_test" / "inner"
    folder.mkdir(parents=True)
    (folder.parent / "__init__.py").write_text("raise ImportError('never imported')")
    (folder / "part.py").write_text("x = 1")
    monkeypatch.syspath_prepend(tmp_path)
    return folder.parent


def test_source_is_hashed_without_importing_the_package(package: Path) -> None:
    assert len(source_digest("made_for_a_test")) == 64
    assert "made_for_a_test" not in sys.modules


def test_source_digest_follows_content_and_names_of_python_files_only(package: Path) -> None:
    before = source_digest("made_for_a_test")
    (package / "table.csv").write_text("1,2")
    (package / "inner" / "part.py").touch()
    assert source_digest("made_for_a_test") == before
    (package / "inner" / "part.py").write_text("x = 2")
    changed = source_digest("made_for_a_test")
    assert changed != before
    (package / "inner" / "part.py").rename(package / "inner" / "other.py")
    assert source_digest("made_for_a_test") not in (before, changed)


def test_moving_a_line_from_one_file_to_the_next_changes_the_digest(package: Path) -> None:
    (package / "a.py").write_text("xy")
    (package / "b.py").write_text("z")
    before = source_digest("made_for_a_test")
    (package / "a.py").write_text("x")
    (package / "b.py").write_text("yz")
    assert source_digest("made_for_a_test") != before


def test_a_single_module_counts_as_source(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "lone_for_a_test.py").write_text("x = 1")
    monkeypatch.syspath_prepend(tmp_path)
    assert len(source_digest("lone_for_a_test")) == 64


def test_a_package_that_is_not_there_has_no_source() -> None:
    assert source_digest("there_is_no_such_package") == ""


def test_recipes_of_others_have_a_source_and_our_own_are_in_the_code_version() -> None:
    assert recipe_source("neurokit.report.recipe:run") == ""
    assert len(recipe_source("json:dumps")) == 64
