"""Figures of fits: score over penalty, temporal response functions, shares of bands."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import xarray as xr

from neurokit.errors import LabelError
from neurokit.plot.style import BLACK, BLUE, COLOURS, GREY, axes_or_new, plain, tidy

if TYPE_CHECKING:
    from matplotlib.axes import Axes

FEW = 12


def plot_alpha_path(
    scores: xr.Dataset | Any,
    best_alpha: xr.DataArray | None = None,
    metric: str = "r2",
    ax: Axes | None = None,
) -> Axes:
    """Draw held-out scores over the penalty.

    Parameters
    ----------
    scores : encoder or Dataset
        A fitted encoder, or its ``scores_``.
    best_alpha : DataArray, optional
        (target) ``best_alpha_`` of the encoder; default the alpha of the best score.
    metric : {"r2", "r", "mse"}
        Which score.
    ax : matplotlib.axes.Axes, optional
        Where to draw.

    Returns
    -------
    matplotlib.axes.Axes
        One line per target; quantiles over targets where there are more than 12.

    Examples
    --------
    >>> scores = xr.Dataset({"r2": ("alpha", [0.1, 0.2])}, coords={"alpha": [1.0, 10.0]})
    >>> plot_alpha_path(scores, xr.DataArray(10.0)).get_xscale()
    'log'
    """
    ax = axes_or_new(ax, (5.0, 3.4))
    if not isinstance(scores, xr.Dataset):
        scores, best_alpha = scores.scores_, scores.best_alpha_
    if best_alpha is None:
        best_alpha = (-scores["mse"] if metric == "mse" else scores[metric]).idxmax("alpha")
    alphas = scores["alpha"].values
    values = scores[metric].transpose("alpha", ...).values.reshape(alphas.size, -1)
    best = np.ravel(best_alpha.values)
    if values.shape[1] <= FEW:
        for k, (column, alpha) in enumerate(zip(values.T, best, strict=True)):
            colour = COLOURS[k % len(COLOURS)]
            ax.plot(alphas, column, lw=1.2, color=colour)
            ax.plot(alpha, column[np.argmin(np.abs(alphas - alpha))], "o", color=colour)
    else:
        low, mid, high = np.quantile(values, [0.05, 0.5, 0.95], axis=1)
        ax.fill_between(alphas, low, high, alpha=0.25, lw=0, color=BLUE, label="5 to 95 %")
        ax.plot(alphas, mid, color=BLUE, label="median target")
        count = np.array([np.sum(np.isclose(best, alpha)) for alpha in alphas])
        other = ax.twinx()
        other.bar(alphas, count, width=0.25 * alphas, color=GREY, alpha=0.5)
        other.spines["top"].set_visible(False)
        other.set_ylabel("targets at their best")
        other.set_ylim(0, 3 * max(count.max(), 1))
        # The band may fill the axes, so that no place within is free.
        ax.legend(frameon=False, loc="lower left", bbox_to_anchor=(0, 1), ncols=2, fontsize=8)
    ax.set(xscale="log", xlabel="penalty alpha", ylabel=f"held-out {metric}")
    return tidy(ax)


def plot_trf(coef: xr.DataArray, feature: Any = None, ax: Axes | None = None) -> Axes:
    """Draw a temporal response function: channels over lags.

    Parameters
    ----------
    coef : DataArray
        (lag, feature, channel), ``coef_`` of a `TemporalResponseFunction`.
    feature : label, optional
        Which feature; the first unless given.
    ax : matplotlib.axes.Axes, optional
        Where to draw.

    Returns
    -------
    matplotlib.axes.Axes
        Lines with their names where there are at most 12 channels, else an image.

    Examples
    --------
    >>> coef = xr.DataArray(np.zeros((4, 1, 2)), dims=("lag", "feature", "channel"))
    >>> plot_trf(coef).get_xlabel()
    'lag (s)'
    """
    ax = axes_or_new(ax, (5.6, 3.4))
    inputs = next(dim for dim in coef.dims if dim != "lag")
    one = coef.isel({inputs: 0}) if feature is None else _of_feature(coef, str(inputs), feature)
    lags = coef["lag"].values
    values = one.transpose("lag", ...).values.reshape(lags.size, -1)
    if values.shape[1] <= FEW:
        _response_lines(ax, one, values)
    else:
        top = float(np.abs(values).max()) or 1.0
        step = (lags[1] - lags[0]) / 2 if lags.size > 1 else 0.5
        extent = (lags[0] - step, lags[-1] + step, values.shape[1] - 0.5, -0.5)
        image = ax.imshow(
            values.T, aspect="auto", cmap="RdBu_r", vmin=-top, vmax=top, extent=extent
        )
        ax.figure.colorbar(image, ax=ax, label="weight")
        ax.set_ylabel(str(next(dim for dim in one.dims if dim != "lag")))
    ax.axvline(0, color=BLACK, lw=0.8, ls=":")
    ax.set_xlabel("lag (s)")
    if inputs in one.coords:
        ax.set_title(f"{inputs}: {plain(one[inputs].values)}")
    return tidy(ax)


def _response_lines(ax: Axes, one: xr.DataArray, values: np.ndarray[Any, Any]) -> None:
    """Draw a line per channel, in colours first and then in dashes, and say which is which."""
    space = [dim for dim in one.dims if dim != "lag"]
    known = len(space) == 1 and space[0] in one.coords
    for k, line in enumerate(values.T):
        name = plain(one[space[0]].values[k]) if known else None
        colour, dashes = COLOURS[k % len(COLOURS)], "-" if k < len(COLOURS) else "--"
        ax.plot(one["lag"].values, line, lw=1.2, color=colour, ls=dashes, label=name)
    ax.axhline(0, color=GREY, lw=0.8, zorder=0)
    ax.set_ylabel("weight")
    if known:
        ax.legend(frameon=False, fontsize="small", loc="center left", bbox_to_anchor=(1.0, 0.5))


def plot_band_shares(shares: xr.DataArray, ax: Axes | None = None) -> Axes:
    """Draw how much of the explained variance each band of features accounts for.

    Parameters
    ----------
    shares : DataArray
        (band, target), ``band_r2_`` of a `BandedRidgeEncoder`.
    ax : matplotlib.axes.Axes, optional
        Where to draw.

    Returns
    -------
    matplotlib.axes.Axes
        Stacked bars, targets by their total.

    Examples
    --------
    >>> shares = xr.DataArray([[0.2, 0.1], [0.1, 0.3]], dims=("band", "target"))
    >>> plot_band_shares(shares).get_ylabel()
    'share of R2'
    """
    ax = axes_or_new(ax, (5.6, 3.4))
    values = shares.transpose("band", ...).values.reshape(shares.sizes["band"], -1)
    order = np.argsort(-values.sum(axis=0), kind="stable")
    names = shares["band"].values if "band" in shares.coords else np.arange(len(values))
    above, below = np.zeros(order.size), np.zeros(order.size)
    for k, (name, band) in enumerate(zip(names, values[:, order], strict=True)):
        base, colour = np.where(band >= 0, above, below), COLOURS[k % len(COLOURS)]
        place = np.arange(order.size)
        ax.bar(place, band, bottom=base, width=1.0, color=colour, label=plain(name))
        above, below = above + np.maximum(band, 0), below + np.minimum(band, 0)
    ax.axhline(0, color=BLACK, lw=0.8)
    ax.legend(frameon=False, title="band")
    ax.set(xlabel="targets, by R2", ylabel="share of R2")
    return tidy(ax)


def _of_feature(coef: xr.DataArray, inputs: str, feature: Any) -> xr.DataArray:
    try:
        one: xr.DataArray = coef.sel({inputs: feature})
    except (KeyError, IndexError, TypeError, ValueError) as error:
        known = coef[inputs].values.tolist()[:10]
        raise LabelError(
            f"there is no {feature!r} along {inputs!r}",
            where="feature",
            mend=f"Use one of {known}.",
        ) from error
    return one
