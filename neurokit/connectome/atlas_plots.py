"""Figures of when motifs are active: time courses under tracks of behaviour, the atlas."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from neurokit.connectome.motif_plots import check_component
from neurokit.errors import OptionError, SchemaError, check_option
from neurokit.plot.style import COLOURS, axes_or_new, no_data, plain, tidy
from neurokit.schema.time import runs

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from neurokit.connectome.dynamic import DynamicConnectome

# More kinds of epochs than this would leave no colours to tell apart.
_MOST_KINDS = 8
# Below this adjusted p-value a cell of the atlas is marked.
_LEVEL = 0.05


def plot_course(
    model: DynamicConnectome,
    component: int | None = None,
    *,
    recording: str | None = None,
    ax: Axes | None = None,
) -> Axes:
    """Draw when a motif is active, or all of them above each other, over shaded epochs.

    Parameters
    ----------
    model : DynamicConnectome
        Fitted.
    component : int, optional
        Which motif; None draws all, the first on top.
    recording : str, optional
        Draw the strength in this recording. Default: the shared time course, or with
        ``shared_time=False`` every recording as a thin line, without epochs.
    ax : matplotlib Axes, optional
        Where to draw; default new axes.

    Returns
    -------
    matplotlib.axes.Axes
        Each relative to its largest value; lines break where the record does.

    Raises
    ------
    OptionError
        If there is no such component or recording.

    Examples
    --------
    >>> import neurokit as nk
    >>> worms = nk.simulate.worms(2, 10, 1, duration=160.0, random_state=0)
    >>> options = {"bin_s": 8.0, "n_restarts": 1, "communities": None, "n_permutations": 0}
    >>> fit = nk.connectome.DynamicConnectome(1, **options, random_state=0).fit(worms.recordings)
    >>> plot_course(fit).get_xlabel()
    'time (s)'
    """
    model._check_fitted()
    rows = np.arange(model.weight_.sizes["component"])
    if component is not None:
        rows = np.array([check_component(model, component)])
    courses, names = _courses(model, recording)
    ax = axes_or_new(ax, (9.0, 1.5 + 0.7 * len(rows)))
    _shade(ax, _epochs(model, recording))
    seconds = courses["time"].values
    for place, row in enumerate(rows[::-1]):
        base = 1.15 * place
        for w, name in enumerate(names):
            values = courses.values[row, w]
            values = values / (np.nanmax(courses.values[row]) or 1.0)
            # Lines of one motif differ by recording, those of several motifs by their height.
            colour = COLOURS[(int(row) if len(names) == 1 else w) % len(COLOURS)]
            label = plain(name) if len(names) > 1 and place == 0 else None
            for stretch in runs(courses):
                ax.plot(seconds[stretch], values[stretch] + base, lw=1, color=colour, label=label)
                label = None
    seen = seconds[np.isfinite(courses.values[rows]).any(axis=(0, 1))]
    limits = (seen[0], seen[-1]) if seen.size else (seconds[0], seconds[-1])
    ax.set(xlabel="time (s)", xlim=limits, ylim=(-0.05, 1.15 * len(rows)))
    if component is None:
        middle = [0.5 + 1.15 * place for place in range(len(rows))]
        ax.set_yticks(middle, [f"motif {model.weight_['component'].values[r]}" for r in rows[::-1]])
        ax.set_ylabel("strength (share of largest)")
    else:
        ax.set_ylabel("strength\n(share of largest)")
    if ax.get_legend_handles_labels()[1]:
        ax.legend(loc="lower left", bbox_to_anchor=(0, 1), ncols=6, frameon=False, fontsize=7)
    return tidy(ax)


def _courses(model: DynamicConnectome, recording: str | None) -> tuple[xr.DataArray, list[str]]:
    if recording is not None:
        held = [str(name) for name in model.recording_course_["recording"].values]
        check_option("recording", recording, held)
        return model.recording_course_.sel(recording=[recording]), [recording]
    if "recording" not in model.time_course_.dims:
        return model.time_course_.expand_dims("recording", axis=1), ["all"]
    return model.time_course_, [str(name) for name in model.time_course_["recording"].values]


def _epochs(model: DynamicConnectome, recording: str | None) -> xr.DataArray | None:
    """(trial_type, time) share of bins to shade, where that is one thing."""
    covered = model.epochs_
    if recording is not None:
        return covered.sel(recording=recording)
    if "recording" in model.time_course_.dims:
        return None
    return covered.mean("recording", skipna=True)


def _shade(ax: Axes, covered: xr.DataArray | None) -> None:
    if covered is None or not 0 < covered.sizes["trial_type"] <= _MOST_KINDS:
        return
    from matplotlib import colormaps

    centre = covered["time"].values
    width = float(np.median(np.diff(centre))) if centre.size > 1 else 1.0
    # Not the colours of the motifs, which have nothing to do with kinds of events.
    for k, kind in enumerate(covered["trial_type"].values):
        busy = np.flatnonzero(np.nan_to_num(covered.values[k]) >= 0.5)
        ax.broken_barh(
            [(float(centre[b] - width / 2), width) for b in busy],
            (0.0, 1.0),
            transform=ax.get_xaxis_transform(),
            color=colormaps["Pastel1"](k),
            alpha=0.7,
            lw=0,
            label=plain(kind),
        )


def plot_courses_under_tracks(
    model: DynamicConnectome,
    tracks: Mapping[str, xr.DataArray] | xr.Dataset,
    *,
    recording: str | None = None,
    figure: Figure | None = None,
) -> NDArray[Any]:
    """Draw tracks of stimulus or behaviour, and below them the motifs on the same clock.

    Parameters
    ----------
    model : DynamicConnectome
        Fitted.
    tracks : mapping of str to DataArray, or Dataset
        (time) each, for example a recording's ``/behavior``; what has other dims is left out.
    recording : str, optional
        Draw the strengths in this recording; needed where recordings share no clock.
    figure : matplotlib Figure, optional
        Where to draw; default a new one.

    Returns
    -------
    (n_tracks + 1,) ndarray of matplotlib.axes.Axes
        One per track, the motifs last; x is shared.

    Raises
    ------
    OptionError
        If recordings share no clock and none is chosen, or there is none of that name.
    SchemaError
        If no track is a series over time.

    Examples
    --------
    >>> import neurokit as nk
    >>> worms = nk.simulate.worms(2, 10, 1, duration=160.0, random_state=0)
    >>> options = {"bin_s": 8.0, "n_restarts": 1, "communities": None, "n_permutations": 0}
    >>> fit = nk.connectome.DynamicConnectome(1, **options, random_state=0).fit(worms.recordings)
    >>> speed = xr.DataArray(
    ...     np.arange(160.0), {"time": np.arange(160.0)}, ["time"], attrs={"units": "mm/s"}
    ... )
    >>> plot_courses_under_tracks(fit, {"speed": speed})[-1].get_xlabel()
    'time (s)'
    """
    named = {str(name): track for name, track in tracks.items()}
    drawn = {name: track for name, track in named.items() if track.dims == ("time",)}
    if not drawn:
        raise SchemaError(
            f"none of {sorted(named)} is a series over time", where="tracks", mend="Give (time)."
        )
    if recording is None and "recording" in model.time_course_.dims:
        raise OptionError(
            "recordings share no clock", where="recording", mend="Choose one of them."
        )
    n = model.weight_.sizes["component"]
    if figure is None:
        import matplotlib.pyplot as plt

        height = 1.0 * len(drawn) + 1.2 + 0.7 * n
        figure = plt.figure(figsize=(10.0, height), layout="constrained")
    ratios = [1.0] * len(drawn) + [0.9 * n]
    axes = figure.subplots(len(drawn) + 1, 1, sharex=True, squeeze=False, height_ratios=ratios)[
        :, 0
    ]
    for ax, (name, track) in zip(axes[:-1], drawn.items(), strict=True):
        ax.plot(track["time"].values, track.values, color="black", lw=0.8)
        units = str(track.attrs.get("units", ""))
        said = plain(name.replace("_", " "))
        ax.set_ylabel(f"{said}\n({units})" if units not in ("", "1") else said, fontsize=8)
        tidy(ax)
    plot_course(model, recording=recording, ax=axes[-1])
    return np.asarray(axes)


def plot_atlas(atlas: xr.Dataset, *, ax: Axes | None = None) -> Axes:
    """Draw the mean strength of every motif in every kind of epoch, against outside of it.

    Parameters
    ----------
    atlas : Dataset
        As in ``DynamicConnectome.atlas_``.
    ax : matplotlib Axes, optional
        Where to draw; default new axes.

    Returns
    -------
    matplotlib.axes.Axes
        Colour: (mean - outside) / (mean + outside), -1 to 1. Text: mean and its standard error
        over epochs, in units of affinity; a star where q < 0.05.

    Raises
    ------
    SchemaError
        If this is no atlas.

    Examples
    --------
    >>> import neurokit as nk
    >>> worms = nk.simulate.worms(2, 10, 1, duration=160.0, random_state=0)
    >>> options = {"bin_s": 8.0, "n_restarts": 1, "communities": None, "n_permutations": 0}
    >>> fit = nk.connectome.DynamicConnectome(1, **options, random_state=0).fit(worms.recordings)
    >>> plot_atlas(fit.atlas_).get_xlabel()
    'epoch'
    """
    held = list(getattr(atlas, "data_vars", ()))
    if not {"mean", "outside", "q"} <= set(held):
        raise SchemaError(
            f"is a {type(atlas).__name__} that holds {held}",
            where="atlas",
            mend="Give a fit's atlas_.",
        )
    kinds = [str(kind) for kind in atlas["trial_type"].values]
    numbers = atlas["component"].values
    ax = axes_or_new(ax, (2.6 + 1.1 * max(len(kinds), 1), 1.4 + 0.5 * len(numbers)))
    if not kinds:
        return no_data(ax, "no events")
    mean, outside = (
        atlas[n].transpose("component", "trial_type").values for n in ("mean", "outside")
    )
    total = mean + outside
    index = np.divide(mean - outside, total, out=np.full_like(mean, np.nan), where=total > 0)
    image = ax.imshow(index, cmap="RdBu_r", vmin=-1, vmax=1, aspect="auto")
    ax.figure.colorbar(image, ax=ax, label="(in - out) / (in + out)", pad=0.02)
    error = atlas["standard_error"].transpose("component", "trial_type").values
    q = atlas["q"].transpose("component", "trial_type").values
    for row, column in np.ndindex(mean.shape):
        star = " *" if q[row, column] < _LEVEL else ""
        text = f"{mean[row, column]:.2g}{star}\n± {error[row, column]:.1g}"
        dark = abs(np.nan_to_num(index[row, column])) > 0.6
        colour = "white" if dark else "black"
        ax.text(column, row, text, ha="center", va="center", fontsize=7, color=colour)
    long = max(map(len, kinds)) * len(kinds) > 40
    counted = [
        f"{plain(k)}\n(n = {n})" for k, n in zip(kinds, atlas["n_epochs"].values, strict=True)
    ]
    ax.set_xticks(range(len(kinds)), counted, rotation=90 if long else 0, fontsize=8)
    ax.set_yticks(range(len(numbers)), [f"motif {number}" for number in numbers])
    ax.tick_params(length=0)
    ax.set_xlabel("epoch")
    return ax
