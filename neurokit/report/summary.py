"""The recipe ``summary``: facts, findings, quality and pictures of one recording."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, cast

import numpy as np
import xarray as xr

from neurokit.recipe import Outcome, Parameters
from neurokit.report import pictures
from neurokit.report.facts import facts, observed_span
from neurokit.report.quality import cell_quality, quality, spike_quality
from neurokit.report.recipe import SummaryParameters
from neurokit.schema import add_history, validate

if TYPE_CHECKING:
    import pandas as pd


def run(
    recordings: Mapping[str, xr.DataTree],
    parameters: Parameters,
    needs: Mapping[str, xr.DataTree],
) -> Outcome:
    """Describe one recording.

    Parameters
    ----------
    recordings : mapping of str to DataTree
        One recording.
    parameters : SummaryParameters
        See there.
    needs : mapping of str to DataTree
        Not used.

    Returns
    -------
    Outcome
        ``result`` holds ``/quality`` and, for channels and neurons, ``/spectrum``; tables
        ``quality`` and ``findings``.
    """
    (rec,) = recordings.values()
    wanted = cast("SummaryParameters", parameters)
    found = facts(rec)
    findings = validate(rec)
    groups, drawn = _described(rec, wanted)
    if "missing_share" in groups.get("quality", {}):
        found["missing_share"] = float(groups["quality"]["missing_share"].mean())
        found["n_flat"] = int(groups["quality"]["flat"].sum())
    severities = [finding.severity for finding in findings]
    for severity in ("CRITICAL", "VIOLATION", "SUGGESTION"):
        found[f"findings_{severity.lower()}"] = severities.count(severity)
    attrs = {**rec.attrs, "facts": json.dumps(found)}
    tree = {f"/{name}": group for name, group in groups.items()}
    result = xr.DataTree.from_dict({"/": xr.Dataset(attrs=attrs), **tree}, name="summary")
    tables = {"findings": findings.to_frame()}
    if "quality" in groups:
        tables["quality"] = _frame(groups["quality"])
    result = add_history(result, "recipe.summary", wanted.model_dump())
    return Outcome(result=result, pictures=drawn, facts=found, tables=tables)


def _described(
    rec: xr.DataTree, wanted: SummaryParameters
) -> tuple[dict[str, xr.Dataset], pictures.Pictures]:
    groups: dict[str, xr.Dataset] = {}
    drawn: pictures.Pictures = {}
    if _holds(rec, "activity", "signal"):
        table, spectrum = quality(rec, spectrum_seconds=wanted.spectrum_seconds)
        groups["quality"] = table
        if spectrum is not None:
            groups["spectrum"] = spectrum
        drawn |= pictures.of_activity(
            rec,
            table,
            spectrum,
            trace_seconds=wanted.trace_seconds,
            n_traces=wanted.n_traces,
        )
    if _holds(rec, "spikes", "spike_time"):
        spikes = rec["spikes"].to_dataset()
        table = spike_quality(spikes, *observed_span(spikes))
        groups["quality" if "quality" not in groups else "spike_quality"] = table
        drawn |= _apart(pictures.of_spikes(rec, table, wanted.trace_seconds), drawn)
    if _holds(rec, "connectome", "weight"):
        table = cell_quality(rec["connectome"].to_dataset())
        groups["quality" if "quality" not in groups else "cell_quality"] = table
        drawn |= _apart(pictures.of_connectome(rec), drawn)
    return groups, {**drawn, **pictures.of_events(rec), **pictures.of_behavior(rec)}


def _holds(rec: xr.DataTree, group: str, variable: str) -> bool:
    return group in rec.children and variable in rec[group].data_vars


def _apart(new: pictures.Pictures, drawn: pictures.Pictures) -> pictures.Pictures:
    """Rename pictures of a further group whose names are taken."""
    return {f"spikes_{k}" if k in drawn else k: picture for k, picture in new.items()}


def _frame(table: xr.Dataset) -> pd.DataFrame:
    """Return measures as a table: a row per neuron, channel or cell."""
    if "pre" not in table.dims:
        frame = table.reset_coords().to_dataframe().reset_index()
        units = {str(name): str(of.attrs.get("units", "1")) for name, of in table.items()}
        return frame.rename(columns={n: f"{n} ({u})" for n, u in units.items() if u != "1"})
    import pandas as pd

    columns = {}
    for kind in table["synapse_type"].values.tolist():
        one = table.sel(synapse_type=kind)
        for side, dim in (("out", "pre"), ("in", "post")):
            for measure in ("degree", "weight"):
                values = np.asarray(one[f"{side}_{measure}"].values)
                labels = table[dim].values.tolist()
                columns[f"{kind}_{side}_{measure}"] = pd.Series(values, index=labels)
    return pd.DataFrame(columns).rename_axis("cell").reset_index()
