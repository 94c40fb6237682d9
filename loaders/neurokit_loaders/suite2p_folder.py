"""What the folders that suite2p writes hold: planes, their files, settings and regions.

suite2p: Pachitariu et al. 2016, bioRxiv 061507, https://suite2p.readthedocs.io (outputs).
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from neurokit.errors import FileContentError, LabelError, TimeError
from neurokit_loaders._plain_objects import read_objects
from neurokit_loaders.npy_source import NpyArray
from neurokit_loaders.suite2p_traces import traces_of

CHANNELS = {
    1: {"F": "F.npy", "Fneu": "Fneu.npy", "spks": "spks.npy"},
    2: {"F": "F_chan2.npy", "Fneu": "Fneu_chan2.npy"},
}
# What suite2p calls its settings, the newer names behind the old one.
_SETTINGS = ("ops.npy", "settings.npy", "ops.json", "settings.json")
_LARGEST_JSON = 50_000_000
_PLANE = re.compile(r"plane(\d{1,6})")


@dataclass
class Plane:
    """One folder with traces: its arrays by channel, and what is known of each of its ROIs."""

    folder: Path
    number: int | None
    traces: dict[int, dict[str, NpyArray]]
    settings: dict[str, Any] = field(default_factory=dict)
    columns: dict[str, NDArray[Any]] = field(default_factory=dict)
    position: NDArray[np.float64] | None = None
    unread: dict[str, str] = field(default_factory=dict)

    @property
    def n_rois(self) -> int:
        """How many regions it has, cells or not."""
        return next(iter(self.traces[1].values())).shape[0]

    @property
    def n_times(self) -> int:
        """How many frames it has."""
        return next(iter(self.traces[1].values())).shape[1]

    @property
    def names(self) -> list[str]:
        """The label of each ROI: ``plane0_12``, or ``roi_12`` where the folder has no number."""
        before = "roi" if self.number is None else f"plane{self.number}"
        return [f"{before}_{i}" for i in range(self.n_rois)]


def plane_folders(path: Path) -> list[Path]:
    """Return the folders with traces that a path means, in the order of their numbers.

    The path is such a folder, its F.npy, the folder ``suite2p``, or the one that holds it.
    """
    if path.is_file():
        return [path.parent] if path.name == CHANNELS[1]["F"] else []
    if (path / CHANNELS[1]["F"]).is_file():
        return [path]
    if not path.is_dir():
        return []
    planes = {
        int(found[1]): file.parent
        for file in path.glob(f"plane*/{CHANNELS[1]['F']}")
        if (found := _PLANE.fullmatch(file.parent.name))
    }
    if planes:
        return [planes[number] for number in sorted(planes)]
    # What suite2p joined from several planes stands for them where they were deleted.
    inner = [path / "combined"] if path.name == "suite2p" else [path / "suite2p"]
    return [folder for below in inner if below.is_dir() for folder in plane_folders(below)]


def read_plane(folder: Path, *, shapes_only: bool = False) -> Plane:
    """Return what a folder holds, after a check that its files fit together.

    Parameters
    ----------
    folder : Path
        A folder with F.npy.
    shapes_only : bool
        Leave settings and tables of ROIs unread.

    Raises
    ------
    FileContentError
        If a file is damaged.
    LabelError
        If files have different numbers of ROIs, or F.npy is transposed.
    TimeError
        If files have different numbers of frames.
    """
    traces = {
        channel: {
            kind: traces_of(folder / name)
            for kind, name in files.items()
            if (folder / name).is_file()
        }
        for channel, files in CHANNELS.items()
    }
    found = _PLANE.fullmatch(folder.resolve().name)
    plane = Plane(folder, int(found[1]) if found else None, traces)
    _check_shapes(plane)
    if not shapes_only:
        _read_settings(plane)
        _read_tables(plane)
        _read_regions(plane)
    return plane


def _check_shapes(plane: Plane) -> None:
    expected = (plane.n_rois, plane.n_times)
    for arrays in plane.traces.values():
        for array in arrays.values():
            said = f"{array.path.name} is {array.shape}, F.npy is {expected} (ROI, frame)"
            where = str(plane.folder)
            if array.shape[0] != expected[0]:
                raise LabelError(said, where=where, mend="They are of different runs of suite2p.")
            if array.shape[1] != expected[1]:
                mend = "Find out which of the two is cut; neither is dropped silently."
                raise TimeError(said, where=where, mend=mend)
    if 0 in expected:
        raise FileContentError(
            f"F.npy holds nothing: {expected} (ROI, frame)",
            where=str(plane.folder),
            mend="Run suite2p again.",
        )


def _read_settings(plane: Plane) -> None:
    for name in _SETTINGS:
        path = plane.folder / name
        if not path.is_file():
            continue
        try:
            read = _json(path) if path.suffix == ".json" else read_objects(path)
        except FileContentError as error:
            plane.unread[name] = error.found
            continue
        if isinstance(read, Mapping):
            plane.settings = {str(key): value for key, value in read.items()}
            return
        plane.unread[name] = f"holds a {type(read).__name__}, not settings"


def _json(path: Path) -> Any:
    try:
        if path.stat().st_size > _LARGEST_JSON:
            raise ValueError(f"has {path.stat().st_size} bytes")
        return json.loads(path.read_text(encoding="utf-8-sig"))
    except (ValueError, OSError, RecursionError) as error:
        raise FileContentError(f"is no JSON ({error})", where=str(path)) from error


def _read_tables(plane: Plane) -> None:
    """Read iscell.npy and redcell.npy: a yes or no and a probability for each ROI."""
    for name, yes, probability in (
        ("iscell.npy", "is_cell", "cell_probability"),
        ("redcell.npy", "is_red", "red_probability"),
    ):
        path = plane.folder / name
        if not path.is_file():
            continue
        table = traces_of(path)
        _check_rows(plane, name, table.shape)
        values = table.read((slice(None), slice(None)))
        plane.columns[yes] = values[:, 0] > 0.5
        if values.shape[1] > 1:
            plane.columns[probability] = values[:, 1].astype(np.float64)


def _check_rows(plane: Plane, name: str, shape: tuple[int, ...]) -> None:
    if shape[0] == plane.n_rois and 0 not in shape:
        return
    said = f"{name} has {shape[0]} rows, F.npy is {(plane.n_rois, plane.n_times)} (ROI, frame)"
    if shape[0] == plane.n_times:
        raise LabelError(
            f"{said}: F.npy is transposed",
            where=str(plane.folder),
            mend="Save its transpose, and that of Fneu.npy and spks.npy: np.save(path, F.T).",
        )
    raise LabelError(said, where=str(plane.folder), mend="They are of different runs of suite2p.")


def _read_regions(plane: Plane) -> None:
    """Read stat.npy: where each ROI lies in the image, and how large it is."""
    path = plane.folder / "stat.npy"
    if not path.is_file():
        return
    try:
        regions = read_objects(path)
    except FileContentError as error:
        plane.unread[path.name] = error.found
        return
    _check_rows(plane, path.name, (len(regions) if isinstance(regions, list) else 0,))
    plane.position = np.full((plane.n_rois, 3), np.nan)
    sizes = {"n_pixels": ("npix", -1), "radius": ("radius", np.nan)}
    for column, (_, unknown) in sizes.items():
        plane.columns[column] = np.full(plane.n_rois, unknown)
    for row, region in enumerate(regions):
        said = region if isinstance(region, Mapping) else {}
        # suite2p writes the median place as (y, x).
        plane.position[row, 1], plane.position[row, 0] = _pair(said.get("med"))
        for column, (key, unknown) in sizes.items():
            plane.columns[column][row] = plain_number(said.get(key), unknown)


def _pair(value: Any) -> tuple[float, float]:
    items = value.ravel()[:2].tolist() if isinstance(value, np.ndarray) else value
    if not isinstance(items, list | tuple) or len(items) < 2:
        return np.nan, np.nan
    return plain_number(items[0], np.nan), plain_number(items[1], np.nan)


def plain_number(value: Any, otherwise: float) -> float:
    """Return a setting as a number, `otherwise` where it is none."""
    if isinstance(value, np.ndarray) and value.size == 1 and value.dtype.kind in "biuf":
        value = value.reshape(()).item()
    if isinstance(value, int | float) and abs(value) < 1e15:
        return float(value)
    return otherwise


def plain_numbers(value: Any) -> NDArray[Any]:
    """Return a setting as a vector of numbers, empty where it is none."""
    if isinstance(value, list | tuple) and all(isinstance(item, int | float) for item in value):
        value = np.asarray(value, dtype=np.float64)
    if not isinstance(value, np.ndarray) or value.dtype.kind not in "biuf" or value.ndim != 1:
        return np.zeros(0)
    return value
