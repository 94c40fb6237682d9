"""The words in which a user says what the variables of a table or array file are.

One vocabulary for the loaders table, npy, matlab and hdf5; docs/tables.md has an example of each
word. Nothing is read here: options become a `RecordingMap`, or an error that says which is wrong.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from neurokit.errors import OptionError, check_option, suggest
from neurokit.schema.names import MODALITIES, SPACE_DIMS

SECONDS: dict[str, float] = {
    "s": 1.0,
    "ms": 1e-3,
    "us": 1e-6,
    "ns": 1e-9,
    "min": 60.0,
    "h": 3600.0,
}
METRES: dict[str, float] = {"m": 1.0, "cm": 1e-2, "mm": 1e-3, "um": 1e-6}
INDEX = "index"
# What a group calls its own dims, coordinates and variables.
_OWN_NAMES = ("signal", "observed", "position", "time", "run", "neuron", "channel", "space")

_SIGNAL: dict[str, str] = {
    "signal": "variable, glob or list of them that becomes the signal",
    "dims": "dims of that variable as stored, for example ('neuron', 'time')",
    "space": "what the traces are: 'neuron' or 'channel'",
    "names": "label of each neuron or channel: a list, or the variable that holds them",
    "units": "unit of the stored numbers (after scale), for all or per name",
    "scale": "what stored numbers are multiplied with, for all or per name",
    "channel_type": "BIDS channel type, for all or per name",
    "bin_width": "s; the signal is counts in bins of this width",
    "coords": "coordinate per neuron or channel: {name: variable}",
    "position": "variable (n, 2 or 3), or one variable per axis",
    "position_units": "m, cm, mm, um or pixel",
    "position_frame": "name of the frame of the positions",
}
_CLOCK: dict[str, str] = {
    "time": "variable of time stamps; 'index' where no rate is known",
    "rate": "samples per second, or the variable that holds it",
    "time_units": "unit of time stamps and spikes: s, ms, us, ns, min, h",
}
_WHOLE: dict[str, str] = {
    "trial": "variables with one value per trial: a name, list or {coordinate: variable}",
    "marker": "variable of codes per sample that mark events",
    "events": "variables with one value per event: a name, list or {column: variable}",
    "event_units": "unit of onset and duration: samples, s, ms, ...; default time_units",
    "event_first": "number of the first sample where event_units is 'samples': 0 or 1",
    "behavior": "variables over time that become /behavior",
    "stimulus": "variables over time that become the features of /stimulus",
    "spikes": "variables of spike times, or {neuron, time, trial}, or {cells, dims}",
    "auxiliary": "further signals: {name: {signal: ..., rate: ...}} in the same words",
    "modality": "calcium, eeg, spikes, ...; default follows from what is mapped",
    "subject": "who was recorded",
    "session": "label of the session",
    "species": "scientific name",
    "start_time": "ISO 8601 with zone, or 'unix' where time stamps count from 1970",
}
OPTIONS: dict[str, str] = {**_SIGNAL, **_CLOCK, **_WHOLE}

Reference = str | int
References = tuple[Reference, ...]


@dataclass(frozen=True)
class SignalMap:
    """What is the signal of one group, and what is known of its neurons or channels."""

    signal: References = ()
    dims: tuple[str, ...] | None = None
    space: str = "neuron"
    names: Reference | tuple[str, ...] | None = None
    units: str | Mapping[str, str] | None = None
    scale: float | Mapping[str, float] = 1.0
    channel_type: str | Mapping[str, str] | None = None
    bin_width: float | None = None
    coords: Mapping[str, Reference] = field(default_factory=dict)
    position: References = ()
    position_units: str = "m"
    position_frame: str = "unknown"


@dataclass(frozen=True)
class ClockMap:
    """Where time comes from."""

    time: Reference | None = None
    rate: float | str | None = None
    time_units: str = "s"

    @property
    def unit(self) -> float:
        """Seconds per unit of the stored times."""
        return SECONDS[self.time_units]


@dataclass(frozen=True)
class SpikesMap:
    """Where spike times are: one variable per neuron, events with labels, or cells."""

    trains: References = ()
    time: Reference | None = None
    neuron: Reference | None = None
    trial: Reference | None = None
    cells: References = ()
    dims: tuple[str, ...] = ("neuron",)

    def words(self) -> list[Reference | None]:
        """Return every variable that is named."""
        return [*self.trains, self.time, self.neuron, self.trial, *self.cells]


@dataclass(frozen=True)
class RecordingMap:
    """Everything a user said about a file."""

    activity: SignalMap
    clock: ClockMap
    trial: Mapping[str, Reference] = field(default_factory=dict)
    marker: Reference | None = None
    events: Mapping[str, Reference] = field(default_factory=dict)
    event_unit: float | None = 1.0
    event_first: int = 0
    behavior: References = ()
    stimulus: References = ()
    spikes: SpikesMap | None = None
    auxiliary: Mapping[str, tuple[SignalMap, ClockMap]] = field(default_factory=dict)
    about: Mapping[str, str] = field(default_factory=dict)

    @property
    def is_empty(self) -> bool:
        """Whether nothing was mapped."""
        mapped = (self.activity.signal, self.events, self.behavior, self.stimulus, self.marker)
        return not any((*mapped, self.spikes, self.auxiliary))


def parse(options: Mapping[str, Any]) -> RecordingMap:
    """Return what the options say.

    Raises
    ------
    OptionError
        If an option is unknown, of the wrong type, or contradicts another one.
    """
    _check_known(options, OPTIONS)
    clock = _clock(options, ClockMap())
    event_units = options.get("event_units", clock.time_units)
    check_option("event_units", event_units, ("samples", *SECONDS))
    event_first = options.get("event_first", 0)
    if event_first not in (0, 1):
        raise _wrong("event_first", event_first, "Give 0 or 1.")
    about = {key: _text(options, key) for key in ("subject", "session", "species", "start_time")}
    modality = options.get("modality")
    if modality is not None:
        about["modality"] = check_option("modality", modality, MODALITIES)
    marker = options.get("marker")
    return RecordingMap(
        activity=_signal(options),
        clock=clock,
        trial=_free(_named(options, "trial"), "trial"),
        marker=None if marker is None else _reference("marker", marker),
        events=_named(options, "events"),
        event_unit=SECONDS.get(event_units),
        event_first=event_first,
        behavior=_references(options, "behavior"),
        stimulus=_references(options, "stimulus"),
        spikes=_spikes(options.get("spikes")),
        auxiliary=_auxiliary(options.get("auxiliary"), clock),
        about=about,
    )


def _auxiliary(given: Any, clock: ClockMap) -> dict[str, tuple[SignalMap, ClockMap]]:
    if given is None:
        return {}
    if not isinstance(given, Mapping):
        raise _wrong("auxiliary", given, "Give {name: {'signal': ...}}.")
    groups = {}
    for name, words in given.items():
        if not isinstance(words, Mapping) or "signal" not in words:
            raise _wrong(f"auxiliary[{name!r}]", words, "Give at least {'signal': ...}.")
        _check_known(words, {**_SIGNAL, **_CLOCK})
        groups[str(name)] = (_signal(words), _clock(words, clock))
    return groups


def _signal(options: Mapping[str, Any]) -> SignalMap:
    kinds = options.get("channel_type")
    default = "neuron" if kinds is None else "channel"
    space = check_option("space", options.get("space", default), SPACE_DIMS)
    if kinds is not None and space == "neuron":
        raise _wrong("channel_type", kinds, "Neurons have none; give space='channel'.")
    dims = options.get("dims")
    names = options.get("names")
    return SignalMap(
        signal=_references(options, "signal"),
        dims=None if dims is None else _dims(dims, space),
        space=space,
        names=_labels(names),
        units=_per_name(options, "units", str),
        scale=1.0 if options.get("scale") is None else _per_name(options, "scale", int | float),
        channel_type=_per_name(options, "channel_type", str),
        bin_width=options.get("bin_width"),
        coords=_free(_named(options, "coords"), "coords"),
        position=_references(options, "position"),
        position_units=check_option(
            "position_units", options.get("position_units", "m"), (*METRES, "pixel")
        ),
        position_frame=_text(options, "position_frame") or "unknown",
    )


def _clock(options: Mapping[str, Any], default: ClockMap) -> ClockMap:
    rate = options.get("rate", default.rate)
    if not (rate is None or isinstance(rate, str) or _positive(rate)):
        raise _wrong("rate", rate, "Give a positive number in Hz, or the variable that holds it.")
    if options.get("bin_width") is not None:
        if not _positive(options["bin_width"]):
            raise _wrong("bin_width", options["bin_width"], "Give seconds, a positive number.")
        if options.get("rate") is not None:
            raise _wrong("rate", rate, "Give either rate or bin_width, not both.")
        rate = 1.0 / options["bin_width"]
    time = options.get("time", default.time)
    units = check_option("time_units", options.get("time_units", default.time_units), SECONDS)
    return ClockMap(
        time=None if time is None else _reference("time", time),
        rate=rate if rate is None or isinstance(rate, str) else float(rate),
        time_units=units,
    )


def _spikes(given: Any) -> SpikesMap | None:
    if given is None:
        return None
    if not isinstance(given, Mapping):
        return SpikesMap(trains=_references({"spikes": given}, "spikes"))
    _check_known(given, dict.fromkeys(("time", "neuron", "trial", "cells", "dims"), ""))
    dims = tuple(given.get("dims", ("neuron",)))
    if "cells" in given:
        if not dims or not set(dims) <= {"trial", "neuron"} or len(set(dims)) < len(dims):
            raise _wrong("spikes dims", dims, "Give 'neuron' and 'trial', each at most once.")
        return SpikesMap(cells=_references(given, "cells"), dims=dims)
    if "time" not in given:
        raise _wrong("spikes", dict(given), "Name at least the variable of 'time', or 'cells'.")
    if "dims" in given:
        raise _wrong("spikes dims", dims, "They belong to 'cells'.")
    named = {key: _reference(f"spikes {key}", value) for key, value in given.items()}
    return SpikesMap(time=named["time"], neuron=named.get("neuron"), trial=named.get("trial"))


def _dims(given: Any, space: str) -> tuple[str, ...]:
    dims = (given,) if isinstance(given, str) else tuple(given)
    for dim in dims:
        check_option("dims", dim, ("trial", "time", space))
    if "time" not in dims or len(set(dims)) < len(dims):
        raise _wrong("dims", given, "Name each dim once, and 'time' among them.")
    return dims


def _labels(given: Any) -> Reference | tuple[str, ...] | None:
    if given is None or isinstance(given, str):
        return given
    if not isinstance(given, Sequence):
        raise _wrong("names", given, "Give a list of labels or the variable that holds them.")
    return tuple(str(name) for name in given)


def _per_name(options: Mapping[str, Any], key: str, kind: Any) -> Any:
    """Return an option that holds for all, or per name."""
    given = options.get(key)
    values = given.values() if isinstance(given, Mapping) else [given]
    if given is not None and not all(isinstance(v, kind) and not _is_flag(v) for v in values):
        raise _wrong(key, given, "Give one value for all, or {name: value}.")
    return given


def _named(options: Mapping[str, Any], key: str) -> dict[str, Reference]:
    """Return {name: variable}; a name or a list of names stand for themselves."""
    given = options.get(key)
    if given is None:
        return {}
    if isinstance(given, Mapping):
        return {str(name): _reference(f"{key}[{name!r}]", v) for name, v in given.items()}
    references = _references(options, key)
    return dict(zip(called([str(name) for name in references]), references, strict=True))


def called(paths: Sequence[str]) -> list[str]:
    """Return what variables can be called: the last parts of their paths where they differ."""
    short = [last_part(path) for path in paths]
    full = [path.replace("/", ".") for path in paths]
    return [a if short.count(a) == 1 else b for a, b in zip(short, full, strict=True)]


def last_part(name: str) -> str:
    """Return the last part of a path in a file: what a variable can be called."""
    return name.rpartition("/")[2] or name


def _free(named: dict[str, Reference], key: str) -> dict[str, Reference]:
    """Return coordinates whose names are not those of the group's own variables."""
    for name in named:
        if name in _OWN_NAMES or (name == "trial" and key != "trial"):
            raise _wrong(f"{key} {name!r}", named[name], "Call it otherwise: {'name': variable}.")
    return named


