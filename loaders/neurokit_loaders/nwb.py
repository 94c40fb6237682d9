"""NWB 2 files: calcium imaging, electrodes, sorted units, behaviour, trials, patch clamp.

https://doi.org/10.7554/eLife.78362; how its objects become a recording: `neurokit.interchange`.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from neurokit._version import __version__
from neurokit.errors import FileContentError, NeurokitError
from neurokit.io.integrity import detect_format, require_file
from neurokit.io.registry import Loader

if TYPE_CHECKING:
    import xarray as xr

NAME = "nwb"


def sniff(path: Path) -> float:
    """Score by the version that the file states; by its suffix where it cannot be opened."""
    named = path.suffix.lower() == ".nwb" or path.name.lower().endswith(".nwb.zarr")
    if path.is_dir():
        return 0.4 if named else 0.0
    if not path.is_file() or not path.stat().st_size or detect_format(path) != "hdf5":
        return 0.4 if named else 0.0
    from neurokit_loaders._hdf5 import DAMAGED, peek
    from neurokit_loaders.nwb_file import version_of

    try:
        with peek(path) as handle:
            return 0.95 if version_of(handle) else 0.5 if named else 0.0
    except (*DAMAGED, FileContentError):
        return 0.5 if named else 0.0


def open_nwb(
    path: Path,
    *,
    series: str | None = None,
    rate: float | None = None,
    space: str | None = None,
    channel_type: str | None = None,
    position_units: str | None = None,
    sort_spikes: bool = False,
) -> xr.DataTree:
    """Open an NWB 2 file, lazily.

    ``/activity`` is the first that there is of: responses of regions of interest (dF/F before
    fluorescence before neuropil and deconvolved traces), electrical series, sweeps of a patched
    cell, numbered series of one column each; the others go to ``/auxiliary``. Units become
    ``/spikes``; trials, epochs and annotations ``/events``; what stands under behavior or is a
    position ``/behavior``; presented stimuli ``/stimulus``. Time 0 is the first sample of
    ``/activity``, ``time_offset`` its place on the file's clock, which begins at ``start_time``.

    Parameters
    ----------
    path : Path
        The file.
    series : str, optional
        Path, name or glob of the series that becomes ``/activity``.
    rate : float, optional
        Hz of ``/activity``, where the file states none or a wrong one.
    space : {"neuron", "channel"}, optional
        What the columns of ``/activity`` are, where the file's type of series does not say.
    channel_type : str, optional
        BIDS type of the channels; NWB has no such field.
    position_units : {"um", "mm", "cm", "m", "nm"}, optional
        What positions of electrodes are in; default micrometres, as the NWB schema says.
    sort_spikes : bool, default False
        Sort the spikes of each unit when they are read.

    Returns
    -------
    xarray.DataTree
        The recording.

    Raises
    ------
    FileContentError
        If the file is damaged, of NWB 1, or its tables do not fit its data.
    TimeError
        If what becomes ``/activity`` has neither rate nor timestamps.

    References
    ----------
    .. [1] Ruebel et al. 2022, eLife 11:e78362, doi:10.7554/eLife.78362
    """
    from neurokit.interchange.nwb_arrays import held
    from neurokit.interchange.nwb_build import Statements, build_recording
    from neurokit_loaders.nwb_file import read_content

    _check_kind(path)
    said = Statements(series, rate, space, channel_type, position_units, sort_spikes)
    with _named(path), held(path.absolute()):
        rec = build_recording(read_content(path), said)
    rec.attrs |= {"loader": NAME, "loader_version": __version__}
    return rec


def info(path: Path) -> dict[str, Any]:
    """Say which series, tables and units a file has, from its headers alone."""
    from neurokit.interchange.nwb_build import modality_of
    from neurokit.interchange.nwb_tables import units_table
    from neurokit_loaders.nwb_file import read_content

    _check_kind(path)
    with _named(path):
        content = read_content(path)
        modality, units = modality_of(content), units_table(content)
    return {
        "modality": modality,
        "nwb_version": content.facts["nwb_version"],
        "session": str(content.facts.get("session_id") or content.facts.get("identifier", "")),
        "start_time": str(content.facts.get("session_start_time", "")),
        "subject": str(content.subject.get("subject_id", "")),
        "series": {
            s.path: {
                "type": s.kinds[0],
                "shape": tuple(s.data.shape),
                "rate_hz": s.rate,
                "unit": s.unit,
            }
            for s in content.series.values()
        },
        "tables": {t.path: t.n_rows for t in content.tables.values()},
        "n_units": 0 if units is None else units.n_rows,
    }


@contextmanager
def _named(path: Path) -> Iterator[None]:
    """Let every error name the file, and damage that no check foresaw be one."""
    try:
        yield
    except NeurokitError as error:
        if path.name in error.where:
            raise
        where = f"{path}: {error.where}" if error.where else str(path)
        raise type(error)(error.found, where=where, mend=error.mend) from error
    except (LookupError, ArithmeticError, AttributeError, MemoryError, RecursionError) as error:
        raise FileContentError(
            f"is damaged ({type(error).__name__}: {error})",
            where=str(path),
            mend="Download it again.",
        ) from error


def _check_kind(path: Path) -> None:
    if path.is_dir():
        raise FileContentError(
            "is a folder; NWB in Zarr is not read",
            where=str(path),
            mend="Export it to HDF5 with hdmf-zarr and pynwb.",
        )
    found = detect_format(require_file(path))
    if found != "hdf5":
        raise FileContentError(
            f"is {found} data, not HDF5, in which NWB files are written",
            where=str(path),
            mend="Check what was downloaded.",
        )


LOADER = Loader(
    name=NAME,
    title="NWB 2: calcium imaging, electrodes, units, behaviour, trials, patch clamp",
    modality="calcium",
    suffixes=(".nwb",),
    sniff=sniff,
    open=open_nwb,
    info=info,
    options={
        "series": "path, name or glob of the series that becomes /activity",
        "rate": "Hz of /activity, where the file states none or a wrong one",
        "space": "what the columns of /activity are: neuron or channel",
        "channel_type": "BIDS type of the channels",
        "position_units": "what electrode positions are in; default um",
        "sort_spikes": "sort the spikes of each unit when they are read",
    },
)
