"""How the pipeline of Simeon et al. 2024 (arXiv:2411.12091) names traces, faults included.

Written from what its code does, not from the code itself; `neurokit.celegans.identify_all` is the
rule that neurokit keeps to.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from neurokit.celegans.neurons import rows

_EXPORT = "-data.h5"


def slot_names() -> list[str]:
    """The 300 names in the order of characters (AS1, AS10, AS11, AS2), without CANL and CANR."""
    return sorted(neuron.name for neuron in rows() if neuron.is_neuron_300)


def animal_key(number: str) -> str:
    """The key under which the labels of ``<number>-data.h5`` are looked up.

    ``strip`` takes a set of characters, not a suffix, so a number that ends in 5 loses it, is not
    found, and the animal has no labels.
    """
    return f"{number}{_EXPORT}".strip(_EXPORT)


def nearest_names(labels: Sequence[str]) -> list[str]:
    """Give every label that is no number the most similar name that is still free.

    Similarity counts equal characters place by place, question marks taken out; the first of the
    sorted names wins. Certain labels take part, so a doubtful one before them displaces them.
    """
    names = slot_names()
    taken: set[str] = set()
    given = []
    for label in labels:
        if not label.isnumeric():
            free = [name for name in names if name not in taken]
            label = max(free, key=lambda name: _n_equal(label.replace("?", ""), name))
        taken.add(label)
        given.append(label)
    return given


def _n_equal(label: str, name: str) -> int:
    return sum(a == b for a, b in zip(label, name, strict=False))


def named_traces(labels: Sequence[str]) -> tuple[dict[str, int], list[int]]:
    """Sort traces into named and unnamed ones; of one label that stands twice the first is kept.

    Parameters
    ----------
    labels : sequence of str
        One per trace, a number where there is none.

    Returns
    -------
    named : dict
        Column of the trace of each of the 300 names that is there. Noughts are taken out of
        labels that do not end in one (``VB01``), and of two that become one the later is kept.
    unnamed : list of int
        Columns of the other traces.
    """
    unique, first = np.unique(np.asarray(labels, dtype=np.str_), return_index=True)
    known = set(slot_names())
    named: dict[str, int] = {}
    unnamed = []
    for label, column in zip(unique.tolist(), first.tolist(), strict=True):
        name = label if label.endswith("0") or label.isnumeric() else label.replace("0", "")
        if name in known:
            named[name] = column
        else:
            unnamed.append(column)
    return named, unnamed


def assign_slots(
    named: dict[str, int], unnamed: Sequence[int], rng: np.random.Generator
) -> NDArray[np.int64]:
    """Column of the trace in each of the 300 slots, -1 where there is none.

    Unnamed traces go to free slots drawn at random, each of which is some neuron's.
    """
    slots = np.array([named.get(name, -1) for name in slot_names()], dtype=np.int64)
    free = np.flatnonzero(slots < 0)
    kept = np.asarray(unnamed, dtype=np.int64)[: free.size]
    slots[rng.choice(free, kept.size, replace=False)] = kept
    return slots
