"""The estimator of ridge regression with one penalty per target."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Self

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from neurokit.encoding.alpha_search import RidgeFit, as_alphas, fit_folded
from neurokit.encoding.backends import as_backend
from neurokit.encoding.heldout import METRICS
from neurokit.encoding.labels import Rows, as_rows, wrap
from neurokit.encoding.linear import LinearEncoder, alpha_labels, as_dataset, say_edges
from neurokit.encoding.ridge_core import MAX_BYTES, FoldedRidge
from neurokit.encoding.splits import folds_of
from neurokit.encoding.streaming import SummedRidge
from neurokit.encoding.targets import checked_bytes
from neurokit.errors import NotFittedError, OptionError, check_option
from neurokit.estimator import single_thread

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Array = NDArray[np.float64]
ALPHAS = (1e-1, 1e0, 1e1, 1e2, 1e3, 1e4, 1e5)


class RidgeEncoder(LinearEncoder):
    """min ||Y - 1b' - X W||^2 + sum_t alpha_t ||w_t||^2, alpha_t by blocked cross-validation.

    Every target (electrode, voxel, neuron, electrode x lag) has the penalty that predicts it
    best on held-out blocks. The intercept is free. X is not standardised unless asked.

    Parameters
    ----------
    alphas : sequence of float
        Penalties tried, in squared units of X; the loss is a sum over samples, as in
        scikit-learn.
    cv : None, int, BlockedCV, splitter or iterable of (train, test), optional
        None is ``BlockedCV(5)``: contiguous blocks. Give ``BlockedCV(5, gap=seconds)`` where
        neighbouring samples share noise. Rows are shuffled only by a splitter that does so.
    metric : {"r2", "r", "mse"}, default "r2"
        By which penalties are chosen, as the mean over folds.
    standardize : bool, default False
        Divide features by their standard deviation over training samples.
    extend_alphas : bool, default True
        Where targets are best at an edge of `alphas` and still gain, try further penalties, and
        say so in a warning.
    per_target : bool, default True
        One penalty per target; else the one best on average.
    precision : {"auto", "double", "mixed"}
        Mixed takes float32 for the large products where the penalty is large enough for it;
        auto does so where X and Y are float32.
    backend : {"numpy", "torch"}, default "numpy"
        Where large products run; torch takes a GPU where there is one.
    max_bytes : float, default 128e6
        Most bytes of a block of targets; Dask and Zarr targets are read block by block.
    n_jobs : int, default 1
        Folds that run at once, -1 for one per processor; the result is the same bytes.

    Attributes
    ----------
    coef_ : DataArray
        (feature, target) with the coordinates of X and Y, fitted to all samples.
    intercept_ : DataArray
        (target).
    best_alpha_ : DataArray
        (target).
    scores_ : Dataset
        ``r``, ``r2``, ``mse`` over (alpha, target): means over folds of held-out scores. 0 where
        a target does not vary. The score at the best alpha is slightly optimistic, because
        the same folds chose it.
    at_edge_ : DataArray
        (target) -1 where the smallest alpha tried is best, 1 the largest, else 0.
    n_folds_ : int
        Folds.
    statistics_ : Dataset
        After `partial_fit`: the sums that the fit is made of, (fold, feature, feature_other) and
        (fold, feature, target) among them; else None.

    References
    ----------
    .. [1] Hoerl and Kennard (1970), doi:10.1080/00401706.1970.10488634
    .. [2] Dupre la Tour et al. (2022), doi:10.1016/j.neuroimage.2022.119728

    Examples
    --------
    >>> import numpy as np
    >>> rng = np.random.default_rng(0)
    >>> X = rng.standard_normal((200, 10))
    >>> Y = X[:, :3] + rng.standard_normal((200, 3))
    >>> model = RidgeEncoder(alphas=(1.0, 10.0, 100.0)).fit(X, Y)
    >>> model.coef_.sizes
    Frozen({'feature': 10, 'target': 3})
    >>> model.score(X, Y) > 0.4
    True
    """

    best_alpha_: xr.DataArray
    scores_: xr.Dataset
    at_edge_: xr.DataArray
    n_folds_: int
    statistics_: xr.Dataset

    def __init__(
        self,
        alphas: Sequence[float] = ALPHAS,
        *,
        cv: Any = None,
        metric: str = "r2",
        standardize: bool = False,
        extend_alphas: bool = True,
        per_target: bool = True,
        precision: str = "auto",
        backend: str = "numpy",
        max_bytes: float = MAX_BYTES,
        n_jobs: int = 1,
    ) -> None:
        self.alphas = alphas
        self.cv = cv
        self.metric = metric
        self.standardize = standardize
        self.extend_alphas = extend_alphas
        self.per_target = per_target
        self.precision = precision
        self.backend = backend
        self.max_bytes = max_bytes
        self.n_jobs = n_jobs

    def fit(self, X: Any, Y: Any = None) -> Self:
        """Choose the penalty of each target and fit all samples.

        Parameters
        ----------
        X, Y : recording, DataArray, array, or list or mapping of them
            (sample, feature) and (sample, target); dims that both have are samples. Of a
            recording, X is its stimulus and Y its signal. Y may be a Dask or Zarr array.

        Returns
        -------
        RidgeEncoder
            Itself, fitted.

        Raises
        ------
        OptionError
            If a parameter has a value that is not allowed.
        SchemaError
            If X or Y are not finite numbers or of different lengths.
        LabelError
            If their labels do not match.
        """
        self._check_parameters()
        rows = self._read(X, Y)
        alphas = as_alphas(self.alphas)
        with single_thread():
            folded = self._folded(rows)
            fit = fit_folded(
                folded,
                rows.y,
                alphas,
                metric=self.metric,
                extend_alphas=self.extend_alphas,
                per_target=self.per_target,
                max_bytes=self.max_bytes,
            )
        self._keep_fit(fit, rows, len(folded.folds), pooled=folded.pooled)
        self._set_history(X if Y is None else Y)
        self._say_edges(fit, alphas, 4)
        return self

    def _folded(self, rows: Rows) -> FoldedRidge:
        mixed = rows.single if self.precision == "auto" else self.precision == "mixed"
        return FoldedRidge(
            rows.x,
            folds_of(self.cv, rows.samples),
            standardize=self.standardize,
            precision="mixed" if mixed else "double",
            backend=as_backend(self.backend),
            n_jobs=self.n_jobs,
        )

    def _check_parameters(self) -> None:
        check_option("metric", self.metric, METRICS)
        check_option("precision", self.precision, ["auto", "double", "mixed"])
        checked_bytes(self.max_bytes)

    def _keep_fit(self, fit: RidgeFit, rows: Rows, n_folds: int, *, pooled: bool) -> None:
        self._keep(fit.coef, fit.intercept, rows.features, rows.targets)
        self.best_alpha_ = wrap(fit.best, rows.targets, name="best_alpha")
        self.at_edge_ = wrap(fit.at_edge, rows.targets, name="at_edge")
        self.scores_ = as_dataset(fit.scores, alpha_labels(fit.alphas), rows.targets)
        self.scores_.attrs["over"] = "all held-out samples" if pooled else "mean over folds"
        self.n_folds_ = n_folds

    def _say_edges(self, fit: RidgeFit, alphas: Array, stacklevel: int) -> None:
        say_edges(
            fit.at_edge,
            fit.n_extended,
            alphas,
            fit.alphas,
            type(self).__name__,
            extend=self.extend_alphas,
            stacklevel=stacklevel,
        )

    def partial_fit(
        self, X: Any, Y: Any = None, *, fold: int | None = None, solve: bool = True
    ) -> Self:
        """Add a chunk of samples; the fit is that of all chunks at once.

        Only sums are kept (`statistics_`). Chunks are folds: chunk i is held out with fold
        i modulo 5 unless `fold` says otherwise, so give stretches of time, not shuffled rows.
        Needs memory for features x features; X is not to be wider than that.

        Parameters
        ----------
        X, Y : recording, DataArray or array
            The chunk.
        fold : int, optional
            Fold this chunk belongs to.
        solve : bool, default True
            Solve at once; False leaves that to the last chunk or to `merge`.

        Returns
        -------
        RidgeEncoder
            Itself; fitted if solved.

        Raises
        ------
        LabelError, SchemaError
            If features or targets are not those of the chunks before; nothing is added then.
        OptionError
            If `fold` is no whole number, or a parameter has a value that is not allowed.
        """
        self._check_parameters()
        # Nothing is kept of a chunk that is refused, so all that can be wrong is checked first.
        as_alphas(self.alphas)
        as_backend(self.backend)
        _check_fold(fold)
        first = not hasattr(self, "statistics_")
        if not first and not hasattr(X, "dims"):
            self._check_width(np.shape(X)[1] if np.ndim(X) == 2 else -1)
        rows = as_rows(X, Y)
        if not first:
            self._note_names(X, reset=False)
        with single_thread():
            sums = SummedRidge.empty() if first else SummedRidge.from_dataset(self.statistics_)
            sums.add(rows, fold)
            if first:
                self._note_names(X, reset=True)
                self.n_features_in_ = rows.features.size
            self.statistics_ = sums.to_dataset(rows.features, rows.targets)
            if solve:
                self._solve(sums)
        self._set_history(X if Y is None else Y)
        return self

    def merge(self, *others: RidgeEncoder) -> Self:
        """Add the sums of other sites: the fit is that of all samples at one place.

        Parameters
        ----------
        *others : RidgeEncoder
            After `partial_fit` with the same features and targets; raw samples are not needed.

        Returns
        -------
        RidgeEncoder
            Itself, fitted to all.

        Raises
        ------
        NotFittedError
            If one has no sums.
        LabelError
            If features or targets differ.
        """
        for one in (self, *others):
            if not hasattr(one, "statistics_"):
                raise NotFittedError(
                    "has no sums", where=type(one).__name__, mend="Call partial_fit(...) first."
                )
        with single_thread():
            sums = SummedRidge.from_dataset(self.statistics_)
            for one in others:
                sums.merge(SummedRidge.from_dataset(one.statistics_))
            assert sums.features is not None
            assert sums.targets is not None
            self.statistics_ = sums.to_dataset(sums.features, sums.targets)
            self._solve(sums)
        return self

    def _solve(self, sums: SummedRidge) -> None:
        alphas = as_alphas(self.alphas)
        fit = sums.solve(
            alphas,
            metric=self.metric,
            extend_alphas=self.extend_alphas,
            per_target=self.per_target,
            standardize=self.standardize,
            backend=as_backend(self.backend),
        )
        rows = sums.labelled()
        self._keep_fit(fit, rows, sums.n_folds, pooled=False)
        self.n_features_in_ = rows.features.size
        self._say_edges(fit, alphas, 5)

    def plot(self) -> Axes:
        """Draw held-out R2 over alpha.

        Returns
        -------
        matplotlib.axes.Axes
            One line per target, or their quantiles.
        """
        from neurokit.encoding.fit_plots import plot_alpha_path

        self._check_solved()
        return plot_alpha_path(self.scores_, self.best_alpha_)


def _check_fold(fold: Any) -> None:
    if fold is None or (isinstance(fold, int | np.integer) and not isinstance(fold, bool)):
        return
    raise OptionError(f"is {fold!r}", where="fold", mend="Give the number of a fold, such as 0.")
