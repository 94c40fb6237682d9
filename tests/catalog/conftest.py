"""A catalog's world without the rest of the house: stand-in recipes, loaders and simulators."""

from __future__ import annotations

import hashlib
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from pydantic import Field

from neurokit.catalog import Catalog, references
from neurokit.recipe import Parameters, Recipe


class MotifParameters(Parameters):
    rank: int = Field(6, ge=1)
    random_state: int | None = None
    band: tuple[float, float] | None = None
    how: str = "zscore"


class NeedyParameters(Parameters):
    threshold: float


RECIPES = {
    "summary": Recipe("summary", "Summary", "nowhere:run"),
    "connectome.motifs": Recipe(
        "connectome.motifs", "Motifs", "nowhere:run", MotifParameters, over="dataset"
    ),
    "after": Recipe("after", "After the summary", "nowhere:run", needs=("summary",)),
    "required": Recipe("required", "Has a parameter", "nowhere:run", NeedyParameters),
}


def stand_in(group: str) -> dict[str, Any]:
    if group == "neurokit.loaders":
        return {name: SimpleNamespace() for name in ("celegans.atanas", "mne.raw")}
    return {
        name: SimpleNamespace(load=lambda recipe=recipe: recipe) for name, recipe in RECIPES.items()
    }


@pytest.fixture(autouse=True)
def _world(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("NEUROKIT_CACHE", str(tmp_path / "cache"))
    monkeypatch.delenv("NEUROKIT_MIRROR", raising=False)


@pytest.fixture
def installed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Stand-in recipes, loaders and simulators instead of the installed ones."""
    monkeypatch.setattr(references, "load_entry_points", stand_in)
    monkeypatch.setattr(references, "simulator_names", lambda: ["recording", "worms"])


CONTENT = {"data/a.json": b"traces of a worm", "data/a_order.json": b"names of its neurons"}


class Site:
    """A catalog's folder, a cache and mirrors, and a recording of two files to put there."""

    content = CONTENT
    first, second = CONTENT

    def __init__(self, root: Path) -> None:
        self.root, self.folder, self.cache = root, root / "here", root / "cache"
        self.folder.mkdir()

    def write(self, text: str) -> Path:
        """Write the catalog."""
        path = self.folder / "catalog.yaml"
        path.write_text(text, encoding="utf-8")
        return path

    def put(self, root: Path, path: str, content: bytes | None = None) -> Path:
        """Write a file below `root`; the right content by default."""
        target = root / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(CONTENT[path] if content is None else content)
        return target

    def sha256(self, path: str) -> str:
        return hashlib.sha256(CONTENT[path]).hexdigest()

    def text(self, extra: str = "") -> str:
        """Catalog of one recording of two files; `extra` are further lines of the dataset."""
        files = "".join(
            f"          - {{path: {path}, uri: 'https://example.org/{path}', "
            f"sha256: '{self.sha256(path)}', bytes: {len(content)}}}\n"
            for path, content in CONTENT.items()
        )
        return (
            "catalog: neurokit/1\ndatasets:\n  worm:\n    title: A worm\n    modality: calcium\n"
            f"    licence: CC-BY-4.0\n    doi: 10.1000/x\n{extra}"
            f"    recordings:\n      one:\n        files:\n{files}"
        )


@pytest.fixture
def site(tmp_path: Path) -> Site:
    return Site(tmp_path)


@pytest.fixture
def catalog(site: Site, installed: None) -> Catalog:
    """One recording of two files, none of them at hand."""
    return Catalog.read(site.write(site.text()))
