"""What reads a trial: a recurrent network in both directions, or in one."""

from __future__ import annotations

import torch
from torch import Tensor, nn


class TrialEncoder(nn.Module):
    """A GRU over the bins of a trial, and its summary: the last state of each direction.

    Parameters
    ----------
    n_inputs : int
        Neurons.
    n_hidden : int
        Units per direction.
    """

    def __init__(self, n_inputs: int, n_hidden: int) -> None:
        super().__init__()
        self.n_hidden = n_hidden
        self.gru = nn.GRU(n_inputs, n_hidden, batch_first=True, bidirectional=True)

    def forward(self, inputs: Tensor, lengths: Tensor) -> tuple[Tensor, Tensor]:
        """Read all trials.

        Parameters
        ----------
        inputs : (n, n_bins, n_inputs) tensor
            0 where nothing was seen.
        lengths : (n,) tensor of int, on the processor
            Bins of each trial; what follows is padding and is not read.

        Returns
        -------
        (n, n_bins, 2 h), (n, 2 h) tensor
            States, 0 in padding, and the summary.
        """
        n_bins = inputs.shape[1]
        if bool((lengths == n_bins).all()):
            states, last = self.gru(inputs)
        else:
            packed = nn.utils.rnn.pack_padded_sequence(
                inputs, lengths, batch_first=True, enforce_sorted=False
            )
            found, last = self.gru(packed)
            states, _ = nn.utils.rnn.pad_packed_sequence(
                found, batch_first=True, total_length=n_bins
            )
        return states, torch.cat([last[0], last[1]], 1)
