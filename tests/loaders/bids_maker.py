"""Writes small BIDS datasets with BrainVision data whose every value is known."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

Rows = Sequence[Sequence[object]]


def tsv(path: Path, header: str, rows: Rows = (), *, encoding: str = "utf-8") -> Path:
    """Write a table: the header's words, and one line per row."""
    path.parent.mkdir(parents=True, exist_ok=True)
    lines = ["\t".join(header.split()), *("\t".join(map(str, row)) for row in rows)]
    path.write_bytes(("\n".join(lines) + "\n").encode(encoding))
    return path


def dump(path: Path, content: object) -> Path:
    """Write a JSON sidecar."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(content), encoding="utf-8")
    return path


def digits(n_times: int, n_channels: int) -> np.ndarray[Any, Any]:
    """Return the whole numbers that a data file holds, (time, channel)."""
    rng = np.random.default_rng(11)
    return rng.integers(-500, 500, (n_times, n_channels)).astype(np.int16)


def brainvision(
    header: Path,
    names: Sequence[str],
    *,
    rate: float = 500.0,
    n_times: int = 1000,
    unit: str = "µV",
    units: Mapping[str, str] | None = None,
    marks: Sequence[tuple[str, int]] = (),
    date: str = "20200301120000000000",
) -> Path:
    """Write header, markers and data; one step is 0.1 of the unit."""
    header.parent.mkdir(parents=True, exist_ok=True)
    stem = header.stem
    said = units or {}
    channels = [
        f"Ch{i}={name},,0.1,{said.get(name, unit)}" for i, name in enumerate(names, start=1)
    ]
    header.write_text(
        "Brain Vision Data Exchange Header File Version 1.0\n\n[Common Infos]\nCodepage=UTF-8\n"
        f"DataFile={stem}.eeg\nMarkerFile={stem}.vmrk\nDataFormat=BINARY\n"
        f"DataOrientation=MULTIPLEXED\nNumberOfChannels={len(names)}\n"
        f"SamplingInterval={1e6 / rate:.10g}\n\n[Binary Infos]\nBinaryFormat=INT_16\n\n"
        "[Channel Infos]\n" + "\n".join(channels) + "\n",
        encoding="utf-8",
    )
    lines = [f"Mk1=New Segment,,1,1,0,{date}"]
    lines += [f"Mk{i}=Stimulus,{text},{at + 1},1,0" for i, (text, at) in enumerate(marks, 2)]
    header.with_suffix(".vmrk").write_text(
        "Brain Vision Data Exchange Marker File, Version 1.0\n\n[Common Infos]\nCodepage=UTF-8\n"
        f"DataFile={stem}.eeg\n\n[Marker Infos]\n" + "\n".join(lines) + "\n",
        encoding="utf-8",
    )
    header.with_suffix(".eeg").write_bytes(digits(n_times, len(names)).astype("<i2").tobytes())
    return header


class Dataset:
    """A dataset with one recording, ``sub-01_task-talk``, that keeps the standard.

    Parameters
    ----------
    root : Path
        An empty folder.
    names : sequence of str
        Channels.
    datatype : {"eeg", "ieeg"}
        Folder and suffix.
    kind : str
        BIDS type of all channels.
    """

    def __init__(
        self,
        root: Path,
        names: Sequence[str] = ("Fp1", "Fp2", "Cz"),
        *,
        datatype: str = "eeg",
        kind: str = "EEG",
        **recording: Any,
    ) -> None:
        self.root, self.names, self.datatype = root, list(names), datatype
        self.folder = root / "sub-01" / datatype
        self.header = brainvision(self.path(datatype, ".vhdr"), names, **recording)
        dump(root / "dataset_description.json", {"Name": "made", "BIDSVersion": "1.9.0"})
        tsv(root / "participants.tsv", "participant_id age", [["sub-01", 29]])
        self.sidecar()
        self.channels([[name, kind, "uV", "good"] for name in names])
        self.electrodes([[name, 0.01 * i, 0.02, 0.03] for i, name in enumerate(names)])
        self.coordsystem()
        self.events([[0.1, 0.5, "word"], [1.2, 0.5, "pause"]])

    def path(self, suffix: str, extension: str, task: str = "_task-talk") -> Path:
        """Return the path of a file of the recording."""
        return self.folder / f"sub-01{task}_{suffix}{extension}"

    def sidecar(self, **more: object) -> Path:
        """Write the JSON sidecar."""
        said = {"TaskName": "talk", "SamplingFrequency": 500.0, "PowerLineFrequency": 50, **more}
        return dump(self.path(self.datatype, ".json"), said)

    def channels(self, rows: Rows, header: str = "name type units status") -> Path:
        """Write channels.tsv."""
        return tsv(self.path("channels", ".tsv"), header, rows)

    def electrodes(self, rows: Rows, header: str = "name x y z", space: str = "") -> Path:
        """Write electrodes.tsv."""
        task = f"_space-{space}" if space else ""
        return tsv(self.path("electrodes", ".tsv", task), header, rows)

    def coordsystem(
        self, system: str = "CapTrak", units: str = "m", space: str = "", **more: object
    ) -> Path:
        """Write coordsystem.json."""
        prefix = "iEEG" if self.datatype == "ieeg" else "EEG"
        said = {f"{prefix}CoordinateSystem": system, f"{prefix}CoordinateUnits": units, **more}
        task = f"_space-{space}" if space else ""
        return dump(self.path("coordsystem", ".json", task), said)

    def events(self, rows: Rows, header: str = "onset duration trial_type") -> Path:
        """Write events.tsv."""
        return tsv(self.path("events", ".tsv"), header, rows)
