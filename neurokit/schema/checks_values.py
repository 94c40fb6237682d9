"""Checks of the values themselves, on a bounded sample unless everything is asked for."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from typing import Any

import numpy as np
import xarray as xr

from neurokit.schema.checks import Code, check, shown, signals
from neurokit.schema.checks_magnitude import brightness, magnitudes
from neurokit.schema.findings import Finding
from neurokit.schema.names import SPACE_DIMS

ALL_NAN = Code("NK401", "SUGGESTION")
CONSTANT = Code("NK402", "SUGGESTION")
SOME_NAN = Code("NK403", "SUGGESTION")
INFINITE = Code("NK404", "CRITICAL")
CLOCK = Code("NK405", "SUGGESTION")
SAME_TRACE = Code("NK406", "SUGGESTION")

SAMPLE_VALUES = 2**21
# Fewer samples rise or agree by chance.
_FEWEST = 16

Array = np.ndarray[Any, Any]


def _blocks(signal: xr.DataArray, deep: bool) -> Iterator[Array]:
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
        values = np.asarray(block.values).reshape(-1, signal.sizes[space])
        yield values.astype(np.promote_types(values.dtype, np.float32), copy=False)


def _statistics(signal: xr.DataArray, deep: bool) -> dict[str, Array]:
    n = next(signal.sizes[dim] for dim in signal.dims if dim in SPACE_DIMS)
    nan, infinite, count = np.zeros(n), np.zeros(n), 0
    low, high = np.full(n, np.inf), np.full(n, -np.inf)
    rising = np.full(n, "trial" not in signal.dims and "condition" not in signal.dims)
    medians, traces = [], [hashlib.blake2b() for _ in range(n)]
    for block in _blocks(signal, deep):
        missing = np.isnan(block)
        nan += missing.sum(axis=0)
        infinite += np.isinf(block).sum(axis=0)
        count += block.shape[0]
        rising &= (block[1:] > block[:-1]).all(axis=0) & (block[0] > high)
        low = np.minimum(low, np.where(missing, np.inf, block).min(axis=0))
        high = np.maximum(high, np.where(missing, -np.inf, block).max(axis=0))
        medians.append(_spread(np.where(np.isfinite(block), block, 0.0)))
        for trace, values in zip(traces, block.T, strict=True):
            trace.update(values.tobytes())
    return {
        "nan": nan / max(1, count),
        "infinite": infinite,
        "constant": (high == low),
        "rising": rising & (count >= _FEWEST),
        "trace": np.array([trace.digest() for trace in traces]) if count >= _FEWEST else nan,
        "spread": np.median(np.stack(medians), axis=0) if medians else np.zeros(n),
    }


def _spread(block: Array) -> Array:
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
        yield from _missing(found, labels, where, _recorded(signal, space[0]))
        if (found["infinite"] > 0).any():
            said = f"infinite values in {shown(labels[found['infinite'] > 0])}"
            yield INFINITE.at(where, said, "Repair or drop them; missing values are NaN.")
        if path == "/activity":
            yield from _sameness(found, labels, where)
        yield from magnitudes(group, found["spread"], labels, where)
        if space[0] == "neuron":
            yield from brightness(rec, found["spread"], labels, where)


def _sameness(found: dict[str, Array], labels: Array, where: str) -> Iterator[Finding]:
    still = found["constant"] & (found["nan"] < 1)
    if still.any():
        said = f"{int(still.sum())} never change: {shown(labels[still])}"
        yield CONSTANT.at(where, said, "Mark them bad or leave them out.")
    if found["rising"].any():
        said = f"{shown(labels[found['rising']])} only rises, as a clock or a counter does"
        yield CLOCK.at(where, said, "If it is one, open the file with it as time, not as signal.")
    if found["trace"].dtype.kind != "S":
        return
    _, which, count = np.unique(found["trace"], return_inverse=True, return_counts=True)
    same = (count[which] > 1) & ~found["constant"] & (found["nan"] < 1)
    if same.any():
        said = f"{shown(labels[same])} have a twin with the same values"
        yield SAME_TRACE.at(where, said, "Leave copies out: they correlate perfectly.")


def _recorded(signal: xr.DataArray, space: str) -> Array:
    """Return which neurons should have values; the others only keep their place."""
    if "recorded" in signal.coords and signal["recorded"].dims == (space,):
        return np.asarray(signal["recorded"].values, dtype=bool)
    return np.ones(signal.sizes[space], dtype=bool)


def _missing(
    found: dict[str, Array], labels: Array, where: str, recorded: Array
) -> Iterator[Finding]:
    share = found["nan"]
    empty = (share == 1) & recorded
    if empty.any():
        said = f"{int(empty.sum())} are NaN throughout: {shown(labels[empty])}"
        yield ALL_NAN.at(where, said, "Leave them out with nk.pick, or mark them bad.")
    partly = (share > 0) & (share < 1)
    if partly.any():
        each = [f"{n} ({s:.1%})" for n, s in zip(labels[partly], share[partly], strict=True)]
        said = f"NaN in part of {shown(each)}"
        yield SOME_NAN.at(where, said, "Analyses mask or refuse NaN; nothing is imputed.")
