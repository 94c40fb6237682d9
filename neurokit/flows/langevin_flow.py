"""The estimator of Langevin flows: nonlinear potential, networks that read and decode."""

from __future__ import annotations

from typing import Any

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from neurokit.errors import SchemaError, check_option
from neurokit.flows.neural import NeuralFlow
from neurokit.flows.neural_reading import Forecasting, whole_number
from neurokit.flows.torch_needed import one_torch_thread
from neurokit.randomness import as_generator

Array = NDArray[np.float64]

# Units of time per bin: a spring of stiffness 1 takes some 20 bins to swing.
_STEP = 0.3


class LangevinFlow(Forecasting, NeuralFlow):
    """dz = v dt, dv = (-dU/dz - (G + J) v) dt + sqrt(2 G T) dW; y ~ p(y | decoder(z, v)).

    A variational autoencoder whose latents obey the underdamped Langevin equation [1]_. The decoder
    sees positions z and velocities v only, so that what it says is in the latents; the first state
    comes from a network that reads the trial in both directions. U is a potential of coupled
    oscillators, bounded below: springs of every latent and between neighbours on a ring, and a
    network of log cosh ridges. Friction G and turning J are learned, their step is exact.

    Parameters
    ----------
    n_latents : int, default 8
        Positions.
    bin_s : float, optional
        Width of a bin, s; default from the data's sampling rate.
    likelihood : {"poisson", "negative_binomial", "gaussian"}
        Of the values.
    n_hidden : int, default 64
        Units of the encoder per direction, and of the decoder.
    n_potential : int, default 32
        Ridges of the network in the potential; 0 leaves springs only, and a path without a loop.
    decoder : {"mlp", "linear"}
        From states to neurons.
    max_epochs : int, default 200
        Most passes over the trials.
    batch_size : int, optional
        Trials per step; default half of them, at most 200.
    learning_rate : float, default 0.01
        After a warm-up of ten epochs.
    averaging : float, default 0.98
        Share of itself that the running average of weights keeps per step; the average is what
        is validated and kept.
    patience : int, default 60
        Epochs without a better validation after which training ends.
    validation : float, default 0.1
        Share of values, speckled over all trials, that is never read nor trained on.
    keep : float, default 0.75
        Share of the others that is read in a step; the rest is predicted (coordinated dropout).
    kl_warm_up : int, default 30
        Epochs over which the divergence comes to count.
    kl_weight : float, default 1.0
        Of the divergence; 1 is the evidence bound.
    weight_decay : float, default 0.0
        Decoupled.
    clip : float, default 5.0
        Longest gradient.
    device : {"auto", "cpu", "cuda", "mps"} or str
        Where to compute.
    random_state : None, int or numpy.random.Generator
        Of starting values, orders, dropout and draws: one seed, one result on one processor.
    progress : bool, optional
        Show a bar; None shows it when a terminal or notebook is attached.

    Attributes
    ----------
    module_ : torch module
        The trained networks.
    weights_ : Dataset
        Their weights.
    neurons_ : DataArray
        (neuron) whether a neuron is read.
    losses_ : Dataset
        ``loss`` (nats per value), ``kl`` (nats per trial), ``validation``, ``learning_rate`` over
        epoch.
    validation_loss_ : float
        Nats per held value, of the weights that were kept.
    n_epochs_, best_epoch_ : int
        Epochs done; that of the weights.
    converged_ : bool
        False where training was interrupted or ran away.

    References
    ----------
    .. [1] Song et al. (2025) Langevin flows for modeling neural latent dynamics. arXiv:2507.11531
    .. [2] Leimkuhler and Matthews (2013) doi:10.1093/amrx/abs010

    Examples
    --------
    >>> simulation = nk.simulate.lorenz(2, 6, 5, 10, random_state=0)
    >>> counts = simulation.recordings["session1"].activity.signal
    >>> model = LangevinFlow(2, max_epochs=3, random_state=0).fit(counts)
    >>> model.predict_rates(counts).shape
    (12, 10, 5)
    """

    def __init__(
        self,
        n_latents: int = 8,
        *,
        bin_s: float | None = None,
        likelihood: str = "poisson",
        n_hidden: int = 64,
        n_potential: int = 32,
        decoder: str = "mlp",
        max_epochs: int = 200,
        batch_size: int | None = None,
        learning_rate: float = 0.01,
        averaging: float = 0.98,
        patience: int = 60,
        validation: float = 0.1,
        keep: float = 0.75,
        kl_warm_up: int = 30,
        kl_weight: float = 1.0,
        weight_decay: float = 0.0,
        clip: float = 5.0,
        device: str = "auto",
        random_state: int | np.random.Generator | None = None,
        progress: bool | None = None,
    ) -> None:
        self.n_latents = n_latents
        self.bin_s = bin_s
        self.likelihood = likelihood
        self.n_hidden = n_hidden
        self.n_potential = n_potential
        self.decoder = decoder
        self.max_epochs = max_epochs
        self.batch_size = batch_size
        self.learning_rate = learning_rate
        self.averaging = averaging
        self.patience = patience
        self.validation = validation
        self.keep = keep
        self.kl_warm_up = kl_warm_up
        self.kl_weight = kl_weight
        self.weight_decay = weight_decay
        self.clip = clip
        self.device = device
        self.random_state = random_state
        self.progress = progress

    def _check_parameters(self) -> None:
        super()._check_parameters()
        whole_number("n_potential", self.n_potential, least=0)
        check_option("decoder", self.decoder, ("mlp", "linear"))

    def _network(self, n_neurons: int) -> Any:
        from neurokit.flows.torch_bottleneck import BottleneckFlow
        from neurokit.flows.torch_dynamics import LangevinDynamics

        dynamics = LangevinDynamics(self.n_latents, self.n_potential, _STEP, 1)
        return BottleneckFlow(n_neurons, dynamics, self.n_hidden, self.decoder)

    def _scale(self, name: str) -> float:
        return _STEP / self.bin_width_ if name == "velocity" else 1.0

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
        SchemaError
            If shapes do not fit.
        """
        import torch

        module = self.module_
        places = [np.asarray(a, dtype=np.float32) for a in (position, velocity)]
        if places[0].shape != places[1].shape or places[0].shape[-1:] != (self.n_latents,):
            raise SchemaError(
                f"has shape {places[0].shape}, velocity {places[1].shape}",
                where="position",
                mend=f"Give both as (..., {self.n_latents}).",
            )
        places[1] = places[1] / np.float32(self._scale("velocity"))
        device = next(module.parameters()).device
        with torch.no_grad(), one_torch_thread():
            z, v = (torch.from_numpy(a).to(device) for a in places)
            rates = module.likelihood.expected(module.network.decode(z, v)).cpu().numpy()
        space = str(self.neurons_.dims[0])
        dims = [f"dim_{i}" for i in range(rates.ndim - 1)]
        coords: dict[Any, Any] = {space: self.neurons_[space].values}
        if isinstance(position, xr.DataArray):
            dims = [str(dim) for dim in position.dims[:-1]]
            coords |= {k: c for k, c in position.coords.items() if set(c.dims) <= set(dims)}
        found = xr.DataArray(rates.astype(np.float64), coords, (*dims, space), "rate")
        return found.assign_attrs(self._rate_attrs())

    def potential(self, position: Any) -> Any:
        """Return the energy U at given positions.

        Parameters
        ----------
        position : (..., n_latents) DataArray or ndarray
            As `transform` gives them.

        Returns
        -------
        (...) ndarray or DataArray
            In squared units of velocity over the step's unit of time; differences matter only.
        """
        import torch

        module = self.module_
        places = np.asarray(position, dtype=np.float32)
        if places.shape[-1:] != (self.n_latents,):
            raise SchemaError(
                f"has shape {places.shape}", where="position", mend=f"Give (..., {self.n_latents})."
            )
        device = next(module.parameters()).device
        with torch.no_grad(), one_torch_thread():
            z = torch.from_numpy(places).to(device)
            energy = module.network.dynamics.potential.energy(z).cpu().numpy().astype(np.float64)
        if not isinstance(position, xr.DataArray):
            return energy
        return position.isel({position.dims[-1]: 0}, drop=True).copy(data=energy).rename("energy")

    def sample(
        self,
        n_bins: int = 100,
        n_trials: int = 1,
        *,
        random_state: int | np.random.Generator | None = None,
    ) -> xr.Dataset:
        """Draw paths from the prior, and what would be recorded.

        Parameters
        ----------
        n_bins : int
            Bins of each trial.
        n_trials : int
            Number of trials.
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
        start = rng.normal(size=(2, n_trials, self.n_latents)).astype(np.float32)
        with torch.no_grad(), one_torch_thread():
            z, v = module.network.dynamics.path(
                *torch.from_numpy(start).to(device), n_bins, self._noise(rng, n_bins, n_trials)
            )
        space = str(self.neurons_.dims[0])
        dims = ("trial", "time", "latent")
        found = xr.Dataset(
            {
                "position": (dims, z.cpu().numpy().astype(np.float64)),
                "velocity": (dims, v.cpu().numpy().astype(np.float64) * self._scale("velocity")),
            },
            coords={"time": np.arange(n_bins) * self.bin_width_, "latent": range(self.n_latents)},
        )
        found["rate"] = self.decode(found.position, found.velocity)
        drawn = _drawn(module.likelihood, found["rate"].values, rng)
        return found.assign(response=(("trial", "time", space), drawn))

    def _noise(self, rng: np.random.Generator, n_bins: int, n_trials: int) -> Any:
        """Pushes of a force that is part of the model, or None."""
        import torch

        network = self.module_.network
        if not network.infers_force:
            return None
        drawn = rng.normal(size=(n_bins - 1, n_trials, self.n_latents)).astype(np.float32)
        noise = network.dynamics.noise()
        return torch.from_numpy(drawn).to(noise) @ noise


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
