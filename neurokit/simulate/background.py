"""What simulated recordings are made of: coloured noise, bursts, kernels, spatial patterns.

Pure functions on arrays; the 1/f form of field potentials as in He 2014, Trends Cogn. Sci. 18,
https://doi.org/10.1016/j.tics.2014.04.003
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]
Generator = np.random.Generator


def coloured_noise(
    n: int, n_columns: int, rate: float, exponent: float, generator: Generator
) -> Array:
    """Return noise whose power falls as 1 / (f^exponent) above a knee at 0.5 Hz.

    Parameters
    ----------
    n, n_columns : int
        Samples and independent columns.
    rate : float
        Hz.
    exponent : float
        0 is white, 1 pink, 2 Brownian.
    generator : numpy.random.Generator
        Source of randomness.

    Returns
    -------
    (n, n_columns) ndarray of float64
        Mean 0, standard deviation 1 in expectation.
    """
    frequency = np.fft.rfftfreq(n, 1.0 / rate)
    amplitude = np.maximum(frequency, 0.5) ** (-exponent / 2)
    amplitude[0] = 0.0
    white = np.fft.rfft(generator.standard_normal((n, n_columns)), axis=0)
    # White noise has the same expected power at every frequency: the gain is the mean power.
    gain = np.sqrt(np.mean(amplitude**2)) or 1.0
    noise: Array = np.fft.irfft(white * (amplitude / gain)[:, None], n, axis=0)
    return noise


def bursts(
    n: int, n_columns: int, rate: float, frequency: float, width: float, generator: Generator
) -> Array:
    """Return narrow-band noise around `frequency`: a rhythm that waxes and wanes.

    Parameters
    ----------
    n, n_columns : int
        Samples and independent columns.
    rate, frequency, width : float
        Sampling rate, centre and standard deviation of the band, Hz.
    generator : numpy.random.Generator
        Source of randomness.

    Returns
    -------
    (n, n_columns) ndarray of float64
        Standard deviation 1 in expectation; zero where the band lies above rate / 2.
    """
    frequencies = np.fft.rfftfreq(n, 1.0 / rate)
    amplitude = np.exp(-0.5 * ((frequencies - frequency) / width) ** 2)
    gain = np.sqrt(np.mean(amplitude**2))
    if gain < 1e-6:
        return np.zeros((n, n_columns))
    white = np.fft.rfft(generator.standard_normal((n, n_columns)), axis=0)
    rhythm: Array = np.fft.irfft(white * (amplitude / gain)[:, None], n, axis=0)
    return rhythm


def spread(sources: Array, sensors: Array, width: float) -> Array:
    """Return how strongly each sensor sees each source: exp(-d^2 / (2 width^2)).

    Parameters
    ----------
    sources : (n_sources, 3) array
        Places, m.
    sensors : (n_sensors, 3) array
        Places, m.
    width : float
        Distance at which the weight is down to 0.61, m.

    Returns
    -------
    (n_sources, n_sensors) ndarray
        Weights.
    """
    squared = ((sources[:, None, :] - sensors[None, :, :]) ** 2).sum(axis=-1)
    weight: Array = np.exp(-squared / (2 * width**2))
    return weight


def unit_columns(weight: Array) -> Array:
    """Return `weight` with columns of length 1, so that mixed unit noise keeps variance 1."""
    length = np.sqrt((weight**2).sum(axis=0))
    scaled: Array = weight / np.where(length > 0, length, 1.0)
    return scaled


def bump(time: Array, centres: Array, width: float) -> Array:
    """Return the sum of Gaussian bumps of height 1 and standard deviation `width` at `centres`.

    Parameters
    ----------
    time : (n,) array
        Regular, s.
    centres : (n_bumps,) array
        Seconds.
    width : float
        Seconds.

    Returns
    -------
    (n,) ndarray of float64
        Each bump reaches five widths, so that long recordings stay quick.
    """
    out = np.zeros(time.size)
    for centre in centres:
        first, last = np.searchsorted(time, [centre - 5 * width, centre + 5 * width])
        out[first:last] += np.exp(-0.5 * ((time[first:last] - centre) / width) ** 2)
    return out


def through_indicator(drive: Array, rate: float, rise: float, decay: float) -> Array:
    """Return `drive` seen through a calcium indicator with kernel exp(-t/decay) - exp(-t/rise).

    Parameters
    ----------
    drive : (n, n_neurons) array
        Activity.
    rate : float
        Hz.
    rise, decay : float
        Seconds, rise < decay.

    Returns
    -------
    (n, n_neurons) ndarray
        Causal; a constant drive keeps its height.
    """
    from scipy.signal import lfilter

    slow, fast = np.exp(-1.0 / (rate * decay)), np.exp(-1.0 / (rate * rise))
    once = lfilter([1 - slow], [1.0, -slow], drive, axis=0)
    seen: Array = lfilter([1 - fast], [1.0, -fast], once, axis=0)
    return seen


def switching(n: int, rate: float, stay: tuple[float, float], generator: Generator) -> Array:
    """Return a two-state sequence of 0 and 1 with exponential dwell times.

    Parameters
    ----------
    n : int
        Samples.
    rate : float
        Hz.
    stay : (float, float)
        Mean seconds in state 0 and in state 1.
    generator : numpy.random.Generator
        Source of randomness.

    Returns
    -------
    (n,) ndarray of bool
        Begins in state 0; each visit lasts at least one second, or one sample.
    """
    state = np.zeros(n, dtype=bool)
    place, now = 0, False
    while place < n:
        dwell = max(1.0, generator.exponential(stay[int(now)]))
        step = max(1, round(dwell * rate))
        state[place : place + step] = now
        place, now = place + step, not now
    return state


def shell(n: int, radius: float, lowest: float = 0.0) -> Array:
    """Return `n` places spread evenly (Fibonacci) over a sphere above ``z = lowest * radius``."""
    index = np.arange(n) + 0.5
    height = 1.0 - (1.0 - lowest) * index / n
    angle = np.pi * (1.0 + 5.0**0.5) * index
    across = np.sqrt(np.maximum(0.0, 1.0 - height**2))
    places: Array = radius * np.column_stack(
        [across * np.cos(angle), across * np.sin(angle), height]
    )
    return places
