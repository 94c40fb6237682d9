"""The recipe ``flows``: oscillating latent dynamics of one recording. Imports nothing heavy."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from neurokit.recipe import Parameters, Recipe


class FlowsParameters(Parameters):
    """Parameters of the recipe ``flows``.

    Parameters
    ----------
    n_latents : int, optional
        Latent positions; default chosen on held-out neurons, or 2 where there is one trial.
    most_latents : int
        Largest number tried.
    bin_s : float
        Width of the bins that spikes are counted in, s; traces that are faster are resampled.
    likelihood : str
        Auto takes counts as poisson, everything else as gaussian.
    chunk_s : float
        A record without trials is cut into stretches of this length, s.
    most_neurons : int
        Most neurons or channels; those that vary most are kept.
    n_restarts : int
        Starts.
    max_iter : int
        Most iterations.
    random_state : int
        Seed.
    """

    n_latents: int | None = Field(default=None, ge=1)
    most_latents: int = Field(default=4, ge=1)
    bin_s: float = Field(default=0.02, gt=0)
    likelihood: Literal["auto", "poisson", "gaussian"] = "auto"
    chunk_s: float = Field(default=60.0, gt=0)
    most_neurons: int = Field(default=60, ge=2)
    n_restarts: int = Field(default=4, ge=1)
    max_iter: int = Field(default=60, ge=1)
    random_state: int = Field(default=0, ge=0)


FLOWS = Recipe(
    name="flows",
    title="Oscillating, damped latent dynamics",
    run="neurokit.flows.flowing:run",
    parameters=FlowsParameters,
    over="recording",
)
