"""Where expectation-maximisation starts: what neurons do in short windows, clustered; or noise.

A model of one state is fitted first. The mean of its score, residual times regressor, in a window
tells which coefficients would have to change there; windows of one state have similar scores, so
that their clusters are close to the states.
"""

from __future__ import annotations

import itertools
import warnings
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray
from scipy.cluster.vq import kmeans2

from neurokit.states.m_step import newton_step
from neurokit.states.observations import Observations
from neurokit.states.parameters import Parameters, sticky_transition
from neurokit.states.priors import WeightPrior
from neurokit.states.problem import Problem
from neurokit.states.transitions import transition_coefficients

Array = NDArray[np.float64]
Index = NDArray[np.int64]

# Bins per window of one start after the other; 0 is a random start. States last from a few bins
# to hundreds, and the shortest window that holds enough spikes is best.
_WINDOWS = (40, 15, 0, 100, 5)
_DIRECTIONS = 20
_NEWTON_STEPS = 3
_SEEDINGS = 4


def single_state(data: Observations, problem: Problem, prior: WeightPrior) -> Parameters:
    """The model of one state, copied to all.

    Returns
    -------
    model : Parameters
        The same coefficients in every state.
    """
    emission, n_states = problem.emission, problem.n_states
    shape = (1, problem.n_neurons, emission.n_parts, problem.n_columns)
    coefficients = np.zeros(shape)
    if problem.bias != "none":
        coefficients[0, :, :, -1] = emission.start(emission.average(data.response, data.mask))
    scale = emission.first_scale(data.response, data.mask)[None]
    one = Parameters(coefficients, scale, np.ones((1, 1)), np.ones(1), np.zeros((1, 1, 0)))
    penalty = problem.penalty(prior)
    alone = replace(penalty, mean=penalty.mean[:1], precision=penalty.precision[:1])
    everywhere = np.ones((len(data.response), 1))
    for _ in range(2 * _NEWTON_STEPS):
        one = newton_step(data, emission, one, everywhere, alone)
    transition = sticky_transition(n_states, 0.95)
    n_inputs = data.transition_inputs.shape[1]
    return Parameters(
        np.repeat(one.coefficients, n_states, axis=0),
        np.repeat(one.scale, n_states, axis=0),
        transition,
        np.full(n_states, 1.0 / n_states),
        transition_coefficients(transition, n_inputs),
    )


def start_parameters(
    data: Observations,
    problem: Problem,
    prior: WeightPrior,
    base: Parameters,
    *,
    kind: str,
    index: int,
    rng: np.random.Generator,
) -> Parameters:
    """One start.

    Returns
    -------
    model : Parameters
        Different in every state.
    """
    window = _WINDOWS[index % len(_WINDOWS)]
    if kind == "random" or window == 0 or problem.n_states == 1:
        return _perturbed(data, problem, base, rng)
    probability = segment_states(data, problem, base, window, rng)
    found, penalty = base, problem.penalty(prior)
    for _ in range(_NEWTON_STEPS):
        found = newton_step(data, problem.emission, found, probability, penalty)
    return found


def _perturbed(
    data: Observations, problem: Problem, base: Parameters, rng: np.random.Generator
) -> Parameters:
    if problem.n_states == 1:
        return base
    spread = np.where(np.ptp(data.columns, axis=0) > 0, data.columns.std(axis=0), 1.0)
    size = 0.5 / (np.maximum(spread, 1e-6) * np.sqrt(problem.n_columns))
    noise = size * rng.standard_normal(base.coefficients.shape)
    noise *= problem.allowed[None, :, None, :]
    if problem.bias != "state":
        noise[..., -1] = 0.0
    if problem.emission.name == "gaussian":
        noise *= np.sqrt(base.scale)[:, :, None, None]
    return replace(base, coefficients=base.coefficients + noise)


