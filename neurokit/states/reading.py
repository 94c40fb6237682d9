"""What can be asked of a fitted model: states, likelihoods, predictions, samples, dwell times."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from neurokit.errors import LabelError, OptionError, SchemaError
from neurokit.estimator import Estimator, single_thread
from neurokit.randomness import as_generator
from neurokit.states.assembly import Given, data_of, gather
from neurokit.states.decoding import best_path
from neurokit.states.dwell import dwell_table
from neurokit.states.em import chain_of
from neurokit.states.emissions import Emission
from neurokit.states.likelihoods import log_emissions
from neurokit.states.observations import Observations
from neurokit.states.parameters import Parameters
from neurokit.states.sampling import sample_responses, sample_states
from neurokit.states.smoothing import filter_states, predict_states, smooth
from neurokit.states.storing import stored_parameters

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Array = NDArray[np.float64]


class StateReading(Estimator):
    """Questions to a fitted hidden Markov model."""

    transitions: str
    transition_: xr.DataArray
    bias_: xr.DataArray
    fill_: xr.DataArray

    def _prepared(
        self, X: Any, inputs: Any, transition_inputs: Any, exposure: Any
    ) -> tuple[Given, Observations, Parameters, Emission]:
        self._check_fitted()
        given = gather(X, inputs, transition_inputs, exposure, transitions=self.transitions)
        self._check_labels(given)
        parameters, emission, basis = stored_parameters(self)
        data = data_of(given, emission, basis, self.fill_.values)
        if data.columns.shape[1] != parameters.coefficients.shape[-1]:
            n_inputs = parameters.coefficients.shape[-1] - 1 - self.fill_.size * len(basis)
            raise SchemaError(
                f"has {given.inputs.shape[1]} columns, the fit had {n_inputs}",
                where="inputs",
                mend="Give the inputs that fit had.",
            )
        if data.transition_inputs.shape[1] != parameters.transition_coefficients.shape[2]:
            raise SchemaError(
                f"has {given.transition_inputs.shape[1]} columns, the fit had "
                f"{parameters.transition_coefficients.shape[2] - 1}",
                where="transition_inputs",
                mend="Give the inputs that fit had.",
            )
        return given, data, parameters, emission

    def _check_labels(self, given: Given) -> None:
        space = self.fill_.dims[0]
        if not np.array_equal(given.trials.labels, self.fill_[space].values):
            raise LabelError(
                f"has other {space}s than the fit ({given.trials.labels.size} and "
                f"{self.fill_.size}, or other labels)",
                where="X",
                mend="Select the neurons of the fit, in its order.",
            )

    def _states(self) -> dict[str, Any]:
        return {"state": self.transition_["state"].values}

    def predict_proba(
        self, X: Any, inputs: Any = None, *, transition_inputs: Any = None, exposure: Any = None
    ) -> Any:
        """p(z_t = k | all of the trial).

        Parameters
        ----------
        X, inputs, transition_inputs, exposure
            As in `fit`.

        Returns
        -------
        DataArray, or list or dict of them
            (time, state) or (trial, time, state) in the form of `X`.
        """
        given, data, parameters, emission = self._prepared(X, inputs, transition_inputs, exposure)
        with single_thread():
            logs = log_emissions(data, emission, parameters)
        found = smooth(logs, *chain_of(data, parameters)).probability
        return given.trials.labelled(found, "state_probability", self._states())

    def filter(
        self, X: Any, inputs: Any = None, *, transition_inputs: Any = None, exposure: Any = None
    ) -> Any:
        """p(z_t = k | the trial up to and with bin t): what could be known at the time.

        Parameters
        ----------
        X, inputs, transition_inputs, exposure
            As in `fit`.

        Returns
        -------
        DataArray, or list or dict of them
            (time, state) or (trial, time, state) in the form of `X`.
        """
        given, data, parameters, emission = self._prepared(X, inputs, transition_inputs, exposure)
        with single_thread():
            logs = log_emissions(data, emission, parameters)
        found, _ = filter_states(logs, *chain_of(data, parameters))
        return given.trials.labelled(found, "filtered_state_probability", self._states())

    def predict(
        self, X: Any, inputs: Any = None, *, transition_inputs: Any = None, exposure: Any = None
    ) -> Any:
        """E[y_t | all before t]: mean over states of the expected response, one step ahead.

        Parameters
        ----------
        X, inputs, transition_inputs, exposure
            As in `fit`.

        Returns
        -------
        DataArray, or list or dict of them
            (time, neuron) or (trial, time, neuron) in the form of `X`; of categorical responses
            the probability of each category.
        """
        given, data, parameters, emission = self._prepared(X, inputs, transition_inputs, exposure)
        with single_thread():
            chain = chain_of(data, parameters)
            filtered, _ = filter_states(log_emissions(data, emission, parameters), *chain)
            ahead = predict_states(filtered, *chain)
            mean: Array | float = 0.0
            for k in range(parameters.n_states):
                _, n_parts, n_columns = parameters.coefficients[k].shape
                flat = parameters.coefficients[k].reshape(-1, n_columns).T
                predictor = (data.columns @ flat).reshape(len(ahead), -1, n_parts)
                rate = emission.mean(predictor, data.exposure)
                mean = mean + ahead[:, k].reshape(-1, *[1] * (rate.ndim - 1)) * rate
        coords: dict[str, Any] = {given.trials.space: given.trials.labels}
        if np.ndim(mean) == 3:
            coords["category"] = np.arange(np.shape(mean)[2])
        return given.trials.labelled(np.asarray(mean), "expected_response", coords)

    def decode(
        self, X: Any, inputs: Any = None, *, transition_inputs: Any = None, exposure: Any = None
    ) -> Any:
        """The most probable path of states (Viterbi).

        Parameters
        ----------
        X, inputs, transition_inputs, exposure
            As in `fit`.

        Returns
        -------
        DataArray, or list or dict of them
            (time) or (trial, time) of int, in the form of `X`; -1 in padding.
        """
        given, data, parameters, emission = self._prepared(X, inputs, transition_inputs, exposure)
        with single_thread():
            logs = log_emissions(data, emission, parameters)
        path, _ = best_path(logs, *chain_of(data, parameters))
        return given.trials.labelled(path, "state", {})

    def log_likelihood(
        self,
        X: Any,
        inputs: Any = None,
        *,
        transition_inputs: Any = None,
        exposure: Any = None,
        per_trial: bool = False,
    ) -> float | NDArray[np.float64]:
        """Log p(X), with all paths of states summed out, nats.

        Parameters
        ----------
        X, inputs, transition_inputs, exposure
            As in `fit`.
        per_trial : bool
            One number for each trial.

        Returns
        -------
        float or (n_trials,) ndarray
            Nats.
        """
        _, data, parameters, emission = self._prepared(X, inputs, transition_inputs, exposure)
        with single_thread():
            logs = log_emissions(data, emission, parameters)
        _, found = filter_states(logs, *chain_of(data, parameters))
        return found if per_trial else float(found.sum())

    def score(
        self, X: Any, inputs: Any = None, *, transition_inputs: Any = None, exposure: Any = None
    ) -> float:
        """Log p(X) per bin in which anything was observed, nats.

        Parameters
        ----------
        X, inputs, transition_inputs, exposure
            As in `fit`.

        Returns
        -------
        float
            The higher, the better; NaN where nothing was observed.
        """
        _, data, parameters, emission = self._prepared(X, inputs, transition_inputs, exposure)
        with single_thread():
            logs = log_emissions(data, emission, parameters)
        _, found = filter_states(logs, *chain_of(data, parameters))
        n_bins = data.n_observed_bins
        return float(found.sum()) / n_bins if n_bins else float("nan")

    def sample(
        self,
        n_bins: int = 1000,
        n_trials: int = 1,
        *,
        inputs: Any = None,
        transition_inputs: Any = None,
        exposure: Any = None,
        random_state: int | np.random.Generator | None = None,
    ) -> xr.Dataset:
        """Draw states and responses from the model.

        Parameters
        ----------
        n_bins : int
            Bins of each trial.
        n_trials : int
            Number of trials.
        inputs : (n_trials, n_bins, n_inputs) array or DataArray, optional
            Needed where the model has them; (n_bins, n_inputs) serves all trials.
        transition_inputs : as inputs, optional
            Default `inputs`.
        exposure : float, optional
            Factor of the rate.
        random_state : None, int or numpy.random.Generator
            Source of the draws.

        Returns
        -------
        Dataset
            ``response`` (trial, time, neuron) and ``state`` (trial, time).
        """
        self._check_fitted()
        for name, value in (("n_bins", n_bins), ("n_trials", n_trials)):
            if isinstance(value, bool) or not isinstance(value, int | np.integer) or value < 1:
                raise OptionError(f"is {value!r}", where=name, mend="Give a whole number from 1.")
        space, labels = str(self.fill_.dims[0]), self.fill_.values
        blank = np.zeros((n_trials, n_bins, labels.size))
        given = gather(
            xr.DataArray(
                blank,
                dims=("trial", "time", space),
                coords={space: self.fill_[space].values},
            ),
            None if inputs is None else _for_trials(inputs, n_trials, "inputs"),
            None
            if transition_inputs is None
            else _for_trials(transition_inputs, n_trials, "transition_inputs"),
            exposure,
            transitions=self.transitions,
        )
        parameters, emission, basis = stored_parameters(self)
        n_expected = parameters.coefficients.shape[-1] - 1 - labels.size * len(basis)
        if given.inputs.shape[1] != n_expected:
            raise SchemaError(
                f"has {given.inputs.shape[1]} columns, the model {n_expected}",
                where="inputs",
                mend="Give an input for every column.",
            )
        rng = as_generator(random_state)
        moving, offsets = given.transition_inputs, given.trials.offsets
        if moving.shape[1]:
            moving = np.concatenate([np.ones((len(moving), 1)), moving], axis=1)
        states = sample_states(parameters, offsets, moving, rng)
        response = sample_responses(
            emission, parameters, states, offsets, basis, given.inputs, given.exposure, rng
        )
        return xr.Dataset(
            {
                "response": (
                    ("trial", "time", space),
                    response.reshape(n_trials, n_bins, -1),
                ),
                "state": (("trial", "time"), states.reshape(n_trials, n_bins)),
            },
            coords={space: self.fill_[space].values},
        )

    def dwell(
        self,
        X: Any,
        inputs: Any = None,
        *,
        transition_inputs: Any = None,
        exposure: Any = None,
        bin_s: float = 1.0,
    ) -> xr.Dataset:
        """Occupancy and dwell times of the most probable path; see `dwell_table`.

        Parameters
        ----------
        X, inputs, transition_inputs, exposure
            As in `fit`.
        bin_s : float
            Width of a bin, s.

        Returns
        -------
        Dataset
            Over ``state`` and over ``visit``.
        """
        _, data, parameters, emission = self._prepared(X, inputs, transition_inputs, exposure)
        with single_thread():
            logs = log_emissions(data, emission, parameters)
        path, _ = best_path(logs, *chain_of(data, parameters))
        return dwell_table(
            path,
            parameters.n_states,
            transition=parameters.transition,
            lengths=np.diff(data.offsets),
            bin_s=bin_s,
        )

    def reorder(self, order: NDArray[np.int64] | list[int]) -> Self:
        """Put the states in another order, in place.

        Parameters
        ----------
        order : (n_states,) array of int
            Which present state comes first, second...

        Returns
        -------
        StateReading
            Itself.
        """
        self._check_fitted()
        states = self.transition_["state"].values
        if sorted(map(int, order)) != list(range(len(states))):
            raise OptionError(
                f"is {list(map(int, order))}", where="order", mend="Give every state once."
            )
        index = np.asarray(order, dtype=np.int64)
        for name, value in self._fitted().items():
            if isinstance(value, xr.DataArray):
                for dim in ("state", "state_next"):
                    if dim in value.dims:
                        value = value.isel({dim: index}).assign_coords({dim: states})
                setattr(self, name, value)
        return self

    def plot(self) -> list[Axes]:
        """Draw transitions, and the couplings of every state.

        Returns
        -------
        list of matplotlib.axes.Axes
            One per picture.
        """
        from neurokit.states.plots import plot_model

        self._check_fitted()
        return plot_model(self)


def _for_trials(values: Any, n_trials: int, where: str) -> Any:
    array = np.asarray(values, dtype=np.float64)
    if array.ndim == 2:
        array = np.broadcast_to(array, (n_trials, *array.shape))
    if array.ndim != 3 or len(array) != n_trials:
        raise SchemaError(
            f"has shape {array.shape}", where=where, mend="Give (n_trials, n_bins, n_inputs)."
        )
    return array
