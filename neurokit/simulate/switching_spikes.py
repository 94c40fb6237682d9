"""Spike counts of a population whose couplings switch with a hidden state."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import xarray as xr
from numpy.typing import NDArray
from scipy.special import expit

from neurokit._version import __version__
from neurokit.randomness import as_generator
from neurokit.schema.build import activity, events, recording
from neurokit.schema.history import add_history
from neurokit.schema.time import regular_time, time_coordinate
from neurokit.simulate.numbers import real_number, whole_number
from neurokit.simulate.simulation import Simulation

Array = NDArray[np.float64]

# Concentration of the Dirichlet that edges' probabilities come from: inhibitory, none, excitatory.
_CONCENTRATION = (0.2, 1.6, 0.2)
# Strength of an edge is log(1 + _STRENGTH u) with u uniform in [0, 1): at most log 4.
_STRENGTH = 3.0
# Biases are uniform in plus or minus half of this.
_BIAS = 0.1
# Bounds of the expected count per bin, those of the published code.
_BOUNDS = (1e-8, 1.0)


@dataclass(frozen=True)
class _Network:
    """What is planted, as arrays."""

    prior: Array
    adjacency: NDArray[np.int64]
    weights: Array
    bias: Array
    transition: Array
    history: Array


def spiking_hmm(
    n_neurons: int = 20,
    n_states: int = 5,
    n_trials: int = 50,
    n_bins: int = 2000,
    *,
    stay: float = 0.98,
    n_lags: int = 5,
    bin_s: float = 0.02,
    random_state: int | np.random.Generator | None = None,
) -> Simulation:
    """y_tn ~ Poisson(sigmoid(b_n + sum_j W_z(t),n,j sum_k phi_k y_t-k,j)), z a Markov chain.

    Edges are shared between states in part: each edge (post n, pre j) draws probabilities of
    being inhibitory, absent or excitatory from Dirichlet(0.2, 1.6, 0.2), and each state draws the
    edge's kind from them; its strength in that state is log(1 + 3 u), u uniform in [0, 1). Some
    78 % of the edges are absent. phi_k is proportional to exp(-k) and sums to 1; biases are
    uniform in +-0.05. A state stays with probability `stay` and leaves to all others alike; the
    first state of a trial is uniform. History does not cross a trial's edge.

    Parameters
    ----------
    n_neurons : int, default 20
        Neurons.
    n_states : int, default 5
        Hidden states.
    n_trials : int, default 50
        Trials.
    n_bins : int, default 2000
        Bins per trial.
    stay : float, default 0.98
        Probability that the state stays from one bin to the next.
    n_lags : int, default 5
        Bins of history that act on the present.
    bin_s : float, default 0.02
        Width of a bin, s.
    random_state : None, int or numpy.random.Generator
        Source of everything drawn.

    Returns
    -------
    Simulation
        One recording, ``session1``, of counts (trial, time, neuron) without units; truth with
        ``state_sequence``(trial, time), ``weights`` and ``adjacency``(state, post, pre),
        ``bias``(post), ``prior_connectivity``(post, pre, sign) with signs -1, 0, 1, ``transition``
        (state, state_next) and ``history``(lag), the share of each lag.

    Raises
    ------
    OptionError
        If a number is out of range.

    References
    ----------
    .. [1] Li et al. (2024) One-hot generalized linear model for switching brain state discovery.
       ICLR. arXiv:2310.15263

    Examples
    --------
    >>> simulation = spiking_hmm(4, 2, 3, 100, random_state=0)
    >>> dict(simulation.recordings["session1"].activity.signal.sizes)
    {'trial': 3, 'time': 100, 'neuron': 4}
    """
    parameters = {
        "n_neurons": n_neurons,
        "n_states": n_states,
        "n_trials": n_trials,
        "n_bins": n_bins,
        "stay": stay,
        "n_lags": n_lags,
        "bin_s": bin_s,
    }
    _check(parameters)
    rng = as_generator(random_state)
    network = _network(rng, n_neurons, n_states, stay, n_lags)
    states = _paths(rng, network.transition, n_trials, n_bins)
    counts = _counts(rng, network, states)
    names = [f"N{k + 1:0{len(str(n_neurons))}d}" for k in range(n_neurons)]
    tree = add_history(
        _recording(counts, names, bin_s), "simulate.spiking_hmm", parameters, random_state
    )
    return Simulation({"session1": tree}, _truth(network, states, names, bin_s, parameters))


def _check(parameters: dict[str, Any]) -> None:
    for name in ("n_neurons", "n_states", "n_trials", "n_bins", "n_lags"):
        whole_number(name, parameters[name])
    real_number("stay", parameters["stay"], 0.0, 1.0)
    real_number("bin_s", parameters["bin_s"], above=True)


def _network(
    rng: np.random.Generator, n_neurons: int, n_states: int, stay: float, n_lags: int
) -> _Network:
    prior = rng.dirichlet(_CONCENTRATION, (n_neurons, n_neurons))
    drawn = rng.random((n_states, n_neurons, n_neurons, 1))
    adjacency = (drawn > np.cumsum(prior, axis=-1)[..., :2]).sum(axis=-1) - 1
    strength = np.log1p(_STRENGTH * rng.random(adjacency.shape))
    history = np.exp(-np.arange(1.0, n_lags + 1.0))
    return _Network(
        prior=prior,
        adjacency=adjacency,
        weights=adjacency * strength,
        bias=_BIAS * (rng.random(n_neurons) - 0.5),
        transition=_sticky(n_states, stay),
        history=history / history.sum(),
    )


def _sticky(n_states: int, stay: float) -> Array:
    if n_states == 1:
        return np.ones((1, 1))
    leave = (1.0 - stay) / (n_states - 1)
    return np.where(np.eye(n_states, dtype=bool), stay, leave)


def _paths(
    rng: np.random.Generator, transition: Array, n_trials: int, n_bins: int
) -> NDArray[np.int64]:
    """Draw the state of every trial and bin."""
    n_states = len(transition)
    below = np.cumsum(transition, axis=1)[:, :-1]
    states = np.empty((n_trials, n_bins), dtype=np.int64)
    states[:, 0] = rng.integers(n_states, size=n_trials)
    uniform = rng.random((n_bins, n_trials, 1))
    for t in range(1, n_bins):
        states[:, t] = (uniform[t] > below[states[:, t - 1]]).sum(axis=1)
    return states


def _counts(rng: np.random.Generator, network: _Network, states: NDArray[np.int64]) -> Array:
    """Draw the counts (trial, time, neuron) bin by bin, all trials at once."""
    n_trials, n_bins = states.shape
    n_lags, n_neurons = network.history.size, network.bias.size
    # Zeros before the first bin, so that every bin has a whole history.
    counts = np.zeros((n_trials, n_lags + n_bins, n_neurons))
    newest_last = network.history[::-1]
    for t in range(n_bins):
        past = np.einsum("l,mlj->mj", newest_last, counts[:, t : t + n_lags])
        drive = np.matmul(network.weights[states[:, t]], past[:, :, None])[:, :, 0]
        rate = np.clip(expit(network.bias + drive), *_BOUNDS)
        counts[:, t + n_lags] = rng.poisson(rate)
    return counts[:, n_lags:]


def _recording(counts: Array, names: list[str], bin_s: float) -> xr.DataTree:
    n_trials, n_bins, _ = counts.shape
    group = activity(
        counts, names=names, rate=1.0 / bin_s, time_origin="start of the trial", units="1"
    )
    group["signal"].attrs["long_name"] = "spikes per bin"
    group = group.assign_coords(trial=np.arange(n_trials))
    trials = events(
        np.zeros(n_trials),
        duration=np.full(n_trials, n_bins * bin_s),
        trial_type=["trial"] * n_trials,
        columns={"trial": list(range(n_trials))},
    )
    return recording(
        {"activity": group, "events": trials},
        modality="spikes",
        subject="simulated",
        session="session1",
        licence="CC0-1.0",
        source="simulated",
        loader="simulate.spiking_hmm",
        loader_version=__version__,
        name="session1",
    )


def _truth(
    network: _Network,
    states: NDArray[np.int64],
    names: list[str],
    bin_s: float,
    parameters: dict[str, Any],
) -> xr.Dataset:
    n_trials, n_bins = states.shape
    label = np.arange(len(network.transition))
    return xr.Dataset(
        {
            "state_sequence": (("trial", "time"), states),
            "weights": (("state", "post", "pre"), network.weights),
            "adjacency": (("state", "post", "pre"), network.adjacency),
            "bias": ("post", network.bias),
            "prior_connectivity": (("post", "pre", "sign"), network.prior),
            "transition": (("state", "state_next"), network.transition),
            "history": ("lag", network.history),
        },
        coords={
            "trial": np.arange(n_trials),
            "state": label,
            "time": time_coordinate(regular_time(n_bins, 1.0 / bin_s), 1.0 / bin_s),
            "post": np.asarray(names),
            "pre": np.asarray(names),
            "sign": np.array([-1, 0, 1]),
            "state_next": label,
            "lag": np.arange(1, network.history.size + 1),
        },
        attrs=dict(parameters),
    )
