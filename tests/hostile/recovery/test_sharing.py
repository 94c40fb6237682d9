"""Processes that run one catalog at once share its work; readers see old or new results."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from recovery_harness import complaints, hidden, results

import neurokit as nk

HERE = Path(__file__).parent
NAMES = ["w0", "w1", "w2"]
RECIPES = ["fake.mean", "fake.after", "fake.bulk"]
N_JOBS = len(NAMES) * len(RECIPES)
READER = """
import sys, threading
from pathlib import Path
from test_sharing import mixtures
over = threading.Event()
threading.Thread(target=lambda: (sys.stdin.read(), over.set()), daemon=True).start()
faults, looks, states = [], 0, set()
while not over.is_set():
    faults += mixtures(Path(sys.argv[1]), states)
    looks += 1
print(looks, len(states))
print("\\n".join(faults))
"""


def write_round(bench: Any, number: int) -> None:
    """Write the same catalog with other parameters, so that every key is new."""
    bench.write(
        {"a": bench.dataset(*NAMES, recipes=RECIPES)},
        {
            "fake.mean": {"recipe": "fake.mean", "params": {"power": number + 1}},
            "fake.bulk": {"recipe": "fake.bulk", "params": {"random_state": number}},
        },
    )


def mixtures(out: Path, states: set[object]) -> list[str]:
    """Return what is wrong with what a reader sees now; note which seeds it saw."""
    if not results(out):
        return []
    found = nk.results(out, check=False)
    faults = [f"{found.passed_over}"] if found.passed_over else []
    # Names have the recipe in them only once there are results of several.
    for row, name in zip(found.table.itertuples(), found.trees, strict=True):
        if row.recipe != "fake.bulk":
            continue
        seed = row.parameters["random_state"]
        states.add(seed)
        faults += complaints(out / row.path)
        values = found.trees[name]
        faults += [
            f"{row.path} {group} is not of seed {seed}"
            for group, expected in bulk(seed, row.recording).items()
            if not np.array_equal(values[f"{group}/values"].to_numpy(), expected)
        ]
    return faults


def bulk(seed: int, name: str) -> dict[str, np.ndarray[Any, Any]]:
    """Return what the recipe ``fake.bulk`` must give."""
    generator = np.random.default_rng([seed, *name.encode()])
    return {
        group: generator.normal(size=(4, 50_000)).astype(np.float32) for group in ("left", "right")
    }


def start_reader(bench: Any) -> subprocess.Popen[str]:
    """Start a process that reads results until its input ends."""
    return subprocess.Popen(
        [sys.executable, "-c", READER, str(bench.out)],
        env={**bench.environment(), "PYTHONPATH": str(HERE)},
        text=True,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )


@pytest.mark.parametrize(
    ("first", "n_rounds", "n_processes", "n_readers"),
    [
        pytest.param(0, 1, 4, 1, marks=pytest.mark.slow),
        *(pytest.param(first, 5, 8, 4, marks=pytest.mark.nightly) for first in (0, 5, 10, 15)),
    ],
)
def test_processes_that_share_a_store_compute_each_job_once(
    bench: Any, first: int, n_rounds: int, n_processes: int, n_readers: int
) -> None:
    readers = [start_reader(bench) for _ in range(n_readers)]
    for number in range(first, first + n_rounds):
        write_round(bench, number)
        processes = [bench.start("--jobs", "1") for _ in range(n_processes)]
        for process in processes:
            _, said = process.communicate(timeout=300)
            assert process.returncode == 0, said
        words = ("after", "bulk", "mean")
        assert bench.ran() == [f"{word} {name}" for word in words for name in NAMES]
    for reader in readers:
        said, wrong = reader.communicate("", timeout=60)
        assert wrong == ""
        counts, *faults = said.split("\n")
        looks, states = map(int, counts.split())
        assert [fault for fault in faults if fault] == []
        assert looks > n_rounds
        assert states == n_rounds
    check_summaries(bench, n_rounds * n_processes)
    assert len(results(bench.out)) == n_rounds * N_JOBS
    assert hidden(bench) == []


def check_summaries(bench: Any, n_runs: int) -> None:
    """Every process has a summary; each job is done in one of a round and cached in the others."""
    files = list(bench.out.glob("runs/*/summary.json"))
    assert len(files) == n_runs
    rows = [row for file in files for row in json.loads(file.read_text())["rows"]]
    keys = [row["key"] for row in rows if row["status"] == "done"]
    assert len(keys) == len(set(keys))
    assert {row["status"] for row in rows} == {"done", "cached"}
