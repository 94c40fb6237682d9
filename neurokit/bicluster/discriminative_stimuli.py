"""Functional cell types by stimuli that drive one cluster of neurons and no other (extra torch).

Clusters and stimuli take turns: every cluster's stimulus is optimised to drive its neurons more
than all others, then every neuron joins the cluster whose stimulus drives it most. Merges and
splits are kept where they raise the objective, so that the number of clusters is found.

Burg et al. (2024) Most discriminative stimuli for functional cell type clustering. ICLR.
arXiv:2401.05342
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import xarray as xr
from numpy.typing import ArrayLike, NDArray

from neurokit.bicluster.partition_prior import by_first_appearance
from neurokit.errors import NeurokitError, OptionError, SchemaError
from neurokit.randomness import as_generator

if TYPE_CHECKING:
    import torch

Array = NDArray[np.float64]
Labels = NDArray[np.int64]
Predict = Callable[[Any], Any]

# Rounds of stimuli and assignment at most; rounds and steps with which a merge or split is tried.
_MOST_ROUNDS, _TRIAL_ROUNDS, _TRIAL_STEPS = 10, 3, 20
_SMALLEST_SCALE = 1e-6


@dataclass(frozen=True)
class _Task:
    """What stays the same while clusters change."""

    predict: Predict
    shape: tuple[int, ...]
    shift: Array
    scale: Array
    temperature: float
    n_steps: int
    step: float
    norm: float
    bounds: tuple[float, float]
    least_gain: float


@dataclass(frozen=True)
class _Clustering:
    """Clusters, one stimulus for each, and how well these tell them apart."""

    labels: Labels
    stimuli: Any
    objective: Array


def most_discriminative_stimuli(
    predict: Predict,
    shape: Sequence[int],
    *,
    n_clusters: int = 5,
    labels: ArrayLike | None = None,
    temperature: float = 1.6,
    n_steps: int = 50,
    step: float = 0.1,
    norm: float | None = None,
    bounds: tuple[float, float] = (-1.0, 1.0),
    normalise: bool = False,
    least_gain: float = 0.05,
    random_state: int | np.random.Generator | None = None,
) -> xr.Dataset:
    """Cluster neurons by stimuli that drive one cluster and no other.

    J_k = r_kk / tau - log sum_j exp(r_kj / tau) + log K, where r_kj is the mean predicted response
    of cluster j to the stimulus of cluster k. Stimuli climb J within a ball and a box; neurons join
    the cluster whose stimulus drives them most; clusters without neurons go. Two clusters are
    merged where the mean of J hardly falls by it, and one is split where it rises. Where a neuron
    sees is a difference too: give all of them one place in `predict` to compare what they like.

    Parameters
    ----------
    predict : callable
        A differentiable model: torch tensor (n, *shape) of stimuli to tensor (n, n_neurons).
    shape : sequence of int
        Of one stimulus.
    n_clusters : int, default 5
        Clusters to start with; more than there are types do no harm.
    labels : (n_neurons,) array_like, optional
        Clusters to start with; default at random.
    temperature : float, default 1.6
        tau, in units of the responses.
    n_steps : int, default 50
        Steps of every stimulus per round.
    step : float, default 0.1
        Length of a step, in units of `norm`; it shrinks to nothing over the steps.
    norm : float, optional
        Largest Euclidean norm of a stimulus; default a quarter of that of a stimulus at the upper
        bound everywhere.
    bounds : (float, float), default (-1, 1)
        Range of its values.
    normalise : bool, default False
        Standardise every neuron's responses by their mean and spread over random stimuli, where
        neurons differ in gain.
    least_gain : float, default 0.05
        What one cluster more must add to the mean of J, nats.
    random_state : None, int or numpy.random.Generator
        Source of first stimuli and clusters.

    Returns
    -------
    Dataset
        ``stimulus`` (cluster, axis_0, ...), ``label`` (neuron), ``response`` (cluster, group): mean
        response of group to each cluster's stimulus, ``objective`` (cluster).

    Raises
    ------
    OptionError
        If an option is out of range.
    SchemaError
        If the model's predictions have another shape, are not finite, or have no gradient.
    NeurokitError
        If torch is not installed.

    References
    ----------
    .. [1] Burg et al. (2024) Most discriminative stimuli for functional cell type clustering. ICLR.
       arXiv:2401.05342

    Examples
    --------
    >>> import torch  # doctest: +SKIP
    >>> on_off = torch.tensor([[1.0], [1.0], [-1.0]]).T  # doctest: +SKIP
    >>> found = most_discriminative_stimuli(lambda s: s @ on_off, (1,))  # doctest: +SKIP
    >>> found.label.values.tolist()  # doctest: +SKIP
    [0, 0, 1]
    """
    _need_torch()
    _check(n_clusters, temperature, n_steps, step, norm, bounds)
    _check_gain(least_gain)
    sizes = _as_shape(shape)
    rng = as_generator(random_state)
    top = 0.25 * np.sqrt(np.prod(sizes)) * max(map(abs, bounds)) if norm is None else norm
    task = _Task(
        predict, sizes, np.zeros(0), np.ones(0), temperature, n_steps, step, top, bounds, least_gain
    )
    probes = _random_stimuli(task, max(n_clusters, 32), rng)
    responses = _responses(task, probes)
    n_neurons = responses.shape[1]
    shift, scale = np.zeros(n_neurons), np.ones(n_neurons)
    if normalise:
        shift, scale = responses.mean(axis=0), responses.std(axis=0) + _SMALLEST_SCALE
    task = replace(task, shift=shift, scale=scale)
    start = _first_labels(labels, n_clusters, n_neurons, rng)
    found = _settle(task, start, _random_stimuli(task, int(start.max()) + 1, rng))
    found = _search(task, found, rng)
    return _as_dataset(task, found)


def _need_torch() -> None:
    try:
        import torch  # noqa: F401
    except ImportError as error:
        raise NeurokitError(
            "torch is not installed",
            where="most_discriminative_stimuli",
            mend="pip install 'neurokit-xarray[torch]'",
        ) from error


def _check(
    n_clusters: int,
    temperature: float,
    n_steps: int,
    step: float,
    norm: float | None,
    bounds: tuple[float, float],
) -> None:
    for name, count in (("n_clusters", n_clusters), ("n_steps", n_steps)):
        if isinstance(count, bool) or not isinstance(count, int | np.integer) or count < 1:
            raise OptionError(f"is {count!r}", where=name, mend="Give a whole number from 1.")
    numbers = {"temperature": temperature, "step": step} | ({} if norm is None else {"norm": norm})
    for name, value in numbers.items():
        real = isinstance(value, int | float | np.number) and not isinstance(value, bool)
        if not real or not np.isfinite(value) or value <= 0:
            raise OptionError(f"is {value!r}", where=name, mend="Give a number above 0.")
    if len(bounds) != 2 or not np.isfinite(bounds).all() or not bounds[0] < bounds[1]:
        raise OptionError(
            f"is {bounds!r}", where="bounds", mend="Give (low, high), low below high."
        )


def _check_gain(least_gain: float) -> None:
    real = isinstance(least_gain, int | float | np.number) and not isinstance(least_gain, bool)
    if not real or not np.isfinite(least_gain) or least_gain < 0:
        raise OptionError(f"is {least_gain!r}", where="least_gain", mend="Give a number from 0.")


def _as_shape(shape: Sequence[int]) -> tuple[int, ...]:
    sizes = tuple(shape)
    whole = all(isinstance(n, int | np.integer) and not isinstance(n, bool) for n in sizes)
    if not sizes or not whole or min(sizes) < 1:
        raise OptionError(f"is {shape!r}", where="shape", mend="Give whole numbers from 1.")
    return tuple(int(n) for n in sizes)


def _first_labels(
    labels: ArrayLike | None, n_clusters: int, n_neurons: int, rng: np.random.Generator
) -> Labels:
    if labels is None:
        # Every cluster has a neuron, where there are enough.
        return by_first_appearance(rng.permutation(np.arange(n_neurons) % n_clusters))
    given = np.asarray(labels)
    if given.shape != (n_neurons,) or given.dtype.kind not in "iub":
        raise SchemaError(
            f"has shape {given.shape} and type {given.dtype} for {n_neurons} neurons",
            where="labels",
            mend="Give one whole number per neuron.",
        )
    return by_first_appearance(np.unique(given, return_inverse=True)[1].astype(np.int64))


def _random_stimuli(task: _Task, n: int, rng: np.random.Generator) -> torch.Tensor:
    import torch

    noise = rng.standard_normal((n, *task.shape))
    return _projected(task, torch.as_tensor(noise, dtype=torch.float32) * task.norm)


def _projected(task: _Task, stimuli: torch.Tensor) -> torch.Tensor:
    """Nearest in the ball, then in the box; the box is not left by shrinking."""
    import torch

    flat = stimuli.reshape(len(stimuli), -1)
    size = torch.linalg.vector_norm(flat, dim=1, keepdim=True)
    inside = flat * torch.clamp(task.norm / torch.clamp(size, min=1e-12), max=1.0)
    low, high = task.bounds
    return torch.clamp(inside, low, high).reshape(stimuli.shape)


def _responses(task: _Task, stimuli: torch.Tensor) -> Array:
    """Predictions as they are, checked."""
    import torch

    with torch.no_grad():
        found = task.predict(stimuli)
    if not isinstance(found, torch.Tensor) or found.ndim != 2 or len(found) != len(stimuli):
        said = tuple(getattr(found, "shape", ())) or type(found).__name__
        raise SchemaError(
            f"gives {said} for {len(stimuli)} stimuli",
            where="predict",
            mend="Give a tensor (stimuli, neurons).",
        )
    values = found.detach().cpu().numpy().astype(np.float64)
    if not np.isfinite(values).all() or not values.shape[1]:
        raise SchemaError(
            "gives NaN, infinities or no neuron", where="predict", mend="Mend the model."
        )
    return values


def _normalised(task: _Task, stimuli: torch.Tensor) -> torch.Tensor:
    import torch

    responses = task.predict(stimuli)
    shift, scale = (
        torch.as_tensor(a, dtype=responses.dtype, device=responses.device)
        for a in (task.shift, task.scale)
    )
    found: torch.Tensor = (responses - shift) / scale
    return found


def _objective(task: _Task, responses: torch.Tensor, labels: Labels) -> torch.Tensor:
    """J of every cluster."""
    import torch

    n = int(labels.max()) + 1
    member = torch.as_tensor(
        np.eye(n)[labels] / np.bincount(labels, minlength=n),
        dtype=responses.dtype,
        device=responses.device,
    )
    means = responses @ member / task.temperature
    found: torch.Tensor = torch.diagonal(means) - torch.logsumexp(means, dim=1) + float(np.log(n))
    return found


def _climb(task: _Task, labels: Labels, stimuli: torch.Tensor, n_steps: int) -> _Clustering:
    """Optimise every cluster's stimulus."""
    import torch

    now = stimuli.clone()
    for number in range(n_steps):
        now = now.detach().requires_grad_(True)
        total = _objective(task, _normalised(task, now), labels).sum()
        if not total.requires_grad:
            raise SchemaError(
                "has no gradient", where="predict", mend="Give a differentiable torch model."
            )
        (slope,) = torch.autograd.grad(total, now)
        flat = slope.reshape(len(slope), -1)
        size = torch.clamp(torch.linalg.vector_norm(flat, dim=1), min=1e-12)
        length = task.step * task.norm * 0.5 * (1.0 + np.cos(np.pi * number / n_steps))
        ahead = slope / size.reshape(-1, *(1 for _ in task.shape))
        now = _projected(task, now.detach() + length * ahead)
    with torch.no_grad():
        reached = _objective(task, _normalised(task, now), labels)
    return _Clustering(labels, now.detach(), reached.cpu().numpy().astype(np.float64))


