"""From a file and a user's words to a recording: the one way of the four mapping loaders."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from fnmatch import fnmatchcase
from typing import Any

import numpy as np
import xarray as xr

from neurokit._version import __version__
from neurokit.errors import OptionError
from neurokit.schema import Finding, recording, series
from neurokit.schema.names import NEURAL_TYPES
from neurokit_loaders._neurons import listed
from neurokit_loaders.mapping import ClockMap, RecordingMap, References, parse
from neurokit_loaders.mapping_events import build_events, event_table, marked
from neurokit_loaders.mapping_signal import Traces, features, time_variables
from neurokit_loaders.mapping_source import Names, Source, holds, needs_mapping
from neurokit_loaders.mapping_spikes import spike_group
from neurokit_loaders.mapping_time import Clock, read_clock, read_rate, unix_start

_MODALITY: dict[str, str] = {
    "EEG": "eeg",
    "SEEG": "seeg",
    "ECOG": "ecog",
    "DBS": "ieeg",
    "MEGMAG": "meg",
    "MEGGRADAXIAL": "meg",
    "MEGGRADPLANAR": "meg",
    "NIRSCWHBO": "nirs",
    "NIRSCWHBR": "nirs",
}


def open_mapped(source: Source, loader: str, options: Mapping[str, Any]) -> xr.DataTree:
    """Return the recording that the options make of a file.

    Parameters
    ----------
    source : Source
        The file.
    loader : str
        Name of the loader.
    options : mapping
        Words of `mapping.OPTIONS`.

    Raises
    ------
    OptionError
        If nothing says what the file's variables are, or what is said does not fit them.
    """
    from neurokit_loaders.mapping_files import open_source

    plan = parse(options)
    names = Names(source, loader, open_source)
    if plan.is_empty:
        plan = _only_variable(plan, source, loader)
    return _Builder(names, plan).recording()


def info_of(source: Source) -> dict[str, Any]:
    """Return what a file holds: names, shapes and kinds; of what, only a mapping says."""
    entries = list(source.unfold().entries.values())
    return {
        "modality": "",
        f"n_{source.word}s": len(entries),
        f"{source.word}s": ", ".join(str(entry) for entry in entries),
    }


def _only_variable(plan: RecordingMap, source: Source, loader: str) -> RecordingMap:
    """Return the plan with the file's only array of numbers as the signal."""
    arrays = [
        e for e in source.entries.values() if e.kind == "number" and max(e.shape, default=0) > 1
    ]
    clocked = plan.clock.time is not None or plan.clock.rate is not None
    if clocked and not any(
        e.kind == "number" and e.shape for e in source.unfold().entries.values()
    ):
        raise OptionError(
            "holds no array of real numbers",
            where=str(source.path),
            mend=f"{holds(source)} Store real numbers: of complex ones, two arrays.",
        )
    if source.word == "column" or len(arrays) != 1 or not clocked:
        raise needs_mapping(source, loader)
    return replace(plan, activity=replace(plan.activity, signal=(arrays[0].name,)))


