"""What every flow has to beat: smoothing, factor analysis with a readout, first-order dynamics."""

from __future__ import annotations

from typing import Any, Self

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from neurokit.errors import LabelError, OptionError, SchemaError
from neurokit.estimator import Estimator, single_thread
from neurokit.flows.given import Given, bin_width, gather, neuron_mask
from neurokit.flows.model import LinearFlow
from neurokit.flows.poisson import Poisson, readout
from neurokit.flows.scoring import Scored
from neurokit.flows.starts import smoothed_rows

Array = NDArray[np.float64]

# Precision of the loadings on smoothed neurons, which are many and alike.
_RIDGE = 10.0


class FirstOrderLDS(LinearFlow):
    """s' = A s + B u + w, y = C s + d + noise, or y ~ Poisson(exp(C s + d)).

    The linear state space without the Langevin structure: the state has `n_latents` entries, all
    of which neurons may see. To compare with `LangevinLDS`; fitted in the same way.

    Parameters
    ----------
    n_latents : int
        Entries of the state.
    bin_s : float, optional
        Width of a bin, s; default from the data's sampling rate.
    likelihood : {"gaussian", "poisson"}
        Of the emission.
    counts : {"auto", "sqrt", "raw"}
        What a Gaussian emission is of; see `LangevinLDS`.
    max_iter : int, default 100
        Most iterations.
    tol : float, default 1e-5
        Converged when the log-likelihood gains less than this share of itself.
    random_state : None, int or numpy.random.Generator
        Source of what has no start of its own.
    progress : bool, optional
        Show a bar; None shows it when a terminal or notebook is attached.

    Attributes
    ----------
    transition_, process_noise_, input_step_ : DataArray
        A and the covariance of w (state_next, state), B (state, input).
    emission_, offset_, emission_noise_ : DataArray
        C over (neuron, state), d, and the noise variance of a Gaussian emission.
    initial_mean_, initial_covariance_ : DataArray
        (state) and (state_next, state), of the first bin of a trial.
    log_likelihoods_ : DataArray
        (iteration) nats.

    References
    ----------
    .. [1] Ghahramani and Hinton (1996) Parameter estimation for linear dynamical systems.

    Examples
    --------
    >>> counts = np.random.default_rng(0).poisson(2.0, (5, 20, 4))
    >>> FirstOrderLDS(1, bin_s=0.02, tol=1e-3).fit(counts).transition_.shape
    (1, 1)
    """

    order = 1

    def __init__(
        self,
        n_latents: int,
        *,
        bin_s: float | None = None,
        likelihood: str = "gaussian",
        counts: str = "auto",
        max_iter: int = 100,
        tol: float = 1e-5,
        random_state: int | np.random.Generator | None = None,
        progress: bool | None = None,
    ) -> None:
        self.n_latents = n_latents
        self.bin_s = bin_s
        self.likelihood = likelihood
        self.counts = counts
        self.max_iter = max_iter
        self.tol = tol
        self.random_state = random_state
        self.progress = progress


class _Smoothed(Scored, Estimator):
    """Baselines that look at smoothed counts and read rates out by Poisson regression."""

    bin_width_: float
    readout_loading_: xr.DataArray
    readout_offset_: xr.DataArray
    bin_s: float | None
    seconds: float

    def _begin(self, X: Any) -> Given:
        if not (isinstance(self.seconds, int | float | np.number) and 0 <= self.seconds < np.inf):
            raise OptionError(f"is {self.seconds!r}", where="seconds", mend="Give s from 0.")
        given = gather(X)
        if not given.are_counts:
            raise SchemaError(
                "holds values that are no counts", where="X", mend="Give spikes per bin."
            )
        self.bin_width_ = bin_width(X, self.bin_s)
        return given

    def _filled(self, given: Given) -> Array:
        """Counts smoothed within trials, missing ones at the neuron's mean."""
        data = given.data
        values = np.where(data.seen, data.values, data.mean)
        return smoothed_rows(values, data.offsets, self.seconds / self.bin_width_)

    def _keep_readout(self, found: Poisson, given: Given) -> None:
        space, labels = given.trials.space, given.trials.labels
        coords = {space: labels, "latent": np.arange(found.loading.shape[1])}
        self.readout_loading_ = xr.DataArray(found.loading, coords, (space, "latent"))
        self.readout_offset_ = xr.DataArray(found.offset, {space: labels}, (space,))

    def _readout(self) -> Poisson:
        return Poisson(self.readout_loading_.values, self.readout_offset_.values)

    def _labelled(self, rates: Array, given: Given) -> Any:
        space = given.trials.space
        found = given.trials.labelled(rates, "rate", {space: given.trials.labels})
        attrs = {"units": "1", "long_name": "expected counts per bin"}
        many = found if isinstance(found, list) else list(found.values()) if isinstance(
            found, dict
        ) else [found]  # fmt: skip
        for one in many:
            one.attrs.update(attrs)
        return found

    def _again(self, X: Any) -> Given:
        self._check_fitted()
        given = gather(X)
        n = self.readout_offset_.size
        if given.trials.labels.size != n:
            raise SchemaError(
                f"has {given.trials.labels.size} neurons, the fit {n}",
                where="X",
                mend="Select those of the fit.",
            )
        space = self.readout_offset_.dims[0]
        # A plain array has no names, only places: they are taken as those of the fit.
        known = (self.readout_offset_[space].values.astype(np.str_), np.arange(n).astype(np.str_))
        if not any(np.array_equal(given.trials.labels, labels) for labels in known):
            raise LabelError(
                f"has other {space}s than the fit, or another order",
                where="X",
                mend="Select those of the fit, in its order.",
            )
        bin_width(X, self.bin_width_)
        return given


