"""Rates of a misread jump process by EM that never falls, and their standard errors."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from neurokit.states.markov_jump_core import (
    Expectation,
    JumpParameters,
    Readings,
    expect,
    maximise,
)

Array = NDArray[np.float64]
Mask = NDArray[np.bool_]

# Half the step of the central difference of the score in log rates.
_STEP = 1e-4
# Expected jumps below which a rate lies on the edge of what is possible and has no error.
_FEWEST_JUMPS = 0.5


@dataclass(frozen=True)
class JumpFit:
    """What EM found.

    Parameters
    ----------
    parameters : JumpParameters
        The best.
    expectation : Expectation
        The E-step there.
    trace : list of float
        Best penalised log-likelihood after every E-step, nats.
    converged : bool
        Whether the last step gained less than the tolerance.
    interrupted : bool
        Whether the user stopped it.
    """

    parameters: JumpParameters
    expectation: Expectation
    trace: list[float]
    converged: bool
    interrupted: bool = False


def _packed(parameters: JumpParameters, free: Mask, learn: bool) -> Array:
    logs = np.log(parameters.rates[free])
    e = np.clip(parameters.misread, 1e-12, 1 - 1e-12)
    return np.append(logs, np.log(e / (1 - e))) if learn else logs


def _unpacked(packed: Array, like: JumpParameters, free: Mask, learn: bool) -> JumpParameters:
    rates = np.zeros_like(like.rates)
    rates[free] = np.exp(packed[: free.sum()])
    np.fill_diagonal(rates, -rates.sum(axis=1))
    misread = float(1 / (1 + np.exp(-packed[-1]))) if learn else like.misread
    return JumpParameters(rates, like.initial, misread)


def _extrapolated(
    zero: JumpParameters, one: JumpParameters, two: JumpParameters, learn: bool
) -> JumpParameters | None:
    """Where two EM steps point to (SQUAREM); None where they do not slow down steadily.

    In rates, not their logarithms: a rate on its way to zero gets there by steps of one ratio.
    """
    free = two.rates > 0
    a, b, c = (np.append(p.rates[free], p.misread if learn else 0.0) for p in (zero, one, two))
    weight = 1.0 / np.maximum(c, 1e-3 * c.mean())
    step, bend = b - a, (c - b) - (b - a)
    length = float(np.linalg.norm(weight * step)) / max(
        float(np.linalg.norm(weight * bend)), 1e-300
    )
    if not 1.0 < length < 1e8:
        return None
    far = np.clip(a + 2 * length * step + length**2 * bend, 0.1 * c, 10.0 * c)
    rates = np.zeros_like(two.rates)
    rates[free] = far[:-1]
    np.fill_diagonal(rates, -rates.sum(axis=1))
    return JumpParameters(rates, two.initial, min(float(far[-1]), 0.5) if learn else two.misread)


def fit_rates(
    readings: Readings,
    start: JumpParameters,
    *,
    learn_misread: bool,
    max_iter: int,
    tol: float,
    on_iteration: Callable[[int], None] | None = None,
) -> JumpFit:
    """Maximise log p(readings) + sum_k log initial_k by EM with extrapolated steps; it never falls.

    The second term keeps every first state possible.

    Parameters
    ----------
    readings : Readings
        All sequences.
    start : JumpParameters
        First values; a rate of exactly 0 stays 0.
    learn_misread : bool
        Whether the probability of misreading is learned.
    max_iter : int
        Most E-steps.
    tol : float
        Converged when the gain of an EM step per reading is below this, nats.
    on_iteration : callable, optional
        Called with the number of every iteration.

    Returns
    -------
    JumpFit
        The best found. An impossible start has a log-likelihood of minus infinity.

    References
    ----------
    .. [1] Varadhan and Roland (2008). doi:10.1111/j.1467-9469.2007.00585.x
    """
    n_read = max(int((readings.state >= 0).sum()), 1)
    climb = _Climb(readings, learn_misread, start)
    converged = interrupted = False
    try:
        while len(climb.trace) <= max_iter and np.isfinite(climb.height) and not converged:
            if on_iteration is not None:
                on_iteration(len(climb.trace))
            converged = climb.step() <= tol * n_read
            if not converged:
                climb.leap()
    except KeyboardInterrupt:
        converged, interrupted = False, True
    return JumpFit(climb.parameters, climb.expectation, climb.trace, converged, interrupted)


class _Climb:
    """The best parameters so far, and the two EM steps that a leap needs."""

    def __init__(self, readings: Readings, learn: bool, start: JumpParameters) -> None:
        self.readings, self.learn = readings, learn
        self.parameters, self.expectation = start, expect(readings, start)
        self.height = _objective(self.expectation, start)
        self.trace = [self.height]
        self._recent = [start]

    def step(self) -> float:
        """Make one EM step and return what it gained; one that would lose is not kept."""
        following = maximise(self.expectation, self.readings, self.parameters, learn=self.learn)
        gain = self._try(following)
        self._recent.append(following)
        return gain

    def leap(self) -> None:
        """After two steps, try where their lengths point to (SQUAREM)."""
        if len(self._recent) < 3:
            return
        target = _extrapolated(self._recent[0], self._recent[1], self._recent[2], self.learn)
        if target is not None:
            self._try(target)
        self._recent = [self.parameters]

    def _try(self, parameters: JumpParameters) -> float:
        expectation = expect(self.readings, parameters)
        height = _objective(expectation, parameters)
        gain = height - self.height
        if gain > 0:
            # One assignment, so that an interruption leaves parts that belong together.
            self.parameters, self.expectation, self.height = parameters, expectation, height
        self.trace.append(self.height)
        return gain


def _objective(expectation: Expectation, parameters: JumpParameters) -> float:
    return expectation.log_likelihood + float(np.log(parameters.initial).sum())


def _score(readings: Readings, parameters: JumpParameters, free: Mask, learn: bool) -> Array:
    """Gradient of the log-likelihood in log rates and log odds of misreading (Fisher's identity).

    A log rate's is expected jumps minus rate times expected time.
    """
    found = expect(readings, parameters)
    time = np.diagonal(found.jumps)
    score = (found.jumps - parameters.rates * time[:, None])[free]
    if not learn:
        return np.asarray(score)
    n_read = int((readings.state >= 0).sum())
    return np.append(score, found.misread - n_read * parameters.misread)


def standard_errors(
    readings: Readings, fit: JumpFit, *, learn_misread: bool
) -> tuple[Array, float]:
    """Standard errors from the observed information, by differences of the exact score.

    Parameters
    ----------
    readings : Readings
        What was fitted.
    fit : JumpFit
        At the maximum.
    learn_misread : bool
        Whether the probability of misreading was learned; then it takes part.

    Returns
    -------
    rates : (n_states, n_states) ndarray
        Per second; NaN on the diagonal, for rates with less than half an expected jump, and for
        all if the readings do not determine the rates.
    misread : float
        NaN where it was given.
    """
    parameters, n = fit.parameters, len(fit.parameters.rates)
    off = ~np.eye(n, dtype=bool)
    free = off & (parameters.rates > 0) & (fit.expectation.jumps > _FEWEST_JUMPS)
    at = _packed(parameters, free, learn_misread)
    kept = parameters.rates * (off & ~free)
    information = np.empty((at.size, at.size))
    for column, step in enumerate(_STEP * np.eye(at.size)):
        ahead, behind = (
            _score(readings, _with(p, parameters, kept, free, learn_misread), free, learn_misread)
            for p in (at + step, at - step)
        )
        information[column] = (behind - ahead) / (2 * _STEP)
    errors = _roots((information + information.T) / 2)
    rates = np.full((n, n), np.nan)
    rates[free] = errors[: free.sum()] * parameters.rates[free]
    e = parameters.misread
    return rates, float(errors[-1] * e * (1 - e)) if learn_misread else float("nan")


def _with(
    packed: Array, like: JumpParameters, kept: Array, free: Mask, learn: bool
) -> JumpParameters:
    moved = _unpacked(packed, like, free, learn)
    rates = np.where(np.eye(len(kept), dtype=bool), 0.0, moved.rates) + kept
    np.fill_diagonal(rates, -rates.sum(axis=1))
    return JumpParameters(rates, moved.initial, moved.misread)


def _roots(information: Array) -> Array:
    if information.size == 0:
        return np.zeros(0)
    values, vectors = np.linalg.eigh(information)
    if values[0] <= 1e-10 * values[-1]:
        return np.full(len(values), np.nan)
    return np.asarray(np.sqrt(np.sum(vectors**2 / values, axis=1)))
