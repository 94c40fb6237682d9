"""What a report of a fault should say: versions of everything, and of the machine."""

from __future__ import annotations

import os
import platform
import re
import sys
from importlib import metadata
from typing import TextIO

from neurokit._version import __version__

DISTRIBUTION = "neurokit-xarray"
_THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS")


def show_versions(file: TextIO | None = None) -> None:
    """Print versions of Python, neurokit and what it is built on, to paste into a report.

    Nothing is imported for it: versions are those of the installed distributions, so that torch
    stays unloaded.

    Parameters
    ----------
    file : text file, optional
        Where to print; default the standard output.

    Examples
    --------
    >>> nk.show_versions()  # doctest: +ELLIPSIS
    neurokit ...
    """
    out = sys.stdout if file is None else file
    print(f"neurokit {__version__}", file=out)
    for name, value in _machine().items():
        print(f"{name:<14} {value}", file=out)
    for title, names in _requirements().items():
        print(f"\n{title}", file=out)
        for name in names:
            print(f"  {name:<20} {_version(name)}", file=out)


def _machine() -> dict[str, str]:
    limits = [f"{name}={os.environ[name]}" for name in _THREADS if name in os.environ]
    return {
        "python": f"{platform.python_version()} ({platform.python_implementation()})",
        "system": platform.platform(),
        "processors": str(os.cpu_count() or "unknown"),
        "threads": ", ".join(limits) or "not limited",
    }


def _requirements() -> dict[str, list[str]]:
    """Names by group: what is always needed, then each extra with what it adds."""
    try:
        lines = metadata.requires(DISTRIBUTION) or []
    except metadata.PackageNotFoundError:
        return {}
    groups: dict[str, list[str]] = {}
    known: set[str] = set()
    for line in lines:
        name = re.split(r"[\s;<>=!~\[(]", line, maxsplit=1)[0]
        extra = re.search(r"extra\s*==\s*['\"]([^'\"]+)['\"]", line)
        title = "always" if extra is None else f"extra {extra.group(1)}"
        # The extra `all` repeats what the others name.
        if name.lower() == DISTRIBUTION or name in known or title == "extra all":
            continue
        known.add(name)
        groups.setdefault(title, []).append(name)
    return groups


def _version(name: str) -> str:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return "not installed"
