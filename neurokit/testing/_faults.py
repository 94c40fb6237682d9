"""The register of faults, and the whole recordings that they are made in."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import xarray as xr

from neurokit.schema import activity, recording
from neurokit.testing._groups import Draw
from neurokit.testing._hypothesis import st

Fault = Callable[[Draw], xr.DataTree]

FAULTS: dict[str, Fault] = {}

SIZE = 6  # neurons, channels, events: enough to break one and leave others whole


def fault(code: str) -> Callable[[Fault], Fault]:
    """Register what makes a recording with the fault of `code`."""

    def register(function: Fault) -> Fault:
        FAULTS[code] = function
        return function

    return register


def tree(groups: Mapping[str, xr.Dataset], **attrs: Any) -> xr.DataTree:
    """Return a recording of these groups."""
    return recording(groups, modality="calcium", attrs=attrs)


def worm(draw: Draw) -> xr.Dataset:
    """Draw (time, neuron) with at least 4 samples, 2 neurons and a rate, nothing masked."""
    n_times, n_neurons = draw(st.integers(4, 20)), draw(st.integers(2, SIZE))
    names = [f"neuron {i}" for i in range(n_neurons)]
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    rate = draw(st.sampled_from([0.5, 3.0, 1000.0]))
    return activity(rng.normal(size=(n_times, n_neurons)), names=names, rate=rate)


def head(draw: Draw, kind: str = "EEG", scale: float = 1e-5, **options: Any) -> xr.Dataset:
    """Draw (time, channel), as `worm`."""
    n_times, n_channels = draw(st.integers(8, 20)), draw(st.integers(2, SIZE))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    return activity(
        rng.normal(size=(n_times, n_channels)) * scale,
        names=[f"channel {i}" for i in range(n_channels)],
        space="channel",
        rate=250.0,
        coords={"channel_type": [kind] * n_channels},
        **options,
    )


def with_time(group: xr.Dataset, time: Any) -> xr.Dataset:
    """Return the group on another time axis, with the attributes of the old one."""
    return group.assign_coords(time=("time", time, group["time"].attrs))


def some_index(draw: Draw, n: int, first: int = 0) -> int:
    """Draw an index of a sequence of `n`, from `first` on."""
    index: int = draw(st.integers(first, n - 1))
    return index
