"""Normal posteriors of latents, and their exact divergence from the prior."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

# Standard deviations beyond exp(-6) and exp(3) are overflow on its way.
_LOWEST, _HIGHEST = -12.0, 6.0


def normal_kl(mean: Tensor, log_variance: Tensor) -> Tensor:
    """KL(N(m, s^2) || N(0, 1)) = (m^2 + s^2 - 1 - log s^2) / 2 of every entry, nats."""
    # expm1(x) - x keeps the digits that exp(x) - 1 - x loses near 0; it is never negative but for
    # rounding.
    spread = torch.expm1(log_variance) - log_variance
    return 0.5 * (mean**2 + spread.clamp_min(0.0))


@dataclass(frozen=True)
class Normal:
    """Independent normal entries.

    Parameters
    ----------
    mean, log_variance : (..., k) tensor
        Of the entries.
    """

    mean: Tensor
    log_variance: Tensor

    @classmethod
    def of(cls, both: Tensor) -> Normal:
        """Split (..., 2 k) outputs of a network into means and bounded log variances."""
        mean, log_variance = both.chunk(2, dim=-1)
        return cls(mean, log_variance.clamp(_LOWEST, _HIGHEST))

    def kl(self) -> Tensor:
        """Return the divergence from N(0, 1), (...) nats: summed over the entries."""
        return normal_kl(self.mean, self.log_variance).sum(-1)

    def draw(self, generator: torch.Generator | None) -> Tensor:
        """Return a draw; the mean where there is no generator."""
        if generator is None:
            return self.mean
        return self.mean + (0.5 * self.log_variance).exp() * normal_like(self.mean, generator)


def normal_like(like: Tensor, generator: torch.Generator) -> Tensor:
    """Return standard normal numbers of the shape of a tensor, drawn on the processor.

    One seed then means the same draws on every device.
    """
    return torch.randn(like.shape, generator=generator).to(like)
