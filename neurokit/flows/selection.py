"""How many latents: by what they predict of neurons and trials that were not looked at."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import xarray as xr
from numpy.typing import NDArray
from sklearn.base import clone

from neurokit.errors import OptionError
from neurokit.flows.given import Given, gather
from neurokit.flows.model import LangevinLDS
from neurokit.randomness import as_generator


def select_latents(
    X: Any,
    n_latents: Sequence[int] = (1, 2, 3, 4, 6),
    *,
    model: Any = None,
    n_folds: int = 4,
    random_state: int | np.random.Generator | None = None,
) -> xr.Dataset:
    """Score each number of latents on held-out neurons of held-out trials.

    Trials and neurons are each dealt into `n_folds` parts. A model is fitted to all neurons of the
    trials outside a part; on the trials of the part it sees the neurons outside the part and
    predicts those inside. The best number is the smallest within one standard error of the
    highest mean.

    Parameters
    ----------
    X : recording, DataArray, ndarray, or list of them
        Counts per bin, or signals, of several trials and neurons.
    n_latents : sequence of int
        Numbers tried.
    model : estimator, optional
        Its parameters are used but for `n_latents`; default ``LangevinLDS`` of Poisson counts, or
        Gaussian where `X` are no counts.
    n_folds : int, default 4
        Parts.
    random_state : None, int or numpy.random.Generator
        Deals trials and neurons.

    Returns
    -------
    Dataset
        ``score`` (n_latents, fold): bits per spike of counts, else R2; attribute
        ``best_n_latents``.

    Raises
    ------
    OptionError
        If there are fewer trials or neurons than folds, or nothing to try.

    References
    ----------
    .. [1] Pei et al. (2021) arXiv:2109.04463

    Examples
    --------
    >>> simulation = nk.simulate.oscillators([5.0], [0.1], 12, 12, 40, random_state=0)
    >>> counts = simulation.recordings["session1"].activity.signal
    >>> base = LangevinLDS(1, n_restarts=1, tol=1e-4)
    >>> select_latents(counts, [1, 2], model=base, n_folds=2, random_state=0).score.shape
    (2, 2)
    """
    tried = list(n_latents)
    if not tried or not all(map(_is_whole, tried)) or min(tried) < 1:
        raise OptionError(f"is {tried}", where="n_latents", mend="Give whole numbers from 1.")
    given = gather(X)
    n_trials, n_neurons = given.data.n_trials, given.trials.labels.size
    if not _is_whole(n_folds) or not 2 <= n_folds <= min(n_trials, n_neurons):
        raise OptionError(
            f"is {n_folds!r} for {n_trials} trials and {n_neurons} neurons",
            where="n_folds",
            mend="Give 2 or more, not above either.",
        )
    rng = as_generator(random_state)
    trial_fold = rng.permutation(np.arange(n_trials) % n_folds)
    neuron_fold = rng.permutation(np.arange(n_neurons) % n_folds)
    counts = given.are_counts
    base = model if model is not None else _default(X, counts)
    score = np.empty((len(tried), n_folds))
    for fold in range(n_folds):
        train, test = (_trials(given, trial_fold != fold), _trials(given, trial_fold == fold))
        for row, k in enumerate(tried):
            one = clone(base).set_params(n_latents=k)
            if one.bin_s is None:
                one.set_params(bin_s=_width(X))
            one.fit(train)
            metric = "co_bps" if counts else "r2"
            score[row, fold] = one.score(test, metric=metric, held_out=neuron_fold == fold)
    return _chosen(score, tried, "bit/spike" if counts else "1")


def _is_whole(value: Any) -> bool:
    return isinstance(value, int | np.integer) and not isinstance(value, bool)


def _default(X: Any, counts: bool) -> LangevinLDS:
    return LangevinLDS(1, likelihood="poisson" if counts else "gaussian")


def _width(X: Any) -> float:
    from neurokit.flows.given import bin_width

    return bin_width(X, None)


def _trials(given: Given, chosen: NDArray[np.bool_]) -> list[xr.DataArray]:
    trials = given.trials
    space = {trials.space: trials.labels}
    return [
        xr.DataArray(
            trials.values[trials.offsets[k] : trials.offsets[k + 1]],
            dims=("time", trials.space),
            coords=space,
        )
        for k in np.flatnonzero(chosen)
    ]


def _chosen(score: NDArray[np.float64], tried: list[int], units: str) -> xr.Dataset:
    mean = score.mean(axis=1)
    top = int(mean.argmax())
    # Folds share trials and neurons: differences to the best are what their spread tells of.
    gap = score[top] - score
    error = gap.std(axis=1, ddof=1) / np.sqrt(score.shape[1])
    close = [k for k, n in enumerate(tried) if mean[top] - mean[k] <= error[k] and n <= tried[top]]
    best = min(tried[k] for k in close)
    return xr.Dataset(
        {"score": (("n_latents", "fold"), score, {"units": units})},
        coords={"n_latents": tried, "fold": np.arange(score.shape[1])},
        attrs={"best_n_latents": best},
    )
