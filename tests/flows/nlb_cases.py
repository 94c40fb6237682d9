"""A small session in the layout of the Neural Latents Benchmark, and its rules written out."""

from __future__ import annotations

import datetime

import numpy as np
import pynwb

STOP = 20.0
GAP = (9.0, 9.5)


def session(seed=0, n_units=5, n_held_out=2):
    """Spike times, trials and velocity; unit 1 was observed from 2 s on only."""
    rng = np.random.default_rng(seed)
    units = []
    for k in range(n_units):
        times = np.sort(rng.uniform(0, STOP, 300))
        times = times[(times < GAP[0]) | (times >= GAP[1])]
        start = 2.0 if k == 1 else 0.0
        units.append((times[times >= start], [[start, GAP[0]], [GAP[1], STOP]]))
    starts = 1.0 + 2.0 * np.arange(9)
    onsets = starts + 0.5 + 0.0007 * np.arange(9)
    onsets[4] = np.nan
    split = np.array(["train", "val", "none"])[np.arange(9) % 3]
    times = 0.05 + np.arange(19000) / 1000
    times = np.delete(times, slice(5000, 5200))
    velocity = np.c_[np.sin(2 * np.pi * times), np.cos(2 * np.pi * 0.5 * times)]
    held_out = np.arange(n_units) >= n_units - n_held_out
    return units, held_out, starts, onsets, split, times, velocity


def write(path, parts, *, move_times=0.0):
    """As the benchmark's files are: units with held-out flags, trials with splits."""
    units, held_out, starts, onsets, split, times, velocity = parts
    zone = datetime.UTC
    file = pynwb.NWBFile(
        session_description="reaching",
        identifier="made",
        session_start_time=datetime.datetime(2020, 1, 1, tzinfo=zone),
    )
    for name in ("move_onset_time", "split"):
        file.add_trial_column(name, name)
    for start, onset, which in zip(starts, onsets, split, strict=True):
        file.add_trial(
            start_time=start, stop_time=start + 1.5, move_onset_time=onset, split=str(which)
        )
    file.add_unit_column("heldout", "whether held out")
    for (spikes, observed), hidden in zip(units, held_out, strict=True):
        file.add_unit(spike_times=spikes, obs_intervals=observed, heldout=bool(hidden))
    module = file.create_processing_module("behavior", "movement")
    module.add(
        pynwb.TimeSeries(name="hand_vel", data=velocity, timestamps=times + move_times, unit="mm/s")
    )
    with pynwb.NWBHDF5IO(path, "w") as io:
        io.write(file)


def binned(spikes, observed, width_ms):
    """The session of one unit: counted per ms, summed, NaN where a ms was not observed."""
    n = round(STOP * 1000)
    counts = np.zeros(n)
    for t in spikes:
        counts[int(np.round(t * 1000, 6))] += 1
    seen = np.zeros(n, dtype=bool)
    for a, b in observed:
        seen[int(np.ceil(np.round(a * 1000, 6))) : int(np.floor(np.round(b * 1000, 6)))] = True
    whole = counts.reshape(-1, width_ms).sum(axis=1)
    return np.where(seen.reshape(-1, width_ms).all(axis=1), whole, np.nan)


def rows(onset, window, width_ms):
    """Bins of the session whose left edge lies in the window, as a time index would slice."""
    edges_us = np.arange(round(STOP * 1000 / width_ms)) * width_ms * 1000
    first, last = (round((onset + edge) * 1e6) for edge in window)
    return np.flatnonzero((edges_us >= first) & (edges_us <= last - 1))
