"""Which stimulus was seen: linear decoding of latents, and retrieval among candidates."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Self

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from neurokit.encoding.alpha_search import ridge_cv
from neurokit.encoding.heldout_errors import DEFAULT_ALPHAS, Array
from neurokit.encoding.patterns import check_same_labels, patterns, real_numbers
from neurokit.encoding.samples import as_samples, as_targets, outer_folds
from neurokit.errors import LabelError, OptionError, SchemaError
from neurokit.estimator import Estimator, single_thread
from neurokit.schema import add_history, signal_of

if TYPE_CHECKING:
    from matplotlib.axes import Axes


def candidate_places(
    predicted: Array, candidates: Array, truth: NDArray[Any]
) -> tuple[Array, Array]:
    """Count the candidates that are nearer by cosine than the true one, and those as near.

    Parameters
    ----------
    predicted : (n, d) ndarray
        Predicted latents.
    candidates : (m, d) ndarray
        Latents to choose from.
    truth : (n,) ndarray of int
        Row of the right one.

    Returns
    -------
    nearer : (n,) ndarray of float64
        0 to m - 1.
    equal : (n,) ndarray of float64
        1 to m, with the true one.
    """
    cosine = _unit(predicted) @ _unit(candidates).T
    right = np.take_along_axis(cosine, truth[:, None], axis=1)
    # Equal candidates differ by rounding; an identical latent is no better than the right one.
    slack = 1e-12
    nearer = (cosine > right + slack).sum(axis=1)
    equal = (np.abs(cosine - right) <= slack).sum(axis=1)
    return nearer.astype(np.float64), equal.astype(np.float64)


def _unit(x: Array) -> Array:
    # Squares of very large and very small numbers are no numbers.
    largest = np.abs(x).max(axis=1, keepdims=True, initial=0.0)
    x = x / np.where(largest > 0, largest, 1.0)
    length = np.sqrt((x**2).sum(axis=1, keepdims=True))
    return np.asarray(x / np.where(length > 0, length, 1.0))


def retrieval_scores(
    predicted: Any,
    candidates: Any,
    truth: Any = None,
    *,
    k: Sequence[int] = (1, 5, 10),
) -> xr.Dataset:
    """Top-k accuracy and median relative rank of the right candidate, by cosine similarity.

    Chance is k / m among m candidates for top-k, and 0.5 for the relative rank
    ``(rank - 1) / (m - 1)``, of which 0 is best. Among equals the right one has the mean rank.

    Parameters
    ----------
    predicted : DataArray or array
        (sample, latent).
    candidates : DataArray or array
        (candidate, latent), each once: repeats of a stimulus are one candidate.
    truth : (n_samples,) array_like of int, optional
        Row of the right candidate; default the sample's own row.
    k : sequence of int, default (1, 5, 10)
        Places that count as found; those above the number of candidates are left out.

    Returns
    -------
    Dataset
        ``top_k``(k), ``chance``(k), ``rank``(sample), ``median_relative_rank``; attr
        ``n_candidates``.

    Raises
    ------
    LabelError
        If shapes or rows do not fit.
    SchemaError
        If values are missing, there is no sample, or there are fewer than 2 candidates.
    OptionError
        If `k` holds something else than whole numbers from 1.

    References
    ----------
    Benchetrit, Banville & King (2024), Brain decoding: toward real-time reconstruction of visual
    perception, arXiv:2310.19812.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> z = rng.normal(size=(50, 20))
    >>> scores = retrieval_scores(z + 0.5 * rng.normal(size=z.shape), z)
    >>> scores.top_k.values
    array([1., 1., 1.])
    """
    z, pool = real_numbers(predicted, "predicted"), real_numbers(candidates, "candidates")
    if z.ndim != 2 or pool.ndim != 2 or z.shape[1] != pool.shape[1]:
        raise LabelError(
            f"predicted is {z.shape} and candidates {pool.shape}",
            where="candidates",
            mend="Give (sample, latent) and (candidate, latent).",
        )
    if len(pool) < 2 or not (np.isfinite(z).all() and np.isfinite(pool).all()):
        raise SchemaError(
            f"{len(pool)} candidates, or values missing",
            where="candidates",
            mend="Give at least 2, without NaN.",
        )
    if not len(z):
        raise SchemaError("holds no sample", where="predicted", mend="Give at least one.")
    _check_places(k)
    right = np.arange(len(z)) if truth is None else np.asarray(truth)
    if (
        right.dtype.kind not in "iu"
        or right.shape != (len(z),)
        or right.min() < 0
        or right.max() >= len(pool)
    ):
        raise LabelError(
            f"{right.dtype} of shape {right.shape} for {len(z)} samples, {len(pool)} candidates",
            where="truth",
            mend="Give the right candidate's row for each sample.",
        )
    nearer, equal = candidate_places(z, pool, right)
    rank = nearer + (equal + 1) / 2
    places = np.array([one for one in k if one <= len(pool)])
    # Among equals at the k-th place, the right one is in with their share of places.
    found = np.array([np.clip((one - nearer) / equal, 0, 1).mean() for one in places])
    result = xr.Dataset(
        {
            "top_k": ("k", found),
            "chance": ("k", places / len(pool)),
            "rank": ("sample", rank),
            "median_relative_rank": float(np.median((rank - 1) / (len(pool) - 1))),
        },
        coords={"k": places},
        attrs={"n_candidates": len(pool)},
    )
    return add_history(result, "encoding.retrieval_scores", {"k": list(k)})


def _check_places(k: Any) -> None:
    if not np.iterable(k):
        raise OptionError(f"is {k!r}", where="k", mend="Give a sequence, such as (1, 5).")
    wrong = [one for one in k if not (isinstance(one, int | np.integer) and one >= 1)]
    if wrong:
        raise OptionError(f"holds {wrong[0]!r}", where="k", mend="Give whole numbers from 1.")


class RetrievalDecoder(Estimator):
    """min ||Z - 1b' - X W||^2 + sum_d alpha_d ||w_d||^2: latents Z from all channels and times X.

    The linear baseline of image retrieval from MEG and EEG: one penalty per latent by blocked
    cross-validation, features z-scored, the smaller of the two ways of solving chosen by itself.
    Predictions are z-scored latents, so that no latent outweighs the others in a cosine.

    Parameters
    ----------
    alphas : sequence of float
        Penalties, for z-scored features.
    cv : splitter, iterable of (train, test), int or None
        Folds; default 5 contiguous blocks. Give groups so that repeats of a stimulus stay
        together.
    k : sequence of int, default (1, 5, 10)
        Of `score` and `evaluate`.

    Attributes
    ----------
    coef_ : DataArray
        (channel, time, latent), per unit of X.
    intercept_ : DataArray
        (latent).
    patterns_ : DataArray
        As `coef_`: how each decoded latent looks in the channels (Haufe et al. 2014).
    best_alpha_ : DataArray
        (latent).
    latent_mean_, latent_scale_ : DataArray
        (latent) of the training set, with which candidates are z-scored.

    References
    ----------
    Benchetrit, Banville & King (2024), arXiv:2310.19812. Haufe et al. (2014),
    doi:10.1016/j.neuroimage.2013.10.067.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> z = rng.normal(size=(300, 8))
    >>> x = (z @ rng.normal(size=(8, 60)) + rng.normal(size=(300, 60))).reshape(300, 6, 10)
    >>> decoder = RetrievalDecoder().fit(x[:200], z[:200])
    >>> decoder.score(x[200:], z[200:]) > 0.9  # top-1 of 100
    True
    """

    coef_: xr.DataArray
    intercept_: xr.DataArray
    patterns_: xr.DataArray
    best_alpha_: xr.DataArray
    latent_mean_: xr.DataArray
    latent_scale_: xr.DataArray

    def __init__(
        self,
        alphas: Sequence[float] = DEFAULT_ALPHAS,
        *,
        cv: Any = None,
        k: Sequence[int] = (1, 5, 10),
    ) -> None:
        self.alphas = alphas
        self.cv = cv
        self.k = k

    def fit(self, X: Any, Z: Any) -> Self:
        """Fit all latents.

        Parameters
        ----------
        X : recording, DataArray or array
            (trial, channel, time), any order after the trials.
        Z : DataArray or array
            (trial, latent).

        Returns
        -------
        RetrievalDecoder
            Itself, fitted.

        Raises
        ------
        LabelError
            If trials differ.
        SchemaError
            If values are missing.
        """
        _check_places(self.k)
        swapped = as_samples({"Z": Z}, X)  # what is recorded names the samples
        x, z = swapped.y, swapped.x["Z"]
        mean, scale = z.mean(axis=0), z.std(axis=0)
        scale = np.where(scale > 0, scale, 1.0)
        with single_thread():
            fit = ridge_cv(
                x,
                (z - mean) / scale,
                list(self.alphas),
                outer_folds(self.cv, swapped),
                standardize=True,
            )
            found = patterns(x, fit.coef)
        latent = _latent_coordinate(Z)
        template = swapped.targets.isel({swapped.dim: 0}, drop=True)

        def labelled(values: Array, name: str) -> xr.DataArray:
            dims = [*template.dims, "latent"]
            shaped = values.reshape(*template.shape, -1)
            return xr.DataArray(shaped, dims=dims, coords={**template.coords, **latent}, name=name)

        self.coef_ = labelled(fit.coef, "coef")
        self.patterns_ = labelled(found, "pattern")
        rows = {"intercept_": fit.intercept, "best_alpha_": fit.best}
        rows |= {"latent_mean_": mean, "latent_scale_": scale}
        for name, values in rows.items():
            array = xr.DataArray(values, dims="latent", coords=latent, name=name.rstrip("_"))
            setattr(self, name, array)
        self._set_history(X)
        return self

    def predict(self, X: Any) -> xr.DataArray:
        """Return z-scored latents.

        Parameters
        ----------
        X : recording, DataArray or array
            Trials of the same channels and times.

        Returns
        -------
        DataArray
            (trial, latent).

        Raises
        ------
        LabelError
            If X has other channels or times than were fitted.
        """
        self._check_fitted()
        samples = as_targets(self._ordered(X))
        shape = samples.targets.shape[1:]
        if shape != self.coef_.shape[:-1]:
            raise LabelError(
                f"X has {shape} per trial, fitted were {self.coef_.shape[:-1]}",
                where="X",
                mend="Give the same channels and times.",
            )
        weights = self.coef_.values.reshape(samples.y.shape[1], -1)
        predicted = samples.y @ weights + self.intercept_.values
        coords = {k: v for k, v in self.intercept_.coords.items() if k == "latent"}
        out = xr.DataArray(predicted, dims=[samples.dim, "latent"], coords=coords, name="latents")
        if samples.dim in samples.targets.coords:
            out = out.assign_coords({samples.dim: samples.targets[samples.dim]})
        return out

    def _ordered(self, X: Any) -> Any:
        """Return trials with dims in the order of the weights, where they have the same names."""
        x = signal_of(X) if isinstance(X, xr.DataTree) else X
        fitted = self.coef_.dims[:-1]
        if not isinstance(x, xr.DataArray) or not set(fitted) <= set(x.dims):
            return x
        check_same_labels(x, self.coef_, fitted, "X")
        return x.transpose(..., *fitted)

    def evaluate(self, X: Any, candidates: Any, truth: Any = None) -> xr.Dataset:
        """Return how well the right candidate is retrieved; see `retrieval_scores`.

        Parameters
        ----------
        X : recording, DataArray or array
            Trials not fitted.
        candidates : DataArray or array
            (candidate, latent) as in `fit`.
        truth : (n_trials,) array_like of int, optional
            Row of the right candidate; default the trial's own row.

        Returns
        -------
        Dataset
            Of `retrieval_scores`.
        """
        return retrieval_scores(self.predict(X), self._standard(candidates), truth, k=self.k)

    def _standard(self, candidates: Any) -> Array:
        """Return candidates in the units that are predicted."""
        pool = real_numbers(candidates, "candidates")
        if pool.ndim != 2 or pool.shape[1] != self.latent_mean_.size:
            raise LabelError(
                f"candidates are {pool.shape} for {self.latent_mean_.size} latents",
                where="candidates",
                mend="Give (candidate, latent).",
            )
        return np.asarray((pool - self.latent_mean_.values) / self.latent_scale_.values)

    def score(self, X: Any, Z: Any) -> float:
        """Return the top-1 accuracy among the latents of these trials.

        Parameters
        ----------
        X : recording, DataArray or array
            Trials not fitted.
        Z : DataArray or array
            (trial, latent), each the right one of its trial.

        Returns
        -------
        float
            0 to 1.
        """
        scores = retrieval_scores(self.predict(X), self._standard(Z), k=(1,))
        return float(scores["top_k"][0])

    def plot(self, latent: int = 0) -> Axes:
        """Draw the pattern of a latent over channels and times.

        Parameters
        ----------
        latent : int, default 0
            Which one, by its place.

        Returns
        -------
        matplotlib.axes.Axes
            New axes.

        Raises
        ------
        OptionError
            If there is no such latent.
        """
        from neurokit.encoding.score_plots import plot_pattern

        self._check_fitted()
        whole = isinstance(latent, int | np.integer)
        if not (whole and 0 <= latent < self.coef_.sizes["latent"]):
            raise OptionError(
                f"is {latent!r}", where="latent", mend=f"0 to {self.coef_.sizes['latent'] - 1}."
            )
        return plot_pattern(self.patterns_.isel(latent=latent))


def _latent_coordinate(Z: Any) -> dict[str, Any]:
    if isinstance(Z, xr.DataArray) and Z.dims[-1] in Z.coords:
        return {"latent": Z[Z.dims[-1]].values}
    return {}
