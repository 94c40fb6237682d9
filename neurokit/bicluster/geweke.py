"""Geweke's joint distribution test of the sampler: do its sweeps leave the model invariant?

Parameters drawn from the prior with data drawn given them have the joint distribution p(theta, y).
A correct sweep, followed by fresh data given the new parameters, keeps it. So expectations over
independent draws must agree with those along a chain of sweeps; any that do not show a fault.

Geweke (2004) Getting it right: joint distribution tests of posterior simulators. JASA 99.
doi:10.1198/016214504000001132
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from neurokit.bicluster.chain_state import LARGEST_RATE, ChainState, draw_data, draw_prior
from neurokit.bicluster.coupling import joined
from neurokit.bicluster.gibbs import sweep
from neurokit.bicluster.observations import FAMILIES, GAUSSIAN
from neurokit.bicluster.partition_prior import dirichlet_process, finite_mixtures
from neurokit.bicluster.settings import Data, Settings
from neurokit.errors import OptionError, check_option
from neurokit.randomness import as_generator

Array = NDArray[np.float64]
Labels = NDArray[np.int64]
Kernel = Callable[[ChainState, Data, Settings, int, np.random.Generator], ChainState]

_ALL_MOVES = Settings.moves


@dataclass(frozen=True)
class Problem:
    """A model small enough for tens of thousands of sweeps.

    Parameters
    ----------
    data : Data
        Which entries are observed; its values are not used.
    settings : Settings
        Priors and moves.
    n_clusters : int, optional
        Clusters where their number is given, as it is for coupled ones.
    """

    data: Data
    settings: Settings
    n_clusters: int | None = None

    def draw(self, rng: np.random.Generator) -> tuple[ChainState, Data]:
        """Draw parameters from the prior, and data given them.

        Parameters
        ----------
        rng : numpy.random.Generator
            Source of what is drawn.

        Returns
        -------
        state : ChainState
            Parameters and latents.
        data : Data
            Values given them.
        """
        edges, family = self.data.edges, self.data.family
        state = draw_prior(len(self.data.y), edges, family, self.settings, rng)
        while self.n_clusters not in (None, state.n_clusters):
            state = draw_prior(len(self.data.y), edges, family, self.settings, rng)
        return state, draw_data(state, self.data, rng)


def small_problem(
    observation: str = "poisson",
    *,
    n_neurons: int = 4,
    n_bins: int = 12,
    n_latents: int = 1,
    n_states: int = 2,
    neuron_prior: str = "mfm",
    moves: Sequence[str] = _ALL_MOVES,
    coupled: bool = False,
) -> Problem:
    """Make a problem of two trials with one missing entry.

    Parameters
    ----------
    observation : str, default "poisson"
        ``poisson``, ``negative_binomial`` or ``gaussian``.
    n_neurons : int, default 4
        N, at least 2.
    n_bins : int, default 12
        T of both trials, at least 6.
    n_latents : int, default 1
        p.
    n_states : int, default 2
        Weak limit S, at least 2.
    neuron_prior : str, default "mfm"
        ``mfm`` or ``dp``.
    moves : sequence of str
        Moves of a sweep.
    coupled : bool, default False
        One set of dynamics of two clusters.

    Returns
    -------
    Problem
        With clusters born in every sweep, unless they are coupled.

    Raises
    ------
    OptionError
        If an option is not allowed.
    """
    check_option("observation", observation, FAMILIES)
    check_option("neuron_prior", neuron_prior, ("mfm", "dp"))
    for move in moves:
        check_option("moves", move, _ALL_MOVES)
    _check_sizes(n_neurons=(n_neurons, 2), n_bins=(n_bins, 6), n_latents=(n_latents, 1))
    _check_sizes(n_states=(n_states, 2))
    seen = np.ones((n_neurons, n_bins), dtype=np.bool_)
    seen[1, 3] = False
    edges = np.array([0, (7 * n_bins) // 12, n_bins], dtype=np.int64)
    prior = finite_mixtures(n_neurons) if neuron_prior == "mfm" else dirichlet_process(n_neurons)
    changes = 0 if coupled else 1
    settings = Settings(
        n_latents, n_states, prior, kappa=3.0, n_particles=4, births_every=changes,
        splits=2 * changes, coupled=coupled, moves=tuple(moves),
    )  # fmt: skip
    data = Data(np.zeros(seen.shape), seen, edges, FAMILIES[observation])
    return Problem(data, settings, 2 if coupled else None)


def _check_sizes(**sizes: tuple[int, int]) -> None:
    for name, (value, least) in sizes.items():
        if value < least:
            raise OptionError(f"is {value}", where=name, mend=f"Give at least {least}.")


def functions(state: ChainState, data: Data) -> dict[str, float]:
    """Functions of parameters and data whose expectations are compared.

    All are bounded or logarithms, so that their variances exist, and none depends on how clusters
    are numbered.

    Parameters
    ----------
    state : ChainState
        Parameters and latents.
    data : Data
        Values given them.

    Returns
    -------
    dict of str to float
        Values by name.
    """
    low, high = data.edges[0], data.edges[1]
    sizes = np.bincount(state.neurons)
    mine = state.latents[state.neurons]
    y = data.y if data.family == GAUSSIAN else np.log1p(data.y)
    eta = state.eta()
    loadings = state.loadings
    return {
        "clusters": float(state.n_clusters),
        "squared cluster sizes": float((sizes**2).sum()),
        "first two neurons together": float(state.neurons[0] == state.neurons[1]),
        "steps alike the first": float((state.labels[low : high - 1] == state.labels[low]).mean()),
        "steps in state 0": float((state.labels[high:-1] == 0).mean()),
        "largest weight": float(state.weights.max()),
        "stay in state 0": float(state.transition[0, 0]),
        "log noise": float(np.log(state.noise[0, :, 0, 0]).mean()),
        "dynamics": float(np.tanh(state.a[0, :, 0, 0]).mean()),
        "drift": float(np.tanh(state.b[1, :, 0]).mean()),
        "offset": float(np.tanh(loadings[0, 0])),
        "squared loading": float(np.tanh(loadings[0, 1] ** 2)),
        "loadings of two neurons": float(np.tanh(loadings[0, 1] * loadings[1, 1])),
        "log extra": float(np.log(state.extra).mean()),
        "log latent": float(np.log(np.abs(mine[0, (low + high) // 2, 1]) + 1e-9)),
        "last mean": float(np.tanh(mine[2 % len(mine), -1, 0])),
        "step of a latent": float(np.tanh(mine[0, low + 2, 1] * mine[0, low + 1, 1])),
        "residuals of steps": float(np.log1p(_residuals(state, low, high)).mean()),
        "mean value": float(np.tanh(y.mean() / 3.0)),
        "values of one bin": float(np.tanh(y[:, low + 5]).mean()),
        "missing predictor": float(np.tanh(eta[1, 3])),
        "values by predictors": float(np.tanh(y[1] * eta[1] / 5.0).mean()),
        "predictors by extra": float(np.tanh(eta[0].mean()) * np.tanh(np.log(state.extra[0]))),
    }


def _residuals(state: ChainState, low: int, high: int) -> Array:
    """r'Q^-1 r of the first neuron's latents in the steps of a trial, by their own labels."""
    labels = state.labels[low : high - 1]
    coupled = state.a.shape[-1] != state.latents.shape[-1]
    k = 0 if coupled else state.neurons[0]
    latents = joined(state.latents, coupled)[k, low:high]
    before, after = latents[:-1], latents[1:]
    gap = after - np.einsum("tij,tj->ti", state.a[labels, k], before) - state.b[labels, k]
    white = np.linalg.solve(np.linalg.cholesky(state.noise[labels, k]), gap[..., None])
    return np.asarray((white**2).sum(axis=(1, 2)))


def _only_state(
    state: ChainState, data: Data, settings: Settings, number: int, rng: np.random.Generator
) -> ChainState:
    return sweep(state, data, settings, number, rng)[0]


def independent_draws(problem: Problem, n_draws: int, rng: np.random.Generator) -> Array:
    """Functions of independent draws from the joint distribution.

    Parameters
    ----------
    problem : Problem
        The model.
    n_draws : int
        How many.
    rng : numpy.random.Generator
        Source of what is drawn.

    Returns
    -------
    (n_draws, n_functions) ndarray of float64
        Values in the order of `functions`.
    """
    return np.array([list(functions(*problem.draw(rng)).values()) for _ in range(n_draws)])


def successive_draws(
    problem: Problem, n_draws: int, rng: np.random.Generator, kernel: Kernel = _only_state
) -> Array:
    """Functions along a chain that draws data given parameters and sweeps over parameters.

    Parameters
    ----------
    problem : Problem
        The model.
    n_draws : int
        Sweeps.
    rng : numpy.random.Generator
        Source of what is drawn.
    kernel : callable
        What makes a sweep.

    Returns
    -------
    (n_draws, n_functions) ndarray of float64
        Values after each sweep.
    """
    state, data = problem.draw(rng)
    out = []
    for number in range(n_draws):
        state = kernel(state, data, problem.settings, number, rng)
        out.append(list(functions(state, data).values()))
        data = draw_data(state, data, rng)
    return np.array(out)


def changes_from_prior(
    problem: Problem,
    n_chains: int,
    n_sweeps: int,
    rng: np.random.Generator,
    kernel: Kernel = _only_state,
) -> Array:
    """Change of each function over short chains that begin at independent draws.

    Its expectation is 0 for whatever leaves the model invariant, be it one move that by itself
    reaches only a part of the space. Chains that come where counts cannot be held
    (`can_be_counted`), a few in 10 000, are left out.

    Parameters
    ----------
    problem : Problem
        The model.
    n_chains : int
        How many.
    n_sweeps : int
        Sweeps of each, with fresh data before every one but the first.
    rng : numpy.random.Generator
        Source of what is drawn.
    kernel : callable
        What makes a sweep.

    Returns
    -------
    (n_chains, n_functions) ndarray of float64
        Values at the end minus values at the beginning.
    """
    out: list[Array] = []
    while len(out) < n_chains:
        state, data = problem.draw(rng)
        before = np.array(list(functions(state, data).values()))
        held = can_be_counted(state, data)
        for number in range(n_sweeps):
            if not held:
                break
            if number:
                data = draw_data(state, data, rng)
            state = kernel(state, data, problem.settings, number, rng)
            held = can_be_counted(state, data)
        if held:
            out.append(np.array(list(functions(state, data).values())) - before)
    return np.array(out)


def can_be_counted(state: ChainState, data: Data) -> bool:
    """Tell whether counts of these predictors are numbers that a computer counts with.

    The prior's unstable dynamics reach e^35 once in 2500 draws of a small problem, and e^260 in
    10 000: beyond 1e15 a count is no longer known to one, and what is computed of it overflows.

    Parameters
    ----------
    state : ChainState
        Parameters and latents.
    data : Data
        Family of the observations.

    Returns
    -------
    bool
        Always true of Gaussian observations.
    """
    return data.family == GAUSSIAN or bool(np.abs(state.eta()).max() < np.log(LARGEST_RATE))


def batch_error(draws: Array) -> Array:
    """Standard error of the mean of a chain, from the means of about sqrt(n) batches.

    Parameters
    ----------
    draws : (n, m) ndarray of float64
        Chains in columns.

    Returns
    -------
    (m,) ndarray of float64
        Standard errors.
    """
    width = int(np.sqrt(len(draws)))
    n_batches = len(draws) // width
    means = draws[: n_batches * width].reshape(n_batches, width, -1).mean(axis=1)
    return np.asarray(means.std(axis=0, ddof=1) / np.sqrt(n_batches))


def _scores(difference: Array, error: Array) -> Array:
    """Differences in standard errors; 0 where a function does not vary, as log r of Poisson."""
    same = np.abs(difference) < 1e-12
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(same, 0.0, difference / error)


def geweke(
    observation: str = "poisson",
    *,
    n_draws: int = 4000,
    moves: Sequence[str] | None = None,
    from_prior: bool = False,
    n_sweeps: int = 5,
    neuron_prior: str = "mfm",
    coupled: bool = False,
    kernel: Kernel | None = None,
    random_state: int | np.random.Generator | None = None,
) -> dict[str, float]:
    """Test that sweeps leave the joint distribution of parameters and data invariant.

    z = (mean along the chain - mean over the prior) / standard error, for 23 functions of
    parameters and data of 4 neurons, 12 bins, 1 latent and 2 states. Under a correct sampler each
    z is about standard normal; an absolute value above 4 shows a fault.

    Parameters
    ----------
    observation : str, default "poisson"
        ``poisson``, ``negative_binomial`` or ``gaussian``.
    n_draws : int, default 4000
        Sweeps of the chain and draws from the prior, at least 100; 50 000 find small faults.
    moves : sequence of str, optional
        Moves of a sweep; all of them by default. A subset that leaves some parameters as they
        are needs ``from_prior=True``.
    from_prior : bool, default False
        Compare ends with beginnings of `n_draws` short chains instead of one long chain with the
        prior.
    n_sweeps : int, default 5
        Sweeps of each short chain.
    neuron_prior : str, default "mfm"
        ``mfm`` or ``dp``.
    coupled : bool, default False
        One set of dynamics of two clusters, whose number is given.
    kernel : callable, optional
        ``kernel(state, data, settings, number, rng)`` gives the next state; the package's own
        sweep by default.
    random_state : None, int or numpy.random.Generator
        Source of the draws.

    Returns
    -------
    dict of str to float
        z by name of the function.

    Raises
    ------
    OptionError
        If an option is not allowed.

    References
    ----------
    .. [1] Geweke (2004) Getting it right: joint distribution tests of posterior simulators. JASA
       99. doi:10.1198/016214504000001132

    Examples
    --------
    >>> z = geweke("gaussian", moves=["dynamics"], from_prior=True, n_draws=100, random_state=0)
    >>> bool(max(map(abs, z.values())) < 4)
    True
    """
    _check_sizes(n_draws=(n_draws, 100), n_sweeps=(n_sweeps, 1))
    chosen = _ALL_MOVES if moves is None else moves
    problem = small_problem(observation, neuron_prior=neuron_prior, moves=chosen, coupled=coupled)
    rng = as_generator(random_state)
    step = _only_state if kernel is None else kernel
    names = functions(*problem.draw(rng))
    if from_prior:
        changes = changes_from_prior(problem, n_draws, n_sweeps, rng, step)
        scores = _scores(changes.mean(axis=0), changes.std(axis=0, ddof=1) / np.sqrt(n_draws))
    else:
        prior = independent_draws(problem, n_draws, rng)
        chain = successive_draws(problem, n_draws, rng, step)
        error = np.hypot(prior.std(axis=0) / np.sqrt(n_draws), batch_error(chain))
        scores = _scores(chain.mean(axis=0) - prior.mean(axis=0), error)
    return dict(zip(names, scores.tolist(), strict=True))
