"""Which series of an NWB file make one group, and in which order groups come.

One block is one group: a RoiResponseSeries, an ElectricalSeries, sweeps of one patch electrode,
or many series of one neuron each (as in Scholz et al. 2018, doi:10.1101/445643).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from neurokit.errors import OptionError
from neurokit.interchange.nwb_content import Content, Series

_NUMBERED = re.compile(r"^(.*?)(\d+)$")
_PATCH_STIMULUS = ("CurrentClampStimulusSeries", "VoltageClampStimulusSeries")
# What fluorescence is corrected with or turned into comes after what was measured.
_LAST = re.compile(r"neuropil|background|deconvol|denois", re.IGNORECASE)
_DF_OVER_F = re.compile(r"d(elta)?_?f_?(over|o)?_?f", re.IGNORECASE)


@dataclass(frozen=True)
class Block:
    """Series that make one group.

    Parameters
    ----------
    name : str
        Of the group, if it goes to ``/auxiliary``.
    kind : str
        roi, electrical, patch, stimulus, neurons or plain.
    series : tuple of Series
        One, or all that are stacked.
    """

    name: str
    kind: str
    series: tuple[Series, ...]

    @property
    def first(self) -> Series:
        """The first of its series."""
        return self.series[0]


def is_signal(series: Series) -> bool:
    """Whether a series is numbers over time, in one column or several."""
    if series.is_a("ImageSeries", "AnnotationSeries", "IntervalSeries", "SpikeEventSeries"):
        return False
    return len(series.data.shape) in (1, 2) and series.data.dtype.kind in "biuf"


def blocks_of(content: Content, chosen: Sequence[Series] = ()) -> list[Block]:
    """Return the blocks of a file: neural ones first, in the order of the docs.

    Parameters
    ----------
    content : Content
        The file.
    chosen : sequence of Series
        What the option ``series`` means; it comes first, as one block.

    Returns
    -------
    list of Block
        dF/F before fluorescence before neuropil, then electrodes, then patched cells; numbered
        series of one column each if nothing else is neural; then everything else.
    """
    names = {s.path for s in chosen}
    rest = [
        s
        for s in content.series.values()
        if s.path not in names and is_signal(s) and not _elsewhere(s)
    ]
    roi = sorted((s for s in rest if s.is_a("RoiResponseSeries")), key=_roi_order)
    blocks = [_chosen(chosen)] if chosen else []
    blocks += [Block(s.name, "roi", (s,)) for s in roi]
    blocks += [Block(s.name, "electrical", (s,)) for s in rest if s.is_a("ElectricalSeries")]
    patch = [s for s in rest if s.is_a("PatchClampSeries")]
    blocks += _sweeps([s for s in patch if not s.is_a(*_PATCH_STIMULUS)], "patch")
    plain = [s for s in rest if s.kinds[-1] != "" and not _is_neural(s)]
    if not blocks and not any(t.is_a("Units") for t in content.tables.values()):
        stacks = _numbered(plain)
        stacked = {s.path for block in stacks for s in block.series}
        blocks += stacks
        plain = [s for s in plain if s.path not in stacked]
    blocks += _sweeps([s for s in patch if s.is_a(*_PATCH_STIMULUS)], "stimulus")
    blocks += [Block(s.name, "plain", (s,)) for s in plain]
    return _uniquely_named(blocks)


def _is_neural(series: Series) -> bool:
    return series.is_a("RoiResponseSeries", "ElectricalSeries", "PatchClampSeries")


def _elsewhere(series: Series) -> bool:
    """Whether a series goes to ``/behavior``, ``/stimulus`` or ``/events``."""
    return is_behavior(series) or is_stimulus(series)


def is_behavior(series: Series) -> bool:
    """Whether a series belongs to ``/behavior``."""
    return series.is_a("SpatialSeries") or (
        series.path.startswith("processing/behavior/") and not _is_neural(series)
    )


def is_stimulus(series: Series) -> bool:
    """Whether a series belongs to ``/stimulus``."""
    return series.path.startswith("stimulus/") and not series.is_a("PatchClampSeries")


def _roi_order(series: Series) -> tuple[int, str]:
    rank = 2 if _LAST.search(series.path) else 0 if _DF_OVER_F.search(series.path) else 1
    return rank, series.path


def _chosen(chosen: Sequence[Series]) -> Block:
    first = chosen[0]
    if len(chosen) > 1:
        kind = "patch" if first.is_a("PatchClampSeries") else "neurons"
        return Block(first.name, kind, tuple(chosen))
    kinds = {"RoiResponseSeries": "roi", "ElectricalSeries": "electrical"}
    kinds |= {"PatchClampSeries": "patch"}
    kind = next((word for base, word in kinds.items() if first.is_a(base)), "neurons")
    return Block(first.name, kind, tuple(chosen))


def _sweeps(series: Sequence[Series], kind: str) -> list[Block]:
    """Put sweeps of one electrode that have one length, rate and unit together."""
    together: dict[Any, list[Series]] = {}
    for item in series:
        alike = (item.kinds[0], item.facts.get("electrode"), item.data.shape, item.rate, item.unit)
        together.setdefault(alike, []).append(item)
    return [
        Block(_stem(items), kind, tuple(sorted(items, key=_sweep_number)))
        for items in together.values()
    ]


def _sweep_number(series: Series) -> tuple[float, str]:
    number = series.facts.get("sweep_number")
    return (float(number) if isinstance(number, int | float) else np.inf, series.path)


def _stem(series: Sequence[Series]) -> str:
    if len(series) == 1:
        return series[0].name
    found = _NUMBERED.match(series[0].name)
    stem = found[1].rstrip("_- ") if found else ""
    return stem or series[0].kinds[0]


def _numbered(series: Sequence[Series]) -> list[Block]:
    """Put series of one column, numbered under one name, of one length and unit together."""
    together: dict[Any, list[Series]] = {}
    for item in series:
        found = _NUMBERED.match(item.name)
        if found and len(item.data.shape) == 1:
            alike = (item.path.rpartition("/")[0], found[1], item.data.shape, item.unit)
            together.setdefault(alike, []).append(item)
    return [
        Block(_stem(items), "neurons", tuple(sorted(items, key=_number)))
        for items in together.values()
        if len(items) > 1
    ]


def _number(series: Series) -> tuple[int, str]:
    found = _NUMBERED.match(series.name)
    return (int(found[2]) if found else 0, series.name)


def _uniquely_named(blocks: list[Block]) -> list[Block]:
    """Name blocks by their series, and by the whole path where two share a name."""
    counts: dict[str, int] = {}
    for block in blocks:
        counts[block.name] = counts.get(block.name, 0) + 1
    named = []
    for block in blocks:
        name = block.name if counts[block.name] == 1 else block.first.path
        named.append(Block(name.replace("/", "_"), block.kind, block.series))
    return named


def choose(content: Content, pattern: str | None) -> list[Series]:
    """Return the series that the option ``series`` means.

    Parameters
    ----------
    content : Content
        The file.
    pattern : str, optional
        A path, a name, or a glob of either.

    Returns
    -------
    list of Series
        In the order of their numbers; empty for no pattern.

    Raises
    ------
    OptionError
        If there is none, with all that there are.
    """
    if pattern is None:
        return []
    found = [s for s in content.series.values() if s.matches(pattern)]
    usable = [s for s in found if is_signal(s)]
    several = len(usable) > 1 and any(len(s.data.shape) != 1 for s in usable)
    if not usable or several:
        paths = [s.path for s in (usable if several else content.series.values())]
        listed = ", ".join(paths[:12]) + (f" and {len(paths) - 12} more" if len(paths) > 12 else "")
        what = "means several series that are no array" if several else "is no series of numbers"
        raise OptionError(
            f"{pattern!r} {what}: {listed or 'the file has none'}",
            where=f"{content.source}: series",
            mend="Name one of them by its path.",
        )
    return sorted(usable, key=_number)
