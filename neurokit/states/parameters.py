"""What a hidden Markov model with GLM emissions is made of, as arrays."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Index = NDArray[np.int64]


@dataclass(frozen=True)
class Parameters:
    """Parameters of all states.

    Parameters
    ----------
    coefficients : (n_states, n_neurons, n_parts, n_columns) ndarray
        Of the linear predictor; columns as in `design_columns`, the constant last.
    scale : (n_states, n_neurons) ndarray
        Variance (Gaussian) or size (negative binomial); ones otherwise.
    transition : (n_states, n_states) ndarray
        p(next | present), rows sum to 1. With transition inputs: where all inputs are zero.
    initial : (n_states,) ndarray
        p(state at the first bin of a trial).
    transition_coefficients : (n_states, n_states, n_inputs) ndarray
        Logits of the next state, the first input being the constant; empty if stationary.
    """

    coefficients: Array
    scale: Array
    transition: Array
    initial: Array
    transition_coefficients: Array

    @property
    def n_states(self) -> int:
        """Number of states."""
        return len(self.initial)

    def reorder(self, order: Index) -> Parameters:
        """The same model with its states in another order.

        Parameters
        ----------
        order : (n_states,) ndarray of int
            Which state comes first, second...

        Returns
        -------
        model : Parameters
            A copy.
        """
        return replace(
            self,
            coefficients=self.coefficients[order],
            scale=self.scale[order],
            transition=self.transition[np.ix_(order, order)],
            initial=self.initial[order],
            transition_coefficients=self.transition_coefficients[np.ix_(order, order)],
        )


def sticky_transition(n_states: int, stay: float = 0.98) -> Array:
    """A transition matrix that stays with probability `stay` and else goes anywhere.

    Returns
    -------
    (n_states, n_states) ndarray
        Rows sum to 1.
    """
    if n_states == 1:
        return np.ones((1, 1))
    out = np.full((n_states, n_states), (1.0 - stay) / (n_states - 1))
    np.fill_diagonal(out, stay)
    return out
