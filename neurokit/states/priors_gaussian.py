"""Weights of all states scattered around one state-constant matrix, whose scatter is learned."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize

from neurokit.errors import OptionError
from neurokit.states.priors import Mask, RidgePrior, Shape
from neurokit.states.priors_estimates import unpenalised

Array = NDArray[np.float64]

# No variance falls below this: with a standard deviation of 0.01 states are equal for all that
# data can say, and an unbounded density would have won.
_FLOOR = 1e-4
_CEILING = 1e4
# Stages after the ridge: the variances are learned anew once.
_STAGES = 2


class GaussianPrior:
    """w_s ~ N(w0, sigma^2), w0 ~ N(0, tau^2), with sigma and tau learned and floored.

    Maximising the density over w, w0 and sigma together would shrink sigma to nothing, because
    it is unbounded there. Instead, at the end of a stage, sigma and tau maximise the density of
    the unpenalised estimates with w and w0 integrated out,

        estimate_s ~ N(w0, sigma^2 + error_s^2),

    and stay as they are in the next, which climbs to the mode of w and w0. The published method
    fixes sigma = 1/3 and takes w0 as the mean over states [1]_.

    Parameters
    ----------
    shape : tuple of int
        (state, post, pre, basis).
    ridge : float
        Precision of the first stage.
    scale : float, optional
        sigma; default learned, one per basis function.
    constant : (post, pre) ndarray, optional
        w0; default learned. Its parts by basis function are alike.
    allowed : (post, pre) ndarray of bool
        False where no coupling is possible.

    References
    ----------
    .. [1] Li et al. (2024). ICLR. arXiv:2310.15263
    """

    def __init__(
        self,
        shape: Shape,
        ridge: float,
        *,
        scale: float | None = None,
        constant: Array | None = None,
        allowed: Mask,
    ) -> None:
        if scale is not None and not (np.isfinite(scale) and scale > 0):
            raise OptionError(
                f"is {scale!r}", where="prior_scale", mend="Give a standard deviation above 0."
            )
        self._first: RidgePrior | None = RidgePrior(shape, ridge, allowed)
        self._shape, self._allowed = shape, np.broadcast_to(allowed[:, :, None], shape[1:])
        self._scale = scale
        self._sigma2, self._tau2 = np.full(shape[3], _FLOOR), np.ones(shape[3])
        # With a single state its weights cannot be told from the constant matrix.
        self._learns_constant = constant is None and shape[0] > 1
        self._constant = _constant(constant, shape)
        self._stages_left = _STAGES

    def quadratic(self) -> tuple[Array, Array]:
        """Return the state-constant matrix and 1 / sigma^2."""
        if self._first is not None:
            return self._first.quadratic()
        precision = np.where(self._allowed, 1.0 / self._sigma2, np.inf)
        mean = np.where(self._allowed, self._constant, 0.0)
        return np.broadcast_to(mean, self._shape), np.broadcast_to(precision, self._shape)

    def log_density(self, weights: Array) -> float:
        """Return log p(w, w0 | sigma, tau), up to a constant within a stage."""
        if self._first is not None:
            return self._first.log_density(weights)
        of_weights = (weights - self._constant) ** 2 / self._sigma2
        total = float(of_weights[:, self._allowed].sum())
        if self._learns_constant:
            total += float((self._constant**2 / self._tau2)[self._allowed].sum())
        return -0.5 * total

    def update(self, weights: Array) -> None:
        """Move the constant matrix to its mode given the weights."""
        if self._first is None and self._learns_constant:
            precision = self._shape[0] / self._sigma2 + 1.0 / self._tau2
            self._constant = weights.sum(axis=0) / self._sigma2 / precision

    def advance(self, weights: Array, information: Array) -> Array | None:
        """Learn variances from what the last stage found, and begin the next."""
        if self._stages_left == 0:
            return None
        self._stages_left -= 1
        estimate, covariance = unpenalised(weights, information, *self.quadratic())
        error2 = np.einsum("snii->sni", covariance).reshape(self._shape)
        for b in range(self._shape[3]):
            within = estimate[:, self._allowed[:, :, b], b], error2[:, self._allowed[:, :, b], b]
            self._learn(b, *within)
        self._first = None
        return self._shrunken(estimate, error2)

    def _learn(self, b: int, estimate: Array, error2: Array) -> None:
        if estimate.size == 0:
            return
        if not self._learns_constant:
            estimate = estimate - self._constant[self._allowed[:, :, b], b]
        fixed = None if self._scale is None else float(self._scale) ** 2
        self._sigma2[b], self._tau2[b] = learn_variances(
            estimate, error2, constant=self._learns_constant, sigma2=fixed
        )

    def _shrunken(self, estimate: Array, error2: Array) -> Array:
        """Posterior means of the constant matrix and the weights, estimate by estimate."""
        if self._learns_constant:
            share = 1.0 / (self._sigma2 + error2)
            self._constant = (share * estimate).sum(axis=0) / (share.sum(axis=0) + 1.0 / self._tau2)
        trust = self._sigma2 / (self._sigma2 + error2)
        return np.where(
            self._allowed, self._constant + trust * (estimate - self._constant), estimate
        )

    def results(self) -> dict[str, Array]:
        """Return the state-constant matrix, net and per basis, and sigma."""
        return {
            "prior_connectivity": self._constant.sum(axis=2),
            "prior_mean": np.array(self._constant),
            "prior_scale": np.sqrt(self._sigma2),
        }


def learn_variances(
    estimate: Array, error2: Array, *, constant: bool, sigma2: float | None = None
) -> tuple[float, float]:
    """Maximise log p(estimates | sigma, tau) with weights and constants integrated out.

    Parameters
    ----------
    estimate, error2 : (n_states, n_edges) ndarray
        Weights and the squares of their standard errors.
    constant : bool
        Whether edges have a constant ~ N(0, tau^2) that states share; else it is zero.
    sigma2 : float, optional
        Known variance around the constant; default learned.

    Returns
    -------
    sigma2, tau2 : float
        Not below the floor.
    """

    def cost(logs: Array) -> float:
        s2 = np.exp(logs[0]) if sigma2 is None else sigma2
        return -_log_marginal(estimate, error2, s2, np.exp(logs[-1]) if constant else 0.0)

    spread = float(np.clip(np.mean(estimate**2), _FLOOR, _CEILING))
    n_free = int(sigma2 is None) + int(constant)
    if n_free == 0:
        assert sigma2 is not None
        return sigma2, 1.0
    bounds = [(np.log(_FLOOR), np.log(_CEILING))] * n_free
    # The surface may have a ridge towards either variance, so that one start is not enough.
    starts = [np.full(n_free, np.log(spread)), np.full(n_free, np.log(max(spread / 30, _FLOOR)))]
    found = min(
        (minimize(cost, start, bounds=bounds, method="L-BFGS-B") for start in starts),
        key=lambda result: float(result.fun),
    )
    variances = np.exp(found.x)
    return (
        float(variances[0]) if sigma2 is None else sigma2,
        float(variances[-1]) if constant else 1.0,
    )


def _log_marginal(estimate: Array, error2: Array, sigma2: float, tau2: float) -> float:
    share = 1.0 / (sigma2 + error2)
    total = share.sum(axis=0)
    centre = (share * estimate).sum(axis=0) / total if tau2 > 0 else np.zeros(total.shape)
    around = np.sum(np.log(share) - share * (estimate - centre) ** 2)
    if tau2 == 0:
        return 0.5 * float(around)
    return 0.5 * float(
        around - np.sum(np.log1p(tau2 * total) + centre**2 * total / (1.0 + tau2 * total))
    )


def _constant(constant: Array | None, shape: Shape) -> Array:
    if constant is None:
        return np.zeros(shape[1:])
    if constant.shape != shape[1:3] or not np.isfinite(constant).all():
        raise OptionError(
            f"has shape {constant.shape} or holds NaN",
            where="prior_connectivity",
            mend=f"Give a finite weight for every (post, pre), {shape[1:3]}.",
        )
    # The net weight is the sum over the basis; it is shared out evenly.
    return np.repeat(constant[:, :, None] / shape[3], shape[3], axis=2)
