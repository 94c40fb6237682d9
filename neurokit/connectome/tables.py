"""A fit of motifs in figures for a report: facts and tables."""

from __future__ import annotations

import numpy as np
import pandas as pd
import xarray as xr

from neurokit.connectome.factors import neuron_strength
from neurokit.connectome.model import NonNegativeCP
from neurokit.schema.select import signal_of, space_dim
from neurokit.schema.time import sampling_rate

Facts = dict[str, str | int | float | bool]

# Neurons per motif in the table.
_TOP = 15


def tensor_facts(traces: xr.DataArray | xr.DataTree, tensor: xr.DataArray, axis: str) -> Facts:
    """Return what was factorized, in a few figures.

    Parameters
    ----------
    traces : DataArray or recording
        What the affinity was computed from.
    tensor : DataArray
        The affinity.
    axis : str
        What was done to the time axes.

    Returns
    -------
    dict
        Units stand in the keys.
    """
    signal = signal_of(traces)
    return {
        "recordings": tensor.sizes.get("recording", 1),
        f"{space_dim(signal)}s": signal.sizes[space_dim(signal)],
        "pairs": tensor.sizes["pair"],
        "pairs never recorded together": int(
            tensor.isnull().all([dim for dim in tensor.dims if dim != "pair"]).sum()
        ),
        "time axes": axis,
        "duration (s)": round(tensor.sizes["time"] / sampling_rate(tensor), 3),
        "bin (s)": round(1.0 / sampling_rate(tensor), 4),
        "observed (%)": round(100.0 * float(tensor.notnull().mean()), 1),
    }


def fit_facts(model: NonNegativeCP) -> Facts:
    """Return how the factorization went, in a few figures.

    Parameters
    ----------
    model : NonNegativeCP
        Fitted.

    Returns
    -------
    dict
        A start has found the same motifs where its factors are 0.95 similar to those kept.
    """
    others = np.sort(model.restart_similarity_.values)[:-1]
    agree = others >= 0.95
    return {
        "motifs": int((model.factors_["weight"] > 0).sum()),
        "relative error (share of norm)": round(model.error_, 4),
        "converged": model.converged_,
        "sweeps": model.n_iter_,
        "starts that found the same motifs": f"{int(agree.sum()) + 1} of {others.size + 1}",
    }


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
        As in ``NonNegativeCP.factors_``, of a tensor of pairs and time.

    Returns
    -------
    pandas.DataFrame
        Times in s; one column per recording where there are several.
    """
    # Bins without any observation are NaN, which argmax would take for the largest.
    course = factors["time_course"].transpose("component", "time").fillna(-1.0)
    table = pd.DataFrame(
        {
            "motif": factors["component"].values,
            "weight": factors["weight"].values.round(4),
            "peak (s)": course["time"].values[course.values.argmax(axis=1)].round(2),
            "strongest neurons": [" ".join(map(str, top.index[:8])) for top in strongest(factors)],
        }
    )
    if "recording_loading" in factors:
        loading = factors["recording_loading"].transpose("component", "recording")
        level = loading / loading.mean("recording").where(lambda mean: mean > 0, 1.0)
        for k, name in enumerate(loading["recording"].values):
            table[f"{name} (share of mean)"] = level.values[:, k].round(3)
    return table
