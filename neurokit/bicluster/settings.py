"""Fixed numbers of the model and of its sampler, and the data it sees."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from neurokit.bicluster.partition_prior import PartitionPrior
from neurokit.bicluster.smoothed_rates import likeness, smoothed

Array = NDArray[np.float64]
Mask = NDArray[np.bool_]
Labels = NDArray[np.int64]


@dataclass(frozen=True)
class Data:
    """Counts or values of all trials, one after the other.

    Parameters
    ----------
    y : (N, T) ndarray of float64
        0 where nothing was observed.
    seen : (N, T) ndarray of bool
        What was observed.
    edges : (n_trials + 1,) ndarray of int64
        Where trials begin, and T.
    family : int
        0 Poisson, 1 negative binomial, 2 Gaussian.
    """

    y: Array
    seen: Mask
    edges: Labels
    family: int

    @property
    def first(self) -> Labels:
        """First bin of every trial."""
        return self.edges[:-1]

    @property
    def last(self) -> Labels:
        """Last bin of every trial."""
        return self.edges[1:] - 1

    @cached_property
    def likeness(self) -> Array:
        """(N, N) likeness of smoothed rates, which split moves propose by."""
        return likeness(smoothed(self))


@dataclass(frozen=True)
class Settings:
    """Priors and what one sweep does.

    Parameters
    ----------
    n_latents : int
        p, dimensions of x.
    n_states : int
        Weak limit S.
    alpha, gamma, kappa : float
        Concentrations and stickiness of the transitions.
    partition : PartitionPrior
        Of the neurons.
    variance_shape, variance_scale : float
        Inverse gamma prior of Gaussian variances.
    n_particles : int
        Of the state path.
    scale_step : float
        Standard deviation of log a in the scale move.
    births_every : int
        Sweeps between attempts to found a cluster from the prior; 0 never.
    splits : int
        Split or merge attempts per sweep.
    coupled : bool
        One A, b and Q of all clusters per state. Clusters are then neither founded nor dropped:
        their number is given.
    moves : tuple of str
        Which moves a sweep makes; all of them leave the posterior invariant by themselves.
    """

    n_latents: int
    n_states: int
    partition: PartitionPrior
    alpha: float = 1.0
    gamma: float = 1.0
    kappa: float = 100.0
    variance_shape: float = 2.0
    variance_scale: float = 1.0
    n_particles: int = 10
    scale_step: float = 0.15
    births_every: int = 5
    splits: int = 1
    coupled: bool = False
    moves: tuple[str, ...] = (
        "paths",
        "dynamics",
        "scale",
        "transitions",
        "loadings",
        "extras",
        "clusters",
        "splits",
    )
