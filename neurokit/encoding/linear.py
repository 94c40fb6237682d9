"""What linear encoders share: labelled weights, predictions and scores of new data."""

from __future__ import annotations

import warnings
from collections.abc import Hashable, Mapping
from typing import Any

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from neurokit.encoding.heldout import Scores, held_out_of
from neurokit.encoding.labels import Labels, Rows, as_matrix, as_rows, named, several, wrap
from neurokit.encoding.ridge_core import MAX_BYTES
from neurokit.encoding.targets import Targets
from neurokit.errors import LabelError, NeurokitWarning, SchemaError
from neurokit.estimator import Estimator, UnfittedError

Array = NDArray[np.float64]


class LinearEncoder(Estimator):
    """Base of encoders that predict X @ coef_ + intercept_."""

    coef_: xr.DataArray
    intercept_: xr.DataArray
    feature_dims_: list[str]
    n_features_in_: int
    feature_names_in_: NDArray[Any]

    def __sklearn_tags__(self) -> Any:
        from sklearn.utils import RegressorTags

        tags = super().__sklearn_tags__()
        tags.estimator_type = "regressor"
        tags.regressor_tags = RegressorTags()
        tags.target_tags.required = True
        tags.target_tags.multi_output = True
        tags.target_tags.single_output = True
        return tags

    def _read(self, X: Any, Y: Any) -> Rows:
        """Bring what was given to rows and note what scikit-learn wants to know of it."""
        rows = as_rows(X, Y)
        self._note_names(X, reset=True)
        self.n_features_in_ = rows.features.size
        return rows

    def _note_names(self, X: Any, *, reset: bool) -> None:
        """Keep or check the columns of a data frame as scikit-learn does."""
        if several(X) or isinstance(X, xr.DataArray | xr.DataTree | list | tuple):
            return
        from sklearn.utils.validation import validate_data

        if getattr(X, "ndim", 0) == 2:
            validate_data(self, X, reset=reset, skip_check_array=True)
            if reset and hasattr(self, "feature_names_in_"):
                self.feature_names_in_ = np.array([str(n) for n in self.feature_names_in_])

    def _keep(self, coef: Array, intercept: Array, features: Labels, targets: Labels) -> None:
        self.coef_ = wrap(coef, features, targets, name="coef")
        self.intercept_ = wrap(intercept, targets, name="intercept")
        self.feature_dims_ = [str(dim) for dim in features.dims]

    def _check_solved(self) -> None:
        if not hasattr(self, "coef_"):
            raise UnfittedError(
                "is not fitted yet", where=type(self).__name__, mend="Call fit(...) first."
            )

    def _labels(self) -> tuple[Labels, Labels]:
        return labels_of(self.coef_, self.feature_dims_)

    def predict(self, X: Any) -> Any:
        """Predict targets.

        Parameters
        ----------
        X : recording, DataArray, array, or list or mapping of them
            Features as in `fit`.

        Returns
        -------
        DataArray, ndarray, or list or mapping of them
            One prediction per target, of the kind of X.

        Raises
        ------
        NotFittedError
            If `fit` has not run.
        LabelError, SchemaError
            If features are not those of the fit.
        """
        self._check_solved()
        if several(X):
            if isinstance(X, Mapping):
                return {key: self.predict(one) for key, one in X.items()}
            return [self.predict(one) for one in X]
        if isinstance(X, xr.DataTree):
            X = X["stimulus/feature_values"]
        if isinstance(X, xr.DataArray):
            return self._predict_labelled(X)
        x = as_matrix(X, "X")
        _, targets = self._labels()
        self._check_width(x.shape[1])
        self._note_names(X, reset=False)
        found = self._respond(x.astype(np.float64, copy=False), np.array([len(x)]))
        return found.reshape(len(x), *targets.sizes)

    def _respond(self, x: Array, ends: NDArray[np.int64]) -> Array:
        """Predict (n, t) from (n, p), records ending at the rows `ends`."""
        coef, intercept = self._matrix()
        return np.asarray(x @ coef + intercept)

    def _matrix(self) -> tuple[Array, Array]:
        features, targets = self._labels()
        coef = self.coef_.values.reshape(features.size, targets.size)
        return coef, self.intercept_.values.reshape(targets.size)

    def _check_width(self, width: int) -> None:
        if width != self.n_features_in_:
            name = type(self).__name__
            raise SchemaError(
                f"X has {width} features, but {name} is expecting {self.n_features_in_} features "
                "as input",
                where="X",
                mend="Give the features of the fit.",
            )

    def _predict_labelled(self, x: xr.DataArray) -> xr.DataArray:
        features, targets = self._labels()
        if features.dims == ("feature",) and features.size == 1 and "feature" not in x.dims:
            x = x.expand_dims(feature=1, axis=-1)
        missing = [dim for dim in features.dims if dim not in x.dims]
        if missing:
            raise LabelError(
                f"has dims {x.dims}, not {missing}", where="X", mend="Give the dims of the fit."
            )
        samples = [dim for dim in x.dims if dim not in features.dims]
        if not samples:
            raise LabelError(
                f"has dims {x.dims}, none of samples",
                where="X",
                mend='Add one, as with X.expand_dims("sample").',
            )
        x = x.transpose(*samples, *features.dims)
        check_labels(features, x.coords, "X")
        values = as_matrix(x.values.reshape(-1, int(np.prod(x.shape[len(samples) :]))), "X")
        self._check_width(values.shape[1])
        ends = record_ends(x, [str(dim) for dim in samples])
        found = self._respond(values.astype(np.float64, copy=False), ends)
        rows = Labels(
            tuple(samples),
            tuple(x.sizes[dim] for dim in samples),
            {n: c for n, c in x.coords.items() if c.dims and set(c.dims) <= set(samples)},
        )
        return wrap(found, rows, targets, name="prediction")

    def _check_sides(self, rows: Rows, inputs: str, outputs: str) -> None:
        """Raise unless features and targets are those of the fit, in their order."""
        features, targets = self._labels()
        self._check_width(rows.x.shape[1])
        check_labels(features, rows.features.coords, inputs)
        if rows.targets.size != targets.size:
            raise SchemaError(
                f"{outputs} has {rows.targets.size} targets, the fit {targets.size}",
                where=outputs,
                mend="Give the targets of the fit.",
            )
        check_labels(targets, rows.targets.coords, outputs)

    def score_targets(self, X: Any, Y: Any) -> xr.Dataset:
        """Score predictions of new data, target by target.

        Parameters
        ----------
        X, Y : recording, DataArray, array, or list or mapping of them
            As in `fit`.

        Returns
        -------
        Dataset
            ``r``, ``r2`` and ``mse`` over targets, of all samples together.

        Raises
        ------
        NotFittedError
            If `fit` has not run.
        LabelError, SchemaError
            If features or targets are not those of the fit, or hold NaN or infinities.
        """
        self._check_solved()
        features, targets = self._labels()
        rows = as_rows(in_order(X, features.dims), in_order(Y, targets.dims))
        self._check_sides(rows, "X", "Y")
        found = self._respond(rows.x.astype(np.float64), np.array([len(rows.x)]))
        truth = Targets(rows.y, MAX_BYTES).read(slice(0, len(rows.x)), slice(0, rows.targets.size))
        scores = held_out_of(found, truth).scores()
        return as_dataset(scores, rows.targets)

    def score(self, X: Any, Y: Any = None, sample_weight: None = None) -> float:
        """Return the mean over targets of R2 on new data.

        Parameters
        ----------
        X, Y : recording, DataArray, array, or list or mapping of them
            As in `fit`.
        sample_weight : None
            For scikit-learn; weights are not supported.

        Returns
        -------
        float
            1 is perfect, 0 is the mean; `score_targets` gives all scores of every target.
        """
        return float(self.score_targets(X, Y)["r2"].mean())


