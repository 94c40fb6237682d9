"""Codes of what can be wrong between the files of a BIDS dataset: findings, never losses."""

from __future__ import annotations

from neurokit.schema.checks import Code

ABSENT = Code("NK880", "SUGGESTION")
"""A table, sidecar or row that should be there is not; what the data file says is used."""

CHANNELS_DIFFER = Code("NK881", "VIOLATION")
"""channels.tsv and the data file do not name the same channels."""

ELECTRODES_DIFFER = Code("NK882", "SUGGESTION")
"""electrodes.tsv and the channels do not name the same contacts."""

CELL = Code("NK883", "VIOLATION")
"""A cell says something that cannot be: an unknown type, a unit of another quantity, no number."""

OVERRULED = Code("NK884", "SUGGESTION")
"""The tables replaced something that the data file says too."""

CONTRADICTION = Code("NK885", "SUGGESTION")
"""A sidecar or table contradicts itself or the data file, which counts: rate, length, filters."""

EVENT_TIME = Code("NK886", "VIOLATION")
"""An event has no onset, or its onset and its sample are not the same time."""

PLACES = Code("NK887", "SUGGESTION")
"""Unit or space of positions was not stated and had to be chosen."""
