"""Small LFADS and NDT networks under the interface of all flows, to compare with."""

from __future__ import annotations

from typing import Any

import numpy as np

from neurokit.errors import OptionError
from neurokit.flows.neural import NeuralFlow
from neurokit.flows.neural_reading import Forecasting, whole_number


class SmallLFADS(Forecasting, NeuralFlow):
    """g_0 ~ q(g_0 | x), g_{t+1} = GRU(g_t), y ~ p(y | exp(V W g_t)): sequential autoencoding.

    A small LFADS without inferred inputs: a recurrent generator makes the whole trial from its
    first state. To compare with `LangevinFlow`, whose training it shares.

    Parameters
    ----------
    n_latents : int, default 8
        Factors.
    bin_s : float, optional
        Width of a bin, s; default from the data's sampling rate.
    likelihood : {"poisson", "negative_binomial", "gaussian"}
        Of the values.
    n_hidden : int, default 64
        Units of the encoder per direction, and of the generator.
    max_epochs, batch_size, window, learning_rate, averaging, patience : number
        As in `LangevinFlow`.
    validation, keep : float
        As in `LangevinFlow`.
    kl_warm_up, kl_weight, weight_decay, clip : number
        As in `LangevinFlow`.
    precision, device : str
        As in `LangevinFlow`.
    random_state : None, int or numpy.random.Generator
        Source of all that is drawn.
    progress : bool, optional
        Show a bar; None shows it when a terminal or notebook is attached.

    References
    ----------
    .. [1] Pandarinath et al. (2018) doi:10.1038/s41592-018-0109-9

    Examples
    --------
    >>> counts = np.random.default_rng(0).poisson(1.0, (6, 10, 4))
    >>> SmallLFADS(2, bin_s=0.02, max_epochs=2, random_state=0).fit(counts).n_epochs_
    2
    """

    def __init__(
        self,
        n_latents: int = 8,
        *,
        bin_s: float | None = None,
        likelihood: str = "poisson",
        n_hidden: int = 64,
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
        self.n_hidden = n_hidden
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

    def _network(self, n_neurons: int) -> Any:
        from neurokit.flows.torch_peers import GeneratorNetwork

        return GeneratorNetwork(n_neurons, self.n_latents, self.n_hidden)


class SmallNDT(NeuralFlow):
    """y_hidden ~ p(y | attention over all that was not hidden): a masked transformer of bins.

    A small Neural Data Transformer: values are hidden at random and predicted from the rest of the
    trial. It has no dynamics, so it cannot forecast.

    Parameters
    ----------
    n_hidden : int, default 64
        Width of a bin within, even.
    n_layers : int, default 2
        Of attention.
    bin_s : float, optional
        Width of a bin, s; default from the data's sampling rate.
    likelihood : {"poisson", "negative_binomial", "gaussian"}
        Of the values.
    max_epochs, batch_size, window, learning_rate, averaging, patience : number
        As in `LangevinFlow`.
    validation, keep : float
        As in `LangevinFlow`.
    weight_decay, clip : float
        As in `LangevinFlow`.
    precision, device : str
        As in `LangevinFlow`.
    random_state : None, int or numpy.random.Generator
        Source of all that is drawn.
    progress : bool, optional
        Show a bar; None shows it when a terminal or notebook is attached.

    References
    ----------
    .. [1] Ye and Pandarinath (2021) doi:10.51628/001c.27358

    Examples
    --------
    >>> counts = np.random.default_rng(0).poisson(1.0, (6, 10, 4))
    >>> SmallNDT(8, bin_s=0.02, max_epochs=2, random_state=0).fit(counts).n_epochs_
    2
    """

    kl_warm_up = 0
    kl_weight = 1.0

    def __init__(
        self,
        n_hidden: int = 64,
        *,
        n_layers: int = 2,
        bin_s: float | None = None,
        likelihood: str = "poisson",
        max_epochs: int = 150,
        batch_size: int | None = None,
        window: int = 500,
        learning_rate: float = 0.003,
        averaging: float = 0.98,
        patience: int = 60,
        validation: float = 0.1,
        keep: float = 0.75,
        weight_decay: float = 0.0,
        clip: float = 5.0,
        precision: str = "float32",
        device: str = "auto",
        random_state: int | np.random.Generator | None = None,
        progress: bool | None = None,
    ) -> None:
        self.n_hidden = n_hidden
        self.n_layers = n_layers
        self.bin_s = bin_s
        self.likelihood = likelihood
        self.max_epochs = max_epochs
        self.batch_size = batch_size
        self.window = window
        self.learning_rate = learning_rate
        self.averaging = averaging
        self.patience = patience
        self.validation = validation
        self.keep = keep
        self.weight_decay = weight_decay
        self.clip = clip
        self.precision = precision
        self.device = device
        self.random_state = random_state
        self.progress = progress

    def _check_parameters(self) -> None:
        super()._check_parameters()
        whole_number("n_layers", self.n_layers)
        if self.n_hidden % 2:
            raise OptionError(f"is {self.n_hidden}", where="n_hidden", mend="Give an even number.")

    def _network(self, n_neurons: int) -> Any:
        from neurokit.flows.torch_peers import MaskedTransformer

        return MaskedTransformer(n_neurons, self.n_hidden, self.n_layers)
