"""What only a Langevin flow can be asked: its decoder, its potential, its modes, draws from it."""

from __future__ import annotations

from typing import Any

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from neurokit.errors import OptionError, SchemaError
from neurokit.flows.ahead import inputs_like
from neurokit.flows.neural_reading import Forecasting, whole_number
from neurokit.flows.padded import Padded
from neurokit.flows.torch_needed import one_torch_thread
from neurokit.randomness import as_generator

Array = NDArray[np.float64]

# Units of time per bin: a spring of stiffness 1 takes some 20 bins to swing.
STEP = 0.3


class LangevinReading(Forecasting):
    """Questions to a trained Langevin flow."""

    n_latents: int

    def _scale(self, name: str) -> float:
        return STEP / self.bin_width_ if name == "velocity" else 1.0

    def decode(self, position: Any, velocity: Any) -> xr.DataArray:
        """Return what neurons are expected to do at given states.

        Parameters
        ----------
        position, velocity : (..., n_latents) DataArray or ndarray
            As `transform` gives them; velocities per second.

        Returns
        -------
        DataArray
            (..., neuron) expected counts per bin, or signals.

        Raises
        ------
        OptionError
            If the decoder sees more than positions and velocities.
        SchemaError
            If shapes do not fit.
        """
        import torch

        module = self.module_
        if not hasattr(module.network, "decode") or "hidden" in module.network.decoder_inputs:
            raise OptionError(
                "makes the decoder see more than positions and velocities",
                where="decoder_inputs",
                mend="Use predict_rates, or fit a bottleneck.",
            )
        places = self._states(position), self._states(velocity)
        if places[0].shape != places[1].shape:
            raise SchemaError(
                f"has shape {places[1].shape}, position {places[0].shape}",
                where="velocity",
                mend="Give them for the same bins.",
            )
        device = next(module.parameters()).device
        with torch.no_grad(), one_torch_thread():
            z, v = (torch.from_numpy(a).to(device) for a in places)
            v = v / self._scale("velocity")
            rates = module.likelihood.expected(module.network.decode(z, v)).cpu().numpy()
        space = str(self.neurons_.dims[0])
        dims = [f"dim_{i}" for i in range(rates.ndim - 1)]
        coords: dict[Any, Any] = {space: self.neurons_[space].values}
        if isinstance(position, xr.DataArray):
            dims = [str(dim) for dim in position.dims[:-1]]
            coords |= {k: c for k, c in position.coords.items() if set(c.dims) <= set(dims)}
        found = xr.DataArray(rates.astype(np.float64), coords, (*dims, space), "rate")
        return found.assign_attrs(self._rate_attrs())

    def _states(self, given: Any) -> NDArray[np.float32]:
        states = np.asarray(given, dtype=np.float32)
        if states.shape[-1:] != (self.n_latents,):
            raise SchemaError(
                f"has shape {states.shape}", where="position", mend=f"Give (..., {self.n_latents})."
            )
        return states

    def _rates_at(self, data: Padded, states: tuple[NDArray[np.float32], ...]) -> Array:
        """Rates of trials whose positions and velocities (of the network) are replaced."""
        expected = self.module_.likelihood.expected
        found = self._passes(data, 0, 0, lambda f: {"rate": expected(f.decoded)}, states)
        return found["rate"].astype(np.float64)

    def potential(self, position: Any) -> Any:
        """Return the energy U at given positions.

        Parameters
        ----------
        position : (..., n_latents) DataArray or ndarray
            As `transform` gives them.

        Returns
        -------
        (...) ndarray or DataArray
            In units in which v'v / 2 is the kinetic energy, v per .3 of a bin; only differences
            matter.
        """
        import torch

        module = self.module_
        device = next(module.parameters()).device
        with torch.no_grad(), one_torch_thread():
            z = torch.from_numpy(self._states(position)).to(device)
            energy = module.network.dynamics.potential.energy(z).cpu().numpy().astype(np.float64)
        if not isinstance(position, xr.DataArray):
            return energy
        return position.isel({position.dims[-1]: 0}, drop=True).copy(data=energy).rename("energy")

    def sample(
        self,
        n_bins: int = 100,
        n_trials: int = 1,
        *,
        inputs: Any = None,
        random_state: int | np.random.Generator | None = None,
    ) -> xr.Dataset:
        """Draw paths from the prior, and what would be recorded.

        Parameters
        ----------
        n_bins : int
            Bins of each trial.
        n_trials : int
            Number of trials.
        inputs : (n_bins, n_inputs) or (n_trials, n_bins, n_inputs) array, optional
            Default 0.
        random_state : None, int or numpy.random.Generator
            Source of the draws.

        Returns
        -------
        Dataset
            ``response`` and ``rate`` (trial, time, neuron), ``position`` and ``velocity`` (trial,
            time, latent).
        """
        import torch

        whole_number("n_bins", n_bins)
        whole_number("n_trials", n_trials)
        rng = as_generator(random_state)
        module = self.module_
        device = next(module.parameters()).device
        driving = inputs_like(inputs, n_trials, n_bins, self.input_scale_.size, "inputs")
        external = torch.from_numpy(self._scaled(driving)).to(device)
        start = rng.normal(size=(2, n_trials, self.n_latents)).astype(np.float32)
        drawn = rng.normal(size=(n_bins - 1, n_trials, self.n_latents)).astype(np.float32)
        dynamics = module.network.dynamics
        with torch.no_grad(), one_torch_thread():
            pushes = None
            if module.network.has_noise:
                pushes = torch.from_numpy(drawn).to(device) @ dynamics.noise()
            pushes = dynamics.driven(external, pushes)
            z, v = dynamics.path(*torch.from_numpy(start).to(device), n_bins, pushes)
        dims = ("trial", "time", "latent")
        found = xr.Dataset(
            {
                "position": (dims, z.cpu().numpy().astype(np.float64)),
                "velocity": (dims, v.cpu().numpy().astype(np.float64) * self._scale("velocity")),
            },
            coords={"time": np.arange(n_bins) * self.bin_width_, "latent": range(self.n_latents)},
        )
        found["rate"] = self.decode(found.position, found.velocity)
        found["response"] = found.rate.copy(data=_drawn(module.likelihood, found.rate.values, rng))
        return found

    def _input(self) -> xr.DataArray:
        """B, from units of the network to those of the user."""
        found = self.module_.network.dynamics.input
        size = self.input_scale_
        B = np.zeros((size.size, self.n_latents))
        if found is not None:
            B = found.detach().cpu().numpy().astype(np.float64)
        values = B.T * self._scale("velocity") ** 2 / size.values
        coords = {"latent": np.arange(self.n_latents), **size.coords}
        return xr.DataArray(values, coords, ("latent", "input"), "input", {"units": "1/s2"})

    def _modes(self) -> tuple[Array, Array]:
        """Frequencies (Hz) and damping ratios where the potential is lowest.

        The lowest point is looked for downhill from 0; around it the dynamics are linear.
        """
        import torch
        from scipy.optimize import minimize

        from neurokit.flows.discretise import modes

        dynamics = self.module_.network.dynamics
        potential = dynamics.potential
        device = dynamics.log_friction.device

        def energy(z: Any) -> Any:
            return potential.energy(z[None])[0]

        def downhill(place: Array) -> tuple[float, Array]:
            z = torch.tensor(place, dtype=torch.float32, device=device, requires_grad=True)
            height = energy(z)
            (slope,) = torch.autograd.grad(height, z)
            return float(height.detach()), slope.cpu().numpy().astype(np.float64)

        with one_torch_thread():
            lowest = minimize(downhill, np.zeros(self.n_latents), jac=True, method="L-BFGS-B").x
            at = torch.tensor(lowest, dtype=torch.float32, device=device, requires_grad=True)
            (slope,) = torch.autograd.grad(energy(at), at, create_graph=True)
            rows = [torch.autograd.grad(one, at, retain_graph=True)[0] for one in slope]
            hessian = torch.stack(rows)
            friction = dynamics.friction().detach()
        K, G = (a.cpu().numpy().astype(np.float64) for a in (hessian, friction))
        if not (np.isfinite(K).all() and np.isfinite(G).all()):
            # Weights that ran away have no modes; they are kept all the same.
            nothing = np.full(self.n_latents, np.nan)
            return nothing, nothing.copy()
        drift = np.block([[np.zeros_like(K), np.eye(len(K))], [-K, -G]])
        angular, damping = modes(drift)
        return angular * self._scale("velocity") / (2.0 * np.pi), damping


def _drawn(likelihood: Any, rate: Array, rng: np.random.Generator) -> Array:
    """Values of a likelihood with given expectations."""
    if likelihood.kind == "poisson":
        return np.asarray(rng.poisson(rate), dtype=np.float64)
    scale = likelihood.log_scale.detach().cpu().numpy().astype(np.float64)
    if likelihood.kind == "gaussian":
        spread = likelihood.spread.cpu().numpy() * np.exp(0.5 * scale)
        return np.asarray(rng.normal(rate, spread), dtype=np.float64)
    r = np.exp(scale)
    return np.asarray(rng.negative_binomial(r, r / (r + rate)), dtype=np.float64)
