"""Devices and threads: what is taken, what is refused, and that all is put back."""

from __future__ import annotations

import pytest

torch = pytest.importorskip("torch")

from neurokit.errors import OptionError  # noqa: E402
from neurokit.flows.torch_needed import chosen_device, need_torch, one_torch_thread  # noqa: E402


@pytest.fixture
def machine(monkeypatch):
    def there(cuda, mps):
        monkeypatch.setattr(torch.cuda, "is_available", lambda: cuda)
        monkeypatch.setattr(torch.backends.mps, "is_available", lambda: mps)

    return there


@pytest.mark.parametrize(
    ("cuda", "mps", "expected"),
    [(True, True, "cuda"), (True, False, "cuda"), (False, True, "mps"), (False, False, "cpu")],
)
def test_auto_takes_the_fastest_that_is_there(machine, cuda, mps, expected):
    machine(cuda, mps)
    assert chosen_device("auto").type == expected


def test_a_certain_device_is_taken_if_it_is_there(machine):
    machine(True, False)
    assert chosen_device("cuda:1") == torch.device("cuda", 1)
    assert chosen_device("cpu") == torch.device("cpu")
    with pytest.raises(OptionError, match="mps.*not there.*auto"):
        chosen_device("mps")


@pytest.mark.parametrize("wrong", ["gpu", "", "cuda0", "tpu:1", 0, None, ["cpu"], True])
def test_what_is_no_device_is_refused(machine, wrong):
    machine(True, True)
    with pytest.raises(OptionError, match="device"):
        chosen_device(wrong)


@pytest.mark.parametrize("wrong", ["cuda:", "cuda:x", "cpu:-2"])
def test_a_number_that_is_none_is_refused(machine, wrong):
    machine(True, True)
    with pytest.raises(OptionError, match="device"):
        chosen_device(wrong)


def test_threads_are_put_back_whatever_happens():
    before = torch.get_num_threads()

    def cut():
        with one_torch_thread():
            assert torch.get_num_threads() == 1
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        cut()
    assert torch.get_num_threads() == before


def test_the_module_is_torch_itself():
    assert need_torch("here") is torch
