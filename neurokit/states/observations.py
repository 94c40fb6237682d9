"""The arrays that a fit works on: responses, design columns, trials."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from neurokit.states.emissions import Emission

Array = NDArray[np.float64]
Index = NDArray[np.int64]


@dataclass(frozen=True)
class Observations:
    """All trials, one after the other.

    Parameters
    ----------
    response : (n_bins, n_neurons) ndarray
        0 where not observed.
    observed : (n_bins, n_neurons) ndarray, or None
        1 where observed, else 0; None where everything is.
    columns : (n_bins, n_columns) ndarray
        Regressors: history of every neuron on every basis function, inputs, and last the constant.
    exposure : (n_bins, 1) ndarray
        Factor of the rate.
    offsets : (n_trials + 1,) ndarray of int
        Where trials begin, and the end.
    transition_inputs : (n_bins, n_inputs) ndarray
        Regressors of the transition into each bin; (n_bins, 0) where transitions are stationary.
    constant : (n_bins,) ndarray
        Log-likelihood that depends on no parameter.
    """

    response: Array
    observed: Array | None
    columns: Array
    exposure: Array
    offsets: Index
    transition_inputs: Array
    constant: Array

    @property
    def n_observed_bins(self) -> int:
        """Bins in which at least one neuron was observed."""
        if self.observed is None:
            return len(self.response)
        return int((self.observed > 0).any(axis=1).sum())

    @property
    def mask(self) -> Array:
        """1 where observed, dense."""
        return np.ones_like(self.response) if self.observed is None else self.observed

    def take(self, trials: Index) -> Observations:
        """Some of the trials, in the order given; a trial may come more than once.

        Parameters
        ----------
        trials : ndarray of int
            Which.

        Returns
        -------
        Observations
            A copy.
        """
        lengths = np.diff(self.offsets)[trials]
        pieces = [np.arange(self.offsets[i], self.offsets[i + 1]) for i in trials]
        rows = np.concatenate(pieces) if pieces else np.zeros(0, dtype=np.int64)
        return replace(
            self,
            response=self.response[rows],
            observed=None if self.observed is None else self.observed[rows],
            columns=self.columns[rows],
            exposure=self.exposure[rows],
            offsets=np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64),
            transition_inputs=self.transition_inputs[rows],
            constant=self.constant[rows],
        )


def observations(
    values: Array,
    emission: Emission,
    columns: Array,
    exposure: Array,
    offsets: Index,
    transition_inputs: Array,
) -> Observations:
    """Put together what a fit works on.

    Parameters
    ----------
    values : (n_bins, n_neurons) ndarray
        Responses, NaN where not observed.
    emission : Emission
        The observation model.
    columns : (n_bins, n_columns) ndarray
        Regressors.
    exposure : (n_bins, 1) ndarray
        Factor of the rate.
    offsets : (n_trials + 1,) ndarray of int
        Of trials.
    transition_inputs : (n_bins, n_inputs) ndarray
        Regressors of transitions.

    Returns
    -------
    Observations
        Checked.
    """
    emission.check(values)
    missing = np.isnan(values)
    observed = (~missing).astype(np.float64) if missing.any() else None
    response = np.ascontiguousarray(np.where(missing, 0.0, values))
    constant = emission.constant(response)
    constant += response * np.log(exposure) if emission.name == "poisson" else 0.0
    constant = (constant if observed is None else constant * observed).sum(axis=1)
    return Observations(
        response,
        observed,
        np.ascontiguousarray(columns),
        exposure,
        offsets,
        transition_inputs,
        constant,
    )
