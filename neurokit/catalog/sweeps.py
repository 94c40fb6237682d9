"""Sweeps: a recipe's ``grid`` as recipes of their own, one per point, named by its values."""

from __future__ import annotations

import hashlib
import json
import math
import re
from collections.abc import Iterable, Mapping, Sequence
from itertools import product
from typing import Any

MOST_POINTS = 1000
LONGEST = 100  # characters of a name that says its values
SHOWN = 8  # digits that stand for a value that cannot be part of a folder's name
_PLAIN = re.compile(r"[A-Za-z][A-Za-z0-9._+-]{0,29}")
BETWEEN = ","  # no name in a catalog holds it, so that a point's name says its sweep's


def n_points(grid: Mapping[str, Sequence[Any]]) -> int:
    """Return how many points a grid has.

    Parameters
    ----------
    grid : mapping of str to sequence
        Values of each parameter.

    Returns
    -------
    int
        The product of their numbers; 0 without any parameter.

    Examples
    --------
    >>> n_points({"rank": [4, 6], "random_state": [0, 1, 2]}), n_points({})
    (6, 0)
    """
    return math.prod(map(len, grid.values())) if grid else 0


def points(name: str, grid: Mapping[str, Sequence[Any]]) -> dict[str, dict[str, Any]]:
    """Return the points of a grid: their names, and the parameters that they set.

    Parameters
    ----------
    name : str
        Of the recipe that is swept.
    grid : mapping of str to sequence
        Values of each parameter, no value twice.

    Returns
    -------
    dict of str to dict
        The last parameter varies fastest. A point keeps its name when others are added.

    Examples
    --------
    >>> list(points("motifs", {"rank": [4, 6], "kind": ["differential"]}))
    ['motifs,rank=4,kind=differential', 'motifs,rank=6,kind=differential']
    """
    axes = [[(key, value, text) for value, text in _texts(grid[key])] for key in grid]
    made = {}
    for point in product(*axes):
        words = [f"{key}={text}" for key, _, text in point]
        made[_fitting(name, words)] = {key: value for key, value, _ in point}
    return made


def sweep_of(name: str) -> str:
    """Return the name of the recipe that was swept; of any other recipe its own.

    Parameters
    ----------
    name : str
        Of a recipe or a point.

    Returns
    -------
    str
        What stands in the catalog.

    Examples
    --------
    >>> sweep_of("motifs,rank=4"), sweep_of("summary")
    ('motifs', 'summary')
    """
    return name.partition(BETWEEN)[0]


def repeated(values: Iterable[Any]) -> int | None:
    """Return the index of the first value that stood there before; None if there is none.

    Parameters
    ----------
    values : iterable
        Values of one parameter.

    Returns
    -------
    int or None
        1 and 1.0, and 1 and true, are different values.
    """
    seen: set[str] = set()
    for index, value in enumerate(values):
        text = json.dumps(value, sort_keys=True)
        if text in seen:
            return index
        seen.add(text)
    return None


def _texts(values: Sequence[Any]) -> list[tuple[Any, str]]:
    """Values with how a folder's name says them, all different also where case does not count."""
    texts = [_text(value) for value in values]
    if len({text.lower() for text in texts}) < len(texts):
        texts = [_digits(value) for value in values]
    return list(zip(values, texts, strict=True))


def _text(value: Any) -> str:
    if isinstance(value, str):
        # "true" and true would share a name.
        plain = _PLAIN.fullmatch(value) and value not in ("true", "false", "null")
        return value if plain else _digits(value)
    if value is None or isinstance(value, bool | int | float):
        return json.dumps(value)
    return _digits(value)


def _digits(value: Any) -> str:
    text = json.dumps(value, sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:SHOWN]


def _fitting(name: str, words: Sequence[str]) -> str:
    whole = BETWEEN.join([name, *words])
    if len(whole) <= LONGEST:
        return whole
    return f"{name}{BETWEEN}{_digits(words)}"
