"""Folds of which only sums are known, solved as if their rows were at hand. Array layer."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from neurokit.encoding.gram_folds import GramFolds, GramTargets
from neurokit.encoding.heldout import Scores, reduce_folds
from neurokit.encoding.ridge_core import LoadedTargets

Array = NDArray[np.float64]


class SumProblem:
    """What `fit_folded` needs, from sums.

    Parameters
    ----------
    folds : GramFolds
        Of sums.
    targets : GramTargets
        All targets.
    reference : (p,) ndarray
        What was taken off the features.
    largest : float
        A penalty as large as the data in any direction.
    """

    def __init__(
        self, folds: GramFolds, targets: GramTargets, reference: Array, largest: float
    ) -> None:
        self.folds, self.targets, self.reference = folds, targets, reference
        self.penalties = (largest / max(reference.size, 1), largest)

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and targets."""
        return int(self.folds.total().n), self.targets.reference.size

    def load(self, Y: Any, max_bytes: float) -> Iterator[tuple[slice, LoadedTargets]]:
        """Yield all targets at once; they are sums already.

        Parameters
        ----------
        Y, max_bytes : object
            Not used.

        Yields
        ------
        (slice, GramTargets)
            All of them.
        """
        yield slice(0, self.targets.reference.size), self.targets

    def reduce(self, loaded: LoadedTargets, alphas: Array) -> Scores:
        """Return the mean over folds of held-out scores.

        Parameters
        ----------
        loaded : LoadedTargets
            From `load`.
        alphas : (n_alphas,) ndarray
            Penalties.

        Returns
        -------
        Scores
            (n_alphas, t).
        """
        return reduce_folds(loaded.held_out_sums(alphas), pooled=False)

    def coefficients_of(self, loaded: LoadedTargets, alpha: Array) -> tuple[Array, Array]:
        """Return the fit to all rows.

        Parameters
        ----------
        loaded : LoadedTargets
            From `load`.
        alpha : (t,) ndarray
            Penalty of each target.

        Returns
        -------
        coef : (p, t) ndarray
            Weights.
        intercept : (t,) ndarray
            Prediction where X is 0.
        """
        weights, at_reference = loaded.full_weights(alpha)
        return weights, at_reference - self.reference @ weights
