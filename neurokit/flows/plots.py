"""Figures of flows: modes and spectra, phase portraits, rates beside the truth, comparisons."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from neurokit.errors import OptionError, SchemaError
from neurokit.plot.style import BLACK, COLOURS, GREY, axes_or_new, tidy

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Array = NDArray[np.float64]


def plot_modes(modes: xr.Dataset | Any, *, ax: Axes | None = None) -> Axes:
    """Draw each mode's damping ratio over its frequency, with intervals where they are known.

    Parameters
    ----------
    modes : Dataset or LangevinLDS
        Of ``LangevinLDS.modes``, or a fitted model for points without intervals.
    ax : matplotlib Axes, optional
        Where to draw; default new axes.

    Returns
    -------
    matplotlib.axes.Axes
        Above the dashed line nothing oscillates.

    Examples
    --------
    >>> import neurokit as nk
    >>> sim = nk.simulate.oscillators([5.0], [0.1], 4, 3, 30, random_state=0)
    >>> import warnings
    >>> with warnings.catch_warnings():
    ...     warnings.simplefilter("ignore")  # two iterations are for the example
    ...     model = nk.flows.LangevinLDS(1, n_restarts=1, max_iter=2).fit(
    ...         sim.recordings["session1"].activity.signal
    ...     )
    >>> nk.flows.plot_modes(model).get_xlabel()
    'undamped frequency (Hz)'
    """
    ax = axes_or_new(ax, (5.2, 3.6))
    known = isinstance(modes, xr.Dataset)
    frequency = modes["frequency"].values if known else modes.frequencies_.values
    damping = modes["damping_ratio"].values if known else modes.damping_ratios_.values
    for k, (f, z) in enumerate(zip(frequency, damping, strict=True)):
        colour = COLOURS[k % len(COLOURS)]
        if known:
            ends = [[modes[f"{name}_{end}"].values[k] for end in ("low", "high")]
                    for name in ("frequency", "damping_ratio")]  # fmt: skip
            ax.plot(ends[0], [z, z], color=colour, lw=1.5)
            ax.plot([f, f], ends[1], color=colour, lw=1.5)
        ax.plot(f, z, "o", color=colour, label=f"{f:.2f} Hz, {z:.2f}")
    ax.axhline(1.0, color=GREY, lw=1.0, ls="--")
    ax.set(xlabel="undamped frequency (Hz)", ylabel="damping ratio (no unit)")
    ax.set_xlim(0, 1.1 * ax.dataLim.x1)  # the fastest mode is not cut by the frame
    if (damping > 0).all():
        ax.set_yscale("log")
    ax.legend(frameon=False, fontsize=8, title="mode", title_fontsize=8)
    return tidy(ax)


def plot_spectrum(
    model: Any, *, frequencies: Sequence[float] | None = None, ax: Axes | None = None
) -> Axes:
    """Draw the power spectrum of every latent position, and where the modes are.

    S(f) = H(f) L L' H(f)^*, H(f) = (K + i w G - w^2 I)^-1, w = 2 pi f: what noise makes of it.

    Parameters
    ----------
    model : LangevinLDS
        Fitted.
    frequencies : sequence of float, optional
        Hz; default up to half the rate of bins.
    ax : matplotlib Axes, optional
        Where to draw; default new axes.

    Returns
    -------
    matplotlib.axes.Axes
        Power over frequency, logarithmic.

    Examples
    --------
    >>> import neurokit as nk
    >>> sim = nk.simulate.oscillators([5.0], [0.1], 4, 3, 30, random_state=0)
    >>> import warnings
    >>> with warnings.catch_warnings():
    ...     warnings.simplefilter("ignore")  # two iterations are for the example
    ...     model = nk.flows.LangevinLDS(1, n_restarts=1, max_iter=2).fit(
    ...         sim.recordings["session1"].activity.signal
    ...     )
    >>> nk.flows.plot_spectrum(model).get_xlabel()
    'frequency (Hz)'
    """
    ax = axes_or_new(ax, (5.2, 3.6))
    top = 0.5 / model.bin_width_
    hertz = np.linspace(top / 400, top, 400) if frequencies is None else np.asarray(frequencies)
    power = position_spectrum(model, hertz)
    for k in range(power.shape[1]):
        ax.plot(hertz, power[:, k], color=COLOURS[k % len(COLOURS)], label=f"latent {k}")
    for f, z in zip(model.frequencies_.values, model.damping_ratios_.values, strict=True):
        if 0 < z < 1 and f <= hertz[-1]:
            ax.axvline(f, color=GREY, lw=0.8, ls=":")
            ax.annotate(f"{f:.1f} Hz", (f, 1.0), xycoords=("data", "axes fraction"), fontsize=7,
                        ha="left", va="bottom", rotation=30)  # fmt: skip
    ax.set(xlabel="frequency (Hz)", ylabel="power of position (1/Hz)", xlim=(0, hertz[-1]))
    ax.set_yscale("log")
    ax.legend(frameon=False, fontsize=8)
    return tidy(ax)


def position_spectrum(model: Any, hertz: Array) -> Array:
    """Two-sided power spectral density of each latent position.

    Parameters
    ----------
    model : LangevinLDS
        Fitted.
    hertz : (n,) ndarray
        Frequencies.

    Returns
    -------
    (n, n_latents) ndarray
        Per Hz.
    """
    K, G, D = (getattr(model, f"{name}_").values for name in ("stiffness", "friction", "diffusion"))
    omega = 2.0 * np.pi * np.asarray(hertz, dtype=np.float64)[:, None, None]
    H = np.linalg.inv(K + 1j * omega * G - omega**2 * np.eye(len(K)))
    S = H @ D @ H.conj().transpose(0, 2, 1)
    return np.asarray(np.einsum("fii->fi", S).real, dtype=np.float64)


def plot_phase(
    paths: xr.Dataset, latent: int = 0, *, n_trials: int = 10, ax: Axes | None = None
) -> Axes:
    """Draw velocity over position of one latent: rings where it oscillates, a cloud where not.

    Parameters
    ----------
    paths : Dataset
        Of ``LangevinLDS.transform``.
    latent : int, default 0
        Which.
    n_trials : int, default 10
        Most trials drawn; the first are.
    ax : matplotlib Axes, optional
        Where to draw; default new axes.

    Returns
    -------
    matplotlib.axes.Axes
        One line per trial, from its open to its filled end.

    Raises
    ------
    SchemaError
        If `paths` has no velocity.
    OptionError
        If there is no such latent.

    Examples
    --------
    >>> import neurokit as nk
    >>> sim = nk.simulate.oscillators([5.0], [0.1], 4, 3, 30, random_state=0)
    >>> counts = sim.recordings["session1"].activity.signal
    >>> import warnings
    >>> with warnings.catch_warnings():
    ...     warnings.simplefilter("ignore")  # two iterations are for the example
    ...     model = nk.flows.LangevinLDS(1, n_restarts=1, max_iter=2).fit(counts)
    >>> len(nk.flows.plot_phase(model.transform(counts), n_trials=2).lines) >= 2
    True
    """
    if not isinstance(paths, xr.Dataset) or "velocity" not in paths:
        raise SchemaError(
            "has no velocity", where="paths", mend="Give what LangevinLDS.transform returns."
        )
    if not 0 <= latent < paths.sizes["latent"]:
        raise OptionError(
            f"is {latent}", where="latent", mend=f"There are {paths.sizes['latent']}."
        )
    ax = axes_or_new(ax, (4.2, 4.0))
    z, v = (paths[name].isel(latent=latent).values for name in ("position", "velocity"))
    z, v = np.atleast_2d(z)[:n_trials], np.atleast_2d(v)[:n_trials]
    for k in range(len(z)):
        colour = COLOURS[k % len(COLOURS)]
        ax.plot(z[k], v[k], color=colour, lw=0.8, alpha=0.8)
        seen = np.flatnonzero(np.isfinite(z[k]))
        if seen.size:
            ax.plot(z[k, seen[0]], v[k, seen[0]], "o", mfc="white", color=colour, ms=4)
            ax.plot(z[k, seen[-1]], v[k, seen[-1]], "o", color=colour, ms=4)
    ax.set(xlabel=f"position of latent {latent} (no unit)", ylabel="velocity (1/s)")
    return tidy(ax)


def plot_rates(
    rates: xr.DataArray,
    true_rates: xr.DataArray | None = None,
    *,
    counts: xr.DataArray | None = None,
    trial: int = 0,
    neurons: Sequence[int] = (0, 1, 2, 3),
    ax: Axes | None = None,
) -> Axes:
    """Draw inferred rates of some neurons in one trial, the truth and the spikes beneath.

    Parameters
    ----------
    rates : (trial, time, neuron) DataArray
        Expected counts per bin.
    true_rates : DataArray, optional
        The true ones, dims as `rates`.
    counts : DataArray, optional
        Spikes per bin, as rates.
    trial : int, default 0
        Which.
    neurons : sequence of int
        Places of neurons.
    ax : matplotlib Axes, optional
        Where to draw; default new axes.

    Returns
    -------
    matplotlib.axes.Axes
        Neurons one above the other, each scaled to its highest rate.

    Raises
    ------
    SchemaError
        If rates are not (trial, time, neuron).

    Examples
    --------
    >>> import neurokit as nk
    >>> sim = nk.simulate.oscillators([5.0], [0.1], 4, 3, 30, random_state=0)
    >>> rate = sim.truth.rate
    >>> nk.flows.plot_rates(rate, trial=1, neurons=(0, 2)).get_xlabel()
    'time (s)'
    """
    if set(rates.dims) != {"trial", "time", rates.dims[-1]} or rates.ndim != 3:
        raise SchemaError(
            f"have dims {rates.dims}", where="rates", mend="Give (trial, time, neuron)."
        )
    ax = axes_or_new(ax, (7.0, 3.6))
    space = str(rates.dims[-1])
    clock = rates["time"].values if "time" in rates.coords else np.arange(rates.sizes["time"])
    chosen = [k for k in neurons if k < rates.sizes[space]]
    for row, k in enumerate(chosen):
        found = rates.isel({"trial": trial, space: k}).values
        true = None if true_rates is None else np.asarray(true_rates)[trial, :, k]
        top = max(float(np.nanmax(found)), 0.0 if true is None else float(np.nanmax(true)), 1e-12)
        if true is not None:
            ax.plot(clock, row + 0.8 * true / top, color=BLACK, lw=1.0, ls="--",
                    label="true" if row == 0 else None)  # fmt: skip
        ax.plot(clock, row + 0.8 * found / top, color=COLOURS[row % len(COLOURS)], lw=1.4,
                label="inferred" if row == 0 else None)  # fmt: skip
        if counts is not None:
            spikes = np.asarray(counts)[trial, :, k]
            at = clock[spikes > 0]
            ax.plot(at, np.full(at.size, row - 0.08), "|", color=GREY, ms=5,
                    label="spikes" if row == 0 else None)  # fmt: skip
    names = rates[space].values if space in rates.coords else np.arange(rates.sizes[space])
    ax.set_yticks(range(len(chosen)), [str(names[k]) for k in chosen])
    unit = "s" if "time" in rates.coords else "bin"
    ax.set(xlabel=f"time ({unit})", ylabel="rate, scaled per neuron")
    ax.legend(frameon=False, fontsize=8, loc="upper right", bbox_to_anchor=(1.0, 1.15), ncols=3)
    return tidy(ax)


def plot_comparison(table: xr.Dataset, metric: str = "co_bps", *, ax: Axes | None = None) -> Axes:
    """Draw one score of every model as bars.

    Parameters
    ----------
    table : Dataset
        Of `compare`.
    metric : str, default "co_bps"
        Which of its variables.
    ax : matplotlib Axes, optional
        Where to draw; default new axes.

    Returns
    -------
    matplotlib.axes.Axes
        Models from top to bottom.

    Raises
    ------
    OptionError
        If the table has no such score.

    Examples
    --------
    >>> import neurokit as nk
    >>> table = xr.Dataset({"co_bps": ("model", [0.1, 0.2])}, {"model": ["smoothing", "Langevin"]})
    >>> len(nk.flows.plot_comparison(table).patches)
    2
    """
    if metric not in table:
        raise OptionError(
            f"is {metric!r}",
            where="metric",
            mend=f"Use one of {sorted(map(str, table.data_vars))}.",
        )
    ax = axes_or_new(ax, (5.4, 0.5 + 0.45 * table.sizes["model"]))
    values = table[metric].values
    places = np.arange(values.size)
    ax.barh(places, np.nan_to_num(values), color=COLOURS[0], height=0.6)
    for place, value in zip(places, values, strict=True):
        text = "not possible" if np.isnan(value) else f"{value:.3f}"
        # Beside the bar's end, or beside zero where the bar runs to the left of it.
        ax.annotate(text, (max(np.nan_to_num(value), 0.0), place), xytext=(3, 0),
                    textcoords="offset points", va="center", fontsize=8)  # fmt: skip
    ax.set_yticks(places, [str(name) for name in table["model"].values])
    ax.invert_yaxis()
    ax.axvline(0, color=BLACK, lw=0.8)
    ax.margins(x=0.15)
    ax.locator_params(axis="x", nbins=5)  # more numbers run into each other
    units = str(table[metric].attrs.get("units", "1"))
    name = metric.replace("_", " ")
    ax.set_xlabel(name if units == "1" else f"{name} ({units})")
    return tidy(ax)


def plot_trace(model: Any, *, ax: Axes | None = None) -> Axes:
    """Draw the log-likelihood over iterations."""
    ax = axes_or_new(ax, (4.6, 3.2))
    trace = model.log_likelihoods_
    ax.plot(trace["iteration"].values, trace.values, color=COLOURS[0], marker=".", ms=3)
    ax.set(xlabel="iteration", ylabel="log-likelihood (nat)")
    return tidy(ax)


def plot_model(model: Any) -> list[Axes]:
    """Draw what a fitted linear flow says: modes and spectrum, if it has any, and its course."""
    drawn = [plot_trace(model)]
    if hasattr(model, "frequencies_"):
        drawn = [plot_modes(model), plot_spectrum(model), *drawn]
    return drawn
