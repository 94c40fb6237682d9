"""Simulation-based calibration: are posteriors as wide as they say?

Parameters are drawn from the prior, data given them, and a chain given the data. The rank of the
true value of a function among thinned draws of the chain is uniform if the sampler and the model
agree; pairs reported to be together with some probability are so that often.

Talts, Betancourt, Simpson, Vehtari & Gelman (2018). arXiv:1804.06788
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.stats import chi2

# Functions whose ranks are counted: none depends on how clusters or states are numbered.
FUNCTIONS = (
    "clusters",
    "squared cluster sizes",
    "steps alike the first",
    "offset",
    "log extra",
    "log latent",
    "residuals of steps",
    "missing predictor",
)


@dataclass
class Calibration:
    """Ranks (replicate, function), and reported against true togetherness of pairs."""

    ranks: np.ndarray
    n_draws: int
    reported: np.ndarray
    together: np.ndarray

    def p_values(self, n_groups=10):
        """Chi-square p of every function's ranks in groups of equal width."""
        return np.array([uniform_p(column, self.n_draws, n_groups) for column in self.ranks.T])

    def share_together(self, low, high):
        """How often pairs reported between low and high are together, and how many these are."""
        chosen = (self.reported >= low) & (self.reported <= high)
        return float(self.together[chosen].mean()) if chosen.any() else np.nan, int(chosen.sum())


def uniform_p(ranks, n_draws, n_groups):
    """Chi-square p that ranks 0..n_draws are uniform; groups hold the same number of ranks."""
    assert (n_draws + 1) % n_groups == 0
    counts = np.bincount(ranks // ((n_draws + 1) // n_groups), minlength=n_groups)
    expected = len(ranks) / n_groups
    return float(chi2.sf(((counts - expected) ** 2).sum() / expected, n_groups - 1))


def rank_of(truth, draws, rng):
    """Number of draws below the truth; among equals at random, since many functions are counts."""
    below = int((draws < truth).sum())
    return below + int(rng.integers(0, int((draws == truth).sum()) + 1))


def calibrate(replicate, n_replicates, rng):
    """Repeat `replicate(rng)`, which gives (truths, draws, pairs_true, pairs_drawn)."""
    ranks, reported, together, n_draws = [], [], [], 0
    for _ in range(n_replicates):
        truths, draws, pairs_true, pairs_drawn = replicate(rng)
        n_draws = len(draws)
        ranks.append([rank_of(t, column, rng) for t, column in zip(truths, draws.T, strict=True)])
        reported.append(pairs_drawn.mean(axis=0))
        together.append(pairs_true)
    return Calibration(np.array(ranks), n_draws, np.concatenate(reported), np.concatenate(together))
