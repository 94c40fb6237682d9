"""Fixed-point iterations made faster: Anderson's extrapolation from the last few steps.

Expectation-maximisation closes in by a fixed share per iteration, and where data say little by a
small one. From a few steps the way to go can be seen, and is gone at once. Walker and Ni (2011)
doi:10.1137/10078356X; Henderson and Varadhan (2019) doi:10.1080/10618600.2019.1594835.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

# Shrinks the combination of past steps, which are nearly parallel, as a share of their size.
_RIDGE = 1e-8
# No number goes further beyond the plain step than this: so far away a value that was computed is
# no value any more (logarithms of rates and variances are among the numbers).
_LONGEST = 3.0
# Iterations whose mean gain says whether it is over: after a leap that was taken back a step may
# gain next to nothing, and the one after it much.
_JUDGED = 5


def settled(trace: Sequence[float], tol: float) -> bool:
    """Whether the last five iterations together gained less than five times `tol` of the value.

    Parameters
    ----------
    trace : sequence of float
        Values that never fall, the latest last.
    tol : float
        Relative gain per iteration.

    Returns
    -------
    bool
        False before there are five.
    """
    if len(trace) <= _JUDGED:
        return False
    return trace[-1] - trace[-1 - _JUDGED] <= _JUDGED * tol * abs(trace[-1])


class Anderson:
    """Extrapolate x_{k+1} = g(x_k) to where the steps g(x) - x would vanish.

    Of the last points the affine combination is taken whose steps cancel best by least squares.
    Proposals may be bad: whoever asks has to judge them, and to call `forget` after a bad one.

    Parameters
    ----------
    window : int
        Differences of steps that are kept.
    """

    def __init__(self, window: int = 6) -> None:
        self.window = window
        self._points: list[Array] = []
        self._steps: list[Array] = []

    def proposal(self, point: Array, mapped: Array) -> Array | None:
        """Return where to go from `point`, whose image is `mapped`.

        Parameters
        ----------
        point, mapped : (n,) ndarray
            x and g(x).

        Returns
        -------
        (n,) ndarray or None
            None where there is no step before this one, or nothing to be told from it.
        """
        self._points = [*self._points[-self.window :], point]
        self._steps = [*self._steps[-self.window :], mapped - point]
        if len(self._points) < 2:
            return None
        moves = np.stack([b - a for a, b in pairwise(self._points)])
        turns = np.stack([b - a for a, b in pairwise(self._steps)])
        gram = turns @ turns.T
        size = float(np.trace(gram)) / len(gram)
        if not (np.isfinite(gram).all() and size > 0):
            return None
        share = np.linalg.solve(gram + _RIDGE * size * np.eye(len(gram)), turns @ self._steps[-1])
        beyond = -(share @ (moves + turns))
        longest = float(np.abs(beyond).max(initial=0.0))
        if not np.isfinite(longest):
            return None
        found: Array = mapped + beyond * min(1.0, _LONGEST / max(longest, 1e-300))
        return found

    def forget(self) -> None:
        """Keep the last point only."""
        self._points, self._steps = self._points[-1:], self._steps[-1:]
