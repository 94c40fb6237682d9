"""Files and functions stay short enough to read in one go; every file says what it holds."""

import ast
import subprocess

import pytest
from walk import ROOT, functions, modules, tree

LONGEST_FILE = 600
LONGEST_FUNCTION = 60
HOMELESS = {"utils", "util", "helpers", "helper", "common", "misc", "tools"}


def _body_lines(function):
    """Lines of a function without its docstring and signature."""
    body = function.body
    if ast.get_docstring(function) is not None:
        body = body[1:]
    return body[-1].end_lineno - body[0].lineno + 1 if body else 0


@pytest.mark.parametrize("name", modules())
def test_a_file_is_short_and_says_what_it_holds(name):
    lines = modules()[name].read_text(encoding="utf-8").count("\n")
    assert lines <= LONGEST_FILE, f"{name} has {lines} lines: split it by meaning"
    assert name.rpartition(".")[2].lstrip("_") not in HOMELESS, f"{name}: find what it is for"
    if lines > 3:
        assert ast.get_docstring(tree(name)), f"{name} does not say what it holds"


@pytest.mark.parametrize("name", modules())
def test_functions_fit_on_a_screen(name):
    long = {f.name: _body_lines(f) for f in functions(name) if _body_lines(f) > LONGEST_FUNCTION}
    assert not long, f"{name}: {long}"


def _tracked(*patterns):
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard", *patterns]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    if done.returncode or not done.stdout:
        pytest.skip("not in a git checkout")
    return [ROOT / line for line in done.stdout.splitlines() if (ROOT / line).is_file()]


def _lines(files):
    return sum(file.read_text(encoding="utf-8").count("\n") for file in files)


def test_there_is_at_least_as_much_test_as_code():
    code = _lines(_tracked("neurokit/*.py", "loaders/*.py"))
    test = _lines(_tracked("tests/*.py"))
    assert test >= code, f"{test} lines of test for {code} lines of code"


def test_no_path_of_a_machine_stands_in_the_project():
    faults = []
    for file in _tracked("*.py", "*.md", "*.toml", "*.yaml", "*.pyi", "*.cff", ".ci/*"):
        for number, line in enumerate(file.read_text(encoding="utf-8").splitlines(), 1):
            for folder in ("/" + "work/", "/" + "root/", "/" + "home/"):
                before = line.partition(folder)[0][-1:]
                if folder in line and not (before.isalnum() or before in "._-"):
                    faults.append(f"{file.relative_to(ROOT)}:{number}")
    assert not faults, faults
