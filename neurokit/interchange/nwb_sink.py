"""What is being written into an NWBFile: names taken, clocks, probes, and the scratch space."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from neurokit.schema import regular_time

if TYPE_CHECKING:
    import xarray as xr

_SHORT = 16


class Sink:
    """An NWBFile that groups of a recording are put into, one after the other.

    Parameters
    ----------
    nwbfile : pynwb.NWBFile
        Without data yet.
    imaging : mapping of str to str or float
        What is known of the imaging plane: ``indicator``, ``excitation_lambda``,
        ``emission_lambda``, ``location``, ``device``.
    streamed : bool
        Leave large lazy signals to be read while the file is written.
    """

    def __init__(self, nwbfile: Any, imaging: Mapping[str, Any], streamed: bool) -> None:
        self.file, self.imaging, self.streamed = nwbfile, dict(imaging), streamed
        self.names: set[str] = set()
        self.tables: set[str] = set()
        self.n_scratch = 0
        self.plane: Any = None
        # Events count on the clock of the signal; where there is none, on the file's.
        self.offset = 0.0

    def scratch(self, name: str, data: Any, description: str) -> None:
        """Put an array or a text into the scratch space."""
        from pynwb.core import ScratchData

        self.file.add_scratch(ScratchData(name=name, data=data, description=description))

    def name(self, wanted: str) -> str:
        """Return a name that a file can have and no other series has."""
        clean = "".join("_" if c in "/:." else c for c in wanted) or "series"
        name, i = clean, 1
        while name in self.names:
            name, i = f"{clean}_{i}", i + 1
        self.names.add(name)
        return name

    def clock(self, group: xr.Dataset) -> tuple[dict[str, Any], bool]:
        """Return when samples are, as NWB says it, and whether that gives back the same times."""
        time = np.asarray(group["time"].values, dtype=np.float64)
        offset = float(group.attrs.get("time_offset", 0.0))
        rate = group.attrs.get("sampling_rate")
        start = (float(time[0]) if time.size else 0.0) + offset
        if rate is not None and time.size:
            again = regular_time(time.size, float(rate), start - offset)
            near = np.abs(again - time).max() < 1e-9
            if near and "run" not in group.coords:
                return {"rate": float(rate), "starting_time": start}, np.array_equal(again, time)
        seconds = time + offset if offset else time
        exact = not offset or np.array_equal(seconds - offset, time)
        return {"timestamps": seconds}, exact

    def timed(self, group: xr.Dataset, series_path: str, exact: bool) -> dict[str, Any]:
        """Return where ``time`` stands: the clock of a series, unless that would round it."""
        if not exact:
            return {}
        return {"time": {"clock": series_path, "n": int(group.sizes["time"])}}

    def probe(self, name: str) -> Any:
        """Return the group of electrodes of a name, made when it is first asked for."""
        clean = "".join("_" if c in "/:." else c for c in name)
        found = self.file.electrode_groups.get(clean)
        if found is not None:
            return found
        return self.file.create_electrode_group(
            name=clean, description=name, location="unknown", device=self.device()
        )

    def device(self) -> Any:
        """Return the device, made when it is first asked for."""
        name = str(self.imaging.get("device", "device"))
        return self.file.devices.get(name) or self.file.create_device(
            name=name, description="not stated"
        )

    def module(self, name: str, description: str) -> Any:
        """Return a processing module, made when it is first asked for."""
        found = self.file.processing.get(name)
        # A module without anything in it is false.
        if found is not None:
            return found
        return self.file.create_processing_module(name=name, description=description)

    def anywhere(self, path: str, variable: xr.Variable) -> dict[str, Any]:
        """Put a variable where NWB has no place for it; return where that is."""
        if variable.size <= _SHORT:
            values = np.asarray(variable.values)
            return {"values": values.reshape(-1).tolist(), "shape": list(variable.shape)}
        values = np.asarray(variable.values)
        if values.dtype.kind == "U":
            values = values.astype(object)
        name = f"neurokit_{self.n_scratch:04d}"
        self.n_scratch += 1
        what = f"{path} ({', '.join(map(str, variable.dims))}) of a neurokit recording"
        self.scratch(name, values, what)
        return {"scratch": name, "shape": list(variable.shape)}
