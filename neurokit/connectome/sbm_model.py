"""The estimator of blocks in a weighted graph by description length."""

from __future__ import annotations

import math
import os
import threading
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any, Self, TypeVar

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from neurokit.connectome.sbm_blocks import block_statistics, co_assignment
from neurokit.connectome.sbm_candidates import (
    Candidate,
    candidate,
    chosen_families,
    chosen_weights,
    worth_searching,
)
from neurokit.connectome.sbm_graph import Graph, as_graph, check_positive
from neurokit.connectome.sbm_moves import Labels
from neurokit.connectome.sbm_nested import nested_levels
from neurokit.connectome.sbm_starts import start
from neurokit.errors import check_option
from neurokit.estimator import Estimator, progress, single_thread
from neurokit.randomness import as_generator

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Result = TypeVar("Result")

# After so many starts, block models that are further behind than the second number and communities
# further than the third are left (nats per node). Lengths of communities found from different
# starts spread more.
_LOOKS = ((1, 1.0, math.inf), (2, 0.5, 1.0), (4, 0.25, 0.5))


class WeightedSBM(Estimator):
    """min over families, partitions b of -log p(edges | b) - log p(weights | edges, b) - log p(b).

    Edges are Bernoulli, weights follow one of five models, parameters of block pairs are
    integrated out, and partitions have the prior 1 / [N C(N-1, B-1) N! / prod_r n_r!] of B
    blocks of sizes n_r. The number of blocks needs no choosing; one block is a possible answer.
    Lengths contain the Jacobian of the transform of weights, so that all families compare.

    Parameters
    ----------
    family : str or sequence of str, default 'roles'
        Which structures compete. ``plain``: every pair of blocks has its own parameters.
        ``degree-corrected``: the same beyond what degrees and strengths of nodes explain.
        ``assortative``: pairs in one block against pairs between blocks, beyond what degrees and
        strengths explain. ``roles`` means all three, ``communities`` the last alone.
    weights : str or sequence of str, default 'all'
        Models of weights that compete: ``exponential``, ``log-normal``, ``normal``,
        ``power`` (x^.25, x^.5 or x^.75 is normal), ``zero-inflated`` (zeros are as frequent
        everywhere and say nothing about blocks; the others are log-normal); or ``none``.
    nested : bool, default False
        Group the blocks too, level upon level, by the numbers of edges between them.
    n_starts : int, default 8
        Searches per candidate: communities, classes of strength, random blocks. Candidates that
        fall far behind get fewer.
    n_samples : int, default 100
        Partitions drawn from the posterior of the best candidate for `co_assignment_`; 0 for none.
    random_state : None, int or numpy.random.Generator
        Source of starts and moves.
    n_jobs : int, default 1
        Searches that run at once, -1 for one per processor; the result is the same bytes.
    progress : bool, optional
        Show a bar; None shows it when a terminal or notebook is attached.

    Attributes
    ----------
    labels_ : DataArray
        (neuron) int64, blocks from 0 by first appearance; -1 for nodes never observed.
    description_length_ : float
        Of the best candidate, nats.
    family_, weights_ : str
        The best candidate.
    n_blocks_ : int
        Of the best candidate.
    candidates_ : Dataset
        (candidate) ``family``, ``weights``, ``description_length``, ``n_blocks``, ascending, and
        ``labels``(candidate, neuron).
    co_assignment_ : DataArray
        (neuron, partner) share of posterior samples in which two nodes are in one block.
    blocks_ : Dataset
        ``size``(block); ``n_pairs``, ``n_edges``, ``density``, ``mean_weight``
        (block, partner_block).
    levels_ : DataArray
        (level, neuron) the blocks, their groups, groups of groups...; only if `nested`. Levels
        are added to the best partition without changing it; they shorten
        `description_length_` of the plain family.
    converged_ : bool
        False if the search was interrupted.

    Raises
    ------
    OptionError
        From `fit`, if a parameter has a value that is not allowed.

    See Also
    --------
    communities : One call for the community family or Leiden.

    Notes
    -----
    Which to read when: ``labels_`` of ``family="roles"`` groups nodes that connect alike, be it
    to their own group or to others: hubs, feeders, peripheries, communities. For groups that hold
    together, use ``family="communities"``, or `partition` after a fit of all.

    References
    ----------
    Peixoto (2018), doi:10.1103/PhysRevE.97.012306; Aicher, Jacobs & Clauset (2015),
    doi:10.1093/comnet/cnu026.

    Examples
    --------
    >>> import numpy as np
    >>> group = np.repeat([0, 1], 15)
    >>> graph = np.where(group[:, None] == group, 3.0, 1.0)
    >>> graph = graph * np.random.default_rng(0).lognormal(0, 0.3, graph.shape)
    >>> fit = WeightedSBM("plain", random_state=0).fit((graph + graph.T) / 2)
    >>> fit.n_blocks_, bool((fit.labels_ == group).all())
    (2, True)
    """

    def __init__(
        self,
        family: str | Iterable[str] = "roles",
        weights: str | Iterable[str] = "all",
        nested: bool = False,
        n_starts: int = 8,
        n_samples: int = 100,
        random_state: int | np.random.Generator | None = None,
        n_jobs: int = 1,
        progress: bool | None = None,
    ) -> None:
        self.family = family
        self.weights = weights
        self.nested = nested
        self.n_starts = n_starts
        self.n_samples = n_samples
        self.random_state = random_state
        self.n_jobs = n_jobs
        self.progress = progress

    def fit(self, graph: xr.DataArray | NDArray[Any]) -> Self:
        """Find the blocks of a graph.

        Parameters
        ----------
        graph : (neuron, partner) DataArray or ndarray
            Symmetric and non-negative, such as one of ``motif_matrices(factors)``; NaN is not
            observed, 0 is no edge; the diagonal is not read.

        Returns
        -------
        WeightedSBM
            Itself, fitted.

        Raises
        ------
        OptionError
            If a parameter has a value that is not allowed.
        SchemaError
            If the graph is not square, negative, infinite or asymmetric, or nothing was observed.
        LabelError
            If rows and columns have different names.
        """
        check_positive("n_starts", self.n_starts)
        check_positive("n_samples", self.n_samples, least=0)
        _n_workers(self.n_jobs)
        families = chosen_families(self.family)
        checked = as_graph(graph)
        pairs = [
            (family, weights)
            for family in families
            for weights in chosen_weights(self.weights, checked)
        ]
        rng = as_generator(self.random_state)
        with single_thread():
            interrupted = self._search(checked, pairs, rng)
        self._set_history(graph)
        if interrupted:
            raise KeyboardInterrupt
        return self

    def partition(self, family: str = "assortative") -> xr.DataArray:
        """The best partition of one family.

        Parameters
        ----------
        family : str, default 'assortative'
            One of those fitted; ``communities`` is another name for ``assortative``.

        Returns
        -------
        DataArray
            (neuron) int64.

        Raises
        ------
        OptionError
            If the family was not fitted.
        """
        self._check_fitted()
        held = self.candidates_["family"].values.tolist()
        wanted = "assortative" if family == "communities" else family
        check_option("family", wanted, sorted(set(held)))
        labels = self.candidates_["labels"].isel(candidate=held.index(wanted), drop=True)
        return labels.drop_vars(["family", "weights"], errors="ignore")

    def plot(self, *, ax: Axes | None = None) -> Axes:
        """Draw the graph as a matrix, nodes ordered by block.

        Parameters
        ----------
        ax : matplotlib Axes, optional
            Where to draw; default new axes.

        Returns
        -------
        matplotlib.axes.Axes
            Co-assignment where it was sampled, with the blocks outlined.
        """
        from neurokit.connectome.sbm_plots import plot_blocks

        self._check_fitted()
        return plot_blocks(self, ax=ax)

    def _search(self, graph: Graph, pairs: list[tuple[str, str]], rng: np.random.Generator) -> bool:
        """Run all searches and keep what they found; true if the user interrupted."""
        streams = rng.spawn(len(pairs) * self.n_starts + 1)
        candidates = [candidate(graph, *pair) for pair in pairs]
        begin = rng.spawn(self.n_starts)
        starts = [start(graph, number, stream) for number, stream in enumerate(begin)]
        found: list[tuple[Labels, float] | None] = [None] * len(pairs)

        def one(k: int, number: int) -> Callable[[], tuple[Labels, float]]:
            stream = streams[k * self.n_starts + number]
            return lambda: candidates[k].search(starts[number], stream)

        left, reached, interrupted = list(range(len(pairs))), 0, False
        for look, *margins in (*_LOOKS, (self.n_starts, 0.0, 0.0)):
            upto = min(look, self.n_starts)
            units = [(k, number) for k in left for number in range(reached, upto)]
            interrupted = self._run(units, one, found)
            if interrupted or upto == self.n_starts:
                break
            reached = upto
            lengths = [result[1] for result in found if result is not None]
            families = [pair[0] for pair in pairs]
            near = worth_searching(lengths, families, *(graph.n_nodes * x for x in margins))
            left = [k for k in left if k in near]
        self._keep(graph, pairs, candidates, found, interrupted, streams[-1])
        return interrupted

    def _run(
        self,
        units: list[tuple[int, int]],
        one: Callable[[int, int], Callable[[], tuple[Labels, float]]],
        found: list[tuple[Labels, float] | None],
    ) -> bool:
        """Run searches side by side; the best of each candidate goes to `found`."""
        stop = threading.Event()
        interrupted = False
        with ThreadPoolExecutor(_n_workers(self.n_jobs)) as pool:
            futures = [pool.submit(_unless(stop, one(*unit))) for unit in units]
            try:
                label = type(self).__name__
                for future in progress(futures, total=len(units), label=label, show=self.progress):
                    future.result()
            except KeyboardInterrupt:
                # Searches under way end, and what they have is kept.
                interrupted = True
                stop.set()
        for (k, _), future in zip(units, futures, strict=True):
            result, best = future.result(), found[k]
            if result is not None and (best is None or result[1] < best[1]):
                found[k] = result
        return interrupted

    def _keep(
        self,
        graph: Graph,
        pairs: list[tuple[str, str]],
        candidates: list[Candidate],
        found: list[tuple[Labels, float] | None],
        interrupted: bool,
        rng: np.random.Generator,
    ) -> None:
        done = [k for k, result in enumerate(found) if result is not None]
        if not done:
            return
        results = {k: result for k, result in enumerate(found) if result is not None}
        order = sorted(done, key=lambda k: results[k][1])
        labels, self.description_length_ = results[order[0]]
        self.family_, self.weights_ = pairs[order[0]]
        self.n_blocks_ = int(labels.max()) + 1
        self.labels_ = graph.labelled(labels, "block")
        table = [graph.labelled(results[k][0], "labels") for k in order]
        self.candidates_ = xr.Dataset(
            {
                "family": ("candidate", [pairs[k][0] for k in order]),
                "weights": ("candidate", [pairs[k][1] for k in order]),
                "description_length": ("candidate", [results[k][1] for k in order]),
                "n_blocks": ("candidate", [int(results[k][0].max()) + 1 for k in order]),
                "labels": xr.concat(table, "candidate"),
            }
        )
        self.blocks_ = block_statistics(graph, labels)
        if self.nested and not interrupted:
            self._nest(graph, labels, rng)
        self.converged_ = not interrupted
        if self.n_samples and not interrupted:
            samples = candidates[order[0]].sample(labels, rng, self.n_samples)
            self.co_assignment_ = graph.square(co_assignment(samples), "co_assignment")

    def _nest(self, graph: Graph, labels: Labels, rng: np.random.Generator) -> None:
        groups: list[Labels] = []
        if self.weights_ != "zero-inflated":
            n_edges, n_pairs = (
                self.blocks_[name].values.astype(np.float64) for name in ("n_edges", "n_pairs")
            )
            groups, saved = nested_levels(n_edges, n_pairs, rng)
            if self.family_ == "plain":
                self.description_length_ -= saved
        levels = [labels, *(group[labels] for group in groups)]
        self.levels_ = xr.concat([graph.labelled(x, "levels") for x in levels], "level")


def _n_workers(n_jobs: int) -> int:
    if isinstance(n_jobs, int | np.integer) and n_jobs == -1:
        return os.cpu_count() or 1
    return check_positive("n_jobs", n_jobs)


def _unless(stop: threading.Event, search: Callable[[], Result]) -> Callable[[], Result | None]:
    return lambda: None if stop.is_set() else search()
