"""Neighbourhoods of a searchlight: which voxels, vertices or sensors each centre looks at."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import scipy.sparse
import xarray as xr
from numpy.typing import ArrayLike, NDArray
from scipy.sparse.csgraph import dijkstra

from neurokit.errors import LabelError, OptionError, SchemaError
from neurokit.rsa.arguments import positive_number, real_array, real_number, whole_number

Array = NDArray[np.float64]
Index = NDArray[np.int64]
Members = NDArray[np.int32]

# Rounding of a distance that equals the radius.
_SLACK = 1e-9
# Distances from several centres to all vertices that exist at once.
_BLOCK = 2**22


@dataclass(frozen=True)
class Neighbourhoods:
    """Places that belong to each centre, as made by the functions of this module.

    Parameters
    ----------
    starts : (n_centres + 1,) ndarray of int64
        Centre k has ``members[starts[k] : starts[k + 1]]``.
    members : (n_members,) ndarray of int32
        Positions of places, ascending within a centre.
    labels : (n_places,) ndarray
        Labels of places.
    coords : mapping of str to (n_centres,) ndarray
        Of the centres; the one called `dim` are their labels.
    dim : str
        Dim of the places in patterns, and of the centres in results.
    adjacency : (n_centres, n_centres) sparse array
        Which centres touch: what `cluster_scores` takes.
    grid : mapping of str to int
        Sizes of the dims of a volume that the places come from; their labels are then positions
        in it, flattened.

    Examples
    --------
    >>> import neurokit as nk
    >>> near = nk.rsa.volume_neighbourhoods(np.ones((3, 3, 3), bool), radius=1.0)
    >>> near.labels.size
    27
    """

    starts: Index
    members: Members
    labels: NDArray[Any]
    coords: Mapping[str, NDArray[Any]]
    dim: str
    adjacency: scipy.sparse.csr_array
    grid: Mapping[str, int] = field(default_factory=dict)

    @property
    def n_centres(self) -> int:
        """Number of centres."""
        return len(self.starts) - 1

    @property
    def sizes(self) -> Index:
        """Number of places of each centre."""
        return np.diff(self.starts)

    def __repr__(self) -> str:
        """Say what is where in one line."""
        sizes = self.sizes
        span = f"{sizes.min()} to {sizes.max()}" if sizes.size else "no"
        return f"<{self.n_centres} neighbourhoods of {span} of {len(self.labels)} ({self.dim})>"


def volume_neighbourhoods(
    mask: xr.DataArray | ArrayLike,
    radius: float,
    *,
    voxel_size: float | Sequence[float] | None = None,
    affine: ArrayLike | None = None,
    centres: xr.DataArray | ArrayLike | None = None,
    min_share: float = 0.0,
) -> Neighbourhoods:
    """Voxels of a mask within `radius` mm of each voxel, the border included.

    Parameters
    ----------
    mask : (x, y, z) DataArray or array_like of bool
        Voxels that have data. Coordinates of a DataArray are places in mm.
    radius : float
        In mm (in voxels, if nothing says how large they are).
    voxel_size : float or (3,) sequence of float, optional
        Edges of a voxel in mm.
    affine : (4, 4) array_like, optional
        From voxel indices to mm, as of a NIfTI file; instead of `voxel_size`.
    centres : (x, y, z) array_like of bool, optional
        Voxels of the mask that are centres; default all.
    min_share : float, default 0.0
        Centres of which a smaller share of the sphere lies in the mask are left out.

    Returns
    -------
    Neighbourhoods
        Dim ``voxel`` (position in the volume, flattened), coordinates ``x``, ``y``, ``z`` in mm;
        voxels touch by their faces.

    Raises
    ------
    SchemaError
        If the mask is not a volume, is empty, or its coordinates are uneven.
    OptionError
        If the radius is not positive, or no centre is left.

    References
    ----------
    Kriegeskorte, Goebel & Bandettini (2006), doi:10.1073/pnas.0600244103.

    Examples
    --------
    >>> volume_neighbourhoods(np.ones((5, 5, 5), bool), 4.0, voxel_size=3.0)
    <125 neighbourhoods of 4 to 7 of 125 (voxel)>
    """
    inside, to_mm, names = _volume(mask, voxel_size, affine)
    radius = positive_number("radius", radius)
    min_share = real_number("min_share", min_share, 0.0, 1.0)
    searched = inside if centres is None else inside & _same_shape(centres, inside)
    offsets = _sphere(radius, to_mm[:3, :3])
    reach = np.abs(offsets).max(axis=0)
    number = np.full(np.array(inside.shape) + 2 * np.maximum(reach, 1), -1, dtype=np.int32)
    pad = np.maximum(reach, 1)
    core = tuple(slice(p, p + n) for p, n in zip(pad, inside.shape, strict=True))
    number[core][inside] = np.arange(int(inside.sum()), dtype=np.int32)
    at = np.argwhere(searched) + pad
    near = np.empty((len(at), len(offsets)), dtype=np.int32)
    for k, offset in enumerate(offsets):
        near[:, k] = number[tuple((at + offset).T)]
    held = near >= 0
    enough = held.mean(axis=1) >= min_share - _SLACK
    if not enough.any():
        raise OptionError(
            f"no sphere has a share of {min_share:g} in the mask",
            where="min_share",
            mend="Lower it, or give a larger mask.",
        )
    near, held, at = near[enough], held[enough], at[enough]
    index = at - pad
    place = index @ to_mm[:3, :3].T + to_mm[:3, 3]
    flat = np.ravel_multi_index(tuple(index.T), inside.shape)
    coords: dict[str, NDArray[Any]] = {"voxel": flat, "x": place[:, 0]}
    coords |= {"y": place[:, 1], "z": place[:, 2]}
    steps = np.concatenate([np.eye(3, dtype=int), -np.eye(3, dtype=int)])
    touching = np.stack([number[tuple((at + step).T)] for step in steps], axis=1)
    own = number[tuple(at.T)]
    return Neighbourhoods(
        starts=_starts(held.sum(axis=1)),
        members=near[held],
        labels=np.flatnonzero(inside),
        coords=coords,
        dim="voxel",
        adjacency=_among(touching, own, int(inside.sum())),
        grid=dict(zip(names, inside.shape, strict=True)),
    )


def surface_neighbourhoods(
    vertices: ArrayLike,
    faces: ArrayLike,
    radius: float | None = None,
    *,
    steps: int | None = None,
    centres: ArrayLike | None = None,
) -> Neighbourhoods:
    """Vertices within `radius` along the edges of a surface, or within a number of edges.

    Paths along edges are longer than geodesics on the smooth surface, by about a tenth on regular
    triangles.

    Parameters
    ----------
    vertices : (n_vertices, 3) array_like
        Places in mm.
    faces : (n_faces, 3) array_like of int
        Triangles.
    radius : float, optional
        In mm.
    steps : int, optional
        Number of edges, instead of a radius.
    centres : (k,) array_like of int, optional
        Vertices that are centres; default all.

    Returns
    -------
    Neighbourhoods
        Dim ``vertex``, coordinates ``x``, ``y``, ``z``; vertices touch by edges.

    Raises
    ------
    SchemaError
        If faces name vertices that are not there.
    OptionError
        If not exactly one of `radius` and `steps` is given.

    Examples
    --------
    >>> square = [[0, 0, 0], [1, 0, 0], [1, 1, 0], [0, 1, 0]]
    >>> surface_neighbourhoods(square, [[0, 1, 2], [0, 2, 3]], radius=1.2).sizes
    array([3, 3, 3, 3])
    """
    place, triangles = _surface(vertices, faces)
    if (radius is None) == (steps is None):
        raise OptionError("and steps: give one", where="radius", mend="Give one of the two.")
    if radius is None:
        limit = float(whole_number("steps", steps, 1))
    else:
        limit = positive_number("radius", radius)
    n = len(place)
    pairs = np.concatenate([triangles[:, [0, 1]], triangles[:, [1, 2]], triangles[:, [0, 2]]])
    pairs = np.unique(np.sort(pairs, axis=1), axis=0)
    pairs = pairs[pairs[:, 0] != pairs[:, 1]]
    length = np.linalg.norm(place[pairs[:, 0]] - place[pairs[:, 1]], axis=1)
    length = np.ones(len(pairs)) if radius is None else length
    both = np.concatenate([pairs, pairs[:, ::-1]])
    graph = scipy.sparse.csr_array(
        (np.concatenate([length, length]), (both[:, 0], both[:, 1])), shape=(n, n)
    )
    wanted = np.arange(n) if centres is None else _whole_numbers(centres, n)
    found = []
    step = max(1, _BLOCK // n)
    for first in range(0, len(wanted), step):
        part = wanted[first : first + step]
        reach = dijkstra(graph, indices=part, limit=limit * (1 + _SLACK))
        found.append(np.isfinite(reach))
    held = [np.flatnonzero(row) for block in found for row in block]
    touch = scipy.sparse.csr_array((np.ones(len(both), bool), (both[:, 0], both[:, 1])), (n, n))
    coords: dict[str, NDArray[Any]] = {"vertex": wanted, "x": place[wanted, 0]}
    coords |= {"y": place[wanted, 1], "z": place[wanted, 2]}
    return _of_lists(held, np.arange(n), coords, "vertex", touch[wanted][:, wanted])


def sensor_neighbourhoods(
    names: Sequence[str] | ArrayLike,
    *,
    positions: ArrayLike | None = None,
    radius: float | None = None,
    n_nearest: int | None = None,
    adjacency: Any = None,
    dim: str = "channel",
) -> Neighbourhoods:
    """Sensors (or neurons, regions) near each other, by positions or by an adjacency.

    Parameters
    ----------
    names : (n,) sequence of str
        Labels of the sensors; those of the patterns are found by them.
    positions : (n, k) array_like, optional
        With `radius` or `n_nearest`.
    radius : float, optional
        Sensors within it, the border included, in the units of the positions.
    n_nearest : int, optional
        The sensor itself and its nearest ones, so many together.
    adjacency : (n, n) array_like or sparse, optional
        Non-zero where two are neighbours, as of ``mne.channels.find_ch_adjacency``; instead of
        positions. A sensor is its own neighbour.
    dim : str, default "channel"
        Dim of the sensors in the patterns.

    Returns
    -------
    Neighbourhoods
        One centre per sensor; two touch where one is in the neighbourhood of the other.

    Raises
    ------
    OptionError
        If it is not said, or said twice, who is near.
    LabelError, SchemaError
        If names repeat, or sizes do not fit.

    Examples
    --------
    >>> line = [[0.0], [1.0], [2.0], [3.0]]
    >>> sensor_neighbourhoods(list("abcd"), positions=line, radius=1.0).sizes
    array([2, 3, 3, 2])
    """
    labels = np.asarray(names)
    if labels.ndim != 1 or not isinstance(dim, str):
        raise LabelError(
            f"names have {labels.ndim} dims, dim is {dim!r}",
            where="names, dim",
            mend="Give a list of names, and the dim that holds them in the patterns.",
        )
    n = len(labels)
    if len(np.unique(labels)) < n:
        raise LabelError("two sensors have one name", where="names", mend="Make names unique.")
    given = sum(x is not None for x in (radius, n_nearest, adjacency))
    if given != 1 or (adjacency is None) == (positions is None):
        raise OptionError(
            "it takes positions and one of radius and n_nearest, or adjacency",
            where="positions",
            mend="Give one of the three ways.",
        )
    near = _adjacent(adjacency, n) if positions is None else _close(positions, n, radius, n_nearest)
    held = [np.flatnonzero(row) for row in near]
    touch = scipy.sparse.csr_array((near | near.T) & ~np.eye(n, dtype=bool))
    return _of_lists(held, labels, {dim: labels}, dim, touch)


def _adjacent(adjacency: Any, n: int) -> NDArray[np.bool_]:
    sparse = scipy.sparse.issparse(adjacency)
    dense = scipy.sparse.csr_array(adjacency).toarray() if sparse else np.asarray(adjacency)
    if dense.shape != (n, n):
        raise SchemaError(
            f"has shape {dense.shape} for {n} sensors", where="adjacency", mend="Match them."
        )
    near = dense != 0
    return np.asarray(near | near.T | np.eye(n, dtype=bool))


def _close(
    positions: ArrayLike, n: int, radius: float | None, n_nearest: int | None
) -> NDArray[np.bool_]:
    place = real_array("positions", positions)
    if place.ndim != 2 or len(place) != n or not np.isfinite(place).all():
        raise SchemaError(
            f"have shape {place.shape} for {n} sensors, or are not finite",
            where="positions",
            mend="Give one row of numbers per sensor; leave out sensors without a place.",
        )
    apart = np.linalg.norm(place[:, None] - place, axis=2)
    if radius is not None:
        return np.asarray(apart <= positive_number("radius", radius) * (1 + _SLACK))
    if whole_number("n_nearest", n_nearest, 1) > n:
        raise OptionError(f"is {n_nearest}", where="n_nearest", mend=f"Give 1 to {n}.")
    np.fill_diagonal(apart, -1.0)  # sensors at one place are each their own nearest
    first = np.argsort(apart, axis=1, kind="stable")[:, :n_nearest]
    near = np.zeros((n, n), dtype=bool)
    near[np.arange(n)[:, None], first] = True
    return near


def _of_lists(
    held: list[NDArray[Any]],
    labels: NDArray[Any],
    coords: dict[str, NDArray[Any]],
    dim: str,
    adjacency: scipy.sparse.csr_array,
) -> Neighbourhoods:
    sizes = np.array([len(row) for row in held])
    return Neighbourhoods(
        _starts(sizes), np.concatenate(held).astype(np.int32), labels, coords, dim, adjacency
    )


def _starts(sizes: NDArray[Any]) -> Index:
    return np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64)


def _same_shape(centres: xr.DataArray | ArrayLike, inside: NDArray[np.bool_]) -> NDArray[np.bool_]:
    chosen = np.asarray(centres, dtype=bool)
    if chosen.shape != inside.shape:
        raise SchemaError(
            f"have shape {chosen.shape}, the mask {inside.shape}", where="centres", mend="Match."
        )
    return chosen


def _volume(
    mask: xr.DataArray | ArrayLike, voxel_size: Any, affine: ArrayLike | None
) -> tuple[NDArray[np.bool_], Array, list[str]]:
    """Voxels inside, the affine to mm, names of the dims."""
    raw = np.asarray(mask)
    if raw.ndim != 3 or raw.dtype.kind not in "biuf" or not np.isfinite(raw).all():
        raise SchemaError(
            f"has shape {raw.shape} and type {raw.dtype}", where="mask", mend="Give (x, y, z) bool."
        )
    if not raw.any():
        raise SchemaError("no voxel is in it", where="mask", mend="Give a mask with voxels.")
    to_mm = np.eye(4)
    names = [str(d) for d in mask.dims] if isinstance(mask, xr.DataArray) else ["x", "y", "z"]
    if affine is not None:
        if voxel_size is not None:
            raise OptionError("affine too is given", where="voxel_size", mend="Give one of them.")
        to_mm = real_array("affine", affine)
        known = to_mm.shape == (4, 4) and bool(np.isfinite(to_mm).all())
        if not known or abs(np.linalg.det(to_mm[:3, :3])) == 0:
            raise OptionError("is no invertible (4, 4) matrix", where="affine", mend="Give one.")
    elif voxel_size is not None:
        size = real_array("voxel_size", voxel_size)
        if size.shape not in ((), (3,)) or not ((size > 0) & np.isfinite(size)).all():
            raise OptionError(f"is {voxel_size!r}", where="voxel_size", mend="Give edges in mm.")
        to_mm[:3, :3] = np.diag(np.broadcast_to(size, 3))
    elif isinstance(mask, xr.DataArray):
        for k, name in enumerate(names):
            if name in mask.coords:
                to_mm[k, k], to_mm[k, 3] = _spacing(np.asarray(mask[name].values, float), name)
    return raw != 0, to_mm, names


def _spacing(line: Array, name: str) -> tuple[float, float]:
    if line.size < 2:
        return 1.0, float(line[0])
    step = (line[-1] - line[0]) / (line.size - 1)
    if step == 0 or np.abs(np.diff(line) - step).max() > 1e-3 * abs(step):
        raise SchemaError(
            f"coordinate {name!r} is not even", where="mask", mend="Give an affine instead."
        )
    return float(step), float(line[0])


def _sphere(radius: float, axes: Array) -> Index:
    """Offsets in voxels that are within the radius, in the order of a flattened volume."""
    reach = np.ceil(radius * np.linalg.norm(np.linalg.inv(axes), axis=1) * (1 + _SLACK))
    lines = [np.arange(-int(r), int(r) + 1) for r in reach]
    box = np.stack(np.meshgrid(*lines, indexing="ij"), axis=-1).reshape(-1, 3)
    near = np.linalg.norm(box @ axes.T, axis=1) <= radius * (1 + _SLACK)
    return np.asarray(box[near], dtype=np.int64)


def _among(touching: NDArray[np.int32], own: NDArray[np.int32], n: int) -> scipy.sparse.csr_array:
    """Adjacency of the centres, of the numbers of places that touch each."""
    centre = np.full(n + 1, -1)
    centre[own] = np.arange(len(own))
    other = centre[touching]
    row, column = np.nonzero(other >= 0)
    return scipy.sparse.csr_array(
        (np.ones(row.size, dtype=bool), (row, other[row, column])), shape=(len(own), len(own))
    )


def _surface(vertices: ArrayLike, faces: ArrayLike) -> tuple[Array, Index]:
    place = real_array("vertices", vertices)
    triangles = np.asarray(faces)
    if place.ndim != 2 or place.shape[1] != 3 or not np.isfinite(place).all():
        raise SchemaError(
            f"have shape {place.shape}, or are not finite",
            where="vertices",
            mend="Give (n_vertices, 3) in mm.",
        )
    fits = triangles.ndim == 2 and triangles.shape[1] == 3 and triangles.dtype.kind in "iu"
    if not fits or triangles.min() < 0 or triangles.max() >= len(place):
        raise SchemaError(
            f"have shape {triangles.shape} and type {triangles.dtype} for {len(place)} vertices",
            where="faces",
            mend="Give (n_faces, 3) positions of vertices, from 0.",
        )
    return place, triangles.astype(np.int64)


def _whole_numbers(centres: ArrayLike, n: int) -> Index:
    wanted = np.asarray(centres)
    if wanted.ndim != 1 or wanted.dtype.kind not in "iu" or wanted.size == 0:
        raise OptionError("are no whole numbers", where="centres", mend="Give positions.")
    if wanted.min() < 0 or wanted.max() >= n or len(np.unique(wanted)) < wanted.size:
        raise OptionError(
            f"run from {wanted.min()} to {wanted.max()} of {n}, or repeat",
            where="centres",
            mend="Give each position once, from 0.",
        )
    return wanted.astype(np.int64)
