"""Recordings as the pipeline of Simeon et al. 2024 gives them, in neurokit's own form."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from neurokit.celegans import simeon_labels as naming
from neurokit.celegans.neurons import by_name
from neurokit.celegans.simeon import FEWEST_FRAMES, QUIRKS, Published, published_animal
from neurokit.celegans.slots import noticed
from neurokit.schema.build import activity
from neurokit.schema.findings import Finding

# The loader whose files the pipeline looks labels up for by the name of the file.
_LOOKED_UP = "celegans.dag"


@dataclass(frozen=True)
class Placement:
    """Which trace stands in which of the 300 slots.

    Parameters
    ----------
    slots : (300,) int
        Column of the trace, -1 for none.
    labels : list of str
        Label of each column, as in the file.
    named : set of str
        Slots whose trace the pipeline takes for that neuron.
    """

    slots: NDArray[np.int64]
    labels: list[str]
    named: set[str]


def published_recording(
    rec: xr.DataTree, group: xr.Dataset, options: Mapping[str, Any], rng: np.random.Generator
) -> xr.DataTree | str:
    """Return one animal, or why the pipeline leaves it out.

    Parameters
    ----------
    rec : DataTree
        The recording.
    group : Dataset
        Its ``/activity``, with NaN where nothing was observed.
    options : mapping
        Of `neurokit.celegans.homogenise`.
    rng : numpy.random.Generator
        Draws slots for traces without a name.

    Returns
    -------
    DataTree or str
        With the 300 neurons of the published list.
    """
    if group.sizes["time"] < FEWEST_FRAMES:
        return f"{group.sizes['time']} frames, fewer than {FEWEST_FRAMES}"
    labels = _labels(rec, group)
    named, unnamed = naming.named_traces(_given_names(labels))
    if not named:
        return "no trace has a name"
    place = Placement(naming.assign_slots(named, unnamed, rng), labels, set(named))
    interval = round(1 / float(options["rate"]), 3)
    animal = published_animal(
        group["time"].values + float(group.attrs.get("time_offset", 0.0)),
        np.asarray(group["signal"].values, dtype=np.float64),
        interval,
        str(options["smooth"] or "none"),
        str(options["scale"]),
    )
    return _recording(rec, group, animal, place, interval, bool(options["keep_original"]))


def _labels(rec: xr.DataTree, group: xr.Dataset) -> list[str]:
    said = group["label"] if "label" in group.coords else group["neuron"]
    number = str(rec.attrs.get("subject", ""))
    lost = rec.attrs.get("loader") == _LOOKED_UP and naming.animal_key(number) != number
    return ["" if lost else str(text) for text in said.values]


def _given_names(labels: list[str]) -> list[str]:
    """Return what the pipeline makes of labels; a trace without one is called by its place."""
    return naming.nearest_names([text or str(place) for place, text in enumerate(labels)])


def _recording(
    rec: xr.DataTree,
    group: xr.Dataset,
    animal: Published,
    place: Placement,
    interval: float,
    keep_original: bool,
) -> xr.DataTree:
    unit = str(group["signal"].attrs.get("units", "1"))
    traces = _group(group, animal, animal.traces, place, interval)
    slopes = _group(group, animal, animal.residual, place, interval)
    slopes["signal"].attrs["units"] = "s-1" if unit == "1" else f"{unit} s-1"
    out = rec.copy(deep=False)
    out["activity"] = xr.DataTree(traces)
    out["auxiliary/derivative"] = xr.DataTree(slopes)
    if keep_original:
        out["auxiliary/original"] = xr.DataTree(_original(group, animal, place))
    out.attrs = {**rec.attrs, "quirks": json.dumps(sorted(QUIRKS))}
    found = "numbers are those of a published pipeline with known faults"
    mend = 'For new results use recipe="neurokit".'
    return noticed(out, [Finding("NK818", "SUGGESTION", "/activity", found, mend)])


def _about(place: Placement) -> dict[str, Any]:
    """Return the coordinates of the 300 slots."""
    names = naming.slot_names()
    return {
        "identified": [name in place.named for name in names],
        "recorded": (place.slots >= 0).tolist(),
        "label": [place.labels[column] if column >= 0 else "" for column in place.slots],
        "neuron_class": [by_name()[name].neuron_class for name in names],
        "neuron_type": [by_name()[name].neuron_type for name in names],
    }


def _original(group: xr.Dataset, animal: Published, place: Placement) -> xr.Dataset:
    """Return the traces as recorded in their slots, and what is stored as their clock."""
    there = place.slots >= 0
    traces = np.full((group.sizes["time"], there.size), np.nan, dtype=np.float32)
    traces[:, there] = group["signal"].values[:, place.slots[there]]
    out = activity(
        traces,
        names=naming.slot_names(),
        time=group["time"].values,
        rate=group.attrs.get("sampling_rate"),
        coords=_about(place),
        units=group["signal"].attrs.get("units"),
        **_clock_of(group),
    )
    return out.assign(stored_time=("stored_frame", animal.original_time, {"units": "s"}))


def _clock_of(group: xr.Dataset) -> dict[str, Any]:
    origin = str(group.attrs.get("time_origin", "first sample"))
    return {"time_origin": origin, "time_offset": float(group.attrs.get("time_offset", 0.0))}


def _group(
    group: xr.Dataset,
    animal: Published,
    values: NDArray[np.float32],
    place: Placement,
    interval: float,
) -> xr.Dataset:
    """Return traces in their slots, 0 where there is none; the mask says which these are."""
    there = place.slots >= 0
    traces = np.zeros((values.shape[0], there.size), dtype=np.float32)
    traces[:, there] = values[:, place.slots[there]]
    out = activity(
        traces,
        names=naming.slot_names(),
        rate=1.0 / interval,
        coords=_about(place),
        observed=np.broadcast_to(there, traces.shape).copy(),
        **_clock_of(group),
    )
    return out.assign_coords(stored_time=("time", animal.stored_time, {"units": "s"}))
