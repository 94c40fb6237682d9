"""Self-attention over the bins of a trial, which padding takes no part in."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn


class AttentionLayer(nn.Module):
    """x + Attention(norm x), then x + MLP(norm x): every bin looks at every bin of its trial.

    Parameters
    ----------
    width : int
        Of bins, a multiple of `n_heads`.
    n_heads : int
        Heads.
    """

    def __init__(self, width: int, n_heads: int = 2) -> None:
        super().__init__()
        self.n_heads = n_heads
        self.before, self.between = nn.LayerNorm(width), nn.LayerNorm(width)
        self.read, self.write = nn.Linear(width, 3 * width), nn.Linear(width, width)
        self.mlp = nn.Sequential(
            nn.Linear(width, 2 * width), nn.GELU(), nn.Linear(2 * width, width)
        )

    def forward(self, bins: Tensor, inside: Tensor) -> Tensor:
        """Let bins look at each other.

        Parameters
        ----------
        bins : (n, n_bins, width) tensor
            Of trials.
        inside : (n, n_bins) tensor of bool
            False in padding.

        Returns
        -------
        (n, n_bins, width) tensor
            As many.
        """
        n, n_bins, width = bins.shape
        heads = self.read(self.before(bins)).view(n, n_bins, 3, self.n_heads, -1)
        query, key, value = heads.permute(2, 0, 3, 1, 4)
        seen = nn.functional.scaled_dot_product_attention(
            query, key, value, attn_mask=inside[:, None, None, :]
        )
        bins = bins + self.write(seen.transpose(1, 2).reshape(n, n_bins, width))
        return bins + torch.as_tensor(self.mlp(self.between(bins)))


def inside_trials(lengths: Tensor, n_bins: int, device: torch.device) -> Tensor:
    """Return which bins are no padding, (n, n_bins)."""
    return (torch.arange(n_bins) < lengths[:, None]).to(device)


def places(n_bins: int, width: int) -> Tensor:
    """Return sines and cosines of geometric periods that tell bins apart, (n_bins, width)."""
    period = torch.exp(torch.arange(0, width, 2) * (-math.log(10_000.0) / width))
    phase = torch.arange(n_bins)[:, None] * period
    return torch.stack([phase.sin(), phase.cos()], -1).flatten(1)[:, :width]