def in_order(values: Any, dims: tuple[Hashable, ...]) -> Any:
    """Return labelled values with these dims last and in this order, others as they are.

    Parameters
    ----------
    values : object
        What a user gave.
    dims : tuple
        Of the fit.

    Returns
    -------
    object
        Of the same kind.
    """
    if isinstance(values, xr.DataArray):
        there = set(dims) <= set(values.dims)
        return values.transpose(..., *dims) if there else values
    if not several(values):
        return values
    if isinstance(values, Mapping):
        return {key: in_order(one, dims) for key, one in values.items()}
    return [in_order(one, dims) for one in values]


def check_labels(known: Labels, given: Mapping[Any, Any], where: str) -> None:
    """Raise where a dim of the fit has other labels; a side without labels fits any.

    Parameters
    ----------
    known : Labels
        Of the fit.
    given : mapping
        Coordinates by name.
    where : str
        The argument's name.

    Raises
    ------
    LabelError
        If they differ.
    """
    for name in known.dims:
        if name not in known.coords or name not in given:
            continue
        if not np.array_equal(known.coords[name].values, given[name].values):
            raise LabelError(
                f"has other labels along {name!r} than the fit",
                where=where,
                mend=f"Select the labels along {name!r} of the fit, in their order.",
            )


def record_ends(x: xr.DataArray, samples: list[str]) -> NDArray[np.int64]:
    """Return the row after the last of each record, rows being the sample dims put in one.

    Parameters
    ----------
    x : DataArray
        With the coordinate ``run`` on a single sample dim if there are several.
    samples : list of str
        Dims; every combination of all but the last is a record.

    Returns
    -------
    (n_records,) ndarray of int64
        Increasing.
    """
    sizes = [x.sizes[dim] for dim in samples]
    if len(samples) > 1:
        return np.arange(1, int(np.prod(sizes[:-1])) + 1) * sizes[-1]
    if "run" not in x.coords or x["run"].dims != tuple(samples):
        return np.array([sizes[0]])
    run = np.asarray(x["run"].values)
    return np.append(np.flatnonzero(run[1:] != run[:-1]) + 1, run.size).astype(np.int64)


