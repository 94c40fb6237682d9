"""Headers of EDF, EDF+, BDF and BDF+, checked against the size of the file.

Pure functions of bytes and numbers. Format: Kemp et al. 1992 (10.1016/0013-4694(92)90009-7),
Kemp and Olivan 2003 (10.1016/S1388-2457(03)00123-8).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from neurokit.errors import FileContentError
from neurokit.schema import Finding

FIXED_BYTES = 256
_ANNOTATIONS = frozenset({"EDF Annotations", "BDF Annotations"})

# Widths of the fields of each signal: label, transducer, unit, physical and digital range, ...
_WIDTHS = (16, 80, 8, 8, 8, 8, 8, 80, 8, 32)


@dataclass(frozen=True)
class EdfSignal:
    """One signal as the header describes it.

    Parameters
    ----------
    label, unit, prefilter : str
        As written; `unit` is the physical dimension.
    physical : (float, float)
        Physical minimum and maximum.
    digital : (float, float)
        Digital minimum and maximum.
    n_samples : int
        Samples per record.
    """

    label: str
    unit: str
    prefilter: str
    physical: tuple[float, float]
    digital: tuple[float, float]
    n_samples: int

    @property
    def is_annotation(self) -> bool:
        """True if it holds text, not samples."""
        return self.label in _ANNOTATIONS

    @property
    def gain(self) -> tuple[float, float]:
        """Factor and offset from digital to physical values; 1 for a range that is empty."""
        physical = self.physical[1] - self.physical[0]
        digital = self.digital[1] - self.digital[0]
        factor = (physical or 1.0) / (digital or 1.0)
        return factor, self.physical[0] - self.digital[0] * factor


@dataclass(frozen=True)
class EdfHeader:
    """The header of a file.

    Parameters
    ----------
    bdf : bool
        24-bit samples instead of 16-bit.
    patient, recording, date, clock, reserved : str
        As written.
    n_records : int
        What the header promises; -1 for a recording that was not closed.
    record_s : float
        Seconds per record.
    signals : tuple of EdfSignal
        Annotation signals included.
    """

    bdf: bool
    patient: str
    recording: str
    date: str
    clock: str
    reserved: str
    n_records: int
    record_s: float
    signals: tuple[EdfSignal, ...]

    @property
    def n_bytes(self) -> int:
        """Bytes of the header."""
        return FIXED_BYTES * (len(self.signals) + 1)

    @property
    def width(self) -> int:
        """Bytes of one sample."""
        return 3 if self.bdf else 2

    @property
    def record_bytes(self) -> int:
        """Bytes of one record."""
        return self.width * sum(signal.n_samples for signal in self.signals)

    @property
    def has_gaps(self) -> bool:
        """True if the file says that records need not follow each other (EDF+D)."""
        return self.reserved[:5] in ("EDF+D", "BDF+D")

    def first_byte(self, index: int) -> int:
        """Return where in a record a signal begins.

        Parameters
        ----------
        index : int
            Number of the signal.

        Returns
        -------
        int
            Bytes from the start of the record.
        """
        return self.width * sum(signal.n_samples for signal in self.signals[:index])


def _text(raw: bytes) -> str:
    return raw.decode("latin-1").split("\x00")[0].strip()


def _number(raw: bytes, what: str, where: str) -> float:
    try:
        value = float(_text(raw).replace(",", "."))
    except ValueError as error:
        raise FileContentError(
            f"its header has {_text(raw)!r} where {what} should stand",
            where=where,
            mend="The file is damaged or no EDF/BDF: download or export it again.",
        ) from error
    if not np.isfinite(value):
        raise FileContentError(
            f"its header says that {what} is {value}", where=where, mend="Export the file again."
        )
    return value


def signal_count(head: bytes, where: str) -> int:
    """Return the number of signals, after a check that the header has room for them.

    Parameters
    ----------
    head : bytes
        At least the first 256 bytes.
    where : str
        The file, for messages.

    Returns
    -------
    int
        Signals, annotations included.

    Raises
    ------
    FileContentError
        If the header is cut, or its length and the number of signals contradict each other.
    """
    if len(head) < FIXED_BYTES:
        raise FileContentError(
            f"has {len(head)} bytes, an EDF or BDF header alone takes {FIXED_BYTES}: truncated",
            where=where,
            mend="Download or copy the file again.",
        )
    n = int(_number(head[252:256], "the number of signals", where))
    stated = int(_number(head[184:192], "the length of the header", where))
    if n < 1 or stated != FIXED_BYTES * (n + 1):
        raise FileContentError(
            f"its header says {n} signals, which takes {FIXED_BYTES * (n + 1)} bytes, "
            f"and that it is {stated} bytes long (room for {stated // FIXED_BYTES - 1} signals)",
            where=where,
            mend="The header is damaged: download or export the file again.",
        )
    return n


def parse_header(head: bytes, where: str) -> EdfHeader:
    """Read a header.

    Parameters
    ----------
    head : bytes
        The whole header.
    where : str
        The file, for messages.

    Returns
    -------
    EdfHeader
        Consistent in itself.

    Raises
    ------
    FileContentError
        If it is cut, or says what cannot be.
    """
    n = signal_count(head, where)
    if len(head) < FIXED_BYTES * (n + 1):
        raise FileContentError(
            f"has {len(head)} bytes, its header alone takes {FIXED_BYTES * (n + 1)}: truncated",
            where=where,
            mend="Download or copy the file again.",
        )
    header = EdfHeader(
        bdf=head[0] == 0xFF,
        patient=_text(head[8:88]),
        recording=_text(head[88:168]),
        date=_text(head[168:176]),
        clock=_text(head[176:184]),
        reserved=_text(head[192:236]),
        n_records=int(_number(head[236:244], "the number of records", where)),
        record_s=_number(head[244:252], "the length of a record", where),
        signals=_signals(head, n, where),
    )
    if all(signal.is_annotation for signal in header.signals):
        raise FileContentError(
            "holds annotations only, no signal",
            where=where,
            mend="Read it with mne.read_annotations.",
        )
    if header.record_s <= 0:
        raise FileContentError(
            f"its header says that a record lasts {header.record_s:g} s",
            where=where,
            mend="Export the file again.",
        )
    return header


def _signals(head: bytes, n: int, where: str) -> tuple[EdfSignal, ...]:
    columns, at = [], FIXED_BYTES
    for width in _WIDTHS:
        columns.append([head[at + i * width : at + (i + 1) * width] for i in range(n)])
        at += n * width
    signals = []
    for row in zip(*columns, strict=True):
        label = _text(row[0])
        low, high, least, most = (_number(c, f"a range of {label!r}", where) for c in row[3:7])
        count = int(_number(row[8], f"the samples per record of {label!r}", where))
        if count < 1:
            raise FileContentError(
                f"its header says that {label!r} has {count} samples per record",
                where=where,
                mend="The header is damaged: download or export the file again.",
            )
        signals.append(
            EdfSignal(label, _text(row[2]), _text(row[7]), (low, high), (least, most), count)
        )
    return tuple(signals)


def record_count(
    header: EdfHeader, size: int, where: str, allow_truncated: bool = False
) -> tuple[int, list[Finding]]:
    """Return how many whole records a file holds, after a check of what its header promises.

    Parameters
    ----------
    header : EdfHeader
        The header.
    size : int
        Bytes of the file.
    where : str
        The file, for messages.
    allow_truncated : bool, default False
        Take the whole records that are there instead of raising.

    Returns
    -------
    n_records : int
        At least 1.
    findings : list of Finding
        Where header and size differ and that is no reason to stop.

    Raises
    ------
    FileContentError
        If records are missing.
    """
    whole, rest = divmod(max(size - header.n_bytes, 0), header.record_bytes)
    promised = header.n_records
    if whole < max(promised, 1) and not (allow_truncated and whole > 0):
        raise FileContentError(
            f"is truncated: its header promises {promised} records of {header.record_bytes} "
            f"bytes, the file holds {whole} ({whole * header.record_s:g} s)",
            where=where,
            mend="Download or copy the file again, or read what is there with allow_truncated=True."
            if whole
            else "Download or copy the file again.",
        )
    if whole == promised and rest == 0:
        return whole, []
    said = "is unknown" if promised < 0 else f"is {promised}"
    return whole, [
        Finding(
            "NK851",
            "SUGGESTION",
            where,
            f"the number of records {said} by the header and {whole} by the size of the file"
            + (f" ({rest} bytes over)" if rest else ""),
            "The recording was probably not closed properly; its whole records are read.",
        )
    ]
