"""Cross-validation for time series: contiguous test blocks with a gap on both sides.

Burman, Chow & Nolan 1994, Biometrika 81:351 (h-block cross-validation).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import xarray as xr
from numpy.typing import ArrayLike, NDArray

from neurokit.errors import LabelError, OptionError, TimeError
from neurokit.stats._blocks import contiguous_folds, first_appearance, within_gap

IntArray = NDArray[np.int64]


class BlockedCV:
    """Split samples into contiguous blocks in time, each the test set once.

    Training samples at most `gap` away from a test sample are left out, on both sides, because
    neighbouring samples of a recording resemble each other and would leak the answer::

        train = {t : |t - s| > gap for every test sample s},   test = one block

    A block never holds parts of two runs (coordinate ``run``) unless it holds whole runs, and
    never a part of a group. Without groups, runs and gap the folds are those of
    `sklearn.model_selection.KFold`. It is a scikit-learn splitter: give it as ``cv=`` to
    `cross_val_score`, `GridSearchCV` and the estimators of neurokit.

    Parameters
    ----------
    n_splits : int, default 5
        Number of blocks, at least 2.
    groups : (n_samples,) array_like or str, optional
        Labels of samples that stay together (trial, subject, session), or the name of a
        coordinate of X that holds them. Groups are taken in the order of first appearance.
        The `groups` of `split` goes before this one.
    gap : float, default 0.0
        Seconds if X has a ``time`` coordinate, else samples (rows of X). A gap is measured on
        the record's own clock: cuts with time lost between them count with that time, and
        records whose clocks start anew have no gap between them.

    Raises
    ------
    OptionError
        If `n_splits` is no whole number of at least 2, or `gap` no number of at least 0.

    References
    ----------
    Burman, Chow & Nolan (1994), Biometrika 81:351, doi:10.1093/biomet/81.2.351.

    Examples
    --------
    >>> import numpy as np
    >>> for train, test in BlockedCV(3, gap=1).split(np.zeros((9, 2))):
    ...     print(train, test)
    [4 5 6 7 8] [0 1 2]
    [0 1 7 8] [3 4 5]
    [0 1 2 3 4] [6 7 8]
    """

    def __init__(
        self, n_splits: int = 5, groups: ArrayLike | str | None = None, gap: float = 0.0
    ) -> None:
        if isinstance(n_splits, bool) or not isinstance(n_splits, int | np.integer) or n_splits < 2:
            raise OptionError(f"got {n_splits!r}", where="n_splits", mend="Give an integer >= 2.")
        if not isinstance(gap, int | float | np.number) or not 0 <= float(gap) < np.inf:
            raise OptionError(
                f"got {gap!r}", where="gap", mend="Give seconds (or samples), 0 or more."
            )
        self.n_splits, self.groups, self.gap = int(n_splits), groups, float(gap)

    def __repr__(self) -> str:
        groups = self.groups
        if groups is not None and not isinstance(groups, str):
            groups = f"<{np.size(np.asarray(groups))} labels>"
        else:
            groups = repr(groups)
        return f"BlockedCV(n_splits={self.n_splits}, groups={groups}, gap={self.gap:g})"

    def get_n_splits(self, X: Any = None, y: Any = None, groups: Any = None) -> int:
        """Return the number of blocks.

        Parameters
        ----------
        X, y, groups : object
            Ignored; scikit-learn passes them.

        Returns
        -------
        int
            `n_splits`.
        """
        return self.n_splits

    def split(
        self, X: Any, y: Any = None, groups: ArrayLike | str | None = None
    ) -> Iterator[tuple[IntArray, IntArray]]:
        """Yield the row numbers of each training and test set, blocks in time order.

        Parameters
        ----------
        X : DataArray or array_like, (n_samples, ...)
            Samples first. Of a DataArray the coordinates ``time`` and ``run`` on the first dim
            are read.
        y : object
            Ignored.
        groups : (n_samples,) array_like or str, optional
            As in the constructor, and before it.

        Yields
        ------
        train, test : ndarray of int64
            Row numbers, increasing.

        Raises
        ------
        OptionError
            If there are fewer samples or groups than blocks, or the gap leaves no training set.
        LabelError
            If groups do not fit X.
        TimeError
            If the gap is in seconds but rows are not times.
        """
        n = _n_samples(X)
        group = _groups(X, self.groups if groups is None else groups, n)
        folds = self._folds(_runs(X, n), group)
        position, record, gap = _clock(X, n, self.gap)
        for fold in range(self.n_splits):
            test = folds == fold
            train = ~within_gap(position, record, test, gap)
            if not train.any():
                raise OptionError(
                    f"a gap of {self.gap:g} leaves no training samples for block {fold}",
                    where="gap",
                    mend="Lower gap or raise n_splits.",
                )
            yield np.flatnonzero(train), np.flatnonzero(test)

    def _folds(self, run: IntArray, group: IntArray | None) -> IntArray:
        """Return the fold of each sample."""
        unit = np.arange(run.size) if group is None else group
        sizes = np.bincount(unit)
        if sizes.size < self.n_splits:
            what = "samples" if group is None else "groups"
            raise OptionError(
                f"{self.n_splits} blocks of {sizes.size} {what}",
                where="n_splits",
                mend=f"Give at most as many blocks as there are {what}.",
            )
        return contiguous_folds(sizes, _stretch_of_units(run, unit, sizes.size), self.n_splits)[
            unit
        ]


def _stretch_of_units(run: IntArray, unit: IntArray, n_units: int) -> IntArray:
    """Return the run of each unit; all in one where a group has parts of several runs."""
    first = np.full(n_units, run.size)
    last = np.zeros(n_units, dtype=np.int64)
    np.minimum.at(first, unit, run)
    np.maximum.at(last, unit, run)
    if (first != last).any() or (np.diff(first) < 0).any():
        return np.zeros(n_units, dtype=np.int64)
    return first_appearance(first)


def _n_samples(X: Any) -> int:
    if isinstance(X, xr.Dataset | xr.DataTree):
        raise OptionError(
            f"got a {type(X).__name__}, which has no rows", where="X", mend="Give a DataArray."
        )
    shape = getattr(X, "shape", None)
    return int(shape[0]) if shape else len(X)


def _on_first_dim(X: Any, name: str) -> bool:
    return isinstance(X, xr.DataArray) and name in X.coords and X.coords[name].dims == X.dims[:1]


def _runs(X: Any, n: int) -> IntArray:
    if not _on_first_dim(X, "run"):
        return np.zeros(n, dtype=np.int64)
    run = np.asarray(X.coords["run"].values)
    return np.concatenate([[0], np.cumsum(run[1:] != run[:-1])]).astype(np.int64)


def _groups(X: Any, groups: ArrayLike | str | None, n: int) -> IntArray | None:
    if groups is None:
        return None
    if isinstance(groups, str):
        if not _on_first_dim(X, groups):
            raise LabelError(
                f"X has no coordinate {groups!r} on its first dim",
                where="groups",
                mend="Give labels, or the name of a coordinate of X.",
            )
        groups = X.coords[groups].values
    labels = np.asarray(groups)
    if labels.shape != (n,):
        raise LabelError(
            f"shape {labels.shape} for {n} samples", where="groups", mend="Give one label each."
        )
    return first_appearance(labels)


def _clock(X: Any, n: int, gap: float) -> tuple[NDArray[Any], IntArray, float]:
    """Return each sample's place, its record, and the gap in the unit of the places."""
    if gap and isinstance(X, xr.DataArray) and "time" in X.dims[1:]:
        raise TimeError(
            f"rows are {X.dims[0]!r} while a gap is in seconds",
            where="gap",
            mend="Use gap=0 with whole trials, or put time first.",
        )
    if not _on_first_dim(X, "time"):
        return np.arange(n), np.zeros(n, dtype=np.int64), gap
    time = np.asarray(X.coords["time"].values, dtype=np.float64)
    if not np.isfinite(time).all():
        raise TimeError("time has NaN or inf", where="X", mend="Mend it; see nk.validate.")
    rate = X.coords["time"].attrs.get("sampling_rate")
    if rate is not None:
        # Whole samples, because 0.3 s at 10 Hz must be 3 samples whatever the rounding. The
        # stated rate is not checked against the axis: a training set has holes.
        time, gap = np.rint(time * float(rate)), float(np.ceil(gap * float(rate) - 1e-6))
    record = np.concatenate([[0], np.cumsum(np.diff(time) < 0)]).astype(np.int64)
    return time, record, gap
