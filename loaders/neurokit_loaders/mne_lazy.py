"""Lazy (time, channel) arrays that read a window of a file per access, and may cross processes."""

from __future__ import annotations

import contextlib
import io
import threading
import warnings
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from neurokit.errors import FileContentError, NeurokitError
from neurokit.interchange.mne_timeline import Segment, window
from neurokit.io import FileArray

_OPENING = threading.Lock()

# What numbers that were never meant as such raise in arithmetic, tables and memory.
MADE_BY_DAMAGE = (
    *(ArithmeticError, AttributeError, LookupError, MemoryError, OSError),
    *(RuntimeError, TypeError, ValueError),
)


class WindowArray(FileArray):
    """A lazy float32 array (time, channel).

    Parameters
    ----------
    path : str
        The file.
    n_times, n_channels : int
        Its shape.
    """

    def __init__(self, path: str, n_times: int, n_channels: int) -> None:
        super().__init__((n_times, n_channels), np.float32)
        self.path = path

    def window(self, start: int, stop: int, channels: Sequence[int]) -> NDArray[Any]:
        """Return samples `start` to `stop` of some channels.

        Parameters
        ----------
        start, stop : int
            Samples.
        channels : sequence of int
            Columns of the array.

        Returns
        -------
        (stop - start, n_channels) ndarray
            In the order asked for.
        """
        raise NotImplementedError

    def read(self, key: tuple[int | slice, ...]) -> NDArray[Any]:
        """Return ``array[key]``; steps are taken after reading the window that spans them.

        Parameters
        ----------
        key : tuple of int or slice
            Time and channel.

        Returns
        -------
        ndarray
            float32; integer entries drop their dim.

        Raises
        ------
        FileContentError
            If the file is gone or has changed since it was opened.
        """
        when, which = key
        channels = np.atleast_1d(np.arange(self.shape[1])[which])
        if isinstance(when, slice):
            start, stop, step = when.indices(self.shape[0])
        else:
            start, stop, step = int(when), int(when) + 1, 1
        try:
            values = self.window(start, max(start, stop), channels.tolist())[::step]
        except NeurokitError:
            raise
        except MADE_BY_DAMAGE as error:
            raise _unreadable(self.path, error) from error
        values = np.asarray(values, dtype=np.float32)
        values = values if isinstance(which, slice) else values[:, 0]
        return values if isinstance(when, slice) else values[0]


class MneArray(WindowArray):
    """Channels of a file that MNE reads.

    Parameters
    ----------
    path : str
        The file.
    reader : callable
        A function of a module, ``reader(path) -> mne.io.BaseRaw`` without data.
    picks : sequence of int
        Channels of the Raw.
    segments : sequence of (int, int)
        Sample ranges of the file that were recorded.
    factor : sequence of float, optional
        What the values of each channel are multiplied with.
    """

    def __init__(
        self,
        path: str,
        reader: Callable[[str], Any],
        picks: Sequence[int],
        segments: Sequence[Segment],
        factor: Sequence[float] | None = None,
    ) -> None:
        super().__init__(path, sum(b - a for a, b in segments), len(picks))
        self.reader = reader
        self.picks = tuple(picks)
        self.segments = tuple(segments)
        self.factor = None if factor is None else np.asarray(factor, dtype=np.float64)

    def window(self, start: int, stop: int, channels: Sequence[int]) -> NDArray[Any]:
        """Return samples `start` to `stop` of some channels, as `WindowArray.window` says."""
        raw = opened(self.reader, self.path)
        picks = [self.picks[i] for i in channels]
        with self._in_silence():
            parts = [
                raw.get_data(picks=picks, start=a, stop=b)
                for a, b in window(self.segments, start, stop)
            ]
        values: NDArray[Any] = np.concatenate([np.empty((len(picks), 0)), *parts], axis=1).T
        return values if self.factor is None else values * self.factor[list(channels)]

    @contextlib.contextmanager
    def _in_silence(self) -> Iterator[None]:
        # The library behind EGI's folders prints at every read which optional file is not there.
        if getattr(self.reader, "kind", "") != "mff":
            yield
            return
        # One at a time: redirection is not safe for threads.
        with _OPENING, contextlib.redirect_stdout(io.StringIO()):
            yield


class BlockArray(FileArray):
    """Epochs or evoked responses that can be read as a whole only, (block, time, channel).

    Parameters
    ----------
    path : str
        The file.
    values_of : callable
        ``values_of(path) -> (block, time, channel) ndarray``, hashable and picklable.
    shape : (int, int)
        Blocks, and samples of each.
    picks : sequence of int
        Which channels.
    factor : sequence of float
        What the values of each are multiplied with.
    """

    def __init__(
        self,
        path: str,
        values_of: Callable[[str], Any],
        shape: tuple[int, int],
        picks: Sequence[int],
        factor: Sequence[float],
    ) -> None:
        super().__init__((*shape, len(picks)), np.float32)
        self.path, self.values_of, self.picks = path, values_of, tuple(picks)
        self.factor = np.asarray(factor, dtype=np.float64)

    def read(self, key: tuple[int | slice, ...]) -> NDArray[Any]:
        """Return ``array[key]``; the last file is kept, for the next part of it.

        Parameters
        ----------
        key : tuple of int or slice
            Block, time and channel.

        Returns
        -------
        ndarray
            float32; integer entries drop their dim.

        Raises
        ------
        FileContentError
            If the file is gone or has changed since it was opened.
        """
        try:
            state = Path(self.path).stat()
            with _OPENING:
                values = _kept_values(
                    _Quiet(self.values_of), self.path, state.st_mtime_ns, state.st_size
                )
            scaled = values[..., list(self.picks)] * self.factor
            return np.asarray(scaled.astype(np.float32)[key])
        except NeurokitError:
            raise
        except MADE_BY_DAMAGE as error:
            raise _unreadable(self.path, error) from error


def _unreadable(path: str, error: Exception) -> FileContentError:
    return FileContentError(
        f"cannot be read any more ({error or type(error).__name__})",
        where=path,
        mend="It is damaged, or moved or changed since it was opened: open it again.",
    )


@dataclass(frozen=True)
class _Quiet:
    """Reads a file without what was said when it was opened."""

    values_of: Callable[[str], Any]

    def __call__(self, path: str) -> Any:
        import mne

        quiet = contextlib.redirect_stdout(io.StringIO())
        with warnings.catch_warnings(), mne.utils.use_log_level("CRITICAL"), quiet:
            # They were turned into findings then.
            warnings.simplefilter("ignore")
            return self.values_of(path)


def opened(reader: Callable[[str], Any], path: str) -> Any:
    """Return a Raw without data; each process keeps the last few.

    Parameters
    ----------
    reader : callable
        ``reader(path)``.
    path : str
        The file.

    Returns
    -------
    mne.io.BaseRaw
        Opened anew if the file has changed.
    """
    state = Path(path).stat()
    # One at a time: recording warnings is not safe for threads.
    with _OPENING:
        return _kept(reader, path, state.st_mtime_ns, state.st_size)


@lru_cache(maxsize=1)
def _kept_values(
    reader: Callable[[str], Any], path: str, changed: int, size: int
) -> NDArray[np.float32]:
    return np.asarray(reader(path), dtype=np.float32)


@lru_cache(maxsize=8)
def _kept(reader: Callable[[str], Any], path: str, changed: int, size: int) -> Any:
    return _Quiet(reader)(path)
