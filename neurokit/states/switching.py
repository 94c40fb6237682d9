"""What the recipe ``states`` runs: bins, number of states, the fit, figures and tables."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr

from neurokit.errors import OptionError
from neurokit.plot.style import detached_figure
from neurokit.recipe import Outcome, Parameters, Picture
from neurokit.schema.select import space_dim
from neurokit.signal.responses import liveliest, rate_of, responses
from neurokit.states import plots, plots_chain
from neurokit.states.model import GLMHMM
from neurokit.states.recipe import StatesParameters
from neurokit.states.selection import select_states


def run(
    recordings: Mapping[str, xr.DataTree],
    parameters: Parameters,
    needs: Mapping[str, xr.DataTree],
) -> Outcome:
    """Find hidden states of one recording, and how neurons couple in each.

    Parameters
    ----------
    recordings : mapping of str to DataTree
        One. Spikes are binned; counts stay counts; traces are z-scored.
    parameters : StatesParameters
        Of the recipe.
    needs : mapping of str to DataTree
        Nothing is needed.

    Returns
    -------
    Outcome
        The fit, its posterior and dwell times.

    Raises
    ------
    SchemaError
        If the recording has neither spikes nor activity.
    """
    chosen = parameters
    if not isinstance(chosen, StatesParameters):
        raise OptionError(f"got {type(chosen).__name__}", where="parameters", mend="Use STATES's.")
    (rec,) = recordings.values()
    signal, observation = responses(rec, chosen.bin_s, chosen.observation)
    kept = liveliest(signal, chosen.most_neurons)
    options = _options(chosen, observation)
    selection = None if chosen.n_states is not None else _selection(kept, chosen, options)
    n_states = chosen.n_states or int(_attr(selection, "best_n_states"))
    model = GLMHMM(n_states, random_state=chosen.random_state, n_jobs=chosen.n_jobs, **options)
    model.fit(kept)
    posterior = model.predict_proba(kept)
    rate = rate_of(kept)
    dwell = model.dwell(kept, bin_s=1.0 if rate is None else 1.0 / rate)
    return Outcome(
        result=_result(model, posterior, dwell, selection),
        pictures=_pictures(model, posterior, dwell, selection, _behaviour(rec)),
        facts={
            "responses": f"{kept.sizes[space_dim(kept)]} of {signal.sizes[space_dim(signal)]}",
            "observation": observation,
            "states": n_states,
            "log-likelihood (nats/bin)": float(model.score(kept)),
            "iterations": int(model.n_iter_),
            "converged": bool(model.converged_),
        },
        tables={"states": _table(dwell)},
    )


def _attr(selection: xr.Dataset | None, name: str) -> Any:
    return None if selection is None else selection.attrs[name]


def _options(chosen: StatesParameters, observation: str) -> dict[str, Any]:
    names = ("history", "coupling", "prior", "ridge", "n_restarts", "max_iter")
    return {"observation": observation, **{name: getattr(chosen, name) for name in names}}


def _selection(
    signal: xr.DataArray, chosen: StatesParameters, options: dict[str, Any]
) -> xr.Dataset:
    return select_states(
        signal,
        n_states=range(1, chosen.most_states + 1),
        n_folds=chosen.n_folds,
        random_state=chosen.random_state,
        n_jobs=chosen.n_jobs,
        **{**options, "prior": "none"},
    )


def _behaviour(rec: xr.DataTree) -> xr.DataArray | None:
    """The first measure of behaviour that has no further dim."""
    if "behavior" not in rec.children:
        return None
    for values in rec["behavior"].to_dataset().data_vars.values():
        if values.dims == ("time",) and values.dtype.kind == "f":
            return values
    return None


def _result(
    model: GLMHMM, posterior: xr.DataArray, dwell: xr.Dataset, selection: xr.Dataset | None
) -> xr.DataTree:
    tree = model.to_tree()
    tree["posterior"] = xr.DataTree(posterior.astype(np.float32).to_dataset(name="probability"))
    tree["dwell"] = xr.DataTree(dwell)
    if selection is not None:
        tree["selection"] = xr.DataTree(selection)
    return tree


def _table(dwell: xr.Dataset) -> pd.DataFrame:
    unit = str(dwell.attrs.get("units", "bin"))
    names = {"mean": f"mean stay ({unit})", "median": f"median stay ({unit})"}
    columns = ["occupancy", "n_visits", "mean", "median"]
    return dwell[columns].to_dataframe().rename(columns=names).reset_index()


def _pictures(
    model: GLMHMM,
    posterior: xr.DataArray,
    dwell: xr.Dataset,
    selection: xr.Dataset | None,
    behavior: xr.DataArray | None,
) -> dict[str, Picture]:
    drawn = {}
    figure = detached_figure((10.0, 2.6))
    # Behaviour runs on the clock of the recording, which trials do not show.
    line = behavior if "trial" not in posterior.dims else None
    plots.plot_posterior(posterior, behavior=line, ax=figure.subplots())
    of_trial = " in the first trial" if "trial" in posterior.dims else ""
    with_line = f"; black: {line.name}" if line is not None else ""
    drawn["posterior"] = Picture(
        figure, f"Probability of each state over time (s){of_trial}{with_line}."
    )
    for k, (title, draw) in enumerate(plots.pictures_of(model)):
        figure = detached_figure((5.4, 4.4))
        draw(figure.subplots())
        name = "transitions" if k == 0 else title.replace(" ", "_")
        drawn[name] = Picture(figure, _CAPTIONS.get(name, f"{title.capitalize()}{_SIGNS}"))
    figure = detached_figure((5.6, 3.8))
    plots_chain.plot_dwell(dwell, ax=figure.subplots())
    drawn["dwell"] = Picture(
        figure,
        "Share of complete visits that last at least so long; dashed: expected by the chain.",
    )
    if selection is not None:
        figure = detached_figure((5.0, 3.6))
        plots_chain.plot_selection(selection, ax=figure.subplots())
        drawn["selection"] = Picture(
            figure, "Log-likelihood of held-out trials (nats/bin) over the number of states."
        )
    return drawn


_SIGNS = ": targets downwards, sources to the right; red excites, blue inhibits (no unit)."
_CAPTIONS = {
    "transitions": "States: areas are shares of time, widths of arrows probabilities of going"
    " there.",
    "edges_that_states_share": "Prior of edges that all states share: probability of an excitatory"
    " minus that of an inhibitory edge.",
}
