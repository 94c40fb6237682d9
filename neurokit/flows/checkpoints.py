"""Where a training stands, in one file of tensors: written whole, never holding code."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from neurokit.errors import StoreError
from neurokit.flows.training import Course
from neurokit.io.atomic import atomic_file

_KIND = "neurokit training 1"


def write_checkpoint(path: Path, course: Course, about: dict[str, Any]) -> None:
    """Write where a training stands; what was there is replaced in one step.

    Parameters
    ----------
    path : Path
        Of the file.
    course : Course
        The training.
    about : dict
        What has to be the same when it is taken up again; JSON.
    """
    from safetensors import SafetensorError
    from safetensors.torch import save_file

    tensors: dict[str, Tensor] = {"generator": course.generator.get_state(), "held": course.held}
    tensors |= {f"model/{name}": value for name, value in course.model.state_dict().items()}
    tensors |= {f"best/{name}": value for name, value in course.best.items()}
    tensors |= {f"average/{name}": value for name, value in course.average.state_dict().items()}
    for index, moments in course.optimiser.state_dict()["state"].items():
        tensors |= {f"optimiser/{index}/{name}": value for name, value in moments.items()}
    where = {
        "epoch": course.epoch,
        "n_steps": course.n_steps,
        # JSON has no infinity.
        "best_loss": course.best_loss if math.isfinite(course.best_loss) else None,
        "best_epoch": course.best_epoch,
        "records": course.records,
    }
    metadata = {"kind": _KIND, "about": json.dumps(about), "course": json.dumps(where)}
    whole = {name: value.detach().cpu().contiguous() for name, value in tensors.items()}
    try:
        with atomic_file(path) as temporary:
            save_file(whole, temporary, metadata)
    except SafetensorError as error:
        raise StoreError(
            f"cannot be written ({error})",
            where=str(path),
            mend="Check that the folder exists, is writable and has space left.",
        ) from error


def read_about(path: Path) -> dict[str, Any]:
    """Return what was written about a training.

    Parameters
    ----------
    path : Path
        Of `write_checkpoint`.

    Returns
    -------
    dict
        `about`.

    Raises
    ------
    StoreError
        If the file is not there, damaged or something else.
    """
    return _said(path, "about")


def resume(path: Path, course: Course) -> None:
    """Bring a fresh training to where a file says that it stood.

    Parameters
    ----------
    path : Path
        Of `write_checkpoint`.
    course : Course
        Of the same model and data; changed in place, to nothing of use if this fails.

    Raises
    ------
    StoreError
        If the file is not there, damaged, or of another model.
    """
    from safetensors import SafetensorError
    from safetensors.torch import load_file

    where = _said(path, "course")
    try:
        _restore(course, where, load_file(path))
    except (SafetensorError, RuntimeError, LookupError, ValueError, TypeError) as error:
        raise StoreError(
            f"holds no whole training of this network ({error})",
            where=str(path),
            mend="Resume with the parameters that it was begun with, from an undamaged file.",
        ) from error


def _restore(course: Course, where: dict[str, Any], tensors: dict[str, Tensor]) -> None:
    course.model.load_state_dict(_under("model/", tensors))
    course.average.load_state_dict(_under("average/", tensors))
    course.best = _like(course.model.state_dict(), _under("best/", tensors))
    held = _like({"held": course.held}, {"held": tensors["held"]})["held"]
    course.held = held.to(course.held.device)
    course.generator.set_state(tensors["generator"])
    course.epoch, course.n_steps = int(where["epoch"]), int(where["n_steps"])
    course.best_epoch = int(where["best_epoch"])
    course.best_loss = math.inf if where["best_loss"] is None else float(where["best_loss"])
    course.records = [dict(record) for record in where["records"]]
    _load_moments(course, _under("optimiser/", tensors))


def _said(path: Path, part: str) -> dict[str, Any]:
    """One part of the header, which is JSON."""
    try:
        found = json.loads(_metadata(path)[part])
    except (KeyError, ValueError) as error:
        raise _is_none(path) from error
    if not isinstance(found, dict):
        raise _is_none(path)
    return found


def _metadata(path: Path) -> dict[str, str]:
    from safetensors import SafetensorError, safe_open

    try:
        with safe_open(path, "pt") as file:
            found: dict[str, str] = file.metadata() or {}
    except (SafetensorError, OSError) as error:
        raise StoreError(
            f"cannot be read ({error})", where=str(path), mend="Give a file that fit wrote."
        ) from error
    if found.get("kind") != _KIND:
        raise _is_none(path)
    return found


def _is_none(path: Path) -> StoreError:
    return StoreError(
        "is no training of a flow",
        where=str(path),
        mend="Give the file that fit(checkpoint=...) wrote.",
    )


def _like(known: dict[str, Tensor], found: dict[str, Tensor]) -> dict[str, Tensor]:
    """What was found, if it has the names and shapes that are known."""
    shapes = [{name: tuple(value.shape) for name, value in x.items()} for x in (known, found)]
    if shapes[0] != shapes[1]:
        raise ValueError("tensors have other names or shapes")
    return found


def _under(head: str, tensors: dict[str, Tensor]) -> dict[str, Tensor]:
    return {
        name.removeprefix(head): value for name, value in tensors.items() if name.startswith(head)
    }


def _load_moments(course: Course, tensors: dict[str, Tensor]) -> None:
    state: dict[int, dict[str, Tensor]] = {}
    for name, value in tensors.items():
        index, _, key = name.partition("/")
        state.setdefault(int(index), {})[key] = value
    parameters = course.optimiser.param_groups[0]["params"]
    for place, moments in state.items():
        like = parameters[place]
        _like({"step": torch.zeros(()), "exp_avg": like, "exp_avg_sq": like}, moments)
    course.optimiser.load_state_dict({**course.optimiser.state_dict(), "state": state})
