"""Are recordings of Neuroscan, ANT, Nihon Kohden, Persyst, KIT, CTF and EGI whole?

Their headers say where data stand and how many there are; mne reads zeros, noise or nothing
where a file was cut, and antio may end the process. Asked before either sees a file.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import BinaryIO

from neurokit.errors import FileContentError
from neurokit.io import require_file
from neurokit_loaders._hdf5 import opened
from neurokit_loaders.mne_mat import peek

_AGAIN = "Download or copy the file again."


def truncated(path: Path, needed: int, what: str) -> FileContentError:
    """Return the error for a file that ends before what its header promises.

    Parameters
    ----------
    path : Path
        The file.
    needed : int
        Bytes that it must have.
    what : str
        What ends there.

    Returns
    -------
    FileContentError
        To be raised.
    """
    size = path.stat().st_size
    return FileContentError(
        f"is truncated: {what} end at byte {needed}, the file has {size}",
        where=str(path),
        mend=_AGAIN,
    )


def damaged(path: Path, found: str) -> FileContentError:
    """Return the error for a header that says what cannot be.

    Parameters
    ----------
    path : Path
        The file.
    found : str
        What it says.

    Returns
    -------
    FileContentError
        To be raised.
    """
    mend = "The header is damaged, or the file is of another format: download it again."
    return FileContentError(found, where=str(path), mend=mend)


def _numbers(handle: BinaryIO, path: Path, at: int, layout: str) -> tuple[int, ...]:
    """Return the numbers at a byte of a header."""
    handle.seek(at)
    raw = handle.read(struct.calcsize(layout))
    if len(raw) < struct.calcsize(layout):
        raise truncated(path, at + struct.calcsize(layout), "its header does")
    return struct.unpack(layout, raw)


def check_neuroscan(path: Path) -> int:
    """Check the events and, behind them, the footer of a Neuroscan ``.cnt`` file.

    Parameters
    ----------
    path : Path
        The file.

    Returns
    -------
    int
        Bytes of the footer: how many there should be stands nowhere.

    Raises
    ------
    FileContentError
        If it ends before they do.
    """
    size = path.stat().st_size
    with path.open("rb") as handle:
        (n_channels,) = _numbers(handle, path, 370, "<H")
        (events,) = _numbers(handle, path, 886, "<i")
        (footer,) = _numbers(handle, path, 12, "<i")
        begin = 900 + 75 * n_channels
        if n_channels == 0 or (events < begin and size < 2**31):
            raise damaged(path, f"has {n_channels} channels, and events at byte {events}")
        # From 2 GB on the position of the events no longer fits its field.
        if size >= 2**31:
            return 0
        _, length, _ = _numbers(handle, path, events, "<Bii")
    if events + 9 + length > size or length < 0:
        raise truncated(path, events + 9 + length, "its events do")
    if footer > size:
        raise truncated(path, footer, "its samples and events do")
    return size - footer if footer > 0 else 0


def neuroscan_width(path: Path) -> tuple[str, bool]:
    """Return how wide the samples of a Neuroscan file are.

    Parameters
    ----------
    path : Path
        The file.

    Returns
    -------
    data_format : str
        int16 or int32.
    certain : bool
        Whether the header says so; else it is judged by the samples.
    """
    with path.open("rb") as handle:
        (n_channels,) = _numbers(handle, path, 370, "<H")
        (n_samples,) = _numbers(handle, path, 864, "<i")
        (events,) = _numbers(handle, path, 886, "<i")
        begin = 900 + 75 * n_channels
        width = (events - begin) / max(n_channels * n_samples, 1)
        if n_samples > 0 and width in (2.0, 4.0):
            return f"int{int(8 * width)}", True
        handle.seek(begin)
        halves = handle.read(min(events - begin, 2**16) // 4 * 4)
    # Of 32-bit numbers of a few bits, every second half is nothing but the sign.
    upper = memoryview(halves).cast("h")[1::2].tolist()
    signs = sum(half in (-1, 0) for half in upper)
    return ("int32" if upper and signs > 0.95 * len(upper) else "int16"), False


def check_ant(path: Path) -> None:
    """Check the chunks of an ANT ``.cnt`` file (RIFF, or RF64 with sizes of 8 bytes).

    Parameters
    ----------
    path : Path
        The file.

    Raises
    ------
    FileContentError
        If it ends before they do, or lacks samples or header.
    """
    size = path.stat().st_size
    with path.open("rb") as handle:
        wide = handle.read(4) == b"RF64"
        layout = "<Q" if wide else "<I"
        at = 4 + struct.calcsize(layout)
        (promised,) = _numbers(handle, path, 4, layout)
        if promised + at > size:
            raise truncated(path, promised + at, "its chunks do")
        found = set()
        for name, begin, length in _chunks(handle, path, at + 4, layout, size):
            kind = name
            if name == b"LIST":
                handle.seek(begin)
                kind = handle.read(4)
            if begin + length > size:
                raise truncated(path, begin + length, f"its {kind!r} chunk does")
            found.add(kind)
    if not found & {b"raw3"} or b"eeph" not in found:
        raise damaged(path, "lacks the chunk with its samples (raw3) or its header (eeph)")


def _chunks(
    handle: BinaryIO, path: Path, at: int, layout: str, size: int
) -> Iterator[tuple[bytes, int, int]]:
    head = 4 + struct.calcsize(layout)
    while at + head <= size:
        handle.seek(at)
        name = handle.read(4)
        (length,) = _numbers(handle, path, at + 4, layout)
        yield name, at + head, length
        # Chunks begin at even bytes.
        at += head + length + length % 2


def check_nihon(path: Path) -> None:
    """Check that a Nihon Kohden ``.EEG`` file has all samples that its blocks promise.

    Parameters
    ----------
    path : Path
        The file.

    Raises
    ------
    FileContentError
        If it ends before they do.
    """
    size = path.stat().st_size
    with path.open("rb") as handle:
        (n_control,) = _numbers(handle, path, 0x91, "<B")
        for control in range(n_control):
            (address,) = _numbers(handle, path, 0x92 + 20 * control, "<I")
            (n_data,) = _numbers(handle, path, address + 17, "<B")
            for block in range(n_data):
                (begin,) = _numbers(handle, path, address + 18 + 20 * block, "<I")
                rate, tenths = _numbers(handle, path, begin + 0x1A, "<HI")
                (n_channels,) = _numbers(handle, path, begin + 0x26, "<B")
                n_samples = tenths * (rate & 0x3FFF) // 10
                end = begin + 0x27 + 10 * n_channels + 2 * n_samples * (n_channels + 1)
                if end > size:
                    raise truncated(path, end, f"the {n_samples} samples of block {block} do")


def lay_sections(text: str) -> dict[str, list[tuple[str, str]]]:
    r"""Return the sections of a Persyst ``.lay`` file as lists of (name, value).

    Parameters
    ----------
    text : str
        The file.

    Returns
    -------
    dict of str to list of (str, str)
        Section names in lower case; a line without ``=`` has the value ``""``.

    Examples
    --------
    >>> lay_sections("[FileInfo]\nFile=a.dat")
    {'fileinfo': [('File', 'a.dat')]}
    """
    found: dict[str, list[tuple[str, str]]] = {}
    rows: list[tuple[str, str]] = []
    for line in map(str.strip, text.splitlines()):
        if line.startswith("[") and line.endswith("]"):
            rows = found.setdefault(line[1:-1].lower(), [])
        elif line:
            name, _, value = line.partition("=")
            rows.append((name.strip(), value.strip()))
    return found


def check_persyst(path: Path) -> None:
    """Check that a Persyst ``.lay`` header has its samples, as many as fit its channels.

    Parameters
    ----------
    path : Path
        The header.

    Raises
    ------
    FileContentError
        If the companion is missing, or has no whole number of samples.
    """
    sections = lay_sections(path.read_text(encoding="utf-8", errors="replace"))
    said = {name.lower(): value for name, value in sections.get("fileinfo", [])}
    lacking = [
        key for key in ("file", "waveformcount", "datatype", "samplingrate") if key not in said
    ]
    if lacking or not said["waveformcount"].isdigit() or said["datatype"] not in ("0", "7"):
        raise damaged(path, f"lacks or garbles fields of [FileInfo]: {lacking or said}")
    if len(sections.get("channelmap", [])) != int(said["waveformcount"]):
        raise truncated(path, path.stat().st_size + 1, "its channel names do")
    # Written on Windows, with whatever folder the recording was in; its name alone counts.
    data = path.parent / said["file"].replace("\\", "/").rpartition("/")[2]
    if not data.is_file():
        raise FileContentError(
            f"its companion {data.name} with the samples is missing",
            where=str(path),
            mend=f"Put {data.name} into the same folder.",
        )
    row = int(said["waveformcount"]) * (4 if said["datatype"] == "7" else 2)
    whole, rest = divmod(require_file(data).stat().st_size, row)
    last = max((int(s) for s, _ in sections.get("sampletimes", []) if s.isdigit()), default=0)
    if rest or last >= whole:
        raise FileContentError(
            f"{data.name} has {whole} samples of {said['waveformcount']} channels and {rest} bytes "
            f"over, and the header names sample {last}: truncated, or of another header",
            where=str(path),
            mend="Download or copy the files again.",
        )


def persyst_pauses(path: Path, rate: float) -> dict[int, float]:
    """Return when a Persyst recording was paused, from the clock times of its samples.

    Parameters
    ----------
    path : Path
        The ``.lay`` file.
    rate : float
        Hz.

    Returns
    -------
    dict of int to float
        First sample after each pause, and the seconds of all pauses up to there.
    """
    sections = lay_sections(path.read_text(encoding="utf-8", errors="replace"))
    times = [(int(s), float(t)) for s, t in sections.get("sampletimes", []) if s.isdigit() and t]
    found, so_far = {}, 0.0
    for sample, clock in times[1:]:
        pause = clock - times[0][1] - (sample - times[0][0]) / rate
        # Clock times are rounded to milliseconds.
        if pause - so_far > max(1.5 / rate, 2e-3):
            found[sample] = so_far = pause
    return found


def check_kit(path: Path) -> None:
    """Check that all parts that a KIT file lists are inside it.

    Parameters
    ----------
    path : Path
        The ``.con`` or ``.sqd`` file.

    Raises
    ------
    FileContentError
        If it ends before one of them.
    """
    size = path.stat().st_size
    with path.open("rb") as handle:
        _, _, _, count = _numbers(handle, path, 0, "<4i")
        if not 9 < count < 1000:
            raise damaged(path, f"lists {count} parts")
        for part in range(count):
            offset, width, _, n = _numbers(handle, path, 16 * part, "<4i")
            if min(offset, width, n) < 0:
                raise damaged(path, f"part {part} of its list begins at byte {offset}")
            if offset + width * n > size:
                raise truncated(path, offset + width * n, f"part {part} of its list does")


def ctf_file(folder: Path, suffix: str) -> Path | None:
    """Return the file of a CTF folder with a suffix, None if there is none."""
    same = folder / f"{folder.stem}.{suffix}"
    # A folder that was renamed keeps the names of its files.
    return same if same.is_file() else next(iter(sorted(folder.glob(f"*.{suffix}"))), None)


def check_ctf(folder: Path) -> tuple[int, int, bool]:
    """Check that a CTF folder has header and samples, as many as the header promises.

    Parameters
    ----------
    folder : Path
        The ``.ds`` folder.

    Returns
    -------
    n_samples, n_trials : int
        Samples of a trial, and trials.
    apart : bool
        Whether trials do not follow each other: they are averages, or begin before a trigger.
        A continuous recording is written in "trials" too.

    Raises
    ------
    FileContentError
        If a file is missing or cut.
    """
    header, data = ctf_file(folder, "res4"), ctf_file(folder, "meg4")
    if header is None or data is None:
        raise FileContentError(
            f"has no .{'res4' if header is None else 'meg4'} file",
            where=str(folder),
            mend="Copy the whole .ds folder.",
        )
    with require_file(header).open("rb") as handle:
        n_samples, n_channels = _numbers(handle, header, 1288, ">ih")
        n_trials, before_trigger = _numbers(handle, header, 1312, ">hxxi")
        (n_averages,) = _numbers(handle, header, 776, ">h")
    if min(n_samples, n_channels, n_trials) < 1:
        found = f"says {n_samples} samples of {n_channels} channels in {n_trials} trials"
        raise damaged(header, found)
    parts = [data, *sorted(folder.glob("*.[0-9]*_meg4"))]
    there = sum(require_file(part).stat().st_size - 8 for part in parts)
    needed = 4 * n_samples * n_channels * n_trials
    if there < needed:
        raise truncated(data, needed + 8 * len(parts), f"the samples of {n_trials} trials do")
    return n_samples, n_trials, n_trials > 1 and (n_averages > 1 or before_trigger > 0)


def check_egi(path: Path) -> None:
    """Check that a simple binary ``.raw`` file of EGI has all its samples.

    Parameters
    ----------
    path : Path
        The file.

    Raises
    ------
    FileContentError
        If it ends before they do.
    """
    with path.open("rb") as handle:
        (version,) = _numbers(handle, path, 0, ">i")
        (n_channels,) = _numbers(handle, path, 22, ">h")
        n_samples, n_events = _numbers(handle, path, 30, ">ih")
    if version not in (2, 4, 6) or n_channels < 1 or n_samples < 1:
        raise damaged(path, f"says version {version}, {n_channels} channels, {n_samples} samples")
    needed = 36 + 4 * n_events + version * n_samples * (n_channels + n_events)
    if path.stat().st_size < needed:
        raise truncated(path, needed, f"its {n_samples} samples do")


def check_eeglab(path: Path) -> None:
    """Check that an EEGLAB dataset is not cut, and that its samples lie beside it.

    Parameters
    ----------
    path : Path
        The ``.set`` file.

    Raises
    ------
    FileContentError
        If a variable is cut, or the file with the samples is in another folder.
    """
    content = peek(path)
    fields = content["EEG"].fields if "EEG" in content else content
    said = fields["data"].text if "data" in fields else ""
    data = path.parent / said
    if said and data.is_file() and data.resolve().parent != path.resolve().parent:
        raise FileContentError(
            f"names {said!r} for its samples, which is not in its own folder",
            where=str(path),
            mend="Put the .fdt file beside the .set file.",
        )


def check_snirf(path: Path) -> None:
    """Check that a SNIRF file is whole HDF5 with measurements, and leads nowhere else.

    Parameters
    ----------
    path : Path
        The file.

    Raises
    ------
    FileContentError
        If it is not.
    """
    with opened(path) as file:
        if not any(str(name).startswith("nirs") for name in file):
            raise damaged(path, f"has no /nirs, but {', '.join(map(str, file)) or 'nothing'}")


CHECKS: Mapping[str, Callable[[Path], object]] = {
    "neuroscan": check_neuroscan,
    "ant": check_ant,
    "nihon": check_nihon,
    "persyst": check_persyst,
    "kit": check_kit,
    "ctf": check_ctf,
    "egi": check_egi,
    "snirf": check_snirf,
    "eeglab": check_eeglab,
    "fieldtrip": peek,
}
