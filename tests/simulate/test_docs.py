"""docs/simulate.md: every generator, each parameter with its true default, and its picture."""

from __future__ import annotations

import inspect
import re
from pathlib import Path

import matplotlib.pyplot as plt
import pytest

import neurokit as nk

PAGE = Path(__file__).resolve().parents[2] / "docs" / "simulate.md"
TEXT = PAGE.read_text(encoding="utf-8")
GENERATORS = [name for name in nk.simulate.__all__ if name != "Simulation"]
SECTIONS = {
    part.partition(":")[0].strip(): part for part in re.split(r"^## ", TEXT, flags=re.M)[1:]
}


def blocks(text):
    return re.findall(r"```python\n(.*?)```", text, re.DOTALL)


@pytest.fixture(scope="module", autouse=True)
def _closed():
    yield
    plt.close("all")


def test_every_generator_has_a_section_and_a_row():
    assert set(GENERATORS) <= set(SECTIONS)
    assert set(re.findall(r"^\| \[`(\w+)`\]", TEXT, re.M)) == set(GENERATORS)


@pytest.mark.parametrize("name", GENERATORS)
def test_parameters_and_defaults_are_those_of_the_function(name):
    rows = re.findall(r"^\| `(\w+)` \| (?:`(.+?)`|required) \|", SECTIONS[name], re.M)
    signature = inspect.signature(getattr(nk.simulate, name))
    expected = [
        (key, "" if p.default is p.empty else repr(p.default))
        for key, p in signature.parameters.items()
    ]
    assert rows == expected


@pytest.mark.parametrize("name", GENERATORS)
def test_a_section_runs_and_draws_what_is_labelled(name):
    names = {"nk": nk, "plt": plt}
    plt.close("all")
    (block,) = blocks(SECTIONS[name])
    exec(compile(block, f"{PAGE.name}, {name}", "exec"), names)
    drawn = [ax for number in plt.get_fignums() for ax in plt.figure(number).axes]
    assert drawn
    main = [ax for ax in drawn if ax.get_xlabel() or ax.get_ylabel()]
    assert main, "axes without labels"
    # A random_state in every call, or the picture on the page is not the one that is drawn.
    assert "random_state=0" in block


def test_the_first_block_runs():
    names = {}
    exec(compile(blocks(TEXT)[0], PAGE.name, "exec"), names)
    assert names["sim"].truth.attrs["n_motifs"] == 2


def test_links_to_sections_lead_there():
    headings = {
        re.sub(r"[^\w\- ]", "", line).strip().lower().replace(" ", "-")
        for line in re.findall(r"^## (.+)$", TEXT, re.M)
    }
    for target in re.findall(r"\]\(#([^)]+)\)", TEXT):
        assert target in headings, target


@pytest.mark.parametrize("name", GENERATORS)
def test_the_picture_is_there_and_small(name):
    path = PAGE.parent / "figures" / f"simulate_{name}.png"
    assert f"](figures/{path.name})" in SECTIONS[name]
    assert path.read_bytes()[:8] == b"\x89PNG\r\n\x1a\n"
    assert path.stat().st_size < 100_000
