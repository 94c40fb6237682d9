"""What the HDF5 files of CaImAn hold, checked before anything is built.

They are a dict of Python written out: ``estimates/C`` is (component, frame), None is the word
``NoneType``, and the footprints ``estimates/A`` are a sparse matrix (pixel in Fortran order,
component) in CSC form.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from neurokit.errors import FileContentError, LabelError, TimeError
from neurokit_loaders._hdf5 import contents, numbers, opened, whole

if TYPE_CHECKING:
    import h5py
    from numpy.typing import NDArray

# Arrays over (component, frame) and what each is called in /auxiliary.
KINDS = {"F_dff": "dff", "C": "denoised", "S": "deconvolved", "YrA": "residual"}
# Columns over components: where, and under which name they are kept.
_COLUMNS = {"SNR_comp": "snr", "r_values": "spatial_correlation", "cnn_preds": "cnn_score"}
RATE = "params/data/fr"


@dataclass
class Layout:
    """What a file holds, checked: shapes of its arrays, and its small tables."""

    shapes: dict[str, tuple[int, int]]
    rate: float | None
    columns: dict[str, NDArray[Any]] = field(default_factory=dict)
    position: NDArray[np.float64] | None = None
    none: list[str] = field(default_factory=list)
    odd: list[str] = field(default_factory=list)

    @property
    def n_components(self) -> int:
        """How many components were found, accepted or not."""
        return self.shapes["C"][0]


def read_layout(path: Path, *, shapes_only: bool = False) -> Layout:
    """Return what a file holds, after a check that its parts fit together.

    Parameters
    ----------
    path : Path
        The file.
    shapes_only : bool
        Leave tables and footprints unread.

    Raises
    ------
    FileContentError
        If the file is damaged, or has no estimates.
    LabelError
        If arrays have different numbers of components.
    TimeError
        If arrays have different numbers of frames.
    """
    with opened(path) as handle:
        shapes = _shapes(handle, path)
        rate = _scalar(handle, RATE)
        layout = Layout(shapes, rate)
        layout.none = [kind for kind in KINDS if _is_none(handle.get(f"estimates/{kind}"))]
        if not shapes_only:
            _read_columns(handle, layout)
            layout.position = _centres(handle, layout, path)
    return layout


def _shapes(handle: h5py.File, path: Path) -> dict[str, tuple[int, int]]:
    """Return the shape of each (component, frame) array, after a check that they agree."""
    shapes: dict[str, tuple[int, int]] = {}
    for kind in KINDS:
        node = handle.get(f"estimates/{kind}")
        found = None if _is_none(node) else numbers(handle, f"estimates/{kind}")
        if found is not None and len(found.shape) == 2 and 0 not in found.shape:
            shapes[kind] = tuple(found.shape)
    if "C" not in shapes:
        listed = ", ".join(f"{name} {shape}" for name, shape in list(contents(handle).items())[:12])
        raise FileContentError(
            f"expected estimates/C (component, frame); found {listed or 'nothing'}",
            where=str(path),
            mend="Save it with cnmf.save of CaImAn, or open it with loader='hdf5'.",
        )
    listed = ", ".join(f"{kind} {shape}" for kind, shape in shapes.items())
    for error, axis, what in ((LabelError, 0, "components"), (TimeError, 1, "frames")):
        if len({shape[axis] for shape in shapes.values()}) > 1:
            raise error(
                f"arrays of estimates differ in their number of {what}: {listed}",
                where=str(path),
                mend="Save the estimates again after the step that changed one of them.",
            )
    return shapes


def _is_none(node: Any) -> bool:
    """Whether a dataset is how CaImAn writes None."""
    if node is None or getattr(node, "shape", None) != () or node.dtype.kind not in "OSU":
        return False
    value = node[()]
    return (value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)) in (
        "NoneType",
        "None",
    )


def _scalar(handle: h5py.File, name: str) -> float | None:
    node = None if _is_none(handle.get(name)) else numbers(handle, name)
    return float(np.ravel(node[()])[0]) if node is not None and node.size == 1 else None


def _vector(handle: h5py.File, name: str) -> NDArray[Any] | None:
    node = handle.get(name)
    found = None if node is None or _is_none(node) else numbers(handle, name)
    return None if found is None else whole(found).reshape(-1)


def _read_columns(handle: h5py.File, layout: Layout) -> None:
    n = layout.n_components
    accepted = _vector(handle, "estimates/idx_components")
    if accepted is not None:
        if accepted.size and (accepted.min() < 0 or accepted.max() >= n):
            layout.odd.append(f"idx_components names {accepted.max()}, there are {n} components")
        else:
            layout.columns["accepted"] = np.isin(np.arange(n), accepted)
    for name, column in _COLUMNS.items():
        values = _vector(handle, f"estimates/{name}")
        if values is None or not values.size:
            continue
        if values.size == n:
            layout.columns[column] = values.astype(np.float64)
        else:
            layout.odd.append(f"{name} has {values.size} values, there are {n} components")


def _centres(handle: h5py.File, layout: Layout, path: Path) -> NDArray[np.float64] | None:
    """Return the weighted centre of each footprint, (component, 3) in pixels.

    A pixel p of an image of d1 rows lies in row p % d1 and column p // d1.
    """
    data, indices, ends, shape, dims = (
        _vector(handle, name)
        for name in (
            "estimates/A/data",
            "estimates/A/indices",
            "estimates/A/indptr",
            "estimates/A/shape",
            "estimates/dims" if "estimates/dims" in handle else "dims",
        )
    )
    if data is None or indices is None or ends is None or shape is None or dims is None:
        layout.odd.append("footprints (estimates/A, dims) are not there: no positions")
        return None
    n = layout.n_components
    size = [int(d) for d in dims]
    fits = (
        ends.size == n + 1
        and data.size == indices.size == ends[-1]
        and ends[0] == 0
        and (np.diff(ends.astype(np.int64)) >= 0).all()
        and shape.tolist() == [np.prod(size, dtype=object), n]
        and len(size) in (2, 3)
        and (not indices.size or 0 <= indices.min() <= indices.max() < np.prod(size, dtype=object))
    )
    if not fits:
        raise FileContentError(
            f"footprints do not fit together: estimates/A is {shape.tolist()} with {data.size} "
            f"values, dims are {size}, components {n}",
            where=str(path),
            mend="Save the estimates again.",
        )
    return footprint_centres(data, indices, ends, size)


def footprint_centres(
    data: NDArray[Any], indices: NDArray[Any], ends: NDArray[Any], dims: list[int]
) -> NDArray[np.float64]:
    """Return sum(weight * place) / sum(weight) of each column of a sparse matrix, as (x, y, z).

    Parameters
    ----------
    data, indices : (n_values,) array
        Weights and the pixels they stand on, pixels counted in Fortran order.
    ends : (n_components + 1,) array
        Where in these the values of each component begin, and the last end.
    dims : list of int
        Rows, columns and, for a volume, planes of the image.

    Returns
    -------
    (n_components, 3) ndarray of float64
        Column, row and plane; NaN of an empty footprint, and z of an image.
    """
    weight = np.asarray(data, dtype=np.float64)
    places = np.unravel_index(indices.astype(np.int64), dims, order="F")
    component = np.repeat(np.arange(ends.size - 1), (ends[1:] - ends[:-1]).astype(np.int64))
    n = ends.size - 1
    total = np.bincount(component, weight, n)
    centres = np.full((n, 3), np.nan)
    # Rows are y, columns x.
    for axis, place in zip((1, 0, 2), places, strict=False):
        moment = np.bincount(component, weight * place, n)
        np.divide(moment, total, out=centres[:, axis], where=total > 0)
    return centres
