"""How sure a fitted model is of its parameters: standard errors and bootstrap, with labels."""

from __future__ import annotations

from typing import Any

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from neurokit.errors import OptionError, check_option
from neurokit.estimator import counter, single_thread
from neurokit.randomness import as_generator
from neurokit.states.assembly import Given, make_problem
from neurokit.states.bases import history_basis
from neurokit.states.errors_of_fit import complete_errors, observed_errors
from neurokit.states.free_parameters import FreeParameters
from neurokit.states.interruption import ctrl_c_sets, run_until_stopped
from neurokit.states.labelling import labelled_parameters
from neurokit.states.options import n_workers, transition_prior
from neurokit.states.parameters import Parameters
from neurokit.states.priors import RidgePrior, WeightPrior
from neurokit.states.problem import FixedPrior, Problem
from neurokit.states.reading import StateReading
from neurokit.states.resampling import bootstrap_parameters

Array = NDArray[np.float64]

# More free parameters than this, and the observed information costs too many E-steps.
_MOST_PARAMETERS = 300


class StateUncertainty(StateReading):
    """Standard errors and bootstrap of a fitted hidden Markov model."""

    observation: str
    link: str | None
    history: Any
    coupling: bool
    ridge: float
    input_ridge: float
    bias: str
    max_iter: int
    tol: float
    progress: bool | None
    basis_weights_: xr.DataArray
    weight_precision_: xr.DataArray

    def _fitted_problem(self, data: Any, emission: Any, n_states: int) -> Problem:
        return make_problem(
            data,
            emission,
            n_states=n_states,
            n_basis=len(history_basis(self.history)),
            coupling=self.coupling,
            bias=self.bias,
            input_ridge=self.input_ridge,
            transition=transition_prior(self),
        )

    def _final_prior(self, problem: Problem) -> WeightPrior:
        if hasattr(self, "weight_precision_"):
            return FixedPrior(self.basis_weights_.values, self.weight_precision_.values)
        return RidgePrior(problem.weight_shape, float(self.ridge))

    def standard_errors(
        self,
        X: Any,
        inputs: Any = None,
        *,
        transition_inputs: Any = None,
        exposure: Any = None,
        method: str = "auto",
    ) -> xr.Dataset:
        """Square roots of the diagonal of the inverse information of the penalised likelihood.

        Kernels of history that were learned count as known.

        Parameters
        ----------
        X, inputs, transition_inputs, exposure
            What the model was fitted to.
        method : str
            "observed": the second derivative of the likelihood with all paths of states summed
            out (as Louis' formula gives), two E-steps per parameter; "complete": the Fisher
            information of the coefficients as if states were known, cheap and too small where
            they are not; "auto": the first with up to 300 parameters, else the second.

        Returns
        -------
        Dataset
            Standard errors under the names of the parameters; NaN for what is at the edge of what
            is possible (a transition that never happens). Of transition probabilities at inputs
            of zero, by the delta method.

        References
        ----------
        Louis (1982), doi:10.1111/j.2517-6161.1982.tb01203.x.
        """
        check_option("method", method, ("auto", "observed", "complete"))
        given, data, parameters, emission = self._prepared(X, inputs, transition_inputs, exposure)
        problem = self._fitted_problem(data, emission, parameters.n_states)
        prior = self._final_prior(problem)
        free = FreeParameters(parameters, problem.penalty(prior), emission.has_scale)
        if method == "auto":
            method = "observed" if sum(free.sizes) <= _MOST_PARAMETERS else "complete"
        compute = observed_errors if method == "observed" else complete_errors
        with single_thread():
            errors, filters = compute(data, problem, parameters, prior)
        found = self._as_dataset(errors, given, emission)
        if "weights" in found:
            found["weights"] = found["weights"].copy(data=filters)
        return found.drop_vars("initial").assign_attrs(method=method)

    def _as_dataset(self, parameters: Parameters, given: Given, emission: Any) -> xr.Dataset:
        arrays = labelled_parameters(
            parameters,
            basis=history_basis(self.history),
            labels=given.trials.labels,
            space=given.trials.space,
            input_labels=given.input_labels,
            transition_labels=given.transition_labels,
            shared_bias=self.bias == "shared",
            has_scale=emission.has_scale,
        )
        arrays.pop("filter_basis", None)
        return xr.Dataset(arrays)

    def bootstrap(
        self,
        X: Any,
        inputs: Any = None,
        *,
        transition_inputs: Any = None,
        exposure: Any = None,
        n_resamples: int = 100,
        random_state: int | np.random.Generator | None = None,
        n_jobs: int = 1,
    ) -> xr.Dataset:
        """Parameters of refits to trials drawn with replacement, states matched to this fit.

        Every refit starts from this fit and keeps what the prior has learned; states are matched
        by the overlap of their probabilities over all bins of `X`. Kernels of history that were
        learned stay as they are.

        Parameters
        ----------
        X, inputs, transition_inputs, exposure
            What the model was fitted to, at least two trials.
        n_resamples : int
            Number of refits.
        random_state : None, int or numpy.random.Generator
            Source of the draws.
        n_jobs : int
            Refits that run at once, -1 for one per processor; the result is the same bytes.

        Returns
        -------
        Dataset
            Every parameter with a leading dim ``resample``; take ``.quantile([0.025, 0.975],
            "resample")`` for intervals.

        Raises
        ------
        OptionError
            If there is one trial only, or a number is not allowed.
        KeyboardInterrupt
            At Ctrl-C; no draw is kept.

        References
        ----------
        Efron (1979), doi:10.1214/aos/1176344552.
        """
        if not isinstance(n_resamples, int | np.integer) or n_resamples < 1:
            raise OptionError(
                f"is {n_resamples!r}", where="n_resamples", mend="Give a whole number from 1."
            )
        given, data, parameters, emission = self._prepared(X, inputs, transition_inputs, exposure)
        if len(data.offsets) < 3:
            raise OptionError(
                "holds one trial", where="X", mend="Give at least two trials to draw from."
            )
        problem = self._fitted_problem(data, emission, parameters.n_states)
        rng, workers = as_generator(random_state), n_workers(n_jobs)

        def work() -> list[Parameters]:
            return bootstrap_parameters(
                data,
                problem,
                parameters,
                lambda: self._final_prior(problem),
                n_resamples=int(n_resamples),
                max_iter=self.max_iter,
                tol=self.tol,
                rng=rng,
                n_workers=workers,
                stop=stop,
                after=count,
            )

        bar = counter(int(n_resamples), label="bootstrap", show=self.progress)
        with single_thread(), ctrl_c_sets() as stop, bar as count:
            found = run_until_stopped(work, stop)
        draws = [self._as_dataset(each, given, emission) for each in found]
        return xr.concat(draws, "resample")
