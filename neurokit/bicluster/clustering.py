"""What the recipe ``bicluster`` runs: bins, the fit, figures and tables."""

from __future__ import annotations

import warnings
from collections.abc import Mapping

import numpy as np
import pandas as pd
import xarray as xr
from numpy.typing import NDArray

from neurokit.bicluster import plots
from neurokit.bicluster.model import BiCluster
from neurokit.bicluster.recipe import BiClusterParameters
from neurokit.errors import NeurokitWarning, OptionError
from neurokit.plot.style import detached_figure
from neurokit.recipe import Outcome, Parameters, Picture
from neurokit.schema.select import space_dim
from neurokit.signal.responses import liveliest, responses

Labels = NDArray[np.int64]

# Clusters of more than these are not drawn one by one.
_MOST_DRAWN = 6


def run(
    recordings: Mapping[str, xr.DataTree],
    parameters: Parameters,
    needs: Mapping[str, xr.DataTree],
) -> Outcome:
    """Find clusters of neurons and states of time in one recording.

    Parameters
    ----------
    recordings : mapping of str to DataTree
        One. Spikes are binned; counts stay counts; traces are z-scored.
    parameters : BiClusterParameters
        Of the recipe.
    needs : mapping of str to DataTree
        Nothing is needed.

    Returns
    -------
    Outcome
        The fit, figures, and tables of neurons, states and convergence.

    Raises
    ------
    SchemaError
        If the recording has neither spikes nor activity.
    """
    chosen = parameters
    if not isinstance(chosen, BiClusterParameters):
        raise OptionError(
            f"got {type(chosen).__name__}", where="parameters", mend="Use BICLUSTER's."
        )
    (rec,) = recordings.values()
    signal, observation = responses(rec, chosen.bin_s, chosen.observation, regular=True)
    kept = liveliest(signal, chosen.most_neurons)
    model = BiCluster(observation=observation, progress=False, **_options(chosen))  # type: ignore[arg-type]
    with warnings.catch_warnings():
        # Whether chains agree is among the facts.
        warnings.simplefilter("ignore", NeurokitWarning)
        model.fit(kept)
    by = chosen.by if chosen.by in model.neuron_labels_.coords else None
    return Outcome(
        result=model.to_tree(),
        pictures=_pictures(model, kept, by),
        facts=_facts(model, signal, observation, by),
        tables=_tables(model, by),
    )


def _options(chosen: BiClusterParameters) -> dict[str, object]:
    names = (
        "n_latents", "n_clusters", "max_states", "stickiness", "n_sweeps", "n_chains",
        "held_out", "random_state", "n_jobs",
    )  # fmt: skip
    return {name: getattr(chosen, name) for name in names}


def _facts(
    model: BiCluster, signal: xr.DataArray, observation: str, by: str | None
) -> dict[str, str | int | float | bool]:
    labels = model.neuron_labels_
    states = model.rates_["state"].values
    facts: dict[str, str | int | float | bool] = {
        "responses": f"{labels.size} of {signal.sizes[space_dim(signal)]}",
        "observation": observation,
        "clusters": int(labels.max()) + 1,
        "states": len(np.unique(states[states >= 0])),
        "largest R-hat": float(model.convergence_.r_hat.max()),
        "converged": bool(model.converged_),
    }
    if np.isfinite(model.held_out_log_likelihood_):
        facts["held-out log-likelihood (nat/entry)"] = model.held_out_log_likelihood_
    if by is not None:
        facts[f"adjusted Rand index of clusters and {by}"] = float(
            model.contingency(by).attrs["adjusted_rand"]
        )
    return facts


def _tables(model: BiCluster, by: str | None) -> dict[str, pd.DataFrame]:
    labels = model.neuron_labels_
    space = str(labels.dims[0])
    columns = {space: labels[space].values, "cluster": labels.values}
    if by is not None:
        columns[by] = labels[by].values
    states = model.rates_["state"].values
    held, count = np.unique(states[states >= 0], return_counts=True)
    visits = [_n_visits(states, model.rates_["trial"].values, s) for s in held]
    found = {
        "neurons": pd.DataFrame(columns),
        "states": pd.DataFrame(
            {"state": held, "bins": count, "share": count / max(count.sum(), 1), "visits": visits}
        ),
        "convergence": model.convergence_.to_dataframe().reset_index(),
    }
    if by is not None:
        table = model.contingency(by)
        counts = pd.DataFrame(
            table.values, columns=[f"cluster {k}" for k in table["cluster"].values]
        )
        counts.insert(0, by, table[by].values)
        found["contingency"] = counts
    return found


def _n_visits(states: Labels, trial: Labels, state: int) -> int:
    """Stretches of bins in one state within trials."""
    inside = states == state
    begins = inside[1:] & (~inside[:-1] | (trial[1:] != trial[:-1]))
    return int(inside[0]) + int(begins.sum())


def _pictures(model: BiCluster, kept: xr.DataArray, by: str | None) -> dict[str, Picture]:
    drawn = {}
    beside = "" if by is None else f" and {by}"
    figure = detached_figure((6.2, 5.2))
    plots.plot_co_neuron(model, by=by, ax=figure.subplots())
    drawn["neurons"] = Picture(
        figure,
        f"Probability that two neurons are in one cluster, by cluster; left: cluster{beside}.",
    )
    figure = detached_figure((5.6, 5.4))
    plots.plot_co_state(model, ax=figure.subplots())
    drawn["bins"] = Picture(
        figure, "Probability that two bins are in one state; beneath: the states chosen."
    )
    figure = detached_figure((9.5, 4.6))
    plots.plot_raster(model, kept, by=by, ax=figure.subplots())
    drawn["raster"] = Picture(
        figure, f"Responses, z-scored per neuron, by cluster{beside}; beneath: the states chosen."
    )
    for k in range(min(model.latents_.sizes["cluster"], _MOST_DRAWN)):
        figure = detached_figure((9.0, 3.6))
        plots.plot_latents(model, k, ax=figure.subplots())
        drawn[f"latents_{k}"] = Picture(
            figure,
            f"Trajectory of cluster {k} of the first chain (log rate): means with bands of two"
            " standard deviations; beneath: the states chosen.",
        )
    figure = detached_figure((9.0, 2.8))
    names = ("n_clusters", "n_states", "log_likelihood")
    for name, ax in zip(names, figure.subplots(1, 3), strict=True):
        plots.plot_trace(model, name, ax=ax)
    drawn["traces"] = Picture(
        figure, "Clusters, states in use and log-likelihood over sweeps; shaded: thrown away."
    )
    if by is not None:
        figure = detached_figure((4.4, 3.2))
        plots.plot_contingency(model, by, ax=figure.subplots())
        drawn["contingency"] = Picture(figure, f"Neurons of every {by} in every cluster (counts).")
    return drawn
