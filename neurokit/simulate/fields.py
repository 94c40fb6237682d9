"""Simulated field recordings: EEG, MEG, SEEG and ECoG with events that change them."""

from __future__ import annotations

from typing import Any

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from neurokit import schema
from neurokit.simulate.background import (
    Generator,
    bump,
    bursts,
    coloured_noise,
    shell,
    spread,
    unit_columns,
)
from neurokit.simulate.sensors import Contacts, cap, grid, helmet, shafts

Array = NDArray[Any]
Groups = dict[str, xr.Dataset]


def onsets(duration: float, every: float, generator: Generator, room: float = 0.8) -> Array:
    """Return event times about `every` seconds apart, each `room` seconds from both ends."""
    regular = np.arange(room, max(duration - room, 0.0), every)
    return np.asarray(np.round(regular + generator.uniform(0.0, 0.25 * every, regular.size), 3))


def _inside(times: Array, duration: float) -> Array:
    return times[times < duration - 0.5]


def eeg(n_channels: int, duration: float, rate: float, generator: Generator) -> Groups:
    """Return an oddball EEG: 1/f background, occipital alpha, blinks, N100 and P300, hum.

    Parameters
    ----------
    n_channels : int
        Electrodes of the 10-10 system.
    duration, rate : float
        Seconds and Hz.
    generator : numpy.random.Generator
        Source of randomness.

    Returns
    -------
    dict of str to Dataset
        ``activity`` in V and ``events``. From 16 channels on, the last one is bad: loose, and
        full of hum.
    """
    names, place = cap(n_channels)
    n = round(duration * rate)
    time = schema.regular_time(n, rate)
    volts = 8e-6 * _mixed(place, 40, 0.06, n, rate, 1.2, generator)
    near = _near(place, np.array([[0.0, -0.085, 0.03]]), 0.05)
    volts += 9e-6 * bursts(n, 1, rate, 10.0, 0.8, generator) * near
    blinks = np.sort(generator.uniform(0, duration, max(1, round(duration / 4))))
    eyes = _near(place, np.array([[-0.03, 0.1, 0.0], [0.03, 0.1, 0.0]]), 0.035)
    volts += 9e-5 * bump(time, blinks, 0.07)[:, None] * eyes
    onset = _inside(onsets(duration, 1.2, generator), duration)
    deviant = generator.random(onset.size) < 0.2
    volts -= 4e-6 * bump(time, onset + 0.1, 0.02)[:, None] * _near(place, _TOP, 0.07)
    volts += 8e-6 * bump(time, onset[deviant] + 0.35, 0.06)[:, None] * _near(place, _BACK, 0.06)
    hum = np.sin(2 * np.pi * 50.0 * time)[:, None] if rate > 110 else np.zeros((n, 1))
    volts += hum * generator.uniform(2e-7, 1e-6, n_channels)
    volts += 1e-6 * generator.standard_normal(volts.shape)
    bad = np.zeros(n_channels, dtype=bool)
    if n_channels >= 16:
        bad[-1] = True
        volts[:, -1] = 6e-5 * hum[:, 0] + 5e-5 * generator.standard_normal(n)
    kind = np.where(deviant, "deviant", "standard")
    return {
        "activity": _channels(volts, names, ["EEG"] * n_channels, rate, place, "head", bad=bad),
        "events": schema.events(onset, duration=np.full(onset.size, 0.1), trial_type=kind.tolist()),
    }


_TOP = np.array([[0.0, 0.01, 0.094]])
_BACK = np.array([[0.0, -0.04, 0.085]])


def meg(n_channels: int, duration: float, rate: float, generator: Generator) -> Groups:
    """Return an MEG of tones: magnetometers in T and planar gradiometers in T/m.

    Parameters
    ----------
    n_channels : int
        Magnetometers and gradiometers together, in triplets.
    duration, rate : float
        Seconds and Hz.
    generator : numpy.random.Generator
        Source of randomness.

    Returns
    -------
    dict of str to Dataset
        ``activity`` and ``events``; tones left and right evoke a field after 0.1 s.
    """
    sensors = helmet(n_channels)
    n = round(duration * rate)
    time = schema.regular_time(n, rate)
    sources = shell(30, 0.06, lowest=-0.2)
    moments = generator.standard_normal(sources.shape)
    drive = coloured_noise(n, len(sources), rate, 1.0, generator)
    occipital = sources[:, 1] < -0.03
    drive[:, occipital] += 1.5 * bursts(n, int(occipital.sum()), rate, 10.0, 0.8, generator)
    onset = _inside(onsets(duration, 1.0, generator), duration)
    left = generator.random(onset.size) < 0.5
    hearing = np.argmin(np.abs(sources - [-0.05, 0.0, 0.02]).sum(axis=1))
    drive[:, hearing] += 4.0 * bump(time, onset + 0.1, 0.02)
    field = 1.2e-13 * drive @ _field(sources, moments, sensors.places, sensors.directions)
    gradient = np.array([kind == "MEGGRADPLANAR" for kind in sensors.kinds])
    field += np.where(gradient, 6e-13, 2e-14) * generator.standard_normal(field.shape)
    kind = np.where(left, "tone/left", "tone/right").tolist()
    return {
        "activity": _channels(field, sensors.names, sensors.kinds, rate, sensors.places, "device"),
        "events": schema.events(onset, duration=np.full(onset.size, 0.05), trial_type=kind),
    }


