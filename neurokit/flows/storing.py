"""Fitted attributes in seconds and labels, and the way back to what the smoother takes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from neurokit.flows.coloured import WHITE, Colour
from neurokit.flows.discretise import modes
from neurokit.flows.dynamics import BINS_PER_UNIT, FirstOrder, Langevin
from neurokit.flows.em import Fit
from neurokit.flows.gaussian import Gaussian
from neurokit.flows.poisson import Poisson
from neurokit.flows.variational import CountFit

if TYPE_CHECKING:
    from neurokit.flows.reading import FlowReading

Array = NDArray[np.float64]


def state_labels(fit: Fit | CountFit) -> tuple[list[str], list[int]]:
    """Return labels of the states, and of the latents."""
    if isinstance(fit.dynamics, FirstOrder):
        latents = list(range(fit.dynamics.n_states))
        return [f"position {k}" for k in latents], latents
    latents = list(range(fit.dynamics.n_latents))
    kinds = ["position", "velocity", *(f"noise{k}" for k in range(len(fit.dynamics.colour.rates)))]
    return [f"{kind} {k}" for kind in kinds for k in latents], latents


def scales(fit: Fit | CountFit, bin_s: float) -> Array:
    """Factor of each state from units of 5 bins to seconds: velocities are per second."""
    unit = BINS_PER_UNIT * bin_s
    n = fit.dynamics.n_states
    factor = np.ones(n)
    if isinstance(fit.dynamics, Langevin):
        d = fit.dynamics.n_latents
        factor[d : 2 * d] = 1.0 / unit
    return factor


def keep_fit(model: FlowReading, fit: Fit | CountFit, labels: Any, space: str) -> None:
    """Write everything fitted onto an estimator.

    Parameters
    ----------
    model : FlowReading
        With ``bin_width_`` set.
    fit : Fit or CountFit
        In standard coordinates.
    labels : (n_neurons,) ndarray of str
        Of the neurons.
    space : str
        Name of their dim.
    """
    states, latents = state_labels(fit)
    factor = scales(fit, model.bin_width_)
    A, B, Q = fit.dynamics.step()
    square = ("state_next", "state")
    coords: dict[str, Any] = {"state_next": states, "state": states}
    model.transition_ = _labelled(A * factor[:, None] / factor[None], square, coords)
    model.process_noise_ = _labelled(Q * np.outer(factor, factor), square, coords)
    model.input_step_ = _labelled(
        B * factor[:, None], ("state", "input"), {"state": states, "input": model.input_labels_}
    )
    model.initial_mean_ = _labelled(fit.initial_mean * factor, ("state",), {"state": states})
    model.initial_covariance_ = _labelled(
        fit.initial_covariance * np.outer(factor, factor), square, coords
    )
    p = fit.dynamics.n_observed
    loading = np.zeros((len(labels), len(states)))
    loading[:, :p] = fit.emission.loading
    model.emission_ = _labelled(loading, (space, "state"), {space: labels, "state": states})
    model.offset_ = _labelled(fit.emission.offset, (space,), {space: labels})
    if isinstance(fit.emission, Gaussian):
        model.emission_noise_ = _labelled(fit.emission.noise, (space,), {space: labels})
    if isinstance(fit.dynamics, Langevin):
        _keep_langevin(model, fit.dynamics, latents)
    trace = np.asarray(fit.trace, dtype=np.float64)
    model.log_likelihoods_ = _labelled(trace, ("iteration",), {"iteration": np.arange(trace.size)})
    model.n_iter_ = len(trace) - 1
    model.converged_ = bool(fit.converged)


def _keep_langevin(model: FlowReading, dynamics: Langevin, latents: list[int]) -> None:
    unit = BINS_PER_UNIT * model.bin_width_
    square = ("latent", "latent_2")
    coords = {"latent": latents, "latent_2": latents}
    K, G = dynamics.stiffness / unit**2, dynamics.friction / unit
    model.stiffness_ = _labelled(K, square, coords, "s-2")
    model.friction_ = _labelled(G, square, coords, "s-1")
    model.gyroscopic_ = _labelled(0.5 * (G - G.T), square, coords, "s-1")
    model.circulatory_ = _labelled(0.5 * (K - K.T), square, coords, "s-2")
    noise = dynamics.root @ dynamics.root.T / unit**3
    model.diffusion_ = _labelled(noise, square, coords, "s-3")
    by = {"latent": latents, "input": model.input_labels_}
    model.input_ = _labelled(dynamics.input / unit**2, ("latent", "input"), by, "s-2")
    angular, damping = modes(dynamics.drift())
    number = {"mode": np.arange(angular.size)}
    model.frequencies_ = _labelled(angular / (2.0 * np.pi * unit), ("mode",), number, "Hz")
    model.damping_ratios_ = _labelled(damping, ("mode",), number, "1")
    if dynamics.colour.rates.size:
        model.noise_rates_ = dynamics.colour.rates / unit
        model.noise_weights_ = dynamics.colour.weights


def _labelled(
    values: Array, dims: tuple[str, ...], coords: dict[str, Any], units: str | None = None
) -> xr.DataArray:
    return xr.DataArray(
        np.array(values, dtype=np.float64),
        dims=dims,
        coords=coords,
        attrs={} if units is None else {"units": units},
    )


def stored_fit(model: FlowReading) -> Fit | CountFit:
    """Rebuild what the smoother takes from an estimator's attributes.

    Parameters
    ----------
    model : FlowReading
        Fitted.

    Returns
    -------
    Fit or CountFit
        In units of 5 bins.
    """
    dynamics = _stored_dynamics(model)
    probe = Fit(dynamics, Gaussian(np.empty((0, 0)), np.empty(0), np.empty(0)), np.empty(0),
                np.empty((0, 0)))  # fmt: skip
    factor = scales(probe, model.bin_width_)
    mean = model.initial_mean_.values / factor
    covariance = model.initial_covariance_.values / np.outer(factor, factor)
    loading = np.ascontiguousarray(model.emission_.values[:, : dynamics.n_observed])
    offset = model.offset_.values
    if hasattr(model, "emission_noise_"):
        emission = Gaussian(loading, offset, model.emission_noise_.values)
        return Fit(dynamics, emission, mean, covariance)
    return CountFit(dynamics, Poisson(loading, offset), mean, covariance)


def _stored_dynamics(model: FlowReading) -> Langevin | FirstOrder:
    if not hasattr(model, "stiffness_"):
        return FirstOrder(
            model.transition_.values, model.input_step_.values, model.process_noise_.values
        )
    unit = BINS_PER_UNIT * model.bin_width_
    diffusion = model.diffusion_.values * unit**3
    d = len(diffusion)
    colour = WHITE
    if hasattr(model, "noise_rates_"):
        colour = Colour(np.asarray(model.noise_rates_) * unit, np.asarray(model.noise_weights_))
    return Langevin(
        model.stiffness_.values * unit**2,
        model.friction_.values * unit,
        np.sqrt(np.trace(diffusion) / d) * np.eye(d),
        model.input_.values.reshape(d, -1) * unit**2,
        colour,
    )
