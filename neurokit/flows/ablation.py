"""What the latents of a network are worth: its predictions with the latents of other trials."""

from __future__ import annotations

from typing import Any

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from neurokit.errors import OptionError
from neurokit.flows.comparison import true_r2
from neurokit.flows.given import neuron_mask
from neurokit.flows.langevin_flow import LangevinFlow
from neurokit.flows.metrics import co_bps
from neurokit.flows.padded import Padded
from neurokit.flows.scoring import r2
from neurokit.randomness import as_generator

Array = NDArray[np.float64]

KINDS = ("own", "average", "of other trials")


def ablation(
    model: LangevinFlow,
    X: Any,
    inputs: Any = None,
    *,
    held_out: Any,
    true_rates: Any = None,
    random_state: int | np.random.Generator | None = None,
) -> xr.Dataset:
    """Score a flow with each trial's own latents, with their average, and with others' latents.

    A decoder that also sees the encoder's states may predict well and leave positions and
    velocities without meaning. Here these are replaced, and all else is left as it is: what the
    scores lose is what the latents say. "average" is the mean of all trials bin by bin, "of other
    trials" a shuffle in which no trial keeps its own.

    Parameters
    ----------
    model : LangevinFlow
        Fitted, of either variant.
    X : recording, DataArray, ndarray, or list or mapping of them
        Trials (trial, time, neuron), best ones that were not fitted; two or more, or one that is
        read in several windows.
    inputs : as X, optional
        As in `LangevinFlow.fit`.
    held_out : sequence of str, int or bool
        Neurons that are hidden from the inference, and scored.
    true_rates : (trial, time, neuron) array or DataArray, optional
        Expected counts per bin, where they are known.
    random_state : None, int or numpy.random.Generator
        Source of the shuffle.

    Returns
    -------
    Dataset
        ``score`` of the hidden neurons (bit/spike; of signals that are no counts R2) and
        ``true_r2`` (of the true rates, all neurons seen; NaN without them) over ``latents``.

    Raises
    ------
    OptionError
        If the model is of another kind, or there is one trial.
    SchemaError
        If true rates are of another shape.
    LabelError
        If there is no such neuron.

    Examples
    --------
    >>> simulation = nk.simulate.lorenz(2, 6, 5, 10, random_state=0)
    >>> counts = simulation.recordings["session1"].activity.signal
    >>> model = LangevinFlow(2, max_epochs=3, random_state=0).fit(counts)
    >>> ablation(model, counts, held_out=[0], random_state=0).latents.values.tolist()
    ['own', 'average', 'of other trials']
    """
    if not isinstance(model, LangevinFlow):
        raise OptionError(
            f"is a {type(model).__name__}", where="model", mend="Give a fitted LangevinFlow."
        )
    given, data = model._prepared(X, inputs, held_out)
    # Long trials are several windows, each with a state of its own to begin from.
    n_trials = len(data.lengths)
    if n_trials < 2:
        raise OptionError(f"has {n_trials} trial", where="X", mend="Give two trials or more.")
    order = _deranged(n_trials, as_generator(random_state))
    chosen = neuron_mask(held_out, given.trials.labels)
    values = given.trials.values[:, chosen]
    scored = r2 if model.likelihood == "gaussian" else co_bps
    scores = [scored(data.rows(rates)[:, chosen], values) for rates in _rates(model, data, order)]
    nearness = [float("nan")] * len(KINDS)
    if true_rates is not None:
        _, whole = model._prepared(X, inputs, None)
        shape = np.shape(true_rates)
        found = [_side_by_side(whole, rates, shape) for rates in _rates(model, whole, order)]
        nearness = [true_r2(rates, true_rates) for rates in found]
    units = "1" if model.likelihood == "gaussian" else "bit/spike"
    return xr.Dataset(
        {
            "score": ("latents", scores, {"units": units, "long_name": "score of hidden neurons"}),
            "true_r2": ("latents", nearness, {"units": "1", "long_name": "R2 of true rates"}),
        },
        coords={"latents": list(KINDS)},
    )


def _rates(model: LangevinFlow, data: Padded, order: NDArray[np.int64]) -> list[Array]:
    """Rates with latents of each of `KINDS`; of those of a shorter trial, as they would go on."""
    latents = model._passes(data, 0, 0, lambda flowed: flowed.latents)
    own = latents["position"], latents["velocity"]
    inside = data.inside[..., None]
    n_inside = inside.sum(axis=0)
    means = [(a * inside).sum(axis=0) / n_inside for a in own]
    n_trials = len(data.lengths)
    average = tuple(np.repeat(m.astype(np.float32)[None], n_trials, axis=0) for m in means)
    others = tuple(a[order] for a in own)
    return [model._rates_at(data, states) for states in (own, average, others)]


def _side_by_side(data: Padded, block: Array, shape: tuple[int, ...]) -> Array:
    """Results as whole trials of one length; what has another number of bins stays as it is."""
    rows = data.rows(block)
    return rows.reshape(shape) if rows.size == np.prod(shape) else block


def _deranged(n: int, rng: np.random.Generator) -> NDArray[np.int64]:
    """Another trial for every one: a random cycle through all of them."""
    cycle = rng.permutation(n)
    order = np.empty(n, dtype=np.int64)
    order[cycle] = np.roll(cycle, 1)
    return order
