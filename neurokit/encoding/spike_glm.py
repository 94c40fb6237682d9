"""The estimator of generalized linear models of spike trains."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any, Self

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from neurokit.encoding.spike_design import (
    Standard,
    coupled,
    past,
    spread_filters,
    standardise,
)
from neurokit.encoding.spike_glm_core import Array, GLMFit, fit_glm, mean_rate
from neurokit.encoding.spike_inputs import Bins, as_bins
from neurokit.encoding.spike_scores import rescaling_test, spike_scores
from neurokit.errors import (
    ConvergenceWarning,
    LabelError,
    NeurokitWarning,
    OptionError,
    SchemaError,
    check_option,
)
from neurokit.estimator import Estimator, single_thread
from neurokit.randomness import as_generator
from neurokit.signal.bases import raised_cosines

if TYPE_CHECKING:
    from matplotlib.axes import Axes

OBSERVATIONS = ("poisson", "bernoulli")
BASES = ("log_cosine", "cosine", "bins")


class SpikeGLM(Estimator):
    """min mean_t [A(eta) - y eta] + alpha/2 ||w||^2,  eta = b + x(t) w + past(t) v, per neuron.

    A(eta) = exp(eta) for Poisson counts, log(1 + exp(eta)) for Bernoulli bins. The penalty is
    that of scikit-learn's ``PoissonRegressor(alpha)`` (and of ``LogisticRegression(C=1 / (n
    alpha))``); the intercept is free. All neurons are fitted at once by Newton's method with
    conjugate gradients, but each converges by itself: a fit of one neuron and of a population
    give the same numbers.

    The past of spike trains enters through filters over the bins before: with `history` each
    neuron's own, with `coupling` all neurons'. Bins whose past is not known (the first of a run
    or trial, or behind a NaN) don't count.

    Parameters
    ----------
    observation : {"poisson", "bernoulli"}, default "poisson"
        Distribution of a bin.
    alpha : float, default 0.001
        Penalty; 0 for maximum likelihood.
    history : float, default 0.0
        How far the past reaches, s (bins where there is no time coordinate); 0 for none.
    coupling : bool, default False
        Whether the past of all neurons enters, over the same window.
    basis : {"log_cosine", "cosine", "bins"}, default "log_cosine"
        Filters are weighted sums of raised cosines, narrow at short lags or all alike, or free
        in every bin.
    n_basis : int, default 5
        Number of raised cosines.
    max_iter : int, default 100
        Most Newton steps.
    tol : float, default 1e-8
        A neuron has converged when its largest gradient is below this share of its curvature.

    Attributes
    ----------
    coef_ : DataArray
        (feature, neuron), per unit of the feature.
    intercept_ : DataArray
        (neuron); -inf where a neuron has no spike.
    history_filter_ : DataArray
        (lag, neuron), with `history` alone: log rate per spike `lag` seconds (bins) ago.
    coupling_filter_ : DataArray
        (lag, pre, post), with `coupling`; the diagonal is a neuron's own history.
    scores_ : Dataset
        ``bits_per_spike``, ``mcfadden_r2``, ``d2`` (neuron), on the bins fitted.
    base_rate_ : DataArray
        (neuron) mean count per bin fitted, which scores compare with.
    neuron_converged_ : DataArray
        (neuron) bool.
    converged_ : bool
        Whether all neurons converged.
    n_iter_ : DataArray
        (neuron) Newton steps.

    References
    ----------
    Truccolo et al. (2005), doi:10.1152/jn.00697.2004.
    Pillow et al. (2008), doi:10.1038/nature07140.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> x = rng.normal(size=(5000, 2))
    >>> spikes = rng.poisson(np.exp(x @ [[0.5], [0.0]] - 1.0))
    >>> model = SpikeGLM(alpha=0.0).fit(x, spikes)
    >>> bool(abs(model.coef_.values[:, 0] - [0.5, 0.0]).max() < 0.05)
    True
    """

    coef_: xr.DataArray
    intercept_: xr.DataArray
    history_filter_: xr.DataArray
    coupling_filter_: xr.DataArray
    scores_: xr.Dataset
    base_rate_: xr.DataArray
    neuron_converged_: xr.DataArray
    converged_: bool
    n_iter_: xr.DataArray
    n_features_in_: int

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.target_tags.required = tags.target_tags.positive_only = True
        tags.input_tags.allow_nan = True
        return tags

    def __init__(
        self,
        observation: str = "poisson",
        *,
        alpha: float = 1e-3,
        history: float = 0.0,
        coupling: bool = False,
        basis: str = "log_cosine",
        n_basis: int = 5,
        max_iter: int = 100,
        tol: float = 1e-8,
    ) -> None:
        self.observation = observation
        self.alpha = alpha
        self.history = history
        self.coupling = coupling
        self.basis = basis
        self.n_basis = n_basis
        self.max_iter = max_iter
        self.tol = tol

    def fit(self, X: Any, Y: Any) -> Self:
        """Fit every neuron.

        Parameters
        ----------
        X : DataArray, array or None
            Features, (time, feature) or (trial, time, feature); None with `history` only. A bin
            with NaN does not count.
        Y : recording, DataArray or array
            Spikes per bin, (time, neuron) or (trial, time, neuron), as of
            ``nk.signal.bin_spikes``; NaN is not observed.

        Returns
        -------
        SpikeGLM
            Itself, fitted.

        Raises
        ------
        OptionError
            If a parameter is out of range.
        SchemaError
            If counts or dims are not what the model needs, or no bin is left.
        LabelError
            If X and Y differ in their bins.
        """
        self._check_parameters()
        if Y is None:
            raise OptionError(
                "requires y to be passed, but the target y is None",
                where="Y",
                mend="Give spikes per bin.",
            )
        bins = as_bins(X, Y)
        assert bins.counts is not None
        if self.observation == "bernoulli" and np.nanmax(bins.counts, initial=0.0) > 1:
            raise SchemaError(
                f"has up to {np.nanmax(bins.counts):g} spikes in a bin",
                where="Y",
                mend='Use narrower bins, or observation="poisson".',
            )
        self._check_window(bins)
        with single_thread():
            features, own = self._features(bins)
            standard, counts = standardise(features, own, bins.counts, float(self.alpha))
            fit, silent = self._fit_neurons(standard, counts)
            self._keep(bins, standard, fit, silent)
            self._score_fit(bins, counts, standard)
        self._set_history(Y)
        if fit.interrupted:
            raise KeyboardInterrupt
        self._warn(silent)
        return self

    def _check_parameters(self) -> None:
        check_option("observation", self.observation, OBSERVATIONS)
        check_option("basis", self.basis, BASES)
        for name in ("n_basis", "max_iter"):
            value = getattr(self, name)
            if isinstance(value, bool) or not isinstance(value, int | np.integer) or value < 1:
                raise OptionError(f"is {value!r}", where=name, mend="Give a whole number from 1.")
        for name in ("alpha", "history", "tol"):
            value = getattr(self, name)
            number = isinstance(value, int | float | np.integer | np.floating)
            if not (number and np.isfinite(value) and value >= 0):
                raise OptionError(f"is {value!r}", where=name, mend="Give a number from 0.")
        if self.coupling and not self.history:
            raise OptionError(
                "coupling needs a window", where="history", mend="Give history=0.1, for example."
            )

    def _check_window(self, bins: Bins) -> None:
        longest = max((run.stop - run.start for run in bins.runs), default=0)
        if round(self.history * bins.rate) >= max(longest, 1):
            raise SchemaError(
                f"no bin is left: history reaches over all {longest} bins of the longest run",
                where="Y",
                mend="Give longer runs or trials, or a shorter history.",
            )

    def _lag_basis(self, bins: Bins) -> Array:
        """Return the basis over the lags 1, 2, ... bins."""
        n_lags = max(1, round(self.history * bins.rate))
        if self.basis == "bins":
            return np.eye(n_lags)
        spacing = "log" if self.basis == "log_cosine" else "linear"
        return raised_cosines(min(self.n_basis, n_lags), n_lags, spacing=spacing)

    def _features(self, bins: Bins) -> tuple[Array, Array]:
        """Return features of all neurons (n, p) and of each (b, n, k)."""
        n_neurons = 0 if bins.counts is None else bins.counts.shape[1]
        if not self.history:
            return bins.features, np.zeros((0, bins.features.shape[0], n_neurons))
        if bins.counts is None:
            raise OptionError("a model with history needs counts", where="Y", mend="Give Y too.")
        filtered = past(bins.counts, self._lag_basis(bins), bins.runs)
        if not self.coupling:
            return bins.features, filtered
        features = np.concatenate([bins.features, coupled(filtered)], axis=1)
        return features, np.zeros((0, features.shape[0], n_neurons))

    def _fit_neurons(self, standard: Standard, counts: Array) -> tuple[GLMFit, Array]:
        """Fit the neurons that have both what a rate needs: spikes, and bins without."""
        if not counts.size:
            raise SchemaError(
                "no bin is left in which features, counts and their past are known",
                where="Y",
                mend="Check NaN, and that runs and trials are longer than history.",
            )
        seen = standard.design.observed
        n_seen = counts.shape[0] if seen is None else seen.sum(axis=0)
        total = counts.sum(axis=0)
        with np.errstate(divide="ignore", invalid="ignore"):
            mean = total / n_seen
        full = self.observation == "bernoulli"
        fitted = (mean > 0) & ~(full & (mean >= 1))
        chosen = np.flatnonzero(fitted)
        design = standard.design.neurons(chosen)
        n_parameters = design.shared.shape[1] + design.own.shape[0]
        parameters = np.zeros((n_parameters, counts.shape[1]))
        parameters[0] = np.where(mean >= 1, np.inf, -np.inf)
        parameters[0, np.isnan(mean)] = np.nan
        converged, n_iter = np.ones(mean.size, dtype=bool), np.zeros(mean.size, dtype=np.int64)
        interrupted = False
        if chosen.size:
            fit = fit_glm(
                design,
                counts[:, chosen],
                self.observation,
                float(self.alpha),
                max_iter=int(self.max_iter),
                tol=float(self.tol),
            )
            parameters[:, chosen] = fit.parameters
            converged[chosen], n_iter[chosen] = fit.converged, fit.n_iter
            interrupted = fit.interrupted
        return GLMFit(parameters, converged, n_iter, interrupted), ~fitted

    def _keep(self, bins: Bins, standard: Standard, fit: GLMFit, silent: Array) -> None:
        intercept, shared, own = standard.to_units(fit.parameters)
        intercept = np.where(silent, fit.parameters[0], intercept)
        target = self._target(bins)
        self.n_features_in_ = p = bins.features.shape[1]
        labels = bins.feature_labels
        feature = {} if labels is None else {"feature": labels}
        self.coef_ = xr.DataArray(
            shared[:p], dims=("feature", bins.target), coords={**feature, **target}, name="coef"
        )
        self.intercept_ = xr.DataArray(intercept, dims=bins.target, coords=target, name="intercept")
        for name in ("history_filter_", "coupling_filter_"):
            self.__dict__.pop(name, None)
        if self.history and self.coupling:
            self.coupling_filter_ = self._coupling_filter(bins, shared[p:], target)
        elif self.history:
            self.history_filter_ = self._lagged(bins, own, (bins.target,), target)
        self.neuron_converged_ = self.intercept_.copy(data=fit.converged).rename("converged")
        self.n_iter_ = self.intercept_.copy(data=fit.n_iter).rename("n_iter")
        self.converged_ = bool(fit.converged.all()) and not fit.interrupted

    def _target(self, bins: Bins) -> dict[str, Any]:
        if bins.target_labels is None:
            return {}
        template = bins.template
        beside = {} if template is None else template.coords
        return {
            bins.target: bins.target_labels,
            **{
                str(name): (bins.target, coord.values)
                for name, coord in beside.items()
                if coord.dims == (bins.target,) and name != bins.target
            },
        }

    def _lagged(
        self, bins: Bins, weights: Array, dims: tuple[str, ...], coords: dict[str, Any]
    ) -> xr.DataArray:
        basis = self._lag_basis(bins)
        lag = np.arange(1, basis.shape[0] + 1) / bins.rate
        return xr.DataArray(
            spread_filters(weights, basis),
            dims=("lag", *dims),
            coords={
                "lag": ("lag", lag, {"units": "s" if bins.timed else "1"}),
                **coords,
            },
            name="filter",
        )

    def _coupling_filter(self, bins: Bins, weights: Array, target: dict[str, Any]) -> xr.DataArray:
        n_neurons = weights.shape[1]
        by_pre = weights.reshape(n_neurons, -1, n_neurons).transpose(1, 0, 2)
        labels = target.get(bins.target)
        coords = {} if labels is None else {"pre": labels, "post": labels}
        return self._lagged(bins, by_pre, ("pre", "post"), coords)

    def _score_fit(self, bins: Bins, counts: Array, standard: Standard) -> None:
        seen = standard.design.observed
        n_seen = counts.shape[0] if seen is None else np.maximum(seen.sum(axis=0), 1)
        self.base_rate_ = self.intercept_.copy(data=counts.sum(axis=0) / n_seen)
        self.base_rate_.name = "base_rate"
        self.scores_ = self._scores(bins)

    def _scores(self, bins: Bins) -> xr.Dataset:
        assert bins.counts is not None
        scores = spike_scores(
            bins.counts, self._expected(bins), self.observation, self.base_rate_.values
        )
        return xr.Dataset({name: self.intercept_.copy(data=s) for name, s in scores.items()})

    def _expected(self, bins: Bins) -> Array:
        """Expected counts, (n, k); NaN where features or the past are not known."""
        self._check_fitted()
        features, own = self._features(bins)
        p = self.coef_.sizes["feature"]
        if bins.features.shape[1] != p:
            raise SchemaError(
                f"X has {bins.features.shape[1]} features, but SpikeGLM is expecting {p} "
                "features as input",
                where="X",
                mend="Give the same features.",
            )
        _check_labels(bins.feature_labels, self.coef_, "feature", "X")
        _check_labels(bins.target_labels, self.intercept_, bins.target, "Y")
        n_neurons = self.intercept_.size
        if bins.counts is not None and bins.counts.shape[1] != n_neurons:
            raise SchemaError(
                f"has {bins.counts.shape[1]} neurons, the model was fitted on {n_neurons}",
                where="Y",
                mend="Give the same neurons.",
            )
        eta = self.intercept_.values + bins.features @ self.coef_.values
        if not self.history:
            return mean_rate(eta, self.observation)
        counts = bins.counts
        assert counts is not None
        known = np.asarray(np.isfinite(features).all(axis=1))[:, None]
        known = known & np.isfinite(own).all(axis=0)
        n_lags = self._lag_basis(bins).shape[0]
        filters = self.coupling_filter_ if self.coupling else self.history_filter_
        if filters.sizes["lag"] != n_lags:
            raise SchemaError(
                "has bins of another width than the model was fitted on",
                where="Y",
                mend="Bin spikes alike.",
            )
        filled = np.nan_to_num(counts)
        for run in bins.runs:
            for lag in range(1, n_lags + 1):
                before = filled[run][:-lag]
                weight = filters.values[lag - 1]
                eta[run][lag:] += before @ weight if self.coupling else before * weight
        return np.where(known, mean_rate(eta, self.observation), np.nan)

    def predict(self, X: Any, Y: Any = None) -> xr.DataArray | Array:
        """Return expected spikes per bin.

        Parameters
        ----------
        X : DataArray, array or None
            Features, as in `fit`.
        Y : recording, DataArray or array, optional
            Counts, whose past the rates depend on; needed with `history`.

        Returns
        -------
        DataArray or ndarray
            (time, neuron) or (trial, time, neuron); a probability with Bernoulli bins. NaN
            where features or the past are not known.

        Raises
        ------
        OptionError
            If the model has a history and `Y` is not given.
        """
        self._check_fitted()
        bins = as_bins(X, Y)
        if bins.counts is None and self.history:
            raise OptionError("a model with history needs counts", where="Y", mend="Give Y too.")
        with single_thread():
            expected = self._expected(bins).reshape(*bins.shape, self.intercept_.size)
        if bins.template is None:
            return expected
        dims = [*bins.template.dims[:-1], self.intercept_.dims[0]]
        lead = {
            name: coord
            for name, coord in bins.template.coords.items()
            if set(coord.dims) <= set(dims[:-1])
        }
        return xr.DataArray(
            expected, dims=dims, coords={**lead, **self.intercept_.coords}, name="expected"
        ).assign_attrs(units="1")

    def score(self, X: Any, Y: Any) -> float:
        """Return the mean over neurons of bits per spike, against the mean rate in training.

        Parameters
        ----------
        X : DataArray, array or None
            Features.
        Y : recording, DataArray or array
            Counts.

        Returns
        -------
        float
            Above 0 where the model predicts better than a constant rate.
        """
        return float(self.evaluate(X, Y)["bits_per_spike"].mean())

    def evaluate(
        self, X: Any, Y: Any, *, random_state: int | np.random.Generator | None = 0
    ) -> xr.Dataset:
        """Return all scores per neuron, and whether rescaled intervals are as the model says.

        Parameters
        ----------
        X : DataArray, array or None
            Features.
        Y : recording, DataArray or array
            Counts, not those fitted.
        random_state : None, int or numpy.random.Generator
            Source of spikes' places within bins, for the time-rescaling test.

        Returns
        -------
        Dataset
            ``bits_per_spike``, ``mcfadden_r2``, ``d2``, ``ks_distance``, ``ks_p`` (neuron).

        Raises
        ------
        OptionError
            If `Y` holds no counts.

        References
        ----------
        Haslinger, Pipa & Brown (2010), doi:10.1162/NECO_a_00015.
        """
        self._check_fitted()
        bins = as_bins(X, Y)
        if bins.counts is None:
            raise OptionError("no counts are given", where="Y", mend="Give spikes per bin.")
        rng = as_generator(random_state)
        with single_thread():
            scores = self._scores(bins)
            distance, p = rescaling_test(
                bins.counts,
                self._expected(bins),
                self.observation,
                rng,
            )
        return scores.assign(
            ks_distance=self.intercept_.copy(data=distance), ks_p=self.intercept_.copy(data=p)
        )

    def _warn(self, silent: Array) -> None:
        if silent.any():
            text = f"SpikeGLM: {int(silent.sum())} neurons never (or always) spike; "
            text += "their weights are 0 and their rate is that constant."
            warnings.warn(text, NeurokitWarning, stacklevel=3)
        left = int((~self.neuron_converged_).sum())
        if left:
            mend = "raise max_iter"
            if self.observation == "bernoulli" and not self.alpha:
                mend = "spikes may be separable: give alpha > 0"
            text = f"SpikeGLM: {left} neurons did not converge; {mend}."
            warnings.warn(text, ConvergenceWarning, stacklevel=3)

    def plot(self, neuron: Any = None) -> Axes:
        """Draw the filters of a neuron, or its weights where there are none.

        Parameters
        ----------
        neuron : label, optional
            Which one; default the first.

        Returns
        -------
        matplotlib.axes.Axes
            New axes.
        """
        from neurokit.encoding.spike_plots import plot_spike_glm

        self._check_fitted()
        return plot_spike_glm(self, neuron)


def _check_labels(found: NDArray[Any] | None, fitted: xr.DataArray, dim: str, where: str) -> None:
    if found is None or dim not in fitted.coords or found.size != fitted.sizes[dim]:
        return
    if not np.array_equal(found, fitted[dim].values):
        raise LabelError(
            f"has other labels along {dim!r} than the fit",
            where=where,
            mend="Select those of the fit, in their order.",
        )
