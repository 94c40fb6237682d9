"""Notebooks are what their texts say, without outputs, and tell a story in a fixed order."""

from __future__ import annotations

import importlib.util
import json
import re

import pytest
from reading import FOLDER, NOTEBOOKS, ROOT

pytest.importorskip("jupytext")


def pair():
    spec = importlib.util.spec_from_file_location("pair", FOLDER / "pair.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("name", NOTEBOOKS)
def test_a_notebook_is_what_its_text_says(name):
    written = (FOLDER / f"{name}.ipynb").read_text(encoding="utf-8")
    expected = pair().notebook(FOLDER / f"{name}.md")
    assert written == expected, "run `python notebooks/pair.py`"


def test_an_edit_of_either_side_is_seen(tmp_path):
    text = (FOLDER / f"{NOTEBOOKS[0]}.md").read_text(encoding="utf-8")
    before = pair().notebook(FOLDER / f"{NOTEBOOKS[0]}.md")
    (tmp_path / "edited.md").write_text(text + "\nOne more line.\n", encoding="utf-8")
    after = pair().notebook(tmp_path / "edited.md")
    assert after != before
    assert "One more line." in after


def test_the_same_text_gives_the_same_bytes_and_no_outputs():
    text = FOLDER / f"{NOTEBOOKS[0]}.md"
    first, second = pair().notebook(text), pair().notebook(text)
    assert first == second
    code = [cell for cell in json.loads(first)["cells"] if cell["cell_type"] == "code"]
    assert code
    assert all(cell["outputs"] == [] and cell["execution_count"] is None for cell in code)


@pytest.mark.parametrize("name", NOTEBOOKS)
def test_a_story_has_a_question_and_an_end(name):
    text = (FOLDER / f"{name}.md").read_text(encoding="utf-8")
    assert len(re.findall(r"^# ", re.sub(r"```.*?```", "", text, flags=re.S), re.M)) == 1
    assert "**Question.**" in text
    assert "## What not to conclude" in text
    # One parameter sets the size; a notebook that ignores it would not get shorter in the tests.
    assert 'small = os.environ.get("NEUROKIT_NOTEBOOK_SIZE") == "small"' in text
    assert re.search(r"\bif small\b|\bnot small\b", text) or name.startswith("00")


@pytest.mark.parametrize("name", NOTEBOOKS)
def test_what_is_drawn_at_random_has_a_seed(name):
    code = "\n".join(
        re.findall(r"```{code-cell}.*?\n(.*?)```", (FOLDER / f"{name}.md").read_text(), re.S)
    )
    for call in re.findall(r"nk\.simulate\.\w+\((.*?)\)", code, re.S):
        assert "random_state" in call
    assert "np.random.seed" not in code


def test_links_lead_somewhere():
    for name in NOTEBOOKS:
        text = (FOLDER / f"{name}.md").read_text(encoding="utf-8")
        for target in re.findall(r"\]\((?!https?:)([^)#]+)", text):
            assert (FOLDER / target).exists(), f"{name}: {target}"


def test_notebooks_are_in_the_source_distribution():
    assert '"notebooks"' in (ROOT / "pyproject.toml").read_text(encoding="utf-8")
