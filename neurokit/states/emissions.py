"""Observation models: log-likelihood, score and Fisher information in the linear predictor.

Shapes: response (..., neuron), predictor (..., neuron, part) with one part except for categorical
responses, scale (..., neuron): the variance of Gaussian, the size of negative binomial responses.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import gammaln

from neurokit.errors import SchemaError
from neurokit.states.links import Link, log_one_plus_exp, logistic

Array = NDArray[np.float64]


class Emission(ABC):
    """p(response | predictor) of one neuron in one bin; neurons are independent given the state.

    Attributes
    ----------
    name : str
        As the user writes it.
    n_parts : int
        Linear predictors per neuron.
    has_scale : bool
        Whether `update_scale` learns something.
    """

    name: str
    n_parts: int = 1
    has_scale: bool = False

    @abstractmethod
    def log_likelihood(
        self, response: Array, predictor: Array, exposure: Array, scale: Array
    ) -> Array:
        """Log p up to `constant`, (..., neuron)."""

    @abstractmethod
    def derivatives(
        self, response: Array, predictor: Array, exposure: Array, scale: Array
    ) -> tuple[Array, Array, Array]:
        """Value (..., neuron), score (..., neuron, part), information (..., part, part)."""

    @abstractmethod
    def mean(self, predictor: Array, exposure: Array) -> Array:
        """Expected response, (..., neuron); of categories their probabilities."""

    @abstractmethod
    def draw(
        self, predictor: Array, exposure: Array, scale: Array, rng: np.random.Generator
    ) -> Array:
        """One random response per neuron."""

    @abstractmethod
    def start(self, mean: Array) -> Array:
        """Predictor (neuron, part) whose expected response is `mean`."""

    @abstractmethod
    def check(self, response: Array) -> None:
        """Raise a SchemaError where a response is not possible."""

    def constant(self, response: Array) -> Array:
        """The part of log p that depends on no parameter, (..., neuron)."""
        return np.zeros_like(response)

    def average(self, response: Array, observed: Array) -> Array:
        """Mean response of each neuron, what `start` takes."""
        total = np.maximum(observed.sum(axis=0), 1.0)
        out: Array = (response * observed).sum(axis=0) / total
        return out

    def first_scale(self, response: Array, observed: Array) -> Array:
        """Starting scale of each neuron."""
        return np.ones(response.shape[1])

    def update_scale(
        self, response: Array, predictor: Array, exposure: Array, scale: Array, weight: Array
    ) -> Array:
        """Scale (neuron) that raises sum(weight * log p); weight (bins, neuron)."""
        return scale

    def scale_score(
        self, response: Array, predictor: Array, exposure: Array, scale: Array, weight: Array
    ) -> Array:
        """D sum(weight * log p) / d log(scale), (neuron)."""
        return np.zeros(response.shape[1])

    def lowest_scale(self, response: Array, observed: Array) -> Array:
        """Floor of the scale of each neuron."""
        return np.zeros(response.shape[1])


def require(response: Array, possible: NDArray[np.bool_], found: str, mend: str) -> None:
    """Raise unless all observed responses are possible.

    Parameters
    ----------
    response : ndarray
        NaN is not observed.
    possible : ndarray of bool
        Where it is possible.
    found : str
        What the model expects.
    mend : str
        What to do.

    Raises
    ------
    SchemaError
        Names the argument X.
    """
    wrong: NDArray[Any] = response[~possible & ~np.isnan(response)]
    if wrong.size:
        raise SchemaError(f"holds {wrong.flat[0]:g}; {found}", where="X", mend=mend)


class Poisson(Emission):
    """y ~ Poisson(exposure f(predictor)).

    Parameters
    ----------
    link : Link
        f.
    """

    name = "poisson"

    def __init__(self, link: Link) -> None:
        self.link = link

    def log_likelihood(
        self, response: Array, predictor: Array, exposure: Array, scale: Array
    ) -> Array:
        """Y log f - exposure f."""
        eta = predictor[..., 0]
        rate = self.link.rate(eta)
        out = self.link.log_rate(eta, rate) * response
        out -= rate * exposure
        return out

    def derivatives(
        self, response: Array, predictor: Array, exposure: Array, scale: Array
    ) -> tuple[Array, Array, Array]:
        """(y / f - exposure) f', and exposure f'^2 / f."""
        eta = predictor[..., 0]
        rate = self.link.rate(eta)
        value = self.link.log_rate(eta, rate) * response - rate * exposure
        if self.link.name == "exp":
            expected = rate * exposure
            return value, (response - expected)[..., None], expected[..., None, None]
        slope = self.link.slope(eta, rate)
        relative = slope / np.maximum(rate, np.finfo(float).tiny)
        score = response * relative - exposure * slope
        return value, score[..., None], (exposure * slope * relative)[..., None, None]

    def mean(self, predictor: Array, exposure: Array) -> Array:
        """Exposure f."""
        return self.link.rate(predictor[..., 0]) * exposure

    def draw(
        self, predictor: Array, exposure: Array, scale: Array, rng: np.random.Generator
    ) -> Array:
        """Counts."""
        return rng.poisson(finite_rate(self.mean(predictor, exposure))).astype(np.float64)

    def start(self, mean: Array) -> Array:
        """The link's inverse."""
        return self.link.inverse(mean)[:, None]

    def constant(self, response: Array) -> Array:
        """-log y!."""
        return np.asarray(-gammaln(response + 1.0))

    def check(self, response: Array) -> None:
        """Counts."""
        whole = (response >= 0) & (response == np.floor(response)) & np.isfinite(response)
        require(
            response,
            whole,
            "counts are whole numbers from 0",
            'Bin spikes with nk.signal.bin_spikes, or use observation="gaussian".',
        )


