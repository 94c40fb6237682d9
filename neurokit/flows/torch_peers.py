"""Two networks to compare with: sequential autoencoding (LFADS) and a masked transformer (NDT)."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from neurokit.flows.torch_attention import AttentionLayer, inside_trials, places
from neurokit.flows.torch_encoder import TrialEncoder
from neurokit.flows.torch_flowed import Flowed, Reading, full_precision
from neurokit.flows.torch_posterior import Normal


class GeneratorNetwork(nn.Module):
    """g_0 ~ q(g_0 | x), g_{t+1} = GRU(g_t), factors W g_t, log rates V factors: LFADS, no inputs.

    Pandarinath et al. (2018) doi:10.1038/s41592-018-0109-9.

    Parameters
    ----------
    n_neurons : int
        Read and decoded.
    n_latents : int
        Factors.
    n_hidden : int
        Units of the encoder per direction, and of the generator.
    """

    def __init__(self, n_neurons: int, n_latents: int, n_hidden: int) -> None:
        super().__init__()
        self.encoder = TrialEncoder(n_neurons, n_hidden)
        self.initial = nn.Linear(2 * n_hidden, 2 * n_hidden)
        self.generator = nn.GRU(1, n_hidden, batch_first=True)
        self.factors = nn.Linear(n_hidden, n_latents)
        self.decoder = nn.Linear(n_latents, n_neurons)

    def forward(self, reading: Reading) -> Flowed:
        """Infer the first state and run the generator."""
        with reading.products():
            _, summary = self.encoder(reading.inputs, reading.lengths)
        first = Normal.of(self.initial(full_precision(summary)))
        drawn = first.draw(reading.generator)
        silence = drawn.new_zeros(len(drawn), reading.n_bins - 1, 1)
        with reading.products():
            states = drawn[:, None]
            if reading.n_bins > 1:
                later, _ = self.generator(silence, drawn[None])
                states = torch.cat([states, later.to(states)], 1)
            factors = self.factors(states)
            decoded: Tensor = self.decoder(factors)
        return Flowed(full_precision(decoded), first.kl(), {"position": full_precision(factors)})


class MaskedTransformer(nn.Module):
    """Bins with values hidden at random, their places, attention, rates of what was hidden: NDT.

    Ye and Pandarinath (2021) doi:10.51628/001c.27358.

    Parameters
    ----------
    n_neurons : int
        Read and decoded.
    width : int
        Of bins within, even.
    n_layers : int
        Of attention.
    """

    def __init__(self, n_neurons: int, width: int, n_layers: int) -> None:
        super().__init__()
        self.embed = nn.Linear(n_neurons, width)
        self.layers = nn.ModuleList([AttentionLayer(width) for _ in range(n_layers)])
        self.last = nn.LayerNorm(width)
        self.decoder = nn.Linear(width, n_neurons)

    def forward(self, reading: Reading) -> Flowed:
        """Look at all bins and decode each."""
        inside = inside_trials(reading.lengths, reading.n_bins, reading.inputs.device)
        with reading.products():
            bins = self.embed(reading.inputs)
            bins = bins + places(reading.n_bins, bins.shape[-1]).to(bins)
            for layer in self.layers:
                bins = layer(bins, inside)
            bins = self.last(bins)
            decoded: Tensor = self.decoder(bins)
        nothing = decoded.new_zeros(len(decoded), dtype=torch.float32)
        return Flowed(full_precision(decoded), nothing, {"position": full_precision(bins)})
