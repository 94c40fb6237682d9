"""Faults of values, and of units that cannot be theirs (NK302, NK309 to NK312, NK4xx)."""

from __future__ import annotations

from typing import Any

import numpy as np
import xarray as xr

from neurokit.schema import activity
from neurokit.testing._faults import fault, head, some_index, tree, worm
from neurokit.testing._groups import Draw
from neurokit.testing._hypothesis import st


def _with_values(draw: Draw, where: Any, value: float) -> xr.DataTree:
    group = worm(draw)
    values = group["signal"].values.copy()
    values[where, some_index(draw, values.shape[1])] = value
    return tree({"activity": group.assign(signal=group["signal"].copy(data=values))})


@fault("NK401")
def _all_nan(draw: Draw) -> xr.DataTree:
    return _with_values(draw, slice(None), np.nan)


@fault("NK402")
def _constant(draw: Draw) -> xr.DataTree:
    return _with_values(draw, slice(None), draw(st.sampled_from([0.0, 1.5])))


@fault("NK403")
def _some_nan(draw: Draw) -> xr.DataTree:
    return _with_values(draw, slice(0, draw(st.integers(1, 3))), np.nan)


@fault("NK404")
def _infinite(draw: Draw) -> xr.DataTree:
    return _with_values(draw, some_index(draw, 4), draw(st.sampled_from([np.inf, -np.inf])))


@fault("NK302")
def _magnitude(draw: Draw) -> xr.DataTree:
    kind = draw(st.sampled_from(["EEG", "ECOG", "SEEG", "MEGMAG", "MEGGRADPLANAR"]))
    # Hundreds of times the largest plausible median, so that chance medians stay above it too.
    return tree({"activity": head(draw, kind, scale=1e3)})


def _long(draw: Draw) -> np.ndarray[Any, Any]:
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    return rng.normal(size=(draw(st.integers(16, 40)), 3))


def _calcium(values: np.ndarray[Any, Any]) -> xr.DataTree:
    return tree({"activity": activity(values, names=["a", "b", "c"], rate=3.0)})


@fault("NK405")
def _clock(draw: Draw) -> xr.DataTree:
    values = _long(draw)
    step = draw(st.sampled_from([1.0, 0.001, 33.0]))
    values[:, draw(st.integers(0, 2))] = np.arange(values.shape[0]) * step
    return _calcium(values)


@fault("NK406")
def _same_trace(draw: Draw) -> xr.DataTree:
    values = _long(draw)
    values[:, draw(st.integers(1, 2))] = values[:, 0]
    return _calcium(values)


@fault("NK309")
def _placeholder(draw: Draw) -> xr.DataTree:
    group = head(draw)
    units = [draw(st.sampled_from(["n/a", "N/A", "unknown", "a.u."]))] * group.sizes["channel"]
    return tree({"activity": group.assign_coords(unit=("channel", units))})


@fault("NK310")
def _wrong_quantity(draw: Draw) -> xr.DataTree:
    kind, unit = draw(st.sampled_from([("EEG", "T"), ("MEGMAG", "uV"), ("ECOG", "fT/cm")]))
    group = head(draw, kind)
    units = [unit] * group.sizes["channel"]
    return tree({"activity": group.assign_coords(unit=("channel", units))})


@fault("NK311")
def _tiny(draw: Draw) -> xr.DataTree:
    kind = draw(st.sampled_from(["EEG", "ECOG", "SEEG", "MEGMAG", "MEGGRADPLANAR"]))
    return tree({"activity": head(draw, kind, scale=1e-20)})


@fault("NK312")
def _beyond_cameras(draw: Draw) -> xr.DataTree:
    return _calcium(_long(draw) * draw(st.sampled_from([1e6, 1e9])))
