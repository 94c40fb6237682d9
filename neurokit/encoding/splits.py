"""From what a user gives as ``cv`` to folds of rows. Blocks in time unless asked otherwise."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
import xarray as xr

from neurokit.encoding.folds import Fold, as_folds
from neurokit.errors import OptionError
from neurokit.stats import BlockedCV

N_SPLITS = 5


def folds_of(cv: Any, samples: xr.DataArray) -> list[Fold]:
    """Return the folds of some samples.

    Parameters
    ----------
    cv : None, int, BlockedCV, mapping, splitter or iterable of (train, test)
        None is `BlockedCV` with 5 blocks, an int that many, a mapping its arguments. Rows are
        shuffled only by a splitter that does so.
    samples : DataArray
        (sample,) with coordinates ``time`` and ``run``.

    Returns
    -------
    list of (train, test)
        Row numbers.

    Raises
    ------
    OptionError
        If it is none of these, or does not fit the samples.
    """
    n = samples.size
    if cv is None:
        if n < 2:
            raise OptionError(
                f"{n} sample cannot be split (n_samples = {n})",
                where="cv",
                mend="Give more samples.",
            )
        cv = BlockedCV(min(N_SPLITS, n))
    elif isinstance(cv, int | np.integer) and not isinstance(cv, bool):
        cv = BlockedCV(int(cv))
    elif isinstance(cv, Mapping):
        cv = BlockedCV(**cv)
    if hasattr(cv, "split") and not isinstance(cv, str):
        given = samples if isinstance(cv, BlockedCV) else np.zeros((n, 1))
        return as_folds(cv.split(given), n)
    if isinstance(cv, str) or not isinstance(cv, Iterable):
        raise OptionError(
            f"got {cv!r}", where="cv", mend="Give nk.stats.BlockedCV(...) or (train, test) pairs."
        )
    return as_folds(cv, n)
