"""Simulated recordings of cells: calcium of a worm, spike trains, a small connectome."""

from __future__ import annotations

from typing import Any

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from neurokit import schema
from neurokit.celegans.neurons import rows
from neurokit.errors import OptionError
from neurokit.simulate.background import (
    Generator,
    bump,
    coloured_noise,
    switching,
    through_indicator,
)
from neurokit.simulate.fields import Groups, onsets

Array = NDArray[Any]

# Command and motor neurons whose activity follows reversals or forward runs, then the rest.
_REVERSAL = [
    "AVAL", "AVAR", "AVEL", "AVER", "RIML", "RIMR", "AIBL", "AIBR", "VA1", "DA1", "VA2", "DA2",
]  # fmt: skip
_FORWARD = [
    "AVBL", "AVBR", "RIBL", "RIBR", "AIYL", "AIYR", "RID", "VB1", "DB1", "VB2", "DB2", "SMDVL",
    "SMDDL",
]  # fmt: skip


def _worm_neurons(n: int) -> list[int]:
    """Return the places of `n` neurons in the table: those of locomotion first."""
    table = [row.name for row in rows()]
    if n > len(table):
        raise OptionError(
            f"asked for {n} neurons", where="n_channels", mend=f"Give at most {len(table)}."
        )
    known = set(_REVERSAL) | set(_FORWARD)
    paired = [name for both in zip(_REVERSAL, _FORWARD, strict=False) for name in both]
    first = [*paired, *_FORWARD[len(_REVERSAL) :]]
    rest = [name for name in table if name not in known]
    # Every fifth neuron of the rest comes early, so that all types of neuron are there.
    order = [*first, *(name for k in range(5) for name in rest[k::5])]
    return [table.index(name) for name in order[:n]]


def calcium(n_channels: int, duration: float, rate: float, generator: Generator) -> Groups:
    """Return the whole-brain calcium of a worm that runs forward and reverses.

    Parameters
    ----------
    n_channels : int
        Neurons; the last tenth carries no identity.
    duration, rate : float
        Seconds and Hz.
    generator : numpy.random.Generator
        Source of randomness.

    Returns
    -------
    dict of str to Dataset
        ``activity`` (dF/F, seen through an indicator that rises in 0.5 s and decays in 2 s),
        ``behavior`` (velocity) and ``events`` (reversals).
    """
    n = round(duration * rate)
    chosen = [rows()[i] for i in _worm_neurons(n_channels)]
    reverse = switching(n, rate, (18.0, 6.0), generator)
    own = np.maximum(coloured_noise(n, n_channels, rate, 1.5, generator), 0.0)
    drive = 0.35 * own + generator.gamma(0.3, 0.25, (n, n_channels))
    for i, row in enumerate(chosen):
        if row.name in _REVERSAL:
            drive[:, i] += generator.uniform(0.8, 1.6) * reverse
        elif row.name in _FORWARD:
            drive[:, i] += generator.uniform(0.5, 1.0) * ~reverse
    brightness = generator.lognormal(0.0, 0.3, n_channels)
    trace = brightness * through_indicator(drive, rate, 0.5, 2.0)
    trace += 0.04 * generator.standard_normal(trace.shape)
    group = _worm_activity(trace, chosen, rate, generator)
    group["signal"].attrs["long_name"] = "dF/F"
    velocity = (
        np.where(reverse, -0.12, 0.16) + 0.02 * coloured_noise(n, 1, rate, 1.0, generator)[:, 0]
    )
    behavior = schema.series(
        {"velocity": velocity.astype(np.float32)}, rate=rate, units={"velocity": "mm/s"}
    )
    edges = np.flatnonzero(np.diff(np.concatenate([[False], reverse, [False]]).astype(int)))
    starts, stops = edges[::2], edges[1::2]
    events = schema.events(
        starts / rate, duration=(stops - starts) / rate, trial_type=["reversal"] * starts.size
    )
    return {"activity": group, "behavior": behavior, "events": events}


def _worm_activity(
    trace: Array, chosen: list[Any], rate: float, generator: Generator
) -> xr.Dataset:
    n = len(chosen)
    identified = np.arange(n) < n - n // 10
    names = [
        row.name if known else f"neuron-{i + 1:03d}"
        for i, (row, known) in enumerate(zip(chosen, identified, strict=True))
    ]
    # Head neurons lie in a tube some 120 µm long and 20 µm wide.
    place = generator.uniform([0, -10, -12], [120, 10, 12], (n, 3))
    return schema.activity(
        trace.astype(np.float32),
        names=names,
        rate=rate,
        coords={
            "neuron_class": [
                r.neuron_class if k else "" for r, k in zip(chosen, identified, strict=True)
            ],
            "neuron_type": [
                r.neuron_type if k else "" for r, k in zip(chosen, identified, strict=True)
            ],
            "identified": identified.tolist(),
        },
        position=place,
        position_attrs={"units": "um", "coordinate_frame": "worm, x from nose to tail"},
    )


