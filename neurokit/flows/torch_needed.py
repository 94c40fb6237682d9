"""The optional library torch: found or asked for, held to one thread, and on which device."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from neurokit.errors import DependencyError, OptionError

DEVICES = ("auto", "cpu", "cuda", "mps")


def need_torch(where: str) -> Any:
    """Return the module torch.

    Parameters
    ----------
    where : str
        Who asks, for the error.

    Returns
    -------
    module
        torch.

    Raises
    ------
    DependencyError
        If torch or safetensors is not installed.
    """
    try:
        import safetensors  # noqa: F401
        import torch
    except ImportError as error:
        raise DependencyError(
            f"{error.name or 'torch'} is not installed",
            where=where,
            mend='Run: pip install "neurokit-xarray[torch]"; LangevinLDS needs no torch.',
        ) from error
    return torch


@contextmanager
def one_torch_thread() -> Iterator[None]:
    """Hold torch to one thread: steps of a flow are small, and sums must have one order.

    Yields
    ------
    None
        What it was before holds again after the block.
    """
    import torch

    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)


def chosen_device(device: str) -> Any:
    """Return the device to compute on.

    Parameters
    ----------
    device : {"auto", "cpu", "cuda", "mps"} or str
        "auto" takes the first of cuda and mps that is there, else cpu; "cuda:1" is a certain one.

    Returns
    -------
    torch.device
        That works.

    Raises
    ------
    OptionError
        If it is none of these, or is not there.
    """
    import torch

    there = {"cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available()}
    if device == "auto":
        return torch.device(next((name for name, found in there.items() if found), "cpu"))
    kind, _, number = device.partition(":") if isinstance(device, str) else ("", "", "")
    if kind not in DEVICES[1:] or (device != kind and not number.isdigit()):
        raise OptionError(f"is {device!r}", where="device", mend=f"Give one of {DEVICES}.")
    if kind != "cpu" and not there[kind]:
        raise OptionError(f"is {device!r}, which is not there", where="device", mend="Take 'auto'.")
    return torch.device(device)
