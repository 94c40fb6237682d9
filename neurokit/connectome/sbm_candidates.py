"""The families of block models that are compared, and the search over all of them.

Every candidate says its description length in nats of the same data: which observed pairs have an
edge, and the weights of the edges in the unit given. So the lowest one wins.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from neurokit.connectome.sbm_assortative import AssortativeModel
from neurokit.connectome.sbm_corrected import corrected_model
from neurokit.connectome.sbm_graph import Graph
from neurokit.connectome.sbm_moves import Labels
from neurokit.connectome.sbm_search import (
    description_length,
    find_partition,
    sample_partitions,
)
from neurokit.connectome.sbm_weights import PairModel, pair_model
from neurokit.errors import OptionError, check_option

FAMILIES = ("plain", "degree-corrected", "assortative")
WEIGHTS = ("exponential", "log-normal", "normal", "power", "zero-inflated")
# Exponents that compete as the model of weights `power`.
_EXPONENTS = ("0.25", "0.5", "0.75")
_GROUPS = {"roles": FAMILIES, "communities": ("assortative",)}


class Candidate(Protocol):
    """A family with a model of weights, ready for one graph."""

    def search(self, start: Labels, rng: np.random.Generator) -> tuple[Labels, float]:
        """Best partition from one start, and its description length."""

    def description_length(self, labels: Labels) -> float:
        """Nats that graph and partition take together."""

    def sample(self, labels: Labels, rng: np.random.Generator, n_samples: int) -> NDArray[np.int64]:
        """Partitions (sample, node) drawn from the posterior, starting at the best."""


@dataclass(frozen=True)
class BlockCandidate:
    """Parameters of their own for every pair of blocks.

    Parameters
    ----------
    model : PairModel
        Graph and family.
    """

    model: PairModel

    def search(self, start: Labels, rng: np.random.Generator) -> tuple[Labels, float]:
        """See `Candidate`."""
        return find_partition(self.model, start, rng)

    def description_length(self, labels: Labels) -> float:
        """See `Candidate`."""
        return description_length(self.model, labels)

    def sample(self, labels: Labels, rng: np.random.Generator, n_samples: int) -> NDArray[np.int64]:
        """See `Candidate`."""
        return sample_partitions(self.model, labels, rng, n_samples=n_samples, n_between=2)


def _as_names(where: str, given: str | Iterable[str]) -> list[str]:
    if isinstance(given, str):
        return [given]
    if not isinstance(given, Iterable):
        raise OptionError(f"is {given!r}", where=where, mend="Give a name or a list of names.")
    return list(given)


def chosen_families(family: str | Iterable[str]) -> tuple[str, ...]:
    """Names of the families that a user asks for.

    Parameters
    ----------
    family : str or iterable of str
        Names, or ``roles`` (all), or ``communities``.

    Returns
    -------
    tuple of str
        Out of `FAMILIES`.

    Raises
    ------
    OptionError
        If a name is unknown or none is given.
    """
    names = _as_names("family", family)
    if not names:
        raise OptionError("is empty", where="family", mend=f"Use {', '.join(FAMILIES)}.")
    wanted: list[str] = []
    for name in names:
        check_option("family", name, (*_GROUPS, *FAMILIES))
        wanted += _GROUPS.get(name, (name,))
    return tuple(name for name in FAMILIES if name in wanted)


def chosen_weights(weights: str | Iterable[str], graph: Graph) -> tuple[str, ...]:
    """Names of the models of weights that a user asks for and the graph allows.

    Parameters
    ----------
    weights : str or iterable of str
        Names, ``all``, or ``none``: look only at which edges there are.
    graph : Graph
        Where all edges weigh the same, there is nothing to model.

    Returns
    -------
    tuple of str
        Out of `WEIGHTS`, or ``none`` alone.

    Raises
    ------
    OptionError
        If a name is unknown, none is given, or ``none`` is mixed with others.
    """
    names = _as_names("weights", weights)
    for name in names:
        check_option("weights", name, ("all", "none", *WEIGHTS))
    if not names or ("none" in names and len(set(names)) > 1):
        raise OptionError(
            f"is {names!r}", where="weights", mend="Models can't be compared with none; use one."
        )
    if names[0] == "none" or not graph.is_weighted:
        return ("none",)
    return tuple(name for name in WEIGHTS if name in names or "all" in names)


def candidate(graph: Graph, family: str, weights: str) -> Candidate:
    """Make a family ready for a graph.

    Parameters
    ----------
    graph : Graph
        The graph.
    family : str
        Out of `FAMILIES`.
    weights : str
        Out of `WEIGHTS`, or ``none``.

    Returns
    -------
    Candidate
        With all that does not depend on blocks computed.
    """
    if weights == "power":
        # The exponent is part of the transform and is chosen before any block is looked for.
        made = [_candidate(graph, family, exponent) for exponent in _EXPONENTS]
        one_block = np.zeros(graph.n_nodes, dtype=np.int64)
        return min(made, key=lambda model: model.description_length(one_block))
    return _candidate(graph, family, weights)


def _candidate(graph: Graph, family: str, weights: str) -> Candidate:
    if family == "assortative":
        return AssortativeModel(graph.values, graph.observed, weights, graph.degree_effects)
    if family == "plain":
        return BlockCandidate(pair_model(graph.values, graph.observed, weights))
    return BlockCandidate(
        corrected_model(graph.values, graph.observed, weights, graph.degree_effects)
    )


def worth_searching(
    lengths: Sequence[float], families: Sequence[str], margin: float, communities: float
) -> list[int]:
    """Which candidates the searches so far have not ruled out.

    Parameters
    ----------
    lengths : sequence of float
        Least description length of each so far.
    families : sequence of str
        Their families.
    margin : float
        Nats by which block models may be behind the best of all.
    communities : float
        Nats by which communities may be behind the best communities.

    Returns
    -------
    list of int
        Places of what is within these margins.
    """
    assortative = [x for x, f in zip(lengths, families, strict=True) if f == "assortative"]
    kept = []
    for k, (length, family) in enumerate(zip(lengths, families, strict=True)):
        if family == "assortative":
            worth = length <= min(assortative) + communities
        else:
            worth = length <= min(lengths) + margin
        if worth:
            kept.append(k)
    return kept
