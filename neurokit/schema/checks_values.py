"""Checks of the values themselves, on a bounded sample unless everything is asked for."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import xarray as xr

from neurokit.schema.checks import Code, check, shown, signals
from neurokit.schema.findings import Finding
from neurokit.schema.names import PLAUSIBLE_SPREAD, SPACE_DIMS

MAGNITUDE = Code("NK302", "VIOLATION")
ALL_NAN = Code("NK401", "SUGGESTION")
CONSTANT = Code("NK402", "SUGGESTION")
SOME_NAN = Code("NK403", "SUGGESTION")
INFINITE = Code("NK404", "CRITICAL")

SAMPLE_VALUES = 2**21


def _blocks(signal: xr.DataArray, deep: bool) -> Iterator[np.ndarray[Any, Any]]:
    """Yield (time, space) blocks: all of them, or some spread over the record."""
    space = next(str(dim) for dim in signal.dims if dim in SPACE_DIMS)
    per_sample = max(1, signal.size // max(1, signal.sizes["time"]))
    length = max(1, SAMPLE_VALUES // (4 * per_sample))
    n = signal.sizes["time"]
    if deep or n <= 4 * length:
        starts = list(range(0, n, length))
    else:
        starts = np.linspace(0, n - length, 4).astype(int).tolist()
    for start in starts:
        block = signal.isel(time=slice(start, start + length)).transpose(..., space)
        yield np.asarray(block.values).reshape(-1, signal.sizes[space])


def _statistics(signal: xr.DataArray, deep: bool) -> dict[str, np.ndarray[Any, Any]]:
    n = next(signal.sizes[dim] for dim in signal.dims if dim in SPACE_DIMS)
    nan, infinite, count = np.zeros(n), np.zeros(n), 0
    low, high = np.full(n, np.inf), np.full(n, -np.inf)
    medians = []
    for block in _blocks(signal, deep):
        missing = np.isnan(block)
        nan += missing.sum(axis=0)
        infinite += np.isinf(block).sum(axis=0)
        count += block.shape[0]
        low = np.minimum(low, np.where(missing, np.inf, block).min(axis=0))
        high = np.maximum(high, np.where(missing, -np.inf, block).max(axis=0))
        medians.append(_spread(np.where(missing, 0.0, block)))
    return {
        "nan": nan / max(1, count),
        "infinite": infinite,
        "constant": (high == low),
        "spread": np.median(np.stack(medians), axis=0) if medians else np.zeros(n),
    }


def _spread(block: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """Return the median distance from the median: amplifiers add offsets far above the signal."""
    return np.asarray(np.median(np.abs(block - np.median(block, axis=0)), axis=0))


@check
def values(rec: xr.DataTree, deep: bool) -> Iterator[Finding]:
    """Values are finite or NaN, vary, and have a magnitude that their unit allows."""
    for path, group in signals(rec):
        signal = group["signal"]
        space = [dim for dim in signal.dims if dim in SPACE_DIMS]
        if signal.size == 0 or signal.dtype.kind != "f" or "time" not in signal.dims or not space:
            continue
        labels = np.array([str(label) for label in signal[space[0]].values])
        found = _statistics(signal, deep)
        where = f"{path}/signal"
        yield from _missing(found, labels, where)
        if (found["infinite"] > 0).any():
            said = f"infinite values in {shown(labels[found['infinite'] > 0])}"
            yield INFINITE.at(where, said, "Repair or drop them; missing values are NaN.")
        still = found["constant"] & (found["nan"] < 1)
        if still.any() and path == "/activity":
            said = f"{int(still.sum())} never change: {shown(labels[still])}"
            yield CONSTANT.at(where, said, "Mark them bad or leave them out.")
        yield from _magnitude(group, found["spread"], labels, where)


def _missing(
    found: dict[str, np.ndarray[Any, Any]], labels: np.ndarray[Any, Any], where: str
) -> Iterator[Finding]:
    share = found["nan"]
    if (share == 1).any():
        said = f"{int((share == 1).sum())} are NaN throughout: {shown(labels[share == 1])}"
        yield ALL_NAN.at(where, said, "Leave them out with nk.pick, or mark them bad.")
    partly = (share > 0) & (share < 1)
    if partly.any():
        each = [f"{n} ({s:.1%})" for n, s in zip(labels[partly], share[partly], strict=True)]
        said = f"NaN in part of {shown(each)}"
        yield SOME_NAN.at(where, said, "Analyses mask or refuse NaN; nothing is imputed.")


def _magnitude(
    group: xr.Dataset, spread: np.ndarray[Any, Any], labels: np.ndarray[Any, Any], where: str
) -> Iterator[Finding]:
    if "channel_type" not in group.coords or "unit" not in group.coords:
        return
    kinds, units = group["channel_type"].values, group["unit"].values
    for kind, most in PLAUSIBLE_SPREAD.items():
        expected = "V" if kind in ("EEG", "ECOG", "SEEG") else ("T" if kind == "MEGMAG" else "T/m")
        huge = (kinds == kind) & (units == expected) & (spread > most)
        if huge.any():
            worst = int(np.argmax(np.where(huge, spread, 0)))
            said = f"{int(huge.sum())} {kind} channels spread by more than {most:g} {expected} "
            said += f"({labels[worst]}: {spread[worst]:g} {expected} in the median)"
            mend = 'If the file holds microvolts or the like, open it with unit="uV".'
            yield MAGNITUDE.at(where, said, mend)
