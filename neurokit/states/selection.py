"""How many states: likelihood of held-out trials, and information criteria."""

from __future__ import annotations

import operator
import warnings
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from neurokit.errors import NeurokitWarning, OptionError, check_option
from neurokit.estimator import counter, single_thread
from neurokit.randomness import as_generator
from neurokit.states.em import posterior_of
from neurokit.states.interruption import Stop, ctrl_c_sets, run_until_stopped
from neurokit.states.lag_learning import LagKernels, with_kernels
from neurokit.states.model import GLMHMM
from neurokit.states.observations import Observations
from neurokit.states.options import check_parameters, n_workers, prior_maker
from neurokit.states.problem import Problem
from neurokit.states.restarts import Search, SearchOptions, in_parallel, search

Array = NDArray[np.float64]
Index = NDArray[np.int64]


@dataclass(frozen=True)
class _Job:
    model: GLMHMM
    fold: int
    rng: np.random.Generator


def select_states(
    X: Any,
    inputs: Any = None,
    *,
    n_states: Iterable[int] = range(1, 8),
    n_folds: int = 5,
    criterion: str = "held_out",
    transition_inputs: Any = None,
    exposure: Any = None,
    random_state: int | np.random.Generator | None = None,
    n_jobs: int = 1,
    **options: Any,
) -> xr.Dataset:
    """Held-out log-likelihood per bin and information criteria for several numbers of states.

    Whole trials are held out, and their likelihood is that of the forward pass: bins of a trial
    that was trained on say nothing about a new one. A single trial is cut into contiguous pieces.

    Parameters
    ----------
    X, inputs : as in ``GLMHMM.fit``
        Data.
    n_states : iterable of int
        Numbers of states to try.
    n_folds : int
        Folds of trials; at most as many as there are trials.
    criterion : str
        What ``best_n_states`` goes by: "held_out", the fewest states whose held-out likelihood
        is within one standard error (of the paired differences over folds) of the best; or "bic".
    transition_inputs, exposure : as in ``GLMHMM.fit``
        Data.
    random_state : None, int or numpy.random.Generator
        Source of the folds and starts.
    n_jobs : int
        Fits that run at once, -1 for one per processor; the result is the same bytes.
    **options
        Parameters of `GLMHMM`.

    Returns
    -------
    Dataset
        ``log_likelihood`` (n_states, fold) of held-out trials, nats per bin; ``bic``, ``aic`` and
        ``n_parameters`` (n_states) of fits to all trials; attr ``best_n_states``.

    Raises
    ------
    OptionError
        If a number of states or folds is not allowed.
    KeyboardInterrupt
        At Ctrl-C; no fit is kept.

    References
    ----------
    Ashwood et al. (2022), doi:10.1038/s41593-021-01007-z.

    Examples
    --------
    >>> known = GLMHMM.from_parameters(
    ...     transition=[[0.9, 0.1], [0.1, 0.9]], bias=[[-1.0], [4.0]], history=None
    ... )
    >>> counts = known.sample(100, 10, random_state=0).response
    >>> found = select_states(counts, n_states=[1, 2], history=None, random_state=0)
    >>> found.best_n_states
    2
    """
    check_option("criterion", criterion, ("held_out", "bic"))
    numbers = _numbers_of_states(n_states)
    for name in options:
        check_option("select_states", name, sorted(set(GLMHMM(1).get_params()) - {"n_states"}))
    models = [GLMHMM(n, **options) for n in numbers]
    if not models or not isinstance(n_folds, int | np.integer) or n_folds < 2:
        raise OptionError(
            f"{numbers} states, {n_folds} folds",
            where="n_states, n_folds",
            mend="Give at least one number of states and two folds.",
        )
    for model in models:
        check_parameters(model)
    _refuse_other_fits(models[0])
    rng, workers = as_generator(random_state), n_workers(n_jobs)
    with single_thread(), ctrl_c_sets() as stop:
        given, data, fill = models[0].prepare(X, inputs, transition_inputs, exposure)
        data, kernels = _with_trials(data, n_folds), models[0].start_kernels(fill)
        fold = _folds(len(data.offsets) - 1, n_folds, rng)
        jobs = [
            _Job(model, index, stream)
            for model in models
            for index, stream in zip(
                range(-1, fold.max() + 1), rng.spawn(fold.max() + 2), strict=True
            )
        ]

        def run(job: _Job) -> tuple[float, float]:
            found = _one(job, data, given, fold, stop, kernels)
            count()
            return found

        bar = counter(len(jobs), label="select_states", show=models[0].progress)
        with warnings.catch_warnings(), bar as count:
            warnings.simplefilter("ignore", NeurokitWarning)
            results = run_until_stopped(lambda: in_parallel(run, jobs, workers, stop), stop)
    table = np.array(results).reshape(len(models), -1, 2)
    return _dataset(numbers, table, data, criterion)


def _numbers_of_states(n_states: Iterable[int]) -> list[int]:
    """Without repetition, increasing."""
    try:
        return sorted({operator.index(n) for n in n_states})
    except TypeError as error:
        raise OptionError(
            f"is {n_states!r}",
            where="n_states",
            mend="Give whole numbers, for instance range(1, 8).",
        ) from error


