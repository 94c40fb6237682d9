"""Small recordings whose truth is known."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import xarray as xr

from neurokit import schema

Maker = Callable[..., Any]


def _traces(
    values: Any,
    rate: float | None = 10.0,
    *,
    time: Any = None,
    run: Any = None,
    trial: Any = None,
    space: str = "neuron",
    dtype: type = np.float64,
    **options: Any,
) -> xr.DataArray:
    columns = np.asarray(values, dtype=dtype)
    if columns.ndim == 1:
        columns = columns[:, None]
    names = [f"{space}{i}" for i in range(columns.shape[-1])]
    if space == "channel":
        options.setdefault("coords", {"channel_type": ["EEG"] * len(names)})
    dims = ("trial", "time", space) if columns.ndim == 3 else ("time", space)
    group = schema.activity(
        xr.Variable(dims, columns),
        names=names,
        space=space,
        rate=rate,
        time=time,
        run=run,
        trial=trial,
        **options,
    )
    return group["signal"]


@pytest.fixture
def traces() -> Maker:
    """Signal from columns: float64 unless said otherwise, 10 Hz, neurons."""
    return _traces


@pytest.fixture
def worm() -> Callable[..., xr.DataTree]:
    """Recording with two neurons, events and a behaviour on its own clock."""

    def make(values: Any, rate: float = 10.0, **options: Any) -> xr.DataTree:
        columns = np.asarray(values, dtype=np.float32)
        group = schema.activity(columns, names=["AVAL", "RIML"], rate=rate, **options)
        table = schema.events(
            [0.5, 1.0, 2.0, 2.5],
            duration=[0.1, 0.1, 0.2, 0.2],
            trial_type=["light", "heat", "light", "heat"],
            columns={"power": [1.0, 2.0, 3.0, 4.0], "run": [1, 1, 2, 2]},
        )
        speed = schema.series({"speed": np.arange(7.0)}, rate=2.0)
        groups = {"activity": group, "events": table, "behavior": speed}
        return schema.recording(groups, modality="calcium", subject="worm-1")

    return make


@pytest.fixture
def rng() -> np.random.Generator:
    return np.random.default_rng(20240601)
