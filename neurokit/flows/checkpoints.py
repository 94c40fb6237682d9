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
    with atomic_file(path) as temporary:
        save_file(whole, temporary, metadata)


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
    found: dict[str, Any] = json.loads(_metadata(path)["about"])
    return found


def resume(path: Path, course: Course) -> None:
    """Bring a fresh training to where a file says that it stood.

    Parameters
    ----------
    path : Path
        Of `write_checkpoint`.
    course : Course
        Of the same model and data; changed in place.

    Raises
    ------
    StoreError
        If the file is not there, damaged, or of another model.
    """
    from safetensors.torch import load_file

    where = json.loads(_metadata(path)["course"])
    tensors = load_file(path)
    try:
        course.model.load_state_dict(_under("model/", tensors))
        course.average.load_state_dict(_under("average/", tensors))
    except RuntimeError as error:
        raise StoreError(
            "holds a training of another network",
            where=str(path),
            mend="Resume with the parameters that it was begun with.",
        ) from error
    course.best = _under("best/", tensors)
    course.held = tensors["held"].to(course.held.device)
    course.generator.set_state(tensors["generator"])
    _load_moments(course.optimiser, _under("optimiser/", tensors))
    course.epoch, course.n_steps = where["epoch"], where["n_steps"]
    course.best_epoch = where["best_epoch"]
    course.best_loss = math.inf if where["best_loss"] is None else where["best_loss"]
    course.records = where["records"]


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
        raise StoreError(
            "is no training of a flow",
            where=str(path),
            mend="Give the file that fit(checkpoint=...) wrote.",
        )
    return found


def _under(head: str, tensors: dict[str, Tensor]) -> dict[str, Tensor]:
    return {
        name.removeprefix(head): value for name, value in tensors.items() if name.startswith(head)
    }


def _load_moments(optimiser: torch.optim.Optimizer, tensors: dict[str, Tensor]) -> None:
    state: dict[int, dict[str, Tensor]] = {}
    for name, value in tensors.items():
        index, _, key = name.partition("/")
        state.setdefault(int(index), {})[key] = value
    optimiser.load_state_dict({**optimiser.state_dict(), "state": state})
