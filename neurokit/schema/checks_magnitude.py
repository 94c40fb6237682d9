"""Checks of units against values: a unit that was misread is a factor of a thousand or more."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import numpy as np
import xarray as xr

from neurokit.schema.checks import Code, check, shown, signals
from neurokit.schema.findings import Finding
from neurokit.schema.names import CHANNEL_UNITS, PLAUSIBLE_SPREAD

MAGNITUDE = Code("NK302", "VIOLATION")
PLACEHOLDER = Code("NK309", "VIOLATION")
WRONG_QUANTITY = Code("NK310", "VIOLATION")
TINY = Code("NK311", "SUGGESTION")
BEYOND_CAMERAS = Code("NK312", "SUGGESTION")

Array = np.ndarray[Any, Any]
_UNIT = re.compile(r"([munpfµμk]?)(V|T/c?m|T)")
_PREFIX = {"": 1.0, "k": 1e3, "m": 1e-3, "u": 1e-6, "n": 1e-9, "p": 1e-12, "f": 1e-15}
# Smallest median distance from the median: noise of amplifiers and sensors is above it by a
# factor of a hundred, averages of thousands of trials included.
_LEAST_SPREAD = {"V": 1e-9, "T": 1e-17, "T/m": 1e-15}
_NO_UNITS = frozenset({"n/a", "na", "nan", "none", "null", "unknown", "?", "-", "au", "a.u."})
# The largest value of a 16-bit camera; a mean over the pixels of a cell cannot exceed it.
_CAMERA = 65_535.0


def in_si(unit: str) -> tuple[float, str] | None:
    """Return the factor to V, T or T/m and which of them, None for every other unit."""
    match = _UNIT.fullmatch(unit)
    if match is None:
        return None
    prefix, base = match.group(1).replace("µ", "u").replace("μ", "u"), match.group(2)
    return _PREFIX[prefix] * (100.0 if base == "T/cm" else 1.0), base.replace("c", "")


@check
def units(rec: xr.DataTree, deep: bool) -> Iterator[Finding]:
    """A unit is one, and of a quantity that such a channel measures."""
    for path, group in signals(rec):
        said = {str(group["signal"].attrs.get("units", ""))}
        if "unit" in group.coords:
            said |= {str(unit) for unit in group["unit"].values}
        empty = sorted(unit for unit in said if unit.lower() in _NO_UNITS)
        if empty:
            found = f"{shown(map(repr, empty))} is no unit"
            mend = 'Find it out, or write "1" for numbers of unknown scale.'
            yield PLACEHOLDER.at(f"{path}/unit", found, mend)
        if "unit" in group.coords and "channel_type" in group.coords:
            yield from _quantities(group, path)


def _quantities(group: xr.Dataset, path: str) -> Iterator[Finding]:
    wrong = []
    for name, kind, unit in zip(
        group["unit"]["channel"].values if "channel" in group.coords else group["unit"].values,
        group["channel_type"].values,
        group["unit"].values,
        strict=True,
    ):
        stated, usual = in_si(str(unit)), in_si(CHANNEL_UNITS.get(str(kind), "1"))
        if stated and usual and stated[1][0] != usual[1][0]:
            wrong.append(f"{name} ({kind} in {unit})")
    if wrong:
        found = f"a quantity that such channels do not measure: {shown(wrong)}"
        yield WRONG_QUANTITY.at(f"{path}/unit", found, "Correct the unit or the channel's type.")


def magnitudes(group: xr.Dataset, spread: Array, labels: Array, where: str) -> Iterator[Finding]:
    """Yield what a channel's spread says against its unit.

    Parameters
    ----------
    group : Dataset
        With `channel_type` and `unit` per channel.
    spread : (channel,) array
        Median distance from the median, in the channel's unit.
    labels : (channel,) array of str
        Names for the message.
    where : str
        Of the finding.

    Yields
    ------
    Finding
        NK302 or NK311.
    """
    if "channel_type" not in group.coords or "unit" not in group.coords:
        return
    kinds = np.asarray(group["channel_type"].values)
    scales = [in_si(str(unit)) for unit in group["unit"].values]
    si = np.array([scale[0] if scale else np.nan for scale in scales]) * spread
    bases = np.array([scale[1] if scale else "" for scale in scales])
    for kind, most in PLAUSIBLE_SPREAD.items():
        base = CHANNEL_UNITS[kind]
        judged = (kinds == kind) & (bases == base)
        huge = judged & (si > most)
        if huge.any():
            worst = int(np.argmax(np.where(huge, si, 0)))
            said = f"{int(huge.sum())} {kind} channels spread by more than {most:g} {base} "
            said += f"({labels[worst]}: {si[worst]:g} {base} in the median)"
            mend = 'If the file holds microvolts or the like, open it with unit="uV".'
            yield MAGNITUDE.at(where, said, mend)
        tiny = judged & (si > 0) & (si < _LEAST_SPREAD[base])
        if tiny.any():
            said = f"{int(tiny.sum())} {kind} channels spread by less than {_LEAST_SPREAD[base]:g} "
            said += f"{base}: {shown(labels[tiny])}"
            yield TINY.at(where, said, "Check that they were not scaled twice.")


def brightness(rec: xr.DataTree, spread: Array, labels: Array, where: str) -> Iterator[Finding]:
    """Yield a finding where calcium traces spread further than a camera counts.

    Parameters
    ----------
    rec : DataTree
        For its modality.
    spread : (neuron,) array
        Median distance from the median.
    labels : (neuron,) array of str
        Names for the message.
    where : str
        Of the finding.

    Yields
    ------
    Finding
        NK312.
    """
    huge = spread > _CAMERA
    if rec.attrs.get("modality") == "calcium" and huge.any():
        said = f"{int(huge.sum())} traces spread by more than {_CAMERA:g}, which no 16-bit camera "
        mend = "Sums over pixels and misread bytes look like this; check dtype and byte order."
        yield BEYOND_CAMERAS.at(where, f"{said}counts: {shown(labels[huge])}", mend)
