"""Weights of bands: random search over the simplex, then descent along the gradient.

Dupre la Tour et al. (2022), doi:10.1016/j.neuroimage.2022.119728. Array layer.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from neurokit.encoding.alpha_search import further
from neurokit.encoding.band_problem import Bands, product_shares
from neurokit.encoding.gram_folds import GramTargets
from neurokit.encoding.heldout import METRICS, Scores, best_index, reduce_folds
from neurokit.encoding.targets import Targets

Array = NDArray[np.float64]
IntArray = NDArray[np.int64]


@dataclass
class BandFit:
    """The best weights of bands found so far, target by target.

    Parameters
    ----------
    gamma : (n_bands, t) ndarray
        Weights, which add up to 1.
    alpha : (t,) ndarray
        Penalty.
    score : (t,) ndarray
        By which they were chosen; more is better.
    scores : Scores
        All scores there, (t,).
    shares : (n_bands, t) ndarray
        Parts of held-out R2.
    at_edge : (t,) ndarray of int
        -1 where the smallest alpha tried is best, 1 the largest, else 0.
    extended : (t,) ndarray of bool
        Targets for which further penalties were tried.
    trace : list of (t,) ndarray
        Best score of each g tried.
    """

    gamma: Array
    alpha: Array
    score: Array
    scores: Scores
    shares: Array
    at_edge: IntArray
    extended: NDArray[np.bool_]
    trace: list[Array]

    @classmethod
    def empty(cls, n_bands: int, n_targets: int) -> BandFit:
        """Return a fit that anything betters."""
        nothing = (np.full(n_targets, np.nan) for _ in METRICS)
        return cls(
            np.full((n_bands, n_targets), 1.0 / n_bands),
            np.ones(n_targets),
            np.full(n_targets, -np.inf),
            Scores(*nothing),
            np.zeros((n_bands, n_targets)),
            np.zeros(n_targets, dtype=np.int64),
            np.zeros(n_targets, dtype=bool),
            [],
        )


def dirichlet_weights(
    n: int, n_bands: int, rng: np.random.Generator, concentration: Sequence[float] = (0.1, 1.0)
) -> Array:
    """Return weights to try: equal ones first, then from Dirichlet distributions in turn.

    Parameters
    ----------
    n : int
        How many.
    n_bands : int
        Bands.
    rng : numpy.random.Generator
        Source.
    concentration : sequence of float
        Small ones give weights near the corners: few bands that count.

    Returns
    -------
    (n, n_bands) ndarray
        Rows add up to 1.
    """
    draws = [
        rng.dirichlet(np.full(n_bands, concentration[i % len(concentration)])) for i in range(n)
    ]
    found = np.array(draws).reshape(n, n_bands)
    if n:
        found[0] = 1.0 / n_bands
    return found


class BandSearch:
    """Tries weights of bands on some targets and keeps the best of each.

    Parameters
    ----------
    bands : Bands
        Features and folds.
    y : Targets
        All targets.
    columns : slice
        Those searched for.
    alphas : (n_alphas,) ndarray
        Penalties, increasing.
    metric : {"r2", "r", "mse"}
        By which to choose.
    n_bands : int
        Bands.
    penalties : (typical, largest)
        As in `further`.
    """

    def __init__(
        self,
        bands: Bands,
        y: Targets,
        columns: slice,
        alphas: Array,
        *,
        metric: str,
        n_bands: int,
        penalties: tuple[float, float],
    ) -> None:
        self.bands, self.y, self.columns, self.alphas = bands, y, columns, alphas
        self.metric, self.penalties = metric, penalties
        self.fit = BandFit.empty(n_bands, columns.stop - columns.start)

    def load(self, gamma: Array) -> GramTargets:
        """Return the targets for some weights.

        Parameters
        ----------
        gamma : (n_bands,) ndarray
            Weights.

        Returns
        -------
        GramTargets
            Of all columns.
        """
        return self.bands.load(self.bands.at(gamma), self.y, self.columns)

    def run(self, gammas: Iterable[Array], *, extend_alphas: bool) -> None:
        """Try weights one after the other.

        Parameters
        ----------
        gammas : iterable of (n_bands,) ndarray
            Weights.
        extend_alphas : bool
            Try further penalties where targets are best at an edge and still gain.
        """
        for gamma in gammas:
            self.attempt(gamma, extend_alphas=extend_alphas)

    def attempt(self, gamma: Array, *, extend_alphas: bool) -> None:
        """Try some weights and keep them where they are better.

        Parameters
        ----------
        gamma : (n_bands,) ndarray
            Weights.
        extend_alphas : bool
            As in `run`.
        """
        loaded, alphas = self.load(gamma), self.alphas
        found = reduce_folds(loaded.held_out_sums(alphas), pooled=False)
        extended = np.zeros(found.r.shape[1], dtype=bool)
        while extend_alphas:
            more, asking = further(alphas, found.get(self.metric), self.penalties)
            if not more.size:
                break
            extended |= asking
            new = reduce_folds(loaded.held_out_sums(more), pooled=False)
            order = np.argsort(np.concatenate([alphas, more]))
            alphas = np.concatenate([alphas, more])[order]
            stacked = (np.vstack([getattr(found, m), getattr(new, m)])[order] for m in METRICS)
            found = Scores(*stacked)
        self._keep(gamma, loaded, alphas, found, extended)

    def _keep(
        self,
        gamma: Array,
        loaded: GramTargets,
        alphas: Array,
        found: Scores,
        extended: NDArray[np.bool_],
    ) -> None:
        fit = self.fit
        index = best_index(found.get(self.metric))
        every = np.arange(index.size)
        score = found.get(self.metric)[index, every]
        fit.trace.append(score)
        better = np.flatnonzero(score > fit.score + np.finfo(np.float64).eps)
        if not better.size:
            return
        some = select(loaded, better)
        fit.shares[:, better] = product_shares(self.bands, some, gamma, alphas[index[better]])
        fit.gamma[:, better] = gamma[:, None]
        fit.alpha[better] = alphas[index[better]]
        fit.score[better] = score[better]
        edge = (index == len(alphas) - 1).astype(np.int64) - (index == 0)
        fit.at_edge[better] = edge[better] if len(alphas) > 1 else 0
        fit.extended[better] = extended[better]
        for name in METRICS:
            getattr(fit.scores, name)[better] = getattr(found, name)[index, every][better]

    def coefficients(self, n_features: int) -> tuple[Array, Array]:
        """Return the fit to all rows at each target's weights.

        Parameters
        ----------
        n_features : int
            p.

        Returns
        -------
        weights : (p, t) ndarray
            On features.
        at_reference : (t,) ndarray
            Prediction where features are at their reference.
        """
        n_targets = self.fit.alpha.size
        weights, at_reference = np.zeros((n_features, n_targets)), np.zeros(n_targets)
        rows, which = np.unique(self.fit.gamma.T, axis=0, return_inverse=True)
        for number, gamma in enumerate(rows):
            these = np.flatnonzero(which.reshape(-1) == number)
            some = select(self.load(gamma), these)
            found = self.bands.coefficients(some, gamma, self.fit.alpha[these])
            weights[:, these], at_reference[these] = found
        return weights, at_reference


def select(loaded: GramTargets, index: Any) -> GramTargets:
    """Return some of the targets.

    Parameters
    ----------
    loaded : GramTargets
        Sums of targets.
    index : (m,) ndarray of int
        Which.

    Returns
    -------
    GramTargets
        Copies of their sums.
    """
    from neurokit.encoding.sums import TargetSums

    sums = [TargetSums(s.total[index], s.square[index], s.cross[:, index]) for s in loaded.sums]
    return GramTargets(loaded.folds, sums, loaded.reference[index], loaded.floor[index])
