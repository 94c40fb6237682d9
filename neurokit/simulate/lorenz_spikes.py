"""Spike counts of a population that the Lorenz attractor drives: no input, known rates."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from neurokit.errors import OptionError
from neurokit.randomness import as_generator
from neurokit.simulate.numbers import real_number, whole_number
from neurokit.simulate.population import counts_recording, population_names, rates_truth
from neurokit.simulate.simulation import Simulation

Array = NDArray[np.float64]

SIGMA, RHO, BETA = 10.0, 28.0, 8.0 / 3.0
# From random places onto the attractor: Lorenz time units, and a step that no caller changes, so
# that a finer path starts at the same points.
_SETTLE, _SETTLE_STEP = 20.0, 0.005


def lorenz(
    n_conditions: int = 65,
    n_repeats: int = 24,
    n_neurons: int = 29,
    n_bins: int = 50,
    *,
    bin_s: float = 0.02,
    speed: float = 2.0,
    base_rate: float = 5.5,
    step: float = 0.005,
    random_state: int | np.random.Generator | None = None,
) -> Simulation:
    """y_tn ~ Poisson(bin_s base_rate exp(w_n . x_t)), x the Lorenz system, standardised.

    dx/ds = (10 (x2 - x1), x1 (28 - x3) - x2, x1 x2 - 8/3 x3), s = `speed` times seconds, by
    Runge-Kutta of fourth order. Each condition starts somewhere on the attractor and is repeated;
    repeats differ in their Poisson noise only. The three axes are standardised over conditions
    and time; columns w_n point anywhere and are 0.7 to 1.3 long. The mean rate comes to about
    9 Hz. Of every condition the last sixth of the repeats is marked as held out.

    Parameters
    ----------
    n_conditions : int, default 65
        Starting points.
    n_repeats : int, default 24
        Trials of each.
    n_neurons : int, default 29
        Neurons.
    n_bins : int, default 50
        Bins per trial.
    bin_s : float, default 0.02
        Width of a bin, s.
    speed : float, default 2.0
        Lorenz time units per second: 6 is that of the literature, 2 is slower and easier.
    base_rate : float, default 5.5
        Rate where the state is at its mean, Hz.
    step : float, default 0.005
        Longest step of the integration, Lorenz time units.
    random_state : None, int or numpy.random.Generator
        Source of everything drawn.

    Returns
    -------
    Simulation
        One recording, ``session1``, of counts (trial, time, neuron) with ``condition`` and
        ``split`` ("train", "val") per trial; truth with ``rate`` (trial, time, neuron) in expected
        counts per bin, ``latent`` (trial, time, axis) and ``weights`` (neuron, axis).

    Raises
    ------
    OptionError
        If a number is out of range.

    References
    ----------
    .. [1] Lorenz (1963) doi:10.1175/1520-0469(1963)020<0130:DNF>2.0.CO;2
    .. [2] Pandarinath et al. (2018) doi:10.1038/s41592-018-0109-9

    Examples
    --------
    >>> simulation = lorenz(3, 4, 5, 10, random_state=0)
    >>> dict(simulation.recordings["session1"].activity.signal.sizes)
    {'trial': 12, 'time': 10, 'neuron': 5}
    """
    parameters = {
        "n_conditions": n_conditions,
        "n_repeats": n_repeats,
        "n_neurons": n_neurons,
        "n_bins": n_bins,
        "bin_s": bin_s,
        "speed": speed,
        "base_rate": base_rate,
        "step": step,
    }
    _check(parameters)
    rng = as_generator(random_state)
    state = standardised_paths(rng, n_conditions, n_bins, bin_s * speed, step)
    weights = _weights(rng, n_neurons)
    rate = bin_s * base_rate * np.exp(state @ weights.T)
    trial_rate = np.repeat(rate, n_repeats, axis=0)
    counts = rng.poisson(trial_rate)
    repeat = np.tile(np.arange(n_repeats), n_conditions)
    columns = {
        "condition": np.repeat(np.arange(n_conditions), n_repeats),
        "split": np.where(repeat >= n_repeats - n_repeats // 6, "val", "train"),
    }
    names = population_names(n_neurons)
    tree = counts_recording(
        counts, names, bin_s, columns, "simulate.lorenz", parameters, random_state
    )
    truth = rates_truth(trial_rate, np.repeat(state, n_repeats, axis=0), names, bin_s, parameters)
    return Simulation(
        {"session1": tree},
        truth.assign(weights=(("neuron", "axis"), weights)).assign_coords(
            condition=("trial", columns["condition"]), split=("trial", columns["split"])
        ),
    )


def _check(parameters: dict[str, Any]) -> None:
    for name in ("n_conditions", "n_repeats", "n_neurons", "n_bins"):
        whole_number(name, parameters[name])
    if parameters["n_conditions"] * parameters["n_bins"] < 2:
        raise OptionError(
            "one bin of one condition has no spread to standardise by",
            where="n_bins",
            mend="Give more bins or conditions.",
        )
    for name in ("bin_s", "speed", "base_rate", "step"):
        real_number(name, parameters[name], above=True)


def standardised_paths(
    rng: np.random.Generator, n_conditions: int, n_bins: int, bin_units: float, step: float
) -> Array:
    """Return paths on the attractor, each axis of mean 0 and variance 1 over all of them.

    Parameters
    ----------
    rng : numpy.random.Generator
        Draws the starting points.
    n_conditions, n_bins : int
        Sizes.
    bin_units : float
        Lorenz time units per bin.
    step : float
        Longest step of the integration.

    Returns
    -------
    (n_conditions, n_bins, 3) ndarray
        No unit.
    """
    start = rng.normal(size=(n_conditions, 3)) * 8.0 + np.array([0.0, 0.0, 25.0])
    path = [_advance(start, _SETTLE, _SETTLE_STEP)]
    for _ in range(n_bins - 1):
        path.append(_advance(path[-1], bin_units, step))
    state = np.stack(path, axis=1)
    centred = state - state.mean(axis=(0, 1))
    scaled: Array = centred / centred.std(axis=(0, 1))
    return scaled


def _advance(state: Array, duration: float, step: float) -> Array:
    n_steps = max(1, math.ceil(duration / step - 1e-9))
    h = duration / n_steps
    for _ in range(n_steps):
        k1 = _slope(state)
        k2 = _slope(state + 0.5 * h * k1)
        k3 = _slope(state + 0.5 * h * k2)
        k4 = _slope(state + h * k3)
        state = state + h / 6.0 * (k1 + 2.0 * k2 + 2.0 * k3 + k4)
    return state


def _slope(state: Array) -> Array:
    x, y, z = state[:, 0], state[:, 1], state[:, 2]
    return np.stack([SIGMA * (y - x), x * (RHO - z) - y, x * y - BETA * z], axis=1)


def _weights(rng: np.random.Generator, n_neurons: int) -> Array:
    directions = rng.normal(size=(n_neurons, 3))
    directions /= np.linalg.norm(directions, axis=1, keepdims=True)
    weights: Array = directions * rng.uniform(0.7, 1.3, size=(n_neurons, 1))
    return weights
