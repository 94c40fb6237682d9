"""Links: how a linear predictor becomes a rate, with the slope that Newton steps need.

Rates are numerically safe over the whole range of floats; where exp would overflow, the
likelihood is -inf and a step that leads there is halved.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

LOWEST_RATE = 1e-8
"""The sigmoid's rate lies between this and 1, so that its logarithm stays finite."""


@dataclass(frozen=True)
class Link:
    """rate = f(predictor).

    Parameters
    ----------
    name : str
        As the user writes it.
    rate : callable
        f(predictor).
    slope : callable
        f'(predictor), given predictor and rate.
    log_rate : callable
        log f(predictor), given predictor and rate; where they differ, more exact than np.log.
    inverse : callable
        The predictor of a rate, for starting values.
    """

    name: str
    rate: Callable[[Array], Array]
    slope: Callable[[Array, Array], Array]
    log_rate: Callable[[Array, Array], Array]
    inverse: Callable[[Array], Array]


def logistic(predictor: Array) -> Array:
    """1 / (1 + exp(-predictor)).

    Parameters
    ----------
    predictor : ndarray
        Any size of number.

    Returns
    -------
    ndarray
        Between 0 and 1.
    """
    with np.errstate(over="ignore"):
        # Of a single number numpy makes a scalar, which cannot be changed in place.
        out: Array = np.asarray(np.exp(-predictor))
    out += 1.0
    np.divide(1.0, out, out=out)
    return out


def log_one_plus_exp(predictor: Array) -> Array:
    """log(1 + exp(predictor)), without overflow.

    Parameters
    ----------
    predictor : ndarray
        Any size of number.

    Returns
    -------
    ndarray
        Not negative.
    """
    out: Array = np.log1p(np.exp(-np.abs(predictor)))
    return out + np.maximum(predictor, 0.0)


def _exponential(predictor: Array) -> Array:
    with np.errstate(over="ignore"):
        out: Array = np.exp(predictor)
    return out


def _bounded(predictor: Array) -> Array:
    out = logistic(predictor)
    out *= 1.0 - LOWEST_RATE
    out += LOWEST_RATE
    return out


def _bounded_slope(predictor: Array, rate: Array) -> Array:
    share = (rate - LOWEST_RATE) / (1.0 - LOWEST_RATE)
    return (1.0 - LOWEST_RATE) * share * (1.0 - share)


def _bounded_inverse(rate: Array) -> Array:
    share = np.clip(rate, 1e-6, 1.0 - 1e-3)
    out: Array = np.log(share / (1.0 - share))
    return out


def _softplus_log_rate(predictor: Array, rate: Array) -> Array:
    # Far below zero the rate is exp(predictor), and underflows long before its logarithm.
    low = predictor < -30.0
    out: Array = np.log(np.where(low, 1.0, rate))
    return np.where(low, predictor, out)


def _softplus_inverse(rate: Array) -> Array:
    positive = np.maximum(rate, 1e-6)
    out: Array = positive + np.log(-np.expm1(-positive))
    return out


LINKS = {
    "exp": Link(
        "exp",
        _exponential,
        lambda predictor, rate: rate,
        lambda predictor, rate: predictor,
        lambda rate: np.log(np.maximum(rate, 1e-6)),
    ),
    "softplus": Link(
        "softplus",
        log_one_plus_exp,
        lambda predictor, rate: logistic(predictor),
        _softplus_log_rate,
        _softplus_inverse,
    ),
    "sigmoid": Link(
        "sigmoid", _bounded, _bounded_slope, lambda predictor, rate: np.log(rate), _bounded_inverse
    ),
}
"""Links of count observations by name."""
