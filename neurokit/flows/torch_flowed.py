"""What every network of a flow takes and gives."""

from __future__ import annotations

from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Protocol

import torch
from torch import Tensor


@dataclass(frozen=True)
class Reading:
    """Trials as a network reads them.

    Parameters
    ----------
    inputs : (n, n_bins, n_neurons) tensor
        Standardised values; 0 where not seen.
    lengths : (n,) tensor of int, on the processor
        Bins of each trial; what follows is padding.
    n_bins : int
        Bins to give, at least those of `inputs`: what lies beyond a trial's end is a forecast.
    generator : torch.Generator, optional
        Of draws from the posterior; without one latents are at its mean.
    mixed : bool
        Encode and decode in bfloat16.
    states : (n, n_bins, d), (n, n_bins, d) tensor, optional
        Positions and velocities to decode in place of the inferred ones.
    external : (n, n_bins, n_inputs) tensor, optional
        What acts on the dynamics; those of bins beyond a trial's end follow its own.
    """

    inputs: Tensor
    lengths: Tensor
    n_bins: int
    generator: torch.Generator | None = None
    mixed: bool = False
    states: tuple[Tensor, Tensor] | None = None
    external: Tensor | None = None

    def read(self) -> Tensor:
        """Return what an encoder reads: values, and inputs beside them where there are any."""
        if self.external is None:
            return self.inputs
        return torch.cat([self.inputs, self.external[:, : self.inputs.shape[1]]], -1)

    def products(self) -> AbstractContextManager[object]:
        """Within it, products of matrices are in bfloat16 where that was asked for."""
        return torch.autocast(self.inputs.device.type, torch.bfloat16, enabled=self.mixed)


def full_precision(values: Tensor) -> Tensor:
    """Return what a mixed product gave in single precision; what is not mixed stays as it is.

    Parameters
    ----------
    values : tensor
        Of any precision.

    Returns
    -------
    tensor
        Single precision instead of bfloat16.
    """
    return values.float() if values.dtype == torch.bfloat16 else values


@dataclass(frozen=True)
class Flowed:
    """What a network makes of trials.

    Parameters
    ----------
    decoded : (n, n_bins, n_neurons) tensor
        For the likelihood.
    kl : (n,) tensor
        Divergence of the posterior from the prior, nats.
    latents : dict of str to (n, n_bins, k) tensor
        ``position`` and what else the network has.
    """

    decoded: Tensor
    kl: Tensor
    latents: dict[str, Tensor]


class Network(Protocol):
    """A network of a flow."""

    def __call__(self, reading: Reading) -> Flowed:
        """Infer latents of trials and decode them."""
