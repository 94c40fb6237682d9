"""The Langevin flow as its authors' code intends it, with what is wrong in that code repaired.

Song et al. (2025) arXiv:2507.11531. What is repaired, each with the reason:

- the kernel of the potential starts away from 0 and is not normalised (there its gradient was
  infinite, and it never moved again);
- the energy is |k * z|^2 / 2, which is bounded below (there a double sum over groups collapsed it
  to a form without a lower bound);
- a step is .3 units of time, friction and noise are of that step (there positions moved by 1 % of a
  velocity that was drawn anew in every bin);
- friction and temperature are learned (there constants);
- the divergence is in nats and of the first state only: noise has one law before and after seeing
  data (there a variance stood where its logarithm belongs, and the sum was not scaled as the loss);
- dropout is on what the encoder gives, from a generator of its own (there inside the recurrence);
- rates are averaged over draws, not their logarithms; the best weights are kept (there the last).
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from neurokit.flows.torch_attention import AttentionLayer, inside_trials
from neurokit.flows.torch_dynamics import LangevinDynamics
from neurokit.flows.torch_flowed import Flowed, Reading, full_precision
from neurokit.flows.torch_posterior import Normal, normal_like
from neurokit.flows.torch_potential import Force, Potential

PARTS = ("position", "velocity", "hidden")
_DROPPED = 0.05
_TAPS = 3


class KernelPotential(Potential):
    """U(z) = |k * z|^2 / 2, a convolution of groups of latents with a learned kernel.

    Parameters
    ----------
    n_latents : int
        d; in four groups where 4 divides it, else in two or one.
    """

    def __init__(self, n_latents: int) -> None:
        super().__init__()
        self.n_latents = n_latents
        self.n_groups = next(g for g in (4, 2, 1) if n_latents % g == 0)
        self.kernel = nn.Parameter(torch.empty(self.n_groups, self.n_groups, _TAPS))

    @torch.no_grad()
    def reset(self, generator: torch.Generator) -> None:
        """Draw a kernel; every group mostly acts on itself."""
        self.kernel.copy_(torch.randn(self.kernel.shape, generator=generator) * 0.2)
        self.kernel[..., _TAPS // 2] += torch.eye(self.n_groups)

    def convolved(self, position: Tensor) -> Tensor:
        """Return k * z of (n, d) positions."""
        groups = position.reshape(len(position), self.n_groups, -1)
        found = nn.functional.conv1d(groups, self.kernel, padding=_TAPS // 2)
        return found.reshape(len(position), -1)

    def energy(self, position: Tensor) -> Tensor:
        """Return U of (..., d) positions."""
        rows = position.reshape(-1, self.n_latents)
        return 0.5 * (self.convolved(rows) ** 2).sum(-1).reshape(position.shape[:-1])

    def stiffness(self) -> Tensor:
        """Return the matrix of U, (d, d)."""
        matrix = self.convolved(torch.eye(self.n_latents).to(self.kernel))
        return matrix @ matrix.T

    def force(self) -> Force:
        """Return what gives -dU/dz."""
        return Force(-self.stiffness())


class PublishedFlow(nn.Module):
    """A causal encoder, the first state from its first bin, noisy dynamics, a transformer decoder.

    Parameters
    ----------
    n_neurons : int
        Read and decoded.
    dynamics : LangevinDynamics
        Of the latents, without turning.
    n_hidden : int
        Units of the encoder, and width of the decoder; even.
    decoder_inputs : tuple of {"position", "velocity", "hidden"}
        What the decoder sees; ("hidden",) is the ablation without latents.
    n_inputs : int
        Read beside the neurons, as many as act on the dynamics.
    """

    def __init__(
        self,
        n_neurons: int,
        dynamics: LangevinDynamics,
        n_hidden: int,
        decoder_inputs: tuple[str, ...],
        n_inputs: int = 0,
    ) -> None:
        super().__init__()
        d = dynamics.n_latents
        self.encoder = nn.GRU(n_neurons + n_inputs, n_hidden, batch_first=True)
        self.initial = nn.Linear(n_hidden, 4 * d)
        self.dynamics = dynamics
        self.decoder_inputs = decoder_inputs
        width = sum(n_hidden if part == "hidden" else d for part in decoder_inputs)
        self.mix = nn.Linear(width, n_hidden)
        self.attend = AttentionLayer(n_hidden)
        self.decoder = nn.Linear(n_hidden, n_neurons)
        self.infers_force = False

    @property
    def has_noise(self) -> bool:
        """Whether a force is part of the model."""
        return True

    def forward(self, reading: Reading) -> Flowed:
        """Infer paths and decode them together with the encoder's states."""
        with reading.products():
            hidden, _ = self.encoder(_lagged(reading))
        hidden = _dropped(full_precision(hidden), reading.generator)
        first = Normal.of(self.initial(hidden[:, 0]))
        z, v = first.draw(reading.generator).chunk(2, -1)
        pushes = None
        if reading.generator is not None:
            shape = z.new_empty(reading.n_bins - 1, *z.shape)
            pushes = normal_like(shape, reading.generator) @ self.dynamics.noise()
        pushes = self.dynamics.driven(reading.external, pushes)
        z, v = reading.states or self.dynamics.path(z, v, reading.n_bins, pushes)
        parts = {"position": z, "velocity": v, "hidden": hidden}
        seen = torch.cat([parts[name] for name in self.decoder_inputs], -1)
        ahead = reading.n_bins - reading.inputs.shape[1]
        inside = inside_trials(reading.lengths + ahead, reading.n_bins, seen.device)
        with reading.products():
            decoded: Tensor = self.decoder(self.attend(self.mix(seen), inside))
        used = set(self.decoder_inputs) & {"position", "velocity"}
        kl = first.kl() if used else torch.zeros_like(first.kl())
        return Flowed(full_precision(decoded), kl, {"position": z, "velocity": v})


def _lagged(reading: Reading) -> Tensor:
    """Inputs one bin late; the first stands twice, the last again and again beyond the end."""
    wanted = torch.arange(reading.n_bins)[None] - 1
    last = (reading.lengths - 1)[:, None]
    read = reading.read()
    index = torch.minimum(wanted.clamp(min=0), last).to(read.device)
    return read.gather(1, index[..., None].expand(-1, -1, read.shape[-1]))


def _dropped(hidden: Tensor, generator: torch.Generator | None) -> Tensor:
    if generator is None:
        return hidden
    kept = torch.rand(hidden.shape, generator=generator).to(hidden) >= _DROPPED
    return hidden * kept / (1.0 - _DROPPED)
