"""The recipe ``rsa``: RDMs of the kinds of trials of a recording. Imports nothing heavy."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from neurokit.recipe import Parameters, Recipe


class RsaParameters(Parameters):
    """Parameters of the recipe ``rsa``.

    Parameters
    ----------
    tmin, tmax : float
        Window around each event, s.
    baseline : bool
        Take the mean before the event out.
    method : str
        correlation, euclidean, cosine or crossnobis (odd against even trials).
    min_trials : int
        Kinds of events with fewer are left out.
    window_s : float, optional
        Windows of the search in time, s, sliding by half their length; null for none.
    n_nearest : int, optional
        Channels or neurons of each neighbourhood of the search in space, itself included, where
        positions are known; null for none.
    """

    tmin: float = -0.1
    tmax: float = Field(default=0.5)
    baseline: bool = True
    method: Literal["correlation", "euclidean", "cosine", "crossnobis"] = "crossnobis"
    min_trials: int = Field(default=4, ge=2)
    window_s: float | None = Field(default=0.05, gt=0)
    n_nearest: int | None = Field(default=8, ge=2)


RSA = Recipe(
    name="rsa",
    title="Representational geometry of the kinds of events",
    run="neurokit.rsa.events_rdm:run",
    parameters=RsaParameters,
    over="recording",
)
