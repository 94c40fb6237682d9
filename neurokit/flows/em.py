"""Expectation-maximisation of linear latent dynamics under a Gaussian emission."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize

from neurokit.flows.accelerated import Anderson, settled
from neurokit.flows.dynamics import (
    FirstOrder,
    Langevin,
    factor_vector,
    floored,
    from_factor,
    scored,
)
from neurokit.flows.gaussian import Gaussian
from neurokit.flows.observed import Observed
from neurokit.flows.posterior import (
    Chain,
    Moments,
    Posterior,
    Sites,
    moments,
    posterior,
    score,
)

Array = NDArray[np.float64]
Watch = Callable[[Any], None]

# Covariance of first states stays above this share of its mean eigenvalue.
_FIRST = 1e-4
# Of the tolerance: what gains no more is no leap.
LEAST = 0.1


@dataclass(frozen=True)
class Fit:
    """Everything learned, with how it went.

    Parameters
    ----------
    dynamics : Langevin or FirstOrder
        Of the state.
    emission : Gaussian or Poisson
        From state to neurons.
    initial_mean, initial_covariance : ndarray
        Of first states.
    trace : tuple of float
        Log-likelihood (or its bound) before every maximisation, and at the end.
    converged : bool
        Whether the last gain was below the tolerance.
    """

    dynamics: Langevin | FirstOrder
    emission: Gaussian
    initial_mean: Array
    initial_covariance: Array
    trace: tuple[float, ...] = ()
    converged: bool = False

    def chain(self) -> Chain:
        """The state's prior in steps of a bin."""
        A, B, Q = self.dynamics.step()
        return Chain(A, Q, self.initial_mean, self.initial_covariance, B)

    def explained(self, data: Observed) -> tuple[Posterior, float]:
        """Posterior of the path and log p(y)."""
        found = posterior(self.chain(), self.emission.sites(data), data.inputs)
        return found, found.log_normaliser + self.emission.constant(data)


def first_state(sums: Moments) -> tuple[Array, Array]:
    """Best mean and covariance of first states."""
    mean = sums.first_mean
    covariance = sums.first_second - np.outer(mean, mean)
    return mean, floored(0.5 * (covariance + covariance.T), _FIRST)


def run_em(
    start: Fit, data: Observed, *, max_iter: int, tol: float, watch: Watch | None = None
) -> Fit:
    """Maximise log p(y); it never falls.

    Parameters
    ----------
    start : Fit
        Where to begin.
    data : Observed
        What is fitted.
    max_iter : int
        Most iterations.
    tol : float
        Converged when the log-likelihood gains less than this share of itself per iteration, on
        average over five.
    watch : callable, optional
        Given the fit at every iteration.

    Returns
    -------
    Fit
        With the trace of the log-likelihood.
    """
    fit, converged, course = start, False, Anderson()
    found, value = fit.explained(data)
    trace = [value]
    for _ in range(max_iter):
        if watch is not None:
            watch(replace(fit, trace=tuple(trace[:-1])))
        better = _maximised(fit, found, data)
        least = value + LEAST * tol * abs(value)
        fit, found, value = _ahead(fit, better, data, course, least)
        trace.append(value)
        if settled(trace, tol):
            converged = True
            break
    return replace(fit, trace=tuple(trace), converged=converged)


def _maximised(fit: Fit, found: Posterior, data: Observed) -> Fit:
    sums = moments(found, data.offsets, data.inputs)
    mean, covariance = first_state(sums)
    return replace(
        fit,
        dynamics=better_dynamics(fit, sums, fit.emission.sites(data), data),
        emission=fit.emission.maximised(data, found),
        initial_mean=mean,
        initial_covariance=covariance,
    )


def _ahead(
    fit: Fit, better: Fit, data: Observed, course: Anderson, least: float
) -> tuple[Fit, Posterior, float]:
    """Leap as far as the course so far says, or take the plain step where that gains too little."""
    leap = course.proposal(free_numbers(fit), free_numbers(better))
    if leap is not None:
        # A long leap may leave what a matrix exponential can hold; it is then taken back.
        with np.errstate(all="ignore"):
            further = with_numbers(better, leap, data)
            found, reached = further.explained(data)
        if reached > least:
            return further, found, reached
        course.forget()
    return better, *better.explained(data)


def free_numbers(fit: Any) -> Array:
    """Return all that is learned as one vector.

    Parameters
    ----------
    fit : Fit or CountFit
        Any.

    Returns
    -------
    (n,) ndarray
        Of the order of 1 where data are; covariances by their factors.
    """
    first = factor_vector(fit.initial_covariance)
    return np.concatenate([fit.dynamics.vector(), fit.emission.vector(), fit.initial_mean, first])


def with_numbers(fit: Any, vector: Array, data: Observed) -> Any:
    """Return the fit of other free numbers.

    Parameters
    ----------
    fit : Fit or CountFit
        Of the same kind and size.
    vector : (n,) ndarray
        Of `free_numbers`.
    data : Observed
        Whose floors hold.

    Returns
    -------
    Fit or CountFit
        Covariances are above the floors that maximisation keeps to.
    """
    n_states = fit.dynamics.n_states
    sizes = [fit.dynamics.vector().size, fit.emission.vector().size, n_states]
    dynamics, emission, mean, lower = np.split(vector, np.cumsum(sizes))
    return replace(
        fit,
        dynamics=fit.dynamics.moved(dynamics),
        emission=fit.emission.moved(emission, data),
        initial_mean=mean,
        initial_covariance=floored(from_factor(lower, n_states), _FIRST),
    )


def better_dynamics(fit: Any, sums: Moments, sites: Sites, data: Observed) -> Langevin | FirstOrder:
    """Maximise over the dynamics: of white noise by expected sums, else by the exact score.

    States of coloured noise share one white noise, so that the noise of a step is singular but
    for rounding, and has no density to expect.

    Parameters
    ----------
    fit : Fit or CountFit
        Where to begin.
    sums : Moments
        Expected sums under it.
    sites : Sites
        Observations in information form.
    data : Observed
        Whose inputs and trials these are.

    Returns
    -------
    Langevin or FirstOrder
        The log-likelihood under these sites is not lower.
    """
    start: Langevin | FirstOrder = fit.dynamics
    if isinstance(start, FirstOrder) or not start.colour.rates.size:
        return start.maximised(sums)

    def loss(vector: Array) -> tuple[float, Array]:
        moved = replace(fit, dynamics=start.moved(vector))
        with np.errstate(over="ignore", invalid="ignore"):
            found = posterior(moved.chain(), sites, data.inputs)
            if not np.isfinite(found.log_normaliser):
                return np.inf, np.zeros_like(vector)
            slope = scored(moved.dynamics, score(found, data.offsets, data.inputs))
        if not np.isfinite(slope).all():
            return np.inf, np.zeros_like(vector)
        return -found.log_normaliser / size, -slope / size

    size = float(max(sums.n_transitions, 1))
    here = start.vector()
    best = minimize(loss, here, jac=True, method="L-BFGS-B", options={"maxiter": 4})
    return start.moved(best.x) if best.fun < loss(here)[0] else start
