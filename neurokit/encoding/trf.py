"""The estimator of temporal response functions."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Self

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from neurokit.encoding.alpha_search import RidgeFit, as_alphas, fit_folded
from neurokit.encoding.backends import as_backend
from neurokit.encoding.folds import Fold, as_folds, block_folds
from neurokit.encoding.gram_folds import n_workers
from neurokit.encoding.heldout import METRICS, Scores, held_out_of, mean_scores
from neurokit.encoding.labels import Labels, Rows, as_rows, named, swapped, wrap
from neurokit.encoding.lagged import Lags
from neurokit.encoding.linear import LinearEncoder, alpha_labels, as_dataset, record_ends, say_edges
from neurokit.encoding.ridge_core import MAX_BYTES
from neurokit.encoding.splits import N_SPLITS, folds_of
from neurokit.encoding.targets import Targets
from neurokit.encoding.trf_problem import LaggedRows, lagged_penalty, trf_problem
from neurokit.errors import OptionError, TimeError, check_option
from neurokit.estimator import single_thread
from neurokit.schema.time import nominal_rate

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Array = NDArray[np.float64]
ALPHAS = (1e-1, 1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6)
# Up to this many trials each is a fold of its own, as in the mTRF toolbox.
MOST_TRIALS = 20


class TemporalResponseFunction(LinearEncoder):
    """min sum_t (y(t) - b - sum_l x(t - l) w(l))^2 + alpha ||w||^2, alpha per channel.

    Lags run from floor(tmin rate) to ceil(tmax rate) samples and never cross trials or runs. The
    lagged matrix is never formed: its Gram is block-Toeplitz up to edges, and scores follow from
    sums, so that an hour costs little more than a minute.

    Parameters
    ----------
    tmin, tmax : float
        Lags in seconds; positive lags are causes in the past.
    rate : float, optional
        Sampling rate, Hz, where X and Y have no time axis.
    direction : {"forward", "backward"}, default "forward"
        Forward predicts Y from X; backward predicts X from Y with lags -tmax to -tmin.
    alphas : sequence of float
        Penalties tried.
    penalty : {"ridge", "tikhonov"}, default "ridge"
        Tikhonov penalises squared differences between neighbouring lags of a feature.
    penalty_units : {"plain", "mtrf"}, default "plain"
        ``"mtrf"`` takes `alphas` as the lambda of the mTRF toolbox: times rate and number of
        training trials (and one half for tikhonov). `coef_` stays in plain units: the toolbox's
        weights are ``coef_ * rate``.
    pad : bool, default True
        Take the features as 0 outside a trial; False leaves out samples without all lags.
    cv : None, int, BlockedCV, splitter or iterable of (train, test), optional
        None leaves out one trial at a time (above 20 trials a tenth of them); one trial is cut
        into 5 blocks with gaps as long as the lags.
    metric : {"r", "r2", "mse"}, default "r"
        By which penalties are chosen.
    extend_alphas, per_target, backend, max_bytes, n_jobs : object
        As in `RidgeEncoder`.

    Attributes
    ----------
    coef_ : DataArray
        (lag, feature, channel), lag in seconds; backward (lag, channel, feature).
    intercept_, best_alpha_, at_edge_ : DataArray
        (channel), backward (feature).
    scores_ : Dataset
        ``r``, ``r2``, ``mse`` over (alpha, channel): means over folds of held-out scores.
    rate_ : float
        Hz.
    n_folds_ : int
        Folds.

    References
    ----------
    .. [1] Crosse et al. (2016), doi:10.3389/fnhum.2016.00604
    .. [2] Bialas et al. (2023), doi:10.21105/joss.05657

    Examples
    --------
    >>> import numpy as np
    >>> rng = np.random.default_rng(0)
    >>> x = [rng.standard_normal((400, 1)) for _ in range(4)]
    >>> y = [np.roll(one, 3, axis=0) + rng.standard_normal((400, 1)) for one in x]
    >>> trf = TemporalResponseFunction(0.0, 0.08, rate=100.0).fit(x, y)
    >>> float(trf.coef_[:, 0, 0].idxmax("lag"))
    0.03
    """

    best_alpha_: xr.DataArray
    scores_: xr.Dataset
    at_edge_: xr.DataArray
    rate_: float
    n_folds_: int

    def __init__(
        self,
        tmin: float = 0.0,
        tmax: float = 0.3,
        *,
        rate: float | None = None,
        direction: str = "forward",
        alphas: Sequence[float] = ALPHAS,
        penalty: str = "ridge",
        penalty_units: str = "plain",
        pad: bool = True,
        cv: Any = None,
        metric: str = "r",
        extend_alphas: bool = True,
        per_target: bool = True,
        backend: str = "numpy",
        max_bytes: float = MAX_BYTES,
        n_jobs: int = 1,
    ) -> None:
        self.tmin = tmin
        self.tmax = tmax
        self.rate = rate
        self.direction = direction
        self.alphas = alphas
        self.penalty = penalty
        self.penalty_units = penalty_units
        self.pad = pad
        self.cv = cv
        self.metric = metric
        self.extend_alphas = extend_alphas
        self.per_target = per_target
        self.backend = backend
        self.max_bytes = max_bytes
        self.n_jobs = n_jobs

    def fit(self, X: Any, Y: Any = None) -> Self:
        """Choose the penalty of each channel and fit all trials.

        Parameters
        ----------
        X : recording, DataArray, array, or list or mapping of them
            Stimulus (time, feature) or (trial, time, feature); a list is of trials, which may
            differ in length.
        Y : recording, DataArray, array, or list or mapping of them
            Response (time, channel), of the same trials.

        Returns
        -------
        TemporalResponseFunction
            Itself, fitted.

        Raises
        ------
        OptionError
            If a parameter has a value that is not allowed.
        SchemaError
            If data are not finite or a trial is shorter than the lags.
        TimeError
            If there is no regular time axis and no `rate`.
        LabelError
            If labels do not match.
        """
        self._check_parameters()
        rows = as_rows(X, Y)
        rows = swapped(rows) if self.direction == "backward" else rows
        rate = rate_of(rows.samples, self.rate)
        lags = self._lags(rate)
        alphas, ends = (
            as_alphas(self.alphas),
            record_ends(rows.samples, [str(rows.samples.dims[0])]),
        )
        lagged = LaggedRows(np.asarray(rows.x, dtype=np.float64), ends, lags, pad=self.pad)
        folds = self._folds(rows.samples, ends, lags)
        backend, f = as_backend(self.backend), rows.features.size
        make_basis = lagged_penalty(self.penalty, self.penalty_units, rate, len(lags), f, backend)
        with single_thread():
            targets = Targets(rows.y, self.max_bytes)
            problem = trf_problem(lagged, targets, folds, make_basis, backend)
            problem.folds.n_jobs = n_workers(self.n_jobs)
            fit = fit_folded(
                problem,
                problem,
                alphas,
                metric=self.metric,
                extend_alphas=self.extend_alphas,
                per_target=self.per_target,
                max_bytes=self.max_bytes,
            )
        self.rate_, self.n_folds_ = rate, len(folds)
        self._keep_fit(fit, rows, lags)
        self._set_history(X if Y is None else Y)
        name, extend = type(self).__name__, bool(self.extend_alphas)
        say_edges(fit.at_edge, fit.n_extended, alphas, fit.alphas, name, extend=extend)
        return self

    def _check_parameters(self) -> None:
        check_option("direction", self.direction, ["forward", "backward"])
        check_option("penalty", self.penalty, ["ridge", "tikhonov"])
        check_option("penalty_units", self.penalty_units, ["plain", "mtrf"])
        check_option("metric", self.metric, METRICS)
        for name, value in (("tmin", self.tmin), ("tmax", self.tmax)):
            if not _is_number(value):
                raise OptionError(f"is {value!r}", where=name, mend="Give seconds.")

    def _lags(self, rate: float) -> Lags:
        lags = Lags.of(self.tmin, self.tmax, rate)
        return lags.reversed if self.direction == "backward" else lags

    def _folds(self, samples: xr.DataArray, ends: NDArray[np.int64], lags: Lags) -> list[Fold]:
        if self.cv is not None:
            return folds_of(self.cv, samples)
        n, n_records = int(ends[-1]), len(ends)
        if n_records == 1:
            return block_folds(np.arange(n), min(N_SPLITS, n), gap=len(lags) - 1)
        record = np.searchsorted(ends, np.arange(n), side="right")
        n_folds = n_records if n_records <= MOST_TRIALS else MOST_TRIALS // 2
        fold = record * n_folds // n_records
        return as_folds([(fold != k, fold == k) for k in range(n_folds)], n)

    def _keep_fit(self, fit: RidgeFit, rows: Rows, lags: Lags) -> None:
        lag = named("lag", lags.samples / self.rate_, units="s")
        features = Labels(
            (*lag.dims, *rows.features.dims),
            (*lag.sizes, *rows.features.sizes),
            {**lag.coords, **rows.features.coords},
        )
        self._keep(fit.coef, fit.intercept, features, rows.targets)
        self.best_alpha_ = wrap(fit.best, rows.targets, name="best_alpha")
        self.at_edge_ = wrap(fit.at_edge, rows.targets, name="at_edge")
        self.scores_ = as_dataset(fit.scores, alpha_labels(fit.alphas), rows.targets)
        self.scores_.attrs["over"] = "mean over folds"
        self.feature_dims_ = [str(dim) for dim in rows.features.dims]
        self.n_features_in_ = rows.features.size

    def _labels(self) -> tuple[Labels, Labels]:
        features, others = super()._labels()
        places = [i for i, dim in enumerate(others.dims) if dim != "lag"]
        coords = {n: c for n, c in others.coords.items() if n != "lag"}
        dims = tuple(others.dims[i] for i in places)
        return features, Labels(dims, tuple(others.sizes[i] for i in places), coords)

    def _respond(self, x: Array, ends: NDArray[np.int64]) -> Array:
        lags, (_, targets) = self._lags(self.rate_), self._labels()
        rows = LaggedRows(x, ends, lags, pad=True)
        coef = self.coef_.transpose("lag", *self.feature_dims_, *targets.dims).values
        intercept = self.intercept_.values.reshape(targets.size)
        return np.asarray(rows.predict(coef.reshape(-1, targets.size)) + intercept)

    def score_targets(self, X: Any, Y: Any = None) -> xr.Dataset:
        """Score predictions of new data, channel by channel.

        Parameters
        ----------
        X, Y : recording, DataArray, array, or list or mapping of them
            Stimulus and response as in `fit`, whatever the direction.

        Returns
        -------
        Dataset
            ``r``, ``r2`` and ``mse``, (target) each: means over trials.

        Raises
        ------
        NotFittedError
            If `fit` has not run.
        LabelError, SchemaError
            If features or targets are not those of the fit, in their order, or no finite numbers.
        """
        self._check_solved()
        rows = as_rows(X, Y)
        if self.direction == "backward":
            rows = swapped(rows)
            self._check_sides(rows, "Y", "X")
        else:
            self._check_sides(rows, "X", "Y")
        ends = record_ends(rows.samples, [str(rows.samples.dims[0])])
        found = self._respond(np.asarray(rows.x, dtype=np.float64), ends)
        truth = Targets(rows.y, self.max_bytes).read(slice(0, len(found)), slice(0, None))
        parts = zip(np.split(found, ends[:-1]), np.split(truth, ends[:-1]), strict=True)
        scores: Scores = mean_scores([held_out_of(p, y).scores() for p, y in parts])
        return as_dataset(scores, rows.targets)

    def plot(self, feature: Any = None) -> Axes:
        """Draw the response function: channels over lags.

        Parameters
        ----------
        feature : label, optional
            Which feature; the first unless given.

        Returns
        -------
        matplotlib.axes.Axes
            Lines, or an image where there are many channels.
        """
        from neurokit.encoding.fit_plots import plot_trf

        self._check_solved()
        return plot_trf(self.coef_, feature)


def rate_of(samples: xr.DataArray, rate: float | None) -> float:
    """Return the sampling rate.

    Parameters
    ----------
    samples : DataArray
        (sample,), perhaps with ``time``.
    rate : float or None
        What the user says.

    Returns
    -------
    float
        Hz.

    Raises
    ------
    TimeError
        If time is irregular, or says otherwise than the user, or nobody says.
    """
    if rate is not None and not (_is_number(rate) and np.isfinite(rate) and rate > 0):
        raise OptionError(f"is {rate!r}", where="rate", mend="Give Hz, above 0.")
    if "time" not in samples.coords:
        if rate is None:
            raise TimeError("X and Y have no time axis", where="rate", mend="Give rate=..., in Hz.")
        return float(rate)
    stated = samples["time"].attrs.get("sampling_rate")
    run = np.searchsorted(
        record_ends(samples, [str(samples.dims[0])]), np.arange(samples.size), side="right"
    )
    found = nominal_rate(samples["time"].values, run)
    if found is None or (stated is not None and abs(float(stated) / found - 1) > 1e-3):
        raise TimeError(
            "time is irregular, or not at its sampling_rate",
            where="X, Y",
            mend="Make it regular with nk.signal.resample(x, rate).",
        )
    found = float(stated) if stated is not None else found
    if rate is not None and abs(rate / found - 1) > 1e-3:
        raise TimeError(
            f"is {rate:g} Hz, but the time axis says {found:g} Hz",
            where="rate",
            mend="Leave rate out.",
        )
    return found


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float | np.integer | np.floating) and not isinstance(value, bool)
