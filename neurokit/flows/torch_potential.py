"""The potential of coupled oscillators in which latent positions move, and its force."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn

# Keeps the quadratic part above the network's, which grows linearly: bounded below everywhere.
_FLOOR = 1e-3
_TAPS = 3


class Potential(nn.Module):
    """What dynamics ask of a potential U of (..., d) positions."""

    n_latents: int

    def energy(self, position: Tensor) -> Tensor:
        """Return U."""
        raise NotImplementedError

    def force(self) -> Force:
        """Return what gives -dU/dz."""
        raise NotImplementedError


class OscillatorPotential(Potential):
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
        if n_hidden:
            self.weight = nn.Parameter(torch.empty(n_hidden, n_latents))
            self.bias = nn.Parameter(torch.empty(n_hidden))
            self.amplitude = nn.Parameter(torch.empty(n_hidden))

    @torch.no_grad()
    def reset(self, generator: torch.Generator) -> None:
        """Draw starting values: springs of spread frequencies, weak couplings, a weak network."""
        d, m = self.n_latents, self.n_hidden
        self.factor.copy_(torch.diag(torch.linspace(0.3, 1.5, d)))
        self.factor.add_(torch.randn(d, d, generator=generator), alpha=0.02)
        # The logarithm: a coupling that starts weak still moves by its own size.
        self.kernel.fill_(math.log(0.05))
        if not m:
            return
        self.weight.copy_(torch.randn(m, d, generator=generator) / math.sqrt(d))
        self.bias.copy_(torch.randn(m, generator=generator))
        self.amplitude.copy_(torch.randn(m, generator=generator) * 0.3 / math.sqrt(m))

    def couplings(self) -> Tensor:
        """Return the springs between neighbours on the ring, (taps,), positive."""
        return self.kernel.exp()

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
        if not self.n_hidden:
            return quadratic
        arm = position @ self.weight.T + self.bias
        # log cosh x without overflow.
        bend = arm.abs() + nn.functional.softplus(-2.0 * arm.abs()) - math.log(2.0)
        return quadratic + bend @ self.amplitude

    def force(self) -> Force:
        """Return what gives -dU/dz, with the matrices that do not depend on z made once."""
        if not self.n_hidden:
            return Force(-self.stiffness())
        outer = -self.amplitude[:, None] * self.weight
        return Force(-self.stiffness(), (self.weight.T, self.bias, outer))


class Force:
    """F(z) = z A, and + tanh(z W + b) V where there is a network; rows of positions.

    Parameters
    ----------
    linear : (d, d) tensor
        A.
    network : tuple of (d, m), (m,), (m, d) tensor, optional
        W, b, V.
    """

    def __init__(
        self, linear: Tensor, network: tuple[Tensor, Tensor, Tensor] | None = None
    ) -> None:
        self.linear, self.network = linear, network

    @property
    def is_linear(self) -> bool:
        """Whether there is no network."""
        return self.network is None

    def __call__(self, position: Tensor) -> Tensor:
        """Return the force at (..., d) positions."""
        spring = position @ self.linear
        if self.network is None:
            return spring
        inner, bias, outer = self.network
        return spring + torch.tanh(position @ inner + bias) @ outer
