"""The Langevin flow whose decoder sees positions and velocities, and nothing else unless told."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from neurokit.flows.torch_dynamics import LangevinDynamics
from neurokit.flows.torch_encoder import TrialEncoder
from neurokit.flows.torch_flowed import Flowed, Reading, full_precision
from neurokit.flows.torch_posterior import Normal, normal_kl

# Temperature of the force when its inference begins: it disturbs a path little.
_COOL = -5.0


class BottleneckFlow(nn.Module):
    """A posterior of the first state, dynamics, and a decoder of states.

    (z_0, v_0) ~ N(0, 1) a priori, normal given both ends of a bidirectional encoder. The path
    follows the dynamics. Where a force is inferred, e_t ~ N(0, 1) per latent and step is what
    pushes the path, normal given the encoder's state at the bin that it leads to; where it is
    not, there is no noise.

    Parameters
    ----------
    n_neurons : int
        Read and decoded.
    dynamics : LangevinDynamics
        Of the latents.
    n_hidden : int
        Units of the encoder per direction, and of the decoder.
    decoder : {"mlp", "linear"}
        From states to neurons.
    decoder_inputs : tuple of {"position", "velocity", "hidden"}
        What the decoder sees; "hidden" are the encoder's states.
    n_inputs : int
        Read beside the neurons, as many as act on the dynamics.
    """

    def __init__(
        self,
        n_neurons: int,
        dynamics: LangevinDynamics,
        n_hidden: int,
        decoder: str,
        decoder_inputs: tuple[str, ...] = ("position", "velocity"),
        n_inputs: int = 0,
    ) -> None:
        super().__init__()
        d = dynamics.n_latents
        self.decoder_inputs = decoder_inputs
        width = sum(2 * n_hidden if part == "hidden" else d for part in decoder_inputs)
        self.encoder = TrialEncoder(n_neurons + n_inputs, n_hidden)
        self.initial = nn.Linear(2 * n_hidden, 4 * d)
        self.dynamics = dynamics
        self.decoder: nn.Module = nn.Linear(width, n_neurons)
        if decoder == "mlp":
            self.decoder = nn.Sequential(
                nn.Linear(width, n_hidden), nn.Tanh(), nn.Linear(n_hidden, n_neurons)
            )
        self.force = nn.Linear(2 * n_hidden, 2 * d)
        self.infers_force = False

    @property
    def has_noise(self) -> bool:
        """Whether a force is part of the model."""
        return self.infers_force

    @torch.no_grad()
    def start_force(self) -> None:
        """Begin to infer a force, from its prior and nearly without noise."""
        for parameter in self.force.parameters():
            parameter.zero_()
        self.dynamics.log_temperature.fill_(_COOL)
        self.infers_force = True

    def forward(self, reading: Reading) -> Flowed:
        """Infer paths and decode them."""
        with reading.products():
            states, summary = self.encoder(reading.read(), reading.lengths)
        states = full_precision(states)
        first = Normal.of(self.initial(full_precision(summary)))
        z, v = first.draw(reading.generator).chunk(2, -1)
        pushes, kl, more = None, first.kl(), {}
        if self.infers_force:
            q = self._force_posterior(states, reading)
            pushes = q.draw(reading.generator) @ self.dynamics.noise()
            kl = kl + normal_kl(q.mean, q.log_variance).sum((0, 2))
            # The force of a bin is the one that led to it; none led to the first.
            more = {"force": nn.functional.pad(q.mean.transpose(0, 1), (0, 0, 1, 0))}
        pushes = self.dynamics.driven(reading.external, pushes)
        z, v = reading.states or self.dynamics.path(z, v, reading.n_bins, pushes)
        if not {"position", "velocity"} & set(self.decoder_inputs):
            kl = torch.zeros_like(kl)
        beyond = (0, 0, 0, reading.n_bins - states.shape[1])
        parts = {"position": z, "velocity": v, "hidden": nn.functional.pad(states, beyond)}
        with reading.products():
            decoded: Tensor = self.decoder(
                torch.cat([parts[name] for name in self.decoder_inputs], -1)
            )
        return Flowed(full_precision(decoded), kl, {"position": z, "velocity": v, **more})

    def decode(self, position: Tensor, velocity: Tensor) -> Tensor:
        """Return what the likelihood takes, where the decoder sees no more than states."""
        parts = {"position": position, "velocity": velocity}
        found: Tensor = self.decoder(torch.cat([parts[name] for name in self.decoder_inputs], -1))
        return found

    def _force_posterior(self, states: Tensor, reading: Reading) -> Normal:
        """Of the force after each bin but the last, (n_bins - 1, n, d); beyond trials the prior."""
        q = Normal.of(self.force(states[:, 1:]).transpose(0, 1))
        ahead = reading.n_bins - states.shape[1]
        led_to = torch.arange(1, reading.n_bins)[:, None]
        inside = (led_to < reading.lengths[None]).to(states)[..., None]
        wider = (0, 0, 0, 0, 0, ahead)
        mean, log_variance = (nn.functional.pad(a, wider) for a in (q.mean, q.log_variance))
        return Normal(mean * inside, log_variance * inside)
