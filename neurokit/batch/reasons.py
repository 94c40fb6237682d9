"""Why a job is to run: which part of its key differs from that of an older result, and where."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from neurokit.batch.store import Store, read_manifest
from neurokit.io.listing import listed

LONGEST = 40  # characters of a value


def reason_to_run(parts: Mapping[str, Any], folder: Path, store: Store) -> str:
    """Say what differs from the result beside `folder` that is most like it.

    Parameters
    ----------
    parts : mapping
        What was hashed into the key.
    folder : Path
        Where the result will lie; it holds no whole result.
    store : Store
        The store it belongs to.

    Returns
    -------
    str
        For example ``changed: rank 4 to 6; older result: worms/motifs/all/0123456789ab``.
    """
    if folder.exists():
        return f"the result is damaged or incomplete: {store.relative(folder)}"
    older = _most_alike(parts, folder)
    if older is None:
        return "no result yet"
    place, manifest = older
    said = ", ".join(changes(parts, manifest["parts"])) or "key"
    return f"changed: {said}; older result: {store.relative(place)}"


def _most_alike(parts: Mapping[str, Any], folder: Path) -> tuple[Path, dict[str, Any]] | None:
    """The older result with the fewest changes; of several the newest."""
    known = []
    for other in listed(folder.parent, "[!.]*"):
        manifest = read_manifest(other)
        if manifest is not None and isinstance(manifest.get("parts"), dict):
            differing = sum(parts[name] != manifest["parts"].get(name) for name in parts)
            known.append((-differing, str(manifest.get("started", "")), other, manifest))
    if not known:
        return None
    *_, place, manifest = max(known, key=lambda one: one[:2])
    return place, manifest


def changes(new: Mapping[str, Any], old: Mapping[str, Any]) -> list[str]:
    """Return each changed part of a key in words.

    Parameters
    ----------
    new, old : mapping
        The parts of two keys, as a manifest holds them.

    Returns
    -------
    list of str
        Empty where nothing differs.

    Examples
    --------
    >>> changes({"parameters": {"rank": 6}}, {"parameters": {"rank": 4}})
    ['rank 4 to 6']
    """
    said: list[str] = []
    for name in new:
        if new[name] != old.get(name):
            words = list(_IN_WORDS[name](new[name], old.get(name))) if name in _IN_WORDS else []
            said += words or [name.replace("_", " ")]
    return said


def _parameters(new: Any, old: Any) -> Iterator[str]:
    for name, before, after in _differing(new, old):
        yield f"{name} {_short(before)} to {_short(after)}"


def _code(new: Any, old: Any) -> Iterator[str]:
    before, after = (str(text).partition("+")[0] for text in (old, new))
    same = f"code of neurokit {after} or of a loader"
    yield same if before == after else f"neurokit {before} to {after}"


def _needs(new: Any, old: Any) -> Iterator[str]:
    for name, *_ in _differing(new, old):
        yield f"result of {name}"


def _inputs(new: Any, old: Any) -> Iterator[str]:
    for name, before, after in _differing(new, old):
        if name in ("about", "simulate"):
            prefix = "simulation's " if name == "simulate" else ""
            yield from (prefix + said for said in _parameters(after, before))
        elif name == "recordings":
            yield from _recordings(after, before)
        else:
            yield f"{name} {_short(before)} to {_short(after)}"


def _recordings(new: Any, old: Any) -> Iterator[str]:
    if not (isinstance(new, Mapping) and isinstance(old, Mapping)):
        yield "recordings"
        return
    for name, before, after in _differing(new, old):
        if before is None:
            yield f"{name} is new"
        elif after is None:
            yield f"{name} is gone"
        else:
            yield from (f"{part} of {name}" for part, *_ in _differing(after, before))


def _differing(new: Any, old: Any) -> Iterator[tuple[str, Any, Any]]:
    """Names with their values before and after; None where there is none."""
    after = new if isinstance(new, Mapping) else {}
    before = old if isinstance(old, Mapping) else {}
    for name in dict.fromkeys([*after, *before]):
        if after.get(name) != before.get(name):
            yield str(name), before.get(name), after.get(name)


def _short(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 1]}…"


_IN_WORDS = {
    "parameters": _parameters,
    "code_version": _code,
    "needs": _needs,
    "inputs": _inputs,
}
