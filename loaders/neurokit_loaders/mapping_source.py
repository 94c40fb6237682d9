"""What a table or array file holds, under names, and how a user's words find it.

A `Source` is one file: names, shapes and kinds now, values when asked for. `Names` finds
variables by name, number or glob, in the file itself or in companions beside it.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from neurokit.errors import FileContentError, OptionError, suggest
from neurokit.io.lazy import FileArray
from neurokit.schema import Finding
from neurokit_loaders.mapping import Reference
from neurokit_loaders.mapping_arrays import Stacked

# Values that are read whole at opening: clocks, labels, events, spikes.
LARGEST_TABLE = 50_000_000
_SHOWN = 16
_MOST_NAMED = 6


@dataclass(frozen=True)
class Entry:
    """One variable: its name, shape as stored, and kind: number, text, cell, struct or other."""

    name: str
    shape: tuple[int, ...]
    kind: str
    dtype: str = ""

    def __str__(self) -> str:
        shape = " x ".join(str(n) for n in self.shape) or "one value"
        return f"{self.name} ({shape} {self.dtype or self.kind})"


class Source(ABC):
    """One file of named variables.

    Parameters
    ----------
    path : Path
        The file.
    entries : iterable of Entry
        What it holds, in its order.
    findings : iterable of Finding
        What was noticed when its headers were read.
    """

    word = "variable"

    def __init__(
        self, path: Path, entries: Iterable[Entry], findings: Iterable[Finding] = ()
    ) -> None:
        self.path = path
        self.entries: dict[str, Entry] = {entry.name: entry for entry in entries}
        self.findings = list(findings)

    @abstractmethod
    def lazy(self, name: str) -> FileArray:
        """Return a variable of numbers, unread."""

    @abstractmethod
    def read(self, name: str) -> NDArray[Any]:
        """Return all values of a variable of numbers or text."""

    def columns(self, names: Sequence[str]) -> FileArray:
        """Return variables of one shape side by side, unread."""
        return Stacked([self.lazy(name) for name in names])

    def cells(self, name: str) -> NDArray[Any]:
        """Return a cell array as an object array of number arrays.

        Raises
        ------
        OptionError
            If the format has none.
        """
        raise OptionError(
            f"{self.entries[name]} is no cell array",
            where=str(self.path),
            mend="Name a variable that holds one array per cell.",
        )

    def unfold(self) -> Source:
        """Return the source with what lies inside containers listed too, where that is cheap."""
        return self


@dataclass(frozen=True)
class Found:
    """A variable and the file it is in."""

    source: Source
    name: str

    @property
    def entry(self) -> Entry:
        """What it is."""
        return self.source.entries[self.name]

    def read(self) -> NDArray[Any]:
        """Return all values, which are few enough for a table.

        Raises
        ------
        FileContentError
            If there are more than any clock or table has, or they are no plain values.
        """
        size = int(np.prod(self.entry.shape, dtype=np.float64))
        if size > LARGEST_TABLE:
            raise FileContentError(
                f"{self.entry} is too large for labels, times or events",
                where=str(self.source.path),
                mend="Map it as signal, which is read by windows.",
            )
        self.require("number", "text", "cell")
        if self.entry.kind == "cell":
            return self._words()
        return self.source.read(self.name)

    def _words(self) -> NDArray[Any]:
        """Return a cell array of words, or of single numbers."""
        cells = self.source.cells(self.name)
        if any(not isinstance(cell, str) and np.size(cell) > 1 for cell in cells.reshape(-1)):
            raise OptionError(
                f"{self.entry} holds arrays, where one word or number per cell is needed",
                where=str(self.source.path),
                mend="Trains of spikes are mapped with spikes=.",
            )
        words = [
            str(np.reshape(cell, -1)[0]) if np.size(cell) else "" for cell in cells.reshape(-1)
        ]
        return np.array(words, dtype=np.str_).reshape(cells.shape)

    def vector(self) -> NDArray[Any]:
        """Return all values of a variable with one dim longer than 1."""
        values = self.read()
        if sum(n != 1 for n in values.shape) > 1:
            raise OptionError(
                f"{self.entry} has more than one dim",
                where=str(self.source.path),
                mend="Name a variable with one value per item.",
            )
        return values.reshape(-1)

    def lazy(self) -> FileArray:
        """Return the numbers, unread."""
        self.require("number")
        return self.source.lazy(self.name)

    def require(self, *kinds: str) -> None:
        """Raise unless the variable is of one of these kinds."""
        if self.entry.kind not in kinds:
            where, why = self._first_word() if "number" in kinds else ("", "")
            raise OptionError(
                f"{self.entry} holds no {' or '.join(kinds)}s{where}",
                where=str(self.source.path),
                mend=f"{why}{holds(self.source)}",
            )

    def _first_word(self) -> tuple[str, str]:
        """Return where a column of text stops being numbers, and what would make it some."""
        if self.entry.kind != "text" or self.source.word != "column":
            return "", ""
        words = [str(word).strip() for word in self.source.read(self.name).reshape(-1)]
        row, word = next((item for item in enumerate(words, 1) if not _is_number(item[1])), (0, ""))
        if not row:
            return "", ""
        comma = word.count(",") == 1 and _is_number(word.replace(",", "."))
        mend = 'Open it with decimal=",". ' if comma else "Correct it, or leave the column out. "
        return f" (row {row} is {word[:40]!r})", mend


class Names:
    """Finds variables by what a user calls them, and remembers which were used.

    Parameters
    ----------
    source : Source
        The file that is opened.
    loader : str
        Name of the loader, for the call that an error proposes.
    open_companion : callable
        ``open_companion(path) -> Source`` for files beside it.
    """

    def __init__(
        self, source: Source, loader: str, open_companion: Callable[[Path], Source]
    ) -> None:
        self.source, self.loader = source, loader
        self._open_companion = open_companion
        self._companions: dict[str, Source] = {}
        self.used: set[str] = set()

    def one(self, reference: Reference, option: str) -> Found:
        """Return the one variable of a name or number.

        Raises
        ------
        OptionError
            If there is none or more than one.
        """
        found = self.all((reference,), option)
        if len(found) > 1:
            raise OptionError(
                f"{reference!r} matches {len(found)} {self.source.word}s",
                where=option,
                mend=f"Name one of {', '.join(f.name for f in found[:_SHOWN])}.",
            )
        return found[0]

    def all(
        self, references: Sequence[Reference], option: str, without: Iterable[str] = ()
    ) -> list[Found]:
        """Return the variables of names, numbers and globs, each once.

        Parameters
        ----------
        references : sequence of str or int
            Names, numbers of columns (from 0) or globs.
        option : str
            Where they were given, for the message.
        without : iterable of str
            Variables that a glob does not take, because they are something else already.
        """
        found: dict[tuple[str, str], Found] = {}
        for reference in references:
            for item in self._match(reference, option, set(without)):
                found[str(item.source.path), item.name] = item
                if item.source is self.source:
                    self.used.add(item.name)
        return list(found.values())

    def _match(self, reference: Reference, option: str, without: set[str]) -> list[Found]:
        entries = self.source.entries
        if isinstance(reference, int):
            names = list(entries)
            if not -len(names) <= reference < len(names):
                raise self._unknown(reference, option)
            return [Found(self.source, names[reference])]
        if reference in entries:
            return [Found(self.source, reference)]
        fits = [
            Found(self.source, name)
            for name in entries
            if fnmatchcase(name, reference) and name not in without
        ]
        globbed = [found for found in fits if found.entry.kind == "number"]
        if globbed and any(sign in reference for sign in "*?["):
            return globbed
        if fits:
            fits[0].require("number")
        inside = self.source.unfold()
        if reference in inside.entries:
            self.source.entries = inside.entries
            return [Found(self.source, reference)]
        return self._beside(reference, option)

    def _beside(self, reference: str, option: str) -> list[Found]:
        """Return variables of ``FILE::VARIABLE``, or all of ``FILE``, beside the file."""
        name, _, variable = reference.partition("::")
        parts = Path(name).parts
        path = self.source.path.parent / name
        if not parts or ".." in parts or Path(name).is_absolute() or not path.is_file():
            raise self._unknown(reference, option)
        companion = self._companions.get(name)
        if companion is None:
            companion = self._companions[name] = self._open_companion(path)
        if not variable:
            return [Found(companion, each) for each in companion.entries]
        if variable not in companion.entries:
            raise OptionError(
                f"no {companion.word} {variable!r}{suggest(variable, companion.entries)}",
                where=str(path),
                mend=holds(companion),
            )
        return [Found(companion, variable)]

    def _unknown(self, reference: Reference, option: str) -> OptionError:
        names = self.source.unfold().entries
        return OptionError(
            f"{option}={reference!r}: no such {self.source.word}{suggest(reference, names)}",
            where=str(self.source.path),
            mend=f"{holds(self.source)} {proposal(self.source, self.loader)}",
        )

    @property
    def companion_findings(self) -> list[Finding]:
        """What was noticed in companions."""
        return [f for source in self._companions.values() for f in source.findings]

    @property
    def unused(self) -> list[str]:
        """Variables of the file that nothing was made of."""
        return [str(e) for name, e in self.source.entries.items() if name not in self.used]


def _is_number(word: str) -> bool:
    try:
        float(word)
    except ValueError:
        return False
    return True


def needs_mapping(source: Source, loader: str) -> OptionError:
    """Return the error for a file whose content does not say what is what."""
    return OptionError(
        f"nothing says what its {source.word}s are. {holds(source)}",
        where=str(source.path),
        mend=proposal(source, loader),
        guide="tables.md",
    )


def holds(source: Source) -> str:
    """Return a sentence that lists what a file holds."""
    entries = list(source.unfold().entries.values())
    # A table's columns are all as long as the table.
    same = source.word == "column"
    shown = [f"{e.name!r}" if same and e.kind == "number" else str(e) for e in entries[:_SHOWN]]
    more = f" and {len(entries) - _SHOWN} more" if len(entries) > _SHOWN else ""
    rows = f" of {entries[0].shape[0]} rows" if same and entries else ""
    return f"It holds {len(entries)} {source.word}s{rows}: {', '.join(shown)}{more}."


_CLOCKS = ("time", "timestamp", "timestamps", "t", "times", "seconds", "time_s", "time(ms)")


def proposal(source: Source, loader: str) -> str:
    """Return a call to paste, with what can be guessed from names and shapes."""
    entries = [e for e in source.unfold().entries.values() if e.kind == "number"]
    clock = next((e for e in entries if _last(e.name).lower() in _CLOCKS), None)
    traces = [e for e in entries if e is not clock and e.shape and max(e.shape) > 1]
    if clock is not None:
        n = max(clock.shape, default=0)
        traces = [e for e in traces if n in e.shape] or traces
    largest = max((int(np.prod(e.shape)) for e in traces), default=0)
    picked = [e.name for e in traces if int(np.prod(e.shape)) == largest]
    words = [] if clock is None else [f"time={clock.name!r}"]
    if len(picked) > _MOST_NAMED and source.word == "column":
        words.append("signal='*'")
    elif picked:
        words.append(f"signal={(picked[0] if len(picked) == 1 else picked[:_MOST_NAMED])!r}")
    if clock is None:
        words.append("rate=...")
    return f"For example: nk.open({source.path.name!r}, loader={loader!r}, {', '.join(words)})"


def _last(name: str) -> str:
    """Return the last part of a path in a file or struct."""
    return name.replace(".", "/").rpartition("/")[2]


def per_name(given: Any, names: Sequence[str], default: Any, option: str) -> list[Any]:
    """Return an option's value for each name; its keys are names or globs.

    Raises
    ------
    OptionError
        If a key fits no name.
    """
    if not isinstance(given, Mapping):
        return [default if given is None else given] * len(names)
    values = [default] * len(names)
    for pattern, value in given.items():
        fits = [i for i, name in enumerate(names) if name == pattern or fnmatchcase(name, pattern)]
        if not fits:
            raise OptionError(
                f"{pattern!r} fits no label{suggest(pattern, names)}",
                where=option,
                mend=f"Labels are {', '.join(names[:_SHOWN])}.",
            )
        for i in fits:
            values[i] = value
    return values
