"""What a neuron's label means, and how sure that is; what is not sure is never guessed.

A certain label keeps its place whatever the others are, and no label is given to two traces.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from neurokit.celegans.cells import cell_name
from neurokit.celegans.neurons import Neuron, by_name, rows

if TYPE_CHECKING:
    import pandas as pd

CONFIDENCES = ("exact", "zero-stripped", "lateral-ambiguous", "unknown")

# One pair, of which one neuron expresses str-2 (ON): on either side, by chance.
_AWC = re.compile(r"AWC[-_ ]?(?:ON|OFF)", re.IGNORECASE)
_ALTERNATIVE = re.compile(r"[-_ ]?alt\d*", re.IGNORECASE)
_LONGEST = 12
# The name that a trace without a label is given.
_UNLABELLED = re.compile(r"unl-\d{4,}(?:-\d+)?")


@dataclass(frozen=True)
class Identity:
    """What one label means.

    Parameters
    ----------
    label : str
        As it was given, without the blanks around it.
    name : str
        The neuron's name if it is certain, else the label.
    confidence : {"exact", "zero-stripped", "lateral-ambiguous", "unknown"}
        ``exact``: a name of the table. ``zero-stripped``: one after removing zero padding.
        ``lateral-ambiguous``: the class is certain, which of its neurons is not (``AVA?``,
        ``SIA?L``, ``IL1``, ``AWCON``). ``unknown``: anything else.
    candidates : tuple of str
        Neurons that it can be, in the order of the table; the one itself if it is certain.

    Examples
    --------
    >>> from neurokit.celegans import identify
    >>> identify("AVA?").candidates
    ('AVAL', 'AVAR')
    """

    label: str
    name: str
    confidence: str
    candidates: tuple[str, ...] = ()

    @property
    def identified(self) -> bool:
        """Whether the label is one certain neuron."""
        return self.confidence in ("exact", "zero-stripped")


def identify(label: str) -> Identity:
    """Say which neuron a label means, and how sure that is.

    Parameters
    ----------
    label : str
        As it stands in a file.

    Returns
    -------
    Identity
        With `name`, `confidence`, `candidates` and `identified`.

    Examples
    --------
    >>> identify("VB01").name, identify("VB01").confidence
    ('VB1', 'zero-stripped')
    >>> identify("AVA?")
    Identity(label='AVA?', name='AVA?', confidence='lateral-ambiguous', candidates=('AVAL', 'AVAR'))
    >>> identify("glia").candidates
    ()
    """
    return _identify(str(label).strip())


@lru_cache(maxsize=4096)
def _identify(label: str) -> Identity:
    if label in by_name():
        return Identity(label, label, "exact", (label,))
    stripped = cell_name(label)
    if stripped in by_name():
        return Identity(label, stripped, "zero-stripped", (stripped,))
    found = _candidates(label)
    classes = {by_name()[name].neuron_class for name in found}
    # AVL? or AVAl names one neuron and still says that somebody was not sure.
    ambiguous = len(classes) == 1 and len(found) > 1
    return Identity(label, label, "lateral-ambiguous" if ambiguous else "unknown", found)


def _candidates(label: str) -> tuple[str, ...]:
    """Return every neuron that a label which is no name may stand for."""
    if _AWC.fullmatch(label):
        return ("AWCL", "AWCR")
    parts = [part for part in re.split(r"\s*(?:/|\||,|\bor\b)\s*", label) if part]
    if len(parts) > 1:
        # DB1/3 is DB1 or DB3.
        stem = parts[0].rstrip("0123456789")
        whole = [stem + part if part.isdigit() else part for part in parts]
        meant = {name for part in whole for name in identify(part).candidates}
        return tuple(neuron.name for neuron in rows() if neuron.name in meant)
    plain = re.sub(r"\?+", "?", cell_name(_ALTERNATIVE.sub("", label)))
    # Longer than any name with its marks: prose, which a pattern would search for long.
    if len(plain) > _LONGEST or not re.search(r"[A-Za-z]", plain):
        return ()
    return tuple(neuron.name for neuron in rows() if _fits(plain, neuron))


def _fits(pattern: str, neuron: Neuron) -> bool:
    """Whether a label with question marks, of a whole class, or in another case is `neuron`."""
    if "?" in pattern:
        expression = ".*".join(re.escape(part) for part in pattern.split("?"))
        return re.fullmatch(expression, neuron.name) is not None
    if neuron.name.upper() == pattern.upper():
        return True
    # IL1 is a class; SIAD is the dorsal half of one.
    return pattern in (neuron.neuron_class, neuron.neuron_class + (neuron.dorsoventral or "?"))


def identify_all(labels: Iterable[object]) -> pd.DataFrame:
    """Say which neurons a recording's labels mean, and give every trace a unique name.

    A certain label becomes its name. A name that two or more traces claim is certain for none of
    them: they are numbered (``AVAL-1``, ``AVAL-2``) and not identified. Ambiguous and unknown
    labels stay as they are, numbered if they repeat. A trace without a label is called
    ``unl-0001`` after its place, counted from 1.

    Parameters
    ----------
    labels : iterable
        One per trace, in order; None, NaN and ``""`` mean that there is none.

    Returns
    -------
    pandas.DataFrame
        One row per trace, in order: ``name`` (unique), ``label``, ``identified`` (bool),
        ``identity_confidence``, ``candidates`` (names joined by commas; ``""`` where the trace
        is identified), ``neuron_class`` and ``neuron_type`` (``""`` where candidates differ).

    Examples
    --------
    >>> table = identify_all(["AVA?", "AVAL", "VB01", None])
    >>> table["name"].tolist()
    ['AVA?', 'AVAL', 'VB1', 'unl-0004']
    >>> table["identified"].tolist()
    [False, True, True, False]
    """
    import pandas as pd

    found = [identify(_text(label)) for label in labels]
    claims = Counter(identity.name for identity in found)
    taken = {name for name, count in claims.items() if count == 1}
    places: Counter[str] = Counter()
    table = []
    for place, identity in enumerate(found, start=1):
        places[identity.name] += 1
        name = _unique_name(identity, place, places[identity.name], claims, taken)
        taken.add(name)
        table.append(_row(identity, name, alone=claims[identity.name] == 1))
    columns = ["name", "label", "identified", "identity_confidence", "candidates"]
    return pd.DataFrame(table, columns=[*columns, "neuron_class", "neuron_type"])


def is_made_up(name: str) -> bool:
    """Whether `identify_all` gave this name to a trace that had no label."""
    return _UNLABELLED.fullmatch(name) is not None


def _text(label: object) -> str:
    missing = label is None or (isinstance(label, float) and label != label)
    return "" if missing else str(label).strip()


def _unique_name(
    identity: Identity, place: int, repeat: int, claims: Counter[str], taken: set[str]
) -> str:
    if not identity.name:
        base = name = f"unl-{place:04d}"
    elif claims[identity.name] == 1:
        return identity.name
    else:
        base, name = identity.name, f"{identity.name}-{repeat}"
    while name in taken:
        repeat += 1
        name = f"{base}-{repeat}"
    return name


def _row(identity: Identity, name: str, *, alone: bool) -> tuple[str | bool, ...]:
    certain = identity.identified and alone
    confidence = "unknown" if identity.identified and not alone else identity.confidence
    candidates = "" if certain else ",".join(identity.candidates)
    classes = {by_name()[one].neuron_class for one in identity.candidates}
    types = {by_name()[one].neuron_type for one in identity.candidates}
    return (
        name,
        identity.label,
        certain,
        confidence,
        candidates,
        classes.pop() if len(classes) == 1 else "",
        types.pop() if len(types) == 1 else "",
    )
