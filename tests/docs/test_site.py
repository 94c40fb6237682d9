"""The site builds with warnings as errors, and what its pages link to is there."""

import importlib
import shutil
import subprocess
import sys

import pytest
from documentation_folder import DOCS
from links import Page, broken

pytestmark = pytest.mark.slow
pytest.importorskip("myst_nb")
pytest.importorskip("pydata_sphinx_theme")


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """The built pages, from a copy of the sources, because the build writes beside them."""
    root = tmp_path_factory.mktemp("site")
    leave = shutil.ignore_patterns("_build", "reference")
    shutil.copytree(DOCS, root / "docs", ignore=leave)
    if (DOCS.parent / "notebooks").is_dir():
        shutil.copytree(DOCS.parent / "notebooks", root / "notebooks")
    shutil.copy2(DOCS.parent / "data_catalog.yaml", root)
    command = [sys.executable, "-m", "sphinx", "-W", "--keep-going", "-q", "-b", "html"]
    done = subprocess.run(
        [*command, root / "docs", root / "html"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr[-4000:]
    return root / "html"


def test_every_internal_link_leads_somewhere(site):
    assert broken(site) == []


def test_every_source_page_is_in_the_site(site):
    pages = {p.relative_to(DOCS) for p in DOCS.rglob("*.md") if "_build" not in p.parts}
    missing = [str(p) for p in pages if not (site / p).with_suffix(".html").exists()]
    assert not missing


def test_every_public_name_has_a_place_to_link_to(site):
    import rooms

    for room in set(rooms.ROOMS) - {"neurokit"}:
        file = site / "reference" / f"{room.rpartition('.')[2]}.html"
        anchors = Page(file.read_text(encoding="utf-8")).anchors
        wanted = {f"{room}.{name}" for name in rooms.public_names(room)}
        assert wanted <= anchors, f"{room}: {sorted(wanted - anchors)}"
        assert importlib.import_module(room).__doc__.strip().splitlines()[0]


def test_formulas_and_examples_are_shown_as_such(site):
    page = (site / "background" / "states.html").read_text(encoding="utf-8")
    assert "<math" in page
    assert "\\sum" not in page
    states = (site / "reference" / "states.html").read_text(encoding="utf-8")
    assert "&gt;&gt;&gt; " in states
