"""Docstrings say what a signature cannot: shapes, units, errors, and whose method it is.

A machine sees whether a word of that kind is there, not whether it is right.
"""

import ast
import inspect
import re
import textwrap

import pytest
from test_docstrings import PUBLIC, _inherits

from neurokit import errors
from neurokit.estimator import Estimator

ARRAY = re.compile(r"DataArray|NDArray|\bArray\b|ArrayLike|ndarray|array_like")
# Dims that stand alone in brackets; any word there would pass (otherwise).
ALONE = (
    "channel|component|condition|iteration|k|latent|mode|neuron|pair|quantity|recording|restart|sample|state"
    "|target|time|trial|unit|[a-z]+_[a-z]+"
)
SHAPE = re.compile(
    r"\([\w\[\]|.+* ]+,[\w\[\], |.+*`]*\)"  # (time, neuron), ([trial,] time, space)
    rf"|\(({ALONE})\)"
    r"|\b(over|of|as in|as|what) `"  # over ``model``, as in `fit`, of `compare`
    r"|\b(dims?|shape|scalars?|same|like|per|any|one (value )?(for|of|per)|for each|of each)\b",
    re.IGNORECASE,
)
CLOCK = re.compile(
    r".*_(s|hz|ms)|rate|gap|lags?|tmin|tmax|start|stop|duration|cutoff|bin_width|delay"
)
UNIT = re.compile(r"\b(s|ms|Hz|seconds|samples|bins?|units?|fraction|share|steps)\b", re.IGNORECASE)
OURS = {
    name
    for name, item in vars(errors).items()
    if inspect.isclass(item) and issubclass(item, errors.NeurokitError)
}


def _section(docstring, name):
    found = re.search(rf"^{name}\n-+\n(.*?)(?=^\w[^\n]*\n-+\n|\Z)", docstring, re.S | re.M)
    return found.group(1) if found else ""


def _entries(section):
    """What is said of each name of a section: its type, and the lines below."""
    said, names = {}, []
    for line in section.splitlines():
        head = re.fullmatch(r"(\*{0,2}\w[\w*, ]*?)(?: : (.*))?", line)
        if head and not line.startswith(" "):
            names = [name.strip().lstrip("*") for name in head.group(1).split(",")]
            said |= dict.fromkeys(names, head.group(2) or "")
        else:
            said |= {name: f"{said[name]} {line.strip()}" for name in names}
    return said


def _annotations(item):
    call = item.__init__ if inspect.isclass(item) and "__init__" in vars(item) else item
    try:
        return {n: str(p.annotation) for n, p in inspect.signature(call).parameters.items()}
    except ValueError:
        return {}


def without_shape(docstring, annotations, gives=""):
    """Parameters, attributes and returned arrays whose dims or shape are not said."""
    arguments = _entries(_section(docstring, "Parameters"))
    found = [name for name in arguments if ARRAY.search(annotations.get(name, ""))]
    said = arguments | _entries(_section(docstring, "Attributes"))
    # Types of attributes stand in the docstring alone.
    made = re.compile(f"{ARRAY.pattern}|Dataset")
    found += [name for name in said if name not in arguments and made.search(said[name])]
    if made.search(gives):
        said["returns"] = _section(docstring, "Returns") or docstring.partition("\n\n")[0]
        found.append("returns")
    return [name for name in found if not SHAPE.search(said[name])]


def without_unit(docstring, annotations):
    """Parameters that are times or rates, by their names, and have no unit."""
    return [
        name
        for name, text in _entries(_section(docstring, "Parameters")).items()
        if CLOCK.fullmatch(name)
        and re.search("float|int|Sequence|Array", annotations.get(name, ""))
        and not UNIT.search(text)
    ]


def raised(source):
    """Errors of neurokit that a function raises itself, by name."""
    ours = set()
    for node in ast.walk(ast.parse(textwrap.dedent(source))):
        if isinstance(node, ast.Raise) and node.exc is not None:
            what = node.exc.func if isinstance(node.exc, ast.Call) else node.exc
            ours |= {ast.unparse(what).rpartition(".")[2]} & OURS
    return ours


