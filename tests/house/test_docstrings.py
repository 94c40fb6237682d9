"""Every public function and class is documented: parameters in the order of the signature.

Public is what a room lists in its ``__init__.pyi`` under a name without an underscore.
"""

import doctest
import importlib
import inspect
import re
import sys

import pytest
from walk import PACKAGES

import neurokit as nk

ROOMS = [
    f"neurokit.{stub.parent.name}" for stub in sorted(PACKAGES["neurokit"].glob("*/__init__.pyi"))
]


def _public():
    """Every public object once, by its full name."""
    found = {}
    modules = [nk, *(importlib.import_module(room) for room in ROOMS)]
    modules += [importlib.import_module(f"neurokit.{m}") for m in ("errors", "recipe", "estimator")]
    for module in modules:
        names = getattr(module, "__all__", None) or [n for n in vars(module) if n[0] != "_"]
        for name in names:
            item = getattr(module, name)
            ours = str(getattr(item, "__module__", "")).startswith("neurokit")
            if ours and (inspect.isfunction(item) or inspect.isclass(item)):
                found[f"{item.__module__}.{item.__qualname__}"] = item
                if inspect.isclass(item):
                    found |= _methods(item)
    return found


def _methods(cls):
    own = {n: m for n, m in vars(cls).items() if n[0] != "_" and inspect.isfunction(m)}
    return {f"{cls.__module__}.{cls.__qualname__}.{n}": m for n, m in own.items()}


PUBLIC = _public()


def _documented(docstring):
    """Names of the Parameters section, in order."""
    section = re.search(r"^Parameters\n-+\n(.*?)(?=^\w[^\n]*\n-+\n|\Z)", docstring, re.S | re.M)
    if section is None:
        return []
    heads = re.findall(r"^(\*{0,2}\w[\w*, ]*?)(?: :.*)?$", section.group(1), re.M)
    return [name.strip().lstrip("*") for head in heads for name in head.split(",")]


def _signature(item):
    call = item.__init__ if inspect.isclass(item) else item
    if inspect.isclass(item) and "__init__" not in vars(item):
        if not hasattr(item, "__dataclass_fields__"):
            return []
        call = item
    try:
        parameters = inspect.signature(call).parameters
    except ValueError:
        return []
    return [n for n in parameters if n not in ("self", "cls") and n[0] != "_"]


@pytest.mark.parametrize("name", PUBLIC)
def test_parameters_are_documented_in_order(name):
    item = PUBLIC[name]
    docstring = inspect.getdoc(item) or ""
    assert docstring, f"{name} has no docstring"
    expected = _signature(item)
    if expected and not _inherits(item, name):
        assert _documented(docstring) == expected


def _inherits(item, name):
    """True for overridden methods that keep the docstring of the class they come from."""
    return inspect.isfunction(item) and not item.__doc__


@pytest.mark.parametrize("name", [n for n, item in PUBLIC.items() if ">>>" in (item.__doc__ or "")])
def test_examples_run(name):
    item = PUBLIC[name]
    finder = doctest.DocTestFinder(recurse=False)
    module = importlib.import_module(item.__module__)
    globs = {**vars(module), "nk": nk}
    for test in finder.find(item, name, module=module, globs=globs):
        result = doctest.DocTestRunner(optionflags=doctest.ELLIPSIS).run(test)
        assert result.failed == 0
    if "matplotlib.pyplot" in sys.modules:
        sys.modules["matplotlib.pyplot"].close("all")


def _shown(item):
    """True for what a reader looks up by itself: no method, no exception."""
    if inspect.isclass(item):
        return not issubclass(item, BaseException)
    return "." not in item.__qualname__


@pytest.mark.parametrize("name", [n for n, item in PUBLIC.items() if _shown(item)])
def test_every_public_name_shows_how_it_is_used(name):
    sections = re.findall(r"^(\w+)\n-+$", inspect.getdoc(PUBLIC[name]), re.MULTILINE)
    assert sections[-1:] == ["Examples"], "Examples come last"
    assert ">>> " in PUBLIC[name].__doc__.rpartition("Examples")[2]


@pytest.mark.parametrize("name", [n for n, item in PUBLIC.items() if inspect.isfunction(item)])
def test_what_a_function_gives_back_is_said(name):
    item = PUBLIC[name]
    gives = str(inspect.signature(item).return_annotation)
    docstring = inspect.getdoc(item) or ""
    first = docstring.partition("\n")[0]
    sections = set(re.findall(r"^(\w+)\n-+$", docstring, re.MULTILINE))
    said = sections & {"Returns", "Yields"} or re.match(r"(Return|Give|Yield|True|Whether)", first)
    assert gives in ("None", "NoReturn") or said or _inherits(item, name)


def test_a_wrong_docstring_would_be_found():
    head = ["Do.", "", "Parameters", "----------"]
    lines = [*head, "a : int", "    One.", "b, c : float", "    Two."]
    docstring = "\n".join([*lines, "", "Returns", "-------", "int", ""])
    assert _documented(docstring) == ["a", "b", "c"]
    assert _documented("Nothing.") == []
