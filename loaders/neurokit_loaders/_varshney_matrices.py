"""The MATLAB files of Varshney et al. 2011: matrices over 279 neurons, and the neurons' names."""

from __future__ import annotations

import io
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from neurokit.errors import FileContentError
from neurokit.io.integrity import detect_format, require_file
from neurokit_loaders._edges import Edge
from neurokit_loaders.matlab_elements import Variable, content_of, variables

if TYPE_CHECKING:
    from neurokit.schema import Finding

# Variables in use, with what they hold; rows send, columns receive.
MATRICES = {"A_init_t_ordered": "chemical", "Ac": "chemical", "Ag_t_ordered": "electrical"}
_NAMES = "Neuron_ordered"
_WANTED = frozenset({*MATRICES, _NAMES})
Found = tuple[list[str], list[str], list[Edge], "list[Finding]"]


def is_matrix_file(path: Path) -> bool:
    """Whether a file is MATLAB's and holds one of the matrices, by its table of contents."""
    if not path.is_file() or not path.stat().st_size or detect_format(path) != "mat5":
        return False
    try:
        sizes = {variable.name: variable.shape for variable in variables(path)}
    except FileContentError:
        return False
    square = {name for name, size in sizes.items() if len(size) == 2 and size[0] == size[1]}
    # Ac alone is a short name that others may use too.
    return bool({"A_init_t_ordered", "Ag_t_ordered"} & square) or sizes == {"Ac": (279, 279)}


def matrix_edges(path: Path) -> Found:
    """Return names, kinds, edges and findings of a file.

    Raises
    ------
    FileContentError
        If it is damaged, holds no matrix, or the names of the neurons are not at hand.
    """
    from neurokit.schema import Finding

    require_file(path)
    held = _read(path)
    stored = {kind: held[name] for name, kind in MATRICES.items() if name in held}
    if not stored:
        raise FileContentError(
            f"holds none of {', '.join(MATRICES)}, but {', '.join(held) or 'nothing'}",
            where=str(path),
            mend="Give a file of the authors' matrices.",
        )
    names = _names(held) or _names_beside(path)
    matrices = {kind: _dense(value, kind, len(names), path) for kind, value in stored.items()}
    others = sorted(set(held) - _WANTED)
    findings = []
    if others:
        found, mend = f"variables are not read: {', '.join(others)}", "They are no connections."
        findings.append(Finding("NK847", "SUGGESTION", path.name, found, mend))
    edges = [
        Edge(names[i], names[j], kind, float(matrix[i, j]), f"({i + 1}, {j + 1})")
        for kind, matrix in matrices.items()
        for i, j in np.argwhere(matrix != 0)
    ]
    return names, list(matrices), edges, findings


def _read(path: Path) -> dict[str, Any]:
    """Return the matrices and names of a file; other variables as None."""
    return {
        variable.name: _value(path, variable) if variable.name in _WANTED else None
        for variable in variables(path)
    }


def _value(path: Path, variable: Variable) -> Any:
    from scipy.io import loadmat

    # scipy gets one variable at a time, whose elements were checked to fit together.
    content: Any = io.BytesIO(content_of(path, variable))
    try:
        return loadmat(content)[variable.name]
    except Exception as error:
        raise _damaged(path, error) from error


def _damaged(path: Path, error: Exception) -> FileContentError:
    return FileContentError(
        f"is a damaged or cut MATLAB file ({type(error).__name__}: {error})",
        where=str(path),
        mend="Download it again.",
    )


def _dense(
    value: Any, kind: str, n_names: int, path: Path
) -> np.ndarray[Any, np.dtype[np.float64]]:
    """Return a matrix of numbers over the named neurons, full or stored sparsely."""
    if np.shape(value) != (n_names, n_names):
        raise FileContentError(
            f"the {kind} matrix is {' x '.join(map(str, np.shape(value)))}, there are "
            f"{n_names} names",
            where=str(path),
            mend="Give the names that belong to it.",
        )
    if value.dtype.kind not in "fiu":
        raise FileContentError(
            f"the {kind} matrix holds {value.dtype}, not numbers",
            where=str(path),
            mend="Check the file.",
        )
    if hasattr(value, "toarray"):
        try:
            # A damaged index would be written through, beyond the matrix.
            value.check_format(full_check=True)
            if not value.data.all():
                raise ValueError(f"the {kind} matrix stores zeros, which MATLAB never does")
        except ValueError as error:
            raise _damaged(path, error) from error
        value = value.toarray()
    return np.asarray(value, dtype=np.float64)


def _names(held: dict[str, Any]) -> list[str]:
    cells = np.asarray(held.get(_NAMES, []), dtype=object).ravel()
    return [str(np.asarray(cell).ravel()[0]) for cell in cells if np.size(cell)]


def _names_beside(path: Path) -> list[str]:
    """Return the names in the file of ordered matrices that lies in the same folder."""
    for other in sorted(path.parent.glob("*ConnOrdered*.mat")):
        if names := _names(_read(other)):
            return names
    raise FileContentError(
        "holds a matrix and no names",
        where=str(path),
        mend=f"Put ConnOrdered_040903.mat, which holds {_NAMES}, beside it.",
    )
