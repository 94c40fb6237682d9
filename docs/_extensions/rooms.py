"""Write one page for every room of the public interface, from the lists that imports use.

Public is what a room lists in its ``__init__.pyi`` under a name without an underscore, so that the
reference cannot fall behind the code. The pages lie in ``reference/`` beside the sources and are
made anew with every build.
"""

import importlib
import inspect
from pathlib import Path

import neurokit as nk

# Rooms in the order in which a reader meets them, with what they are for; none may be left out.
ROOMS = {
    "neurokit": "Open, check, select, save",
    "neurokit.accessor": "The accessor `rec.nk`",
    "neurokit.signal": "What traces go through first",
    "neurokit.connectome": "Connectome factorization",
    "neurokit.states": "Hidden states and couplings",
    "neurokit.rsa": "Representational geometry and topology",
    "neurokit.bicluster": "Bi-clustering of neurons and time",
    "neurokit.flows": "Langevin flows",
    "neurokit.encoding": "Encoding models",
    "neurokit.stats": "Splits, nulls, corrections",
    "neurokit.simulate": "Recordings with known truth",
    "neurokit.celegans": "The worm's neurons",
    "neurokit.plot": "Figures that analyses share",
    "neurokit.catalog": "The catalog",
    "neurokit.batch": "Running recipes",
    "neurokit.report": "Reports",
    "neurokit.recipe": "What a recipe is",
    "neurokit.estimator": "The base of every estimator",
    "neurokit.interchange": "Objects of other libraries",
    "neurokit.io": "Files and loaders",
    "neurokit.schema": "The recording contract",
    "neurokit.testing": "For your own tests",
    "neurokit.errors": "Errors",
}

_HEAD = """{title}
{underline}

.. currentmodule:: {room}

{about}

.. autosummary::
   :nosignatures:

{rows}

{entries}
"""


def public_names(room):
    """Names of functions, classes and constants of a room, without the rooms inside it."""
    module = importlib.import_module(room)
    here = room.startswith("neurokit.") and Path(str(module.__file__)).name != "__init__.py"
    names = [n for n in getattr(module, "__all__", vars(module)) if not n.startswith("_")]
    items = {name: getattr(module, name) for name in names}
    return sorted(
        (
            name
            for name, item in items.items()
            if (inspect.isclass(item) or inspect.isfunction(inspect.unwrap(item)))
            and (not here or item.__module__ == room)
            and item.__module__.startswith("neurokit")
        ),
        key=lambda name: (name[0].islower(), name),
    )


def page(room, title):
    """The text of one page."""
    names = public_names(room)
    about = inspect.getdoc(importlib.import_module(room)) or ""
    entries = []
    for name in names:
        item = getattr(importlib.import_module(room), name)
        # A name that `neurokit` lends from a room is described there once.
        borrowed = room == "neurokit" and described(item) != "neurokit"
        if not borrowed:
            entries.append(_entry(name, item))
    return _HEAD.format(
        title=title,
        underline="=" * len(title),
        room=room,
        about=about,
        rows="\n".join(f"   {_row(room, name)}" for name in names),
        entries="\n\n".join(entries),
    )


def described(item):
    """The room on whose page an object is described."""
    for room in ROOMS:
        module = importlib.import_module(room)
        named = room != "neurokit" and item.__name__ in public_names(room)
        if named and getattr(module, item.__name__) is item:
            return room
    return "neurokit"


def _row(room, name):
    if room != "neurokit":
        return name
    owner = described(getattr(nk, name))
    return name if owner == "neurokit" else f"~{owner.removeprefix('neurokit.')}.{name}"


def _entry(name, item):
    if not inspect.isclass(item):
        return f".. autofunction:: {name}"
    if issubclass(item, BaseException):
        return f".. autoexception:: {name}"
    return f".. autoclass:: {name}\n   :members:"


def write(app):
    """Write the pages of all rooms and their index beside the sources."""
    folder = Path(app.srcdir) / "reference"
    folder.mkdir(exist_ok=True)
    for room, title in ROOMS.items():
        _replace(folder / f"{room.rpartition('.')[2]}.rst", page(room, title))
    rows = "\n".join(f"   {room.rpartition('.')[2]}" for room in ROOMS)
    title = "Reference"
    about = (
        "Every public name, room by room. Each has its problem or formula, shapes and units, what\n"
        "it raises and an example that the tests run."
    )
    _replace(
        folder / "index.rst",
        f"{title}\n{'=' * len(title)}\n\n{about}\n\n.. toctree::\n   :maxdepth: 1\n\n{rows}\n",
    )


def _replace(path, text):
    # An unchanged page keeps its time, so that a second build takes only what changed.
    if not path.exists() or path.read_text(encoding="utf-8") != text:
        path.write_text(text, encoding="utf-8")


def setup(app):
    """Register with Sphinx."""
    app.connect("builder-inited", write)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
