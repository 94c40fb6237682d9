"""Loader ``bids``: a recording of a BIDS dataset with all that its tables say about it.

The data file is opened by whichever loader reads it; channels, electrodes, events, scans and
participants are joined to it by name, and what cannot be joined is a finding
(https://bids-specification.readthedocs.io, Appelhoff et al. 2019, 10.21105/joss.01896).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import xarray as xr

from neurokit.errors import FileContentError, OptionError
from neurokit.io import Loader, read_head
from neurokit.io import open as open_file
from neurokit.io.registry import choose_loader
from neurokit.schema import CHANNEL_TYPES, with_contacts
from neurokit_loaders.bids_joining import (
    Joined,
    add_channels,
    add_electrodes,
    add_events,
    add_sidecar,
    assembled,
    groups_with_channels,
)
from neurokit_loaders.bids_layout import (
    TABLES,
    BidsFile,
    choose,
    looks_like_bids,
    recordings_in,
)
from neurokit_loaders.bids_silent import without_signals
from neurokit_loaders.bids_tables import read_json


def open_recording(
    path: Path,
    *,
    subject: str | None = None,
    session: str | None = None,
    task: str | None = None,
    acquisition: str | None = None,
    run: str | None = None,
    processing: str | None = None,
    recording: str | None = None,
    datatype: str | None = None,
    space: str | None = None,
    channels: str = "name",
    events: str = "table",
    region: str | None = None,
    channel_type: str | None = None,
    position_unit: str | None = None,
    without: str | Sequence[str] = (),
    signals: bool = True,
    file_options: Mapping[str, Any] | None = None,
) -> xr.DataTree:
    """Open one recording of a BIDS dataset.

    Parameters
    ----------
    path : Path
        The dataset, a subject's, session's or datatype's folder, or the data file; without
        signals, one of its tables.
    subject, session, task, acquisition, run, processing, recording : str, optional
        Entities, where more than one recording is there; ``"01"`` or ``"sub-01"``.
    datatype : {"eeg", "ieeg", "meg", "nirs"}, optional
        Likewise.
    space : str, optional
        Coordinate space of the electrodes.
    channels : {"name", "order"}
        By what rows of channels.tsv belong to channels; ``order`` renames the channels.
    events : {"table", "file", "both"}
        Which events become ``/events``.
    region : str, optional
        Column of electrodes.tsv that becomes the coordinate ``region``.
    channel_type : str, optional
        BIDS type of the channels that no table types and the data file takes for EEG.
    position_unit : {"m", "cm", "mm"}, optional
        Unit that coordinates really have.
    without : str or sequence of str
        Tables that are not read: channels, electrodes, events.
    signals : bool, default True
        False reads the tables alone, where the data file is not at hand.
    file_options : mapping, optional
        Options of the data file's own loader.

    Returns
    -------
    DataTree
        The recording.

    Raises
    ------
    LabelError
        If none, or more than one, recording fits.
    FileContentError
        If the data file is missing or damaged, or a table cannot be parsed.
    """
    wanted = {
        **{"subject": subject, "session": session, "task": task, "acquisition": acquisition},
        **{"run": run, "processing": processing, "recording": recording, "datatype": datatype},
    }
    left = (without,) if isinstance(without, str) else tuple(without)
    _check(left, channel_type, signals, file_options)
    file = _chosen(path, wanted, signals)
    kind = file.datatype or datatype or ""
    tree = _data(file, file_options or {}) if signals else without_signals(file, channel_type, left)
    joined = Joined(file, tree, groups_with_channels(tree), left)
    add_channels(joined, channels, channel_type, kind)
    add_electrodes(joined, kind, space, region, position_unit)
    add_sidecar(joined, kind)
    add_events(joined, events)
    # The tables may have renamed, retyped or grouped what the data file's names say.
    joined.groups = {
        name: with_contacts(group.drop_vars(["shaft", "contact"], errors="ignore"))
        for name, group in joined.groups.items()
    }
    return assembled(joined, kind)


def _check(
    without: tuple[str, ...],
    channel_type: str | None,
    signals: bool,
    file_options: Mapping[str, Any] | None,
) -> None:
    for name in without:
        if name not in TABLES:
            raise OptionError(
                f"found {name!r}", where="without", mend=f"Tables are {', '.join(TABLES)}."
            )
    if channel_type is not None and channel_type not in CHANNEL_TYPES:
        raise OptionError(
            f"found {channel_type!r}", where="channel_type", mend="Use a BIDS type such as SEEG."
        )
    if file_options and not signals:
        raise OptionError(
            "there is no data file to open with signals=False",
            where="file_options",
            mend="Leave one of the two out.",
        )


def _chosen(path: Path, wanted: Mapping[str, str | None], signals: bool) -> BidsFile:
    is_table = path.is_file() and path.suffix == ".tsv"
    if is_table and signals:
        raise FileContentError(
            "is a table beside a recording, not the recording",
            where=str(path),
            mend="Open the dataset's folder, or signals=False for the tables alone.",
        )
    # The datatype of a lone table cannot be told from its name.
    return choose(path, {**wanted, "datatype": None} if is_table else wanted)


def _data(file: BidsFile, options: Mapping[str, Any]) -> xr.DataTree:
    """Open the data file by its own loader."""
    try:
        _check_present(file.path)
        # Chosen here, because opening by name spares a second look at the file.
        return open_file(file.path, choose_loader(file.path).name, **options)
    except FileContentError as error:
        # The tables of a dataset often come without its data.
        mend = f"{error.mend} Its tables alone open with signals=False."
        raise type(error)(error.found, where=error.where, mend=mend.strip()) from error


def _check_present(path: Path) -> None:
    """Raise where git-annex has left a link or a pointer instead of the content."""
    pointer = path.is_symlink() and not path.exists()
    if path.is_file() and path.stat().st_size < 2**15 and path.stat().st_size:
        pointer = read_head(path, 64).startswith(b"/annex/objects/")
    if pointer:
        raise FileContentError(
            "is only a pointer of git-annex, its content is not here",
            where=str(path),
            mend=f"Fetch it: datalad get {path.name}.",
        )


def info(path: Path) -> dict[str, Any]:
    """Say what is in a dataset, from names and headers alone.

    Parameters
    ----------
    path : Path
        A folder of a dataset, or a data file.

    Returns
    -------
    dict
        Of several recordings their number, subjects, sessions, tasks and files; of one what its
        data file says.

    Raises
    ------
    FileContentError
        If there is no recording.
    """
    found = recordings_in(path) if path.is_dir() else []
    if len(found) == 1 or not found:
        file = choose(path, {})
        _check_present(file.path)
        loader = choose_loader(file.path)
        facts = loader.info(file.path)
        title = f"BIDS ({facts.get('format', loader.name)})"
        return {**facts, **file.entities, "format": title, "file": file.path.name}
    described = found[0].root / "dataset_description.json"
    return {
        "format": "BIDS",
        "title": str(read_json(described).get("Name", "")) if described.is_file() else "",
        "n_recordings": len(found),
        **{
            f"{key}s": sorted({file.entities.get(key, "") for file in found} - {""})
            for key in ("subject", "session", "task")
        },
        "datatypes": sorted({file.datatype for file in found}),
        "files": [file.path.relative_to(file.root).as_posix() for file in found],
    }


LOADER = Loader(
    name="bids",
    title="a recording of a BIDS dataset (EEG, MEG, SEEG, ECoG) with all its tables",
    modality="eeg",
    suffixes=(),
    sniff=looks_like_bids,
    open=open_recording,
    info=info,
    options={
        "subject": "entity sub, where there is more than one recording",
        "session": "entity ses",
        "task": "entity task",
        "acquisition": "entity acq",
        "run": "entity run",
        "processing": "entity proc",
        "recording": "entity recording",
        "datatype": "eeg, ieeg, meg or nirs",
        "space": "coordinate space of the electrodes",
        "channels": "join channels.tsv by 'name' or, renaming channels, by 'order'",
        "events": "events of the 'table', of the 'file' itself, or 'both'",
        "region": "column of electrodes.tsv that becomes the coordinate region",
        "channel_type": "BIDS type of channels that no table types",
        "position_unit": "unit that coordinates really have: m, cm or mm",
        "without": "tables not to read: channels, electrodes, events",
        "signals": "False reads the tables alone",
        "file_options": "options of the data file's own loader",
    },
)
