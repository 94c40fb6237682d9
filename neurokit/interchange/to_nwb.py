"""A recording as a pynwb object or an NWB file, with nothing lost."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

import xarray as xr

from neurokit.errors import SchemaError, StoreError, TimeError
from neurokit.interchange.nwb_sink import Sink
from neurokit.interchange.nwb_write import quietly, write_recording

_SUBJECT = ("age", "description", "genotype", "sex", "strain", "weight")
_SESSION = ("session_description", "experiment_description", "institution", "lab", "notes")


def to_nwb(
    rec: xr.DataTree,
    path: str | Path | None = None,
    *,
    overwrite: bool = False,
    session_start_time: datetime | str | None = None,
    identifier: str | None = None,
    subject: Mapping[str, str] | None = None,
    imaging: Mapping[str, str | float] | None = None,
) -> Any:
    """Return a recording as a pynwb NWBFile, and write it if a path is given.

    Calcium signals become RoiResponseSeries on a table of neurons (without masks, of which a
    recording knows nothing), channels in volts ElectricalSeries on a table of electrodes, other
    units TimeSeries; behavior, stimulus, events and spikes go to their places in NWB. What NWB
    has no place for (trials of samples, masks, connectomes, attributes) stands in the scratch
    space, with a layout by which `from_nwb` and `neurokit.open` give the recording back as it
    was. The file's clock begins at ``start_time``; samples stand at ``time + time_offset``.

    Parameters
    ----------
    rec : xarray.DataTree
        Any recording.
    path : str or Path, optional
        Where to write it; large lazy signals are read block by block.
    overwrite : bool, default False
        Replace a file that is there.
    session_start_time : datetime or str, optional
        With a zone; default the recording's ``start_time``.
    identifier : str, optional
        Default a random one, as NWB wants it unique.
    subject : mapping of str to str, optional
        ``age`` (ISO 8601, ``"P90D"``), ``sex`` and what else NWB says of a subject; default what
        the recording's attributes ``subject_age``... say, else unknown (``"P0D/"``, ``"U"``; a
        worm counts as a hermaphrodite, ``"XX"``).
    imaging : mapping of str to str or float, optional
        What is known of the imaging plane: ``indicator``, ``location``, ``device``,
        ``excitation_lambda`` and ``emission_lambda`` in nm.

    Returns
    -------
    pynwb.NWBFile
        In memory; if it was written, it belongs to that file.

    Raises
    ------
    TimeError
        If no start is known, or it has no zone.
    SchemaError
        If it is no recording.
    StoreError
        If the file is there already.

    Examples
    --------
    >>> import neurokit as nk
    >>> rec = nk.simulate.recording("calcium", random_state=0)
    >>> file = to_nwb(rec, session_start_time="2024-01-01T12:00:00+00:00")
    >>> from_nwb = nk.interchange.from_nwb(file)
    >>> nk.testing.differences(from_nwb, rec)
    []
    """
    if not isinstance(rec, xr.DataTree) or "modality" not in rec.attrs:
        raise SchemaError(
            f"got a {type(rec).__name__}",
            where="to_nwb",
            mend="Give a recording, as nk.open returns it.",
        )
    target = None if path is None else Path(path)
    if target is not None and target.exists() and not overwrite:
        raise StoreError(
            "is there already", where=str(target), mend="Name another file, or overwrite=True."
        )
    start = _start(rec, session_start_time)
    nwbfile = quietly(lambda: _nwbfile(rec, start, identifier, subject or {}))
    quietly(lambda: write_recording(Sink(nwbfile, imaging or {}, target is not None), rec))
    if target is not None:
        quietly(lambda: _write(nwbfile, target))
    return nwbfile


def _start(rec: xr.DataTree, given: datetime | str | None) -> datetime:
    stated = given if given is not None else str(rec.attrs.get("start_time", ""))
    if isinstance(stated, str):
        try:
            stated = datetime.fromisoformat(stated)
        except ValueError as error:
            raise TimeError(
                f"start_time is {stated!r}" if stated else "no start_time is known",
                where="to_nwb",
                mend="NWB needs one: give session_start_time='2024-01-31T12:00:00+01:00'.",
            ) from error
    if stated.tzinfo is None:
        raise TimeError(
            f"start_time {stated.isoformat()} has no zone",
            where="to_nwb",
            mend="Give session_start_time with one, as '2024-01-31T12:00:00+01:00'.",
        )
    return stated


def _nwbfile(
    rec: xr.DataTree, start: datetime, identifier: str | None, subject: Mapping[str, str]
) -> Any:
    from pynwb import NWBFile
    from pynwb.file import Subject

    attrs = {str(key): value for key, value in rec.attrs.items() if value != ""}
    said: dict[str, Any] = {name: str(attrs[name]) for name in _SESSION if name in attrs}
    said.setdefault("session_description", f"{attrs['modality']} recording of neurokit")
    if "session" in attrs:
        said["session_id"] = str(attrs["session"])
    if "doi" in attrs:
        said["related_publications"] = [f"https://doi.org/{attrs['doi']}"]
    # An age of at least 0 days is true of any subject, and NWB wants one.
    # nwbinspector knows two sexes of the worm, and no unknown one.
    sex = "XX" if attrs.get("species") == "Caenorhabditis elegans" else "U"
    about = {"sex": sex, "age": "P0D/", "subject_id": str(attrs.get("subject", "unknown"))}
    about |= {"species": str(attrs["species"])} if "species" in attrs else {}
    about |= {
        name: str(attrs[f"subject_{name}"]) for name in _SUBJECT if f"subject_{name}" in attrs
    }
    return NWBFile(
        identifier=identifier or str(uuid.uuid4()),
        session_start_time=start,
        subject=Subject(**(about | dict(subject))),
        **said,
    )


def _write(nwbfile: Any, target: Path) -> None:
    from pynwb import NWBHDF5IO

    from neurokit.io.atomic import atomic_file

    with atomic_file(target) as temporary, NWBHDF5IO(str(temporary), "w") as io:
        io.write(nwbfile)
