"""Bars in notebooks: drawn in place while work goes on, gone after it, without a warning."""

from __future__ import annotations

import subprocess
import sys
import types

import pytest

from neurokit.estimator import progress
from neurokit.notebook_bar import NotebookLine, in_notebook


def _ipython(shell):
    module = types.ModuleType("IPython")
    module.get_ipython = lambda: shell
    return module


@pytest.fixture
def shown(monkeypatch):
    """What a notebook would show at each moment; every display has its own place."""
    places = []

    class Handle:
        def __init__(self, data):
            self.history = [data]
            places.append(self)

        def update(self, data, *, raw):
            assert raw
            self.history.append(data)

    def display(data, *, raw, display_id):
        assert raw
        assert display_id
        return Handle(data)

    module = types.ModuleType("IPython.display")
    module.display = display
    monkeypatch.setitem(sys.modules, "IPython.display", module)
    monkeypatch.setitem(sys.modules, "IPython", _ipython(types.SimpleNamespace(kernel=object())))
    return places


def test_only_what_stands_after_the_last_return_is_shown(shown):
    line = NotebookLine()
    assert line.write("\r10%") == 4
    line.write("\r20%\n\r30% ")
    assert [place.history for place in shown] == [
        [{"text/plain": "10%"}, {"text/plain": "30%"}],
    ]


def test_blanks_clear_the_line_and_the_same_text_is_not_sent_twice(shown):
    line = NotebookLine()
    for text in ("\rhalf", "\rhalf", "\r      ", "\r"):
        line.write(text)
    assert shown[0].history == [{"text/plain": "half"}, {}]


def test_nothing_is_displayed_for_nothing(shown):
    line = NotebookLine()
    line.write("\r   ")
    line.write("")
    assert shown == []


def test_a_bar_counts_in_one_place_and_leaves_it_empty(shown, capsys):
    assert list(progress(range(40), label="sweeps")) == list(range(40))
    assert len(shown) == 1
    first, last = shown[0].history[0], shown[0].history[-1]
    assert first["text/plain"].startswith("sweeps")
    assert "0/40" in first["text/plain"]
    assert last == {}
    assert capsys.readouterr() == ("", "")


def test_a_bar_that_is_left_early_is_cleared_too(shown):
    steps = progress(range(40), show=True)
    next(steps)
    steps.close()
    assert shown[0].history[-1] == {}


def test_no_bar_where_none_is_wanted(shown):
    assert list(progress(range(3), show=False)) == [0, 1, 2]
    assert shown == []


@pytest.mark.parametrize("shell", [None, types.SimpleNamespace()], ids=["script", "terminal"])
def test_packages_of_a_kernel_alone_make_no_notebook(shell, monkeypatch, capsys):
    # pytest with nbmake imports them all, and so does whoever starts kernels.
    monkeypatch.setitem(sys.modules, "ipykernel", types.ModuleType("ipykernel"))
    monkeypatch.setitem(sys.modules, "IPython", _ipython(shell))
    assert not in_notebook()
    assert list(progress(range(3), label="work", show=True)) == [0, 1, 2]
    said = capsys.readouterr()
    assert "work" in said.err
    assert said.out == ""


def test_the_shell_of_a_kernel_makes_one(shown):
    assert in_notebook()


def test_without_ipython_there_is_none(monkeypatch):
    monkeypatch.delitem(sys.modules, "IPython", raising=False)
    assert not in_notebook()


def test_a_notebook_without_widgets_gets_a_bar_and_no_warning():
    # tqdm.auto warns there that ipywidgets is missing.
    code = (
        "import sys, types\n"
        "sys.modules['ipywidgets'] = None\n"
        "sys.modules['IPython'] = types.ModuleType('IPython')\n"
        "kernel = types.SimpleNamespace(kernel=1)\n"
        "sys.modules['IPython'].get_ipython = lambda: kernel\n"
        "shown = types.ModuleType('IPython.display')\n"
        "class Handle:\n"
        "    def update(self, data, raw): print(data)\n"
        "shown.display = lambda data, raw, display_id: Handle()\n"
        "sys.modules['IPython.display'] = shown\n"
        "from neurokit.estimator import progress\n"
        "print(sum(progress(range(4))))\n"
    )
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", code], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.splitlines()[-2:] == ["{}", "6"]