class Bernoulli(Emission):
    """y ~ Bernoulli(1 / (1 + exp(-predictor)))."""

    name = "bernoulli"

    def log_likelihood(
        self, response: Array, predictor: Array, exposure: Array, scale: Array
    ) -> Array:
        """Y eta - log(1 + exp(eta))."""
        eta = predictor[..., 0]
        out = eta * response
        out -= log_one_plus_exp(eta)
        return out

    def derivatives(
        self, response: Array, predictor: Array, exposure: Array, scale: Array
    ) -> tuple[Array, Array, Array]:
        """Y - p, and p (1 - p)."""
        eta = predictor[..., 0]
        chance = logistic(eta)
        value = self.log_likelihood(response, predictor, exposure, scale)
        return value, (response - chance)[..., None], (chance * (1.0 - chance))[..., None, None]

    def mean(self, predictor: Array, exposure: Array) -> Array:
        """Probability of 1."""
        return logistic(predictor[..., 0])

    def draw(
        self, predictor: Array, exposure: Array, scale: Array, rng: np.random.Generator
    ) -> Array:
        """0 or 1."""
        chance = self.mean(predictor, exposure)
        return (rng.random(chance.shape) < chance).astype(np.float64)

    def start(self, mean: Array) -> Array:
        """Log odds."""
        chance = np.clip(mean, 1e-3, 1.0 - 1e-3)
        return np.asarray(np.log(chance / (1.0 - chance)))[:, None]

    def check(self, response: Array) -> None:
        """0 and 1."""
        require(
            response,
            (response == 0) | (response == 1),
            "Bernoulli responses are 0 or 1",
            'Recode them, or use observation="poisson" for counts.',
        )


def finite_rate(rate: Array) -> Array:
    """Return rates that a generator of counts takes.

    Parameters
    ----------
    rate : ndarray
        Expected counts.

    Returns
    -------
    ndarray
        The same.

    Raises
    ------
    SchemaError
        If the feedback through history has made rates explode.
    """
    if not (rate < 1e9).all():
        raise SchemaError(
            f"rates of {np.max(rate):.3g} per bin: excitation feeds back on itself",
            where="sample",
            mend='Use weaker weights, or link="softplus" or "sigmoid".',
        )
    return rate
