"""A recording from the tables of a BIDS dataset alone, where its data file is not at hand.

Public datasets keep tables in git and signals elsewhere; channels, places and events are there
long before a signal is. ``/activity`` then has every channel and no sample.
"""

from __future__ import annotations

import numpy as np
import xarray as xr

from neurokit.errors import FileContentError
from neurokit.schema import CHANNEL_TYPES, activity, recording
from neurokit_loaders.bids_about import number_in
from neurokit_loaders.bids_findings import ABSENT
from neurokit_loaders.bids_layout import BidsFile
from neurokit_loaders.bids_tables import inherited, missing, read_tsv


def without_signals(
    file: BidsFile, channel_type: str | None, without: tuple[str, ...]
) -> xr.DataTree:
    """Return a recording with the channels of a dataset's tables and no sample.

    Parameters
    ----------
    file : BidsFile
        The recording, or one of its tables.
    channel_type : str, optional
        BIDS type of channels that no table types; default OTHER.
    without : tuple of str
        Tables that are not read.

    Returns
    -------
    DataTree
        ``/activity`` with zero samples; its rate is what the sidecar says.

    Raises
    ------
    FileContentError
        If neither channels.tsv nor electrodes.tsv is there to name channels.
    """
    names, types = _channels(file, without)
    kinds = [kind if kind in CHANNEL_TYPES else channel_type or "OTHER" for kind in types]
    sidecar = inherited(file.sidecars(file.datatype, ".json")) if file.datatype else {}
    rate = number_in(sidecar, "SamplingFrequency")
    group = activity(
        np.empty((0, len(names)), dtype=np.float32),
        names=names,
        space="channel",
        rate=rate if rate is not None and rate > 0 else None,
        time=np.empty(0),
        coords={"channel_type": kinds},
    )
    found = "opened without its signals, as asked for: channels, places and events only"
    finding = ABSENT.at(file.path.name, found, "Open it with signals=True once they are here.")
    return recording({"activity": group}, modality="ieeg", findings=[finding])


def _channels(file: BidsFile, without: tuple[str, ...]) -> tuple[list[str], list[str]]:
    for table_name in ("channels", "electrodes"):
        paths = [] if table_name in without else file.sidecars(table_name, ".tsv")
        for path in reversed(paths):
            table = read_tsv(path)
            names = list(dict.fromkeys(table.columns.get("name", [])))
            if names and not all(missing(name) for name in names):
                kinds = table.columns.get("type", ["n/a"] * len(table))
                of = dict(zip(table.columns["name"], kinds, strict=True))
                return names, [of[name].upper() for name in names]
    raise FileContentError(
        "neither channels.tsv nor electrodes.tsv beside it names a channel",
        where=str(file.path),
        mend="Without signals there is nothing to open; fetch the data file.",
    )
