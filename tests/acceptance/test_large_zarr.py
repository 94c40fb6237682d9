"""A sparse Zarr store of 10 GB: opening reads headers, a second from the middle reads a second."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import neurokit as nk
from neurokit.io.chunks import NAME, write_chunk_list
from neurokit.schema import activity, recording

N_CHANNELS, RATE = 1024, 1000
CHUNK = 4096  # samples; 16 MiB, as `save` makes them
N_CHUNKS = 640
N_TIMES = N_CHUNKS * CHUNK
MIDDLE = N_CHUNKS // 2 * CHUNK + 1000

# A small store is read first: what is measured is reading a store, not importing libraries.
MEASURE = """
import json, resource, sys, time
import neurokit as nk
def rss(): return int(open("/proc/self/statm").read().split()[1]) * resource.getpagesize() / 1e6
small, large, first, last = sys.argv[1], sys.argv[2], *map(int, sys.argv[3:5])
nk.open(small).activity.signal[:2].load()
before = rss()
start = time.perf_counter()
rec = nk.open(large)
opening, opened = time.perf_counter() - start, rss()
start = time.perf_counter()
part = rec.activity.signal[first:last].load()
print(json.dumps({"before": before, "opened": opened, "opening": opening,
                  "seconds": time.perf_counter() - start, "shape": part.shape,
                  "first": float(part[0, 0]), "last": float(part[-1, -1]),
                  "sum": float(part.sum(dtype="f8")), "n_times": rec.activity.sizes["time"]}))
"""


def _saved(path: Path, signal: np.ndarray) -> Path:
    names = [f"c{i}" for i in range(signal.shape[1])]
    kinds = {"channel_type": ["ECOG"] * len(names)}
    group = activity(signal, names=names, space="channel", rate=float(RATE), coords=kinds)
    return nk.save(recording({"activity": group}, modality="ecog"), path)


def _large(folder: Path) -> Path:
    """Put a store together whose 640 chunks are one file of zeros, but for one with numbers."""
    two = np.zeros((2 * CHUNK, N_CHANNELS), np.float32)
    two[CHUNK + 1000, 0], two[CHUNK + 1000 + RATE - 1, -1] = 7.0, 9.0
    chunks = _saved(folder / "chunks.zarr", two) / "activity"
    # Its time axis is as long as that of the whole.
    large = _saved(folder / "large.zarr", np.zeros((N_TIMES, 1), np.float32))
    for name in ("signal", "channel", "channel_type", "unit", "bad"):
        shutil.rmtree(large / "activity" / name)
        shutil.copytree(chunks / name, large / "activity" / name)
    signal = large / "activity" / "signal"
    header = json.loads((signal / "zarr.json").read_text())
    assert header["chunk_grid"]["configuration"]["chunk_shape"] == [CHUNK, N_CHANNELS]
    header["shape"] = [N_TIMES, N_CHANNELS]
    (signal / "zarr.json").write_text(json.dumps(header))
    zeros, numbers = signal / "c/0/0", signal / "c/1/0"
    numbers.rename(signal / "numbers")
    for i in range(1, N_CHUNKS):
        (signal / f"c/{i}").mkdir(exist_ok=True)
        source = signal / "numbers" if i == N_CHUNKS // 2 else zeros
        os.link(source, signal / f"c/{i}/0")
    (signal / "numbers").unlink()
    (large / NAME).unlink()
    write_chunk_list(large)
    return large


@pytest.mark.slow
def test_ten_gigabytes_open_in_little_memory_and_a_second_reads_at_once(tmp_path: Path) -> None:
    small = _saved(tmp_path / "small.zarr", np.zeros((10, 2), np.float32))
    large = _large(tmp_path)
    window = [str(MIDDLE), str(MIDDLE + RATE)]
    command = [sys.executable, "-c", MEASURE, str(small), str(large), *window]
    threads = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"), "1")
    done = subprocess.run(
        command, capture_output=True, text=True, check=True, env={**os.environ, **threads}
    )
    found = json.loads(done.stdout.splitlines()[-1])
    print(found)
    assert found["n_times"] * N_CHANNELS * 4 > 10e9
    # The time axis itself is 21 MB: 8 bytes for each of 2.6 million samples.
    assert found["opened"] < 200
    assert found["seconds"] < 0.3
    assert found["shape"] == [RATE, N_CHANNELS]
    assert (found["first"], found["last"], found["sum"]) == (7.0, 9.0, 16.0)


@pytest.mark.slow
def test_one_missing_chunk_of_ten_gigabytes_is_noticed_when_opening(tmp_path: Path) -> None:
    large = _large(tmp_path)
    (large / f"activity/signal/c/{N_CHUNKS // 3}/0").unlink()
    with pytest.raises(nk.errors.StoreError, match=rf"signal/c/{N_CHUNKS // 3}/0 is missing"):
        nk.open(large)
