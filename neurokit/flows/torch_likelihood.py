"""What neurons emit: Poisson and negative-binomial counts, Gaussian signals; nats per value."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn

LIKELIHOODS = ("poisson", "negative_binomial", "gaussian")

# Log rates beyond these are no rates of neurons, and their exponentials would end a fit.
_LOWEST, _HIGHEST = -12.0, 8.0


class Likelihood(nn.Module):
    """log p(y | x), x what a decoder gives per neuron and bin, 0 at the neuron's mean.

    Counts have the expectation exp(log mean + x); a Gaussian signal has mean + spread x.

    Parameters
    ----------
    kind : {"poisson", "negative_binomial", "gaussian"}
        A negative binomial has variance mu + mu^2 / r with one r per neuron; a Gaussian one noise
        variance per neuron.
    mean, spread : (n_neurons,) tensor
        Of each neuron's values; positive spreads.
    """

    mean: Tensor
    spread: Tensor

    def __init__(self, kind: str, mean: Tensor, spread: Tensor) -> None:
        super().__init__()
        self.kind = kind
        self.register_buffer("mean", mean)
        self.register_buffer("spread", spread)
        if kind != "poisson":
            # The logarithm of r, or of the noise variance in units of the neuron's variance.
            self.log_scale = nn.Parameter(torch.empty_like(mean))

    @torch.no_grad()
    def reset(self, generator: torch.Generator) -> None:
        """Start nearly Poisson, or with half of the variance as noise."""
        del generator
        if self.kind != "poisson":
            start = 10.0 if self.kind == "negative_binomial" else 0.5
            self.log_scale.fill_(math.log(start))

    def expected(self, decoded: Tensor) -> Tensor:
        """Return expected counts or signals."""
        if self.kind == "gaussian":
            return self.mean + self.spread * decoded
        return self._log_rate(decoded).exp()

    def loss(self, decoded: Tensor, values: Tensor) -> Tensor:
        """Return -log p of every value, nats."""
        if self.kind == "gaussian":
            return self._gaussian(decoded, values)
        log_rate = self._log_rate(decoded)
        if self.kind == "poisson":
            return log_rate.exp() - values * log_rate + torch.lgamma(values + 1.0)
        return self._negative_binomial(log_rate, values)

    def _log_rate(self, decoded: Tensor) -> Tensor:
        # A silent neuron has no log mean: a spike in ten thousand bins takes its place.
        return (self.mean.clamp_min(1e-4).log() + decoded).clamp(_LOWEST, _HIGHEST)

    def _gaussian(self, decoded: Tensor, values: Tensor) -> Tensor:
        rest = (values - self.mean) / self.spread - decoded
        log_variance = self.log_scale.clamp(-12.0, 12.0)
        scaled = rest**2 * (-log_variance).exp() + log_variance
        return 0.5 * (scaled + math.log(2.0 * math.pi)) + self.spread.log()

    def _negative_binomial(self, log_rate: Tensor, values: Tensor) -> Tensor:
        log_r = self.log_scale.clamp(-6.0, 12.0)
        r = log_r.exp()
        log_both = torch.logaddexp(log_rate, log_r)
        mixed = r * (log_r - log_both) + values * (log_rate - log_both)
        counted = torch.lgamma(values + r) - torch.lgamma(r) - torch.lgamma(values + 1.0)
        return -(mixed + counted)
