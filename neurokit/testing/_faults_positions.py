"""Faults of positions (NK304 to NK308)."""

from __future__ import annotations

import numpy as np
import xarray as xr

from neurokit.testing._faults import fault, head, some_index, tree
from neurokit.testing._groups import Draw
from neurokit.testing._hypothesis import st


@fault("NK304")
def _position_attrs(draw: Draw) -> xr.DataTree:
    group = head(draw)
    position = np.zeros((group.sizes["channel"], 3))
    attrs = draw(st.sampled_from([{}, {"units": "m"}, {"coordinate_frame": "head"}]))
    group["position"] = (("channel", "space"), position, attrs)
    return tree({"activity": group})


@fault("NK305")
def _position_extent(draw: Draw) -> xr.DataTree:
    group = head(draw)
    position = np.linspace(-90.0, 90.0, 3 * group.sizes["channel"]).reshape(-1, 3)
    attrs = {"units": "m", "coordinate_frame": "head"}
    group["position"] = (("channel", "space"), position, attrs)
    return tree({"activity": group})


def _placed(draw: Draw, scale: float, units: str) -> xr.Dataset:
    """Draw electrodes a few centimetres apart, their places times `scale`."""
    group = head(draw)
    n = group.sizes["channel"]
    position = np.linspace(0.01, 0.09, 3 * n).reshape(n, 3) * scale
    attrs = {"units": units, "coordinate_frame": "head"}
    return group.assign(position=(("channel", "space"), position, attrs))


@fault("NK306")
def _position_dims(draw: Draw) -> xr.DataTree:
    group = _placed(draw, 1.0, "m")
    if draw(st.booleans()):
        return tree({"activity": group.assign(position=group["position"].transpose())})
    return tree({"activity": group.isel(space=slice(2))})


@fault("NK307")
def _same_place(draw: Draw) -> xr.DataTree:
    group = _placed(draw, 1.0, "m").copy(deep=True)
    other = some_index(draw, group.sizes["channel"], first=1)
    group["position"][other] = group["position"][0]
    return tree({"activity": group})


@fault("NK308")
def _position_tiny(draw: Draw) -> xr.DataTree:
    scale, units = draw(st.sampled_from([(1e-3, "m"), (1.0, "mm"), (0.1, "cm")]))
    return tree({"activity": _placed(draw, scale, units)})
