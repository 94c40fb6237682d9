"""Linear recurrences over bins in a number of products that grows with the logarithm of bins."""

from __future__ import annotations

import torch
from torch import Tensor


def linear_scan(step: Tensor, start: Tensor, n_bins: int, added: Tensor | None = None) -> Tensor:
    """s_0 = start, s_{t+1} = s_t A + a_t, all bins by doubling.

    Parameters
    ----------
    step : (D, D) tensor
        A.
    start : (n, D) tensor
        Rows of first states.
    n_bins : int
        Bins, the first included.
    added : (n_bins - 1, n, D) tensor, optional
        a.

    Returns
    -------
    (n, n_bins, D) tensor
        States.
    """
    if added is None:
        return _powers_of_start(step, start, n_bins)
    states = torch.cat([start[None], added], 0)
    power, reach = step, 1
    # After each round a state holds what entered in the last 2, 4, 8, ... bins.
    while reach < n_bins:
        states = torch.cat([states[:reach], states[reach:] + states[:-reach] @ power], 0)
        power, reach = power @ power, 2 * reach
    return states.transpose(0, 1)


def _powers_of_start(step: Tensor, start: Tensor, n_bins: int) -> Tensor:
    states, power = start[None], step
    while len(states) < n_bins:
        states = torch.cat([states, states @ power], 0)
        power = power @ power
    return states[:n_bins].transpose(0, 1)
