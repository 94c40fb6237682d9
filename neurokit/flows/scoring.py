"""The one way in which all flows are scored: on what they did not see."""

from __future__ import annotations

from typing import Any

import numpy as np
import xarray as xr

from neurokit.errors import OptionError, check_option
from neurokit.flows.given import gather, neuron_mask
from neurokit.flows.metrics import co_bps

_WHY = (
    "would score the very spikes that the rates were inferred from: a model that copies its input"
    " would beat the true rates"
)


class Scored:
    """Scoring by held-out neurons or forward bins, for whatever has `predict_rates`."""

    def predict_rates(self, X: Any, inputs: Any = None, *, held_out: Any = None) -> Any:
        """Return rates in the form of `X`; each estimator has its own."""
        raise NotImplementedError

    def score(
        self,
        X: Any,
        inputs: Any = None,
        *,
        metric: str = "co_bps",
        held_out: Any = None,
        force: bool = False,
    ) -> float:
        """Bits per spike of neurons that were not looked at.

        Parameters
        ----------
        X : recording, DataArray, ndarray, or list or mapping of them
            Counts per bin.
        inputs : as X, optional
            As in `fit`.
        metric : {"co_bps", "r2"}
            Bits per spike, or the squared-error R2 of signals that are no counts.
        held_out : sequence of str, int or bool
            Neurons that are hidden from the inference and scored.
        force : bool, default False
            Score the input itself all the same, where `held_out` is not given.

        Returns
        -------
        float
            The higher, the better.

        Raises
        ------
        OptionError
            If `held_out` is not given and `force` is False.
        """
        check_option("metric", metric, ("co_bps", "r2"))
        if held_out is None and not force:
            raise OptionError(
                f"is not given: that {_WHY}",
                where="held_out",
                mend="Name neurons to hide and score, or force=True to do it all the same.",
            )
        given = gather(X, None)
        rates = np.concatenate(
            [_rows(r, piece) for r, piece in _pieces(self._asked(X, inputs, held_out), given)]
        )
        counts = given.trials.values
        if held_out is not None:
            chosen = neuron_mask(held_out, given.trials.labels)
            rates, counts = rates[:, chosen], counts[:, chosen]
        return co_bps(rates, counts) if metric == "co_bps" else r2(rates, counts)

    def _asked(self, X: Any, inputs: Any, held_out: Any) -> Any:
        return self.predict_rates(X, inputs, held_out=held_out)


def _pieces(found: Any, given: Any) -> Any:
    arrays = list(found.values()) if isinstance(found, dict) else found
    arrays = arrays if isinstance(arrays, list) else [arrays]
    return zip(arrays, given.trials.pieces, strict=True)


def _rows(rates: xr.DataArray, piece: Any) -> Any:
    values = rates.values
    return values.reshape(-1, values.shape[-1])[piece.kept]


def r2(rates: Any, values: Any) -> float:
    """1 - sum (value - rate)^2 / sum (value - mean)^2 over what was seen, averaged over neurons.

    Parameters
    ----------
    rates, values : (n_bins, n_neurons) ndarray
        Predictions, and signals; NaN where not seen.

    Returns
    -------
    float
        NaN where no neuron changes.
    """
    seen = ~np.isnan(values)
    # A neuron that was never seen has no mean, and is left out as it never changes.
    n = np.maximum(seen.sum(axis=0), 1)
    mean = np.where(seen, values, 0.0).sum(axis=0) / n
    rest = np.where(seen, (values - rates) ** 2, 0.0).sum(axis=0)
    total = np.where(seen, (values - mean) ** 2, 0.0).sum(axis=0)
    changing = total > 0
    if not changing.any():
        return float("nan")
    return float((1.0 - rest[changing] / total[changing]).mean())
