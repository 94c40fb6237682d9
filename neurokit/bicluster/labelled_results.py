"""Partitions, latents and rates as labelled arrays, whichever method found them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from neurokit.bicluster.observations import GAUSSIAN
from neurokit.estimator import Estimator

if TYPE_CHECKING:
    from neurokit.bicluster.cluster_number import Candidates
    from neurokit.bicluster.inputs import Given

Array = NDArray[np.float64]
Labels = NDArray[np.int64]

# A matrix over more bins would not fit; the partition of bins is still given.
MOST_CO_BINS = 5000
# What one kind of fit gives and another does not.
_OPTIONAL = ("acceptance_", "candidates_", "co_state_", "convergence_", "draws_")


class Labelled(Estimator):
    """Fitted attributes that sampled and variational fits share."""

    neuron_labels_: xr.DataArray
    state_labels_: xr.DataArray
    co_neuron_: xr.DataArray
    co_state_: xr.DataArray
    latents_: xr.Dataset
    rates_: xr.Dataset
    candidates_: xr.Dataset
    held_out_log_likelihood_: float

    def _forget(self) -> None:
        for name in _OPTIONAL:
            self.__dict__.pop(name, None)

    def _set_neurons(self, given: Given, labels: Labels, together: NDArray[np.float32]) -> None:
        space, names = given.trials.space, given.trials.labels
        beside = neuron_coords(given)
        self.neuron_labels_ = xr.DataArray(
            labels, dims=space, coords={space: names, **beside}, name="neuron_labels"
        )
        self.co_neuron_ = xr.DataArray(
            together,
            dims=(space, "partner"),
            coords={space: names, "partner": names, **beside},
            name="co_neuron",
        )

    def _set_states(
        self, given: Given, labels: Labels, together: NDArray[np.float32] | None
    ) -> None:
        self.state_labels_ = _of_bins(given, labels, "state_labels")
        if together is not None:
            self.co_state_ = xr.DataArray(together, dims=("bin", "bin_2"), name="co_state")

    def _set_latents(self, given: Given, states: Labels, mean: Array, sd: Array) -> None:
        dims = ("cluster", "bin", "latent")
        self.latents_ = xr.Dataset(
            {"mean": (dims, mean), "sd": (dims, sd)}, coords=_bin_coords(given, states)
        )

    def _set_rates(self, given: Given, states: Labels, mean: Array, sd: Array) -> None:
        """In units of the data."""
        space = given.trials.space
        scale, centre = given.scale[:, None], given.centre[:, None]
        offset = centre if given.data.family == GAUSSIAN else 0.0
        self.rates_ = xr.Dataset(
            {
                "mean": ((space, "bin"), mean * scale + offset),
                "sd": ((space, "bin"), sd * scale),
            },
            coords={
                space: given.trials.labels,
                **neuron_coords(given),
                **_bin_coords(given, states),
            },
        )

    def _set_score(self, given: Given, hidden: Labels, likelihood: Array) -> None:
        """Mean log-likelihood of hidden entries, in units of the data."""
        self.held_out_log_likelihood_ = float("nan")
        if len(hidden):
            # A fit sees Gaussian values in units of their spread.
            scale = np.log(given.scale[hidden[:, 0]])
            logs = np.log(np.maximum(likelihood, 1e-300))
            self.held_out_log_likelihood_ = float((logs - scale).mean())

    def _set_candidates(self, candidates: Candidates | None) -> None:
        if candidates is not None:
            self.candidates_ = xr.Dataset(
                {
                    "distance": ("n_clusters", candidates.distance),
                    "difference_error": ("n_clusters", candidates.difference_error),
                },
                coords={"n_clusters": candidates.n_clusters},
                attrs={"chosen": candidates.best},
            )


def neuron_coords(given: Given) -> dict[str, xr.Variable]:
    """Coordinates of neurons that do not stand where the results have their own.

    Parameters
    ----------
    given : Given
        What was fitted.

    Returns
    -------
    dict of str to Variable
        As ``region``.
    """
    taken = {"bin", "chain", "draw", "partner", "state", "time", "trial"}
    return {k: v for k, v in given.trials.space_coords.items() if k not in taken}


def _bin_coords(given: Given, states: Labels) -> dict[str, Any]:
    """Trial, state and, where there is a clock, time of every bin."""
    coords: dict[str, Any] = {"trial": ("bin", given.trials.trial_of_bin), "state": ("bin", states)}
    time = given.trials.time_of_bin
    return coords if time is None else {**coords, "time": ("bin", time)}


def _of_bins(given: Given, values: NDArray[Any], name: str) -> xr.DataArray:
    """Values per bin in the dims of one array, or along bins where there were several."""
    found = given.trials.labelled(values, name, {})
    if isinstance(found, xr.DataArray):
        return found
    trial = ("bin", given.trials.trial_of_bin)
    return xr.DataArray(values, dims="bin", coords={"trial": trial}, name=name)
