"""How long a user waits before anything happens: import, and a run whose results are all cached.

Prints medians and the ratio to ``import xarray`` in the same session. Run it on a quiet machine:

    python benchmarks/startup.py
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

CATALOG = Path(__file__).resolve().parents[1] / "data_catalog.yaml"
ENTRY = "import sys; from neurokit.cli import main; sys.exit(main())"
REPEATS = 5


def seconds(*command: str) -> float:
    """Median wall seconds of a command over the repeats, after one warm-up."""
    taken = []
    for _ in range(REPEATS + 1):
        begin = time.perf_counter()
        subprocess.run([sys.executable, *command], check=True, capture_output=True)
        taken.append(time.perf_counter() - begin)
    return statistics.median(taken[1:])


def main() -> None:
    """Measure and print."""
    with tempfile.TemporaryDirectory() as out:
        run = ("-c", ENTRY, "run", str(CATALOG), "--out", out)
        subprocess.run([sys.executable, *run], check=True, capture_output=True)
        bare = seconds("-c", "pass")
        ours = seconds("-c", "import neurokit")
        peer = seconds("-c", "import xarray")
        cached = seconds(*run)
    print(f"{'import neurokit':<28} {ours:6.3f} s ({ours - bare:.3f} s without the interpreter)")
    print(f"{'import xarray':<28} {peer:6.3f} s")
    print(f"{'neurokit run, all cached':<28} {cached:6.3f} s, {cached / peer:.2f} x import xarray")


if __name__ == "__main__":
    main()
