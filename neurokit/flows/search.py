"""The whole fit: several starts tried on some trials, the best run to its end."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from neurokit.flows.coloured import WHITE, Colour
from neurokit.flows.em import Fit, Watch, run_em
from neurokit.flows.observed import Observed
from neurokit.flows.poisson import Poisson, readout
from neurokit.flows.starts import components, first_order_start, langevin_start, turned
from neurokit.flows.variational import CountFit, run_variational_em

Array = NDArray[np.float64]

# Damping ratio, and smoothing of the data in bins, to begin with, in the order in which restarts
# take them. High damping comes first: a broad resonance finds its frequency, a narrow one sticks
# where it is. Smoothing hides fast modes, and noise hides slow ones.
STARTS = ((0.5, 2.0), (0.5, 0.8), (0.2, 0.8), (1.0, 3.0), (0.2, 2.0), (0.1, 0.8), (1.0, 1.0))
# Trials and iterations that starts are compared on.
_TRIAL_BINS, _TRIAL_ITERATIONS = 8000, 10
# Gaussian iterations that a Poisson fit begins with.
_GAUSSIAN_FIRST = 40


@dataclass(frozen=True)
class SearchOptions:
    """How to search.

    Parameters
    ----------
    n_latents : int
        Latent dimensions.
    order : int
        2 for Langevin dynamics, 1 for plain ones.
    n_restarts : int
        Starts, each with another damping; of order 1 there is one.
    max_iter : int
        Most iterations of the last stage.
    tol : float
        Relative gain below which it has converged.
    colour : Colour
        Of the process noise.
    """

    n_latents: int
    order: int = 2
    n_restarts: int = 4
    max_iter: int = 100
    tol: float = 1e-5
    colour: Colour = WHITE


def gaussian_search(
    data: Observed, options: SearchOptions, rng: np.random.Generator, watch: Watch | None = None
) -> tuple[Fit, Array]:
    """Fit a Gaussian emission.

    Parameters
    ----------
    data : Observed
        Signals, or roots of counts.
    options : SearchOptions
        How.
    rng : numpy.random.Generator
        Source of what has no start of its own.
    watch : callable, optional
        Given the fit at every iteration.

    Returns
    -------
    fit : Fit
        The best.
    evidence : (n_restarts,) ndarray
        Log-likelihood that each start reached on the trials it was tried on.
    """
    starts = _starts(data, options, rng)
    if len(starts) == 1:
        tried, best = np.full(1, np.nan), starts[0]
    else:
        some = data.trials(_spread_over(data))
        runs = [run_em(s, some, max_iter=_TRIAL_ITERATIONS, tol=1e-7) for s in starts]
        tried = np.array([run.trace[-1] for run in runs])
        best = runs[int(np.argmax(np.where(np.isfinite(tried), tried, -np.inf)))]
    best = replace(best, trace=(), converged=False)
    return run_em(best, data, max_iter=options.max_iter, tol=options.tol, watch=watch), tried


def _starts(data: Observed, options: SearchOptions, rng: np.random.Generator) -> list[Fit]:
    if options.order == 1:
        found = components(data, options.n_latents, rng, smoothing=STARTS[0][1])
        return [first_order_start(found, data)]
    starts = []
    for k in range(options.n_restarts):
        damping, smoothing = STARTS[k % len(STARTS)]
        found = components(data, options.n_latents, rng, smoothing=smoothing)
        if k >= len(STARTS):
            damping, found = damping * rng.uniform(0.5, 2.0), turned(found, rng)
        starts.append(langevin_start(found, data, damping=damping, colour=options.colour))
    return starts


def _spread_over(data: Observed) -> NDArray[np.int64]:
    """Evenly spaced trials that hold some thousand bins."""
    share = max(1, int(np.ceil(len(data.values) / _TRIAL_BINS)))
    return np.arange(0, data.n_trials, share)


def poisson_search(
    counts: Observed,
    roots: Observed,
    options: SearchOptions,
    rng: np.random.Generator,
    watch: Watch | None = None,
) -> tuple[CountFit, Array]:
    """Fit a Poisson emission, from a Gaussian fit of the square roots.

    Parameters
    ----------
    counts, roots : Observed
        Counts and their square roots.
    options : SearchOptions
        How.
    rng : numpy.random.Generator
        Source of what has no start of its own.
    watch : callable, optional
        Given the fit at every iteration.

    Returns
    -------
    fit : CountFit
        The best.
    evidence : (n_restarts,) ndarray
        Of the Gaussian starts.
    """
    first = replace(options, max_iter=_GAUSSIAN_FIRST)
    start, tried = gaussian_search(roots, first, rng)
    begin = CountFit(
        start.dynamics,
        readout_of(start, roots, counts),
        start.initial_mean,
        start.initial_covariance,
    )
    fit = run_variational_em(begin, counts, max_iter=options.max_iter, tol=options.tol, watch=watch)
    return fit, tried


def readout_of(fit: Fit, signal: Observed, counts: Observed) -> Poisson:
    """Poisson regression of counts on the smoothed positions of a Gaussian fit.

    Parameters
    ----------
    fit : Fit
        Of the roots of counts.
    signal, counts : Observed
        Roots and counts.

    Returns
    -------
    Poisson
        Loadings and offsets, with the positions' uncertainty taken into account.
    """
    p = fit.dynamics.n_observed
    found, _ = fit.explained(signal)
    return readout(counts, found.mean[:, :p], found.covariance[:, :p, :p])
