"""The recipe ``states``: hidden states and the couplings in each. Imports nothing heavy."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from neurokit.recipe import Parameters, Recipe


class StatesParameters(Parameters):
    """Parameters of the recipe ``states``.

    Parameters
    ----------
    n_states : int, optional
        Number of states; default chosen by likelihood of held-out trials up to `most_states`.
    most_states : int
        Largest number tried.
    n_folds : int
        Folds of held-out trials, where the number is chosen.
    bin_s : float
        Width of the bins that spikes are counted in, s; slower than it, traces stay as they are,
        faster ones are resampled.
    observation : str
        Model of the responses: auto takes counts as poisson, everything else as gaussian.
    history : int
        Bins of the past that act on the present.
    coupling : bool
        Whether neurons act on each other, or only on themselves.
    prior : str
        Of the couplings: none, gaussian or onehot.
    ridge : float
        Precision of the ridge on couplings.
    most_neurons : int
        Most neurons or channels; those that vary most are kept.
    n_restarts : int
        Starts; the best is kept.
    max_iter : int
        Most iterations per start.
    random_state : int
        Seed.
    n_jobs : int
        Starts that run at once.
    """

    n_states: int | None = Field(default=None, ge=1)
    most_states: int = Field(default=5, ge=1)
    n_folds: int = Field(default=3, ge=2)
    bin_s: float = Field(default=0.05, gt=0)
    observation: Literal["auto", "poisson", "negative_binomial", "gaussian"] = "auto"
    history: int = Field(default=5, ge=1)
    coupling: bool = True
    prior: Literal["none", "gaussian", "onehot"] = "onehot"
    ridge: float = Field(default=1.0, ge=0)
    most_neurons: int = Field(default=40, ge=1)
    n_restarts: int = Field(default=5, ge=1)
    max_iter: int = Field(default=200, ge=1)
    random_state: int = Field(default=0, ge=0)
    n_jobs: int = Field(default=1, ge=1)


STATES = Recipe(
    name="states",
    title="Hidden states and the couplings in each",
    run="neurokit.states.switching:run",
    parameters=StatesParameters,
    over="recording",
)
