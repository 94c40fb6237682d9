"""What a searchlight runs over: places in the order of neighbourhoods, windows, residuals."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import xarray as xr
from numpy.typing import ArrayLike, NDArray

from neurokit.errors import LabelError, OptionError, SchemaError, check_option
from neurokit.rsa.arguments import real_array
from neurokit.rsa.averaging import group_sums
from neurokit.rsa.covariance import METHODS as ESTIMATORS
from neurokit.rsa.neighbourhoods import Neighbourhoods
from neurokit.rsa.patterns import Patterns
from neurokit.rsa.searchlight_core import in_windows
from neurokit.rsa.searchlight_system import Residuals
from neurokit.rsa.system_rdm import One
from neurokit.schema.select import signal_of
from neurokit.schema.time import runs, sampling_rate
from neurokit.signal.positions import whole_samples, window_starts

Array = NDArray[np.float64]
Index = NDArray[np.int64]


@dataclass(frozen=True)
class Space:
    """Neighbourhoods on flattened places, and the labels of centres.

    Parameters
    ----------
    starts, members : ndarray of int
        As in `searchlight_core`.
    shape : dict of str to int
        Dims of the centres: none, places, time or both.
    coords : dict of str to variable
        Their labels.
    """

    starts: Index
    members: NDArray[np.int32]
    shape: dict[str, int]
    coords: dict[str, Any]

    @property
    def n_centres(self) -> int:
        """Number of centres."""
        return len(self.starts) - 1


def places_of(patterns: One, near: Neighbourhoods | None) -> xr.DataArray:
    """Patterns with the places of the neighbourhoods along one dim.

    Parameters
    ----------
    patterns : recording, DataArray or array_like
        As the user gave them.
    near : Neighbourhoods, optional
        Whose places are chosen, in their order.

    Returns
    -------
    DataArray
        (..., place).

    Raises
    ------
    SchemaError, LabelError
        If places are not there.
    """
    if isinstance(patterns, xr.DataTree | xr.DataArray):
        x = signal_of(patterns)
    else:
        values = real_array("patterns", patterns)
        if values.ndim < 2:
            raise SchemaError(
                f"have shape {values.shape}",
                where="patterns",
                mend="Give (..., observation, place), or labelled ones.",
            )
        lead = [f"item_{k}" for k in range(values.ndim - 2)]
        dim = "feature" if near is None else near.dim
        x = xr.DataArray(values, dims=[*lead, "observation", dim])
    if near is None:
        return x
    if near.grid and set(near.grid) <= set(x.dims):
        sizes = {dim: x.sizes[dim] for dim in near.grid}
        if sizes != dict(near.grid):
            raise SchemaError(
                f"the volume is {sizes}, the mask {dict(near.grid)}",
                where="patterns",
                mend="Bring both to one grid.",
            )
        flat = x.drop_vars(near.grid, errors="ignore").stack(
            {near.dim: list(near.grid)}, create_index=False
        )
        return flat.isel({near.dim: near.labels}).assign_coords({near.dim: near.labels})
    if near.dim not in x.dims:
        raise SchemaError(
            f"dims are {tuple(x.dims)}", where="patterns", mend=f"Give them the dim {near.dim}."
        )
    return _matched(x, near)


def _matched(x: xr.DataArray, near: Neighbourhoods) -> xr.DataArray:
    if near.dim not in x.coords:
        if x.sizes[near.dim] != len(near.labels):
            raise SchemaError(
                f"{x.sizes[near.dim]} of {near.dim} for neighbourhoods of {len(near.labels)}",
                where="patterns",
                mend="Label them, or give as many.",
            )
        return x
    known = {label: k for k, label in enumerate(x[near.dim].values.tolist())}
    missing = [str(label) for label in near.labels.tolist() if label not in known]
    if missing:
        raise LabelError(
            f"they lack {len(missing)} of {len(near.labels)}: {', '.join(missing[:5])}",
            where="patterns",
            mend="Make neighbourhoods of what was recorded, or fill with NaN.",
        )
    order = [known[label] for label in near.labels.tolist()]
    return x if order == list(range(x.sizes[near.dim])) else x.isel({near.dim: order})


def space_of(
    array: xr.DataArray,
    design: Patterns,
    item: Callable[[int], Array],
    near: Neighbourhoods | None,
    window: float | None,
    step: float | None,
) -> tuple[Patterns, Callable[[int], Array], Space]:
    """Neighbourhoods on the flattened places; with windows time leaves the items.

    Parameters
    ----------
    array : DataArray
        Patterns.
    design, item
        As `read_items` gives them.
    near : Neighbourhoods, optional
        Default: all places are one neighbourhood.
    window, step : float, optional
        In s.

    Returns
    -------
    patterns : Patterns
        Design.
    item : callable
        Values of one system, (n_observations, n_places) or (n_observations, n_times * n_places).
    space : Space
        Neighbourhoods.

    Raises
    ------
    SchemaError, OptionError, TimeError
        If windows do not fit the patterns.
    """
    n = len(design.features)
    shape: dict[str, int] = {}
    coords: dict[str, Any] = {}
    starts, members = np.array([0, n]), np.arange(n, dtype=np.int32)
    if near is not None:
        starts, members = near.starts, near.members
        shape = {near.dim: near.n_centres}
        coords = {name: (near.dim, values) for name, values in near.coords.items()}
    if window is None:
        return design, item, Space(starts.astype(np.int64), members, shape, coords)
    if "time" not in design.items.dims:
        raise SchemaError(
            f"dims are {tuple(array.dims)}", where="window", mend="Give patterns over time."
        )
    first, length, middle = _windows(array, window, step)
    starts, members = in_windows(starts, members, n, first, length)
    shape["time"] = len(first)
    coords["time"] = ("time", middle, dict(array["time"].attrs))
    items = design.items.isel(time=0, drop=True)
    n_times = design.items.sizes["time"]
    axis = design.items.dims.index("time")

    def together(k: int) -> Array:
        place = list(np.unravel_index(k, items.shape)) if items.ndim else []
        numbers = [
            int(np.ravel_multi_index([*place[:axis], t, *place[axis:]], design.items.shape))
            for t in range(n_times)
        ]
        return np.concatenate([item(number) for number in numbers], axis=1)

    return replace(design, items=items), together, Space(starts, members, shape, coords)


def _windows(array: xr.DataArray, window: float, step: float | None) -> tuple[Index, int, Array]:
    rate = sampling_rate(array)
    length = whole_samples(window, rate)
    every = 1 if step is None else whole_samples(step, rate)
    fits = 1 <= length <= array.sizes["time"] and every >= 1
    first = window_starts(runs(array), length, every) if fits else np.empty(0)
    if not first.size:
        raise OptionError(
            f"{window:g} s and steps of {step if step is not None else 1 / rate:g} s give no window"
            f" in {array.sizes['time']} samples at {rate:g} Hz",
            where="window",
            mend="Give lengths of at least a sample and at most a run.",
        )
    time = np.asarray(array["time"].values, dtype=np.float64)
    return np.asarray(first, dtype=np.int64), length, (time[first] + time[first + length - 1]) / 2.0


def own_residuals(item: Array, group: Index, estimator: str) -> Residuals:
    """Observations less the means of their groups.

    Parameters
    ----------
    item : (n_observations, n_places) ndarray of float64
        Values.
    group : (n_observations,) ndarray of int
        Observations whose mean is taken out together.
    estimator : str
        Of the covariance.

    Returns
    -------
    Residuals
        NaN where the place has no value.

    Raises
    ------
    OptionError
        If no degree of freedom is left.
    """
    _, codes = np.unique(group, return_inverse=True)
    n = int(codes.max()) + 1
    sums, counts = group_sums(np.where(np.isfinite(item), item, 0.0), codes.astype(np.int64), n)
    residuals = item - (sums / counts[:, None])[codes]
    left = float(len(item) - n)
    _check_dof(left, f"{len(item)} observations of {n} means")
    return Residuals(residuals, left, estimator)


def _check_dof(left: float, what: str) -> None:
    if left < 1:
        raise OptionError(
            f"{what} leave {left:g} degrees of freedom",
            where="noise",
            mend="Give repeats of conditions, or residuals.",
        )


def given_residuals(
    residuals: xr.DataArray | ArrayLike | None, noise: object, design: Patterns
) -> Residuals | None:
    """Residuals that a user gives, in the order of the patterns' channels.

    Parameters
    ----------
    residuals : (sample, channel) DataArray or array_like, optional
        Of a model of the time series.
    noise : object
        Must be the name of an estimator if there are residuals.
    design : Patterns
        Whose channels are meant.

    Returns
    -------
    Residuals, optional
        Their means taken out.

    Raises
    ------
    OptionError, SchemaError
        If they do not fit.
    """
    if isinstance(noise, str):
        check_option("noise", noise, ESTIMATORS)
    if residuals is None:
        return None
    if not isinstance(noise, str):
        raise OptionError(
            "no estimator is named", where="residuals", mend='Set noise="shrinkage_diag".'
        )
    x: Any = residuals
    name = design.feature_dim
    if isinstance(x, xr.DataArray):
        if name not in x.dims or x.ndim != 2:
            raise SchemaError(
                f"dims are {x.dims}",
                where="residuals",
                mend=f"Give (sample, {design.feature_dim}).",
            )
        x = x.transpose(..., name)
        if name in x.coords:
            x = x.sel({name: design.features})
    values = np.array(x, dtype=np.float64)
    if values.ndim != 2 or values.shape[1] != len(design.features):
        raise SchemaError(
            f"have shape {values.shape} for {len(design.features)} channels",
            where="residuals",
            mend="Give (sample, channel).",
        )
    left = float(len(values) - 1)
    _check_dof(left, f"{len(values)} samples")
    return Residuals(values - values.mean(axis=0), left, noise)