def _references(options: Mapping[str, Any], key: str) -> References:
    given = options.get(key)
    if given is None:
        return ()
    if isinstance(given, str | int):
        return (_reference(key, given),)
    if not isinstance(given, Sequence):
        raise _wrong(key, given, "Give a name, a glob such as 'F*', a number or a list of them.")
    return tuple(_reference(key, item) for item in given)


def _reference(key: str, given: Any) -> Reference:
    if not isinstance(given, str | int) or _is_flag(given):
        raise _wrong(key, given, "Give a name, a glob such as 'F*', a number or a list of them.")
    return given


def _text(options: Mapping[str, Any], key: str) -> str:
    given = options.get(key, "")
    if not isinstance(given, str):
        raise _wrong(key, given, "Give text.")
    return given


def _positive(value: Any) -> bool:
    return isinstance(value, int | float) and not _is_flag(value) and 0 < value < float("inf")


def _is_flag(value: Any) -> bool:
    return isinstance(value, bool)


def _check_known(options: Mapping[str, Any], known: Mapping[str, str]) -> None:
    for key in options:
        if key not in known:
            raise OptionError(
                f"unknown option {key!r}{suggest(key, known)}",
                where="options",
                mend=f"Use {', '.join(known)}.",
            )


def _wrong(key: str, given: Any, mend: str) -> OptionError:
    return OptionError(f"got {given!r}", where=key, mend=mend)
