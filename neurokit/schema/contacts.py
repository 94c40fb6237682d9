"""Names of intracranial contacts: which shaft (or grid, or strip), and which contact on it.

Conventions met in clinics: ``LA12``, ``LA'12`` and ``A'1`` (a prime marks the left side), padded
``LA01``, separated ``LA_1``, and what amplifiers put around them: ``POL A1``, ``EEG A1-Ref``.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import NamedTuple

import numpy as np
import xarray as xr

CONTACT_TYPES = ("SEEG", "ECOG", "DBS")
"""Channel types whose names are those of contacts; scalp names such as C3 look alike."""

NO_CONTACT = -1
"""Number of a channel whose name is not that of a contact; shafts count from 0 or 1."""

# Prefixes of Nihon Kohden, Natus and EDF exports, with the blank that sets them off.
_BEFORE = re.compile(r"^(?:POL|EEG|SEEG|ECOG|IEEG|DBS)\s+", re.IGNORECASE)
# What the channel was recorded against, as amplifiers write it; never another contact.
_AGAINST = re.compile(r"\s*-\s*(?:ref\d?|avg?|av|car|g\d|gnd|org|le|a1a2)$", re.IGNORECASE)
_NAME = re.compile(r"(?P<shaft>.*?)[\s_.\-]*(?P<number>\d+)")
# A1-A2, A1-2, A1/A2, and the electrode named twice: A1A2, A1_A2.
_TWO = re.compile(r"\d\s*[-/]|^(?P<same>.+?)\d+[\s_]*(?P=same)\d+$")
_PLAIN = str.maketrans({**dict.fromkeys("\u2019\u2032\u00b4\u2018`", "'"), "\u2013": "-"})


class Contact(NamedTuple):
    """Where on which electrode a channel was recorded.

    Parameters
    ----------
    shaft : str
        Name of the electrode; ``""`` where names are bare numbers.
    contact : int
        Number on it, as in the name; the lowest is deepest (SEEG) by convention.

    Examples
    --------
    >>> Contact("LA", 3).shaft
    'LA'
    """

    shaft: str
    contact: int


def parse_contact(name: str) -> Contact | None:
    """Split the name of a contact into its electrode and its number.

    What an amplifier adds (``POL``, ``EEG``, ``-Ref``) is dropped, primes of any kind become
    ``'``, zeros before the number go. ``A`` and ``A'`` are two electrodes.

    Parameters
    ----------
    name : str
        Name of a channel.

    Returns
    -------
    Contact or None
        None if the name is not that of one contact: it ends in no number, or names two
        (``"A1-A2"``).

    Examples
    --------
    >>> parse_contact("LA'12")
    Contact(shaft="LA'", contact=12)
    >>> parse_contact("POL LAHC 03-Ref")
    Contact(shaft='LAHC', contact=3)
    >>> parse_contact("A1-A2") is None
    True
    """
    plain = _AGAINST.sub("", _BEFORE.sub("", name.strip().translate(_PLAIN))).strip()
    found = _NAME.fullmatch(plain)
    if found is None or _TWO.search(plain):
        return None
    return Contact(found["shaft"].strip(" _.-"), int(found["number"]))


def contact_coordinates(
    names: Iterable[str], channel_types: Iterable[str], groups: Sequence[str] | None = None
) -> dict[str, np.ndarray[tuple[int], np.dtype[np.str_] | np.dtype[np.int64]]]:
    """Return the coordinates ``shaft`` and ``contact`` of some channels.

    Parameters
    ----------
    names : iterable of str
        Labels.
    channel_types : iterable of str
        BIDS channel type of each; only SEEG, ECOG and DBS have contacts.
    groups : sequence of str, optional
        Electrode of each as a table states it (column ``group`` of a BIDS channels.tsv), taken
        where the name is a bare number.

    Returns
    -------
    dict of str to (n,) ndarray
        ``shaft`` str, ``""`` where there is none; ``contact`` int, -1 there. Empty if no
        channel is a contact.

    Examples
    --------
    >>> contact_coordinates(["LA1", "LA2", "EKG"], ["SEEG", "SEEG", "ECG"])["contact"]
    array([ 1,  2, -1])
    """
    shafts, numbers = [], []
    for i, (name, kind) in enumerate(zip(names, channel_types, strict=True)):
        found = parse_contact(str(name)) if kind in CONTACT_TYPES else None
        if found is not None and not found.shaft and groups is not None:
            found = Contact(str(groups[i]), found.contact)
        shafts.append("" if found is None else found.shaft)
        numbers.append(NO_CONTACT if found is None else found.contact)
    if all(number == NO_CONTACT for number in numbers):
        return {}
    return {
        "shaft": np.asarray(shafts, dtype=np.str_),
        "contact": np.asarray(numbers, dtype=np.int64),
    }


def with_contacts(group: xr.Dataset) -> xr.Dataset:
    """Return a group whose intracranial channels say their ``shaft`` and ``contact``.

    Parameters
    ----------
    group : Dataset
        ``/activity`` of channels; what it already says stays.

    Returns
    -------
    Dataset
        With the two coordinates, one value per channel each, or unchanged where no channel is a
        contact.

    Examples
    --------
    >>> from neurokit.schema import activity
    >>> kinds = {"channel_type": ["SEEG", "SEEG"]}
    >>> group = activity(
    ...     np.zeros((3, 2)), names=["LA1", "LA2"], space="channel", rate=10.0, units="V",
    ...     coords=kinds,
    ... )
    >>> with_contacts(group).contact.values.tolist()
    [1, 2]
    """
    if "channel_type" not in group.coords or "contact" in group.coords:
        return group
    stated = group["group"].values.astype(str).tolist() if "group" in group.coords else None
    found = contact_coordinates(
        group["channel"].values.tolist(), group["channel_type"].values.tolist(), stated
    )
    return group.assign_coords({name: ("channel", values) for name, values in found.items()})
