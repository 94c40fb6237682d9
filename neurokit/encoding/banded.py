"""The estimator of banded ridge: every band of features has its own penalty for every target."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Self

import numpy as np
import xarray as xr
from numpy.typing import ArrayLike, NDArray

from neurokit.encoding.alpha_search import as_alphas
from neurokit.encoding.backends import as_backend
from neurokit.encoding.band_gradient import HeldOutError, descend
from neurokit.encoding.band_labels import bands_of, join_bands
from neurokit.encoding.band_problem import Bands, KernelBands, PrimalBands
from neurokit.encoding.band_search import BandFit, BandSearch, dirichlet_weights, select
from neurokit.encoding.folds import Fold
from neurokit.encoding.heldout import METRICS, Scores
from neurokit.encoding.labels import Rows, named, wrap
from neurokit.encoding.linear import LinearEncoder, as_dataset, say_edges
from neurokit.encoding.ridge_core import MAX_BYTES
from neurokit.encoding.splits import folds_of
from neurokit.encoding.targets import Targets, checked_bytes, reference_of
from neurokit.errors import OptionError, check_option
from neurokit.estimator import progress, single_thread
from neurokit.randomness import as_generator

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Array = NDArray[np.float64]
ALPHAS = (1e-1, 1e0, 1e1, 1e2, 1e3, 1e4, 1e5)


class BandedRidgeEncoder(LinearEncoder):
    """min ||Y - 1b' - sum_i X_i W_i||^2 + sum_it (alpha_t / g_it) ||w_it||^2, sum_i g_it = 1.

    Weights g of bands are tried at random, uniform ones first; every target keeps those that
    predict it best on held-out blocks. The gradient of the held-out error can carry on from
    there.

    Parameters
    ----------
    alphas : sequence of float
        Penalties tried for every g, in squared units of X.
    bands : None, str or sequence, optional
        Band of each feature: labels, or the name of a coordinate; None is ``band``, which
        features have if X is given as a mapping of bands.
    n_iter : int, default 100
        Weights tried.
    gammas : (n, n_bands) array_like, optional
        Try these weights instead.
    solver : {"random", "gradient"}, default "random"
        Gradient descends from the best random weights; it needs as many samples as features.
    max_descent : int, default 30
        Most steps of a descent.
    cv : None, int, BlockedCV, splitter or iterable of (train, test), optional
        As in `RidgeEncoder`.
    metric : {"r2", "r", "mse"}, default "r2"
        By which weights and penalties are chosen.
    standardize : bool, default False
        Divide features by their standard deviation over training samples; needs as many samples
        as features.
    extend_alphas : bool, default True
        As in `RidgeEncoder`.
    precision : {"auto", "double", "mixed"}
        As in `RidgeEncoder`.
    backend : {"numpy", "torch"}, default "numpy"
        As in `RidgeEncoder`.
    max_bytes : float, default 128e6
        Most bytes of a block of targets.
    random_state : None, int or numpy.random.Generator
        Source of the weights tried.
    n_jobs : int, default 1
        Folds that run at once.
    progress : bool, optional
        Show a bar; None shows it when a terminal or notebook is attached.

    Attributes
    ----------
    coef_, intercept_ : DataArray
        As in `RidgeEncoder`.
    band_alphas_ : DataArray
        (band, target) penalty of each band, alpha / g; infinite where a band is left out.
    band_weights_ : DataArray
        (band, target) g.
    band_r2_ : DataArray
        (band, target) parts of held-out R2 by the product measure; they add up to
        ``scores_.r2``, and can be negative.
    best_alpha_ : DataArray
        (target).
    scores_ : Dataset
        ``r``, ``r2``, ``mse`` (target) at the weights chosen: means over folds.
    search_trace_ : DataArray
        (iteration, target) best score of each g tried.
    at_edge_ : DataArray
        (target) as in `RidgeEncoder`.
    converged_ : bool
        False if the search was interrupted.
    n_folds_ : int
        Folds.

    References
    ----------
    .. [1] Dupre la Tour et al. (2022), doi:10.1016/j.neuroimage.2022.119728
    .. [2] Nunez-Elizalde et al. (2019), doi:10.1016/j.neuroimage.2019.04.012

    Examples
    --------
    >>> import numpy as np
    >>> rng = np.random.default_rng(0)
    >>> bands = {"sound": rng.standard_normal((300, 5)), "sight": rng.standard_normal((300, 5))}
    >>> Y = bands["sound"] @ rng.standard_normal((5, 2)) + rng.standard_normal((300, 2))
    >>> model = BandedRidgeEncoder((0.1, 1.0, 10.0, 100.0), n_iter=8, random_state=0)
    >>> shares = model.fit(bands, Y).band_r2_
    >>> bool((shares.sel(band="sound") > 0.5).all()), bool((shares.sel(band="sight") < 0.02).all())
    (True, True)
    """

    band_alphas_: xr.DataArray
    band_weights_: xr.DataArray
    band_r2_: xr.DataArray
    best_alpha_: xr.DataArray
    scores_: xr.Dataset
    search_trace_: xr.DataArray
    at_edge_: xr.DataArray
    converged_: bool
    n_folds_: int

    def __init__(
        self,
        alphas: Sequence[float] = ALPHAS,
        *,
        bands: Any = None,
        n_iter: int = 100,
        gammas: ArrayLike | None = None,
        solver: str = "random",
        max_descent: int = 30,
        cv: Any = None,
        metric: str = "r2",
        standardize: bool = False,
        extend_alphas: bool = True,
        precision: str = "auto",
        backend: str = "numpy",
        max_bytes: float = MAX_BYTES,
        random_state: int | np.random.Generator | None = None,
        n_jobs: int = 1,
        progress: bool | None = None,
    ) -> None:
        self.alphas = alphas
        self.bands = bands
        self.n_iter = n_iter
        self.gammas = gammas
        self.solver = solver
        self.max_descent = max_descent
        self.cv = cv
        self.metric = metric
        self.standardize = standardize
        self.extend_alphas = extend_alphas
        self.precision = precision
        self.backend = backend
        self.max_bytes = max_bytes
        self.random_state = random_state
        self.n_jobs = n_jobs
        self.progress = progress

    def fit(self, X: Any, Y: Any = None) -> Self:
        """Search weights and penalties of each target and fit all samples.

        Parameters
        ----------
        X : mapping of str to (sample, feature), DataArray or array
            Features: one entry per band, or all in one with `bands`.
        Y : recording, DataArray or array
            Targets, as in `RidgeEncoder`.

        Returns
        -------
        BandedRidgeEncoder
            Itself, fitted.

        Raises
        ------
        OptionError
            If a parameter has a value that is not allowed.
        SchemaError
            If X or Y are not finite numbers or of different lengths.
        LabelError
            If their labels do not match, or bands do not fit the features.
        """
        self._check_parameters()
        rows = self._read(join_bands(X, Y), Y)
        band, names = bands_of(self.bands, rows.features)
        alphas = as_alphas(self.alphas)
        gammas = self._weights_to_try(len(names))
        with single_thread():
            reference = reference_of(rows.x)
            x = rows.x - reference
            folds = folds_of(self.cv, rows.samples)
            bands = self._bands(x, band, folds, single=rows.single)
            largest = float(x.size if self.standardize else np.sum(x**2))
            searches = self._search(bands, rows, alphas, gammas, band, largest)
            weights = [search.coefficients(len(band)) for search in searches]
        coef = np.hstack([one for one, _ in weights])
        at_reference = np.hstack([one for _, one in weights])
        self._keep(coef, at_reference - reference @ coef, rows.features, rows.targets)
        self._keep_search([search.fit for search in searches], rows, names, len(folds))
        self._set_history(Y if isinstance(Y, xr.DataArray | xr.DataTree) else X)
        if not self.converged_:
            raise KeyboardInterrupt
        n_extended = sum(int(search.fit.extended.sum()) for search in searches)
        name = type(self).__name__
        say_edges(self.at_edge_.values, n_extended, alphas, None, name, extend=self.extend_alphas)
        return self

    def _check_parameters(self) -> None:
        check_option("metric", self.metric, METRICS)
        check_option("solver", self.solver, ["random", "gradient"])
        check_option("precision", self.precision, ["auto", "double", "mixed"])
        for name in ("n_iter", "max_descent"):
            value = getattr(self, name)
            whole = isinstance(value, int | np.integer) and not isinstance(value, bool)
            if not (whole and value >= 1):
                raise OptionError(f"is {value!r}", where=name, mend="Give 1 or more.")
        checked_bytes(self.max_bytes)
        as_generator(self.random_state)

    def _weights_to_try(self, n_bands: int) -> Array:
        if self.gammas is None:
            rng = as_generator(self.random_state)
            return dirichlet_weights(1 if n_bands == 1 else int(self.n_iter), n_bands, rng)
        return _as_weights(self.gammas, n_bands)

    def _bands(self, x: Array, band: Any, folds: list[Fold], *, single: bool) -> Bands:
        mixed = single if self.precision == "auto" else self.precision == "mixed"
        precision, backend = "mixed" if mixed else "double", as_backend(self.backend)
        if x.shape[1] <= x.shape[0]:
            return PrimalBands(
                x,
                band,
                folds,
                standardize=self.standardize,
                precision=precision,
                backend=backend,
                n_jobs=self.n_jobs,
            )
        for name, value in (
            ("solver", self.solver == "gradient"),
            ("standardize", self.standardize),
        ):
            if value:
                raise OptionError(
                    f"needs as many samples as features ({x.shape[0]} < {x.shape[1]})",
                    where=name,
                    mend="Scale features first, and search at random.",
                )
        return KernelBands(x, band, folds, precision=precision, backend=backend, n_jobs=self.n_jobs)

    def _search(
        self, bands: Bands, rows: Rows, alphas: Array, gammas: Array, band: Any, largest: float
    ) -> list[BandSearch]:
        """Search block by block of targets; what is found before Ctrl-C is kept."""
        y = Targets(rows.y, self.max_bytes)
        per_target = 8 * min(rows.x.shape) * 16
        width = max(1, int(self.max_bytes / per_target))
        starts = range(0, y.t, width)
        searches = [
            BandSearch(
                bands,
                y,
                slice(first, min(first + width, y.t)),
                alphas,
                metric=self.metric,
                n_bands=gammas.shape[1],
                penalties=(largest / min(rows.x.shape), largest),
            )
            for first in starts
        ]
        self.converged_ = True
        steps = [(search, gamma) for search in searches for gamma in gammas]
        label = type(self).__name__
        try:
            for search, gamma in progress(steps, total=len(steps), label=label, show=self.progress):
                search.attempt(gamma, extend_alphas=self.extend_alphas)
            if self.solver == "gradient":
                for search in searches:
                    self._descend(search, band)
        except KeyboardInterrupt:
            self.converged_ = False
        return searches

    def _descend(self, search: BandSearch, band: Any) -> None:
        """Descend from the best weights of each group of targets that share them."""
        fit = search.fit
        groups, which = np.unique(fit.gamma.T, axis=0, return_inverse=True)
        which = which.reshape(-1)
        starts = []
        for number, gamma in enumerate(groups):
            these = np.flatnonzero(which == number)
            alpha = float(np.exp(np.mean(np.log(fit.alpha[these]))))
            error = HeldOutError.of(select(search.load(gamma), these), band)
            with np.errstate(divide="ignore"):
                starts.append(descend(error, np.log(gamma / alpha), self.max_descent))
        for d in starts:
            weights = np.exp(d - d.max())
            search.attempt(weights / weights.sum(), extend_alphas=self.extend_alphas)

    def _keep_search(self, fits: list[BandFit], rows: Rows, names: list[str], n_folds: int) -> None:
        def joined(name: str) -> Array:
            return np.concatenate([getattr(fit, name) for fit in fits], axis=-1)

        band, targets = named("band", names), rows.targets
        gamma, alpha = joined("gamma"), joined("alpha")
        with np.errstate(divide="ignore"):
            self.band_alphas_ = wrap(alpha / gamma, band, targets, name="band_alphas")
        self.band_weights_ = wrap(gamma, band, targets, name="band_weights")
        self.band_r2_ = wrap(joined("shares"), band, targets, name="band_r2")
        self.best_alpha_ = wrap(alpha, targets, name="best_alpha")
        self.at_edge_ = wrap(joined("at_edge"), targets, name="at_edge")
        scores = (np.concatenate([getattr(fit.scores, m) for fit in fits]) for m in METRICS)
        self.scores_ = as_dataset(Scores(*scores), targets).assign_attrs(over="mean over folds")
        n_tried = min(len(fit.trace) for fit in fits)
        trace = np.hstack([np.array(fit.trace[:n_tried]).reshape(n_tried, -1) for fit in fits])
        tried = named("iteration", np.arange(n_tried))
        self.search_trace_ = wrap(trace, tried, targets, name="search_trace")
        self.n_folds_ = n_folds

    def predict(self, X: Any) -> Any:
        """Predict targets.

        Parameters
        ----------
        X : mapping of bands, DataArray or array
            Features as in `fit`.

        Returns
        -------
        DataArray or ndarray
            One prediction per target.
        """
        self._check_solved()
        return super().predict(join_bands(X))

    def score_targets(self, X: Any, Y: Any) -> xr.Dataset:
        """Score predictions of new data, target by target.

        Parameters
        ----------
        X : mapping of bands, DataArray or array
            Features as in `fit`.
        Y : recording, DataArray or array
            Targets.

        Returns
        -------
        Dataset
            ``r``, ``r2`` and ``mse``, (target) each.
        """
        self._check_solved()
        return super().score_targets(join_bands(X, Y), Y)

    def plot(self) -> Axes:
        """Draw each band's part of held-out R2.

        Returns
        -------
        matplotlib.axes.Axes
            Stacked bars over targets.
        """
        from neurokit.encoding.fit_plots import plot_band_shares

        self._check_solved()
        return plot_band_shares(self.band_r2_)


def _as_weights(gammas: Any, n_bands: int) -> Array:
    """Return the weights a user wants tried, (n, n_bands)."""
    try:
        found = np.atleast_2d(np.asarray(gammas, dtype=np.float64))
    except (TypeError, ValueError) as error:
        raise OptionError(
            "holds something else than real numbers, or rows of unlike lengths",
            where="gammas",
            mend="Give (n, n_bands).",
        ) from error
    if found.ndim != 2 or found.shape[1] != n_bands or not len(found):
        raise OptionError(
            f"has shape {found.shape} for {n_bands} bands",
            where="gammas",
            mend="Give (n, n_bands).",
        )
    with np.errstate(over="ignore"):
        total = found.sum(axis=1)
    if not (np.isfinite(total).all() and np.all(found >= 0) and np.all(total > 0)):
        raise OptionError(
            "holds NaN, infinite or negative weights, or a row of zeros",
            where="gammas",
            mend="Give rows of numbers from 0 with a sum above 0.",
        )
    return found
