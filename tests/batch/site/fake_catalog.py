"""Writes tiny catalogs with real files, and runs them as a user would."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np

from neurokit.io import save
from neurokit.schema import activity, recording

SITE = Path(__file__).parent
SIMULATED = {"name": "recording", "modality": "calcium", "random_state": 0}


@cache
def saved(name: str, seed: int, n_samples: int) -> bytes:
    """Return a small recording as the bytes of a file."""
    values = np.random.default_rng(seed).normal(size=(n_samples, 3)).astype(np.float32)
    tree = recording(
        {"activity": activity(values, names=["AVAL", "AVAR", "RIML"], rate=5.0)},
        modality="calcium",
        subject=name,
    )
    with TemporaryDirectory() as folder:
        return save(tree, Path(folder) / "recording.nc").read_bytes()


@dataclass
class Bench:
    """A folder with recordings, a catalog and results."""

    folder: Path

    @property
    def out(self) -> Path:
        """Where results go."""
        return self.folder / "out"

    @property
    def path(self) -> Path:
        """The catalog."""
        return self.folder / "catalog.yaml"

    @property
    def tally(self) -> Path:
        """The file in which recipes write down that they ran."""
        return self.folder / "tally.txt"

    def ran(self) -> list[str]:
        """Return what ran since the last call."""
        if not self.tally.exists():
            return []
        lines = self.tally.read_text(encoding="utf-8").splitlines()
        self.tally.unlink()
        return sorted(lines)

    def recording(self, name: str, seed: int = 0, n_samples: int = 50) -> dict[str, Any]:
        """Save a small recording; return its entry in a catalog."""
        path = self.folder / "data" / f"{name}.nc"
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(saved(name, seed, n_samples))
        return {"files": [self.file(path)]}

    def file(self, path: Path) -> dict[str, Any]:
        """Return a file's entry in a catalog."""
        content = path.read_bytes()
        return {
            "path": path.relative_to(self.folder).as_posix(),
            "sha256": hashlib.sha256(content).hexdigest(),
            "bytes": len(content),
        }

    def dataset(self, *names: str, recipes: list[str], **more: Any) -> dict[str, Any]:
        """Return a dataset of saved recordings."""
        recordings = {name: self.recording(name, seed) for seed, name in enumerate(names)}
        return entry(recordings=recordings, recipes=recipes, **more)

    def write(self, datasets: dict[str, Any], recipes: dict[str, Any] | None = None) -> Path:
        """Write the catalog; JSON is YAML."""
        content = {"catalog": "neurokit/1", "datasets": datasets, "recipes": recipes or {}}
        self.path.write_text(json.dumps(content, indent=1), encoding="utf-8")
        return self.path

    def environment(self) -> dict[str, str]:
        """Return the environment in which another process finds the recipes."""
        inherited = os.environ.get("PYTHONPATH", "")
        return {
            **os.environ,
            "PYTHONPATH": os.pathsep.join(filter(None, (str(SITE), inherited))),
            "FAKE_TALLY": str(self.tally),
            "FAKE_BENCH": str(self.folder),
        }

    def command(self, *words: str) -> list[str]:
        """Return the words of ``neurokit run`` on this catalog."""
        start = "import sys; from neurokit.cli import main; sys.exit(main())"
        fixed = ["run", str(self.path), "--out", str(self.out)]
        return [sys.executable, "-c", start, *fixed, *words]

    def start(self, *words: str, **options: Any) -> subprocess.Popen[str]:
        """Start ``neurokit run`` as a process of its own."""
        return subprocess.Popen(
            self.command(*words),
            env=self.environment(),
            cwd=self.folder,
            text=True,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            **options,
        )

    def run(self, *words: str) -> subprocess.CompletedProcess[str]:
        """Run ``neurokit run`` to its end."""
        return subprocess.run(
            self.command(*words),
            env=self.environment(),
            cwd=self.folder,
            text=True,
            capture_output=True,
            timeout=300,
            check=False,
        )

    def summary(self) -> dict[str, Any]:
        """Return the newest summary."""
        newest = max(self.out.glob("runs/*/summary.json"), key=lambda p: p.stat().st_mtime_ns)
        content: dict[str, Any] = json.loads(newest.read_text(encoding="utf-8"))
        return content

    def statuses(self) -> list[str]:
        """Return the statuses of the newest summary, in order."""
        return [row["status"] for row in self.summary()["rows"]]


def entry(**parts: Any) -> dict[str, Any]:
    """Return a dataset with what every one needs."""
    return {"title": "A test", "modality": "calcium", "licence": "CC0-1.0", **parts}
