"""Latents of every kept sweep, appended to a Zarr store while a chain runs.

A chain of 10 000 sweeps never has them all in memory, and one that goes on from a checkpoint drops
the rows after it.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from neurokit.errors import StoreError

Array = NDArray[np.float64]

# Rows per chunk, and how many wait in memory at most.
_ROWS = 20
_DIMS = ("draw", "cluster", "bin", "latent")


class TrajectoryStore:
    """``latents`` (draw, cluster, bin, latent) as float32, in a Zarr group.

    Parameters
    ----------
    path : Path, optional
        Of the group; without, nothing is stored.
    mark : str
        What the chain belongs to; a store with another one is not touched.
    n_rows : int
        Rows of what is there that stay: the kept sweeps before a checkpoint.

    Raises
    ------
    StoreError
        If there is something else, or it has fewer rows.
    """

    def __init__(self, path: Path | None, mark: str, n_rows: int) -> None:
        self._path, self._mark = path, mark
        self._waiting: list[Array] = []
        self._array: Any = None
        if path is not None and path.exists():
            self._go_on(path, n_rows)
        elif path is not None and n_rows:
            raise self._error("is gone, but its chain goes on from a checkpoint")

    def _go_on(self, path: Path, n_rows: int) -> None:
        """Open what is there and cut it to the rows that stay."""
        import zarr

        try:
            array: Any = zarr.open_group(path, mode="r+")["latents"]
            known = dict(array.attrs).get("mark")
        except (OSError, ValueError, KeyError) as error:
            raise self._error(f"is no store of trajectories ({type(error).__name__})") from error
        if known != self._mark:
            raise self._error("belongs to other data or parameters")
        if array.shape[0] < n_rows:
            raise self._error(f"holds {array.shape[0]} of {n_rows} draws before the checkpoint")
        if n_rows:
            array.resize((n_rows, *array.shape[1:]))
            self._array = array

    def _error(self, what: str) -> StoreError:
        mend = "Remove it (and the checkpoint beside it), or give another name."
        return StoreError(what, where=str(self._path), mend=mend)

    def add(self, latents: Array | None) -> None:
        """Append one draw.

        Parameters
        ----------
        latents : (K, T, q) ndarray of float64, optional
            Nothing of a sweep that is thrown away.

        Raises
        ------
        StoreError
            If it cannot be written.
        """
        if self._path is None or latents is None:
            return
        self._waiting.append(latents)
        if len(self._waiting) >= _ROWS:
            self.flush()

    def flush(self) -> None:
        """Write what waits in memory.

        Raises
        ------
        StoreError
            If it cannot be written.
        """
        if not self._waiting:
            return
        rows = np.stack(self._waiting).astype(np.float32)
        try:
            if self._array is None:
                self._array = self._new(rows.shape[1:])
            self._array.append(rows)
        except OSError as error:
            mend = "Choose another folder or free some space."
            what = f"cannot be written: {error.strerror or error}"
            raise StoreError(what, where=str(self._path), mend=mend) from error
        self._waiting = []

    def _new(self, shape: tuple[int, ...]) -> Any:
        import zarr

        array = zarr.open_group(self._path, mode="w").create_array(
            "latents",
            shape=(0, *shape),
            chunks=(_ROWS, *(max(size, 1) for size in shape)),
            dtype="float32",
            fill_value=float("nan"),
            dimension_names=_DIMS,
        )
        array.attrs["mark"] = self._mark
        return array
