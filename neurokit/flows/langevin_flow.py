"""The estimator of Langevin flows: nonlinear potential, networks that read and decode."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import xarray as xr

from neurokit.errors import OptionError, check_option
from neurokit.flows.langevin_reading import STEP, LangevinReading
from neurokit.flows.neural import NeuralFlow
from neurokit.flows.neural_reading import whole_number

if TYPE_CHECKING:
    from neurokit.flows.torch_model import Block, NeuralModel
    from neurokit.flows.training import Course, TrainingOptions

VARIANTS = ("bottleneck", "published")
DECODER_INPUTS = ("position", "velocity", "hidden")


class LangevinFlow(LangevinReading, NeuralFlow):
    """dz = v dt, dv = (-dU/dz - (G + J) v + B u) dt + sqrt(2 G T) dW; y ~ p(y | decoder(z, v)).

    A variational autoencoder whose latents obey the underdamped Langevin equation [1]_. The decoder
    sees positions z and velocities v only, so that what it says is in the latents; the first state
    comes from a network that reads the trial in both directions. U is a potential of coupled
    oscillators, bounded below: springs of every latent and between neighbours on a ring, and a
    network of log cosh ridges. Friction G and turning J are learned, their step is exact [2]_. The
    force dW is inferred per bin where that explains held values better, else it is 0. Inputs u push
    velocities, and the encoder reads them beside the neurons.

    ``variant="published"`` is the authors' model with what is wrong in their code repaired: a
    causal encoder, the first state from the first bin, a potential by a kernel, noise that is drawn
    and not inferred, and a transformer that also sees the encoder's states.

    Parameters
    ----------
    n_latents : int, default 8
        Positions.
    bin_s : float, optional
        Width of a bin, s; default from the data's sampling rate.
    likelihood : {"poisson", "negative_binomial", "gaussian"}
        Of the values.
    variant : {"bottleneck", "published"}
        Which model.
    n_hidden : int, default 64
        Units of the encoder per direction, and of the decoder.
    n_potential : int, default 32
        Ridges of the network in the potential; 0 leaves springs only, and a path without a loop.
    decoder : {"mlp", "linear"}
        From states to neurons; of the bottleneck.
    decoder_inputs : sequence of {"position", "velocity", "hidden"}, optional
        What the decoder sees; default the first two, and all three where published. With "hidden",
        the encoder's states, latents need not carry anything: compare with ("hidden",) alone.
    inferred_force : {"auto", True, False}
        "auto" trains without, then goes on with it for a fifth of `max_epochs`, and keeps it if
        held values gain by more than two standard errors; of the bottleneck.
    max_epochs : int, default 150
        Most passes over the trials.
    batch_size : int, optional
        Trials per step; default half of them, at most 200.
    window : int, default 500
        Longest stretch that is read at once, bins. Longer trials are trained on in windows side by
        side, and read in windows that share a fifth with the next, over which one fades into the
        other.
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
    precision : {"float32", "bfloat16"}
        Of products in encoder and decoder; all else stays in single precision.
    device : {"auto", "cpu", "cuda", "mps"} or str
        Where to compute.
    random_state : None, int or numpy.random.Generator
        Of starting values, orders, dropout and draws: one seed, one result on one processor.
    progress : bool, optional
        Show a bar; None shows it when a terminal or notebook is attached.

    Attributes
    ----------
    frequencies_, damping_ratios_ : DataArray
        (mode) of the linear dynamics where the potential is lowest; Hz.
    input_ : DataArray
        (latent, input) B, 1/s2 per unit of the input.
    infers_force_ : bool
        Whether a force is inferred.
    force_gain_ : float
        What it gained, nats per held value; NaN where it was not tried.
    module_ : torch module
        The trained networks.
    weights_ : Dataset
        Their weights, each in the shape that torch gives it.
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

    _takes_inputs = True

    def __init__(
        self,
        n_latents: int = 8,
        *,
        bin_s: float | None = None,
        likelihood: str = "poisson",
        variant: str = "bottleneck",
        n_hidden: int = 64,
        n_potential: int = 32,
        decoder: str = "mlp",
        decoder_inputs: Sequence[str] | None = None,
        inferred_force: bool | str = "auto",
        max_epochs: int = 150,
        batch_size: int | None = None,
        window: int = 500,
        learning_rate: float = 0.01,
        averaging: float = 0.98,
        patience: int = 60,
        validation: float = 0.1,
        keep: float = 0.75,
        kl_warm_up: int = 30,
        kl_weight: float = 1.0,
        weight_decay: float = 0.0,
        clip: float = 5.0,
        precision: str = "float32",
        device: str = "auto",
        random_state: int | np.random.Generator | None = None,
        progress: bool | None = None,
    ) -> None:
        self.n_latents = n_latents
        self.bin_s = bin_s
        self.likelihood = likelihood
        self.variant = variant
        self.n_hidden = n_hidden
        self.n_potential = n_potential
        self.decoder = decoder
        self.decoder_inputs = decoder_inputs
        self.inferred_force = inferred_force
        self.max_epochs = max_epochs
        self.batch_size = batch_size
        self.window = window
        self.learning_rate = learning_rate
        self.averaging = averaging
        self.patience = patience
        self.validation = validation
        self.keep = keep
        self.kl_warm_up = kl_warm_up
        self.kl_weight = kl_weight
        self.weight_decay = weight_decay
        self.clip = clip
        self.precision = precision
        self.device = device
        self.random_state = random_state
        self.progress = progress

    def _check_parameters(self) -> None:
        super()._check_parameters()
        whole_number("n_potential", self.n_potential, least=0)
        check_option("variant", self.variant, VARIANTS)
        check_option("decoder", self.decoder, ("mlp", "linear"))
        if not (isinstance(self.inferred_force, bool) or self.inferred_force == "auto"):
            raise OptionError(
                f"is {self.inferred_force!r}", where="inferred_force", mend="Give 'auto' or a bool."
            )
        if self.variant == "published" and self.n_hidden % 2:
            raise OptionError(f"is {self.n_hidden}", where="n_hidden", mend="Give an even number.")
        given = self.decoder_inputs
        if given is not None and (isinstance(given, str) or not given):
            raise OptionError(f"is {given!r}", where="decoder_inputs", mend="Give some names.")
        for name in given or ():
            check_option("decoder_inputs", name, DECODER_INPUTS)

    def _seen_by_decoder(self) -> tuple[str, ...]:
        if self.decoder_inputs is not None:
            return tuple(self.decoder_inputs)
        return DECODER_INPUTS if self.variant == "published" else DECODER_INPUTS[:2]

    def _network(self, n_neurons: int) -> Any:
        from neurokit.flows.torch_bottleneck import BottleneckFlow
        from neurokit.flows.torch_dynamics import LangevinDynamics
        from neurokit.flows.torch_potential import OscillatorPotential
        from neurokit.flows.torch_published import KernelPotential, PublishedFlow

        seen, n_inputs = self._seen_by_decoder(), self.input_scale_.size
        if self.variant == "published":
            kernel = KernelPotential(self.n_latents)
            dynamics = LangevinDynamics(kernel, STEP, turns=False, n_inputs=n_inputs)
            return PublishedFlow(n_neurons, dynamics, self.n_hidden, seen, n_inputs)
        springs = OscillatorPotential(self.n_latents, self.n_potential)
        dynamics = LangevinDynamics(springs, STEP, n_inputs=n_inputs)
        found = BottleneckFlow(n_neurons, dynamics, self.n_hidden, self.decoder, seen, n_inputs)
        found.infers_force = getattr(self, "infers_force_", False)
        return found

    def _begin(self, model: NeuralModel) -> None:
        if self.inferred_force is True and self.variant == "bottleneck":
            model.network.start_force()

    def _refined(self, course: Course, data: Block, options: TrainingOptions) -> Course:
        from neurokit.flows.torch_force import with_force

        self.force_gain_ = float("nan")
        if self.inferred_force != "auto" or self.variant != "bottleneck":
            return course
        n_epochs = max(1, self.max_epochs // 5)
        course, self.force_gain_ = with_force(course, data, options, self.seed_ + 1, n_epochs)
        return course

    def _keep(self, course: Course, *, converged: bool) -> None:
        self.infers_force_ = bool(course.model.network.infers_force)
        super()._keep(course, converged=converged)
        self.input_ = self._input()
        frequencies, damping = self._modes()
        self.frequencies_ = xr.DataArray(frequencies, dims="mode", attrs={"units": "Hz"})
        self.damping_ratios_ = xr.DataArray(damping, dims="mode", attrs={"units": "1"})