def _refuse_other_fits(model: GLMHMM) -> None:
    """Raise where `fit` would not do what is done here: searches of its own starts by EM."""
    if isinstance(model.prior, str) and model.prior == "gumbel":
        raise OptionError(
            "is 'gumbel', whose fits have no likelihood to compare",
            where="prior",
            mend='Use prior="onehot".',
        )
    if not isinstance(model.init, str):
        raise OptionError(
            "is a mapping, which has one number of states",
            where="init",
            mend='Use init="segments" or "random".',
        )


def _one(
    job: _Job,
    data: Observations,
    given: Any,
    fold: Index,
    stop: Stop,
    kernels: LagKernels | None,
) -> tuple[float, float]:
    """Held-out nats per bin (or the likelihood of all trials), and number of parameters."""
    train = data if job.fold < 0 else data.take(np.flatnonzero(fold != job.fold))
    problem = job.model.make_problem(data)
    maker = prior_maker(job.model, problem, given)
    options = SearchOptions(
        str(job.model.init), job.model.n_restarts, job.model.max_iter, job.model.tol, n_workers(1)
    )
    found: Search = search(train, problem, maker, options, job.rng, stop=stop, kernels=kernels)
    if job.fold < 0:
        # Kernels sum to 1, so that one of their entries is not free.
        n_learned = 0 if kernels is None else kernels.basis[:, 1:].size
        return found.best.log_likelihood, count_parameters(problem, data) + n_learned
    test = data.take(np.flatnonzero(fold == job.fold))
    if found.best.kernels is not None:
        test = with_kernels(test, found.best.kernels)
    total = posterior_of(test, problem, found.best.parameters).log_likelihood.sum()
    return float(total) / max(test.n_observed_bins, 1), 0.0


def count_parameters(problem: Problem, data: Observations) -> int:
    """Number of free parameters.

    Returns
    -------
    int
        Coefficients, scales, transitions, and initial probabilities where they are learned.
    """
    n_states, n_parts = problem.n_states, problem.emission.n_parts
    per_state: int = int(problem.allowed.sum()) * n_parts
    n_bias = problem.n_neurons * n_parts
    total: int = n_states * per_state
    if problem.bias == "shared":
        total -= (n_states - 1) * n_bias
    elif problem.bias == "none":
        total -= n_states * n_bias
    if problem.emission.has_scale:
        total += n_states * problem.n_neurons
    total += n_states * (n_states - 1) * max(data.transition_inputs.shape[1], 1)
    return total + (n_states - 1 if problem.transition.initial == "learned" else 0)


def _with_trials(data: Observations, n_folds: int) -> Observations:
    """A single trial cut into twice as many pieces as folds."""
    from dataclasses import replace

    n_bins = len(data.response)
    if len(data.offsets) > 2:
        return data
    if n_bins < 4 * n_folds:
        raise OptionError(f"has {n_bins} bins", where="X", mend="Give several trials.")
    pieces = 2 * n_folds
    offsets = (np.arange(pieces + 1) * n_bins) // pieces
    return replace(data, offsets=offsets.astype(np.int64))


def _folds(n_trials: int, n_folds: int, rng: np.random.Generator) -> Index:
    n = min(n_folds, n_trials)
    return rng.permutation(np.arange(n_trials, dtype=np.int64) % n)


def _dataset(numbers: list[int], table: Array, data: Observations, criterion: str) -> xr.Dataset:
    whole, n_parameters = table[:, 0, 0], table[:, 0, 1]
    held_out = table[:, 1:, 0]
    bic = n_parameters * np.log(max(data.n_observed_bins, 1)) - 2.0 * whole
    best = numbers[int(np.argmin(bic))] if criterion == "bic" else fewest(numbers, held_out)
    return xr.Dataset(
        {
            "log_likelihood": (("n_states", "fold"), held_out, {"units": "nats per bin"}),
            "bic": ("n_states", bic),
            "aic": ("n_states", 2.0 * n_parameters - 2.0 * whole),
            "n_parameters": ("n_states", n_parameters.astype(np.int64)),
        },
        coords={"n_states": numbers, "fold": np.arange(held_out.shape[1])},
        attrs={"best_n_states": best, "criterion": criterion},
    )


def fewest(numbers: list[int], held_out: Array) -> int:
    """The fewest states that do no worse than the best by more than a standard error.

    Parameters
    ----------
    numbers : list of int
        Increasing.
    held_out : (n_numbers, n_folds) ndarray
        Nats per bin.

    Returns
    -------
    int
        One of `numbers`.

    Examples
    --------
    >>> fewest([1, 2, 3], np.array([[0.0, 0.1], [1.0, 1.2], [1.01, 1.19]]))
    2
    """
    best = int(np.argmax(held_out.mean(axis=1)))
    for number, row in zip(numbers, held_out, strict=True):
        less = held_out[best] - row
        if less.mean() <= less.std(ddof=1) / np.sqrt(len(less)):
            return number
    return numbers[best]
