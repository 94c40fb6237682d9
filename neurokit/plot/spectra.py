"""Power spectra of channels, on logarithmic axes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import xarray as xr

from neurokit.errors import SchemaError
from neurokit.plot.density import PowerSpectrum, segment_length
from neurokit.plot.reading import block_length, cut, evenly, two_dims
from neurokit.plot.style import BLACK, BLUE, axes_or_new, no_data, prefixed, tidy
from neurokit.schema import require_one_unit, runs, sampling_rate, signal_of, space_dim

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from numpy.typing import NDArray


def spectrum(
    x: xr.DataTree | xr.DataArray,
    *,
    start: float | None = None,
    stop: float | None = None,
    n_max: int = 64,
    ax: Axes | None = None,
) -> Axes:
    """Draw the power spectral density of every channel and their median.

    Parameters
    ----------
    x : recording or DataArray
        A signal with dims (time, neuron or channel) of one unit, or densities that are
        there already, with dims (neuron or channel, frequency).
    start, stop : float, optional
        Seconds of the signal to use; default all.
    n_max : int, default 64
        Most channels, evenly chosen.
    ax : matplotlib Axes, optional
        Where to draw; default new axes.

    Returns
    -------
    matplotlib.axes.Axes
        One thin line per channel, the median thick; squared units per Hz.

    Raises
    ------
    UnitsError
        If channels differ in unit: pick one type first.
    TimeError
        If time is irregular.

    References
    ----------
    Welch 1967, https://doi.org/10.1109/TAU.1967.1161901

    Examples
    --------
    >>> from neurokit.simulate import recording
    >>> spectrum(recording("eeg", random_state=0)).get_ylabel()
    'power spectral density (µV²/Hz)'
    """
    if isinstance(x, xr.DataArray) and "frequency" in x.dims:
        density = evenly(x, n_max)
    else:
        density = _density(evenly(cut(two_dims(signal_of(x)), start, stop), n_max))
    units = require_one_unit(density)
    ax = axes_or_new(ax, (7.0, 4.0))
    values = np.asarray(density.transpose("frequency", space_dim(density)).values)
    frequency = np.asarray(density["frequency"].values)
    # A logarithmic axis has no place for 0 Hz; flat channels have no power to draw.
    shown = np.where(values[frequency > 0] > 0, values[frequency > 0], np.nan)
    frequency = frequency[frequency > 0]
    drawn = np.isfinite(shown).any(axis=0)
    factor, text = prefixed(_amplitude(shown), units)
    ax.set(
        xlabel="frequency (Hz)",
        ylabel=f"power spectral density ({_squared(text)}/Hz)",
        xscale="log",
        yscale="log",
    )
    if not drawn.any():
        return no_data(tidy(ax), "no power anywhere")
    for column in np.flatnonzero(drawn):
        ax.plot(frequency, shown[:, column] * factor**2, color=BLUE, lw=0.6, alpha=0.35)
    median = np.nanmedian(shown[:, drawn], axis=1)
    ax.plot(frequency, median * factor**2, color=BLACK, lw=1.6, label="median")
    ax.set_xlim(frequency[0], frequency[-1])
    _plain_decades(ax)
    ax.legend(frameon=False, fontsize=8)
    return tidy(ax)


def _density(signal: xr.DataArray) -> xr.DataArray:
    rate = sampling_rate(signal)
    dim = space_dim(signal)
    longest = max(stretch.stop - stretch.start for stretch in runs(signal))
    if longest < 2:
        raise SchemaError("has no two samples in a row", where="signal", mend="Widen the window.")
    spectrum = PowerSpectrum(rate, segment_length(rate, longest), signal.sizes[dim])
    step = max(block_length(signal.sizes[dim]), spectrum.n_segment)
    for stretch in runs(signal):
        for first in range(stretch.start, stretch.stop, step):
            part = slice(first, min(first + step, stretch.stop))
            spectrum.add(np.asarray(signal.isel(time=part).values))
    coords = {name: signal[name] for name in (dim, "unit", "channel_type") if name in signal.coords}
    return xr.DataArray(
        spectrum.density(),
        dims=("frequency", dim),
        coords={"frequency": spectrum.frequency, **coords},
        attrs={"units": signal.attrs.get("units", "1")},
    )


def _plain_decades(ax: Axes) -> None:
    """Write frequencies as 1, 2, 5, 10, ... instead of powers of ten."""
    from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter

    ax.xaxis.set_major_locator(LogLocator(subs=(1.0, 2.0, 5.0)))
    ax.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    ax.xaxis.set_minor_formatter(NullFormatter())


def _amplitude(density: NDArray[Any]) -> float:
    finite = density[np.isfinite(density)]
    return float(np.sqrt(np.percentile(finite, 95))) if finite.size else 0.0


def _squared(text: str) -> str:
    """Return the square of a unit as one reads it: V² but (T/m)²; 1 stays 1."""
    if text == "no unit":
        return "1"
    return f"({text})²" if "/" in text or " " in text else f"{text}²"
