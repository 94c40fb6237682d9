"""Faults of the values themselves (NK302, NK4xx)."""

from __future__ import annotations

from typing import Any

import numpy as np
import xarray as xr

from neurokit.testing._faults import fault, head, some_index, tree, worm
from neurokit.testing._groups import (
    Draw,
)
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
