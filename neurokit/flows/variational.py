"""Poisson counts: a variational Gaussian over every path, and expectation-maximisation with it.

The posterior N(m, V) that maximises the bound E log p(y | x) - KL has the precision of the prior
plus C' diag(r) C and the mean at which C' (y - r) equals the prior's pull, both with rates r =
exp(eta + v / 2), v the variance of eta. A Newton step for it is one pass of the smoother over
sites J = C' diag(r) C, h = C' (y - r) + J m. Laplace's method has exp(eta) in both places, and
counts the uncertainty twice when loadings are learned from it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from neurokit.flows.accelerated import Anderson, settled
from neurokit.flows.dynamics import FirstOrder, Langevin
from neurokit.flows.em import (
    LEAST,
    Watch,
    better_dynamics,
    first_state,
    free_numbers,
    with_numbers,
)
from neurokit.flows.observed import Observed
from neurokit.flows.poisson import Poisson, penalty
from neurokit.flows.posterior import Chain, Posterior, Sites, moments, posterior

Array = NDArray[np.float64]


@dataclass(frozen=True)
class CountFit:
    """Everything learned of counts, with how it went.

    Parameters
    ----------
    dynamics : Langevin or FirstOrder
        Of the state.
    emission : Poisson
        From state to neurons.
    initial_mean, initial_covariance : ndarray
        Of first states.
    trace : tuple of float
        Bound of the log-likelihood, with the prior of loadings, per iteration.
    converged : bool
        Whether the last gain was below the tolerance.
    """

    dynamics: Langevin | FirstOrder
    emission: Poisson
    initial_mean: Array
    initial_covariance: Array
    trace: tuple[float, ...] = ()
    converged: bool = False

    def chain(self) -> Chain:
        """The state's prior in steps of a bin."""
        A, B, Q = self.dynamics.step()
        return Chain(A, Q, self.initial_mean, self.initial_covariance, B)


@dataclass(frozen=True)
class Variational:
    """The Gaussian over paths, its sites and its bound.

    Parameters
    ----------
    sites : Sites
        Whose product with the prior it is.
    found : Posterior
        Means and covariances.
    bound : float
        E log p(y | x) - KL[q || prior].
    rates : (n_bins, n_neurons) ndarray
        E exp(eta), expected counts per bin.
    """

    sites: Sites
    found: Posterior
    bound: float
    rates: Array


def evaluate(chain: Chain, emission: Poisson, data: Observed, sites: Sites) -> Variational:
    """Smooth under given sites, and say what bound that gives.

    Parameters
    ----------
    chain : Chain
        Prior.
    emission : Poisson
        Of counts.
    data : Observed
        Counts.
    sites : Sites
        Any.

    Returns
    -------
    Variational
        With its bound.
    """
    p = emission.loading.shape[1]
    found = posterior(chain, sites, data.inputs)
    x, V = found.mean[:, :p], found.covariance[:, :p, :p]
    rates = emission.rates(x, V)
    # KL[q || prior] = E log(sites) - log normaliser.
    second = V + x[:, :, None] * x[:, None, :]
    log_sites = float((sites.h * x).sum() - 0.5 * (sites.J * second).sum())
    likelihood = emission.expected_log_likelihood(data, x, rates)
    return Variational(sites, found, likelihood - log_sites + found.log_normaliser, rates)


def newton_sites(emission: Poisson, data: Observed, x: Array, rates: Array) -> Sites:
    """Sites of the Newton step at a mean and its rates."""
    p = x.shape[1]
    weight = np.where(data.seen, rates, 0.0)
    J = (weight @ emission.pairs()).reshape(-1, p, p)
    h = (data.values * data.seen - weight) @ emission.loading
    h += np.einsum("bij,bj->bi", J, x)
    return Sites(J, h, data.offsets, data.groups)


def first_sites(emission: Poisson, data: Observed) -> Sites:
    """Sites at the mean rates: where Newton starts without anything better."""
    n_bins, p = len(data.values), emission.loading.shape[1]
    n = np.maximum(data.seen.sum(axis=0), 1)
    rates = np.broadcast_to(data.values.sum(axis=0) / n + 0.01, data.values.shape)
    centre = np.zeros((n_bins, p))
    return newton_sites(emission, data, centre, rates)


def improve(
    chain: Chain,
    emission: Poisson,
    data: Observed,
    here: Variational,
    *,
    max_steps: int,
    tol: float = 1e-7,
) -> Variational:
    """Newton steps, each shortened until the bound does not fall.

    Parameters
    ----------
    chain, emission, data
        The model and the counts.
    here : Variational
        Where to begin.
    max_steps : int
        Most steps.
    tol : float
        Done when a step gains less than this share of the bound.

    Returns
    -------
    Variational
        Its bound is not lower.
    """
    p = emission.loading.shape[1]
    for _ in range(max_steps):
        target = newton_sites(emission, data, here.found.mean[:, :p], here.rates)
        share, better = 1.0, None
        for _ in range(8):
            mixed = _between(here.sites, target, share)
            tried = evaluate(chain, emission, data, mixed)
            if tried.bound >= here.bound - 1e-12 * abs(here.bound):
                better = tried
                break
            share *= 0.4
        if better is None:
            break
        gain, here = better.bound - here.bound, better
        if gain <= tol * abs(here.bound):
            break
    return here


