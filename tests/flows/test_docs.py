"""The page of docs runs as it stands."""

from __future__ import annotations

import re
from pathlib import Path

import matplotlib.pyplot as plt
import pytest

import neurokit as nk

PAGE = Path(__file__).resolve().parents[2] / "docs" / "flows.md"


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::neurokit.errors.NeurokitWarning")
def test_every_block_of_the_page_runs():
    blocks = re.findall(r"```python\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.S)
    assert len(blocks) >= 5
    names: dict[str, object] = {}
    for block in blocks:
        exec(compile(block, str(PAGE), "exec"), names)
    assert names["modes"].frequency.values == pytest.approx([4.0, 9.0], rel=0.05)
    assert names["curve"].attrs["best_n_latents"] == 2
    assert names["table"].co_bps.values.argmax() == 2
    plt.close("all")


@pytest.mark.nightly
def test_blocks_that_need_torch_run(tmp_path, monkeypatch):
    pytest.importorskip("torch")
    monkeypatch.chdir(tmp_path)
    text = PAGE.read_text(encoding="utf-8")
    blocks = re.findall(r"```python needs-torch\n(.*?)```", text, re.S)
    assert len(blocks) == 3
    names: dict[str, object] = {"nk": nk}
    # The page's own sizes take minutes.
    blocks[0] = (
        blocks[0]
        .replace("lorenz(20, 24", "lorenz(3, 6")
        .replace("LangevinFlow(", "LangevinFlow(3, max_epochs=10, ")
    )
    for block in blocks:
        exec(compile(block, str(PAGE), "exec"), names)
    assert names["flow"].n_epochs_ > 10
    assert names["worth"].score.notnull().all()
    plt.close("all")
    assert (tmp_path / "flow.safetensors").exists()


def test_every_name_of_the_page_exists():
    text = PAGE.read_text(encoding="utf-8")
    for name in re.findall(r"nk\.flows\.(\w+)", text):
        assert hasattr(nk.flows, name), name
