"""Stores with results as batch writes them, whole, half and broken."""

from __future__ import annotations

import json

import numpy as np
import pytest
from matplotlib.figure import Figure

MANIFEST = {
    "title": "What is in the recording",
    "parameters": {"trace_seconds": 10.0},
    "facts": {"modality": "eeg", "n_channels": 32, "duration_s": 60.0},
    "inputs": [{"path": "eeg/sub-01.fif", "sha256": "ab" * 32}],
    "versions": {"neurokit": "0.1.0", "numpy": "2.0"},
    "seeds": {"random_state": 0},
    "seconds": 1.25,
    "peak_mb": 210.0,
}


class Store:
    """A folder of results that grows job by job."""

    def __init__(self, out):
        self.out = out
        self.rows = []

    def picture(self, path):
        path.parent.mkdir(parents=True, exist_ok=True)
        figure = Figure(figsize=(2, 1))
        figure.add_subplot().plot(np.arange(3))
        figure.savefig(path, dpi=40)

    def done(self, dataset="worms", recording="w1", recipe="summary", *, status="done", **manifest):
        """Add a whole result and return its folder."""
        key = f"{len(self.rows):012d}"
        folder = self.out / dataset / recipe / recording / key
        folder.mkdir(parents=True)
        content = {**MANIFEST, "dataset": dataset, "recording": recording, "recipe": recipe}
        content |= {"key": key, "figures": [], "tables": []} | manifest
        for figure in content["figures"]:
            self.picture(folder / figure["file"])
        for table in content["tables"]:
            (folder / table["file"]).parent.mkdir(exist_ok=True)
            (folder / table["file"]).write_text(table.pop("text", "a,b\n1,2.5\n"), encoding="utf-8")
        (folder / "manifest.json").write_text(json.dumps(content), encoding="utf-8")
        self.row(
            dataset,
            recording,
            recipe,
            status,
            path=folder.relative_to(self.out).as_posix(),
            key=key,
        )
        return folder

    def row(self, dataset, recording, recipe, status, *, error=None, path=None, key=""):
        row = {"dataset": dataset, "recording": recording, "recipe": recipe, "key": key}
        row |= {"status": status, "seconds": 1.25, "peak_mb": 210.0, "error": error, "path": path}
        self.rows.append(row)

    def failed(self, dataset="broken", recording="r1", recipe="summary", status="failed", **error):
        said = {
            "class": "FileContentError",
            "message": "a.bdf: is empty",
            "mend": "Download it again.",
        }
        self.row(dataset, recording, recipe, status, error=said | error)

    @property
    def summary(self):
        return {
            "catalog": "data_catalog.yaml",
            "started": "2026-11-22T20:00:00+00:00",
            "seconds": 12.5,
            "rows": self.rows,
            "not_downloaded": [],
        }

    def run(self, time="2026-11-22T20-00-00"):
        """Write the summary of a run and return its folder."""
        folder = self.out / "runs" / time
        folder.mkdir(parents=True)
        (folder / "summary.json").write_text(json.dumps(self.summary), encoding="utf-8")
        return folder


@pytest.fixture
def store(tmp_path):
    """Return an empty store."""
    out = tmp_path / "out"
    out.mkdir()
    return Store(out)