class Smoothing(_Smoothed):
    """r_n = (k * y_n)(t), k a Gaussian of standard deviation `seconds`; others by regression.

    Neurons that are hidden are predicted by Poisson regression on the square roots of the smoothed
    others. Which ones these are has to be known when fitting.

    Parameters
    ----------
    seconds : float, default 0.06
        Standard deviation of the kernel, s.
    bin_s : float, optional
        Width of a bin, s; default from the data's sampling rate.

    Attributes
    ----------
    readout_loading_, readout_offset_ : DataArray
        Of the regression, over (neuron, latent): latents are the roots of all neurons.

    References
    ----------
    .. [1] Pei et al. (2021) arXiv:2109.04463

    Examples
    --------
    >>> counts = np.random.default_rng(0).poisson(2.0, (5, 20, 4))
    >>> Smoothing(bin_s=0.02).fit(counts).predict_rates(counts).shape
    (5, 20, 4)
    """

    hidden_: NDArray[np.bool_]
    centre_: Array

    def __init__(self, seconds: float = 0.06, *, bin_s: float | None = None) -> None:
        self.seconds = seconds
        self.bin_s = bin_s

    def fit(self, X: Any, *, held_out: Any = None) -> Self:
        """Learn to predict neurons that will be hidden; without any there is nothing to learn.

        Parameters
        ----------
        X : recording, DataArray, ndarray, or list or mapping of them
            Counts per bin.
        held_out : sequence of str, int or bool, optional
            Neurons that `predict_rates` will not see.

        Returns
        -------
        Smoothing
            Itself.
        """
        given = self._begin(X)
        n = given.trials.labels.size
        hidden = np.zeros(n, dtype=bool)
        if held_out is not None:
            hidden = neuron_mask(held_out, given.trials.labels)
        self.centre_ = np.sqrt(self._filled(given)).mean(axis=0)
        found = Poisson(np.zeros((n, n)), np.zeros(n))
        if hidden.any():
            with single_thread():
                x = self._regressors(given, hidden)
                found = readout(given.data, x, ridge=_RIDGE)
        self.hidden_ = hidden
        self._keep_readout(found, given)
        self._set_history(X)
        return self

    def _regressors(self, given: Given, hidden: NDArray[np.bool_]) -> Array:
        return np.where(hidden, 0.0, np.sqrt(self._filled(given)) - self.centre_)

    def predict_rates(self, X: Any, inputs: Any = None, *, held_out: Any = None) -> Any:
        """Smoothed counts, and predictions of hidden neurons.

        Parameters
        ----------
        X : recording, DataArray, ndarray, or list or mapping of them
            As in `fit`.
        inputs : object, optional
            Not used.
        held_out : sequence of str, int or bool, optional
            Those of `fit`.

        Returns
        -------
        DataArray, or list or dict of them
            Expected counts per bin, in the form of `X`.

        Raises
        ------
        OptionError
            If `held_out` names other neurons than `fit` was given.
        """
        given = self._again(X)
        rates = self._filled(given)
        if held_out is not None:
            hidden = neuron_mask(held_out, given.trials.labels)
            if not np.array_equal(hidden, self.hidden_):
                raise OptionError(
                    "names other neurons than fit",
                    where="held_out",
                    mend="Give fit the same held_out.",
                )
            predicted = self._readout().rates(self._regressors(given, hidden))
            rates = np.where(hidden, predicted, rates)
        return self._labelled(rates, given)


