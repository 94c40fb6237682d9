"""Plans of re-referencing, read off the labels of a signal: who is subtracted from whom.

No value is touched here; what is left out, and why, goes into the notes of a plan.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import numpy as np
import numpy.typing as npt
import xarray as xr

from neurokit.errors import LabelError, SchemaError
from neurokit.schema.contacts import CONTACT_TYPES, contact_coordinates
from neurokit.schema.select import require_one_unit
from neurokit.signal.montages import (
    distances,
    neighbours,
    sharing,
    subtract_means,
    subtract_pairs,
    uneven,
)

Index = npt.NDArray[np.int64]

REFERENCED = ("EEG", *CONTACT_TYPES)
"""Channel types that measure a potential against a reference; all others pass as they are."""


@dataclass
class Plan:
    """What becomes of the channels: pairs first, then those that are kept."""

    core: Callable[[npt.NDArray[Any]], npt.NDArray[Any]]
    kept: Index
    first: Index = field(default_factory=lambda: np.empty(0, dtype=np.int64))
    second: Index = field(default_factory=lambda: np.empty(0, dtype=np.int64))
    notes: list[tuple[str, str]] = field(default_factory=list)


def _types(signal: xr.DataArray) -> npt.NDArray[np.str_]:
    return np.asarray(signal["channel_type"].values, dtype=np.str_)


def _good(signal: xr.DataArray) -> npt.NDArray[np.bool_]:
    if "bad" not in signal.coords:
        return np.ones(signal.sizes["channel"], dtype=bool)
    return ~np.asarray(signal["bad"].values, dtype=bool)


def contacts_of(signal: xr.DataArray) -> dict[str, npt.NDArray[Any]]:
    """``shaft`` and ``contact`` of each channel, as coordinates say or else as names do."""
    if {"shaft", "contact"} <= set(signal.coords):
        return {name: np.asarray(signal[name].values) for name in ("shaft", "contact")}
    found = contact_coordinates(signal["channel"].values.tolist(), _types(signal).tolist())
    if not found:
        raise LabelError(
            "no channel of a type SEEG, ECOG or DBS has the name of a contact, such as LA1",
            where="channel",
            mend="Give the channels these types, or the coordinates shaft and contact.",
        )
    return dict(found)


def _names(signal: xr.DataArray, which: npt.NDArray[Any]) -> str:
    names = [str(name) for name in signal["channel"].values[which]]
    return ", ".join(names[:8]) + (f" and {len(names) - 8} more" if len(names) > 8 else "")


def plan_of_means(signal: xr.DataArray, shaft: npt.NDArray[Any] | None) -> Plan:
    """Minus the mean of the good channels of a type or, given shafts, of each shaft."""
    types, good = _types(signal), _good(signal)
    member = np.isin(types, REFERENCED if shaft is None else CONTACT_TYPES)
    label = types if shaft is None else _with_type(types, shaft)
    every = sharing(label.tolist(), member, good)
    sets = [(targets, sources) for targets, sources in every if sources.size > 1]
    if not sets:
        raise LabelError(
            "there are no two good channels to take the mean of",
            where="channel",
            mend=f"It takes two of one type ({', '.join(REFERENCED)}), on one shaft for 'shaft'.",
        )
    for targets, _ in sets:
        require_one_unit(signal.isel(channel=targets))
    referenced = np.isin(np.arange(types.size), np.concatenate([targets for targets, _ in sets]))
    kept = np.flatnonzero(referenced | ~member)
    notes = []
    if kept.size < types.size:
        found = f"{types.size - kept.size} channels have no other good one to take the mean with"
        mend = "They are left out; reference them to the average of all, or by hand."
        notes.append((f"{found}: {_names(signal, ~(referenced | ~member))}", mend))
    return Plan(partial(subtract_means, sets=sets, kept=kept), kept, notes=notes)


def _with_type(types: npt.NDArray[Any], shaft: npt.NDArray[Any]) -> npt.NDArray[Any]:
    # A strip and a depth electrode may share a name; no electrode has no shaft.
    return np.array([f"{t} {s}" if s else "" for t, s in zip(types, shaft, strict=True)])


def plan_of_pairs(
    signal: xr.DataArray, position: xr.DataArray | None, max_distance: float | None
) -> Plan:
    """Differences of neighbours on each shaft, in reach of each other."""
    types, good, found = _types(signal), _good(signal), contacts_of(signal)
    member = np.isin(types, CONTACT_TYPES)
    shaft = _with_type(types, found["shaft"])
    names = [str(name) for name in signal["channel"].values]
    first, second = neighbours(
        names, shaft.tolist(), found["contact"], member & good & (found["contact"] >= 0)
    )
    notes = []
    if max_distance is not None:
        near = _distance(position, first, second, required=True) <= max_distance
        first, second = first[near], second[near]
    if not first.size:
        raise LabelError(
            "no two good contacts with consecutive numbers lie on one shaft",
            where="channel",
            mend="Check names, the coordinates shaft and contact, bads and max_distance.",
        )
    _check_units(signal, first, second)
    alone = member.copy()
    alone[np.concatenate([first, second])] = False
    if alone.any():
        text = f"{int(alone.sum())} contacts have no good neighbour: {_names(signal, alone)}"
        notes.append((text, "They are in no pair; unmark bads to keep them."))
    notes += _spacing(signal, position, shaft, first, second)
    kept = np.flatnonzero(~member)
    core = partial(subtract_pairs, first=first, second=second, kept=kept)
    return Plan(core, kept, first, second, notes)


def _check_units(signal: xr.DataArray, first: Index, second: Index) -> None:
    if "unit" in signal.coords:
        unit = signal["unit"].values
        for a, b in zip(first.tolist(), second.tolist(), strict=True):
            if unit[a] != unit[b]:
                require_one_unit(signal.isel(channel=[a, b]))


def _distance(
    position: xr.DataArray | None, first: Index, second: Index, *, required: bool
) -> npt.NDArray[np.float64]:
    if position is None:
        if required:
            raise SchemaError(
                "there are no positions to measure distances with",
                where="max_distance",
                mend="Leave it out, or give /activity positions.",
            )
        return np.full(first.shape, np.nan)
    return distances(np.asarray(position.values, dtype=np.float64), first, second)


def _spacing(
    signal: xr.DataArray,
    position: xr.DataArray | None,
    shaft: npt.NDArray[Any],
    first: Index,
    second: Index,
) -> list[tuple[str, str]]:
    """What a reader of the pairs should know about their lengths."""
    distance = _distance(position, first, second, required=False)
    far = uneven(distance, shaft[first].tolist())
    if far.any():
        pairs = [
            f"{signal['channel'].values[a]}-{signal['channel'].values[b]} ({d:.3g})"
            for a, b, d in zip(first[far], second[far], distance[far], strict=True)
        ]
        said = ", ".join(pairs[:5]) + (", ..." if len(pairs) > 5 else "")
        found = f"{len(pairs)} pairs are further apart than the others of their shaft: {said}"
        return [(found, "They span a gap or a grid's edge; max_distance= leaves them out.")]
    blind = (_types(signal)[first] == "ECOG") & ~np.isfinite(distance)
    if blind.any():
        found = f"{int(blind.sum())} pairs of ECOG have no positions, so rows of a grid are unknown"
        return [(found, "Leave out by hand the pairs that join two rows.")]
    return []