def labels_of(array: xr.DataArray, first: list[str]) -> tuple[Labels, Labels]:
    """Return the labels of an array's dims, those named and the others.

    Parameters
    ----------
    array : DataArray
        For example (feature, target).
    first : list of str
        Dims of the first side.

    Returns
    -------
    tuple of Labels
        Both sides.
    """

    def side(dims: list[Any]) -> Labels:
        coords = {
            name: coord.variable
            for name, coord in array.coords.items()
            if coord.dims and set(coord.dims) <= set(dims)
        }
        return Labels(tuple(dims), tuple(array.sizes[d] for d in dims), coords)

    others = [dim for dim in array.dims if dim not in first]
    return side(list(first)), side(others)


def as_dataset(scores: Scores, *sides: Labels) -> xr.Dataset:
    """Return labelled scores.

    Parameters
    ----------
    scores : Scores
        (..., n_targets).
    *sides : Labels
        Of their axes.

    Returns
    -------
    Dataset
        ``r``, ``r2``, ``mse``.
    """
    return xr.Dataset({m: wrap(getattr(scores, m), *sides) for m in ("r", "r2", "mse")})


def alpha_labels(alphas: Array) -> Labels:
    """Return the dim ``alpha``.

    Parameters
    ----------
    alphas : (n_alphas,) ndarray
        Penalties.

    Returns
    -------
    Labels
        One dim.
    """
    return named("alpha", alphas)


def say_edges(
    at_edge: NDArray[Any],
    n_extended: int,
    first: Array,
    last: Array | None,
    name: str,
    *,
    extend: bool,
    stacklevel: int = 3,
) -> None:
    """Say that penalties lay at the edge of the grid.

    Parameters
    ----------
    at_edge : (t,) ndarray of int
        Not 0 where the best is the first or last penalty tried.
    n_extended : int
        Targets for which further penalties were tried.
    first : (n_alphas,) ndarray
        The grid the user gave.
    last : (n_alphas,) ndarray, optional
        The grid in the end, if there is one for all targets.
    name : str
        Of the estimator.
    extend : bool
        Whether the grid might grow; then a best at its edge is on a plateau, and all is well.
    stacklevel : int, default 3
        Of the warning.
    """
    n, asked = at_edge.size, f"{first[0]:g} to {first[-1]:g}"
    reach = "" if last is None else f" to {last[0]:g} to {last[-1]:g}"
    if n_extended:
        text = (
            f"{name}: {n_extended} of {n} targets were best at the edge of alphas ({asked}); "
            f"the grid was extended{reach}."
        )
    elif np.any(at_edge != 0) and not extend:
        text = (
            f"{name}: {int(np.sum(at_edge != 0))} of {n} targets are best at the edge of "
            f"alphas ({asked}); see at_edge_. Give a wider grid."
        )
    else:
        return
    warnings.warn(text, NeurokitWarning, stacklevel=stacklevel)
