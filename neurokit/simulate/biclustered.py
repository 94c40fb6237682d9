"""Spike counts of neurons in clusters that share a trajectory, and of bins that share dynamics."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from neurokit._version import __version__
from neurokit.errors import check_option
from neurokit.randomness import as_generator
from neurokit.schema.build import activity, recording
from neurokit.schema.history import add_history
from neurokit.schema.time import regular_time, time_coordinate
from neurokit.simulate.numbers import real_number, whole_number
from neurokit.simulate.simulation import Simulation

Array = NDArray[np.float64]
Labels = NDArray[np.int64]

# Growth and rotation of the dynamics in each state; the first forgets, the second spirals.
_GROWTH = (0.01, 1.01, 0.97, 0.9)
_ANGLES = (0.0, np.pi / 20, np.pi / 5, 0.0)
_NOISE = 0.1
# Dwell times are Poisson with a mean drawn from Gamma(100, 2).
_DWELL = (100.0, 2.0)
_SPREAD = 0.5
_FURTHEST = 30.0
Observation = Literal["poisson", "negative_binomial", "gaussian"]


@dataclass(frozen=True)
class _Planted:
    """What is planted, as arrays."""

    clusters: Labels
    states: Labels
    latents: Array
    loadings: Array
    eta: Array


def biclustered(
    n_neurons: int = 30,
    n_bins: int = 500,
    n_clusters: int = 3,
    n_states: int = 2,
    *,
    n_latents: int = 2,
    observation: Observation = "negative_binomial",
    size: float = 10.0,
    noise: float = 0.5,
    bin_s: float = 0.5,
    random_state: int | np.random.Generator | None = None,
) -> Simulation:
    """eta_it = d_i + mu_t + c_i'x_t, (mu, x) of neuron i's cluster; x_t+1 = A_s x_t + N(0, Q).

    Every cluster has a trajectory (mu, x) of its own; one hidden state s, shared by all, decides
    which dynamics all clusters follow. The first state forgets (A = .01 I), the second grows and
    turns by pi/20 per bin in a random plane (A = 1.01 R), further ones turn faster or decay. Q is
    .01 I; dwell times are Poisson with means drawn from Gamma(100, 2), about 50 bins. Trajectories
    run for twice the length, of which the second half is kept, centred, and turned to its
    principal axes. d and c are normal with standard deviation .5.

    Parameters
    ----------
    n_neurons : int, default 30
        Neurons, shared out evenly among clusters.
    n_bins : int, default 500
        Bins.
    n_clusters : int, default 3
        Clusters of neurons.
    n_states : int, default 2
        Hidden states, 1 to 4.
    n_latents : int, default 2
        Dimensions of x.
    observation : str, default "negative_binomial"
        ``poisson``, ``negative_binomial`` (mean exp(eta), size `size`) or ``gaussian`` (mean eta).
    size : float, default 10
        Size of the negative binomial.
    noise : float, default 0.5
        Standard deviation of the Gaussian.
    bin_s : float, default 0.5
        Width of a bin, s.
    random_state : None, int or numpy.random.Generator
        Source of everything drawn.

    Returns
    -------
    Simulation
        One recording, ``session1``, (time, neuron); truth with ``neuron_cluster``(neuron),
        ``state``(time), ``log_rate``(time, neuron) and ``trajectory``(cluster, time, latent), of
        which latent 0 is mu.

    Raises
    ------
    OptionError
        If a number is out of range.

    References
    ----------
    .. [1] Wei (2024) Bayesian bi-clustering of neural spiking activity with latent structures.
       ICLR. arXiv:2309.02213

    Examples
    --------
    >>> simulation = biclustered(6, 50, 2, random_state=0)
    >>> dict(simulation.recordings["session1"].activity.signal.sizes)
    {'time': 50, 'neuron': 6}
    """
    parameters = {
        "n_neurons": n_neurons,
        "n_bins": n_bins,
        "n_clusters": n_clusters,
        "n_states": n_states,
        "n_latents": n_latents,
        "observation": observation,
        "size": size,
        "noise": noise,
        "bin_s": bin_s,
    }
    _check(parameters)
    rng = as_generator(random_state)
    planted = _plant(rng, n_neurons, n_bins, n_clusters, n_states, n_latents)
    values = _values(rng, planted.eta, observation, size, noise)
    names = [f"N{k + 1:0{len(str(n_neurons))}d}" for k in range(n_neurons)]
    tree = recording(
        {
            "activity": activity(
                values,
                names=names,
                rate=1.0 / bin_s,
                time_origin="start of the recording",
                units="1",
            )
        },
        modality="spikes",
        subject="simulated",
        session="session1",
        licence="CC0-1.0",
        source="simulated",
        loader="simulate.biclustered",
        loader_version=__version__,
        name="session1",
    )
    tree = add_history(tree, "simulate.biclustered", parameters, random_state)
    return Simulation({"session1": tree}, _truth(planted, names, bin_s, parameters))


def _check(parameters: dict[str, Any]) -> None:
    for name in ("n_bins", "n_latents"):
        whole_number(name, parameters[name])
    n_neurons = whole_number("n_neurons", parameters["n_neurons"])
    whole_number("n_clusters", parameters["n_clusters"], most=n_neurons)
    whole_number("n_states", parameters["n_states"], most=len(_GROWTH))
    kinds = ("poisson", "negative_binomial", "gaussian")
    check_option("observation", parameters["observation"], kinds)
    for name in ("size", "noise", "bin_s"):
        real_number(name, parameters[name], above=True)


def _plant(
    rng: np.random.Generator,
    n_neurons: int,
    n_bins: int,
    n_clusters: int,
    n_states: int,
    n_latents: int,
) -> _Planted:
    clusters = np.sort(np.arange(n_neurons) % n_clusters)
    states = _states(rng, 2 * n_bins, n_states)
    latents = np.stack([_trajectory(rng, states, n_latents + 1) for _ in range(n_clusters)])
    latents = np.stack([_projected(one) for one in latents[:, n_bins:]])
    loadings = _SPREAD * rng.standard_normal((n_neurons, n_latents + 1))
    mine = latents[clusters]
    eta = loadings[:, :1] + mine[..., 0] + np.einsum("ij,itj->it", loadings[:, 1:], mine[..., 1:])
    return _Planted(clusters, states[n_bins:], latents, loadings, eta)


def _states(rng: np.random.Generator, n_bins: int, n_states: int) -> Labels:
    mean = rng.gamma(_DWELL[0], 1.0 / _DWELL[1], n_states)
    out = np.empty(n_bins, dtype=np.int64)
    now, filled = int(rng.integers(n_states)), 0
    while filled < n_bins:
        stay = max(int(rng.poisson(mean[now])), 1)
        out[filled : filled + stay] = now
        filled += stay
        if n_states > 1:
            now = int((now + 1 + rng.integers(n_states - 1)) % n_states)
    return out


def _trajectory(rng: np.random.Generator, states: Labels, n_dims: int) -> Array:
    turns = [_turn(rng, n_dims, angle) for angle in _ANGLES]
    out = np.zeros((len(states), n_dims))
    out[0] = _NOISE * rng.standard_normal(n_dims)
    for t in range(1, len(states)):
        # The state of a bin drives the step that leads to it.
        s = states[t]
        step = _GROWTH[s] * (turns[s] @ out[t - 1]) + _NOISE * rng.standard_normal(n_dims)
        out[t] = np.clip(step, -_FURTHEST, _FURTHEST)
    return out


def _turn(rng: np.random.Generator, n_dims: int, angle: float) -> Array:
    """A rotation by an angle in a random plane."""
    if n_dims < 2:
        return np.eye(n_dims)
    plane = np.linalg.qr(rng.standard_normal((n_dims, 2)))[0]
    turned = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    return np.asarray(np.eye(n_dims) + plane @ (turned - np.eye(2)) @ plane.T)


def _projected(trajectory: Array) -> Array:
    """Centre, and turn x to its principal axes."""
    centred = trajectory - trajectory.mean(axis=0)
    axes = np.linalg.svd(centred[:, 1:], full_matrices=False)[2]
    return np.concatenate([centred[:, :1], centred[:, 1:] @ axes.T], axis=1)


def _values(
    rng: np.random.Generator, eta: Array, observation: str, size: float, noise: float
) -> Array:
    if observation == "gaussian":
        return eta.T + noise * rng.standard_normal(eta.T.shape)
    rate = np.exp(np.minimum(eta.T, _FURTHEST))
    if observation == "negative_binomial":
        rate = rng.gamma(size, rate / size)
    return rng.poisson(rate).astype(np.float64)


def _truth(
    planted: _Planted, names: list[str], bin_s: float, parameters: dict[str, Any]
) -> xr.Dataset:
    time = time_coordinate(regular_time(planted.states.size, 1.0 / bin_s), 1.0 / bin_s)
    return xr.Dataset(
        {
            "neuron_cluster": ("neuron", planted.clusters),
            "state": ("time", planted.states),
            "log_rate": (("time", "neuron"), planted.eta.T),
            "trajectory": (("cluster", "time", "latent"), planted.latents),
        },
        coords={"neuron": names, "time": time},
        attrs=dict(parameters),
    )
