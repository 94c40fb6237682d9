"""Every notebook runs from top to bottom and says nothing that its author did not mean to say.

The short form runs on simulated data alone; the nightly one on real recordings, at full size.
"""

from __future__ import annotations

import nbformat
import pytest
from reading import FOLDER, NOTEBOOKS, figures, noise

nb_run = pytest.importorskip("nbmake.nb_run")
pytest.importorskip("ipykernel")

# Seconds that one cell may take, on a machine that others use as well.
LONGEST_CELL = 300


def run(name):
    """Outputs of one notebook, executed by nbmake in a kernel of its own."""
    result = nb_run.NotebookRun(FOLDER / f"{name}.ipynb", LONGEST_CELL).execute()
    assert result.error is None, f"{name}: {result.error.summary}\n{result.error.trace}"
    return result.nb


@pytest.fixture
def alone(monkeypatch, tmp_path):
    """No recording is at hand but the simulated ones."""
    monkeypatch.setenv("NEUROKIT_CACHE", str(tmp_path / "cache"))
    monkeypatch.delenv("NEUROKIT_MIRROR", raising=False)
    monkeypatch.delenv("NEUROKIT_NOTEBOOK_SIZE", raising=False)
    # Tests draw into files; a notebook shows what it draws.
    monkeypatch.delenv("MPLBACKEND", raising=False)


def test_there_is_one_for_every_text_and_no_other():
    assert sorted(path.stem for path in FOLDER.glob("*.md")) == NOTEBOOKS
    assert len({name[:2] for name in NOTEBOOKS}) == len(NOTEBOOKS) > 0


@pytest.mark.slow
@pytest.mark.parametrize("name", NOTEBOOKS)
def test_the_short_form_runs_without_recordings_and_without_noise(name, alone, monkeypatch):
    monkeypatch.setenv("NEUROKIT_NOTEBOOK_SIZE", "small")
    nb = run(name)
    assert noise(nb) == []
    assert figures(nb) >= 1


@pytest.mark.nightly
@pytest.mark.parametrize("name", NOTEBOOKS)
def test_the_full_form_runs_on_real_recordings_without_noise(name, alone, monkeypatch, shared_data):
    monkeypatch.setenv("NEUROKIT_MIRROR", str(shared_data))
    nb = run(name)
    assert noise(nb) == []
    assert figures(nb) >= 1


def executed(*outputs):
    cell = nbformat.v4.new_code_cell("x", outputs=list(outputs))
    return nbformat.v4.new_notebook(cells=[cell])


@pytest.mark.parametrize(
    "output",
    [
        nbformat.v4.new_output("stream", name="stderr", text="UserWarning: odd"),
        nbformat.v4.new_output("execute_result", {"text/plain": "<Axes: xlabel='time (s)'>"}),
        nbformat.v4.new_output("execute_result", {"text/plain": "[<Line2D at 0x7f00ab>]"}),
        nbformat.v4.new_output("execute_result", {"text/plain": "array([<Axes: >, <Axes: >])"}),
        nbformat.v4.new_output("execute_result", {"text/plain": "Text(0.5, 1.0, 'title')"}),
        nbformat.v4.new_output("display_data", {"text/plain": "sweeps:   0%|     | 0/9"}),
        nbformat.v4.new_output(
            "display_data", {"application/vnd.jupyter.widget-view+json": {}, "text/plain": "bar"}
        ),
        nbformat.v4.new_output("error", ename="ValueError", evalue="no", traceback=[]),
    ],
)
def test_noise_is_heard(output):
    assert len(noise(executed(output))) == 1


def test_what_is_meant_to_be_said_is_no_noise():
    said = [
        nbformat.v4.new_output("stream", name="stdout", text="3 worms"),
        nbformat.v4.new_output("execute_result", {"text/plain": "array([1., 2.])"}),
        nbformat.v4.new_output("display_data", {"image/png": "", "text/plain": "<Figure size>"}),
        nbformat.v4.new_output("display_data", {}),
    ]
    assert noise(executed(*said)) == []
    assert figures(executed(*said)) == 1
