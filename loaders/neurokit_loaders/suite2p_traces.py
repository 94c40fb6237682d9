"""Traces that lie row by row in .npy files, as one lazy (time, neuron) array."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from neurokit.errors import FileContentError
from neurokit.io.lazy import FileArray, Key
from neurokit_loaders.npy_source import NpyArray, NpySource


def traces_of(path: Path) -> NpyArray:
    """Return a (row, time) array of numbers of an .npy file, unread.

    Raises
    ------
    FileContentError
        If the file is cut, pickled, or holds anything but a matrix of numbers.
    """
    header = NpySource(path).header
    if len(header.shape) != 2 or header.dtype.kind not in "fiu":
        raise FileContentError(
            f"holds {header.dtype} of shape {header.shape}, not one row of numbers per ROI",
            where=str(path),
            mend="Check that it is the file that suite2p wrote.",
        )
    return NpyArray(path, header.shape, header.dtype)


class RowTraces(FileArray):
    """Chosen rows of several (row, time) files side by side; NaN where a file is shorter.

    Parameters
    ----------
    parts : sequence of (NpyArray, rows)
        One per file: the array, and which of its rows are wanted, in which order.
    n_times : int
        Length of the time axis, that of the longest file.
    """

    def __init__(self, parts: Sequence[tuple[NpyArray, NDArray[np.int64]]], n_times: int) -> None:
        self.parts = list(parts)
        super().__init__((n_times, sum(rows.size for _, rows in self.parts)), np.float32)

    def read(self, key: Key) -> NDArray[Any]:
        """Return ``array[key]``."""
        times, wanted = (
            np.atleast_1d(np.arange(n)[part]) for part, n in zip(key, self.shape, strict=True)
        )
        out = np.full((times.size, wanted.size), np.nan, dtype=self.dtype)
        first = 0
        for array, rows in self.parts:
            here = np.flatnonzero((wanted >= first) & (wanted < first + rows.size))
            within = times[times < array.shape[1]]
            if here.size and within.size:
                step = int(within[1] - within[0]) if within.size > 1 else 1
                window = array.read((slice(None), slice(within[0], within[-1] + 1, step)))
                # Beyond float32 lies no fluorescence; such values become infinite.
                with np.errstate(over="ignore"):
                    out[: within.size, here] = window[rows[wanted[here] - first]].T
            first += rows.size
        # An integer drops its dim.
        return np.asarray(out[tuple(0 if isinstance(part, int) else slice(None) for part in key)])
