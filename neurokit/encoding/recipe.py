"""The recipe ``encoding``: what of a recording its stimulus or behaviour predicts.

Imports nothing heavy.
"""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from neurokit.recipe import Parameters, Recipe


class EncodingParameters(Parameters):
    """Parameters of the recipe ``encoding``.

    Parameters
    ----------
    features : tuple of str, optional
        Names of the feature sets (children of ``/stimulus``, or measures of ``/behavior``);
        default all.
    n_splits : int
        Contiguous blocks of cross-validation.
    gap_s : float
        Seconds left out between training and test samples.
    lags_s : tuple of float
        How long after the features the response is read, s; each lag is a further copy of them.
    rate : float, optional
        Rate that activity and features are brought to, Hz; default that of the activity, or its
        median where its clock is irregular.
    metric : str
        Score whose significance is tested.
    n_shifts : int
        Circular shifts.
    min_shift_s : float
        Shortest shift, s.
    q : float
        False discovery rate.
    random_state : int
        Seed of shifts and flips.
    n_jobs : int
        Threads.
    """

    features: tuple[str, ...] | None = None
    n_splits: int = Field(default=5, ge=2)
    gap_s: float = Field(default=0.0, ge=0)
    lags_s: tuple[float, ...] = Field(default=(0.0,), min_length=1)
    rate: float | None = Field(default=None, gt=0)
    metric: Literal["r", "r2"] = "r"
    n_shifts: int = Field(default=499, ge=1)
    min_shift_s: float = Field(default=0.0, ge=0)
    q: float = Field(default=0.05, gt=0, lt=1)
    random_state: int = Field(default=0, ge=0)
    n_jobs: int = Field(default=1, ge=1)


ENCODING = Recipe(
    name="encoding",
    title="What stimulus or behaviour predicts",
    run="neurokit.encoding.encode_recording:run",
    parameters=EncodingParameters,
    over="recording",
)
