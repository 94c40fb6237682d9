"""The register of checks: each is one function from a recording to findings."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import NamedTuple

import xarray as xr

from neurokit.schema.findings import Finding, Severity

Check = Callable[[xr.DataTree, bool], Iterator[Finding]]

CHECKS: dict[str, Check] = {}


class Code(NamedTuple):
    """A code with the severity that it always has."""

    code: str
    severity: Severity

    def at(self, where: str, found: str, mend: str) -> Finding:
        """Return a finding of this code."""
        return Finding(self.code, self.severity, where, found, mend)


def check(function: Check) -> Check:
    """Register a check under its name."""
    CHECKS[function.__name__] = function
    return function


def groups(rec: xr.DataTree) -> Iterator[tuple[str, xr.Dataset]]:
    """Yield every group that holds variables, with its path."""
    for node in rec.subtree:
        if node.path != "/" and node.has_data:
            yield node.path, node.to_dataset(inherit=False)


def group_at(rec: xr.DataTree, name: str) -> xr.Dataset | None:
    """Return a child group, None where there is none."""
    node = rec.children.get(name)
    return None if node is None else node.to_dataset(inherit=False)


def signals(rec: xr.DataTree) -> Iterator[tuple[str, xr.Dataset]]:
    """Yield ``/activity`` and the groups of ``/auxiliary`` that hold a signal."""
    for path, group in groups(rec):
        if (path == "/activity" or path.startswith("/auxiliary/")) and "signal" in group:
            yield path, group


def shown(values: object, most: int = 5) -> str:
    """Return the first few of some labels, and how many more there are."""
    items = [str(v) for v in values]  # type: ignore[attr-defined]
    more = f" and {len(items) - most} more" if len(items) > most else ""
    return ", ".join(items[:most]) + more
