"""Imports run downwards only; a fault names the line to move.

To mend a failure: move what two rooms share into a room below both.
"""

import pytest
from walk import imported, modules

LEVELS = (
    {"_version", "errors"},
    {"schema", "randomness"},
    {"io", "signal", "stats", "plot", "estimator_html", "notebook_bar"},
    {"estimator", "recipe", "interchange", "celegans"},
    {"simulate", "connectome", "states", "rsa", "bicluster", "flows", "encoding"},
    {"catalog", "batch", "report"},
    {"accessor", "cli", "versions"},
)
LEVEL = {room: level for level, rooms in enumerate(LEVELS) for room in rooms}
ANALYSES = {"connectome", "states", "rsa", "bicluster", "flows", "encoding"}
LOADERS_MAY = {"_version", "errors", "schema", "io", "interchange", "celegans"}
# catalog gives entries to batch, and batch hands its rows to report: one direction each.
SAME_LEVEL = {("batch", "catalog"), ("batch", "report"), ("plot", "signal")}


def _room(module):
    return module.split(".")[1] if "." in module else "neurokit"


OURS = [name for name in modules() if name.startswith("neurokit.") and _room(name) != "testing"]
LOADERS = [name for name in modules() if name.startswith("neurokit_loaders")]


@pytest.mark.parametrize("name", OURS)
def test_imports_run_downwards(name):
    here = _room(name)
    assert here in LEVEL, f"{name}: give the room a level in this test and in the docs"
    for target in imported(name):
        there = _room(target)
        assert not target.startswith("neurokit_loaders"), f"{name} imports a loader: {target}"
        assert there != "testing", f"{name} imports {target}; only tests may"
        if there in (here, "neurokit"):
            continue
        lower = LEVEL[there] < LEVEL[here] or (here, there) in SAME_LEVEL
        # Simulations are ground truth for every analysis; none imports them back.
        assert lower, f"{name} imports {target}, which is not below it"
        assert not {here, there} <= ANALYSES, f"{name} imports another analysis: {target}"


@pytest.mark.parametrize("name", LOADERS)
def test_loaders_know_only_what_they_may(name):
    for target in imported(name):
        allowed = target.startswith("neurokit_loaders") or _room(target) in LOADERS_MAY
        assert allowed, f"{name} imports {target}"


def test_the_walk_sees_relative_and_nested_imports():
    assert "neurokit.schema.findings" in imported("neurokit.schema.validate")
    assert "neurokit.io.saving" in imported("neurokit.estimator")
