"""A second run of an unchanged catalog: all cached, nothing started, rewritten or imported."""

from __future__ import annotations

import importlib
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

SITE = Path(__file__).parents[1] / "batch" / "site"
HEAVY = {"xarray", "mne", "matplotlib", "scipy", "pandas", "pynwb", "h5py", "zarr", "dask"}
# Says what was imported and which processes were started, after the run, on standard error.
WATCHED = """
import json, sys
started = []
sys.addaudithook(
    lambda event, args: started.append(event)
    if event in ("os.fork", "os.forkpty", "os.posix_spawn", "subprocess.Popen", "os.exec")
    else None
)
from neurokit.cli import main
code = main()
loaded = sorted({name.partition(".")[0] for name in sys.modules})
print(json.dumps({"loaded": loaded, "started": started}), file=sys.stderr)
sys.exit(code)
"""


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    folder = tmp_path_factory.mktemp("bench")
    with pytest.MonkeyPatch.context() as patched:
        patched.syspath_prepend(SITE)
        patched.setenv("NEUROKIT_CACHE", str(folder / "cache"))
        patched.delenv("NEUROKIT_MIRROR", raising=False)
        yield after_a_first_run(folder)


def after_a_first_run(folder: Path) -> Any:
    made = importlib.import_module("fake_catalog").Bench(folder)
    simulate = {"name": "worms", "n_animals": 2, "n_neurons": 12, "random_state": 0}
    recipes = ["fake.mean", "fake.after", "fake.compare"]
    made.write(
        {
            "a": made.dataset("w1", "w2", recipes=recipes),
            "s": {**made.dataset(recipes=["fake.mean"]), "simulate": simulate},
        }
    )
    first = made.run()
    assert first.returncode == 0, first.stderr
    return made


def state(folder: Path) -> dict[str, tuple[int, int, int]]:
    found = {}
    for path in folder.rglob("*"):
        if path.is_file():
            stat = path.stat()
            found[str(path)] = (stat.st_mtime_ns, stat.st_ino, stat.st_size)
    return found


def watched(bench: Any) -> tuple[subprocess.CompletedProcess[str], dict[str, list[str]]]:
    command = bench.command()
    command[command.index("-c") + 1] = WATCHED
    done = subprocess.run(
        command,
        env=bench.environment(),
        cwd=bench.folder,
        capture_output=True,
        text=True,
        check=False,
    )
    return done, json.loads(done.stderr.splitlines()[-1])


def seconds(bench: Any, command: list[str]) -> float:
    clock = time.perf_counter()
    subprocess.run(command, env=bench.environment(), capture_output=True, check=True)
    return time.perf_counter() - clock


def test_a_second_run_starts_no_process_and_imports_nothing_heavy(bench: Any) -> None:
    before, report = state(bench.out), bench.summary()["report"]
    bench.tally.unlink()
    for file in [*(bench.folder / "data").iterdir(), bench.path]:
        os.utime(file, (0, 0))
    done, seen = watched(bench)
    assert done.returncode == 0
    assert set(bench.statuses()) == {"cached"}
    assert seen["started"] == []
    assert HEAVY.isdisjoint(seen["loaded"])
    assert not bench.tally.exists()
    after = state(bench.out)
    assert {path: after[path] for path in before} == before
    (new,) = set(after) - set(before)
    assert Path(new).name == "summary.json"
    assert bench.summary()["report"] == report
    assert str(bench.out / report) in done.stdout


def test_a_second_run_takes_less_than_three_imports_of_xarray(bench: Any) -> None:
    # The least of several, in turn: other work on the machine only ever adds time.
    runs, imports = [], []
    for _ in range(4):
        runs.append(seconds(bench, bench.command()))
        imports.append(seconds(bench, [sys.executable, "-c", "import xarray"]))
    assert min(runs) < 3 * min(imports)
