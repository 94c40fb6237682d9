"""Where and when kinds of events differ: the searchlights of the recipe ``rsa`` over one recording.

Both keep the mean dissimilarity of all pairs of kinds, which is 0 on average where responses tell
nothing if the method is crossnobis.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from neurokit.plot.style import GREY, detached_figure, prefixed, tidy
from neurokit.rsa.neighbourhoods import sensor_neighbourhoods
from neurokit.rsa.searching import searchlight
from neurokit.schema.select import space_dim
from neurokit.schema.time import sampling_rate, time_coordinate
from neurokit.signal.positions import whole_samples

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

Array = NDArray[np.float64]

# Fewer places make no map.
_FEWEST_PLACES = 4


def mean_dissimilarity(rdms: xr.DataArray) -> Array:
    """Mean over all pairs of conditions: what a search keeps of each RDM.

    Parameters
    ----------
    rdms : (centre, pair) DataArray
        RDMs.

    Returns
    -------
    (n_centres,) ndarray of float64
        NaN pairs left out.
    """
    return np.asarray(rdms.mean("pair").values, dtype=np.float64)


def search_in_time(trials: xr.DataArray, method: str, window_s: float) -> xr.DataArray | None:
    """Mean dissimilarity of windows that slide over the epochs by half their length.

    Parameters
    ----------
    trials : (trial, space, time) DataArray
        With ``condition`` and ``half`` along trials.
    method : str
        Of the RDMs.
    window_s : float
        Length, s; at least a sample. Each half of a window is averaged, so that long epochs of
        fast recordings need no more memory than slow ones.

    Returns
    -------
    (time,) DataArray, optional
        Against the middle of the windows, attr ``window_s`` their true length; none if the epochs
        hold fewer than two windows.
    """
    rate = sampling_rate(trials)
    n_each = max(1, whole_samples(window_s / 2, rate))
    n_bins = trials.sizes["time"] // n_each
    if n_bins < 3:
        return None
    dim = space_dim(trials)
    ordered = trials.transpose("trial", dim, "time").isel(time=slice(n_bins * n_each))
    values = np.empty((*ordered.shape[:2], n_bins))
    for k in range(n_bins):  # one bin at a time: no copy of all epochs
        values[:, :, k] = ordered.values[:, :, k * n_each : (k + 1) * n_each].mean(axis=2)
    values -= values.mean(axis=(0, 2), keepdims=True)
    spread = values.std(axis=(0, 2), keepdims=True)
    values /= np.where(spread > 0, spread, 1.0)
    at = ordered["time"].values[: n_bins * n_each].reshape(n_bins, n_each).mean(axis=1)
    bins = xr.DataArray(values, dims=["trial", dim, "time"]).assign_coords(
        time=time_coordinate(at, rate / n_each),
        condition=("trial", trials["condition"].values),
        half=("trial", trials["half"].values),
    )
    window = 2 * n_each / rate
    return _searched(bins, None, method, window).assign_attrs(window_s=window)


def search_in_space(
    patterns: xr.DataArray, group: xr.Dataset, method: str, n_nearest: int
) -> xr.DataArray | None:
    """Mean dissimilarity of each channel or neuron together with its nearest.

    Parameters
    ----------
    patterns : (trial, space) DataArray
        With ``condition`` and ``half`` along trials.
    group : Dataset
        ``/activity``, which may hold positions.
    method : str
        Of the RDMs.
    n_nearest : int
        Places in a neighbourhood, the one itself included.

    Returns
    -------
    (space,) DataArray, optional
        With coordinates ``x``, ``y``, ``z`` in m or the units of the positions; places without
        a position, or in a rarer coordinate frame, are left out. None if too few are left.
    """
    dim = space_dim(patterns)
    place, units = _places(patterns, group)
    known = np.isfinite(place).all(axis=1)
    if known.sum() < _FEWEST_PLACES:
        return None
    names = patterns[dim].values[known]
    near = sensor_neighbourhoods(
        names, positions=place[known], n_nearest=min(n_nearest, len(names)), dim=dim
    )
    found = _searched(patterns.isel({dim: known}), near, method)
    found = found.assign_coords({a: (dim, place[known, k]) for k, a in enumerate("xyz")})
    found.attrs["position_units"] = units
    return found


def _searched(x: xr.DataArray, near: Any, method: str, window: float | None = None) -> xr.DataArray:
    folds = "half" if method == "crossnobis" else None
    found = searchlight(x, near, method, folds=folds, window=window, models=mean_dissimilarity)
    return found.isel(score=0, drop=True).rename("mean_dissimilarity")


def _places(patterns: xr.DataArray, group: xr.Dataset) -> tuple[Array, str]:
    """Positions in the commonest coordinate frame, NaN where there are none."""
    dim = space_dim(patterns)
    if "position" not in group:
        return np.full((patterns.sizes[dim], 3), np.nan), ""
    chosen = group.sel({dim: patterns[dim].values})
    place = np.array(chosen["position"].values, dtype=np.float64)
    if "coordinate_frame" in chosen.coords:
        frames = chosen["coordinate_frame"].values.astype(str)
        known = np.isfinite(place).all(axis=1)
        names, counts = np.unique(frames[known], return_counts=True)
        if len(names) > 1:
            place[frames != names[counts.argmax()]] = np.nan
    return place, str(chosen["position"].attrs.get("units", "m"))


def figure_of_searches(
    over_time: xr.DataArray | None, over_space: xr.DataArray | None, method: str
) -> Figure:
    """Draw the course over time and the map over places, whichever there are.

    Parameters
    ----------
    over_time, over_space : DataArray, optional
        Of the searches; at least one.
    method : str
        Of the RDMs.

    Returns
    -------
    matplotlib.figure.Figure
        One panel for each.
    """
    drawn = [x for x in (over_time, over_space) if x is not None]
    figure = detached_figure((0.6 + 4.6 * len(drawn), 3.8))
    axes = figure.subplots(1, len(drawn), squeeze=False)[0]
    label = f"mean dissimilarity ({method})"
    for x, ax in zip(drawn, axes, strict=True):
        if x is over_time:
            _draw_course(x, label, ax)
        else:
            _draw_map(x, label, ax)
    return figure


def _draw_course(x: xr.DataArray, label: str, ax: Axes) -> None:
    ax.plot(x["time"].values, x.values)
    ax.axhline(0.0, color=GREY, lw=0.8)
    ax.axvline(0.0, color=GREY, lw=0.8, ls=":")
    ax.set(xlabel="time from the event (s)", ylabel=label)
    tidy(ax)


def _draw_map(x: xr.DataArray, label: str, ax: Axes) -> None:
    place = np.stack([x[a].values for a in "xyz"], axis=1)
    # From above for sensors around a head, else the plane that hides least.
    wide = [0, 1] if x.dims == ("channel",) else sorted(np.argsort(-np.ptp(place, axis=0))[:2])
    factor, unit = prefixed(float(np.ptp(place, axis=0).max()), x.attrs["position_units"])
    flat = factor * place[:, wide]
    dots = ax.scatter(flat[:, 0], flat[:, 1], c=x.values, cmap="viridis", s=40)
    ax.figure.colorbar(dots, ax=ax, label=label, shrink=0.8)
    across, up = ("xyz"[k] for k in wide)
    middle, reach = flat.min(axis=0) + np.ptp(flat, axis=0) / 2, np.ptp(flat, axis=0)
    half = 0.55 * np.maximum(reach, 0.3 * reach.max())  # a line of electrodes keeps some width
    ax.set(
        xlim=middle[0] + half[0] * np.array([-1, 1]), ylim=middle[1] + half[1] * np.array([-1, 1])
    )
    ax.set(xlabel=f"{across} ({unit})", ylabel=f"{up} ({unit})", aspect="equal")
    tidy(ax)
