"""What simulators of populations with known rates share: names, the recording, the truth."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from neurokit._version import __version__
from neurokit.schema.build import activity, events, recording
from neurokit.schema.history import add_history
from neurokit.schema.time import regular_time, time_coordinate

Array = NDArray[np.float64]


def population_names(n_neurons: int) -> list[str]:
    """Return N1, N2, ..., padded with zeros to one width."""
    return [f"N{k + 1:0{len(str(n_neurons))}d}" for k in range(n_neurons)]


def counts_recording(
    counts: NDArray[Any],
    names: list[str],
    bin_s: float,
    columns: Mapping[str, Any],
    simulator: str,
    parameters: Mapping[str, Any],
    random_state: int | np.random.Generator | None,
) -> xr.DataTree:
    """Build the recording of a simulated population.

    Parameters
    ----------
    counts : (trial, time, neuron) ndarray
        Spikes per bin, or traces without unit.
    names : list of str
        Of the neurons.
    bin_s : float
        Width of a bin, s.
    columns : mapping of str to (trial,) array
        What is known of each trial.
    simulator : str
        Its name, for the history.
    parameters : mapping
        Of the simulator.
    random_state : None, int or numpy.random.Generator
        Its seed.

    Returns
    -------
    DataTree
        With ``/activity`` and ``/events``.
    """
    n_trials, n_bins, _ = counts.shape
    group = activity(
        np.asarray(counts, dtype=np.float32),
        names=names,
        rate=1.0 / bin_s,
        time_origin="start of the trial",
        units="1",
        trial={name: list(values) for name, values in columns.items()},
    )
    if np.issubdtype(counts.dtype, np.integer):
        group["signal"].attrs["long_name"] = "spikes per bin"
    group = group.assign_coords(trial=np.arange(n_trials))
    trials = events(
        np.zeros(n_trials),
        duration=np.full(n_trials, n_bins * bin_s),
        trial_type=["trial"] * n_trials,
        columns={"trial": list(range(n_trials))},
    )
    tree = recording(
        {"activity": group, "events": trials},
        modality="spikes",
        subject="simulated",
        session="session1",
        licence="CC0-1.0",
        source="simulated",
        loader=simulator,
        loader_version=__version__,
        name="session1",
    )
    return add_history(tree, simulator, dict(parameters), random_state)


def rates_truth(
    rate: Array, latent: Array, names: list[str], bin_s: float, parameters: Mapping[str, Any]
) -> xr.Dataset:
    """Build the truth: expected counts per bin and the latent path of every trial.

    Parameters
    ----------
    rate : (trial, time, neuron) ndarray
        Expected counts per bin.
    latent : (trial, time, axis) ndarray
        No unit.
    names : list of str
        Of the neurons.
    bin_s : float
        Width of a bin, s.
    parameters : mapping
        Of the simulator; become attributes.

    Returns
    -------
    Dataset
        ``rate`` with unit 1 (counts per bin) and ``latent``.
    """
    n_trials, n_bins, _ = rate.shape
    return xr.Dataset(
        {
            "rate": (
                ("trial", "time", "neuron"),
                rate,
                {"units": "1", "long_name": "expected counts per bin"},
            ),
            "latent": (("trial", "time", "axis"), latent),
        },
        coords={
            "trial": np.arange(n_trials),
            "time": time_coordinate(regular_time(n_bins, 1.0 / bin_s), 1.0 / bin_s),
            "neuron": np.asarray(names),
            "axis": np.arange(latent.shape[2]),
        },
        attrs={k: v for k, v in parameters.items() if isinstance(v, int | float | str)},
    )
