"""A place for each of the 302 neurons in every recording, and what takes none of them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr

from neurokit.celegans.identity import identify_all, is_made_up
from neurokit.celegans.neurons import neurons
from neurokit.schema.columns import strings
from neurokit.schema.findings import Finding, findings_from_json, findings_to_json

_SHOWN = 12
_IRREGULAR = "NK820"
# What identify_all says of a label, where the loader has not said it already.
_ABOUT_LABELS = ("identity_confidence", "candidates")


def identified_traces(group: xr.Dataset) -> xr.Dataset:
    """Return a group whose neurons are named as in the literature.

    A trace is identified if its label is one certain neuron, no other trace claims that neuron,
    and the recording does not doubt it; a doubted label gets a ``?``. What stood in the file is
    kept as ``label``.
    """
    labels = [str(label) for label in group["neuron"].values]
    table = identify_all(labels)
    sure = table["identified"].to_numpy(dtype=bool)
    if "identified" in group.coords:
        sure = sure & np.asarray(group["identified"].values, dtype=bool)
    doubted = table["identified"].to_numpy(dtype=bool) & ~sure
    names = _marked(table["name"].tolist(), doubted)
    table.loc[doubted, "candidates"] = table.loc[doubted, "name"]
    table.loc[doubted, "identity_confidence"] = "unknown"
    new: dict[str, Any] = {
        name: ("neuron", strings(table[name])) for name in _ABOUT_LABELS if name not in group.coords
    }
    if "label" not in group.coords:
        new["label"] = ("neuron", strings("" if is_made_up(label) else label for label in labels))
    return group.assign_coords(neuron=names, identified=("neuron", sure), **new)


def _marked(names: list[str], doubted: np.ndarray[Any, np.dtype[np.bool_]]) -> list[str]:
    taken = set(names)
    out = []
    for name, doubt in zip(names, doubted, strict=True):
        marked = name
        while doubt and marked in taken:
            marked += "?"
        taken.add(marked)
        out.append(marked)
    return out


def in_canonical_order(group: xr.Dataset, keep_unidentified: bool) -> xr.Dataset:
    """Return a group with the 302 neurons in natural order, NaN where there is no trace.

    With `keep_unidentified` the traces that are not one certain neuron follow, in their order.
    """
    table = neurons()
    names = table["name"].tolist()
    sure = np.asarray(group["identified"].values, dtype=bool)
    rest = [str(n) for n, known in zip(group["neuron"].values, sure, strict=True) if not known]
    wanted = names + (rest if keep_unidentified else [])
    group = group.assign_coords(recorded=("neuron", np.ones(sure.size, dtype=bool)))
    out = placed(group, wanted)
    for column in ("neuron_class", "neuron_type"):
        known = table[column].tolist()
        told = out[column].values[len(names) :] if column in out.coords else [""] * len(rest)
        values = strings([*known, *told][: len(wanted)])
        out = out.assign_coords({column: ("neuron", values)})
    return out


def placed(group: xr.Dataset, names: Sequence[str]) -> xr.Dataset:
    """Return a group with these neurons; what is not there is NaN, False, -1 or ``""``."""
    fill = {
        str(name): _nothing(variable.dtype)
        for name, variable in group.variables.items()
        if "neuron" in variable.dims and name != "neuron"
    }
    out = group.reindex(neuron=pd.Index(names), fill_value=fill)
    # reindex gives objects for strings.
    text = {name: _as_text(out[name]) for name in out.coords if out[name].dtype.kind in "OTU"}
    return out.assign_coords(text)


def _nothing(dtype: np.dtype[Any]) -> Any:
    return {"f": np.nan, "b": False, "i": -1, "u": 0}.get(dtype.kind, "")


def _as_text(values: xr.DataArray) -> xr.Variable:
    return xr.Variable(values.dims, strings(values.values.tolist()), values.attrs)


def noticed(rec: xr.DataTree, findings: Sequence[Finding]) -> xr.DataTree:
    """Return a recording that carries further findings, without those on its old time axis."""
    noted = findings_from_json(str(rec.attrs.get("findings", "[]")))
    before = [f for f in noted if not (f.code == _IRREGULAR and f.where.startswith("/activity"))]
    if not noted and not findings:
        return rec
    out = rec.copy(deep=False)
    out.attrs = {**rec.attrs, "findings": findings_to_json([*before, *findings])}
    return out


def left_out(group: xr.Dataset, keep_unidentified: bool) -> list[Finding]:
    """Return findings on the traces that take no neuron's place."""
    sure = np.asarray(group["identified"].values, dtype=bool)
    rest = [str(name) for name in group["neuron"].values[~sure]]
    where, findings = "/activity neuron", []
    if not sure.any():
        found = f"none of the {sure.size} traces is one certain neuron"
        mend = "Identify them, or analyse this recording by itself with keep_unidentified=True."
        findings.append(Finding("NK817", "VIOLATION", where, found, mend))
    elif rest and not keep_unidentified:
        more = f" and {len(rest) - _SHOWN} more" if len(rest) > _SHOWN else ""
        found = f"{len(rest)} traces are not one certain neuron and are left out: "
        mend = "Keep them behind the 302 with keep_unidentified=True."
        findings.append(
            Finding("NK816", "SUGGESTION", where, found + ", ".join(rest[:_SHOWN]) + more, mend)
        )
    return findings
