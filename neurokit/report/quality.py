"""How good each neuron or channel is, as a labelled table; lazy signals are read in blocks."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from neurokit.plot.density import PowerSpectrum, segment_length
from neurokit.plot.reading import block_length
from neurokit.report.measures import ColumnStatistics, line_noise_share
from neurokit.schema import runs, signal_of, space_dim

Array = NDArray[Any]

_PER_LABEL = (
    "channel_type",
    "unit",
    "bad",
    "region",
    "hemisphere",
    "neuron_class",
    "neuron_type",
    "identified",
)


def quality(
    x: xr.DataTree | xr.DataArray, *, spectrum_seconds: float = 300.0
) -> tuple[xr.Dataset, xr.Dataset | None]:
    """Measure each neuron or channel: level, spread, range, gaps, drift, noise, mains hum.

    ``noise`` is sqrt(mean (x[t+1] - x[t])^2 / 2), the standard deviation of white noise with the
    same steps; ``signal_to_noise`` is sd / noise, 1 for white noise; ``drift`` is the change of
    the least-squares line from the first to the last sample. Nothing crosses a cut or a trial.

    Parameters
    ----------
    x : recording or DataArray
        Dims (time, neuron or channel), perhaps with a trial dim in front. Of a recording, all
        channels of ``/activity``, neural or not.
    spectrum_seconds : float, default 300
        About how much of the signal goes into the spectrum, s, spread evenly over it.

    Returns
    -------
    table : Dataset
        One value per neuron or channel and measure.
    spectrum : Dataset or None
        ``density`` (frequency, neuron or channel) in squared units per Hz; None where time is
        irregular or a run has fewer than 16 samples.

    Raises
    ------
    SchemaError
        If there is no activity.

    Examples
    --------
    >>> from neurokit.simulate import recording
    >>> table, spectrum = quality(recording("eeg", duration=10.0, random_state=0))
    >>> int(table.bad.sum()), bool(table.flat.any())
    (1, False)
    """
    signal = signal_of(x, neural=False)
    dim = space_dim(signal)
    stretches = list(_stretches(signal))
    statistics = ColumnStatistics(signal.sizes[dim])
    spectrum = _empty_spectrum(signal, stretches)
    total = sum(part.sizes["time"] for part in stretches)
    for part in stretches:
        _read(part, statistics, spectrum, total, spectrum_seconds)
    table = _table(signal, statistics)
    if spectrum is None:
        return table, None
    found = line_noise_share(spectrum.frequency, spectrum.density())
    if found is not None:
        share, mains = found
        table["line_noise_share"] = (dim, share, _share(f"hum at {mains:g} Hz (share of power)"))
        table.attrs["line_frequency_hz"] = mains
    return table, _spectrum_table(signal, spectrum)


def _stretches(signal: xr.DataArray) -> Iterator[xr.DataArray]:
    """Yield what can be read without crossing a cut: runs, or trials, or conditions."""
    dim = space_dim(signal)
    extra = [d for d in signal.dims if d not in ("time", dim)]
    for index in np.ndindex(*(signal.sizes[d] for d in extra)):
        one = signal.isel(dict(zip(extra, index, strict=True))).transpose("time", dim)
        for stretch in runs(one):
            yield one.isel(time=stretch)


def _empty_spectrum(signal: xr.DataArray, stretches: list[xr.DataArray]) -> PowerSpectrum | None:
    rate = signal["time"].attrs.get("sampling_rate")
    longest = max((part.sizes["time"] for part in stretches), default=0)
    if rate is None or longest < 16:
        return None
    columns = signal.sizes[space_dim(signal)]
    # Slow recordings need longer segments to show anything: 64 samples at least.
    seconds = max(2.0, 64.0 / float(rate))
    return PowerSpectrum(float(rate), segment_length(float(rate), longest, seconds), columns)


def _read(
    part: xr.DataArray,
    statistics: ColumnStatistics,
    spectrum: PowerSpectrum | None,
    total: int,
    seconds: float,
) -> None:
    n = part.sizes["time"]
    step = max(block_length(part.sizes[space_dim(part)]), spectrum.n_segment if spectrum else 1)
    times = np.asarray(part["time"].values, dtype=np.float64)
    for first in range(0, n, step):
        block = np.asarray(part.isel(time=slice(first, first + step)).values)
        statistics.add(times[first : first + step], block, continues=first > 0)
        if spectrum is not None:
            wanted = round(len(block) * min(1.0, seconds * spectrum.rate / total))
            spectrum.add(block[: max(wanted, spectrum.n_segment)])


def _table(signal: xr.DataArray, statistics: ColumnStatistics) -> xr.Dataset:
    dim = space_dim(signal)
    own = {"units": signal.attrs["units"]} if "units" in signal.attrs else {}
    low, high = statistics.range()
    noise = statistics.noise
    quiet = noise > 0
    seconds = np.asarray(signal["time"].values, dtype=np.float64)
    span = float(seconds[-1] - seconds[0]) if seconds.size else 0.0
    measures = {
        "mean": (statistics.means(), {**own, "long_name": "mean"}),
        "sd": (statistics.sd, {**own, "long_name": "standard deviation"}),
        "minimum": (low, {**own, "long_name": "minimum"}),
        "maximum": (high, {**own, "long_name": "maximum"}),
        "drift": (statistics.slope * span, {**own, "long_name": "drift"}),
        "noise": (noise, {**own, "long_name": "noise"}),
        "signal_to_noise": (
            np.where(quiet, statistics.sd / np.where(quiet, noise, 1.0), np.nan),
            _share("signal to noise (ratio)"),
        ),
        "missing_share": (statistics.missing_share, _share("missing samples (share)")),
        "flat": (statistics.flat, {"long_name": "never changes"}),
    }
    kept = {name: signal[name] for name in (dim, *_PER_LABEL) if name in signal.coords}
    return xr.Dataset(
        {name: (dim, values, attrs) for name, (values, attrs) in measures.items()},
        coords={name: (dim, coord.values, coord.attrs) for name, coord in kept.items()},
    )


def _share(long_name: str) -> dict[str, str]:
    return {"units": "1", "long_name": long_name}


def _spectrum_table(signal: xr.DataArray, spectrum: PowerSpectrum) -> xr.Dataset:
    dim = space_dim(signal)
    kept = {name: signal[name] for name in (dim, *_PER_LABEL) if name in signal.coords}
    # The amplitude's unit: squaring per Hz is said in the name, so that mixed units stay possible.
    attrs = {"long_name": "power spectral density, squared units per Hz"}
    if "units" in signal.attrs:
        attrs["units"] = str(signal.attrs["units"])
    frequency = xr.Variable("frequency", spectrum.frequency, {"units": "Hz"})
    density = spectrum.density()
    return xr.Dataset(
        {"density": (("frequency", dim), density, attrs)},
        coords={
            "frequency": frequency,
            **{name: (dim, coord.values, coord.attrs) for name, coord in kept.items()},
        },
    )


def spike_quality(spikes: xr.Dataset, start: float, stop: float) -> xr.Dataset:
    """Measure each spike train: number, rate, and intervals too short for one neuron.

    Parameters
    ----------
    spikes : Dataset
        The group ``/spikes``; read train by train.
    start, stop : float
        What was observed, s.

    Returns
    -------
    Dataset
        ``n_spikes``, ``rate`` (Hz) and ``refractory_share``: the share of intervals below 2 ms,
        NaN with fewer than two spikes.
    """
    ends = np.asarray(spikes["spike_end"].values, dtype=np.int64)
    counts = np.diff(np.append(0, ends))
    short = np.full(ends.size, np.nan)
    for i, (end, count) in enumerate(zip(ends, counts, strict=True)):
        if count > 1:
            train = spikes["spike_time"].isel(spike=slice(int(end - count), int(end))).values
            short[i] = float(np.mean(np.diff(train) < 0.002))
    seconds = stop - start
    kept = {name: spikes[name] for name in ("neuron", *_PER_LABEL) if name in spikes.coords}
    rate = counts / seconds if seconds > 0 else np.full(counts.size, np.nan)
    return xr.Dataset(
        {
            "n_spikes": ("neuron", counts, {"units": "1", "long_name": "spikes (count)"}),
            "rate": ("neuron", rate, {"units": "Hz", "long_name": "firing rate"}),
            "refractory_share": ("neuron", short, _share("intervals < 2 ms (share)")),
        },
        coords={name: (coord.dims, coord.values) for name, coord in kept.items()},
    )


def cell_quality(connectome: xr.Dataset) -> xr.Dataset:
    """Count the partners of each cell, and sum its weights, per synapse type.

    Parameters
    ----------
    connectome : Dataset
        The group ``/connectome``.

    Returns
    -------
    Dataset
        ``out_degree``, ``out_weight`` (synapse_type, pre) and ``in_degree``, ``in_weight``
        (synapse_type, post); NaN weights count as not observed.
    """
    weight = connectome["weight"]
    present = weight > 0
    units = str(weight.attrs.get("units", "1"))
    table = xr.Dataset()
    for side, along in (("out", "post"), ("in", "pre")):
        table[f"{side}_degree"] = present.sum(along).assign_attrs(units="1")
        table[f"{side}_weight"] = weight.astype(np.float64).sum(along).assign_attrs(units=units)
    return table
