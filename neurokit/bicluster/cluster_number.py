"""How many clusters of neurons a chain starts with: held-out likelihood of short chains.

For K = 1, 2, ... a short chain runs with some entries hidden; its predictive log-likelihood
log mean p(y | draw) is taken entry by entry, and the smallest K within one paired standard error
of the best is chosen. K stays as it is within a short chain.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from neurokit.bicluster.chain_state import ChainState
from neurokit.bicluster.gibbs import sweep
from neurokit.bicluster.likelihoods import entry_likelihoods
from neurokit.bicluster.settings import Data, Settings
from neurokit.bicluster.starts import start_state

Array = NDArray[np.float64]
Labels = NDArray[np.int64]

# A larger K is no longer tried once this many in a row were no better.
_PATIENCE = 2
_SCORED = 0.6
HIDDEN_SHARE = 0.1


@dataclass(frozen=True)
class Candidates:
    """What the short chains found.

    Parameters
    ----------
    n_clusters : (n,) ndarray of int64
        Numbers tried.
    score : (n,) ndarray of float64
        Held-out log-likelihood, nats per entry.
    difference_error : (n,) ndarray of float64
        Standard error of the paired difference to the best.
    best : int
        The number chosen.
    state : ChainState
        Where its chain ended.
    """

    n_clusters: Labels
    score: Array
    difference_error: Array
    best: int
    state: ChainState


def hide(data: Data, share: float, rng: np.random.Generator) -> tuple[Data, Labels, Array]:
    """Hide a share of the observed entries.

    Parameters
    ----------
    data : Data
        What was observed.
    share : float
        Share of the observed entries.
    rng : numpy.random.Generator
        Source of the choice.

    Returns
    -------
    data : Data
        Without them.
    entries : (n, 2) ndarray of int64
        Neuron and bin of each.
    values : (n,) ndarray of float64
        Their values.
    """
    observed = np.argwhere(data.seen)
    n_hidden = round(share * len(observed))
    entries = observed[np.sort(rng.permutation(len(observed))[:n_hidden])].astype(np.int64)
    seen, y = data.seen.copy(), data.y.copy()
    values = y[entries[:, 0], entries[:, 1]]
    seen[entries[:, 0], entries[:, 1]] = False
    y[entries[:, 0], entries[:, 1]] = 0.0
    return replace(data, y=y, seen=seen), entries, values


def _short_chain(
    data: Data,
    hidden: tuple[Labels, Array],
    settings: Settings,
    n_clusters: int,
    n_sweeps: int,
    rng: np.random.Generator,
) -> tuple[Array, ChainState]:
    """Predictive log-likelihood of every hidden entry, and the last state."""
    state = start_state(data, settings, n_clusters, rng)
    total, scored = np.zeros(len(hidden[0])), 0
    for number in range(n_sweeps):
        state, _ = sweep(state, data, settings, number + 1, rng)
        if number >= n_sweeps * (1.0 - _SCORED):
            total += entry_likelihoods(state, data.family, *hidden)
            scored += 1
    return np.log(np.maximum(total / scored, 1e-300)), state


def choose_clusters(
    data: Data, settings: Settings, most: int, n_sweeps: int, rng: np.random.Generator
) -> Candidates:
    """Choose the number of clusters.

    Parameters
    ----------
    data : Data
        What was observed.
    settings : Settings
        Priors.
    most : int
        Largest number tried.
    n_sweeps : int
        Sweeps of each short chain.
    rng : numpy.random.Generator
        Source of everything drawn.

    Returns
    -------
    Candidates
        What was found.
    """
    # At least one entry, however few there are.
    share = max(HIDDEN_SHARE, 1.0 / max(int(data.seen.sum()), 1))
    fewer, entries, values = hide(data, share, rng)
    short = replace(settings, n_states=min(2, settings.n_states), births_every=0, splits=0)
    scores: list[Array] = []
    states: list[ChainState] = []
    for k in range(1, min(most, len(data.y)) + 1):
        stream = rng.spawn(1)[0]
        found, state = _short_chain(fewer, (entries, values), short, k, n_sweeps, stream)
        scores.append(found)
        states.append(state)
        means = [score.mean() for score in scores]
        if k - 1 - int(np.argmax(means)) >= _PATIENCE:
            break
    best = int(np.argmax([score.mean() for score in scores]))
    errors = [
        (score - scores[best]).std(ddof=1) / np.sqrt(len(score)) if len(score) > 1 else 0.0
        for score in scores
    ]
    within = [
        scores[best].mean() - score.mean() <= error
        for score, error in zip(scores, errors, strict=True)
    ]
    chosen = int(np.argmax(within))
    return Candidates(
        n_clusters=np.arange(1, len(scores) + 1),
        score=np.array([score.mean() for score in scores]),
        difference_error=np.array(errors),
        best=chosen + 1,
        state=states[chosen],
    )
