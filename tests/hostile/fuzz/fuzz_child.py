"""A child that opens damaged files: one request per line in, one verdict per line out.

It is reused for many files, under limits that the system keeps: memory, and no core dumps. How
long a request may take is the parent's affair, which ends a child that hangs.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import resource
import sys
import traceback
import warnings
from pathlib import Path
from typing import Any

import numpy as np

import neurokit as nk
from neurokit.errors import NeurokitError

MEMORY_MB = 2000


def limit_memory() -> None:
    """Allow `MEMORY_MB` of private writable memory altogether; mapped files do not count."""
    resource.setrlimit(resource.RLIMIT_DATA, (MEMORY_MB * 2**20, MEMORY_MB * 2**20))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def digest_of(rec: Any) -> str:
    """Load everything and return a hash of names, dims, dtypes and values."""
    total = hashlib.sha256()
    for node in rec.subtree:
        group = node.to_dataset(inherit=False)
        for name in sorted(map(str, group.variables)):
            variable = group.variables[name]
            values = np.asarray(variable.values)
            total.update(repr((node.path, name, variable.dims, values.shape)).encode())
            raw = values.tobytes() if values.dtype.kind not in "OT" else repr(values.tolist())
            total.update(raw if isinstance(raw, bytes) else raw.encode())
    return total.hexdigest()


def attempt(request: dict[str, Any]) -> dict[str, Any]:
    """Say what is in the file, open it, load everything, validate it."""
    path, loader = Path(request["path"]), request["loader"]
    info_error = None
    try:
        nk.info(path, loader=loader)
    except NeurokitError as error:
        info_error = problem(error)
    rec = nk.open(path, loader=loader, **request["options"])
    digest = digest_of(rec)
    found = sorted({f"{f.code} {f.where} {f.found}" for f in nk.validate(rec)})
    return {"outcome": "read", "digest": digest, "findings": found, "info": info_error}


def problem(error: BaseException) -> dict[str, Any]:
    """Describe an error, with where it came from if it is none of ours."""
    return {
        "outcome": "error",
        "ours": isinstance(error, NeurokitError),
        "class": type(error).__name__,
        "message": str(error),
        "mend": getattr(error, "mend", ""),
        "trace": "".join(traceback.format_exception(error)[-6:]),
    }


def judge(request: dict[str, Any]) -> dict[str, Any]:
    """Run one request; whatever it raises is part of the verdict."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            verdict = attempt(request)
        except BaseException as error:  # noqa: BLE001  any other class is what is looked for
            verdict = problem(error)
    # A warning that a user would see beside the recording says something that no finding says.
    verdict["warnings"] = sorted({f"{w.category.__name__}: {w.message}"[:200] for w in caught})
    verdict["memory_mb"] = held_mb()
    return verdict


def held_mb() -> float:
    """Return the largest resident size so far, and start to count anew."""
    peak = 0.0
    for line in Path("/proc/self/status").read_text(encoding="ascii").splitlines():
        if line.startswith("VmHWM"):
            peak = int(line.split()[1]) / 1024
    with contextlib.suppress(OSError):
        Path("/proc/self/clear_refs").write_text("5", encoding="ascii")
    return peak


def main() -> None:
    """Answer requests until there are no more; standard output carries verdicts only."""
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)  # what compiled code prints must not come between
    limit_memory()
    for line in sys.stdin:
        answers.write(json.dumps(judge(json.loads(line))) + "\n")
        answers.flush()


if __name__ == "__main__":
    main()
