"""One fold, ready for any targets: what held-out predictions add up to, from sums alone.

Array layer, float64 (products in float32 where that is safe and asked for).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from neurokit.encoding.backends import Backend
from neurokit.encoding.basis import Basis, ridge_basis, scaled_basis
from neurokit.encoding.heldout import HeldOut
from neurokit.encoding.sums import CONSTANT, FeatureSums, TargetSums

Array = NDArray[np.float64]
MakeBasis = Callable[[FeatureSums], Basis]


def variation(y: TargetSums, n: float, floor: Array) -> Array:
    """Return sum (y - mean y)^2, exactly 0 where it is rounding.

    Parameters
    ----------
    y : TargetSums
        Over n rows.
    n : float
        Rows.
    floor : (t,) ndarray
        What rounding of the values themselves may leave.

    Returns
    -------
    (t,) ndarray
        Centred sums of squares.
    """
    found = y.square - y.total**2 / n
    return np.where(found > np.maximum(floor, CONSTANT * y.square), found, 0.0)


def centred_cross(x: FeatureSums, y: TargetSums, floor: Array) -> Array:
    """Return sum (x - mean x)(y - mean y)', exactly 0 for targets that do not vary.

    Parameters
    ----------
    x : FeatureSums
        Its count and sum are used.
    y : TargetSums
        Over the same rows.
    floor : (t,) ndarray
        As in `variation`.

    Returns
    -------
    (p, t) ndarray
        Centred cross products.
    """
    cross = y.cross - np.outer(x.mean, y.total)
    cross[:, variation(y, x.n, floor) == 0] = 0.0
    return cross


def plain_ridge(backend: Backend, standardize: bool) -> MakeBasis:
    """Return how a training Gram becomes a basis for the penalty ||W||^2.

    Parameters
    ----------
    backend : Backend
        Where the eigendecomposition runs.
    standardize : bool
        Penalise the weights of features divided by their standard deviation instead.

    Returns
    -------
    callable
        From FeatureSums to Basis.
    """

    def make(train: FeatureSums) -> Basis:
        gram = train.centred()
        if not standardize:
            return ridge_basis(gram, backend)
        return scaled_basis(gram, spread(gram, train.n), backend)

    return make


def spread(gram: Array, n: float) -> Array:
    """Return standard deviations; infinite where a feature does not vary.

    Parameters
    ----------
    gram : (p, p) ndarray
        Centred.
    n : float
        Rows.

    Returns
    -------
    (p,) ndarray
        To divide by.
    """
    sd = np.sqrt(gram.diagonal() / n)
    return np.where(sd > 0, sd, np.inf)


@dataclass
class FittedFold:
    """The basis of the training rows, and the test rows in it.

    Parameters
    ----------
    basis : Basis
        Of the training rows.
    train, test : FeatureSums
        Their counts and sums are used.
    root : ndarray or None
        Centred test rows in the basis, (n_test, q), where they are fewer than directions.
    metric : ndarray or None
        Else their centred Gram in the basis, (q, q).
    """

    basis: Basis
    train: FeatureSums
    test: FeatureSums
    root: Array | None
    metric: Array | None

    @classmethod
    def of(
        cls, train: FeatureSums, test: FeatureSums, make_basis: MakeBasis, rows: Array | None
    ) -> FittedFold:
        """Decompose the training Gram and express the test rows in its basis.

        Parameters
        ----------
        train, test : FeatureSums
            With Grams.
        make_basis : callable
            See `plain_ridge`.
        rows : (n_test, p) ndarray or None
            Test rows if they are at hand.

        Returns
        -------
        FittedFold
            Without the Grams.
        """
        basis = make_basis(train)
        root = metric = None
        if rows is not None and len(rows) < basis.data.size:
            root = (rows - test.mean) @ basis.vectors
        else:
            metric = basis.vectors.T @ test.centred() @ basis.vectors
        none = np.empty((0, 0))
        return cls(
            basis,
            FeatureSums(train.n, train.total, none, train.records),
            FeatureSums(test.n, test.total, none, test.records),
            root,
            metric,
        )

    def held_out(
        self,
        train: TargetSums,
        test: TargetSums,
        alphas: Array,
        floor: Array,
        precision: str,
        backend: Backend,
    ) -> HeldOut:
        """Sum the held-out predictions of every penalty and target.

        Parameters
        ----------
        train, test : TargetSums
            Of t targets.
        alphas : (n_alphas,) ndarray
            Penalties.
        floor : (t,) ndarray
            As in `variation`.
        precision : {"double", "mixed"}
            As in `FoldedRidge`.
        backend : Backend
            Where the products run.

        Returns
        -------
        HeldOut
            (n_alphas, t), about the reference of the sums.
        """
        to_basis = self.basis.vectors.T
        z = to_basis @ centred_cross(self.train, train, floor)
        test_cross = to_basis @ centred_cross(self.test, test, floor)
        filters = self.basis.filters(alphas)
        single = self.basis.single(alphas, precision)
        if self.root is not None:
            var_p = backend.squares(self.root, z, filters, single)
        else:
            assert self.metric is not None
            var_p = backend.forms(self.metric, z, filters, single)
        step = to_basis @ (self.test.mean - self.train.mean)
        return HeldOut(
            self.test.n,
            train.total / self.train.n + (filters * step) @ z,
            test.total / self.test.n,
            var_p,
            variation(test, self.test.n, floor),
            filters @ (z * test_cross),
        )

    def weights(self, train: TargetSums, alpha: Array, floor: Array) -> Array:
        """Return the weights of the training rows.

        Parameters
        ----------
        train : TargetSums
            Of t targets.
        alpha : (t,) ndarray
            Penalty of each target.
        floor : (t,) ndarray
            As in `variation`.

        Returns
        -------
        (p, t) ndarray
            Weights.
        """
        return self.basis.solve(centred_cross(self.train, train, floor), alpha)