def _assign(task: _Task, found: _Clustering) -> tuple[Labels, torch.Tensor]:
    """Every neuron to the stimulus that drives it most; clusters without neurons go."""
    import torch

    with torch.no_grad():
        best = _normalised(task, found.stimuli).argmax(dim=0).cpu().numpy()
    held = np.unique(best)
    return np.searchsorted(held, best).astype(np.int64), found.stimuli[held.tolist()]


def _settle(task: _Task, labels: Labels, stimuli: torch.Tensor) -> _Clustering:
    """Stimuli and assignment in turn, until no neuron moves."""
    found = _climb(task, labels, stimuli, task.n_steps)
    for _ in range(_MOST_ROUNDS):
        moved, kept = _assign(task, found)
        if np.array_equal(moved, found.labels):
            break
        found = _climb(task, moved, kept, task.n_steps)
    return found


def _search(task: _Task, found: _Clustering, rng: np.random.Generator) -> _Clustering:
    """Merge and split as long as the mean objective rises."""
    while True:
        better = _merged(task, found)
        if better is None:
            better = _divided(task, found, rng)
        if better is None:
            return found
        found = better


def _mean(found: _Clustering) -> float:
    return float(found.objective.mean())


def _merged(task: _Task, found: _Clustering) -> _Clustering | None:
    """The best of all merges of two clusters, if it loses next to nothing."""
    best = None
    n = len(found.objective)
    for one in range(n):
        for other in range(one + 1, n):
            labels = np.where(found.labels == other, one, found.labels)
            labels = labels - (labels > other)
            rest = [k for k in range(n) if k != other]
            tried = _climb(task, labels, found.stimuli[rest], _TRIAL_STEPS)
            if best is None or _mean(tried) > _mean(best):
                best = tried
    if best is None or _mean(best) <= _mean(found) - task.least_gain:
        return None
    return _settle(task, best.labels, best.stimuli)


