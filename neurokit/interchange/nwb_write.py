"""Recordings as objects of pynwb: which group becomes what, and where each variable stands.

What NWB has a place for goes there (series, tables of regions, electrodes, intervals and
units); all else becomes an array in the scratch space. The layout (`nwb_layout`) says where.
"""

from __future__ import annotations

import json
import warnings
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from neurokit.interchange.nwb_layout import LAYOUT, VERSION
from neurokit.interchange.nwb_sink import Sink
from neurokit.interchange.nwb_write_signals import write_behavior, write_signal, write_stimulus
from neurokit.interchange.nwb_write_tables import write_events, write_spikes

if TYPE_CHECKING:
    import xarray as xr


def write_recording(sink: Sink, rec: xr.DataTree) -> None:
    """Put a recording into a file, and its layout.

    Parameters
    ----------
    sink : Sink
        The file.
    rec : DataTree
        The recording.
    """
    modality = str(rec.attrs["modality"])
    activity = rec.children.get("activity")
    if activity is not None:
        sink.offset = float(activity.attrs.get("time_offset", 0.0))
    groups = {
        node.path: _group(sink, node.path, node.to_dataset(inherit=False), modality)
        for node in rec.subtree
        if node.path != "/"
    }
    layout = {
        "version": VERSION,
        "name": rec.name,
        "attrs": _plain(rec.attrs),
        "groups": groups,
        "tables": sorted(sink.tables),
    }
    sink.scratch(LAYOUT, json.dumps(layout), "Where each variable of neurokit stands.")


def _group(sink: Sink, path: str, group: xr.Dataset, modality: str) -> dict[str, Any]:
    """Put one group into the file; return what the layout says of it."""
    at: dict[str, Any] = {}
    head = path.strip("/").split("/")[0]
    signal = group.variables.get("signal")
    if head in ("activity", "auxiliary") and signal is not None and signal.dims[:1] == ("time",):
        at = write_signal(sink, path, group, modality)
    elif head == "behavior":
        at = write_behavior(sink, path, group)
    elif head == "stimulus" and "feature_values" in group and "time" in group.coords:
        at = write_stimulus(sink, path, group)
    elif head == "events" and group.sizes.get("event") and "onset" in group:
        at = write_events(sink, group)
    elif head == "spikes" and group.sizes.get("spike") and "spike_end" in group:
        at = write_spikes(sink, group)
    return {
        "attrs": _plain(group.attrs),
        "variables": {
            str(name): {
                "dims": [str(dim) for dim in variable.dims],
                "attrs": _plain(variable.attrs),
                "coord": name in group.coords,
                "dtype": variable.dtype.str,
                "at": at.get(str(name)) or sink.anywhere(f"{path}/{name}", variable),
            }
            for name, variable in group.variables.items()
        },
    }


def _plain(attrs: Mapping[Any, Any]) -> dict[str, Any]:
    """Return attributes as JSON holds them."""
    return {
        str(key): value.item() if isinstance(value, np.generic) else value
        for key, value in attrs.items()
    }


def quietly(function: Callable[[], Any]) -> Any:
    """Return what a function of pynwb returns; its advice on metadata is `nwbinspector`'s to give.

    Parameters
    ----------
    function : callable
        Without arguments.

    Returns
    -------
    object
        Its result.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return function()
