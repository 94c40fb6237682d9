"""What can be asked of a fitted linear flow: paths, rates, forecasts, likelihoods, samples."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from neurokit.errors import OptionError, SchemaError
from neurokit.estimator import Estimator, single_thread
from neurokit.flows.em import Fit
from neurokit.flows.given import Given, bin_width, check_same_neurons, gather, neuron_mask
from neurokit.flows.observed import Observed
from neurokit.flows.poisson import Poisson
from neurokit.flows.posterior import Posterior
from neurokit.flows.scoring import Scored
from neurokit.flows.storing import scales, stored_fit
from neurokit.flows.variational import CountFit, infer
from neurokit.randomness import as_generator

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Array = NDArray[np.float64]


class FlowReading(Scored, Estimator):
    """Questions to a fitted linear flow."""

    bin_width_: float
    input_labels_: NDArray[np.str_]
    transition_: xr.DataArray
    process_noise_: xr.DataArray
    input_step_: xr.DataArray
    input_: xr.DataArray
    initial_mean_: xr.DataArray
    initial_covariance_: xr.DataArray
    emission_: xr.DataArray
    emission_noise_: xr.DataArray
    offset_: xr.DataArray
    stiffness_: xr.DataArray
    friction_: xr.DataArray
    gyroscopic_: xr.DataArray
    circulatory_: xr.DataArray
    diffusion_: xr.DataArray
    frequencies_: xr.DataArray
    damping_ratios_: xr.DataArray
    log_likelihoods_: xr.DataArray
    noise_rates_: Array
    noise_weights_: Array
    readout_loading_: xr.DataArray
    readout_offset_: xr.DataArray
    of_roots_: bool
    n_iter_: int
    converged_: bool

    def _prepared(self, X: Any, inputs: Any) -> tuple[Given, Fit | CountFit]:
        self._check_fitted()
        given = gather(X, inputs)
        check_same_neurons(given, self.offset_)
        if given.data.inputs.shape[1] != self.input_step_.shape[1]:
            raise SchemaError(
                f"has {given.data.inputs.shape[1]} columns, the fit had "
                f"{self.input_step_.shape[1]}",
                where="inputs",
                mend="Give the inputs that fit had.",
            )
        # A step of the dynamics is one bin: bins of another width would be another model.
        bin_width(X, self.bin_width_)
        self._check_values(given)
        return given, stored_fit(self)

    def _check_values(self, given: Given) -> None:
        counts = self.of_roots_ or not hasattr(self, "emission_noise_")
        if counts and (given.data.values[given.data.seen] < 0).any():
            raise SchemaError("holds negative counts", where="X", mend="Give spikes per bin.")

    def _seen(self, given: Given) -> Observed:
        """Values on the scale that the emission is of."""
        return given.roots() if self.of_roots_ else given.data

    def _posterior(self, fit: Fit | CountFit, data: Observed) -> Posterior:
        if isinstance(fit, CountFit):
            return infer(fit, data).found
        return fit.explained(data)[0]

    def transform(self, X: Any, inputs: Any = None, *, held_out: Any = None) -> Any:
        """Smoothed latent paths, E[s_t | all of the trial].

        Parameters
        ----------
        X : recording, DataArray, ndarray, or list or mapping of them
            As in `fit`.
        inputs : as X, optional
            As in `fit`.
        held_out : sequence of str, int or bool, optional
            Neurons that are not looked at.

        Returns
        -------
        Dataset, or list or dict of them
            ``position`` and ``velocity`` (per second), with ``position_sd`` and ``velocity_sd``,
            over (trial, time, latent) in the form of `X`. Of first order there is no velocity.
        """
        given, fit = self._prepared(X, inputs)
        data = self._hidden(self._seen(given), given, held_out)
        with single_thread():
            found = self._posterior(fit, data)
        factor = scales(fit, self.bin_width_)
        mean = found.mean * factor
        spread = np.sqrt(np.einsum("bii->bi", found.covariance)) * factor
        p = fit.dynamics.n_observed
        latent = {"latent": np.arange(p)}
        parts = {"position": mean[:, :p], "position_sd": spread[:, :p]}
        if fit.dynamics.n_states > p:
            parts["velocity"] = mean[:, p : 2 * p]
            parts["velocity_sd"] = spread[:, p : 2 * p]
        arrays = {name: given.trials.labelled(rows, name, latent) for name, rows in parts.items()}
        return together(arrays)

    def _hidden(self, data: Observed, given: Given, held_out: Any) -> Observed:
        if held_out is None:
            return data
        return data.without(neuron_mask(held_out, given.trials.labels))

    def predict_rates(self, X: Any, inputs: Any = None, *, held_out: Any = None) -> Any:
        """Expected counts per bin, or the expected signal, given all of the trial.

        Parameters
        ----------
        X : recording, DataArray, ndarray, or list or mapping of them
            As in `fit`.
        inputs : as X, optional
            As in `fit`.
        held_out : sequence of str, int or bool, optional
            Neurons that are not looked at, but predicted (co-smoothing).

        Returns
        -------
        DataArray, or list or dict of them
            (time, neuron) or (trial, time, neuron) in the form of `X`; of counts
            E exp(c . z + d), never the exponential of a mean.
        """
        given, fit = self._prepared(X, inputs)
        data = self._hidden(self._seen(given), given, held_out)
        with single_thread():
            rates = self._rates(fit, self._posterior(fit, data))
        space = str(self.offset_.dims[0])
        found = given.trials.labelled(rates, "rate", {space: given.trials.labels})
        return with_attrs(found, self._rate_attrs())

    def _rate_attrs(self) -> dict[str, str]:
        if self._emits_counts():
            return {"units": "1", "long_name": "expected counts per bin"}
        return {"long_name": "expected signal"}

    def _emits_counts(self) -> bool:
        return hasattr(self, "readout_loading_") or not hasattr(self, "emission_noise_")

    def _rates(self, fit: Fit | CountFit, found: Posterior) -> Array:
        p = fit.dynamics.n_observed
        x, V = found.mean[:, :p], found.covariance[:, :p, :p]
        if isinstance(fit, CountFit):
            return fit.emission.rates(x, V)
        if hasattr(self, "readout_loading_"):
            readout = Poisson(self.readout_loading_.values, self.readout_offset_.values)
            return readout.rates(x, V)
        signal: Array = x @ fit.emission.loading.T + fit.emission.offset
        return signal

    def log_likelihood(
        self, X: Any, inputs: Any = None, *, per_trial: bool = False
    ) -> float | Array:
        """Log p(X) with all paths integrated out, nats; of Poisson counts its variational bound.

        Where square roots of counts were fitted it is the density of the roots.

        Parameters
        ----------
        X : recording, DataArray, ndarray, or list or mapping of them
            As in `fit`.
        inputs : as X, optional
            As in `fit`.
        per_trial : bool
            One number for each trial.

        Returns
        -------
        float or (n_trials,) ndarray
            Nats.
        """
        given, fit = self._prepared(X, inputs)
        data = self._seen(given)
        with single_thread():
            if not per_trial:
                return _evidence(fit, data)
            return np.array([_evidence(fit, data.trials([k])) for k in range(data.n_trials)])

    def forecast(self, X: Any, n_bins: int, inputs: Any = None, *, ahead_inputs: Any = None) -> Any:
        """Predict the bins after the last of every trial, with covariances.

        Parameters
        ----------
        X : recording, DataArray, ndarray, or list or mapping of them
            As in `fit`: what was seen.
        n_bins : int
            Bins ahead.
        inputs : as X, optional
            As in `fit`.
        ahead_inputs : (n_bins, n_inputs) or (n_trials, n_bins, n_inputs) array, optional
            Inputs of the bins ahead; default 0.

        Returns
        -------
        Dataset
            ``rate`` and ``rate_sd`` (trial, step, neuron), the expected counts or signal and its
            standard deviation without observation noise, ``path`` (trial, step, state) and
            ``path_covariance`` (trial, step, state, state_2); ``lead`` (step) in s.
        """
        from neurokit.flows.ahead import forecast

        given, fit = self._prepared(X, inputs)
        if isinstance(n_bins, bool) or not isinstance(n_bins, int | np.integer) or n_bins < 1:
            raise OptionError(f"is {n_bins!r}", where="n_bins", mend="Give a whole number from 1.")
        data = self._seen(given)
        with single_thread():
            found = self._posterior(fit, data)
        return forecast(self, fit, found, given, int(n_bins), ahead_inputs)

    def sample(
        self,
        n_bins: int = 100,
        n_trials: int = 1,
        *,
        inputs: Any = None,
        random_state: int | np.random.Generator | None = None,
    ) -> xr.Dataset:
        """Draw paths and what would be recorded.

        Parameters
        ----------
        n_bins : int
            Bins of each trial.
        n_trials : int
            Number of trials.
        inputs : (n_bins, n_inputs) or (n_trials, n_bins, n_inputs) array, optional
            Default 0.
        random_state : None, int or numpy.random.Generator
            Source of the draws.

        Returns
        -------
        Dataset
            ``response`` and ``rate`` (trial, time, neuron), ``path`` (trial, time, state).
        """
        from neurokit.flows.ahead import draw

        self._check_fitted()
        for name, value in (("n_bins", n_bins), ("n_trials", n_trials)):
            if isinstance(value, bool) or not isinstance(value, int | np.integer) or value < 1:
                raise OptionError(f"is {value!r}", where=name, mend="Give a whole number from 1.")
        rng = as_generator(random_state)
        return draw(self, stored_fit(self), int(n_bins), int(n_trials), inputs, rng)

    def plot(self) -> list[Axes]:
        """Draw the modes in the plane of frequency and damping, and the fit's course.

        Returns
        -------
        list of matplotlib.axes.Axes
            One per picture.
        """
        from neurokit.flows.plots import plot_model

        self._check_fitted()
        return plot_model(self)


def _evidence(fit: Fit | CountFit, data: Observed) -> float:
    return infer(fit, data).bound if isinstance(fit, CountFit) else fit.explained(data)[1]


def together(arrays: dict[str, Any]) -> Any:
    """Join arrays of one form (one, a list or a mapping) to Datasets in that form."""
    first = next(iter(arrays.values()))
    if isinstance(first, list):
        return [
            xr.Dataset({name: found[k] for name, found in arrays.items()})
            for k in range(len(first))
        ]
    if isinstance(first, dict):
        return {
            key: xr.Dataset({name: found[key] for name, found in arrays.items()}) for key in first
        }
    return xr.Dataset(arrays)


def with_attrs(found: Any, attrs: dict[str, str]) -> Any:
    """Give one array, a list or a mapping of them further attributes."""
    if isinstance(found, list):
        return [one.assign_attrs(attrs) for one in found]
    if isinstance(found, dict):
        return {key: one.assign_attrs(attrs) for key, one in found.items()}
    return found.assign_attrs(attrs)
