"""Let the tests here import the harness beside them; a bench whose runs can be found in /proc."""

from __future__ import annotations

import importlib
import sys
from pathlib import Path
from typing import Any

import pytest

SITE = Path(__file__).parents[2] / "batch" / "site"
sys.path.insert(0, str(Path(__file__).parent))


@pytest.fixture
def bench(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.syspath_prepend(SITE)
    made = importlib.import_module("fake_catalog").Bench(tmp_path)
    monkeypatch.setenv("FAKE_TALLY", str(made.tally))
    monkeypatch.setenv("NEUROKIT_CACHE", str(tmp_path / "cache"))
    monkeypatch.delenv("NEUROKIT_MIRROR", raising=False)
    monkeypatch.delenv("FAKE_STORE", raising=False)
    return made


@pytest.fixture
def store(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Results as NetCDF, and the same as Zarr, which is what large ones become."""
    monkeypatch.setenv("FAKE_STORE", request.param)
    return str(request.param)
