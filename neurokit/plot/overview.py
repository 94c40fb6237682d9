"""All neurons or channels over time as one picture."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from neurokit.errors import check_option
from neurokit.plot.reading import averaged, cut, two_dims
from neurokit.plot.style import axes_or_new, labelled, name_ticks, no_data, plain, prefixed
from neurokit.schema import require_one_unit, signal_of, space_dim

if TYPE_CHECKING:
    import xarray as xr
    from matplotlib.axes import Axes
    from numpy.typing import NDArray


def heatmap(
    x: xr.DataTree | xr.DataArray,
    *,
    start: float | None = None,
    stop: float | None = None,
    scale: str = "none",
    percentiles: tuple[float, float] = (1.0, 99.0),
    ax: Axes | None = None,
) -> Axes:
    """Draw the activity of every neuron (rows) over time, colours within robust limits.

    Parameters
    ----------
    x : recording or DataArray
        Dims (time, neuron or channel).
    start, stop : float, optional
        Seconds; default the whole recording.
    scale : {"none", "robust"}
        ``"robust"`` draws (x - median) / (1.4826 median absolute deviation) per row, so that
        dim neurons are seen beside bright ones.
    percentiles : (float, float), default (1, 99)
        Of the values drawn: the limits of the colours.
    ax : matplotlib Axes, optional
        Where to draw; default new axes.

    Returns
    -------
    matplotlib.axes.Axes
        With a colour bar; what was not observed stays white.

    Raises
    ------
    SchemaError
        If there is no activity, or a trial has to be chosen first.
    OptionError
        If `scale` is unknown, or no sample lies between `start` and `stop`.
    UnitsError
        If channels differ in unit and are not scaled.

    Examples
    --------
    >>> from neurokit.simulate import recording
    >>> heatmap(recording("calcium", random_state=0)).get_ylabel()
    'neuron'
    """
    check_option("scale", scale, ["none", "robust"])
    signal = cut(two_dims(signal_of(x)), start, stop)
    units = require_one_unit(signal) if scale == "none" else "1"
    edges, values = averaged(signal)
    name = plain(signal.attrs.get("long_name") or "activity")
    if scale == "robust":
        values, name, factor, text = _robust(values), f"{name}, robust z-score", 1.0, "no unit"
    else:
        factor, text = prefixed(_magnitude(values), units)
    ax = axes_or_new(ax, (9.0, 5.0))
    dim = space_dim(signal)
    ax.set(xlabel="time (s)", ylabel=dim)
    if not np.isfinite(values).any():
        return no_data(ax, "nothing was observed")
    low, high, colours = _limits(values * factor, percentiles)
    image = ax.pcolormesh(
        edges, np.arange(values.shape[1] + 1) - 0.5, (values * factor).T, vmin=low, vmax=high,
        cmap=colours, rasterized=True,
    )  # fmt: skip
    ax.invert_yaxis()
    name_ticks(ax.yaxis, list(signal[dim].values))
    ax.tick_params(axis="y", labelsize=7)
    ax.figure.colorbar(image, ax=ax, label=labelled(name, text), extend="both", pad=0.01)
    return ax


def _robust(values: NDArray[Any]) -> NDArray[Any]:
    out = np.full(values.shape, np.nan)
    for column in np.flatnonzero(np.isfinite(values).any(axis=0)):
        middle = np.nanmedian(values[:, column])
        spread = 1.4826 * np.nanmedian(np.abs(values[:, column] - middle))
        out[:, column] = (values[:, column] - middle) / (spread if spread > 0 else 1.0)
    return out


def _magnitude(values: NDArray[Any]) -> float:
    finite = np.abs(values[np.isfinite(values)])
    return float(np.percentile(finite, 99)) if finite.size else 0.0


def _limits(values: NDArray[Any], percentiles: tuple[float, float]) -> tuple[float, float, str]:
    """Return limits and colour map; values of both signs get a map that is white at zero."""
    low, high = np.percentile(values[np.isfinite(values)], percentiles)
    if low < -0.2 * abs(high):
        far = max(abs(low), abs(high))
        return -far, far, "RdBu_r"
    return (low, high, "viridis") if high > low else (low - 0.5, high + 0.5, "viridis")
