"""YAML as a catalog may use it: 1.2 scalars, nothing that surprises, a line for every value.

Works on the events of ruamel.yaml's scanner, so that no object is ever constructed and a
hostile text is refused before it is unfolded.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NoReturn

from ruamel.yaml import YAML
from ruamel.yaml import events as yaml_events
from ruamel.yaml.error import MarkedYAMLError
from ruamel.yaml.reader import ReaderError

from neurokit.errors import CatalogError

MAX_BYTES = 1_000_000
MAX_DEPTH = 32
MAX_INTEGER = 2**63 - 1

Place = tuple[str | int, ...]

_NULL = frozenset({"", "~", "null", "Null", "NULL"})
_TRUE = frozenset({"true", "True", "TRUE"})
_FALSE = frozenset({"false", "False", "FALSE"})
_INTEGER = re.compile(r"[-+]?[0-9]+")
_BASED = re.compile(r"0o[0-7]+|0x[0-9a-fA-F]+")
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")
_NOT_FINITE = re.compile(r"[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)")
_DATE = re.compile(r"[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}([Tt ].*)?")
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]")


@dataclass(frozen=True)
class Document:
    """A YAML mapping as plain Python values, with the line of each.

    Parameters
    ----------
    path : Path
        The file, named in messages.
    content : dict
        Text, int, float, bool, None, lists and dicts of them.
    lines : dict of tuple to int
        Line of each key and list item, counted from 1.
    """

    path: Path
    content: dict[str, Any]
    lines: dict[Place, int] = field(repr=False)

    def line(self, place: Place) -> int:
        """Line of a place, or of what is nearest above it."""
        for length in range(len(place), 0, -1):
            if place[:length] in self.lines:
                return self.lines[place[:length]]
        return 1

    def error(self, place: Place, found: str, mend: str) -> CatalogError:
        """Return the error that names the line of `place`."""
        return CatalogError(found, where=f"{self.path}:{self.line(place)}", mend=mend)


def read_document(path: Path | str) -> Document:
    """Read a YAML mapping.

    Parameters
    ----------
    path : Path or str
        The file.

    Returns
    -------
    Document
        Values and lines.

    Raises
    ------
    CatalogError
        If the file cannot be read, is no UTF-8 or no YAML mapping, or uses what a catalog may
        not: duplicate keys, anchors, aliases, tags, directives, several documents, dates,
        numbers that other YAML versions read otherwise, depth or size over the limits.
    """
    file = Path(path)
    return parse_document(_decode(_read_bytes(file), file), file)


def parse_document(text: str, path: Path) -> Document:
    """Parse `text`; `path` is only named in messages."""
    composer = _Composer(path)
    for event in _events(text, path):
        composer.take(event)
    return composer.document()


def _read_bytes(path: Path) -> bytes:
    try:
        with path.open("rb") as handle:
            content = handle.read(MAX_BYTES + 1)
    except (OSError, ValueError) as error:  # ValueError: a NUL in the path
        reason = getattr(error, "strerror", None) or str(error)
        raise CatalogError(
            f"cannot be read ({reason})", where=str(path), mend="Check the path of the catalog."
        ) from error
    if len(content) > MAX_BYTES:
        raise CatalogError(
            f"is larger than {MAX_BYTES // 1000} kB",
            where=str(path),
            mend="Split it into several catalogs.",
        )
    return content


def _decode(content: bytes, path: Path) -> str:
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise CatalogError(
            f"byte 0x{content[error.start]:02x} is not UTF-8",
            where=f"{path}:{line}",
            mend="Save the catalog as UTF-8.",
        ) from error


def _events(text: str, path: Path) -> Iterator[yaml_events.Event]:
    try:
        yield from YAML(typ="safe", pure=True).parse(text)
    except CatalogError:
        raise
    except ReaderError as error:
        line = text.count("\n", 0, error.position) + 1
        _refuse(path, line, f"character {error.character!r} is not allowed", "Delete it.")
    except MarkedYAMLError as error:
        _refuse(path, *_syntax_fault(error))
    except Exception as error:
        # The scanner meets some broken escapes with errors of its own (chr() of \UFFFFFFFF).
        raise CatalogError(
            f"is not YAML ({type(error).__name__}: {_short(error, 200)})",
            where=str(path),
            mend="Check escapes in quoted text.",
        ) from error


def _syntax_fault(error: MarkedYAMLError) -> tuple[int, str, str]:
    """Line, what was found, how to mend it."""
    problem = error.problem or error.context or "the syntax is broken"
    mark = error.problem_mark or error.context_mark
    mend = "Check the indentation, colons, quotes and brackets here and just above."
    if "end of stream" in problem or "<stream end>" in problem:
        mark, mend = error.context_mark or mark, "Close the quote or bracket that begins here."
    elif "'\\t'" in problem:
        mend = "Indent with spaces."
    return (mark.line + 1 if mark else 1), f"is not YAML: {_short(problem, 200)}", mend


def _refuse(path: Path, line: int, found: str, mend: str) -> NoReturn:
    raise CatalogError(found, where=f"{path}:{line}", mend=mend)


def _short(text: object, length: int = 60) -> str:
    """The beginning of what a hostile text may make long."""
    said = str(text)
    return said if len(said) <= length else f"{said[:length]}..."


@dataclass
class _Open:
    """A collection that is being filled."""

    place: Place
    content: dict[str, Any] | list[Any]
    key: str | None = None


class _Composer:
    """Builds plain values from events, without recursion."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._open: list[_Open] = []
        self._lines: dict[Place, int] = {}
        self._documents = 0
        self._root: Any = None

    def document(self) -> Document:
        if not isinstance(self._root, dict):
            _refuse(
                self._path,
                1,
                "is empty" if self._root is None else "is not a mapping of keys to values",
                "Begin with catalog: neurokit/1.",
            )
        return Document(self._path, self._root, self._lines)

    def take(self, event: yaml_events.Event) -> None:
        if isinstance(event, yaml_events.DocumentStartEvent):
            self._start_document(event)
        elif isinstance(event, yaml_events.NodeEvent):
            self._check_node(event)
            if isinstance(event, yaml_events.ScalarEvent):
                self._take_scalar(event)
            else:
                self._start_collection(event)
        elif isinstance(event, yaml_events.CollectionEndEvent):
            self._open.pop()

    def _fail(self, event: yaml_events.Event, found: str, mend: str) -> NoReturn:
        _refuse(self._path, event.start_mark.line + 1, found, mend)

    def _start_document(self, event: yaml_events.DocumentStartEvent) -> None:
        self._documents += 1
        if self._documents > 1:
            self._fail(event, "a second document begins", "Put one document in one file.")
        if event.version or event.tags:
            self._fail(event, "has a % directive", "Delete it; catalogs are YAML 1.2.")

    def _check_node(self, event: yaml_events.NodeEvent) -> None:
        if isinstance(event, yaml_events.AliasEvent):
            self._fail(event, f"has the alias *{_short(event.anchor)}", "Write the value out.")
        if event.anchor:
            self._fail(event, f"has the anchor &{_short(event.anchor)}", "Delete it.")
        tag = getattr(event, "ctag", None)
        if tag is not None:
            self._fail(event, f"has the tag {_short(tag)}", "Delete it.")

    def _start_collection(self, event: yaml_events.NodeEvent) -> None:
        if len(self._open) >= MAX_DEPTH:
            self._fail(event, f"is nested deeper than {MAX_DEPTH} levels", "Flatten it.")
        if self._awaits_key():
            self._fail(event, "has a list or mapping as a key", "Use a name as key.")
        mapping = isinstance(event, yaml_events.MappingStartEvent)
        content: dict[str, Any] | list[Any] = {} if mapping else []
        place = self._put(content, event)
        self._open.append(_Open(place, content))

    def _take_scalar(self, event: yaml_events.ScalarEvent) -> None:
        control = _CONTROL.search(event.value)
        if control:
            self._fail(event, f"has the control character {control.group()!r}", "Delete it.")
        if self._awaits_key():
            self._take_key(event)
        else:
            plain = event.style is None
            self._put(self._resolve(event) if plain else event.value, event)

    def _awaits_key(self) -> bool:
        if not self._open:
            return False
        return isinstance(self._open[-1].content, dict) and self._open[-1].key is None

    def _take_key(self, event: yaml_events.ScalarEvent) -> None:
        # Keys are names: 01 or no stay what is written.
        top, key = self._open[-1], str(event.value)
        if key in top.content:
            first = self._lines[(*top.place, key)]
            found = f"duplicate key {_short(key)!r}, first on line {first}"
            self._fail(event, found, "Rename or delete one.")
        top.key = key
        self._lines[(*top.place, key)] = event.start_mark.line + 1

    def _put(self, value: Any, event: yaml_events.Event) -> Place:
        if not self._open:
            self._root = value
            return ()
        top = self._open[-1]
        if isinstance(top.content, dict):
            place = (*top.place, str(top.key))
            top.content[str(top.key)], top.key = value, None
        else:
            place = (*top.place, len(top.content))
            self._lines[place] = event.start_mark.line + 1
            top.content.append(value)
        return place

    def _resolve(self, event: yaml_events.ScalarEvent) -> Any:
        """Value of a plain scalar by the core schema of YAML 1.2, surprises refused."""
        text = str(event.value)
        if text in _NULL:
            return None
        if text in _TRUE or text in _FALSE:
            return text in _TRUE
        if _INTEGER.fullmatch(text) or _BASED.fullmatch(text):
            return self._integer(text, event)
        if _FLOAT.fullmatch(text) or _NOT_FINITE.fullmatch(text):
            return self._float(text, event)
        if _DATE.fullmatch(text):
            self._fail(event, f"{text} is a date to some readers and text to others", _QUOTE)
        return text

    def _integer(self, text: str, event: yaml_events.ScalarEvent) -> int:
        digits = text.lstrip("+-")
        if len(digits) > 1 and digits[0] == "0" and digits.isdigit():
            found = f"{_short(text)} is octal to some readers, decimal to others"
            self._fail(event, found, "Put it in quotes if it is a name, else drop the zero.")
        # Longest first: int() of very long digits is refused by Python itself.
        if len(digits) > 24 or abs(int(text, 0)) > MAX_INTEGER:
            self._fail(event, "has a whole number beyond 64 bits", _QUOTE)
        return int(text, 0)

    def _float(self, text: str, event: yaml_events.ScalarEvent) -> float:
        value = math.inf if _NOT_FINITE.fullmatch(text) else float(text)
        if not math.isfinite(value):
            self._fail(event, f"{_short(text)} is not a finite number", _QUOTE)
        return value


_QUOTE = "Put it in quotes if it is text."
