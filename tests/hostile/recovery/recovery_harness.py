"""What a store must look like whatever ended its runs, and how they are ended."""

from __future__ import annotations

import hashlib
import json
import os
import signal
import subprocess
import threading
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from neurokit.batch import run_catalog
from neurokit.io import open as open_tree
from neurokit.io.listing import listed

SEED = 20261122
ENTRIES = [f"w{i}" for i in range(6)]
RECIPES = ["fake.mean", "fake.after", "fake.bulk"]
N_JOBS = len(ENTRIES) * len(RECIPES)
STORES = ("nc", "zarr")


def forms(reduced: dict[str, int], full: int, parts: int) -> list[Any]:
    """Return what a test is run with: store, number of the part, how often.

    The reduced form of a store is slow; the parts of the full one are for the night, each short
    enough to be run by itself.
    """
    slow = [pytest.param(s, 0, n, marks=pytest.mark.slow) for s, n in reduced.items()]
    return slow + [
        pytest.param(store, part, full, marks=pytest.mark.nightly)
        for store in STORES
        for part in range(1, parts + 1)
    ]


def write_batch(bench: Any) -> None:
    """Write the catalog of six entries and three recipes, one of which needs another."""
    bench.write({"a": bench.dataset(*ENTRIES, recipes=RECIPES)})


def results(out: Path) -> list[Path]:
    """Return every folder under a final name, whole or not; logs of runs are none."""
    found = listed(out, "[!.]*/*/*/[!.]*")
    return [path for path in found if path.relative_to(out).parts[0] != "runs"]


def values(out: Path) -> dict[str, bytes]:
    """Return every array and figure of the results, as bytes."""
    found = {}
    for folder in results(out):
        (result,) = folder.glob("result.*")
        for group in open_tree(result).subtree:
            for name, variable in group.data_vars.items():
                key = f"{folder.relative_to(out)}{group.path} {name}"
                found[key] = variable.to_numpy().tobytes()
        for file in (folder / "figures").glob("*"):
            found[str(file.relative_to(out))] = file.read_bytes()
    return found


def complaints(folder: Path) -> list[str]:
    """Return what is wrong with a visible result; every file has the content it was given."""
    try:
        manifest = json.loads((folder / "manifest.json").read_bytes())
        listed = dict(manifest["files"])
        for name in [name for name in listed if name.endswith("neurokit.json")]:
            inner = json.loads((folder / name).read_bytes())["files"]
            listed |= {f"{Path(name).parent}/{key}": entry for key, entry in inner.items()}
        return [
            f"{folder}: {name} has another content"
            for name, entry in listed.items()
            if hashlib.sha256((folder / name).read_bytes()).hexdigest() != entry["sha256"]
        ]
    except (OSError, ValueError, KeyError) as error:
        return [f"{folder}: {error!r}"]


class Reader(threading.Thread):
    """Polls a store as long as it lives; what is seen must be whole from its first moment."""

    def __init__(self, out: Path) -> None:
        super().__init__(daemon=True)
        self.out, self.faults, self.n_looks = out, list[str](), 0
        self._seen: set[Path] = set()
        self._end = threading.Event()

    def __enter__(self) -> Reader:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._end.set()
        self.join()
        self.look(again=True)

    def run(self) -> None:
        while not self._end.wait(0.02):
            self.look()

    def look(self, *, again: bool = False) -> None:
        """Check what came since the last look, or everything."""
        self.n_looks += 1
        for folder in results(self.out):
            if again or folder not in self._seen:
                self._seen.add(folder)
                self.faults += complaints(folder)
        for file in [*self.out.glob("runs/[!.]*"), *self.out.glob("[!.]*.json")]:
            if again or file not in self._seen:
                self._seen.add(file)
                self._parse(file / "summary.json" if file.is_dir() else file)

    def _parse(self, file: Path) -> None:
        try:
            json.loads(file.read_bytes())
        except (OSError, ValueError) as error:
            self.faults.append(f"{file}: {error!r}")


def living(bench: Any) -> list[int]:
    """Return processes that were started by runs of this bench and still live."""
    mark = f"FAKE_BENCH={bench.folder}".encode()
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            state = (folder / "stat").read_text().rpartition(")")[2].split()[0]
            started = mark in (folder / "environ").read_bytes().split(b"\0")
        except OSError:
            continue
        if started and state != "Z":
            found.append(int(folder.name))
    return found


def wait_until_all_are_gone(bench: Any, seconds: float = 60.0) -> None:
    """Wait for children of a killed run, which end by themselves."""
    end = time.monotonic() + seconds
    while living(bench):
        assert time.monotonic() < end, f"processes outlive the run that was killed: {living(bench)}"
        time.sleep(0.02)


def kill_everything(bench: Any, process: subprocess.Popen[str]) -> None:
    """Kill the run with all its processes, as a machine that loses its power does."""
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    for pid in living(bench):
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)


def kill_parent(bench: Any, process: subprocess.Popen[str]) -> None:
    """Kill the first process alone; its children and their server live on."""
    process.kill()


def terminate(bench: Any, process: subprocess.Popen[str]) -> None:
    """Ask the run to end, as Slurm and systemd do."""
    process.terminate()


def end_after(
    bench: Any, fraction_s: float, how: Any, *words: str, seconds: float = 120.0
) -> int | None:
    """Start a run; end it so long after it touched its store. Return its code; None if too late."""
    process = bench.start("--jobs", "2", *words, start_new_session=True)
    while process.poll() is None and not bench.out.exists():
        time.sleep(0.005)
    try:
        process.wait(timeout=fraction_s)
        late = True
    except subprocess.TimeoutExpired:
        late = False
        how(bench, process)
    _, said = process.communicate(timeout=seconds)
    assert "Traceback" not in said, said
    return None if late else process.returncode


def unbroken(bench: Any) -> tuple[dict[str, bytes], float]:
    """Return the values of a run that nothing ends, and how long it was at its store."""
    process = bench.start("--jobs", "2", start_new_session=True)
    while process.poll() is None and not bench.out.exists():
        time.sleep(0.005)
    clock = time.monotonic()
    _, said = process.communicate(timeout=300)
    assert process.returncode == 0, said
    return values(bench.out), time.monotonic() - clock


def check_completed(bench: Any, expected: dict[str, bytes]) -> None:
    """Run again, with nothing done by hand, and compare with what an unbroken run gives."""
    summary = run_catalog(bench.path, out=bench.out, jobs=2)
    assert summary["exit_code"] == 0, summary["rows"]
    assert set(summary["counts"]) <= {"done", "cached"}
    found = len(results(bench.out)), len(summary["rows"])
    assert found == (N_JOBS, N_JOBS), f"{found} results and rows for {N_JOBS} jobs"
    assert (bench.out / summary["report"]).is_file()
    assert values(bench.out) == expected


def hidden(bench: Any) -> list[Path]:
    """Return what was left behind under temporary names."""
    return sorted(bench.out.rglob(".*"))


def limited(size: int) -> Any:
    """Return what gives a process a disk that is full after so many bytes per file."""

    def limit() -> None:
        import resource

        resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))

    return limit


def until(is_so: Any, process: subprocess.Popen[str]) -> None:
    """Wait for something to be so while a run lives."""
    while not is_so():
        assert process.poll() is None
        time.sleep(0.01)