class _Builder:
    """Groups of one recording, in the order in which they need each other."""

    def __init__(self, names: Names, plan: RecordingMap) -> None:
        self.names, self.plan = names, plan
        self.findings: list[Finding] = []
        self.groups: dict[str, xr.Dataset] = {}
        self.clock: Clock | None = None
        self.modality = ""

    def recording(self) -> xr.DataTree:
        """Return the tree."""
        if self.plan.activity.signal:
            self._activity()
        self._series()
        self._auxiliary()
        self._spikes_and_events()
        return recording(
            self.groups,
            modality=self.plan.about.get("modality") or self.modality or "behavior",
            subject=self.plan.about["subject"],
            session=self.plan.about["session"],
            species=self.plan.about["species"],
            start_time=self._start_time(),
            source=self.names.source.path.name,
            loader=self.names.loader,
            loader_version=__version__,
            findings=[
                *self.names.source.findings,
                *self.names.companion_findings,
                *self.findings,
                *self._unmapped(),
            ],
        )

    def _taken(self, option: str) -> set[str]:
        """Return variables named for something else, which a glob of `option` does not take."""
        plan, entries = self.plan, list(self.names.source.entries)
        signals = [plan.activity, *(signal for signal, _ in plan.auxiliary.values())]
        clocks = [plan.clock, *(clock for _, clock in plan.auxiliary.values())]
        said: dict[str, list[Any]] = {
            "clock": [word for clock in clocks for word in (clock.time, clock.rate)],
            "signal": [name for signal in signals[:1] for name in signal.signal],
            "auxiliary": [name for signal in signals[1:] for name in signal.signal],
            "coords": [name for signal in signals for name in signal.coords.values()],
            "position": [name for signal in signals for name in signal.position],
            "names": [s.names for s in signals if isinstance(s.names, str | int)],
            "marker": [plan.marker],
            "behavior": [*plan.behavior],
            "stimulus": [*plan.stimulus],
            "trial": [*plan.trial.values()],
            "events": [*plan.events.values()],
            "spikes": [] if plan.spikes is None else plan.spikes.words(),
        }
        words = [word for key, named in said.items() if key != option for word in named]
        if option != "signal":
            # What a signal's glob takes, it takes of what is left.
            words = [w for w in words if w not in said["signal"] or w in entries]
        numbered = {entries[w] for w in words if isinstance(w, int) and abs(w) < len(entries)}
        globs = [w for w in words if isinstance(w, str)]
        return numbered | {n for n in entries for g in globs if n == g or fnmatchcase(n, g)}

    def _read_clock(self, n: int, group: str, clock: ClockMap, trials: bool = False) -> Clock:
        found = read_clock(self.names, clock, n, group, trials)
        self.findings += found.findings
        return found

    def _activity(self) -> None:
        traces = Traces(self.names, self.plan.activity, "/activity", self._taken("signal"))
        clock = self._read_clock(traces.n_times, "/activity", self.plan.clock, traces.has_trials)
        group = traces.dataset(clock, self.plan)
        self.groups["activity"] = group
        self.clock = None if traces.has_trials else clock
        if self.plan.activity.space == "neuron":
            self.modality = "spikes" if self.plan.activity.bin_width else "calcium"
            return
        kinds = [str(kind) for kind in group["channel_type"].values]
        neural = [kind for kind in kinds if kind in NEURAL_TYPES]
        self.modality = _MODALITY[neural[0]] if neural else "behavior"

    def _series(self) -> None:
        """Build /behavior, /stimulus and the events of a marker, on the clock of the activity."""
        plan = self.plan
        for option, references in (("behavior", plan.behavior), ("stimulus", plan.stimulus)):
            if not references:
                continue
            clock = self._main_clock(references, option)
            n = clock.time.size
            if option == "behavior":
                variables: Any = time_variables(self.names, references, n, self._taken(option))
                labels: list[str] = []
            else:
                labels, values = features(self.names, references, n, self._taken(option))
                variables = {"feature_values": values}
            run = None if clock.run is None else clock.run.tolist()
            group = series(variables, run=run, **clock.words())
            self.groups[option] = group.assign_coords(feature=labels) if labels else group

    def _main_clock(self, references: References, option: str) -> Clock:
        if self.clock is None:
            first = self.names.all(references[:1], option)[0]
            n = max(first.entry.shape, default=1)
            self.clock = self._read_clock(n, f"/{option}", self.plan.clock)
        return self.clock

    def _auxiliary(self) -> None:
        for name, (said, clock_said) in self.plan.auxiliary.items():
            path = f"/auxiliary/{name}"
            traces = Traces(self.names, said, path, ())
            clock = self._read_clock(traces.n_times, path, clock_said, traces.has_trials)
            self.groups[path.strip("/")] = traces.dataset(clock, self.plan)
            if self.clock is None and not traces.has_trials and not self.plan.activity.signal:
                self.clock = clock

    def _spikes_and_events(self) -> None:
        plan, tables = self.plan, []
        if plan.spikes is not None:
            if self.clock is None and plan.clock.time is not None and "activity" not in self.groups:
                self._main_clock((plan.clock.time,), "spikes")
            group, noticed, trials = spike_group(self.names, plan, self.clock)
            self.groups["spikes"] = group
            self.findings += noticed
            self.modality = self.modality or "spikes"
            if trials and not plan.events:
                tables.append(
                    {"onset": np.full(len(trials), np.nan), "trial_type": np.array(trials)}
                )
        if plan.events:
            clock = self.clock
            if clock is None and "activity" not in self.groups and plan.clock.rate is not None:
                clock = Clock(np.empty(0), read_rate(self.names, plan.clock))
            columns, unclocked = event_table(self.names, plan, clock)
            tables.append(columns)
            self.findings += [unclocked] if unclocked else []
        if plan.marker is not None:
            columns, trigger = marked(self.names, plan, self._main_clock((plan.marker,), "marker"))
            tables.append(columns)
            if trigger is not None:
                self.groups["auxiliary/trigger"] = trigger
        table = build_events(tables)
        if table is not None:
            self.groups["events"] = table

    def _start_time(self) -> str:
        said = self.plan.about["start_time"]
        if said == "unix":
            return "" if self.clock is None else unix_start(self.clock)
        return said or ("" if self.clock is None else self.clock.start_time)

    def _unmapped(self) -> list[Finding]:
        if not self.names.unused:
            return []
        found = f"{len(self.names.unused)} {self.names.source.word}s were not mapped: "
        found += listed(self.names.unused)
        mend = "Map what is needed of them with behavior=, events=, coords= or auxiliary=."
        return [Finding("NK821", "SUGGESTION", "/", found, mend)]