def spikes(n_channels: int, duration: float, rate: float, generator: Generator) -> Groups:
    """Return ragged spike trains, a part of which follow a stimulus.

    Parameters
    ----------
    n_channels : int
        Neurons; median rate 5 spikes per second, refractory for 2 ms.
    duration, rate : float
        Seconds, and the clock of the recording system in Hz: spike times are multiples of
        1 / rate.
    generator : numpy.random.Generator
        Source of randomness.

    Returns
    -------
    dict of str to Dataset
        ``spikes`` and ``events``.
    """
    onset = onsets(duration, 2.0, generator)
    onset = onset[onset < duration - 0.5]
    step = 0.005
    time = np.arange(max(1, round(duration / step))) * step
    response = np.minimum(bump(time, onset + 0.25, 0.1), 1.0)
    trains = {}
    gains = np.where(generator.random(n_channels) < 0.5, generator.uniform(2, 6, n_channels), 0.0)
    for i, base in enumerate(5.0 * generator.lognormal(0.0, 0.7, n_channels)):
        counts = generator.poisson(base * (1.0 + gains[i] * response) * step)
        times = np.repeat(time, counts) + generator.uniform(0, step, int(counts.sum()))
        times = np.unique(np.floor(np.minimum(times, duration - 1 / rate) * rate)) / rate
        kept = np.concatenate([[True], np.diff(times) >= 0.002])[: times.size]
        trains[f"unit-{i + 1:03d}"] = times[kept]
    responding = np.where(gains > 0, "visual cortex", "hippocampus").tolist()
    group = schema.spikes(trains, coords={"region": responding})
    group["obs_start"] = ("interval", np.zeros(n_channels), {"units": "s"})
    group["obs_stop"] = ("interval", np.full(n_channels, float(duration)), {"units": "s"})
    group["obs_end"] = ("neuron", np.arange(1, n_channels + 1))
    kind = ["stimulus"] * onset.size
    events = schema.events(onset, duration=np.full(onset.size, 0.5), trial_type=kind)
    return {"spikes": group, "events": events}


def connectome(n_channels: int, duration: float, rate: float, generator: Generator) -> Groups:
    """Return a directed connectome of worm neurons: chemical and electrical synapses.

    Parameters
    ----------
    n_channels : int
        Neurons.
    duration, rate : float
        Not used: a connectome has no time.
    generator : numpy.random.Generator
        Source of randomness.

    Returns
    -------
    dict of str to Dataset
        ``connectome``. Synapses lead from sensory neurons to interneurons to motor neurons;
        electrical ones are symmetric; no cell is its own partner.
    """
    chosen = [rows()[i] for i in sorted(_worm_neurons(n_channels))]
    layer = np.array([_LAYERS.get(row.neuron_type, 1) for row in chosen])
    step = layer[None, :] - layer[:, None]
    likely = np.select([step == 1, step == 0, step == 2], [0.22, 0.10, 0.05], 0.03)
    size = (n_channels, n_channels)
    counts = np.ceil(generator.lognormal(1.0, 0.9, size))
    chemical = np.where(generator.random(size) < likely, counts, 0.0)
    near = np.array([[_akin(a.name, b.name) for b in chosen] for a in chosen])
    gap = np.where(generator.random(size) < np.where(near, 0.8, 0.03), np.ceil(counts / 3), 0.0)
    electrical = np.triu(gap, 1)
    for weight in (chemical, electrical):
        np.fill_diagonal(weight, 0.0)
    names = [row.name for row in chosen]
    group = schema.connectome(
        np.stack([chemical, electrical + electrical.T]),
        pre=names,
        post=names,
        synapse_type=["chemical", "electrical"],
    )
    group["weight"].attrs["long_name"] = "synapses (count)"
    return {"connectome": group}


_LAYERS = {"sensory": 0, "interneuron": 1, "motor": 2}


def _akin(a: str, b: str) -> bool:
    """Tell whether two names differ in their side only, as AVAL and AVAR."""
    return a != b and len(a) == len(b) and a[:-1] == b[:-1] and {a[-1], b[-1]} == {"L", "R"}
