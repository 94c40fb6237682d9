"""Worm connectome as in the adjacency matrices of Cook et al. 2019, supplementary information 5.

One workbook, per sex a sheet of chemical synapses and two of gap junctions. Sheet names and the
place of the matrices differ between releases, so both are found by what they hold.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from neurokit._version import __version__
from neurokit.errors import FileContentError, check_option
from neurokit.io.registry import Loader
from neurokit_loaders._books import sheet_names, sheets
from neurokit_loaders._cells import (
    connectome_group,
    described,
    direction_findings,
    unknown_findings,
)
from neurokit_loaders._matrices import Matrix, doubled_findings, on_cells, read_matrix
from neurokit_loaders._neurons import listed
from neurokit_loaders._workbook import is_workbook

if TYPE_CHECKING:
    import xarray as xr

    from neurokit.schema import Finding

NAME = "celegans.cook"
SEXES = ("hermaphrodite", "male")
GAPS = ("symmetric", "asymmetric")


def sniff(path: Path) -> float:
    """Score 0.95 for a workbook with sheets of chemical synapses and gap junctions."""
    if not is_workbook(path):
        return 0.0
    try:
        found = {_kind(name)[1] for name in sheet_names(path)}
    except FileContentError:
        return 0.0
    return 0.95 if {"chemical", "symmetric"} <= found else 0.0


def open_cook(path: Path, sex: str = "hermaphrodite", gap: str = "symmetric") -> xr.DataTree:
    """Open the connectome of one sex.

    An empty cell of a sheet, and a cell that a sheet has no row or column for, is 0: the sheets
    cover the whole animal. ``/connectome`` is square: pre and post are all cells of both sheets,
    neurons first, in canonical order. Gap junctions are made symmetric: one listed in one
    direction holds in both, and one listed in both is one edge (with the mean of two weights that
    differ, which a finding lists).

    Parameters
    ----------
    path : Path
        The workbook.
    sex : {"hermaphrodite", "male"}
        Whose sheets.
    gap : {"symmetric", "asymmetric"}
        The sheet of gap junctions; the asymmetric one lists each of them in one direction.

    Returns
    -------
    xarray.DataTree
        ``/connectome`` with `weight` (synapse_type, pre, post): EM sections of contact.

    Raises
    ------
    FileContentError
        If the workbook is damaged, lacks a sheet, or a cell holds no number.

    References
    ----------
    .. [1] Cook et al. 2019, Nature 571, doi:10.1038/s41586-019-1352-7
    """
    from neurokit.celegans.connectome_sources import source_named
    from neurokit.celegans.connectome_symmetry import in_order, merge_directions
    from neurokit.schema import recording

    check_option("sex", sex, SEXES)
    check_option("gap", gap, GAPS)
    chemical, electrical = _matrices(path, sex, gap)
    cells = in_order([*chemical.rows, *chemical.columns, *electrical.rows, *electrical.columns])
    directed = on_cells(cells, electrical)
    both_ways, pairs = merge_directions(directed)
    source = source_named(f"cook_2019_{sex}")
    weight, kinds = np.stack([on_cells(cells, chemical), both_ways]), ["chemical", "electrical"]
    group = connectome_group(weight, kinds, cells, cells, source.quantity)
    if gap == "asymmetric":
        # That sheet lists every junction one way, which is no disagreement.
        i, j = pairs.T
        pairs = pairs[(directed[i, j] != 0) & (directed[j, i] != 0)]
    return recording(
        {"connectome": group},
        **described(source, path),
        loader=NAME,
        loader_version=__version__,
        findings=[
            *doubled_findings(chemical),
            *doubled_findings(electrical),
            *direction_findings(directed, pairs, cells, electrical.sheet),
            *_unlisted(chemical, cells),
            *unknown_findings(cells, "/connectome"),
        ],
    )


def info(path: Path) -> dict[str, Any]:
    """Say which sheets a workbook has."""
    names = sheet_names(path)
    sexes = [sex for sex in SEXES if any(_kind(name)[0] == sex for name in names)]
    return {"sheets": ", ".join(names), "sexes": ", ".join(sexes)}


def _kind(sheet: str) -> tuple[str, str]:
    """Return (sex, chemical or symmetric or asymmetric) of a sheet, ``""`` where it says none.

    Releases differ: "herm gap jn symmetric", "hermaphrodite gap jn symmetric".
    """
    words = re.findall(r"[a-z]+", sheet.lower())
    sex = next((sex for sex in SEXES for word in words if sex.startswith(word[:4])), "")
    if "chemical" in words:
        return sex, "chemical"
    gap = "gap" in words
    return sex, next((kind for kind in GAPS if gap and kind in words), "")


def _matrices(path: Path, sex: str, gap: str) -> tuple[Matrix, Matrix]:
    names = sheet_names(path)
    found = {_kind(name): name for name in reversed(names)}
    chosen = [found.get((sex, kind), "") for kind in ("chemical", gap)]
    if "" in chosen:
        kind = ("chemical", gap)[chosen.index("")]
        raise FileContentError(
            f"has no sheet for {sex}, {kind}; its sheets are {', '.join(names)}",
            where=str(path),
            mend="Give the workbook of adjacency matrices (supplementary information 5).",
        )
    chemical, electrical = (
        read_matrix(rows, name, f"{path.name}[{name}]")
        for rows, name in zip(sheets(path, *chosen), chosen, strict=True)
    )
    return chemical, electrical


def _unlisted(matrix: Matrix, cells: list[str]) -> list[Finding]:
    """Return a finding on neurons that a sheet of whole-animal synapses has no row for."""
    from neurokit.celegans import cell_type
    from neurokit.schema import Finding

    absent = [name for name in cells if name not in matrix.rows and cell_type(name) == "neuron"]
    if not absent:
        return []
    found = f"no row for the neurons {listed(absent)}"
    mend = "Their output is 0: the sheet covers the whole animal."
    return [Finding("NK844", "SUGGESTION", matrix.sheet, found, mend)]


LOADER = Loader(
    name=NAME,
    title="Worm connectome, matrices of Cook et al. 2019",
    modality="connectome",
    suffixes=(".xlsx", ".xls"),
    sniff=sniff,
    open=open_cook,
    info=info,
    options={
        "sex": "hermaphrodite (default) or male",
        "gap": "sheet of gap junctions: symmetric (default) or asymmetric",
    },
)
