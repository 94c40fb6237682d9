"""A recording larger than memory through ``encoding``, ``connectome.motifs`` and ``rsa``.

Writes a Zarr recording of so many GB (default 6) and runs a catalog on it with 2 GB for each job:

    python benchmarks/bench_large.py [GB] [folder] [--keep]

Prints seconds and peak memory of every job, which its manifest states too.
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import dask.array as da
import numpy as np
from recorded import Results, keep_asked

import neurokit as nk
from neurokit.batch import run_catalog
from neurokit.schema import activity, events, recording, regular_time, series

N_CHANNELS, RATE, BLOCK, N_EVENTS = 128, 1000.0, 2**15, 200
LIMIT_MB = 2000.0
RECIPES: dict[str, Any] = {
    "encoding": {
        "recipe": "encoding",
        "params": {"rate": 10.0, "lags_s": [0.0, 0.1, 0.2], "n_shifts": 99, "random_state": 0},
    },
    "motifs": {
        "recipe": "connectome.motifs",
        "params": {
            "rate": 10.0,
            "bin_s": 10.0,
            "rank": 3,
            "n_restarts": 2,
            "max_iter": 100,
            "n_permutations": 9,
            "communities": "leiden",
        },
    },
    "rsa": {"recipe": "rsa", "params": {"n_nearest": None}},
}


def write_recording(path: Path, size_gb: float) -> int:
    """Write noise in which a third of the channels follow a behaviour; return its bytes."""
    n = int(size_gb * 1e9 / 4 / N_CHANNELS)
    time_s = regular_time(n, RATE)
    speed = np.sin(2 * np.pi * 0.03 * time_s).astype(np.float32)

    noise = np.random.default_rng(0).standard_normal((2 * BLOCK, N_CHANNELS), dtype=np.float32)

    def block(block_info: Any = None) -> Any:
        start, stop = block_info[None]["array-location"][0]
        # Stretches of one long noise, each from elsewhere: nothing repeats within a shift test.
        first = start * 7919 % BLOCK
        values = noise[first : first + stop - start].copy()
        values[:, ::3] += 0.3 * speed[start:stop, None]
        return values

    sizes = (BLOCK,) * (n // BLOCK) + ((n % BLOCK,) if n % BLOCK else ())
    values = da.map_blocks(
        block,
        dtype=np.float32,
        chunks=(sizes, (N_CHANNELS,)),
        meta=np.empty((0, 0), np.float32),
    )
    names = [f"E{i:03d}" for i in range(N_CHANNELS)]
    groups = {
        "activity": activity(
            values,
            names=names,
            rate=RATE,
            space="channel",
            coords={"channel_type": ["ECOG"] * N_CHANNELS},
        ),
        "events": events(
            np.linspace(1.0, time_s[-1] - 2.0, N_EVENTS), trial_type=["a", "b", "c", "d"] * 50
        ),
        "behavior": series({"speed": speed[::20].copy()}, rate=RATE / 20),
    }
    nk.save(recording(groups, modality="ecog", subject="large"), path)
    return sum(file.stat().st_size for file in path.rglob("*") if file.is_file())


def write_catalog(folder: Path, store: Path) -> Path:
    """Write a catalog that names the store by its list of chunks."""
    from hashlib import sha256

    listed = store / "neurokit.json"
    content = listed.read_bytes()
    file = {
        "path": listed.relative_to(folder).as_posix(),
        "sha256": sha256(content).hexdigest(),
        "bytes": len(content),
    }
    entry = {
        "title": "Simulated field potentials",
        "modality": "ecog",
        "licence": "CC0-1.0",
        "recordings": {"large": {"files": [file]}},
        "recipes": list(RECIPES),
    }
    catalog = {"catalog": "neurokit/1", "datasets": {"large": entry}, "recipes": RECIPES}
    path = folder / "catalog.yaml"
    path.write_text(json.dumps(catalog), encoding="utf-8")
    return path


def main() -> None:
    """Write, run and print."""
    keep = keep_asked()
    kept = Results("large", "A recording larger than memory", ["xarray", "zarr", "dask"], "0")
    size_gb = float(sys.argv[1]) if len(sys.argv) > 1 else 6.0
    print(json.dumps({"load": os.getloadavg(), "processors": os.cpu_count()}))
    with tempfile.TemporaryDirectory(dir=sys.argv[2] if len(sys.argv) > 2 else None) as name:
        folder = Path(name)
        begin = time.perf_counter()
        size = write_recording(folder / "large.zarr", size_gb)
        print(
            f"{size_gb:g} GB written in {time.perf_counter() - begin:.0f} s ({size / 1e9:.2f} GB)"
        )
        catalog = write_catalog(folder, folder / "large.zarr")
        summary = run_catalog(catalog, out=folder / "out", jobs=1, memory_limit_mb=LIMIT_MB)
        for row in summary["rows"]:
            print(f"{row['recipe']}: {row['status']}, {row['seconds']:.0f} s, {row['peak_mb']} MB")
            if row["error"]:
                print(row["error"]["message"], row["error"].get("traceback", "")[-2000:])
            else:
                kept.add(
                    f"{row['recipe']} of {size_gb:g} GB, 128 channels at 1 kHz",
                    "the limit of a job",
                    row["peak_mb"],
                    LIMIT_MB,
                    unit="MB",
                    agreement=f"{row['seconds']:.0f} s",
                )
    if keep and kept.rows:
        kept.keep()


if __name__ == "__main__":
    main()
