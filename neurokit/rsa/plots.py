"""Figures of RDMs: matrices, arrangements, model bars with ceilings, maps over thresholds."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import xarray as xr
from numpy.typing import ArrayLike, NDArray

from neurokit.errors import OptionError, SchemaError
from neurokit.plot.style import BLUE, COLOURS, GREY, axes_or_new, name_ticks, tidy
from neurokit.rsa.arguments import whole_number
from neurokit.rsa.pair_index import square
from neurokit.rsa.rdm_labels import read_rdms

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_MOST_NAMES = 30
_NAME_SIZE = 8.0  # points


def plot_rdm(rdm: xr.DataArray | ArrayLike, *, ax: Axes | None = None) -> Axes:
    """Draw one RDM as a matrix; several are averaged.

    Parameters
    ----------
    rdm : DataArray or array_like
        (..., pair).
    ax : matplotlib Axes, optional
        Where to draw; default new axes.

    Returns
    -------
    matplotlib.axes.Axes
        Grey is unknown.

    Examples
    --------
    >>> import neurokit as nk
    >>> rdm = nk.rsa.rdm(np.random.default_rng(0).normal(size=(5, 8)), "euclidean")
    >>> plot_rdm(rdm).images[0].get_array().shape
    (5, 5)
    """
    import matplotlib as mpl

    rows = read_rdms(rdm)
    seen = np.isfinite(rows.values)
    mean = np.where(seen, rows.values, 0).sum(0) / np.where(seen.any(0), seen.sum(0), np.nan)
    ax = axes_or_new(ax, (5.4, 4.6))
    colours = mpl.colormaps["viridis"].with_extremes(bad="#dddddd")
    image = ax.imshow(square(mean, np.nan), cmap=colours, interpolation="nearest")
    if rows.n_conditions <= _MOST_NAMES:
        fitting = _names_that_fit(ax, list(rows.labels))
        for axis in (ax.xaxis, ax.yaxis):
            name_ticks(axis, list(rows.labels), at_most=fitting)
        ax.tick_params(axis="x", rotation=90)
        ax.tick_params(labelsize=_NAME_SIZE)
    units = str(getattr(rdm, "attrs", {}).get("units", "1"))
    label = "dissimilarity" if units == "1" else f"dissimilarity {units}"
    ax.figure.colorbar(image, ax=ax, label=label)
    ax.set(xlabel="condition", ylabel="condition")
    return ax


def _names_that_fit(ax: Axes, names: Sequence[Any]) -> int:
    """Return how many names of conditions have room beside a matrix that is not laid out yet.

    The names themselves take room from the matrix, and so do its colour bar and titles.
    """
    figure = ax.figure
    assert figure is not None
    cell = figure.get_figure(root=True).get_size_inches() * ax.get_position().size / 0.775
    longest = 0.55 * _NAME_SIZE / 72 * max((len(str(name)) for name in names), default=0)
    side = min(cell - longest - np.array([1.25, 0.5]))
    return max(2, int(side * 72 / (1.2 * _NAME_SIZE)))


def plot_arrangement(
    rdm: xr.DataArray, *, groups: Any = None, ax: Axes | None = None, n_draws: int = 100
) -> Axes:
    """Draw conditions so that distances on paper are like those of the RDM (classical MDS).

    With several RDMs (subjects) the mean is drawn, and ellipses show one standard deviation of
    each condition over bootstrap draws of subjects, each turned to fit the mean (Procrustes).

    Parameters
    ----------
    rdm : DataArray
        (pair) or (subject, pair), without NaN.
    groups : sequence, optional
        A label per condition, told apart by colour.
    ax : matplotlib Axes, optional
        Where to draw; default new axes.
    n_draws : int, default 100
        Bootstrap draws, always the same.

    Returns
    -------
    matplotlib.axes.Axes
        Axes have the units of the square root of the RDM's.

    Raises
    ------
    SchemaError
        If a value is NaN.
    OptionError
        If there is not one group per condition, or no draw.

    Examples
    --------
    >>> import neurokit as nk
    >>> rdm = nk.rsa.rdm(np.random.default_rng(0).normal(size=(5, 8)), "euclidean")
    >>> len(plot_arrangement(rdm).collections) > 0
    True
    """
    from matplotlib.patches import Ellipse

    rows = read_rdms(rdm)
    if not np.isfinite(rows.values).all():
        raise SchemaError("a value is NaN", where="rdm", mend="Choose conditions without NaN.")
    if groups is not None and np.shape(groups) != (rows.n_conditions,):
        raise OptionError(
            f"have shape {np.shape(groups)} for {rows.n_conditions} conditions",
            where="groups",
            mend="Give one each.",
        )
    n_draws = whole_number("n_draws", n_draws, 1)
    place = _classical_mds(rows.values.mean(axis=0))
    ax = axes_or_new(ax, (5.2, 4.8))
    names = np.zeros(len(place), dtype=int) if groups is None else np.asarray(groups)
    spread = _bootstrap_spread(rows.values, place, n_draws) if len(rows.values) > 1 else None
    for k, group in enumerate(np.unique(names)):
        mine = np.flatnonzero(names == group)
        colour = COLOURS[k % len(COLOURS)]
        ax.scatter(place[mine, 0], place[mine, 1], s=18, color=colour, label=str(group), zorder=3)
        for i, covariance in zip(mine, () if spread is None else spread[mine], strict=False):
            value, vector = np.linalg.eigh(covariance)
            angle = float(np.degrees(np.arctan2(vector[1, 1], vector[0, 1])))
            width, height = 2 * np.sqrt(np.maximum(value[::-1], 0))
            oval = Ellipse(place[i], width, height, angle=angle, color=colour, alpha=0.2, lw=0)
            ax.add_patch(oval)
    if groups is not None:
        ax.legend(frameon=False, fontsize=8)
    elif rows.n_conditions <= _MOST_NAMES:
        for xy, label in zip(place, rows.labels, strict=True):
            ax.annotate(str(label), xy, fontsize=7, xytext=(3, 3), textcoords="offset points")
    ax.set(aspect="equal", xlabel="first dimension", ylabel="second dimension")
    return tidy(ax)


def _classical_mds(row: NDArray[np.float64]) -> NDArray[np.float64]:
    gram = square(row) * -0.5
    gram = gram - gram.mean(0) - gram.mean(1)[:, None] + gram.mean()
    value, vector = np.linalg.eigh(gram)
    out: NDArray[np.float64] = vector[:, :-3:-1] * np.sqrt(np.maximum(value[:-3:-1], 0.0))
    return out


def _bootstrap_spread(
    rows: NDArray[np.float64], place: NDArray[np.float64], n_draws: int
) -> NDArray[np.float64]:
    rng = np.random.default_rng(0)
    found = np.empty((n_draws, *place.shape))
    for b in range(n_draws):
        drawn = _classical_mds(rows[rng.integers(0, len(rows), len(rows))].mean(axis=0))
        left, _, right = np.linalg.svd(drawn.T @ place)
        found[b] = drawn @ (left @ right)
    apart = found - place
    return np.asarray(np.einsum("bni,bnj->nij", apart, apart) / n_draws, dtype=np.float64)


def plot_models(result: xr.Dataset, *, ax: Axes | None = None) -> Axes:
    """Draw scores of models with standard errors, subjects, the noise ceiling and tests.

    Parameters
    ----------
    result : Dataset
        Of `evaluate`, without further dims.
    ax : matplotlib Axes, optional
        Where to draw; default new axes.

    Returns
    -------
    matplotlib.axes.Axes
        Stars: above 0 at q < .05. Lines above: pairs of models that differ at q < .05.

    Raises
    ------
    SchemaError
        If the result has other dims, such as time.

    Examples
    --------
    >>> import neurokit as nk
    >>> rng = np.random.default_rng(0)
    >>> truth = rng.normal(size=(6, 4))
    >>> patterns = xr.DataArray(
    ...     truth + rng.normal(size=(4, 6, 4)), dims=["subject", "condition", "channel"]
    ... )
    >>> models = {"truth": nk.rsa.rdm(truth, "euclidean")}
    >>> rdms = nk.rsa.rdm(patterns, "euclidean")
    >>> result = nk.rsa.evaluate(models, rdms, n_draws=50, random_state=0)
    >>> plot_models(result).get_ylabel()
    'similarity (cosine)'
    """
    _check_result(result)
    if result["score"].dims != ("model",):
        raise SchemaError(
            f"scores have dims {result['score'].dims}", where="result", mend="Choose one of each."
        )
    score, error = result["score"].values, result["standard_error"].values
    place = np.arange(len(score))
    ax = axes_or_new(ax, (1.6 + 0.8 * len(score), 4.4))
    ax.bar(place, score, 0.7, color=BLUE, alpha=0.8, zorder=2)
    ax.errorbar(place, score, error, fmt="none", ecolor="k", capsize=3, zorder=4)
    for k, row in enumerate(result["evaluation"].values):
        jitter = 0.25 * np.linspace(-1, 1, row.size) if row.size > 1 else np.zeros(1)
        ax.plot(k + jitter, row, ".", color=GREY, ms=4, zorder=3)
    low, high = result["ceiling"].values
    ax.axhspan(low, high, color=GREY, alpha=0.35, lw=0, zorder=1, label="noise ceiling")
    top = max(float(np.nanmax(result["evaluation"].values)), float(high))
    reach = top - min(0.0, float(np.nanmin(result["evaluation"].values)))
    for above in np.flatnonzero(result["q_zero"].values < 0.05).tolist():
        ax.text(above, top + 0.01 * reach, "*", ha="center", va="bottom", fontsize=13)
    level = top + 0.1 * reach
    for i in place:
        for j in place[place > i]:
            if result["q_pairwise"].values[i, j] < 0.05:
                ax.plot([i, j], [level, level], color="k", lw=0.9, marker="|", ms=5)
                level += 0.035 * reach
    ax.axhline(0, color="k", lw=0.8)
    names = [str(n) for n in result["model"].values]
    ax.set_xticks(place, names, rotation=30 if max(map(len, names)) > 6 else 0, ha="right")
    ax.set_ylabel(f"similarity ({result.attrs.get('method', 'score')})")
    ax.legend(frameon=False, fontsize=8, loc="upper left", bbox_to_anchor=(1, 1))
    return tidy(ax)


def _check_result(result: object) -> None:
    if not isinstance(result, xr.Dataset) or "score" not in result or "ceiling" not in result:
        raise SchemaError(
            f"is a {type(result).__name__} without scores and ceilings",
            where="result",
            mend="Give what nk.rsa.evaluate returns.",
        )


def plot_map(similarity: xr.DataArray, *, ax: Axes | None = None) -> Axes:
    """Draw a map over (lower, upper).

    Parameters
    ----------
    similarity : DataArray
        (lower, upper), as `geotopological_map` gives it.
    ax : matplotlib Axes, optional
        Where to draw; default new axes.

    Returns
    -------
    matplotlib.axes.Axes
        The corner at the top left is the whole range: geometry; the diagonal is topology.

    Raises
    ------
    OptionError
        If it has other dims.

    Examples
    --------
    >>> coords = {"lower": [0.0, 0.5], "upper": [0.5, 1.0]}
    >>> ax = plot_map(xr.DataArray([[0.1, 0.2], [np.nan, 0.3]], coords, ["lower", "upper"]))
    >>> ax.get_xlabel(), ax.get_ylabel()
    ('lower quantile', 'upper quantile')
    """
    dims = getattr(similarity, "dims", ())
    if set(dims) != {"lower", "upper"}:
        raise OptionError(f"dims are {dims}", where="similarity", mend="Give (lower, upper).")
    values = similarity.transpose("upper", "lower")
    lines = values["lower"].values
    ax = axes_or_new(ax, (5.0, 4.2))
    image = ax.pcolormesh(lines, lines, np.ma.masked_invalid(values.values), cmap="viridis")
    ax.plot([0, 1], [0, 1], color=GREY, lw=0.8, ls=":")
    ax.figure.colorbar(image, ax=ax, label=str(similarity.attrs.get("method", "similarity")))
    ax.set(xlabel="lower quantile", ylabel="upper quantile", aspect="equal")
    return tidy(ax)


def plot_time_course(
    result: xr.Dataset, clusters: xr.Dataset | None = None, *, ax: Axes | None = None
) -> Axes:
    """Draw scores of models over time, with standard errors and the noise ceiling.

    Parameters
    ----------
    result : Dataset
        Of `evaluate` on RDMs with a time dim.
    clusters : Dataset, optional
        Of `cluster_scores` of it.
    ax : matplotlib Axes, optional
        Where to draw; default new axes.

    Returns
    -------
    matplotlib.axes.Axes
        Bars below: clusters of p < .05. Without `clusters` dots: above 0 at p < .05, FDR over
        time for each model.

    Raises
    ------
    SchemaError
        If there is no time, or the clusters are not over it.

    Examples
    --------
    >>> import neurokit as nk
    >>> rng = np.random.default_rng(0)
    >>> truth = rng.normal(size=(6, 4))
    >>> patterns = xr.DataArray(
    ...     truth + rng.normal(size=(4, 3, 6, 4)),
    ...     {"time": [0.0, 0.1, 0.2]},
    ...     ["subject", "time", "condition", "channel"],
    ... )
    >>> models = {"truth": nk.rsa.rdm(truth, "euclidean")}
    >>> rdms = nk.rsa.rdm(patterns, "euclidean")
    >>> result = nk.rsa.evaluate(models, rdms, n_draws=50, random_state=0)
    >>> plot_time_course(result).get_xlabel()
    'time (s)'
    """
    _check_result(result)
    if set(result["score"].dims) != {"time", "model"}:
        raise SchemaError(
            f"scores have dims {result['score'].dims}", where="result", mend="Give (time, model)."
        )
    if clusters is not None and set(clusters["cluster"].dims) != {"time", "model"}:
        raise SchemaError(
            f"clusters have dims {clusters['cluster'].dims}",
            where="clusters",
            mend="Give those of this result.",
        )
    ax = axes_or_new(ax, (7.0, 3.6))
    time = result["time"].values if "time" in result.coords else np.arange(result.sizes["time"])
    bounds = result["ceiling"].transpose("bound", "time").values
    ax.fill_between(time, *bounds, color=GREY, alpha=0.3, lw=0, label="noise ceiling")
    bottom = min(0.0, float((result["score"] - result["standard_error"]).min()))
    reach = max(float(np.nanmax(bounds)), float(result["score"].max())) - bottom
    for k, name in enumerate(result["model"].values):
        score = result["score"].sel(model=name).values
        error = result["standard_error"].sel(model=name).values
        colour = COLOURS[k % len(COLOURS)]
        ax.plot(time, score, color=colour, label=str(name))
        ax.fill_between(time, score - error, score + error, color=colour, alpha=0.2, lw=0)
        _mark(ax, result, clusters, str(name), time, bottom - 0.05 * reach * (k + 1), colour)
    ax.axhline(0, color="k", lw=0.6)
    ax.set(xlabel="time (s)", ylabel=f"similarity ({result.attrs.get('method', 'score')})")
    ax.legend(frameon=False, fontsize=8, loc="upper left", bbox_to_anchor=(1, 1))
    return tidy(ax)


def _mark(
    ax: Axes,
    result: xr.Dataset,
    clusters: xr.Dataset | None,
    name: str,
    time: NDArray[Any],
    level: float,
    colour: str,
) -> None:
    """Mark when one model is above 0, or in a cluster."""
    from neurokit.stats.discovery import fdr

    if clusters is None:
        found = np.asarray(fdr(result["p_zero"].sel(model=name).values)) < 0.05
        ax.plot(time[found], np.full(int(found.sum()), level), ".", color=colour, ms=4)
        return
    if name not in clusters["model"].values:  # the one that others are tested against
        return
    own = clusters.sel(model=name)
    half = (time[1] - time[0]) / 2 if len(time) > 1 else 0.5
    for number in range(1, int(own["cluster"].max()) + 1):
        inside = own["cluster"].values == number
        if own["p_cluster"].values[inside][0] < 0.05:
            at = time[inside]
            ends = [at[0] - half, at[-1] + half]
            ax.plot(ends, [level, level], color=colour, lw=3, solid_capstyle="butt")
