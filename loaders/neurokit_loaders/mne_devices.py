"""Groups and recordings from device files that are read without mne: stretches, clock, channels."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction
from typing import Any, cast

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from neurokit._version import __version__
from neurokit.interchange.mne_channels import modality_of
from neurokit.io import lazy_variable
from neurokit.schema import Finding, activity, recording, with_contacts
from neurokit_loaders.mne_lazy import WindowArray


@dataclass(frozen=True)
class Stretches:
    """What a device recorded without a gap.

    Parameters
    ----------
    first : tuple of int
        First sample of each stretch.
    seconds : tuple of float or Fraction
        When each begins, on the device's clock; exact where that counts since 1970.
    size : int
        Samples of all.
    """

    first: tuple[int, ...]
    seconds: tuple[float | Fraction, ...]
    size: int

    def time(self, rate: float, zero: float | Fraction) -> NDArray[np.float64]:
        """Return when each sample was taken.

        Parameters
        ----------
        rate : float
            Hz.
        zero : float or Fraction
            What the device's clock read at t = 0.

        Returns
        -------
        (size,) ndarray
            Whole samples over the rate from the beginning of each stretch.
        """
        ends = (*self.first[1:], self.size)
        parts = [
            float(begin - zero) + np.arange(end - first) / rate
            for first, end, begin in zip(self.first, ends, self.seconds, strict=True)
        ]
        return np.concatenate(parts)

    @property
    def run(self) -> NDArray[np.int64] | None:
        """Run of each sample, None where there is one only."""
        if len(self.first) < 2:
            return None
        return np.repeat(np.arange(len(self.first)), np.diff((*self.first, self.size)))


@dataclass(frozen=True)
class DeviceChannels:
    """Channels of one rate and one layout.

    Parameters
    ----------
    array : WindowArray
        Their values.
    names, types, units : sequence of str
        Per channel; types are those of BIDS.
    rate : float
        Hz.
    stretches : Stretches
        When they were recorded.
    highpass, lowpass : sequence of (float or None)
        Filters that were on.
    """

    array: WindowArray
    names: Sequence[str]
    types: Sequence[str]
    units: Sequence[str]
    rate: float
    stretches: Stretches
    highpass: Sequence[float | None]
    lowpass: Sequence[float | None]

    def group(self, zero: float | Fraction) -> xr.Dataset:
        """Return them as a group of the contract.

        Parameters
        ----------
        zero : float or Fraction
            What the device's clock read at t = 0.

        Returns
        -------
        Dataset
            With the narrowest band as ``highpass`` and ``lowpass``.
        """
        run = self.stretches.run
        group = activity(
            lazy_variable(("time", "channel"), self.array),
            names=self.names,
            space="channel",
            rate=self.rate,
            time=self.stretches.time(self.rate, zero),
            time_offset=float(zero),
            coords={"channel_type": list(self.types), "unit": list(self.units)},
            run=None if run is None else cast("Sequence[int]", run),
        )
        for name, values, narrowest in (
            ("highpass", self.highpass, max),
            ("lowpass", self.lowpass, min),
        ):
            known = [value for value in values if value is not None]
            if known:
                group.attrs[name] = float(narrowest(known))
        return with_contacts(group)


def device_recording(
    parts: Mapping[str, DeviceChannels],
    *,
    start: datetime | None,
    findings: Sequence[Finding],
    events: Mapping[str, Any] | None = None,
) -> xr.DataTree:
    """Return a recording from the channels of a device.

    Parameters
    ----------
    parts : mapping of str to DeviceChannels
        By group, ``activity`` among them; its first sample is t = 0 for all.
    start : datetime or None
        When it began.
    findings : sequence of Finding
        What was noticed.
    events : mapping, optional
        ``seconds`` on the device's clock and further columns.

    Returns
    -------
    DataTree
        The recording.
    """
    from neurokit.schema import events as event_group

    zero = parts["activity"].stretches.seconds[0]
    groups = {name: part.group(zero) for name, part in parts.items()}
    if events is not None and len(events["seconds"]):
        columns = {name: values for name, values in events.items() if name != "seconds"}
        groups["events"] = event_group(
            np.asarray(events["seconds"]) - float(zero),
            trial_type=columns.pop("trial_type"),
            columns=columns,
        )
    return recording(
        groups,
        modality=modality_of(kind for part in parts.values() for kind in part.types),
        start_time="" if start is None else start.isoformat(),
        loader="mne.raw",
        loader_version=__version__,
        findings=findings,
    )
