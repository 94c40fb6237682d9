"""The estimator of second-order linear Langevin dynamics behind a population."""

from __future__ import annotations

import warnings
from typing import Any, Self

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from neurokit.errors import ConvergenceWarning, OptionError, SchemaError, check_option
from neurokit.estimator import progress, single_thread
from neurokit.flows.coloured import WHITE, Colour, fractional
from neurokit.flows.dynamics import BINS_PER_UNIT
from neurokit.flows.em import Fit, Watch
from neurokit.flows.gauge import in_standard_coordinates
from neurokit.flows.given import Given, bin_width, gather
from neurokit.flows.reading import FlowReading
from neurokit.flows.search import SearchOptions, gaussian_search, poisson_search, readout_of
from neurokit.flows.storing import keep_fit
from neurokit.flows.uncertainty import mode_errors
from neurokit.flows.variational import CountFit
from neurokit.randomness import as_generator

Array = NDArray[np.float64]


class LinearFlow(FlowReading):
    """What linear flows of either order share; see `LangevinLDS` and `FirstOrderLDS`."""

    order = 2
    n_latents: int
    bin_s: float | None
    likelihood: str
    counts: str
    n_restarts: int
    max_iter: int
    tol: float
    random_state: int | np.random.Generator | None
    progress: bool | None

    def fit(self, X: Any, inputs: Any = None) -> Self:
        """Fit to recordings.

        Parameters
        ----------
        X : recording, DataArray, ndarray, or list or mapping of them
            (time, neuron) or (trial, time, neuron): spikes per bin, or signals. A list is a list
            of trials, which may be of different lengths. NaN is not observed.
        inputs : as X, optional
            (..., input) what acts on the dynamics; that of a bin acts on the next.

        Returns
        -------
        LinearFlow
            Itself, fitted.

        Raises
        ------
        OptionError
            If a parameter has a value that is not allowed.
        SchemaError
            If data have other dims or impossible values.
        """
        self._check_parameters()
        given = gather(X, inputs)
        self._check_data(given)
        width = bin_width(X, self.bin_s)
        for name in list(self._fitted()):
            delattr(self, name)
        self.bin_width_, self.input_labels_ = width, given.input_labels
        with single_thread():
            self._run(given)
        self._set_history(X)
        if not self.converged_ and self.max_iter > 1:
            text = f"{type(self).__name__}: {self.max_iter} iterations did not reach tol"
            warnings.warn(text, ConvergenceWarning, stacklevel=2)
        return self

    def _check_parameters(self) -> None:
        for name in ("n_latents", "n_restarts", "max_iter", "n_noise"):
            value = getattr(self, name, 1)
            if isinstance(value, bool) or not isinstance(value, int | np.integer) or value < 1:
                raise OptionError(f"is {value!r}", where=name, mend="Give a whole number from 1.")
        if not isinstance(self.tol, int | float | np.number) or not 0 <= self.tol < 1:
            raise OptionError(f"is {self.tol!r}", where="tol", mend="Give a number from 0 to 1.")
        check_option("likelihood", self.likelihood, ("gaussian", "poisson"))
        check_option("counts", self.counts, ("auto", "sqrt", "raw"))

    def _check_data(self, given: Given) -> None:
        if not given.data.seen.any():
            raise SchemaError("was never observed", where="X", mend="Give some values, not NaN.")
        if self.likelihood == "poisson" and not given.are_counts:
            raise SchemaError(
                "holds values that are no counts",
                where="X",
                mend='Give whole numbers from 0, or take likelihood="gaussian".',
            )
        if self.counts == "sqrt" and (given.data.values < 0).any():
            raise SchemaError("holds negative values", where="X", mend='Take counts="raw".')

    def _colour(self) -> Colour:
        return WHITE

    def _run(self, given: Given) -> None:
        options = SearchOptions(
            self.n_latents,
            self.order,
            getattr(self, "n_restarts", 1),
            self.max_iter,
            self.tol,
            self._colour(),
        )
        rng = as_generator(self.random_state)
        bar = progress(range(self.max_iter), label=type(self).__name__, show=self.progress)

        latest: list[Fit | CountFit] = []

        def watch(now: Fit | CountFit) -> None:
            latest[:] = [now]
            next(bar, None)

        self.of_roots_ = self.likelihood == "gaussian" and (
            self.counts == "sqrt" or (self.counts == "auto" and given.are_counts)
        )
        try:
            fit, tried = self._search(given, options, rng, watch)
        except KeyboardInterrupt:
            # What is there by now stays, marked as unfinished.
            if latest:
                self._keep(latest[0], given, np.empty(0))
            raise
        finally:
            bar.close()  # type: ignore[attr-defined]
        self._keep(fit, given, tried)

    def _search(
        self, given: Given, options: SearchOptions, rng: np.random.Generator, watch: Watch
    ) -> tuple[Fit | CountFit, Array]:
        if self.likelihood == "poisson":
            return poisson_search(given.data, given.roots(), options, rng, watch)
        return gaussian_search(self._seen(given), options, rng, watch)

    def _keep(self, fit: Fit | CountFit, given: Given, tried: Array) -> None:
        labels, space = given.trials.labels, given.trials.space
        position = self._posterior(fit, self._seen(given)).mean
        position = position[:, : fit.dynamics.n_observed]
        if isinstance(fit, CountFit):
            fit = in_standard_coordinates(fit, position)
        else:
            fit = in_standard_coordinates(fit, position)
        keep_fit(self, fit, labels, space)
        self.restart_evidence_ = xr.DataArray(tried, dims="restart")
        if isinstance(fit, Fit) and self.of_roots_:
            readout = readout_of(fit, given.roots(), given.data)
            coords = {space: labels, "latent": np.arange(readout.loading.shape[1])}
            self.readout_loading_ = xr.DataArray(readout.loading, coords, (space, "latent"))
            self.readout_offset_ = xr.DataArray(readout.offset, {space: labels}, (space,))


