"""Signal propagation of Randi et al. 2023: which neuron responds when another is stimulated.

In the published tables the rows respond and the columns are stimulated. That is not stated
there; the workbook itself shows it: its list of path lengths through the connectome (Figure 2f,
flattened row by row) equals paths from column to row. tests/loaders/test_randi_direction.py
repeats that.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from neurokit._version import __version__
from neurokit.errors import FileContentError, OptionError
from neurokit.io.registry import Loader
from neurokit_loaders._books import sheet_names, sheets
from neurokit_loaders._cells import connectome_group, described, unknown_findings
from neurokit_loaders._matrices import Matrix, read_matrix
from neurokit_loaders._neurons import listed
from neurokit_loaders._text_tables import end_findings, first_fields, read_table
from neurokit_loaders._workbook import is_workbook

if TYPE_CHECKING:
    import xarray as xr
    from numpy.typing import NDArray

    from neurokit.schema import Finding

NAME = "celegans.randi"
_RESPONSE, _CONFIDENCE = "Figure2a, df_over_f", "Figure2a, alpha=(1 - q_val)"
# Both published tables print IL2VR so; it is the only one of its class that is missing.
_MISPRINTS = {"IL2V4": "IL2VR"}


def sniff(path: Path) -> float:
    """Score 0.95 for the workbook's sheets, or for its first sheet as text."""
    if is_workbook(path):
        try:
            return 0.95 if {_RESPONSE, _CONFIDENCE} <= set(sheet_names(path)) else 0.0
        except FileContentError:
            return 0.0
    header = first_fields(path)
    return 0.95 if len(header) > 1 and not header[0] and set(_MISPRINTS) <= set(header) else 0.0


def open_randi(path: Path, max_q: float | None = None) -> xr.DataTree:
    """Open the responses, stimulated neurons as pre and responding ones as post.

    A pair that was not measured is NaN. The diagonal holds the responses of the stimulated
    neurons themselves.

    Parameters
    ----------
    path : Path
        The workbook of Figure 2, or its first sheet as comma-separated text.
    max_q : float, optional
        Responses of pairs with a larger q value become 0; the paper uses 0.05. Only the workbook
        has q values.

    Returns
    -------
    xarray.DataTree
        ``/connectome`` with `weight` (synapse_type, pre, post), the mean change of fluorescence
        (dF/F) after the stimulus, and `q_value` of the same dims where the file has it.

    Raises
    ------
    FileContentError
        If the file is damaged or cut, or rows and columns name different neurons.
    OptionError
        If `max_q` is no probability, or the file has no q values.

    References
    ----------
    .. [1] Randi et al. 2023, Nature 623, doi:10.1038/s41586-023-06683-4
    """
    from neurokit.celegans.connectome_sources import source_named
    from neurokit.schema import recording

    response, confidence, findings = _matrices(path)
    cells, weight = _directed(response, path)
    q_value = _q_values(confidence, cells, weight, path)
    weight = _kept(weight, q_value, max_q)
    source = source_named("randi_2023")
    group = connectome_group(weight[None], ["functional"], cells, cells, source.quantity)
    if q_value is not None:
        group["q_value"] = (group["weight"].dims, q_value[None].astype(np.float32), {"units": "1"})
    findings += [*_corrected(response, path), *unknown_findings(cells, "/connectome")]
    return recording(
        {"connectome": group},
        **described(source, path),
        loader=NAME,
        loader_version=__version__,
        loader_options={} if max_q is None else {"max_q": max_q},
        findings=findings,
    )


def info(path: Path) -> dict[str, Any]:
    """Say what the file has."""
    if is_workbook(path):
        return {"sheets": ", ".join(sheet_names(path)), "q_values": True}
    return {"n_neurons": len(first_fields(path)) - 1, "q_values": False}


def _matrices(path: Path) -> tuple[Matrix, Matrix | None, list[Finding]]:
    """Return responses and 1 - q, rows and columns as in the file, and findings."""
    if not is_workbook(path):
        table = read_table(path)
        rows: list[list[object]] = [list(row) for row in table.all_rows]
        fields = [rows[0], *([row[0], *map(_field, row[1:])] for row in rows[1:])]
        return _read(fields, path.name, path), None, end_findings(table, path.name)
    names = (_RESPONSE, _CONFIDENCE)
    response, confidence = (
        _read(rows, name, path) for rows, name in zip(sheets(path, *names), names, strict=True)
    )
    return response, confidence, []


def _read(rows: list[list[object]], sheet: str, path: Path) -> Matrix:
    return read_matrix(rows, sheet, f"{path}[{sheet}]", empty=np.nan)


def _field(text: object) -> object:
    try:
        return float(str(text))
    except ValueError:
        return text


def _directed(matrix: Matrix, path: Path) -> tuple[list[str], NDArray[np.float64]]:
    """Return the cells in canonical order and the weights (stimulated, responding)."""
    from neurokit.celegans.connectome_symmetry import in_order

    rows, columns = (_corrected_names(names) for names in (matrix.rows, matrix.columns))
    if sorted(rows) != sorted(columns) or len(set(rows)) < len(rows):
        differ = listed(sorted(set(rows) ^ set(columns))) or "some stand twice"
        raise FileContentError(
            f"{matrix.sheet}: {len(rows)} rows and {len(columns)} columns name different neurons "
            f"({differ})",
            where=str(path),
            mend="The file may be cut; download it again.",
        )
    cells = in_order(rows)
    places = np.ix_([rows.index(name) for name in cells], [columns.index(name) for name in cells])
    return cells, matrix.values[places].T


def _corrected_names(names: list[str]) -> list[str]:
    return [_MISPRINTS.get(name, name) for name in names]


def _q_values(
    confidence: Matrix | None, cells: list[str], weight: NDArray[np.float64], path: Path
) -> NDArray[np.float64] | None:
    if confidence is None:
        return None
    others, alpha = _directed(confidence, path)
    if others != cells:
        raise FileContentError(
            "its two sheets of Figure 2a name different neurons",
            where=str(path),
            mend="Download it again.",
        )
    # Where nothing was measured, the sheet holds 0 or 1, which says nothing.
    return np.where(np.isnan(weight), np.nan, 1.0 - alpha)


def _kept(
    weight: NDArray[np.float64], q_value: NDArray[np.float64] | None, max_q: float | None
) -> NDArray[np.float64]:
    if max_q is None:
        return weight
    if not 0 <= max_q <= 1:
        raise OptionError(f"found {max_q!r}", where="max_q", mend="It is between 0 and 1.")
    if q_value is None:
        raise OptionError(
            "the file has no q values", where="max_q", mend="Open the workbook of Figure 2."
        )
    return np.where(q_value > max_q, 0.0, weight)


def _corrected(matrix: Matrix, path: Path) -> list[Finding]:
    from neurokit.schema import Finding

    wrong = [name for name in _MISPRINTS if name in matrix.rows or name in matrix.columns]
    if not wrong:
        return []
    shown = ", ".join(f"{name} is read as {_MISPRINTS[name]}" for name in wrong)
    mend = "It is a misprint of the published table; no neuron has that name."
    return [Finding("NK848", "SUGGESTION", path.name, shown, mend)]


LOADER = Loader(
    name=NAME,
    title="Worm signal propagation of Randi et al. 2023",
    modality="connectome",
    suffixes=(".xlsx", ".csv"),
    sniff=sniff,
    open=open_randi,
    info=info,
    options={"max_q": "responses with a larger q value become 0; default keeps all"},
)
