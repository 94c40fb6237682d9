"""Reading a whole recording against mne: 5 minutes of 64 channels in EDF and FIF, one thread.

    python benchmarks/bench_reading.py [--keep]

Prints the median wall seconds of seven readings each, taken by turns in one process after one
that is not counted, and their ratio. What counts is ``nk.open(path).activity.signal.load()``,
opening included, against ``mne.io.read_raw(path, preload=True)``.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import mne
import numpy as np
from recorded import Results, keep_asked

import neurokit as nk

THREADS = dict.fromkeys(("OMP_NUM_THREADS", "NUMBA_NUM_THREADS", "OPENBLAS_NUM_THREADS"), "1")
N_CHANNELS, RATE, SECONDS, REPEATS = 64, 1000, 300, 7


def values() -> np.ndarray:
    """Noise of 20 microvolts, (channel, time)."""
    rng = np.random.default_rng(0)
    return rng.normal(scale=20e-6, size=(N_CHANNELS, RATE * SECONDS))


def write_fif(path: Path) -> Path:
    """Write the recording as FIF in single precision, which is mne's default."""
    names = [f"E{i + 1}" for i in range(N_CHANNELS)]
    info = mne.create_info(names, RATE, "eeg", verbose=False)
    mne.io.RawArray(values(), info, verbose=False).save(path, verbose=False)
    return path


def _fields(name: str, width: int) -> bytes:
    return b"".join(name.format(i + 1).encode().ljust(width) for i in range(N_CHANNELS))


def write_edf(path: Path) -> Path:
    """Write the recording as EDF with records of one second."""
    head = b"".join(
        text.encode().ljust(width)
        for text, width in (
            ("0", 8), ("X X X X", 80), ("Startdate X X X X", 80), ("01.01.20", 8), ("00.00.00", 8),
            (str(256 * (N_CHANNELS + 1)), 8), ("", 44), (str(SECONDS), 8), ("1", 8),
            (str(N_CHANNELS), 4),
        )
    )  # fmt: skip
    signals = [
        ("E{}", 16), ("", 80), ("uV", 8), ("-3276.8", 8), ("3276.7", 8), ("-32768", 8),
        ("32767", 8), ("", 80), (str(RATE), 8), ("", 32),
    ]  # fmt: skip
    digital = np.round(values() * 1e7).astype("<i2").reshape(N_CHANNELS, SECONDS, RATE)
    with path.open("wb") as handle:
        handle.write(head + b"".join(_fields(*field) for field in signals))
        handle.write(np.ascontiguousarray(digital.transpose(1, 0, 2)).tobytes())
    return path


def ours(path: Path) -> None:
    """Read all signals with neurokit."""
    nk.open(path).activity.signal.load()


def theirs(path: Path) -> None:
    """Read all signals with mne."""
    mne.io.read_raw(path, preload=True, verbose="ERROR")


def seconds(function: Callable[[Path], None], path: Path) -> float:
    """Wall seconds of one reading."""
    begin = time.perf_counter()
    function(path)
    return time.perf_counter() - begin


def measure(path: Path) -> tuple[float, float]:
    """Median seconds of both, by turns, so that a busy moment of the machine hits both."""
    taken: dict[Callable[[Path], None], list[float]] = {ours: [], theirs: []}
    for _ in range(REPEATS + 1):
        for function, list_ in taken.items():
            list_.append(seconds(function, path))
    return statistics.median(taken[ours][1:]), statistics.median(taken[theirs][1:])


def main() -> None:
    """Measure both formats and print a line each, in a process with one thread per library."""
    if any(os.environ.get(name) != number for name, number in THREADS.items()):
        subprocess.run([sys.executable, *sys.argv], env={**os.environ, **THREADS}, check=True)
        return
    keep = keep_asked()
    kept = Results("reading", "Reading a whole recording", ["mne", "xarray"], "0")
    with tempfile.TemporaryDirectory() as folder:
        for path in (write_edf(Path(folder) / "a.edf"), write_fif(Path(folder) / "a_raw.fif")):
            mine, peer = measure(path)
            size = path.stat().st_size / 2**20
            print(
                f"{path.suffix[1:].upper()} {N_CHANNELS} channels, {SECONDS} s at {RATE} Hz "
                f"({size:.0f} MB): neurokit {mine:.3f} s, mne {peer:.3f} s, {mine / peer:.2f} x"
            )
            kept.add(
                f"{path.suffix[1:].upper()}, {N_CHANNELS} channels, {SECONDS} s at {RATE} Hz",
                "mne.io.read_raw", mine, peer, unit="seconds, median of 7",
                agreement=f"{size:.0f} MB",
            )  # fmt: skip
    if keep:
        kept.keep()


if __name__ == "__main__":
    main()
