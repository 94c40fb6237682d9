"""How networks of flows are trained: coordinated dropout, speckled hold-out, early stopping.

Keshtkaran et al. (2022) doi:10.1038/s41592-022-01675-0: of every trial some values are hidden from
the network, and it is judged on these; others are hidden for good and end the training.
"""

from __future__ import annotations

import copy
import math
from collections.abc import Callable
from dataclasses import dataclass, field

import torch
from torch import Tensor, nn

from neurokit.errors import DivergenceError
from neurokit.flows.torch_model import Block, NeuralModel

Weights = dict[str, Tensor]

# Epochs over which the learning rate rises.
_WARM_UP = 10

# Trials per pass where nothing is learned.
_PASS = 256


@dataclass(frozen=True)
class TrainingOptions:
    """What the training of a flow can be told.

    Parameters
    ----------
    batch_size : int
        Trials per step.
    learning_rate : float
        After ten epochs.
    averaging : float
        Share of itself that the running average of weights keeps per step. What is validated and
        kept is the average: it settles as if the rate fell, and needs no schedule that ends.
    patience : int
        Epochs without a better validation after which training ends.
    validate_every : int
        Epochs from one validation to the next.
    validation : float
        Share of values that is never shown nor trained on.
    keep : float
        Share of the other values that is shown in a step; the network is trained on the rest.
    kl_warm_up : int
        Epochs over which the divergence comes to count in full.
    kl_weight : float
        Of the divergence from then on; 1 is the evidence bound.
    weight_decay : float
        Decoupled.
    clip : float
        Longest gradient.
    """

    batch_size: int
    learning_rate: float
    averaging: float
    patience: int
    validate_every: int
    validation: float
    keep: float
    kl_warm_up: int
    kl_weight: float
    weight_decay: float
    clip: float

    def rate(self, epoch: int) -> float:
        """Return the learning rate of an epoch, counted from 0."""
        return self.learning_rate * min(1.0, (epoch + 1) / _WARM_UP)

    def kl_share(self, epoch: int) -> float:
        """Return the weight of the divergence in an epoch, counted from 0."""
        return self.kl_weight * min(1.0, (epoch + 1) / max(self.kl_warm_up, 1))


@dataclass
class Course:
    """Where a training stands: all that is needed to go on as if it had never stopped.

    Parameters
    ----------
    model : NeuralModel
        With its latest weights.
    optimiser : torch.optim.AdamW
        With its moments.
    generator : torch.Generator
        Of orders, dropout and draws.
    held : (n, n_bins, n_neurons) tensor of bool
        Values kept for validation.
    average : NeuralModel
        With the running average of weights.
    n_steps : int
        Steps done.
    epoch : int
        Epochs done.
    best : dict of str to tensor
        Weights of the best validation, on the processor.
    best_loss, best_epoch : float, int
        Of that validation; nats per value.
    records : list of dict
        One per epoch.
    """

    model: NeuralModel
    optimiser: torch.optim.AdamW
    generator: torch.Generator
    held: Tensor
    average: NeuralModel
    n_steps: int = 0
    epoch: int = 0
    best: Weights = field(default_factory=dict)
    best_loss: float = math.inf
    best_epoch: int = 0
    records: list[dict[str, float]] = field(default_factory=list)


def started(
    model: NeuralModel, data: Block, options: TrainingOptions, generator: torch.Generator
) -> Course:
    """Return a training before its first epoch.

    Parameters
    ----------
    model : NeuralModel
        With starting values, on its device.
    data : Block
        On that device.
    options : TrainingOptions
        Of the training.
    generator : torch.Generator
        On the processor; used from now on.

    Returns
    -------
    Course
        At epoch 0.
    """
    drawn = torch.rand(data.values.shape, generator=generator).to(data.values.device)
    held = data.seen & (drawn < options.validation)
    optimiser = torch.optim.AdamW(
        model.parameters(), lr=options.learning_rate, weight_decay=options.weight_decay
    )
    average = copy.deepcopy(model)
    return Course(model, optimiser, generator, held, average, best=_copied(average))


def train(
    course: Course,
    data: Block,
    options: TrainingOptions,
    max_epochs: int,
    watch: Callable[[Course], None],
) -> None:
    """Train on, until validation no longer gets better or epochs are used up.

    Parameters
    ----------
    course : Course
        Changed in place.
    data : Block
        What it was started with.
    options : TrainingOptions
        What it was started with.
    max_epochs : int
        Counted from the very first.
    watch : callable
        Called after every epoch.

    Raises
    ------
    DivergenceError
        If a loss or gradient is not finite. The best weights so far are kept.
    """
    while course.epoch < max_epochs and course.epoch - course.best_epoch < options.patience:
        record = _epoch(course, data, options)
        course.epoch += 1
        if course.epoch % options.validate_every == 0:
            record["validation"] = _validated(course, data)
        course.records.append(record)
        watch(course)
    if not course.records or "validation" not in course.records[-1]:
        _validated(course, data)


