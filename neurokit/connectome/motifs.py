"""What the recipe ``connectome.motifs`` runs: affinity, factorization, figures and tables."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
import xarray as xr

from neurokit.connectome import plots
from neurokit.connectome.affinity import affinity
from neurokit.connectome.alignment import on_one_axis
from neurokit.connectome.factors import motif_matrices, neuron_strength
from neurokit.connectome.model import NonNegativeCP
from neurokit.connectome.recipe import MotifParameters
from neurokit.connectome.tables import (
    fit_facts,
    motif_table,
    neuron_table,
    strongest,
    tensor_facts,
)
from neurokit.errors import LabelError, OptionError, SchemaError
from neurokit.recipe import Outcome, Parameters, Picture
from neurokit.schema.select import signal_of, space_dim
from neurokit.schema.stacking import stack
from neurokit.schema.time import sampling_rate

if TYPE_CHECKING:
    from matplotlib.figure import Figure

# The largest tensor that fits the memory limit of a job.
_MOST_ENTRIES = 300_000_000


def run(
    recordings: Mapping[str, xr.DataTree],
    parameters: Parameters,
    needs: Mapping[str, xr.DataTree],
) -> Outcome:
    """Find the motifs of a dataset: who moves together, when, and in which recording.

    Parameters
    ----------
    recordings : mapping of str to DataTree
        One, whose neurons may be nameless, or several that share the clock of the experiment;
        those are matched by identified neurons, resampled to one rate and cut to one length.
    parameters : MotifParameters
        Of the recipe.
    needs : mapping of str to DataTree
        Nothing is needed.

    Returns
    -------
    Outcome
        The fit with its matrices; one picture per motif and one of all time courses.

    Raises
    ------
    SchemaError
        If no recording has activity, or names and times don't allow to stack them.
    """
    chosen = parameters
    if not isinstance(chosen, MotifParameters):
        raise OptionError(f"got {type(chosen).__name__}", where="parameters", mend="Use MOTIFS's.")
    active = {key: rec for key, rec in recordings.items() if "activity" in rec.children}
    if not active:
        raise SchemaError(
            "no recording has /activity", where="recordings", mend="Leave this recipe out."
        )
    matched = _with_names(active)
    aligned, axis = on_one_axis(matched, chosen.rate)
    traces = _traces(aligned)
    _check_size(traces, chosen.bin_s)
    tensor = affinity(
        traces,
        chosen.kind,
        smooth_s=chosen.smooth_s,
        bin_s=chosen.bin_s,
        scale=chosen.scale,
        balance=chosen.balance,
        window_s=chosen.window_s,
    )
    model = NonNegativeCP(
        chosen.rank,
        n_restarts=chosen.n_restarts,
        max_iter=chosen.max_iter,
        tol=chosen.tol,
        random_state=chosen.random_state,
        n_jobs=chosen.n_jobs,
    ).fit(tensor)
    events = next(iter(aligned.values())).children.get("events")
    return Outcome(
        result=_result(model),
        pictures=_pictures(model.factors_, None if events is None else events.to_dataset()),
        facts={
            **tensor_facts(traces, tensor, axis),
            **_left_out(recordings, matched),
            **fit_facts(model),
        },
        tables={"motifs": motif_table(model.factors_), "neurons": neuron_table(model.factors_)},
    )


def _left_out(given: Mapping[str, xr.DataTree], used: Mapping[str, xr.DataTree]) -> dict[str, str]:
    rest = [key for key in given if key not in used]
    return {"left out, without activity or names": ", ".join(rest)} if rest else {}


def _with_names(recordings: Mapping[str, xr.DataTree]) -> dict[str, xr.DataTree]:
    """Return the recordings that can be matched with others: all if there is just one."""
    if len(recordings) == 1:
        return dict(recordings)
    known = {}
    for key, rec in recordings.items():
        signal = signal_of(rec)
        if space_dim(signal) == "neuron" and "identified" not in signal.coords:
            raise LabelError(
                "neurons have no coordinate 'identified'",
                where=key,
                mend="Identify them with nk.celegans.homogenise before matching animals.",
            )
        if "identified" not in signal.coords or bool(signal["identified"].any()):
            known[key] = rec
    if not known:
        raise LabelError(
            "no neuron of any recording is identified",
            where="recordings",
            mend='Run the recipe over each recording: over: "recording".',
        )
    return known


def _traces(recordings: Mapping[str, xr.DataTree]) -> xr.DataArray | xr.DataTree:
    first = next(iter(recordings.values()))
    return first if len(recordings) == 1 else stack(recordings, on=space_dim(signal_of(first)))


def _check_size(traces: xr.DataArray | xr.DataTree, bin_s: float) -> None:
    signal = signal_of(traces)
    n = signal.sizes[space_dim(signal)]
    further = signal.size // (n * signal.sizes["time"])
    width = max(1, round(bin_s * sampling_rate(signal)))
    entries = n * (n - 1) // 2 * (signal.sizes["time"] // width) * further
    if entries > _MOST_ENTRIES:
        raise OptionError(
            f"makes a tensor of {entries / 1e6:.0f} million entries from {n} neurons or channels",
            where="bin_s",
            mend=f"Raise bin_s to {bin_s * entries / _MOST_ENTRIES:.3g} s or pick fewer.",
        )


def _result(model: NonNegativeCP) -> xr.DataTree:
    tree = model.to_tree()
    motifs = xr.Dataset(
        {
            "matrix": motif_matrices(model.factors_).astype(np.float32),
            "strength": neuron_strength(model.factors_),
        }
    )
    tree["motifs"] = xr.DataTree(motifs)
    return tree


def _figure(size: tuple[float, float]) -> Figure:
    from matplotlib.figure import Figure

    # Not pyplot's, so that a run of many jobs leaves no figure open.
    return Figure(figsize=size, layout="constrained")


def _pictures(factors: xr.Dataset, events: xr.Dataset | None) -> dict[str, Picture]:
    n = factors.sizes["component"]
    overview = _figure((10.0, 1.5 + 0.8 * n))
    plots.plot_time_course(factors, events=events, ax=overview.subplots())
    shaded = " Shaded: events." if events is not None else ""
    pictures = {
        "time_courses": Picture(
            overview,
            f"Time courses of {n} motifs over time (s), each as a share of its largest value."
            + shaded,
        )
    }
    for number, top in zip(factors["component"].values, strongest(factors), strict=True):
        leaders = ", ".join(map(str, top.index[:5]))
        pictures[f"motif_{number}"] = Picture(
            _motif_figure(factors, int(number), events),
            f"Motif {number}: pair loadings (share of the largest; neurons sorted by their mean "
            f"loading, led by {leaders}; grey: never recorded together), time course (s)"
            + (" and loading of each recording (share of the mean)." if _several(factors) else "."),
        )
    return pictures


def _several(factors: xr.Dataset) -> bool:
    return bool(factors.sizes.get("recording", 1) > 1)


def _motif_figure(factors: xr.Dataset, number: int, events: xr.Dataset | None) -> Figure:
    figure = _figure((12.0, 5.2))
    n_rows = 2 if _several(factors) else 1
    grid = figure.add_gridspec(n_rows, 2, width_ratios=[1.15, 1.0])
    matrix = plots.plot_motif(factors, number, ax=figure.add_subplot(grid[:, 0]))
    weight = float(factors["weight"].sel(component=number))
    matrix.set_title(f"motif {number}, weight {weight:.3g}", fontsize=10)
    plots.plot_time_course(factors, number, events=events, ax=figure.add_subplot(grid[0, 1]))
    if _several(factors):
        plots.plot_recording_loading(factors, number, ax=figure.add_subplot(grid[1, 1]))
    return figure
