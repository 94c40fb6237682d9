"""Categorical responses: multinomial logit, the first category as the reference."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from neurokit.states.emissions import Emission, require

Array = NDArray[np.float64]


class Categorical(Emission):
    """p(y = c) = exp(eta_c) / sum_d exp(eta_d), with eta_0 = 0.

    Parameters
    ----------
    n_categories : int
        Responses are 0 ... n_categories - 1.
    """

    name = "categorical"

    def __init__(self, n_categories: int) -> None:
        self.n_categories = n_categories
        self.n_parts = n_categories - 1

    def _log_probability(self, predictor: Array) -> Array:
        """(..., neuron, category)."""
        reference = np.zeros((*predictor.shape[:-1], 1))
        eta = np.concatenate([reference, predictor], axis=-1)
        top = eta.max(axis=-1, keepdims=True)
        out: Array = eta - top - np.log(np.exp(eta - top).sum(axis=-1, keepdims=True))
        return out

    def log_likelihood(
        self, response: Array, predictor: Array, exposure: Array, scale: Array
    ) -> Array:
        """Of the category seen."""
        logs = self._log_probability(predictor)
        chosen = np.broadcast_to(response, logs.shape[:-1]).astype(np.int64)
        out: Array = np.take_along_axis(logs, chosen[..., None], axis=-1)[..., 0]
        return out

    def derivatives(
        self, response: Array, predictor: Array, exposure: Array, scale: Array
    ) -> tuple[Array, Array, Array]:
        """1[y = c] - p_c, and p_c 1[c = d] - p_c p_d."""
        chance = np.exp(self._log_probability(predictor))[..., 1:]
        value = self.log_likelihood(response, predictor, exposure, scale)
        seen = response[..., None] == np.arange(1, self.n_categories)
        information = -chance[..., :, None] * chance[..., None, :]
        diagonal = np.arange(self.n_parts)
        information[..., diagonal, diagonal] += chance
        return value, seen - chance, information

    def mean(self, predictor: Array, exposure: Array) -> Array:
        """Probability of each category, (..., neuron, category)."""
        out: Array = np.exp(self._log_probability(predictor))
        return out

    def draw(
        self, predictor: Array, exposure: Array, scale: Array, rng: np.random.Generator
    ) -> Array:
        """Categories."""
        edges = np.cumsum(self.mean(predictor, exposure), axis=-1)
        drawn = rng.random(edges.shape[:-1])
        out: Array = (drawn[..., None] > edges[..., :-1]).sum(axis=-1).astype(np.float64)
        return out

    def average(self, response: Array, observed: Array) -> Array:
        """Share of each category, (neuron, category)."""
        seen = (response[..., None] == np.arange(self.n_categories)) * observed[..., None]
        out: Array = seen.sum(axis=0) / np.maximum(observed.sum(axis=0), 1.0)[:, None]
        return out

    def start(self, mean: Array) -> Array:
        """Log ratios to the first category."""
        logs = np.log(np.maximum(mean, 1e-3))
        out: Array = logs[:, 1:] - logs[:, :1]
        return out

    def check(self, response: Array) -> None:
        """Whole numbers from 0 to n_categories - 1."""
        codes = np.arange(self.n_categories)
        require(
            response,
            np.isin(response, codes),
            f"categories are 0 to {self.n_categories - 1}",
            "Recode them; the largest code seen in fit sets their number.",
        )
