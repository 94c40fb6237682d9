"""Figures of fits: score over penalty, temporal response functions, shares of bands."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import xarray as xr

from neurokit.errors import LabelError

if TYPE_CHECKING:
    from matplotlib.axes import Axes

FEW = 12


def _axes(ax: Axes | None) -> Any:
    import matplotlib.pyplot as plt

    return plt.subplots(layout="constrained")[1] if ax is None else ax


def plot_alpha_path(
    scores: xr.Dataset, best_alpha: xr.DataArray, metric: str = "r2", ax: Axes | None = None
) -> Axes:
    """Draw held-out scores over the penalty.

    Parameters
    ----------
    scores : Dataset
        ``scores_`` of an encoder.
    best_alpha : DataArray
        ``best_alpha_`` of it.
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
    ax = _axes(ax)
    alphas = scores["alpha"].values
    values = scores[metric].transpose("alpha", ...).values.reshape(alphas.size, -1)
    best = np.ravel(best_alpha.values)
    if values.shape[1] <= FEW:
        for column, alpha in zip(values.T, best, strict=True):
            line = ax.plot(alphas, column, lw=1.2)[0]
            ax.plot(alpha, column[np.argmin(np.abs(alphas - alpha))], "o", color=line.get_color())
    else:
        low, mid, high = np.quantile(values, [0.05, 0.5, 0.95], axis=1)
        ax.fill_between(alphas, low, high, alpha=0.25, lw=0, label="5 to 95 %")
        ax.plot(alphas, mid, label="median target")
        count = np.array([np.sum(np.isclose(best, alpha)) for alpha in alphas])
        other = ax.twinx()
        other.bar(alphas, count, width=0.25 * alphas, color="0.6", alpha=0.5)
        other.set_ylabel("targets at their best")
        other.set_ylim(0, 3 * max(count.max(), 1))
        ax.legend(frameon=False, loc="upper left")
    ax.set(xscale="log", xlabel="alpha", ylabel=f"held-out {metric}")
    return ax


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
        Lines where there are at most 12 channels, else an image.

    Examples
    --------
    >>> coef = xr.DataArray(np.zeros((4, 1, 2)), dims=("lag", "feature", "channel"))
    >>> plot_trf(coef).get_xlabel()
    'lag (s)'
    """
    ax = _axes(ax)
    inputs = next(dim for dim in coef.dims if dim != "lag")
    one = coef.isel({inputs: 0}) if feature is None else _of_feature(coef, str(inputs), feature)
    lags = coef["lag"].values
    values = one.transpose("lag", ...).values.reshape(lags.size, -1)
    name = str(one[inputs].values) if inputs in one.coords else "first"
    if values.shape[1] <= FEW:
        ax.plot(lags, values, lw=1.2)
        ax.axhline(0, color="0.7", lw=0.8, zorder=0)
        ax.set_ylabel("weight")
    else:
        top = float(np.abs(values).max()) or 1.0
        step = (lags[1] - lags[0]) / 2 if lags.size > 1 else 0.5
        extent = (lags[0] - step, lags[-1] + step, values.shape[1] - 0.5, -0.5)
        image = ax.imshow(
            values.T, aspect="auto", cmap="RdBu_r", vmin=-top, vmax=top, extent=extent
        )
        ax.figure.colorbar(image, ax=ax, label="weight")
        ax.set_ylabel(str(next(dim for dim in one.dims if dim != "lag")))
    ax.axvline(0, color="0.4", lw=0.8, ls=":")
    ax.set(xlabel="lag (s)", title=f"{inputs}: {name}")
    return ax


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
    ax = _axes(ax)
    values = shares.transpose("band", ...).values.reshape(shares.sizes["band"], -1)
    order = np.argsort(-values.sum(axis=0), kind="stable")
    names = shares["band"].values if "band" in shares.coords else np.arange(len(values))
    above, below = np.zeros(order.size), np.zeros(order.size)
    for name, band in zip(names, values[:, order], strict=True):
        base = np.where(band >= 0, above, below)
        ax.bar(np.arange(order.size), band, bottom=base, width=1.0, label=str(name))
        above, below = above + np.maximum(band, 0), below + np.minimum(band, 0)
    ax.axhline(0, color="0.3", lw=0.8)
    ax.legend(frameon=False, title="band")
    ax.set(xlabel="targets, by R2", ylabel="share of R2")
    return ax


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
