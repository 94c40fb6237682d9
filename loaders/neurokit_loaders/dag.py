"""Worm activity and behaviour as in the HDF5 files of Dag et al. 2023.

The Flavell lab's export (doi:10.1016/j.cell.2023.04.023): group ``gcamp`` with three arrays of
traces, ``timing``, ``behavior``, and for NeuroPAL animals ``neuropal_registration``.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from neurokit._version import __version__
from neurokit.errors import FileContentError, check_option
from neurokit.io.integrity import detect_format
from neurokit.io.registry import Loader
from neurokit_loaders._dag_layout import SIGNALS, Layout, layout_score, read_layout
from neurokit_loaders._neurons import (
    SPECIES,
    identity_coordinates,
    identity_findings,
    listed,
    recording_id,
    time_findings,
)

if TYPE_CHECKING:
    import xarray as xr
    from numpy.typing import NDArray

    from neurokit.schema import Finding
    from neurokit_loaders._neuropal_labels import Columns

NAME = "celegans.dag"
DOI = "10.1016/j.cell.2023.04.023"


def sniff(path: Path) -> float:
    """Score by the groups at the root; 0.1 for HDF5 that cannot be opened, to say why."""
    if not path.is_file() or not path.stat().st_size or detect_format(path) != "hdf5":
        return 0.0
    from neurokit_loaders._hdf5 import DAMAGED, peek

    try:
        with peek(path) as handle:
            return layout_score(list(handle))
    except (*DAMAGED, FileContentError):
        return 0.1


def open_dag(
    path: Path,
    identities: str | Path | None = None,
    signal: str = SIGNALS[0],
    label_confidence: float = 2.0,
    match_confidence: float = 2.0,
) -> xr.DataTree:
    """Open a recording of the Flavell lab's export, lazily.

    How columns get their names was read from the data: ``neuropal_registration/roi_match`` has
    one entry per region of the NeuroPAL volume, the column of its trace counted from 1, 0 for
    none; the workbook's ``ROI ID`` counts those regions from 1. So a label on region r belongs
    to column ``roi_match[r - 1]`` (where traces were dropped when the file was written, through
    ``gcamp/match_org_to_skip``). Labels below the confidences get a ``?`` and are not
    identified; the values of both stand in coordinates. ``gcamp/idx_nsm`` names the column of an
    NSM where nothing else is identified. ``reversal_events`` holds the frame before each reversal
    and its last frame, from 1: ``reversal_vec`` is 1 exactly where
    ``onset <= time <= onset + duration``. Despite its name, each trace of ``traces_array_F_F20``
    has mean 1 in the published files.

    Parameters
    ----------
    path : Path
        The HDF5 file.
    identities : str or Path, optional
        The ``Neuron ID`` workbook; default is the one beside the file with the same number.
    signal : {"traces_array_F_F20", "trace_array", "trace_array_original"}
        What becomes ``/activity``; the others go to ``/auxiliary``.
    label_confidence : float, default 2.0
        Labels that the annotators were less sure of (1 to 5) are not identified.
    match_confidence : float, default 2.0
        Nor are regions whose match with a trace is less sure.

    Returns
    -------
    xarray.DataTree
        ``/activity``, ``/auxiliary/<array>``, ``/behavior``, ``/events``, and in
        ``/auxiliary/nir`` the clock of the behaviour camera.

    Raises
    ------
    FileContentError
        If the file is damaged or lacks traces or clock.
    TimeError
        If frames and time stamps differ in number, or the clock does not increase.

    References
    ----------
    .. [1] Dag et al. 2023, Cell 186, doi:10.1016/j.cell.2023.04.023
    """
    from neurokit.celegans import identify_all
    from neurokit.schema import recording
    from neurokit_loaders import _dag_groups as build

    check_option("signal", signal, SIGNALS)
    layout = _layout(path, signal)
    columns, findings = _columns(path, layout, identities, label_confidence, match_confidence)
    table = identify_all(columns.text)
    clock = build.clock_of(layout, build.runs_of(layout, path))
    coords = {
        **identity_coordinates(table),
        "label": columns.label,
        "label_confidence": columns.label_confidence,
        "match_confidence": columns.match_confidence,
        "identity_note": columns.note,
    }
    groups = build.trace_groups(path, layout, signal, table["name"].tolist(), coords, clock)
    if layout.behavior:
        groups["behavior"] = build.behavior_group(path, layout, clock)
    events = build.events_group(layout, path)
    if events is not None:
        groups["events"] = events
    camera = build.camera_group(layout, path)
    if camera is not None:
        groups["auxiliary/nir"] = camera
    subject, session = recording_id(path)
    return recording(
        groups,
        modality="calcium",
        subject=subject,
        session=session,
        species=SPECIES,
        doi=DOI,
        source=path.name,
        loader=NAME,
        loader_version=__version__,
        findings=[
            *findings,
            *identity_findings(table),
            *time_findings(clock["time"], clock["rate"]),
            *_unread(layout),
        ],
    )


def info(path: Path) -> dict[str, Any]:
    """Say how many frames, neurons and measures a file has, and whether it has identities."""
    layout = _layout(path, None)
    n_times, n_neurons = next(iter(layout.traces.values())).shape
    return {
        "n_times": n_times,
        "n_neurons": n_neurons,
        "duration_s": float(layout.seconds[-1] - layout.seconds[0]),
        "median_interval_s": float(np.median(np.diff(layout.seconds))) if n_times > 1 else 0.0,
        "traces": ", ".join(layout.traces),
        "behavior": ", ".join(layout.behavior),
        "identities": ", ".join(file.name for file in _workbooks(path)) or "none",
    }


def _layout(path: Path, signal: str | None) -> Layout:
    from neurokit_loaders._hdf5 import opened

    with opened(path) as handle:
        layout = read_layout(handle, path)
    if signal is not None and signal not in layout.traces:
        raise FileContentError(
            f"expected gcamp/{signal}; found gcamp/{', gcamp/'.join(layout.traces)}",
            where=str(path),
            mend=f"Open it with signal={next(iter(layout.traces))!r}.",
        )
    return layout


def _workbooks(path: Path) -> list[Path]:
    number, session = recording_id(path)
    if not session:
        return []
    beside = path.parent.glob("*.xlsx")
    return sorted(file for file in beside if number in file.name and "neuron" in file.name.lower())


def _columns(
    path: Path,
    layout: Layout,
    identities: str | Path | None,
    label_confidence: float,
    match_confidence: float,
) -> tuple[Columns, list[Finding]]:
    """Return what is known of each column of the traces, and what there is to say about it."""
    from neurokit_loaders import _neuropal_labels as neuropal

    n = next(iter(layout.traces.values())).shape[1]
    match = layout.tables.get("roi_match")
    books = _workbooks(path) if identities is None else [Path(identities)]
    if match is None or len(books) != 1:
        columns = neuropal.unlabelled(n)
        for column in np.asarray(layout.tables.get("idx_nsm", []), dtype=np.int64).reshape(-1):
            if 0 < column <= n:
                columns.text[column - 1] = "NSM?"
                columns.label[column - 1] = "NSM"
        return columns, [_no_identities(match is None, books, identities)]
    confidence = layout.tables.get("roi_match_confidence", np.full(match.shape, np.inf))
    if confidence.shape != match.shape:
        raise FileContentError(
            f"neuropal_registration has {match.size} regions and {confidence.size} confidences",
            where=str(path),
            mend="Export the file again.",
        )
    labels, sheet = neuropal.read_labels(books[0])
    kept = layout.tables.get("match_org_to_skip")
    match = neuropal.match_in_file(match, kept, n, str(path))
    columns = neuropal.assign_columns(
        labels, match, confidence, n, label_confidence, match_confidence
    )
    findings = _label_findings(columns, f"{books[0].name}[{sheet}]", len(labels))
    return columns, [*findings, *_dropped_findings(kept)]


def _no_identities(unregistered: bool, books: list[Path], asked: str | Path | None) -> Finding:
    from neurokit.schema import Finding

    if unregistered:
        found = "the file has no neuropal_registration: neurons are unidentified"
        if asked is not None:
            found += ", whatever the workbook says"
        mend = "Nothing to mend for a strain without NeuroPAL."
    else:
        lie = f"{len(books)} Neuron ID workbooks lie" if books else "no Neuron ID workbook lies"
        found = f"{lie} beside the file: neurons are unidentified"
        mend = "Name the one of this recording with the option identities=PATH."
    return Finding("NK811", "SUGGESTION", "/activity neuron", found, mend)


def _dropped_findings(kept: NDArray[Any] | None) -> list[Finding]:
    from neurokit.schema import Finding

    if kept is None or np.array_equal(kept[0], kept[1]):
        return []
    found = f"{int(kept[0].max()) - kept.shape[1]} or more traces were dropped when it was written"
    mend = "Labels follow gcamp/match_org_to_skip to the columns that are left."
    return [Finding("NK815", "SUGGESTION", "/activity neuron", found, mend)]


def _label_findings(columns: Columns, where: str, n_labels: int) -> list[Finding]:
    from neurokit.schema import Finding

    notes = []
    if columns.lost:
        found = f"{len(columns.lost)} of {n_labels} labels lie on regions without a trace"
        notes.append((f"{found}: {listed(columns.lost)}", "Nothing was recorded of them."))
    if columns.doubted:
        found = f"{len(columns.doubted)} labels are below the confidences asked for"
        mend = "Lower label_confidence or match_confidence to trust them."
        notes.append((f"{found}: {listed(columns.doubted)}", mend))
    colours = "cell colours, which mark some labels as likely wrong, are not read"
    notes.append((colours, "Look at the workbook before a single neuron carries a conclusion."))
    return [Finding("NK813", "SUGGESTION", where, found, mend) for found, mend in notes]


def _unread(layout: Layout) -> list[Finding]:
    from neurokit.schema import Finding

    if not layout.unread:
        return []
    found = f"not read: {listed(layout.unread)}"
    mend = "Open the file with h5py where one of them is needed."
    return [Finding("NK830", "SUGGESTION", "/", found, mend)]


LOADER = Loader(
    name=NAME,
    title="Worm calcium traces and behaviour, HDF5 of Dag et al. 2023",
    modality="calcium",
    suffixes=(".h5", ".hdf5"),
    sniff=sniff,
    open=open_dag,
    info=info,
    options={
        "identities": "Neuron ID workbook; default is the one beside the recording",
        "signal": "array that becomes /activity; default traces_array_F_F20",
        "label_confidence": "least confidence of a label, 1 to 5; default 2",
        "match_confidence": "least confidence of a region's match with its trace; default 2",
    },
)
