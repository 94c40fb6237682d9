"""A connectome on the neurons of a recording of activity, matched by label."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import xarray as xr

from neurokit.errors import LabelError, SchemaError
from neurokit.schema import Finding, add_history, findings_from_json, findings_to_json

_SHOWN = 12


def match_connectome(connectome: xr.DataTree, rec: xr.DataTree) -> xr.DataTree:
    """Return a connectome on the neurons of a recording, in their order.

    So that ``weight[:, i, j]`` belongs to columns i and j of the signal. Labels are matched
    exactly, and only those that are identified: a trace that is called ``AVA?`` has no synapses
    that are known.

    Parameters
    ----------
    connectome : DataTree
        With ``/connectome``.
    rec : DataTree
        With ``/activity`` over neurons.

    Returns
    -------
    DataTree
        The connectome with pre and post the neurons of `rec`; NaN where one is not identified or
        the connectome does not hold it. Nothing is lost in silence: the attr ``not_matched`` (JSON)
        lists such neurons, ``not_recorded`` the cells of the connectome that `rec` does not hold.

    Raises
    ------
    SchemaError
        If a group is missing.
    LabelError
        If no label is shared.

    Examples
    --------
    >>> from neurokit.simulate import recording
    >>> worm = recording("calcium", n_channels=5, random_state=0)
    >>> matched = match_connectome(recording("connectome", random_state=0), worm)
    >>> matched["connectome"]["pre"].values.tolist() == worm.activity.neuron.values.tolist()
    True
    """
    names, identified = _neurons(rec)
    if "connectome" not in connectome.children:
        raise SchemaError("has no /connectome", where="connectome", mend="Give one that has it.")
    group = connectome["connectome"].to_dataset()
    held = {str(name) for side in ("pre", "post") for name in group[side].values}
    matched = [
        name if sure and name in held else "" for name, sure in zip(names, identified, strict=True)
    ]
    if not any(matched):
        raise LabelError(
            f"no neuron of the recording is in the connectome: {', '.join(names[:5])}",
            where="rec",
            mend="Open it with its identities.",
        )
    chosen = _on(group, names, matched)
    lost = [name for name, found in zip(names, matched, strict=True) if not found]
    absent = sorted(held - set(matched))
    tree = connectome.copy()
    tree["connectome"] = type(connectome)(chosen)
    tree.attrs |= {"not_matched": json.dumps(lost), "not_recorded": json.dumps(absent)}
    return _said(add_history(tree, "celegans.match_connectome"), lost, len(absent))


def _neurons(rec: xr.DataTree) -> tuple[list[str], list[bool]]:
    if "activity" not in rec.children or "neuron" not in rec["activity"].coords:
        raise SchemaError(
            "has no /activity over neurons", where="rec", mend="Give a recording of neurons."
        )
    group = rec["activity"].to_dataset()
    names = [str(name) for name in group["neuron"].values]
    if "identified" not in group.coords:
        return names, [True] * len(names)
    return names, [bool(sure) for sure in group["identified"].values]


def _on(group: xr.Dataset, names: list[str], matched: list[str]) -> xr.Dataset:
    """Return the group on `names`, taking from it those that are matched."""
    for side in ("pre", "post"):
        there = {str(name): place for place, name in enumerate(group[side].values)}
        places = [there.get(name, -1) for name in matched]
        missing = np.array([place < 0 for place in places])
        taken = group.isel({side: places}).assign_coords({side: names})
        blanked = {
            str(name): _blanked(variable, side, missing, str(name))
            for name, variable in taken.variables.items()
            if side in variable.dims and name != side
        }
        coords = {name: value for name, value in blanked.items() if name in taken.coords}
        data = {name: value for name, value in blanked.items() if name in taken.data_vars}
        group = taken.assign(data).assign_coords(coords)
    return group


def _blanked(variable: xr.Variable, side: str, missing: Any, name: str) -> xr.Variable:
    """Return a variable with what was not matched blank: NaN, no sources, "", a neuron."""
    blank: Any = {"f": np.nan, "i": 0, "b": False}.get(variable.dtype.kind, "")
    if name.endswith("_type"):
        blank = "neuron"  # only neurons are recorded
    values = np.array(variable.values)
    if isinstance(blank, str):
        values = values.astype(np.promote_types(values.dtype, f"<U{max(len(blank), 1)}"))
    values[tuple(missing if dim == side else slice(None) for dim in variable.dims)] = blank
    return xr.Variable(variable.dims, values, variable.attrs)


def _said(tree: xr.DataTree, lost: list[str], absent: int) -> xr.DataTree:
    """Add findings on what has no counterpart."""
    findings = findings_from_json(str(tree.attrs.get("findings", "[]")))
    if lost:
        more = f" and {len(lost) - _SHOWN} more" if len(lost) > _SHOWN else ""
        found = f"{len(lost)} neurons have no counterpart: {', '.join(lost[:_SHOWN])}{more}"
        mend = "Their weights are NaN; the attr not_matched lists them all."
        findings.append(Finding("NK849", "SUGGESTION", "/connectome", found, mend))
    if absent:
        found = f"{absent} cells of the connectome were not recorded"
        mend = "They are left out; the attr not_recorded lists them."
        findings.append(Finding("NK849", "SUGGESTION", "/connectome", found, mend))
    if findings:
        tree.attrs["findings"] = findings_to_json(findings)
    return tree
