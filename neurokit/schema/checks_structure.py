"""Checks of groups, dims, dtypes and attributes: what must hold before anything else."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd
import xarray as xr

from neurokit.schema.checks import Code, check, groups, shown, signals
from neurokit.schema.findings import Finding
from neurokit.schema.names import GROUPS, ROOT_ATTRS, SCHEMA, SPACE_DIMS

SCHEMA_NAME = Code("NK001", "CRITICAL")
UNKNOWN_GROUP = Code("NK002", "VIOLATION")
ROOT_HOLDS_DATA = Code("NK003", "VIOLATION")
ATTRIBUTE_TYPE = Code("NK004", "VIOLATION")
MISSING_ATTRIBUTE = Code("NK005", "VIOLATION")
DTYPE = Code("NK006", "VIOLATION")
INDEX = Code("NK007", "VIOLATION")
NO_SIGNAL = Code("NK008", "CRITICAL")
NO_GROUP = Code("NK009", "CRITICAL")
MIXED_GROUP = Code("NK017", "VIOLATION")
DIMS = Code("NK110", "CRITICAL")
ORIENTATION = Code("NK111", "SUGGESTION")

_ALLOWED_DIMS = {
    ("time", "neuron"),
    ("time", "channel"),
    ("trial", "time", "neuron"),
    ("trial", "time", "channel"),
    ("condition", "time", "channel"),
    ("condition", "time", "neuron"),
}


@check
def root(rec: xr.DataTree, deep: bool) -> Iterator[Finding]:
    """The root says what schema it keeps, carries all attributes and no data."""
    if rec.attrs.get("schema") != SCHEMA:
        found = f"schema is {rec.attrs.get('schema')!r}"
        yield SCHEMA_NAME.at("/", found, f"Build recordings with neurokit.schema ({SCHEMA}).")
    missing = [name for name in ROOT_ATTRS if name not in rec.attrs]
    if missing:
        yield MISSING_ATTRIBUTE.at("/", f"attributes are missing: {shown(missing)}", "Add them.")
    if rec.to_dataset(inherit=False).variables:
        names = shown(rec.to_dataset(inherit=False).variables)
        yield ROOT_HOLDS_DATA.at("/", f"the root holds {names}", "Move them into a group.")
    if not any(True for _ in groups(rec)):
        yield NO_GROUP.at("/", "no group holds anything", f"Give one of {', '.join(GROUPS)}.")
    for name in rec.children:
        if name not in GROUPS:
            mend = f"Groups are {', '.join(GROUPS)}; other signals go below /auxiliary."
            yield UNKNOWN_GROUP.at(f"/{name}", "the group is not of the contract", mend)


@check
def attributes(rec: xr.DataTree, deep: bool) -> Iterator[Finding]:
    """Attributes hold str, int or finite float, so that every store gives them back."""
    for node in rec.subtree:
        group = node.to_dataset(inherit=False)
        owners = {node.path: group.attrs}
        owners |= {f"{node.path.rstrip('/')}/{n}": v.attrs for n, v in group.variables.items()}
        for where, attrs in owners.items():
            for key, value in attrs.items():
                plain = type(value) in (str, int, float)
                if not plain or (isinstance(value, float) and not np.isfinite(value)):
                    found = f"attribute {key!r} is {value!r} ({type(value).__name__})"
                    mend = "Use str, int or finite float; write lists as JSON strings."
                    yield ATTRIBUTE_TYPE.at(where, found, mend)


@check
def dtypes(rec: xr.DataTree, deep: bool) -> Iterator[Finding]:
    """Values are float32, float64, int, bool or fixed-width strings."""
    for path, group in groups(rec):
        for name, variable in group.variables.items():
            where = f"{path}/{name}"
            if variable.dtype == np.float16:
                yield DTYPE.at(
                    where, "dtype is float16, too coarse for time or traces", "Use float32."
                )
            elif variable.dtype.kind not in "fiubU":
                yield DTYPE.at(where, f"dtype is {variable.dtype}", "Use numbers or strings.")
        for dim, index in group.indexes.items():
            if isinstance(index, pd.MultiIndex | pd.CategoricalIndex):
                kind = type(index).__name__
                mend = "Use one plain column per level."
                yield INDEX.at(f"{path}/{dim}", f"index is a {kind}, which no store keeps", mend)


@check
def dims(rec: xr.DataTree, deep: bool) -> Iterator[Finding]:
    """Signals are ordered trial, time, space."""
    if "activity" in rec.children and "signal" not in rec["activity"].data_vars:
        names = shown(rec["activity"].data_vars) or "nothing"
        yield NO_SIGNAL.at("/activity", f"it holds {names}, no signal", "Call the traces signal.")
    for path, group in signals(rec):
        found = tuple(str(d) for d in group["signal"].dims)
        if found not in _ALLOWED_DIMS:
            mend = 'Order them with transpose("trial", "time", space) and name the space '
            yield DIMS.at(f"{path}/signal", f"dims are {found}", mend + "neuron or channel.")
        space = [d for d in SPACE_DIMS if d in group.dims]
        if space and "time" in group.dims and path == "/activity":
            n_time, n_space = group.sizes["time"], group.sizes[space[0]]
            if n_space > n_time > 1:
                found_shape = f"{n_space} {space[0]}s but only {n_time} samples"
                mend = "Check that the file is not transposed."
                yield ORIENTATION.at(f"{path}/signal", found_shape, mend)


@check
def clocks(rec: xr.DataTree, deep: bool) -> Iterator[Finding]:
    """A group holds variables on one clock or children on several, never both."""
    for name, node in rec.children.items():
        if node.children and node.data_vars:
            found = f"it holds {shown(node.data_vars)} beside the groups {shown(node.children)}"
            yield MIXED_GROUP.at(f"/{name}", found, "Move the variables into a group of their own.")
