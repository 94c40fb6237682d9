"""Versions are those that are installed; nothing is imported to learn them."""

from __future__ import annotations

import io
import subprocess
import sys
from importlib import metadata

import numpy as np
import pytest

import neurokit as nk
from neurokit import versions


def shown():
    out = io.StringIO()
    nk.show_versions(out)
    return out.getvalue()


def test_it_says_what_a_report_needs():
    text = shown()
    lines = text.splitlines()
    assert lines[0] == f"neurokit {nk.__version__}"
    assert sys.version.split()[0] in lines[1]
    row = next(line for line in lines if line.split()[:1] == ["numpy"])
    assert row.split()[1] == np.__version__
    assert "always" in lines
    assert "extra torch" in lines


def test_every_requirement_is_there_once_with_its_version():
    names = [
        line.split()[0] for line in shown().splitlines() if line.startswith("  ") and line.strip()
    ]
    assert len(names) == len(set(names))
    assert {"numba", "xarray", "tensorly", "mne", "pynwb", "torch", "igraph"} <= set(names)
    assert "neurokit-xarray" not in names


def test_what_is_not_installed_is_said(monkeypatch):
    def version(name):
        if name == "igraph":
            raise metadata.PackageNotFoundError(name)
        return "1.2"

    monkeypatch.setattr(versions.metadata, "version", version)
    rows = dict(line.split(maxsplit=1) for line in shown().splitlines() if line.startswith("  "))
    assert rows["igraph"] == "not installed"
    assert rows["numpy"] == "1.2"


def test_sources_that_are_not_installed_still_say_the_machine(monkeypatch):
    def requires(name):
        raise metadata.PackageNotFoundError(name)

    monkeypatch.setattr(versions.metadata, "requires", requires)
    text = shown()
    assert "processors" in text
    assert "always" not in text


@pytest.mark.parametrize(("limit", "said"), [("3", "OMP_NUM_THREADS=3"), (None, "not limited")])
def test_limits_of_threads_are_said(monkeypatch, limit, said):
    for name in versions._THREADS:
        monkeypatch.delenv(name, raising=False)
    if limit:
        monkeypatch.setenv("OMP_NUM_THREADS", limit)
    (row,) = [line for line in shown().splitlines() if line.startswith("threads")]
    assert row.split(maxsplit=1)[1] == said


def test_nothing_heavy_is_loaded_for_it():
    code = (
        "import sys, neurokit as nk; nk.show_versions();"
        "print('loaded', [m for m in ('torch', 'mne', 'numba', 'matplotlib') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "loaded []"
