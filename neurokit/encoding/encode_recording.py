"""What the recipe ``encoding`` runs: held-out scores, their significance, parts of variance."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr

from neurokit.encoding import score_plots
from neurokit.encoding.heldout_errors import DEFAULT_ALPHAS
from neurokit.encoding.integration import integration_sites
from neurokit.encoding.partition import MOST_BANDS, variance_partition
from neurokit.encoding.recipe import EncodingParameters
from neurokit.encoding.ridge import RidgeEncoder
from neurokit.encoding.significance import significance
from neurokit.encoding.stimulus import stimulus_features
from neurokit.errors import NeurokitWarning, OptionError, SchemaError
from neurokit.plot.style import detached_figure
from neurokit.recipe import Outcome, Parameters, Picture
from neurokit.schema import runs, sampling_rate, signal_of, space_dim
from neurokit.signal.in_memory import into_memory
from neurokit.signal.rates import resample
from neurokit.stats import BlockedCV

ROLES = ("vision", "language", "multimodal")


def run(
    recordings: Mapping[str, xr.DataTree],
    parameters: Parameters,
    needs: Mapping[str, xr.DataTree],
) -> Outcome:
    """Predict every channel or neuron from the recording's stimulus or behaviour.

    Parameters
    ----------
    recordings : mapping of str to DataTree
        One, with ``/activity`` and feature sets on its clock or another regular one.
    parameters : EncodingParameters
        Of the recipe.
    needs : mapping of str to DataTree
        Nothing is needed.

    Returns
    -------
    Outcome
        The fit, scores with p and q, parts of variance with several feature sets, sites of
        integration with sets named vision, language and multimodal.

    Raises
    ------
    SchemaError
        If there are no features, or too little without NaN is left.
    """
    chosen = parameters
    if not isinstance(chosen, EncodingParameters):
        raise OptionError(
            f"got {type(chosen).__name__}", where="parameters", mend="Use ENCODING's."
        )
    (rec,) = recordings.values()
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always", NeurokitWarning)
        features, activity = _inputs(rec, chosen)
        found = _analyse(features, activity, chosen)
    notes = list(dict.fromkeys(str(w.message) for w in said if _ours(w)))
    tree = found.pop("model").to_tree()
    for name, dataset in found.items():
        tree[name] = xr.DataTree(dataset)
    return Outcome(
        result=tree,
        pictures=_pictures(rec, found, chosen),
        facts={**_facts(features, activity, found, chosen), **_noted(notes)},
        tables={"scores": _table(found["significance"])},
    )


def _ours(warning: warnings.WarningMessage) -> bool:
    return issubclass(warning.category, NeurokitWarning)


def _noted(notes: list[str]) -> dict[str, str]:
    return {"notes": " ".join(notes)} if notes else {}


def _inputs(
    rec: xr.DataTree, chosen: EncodingParameters
) -> tuple[dict[str, xr.DataArray], xr.DataArray]:
    """Return feature sets, lagged, and activity of the same samples without NaN."""
    activity = signal_of(rec)
    if "trial" in activity.dims:
        raise SchemaError(
            "activity is cut into trials", where=rec.name or "recording", mend="Give it uncut."
        )
    if chosen.rate is not None or "sampling_rate" not in activity["time"].attrs:
        activity = resample(activity, chosen.rate or _median_rate(activity))
    activity = into_memory(activity)
    sets = stimulus_features(rec, onto=activity)
    names = list(sets) if chosen.features is None else list(chosen.features)
    for name in names:
        if name not in sets:
            raise OptionError(
                f"there is no set {name!r}", where="features", mend=f"Use some of {list(sets)}."
            )
    lagged = {name: _lagged(sets[name], chosen.lags_s) for name in names}
    return _complete(lagged, activity)


def _median_rate(activity: xr.DataArray) -> float:
    """Rate of an irregular clock, to three digits."""
    return float(f"{1.0 / np.median(np.diff(activity['time'].values)):.3g}")


def _lagged(x: xr.DataArray, lags: tuple[float, ...]) -> xr.DataArray:
    """Copy features once per lag, each run by itself; NaN where there is no such past."""
    if lags == (0.0,):
        return x
    rate, parts = sampling_rate(x), []
    values = np.asarray(x.values, dtype=np.float64)
    for lag in lags:
        shift = round(lag * rate)
        moved = np.full_like(values, np.nan)
        for one in runs(x):
            n = one.stop - one.start
            source = values[one]
            if shift >= 0:
                moved[one][shift:] = source[: max(n - shift, 0)]
            else:
                moved[one][:shift] = source[-shift:]
        part = x.copy(data=moved)
        names = [f"{name} {lag:g} s" for name in _labels(x)]
        parts.append(part.assign_coords(feature=names))
    return xr.concat(parts, "feature")


def _labels(x: xr.DataArray) -> list[str]:
    if "feature" in x.coords:
        return [str(name) for name in x["feature"].values]
    return [str(k) for k in range(x.sizes["feature"])]


def _complete(
    sets: dict[str, xr.DataArray], activity: xr.DataArray
) -> tuple[dict[str, xr.DataArray], xr.DataArray]:
    """Leave out what is mostly missing, then samples at which anything is."""
    dim = space_dim(activity)
    activity = activity.transpose("time", dim)
    missing = np.isnan(activity.values).mean(axis=0)
    activity = activity.isel({dim: missing < 0.2})
    known = np.isfinite(activity.values).all(axis=1)
    for values in sets.values():
        known &= np.isfinite(values.values).all(axis=1)
    if activity.shape[1] == 0 or known.sum() < 50:
        raise SchemaError(
            f"{activity.shape[1]} {dim}s and {int(known.sum())} samples are left without NaN",
            where="recording",
            mend="Interpolate or pick; 50 samples are the least.",
        )
    if not known.all():
        # A hole is a cut: nothing may be shifted or blocked across it.
        edges = np.concatenate([[0], np.cumsum(np.diff(np.flatnonzero(known)) > 1)])
        before = activity["run"].values[known] if "run" in activity.coords else 0
        cut = edges + np.concatenate([[0], np.cumsum(np.diff(before) != 0)]) if np.ndim(
            before
        ) else edges  # fmt: skip
        activity = activity.isel(time=known).assign_coords(run=("time", cut.astype(np.int64)))
        sets = {
            name: values.isel(time=known).assign_coords(run=activity["run"])
            for name, values in sets.items()
        }
    return sets, activity


def _analyse(
    sets: dict[str, xr.DataArray], activity: xr.DataArray, chosen: EncodingParameters
) -> dict[str, Any]:
    cv = BlockedCV(chosen.n_splits, gap=chosen.gap_s)
    found: dict[str, Any] = {
        "significance": significance(
            sets,
            activity,
            cv=cv,
            metric=chosen.metric,
            n_draws=chosen.n_shifts,
            min_shift=chosen.min_shift_s,
            n_jobs=chosen.n_jobs,
            random_state=chosen.random_state,
        )
    }
    joined = xr.concat(list(sets.values()), "feature", coords="minimal", compat="override")
    found["model"] = RidgeEncoder(DEFAULT_ALPHAS, cv=cv, standardize=True).fit(joined, activity)
    if 2 <= len(sets) <= MOST_BANDS:
        found["partition"] = variance_partition(sets, activity, cv=cv)
    if set(ROLES) <= set(sets):
        found["sites"] = integration_sites(
            sets,
            activity,
            cv=cv,
            q=chosen.q,
            n_shifts=chosen.n_shifts,
            n_jobs=chosen.n_jobs,
            random_state=chosen.random_state,
        )
    return found


def _pictures(
    rec: xr.DataTree, found: Mapping[str, Any], chosen: EncodingParameters
) -> dict[str, Picture]:
    scores = found["significance"]
    clear = scores["q"] <= chosen.q
    pictures: dict[str, Picture] = {}
    label = f"held-out {chosen.metric}"
    bars = detached_figure((9.0, 3.4))
    score_plots.plot_score_map(
        scores["score"], significant=clear, kind="bars", label=label, ax=bars.subplots()
    )
    pictures["scores"] = Picture(
        bars,
        f"{label} of every {scores['score'].dims[0]}, best first; blue: q <= {chosen.q:g} by "
        f"{chosen.n_shifts} circular shifts with the model refitted.",
    )
    if "position" in rec["activity"].to_dataset():
        where = detached_figure((6.0, 4.6))
        score_plots.plot_score_map(
            scores["score"], rec, significant=clear, label=label, ax=where.subplots()
        )
        pictures["map"] = Picture(where, f"{label} where it was recorded; marked: significant.")
    if "partition" in found:
        figure = detached_figure((10.0, 3.6))
        score_plots.plot_variance_partition(found["partition"], ax=figure.subplots())
        pictures["partition"] = Picture(
            figure, "Held-out R2 in parts: of one feature set alone, and common to several."
        )
    if "sites" in found:
        figure = detached_figure((5.2, 4.6))
        score_plots.plot_sites(found["sites"], ax=figure.subplots())
        pictures["sites"] = Picture(
            figure, "R2 of vision and language with and without multimodal features, per site."
        )
    return pictures


def _facts(
    sets: Mapping[str, xr.DataArray],
    activity: xr.DataArray,
    found: Mapping[str, Any],
    chosen: EncodingParameters,
) -> dict[str, str | int | float | bool]:
    scores = found["significance"]
    clear = scores["q"] <= chosen.q
    facts: dict[str, str | int | float | bool] = {
        "feature sets": ", ".join(f"{name} ({x.sizes['feature']})" for name, x in sets.items()),
        f"{space_dim(activity)}s": int(activity.shape[1]),
        "samples": int(activity.shape[0]),
        "independent blocks": int(scores.attrs["n_blocks"]),
        f"encoded at q <= {chosen.q:g}": int(clear.sum()),
        f"median held-out {chosen.metric}": float(scores["score"].median()),
        f"best held-out {chosen.metric}": float(scores["score"].max()),
    }
    if "sites" in found:
        facts["sites of integration"] = int(found["sites"]["site"].sum())
    return facts


def _table(scores: xr.Dataset) -> pd.DataFrame:
    dim = scores["score"].dims[0]
    table = pd.DataFrame({name: scores[name].values for name in ("score", "p", "q")})
    if dim in scores.coords:
        table.insert(0, str(dim), scores[dim].values)
    return table.sort_values("score", ascending=False, ignore_index=True)
