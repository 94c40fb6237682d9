"""Which published connectome was drawn from which animals, and what its weights count.

Most of them share the electron micrographs of a few worms (N2U, JSE, N2W, ...), so that they are
no independent samples. docs/connectomes.md says how this was checked against the tables.
"""

from __future__ import annotations

import csv
import re
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, NamedTuple

from neurokit.errors import check_option

if TYPE_CHECKING:
    import pandas as pd


class Source(NamedTuple):
    """One published connectome, as a row of the table."""

    name: str
    title: str
    doi: str
    animals: tuple[str, ...]
    sex: str
    stage: str
    quantity: str


# What file names call them, tried in order.
_FILE_NAMES = (
    (r"white[_-]?1986[_-]?whole", "white_1986_whole"),
    (r"white[_-]?1986[_-]?(?:l4|jsh)", "white_1986_L4"),
    (r"white[_-]?1986[_-]?(?:a|n2u)(?![a-z])", "white_1986_A"),
    (r"varshney|neuronconnect|connordered|sendjoint", "varshney_2011"),
    (r"interactome", "kim_2019"),
    (r"celegansneurontables", "openworm"),
    (r"cook[_-]?2020", "cook_2020"),
    (
        r"herm_full_edgelist|creamer2024_cook|(?:chem|electr)ical_cook2019",
        "cook_2019_hermaphrodite",
    ),
    (r"(?:monoamine|dopamine|serotonin|octopamine|tyramine)_bentley", "bentley_2016_present"),
    (r"bentley", "bentley_2016"),
    (r"ripoll[_-]?sanchez", "ripoll_sanchez_2023"),
    (r"randi[_-]?2023|signal_propagation|functionalconnectivity", "randi_2023"),
)


@cache
def sources() -> dict[str, Source]:
    """Return the table by name."""
    text = files("neurokit.celegans").joinpath("connectome_sources.csv").read_text("utf-8")
    rows = list(csv.reader(text.splitlines()))[1:]
    found = [Source._make([*row[:3], tuple(row[3].split()), *row[4:]]) for row in rows]
    return {source.name: source for source in found}


def connectome_sources() -> pd.DataFrame:
    """Return the published connectomes that loaders know.

    Returns
    -------
    pandas.DataFrame
        One row per source: ``name``, ``title``, ``doi``, ``animals`` (the worms or their series of
        micrographs, joined by commas; "" where many worms, or none, were looked at), ``sex``,
        ``stage`` and ``quantity`` (what a weight counts). Two sources that name one animal are no
        independent samples.

    Examples
    --------
    >>> table = connectome_sources().set_index("name")
    >>> table.loc[["varshney_2011", "white_1986_L4"], "animals"].tolist()
    ['N2U,JSE', 'JSH']
    """
    import pandas as pd

    rows = [
        {**source._asdict(), "animals": ",".join(source.animals)} for source in sources().values()
    ]
    return pd.DataFrame(rows, columns=list(Source._fields))


def source_named(name: str) -> Source:
    """Return one source.

    Parameters
    ----------
    name : str
        As the table lists it.

    Returns
    -------
    Source
        Its row.

    Raises
    ------
    OptionError
        If there is none of that name.
    """
    return sources()[check_option("dataset", name, sources())]


def source_of_file(name: str) -> Source | None:
    """Return the source that a file is called after, if any.

    Parameters
    ----------
    name : str
        Of the file.

    Returns
    -------
    Source or None
        Its row.

    Examples
    --------
    >>> source_of_file("witvliet_2020_7.json").stage
    'adult'
    >>> source_of_file("edges.csv") is None
    True
    """
    plain = name.lower()
    if found := re.search(r"witvliet[_-]?202[01][_-]?([1-8])(?!\d)", plain):
        return sources()[f"witvliet_2020_{found[1]}"]
    return next((sources()[known] for words, known in _FILE_NAMES if re.search(words, plain)), None)
