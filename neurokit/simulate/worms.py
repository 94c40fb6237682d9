"""Calcium recordings of several animals that share motifs of co-fluctuating neurons.

A motif may hold communities: groups that are active together but move together only in part.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import xarray as xr
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter1d

from neurokit._version import __version__
from neurokit.errors import OptionError
from neurokit.randomness import as_generator
from neurokit.schema.build import activity, events, recording
from neurokit.schema.history import add_history
from neurokit.schema.time import regular_time, time_coordinate
from neurokit.simulate.numbers import real_number, whole_number
from neurokit.simulate.simulation import Simulation

Array = NDArray[np.float64]

# Share of neurons that belong to some motif, and of an epoch's slot in which it is active.
_IN_MOTIFS = 0.75
_ACTIVE = (0.15, 0.85)
# Duration of an epoch's rise and fall, and correlation time of private fluctuations, s.
_RAMP = 1.0
_PRIVATE = 1.5
# Standard deviation by which a phase wanders off within one period, rad.
_WANDER = 0.6
# Shortest slot that holds a few periods between its ramps, in periods.
_SHORTEST_SLOT = 2.0


@dataclass(frozen=True)
class _Plan:
    """What is planted, as arrays."""

    neuron_loading: Array
    recording_loading: Array
    community: NDArray[np.int64]
    envelope: Array
    slots: list[tuple[int, float, float]]
    recorded: NDArray[np.bool_]


def worms(
    n_animals: int = 4,
    n_neurons: int = 60,
    n_motifs: int = 3,
    *,
    n_communities: int = 1,
    coupling: float = 0.5,
    missing: float = 0.2,
    duration: float = 400.0,
    rate: float = 4.0,
    n_epochs: int = 4,
    period: float = 6.0,
    noise: float = 0.2,
    private: float = 0.2,
    random_state: int | np.random.Generator | None = None,
) -> Simulation:
    """x_n(t) = sum_m l_mn g_mw e_m(t) sin(phase_mw(t)) + private fluctuation + noise.

    Each motif m is a group of neurons with amplitudes l (0.7 to 1.3) that oscillate together
    while the motif is active. Epochs e, the same in all animals and marked in ``/events``
    (``epoch A`` for the first motif), take turns. The phase wanders and is each animal's own, so
    animals share the epochs but not the oscillation. Animal w takes part in motif m with
    strength g (0.5 to 1.5). A quarter of the neurons belongs to no motif. Every animal misses
    other neurons; those are absent from its recording, so that ``nk.stack`` makes them NaN.

    With communities, the neurons of a motif fall into groups c that are active in the same
    epochs, move together within, and with each other only in part: sin(phase_mw) becomes

        sqrt(coupling) sin(phase_mw) + sqrt(1 - coupling) sin(phase_mcw)

    Parameters
    ----------
    n_animals : int, default 4
        Recordings.
    n_neurons : int, default 60
        Neurons over all animals.
    n_motifs : int, default 3
        Groups of neurons.
    n_communities : int, default 1
        Communities within each motif, of equal size to one neuron.
    coupling : float, default 0.5
        Correlation of the oscillations of two communities of one motif, 0 to 1; without effect
        on a single community.
    missing : float, default 0.2
        Share of neurons that an animal misses.
    duration : float, default 400.0
        Length of each recording, s.
    rate : float, default 4.0
        Frames per second, Hz.
    n_epochs : int, default 4
        Epochs per motif.
    period : float, default 6.0
        Mean period of the oscillation, s.
    noise : float, default 0.2
        Standard deviation of the noise of each frame.
    private : float, default 0.2
        Standard deviation of each neuron's own slow fluctuation.
    random_state : None, int or numpy.random.Generator
        Source of everything drawn.

    Returns
    -------
    Simulation
        Recordings ``worm1``, ``worm2``...; truth with ``neuron_loading``(component, neuron),
        ``time_course``(component, time), 1 where a motif is fully active,
        ``recording_loading``(component, recording), ``recorded``(recording, neuron) and
        ``community``(component, neuron): 0, 1... within a motif, -1 outside it.

    Raises
    ------
    OptionError
        If a number is out of range, or epochs would be shorter than the oscillation.

    Examples
    --------
    >>> simulation = worms(n_animals=2, random_state=0)
    >>> simulation.recordings["worm1"].activity.signal.sizes["neuron"]
    48
    """
    parameters = {
        "n_animals": n_animals,
        "n_neurons": n_neurons,
        "n_motifs": n_motifs,
        "n_communities": n_communities,
        "coupling": coupling,
        "missing": missing,
        "duration": duration,
        "rate": rate,
        "n_epochs": n_epochs,
        "period": period,
        "noise": noise,
        "private": private,
    }
    _check(parameters)
    rng = as_generator(random_state)
    time = regular_time(round(duration * rate), rate)
    plan = _plan(
        rng, time, n_animals, n_neurons, n_motifs, n_communities, missing, n_epochs, duration
    )
    names = [f"N{k + 1:0{len(str(n_neurons))}d}" for k in range(n_neurons)]
    recordings = {}
    for w in range(n_animals):
        signal = _motif_signal(rng, plan, w, period * rate, coupling)
        signal += private * _slow_noise(rng, signal.shape, _PRIVATE * rate)
        signal += noise * rng.standard_normal(signal.shape)
        tree = _recording(signal, names, plan, w, rate)
        recordings[f"worm{w + 1}"] = add_history(tree, "simulate.worms", parameters, random_state)
    return Simulation(recordings, _truth(plan, names, time, rate, parameters))


def _check(parameters: dict[str, float]) -> None:
    for name, value in parameters.items():
        if name.startswith("n_"):
            whole_number(name, value)
        else:
            real_number(name, value, above=name in ("duration", "rate", "period"))
    _check_together(parameters)


def _check_together(parameters: dict[str, float]) -> None:
    slot = parameters["duration"] / (parameters["n_motifs"] * parameters["n_epochs"])
    rules = {
        "n_neurons": (
            _IN_MOTIFS * parameters["n_neurons"] >= 2 * parameters["n_motifs"],
            "A motif needs two neurons, and a quarter of all belongs to none.",
        ),
        "n_communities": (
            _IN_MOTIFS * parameters["n_neurons"]
            >= 2 * parameters["n_motifs"] * parameters["n_communities"],
            "Each needs two neurons: plant fewer, or raise n_neurons.",
        ),
        "coupling": (parameters["coupling"] <= 1, "Give a correlation from 0 to 1."),
        "missing": (
            (1 - parameters["missing"]) * parameters["n_neurons"] >= 2,
            "Give a share from 0 that leaves two neurons.",
        ),
        "rate": (parameters["rate"] * parameters["period"] >= 4, "Give four frames per period."),
        "duration": (
            slot >= _SHORTEST_SLOT * parameters["period"],
            "Each epoch needs two periods: lengthen it, or plant fewer motifs or epochs.",
        ),
    }
    for name, (fine, mend) in rules.items():
        if not fine:
            raise OptionError(f"is {parameters[name]!r}", where=name, mend=mend)


def _plan(
    rng: np.random.Generator,
    time: Array,
    n_animals: int,
    n_neurons: int,
    n_motifs: int,
    n_communities: int,
    missing: float,
    n_epochs: int,
    duration: float,
) -> _Plan:
    size = int(_IN_MOTIFS * n_neurons / n_motifs)
    chosen = rng.permutation(n_neurons)[: size * n_motifs].reshape(n_motifs, size)
    neuron_loading = np.zeros((n_motifs, n_neurons))
    np.put_along_axis(neuron_loading, chosen, rng.uniform(0.7, 1.3, chosen.shape), axis=1)
    community = np.full((n_motifs, n_neurons), -1)
    # The members come in random order, so that equal parts of them are a random partition.
    part = np.broadcast_to(np.arange(size) * n_communities // size, chosen.shape)
    np.put_along_axis(community, chosen, part, axis=1)
    turns = np.concatenate([rng.permutation(n_motifs) for _ in range(n_epochs)])
    slot = duration / turns.size
    slots = [
        (int(m), (k + _ACTIVE[0]) * slot, (k + _ACTIVE[1]) * slot) for k, m in enumerate(turns)
    ]
    envelope = np.zeros((n_motifs, time.size))
    for m, start, stop in slots:
        envelope[m] += _ramp(time - start) * _ramp(stop - time)
    recorded = np.ones((n_animals, n_neurons), dtype=bool)
    for row in recorded:
        row[rng.choice(n_neurons, round(missing * n_neurons), replace=False)] = False
    loading = rng.uniform(0.5, 1.5, (n_motifs, n_animals))
    return _Plan(neuron_loading, loading, community, envelope, slots, recorded)


def _motif_signal(
    rng: np.random.Generator, plan: _Plan, w: int, period: float, coupling: float
) -> Array:
    """(neuron, time) sum of what the motifs do in animal w."""
    n_motifs, n_times = plan.envelope.shape
    shared = np.sin(_phase(rng, n_motifs, n_times, period))
    loading = plan.neuron_loading * plan.recording_loading[:, [w]]
    n_communities = int(plan.community.max()) + 1
    if n_communities == 1:
        together: Array = loading.T @ (plan.envelope * shared)
        return together
    own = np.sin(_phase(rng, n_motifs * n_communities, n_times, period))
    signal = np.zeros((loading.shape[1], n_times))
    for c, part in enumerate(own.reshape(n_motifs, n_communities, n_times).swapaxes(0, 1)):
        mixed = np.sqrt(coupling) * shared + np.sqrt(1.0 - coupling) * part
        signal += (loading * (plan.community == c)).T @ (plan.envelope * mixed)
    return signal


def _ramp(seconds: Array) -> Array:
    """Rise from 0 to 1 as a half cosine over `_RAMP` seconds, centred on 0."""
    share: Array = np.clip(seconds / _RAMP + 0.5, 0.0, 1.0)
    return (1.0 - np.cos(np.pi * share)) / 2.0


def _phase(rng: np.random.Generator, n_motifs: int, n_times: int, period: float) -> Array:
    """Phases that advance by 2 pi per `period` frames on average, from a random start."""
    jitter = _WANDER * rng.standard_normal((n_motifs, n_times)) / np.sqrt(period)
    steps = 2.0 * np.pi / period + jitter
    phase: Array = 2.0 * np.pi * rng.random((n_motifs, 1)) + np.cumsum(steps, axis=1)
    return phase


def _slow_noise(rng: np.random.Generator, shape: tuple[int, ...], sigma: float) -> Array:
    """Gaussian noise smoothed over `sigma` frames, of standard deviation 1."""
    smooth: Array = gaussian_filter1d(rng.standard_normal(shape), sigma, axis=-1, mode="wrap")
    smooth /= smooth.std()
    return smooth


def _recording(signal: Array, names: list[str], plan: _Plan, w: int, rate: float) -> xr.DataTree:
    seen = np.flatnonzero(plan.recorded[w])
    group = activity(
        signal[seen].T,
        names=[names[k] for k in seen],
        rate=rate,
        units="1",
        coords={"identified": [True] * seen.size},
    )
    group["signal"].attrs["long_name"] = "relative fluorescence change"
    epochs = events(
        [start for _, start, _ in plan.slots],
        duration=[stop - start for _, start, stop in plan.slots],
        trial_type=[f"epoch {chr(ord('A') + m)}" for m, _, _ in plan.slots],
    )
    return recording(
        {"activity": group, "events": epochs},
        modality="calcium",
        subject=f"worm{w + 1}",
        licence="CC0-1.0",
        source="simulated",
        loader="simulate.worms",
        loader_version=__version__,
        name=f"worm{w + 1}",
    )


def _truth(
    plan: _Plan, names: list[str], time: Array, rate: float, parameters: dict[str, float]
) -> xr.Dataset:
    return xr.Dataset(
        {
            "neuron_loading": (("component", "neuron"), plan.neuron_loading),
            "time_course": (("component", "time"), plan.envelope),
            "recording_loading": (("component", "recording"), plan.recording_loading),
            "recorded": (("recording", "neuron"), plan.recorded),
            "community": (("component", "neuron"), plan.community),
        },
        coords={
            "component": np.arange(len(plan.envelope)),
            "neuron": np.asarray(names),
            "time": time_coordinate(time, rate),
            "recording": np.asarray([f"worm{w + 1}" for w in range(len(plan.recorded))]),
        },
        attrs=dict(parameters),
    )
