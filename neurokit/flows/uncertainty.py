"""How well frequencies and damping ratios are known: observed information of the dynamics."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from neurokit.flows.discretise import modes
from neurokit.flows.dynamics import Langevin, scored
from neurokit.flows.em import Fit
from neurokit.flows.observed import Observed
from neurokit.flows.posterior import posterior, score
from neurokit.flows.variational import CountFit, Variational, evaluate, improve, infer

Array = NDArray[np.float64]

# Step of differences, relative to a parameter's size and at least this.
_STEP = 1e-4


@dataclass(frozen=True)
class ModeErrors:
    """Modes with standard errors, time in units of 5 bins.

    Parameters
    ----------
    angular, damping : (n_modes,) ndarray
        Undamped angular frequency and damping ratio.
    log_angular_error, log_damping_error : (n_modes,) ndarray
        Standard errors of their logarithms; NaN where the data do not tell.
    """

    angular: Array
    damping: Array
    log_angular_error: Array
    log_damping_error: Array


def mode_errors(fit: Fit | CountFit, data: Observed) -> ModeErrors:
    """Standard errors from the curvature of the log-likelihood, or its bound.

    Stiffness, friction and noise are free, the emission is held: positions cannot be told from
    their coordinates otherwise. Curvature comes from differences of the exact score.

    Parameters
    ----------
    fit : Fit or CountFit
        With Langevin dynamics, at its optimum.
    data : Observed
        What it was fitted to.

    Returns
    -------
    ModeErrors
        Of the modes of its drift.
    """
    dynamics = _langevin(fit)
    here = dynamics.vector()
    if isinstance(fit, CountFit):
        slope = _bound_score(fit, data.apart())
    else:
        slope = _exact_score(fit, data)
    steps = _STEP * np.maximum(np.abs(here), 0.1)
    curvature = np.empty((here.size, here.size))
    for k, step in enumerate(steps):
        move = np.zeros(here.size)
        move[k] = step
        curvature[k] = (slope(here + move) - slope(here - move)) / (2.0 * step)
    information = -0.5 * (curvature + curvature.T)
    covariance = np.linalg.pinv(information, hermitian=True)
    angular, damping = modes(dynamics.drift())
    by = _mode_slopes(dynamics, here, steps)
    with np.errstate(invalid="ignore"):
        errors = np.sqrt(np.einsum("mi,ij,mj->m", by, covariance, by))
    n = angular.size
    return ModeErrors(angular, damping, errors[:n], errors[n:])


def _langevin(fit: Fit | CountFit) -> Langevin:
    assert isinstance(fit.dynamics, Langevin)
    return fit.dynamics


def _exact_score(fit: Fit, data: Observed) -> Callable[[Array], Array]:
    sites = fit.emission.sites(data)

    def slope(vector: Array) -> Array:
        dynamics = _langevin(fit).moved(vector)
        found = posterior(replace(fit, dynamics=dynamics).chain(), sites, data.inputs)
        return scored(dynamics, score(found, data.offsets, data.inputs))

    return slope


def _bound_score(fit: CountFit, data: Observed) -> Callable[[Array], Array]:
    best = infer(fit, data)

    def slope(vector: Array) -> Array:
        dynamics = _langevin(fit).moved(vector)
        chain = replace(fit, dynamics=dynamics).chain()
        near: Variational = evaluate(chain, fit.emission, data, best.sites)
        near = improve(chain, fit.emission, data, near, max_steps=2, tol=0.0)
        return scored(dynamics, score(near.found, data.offsets, data.inputs))

    return slope


def _mode_slopes(dynamics: Langevin, here: Array, steps: Array) -> Array:
    """Derivative of log w and log |zeta| of every mode, (2 n_modes, n_free)."""

    def logs(vector: Array) -> Array:
        angular, damping = modes(dynamics.moved(vector).drift())
        with np.errstate(divide="ignore"):
            return np.concatenate([np.log(angular), np.log(np.abs(damping))])

    columns = []
    for k, step in enumerate(steps * 1e-2):
        move = np.zeros(here.size)
        move[k] = step
        columns.append((logs(here + move) - logs(here - move)) / (2.0 * step))
    return np.stack(columns, axis=1)
