"""A lazy signal read stretch by stretch: recordings larger than memory, brought to a new clock.

Every stretch is read with as much around it as its outputs need, so that they are, to the last
bit, those of the whole record at once. Blocks over space would read every chunk of a file as often
as there are blocks, or keep all of them.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import xarray as xr

from neurokit.signal.gaps import fill_gaps

Array = npt.NDArray[np.float64]

VALUES_PER_BLOCK = 2**22
"""Values of a stretch: 32 MiB as float64, of which a few copies are needed."""


@dataclass(frozen=True)
class Stretch:
    """Some neighbouring outputs and the samples that they are made from.

    Parameters
    ----------
    run : slice
        The run in which it lies.
    start, stop : int
        Samples that are read.
    transform : callable
        From rows (series, stop - start) to rows of outputs; linear.
    n_out : int
        Number of outputs.
    """

    run: slice
    start: int
    stop: int
    transform: Callable[[Array], Array]
    n_out: int


def lies_in_time_blocks(x: xr.DataArray) -> bool:
    """Tell whether a signal is lazy, with its time in several chunks, and is (time, space)."""
    if x.chunks is None or x.ndim != 2:
        return False
    return len(x.chunks[x.dims.index("time")]) > 1


def map_stretches(
    x: xr.DataArray, time: Array, stretches: Sequence[Stretch], min_observed: float, dtype: Any
) -> Any:
    """Return a dask array with the dims of `x`, one block per stretch.

    Where samples are missing within a stretch, straight lines stand in for them, and an output
    is NaN where less than `min_observed` of its weight was observed.
    """
    import dask.array as da

    blocks = _Blocks(x.transpose("time", ...).data, time, tuple(stretches), min_observed, dtype)
    n_space = blocks.source.shape[1]
    lengths = tuple(one.n_out for one in stretches)
    data: Any = da.map_blocks(  # type: ignore[no-untyped-call]
        blocks.at,
        name=f"stretches-{uuid.uuid4().hex}",
        chunks=(lengths, (n_space,)),
        dtype=dtype,
        meta=np.empty((0, 0), dtype),
    )
    return data if x.dims[0] == "time" else data.T


@dataclass(frozen=True)
class _Blocks:
    source: Any
    time: Array
    stretches: tuple[Stretch, ...]
    min_observed: float
    dtype: Any

    def at(self, block_info: Any = None) -> npt.NDArray[Any]:
        """Values of one block of a dask array, which says where it lies."""
        stretch = self.stretches[block_info[None]["chunk-location"][0]]
        rows = self._read(stretch.start, stretch.stop)
        observed = ~np.isnan(rows)
        if observed.all():
            found = stretch.transform(rows)
        else:
            values = stretch.transform(self._filled(rows, observed, stretch))
            share = stretch.transform(observed.astype(np.float64))
            found = np.where(share >= self.min_observed - 1e-9, values, np.nan)
        return np.asarray(found.T, dtype=self.dtype)

    def _read(self, start: int, stop: int) -> Array:
        values = self.source[start:stop].compute(scheduler="synchronous")
        return np.ascontiguousarray(np.asarray(values).T, dtype=np.float64)

    def _filled(self, rows: Array, observed: npt.NDArray[np.bool_], stretch: Stretch) -> Array:
        """Rows without NaN; a gap that leaves the stretch is followed to its other side."""
        begun = observed.any(axis=1)
        step = max(1, stretch.stop - stretch.start)
        before = range(stretch.start, stretch.run.start, -step)
        after = range(stretch.stop, stretch.run.stop, step)
        left = self._nearest(
            begun & ~observed[:, 0],
            ((max(stretch.run.start, stop - step), stop) for stop in before),
            last=True,
        )
        right = self._nearest(
            begun & ~observed[:, -1],
            ((start, min(stretch.run.stop, start + step)) for start in after),
            last=False,
        )
        whole = np.concatenate([left[1], rows, right[1]], axis=1)
        samples = np.concatenate([left[0], np.arange(stretch.start, stretch.stop), right[0]])
        filled = fill_gaps(whole, self.time[samples])
        return filled[:, left[0].size : left[0].size + rows.shape[1]]

    def _nearest(
        self, wanted: npt.NDArray[np.bool_], parts: Any, *, last: bool
    ) -> tuple[npt.NDArray[np.int64], Array]:
        """Samples beyond a stretch at which series are observed again, and their values there."""
        found: dict[int, tuple[int, float]] = {}
        for start, stop in parts if wanted.any() else ():
            rows = self._read(start, stop)
            for series in map(int, np.flatnonzero(wanted)):
                places = np.flatnonzero(~np.isnan(rows[series]))
                if places.size:
                    place = int(places[-1 if last else 0])
                    found[series] = (start + place, float(rows[series, place]))
                    wanted[series] = False
            if not wanted.any():
                break
        samples = np.unique([sample for sample, _ in found.values()]).astype(np.int64)
        values = np.full((wanted.size, samples.size), np.nan)
        for series, (sample, value) in found.items():
            values[series, np.searchsorted(samples, sample)] = value
        return samples, values
