"""Figures of motifs against synapses: matrices side by side, correlations with their null."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from neurokit.connectome.motif_plots import draw_matrix, neuron_order, plot_motif_matrix
from neurokit.connectome.structure import synapse_weight, undirected
from neurokit.errors import SchemaError, check_option
from neurokit.plot.style import COLOURS, GREY, axes_or_new, plain, tidy

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from neurokit.connectome.dynamic import DynamicConnectome

# Below this adjusted p-value a dot is filled.
_LEVEL = 0.05


def plot_motif_beside_structure(
    model: DynamicConnectome,
    connectome: xr.DataTree | xr.DataArray,
    component: int = 0,
    *,
    synapse_types: Sequence[str] | None = None,
    n_shown: int | None = 40,
    figure: Figure | None = None,
) -> NDArray[Any]:
    """Draw a motif's pairs and, beside it in the same order, the synapses of these neurons.

    Parameters
    ----------
    model : DynamicConnectome
        Fitted.
    connectome : recording or DataArray
        As of `compare_structure`.
    component : int, default 0
        Which motif.
    synapse_types : sequence of str, optional
        Kinds drawn; default all of the connectome.
    n_shown : int, optional
        Most neurons drawn, the strongest; None draws all.
    figure : matplotlib Figure, optional
        Where to draw; default a new one.

    Returns
    -------
    (1 + n_kinds,) ndarray of matplotlib.axes.Axes
        Weights of both directions together, as log(1 + weight); grey: not in the connectome.

    Raises
    ------
    OptionError
        If there is no such component or kind of synapse.
    SchemaError
        If this is no connectome.

    Examples
    --------
    >>> import neurokit as nk
    >>> worms = nk.simulate.worms(2, 10, 1, duration=160.0, random_state=0)
    >>> options = {"bin_s": 8.0, "n_restarts": 1, "communities": None, "n_permutations": 0}
    >>> fit = nk.connectome.DynamicConnectome(1, **options, random_state=0).fit(worms.recordings)
    >>> names = fit.motifs_.neuron.values
    >>> coords = {"synapse_type": ["chemical"], "pre": names, "post": names}
    >>> wiring = xr.DataArray(np.ones((1, 10, 10)), coords, ["synapse_type", "pre", "post"])
    >>> len(plot_motif_beside_structure(fit, wiring))
    2
    """
    weight = synapse_weight(connectome)
    held = [str(kind) for kind in weight["synapse_type"].values]
    kinds = held if synapse_types is None else list(synapse_types)
    for kind in kinds:
        check_option("synapse_types", kind, held)
    order, labels = neuron_order(model, component, n_shown)
    names = model.motifs_[model.motifs_.dims[1]].values[order]
    if figure is None:
        import matplotlib.pyplot as plt

        figure = plt.figure(figsize=(5.8 * (1 + len(kinds)), 5.2), layout="constrained")
    axes = figure.subplots(1, 1 + len(kinds), squeeze=False)[0]
    plot_motif_matrix(model, component, n_shown=n_shown, ax=axes[0])
    axes[0].set_title(f"motif {component}", fontsize=10)
    placed = weight.reindex(pre=names, post=names)
    for ax, kind in zip(axes[1:], kinds, strict=True):
        values, known = undirected(placed, kind)
        shown = np.where(known, np.log1p(np.abs(values)), np.nan)
        largest = float(np.nanmax(shown)) if known.any() else 1.0
        image = draw_matrix(ax, shown, names, labels, colours="Greys", largest=largest or 1.0)
        figure.colorbar(image, ax=ax, label="log(1 + weight)", pad=0.02)
        ax.set_title(plain(kind), fontsize=10)
    return np.asarray(axes)


def plot_structure_comparison(
    comparison: xr.Dataset, correlation: str = "spearman", *, ax: Axes | None = None
) -> Axes:
    """Draw the correlation of motifs with synapses against that with rewired connectomes.

    Parameters
    ----------
    comparison : Dataset
        From `compare_structure`.
    correlation : {"spearman", "pearson"}
        Which one.
    ax : matplotlib Axes, optional
        Where to draw; default new axes.

    Returns
    -------
    matplotlib.axes.Axes
        A dot per motif and kind of synapse, filled where q < 0.05; grey bars: null mean and two
        standard deviations.

    Raises
    ------
    OptionError
        If the correlation is unknown.
    SchemaError
        If this is no comparison.

    Examples
    --------
    >>> import neurokit as nk
    >>> worms = nk.simulate.worms(2, 10, 1, duration=160.0, random_state=0)
    >>> options = {"bin_s": 8.0, "n_restarts": 1, "communities": None, "n_permutations": 0}
    >>> fit = nk.connectome.DynamicConnectome(1, **options, random_state=0).fit(worms.recordings)
    >>> names = fit.motifs_.neuron.values
    >>> coords = {"synapse_type": ["chemical"], "pre": names, "post": names}
    >>> weight = np.random.default_rng(0).integers(0, 3, (1, 10, 10)).astype(float)
    >>> wiring = xr.DataArray(weight, coords, ["synapse_type", "pre", "post"])
    >>> found = nk.connectome.compare_structure(fit, wiring, n_permutations=9, random_state=0)
    >>> len(plot_structure_comparison(found).get_xticklabels())
    1
    """
    held = list(getattr(comparison, "data_vars", ()))
    if not {"r", "null_mean", "null_sd", "q"} <= set(held):
        raise SchemaError(
            f"is a {type(comparison).__name__} that holds {held}",
            where="comparison",
            mend="Give what compare_structure returned.",
        )
    check_option("correlation", correlation, [str(c) for c in comparison["correlation"].values])
    chosen = comparison.sel(correlation=correlation).transpose("component", "synapse_type", ...)
    kinds, numbers = chosen["synapse_type"].values, chosen["component"].values
    ax = axes_or_new(ax, (2.0 + 0.45 * len(kinds) * len(numbers), 3.2))
    for k in range(len(kinds)):
        for row in range(len(numbers)):
            x = k + 0.8 * ((row + 0.5) / len(numbers) - 0.5)
            _dot(ax, chosen.isel(component=row, synapse_type=k), x, COLOURS[row % len(COLOURS)])
    for row, number in enumerate(numbers):
        ax.plot([], [], "o", color=COLOURS[row % len(COLOURS)], label=f"motif {number}")
    ax.plot([], [], "o", mfc="white", mec=GREY, label=f"q of {_LEVEL:g} and more")
    ax.plot([], [], color=GREY, lw=5, alpha=0.5, label="rewired, mean and 2 sd")
    ax.axhline(0, color=GREY, lw=0.8, ls=":")
    ax.set_xticks(range(len(kinds)), [plain(kind) for kind in kinds])
    ax.set(
        xlabel="kind of synapse",
        ylabel=f"{correlation} r over pairs",
        xlim=(-0.6, len(kinds) - 0.4),
    )
    ax.legend(loc="lower left", bbox_to_anchor=(0, 1), ncols=3, frameon=False, fontsize=7)
    return tidy(ax)


def _dot(ax: Axes, one: xr.Dataset, x: float, colour: str) -> None:
    centre, spread = float(one["null_mean"]), 2 * float(one["null_sd"])
    ax.plot([x, x], [centre - spread, centre + spread], color=GREY, lw=5, alpha=0.5, zorder=1)
    filled = colour if float(one["q"]) < _LEVEL else "white"
    ax.plot(x, float(one["r"]), "o", mfc=filled, mec=colour, ms=7, zorder=2)
