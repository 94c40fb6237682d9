"""A fit of motifs in figures for a report: facts and tables."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import xarray as xr
from numpy.typing import NDArray

from neurokit.connectome.factors import neuron_strength
from neurokit.schema.select import space_dim
from neurokit.schema.time import sampling_rate

if TYPE_CHECKING:
    from neurokit.connectome.dynamic import DynamicConnectome

Facts = dict[str, str | int | float | bool]

# Neurons per motif in the table.
_TOP = 15


def tensor_facts(traces: xr.DataArray, bins: xr.DataArray, axis: str) -> Facts:
    """Return what was factorized, in a few figures.

    Parameters
    ----------
    traces : (recording, time, neuron|channel) DataArray
        What the affinity was computed from; NaN where not recorded.
    bins : DataArray
        Anything on the bins of time.
    axis : str
        What was done to the time axes.

    Returns
    -------
    dict
        Units stand in the keys.
    """
    space = space_dim(traces)
    seen = traces.notnull().any("time").transpose("recording", space).values
    length = traces.notnull().any(space).mean("time").transpose("recording").values
    together = seen[:, :, None] & seen[:, None, :]
    upper = np.triu_indices(seen.shape[1], 1)
    pairs = together[:, upper[0], upper[1]]
    return {
        "recordings": traces.sizes["recording"],
        f"{space}s": traces.sizes[space],
        "pairs": pairs.shape[1],
        "pairs never recorded together": int((~pairs.any(axis=0)).sum()),
        "time axes": axis,
        "duration (s)": round(bins.sizes["time"] / sampling_rate(bins), 3),
        "bin (s)": round(1.0 / sampling_rate(bins), 4),
        "observed (%)": round(100.0 * float((pairs.mean(axis=1) * length).mean()), 1),
    }


def fit_facts(model: DynamicConnectome) -> Facts:
    """Return how the factorization went, in a few figures.

    Parameters
    ----------
    model : DynamicConnectome
        Fitted.

    Returns
    -------
    dict
        A start has found the same motifs where its factors are 0.95 similar to those kept.
    """
    others = np.sort(model.restart_similarity_.values)[:-1]
    agree = others >= 0.95
    facts: Facts = {
        "motifs": int((model.factors_["weight"] > 0).sum()),
        "relative error (share of norm)": round(model.error_, 4),
        "relative error, held out": round(model.held_out_error_, 4),
        "converged": model.converged_,
        "sweeps": model.n_iter_,
        "starts that found the same motifs": f"{int(agree.sum()) + 1} of {others.size + 1}",
    }
    if hasattr(model, "null_"):
        facts["motifs beyond chance (q < 0.05)"] = int((model.q_value_ < 0.05).sum())
    return facts


def strongest(factors: xr.Dataset) -> list[pd.Series[float]]:
    """Return the mean loading of every neuron, strongest first, for each component.

    Parameters
    ----------
    factors : Dataset
        As in ``NonNegativeCP.factors_``, of a tensor of pairs.

    Returns
    -------
    list of pandas.Series
        Indexed by name; neurons never recorded with another are left out.
    """
    strength = neuron_strength(factors)
    space = str(strength.dims[1])
    return [
        pd.Series(row, index=strength[space].values).dropna().sort_values(ascending=False)
        for row in strength.values
    ]


def neuron_table(factors: xr.Dataset) -> pd.DataFrame:
    """Return the strongest neurons of every motif.

    Parameters
    ----------
    factors : Dataset
        As in ``NonNegativeCP.factors_``, of a tensor of pairs.

    Returns
    -------
    pandas.DataFrame
        One row per motif and neuron.
    """
    parts = [
        pd.DataFrame(
            {
                "motif": int(number),
                "rank": np.arange(1, len(top[:_TOP]) + 1),
                "neuron": top.index[:_TOP].astype(str),
                "strength (share of largest)": (top / (top.max() or 1.0)).round(3).values[:_TOP],
            }
        )
        for number, top in zip(factors["component"].values, strongest(factors), strict=True)
    ]
    return pd.concat(parts, ignore_index=True)


def motif_table(factors: xr.Dataset) -> pd.DataFrame:
    """Return one row per motif: weight, when it peaks, who leads it, in whom it is strong.

    Parameters
    ----------
    factors : Dataset
        As in ``NonNegativeCP.factors_``, of a tensor of pairs; without a time course there is no
        peak.

    Returns
    -------
    pandas.DataFrame
        Times in s; one column per recording where there are several.
    """
    columns = {
        "motif": factors["component"].values,
        "weight": factors["weight"].values.round(4),
    }
    if "time_course" in factors:
        # Bins without any observation are NaN, which argmax would take for the largest.
        course = factors["time_course"].transpose("component", "time").fillna(-1.0)
        columns["peak (s)"] = course["time"].values[course.values.argmax(axis=1)].round(2)
    tops = strongest(factors)
    columns["strongest neurons"] = np.array([" ".join(map(str, top.index[:8])) for top in tops])
    table = pd.DataFrame(columns)
    if "recording_loading" in factors:
        loading = factors["recording_loading"].transpose("component", "recording")
        level = loading / loading.mean("recording").where(lambda mean: mean > 0, 1.0)
        for k, name in enumerate(loading["recording"].values):
            table[f"{name} (share of mean)"] = level.values[:, k].round(3)
    return table


def judged_table(model: DynamicConnectome) -> pd.DataFrame:
    """Return `motif_table` with p-values, and the members of each community.

    Parameters
    ----------
    model : DynamicConnectome
        Fitted.

    Returns
    -------
    pandas.DataFrame
        One row per motif.
    """
    table = motif_table(model.factors_)
    table.insert(2, "p", model.p_value_.values.round(4))
    table.insert(3, "q", model.q_value_.values.round(4))
    if hasattr(model, "communities_"):
        names = model.communities_[model.communities_.dims[1]].values
        table["communities"] = [_listed(names, row) for row in model.communities_.values]
    return table


def _listed(names: NDArray[np.str_], labels: NDArray[np.int64]) -> str:
    groups = [" ".join(names[labels == k].tolist()) for k in range(int(labels.max()) + 1)]
    return " | ".join(groups)


def atlas_table(atlas: xr.Dataset) -> pd.DataFrame:
    """Return one row per motif and kind of epoch.

    Parameters
    ----------
    atlas : Dataset
        As in ``DynamicConnectome.atlas_``.

    Returns
    -------
    pandas.DataFrame
        Means in units of affinity.
    """
    flat = atlas.to_dataframe().reset_index().rename(columns={"component": "motif"})
    return flat.rename(columns={"trial_type": "epoch", "n_epochs": "epochs"}).round(4)
