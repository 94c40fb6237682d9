"""A target for HDF5 whose failed writes are said.

HDF5 writes its last chunks while objects are freed, where h5py can raise nothing: on a disk that is
full the file would be broken, its writer none the wiser, and the process may end by a segmentation
fault. Here HDF5 is told that every write went well; the first that did not is raised at the end.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer


class _FirstErrorKept(io.FileIO):
    """A file that remembers the first write that failed, and takes nothing after it."""

    failed: OSError | None = None

    def write(self, data: ReadableBuffer, /) -> int:
        """Write all of `data`, or remember why not."""
        left = memoryview(data)
        size = left.nbytes
        try:
            while left.nbytes and self.failed is None:
                left = left[self._write_some(left) :]
        except OSError as error:
            self.failed = error
        return size

    def _write_some(self, data: memoryview) -> int:
        return super().write(data)

    def truncate(self, size: int | None = None, /) -> int:
        """Change the size, or remember why not."""
        try:
            return super().truncate(size)
        except OSError as error:
            self.failed = self.failed or error
            return self.tell() if size is None else size


@contextmanager
def hdf5_target(path: Path) -> Iterator[io.FileIO]:
    """Give a new file for h5py, h5netcdf or xarray to write; raise what the disk refused.

    Parameters
    ----------
    path : Path
        Where; replaced if it is there.

    Yields
    ------
    io.FileIO
        Open for reading and writing.

    Raises
    ------
    OSError
        At the end, if a write failed; what is at `path` is then broken.

    Examples
    --------
    >>> import tempfile
    >>> import h5py
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     with hdf5_target(Path(folder, "a.h5")) as target, h5py.File(target, "w") as file:
    ...         file["a"] = [1, 2]
    ...     Path(folder, "a.h5").stat().st_size > 0
    True
    """
    with _FirstErrorKept(path, "w+b") as target:
        try:
            yield target
        except Exception as error:
            # What HDF5 says after a failed write is a consequence of it.
            if target.failed is None:
                raise
            raise target.failed from error
    if target.failed is not None:
        raise target.failed
