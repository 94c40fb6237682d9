"""What the recipe ``connectome.motifs`` runs: a `DynamicConnectome`, its figures and tables."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import xarray as xr

from neurokit.connectome import atlas_plots, motif_plots, plots
from neurokit.connectome.dynamic import DynamicConnectome
from neurokit.connectome.recipe import MotifParameters
from neurokit.connectome.recordings import gather
from neurokit.connectome.tables import (
    atlas_table,
    fit_facts,
    judged_table,
    neuron_table,
    strongest,
    tensor_facts,
)
from neurokit.errors import OptionError, SchemaError
from neurokit.plot.style import detached_figure
from neurokit.recipe import Outcome, Parameters, Picture
from neurokit.schema.select import space_dim
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
        One, whose neurons may be nameless, or several; those are matched by identified neurons
        and resampled to one rate, and with shared time cut to one length.
    parameters : MotifParameters
        Of the recipe.
    needs : mapping of str to DataTree
        Nothing is needed.

    Returns
    -------
    Outcome
        The fit, which ``DynamicConnectome.load`` reads; one picture per motif, one of all time
        courses, of the null and of the atlas over epochs.

    Raises
    ------
    SchemaError
        If no recording has activity, or names and times don't allow to stack them.
    """
    chosen = parameters
    if not isinstance(chosen, MotifParameters):
        raise OptionError(f"got {type(chosen).__name__}", where="parameters", mend="Use MOTIFS's.")
    if not any("activity" in rec.children for rec in recordings.values()):
        raise SchemaError(
            "no recording has /activity", where="recordings", mend="Leave this recipe out."
        )
    animals = gather(recordings, chosen.rate, shared_time=chosen.shared_time)
    _check_size(animals.traces, chosen.bin_s)
    options = chosen.model_dump()
    options["ranks"] = tuple(range(1, options.pop("max_rank") + 1))
    animals = animals.in_memory()
    model = DynamicConnectome(progress=False, **options)._fit_animals(animals, recordings)
    left_out = ", ".join(animals.left_out)
    tables = {"motifs": judged_table(model), "neurons": neuron_table(model.factors_)}
    if model.atlas_.sizes["trial_type"]:
        tables["atlas"] = atlas_table(model.atlas_)
    return Outcome(
        result=model.to_tree(),
        pictures=_pictures(model),
        facts={
            **tensor_facts(animals.traces, model.recording_course_, animals.time_axes),
            **({"left out, without activity or names": left_out} if left_out else {}),
            **fit_facts(model),
        },
        tables=tables,
    )


def _check_size(traces: xr.DataArray, bin_s: float) -> None:
    n = traces.sizes[space_dim(traces)]
    width = max(1, round(bin_s * sampling_rate(traces)))
    entries = n * (n - 1) // 2 * (traces.sizes["time"] // width) * traces.sizes["recording"]
    if entries > _MOST_ENTRIES:
        raise OptionError(
            f"makes a tensor of {entries / 1e6:.0f} million entries from {n} neurons or channels",
            where="bin_s",
            mend=f"Raise bin_s to {bin_s * entries / _MOST_ENTRIES:.3g} s or pick fewer.",
        )


def _pictures(model: DynamicConnectome) -> dict[str, Picture]:
    pictures = {"time_courses": _courses(model)}
    if "trial_type" in model.atlas_.dims and model.atlas_.sizes["trial_type"]:
        pictures["atlas"] = _atlas(model)
    if hasattr(model, "null_"):
        pictures["null"] = _null(model)
    for row, top in enumerate(strongest(model.factors_)):
        leaders = ", ".join(map(str, top.index[:5]))
        number = int(model.weight_["component"].values[row])
        pictures[f"motif_{number}"] = Picture(
            _motif_figure(model, row),
            f"Motif {number}: pair loadings (share of the largest; neurons by community, framed, "
            f"led by {leaders}; grey: never recorded together); its members on a circle; "
            "strength over time (s)"
            + (", and loading of each recording (share of the mean)." if _several(model) else "."),
        )
    return pictures


def _courses(model: DynamicConnectome) -> Picture:
    n = model.weight_.sizes["component"]
    figure = detached_figure((10.0, 1.5 + 0.8 * n))
    atlas_plots.plot_course(model, ax=figure.subplots())
    own = "recording" in model.time_course_.dims
    shaded = "" if own or not model.epochs_.sizes["trial_type"] else " Shaded: events."
    lines = " One line per recording, each in its own time." if own else ""
    text = f"Strength of {n} motifs over time (s), as a share of the largest value."
    return Picture(figure, text + lines + shaded)


def _atlas(model: DynamicConnectome) -> Picture:
    n_kinds, n = model.atlas_.sizes["trial_type"], model.weight_.sizes["component"]
    figure = detached_figure((2.6 + 1.1 * n_kinds, 1.4 + 0.5 * n))
    atlas_plots.plot_atlas(model.atlas_, ax=figure.subplots())
    text = (
        "Mean strength of every motif in every kind of epoch (units of affinity, with its "
        "standard error over epochs); colour: inside against outside; star: q < 0.05."
    )
    return Picture(figure, text)


def _null(model: DynamicConnectome) -> Picture:
    figure = detached_figure((1.5 + 0.6 * model.weight_.sizes["component"], 3.2))
    motif_plots.plot_null(model, ax=figure.subplots())
    text = (
        f"What each motif explains by itself (share of the sum of squares) against the best motif "
        f"of {model.n_permutations} recordings whose {model.null}s were shifted in time; numbers: "
        "p; filled: q < 0.05."
    )
    return Picture(figure, text)


def _several(model: DynamicConnectome) -> bool:
    return bool(model.recording_loading_.sizes["recording"] > 1)


def _motif_figure(model: DynamicConnectome, row: int) -> Figure:
    number = int(model.weight_["component"].values[row])
    figure = detached_figure((16.0, 5.0))
    n_rows = 2 if _several(model) else 1
    grid = figure.add_gridspec(n_rows, 3, width_ratios=[1.2, 1.0, 1.0])
    matrix = motif_plots.plot_motif_matrix(model, number, ax=figure.add_subplot(grid[:, 0]))
    matrix.set_title(motif_plots.title_of(model, row), fontsize=10)
    motif_plots.plot_community_graph(model, number, ax=figure.add_subplot(grid[:, 1]))
    atlas_plots.plot_course(model, number, ax=figure.add_subplot(grid[0, 2]))
    if _several(model):
        factors = xr.Dataset({"recording_loading": model.recording_loading_})
        plots.plot_recording_loading(factors, number, ax=figure.add_subplot(grid[1, 2]))
    return figure
