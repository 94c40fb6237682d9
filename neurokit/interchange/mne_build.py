"""The groups of a continuous recording from what MNE knows of it.

Shared by `from_mne`, which has the values in memory, and by loaders, which have a file: both
say how channels are read, everything else is here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, cast

import numpy as np
import xarray as xr

from neurokit.errors import LabelError, suggest
from neurokit.interchange.mne_events import Marks, event_table
from neurokit.interchange.mne_info import (
    channel_coords,
    channel_positions,
    channel_types,
    group_attrs,
)
from neurokit.interchange.mne_timeline import GAP, Timeline, gaps_and_cuts, timeline
from neurokit.interchange.mne_triggers import (
    Consecutive,
    TriggerEvents,
    default_lines,
    trigger_events,
    trigger_lines,
)
from neurokit.schema import Finding, activity, with_contacts

# Samples of trigger lines that are read at once.
_BLOCK = 2**17

# How the values of some channels are had: (picks, timeline) -> (time, channel).
Read = Callable[[Sequence[int], Timeline], Any]


@dataclass(frozen=True)
class Decoding:
    """How trigger lines become events.

    Parameters
    ----------
    lines : tuple of str, optional
        Trigger channels to decode; None for MNE's choice, an empty tuple for none.
    consecutive, initial_event, mask
        As in `neurokit.interchange.mne_triggers.trigger_events`.
    """

    lines: tuple[str, ...] | None = None
    consecutive: Consecutive = "increasing"
    initial_event: bool = False
    mask: int | None = None


@dataclass(frozen=True)
class Parts:
    """What `continuous` makes.

    Parameters
    ----------
    groups : dict of str to Dataset
        activity, auxiliary/trigger and events, each where there is something.
    findings : list of Finding
        What was noticed on the way.
    """

    groups: dict[str, xr.Dataset]
    findings: list[Finding]


def chosen_lines(present: Sequence[str], decoding: Decoding) -> list[str]:
    """Return which trigger lines are decoded.

    Parameters
    ----------
    present : sequence of str
        All trigger channels.
    decoding : Decoding
        What the user wants.

    Returns
    -------
    list of str
        In the order asked for.

    Raises
    ------
    LabelError
        If a line is asked for that is no trigger channel.
    """
    if decoding.lines is None:
        return default_lines(list(present))
    for name in decoding.lines:
        if name not in present:
            raise LabelError(
                f"{name!r} is no trigger channel{suggest(name, present)}",
                where="stim_channel",
                mend=f"There are: {', '.join(present) or 'none'}.",
            )
    return list(decoding.lines)


def decoded(
    codes: Any, names: Sequence[str], decoding: Decoding, rate: float
) -> tuple[dict[str, TriggerEvents], list[Finding]]:
    """Decode trigger lines and notice what MNE would warn of.

    Parameters
    ----------
    codes : (n_times, n_lines) array_like or Variable
        Values of the lines; of a file, read in stretches.
    names : sequence of str
        Their names.
    decoding : Decoding
        How.
    rate : float
        Hz, for the message.

    Returns
    -------
    events : dict of str to TriggerEvents
        Per line.
    findings : list of Finding
        Codes on at the first sample that were not taken; events of one sample.
    """
    found, findings = {}, []
    lines = trigger_lines(_blocks(codes), len(names))
    for name, line in zip(names, lines, strict=True):
        found[name] = events = trigger_events(
            line,
            consecutive=decoding.consecutive,
            initial_event=decoding.initial_event,
            mask=decoding.mask,
        )
        where = f"/auxiliary/trigger {name}"
        if line.first != 0 and not decoding.initial_event:
            findings.append(
                Finding(
                    "NK860",
                    "SUGGESTION",
                    where,
                    f"code {line.first} at the first sample is not taken as an event",
                    "If it is one, open with initial_event=True.",
                )
            )
        short = int((events.last == events.sample).sum())
        if short:
            findings.append(
                Finding(
                    "NK861",
                    "SUGGESTION",
                    where,
                    f"{short} of {events.sample.size} events last one sample ({1e3 / rate:.3g} ms)",
                    "Check that these are triggers, not transients between two codes.",
                )
            )
    return found, findings


def group_of(
    info: Any, picks: Sequence[int], values: Any, line: Timeline, first_samp: int
) -> xr.Dataset:
    """Return some channels of one rate as a group of the contract.

    Parameters
    ----------
    info : mne.Info
        All channels.
    picks : sequence of int
        Which of them.
    values : (time, channel) Variable or ndarray
        Of the picked channels.
    line : Timeline
        Which samples were recorded.
    first_samp : int
        Samples between the start of the acquisition and sample 0 of the file.

    Returns
    -------
    Dataset
        As `neurokit.schema.activity` makes it; intracranial channels say shaft and contact.
    """
    rate = float(info["sfreq"])
    placed = channel_positions(info, picks)
    run = line.run
    group = activity(
        values,
        names=[info["ch_names"][i] for i in picks],
        space="channel",
        rate=rate,
        time=line.time(rate),
        time_offset=(first_samp + line.origin) / rate,
        coords=channel_coords(info, picks),
        run=None if run is None else cast("Sequence[int]", run),
        position=None if placed is None else placed[0],
        position_attrs=None if placed is None else placed[1],
    )
    return with_contacts(group)


def continuous(
    info: Any,
    *,
    n_times: int,
    first_samp: int,
    marks: Marks,
    read: Read,
    decoding: Decoding,
    pauses: Mapping[int, float] | None = None,
) -> Parts:
    """Build the groups of a continuous recording.

    Parameters
    ----------
    info : mne.Info
        What MNE knows of the recording.
    n_times : int
        Samples, gaps included.
    first_samp : int
        Samples between the start of the acquisition and the first sample.
    marks : Marks
        Annotations; gaps and cuts are read from them.
    read : callable
        ``read(picks, timeline)`` gives the values (time, channel) of some channels.
    decoding : Decoding
        How trigger lines become events.
    pauses : mapping of int to float, optional
        Seconds of pauses that the file does not count, by the sample before which they end.

    Returns
    -------
    Parts
        Groups and findings.
    """
    rate = float(info["sfreq"])
    gaps, cuts = gaps_and_cuts(marks.onset, marks.duration, marks.description, rate)
    line = timeline(n_times, gaps, cuts, pauses)
    marks = _inner(replace(marks, onset=line.true(marks.onset, rate)), line, rate)
    is_trigger = [kind == "TRIG" for kind in channel_types(info)]
    groups: dict[str, xr.Dataset] = {}
    findings: list[Finding] = []
    signals = [i for i, trigger in enumerate(is_trigger) if not trigger]
    triggers = [i for i, trigger in enumerate(is_trigger) if trigger]
    if signals:
        groups["activity"] = group_of(info, signals, read(signals, line), line, first_samp)
    found: dict[str, TriggerEvents] = {}
    names = chosen_lines([info["ch_names"][i] for i in triggers], decoding)
    if triggers:
        codes = read(triggers, line)
        groups["auxiliary/trigger"] = group_of(info, triggers, codes, line, first_samp)
    if names:
        picks = [info["ch_names"].index(name) for name in names]
        found, findings = decoded(read(picks, line), names, decoding, rate)
    first = groups["activity" if signals else "auxiliary/trigger"]
    first.attrs.update(group_attrs(info))
    events = event_table(marks, found, first["time"].values, rate)
    if events is not None:
        groups["events"] = events
    return Parts(groups, findings)


def _inner(marks: Marks, line: Timeline, rate: float) -> Marks:
    """Drop the marks of gaps before the first and behind the last recorded sample."""
    end = line.end(rate)
    kept = [
        i
        for i, text in enumerate(marks.description)
        if text.upper() != GAP
        or (marks.onset[i] + marks.duration[i] > 0.5 / rate and marks.onset[i] < end - 0.5 / rate)
    ]
    if len(kept) == len(marks.description):
        return marks
    return Marks(
        marks.onset[kept],
        marks.duration[kept],
        [marks.description[i] for i in kept],
        [marks.channels[i] for i in kept] if marks.channels else (),
        [marks.extras[i] for i in kept] if marks.extras else (),
    )


def _blocks(codes: Any) -> Iterator[Any]:
    """Yield stretches of trigger lines; of a file, one is in memory at a time."""
    if not isinstance(codes, xr.Variable):
        codes = xr.Variable(("time", "channel"), np.asarray(codes))
    for start in range(0, codes.shape[0], _BLOCK):
        yield codes[start : start + _BLOCK].values
