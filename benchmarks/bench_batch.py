"""What a catalog at scale costs: a cached run, a job's own overhead, two workers against one.

Run it on a quiet machine; each part alone takes some minutes at most:

    python benchmarks/bench_batch.py cached      # 500 entries whose results are there
    python benchmarks/bench_batch.py overhead    # start to result of a job that does nothing
    python benchmarks/bench_batch.py throughput  # 200 simulated entries, 1 and 2 workers
    python benchmarks/bench_batch.py results     # nk.results of 200 results, and its tree

With ``--keep`` and all parts (no name) the page of comparisons takes the figures up.
Jobs are those of the tests' recipes, which cost little themselves, and ``summary`` for the
throughput.
"""

from __future__ import annotations

import json
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from recorded import Results, keep_asked

SITE = Path(__file__).resolve().parents[1] / "tests" / "batch" / "site"
N_CACHED, N_JOBS, N_SIMULATED, N_RESULTS = 500, 60, 200, 200
ASKED = "what was asked for"
KEPT = Results("batch", "A catalog at scale", ["distributed", "h5netcdf"], "0 to 199 (entries)")


def start(bench: Any, *words: str) -> tuple[float, float]:
    """Run the catalog as a user does; return wall seconds and processor seconds."""
    begin, before = time.perf_counter(), os.times()
    done = bench.run(*words)
    if done.returncode:
        raise RuntimeError(done.stderr)
    after = os.times()
    used = after.children_user + after.children_system
    used -= before.children_user + before.children_system
    return time.perf_counter() - begin, used


def filled(bench: Any, n: int, recipe: str = "fake.noise", **params: Any) -> None:
    """Write a catalog of n recordings and one recipe."""
    names = [f"w{i:03d}" for i in range(n)]
    recipes = {"job": {"recipe": recipe, "params": params}}
    bench.write({"a": bench.dataset(*names, recipes=["job"])}, recipes)


class Instant:
    """Leaves the same small result for every job at once, so that only what is around it counts."""

    def __init__(self, result: bytes) -> None:
        self.n_jobs, self.result = 1, result
        self.running: dict[int, Any] = {}

    @property
    def free(self) -> int:
        return self.n_jobs - len(self.running)

    def submit(self, number: int, task: Any) -> None:
        self.running[number] = task

    def wait(self) -> list[tuple[int, Any]]:
        from neurokit.batch.jobs import Ended
        from neurokit.batch.store import MANIFEST
        from neurokit.io.atomic import write_json

        number, task = self.running.popitem()
        (task.workspace / "result.nc").write_bytes(self.result)
        listed = {"result.nc": {"bytes": len(self.result), "sha256": ""}}
        manifest = {**task.stamp, "started": "", "files": listed, "result": "result.nc"}
        write_json(task.workspace / MANIFEST, manifest)
        return [(number, Ended(manifest, None, 0.0, 0.0))]

    def close(self) -> None:
        self.running.clear()


def fill(bench: Any, n: int) -> None:
    """Put n results into the store of a catalog of n recordings."""
    from neurokit.batch.chosen import Choices
    from neurokit.batch.plan import Planner
    from neurokit.batch.schedule import Schedule
    from neurokit.batch.store import Store
    from neurokit.batch.watch import Limits, Watch
    from neurokit.catalog import Catalog

    filled(bench, 1)
    start(bench)
    (result,) = bench.out.rglob("result.nc")
    content = result.read_bytes()
    filled(bench, n)
    catalog, store = Catalog.read(bench.path), Store(bench.out.resolve())
    entry = catalog.datasets["a"]
    jobs = Planner(catalog, store, {}).jobs(entry, Choices(catalog).of(entry))
    Schedule(catalog, store, Instant(content), Limits(), Watch()).run(jobs)