def segment_states(
    data: Observations, problem: Problem, base: Parameters, window: int, rng: np.random.Generator
) -> Array:
    """State probabilities from clusters of the mean score in windows.

    Returns
    -------
    (n_bins, n_states) ndarray
        0.9 for the cluster of a bin's window, the rest spread over the others.
    """
    edges = window_edges(data.offsets, window)
    scores = _directions(_window_scores(data, problem, base, edges))
    labels = np.repeat(_clusters(scores, problem.n_states, rng), np.diff(edges))
    out = np.full((len(data.response), problem.n_states), 0.1 / max(problem.n_states - 1, 1))
    out[np.arange(len(out)), labels] = 0.9
    return out


def window_edges(offsets: Index, window: int) -> Index:
    """Edges of windows of about equal length within trials.

    Parameters
    ----------
    offsets : (n_trials + 1,) ndarray of int
        Of trials.
    window : int
        Bins wanted.

    Returns
    -------
    (n_windows + 1,) ndarray of int
        Increasing.

    Examples
    --------
    >>> window_edges(np.array([0, 10, 15]), 5)
    array([ 0,  5, 10, 15])
    """
    edges = [np.zeros(1, dtype=np.int64)]
    for a, b in itertools.pairwise(offsets):
        n = max(round((b - a) / window), 1)
        edges.append((a + (np.arange(1, n + 1) * (b - a)) // n).astype(np.int64))
    return np.unique(np.concatenate(edges))


def _window_scores(data: Observations, problem: Problem, base: Parameters, edges: Index) -> Array:
    flat = base.coefficients[0].reshape(-1, problem.n_columns).T
    n_parts = problem.emission.n_parts
    used = np.repeat(problem.allowed, n_parts, axis=0)
    out = []
    for a, b in itertools.pairwise(edges):
        columns = data.columns[a:b]
        predictor = (columns @ flat).reshape(b - a, problem.n_neurons, n_parts)
        _, score, _ = problem.emission.derivatives(
            data.response[a:b], predictor, data.exposure[a:b], base.scale[0]
        )
        if data.observed is not None:
            score = score * data.observed[a:b, :, None]
        out.append((score.reshape(b - a, -1).T @ columns)[used] / np.sqrt(b - a))
    return np.stack(out)


def _directions(scores: Array) -> Array:
    """The strongest common directions of standardised scores."""
    centred = scores - scores.mean(axis=0)
    spread = centred.std(axis=0)
    centred = centred[:, spread > 1e-12] / spread[spread > 1e-12]
    if not centred.shape[1]:
        return np.zeros((len(scores), 1))
    small = centred.shape[0] < centred.shape[1]
    gram = centred @ centred.T if small else centred.T @ centred
    values, vectors = np.linalg.eigh(gram)
    strongest = np.argsort(values)[::-1][:_DIRECTIONS]
    along = vectors[:, strongest]
    found: Array = along * np.sqrt(values[strongest].clip(0)) if small else centred @ along
    return found


def _clusters(points: Array, n_clusters: int, rng: np.random.Generator) -> Index:
    """k-means from several k-means++ seedings; the labels of the tightest."""
    n = min(n_clusters, len(np.unique(points, axis=0)))
    best, labels = np.inf, np.zeros(len(points), dtype=np.int64)
    for _ in range(_SEEDINGS):
        centres = _spread_centres(points, n, rng)
        with warnings.catch_warnings():
            # A cluster that loses its points leaves a state empty, which EM can live with.
            warnings.simplefilter("ignore", UserWarning)
            centres, found = kmeans2(points, centres, iter=50, minit="matrix")
        spread = float(np.square(points - centres[found]).sum())
        if spread < best:
            best, labels = spread, found.astype(np.int64)
    return labels


def _spread_centres(points: Array, n: int, rng: np.random.Generator) -> Array:
    """k-means++: each next centre with probability proportional to its squared distance."""
    chosen = [int(rng.integers(len(points)))]
    distance = np.square(points - points[chosen[0]]).sum(axis=1)
    for _ in range(1, n):
        total = distance.sum()
        share = distance / total if total > 0 else np.full(len(points), 1.0 / len(points))
        chosen.append(int(rng.choice(len(points), p=share)))
        distance = np.minimum(distance, np.square(points - points[chosen[-1]]).sum(axis=1))
    return points[chosen].copy()
