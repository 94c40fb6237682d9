"""Fixtures that every room's tests share."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]


def _shared(folder: str) -> Path:
    path = ROOT.parent / "shared" / folder
    if not path.is_dir():
        pytest.skip(f"real files are not at hand: {folder} of the shared folder is absent")
    return path


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """Real recordings with their MANIFEST.yaml."""
    return _shared("data")


@pytest.fixture(scope="session")
def shared_corrupt() -> Path:
    """Broken files, each with one known fault."""
    return _shared("corrupt")


@pytest.fixture(autouse=True, scope="session")
def _draw_without_a_screen() -> None:
    os.environ.setdefault("MPLBACKEND", "Agg")
