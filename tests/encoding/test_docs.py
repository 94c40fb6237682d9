"""The page of docs runs as it stands."""

from __future__ import annotations

import re
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import pytest

PAGE = Path(__file__).resolve().parents[2] / "docs" / "encoding.md"


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::neurokit.errors.NeurokitWarning")
def test_every_block_of_the_page_runs():
    blocks = re.findall(r"```python\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.S)
    assert len(blocks) >= 3
    names: dict[str, object] = {}
    for block in blocks:
        exec(compile(block, str(PAGE), "exec"), names)
    # The ten planted sites of the page's simulation, which come last, and no other.
    assert np.flatnonzero(names["found"].site).tolist() == list(range(50, 60))
    plt.close("all")


def test_every_name_of_the_page_exists():
    import neurokit as nk

    text = PAGE.read_text(encoding="utf-8")
    for name in re.findall(r"nk\.encoding\.(\w+)", text):
        assert hasattr(nk.encoding, name), name
    for name in re.findall(r"`(\w+)\(", text):
        assert hasattr(nk.encoding, name) or hasattr(nk.stats, name), name
