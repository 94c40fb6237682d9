"""What the recipe ``rsa`` runs: epochs of kinds of events, one RDM, searches in time and space."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import xarray as xr

from neurokit.errors import OptionError, SchemaError
from neurokit.plot.style import detached_figure
from neurokit.recipe import Outcome, Parameters, Picture
from neurokit.rsa.dissimilarity import rdm
from neurokit.rsa.events_search import figure_of_searches, search_in_space, search_in_time
from neurokit.rsa.plots import plot_arrangement, plot_rdm
from neurokit.rsa.recipe import RsaParameters
from neurokit.schema.select import signal_of, space_dim
from neurokit.signal.cutting import epoch
from neurokit.signal.in_memory import trials_into_memory


def run(
    recordings: Mapping[str, xr.DataTree],
    parameters: Parameters,
    needs: Mapping[str, xr.DataTree],
) -> Outcome:
    """RDM of the kinds of events of one recording, channels z-scored over trials; when and where.

    Parameters
    ----------
    recordings : mapping of str to DataTree
        One, with ``/activity`` and ``/events``.
    parameters : RsaParameters
        Of the recipe.
    needs : mapping of str to DataTree
        Nothing is needed.

    Returns
    -------
    Outcome
        The RDM, its matrix and its arrangement; the mean dissimilarity over sliding windows
        (``/search_time``) and around every place with a position (``/search_space``).

    Raises
    ------
    SchemaError
        If there are no events or fewer than three kinds with enough trials.
    OptionError
        If the trials of a recording on disk are larger than an analysis can hold.
    """
    if not isinstance(parameters, RsaParameters):
        raise OptionError(f"got {type(parameters).__name__}", where="parameters", mend="Use RSA's.")
    recording = next(iter(recordings.values()))
    if "activity" not in recording.children or "events" not in recording.children:
        raise SchemaError("no activity or no events", where="recording", mend="Leave this out.")
    trials = _trials(recording, parameters)
    patterns = _patterns(trials)
    method = parameters.method
    found = rdm(patterns, method, folds="half" if method == "crossnobis" else None)
    over_time = over_space = None
    if parameters.window_s is not None:
        over_time = search_in_time(trials, method, parameters.window_s)
    if parameters.n_nearest is not None:
        group = recording["activity"].to_dataset()
        over_space = search_in_space(patterns, group, method, parameters.n_nearest)
    result = xr.DataTree.from_dict({"/": xr.Dataset(), "/rdm": found.to_dataset(name="rdm")})
    for name, x in (("search_time", over_time), ("search_space", over_space)):
        if x is not None:
            result[name] = xr.DataTree(x.to_dataset())
    facts: dict[str, str | int | float | bool] = {
        "kinds of events": len(set(patterns["condition"].values.tolist())),
        "trials": int(patterns.sizes["trial"]),
        "method": method,
        "mean dissimilarity": float(found.mean()),
    }
    if over_time is not None:
        facts["mean dissimilarity is largest at (s)"] = _largest(over_time, "time")
    if over_space is not None:
        facts["mean dissimilarity is largest around"] = _largest(over_space, space_dim(over_space))
    pictures = _pictures(found, over_time, over_space, parameters)
    return Outcome(result=result, pictures=pictures, facts=facts)


def _largest(x: xr.DataArray, dim: str) -> str | float:
    """Where a search found most."""
    if not np.isfinite(x.values).any():
        return "nowhere"
    at = x[dim].values[np.nanargmax(x.values)]
    return round(float(at), 4) if dim == "time" else str(at)


def _pictures(
    found: xr.DataArray,
    over_time: xr.DataArray | None,
    over_space: xr.DataArray | None,
    parameters: RsaParameters,
) -> dict[str, Picture]:
    figure = detached_figure((10.5, 4.6))
    axes = figure.subplots(1, 2)
    plot_rdm(found, ax=axes[0])
    plot_arrangement(found, ax=axes[1])
    n_kinds = len({*found["condition_1"].values.tolist(), *found["condition_2"].values.tolist()})
    window = f"{parameters.tmin:g} to {parameters.tmax:g} s"
    caption = f"Dissimilarity ({parameters.method}) of {n_kinds} kinds of events, {window}; "
    drawn = {"rdm": Picture(figure, caption + "right: MDS.")}
    if over_time is None and over_space is None:
        return drawn
    said = []
    if over_time is not None:
        said.append(f"windows of {over_time.attrs['window_s']:g} s (all places)")
    if over_space is not None:
        said.append(f"each {over_space.dims[0]} with its nearest, {parameters.n_nearest} in all")
    caption = f"Mean dissimilarity of all pairs of kinds: {'; '.join(said)}."
    if parameters.method == "crossnobis":
        caption += " 0 on average where nothing tells kinds apart."
    figure = figure_of_searches(over_time, over_space, parameters.method)
    return drawn | {"search": Picture(figure, caption)}


def _trials(recording: xr.DataTree, parameters: RsaParameters) -> xr.DataArray:
    """(trial, space, time) of kinds with enough trials, with condition and half."""
    cut = epoch(recording, recording["events"].to_dataset(), parameters.tmin, parameters.tmax)
    signal = signal_of(cut)
    space = space_dim(signal)
    kind = signal["trial_type"].values.astype(str)
    names, counts = np.unique(kind, return_counts=True)
    held = names[counts >= parameters.min_trials]
    if len(held) < 3:
        raise SchemaError(
            f"{len(held)} kinds of events have {parameters.min_trials} trials",
            where="events",
            mend="Lower min_trials, or leave this recipe out.",
        )
    keep = np.isin(kind, held)
    signal = trials_into_memory(signal.isel(trial=keep).transpose("trial", space, "time"))
    if parameters.baseline and parameters.tmin < 0:
        signal = signal - signal.sel(time=slice(None, 0)).mean("time")
    kind = kind[keep]
    half = np.empty(len(kind), dtype=int)
    for name in held:
        mine = np.flatnonzero(kind == name)
        half[mine] = np.arange(len(mine)) % 2
    coords: dict[str, Any] = {"condition": ("trial", kind), "half": ("trial", half)}
    coords |= {space: signal[space].values, "time": signal["time"].variable}
    return xr.DataArray(signal.values, coords, ["trial", space, "time"])


def _patterns(trials: xr.DataArray) -> xr.DataArray:
    """(trial, space) means after the event; channels of several units become comparable."""
    after = trials.sel(time=slice(0, None)).mean("time", dtype=np.float64)
    values = after.values - after.values.mean(axis=0)
    spread = values.std(axis=0)
    return after.copy(data=values / np.where(spread > 0, spread, 1.0))
