"""Figures of scores: on sensors and electrodes, of sites, of parts of variance, of layers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from neurokit.errors import LabelError, OptionError, SchemaError, check_option
from neurokit.plot.style import (
    BLUE,
    COLOURS,
    GREY,
    VERMILLION,
    axes_or_new,
    name_ticks,
    plain,
    prefixed,
    tidy,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes

# More names than this do not fit beside each other.
_MOST_NAMES = 40
_SENSORS = ("EEG", "MEGMAG", "MEGGRADPLANAR", "MEGGRADAXIAL", "MEGREFGRADAXIAL")


def plot_score_map(
    score: xr.DataArray,
    rec: xr.DataTree | None = None,
    *,
    significant: xr.DataArray | None = None,
    kind: str = "auto",
    label: str = "held-out r",
    ax: Axes | None = None,
) -> Axes:
    """Draw one score per channel or neuron where it was recorded.

    Parameters
    ----------
    score : DataArray
        (channel) or (neuron).
    rec : recording, optional
        Holds the positions; without them scores are drawn as bars, best first.
    significant : DataArray of bool, optional
        Which are marked, dims as `score`: white dots on sensors, black edges on electrodes.
    kind : {"auto", "sensors", "places", "bars"}
        ``"sensors"`` interpolates over the head (mne), which EEG and MEG get by themselves;
        ``"places"`` draws electrodes or cells one by one.
    label : str
        Of the colour bar.
    ax : matplotlib Axes, optional
        Where to draw; default new axes.

    Returns
    -------
    matplotlib.axes.Axes
        Colours are symmetric about 0.

    Raises
    ------
    LabelError
        If a score is of a channel that the recording has not, or not one per channel.
    SchemaError
        If positions are needed and missing.

    Examples
    --------
    >>> score = xr.DataArray([0.1, 0.3], {"neuron": ["AVAL", "AVAR"]}, ["neuron"])
    >>> plot_score_map(score, kind="bars").get_ylabel()
    'held-out r'
    """
    check_option("kind", kind, ["auto", "sensors", "places", "bars"])
    if score.ndim != 1:
        raise LabelError(
            f"score has dims {tuple(score.dims)}", where="score", mend="Select one of each other."
        )
    marked = _marked(score, significant)
    group = None if rec is None else _group(rec, score)
    if kind == "auto":
        kind = "bars" if group is None else "sensors" if _on_head(group) else "places"
    if kind == "bars":
        return _bars(score, marked, label, ax, tested=significant is not None)
    if group is None:
        raise SchemaError("no positions are known", where="rec", mend='Use kind="bars".')
    if kind == "sensors":
        return _topomap(score, group, marked, label, ax)
    return _places(score, group, marked, label, ax)


def _marked(score: xr.DataArray, significant: xr.DataArray | None) -> NDArray[np.bool_]:
    """Return which scores are marked, in their order whatever that of the marks."""
    if significant is None:
        return np.zeros(score.size, dtype=bool)
    dim = score.dims[0]
    if significant.dims == score.dims and dim in significant.coords and dim in score.coords:
        significant = significant.reindex({dim: score[dim].values}, fill_value=False)
    if significant.shape != score.shape:
        raise LabelError(
            f"has shape {significant.shape} for {score.size} scores",
            where="significant",
            mend="Give one mark per score.",
        )
    return np.asarray(significant.values, dtype=bool)


def _group(rec: xr.DataTree, score: xr.DataArray) -> xr.Dataset | None:
    group = rec["activity"].to_dataset()
    dim = score.dims[0]
    if dim not in group.dims:
        raise LabelError(f"the recording has no {dim!r}", where="rec", mend="Give its own scores.")
    missing = [name for name in score[dim].values if name not in group[dim].values]
    if missing:
        raise LabelError(
            f"not in the recording: {', '.join(map(str, missing[:5]))}",
            where="score",
            mend="Give the recording that was encoded.",
        )
    group = group.sel({dim: score[dim].values})
    known = "position" in group and bool(np.isfinite(group["position"].values).all(axis=1).any())
    return group if known else None


def _on_head(group: xr.Dataset) -> bool:
    if "channel_type" not in group.coords:
        return False
    kinds = set(group["channel_type"].values.tolist())
    return len(kinds) == 1 and kinds <= set(_SENSORS)


def _limit(values: NDArray[Any]) -> float:
    finite = np.abs(values[np.isfinite(values)])
    return float(finite.max()) if finite.size and finite.max() > 0 else 1.0


def _bars(
    score: xr.DataArray, marked: NDArray[Any], label: str, ax: Axes | None, *, tested: bool
) -> Axes:
    values = np.asarray(score.values, dtype=np.float64)
    order = np.argsort(-np.nan_to_num(values, nan=-np.inf), kind="stable")
    ax = axes_or_new(ax, (min(12.0, 3.0 + 0.12 * values.size), 3.2))
    colours = [BLUE if marked[i] or not tested else GREY for i in order]
    ax.bar(np.arange(values.size), values[order], color=colours, width=0.8)
    dim = str(score.dims[0])
    if values.size <= _MOST_NAMES and dim in score.coords:
        name_ticks(ax.xaxis, list(score[dim].values[order]), at_most=_MOST_NAMES)
        ax.tick_params(axis="x", rotation=90, labelsize=7)
    said = f"{dim}, best first" + (" (grey: not significant)" if tested else "")
    ax.axhline(0.0, color=GREY, lw=0.8)
    ax.set(xlabel=said, ylabel=label, xlim=(-0.7, values.size - 0.3))
    return tidy(ax)


def _topomap(
    score: xr.DataArray, group: xr.Dataset, marked: NDArray[Any], label: str, ax: Axes | None
) -> Axes:
    import mne

    place = np.asarray(group["position"].values, dtype=np.float64)
    known = np.isfinite(place).all(axis=1)
    values = np.asarray(score.values, dtype=np.float64)[known]
    first, values, marks = _per_place(place[known], values, np.asarray(marked)[known])
    if len(first) < known.sum():
        label = f"{label}, mean of sensors at one place"
    names = [str(name) for name in group["channel"].values[known][first]]
    info = mne.create_info(names, 100.0, "eeg", verbose="error")
    # Where sensors are decides where they are drawn; of which kind they are does not.
    montage = mne.channels.make_dig_montage(
        dict(zip(names, place[known][first], strict=True)), coord_frame="head"
    )
    info.set_montage(montage, verbose="error")
    ax = axes_or_new(ax, (4.6, 3.8))
    limit = _limit(values)
    image, _ = mne.viz.plot_topomap(
        values,
        info,
        axes=ax,
        show=False,
        cmap="RdBu_r",
        vlim=(-limit, limit),
        mask=marks,
        contours=0,
    )
    ax.figure.colorbar(image, ax=ax, label=label, shrink=0.8)
    return ax


def _per_place(
    place: NDArray[np.float64], values: NDArray[np.float64], marks: NDArray[np.bool_]
) -> tuple[NDArray[np.int64], NDArray[np.float64], NDArray[np.bool_]]:
    """Return the first sensor of each place, mean values, and whether any of them is marked.

    Planar gradiometers lie in pairs at one place, and nothing can be drawn between the two.
    """
    _, first, inverse = np.unique(
        np.round(place, 5), axis=0, return_index=True, return_inverse=True
    )
    code = inverse.ravel()
    count = np.bincount(code)
    return first, np.bincount(code, values) / count, np.bincount(code, marks) > 0


def _places(
    score: xr.DataArray, group: xr.Dataset, marked: NDArray[Any], label: str, ax: Axes | None
) -> Axes:
    place = np.asarray(group["position"].values, dtype=np.float64)
    known = np.isfinite(place).all(axis=1)
    # The plane of the two widest axes hides least.
    wide = sorted(np.argsort(-np.ptp(place[known], axis=0), kind="stable")[:2])
    factor, unit = prefixed(float(np.ptp(place[known], axis=0).max()), _units(group))
    flat = factor * place[known][:, wide]
    values = np.asarray(score.values, dtype=np.float64)[known]
    limit = _limit(values)
    ax = axes_or_new(ax, (6.0, 5.0))
    dots = ax.scatter(
        flat[:, 0],
        flat[:, 1],
        c=values,
        cmap="RdBu_r",
        vmin=-limit,
        vmax=limit,
        s=36,
        edgecolors=np.where(np.asarray(marked)[known], "black", "none").tolist(),
        linewidths=1.0,
    )
    ax.figure.colorbar(dots, ax=ax, label=label, shrink=0.8)
    ax.set(xlabel=f"{'xyz'[wide[0]]} ({unit})", ylabel=f"{'xyz'[wide[1]]} ({unit})")
    ax.set_aspect("equal")
    return tidy(ax)


def _units(group: xr.Dataset) -> str:
    return str(group["position"].attrs.get("units", "m"))


def plot_sites(sites: xr.Dataset, *, ax: Axes | None = None) -> Axes:
    """Draw what multimodal features add to vision and language at each site.

    Parameters
    ----------
    sites : Dataset
        Of `integration_sites`.
    ax : matplotlib Axes, optional
        Where to draw; default new axes.

    Returns
    -------
    matplotlib.axes.Axes
        Held-out R2 of vision and language together against that with multimodal features;
        sites of integration lie above the diagonal and are coloured.

    Examples
    --------
    >>> import neurokit as nk
    >>> sim = nk.simulate.encoded(400, 4, sites={"none": 2, "multimodal": 2}, random_state=0)
    >>> rec = sim.recordings["encoded"]
    >>> cv = nk.stats.BlockedCV(3, gap=0.5)
    >>> import warnings
    >>> with warnings.catch_warnings():
    ...     warnings.simplefilter("ignore")  # a record this short has few blocks
    ...     found = nk.encoding.integration_sites(
    ...         nk.encoding.stimulus_features(rec), rec, cv=cv, n_shifts=9, random_state=0
    ...     )
    >>> len(plot_sites(found).collections) > 0
    True
    """
    score = sites["score"]
    over = [dim for dim in score.dims[1:] if dim not in sites["site"].dims]
    score = score.mean(over) if over else score
    without, full = score.sel(model="vision+language"), score.sel(model="full")
    ax = axes_or_new(ax, (4.8, 4.4))
    groups = {
        "not responsive": (~sites["responsive"], GREY, 10.0),
        "responsive": (sites["responsive"] & ~sites["site"], BLUE, 16.0),
        "integration": (sites["site"], VERMILLION, 22.0),
    }
    for name, (chosen, colour, size) in groups.items():
        where = np.asarray(chosen.values)
        label = f"{name} ({int(where.sum())})"
        ax.scatter(
            without.values[where], full.values[where], s=size, color=colour, lw=0, label=label
        )
    both = np.concatenate([without.values.ravel(), full.values.ravel()])
    ends = [float(np.nanmin(both)), float(np.nanmax(both))]
    ax.plot(ends, ends, color=GREY, lw=0.8, ls=":")
    ax.set(xlabel="R2 of vision + language", ylabel="R2 with multimodal features")
    ax.legend(frameon=False, fontsize=8)
    return tidy(ax)


def plot_variance_partition(
    parts: xr.Dataset, *, n_shown: int = 40, ax: Axes | None = None
) -> Axes:
    """Draw unique and common parts of R2, one stacked bar per target, best first.

    Parameters
    ----------
    parts : Dataset
        Of `variance_partition`.
    n_shown : int, default 40
        Most targets drawn.
    ax : matplotlib Axes, optional
        Where to draw; default new axes.

    Returns
    -------
    matplotlib.axes.Axes
        Parts below 0 hang from the axis.

    Examples
    --------
    >>> import neurokit as nk
    >>> rng = np.random.default_rng(0)
    >>> bands = {"vision": rng.normal(size=(200, 2)), "sound": rng.normal(size=(200, 2))}
    >>> y = bands["vision"] @ rng.normal(size=(2, 3)) + rng.normal(size=(200, 3))
    >>> plot_variance_partition(nk.encoding.variance_partition(bands, y)).get_ylabel()
    'part of R2'
    """
    common = parts["common"]
    targets = common.dims[1:]
    flat = common.stack(target_=targets) if targets else common.expand_dims("target_", 1)
    total = flat.sum("part").values
    order = np.argsort(-total, kind="stable")[:n_shown]
    ax = axes_or_new(ax, (max(6.5, 4.5 + 0.22 * len(order)), 3.4))
    above, below = np.zeros(len(order)), np.zeros(len(order))
    palette = [*COLOURS, "#F0E442", "#8A8A8A"]
    for i, part in enumerate(common["part"].values):
        values = flat.sel(part=part).values[order]
        bottom = np.where(values > 0, above, below)
        ax.bar(
            np.arange(len(order)),
            values,
            bottom=bottom,
            color=palette[i % len(palette)],
            label=plain(str(part).replace("+", " and ")),
        )
        above, below = above + np.maximum(values, 0), below + np.minimum(values, 0)
    if len(targets) == 1 and targets[0] in common.coords:
        name_ticks(ax.xaxis, list(common[targets[0]].values[order]), at_most=_MOST_NAMES)
        ax.tick_params(axis="x", rotation=90, labelsize=7)
    said = "best first" if len(order) == total.size else f"best {len(order)} of {total.size}"
    ax.axhline(0.0, color=GREY, lw=0.8)
    ax.set(xlabel=f"{', '.join(map(str, targets)) or 'target'}, {said}", ylabel="part of R2")
    ax.set_xlim(-0.8, len(order) - 0.2)
    ax.legend(frameon=False, fontsize=7, loc="upper left", bbox_to_anchor=(1.0, 1.0))
    return tidy(ax)


def plot_layer_map(layers: xr.Dataset, *, n_shown: int = 60, ax: Axes | None = None) -> Axes:
    """Draw the score of every layer at every site, the best layer marked.

    Parameters
    ----------
    layers : Dataset
        Of `layer_map`, with one dim of sites.
    n_shown : int, default 60
        Most sites drawn, those with the best scores.
    ax : matplotlib Axes, optional
        Where to draw; default new axes.

    Returns
    -------
    matplotlib.axes.Axes
        Sites are sorted by depth.

    Raises
    ------
    LabelError
        If there is more than one dim beside layers.

    Examples
    --------
    >>> import neurokit as nk
    >>> rng = np.random.default_rng(0)
    >>> layers = {name: rng.normal(size=(60, 2)) for name in ("first", "second")}
    >>> y = layers["first"] @ rng.normal(size=(2, 3)) + rng.normal(size=(60, 3))
    >>> len(plot_layer_map(nk.encoding.layer_map(layers, y)).images)
    1
    """
    score = layers["score"]
    if score.ndim != 2:
        raise LabelError(
            f"score has dims {tuple(score.dims)}", where="layers", mend="Select the others."
        )
    site = str(score.dims[1])
    best = score.max("layer").values
    kept = np.sort(np.argsort(-best, kind="stable")[:n_shown])
    depth = np.nan_to_num(layers["depth"].values[kept], nan=2.0)
    order = kept[np.argsort(depth, kind="stable")]
    ax = axes_or_new(ax, (max(4.5, 2.0 + 0.14 * len(order)), 1.2 + 0.32 * score.sizes["layer"]))
    values = score.values[:, order]
    limit = _limit(values)
    image = ax.imshow(values, cmap="RdBu_r", vmin=-limit, vmax=limit, aspect="auto")
    found = layers["best"].values[order] != ""
    ax.plot(np.flatnonzero(found), values.argmax(axis=0)[found], "k.", ms=4)
    name_ticks(ax.yaxis, list(score["layer"].values), at_most=30)
    if site in score.coords:
        name_ticks(ax.xaxis, list(score[site].values[order]), at_most=_MOST_NAMES)
    ax.tick_params(axis="x", rotation=90, labelsize=7)
    ax.set(xlabel=f"{site} (dot: best layer)", ylabel="layer")
    ax.figure.colorbar(image, ax=ax, label="held-out r", pad=0.02)
    return ax


def plot_pattern(pattern: xr.DataArray, *, ax: Axes | None = None) -> Axes:
    """Draw a decoder's pattern, one or two dims.

    Parameters
    ----------
    pattern : DataArray
        (channel, time), or one of them.
    ax : matplotlib Axes, optional
        Where to draw; default new axes.

    Returns
    -------
    matplotlib.axes.Axes
        Colours are symmetric about 0.

    Raises
    ------
    OptionError
        If there are more dims.
    """
    if pattern.ndim == 1:
        ax = axes_or_new(ax, (5.0, 3.0))
        ax.plot(np.arange(pattern.size), pattern.values, color=BLUE)
        ax.set(xlabel=str(pattern.dims[0]), ylabel="pattern")
        return tidy(ax)
    if pattern.ndim != 2:
        raise OptionError(f"has {pattern.ndim} dims", where="pattern", mend="Select two.")
    ax = axes_or_new(ax, (6.0, 3.8))
    limit = _limit(pattern.values)
    rows, columns = (str(dim) for dim in pattern.dims)
    span = (-0.5, pattern.shape[1] - 0.5)
    said = columns
    if columns in pattern.coords and pattern[columns].dtype.kind == "f":
        span = (float(pattern[columns][0]), float(pattern[columns][-1]))
        said = f"{columns} (s)" if columns == "time" else columns
    image = ax.imshow(
        pattern.values,
        cmap="RdBu_r",
        vmin=-limit,
        vmax=limit,
        aspect="auto",
        extent=(*span, pattern.shape[0] - 0.5, -0.5),
    )
    if rows in pattern.coords:
        name_ticks(ax.yaxis, list(pattern[rows].values), at_most=30)
    ax.set(xlabel=said, ylabel=rows)
    ax.figure.colorbar(image, ax=ax, label="pattern (units of X)", pad=0.02)
    return ax
