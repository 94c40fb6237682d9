"""When motifs are active with respect to what happened: mean strength per kind of event."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from neurokit.schema.time import sampling_rate
from neurokit.stats.circular_shift import circular_shift_test
from neurokit.stats.discovery import fdr

Array = NDArray[np.float64]

# Shifts of the test; p is at least 1 in a thousand.
_SHIFTS = 999
# Share of a bin by which edges of bins may be off.
_ROUNDING = 1e-6


def coverage(events: Mapping[str, xr.Dataset], course: xr.DataArray) -> xr.DataArray:
    """Share of every time bin that events of each kind take up.

    Parameters
    ----------
    events : mapping of str to Dataset
        ``/events`` by recording; an event without a duration takes up its bin, one without a
        time takes up none.
    course : DataArray
        With ``recording`` and a regular ``time``, whose labels are the centres of bins.

    Returns
    -------
    DataArray
        (recording, trial_type, time), 0 to 1; NaN for a recording without events.
    """
    kinds = sorted({str(k) for table in events.values() for k in table["trial_type"].values})
    names = [str(name) for name in course["recording"].values]
    centre, width = course["time"].values, 1.0 / sampling_rate(course)
    out = np.full((len(names), len(kinds), centre.size), np.nan)
    for w, name in enumerate(names):
        if name not in events:
            continue
        table = events[name]
        said = np.array([str(k) for k in table["trial_type"].values], dtype=np.str_)
        for k, kind in enumerate(kinds):
            shares = _shares(table.isel(event=said == kind), centre, width)
            out[w, k] = np.minimum(shares.sum(axis=0), 1.0)
    coords = {"recording": names, "trial_type": np.array(kinds, dtype=np.str_)}
    dims = ["recording", "trial_type", "time"]
    return xr.DataArray(out, {**coords, "time": course["time"]}, dims, name="coverage")


def _shares(table: xr.Dataset, centre: Array, width: float) -> Array:
    """(event, bin) share of each bin that each event takes up."""
    onset = table["onset"].values.astype(np.float64)[:, None]
    length = np.nan_to_num(table["duration"].values.astype(np.float64))[:, None]
    start = centre - width / 2
    lasting = np.minimum(onset + length, start + width) - np.maximum(onset, start)
    # A moment on the edge of two bins is in the later one alone, whatever the edge rounds to.
    since = onset - start + _ROUNDING * width
    momentary = ((since >= 0) & (since < width)).astype(np.float64)
    # An event at an unknown time takes up nothing that is known.
    return np.where(length > 0, np.clip(np.nan_to_num(lasting) / width, 0.0, 1.0), momentary)


def atlas_over_epochs(
    course: xr.DataArray,
    covered: xr.DataArray,
    events: Mapping[str, xr.Dataset],
    *,
    shared: bool,
    random_state: np.random.Generator,
) -> xr.Dataset:
    """Mean strength of every motif within and outside each kind of epoch.

    mean = sum_b c_b y_b / sum_b c_b over bins b of all recordings, y the strength and c the share
    of the bin that the epoch takes up.

    Parameters
    ----------
    course : (component, recording, time) DataArray
        Strength of each motif in each recording.
    covered : (recording, trial_type, time) DataArray
        As of `coverage`.
    events : mapping of str to Dataset
        ``/events`` by recording.
    shared : bool
        Whether recordings share one clock of the experiment: then their mean is tested as one
        record, otherwise each is shifted by itself.
    random_state : numpy.random.Generator
        Source of the shifts.

    Returns
    -------
    Dataset
        (component, trial_type): ``mean``, ``standard_error`` over single epochs, ``outside``,
        ``correlation`` of strength and coverage, its ``p`` by circular shifts, ``q``; and
        ``n_epochs``(trial_type). Without events, trial_type has length 0.
    """
    known = covered.notnull().all(["trial_type", "time"]).values
    y = course.isel(recording=known)
    # Behind the end of a recording nothing is inside an epoch, nor outside.
    cover = covered.isel(recording=known).where(y.notnull().all("component"))
    kinds = [str(kind) for kind in covered["trial_type"].values]
    shape = (course.sizes["component"], len(kinds))
    mean, outside, error = (np.full(shape, np.nan) for _ in range(3))
    n_epochs = np.zeros(len(kinds), dtype=np.int64)
    strength = y.transpose("component", "recording", "time").values
    for k, kind in enumerate(kinds):
        weight = cover.values[:, k]
        mean[:, k] = _weighted(strength, weight)
        outside[:, k] = _weighted(strength, 1.0 - weight)
        single = _per_epoch(y, events, kind)
        n_epochs[k] = single.shape[1]
        if single.shape[1] > 1:
            error[:, k] = single.std(axis=1, ddof=1) / np.sqrt(single.shape[1])
    dims = ("component", "trial_type")
    out = xr.Dataset(
        {
            "mean": (dims, mean),
            "standard_error": (dims, error),
            "outside": (dims, outside),
            "n_epochs": ("trial_type", n_epochs),
        },
        {"component": course["component"].values, "trial_type": covered["trial_type"].values},
    )
    tested = _tested(y, cover, shared, random_state) if kinds else None
    for name in ("correlation", "p"):
        out[name] = (dims, np.full(shape, np.nan) if tested is None else tested[name])
    out["q"] = fdr(out["p"]).drop_attrs()
    return out


def _weighted(strength: Array, weight: Array) -> Array:
    total = np.nansum(weight)
    sums = np.nansum(strength * weight, axis=(1, 2))
    return sums / total if total > 0 else np.full(len(sums), np.nan)


def _per_epoch(course: xr.DataArray, events: Mapping[str, xr.Dataset], kind: str) -> Array:
    """(component, epoch) mean strength of every single epoch that covers part of a bin."""
    centre, width = course["time"].values, 1.0 / sampling_rate(course)
    parts = []
    for name in course["recording"].values:
        table = events[str(name)]
        chosen = np.array([str(k) == kind for k in table["trial_type"].values], dtype=bool)
        strength = course.sel(recording=name).transpose("component", "time").values
        seen = np.isfinite(strength).all(axis=0)
        shares = _shares(table.isel(event=chosen), centre, width)[:, seen]
        shares, strength = shares[shares.sum(axis=1) > 0], strength[:, seen]
        parts.append(strength @ shares.T / shares.sum(axis=1))
    return np.concatenate(parts, axis=1) if parts else np.zeros((course.sizes["component"], 0))


def _tested(
    course: xr.DataArray, cover: xr.DataArray, shared: bool, rng: np.random.Generator
) -> dict[str, Array]:
    """Return correlation and p, each (component, trial_type)."""
    y = course.transpose("recording", "time", "component").values
    c = cover.transpose("recording", "time", "trial_type").values
    run = np.zeros(y.shape[1], dtype=np.int64)
    if "run" in course.coords:
        run = np.asarray(course["run"].values)
    if shared:
        seen = np.isfinite(y).all(axis=2)
        weight = seen[:, :, None] / np.maximum(seen.sum(axis=0), 1)[None, :, None]
        y, c = (np.nansum(np.nan_to_num(x) * weight, axis=0) for x in (y, c))
        kept, stretches = seen.any(axis=0), run
    else:
        stretches = (np.arange(len(y))[:, None] * (int(run.max()) + 1) + run).ravel()
        y, c = y.reshape(-1, y.shape[2]), c.reshape(-1, c.shape[2])
        kept = np.isfinite(y).all(axis=1)
    y, c, stretches = y[kept], c[kept], stretches[kept]
    run_of = {"run": ("time", stretches)}
    tested = circular_shift_test(
        xr.DataArray(c, run_of, ["time", "trial_type"]),
        xr.DataArray(y, run_of, ["time", "component"]),
        n_shifts=_SHIFTS,
        random_state=rng,
    )
    r = tested["statistic"].transpose("component", "trial_type").values
    null = tested["null"].transpose("draw", "component", "trial_type").values
    # In either direction at once: doubling a tail would waste half of the few shifts of a record.
    extreme = (np.abs(null) >= np.abs(r) - 1e-12).sum(axis=0)
    return {
        "correlation": r,
        "p": np.where(np.isfinite(r), (1 + extreme) / (1 + len(null)), np.nan),
    }
