"""Weights of all states scattered around one state-constant matrix, whose scatter is learned."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from neurokit.errors import OptionError
from neurokit.states.priors import Mask, RidgePrior, Shape

Array = NDArray[np.float64]

# No variance falls below this: with a standard deviation of 0.01 states are equal for all that
# data can say, and an unbounded density would have won.
_FLOOR = 1e-4
# Rounds of the prior's own parameters per EM iteration; each costs nothing beside an M-step.
_ROUNDS = 10
# Stages after the ridge: the curvature is taken anew once.
_STAGES = 2


class GaussianPrior:
    """w_s ~ N(w0, sigma^2), w0 ~ N(0, tau^2), with sigma and tau learned and floored.

    Maximising a density over w, w0 and sigma together would shrink sigma to nothing, because the
    density is unbounded there. Instead the weights' uncertainty counts: with h the curvature of
    the log-likelihood at the end of the stage before, and v and u the variances of w and w0, the
    log density is the evidence lower bound

        sum -((w - m)^2 + v + u) / (2 sigma^2) - log(sigma) + (log(v) - h v) / 2
      + sum -(m^2 + u) / (2 tau^2) - log(tau) + log(u) / 2

    which every update of m, u, v, sigma and tau raises. The published method fixes
    sigma = 1/3 and takes w0 as the mean over states [1]_.

    Parameters
    ----------
    shape : tuple of int
        (state, post, pre, basis).
    ridge : float
        Precision of the first stage.
    scale : float, optional
        sigma; default learned, one per basis function.
    constant : (post, pre) ndarray, optional
        w0; default learned.
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
        self._learns_scale = scale is None
        self._sigma2 = np.full(shape[3], _FLOOR if scale is None else float(scale) ** 2)
        self._tau2 = np.ones(shape[3])
        self._m, self._u = _constant(constant, shape), np.zeros(shape[1:])
        # With a single state its weights cannot be told from the constant matrix.
        self._learns_constant = constant is None and shape[0] > 1
        self._v, self._h = np.zeros(shape), np.zeros(shape)
        self._stages_left = _STAGES

    def quadratic(self) -> tuple[Array, Array]:
        """Return the state-constant matrix and 1 / sigma^2."""
        if self._first is not None:
            return self._first.quadratic()
        precision = np.where(self._allowed, 1.0 / self._sigma2, np.inf)
        mean = np.where(self._allowed, self._m, 0.0)
        return np.broadcast_to(mean, self._shape), np.broadcast_to(precision, self._shape)

    def log_density(self, weights: Array) -> float:
        """Return the evidence lower bound of the class's docstring."""
        if self._first is not None:
            return self._first.log_density(weights)
        spread = (weights - self._m) ** 2 + self._v + self._u
        of_weights = -0.5 * (spread / self._sigma2 + np.log(self._sigma2))
        of_weights = of_weights + 0.5 * (np.log(self._v) - self._h * self._v)
        total = float(of_weights[:, self._allowed].sum())
        if self._learns_constant:
            of_constant = -0.5 * ((self._m**2 + self._u) / self._tau2 + np.log(self._tau2))
            total += float((of_constant + 0.5 * np.log(self._u))[self._allowed].sum())
        return total

    def update(self, weights: Array) -> None:
        """Raise the bound over everything but the weights."""
        if self._first is not None:
            return
        for _ in range(_ROUNDS):
            self._v = 1.0 / (self._h + 1.0 / self._sigma2)
            if self._learns_constant:
                self._u = np.broadcast_to(
                    1.0 / (self._shape[0] / self._sigma2 + 1.0 / self._tau2), self._shape[1:]
                )
                self._m = self._u * weights.sum(axis=0) / self._sigma2
                self._tau2 = np.maximum(self._mean(self._m**2 + self._u), _FLOOR)
            if self._learns_scale:
                spread = (weights - self._m) ** 2 + self._v + self._u
                self._sigma2 = np.maximum(self._mean(spread.mean(axis=0)), _FLOOR)

    def _mean(self, values: Array) -> Array:
        """Mean over the allowed edges, one per basis function."""
        n = max(int(self._allowed[:, :, 0].sum()), 1)
        return np.asarray(np.where(self._allowed, values, 0.0).sum(axis=(0, 1)) / n)

    def advance(self, weights: Array, information: Array) -> Array | None:
        """Begin a stage with the curvature found by the last."""
        if self._stages_left == 0:
            return None
        self._stages_left -= 1
        diagonal = np.einsum("snii->sni", information).reshape(self._shape)
        self._h = np.maximum(diagonal, 0.0)
        if self._first is not None:
            self._first = None
            self._begin(weights)
        self.update(weights)
        return weights

    def _begin(self, weights: Array) -> None:
        centre = weights.mean(axis=0) if self._learns_constant else self._m
        if self._learns_scale:
            self._sigma2 = np.maximum(self._mean(((weights - centre) ** 2).mean(axis=0)), _FLOOR)
        if self._learns_constant:
            self._tau2 = np.maximum(self._mean(centre**2), _FLOOR)

    def results(self) -> dict[str, Array]:
        """Return the state-constant matrix, net and per basis, and sigma."""
        return {
            "prior_connectivity": self._m.sum(axis=2),
            "prior_mean": np.array(self._m),
            "prior_scale": np.sqrt(self._sigma2),
        }


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
