"""The potential of coupled oscillators in which latent positions move, and its force."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn

# Keeps the quadratic part above the network's, which grows linearly: bounded below everywhere.
_FLOOR = 1e-3
_TAPS = 3


class OscillatorPotential(nn.Module):
    """U(z) = z'(L'L + e) z/2 + sum_ki c_k (z_i - z_{i+k})^2/2 + sum_j a_j log cosh(w_j z + b_j).

    Springs of every latent, springs between neighbours on a ring (a kernel of positive couplings),
    and optionally a network whose force is a gradient by construction. Time is in units of the
    dynamics, so that stiffness has no unit.

    Parameters
    ----------
    n_latents : int
        d.
    n_hidden : int
        Units of the network; 0 leaves the potential quadratic.
    """

    def __init__(self, n_latents: int, n_hidden: int) -> None:
        super().__init__()
        self.n_latents, self.n_hidden = n_latents, n_hidden
        self.factor = nn.Parameter(torch.empty(n_latents, n_latents))
        # Neighbours further than half the ring are counted from the other side.
        self.kernel = nn.Parameter(torch.empty(min(_TAPS, n_latents // 2)))
        self.weight = nn.Parameter(torch.empty(n_hidden, n_latents))
        self.bias = nn.Parameter(torch.empty(n_hidden))
        self.amplitude = nn.Parameter(torch.empty(n_hidden))

    @torch.no_grad()
    def reset(self, generator: torch.Generator) -> None:
        """Draw starting values: springs of spread frequencies, weak couplings, a weak network."""
        d, m = self.n_latents, self.n_hidden
        self.factor.copy_(torch.diag(torch.linspace(0.3, 1.5, d)))
        self.factor.add_(torch.randn(d, d, generator=generator), alpha=0.02)
        self.kernel.fill_(-3.0)
        self.weight.copy_(torch.randn(m, d, generator=generator) / math.sqrt(d))
        self.bias.copy_(torch.randn(m, generator=generator))
        self.amplitude.copy_(torch.randn(m, generator=generator) * 0.3 / math.sqrt(max(m, 1)))

    def couplings(self) -> Tensor:
        """Return the springs between neighbours on the ring, (taps,), positive."""
        return nn.functional.softplus(self.kernel)

    def stiffness(self) -> Tensor:
        """Return the matrix of the quadratic part, (d, d), symmetric, positive definite."""
        eye = torch.eye(self.n_latents, dtype=self.factor.dtype, device=self.factor.device)
        found = self.factor.T @ self.factor + _FLOOR * eye
        for tap, strength in enumerate(self.couplings(), start=1):
            around = torch.roll(eye, tap, dims=0)
            found = found + strength * (2.0 * eye - around - around.T)
        return found

    def energy(self, position: Tensor) -> Tensor:
        """Return U of (..., d) positions."""
        quadratic = 0.5 * ((position @ self.stiffness()) * position).sum(-1)
        arm = position @ self.weight.T + self.bias
        # log cosh x without overflow.
        bend = arm.abs() + nn.functional.softplus(-2.0 * arm.abs()) - math.log(2.0)
        return quadratic + bend @ self.amplitude

    def force(self) -> Force:
        """Return what gives -dU/dz, with the matrices that do not depend on z made once."""
        return Force(
            -self.stiffness(), self.weight.T, self.bias, -self.amplitude[:, None] * self.weight
        )


class Force:
    """F(z) = z A + tanh(z W + b) V, rows of positions."""

    def __init__(self, linear: Tensor, inner: Tensor, bias: Tensor, outer: Tensor) -> None:
        self.linear, self.inner, self.bias, self.outer = linear, inner, bias, outer

    @property
    def is_linear(self) -> bool:
        """Whether there is no network."""
        return self.bias.numel() == 0

    def __call__(self, position: Tensor) -> Tensor:
        """Return the force at (..., d) positions."""
        spring = position @ self.linear
        if self.is_linear:
            return spring
        bent = torch.tanh(position @ self.inner + self.bias)
        return spring + bent @ self.outer