def _between(a: Sites, b: Sites, share: float) -> Sites:
    if share == 1.0:
        return b
    return replace(a, J=a.J + share * (b.J - a.J), h=a.h + share * (b.h - a.h))


def infer(fit: CountFit, data: Observed, *, max_steps: int = 50) -> Variational:
    """Find the variational posterior from scratch.

    Parameters
    ----------
    fit : CountFit
        The model.
    data : Observed
        Counts.
    max_steps : int
        Most Newton steps.

    Returns
    -------
    Variational
        At its optimum.
    """
    alone, chain = data.apart(), fit.chain()
    start = evaluate(chain, fit.emission, alone, first_sites(fit.emission, alone))
    return improve(chain, fit.emission, alone, start, max_steps=max_steps, tol=1e-13)


def _followed(fit: CountFit, data: Observed, here: Variational) -> Variational:
    """One Newton step under a new model; its bound is not below what the old sites give."""
    tried = _newton_step(fit, data, here)
    if tried.bound >= here.bound:
        return tried
    chain = fit.chain()
    same = evaluate(chain, fit.emission, data, here.sites)
    return improve(chain, fit.emission, data, same, max_steps=3)


def _newton_step(fit: CountFit, data: Observed, here: Variational) -> Variational:
    p = fit.emission.loading.shape[1]
    x, V = here.found.mean[:, :p], here.found.covariance[:, :p, :p]
    sites = newton_sites(fit.emission, data, x, fit.emission.rates(x, V))
    return evaluate(fit.chain(), fit.emission, data, sites)


def run_variational_em(
    start: CountFit,
    data: Observed,
    *,
    max_iter: int,
    tol: float,
    watch: Watch | None = None,
) -> CountFit:
    """Raise the bound by turns: posterior, then dynamics and emission.

    Parameters
    ----------
    start : CountFit
        Where to begin.
    data : Observed
        Counts.
    max_iter : int
        Most iterations.
    tol : float
        Converged when the bound gains less than this share of itself per iteration, on average
        over five.
    watch : callable, optional
        Given the fit at every iteration.

    Returns
    -------
    CountFit
        With the trace of the bound.
    """
    data = data.apart()
    fit, converged, course = start, False, Anderson()
    here = infer(fit, data, max_steps=4)
    trace = [here.bound + penalty(fit.emission.loading)]
    for _ in range(max_iter):
        if watch is not None:
            watch(replace(fit, trace=tuple(trace[:-1])))
        least = trace[-1] + LEAST * tol * abs(trace[-1])
        fit, here = _ahead(fit, _maximised(fit, here, data), data, here, course, least)
        trace.append(here.bound + penalty(fit.emission.loading))
        if settled(trace, tol):
            converged = True
            break
    return replace(fit, trace=tuple(trace), converged=converged)


def _maximised(fit: CountFit, here: Variational, data: Observed) -> CountFit:
    p = fit.emission.loading.shape[1]
    sums = moments(here.found, data.offsets, data.inputs)
    mean, covariance = first_state(sums)
    x, V = here.found.mean[:, :p], here.found.covariance[:, :p, :p]
    return replace(
        fit,
        dynamics=better_dynamics(fit, sums, here.sites, data),
        emission=fit.emission.maximised(data, x, V, n_steps=1),
        initial_mean=mean,
        initial_covariance=covariance,
    )


def _ahead(
    fit: CountFit,
    better: CountFit,
    data: Observed,
    here: Variational,
    course: Anderson,
    least: float,
) -> tuple[CountFit, Variational]:
    """Leap as far as the course so far says, or take the plain step where the bound stays low."""
    leap = course.proposal(free_numbers(fit), free_numbers(better))
    if leap is not None:
        # A long leap may leave what a matrix exponential can hold; it is then taken back.
        with np.errstate(all="ignore"):
            further = with_numbers(better, leap, data)
            tried = _newton_step(further, data, here)
            reached = tried.bound + penalty(further.emission.loading)
        if reached > least:
            return further, tried
        course.forget()
    there = _followed(better, data, here)
    before = here.bound + penalty(fit.emission.loading)
    if there.bound + penalty(better.emission.loading) >= before:
        return better, there
    # The score of coloured dynamics holds for fixed sites; it may promise too much.
    better = replace(better, dynamics=fit.dynamics)
    return better, _followed(better, data, here)
