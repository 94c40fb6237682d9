"""Several starts, screened by a few iterations; the best are run to the end."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from neurokit.states.em import Run, run_em
from neurokit.states.interruption import Stop
from neurokit.states.lag_learning import LagKernels
from neurokit.states.observations import Observations
from neurokit.states.parameters import Parameters
from neurokit.states.priors import WeightPrior
from neurokit.states.problem import Problem
from neurokit.states.starts import single_state, start_parameters

Array = NDArray[np.float64]
Index = NDArray[np.int64]
Item = TypeVar("Item")
Result = TypeVar("Result")

# Numbers (bins x states x neurons) up to which every start is run to the end.
_SMALL = 200_000
_SCREEN_BINS = 15_000
# Longer trials are cut for screening: one long recording would be screened whole, and pieces
# from all over it are more likely to hold every state than a few long ones.
_SCREEN_LONG = 3_000
_SCREEN_PIECE = 600
_SCREEN_ITERATIONS = 8
_FINALISTS = 2


@dataclass
class Search:
    """What all starts led to.

    Parameters
    ----------
    best : Run
        The run kept.
    prior : WeightPrior
        As learned in that run.
    objectives : (n_restarts,) ndarray
        Penalised log-likelihood of every start where it ended, nats per observed bin; starts that
        were only screened are judged on the screening trials.
    """

    best: Run
    prior: WeightPrior
    objectives: Array


@dataclass(frozen=True)
class SearchOptions:
    """How to search.

    Parameters
    ----------
    kind : str
        "segments" or "random".
    n_restarts : int
        Number of starts.
    max_iter : int
        Most iterations.
    tol : float
        Nats per bin.
    n_workers : int
        Starts that run at once.
    """

    kind: str
    n_restarts: int
    max_iter: int
    tol: float
    n_workers: int


def search(
    data: Observations,
    problem: Problem,
    make_prior: Callable[[], WeightPrior],
    options: SearchOptions,
    rng: np.random.Generator,
    *,
    stop: Stop,
    after: Callable[[int, float], None] = lambda iteration, objective: None,
    kernels: LagKernels | None = None,
) -> Search:
    """Run all starts, and the best of them through all stages of the prior.

    Parameters
    ----------
    data : Observations
        Bins.
    problem : Problem
        Models.
    make_prior : callable
        Gives a new prior of the coupling weights at its first stage.
    options : SearchOptions
        How to search.
    rng : numpy.random.Generator
        One stream per start is spawned, so that starts do not depend on who runs first.
    stop : Stop
        Set to end where things stand.
    after : callable
        Told the iteration and the objective of every run.
    kernels : LagKernels, optional
        Those that `data` were filtered by; the best run goes on to learn them.

    Returns
    -------
    Search
        The best run.
    """
    streams = rng.spawn(options.n_restarts + 1)
    small = len(data.response) * problem.n_states * problem.n_neurons <= _SMALL
    screen = data if small else _screening_bins(data, streams[-1])
    base = single_state(screen, problem, make_prior())

    def first(index: int) -> Run:
        prior = make_prior()
        start = start_parameters(
            screen, problem, prior, base, kind=options.kind, index=index, rng=streams[index]
        )
        n = options.max_iter if small else min(_SCREEN_ITERATIONS, options.max_iter)
        return _plain(screen, problem, start, prior, n, options.tol, stop, after)

    def whole(start: Parameters) -> Run:
        n = options.max_iter
        return _plain(data, problem, start, make_prior(), n, options.tol, stop, after)

    n_restarts = options.n_restarts if problem.n_states > 1 else 1
    runs = in_parallel(first, range(n_restarts), options.n_workers)
    objectives = np.array([run.objective[-1] for run in runs]) / max(screen.n_observed_bins, 1)
    ranks = np.argsort(-objectives, kind="stable")
    if not small and not stop.is_set():
        chosen = [int(i) for i in ranks[:_FINALISTS]]
        finals = in_parallel(whole, [runs[i].parameters for i in chosen], options.n_workers)
        for i, run in zip(chosen, finals, strict=True):
            runs[i] = run
            objectives[i] = run.objective[-1] / max(data.n_observed_bins, 1)
        best = max(chosen, key=lambda i: objectives[i])
    else:
        best = int(ranks[0])
    return _finish(
        data, problem, runs[best], make_prior(), objectives, options, stop, after, kernels
    )


def _finish(
    data: Observations,
    problem: Problem,
    run: Run,
    prior: WeightPrior,
    objectives: Array,
    options: SearchOptions,
    stop: Stop,
    after: Callable[[int, float], None],
    kernels: LagKernels | None,
) -> Search:
    """Learn kernels, if they are to be, and go through the later stages of a prior that has any."""
    if stop.is_set():
        run.kernels = kernels
        return Search(run, prior, objectives)
    final = run_em(
        data,
        problem,
        run.parameters,
        prior,
        max_iter=options.max_iter,
        tol=options.tol,
        stop=stop.is_set,
        after=after,
        resume=run.converged if kernels is None else None,
        kernels=kernels,
    )
    # The run up to here is the first part of the trace; its last entry is repeated by the next.
    final.objective = run.objective[:-1] + final.objective
    final.stage = run.stage[:-1] + final.stage
    return Search(final, prior, objectives)


def _plain(
    data: Observations,
    problem: Problem,
    start: Parameters,
    prior: WeightPrior,
    max_iter: int,
    tol: float,
    stop: Stop,
    after: Callable[[int, float], None],
) -> Run:
    return run_em(
        data,
        problem,
        start,
        prior,
        max_iter=max_iter,
        tol=tol,
        stop=stop.is_set,
        after=after,
        stages=False,
    )


def in_parallel(
    function: Callable[[Item], Result],
    items: Iterable[Item],
    n_workers: int,
    stop: Stop | None = None,
) -> list[Result]:
    """Results in the order of the items.

    Parameters
    ----------
    function : callable
        Of one item.
    items : sequence
        What to work on.
    n_workers : int
        Threads.
    stop : Stop, optional
        Once set, no further item is begun.

    Returns
    -------
    list
        One result per item.

    Raises
    ------
    KeyboardInterrupt
        If `stop` is set: results that lack some are none.
    """

    def unless_stopped(item: Item) -> Result:
        if stop is not None and stop.is_set():
            raise KeyboardInterrupt
        return function(item)

    if n_workers == 1:
        found = [unless_stopped(item) for item in items]
    else:
        with ThreadPoolExecutor(n_workers) as pool:
            futures = [pool.submit(unless_stopped, item) for item in items]
            try:
                found = [future.result() for future in futures]
            except BaseException:
                pool.shutdown(wait=False, cancel_futures=True)
                raise
    if stop is not None and stop.is_set():
        raise KeyboardInterrupt
    return found


def _screening_bins(data: Observations, rng: np.random.Generator) -> Observations:
    """Trials, or pieces of long ones, in random order up to the bins that screening needs."""
    lengths = np.diff(data.offsets)
    pieces = [
        start + (np.arange(n) * length) // n
        for start, length in zip(data.offsets[:-1], lengths, strict=True)
        for n in [-(-int(length) // _SCREEN_PIECE) if length > _SCREEN_LONG else 1]
    ]
    cut = replace(data, offsets=np.concatenate([*pieces, data.offsets[-1:]]).astype(np.int64))
    return cut.take(_screening_trials(cut.offsets, rng))


def _screening_trials(offsets: Index, rng: np.random.Generator) -> Index:
    """Trials in random order up to the number of bins that screening needs."""
    lengths = np.diff(offsets)
    order = rng.permutation(len(lengths))
    needed = int(np.searchsorted(np.cumsum(lengths[order]), _SCREEN_BINS)) + 1
    return np.sort(order[:needed]).astype(np.int64)