def cached(bench: Any) -> None:
    """A run of 500 entries in which nothing is to be done."""
    fill(bench, N_CACHED)
    first = start(bench)  # builds the report of all of them
    again = sorted(start(bench) for _ in range(3))[1]
    assert bench.summary()["counts"] == {"cached": N_CACHED}
    print(f"{N_CACHED} cached jobs: {again[0]:.2f} s, {again[1]:.2f} s of processor (bar: 10 s)")
    print(f"the first of them, with the report of all: {first[0]:.1f} s, {first[1]:.1f} s")
    KEPT.add(f"{N_CACHED} entries whose results are there", ASKED, again[0], 10, unit="seconds")


def overhead(bench: Any) -> None:
    """From the start of a job to its result in the store, once the server of children is warm."""
    from neurokit.batch import run_catalog
    from neurokit.batch.watch import Watch

    class Clock(Watch):
        def __init__(self) -> None:
            self.begun: dict[str, float] = {}
            self.taken: list[float] = []

        def started(self, job: Any) -> None:
            self.begun[job.recording] = time.perf_counter()

        def ended(self, row: Any) -> None:
            self.taken.append(time.perf_counter() - self.begun[row["recording"]])

    filled(bench, N_JOBS, "fake.slow", seconds=0.0)
    clock = Clock()
    summary = run_catalog(bench.path, out=bench.out, jobs=1, watch=clock)
    assert summary["counts"] == {"done": N_JOBS}
    warm = clock.taken[5:]
    print(f"per job: median {statistics.median(warm):.3f} s, worst {max(warm):.3f} s (bar: 1 s)")
    KEPT.add(
        "a job that does nothing, start to result",
        ASKED,
        statistics.median(warm),
        1,
        unit="seconds",
        agreement=f"median of {len(warm)}",
    )


def throughput(bench: Any) -> None:
    """200 simulated entries: local and Dask, one worker and two."""
    from fake_catalog import entry

    simulated = {
        f"s{i:03d}": entry(
            simulate={"name": "recording", "modality": "calcium", "random_state": i},
            recipes=["work"],
        )
        for i in range(N_SIMULATED)
    }
    bench.write(simulated, {"work": {"recipe": "fake.work", "over": "dataset"}})
    for name, words in {"local": (), "dask": ("--dask", "local")}.items():
        seconds = []
        for workers in (1, 2):
            bench.out.rename(bench.folder / f"old-{name}-{workers}") if bench.out.exists() else None
            seconds.append(start(bench, "--jobs", str(workers), *words)[0])
        ratio = seconds[0] / seconds[1]
        print(
            f"{name}: {seconds[0]:.1f} s with 1 worker, {seconds[1]:.1f} s with 2: "
            f"{ratio:.2f} times (bar: 1.7)"
        )
        KEPT.add(
            f"{N_SIMULATED} simulated entries, two workers against one, {name}",
            ASKED,
            ratio,
            1.7,
            unit="times",
            better="higher",
            agreement=f"{seconds[0]:.0f} and {seconds[1]:.0f} s",
        )


def results(bench: Any) -> None:
    """`nk.results` of 200 results."""
    import neurokit as nk

    fill(bench, N_RESULTS)
    nk.results(bench.out)
    begin = time.perf_counter()
    found = nk.results(bench.out)
    opened = time.perf_counter() - begin
    begin = time.perf_counter()
    found.tree()
    tree = time.perf_counter() - begin
    print(f"{len(found)} results: opened in {opened:.2f} s (bar: 3 s), as one tree in {tree:.1f} s")
    KEPT.add(f"`nk.results` of {N_RESULTS} results", ASKED, opened, 3, unit="seconds")


PARTS: dict[str, Callable[[Any], None]] = {
    "cached": cached,
    "overhead": overhead,
    "throughput": throughput,
    "results": results,
}


def main() -> None:
    """Run the parts that are named, or all."""
    sys.path.insert(0, str(SITE))
    from fake_catalog import Bench

    keep = keep_asked()
    print(json.dumps({"load": os.getloadavg(), "processors": os.cpu_count()}))
    for name in sys.argv[1:] or PARTS:
        with tempfile.TemporaryDirectory() as folder:
            PARTS[name](Bench(Path(folder)))
    if keep:
        KEPT.keep()


if __name__ == "__main__":
    main()
