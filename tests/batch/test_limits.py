from __future__ import annotations

import os
import subprocess
import sys
import time

import numpy as np
import pytest

from neurokit.batch import limits

posix = pytest.mark.skipif(sys.platform == "win32", reason="POSIX limits")
linux = pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")


def test_libraries_are_pinned_while_children_start_and_free_afterwards(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("OMP_NUM_THREADS", "7")
    monkeypatch.delenv("NUMBA_NUM_THREADS", raising=False)
    with limits.one_thread_environment():
        assert {os.environ[name] for name in limits.ONE_THREAD} >= {"1", "Agg", "synchronous"}
        assert os.environ["OMP_NUM_THREADS"] == "1"
    assert os.environ["OMP_NUM_THREADS"] == "7"
    assert "NUMBA_NUM_THREADS" not in os.environ


@linux
def test_resident_memory_grows_with_what_is_held() -> None:
    before = limits.resident_mb(os.getpid())
    held = np.ones(2**23)  # 64 MB
    assert limits.resident_mb(os.getpid()) - before == pytest.approx(64, abs=8)
    assert limits.own_peak_mb() >= before
    del held


def test_a_process_that_is_gone_holds_nothing() -> None:
    process = subprocess.Popen([sys.executable, "-c", ""])
    process.wait()
    assert limits.resident_mb(process.pid) == 0
    limits.end_group(process.pid)


def run_limited(code: str, time_limit_s: float = 60, memory_mb: float = 1000) -> tuple[int, float]:
    start = (
        "from neurokit.batch import limits\n"
        "limits.GRACE_S = 0.0\n"
        f"limits.enter_job({time_limit_s}, {memory_mb})\n"
    )
    clock = time.perf_counter()
    done = subprocess.run([sys.executable, "-c", start + code], check=False, capture_output=True)
    return done.returncode, time.perf_counter() - clock


@posix
def test_compiled_code_that_hangs_is_ended_by_the_system() -> None:
    # pow holds the interpreter's lock: neither threads nor Python's handlers would run.
    code, seconds = run_limited("pow(3, 10**9)", time_limit_s=0.5)
    assert code < 0
    assert seconds < 20


@linux
def test_an_allocation_above_the_limit_raises_and_one_below_does_not() -> None:
    code = "import sys\ntry:\n    x = bytearray({} * 2**20)\nexcept MemoryError:\n    sys.exit(7)"
    assert run_limited(code.format(400), memory_mb=200)[0] == 7
    assert run_limited(code.format(100), memory_mb=200)[0] == 0


@posix
def test_a_job_leads_a_group_that_ends_as_a_whole() -> None:
    code = (
        "import os, subprocess, sys, time\n"
        "from neurokit.batch.limits import enter_job\n"
        "enter_job(60, 1000)\n"
        "inner = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(60)'])\n"
        "print(inner.pid, flush=True)\n"
        "time.sleep(60)\n"
    )
    job = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True)
    assert job.stdout is not None
    inner = int(job.stdout.readline())
    limits.end_group(job.pid)
    job.communicate()
    for _ in range(100):
        if not is_running(inner):
            break
        time.sleep(0.05)
    assert not is_running(inner)


def is_running(pid: int) -> bool:
    """Whether a process lives; one that nobody has waited for is dead all the same."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    state = limits.Path(f"/proc/{pid}/stat")
    return not state.exists() or state.read_text().rpartition(")")[2].split()[0] != "Z"


@posix
def test_termination_waits_outside_and_reaches_neither_the_server_nor_a_job(
    bench_of_signals: str,
) -> None:
    done = subprocess.run(
        [sys.executable, "-c", bench_of_signals], check=False, capture_output=True, text=True
    )
    assert done.stdout.split() == ["held", "child", "lived", "heeded", "job", "-15"]


@pytest.fixture
def bench_of_signals() -> str:
    return """
import os, signal, subprocess, sys
from neurokit.batch.limits import enter_job, without_termination
signal.signal(signal.SIGTERM, lambda *_: print("heeded", flush=True))
server = "import time; print('child', flush=True); time.sleep(0.3); print('lived', flush=True)"
with without_termination():
    os.kill(os.getpid(), signal.SIGTERM)
    print("held", flush=True)
    child = subprocess.Popen([sys.executable, "-c", server], stdout=subprocess.PIPE, text=True)
    print(child.stdout.readline(), end="", flush=True)
    child.terminate()
    print(child.stdout.readline(), end="", flush=True)
enter_job(60, 1000)
os.kill(os.getpid(), signal.SIGTERM)
print("job", flush=True)
inner = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
inner.terminate()
print(inner.wait())
"""
