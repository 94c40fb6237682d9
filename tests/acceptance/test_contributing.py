"""CONTRIBUTING.md names files that are there, and forgets none that a change has to touch."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
TEXT = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
SECTIONS = dict(re.findall(r"^## (.+?)\n(.*?)(?=^## |\Z)", TEXT, re.M | re.S))


def files(text):
    """Paths in backticks: with a slash or a suffix that the project uses."""
    quoted = re.findall(r"`([\w./<>]+)`", text)
    return [q for q in quoted if re.search(r"/|\.(md|toml|yaml|pyi?|txt)$", q)]


@pytest.mark.parametrize("path", sorted(set(files(TEXT))))
def test_a_file_that_is_named_is_there(path):
    fixed = path.partition("<")[0]
    if fixed == path:
        assert (ROOT / path).exists(), path
    else:
        # A file to be written: its folder is there, and its like for an analysis that exists.
        assert (ROOT / fixed).parent.is_dir() or (ROOT / fixed).is_dir(), path
        assert list(ROOT.glob(re.sub(r"<\w+>", "*", path))), path


@pytest.mark.parametrize("title", ["Add a loader", "Add an analysis", "Add a recipe"])
def test_each_way_to_add_something_has_its_list(title):
    rows = re.findall(r"^\| `.+?` .*\|.+\|$", SECTIONS[title], re.M)
    assert len(rows) >= 6
    assert any("tests/" in row for row in rows)
    assert any("docs/" in row for row in rows)


def test_every_room_has_its_place():
    rooms = {path.parent.name for path in (ROOT / "neurokit").glob("*/__init__.py")}
    named = set(re.findall(r"neurokit/(\w+)/", TEXT))
    assert rooms - named <= {"celegans", "interchange", "testing"}


def test_what_a_loader_and_a_recipe_touch_is_what_the_present_ones_touched():
    # The entry points that the two sections ask for.
    project = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    assert '"neurokit_loaders.npy:LOADER"' in project
    assert '"neurokit.flows.recipe:FLOWS"' in project
    assert "npy" in SECTIONS["Add a loader"]
    assert "flows" in SECTIONS["Add a recipe"]


def test_every_loader_ends_in_the_name_that_the_guide_asks_for():
    modules = re.findall(r'"neurokit_loaders\.(\w+):(\w+)"', (ROOT / "pyproject.toml").read_text())
    assert len(modules) > 15
    for module, name in modules:
        assert name == "LOADER"
        source = (ROOT / "loaders/neurokit_loaders" / f"{module}.py").read_text(encoding="utf-8")
        assert re.search(r"^LOADER = ", source, re.M), module


def test_the_commands_are_those_that_ci_runs():
    run = (ROOT / ".ci" / "run").read_text(encoding="utf-8").replace('"', "")
    for tool in ("ruff check .", "ruff format --check .", "mypy --strict neurokit loaders"):
        assert tool in run
        assert tool in TEXT
