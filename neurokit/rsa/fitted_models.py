"""Models of RDMs with parameters: which of several, what mixture, which features count.

A model predicts sum_k theta_k d_k from RDMs d_k. Fitted is the angle between the prediction and
the mean of normalised training RDMs, which needs no more than inner products of RDMs.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Self

import numpy as np
import xarray as xr
from numpy.typing import ArrayLike, NDArray

from neurokit.errors import LabelError, OptionError, SchemaError
from neurokit.rsa.arguments import real_number, yes_or_no
from neurokit.rsa.rdm_labels import Rows, align, read_rdms

Array = NDArray[np.float64]

# Keeps the normal equations of nearly equal RDMs solvable.
_JITTER = 1e-10
# Beyond it nothing but the ridge is fitted.
_MOST_RIDGE = 1e12


@dataclass(frozen=True)
class FittedModel:
    """Base of models with parameters.

    Parameters
    ----------
    rdms : DataArray or array_like, (component, pair)
        RDMs that the prediction is made of.
    """

    rdms: Any

    def aligned(self, data: Rows) -> Self:
        """Return the model with its conditions in the order of the data.

        Parameters
        ----------
        data : Rows
            Measured RDMs.

        Returns
        -------
        FittedModel
            Whose `rdms` are a plain array.

        Raises
        ------
        OptionError
            If it has one component or none.
        """
        values = align(read_rdms(self.rdms, type(self).__name__), data, type(self).__name__)
        if len(values) < 2:
            raise OptionError(
                f"{len(values)} RDM leaves nothing to fit",
                where=type(self).__name__,
                mend="Give at least two, or the RDM itself as a fixed model.",
            )
        return replace(self, rdms=values)

    def weights(self, gram: Array, cross: Array) -> Array:
        """Theta that makes the prediction most like the target.

        Parameters
        ----------
        gram : (k, k) ndarray of float64
            Inner products of the components.
        cross : (k,) ndarray of float64
            Inner products with the target.

        Returns
        -------
        (k,) ndarray of float64
            Any scale.
        """
        raise NotImplementedError


@dataclass(frozen=True)
class SelectedModel(FittedModel):
    """The best of several RDMs: theta is 1 for the one most like the training data.

    Parameters
    ----------
    rdms : DataArray or array_like, (component, pair)
        Candidates.

    Examples
    --------
    >>> model = SelectedModel(np.array([[1.0, 2.0, 3.0], [3.0, 2.0, 1.0]]))
    >>> model.weights(np.eye(2), np.array([0.1, 0.9])).tolist()
    [0.0, 1.0]
    """

    def weights(self, gram: Array, cross: Array) -> Array:
        """1 for the component of the largest cosine with the target.

        Parameters
        ----------
        gram : (k, k) ndarray of float64
            Inner products of the components.
        cross : (k,) ndarray of float64
            Inner products with the target.

        Returns
        -------
        (k,) ndarray of float64
            A single 1.
        """
        out = np.zeros(len(cross))
        out[int(np.argmax(_cosines(gram, cross)))] = 1.0
        return out


@dataclass(frozen=True)
class WeightedModel(FittedModel):
    """sum_k theta_k d_k, theta >= 0 unless asked otherwise: least squares.

    Parameters
    ----------
    rdms : DataArray or array_like, (component, pair)
        Components.
    nonnegative : bool, default True
        Whether weights are kept from 0, as those of features and subspaces must be.
    ridge : float, default 0.0
        Added to the Gram matrix in units of its mean diagonal; shrinks towards equal neglect.

    Examples
    --------
    >>> model = WeightedModel(np.eye(3)[:2])
    >>> model.weights(np.eye(2), np.array([2.0, -1.0])).round(6).tolist()
    [2.0, 0.0]
    """

    nonnegative: bool = True
    ridge: float = 0.0

    def __post_init__(self) -> None:
        """Refuse what is no ridge and what is neither True nor False."""
        real_number("ridge", self.ridge, 0.0, _MOST_RIDGE)
        yes_or_no("nonnegative", self.nonnegative)

    def weights(self, gram: Array, cross: Array) -> Array:
        """Argmin over theta of theta' (G + ridge) theta - 2 theta' c.

        Parameters
        ----------
        gram : (k, k) ndarray of float64
            Inner products of the components.
        cross : (k,) ndarray of float64
            Inner products with the target.

        Returns
        -------
        (k,) ndarray of float64
            Weights.
        """
        return _least_squares(gram, cross, self.ridge, nonnegative=self.nonnegative)


@dataclass(frozen=True)
class InterpolatedModel(FittedModel):
    """(1 - t) d_k + t d_(k+1): the best place on the line through RDMs in their order.

    Parameters
    ----------
    rdms : DataArray or array_like, (component, pair)
        RDMs of a parameter's steps, in order.

    Examples
    --------
    >>> model = InterpolatedModel(np.eye(3))
    >>> model.weights(np.eye(3), np.array([0.0, 1.0, 1.0])).round(6).tolist()
    [0.0, 0.5, 0.5]
    """

    def weights(self, gram: Array, cross: Array) -> Array:
        """Weights of the two neighbours of the best place; they sum to 1.

        Parameters
        ----------
        gram : (k, k) ndarray of float64
            Inner products of the components.
        cross : (k,) ndarray of float64
            Inner products with the target.

        Returns
        -------
        (k,) ndarray of float64
            Zero but for two neighbours.
        """
        best, out = -np.inf, np.zeros(len(cross))
        for k in range(len(cross) - 1):
            pair = [k, k + 1]
            theta = _least_squares(gram[np.ix_(pair, pair)], cross[pair], 0.0, nonnegative=True)
            if theta.sum() <= 0:
                theta = np.eye(2)[int(np.argmax(_cosines(gram, cross)[pair]))]
            full = np.zeros(len(cross))
            full[pair] = theta / theta.sum()
            length = np.sqrt(max(float(full @ gram @ full), np.finfo(float).tiny))
            if full @ cross / length > best:
                best, out = full @ cross / length, full
        return out


@dataclass(frozen=True)
class FeatureModel(WeightedModel):
    """sum_f theta_f (x_if - x_jf)^2, theta >= 0: which features of a model count.

    Parameters
    ----------
    rdms : DataArray or array_like, (component, pair)
        One RDM per feature; `feature_model` makes them of patterns.
    nonnegative : bool, default True
        Whether weights are kept from 0.
    ridge : float, default 0.0
        Added to the Gram matrix in units of its mean diagonal.

    References
    ----------
    Khaligh-Razavi & Kriegeskorte (2014). doi:10.1371/journal.pcbi.1003915

    Examples
    --------
    >>> import neurokit as nk
    >>> features = np.random.default_rng(0).normal(size=(6, 2))
    >>> nk.rsa.feature_model(features).nonnegative
    True
    """


def feature_model(
    features: xr.DataArray | ArrayLike, ridge: float = 0.1, *, conditions: str | None = None
) -> FeatureModel:
    """A `FeatureModel` of the features of a stimulus, a layer, a descriptor.

    Parameters
    ----------
    features : DataArray or array_like, (condition, feature)
        Standardise them first unless their scale means something.
    ridge : float, default 0.1
        As in `FeatureModel`; many features need more.
    conditions : str, optional
        Coordinate of the labels, as in `rdm`.

    Returns
    -------
    FeatureModel
        With one squared-difference RDM per feature.

    Raises
    ------
    LabelError
        If a condition occurs twice.
    SchemaError
        If there are several tables of features or fewer than two conditions.
    OptionError
        If the ridge is negative or no number.

    Examples
    --------
    >>> feature_model(np.eye(4)).rdms.dims
    ('component', 'pair')
    """
    from neurokit.rsa.patterns import read_patterns
    from neurokit.rsa.rdm_labels import labelled

    patterns = read_patterns(features, conditions, None)
    if len(patterns.values) != 1 or patterns.n_conditions < 2:
        raise SchemaError(
            f"{len(patterns.values)} tables of {patterns.n_conditions} conditions",
            where="features",
            mend="Give one (condition, feature) of at least two conditions.",
        )
    x = patterns.values[0]
    if len(x) != patterns.n_conditions:
        raise LabelError(
            f"{len(x)} rows of {patterns.n_conditions} conditions",
            where="features",
            mend="Average them: one row for each condition.",
        )
    i, j = np.triu_indices(len(x), 1)
    lead = xr.DataArray(np.zeros(x.shape[1]), {"component": patterns.features}, ["component"])
    return FeatureModel(
        labelled(((x[i] - x[j]) ** 2).T, lead, patterns.conditions, "rdm"), True, ridge
    )


def _cosines(gram: Array, cross: Array) -> Array:
    own = np.diag(gram)
    return np.asarray(cross / np.sqrt(np.where(own > 0, own, np.inf)), dtype=np.float64)


def _least_squares(gram: Array, cross: Array, ridge: float, *, nonnegative: bool) -> Array:
    from scipy.optimize import nnls

    size = np.trace(gram) / len(gram)
    if not size > 0:
        return np.zeros(len(cross))
    regular = gram + (ridge + _JITTER) * size * np.eye(len(gram))
    if not nonnegative:
        return np.asarray(np.linalg.solve(regular, cross), dtype=np.float64)
    root = np.linalg.cholesky(regular + 1e-12 * size * np.eye(len(gram)))
    return np.asarray(nnls(root.T, np.linalg.solve(root, cross))[0], dtype=np.float64)
