"""Order of cells in a matrix, and gap junctions without direction; numpy only."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

import numpy as np

from neurokit.celegans.neurons import by_name

if TYPE_CHECKING:
    from numpy.typing import NDArray


def in_order(names: Iterable[str]) -> list[str]:
    """Return the distinct names: neurons in canonical order, then the rest as they came."""
    places = {name: place for place, name in enumerate(by_name())}
    distinct = list(dict.fromkeys(names))
    return sorted(distinct, key=lambda name: places.get(name, len(places)))


def merge_directions(weight: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.intp]]:
    """Return a symmetric matrix, and the pairs (i < j) whose two directions disagree.

    A gap junction has no direction: listed once it holds both ways; listed both ways it is one
    edge, of the mean of the two where they differ. NaN in either direction stays NaN.

    Parameters
    ----------
    weight : (cell, cell) array
        0 where no edge is listed.

    Returns
    -------
    (cell, cell) array, (pair, 2) array of int
        The pairs are those with two different weights, or with a weight one way and none the
        other.
    """
    other = weight.T
    # A direction that is not listed is 0 and says nothing about the weight.
    count = (weight != 0).astype(np.float64) + (other != 0)
    merged = np.where(count > 0, (weight + other) / np.maximum(count, 1), 0.0)
    differ = ~((weight == other) | (np.isnan(weight) & np.isnan(other)))
    return merged, np.argwhere(np.triu(differ, 1))
