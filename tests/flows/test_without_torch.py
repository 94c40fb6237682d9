"""Without torch all else works, and who asks for it is told what to install."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest

from neurokit.errors import DependencyError
from neurokit.flows import LangevinFlow

COUNTS = np.random.default_rng(0).poisson(1.0, (4, 6, 3))


@pytest.mark.parametrize("missing", ["torch", "safetensors"])
def test_the_extra_is_named(monkeypatch, missing):
    monkeypatch.setitem(sys.modules, missing, None)
    model = LangevinFlow(2, bin_s=0.02)
    with pytest.raises(
        DependencyError, match=rf'{missing}.*pip install "neurokit-xarray\[torch\]"'
    ):
        model.fit(COUNTS)
    with pytest.raises(ImportError):
        model.fit(COUNTS)


@pytest.mark.parametrize("missing", ["torch", "safetensors"])
def test_so_it_is_for_files(monkeypatch, tmp_path, missing):
    monkeypatch.setitem(sys.modules, missing, None)
    with pytest.raises(DependencyError, match=missing):
        LangevinFlow.load(tmp_path / "flow.safetensors")


def test_torch_is_not_imported_unless_a_network_is_fitted():
    code = (
        "import sys, numpy as np, neurokit as nk\n"
        "for name in nk.flows.__all__: getattr(nk.flows, name)\n"
        "x = np.random.default_rng(0).poisson(1.0, (4, 6, 3))\n"
        "nk.flows.FactorGLM(1, bin_s=0.02).fit(x).predict_rates(x)\n"
        "model = nk.flows.LangevinFlow(2, bin_s=0.02)\n"
        "repr(model); model.get_params()\n"
        "print('torch' in sys.modules, 'safetensors' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["False", "False"]
