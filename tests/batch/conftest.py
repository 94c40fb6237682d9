"""A bench: a temporary folder with recordings, a catalog and recipes that children find."""

from __future__ import annotations

import importlib
from pathlib import Path
from typing import Any

import pytest

SITE = Path(__file__).parent / "site"


@pytest.fixture
def bench(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.syspath_prepend(SITE)
    made = importlib.import_module("fake_catalog").Bench(tmp_path)
    monkeypatch.setenv("FAKE_TALLY", str(made.tally))
    monkeypatch.setenv("NEUROKIT_CACHE", str(tmp_path / "cache"))
    monkeypatch.delenv("NEUROKIT_MIRROR", raising=False)
    return made


@pytest.fixture
def no_report(monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """Stand in for the report, which is another room's; return where it was asked for."""
    built: list[Path] = []

    def build(out: Path, summary: object, path: Path) -> Path:
        built.append(path)
        path.write_text("<html></html>", encoding="utf-8")
        return path

    monkeypatch.setattr("neurokit.report.build", build, raising=False)
    return built