def _epoch(course: Course, data: Block, options: TrainingOptions) -> dict[str, float]:
    rate = options.rate(course.epoch)
    for group in course.optimiser.param_groups:
        group["lr"] = rate
    course.model.train()
    order = torch.randperm(len(data), generator=course.generator)
    losses, costs = [], []
    for rows in torch.split(order, options.batch_size):
        loss, cost = _step(course, data.trials(rows), course.held[rows], options)
        losses.append(loss)
        costs.append(cost)
    mean = torch.tensor([losses, costs], dtype=torch.float64).mean(1)
    return {"loss": float(mean[0]), "kl": float(mean[1]), "learning_rate": rate}


def _step(
    course: Course, batch: Block, held: Tensor, options: TrainingOptions
) -> tuple[float, float]:
    model = course.model
    allowed = batch.seen & ~held[:, : batch.values.shape[1]]
    drawn = torch.rand(batch.values.shape, generator=course.generator).to(batch.values.device)
    shown = allowed & (drawn < options.keep)
    try:
        found = model(batch.values, shown, batch.lengths, course.generator, external=batch.external)
    except torch.linalg.LinAlgError as error:  # type: ignore[attr-defined]  # not in the stubs
        raise _diverged(course, options) from error
    weight = _target_weight(allowed, shown, model.visible, options.keep)
    each = model.likelihood.loss(found.decoded, batch.values)
    loss = (each * weight).sum() / weight.sum().clamp_min(1.0)
    kl = found.kl.mean()
    per_trial = allowed.sum() / len(batch)
    total = loss + options.kl_share(course.epoch) * kl / per_trial.clamp_min(1.0)
    course.optimiser.zero_grad()
    total.backward()
    norm = nn.utils.clip_grad_norm_(model.parameters(), options.clip)
    if not (bool(total.detach().isfinite()) and bool(norm.isfinite())):
        raise _diverged(course, options)
    course.optimiser.step()
    _average(course, options.averaging)
    return float(loss.detach()), float(kl.detach())


@torch.no_grad()
def _average(course: Course, share: float) -> None:
    course.n_steps += 1
    # At first the average is of few steps; what it began with is soon forgotten.
    kept = min(share, course.n_steps / (course.n_steps + 10.0))
    latest = dict(course.model.named_parameters())
    for name, value in course.average.named_parameters():
        value.lerp_(latest[name], 1.0 - kept)


def _target_weight(allowed: Tensor, shown: Tensor, visible: Tensor, keep: float) -> Tensor:
    """How much a value counts: those that were dropped stand for those that were shown.

    A network that is judged on what it was shown learns to copy. Neurons that are never read
    count as they are.
    """
    if keep >= 1.0:
        return allowed.float()
    return torch.where(visible, (allowed & ~shown).float() / (1.0 - keep), allowed.float())


def _diverged(course: Course, options: TrainingOptions) -> DivergenceError:
    return DivergenceError(
        f"loss or gradient is not finite in epoch {course.epoch + 1}; the weights of epoch "
        f"{course.best_epoch} are kept",
        where="learning_rate",
        mend=f"Lower it (it is {options.learning_rate:g}), or lower clip ({options.clip:g}).",
    )


@torch.no_grad()
def _validated(course: Course, data: Block) -> float:
    """Nats per held value; keeps the weights if they are the best so far."""
    loss = validation_loss(course.average, data, course.held)
    if loss < course.best_loss:
        course.best, course.best_loss = _copied(course.average), loss
        course.best_epoch = course.epoch
    return loss


@torch.no_grad()
def held_losses(model: NeuralModel, data: Block, held: Tensor) -> tuple[Tensor, Tensor]:
    """Sum the losses of values that were not shown, trial by trial, at the posterior's mean.

    Parameters
    ----------
    model : NeuralModel
        Any weights.
    data : Block
        All trials.
    held : (n, n_bins, n_neurons) tensor of bool
        What is not shown.

    Returns
    -------
    (n,), (n,) tensor of float64
        Nats, and values that they are of.
    """
    model.eval()
    sums, sizes = [], []
    for rows in torch.split(torch.arange(len(data)), _PASS):
        batch = data.trials(rows)
        hidden = held[rows, : batch.values.shape[1]]
        found = model(batch.values, batch.seen & ~hidden, batch.lengths, external=batch.external)
        each = model.likelihood.loss(found.decoded, batch.values)
        sums.append((each * hidden).sum((1, 2), dtype=torch.float64))
        sizes.append(hidden.sum((1, 2)).double())
    return torch.cat(sums), torch.cat(sizes)


def validation_loss(model: NeuralModel, data: Block, held: Tensor) -> float:
    """Return the mean of `held_losses`, nats per value."""
    sums, sizes = held_losses(model, data, held)
    return float(sums.sum() / sizes.sum().clamp_min(1.0))


def _copied(model: NeuralModel) -> Weights:
    return {name: value.detach().cpu().clone() for name, value in model.state_dict().items()}
