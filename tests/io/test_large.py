"""What is large and on disk becomes chunks; what is small or in memory stays."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import xarray as xr

import neurokit as nk
from neurokit.io.encoding import chunk_shape
from neurokit.io.large import in_chunks
from neurokit.schema import activity, recording
from neurokit.testing import assert_same

N_BYTES = 20_000 * 6 * 4


@pytest.fixture(params=["nc", "zarr"])
def stored(request: pytest.FixtureRequest, tmp_path: Path) -> xr.DataTree:
    values = np.random.default_rng(0).normal(size=(20_000, 6)).astype(np.float32)
    group = activity(values, names=list("ABCDEF"), rate=10.0)
    rec = recording({"activity": group}, modality="calcium", subject="w", name="worm")
    return nk.open(nk.save(rec, tmp_path / f"worm.{request.param}"))


def test_large_arrays_are_cut_as_they_lie_on_disk(stored: xr.DataTree) -> None:
    cut = in_chunks(stored, N_BYTES - 1)
    signal = cut["activity/signal"]
    assert signal.chunks is not None
    assert tuple(sizes[0] for sizes in signal.chunks) == chunk_shape(signal.variable)
    assert cut.name == stored.name
    assert_same(cut, stored)


def test_small_arrays_stay_as_they_are(stored: xr.DataTree) -> None:
    assert in_chunks(stored, N_BYTES)["activity/signal"].chunks is None


def test_what_is_in_memory_or_cut_already_stays(stored: xr.DataTree) -> None:
    assert in_chunks(stored.copy(deep=True).load(), 0)["activity/signal"].chunks is None
    cut = in_chunks(stored.chunk({"time": 7000}), 0)
    assert cut["activity/signal"].chunks[0] == (7000, 7000, 6000)
