"""The recipe ``bicluster``: clusters of neurons and states of time. Imports nothing heavy."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from neurokit.recipe import Parameters, Recipe


class BiClusterParameters(Parameters):
    """Parameters of the recipe ``bicluster``.

    Parameters
    ----------
    n_latents : int
        Dimensions of x per cluster.
    bin_s : float
        Width of the bins that spikes are counted in, s; traces that are faster are resampled.
    observation : str
        Auto takes counts as poisson, everything else as gaussian.
    n_clusters : int, optional
        Clusters to start with; default chosen.
    max_states : int
        Largest number of states.
    stickiness : float
        About the dwell time expected, bins.
    n_sweeps : int
        Sweeps per chain.
    n_chains : int
        Chains.
    held_out : float
        Share of entries hidden and scored.
    most_neurons : int
        Most neurons or channels; those that vary most are kept.
    by : str
        Coordinate of the neurons that clusters are compared with, where there is one.
    random_state : int
        Seed.
    n_jobs : int
        Chains that run at once.
    """

    n_latents: int = Field(default=2, ge=1)
    bin_s: float = Field(default=0.5, gt=0)
    observation: Literal["auto", "poisson", "negative_binomial", "gaussian"] = "auto"
    n_clusters: int | None = Field(default=None, ge=1)
    max_states: int = Field(default=6, ge=1)
    stickiness: float = Field(default=100.0, ge=0)
    n_sweeps: int = Field(default=300, ge=4)
    n_chains: int = Field(default=2, ge=1)
    held_out: float = Field(default=0.1, ge=0, le=0.9)
    most_neurons: int = Field(default=80, ge=1)
    by: str = "region"
    random_state: int = Field(default=0, ge=0)
    n_jobs: int = Field(default=1, ge=1)


BICLUSTER = Recipe(
    name="bicluster",
    title="Clusters of neurons and states of time",
    run="neurokit.bicluster.clustering:run",
    parameters=BiClusterParameters,
    over="recording",
)
