"""One sweep of the sampler: every move leaves the posterior invariant by itself.

Negative binomial and Gaussian entries become Gaussian messages given Polya-Gamma draws. For Poisson
entries the messages are those of a negative binomial of a fixed size per neuron, and what is
drawn with them is accepted by Metropolis with the ratio of the two likelihoods; that needs draws
that are reversible, which the coin in `draw_states_and_latents` sees to.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from neurokit.bicluster.chain_state import (
    ChainState,
    prior_dynamics,
    simulate_latents,
    with_cluster,
    without_cluster,
)
from neurokit.bicluster.coupling import joined, joined_messages, parted
from neurokit.bicluster.dynamics import draw_dynamics, log_marginal, moments
from neurokit.bicluster.latent_moves import draw_latents, draw_paths, scale_ratio
from neurokit.bicluster.neuron_moves import (
    draw_cluster,
    draw_loadings,
    draw_sizes,
    draw_variances,
)
from neurokit.bicluster.observations import (
    GAUSSIAN,
    POISSON,
    gather,
    messages,
    poisson_gains,
)
from neurokit.bicluster.settings import Data, Settings
from neurokit.bicluster.split_merge import (
    Messages,
    propose_merge,
    propose_split,
    split_log_ratio,
)
from neurokit.bicluster.sticky_transitions import count_steps, draw_transitions

Array = NDArray[np.float64]
Counts = dict[str, tuple[int, int]]


def sweep(
    state: ChainState, data: Data, settings: Settings, number: int, rng: np.random.Generator
) -> tuple[ChainState, Counts]:
    """Make every move of `settings.moves` once.

    Parameters
    ----------
    state : ChainState
        Before.
    data : Data
        What was observed.
    settings : Settings
        Priors and moves.
    number : int
        Number of the sweep; some moves are not made in every one.
    rng : numpy.random.Generator
        Source of what is drawn.

    Returns
    -------
    state : ChainState
        After.
    taken : dict of str to (int, int)
        Proposals taken and made, by move.
    """
    taken: Counts = {}
    for name in settings.moves:
        state, counts = _MOVES[name](state, data, settings, number, rng)
        if counts[1]:
            taken[name] = counts
    return state, taken


def proposal_sizes(data: Data) -> Array:
    """Sizes of the negative binomials that stand in for Poisson entries.

    Larger ones are closer to Poisson but their messages are sharper, so that states move less.
    A unit change of eta gives the log ratio of both a variance of about lambda^3 / r^2 per entry:
    with r = .3 sqrt(N T) lambda^1.5 every neuron adds the same and the sum is about 10.

    Parameters
    ----------
    data : Data
        Counts.

    Returns
    -------
    (N,) ndarray of float64
        1 where entries are not Poisson.
    """
    if data.family != POISSON:
        return np.ones(len(data.y))
    mean = data.y.sum(axis=1) / np.maximum(data.seen.sum(axis=1), 1)
    return np.asarray(np.maximum(10.0, 0.3 * math.sqrt(data.y.size) * mean**1.5))


def _messages(
    state: ChainState, data: Data, eta: Array, rng: np.random.Generator
) -> tuple[Array, Array, Array]:
    """Messages of entries, and the sizes they stand for."""
    extra = proposal_sizes(data) if data.family == POISSON else state.extra
    omega, kappa = messages(data.y, data.seen, eta, data.family == GAUSSIAN, extra, rng)
    return omega, kappa, extra


def poisson_ratio(data: Data, new: Array, old: Array, sizes: Array) -> Array:
    """Log of Poisson over negative binomial likelihood at new against old predictors, per neuron.

    Parameters
    ----------
    data : Data
        Counts.
    new, old : (N, T) ndarray of float64
        Predictors.
    sizes : (N,) ndarray of float64
        Of the negative binomials.

    Returns
    -------
    (N,) ndarray of float64
        0 where entries are not Poisson.
    """
    if data.family != POISSON:
        return np.zeros(len(new))
    return np.asarray(poisson_gains(data.y, data.seen, new, old, sizes))


def draw_states_and_latents(
    state: ChainState, data: Data, settings: Settings, _: int, rng: np.random.Generator
) -> tuple[ChainState, tuple[int, int]]:
    """Draw states with latents integrated out, then latents given the states.

    Parameters
    ----------
    state : ChainState
        Before.
    data : Data
        What was observed.
    settings : Settings
        Priors.
    rng : numpy.random.Generator
        Source of what is drawn.

    Returns
    -------
    state : ChainState
        After.
    counts : (int, int)
        Proposals taken and made.
    """
    old = state.eta()
    omega, kappa, sizes = _messages(state, data, old, rng)
    info, linear = gather(omega, kappa, state.loadings, state.neurons, state.n_clusters)
    info, linear = joined_messages(info, linear, settings.coupled)
    dynamics = (state.a, state.b, state.noise)
    # Ancestor and backward sampling are each other's adjoints: a coin makes the draw reversible.
    backward = bool(rng.random() < 0.5)
    with np.errstate(divide="ignore"):
        log_transition = np.log(state.transition)
    labels = draw_paths(
        info, linear, *dynamics, log_transition, state.labels, data.edges,
        settings.n_particles, backward, rng,
    )  # fmt: skip
    normals = rng.standard_normal(linear.shape)
    latents = draw_latents(info, linear, *dynamics, labels, data.edges, normals)
    new = state.changed(labels=labels, latents=parted(latents, state.n_clusters))
    if data.family == POISSON:
        ratio = poisson_ratio(data, new.eta(), old, sizes).sum()
        if not math.log(rng.random()) < ratio:
            return state, (0, 1)
    return new, (1, 1)


def draw_all_dynamics(
    state: ChainState, _: Data, settings: Settings, __: int, rng: np.random.Generator
) -> tuple[ChainState, tuple[int, int]]:
    """Draw A, b, Q of every state and cluster given the latents.

    Parameters
    ----------
    state : ChainState
        Before.
    settings : Settings
        Priors.
    rng : numpy.random.Generator
        Source of what is drawn.

    Returns
    -------
    state : ChainState
        After.
    counts : (int, int)
        Nothing is proposed.
    """
    latents = joined(state.latents, settings.coupled)
    a, b, noise = draw_dynamics(moments(latents, state.labels, settings.n_states), rng)
    return state.changed(a=a, b=b, noise=noise), (0, 0)


def scale_latents(
    state: ChainState, data: Data, settings: Settings, number: int, rng: np.random.Generator
) -> tuple[ChainState, tuple[int, int]]:
    """Move (c, x) -> (c / a, a x) and (d, mu) -> (d - e, mu + e) of every cluster.

    Dynamics are integrated out.

    Parameters
    ----------
    state : ChainState
        Before.
    data : Data
        Where trials begin.
    settings : Settings
        Priors.
    number : int
        Of the sweep.
    rng : numpy.random.Generator
        Source of what is drawn.

    Returns
    -------
    state : ChainState
        After, with dynamics drawn anew.
    counts : (int, int)
        Proposals taken and made.
    """
    latents, loadings = state.latents.copy(), state.loadings.copy()
    whole = moments(joined(latents, settings.coupled), state.labels, settings.n_states)
    sums = log_marginal(whole)
    taken = 0
    for k in range(state.n_clusters):
        mine = state.neurons == k
        # Coupled clusters have one marginal.
        at = 0 if settings.coupled else k
        factor = math.exp(settings.scale_step * rng.standard_normal())
        shift = settings.scale_step * rng.standard_normal()
        level = np.log(rng.random(2))
        tried = latents[k].copy()
        tried[:, 1:] *= factor
        new = _marginal_with(tried, k, latents, state.labels, settings)
        before = (sums[:, at], new)
        if level[0] < scale_ratio(factor, latents[k], data.first, loadings[mine], before):
            latents[k], sums[:, at] = tried, new
            loadings[mine, 1:] /= factor
            taken += 1
        tried = latents[k].copy()
        tried[:, 0] += shift
        new = _marginal_with(tried, k, latents, state.labels, settings)
        moved = loadings[mine, 0] - shift
        ratio = new.sum() - sums[:, at].sum()
        ratio -= 0.5 * (moved @ moved - loadings[mine, 0] @ loadings[mine, 0])
        starts = latents[k, data.first, 0]
        ratio -= 0.5 * ((starts + shift) @ (starts + shift) - starts @ starts)
        if level[1] < ratio:
            latents[k], sums[:, at] = tried, new
            loadings[mine, 0] = moved
            taken += 1
    made = 2 * state.n_clusters
    moved_state = state.changed(latents=latents, loadings=loadings)
    return draw_all_dynamics(moved_state, data, settings, number, rng)[0], (taken, made)


def _marginal_with(
    tried: Array, k: int, latents: Array, labels: NDArray[np.int64], settings: Settings
) -> Array:
    """(S,) log p(latents | labels) of cluster k, or of all if coupled, with other latents of k."""
    if settings.coupled:
        tried = joined(np.concatenate([latents[:k], tried[None], latents[k + 1 :]]), True)[0]
    return log_marginal(moments(tried[None], labels, settings.n_states))[:, 0]


def draw_all_transitions(
    state: ChainState, _: Data, settings: Settings, __: int, rng: np.random.Generator
) -> tuple[ChainState, tuple[int, int]]:
    """Draw beta and pi given the labels.

    Parameters
    ----------
    state : ChainState
        Before.
    settings : Settings
        Priors.
    rng : numpy.random.Generator
        Source of what is drawn.

    Returns
    -------
    state : ChainState
        After.
    counts : (int, int)
        Nothing is proposed.
    """
    weights, transition = draw_transitions(
        count_steps(state.labels, settings.n_states),
        state.weights,
        alpha=settings.alpha,
        gamma=settings.gamma,
        kappa=settings.kappa,
        rng=rng,
    )
    return state.changed(weights=weights, transition=transition), (0, 0)


def draw_all_loadings(
    state: ChainState, data: Data, _: Settings, __: int, rng: np.random.Generator
) -> tuple[ChainState, tuple[int, int]]:
    """Draw (d, c) of every neuron given its cluster's latents.

    Parameters
    ----------
    state : ChainState
        Before.
    data : Data
        What was observed.
    rng : numpy.random.Generator
        Source of what is drawn.

    Returns
    -------
    state : ChainState
        After.
    counts : (int, int)
        Proposals taken and made.
    """
    old = state.eta()
    omega, kappa, sizes = _messages(state, data, old, rng)
    normals = rng.standard_normal(state.loadings.shape)
    drawn = draw_loadings(omega, kappa, state.latents, state.neurons, normals)
    made = len(drawn)
    if data.family != POISSON:
        return state.changed(loadings=drawn), (made, made)
    ratio = poisson_ratio(data, state.changed(loadings=drawn).eta(), old, sizes)
    taken = np.log(rng.random(made)) < ratio
    loadings = np.where(taken[:, None], drawn, state.loadings)
    return state.changed(loadings=loadings), (int(taken.sum()), made)


def draw_extras(
    state: ChainState, data: Data, settings: Settings, _: int, rng: np.random.Generator
) -> tuple[ChainState, tuple[int, int]]:
    """Draw sizes of negative binomials, or variances of Gaussians.

    Parameters
    ----------
    state : ChainState
        Before.
    data : Data
        What was observed.
    settings : Settings
        Priors.
    rng : numpy.random.Generator
        Source of what is drawn.

    Returns
    -------
    state : ChainState
        After.
    counts : (int, int)
        Proposals taken and made.
    """
    if data.family == POISSON:
        return state, (0, 0)
    if data.family == GAUSSIAN:
        shape, scale = settings.variance_shape, settings.variance_scale
        drawn = draw_variances(data.y, data.seen, state.eta(), shape, scale, rng)
        return state.changed(extra=drawn), (0, 0)
    sizes = state.extra.copy()
    taken = draw_sizes(data.y, data.seen, state.eta(), sizes, rng)
    return state.changed(extra=sizes), (taken, 3 * len(sizes))


def draw_clusters(
    state: ChainState, data: Data, settings: Settings, number: int, rng: np.random.Generator
) -> tuple[ChainState, tuple[int, int]]:
    """Draw cluster and loadings of every neuron in turn; every so often with a new cluster at hand.

    A new cluster's dynamics and latents come from the prior, and a neuron that is alone has its
    own cluster in that place (Neal's algorithm 8 with one auxiliary component).

    Parameters
    ----------
    state : ChainState
        Before.
    data : Data
        What was observed.
    settings : Settings
        Priors.
    number : int
        Of the sweep.
    rng : numpy.random.Generator
        Source of what is drawn.

    Returns
    -------
    state : ChainState
        After.
    counts : (int, int)
        Proposals taken and made.
    """
    births = bool(settings.births_every) and number % settings.births_every == 0
    taken = 0
    for i in range(len(state.neurons)):
        state, accepted = _draw_cluster_of(state, data, settings, i, births, rng)
        taken += accepted
    return state, (taken, len(state.neurons))


def _draw_cluster_of(
    state: ChainState,
    data: Data,
    settings: Settings,
    i: int,
    births: bool,
    rng: np.random.Generator,
) -> tuple[ChainState, bool]:
    here = int(state.neurons[i])
    sizes = np.bincount(state.neurons, minlength=state.n_clusters).astype(np.float64)
    sizes[here] -= 1.0
    alone = sizes[here] == 0.0
    others = state.n_clusters - alone
    with np.errstate(divide="ignore"):
        log_prior = np.log(sizes + settings.partition.join)
    if births and not alone:
        dynamics = prior_dynamics(1, settings, rng)
        latents = simulate_latents(dynamics, state.labels, data.first, rng)[0]
        only = (dynamics[0][:, 0], dynamics[1][:, 0], dynamics[2][:, 0])
        state = with_cluster(state, latents, only)
        log_prior = np.append(log_prior, settings.partition.log_found(others))
    elif alone:
        # Without births a neuron that is alone stays so: leaving could not be undone.
        log_prior[here] = settings.partition.log_found(others)
        if not births:
            log_prior[np.arange(len(log_prior)) != here] = -np.inf
    loadings = state.loadings.copy()
    cluster, accepted = draw_cluster(
        data.y[i], data.seen[i], state.latents, log_prior, data.family,
        state.extra[i], here, loadings[i], rng,
    )  # fmt: skip
    neurons = state.neurons.copy()
    neurons[i] = cluster
    state = state.changed(neurons=neurons, loadings=loadings)
    if births and not alone and cluster != state.n_clusters - 1:
        state = without_cluster(state, state.n_clusters - 1)
    if alone and cluster != here:
        state = without_cluster(state, here)
    return state, bool(accepted)


def split_and_merge(
    state: ChainState, data: Data, settings: Settings, _: int, rng: np.random.Generator
) -> tuple[ChainState, tuple[int, int]]:
    """Try to split a cluster or to merge two, `settings.splits` times.

    Parameters
    ----------
    state : ChainState
        Before.
    data : Data
        What was observed.
    settings : Settings
        Priors.
    rng : numpy.random.Generator
        Source of what is drawn.

    Returns
    -------
    state : ChainState
        After.
    counts : (int, int)
        Proposals taken and made.
    """
    n_neurons, taken = len(state.neurons), 0
    if n_neurons < 2:
        return state, (0, 0)
    for _attempt in range(settings.splits):
        old = state.eta()
        omega, kappa, sizes = _messages(state, data, old, rng)
        entries = Messages(omega, kappa)
        i, j = (int(n) for n in rng.choice(n_neurons, 2, replace=False))
        if state.neurons[i] == state.neurons[j]:
            new = propose_split(state, (i, j), entries, data.likeness, data, settings, rng)
            ratio = split_log_ratio(state, new, (i, j), entries, data.likeness, data, settings)
        else:
            new, ordered = propose_merge(state, (i, j), entries, rng)
            ratio = -split_log_ratio(new, ordered, (i, j), entries, data.likeness, data, settings)
        ratio += float(poisson_ratio(data, new.eta(), old, sizes).sum())
        if math.log(rng.random()) < ratio:
            state, taken = new, taken + 1
    return state, (taken, settings.splits)


_MOVES = {
    "paths": draw_states_and_latents,
    "dynamics": draw_all_dynamics,
    "scale": scale_latents,
    "transitions": draw_all_transitions,
    "loadings": draw_all_loadings,
    "extras": draw_extras,
    "clusters": draw_clusters,
    "splits": split_and_merge,
}
