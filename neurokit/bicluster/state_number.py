"""How many states a chain starts with: short chains with one number each, judged by one yardstick.

A chain's own latents speak for its own states, and Polya-Gamma draws differ from chain to chain. So
the likelihood of every entry is replaced by one Gaussian for all chains, its second-order
expansion around the mean of their predictors; given labels, dynamics and loadings of a draw
the latents are then integrated out exactly. The number with the largest

    mean over draws of log p(entries | labels, dynamics, loadings) + log p(labels)
    + sum over states of (D / 2) (1 - log n_s)

is taken, where D counts the numbers in a state's dynamics and n_s its steps: the mean of a
log-likelihood over its posterior is D / 2 below its maximum, from which BIC takes (D / 2) log n_s.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numba
import numpy as np
from numpy.typing import NDArray

from neurokit.bicluster.chain_state import ChainState
from neurokit.bicluster.coupling import joined_messages
from neurokit.bicluster.gibbs import sweep
from neurokit.bicluster.kalman_steps import absorb, predict
from neurokit.bicluster.observations import expanded, gather
from neurokit.bicluster.settings import Data, Settings
from neurokit.bicluster.starts import start_state
from neurokit.bicluster.state_growth import log_prior_of_labels

Array = NDArray[np.float64]
Labels = NDArray[np.int64]

# States of a start whose number is not chosen.
UNCHOSEN = 2
# Fewer sweeps than this tell nothing of a number of states.
FEWEST_SWEEPS = 10


def start_with_states(
    data: Data,
    settings: Settings,
    n_clusters: int,
    n_sweeps: int,
    rng: np.random.Generator,
    *,
    is_stopped: Callable[[], bool] = lambda: False,
) -> ChainState:
    """State that a chain goes on from, with as many states as the data ask for.

    One and two are tried, and one more as long as that is better.

    Parameters
    ----------
    data : Data
        What was observed.
    settings : Settings
        Priors and moves; `n_states` is the most that is tried.
    n_clusters : int
        Clusters of neurons.
    n_sweeps : int
        Sweeps of each short chain, of which the last third is judged; with fewer than 10 nothing is
        tried, and the chain starts with two states.
    rng : numpy.random.Generator
        Source of everything drawn.
    is_stopped : callable
        Asked after every sweep; the best so far is given then.

    Returns
    -------
    ChainState
        The last state of the best short chain; its dynamics have as many states as it chose.
    """
    if n_sweeps < FEWEST_SWEEPS or settings.n_states < 2:
        few = min(UNCHOSEN, settings.n_states)
        return start_state(data, replace(settings, n_states=few), n_clusters, rng, few)
    chains: dict[int, list[ChainState]] = {}
    for number in range(1, settings.n_states + 1):
        chains[number] = _short_chain(data, settings, n_clusters, number, n_sweeps, rng, is_stopped)
        scores = judge(data, settings, chains)
        best = max(scores, key=lambda n: scores[n])
        if is_stopped() or (number > 1 and best != number):
            break
    return chains[best][-1]


def _short_chain(
    data: Data,
    settings: Settings,
    n_clusters: int,
    number: int,
    n_sweeps: int,
    rng: np.random.Generator,
    is_stopped: Callable[[], bool],
) -> list[ChainState]:
    """States after each of the last third of the sweeps."""
    own = replace(settings, n_states=number)
    state = start_state(data, own, n_clusters, rng, number)
    kept = [state]
    for n in range(n_sweeps):
        state, _ = sweep(state, data, own, n + 1, rng)
        kept.append(state)
        if is_stopped():
            break
    return kept[-max(n_sweeps // 3, 1) :]


def judge(data: Data, settings: Settings, chains: dict[int, list[ChainState]]) -> dict[int, float]:
    """Score every number of states by the draws of its chain.

    Parameters
    ----------
    data : Data
        What was observed.
    settings : Settings
        Priors.
    chains : dict of int to list of ChainState
        Draws with so many states.

    Returns
    -------
    dict of int to float
        Comparable within one call only: the expansion is around the mean of all draws.
    """
    draws = [state for kept in chains.values() for state in kept]
    eta = np.mean([state.eta() for state in draws], axis=0)
    extra = np.exp(np.mean([np.log(state.extra) for state in draws], axis=0))
    omega, kappa = expanded(data.y, data.seen, eta, data.family, extra)
    return {
        number: float(np.mean([_score(omega, kappa, data, settings, state) for state in kept]))
        for number, kept in chains.items()
    }


def _score(omega: Array, kappa: Array, data: Data, settings: Settings, state: ChainState) -> float:
    """One draw's part of the criterion."""
    info, linear = gather(omega, kappa, state.loadings, state.neurons, state.n_clusters)
    info, linear = joined_messages(info, linear, settings.coupled)
    offsets = state.loadings[:, :1]
    fixed = float((kappa * offsets - 0.5 * omega * offsets**2).sum())
    entries = path_evidence(info, linear, state.a, state.b, state.noise, state.labels, data.edges)
    _, n_sets, q = state.b.shape
    size = n_sets * (q * q + q + q * (q + 1) // 2)
    steps = np.bincount(state.labels[state.labels >= 0])
    penalty = 0.5 * size * (1.0 - np.log(steps[steps > 0])).sum()
    return fixed + entries + log_prior_of_labels(state.labels, settings) + float(penalty)


@numba.njit(cache=True, nogil=True)
def path_evidence(
    info: Array, linear: Array, a: Array, b: Array, noise: Array, labels: Labels, edges: Labels
) -> float:
    """Log of the integral of all messages over the latents, given labels and dynamics.

    Parameters
    ----------
    info : (K, T, q, q) ndarray of float64
        J.
    linear : (K, T, q) ndarray of float64
        h.
    a, noise : (S, K, q, q) ndarray of float64
        Dynamics and Q.
    b : (S, K, q) ndarray of float64
        Drift.
    labels : (T,) ndarray of int64
        State of every step; what stands at a trial's last bin is not read.
    edges : (n_trials + 1,) ndarray of int64
        Where trials begin, and T; the first latent of each is N(0, I).

    Returns
    -------
    float
        Sum over clusters and trials.
    """
    n_clusters, _, q = linear.shape
    mean, cov = np.empty(q), np.empty((q, q))
    ahead, spread, work = np.empty(q), np.empty((q, q)), np.empty((4, q, q))
    total = 0.0
    for trial in range(edges.shape[0] - 1):
        for k in range(n_clusters):
            for i in range(q):
                ahead[i] = 0.0
                for j in range(q):
                    spread[i, j] = 1.0 if i == j else 0.0
            for t in range(edges[trial], edges[trial + 1]):
                total += absorb(ahead, spread, info[k, t], linear[k, t], mean, cov, work)
                if t < edges[trial + 1] - 1:
                    s = labels[t]
                    predict(a[s, k], b[s, k], noise[s, k], mean, cov, ahead, spread)
    return total
