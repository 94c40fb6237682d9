"""How a fit came about and what it rests on: losses over epochs, scores without latents."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import xarray as xr

from neurokit.errors import OptionError, SchemaError
from neurokit.flows.plots import plot_trace
from neurokit.plot.style import BLACK, COLOURS, GREY, axes_or_new, tidy

if TYPE_CHECKING:
    from matplotlib.axes import Axes


def plot_training(model: Any, *, ax: Axes | None = None) -> Axes:
    """Draw the losses of a network over epochs, or the log-likelihood of a linear flow.

    Both losses are nats per value: of values that were hidden in a step, and of those that are
    held for good. The dotted line is the epoch whose weights are kept. At the right the
    divergence from the prior, nats per trial: at 0 the latents carry nothing.

    Parameters
    ----------
    model : LangevinFlow, SmallLFADS, SmallNDT, LangevinLDS or FirstOrderLDS
        Fitted.
    ax : matplotlib Axes, optional
        Where to draw; default new axes.

    Returns
    -------
    matplotlib.axes.Axes
        Those of the losses.

    Raises
    ------
    OptionError
        If the model has neither losses nor log-likelihoods.

    Examples
    --------
    >>> counts = np.random.default_rng(0).poisson(1.0, (6, 10, 4))
    >>> model = nk.flows.FirstOrderLDS(1, bin_s=0.02, tol=1e-3).fit(counts)
    >>> plot_training(model).get_ylabel()
    'log-likelihood (nat)'
    """
    if hasattr(model, "log_likelihoods_"):
        return plot_trace(model, ax=ax)
    losses = getattr(model, "losses_", None)
    if losses is None:
        raise OptionError(
            f"is a {type(model).__name__} without a course",
            where="model",
            mend="Give a fitted network or linear flow.",
        )
    ax = axes_or_new(ax, (5.4, 3.6))
    epoch, held = losses["epoch"].values, losses["validation"].values
    seen = np.isfinite(held)
    ax.plot(epoch, losses["loss"].values, color=COLOURS[0], lw=1.2, label="dropped values")
    ax.plot(epoch[seen], held[seen], color=COLOURS[1], lw=1.2, marker=".", label="held values")
    ax.axvline(model.best_epoch_, color=GREY, lw=1.0, ls=":", label="kept")
    ax.set(xlabel="epoch", ylabel="loss (nat per value)", xlim=(0, None))
    ax.set_ylim(*_settled(np.concatenate([losses["loss"].values, held[seen]])))
    handles, names = ax.get_legend_handles_labels()
    if (losses["kl"].values > 0).any():
        right = ax.twinx()
        (line,) = right.plot(epoch, losses["kl"].values, color=COLOURS[2], lw=1.0, ls="--")
        right.set_ylabel("divergence (nat per trial)")
        right.set_ylim(0, None)
        handles, names = [*handles, line], [*names, "divergence"]
        tidy(right)
        right.spines["right"].set_visible(True)
    _legend_above(ax, handles, names)
    return tidy(ax)


def _legend_above(ax: Axes, handles: list[Any], names: list[Any]) -> None:
    ax.legend(handles, names, frameon=False, fontsize=8, ncols=len(names), columnspacing=1.2,
              loc="lower left", bbox_to_anchor=(0.0, 1.0), handlelength=1.4)  # fmt: skip


def _settled(losses: np.ndarray[Any, Any]) -> tuple[float, float]:
    """Limits that show the end of a course; its first epochs may be many times higher."""
    finite = losses[np.isfinite(losses)]
    low, typical = float(finite.min()), float(np.median(finite))
    reach = max(6.0 * (typical - low), 1e-3 * abs(low), 1e-9)
    return low - 0.08 * reach, min(float(finite.max()) + 0.08 * reach, low + reach)


def plot_ablation(table: xr.Dataset, *, ax: Axes | None = None) -> Axes:
    """Draw the scores of `ablation` as bars: what is lost without a trial's own latents.

    Parameters
    ----------
    table : Dataset
        Of `ablation`; or several of them joined along a dim ``model``.
    ax : matplotlib Axes, optional
        Where to draw; default new axes.

    Returns
    -------
    matplotlib.axes.Axes
        A group of bars per model.

    Raises
    ------
    SchemaError
        If the table is another.

    Examples
    --------
    >>> table = xr.Dataset({"score": ("latents", [0.3, 0.1])}, {"latents": ["own", "average"]})
    >>> len(plot_ablation(table).patches)
    2
    """
    if "score" not in table or not set(table["score"].dims) <= {"model", "latents"}:
        raise SchemaError("is none of ablation", where="table", mend="Give what ablation returns.")
    ax = axes_or_new(ax, (5.4, 3.4))
    score = (
        table["score"] if "model" in table["score"].dims else table["score"].expand_dims("model")
    )
    score = score.transpose("model", "latents")
    n_models, n_kinds = score.shape
    width = 0.8 / n_kinds
    for k, kind in enumerate(score["latents"].values):
        places = np.arange(n_models) + (k - 0.5 * (n_kinds - 1)) * width
        heights = score.values[:, k]
        ax.bar(places, np.nan_to_num(heights), 0.9 * width, color=COLOURS[k], label=str(kind))
        for place, height in zip(places, heights, strict=True):
            ax.annotate(f"{height:.3f}", (place, max(np.nan_to_num(height), 0.0)), fontsize=8,
                        xytext=(0, 2), textcoords="offset points", ha="center")  # fmt: skip
    named = "model" in score.coords
    names = [str(name) for name in score["model"].values] if named else [""] * n_models
    ax.set_xticks(np.arange(n_models), names)
    ax.axhline(0, color=BLACK, lw=0.8)
    ax.margins(y=0.12)
    units = str(table["score"].attrs.get("units", "1"))
    ax.set_ylabel("R2 of hidden neurons" if units == "1" else f"score of hidden neurons ({units})")
    handles, names = ax.get_legend_handles_labels()
    _legend_above(ax, handles, [f"latents {name}" for name in names])
    return tidy(ax)