def _own_source(item):
    """Source of a function, or of what runs when a class is called."""
    if inspect.isfunction(item):
        return inspect.getsource(inspect.unwrap(item))
    made = [vars(item)[name] for name in ("__init__", "__post_init__") if name in vars(item)]
    return "\n".join(
        textwrap.dedent(inspect.getsource(f)) for f in made if hasattr(f, "__code__") and _real(f)
    )


def _real(function):
    return not function.__code__.co_filename.startswith("<")  # dataclasses write their own


WRITTEN = [name for name, item in PUBLIC.items() if not _inherits(item, name)]


@pytest.mark.parametrize("name", WRITTEN)
def test_arrays_have_dims_or_a_shape(name):
    item = PUBLIC[name]
    gives = str(inspect.signature(item).return_annotation) if inspect.isfunction(item) else ""
    assert without_shape(inspect.getdoc(item), _annotations(item), gives) == []


@pytest.mark.parametrize("name", WRITTEN)
def test_times_and_rates_have_a_unit(name):
    assert without_unit(inspect.getdoc(PUBLIC[name]), _annotations(PUBLIC[name])) == []


@pytest.mark.parametrize("name", WRITTEN)
def test_an_error_that_a_function_raises_itself_is_documented(name):
    documented = _section(inspect.getdoc(PUBLIC[name]), "Raises")
    missing = {error for error in raised(_own_source(PUBLIC[name])) if error not in documented}
    # A kind is documented by a more general one, too: LabelError by SchemaError.
    general = {name for name in OURS if re.search(rf"\b{name}\b", documented)}
    parents = tuple(getattr(errors, name) for name in general)
    assert not {error for error in missing if not issubclass(getattr(errors, error), parents)}


ESTIMATORS = [
    name
    for name, item in PUBLIC.items()
    if inspect.isclass(item) and issubclass(item, Estimator) and item is not Estimator
]


@pytest.mark.parametrize("name", ESTIMATORS)
def test_a_method_says_whose_it_is(name):
    said = _section(inspect.getdoc(PUBLIC[name]), "References")
    assert re.search(r"doi:10\.\d{4,}/\S+|arXiv:\d{4}\.\d{4,5}|\((19|20)\d\d\)", said)


DOCUMENTED = """Do.

Parameters
----------
x : DataArray
    {x}
gap : float
    {gap}

Attributes
----------
weights_ : DataArray
    {weights}

Returns
-------
DataArray
    {returns}
"""
GOOD = {
    "x": "(time, neuron).",
    "gap": "Seconds.",
    "weights": "Over ``state``.",
    "returns": "([trial,] time, neuron) rates.",
}
TYPES = {"x": "xr.DataArray", "gap": "float"}


@pytest.mark.parametrize(
    ("place", "text", "found"),
    [
        ("x", "What to fit.", ["x"]),
        ("x", "The signal (see above!).", ["x"]),
        ("weights", "Of the fit.", ["weights_"]),
        ("returns", "Rates.", ["returns"]),
        ("x", "One value per neuron.", []),
        ("x", "As in `fit`.", []),
    ],
)
def test_a_shape_that_is_not_said_is_found(place, text, found):
    docstring = DOCUMENTED.format(**{**GOOD, place: text})
    assert without_shape(docstring, TYPES, "xr.DataArray") == found


@pytest.mark.parametrize(("text", "found"), [("How wide.", ["gap"]), ("In s.", []), ("Bins.", [])])
def test_a_unit_that_is_not_said_is_found(text, found):
    assert without_unit(DOCUMENTED.format(**{**GOOD, "gap": text}), TYPES) == found


def test_errors_are_found_wherever_a_function_raises_them():
    source = """
    def f(x):
        if x:
            raise OptionError("is wrong")
        try:
            g()
        except ValueError as error:
            raise errors.UnitsError("two") from error
        raise TypeError("no error of ours")
    """
    assert raised(source) == {"OptionError", "UnitsError"}
    assert raised("def f():\n    raise") == set()
