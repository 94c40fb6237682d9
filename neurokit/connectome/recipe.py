"""The recipe ``connectome.motifs``: groups of neurons that move together. Imports nothing heavy."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from neurokit.recipe import Parameters, Recipe


class MotifParameters(Parameters):
    """Parameters of the recipe ``connectome.motifs``.

    Parameters
    ----------
    rank : int, optional
        Number of motifs; null chooses it among 1 to `max_rank` by masked cross-validation.
    max_rank : int
        Largest candidate where `rank` is null.
    shared_time : bool
        Whether recordings follow one clock of the experiment; false where animals behave each
        in their own time.
    random_state : int
        Seed of the random starts.
    n_restarts : int
        Random starts; the best is kept.
    kind : str
        Formula of the affinity: differential, min, product, rising or correlation.
    scale : str
        Slopes per root mean square of the neuron over all recordings (pooled) or within each
        (recording), or as they are (none).
    balance : bool
        Divide every recording by its mean affinity.
    smooth_s : float
        Standard deviation of the derivative's Gaussian, s.
    bin_s : float
        Width of time bins, s; at least one frame.
    window_s : float
        Width of the window of kind correlation, s.
    rate : float, optional
        Sampling rate that all recordings are brought to, Hz; default that of the slowest.
    max_iter : int
        Most sweeps per start.
    tol : float
        A start has converged when its relative error falls by less than this in one sweep.
    n_jobs : int
        Starts and shifts that run at once.
    communities : str, optional
        How neurons of a motif are grouped: sbm, leiden or null.
    n_permutations : int
        Shifts of the null, each with a fit of its own; 0 for none.
    null : str
        What is shifted: every neuron, or every recording.
    """

    rank: int | None = Field(default=6, ge=1)
    max_rank: int = Field(default=10, ge=1)
    shared_time: bool = True
    random_state: int = Field(default=0, ge=0)
    n_restarts: int = Field(default=8, ge=1)
    kind: Literal["differential", "min", "product", "rising", "correlation"] = "differential"
    scale: Literal["pooled", "recording", "none"] = "pooled"
    balance: bool = False
    smooth_s: float = Field(default=1.0, gt=0)
    bin_s: float = Field(default=5.0, gt=0)
    window_s: float = Field(default=10.0, gt=0)
    rate: float | None = Field(default=None, gt=0)
    max_iter: int = Field(default=500, ge=1)
    tol: float = Field(default=1e-6, ge=0)
    n_jobs: int = Field(default=1, ge=1)
    communities: Literal["sbm", "leiden"] | None = "sbm"
    n_permutations: int = Field(default=39, ge=0)
    null: Literal["neuron", "recording"] = "neuron"


MOTIFS = Recipe(
    name="connectome.motifs",
    title="Motifs of neurons that move together",
    run="neurokit.connectome.motifs:run",
    parameters=MotifParameters,
    over="dataset",
)
