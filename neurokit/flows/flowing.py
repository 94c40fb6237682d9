"""What the recipe ``flows`` runs: bins, number of latents, the fit, baselines, figures."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr

from neurokit.errors import ConvergenceWarning, OptionError
from neurokit.flows import plots
from neurokit.flows.baselines import FactorGLM, FirstOrderLDS, Smoothing
from neurokit.flows.comparison import compare
from neurokit.flows.model import LangevinLDS
from neurokit.flows.recipe import FlowsParameters
from neurokit.flows.selection import select_latents
from neurokit.plot.style import detached_figure
from neurokit.recipe import Outcome, Parameters, Picture
from neurokit.schema.select import space_dim
from neurokit.signal.responses import liveliest, responses

_FEWEST_FOR_SCORES = 4


def run(
    recordings: Mapping[str, xr.DataTree],
    parameters: Parameters,
    needs: Mapping[str, xr.DataTree],
) -> Outcome:
    """Find the oscillations behind one recording, and what they predict.

    Parameters
    ----------
    recordings : mapping of str to DataTree
        One. Spikes are binned; counts stay counts; traces are z-scored.
    parameters : FlowsParameters
        Of the recipe.
    needs : mapping of str to DataTree
        Nothing is needed.

    Returns
    -------
    Outcome
        The fit, its modes with intervals, its paths, and a comparison with baselines.

    Raises
    ------
    SchemaError
        If the recording has neither spikes nor activity.
    """
    chosen = parameters
    if not isinstance(chosen, FlowsParameters):
        raise OptionError(f"got {type(chosen).__name__}", where="parameters", mend="Use FLOWS's.")
    (rec,) = recordings.values()
    signal, likelihood = responses(rec, chosen.bin_s, chosen.likelihood, regular=True)
    kept = liveliest(signal, chosen.most_neurons, fewest=2, most_missing=0.5)
    kept = kept.astype(np.float64)
    trials = _in_trials(kept, chosen.chunk_s)
    with warnings.catch_warnings():
        # Whether it converged is among the facts.
        warnings.simplefilter("ignore", ConvergenceWarning)
        selection = _selection(trials, chosen, likelihood)
        n_latents = chosen.n_latents or (int(selection.attrs["best_n_latents"]) if selection else 2)
        model = _model(chosen, n_latents, likelihood).fit(trials)
        modes = model.modes(trials)
        table = _comparison(trials, chosen, n_latents, likelihood)
    paths = model.transform(trials)
    tree = model.to_tree()
    parts = {"modes": modes, "paths": paths, "selection": selection, "comparison": table}
    for name, dataset in parts.items():
        if dataset is not None:
            tree[name] = xr.DataTree(dataset)
    return Outcome(
        result=tree,
        pictures=_pictures(model, modes, paths, table),
        facts=_facts(model, signal, trials, likelihood),
        tables=_tables(modes, table),
    )


def _in_trials(signal: xr.DataArray, chunk_s: float) -> xr.DataArray:
    """(trial, time, space): a record in one piece is cut into stretches of one length."""
    dim = space_dim(signal)
    if "trial" in signal.dims:
        return signal.transpose("trial", "time", dim)
    rate = float(signal["time"].attrs["sampling_rate"])
    n_bins = int(min(max(round(chunk_s * rate), 2), signal.sizes["time"]))
    n_trials = signal.sizes["time"] // n_bins
    values = signal.transpose("time", dim).values[: n_trials * n_bins]
    clock = signal["time"].isel(time=slice(0, n_bins))
    return xr.DataArray(
        values.reshape(n_trials, n_bins, -1),
        dims=("trial", "time", dim),
        coords={"time": clock.variable, dim: signal[dim].values, "trial": np.arange(n_trials)},
    )


def _model(chosen: FlowsParameters, n_latents: int, likelihood: str) -> LangevinLDS:
    return LangevinLDS(
        n_latents,
        likelihood=likelihood,
        n_restarts=chosen.n_restarts,
        max_iter=chosen.max_iter,
        random_state=chosen.random_state,
        progress=False,
    )


def _can_be_scored(trials: xr.DataArray) -> bool:
    return min(trials.sizes["trial"], trials.shape[2]) >= _FEWEST_FOR_SCORES


def _selection(trials: xr.DataArray, chosen: FlowsParameters, likelihood: str) -> xr.Dataset | None:
    if chosen.n_latents is not None or not _can_be_scored(trials):
        return None
    base = _model(chosen, 1, likelihood).set_params(max_iter=min(chosen.max_iter, 30))
    tried = range(1, min(chosen.most_latents, trials.shape[2]) + 1)
    return select_latents(
        trials, list(tried), model=base, n_folds=2, random_state=chosen.random_state
    )


def _comparison(
    trials: xr.DataArray, chosen: FlowsParameters, n_latents: int, likelihood: str
) -> xr.Dataset | None:
    """Baselines on counts: fitted to half of the trials, every fourth neuron hidden in the rest."""
    if likelihood != "poisson" or not _can_be_scored(trials):
        return None
    hidden = np.arange(trials.shape[2]) % 4 == 0
    models: dict[str, Any] = {
        "smoothing": Smoothing(max(0.06, 2 * chosen.bin_s)),
        "factor analysis": FactorGLM(n_latents, seconds=max(0.04, chosen.bin_s)),
        "first-order LDS": FirstOrderLDS(
            n_latents, likelihood="poisson", max_iter=chosen.max_iter, progress=False
        ),
        "Langevin LDS": _model(chosen, n_latents, likelihood),
    }
    table = compare(
        models, trials[0::2], trials[1::2], held_out=hidden, n_forward=trials.shape[1] // 10
    )
    # Seconds differ from run to run; results of one key do not.
    return table.drop_vars(["fit_seconds", "r2"])


def _facts(
    model: LangevinLDS, signal: xr.DataArray, trials: xr.DataArray, likelihood: str
) -> dict[str, str | int | float | bool]:
    ringing = model.damping_ratios_.values < 1
    return {
        "responses": f"{trials.shape[2]} of {signal.sizes[space_dim(signal)]}",
        "trials": int(trials.shape[0]),
        "likelihood": likelihood,
        "latents": int(model.n_latents),
        "oscillating modes (Hz)": ", ".join(f"{f:.3g}" for f in model.frequencies_.values[ringing])
        or "none",
        "iterations": int(model.n_iter_),
        "converged": bool(model.converged_),
    }


def _tables(modes: xr.Dataset, table: xr.Dataset | None) -> dict[str, pd.DataFrame]:
    found = {"modes": modes.to_dataframe().reset_index()}
    if table is not None:
        found["comparison"] = table.to_dataframe().reset_index()
    return found


def _pictures(
    model: LangevinLDS, modes: xr.Dataset, paths: xr.Dataset, table: xr.Dataset | None
) -> dict[str, Picture]:
    drawn = {}
    figure = detached_figure((5.4, 3.8))
    plots.plot_modes(modes, ax=figure.subplots())
    drawn["modes"] = Picture(
        figure,
        "Damping ratio (no unit) over frequency (Hz) of every mode, with 90 % intervals; above the"
        " dashed line nothing oscillates.",
    )
    figure = detached_figure((5.4, 3.8))
    plots.plot_spectrum(model, ax=figure.subplots())
    drawn["spectrum"] = Picture(figure, "Power of latent positions (1/Hz) over frequency (Hz).")
    n = min(int(paths.sizes["latent"]), 4)
    figure = detached_figure((3.4 * n, 3.4))
    for k, ax in enumerate(np.atleast_1d(figure.subplots(1, n))):
        plots.plot_phase(paths, k, n_trials=5, ax=ax)
    drawn["phase"] = Picture(
        figure, "Velocity (1/s) over position (no unit) of each latent in five trials."
    )
    figure = detached_figure((4.8, 3.4))
    plots.plot_trace(model, ax=figure.subplots())
    drawn["fit"] = Picture(figure, "Log-likelihood or its bound (nat) over iterations.")
    if table is not None:
        figure = detached_figure((5.6, 2.6))
        plots.plot_comparison(table, ax=figure.subplots())
        drawn["comparison"] = Picture(
            figure, "Bits per spike of hidden neurons in trials that were not fitted."
        )
    return drawn
