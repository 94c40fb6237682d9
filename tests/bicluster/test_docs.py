"""The page of docs runs as it stands."""

from __future__ import annotations

import re
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import pytest
import xarray as xr

import neurokit as nk

PAGE = Path(__file__).resolve().parents[2] / "docs" / "bicluster.md"


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::neurokit.errors.NeurokitWarning")
def test_every_block_of_the_page_runs(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    blocks = re.findall(r"```python\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.S)
    assert len(blocks) >= 6
    names: dict[str, object] = {}
    for block in blocks:
        exec(compile(block, str(PAGE), "exec"), names)
    assert np.isfinite(names["model"].held_out_log_likelihood_)
    assert (tmp_path / "chains.chain0.npz").exists()
    with xr.open_zarr(tmp_path / "latents.chain0.zarr", consolidated=False) as stored:
        assert stored["latents"].sizes["draw"] == 6
    assert (names["coupled"].trace_.n_clusters == 2).all()
    plt.close("all")


def test_every_name_of_the_page_exists():
    text = PAGE.read_text(encoding="utf-8")
    found = set(re.findall(r"nk\.bicluster\.(\w+)", text))
    assert len(found) >= 6
    for name in found:
        assert hasattr(nk.bicluster, name), name
