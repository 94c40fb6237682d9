"""A network with what surrounds it: standardised inputs, hidden neurons, the likelihood."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from neurokit.flows.padded import Padded
from neurokit.flows.torch_flowed import Flowed, Reading
from neurokit.flows.torch_likelihood import Likelihood

# Standard deviations beyond which a value tells a network nothing more.
_WIDEST = 10.0


class NeuralModel(nn.Module):
    """What is trained and stored.

    Parameters
    ----------
    network : Module
        Takes a `Reading`, gives `Flowed`.
    likelihood : Likelihood
        Of the values.
    visible : (n_neurons,) tensor of bool
        Neurons that are read; the others are predicted only.

    Attributes
    ----------
    mixed : bool
        Encode and decode in bfloat16.
    """

    visible: Tensor
    mixed: bool = False
    network: Any
    likelihood: Likelihood

    def __init__(self, network: nn.Module, likelihood: Likelihood, visible: Tensor) -> None:
        super().__init__()
        self.network = network
        self.likelihood = likelihood
        self.register_buffer("visible", visible)

    def inputs(self, values: Tensor, shown: Tensor) -> Tensor:
        """Return standardised values, 0 where not shown.

        What is left of a bin is scaled up by the share that is missing, so that a network reads
        whole bins and bins with holes alike.
        """
        shown = (shown & self.visible).to(values)
        share = shown.sum(-1, keepdim=True) / self.visible.sum()
        scaled = (values - self.likelihood.mean) / self.likelihood.spread
        scaled = scaled.clamp(-_WIDEST, _WIDEST) * shown
        return scaled / share.clamp_min(1.0 / self.visible.numel())

    def forward(
        self,
        values: Tensor,
        shown: Tensor,
        lengths: Tensor,
        generator: torch.Generator | None = None,
        n_ahead: int = 0,
        states: tuple[Tensor, Tensor] | None = None,
        external: Tensor | None = None,
    ) -> Flowed:
        """Infer and decode.

        Parameters
        ----------
        values : (n, n_bins, n_neurons) tensor
            Counts or signals.
        shown : (n, n_bins, n_neurons) tensor of bool
            What may be looked at.
        lengths : (n,) tensor of int, on the processor
            Bins of each trial.
        generator : torch.Generator, optional
            Of draws; without one latents are at their mean.
        n_ahead : int
            Bins beyond those of `values`.
        states : (n, n_bins, d), (n, n_bins, d) tensor, optional
            Positions and velocities to decode in place of the inferred ones.
        external : (n, n_bins, n_inputs) tensor, optional
            What acts on the dynamics, of all bins; none is as no inputs at all.

        Returns
        -------
        Flowed
            Of all trials.
        """
        n_bins = values.shape[1] + n_ahead
        if external is not None and not external.shape[-1]:
            external = None
        read = self.inputs(values, shown)
        found: Flowed = self.network(
            Reading(read, lengths, n_bins, generator, self.mixed, states, external)
        )
        return found


@dataclass(frozen=True)
class Block:
    """Trials as tensors on a device; lengths stay on the processor."""

    values: Tensor
    seen: Tensor
    lengths: Tensor
    external: Tensor

    @classmethod
    def of(cls, data: Padded, device: torch.device) -> Block:
        """Bring trials to a device."""
        return cls(
            torch.from_numpy(data.values).to(device),
            torch.from_numpy(data.seen).to(device),
            torch.from_numpy(data.lengths),
            torch.from_numpy(data.inputs).to(device),
        )

    def __len__(self) -> int:
        return len(self.lengths)

    def rows(self, chosen: Tensor | slice) -> Block:
        """Return some trials, as they are padded."""
        return Block(
            self.values[chosen], self.seen[chosen], self.lengths[chosen], self.external[chosen]
        )

    def trials(self, chosen: Tensor | slice) -> Block:
        """Return some trials, cut to the longest of them."""
        lengths = self.lengths[chosen]
        longest = int(lengths.max())
        parts = (a[chosen, :longest] for a in (self.values, self.seen, self.external))
        values, seen, external = parts
        return Block(values, seen, lengths, external)


def moments(data: Padded) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Return mean and standard deviation of each neuron over what was seen.

    Parameters
    ----------
    data : Padded
        Of the fit.

    Returns
    -------
    (n_neurons,), (n_neurons,) ndarray of float32
        A neuron that never changes has the spread 1.
    """
    n = np.maximum(data.seen.sum(axis=(0, 1)), 1)
    values = data.values.astype(np.float64)
    mean = values.sum(axis=(0, 1)) / n
    spread = np.sqrt((((values - mean) ** 2) * data.seen).sum(axis=(0, 1)) / n)
    # Rounding leaves a constant large signal with a spread of its last digits.
    still = spread <= 1e-6 * np.maximum(np.abs(mean), 1e-30)
    return mean.astype(np.float32), np.where(still, 1.0, spread).astype(np.float32)
