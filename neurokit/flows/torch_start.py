"""Starting values of networks, drawn from a generator of their own, never from a global one."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TypeVar

import torch
from torch import Tensor, nn

Module = TypeVar("Module", bound=nn.Module)


def unfilled(make: Callable[[], Module]) -> Module:
    """Build a network without drawing from torch's global random state.

    Parameters
    ----------
    make : callable
        Builds the network; called where no memory is taken and nothing is drawn.

    Returns
    -------
    Module
        On the processor; its values are whatever was in memory.
    """
    with torch.device("meta"):
        network = make()
    return network.to_empty(device="cpu")


@torch.no_grad()
def initialise(network: nn.Module, generator: torch.Generator) -> None:
    """Draw starting values of all parts.

    Linear and recurrent layers are uniform within 1 / sqrt(inputs or units), norms start as the
    identity, and parts with a method ``reset(generator)`` know themselves.

    Parameters
    ----------
    network : Module
        Changed in place.
    generator : torch.Generator
        Of the draws.
    """
    for part in network.modules():
        if isinstance(part, nn.LayerNorm):
            part.weight.fill_(1.0)
            part.bias.zero_()
        elif isinstance(part, nn.Linear):
            _uniform(list(part.parameters()), part.in_features, generator)
        elif isinstance(part, nn.GRU):
            _uniform(list(part.parameters()), part.hidden_size, generator)
        elif callable(reset := getattr(part, "reset", None)):
            reset(generator)


def _uniform(parameters: list[nn.Parameter], n: int, generator: torch.Generator) -> None:
    width = 1.0 / math.sqrt(n)
    for parameter in parameters:
        drawn: Tensor = torch.rand(parameter.shape, generator=generator)
        parameter.copy_((2.0 * drawn - 1.0) * width)
