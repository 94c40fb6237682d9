"""Settings of hypothesis for this room, and the series that several of its tests are about."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import xarray as xr
from hypothesis import settings
from scipy.signal import lfilter

from neurokit.schema import regular_time, time_coordinate

# A busy machine is no fault of a test, and a default run must not depend on luck.
settings.register_profile("stats", deadline=None, derandomize=True, max_examples=60)
settings.load_profile("stats")

Series = Callable[..., np.ndarray[Any, Any]]
Timed = Callable[..., xr.DataArray]


@pytest.fixture(scope="session")
def ar1() -> Series:
    """AR(1) series: (phi, n_samples, n_series, generator or seed), stationary from the start."""

    def draw(phi: float, n: int, k: int, rng: Any = 0) -> np.ndarray[Any, Any]:
        noise = np.random.default_rng(rng).normal(size=(n + 500, k))
        return np.asarray(lfilter([1], [1, -phi], noise, axis=0)[500:])

    return draw


@pytest.fixture(scope="session")
def timed() -> Timed:
    """A DataArray (time, neuron, lag) with a regular clock and further coordinates on it."""

    def build(values: Any, rate: float = 10.0, **coords: Any) -> xr.DataArray:
        array = np.asarray(values)
        clock = time_coordinate(regular_time(array.shape[0], rate), rate)
        further = {name: ("time", column) for name, column in coords.items()}
        dims = ("time", "neuron", "lag")[: array.ndim]
        return xr.DataArray(array, dims=dims, coords={"time": clock, **further})

    return build