class LangevinLDS(LinearFlow):
    """dz = v dt, dv = (-K z - G v + B u) dt + L dW; y = C z + d + e, or y ~ Poisson(exp(C z + d)).

    Latent positions z are masses on springs K with friction G, pushed by noise and by inputs u;
    eigenvalues of the drift are oscillations of known frequency (Hz) and damping ratio. The step
    over a bin is exact. A Gaussian emission is fitted by expectation-maximisation with the Kalman
    filter and smoother; the log-likelihood never falls. Counts are fitted by a variational
    Gaussian, which starts from a Gaussian fit of their square roots. Several starts differ in
    damping; the one of highest evidence is kept.

    Parameters
    ----------
    n_latents : int
        Latent positions d; the state has twice as many entries.
    bin_s : float, optional
        Width of a bin, s; default from the data's sampling rate.
    likelihood : {"gaussian", "poisson"}
        Of the emission.
    counts : {"auto", "sqrt", "raw"}
        What a Gaussian emission is of: "auto" takes the square root of what is counts (whole and
        not negative), and predicts rates by a Poisson regression on the smoothed positions;
        "sqrt" does so anyway; "raw" never.
    hurst : float, optional
        Makes the force fractional noise of this Hurst exponent, through `n_noise` shared
        Ornstein-Uhlenbeck processes per latent; None or .5 for white noise.
    n_noise : int, default 4
        Processes per latent of fractional noise.
    n_restarts : int, default 4
        Starts.
    max_iter : int, default 100
        Most iterations.
    tol : float, default 1e-5
        Converged when the log-likelihood gains less than this share of itself per iteration, on
        average over five.
    random_state : None, int or numpy.random.Generator
        Source of starts beyond the first seven.
    progress : bool, optional
        Show a bar; None shows it when a terminal or notebook is attached.

    Attributes
    ----------
    frequencies_ : DataArray
        (mode) undamped natural frequency, Hz.
    damping_ratios_ : DataArray
        (mode) share of critical damping; 1 and above does not oscillate.
    stiffness_, friction_, diffusion_ : DataArray
        (latent, latent_2) K (1/s2), G (1/s), L L' (1/s3).
    gyroscopic_, circulatory_ : DataArray
        (latent, latent_2) antisymmetric parts of friction and stiffness: forces that turn.
    input_ : DataArray
        (latent, input) B.
    transition_, process_noise_, input_step_ : DataArray
        (state_next, state), and (state, input) of inputs: the exact step over one bin, of
        positions and velocities (per second).
    initial_mean_, initial_covariance_ : DataArray
        (state) and (state_next, state), of the first bin of a trial.
    emission_, offset_, emission_noise_ : DataArray
        C over (neuron, state), d, and the noise variance of a Gaussian emission.
    log_likelihoods_ : DataArray
        (iteration) log-likelihood, nats; of counts its bound with the prior of loadings.
    restart_evidence_ : DataArray
        (restart) what each start reached.
    converged_ : bool
        Whether `tol` was met.
    n_iter_ : int
        Iterations.

    References
    ----------
    .. [1] Song et al. (2025) Langevin flows for modeling neural latent dynamics. arXiv:2507.11531
    .. [2] Van Loan (1978) doi:10.1109/TAC.1978.1101743

    Examples
    --------
    >>> simulation = nk.simulate.oscillators([6.0], [0.1], 10, 20, random_state=0)
    >>> counts = simulation.recordings["session1"].activity.signal
    >>> model = LangevinLDS(1, n_restarts=1, random_state=0).fit(counts)
    >>> abs(model.frequencies_.item() / 6.0 - 1.0) < 0.05
    True
    """

    order = 2

    def __init__(
        self,
        n_latents: int,
        *,
        bin_s: float | None = None,
        likelihood: str = "gaussian",
        counts: str = "auto",
        hurst: float | None = None,
        n_noise: int = 4,
        n_restarts: int = 4,
        max_iter: int = 100,
        tol: float = 1e-5,
        random_state: int | np.random.Generator | None = None,
        progress: bool | None = None,
    ) -> None:
        self.n_latents = n_latents
        self.bin_s = bin_s
        self.likelihood = likelihood
        self.counts = counts
        self.hurst = hurst
        self.n_noise = n_noise
        self.n_restarts = n_restarts
        self.max_iter = max_iter
        self.tol = tol
        self.random_state = random_state
        self.progress = progress

    def _check_parameters(self) -> None:
        super()._check_parameters()
        if self.hurst is not None and not (
            isinstance(self.hurst, int | float | np.number) and 0 < self.hurst < 1
        ):
            raise OptionError(
                f"is {self.hurst!r}", where="hurst", mend="Give a number between 0 and 1."
            )

    def _colour(self) -> Colour:
        if self.hurst is None or self.hurst == 0.5:
            return WHITE
        return fractional(self.hurst, self.n_noise, 1.0 / BINS_PER_UNIT, 50.0)

    def potential(self, positions: Any) -> Any:
        """V(z) = z' S z / 2, S the symmetric part of the stiffness: what springs hold, 1/s2.

        What is left of the stiffness turns positions without a potential (`circulatory_`).

        Parameters
        ----------
        positions : (..., latent) array, or DataArray with dim latent
            In the coordinates of `transform`.

        Returns
        -------
        (...) ndarray or DataArray
            0 at the origin; below 0 where a mode is not held.

        Raises
        ------
        SchemaError
            If there are other latents.
        """
        self._check_fitted()
        K = self.stiffness_.values
        labelled = isinstance(positions, xr.DataArray) and "latent" in positions.dims
        z = np.asarray(positions.transpose(..., "latent") if labelled else positions, dtype=float)
        if z.ndim < 1 or z.shape[-1] != len(K):
            raise SchemaError(
                f"have shape {z.shape}", where="positions", mend=f"Give (..., {len(K)}) numbers."
            )
        height = 0.5 * np.einsum("...i,ij,...j->...", z, 0.5 * (K + K.T), z)
        if not labelled:
            return height
        found = positions.isel(latent=0, drop=True).copy(data=height).rename("potential")
        return found.assign_attrs(units="1/s2")

    def modes(self, X: Any, inputs: Any = None, *, level: float = 0.9) -> xr.Dataset:
        """Frequencies and damping ratios with intervals, from the curvature of the likelihood.

        Parameters
        ----------
        X : recording, DataArray, ndarray, or list or mapping of them
            What was fitted.
        inputs : as X, optional
            As in `fit`.
        level : float, default 0.9
            Of the intervals.

        Returns
        -------
        Dataset
            Over ``mode``: ``frequency``, ``frequency_low``, ``frequency_high`` (Hz),
            ``damping_ratio``, ``damping_ratio_low``, ``damping_ratio_high``; NaN where the data
            do not tell. Intervals are normal on the logarithm.

        Raises
        ------
        OptionError
            If `level` is no share between 0 and 1.
        """
        from scipy.stats import norm

        if not isinstance(level, int | float | np.number) or not 0 < level < 1:
            raise OptionError(f"is {level!r}", where="level", mend="Give a share, 0 to 1.")
        given, fit = self._prepared(X, inputs)
        with single_thread():
            found = mode_errors(fit, self._seen(given))
        width = float(norm.ppf(0.5 + level / 2.0))
        unit = 2.0 * np.pi * BINS_PER_UNIT * self.bin_width_
        parts = {}
        for name, values, error, units in (
            ("frequency", found.angular / unit, found.log_angular_error, "Hz"),
            ("damping_ratio", found.damping, found.log_damping_error, "1"),
        ):
            ends = values * np.exp(-width * error), values * np.exp(width * error)
            parts[name] = ("mode", values, {"units": units})
            parts[f"{name}_low"] = ("mode", np.minimum(*ends), {"units": units})
            parts[f"{name}_high"] = ("mode", np.maximum(*ends), {"units": units})
        return xr.Dataset(
            parts, coords={"mode": np.arange(found.angular.size)}, attrs={"level": level}
        )
