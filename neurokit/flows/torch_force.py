"""Whether to infer a force: trained as a second step, kept if values that are held say so."""

from __future__ import annotations

import copy
import math
from dataclasses import replace

import torch
from torch import Tensor

from neurokit.errors import DivergenceError
from neurokit.flows.torch_model import Block
from neurokit.flows.training import Course, TrainingOptions, held_losses, started, train

# Of the learning rate, where training goes on from good weights.
_GENTLER = 0.3


def with_force(
    course: Course, data: Block, options: TrainingOptions, seed: int, n_epochs: int
) -> tuple[Course, float]:
    """Go on with an inferred force, and say what that gains.

    Parameters
    ----------
    course : Course
        Trained without force.
    data : Block
        What it was trained on.
    options : TrainingOptions
        Of that training.
    seed : int
        Of the new draws.
    n_epochs : int
        Epochs with force.

    Returns
    -------
    Course
        The new one where held values are better explained by more than two standard errors over
        trials, else the old one.
    float
        Gain in nats per held value; NaN where the training ran away.
    """
    without = copy.deepcopy(course.average)
    without.load_state_dict(course.best)
    model = copy.deepcopy(without)
    model.network.start_force()
    generator = torch.Generator().manual_seed(seed)
    gentler = replace(options, learning_rate=_GENTLER * options.learning_rate, kl_warm_up=0)
    later = started(model, data, gentler, generator)
    later.held = course.held
    try:
        train(later, data, gentler, n_epochs, lambda now: None)
    except DivergenceError:
        return course, math.nan
    model.load_state_dict(later.best)
    before, size = held_losses(without, data, course.held)
    after, _ = held_losses(model, data, course.held)
    if not is_gain(before - after):
        return course, float((before - after).sum() / size.sum().clamp_min(1.0))
    later.epoch, later.best_epoch = (course.epoch + n for n in (later.epoch, later.best_epoch))
    later.records = [*course.records, *later.records]
    return later, float((before - after).sum() / size.sum().clamp_min(1.0))


def is_gain(differences: Tensor) -> bool:
    """Whether the sum of differences over trials is above two of its standard errors.

    Parameters
    ----------
    differences : (n_trials,) tensor
        Loss without less loss with.

    Returns
    -------
    bool
        False for a single trial, which has no error to judge by.
    """
    n = len(differences)
    if n < 2:
        return False
    error = float(differences.std()) * math.sqrt(n)
    return float(differences.sum()) > 2.0 * error
