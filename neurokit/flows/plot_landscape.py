"""The potential that latents move in, as a curve or a map, with the paths that were taken."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from neurokit.errors import OptionError
from neurokit.plot.style import BLACK, COLOURS, axes_or_new, tidy

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Array = NDArray[np.float64]

_SIDE, _LEVELS = 80, 14
# Of the position that one bin in a hundred exceeds: a single excursion would hide the rest.
_REACH = 1.4


def plot_potential(
    model: Any,
    latents: Sequence[int] = (0, 1),
    *,
    paths: xr.Dataset | None = None,
    reach: float | None = None,
    n_trials: int = 5,
    ax: Axes | None = None,
) -> Axes:
    """Draw V over one or two latents, all others at 0: where positions are pulled to.

    Parameters
    ----------
    model : LangevinLDS or LangevinFlow
        Fitted; anything with ``potential``.
    latents : sequence of int, default (0, 1)
        One (a curve) or two (a map); of a model with one latent the first is enough.
    paths : Dataset, optional
        Of ``transform``: the first trials are drawn on the map, or all positions as a histogram
        under the curve.
    reach : float, optional
        How far to draw to each side; default what the paths reach, or 3.
    n_trials : int, default 5
        Most trials drawn.
    ax : matplotlib Axes, optional
        Where to draw; default new axes.

    Returns
    -------
    matplotlib.axes.Axes
        The least of V is 0.

    Raises
    ------
    OptionError
        If there is no such latent.

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
    >>> len(nk.flows.plot_potential(model, latents=[0]).lines) > 0
    True
    """
    n_latents = int(model.n_latents)
    chosen = list(latents)[: min(2, n_latents)]
    if not chosen or len(set(chosen)) < len(chosen) or not all(0 <= k < n_latents for k in chosen):
        raise OptionError(
            f"are {list(latents)!r}",
            where="latents",
            mend=f"Give one or two of 0 to {n_latents - 1}.",
        )
    ax = axes_or_new(ax, (4.6, 3.8))
    seen = _positions(paths, chosen)
    if reach is None:
        reach = 3.0 if seen is None else _REACH * float(np.nanquantile(np.abs(seen), 0.99))
    line = np.linspace(-reach, reach, _SIDE + 1)
    if len(chosen) == 1:
        _curve(ax, model, chosen[0], line, seen)
    else:
        _map(ax, model, chosen, line, seen, n_trials)
    return tidy(ax)


def _positions(paths: xr.Dataset | None, chosen: Sequence[int]) -> Array | None:
    """(trial, time, chosen)."""
    if paths is None:
        return None
    position = paths["position"].isel(latent=list(chosen))
    values = position.transpose(..., "time", "latent").values
    return np.asarray(values, dtype=np.float64).reshape(-1, *values.shape[-2:])


def _at(model: Any, points: Array) -> Array:
    values = np.asarray(model.potential(points), dtype=np.float64)
    found: Array = values - values.min()
    return found


def _curve(ax: Axes, model: Any, latent: int, line: Array, seen: Array | None) -> None:
    points = np.zeros((line.size, int(model.n_latents)))
    points[:, latent] = line
    ax.plot(line, _at(model, points), color=COLOURS[0], lw=1.6)
    ax.set(xlabel=f"position of latent {latent} (no unit)", ylabel="potential (1/s²)")
    if seen is not None:
        under = ax.twinx()
        under.hist(seen[np.isfinite(seen)], bins=40, color=COLOURS[1], alpha=0.3, density=True)
        under.set_ylabel("share of bins (density)")


def _map(
    ax: Axes, model: Any, chosen: Sequence[int], line: Array, seen: Array | None, n_trials: int
) -> None:
    x, y = np.meshgrid(line, line)
    points = np.zeros((x.size, int(model.n_latents)))
    points[:, chosen[0]], points[:, chosen[1]] = x.ravel(), y.ravel()
    height = _at(model, points).reshape(x.shape)
    filled = ax.contourf(x, y, height, levels=_LEVELS, cmap="cividis")
    bar = ax.figure.colorbar(filled, ax=ax)
    bar.set_label("potential (1/s²)")
    if seen is not None:
        for path in seen[:n_trials]:
            ax.plot(path[:, 0], path[:, 1], color="white", lw=0.9, alpha=0.9)
            at = np.flatnonzero(np.isfinite(path).all(axis=1))
            if at.size:
                ax.plot(*path[at[-1]], "o", color="white", mec=BLACK, ms=4)
    ax.set(
        xlabel=f"position of latent {chosen[0]} (no unit)",
        ylabel=f"position of latent {chosen[1]} (no unit)",
        aspect="equal",
    )
