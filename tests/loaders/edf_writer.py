"""EDF and BDF files made byte by byte, by a writer that shares no code with the reader."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import mne
import numpy as np
from neurokit_loaders.mne_raw import open_recording

import neurokit as nk


@dataclass
class Signal:
    """One signal of a file to be written; `digital` are whole numbers, all records in a row."""

    label: str
    digital: np.ndarray
    per_record: int
    unit: str = "uV"
    physical: tuple[float, float] = (-3276.8, 3276.7)
    digital_range: tuple[int, int] = (-32768, 32767)
    prefilter: str = ""


@dataclass
class File:
    """What a file says."""

    signals: list[Signal]
    n_records: int
    record_s: float = 1.0
    tals: list[list[bytes]] = field(default_factory=list)
    reserved: str = ""
    bdf: bool = False
    patient: str = "X X X X"
    recording: str = "Startdate 02-MAR-2012 X X X"
    date: str = "02.03.12"
    clock: str = "14.30.05"
    promised: int | None = None

    def write(self, path: Path) -> Path:
        """Write the file."""
        path.write_bytes(self.header() + b"".join(self.record(r) for r in range(self.n_records)))
        return path

    @property
    def width(self) -> int:
        return 3 if self.bdf else 2

    @property
    def tal_samples(self) -> int:
        most = max((len(b"".join(row)) for row in self.tals), default=0)
        return -(-(most + 1) // self.width)

    def header(self) -> bytes:
        """Everything before the first record."""
        rows = [
            (s.label, "", s.unit, *s.physical, *s.digital_range, s.prefilter, s.per_record, "")
            for s in self.signals
        ]
        if self.tals:
            name = "BDF Annotations" if self.bdf else "EDF Annotations"
            limits = (-(2**23), 2**23 - 1) if self.bdf else (-32768, 32767)
            rows.append((name, "", "", -1, 1, *limits, "", self.tal_samples, ""))
        widths = (16, 80, 8, 8, 8, 8, 8, 80, 8, 32)
        columns = zip(*rows, strict=True)
        body = "".join(
            "".join(str(v).ljust(w)[:w] for v in column)
            for w, column in zip(widths, columns, strict=True)
        )
        n = self.n_records if self.promised is None else self.promised
        fixed = (
            self.patient.ljust(80)
            + self.recording.ljust(80)
            + self.date
            + self.clock
            + str(256 * (len(rows) + 1)).ljust(8)
            + self.reserved.ljust(44)
            + str(n).ljust(8)
            + f"{self.record_s:g}".ljust(8)
            + str(len(rows)).ljust(4)
        )
        version = b"\xffBIOSEMI" if self.bdf else b"0       "
        return version + (fixed + body).encode("latin-1")

    def record(self, number: int) -> bytes:
        """One record: all samples of the first signal, of the second, ..., annotations."""
        parts = []
        for s in self.signals:
            values = s.digital[number * s.per_record : (number + 1) * s.per_record]
            if self.bdf:
                parts.append(b"".join(int(v).to_bytes(3, "little", signed=True) for v in values))
            else:
                parts.append(np.asarray(values).astype("<i2").tobytes())
        if self.tals:
            text = b"".join(self.tals[number])
            parts.append(text.ljust(self.tal_samples * self.width, b"\x00"))
        return b"".join(parts)


def _digital(n, seed=0, low=-2000, high=2000):
    return np.random.default_rng(seed).integers(low, high, n)


def _stamp(onset, *texts, duration=None):
    span = b"" if duration is None else b"\x15" + f"{duration:g}".encode()
    words = b"".join(t.encode() + b"\x14" for t in texts)
    return f"{onset:+g}".encode() + span + b"\x14" + (words or b"\x14") + b"\x00"


def _plain(n_records=5, rate=100, n_signals=3, **more):
    signals = [Signal(f"C{i}", _digital(n_records * rate, i), rate) for i in range(n_signals)]
    return File(signals, n_records, **more)


def _plus(onsets, extra=(), rate=100, **more):
    """Return an EDF+ file whose records begin at `onsets`; `extra` are (record, stamp) pairs."""
    tals = [[_stamp(onset)] for onset in onsets]
    for record, stamp in extra:
        tals[record].append(stamp)
    return _plain(len(onsets), rate, tals=tals, **{"reserved": "EDF+C", **more})


def _mne(path):
    return mne.io.read_raw(path, preload=False, verbose="ERROR")


def _open(path, **options):
    # nk.open scans all installed distributions, which takes longer than all else here.
    return open_recording(path, **options)


def _codes(rec):
    return nk.validate(rec).codes
