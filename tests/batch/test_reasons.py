from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

import pytest

from neurokit.batch.reasons import changes, reason_to_run
from neurokit.batch.store import MANIFEST, Store
from neurokit.io import write_json

PARTS: dict[str, Any] = {
    "inputs": {
        "loader": None,
        "recordings": {"w1": {"files": [["w1.nc", "ab"]], "options": {}}},
        "about": {"licence": "CC0-1.0", "doi": ""},
    },
    "recipe": "fake.mean",
    "parameters": {"power": 1, "note": ""},
    "code_version": "1.0+ab",
    "recipe_source": "ab",
    "needs": {"summary": "ab"},
}


def with_change(*place: str, value: Any) -> dict[str, Any]:
    parts = copy.deepcopy(PARTS)
    inner = parts
    for step in place[:-1]:
        inner = inner[step]
    inner[place[-1]] = value
    return parts


CHANGES = [
    (("parameters", "power"), 2, ["power 1 to 2"]),
    (("parameters", "band"), [1, 2], ["band null to [1, 2]"]),
    (("code_version",), "1.0+cd", ["code of neurokit 1.0 or of a loader"]),
    (("code_version",), "1.1+cd", ["neurokit 1.0 to 1.1"]),
    (("recipe_source",), "cd", ["recipe source"]),
    (("recipe",), "fake.noise", ["recipe"]),
    (("needs", "summary"), "cd", ["result of summary"]),
    (("inputs", "recordings", "w1", "files"), [["w1.nc", "cd"]], ["files of w1"]),
    (("inputs", "recordings", "w1", "options"), {"a": 1}, ["options of w1"]),
    (("inputs", "recordings", "w2"), {"files": [], "options": {}}, ["w2 is new"]),
    (("inputs", "recordings"), {}, ["w1 is gone"]),
    (("inputs", "loader"), "mne.raw", ['loader null to "mne.raw"']),
    (("inputs", "about", "licence"), "MIT", ['licence "CC0-1.0" to "MIT"']),
]


@pytest.mark.parametrize(("place", "value", "said"), CHANGES)
def test_each_part_that_changes_is_named(
    place: tuple[str, ...], value: object, said: list[str]
) -> None:
    assert changes(with_change(*place, value=value), PARTS) == said
    assert changes(PARTS, PARTS) == []


def test_parameters_of_a_simulation_are_named() -> None:
    old = {"inputs": {"simulate": {"name": "worms", "n_animals": 2}, "recordings": ["a"]}}
    new = {"inputs": {"simulate": {"name": "worms", "n_animals": 3}, "recordings": ["a", "b"]}}
    assert changes(new, old) == ["simulation's n_animals 2 to 3", "recordings"]


def test_long_values_are_cut() -> None:
    (said,) = changes(with_change("parameters", "note", value="x" * 500), PARTS)
    assert len(said) < 60


@pytest.mark.parametrize("damaged", [None, [], "text", 3])
def test_a_damaged_older_part_is_named_as_a_whole_or_by_what_is_new(damaged: object) -> None:
    old = {**PARTS, "inputs": damaged, "needs": damaged}
    said = changes(PARTS, old)
    assert "w1 is new" in said or "recordings" in said
    assert "result of summary" in said


def keep(out: Path, name: str, parts: dict[str, Any], started: str = "2026") -> Path:
    folder = out / "a" / "fake.mean" / "w1" / name
    folder.mkdir(parents=True)
    write_json(folder / MANIFEST, {"key": name, "parts": parts, "files": {}, "started": started})
    return folder


def test_the_older_result_most_alike_is_named_and_of_equals_the_newest(tmp_path: Path) -> None:
    store, new = Store(tmp_path), tmp_path / "a" / "fake.mean" / "w1" / "new"
    assert reason_to_run(PARTS, new, store) == "no result yet"
    far = with_change("parameters", "power", value=9) | {"code_version": "2+ab"}
    keep(tmp_path, "far", far, started="2027")
    keep(tmp_path, "old", with_change("parameters", "power", value=2), started="2024")
    keep(tmp_path, "near", with_change("parameters", "power", value=3), started="2025")
    said = reason_to_run(PARTS, new, store)
    assert said == "changed: power 3 to 1; older result: a/fake.mean/w1/near"


def test_a_damaged_result_of_the_key_is_the_reason(tmp_path: Path) -> None:
    folder = keep(tmp_path, "same", PARTS)
    (folder / MANIFEST).write_text("{", encoding="utf-8")
    said = reason_to_run(PARTS, folder, Store(tmp_path))
    assert said == "the result is damaged or incomplete: a/fake.mean/w1/same"