class FactorGLM(_Smoothed):
    """x = E[factors | smoothed root counts], y ~ Poisson(exp(C x + d)): static latents.

    Factor analysis of smoothed square roots of counts, then a Poisson regression of every neuron
    on the factors. Time enters through the smoothing alone.

    Parameters
    ----------
    n_latents : int
        Factors.
    seconds : float, default 0.04
        Standard deviation of the smoothing kernel, s.
    bin_s : float, optional
        Width of a bin, s; default from the data's sampling rate.

    Attributes
    ----------
    loading_, noise_, mean_ : DataArray
        Of the factor analysis: (neuron, latent), and (neuron) of noise and mean.
    readout_loading_, readout_offset_ : DataArray
        Of the regression: (neuron, latent) and (neuron).

    References
    ----------
    .. [1] Yu et al. (2009) doi:10.1152/jn.90941.2008

    Examples
    --------
    >>> counts = np.random.default_rng(0).poisson(2.0, (5, 20, 4))
    >>> FactorGLM(2, bin_s=0.02).fit(counts).predict_rates(counts, held_out=[0]).shape
    (5, 20, 4)
    """

    loading_: xr.DataArray
    noise_: xr.DataArray
    mean_: xr.DataArray

    def __init__(
        self, n_latents: int, *, seconds: float = 0.04, bin_s: float | None = None
    ) -> None:
        self.n_latents = n_latents
        self.seconds = seconds
        self.bin_s = bin_s

    def fit(self, X: Any, *, held_out: Any = None) -> Self:
        """Fit factors and readout to all neurons.

        Parameters
        ----------
        X : recording, DataArray, ndarray, or list or mapping of them
            Counts per bin.
        held_out : sequence of str, int or bool, optional
            Not needed here.

        Returns
        -------
        FactorGLM
            Itself.

        Raises
        ------
        OptionError
            If `n_latents` is no whole number from 1 to the number of neurons.
        """
        from sklearn.decomposition import FactorAnalysis

        given = self._begin(X)
        n = given.trials.labels.size
        whole = isinstance(self.n_latents, int | np.integer) and not isinstance(
            self.n_latents, bool
        )
        if not whole or not 1 <= self.n_latents <= n:
            raise OptionError(
                f"is {self.n_latents!r}", where="n_latents", mend=f"Give 1 to {n} factors."
            )
        smooth = self._roots(given)
        with single_thread():
            found = FactorAnalysis(self.n_latents, svd_method="lapack", max_iter=200).fit(smooth)
        space, labels = given.trials.space, {given.trials.space: given.trials.labels}
        self.loading_ = xr.DataArray(found.components_.T, labels, (space, "latent"))
        floor = 1e-6 * max(float(smooth.var(axis=0).mean()), 1e-12)
        noise = np.maximum(found.noise_variance_, floor)
        self.noise_ = xr.DataArray(noise, labels, (space,))
        self.mean_ = xr.DataArray(found.mean_, labels, (space,))
        with single_thread():
            factors = self._factors(smooth, np.zeros(n, dtype=bool))
            self._keep_readout(readout(given.data, factors), given)
        self._set_history(X)
        return self

    def _roots(self, given: Given) -> Array:
        data = given.roots()
        values = np.where(data.seen, data.values, data.mean)
        return smoothed_rows(values, data.offsets, self.seconds / self.bin_width_)

    def _factors(self, smooth: Array, hidden: NDArray[np.bool_]) -> Array:
        """E[x | y] = (I + L' N^-1 L)^-1 L' N^-1 (y - m), over neurons that are seen."""
        L = self.loading_.values[~hidden]
        weighted = L / self.noise_.values[~hidden, None]
        gram = np.eye(L.shape[1]) + L.T @ weighted
        centred = (smooth - self.mean_.values)[:, ~hidden]
        return np.asarray(np.linalg.solve(gram, weighted.T @ centred.T).T, dtype=np.float64)

    def transform(self, X: Any, *, held_out: Any = None) -> Any:
        """Factors, E[x | smoothed roots].

        Parameters
        ----------
        X : recording, DataArray, ndarray, or list or mapping of them
            As in `fit`.
        held_out : sequence of str, int or bool, optional
            Neurons that are not looked at.

        Returns
        -------
        DataArray, or list or dict of them
            (trial, time, latent) in the form of `X`.
        """
        given = self._again(X)
        x = self._factors(self._roots(given), self._hidden(given, held_out))
        return given.trials.labelled(x, "position", {"latent": np.arange(x.shape[1])})

    def _hidden(self, given: Given, held_out: Any) -> NDArray[np.bool_]:
        if held_out is None:
            return np.zeros(given.trials.labels.size, dtype=bool)
        return neuron_mask(held_out, given.trials.labels)

    def predict_rates(self, X: Any, inputs: Any = None, *, held_out: Any = None) -> Any:
        """Expected counts per bin.

        Parameters
        ----------
        X : recording, DataArray, ndarray, or list or mapping of them
            As in `fit`.
        inputs : object, optional
            Not used.
        held_out : sequence of str, int or bool, optional
            Neurons that are not looked at, but predicted.

        Returns
        -------
        DataArray, or list or dict of them
            In the form of `X`.
        """
        given = self._again(X)
        x = self._factors(self._roots(given), self._hidden(given, held_out))
        return self._labelled(self._readout().rates(x), given)
