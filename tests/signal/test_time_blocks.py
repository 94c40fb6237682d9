"""Resampling stretch by stretch gives the bytes of the whole record, and reads little of it."""

from __future__ import annotations

from typing import Any

import dask.array as da
import numpy as np
import pytest
import xarray as xr

import neurokit.signal as nks
from neurokit.schema import activity
from neurokit.signal import rates, time_blocks

N_SAMPLES, N_CELLS = 1500, 6
WAYS = [
    {"rate": 7.0},
    {"rate": 50 / 3},
    {"rate": 120.0},
    {"rate": 7.0, "method": "area"},
    {"rate": 80.0, "method": "area"},
]


def traces(*, gaps: bool, runs: bool) -> xr.DataArray:
    """Return random walks; gaps inside, at both ends, from the middle on, and everywhere."""
    values = np.random.default_rng(0).normal(size=(N_SAMPLES, N_CELLS)).cumsum(0)
    if gaps:
        values[100:400, 0] = np.nan
        values[:50, 1] = np.nan
        values[-60:, 2] = np.nan
        values[N_SAMPLES // 2 :, 3] = np.nan
        values[:, 4] = np.nan
    x = activity(values.astype(np.float32), names=list("ABCDEF"), rate=50.0)["signal"]
    if runs:
        x = x.assign_coords(run=("time", (np.arange(N_SAMPLES) >= 500).astype(int)))
    return x


@pytest.fixture(params=[2**9, 2**11, 2**22])
def values_per_block(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> int:
    monkeypatch.setattr(rates, "VALUES_PER_BLOCK", request.param)
    return int(request.param)


@pytest.mark.parametrize("way", WAYS, ids=str)
@pytest.mark.parametrize("gaps", [False, True])
@pytest.mark.parametrize("runs", [False, True])
def test_stretches_give_the_bytes_of_the_whole_record(
    way: dict[str, Any], gaps: bool, runs: bool, values_per_block: int
) -> None:
    x = traces(gaps=gaps, runs=runs)
    lazy = nks.resample(x.chunk(time=130, neuron=4), **way)
    assert lazy.chunks is not None
    if values_per_block == 2**9:
        assert len(lazy.chunks[0]) > 10
    whole = nks.resample(x, **way)
    xr.testing.assert_identical(lazy.compute(), whole)
    assert np.array_equal(lazy.values, whole.values, equal_nan=True)


def test_neurons_may_come_first(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rates, "VALUES_PER_BLOCK", 2**10)
    x = traces(gaps=True, runs=False)
    lazy = nks.resample(x.chunk(time=100).transpose("neuron", "time"), 7.0)
    assert lazy.dims == ("neuron", "time")
    xr.testing.assert_identical(lazy.compute(), nks.resample(x, 7.0).transpose("neuron", "time"))


def test_an_irregular_clock_is_cut_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rates, "VALUES_PER_BLOCK", 2**10)
    x = traces(gaps=True, runs=False)
    steps = np.random.default_rng(1).uniform(0.01, 0.03, N_SAMPLES)
    x = x.drop_vars("time").assign_coords(time=np.cumsum(steps))
    lazy = nks.resample(x.chunk(time=100), 9.0)
    assert len(lazy.chunks[0]) > 5
    assert np.array_equal(lazy.values, nks.resample(x, 9.0).values, equal_nan=True)


def counted(x: xr.DataArray, size: int) -> tuple[xr.DataArray, list[int]]:
    """Return a lazy signal in chunks of time that notes each chunk that is made."""
    made: list[int] = []

    def chunk(block_info: Any = None) -> np.ndarray[Any, Any]:
        start, stop = block_info[None]["array-location"][0]
        made.append(start // size)
        return x.values[start:stop]

    blocks = da.map_blocks(
        chunk,
        dtype=x.dtype,
        chunks=((size,) * (N_SAMPLES // size), (N_CELLS,)),
        meta=np.empty((0, 0), x.dtype),
    )
    return x.copy(data=blocks), made


def test_each_chunk_is_read_once_and_its_edges_with_its_neighbours(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(rates, "VALUES_PER_BLOCK", 300 * N_CELLS)
    x, made = counted(traces(gaps=False, runs=False), 300)
    lazy = nks.resample(x, 25.0)
    assert made == []
    lazy.compute(scheduler="synchronous")
    assert set(made) == set(range(5))
    assert max(made.count(number) for number in range(5)) <= 3


def test_one_block_needs_its_own_stretch_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rates, "VALUES_PER_BLOCK", 300 * N_CELLS)
    x, made = counted(traces(gaps=False, runs=False), 300)
    nks.resample(x, 25.0)[:20].compute(scheduler="synchronous")
    assert set(made) <= {0, 1}


def test_a_neuron_that_is_lost_for_good_is_followed_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rates, "VALUES_PER_BLOCK", 100 * N_CELLS)
    values = traces(gaps=False, runs=False)
    values[150:, 0] = np.nan
    x, made = counted(values, 100)
    found = nks.resample(x, 25.0).compute(scheduler="synchronous")
    assert np.array_equal(found.values, nks.resample(values, 25.0).values, equal_nan=True)
    # Once for its own stretch, as edge of two neighbours, and once for those who look for an end.
    assert max(made.count(number) for number in range(15)) <= 6


@pytest.mark.parametrize(
    ("chunks", "expected"),
    [({"time": 100}, True), ({"time": -1, "neuron": 2}, False), (None, False)],
)
def test_only_a_time_in_several_chunks_is_cut(chunks: Any, expected: bool) -> None:
    x = traces(gaps=False, runs=False)
    lazy = x if chunks is None else x.chunk(chunks)
    assert time_blocks.lies_in_time_blocks(lazy) is expected
    trials = lazy.expand_dims(trial=2)
    assert time_blocks.lies_in_time_blocks(trials) is False
