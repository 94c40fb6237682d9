"""From starts to fits: compress once, descend side by side, polish on the data, check.

Starts are worked off in fixed groups of columns, so that any number of workers gives the same
bytes and partial products never outgrow the data.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from neurokit.connectome.compression import CompressedTensor
from neurokit.connectome.dimension_tree import Array
from neurokit.connectome.extrapolated import Fit, fit_batch
from neurokit.connectome.tensor import ObservedTensor

# Columns of all restarts of a group: beyond this a matrix product gains nothing.
_GROUP_COLUMNS = 128
# A polish that lowers the error by more than this share says that the core left out too much.
_TRUSTED = 1e-4


@dataclass(frozen=True)
class Settings:
    """When a run ends.

    Parameters
    ----------
    max_iter : int
        Most sweeps.
    tol : float
        Converged when the relative error falls by less than this in one sweep.
    """

    max_iter: int
    tol: float


def solve(
    tensor: ObservedTensor,
    starts: Sequence[Sequence[Array]],
    rngs: Sequence[np.random.Generator],
    settings: Settings,
    *,
    core: CompressedTensor | None = None,
    stop: Callable[[], bool] = lambda: False,
) -> list[Fit]:
    """Fit all starts of one group, through the core first where there is one.

    Parameters
    ----------
    tensor : ObservedTensor
        The data.
    starts : sequence of sequences of (size, rank) ndarray
        In internal mode order.
    rngs : sequence of numpy.random.Generator
        One stream per start.
    settings : Settings
        When a run ends.
    core : CompressedTensor, optional
        The same data behind a Tucker core.
    stop : callable
        Asked after every sweep; true ends all runs where they stand.

    Returns
    -------
    list of Fit
        Converged on the data themselves; errors are those of sweeps over the data.
    """

    def descend(on: ObservedTensor, begin: Sequence[Sequence[Array]]) -> list[Fit]:
        options = {"max_iter": settings.max_iter, "tol": settings.tol}
        return fit_batch(on, begin, rngs, stop=stop, **options)  # type: ignore[arg-type]

    if core is None:
        return descend(tensor, starts)
    rough = descend(core, starts)
    fits = descend(tensor, [fit.factors for fit in rough])
    if stop() or not any(map(_moved, fits)):
        return fits
    again = descend(tensor, starts)
    return [min(pair, key=lambda fit: fit.errors[-1]) for pair in zip(fits, again, strict=True)]


def _moved(fit: Fit) -> bool:
    return fit.errors[0] - fit.errors[-1] > _TRUSTED * fit.errors[-1]


def groups(ranks: Sequence[int]) -> list[slice]:
    """Cut starts into consecutive groups of bounded numbers of columns.

    Parameters
    ----------
    ranks : sequence of int
        Columns of every start.

    Returns
    -------
    list of slice
        They depend on nothing else.

    Examples
    --------
    >>> groups([60, 60, 60])
    [slice(0, 2, None), slice(2, 3, None)]
    """
    cuts, width = [0], 0
    for k, rank in enumerate(ranks):
        if width and width + rank > _GROUP_COLUMNS:
            cuts.append(k)
            width = 0
        width += rank
    return [slice(a, b) for a, b in zip(cuts, [*cuts[1:], len(ranks)], strict=True)]
