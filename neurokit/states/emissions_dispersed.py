"""Observation models with a scale of their own: Gaussian and negative binomial."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.special import gammaln, polygamma, psi

from neurokit.states.emissions import Emission, finite_rate, require

Array = NDArray[np.float64]

# A variance is not allowed below this share of the neuron's variance over all states: a state
# that explains a handful of bins exactly would otherwise have infinite likelihood.
_LEAST_VARIANCE = 1e-5
_SIZES = (1e-3, 1e6)


class Gaussian(Emission):
    """y ~ Normal(predictor, scale); the scale is the variance per state and neuron."""

    name = "gaussian"
    has_scale = True

    def log_likelihood(
        self, response: Array, predictor: Array, exposure: Array, scale: Array
    ) -> Array:
        """-(y - eta)^2 / (2 scale) - log(scale) / 2."""
        residual = response - predictor[..., 0]
        out: Array = residual * residual * (-0.5 / scale) - 0.5 * np.log(scale)
        return out

    def derivatives(
        self, response: Array, predictor: Array, exposure: Array, scale: Array
    ) -> tuple[Array, Array, Array]:
        """(y - eta) / scale, and 1 / scale."""
        residual = response - predictor[..., 0]
        precision = np.broadcast_to(1.0 / scale, residual.shape)
        value = -0.5 * residual * residual * precision + 0.5 * np.log(precision)
        return value, (residual * precision)[..., None], precision[..., None, None]

    def mean(self, predictor: Array, exposure: Array) -> Array:
        """The predictor."""
        return predictor[..., 0]

    def draw(
        self, predictor: Array, exposure: Array, scale: Array, rng: np.random.Generator
    ) -> Array:
        """Normal numbers."""
        eta = predictor[..., 0]
        out: Array = eta + np.sqrt(scale) * rng.standard_normal(eta.shape)
        return out

    def start(self, mean: Array) -> Array:
        """The mean."""
        return mean[:, None]

    def constant(self, response: Array) -> Array:
        """-log(2 pi) / 2."""
        return np.full_like(response, -0.5 * np.log(2.0 * np.pi))

    def first_scale(self, response: Array, observed: Array) -> Array:
        """Variance over all bins."""
        total = np.maximum(observed.sum(axis=0), 1.0)
        centred = (response - self.average(response, observed)) * observed
        out: Array = np.square(centred).sum(axis=0) / total
        return np.where(out > 0, out, 1.0)

    def lowest_scale(self, response: Array, observed: Array) -> Array:
        """A small share of the variance over all bins."""
        return _LEAST_VARIANCE * self.first_scale(response, observed)

    def update_scale(
        self, response: Array, predictor: Array, exposure: Array, scale: Array, weight: Array
    ) -> Array:
        """Weighted mean of squared residuals, the exact maximum."""
        total = weight.sum(axis=0)
        squares = (weight * np.square(response - predictor[..., 0])).sum(axis=0)
        return np.where(total > 1e-8, squares / np.maximum(total, 1e-8), scale)

    def scale_score(
        self, response: Array, predictor: Array, exposure: Array, scale: Array, weight: Array
    ) -> Array:
        """Sum weight ((y - eta)^2 / scale - 1) / 2."""
        squares = np.square(response - predictor[..., 0]) / scale
        out: Array = 0.5 * (weight * (squares - 1.0)).sum(axis=0)
        return out

    def check(self, response: Array) -> None:
        """Finite numbers."""
        require(response, np.isfinite(response), "values are finite", "Set infinities to NaN.")


class NegativeBinomial(Emission):
    """y ~ NB(mean exposure exp(predictor), size scale): variance mean + mean^2 / scale."""

    name = "negative_binomial"
    has_scale = True

    def _parts(self, predictor: Array, exposure: Array, scale: Array) -> tuple[Array, Array]:
        log_mean = np.minimum(predictor[..., 0], 300.0) + np.log(exposure)
        mean: Array = np.exp(log_mean)
        return log_mean, mean

    def log_likelihood(
        self, response: Array, predictor: Array, exposure: Array, scale: Array
    ) -> Array:
        """Gamma(y + r) / Gamma(r) r^r m^y / (r + m)^(r + y), in logarithms."""
        log_mean, mean = self._parts(predictor, exposure, scale)
        fixed = gammaln(response + scale) - gammaln(scale) + scale * np.log(scale)
        out: Array = fixed + response * log_mean - (scale + response) * np.log(scale + mean)
        return out

    def derivatives(
        self, response: Array, predictor: Array, exposure: Array, scale: Array
    ) -> tuple[Array, Array, Array]:
        """R (y - m) / (r + m), and r m / (r + m)."""
        _, mean = self._parts(predictor, exposure, scale)
        share = scale / (scale + mean)
        value = self.log_likelihood(response, predictor, exposure, scale)
        return value, (share * (response - mean))[..., None], (share * mean)[..., None, None]

    def mean(self, predictor: Array, exposure: Array) -> Array:
        """Exposure exp(eta)."""
        out: Array = np.exp(np.minimum(predictor[..., 0], 300.0)) * exposure
        return out

    def draw(
        self, predictor: Array, exposure: Array, scale: Array, rng: np.random.Generator
    ) -> Array:
        """Poisson counts of gamma rates."""
        mean = finite_rate(self.mean(predictor, exposure))
        return rng.poisson(rng.gamma(np.broadcast_to(scale, mean.shape), mean / scale)).astype(
            np.float64
        )

    def start(self, mean: Array) -> Array:
        """Log of the mean."""
        out: Array = np.log(np.maximum(mean, 1e-6))
        return out[:, None]

    def constant(self, response: Array) -> Array:
        """-log y!."""
        return np.asarray(-gammaln(response + 1.0))

    def first_scale(self, response: Array, observed: Array) -> Array:
        """By moments: mean^2 / (variance - mean), within 0.1 and 100."""
        mean = self.average(response, observed)
        total = np.maximum(observed.sum(axis=0), 1.0)
        variance = (np.square(response - mean) * observed).sum(axis=0) / total
        out: Array = mean**2 / np.maximum(variance - mean, 1e-6)
        return np.clip(out, 0.1, 100.0)

    def update_scale(
        self, response: Array, predictor: Array, exposure: Array, scale: Array, weight: Array
    ) -> Array:
        """One guarded Newton step per neuron on log r; a step that does not help is halved."""
        exposures = np.broadcast_to(exposure, response.shape)
        base = self._scale_value(response, predictor, exposures, scale, weight)
        slope, bend = self._scale_slopes(response, predictor, exposures, scale, weight)
        step = np.where(bend < 0, slope / np.maximum(-bend, 1e-12), np.sign(slope))
        step = np.clip(step, -1.0, 1.0)
        out = scale.copy()
        open_neurons = np.abs(step) > 1e-8
        for _ in range(8):
            trial = np.clip(scale * np.exp(step), *_SIZES)
            value = self._scale_value(response, predictor, exposures, trial, weight)
            better = open_neurons & (value >= base)
            out[better] = trial[better]
            open_neurons &= ~better
            if not open_neurons.any():
                break
            step /= 4.0
        return out

    def _scale_value(
        self, response: Array, predictor: Array, exposure: Array, scale: Array, weight: Array
    ) -> Array:
        value = weight * self.log_likelihood(response, predictor, exposure, scale)
        out: Array = value.sum(axis=0)
        return out

    def _scale_slopes(
        self, response: Array, predictor: Array, exposure: Array, scale: Array, weight: Array
    ) -> tuple[Array, Array]:
        """First and second derivative with respect to log r."""
        _, mean = self._parts(predictor, exposure, scale)
        both = scale + mean
        first = psi(response + scale) - psi(scale) + np.log(scale / both)
        first += 1.0 - (response + scale) / both
        second = polygamma(1, response + scale) - polygamma(1, scale) + 1.0 / scale
        second += -2.0 / both + (response + scale) / both**2
        slope = scale * (weight * first).sum(axis=0)
        bend = scale**2 * (weight * second).sum(axis=0) + slope
        return slope, bend

    def scale_score(
        self, response: Array, predictor: Array, exposure: Array, scale: Array, weight: Array
    ) -> Array:
        """First derivative of `_scale_slopes`."""
        exposures = np.broadcast_to(exposure, response.shape)
        return self._scale_slopes(response, predictor, exposures, scale, weight)[0]

    def check(self, response: Array) -> None:
        """Counts."""
        whole = (response >= 0) & (response == np.floor(response)) & np.isfinite(response)
        require(
            response,
            whole,
            "counts are whole numbers from 0",
            'Use observation="gaussian" for continuous data.',
        )
