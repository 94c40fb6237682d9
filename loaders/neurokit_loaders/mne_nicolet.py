"""Nicolet: is a ``.data`` file what the ``.head`` file beside it says? MNE does not ask."""

from __future__ import annotations

from pathlib import Path

from neurokit.errors import FileContentError
from neurokit_loaders.mne_whole import damaged


def check_nicolet(path: Path) -> None:
    """Check that the header beside a Nicolet ``.data`` file fits its samples.

    Parameters
    ----------
    path : Path
        The ``.data`` file.

    Raises
    ------
    FileContentError
        If the ``.head`` file lacks a field, or the samples are fewer or more than it says.
    """
    head = path.with_suffix(".head")
    lines = head.read_text(encoding="utf-8", errors="replace").splitlines()
    said = dict(line.split("=", 1) for line in lines if line.count("=") == 1)
    needed = ("start_ts", "sample_freq", "conversion_factor", "elec_names")
    lacking = [name for name in needed if name not in said]
    counts = [said.get(name, "").strip() for name in ("num_samples", "num_channels")]
    if lacking or not all(count.isdigit() for count in counts):
        raise damaged(head, f"lacks fields: {', '.join(lacking) or 'num_samples, num_channels'}")
    size, promised = path.stat().st_size, 2 * int(counts[0]) * int(counts[1])
    if said["elec_names"].count(",") + 1 != int(counts[1]) or size != promised:
        raise FileContentError(
            f"has {size} bytes; {head.name} promises {counts[0]} samples of {counts[1]} channels, "
            f"{promised} bytes, and names {said['elec_names'].count(',') + 1} channels",
            where=str(path),
            mend="Download or copy both files again.",
        )
