"""Checks of labels, channel types and units."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import xarray as xr

from neurokit.errors import suggest
from neurokit.schema.checks import Code, check, groups, shown, signals
from neurokit.schema.findings import Finding
from neurokit.schema.names import CHANNEL_TYPES

DUPLICATE = Code("NK201", "CRITICAL")
NO_LABELS = Code("NK202", "CRITICAL")
EMPTY_LABEL = Code("NK203", "VIOLATION")
CHANNEL_TYPE = Code("NK204", "VIOLATION")
NO_UNIT = Code("NK301", "VIOLATION")
UNITS_DISAGREE = Code("NK303", "VIOLATION")

_LABELLED = ("neuron", "channel", "pre", "post", "feature", "synapse_type")


@check
def labels(rec: xr.DataTree, deep: bool) -> Iterator[Finding]:
    """Labels are there, unique and not empty."""
    for path, group in groups(rec):
        for dim in (d for d in _LABELLED if d in group.dims):
            where = f"{path}/{dim}"
            if dim not in group.coords:
                yield NO_LABELS.at(where, f"the dim {dim} has no labels", "Name every one.")
                continue
            unique, counts = np.unique(
                [str(label) for label in group[dim].values], return_counts=True
            )
            if (counts > 1).any():
                found = f"labels stand more than once: {shown(unique[counts > 1])}"
                yield DUPLICATE.at(where, found, "Make them unique.")
            if (unique == "").any():
                yield EMPTY_LABEL.at(where, "a label is empty", "Name every one.")


@check
def channels(rec: xr.DataTree, deep: bool) -> Iterator[Finding]:
    """Channels have a BIDS type and a unit; units said twice agree."""
    for path, group in signals(rec):
        if "channel" not in group.dims:
            continue
        if "channel_type" not in group.coords:
            found, mend = "channels have no channel_type", "Give BIDS channel types."
            yield CHANNEL_TYPE.at(f"{path}/channel", found, mend)
        else:
            for kind in np.unique(group["channel_type"].values):
                if str(kind) not in CHANNEL_TYPES:
                    found = f"{str(kind)!r} is no BIDS channel type{suggest(kind, CHANNEL_TYPES)}"
                    yield CHANNEL_TYPE.at(f"{path}/channel_type", found, "Use BIDS types exactly.")
        if "unit" not in group.coords or (np.asarray(group["unit"].values) == "").any():
            found, mend = "a channel has no unit", 'Give a UDUNITS string; "1" has no dimension.'
            yield NO_UNIT.at(f"{path}/unit", found, mend)
            continue
        units, said = np.unique(group["unit"].values), group["signal"].attrs.get("units")
        if said is not None and (units.size > 1 or str(units[0]) != said):
            found = f"signal says {said!r}, channels say {shown(units)}"
            mend = "Give signal.attrs['units'] only where all channels share one unit."
            yield UNITS_DISAGREE.at(f"{path}/signal", found, mend)
