"""Checks of who a neuron is said to be: known, one trace each, and not both certain and doubted."""

from __future__ import annotations

import csv
import re
from collections import defaultdict
from collections.abc import Iterator
from functools import cache
from importlib.resources import files

import numpy as np
import xarray as xr

from neurokit.errors import suggest
from neurokit.schema.checks import Code, check, shown, signals
from neurokit.schema.findings import Finding

UNKNOWN_IDENTITY = Code("NK205", "VIOLATION")
TWO_OF_ONE_IDENTITY = Code("NK206", "CRITICAL")
IDENTITY_CONTRADICTS = Code("NK207", "VIOLATION")
FLAG_DTYPE = Code("NK208", "VIOLATION")

WORM = "Caenorhabditis elegans"
FLAGS = ("identified", "bad", "held_out")
_REPEAT = re.compile(r"(.+?)[-_ ]\d+")
_PADDED = re.compile(r"([A-Z]+?)0+([1-9]\d*)")


@cache
def worm_neurons() -> frozenset[str]:
    """Return the names of the 302 neurons, from the table that `neurokit.celegans` reads too.

    The table is read, not its room, which lies above this one.
    """
    table = files("neurokit").joinpath("celegans", "neurons.csv").read_text(encoding="utf-8")
    return frozenset(row[0] for row in list(csv.reader(table.splitlines()))[1:])


@check
def flags(rec: xr.DataTree, deep: bool) -> Iterator[Finding]:
    """What is true or false is bool: any text, also "False", counts as true."""
    for path, group in signals(rec):
        for name in FLAGS:
            if name in group.variables and group[name].dtype != bool:
                found = f"dtype is {group[name].dtype}"
                yield FLAG_DTYPE.at(f"{path}/{name}", found, "Make it bool.")


@check
def identities(rec: xr.DataTree, deep: bool) -> Iterator[Finding]:
    """An identified neuron is a known one, has one trace, and nobody doubts it."""
    for path, group in signals(rec):
        if "neuron" not in group.coords or "identified" not in group.coords:
            continue
        if group["identified"].dims != ("neuron",) or group["identified"].dtype != bool:
            continue
        sure = group["identified"].values
        names = np.array([str(name) for name in group["neuron"].values])
        if rec.attrs.get("species") == WORM:
            yield from _unknown(path, names[sure])
            yield from _claimed_twice(path, names[sure])
        yield from _contradictions(path, group, names, sure)


def _unknown(path: str, names: np.ndarray[tuple[int], np.dtype[np.str_]]) -> Iterator[Finding]:
    # A name that another trace claims too is that fault, not this one.
    unknown = [name for name in names if _one_name(name) not in worm_neurons()]
    unpadded = [name for name in names if _PADDED.fullmatch(name) and name not in unknown]
    if unknown or unpadded:
        first = (unknown or unpadded)[0]
        near = suggest(_PADDED.sub(r"\1\2", first), worm_neurons())
        found = f"{shown(unknown + unpadded)}: no name of the 302 neurons{near}"
        mend = "Name it as nk.celegans.identify does, or set identified to False."
        yield UNKNOWN_IDENTITY.at(f"{path}/neuron", found, mend)


def _one_name(name: str) -> str:
    """Return a neuron's name without zero padding and without the number of a repeat."""
    match = _REPEAT.fullmatch(name)
    base = match.group(1) if match else name
    return _PADDED.sub(r"\1\2", base) if _PADDED.fullmatch(base) else base


def _claimed_twice(
    path: str, names: np.ndarray[tuple[int], np.dtype[np.str_]]
) -> Iterator[Finding]:
    claims = defaultdict(list)
    for name in names:
        claims[_one_name(name)].append(str(name))
    for neuron, traces in claims.items():
        if len(traces) > 1:
            found = f"{shown(traces)} are all identified as {neuron}"
            mend = "Set identified to False for each of them, with the neuron in candidates."
            yield TWO_OF_ONE_IDENTITY.at(f"{path}/neuron", found, mend)


def _contradictions(
    path: str,
    group: xr.Dataset,
    names: np.ndarray[tuple[int], np.dtype[np.str_]],
    sure: np.ndarray[tuple[int], np.dtype[np.bool_]],
) -> Iterator[Finding]:
    doubted = np.char.find(names, "?") >= 0
    for column, doubtful in (("candidates", None), ("identity_confidence", _DOUBTS)):
        if column in group.coords and group[column].dims == ("neuron",):
            values = np.array([str(value) for value in group[column].values])
            doubted |= values != "" if doubtful is None else np.isin(values, doubtful)
    both = sure & doubted
    if both.any():
        found = f"{shown(names[both])}: identified, and in doubt all the same"
        mend = "What has candidates, a ? or no exact confidence has identified False."
        yield IDENTITY_CONTRADICTS.at(f"{path}/identified", found, mend)


_DOUBTS = ["unknown", "lateral-ambiguous"]
