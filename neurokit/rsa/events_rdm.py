"""What the recipe ``rsa`` runs: epochs of every kind of event, one RDM over the window."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import xarray as xr

from neurokit.errors import OptionError, SchemaError
from neurokit.recipe import Outcome, Parameters, Picture
from neurokit.rsa.dissimilarity import rdm
from neurokit.rsa.plots import plot_arrangement, plot_rdm
from neurokit.rsa.recipe import RsaParameters
from neurokit.schema.select import signal_of, space_dim
from neurokit.signal.cutting import epoch


def run(
    recordings: Mapping[str, xr.DataTree],
    parameters: Parameters,
    needs: Mapping[str, xr.DataTree],
) -> Outcome:
    """RDM of the kinds of events of one recording, channels z-scored over trials.

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
        The RDM, its matrix and its arrangement.

    Raises
    ------
    SchemaError
        If there are no events or fewer than three kinds with enough trials.
    """
    if not isinstance(parameters, RsaParameters):
        raise OptionError(f"got {type(parameters).__name__}", where="parameters", mend="Use RSA's.")
    recording = next(iter(recordings.values()))
    if "activity" not in recording.children or "events" not in recording.children:
        raise SchemaError("no activity or no events", where="recording", mend="Leave this out.")
    trials = _patterns(recording, parameters)
    method = parameters.method
    found = rdm(trials, method, folds="half" if method == "crossnobis" else None)
    import matplotlib.pyplot as plt

    figure, axes = plt.subplots(1, 2, figsize=(10.5, 4.6), layout="constrained")
    plot_rdm(found, ax=axes[0])
    plot_arrangement(found, ax=axes[1])
    kinds = sorted(set(trials["condition"].values.tolist()))
    window = f"{parameters.tmin:g} to {parameters.tmax:g} s"
    caption = f"Dissimilarity ({method}) of {len(kinds)} kinds of events, {window}; right: MDS."
    result = xr.DataTree.from_dict({"/": xr.Dataset(), "/rdm": found.to_dataset(name="rdm")})
    facts: dict[str, str | int | float | bool] = {
        "kinds of events": len(kinds),
        "trials": int(trials.sizes["trial"]),
        "method": method,
        "mean dissimilarity": float(found.mean()),
    }
    return Outcome(result=result, pictures={"rdm": Picture(figure, caption)}, facts=facts)


def _patterns(recording: xr.DataTree, parameters: RsaParameters) -> xr.DataArray:
    """(trial, channel) means over the window, with condition and half."""
    cut = epoch(recording, recording["events"].to_dataset(), parameters.tmin, parameters.tmax)
    signal = signal_of(cut)
    space = space_dim(signal)
    after = signal.sel(time=slice(0, None)).mean("time")
    if parameters.baseline and parameters.tmin < 0:
        after = after - signal.sel(time=slice(None, 0)).mean("time")
    kind = after["trial_type"].values.astype(str)
    names, counts = np.unique(kind, return_counts=True)
    held = names[counts >= parameters.min_trials]
    if len(held) < 3:
        raise SchemaError(
            f"{len(held)} kinds of events have {parameters.min_trials} trials",
            where="events",
            mend="Lower min_trials, or leave this recipe out.",
        )
    keep = np.isin(kind, held)
    values = after.transpose("trial", space).values[keep].astype(np.float64)
    # Channels of several units become comparable.
    spread = values.std(axis=0)
    values = (values - values.mean(axis=0)) / np.where(spread > 0, spread, 1.0)
    kind = kind[keep]
    half = np.empty(len(kind), dtype=int)
    for name in held:
        mine = np.flatnonzero(kind == name)
        half[mine] = np.arange(len(mine)) % 2
    coords = {"condition": ("trial", kind), "half": ("trial", half), space: signal[space].values}
    return xr.DataArray(values, coords, ["trial", space])
