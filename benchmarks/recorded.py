"""Keep what a benchmark measured: a file of JSON lines per benchmark, one line per comparison.

    python benchmarks/bench_encoding.py --keep

writes ``benchmarks/results/encoding.jsonl`` anew. Its first line says when, where and with which
versions it was measured; `compare.py` makes the page of comparisons from these files.
"""

from __future__ import annotations

import json
import os
import platform
import sys
import time
from dataclasses import asdict, dataclass, field
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parent / "results"
SECONDS = "processor seconds"


@dataclass
class Row:
    """One comparison: the same problem, by neurokit and by a peer.

    Parameters
    ----------
    problem : str
        What was computed, with its size.
    peer : str
        Who else computed it.
    ours, theirs : float
        What was measured of each, in `unit`.
    unit : str
        Of both numbers.
    better : {"lower", "higher"}
        Which of two numbers wins.
    agreement : str
        How far the results are apart, or what else belongs beside the numbers.
    """

    problem: str
    peer: str
    ours: float
    theirs: float
    unit: str = SECONDS
    better: str = "lower"
    agreement: str = ""

    def __post_init__(self) -> None:
        if self.better not in ("lower", "higher"):
            raise ValueError(f"better is {self.better!r}: say lower or higher")

    @property
    def ratio(self) -> float:
        """Above 1 where neurokit wins; of two numbers with a sign it is not defined."""
        if min(self.ours, self.theirs) <= 0:
            return float("nan")
        return self.theirs / self.ours if self.better == "lower" else self.ours / self.theirs

    @property
    def lost(self) -> bool:
        """Whether the peer is better."""
        return self.theirs < self.ours if self.better == "lower" else self.theirs > self.ours


@dataclass
class Results:
    """What one benchmark measured, and where.

    Parameters
    ----------
    benchmark : str
        Its name, which is that of its file.
    title : str
        What it is about, for the page.
    peers : list of str
        Distributions whose versions count.
    seeds : str
        Which seeds were used.
    """

    benchmark: str
    title: str
    peers: list[str]
    seeds: str
    rows: list[Row] = field(default_factory=list)

    def add(self, problem: str, peer: str, ours: float, theirs: float, **more: Any) -> None:
        """Add a comparison; further arguments as in `Row`."""
        self.rows.append(Row(problem, peer, float(ours), float(theirs), **more))

    def keep(self, folder: Path = FOLDER) -> Path:
        """Write all lines, replacing those of an earlier run."""
        head = {
            "benchmark": self.benchmark,
            "title": self.title,
            "command": " ".join(["python", *_relative(sys.argv)]),
            "seeds": self.seeds,
            "date": time.strftime("%Y-%m-%d"),
            "machine": machine(),
            "versions": versions(["neurokit-xarray", "numpy", "scipy", "numba", *self.peers]),
        }
        lines = [head, *({**asdict(row)} for row in self.rows)]
        folder.mkdir(exist_ok=True)
        path = folder / f"{self.benchmark}.jsonl"
        text = "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines)
        path.write_text(text, encoding="utf-8")
        return path


def keep_asked() -> bool:
    """Take ``--keep`` out of the command line and say whether it was there."""
    asked = "--keep" in sys.argv
    if asked:
        sys.argv.remove("--keep")
    return asked


def read(path: Path) -> tuple[dict[str, Any], list[Row]]:
    """The first line, and the comparisons."""
    head, *rows = (json.loads(line) for line in path.read_text(encoding="utf-8").splitlines())
    return head, [Row(**row) for row in rows]


def machine() -> str:
    """Processor, number of cores, load, Python."""
    load = f"load {os.getloadavg()[0]:.0f}"
    cores = f"{os.cpu_count()} cores"
    python = f"CPython {platform.python_version()}"
    return ", ".join((_processor(), cores, load, platform.system(), python))


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.machine()
    named = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return named[0] if named else platform.machine()


def versions(distributions: list[str]) -> dict[str, str]:
    """Versions of those that are installed."""
    found = {}
    for name in distributions:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found


def _relative(arguments: list[str]) -> list[str]:
    # A path of the machine says nothing to a reader: only its last part is kept.
    script, *rest = arguments
    return [f"benchmarks/{Path(script).name}", *(Path(a).name if "/" in a else a for a in rest)]
