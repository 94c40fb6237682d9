"""Underdamped Langevin dynamics by BAOAB steps: kick, drift, exact friction and noise, drift, kick.

Leimkuhler and Matthews (2013) doi:10.1093/amrx/abs010: positions in a harmonic potential have the
right stationary variance at any stable step.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn

from neurokit.flows.torch_potential import Force, Potential
from neurokit.flows.torch_scan import linear_scan

# Damping of a start: a velocity forgets itself in some 1 / .1 units of time.
_FRICTION = 0.1


class LangevinDynamics(nn.Module):
    """dz = v dt, dv = (-dU/dz - (G + J) v + B u) dt + sqrt(2 G T) dW; G diagonal > 0.

    J is antisymmetric: it turns velocities and does no work; without inputs u the law
    exp(-U(z) / T - v'v / 2T) is stationary.

    Parameters
    ----------
    potential : Potential
        U.
    step : float
        Units of time per bin.
    n_substeps : int
        Steps per bin.
    turns : bool
        Whether there is J.
    n_inputs : int
        Entries of u.
    """

    def __init__(
        self,
        potential: Potential,
        step: float,
        n_substeps: int = 1,
        *,
        turns: bool = True,
        n_inputs: int = 0,
    ) -> None:
        super().__init__()
        n_latents = potential.n_latents
        self.n_latents, self.n_substeps = n_latents, n_substeps
        self.step = step / n_substeps
        self.potential = potential
        self.log_friction = nn.Parameter(torch.empty(n_latents))
        self.turning = nn.Parameter(torch.empty(n_latents, n_latents), requires_grad=turns)
        self.log_temperature = nn.Parameter(torch.empty(()))
        # Files hold no tensor for what is not there.
        self.input = nn.Parameter(torch.empty(n_inputs, n_latents)) if n_inputs else None

    @torch.no_grad()
    def reset(self, generator: torch.Generator) -> None:
        """Draw starting values."""
        self.log_friction.fill_(math.log(_FRICTION))
        self.turning.zero_()
        if self.turning.requires_grad:
            self.turning.copy_(torch.randn(self.turning.shape, generator=generator) * 0.02)
        self.log_temperature.fill_(math.log(0.1))
        if self.input is not None:
            self.input.zero_()

    def friction(self) -> Tensor:
        """Return G + J, (d, d)."""
        return torch.diag(self.log_friction.exp()) + self.turning - self.turning.T

    def decay(self) -> Tensor:
        """Return R' of the exact friction step v' = R v + C e, R = expm(-step (G + J)), (d, d)."""
        kept: Tensor = torch.linalg.matrix_exp(-self.step * self.friction())
        return kept.T

    def noise(self) -> Tensor:
        """Return C' of the exact friction step, C C' = T (1 - R R'), (d, d), for rows of e."""
        kept = self.decay()
        eye = torch.eye(self.n_latents, dtype=kept.dtype, device=kept.device)
        lost = eye - kept.T @ kept
        # Friction near 0 loses less than rounding.
        root = torch.linalg.cholesky(0.5 * (lost + lost.T) + 1e-6 * eye)
        scaled: Tensor = (0.5 * self.log_temperature).exp() * root.T
        return scaled

    def driven(self, external: Tensor | None, pushes: Tensor | None) -> Tensor | None:
        """Add what inputs do to pushes; the input of a bin acts on the way to the next.

        Parameters
        ----------
        external : (n, n_bins, n_inputs) tensor, optional
            u.
        pushes : (n_bins - 1, n, d) tensor, optional
            Of noise.

        Returns
        -------
        (n_bins - 1, n, d) tensor, optional
            For `path`.
        """
        if external is None or self.input is None:
            return pushes
        drive = external[:, :-1].transpose(0, 1) @ self.input * (self.step * self.n_substeps)
        return drive if pushes is None else pushes + drive

    def path(
        self, position: Tensor, velocity: Tensor, n_bins: int, pushes: Tensor | None = None
    ) -> tuple[Tensor, Tensor]:
        """Follow the dynamics from the first bin on.

        Parameters
        ----------
        position, velocity : (n, d) tensor
            Of the first bin.
        n_bins : int
            Bins, the first included.
        pushes : (n_bins - 1, n, d) tensor, optional
            Added to the velocity in the middle of the (first sub-)step that follows each bin.

        Returns
        -------
        (n, n_bins, d), (n, n_bins, d) tensor
            Positions and velocities.
        """
        force = self.potential.force()
        if force.is_linear:
            return self._linear_path(force, position, velocity, n_bins, pushes)
        kept = self.decay()
        positions, velocities = [position], [velocity]
        pull = force(position)
        for t in range(n_bins - 1):
            push = None if pushes is None else pushes[t]
            for _ in range(self.n_substeps):
                position, velocity, pull = self._step(force, kept, position, velocity, pull, push)
                push = None
            positions.append(position)
            velocities.append(velocity)
        return torch.stack(positions, 1), torch.stack(velocities, 1)

    def _step(
        self, force: Force, kept: Tensor, z: Tensor, v: Tensor, pull: Tensor, push: Tensor | None
    ) -> tuple[Tensor, Tensor, Tensor]:
        half = 0.5 * self.step
        v = torch.add(v, pull, alpha=half)
        z = torch.add(z, v, alpha=half)
        v = v @ kept if push is None else torch.addmm(push, v, kept)
        z = torch.add(z, v, alpha=half)
        pull = force(z)
        return z, torch.add(v, pull, alpha=half), pull

    def step_matrix(self, force: Force, kept: Tensor) -> tuple[Tensor, Tensor]:
        """Return the linear step of rows (z, v) over one sub-step, and what a push adds to it."""
        d, half = self.n_latents, 0.5 * self.step
        eye = torch.eye(2 * d, dtype=kept.dtype, device=kept.device)
        z, v = eye[:, :d], eye[:, d:]
        z, v, _ = self._step(force, kept, z, v, force(z), None)
        unit = eye[:d, :d]
        moved = half * unit
        return torch.cat([z, v], 1), torch.cat([moved, unit + half * force(moved)], 1)

    def _linear_path(
        self, force: Force, position: Tensor, velocity: Tensor, n_bins: int, pushes: Tensor | None
    ) -> tuple[Tensor, Tensor]:
        kept = self.decay()
        once, pushed = self.step_matrix(force, kept)
        later = torch.linalg.matrix_power(once, self.n_substeps - 1)
        added = None if pushes is None else pushes @ (pushed @ later)
        start = torch.cat([position, velocity], 1)
        states = linear_scan(once @ later, start, n_bins, added)
        return states[..., : self.n_latents], states[..., self.n_latents :]
