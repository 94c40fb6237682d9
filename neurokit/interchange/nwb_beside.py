"""The series of an NWB file that stand beside its signals: ``/behavior`` and ``/stimulus``."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from neurokit.errors import NeurokitError
from neurokit.interchange.nwb_blocks import is_behavior, is_signal, is_stimulus
from neurokit.interchange.nwb_clock import Clock, clock_of
from neurokit.interchange.nwb_computed import Columns, Measure, Signal
from neurokit.interchange.nwb_content import Content, Series
from neurokit.interchange.nwb_signals import left_out, variable_of
from neurokit.interchange.nwb_space import unit_of
from neurokit.schema import Finding, series

if TYPE_CHECKING:
    import xarray as xr

_TOLD = ("description", "comments", "reference_frame")


def series_groups(
    content: Content,
    key: str,
    zero: float,
    origin: str,
    main: xr.Dataset | None,
    findings: list[Finding],
) -> dict[str, xr.Dataset]:
    """Return ``/behavior`` or ``/stimulus``: one group, or one per series if clocks differ.

    Parameters
    ----------
    content : Content
        The file.
    key : str
        behavior or stimulus.
    zero : float
        Seconds of the recording's t = 0 on the file's clock.
    origin : str
        What t = 0 is.
    main : Dataset, optional
        ``/activity``.
    findings : list of Finding
        Grows.

    Returns
    -------
    dict of str to Dataset
        By path.
    """
    chosen = is_behavior if key == "behavior" else is_stimulus
    shown = "" if main is None else str(main.attrs.get("nwb_path", ""))
    timed: list[tuple[Series, Clock]] = []
    for item in content.series.values():
        if not chosen(item) or not is_signal(item) or item.path == shown:
            continue
        try:
            clock = clock_of(item, int(item.data.shape[0]), content.source, gaps=False)
        except NeurokitError as error:
            findings.append(left_out(item.path, content.source, error))
            continue
        timed.append((item, clock))
        findings += clock.findings
    if not timed:
        return {}
    together = all(clock.same_as(timed[0][1]) for _, clock in timed)
    make = _behavior if key == "behavior" else _stimulus
    names = _names([item for item, _ in timed])
    parts = [timed] if together else [[pair] for pair in timed]
    groups = {}
    for part in parts:
        clock = part[0][1]
        place = {"time_origin": origin, "time_offset": zero, **clock.arguments(zero)}
        place["run"] = _run_of(main, place["time"])
        path = key if together else f"{key}/{names[part[0][0].path]}"
        groups[path] = make([item for item, _ in part], names, place)
    return groups


def _run_of(main: xr.Dataset | None, time: Any) -> Any:
    """Return the run of each sample, where a series shares the clock of ``/activity``."""
    if main is None or "run" not in main.coords or main["time"].size != len(time):
        return None
    return main["run"].values if np.array_equal(main["time"].values, time) else None


def _names(items: Sequence[Series]) -> dict[str, str]:
    """Return a unique name per series, as short as that allows."""
    short = [item.name for item in items]
    return {
        item.path: (item.name if short.count(item.name) == 1 else item.path).replace("/", "_")
        for item in items
    }


def _behavior(items: Sequence[Series], names: dict[str, str], place: dict[str, Any]) -> xr.Dataset:
    variables: dict[str, Any] = {}
    for item in items:
        name = _free(names[item.path])
        dims = ("time", f"{name}_axis")[: len(item.data.shape)]
        attrs = {"units": unit_of(item.unit), "nwb_path": item.path}
        attrs |= {k: str(v) for k, v in item.facts.items() if v != "" and k in _TOLD}
        variables[name] = variable_of(_measure(item), dims, attrs)
    return series(variables, **place)


def _free(name: str) -> str:
    """Return a name that no coordinate has."""
    return f"{name}_" if name in ("time", "run") else name


def _measure(item: Series) -> Any:
    """Return the values of a measure; integers stay integers, positions stay float64."""
    return Measure(item.data, item.conversion, item.offset, item.is_a("SpatialSeries"))


def _stimulus(items: Sequence[Series], names: dict[str, str], place: dict[str, Any]) -> xr.Dataset:
    features, units, arrays = [], [], []
    for item in items:
        array = Signal(item.data, item.conversion, item.offset, item.channel_conversion)
        n, name = array.shape[1], names[item.path]
        features += [name] if n == 1 else [f"{name}_{i}" for i in range(n)]
        units += [unit_of(item.unit)] * n
        arrays.append(array)
    values = variable_of(Columns(arrays), ("time", "feature"))
    group = series({"feature_values": values}, **place)
    group = group.assign_coords(feature=np.array(features), unit=("feature", np.array(units)))
    if len(set(units)) == 1:
        group["feature_values"].attrs["units"] = units[0]
    group.attrs["nwb_path"] = json.dumps([item.path for item in items])
    return group
