"""A population behind which a few damped, noise-driven oscillators of known frequency swing."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from neurokit.errors import OptionError, check_option
from neurokit.randomness import as_generator
from neurokit.simulate.numbers import real_number, whole_number
from neurokit.simulate.population import counts_recording, population_names, rates_truth
from neurokit.simulate.simulation import Simulation

Array = NDArray[np.float64]


def oscillators(
    frequencies: Sequence[float] = (4.0, 9.0),
    damping_ratios: Sequence[float] = (0.08, 0.05),
    n_neurons: int = 40,
    n_trials: int = 64,
    n_bins: int = 75,
    *,
    bin_s: float = 0.02,
    base_rate: float = 10.0,
    observation: str = "poisson",
    noise_sd: float = 1.0,
    random_state: int | np.random.Generator | None = None,
) -> Simulation:
    """z_k'' = -w_k^2 z_k - 2 zeta_k w_k z_k' + noise, w = 2 pi f; y_n ~ Poisson(exp(b + c_n . z)).

    Each position has stationary variance 1 and starts from its stationary law; the step over one
    bin is exact. Loadings c_n are normal with standard deviation 0.6 over the root of the number
    of oscillators. With ``observation="gaussian"`` y = c_n . z + white noise of `noise_sd`.

    Parameters
    ----------
    frequencies : sequence of float, default (4, 9)
        Undamped natural frequencies, Hz.
    damping_ratios : sequence of float, default (.08, .05)
        Of critical damping, between 0 and 1, both excluded.
    n_neurons : int, default 40
        Neurons.
    n_trials : int, default 64
        Trials.
    n_bins : int, default 75
        Bins per trial.
    bin_s : float, default 0.02
        Width of a bin, s.
    base_rate : float, default 10.0
        Rate where all positions are 0, Hz.
    observation : {"poisson", "gaussian"}
        What is recorded.
    noise_sd : float, default 1.0
        Of the gaussian observation.
    random_state : None, int or numpy.random.Generator
        Source of everything drawn.

    Returns
    -------
    Simulation
        One recording, ``session1`` (trial, time, neuron); truth with ``rate`` (expected counts per
        bin, or the expected signal), ``latent`` (trial, time, axis), ``weights`` (neuron, axis),
        ``frequency`` and ``damping_ratio`` (axis).

    Raises
    ------
    OptionError
        If a number is out of range, or there are not as many ratios as frequencies.

    References
    ----------
    .. [1] Uhlenbeck and Ornstein (1930) doi:10.1103/PhysRev.36.823

    Examples
    --------
    >>> simulation = oscillators(n_neurons=5, n_trials=3, random_state=0)
    >>> simulation.truth.frequency.values
    array([4., 9.])
    """
    parameters: dict[str, Any] = {
        "n_neurons": n_neurons,
        "n_trials": n_trials,
        "n_bins": n_bins,
        "bin_s": bin_s,
        "base_rate": base_rate,
        "observation": observation,
        "noise_sd": noise_sd,
    }
    hertz = np.asarray(frequencies, dtype=np.float64)
    ratios = np.asarray(damping_ratios, dtype=np.float64)
    _check(parameters, hertz, ratios)
    rng = as_generator(random_state)
    state = np.stack(
        [
            _path(rng, f, zeta, n_trials, n_bins, bin_s)
            for f, zeta in zip(hertz, ratios, strict=True)
        ],
        axis=-1,
    )
    weights = rng.normal(size=(n_neurons, hertz.size)) * 0.6 / math.sqrt(hertz.size)
    drive = state @ weights.T
    if observation == "poisson":
        rate = bin_s * base_rate * np.exp(drive)
        observed: NDArray[Any] = rng.poisson(rate)
    else:
        rate = drive
        observed = drive + noise_sd * rng.normal(size=drive.shape)
    names = population_names(n_neurons)
    given = {**parameters, "frequencies": hertz.tolist(), "damping_ratios": ratios.tolist()}
    tree = counts_recording(observed, names, bin_s, {}, "simulate.oscillators", given, random_state)
    truth = rates_truth(rate, state, names, bin_s, parameters)
    return Simulation(
        {"session1": tree},
        truth.assign(
            weights=(("neuron", "axis"), weights),
            frequency=("axis", hertz, {"units": "Hz"}),
            damping_ratio=("axis", ratios, {"units": "1"}),
        ),
    )


def _check(parameters: dict[str, Any], hertz: Array, ratios: Array) -> None:
    for name in ("n_neurons", "n_trials", "n_bins"):
        whole_number(name, parameters[name])
    for name in ("bin_s", "base_rate", "noise_sd"):
        real_number(name, parameters[name], above=True)
    check_option("observation", parameters["observation"], ("poisson", "gaussian"))
    if hertz.ndim != 1 or not hertz.size or not (np.isfinite(hertz) & (hertz > 0)).all():
        raise OptionError(
            f"is {hertz.tolist()!r}", where="frequencies", mend="Give numbers above 0 Hz."
        )
    if ratios.shape != hertz.shape or not ((ratios > 0) & (ratios < 1)).all():
        raise OptionError(
            f"is {ratios.tolist()!r} for {hertz.size} frequencies",
            where="damping_ratios",
            mend="Give one number between 0 and 1 for each frequency.",
        )


def _path(
    rng: np.random.Generator, hertz: float, zeta: float, n_trials: int, n_bins: int, bin_s: float
) -> Array:
    """Positions (trial, time) of one oscillator, by its exact step in the units of its own sd."""
    omega = 2.0 * math.pi * hertz
    step, spread = exact_step(omega, zeta, bin_s)
    z = rng.normal(size=(n_trials, 2)) * np.array([1.0, omega])
    path = np.empty((n_trials, n_bins))
    for t in range(n_bins):
        path[:, t] = z[:, 0]
        z = z @ step.T + rng.normal(size=(n_trials, 2)) @ spread.T
    return path


def exact_step(omega: float, zeta: float, seconds: float) -> tuple[Array, Array]:
    """Return transition matrix and a root of the noise covariance of one underdamped oscillator.

    The stationary covariance of (position, velocity) is diag(1, omega^2); what a step does not
    carry over of it is noise.

    Parameters
    ----------
    omega : float
        Undamped angular frequency, rad/s.
    zeta : float
        Damping ratio, below 1.
    seconds : float
        Length of the step, s.

    Returns
    -------
    step : (2, 2) ndarray
        Transition of (position, velocity).
    spread : (2, 2) ndarray
        Lower triangular; spread @ spread.T is the noise covariance.
    """
    rate, ringing = zeta * omega, omega * math.sqrt(1.0 - zeta**2)
    cosine, sine = math.cos(ringing * seconds), math.sin(ringing * seconds)
    step = math.exp(-rate * seconds) * np.array(
        [
            [cosine + rate / ringing * sine, sine / ringing],
            [-(omega**2) / ringing * sine, cosine - rate / ringing * sine],
        ]
    )
    stationary = np.diag([1.0, omega**2])
    noise = stationary - step @ stationary @ step.T
    return step, np.asarray(np.linalg.cholesky(noise), dtype=np.float64)
