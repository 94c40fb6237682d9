"""A pynwb object as a recording (https://doi.org/10.7554/eLife.78362)."""

from __future__ import annotations

from typing import Any

import xarray as xr

from neurokit.errors import OptionError
from neurokit.interchange.nwb_build import Statements, build_recording
from neurokit.interchange.nwb_objects import object_content


def from_nwb(
    nwbfile: Any,
    *,
    series: str | None = None,
    rate: float | None = None,
    space: str | None = None,
    channel_type: str | None = None,
    position_units: str | None = None,
    sort_spikes: bool = False,
) -> xr.DataTree:
    """Return a pynwb NWBFile as a recording; undoes `to_nwb`.

    ``/activity`` is the first that there is of: responses of regions of interest (dF/F before
    fluorescence before neuropil and deconvolved traces), electrical series, sweeps of a patched
    cell, numbered series of one column each; the others go to ``/auxiliary``. Units become
    ``/spikes``; trials, epochs and annotations ``/events``; what stands under behavior or is a
    position ``/behavior``; presented stimuli ``/stimulus``. What an NWB file of `to_nwb` keeps
    in its scratch space is put back. What is not read is a finding; see `neurokit.validate`.

    Parameters
    ----------
    nwbfile : pynwb.NWBFile
        Made in memory or read from a file, which may be closed afterwards: what lies in the
        file stays lazy and is read by its path.
    series : str, optional
        Path, name or glob of the series that becomes ``/activity``.
    rate : float, optional
        Hz of ``/activity``, where the file states none or a wrong one.
    space : {"neuron", "channel"}, optional
        What the columns of ``/activity`` are, where the type of the series does not say.
    channel_type : str, optional
        BIDS type of the channels; NWB has no such field.
    position_units : {"um", "mm", "cm", "m", "nm"}, optional
        What positions of electrodes are in; default micrometres, as the NWB schema says.
    sort_spikes : bool, default False
        Sort the spikes of each unit when they are read.

    Returns
    -------
    xarray.DataTree
        The recording.

    Raises
    ------
    OptionError
        If it is no NWBFile, or holds nothing that can be read.
    TimeError
        If what becomes ``/activity`` has neither rate nor timestamps.

    References
    ----------
    .. [1] Ruebel et al. 2022, eLife 11:e78362, doi:10.7554/eLife.78362

    Examples
    --------
    >>> from datetime import datetime, timezone
    >>> import numpy as np
    >>> from pynwb import NWBFile
    >>> file = NWBFile("a", "b", datetime(2024, 1, 1, tzinfo=timezone.utc))
    >>> file.add_unit(spike_times=np.array([0.1, 0.2]))
    >>> from_nwb(file).spikes.spike_time.values
    array([0.1, 0.2])
    """
    from pynwb import NWBFile

    if not isinstance(nwbfile, NWBFile):
        raise OptionError(
            f"got a {type(nwbfile).__name__}",
            where="from_nwb",
            mend="Give a pynwb.NWBFile; a path is opened with nk.open.",
        )
    said = Statements(series, rate, space, channel_type, position_units, sort_spikes)
    return build_recording(object_content(nwbfile), said)
