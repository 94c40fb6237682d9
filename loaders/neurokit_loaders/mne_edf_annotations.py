"""Annotations of EDF+ and BDF+ files: time-stamped lists (TAL) between the samples."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from neurokit.errors import FileContentError
from neurokit.interchange.mne_events import Marks
from neurokit_loaders.mne_edf import EdfHeader
from neurokit_loaders.mne_edf_data import records_of

# Onset, duration, texts: +1.5 \x15 0.2 \x14 text \x14
_TAL = re.compile(rb"([+-]\d+\.?\d*)(?:\x15(\d+\.?\d*))?\x14(.*)\x14", re.DOTALL)


@dataclass(frozen=True)
class Tal:
    """One time-stamped list of annotations.

    Parameters
    ----------
    onset, duration : float
        Seconds from the start of the file.
    texts : tuple of str
        The first one is empty where the list only says when its record begins.
    """

    onset: float
    duration: float
    texts: tuple[str, ...]


def parse_tals(raw: bytes, where: str, encoding: str = "utf8") -> list[Tal]:
    r"""Read the annotations of one record of one annotation signal.

    Parameters
    ----------
    raw : bytes
        As it stands in the record.
    where : str
        The file, for messages.
    encoding : str, default "utf8"
        Of the texts.

    Returns
    -------
    list of Tal
        In the order written; what is no annotation is passed over, as MNE does.

    Raises
    ------
    FileContentError
        If a text is not of that encoding.

    Examples
    --------
    >>> parse_tals(b"+2\x14\x14\x00+2.5\x150.1\x14blink\x14\x00\x00", "a.edf")[1].texts
    ('blink',)
    """
    found = []
    for part in raw.split(b"\x00"):
        match = _TAL.search(part)
        if match is None:
            continue
        try:
            texts = match[3].decode(encoding).split("\x14")
        except UnicodeDecodeError as error:
            raise FileContentError(
                f"has an annotation that is not {encoding} ({error.reason})",
                where=where,
                mend='Open it with encoding="latin1".',
            ) from error
        found.append(Tal(float(match[1]), float(match[2] or 0.0), tuple(texts)))
    return found


def read_tals(
    path: str, header: EdfHeader, n_records: int, encoding: str = "utf8"
) -> tuple[list[Tal], NDArray[np.float64]]:
    """Read all annotations, touching nothing but the annotation signals.

    Parameters
    ----------
    path : str
        The file.
    header : EdfHeader
        Its header.
    n_records : int
        Whole records.
    encoding : str, default "utf8"
        Of the texts.

    Returns
    -------
    tals : list of Tal
        Those with a text.
    onset : (n_records,) ndarray
        When each record begins, s; NaN where it does not say.
    """
    tals: list[Tal] = []
    onset = np.full(n_records, np.nan)
    indices = [i for i, signal in enumerate(header.signals) if signal.is_annotation]
    records = records_of(path, header, n_records)
    for order, index in enumerate(indices):
        first = header.first_byte(index)
        last = first + header.width * header.signals[index].n_samples
        for number in range(n_records):
            for place, tal in enumerate(
                parse_tals(records[number, first:last].tobytes(), path, encoding)
            ):
                if order == 0 and place == 0 and not tal.texts[0]:
                    onset[number] = tal.onset
                if any(tal.texts):
                    tals.append(tal)
    return tals, onset


def marks_from(tals: Sequence[Tal], start: float, names: Sequence[str]) -> Marks:
    """Return annotations with onsets from the first sample.

    Parameters
    ----------
    tals : sequence of Tal
        As read.
    start : float
        When the first record begins, s.
    names : sequence of str
        Channels; ``text@@name`` is about one of them, and such texts of one time are one mark.

    Returns
    -------
    Marks
        In the order read.
    """
    rows: dict[tuple[float, float, str, int], list[str]] = {}
    for number, tal in enumerate(tals):
        for text in filter(None, tal.texts):
            description, _, channel = text.partition("@@")
            if channel in names and channel:
                rows.setdefault((tal.onset, tal.duration, description, -1), []).append(channel)
            else:
                rows[tal.onset, tal.duration, text, number * 1000 + len(rows)] = []
    return Marks(
        np.array([key[0] - start for key in rows], dtype=np.float64),
        np.array([key[1] for key in rows], dtype=np.float64),
        [key[2] for key in rows],
        [tuple(channels) for channels in rows.values()],
        [{} for _ in rows],
    )


def inside(marks: Marks, end: float) -> tuple[Marks, list[str]]:
    """Drop marks outside the record and cut those that reach over its ends, as MNE does.

    Parameters
    ----------
    marks : Marks
        Onsets from the first sample.
    end : float
        When the record ends, s.

    Returns
    -------
    marks : Marks
        Those that are left.
    notes : list of str
        What was dropped or cut.
    """
    stop = marks.onset + marks.duration
    keep = np.flatnonzero((marks.onset <= end) & (stop >= 0))
    onset = np.clip(marks.onset[keep], 0.0, None)
    cut = np.clip(stop[keep], None, end)
    notes = []
    if keep.size < marks.onset.size:
        lost = [marks.description[i] for i in np.setdiff1d(np.arange(stop.size), keep)[:3]]
        said = ", ".join(repr(text) for text in lost)
        notes.append(f"{marks.onset.size - keep.size} annotations lie outside the record: {said}")
    over = int(((onset != marks.onset[keep]) | (cut != stop[keep])).sum())
    if over:
        notes.append(f"{over} annotations reach over the ends of the record and were cut there")
    kept = keep.tolist()
    return (
        Marks(
            onset,
            np.where(
                cut == stop[keep], marks.duration[keep] - (onset - marks.onset[keep]), cut - onset
            ),
            [marks.description[i] for i in kept],
            [marks.channels[i] for i in kept],
            [marks.extras[i] for i in kept],
        ),
        notes,
    )
