"""The estimator of hidden Markov models whose states are generalised linear models."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from neurokit.errors import ConvergenceWarning, NeurokitWarning, SchemaError
from neurokit.estimator import counter, single_thread
from neurokit.randomness import as_generator
from neurokit.states.assembly import (
    Given,
    count_categories,
    data_of,
    gather,
    make_emission,
    make_problem,
    mean_response,
)
from neurokit.states.bases import history_basis, learns_lags
from neurokit.states.em import Run, run_em
from neurokit.states.interruption import Interruption, ctrl_c_sets, run_until_stopped
from neurokit.states.labelling import blank_parameters, parameters_from
from neurokit.states.lag_learning import LagKernels
from neurokit.states.observations import Observations
from neurokit.states.options import check_parameters, n_workers, prior_maker, transition_prior
from neurokit.states.parameters import Parameters
from neurokit.states.priors import WeightPrior
from neurokit.states.problem import Problem
from neurokit.states.restarts import Search, SearchOptions, search
from neurokit.states.storing import keep_fit, keep_made
from neurokit.states.uncertainty import StateUncertainty

Array = NDArray[np.float64]


class GLMHMM(StateUncertainty):
    """Hidden Markov model in which every state is a generalised linear model of all neurons.

    p(z_t | z_{t-1}) = P,  y_tn | z_t = s ~ p(f(eta)),
    eta = bias[s, n] + sum_j sum_k h[s, n, j](k) y[t-k, j] + sum_d v[s, n, d] u[t, d],

    with history filters h = sum_b w[s, n, j, b] phi_b. Fitted by expectation-maximisation with one
    damped Newton step per iteration; the penalised log-likelihood never falls. A response that
    was not observed (NaN) takes no part in the likelihood, and stands in later histories as the
    neuron's mean; history starts anew with every trial.

    Parameters
    ----------
    n_states : int
        Number of states S.
    observation : str, default "poisson"
        "poisson", "bernoulli", "categorical", "gaussian" or "negative_binomial".
    link : str, optional
        Of Poisson rates: "softplus" (default), "exp" or "sigmoid" (between 1e-8 and 1).
    history : None, int, mapping or (n_basis, n_lags) array, default 5
        Basis of the history filters: a number L of bins for exp(-k), k = 1 ... L, of sum 1; or
        ``{"kind": "raised_cosine", "n_lags": 20, "n_basis": 4}``, ``{"kind": "lags", "n_lags":
        2}``, ``{"kind": "exponential", "n_lags": 10, "decay": [1, 4]}``; None for no history.
        ``{"kind": "learned", "n_lags": 10, "n_basis": 1}`` learns the functions with the weights:
        not negative, of sum 1, common to all states and couplings (``filter_basis_``).
    coupling : bool, default True
        Neurons see the history of all; False: only their own.
    prior : str or object, default "none"
        Of the coupling weights: "none" (only `ridge`), "gaussian" (around a learned matrix common
        to all states), "onehot" (every edge is inhibitory, absent or excitatory), "gumbel" (the
        paper's own fit; needs torch).
    ridge : float, default 1.0
        Precision of the coupling weights.
    input_ridge : float, default 1e-3
        Precision of the input weights.
    bias : str, default "state"
        "state" for one bias per state, "shared" for one of all states, "none" where an input
        serves as bias.
    transitions : str, default "stationary"
        "stationary", or "input": p(z_t = k | z_{t-1} = j) = softmax_k(a[j, k] + V[j, k] . u_t).
    stickiness : float, default 0.0
        Pseudo-counts of staying in a state.
    transition_prior : float, default 0.0
        Pseudo-counts of every transition.
    initial : str, default "learned"
        Probability of states at the start of trials: "learned" or "uniform".
    prior_connectivity, prior_connectome, prior_scale : optional
        Of the priors "gaussian" and "onehot"; see the guide to states.
    init : str or mapping, default "segments"
        "segments", "random", or a mapping of parameters to start from (``weights``, ``bias``,
        ``input_weights``, ``scale``, ``transition``, ``initial``, ``transition_weights``).
    n_restarts : int, default 5
        Number of starts; with many bins all are tried on some trials and the best run to the end.
    max_iter : int, default 200
        Most iterations.
    tol : float, default 1e-7
        Converged when the objective gains less than this per bin, nats.
    random_state : None, int or numpy.random.Generator
        Source of the starts.
    n_jobs : int, default 1
        Starts that run at once, -1 for one per processor; the result is the same bytes.
    progress : bool, optional
        Show how many iterations were done; None does when a terminal or notebook is attached.

    Attributes
    ----------
    weights_ : DataArray
        (state, post, pre) sum of the history filter over lags; present with history.
    basis_weights_ : DataArray
        (state, post, pre, basis) weights of the basis functions ``filter_basis_`` (basis, lag).
    adjacency_ : DataArray
        (state, post, pre) sign of the weight where it is beyond two standard errors, else 0.
    input_weights_ : DataArray
        (state, neuron, input), with a dim ``category`` for categorical responses.
    bias_ : DataArray
        (state, neuron), or (neuron) if shared.
    scale_ : DataArray
        (state, neuron) variance (gaussian) or size (negative binomial).
    transition_ : DataArray
        (state, state_next); with transition inputs where they are zero.
    transition_weights_ : DataArray
        (state, state_next, transition_input); zero for staying.
    initial_ : DataArray
        (state).
    occupancy_ : DataArray
        (state) mean posterior probability; states are sorted by it, unless `init` is a mapping.
    log_likelihood_ : float
        Of the data fitted, nats.
    objective_trace_ : DataArray
        (iteration) penalised log-likelihood of the run kept, with a coordinate ``stage``; it
        never falls within a stage.
    restart_objectives_ : DataArray
        (restart) penalised log-likelihood of every start, nats per bin.
    converged_ : bool
        Whether the run kept met `tol`.
    n_iter_ : int
        Its iterations.

    References
    ----------
    .. [1] Li et al. (2024), One-hot generalized linear model for switching brain state discovery,
       arXiv:2310.15263.
    .. [2] Escola et al. (2011), doi:10.1162/NECO_a_00118.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> state = np.repeat([0, 1, 0, 1], 100)
    >>> counts = rng.poisson(np.array([[0.2, 3.0], [3.0, 0.2]])[state])
    >>> model = GLMHMM(2, history=None, random_state=0).fit(counts)
    >>> found = model.decode(counts).values
    >>> bool(max((found == state).mean(), (found != state).mean()) > 0.98)
    True
    """

    def __init__(
        self,
        n_states: int,
        *,
        observation: str = "poisson",
        link: str | None = None,
        history: Any = 5,
        coupling: bool = True,
        prior: Any = "none",
        ridge: float = 1.0,
        input_ridge: float = 1e-3,
        bias: str = "state",
        transitions: str = "stationary",
        stickiness: float = 0.0,
        transition_prior: float = 0.0,
        initial: str = "learned",
        prior_connectivity: Any = None,
        prior_connectome: Any = None,
        prior_scale: float | None = None,
        init: str | Mapping[str, Any] = "segments",
        n_restarts: int = 5,
        max_iter: int = 200,
        tol: float = 1e-7,
        random_state: int | np.random.Generator | None = None,
        n_jobs: int = 1,
        progress: bool | None = None,
    ) -> None:
        self.n_states = n_states
        self.observation = observation
        self.link = link
        self.history = history
        self.coupling = coupling
        self.prior = prior
        self.ridge = ridge
        self.input_ridge = input_ridge
        self.bias = bias
        self.transitions = transitions
        self.stickiness = stickiness
        self.transition_prior = transition_prior
        self.initial = initial
        self.prior_connectivity = prior_connectivity
        self.prior_connectome = prior_connectome
        self.prior_scale = prior_scale
        self.init = init
        self.n_restarts = n_restarts
        self.max_iter = max_iter
        self.tol = tol
        self.random_state = random_state
        self.n_jobs = n_jobs
        self.progress = progress

    def fit(
        self,
        X: Any,
        inputs: Any = None,
        *,
        transition_inputs: Any = None,
        exposure: Any = None,
    ) -> Self:
        """Fit to recordings.

        Parameters
        ----------
        X : recording, DataArray, ndarray, or list or mapping of them
            (time, neuron) or (trial, time, neuron); a list is a list of trials. NaN is not
            observed. Choices without a time axis are (session, choice, 1).
        inputs : as X, optional
            (..., input) regressors of every bin.
        transition_inputs : as X, optional
            Regressors of the transition into every bin; default `inputs`. Only with
            ``transitions="input"``.
        exposure : float or as X without its last dim, optional
            Factor of the rate, for instance the width of a bin, s.

        Returns
        -------
        GLMHMM
            Itself, fitted.

        Raises
        ------
        OptionError
            If a parameter has a value that is not allowed.
        SchemaError
            If data have other dims, impossible values or inputs of other lengths.
        """
        check_parameters(self)
        bar = counter(label=type(self).__name__, show=self.progress)
        with single_thread(), ctrl_c_sets() as stop, bar as count:
            given, data, fill = self.prepare(X, inputs, transition_inputs, exposure)
            problem = self.make_problem(data)
            found = self._search(data, problem, given, fill, stop, count)
            keep_fit(self, found, data, problem, given, fill)
        self.converged_ = found.best.converged and not stop.is_set()
        self._set_history(X)
        if stop.is_set():
            raise KeyboardInterrupt
        self._warn()
        return self

    @classmethod
    def from_parameters(
        cls,
        *,
        transition: Any,
        bias: Any = 0.0,
        weights: Any = None,
        input_weights: Any = None,
        transition_weights: Any = None,
        initial: Any = None,
        scale: Any = None,
        neurons: Any = None,
        n_neurons: int | None = None,
        n_categories: int = 2,
        **options: Any,
    ) -> Self:
        """Make a model of known parameters, to sample from or to score data with.

        Parameters
        ----------
        transition : (n_states, n_states) array
            Rows sum to 1; with `transition_weights` where inputs are zero.
        bias : array that broadcasts to (n_states, n_neurons[, n_categories - 1])
            Of the linear predictor.
        weights : (n_states, n_neurons, n_neurons[, n_basis]) array, optional
            Couplings (state, post, pre); needed with history.
        input_weights : (n_states, n_neurons[, n_categories - 1], n_inputs) array, optional
            Of inputs.
        transition_weights : (n_states, n_states, n_inputs) array, optional
            Of transition inputs.
        initial : (n_states,) array, optional
            Default uniform.
        scale : array that broadcasts to (n_states, n_neurons), optional
            Variance (gaussian) or size (negative binomial).
        neurons : sequence of str, optional
            Names.
        n_neurons : int, optional
            Where nothing else tells; default 1.
        n_categories : int
            Of categorical responses.
        **options
            Parameters of the class: ``observation``, ``history``, ``link``, ...

        Returns
        -------
        GLMHMM
            As if fitted; missing responses count as 0 in histories.

        Raises
        ------
        OptionError
            If shapes do not fit each other.

        Examples
        --------
        >>> model = GLMHMM.from_parameters(
        ...     transition=[[0.9, 0.1], [0.2, 0.8]], bias=[[0.1], [3.0]], history=None
        ... )
        >>> model.sample(4, random_state=0).response.shape
        (1, 4, 1)
        """
        moves = np.asarray(transition, dtype=np.float64)
        options.setdefault("transitions", "stationary" if transition_weights is None else "input")
        model = cls(len(moves), **options)
        check_parameters(model)
        parts: dict[str, Any] = {
            "transition": moves,
            "bias": bias,
            "weights": weights,
            "input_weights": input_weights,
            "transition_weights": transition_weights,
            "initial": initial,
            "scale": scale,
        }
        made = {name: value for name, value in parts.items() if value is not None}
        keep_made(model, made, neurons=neurons, n_neurons=n_neurons, n_categories=n_categories)
        return model

    def prepare(
        self, X: Any, inputs: Any = None, transition_inputs: Any = None, exposure: Any = None
    ) -> tuple[Given, Observations, Array]:
        """Bring data to what the fit works on.

        Parameters
        ----------
        X, inputs, transition_inputs, exposure
            As in `fit`.

        Returns
        -------
        given : Given
            The data as plain arrays with labels.
        data : Observations
            Responses and design.
        fill : (n_neurons,) ndarray
            Mean responses.

        Raises
        ------
        SchemaError
            If `X` holds NaN only.
        """
        given = gather(X, inputs, transition_inputs, exposure, transitions=self.transitions)
        n_categories = count_categories(given.trials.values)
        emission = make_emission(self.observation, self.link, n_categories)
        fill = mean_response(given.trials.values)
        if np.isnan(given.trials.values).all():
            raise SchemaError(
                "holds NaN only: nothing was observed", where="X", mend="Give data to fit to."
            )
        return given, data_of(given, emission, history_basis(self.history), fill), fill

    def make_problem(self, data: Observations) -> Problem:
        """Models and priors of the fit to some data.

        Parameters
        ----------
        data : Observations
            Responses and design.

        Returns
        -------
        Problem
            For expectation-maximisation.
        """
        return make_problem(
            data,
            make_emission(self.observation, self.link, count_categories(data.response)),
            n_states=self.n_states,
            n_basis=len(history_basis(self.history)),
            coupling=self.coupling,
            bias=self.bias,
            input_ridge=self.input_ridge,
            transition=transition_prior(self),
        )

    def start_kernels(self, fill: Array) -> LagKernels | None:
        """Kernels of history to begin learning with, if they are to be learned.

        Parameters
        ----------
        fill : (n_neurons,) ndarray
            Mean responses.

        Returns
        -------
        LagKernels or None
            Those that `prepare` filters by.
        """
        if not learns_lags(self.history):
            return None
        return LagKernels(history_basis(self.history), fill)

    def _search(
        self,
        data: Observations,
        problem: Problem,
        given: Given,
        fill: Array,
        stop: Interruption,
        count: Callable[[], None],
    ) -> Search:
        """All starts, in a thread of their own so that Ctrl-C ends them between iterations."""
        rng = as_generator(self.random_state)
        maker = prior_maker(self, problem, given)
        if isinstance(self.init, Mapping):
            kind, n_restarts = "given", 1
        else:
            kind, n_restarts = self.init, self.n_restarts
        options = SearchOptions(kind, n_restarts, self.max_iter, self.tol, n_workers(self.n_jobs))
        kernels = self.start_kernels(fill)

        def after(iteration: int, objective: float) -> None:
            count()

        def work() -> Search:
            if self.prior == "gumbel":
                from neurokit.states.gumbel_search import search_gumbel

                return search_gumbel(
                    data,
                    problem,
                    observation=self.observation,
                    link=self.link,
                    max_iter=self.max_iter,
                    rng=rng,
                    stop=stop.is_set,
                    after=count,
                )
            if isinstance(self.init, Mapping):
                return self._from_start(data, problem, maker(), stop, after, kernels)
            return search(
                data, problem, maker, options, rng, stop=stop, after=after, kernels=kernels
            )

        return run_until_stopped(work, stop)

    def _from_start(
        self,
        data: Observations,
        problem: Problem,
        prior: WeightPrior,
        stop: Interruption,
        after: Callable[[int, float], None],
        kernels: LagKernels | None,
    ) -> Search:
        given = self.init if isinstance(self.init, Mapping) else {}
        blank = blank_parameters(
            self.n_states,
            problem.n_neurons,
            problem.emission.n_parts,
            problem.n_columns,
            data.transition_inputs.shape[1],
        )
        start = parameters_from(given, blank, n_neurons=problem.n_neurons, n_basis=problem.n_basis)
        if "scale" not in given:
            scale = problem.emission.first_scale(data.response, data.mask)
            start = Parameters(
                start.coefficients,
                np.repeat(scale[None], self.n_states, axis=0),
                start.transition,
                start.initial,
                start.transition_coefficients,
            )
        run: Run = run_em(
            data,
            problem,
            start,
            prior,
            max_iter=self.max_iter,
            tol=self.tol,
            stop=stop.is_set,
            after=after,
            kernels=kernels,
        )
        objective = run.objective[-1] / max(data.n_observed_bins, 1)
        return Search(run, prior, np.array([objective]))

    def _warn(self) -> None:
        if not self.converged_:
            text = f"GLMHMM: {self.n_iter_} iterations did not reach tol; raise max_iter or tol."
            warnings.warn(text, ConvergenceWarning, stacklevel=3)
        n_empty = int((self.occupancy_ < 1e-3).sum())
        if n_empty:
            text = (
                f"GLMHMM: {n_empty} of {self.n_states} states are hardly visited; use fewer "
                "n_states (select_states tells how many) or more n_restarts."
            )
            warnings.warn(text, NeurokitWarning, stacklevel=3)
