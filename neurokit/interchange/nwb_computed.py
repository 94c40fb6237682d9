"""What is computed of NWB data window by window: signals in units, stacks, spikes, centres.

Each holds raw arrays (`nwb_arrays`), so that it crosses processes and a window reads a window.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import numpy as np

from neurokit.errors import TimeError
from neurokit.interchange.nwb_arrays import Dataset, Key, Raw, held, take
from neurokit.io import FileArray

if TYPE_CHECKING:
    from numpy.typing import NDArray


def in_memory(array: Any) -> bool:
    """Whether the values of an array, or what it is computed of, are in memory.

    Parameters
    ----------
    array : FileArray or ndarray
        The array.

    Returns
    -------
    bool
        False if reading it reads a file.
    """
    if isinstance(array, Stacked | Columns):
        return all(in_memory(part) for part in array.parts)
    if isinstance(array, Signal | SpikeTimes | Measure):
        return in_memory(array.raw)
    if isinstance(array, Centroids):
        return in_memory(array.masks)
    return isinstance(array, np.ndarray)


class Signal(FileArray):
    """Values of a series in its unit, float32: ``data * factor * per_column + offset``.

    Parameters
    ----------
    raw : Raw
        (time,), (time, space) or, if `transposed`, (space, time).
    factor, offset : float
        What makes the stored numbers values; computed in float64.
    per_column : ndarray, optional
        A further factor per column.
    transposed : bool
        Whether `raw` has the dims the other way round.
    """

    def __init__(
        self,
        raw: Raw,
        factor: float = 1.0,
        offset: float = 0.0,
        per_column: NDArray[Any] | None = None,
        transposed: bool = False,
    ) -> None:
        shape = tuple(raw.shape)
        super().__init__(
            (*shape, 1) if len(shape) == 1 else shape[:: -1 if transposed else 1], np.float32
        )
        self.raw, self.offset, self.transposed = raw, float(offset), transposed
        self.factor = np.full(self.shape[1], float(factor))
        if per_column is not None:
            self.factor = self.factor * np.asarray(per_column, dtype=np.float64)
        self.is_plain = bool((self.factor == 1).all() and self.offset == 0)

    def read(self, key: Key) -> NDArray[Any]:
        """Return ``array[key]``."""
        when, which = key
        if len(self.raw.shape) == 1:
            part = take(self.raw, (when,))[..., np.newaxis][..., which]
        elif self.transposed:
            part = take(self.raw, (which, when)).T
        else:
            part = take(self.raw, (when, which))
        if not self.is_plain:
            part = part * self.factor[which] + self.offset
        # Beyond float32 lies no signal; such values become infinite, which checks report.
        with np.errstate(over="ignore", invalid="ignore"):
            return np.asarray(part, dtype=np.float32)


class Stacked(FileArray):
    """Several signals of one shape as one array: along neurons, or as trials.

    Parameters
    ----------
    parts : sequence of Signal
        For neurons (time, 1) each; for trials (time, space) each.
    trials : bool
        (trial, time, space) instead of (time, neuron).
    """

    def __init__(self, parts: Sequence[Signal], trials: bool) -> None:
        n_times, n_space = parts[0].shape
        shape = (len(parts), n_times, n_space) if trials else (n_times, len(parts))
        super().__init__(shape, np.float32)
        self.parts, self.trials = tuple(parts), trials

    def read(self, key: Key) -> NDArray[Any]:
        """Return ``array[key]``."""
        which, rest = (key[0], key[1:]) if self.trials else (key[1], (key[0], 0))
        chosen = self.parts[which]
        if isinstance(chosen, Signal):
            return np.asarray(chosen.read(rest))
        with _held_by(chosen):
            values = [part.read(rest) for part in chosen]
        if not values:
            empty = take(np.empty(self.parts[0].shape, np.float32), rest)
            return np.stack([empty], axis=0 if self.trials else -1)[
                (slice(0),) if self.trials else (..., slice(0))
            ]
        return np.stack(values, axis=0 if self.trials else -1)


@contextmanager
def _held_by(parts: Sequence[Signal]) -> Iterator[None]:
    """Keep the file of the parts open while all of them are read."""
    raw = parts[0].raw if parts else None
    if isinstance(raw, Dataset):
        with held(raw.path):
            yield
    else:
        yield


class SpikeTimes(FileArray):
    """Seconds of all spikes, neuron after neuron, on the clock of the recording.

    Parameters
    ----------
    raw : Raw
        Seconds as stored.
    ends : ndarray of int
        Offset behind each neuron's last spike.
    shift : float
        What is taken from each.
    sort : bool
        Sort within each neuron, which then is read whole; else unsorted times are an error.
    where : str
        Named in that error.
    """

    def __init__(
        self, raw: Raw, ends: NDArray[Any], shift: float, sort: bool, where: str = "units"
    ) -> None:
        super().__init__(tuple(raw.shape), np.float64)
        self.raw, self.ends, self.shift = raw, np.asarray(ends, dtype=np.int64), float(shift)
        self.sort, self.where = sort, where

    def read(self, key: Key) -> NDArray[Any]:
        """Return ``array[key]``."""
        (part,) = key
        if not isinstance(part, slice):
            return np.asarray(self._window(part, part + 1)[0])
        start, stop, step = part.indices(self.shape[0])
        return self._window(start, max(start, stop))[::step]

    def _window(self, start: int, stop: int) -> NDArray[Any]:
        if not self.sort:
            times = take(self.raw, (slice(start, stop),)).astype(np.float64)
            falls = np.flatnonzero(np.diff(times) < 0) + 1 + start
            broken = falls[~np.isin(falls, self.ends)]
            if broken.size:
                self._raise(int(np.searchsorted(self.ends, broken[0], side="right")))
            return times - self.shift if self.shift else times
        edges = np.concatenate([[0], self.ends])
        first = int(np.searchsorted(self.ends, start, side="right"))
        last = int(np.searchsorted(self.ends, max(start, stop - 1), side="right"))
        low, high = int(edges[first]), int(edges[min(last + 1, edges.size - 1)])
        times = take(self.raw, (slice(low, high),)).astype(np.float64)
        for a, b in zip(edges[first : last + 1], edges[first + 1 : last + 2], strict=False):
            times[a - low : b - low].sort()
        return times[start - low : stop - low] - self.shift

    def _raise(self, neuron: int) -> None:
        raise TimeError(
            f"spike times of row {neuron} are not sorted",
            where=self.where,
            mend="Open the file with sort_spikes=True.",
        )


class Centroids(FileArray):
    """Centre of mass of each region of interest, (neuron, 3), computed when it is asked for.

    Parameters
    ----------
    masks : Raw
        (neuron, x, y) or (neuron, x, y, z) weights, or a list of pixels (x, y[, z], weight).
    ends : ndarray of int, optional
        Of a list of pixels, the offset behind each region's last.
    rows : ndarray of int
        Which regions.
    scale, origin : (3,) array_like
        What a pixel measures, and where pixel 0 lies.
    """

    def __init__(
        self,
        masks: Raw,
        ends: NDArray[Any] | None,
        rows: NDArray[Any],
        scale: Sequence[float] = (1.0, 1.0, 1.0),
        origin: Sequence[float] = (0.0, 0.0, 0.0),
    ) -> None:
        self.masks, self.ends = masks, ends
        self.rows = np.asarray(rows, dtype=np.int64)
        super().__init__((self.rows.size, 3), np.float64)
        self.scale, self.origin = np.asarray(scale, float), np.asarray(origin, float)

    def read(self, key: Key) -> NDArray[Any]:
        """Return ``array[key]``."""
        which, axes = key
        rows = np.atleast_1d(self.rows[which])
        held_open = held(self.masks.path) if isinstance(self.masks, Dataset) else None
        if held_open is None:
            centres = [self._centre(int(row)) for row in rows]
        else:
            with held_open:
                centres = [self._centre(int(row)) for row in rows]
        values = np.array(centres).reshape(-1, 3) * self.scale + self.origin
        return np.asarray((values if isinstance(which, slice) else values[0])[..., axes])

    def _centre(self, row: int) -> NDArray[Any]:
        if self.ends is None:
            mask = np.asarray(
                take(self.masks, (row, *(slice(None),) * (len(self.masks.shape) - 1)))
            )
            places = np.nonzero(mask)
            weight = mask[places].astype(np.float64)
        else:
            start = int(self.ends[row - 1]) if row else 0
            pixels = take(self.masks, (slice(start, int(self.ends[row])),))
            places = tuple(pixels[axis] for axis in "xyz" if axis in (pixels.dtype.names or ()))
            weight = np.asarray(pixels["weight"], dtype=np.float64)
        total = weight.sum()
        centre = np.full(3, np.nan)
        if total > 0:
            centre[len(places) :] = 0.0
            for i, place in enumerate(places[:3]):
                centre[i] = (np.asarray(place, dtype=np.float64) * weight).sum() / total
        return centre


class Measure(FileArray):
    """Values of a measure of behavior, in its unit and of a fitting dtype.

    Parameters
    ----------
    raw : Raw
        (time,) or (time, axis).
    factor, offset : float
        ``raw * factor + offset``; without either, whole numbers stay whole.
    precise : bool
        float64, for positions, which span far more than they resolve.
    """

    def __init__(self, raw: Raw, factor: float, offset: float, precise: bool) -> None:
        self.is_plain = factor == 1 and offset == 0
        stored = np.dtype(raw.dtype).newbyteorder("=")
        whole_numbers = stored.kind in "iub" and self.is_plain
        dtype = stored if whole_numbers else np.float64 if precise else np.float32
        super().__init__(tuple(raw.shape), dtype)
        self.raw, self.factor, self.offset = raw, float(factor), float(offset)

    def read(self, key: Key) -> NDArray[Any]:
        """Return ``array[key]``."""
        part = take(self.raw, key)
        values = part if self.is_plain else part * self.factor + self.offset
        return np.asarray(values, dtype=self.dtype)


class Columns(FileArray):
    """Signals of one length side by side, (time, columns of all).

    Parameters
    ----------
    parts : sequence of Signal
        (time, n) each.
    """

    def __init__(self, parts: Sequence[Signal]) -> None:
        self.parts = tuple(parts)
        self.edges = np.cumsum([0, *(part.shape[1] for part in self.parts)])
        super().__init__((self.parts[0].shape[0], int(self.edges[-1])), np.float32)

    def read(self, key: Key) -> NDArray[Any]:
        """Return ``array[key]``."""
        when, which = key
        if not isinstance(which, slice):
            i = int(np.searchsorted(self.edges, which, side="right")) - 1
            return self.parts[i].read((when, int(which) - int(self.edges[i])))
        with _held_by(self.parts):
            values = [part.read((when, slice(None))) for part in self.parts]
        return np.concatenate(values, axis=-1)[..., which]


class Gathered(FileArray):
    """Columns of several series side by side, each at its own place, (time, column).

    Parameters
    ----------
    parts : sequence of Raw
        (time,) or (time, n) each.
    places : sequence of sequence of int
        Where each column of each part stands.
    dtype : dtype-like
        What `read` returns.
    """

    def __init__(self, parts: Sequence[Raw], places: Sequence[Sequence[int]], dtype: Any) -> None:
        self.parts, self.places = tuple(parts), tuple(tuple(p) for p in places)
        n = sum(len(place) for place in self.places)
        super().__init__((self.parts[0].shape[0], n), dtype)

    def read(self, key: Key) -> NDArray[Any]:
        """Return ``array[key]``."""
        when, which = key
        n_times = len(range(*when.indices(self.shape[0]))) if isinstance(when, slice) else 1
        values = np.empty((n_times, self.shape[1]), self.dtype)
        for part, place in zip(self.parts, self.places, strict=True):
            key_of = (when,) if len(part.shape) == 1 else (when, slice(None))
            values[:, list(place)] = take(part, key_of).reshape(n_times, len(place))
        chosen = values[:, which]
        return chosen if isinstance(when, slice) else chosen[0]
