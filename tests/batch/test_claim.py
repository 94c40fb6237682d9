from __future__ import annotations

import subprocess
import sys
import threading
from pathlib import Path

from neurokit.batch.claim import claim

HOLD = """
import sys, time
from pathlib import Path
from neurokit.batch.claim import claim
held = claim(Path(sys.argv[1]))
print("held" if held else "taken", flush=True)
time.sleep(60)
"""


def test_only_one_holds_a_claim(tmp_path: Path) -> None:
    path = tmp_path / "a" / "b" / ".key.lock"
    first = claim(path)
    assert first is not None
    assert claim(path) is None
    first.release()
    second = claim(path)
    assert second is not None
    second.release()


def test_a_released_claim_leaves_no_file(tmp_path: Path) -> None:
    held = claim(tmp_path / ".key.lock")
    assert held is not None
    held.release()
    assert list(tmp_path.iterdir()) == []


def test_a_killed_process_holds_nothing(tmp_path: Path) -> None:
    path = tmp_path / ".key.lock"
    process = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(path)], stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "held\n"
    assert claim(path) is None
    process.kill()
    process.communicate()
    held = claim(path)
    assert held is not None
    held.release()


def test_threads_that_take_turns_never_hold_together(tmp_path: Path) -> None:
    # Each unlinks the file as it leaves, which is where a careless lock lets two in.
    path, inside, most = tmp_path / ".key.lock", [0], [0]

    def work() -> None:
        done = 0
        while done < 200:
            held = claim(path)
            if held is None:
                continue
            inside[0] += 1
            most[0] = max(most[0], inside[0])
            inside[0] -= 1
            held.release()
            done += 1

    threads = [threading.Thread(target=work) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert most[0] == 1
