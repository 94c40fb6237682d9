"""What expectation-maximisation needs to know beside the data: models, priors, what is allowed."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from neurokit.states.emissions import Emission
from neurokit.states.m_step import Penalty
from neurokit.states.parameters import Parameters
from neurokit.states.priors import WeightPrior
from neurokit.states.transitions import TransitionPrior

Array = NDArray[np.float64]


@dataclass
class FixedPrior:
    """A prior that has learned what it will: normal with given mean and precision.

    Parameters
    ----------
    mean, precision : (state, post, pre, basis) ndarray
        Of every weight.
    """

    mean: Array
    precision: Array

    def quadratic(self) -> tuple[Array, Array]:
        """As given."""
        return self.mean, self.precision

    def log_density(self, weights: Array) -> float:
        """Without its constant."""
        known = np.where(np.isfinite(self.precision), self.precision, 0.0)
        return float(-0.5 * (known * np.square(weights - self.mean)).sum())

    def update(self, weights: Array) -> None:
        """Nothing to learn."""

    def advance(self, weights: Array, information: Array) -> Array | None:
        """There is one stage."""
        return None

    def results(self) -> dict[str, Array]:
        """Nothing was learned."""
        return {}


@dataclass(frozen=True)
class Problem:
    """Models and priors of one fit.

    Parameters
    ----------
    emission : Emission
        The observation model.
    n_states : int
        Number of states.
    n_neurons : int
        Number of responses.
    n_basis : int
        Basis functions of history; 0 for none.
    n_columns : int
        Columns of the design.
    allowed : (n_neurons, n_columns) ndarray of bool
        Columns that a neuron uses.
    input_ridge : float
        Precision of input weights.
    bias : str
        Whether the constant has a coefficient for each "state", a "shared" one, or "none".
    transition : TransitionPrior
        Of the chain.
    """

    emission: Emission
    n_states: int
    n_neurons: int
    n_basis: int
    n_columns: int
    allowed: NDArray[np.bool_]
    input_ridge: float
    bias: str
    transition: TransitionPrior

    @property
    def n_coupling(self) -> int:
        """Columns of history."""
        return self.n_neurons * self.n_basis

    @property
    def weight_shape(self) -> tuple[int, int, int, int]:
        """(state, post, pre, basis)."""
        return (self.n_states, self.n_neurons, self.n_neurons, self.n_basis)

    def weights(self, parameters: Parameters) -> Array:
        """Coupling weights (state, post, pre, basis).

        Returns
        -------
        ndarray
            A copy.
        """
        return parameters.coefficients[:, :, 0, : self.n_coupling].reshape(self.weight_shape).copy()

    def penalty(self, prior: WeightPrior) -> Penalty:
        """The quadratic penalty of all coefficients under a prior of the coupling weights.

        Returns
        -------
        Penalty
            Inputs have the ridge, the constant is free, what is not allowed is pinned at 0.
        """
        shape = (self.n_states, self.n_neurons, self.emission.n_parts, self.n_columns)
        mean, precision = np.zeros(shape), np.zeros(shape)
        precision[..., self.n_coupling : -1] = self.input_ridge
        if self.n_basis:
            centre, strength = prior.quadratic()
            flat = (self.n_states, self.n_neurons, self.n_coupling)
            mean[:, :, 0, : self.n_coupling] = centre.reshape(flat)
            precision[:, :, 0, : self.n_coupling] = strength.reshape(flat)
        if self.bias == "none":
            precision[..., -1] = np.inf
        forbidden = np.broadcast_to(~self.allowed[None, :, None, :], shape)
        mean[forbidden], precision[forbidden] = 0.0, np.inf
        shared = np.zeros(self.n_columns, dtype=bool)
        shared[-1] = self.bias == "shared"
        return Penalty(mean, precision, shared)

    def log_prior(self, parameters: Parameters, prior: WeightPrior) -> float:
        """Log p(parameters) up to a constant.

        Returns
        -------
        float
            Nats.
        """
        inputs = parameters.coefficients[..., self.n_coupling : -1]
        out = self.transition.log_density(parameters)
        out -= 0.5 * self.input_ridge * float(np.square(inputs).sum())
        return out + (prior.log_density(self.weights(parameters)) if self.n_basis else 0.0)
