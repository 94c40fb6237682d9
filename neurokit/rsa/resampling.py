"""Which subjects and conditions bootstrap draws take."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from neurokit.errors import OptionError
from neurokit.randomness import as_generator
from neurokit.rsa.arguments import whole_number
from neurokit.rsa.bootstrap import Draws
from neurokit.rsa.variance import corrected_for_folds

Array = NDArray[np.float64]
Index = NDArray[np.int64]


@dataclass(frozen=True)
class Resamples:
    """Positions drawn with replacement.

    Parameters
    ----------
    subjects : (n_draws, n_subjects) ndarray of int
        Of subjects.
    conditions : (n_draws, n_conditions) ndarray of int
        Of conditions.
    fold_seed : int
        Seed of the assignments of folds.
    """

    subjects: Index
    conditions: Index
    fold_seed: int

    def covariance(self, repeated: list[Draws]) -> Array:
        """Covariance of models and ceilings over draws.

        Parameters
        ----------
        repeated : list of Draws
            One for each assignment of folds; one without cross-validation.

        Returns
        -------
        (n_models + 2, n_models + 2) ndarray of float64
            Corrected for the chance of assignments.
        """
        stacked = [np.concatenate([d.evaluation, d.ceiling], axis=1) for d in repeated]
        return corrected_for_folds(np.stack(stacked, axis=1))


def draw_resamples(
    n_draws: int,
    n_subjects: int,
    n_conditions: int,
    random_state: int | np.random.Generator | None,
) -> Resamples:
    """Draw subjects and conditions with replacement.

    Parameters
    ----------
    n_draws, n_subjects, n_conditions : int
        Sizes.
    random_state : None, int or numpy.random.Generator
        Source.

    Returns
    -------
    Resamples
        Positions.

    Raises
    ------
    OptionError
        If fewer than 10 draws are asked for, or the source is no seed.
    """
    if whole_number("n_draws", n_draws, 0) < 10:
        raise OptionError(f"is {n_draws}", where="n_draws", mend="Give at least 10, better 1000.")
    rng = as_generator(random_state)
    subjects = rng.integers(0, n_subjects, (n_draws, n_subjects))
    conditions = rng.integers(0, n_conditions, (n_draws, n_conditions))
    return Resamples(subjects, conditions, int(rng.integers(2**31)))


def given_resamples(
    resamples: tuple[ArrayLike, ArrayLike],
    n_subjects: int,
    n_conditions: int,
    random_state: int | np.random.Generator | None,
) -> Resamples:
    """Check positions that a user drew.

    Parameters
    ----------
    resamples : (subject, condition) array_like of int
        Positions.
    n_subjects, n_conditions : int
        Sizes.
    random_state : None, int or numpy.random.Generator
        Source of folds.

    Returns
    -------
    Resamples
        Checked.

    Raises
    ------
    OptionError
        If shapes or positions do not fit.
    """
    try:
        subjects, conditions = (np.asarray(x) for x in resamples)
    except (TypeError, ValueError) as error:
        raise OptionError(
            "is no pair of tables",
            where="resamples",
            mend="Give (subjects, conditions), each (n_draws, n) whole numbers.",
        ) from error
    for name, x, n in (("subject", subjects, n_subjects), ("condition", conditions, n_conditions)):
        if x.ndim != 2 or x.dtype.kind not in "iu" or x.size == 0:
            raise OptionError(
                f"{name} indices have shape {x.shape} and type {x.dtype}",
                where="resamples",
                mend="Give (n_draws, n) whole numbers.",
            )
        if x.min() < 0 or x.max() >= n:
            raise OptionError(
                f"{name} indices run from {x.min()} to {x.max()} of {n}",
                where="resamples",
                mend="Give positions from 0.",
            )
    if len(subjects) != len(conditions):
        raise OptionError(
            f"{len(subjects)} draws of subjects, {len(conditions)} of conditions",
            where="resamples",
            mend="Give as many of both.",
        )
    seed = int(as_generator(random_state).integers(2**31))
    return Resamples(subjects.astype(np.int64), conditions.astype(np.int64), seed)
