"""Reused child processes that open damaged files, each replaced when it dies or hangs."""

from __future__ import annotations

import json
import os
import select
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

CHILD = Path(__file__).with_name("fuzz_child.py")
# Imports alone take seconds on a busy machine; they are not the file's fault.
FIRST_S = 120.0
ONE_THREAD = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS")


class Child:
    """One process that answers requests, ended when an answer takes longer than `limit_s`."""

    def __init__(self, limit_s: float = 10.0) -> None:
        self.limit_s = limit_s
        self.started = 0
        self._process: subprocess.Popen[bytes] | None = None

    def ask(self, **request: Any) -> dict[str, Any]:
        """Return the verdict of a request; its outcome may be ``hang`` or ``crash``."""
        process = self._alive()
        assert process.stdin is not None
        begun = time.monotonic()
        try:
            process.stdin.write(json.dumps(request).encode() + b"\n")
            process.stdin.flush()
            line = self._line(process, self.limit_s)
        except (TimeoutError, BrokenPipeError, EOFError) as error:
            hung = isinstance(error, TimeoutError)
            return {"outcome": "hang" if hung else "crash", "code": self.close()}
        return {**json.loads(line), "seconds": time.monotonic() - begun}

    def _alive(self) -> subprocess.Popen[bytes]:
        if self._process is None:
            environment = {**os.environ, **dict.fromkeys(ONE_THREAD, "1"), "MPLBACKEND": "Agg"}
            self._process = subprocess.Popen(
                [sys.executable, str(CHILD)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                env=environment,
            )
            self.started += 1
            self._warm_up(self._process)
        return self._process

    def _warm_up(self, process: subprocess.Popen[bytes]) -> None:
        assert process.stdin is not None
        absent = {"path": "/nowhere", "loader": None, "options": {}}
        process.stdin.write(json.dumps(absent).encode() + b"\n")
        process.stdin.flush()
        self._line(process, FIRST_S)

    def _line(self, process: subprocess.Popen[bytes], limit_s: float) -> bytes:
        """Read one answer; answers come one at a time, so nothing waits behind it."""
        assert process.stdout is not None
        handle, parts, end = process.stdout.fileno(), [], time.monotonic() + limit_s
        while not parts or not parts[-1].endswith(b"\n"):
            ready, _, _ = select.select([handle], [], [], max(0.0, end - time.monotonic()))
            if not ready:
                raise TimeoutError
            parts.append(os.read(handle, 2**20))
            if not parts[-1]:
                raise EOFError
        return b"".join(parts)

    def close(self) -> int:
        """End the process, if there is one, and return its exit code."""
        process, self._process = self._process, None
        if process is None:
            return 0
        before = process.poll()
        process.kill()
        process.communicate()
        return process.returncode if before is None else before