def _divided(task: _Task, found: _Clustering, rng: np.random.Generator) -> _Clustering | None:
    """The first split of a cluster that gains enough."""
    import torch

    n = len(found.objective)
    for k in range(n):
        mine = np.flatnonzero(found.labels == k)
        if len(mine) < 2:
            continue
        labels = found.labels.copy()
        labels[rng.permutation(mine)[: len(mine) // 2]] = n
        stimuli = torch.cat([found.stimuli, _random_stimuli(task, 1, rng).to(found.stimuli)])
        for _ in range(_TRIAL_ROUNDS):
            tried = _climb(task, labels, stimuli, _TRIAL_STEPS)
            with torch.no_grad():
                both = _normalised(task, tried.stimuli[[k, n]]).cpu().numpy()
            labels, stimuli = labels.copy(), tried.stimuli
            labels[mine] = np.where(both[1, mine] > both[0, mine], n, k)
            if len(np.unique(labels[mine])) < 2:
                break
        else:
            if _mean(tried) > _mean(found) + task.least_gain:
                settled = _settle(task, labels, stimuli)
                if len(settled.objective) > n and _mean(settled) > _mean(found) + task.least_gain:
                    return settled
    return None


def _as_dataset(task: _Task, found: _Clustering) -> xr.Dataset:
    import torch

    order = np.argsort(np.unique(found.labels, return_index=True)[1], kind="stable")
    labels = np.argsort(order)[found.labels]
    stimuli = found.stimuli[order.tolist()]
    with torch.no_grad():
        responses = _normalised(task, stimuli).cpu().numpy().astype(np.float64)
    member = np.eye(len(order))[labels] / np.bincount(labels)
    axes = [f"axis_{k}" for k in range(len(task.shape))]
    return xr.Dataset(
        {
            "stimulus": (("cluster", *axes), stimuli.cpu().numpy()),
            "label": ("neuron", labels),
            "response": (("cluster", "group"), responses @ member),
            "objective": ("cluster", found.objective[order]),
        }
    )