def _field(sources: Array, moments: Array, places: Array, directions: Array) -> Array:
    """Return each source's dipolar pattern at the sensors, or its slope along `directions`."""

    def pattern(where: Array) -> Array:
        offset = where[None, :, :] - sources[:, None, :]
        lobes = np.einsum("skx,sx->sk", offset, moments) / 0.05
        return np.asarray(lobes * np.exp(-(offset**2).sum(-1) / (2 * 0.05**2)))

    # The baseline of a planar gradiometer, 16.8 mm; magnetometers have no direction.
    half = 0.0084
    slope = (pattern(places + half * directions) - pattern(places - half * directions)) / (2 * half)
    return np.where((directions == 0).all(axis=1), pattern(places), slope)


def seeg(n_channels: int, duration: float, rate: float, generator: Generator) -> Groups:
    """Return an SEEG of pictures: local 1/f signals per contact, high gamma in hippocampus.

    Parameters
    ----------
    n_channels : int
        Contacts, eight to a shaft.
    duration, rate : float
        Seconds and Hz.
    generator : numpy.random.Generator
        Source of randomness.

    Returns
    -------
    dict of str to Dataset
        ``activity`` in V with ``region`` and ``hemisphere``, and ``events``.
    """
    contacts = shafts(n_channels)
    n = round(duration * rate)
    grey = np.array([region != "white matter" for region in contacts.regions])
    volts = _mixed(contacts.places, n_channels, 0.004, n, rate, 1.6, generator)
    volts *= np.where(grey, 6e-5, 2e-5)
    onset = _inside(onsets(duration, 2.0, generator), duration)
    responding = np.isin(contacts.regions, ["hippocampus", "amygdala"])
    volts += _high_gamma(n, rate, onset + 0.4, 0.15, 2e-5, responding, generator)
    kind = generator.choice(["picture/face", "picture/house"], onset.size).tolist()
    return _implanted(volts, contacts, "SEEG", rate, onset, kind, 1.0)


def ecog(n_channels: int, duration: float, rate: float, generator: Generator) -> Groups:
    """Return an ECoG of hand movements: beta stops and high gamma rises over precentral gyrus.

    Parameters
    ----------
    n_channels : int
        Contacts of one grid.
    duration, rate : float
        Seconds and Hz.
    generator : numpy.random.Generator
        Source of randomness.

    Returns
    -------
    dict of str to Dataset
        ``activity`` in V with ``region`` and ``hemisphere``, and ``events``.
    """
    contacts = grid(n_channels)
    n = round(duration * rate)
    time = schema.regular_time(n, rate)
    volts = 3e-5 * _mixed(contacts.places, n_channels, 0.009, n, rate, 1.4, generator)
    onset = _inside(onsets(duration, 3.0, generator), duration)
    moving = np.minimum(bump(time, onset + 0.5, 0.3), 1.0)[:, None]
    motor = np.char.endswith(np.asarray(contacts.regions), "central gyrus")
    volts += 2e-5 * (1 - moving) * bursts(n, 1, rate, 20.0, 2.0, generator) * motor
    volts += _high_gamma(n, rate, onset + 0.5, 0.25, 1.5e-5, motor, generator)
    return _implanted(volts, contacts, "ECOG", rate, onset, ["movement/hand"] * onset.size, 1.0)


def _high_gamma(
    n: int,
    rate: float,
    centres: Array,
    width: float,
    volts: float,
    where: Array,
    generator: Generator,
) -> Array:
    """Return bursts at 110 Hz around `centres` on the chosen channels, or as high as rate lets."""
    envelope = bump(schema.regular_time(n, rate), centres, width)[:, None]
    carrier = bursts(n, where.size, rate, min(110.0, 0.35 * rate), 15.0, generator)
    return np.asarray(volts * envelope * carrier * where)


def _implanted(
    volts: Array,
    contacts: Contacts,
    kind: str,
    rate: float,
    onset: Array,
    trial_type: list[str],
    lasting: float,
) -> Groups:
    n = len(contacts.names)
    hum = np.sin(2 * np.pi * 50.0 * schema.regular_time(len(volts), rate))
    volts = volts + (4e-6 * hum[:, None] if rate > 110 else 0.0)
    extra = {
        "region": contacts.regions,
        "hemisphere": np.where(contacts.places[:, 0] < 0, "L", "R").tolist(),
    }
    group = _channels(
        volts, contacts.names, [kind] * n, rate, contacts.places, "MNI152Lin", extra=extra
    )
    duration = np.full(onset.size, lasting)
    return {
        "activity": group,
        "events": schema.events(onset, duration=duration, trial_type=trial_type),
    }


def _mixed(
    place: Array,
    n_sources: int,
    width: float,
    n: int,
    rate: float,
    exponent: float,
    generator: Generator,
) -> Array:
    """Return 1/f noise of unit variance per sensor that neighbours share."""
    if n_sources == len(place):
        sources = place
    else:
        sources = shell(n_sources, 0.09, lowest=-0.3)
    mixing = unit_columns(spread(sources, place, width))
    return np.asarray(coloured_noise(n, n_sources, rate, exponent, generator) @ mixing)


def _near(place: Array, centre: Array, width: float) -> Array:
    return np.asarray(spread(centre, place, width).sum(axis=0))


def _channels(
    signal: Array,
    names: list[str],
    kinds: list[str],
    rate: float,
    place: Array,
    frame: str,
    bad: Array | None = None,
    extra: dict[str, Any] | None = None,
) -> xr.Dataset:
    marked = np.zeros(len(names), dtype=bool) if bad is None else bad
    return schema.activity(
        signal.astype(np.float32),
        names=names,
        space="channel",
        rate=rate,
        coords={"channel_type": kinds, "bad": marked.tolist(), **(extra or {})},
        position=place,
        position_attrs={"units": "m", "coordinate_frame": frame},
    )
